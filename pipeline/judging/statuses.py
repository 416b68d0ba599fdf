"""Which return of a unit counts; the status of units and files (二（一）, 三（一）, 三（三）)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from pipeline.findings import CATALOGUE, fill
from pipeline.judging.office import Receipt
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
from pipeline.text import fold


class Why(StrEnum):
    """Why a return or a unit is 待核; the value is the code of the finding that says so."""

    UNDATED = "return-date-missing"
    UNCLEAR = "return-date-unclear"
    BESIDE = "return-undated-beside"
    YEAR = "year-other"
    TEMPLATE = "stamp-other"
    SAME_DATE = "return-same-date"
    APART = "receipts-apart"
    UNFOUND = "receipt-unfound"
    NO_SUCH_FILE = "receipt-file"
    SHARED = "receipt-shared"


@dataclass(frozen=True)
class Said:
    """A code of the catalogue with what its sentences name."""

    code: str
    details: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(CATALOGUE[self.code].problem, self.details)


@dataclass(frozen=True)
class Dated:
    """The date of a return: its day, the last one where it is a period, whether a receipt says so.

    `lent` is the position of the file whose date a mended copy takes.
    """

    day: date
    last: date
    receipt: Receipt | None = None
    lent: int | None = None


@dataclass
class Settled:
    """Statuses under one sense of the deadline.

    Attributes:
        file: status of each return, by position.
        unit: status of each unit of the roster.
        date: date of each return that was used for its status, by position.
        used: unit → position of the return it is assessed by (正常 only).
        dated: position → how it came by its date.
        why: position → why a return is 待核; the code is a `Why`.
        unit_why: unit → why it is 待核, also where it sent nothing.
        instead: position → what is said of a return that was replaced.
        mended: unit, file → the return used that is a mended copy of that file.
        office: what the office is told of its receipts: unit, receipt (None: of no receipt).
    """

    file: list[str]
    unit: dict[str, str]
    date: list[date | None]
    used: dict[str, int] = field(default_factory=dict)
    dated: dict[int, Dated] = field(default_factory=dict)
    why: dict[int, Said] = field(default_factory=dict)
    unit_why: dict[str, Said] = field(default_factory=dict)
    instead: dict[int, Said] = field(default_factory=dict)
    mended: dict[tuple[str, str], str] = field(default_factory=dict)
    office: list[tuple[str, Receipt | None, Said]] = field(default_factory=list)

    def of_another_year(self, position: int) -> bool:
        """Whether a return is 待核 for its year: one sentence says more than fifty of its rows."""
        why = self.why.get(position)
        return why is not None and why.code in (Why.YEAR, Why.TEMPLATE)


def settle(
    returns: pd.DataFrame,
    rulebook: Rulebook,
    receipts: Mapping[str, Sequence[Receipt]],
    disqualified: Mapping[str, str],
    *,
    inclusive: bool,
) -> Settled:
    """Settle statuses.

    Args:
        returns: as `Batch.returns`.
        receipts: unit → its receipts.
        disqualified: unit → reason.
        inclusive: whether the deadline itself is in time.
    """
    settled = Settled(
        file=[UNKNOWN_UNIT if ok else UNREADABLE for ok in returns["readable"]],
        unit=dict.fromkeys(rulebook.units, MISSING),
        date=[None if pd.isna(day) else day.date() for day in returns["day"]],
    )
    folder = _Folder(returns, settled)
    for unit in rulebook.units:
        mine = folder.of_unit.get(unit, [])
        if mine or receipts.get(unit):
            case = _Case(unit, folder, rulebook, inclusive, settled)
            case.settle(mine, receipts.get(unit, []))
    folder.replace_the_unknown()
    folder.follow_the_mended()
    for unit in disqualified:
        settled.unit[unit] = DISQUALIFIED
        settled.used.pop(unit, None)
        settled.unit_why.pop(unit, None)
        for position in folder.of_unit.get(unit, []):
            settled.file[position] = DISQUALIFIED
            settled.why.pop(position, None)
            settled.instead.pop(position, None)
    return settled


class _Folder:
    """The different readable returns: whose they are, and which was made from which.

    Attributes:
        of_unit: unit → positions of its different returns.
        original: position of a mended copy → the file that it was made from.
    """

    def __init__(self, returns: pd.DataFrame, settled: Settled) -> None:
        self.returns, self.settled = returns, settled
        self.of_unit: dict[str, list[int]] = {}
        self.original: dict[int, int] = {}
        self._names: dict[int, list[str]] = {}
        first: dict[str, int] = {}
        columns = ["sha256", "readable", "unit", "file"]
        for at, (digest, ok, unit, file) in enumerate(returns[columns].itertuples(index=False)):
            if not ok:
                continue
            same = first.setdefault(digest, at)
            self._names.setdefault(same, []).append(str(file))
            if same != at:
                settled.file[at] = REPLACED
                settled.instead[at] = Said("file-same-bytes", {"detail": self.name(same)})
            elif unit is not None:
                self.of_unit.setdefault(unit, []).append(at)
        for at, source in enumerate(returns["made_from"]):
            if at in self._names and first.get(source, at) != at:
                self.original[at] = first[source]

    def name(self, position: int) -> str:
        """The file, below the returns folder."""
        return str(self.returns["file"].iat[position])

    def originals(self, position: int) -> list[int]:
        """The file that a return was made from, the one which that was made from, and so on."""
        found: list[int] = []
        while (before := self.original.get(position)) is not None and before not in found:
            found.append(before)
            position = before
        return found

    def named(self, written: str, among: Iterable[int]) -> list[int]:
        """The returns that 文件 names: by name or path, best with its extension."""
        wanted = fold(written.replace("\\", "/"))
        for bare in (False, True):
            found = []
            for position in among:
                paths = [PurePosixPath(name) for name in self._names[position]]
                paths = [path.with_suffix("") for path in paths] if bare else paths
                if any(wanted in (fold(path.name), fold(str(path))) for path in paths):
                    found.append(position)
            if found:
                return found
        return []

    def replace_the_unknown(self) -> None:
        """A file of no known unit gives way to the mended copy that was made from it."""
        for copy in self.original:
            for before in self.originals(copy):
                if self.settled.file[before] == UNKNOWN_UNIT:
                    self.settled.file[before] = REPLACED
                    name = {"detail": self.name(copy)}
                    self.settled.instead[before] = Said("return-replaced", name)

    def follow_the_mended(self) -> None:
        """Which return that is used was made from which files."""
        for unit, used in self.settled.used.items():
            for before in self.originals(used):
                for name in self._names[before]:
                    self.settled.mended[unit, name] = self.name(used)


@dataclass
class _Case:
    """One unit's different returns."""

    unit: str
    folder: _Folder
    rulebook: Rulebook
    inclusive: bool
    settled: Settled

    def settle(self, positions: list[int], receipts: Sequence[Receipt]) -> None:
        trouble = self._date(positions, receipts)
        for position in positions:
            dated = self.settled.dated.get(position)
            self.settled.date[position] = dated.day if dated else None
        if trouble is not None:
            self._pending(positions, trouble)
            return
        left = self._without_mended(positions)
        if len(left) == 1:
            self._single(left[0])
        else:
            self._several(left)

    # The date of each return ---------------------------------------------------------------------

    def _date(self, positions: list[int], receipts: Sequence[Receipt]) -> Said | None:
        """Put the dates of receipts and covers to the returns; why nobody can, or None."""
        dated = self.settled.dated
        for position in [*positions, *self._unknown(positions)]:
            day: Any = self.folder.returns["day"].iat[position]
            last: Any = self.folder.returns["last"].iat[position]
            if pd.notna(day):
                dated[position] = Dated(day.date(), last.date())
        found: dict[int, list[Receipt]] = {}
        loose: list[Receipt] = []
        for receipt in receipts:
            if not receipt.file:
                loose.append(receipt)
                continue
            meant = self.folder.named(receipt.file, positions)
            if len(meant) != 1:
                return self._blame(Why.SHARED if meant else Why.NO_SUCH_FILE, receipt, receipt.file)
            found.setdefault(meant[0], []).append(receipt)
        if len(positions) == 1:
            found.setdefault(positions[0], []).extend(loose)
        elif trouble := self._share_out(positions, loose, found):
            return trouble
        for position, own in found.items():
            if own and (trouble := self._receive(position, own)):
                return trouble
        self._lend(positions)
        for position in positions if receipts and len(positions) > 1 else ():
            at = dated.get(position)
            if at and not at.receipt and at.lent is None:
                details = {"detail": self.folder.name(position), "day": at.day.isoformat()}
                self.settled.office.append((self.unit, None, Said("receipt-none", details)))
        return None

    def _receive(self, position: int, receipts: list[Receipt]) -> Said | None:
        """The latest of a return's receipts dates it."""
        days = "、".join(sorted({receipt.day.isoformat() for receipt in receipts}))
        if len({self._in_time(receipt.day) for receipt in receipts}) > 1:
            return self._blame(Why.APART, max(receipts), days)
        latest = max(receipts, key=lambda receipt: receipt.day)
        if len(receipts) > 1:
            self.settled.office.append(
                (self.unit, latest, Said("receipts-several", {"detail": days}))
            )
        self.settled.dated[position] = Dated(latest.day, latest.day, latest)
        return None

    def _share_out(
        self, positions: list[int], receipts: list[Receipt], found: dict[int, list[Receipt]]
    ) -> Said | None:
        """Receipts without 文件, by falling date: each to the latest return not after it."""
        dated = self.settled.dated
        given: dict[int, Receipt] = {}
        for receipt in sorted(receipts, key=lambda receipt: receipt.day, reverse=True):
            free = [
                p for p in positions
                if p in dated and dated[p].day <= receipt.day and p not in found and p not in given
            ]  # fmt: skip
            latest = max((dated[p].day for p in free), default=None)
            rivals = [p for p in free if dated[p].day == latest]
            if not rivals:
                return self._blame(Why.UNFOUND, receipt, receipt.day.isoformat())
            line = self._line(rivals)
            if line is None:
                return self._blame(Why.SHARED, receipt, receipt.day.isoformat())
            given[line[-1]] = receipt
        # Of one cover date the earlier receipt is the original's; two for three could be anybody's.
        for day in {dated[p].day for p in given}:
            line = self._line([p for p in positions if p in dated and p not in found
                               and dated[p].day == day]) or []  # fmt: skip
            own = sorted((given.pop(p) for p in line if p in given), key=lambda r: r.day)
            if 1 < len(own) < len(line):
                return self._blame(Why.SHARED, own[-1], own[-1].day.isoformat())
            given |= dict(zip(line, own, strict=False))
        for position, receipt in given.items():
            found.setdefault(position, []).append(receipt)
        return None

    def _line(self, positions: list[int]) -> list[int] | None:
        """Returns each of which was made from the one before it, or None where they were not."""
        for last in positions:
            line = [p for p in reversed(self.folder.originals(last)) if p in positions]
            if len(line) == len(positions) - 1:
                return [*line, last]
        return None

    def _lend(self, positions: list[int]) -> None:
        """A mended copy is never older than the file it was made from."""
        dated, sources = self.settled.dated, {*positions, *self._unknown(positions)}
        for position in sorted(positions, key=lambda p: len(self.folder.originals(p))):
            before = self.folder.original.get(position)
            source = dated.get(before) if before in sources and before is not None else None
            own = dated.get(position)
            if source and (own is None or (not own.receipt and own.day <= source.day)):
                dated[position] = Dated(source.day, source.last, None, before)

    def _unknown(self, positions: list[int]) -> list[int]:
        """The files of no known unit that these returns were made from."""
        found = {before for p in positions for before in self.folder.originals(p)}
        return [p for p in sorted(found) if self.folder.returns["unit"].iat[p] is None]

    # The status ----------------------------------------------------------------------------------

    def _without_mended(self, positions: list[int]) -> list[int]:
        """The returns that no mended copy replaces."""
        dated, gone = self.settled.dated, set[int]()
        for copy in positions:
            for before in self.folder.originals(copy):
                if before not in positions:
                    continue
                at, own = dated.get(before), dated.get(copy)
                if not at or (own and own.day == at.day) or self._of_another_year(before):
                    gone.add(before)
                    self._replace(before, copy)
        return [position for position in positions if position not in gone]

    def _single(self, position: int) -> None:
        if position in self.settled.dated or self._of_another_year(position):
            self._judge(position)
        else:
            self._pending([position], self._undated(position))

    def _several(self, positions: list[int]) -> None:
        dated = self.settled.dated
        undated = [p for p in positions if p not in dated]
        if undated:
            names = "、".join(map(self.folder.name, undated))
            self._pending(positions, Said(Why.BESIDE, {"detail": names}))
            self.settled.why |= {p: self._undated(p) for p in undated}
            return
        in_time = [p for p in positions if self._in_time(dated[p].last)]
        if not in_time:
            for position in positions:
                self._judge(position)
            return
        latest = max(dated[p].day for p in in_time)
        chosen = [p for p in in_time if dated[p].day == latest]
        if len(chosen) > 1:
            # None is used, so none replaces another: the office has to say.
            self._pending(positions, Said(Why.SAME_DATE, {"detail": latest.isoformat()}))
            return
        for position in positions:
            if position not in chosen:
                self._replace(position, chosen[0])
        self._judge(chosen[0])

    def _undated(self, position: int) -> Said:
        row = self.folder.returns.iloc[position]
        if not row["date_text"]:
            return Said(Why.UNDATED)
        example = self.rulebook.first_day.isoformat()
        details = {"detail": row["date_text"], "reason": row["date_reason"], "example": example}
        return Said(Why.UNCLEAR, details)

    def _replace(self, position: int, other: int) -> None:
        at = self.settled.dated.get(position)
        self.settled.file[position] = REPLACED
        said = Said("return-replaced", {"detail": self.folder.name(other)})
        if at and not self._in_time(at.last):
            said = Said("return-replaced-late", said.details | {"day": at.last.isoformat()})
        self.settled.instead[position] = said

    def _judge(self, position: int) -> None:
        # First of all the year: a return of another year cannot be late for this one.
        if other := self._of_another_year(position):
            self._pending([position], other)
            return
        in_time = self._in_time(self.settled.dated[position].last)
        self.settled.file[position] = NORMAL if in_time else LATE
        if self.settled.unit[self.unit] != PENDING:
            self.settled.unit[self.unit] = self.settled.file[position]
        if in_time:
            self.settled.used[self.unit] = position

    def _of_another_year(self, position: int) -> Said | None:
        """By what the cover says, or by the template, whose clauses may mean something else."""
        row, own = self.folder.returns.iloc[position], self.rulebook.year
        if row["stamp_year"] not in (None, own):
            return Said(Why.TEMPLATE, {"detail": str(row["stamp_year"])})
        if row["year_text"] and row["year"] != own:
            return Said(Why.YEAR, {"detail": row["year_text"]})
        return None

    def _blame(self, why: Why, receipt: Receipt, detail: str) -> Said:
        said = Said(why, {"detail": detail})
        self.settled.office.append((self.unit, receipt, said))
        return said

    def _pending(self, positions: list[int], pending: Said) -> None:
        self.settled.unit[self.unit] = PENDING
        self.settled.unit_why[self.unit] = pending
        for position in positions:
            self.settled.file[position] = PENDING
            self.settled.why[position] = pending

    def _in_time(self, day: date) -> bool:
        deadline = self.rulebook.deadline
        return day <= deadline if self.inclusive else day < deadline
