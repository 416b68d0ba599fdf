"""How people really write: each spelling is read, and each unclear one is a finding at its cell."""

from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from tests.kit.agreement import differences
from tests.kit.door import Book, agree, both
from tests.kit.measure import DATE, MEASURE, ROSTER
from tests.kit.oracle import Result
from tests.kit.returns import UNCLEAR, Cell, Claim, Layout, Return, Span, Submission, write

JUNE = date(2015, 6, 1)
DEADLINE = date(2015, 12, 30)

DATES: dict[str, object] = {
    "a date cell": datetime(2015, 6, 1),
    "a date cell with a time": datetime(2015, 6, 1, 14, 30),
    "hyphens": "2015-6-1",
    "hyphens and zeros": "2015-06-01",
    "slashes": "2015/06/01",
    "slashes without zeros": "2015/6/1",
    "full stops": "2015.6.1",
    "full stops and zeros": "2015.06.01",
    "年月日": "2015年6月1日",
    "年月号": "2015年6月1号",
    "年月日 and zeros": "2015年06月01日",
    "eight digits": "20150601",
    "eight digits and a time": "20150601 08:30",
    "eight digits as a number": 20150601,
    "Chinese digits": "二〇一五年六月一日",
    "a serial number": 42156,
    "a serial number as text": "42156",
    "full-width digits": "２０１５－０６－０１",
    "full-width full stops": "２０１５．６．１",
    "full-width slashes": "２０１５／６／１",
    "full-width digits with 年月日": "２０１５年６月１日",
    "blanks around 年月日": " 2015 年 6 月 1 日 ",
    "an ideographic blank": "2015年　6月1日",
    "a time behind a blank": "2015-06-01 09:30",
    "a time with seconds": "2015-06-01 09:30:00",
    "a time behind T": "2015-06-01T09:30:00",
    "年月日 with a time": "2015年6月1日 14:30",
    "slashes with a time": "2015/6/1 0:00",
}
OTHER_DATES: dict[str, tuple[object, date]] = {
    "Chinese tens": ("二〇一五年十二月二十九日", date(2015, 12, 29)),
    "Chinese ten": ("二〇一五年十月十日", date(2015, 10, 10)),
    "Chinese twenty": ("二〇一五年十一月二十日", date(2015, 11, 20)),
    "Chinese zero as ○": ("二○一五年三月三十一日", date(2015, 3, 31)),
    "first day": ("2015-1-1", date(2015, 1, 1)),
    "last day in time": ("2015.12.29", date(2015, 12, 29)),
    "last moment in time": (datetime(2015, 12, 29, 23, 59, 59), date(2015, 12, 29)),
    "last serial in time": (42367, date(2015, 12, 29)),
    "first serial": (42005, date(2015, 1, 1)),
    "a serial with a time": (42156.75, JUNE),
}
SPANS: dict[str, tuple[str, Span]] = {
    "两个全日期": ("2015-06-01至2015-06-03", Span(JUNE, date(2015, 6, 3))),
    "末日只写日": ("2015年6月1日-3日", Span(JUNE, date(2015, 6, 3))),
    "到末日": ("2015-12-28至2015-12-29", Span(date(2015, 12, 28), date(2015, 12, 29))),
    "越过期限": ("2015-12-28至2015-12-30", Span(date(2015, 12, 28), date(2015, 12, 30))),
    "越过期限只写日": ("2015年12月29日-31日", Span(date(2015, 12, 29), date(2015, 12, 31))),
    "顿号": ("2015年6月1日、2日", Span(JUNE, date(2015, 6, 2))),
    "两个全日期用顿号": ("2015-06-01、2015-07-01", Span(JUNE, date(2015, 7, 1))),
    **{month: (month, Span(JUNE, date(2015, 6, 30))) for month in (
        "2015年6月", "2015年6月份", "二〇一五年六月", "2015-06", "2015/6", "2015.06", "2015.6",
    )},
    "几个月": ("2015年3-11月", Span(date(2015, 3, 1), date(2015, 11, 30))),
    "几个月用至": ("2015年3月至11月", Span(date(2015, 3, 1), date(2015, 11, 30))),
    "二月": ("2015年2月", Span(date(2015, 2, 1), date(2015, 2, 28))),
    "第二季度": ("2015年第二季度", Span(date(2015, 4, 1), date(2015, 6, 30))),
    "二季度": ("2015年二季度", Span(date(2015, 4, 1), date(2015, 6, 30))),
    "上半年": ("2015年上半年", Span(date(2015, 1, 1), date(2015, 6, 30))),
    "十二月": ("2015年12月", Span(date(2015, 12, 1), date(2015, 12, 31))),
    "四季度": ("2015年第四季度", Span(date(2015, 10, 1), date(2015, 12, 31))),
    "下半年": ("2015年下半年", Span(date(2015, 7, 1), date(2015, 12, 31))),
    "始于上年": ("2014-12-31至2015-01-02", Span(date(2014, 12, 31), date(2015, 1, 2))),
}  # fmt: skip
UNCLEAR_DATES: dict[str, object] = {
    "no year": "6月1日",
    "two-digit year": "15.6.1",
    "day first": "6/1/2015",
    "上旬": "2015年6月上旬",
    "中旬": "2015年6月中旬",
    "no such day": "2015-02-30",
    "no such day in eight digits": "20150230",
    "no such month": "2015年13月1日",
    "no leap year": "2015年2月29日",
    "a month in a number cell": 2015.6,
    "the whole year": "2015年",
    "the whole year in words": "2015年全年",
    "one sign for two things": "2015-6-1-2",
    "words": "年中",
    "a year alone": "2015",
    "a year as a number": 2015,
    "day zero": "2015-06-00",
    "a time alone": time(9, 30),
    "a negative serial": -5,
    "about": "约2015年6月1日",
    "a question mark": "2015-06-01?",
}
OUTSIDE: dict[str, tuple[object, date]] = {
    "day before the first": ("2014-12-31", date(2014, 12, 31)),
    "deadline": ("2015-12-30", date(2015, 12, 30)),
    "deadline as a date": (datetime(2015, 12, 30), date(2015, 12, 30)),
    "after the deadline": ("2015年12月31日", date(2015, 12, 31)),
    "next year": ("2016/1/1", date(2016, 1, 1)),
    "serial of the deadline": (42368, date(2015, 12, 30)),
}
UNIT_WORDS = ["字", "人", "名", "家", "份", "个", "次", "篇", "户", "期", "场", "项", "人次"]
NUMBERS: dict[str, tuple[object, int]] = {
    "a number": (1200, 1200),
    "a number with a fraction of nothing": (1200.0, 1200),
    "text": ("1200", 1200),
    "full-width digits": ("１２００", 1200),
    "thousands separator": ("1,200", 1200),
    "full-width thousands separator": ("１，２００", 1200),
    "two separators": ("1,234,567", 1234567),
    "blanks around": (" 1200 ", 1200),
    "a formula's noise above": (1200.0000000000002, 1200),
    "a formula's noise below": (1199.9999999999998, 1200),
    "separator and unit word": ("1,200字", 1200),
    "full-width and unit word": ("６００　字", 600),
    **{f"unit word {word}": (f"1200{word}", 1200) for word in UNIT_WORDS},
    **{f"blank and unit word {word}": (f"1200 {word}", 1200) for word in UNIT_WORDS},
}
UNCLEAR_NUMBERS: dict[str, object] = {
    "about": "约800字",
    "rather": "800字左右",
    "more than": "800多字",
    "以上": "600字以上",
    "a fraction": 600.5,
    "a fraction as text": "600.5",
    "zero": 0,
    "negative": -600,
    "negative as text": "-600",
    "words": "很多",
    "a range": "600-800",
    "unit word alone": "字",
    "a date": datetime(2015, 6, 1),
    "plus": "600+",
    "ten thousand": "1.2万",
    "a foreign unit": "600元",
    "other digits": "٦٠٠",
}
CLAUSES: dict[str, tuple[object, str]] = {
    "plain": ("一.4", "一.4"),
    "blanks around": (" 一.4 ", "一.4"),
    "a blank inside": ("一. 4", "一.4"),
    "full-width full stop": ("一．4", "一.4"),
    "full-width digit": ("一.４", "一.4"),
    "full-width letter": ("一.２ａ", "一.2a"),
    "capital letter": ("一.2A", "一.2a"),
    "full-width capital": ("一．２Ａ", "一.2a"),
    "label in brackets": ("一.4（组织会员参加）", "一.4"),
    "label behind a colon": ("一.4：组织会员参加", "一.4"),
    "label behind a comma": ("一.4、组织会员参加", "一.4"),
    "label behind a hyphen": ("一.4-组织会员参加", "一.4"),
    "label of another clause": ("二.2（企业文化）", "二.2"),
    "a line break": ("二.2\n", "二.2"),
    "a label's words behind": ("一.4组织会员", "一.4"),
    "words behind a blank": ("一.4 组织会员", "一.4"),
    "figures behind a blank": ("一.4 2015年豫商课堂", "一.4"),
    "the label": ("企业文化示范点与交流活动", "一.5"),
    "the label with blanks": (" 企业文化 示范点与交流活动", "一.5"),
    "very long words behind": ("一.4" + "长" * 30000, "一.4"),
    "two numerals": ("十一.1：民企助才", "十一.1"),
}
UNKNOWN_CLAUSES: dict[str, object] = {
    "part of a label": "企业文化示范点",
    "digit behind": "一.42",
    "letter behind": "一.4b",
    "full stop behind": "一.4.1",
    "without a letter": "一.2",
    "no such section": "十二.1",
    "arabic section": "1.4",
    "something before": "第一.4",
    "comma for the full stop": "一、4",
    "a number": 1.4,
}
UNITS: dict[str, list[str]] = {
    "舞阳县工商联": ["舞阳县", "舞阳", "漯河市舞阳县工商联", "舞阳县工商业联合会", "舞 阳 县"],
    "临颍县工商联": ["临颍", "漯河临颍县", "漯河市临颍", "临颍县工商业联合会", " 临颍县　工商联"],
    "源汇区工商联": ["源汇区", "源汇", "漯河市源汇区", "漯河源汇区工商联", "源汇区\n工商联"],
    "郾城区工商联": ["郾城区", "郾城", "漯河市郾城", "漯河郾城区工商业联合会", "郾 城"],
    "召陵区工商联": ["召陵区", "召陵", "漯河市 召陵区", "漯河召陵", "召陵区工商业联合会"],
    "经济技术开发区工商联": [
        "经济技术开发区", "经开区", "开发区", "漯河经济技术开发区工商联", "漯河市经开区",
    ],
}  # fmt: skip
YEARS: list[object] = [
    2015,
    "2015",
    "2015年",
    "2015年度",
    "２０１５年",
    " 2015 年度 ",
    2015.0,
    Cell(None, None),
]


