"""Ten measures of other offices: rules as data, entries in, the worked example's figures out."""

import os
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipeline.outcome import PLACES
from pipeline.rulebook import load_rulebook
from tests.kit.filled import reduced, run_line, sayable, shaken
from tests.kit.office import Office
from tests.kit.words import Figures, Measure, entries, table

FOLDER = Path(__file__).parent / "data" / "measures"
NAMES = sorted(path.name for path in FOLDER.iterdir() if (path / "expected.csv").exists())
EVERY = "every_word"
"""Not of an office: all words in one, for entries shaken at random."""
SEEDS = range(int(os.environ.get("MEASURE_SEEDS", "5")))
SHAKEN = [*((name, seed) for name in NAMES for seed in (1, 2)), *((EVERY, seed) for seed in SEEDS)]
BY_HAND = ("自评", "季度1", "季度2")
"""Figures of the examples that no rule makes: what a unit writes itself, what one quarter gave."""

LAST_FIGURE = Fraction(1, 2 * 10**PLACES) + Fraction(1, 10**9)
"""Half of the last decimal that the workbook gives, and what a float may be off."""


def expected(name: str) -> list[tuple[str, str, str]]:
    """(unit, item, figure) of the worked example."""
    rows = table(FOLDER / name / "expected.csv")
    return [(r["unit"], r["item"], r["value"]) for r in rows if r["item"] not in BY_HAND]


def told(figures: Figures, unit: str, item: str) -> str | Fraction | int | None:
    if item == "名次":
        return figures.places[unit]
    if item == "等次":
        return figures.grades.get(unit, "")
    if item == "奖项":
        return "、".join(figures.awards.get(unit, []))
    return figures.points[unit][item]


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_scorer_gives_the_worked_example(name: str) -> None:
    figures = Measure(FOLDER / name / "rulebook").figures(entries(FOLDER / name / "claims.csv"))
    for unit, item, value in expected(name):
        found = told(figures, unit, item)
        wanted = value if item in ("奖项", "等次") else Fraction(value)
        assert (found or type(wanted)()) == wanted, (unit, item)


def hold(made: dict[str, dict[str, Any]], wanted: list[tuple[str, str, Any]]) -> None:
    """What the program tells is what is wanted, to the last figure that a cell holds."""
    for unit, item, value in wanted:
        found = made[unit][item]
        if item in ("奖项", "等次"):
            assert (found or "") == value, (unit, item)
        else:
            gap = abs(Fraction(found or 0) - Fraction(value or 0))
            assert gap <= LAST_FIGURE, (unit, item, found, value)


SAYABLE = [name for name in NAMES if sayable(FOLDER / name / "rulebook")]
"""Measures of which some clauses can be said."""


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", SAYABLE)
def test_clauses_that_can_be_said_agree_with_the_plain_scorer(
    name: str, seed: int, tmp_path: Path
) -> None:
    """The measure without the clauses whose words the program lacks; shaken from seed 1 on."""
    folder = reduced(FOLDER / name / "rulebook", tmp_path / "rulebook")
    measure = Measure(folder)
    ids = [clause["id"] for clause in measure.clauses]
    found = [e for e in entries(FOLDER / name / "claims.csv") if e.clause in ids]
    found = shaken(measure, found, random.Random(seed)) if seed else found
    figures = measure.figures(found)
    made = run_line(folder, found, tmp_path)
    items = [*ids, "总分", "名次"]
    hold(made, [(u, i, told(figures, u, i)) for u in measure.units for i in items])


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_line_gives_the_worked_example(name: str, tmp_path: Path) -> None:
    """From the program's own forms, filled in, to its ranking."""
    made = run_line(FOLDER / name / "rulebook", entries(FOLDER / name / "claims.csv"), tmp_path)
    hold(made, expected(name))


@pytest.mark.parametrize("name", [EVERY, "shicheng_bureaus", "shicheng_towns", "taojiang_2011"])
def test_the_self_check_tells_what_a_unit_claims(
    name: str, tmp_path: Path, soffice: Office
) -> None:
    """Clause by clause and sum by sum, as far as a unit's own return can tell."""
    folder = FOLDER / name / "rulebook"
    measure, book = Measure(folder), load_rulebook(folder)
    found = entries(FOLDER / name / "claims.csv")
    figures = measure.figures(found)
    run_line(folder, found, tmp_path)
    told_ = {c.id for c in book.clauses if book.clause[c.counts or c.id].sheet and c.bands
             and not (c.against or c.once or c.per in ("题目", "对象"))}  # fmt: skip
    told_ |= {row.name for row in book.sums if book.below[row.name] <= told_}
    assert told_
    for unit in measure.units:
        page = soffice.calculated(tmp_path / "returns" / f"{unit}.xlsx", tmp_path)["自查"]
        lines = {str(row[0]): row[2] for row in page.itertuples(index=False)}
        for item in sorted(told_):
            value = figures.points[unit][item]
            shown = lines[item]
            assert (shown == "不考") == (value is None), (unit, item)
            if value is not None:
                assert float(shown) == pytest.approx(float(value)), (unit, item)


@pytest.mark.parametrize(("name", "seed"), SHAKEN)
def test_the_whole_line_agrees_with_the_plain_scorer(name: str, seed: int, tmp_path: Path) -> None:
    """Entries shaken at random; seed 0 leaves them as they are."""
    measure = Measure(FOLDER / name / "rulebook")
    found = entries(FOLDER / name / "claims.csv")
    found = shaken(measure, found, random.Random(seed)) if seed else found
    figures = measure.figures(found)
    items = {item for _, item, _ in expected(name)} or {
        *figures.points[measure.units[0]],
        "名次",
        "等次",
        "奖项",
    }
    made = run_line(FOLDER / name / "rulebook", found, tmp_path)
    hold(made, [(u, i, told(figures, u, i)) for u in measure.units for i in sorted(items)])
