"""The workbook that the sheets go into: what a cell holds, styles, titles, paper, one look.

A list that is too long for it goes into workbooks of its own, in a folder beside.
"""

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from numbers import Real
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline import style
from pipeline.isolate import Later
from pipeline.outcome import UNKNOWN_UNIT
from pipeline.style import FONT, row_height

CELL_LIMIT = 32_767
"""Characters (UTF-16 units) that Excel allows in a cell."""
SIZE = 10
"""Points of the usual letter."""
MAX_HEIGHT = 150.0
"""Height of the tallest row: a cell may hold a novel."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_DATE, _LAST_DATE = date(1900, 3, 1), date(9999, 12, 31)
_EPOCH = date(1899, 12, 30)

SHEET_ROWS = 1_048_576
"""Rows that a sheet can hold."""
LIST_ROWS = 50_000
"""Rows up to which a list stands in the workbook itself; and in each workbook beside it, which a
spreadsheet program opens at once."""
BESIDE = "ledger"
"""The folder of long lists."""
A4 = 9

INK, MUTED, BRAND, BAND, LINE = (
    f"#{colour}" for colour in (style.INK, style.MUTED, style.BRAND, style.BRAND_SOFT, style.LINE)
)

_MIDDLE = {"align": "center", "valign": "vcenter"}
_CELL = {"border": 1, "border_color": LINE, "valign": "vcenter"}
_OFFICIAL = {"font_name": "仿宋_GB2312", "font_size": 16, "text_wrap": True, "valign": "top"}
"""Text as official documents have it (GB/T 9704)."""
STYLES: dict[str, dict[str, Any]] = {
    "cover": {"bold": True, "font_size": 20, "font_color": INK, "valign": "vcenter"},
    "title": {"bold": True, "font_size": 15, "font_color": INK, "valign": "vcenter"},
    "note": {"font_size": 9, "font_color": MUTED, "valign": "vcenter"},
    "heading": {"bold": True, "font_size": 12, "font_color": INK, "bottom": 2, "valign": "vcenter"},
    "plain": {"valign": "vcenter"},
    "anchor": {"font_color": "#0B4DA2", "underline": 1, "valign": "vcenter"},
    "official": _OFFICIAL,
    "official title": _OFFICIAL | _MIDDLE | {"font_name": "方正小标宋简体", "font_size": 22},
    "official cell": _OFFICIAL | _MIDDLE | {"border": 1, "font_size": 14},
    "official date": _OFFICIAL | {"align": "right"},
    "unseen": {"num_format": ";;;"},
    "prose": {"text_wrap": True, "valign": "top"},
    "header": _CELL | {"bold": True, "bg_color": BAND, "align": "center", "text_wrap": True},
    "text": _CELL | {"text_wrap": True},
    "entry": _CELL | {"text_wrap": True, "bg_color": "#FFFBEA"},
    "small": _CELL | {"text_wrap": True, "font_size": 8},
    "name": _CELL | {"text_wrap": True, "bold": True},
    "mid": _CELL | {"text_wrap": True, "align": "center"},
    "number": _CELL | {"num_format": "General", "align": "right"},
    "zero": _CELL | {"num_format": 'General;-General;"–"', "align": "center"},
    "large": _CELL | {"num_format": 'General;-General;"–"', "align": "center", "font_size": 13},
    "large total": _CELL | {"align": "center", "bold": True, "bg_color": BAND, "font_size": 13},
    "large name": _CELL | {"text_wrap": True, "bold": True, "font_size": 13},
    "centre": _CELL | {"num_format": "General", "align": "center"},
    "signed": _CELL | {"num_format": "+General;-General;0", "align": "center"},
    "total": _CELL | {"num_format": "General", "align": "center", "bold": True, "bg_color": BAND},
    "place": _CELL | {"num_format": "0", "align": "center", "bold": True},
    "date": _CELL | {"num_format": "yyyy-mm-dd", "align": "center"},
    "link": _CELL | {"font_color": BRAND, "underline": 1, "align": "center"},
}
"""What a column's cells look like, by name."""
MOST_LINKS = 65_530
"""Links that Excel takes on a sheet; more would make it call the file damaged."""


