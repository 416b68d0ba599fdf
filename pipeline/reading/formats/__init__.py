"""Workbooks of every format → grids of cells; which format, the content says, not the name."""

import re
from io import BytesIO

from pipeline.reading.formats.package import Package
from pipeline.reading.guard import TroubleError, hostile
from pipeline.reading.raw import Book

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DEFAULT_PASSWORD = "VelvetSweatshop"
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
_SIGNATURES = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"II*\0", "TIFF 图片"),
    (b"MM\0*", "TIFF 图片"),
    (b"RIFF", "图片或音视频"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "GZIP 压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"SQLite format 3", "数据库文件"),
    (b"MZ", "可执行程序"),
    (b"\x7fELF", "可执行程序"),
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta)\b", re.I)
_SUFFIXES = {
    "xlsx": (".xlsx", ".xlsm"),
    "xlsb": (".xlsb",),
    "xls": (".xls", ".et"),
    "ods": (".ods",),
}


def suffix_fault(kind: str, name: str) -> str:
    """What a file should be called by its content, or '' where its name fits."""
    return "" if name.lower().endswith(_SUFFIXES[kind]) else f"{_SUFFIXES[kind][0]} 工作簿"


def open_book(data: bytes) -> tuple[str, Book]:
    """The kind of a workbook (`xlsx`, `xlsb`, `xls`, `ods`), and the workbook opened.

    Raises:
        TroubleError: it is none, it is encrypted or damaged.
    """
    if data.startswith(b"PK"):
        return _zip(data)
    if data.startswith(_OLE):
        return _ole(data)
    if data.startswith(_BARE_BIFF):
        return _xls(data)
    raise TroubleError("file-not-workbook", _what(data))


def _zip(data: bytes) -> tuple[str, Book]:
    package = Package(data)
    names = package.names()
    if "encrypted-package" in package:
        raise TroubleError("file-encrypted")
    if "xl/workbook.bin" in package:
        from pipeline.reading.formats.xlsb import Xlsb

        return "xlsb", Xlsb(package)
    if "content.xml" in package:
        if "mimetype" in package and b"spreadsheet" not in package.read("mimetype")[:200]:
            raise TroubleError("file-not-workbook", "OpenDocument 文档")
        from pipeline.reading.formats.ods import Ods

        return "ods", Ods(package)
    from pipeline.reading.formats.xlsx import Xlsx, main_part

    main = main_part(package)
    if any(name.startswith("xl/") for name in names) or "workbook" in main:
        return "xlsx", Xlsx(package, main or "xl/workbook.xml")
    for folder, what in (("word/", "Word 文档"), ("ppt/", "PowerPoint 演示文稿")):
        if any(name.startswith(folder) for name in names):
            raise TroubleError("file-not-workbook", what)
    raise TroubleError("file-not-workbook", "ZIP 压缩包")


def _ole(data: bytes) -> tuple[str, Book]:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") + b"\0\0" in data

    if holds("EncryptedPackage"):
        return _zip(_decrypted(data))
    # Sector size and place of the directory, which names all streams and often stands last.
    sector, directory = 1 << (data[30:31] or b"\0")[0] % 16, int.from_bytes(data[48:52], "little")
    if len(data) < sector * (directory + 2):
        raise TroubleError("file-damaged", "内容不完整")
    if holds("Workbook") or holds("Book"):
        return _xls(data)
    if holds("WordDocument"):
        raise TroubleError("file-not-workbook", "Word 文档")
    if holds("PowerPoint Document"):
        raise TroubleError("file-not-workbook", "PowerPoint 演示文稿")
    raise TroubleError("file-not-workbook", "其他程序的文档")


def _xls(data: bytes) -> tuple[str, Book]:
    from pipeline.reading.formats.xls import Xls

    try:
        return "xls", Xls(data)
    except TroubleError as trouble:
        if trouble.note.code != "file-encrypted":
            raise
    return "xls", Xls(_decrypted(data))


def _decrypted(data: bytes) -> bytes:
    """A workbook without its password, where that is the one that every program tries by itself.

    They encrypt with it where somebody protects the structure of a workbook: nobody is asked for
    a password then, and nobody could take one away.

    Raises:
        TroubleError: file-encrypted: it has a password of its own.
    """
    from msoffcrypto import OfficeFile

    plain = BytesIO()
    try:
        with hostile("加密信息", Exception):
            file = OfficeFile(BytesIO(data))
            file.load_key(password=_DEFAULT_PASSWORD)
            file.decrypt(plain)
    except TroubleError as trouble:
        raise TroubleError("file-encrypted") from trouble
    return plain.getvalue()


def _what(data: bytes) -> str:
    """In Chinese, what a file is that is no workbook."""
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            return what
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        if b"schemas-microsoft-com:office:spreadsheet" in start and not start.startswith(b"<html"):
            return "XML 表格 2003"
        if b"urn:oasis:names:tc:opendocument" in start:
            return "没有打包的 OpenDocument 文档"
        if _HTML.search(start):
            return "HTML 网页"
        return "XML 文件" if start.startswith(b"<?xml") else "带标记的文本"
    if start.startswith(b"MIME-Version"):
        return "MHT 网页"
    if not start:
        return "空白文件"
    if b"\0" in start or not _is_text(start):
        return "无法识别的数据"
    line = start.split(b"\n", 1)[0]
    return "CSV 文本" if b"," in line or b"\t" in line or b";" in line else "纯文本"


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            # The head may end inside a character.
            head[: len(head) - 4 if len(head) == 4096 else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
