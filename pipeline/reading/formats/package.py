"""A zip container from a hostile file and the XML in it: unpacked within limits, walked by expat.

The directory of a hostile zip is not believed: what counts is what really comes out.
"""

import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from xml.parsers.expat import ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from pipeline.reading.guard import MAX_INFLATED, MAX_PARTS, MAX_UNPACKED, TroubleError, hostile

_ENTRY = b"PK\1\2"
_LOCAL = struct.Struct("<4s5H3I2H")
UNPACK_AT_ONCE = 16 << 20
"""Bytes: more than any healthy part, so that those come out in one piece."""
_CONTAINER = "压缩包结构有误"


class Package:
    """The parts of a zip container by name (lower case, `/`, no leading `/`)."""

    def __init__(self, data: bytes) -> None:
        """Read the directory.

        Raises:
            TroubleError: file-damaged.
        """
        if data.count(_ENTRY) > MAX_PARTS:
            raise TroubleError("file-damaged", "压缩包里的文件太多")
        with hostile(_CONTAINER, ValueError, EOFError):
            listing = ZipFile(BytesIO(data)).infolist()
        self._data = data
        self._left = MAX_UNPACKED
        self._parts = {_plain(info.filename): info for info in listing}
        self._taken: list[tuple[int, int]] = []

    def __contains__(self, name: str) -> bool:
        """Whether there is such a part."""
        return _plain(name) in self._parts

    def names(self) -> list[str]:
        """The names of all parts, lower case."""
        return list(self._parts)

    def written(self, name: str) -> str:
        """A part's name as the container has it."""
        return self._parts[_plain(name)].filename

    def read(self, name: str, shrink: Callable[[bytes], bytes] | None = None) -> bytes:
        """The unpacked bytes of a part.

        `shrink` leaves something out of a part so long that it comes out block by block.

        Raises:
            TroubleError: file-damaged, file-encrypted or file-unpacked-too-big.
        """
        info = self._parts.get(_plain(name))
        if info is None:
            raise TroubleError("file-damaged", f"缺少 {name}")
        if info.flag_bits & 1:
            raise TroubleError("file-encrypted")
        start, end = self._span(info)
        packed = self._data[start:end]
        if info.compress_type == ZIP_STORED:
            data, crc = packed, zlib.crc32(packed)
        elif info.compress_type == ZIP_DEFLATED:
            data, crc = self._inflate(packed, shrink)
        else:
            raise TroubleError("file-damaged", "压缩方式不受支持")
        if len(data) > self._left:
            raise _too_much()
        if crc != info.CRC:
            raise TroubleError("file-damaged", "内容与校验码不符")
        self._left -= len(data)
        return data

    def _span(self, info: ZipInfo) -> tuple[int, int]:
        """Where the packed bytes of a part stand; no two parts may share any."""
        at = info.header_offset
        with hostile(_CONTAINER):
            head = _LOCAL.unpack_from(self._data, at)
        start = at + _LOCAL.size + head[9] + head[10]
        end = start + info.compress_size
        if head[0] != b"PK\3\4" or end > len(self._data):
            raise TroubleError("file-damaged", _CONTAINER)
        if any(at < other_end and other < end for other, other_end in self._taken):
            raise TroubleError("file-damaged", "压缩包内部重叠")
        self._taken.append((at, end))
        return start, end

    def _inflate(self, packed: bytes, shrink: Callable[[bytes], bytes] | None) -> tuple[bytes, int]:
        """The unpacked bytes, shrunk where they are many, and the checksum of all of them."""
        engine = zlib.decompressobj(-15)
        data, crc, total = b"", 0, 0
        while not engine.eof:
            with hostile("解压时出错"):
                block = engine.decompress(packed, UNPACK_AT_ONCE)
            packed = engine.unconsumed_tail
            crc = zlib.crc32(block, crc)
            data = data + block if data else block
            total += len(block)
            if not engine.eof:
                if not block and not packed:
                    raise TroubleError("file-damaged", "内容不完整")
                if total > MAX_INFLATED:
                    raise _too_much()
                if shrink is not None:
                    data = shrink(data)
            if len(data) > self._left:
                raise _too_much()
        return data, crc


def _too_much() -> TroubleError:
    return TroubleError("file-unpacked-too-big", f"超过 {MAX_UNPACKED >> 20} MB")


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def stored(parts: dict[str, bytes]) -> bytes:
    """A zip container of these parts without compression: cheap to make and to read."""
    packed = BytesIO()
    with ZipFile(packed, "w") as package:
        for name, data in parts.items():
            package.writestr(ZipInfo(name), data)
    return packed.getvalue()


Attributes = dict[str, str]
_DECLARATION = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def utf8(xml: bytes) -> bytes:
    """The same XML in UTF-8.

    Raises:
        TroubleError: file-damaged where the encoding is unknown or false.
    """
    wide = _WIDE.get(xml[:2])
    if wide:
        with hostile("文字编码有误"):
            xml = xml.decode(wide).encode()
    declared = _DECLARATION.search(xml[:200])
    if declared:
        name = declared[1].decode("ascii").lower()
        if wide:
            xml = xml[: declared.start()] + xml[declared.end() :]
        elif name not in ("utf-8", "utf8", "us-ascii", "ascii"):
            with hostile("文字编码有误", LookupError):
                xml = xml[declared.end() :].decode(name).encode()
    return xml


def inert(xml: bytes) -> bytes:
    """The same XML (UTF-8), which declares no document type: entities start there.

    Raises:
        TroubleError: file-unsafe-xml.
    """
    if b"<!" in xml and (b"<!DOCTYPE" in xml or b"<!ENTITY" in xml):
        raise TroubleError("file-unsafe-xml", "文档类型声明")
    return xml


def local(name: str) -> str:
    """A tag or attribute without its prefix."""
    return name.rpartition(":")[2]


def walk(
    xml: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    *,
    what: str,
) -> None:
    """Feed XML through expat; names reach the handlers with their prefixes.

    Raises:
        TroubleError: file-damaged where it is no XML, file-unsafe-xml.
    """
    xml = inert(utf8(xml))
    parser = ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    with hostile(what):
        parser.Parse(xml, True)


def number(text: str, otherwise: int) -> int:
    """A whole number of an attribute, or `otherwise`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
