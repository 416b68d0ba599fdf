"""Spares openpyxl the cells: a workbook goes through it hollow and gets its cells back untouched.

Nearly all the time that openpyxl needs goes into thousands of formatted, mostly empty cells that a
copy hardly changes. So each sheet is loaded with nothing but the cells that will be marked, and
what was between `<sheetData>` and `</sheetData>` is put back into the saved file, with new style
numbers on the marked cells. Formulas then also keep their stored results. It is done only where
everything is as usual; whatever is odd (older marks, merged marks, links in formulas, strange XML)
takes the slow way through openpyxl.
"""

import io
import re
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from html import unescape
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl.reader.excel import ExcelReader

from pipeline.feedback.harmless import is_harmless
from pipeline.feedback.marks import FILLS
from pipeline.reading.formats.package import stored
from pipeline.reading.formats.xlsx import merges_of
from pipeline.text import fold

STRINGS = "xl/sharedStrings.xml"
_NO_STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_BODY = re.compile(rb"<sheetData\s*(?:/>|>(.*?)</sheetData\s*>)", re.DOTALL)
_TAG = re.compile(rb"</?([\w:]+)")
_TAGS = frozenset(b"row c v f is t r rPr rPh phoneticPr b i u strike sz color rFont family charset "
                  b"scheme vertAlign outline shadow condense extend".split())  # fmt: skip
_FORMULA = re.compile(rb"<f\b([^>]*?)(?:/>|>(.*?)</f\s*>)", re.DOTALL)
_STRANGE = re.compile(rb"<[!?]|\s(?:cm|vm|ph)\s*=|t\s*=\s*[\"']dataTable")
# Where Excel's letters stand in a row; what openpyxl saves does not declare the prefix.
_DESCENT = re.compile(rb'(<row\b[^>]*?)\sx14ac:dyDescent="[^"]*"')
_STYLE = re.compile(rb'\ss="(\d+)"')
_XFS = re.compile(rb"<cellXfs\b.*?</cellXfs>", re.DOTALL)
_PLACE = re.compile(r"([A-Z]+)([0-9]+)")


class OddError(Exception):
    """Something is not as usual: take the slow way."""


@dataclass(frozen=True)
class Hollow:
    """A workbook without its cells.

    Attributes:
        data: the workbook for openpyxl.
        styles: number of cell styles in it; they keep their numbers where openpyxl finds as many.
        bodies: sheet → what stood between the tags of its cells.
        marked: sheet → references of the cells that are left in it.
        strings: the shared strings, b'' without.
    """

    data: bytes
    styles: int
    bodies: dict[str, bytes]
    marked: dict[str, list[str]]
    strings: bytes


def hollow_out(data: bytes, marked: Mapping[str, Collection[str]]) -> Hollow:
    """Take the cells out of an .xlsx.

    Args:
        data: the file.
        marked: sheet (as findings name it) → references of the cells that will be marked.

    Raises:
        OddError: it is not as usual.
    """
    with ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    if any("comments" in name.lower() for name in parts):
        raise OddError("comments, perhaps ours")
    styles = parts.get("xl/styles.xml", b"")
    if any(fill[2:].encode() in styles.upper() for fill in FILLS):
        raise OddError("perhaps our marks")
    xfs = _XFS.search(styles)
    strings = parts.get(STRINGS, b"")
    bodies: dict[str, bytes] = {}
    left: dict[str, list[str]] = {}
    for title, part in _sheet_parts(data):
        cells = next((c for name, c in marked.items() if fold(name) == fold(title)), ())
        parts[part], bodies[title] = _hollow_sheet(parts[part], sorted(cells))
        left[title] = sorted(cells)
    if strings:
        _check_xml(strings)
        parts[STRINGS] = _NO_STRINGS
    return Hollow(
        stored(parts), len(re.findall(rb"<xf\b", xfs[0])) if xfs else 0, bodies, left, strings
    )


