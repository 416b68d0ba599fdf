"""Workbooks of Excel's XML kind: parts unpacked once, cut to what holds content, read by calamine.

calamine takes only the workbook that is packed anew here: the sheets that are needed, without
the hundreds of ready rows below the last entry. What calamine does not tell (error values,
formulas without a result, hidden rows) is taken from the XML, only where a search finds a sign.
"""

import posixpath
import re
from collections.abc import Sequence
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.reading.formats.package import (
    Attributes,
    Package,
    inert,
    local,
    number,
    stored,
    utf8,
    walk,
)
from pipeline.reading.guard import MAX_CELLS, TroubleError, hostile
from pipeline.reading.raw import ERROR, FORMULA, MAX_COLUMNS, MAX_ROWS, Grid, Range, on_sheet

_REL = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS_OPEN = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/>'
    b'<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_ROOT = _RELS_OPEN + (
    b'<Relationship Id="r" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    % _REL
)
_TRUE = ("1", "true", "on")
_NO_SHEET = b"<worksheet><sheetData/></worksheet>"
OF_CALAMINE = (CalamineError, ValueError, OverflowError, OSError)
_FORMULA = rb"(?:<(?:\w+:)?f[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"
_ERROR_CELL = re.compile(
    rb"""(<(?:\w+:)?c\s[^<>]*\bt\s*=\s*["']e["'][^<>]*>%s<(?:\w+:)?v>)[^<]*(?=<)""" % _FORMULA
)
_HUGE = rb"<(?:\w+:)?v>-?(?:[0-9]{12}|[0-9.]*[eE]\+?[0-9]{2})"
_HUGE_NUMBER = re.compile(_HUGE)
_HUGE_CELL = re.compile(
    rb"""(<(?:\w+:)?c\s[^<>]*?)\bs\s*=\s*["'][0-9]+["']([^<>]*>%s%s)""" % (_FORMULA, _HUGE)
)


