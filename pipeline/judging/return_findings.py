"""What became of each return and of whatever else came in: findings, 报送情况, 其他文件."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.findings import Findings
from pipeline.intake import Batch
from pipeline.judging.statuses import TEMPLATE, YEAR, Settled
from pipeline.outcome import DISQUALIFIED, LATE, NORMAL, PENDING, REPLACED, UNKNOWN_UNIT, UNREADABLE
from pipeline.reading.discover import Entry
from pipeline.rulebook import Rulebook
from pipeline.text import suggest
from pipeline.wording import chinese_date, last_day

_ENTRY_NOTES = {
    "lock": "Excel 打开时留下的锁文件，不是报送材料",
    "hidden": "隐藏文件，不是报送材料",
    "other": "不是电子表格，不作为报送材料读取",
    "link": "是链接",
    "special": "是特殊文件",
    "folder": "是文件夹，不是文件",
}
_AT_COVER = {
    "return-date-missing": layout.COVER_DATE,
    "return-date-unclear": layout.COVER_DATE,
    YEAR: layout.COVER_YEAR,
    TEMPLATE: layout.COVER_YEAR,
}
"""Label of the cover where a reason for 待核 stands."""
_AT_FILE = ("return-undated-beside", "return-same-date")
"""Reasons for 待核 that concern the file; the others are the office's."""

Told = tuple[str, str, Mapping[str, Any]]
"""A code, the label of the cover where it stands or '', details."""


def report_entries(entries: Sequence[Entry], findings: Findings) -> None:
    """Things in the folder that look like returns and were not read."""
    for entry in entries:
        if entry.kind in ("link", "special", "folder"):
            findings.add("file-not-followed", file=entry.name, detail=_ENTRY_NOTES[entry.kind])


def others_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """What lies in the folder and is no return, as `Outcome.others`."""
    rows = [(entry.name, _ENTRY_NOTES[entry.kind]) for entry in entries if entry.kind != "return"]
    return pd.DataFrame(rows, columns=["file", "note"])


def report_receipts(settled: Settled, findings: Findings) -> None:
    """What the office is told of its 收件登记."""
    for unit, receipt, said in settled.office:
        place = {"file": said.details["detail"]}
        if receipt is not None:
            place = {"file": receipt.book, "sheet": layout.RECEIPTS, "cell": receipt.cell}
        findings.add(said.code, unit=unit, **place, **said.details)


def report_decisions(decisions: pd.DataFrame, settled: Settled, findings: Findings) -> None:
    """Warn of 会议决定 on units that take no part in the ranking (三（一）, 三（三）)."""
    rows = decisions[["unit", "file", "cell"]].itertuples(index=False)
    for unit, file, cell in rows:
        if (status := settled.unit[unit]) != NORMAL:
            place = {"file": file, "sheet": layout.DECISIONS, "cell": cell}
            findings.add("register-unranked", unit=unit, **place, detail=status)


def report_returns(
    batch: Batch,
    settled: Settled,
    disqualified: Mapping[str, str],
    rulebook: Rulebook,
    findings: Findings,
) -> None:
    """Every finding on files, structure, cover and status of a return."""
    for at, row in enumerate(batch.returns.to_dict("records")):
        raw, status = batch.raw[at], settled.file[at]
        add = partial(findings.add, unit=row["unit"] or "", file=raw.path)
        cover_told = status in (NORMAL, PENDING, UNKNOWN_UNIT) and not settled.of_another_year(at)
        for note in [raw.trouble, *raw.notes]:
            # Of a return that is not scored only the file and the cover matter.
            on_cover = cover_told and note is not None and note.sheet == layout.COVER
            if note and (status == NORMAL or on_cover or note.code.startswith("file-")):
                add(note.code, sheet=note.sheet, cell=note.cell, **note.details)
        told = [*_on_status(at, row, settled, disqualified, rulebook)]
        told += _on_cover(row, rulebook) if cover_told else ()
        for code, label, details in told:
            place = {}
            if label:
                place = {"sheet": layout.COVER, "cell": raw.cover.get(label, ("", ""))[1]}
            add(code, **place, **details)
        if cover_told and row["stamp_year"] == rulebook.year:
            stamp = layout.stamp(rulebook.year, rulebook.fingerprint)
            if raw.stamp != stamp:
                add("stamp-old", sheet=layout.COVER, detail=raw.stamp.partition("-")[2])


