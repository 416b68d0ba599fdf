"""What people write → dates, whole numbers, clauses, units, years.

Each reader takes one cell's value and gives what it means or why it is unclear; nothing is
guessed. `read_each` maps a reader over a column, each different value read once.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from pipeline.text import fold, narrow

_Read = TypeVar("_Read")


class Day(NamedTuple):
    """A date as read: the (first) day, the last day of a range, or the reason it is unclear."""

    day: date | None
    last: date | None = None
    reason: str = ""


def read_each(reader: Callable[[object], _Read], values: Iterable[Hashable]) -> list[_Read]:
    """`reader` over a column, calling it once for each different value."""

    class Memo(dict[Hashable, _Read]):
        def __missing__(self, value: Hashable) -> _Read:
            self[value] = result = reader(value)
            return result

    memo = Memo()
    return [memo[value] for value in values]


def as_text(value: object) -> str:
    """A cell's value as a person sees it: whole floats without .0, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == datetime.min.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


# Dates ---------------------------------------------------------------------------------------

_SERIAL_EPOCH = date(1899, 12, 30)
# ruff: noqa: RUF001 -- the signs that people really write
_DIGITS = dict.fromkeys("〇○零", 0) | {c: i for i, c in enumerate("一二三四五六七八九", 1)}
_CHINESE = re.compile(r"([〇○零一二三四五六七八九十0-9]+)(?=\s*[年月日号])")
_DASH = r"[-–—―−~～]"
_TIME = (
    r"(?:\s?(?:上午|下午|中午|晚上|凌晨|全天|[AaPp][Mm]))?"
    r"(?:(?:(?<=[日号午晚上晨Mm])|\s|T)\s?"
    r"[0-9]{1,2}(?::[0-9]{1,2}){1,2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|(?:(?<=[日号午晚上晨])|\s)\s?[0-9]{1,2}[时点](?:[0-9]{1,2}分|整|半)?(?:[0-9]{1,2}秒)?)?"
    r"(?:\s?[AaPp][Mm])?"
)
_WEEKDAY = r"(?:\s?\(?\s?(?:星期|周|礼拜)[一二三四五六日天]\s?\)?)?"
_END = r"\s?[日号]?" + _WEEKDAY + _TIME
_FULL = (
    r"(?P<y{n}>[0-9]{{4}})\s?(?:"
    r"年\s?(?P<m{n}>[0-9]{{1,2}})\s?月\s?(?P<d{n}>[0-9]{{1,2}})"
    r"|(?P<s{n}>[-/.–—−。])\s?(?P<mm{n}>[0-9]{{1,2}})\s?(?P=s{n})\s?(?P<dd{n}>[0-9]{{1,2}}))"
)
_LATER = (
    rf"(?:{_FULL.format(n=2)}"
    r"|(?P<m3>[0-9]{1,2})\s?(?:月|[-/.])\s?(?P<d3>[0-9]{1,2})"
    r"|(?P<d4>[0-9]{1,2}))"
)
_ONE = re.compile(rf"{_FULL.format(n=1)}{_END}[.。]?")
_RANGE = re.compile(rf"{_FULL.format(n=1)}{_END}\s?(?:至|到|{_DASH}{{1,2}})\s?{_LATER}{_END}[.。]?")
_EIGHT = r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})"
_COMPACT = re.compile(_EIGHT + _TIME)
_COMPACT_RANGE = re.compile(rf"{_EIGHT}{_TIME}\s?(?:至|到|{_DASH}{{1,2}})\s?{_EIGHT}{_TIME}")
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?")
_HINTS = (
    (re.compile(r"[0-9]{1,2}\s?月\s?[0-9]{1,2}\s?[日号]?"), "没有写年份"),
    (re.compile(r"[0-9]{1,2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日号]?"), "年份应写四位"),
    (re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}"), "年份应写在最前面"),
    (re.compile(r"[0-9]{4}\s?[-/.年]\s?[0-9]{1,2}\s?月?"), "没有写日"),
    (re.compile(r".*[上中下]旬.*|.*月[初底末].*"), "没有写明是哪一天"),
)
_NO_SUCH_DAY = "没有这一天"
_LONGEST = 100
"""Characters of a cell that may be a date or a number: the longest range has fewer."""


def _chinese_number(match: re.Match[str]) -> str:
    text = match.group(1)
    if "十" not in text:
        return "".join(str(_DIGITS.get(c, c)) for c in text)
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return text
    return str(int(_DIGITS.get(tens, tens or 1)) * 10 + int(_DIGITS.get(ones, ones or 0)))


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _parts(match: re.Match[str], n: int) -> tuple[str, str, str]:
    return (
        match[f"y{n}"],
        match[f"m{n}"] or match[f"mm{n}"],
        match[f"d{n}"] or match[f"dd{n}"],
    )


def _read_range(match: re.Match[str]) -> Day:
    year, month, _ = _parts(match, 1)
    if match["y2"]:
        last = _date(*_parts(match, 2))
    elif match["m3"]:
        last = _date(year, match["m3"], match["d3"])
    else:
        last = _date(year, month, match["d4"])
    return _between(_date(*_parts(match, 1)), last)


def _single(day: date | None) -> Day:
    return Day(day, reason="" if day else _NO_SUCH_DAY)


def _between(first: date | None, last: date | None) -> Day:
    if first is None or last is None:
        return Day(None, reason=_NO_SUCH_DAY)
    if last < first:
        return Day(None, reason="后一天早于前一天")
    return Day(first, last)


