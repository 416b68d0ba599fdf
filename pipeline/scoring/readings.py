"""What each other reading would change: totals and places under every combination, at once.

Readings that touch no common clause do not influence each other, so a few scorings hold the
points of every combination: their sums are laid out over all combinations by broadcasting.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from pipeline.judging.acceptance import Senses
from pipeline.outcome import PLACES
from pipeline.rulebook import Reading, Rulebook
from pipeline.scoring.score import Floats, Rules, rules_under

MOST_TOTALS = 5_000_000
"""Units × combinations that are worked out in full (40 MB); beyond it, single readings only."""

Scorer = Callable[[Senses, Rules], Floats]
"""(units × clauses) points under these senses and rules; NaN rows for units that are not ranked."""


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


def combine(rulebook: Rulebook, alternative: Iterable[str], scorer: Scorer) -> Combinations:
    """Totals and places under all combinations, or under single readings with many units."""
    ids = tuple(reading.id for reading in rulebook.readings)
    otherwise = set(alternative)
    taken = sum(1 << ids.index(reading) for reading in otherwise)
    units = len(rulebook.roster)
    complete = units << len(ids) <= MOST_TOTALS
    if complete:
        bits = np.arange(1 << len(ids))
        totals = _all_totals(rulebook, ids, scorer)
    else:
        bits = np.array([taken, *(taken ^ (1 << i) for i in range(len(ids)))])
        totals = _near_totals(rulebook, ids, otherwise, scorer)
    totals = np.round(totals, PLACES)
    return Combinations(
        ids, bits, totals, _places(totals), int(np.nonzero(bits == taken)[0][0]), complete
    )


def senses_under(rulebook: Rulebook, alternative: Iterable[str]) -> Senses:
    """The senses of acceptance with these readings in their alternative sense."""
    taken = set(alternative)
    patches = {reading.patch for reading in rulebook.readings if reading.id in taken}
    return Senses(inclusive="deadline" in patches, partial="evidence" in patches)


def _near_totals(rulebook: Rulebook, ids: Sequence[str], taken: set[str], scorer: Scorer) -> Floats:
    """Totals as taken, then with each single reading taken the other way."""

    def points(flipped: Iterable[str]) -> Floats:
        chosen = taken ^ set(flipped)
        return scorer(senses_under(rulebook, chosen), rules_under(rulebook, chosen))

    base = points(())
    total = base.sum(axis=1)
    components = _components(rulebook)
    totals: dict[str, Floats] = {}
    # One run flips a reading of each component: what they touch lies apart.
    for nth in range(max(map(len, components), default=0)):
        flipped = {m[nth].id: _touched(rulebook, m) for m in components if nth < len(m)}
        found = points(flipped)
        for reading, group in flipped.items():
            totals[reading] = total + (found[:, group] - base[:, group]).sum(axis=1)
    for reading in set(ids).difference(r.id for members in components for r in members):
        totals[reading] = points({reading}).sum(axis=1)
    return np.stack([total, *(totals[reading] for reading in ids)])


def _touched(rulebook: Rulebook, members: Iterable[Reading]) -> list[int]:
    """The codes of the clauses that some readings touch."""
    return sorted({rulebook.clause_ids.index(c) for reading in members for c in reading.clauses})


def _components(rulebook: Rulebook) -> list[list[Reading]]:
    """Scoring readings, grouped so that groups touch no common clause."""
    groups: list[tuple[set[str], list[Reading]]] = []
    for reading in rulebook.readings:
        if reading.clauses == ("all",):
            continue
        touched, members = set(reading.clauses), [reading]
        for group in [g for g in groups if g[0] & touched]:
            groups.remove(group)
            touched |= group[0]
            members = group[1] + members
        groups.append((touched, members))
    return [members for _, members in groups]


def _all_totals(rulebook: Rulebook, ids: tuple[str, ...], scorer: Scorer) -> Floats:
    whole = [reading for reading in rulebook.readings if reading.clauses == ("all",)]
    components = _components(rulebook)
    position = {reading: 1 << i for i, reading in enumerate(ids)}
    totals = np.empty((1 << len(ids), len(rulebook.roster)))
    for flips in product((False, True), repeat=len(whole)):
        fixed = [r.id for r, flip in zip(whole, flips, strict=True) if flip]
        offsets = np.array([sum(position[r] for r in fixed)])
        sums = np.zeros((1, totals.shape[1]))
        for bits, shares in _shares(rulebook, components, fixed, position, scorer):
            offsets = (offsets[:, None] + bits[None, :]).ravel()
            sums = (sums[:, None, :] + shares[None, :, :]).reshape(-1, totals.shape[1])
        totals[offsets] = sums
    return totals


def _shares(
    rulebook: Rulebook,
    components: list[list[Reading]],
    fixed: list[str],
    position: Mapping[str, int],
    scorer: Scorer,
) -> list[tuple[npt.NDArray[np.int64], Floats]]:
    """For each component: its combinations as bits, and the points that its clauses then give.

    The points of untouched clauses come first, as a component with one combination. Run r of the
    scorer takes every component's combination r at the same time.
    """
    senses = senses_under(rulebook, fixed)
    touched = [_touched(rulebook, members) for members in components]
    options = [list(product((False, True), repeat=len(members))) for members in components]
    runs = []
    for run in range(max((len(option) for option in options), default=1)):
        chosen = [
            reading.id
            for members, option in zip(components, options, strict=True)
            for reading, flip in zip(members, option[run % len(option)], strict=True)
            if flip
        ]
        runs.append(scorer(senses, rules_under(rulebook, chosen)))
    free = sorted(set(range(len(rulebook.clauses))) - {code for group in touched for code in group})
    shares = [(np.array([0]), runs[0][:, free].sum(axis=1)[None, :])]
    for members, option, group in zip(components, options, touched, strict=True):
        bits = [
            sum(position[r.id] for r, flip in zip(members, flips, strict=True) if flip)
            for flips in option
        ]
        points = np.stack([runs[run][:, group].sum(axis=1) for run in range(len(option))])
        shares.append((np.array(bits), points))
    return shares


def _places(totals: Floats) -> Floats:
    """Places in each combination (row); NaN where not ranked."""
    order = np.argsort(-totals, axis=1, kind="stable")  # NaN last
    falling = np.take_along_axis(totals, order, axis=1)
    position = np.broadcast_to(np.arange(totals.shape[1]), totals.shape)
    # Equals share the place of the first of them.
    first = np.ones(totals.shape, dtype=bool)
    first[:, 1:] = falling[:, 1:] != falling[:, :-1]
    shared = np.maximum.accumulate(np.where(first, position, 0), axis=1) + 1.0
    result = np.empty(totals.shape)
    np.put_along_axis(result, order, np.where(np.isnan(falling), np.nan, shared), axis=1)
    return result
