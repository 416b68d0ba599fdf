"""How two pieces of text are compared, what is nearly a known name, what a file may hold."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

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


SHEET_NAME = 31
"""Characters that a sheet's name can hold."""
_NOT_IN_SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


def sheet_name(text: str) -> str:
    """A text as a sheet can be named."""
    return text.translate(_NOT_IN_SHEET_NAME)[:SHEET_NAME]


# Names that are nearly the template's: a copy, a misspelling ------------------------------------

_SHEET = 0.7
"""One wrong character of four; two short names that share half are different names."""
_HEADER = 0.5
"""One wrong character of two: only headers that are missing are offered."""


def like_a_sheet(folded: str, sheets: Mapping[str, str]) -> str:
    """The sheet, of those by folded name, that a folded one is a copy or misspelling of, or ''."""
    copies = [key for key in sheets if key in folded]
    return sheets.get(max(copies, key=len, default="") or _closest(folded, sheets, _SHEET), "")


def like_a_header(folded: str, missing: Mapping[str, str]) -> str:
    """The missing header that a folded one may stand for, or ''."""
    parts = [key for key in missing if key in folded or (len(folded) > 1 and folded in key)]
    return missing.get(max(parts, key=len, default="") or _closest(folded, missing, _HEADER), "")


def suggest(written: str, known: Iterable[str]) -> str:
    """“，是否想写……？” where something is close to a known name, else ''."""
    names = {fold(name): name for name in known}
    near = names.get(_closest(fold(written), names, _HEADER))
    return f"，是否想写“{near}”？" if near else ""


def _closest(folded: str, keys: Iterable[str], least: float) -> str:
    if len(folded) > 40:
        return ""
    scored = [(SequenceMatcher(None, key, folded).ratio(), key) for key in keys]
    score, key = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return key if score >= least else ""


# Texts of some length --------------------------------------------------------------------------

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def from_template(name: str, values: Mapping[str, object], each: Callable[..., str] = str) -> str:
    """A text that stands below `templates/`, filled in; `each` makes every value a text."""
    return _templates(each).get_template(name).render(values).rstrip("\n") + "\n"


@cache
def _templates(each: Callable[..., str]) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, finalize=each,
        trim_blocks=True, lstrip_blocks=True, autoescape=False,
    )  # fmt: skip
