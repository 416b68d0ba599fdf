"""What each other reading would change: totals and places under every combination, at once.

Readings that touch no common clause do not influence each other, so a few scorings hold the
points of every combination: their sums are laid out over all combinations by broadcasting.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from pipeline.outcome import PLACES
from pipeline.rulebook import ALL, Reading, Rulebook
from pipeline.scoring.score import Floats, standing

MOST_TOTALS = 5_000_000
"""Units × combinations that are worked out in full (40 MB); beyond it, single readings only."""

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
    groups = [row.group for row in rulebook.roster]
    return Combinations(ids, bits, by_key[0], _places(standing(by_key), groups), at, complete)


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


def _places(standings: Floats, groups: Sequence[str]) -> Floats:
    """Places within the groups in each combination (row); NaN where not ranked."""
    places = np.where(np.isnan(standings), np.nan, 1.0)
    for rival, group in enumerate(groups):
        beside = [code for code, other in enumerate(groups) if other == group]
        places[:, beside] += standings[:, [rival]] > standings[:, beside]
    return places
