"""The exercise rulebook of 2016 as the tests know it, its returns, and a scorer in plain loops.

Everything here is written down apart from `data/rulebook/2016-draft`, as what changes since 2015;
only the workbooks come from the program: returns are made by filling in its template.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from openpyxl import load_workbook

from tests.kit import measure
from tests.kit.measure import LINES, Rule, rule_of
from tests.kit.workbooks import fill_cover, fill_row

FIRST_DAY, DEADLINE = date(2016, 1, 1), date(2016, 12, 20)
ROSTER = (*measure.ROSTER, "西城新区工商联")
TITLE = measure.TITLE | {"创新案例": "案例名称"}
DATE = measure.DATE | {"创新案例": "推广日期"}
OBJECT = {"专项工作": "对象", "创新案例": "推广单位"}
CAPPED = (*measure.CAPPED, "五.1e")
INSTEAD = {
    "一.4": ["一.4 活动培训 each 1:3 通知;总结"],
    "一.7": ["一.7 宣传信息 words 100:1|600:2|1500:3.5 两项"],
    "一.8a": ["一.8 指标任务 ratio 1:5 证明材料"],
    "一.8b": [],
    "二.7c": ["二.7c 活动培训 count 1:3 四项", "二.8 活动培训 count 1:1|3:4 四项"],
    "四.1b": ["四.1b 调研参政 each 1:4 证明材料;采用通知"],
    "五.1a": ["五.1a 指标任务 growth -1:-2|-0.05:0|0.05:2|0.08:4 两项"],
    "五.1d": ["五.1d 专项工作 count 1:3 两项", "五.1e 指标任务 ratio 0.3:2|0.5:4 两项"],
    "六.3": [],
    "九.1": ["九.1 专项工作 each 1:12 两项"],
    "十.1": ["十.1 指标任务 ratio 0:-5|0.85:0|0.95:6|1:10 两项"],
    "十一.4": [
        "十一.4 专项工作 count 1:5 证明材料",
        "十二.1 创新案例 each 1:6 案例材料;证明材料",
        "十二.2 创新案例 distinct 2:2|5:4 证明材料",
    ],
}
"""Clause of 2015 → what stands in its place in 2016; all others stay."""
MEASURE = {
    rule.id: rule
    for old in LINES.strip().split("\n")
    for rule in map(rule_of, INSTEAD.get(old.split()[0], [old]))
}


@dataclass
class Claim:
    """A row that a unit fills in, and what is wrong with it: `late`, `early`, `paper`, `part`."""

    clause: str
    title: str
    day: date = date(2016, 6, 1)
    words: int | None = None
    base: int | None = None
    done: int | None = None
    object: str | None = None
    lacking: tuple[str, ...] = ()
    fault: str = ""
    row: int = 0

    @property
    def rule(self) -> Rule:
        return MEASURE[self.clause]

    def accepted(self, readings: frozenset[str]) -> bool:
        """Whether it counts under the readings in force."""
        if self.fault == "late" and self.rule.sheet == "指标任务":
            return True  # figures may be counted up to the end of the year
        if self.fault == "early" and self.clause in ("一.2b", "二.5b", "七.1"):
            return "standing-work" in readings
        lifted = {"late": "deadline-day", "part": "evidence-partial"}.get(self.fault)
        return not self.fault or lifted in readings

    def reached(self, how: str, bands: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
        """The points of its figures."""
        base, done = self.base or 0, self.done or 0
        return step(bands, Fraction(done - (base if how == "growth" else 0), base))


@dataclass
class Return:
    """What a unit sends back."""

    unit: str
    claims: list[Claim] = field(default_factory=list)
    day: date = date(2016, 12, 10)


def fill(template: Path, sent: Return, target: Path, year: int | None = None) -> Path:
    """Fill in a template and save it; sets the row of each claim."""
    book = load_workbook(template)
    labels = {"单位名称": sent.unit, "报送日期": sent.day, "填报人": "张三"}
    if year is not None:
        labels["填报年度"] = year
    fill_cover(book, labels)
    for name in set(TITLE) & set(book.sheetnames):
        _fill_sheet(book[name], name, [c for c in sent.claims if c.rule.sheet == name])
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)
    return target


def _fill_sheet(page: object, name: str, claims: list[Claim]) -> None:
    headers = {cell.value: cell.column for cell in page[1]}
    prefilled = {page.cell(row, headers["条款"]).value: row for row in range(2, 40)}
    for number, claim in enumerate(claims, start=2):
        claim.row = prefilled[claim.clause] if name == "指标任务" else number
        values = {"条款": claim.clause, TITLE[name]: claim.title, DATE[name]: claim.day,
                  "字数": claim.words, "基数": claim.base, "完成数": claim.done,
                  OBJECT.get(name): claim.object}  # fmt: skip
        values |= {paper: "附件1" for paper in claim.rule.evidence if paper not in claim.lacking}
        fill_row(page, claim.row, values)


# Made returns --------------------------------------------------------------------------------


def made_return(unit: str, chance: random.Random, *, faults: bool = True) -> Return:
    """A return in which every clause may be claimed, some rows with a fault."""
    sent = Return(unit)
    for rule in MEASURE.values():
        for number in range(_rows(rule, chance)):
            sent.claims.append(_claim(rule, unit, number, chance))
    if faults:
        for claim in chance.sample(sent.claims, 14):
            _spoil(claim, chance)
    for title in ("同一项创新", "另一项创新"):
        for clause in chance.sample(("九.3", "十二.1", "十二.1", "四.1a", "四.1b"), 3):
            twin = _claim(MEASURE[clause], unit, len(sent.claims), chance)
            twin.title = title
            sent.claims.append(twin)
    return sent


def _rows(rule: Rule, chance: random.Random) -> int:
    if rule.measure in ("ratio", "growth"):
        return chance.choice((0, 1, 1, 1))
    if rule.measure == "distinct":
        return chance.choice((0, 1, 2, 3, 6))
    return chance.choice((0, 1, 1, 2, 3))


def _claim(rule: Rule, unit: str, number: int, chance: random.Random) -> Claim:
    # No two rows of a clause have one date, so that none repeats another by accident.
    day = FIRST_DAY + timedelta(days=number * 11 % 350)
    claim = Claim(rule.id, f"{unit}{rule.id}第{number}项", day)
    if rule.measure == "words":
        claim.words = chance.choice((50, 99, 100, 599, 600, 601, 1499, 1500))
    if rule.measure == "distinct":
        claim.object = f"单位{chance.randrange(7)}"
    if rule.measure == "ratio":
        claim.base, claim.done = 100, chance.choice((0, 29, 30, 50, 79, 80, 84, 85, 95, 99, 100))
    if rule.measure == "growth":
        claim.base = chance.choice((40, 200))
        claim.done = claim.base * chance.choice((80, 95, 100, 105, 110, 125)) // 100
    return claim


def _spoil(claim: Claim, chance: random.Random) -> None:
    claim.fault = chance.choice(("late", "early", "paper", "part"))
    if claim.fault == "part" and len(claim.rule.evidence) == 1:
        claim.fault = "paper"
    if claim.fault in ("paper", "part"):
        claim.lacking = claim.rule.evidence[: 1 if claim.fault == "part" else None]
    else:
        claim.day = DEADLINE if claim.fault == "late" else FIRST_DAY - timedelta(days=1)


# The scorer ----------------------------------------------------------------------------------


def step(bands: Iterable[tuple[Fraction, Fraction]], value: Fraction | int) -> Fraction:
    """The points of the highest floor that a value reaches."""
    earned = Fraction(0)
    for floor, points in bands:
        if value >= floor:
            earned = points
    return earned


def bands_of(rule: Rule, readings: frozenset[str]) -> tuple[tuple[Fraction, Fraction], ...]:
    """The bands under the readings in force."""
    if rule.id == "一.7" and "words-600" in readings:
        return tuple((Fraction(601) if f == 600 else f, p) for f, p, *_ in rule.bands)
    if rule.id == "十二.1" and "case-points" in readings:
        return ((Fraction(1), Fraction(11)),)
    return rule.bands


def measure_of(rule: Rule, readings: frozenset[str]) -> str:
    """How a clause is measured under the readings in force."""
    reading, other = {
        "二.1b": ("guest-visits", "count"),
        "四.2a": ("proposal-leads", "each"),
        "十一.4": ("assigned-tasks", "each"),
    }.get(rule.id, ("", ""))
    return other if reading in readings else rule.measure


def claim_points(claims: list[Claim], readings: frozenset[str]) -> list[Fraction]:
    """What each claim earns by itself; 0 where its clause is measured per unit."""
    points = []
    for claim in claims:
        how, bands = measure_of(claim.rule, readings), bands_of(claim.rule, readings)
        value = claim.words or 0 if how == "words" else 1
        points.append(step(bands, value) if how in ("each", "words") else Fraction(0))
    silent = set()
    if "adopted-articles" in readings:
        for at, claim in enumerate(claims):
            for other in claims:
                if (claim.clause, other.clause) == ("四.1a", "四.1b"):
                    silent |= {at} if claim.title == other.title else set()
    groups = {
        "info-stacking": ("八.1", "八.2", "八.3"),
        "highlight-stacking": ("九.1", "九.2"),
        "case-stacking": ("九.3", "十二.1"),
    }
    for reading, clauses in groups.items():
        best: dict[str, int] = {}
        for at, claim in enumerate(claims):
            if reading in readings and claim.clause in clauses:
                holder = best.get(claim.title)
                if holder is None or points[at] > points[holder]:
                    silent |= set() if holder is None else {holder}
                    best[claim.title] = at
                else:
                    silent.add(at)
    return [Fraction(0) if at in silent else earned for at, earned in enumerate(points)]


def score(sent: Return, readings: frozenset[str] = frozenset()) -> dict[str, Fraction]:
    """Clause → points of one unit."""
    order = list(TITLE)
    accepted = sorted(
        (claim for claim in sent.claims if claim.accepted(readings)),
        key=lambda claim: (order.index(claim.rule.sheet), claim.row),
    )
    earned = claim_points(accepted, readings)
    points = {}
    for rule in MEASURE.values():
        mine = [at for at, claim in enumerate(accepted) if claim.clause == rule.id]
        how, bands = measure_of(rule, readings), bands_of(rule, readings)
        if how in ("each", "words"):
            points[rule.id] = sum((earned[at] for at in mine), Fraction(0))
        elif how == "count":
            points[rule.id] = step(bands, len(mine))
        elif how == "distinct":
            points[rule.id] = step(bands, len({accepted[at].object for at in mine}))
        elif not mine:
            blank = rule.id == "十.1" and "attendance-blank" in readings
            # A row that is refused for its date or evidence still costs what its figures cost.
            refused = [claim for claim in sent.claims if claim.clause == rule.id]
            cost = min((claim.reached(how, bands) for claim in refused), default=Fraction(0))
            points[rule.id] = min(Fraction(-5 if blank else 0), cost)
        else:
            points[rule.id] = accepted[mine[0]].reached(how, bands)
    data = ("五.2b", "五.2c", "五.2d")
    if "database-overlap" in readings and all(points[clause] > 0 for clause in data):
        points["七.5"] = Fraction(0)
    return points