@dataclass(frozen=True)
class Spelled:
    """A spelling as a claim, and the header of the cell that it stands in."""

    kind: str
    about: str
    claim: Claim
    header: str

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.about}"


def dated(kind: str, about: str, raw: object, meant: object, clause: str = "一.4") -> Spelled:
    claim = Claim(clause, f"{kind} {about}", Cell(raw, meant))
    return Spelled(kind, about, claim, DATE[claim.sheet])


def worded(kind: str, about: str, raw: object, meant: object) -> Spelled:
    claim = Claim("一.7", f"{kind} {about}", words=Cell(raw, meant))
    return Spelled(kind, about, claim, "字数")


def claused(kind: str, about: str, raw: object, meant: object) -> Spelled:
    rule = MEASURE.get(str(meant))
    figures = {"base": 10, "done": 10} if rule and rule.sheet == "指标任务" else {}
    claim = Claim(
        Cell(raw, meant), f"{kind} {about}", evidence=None if rule else {"通知": "1"}, **figures
    )
    return Spelled(kind, about, claim, "条款")


def _spelled() -> list[Spelled]:
    return [
        *(dated("date", about, raw, JUNE) for about, raw in DATES.items()),
        *(dated("other date", about, *pair) for about, pair in OTHER_DATES.items()),
        *(dated("range", about, *pair, clause="二.1a") for about, pair in SPANS.items()),
        *(dated("unclear date", about, raw, UNCLEAR) for about, raw in UNCLEAR_DATES.items()),
        *(dated("outside", about, *pair) for about, pair in OUTSIDE.items()),
        *(worded("number", about, *pair) for about, pair in NUMBERS.items()),
        *(worded("unclear number", about, raw, UNCLEAR) for about, raw in UNCLEAR_NUMBERS.items()),
        *(claused("clause", about, *pair) for about, pair in CLAUSES.items()),
        *(claused("unknown clause", about, raw, UNCLEAR) for about, raw in UNKNOWN_CLAUSES.items()),
    ]


