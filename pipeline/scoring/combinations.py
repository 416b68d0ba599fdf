"""What each other reading would change: totals and places under every combination, and in words.

Readings that touch no common clause do not influence each other, so a few scorings hold the
points of every combination: their sums are laid out over all combinations by broadcasting.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.outcome import PLACES
from pipeline.rulebook import ALL, Reading, Rulebook
from pipeline.scoring.score import Bools, Floats, groups_of, standing
from pipeline.wording import number

MOST_TOTALS = 5_000_000
"""Units × combinations that are worked out in full (40 MB); beyond it, single readings only."""
NO_CHANGE = "无影响"

Points = Callable[[Rulebook], Floats]
"""`Tally.items`: what total and tie rule add up; NaN rows for units that are not ranked."""


@dataclass(frozen=True)
class Combinations:
    """Totals under many combinations of readings.

    Attributes:
        ids: all reading ids; bit i of a combination says that reading i is taken otherwise.
        bits: the combinations, (combinations,) of int.
        totals: (combinations × units), NaN where a unit is not ranked.
        places: as `totals`.
        taken: position of the combination that the run uses.
        complete: whether every combination is there.
    """

    ids: tuple[str, ...]
    bits: npt.NDArray[np.int64]
    totals: Floats
    places: Floats
    taken: int
    complete: bool

    def flipped(self, reading: str) -> int:
        """Position of the taken combination with one reading taken the other way."""
        bits = int(self.bits[self.taken]) ^ (1 << self.ids.index(reading))
        return int(np.nonzero(self.bits == bits)[0][0])


def combine(rulebook: Rulebook, taken: Iterable[str], points: Points) -> Combinations:
    """Totals and places under all combinations, or under single readings with many units."""
    ids = tuple(reading.id for reading in rulebook.readings)
    chosen = frozenset(taken)
    now = sum(1 << ids.index(reading) for reading in chosen)
    units, keys = len(rulebook.roster), len(rulebook.ordered_by)
    complete = units * keys << len(ids) <= MOST_TOTALS
    if complete:
        bits = np.arange(1 << len(ids))
        totals = _all_totals(rulebook, ids, points)
    else:
        flips = [frozenset(), *(frozenset({reading}) for reading in ids)]
        bits = np.array([now, *(now ^ (1 << i) for i in range(len(ids)))])
        totals = np.stack([points(rulebook.under(chosen ^ one)).sum(axis=1) for one in flips])
    by_key = np.split(np.round(totals, PLACES), keys, axis=1)
    at = int(np.nonzero(bits == now)[0][0])
    places = _places(standing(by_key), groups_of(rulebook))
    return Combinations(ids, bits, by_key[0], places, at, complete)


def _components(rulebook: Rulebook) -> list[list[Reading]]:
    """Readings about single clauses, grouped so that groups move no common points."""
    groups: list[tuple[set[str], list[Reading]]] = []
    for reading in rulebook.readings:
        if reading.clauses == ALL:
            continue
        own = rulebook.touched_by(reading)
        touched, members = set().union(*(rulebook.linked[c] for c in own)), [reading]
        for group in [g for g in groups if g[0] & touched]:
            groups.remove(group)
            touched |= group[0]
            members = group[1] + members
        groups.append((touched, members))
    return [members for _, members in groups]


def _all_totals(rulebook: Rulebook, ids: tuple[str, ...], points: Points) -> Floats:
    whole = [reading.id for reading in rulebook.readings if reading.clauses == ALL]
    components = _components(rulebook)
    position = {reading: 1 << i for i, reading in enumerate(ids)}
    keys = len(rulebook.ordered_by)
    totals = np.empty((1 << len(ids), len(rulebook.roster) * keys))
    for flips in product((False, True), repeat=len(whole)):
        fixed = [reading for reading, flip in zip(whole, flips, strict=True) if flip]
        offsets = np.array([sum(position[reading] for reading in fixed)])
        sums = np.zeros((1, totals.shape[1]))
        for option, shares in _shares(rulebook, components, fixed, points):
            bits = np.array([sum(position[reading] for reading in chosen) for chosen in option])
            offsets = (offsets[:, None] + bits[None, :]).ravel()
            sums = (sums[:, None, :] + shares[None, :, :]).reshape(-1, totals.shape[1])
        totals[offsets] = sums
    return totals


def _shares(
    rulebook: Rulebook, components: list[list[Reading]], fixed: list[str], points: Points
) -> list[tuple[list[list[str]], Floats]]:
    """For each component: its combinations, and the points that its clauses then give.

    The points of untouched clauses come first, as a component with one combination. Run r takes
    every component's combination r at the same time.
    """
    options = [
        [
            [reading.id for reading, flip in zip(members, flips, strict=True) if flip]
            for flips in product((False, True), repeat=len(members))
        ]
        for members in components
    ]
    runs = [
        points(rulebook.under([*fixed, *(id_ for o in options for id_ in o[run % len(o)])]))
        for run in range(max(map(len, options), default=1))
    ]
    touched = []
    for members in components:
        moved = {c for reading in members for c in rulebook.touched_by(reading)}
        moved = set().union(*(rulebook.linked[clause] for clause in moved))
        items = enumerate(rulebook.addends)
        touched.append([at for at, item in items if moved & rulebook.below[item]])
    free = sorted(set(range(len(rulebook.addends))) - {at for group in touched for at in group})
    untouched: list[list[str]] = [[]]
    shares = [(untouched, runs[0][:, free].sum(axis=1)[None, :])]
    for option, group in zip(options, touched, strict=True):
        sums = [runs[run][:, group].sum(axis=1) for run in range(len(option))]
        shares.append((option, np.stack(sums)))
    return shares


def _places(standings: Floats, groups: Floats) -> Floats:
    """Places within the groups in each combination (row); NaN where not ranked."""
    places = np.empty_like(standings)
    for group in np.unique(groups):
        own = standings[:, groups == group]
        order = np.argsort(-own, axis=1)
        falling = np.take_along_axis(own, order, axis=1)
        place = np.ones_like(falling)
        lower = falling[:, 1:] != falling[:, :-1]
        place[:, 1:] = np.where(lower, np.arange(2, falling.shape[1] + 1), 1)
        np.put_along_axis(own, order, np.maximum.accumulate(place, axis=1), axis=1)
        places[:, groups == group] = own
    return np.where(np.isnan(standings), np.nan, places)


# In words, for a meeting -------------------------------------------------------------------------


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
