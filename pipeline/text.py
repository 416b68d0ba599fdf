"""How two pieces of text are compared: one folding, used everywhere."""

import unicodedata


def fold(text: str) -> str:
    """Unicode NFKC, all white space removed, case folded: titles, units, clauses, sheet names."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.split()).casefold()


def fold_label(text: str) -> str:
    """As `fold`, and without trailing colons: headers and cover labels."""
    return fold(text).rstrip(":")