def clean(text: str) -> str:
    """Text that a cell can hold: at most `CELL_LIMIT` characters, all of them allowed in XML.

    Forbidden characters go, line breaks become line feeds, half a surrogate becomes U+FFFD. All
    else stays: a title that is copied from here into the register must still name its claim.
    """
    if len(text) <= CELL_LIMIT // 2 and not _ODD.search(text):
        return text
    text = _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = _SURROGATE.sub("\ufffd", text).encode("utf-16-le")[: 2 * CELL_LIMIT]
    return units.decode("utf-16-le", errors="ignore")


def plain(value: Any) -> str | float | None:
    """A value as a cell holds it: text, a number, or None for an empty cell."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        held = _FIRST_DATE <= day <= _LAST_DATE  # in a date cell
        return (day - _EPOCH).days if held else day.isoformat()
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if math.isnan(number):
            return None
        if math.isinf(number):
            return str(number)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return clean(str(value)) or None


def height_of(texts: Iterable[tuple[str, float]]) -> float:
    """The height of a row that holds these (text, column width) pairs, in points."""
    return min(row_height(texts, SIZE), MAX_HEIGHT)


def listed(values: Sequence[Any] | pd.Series) -> list[Any]:
    """The values as Python's own objects: an array of text is slow to walk through."""
    return list(values.to_numpy(dtype=object) if isinstance(values, pd.Series) else values)


@dataclass(frozen=True)
class Column:
    """A column of a table, `width` characters of the default font wide: a Chinese one takes two.

    Attributes:
        values: the cells from top to bottom; with `formula` the cached values.
        style: a name of `STYLES`.
        formula: without `=`; `{row}` is the row's number. Rows without a value get none.
        hidden: whether only formulas look at it.
        folded: whether it stands in the last group, which opens with a click on the plus above.
        links: for each cell the place in this workbook that it leads to, or ''.
    """

    header: str
    width: float
    values: Sequence[Any] | pd.Series
    style: str = "text"
    formula: str = ""
    hidden: bool = False
    folded: bool = False
    links: Sequence[str] = ()


@dataclass(frozen=True)
class Span:
    """Where a table's rows stand: sheet name, first and last row (from 1) and its columns."""

    sheet: str
    first: int
    last: int
    columns: tuple[str, ...]

    def column(self, header: str, until: str = "") -> str:
        """The absolute range of a column, or of several: `'排名'!$C$5:$C$10`."""
        left, right = self.letter(header), self.letter(until or header)
        return f"'{self.sheet}'!${left}${self.first}:${right}${self.last}"

    def letter(self, header: str) -> str:
        """The letter of a column."""
        return str(xl_col_to_name(self.columns.index(header)))


