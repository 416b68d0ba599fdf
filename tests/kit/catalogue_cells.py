"""Cells that hold something else than what a person meant to say."""

from datetime import date, datetime, time

from openpyxl import Workbook

from tests.kit.catalogue import (
    EVENTS,
    FIGURES,
    GROWTH,
    NEWS,
    SPECIAL,
    case,
    cells,
    edited,
    error,
    note,
    page,
    raw,
    rows,
    saved,
    text,
    warning,
)
from tests.kit.returns import Layout, Return, workbook

SECOND, REPORT, FIRST_BANK = (EVENTS, 3), (NEWS, 2), (SPECIAL, 2)


def _errors() -> None:
    """Error values are named, and count as empty."""
    for value in (
        "#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA",
        "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#某种新错误!",
    ):  # fmt: skip
        case(
            f"date is the error value {value.replace('/', '∕')}",
            raw(EVENTS, "C3", f'<c r="C3" t="e"><v>{value}</v></c>'),
            warning("cell-error", EVENTS, "C3", value),
            error("date-missing", EVENTS, "C3", "活动日期"),
            lost={SECOND},
        )
    for what, sheet, ref, code, place in (
        ("clause", EVENTS, "A3", "clause-missing", SECOND),
        ("title", EVENTS, "B3", "title-missing", SECOND),
        ("evidence", EVENTS, "G3", "evidence-missing", SECOND),
        ("words", NEWS, "E2", "words-missing", REPORT),
        ("base", FIGURES, "C4", "base-missing", GROWTH),
        ("done", FIGURES, "D4", "done-missing", GROWTH),
        ("object", SPECIAL, "C2", "object-missing", FIRST_BANK),
    ):
        # Of two banks one is left, and two are needed: the other is told so.
        short = [note("points-short", SPECIAL, "B3")] if code == "object-missing" else []
        case(
            f"{what} is an error value",
            raw(sheet, ref, f'<c r="{ref}" t="e"><v>#REF!</v></c>'),
            warning("cell-error", sheet, ref, "#REF!"),
            error(code, sheet, ref),
            *short,
            lost={place},
        )
        case(
            f"{what} is a formula without a stored result",
            cells(sheet, **{ref: "=甲!A1"}),
            warning("cell-formula", sheet, ref, "没有保存计算结果"),
            error(code, sheet, ref),
            *short,
            lost={place},
        )
        case(
            f"{what} is TRUE",
            cells(sheet, **{ref: True}),
            warning("cell-boolean", sheet, ref, "TRUE"),
            error(code, sheet, ref),
            *short,
            lost={place},
        )
        case(
            f"{what} is empty",
            cells(sheet, **{ref: None}),
            error(code, sheet, ref),
            *short,
            lost={place},
        )
        case(
            f"{what} is a zero-width blank",
            text(sheet, ref, "\u200b\ufeff"),
            error(code, sheet, ref),
            *short,
            lost={place},
        )
    case(
        "note is an error value that no claim needs",
        raw(EVENTS, "J3", '<c r="J3" t="e"><v>#N/A</v></c>', cells(EVENTS, J3="备注")),
        warning("cell-error", EVENTS, "J3", "#N/A"),
    )
    case(
        "error value alone in a row makes no claim",
        rows(EVENTS, '<row r="9"><c r="B9" t="e"><v>#N/A</v></c></row>'),
        warning("cell-error", EVENTS, "B9", "#N/A"),
    )
    case(
        "FALSE alone in a row makes no claim",
        cells(EVENTS, F9=False),
        warning("cell-boolean", EVENTS, "F9", "FALSE"),
    )
    case(
        "formula without a result alone in a row makes no claim",
        cells(EVENTS, B9="=B2"),
        warning("cell-formula", EVENTS, "B9"),
    )


