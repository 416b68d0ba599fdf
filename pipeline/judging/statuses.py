"""Which return of a unit counts; the status of units and files (二（一）, 三（一）, 三（三）)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pipeline.outcome import (
    DISQUALIFIED,
    LATE,
    MISSING,
    NORMAL,
    PENDING,
    REPLACED,
    UNKNOWN_UNIT,
    UNREADABLE,
)
from pipeline.rulebook import Rulebook

OTHER_YEAR = "不是本年度的报送材料"


@dataclass
class Settled:
    """Statuses under one sense of the deadline.

    Attributes:
        file: status of each return, by position.
        unit: status of each unit of the roster.
        used: unit → position of the return it is assessed by (正常 only).
        date: date of each return that was used for its status, by position.
        by_receipt: positions of returns whose date is the register's.
        why: position → why a return is 待核.
        instead: position → the finding on a return that was replaced, and the file that counts.
    """

    file: list[str]
    unit: dict[str, str]
    date: list[date | None]
    used: dict[str, int] = field(default_factory=dict)
    by_receipt: set[int] = field(default_factory=set)
    why: dict[int, str] = field(default_factory=dict)
    instead: dict[int, tuple[str, str]] = field(default_factory=dict)


def settle(
    returns: pd.DataFrame,
    rulebook: Rulebook,
    receipts: Mapping[str, list[date]],
    disqualified: Mapping[str, str],
    *,
    inclusive: bool,
) -> Settled:
    """Settle statuses.

    Args:
        returns: as `Batch.returns`.
        receipts: unit → the different 收件日期 of the register.
        disqualified: unit → reason.
        inclusive: whether the deadline itself is in time.
    """
    settled = Settled(
        file=[UNKNOWN_UNIT if ok else UNREADABLE for ok in returns["readable"]],
        unit=dict.fromkeys(rulebook.units, MISSING),
        date=[None if pd.isna(day) else day.date() for day in returns["day"]],
    )
    candidates = _drop_same_bytes(returns, settled)
    for unit, positions in candidates.items():
        case = _Case(returns, rulebook.year, rulebook.deadline, inclusive, settled)
        case.settle(positions, receipts.get(unit, []))
        settled.unit[unit] = case.status
        if case.status == NORMAL:
            settled.used[unit] = case.used
    for unit in disqualified:
        settled.unit[unit] = DISQUALIFIED
        settled.used.pop(unit, None)
        for position in candidates.get(unit, []):
            if settled.file[position] != REPLACED:
                settled.file[position] = DISQUALIFIED
    return settled


def _drop_same_bytes(returns: pd.DataFrame, settled: Settled) -> dict[str, list[int]]:
    """Unit → its different returns; the same bytes twice count as one, the first by name."""
    first: dict[str, int] = {}
    candidates: dict[str, list[int]] = {}
    for position, (digest, readable, unit) in enumerate(
        returns[["sha256", "readable", "unit"]].itertuples(index=False)
    ):
        if not readable:
            continue
        original = first.setdefault(digest, position)
        if original != position:
            settled.file[position] = REPLACED
            settled.instead[position] = "file-same-bytes", str(returns["file"].iat[original])
        elif unit is not None:
            candidates.setdefault(unit, []).append(position)
    return candidates


@dataclass
class _Case:
    """One unit's different returns."""

    returns: pd.DataFrame
    year: int
    deadline: date
    inclusive: bool
    settled: Settled
    status: str = NORMAL
    used: int = -1

    def settle(self, positions: list[int], receipts: list[date]) -> None:
        if receipts:
            self._by_receipt(positions, receipts)
        elif len(positions) == 1:
            self._single(positions[0])
        else:
            self._several(positions)

    def _by_receipt(self, positions: list[int], receipts: list[date]) -> None:
        if len(receipts) > 1:
            self._pending(positions, "收件登记里有不同的收件日期")
        elif len(positions) > 1:
            self._pending(positions, "收件登记只有一个日期，却有几份不同的报送材料")
        else:
            self.settled.date[positions[0]] = receipts[0]
            self.settled.by_receipt.add(positions[0])
            self._judge(positions[0], late=not self._in_time(receipts[0]))

    def _single(self, position: int) -> None:
        dated = self.settled.date[position] is not None
        if dated or self._of_another_year(position):
            self._judge(position, late=dated and self._late(position))
        else:
            self._pending([position], "没有能用的报送日期")

    def _several(self, positions: list[int]) -> None:
        if any(self.settled.date[p] is None for p in positions):
            self._pending(positions, "几份报送材料中有一份没有能用的报送日期")
            return
        in_time = [p for p in positions if not self._late(p)]
        if not in_time:
            for position in positions:
                self._judge(position, late=True)
            if PENDING in (self.settled.file[position] for position in positions):
                self.status = PENDING
            return
        latest = max(self.settled.date[p] or date.min for p in in_time)
        chosen = [p for p in in_time if self.settled.date[p] == latest]
        if len(chosen) > 1:
            # None is used, so none replaces another: the office has to say.
            self._pending(positions, f"几份不同的报送材料日期同为 {latest}")
            return
        for position in positions:
            if position not in chosen:
                self.settled.file[position] = REPLACED
                name = str(self.returns["file"].iat[chosen[0]])
                self.settled.instead[position] = "return-replaced", name
        self._judge(chosen[0], late=False)

    def _judge(self, position: int, *, late: bool) -> None:
        # First of all the year: a return of another year cannot be late for this one.
        if self._of_another_year(position):
            self._pending([position], OTHER_YEAR)
        elif late:
            self.status = self.settled.file[position] = LATE
        else:
            self.status = self.settled.file[position] = NORMAL
            self.used = position

    def _of_another_year(self, position: int) -> bool:
        """By what the cover says, or by the template, whose clauses may mean something else."""
        written, year, template = (
            self.returns[name].iat[position] for name in ("year_text", "year", "stamp_year")
        )
        return bool(written and year != self.year) or template not in (None, self.year)

    def _pending(self, positions: list[int], why: str) -> None:
        self.status = PENDING
        for position in positions:
            self.settled.file[position] = PENDING
            self.settled.why[position] = why

    def _late(self, position: int) -> bool:
        last: Any = self.returns["last"].iat[position]
        return not self._in_time(last.date())

    def _in_time(self, day: date) -> bool:
        return day <= self.deadline if self.inclusive else day < self.deadline
