"""The panel's rulings: every kind, what goes before what, and what is wrong with them."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.kit.door import agree, run
from tests.kit.measure import ROSTER
from tests.kit.office import Office
from tests.kit.returns import UNCLEAR, Cell, Claim, Register, Return, Ruling, write
from tests.test_register import office, outcomes, points, rows_found, scored

U1, U2, U3, *_ = ROSTER


def test_refused_by_the_panel(tmp_path: Path) -> None:
    """不认定 with a name takes one claim, without a name every claim of the clause."""
    claims = [Claim("一.4", "甲"), Claim("一.4", "乙"), Claim("二.1a", "丙"), Claim("二.1a", "丁")]
    rulings = [
        Ruling(U1, "一.4", "甲 ", "不认定"),
        Ruling(Cell("舞阳", U1), "二.1a", None, "不认定"),
    ]
    book, truth, (sent,) = scored(tmp_path, Register(rulings=rulings), Return(U1, claims))
    assert outcomes(truth) == [False, True, False, False]
    assert "经复核" in str(book.claim(sent.file, "活动培训", 2))
    assert office(book, "评审核定") == []


def test_accepted_by_the_panel(tmp_path: Path) -> None:
    """认定 lifts missing titles, dates and evidence, also in figures."""
    claims = [
        Claim("一.4", "缺材料", evidence={"总结": "1"}),
        Claim("一.4", "无日期", None),
        Claim("一.4", "日期不清", Cell("6月1日", UNCLEAR)),
        Claim("一.4", "早了", date(2014, 5, 1)),
        Claim("一.4", "晚了", date(2015, 12, 30)),
        Claim("一.4", None, date(2015, 3, 3)),
        Claim("五.1a", "增长", date(2015, 12, 31), base=100, done=107, evidence={}),
    ]
    rulings = [Ruling(U1, "一.4"), Ruling(U1, "五.1a", "增长")]
    book, truth, _ = scored(tmp_path, Register(rulings=rulings), Return(U1, claims))
    assert all(outcomes(truth))
    assert (points(book, U1, "一.4"), points(book, U1, "五.1a")) == (12, 3)


def test_a_row_without_a_name_and_a_file_of_two_names(tmp_path: Path) -> None:
    """行号 finds a claim that has no title, and a return whose bytes lie there twice."""
    claims = [Claim("一.4", None), Claim("一.4", "乙", evidence={"总结": "1"})]
    sent = write(Return(U1, claims), tmp_path / "in", "报送.xlsx")
    shutil.copy(tmp_path / "in" / "报送.xlsx", tmp_path / "in" / "A副本.xlsx")
    rulings = [
        Ruling(U1, "一.4", claim.title, file=sent.file, sheet="活动培训", row=sent.row(claim))
        for claim in claims
    ]
    book = run(tmp_path / "in", tmp_path / "out", Register(rulings=rulings)).book
    assert [row["结论"] for row in book["申报台账"]] == ["计分", "计分"]
    assert points(book, U1, "一.4") == 4


def test_what_the_panel_cannot_lift(tmp_path: Path) -> None:
    """Unusable clause, 字数, 基数, 对象, repetition; 完成数 above its 基数 can be lifted."""
    claims = [
        Claim("三.2", "错表", sheet="活动培训"),
        Claim("一.7", "无字数"),
        Claim("一.7", "约字数", words=Cell("约800", UNCLEAR)),
        Claim("五.1a", "无基数", done=5),
        Claim("五.1b", "无完成数", base=5),
        Claim("十.1", "超过", base=5, done=6),
        Claim("二.4", "无对象"),
        Claim("一.4", "重复"),
        Claim("一.4", "重复"),
    ]
    clauses = ["三.2", "一.7", "五.1a", "五.1b", "十.1", "二.4", "一.4"]
    register = Register(rulings=[Ruling(U1, clause) for clause in clauses])
    _, truth, _ = scored(tmp_path, register, Return(U1, claims))
    assert [e.claim.title for e in truth.ledger if e.counted] == ["重复", "超过"]


def test_accepting_one_makes_the_next_a_repeat(tmp_path: Path) -> None:
    """Repetition is judged after the rulings; what the panel alone refuses is still repeated."""
    faulty = Claim("一.4", "课堂", evidence={})
    figures = [
        Claim("五.1a", "先报", base=100, done=100),
        Claim("五.1a", "后报", base=100, done=150),
    ]
    claims = [faulty, Claim("一.4", "课堂"), *figures]
    rulings = [Ruling(U1, "一.4", "课堂"), Ruling(U1, "五.1a", "先报", "不认定")]
    book, truth, _ = scored(tmp_path, Register(rulings=rulings), Return(U1, claims))
    assert outcomes(truth) == [True, False, False, False]
    assert points(book, U1, "五.1a") == 0


def test_points_of_the_panel(tmp_path: Path) -> None:
    """改分 sets a whole clause: any number, also without a claim, and it is applied last."""
    claims = [Claim("一.4", "甲"), Claim("七.5", "库"), *(Claim(f"五.2{x}", x) for x in "bcd")]
    rulings = [
        Ruling(U1, "一.4", None, "改分", 7.5),
        Ruling(U1, "二.2", None, "改分", -2),
        Ruling(U1, "九.3", None, "改分", Cell("12.5", 12.5)),
        Ruling(U1, "五.2b", None, "改分", 0),
        Ruling(U1, "一.4", None, "不认定"),
    ]
    returns = (Return(U1, claims), Return(U2, [Claim("一.4", "乙")]))
    book, truth, _ = scored(tmp_path, Register(rulings=rulings), *returns)
    assert [points(book, U1, c) for c in ("一.4", "二.2", "九.3", "五.2b")] == [7.5, -2, 12.5, 0]
    assert truth.key_places == {U1: 1, U2: 2}
    sent = [write(r, tmp_path / "in", f"{n}.xlsx") for n, r in enumerate(returns)]
    register = Register(rulings=rulings)
    overlap, _ = agree(sent, tmp_path / "in", tmp_path / "out2", register, ["database-overlap"])
    assert points(overlap, U1, "七.5") == 0, "before any 改分"


@pytest.mark.office
def test_sums_of_decimals_tie_also_when_they_are_calculated_anew(
    tmp_path: Path, soffice: Office
) -> None:
    """0.1 + 0.2 and 0.3 share the place, in the file and after a recalculation."""
    parts = {U1: (0.1, 0.2), U2: (0.3, 0), U3: (0.7, -0.4)}
    rulings = [
        Ruling(unit, clause, None, "改分", points)
        for unit, both in parts.items()
        for clause, points in zip(("九.1", "九.2"), both, strict=True)
    ]
    folder = tmp_path / "returns"
    for unit in parts:
        write(Return(unit), folder, f"{unit}.xlsx")
    done = run(folder, tmp_path / "out", Register(rulings=rulings))
    assert [row["名次"] for row in done.book["重点工作"]] == [1, 1, 1]
    (sheets,) = soffice.calculated([tmp_path / "out" / "ranking.xlsx"], tmp_path)
    for sheet in ("排名", "重点工作"):
        table = sheets[sheet]
        places = table[0][table[1].isin(parts)].tolist()
        assert places == [1, 1, 1], sheet


def test_points_are_read_like_other_numbers(tmp_path: Path) -> None:
    """改分 takes thousands separators, a decimal point in front, and any minus."""
    written = {"1,234.5分": 1234.5, ".5": 0.5, "−3": -3, "1，000": 1000, 123456789.25: 123456789.25}
    clauses = ("一.1", "一.3", "一.4", "一.5", "二.1a")
    rulings = [
        Ruling(U1, clause, None, "改分", Cell(text, meant))
        for clause, (text, meant) in zip(clauses, written.items(), strict=True)
    ]
    book, _, _ = scored(tmp_path, Register(rulings=rulings), Return(U1))
    assert office(book, "评审核定") == []
    assert [points(book, U1, clause) for clause in clauses] == list(written.values())


def test_precedence(tmp_path: Path) -> None:
    """With a name before without, whatever their order; of equal ones the later, warned of."""
    claims = [Claim("一.4", "甲"), Claim("一.4", "乙"), Claim("二.1a", "丙"), Claim("三.2", "丁")]
    rulings = [
        Ruling(U1, "一.4", "甲", "认定"),
        Ruling(U1, "一.4", None, "不认定"),
        Ruling(U1, "二.1a", "丙", "不认定"),
        Ruling(U1, "二.1a", " 丙", "认定"),
        Ruling(U1, "三.2", None, "认定"),
        Ruling(U1, "三.2", None, "不认定"),
        Ruling(U1, "六.2", None, "改分", 1),
        Ruling(U1, "六.2", None, "改分", 2),
    ]
    book, truth, _ = scored(tmp_path, Register(rulings=rulings), Return(U1, claims))
    assert outcomes(truth) == [True, False, True, False]
    assert points(book, U1, "六.2") == 2
    warned = rows_found(book, "评审核定", "警告")
    assert all(warned & pair for pair in ({4, 5}, {6, 7}, {8, 9})), warned
    assert not warned & {2, 3}
    assert rows_found(book, "评审核定", "错误") == set()


def test_rulings_that_are_wrong(tmp_path: Path) -> None:
    """Each is an error at its own row; the rest is applied."""
    rulings = [
        Ruling(U1, "一.4", "没有这一项", "不认定"),
        Ruling(U1, "二.1a", None, "认定"),
        Ruling(U2, "一.4", None, "不认定"),
        Ruling(U3, "一.4", None, "改分", 5),
        Ruling("西城区", "一.4", None, "认定"),
        Ruling(U1, Cell("十二.1", UNCLEAR), None, "认定"),
        Ruling(U1, "六.2", None, "改分"),
        Ruling(U1, "六.3", None, "改分", Cell("三分", UNCLEAR)),
        Ruling(U1, "一.4", None, "同意"),
        Ruling(None, "一.4", None, "认定"),
        Ruling(U1, None, None, "认定"),
        Ruling(U1, "一.4", "甲", "不认定"),
        Ruling(U1, "二.2", None, "改分", 1, None),
    ]
    usable = [r for r in rulings if r.clause == "二.2" or r.name == "甲"]
    returns = (
        Return(U1, [Claim("一.4", "甲")]),
        Return(U2, [Claim("一.4")], date=date(2016, 1, 1)),
    )
    sent = [write(r, tmp_path / "in", f"{n}.xlsx") for n, r in enumerate(returns)]
    book = run(tmp_path / "in", tmp_path / "out", Register(rulings=rulings)).book
    assert rows_found(book, "评审核定", "错误") == set(range(2, 13))
    assert rows_found(book, "评审核定", "警告") == {14}, "a ruling without 理由"
    assert (points(book, U1, "一.4"), points(book, U1, "二.2")) == (0, 1)
    agree(sent, tmp_path / "in", tmp_path / "out2", Register(rulings=usable))
