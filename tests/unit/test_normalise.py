"""What people write, value by value: dates, whole numbers, points, years, clauses, units."""

from datetime import date, datetime, time, timedelta

import pytest

from pipeline.normalise import (
    Day,
    Reader,
    as_text,
    clause_reader_of,
    example_day,
    read_as_of,
    read_count,
    read_date,
    read_day,
    read_each,
    read_points,
    read_year,
    unit_reader_of,
)

JUNE = date(2015, 6, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("", ""), (" 原样 ", " 原样 "), (7, "7"), (7.0, "7"), (-3.0, "-3"), (2.5, "2.5"),
     (999999999999999.0, "999999999999999"), (-999999999999999.0, "-999999999999999"),
     (1e15, "1000000000000000.0"), (float("inf"), "inf"), (JUNE, "2015-06-01"),
     (datetime(2015, 6, 1), "2015-06-01"), (datetime(2015, 6, 1, 9, 30), "2015-06-01 09:30:00"),
     (datetime(2015, 6, 1, 0, 0, 1), "2015-06-01 00:00:01"), (time(9, 30), "09:30:00")],
)  # fmt: skip
def test_a_value_as_a_person_sees_it(value: object, text: str) -> None:
    assert as_text(value) == text


def test_each_different_value_is_read_once_and_given_in_order() -> None:
    asked: list[object] = []

    def reader(value: object) -> str:
        asked.append(value)
        return f"<{value}>"

    assert read_each(reader, ["b", "a", "b", None, "a"]) == ["<b>", "<a>", "<b>", "<None>", "<a>"]
    assert asked == ["b", "a", None]


DATES = """
20150601 08:30|20150601T08:30:00|２０１５０６０１　０８：３０
2015-6-1|2015-06-01|2015/6/1|2015/06/01|2015.6.1|2015.06.01|2015年6月1日|2015年06月01日
2015年6月1号|2015年6月1|20150601|42156|42156.75|二〇一五年六月一日|二○一五年六月一号
二零一五年六月一日|二〇一五年6月一日|２０１５－０６－０１|２０１５．６．１|２０１５／６／１
２０１５年６月１日|2015 年 6 月 1 日|2015 年6 月1 日|2015年 6月 1日|2015年　6月1日
2015 - 6 - 1|2015 / 6 / 1|2015 . 6 . 1| 2015-6-1 |2015–6–1|2015—6—1|2015−6−1|2015。6。1
2015-6-1.|2015.6.1。|2015-6-1日|2015年6月1日.
2015-06-01 09:30|2015-06-01 9:30|2015-06-01 09:30:15|2015-06-01T09:30:15|2015-06-01T09:30
2015-06-01T09:30:15.250|2015-06-01T09:30:15Z|2015-06-01T09:30:15+08:00|2015-06-01T09:30:15+0800
2015-06-01T09:30:15-08:00|2015年6月1日9:30|2015年6月1号9:30|2015年6月1日 14:30|2015/6/1 0:00
2015年6月1日9时|2015年6月1日9点|2015年6月1日 9时30分|2015年6月1日9点半|2015年6月1日9点整
2015年6月1日9时30分15秒|2015-6-1 9时|2015年6月1日上午|2015年6月1日下午|2015年6月1日中午
2015年6月1日晚上|2015年6月1日凌晨|2015年6月1日全天|2015-6-1 上午|2015-6-1 AM|2015-6-1 pm
2015-6-1 Pm|2015-6-1 aM|2015年6月1日上午9时|2015年6月1日上午 9:30|2015年6月1日下午2点
2015年6月1日中午12时|2015年6月1日晚上8点|2015年6月1日凌晨1时|2015-6-1 上午9:30
2015-6-1 PM 9:30|2015-6-1 AM 9:30|2015-6-1 am 9:30|2015-6-1 pm 9:30|2015-6-1 AM9:30|2015-6-1 PM9:30|
2015年6月1日晚上8:30|2015年6月1日凌晨1:30|2015年6月1日中午12:00|2015年6月1号9时|2015年6月1号上午9时
2015-6-1 am9:30|2015-6-1 9:30 PM|2015-6-1 9:30pm|2015-6-1 9:30 Am|2015-6-1 9:30aM
2015-6-1(星期一)|2015-6-1（星期一）|2015年6月1日星期一|2015年6月1日 周二|2015年6月1日（周三）
2015年6月1日礼拜四|2015年6月1日星期五|2015年6月1日星期六|2015年6月1日星期日|2015年6月1日周天
2015年6月1日( 星期一 )|2015年6月1日 (周一) 9:30|2015年6月1日星期一上午
"""


