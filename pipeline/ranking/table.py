"""Columns of values → rows of a worksheet, quickly and with nothing but text and numbers in them.

XlsxWriter keeps each cell as an object; a ledger of a nation has ten million. `TableSheet` writes
the body of a table straight into the sheet's XML, a column at a time, and leaves all else (styles,
panes, filters, validation, links, charts) to XlsxWriter. Each different value is turned into XML
once. Text becomes a string cell whatever it looks like: never a formula, link or markup.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import repeat
from typing import Any

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.ranking.cells import (
    LINE_POINTS,
    MAX_HEIGHT,
    PAD_POINTS,
    is_plain,
    lines_of,
    listed,
    plain,
)

CHUNK = 2_000
"""Rows turned into XML at a time: keeps memory flat."""
MOST_LINKS = 65_530
"""Links that Excel takes on a sheet; more would make it call the file damaged."""
KEPT = 20_000
"""Different values of a column whose cells are kept for the next rows."""
GAP = "\0"
"""Where a row's number or a sheet's rows are put in later. `clean` leaves none in a text."""

_MARKUP = re.compile("[&<>\n]|_x|^\\s|\\s$")
_ESCAPE_LIKE = re.compile("_(?=x[0-9a-fA-F]{4}_)")

Later = list[Callable[[], Iterable[str]]]
"""Rows that are made when the file is packed; each can be made again."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        header: what stands in the header row.
        width: in characters of the default font; a Chinese character takes two.
        values: the cells from top to bottom; with `formula` the cached values.
        style: a name of `book.STYLES`.
        formula: without `=`; `{row}` is the row's number. Rows without a value get none.
        hidden: whether only formulas look at it.
        links: for each cell the place in this workbook that it leads to, or ''.
    """

    header: str
    width: float
    values: Sequence[Any] | pd.Series
    style: str = "text"
    formula: str = ""
    hidden: bool = False
    links: Sequence[str] = ()

    @property
    def room(self) -> float:
        """Characters that a line holds."""
        return self.width * (1.25 if self.style == "small" else 1.0)


class TableSheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose tables are written as whole columns.

    Cells around the tables (titles, headers) are written with XlsxWriter's own methods.
    """

    def __init__(self) -> None:
        """As XlsxWriter makes a sheet: empty."""
        super().__init__()
        self.dim_rowmin: int | None
        self.dim_rowmax: int | None
        self.later: Later | None = None
        """Where given, rows go there, without heights, and the sheet keeps a gap for them. Texts
        then stand in their cells, not in the table of shared ones: some previews on phones show
        no such texts, so smaller files go without."""
        self._blocks: list[tuple[int, int, Callable[[], Iterable[str]]]] = []
        self._links: list[tuple[str, str]] = []

    def add_rows(
        self, first: int, columns: Sequence[tuple[Column, Format]], least: float = 0
    ) -> int:
        """Put a block of rows below all that stands there; return the last row (from 0).

        Args:
            first: the first row, from 0.
            columns: each column with its format, from column A on; all of one length.
            least: each row has the height that its texts need, but at least so many points.
        """
        size = len(columns[0][0].values)
        if not size:
            return first - 1
        last = first + size - 1
        if self._check_dimensions(first, 0) or self._check_dimensions(last, len(columns) - 1):
            raise ValueError("工作表放不下这些行")
        heads = []
        for index, (column, style) in enumerate(columns):
            letters = xl_col_to_name(index)
            # Formats are numbered as they are first used, and counted before rows are made later.
            heads.append((column, f'<c r="{letters}{GAP}" s="{style._get_xf_index()}"'))
            cells = (f"{letters}{number}" for number in range(first + 1, last + 2))
            self._links += (link for link in zip(cells, column.links, strict=False) if link[1])
        rows = partial(self._rows, first, heads, least)
        if self.later is None:
            # Shared strings must be known before the file is put together.
            made = list(rows())
            self._blocks.append((first, last, lambda: made))
        else:
            self._blocks.append((first, last, rows))
        return last

    def _rows(
        self, first: int, columns: Sequence[tuple[Column, str]], least: float
    ) -> Iterator[str]:
        encoders = [_Encoder(self, column, head) for column, head in columns]
        size = len(columns[0][0].values)
        for start in range(0, size, CHUNK):
            stop = min(start + CHUNK, size)
            numbers = range(first + start + 1, first + stop + 1)
            cells, lines = zip(*(each.encode(start, stop) for each in encoders), strict=True)
            heights = _heights(lines, least) if self.later is None else repeat("")
            heads = (f'<row r="{GAP}"{height}>' for height in heights)
            rows = map("".join, zip(heads, *cells, repeat("</row>")))
            yield "".join(row.replace(GAP, str(n)) for row, n in zip(rows, numbers, strict=True))

    def _write_sheet_data(self) -> None:
        """XlsxWriter's hook for the cells: its own rows between ours, in order."""
        if not self._blocks:
            super()._write_sheet_data()
            return
        top, bottom = self.dim_rowmin, self.dim_rowmax
        self._xml_start_tag("sheetData")
        for first, last, rows in self._blocks:
            self.dim_rowmin, self.dim_rowmax = top, first - 1
            self._write_rows()
            if self.later is None:
                self.fh.writelines(rows())
            else:
                self.fh.write(f"{GAP}{len(self.later)}{GAP}")
                self.later.append(rows)
            top = last + 1
        self.dim_rowmin, self.dim_rowmax = top, bottom
        self._write_rows()
        self._xml_end_tag("sheetData")

    def _write_hyperlinks(self) -> None:
        """XlsxWriter's hook for links: those of the tables, on sheets that have no others."""
        if self._links and self.hyperlinks:
            raise AssertionError("a sheet has links of two kinds")
        if not self._links:
            super()._write_hyperlinks()
            return
        self._xml_start_tag("hyperlinks")
        self.fh.writelines(
            f'<hyperlink ref="{cell}" location="{escape(place)}"/>'
            for cell, place in self._links[:MOST_LINKS]
        )
        self._xml_end_tag("hyperlinks")