SPELLED = _spelled()
FILE = "舞阳县工商联.xlsx"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Result, Submission]:
    """All spellings of claims in one return, as program and oracle read them."""
    base = tmp_path_factory.mktemp("spellings")
    sent = Return("舞阳县工商联", [spelled.claim for spelled in SPELLED])
    written = write(sent, base / "in", FILE, Layout(prefill=False))
    return *both([written], base / "in", base / "out"), written


@pytest.mark.parametrize("spelled", SPELLED, ids=lambda s: s.id)
def test_spelling(told: tuple[Book, Result, Submission], spelled: Spelled) -> None:
    """Read as meant; else an error at the very cell that is not clear."""
    book, truth, written = told
    entry = next(entry for entry in truth.ledger if entry.claim is spelled.claim)
    line = book.claim(FILE, entry.placed.sheet, entry.placed.row)
    cell = written.cell(spelled.claim, spelled.header)
    levels = {row["级别"] for row in book.findings(FILE, cell, entry.placed.sheet)}
    span = spelled.claim.date.meaning if isinstance(spelled.claim.date, Cell) else None
    within = isinstance(span, Span) and span.first.year == 2015 and span.last < DEADLINE
    accepted = within or spelled.kind in ("date", "other date", "number", "clause")
    assert line["结论"] == ("计分" if accepted else "不计"), (line, levels)
    assert ("错误" in levels) is not accepted, levels
    if spelled.kind == "range" and accepted:
        assert "警告" in levels


