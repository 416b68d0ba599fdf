"""Excel's binary workbooks (.xlsb): values by calamine; the records tell it all else."""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from pipeline.reading.formats.package import Package, stored
from pipeline.reading.formats.xlsx import OF_CALAMINE, relations
from pipeline.reading.guard import hostile
from pipeline.reading.raw import ERROR, Grid, on_sheet

_PARSER = (*OF_CALAMINE, IndexError)
_KEPT = (".xml", ".rels", ".bin")
_LEFT_OUT = ("/media/", "/printersettings/", "/embeddings/", "vbaproject")
_BOOK, _TEXTS = "xl/workbook.bin", "xl/sharedStrings.bin"
_TEXT, _BEGIN_TEXTS = 19, 159
_ROW, _CELL_ERROR, _FORMULA_ERROR, _ROWS, _EXTENT, _SHEET, _MERGED = 0, 3, 11, 145, 148, 156, 176
_FULL, _SHORT, _TO_FULL = range(1, 12), range(12, 19), 11
"""Cells; those that stand right of the one before do not say where. calamine passes those over."""
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A",
}  # fmt: skip


class Xlsb:
    """An opened .xlsb."""

    def __init__(self, package: Package) -> None:
        """Read the list of sheets.

        Raises:
            TroubleError: file-damaged, file-encrypted or file-unpacked-too-big.
        """
        self._parts = {
            package.written(name): package.read(name)
            for name in package.names()
            if name.endswith(_KEPT) and not any(part in name for part in _LEFT_OUT)
        }
        with hostile("工作簿目录", *_PARSER):
            self.sheets = self._open().sheet_names
            self._part_of = self._sheet_parts({name.lower(): name for name in self._parts})

    def _open(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(BytesIO(stored(self._parts)))

    def _sheet_parts(self, written: dict[str, str]) -> dict[str, str]:
        """Sheet → the part with its records; `written`: part in small letters → as written."""
        listing = self._parts.get(written.get("xl/_rels/workbook.bin.rels", ""), b"")
        targets = relations(listing, "xl") if listing else {}
        found: dict[str, str] = {}
        for kind, data in _records(self._parts.get(written.get(_BOOK, ""), b"")):
            if kind == _SHEET:
                own, rest = _text(data[8:])
                _, target = targets.get(own, ("", ""))
                if target.lower() in written:
                    found[_text(rest)[0]] = written[target.lower()]
        return found

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """As `Book.grids`; a TroubleError is file-damaged."""
        parts = {_TEXTS, *(self._part_of.get(self.sheets[place], "") for place in wanted)}
        with hostile("工作表内容", *_PARSER):
            self._parts |= {name: _in_full(self._parts[name]) for name in parts & set(self._parts)}
            book = self._open()
            return [self._grid(book, place) for place in wanted]

    def _grid(self, book: CalamineWorkbook, place: int) -> Grid:
        rows = book.get_sheet_by_index(place).to_python(skip_empty_area=False)
        hidden = book.sheets_metadata[place].visible != SheetVisibleEnum.Visible
        grid = Grid(rows, range(len(rows)), concealed=hidden)
        row = 0
        for kind, data in _records(self._parts.get(self._part_of.get(self.sheets[place], ""), b"")):
            if kind == _ROW:
                (row,) = struct.unpack_from("<I", data)
                if data[11] & 0x10:
                    grid.hidden.add(row)
            elif kind in (_CELL_ERROR, _FORMULA_ERROR):
                (column,) = struct.unpack_from("<I", data)
                grid.marks[row, column] = ERROR, _ERRORS.get(data[8], "#错误")
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<4I", data)
                grid.merges += on_sheet([(top, left, bottom, right)])
        return grid


def _in_full(data: bytes) -> bytes:
    """Records as calamine wants them, whichever program wrote them.

    That is: the extent of a sheet is told, each cell says its column, texts are counted.
    """
    kinds = Counter(kind for kind, _ in _records(data))
    if _EXTENT in kinds and not any(kinds[kind] for kind in _SHORT):
        return data
    made = bytearray()
    column = -1
    for kind, body in _records(data):
        if kind == _ROW:
            column = -1
        elif kind in _FULL:
            (column,) = struct.unpack_from("<I", body)
        elif kind in _SHORT:
            column += 1
            kind, body = kind - _TO_FULL, struct.pack("<I", column) + body
        elif kind == _ROWS and _EXTENT not in kinds:
            made += _record(_EXTENT, bytes(16))
        elif kind == _BEGIN_TEXTS:
            body = body[:4] + struct.pack("<I", kinds[_TEXT])
        made += _record(kind, body)
    return bytes(made)


def _record(kind: int, body: bytes) -> bytes:
    head = bytearray([kind] if kind < 128 else [kind & 127 | 128, kind >> 7])
    size = len(body)
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes(head) + bytes([size]) + body


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part: each its kind and its bytes."""
    at = 0
    while at < len(data):
        kind = data[at]
        at += 1
        if kind > 127:
            kind = kind & 127 | data[at] << 7
            at += 1
        size = shift = 0
        while True:
            size |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if data[at - 1] < 128 or shift > 21:
                break
        yield kind, data[at : at + size]
        at += size


def _text(data: bytes) -> tuple[str, bytes]:
    """A text with its length before it, and what stands behind it."""
    end = 4 + 2 * int.from_bytes(data[:4], "little")
    return data[4:end].decode("utf-16-le"), data[end:]
