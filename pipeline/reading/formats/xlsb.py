"""Excel's binary workbooks (.xlsb): values by calamine; the records tell it all else."""

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from pipeline.reading.formats.package import Package, stored
from pipeline.reading.formats.xlsx import relations
from pipeline.reading.guard import TroubleError, hostile
from pipeline.reading.raw import ERROR, Grid, on_sheet

_PARSER = (CalamineError, ValueError, OverflowError, OSError, IndexError, struct.error)
_KEPT = (".xml", ".rels", ".bin")
_LEFT_OUT = ("/media/", "/printersettings/", "/embeddings/", "vbaproject")
_BOOK = "xl/workbook.bin"
_ROW, _CELL_ERROR, _FORMULA_ERROR, _SHEET, _MERGED = 0, 3, 11, 156, 176
_SHORT = range(12, 19)
"""Cells that do not say where they are: one producer writes them, and calamine passes them over."""
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
        parts = {
            package.written(name): package.read(name)
            for name in package.names()
            if name.endswith(_KEPT) and not any(part in name for part in _LEFT_OUT)
        }
        with hostile("工作簿目录", *_PARSER):
            self._book = CalamineWorkbook.from_filelike(BytesIO(stored(parts)))
            self.sheets = self._book.sheet_names
            self._parts = self._sheet_parts({name.lower(): data for name, data in parts.items()})

    def _sheet_parts(self, parts: dict[str, bytes]) -> dict[str, bytes]:
        """Sheet → its records."""
        listing = parts.get("xl/_rels/workbook.bin.rels", b"")
        targets = relations(listing, "xl") if listing else {}
        found: dict[str, bytes] = {}
        for kind, data in _records(parts.get(_BOOK, b"")):
            if kind == _SHEET:
                own, rest = _text(data[8:])
                _, target = targets.get(own, ("", ""))
                found[_text(rest)[0]] = parts.get(target.lower(), b"")
        return found

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """The cells of some sheets.

        Raises:
            TroubleError: file-damaged or file-written-short.
        """
        return [self._grid(place) for place in wanted]

    def _grid(self, place: int) -> Grid:
        with hostile("工作表内容", *_PARSER):
            rows = self._book.get_sheet_by_index(place).to_python(skip_empty_area=False)
            hidden = self._book.sheets_metadata[place].visible != SheetVisibleEnum.Visible
            grid = Grid(rows, range(len(rows)), concealed=hidden)
            row = 0
            for kind, data in _records(self._parts.get(self.sheets[place], b"")):
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
                elif kind in _SHORT:
                    raise TroubleError("file-written-short")
        return grid


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
