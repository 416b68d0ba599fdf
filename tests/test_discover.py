"""Everything that lies in the returns folder is listed, and nothing is followed."""

import os
import sys
from pathlib import Path

import pytest

from pipeline.reading.discover import discover

posix = pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")


def kinds(folder: Path, exclude: Path | None = None) -> dict[str, str]:
    return {entry.name: entry.kind for entry in discover(folder, exclude)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("甲.xlsx", "return"),
        ("甲.XLSX", "return"),
        ("甲.xlsm", "return"),
        ("甲.Xls", "return"),
        ("甲.ods", "return"),
        ("甲.xlsb", "return"),
        ("甲.et", "return"),
        ("~$甲.xlsx", "lock"),
        (".甲.xlsx", "hidden"),
        (".DS_Store", "hidden"),
        ("甲.docx", "other"),
        ("甲.xlsx.tmp", "other"),
        ("xlsx", "other"),
    ],
)
def test_kind_by_name(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert kinds(tmp_path) == {name: kind}


def test_subfolders_with_slashes_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b/2.xlsx", "a.xlsx", "b/1.xlsx", "b/c/3.ods"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(kinds(tmp_path)) == ["a.xlsx", "b/1.xlsx", "b/2.xlsx", "b/c/3.ods"]


def test_folder_named_like_a_workbook_is_reported_and_looked_into(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").mkdir()
    (tmp_path / "x.xlsx" / "甲.xlsx").write_bytes(b"x")
    assert kinds(tmp_path) == {"x.xlsx": "folder", "x.xlsx/甲.xlsx": "return"}


def test_hidden_folder_is_one_entry(tmp_path: Path) -> None:
    (tmp_path / ".Trash").mkdir()
    (tmp_path / ".Trash" / "甲.xlsx").write_bytes(b"x")
    assert kinds(tmp_path) == {".Trash": "hidden"}


def test_output_folder_inside_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "ranking.xlsx").write_bytes(b"x")
    (tmp_path / "甲.xlsx").write_bytes(b"x")
    assert kinds(tmp_path, tmp_path / "sub" / ".." / "output") == {"甲.xlsx": "return"}


@posix
def test_links_are_reported_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "乙.xlsx").write_bytes(b"x")
    returns = tmp_path / "returns"
    returns.mkdir()
    (returns / "file.xlsx").symlink_to(outside / "乙.xlsx")
    (returns / "folder").symlink_to(outside)
    (returns / "loop").symlink_to(returns)
    (returns / "dangling.xlsx").symlink_to(tmp_path / "nowhere")
    expected = dict.fromkeys(["dangling.xlsx", "file.xlsx", "folder", "loop"], "link")
    assert kinds(returns) == expected


@posix
def test_fifo_is_special(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "甲.xlsx")
    assert kinds(tmp_path) == {"甲.xlsx": "special"}


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_name_that_is_no_text_is_shown_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xe8\xd1.xlsx")).write_bytes(b"x")
    (entry,) = discover(tmp_path)
    assert entry.name == r"\xff\xe8\xd1.xlsx"
    assert entry.path.read_bytes() == b"x"


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root opens any folder")
def test_folder_that_cannot_be_opened_is_special(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        assert kinds(tmp_path) == {"closed": "special"}
    finally:
        closed.chmod(0o700)


@posix
def test_folders_deeper_than_calls_may_be(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):
        deep /= "a"
        deep.mkdir()
    try:
        (deep / "x.xlsx").write_bytes(b"x")
        (only,) = discover(tmp_path)
        assert only.kind == "return"
    finally:
        # What tidies up after the tests calls itself once a folder.
        (deep / "x.xlsx").unlink()
        while deep != tmp_path:
            deep.rmdir()
            deep = deep.parent


def test_missing_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        discover(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such file names")
def test_a_name_in_the_chinese_of_old_windows(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in ("报送.xlsx", "两份.xlsx"):
        Path(os.fsdecode(folder + b"/" + name.encode("gb18030"))).write_bytes(b"x")
    (tmp_path / "两份.xlsx").write_bytes(b"y")
    names = [entry.name for entry in discover(tmp_path)]
    assert sorted(names) == sorted({"报送.xlsx", "两份.xlsx", "\\xc1\\xbd\\xb7\\xdd.xlsx"})
