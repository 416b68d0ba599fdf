"""Every combination of readings at once is what each would give by itself."""

from collections.abc import Iterable

import numpy as np
import pytest

from pipeline.rulebook import Rulebook
from pipeline.scoring import combinations
from pipeline.scoring.combinations import Combinations, Points, combine
from pipeline.scoring.score import Floats, places, tally
from tests.kit.made import changed


def book_with(rulebook: Rulebook, ids: Iterable[str], units: int = 3) -> Rulebook:
    """The rulebook with some of its readings, in that order, and some of its units."""
    by_id = {reading.id: reading for reading in rulebook.readings}
    kept = tuple(by_id[name] for name in ids)
    return changed(rulebook, readings=kept, roster=rulebook.roster[:units])


def scorer_for(book: Rulebook, asked: list[Rulebook] | None = None) -> Points:
    """Points that depend on everything a reading may change, different for each unit."""
    codes = book.clause_codes

    def scorer(rules: Rulebook) -> Floats:
        if asked is not None:
            asked.append(rules)
        points = np.arange(len(codes), dtype=float) + np.zeros((len(book.roster), 1))
        for code, (was, now) in enumerate(zip(book.clauses, rules.clauses, strict=True)):
            points[0, code] += 1.1 * (was.measure != now.measure)
            points[1, code] += 0.3 * (was.bands != now.bands)
        for group in (*rules.exclusive, *(losers for losers, _ in rules.yields)):
            # Not a sum: readings about a common clause depend on each other.
            points[1, [codes[clause] for clause in group]] *= len(group) / 7
        for loser, others in rules.overlap:
            points[2, codes[loser]] -= 2 + len(others)
        for clause, absent in rules.absent.items():
            points[2, codes[clause]] += absent
        points[0] *= 1 + rules.inclusive
        points[2] += 0.01 * rules.partial
        if rules.inclusive and rules.partial:
            points[2] = np.nan
        return points

    return scorer


SOME = ["deadline-day", "words-600", "guest-visits", "info-stacking", "evidence-partial",
        "database-overlap", "attendance-blank"]  # fmt: skip


def by_hand(book: Rulebook, scorer: Points, chosen: Iterable[str]) -> Floats:
    points = scorer(book.under(chosen))
    return np.round(points.sum(axis=1), 6)


def check_all(book: Rulebook, found: Combinations) -> None:
    """Every combination against one scoring of its own."""
    scorer = scorer_for(book)
    assert found.ids == tuple(reading.id for reading in book.readings)
    assert found.totals.shape == found.places.shape == (len(found.bits), len(book.roster))
    for at, bits in enumerate(found.bits.tolist()):
        chosen = [name for n, name in enumerate(found.ids) if bits & (1 << n)]
        expected = by_hand(book, scorer, chosen)
        np.testing.assert_array_equal(found.totals[at], expected, err_msg=str(chosen))
        np.testing.assert_array_equal(found.places[at], places(expected))


def test_equal_totals_are_parted_under_every_combination(rulebook: Rulebook) -> None:
    """By a section, then a clause: few different points, so that many totals are equal."""
    ids = ["guest-visits", "words-600", "attendance-blank", "deadline-day"]
    book = changed(book_with(rulebook, ids, units=6), tie=("九", "一.1"))
    points = np.zeros((6, len(book.clauses)))
    rng = np.random.default_rng(7)
    for clause in ("一.1", "一.7", "二.1b", "九.1", "九.2", "十.1"):
        points[:, book.clause_codes[clause]] = rng.integers(0, 2, 6)

    def scorer(rules: Rulebook) -> Floats:
        moved = points.copy()
        for code, (was, now) in enumerate(zip(book.clauses, rules.clauses, strict=True)):
            moved[::2, code] += (was.measure != now.measure) + (was.bands != now.bands)
        moved[1] += rules.inclusive * points[2]
        return tally(rules, moved).items

    found = combine(book, [], scorer)
    parted = 0
    for at, bits in enumerate(found.bits.tolist()):
        chosen = [name for n, name in enumerate(found.ids) if bits & (1 << n)]
        totals, section, clause = np.split(scorer(book.under(chosen)).sum(axis=1), 3)
        keys = list(zip(totals, section, clause, strict=True))
        assert found.places[at].tolist() == [1 + sum(k > key for k in keys) for key in keys]
        parted += len(set(keys)) - len(set(totals))
    assert parted > 10


def test_all_combinations(rulebook: Rulebook) -> None:
    book = book_with(rulebook, SOME)
    asked: list[Rulebook] = []
    found = combine(book, [], scorer_for(book, asked))
    assert found.complete
    assert found.bits.tolist() == list(range(128))
    assert found.taken == 0
    check_all(book, found)
    # Two scorings for each sense of acceptance hold everything: readings touch no common clause.
    assert len(asked) == 2 * 4


def test_all_combinations_in_any_order_of_the_readings(rulebook: Rulebook) -> None:
    for ids in (SOME[::-1], SOME[3:] + SOME[:3]):
        book = book_with(rulebook, ids)
        check_all(book, combine(book, [], scorer_for(book)))


