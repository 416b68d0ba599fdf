"""报送情况 and 其他文件: what became of everything that lies in the folder of returns."""

from collections.abc import Sequence

import pandas as pd

from pipeline.findings import CATALOGUE, fill
from pipeline.judging.return_findings import ENTRY_NOTES
from pipeline.judging.statuses import Settled
from pipeline.outcome import UNREADABLE
from pipeline.reading.discover import Entry
from pipeline.rulebook import Rulebook


def files_table(returns: pd.DataFrame, settled: Settled, rulebook: Rulebook) -> pd.DataFrame:
    """A row for each return and for each unit without any, as `Outcome.files`.

    Args:
        returns: as `Batch.returns`.
        settled: statuses of returns and units.
        rulebook: for the roster.
    """
    rows, heard = [], set()
    columns = (returns[name] for name in ("unit", "unit_text", "file", "sha256"))
    for p, (unit, written, file, digest) in enumerate(zip(*columns, strict=True)):
        heard.add(unit)
        note = settled.why.get(p, "")
        if p in settled.instead:
            code, other = settled.instead[p]
            note = fill(CATALOGUE[code].problem, {"detail": other})
        rows.append((unit or written, settled.file[p], settled.date[p], file, digest, note))
    for unit in rulebook.units:
        if unit not in heard:
            rows.append((unit, settled.unit[unit], None, "", "", "没有收到报送材料"))
    order = {unit: code for code, unit in enumerate(rulebook.units)}
    rows.sort(key=lambda r: (order.get(r[0], len(order)), r[1] == UNREADABLE, r[3]))
    files = pd.DataFrame(rows, columns=["unit", "status", "date", "file", "sha256", "note"])
    return files.assign(date=pd.to_datetime(files["date"]))


def others_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """What lies in the folder and is no return, as `Outcome.others`."""
    rows = [(entry.name, ENTRY_NOTES[entry.kind]) for entry in entries if entry.kind != "return"]
    return pd.DataFrame(rows, columns=["file", "note"])
