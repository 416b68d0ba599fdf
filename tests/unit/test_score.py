"""Points, value by value: each measure at its edges, each reading, the figures of the office."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.rulebook import Clause, Reading, Rulebook, Step
from pipeline.scoring.score import Case, Scored, places, score

UNITS = 2
NAMES = {"key": "title_key", "base": "base_exact", "done": "done_exact"}
Row = tuple[int, int, dict[str, object]]


def row(unit: int, clause: int, **more: object) -> Row:
    return unit, clause, more


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Accepted claims as `score` takes them."""
    made = [
        {"unit": unit, "clause": clause, "title_key": "", "words": np.nan, "base_exact": None,
         "done_exact": None, "object_key": ""}
        | {NAMES.get(name, name): value for name, value in more.items()}
        for unit, clause, more in rows
    ]  # fmt: skip
    columns = ["unit", "clause", "title_key", "words", "base_exact", "done_exact", "object_key"]
    kinds = {"unit": "int64", "clause": "int64", "words": float}
    # As after the checks, the index has gaps.
    index = range(100, 100 + 3 * len(made), 3)
    return pd.DataFrame(made, columns=columns, index=index).astype(kinds)


def bands(*pairs: tuple[object, float]) -> tuple[Step, ...]:
    return tuple(Step(Fraction(str(floor)), points) for floor, points in pairs)


Bands = tuple[Step, ...]
Codes = tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """Rules by the position of their clauses, and the rulebook that says so."""

    measures: tuple[str, ...]
    bands: tuple[Bands, ...]
    absent: Mapping[int, float] = field(default_factory=dict)
    exclusive: tuple[Codes, ...] = ()
    yields: tuple[tuple[Codes, int], ...] = ()
    overlap: tuple[tuple[int, Codes], ...] = ()

    def book(self) -> Rulebook:
        clauses = tuple(
            Clause.model_construct(id=f"c{n}", measure=measure, bands=bands)
            for n, (measure, bands) in enumerate(zip(self.measures, self.bands, strict=True))
        )
        patches = [("absent", (c,), f"{points}") for c, points in self.absent.items()]
        patches += [("exclusive", group, "") for group in self.exclusive]
        patches += [("yields", (*losers, to), f"c{to}") for losers, to in self.yields]
        patches += [("overlap", (one, *others), f"c{one}") for one, others in self.overlap]
        readings = tuple(
            Reading.model_construct(
                id=f"r{n}", clauses=tuple(f"c{c}" for c in codes), patch=patch, value=value
            )
            for n, (patch, codes, value) in enumerate(patches)
        )
        taken = tuple(reading.id for reading in readings)
        return Rulebook.model_construct(clauses=clauses, readings=readings, taken=taken)


def asked(
    rows: Iterable[Row], units: int, rules: Rules, figures: Any = None, overrides: Any = None
) -> Scored:
    case = Case(table(rows), np.full(units, True), figures=figures or {}, overrides=overrides or {})
    return score(case, rules.book())


EACH, WORDS, COUNT, DISTINCT, RATIO, GROWTH = range(6)
RULES = Rules(
    measures=("each", "words", "count", "distinct", "ratio", "growth"),
    bands=(
        bands((1, 2)),
        bands((1, 1), (600, 2)),
        bands((2, 3), (4, 5)),
        bands((1, 5), (2, 8), (3, 10)),
        bands((0, -5), ("0.8", 0), (1, 10)),
        bands(("0.075", 3)),
    ),
    absent={},
    exclusive=(),
    yields=(),
    overlap=(),
)


def scored(
    *rows: Row,
    rules: Rules = RULES,
    figures: Mapping[tuple[int, int], tuple[int, int]] | None = None,
    overrides: Mapping[tuple[int, int], float] | None = None,
) -> Scored:
    return asked(rows, UNITS, rules, figures, overrides)


def test_without_claims_every_clause_earns_nothing() -> None:
    found = scored()
    assert found.points.tolist() == [[0.0] * 6] * UNITS
    assert found.values[:, :RATIO].tolist() == [[0.0] * 4] * UNITS
    assert np.isnan(found.values[:, RATIO:]).all()
    assert found.claims.shape == found.silent.shape == (0,)


def test_each_claim_earns_for_itself_without_a_cap() -> None:
    found = scored(row(1, EACH), row(0, EACH), *(row(1, EACH) for _ in range(9)))
    assert found.points[:, EACH].tolist() == [2.0, 20.0]
    assert found.values[:, EACH].tolist() == [1.0, 10.0]
    assert found.claims.tolist() == [2.0] * 11
    assert not found.silent.any()
    assert found.points.sum() == 22.0


