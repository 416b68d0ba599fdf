"""One look for every workbook: typeface, palette, and how much room a text takes.

Colours are RRGGBB without a sign, as openpyxl takes them; XlsxWriter wants a # before.
"""

from collections.abc import Iterable

FONT = "微软雅黑"
INK, MUTED, BRAND, BRAND_SOFT, LINE = "1F2933", "6B7785", "2F5D7C", "E8EFF4", "BCC7D1"
EVIDENCE, NOTE, WHITE = "3F7C7A", "7C8792", "FFFFFF"
RED, RED_SOFT, AMBER_SOFT, GREY_SOFT, GREEN = "B42318", "FBD9D5", "FFF3D6", "E6E8EB", "2E6B4F"
MARKS = ("FFB8B6", "FFE08B", "E2EEFA")
"""Error, warning, note in a copy that goes back: colours that nobody picks by hand."""

_USUAL = 10.5
"""Points. At this size a Chinese character is as wide as two digits of the usual cell font."""
_LATIN, _LEADING, _PADDING = 1.1, 1.6, 5.0


def text_lines(text: str, width: float, size: float = _USUAL) -> int:
    """How many lines a text takes in a column of this width, its own line breaks included."""
    # A line ends before a sign that may not begin the next: it is never quite full.
    room = max(width - 2, 2.0)
    if 2 * len(text) * size <= room * _USUAL and "\n" not in text:
        return 1  # most texts of a long ledger
    lines = 0
    for line in text.split("\n"):
        # A wide sign has two bytes in GB 18030; rare ones have four, which leaves them more room.
        wide = len(line.encode("gb18030", "replace")) - len(line)
        taken = (2 * wide + _LATIN * (len(line) - wide)) * size / _USUAL
        lines += max(1, int(-(-taken // room)))
    return lines


def row_height(texts: Iterable[tuple[str, float]], size: float = _USUAL) -> float:
    """The height in points of a row that holds these (text, column width) pairs."""
    lines = max((text_lines(text, width, size) for text, width in texts), default=1)
    return round(lines * size * _LEADING + _PADDING, 1)
