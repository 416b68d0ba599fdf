"""Files that are not what their name says, or not whole."""

import io
import zipfile
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import xlwt

from tests.kit.catalogue import (
    EVENTS,
    UNREADABLE,
    Says,
    case,
    error,
    good,
    note,
    shared,
    table,
    warning,
)
from tests.kit.xlsb import write_xlsb

DAY, PLAIN = xlwt.easyxf(num_format_str="yyyy-mm-dd"), xlwt.easyxf()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = (
    '<office:document-content xmlns:office="urn:o" xmlns:table="urn:t" xmlns:text="urn:x">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)


def xls(unit: str, *, fault: bool = False) -> bytes:
    """As old Excel writes it; with an error value in a note where that is asked for."""
    book = xlwt.Workbook()
    for name, lines in table(unit).items():
        sheet = book.add_sheet(name)
        for row, values in enumerate(lines):
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write(row, column, value, DAY if isinstance(value, date) else PLAIN)
        if fault and name == EVENTS:
            sheet.row(2).set_cell_error(9, 7)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind = f'office:value-type="string"><text:p>{escape(str(value))}</text:p>'
    if isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value}"><text:p>日</text:p>'
    elif isinstance(value, int):
        kind = f'office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
    return f"<table:table-cell {kind}</table:table-cell>"


def ods(unit: str, more: str = "") -> bytes:
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, line))}</table:table-row>" for line in lines
        )
        + "</table:table>"
        for name, lines in table(unit).items()
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": more.encode() + _ODS.format(tables).encode(),
        }
    )


def xlsb(unit: str, *, far: bool = False) -> bytes:
    plain = {
        name: [[_serial(value) for value in line] for line in lines]
        for name, lines in table(unit).items()
    }
    with TemporaryDirectory() as folder:
        return write_xlsb(Path(folder) / "a.xlsb", plain, far=far).read_bytes()  # type: ignore[arg-type]


def _serial(value: object) -> object:
    if isinstance(value, date):
        value = (value - date(1899, 12, 30)).days
    return float(value) if isinstance(value, int) else value


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return stream.getvalue()


def broken(name: str, content: object, *says: Says, file: str = "") -> None:
    """A file that is no return; `content` are its bytes, or what makes them for a unit."""
    make = content if callable(content) else lambda unit: content
    case(name, make, *says, status=UNREADABLE, file=file)


