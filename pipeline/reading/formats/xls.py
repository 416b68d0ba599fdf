"""Workbooks of old Excel (.xls) and of WPS (.et of the older kind): read by xlrd."""

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

import xlrd

from pipeline.reading.guard import TroubleError, hostile
from pipeline.reading.raw import ERROR, Grid, on_sheet

_TEXT_OR_NUMBER = (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER)
# xlrd follows offsets and counts of the file without checking them: anything may come out of it.
_PARSER = (Exception,)
_ELAPSED = re.compile(r"\[[hms]", re.I)


class Xls:
    """An opened .xls."""

    def __init__(self, data: bytes) -> None:
        """Read the list of sheets.

        Raises:
            TroubleError: file-encrypted or file-damaged.
        """
        with hostile("工作簿目录", *_PARSER):
            try:
                self._book = xlrd.open_workbook(
                    file_contents=data,
                    formatting_info=True,
                    on_demand=True,
                    ragged_rows=True,
                    logfile=io.StringIO(),
                )
            except xlrd.XLRDError as error:
                if "encrypted" in str(error):
                    raise TroubleError("file-encrypted") from error
                raise
        self.sheets: list[str] = self._book.sheet_names()

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """As `Book.grids`; a TroubleError is file-damaged."""
        return [self._grid(place) for place in wanted]

    def _grid(self, place: int) -> Grid:
        with hostile("工作表内容", *_PARSER):
            sheet = self._book.sheet_by_index(place)
            index = [row for row in range(sheet.nrows) if sheet.row_len(row)]
            types = [sheet.row_types(row) for row in index]
            rows = [sheet.row_values(row) for row in index]
            hidden = {row for row, info in sheet.rowinfo_map.items() if info.hidden}
            merges = on_sheet(
                (top, left, bottom - 1, right - 1)
                for top, bottom, left, right in sheet.merged_cells
            )
        grid = Grid(rows, index, merges, hidden=hidden, concealed=bool(sheet.visibility))
        for row, kinds, values in zip(index, types, rows, strict=True):
            for column, kind in enumerate(kinds):
                if kind not in _TEXT_OR_NUMBER:
                    values[column] = self._other(sheet, row, column, kind, grid)
        return grid

    def _other(self, sheet: Any, row: int, column: int, kind: int, grid: Grid) -> object:
        """The value of a cell that is neither text nor a plain number."""
        value = sheet.cell_value(row, column)
        if kind == xlrd.XL_CELL_DATE:
            return self._moment(value, sheet.cell_xf_index(row, column))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        if kind == xlrd.XL_CELL_ERROR:
            grid.marks[row, column] = (ERROR, xlrd.error_text_from_code.get(value, "#错误"))
        return None

    def _moment(self, serial: float, style: int) -> object:
        """A date cell as the other formats give it: date, datetime, time or timedelta."""
        book, shown = self._book, ""
        with suppress(IndexError, KeyError):  # a format that Chinese Excel knows by number alone
            shown = book.format_map[book.xf_list[style].format_key].format_str or ""
        if _ELAPSED.search(shown):
            return timedelta(days=serial)
        try:
            moment: datetime = xlrd.xldate.xldate_as_datetime(serial, book.datemode)
        except (OverflowError, ValueError):
            return serial
        if 0 <= serial < 1:
            return moment.time()
        return moment.date() if moment.time() == time() else moment