def _sheet_parts(data: bytes) -> list[tuple[str, str]]:
    reader = ExcelReader(io.BytesIO(data), keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    found = [(facts.name, relation.target) for facts, relation in reader.parser.find_sheets()]
    if not all(_SHEET.fullmatch(part) for _, part in found):
        raise OddError("a sheet that is no worksheet")
    return found


def _hollow_sheet(xml: bytes, cells: Sequence[str]) -> tuple[bytes, bytes]:
    found = list(_BODY.finditer(xml))
    if len(found) != 1 or xml.count(b"<sheetData") != 1:
        raise OddError("sheetData")
    body = _DESCENT.sub(rb"\1", found[0][1] or b"")
    if _STRANGE.search(body) or not _TAGS.issuperset(_TAG.findall(body)):
        raise OddError("elements")
    for _, formula in _FORMULA.findall(body):
        if not is_harmless(unescape(formula.decode())):
            raise OddError("formula")
    merges = merges_of(xml)
    rows: dict[int, list[bytes]] = {}
    for cell in cells:
        row, column = _position(cell)
        if any(_covers(merge, row - 1, column - 1) for merge in merges):
            raise OddError("merged")
        style = _STYLE.search(_start_of(cell, body)[0])
        number = b' s="%s"' % style[1] if style else b""
        rows.setdefault(row, []).append(b'<c r="%s"%s/>' % (cell.encode(), number))
    kept = b"".join(b'<row r="%d">%s</row>' % (row, b"".join(rows[row])) for row in sorted(rows))
    return b"%s<sheetData>%s</sheetData>%s" % (
        xml[: found[0].start()], kept, xml[found[0].end() :],
    ), body  # fmt: skip


def _covers(merge: tuple[int, int, int, int], row: int, column: int) -> bool:
    """Whether a merged range hides this cell behind its top left one."""
    top, left, bottom, right = merge
    return top <= row <= bottom and left <= column <= right and (row, column) != (top, left)


def _position(cell: str) -> tuple[int, int]:
    place = _PLACE.fullmatch(cell)
    if place is None:
        raise OddError("reference")
    column = 0
    for letter in place[1]:
        column = column * 26 + ord(letter) - 64
    return int(place[2]), column


def _start_of(cell: str, xml: bytes) -> re.Match[bytes]:
    found = list(re.finditer(rb'<c r="%s"(?:\s[^>]*)?/?>' % cell.encode(), xml))
    if len(found) != 1:
        raise OddError("cell")
    return found[0]


def fill_again(saved: bytes, hollow: Hollow, titles: Sequence[str]) -> bytes:
    """Put the cells back into the workbook that openpyxl saved.

    Args:
        saved: the workbook.
        hollow: what was taken out.
        titles: the names of its sheets in order; those that were not hollowed out stay.

    Raises:
        OddError: it is not as usual.
    """
    result = io.BytesIO()
    with ZipFile(io.BytesIO(saved)) as source, ZipFile(result, "w", ZIP_DEFLATED) as target:
        parts = {f"xl/worksheets/sheet{n}.xml": title for n, title in enumerate(titles, 1)}
        if STRINGS in source.namelist():
            raise OddError("two lists of strings")
        for info in source.infolist():
            data = source.read(info)
            title = parts.get(info.filename, "")
            if title in hollow.bodies:
                data = _fill_sheet(data, hollow.bodies[title], hollow.marked[title])
            elif hollow.strings and info.filename == "[Content_Types].xml":
                data = data.replace(b"</Types>", _STRINGS_TYPE + b"</Types>")
            elif hollow.strings and info.filename == "xl/_rels/workbook.xml.rels":
                data = data.replace(b"</Relationships>", _STRINGS_RELATION + b"</Relationships>")
            target.writestr(info, data)
        if hollow.strings:
            extra = copy(source.infolist()[0])
            extra.filename = STRINGS
            target.writestr(extra, hollow.strings)
    return result.getvalue()


_STRINGS_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_STRINGS_RELATION = (
    b'<Relationship Id="rIdStrings" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/sharedStrings" Target="/xl/sharedStrings.xml"/>'
)


def _fill_sheet(xml: bytes, body: bytes, cells: Sequence[str]) -> bytes:
    for cell in cells:
        style = _STYLE.search(_start_of(cell, xml)[0])
        if style is None:
            raise OddError("style")
        old = _start_of(cell, body)
        tag = _STYLE.sub(b"", old[0]).replace(b"<c ", b'<c s="%s" ' % style[1], 1)
        body = body[: old.start()] + tag + body[old.end() :]
    found = _BODY.search(xml)
    if found is None:
        raise OddError("sheetData")
    # openpyxl says of the hollow sheet how far it reaches; the element may be missing.
    head = re.sub(rb"<dimension\b[^>]*?/>", b"", xml[: found.start()])
    whole = b"%s<sheetData>%s</sheetData>%s" % (head, body, xml[found.end() :])
    _check_xml(whole)
    return whole


def _check_xml(xml: bytes) -> None:
    """Whether a part is whole, with every prefix declared, and without a document type."""
    parser = ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(xml, True)
    except ExpatError as error:
        raise OddError("XML") from error
    if b"<!DOCTYPE" in xml:
        raise OddError("DOCTYPE")
