"""What the other sense of each reading would change, worded for a meeting."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from pipeline.rulebook import Reading, Rulebook
from pipeline.scoring.combinations import Combinations
from pipeline.scoring.score import Bools, Floats
from pipeline.wording import number

NO_CHANGE = "无影响"


def readings_table(
    rulebook: Rulebook, alternative: Iterable[str], combinations: Combinations
) -> pd.DataFrame:
    """口径说明: `id`, `clauses`, `question`, `taken`, `sense`, `other`, `impact`, `changes`.

    `changes` has (unit, total, place) of each unit that the other sense changes, as it would be
    then; NaN where it would not be ranked. `impact` says the same in a sentence.
    """
    taken = set(alternative)
    rows = []
    for reading in rulebook.readings:
        flipped = reading.id in taken
        changes = _changes(rulebook, reading, combinations)
        senses = (reading.alternative, reading.default)
        sense, other = senses if flipped else reversed(senses)
        rows.append(
            {
                "id": reading.id,
                "clauses": "全部" if reading.clauses == ("all",) else "、".join(reading.clauses),
                "question": reading.question,
                "taken": "另一种" if flipped else "默认",
                "sense": sense,
                "other": other,
                "impact": _impact(rulebook, changes, combinations),
                "changes": changes,
            }
        )
    columns = ["id", "clauses", "question", "taken", "sense", "other", "impact", "changes"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _changes(
    rulebook: Rulebook, reading: Reading, combinations: Combinations
) -> list[tuple[str, float, float]]:
    now, then = combinations.taken, combinations.flipped(reading.id)
    totals, places = combinations.totals, combinations.places
    changed = _differ(totals[now], totals[then]) | _differ(places[now], places[then])
    return [
        (rulebook.units[code], float(totals[then, code]), float(places[then, code]))
        for code in np.flatnonzero(changed).tolist()
    ]


def _impact(
    rulebook: Rulebook, changes: list[tuple[str, float, float]], combinations: Combinations
) -> str:
    totals, places = (table[combinations.taken] for table in (combinations.totals,
                                                              combinations.places))  # fmt: skip
    sentences = []
    for unit, total, place in changes:
        code = rulebook.unit_codes[unit]
        totals_ = f"总分 {_total(totals[code])}→{_total(total)}"
        sentences.append(f"{unit}：{totals_}，名次 {_place(places[code])}→{_place(place)}")
    return "；".join(sentences) or NO_CHANGE


def _differ(old: Floats, new: Floats) -> Bools:
    same: Bools = (old == new) | (np.isnan(old) & np.isnan(new))
    return ~same


def _total(total: float) -> str:
    return "不计" if np.isnan(total) else number(total)


def _place(place: float) -> str:
    return "不排名" if np.isnan(place) else f"{place:.0f}"


def decisive_sentences(
    rulebook: Rulebook, combinations: Combinations, awards: Mapping[str, int]
) -> list[str]:
    """Which readings decide who is first, and who gets the last award place by total."""
    cuts, last = {1: "第一名"}, 0
    for award in rulebook.awards:
        places = awards.get(award.name, 0)
        if award.by_total and places > 0:
            last += places
            cuts.setdefault(last, f"{award.name}的最后一个名额")
    sentences = []
    for reading in rulebook.readings:
        then = combinations.flipped(reading.id)
        for cut, what in cuts.items():
            if _within(combinations, combinations.taken, cut) != _within(combinations, then, cut):
                moves = _moves(rulebook, combinations, then)
                sense = _other_sense(reading, combinations)
                sentences.append(f"{what}取决于口径：若改按“{sense}”理解，{moves}")
    return sentences


def _within(combinations: Combinations, at: int, cut: int) -> frozenset[int]:
    return frozenset(np.nonzero(combinations.places[at] <= cut)[0].tolist())


def _other_sense(reading: Reading, combinations: Combinations) -> str:
    bit = 1 << combinations.ids.index(reading.id)
    flipped = bool(int(combinations.bits[combinations.taken]) & bit)
    return reading.default if flipped else reading.alternative


def _moves(rulebook: Rulebook, combinations: Combinations, then: int) -> str:
    moves = []
    places = combinations.places[combinations.taken], combinations.places[then]
    for code in np.flatnonzero(_differ(*places)).tolist():
        unit = rulebook.units[code]
        old, new = (ranks[code] for ranks in places)
        if np.isnan(old):
            moves.append(f"{unit}进入排名，列第{new:.0f}名")
        elif np.isnan(new):
            moves.append(f"{unit}由第{old:.0f}名变为不排名")
        else:
            moves.append(f"{unit}由第{old:.0f}名{'升' if new < old else '降'}至第{new:.0f}名")
    return "，".join(moves)