class Book:
    """A workbook in the making; `close` writes it."""

    def __init__(
        self,
        path: Path,
        *,
        title: str,
        line: str,
        when: datetime,
        about: str = "",
        long: bool = False,
        beside: "Beside | None" = None,
    ) -> None:
        """Begin a workbook on `title`, with `line` in each footer; no time but `when` goes in.

        Args:
            about: the title in the document's properties, where it is another.
            long: too long to be held in memory; each sheet is written from top to bottom, and an
                empty cell is none where it has no colour.
            beside: takes the lists that are too long for this workbook.
        """
        # What is kept on disk meanwhile lies beside the file and goes with it.
        held = {"constant_memory": True, "tmpdir": path.parent} if long else {"in_memory": True}
        self.title, self.line, self.when = title, line, when
        self.long, self.beside = long, beside
        self.workbook = xlsxwriter.Workbook(str(path), {"use_zip64": True} | held)
        self.workbook.set_properties({"title": about or title, "comments": line, "created": when})
        self._styles: dict[str, Format] = {}
        self.workbook.formats[0].set_font_name(FONT)
        self.workbook.formats[0].set_font_size(SIZE)

    def style(self, name: str) -> Format:
        """The format of this name."""
        if name not in self._styles:
            properties = {"font_name": FONT, "font_size": SIZE} | STYLES[name]
            if self.long:
                properties.pop("border", None)
            self._styles[name] = self.workbook.add_format(properties)
        return self._styles[name]

    def sheet(
        self, name: str, title: str = "", notes: Sequence[str] = (), tab: str = LINE
    ) -> Worksheet:
        """A new sheet with its title and notes from A1 down, set up for A4 across."""
        sheet: Worksheet = self.workbook.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_tab_color(tab)
        sheet.hide_gridlines(0 if self.long else 2)
        self.footer(sheet, "&A　")
        if title:
            sheet.set_row(0, 28)
            sheet.write_string(0, 0, clean(title), self.style("title"))
        for row, note in enumerate(notes, start=1):
            sheet.write_string(row, 0, clean(note), self.style("note"))
        return sheet

    def footer(self, sheet: Worksheet, name: str = "", middle: str = "") -> None:
        """Stage and readings, what stands in the middle, and the page, after `name`."""
        line = self.line.replace("&", "&&")
        sheet.set_footer(f"&L&8{line}{middle and f'&C&10{middle}'}&R&8{name}第 &P 页，共 &N 页")

    def table(
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        row: int,
        *,
        freeze: int = 0,
        least: float = 0,
    ) -> Span:
        """As `rows`; `freeze` columns stay in view, headers stand on each page and filter."""
        for index, column in enumerate(columns):
            look = {"hidden": column.hidden or column.folded, "level": int(column.folded)}
            sheet.set_column(index, index, column.width, None, look)
        if columns[-1].folded:  # the plus that opens the group stands over the column behind it
            sheet.set_column(len(columns), len(columns), 4, None, {"collapsed": True})
        last = self.rows(sheet, row, columns, least=least)
        sheet.freeze_panes(row + 1, freeze)
        sheet.repeat_rows(row)
        if last > row:
            sheet.autofilter(row, 0, last, len(columns) - 1)
        return Span(sheet.get_name(), row + 2, last + 1, tuple(c.header for c in columns))

    def rows(
        self,
        sheet: Worksheet,
        row: int,
        columns: Sequence[Column],
        *,
        least: float = 0,
        header: float = 0,
    ) -> int:
        """Write headers in `row` (from 0) and the values below; return the last row (from 0).

        Rows are as high as their texts need: at least `least` points, the headers' `header`.
        """
        headers = [clean(column.header) for column in columns]
        widths = [column.width for column in columns]
        sheet.set_row(row, header or height_of(zip(headers, widths, strict=True)))
        for index, text in enumerate(headers):
            sheet.write_string(row, index, text, self.style("header"))
        rooms = [c.width * (1.25 if c.style == "small" else 1.0) for c in columns]
        cells = [[plain(value) for value in listed(column.values)] for column in columns]
        for at, values in enumerate(zip(*cells, strict=True)):
            row += 1
            texts = (pair for pair in zip(values, rooms, strict=True) if isinstance(pair[0], str))
            height = height_of(texts)
            sheet.set_row(row, max(height, least))
            for index, (column, value) in enumerate(zip(columns, values, strict=True)):
                self._cell(sheet, row, index, column, value)
                if column.links and column.links[at] and at < MOST_LINKS:
                    link = f"internal:{column.links[at]}"
                    sheet.write_url(row, index, link, self.style(column.style), str(value))
        return row

    def _cell(
        self, sheet: Worksheet, row: int, index: int, column: Column, value: str | float | None
    ) -> None:
        """A cell that holds nothing but text or a number, or the formula of its column."""
        style = self.style(column.style)
        if value is None:
            if not self.long or "bg_color" in STYLES[column.style]:
                sheet.write_blank(row, index, None, style)
        elif column.formula:
            formula = "=" + column.formula.replace("{row}", str(row + 1))
            sheet.write_formula(row, index, formula, style, value)
        elif not isinstance(value, str):
            sheet.write_number(row, index, value, style)
        elif value.startswith("<r>") and value.endswith("</r>"):
            # XlsxWriter would copy a text of this look into the file as markup.
            sheet.write_rich_string(row, index, value[:1], style, value[1:], style)
        else:
            sheet.write_string(row, index, value, style)

    def mark(self, span: Span, header: str, test: str, **look: Any) -> None:
        """Give a table's rows another look where the cell under `header` passes a test.

        `test` is a formula about it, e.g. `{cell}="不计"`; `look` has XlsxWriter's names.
        """
        if span.last >= span.first:
            criteria = test.replace("{cell}", f"${span.letter(header)}{span.first}")
            rule = {"type": "formula", "criteria": f"={criteria}"}
            rule["format"] = self.workbook.add_format(look)
            sheet = self.workbook.get_worksheet_by_name(span.sheet)
            area = (span.first - 1, 0, span.last - 1, len(span.columns) - 1)
            sheet.conditional_format(*area, rule)

    def listing(
        self,
        name: str,
        notes: Sequence[str],
        columns: Sequence[Column],
        *,
        freeze: int = 0,
        printed: int | None = None,
        marks: Sequence[tuple[str, str, Mapping[str, Any]]] = (),
    ) -> Span:
        """A table on a sheet of its own; only its headers where it is too long a list of units.

        Without a place beside it goes on in `name(2)`, … where a sheet ends; gives the first. Of
        the rows `printed` are in the print area, where not all are; `marks` are those of `mark`.
        """
        of_units = any(column.header == "单位" for column in columns)
        if self.beside and of_units and len(columns[0].values) > LIST_ROWS:
            where = self.beside.take(self, name, notes, columns, freeze)
            notes = [*notes[:-1], f"{where}。{notes[-1]}"]
            columns = [replace(column, values=()) for column in columns]
        header = 1 + len(notes)
        capacity = SHEET_ROWS - header - 1
        spans: list[Span] = []
        for start in range(0, max(len(columns[0].values), 1), capacity):
            called = f"{name}({len(spans) + 1})" if start else name
            sheet = self.sheet(called, f"{self.title}　{called}", notes)
            cut = [replace(c, values=c.values[start : start + capacity]) for c in columns]
            span = self.table(sheet, cut, header, freeze=freeze)
            if printed is not None:
                shown = min(max(printed - start, 0), capacity, len(cut[0].values))
                sheet.print_area(0, 0, header + shown, len(columns) - 1)
            for about, test, look in marks:
                self.mark(span, about, test, **look)
            spans.append(span)
        return spans[0]

    def close(self) -> None:
        """Write the file; raises OSError where it cannot be written."""
        try:
            self.workbook.close()
        except FileCreateError as error:
            # The number of the fault tells a full disk from other causes.
            raise error.args[0] from error