class Xlsx:
    """An opened .xlsx or .xlsm."""

    def __init__(self, package: Package, main: str) -> None:
        """Read the list of sheets; `main` is the part that has it.

        Raises:
            TroubleError: file-damaged, file-unsafe-xml, file-encrypted, file-unpacked-too-big.
        """
        self._package = package
        self._relations = _relations_of(package, main)
        self._date1904 = False
        self._ids: list[str] = []
        self.sheets: list[str] = []
        self._hidden: list[bool] = []
        walk(package.read(main), self._entry, what="工作簿目录")

    def _entry(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "workbookPr":
            self._date1904 = attributes.get("date1904") in _TRUE
        elif tag == "sheet" and "name" in attributes:
            ids = [v for name, v in attributes.items() if local(name) == "id" and ":" in name]
            kind, _ = self._relations.get(ids[0] if ids else "", ("", ""))
            if kind == "worksheet":
                self._ids.append(ids[0])
                self._hidden.append(attributes.get("state", "visible") != "visible")
                self.sheets.append(attributes["name"])

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """As `Book.grids`; a TroubleError is as above, or file-too-many-cells."""
        parts: dict[str, bytes] = {}
        read: list[tuple[list[Range], bytes, Sequence[int] | None]] = []
        for place in wanted:
            part = self._relations[self._ids[place]][1]
            xml = utf8(self._package.read(part, without_empty_rows))
            head = inert(_cut(xml))
            parts[f"xl/s{place}.xml"], moved = close_up(_tame(head))
            read.append((merges_of(xml), head, moved))
        for kind in ("sharedStrings", "styles"):
            name = next((t for k, t in self._relations.values() if k == kind), "")
            if name and name in self._package:
                parts[f"xl/{kind}.xml"] = inert(utf8(self._package.read(name)))
        packed = BytesIO(self._packed(wanted, parts))
        with hostile("工作表内容", *OF_CALAMINE):
            book = CalamineWorkbook.from_filelike(packed)
        grids = []
        for nth, (merges, head, moved) in enumerate(read):
            with hostile("工作表内容", *OF_CALAMINE):
                rows = book.get_sheet_by_index(nth).to_python(skip_empty_area=False)
            index = range(len(rows)) if moved is None else moved[: len(rows)]
            marks, hidden = marks_of(head)
            concealed = self._hidden[wanted[nth]]
            grids.append(Grid(rows[: len(index)], index, merges, marks, hidden, concealed))
        return grids

    def _packed(self, wanted: Sequence[int], parts: dict[str, bytes]) -> bytes:
        sheets = b"".join(
            b'<sheet name="s%d" sheetId="%d" r:id="s%d"/>' % (place, nth, place)
            for nth, place in enumerate(wanted, 1)
        )
        relations = b"".join(
            b'<Relationship Id="%s" Type="%s/%s" Target="%s"/>'
            % (stem, _REL, stem if stem in (b"styles", b"sharedStrings") else b"worksheet", file)
            for file in (name[3:].encode() for name in parts)
            for stem in (file[:-4],)
        )
        book = (
            b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            b'xmlns:r="%s"><workbookPr date1904="%d"/><sheets>%s</sheets></workbook>'
            % (_REL, self._date1904, sheets)
        )
        return stored(
            {
                "[Content_Types].xml": _TYPES,
                "_rels/.rels": _ROOT,
                "xl/workbook.xml": book,
                "xl/_rels/workbook.xml.rels": _RELS_OPEN + relations + b"</Relationships>",
                **parts,
            }
        )


def _tame(xml: bytes) -> bytes:
    """A sheet without what calamine refuses it for: errors of newer Excel, endless dates."""
    if b'"e"' in xml or b"'e'" in xml:
        xml = _ERROR_CELL.sub(rb"\g<1>#N/A", xml)
    if _HUGE_NUMBER.search(xml):
        xml = _HUGE_CELL.sub(rb"\g<1>\g<2>", xml)
    return xml


def relations(listing: bytes, folder: str) -> dict[str, tuple[str, str]]:
    """Id → (kind, part) of what the parts of a folder refer to, by one of their lists."""
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = attributes.get("Target", "").replace("\\", "/")
            part = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[attributes.get("Id", "")] = kind, part

    walk(listing, start, what="工作簿目录")
    return found


def _relations_of(package: Package, part: str) -> dict[str, tuple[str, str]]:
    folder, _, file = part.rpartition("/")
    listing = posixpath.join(folder, "_rels", f"{file}.rels")
    return relations(package.read(listing), folder) if listing in package else {}


def main_part(package: Package) -> str:
    """The part that a package says is its document, or ''."""
    targets = _relations_of(package, "").values()
    return next((target for kind, target in targets if kind == "officeDocument"), "")


def _cut(xml: bytes) -> bytes:
    """A sheet without the rows below its last cell with content.

    A cell with content has an end tag. Where tags carry a prefix nothing is cut.
    """
    start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    if start < 0 or end < 0:
        return xml
    last = xml.rfind(b"</c", start, end)
    if last < 0:
        return _NO_SHEET
    return xml[: xml.find(b">", last) + 1] + b"</row></sheetData></worksheet>"


# Two letters or five digits: rare enough to look closely, and 26 by 9,999 cells are no danger.
_FAR = re.compile(rb' r="(?:[A-Za-z]{2}|[A-Za-z]?[0-9]{5})')
_REF = re.compile(rb'(<(?:c|row) r=")([A-Za-z]{0,3})([0-9]{1,7})(?=")')
_ANY_REF = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_EMPTY_ROW = re.compile(
    rb'<row r="[^<>]*+>(?:(?<=/>)|\s*+(?:<c r="[^<>]*+>(?:(?<=/>)|</c>)\s*+)*+</row>)\s*+'
)
_EMPTY_CELL = re.compile(rb'<c r="[^<>]*+(?<=/)>')
_BEYOND = TroubleError("file-damaged", "有单元格超出工作表的范围")


def without_empty_rows(xml: bytes) -> bytes:
    """A sheet, or a piece of one, without the rows that say where they are and hold nothing."""
    return _EMPTY_ROW.sub(b"", xml)


def close_up(xml: bytes) -> tuple[bytes, Sequence[int] | None]:
    """A sheet that can be held, and the true rows (from 0) where they were moved.

    Raises:
        TroubleError: file-too-many-cells.
    """
    if not _FAR.search(xml):
        return xml, None
    if xml.count(b"</c") > MAX_CELLS:
        raise TroubleError("file-too-many-cells", f"超过 {MAX_CELLS} 个")
    movable = _says_where(xml)
    if movable:
        xml = _EMPTY_CELL.sub(b"", without_empty_rows(xml))
    rows, columns = _extent(xml)
    if rows * columns <= MAX_CELLS:
        return xml, None
    used = sorted({int(found[3]) for found in _REF.finditer(xml)}) if movable else range(rows)
    if len(used) * columns > MAX_CELLS:
        raise TroubleError("file-too-many-cells", f"{rows} 行 × {columns} 列")
    place = {row: b"%d" % nth for nth, row in enumerate(used, 1)}
    moved = _REF.sub(lambda found: found[1] + found[2] + place[int(found[3])], xml)
    return moved, [row - 1 for row in used]


def _says_where(xml: bytes) -> bool:
    """Whether each row and cell says where it is, the way every program writes it."""
    return (
        xml.count(b"<row ") == xml.count(b'<row r="')
        and xml.count(b"<c ") == xml.count(b'<c r="')
        and not any(sign in xml for sign in (b"<row>", b"<c>", b":row", b"<![CDATA[", b"<!--"))
    )


def _extent(xml: bytes) -> tuple[int, int]:
    """The last row and the last column that a cell or row names."""
    rows = 0
    letters: set[bytes] = set()
    for name, row in _ANY_REF.findall(xml):
        if len(name) > 3 or len(row) > 7:
            raise _BEYOND
        rows = max(rows, int(row))
        letters.add(name)
    columns = max((column_number(name.decode()) + 1 for name in letters), default=0)
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise _BEYOND
    return rows, columns


_SIGNS = (b"<f", b":f", b'"e"', b"'e'", b"hidden")
_MERGE = re.compile(
    rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})["']"""
)
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")

