"""How numbers, dates and what units wrote are put into the summary."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
from markupsafe import Markup

from pipeline.findings import shorten
from pipeline.wording import number as exact

TEXT = 300
"""Characters of a text that a unit wrote; the workbook holds it whole."""
MINUS = "\N{MINUS SIGN}"


def records(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Some columns of a table row by row, as plain Python values (`NaT` and `NA` as they are)."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def brief(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """As `records`, with texts of at most `TEXT` characters: a cell may hold a novel."""
    return [
        tuple(shorten(value, TEXT) if isinstance(value, str) else value for value in row)
        for row in records(frame, *columns)
    ]


def number(value: Any, *, sign: bool = False) -> str:
    """A number as it is read aloud, with a true minus; '' for none."""
    if value is None or pd.isna(value):
        return ""
    text = exact(value)
    return f"+{text}" if sign and value > 0 else text.replace("-", MINUS)


def plain(value: Any) -> str:
    """A number as `number`, anything else as it stands; '' for none."""
    return value if isinstance(value, str) else number(value)


def date_text(value: Any) -> str:
    """A date as year-month-day; text as it was written; '' for none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime) or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}"


def _unsafe() -> dict[int, str | None]:
    """Characters that must not reach a page, and what stands in their place."""
    hidden = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x180E, 0x200B, 0x200E, 0x200F]
    hidden += [*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF0, 0xFFFC)]
    hidden += [*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]
    hidden += range(0xE0000, 0xE0080)
    table: dict[int, str | None] = dict.fromkeys(hidden, "\N{REPLACEMENT CHARACTER}")
    return table | dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")


_UNSAFE = _unsafe()


def neutral(value: object) -> object:
    """What goes into the page: text without control and text-direction characters."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_UNSAFE)
    return value
