"""Containers that lie, things that would run, and names that would be believed."""

import io
import struct
import zipfile

from openpyxl import Workbook

from tests.kit.catalogue import (
    COVER,
    EVENTS,
    PART,
    UNREADABLE,
    case,
    cells,
    edited,
    error,
    good,
    note,
    page,
    swap,
    text,
    warning,
    with_parts,
)
from tests.kit.outcomes import HOSTILE


def _containers() -> None:
    case("names that climb out of the zip", with_parts(
         {"../../climbed.txt": b"x", "/etc/climbed": b"x", "..\\..\\climbed.bat": b"x",
          "C:\\climbed.bat": b"x", "CON": b"x", "a\x00b.xml": b"x"}))  # fmt: skip
    case("part with a wrong checksum", _bad_crc, error("file-damaged", "", "", "校验"),
         status=UNREADABLE)  # fmt: skip
    case("flipped byte in a sheet", _flipped, error("file-damaged"), status=UNREADABLE)
    case("parts that overlap", _overlapping, error("file-damaged", "", "", "重叠"),
         status=UNREADABLE)  # fmt: skip
    case("part packed in a rare way", _lzma, error("file-damaged", "", "", "压缩方式"),
         status=UNREADABLE)  # fmt: skip
    case("bytes behind the zip", lambda unit: good(unit) + b"<script>" * 9)
    case("bytes before the zip", lambda unit: b"#!/bin/sh\n" + good(unit),
         error("file-not-workbook"), status=UNREADABLE)  # fmt: skip
    case("sheet fetched from the network", swap("xl/_rels/workbook.xml.rels",
         'Target="/xl/worksheets/sheet3.xml"',
         'TargetMode="External" Target="http://127.0.0.1:9/sheet3.xml"'),
         error("sheet-missing", EVENTS), gone={(EVENTS, 2), (EVENTS, 3)})  # fmt: skip
    case("sheet outside of the zip", swap("xl/_rels/workbook.xml.rels",
         "/xl/worksheets/sheet3.xml", "../../../../etc/passwd"), error("file-damaged"),
         status=UNREADABLE)  # fmt: skip
    case("relations in a circle", with_parts({"xl/worksheets/_rels/sheet3.xml.rels":
         b'<Relationships><Relationship Id="a" Target="sheet3.xml"/></Relationships>'})
         )  # fmt: skip


def _bad_crc(unit: str) -> bytes:
    data = bytearray(good(unit))
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo(PART[EVENTS])
    for at in (data.find(struct.pack("<I", info.CRC)), data.rfind(struct.pack("<I", info.CRC))):
        data[at] ^= 0xFF
    return bytes(data)


def _flipped(unit: str) -> bytes:
    data = bytearray(good(unit))
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo(PART[EVENTS])
    data[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    return bytes(data)


def _overlapping(unit: str) -> bytes:
    """The directory gives two sheets the same bytes."""
    data = bytearray(good(unit))
    infos = {info.filename: info for info in zipfile.ZipFile(io.BytesIO(data)).infolist()}
    other, at = infos[PART[COVER]], data.find(b"PK\1\2")
    while at >= 0:
        length = struct.unpack_from("<H", data, at + 28)[0]
        if data[at + 46 : at + 46 + length] == PART[EVENTS].encode():
            sizes = struct.pack("<3I", other.CRC, other.compress_size, other.file_size)
            data[at + 16 : at + 28] = sizes
            data[at + 42 : at + 46] = struct.pack("<I", other.header_offset)
        at = data.find(b"PK\1\2", at + 4)
    return bytes(data)


def _lzma(unit: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good(unit))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            how = zipfile.ZIP_LZMA if name == PART[EVENTS] else zipfile.ZIP_DEFLATED
            new.writestr(name, old.read(name), how)
    return stream.getvalue()


LIVE = {
    "a macro": {"xl/vbaProject.bin": b"evil.invalid"},
    "an external link": {"xl/externalLinks/externalLink1.xml": b"<link>evil.invalid</link>"},
    "a connection": {"xl/connections.xml": b"<connections>evil.invalid</connections>"},
    "an embedded program": {"xl/embeddings/oleObject1.bin": b"MZ evil.invalid"},
    "a control": {"xl/activeX/activeX1.xml": b"<ocx>evil.invalid</ocx>"},
    "a sheet of macros": {"xl/macrosheets/sheet1.xml": b"<macro>evil.invalid</macro>"},
}  # fmt: skip
FORMULAS = {
    "DDE": "=cmd|'/c calc'!A0",
    "HYPERLINK": '=HYPERLINK("http://evil.invalid/","点我")',
    "WEBSERVICE": '=WEBSERVICE("http://evil.invalid/")',
    "another workbook": "='[evil.invalid.xlsx]表'!A1",
}


def _live() -> None:
    for what, files in LIVE.items():
        case(f"workbook with {what}", with_parts(files), file=f"{what}.xlsm")
    for what, formula in FORMULAS.items():
        case(f"note as a formula of {what}", cells(EVENTS, J3=formula),
             warning("cell-formula", EVENTS, "J3"))  # fmt: skip
    case("hyperlink over a title", edited(_linked))
    for number, value in enumerate(HOSTILE):
        if "\x00" in value or "\ufffe" in value:
            continue  # no workbook can hold these
        case(f"title is hostile text {number}", text(EVENTS, "B3", value))


def _linked(book: Workbook) -> None:
    page(book, EVENTS)["B3"].hyperlink = "file:///etc/passwd"


NAMES = (
    "引'号\"名.xlsx", "换\n行.xlsx", "表情😀.xlsx", f"{'长' * 80}.xlsx", f"{'n' * 200}.xlsx",
    "右\u202e左xslx.xlsx", "\u200f标记\u200e.xlsx", "分;号.xlsx", "$(touch 坏).xlsx", "`id`.xlsx",
    "=1+1.xlsx", "@SUM(A1).xlsx", "-rf.xlsx", "<b>粗.xlsx", "&amp;.xlsx", "制\t表.xlsx",
    "响\x07铃.xlsx", " 前后空格 .xlsx", "%s%n.xlsx", "{0}.xlsx", "反\\斜.xlsx",
    "e\u0301.xlsx", "CON.xlsx", "a.xlsx.exe.xlsx", "零\u200b宽.xlsx",
)  # fmt: skip


def _names() -> None:
    for number, name in enumerate(NAMES):
        case(f"file name {number}", good, file=name)
    for number, value in enumerate(("<script>x</script>", "=1+1")):
        case(f"hostile sheet name {number}", swap("xl/workbook.xml", 'name="填报说明"',
             f'name="{value.replace("<", "&lt;")}"'),
             note("sheet-extra", "", "", value))  # fmt: skip


_containers()
_live()
_names()
