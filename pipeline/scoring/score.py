"""Accepted claims → points of clauses → sums, sections, totals → places.

Every rule is a measure and a step function. Without sums a section adds up its clauses, and the
total its sections.

Units and clauses are codes (positions in roster and rulebook); nothing here knows a workbook.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.outcome import PLACES
from pipeline.rulebook import (
    AMOUNTS,
    FIGURES,
    MEANS,
    PER_CLAIM,
    PERIODS,
    TOTAL,
    Clause,
    Rulebook,
    Sum,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Cell = tuple[int, int]
"""Codes of a unit and of a clause."""

_DIGITS = 12
"""Significant digits of a measured value: a mean must not miss a band by binary rounding."""
LARGEST_SHARE = 10**12
"""A share beyond this is shown as this: no spreadsheet holds numbers without end."""


@dataclass
class Scored:
    """Points of one scoring.

    Attributes:
        points: (units × clauses).
        values: (units × clauses) the measured value; for per-claim clauses the number of claims;
            NaN where a quotient has nothing to divide.
        claims: what each claim earned by itself, same order as the claims; NaN where its clause
            is measured per unit.
        silent: whether a reading leaves a claim without points, same order as the claims.
        parts: of clauses that are taken month by month, title by title … or beside other units,
            what was looked up. Columns: `unit` (code), `clause` (id), `part` (a month, a title …;
            '' for the whole), `value` (as the bands take it), `points`.
    """

    points: Floats
    values: Floats
    claims: Floats
    silent: Bools
    parts: list[pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """What is scored.

    Attributes:
        claims: claims in the order of the ledger. Columns: `unit`, `clause` (codes),
            `title_key`, `words`, `base_exact`, `done_exact` (int or None), `object_key`, `last`.
        ranked: whether each unit is ranked; the points of others are NaN.
        counts: whether each claim counts; None where all do.
        figures: (base, done) that stand in place of the unit's own.
        overrides: points that rulings set, applied last.
        entries: what the office alone records. Columns `unit`, `clause` (codes), `title_key`,
            `amount`, `last` (its day).
        fallback: (base, done) of refused claims: they count where their band is below 0.
    """

    claims: pd.DataFrame
    ranked: Bools
    counts: Bools | None = None
    figures: Mapping[Cell, tuple[int, int]] = field(default_factory=dict)
    overrides: Mapping[Cell, float] = field(default_factory=dict)
    fallback: Mapping[Cell, tuple[int, int]] = field(default_factory=dict)
    entries: pd.DataFrame | None = None


def score(case: Case, rulebook: Rulebook) -> Scored:
    """Score the claims of a case by the rules in force."""
    if case.counts is not None:
        case = replace(case, claims=case.claims[case.counts], counts=None)
    claims, clauses = _all(case, rulebook), rulebook.clauses
    units, count = len(case.ranked), len(clauses)
    unit, clause = claims["unit"].to_numpy(), claims["clause"].to_numpy()
    per_claim, by_words = (
        np.array([c.measure in measures for c in clauses]) for measures in (PER_CLAIM, ("words",))
    )
    by_claim = per_claim[clause]
    value = np.where(by_words[clause], claims["words"].to_numpy(float), 1.0)
    earned = np.full(len(claims), np.nan)
    for code in np.unique(clause[by_claim]).tolist():
        at = clause == code
        earned[at] = banded(clauses[code], value[at])
    silent = _silent(claims, earned, rulebook)
    earned[silent & by_claim] = 0.0

    cell = unit * count + clause
    counts = np.bincount(cell[~silent], minlength=units * count).astype(float)
    counts = _distinct(counts, claims[~silent], cell[~silent], rulebook)
    sums = np.bincount(cell[by_claim], weights=earned[by_claim], minlength=units * count)
    values: Floats = counts.reshape(units, count)
    points: Floats = sums.astype(float).reshape(units, count)
    parts = _together(case, rulebook, claims[~silent], values, points)
    codes = rulebook.clause_codes
    for loser, others in rulebook.overlap:
        earns = (points[:, [codes[other] for other in others]] > 0).all(axis=1)
        points[earns, codes[loser]] = 0.0
    points[~_concerned(rulebook, units)] = 0.0
    for place, set_points in case.overrides.items():
        points[place] = set_points
    points[~case.ranked] = np.nan
    own = len(case.claims)
    return Scored(points, values, earned[:own], silent[:own], parts)


def _together(
    case: Case, rulebook: Rulebook, claims: pd.DataFrame, values: Floats, points: Floats
) -> list[pd.DataFrame]:
    """Fill in what is measured per unit, or beside other units; gives `Scored.parts`."""
    clauses, units = rulebook.clauses, len(values)
    clause = claims["clause"].to_numpy()
    concerned = _concerned(rulebook, units) & case.ranked[:, None]
    groups = groups_of(rulebook) if any(rule.against for rule in clauses) else np.zeros(units)
    parts: list[pd.DataFrame] = []
    for code, rule in enumerate(clauses):
        own = claims[clause == code] if rule.per or rule.measure in AMOUNTS else claims
        if rule.measure in AMOUNTS:
            values[:, code] = _amounts(rule, own.assign(part=0), units, 1)[:, 0]
        if rule.measure in FIGURES or rule.measure in PER_CLAIM:
            continue
        taken = values[:, [code]]
        names: Sequence[str] = ("",)
        if rule.per:
            taken, names = _parted(rule, own, units, rulebook)
        taken = beside(rule.against, np.where(concerned[:, [code]], taken, np.nan), groups)
        by_part = banded(rule, taken)
        points[:, code] = by_part.sum(axis=1) / (by_part.shape[1] if rule.per in MEANS else 1)
        if rule.per or rule.against:
            parts.append(_looked_up(rule, names, taken, by_part))
    _quotients(case, rulebook, values, points)
    for code, rule in enumerate(clauses):
        if rule.against and rule.measure in FIGURES:
            shares = np.where(concerned[:, [code]], values[:, [code]], np.nan)
            shares = beside(rule.against, shares, groups)
            points[:, [code]] = banded(rule, shares)
            parts.append(_looked_up(rule, [""], shares, points[:, [code]]))
    return parts


def _looked_up(rule: Clause, names: Sequence[str], values: Floats, points: Floats) -> pd.DataFrame:
    """(units × parts) what a clause looks up in its bands and gets → rows of `Scored.parts`."""
    at, part = np.nonzero(~np.isnan(values) & ((values != 0) | (points != 0)))
    return pd.DataFrame(
        {
            "unit": at,
            "clause": rule.id,
            "part": np.array(names, dtype=object)[part],
            "value": values[at, part],
            "points": points[at, part],
        }
    )


def _all(case: Case, rulebook: Rulebook) -> pd.DataFrame:
    """Claims, behind them what the office alone records, and what a clause counts of another."""
    tables = [case.claims]
    if case.entries is not None and not case.entries.empty:
        figures: dict[str, Any] = {"base_exact": None, "done_exact": None}
        tables.append(case.entries.assign(words=0, object_key="", **figures))
    codes = rulebook.clause_codes
    for clause in rulebook.clauses:
        if clause.counts:
            found = [table[table["clause"] == codes[clause.counts]] for table in tables[:2]]
            tables += [table.assign(clause=codes[clause.id]) for table in found if len(table)]
    return pd.concat(tables, ignore_index=True) if len(tables) > 1 else case.claims


def _concerned(rulebook: Rulebook, units: int) -> Bools:
    """(units × clauses) whether a clause is for a unit."""
    if not any(clause.concerns for clause in rulebook.clauses):
        return np.ones((units, len(rulebook.clauses)), dtype=bool)
    return np.array([[c.is_for(unit) for c in rulebook.clauses] for unit in rulebook.roster])


def groups_of(rulebook: Rulebook) -> Floats:
    """(units,) which units are ranked together."""
    names = [unit.group for unit in rulebook.roster]
    return np.array([names.index(name) for name in names], dtype=float)


def beside(against: str, values: Floats, groups: Floats) -> Floats:
    """(units × parts) values, each beside those of its group in the same part; NaN stays NaN."""
    if not against:
        return values
    table = pd.DataFrame(exact(values))
    within = table.groupby(groups)
    if against in ("place", "place-low"):
        return within.rank(method="min", ascending=against == "place-low").to_numpy()
    if against == "mean":
        return exact((table - within.transform("mean")).to_numpy())
    low, high = within.transform("min"), within.transform("max")
    low = low if against == "range" else low * 0
    shares = (table - low) / (high - low).where(high != low)
    return exact(shares.where((high != low) | table.isna(), 0.0).to_numpy())


def exact(values: Floats) -> Floats:
    """Values without the noise of binary rounding."""
    size = np.zeros_like(values)
    np.log10(np.abs(values), out=size, where=np.abs(values) > 0)
    scale = 10.0 ** np.clip(_DIGITS - np.floor(np.nan_to_num(size)), 0, 2 * _DIGITS)
    rounded: Floats = np.round(values * scale) / scale
    return rounded


def banded(rule: Clause | Sum, values: Floats) -> Floats:
    """The points of many values by the bands of a clause or sum; NaN earns nothing."""
    if rule.gains:
        different, back = np.unique(np.nan_to_num(values), return_inverse=True)
        each = [rule.band_at(Fraction(str(one))).points for one in different.tolist()]
        earned = np.array(each)[back].reshape(values.shape)
    else:
        earned = _points_of(rule)[np.searchsorted(rule.floors, values, side="right")]
    earned[np.isnan(values)] = 0.0
    return earned


def _parted(
    rule: Clause, own: pd.DataFrame, units: int, rulebook: Rulebook
) -> tuple[Floats, list[str]]:
    """(units × parts) the measure of each month, title …; and their names."""
    if rule.per in PERIODS:
        spans = rulebook.periods(rule.per)
        at, count, names = period_of(own["last"], spans), len(spans), [_named(s) for s in spans]
    else:
        different = pd.factorize(own["title_key" if rule.per == "题目" else "object_key"])
        at, count, names = different[0], len(different[1]), list(different[1])
    own = own.assign(part=at)
    if rule.measure in AMOUNTS:
        found = _amounts(rule, own, units, count)
    else:
        if rule.measure == "distinct":
            own = own.drop_duplicates(["unit", "part", "object_key"])
        found = _table(own.groupby(["unit", "part"]).size(), units, count, 0.0)
    if rule.per not in PERIODS:
        there = _table(own.groupby(["unit", "part"]).size(), units, count, 0.0)
        found = np.where(there > 0, found, np.nan)
    return found, names


def period_of(days: "pd.Series[Any]", spans: Sequence[tuple[date, date]]) -> npt.NDArray[np.intp]:
    """Of which period, from 0, each day is; one outside is taken to the nearest."""
    starts = pd.to_datetime([first for first, _ in spans])
    return np.clip(starts.searchsorted(pd.to_datetime(days), "right") - 1, 0, len(spans) - 1)


def _named(span: tuple[date, date]) -> str:
    """A week, a month, or the months of a longer period."""
    first, last = span
    if last - first < timedelta(days=7):
        return f"{first.year}年{first.month}月{first.day}日起一周"
    till = f"至{last.month}月" if last.month != first.month else "月"
    return f"{first.year}年{first.month}{till}"


def _amounts(rule: Clause, own: pd.DataFrame, units: int, count: int) -> Floats:
    """(units × parts) sums of the numbers that the office recorded, or means of its marks."""
    grouped = own.groupby(["unit", "part"])["amount"] if "amount" in own else None
    if grouped is None:
        return np.full((units, count), 0.0 if rule.measure == "sum" else np.nan)
    if rule.measure == "sum":
        return _table(grouped.sum(), units, count, 0.0)
    means = grouped.mean()
    if rule.measure == "trimmed":
        left = grouped.count() - 2
        within = grouped.sum() - grouped.max() - grouped.min()
        means = means.where(left < 1, within / left.clip(lower=1))
    return _table(means, units, count, np.nan)


def _table(found: "pd.Series[Any]", units: int, count: int, nothing: float) -> Floats:
    table = np.full((units, count), nothing)
    if len(found):
        table[tuple(found.index.to_frame().to_numpy(int).T)] = found
    return exact(table)


def _silent(claims: pd.DataFrame, earned: Floats, rulebook: Rulebook) -> Bools:
    """Claims that a reading leaves without points because another one earns for them."""
    silent = np.zeros(len(claims), dtype=bool)
    groups = [*rulebook.exclusive, *((*losers, *winners) for losers, winners in rulebook.yields)]
    if not groups:
        return silent
    codes = rulebook.clause_codes
    clause, key = claims["clause"].to_numpy(), claims["title_key"]

    def among(ids: tuple[str, ...]) -> Bools:
        found: Bools = np.isin(clause, [codes[clause_id] for clause_id in ids])
        return found

    at = np.nonzero(among(tuple(c for group in groups for c in group)) & (key != "").to_numpy())[0]
    titles, different = pd.factorize(key.iloc[at])
    matters = np.full(len(claims), -1)
    matters[at] = claims["unit"].to_numpy()[at] * len(different) + titles
    best_first = at[np.argsort(-np.nan_to_num(earned[at]), kind="stable")]
    for group in rulebook.exclusive:
        rivals = best_first[among(group)[best_first]]
        _, first = np.unique(matters[rivals], return_index=True)
        silent[np.delete(rivals, first)] = True
    for losers, winners in rulebook.yields:
        won = matters[at][among(winners)[at]]
        silent[at] |= among(losers)[at] & np.isin(matters[at], won)
    return silent


def _distinct(
    values: Floats, claims: pd.DataFrame, cell: npt.NDArray[np.int64], rulebook: Rulebook
) -> Floats:
    """Numbers of different 对象 where the clause asks for them."""
    wanted = np.array([clause.measure == "distinct" for clause in rulebook.clauses])
    at = wanted[claims["clause"].to_numpy()]
    different = pd.DataFrame({"cell": cell[at], "object": claims["object_key"].to_numpy()[at]})
    counted = np.bincount(different.drop_duplicates()["cell"], minlength=len(values))
    return np.where(np.tile(wanted, len(values) // len(wanted)), counted, values)


def _quotients(case: Case, rulebook: Rulebook, values: Floats, points: Floats) -> None:
    """Ratios and growths, each compared with the bands as a fraction of whole numbers."""
    codes = [c for c, clause in enumerate(rulebook.clauses) if clause.measure in FIGURES]
    for code in codes:
        values[:, code] = np.nan
        points[:, code] = rulebook.absent.get(rulebook.clauses[code].id, 0.0)
    own = case.claims[case.claims["clause"].isin(codes)]
    columns = (own[name].tolist() for name in ("unit", "clause", "base_exact", "done_exact"))
    figures = {(u, c): (base, done) for u, c, base, done in zip(*columns, strict=True)}
    counted, fallback = figures | dict(case.figures), dict(case.fallback)
    for clause in rulebook.clauses:
        if clause.counts and clause.measure in FIGURES:
            source, code = (rulebook.clause_codes[one] for one in (clause.counts, clause.id))
            for known in (counted, fallback):
                known |= {(u, code): pair for (u, c), pair in known.items() if c == source}
    places: dict[int, list[int]] = {}
    for unit, code in fallback | counted:
        places.setdefault(code, []).append(unit)
    for code, units in places.items():
        pairs = [counted.get((unit, code)) or fallback[unit, code] for unit in units]
        shares, earned = _divided(rulebook.clauses[code], pairs)
        stands = (earned < 0) | [(unit, code) in counted for unit in units]
        at = np.array(units)[stands]
        values[at, code], points[at, code] = shares[stands], earned[stands]


def _divided(rule: Clause, figures: Sequence[tuple[int, int]]) -> tuple[Floats, Floats]:
    """What a clause measures of (base, done), and its points, decided in whole numbers."""
    base, done = np.array(figures, dtype=object).T
    over, under = rule.terms(base, done)
    most = LARGEST_SHARE * under
    shares = (np.maximum(np.minimum(over, most), -most) / under).astype(float)
    if rule.gains:
        return shares, np.array([rule.points_at(*pair) for pair in figures])
    reached = np.zeros(len(figures), dtype=int)
    for floor, above in rule.edges:
        done_share, asked = over * floor.denominator, under * floor.numerator
        reached += done_share > asked if above else done_share >= asked
    return shares, _points_of(rule)[reached]


def _points_of(rule: Clause | Sum) -> Floats:
    """The points of the bands, from none on."""
    return np.array([0.0, *(band.points for band in rule.bands)])


# What points add up to: `sums.csv`, sections, the total ---------------------------------------


@dataclass(frozen=True)
class Tally:
    """Points added up, in roster order; NaN where a unit is not ranked.

    Attributes:
        points: clause, sum, numeral of a section or `total` → (units,) points, rounded.
        items: (units, one below the other for each of `Rulebook.ordered_by`, × `addends`) what
            each adds up.
        standing: (units,) `standing` by total and what parts equal ones.
    """

    points: dict[str, Floats]
    items: Floats
    standing: Floats

    def of(self, names: Iterable[str]) -> Floats:
        """(units × names) points."""
        found = [self.points[name] for name in names]
        return np.stack(found, axis=1) if found else np.empty((len(self.standing), 0))


def tally(rulebook: Rulebook, points: Floats) -> Tally:
    """Add up (units × clauses) points."""
    found = {clause: points[:, code] for clause, code in rulebook.clause_codes.items()}

    def section(key: str) -> Floats:
        return sum((found[one] for one in rulebook.members(key)), np.zeros(len(points)))

    for row in rulebook.sums:
        parts = np.stack([found[p] if p in found else section(p) for p in row.parts])
        found[row.name] = _limited(rulebook, row, parts.max(0) if row.how else parts.sum(0))
    wanted = [[found[one] * (one in key) for one in rulebook.addends]
              for key in rulebook.ordered_by]  # fmt: skip
    items = np.concatenate([np.stack(columns, axis=1) for columns in wanted])
    found |= {key: section(key) for key in rulebook.sections.values()}
    found[TOTAL] = items[: len(points)].sum(axis=1)
    rounded = {name: np.round(values, PLACES) for name, values in found.items()}
    return Tally(rounded, items, standing([rounded[one] for one in (TOTAL, *rulebook.tie)]))


def standing(keys: Sequence[Floats]) -> Floats:
    """(… × units) of each key → numbers that rise with the first and, where it is equal, the next.

    NaN where the first key is NaN; one key is its own standing.
    """
    if len(keys) == 1:
        return keys[0]
    order = np.lexsort(keys[::-1], axis=-1)
    rises = np.zeros(order.shape)
    for key in keys:
        rising = np.take_along_axis(key, order, axis=-1)
        rises[..., 1:] += rising[..., 1:] != rising[..., :-1]
    found = np.empty(order.shape)
    np.put_along_axis(found, order, (rises > 0).cumsum(axis=-1).astype(float), axis=-1)
    found[np.isnan(keys[0])] = np.nan
    return found


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