@pytest.mark.parametrize("written", [w for line in DATES.split("\n") for w in line.split("|") if w])
def test_the_first_of_june_in_every_form(written: str) -> None:
    assert read_date(written) == Day(JUNE)


@pytest.mark.parametrize(
    ("written", "day"),
    [(JUNE, JUNE), (datetime(2015, 6, 1, 23, 59, 59), JUNE), (42156, JUNE), (42156.999, JUNE),
     (20150601, JUNE), (20150601.0, JUNE), (10000, date(1927, 5, 18)), (99999, date(2173, 10, 13)),
     ("二〇一五年十月十日", date(2015, 10, 10)), ("二〇一五年十一月二十日", date(2015, 11, 20)),
     ("二〇一五年十二月二十九日", date(2015, 12, 29)),
     ("二〇一五年三月三十一日", date(2015, 3, 31)), ("二〇一五年十2月1十日", date(2015, 12, 10)),
     ("二〇一五年七月八日", date(2015, 7, 8)), ("二〇四九年五月六日", date(2049, 5, 6)),
     ("2015年二月2十3日", date(2015, 2, 23)), ("二〇一0年十月二十9日", date(2010, 10, 29)),
     ("二0一9年十月3十日", date(2019, 10, 30)), ("19991231", date(1999, 12, 31)),
     ("2015年10月10日", date(2015, 10, 10)), ("2015-12-31", date(2015, 12, 31)),
     ("2016-2-29", date(2016, 2, 29))],
)  # fmt: skip
def test_other_days(written: object, day: date) -> None:
    assert read_date(written) == Day(day)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2015-06-01至2015-06-03", JUNE, date(2015, 6, 3)),
        ("2015-06-01到2015-06-03", JUNE, date(2015, 6, 3)),
        *((f"2015/6/1{sign}2015/6/3", JUNE, date(2015, 6, 3)) for sign in "-–—―−~～－"),
        ("2015年6月1日——2015年6月3日", JUNE, date(2015, 6, 3)),
        ("2015.6.1--2015.6.3", JUNE, date(2015, 6, 3)),
        ("2015年6月1日 - 2015年6月3日", JUNE, date(2015, 6, 3)),
        ("2015年6月1日-3日", JUNE, date(2015, 6, 3)),
        ("2015年6月1日至3号", JUNE, date(2015, 6, 3)),
        ("2015年6月1日-7月2日", JUNE, date(2015, 7, 2)),
        ("2015年6月1日 至 7 月 2 日", JUNE, date(2015, 7, 2)),
        ("2015-06-01至07-02", JUNE, date(2015, 7, 2)),
        ("2015/6/1至7/2", JUNE, date(2015, 7, 2)),
        ("2015.6.1-7.2", JUNE, date(2015, 7, 2)),
        ("2015-6-1至3", JUNE, date(2015, 6, 3)),
        ("2015-6-1至2016-6-1", JUNE, date(2016, 6, 1)),
        ("2015-06-01至2015-06-01", JUNE, JUNE),
        ("二〇一五年六月一日至三日", JUNE, date(2015, 6, 3)),
        ("2015年6月1日上午至3日下午", JUNE, date(2015, 6, 3)),
        ("2015年6月1日 9:00 至 2015年6月3日 17:00", JUNE, date(2015, 6, 3)),
        ("2015年6月1日-3日.", JUNE, date(2015, 6, 3)),
        ("2015年6月1日-3日。", JUNE, date(2015, 6, 3)),
        ("20150601-20150603", JUNE, date(2015, 6, 3)),
        ("20150601 至 20150603", JUNE, date(2015, 6, 3)),
        ("20150601到20150603", JUNE, date(2015, 6, 3)),
        ("20150601 08:00至20150603 17:30", JUNE, date(2015, 6, 3)),
        ("20150601——20150603", JUNE, date(2015, 6, 3)),
        ("2015-12-30至31", date(2015, 12, 30), date(2015, 12, 31)),
        ("2015-06-01-2015-06-03", JUNE, date(2015, 6, 3)),
        ("2015年6月1日、3日", JUNE, date(2015, 6, 3)),
        ("2015年6月-8月", JUNE, date(2015, 8, 31)),
        ("2015年6、7月", JUNE, date(2015, 7, 31)),
        ("2015-06至2015-11", JUNE, date(2015, 11, 30)),
        ("2015年6月-2016年2月", JUNE, date(2016, 2, 29)),
        ("2015年第3季度", date(2015, 7, 1), date(2015, 9, 30)),
    ],
)
def test_a_range_has_a_first_and_a_last_day(written: str, first: date, last: date) -> None:
    assert read_date(written) == Day(first, last)


