"""What people write → dates, whole numbers, clauses, units, years.

Each reader takes one cell's value and gives what it means or why it is unclear; nothing is
guessed. `read_each` maps a reader over a column, each different value read once.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from pipeline.text import fold, narrow

_Read = TypeVar("_Read")


class Day(NamedTuple):
    """A date as read: the (first) day, the last day of a range, or the reason it is unclear."""

    day: date | None
    last: date | None = None
    reason: str = ""


def read_each(reader: Callable[[Any], _Read], values: Iterable[Hashable]) -> list[_Read]:
    """`reader` over a column, calling it once for each different value."""
    return list(map(cache(reader), values))


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
_CHINESE = re.compile(r"([〇○零一二三四五六七八九十0-9]+)(?=\s*[年月日号季])")
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
_TO = rf"\s?(?P<to>至|到|、|{_DASH}{{1,2}})\s?"
_LATER = (
    rf"(?:{_FULL.format(n=2)}"
    r"|(?P<m3>[0-9]{1,2})\s?(?:月|[-/.])\s?(?P<d3>[0-9]{1,2})"
    r"|(?P<d4>[0-9]{1,2}))"
)
_ONE = re.compile(rf"{_FULL.format(n=1)}{_END}[.。]?")
_RANGE = re.compile(rf"{_FULL.format(n=1)}{_END}{_TO}{_LATER}{_END}[.。]?")
_MONTH = (
    r"(?P<y{n}>[0-9]{{4}})\s?"
    r"(?:年\s?(?P<m{n}>[0-9]{{1,2}})\s?月份?|[-/.]\s?(?P<mm{n}>[0-9]{{1,2}}))"
)
_MONTHS = re.compile(
    rf"{_MONTH.format(n=1)}(?:{_TO}(?:{_MONTH.format(n=2)}|(?P<m3>[0-9]{{1,2}})\s?月份?))?[.。]?"
)
_SHORT_MONTHS = re.compile(
    rf"([0-9]{{4}})\s?年\s?([0-9]{{1,2}})(?:、|至|到|{_DASH}{{1,2}})([0-9]{{1,2}})\s?月份?"
)
_QUARTER = re.compile(r"([0-9]{4})\s?年\s?第?\s?([1-4])\s?季度?")
_HALF = re.compile(r"([0-9]{4})\s?年\s?([上下])半年")
_YEAR_ALONE = re.compile(r"([0-9]{4})\s?年(?:\s?全年)?")
_UP_TO = re.compile(r"截[至止]到?\s?")
_EIGHT = r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})"
_COMPACT = re.compile(_EIGHT + _TIME)
_COMPACT_RANGE = re.compile(rf"{_EIGHT}{_TIME}{_TO}{_EIGHT}{_TIME}")
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?")
_HINTS = (
    (re.compile(r"[0-9]{1,2}\s?月\s?[0-9]{1,2}\s?[日号]?"), "没有写年份"),
    (re.compile(r"[0-9]{1,2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日号]?"), "年份应写四位"),
    (re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}"), "年份应写在最前面"),
    (re.compile(r"[0-9]{4}\s?[-/.年]\s?[0-9]{1,2}\s?月?"), "没有写日"),
    (re.compile(r"[0-9]{4}\s?年度?(?:\s?全年)?"), "没有写月、日"),
    (re.compile(r".*[上中下]旬.*|.*月[初底末].*"), "没有写明是哪一天"),
)
_NO_SUCH_DAY, _NO_SUCH_MONTH = "没有这一天", "没有这个月"
_LONGEST = 100
"""Characters of a cell that may be a date, a number or a year: the longest range has fewer."""


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
    except (ValueError, OverflowError):
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
    elif match["s1"] == match["to"]:
        return Day(None, reason="同一个符号既分年月日又表示起止")
    elif match["m3"]:
        last = _date(year, match["m3"], match["d3"])
    else:
        last = _date(year, month, match["d4"])
    return _between(_date(*_parts(match, 1)), last)


def _months(year: str, first: str | int, last: str | int, last_year: str = "") -> Day:
    """From the first day of a month to the last day of another."""
    begin, end = _date(year, first, 1), _date(last_year or year, last, 1)
    if begin is None or end is None:
        return Day(None, reason=_NO_SUCH_MONTH)
    return _between(begin, end.replace(day=monthrange(end.year, end.month)[1]))


def _read_months(text: str) -> Day | None:
    """A month, a span of months, a quarter or a half of a year; None for anything else."""
    if match := _MONTHS.fullmatch(text):
        first = match["m1"] or match["mm1"]
        last = match["m2"] or match["mm2"] or match["m3"] or first
        return _months(match["y1"], first, last, match["y2"] or "")
    if match := _SHORT_MONTHS.fullmatch(text):
        return _months(*match.groups())
    if match := _QUARTER.fullmatch(text):
        return _months(match[1], 3 * int(match[2]) - 2, 3 * int(match[2]))
    if match := _HALF.fullmatch(text):
        return _months(match[1], *((1, 6) if match[2] == "上" else (7, 12)))
    return None


def _single(day: date | None) -> Day:
    return Day(day, reason="" if day else _NO_SUCH_DAY)


def _between(first: date | None, last: date | None) -> Day:
    if first is None or last is None:
        return Day(None, reason=_NO_SUCH_DAY)
    if last < first:
        return Day(None, reason="后一天早于前一天")
    return Day(first, last)


def _plain(text: str) -> str:
    """A written date with its digits as 0–9; '' where it is too long to be one."""
    text = narrow(text)
    return _CHINESE.sub(_chinese_number, text) if len(text) <= _LONGEST else ""


def _read_day(text: str) -> Day | None:
    """A day or a range of days; None for anything else."""
    if match := _ONE.fullmatch(text):
        return _single(_date(*_parts(match, 1)))
    if match := _RANGE.fullmatch(text):
        return _read_range(match)
    if match := _COMPACT.fullmatch(text):
        return _single(_date(*match.groups()))
    if match := _COMPACT_RANGE.fullmatch(text):
        return _between(_date(*match.group(1, 2, 3)), _date(*match.group(5, 6, 7)))
    if _SERIAL.fullmatch(text):
        return Day(_SERIAL_EPOCH + timedelta(days=int(float(text))))
    return None


def read_date(value: object) -> Day:
    """The date of a claim: a date cell, a written day, a range, months, or a serial number.

    A serial number is counted from 1900. Of a month, a span of months, a quarter or a half of the
    year written as text the first and the last day are given; a year and a month as one decimal
    number are unclear, since a last 0 is lost in it.
    """
    return _read(value, months=True)


def read_day(value: object) -> Day:
    """As `read_date` for covers and receipts, where a month is no date."""
    return _read(value, months=False)


def read_as_of(value: object) -> Day:
    """As `read_date` for 截止日期: a year is its last day, 截至 or 截止 before it is skipped."""
    if isinstance(value, str):
        text = _UP_TO.sub("", _plain(value), count=1) if _UP_TO.match(narrow(value)) else value
        if match := _YEAR_ALONE.fullmatch(_plain(text)):
            return _single(_date(match[1], 12, 31))
        return _read(text, months=True)
    return read_date(value)


def _read(value: object, *, months: bool) -> Day:
    if isinstance(value, datetime):
        return Day(value.date())
    if isinstance(value, date):
        return Day(value)
    if not isinstance(value, str | int | float):
        return Day(None, reason="只有时间，没有日期")
    text = _plain(as_text(value))
    if not text and as_text(value).strip():
        return Day(None, reason="文字太长")
    day = _read_day(text)
    if day is None and months and isinstance(value, str):
        day = _read_months(text)
    if day is None:
        why = next((why for form, why in _HINTS if form.fullmatch(text)), "写法无法识别")
        day = Day(None, reason=why)
    return day


_ABOUT = {"上旬": 5, "中旬": 15, "下旬": 25, "月初": 1, "月底": 28, "月末": 28}
_IN_MONTH = re.compile(r"([0-9]{1,2})\s?月\s?([0-9]{1,2})?")
_FIGURES = re.compile(r"[0-9]+")


def example_day(value: object, year: int) -> date | None:
    """How an unclear date may have been meant, for an example; None where nothing tells.

    6月中旬 gives the 15th of June of that year, 15.6.1 the 1st of June.
    """
    text = _plain(as_text(value))
    about = next((day for word, day in _ABOUT.items() if word in text), 15)
    if match := _IN_MONTH.search(text):
        return _date(year, match[1], match[2] or about)
    figures = [figure for figure in _FIGURES.findall(text) if int(figure) not in (year, year % 100)]
    return _date(year, figures[0], figures[1]) if len(figures) == 2 else None


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
        # A formula leaves 113.99999999999999 where a spreadsheet program shows 114.
        near = round(value) if isfinite(value) else None
        return near if near is not None and abs(value - near) <= _NOISE * abs(value) else None
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
    match = _YEAR.fullmatch("".join(_plain(as_text(value)).split()))
    return int(match[1]) if match else None


# Names ---------------------------------------------------------------------------------------


Reader = Callable[[object], str | None]


def clause_reader_of(ids: Collection[str], labels: Sequence[str] = ()) -> Reader:
    """Cell → clause id, or None where it names no clause.

    A cell holds an id, with anything behind it that is not part of an id, or a label; a label of
    two clauses says nothing.
    """
    known = {fold(clause): clause for clause in ids}
    folded = [fold(label) for label in labels]
    unique = {f: i for f, i in zip(folded, ids, strict=False) if f and folded.count(f) == 1}
    longest = max(map(len, known), default=0)

    def read(value: object) -> str | None:
        words = [fold(word) for word in as_text(value).split()]
        ends = {sum(map(len, words[: n + 1])) for n in range(min(len(words), longest))}
        folded = "".join(words)
        for length in range(min(len(folded), longest), 0, -1):
            clause = known.get(folded[:length])
            if clause and (length in ends or not _part_of_id(folded[length])):
                return clause
        return unique.get(folded)

    return read


def _part_of_id(sign: str) -> bool:
    """Whether a sign behind an id makes it another one: a Latin letter, a digit, a full stop."""
    return sign == "." or sign.isdigit() or "LATIN" in unicodedata.name(sign, "")


def unit_reader_of(
    roster: Iterable[tuple[str, Iterable[str]]],
    prefixes: Iterable[str],
    synonyms: Mapping[str, str],
) -> Reader:
    """Cell → the unit's full name, or None where it is not on the roster.

    A cell holds a full or short name, with a place prefix or variants.

    Args:
        roster: (full name, short names).
        prefixes: what may stand before a name.
        synonyms: written → meant.
    """
    names = {fold(n): unit for unit, short in roster for n in (unit, *short)}
    longest_first = sorted(map(fold, prefixes), key=len, reverse=True)
    folded = [(fold(written), fold(meant)) for written, meant in synonyms.items()]

    def read(value: object) -> str | None:
        text = fold(as_text(value))
        for written, meant in folded:
            text = text.replace(written, meant)
        shorter = (text.removeprefix(p) for p in longest_first if text.startswith(p))
        return next((names[t] for t in (text, *shorter) if t in names), None)

    return read
