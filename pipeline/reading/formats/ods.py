"""OpenDocument spreadsheets: content.xml walked once, repeated rows and cells kept closed up."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from pipeline.reading.formats.package import Attributes, Package, local, number, walk
from pipeline.reading.guard import MAX_CELLS, TroubleError
from pipeline.reading.raw import ERROR, FORMULA, MAX_COLUMNS, MAX_ROWS, Grid, on_sheet

_ERRORS = re.compile(
    r"#(?:REF|N/A|NAME|VALUE|DIV/0|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?|Err:\d{3}"
)
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,6})D)?T?(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:[.,](\d+))?S)?"
)
_DAY = timedelta(days=1)


class Ods:
    """An opened .ods: text counts only inside the paragraphs of a cell."""

    def __init__(self, package: Package) -> None:
        """Read the whole content.

        Raises:
            TroubleError: file-encrypted, file-damaged, file-unsafe-xml, file-unpacked-too-big,
                file-too-many-cells.
        """
        self.sheets: list[str] = []
        self._grids: list[Grid] = []
        self._index: list[int] = []
        self._concealed: set[str] = set()
        self._style = ""
        self._row = self._column = self._cells = 0
        self._row_times = 1
        self._filled: list[tuple[int, int, object]] = []
        self._row_marks: list[tuple[int, str, str]] = []
        self._cell: Attributes | None = None
        self._covered = False
        self._paragraphs: list[str] = []
        self._inside = self._aside = self._tables = 0
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "style": self._open_style,
            "table-properties": self._open_properties,
            "table": self._open_table,
            "table-row": self._open_row,
            "table-cell": self._open_cell,
            "covered-table-cell": lambda a: self._open_cell(a, covered=True),
            "p": self._open_paragraph,
            "s": lambda a: self._text(" " * min(number(_of(a, "c"), 1), 1000)),
            "tab": lambda a: self._text("\t"),
            "line-break": lambda a: self._text("\n"),
        }
        self._ends: dict[str, Callable[[], None]] = {
            "table": self._close_table,
            "table-row": self._close_row,
            "table-cell": self._close_cell,
            "covered-table-cell": self._close_cell,
            "p": self._close_paragraph,
        }
        manifest = "META-INF/manifest.xml"
        if manifest in package and b"encryption-data" in package.read(manifest):
            raise TroubleError("file-encrypted")
        xml = package.read("content.xml")
        walk(xml, self._start, self._end, self._text, what="工作表内容")

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """As `Book.grids`."""
        return [self._grids[place] for place in wanted]

    def _start(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if self._aside or tag in _ASIDE or (self._cell is not None and tag in _NESTED):
            self._aside += 1
        elif handler := self._starts.get(tag):
            handler(attributes)

    def _end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
        elif handler := self._ends.get(local(tag)):
            handler()

    def _text(self, data: str) -> None:
        if self._inside and not self._aside:
            self._paragraphs[-1] += data

    def _open_style(self, attributes: Attributes) -> None:
        self._style = _of(attributes, "name")

    def _open_properties(self, attributes: Attributes) -> None:
        if _of(attributes, "display") == "false":
            self._concealed.add(self._style)

    def _open_table(self, attributes: Attributes) -> None:
        self._tables += 1
        if self._tables > 1:
            return
        self.sheets.append(_of(attributes, "name"))
        self._index = []
        concealed = _of(attributes, "style-name") in self._concealed
        self._grids.append(Grid([], self._index, concealed=concealed))
        self._row = 0

    def _close_table(self) -> None:
        self._tables -= 1

    def _open_row(self, attributes: Attributes) -> None:
        self._row_times = min(number(_of(attributes, "number-rows-repeated"), 1), MAX_ROWS)
        self._column = 0
        self._filled, self._row_marks = [], []
        unseen = _of(attributes, "visibility") in ("collapse", "filter")
        if unseen and self._grids and self._row_times < MAX_ROWS // 2:
            self._grids[-1].hidden.update(range(self._row, self._row + self._row_times))

    def _close_row(self) -> None:
        if self._grids and (self._filled or self._row_marks):
            width = max((column + times for column, times, _ in self._filled), default=0)
            self._cells += width * self._row_times
            last = max(width, *(column for column, _, _ in self._row_marks), 0)
            if self._row + self._row_times > MAX_ROWS or last > MAX_COLUMNS:
                raise TroubleError("file-too-many-cells", "超出工作表的范围")
            if self._cells > MAX_CELLS:
                raise TroubleError("file-too-many-cells", f"超过 {MAX_CELLS} 个")
            values: list[object] = [None] * width
            for column, times, value in self._filled:
                values[column : column + times] = [value] * times
            for row in range(self._row, self._row + self._row_times):
                self._grids[-1].rows.append(values.copy())
                self._index.append(row)
                for column, code, detail in self._row_marks:
                    self._grids[-1].marks[row, column] = (code, detail)
        self._row += self._row_times

    def _open_cell(self, attributes: Attributes, *, covered: bool = False) -> None:
        self._cell, self._paragraphs, self._covered = attributes, [], covered

    def _close_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is None or not self._grids:
            return
        times = number(_of(cell, "number-columns-repeated"), 1)
        if not self._covered and len(cell) + len(self._paragraphs) > 0:
            self._merge(cell)
            text = "\n".join(self._paragraphs)
            kind = _of(cell, "value-type")
            formula = _of(cell, "formula")
            error = bool(formula) and _ERRORS.fullmatch(text.strip()) is not None
            if error or cell.get("calcext:value-type") == "error":
                self._row_marks.append((self._column, ERROR, text.strip() or "#错误"))
            elif formula and not kind:
                self._row_marks.append((self._column, FORMULA, ""))
            elif kind or text:
                value = _value(kind, cell, text)
                if value != "":
                    self._filled.append((self._column, times, value))
        self._column += times

    def _merge(self, cell: Attributes) -> None:
        rows = number(_of(cell, "number-rows-spanned"), 1)
        columns = number(_of(cell, "number-columns-spanned"), 1)
        if rows > 1 or columns > 1:
            self._grids[-1].merges += on_sheet(
                [(self._row, self._column, self._row + rows - 1, self._column + columns - 1)]
            )

    def _open_paragraph(self, attributes: Attributes) -> None:
        if self._cell is not None:
            self._paragraphs.append("")
            self._inside += 1

    def _close_paragraph(self) -> None:
        self._inside = max(0, self._inside - 1)


_ASIDE = frozenset(
    {"annotation", "shapes", "frame", "tracked-changes", "ruby-text", "custom-shape"}
)
"""What stands in a cell or a sheet without being its content: comments, drawings, old versions."""
_NESTED = frozenset({"table", "table-row", "table-cell", "covered-table-cell"})
"""A table inside a cell is none of the sheet's."""


