"""Which return of a unit counts; the status of units and files (二（一）, 三（一）, 三（三）)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple

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

YEAR, TEMPLATE = "year-other", "stamp-other"
"""What is said of a return of another year."""


class Said(NamedTuple):
    """A code of the catalogue with what its sentences name."""

    code: str
    details: Mapping[str, str]

    def __str__(self) -> str:
        return fill(CATALOGUE[self.code].problem, self.details)


class Dated(NamedTuple):
    """The date of a return: its day, the last one where it is a period, whether a receipt says so.

    `lent` says that it is that of the file from which a mended copy was made.
    """

    day: date
    last: date
    receipt: Receipt | None = None
    lent: bool = False


@dataclass
class Settled:
    """Statuses under one sense of the deadline.

    Attributes:
        file: status of each return, by position.
        unit: status of each unit of the roster.
        dated: position → the date of a return that has one.
        used: unit → position of the return it is assessed by (正常 only).
        said: position → why a return is 待核, or was replaced.
        unit_why: unit → why it is 待核, also where it sent nothing.
        mended: unit, folded file → the return used that is a mended copy of it, or its bytes.
        office: what the office is told of its receipts: unit, receipt (None: of no receipt).
    """

    file: list[str]
    unit: dict[str, str]
    dated: dict[int, Dated]
    used: dict[str, int] = field(default_factory=dict)
    said: dict[int, Said] = field(default_factory=dict)
    unit_why: dict[str, Said] = field(default_factory=dict)
    mended: dict[tuple[str, str], str] = field(default_factory=dict)
    office: list[tuple[str, Receipt | None, Said]] = field(default_factory=list)

    def day(self, position: int) -> date | None:
        """The date of a return that was used for its status."""
        dated = self.dated.get(position)
        return dated.day if dated else None

    def used_for(self, unit: str, file: str) -> str:
        """The file that is used where a ruling names another that it replaces, else as named."""
        return self.mended.get((unit, fold(file)), file)

    def of_another_year(self, position: int) -> bool:
        """Whether a return is 待核 for its year: one sentence says more than fifty of its rows."""
        return position in self.said and self.said[position].code in (YEAR, TEMPLATE)


def settle(
    returns: pd.DataFrame,
    rulebook: Rulebook,
    receipts: Mapping[str, Sequence[Receipt]],
    disqualified: Mapping[str, str],
    *,
    inclusive: bool,
) -> Settled:
    """Settle statuses.

    `returns` is as `Batch.returns`; receipts, and the reasons of those disqualified, go by unit;
    `inclusive` says whether the deadline itself is in time.
    """
    spans = returns[["day", "last"]].dropna()
    settled = Settled(
        file=[UNKNOWN_UNIT if ok else UNREADABLE for ok in returns["readable"]],
        unit=dict.fromkeys(rulebook.units, MISSING),
        dated={at: Dated(day.date(), last.date()) for at, day, last in spans.itertuples()},
    )
    folder = _Folder(returns, settled)
    for unit in rulebook.units:
        mine = folder.of_unit.get(unit, [])
        if mine or receipts.get(unit):
            _Case(unit, mine, folder, rulebook, inclusive, settled).settle(receipts.get(unit, []))
    for copy in folder.original:
        folder.replace_the_unknown(copy)
    for unit, used in settled.used.items():
        for name in folder.names_before(used):
            settled.mended[unit, fold(name)] = folder.name(used)
    for unit in disqualified:
        settled.unit[unit] = DISQUALIFIED
        settled.used.pop(unit, None)
        settled.unit_why.pop(unit, None)
        for position in folder.of_unit.get(unit, []):
            settled.file[position] = DISQUALIFIED
            settled.said.pop(position, None)
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
        self._names: dict[int, list[str]] = {}
        first: dict[str, int] = {}
        made_from: dict[int, str] = {}
        columns = ["sha256", "unit", "file", "made_from"]
        readable = returns.loc[returns["readable"], columns]
        for at, digest, unit, file, source in readable.itertuples():
            same = first.setdefault(digest, at)
            self._names.setdefault(same, []).append(file)
            made_from.setdefault(same, source)
            if same != at:
                settled.file[at] = REPLACED
                settled.said[at] = Said("file-same-bytes", {"detail": self.name(same)})
            elif unit is not None:
                self.of_unit.setdefault(unit, []).append(at)
        sources = {at: first.get(source, at) for at, source in made_from.items()}
        self.original = {at: source for at, source in sources.items() if source != at}

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

    def names_before(self, position: int) -> list[str]:
        """All names of a return's bytes and of the files that it was made from."""
        line = (position, *self.originals(position))
        return [name for before in line for name in self._names[before]]

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

    def replace_the_unknown(self, copy: int) -> None:
        """A file of no known unit gives way to the mended copy that was made from it."""
        for before in self.originals(copy):
            if self.settled.file[before] == UNKNOWN_UNIT:
                self.settled.file[before] = REPLACED
                self.settled.said[before] = Said("return-replaced", {"detail": self.name(copy)})