def test_agreement(told: tuple[Book, Result, Submission]) -> None:
    assert differences(*told[:2]) == []


@pytest.mark.parametrize("shift", range(5), ids=lambda n: f"spelling {n}")
def test_unit_names_and_years(tmp_path_factory: pytest.TempPathFactory, shift: int) -> None:
    """Six units a run, each under another name and with another writing of the year."""
    base, sent = tmp_path_factory.mktemp("units"), []
    for number, (unit, names) in enumerate(UNITS.items()):
        year = YEARS[(shift + number) % len(YEARS)]
        meant = year if isinstance(year, Cell) else Cell(year, 2015)
        day = Cell(list(DATES.values())[(shift * 6 + number) % len(DATES)], JUNE)
        claims = [Claim("一.4", f"活动{unit}")]
        made = Return(Cell(names[shift], unit), claims, meant, day)
        sent.append(write(made, base / "in", f"{number}.xlsx", Layout(seed=shift)))
    book, _ = agree(sent, base / "in", base / "out")
    assert [row["状态"] for row in book["排名"]] == ["正常"] * len(ROSTER)
    for submission in sent:
        assert book.file(submission.file)["报送日期"] == datetime(2015, 6, 1)


STRANGERS = ["西城区工商联", "漯河市", "工商联", "舞阳县和临颍县", "县", "开发", "舞阳县工商局"]


def test_unknown_units_are_listed_as_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("strangers")
    sent = [
        write(Return(name, [Claim("一.4")]), base / "in", f"{n}.xlsx")
        for n, name in enumerate([*STRANGERS, Cell(None, None)])
    ]
    book, _ = agree(sent, base / "in", base / "out")
    for submission in sent:
        levels = [row["级别"] for row in book.findings(submission.file, sheet="封面")]
        assert "错误" in levels, submission.file


def test_real_dates_of_the_other_date_system(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Date cells go by the workbook's own system; a bare serial number is counted from 1900."""
    base = tmp_path_factory.mktemp("mac")
    claims = [
        Claim("一.4", "真日期", Cell(datetime(2015, 6, 1), JUNE)),
        Claim("一.4", "序列号", Cell(42156, JUNE)),
        Claim("一.4", "文字", Cell("2015-6-1", JUNE)),
    ]
    sent = Return("舞阳县工商联", claims, date=Cell(datetime(2015, 12, 29), date(2015, 12, 29)))
    written = write(sent, base / "in", FILE, Layout(mac_dates=True))
    agree([written], base / "in", base / "out")