def _read_date_text(text: str) -> Day:
    text = narrow(text)
    if len(text) > _LONGEST:
        return Day(None, reason="文字太长")
    text = _CHINESE.sub(_chinese_number, text)
    if match := _ONE.fullmatch(text):
        return _single(_date(*_parts(match, 1)))
    if match := _RANGE.fullmatch(text):
        return _read_range(match)
    if match := _COMPACT.fullmatch(text):
        return _single(_date(*match.groups()))
    if match := _COMPACT_RANGE.fullmatch(text):
        return _between(_date(*match.groups()[:3]), _date(*match.groups()[3:]))
    if _SERIAL.fullmatch(text):
        return Day(_SERIAL_EPOCH + timedelta(days=int(float(text))))
    return Day(
        None, reason=next((why for form, why in _HINTS if form.fullmatch(text)), "写法无法识别")
    )


def read_date(value: object) -> Day:
    """A date cell, a written date, a range or a serial number (counted from 1900) → `Day`."""
    if isinstance(value, datetime):
        return Day(value.date())
    if isinstance(value, date):
        return Day(value)
    if isinstance(value, int | float):
        return _read_date_text(as_text(value))
    if isinstance(value, str):
        return _read_date_text(value)
    return Day(None, reason="只有时间，没有日期")


# Whole numbers -------------------------------------------------------------------------------

_UNIT_WORDS = "字|人次|人|名|家|份|个|次|篇|户|期|场|项|条|件|位|所|处"
_NUMBER = re.compile(
    r"(?P<sign>-?)(?P<whole>[0-9]+|[0-9]{1,3}(?:[, ][0-9]{3})+)(?:\.0+)?"
    rf"\s?(?:\(\s?(?:{_UNIT_WORDS})\s?\)|{_UNIT_WORDS})?"
)


_NOISE = 1e-9


def read_count(value: object) -> int | None:
    """A whole number, also as text with thousands separators or a unit word behind, or None."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        # What a formula leaves beside a whole number (113.99999999999999) is that number.
        whole = round(value)
        return whole if abs(value - whole) <= _NOISE * max(1, abs(whole)) else None
    text = narrow(value) if isinstance(value, str) else ""
    if len(text) <= _LONGEST and (match := _NUMBER.fullmatch(text)):
        return int(match["sign"] + re.sub("[, ]", "", match["whole"]))
    return None


_DECIMAL = re.compile(r"([+\-−]?)([0-9]*|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?")


_MOST_POINTS = 1e9
"""Beyond it a number does not hold all decimals that totals are compared with."""


def read_points(value: object) -> float | None:
    """Points in the register: any number, with or without 分 behind."""
    if isinstance(value, int | float):
        return float(value) if abs(value) < _MOST_POINTS else None
    text = narrow(value).removesuffix("分").strip() if isinstance(value, str) else ""
    match = _DECIMAL.fullmatch(text)
    if not match or len(text) > _LONGEST or not (match[2] or match[3]):
        return None
    number = float(f"{match[2].replace(',', '')}{match[3] or ''}")
    return read_points(-number if match[1] in ("-", "−") else number)


_YEAR = re.compile(r"([0-9]{4})(?:年度?)?")


def read_year(value: object) -> int | None:
    """The year in 填报年度: four digits, 年 or 年度 behind them or not, or a date cell of it."""
    if isinstance(value, date):
        return value.year
    text = _CHINESE.sub(_chinese_number, narrow(as_text(value)))
    match = _YEAR.fullmatch("".join(text.split()))
    return int(match[1]) if match else None


# Names ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClauseReader:
    """Reads a clause cell: an id, and behind it nothing or something that is not part of an id."""

    ids: Mapping[str, str]

    @classmethod
    def of(cls, ids: Iterable[str]) -> "ClauseReader":
        """A reader for these clause ids."""
        return cls({fold(clause): clause for clause in ids})

    def __call__(self, value: object) -> str | None:
        """The clause id, or None where the cell names no clause of the rulebook."""
        folded = fold(as_text(value))
        for length in range(len(folded), 0, -1):
            behind = folded[length : length + 1]
            if folded[:length] in self.ids and not behind.isalnum() and behind != ".":
                return self.ids[folded[:length]]
        return None


@dataclass(frozen=True)
class UnitReader:
    """Reads a unit: full or short name, a place prefix and written variants allowed."""

    names: Mapping[str, str]
    prefixes: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        roster: Iterable[tuple[str, Iterable[str]]],
        prefixes: Iterable[str],
        synonyms: Mapping[str, str],
    ) -> "UnitReader":
        """A reader for a roster of (full name, short names)."""
        names = {fold(n): unit for unit, short in roster for n in (unit, *short)}
        longest_first = sorted((fold(p) for p in prefixes), key=len, reverse=True)
        return cls(
            names, tuple(longest_first), tuple((fold(a), fold(b)) for a, b in synonyms.items())
        )

    def __call__(self, value: object) -> str | None:
        """The unit's full name, or None where it is not on the roster."""
        text = fold(as_text(value))
        for written, meant in self.synonyms:
            text = text.replace(written, meant)
        shorter = (text.removeprefix(p) for p in self.prefixes if text.startswith(p))
        return next((self.names[t] for t in (text, *shorter) if t in self.names), None)
