"""An openpyxl workbook → bytes that are the same every time."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_CORE = "docProps/core.xml"
_STYLES = "xl/styles.xml"
_FONT = re.compile(rb"<font>(.*?)</font>", re.DOTALL)
_PART = re.compile(rb"<(\w+)\b[^>]*?(?:/>|></\1>)")
_ORDER = (
    b"b i strike condense extend outline shadow u vertAlign sz color name family charset scheme"
).split()
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*")
_EARLIEST = datetime(1980, 1, 1)
"""A zip archive cannot say an earlier time."""


def workbook_bytes(workbook: Any, when: datetime) -> bytes:
    """Save a workbook so that the same content gives the same bytes.

    Args:
        workbook: an openpyxl `Workbook`.
        when: the (naive) time that the file says it was made and changed at.
    """
    saved, result = BytesIO(), BytesIO()
    workbook.save(saved)
    stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with ZipFile(saved) as source, ZipFile(result, "w", ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == _CORE:  # openpyxl writes the present time there, whatever one sets
                data = _MODIFIED.sub(rb"\g<1>" + stamp, data)
            if name == _STYLES:
                data = _FONT.sub(_in_order, data)
            target.writestr(_member(name, when), data)
    return result.getvalue()


def _in_order(font: re.Match[bytes]) -> bytes:
    """A <font> with its elements in the order of the schema; openpyxl begins with the name."""
    parts = {part[1]: part[0] for part in _PART.finditer(font[1])}
    return b"<font>" + b"".join(parts[n] for n in _ORDER if n in parts) + b"</font>"


def _member(name: str, when: datetime) -> ZipInfo:
    member = ZipInfo(name, max(when, _EARLIEST).timetuple()[:6])
    member.compress_type = ZIP_DEFLATED
    member.create_system = 3  # the same on every system that writes it
    member.external_attr = 0o644 << 16
    return member
