"""Sheets with much nothing in them: closed up before a reader that holds a rectangle sees them.

A cell at XFD1048576 would have it ask for half a terabyte, and the process ends; a million rows
with borders and no content would stall it. Empty rows and cells go first; where that is not
enough the rows that hold something move together, and their true numbers are kept beside them.
"""

import re
from collections.abc import Sequence

from pipeline.reading.formats.grid import MAX_COLUMNS, MAX_ROWS
from pipeline.reading.guard import MAX_CELLS, TroubleError

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
    if not _says_where(xml):
        rows, columns = _extent(xml)
        if not _fits(rows, columns):
            raise _too_many(rows, columns)
        return xml, None
    xml = _EMPTY_CELL.sub(b"", without_empty_rows(xml))
    rows, columns = _extent(xml)
    if _fits(rows, columns):
        return xml, None
    used = sorted({int(found[3]) for found in _REF.finditer(xml)})
    if not _fits(len(used), columns):
        raise _too_many(rows, columns)
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


def _fits(rows: int, columns: int) -> bool:
    return rows * columns <= MAX_CELLS


def _too_many(rows: int, columns: int) -> TroubleError:
    return TroubleError("file-too-many-cells", f"{rows} 行 × {columns} 列")


def _extent(xml: bytes) -> tuple[int, int]:
    """The last row and the last column that a cell or row names."""
    rows = columns = 0
    letters: set[bytes] = set()
    for name, row in _ANY_REF.findall(xml):
        if len(name) > 3 or len(row) > 7:
            raise _BEYOND
        rows = max(rows, int(row))
        letters.add(name)
    for name in letters:
        columns = max(columns, _column(name))
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise _BEYOND
    return rows, columns


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + letter - 64
    return column
