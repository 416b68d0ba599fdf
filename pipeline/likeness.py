"""Names that are nearly the template's: a copy, a misspelling."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from pipeline.text import fold

_SHEET = 0.7
"""One wrong character of four; two short names that share half are different names."""
_HEADER = 0.5
"""One wrong character of two: only headers that are missing are offered."""


def like_a_sheet(folded: str, sheets: Mapping[str, str]) -> str:
    """The sheet that a folded name is a copy or a misspelling of, or ''.

    Args:
        folded: the name that is not in the template.
        sheets: folded name → name, of the template.
    """
    copies = [key for key in sheets if key in folded]
    if copies:
        return sheets[max(copies, key=len)]
    return sheets.get(_closest(folded, sheets, _SHEET), "")


def like_a_header(folded: str, missing: Mapping[str, str]) -> str:
    """The missing header that a folded one may stand for, or ''."""
    parts = [key for key in missing if key in folded or (len(folded) > 1 and folded in key)]
    if parts:
        return missing[max(parts, key=len)]
    return missing.get(_closest(folded, missing, _HEADER), "")


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
