"""What changed since the last run, and its cause."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.history import Record as Run
from pipeline.history import Standing, compare, load
from tests.kit.measure import ROSTER
from tests.kit.returns import Claim, Record, Register, Return, Ruling, write, write_register
from tests.kit.workbooks import table

UNITS = list(ROSTER)


Rows = list[tuple[object, ...]]
KEPT = Ruling(UNITS[1], "一.4", "第0期", "不认定", reason="照片不符")
GONE = Ruling(UNITS[0], "一.4", None, "改分", 0.5, reason="复核")
RECORD = Record(UNITS[0], "十.1", base=10, done=10)


def changes(folder: Path, *options: str) -> Rows:
    """Run into the same output again; the rows of 变化."""
    output = folder.parent / "out"
    assert main(["score", str(folder), "--output", str(output), "--no-feedback", *options]) == 0
    book = load_workbook(output / "ranking.xlsx")
    found = table(book["变化"], "单位") if "变化" in book.sheetnames else []
    return [tuple(row.values()) for row in found]


def register(folder: Path, *rulings: Ruling, records: tuple[Record, ...] = ()) -> str:
    path = folder.parent / "office.xlsx"
    write_register(Register(rulings=list(rulings), records=list(records)), path)
    return str(path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """One run after the other into one output, each with one thing changed: what 变化 tells."""
    folder = tmp_path_factory.mktemp("changes") / "in"
    for number, unit in enumerate(UNITS[:3]):
        claims = [Claim("一.4", f"第{n}期") for n in range(3 - number)]
        write(Return(unit, claims), folder, f"{number}.xlsx")
    write(Return(UNITS[3], [Claim("一.7", "稿", words=600)]), folder, "3.xlsx")
    rows = {"first": changes(folder), "again": changes(folder)}
    rows["reading"] = changes(folder, "--reading", "六百字分档")
    write(Return(UNITS[2], [Claim("一.4", f"又{n}期") for n in range(4)]), folder, "2.xlsx")
    rows["replaced"] = changes(folder, "--reading", "六百字分档")
    changes(folder, "--register", register(folder, KEPT, GONE))
    rows["taken back"] = changes(folder, "--register", register(folder, KEPT))
    book = register(folder, KEPT, records=(RECORD,))
    rows["recorded"] = changes(folder, "--register", book)
    return rows


def test_a_first_run_and_the_same_again_change_nothing(told: dict[str, Rows]) -> None:
    assert told["first"] == told["again"] == []


def test_a_ruling_taken_back_is_the_cause_and_the_only_one(told: dict[str, Rows]) -> None:
    rows = told["taken back"]
    assert {row[0] for row in rows if row[1] == "总分"} == {UNITS[0]}
    (total,) = [row for row in rows if row[:2] == (UNITS[0], "总分")]
    assert total[2:4] == ("0.5", "6")
    assert str(total[4]).startswith("撤销核定：一.4 改分为 0.5 分：复核")
    assert "；" not in str(total[4]), "one cause"
    others = [row for row in rows if row[0] != UNITS[0]]
    assert {row[1] for row in others} <= {"名次"}
    assert {row[4] for row in others} <= {"其他单位的总分变了"}


def test_a_return_that_was_replaced_is_the_cause(told: dict[str, Rows]) -> None:
    assert (UNITS[2], "总分", "2", "8", "2.xlsx 的内容改了") in told["replaced"]


def test_a_place_lost_at_equal_totals_blames_nobodys_total() -> None:
    """Only the other's figure that breaks the tie has changed, by a new return."""
    one, two = (
        Standing(status="正常", total=9, place=place, file="b.xlsx", sha256="a") for place in (1, 2)
    )
    before, after = (
        Run(version="1", rulebook="r", readings=[], units=dict(zip(UNITS, standings, strict=False)))
        for standings in (
            (one, two),
            (
                one.model_copy(update={"place": 2}),
                two.model_copy(update={"place": 1, "sha256": "b"}),
            ),
        )
    )
    assert compare(before, after, {})["cause"].tolist() == [
        "同分时用来分先后的数变了",
        "b.xlsx 的内容改了",
    ]


def changed(then: Standing, now: Standing) -> list[str]:
    """The causes told of a unit that changed, and of another that rose by it."""
    rose = Standing(status="正常", total=5, place=1)
    before, after = (
        Run(version="1", rulebook="r", readings=[], units={UNITS[0]: one, UNITS[1]: other})
        for one, other in ((then, rose.model_copy(update={"place": 2})), (now, rose))
    )
    return compare(before, after, {})["cause"].unique().tolist()


FIRST = Standing(status="正常", total=9, place=1, file="b.xlsx", sha256="a", date="2015-12-02")


def test_a_unit_that_is_out_is_told_why_and_not_that_its_file_changed() -> None:
    out = Standing(status="取消资格", total=None, place=None, why="材料不实")
    assert changed(FIRST, out) == ["材料不实", "有单位进入或退出排名"]
    pending = Standing(status="待核", total=None, place=None)
    assert changed(FIRST, pending)[0] == "状态由“正常”改为“待核”"


def test_what_the_meeting_decided_is_the_cause() -> None:
    second = FIRST.model_copy(update={"place": 2, "decided": "2 先进单位"})
    assert changed(FIRST, second) == ["会议审定改了", "会议对其他单位的审定改了"]
    assert changed(second, FIRST)[0] == "会议审定撤销了"


def test_a_reading_is_the_cause(told: dict[str, Rows]) -> None:
    cause = "口径由“全部默认”改为“六百字分档”"
    assert told["reading"] == [
        (UNITS[3], "总分", "2", "1", cause),
        (UNITS[3], "名次", "3", "4", cause),
    ]


def test_office_records_are_the_cause(told: dict[str, Rows]) -> None:
    assert (UNITS[0], "总分", "6", "16", "平时考查的记录改了") in told["recorded"]


def test_a_record_that_cannot_be_read_is_as_if_there_were_none(tmp_path: Path) -> None:
    write(Return(UNITS[0], [Claim("一.4", "甲")]), tmp_path / "in", "0.xlsx")
    (tmp_path / "out").mkdir()
    for content in (b"{", b"[]", b"\xff\xfe", b'{"units": 3}'):
        (tmp_path / "out" / "last-run.json").write_bytes(content)
        assert load(tmp_path / "out") is None
    assert changes(tmp_path / "in") == []
    assert "units" in json.loads((tmp_path / "out" / "last-run.json").read_text("utf-8"))