def test_an_each_claim_counts_as_one_whatever_else_its_bands_say() -> None:
    rules = Rules(("each",), (bands((1, 2), (2, 9)),), {}, (), (), ())
    assert scored(row(0, 0, words=700), row(0, 0), rules=rules).claims.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("words", "points"), [(1, 1), (599, 1), (600, 2), (601, 2), (10**9, 2), (0, 0)]
)
def test_words_are_looked_up_claim_by_claim(words: int, points: float) -> None:
    found = scored(row(0, WORDS, words=words), row(0, WORDS, words=1))
    assert found.claims.tolist() == [points, 1.0]
    assert found.points[0, WORDS] == points + 1
    assert found.values[0, WORDS] == 2.0


@pytest.mark.parametrize(("number", "points"), [(1, 0), (2, 3), (3, 3), (4, 5), (5, 5)])
def test_a_number_of_claims_is_looked_up_once_a_unit(number: int, points: float) -> None:
    found = scored(*(row(1, COUNT) for _ in range(number)))
    assert found.points[:, COUNT].tolist() == [0.0, points]
    assert found.values[:, COUNT].tolist() == [0.0, number]
    assert np.isnan(found.claims).all()


@pytest.mark.parametrize(
    ("objects", "number", "points"),
    [(["甲"], 1, 5), (["甲", "甲"], 1, 5), (["甲", "乙"], 2, 8), (["甲", "乙", "甲", "丙"], 3, 10),
     (["甲", "乙", "丙", "丁"], 4, 10)],
)  # fmt: skip
def test_different_objects_are_counted(objects: list[str], number: int, points: float) -> None:
    others = [row(0, EACH, object_key="戊"), row(1, DISTINCT, object_key="甲")]
    found = scored(*(row(0, DISTINCT, object_key=name) for name in objects), *others)
    assert found.values[:, DISTINCT].tolist() == [number, 1.0]
    assert found.points[:, DISTINCT].tolist() == [points, 5.0]
    assert found.values[0, EACH] == 1.0


@pytest.mark.parametrize(
    ("base", "done", "points"),
    [(10, 0, -5), (10, 7, -5), (10, 8, 0), (10, 9, 0), (10, 10, 10), (10, 11, 10), (1000, 799, -5),
     (1, 0, -5), (10**17, 8 * 10**16 - 1, -5), (10**17, 8 * 10**16, 0), (10**17, 10**17 - 1, 0),
     (10**17 - 1, 10**17 - 1, 10), (10**17 - 1, 10**17, 10)],
)  # fmt: skip
def test_a_ratio_at_its_edges(base: int, done: int, points: float) -> None:
    found = scored(row(1, RATIO, base=base, done=done))
    assert found.points[:, RATIO].tolist() == [0.0, points]
    assert found.values[1, RATIO] == done / base
    assert np.isnan(found.values[0, RATIO])
    assert np.isnan(found.claims).all()


@pytest.mark.parametrize(
    ("base", "done", "points"),
    [(40, 42, 0), (40, 43, 3), (40, 44, 3), (40, 40, 0), (40, 10, 0), (1000, 1074, 0),
     (1000, 1075, 3), (200, 215, 3), (4 * 10**17, 43 * 10**16 - 1, 0),
     (4 * 10**17, 43 * 10**16, 3), (4 * 10**17 + 1, 43 * 10**16, 0)],
)  # fmt: skip
def test_a_growth_at_its_edge(base: int, done: int, points: float) -> None:
    found = scored(row(0, GROWTH, base=base, done=done))
    assert found.points[:, GROWTH].tolist() == [points, 0.0]
    assert found.values[0, GROWTH] == pytest.approx((done - base) / base, abs=1e-15)


@pytest.mark.parametrize("floor", ["0.07", "0.25", "0.075", "0.1", "0.3", "0.7"])
def test_every_growth_that_is_exactly_the_floor_earns(floor: str) -> None:
    rules = replace(RULES, bands=(*RULES.bands[:GROWTH], bands((floor, 3))))
    share = Fraction(floor)
    for times in range(1, 60, 7):
        base = share.denominator * times
        done = base + share.numerator * times
        found = scored(
            row(0, GROWTH, base=base, done=done), row(1, GROWTH, base=base, done=done - 1),
            rules=rules,
        )  # fmt: skip
        assert found.points[:, GROWTH].tolist() == [3.0, 0.0]


