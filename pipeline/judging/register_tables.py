"""The office's workbooks → one table a sheet, values read; nothing is judged here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import unit_reader
from pipeline.normalise import (
    ClauseReader,
    Day,
    as_text,
    read_count,
    read_date,
    read_each,
    read_points,
)
from pipeline.reading.raw import RawReturn, column_letters
from pipeline.rulebook import Rulebook
from pipeline.text import fold

_DATES = {layout.RECEIPTS: "收件日期", layout.RECORDS: "日期", layout.DISQUALIFIED: "日期"}
_COUNTS = {"份数": "copies", "基数": "base", "完成数": "done", "名额": "number"}
_TEXTS = {"名称": "title", "结论": "word", "理由": "reason", "评审人": "judge", "原因": "cause"}


@dataclass
class Table:
    """One sheet of the register over all its workbooks.

    Attributes:
        name: the sheet.
        rows: one row a row. Columns: `file`, `row`, `panel` (stands in the panel's worksheet); for
            each header of the sheet its text under the header's name; and, where the sheet has
            them: `unit`, `clause` (None where unknown), `day`, `date_reason`, `copies`, `base`,
            `done`, `number` (float), `points`, `title`, `word`, `reason`, `judge`, `cause`.
        letters: workbook → header → column letters.
    """

    name: str
    rows: pd.DataFrame
    letters: dict[str, dict[str, str]]

    def cell(self, position: int, header: str) -> str:
        """A1 reference of a cell; column A where the column is missing."""
        letters = self.letters[str(self.rows["file"].iat[position])]
        return f"{letters.get(header, 'A')}{self.rows['row'].iat[position]}"


def build_tables(raw: Sequence[RawReturn], rulebook: Rulebook) -> dict[str, Table]:
    """A table for each sheet of the register."""
    return {name: _table(raw, name, rulebook) for name in layout.REGISTER_SHEETS}


def _table(raw: Sequence[RawReturn], name: str, rulebook: Rulebook) -> Table:
    held = [(workbook, workbook.sheets[name]) for workbook in raw if name in workbook.sheets]
    headers = layout.REGISTER_SHEETS[name]
    if name == layout.RULINGS:
        headers += layout.RULING_PLACE
    cells: dict[str, list[Any]] = {header: [] for header in headers}
    data: dict[str, Any] = {"file": [], "row": [], "panel": []}
    for workbook, sheet in held:
        count = len(sheet.rows)
        data["file"] += [workbook.path] * count
        data["row"] += sheet.rows
        data["panel"] += [layout.PANEL_HEADER in sheet.columns] * count
        for header in headers:
            cells[header] += sheet.cells.get(header) or [None] * count
    data |= {header: [as_text(v).strip() for v in values] for header, values in cells.items()}
    data |= _read(name, cells, rulebook)
    letters = {
        workbook.path: {h: column_letters(at) for h, at in sheet.columns.items()}
        for workbook, sheet in held
    }
    return Table(name, pd.DataFrame(data), letters)


def _read_receipt(value: object) -> Day:
    day = read_date(value)
    return Day(None, reason="是一段时间，应是一天") if day.last else day


def _read(name: str, cells: dict[str, list[Any]], rulebook: Rulebook) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if "单位" in cells:
        data["unit"] = pd.Series(read_each(unit_reader(rulebook), cells["单位"]), dtype=object)
    if "条款" in cells:
        reader = ClauseReader.of(rulebook.clause_ids)
        data["clause"] = pd.Series(read_each(reader, cells["条款"]), dtype=object)
    if name in _DATES:
        read_day = _read_receipt if name == layout.RECEIPTS else read_date
        days = read_each(read_day, cells[_DATES[name]])
        data["day"] = pd.Series([day.day for day in days], dtype=object)
        data["date_reason"] = [day.reason for day in days]
    for header, column in _COUNTS.items():
        if header in cells:
            data[column] = np.array(read_each(read_count, cells[header]), dtype="float64")
    if "核定分" in cells:
        data["points"] = np.array(read_each(read_points, cells["核定分"]), dtype="float64")
    for header, column in _TEXTS.items():
        if header in cells:
            data[column] = [as_text(value).strip() for value in cells[header]]
    if "行号" in cells:
        data["of_file"], data["of_sheet"] = (
            [as_text(value).strip() for value in cells[header]] for header in ("源文件", "工作表")
        )
        data["of_row"] = np.array(read_each(read_count, cells["行号"]), dtype="float64")
    if "word" in data:
        data["word"] = [fold(word) for word in data["word"]]
    return data
