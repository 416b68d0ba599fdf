"""报送情况 and 其他文件: what became of everything that lies in the folder of returns."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.judging.return_findings import ENTRY_NOTES
from pipeline.judging.statuses import Settled
from pipeline.outcome import DISQUALIFIED, LATE, UNREADABLE
from pipeline.reading.discover import Entry
from pipeline.rulebook import Rulebook


def files_table(
    returns: pd.DataFrame, settled: Settled, disqualified: Mapping[str, str], rulebook: Rulebook
) -> pd.DataFrame:
    """A row for each return and for each unit without any, as `Outcome.files`.

    Args:
        returns: as `Batch.returns`.
        settled: statuses of returns and units.
        disqualified: unit → why.
        rulebook: for the roster.
    """
    rows, heard = [], set()
    columns = (returns[name] for name in ("unit", "unit_text", "file", "sha256", "person", "phone"))
    for p, (unit, written, file, digest, person, phone) in enumerate(zip(*columns, strict=True)):
        heard.add(unit)
        note = str(settled.why.get(p) or settled.instead.get(p) or "")
        if settled.file[p] == DISQUALIFIED:
            note = disqualified[unit]
        elif settled.file[p] == LATE:
            note = _late(settled, p, str(returns["date_text"].iat[p]))
        status, day = settled.file[p], settled.date[p]
        rows.append((unit or written, status, day, file, digest, note, person, phone))
    for unit in rulebook.units:
        if unit not in heard:
            why = str(settled.unit_why.get(unit) or disqualified.get(unit, "没有收到报送材料"))
            rows.append((unit, settled.unit[unit], None, "", "", why, "", ""))
    order = {unit: code for code, unit in enumerate(rulebook.units)}
    rows.sort(key=lambda r: (order.get(r[0], len(order)), r[1] == UNREADABLE, r[3]))
    names = ["unit", "status", "date", "file", "sha256", "note", "person", "phone"]
    files = pd.DataFrame(rows, columns=names)
    return files.assign(date=pd.to_datetime(files["date"]))


def _late(settled: Settled, position: int, written: str) -> str:
    """Both dates, where the office logged another than the cover's."""
    dated = settled.dated[position]
    if dated.receipt is None:
        return f"报送日期 {dated.last} 已逾期"
    return f"收件日期 {dated.day} 已逾期（封面的报送日期是 {written or '空的'}）"


def others_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """What lies in the folder and is no return, as `Outcome.others`."""
    rows = [(entry.name, ENTRY_NOTES[entry.kind]) for entry in entries if entry.kind != "return"]
    return pd.DataFrame(rows, columns=["file", "note"])
