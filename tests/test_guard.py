"""Files that are broken, hostile or something else: one finding, and never more than that."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.reading import guard
from pipeline.reading.raw import Note
from tests.kit.workbooks import (
    EVENTS,
    book,
    note,
    read,
    repack,
    save,
    sheet,
    text_cell,
    trouble,
    with_rows,
)


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    return save(book(), tmp_path / "甲.xlsx")


def test_file_that_went_away(tmp_path: Path) -> None:
    found = read(tmp_path / "甲.xlsx")
    assert found.trouble == Note("file-unreadable", details={"detail": "文件已不在原处"})
    assert found.sha256 == ""


@pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")
def test_fifo_does_not_hold_up_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "甲.xlsx")
    assert trouble(tmp_path / "甲.xlsx").code == "file-not-followed"


@pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")
def test_link_put_in_the_place_of_a_file(healthy: Path, tmp_path: Path) -> None:
    (tmp_path / "乙.xlsx").symlink_to(healthy)
    assert trouble(tmp_path / "乙.xlsx").code == "file-unreadable"


def test_file_too_big(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_FILE", 1000)
    assert trouble(healthy).code == "file-too-big"


def test_names_that_climb_out_are_only_names(healthy: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(healthy, "a") as made:
        made.writestr("../../climbed.txt", "x")
        made.writestr("/absolute.txt", "x")
    assert read(healthy).sheets[EVENTS].rows == [2, 3]
    assert not list(tmp_path.parent.rglob("climbed.txt"))


FAR = "XFD1048576"


def test_marks_and_merges_keep_their_rows_beside_a_far_cell(tmp_path: Path) -> None:
    rows = (
        f'<row r="500" hidden="1">{text_cell("B500", "会")}<c r="D500" t="e"><v>#REF!</v></c></row>'
        f'<row r="501">{text_cell("B501", "又一场")}</row>'
        f'<row r="1048576"><c r="{FAR}"><v>1</v></c></row>'
    )
    merges = '<mergeCells count="1"><mergeCell ref="A500:A501"/></mergeCells>'
    rows = rows.replace('hidden="1">', f'hidden="1">{text_cell("A500", "一.5")}')
    found = read(with_rows(tmp_path / "甲.xlsx", rows, after=merges))
    assert found.sheets[EVENTS].rows == [2, 3, 500, 501]
    assert found.sheets[EVENTS].cells["条款"][2:] == ["一.5", "一.5"]
    assert note(found, "cell-error").cell == "D500"
    assert note(found, "row-hidden").details == {"detail": "500"}


def test_far_cell_in_a_sheet_that_cannot_be_closed_up(tmp_path: Path) -> None:
    rows = f'<row r="1048576"><c r="{FAR}" t="str"><v><![CDATA[<c r="A1">]]></v></c></row>'
    assert trouble(with_rows(tmp_path / "甲.xlsx", rows)).code == "file-too-many-cells"


def test_merges_without_end(tmp_path: Path) -> None:
    made = book()
    for row in range(4, 200):
        sheet(made)[f"B{row}"] = "会"
    path = save(made, tmp_path / "甲.xlsx")
    merges = b'<mergeCell ref="A1:XFD1048576"/>' * 20_000

    def merged(name: str, data: bytes) -> bytes:
        new = b"</sheetData><mergeCells>%s</mergeCells>" % merges
        return data.replace(b"</sheetData>", new) if "sheet2" in name else data

    assert trouble(repack(path, merged)).code == "file-too-many-cells"


def test_a_fault_of_the_program_is_no_finding(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("pipeline.reading.sheets.read_cover", broken)
    with pytest.raises(KeyError, match="a bug"):
        read(healthy)


def test_out_of_memory_is_a_finding(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pipeline.reading.sheets.read_cover", greedy)
    assert trouble(healthy).code == "file-killed"


@pytest.mark.parametrize(
    ("ref", "clauses"),
    [
        ("A4:A5", ["一.1", "一.1"]),
        ("A5:A4", ["一.1", "一.1"]),
        ("A0:A5", ["一.1", None]),
        ("A4:A1048577", ["一.1", None]),
        ("A4:XFE5", ["一.1", None]),
        (f"A4:A{'9' * 5000}", ["一.1", None]),
        ("AAAA4:AAAA5", ["一.1", None]),
    ],
)
def test_merge_out_of_order_or_beyond_the_sheet(
    tmp_path: Path, ref: str, clauses: list[str | None]
) -> None:
    rows = f'<row r="4">{text_cell("A4", "一.1")}{text_cell("B4", "会")}</row>'
    rows += f'<row r="5">{text_cell("B5", "会")}</row>'
    after = f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'
    events = read(with_rows(tmp_path / "甲.xlsx", rows, after=after)).sheets[EVENTS]
    assert events.cells["条款"][-2:] == clauses


@pytest.mark.parametrize("ref", ["AAAA4", "XFE4", "A1048577", f"A{'9' * 5000}"])
def test_cell_beyond_the_sheet(tmp_path: Path, ref: str) -> None:
    row = ref.lstrip("AXFE")
    found = trouble(with_rows(tmp_path / "甲.xlsx", f'<row r="{row}">{text_cell(ref, "x")}</row>'))
    assert (found.code, found.details) == ("file-damaged", {"detail": "有单元格超出工作表的范围"})