def _of(attributes: Attributes, name: str) -> str:
    """An attribute by its name without prefix; the format's own before extensions of it."""
    for prefix in ("table", "office", "text", "style"):
        found = attributes.get(f"{prefix}:{name}")
        if found is not None:
            return found
    return ""


def _value(kind: str, cell: Attributes, text: str) -> object:
    """The value of a cell; what does not read as its kind stands as its text."""
    try:
        if kind == "float" and text in ("TRUE", "FALSE"):
            return text == "TRUE"
        if kind in ("float", "percentage", "currency"):
            return float(_of(cell, "value"))
        if kind == "date":
            return _date(_of(cell, "date-value"))
        if kind == "time":
            return _time(_of(cell, "time-value"))
        if kind == "boolean":
            return _of(cell, "boolean-value") == "true"
    except ValueError:
        return text
    return text or _of(cell, "string-value")


def _date(text: str) -> date | datetime:
    moment = datetime.fromisoformat(text).replace(tzinfo=None)
    return moment.date() if moment.time() == time() else moment


def _time(text: str) -> time | timedelta:
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:5])
    fraction = int((found[6] or "0")[:6].ljust(6, "0"))
    length = timedelta(days, seconds, fraction, 0, minutes, hours)
    if found[1]:
        return -length
    return (datetime.min + length).time() if length < _DAY else length