CHAINED = ["a", "highlight-stacking", "b", "c", "guest-visits", "deadline-day"]


def chained(rulebook: Rulebook, ids: Iterable[str]) -> Rulebook:
    """A rulebook with three readings that hang together: c shares a clause with a and with b."""
    by_id = {reading.id: reading for reading in rulebook.readings}
    info, articles = by_id["info-stacking"], by_id["adopted-articles"]
    by_id["a"] = info.model_copy(update={"id": "a", "clauses": ("八.1", "八.2")})
    by_id["b"] = info.model_copy(update={"id": "b", "clauses": ("八.3", "九.4")})
    by_id["c"] = articles.model_copy(
        update={"id": "c", "clauses": ("八.2", "八.3"), "value": "八.3"}
    )
    kept = tuple(by_id[name] for name in ids)
    return changed(rulebook, readings=kept, roster=rulebook.roster[:3])


@pytest.mark.parametrize("ids", [CHAINED, ["a", "c", "b", *CHAINED[4:]], ["b", "c", "a"]])
def test_readings_that_touch_a_common_clause_are_combined_with_each_other(
    rulebook: Rulebook, ids: list[str]
) -> None:
    book = chained(rulebook, ids)
    asked: list[Rulebook] = []
    found = combine(book, [], scorer_for(book, asked))
    # Eight combinations of a, b and c, for each sense of the deadline.
    assert len(asked) == 8 * (1 + ("deadline-day" in ids))
    check_all(book, found)


@pytest.mark.parametrize(
    ("alternative", "taken"),
    [((), 0), (("deadline-day",), 1), (("words-600", "attendance-blank"), 66),
     (("words-600", "words-600"), 2), (tuple(SOME), 127)],
)  # fmt: skip
def test_the_taken_combination_and_its_neighbours(
    rulebook: Rulebook, alternative: tuple[str, ...], taken: int
) -> None:
    book = book_with(rulebook, SOME)
    found = combine(book, iter(alternative), scorer_for(book))
    assert found.bits[found.taken] == taken
    for n, name in enumerate(SOME):
        assert found.bits[found.flipped(name)] == taken ^ (1 << n)


def test_with_very_many_units_only_single_readings_are_worked_out(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = book_with(rulebook, SOME)
    monkeypatch.setattr(combinations, "MOST_TOTALS", 3 * 128)
    assert combine(book, [], scorer_for(book)).complete
    monkeypatch.setattr(combinations, "MOST_TOTALS", 3 * 128 - 1)
    found = combine(book, ["words-600"], scorer_for(book))
    assert not found.complete
    assert found.bits.tolist() == [2, *(2 ^ (1 << n) for n in range(7))]
    assert found.taken == 0
    assert found.flipped("words-600") == 2
    check_all(book, found)


@pytest.mark.parametrize("taken", [[], ["a"], ["c", "guest-visits"], ["b", "deadline-day"]])
@pytest.mark.parametrize("ids", [CHAINED, ["a", "c", "b", *CHAINED[4:]], CHAINED[::-1]])
def test_single_readings_that_hang_together(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch, ids: list[str], taken: list[str]
) -> None:
    monkeypatch.setattr(combinations, "MOST_TOTALS", 0)
    book = chained(rulebook, ids)
    found = combine(book, taken, scorer_for(book))
    check_all(book, found)


def test_single_readings_about_every_clause_alone(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combinations, "MOST_TOTALS", 0)
    book = book_with(rulebook, ["deadline-day", "evidence-partial"])
    asked: list[Rulebook] = []
    found = combine(book, ["deadline-day"], scorer_for(book, asked))
    assert len(asked) == 3
    assert found.bits.tolist() == [1, 0, 3]
    check_all(book, found)


def test_five_million_totals_are_worked_out() -> None:
    assert combinations.MOST_TOTALS == 5_000_000


def test_without_readings_there_is_one_combination(rulebook: Rulebook) -> None:
    book = book_with(rulebook, [])
    asked: list[Rulebook] = []
    found = combine(book, [], scorer_for(book, asked))
    assert (found.bits.tolist(), found.taken, found.complete) == ([0], 0, True)
    assert len(asked) == 1
    check_all(book, found)


def test_places_in_every_combination(rulebook: Rulebook) -> None:
    book = book_with(rulebook, ["deadline-day"], units=4)
    totals = {False: [9.0, 7.0, 7.0, 3.0], True: [np.nan, -1.0, np.nan, -1.0 + 1e-9]}

    def scorer(rules: Rulebook) -> Floats:
        points = np.zeros((4, len(rules.clauses)))
        points[:, 0] = totals[rules.inclusive]
        return points

    found = combine(book, [], scorer)
    expected = [[1, 2, 2, 4], [np.nan, 1, np.nan, 1]]
    np.testing.assert_array_equal(found.places, np.array(expected, dtype=float))