ONE_SIGN = "同一个符号既分年月日又表示起止"
NO_YEAR, SHORT_YEAR, YEAR_LAST = "没有写年份", "年份应写四位", "年份应写在最前面"
NO_DAY, WHICH_DAY, NO_SUCH_DAY = "没有写日", "没有写明是哪一天", "没有这一天"
BACKWARDS, UNKNOWN, TOO_LONG = "后一天早于前一天", "写法无法识别", "文字太长"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        *((w, NO_YEAR) for w in ("6月1日", "6 月 1 日", "12月31号", "六月一日", "6月1")),
        *(
            (w, SHORT_YEAR)
            for w in ("5.6.1", "15.6.1", "15-6-1", "15/6/1", "15年6月1日", "15年06月01号")
        ),
        *((w, YEAR_LAST) for w in ("6/1/2015", "6-1-2015", "1.6.2015", "12/31/2015")),
        *((w, NO_DAY) for w in ("2015年12", 2015.6, 2015.06)),
        *((w, "没有写月、日") for w in ("2015年", "2015年全年", "2015年度")),
        *((w, "没有这个月") for w in ("2015年13月", "2015-00", "2015年0-3月", "2015年11-13月")),
        *((w, ONE_SIGN) for w in ("2015-6-1-2", "2015-06-01-07-02", "2015–6–1–2")),
        *((w, WHICH_DAY) for w in ("2015年6月上旬", "6月中旬", "2015年6月下旬开会")),
        *((w, WHICH_DAY) for w in ("2015年6月初", "6月底", "2015年6月末")),
        *((w, NO_SUCH_DAY) for w in ("2015-02-30", "2015年2月29日", "20150230", "2015-13-1")),
        *((w, NO_SUCH_DAY) for w in ("2015-6-0", "2015-0-1", "0000-6-1", "20151301")),
        *((w, NO_SUCH_DAY) for w in ("2015-2-29至2015-3-1", "2015-2-28至29", "2015-6-1至6-31")),
        *((w, NO_SUCH_DAY) for w in ("20150230-20150301", "20150201-20150230")),
        *((w, BACKWARDS) for w in ("2015-06-03至2015-06-01", "2015年6月3日-1日")),
        *((w, BACKWARDS) for w in ("2015-6-1至5-31", "20150603-20150601", "2015-12-31至1-1")),
        *((w, UNKNOWN) for w in ("", "年中", "2015", "约2015年6月1日", "2015-06-01?", "９９９９")),
        *((w, UNKNOWN) for w in ("100000", "01234", "4215", "42156.")),
        *((w, UNKNOWN) for w in ("2015-6/1", "2015-6.1", "2015/6-1", "2015-6-1 9", "2015-6-19:30")),
        *(
            (w, UNKNOWN)
            for w in (
                "20150601-0603",
                "18150601",
                "21150601",
                "2015060",
                "201506011",
                "2015060108:30",
            )
        ),
        *(
            (w, UNKNOWN)
            for w in (
                "2015年六十十月1日",
                "2015年十十月1日",
                "2015年二三十月1日",
                "2015年十二三月1日",
            )
        ),
        *((w, UNKNOWN) for w in ("2015年6月1日上中午", "2015年6月1日星期八", "①年6月1日")),
        *((w, UNKNOWN) for w in ("2015-6-1至", "至2015-6-1", "2015-6-1或3", "2015⁶6月1日")),
        (-5, UNKNOWN),
        (2015, UNKNOWN),
        (42156.5e9, UNKNOWN),
        (float("nan"), UNKNOWN),
        ("9" * 100, UNKNOWN),
        ("9" * 101, TOO_LONG),
        (time(9, 30), "只有时间，没有日期"),
        (None, "只有时间，没有日期"),
    ],
)
def test_what_is_unclear_is_no_date_and_says_why(written: object, reason: str) -> None:
    assert read_date(written) == Day(None, None, reason)


