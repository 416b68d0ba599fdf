"""What changed since the last run, and its cause."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.history import load
from tests.kit.measure import ROSTER
from tests.kit.returns import Claim, Record, Register, Return, Ruling, write, write_register

UNITS = list(ROSTER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, unit in enumerate(UNITS[:3]):
        claims = [Claim("一.4", f"第{n}期") for n in range(3 - number)]
        write(Return(unit, claims), tmp_path / "in", f"{number}.xlsx")
    return tmp_path / "in"


def changes(folder: Path, *options: str) -> list[tuple[object, ...]]:
    """Run into the same output again; the rows of 变化."""
    output = folder.parent / "out"
    assert main(["score", str(folder), "--output", str(output), "--no-feedback", *options]) == 0
    book = load_workbook(output / "ranking.xlsx")
    if "变化" not in book.sheetnames:
        return []
    rows = [tuple(c for c in row) for row in book["变化"].iter_rows(values_only=True)]
    start = next(i for i, row in enumerate(rows) if row[0] == "单位")
    return [row for row in rows[start + 1 :] if any(row)]


def register(folder: Path, *rulings: Ruling, records: tuple[Record, ...] = ()) -> str:
    path = folder.parent / "office.xlsx"
    write_register(Register(rulings=list(rulings), records=list(records)), path)
    return str(path)


def test_a_first_run_and_the_same_again_change_nothing(folder: Path) -> None:
    assert changes(folder) == []
    assert changes(folder) == []


def test_a_ruling_taken_back_is_the_cause_and_the_only_one(folder: Path) -> None:
    kept = Ruling(UNITS[1], "一.4", "第0期", "不认定", reason="照片不符")
    gone = Ruling(UNITS[0], "一.4", None, "改分", 0.5, reason="复核")
    changes(folder, "--register", register(folder, kept, gone))
    rows = changes(folder, "--register", register(folder, kept))
    assert {row[0] for row in rows if row[1] == "总分"} == {UNITS[0]}
    (total,) = [row for row in rows if row[:2] == (UNITS[0], "总分")]
    assert total[2:4] == ("0.5", "6")
    assert str(total[4]).startswith("撤销核定：一.4 改分为 0.5 分：复核")
    assert "；" not in str(total[4]), "one cause"
    others = [row for row in rows if row[0] != UNITS[0]]
    assert {row[1] for row in others} <= {"名次"}
    assert {row[4] for row in others} <= {"其他单位的总分变了"}


def test_a_return_that_was_replaced_is_the_cause(folder: Path) -> None:
    changes(folder)
    write(Return(UNITS[2], [Claim("一.4", f"又{n}期") for n in range(4)]), folder, "2.xlsx")
    rows = changes(folder)
    assert (UNITS[2], "总分", "2", "8", "2.xlsx 的内容改了") in rows


def test_a_reading_is_the_cause(folder: Path) -> None:
    write(Return(UNITS[3], [Claim("一.7", "稿", words=600)]), folder, "3.xlsx")
    changes(folder)
    rows = changes(folder, "--reading", "六百字分档")
    cause = "口径由“全部默认”改为“六百字分档”"
    assert rows == [(UNITS[3], "总分", "2", "1", cause), (UNITS[3], "名次", "3", "4", cause)]


def test_office_records_are_the_cause(folder: Path) -> None:
    changes(folder, "--register", register(folder))
    record = Record(UNITS[0], "十.1", base=10, done=10)
    rows = changes(folder, "--register", register(folder, records=(record,)))
    assert (UNITS[0], "总分", "6", "16", "平时考查的记录改了") in rows


def test_a_record_that_cannot_be_read_is_as_if_there_were_none(folder: Path) -> None:
    (folder.parent / "out").mkdir()
    for content in (b"{", b"[]", b"\xff\xfe", b'{"units": 3}'):
        (folder.parent / "out" / "last-run.json").write_bytes(content)
        assert load(folder.parent / "out") is None
    assert changes(folder) == []
    assert "units" in json.loads((folder.parent / "out" / "last-run.json").read_text("utf-8"))
