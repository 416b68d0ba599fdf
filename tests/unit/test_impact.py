"""What the other sense of each reading would change, in the words that a meeting sees."""

import numpy as np
import pytest

from pipeline.rulebook import Rulebook
from pipeline.scoring.combinations import Combinations, decisive_sentences, readings_table
from pipeline.scoring.score import places
from tests.kit.made import changed

U1, U2, U3 = "舞阳县工商联", "临颍县工商联", "源汇区工商联"
WORDS, LATE = "words-600", "deadline-day"
NAN = float("nan")


@pytest.fixture(scope="module")
def book(rulebook: Rulebook) -> Rulebook:
    """Two readings and three units."""
    kept = tuple(r for r in rulebook.readings if r.id in (WORDS, LATE))
    return changed(rulebook, readings=kept, roster=rulebook.roster[:3])


def combinations(*totals: list[float], taken: int = 0) -> Combinations:
    """Totals of (default, words-600, deadline-day, both)."""
    rows = list(totals) + [totals[0]] * (4 - len(totals))
    table = np.array(rows)
    ranks = np.stack([places(row) for row in table])
    return Combinations((WORDS, LATE), np.arange(4), table, ranks, taken, True)


def test_a_reading_without_effect(book: Rulebook) -> None:
    table = readings_table(book, [], combinations([3.0, 2.0, NAN]))
    words, late = book.readings
    assert table.to_dict("records") == [
        {"id": WORDS, "clauses": "一.7", "question": words.question, "taken": "默认",
         "sense": words.default, "other": words.alternative, "impact": "无影响",
         "changes": []},
        {"id": LATE, "clauses": "全部", "question": late.question, "taken": "默认",
         "sense": late.default, "other": late.alternative, "impact": "无影响",
         "changes": []},
    ]  # fmt: skip


def test_a_reading_in_the_other_sense(book: Rulebook) -> None:
    table = readings_table(book, iter([LATE]), combinations([3.0, 2.0, NAN], taken=2))
    assert table["taken"].tolist() == ["默认", "另一种"]
    late = book.readings[1]
    assert table["sense"][1] == late.alternative
    assert table["other"][1] == late.default


def test_several_clauses_are_listed(rulebook: Rulebook) -> None:
    kept = tuple(r for r in rulebook.readings if r.id == "info-stacking")
    book = changed(rulebook, readings=kept, roster=rulebook.roster[:1])
    found = Combinations(
        ("info-stacking",), np.arange(2), np.ones((2, 1)), np.ones((2, 1)), 0, True
    )
    assert readings_table(book, [], found)["clauses"].tolist() == ["八.1、八.2、八.3"]


def test_totals_and_places_that_would_change(book: Rulebook) -> None:
    found = combinations([10.0, 8.5, 8.0], [7.0, 8.5, 8.0], [10.0, NAN, 12.25])
    impact = readings_table(book, [], found)["impact"].tolist()
    assert impact[0] == (
        f"{U1}：总分 10→7，名次 1→3；{U2}：总分 8.5→8.5，名次 2→1；{U3}：总分 8→8，名次 3→2"
    )
    assert impact[1] == (
        f"{U1}：总分 10→10，名次 1→2；{U2}：总分 8.5→不计，名次 2→不排名；"
        f"{U3}：总分 8→12.25，名次 3→1"
    )
    changes = readings_table(book, [], found)["changes"].tolist()
    assert changes[0] == [(U1, 7, 3), (U2, 8.5, 1), (U3, 8, 2)]
    assert str(changes[1][1]) == str((U2, NAN, NAN))


def test_a_unit_that_only_the_other_sense_ranks(book: Rulebook) -> None:
    found = combinations([10.0, NAN, NAN], [10.0, 3.0, NAN])
    impact = readings_table(book, [], found)["impact"].tolist()
    assert impact == [f"{U2}：总分 不计→3，名次 不排名→2", "无影响"]


def test_the_change_is_told_from_where_the_run_stands(book: Rulebook) -> None:
    found = combinations([1.0, 0, 0], [2.0, 0, 0], [3.0, 0, 0], [4.0, 0, 0], taken=3)
    impact = readings_table(book, [WORDS, LATE], found)["impact"].tolist()
    assert impact == [f"{U1}：总分 4→3，名次 1→1", f"{U1}：总分 4→2，名次 1→1"]


def said(book: Rulebook, found: Combinations, **awards: int) -> list[str]:
    return decisive_sentences(book, found, awards)


def test_no_reading_decides_anything(book: Rulebook) -> None:
    assert said(book, combinations([3.0, 2.0, 1.0]), 先进单位=2) == []
    # The first stays first, though totals and the places below change.
    assert said(book, combinations([9.0, 2.0, 1.0], [5.0, 1.0, 2.0])) == []