@pytest.mark.parametrize("written", ["2015年6月", "2015-06", "2015年第二季度", "2015年上半年"])
def test_a_month_is_no_day_on_covers_and_receipts(written: str) -> None:
    assert read_day(written).day is None
    assert read_day("2015-12-28至29") == Day(date(2015, 12, 28), date(2015, 12, 29))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        *(
            (w, Day(date(2015, 12, 31)))
            for w in ("2015年", "2015年全年", "截至2015年", "截止 2015年")
        ),
        ("截至2015年11月30日", Day(date(2015, 11, 30))),
        ("截止到2015-11-30", Day(date(2015, 11, 30))),
        ("截至2015年11月", Day(date(2015, 11, 1), date(2015, 11, 30))),
        (datetime(2015, 11, 30), Day(date(2015, 11, 30))),
    ],
)
def test_up_to_when_figures_were_counted(written: object, day: Day) -> None:
    assert read_as_of(written) == day


@pytest.mark.parametrize(
    ("written", "example"),
    [("6月中旬", date(2015, 6, 15)), ("2015年9月上旬", date(2015, 9, 5)), ("6月1日", JUNE),
     ("15.6.1", JUNE), ("6/1/2015", JUNE), ("二〇一五年六月底", date(2015, 6, 28)), ("常年", None),
     ("13月1日", None), ("99999999999月1日", None)],
)  # fmt: skip
def test_an_example_echoes_what_was_written(written: str, example: date | None) -> None:
    assert example_day(written, 2015) == example


UNIT_WORDS = ["字", "人", "名", "家", "份", "个", "次", "篇", "户", "期", "场", "项", "人次"]
MORE_WORDS = ["条", "件", "位", "所", "处"]


@pytest.mark.parametrize("word", UNIT_WORDS + MORE_WORDS)
@pytest.mark.parametrize(
    "form",
    ["1200{}", "1200 {}", "1,200{}", "１２００　{}", "1200({})", "1200（{}）", "1200 ( {} )"],
)
def test_a_number_with_a_unit_word(word: str, form: str) -> None:
    assert read_count(form.format(word)) == 1200


@pytest.mark.parametrize(
    ("value", "number"),
    [(1200, 1200), (1200.0, 1200), (0, 0), (-600, -600), (10**20, 10**20), ("1200", 1200),
     ("１２００", 1200), (" 1200 ", 1200), ("1,200", 1200), ("１，２００", 1200),
     ("1,234,567", 1234567), ("12,345", 12345), ("123,456", 123456), ("1 200", 1200),
     ("1200.0", 1200), ("1200.00 字", 1200), ("-5", -5), ("－5", -5), ("0", 0), ("007", 7),
     ("9" * 100, int("9" * 100))],
)  # fmt: skip
def test_a_whole_number(value: object, number: int) -> None:
    assert read_count(value) == number


@pytest.mark.parametrize(
    "value",
    [None, "", "字", "约800字", "800字左右", "800多字", "600字以上", 600.5, "600.5", "很多",
     "600-800", "600+", "+600", "1.2万", "600元", "٦٠٠", "12,34", "1,2345", "1234,567", ",200",
     "1,200,", "6 00", "600字字", "600(字", "600.", "--5", "①", "10²", "9" * 101, float("nan"),
     float("inf"), datetime(2015, 6, 1), time(9), "1.000,5"],
)  # fmt: skip
def test_what_is_no_whole_number(value: object) -> None:
    assert read_count(value) is None


@pytest.mark.parametrize(
    ("value", "points"),
    [(3, 3.0), (-2.5, -2.5), (0, 0.0), (999_999_999, 999_999_999.0),
     (-999_999_999.5, -999_999_999.5), (".5", 0.5), ("-.5分", -0.5), ("−3", -3.0),
     ("1,000", 1000.0), ("-1，234，567.25分", -1234567.25), ("9,999", 9999.0),
     ("100,000", 100_000.0), ("99,990.99", 99990.99), ("199,909.9", 199909.9), ("90.09", 90.09),
     ("0" * 99 + "5", 5.0), ("3", 3.0), ("3分", 3.0), ("3 分", 3.0), ("２．５分", 2.5),
     ("-5", -5.0), ("+5", 5.0), ("12.25", 12.25), ("123456789.25", 123456789.25)],
)  # fmt: skip
def test_points_of_a_ruling(value: object, points: float) -> None:
    assert read_points(value) == points
    assert isinstance(read_points(value), float)


