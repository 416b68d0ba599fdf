"""The office's workbooks → receipts, rulings, records, disqualifications and award places.

What cannot be used is a finding at its cell; the rest is applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from pipeline import layout
from pipeline.errors import UserError
from pipeline.findings import CATALOGUE, Findings, fill
from pipeline.judging.register_checks import check_table
from pipeline.judging.register_tables import Table, build_tables
from pipeline.layout import PANEL_HEADER
from pipeline.reading.raw import RawReturn
from pipeline.rulebook import Rulebook
from pipeline.text import fold


class RegisterError(UserError):
    """A register that cannot be used at all: one line."""


RULING_COLUMNS = [
    "unit",
    "clause",
    "title",
    "title_key",
    "word",
    "points",
    "reason",
    "judge",
    "file",
    "row",
    "cell",
    "of_file",
    "of_sheet",
    "of_row",
]
RECORD_COLUMNS = ["unit", "clause", "title", "title_key", "base", "done", "file", "row"]

_NO_MATTER = ("sheet-missing", "sheet-no-header", "sheet-lookalike", "column-extra")
"""What a panel's worksheet, or a sheet of the office's own, may do without a finding."""


_OPTIONAL = (PANEL_HEADER, *layout.RULING_PLACE)
"""Columns that may be missing."""


@dataclass
class Register:
    """The office's records, read.

    Attributes:
        receipts: unit → its different 收件日期.
        rulings: columns `RULING_COLUMNS`; `word` is one of layout.RULING_WORDS.
        records: usable rows of 平时考查. Columns `RECORD_COLUMNS`; base and done are null except
            where the clause takes its figures from the office.
        disqualified: unit → reason.
        places: award → number of places.
    """

    receipts: dict[str, list[date]] = field(default_factory=dict)
    rulings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=RULING_COLUMNS))
    records: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=RECORD_COLUMNS))
    disqualified: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)


def read_register(raw: Sequence[RawReturn], rulebook: Rulebook, findings: Findings) -> Register:
    """Registers (and panel worksheets), in the order given, as one.

    Raises:
        RegisterError: a workbook cannot be opened or lacks a sheet.
    """
    if not raw:
        return Register()
    for workbook in raw:
        _require(workbook)
        for note in workbook.notes:
            if note.code not in _NO_MATTER and note.details.get("detail") not in _OPTIONAL:
                findings.add(
                    note.code, file=workbook.path, sheet=note.sheet, cell=note.cell,
                    **note.details,
                )  # fmt: skip
    tables = build_tables(raw, rulebook)
    usable = {name: check_table(table, rulebook, findings) for name, table in tables.items()}
    return Register(
        receipts=_receipts(tables[layout.RECEIPTS], usable[layout.RECEIPTS], findings),
        rulings=_rulings(tables[layout.RULINGS], usable[layout.RULINGS]),
        records=_records(usable[layout.RECORDS], rulebook),
        disqualified=_disqualified(usable[layout.DISQUALIFIED]),
        places=_places(tables[layout.PLACES], usable[layout.PLACES], rulebook, findings),
    )


def _require(workbook: RawReturn) -> None:
    if workbook.trouble is not None:
        problem = CATALOGUE[workbook.trouble.code].problem
        reason = fill(problem, workbook.trouble.details)
        raise RegisterError(f"台账 {workbook.path} 用不了：{reason}")
    rulings = workbook.sheets.get(layout.RULINGS)
    if rulings is not None and PANEL_HEADER in rulings.columns:
        return
    missing = [name for name in layout.REGISTER_SHEETS if name not in workbook.sheets]
    if missing:
        raise RegisterError(f"台账 {workbook.path} 缺少工作表：{'、'.join(missing)}")


def _receipts(table: Table, rows: pd.DataFrame, findings: Findings) -> dict[str, list[date]]:
    dated = rows[rows["day"].notna()]
    receipts = {}
    for unit, group in dated.groupby("unit", sort=False):
        days = sorted(set(group["day"]))
        receipts[str(unit)] = days
        if len(days) > 1:
            shown = "、".join(day.isoformat() for day in days)
            for position in group.index.tolist():
                findings.add(
                    "register-receipts",
                    unit=str(unit),
                    file=rows["file"].loc[position],
                    sheet=table.name,
                    cell=table.cell(position, "收件日期"),
                    detail=shown,
                )
    return receipts


def _rulings(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    rulings = rows.assign(
        cell=[table.cell(position, "结论") for position in rows.index.tolist()],
    )
    rulings["title_key"] = rulings["title"].map(fold)
    return rulings[RULING_COLUMNS].reset_index(drop=True)


def _records(rows: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    replaces = rows["clause"].isin({c.id for c in rulebook.clauses if c.office == "replaces"})
    records = rows.assign(
        title_key=rows["title"].map(fold),
        base=rows["base"].where(replaces),
        done=rows["done"].where(replaces),
    )
    return records[RECORD_COLUMNS].reset_index(drop=True)


def _disqualified(rows: pd.DataFrame) -> dict[str, str]:
    return {
        unit: cause or "未写原因" for unit, cause in zip(rows["unit"], rows["cause"], strict=True)
    }


def _places(
    table: Table, rows: pd.DataFrame, rulebook: Rulebook, findings: Findings
) -> dict[str, int]:
    names = {fold(award.name): award.name for award in rulebook.awards}
    places: dict[str, int] = {}
    filled = rows[rows["number"].notna()]
    for position, written, number in zip(
        filled.index.tolist(), filled["奖项"], filled["number"], strict=True
    ):
        award = names[fold(written)]
        if award in places:
            findings.add(
                "register-repeated",
                file=rows["file"].loc[position],
                sheet=table.name,
                cell=table.cell(position, "奖项"),
                detail=award,
            )
        places[award] = int(number)
    return places