def _not_workbooks() -> None:
    for name, content, word in (
        ("a web page", b"<html><body><table><td>1</td></table></body></html>", "HTML 网页"),
        ("a web page with a mark", b'\xef\xbb\xbf\r\n<!DOCTYPE HTML PUBLIC "x">', "HTML 网页"),
        ("a web page in UTF-16", "<html><body>表</body></html>".encode("utf-16"), "HTML 网页"),
        ("an XML file", b'<?xml version="1.0"?><Workbook/>', "XML 文件"),
        ("an XML spreadsheet of 2003", b'<Workbook xmlns="urn:schemas-microsoft-com:office:'
         b'spreadsheet">', "XML 表格 2003"),
        ("a flat OpenDocument", b'<office:document xmlns:office="urn:oasis:names:tc:opendocument:'
         b'xmlns:office:1.0" xmlns:table="x"><table:table/>', "没有打包的 OpenDocument 文档"),
        ("a web archive", b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "MHT 网页"),
        ("CSV", "条款,活动名称\n一.4,讲座".encode(), "CSV 文本"),
        ("CSV in GBK", "条款,活动名称\n一.4,讲座".encode("gb18030"), "CSV 文本"),
        ("CSV with tabs in UTF-16", "条款\t名称\n".encode("utf-16"), "CSV 文本"),
        ("CSV with semicolons", "条款;名称".encode(), "CSV 文本"),
        ("plain text", "我单位的材料随后寄出。".encode(), "纯文本"),
        ("long plain text", "说明".encode() * 3000, "纯文本"),
        ("PDF", b"%PDF-1.7\n1 0 obj", "PDF 文件"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG 图片"),
        ("a photograph", b"\xff\xd8\xff\xe0" + bytes(99), "JPEG 图片"),
        ("RAR", b"Rar!\x1a\x07\x01\x00", "RAR 压缩包"),
        ("7z", b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
        ("RTF", b"{\\rtf1\\ansi}", "RTF"),
        ("a program", b"MZ\x90\0" + bytes(99), "可执行程序"),
        ("a shell script", b"#!/bin/sh\nrm -rf /\n", "纯文本"),
        ("zeros", bytes(4096), "无法识别的数据"),
        ("bytes of no kind", b"\x01\x02\x03\xff\xfe\x80", "无法识别的数据"),
        ("blanks", b"  \r\n\t ", "空白文件"),
        ("half a signature", b"P", "纯文本"),
        ("Word of 2007", zipped({"word/document.xml": b"<x/>"}), "Word 文档"),
        ("PowerPoint of 2007", zipped({"ppt/presentation.xml": b"<x/>"}), "PowerPoint 演示文稿"),
        ("photographs zipped", zipped({"照片.jpg": b"x"}), "ZIP 压缩包"),
        ("an empty zip", zipped({}), "ZIP 压缩包"),
        ("a text of LibreOffice", zipped({"mimetype": b"application/vnd.oasis.opendocument.text",
         "content.xml": b"<x/>"}), "OpenDocument 文档"),
        ("Word of 97", OLE + bytes(600) + "WordDocument\0".encode("utf-16-le"), "Word 文档"),
        ("PowerPoint of 97", OLE + "PowerPoint Document\0".encode("utf-16-le"),
         "PowerPoint 演示文稿"),
        ("a mail of Outlook", OLE + bytes(600), "其他程序的文档"),
    ):  # fmt: skip
        broken(f"{name} named xlsx", content, error("file-not-workbook", "", "", word))
    web = b"<html><table></table></html>"
    broken("a web page named xls", web, error("file-not-workbook", "", "", "HTML"), file="网页.xls")
    broken("empty file", b"", error("file-empty"))
    for suffix in (".xls", ".ods", ".xlsb", ".et"):
        broken(f"empty file {suffix}", b"", error("file-empty"), file=f"空{suffix}")


def _cut() -> None:
    for share in (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999):
        broken(
            f"xlsx cut off at {share:.1%}",
            lambda unit, part=share: good(unit)[: int(len(good(unit)) * part)],
            error("file-damaged"),
        )
        if share > 0.1:
            broken(
                f"ods cut off at {share:.1%}",
                lambda unit, part=share: ods(unit)[: int(len(ods(unit)) * part)],
                error("file-damaged"),
                file=f"断{share}.ods",
            )
    for share in (0.1, 0.5, 0.9):
        broken(
            f"xls cut off at {share:.1%}",
            lambda unit, part=share: xls(unit)[: int(len(xls(unit)) * part)],
            error("file-damaged"),
            file=f"断{share}.xls",
        )
    broken("xlsx without its first bytes", lambda unit: good(unit)[64:], error("file-not-workbook"))
    broken("zip signature alone", b"PK\3\4", error("file-damaged"))
    broken("OLE signature alone", OLE + b"Workbook".decode().encode("utf-16-le") + b"\0\0",
           error("file-damaged"), file="签名.xls")  # fmt: skip


def _encrypted() -> None:
    ole = OLE + bytes(600) + "EncryptedPackage\0".encode("utf-16-le")
    broken("xlsx with a password", ole, error("file-encrypted", "", "", "密码"))
    broken("xls with a password", locked_xls, error("file-encrypted"), file="加密.xls")
    manifest = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    files = {"META-INF/manifest.xml": manifest, "content.xml": b"\x80\x81"}
    broken("ods with a password", zipped(files), error("file-encrypted"), file="加密.ods")
    newer = zipped({"encrypted-package": b"x"})
    broken("ods with a password, newer", newer, error("file-encrypted"), file="加密2.ods")
    broken("zip entries with a password", locked_zip, error("file-encrypted"))


def locked_xls(unit: str) -> bytes:
    """Its first long record becomes the one that says: from here on encrypted."""
    data = bytearray(xls(unit))
    at = data.index(b"\x5c\x00\x70\x00")
    data[at] = 0x2F
    return bytes(data)


def locked_zip(unit: str) -> bytes:
    data = bytearray(good(unit))
    at = data.find(b"PK\1\2")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\1\2", at + 4)
    return bytes(data)


def _other_formats() -> None:
    case("xlsx of Excel with shared texts", shared)
    case("xls of old Excel", xls, file="旧.xls")
    case("et of WPS with xls inside", xls, file="金山.et")
    case("ods of LibreOffice", ods, file="自由.ods")
    serials = _serials()
    case("xlsb with dates as serial numbers", xlsb, *serials, file="二进制.xlsb")
    for made, inside in ((good, "xlsx"), (xls, "xls"), (ods, "ods")):
        for suffix in (".xlsx", ".xls", ".ods", ".et", ".xlsb"):
            fits = suffix[1:] == inside or (inside, suffix) == ("xls", ".et")
            if not fits:
                case(f"{inside} named {suffix}", made,
                     warning("file-wrong-suffix", "", "", f".{inside} 工作簿"),
                     file=f"内{inside}外{suffix}")  # fmt: skip
    broken("xlsb whose far cell kills its reader", lambda unit: xlsb(unit, far=True),
           error("file-killed"), file="远处.xlsb")  # fmt: skip
    broken("ods with entities", lambda unit: ods(unit, '<!DOCTYPE x [<!ENTITY a "b">]>'),
           error("file-unsafe-xml"), file="实体.ods")  # fmt: skip
    case("xls with an error value", lambda unit: xls(unit, fault=True),
          warning("cell-error", EVENTS, "J3", "#DIV/0!"),
         file="错值.xls")  # fmt: skip
    case("suffix in capitals", good, file="大写.XLSX")
    case("suffix xlsm", good, file="宏.XlsM")


def _serials() -> list[Says]:
    dates = {EVENTS: ["C2", "C3"], "调研参政": ["C2"], "宣传信息": ["D2"],
             "指标任务": ["E4", "E9"], "专项工作": ["D2", "D3"]}  # fmt: skip
    return [note("cell-read-as", sheet, ref) for sheet, refs in dates.items() for ref in refs]


_not_workbooks()
_cut()
_encrypted()
_other_formats()
