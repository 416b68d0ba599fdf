"""Which claims count: broken rules, rulings and repetitions put together (contract 4 and 6)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch
from pipeline.judging.checks import (
    LATE_IF_EXCLUSIVE,
    LATE_IF_INCLUSIVE,
    NEEDS_ALL,
    NEEDS_ANY,
    UNLIFTABLE,
)
from pipeline.judging.statuses import Settled
from pipeline.rulebook import FIGURES, Rulebook
from pipeline.text import fold


@dataclass(frozen=True)
class Senses:
    """The readings that decide what is accepted: deadline and evidence."""

    inclusive: bool
    partial: bool

    @property
    def ignored(self) -> tuple[str, str]:
        """The checks that do not refuse a claim in these senses."""
        return (
            LATE_IF_EXCLUSIVE if self.inclusive else LATE_IF_INCLUSIVE,
            NEEDS_ALL if self.partial else NEEDS_ANY,
        )


_MEASURED = ("title_key", "words", "base_exact", "done_exact", "object_key")


@dataclass
class Acceptance:
    """What became of the claims of 正常 units.

    Attributes:
        claims: index = index of `Batch.claims`. Columns: `unit`, `clause` (codes: position in the
            roster and in the rulebook; clause -1 where unusable), `key` (title folded), `what`,
            `when` (numbers for title and date); `claimed`, `checked`, `accepted` (bool: counts as
            claimed, after checks, after rulings); `repeats` (index of the claim that it repeats,
            or -1); `ruling` (position in the rulings, or -1).
        overrides: (unit code, clause code) → (points, position in the rulings).
        overruled: position of a ruling → position of the later one that counts.
        unmatched: positions of rulings that no claim answers to, with why.
    """

    claims: pd.DataFrame
    overrides: dict[tuple[int, int], tuple[float, int]]
    overruled: dict[int, int]
    unmatched: dict[int, str]

    @property
    def accepted(self) -> pd.Index:
        """The claims that count."""
        return self.claims.index[self.claims["accepted"]]

    def standing(self, batch: Batch, stage: str) -> pd.DataFrame:
        """The claims that count at a stage, with what scoring asks for.

        Args:
            batch: what the acceptance was made of.
            stage: `claimed`, `checked` or `accepted`.
        """
        claims = self.claims.loc[self.claims[stage], ["unit", "clause"]]
        for name in _MEASURED:
            claims[name] = batch.claims[name].to_numpy()[claims.index]
        return claims


def accept(
    batch: Batch,
    failures: pd.DataFrame,
    settled: Settled,
    rulings: pd.DataFrame,
    rulebook: Rulebook,
    senses: Senses,
) -> Acceptance:
    """Decide on every claim of the returns that are used."""
    claims = _used_claims(batch, settled, rulebook)
    same = _identity(claims, rulebook)
    broken = failures[~failures["code"].isin(senses.ignored)]
    fatal = _among(claims, broken.loc[broken["code"].isin(UNLIFTABLE), "claim"])
    refused = _among(claims, broken["claim"])
    claims["claimed"] = ~fatal
    claims["claimed"] &= _repeats(same, claims["claimed"]) < 0
    claims["checked"] = ~refused
    claims["checked"] &= _repeats(same, claims["checked"]) < 0
    matcher = _Matcher(claims, rulings, settled, rulebook)
    claims["ruling"] = matcher.match()
    words = matcher.words(claims["ruling"])
    lifted = (words == layout.RULING_ACCEPT) & ~fatal
    stands = (~refused | lifted) & (words != layout.RULING_REFUSE)
    claims["repeats"] = _repeats(same, stands)
    claims["accepted"] = stands & (claims["repeats"] < 0)
    return Acceptance(claims, matcher.overrides, matcher.overruled, matcher.unmatched)


def _among(claims: pd.DataFrame, some: "pd.Series[int]") -> "pd.Series[bool]":
    return pd.Series(claims.index.isin(some), index=claims.index)


def _used_claims(batch: Batch, settled: Settled, rulebook: Rulebook) -> pd.DataFrame:
    unit_code = {unit: code for code, unit in enumerate(rulebook.units)}
    of_return = np.full(len(batch.returns), -1)
    for unit, position in settled.used.items():
        of_return[position] = unit_code[unit]
    units = of_return[batch.claims["ret"].to_numpy()]
    used = np.flatnonzero(units >= 0)
    clauses = {clause: code for code, clause in enumerate(rulebook.clause_ids)}
    claims = pd.DataFrame({"unit": units[used]}, index=used)
    claims["clause"] = batch.claims["clause"].iloc[used].map(clauses).fillna(-1).astype("int64")
    claims["key"] = batch.claims["title_key"].iloc[used]
    for name in ("what", "when"):
        claims[name] = batch.claims[name].iloc[used]
    return claims


def _identity(claims: pd.DataFrame, rulebook: Rulebook) -> "pd.Series[int]":
    """A number for each claim, the same for claims that repeat each other; else -1."""
    figures = np.array([c.measure in FIGURES for c in rulebook.clauses])
    known = claims.loc[claims["clause"] >= 0, ["unit", "clause", "what", "when"]]
    # A clause with figures takes one row, whatever its title and date.
    known.loc[figures[known["clause"].to_numpy()], ["what", "when"]] = -1
    # Few titles come again, and few of their claims repeat: the rest is quick.
    again = np.bincount(known["what"] + 1) > 1
    known = known[again[known["what"] + 1]]
    known = known[known.duplicated(keep=False)]
    same = known.groupby([known[c] for c in known], sort=False).ngroup()
    return same.reindex(claims.index, fill_value=-1)


def _repeats(same: "pd.Series[int]", stands: "pd.Series[bool]") -> "pd.Series[int]":
    """For each standing claim the earlier standing one that it repeats, else -1."""
    standing = same[stands & (same >= 0)]
    index = standing.index.to_series()
    first = index.groupby(standing.to_numpy(), sort=False).transform("first")
    return first.where(first != index, -1).reindex(same.index, fill_value=-1)


class _Matcher:
    """Finds the ruling that holds for each claim: by name before without, the later of equals."""

    def __init__(
        self, claims: pd.DataFrame, rulings: pd.DataFrame, settled: Settled, rulebook: Rulebook
    ) -> None:
        self.claims = claims
        self.rulings = rulings
        self.overrides: dict[tuple[int, int], tuple[float, int]] = {}
        self.overruled: dict[int, int] = {}
        self.unmatched: dict[int, str] = {}
        self._decided: dict[tuple[int, int, str], int] = {}
        units = {unit: code for code, unit in enumerate(rulebook.units)}
        clauses = {clause: code for code, clause in enumerate(rulebook.clause_ids)}
        for position, ruling in enumerate(rulings.to_dict("records")):
            unit = ruling["unit"]
            if unit not in settled.used:
                self.unmatched[position] = f"{unit}的状态是{settled.unit[unit]}"
                continue
            cell = (units[unit], clauses[ruling["clause"]])
            if ruling["word"] == layout.RULING_POINTS:
                if cell in self.overrides:
                    self.overruled[self.overrides[cell][1]] = position
                self.overrides[cell] = (float(ruling["points"]), position)
                continue
            earlier = self._decided.get((*cell, ruling["title_key"]))
            if earlier is not None:
                self.overruled[earlier] = position
            self._decided[(*cell, ruling["title_key"])] = position

    def match(self) -> "pd.Series[int]":
        found = pd.Series(-1, index=self.claims.index)
        if not self._decided:
            return found
        ruled = {key[:2] for key in self._decided}
        answered: set[int | None] = set()
        untitled = fold(layout.UNTITLED)
        for claim, unit, clause, title in self.claims[["unit", "clause", "key"]].itertuples():
            if (unit, clause) not in ruled:
                continue
            named = self._decided.get((unit, clause, title or untitled))
            general = self._decided.get((unit, clause, ""))
            answered |= {named, general}
            chosen = general if named is None else named
            if chosen is not None:
                found[claim] = chosen
        for position in self._decided.values():
            if position not in answered:
                ruling = self.rulings.iloc[position]
                shown = f"：{ruling['title']}" if ruling["title"] else ""
                self.unmatched[position] = f"{ruling['unit']}没有申报 {ruling['clause']}{shown}"
        return found

    def words(self, matched: "pd.Series[int]") -> "pd.Series[str]":
        words = np.array([*self.rulings["word"], ""], dtype=object)
        return pd.Series(words[matched.to_numpy()], index=matched.index, dtype=object)
