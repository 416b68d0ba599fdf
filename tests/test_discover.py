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


def test_output_folder_inside_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "ranking.xlsx").write_bytes(b"x")
    (tmp_path / "甲.xlsx").write_bytes(b"x")
    assert kinds(tmp_path, tmp_path / "sub" / ".." / "output") == {"甲.xlsx": "return"}


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
