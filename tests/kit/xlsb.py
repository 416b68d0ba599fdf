"""A minimal writer of .xlsb: no program that runs everywhere makes one."""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = str | float | bool | None
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"


def record(number: int, data: bytes = b"") -> bytes:
    """A record of this kind."""
    name = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, length = len(data), b""
    while size > 127:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return name + length + bytes([size]) + data


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _cell(column: int, value: Value) -> bytes:
    head = struct.pack("<2I", column, 0)
    if isinstance(value, bool):
        return record(4, head + bytes([value]))
    if isinstance(value, str):
        return record(6, head + _text(value))
    return b"" if value is None else record(5, head + struct.pack("<d", value))


def _sheet(rows: Sequence[Sequence[Value]], last: tuple[int, int]) -> bytes:
    body = record(129) + record(148, struct.pack("<4I", 0, last[0], 0, last[1])) + record(145)
    for row, values in enumerate(rows):
        body += record(0, struct.pack("<2I", row, 0) + bytes(9))
        body += b"".join(_cell(column, value) for column, value in enumerate(values))
    if last[1] > 100:
        body += record(0, struct.pack("<2I", last[0], 0) + bytes(9)) + _cell(last[1], "x")
    return body + record(146) + record(130)


def write_xlsb(
    path: Path, sheets: Mapping[str, Sequence[Sequence[Value]]], *, far: bool = False
) -> Path:
    """Write sheets of plain cells; `far` puts one more at XFD1048576 of each."""
    last = (1_048_575, 16_383) if far else (100, 20)
    listing = b"".join(
        record(156, struct.pack("<2I", 0, nth) + _text(f"rId{nth}") + _text(name))
        for nth, name in enumerate(sheets, 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{nth}" Type="{_SHEET}" Target="worksheets/sheet{nth}.bin"/>'
        for nth in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        book = record(131) + record(143) + listing + record(144) + record(132)
        made.writestr("xl/workbook.bin", book)
        rels = f'<Relationships xmlns="{_RELS}">{targets}</Relationships>'
        made.writestr("xl/_rels/workbook.bin.rels", rels)
        for nth, rows in enumerate(sheets.values(), 1):
            made.writestr(f"xl/worksheets/sheet{nth}.bin", _sheet(rows, last))
    return path
