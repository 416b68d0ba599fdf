"""The office's register: records, places, the panel's rulings; one that is none or is not there."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.kit.agreement import number, points_of
from tests.kit.door import Book, agree, run
from tests.kit.measure import CONFIRMED_BY_OFFICE, ROSTER
from tests.kit.office import Office
from tests.kit.oracle import Result
from tests.kit.returns import (
    UNCLEAR,
    Cell,
    Claim,
    Record,
    Register,
    Return,
    Ruling,
    Submission,
    write,
    write_register,
)  # fmt: skip

U1, U2, U3, U4, U5, U6 = ROSTER


def scored(
    base: Path, register: Register, *returns: Return
) -> tuple[Book, Result, list[Submission]]:
    sent = [write(r, base / "in", f"{n}.xlsx") for n, r in enumerate(returns)]
    return *agree(sent, base / "in", base / "out", register), sent


def points(book: Book, unit: str, clause: str) -> float:
    return float(number(points_of(book.unit("得分明细", unit))[clause]))


def office(book: Book, sheet: str) -> list[tuple[object, object]]:
    """Level and cell of the findings in the register's sheet."""
    return [(f["级别"], f["单元格"]) for f in book["问题清单"] if f["工作表"] == sheet]


def rows_found(book: Book, sheet: str, level: str) -> set[int]:
    """The rows of a register's sheet that have a finding of this level."""
    cells = [str(c) for found, c in office(book, sheet) if found == level]
    return {int("".join(ch for ch in cell if ch.isdigit())) for cell in cells}


def outcomes(truth: Result) -> list[bool]:
    return [entry.counted for entry in truth.ledger]


def test_office_attendance(tmp_path: Path) -> None:
    """The office's figures, added up, stand in place of the unit's own, claimed or not."""
    own = {"base": 10, "done": 10}
    returns = [
        Return(U1, [Claim("十.1", "出勤", **own)]),
        Return(U2, []),
        Return(U3, [Claim("十.1", "出勤", base=10, done=1)]),
        Return(U4, [Claim("十.1", "出勤", **own)]),
        Return(U5, [Claim("十.1", "出勤", base=10, done=11)]),
        Return(U6, [Claim("十.1", "出勤", **own, evidence={})]),
    ]
    records = [
        Record(U1, "十.1", "主席会议", date(2015, 3, 1), 3, 3),
        Record(U1, "十.1", "执委会议", None, Cell("7人", 7), Cell("４", 4)),
        Record(Cell("临颍", U2), "十.1", base=5, done=4),
        Record(U3, "十.1", base=4, done=4),
        Record(U4, "十.1", base=0, done=0),
        Record(U4, "十.1", base=4, done=5),
        Record(U4, "十.1", base=None, done=5),
        Record(U4, "十.1", base=Cell("约5", UNCLEAR), done=5),
        Record(U5, "十.1", base=2, done=1),
        Record(U5, "十.1", base=2, done=3),
    ]
    book, _, _ = scored(tmp_path, Register(records=records), *returns)
    assert [points(book, unit, "十.1") for unit in ROSTER] == [-5, 0, 10, 10, -5, 0]
    assert rows_found(book, "平时考查", "错误") == {6, 7, 8, 9, 11}


def test_seen_by_the_office(tmp_path: Path) -> None:
    """Where the office records a clause at all, a claim that it has not seen is warned of."""

    def make(unit: str) -> Return:
        full = {"words": 700}
        claims = [Claim(c, f"{c}{t}", **full) for c in CONFIRMED_BY_OFFICE for t in ("见", "未")]
        return Return(unit, claims)

    records = [Record(U1, c, f"{c} 见", date(2015, 5, 1)) for c in CONFIRMED_BY_OFFICE[:-1]]
    book, truth, sent = scored(tmp_path, Register(records=records), make(U1), make(U2))
    for entry in truth.ledger:
        at = entry.placed
        found = [
            f for f in book.findings(entry.file, sheet=at.sheet)
            if "平时考查未见" in str(f["问题"]) and f"{f['单元格']}"[1:] == str(at.row)
        ]  # fmt: skip
        assert [f["级别"] for f in found] == ["警告"] * ("unseen" in entry.warned), entry
    assert sum("unseen" in entry.warned for entry in truth.ledger) == 4 + 8
    assert len(sent) == 2


def earning(*totals: tuple[int, int]) -> list[Return]:
    """Units with these numbers of points outside and inside the key work, in tens and threes."""
    return [
        Return(unit, [
            *(Claim("二.3a", f"{unit}调研{n}") for n in range(plain)),
            *(Claim("九.3", f"{unit}创新{n}") for n in range(key)),
        ])
        for unit, (plain, key) in zip(ROSTER, totals, strict=True)
    ]  # fmt: skip


def test_awards(tmp_path: Path) -> None:
    """A place and all who share it fit, or only some of them."""
    returns = earning((10, 2), (10, 2), (10, 1), (10, 1), (10, 1), (3, 0))
    register = Register(places={"先进单位": 3, "重点工作先进单位": 3})
    book, _, _ = scored(tmp_path, register, *returns)
    first, second = "先进单位", "并列待定"
    wanted = [first] * 2 + [second] * 3 + [""]
    assert [row["奖项建议"] or "" for row in book["排名"]][:6] == wanted
    key = [book.unit("重点工作", unit)["奖项建议"] or "" for unit in ROSTER]
    key_wanted = [word.replace(first, "重点工作先进单位") for word in wanted[:5]]
    assert key == [*key_wanted, ""], "no award without points in the key work"


def previous(output: Path) -> bytes:
    output.mkdir(parents=True, exist_ok=True)
    (output / "ranking.xlsx").write_bytes(b"previous")
    return b"previous"


@pytest.mark.parametrize("missing", ["收件登记", "评审核定", "平时考查", "取消资格", "奖项名额"])
def test_a_register_without_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    """One clear line, status 2, and the previous output stays."""
    write(Return(U1), tmp_path / "in", "0.xlsx")
    broken = write_register(Register(), tmp_path / "office.xlsx", [missing])
    before = previous(tmp_path / "out")
    capsys.readouterr()
    assert run(tmp_path / "in", tmp_path / "out", broken).status == 2
    said = capsys.readouterr()
    lines = (said.out + said.err).strip().splitlines()
    assert len(lines) == 1
    assert missing in lines[0]
    assert (tmp_path / "out" / "ranking.xlsx").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a workbook", None], ids=["empty", "text", "absent"])
def test_a_register_that_cannot_be_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    write(Return(U1), tmp_path / "in", "0.xlsx")
    broken = tmp_path / "office.xlsx"
    if content is not None:
        broken.write_bytes(content)
    before = previous(tmp_path / "out")
    assert run(tmp_path / "in", tmp_path / "out", broken).status == 2
    said = capsys.readouterr()
    assert len((said.out + said.err).strip().splitlines()) == 1
    assert (tmp_path / "out" / "ranking.xlsx").read_bytes() == before


def test_a_register_beside_the_returns_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a register named, `register.xlsx` beside the returns folder, and the run says so."""
    write(Return(U1, [Claim("一.4")]), tmp_path / "in", "0.xlsx")
    write_register(Register(disqualified=[U1]), tmp_path / "register.xlsx")
    done = run(tmp_path / "in", tmp_path / "out")
    said = capsys.readouterr()
    assert done.book.unit("排名", U1)["状态"] == "取消资格"
    assert "register.xlsx" in said.out + said.err


# The panel's rulings ------------------------------------------------------------------------


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