def test_edges_are_decided_for_every_unit_and_every_clause_with_figures() -> None:
    rules = replace(RULES, measures=(*RULES.measures, "ratio"), bands=(*RULES.bands, bands((1, 4))))
    found = scored(
        row(1, RATIO, base=5, done=4), row(0, RATIO, base=10, done=8), row(0, 6, base=3, done=3),
        row(1, GROWTH, base=40, done=43), row(1, 6, base=10**17, done=10**17 - 1),
        rules=rules,
    )  # fmt: skip
    assert found.points[:, [RATIO, GROWTH, 6]].tolist() == [[0.0, 0.0, 4.0], [0.0, 3.0, 0.0]]


def test_figures_of_the_office_stand_in_place_of_the_units_own() -> None:
    figures = {(0, RATIO): (10, 10), (1, RATIO): (10, 7), (1, GROWTH): (40, 43)}
    found = scored(row(0, RATIO, base=10, done=0), figures=figures)
    assert found.points[:, RATIO].tolist() == [10.0, -5.0]
    assert found.values[:, RATIO].tolist() == [1.0, 0.7]
    assert found.points[:, GROWTH].tolist() == [0.0, 3.0]


def test_figures_of_the_office_are_decided_exactly_too() -> None:
    figures = {(0, RATIO): (10**17, 10**17 - 1)}
    found = scored(row(0, RATIO, base=10, done=10), figures=figures)
    assert found.points[0, RATIO] == 0.0


def test_without_figures_a_clause_earns_what_the_reading_says() -> None:
    rules = replace(RULES, absent={RATIO: -5.0})
    found = scored(row(1, RATIO, base=10, done=10), rules=rules)
    assert found.points[:, RATIO].tolist() == [-5.0, 10.0]
    assert found.points[:, GROWTH].tolist() == [0.0, 0.0]


def test_a_rulebook_without_figures_is_scored_too() -> None:
    rules = Rules(("each", "count"), (bands((1, 2)), bands((1, 3))), {}, (), (), ())
    found = scored(row(0, 0), row(1, 1), rules=rules)
    assert found.points.tolist() == [[2.0, 0.0], [0.0, 3.0]]


def test_points_set_by_a_ruling_come_last_of_all() -> None:
    rules = replace(RULES, overlap=((COUNT, (EACH,)),))
    found = scored(
        row(0, EACH), row(0, COUNT), row(0, COUNT), rules=rules,
        overrides={(0, COUNT): 7.5, (1, EACH): -1.0, (1, RATIO): 4.0},
    )  # fmt: skip
    assert found.points[0].tolist() == [2.0, 0.0, 7.5, 0.0, 0.0, 0.0]
    assert found.points[1].tolist() == [-1.0, 0.0, 0.0, 0.0, 4.0, 0.0]
    assert found.claims[0] == 2.0


STACKED = Rules(
    measures=("each", "each", "each", "count"),
    bands=(bands((1, 1)), bands((1, 3)), bands((1, 5)), bands((2, 4))),
    absent={}, exclusive=((0, 1, 2),), yields=(), overlap=(),
)  # fmt: skip


def stacked(*rows: Row, rules: Rules = STACKED) -> Scored:
    return scored(*rows, rules=rules)


def test_of_one_title_only_the_best_paid_claim_earns() -> None:
    found = stacked(row(0, 0, key="甲"), row(0, 2, key="甲"), row(0, 1, key="甲"))
    assert found.claims.tolist() == [0.0, 5.0, 0.0]
    assert found.silent.tolist() == [True, False, True]
    assert found.points[0].tolist() == [0.0, 0.0, 5.0, 0.0]
    assert found.values[0].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_of_equally_paid_claims_the_first_earns_also_within_a_clause() -> None:
    found = stacked(row(0, 1, key="甲"), row(0, 1, key="甲"), row(0, 0, key="甲"))
    assert found.silent.tolist() == [False, True, True]
    assert found.claims.tolist() == [3.0, 0.0, 0.0]


def test_another_title_another_unit_and_another_clause_are_left_alone() -> None:
    found = stacked(
        row(0, 2, key="甲"), row(0, 2, key="乙"), row(1, 2, key="甲"), row(0, 3, key="甲"),
    )  # fmt: skip
    assert not found.silent.any()
    assert found.points[:, 2].tolist() == [10.0, 5.0]
    assert found.values[0, 3] == 1.0