class Beside:
    """Lists that are too long for a workbook, in workbooks of their own in a folder beside it:
    `made` holds each file, with what it holds in Chinese.
    """

    def __init__(self, folder: Path, later: Later) -> None:
        """Begin; the folder is made when it is needed."""
        self.made: list[tuple[Path, str]] = []
        self._folder, self._later = folder, later

    def take(
        self, book: Book, name: str, notes: Sequence[str], columns: Sequence[Column], freeze: int
    ) -> str:
        """Have a list of what units did written, in its order; gives a sentence on where it stands.

        Raises:
            OSError: the folder cannot be made.
        """
        self._folder.mkdir(exist_ok=True)
        size, begun = len(columns[0].values), len(self.made)
        for number, start in enumerate(range(0, size, LIST_ROWS), start=1):
            path, stop = self._folder / f"{name}-{number:03}.xlsx", min(start + LIST_ROWS, size)
            cut = [replace(column, values=_part(column, start, stop)) for column in columns]
            title = f"{book.title}　{name}（{number}）"
            self._later(_write_list, path, book.when, name, [title, *notes], cut, freeze)
            units = listed(next(column.values for column in cut if column.header == "单位"))
            ends = [clean(str(unit)) or UNKNOWN_UNIT for unit in (units[0], units[-1])]
            self.made.append((path, f"第 {start + 1}–{stop} 行，从 {'到 '.join(ends)}"))
        return (
            f"超过 {LIST_ROWS} 行，写在一个工作簿里不便打开：全部在同一文件夹的 "
            f"{self._folder.name} 里，共 {len(self.made) - begun} 个工作簿，"
            "各从哪个单位到哪个单位见“运行信息”"
        )