def _heights(lines: Iterable[list[int]], least: float) -> Iterator[str]:
    for most in map(max, *lines, repeat(1)):
        height = min(max(most * LINE_POINTS + PAD_POINTS, least), MAX_HEIGHT)
        yield f' ht="{height:g}" customHeight="1"'


class _Encoder:
    """The values of one column → its cells, with `GAP` for the row's number."""

    def __init__(self, sheet: TableSheet, column: Column, head: str) -> None:
        self.sheet, self.column, self.head = sheet, column, head
        self.inline = sheet.later is not None
        self.blank = "" if self.inline else f"{head}/>"
        self.formula = escape(column.formula.replace("{row}", GAP), quote=False)
        self.text = f'{head} t="inlineStr"><is><t>'
        self.made: dict[Any, str] = {}
        self.lines: dict[Any, int] = {}

    def encode(self, start: int, stop: int) -> tuple[list[str], list[int]]:
        """The cells from one row to before another, and the lines of each where heights are set."""
        values = listed(self.column.values[start:stop])
        if len(self.made) > KEPT:
            self.made.clear()
            self.lines.clear()
        for value in dict.fromkeys(values):
            if value not in self.made:
                self._make(value)
        cells = list(map(self.made.__getitem__, values))
        return cells, [] if self.inline else list(map(self.lines.__getitem__, values))

    def _make(self, value: Any) -> None:
        # Nearly all texts are plain: those are looked at once.
        if self.inline and type(value) is str and is_plain(value):
            self.made[value] = f"{self.text}{value}</t></is></c>"
            return
        text = plain(value)
        self.made[value] = self._cell(text)
        if not self.inline:
            self.lines[value] = lines_of(text, self.column.room) if isinstance(text, str) else 1

    def _cell(self, value: str | float | None) -> str:
        if value is None:
            return self.blank
        if self.formula:
            return f"{self.head}><f>{self.formula}</f><v>{value!r}</v></c>"
        if not isinstance(value, str):
            return f"{self.head}><v>{value!r}</v></c>"
        # XlsxWriter copies shared strings of this look into the file as markup.
        if self.inline or value.startswith("<r>"):
            if not _MARKUP.search(value):
                return f"{self.text}{value}</t></is></c>"
            text = escape(_ESCAPE_LIKE.sub("_x005F_", value), quote=False)
            return f'{self.head} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        index = self.sheet.str_table._get_shared_string_index(value)
        return f'{self.head} t="s"><v>{index}</v></c>'