def test_of_very_many_equally_paid_claims_the_first_earns() -> None:
    found = stacked(*(row(0, nth % 2, key="甲") for nth in range(500)))
    assert np.flatnonzero(~found.silent).tolist() == [1]


def test_units_and_titles_are_never_taken_for_each_other() -> None:
    rows = [row(0, 0, key="甲"), row(0, 0, key="乙"), row(2, 0, key="甲")]
    assert not asked(rows, 3, STACKED).silent.any()


def test_claims_without_a_title_are_never_the_same() -> None:
    found = stacked(row(0, 2), row(0, 2), row(0, 1))
    assert found.points[0].tolist() == [0.0, 3.0, 10.0, 0.0]
    assert not found.silent.any()


def test_two_groups_are_each_decided_by_themselves() -> None:
    rules = replace(STACKED, exclusive=((0,), (1, 2)))
    found = stacked(row(0, 0, key="甲"), row(0, 1, key="甲"), row(0, 2, key="甲"), rules=rules)
    assert found.silent.tolist() == [False, True, False]


YIELDING = replace(STACKED, exclusive=(), yields=(((0,), 2),))


def test_a_claim_yields_to_one_of_the_same_title_under_the_winning_clause() -> None:
    found = stacked(
        row(0, 0, key="甲"), row(0, 0, key="乙"), row(0, 2, key="甲"), row(0, 2, key="甲"),
        row(1, 0, key="甲"), row(0, 1, key="甲"), rules=YIELDING,
    )  # fmt: skip
    assert found.silent.tolist() == [True, False, False, False, False, False]
    assert found.claims.tolist() == [0.0, 1.0, 5.0, 5.0, 1.0, 3.0]
    assert found.points.tolist() == [[1.0, 3.0, 10.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
    assert found.values[0].tolist() == [1.0, 1.0, 2.0, 0.0]


def test_several_clauses_yield_to_one_and_titles_must_be_there() -> None:
    rules = replace(YIELDING, yields=(((0, 1), 2),))
    found = stacked(
        row(0, 0, key="甲"), row(0, 1, key="甲"), row(0, 2, key="甲"), row(0, 0), row(0, 2),
        rules=rules,
    )  # fmt: skip
    assert found.silent.tolist() == [True, True, False, False, False]


def test_a_claim_that_a_reading_silences_is_not_counted_either() -> None:
    rules = replace(STACKED, exclusive=(), yields=(((3,), 2),))
    found = stacked(
        row(0, 3, key="甲"), row(0, 3, key="乙"), row(0, 2, key="甲"), row(1, 3, key="甲"),
        row(1, 3, key="乙"), rules=rules,
    )  # fmt: skip
    assert found.values[:, 3].tolist() == [1.0, 2.0]
    assert found.points[:, 3].tolist() == [0.0, 4.0]
    assert found.silent.tolist() == [True, False, False, False, False]
    assert np.isnan(found.claims[0])


def test_silenced_objects_are_not_counted() -> None:
    rules = Rules(("distinct", "each"), (bands((1, 1), (2, 2)), bands((1, 1))), {}, (),
                  (((0,), 1),), ())  # fmt: skip
    found = scored(
        row(0, 0, key="甲", object_key="子"), row(0, 0, key="乙", object_key="丑"),
        row(0, 1, key="甲"), rules=rules,
    )  # fmt: skip
    assert found.values[0].tolist() == [1.0, 1.0]
    assert found.points[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("claimed", "left"), [((1, 2), 0.0), ((1,), 1.0), ((2,), 1.0), ((), 1.0)])
def test_an_overlapping_clause_earns_nothing_where_all_others_earn(
    claimed: tuple[int, ...], left: float
) -> None:
    rules = replace(STACKED, exclusive=(), overlap=((0, (1, 2)),))
    found = stacked(row(1, 0), *(row(1, clause) for clause in claimed), rules=rules)
    assert found.points[1, 0] == left
    assert found.claims[0] == 1.0
    assert found.points[1, list(claimed)].tolist() == [rules.bands[c][0][1] for c in claimed]


def test_a_clause_that_earns_little_overlaps_as_well() -> None:
    rules = replace(STACKED, exclusive=(), overlap=((1, (0,)),))
    assert stacked(row(0, 0), row(0, 1), rules=rules).points[0, :2].tolist() == [1.0, 0.0]


def test_a_clause_that_earns_nothing_does_not_overlap() -> None:
    rules = replace(STACKED, exclusive=(), overlap=((0, (2, 3)),))
    assert stacked(row(0, 0), row(0, 2), row(0, 3), rules=rules).points[0, 0] == 1.0
    assert stacked(row(0, 0), row(0, 2), row(0, 3), row(0, 3), rules=rules).points[0, 0] == 0.0


def test_a_unit_that_is_not_ranked_has_no_points() -> None:
    case = Case(table([row(0, EACH), row(1, EACH)]), np.array([True, False]))
    found = score(case, RULES.book())
    assert found.points[0, EACH] == 2.0
    assert np.isnan(found.points[1]).all()


@pytest.mark.parametrize(
    ("value", "points"),
    [(Fraction(-1, 3), 0), (0, -5), (Fraction(8, 10), 0), (Fraction(79, 99), -5), (1, 10), (9, 10)],
)
def test_a_fraction_is_looked_up_exactly(value: Fraction, points: float) -> None:
    assert RULES.book().clauses[RATIO].band_at(Fraction(value)).points == points


def test_a_number_without_end_is_scored_and_shown_as_a_very_large_one() -> None:
    found = scored(row(0, RATIO, base=1, done=10**400))
    assert (found.points[0, RATIO], found.values[0, RATIO]) == (10.0, 1e12)


@pytest.mark.parametrize(
    ("totals", "expected"),
    [([], []), ([5.0], [1]), ([1.0, 3.0, 2.0], [3, 1, 2]), ([9.0, 7.0, 7.0, 3.0], [1, 2, 2, 4]),
     ([7.0, 7.0, 7.0], [1, 1, 1]), ([0.0, -5.0, 0.0], [1, 3, 1]),
     ([3.0, np.nan, 4.0, np.nan], [2, np.nan, 1, np.nan]), ([np.nan], [np.nan]),
     ([0.1 + 0.2, 0.3], [1, 1]), ([1.000001, 1.0], [1, 2]), ([1.0000001, 1.0], [1, 1])],
)  # fmt: skip
def test_places(totals: list[float], expected: list[float]) -> None:
    np.testing.assert_array_equal(places(np.array(totals, dtype=float)), np.array(expected, float))


def test_by_default_the_rules_in_force_are_the_rulebooks_own(rulebook: Rulebook) -> None:
    book = rulebook.under([])
    assert (book.clauses, book.deadline) == (rulebook.clauses, rulebook.deadline)
    assert (book.absent, book.exclusive, book.yields, book.overlap) == ({}, (), (), ())
    assert not book.partial
    assert not book.inclusive


def test_every_reading_changes_its_own_clauses_and_nothing_else(rulebook: Rulebook) -> None:
    for reading in rulebook.readings:
        book = rulebook.under([reading.id])
        changed = [c.id for c, was in zip(book.clauses, rulebook.clauses, strict=True) if c != was]
        patched = reading.clauses if reading.patch in ("measure", "bands") else ()
        assert changed == list(patched), reading.id
        assert book.taken == (reading.id,)
        assert (
            book.inclusive == (book.deadline > rulebook.deadline) == (reading.patch == "deadline")
        )
        assert book.partial == (reading.patch == "evidence")
        relations = {"absent": book.absent, "exclusive": book.exclusive, "yields": book.yields,
                     "overlap": book.overlap}  # fmt: skip
        assert [name for name, held in relations.items() if held] == [
            name for name in relations if name == reading.patch
        ]


def test_what_each_reading_says_is_in_force(rulebook: Rulebook) -> None:
    book = rulebook.under(reading.id for reading in rulebook.readings)
    assert book.clause["一.7"].bands == bands((1, 1), (601, 2))
    assert [book.clause[c].measure for c in ("四.2a", "二.1b", "二.1c", "十一.4")] == [
        "each", "count", "count", "each",
    ]  # fmt: skip
    assert (("四.1a",), ("四.1b",)) in book.yields
    assert ("八.1", "八.2", "八.3") in book.exclusive
    assert book.overlap == (("七.5", ("五.2b", "五.2c", "五.2d")),)
    assert book.absent == {"十.1": -5.0}
    assert book.partial
    assert book.inclusive
    assert (book.deadline - rulebook.deadline).days == 1


def test_rules_are_taken_anew_and_never_patched_twice(rulebook: Rulebook) -> None:
    twice = rulebook.under(["deadline-day"]).under(["deadline-day"])
    assert (twice.deadline - rulebook.deadline).days == 1
    assert rulebook.under(["deadline-day"]).under([]).deadline == rulebook.deadline
