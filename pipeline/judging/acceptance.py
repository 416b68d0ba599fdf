"""Which claims count: broken rules, rulings and repetitions put together (contract 4 and 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch
from pipeline.judging.rules import FIGURE_FAULTS, UNLIFTABLE, in_force
from pipeline.judging.rulings import Rulings
from pipeline.judging.statuses import Settled
from pipeline.rulebook import FIGURES, Rulebook

Cell = tuple[int, int]
"""Codes of a unit and of a clause."""


@dataclass
class Acceptance:
    """What became of the claims under some readings.

    Attributes:
        claims: index as `Batch.claims`; the columns that `columns.JudgedTable` adds.
        broken: the rules in force that claims break, as from `failures`.
        rulings: what became of the rulings.
    """

    claims: pd.DataFrame
    broken: pd.DataFrame
    rulings: Rulings

    def fallback(self, batch: Batch, rulebook: Rulebook, stage: str) -> dict[Cell, tuple[int, int]]:
        """Usable figures of claims that are refused for something else: they may cost points.

        A refusal never raises a unit's points, or one would leave a cell empty to avoid a band
        below 0; of several refused claims the one that costs most stands.
        """
        claims = self.claims
        spoilt = self.broken.loc[self.broken["code"].isin(FIGURE_FAULTS), "claim"]
        usable = (claims["unit"] >= 0) & ~claims[stage] & (claims["repeats"] < 0)
        usable &= ~claims.index.isin(spoilt)
        columns = ["code", "base_exact", "done_exact"]
        table = batch.claims.loc[usable, columns].assign(unit=claims["unit"])
        found: dict[Cell, tuple[int, int]] = {}
        for code, base, done, unit in table.itertuples(index=False):
            if code >= 0 and (rule := rulebook.clauses[code]).measure in FIGURES:
                both = [found.get((unit, code), (base, done)), (base, done)]
                found[unit, code] = min(both, key=lambda pair: rule.points_at(*pair))
        return found


def accept(
    batch: Batch,
    failures: pd.DataFrame,
    settled: Settled,
    rulings: pd.DataFrame,
    rulebook: Rulebook,
) -> Acceptance:
    """Decide on every claim of the returns that are used, by the rules in force."""
    of_return = np.full(len(batch.returns), -1)
    for unit, position in settled.used.items():
        of_return[position] = rulebook.unit_codes[unit]
    claims = pd.DataFrame(
        {"unit": of_return[batch.claims["ret"].to_numpy()]}, index=batch.claims.index
    )
    used = claims["unit"] >= 0
    broken = in_force(failures, batch.claims, rulebook)
    refused = claims.index.isin(broken["claim"])
    fatal = claims.index.isin(broken.loc[broken["code"].isin(UNLIFTABLE), "claim"])
    over = claims.index.isin(broken.loc[broken["code"] == "done-over-base", "claim"])
    rivals = _rivals(batch, claims["unit"], rulebook)
    identity = batch.claims["identity"].tolist()
    decided = Rulings(rulings, batch, claims["unit"], settled, rulebook)

    claimed = used & ~fatal & ~over
    claims["claimed"] = claimed & (_repeats(rivals, identity, claimed)["repeats"] < 0)
    checked = used & ~refused
    claims["checked"] = checked & (_repeats(rivals, identity, checked)["repeats"] < 0)
    claims["ruling"] = decided.of_claim
    words = decided.words()
    # A claim that only the panel refuses still makes a later one a repetition.
    stands = used & (~refused | ((words == layout.RULING_ACCEPT) & ~fatal))
    claims = claims.join(_repeats(rivals, identity, stands))
    claims["accepted"] = stands & (words != layout.RULING_REFUSE) & (claims["repeats"] < 0)
    return Acceptance(claims, broken, decided)


def _rivals(batch: Batch, unit: "pd.Series[int]", rulebook: Rulebook) -> list[list[int]]:
    """Groups of claims of one unit, clause, title and date; of one clause where it has figures."""
    figures = np.array([clause.measure in FIGURES for clause in rulebook.clauses])
    columns = batch.claims[["code", "title_id", "date_id"]]
    known = columns.assign(unit=unit)[(unit >= 0) & (columns["code"] >= 0)]
    # A clause with figures takes one row, whatever its title and date.
    known.loc[figures[known["code"].to_numpy()], ["title_id", "date_id"]] = -1
    known = known[known.duplicated(keep=False)]
    groups = known.groupby(known.columns.tolist(), sort=False).groups
    return [group.tolist() for group in groups.values()]


def _repeats(
    rivals: Sequence[Sequence[int]], identity: Sequence[str], stands: "pd.Series[bool]"
) -> pd.DataFrame:
    """Columns `repeats` and `beside` of `Acceptance.claims`."""
    repeats, beside = (pd.Series(-1, stands.index) for _ in range(2))
    standing = stands.to_numpy()
    for group in rivals:
        earlier: list[int] = []
        for claim in group:
            if not standing[claim]:
                continue
            own = identity[claim]
            same = [c for c in earlier if not own or not identity[c] or identity[c] == own]
            if same:
                repeats.iat[claim] = same[0]
            else:
                if earlier:
                    beside.iat[claim] = earlier[0]
                earlier.append(claim)
    return pd.DataFrame({"repeats": repeats, "beside": beside})


def figures_of(records: pd.DataFrame, rulebook: Rulebook) -> dict[Cell, tuple[int, int]]:
    """Figures of 平时考查 that stand in place of the units' own, added up over a unit's rows."""
    both = records[records["base"].notna() & records["done"].notna()]
    units, clauses = rulebook.unit_codes, rulebook.clause_codes
    sums = both.groupby(["unit", "clause"], sort=False)[["base", "done"]].sum()
    return {
        (units[unit], clauses[clause]): (int(base), int(done))
        for (unit, clause), base, done in sums.itertuples()
    }


def entries_of(entries: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """What the office alone records, units and clauses as codes, as scoring asks."""
    units, clauses = rulebook.unit_codes, rulebook.clause_codes
    codes = {"unit": entries["unit"].map(units), "clause": entries["clause"].map(clauses)}
    return entries[["title_key", "amount", "last"]].assign(**codes)


def targets_of(records: pd.DataFrame) -> dict[tuple[str, str], int]:
    """(unit, clause) → the 基数 that the office set where it recorded no 完成数."""
    based, done = records["base"].notna(), records["done"].notna()
    place = ["unit", "clause"]
    reported = set(records.loc[based & done, place].itertuples(index=False, name=None))
    sums: dict[Any, float] = records[based & ~done].groupby(place)["base"].sum().to_dict()
    return {place: int(base) for place, base in sums.items() if place not in reported}


def set_targets(batch: Batch, targets: Mapping[tuple[str, str], int]) -> None:
    """Put the office's targets in the place of what units wrote as 基数."""
    if not targets:
        return
    claims = batch.claims
    units = batch.returns["unit"].to_numpy()[claims["ret"].to_numpy()]
    places = zip(units, claims["clause"], strict=True)
    target = pd.Series([targets.get(place) for place in places], claims.index, dtype=object)
    claims["base_exact"] = target.where(target.notna(), claims["base_exact"])
    claims["base"] = claims["base_exact"].astype("float64")
    written = claims["base_text"].astype(object)
    claims["base_text"] = written.where(
        (written != "") | claims["base"].isna(), claims["base_exact"].map(str)
    ).astype("category")