@pytest.mark.parametrize(
    "value",
    [None, "", "分", "三分", "3分多", "约3", "3.", ".", "-", ",000", "3,00", "3,0000", "1e3",
     "3分分", 1e9, -1e9, "1000000000", "1234567890123.25", "0" * 101, float("nan"), float("inf"),
     date(2015, 6, 1)],
)  # fmt: skip
def test_what_are_no_points(value: object) -> None:
    assert read_points(value) is None


@pytest.mark.parametrize(
    "value",
    [2015, 2015.0, "2015", "2015年", "2015年度", "２０１５年", " 2015 年 度 ", "二〇一五年",
     "二○一五年度", date(2015, 6, 1), datetime(2015, 1, 1, 8)],
)  # fmt: skip
def test_the_year_of_a_return(value: object) -> None:
    assert read_year(value) == 2015


@pytest.mark.parametrize(
    "value", [None, "", "15年", "2015度", "20155", "2015年年", "今年", 15, 201.5]
)
def test_what_is_no_year(value: object) -> None:
    assert read_year(value) is None


IDS = ("一.2a", "一.2b", "一.4", "二.2", "五.1a", "一", "十一.1", "十一.12")


@pytest.fixture(scope="module")
def clause() -> Reader:
    return clause_reader_of(IDS)


@pytest.mark.parametrize("written", IDS)
def test_an_id_alone(clause: Reader, written: str) -> None:
    assert clause(written) == written


@pytest.mark.parametrize(
    ("written", "meant"),
    [(" 一.4 ", "一.4"), ("一. 4", "一.4"), ("一．4", "一.4"), ("一.４", "一.4"),
     ("一.2A", "一.2a"), ("一．２Ａ", "一.2a"), ("二.2\n", "二.2"), ("一.4（组织会员）", "一.4"),
     ("一.4：组织会员", "一.4"), ("一.4、组织", "一.4"), ("一.4-x", "一.4"), ("一.4。", "一.4"),
     ("一.4_", "一.4"), ("十一.1：x", "十一.1"), ("十一.12", "十一.12"), ("一（二.2）", "一"),
     ("一.4 （组织 会员）", "一.4"), ("一. 4：组织 会员 2 次", "一.4"),
     ("一.2A-理想 信念", "一.2a"), ("一.4组织", "一.4"), ("一.4 组织会员参加", "一.4"),
     ("一.4　组织会员参加", "一.4"), ("一.4 2015年", "一.4"), ("一.4 ３次", "一.4"),
     ("一.4 b", "一.4")],
)  # fmt: skip
def test_a_clause_however_written(clause: Reader, written: str, meant: str) -> None:
    assert clause(written) == meant


@pytest.mark.parametrize(
    "written",
    [None, "", "企业文化", "一.42", "一.4b", "一.4.1", "一.4．", "一.2", "十二.1", "1.4", 1.4,
     "第一.4", "一、4x 组织", "四 .4", "组织 一.4"],
)  # fmt: skip
def test_what_is_no_clause(written: object) -> None:
    # Without the bare "一", which "一、4x" would begin with.
    reader = clause_reader_of(set(IDS) - {"一"})
    assert reader(written) is None


@pytest.fixture(scope="module")
def unit() -> Reader:
    roster = [("甲县工商联", ("甲县", "甲")), ("Ｂ区工商联", ["B区"]), ("某市工商联", ["市区"])]
    return unit_reader_of(roster, ["某", "某市"], {"工商业联合会": "工商联", "分会": ""})


@pytest.mark.parametrize(
    ("written", "meant"),
    [("甲县工商联", "甲县工商联"), ("甲县", "甲县工商联"), ("甲", "甲县工商联"),
     (" 甲 县\n工商联 ", "甲县工商联"), ("甲县工商业联合会", "甲县工商联"),
     ("某市甲县", "甲县工商联"), ("某甲县工商业联合会", "甲县工商联"), ("某 市 甲", "甲县工商联"),
     ("b区", "Ｂ区工商联"), ("Ｂ区工商联", "Ｂ区工商联"), ("某市B区工商联分会", "Ｂ区工商联"),
     ("某市工商联", "某市工商联"), ("某市区", "某市工商联"), ("某市市区", "某市工商联")],
)  # fmt: skip
def test_a_unit_however_written(unit: Reader, written: str, meant: str) -> None:
    assert unit(written) == meant


