"""Points of clauses → sums, sections, totals, places: what `sums.csv` and the groups ask for.

Without sums a section adds up its clauses, and the total its sections.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.outcome import PLACES
from pipeline.rulebook import TOTAL, Rulebook, Sum
from pipeline.scoring.score import Floats, banded, beside, exact, groups_of


@dataclass(frozen=True)
class Tally:
    """Points added up, in roster order; NaN where a unit is not ranked.

    Attributes:
        points: clause, sum, numeral of a section or `total` → (units,) points, rounded.
        items: (units × `Rulebook.items`) what the total adds up.
    """

    points: dict[str, Floats]
    items: Floats

    def of(self, names: Iterable[str]) -> Floats:
        """(units × names) points."""
        found = [self.points[name] for name in names]
        return np.stack(found, axis=1) if found else np.empty((len(self.items), 0))


def tally(rulebook: Rulebook, points: Floats) -> Tally:
    """Add up (units × clauses) points."""
    found = {clause: points[:, code] for clause, code in rulebook.clause_codes.items()}

    def section(key: str) -> Floats:
        return sum((found[one] for one in rulebook.members(key)), np.zeros(len(points)))

    for row in rulebook.sums:
        parts = np.stack([found[p] if p in found else section(p) for p in row.parts])
        found[row.name] = _limited(rulebook, row, parts.max(0) if row.how else parts.sum(0))
    items = np.stack([found[item] for item in rulebook.items], axis=1)
    found |= {key: section(key) for key in rulebook.sections.values()}
    found[TOTAL] = items.sum(axis=1)
    return Tally({name: np.round(values, PLACES) for name, values in found.items()}, items)


def _limited(rulebook: Rulebook, row: Sum, values: Floats) -> Floats:
    """A sum beside the others, by its bands, within its limits, times its weight."""
    unranked = np.isnan(values)
    values = beside(row.against, exact(values)[:, None], groups_of(rulebook))[:, 0]
    values = banded(row, values) if row.bands else values
    least, most = (None if end is None else float(end) for end in (row.least, row.most))
    if least is not None or most is not None:
        values = np.clip(values, least, most)
    values = values * np.array([float(unit.times(row.times)) for unit in rulebook.roster])
    values[unranked] = np.nan
    return values


def places(totals: Floats, groups: Floats | None = None) -> Floats:
    """Competition places (1, 2, 2, 4) by falling total, in each group; NaN where that is NaN."""
    together = np.zeros(len(totals)) if groups is None else groups
    return beside("place", np.round(totals, PLACES)[:, None], together)[:, 0]