@dataclass
class _Case:
    """One unit's different returns."""

    unit: str
    own: list[int]
    folder: _Folder
    rulebook: Rulebook
    inclusive: bool
    settled: Settled

    def __post_init__(self) -> None:
        self.dated = self.settled.dated
        befores = {before for p in self.own for before in self.folder.originals(p)}
        unknown = {p for p in befores if self.folder.returns["unit"].iat[p] is None}
        self.sources = unknown.union(self.own)

    def settle(self, receipts: Sequence[Receipt]) -> None:
        """Date the returns, and give each its status."""
        if trouble := self._date(receipts):
            self._pending(self.own, trouble)
            return
        left = self._without_mended()
        if len(left) == 1:
            self._single(left[0])
        else:
            self._several(left)

    # The date of each return ---------------------------------------------------------------------

    def _date(self, receipts: Sequence[Receipt]) -> Said | None:
        """Put the dates of receipts to the returns; why nobody can, or None."""
        found: dict[int, list[Receipt]] = {}
        loose: list[Receipt] = []
        for receipt in receipts:
            if not receipt.file:
                loose.append(receipt)
                continue
            meant = self.folder.named(receipt.file, self.own)
            if len(meant) != 1:
                why = "receipt-shared" if meant else "receipt-file"
                return self._blame(why, receipt, receipt.file)
            found.setdefault(meant[0], []).append(receipt)
        if len(self.own) == 1:
            found.setdefault(self.own[0], []).extend(loose)
        elif trouble := self._share_out(loose, found):
            return trouble
        for position, mine in found.items():
            if mine and (trouble := self._receive(position, mine)):
                return trouble
        self._lend()
        for position in self.own if receipts and len(self.own) > 1 else ():
            at = self.dated.get(position)
            if at and not at.receipt and not at.lent:
                details = {"detail": self.folder.name(position), "day": at.day.isoformat()}
                self.settled.office.append((self.unit, None, Said("receipt-none", details)))
        return None

    def _receive(self, position: int, receipts: list[Receipt]) -> Said | None:
        """The latest of a return's receipts dates it."""
        days = "、".join(sorted({receipt.day.isoformat() for receipt in receipts}))
        if len({self._in_time(receipt.day) for receipt in receipts}) > 1:
            return self._blame("receipts-apart", max(receipts), days)
        latest = max(receipts, key=lambda receipt: receipt.day)
        if len(receipts) > 1:
            self._blame("receipts-several", latest, days)
        self.dated[position] = Dated(latest.day, latest.day, latest)
        return None

    def _share_out(self, receipts: list[Receipt], found: dict[int, list[Receipt]]) -> Said | None:
        """Receipts without 文件, by falling date: each to the latest return not after it.

        A mended copy and the file that it was made from answer to one without a cover date too.
        """
        lines = {p: self.folder.originals(p) for p in self.own}
        kin = {p for p, before in lines.items() if before} | {p for b in lines.values() for p in b}
        days = {p: self.dated[p].day if p in self.dated else date.min
                for p in self.own if p not in found and (p in self.dated or p in kin)}  # fmt: skip
        given: dict[int, Receipt] = {}
        for receipt in sorted(receipts, key=lambda receipt: receipt.day, reverse=True):
            free = {p: day for p, day in days.items() if day <= receipt.day and p not in given}
            rivals = [p for p, day in free.items() if day == max(free.values())]
            line = self._line(rivals)
            if line is None:
                why = "receipt-shared" if rivals else "receipt-unfound"
                return self._blame(why, receipt, receipt.day.isoformat())
            given[line[-1]] = receipt
        # Of one cover date the earlier receipt is the original's; two for three could be anybody's.
        for day in {days[p] for p in given}:
            line = self._line([p for p in days if days[p] == day]) or []
            mine = sorted((given.pop(p) for p in line if p in given), key=lambda r: r.day)
            if 1 < len(mine) < len(line):
                return self._blame("receipt-shared", mine[-1], mine[-1].day.isoformat())
            given |= dict(zip(line, mine, strict=False))
        found |= {position: [receipt] for position, receipt in given.items()}
        return None

    def _line(self, positions: list[int]) -> list[int] | None:
        """Returns each of which was made from the one before it, or None where they were not."""
        for last in positions:
            line = [p for p in reversed(self.folder.originals(last)) if p in positions]
            if len(line) == len(positions) - 1:
                return [*line, last]
        return None

    def _lend(self) -> None:
        """A mended copy is never older than the file it was made from."""
        copies = [p for p in self.own if self.folder.original.get(p) in self.sources]
        for position in sorted(copies, key=lambda p: len(self.folder.originals(p))):
            source = self.dated.get(self.folder.original[position])
            mine = self.dated.get(position)
            if source and (mine is None or (not mine.receipt and mine.day <= source.day)):
                self.dated[position] = Dated(source.day, source.last, lent=True)

    # The status ----------------------------------------------------------------------------------

    def _without_mended(self) -> list[int]:
        """The returns that no mended copy replaces."""
        gone = set[int]()
        for copy in self.own:
            for before in self.folder.originals(copy):
                if before not in self.own:
                    continue
                day = self.settled.day(before)
                if day in (None, self.settled.day(copy)) or self._of_another_year(before):
                    gone.add(before)
                    self._replace(before, copy)
        return [position for position in self.own if position not in gone]

    def _single(self, position: int) -> None:
        if position in self.dated or self._of_another_year(position):
            self._judge(position)
        else:
            self._pending([position], self._undated(position))

    def _several(self, positions: list[int]) -> None:
        dated = self.dated
        undated = [p for p in positions if p not in dated]
        if undated:
            names = "、".join(map(self.folder.name, undated))
            self._pending(positions, Said("return-undated-beside", {"detail": names}))
            self.settled.said |= {p: self._undated(p) for p in undated}
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
            details = {"detail": latest.isoformat()}
            self._pending(positions, Said("return-same-date", details))
            return
        for position in positions:
            if position not in chosen:
                self._replace(position, chosen[0])
        self._judge(chosen[0])

    def _undated(self, position: int) -> Said:
        row = self.folder.returns.iloc[position]
        if not row["date_text"]:
            return Said("return-date-missing", {})
        example = self.rulebook.first_day.isoformat()
        details = {"detail": row["date_text"], "reason": row["date_reason"], "example": example}
        return Said("return-date-unclear", details)

    def _replace(self, position: int, other: int) -> None:
        at, details = self.dated.get(position), {"detail": self.folder.name(other)}
        said = Said("return-replaced", details)
        if at and not self._in_time(at.last):
            said = Said("return-replaced-late", details | {"day": at.last.isoformat()})
        self.settled.file[position], self.settled.said[position] = REPLACED, said

    def _judge(self, position: int) -> None:
        # First of all the year: a return of another year cannot be late for this one.
        if other := self._of_another_year(position):
            self._pending([position], other)
            return
        in_time = self._in_time(self.dated[position].last)
        self.settled.file[position] = NORMAL if in_time else LATE
        if self.settled.unit[self.unit] != PENDING:
            self.settled.unit[self.unit] = self.settled.file[position]
        if in_time:
            self.settled.used[self.unit] = position

    def _of_another_year(self, position: int) -> Said | None:
        """By what the cover says, or by the template, whose clauses may mean something else."""
        row, own = self.folder.returns.iloc[position], self.rulebook.year
        if row["stamp_year"] not in (None, own):
            return Said(TEMPLATE, {"detail": str(row["stamp_year"])})
        if row["year_text"] and row["year"] != own:
            return Said(YEAR, {"detail": row["year_text"]})
        return None

    def _blame(self, why: str, receipt: Receipt, detail: str) -> Said:
        said = Said(why, {"detail": detail})
        self.settled.office.append((self.unit, receipt, said))
        return said

    def _pending(self, positions: list[int], pending: Said) -> None:
        self.settled.unit[self.unit] = PENDING
        self.settled.unit_why[self.unit] = pending
        for position in positions:
            self.settled.file[position] = PENDING
            self.settled.said[position] = pending

    def _in_time(self, day: date) -> bool:
        deadline = self.rulebook.deadline
        return day <= deadline if self.inclusive else day < deadline
