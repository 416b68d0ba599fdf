"""Evidence files that lie with a return: missing, empty, or the same under two claims."""

from pathlib import Path

import pytest

from tests.kit.door import Book, run
from tests.kit.measure import ROSTER
from tests.kit.returns import Claim, Return, write

UNITS = list(ROSTER)


def found(book: Book, word: str) -> list[tuple[object, object, object]]:
    """Level, sheet and cell of the findings whose problem holds a word."""
    return [
        (row["级别"], row["工作表"], row["单元格"])
        for row in book["问题清单"]
        if word in str(row["问题"])
    ]


def claim(title: str, evidence: str) -> Claim:
    return Claim("一.2b", title, evidence={"证明材料": evidence})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


def scored(folder: Path) -> Book:
    return run(folder, folder.parent / "out").book


def test_a_file_that_is_named_and_not_there_is_a_warning_at_its_cell(folder: Path) -> None:
    sent = write(Return(UNITS[0], [claim("甲", "照片.jpg、附件9")]), folder, "一/表.xlsx")
    (folder / "一" / "别的.jpg").write_bytes(b"x")
    cell = sent.placed[0].cells["证明材料"]
    book = scored(folder)
    assert found(book, "照片.jpg") == [("警告", "专项工作", cell)]
    assert not found(book, "附件9"), "a number may be a paper in the dossier"
    assert book.unit("排名", UNITS[0])["总分"] == 3, "a warning costs nothing"


def test_a_file_is_found_by_name_without_suffix_and_in_subfolders(folder: Path) -> None:
    write(Return(UNITS[0], [claim("甲", "附件1；证书.PDF")]), folder, "一/表.xlsx")
    (folder / "一" / "附件").mkdir()
    (folder / "一" / "附件" / "附件1.jpg").write_bytes(b"x")
    (folder / "一" / "附件" / "证书.pdf").write_bytes(b"y")
    assert not found(scored(folder), "附件")


def test_a_folder_named_like_the_workbook_holds_its_attachments(folder: Path) -> None:
    write(Return(UNITS[0], [claim("甲", "证书.pdf")]), folder, "甲.xlsx")
    write(Return(UNITS[1], [claim("乙", "别处.pdf")]), folder, "乙.xlsx")
    (folder / "甲").mkdir()
    (folder / "甲" / "证书.pdf").write_bytes(b"x")
    book = scored(folder)
    assert not found(book, "证书.pdf")
    assert not found(book, "别处.pdf"), "a unit that sent no files is not asked for them"


def test_an_empty_file_is_a_warning(folder: Path) -> None:
    sent = write(Return(UNITS[0], [claim("甲", "证书.pdf")]), folder, "一/表.xlsx")
    (folder / "一" / "证书.pdf").touch()
    assert found(scored(folder), "空文件") == [
        ("警告", "专项工作", sent.placed[0].cells["证明材料"])
    ]


def test_one_content_under_two_claims_of_two_units_names_both_places(folder: Path) -> None:
    first = write(Return(UNITS[0], [claim("甲", "a.pdf")]), folder, "一/表.xlsx")
    second = write(Return(UNITS[1], [claim("乙", "b.pdf")]), folder, "二/表.xlsx")
    (folder / "一" / "a.pdf").write_bytes(b"same")
    (folder / "二" / "b.pdf").write_bytes(b"same")
    book = scored(folder)
    cells = [sent.placed[0].cells["证明材料"] for sent in (first, second)]
    assert found(book, "内容完全相同") == [("警告", "专项工作", cell) for cell in cells]
    (line,) = [f for f in book.findings("一/表.xlsx") if "内容完全相同" in str(f["问题"])]
    assert f"{UNITS[1]} 专项工作 第 {second.placed[0].row} 行" in str(line["问题"])


def test_one_file_named_twice_in_one_claim_is_no_finding(folder: Path) -> None:
    write(Return(UNITS[0], [claim("甲", "a.pdf、a.pdf")]), folder, "一/表.xlsx")
    (folder / "一" / "a.pdf").write_bytes(b"x")
    assert not found(scored(folder), "a.pdf")
