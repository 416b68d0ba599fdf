"""Accepted claims → points: every rule is a measure and a step function, joined in one go.

Units and clauses are codes (positions in roster and rulebook); nothing here knows a workbook.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.outcome import PLACES
from pipeline.rulebook import FIGURES, PER_CLAIM, Rulebook, parse_bands

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_CLOSE = 1e-9
"""Quotients this near to a floor are decided by exact fractions."""


@dataclass(frozen=True)
class Rules:
    """The rulebook under a set of readings, by clause code."""

    measures: tuple[str, ...]
    bands: tuple[tuple[tuple[Fraction, float], ...], ...]
    absent: Mapping[int, float]
    exclusive: tuple[tuple[int, ...], ...]
    yields: tuple[tuple[tuple[int, ...], int], ...]
    overlap: tuple[tuple[int, tuple[int, ...]], ...]

    def per_claim(self) -> Bools:
        """Whether each clause earns per claim."""
        return np.array([measure in PER_CLAIM for measure in self.measures])


def rules_under(rulebook: Rulebook, alternative: Iterable[str]) -> Rules:
    """The rules with these readings in their alternative sense."""
    codes = {clause: code for code, clause in enumerate(rulebook.clause_ids)}
    measures = [clause.measure for clause in rulebook.clauses]
    bands = [clause.bands for clause in rulebook.clauses]
    absent: dict[int, float] = {}
    exclusive, yields, overlap = [], [], []
    taken = set(alternative)
    for reading in rulebook.readings:
        if reading.id not in taken or reading.clauses == ("all",):
            continue
        touched = tuple(codes[clause] for clause in reading.clauses)
        others = tuple(code for code in touched if code != codes.get(reading.value))
        match reading.patch:
            case "bands":
                for code in touched:
                    bands[code] = parse_bands(reading.value)
            case "measure":
                for code in touched:
                    measures[code] = reading.value  # type: ignore[call-overload]
            case "absent":
                absent |= dict.fromkeys(touched, float(reading.value))
            case "exclusive":
                exclusive.append(touched)
            case "yields":
                yields.append((others, codes[reading.value]))
            case "overlap":
                overlap.append((codes[reading.value], others))
    return Rules(
        tuple(measures), tuple(bands), absent, tuple(exclusive), tuple(yields), tuple(overlap)
    )


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


def score(
    claims: pd.DataFrame,
    units: int,
    rules: Rules,
    figures: Mapping[tuple[int, int], tuple[int, int]],
    overrides: Mapping[tuple[int, int], float],
) -> Scored:
    """Score accepted claims.

    Args:
        claims: accepted claims in ledger order, with columns `unit`, `clause` (codes), `key`,
            `words`, `base`, `done`, `base_exact`, `done_exact`, `object_key`.
        units: number of units.
        rules: from `rules_under`.
        figures: (unit, clause) → (base, done) of the office, in place of the unit's own.
        overrides: (unit, clause) → points that rulings set, applied last.
    """
    count = len(rules.measures)
    unit, clause = claims["unit"].to_numpy(), claims["clause"].to_numpy()
    by_claim = rules.per_claim()[clause]
    words = np.array([measure == "words" for measure in rules.measures])[clause]
    value = np.where(words, claims["words"].to_numpy(), 1.0)
    earned = np.full(len(claims), np.nan)
    steps = Steps(rules)
    earned[by_claim] = steps.points(clause[by_claim], value[by_claim])
    silent = _silent(claims, earned, rules)
    earned[silent & by_claim] = 0.0

    cell = unit * count + clause
    heard = cell[~silent]
    counts = np.bincount(heard, minlength=units * count).astype(float)
    counts = _distinct(counts, claims[~silent], heard, rules)
    sums = np.bincount(cell[by_claim], weights=earned[by_claim], minlength=units * count)
    values: Floats = counts.reshape(units, count)
    points: Floats = sums.astype(float).reshape(units, count)

    _per_unit(values, points, rules, steps)
    _quotients(claims, figures, values, points, rules, steps)
    for loser, others in rules.overlap:
        points[(points[:, others] > 0).all(axis=1), loser] = 0.0
    for place, set_points in overrides.items():
        points[place] = set_points
    return Scored(points, values, earned, silent)


class Steps:
    """The step functions of all clauses: one table of floors, one sort beside what is asked."""

    def __init__(self, rules: Rules) -> None:
        rows = [(code, float(floor), points) for code, bands in enumerate(rules.bands)
                for floor, points in bands]  # fmt: skip
        # A floor at minus infinity for every clause: a value without a band can then only be a bug.
        rows += [(code, -np.inf, 0.0) for code in range(len(rules.bands))]
        codes, floors, earned = zip(*rows, strict=True)
        self.clause = np.array(codes, dtype="int64")
        self.floor = np.array(floors)
        self.earned = np.array(earned)
        self.bands = rules.bands

    def points(self, clause: npt.NDArray[np.int64], value: Floats) -> Floats:
        """Points of the highest floor that each value reaches."""
        floors = len(self.floor)
        # Equals keep their order: a floor stands before the values that just reach it.
        order = np.lexsort(
            (np.concatenate([self.floor, value]), np.concatenate([self.clause, clause]))
        )
        latest = np.maximum.accumulate(np.where(order < floors, np.arange(len(order)), 0))
        reached = np.empty(len(order), dtype="int64")
        reached[order] = order[latest]
        reached = reached[floors:]
        if np.isnan(value).any() or (self.clause[reached] != clause).any():
            raise AssertionError("a value is no number or fell below the lowest floor")
        return self.earned[reached]

    def exact(self, code: int, quotient: Fraction) -> float:
        """Points for one quotient, compared as a fraction."""
        return next((p for floor, p in reversed(self.bands[code]) if quotient >= floor), 0.0)


def _silent(claims: pd.DataFrame, earned: Floats, rules: Rules) -> Bools:
    """Claims that a reading leaves without points because another one earns for them."""
    silent = np.zeros(len(claims), dtype=bool)
    concerned = {code for group in rules.exclusive for code in group}
    concerned |= {code for losers, winner in rules.yields for code in (*losers, winner)}
    if not concerned:
        return silent
    clause, key = claims["clause"].to_numpy(), claims["key"]
    at = np.nonzero(np.isin(clause, list(concerned)) & (key != "").to_numpy())[0]
    clause = clause[at]
    matters, distinct = pd.factorize(key.iloc[at])
    matters = claims["unit"].to_numpy()[at] * len(distinct) + matters
    best_first = np.argsort(-np.nan_to_num(earned[at]), kind="stable")
    for group in rules.exclusive:
        rivals = best_first[np.isin(clause[best_first], group)]
        _, first = np.unique(matters[rivals], return_index=True)
        silent[at[np.delete(rivals, first)]] = True
    for losers, winner in rules.yields:
        won = matters[clause == winner]
        silent[at[np.isin(clause, losers) & np.isin(matters, won)]] = True
    return silent


def _distinct(
    values: Floats, claims: pd.DataFrame, cell: npt.NDArray[np.int64], rules: Rules
) -> Floats:
    """Numbers of different 对象 where the clause asks for them."""
    wanted = np.array([measure == "distinct" for measure in rules.measures])
    at = wanted[claims["clause"].to_numpy()]
    different = pd.DataFrame({"cell": cell[at], "object": claims["object_key"].to_numpy()[at]})
    counted = np.bincount(different.drop_duplicates()["cell"], minlength=len(values))
    per_cell = np.tile(wanted, len(values) // len(wanted))
    return np.where(per_cell, counted, values)


def _per_unit(values: Floats, points: Floats, rules: Rules, steps: Steps) -> None:
    codes = [c for c, measure in enumerate(rules.measures) if measure in ("count", "distinct")]
    clause = np.broadcast_to(np.array(codes, dtype="int64"), (len(values), len(codes)))
    found = steps.points(clause.ravel(), values[:, codes].ravel())
    points[:, codes] = found.reshape(len(values), len(codes))


def _quotients(
    claims: pd.DataFrame,
    figures: Mapping[tuple[int, int], tuple[int, int]],
    values: Floats,
    points: Floats,
    rules: Rules,
    steps: Steps,
) -> None:
    """Ratios and growths: one division each, edges decided exactly."""
    codes = [c for c, measure in enumerate(rules.measures) if measure in FIGURES]
    if not codes:
        return
    base, done = (np.full(values.shape, np.nan) for _ in range(2))
    own = claims[claims["clause"].isin(codes)]
    at = own["unit"].to_numpy(), own["clause"].to_numpy()
    base[at], done[at] = own["base"], own["done"]
    exact = own["base_exact"].to_numpy(), own["done_exact"].to_numpy()
    row = np.zeros(values.shape, "int64")
    row[at] = np.arange(len(own))
    for place, (office_base, office_done) in figures.items():
        base[place], done[place] = office_base, office_done
    growth = np.array([measure == "growth" for measure in rules.measures])
    values[:, codes] = (np.where(growth, done - base, done) / base)[:, codes]
    for code in codes:
        points[:, code] = rules.absent.get(code, 0.0)
    unit, clause = np.nonzero(~np.isnan(base))
    points[unit, clause] = steps.points(clause, values[unit, clause])
    edges = {(c, float(floor)) for c in codes for floor, _ in rules.bands[c]}
    for code, floor in sorted(edges):
        for near in np.flatnonzero(np.abs(values[:, code] - floor) < _CLOSE).tolist():
            if (near, code) in figures:
                whole, part = figures[near, code]
            else:
                whole, part = (numbers[row[near, code]] for numbers in exact)
            quotient = Fraction(part - whole if growth[code] else part, whole)
            points[near, code] = steps.exact(code, quotient)


def places(totals: Floats) -> Floats:
    """Competition places (1, 2, 2, 4) by falling total; NaN where the total is NaN."""
    rounded = np.round(totals, PLACES)
    ranked = np.sort(rounded[~np.isnan(rounded)])
    above = len(ranked) - np.searchsorted(ranked, rounded, side="right")
    return np.where(np.isnan(rounded), np.nan, above + 1.0)
