"""Every clause below, on and above each edge of its bands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.kit.agreement import differences, number, points_of
from tests.kit.door import Book, both
from tests.kit.measure import CAPPED, MEASURE, ROSTER, Rule
from tests.kit.oracle import Result
from tests.kit.returns import Cell, Claim, Return, write


@dataclass(frozen=True)
class Case:
    """Claims of one clause and what they earn together; `about` names the case."""

    clause: str
    about: str
    claims: tuple[Claim, ...]
    points: Fraction


def earned(rule: Rule, value: Fraction | int) -> Fraction:
    return max(((f, p) for f, p, *_ in rule.bands if value >= f), default=(0, Fraction(0)))[1]


def event(rule: Rule, number: int, **more: object) -> Claim:
    day = date(2015, 3, 1) + timedelta(days=number)
    return Claim(rule.id, f"{rule.id} 第{number}项", day, **more)


def several(rule: Rule, number: int) -> tuple[Claim, ...]:
    return tuple(event(rule, n, object=f"对象{n}") for n in range(number))


def figure(rule: Rule, base: object, done: object) -> tuple[Claim, ...]:
    return (Claim(rule.id, f"指标 {rule.id}", base=base, done=done),)


def by_number(rule: Rule) -> Iterator[Case]:
    """Claims by number: each earns for every one, count and distinct by their floors."""
    floors = [int(floor) for floor, *_ in rule.bands]
    for n in sorted({0, 1, *(f + d for f in floors for d in (-1, 0, 1))}):
        points = n * rule.bands[0][1] if rule.measure == "each" else earned(rule, n)
        yield Case(rule.id, f"{n} claims", several(rule, n), points)
    if rule.measure == "distinct":
        top = floors[-1]
        alike = tuple(event(rule, n, object=" 甲 Ａ社") for n in range(top))
        yield Case(rule.id, "one 对象 in several claims", alike, earned(rule, 1))
        mixed = (*several(rule, top), event(rule, 20, object="对 象０"))
        yield Case(rule.id, "one more claim of a known 对象", mixed, earned(rule, top))


def by_words(rule: Rule) -> Iterator[Case]:
    for words in (1, 599, 600, 601, 12345):
        claims = (event(rule, 1, words=words),)
        yield Case(rule.id, f"{words} characters", claims, earned(rule, words))
    both = (event(rule, 1, words=599), event(rule, 2, words=600))
    yield Case(rule.id, "599 and 600 apart, never added up", both, 3)


def by_figures(rule: Rule) -> Iterator[Case]:
    """Ratios and growth: bases for which an edge can be met exactly, and ones with long digits."""
    yield Case(rule.id, "nothing claimed", (), 0)
    growth = rule.measure == "growth"
    for base in (1, 7, 40, 1000, 10**6, 10**15):
        for floor, *_ in rule.bands:
            edge = base * (1 + floor if growth else floor)
            for done in {int(edge) - 1, int(edge), int(edge) + 1}:
                if done < 0 or (rule.id in CAPPED and done > base):
                    continue
                value = Fraction(done - base if growth else done, base)
                about = f"{done} of {base}"
                yield Case(rule.id, about, figure(rule, base, done), earned(rule, value))
    base = 7 * 10**15
    for floor, *_ in rule.bands:
        edge = int(base * (1 + floor if growth else floor))
        for done in {max(edge - 1, 0), edge}:
            value = Fraction(done - base if growth else done, base)
            claims = figure(rule, Cell(str(base), base), Cell(f"{done:,}", done))
            yield Case(rule.id, f"{done} of {base} as text", claims, earned(rule, value))


def cases(rule: Rule) -> list[Case]:
    make = {"words": by_words, "ratio": by_figures, "growth": by_figures}
    found = {case.about: case for case in make.get(rule.measure, by_number)(rule)}
    return list(found.values())


TABLE = {rule.id: cases(rule) for rule in MEASURE.values()}
SLOTS = max(map(len, TABLE.values()))
"""The n-th case of every clause goes into the n-th workbook; six workbooks make a run."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Book, Result]]:
    """One run of six units for each six slots, each read by program and oracle."""
    base = tmp_path_factory.mktemp("edges")
    found = []
    for turn, first in enumerate(range(0, SLOTS, len(ROSTER))):
        folder, sent = base / f"{turn}", []
        for slot, unit in enumerate(ROSTER, first):
            picked = [table[slot] for table in TABLE.values() if slot < len(table)]
            claims = [claim for case in picked for claim in case.claims]
            sent.append(write(Return(unit, claims), folder, f"{unit}.xlsx"))
        found.append(both(sent, folder, base / f"out{turn}"))
    return found


@pytest.mark.parametrize(
    ("slot", "case"),
    [pytest.param(n, case, id=f"{case.clause}: {case.about}")
     for table in TABLE.values() for n, case in enumerate(table)],
)  # fmt: skip
def test_band(books: list[tuple[Book, Result]], slot: int, case: Case) -> None:
    """The points of one clause in one workbook."""
    book, _ = books[slot // len(ROSTER)]
    unit = list(ROSTER)[slot % len(ROSTER)]
    assert number(points_of(book.unit("得分明细", unit))[case.clause]) == case.points


def test_agreement(books: list[tuple[Book, Result]]) -> None:
    assert [differences(*pair) for pair in books] == [[]] * len(books)


def test_every_edge_has_a_case_below_on_and_above() -> None:
    for rule in MEASURE.values():
        assert {case.points for case in TABLE[rule.id]} >= {p for _, p, *_ in rule.bands}
        assert len(TABLE[rule.id]) >= 2 * len(rule.bands) + 1, rule.id