def _results() -> None:
    """A formula counts by its stored result."""
    for what, ref, stored in (
        ("clause", "A3", "一.4"),
        ("title", "B3", "甲"),
        ("proof", "F3", "1"),
    ):
        xml = f'<c r="{ref}" t="str"><f>A1</f><v>{stored}</v></c>'
        case(f"{what} is a formula with a stored result", raw(EVENTS, ref, xml))
    for what, sheet, ref, stored, says, lost in (
        ("a number", NEWS, "E2", "<v>700</v>", (), ()),
        ("a fraction", NEWS, "E2", "<v>700.5</v>", [error("words-bad", NEWS, "E2", "700.5")],
         {REPORT}),
        ("a serial number", EVENTS, "C3", "<v>42156</v>",
         [note("cell-read-as", EVENTS, "C3", "2015-06-01")], ()),
        ("nothing", NEWS, "E2", "<v></v>", [warning("cell-formula", NEWS, "E2"),
         error("words-missing", NEWS, "E2")], {REPORT}),
    ):  # fmt: skip
        xml = f'<c r="{ref}"><f>1+1</f>{stored}</c>'
        case(f"formula whose result is {what}", raw(sheet, ref, xml), *says, lost=lost)
    for what, kind, stored, says, lost in (
        ("text", "str", "2015年6月3日", [note("cell-read-as", EVENTS, "C3", "2015-06-03")], ()),
        ("empty text", "str", "", [error("date-missing", EVENTS, "C3")], {SECOND}),
        ("an error", "e", "#VALUE!", [warning("cell-error", EVENTS, "C3", "#VALUE!"),
         error("date-missing", EVENTS, "C3")], {SECOND}),
        ("TRUE", "b", "1", [warning("cell-boolean", EVENTS, "C3", "TRUE"),
         error("date-missing", EVENTS, "C3")], {SECOND}),
        ("a date of the newer kind", "d", "2015-06-03", (), ()),
    ):  # fmt: skip
        xml = f'<c r="C3" t="{kind}"><f>A1</f><v>{stored}</v></c>'
        case(f"date formula whose result is {what}", raw(EVENTS, "C3", xml), *says, lost=lost)


def _dates() -> None:
    """Dates that are no dates of this year, or nobody can be sure of."""
    for what, value, word in (
        ("without a year", "6月1日", "没有写年份"),
        ("with two digits of the year", "15.6.1", "年份应写四位"),
        ("with the day first", "6/1/2015", "年份应写在最前面"),
        ("with 上旬", "2015年6月上旬", "没有写明是哪一天"),
        ("with 月底", "2015年6月底", "没有写明是哪一天"),
        ("that is not in the calendar", "2015-02-30", "没有这一天"),
        ("as a range backwards", "2015-06-03至2015-06-01", "后一天早于前一天"),
        ("as a word", "待定", "无法识别"),
        ("as a year", 2015, "无法识别"),
        ("as a huge number", 1e300, "无法识别"),
        ("as a negative number", -42156, "无法识别"),
        ("as a number with nine digits", 201506011, "无法识别"),
        ("as a novel", "二〇一五年六月一日" * 3000, "文字太长"),
        ("as a time", time(9, 30), "只有时间"),
        ("with other digits", "٢٠١٥-٠٦-٠١", "无法识别"),
        ("as an image of digits", "²⁰¹⁵-⁰⁶-⁰¹", "无法识别"),
    ):
        found = error("date-unclear", EVENTS, "C3", word)
        case(f"date {what}", cells(EVENTS, C3=value), found, lost={SECOND})
    for what, value, code, word in (
        ("before the first day", date(2014, 12, 31), "date-early", "2014-12-31"),
        ("of the year 1900", date(1900, 3, 1), "date-early", "1900-03-01"),
        ("on the deadline", date(2015, 12, 30), "date-late", "2015-12-30"),
        ("on the deadline with a time", datetime(2015, 12, 30, 0, 1), "date-late", "2015-12-30"),
        ("of the year 9999", date(9999, 12, 31), "date-late", "9999-12-31"),
    ):
        found = error(code, EVENTS, "C3", word)
        case(f"date {what}", cells(EVENTS, C3=value), found, lost={SECOND})
    for what, value, word in (
        ("as 年月日", "2015年6月1日", "2015-06-01"),
        ("with full-width digits", "２０１５．６．１", "2015-06-01"),
        ("with Chinese digits", "二〇一五年六月一日", "2015-06-01"),
        ("as a serial number", 42156, "2015-06-01"),
        ("with 上午", "2015年6月1日上午", "2015-06-01"),
        ("with a weekday", "2015年6月1日（星期一）", "2015-06-01"),
        ("as eight digits", 20150601, "2015-06-01"),
    ):
        case(f"date {what}", cells(EVENTS, C3=value), note("cell-read-as", EVENTS, "C3", word))
    for number in ("1e300", "-1E+300", "410101199001011234", "13800000000", "2958466", "-1"):
        case(
            f"date cell that holds {number}",
            raw(EVENTS, "C3", f'<c r="C3" s="1"><v>{number}</v></c>'),
            error("date-unclear", EVENTS, "C3"),
            lost={SECOND},
        )
    for what, value in (("without a day", "2015年6月"), ("as two dates", "2015-06-01、2015-07-01")):
        says = warning("date-range", EVENTS, "C3", "2015-06-01")
        case(f"date {what}", cells(EVENTS, C3=value), says)
    case(
        "date as a range",
        cells(EVENTS, C3="2015年6月1日-3日"),
        warning("date-range", EVENTS, "C3", "2015-06-01"),
    )
    case(
        "date as a range over the deadline",
        cells(EVENTS, C3="2015-12-28至2015-12-30"),
        error("date-late", EVENTS, "C3", "2015-12-30"),
        lost={SECOND},
    )


