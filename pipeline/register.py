"""The office's workbooks → receipts, rulings, records, disqualifications and award places.

What cannot be read is a finding at its cell; the rest is applied.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.errors import UserError
from pipeline.findings import CATALOGUE, Findings
from pipeline.intake import unit_reader
from pipeline.normalise import ClauseReader, as_text, read_count, read_date, read_points
from pipeline.raw import RawReturn, RawSheet, Wanted, column_letters
from pipeline.rulebook import Rulebook
from pipeline.text import fold


class RegisterError(UserError):
    """A register that cannot be used at all: one line."""


RULING_COLUMNS = [
    "unit", "clause", "title", "title_key", "word", "points", "reason", "judge",
    "file", "row", "cell",
]  # fmt: skip
RECORD_COLUMNS = ["unit", "clause", "title_key", "base", "done", "file", "row"]

_PANEL_HEADER = "程序结论"
"""A column of the panel's worksheet: such a workbook holds rulings and nothing else."""


def wanted_register() -> Wanted:
    """What to look for in a register."""
    sheets = dict(layout.REGISTER_SHEETS)
    sheets[layout.RULINGS] += (_PANEL_HEADER,)
    return Wanted(
        cover="",
        cover_labels=(),
        sheets=sheets,
        clause_headers={name: headers[0] for name, headers in layout.REGISTER_SHEETS.items()},
        prefilled={},
        lists=layout.LISTS,
        stamp_label=layout.STAMP_LABEL,
    )


_NO_MATTER = ("sheet-missing", "sheet-no-header", "sheet-lookalike", "column-extra")
"""What a panel's worksheet, or a sheet of the office's own, may do without a finding."""


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
    reader = _Reader(rulebook, findings)
    for workbook in raw:
        _require(workbook)
        reader.read(workbook)
    return reader.finish()


def _require(workbook: RawReturn) -> None:
    if workbook.trouble is not None:
        kind = CATALOGUE[workbook.trouble.code]
        reason = kind.problem.format(**workbook.trouble.details)
        raise RegisterError(f"台账 {workbook.path} 用不了：{reason}")
    rulings = workbook.sheets.get(layout.RULINGS)
    if rulings is not None and _PANEL_HEADER in rulings.columns:
        return
    missing = [name for name in layout.REGISTER_SHEETS if name not in workbook.sheets]
    if missing:
        raise RegisterError(f"台账 {workbook.path} 缺少工作表：{'、'.join(missing)}")


@dataclass
class _Row:
    """One row of a register sheet, and findings at its cells."""

    file: str
    sheet: RawSheet
    name: str
    index: int
    findings: Findings

    def __getitem__(self, header: str) -> Any:
        column = self.sheet.cells.get(header)
        return column[self.index] if column else None

    @property
    def number(self) -> int:
        return self.sheet.rows[self.index]

    def text(self, header: str) -> str:
        return as_text(self[header]).strip()

    def cell(self, header: str) -> str:
        return f"{column_letters(self.sheet.columns.get(header, 0))}{self.number}"

    def find(self, code: str, header: str, unit: str | None = "", **details: object) -> None:
        self.findings.add(
            code,
            unit=unit or "",
            file=self.file,
            sheet=self.name,
            cell=self.cell(header),
            **details,
        )


