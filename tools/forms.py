"""The table of written forms: what people write, and what it is read as or why it is unclear.

    python -m tools.forms

writes `docs/forms.md` from the very cases that the tests of spellings hold against the program.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path

from pipeline.findings import CATALOGUE
from pipeline.intake import clause_reader, unit_reader
from pipeline.normalise import read_count, read_date, read_year
from pipeline.rulebook import load_rulebook
from pipeline.wording import last_day
from tests import test_spellings as spelled
from tests.kit import measure, returns

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "forms.md"

RULEBOOK = load_rulebook(ROOT / "data" / "rulebook" / str(measure.YEAR))
Row = tuple[str, str]

HEAD = """\
# 写法一览

<!-- 由 make forms 从测试用例生成，请勿手改 -->

填报时怎样写都可以，只要写得清楚。下面每一种写法都有一个测试，读法就是程序现在的读法。
凡是换了写法的，都列在问题清单里（级别“提示”：原来写的、读作什么）；写不清楚的不作猜测，
这一项不计分，问题清单里说明原因。

"""


def shown(value: object) -> str:
    """What stands in a cell, so that blanks and the kind of the cell can be seen."""
    if isinstance(value, datetime):
        text = f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00").removesuffix(":00")
        return f"日期单元格 {text}"
    if isinstance(value, date):
        return f"日期单元格 {value}"
    if isinstance(value, time):
        return f"时间单元格 {value:%H:%M}"
    if isinstance(value, int | float):
        return f"数字 {value}"
    if value is None:
        return "（空）"
    text = str(value).replace("\n", "⏎").replace("\u3000", "□").replace("|", "\\|")
    return f"`{text.replace(' ', '␣')}`"


def dates(values: Iterable[object]) -> Iterator[Row]:
    """Dates: the day, the first of several days, or the reason."""
    for value in values:
        day = read_date(value)
        if day.day is None:
            yield shown(value), f"看不明白：{day.reason}"
            continue
        told = f"{day.day}" if day.last is None else f"{day.day}（一段时间，到 {day.last}）"
        inside = RULEBOOK.first_day <= day.day and (day.last or day.day) < RULEBOOK.deadline
        yield shown(value), told if inside else f"{told}，不在考核期内，不计分"


def numbers(values: Iterable[object]) -> Iterator[Row]:
    """字数 and other whole numbers."""
    fault = CATALOGUE["words-bad"].problem.partition("”")[2]
    for value in values:
        count = read_count(value)
        good = count is not None and count >= 1
        yield shown(value), str(count) if good else f"看不明白：{fault}"


def names(
    values: Iterable[object], reader: Callable[[object], object], fault: str
) -> Iterator[Row]:
    """Clauses, units and years."""
    for value in values:
        meant = reader(value)
        yield shown(value), fault if meant is None else str(meant)


def raw(values: Iterable[object]) -> list[object]:
    """What stands in the workbook, of plain and of described values."""
    return [returns.raw(value) for value in values]


def pairs(table: dict[str, tuple[object, object]]) -> list[object]:
    """The written forms of a table of (written, meant)."""
    return [written for written, _ in table.values()]


def sections() -> Iterator[tuple[str, str, Iterable[Row]]]:
    """Heading, what stands below it, rows."""
    last = last_day(RULEBOOK)
    serial = (last - date(1899, 12, 30)).days
    yield "日期", f"考核期内到 {last}（Excel 里的序列号 {serial}）为止。", dates(
        [*raw(spelled.DATES.values()), *pairs(spelled.OTHER_DATES), *pairs(spelled.SPANS),
         *raw(spelled.UNCLEAR_DATES.values()), *pairs(spelled.OUTSIDE)]
    )  # fmt: skip
    yield (
        "整数",
        "字数、基数、完成数都是这样读；字数和基数要大于 0，完成数可以是 0。",
        numbers([*pairs(spelled.NUMBERS), *raw(spelled.UNCLEAR_NUMBERS.values())]),
    )
    yield "条款", "单元格以条款编号开头就行，后面可以跟名称。", names(
        [*pairs(spelled.CLAUSES), *raw(spelled.UNKNOWN_CLAUSES.values())],
        clause_reader(RULEBOOK), "不在计分规则里",
    )  # fmt: skip
    every = [name for unit, written in spelled.UNITS.items() for name in (unit, *written)]
    yield (
        "单位",
        "全称、简称，前面带市名，或者写“工商业联合会”，都认得。",
        names([*every, *spelled.STRANGERS], unit_reader(RULEBOOK), "不在名册里"),
    )
    yield (
        "填报年度",
        "",
        names([year for year in raw(spelled.YEARS) if year is not None], read_year, "看不明白"),
    )


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for heading, about, rows in sections():
        parts.append(f"## {heading}\n\n" + (f"{about}\n\n" if about else ""))
        parts.append("| 写成 | 读作 |\n|---|---|\n")
        parts.extend(f"| {written} | {meant} |\n" for written, meant in dict.fromkeys(rows))
        parts.append("\n")
    parts.append("␣ 是空格，□ 是全角空格，⏎ 是换行。\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"已生成 {PAGE.relative_to(ROOT)}")