def _numbers() -> None:
    for what, value in (
        ("negative", -600), ("zero", 0), ("a fraction", 600.5), ("text of a fraction", "600.5"),
        ("about", "约800字"), ("a range", "600-800"), ("NaN as text", "NaN"),
        ("infinity as text", "inf"), ("hexadecimal", "0x258"),
        ("with an exponent", "6e2"), ("with other digits", "٦٠٠"), ("in a circle", "⑥"),
        ("a date", date(2015, 6, 1)), ("a time", time(1, 2)), ("words", "许多"),
        ("six hundred digits", "9" * 600),
    ):  # fmt: skip
        found = error("words-bad", NEWS, "E2", "不是大于 0 的整数")
        case(f"字数 is {what}", cells(NEWS, E2=value), found, lost={REPORT})
    for nth, number in enumerate(("NaN", "1E400", "-INF", "nan")):
        case(
            f"字数 is {number} in the file, {nth}",  # Windows takes NaN.xlsx for nan.xlsx
            raw(NEWS, "E2", f'<c r="E2"><v>{number}</v></c>'),
            error("words-bad", NEWS, "E2"),
            lost={REPORT},
        )
    case("字数 is a number of three hundred digits", cells(NEWS, E2=1e300),
         note("cell-read-as", NEWS, "E2"))  # fmt: skip
    for value in ("８００字", "1,200", "800 字", "800（字）"):
        found = note("cell-read-as", NEWS, "E2")
        case(f"字数 written {value}", cells(NEWS, E2=value), found)
    for what, ref, value, code in (
        ("基数 of nothing", "C4", 0, "base-none"), ("基数 negative", "C4", -1, "base-bad"),
        ("基数 as a percentage", "C4", "93%", "base-bad"),
        ("完成数 negative", "D4", -1, "done-bad"), ("完成数 as a share", "D4", 1.07, "done-bad"),
        ("完成数 as a percentage", "D4", "107%", "done-bad"),
        ("完成数 as a formula in text", "D4", "100+7", "done-bad"),
        ("完成数 as a date", "D4", date(2015, 6, 1), "done-bad"),
    ):  # fmt: skip
        case(what, cells(FIGURES, **{ref: value}), error(code, FIGURES, ref), lost={GROWTH})
    case(
        "完成数 over 基数 where that cannot be",
        cells(FIGURES, D9=11),
        error("done-over-base", FIGURES, "D9", "11"),
        lost={(FIGURES, 9)},
    )


def _claims() -> None:
    for word in ("无", "/", "-", "—", "暂无", "没有", " 无 ", "／"):
        found = error("evidence-missing", EVENTS, "F3", "通知")
        case(f"evidence is {word.replace('/', '∕')}", cells(EVENTS, F3=word), found, lost={SECOND})
    case(
        "row with nothing but a note",
        cells(EVENTS, J5="明年补报"),
        error("clause-missing", EVENTS, "A5"),
        error("title-missing", EVENTS, "B5"),
        error("date-missing", EVENTS, "C5"),
        more={(EVENTS, 5): False},
    )
    case(
        "clause of another sheet",
        cells(EVENTS, A3="三.2"),
        error("clause-other-sheet", EVENTS, "A3", "调研参政"),
        lost={SECOND},
    )
    for value in ("一.99", "1.4", "组织会员参加", "一.4.1", "三", "="):
        found = error("clause-unknown", EVENTS, "A3")
        case(f"clause is {value}", text(EVENTS, "A3", value), found, lost={SECOND})
    case(
        "claim twice", edited(_twice), error("claim-repeated", EVENTS, "A4", "第 2 行"),
        more={(EVENTS, 4): False},
    )  # fmt: skip
    case(
        "figure twice",
        cells(FIGURES, A11="五.1a", B11="会员", C11=100, D11=150, E11=date(2015, 12, 1), F11="1",
              G11="1"),
        error("claim-repeated-figure", FIGURES, "A11", "第 4 行"),
        more={(FIGURES, 11): False},
    )  # fmt: skip
    case("untouched figures with blanks", cells(FIGURES, C2=" ", D3="\n", H5="　"))
    case("dates count from 1904", lambda unit: saved(_mac(unit)))


def _mac(unit: str) -> Workbook:
    from tests.kit.catalogue import healthy

    sent: Return = healthy(unit)
    return workbook(sent, Layout(mac_dates=True))[0]


def _twice(book: Workbook) -> None:
    events = page(book, EVENTS)
    for column in range(1, 11):
        events.cell(4, column, events.cell(2, column).value)


_errors()
_results()
_dates()
_numbers()
_claims()
