"""Values → what a cell holds, and how much room it takes."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from numbers import Real
from typing import Any, TypeVar

import pandas as pd

from pipeline.outcome import PLACES
from pipeline.style import row_height

CELL_LIMIT = 32_767
"""Characters (UTF-16 units) that Excel allows in a cell."""
SIZE = 10
"""Points of the usual letter."""
MAX_HEIGHT = 150.0
"""Height of the tallest row: a cell may hold a novel."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_DATE, _LAST_DATE = date(1900, 3, 1), date(9999, 12, 31)
_EPOCH = date(1899, 12, 30)

Points = TypeVar("Points", pd.Series, pd.DataFrame)


def clean(text: str) -> str:
    """Text that a cell can hold: at most `CELL_LIMIT` characters, all of them allowed in XML.

    Forbidden characters go, line breaks become line feeds, half a surrogate becomes U+FFFD. All
    else stays: a title that is copied from here into the register must still name its claim.
    """
    if len(text) <= CELL_LIMIT // 2 and not _ODD.search(text):
        return text
    text = _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = _SURROGATE.sub("\ufffd", text).encode("utf-16-le")[: 2 * CELL_LIMIT]
    return units.decode("utf-16-le", errors="ignore")


def serial(value: date) -> int | None:
    """The day number of a spreadsheet, or None where a date cell cannot hold it."""
    day = value.date() if isinstance(value, datetime) else value
    return (day - _EPOCH).days if _FIRST_DATE <= day <= _LAST_DATE else None


def plain(value: Any) -> str | float | None:
    """A value as a cell holds it: text, a number, or None for an empty cell."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, date):
        days = serial(value)
        return value.isoformat()[:10] if days is None else days
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if math.isnan(number):
            return None
        if math.isinf(number):
            return str(number)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return clean(str(value)) or None


def rounded(values: Points) -> Points:
    """Points to as many decimals as totals are compared with; nothing stays nothing."""
    return values.astype("float64").round(PLACES)


def room_of(points: "pd.Series[float]", least: float, sign: float = 1.2) -> float:
    """The width of a column in which every number has room; `sign` is that of one digit."""
    longest = max((len(f"{value:.10g}") for value in points.dropna()), default=0)
    return max(least, longest * sign + 0.1)


def height_of(texts: Iterable[tuple[str, float]]) -> float:
    """The height of a row that holds these (text, column width) pairs, in points."""
    return min(row_height(texts, SIZE), MAX_HEIGHT)


def listed(values: Sequence[Any] | pd.Series) -> list[Any]:
    """The values as Python's own objects, nothing as None where a number is missing.

    An array of text is slow to walk through, and no NaN is equal to another.
    """
    if not isinstance(values, pd.Series):
        return list(values)
    cells = values.to_numpy(dtype=object)
    if pd.api.types.is_float_dtype(values.dtype):
        cells[values.isna().to_numpy()] = None
    return list(cells)