def _part(column: Column, start: int, stop: int) -> Sequence[Any] | pd.Series:
    """Some of a column's cells, without the texts that only the others have."""
    part = column.values[start:stop]
    if isinstance(part, pd.Series) and isinstance(part.dtype, pd.CategoricalDtype):
        return part.cat.remove_unused_categories()
    return part


def _write_list(
    path: Path, when: datetime, name: str, above: Sequence[str], columns: Sequence[Column],
    freeze: int,
) -> None:  # fmt: skip
    """Write a list as a workbook, with lines above it; each row is one line high."""
    # Not at the top: hardly anybody has so many claims.
    from rustpy_xlsxwriter import FastExcel, Format

    def look(style: str) -> Format:
        asked, made = STYLES[style], Format().set_font_name(FONT)
        made.set_font_size(asked.get("font_size", SIZE)).set_align("vcenter")
        made.set_align(asked.get("align", "left"))
        return made.set_num_format(asked.get("num_format", "General"))

    header, last = len(above), len(columns) - 1
    rows = {clean(column.header): listed(column.values) for column in columns}
    records = (
        dict(zip(rows, map(plain, row), strict=True)) for row in zip(*rows.values(), strict=True)
    )
    package = io.BytesIO()
    FastExcel(package).freeze(row=header + 1, col=freeze).sheet(
        name,
        records,
        column_widths=[column.width for column in columns],
        column_formats=[look(column.style) for column in columns],
        header_format=look("header").set_bold().set_background_color(BAND),
        header_row=header,
        merge_ranges=[(row, 0, row, last, clean(text)) for row, text in enumerate(above)],
        autofilter=True,
        # A table of shared texts would take one like <r>…</r> for markup.
        dedupe_strings=False,
        page_setup={"landscape": True, "paper_size": A4, "fit_to_pages": (1, 0),
                    "repeat_rows": header, "print_area": (0, 0, header, last)},
    ).save()  # fmt: skip
    save_package(package, path, when)


def save_package(package: io.BytesIO, path: Path, when: datetime) -> None:
    """Write a document of Office without the time of its making; `when` stands in its properties.

    Raises:
        OSError: the file cannot be written.
    """
    stamp = f"{when:%Y-%m-%dT%H:%M:%SZ}".encode()
    with ZipFile(package) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part, content = ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name)
            part.compress_type, part.create_system = ZIP_DEFLATED, 3  # the same on every system
            if name == "docProps/core.xml":
                content = re.sub(rb'(?<=W3CDTF">)[^<]*', stamp, content)
            target.writestr(part, content)


class Page:
    """A sheet, upright, that is written from top to bottom; it goes on in `row` (from 0)."""

    def __init__(self, book: Book, sheet: Worksheet, widths: Sequence[float], row: int) -> None:
        """Begin in `row`, with columns as wide as `widths` says."""
        self.book, self.sheet, self.widths, self.row = book, sheet, widths, row
        sheet.set_portrait()
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)

    def line(self, text: str, style: str, height: float) -> None:
        """Write a text into the first column."""
        self.sheet.write_string(self.row, 0, clean(text), self.book.style(style))
        self.sheet.set_row(self.row, height)
        self.row += 1

    def paragraph(self, text: str, style: str = "prose", height: float = 0) -> None:
        """Write a text across all columns; a merged cell needs its height given."""
        last, look = len(self.widths) - 1, self.book.style(style)
        self.sheet.merge_range(self.row, 0, self.row, last, "", look)
        self.line(text, style, height or height_of([(clean(text), sum(self.widths))]))
