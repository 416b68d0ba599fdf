"""A workbook built anew from the values of a return that openpyxl cannot load (.xls, .ods …)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.cell import MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import layout
from pipeline.feedback.harmless import NO_RESULT, ErrorValue, put
from pipeline.reading.formats import open_book
from pipeline.reading.formats.grid import ERROR, Grid
from pipeline.reading.guard import TroubleError
from pipeline.text import clean, fold, fold_label

OWN = frozenset({layout.GUIDE, layout.SELF_CHECK, layout.LISTS})
"""Sheets of the template that a unit does not fill in."""
_HEADER_MARK = "条款"
"""The header row of a claim sheet is the first row in which a cell reads this."""
_LARGEST_MERGE = 10_000
"""Cells: openpyxl makes an object of each, and no form merges more."""
_NOT_IN_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_TITLE_LIMIT = 31


@dataclass(frozen=True)
class Source:
    """A sheet as it was read.

    Attributes:
        cells: (row, column), from 1 → value, `ErrorValue` or `NO_RESULT`; no blanks.
        merges: as `Grid.merges`.
    """

    name: str
    hidden: bool
    cells: dict[tuple[int, int], Any]
    merges: list[tuple[int, int, int, int]]


def read_sheets(data: bytes) -> list[Source]:
    """Every sheet of a workbook in any format that returns are read in.

    A sheet that cannot be read is left out: the reader of returns opens the template's alone.

    Raises:
        TroubleError: it is no workbook.
    """
    _, book = open_book(data)
    places = range(len(book.sheets))
    try:
        found = dict(zip(places, book.grids(places), strict=True))
    except TroubleError:
        found = {place: grid for place in places if (grid := _grid(data, place))}
    return [
        Source(book.sheets[place], grid.concealed, _cells(grid), grid.merges)
        for place, grid in found.items()
    ]


def _grid(data: bytes, place: int) -> Grid | None:
    try:
        return open_book(data)[1].grids([place])[0]
    except TroubleError:
        return None


def _cells(grid: Grid) -> dict[tuple[int, int], Any]:
    cells = {
        (row + 1, column): value
        for row, values in zip(grid.index, grid.rows, strict=True)
        for column, value in enumerate(values, 1)
        if value is not None and value != ""
    }
    for (row, column), (kind, error) in grid.marks.items():
        cells[row + 1, column + 1] = ErrorValue(error) if kind == ERROR else NO_RESULT
    return cells


def rebuild(data: bytes, template: Path) -> Workbook:
    """A new workbook with the values of a return at their own rows and columns.

    Where the return was made from this version of the template, sheets that still have its
    structure get its looks, drop-downs and protection back.
    """
    sources = list(read_sheets(data))
    base = _matching_template(template, sources)
    model = {} if base is None else {fold(s.title): s for s in base.worksheets}
    workbook = base or Workbook()
    made: list[Worksheet] = []
    for source in sources:
        sheet = model.get(fold(source.name))
        if sheet is None or sheet in made or not _same_structure(sheet, source):
            sheet = workbook.create_sheet()
            _plain(sheet, source)
        elif sheet.title not in OWN:
            _fill_in(sheet, source)
        made.append(sheet)
    for sheet in [sheet for sheet in workbook.worksheets if sheet not in made]:
        workbook.remove(sheet)
    for sheet, source in zip(made, sources, strict=True):
        sheet.title = clean(source.name).translate(_NOT_IN_TITLE)[:_TITLE_LIMIT] or "_"
    workbook._sheets = made
    return workbook


def _matching_template(path: Path, sources: Sequence[Source]) -> Workbook | None:
    stamps = {_stamp(s.cells) for s in sources if fold(s.name) == fold(layout.LISTS)}
    if not stamps or not path.is_file():
        return None
    base = openpyxl.load_workbook(path)
    if layout.LISTS not in base.sheetnames:
        return None
    own = _stamp({at: cell.value for at, cell in base[layout.LISTS]._cells.items()})
    return base if own and own in stamps else None


def _stamp(cells: Mapping[tuple[int, int], Any]) -> str:
    for (row, column), label in cells.items():
        if isinstance(label, str) and fold_label(label) == fold_label(layout.STAMP_LABEL):
            return str(cells.get((row, column + 1), ""))
    return ""


def _same_structure(sheet: Worksheet, source: Source) -> bool:
    """Whether headers, or the labels of the cover, stand where the template has them."""
    if sheet.title in OWN:
        return True
    fixed = _fixed_cells(sheet)
    return bool(fixed) and all(
        fold_label(str(source.cells.get(at, ""))) == fold_label(text) for at, text in fixed.items()
    )


def _fixed_cells(sheet: Worksheet) -> dict[tuple[int, int], str]:
    labels = {fold_label(label) for label in layout.COVER_LABELS}
    found: dict[tuple[int, int], str] = {}
    for row in sheet.iter_rows(max_row=30):
        texts = {(c.row, c.column): c.value for c in row if isinstance(c.value, str)}
        if any(fold_label(text) == _HEADER_MARK for text in texts.values()):
            return texts
        if sheet.title == layout.COVER:
            found |= {at: text for at, text in texts.items() if fold_label(text) in labels}
    return found


def _fill_in(sheet: Worksheet, source: Source) -> None:
    """Put a unit's values over those of the template's sheet; formulas of the template stay."""
    for at, cell in list(sheet._cells.items()):
        if at not in source.cells and cell.value is not None and cell.data_type != "f":
            cell.value = None
    for (row, column), value in source.cells.items():
        cell = sheet.cell(row, column)
        if not isinstance(cell, MergedCell) and cell.data_type != "f":
            put(cell, value)
    _merge(sheet, source)


def _plain(sheet: Worksheet, source: Source) -> None:
    widths: dict[int, int] = {}
    for (row, column), value in source.cells.items():
        put(sheet.cell(row, column), value)
        widths[column] = max(widths.get(column, 8), 2 * len(str(value)))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, 36)
    sheet.sheet_state = "hidden" if source.hidden else "visible"
    _merge(sheet, source)


def _merge(sheet: Worksheet, source: Source) -> None:
    present = {area.bounds for area in sheet.merged_cells.ranges}
    for top, left, bottom, right in source.merges:
        size = (bottom - top + 1) * (right - left + 1)
        bounds = left + 1, top + 1, right + 1, bottom + 1
        if bounds not in present and 1 < size <= _LARGEST_MERGE and _free(sheet, bounds):
            sheet.merge_cells(None, top + 1, left + 1, bottom + 1, right + 1)


def _free(sheet: Worksheet, bounds: tuple[int, int, int, int]) -> bool:
    """Whether a range shares no cell with one that is merged already."""
    left, top, right, bottom = bounds
    return not any(
        left <= area.max_col
        and area.min_col <= right
        and top <= area.max_row
        and area.min_row <= bottom
        for area in sheet.merged_cells.ranges
    )
