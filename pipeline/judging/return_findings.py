"""What is wrong with each return as a whole: files, structure, cover, status."""

from collections.abc import Mapping, Sequence

from pipeline import layout
from pipeline.findings import Findings
from pipeline.intake import Batch
from pipeline.judging.statuses import Settled, Why
from pipeline.outcome import (
    DISQUALIFIED,
    LATE,
    NORMAL,
    PENDING,
    REPLACED,
    UNKNOWN_UNIT,
    UNREADABLE,
)
from pipeline.reading.discover import Entry
from pipeline.reading.raw import Note
from pipeline.rulebook import Rulebook
from pipeline.text import suggest
from pipeline.wording import chinese_date, last_day

ENTRY_NOTES = {
    "lock": "Excel 打开时留下的锁文件，不是报送材料",
    "hidden": "隐藏文件，不是报送材料",
    "other": "不是电子表格，不作为报送材料读取",
    "link": "是链接",
    "special": "是特殊文件",
    "folder": "是文件夹，不是文件",
}


_AT_COVER: dict[str, str] = {
    Why.UNDATED: layout.COVER_DATE,
    Why.UNCLEAR: layout.COVER_DATE,
    Why.YEAR: layout.COVER_YEAR,
    Why.TEMPLATE: layout.COVER_YEAR,
}
"""Label of the cover where a reason stands."""


def report_receipts(settled: Settled, findings: Findings) -> None:
    """What the office is told of its 收件登记."""
    for unit, receipt, said in settled.office:
        if receipt is None:
            findings.add(said.code, unit=unit, file=said.details["detail"], **said.details)
        else:
            findings.add(
                said.code, unit=unit, file=receipt.book, sheet=layout.RECEIPTS, cell=receipt.cell,
                **said.details,
            )  # fmt: skip


def report_entries(entries: Sequence[Entry], findings: Findings) -> None:
    """Things in the folder that look like returns and were not read."""
    for entry in entries:
        if entry.kind in ("link", "special", "folder"):
            findings.add("file-not-followed", file=entry.name, detail=ENTRY_NOTES[entry.kind])


class ReturnFindings:
    """Findings on files, structure, cover and status of every return."""

    def __init__(
        self, batch: Batch, settled: Settled, rulebook: Rulebook, findings: Findings
    ) -> None:
        self.batch = batch
        self.settled = settled
        self.rulebook = rulebook
        self.findings = findings

    def report(self, disqualified: Mapping[str, str]) -> None:
        """Add every finding that concerns a return as a whole."""
        for position, status in enumerate(self.settled.file):
            raw = self.batch.raw[position]
            unit = str(self.batch.returns["unit"].iat[position] or "")
            if status == UNREADABLE:
                assert raw.trouble is not None
                self._note(position, unit, raw.trouble)
            for note in raw.notes:
                if self._told(position, status, note):
                    self._note(position, unit, note)
            self._status(position, unit, status, disqualified)
            if self._cover_told(position, status):
                self._cover(position, unit)

    def _told(self, position: int, status: str, note: Note) -> bool:
        """Of a return that is not scored only the file and the cover matter."""
        on_cover = note.sheet == layout.COVER and self._cover_told(position, status)
        return status == NORMAL or note.code.startswith("file-") or on_cover

    def _cover_told(self, position: int, status: str) -> bool:
        told = status in (NORMAL, PENDING, UNKNOWN_UNIT)
        return told and not self.settled.of_another_year(position)

    def _note(self, position: int, unit: str, note: Note) -> None:
        self.findings.add(
            note.code, unit=unit, file=self.batch.raw[position].path, sheet=note.sheet,
            cell=note.cell, **note.details,
        )  # fmt: skip

    def _at_cover(self, code: str, position: int, unit: str, label: str, **details: object) -> None:
        raw = self.batch.raw[position]
        cell = raw.cover[label][1] if label in raw.cover else ""
        place: dict[str, object] = {"sheet": layout.COVER, "cell": cell}
        self.findings.add(code, unit=unit, file=raw.path, **place | details)  # type: ignore[arg-type]

    def _status(
        self, position: int, unit: str, status: str, disqualified: Mapping[str, str]
    ) -> None:
        row = self.batch.returns.iloc[position]
        if status == UNKNOWN_UNIT:
            written = row["unit_text"]
            code = "unit-unknown" if written else "unit-missing"
            hint = suggest(written, self.rulebook.units)
            self._at_cover(code, position, "", layout.COVER_UNIT, detail=written, hint=hint)
        elif status == LATE:
            self._late(position, unit)
        elif status == REPLACED:
            said = self.settled.instead[position]
            self.findings.add(said.code, unit=unit, file=row["file"], **said.details)
        elif status == DISQUALIFIED:
            self.findings.add(
                "unit-disqualified", unit=unit, file=row["file"], detail=disqualified[unit]
            )
        elif status == PENDING:
            said = self.settled.why[position]
            if said.code in _AT_COVER:
                self._at_cover(said.code, position, unit, _AT_COVER[said.code], **said.details)
            elif said.code in (Why.BESIDE, Why.SAME_DATE):
                self.findings.add(said.code, unit=unit, file=row["file"], **said.details)

    def _late(self, position: int, unit: str) -> None:
        """With both dates where the office logged another one than the cover's."""
        details: dict[str, object] = {"limit": chinese_date(last_day(self.rulebook))}
        row, dated = self.batch.returns.iloc[position], self.settled.dated[position]
        code = "return-late"
        details["detail"] = dated.last
        if dated.receipt is not None:
            code, details["written"] = "receipt-late", row["date_text"] or "（空）"
        self._at_cover(code, position, unit, layout.COVER_DATE, **details)

    def _cover(self, position: int, unit: str) -> None:
        row = self.batch.returns.iloc[position]
        raw = self.batch.raw[position]
        if not row["year_text"]:
            self._at_cover("year-missing", position, unit, layout.COVER_YEAR)
        if row["last"] > row["day"]:
            self._at_cover(
                "date-range", position, unit, layout.COVER_DATE, header=layout.COVER_DATE,
                detail=row["date_text"], first=row["day"].date(),
            )  # fmt: skip
        if unit and row["unit_text"] != unit:
            self._at_cover(
                "cell-read-as", position, unit, layout.COVER_UNIT, raw=row["unit_text"], value=unit
            )
        current = layout.stamp(self.rulebook.year, self.rulebook.fingerprint)
        if raw.stamp != current and row["stamp_year"] == self.rulebook.year:
            self.findings.add(
                "stamp-old",
                unit=unit,
                file=raw.path,
                sheet=layout.COVER,
                detail=raw.stamp.partition("-")[2],
            )