def _on_status(
    at: int,
    row: Mapping[Any, Any],
    settled: Settled,
    disqualified: Mapping[str, str],
    rulebook: Rulebook,
) -> Iterator[Told]:
    status = settled.file[at]
    if status == UNKNOWN_UNIT:
        written = row["unit_text"]
        code = "unit-unknown" if written else "unit-missing"
        details = {"detail": written, "hint": suggest(written, rulebook.units)}
        yield code, layout.COVER_UNIT, details
    elif status == LATE:
        dated, limit = settled.dated[at], chinese_date(last_day(rulebook))
        code = "receipt-late" if dated.receipt else "return-late"
        written = row["date_text"] or "（空）"
        yield code, layout.COVER_DATE, {"limit": limit, "detail": dated.last, "written": written}
    elif status == DISQUALIFIED:
        yield "unit-disqualified", "", {"detail": disqualified[row["unit"]]}
    elif status in (REPLACED, PENDING):
        said = settled.said[at]
        label = _AT_COVER.get(said.code, "")
        if label or status == REPLACED or said.code in _AT_FILE:
            yield said.code, label, said.details


def _on_cover(row: Mapping[Any, Any], rulebook: Rulebook) -> Iterator[Told]:
    if not row["year_text"]:
        yield "year-missing", layout.COVER_YEAR, {}
    if row["last"] > row["day"]:
        header, first = layout.COVER_DATE, row["day"].date()
        details = {"header": header, "detail": row["date_text"], "first": first}
        yield "date-range", layout.COVER_DATE, details
    if row["unit"] and row["unit_text"] != row["unit"]:
        details = {"raw": row["unit_text"], "value": row["unit"]}
        yield "cell-read-as", layout.COVER_UNIT, details


def files_table(
    returns: pd.DataFrame, settled: Settled, disqualified: Mapping[str, str], rulebook: Rulebook
) -> pd.DataFrame:
    """A row for each return and for each unit without any, as `Outcome.files`.

    `returns` is as `Batch.returns`; `disqualified` says of each unit why.
    """
    rows, heard = [], set()
    columns = ["unit", "unit_text", "file", "sha256", "person", "phone", "date_text"]
    for p, unit, written, file, digest, person, phone, day in returns[columns].itertuples():
        heard.add(unit)
        status = settled.file[p]
        note = str(settled.said.get(p, ""))
        if status == DISQUALIFIED:
            note = disqualified[unit]
        elif status == LATE:
            dated = settled.dated[p]
            note = f"报送日期 {dated.last} 已逾期"
            if dated.receipt:  # both dates, where the office logged another than the cover's
                note = f"收件日期 {dated.day} 已逾期（封面的报送日期是 {day or '空的'}）"
        rows.append((unit or written, status, settled.day(p), file, digest, note, person, phone))
    for unit in rulebook.units:
        if unit not in heard:
            why = str(settled.unit_why.get(unit) or disqualified.get(unit, "没有收到报送材料"))
            rows.append((unit, settled.unit[unit], None, "", "", why, "", ""))
    order = rulebook.unit_codes
    rows.sort(key=lambda r: (order.get(r[0], len(order)), r[1] == UNREADABLE, r[3]))
    names = ["unit", "status", "date", "file", "sha256", "note", "person", "phone"]
    files = pd.DataFrame(rows, columns=names)
    return files.assign(date=pd.to_datetime(files["date"]))