def test_a_reading_decides_who_is_first(book: Rulebook) -> None:
    other = book.readings[0].alternative
    assert said(book, combinations([3.0, 2.0, 1.0], [1.5, 2.0, 1.0])) == [
        f"第一名取决于口径：若改按“{other}”理解，{U1}由第1名降至第2名，{U2}由第2名升至第1名"
    ]


def test_a_shared_first_place_is_another_first_place(book: Rulebook) -> None:
    other = book.readings[1].alternative
    found = combinations([3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 3.0, 1.0])
    assert said(book, found) == [f"第一名取决于口径：若改按“{other}”理解，{U2}由第2名升至第1名"]


def test_a_reading_decides_the_last_place_of_an_award(book: Rulebook) -> None:
    other = book.readings[0].alternative
    found = combinations([3.0, 2.0, 1.0], [3.0, 0.5, 1.0])
    sentence = (
        f"先进单位的最后一个名额取决于口径：若改按“{other}”理解，"
        f"{U2}由第2名降至第3名，{U3}由第3名升至第2名"
    )
    assert said(book, found, 先进单位=2) == [sentence]
    assert said(book, found, 先进单位=1) == []
    assert said(book, found, 先进单位=3) == []
    assert said(book, found, 先进单位=0) == []
    assert said(book, found, 重点工作先进单位=2) == []
    assert said(book, found) == []


def test_an_award_with_one_place_goes_to_the_first(book: Rulebook) -> None:
    found = said(book, combinations([3.0, 2.0, 1.0], [1.5, 2.0, 1.0]), 先进单位=1)
    assert [sentence.split("取决")[0] for sentence in found] == ["第一名"]


def test_an_award_follows_another_by_total(rulebook: Rulebook, book: Rulebook) -> None:
    """One place each: the second award's is the second place."""
    second = rulebook.awards[0].changed(name="良好单位")
    both = book.changed(awards=(rulebook.awards[0], second))
    found = combinations([3.0, 2.0, 1.0], [3.0, 0.5, 1.0])
    sentences = said(both, found, 先进单位=1, 良好单位=1)
    assert [sentence.split("取决")[0] for sentence in sentences] == ["良好单位的最后一个名额"]


def test_first_place_and_last_place_are_each_told(book: Rulebook) -> None:
    found = said(book, combinations([3.0, 2.0, 1.0], [0.5, 2.0, 1.0]), 先进单位=2)
    assert [sentence.split("取决")[0] for sentence in found] == [
        "第一名", "先进单位的最后一个名额",
    ]  # fmt: skip


def test_units_that_come_and_go(book: Rulebook) -> None:
    other = book.readings[1].alternative
    found = combinations([3.0, 2.0, NAN], [3.0, 2.0, NAN], [NAN, 2.0, 4.0])
    assert said(book, found) == [
        f"第一名取决于口径：若改按“{other}”理解，{U1}由第1名变为不排名，{U3}进入排名，列第1名"
    ]


def test_from_the_other_sense_the_default_is_the_other(book: Rulebook) -> None:
    words, late = book.readings
    found = combinations([3.0, 2, 1], [1.5, 2, 1], [3.0, 2, 1], [3.0, 2, 1], taken=1)
    moves = f"{U1}由第2名升至第1名，{U2}由第1名降至第2名"
    assert said(book, found) == [
        f"第一名取决于口径：若改按“{words.default}”理解，{moves}",
        f"第一名取决于口径：若改按“{late.alternative}”理解，{moves}",
    ]


def test_the_second_reading_taken_otherwise_offers_its_default(book: Rulebook) -> None:
    late = book.readings[1]
    found = combinations([1.5, 2, 1], [3.0, 2, 1], [3.0, 2, 1], [3.0, 2, 1], taken=2)
    assert [sentence.split("”")[0] for sentence in said(book, found)] == [
        f"第一名取决于口径：若改按“{late.default}",
    ]


def test_units_that_are_ranked_in_neither_sense_are_not_named(book: Rulebook) -> None:
    other = book.readings[0].alternative
    assert said(book, combinations([3.0, 2.0, NAN], [1.0, 2.0, NAN])) == [
        f"第一名取决于口径：若改按“{other}”理解，{U1}由第1名降至第2名，{U2}由第2名升至第1名"
    ]


def test_large_totals_are_told_in_full(book: Rulebook) -> None:
    found = combinations([1234567.5, 0, 0], [1234568.25, 0, 0])
    impact = readings_table(book, [], found)["impact"].tolist()
    assert impact == [f"{U1}：总分 1234567.5→1234568.25，名次 1→1", "无影响"]
