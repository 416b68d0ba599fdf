"""XML from a hostile file: to UTF-8, without document types, walked by expat."""

import re
from collections.abc import Callable
from xml.parsers.expat import ParserCreate

from pipeline.reading.guard import TroubleError, hostile

Attributes = dict[str, str]
_DECLARATION = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_WIDE = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}


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
