"""How two pieces of text are compared, and how written forms are made plain before reading."""

import re
import unicodedata

_ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
"""Characters that nobody sees; pasted from phones and web pages."""

_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | _ZERO_WIDTH
"""Full-width forms to ASCII. Not NFKC: that would read 10² as 102 and ① as 1."""


UNSEEN = frozenset(map(chr, _ZERO_WIDTH)) | frozenset(
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""White space and characters without width: text of nothing else is as good as none."""


def fold(text: str) -> str:
    """Unicode NFKC, all white space removed, case folded: titles, units, clauses, sheet names."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if not text.isprintable():  # characters without width never are
            text = text.translate(_ZERO_WIDTH)
    return "".join(text.split()).casefold()


def fold_label(text: str) -> str:
    """As `fold`, and without trailing colons: headers and cover labels."""
    return fold(text).rstrip(":")


def narrow(text: str) -> str:
    """Full-width forms as ASCII, white space single and trimmed: dates and numbers."""
    return " ".join(text.translate(_NARROW).split())


# Characters that break a file or turn the reading direction of the text behind them.
_UNSAFE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Text without the characters that a workbook cannot hold or that hide what it says."""
    return _UNSAFE_CHARACTERS.sub("", text)
