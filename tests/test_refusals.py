"""Every ground on which a claim is refused: an error on its own row, and 不计 in the ledger."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.kit.agreement import differences
from tests.kit.door import Book, agree, both, run
from tests.kit.measure import CAPPED, DATE, MEASURE, NEEDS_OBJECT, SHEETS, TITLE
from tests.kit.oracle import Result
from tests.kit.returns import UNCLEAR, Cell, Claim, Layout, Return, Submission, workbook, write

EMPTY = ["无", "/", "-", "—", "暂无", "没有", " 无 ", "／", "－", "　", "暂 无"]
NOTHING = {
    "TRUE": (Cell(True, None), "TRUE"),
    "FALSE": (Cell(False, None), "FALSE"),
    "#REF!": (Cell("#REF!", None), "#REF!"),
    "#N/A": (Cell("#N/A", None), "#N/A"),
    "a formula without a stored result": (Cell('="附"&1', None), "公式"),
}
FILE, UNIT = "舞阳县工商联.xlsx", "舞阳县工商联"


@dataclass(frozen=True)
class Fault:
    """A claim with one fault, the header of the faulty cell, and a word its finding must say."""

    about: str
    claim: Claim
    header: str
    says: str = ""


def sound(clause: str, title: object, **more: object) -> Claim:
    """A claim of this clause without a fault, but for what `more` says."""
    rule = MEASURE[clause]
    full: dict[str, object] = {}
    if rule.measure == "words":
        full["words"] = 800
    if rule.sheet == "指标任务":
        full |= {"base": 100, "done": 90}
    if clause in NEEDS_OBJECT:
        full["object"] = "甲"
    return Claim(clause, title, **full | more)


def fault(clause: str, about: str, header: str, says: str = "", **more: object) -> Fault:
    more.setdefault("title", f"{clause} {about}")
    return Fault(f"{clause}: {about}", sound(clause, **more), header, says)


def by_date(clause: str) -> list[Fault]:
    day = DATE[MEASURE[clause].sheet]
    values: dict[str, object] = {
        "no date": None,
        "unclear date": Cell("6月1日", UNCLEAR),
        "day before the first": date(2014, 12, 31),
        "deadline": date(2015, 12, 30),
        "last day of the year": date(2015, 12, 31),
        "date of another century": datetime(1915, 6, 1),
    }
    if day == "截止日期":  # up to when figures were counted: any day of the year will do
        del values["deadline"], values["last day of the year"]
        values["day after the year"] = date(2016, 1, 1)
    faults = [fault(clause, about, day, date=value) for about, value in values.items()]
    return faults + [
        fault(clause, f"{about} for a date", day, says, date=cell)
        for about, (cell, says) in NOTHING.items()
    ]


def by_clause(sheet: str) -> list[Fault]:
    """Rows whose clause is missing, unknown or of another sheet."""
    some = {"证明材料" if "证明材料" in SHEETS[sheet] else "总结": "附件9"}
    other = next(r.id for r in MEASURE.values() if r.sheet not in (sheet, "指标任务"))
    clauses: dict[str, object] = {
        "no clause": None,
        "blank clause": Cell("  ", None),
        "unknown clause": Cell("十二.9", UNCLEAR),
        "clause of another sheet": other,
        "TRUE for a clause": Cell(True, None),
    }
    faults = []
    for about, value in clauses.items():
        claim = Claim(value, f"{sheet}{about}", sheet=sheet, evidence=dict(some))
        faults.append(Fault(f"{sheet}: {about}", claim, "条款"))
    return faults


def by_evidence(clause: str) -> list[Fault]:
    """Each required evidence column once missing; on one clause each word that means nothing."""
    rule = MEASURE[clause]
    faults = []
    for name in rule.evidence:
        rest = {other: "附件1" for other in rule.evidence if other != name}
        faults.append(fault(clause, f"no {name}", name, name, evidence=dict(rest)))
        if clause == "一.4":
            for word in EMPTY:
                given = rest | {name: Cell(word, None)}
                about = f"{word!r} for {name}"
                faults.append(fault(clause, about, name, evidence=given))
            for about, (cell, says) in NOTHING.items():
                given = rest | {name: cell}
                faults.append(fault(clause, f"{about} for {name}", name, says, evidence=given))
    return faults


def by_number() -> list[Fault]:
    bad: dict[str, object] = {
        "no": None, "a fraction for": 90.5, "a negative": -1, "words for": Cell("九十", UNCLEAR),
        "about for": Cell("约90", UNCLEAR), "TRUE for": Cell(True, None),
        "an error for": Cell("#DIV/0!", None), "no result for": Cell("=1+1", None),
    }  # fmt: skip
    faults = []
    for about, value in {**bad, "zero": 0}.items():
        faults.append(fault("一.7", f"{about} 字数", "字数", words=value))
        faults.append(fault("五.1a", f"{about} 基数", "基数", base=value))
        if about != "zero":
            faults.append(fault("十一.1", f"{about} 完成数", "完成数", done=value))
    return faults + [fault(c, "more than all", "完成数", base=10, done=11) for c in CAPPED]


def all_faults() -> list[Fault]:
    faults = by_number()
    for sheet in SHEETS:
        clause = next(r.id for r in MEASURE.values() if r.sheet == sheet)
        faults += by_date(clause) + by_clause(sheet)
        faults.append(fault(clause, "no title", TITLE[sheet], title=None))
        faults.append(fault(clause, "blank title", TITLE[sheet], title=Cell(" 　", None)))
    for clause in MEASURE:
        faults += by_evidence(clause)
    for clause in NEEDS_OBJECT:
        faults.append(fault(clause, "no 对象", "对象", object=None))
        faults.append(fault(clause, "blank 对象", "对象", object=Cell(" ", None)))
    return faults


FAULTS = all_faults()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Result, Submission]:
    """One return with every fault, and after them a sound claim of every clause."""
    base = tmp_path_factory.mktemp("refusals")
    claims = [f.claim for f in FAULTS] + [sound(clause, "没有问题的") for clause in MEASURE]
    written = write(Return(UNIT, claims), base / "in", FILE, Layout(prefill=False))
    return *both([written], base / "in", base / "out"), written


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case.about)
def test_refused(told: tuple[Book, Result, Submission], case: Fault) -> None:
    """Refused, with an error at the faulty cell, or at least on its row, that says what it is."""
    book, _, written = told
    sheet, row = case.claim.sheet, written.row(case.claim)
    line = book.claim(FILE, sheet, row)
    assert line["结论"] == "不计"
    assert line["得分"] in (None, "", 0)
    errors = book.errors_at(FILE, sheet, row)
    assert len(errors) == 1, "one fault, one error"
    cell = written.cell(case.claim, case.header)
    assert errors[0]["单元格"] == cell, errors
    said = " ".join(str(found["问题"]) for found in book.findings(FILE, cell, sheet))
    assert case.says in said, said


def test_agreement(told: tuple[Book, Result, Submission]) -> None:
    assert differences(*told[:2]) == []


def test_sound_claims_are_untouched(told: tuple[Book, Result, Submission]) -> None:
    book, truth, _ = told
    good = [line for line in book["申报台账"] if line["名称"] == "没有问题的"]
    assert [line["结论"] for line in good] == ["计分"] * len(MEASURE)
    assert sum(entry.counted for entry in truth.ledger) == len(MEASURE)


def rows(base: Path, *returns: Return, **layout: object) -> tuple[Book, Result, list[Submission]]:
    """Write and score some returns."""
    how = Layout(**layout)
    sent = [write(r, base / "in", f"{n}.xlsx", how) for n, r in enumerate(returns)]
    return *agree(sent, base / "in", base / "out"), sent


def test_alike_between_units_is_a_warning(tmp_path: Path) -> None:
    """Both rows are warned, and score; refused claims and figures warn nobody."""
    alike = [Claim("二.1a", "豫商 考察"), Claim("二.1a", "豫商考察"), Claim("二.1a", "豫商考察")]
    alike[2].evidence = {}
    figures = [sound("一.8a", "征订") for _ in alike]
    units = [UNIT, "临颍县工商联", "源汇区工商联"]
    # All units go to the same 课堂: 一.4 is shared work, of which nobody is suspected.
    returns = [
        Return(u, [a, f, Claim("一.4", "豫商课堂")])
        for u, a, f in zip(units, alike, figures, strict=True)
    ]
    book, truth, sent = rows(tmp_path, *returns)
    assert sum("alike" in entry.warned for entry in truth.ledger) == 2
    for submission, claim in zip(sent[:2], alike, strict=False):
        row = submission.row(claim)
        found = [f for f in book.findings(submission.file) if str(f["单元格"]).endswith(str(row))]
        assert [f["级别"] for f in found if "疑似雷同" in str(f["问题"])] == ["警告"]
    said = [f for f in book["问题清单"] if "疑似雷同" in str(f["问题"])]
    assert len(said) == 2, said


def test_what_is_no_claim(tmp_path: Path) -> None:
    """Blank rows, prefilled rows, repeated headers and columns of one's own are not claims."""
    claims = [Claim("一.4", "甲"), Claim("一.4", "乙")]
    made = Return(UNIT, claims)
    book, placed = workbook(made)
    page = book["活动培训"]
    page["K1"] = "自编号"
    for row in (2, 3, 5, 9):
        page[f"K{row}"] = row
    for column, name in enumerate(SHEETS["活动培训"], 1):
        page.cell(6, column, name)
    page["B7"] = "   "
    book["指标任务"]["K4"] = "随手记"
    page["J10"] = "只有备注也是申报"
    sent = write(made, tmp_path / "in", FILE, book=book)
    truth_lines = {("活动培训", p.row) for p in placed} | {("活动培训", 10)}
    result = run(tmp_path / "in", tmp_path / "out").book
    assert {(r["工作表"], r["行号"]) for r in result["申报台账"]} == truth_lines
    assert result.errors_at(sent.file, "活动培训", 10)
