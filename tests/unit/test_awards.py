"""Proposals of awards: who fits, who ties over the last place, who is not asked."""

import numpy as np
import pytest

from pipeline.rulebook import Rulebook
from pipeline.scoring.awards import propose, ties
from pipeline.scoring.score import Floats, tally
from tests.kit.made import changed

TOTAL, KEY = "先进单位", "重点工作先进单位"
TIE = "并列待定"
NAN = float("nan")


def proposed(
    rulebook: Rulebook,
    totals: list[float],
    awards: dict[str, int],
    key: list[float] | None = None,
) -> tuple[list[str], list[str]]:
    points = np.zeros((len(rulebook.roster), len(rulebook.clauses)))
    points[: len(totals), rulebook.clause_ids.index("九.3")] = key or 0.0
    rest = np.array(totals) - np.array(key or [0.0] * len(totals))
    points[: len(totals), rulebook.clause_ids.index("一.4")] = rest
    points[len(totals) :] = np.nan
    points[: len(totals)][np.isnan(totals)] = np.nan
    return joined(rulebook, points, awards, len(totals))


def joined(
    rulebook: Rulebook, points: Floats, awards: dict[str, int], count: int
) -> tuple[list[str], list[str]]:
    """The proposals by total and by key section to the first units."""
    nobody = [()] * len(rulebook.roster)
    table = propose(rulebook, tally(rulebook, points), awards, nobody).head(count)
    by_total = [award.name for award in rulebook.awards if award.by_total]
    by_key = [award.name for award in rulebook.awards if not award.by_total]
    total, other = (
        ["".join(words) for words in table[names].to_numpy().tolist()]
        for names in (by_total, by_key)
    )
    return total, other


@pytest.mark.parametrize(
    ("totals", "number", "words"),
    [
        ([9, 8, 7], 0, ["", "", ""]),
        ([9, 8, 7], 1, [TOTAL, "", ""]),
        ([7, 9, 8], 2, ["", TOTAL, TOTAL]),
        ([9, 8, 7], 3, [TOTAL, TOTAL, TOTAL]),
        ([9, 8, 7], 5, [TOTAL, TOTAL, TOTAL]),
        ([9, 9, 7], 1, [TIE, TIE, ""]),
        ([9, 9, 7], 2, [TOTAL, TOTAL, ""]),
        ([9, 8, 8, 7], 2, [TOTAL, TIE, TIE, ""]),
        ([9, 8, 8, 7], 3, [TOTAL, TOTAL, TOTAL, ""]),
        ([8, 8, 8], 2, [TIE, TIE, TIE]),
        ([NAN, 8, 7], 1, ["", TOTAL, ""]),
        ([NAN, NAN, 7], 2, ["", "", TOTAL]),
        ([0, -5, NAN], 2, [TOTAL, TOTAL, ""]),
    ],
)
def test_by_total(rulebook: Rulebook, totals: list[float], number: int, words: list[str]) -> None:
    assert proposed(rulebook, totals, {TOTAL: number}) == (words, [""] * len(words))


@pytest.mark.parametrize(
    ("key", "number", "words"),
    [
        ([10, 30, 20], 1, ["", KEY, ""]),
        ([10, 30, 30], 2, ["", KEY, KEY]),
        ([10, 30, 30], 1, ["", TIE, TIE]),
        ([0, 0, 20], 3, ["", "", KEY]),
        ([0, -10, 20], 3, ["", "", KEY]),
        ([0.1, 0, 0], 3, [KEY, "", ""]),
        ([0, 0, 0], 3, ["", "", ""]),
    ],
)
def test_by_key_section_only_those_with_points_there(
    rulebook: Rulebook, key: list[float], number: int, words: list[str]
) -> None:
    assert proposed(rulebook, [3, 2, 1], {KEY: number}, key) == (["", "", ""], words)


def test_points_of_the_key_section_are_summed_and_binary_dust_makes_no_difference(
    rulebook: Rulebook,
) -> None:
    points = np.zeros((len(rulebook.roster), len(rulebook.clauses)))
    at = [rulebook.clause_ids.index(clause) for clause in ("九.1", "九.2", "九.4")]
    points[0, at] = 0.1, 0.2, 0.0
    points[1, at] = 0.0, 0.0, 0.3
    points[2, at] = 0.0, 0.1, 0.1
    assert joined(rulebook, points, {KEY: 1}, 3) == (["", "", ""], [TIE, TIE, ""])


def test_both_awards_stand_beside_each_other_and_unranked_units_get_none(
    rulebook: Rulebook,
) -> None:
    found = proposed(rulebook, [NAN, 8, 9], {TOTAL: 1, KEY: 1}, [50, 10, 5])
    assert found == (["", "", TOTAL], ["", KEY, ""])


def test_without_places_no_award_is_proposed(rulebook: Rulebook) -> None:
    assert proposed(rulebook, [9, 8], {}, [10, 20]) == (["", ""], ["", ""])
    assert proposed(rulebook, [9, 8], {"别的奖": 2}, [10, 20]) == (["", ""], ["", ""])


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ([9, 8, 7, 6], ["一等", "二等", "二等", ""]),
        ([9, 9, 7, 6], [TIE, TIE, "二等", ""]),
        ([9, 8, 8, 8], ["一等", TIE, TIE, TIE]),
        ([9, 9, 9, 6], [TIE, TIE, TIE, ""]),
    ],
)
def test_awards_of_one_basis_follow_each_other(
    rulebook: Rulebook, totals: list[float], words: list[str]
) -> None:
    first, second = (rulebook.awards[0].model_copy(update={"name": n}) for n in ("一等", "二等"))
    book = changed(rulebook, awards=(first, second, *rulebook.awards[1:]))
    found, _ = proposed(book, totals, {"一等": 1, "二等": 2})
    assert found == words


def test_of_many_that_stand_alike_a_few_are_named(rulebook: Rulebook) -> None:
    """All six units have 3 points; the last has them under what parts equal totals."""
    book = changed(rulebook, tie=("九",))
    points = np.zeros((6, len(book.clauses)))
    points[:5, book.clause_codes["一.4"]] = points[5, book.clause_codes["九.3"]] = 3
    wide = changed(book, roster=(*book.roster, book.roster[0].changed(unit="又一家")))
    more = np.vstack([points[:5], points[:1], points[5:]])
    *_, last = wide.units
    others = f"{'、'.join(wide.units[:5])}等6家"
    said = f"{last}与{others}总分同为 3 分，第九部分得分 3 分高于 0 分，{last}列前"
    assert ties(wide, tally(wide, more)) == [said] * 7
    assert ties(changed(wide, tie=()), tally(changed(wide, tie=()), more)) == [""] * 7