Marks = dict[tuple[int, int], tuple[str, str]]


def column_number(letters: str) -> int:
    """Column letters → column (from 0)."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def merges_of(xml: bytes) -> list[Range]:
    """The merged ranges of a sheet."""
    if b"mergeCell" not in xml:
        return []
    found = ([part.decode() for part in match.groups()] for match in _MERGE.finditer(xml))
    return on_sheet(
        (int(top) - 1, column_number(left), int(bottom) - 1, column_number(right))
        for left, top, right, bottom in found
    )


def marks_of(xml: bytes) -> tuple[Marks, set[int]]:
    """Marks and hidden rows of a sheet; its XML is only walked where it shows a sign of one."""
    if not any(sign in xml for sign in _SIGNS):
        return {}, set()
    reader = _Marks()
    walk(xml, reader.start, reader.end, reader.text, what="工作表内容")
    return reader.marks, reader.hidden


class _Marks:
    """Follows the cells of a sheet, also those that do not say where they are."""

    def __init__(self) -> None:
        self.marks: Marks = {}
        self.hidden: set[int] = set()
        self.row = self.column = -1
        self.kind = ""
        self.formula = self.in_value = False
        self.value: list[str] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "c":
            self._open_cell(attributes)
        elif tag == "f":
            self.formula = True
        elif tag in ("v", "is"):
            self.in_value = True
        elif tag == "row":
            self.row = number(attributes.get("r", ""), self.row + 2) - 1
            self.column = -1
            if attributes.get("hidden") in _TRUE:
                self.hidden.add(self.row)

    def _open_cell(self, attributes: Attributes) -> None:
        place = _CELL.fullmatch(attributes.get("r", ""))
        if place:
            self.row, self.column = int(place[2]) - 1, column_number(place[1])
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        self.formula = self.in_value = False
        self.value.clear()

    def text(self, data: str) -> None:
        if self.in_value:
            self.value.append(data)

    def end(self, tag: str) -> None:
        tag = local(tag)
        if tag in ("v", "is"):
            self.in_value = False
        elif tag == "c":
            value = "".join(self.value).strip()
            if self.kind == "e":
                self.marks[self.row, self.column] = (ERROR, value)
            elif self.formula and not value and self.kind != "str":
                self.marks[self.row, self.column] = (FORMULA, "")
