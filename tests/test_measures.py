"""Ten measures of other offices: rules as data, entries in, the worked example's figures out."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipeline.outcome import PLACES
from tests.kit.filled import reduced, run_line, sayable, shaken
from tests.kit.words import Figures, Measure, entries, table

FOLDER = Path(__file__).parent / "data" / "measures"
NAMES = sorted(path.name for path in FOLDER.iterdir())
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


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_whole_line_agrees_with_the_plain_scorer(name: str, seed: int, tmp_path: Path) -> None:
    """Entries shaken at random."""
    measure = Measure(FOLDER / name / "rulebook")
    found = shaken(measure, entries(FOLDER / name / "claims.csv"), random.Random(seed))
    figures = measure.figures(found)
    items = {item for _, item, _ in expected(name)}
    made = run_line(FOLDER / name / "rulebook", found, tmp_path)
    hold(made, [(u, i, told(figures, u, i)) for u in measure.units for i in sorted(items)])