@pytest.mark.parametrize(
    "written", [None, "", "乙县", "甲县委", "工商联", "某", "某市", "县", "某某甲"]
)
def test_what_is_no_unit(unit: Reader, written: object) -> None:
    assert unit(written) is None


def test_of_two_prefixes_the_longer_is_tried_first() -> None:
    reader = unit_reader_of([("长", ["甲"]), ("短", ["市甲"])], ["某", "某市"], {})
    assert reader("某市甲") == "长"


def all_days(year: int) -> list[date]:
    """Every day of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize("form", ["{0}-{1}-{2}", "{0}年{1:02}月{2:02}日", "{0}{1:02}{2:02}"])
def test_every_day_of_a_year(form: str) -> None:
    for year in (1999, 2010, 2089):
        days = all_days(year)
        assert [read_date(form.format(d.year, d.month, d.day)) for d in days] == list(
            map(Day, days)
        )


@pytest.mark.parametrize(
    "form",
    ["2010-1-1至{0}-{1}-{2}", "2010年1月1日至{0}年{1}月{2}日", "2010年1月1日至{1}月{2}日",
     "2010/1/1-{1:02}/{2:02}", "20100101-{0}{1:02}{2:02}"],
)  # fmt: skip
def test_every_last_day_of_a_range(form: str) -> None:
    for year in (2010, 2034, 2056, 2078, 2099) if "{0}" in form else (2010,):
        days = all_days(year)[:: 1 if year == 2010 else 50]
        read = [read_date(form.format(d.year, d.month, d.day)) for d in days]
        assert read == [Day(date(2010, 1, 1), d) for d in days]


@pytest.mark.parametrize("form", ["2010-1-1至{}", "2010年1月1日-{:02}日"])
def test_every_day_that_ends_a_range_within_a_month(form: str) -> None:
    days = [date(2010, 1, n) for n in range(1, 32)]
    assert [read_date(form.format(d.day)) for d in days] == [Day(date(2010, 1, 1), d) for d in days]


@pytest.mark.parametrize(
    "form",
    ["2015-6-1 {0}:00", "2015-6-1 9:{1:02}", "2015-6-1 9:{0}", "2015-6-1 09:30:{1:02}",
     "2015-6-1T9:30:00.{1:02}", "2015-6-1T9:30:00+{1:02}:00", "2015-6-1T9:30:00-08:{1:02}",
     "2015年6月1日{0}时", "2015年6月1日{0:02}时", "2015年6月1日9时{0}分",
     "2015年6月1日9时{1:02}分", "2015年6月1日9时30分{1:02}秒", "2015年6月1日9时30分{0}秒"],
)  # fmt: skip
def test_every_time_of_a_day(form: str) -> None:
    for number in range(100):
        assert read_date(form.format(number % 24, number)) == Day(JUNE), number


def test_every_digit_of_a_serial_number() -> None:
    for serial in (10000, 23456, 67890, 98765, 54321, 12099, 39909):
        day = date(1899, 12, 30) + timedelta(days=serial)
        for written in (serial, f"{serial}.0123456789", f"{serial}.9"):
            assert read_date(written) == Day(day)


@pytest.mark.parametrize(
    ("form", "reason"),
    [("{1}月{2}日", NO_YEAR), ("{1:02} 月 {2:02}", NO_YEAR), ("{3:02}.{1}.{2}", SHORT_YEAR),
     ("{3}年{1:02}月{2:02}日", SHORT_YEAR), ("{1}/{2}/{0}", YEAR_LAST),
     ("{1:02}-{2:02}-{0}", YEAR_LAST)],
)  # fmt: skip
def test_every_day_that_is_not_written_in_full(form: str, reason: str) -> None:
    for year in (1999, 2010, 2034, 2056, 2078):
        for d in all_days(year)[:: 1 if year == 2010 else 20]:
            written = form.format(d.year, d.month, d.day, d.year % 100)
            assert read_date(written) == Day(None, None, reason), written


def test_every_digit_of_numbers_points_and_years() -> None:
    for number in (1234567, 8901234, 9080706, 1000999, 901234, 190876, 90, 12, 345):
        assert read_count(str(number)) == read_count(f"{number:,}") == number
        assert read_count(f"{number:,}".replace(",", " ")) == number
        assert read_points(f"{number}.{number}") == float(f"{number}.{number}")
    for year in (2015, 2089, 2034, 2067, 1999, 1900):
        assert read_year(str(year)) == read_year(f"{year}年") == year
