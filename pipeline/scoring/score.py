"""Accepted claims → points: every rule is a measure and a step function.

Units and clauses are codes (positions in roster and rulebook); nothing here knows a workbook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.outcome import PLACES
from pipeline.rulebook import FIGURES, PER_CLAIM, Rulebook

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Cell = tuple[int, int]
"""Codes of a unit and of a clause."""

LARGEST_SHARE = Fraction(10**12)
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
    """

    points: Floats
    values: Floats
    claims: Floats
    silent: Bools


@dataclass(frozen=True)
class Case:
    """What is scored.

    Attributes:
        claims: claims that count, in the order of the ledger. Columns: `unit`, `clause` (codes),
            `title_key`, `words`, `base_exact`, `done_exact` (int or None), `object_key`.
        ranked: whether each unit is ranked; the points of others are NaN.
        figures: (base, done) that stand in place of the unit's own.
        overrides: points that rulings set, applied last.
        entries: what the office alone records. Columns `unit`, `clause` (codes), `title_key`,
            `amount`.
        fallback: (base, done) of refused claims: they count where their band is below 0.
    """

    claims: pd.DataFrame
    ranked: Bools
    figures: Mapping[Cell, tuple[int, int]] = field(default_factory=dict)
    overrides: Mapping[Cell, float] = field(default_factory=dict)
    fallback: Mapping[Cell, tuple[int, int]] = field(default_factory=dict)
    entries: pd.DataFrame | None = None


def score(case: Case, rulebook: Rulebook) -> Scored:
    """Score the claims of a case by the rules in force."""
    claims, clauses = _all(case), rulebook.clauses
    units, count = len(case.ranked), len(clauses)
    unit, clause = claims["unit"].to_numpy(), claims["clause"].to_numpy()
    per_claim, by_words = (
        np.array([c.measure in measures for c in clauses]) for measures in (PER_CLAIM, ("words",))
    )
    by_claim = per_claim[clause]
    value = np.where(by_words[clause], claims["words"].to_numpy(float), 1.0)
    earned = np.full(len(claims), np.nan)
    earned[by_claim] = _steps(rulebook, clause[by_claim], value[by_claim])
    silent = _silent(claims, earned, rulebook)
    earned[silent & by_claim] = 0.0

    cell = unit * count + clause
    counts = np.bincount(cell[~silent], minlength=units * count).astype(float)
    counts = _distinct(counts, claims[~silent], cell[~silent], rulebook)
    sums = np.bincount(cell[by_claim], weights=earned[by_claim], minlength=units * count)
    added = np.array([c.measure == "sum" for c in clauses])[clause] & ~silent
    if added.any():
        amounts = claims["amount"].to_numpy(float)[added]
        amount = np.bincount(cell[added], weights=amounts, minlength=units * count)
        counts = np.where(np.bincount(cell[added], minlength=units * count) > 0, amount, counts)
        counts = np.round(counts, PLACES)
    values: Floats = counts.reshape(units, count)
    points: Floats = sums.astype(float).reshape(units, count)
    for code, rule in enumerate(clauses):
        if rule.measure in ("count", "distinct", "sum"):
            points[:, code] = _steps(rulebook, np.full(units, code), values[:, code])
    _quotients(case, rulebook, values, points)
    codes = rulebook.clause_codes
    for loser, others in rulebook.overlap:
        earns = (points[:, [codes[other] for other in others]] > 0).all(axis=1)
        points[earns, codes[loser]] = 0.0
    for place, set_points in case.overrides.items():
        points[place] = set_points
    points[~case.ranked] = np.nan
    own = len(case.claims)
    return Scored(points, values, earned[:own], silent[:own])


def _all(case: Case) -> pd.DataFrame:
    """Claims, and behind them what the office alone records."""
    if case.entries is None or case.entries.empty:
        return case.claims
    entries = case.entries.assign(words=0, object_key="", base_exact=None, done_exact=None)
    return pd.concat([case.claims, entries], ignore_index=True)


def _steps(rulebook: Rulebook, clause: npt.NDArray[np.int64], value: Floats) -> Floats:
    """`Clause.band_at` of many values at once."""
    earned = np.zeros(len(clause))
    for code in np.unique(clause).tolist():
        rule, at = rulebook.clauses[code], clause == code
        if rule.gains:
            different, back = np.unique(value[at], return_inverse=True)
            exact = [rule.band_at(Fraction(str(one))).points for one in different.tolist()]
            earned[at] = np.array(exact)[back]
            continue
        points = np.array([0.0, *(band.points for band in rule.bands)])
        earned[at] = points[np.searchsorted(rule.floors, value[at], side="right")]
    return earned


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
    counted = figures | dict(case.figures)
    for (unit, code), (base, done) in (dict(case.fallback) | counted).items():
        clause = rulebook.clauses[code]
        share = Fraction(done - base if clause.measure == "growth" else done, base)
        earned = clause.band_at(share).points
        if earned < 0 or (unit, code) in counted:
            values[unit, code] = float(min(share, LARGEST_SHARE))
            points[unit, code] = earned


def places(totals: Floats) -> Floats:
    """Competition places (1, 2, 2, 4) by falling total; NaN where the total is NaN."""
    rounded = np.round(totals, PLACES)
    ranked = np.sort(rounded[~np.isnan(rounded)])
    above = len(ranked) - np.searchsorted(ranked, rounded, side="right")
    return np.where(np.isnan(rounded), np.nan, above + 1.0)
