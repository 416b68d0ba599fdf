"""Evidence files that lie with a return: missing, empty, or the same under two claims."""

import pytest

from tests.kit.door import Book, run
from tests.kit.measure import ROSTER
from tests.kit.returns import Claim, Return, Submission, write

UNITS = list(ROSTER)
NAMED = {
    "一/表.xlsx": ["照片.jpg、附件9、第2册 P.12"],
    "二/表.xlsx": ["附件1；证书.PDF"],
    "甲.xlsx": ["执照.pdf"],
    "乙.xlsx": ["别处.pdf"],
    "五/表.xlsx": ["空.pdf", "a.pdf"],
    "六/表.xlsx": ["b.pdf", "两次.pdf、两次.pdf"],
}
"""A file of each unit → what its claims name as evidence."""
LYING = {
    "一/别的.jpg": b"x", "二/附件/附件1.jpg": b"y", "二/附件/证书.pdf": b"z", "甲/执照.pdf": b"l",
    "五/空.pdf": b"", "五/a.pdf": b"same", "六/b.pdf": b"same", "六/两次.pdf": b"twice",
}  # fmt: skip
Told = tuple[Book, dict[str, Submission]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run over returns of all units, with what lies beside them."""
    folder = tmp_path_factory.mktemp("attachments") / "in"
    sent = {}
    for unit, (file, named) in zip(UNITS, NAMED.items(), strict=True):
        claims = [Claim("一.2b", text, evidence={"证明材料": text}) for text in named]
        sent[file] = write(Return(unit, claims), folder, file)
    for file, content in LYING.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
    return run(folder, folder.parent / "out").book, sent


def found(told: Told, word: str) -> list[tuple[object, ...]]:
    """Level, file, sheet and cell of the findings whose problem holds a word."""
    headers = ("级别", "源文件", "工作表", "单元格")
    lines = [row for row in told[0]["问题清单"] if word in str(row["问题"])]
    return [tuple(row[header] for header in headers) for row in lines]


def warned(told: Told, file: str, nth: int = 0) -> tuple[object, ...]:
    """A warning at the evidence of the n-th claim of a file."""
    return ("警告", file, "专项工作", told[1][file].placed[nth].cells["证明材料"])


def test_a_file_that_is_named_and_not_there_is_a_warning_at_its_cell(told: Told) -> None:
    assert found(told, "照片.jpg") == [warned(told, "一/表.xlsx")]
    assert not found(told, "附件9"), "a number may be a paper in the dossier"
    assert not found(told, "P.12"), "and so may a page"
    assert told[0].unit("排名", UNITS[0])["总分"] == 3, "a warning costs nothing"


def test_a_file_is_found_by_name_without_suffix_and_in_subfolders(told: Told) -> None:
    assert not found(told, "附件1")
    assert not found(told, "证书")


def test_a_folder_named_like_the_workbook_holds_its_attachments(told: Told) -> None:
    assert not found(told, "执照.pdf")
    assert not found(told, "别处.pdf"), "a unit that sent no files is not asked for them"


def test_an_empty_file_is_a_warning(told: Told) -> None:
    assert found(told, "空文件") == [warned(told, "五/表.xlsx")]


def test_one_content_under_two_claims_of_two_units_names_both_places(told: Told) -> None:
    places = [warned(told, "五/表.xlsx", 1), warned(told, "六/表.xlsx")]
    assert found(told, "内容完全相同") == places
    (line,) = [f for f in told[0].findings("五/表.xlsx") if "内容完全相同" in str(f["问题"])]
    row = told[1]["六/表.xlsx"].placed[0].row
    assert f"{UNITS[5]} 专项工作 第 {row} 行" in str(line["问题"])


def test_one_file_named_twice_in_one_claim_is_no_finding(told: Told) -> None:
    assert not found(told, "两次.pdf")