class _Reader:
    def __init__(self, rulebook: Rulebook, findings: Findings) -> None:
        self.rulebook = rulebook
        self.findings = findings
        self.read_unit = unit_reader(rulebook)
        self.read_clause = ClauseReader.of(rulebook.clause_ids)
        self.awards = {fold(award.name): award.name for award in rulebook.awards}
        self.register = Register()
        self.dates: dict[str, list[tuple[date, _Row]]] = {}
        self.rulings: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []

    def read(self, workbook: RawReturn) -> None:
        for note in workbook.notes:
            if note.code not in _NO_MATTER and note.details.get("detail") != _PANEL_HEADER:
                self.findings.add(
                    note.code, file=workbook.path, sheet=note.sheet, cell=note.cell, **note.details
                )
        readers: dict[str, Callable[[_Row], None]] = {
            layout.RECEIPTS: self._receipt,
            layout.RULINGS: self._ruling,
            layout.RECORDS: self._record,
            layout.DISQUALIFIED: self._disqualified,
            layout.PLACES: self._place,
        }
        for name, reader in readers.items():
            sheet = workbook.sheets.get(name)
            for index in range(len(sheet.rows) if sheet else 0):
                assert sheet is not None
                reader(_Row(workbook.path, sheet, name, index, self.findings))

    def finish(self) -> Register:
        for unit, entries in self.dates.items():
            days = sorted({day for day, _ in entries})
            self.register.receipts[unit] = days
            if len(days) > 1:
                shown = "、".join(day.isoformat() for day in days)
                for _, row in entries:
                    row.find("register-receipts", "收件日期", unit, detail=shown)
        self.register.rulings = pd.DataFrame(self.rulings, columns=RULING_COLUMNS)
        self.register.records = pd.DataFrame(self.records, columns=RECORD_COLUMNS)
        return self.register

    def _unit(self, row: _Row) -> str | None:
        unit = self.read_unit(row["单位"])
        if unit is None:
            hint = suggest(row.text("单位"), self.rulebook.units)
            row.find("register-unit", "单位", detail=row.text("单位") or "（空）", hint=hint)
        return unit

    def _clause(self, row: _Row, unit: str | None) -> str | None:
        clause = self.read_clause(row["条款"])
        if clause is None:
            row.find("register-clause", "条款", unit, detail=row.text("条款") or "（空）")
        return clause

    def _receipt(self, row: _Row) -> None:
        unit = self._unit(row)
        if row["收件日期"] is not None:
            day = read_date(row["收件日期"])
            if day.day is None:
                detail = row.text("收件日期")
                row.find("register-date", "收件日期", unit, detail=detail, reason=day.reason)
            elif unit:
                self.dates.setdefault(unit, []).append((day.day, row))
        if read_count(row["份数"]) != self.rulebook.copies:
            detail = row.text("份数") or "（空）"
            row.find("register-copies", "份数", unit, detail=detail, limit=self.rulebook.copies)

    def _ruling(self, row: _Row) -> None:
        if _PANEL_HEADER in row.sheet.columns and not any(
            row.text(header) for header in ("结论", "核定分", "理由", "评审人")
        ):
            return  # a claim of the panel's worksheet that nothing was decided on
        unit = self._unit(row)
        clause = self._clause(row, unit)
        word = fold(row.text("结论"))
        if word not in layout.RULING_WORDS:
            row.find("register-word", "结论", unit, detail=row.text("结论") or "（空）")
            return
        title = row.text("名称")
        points = read_points(row["核定分"])
        if word == layout.RULING_POINTS:
            if points is None:
                row.find("register-points", "核定分", unit, detail=row.text("核定分") or "空白")
                return
            if title and _PANEL_HEADER not in row.sheet.columns:
                row.find("register-points-named", "名称", unit)
                return
            title = ""
        if unit is None or clause is None:
            return
        if not row.text("理由"):
            row.find("register-no-reason", "理由", unit)
        self.rulings.append(
            {
                "unit": unit, "clause": clause, "title": title, "title_key": fold(title),
                "word": word, "points": points, "reason": row.text("理由"),
                "judge": row.text("评审人"), "file": row.file, "row": row.number,
                "cell": row.cell("结论"),
            }
        )  # fmt: skip

    def _record(self, row: _Row) -> None:
        unit = self._unit(row)
        clause = self._clause(row, unit)
        if unit is None or clause is None:
            return
        record: dict[str, Any] = {
            "unit": unit, "clause": clause, "title_key": fold(row.text("名称")),
            "base": None, "done": None, "file": row.file, "row": row.number,
        }  # fmt: skip
        if self.rulebook.clause[clause].office == "replaces":
            base, done = read_count(row["基数"]), read_count(row["完成数"])
            fault = _figure_fault(base, done, capped=self.rulebook.clause[clause].capped)
            if fault:
                header = "完成数" if "完成数" in fault else "基数"
                row.find("register-figures", header, unit, detail=fault)
                return
            record |= {"base": base, "done": done}
        self.records.append(record)

    def _disqualified(self, row: _Row) -> None:
        unit = self._unit(row)
        if unit:
            self.register.disqualified[unit] = row.text("原因") or "未写原因"

    def _place(self, row: _Row) -> None:
        award = self.awards.get(fold(row.text("奖项")))
        if award is None:
            row.find("register-award", "奖项", detail=row.text("奖项") or "（空）")
            return
        if row["名额"] is None:
            return
        places = read_count(row["名额"])
        if places is None or places < 0:
            row.find("register-places", "名额", detail=row.text("名额"))
            return
        if award in self.register.places:
            row.find("register-repeated", "奖项", detail=award)
        self.register.places[award] = places


def _figure_fault(base: int | None, done: int | None, *, capped: bool) -> str:
    if base is None or base < 1:
        return "基数不是大于 0 的整数"
    if done is None or done < 0:
        return "完成数不是 0 或正整数"
    if capped and done > base:
        return f"完成数 {done} 大于基数 {base}"
    return ""


def suggest(text: str, known: Iterable[Hashable]) -> str:
    """“，是否想写……？” where the text is close to a known name, else ''."""
    import difflib

    near = difflib.get_close_matches(fold(text), [str(name) for name in known], 1, 0.5)
    return f"，是否想写“{near[0]}”？" if near else ""
