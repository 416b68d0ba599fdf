"""Sheets, headers, rows and covers that are not where the template put them."""

from datetime import date

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.kit.catalogue import (
    BASE,
    COVER,
    EVENTS,
    LATE,
    NEWS,
    NORMAL,
    PART,
    PENDING,
    REPORTS,
    SPECIAL,
    UNKNOWN,
    UNREADABLE,
    case,
    cells,
    edited,
    error,
    note,
    page,
    parts,
    raw,
    saved,
    swap,
    warning,
)
from tests.kit.returns import Layout, workbook

EVENT_ROWS = {(EVENTS, 2), (EVENTS, 3)}


def on(sheet: str, change: object) -> object:
    """The healthy return after something was done to one sheet."""
    assert callable(change)
    return edited(lambda book: change(page(book, sheet)))


def renamed(sheet: str, title: str) -> object:
    def change(found: Worksheet) -> None:
        found.title = title

    return on(sheet, change)


def headers(sheet: str, how: object) -> object:
    assert callable(how)

    def change(found: Worksheet) -> None:
        for cell in found[1]:
            cell.value = how(cell.value)

    return on(sheet, change)


def moved(by: int, across: int = 0) -> object:
    """The event sheet's whole table further down or to the right."""
    return on(EVENTS, lambda found: found.move_range("A1:J3", by, across))


def shuffled(unit: str) -> bytes:
    from tests.kit.catalogue import healthy

    return saved(workbook(healthy(unit), Layout(titles=2))[0])


def copied(book: Workbook, title: str) -> None:
    book.copy_worksheet(page(book, EVENTS)).title = title


def missing(found: Worksheet, column: int) -> None:
    found.delete_cols(column)


def _harmless() -> None:
    """What people do that changes nothing."""
    case("blanks in a sheet's name", renamed(EVENTS, " 活动 培训 "))
    case("blank in the cover's name", renamed(COVER, "封　面"))
    case("line breaks in headers", headers(EVENTS, "\n".join))
    case("blanks in headers", headers(NEWS, "　".join))
    case("colons behind headers", headers(REPORTS, "{}：".format))
    case("zero-width blanks in headers", headers(EVENTS, "\u200b".join))
    case("columns in another order", on(EVENTS, lambda s: s.move_range("C1:C3", 0, 12)))
    case("title rows above the header", shuffled, more={(s, r + 2): True for s, r in BASE},
         gone=BASE)  # fmt: skip
    case("header far down", moved(500), gone=EVENT_ROWS,
         more={(EVENTS, 502): True, (EVENTS, 503): True})  # fmt: skip
    case("header far to the right", moved(0, 60))
    case("table at the last row", moved(1_048_573), gone=EVENT_ROWS,
         more={(EVENTS, 1_048_575): True, (EVENTS, 1_048_576): True})  # fmt: skip
    case("table at the last column", moved(0, 16_374))
    case("empty columns put in", on(EVENTS, lambda s: s.insert_cols(3, 2)))
    case("empty rows put in", on(EVENTS, lambda s: s.insert_rows(3, 40)), gone={(EVENTS, 3)},
         more={(EVENTS, 43): True})  # fmt: skip
    case("header row once more in the middle",
         on(EVENTS, lambda s: (s.insert_rows(3), [s.cell(3, c.column, c.value) for c in s[1]])),
         gone={(EVENTS, 3)}, more={(EVENTS, 4): True})  # fmt: skip
    for title in ("自留底稿", "Sheet1", "自查", "会议纪要"):
        case(f"a sheet {title} of its own",
             edited(lambda b, t=title: b.create_sheet(t).append(["条款", 1])),
             *(() if title == "自查" else [note("sheet-extra", "", "", title)]))  # fmt: skip
    case("six sheets of its own",
         edited(lambda b: [b.create_sheet(f"底稿{n}") for n in range(6)]),
         note("sheet-extra", "", "", "底稿4等 6 张"))  # fmt: skip
    case(
        "sheets in another order",
        edited(lambda b: [b.move_sheet(s, -b.index(s)) for s in b.worksheets]),
    )
    case("header merged over two columns",
         on(EVENTS, lambda s: (s.insert_cols(3), s.merge_cells("B1:C1"))))  # fmt: skip
    case("evidence merged over both events",
         on(EVENTS, lambda s: (s.cell(3, 6, None), s.merge_cells("F2:F3"))))  # fmt: skip
    case("clause merged over more rows than have claims",
         on(EVENTS, lambda s: s.merge_cells("A3:A30")))  # fmt: skip
    case("a merged line of its own",
         on(EVENTS, lambda s: (s.cell(5, 1, "以下空白"), s.merge_cells("A5:G5"))),
         warning("row-merged", EVENTS, "A5", "条款"))  # fmt: skip
    case("column hidden", on(EVENTS, lambda s: s.column_dimensions.group("B", hidden=True)))
    case("comment, link and colour on a cell", edited(_decorated))
    case("chart sheet among the sheets", edited(lambda b: b.create_chartsheet("图")))
    case("defined names", edited(_names))


def _decorated(book: Workbook) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell = page(book, EVENTS)["F3"]
    cell.comment, cell.fill = Comment("请看", "张三"), PatternFill("solid", "FFFF00")
    cell.hyperlink = "http://127.0.0.1:9/"


def _names(book: Workbook) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    for name, refers in {"Auto_Open": "活动培训!$A$1", "坏": "[1]表!$A$1", "x": "#REF!"}.items():
        book.defined_names[name] = DefinedName(name, attr_text=refers)


def _sheets() -> None:
    hidden = on(EVENTS, lambda s: setattr(s, "sheet_state", "hidden"))
    case("sheet hidden", hidden, warning("sheet-hidden", EVENTS, "", "隐藏"))
    case("sheet very hidden", on(EVENTS, lambda s: setattr(s, "sheet_state", "veryHidden")),
         warning("sheet-hidden", EVENTS))  # fmt: skip
    case("cover hidden", on(COVER, lambda s: setattr(s, "sheet_state", "hidden")),
         warning("sheet-hidden", COVER))  # fmt: skip
    for sheet, rows in ((EVENTS, EVENT_ROWS), (SPECIAL, {(SPECIAL, 2), (SPECIAL, 3)})):
        case(f"sheet {sheet} missing", edited(lambda b, s=sheet: b.remove(b[s])),
             error("sheet-missing", sheet, "", sheet), gone=rows)  # fmt: skip
    for title in ("活动培圳", "活动培训表", "1活动培训"):
        case(f"sheet renamed {title}", renamed(EVENTS, title),
             warning("sheet-lookalike", title, "", "是否想写“活动培训”"),
             error("sheet-missing", EVENTS), gone=EVENT_ROWS)  # fmt: skip
    case("sheet renamed to something else", renamed(EVENTS, "Sheet1"),
         error("sheet-missing", EVENTS), note("sheet-extra", "", "", "Sheet1"),
         gone=EVENT_ROWS)  # fmt: skip
    for title in ("活动培训 (2)", "活动培训（2）", "活动培训2", "活动培训 副本", "活动培训(旧)"):
        case(f"copy of a sheet as {title}", edited(lambda b, t=title: copied(b, t)),
             warning("sheet-lookalike", title, "", title))  # fmt: skip
    case("sheet twice but for a blank", edited(lambda b: copied(b, "活动培训 ")),
         warning("sheet-duplicate", EVENTS, "", "活动培训"))  # fmt: skip
    for sheet in (EVENTS, NEWS):
        case(f"no header row on {sheet}", on(sheet, lambda s: s.delete_rows(1)),
             error("sheet-no-header", sheet, "", "条款"),
             gone={p for p in BASE if p[0] == sheet})  # fmt: skip
    case("header 条款 renamed", cells(EVENTS, A1="条目"), error("sheet-no-header", EVENTS),
         gone=EVENT_ROWS)  # fmt: skip
    case("no sheet of the template", edited(_strangers), error("file-not-template", "", "", "封面"),
         status=UNREADABLE)  # fmt: skip
    case("a register of the office", edited(lambda b: _office(b)),
         error("file-register", "", "", "评审核定"), status=UNREADABLE)  # fmt: skip
    case("no cover", edited(lambda b: b.remove(b[COVER])),
         error("file-not-template", "", "", "封面"), status=UNREADABLE)  # fmt: skip
    case("nothing but the cover", edited(lambda b: [b.remove(s) for s in b.worksheets[2:]]),
         error("file-not-template", "", "", "申报"), status=UNREADABLE)  # fmt: skip
    case("no header row anywhere", edited(lambda b: [s.delete_rows(1) for s in b.worksheets[2:]]),
         error("file-not-template", "", "", "表头"), status=UNREADABLE)  # fmt: skip


def _office(book: Workbook) -> None:
    _strangers(book)
    book.worksheets[-1].title = "评审核定"


def _strangers(book: Workbook) -> None:
    for number, sheet in enumerate(book.worksheets):
        sheet.title = f"Sheet{number}"


def _columns() -> None:
    case("column of needed evidence missing", on(EVENTS, lambda s: missing(s, 9)),
         error("column-missing", EVENTS, "", "总结"),
         error("evidence-missing", EVENTS, "A2", "总结"),
         error("evidence-missing", EVENTS, "A3", "总结"), lost=EVENT_ROWS)  # fmt: skip
    case("column of notes missing", on(EVENTS, lambda s: missing(s, 10)),
         error("column-missing", EVENTS, "", "备注"))  # fmt: skip
    case("column of dates missing", on(NEWS, lambda s: missing(s, 4)),
         error("column-missing", NEWS, "", "刊发日期"), error("date-missing", NEWS, "A2"),
         lost={(NEWS, 2)})  # fmt: skip
    case("header misspelled", cells(EVENTS, C1="活动日其"),
         warning("column-lookalike", EVENTS, "C1", "是否想写“活动日期”"),
         error("column-missing", EVENTS, "", "活动日期"),
         error("date-missing", EVENTS, "A2"), error("date-missing", EVENTS, "A3"),
         lost=EVENT_ROWS)  # fmt: skip
    case("header in other words", cells(SPECIAL, C1="合作方"),
         note("column-extra", SPECIAL, "C1", "合作方"),
         error("column-missing", SPECIAL, "", "对象"),
         error("object-missing", SPECIAL, "A2"), error("object-missing", SPECIAL, "A3"),
         lost={(SPECIAL, 2), (SPECIAL, 3)})  # fmt: skip
    case("column of its own", cells(EVENTS, K1="经费", K2=100),
         note("column-extra", EVENTS, "K1", "经费"))  # fmt: skip
    case("two columns with one header", cells(EVENTS, K1="活动 日期", K2="2014-01-01"),
         warning("column-duplicate", EVENTS, "K1", "活动日期"))  # fmt: skip
    for what, change in (
        ("row hidden", lambda s: setattr(s.row_dimensions[3], "hidden", True)),
        ("row filtered away", _filtered),
    ):
        case(what, on(EVENTS, change), warning("row-hidden", EVENTS, "", "第 3 行"))
    case("sum row below the claims", cells(EVENTS, B6="合计", E6=90),
         error("clause-missing", EVENTS, "A6"), error("date-missing", EVENTS, "C6"),
         more={(EVENTS, 6): False})  # fmt: skip


def _filtered(sheet: Worksheet) -> None:
    sheet.auto_filter.ref = "A1:J9"
    sheet.auto_filter.add_filter_column(0, ["二.2"])
    sheet.row_dimensions[3].hidden = True


def cover(
    *, name: str, says: object, status: str, unit: str | None = None, **values: object
) -> None:
    assert isinstance(says, tuple)
    case(name, cells(COVER, **values), *says, status=status, unit=unit)


def _covers() -> None:
    for what, value in (("empty", None), ("a blank", " \n"), ("zero-width", "\u200b")):
        cover(name=f"unit is {what}", B1=value, says=(error("unit-missing", COVER, "B1"),),
              status=UNKNOWN, unit="")  # fmt: skip
    for value in ("西城区工商联", "工商联", "试验县", "12345", "<b>试验001县</b>"):
        cover(name=f"unit is {value.replace('/', '∕')}", B1=value, status=UNKNOWN, unit=value,
              says=(error("unit-unknown", COVER, "B1", value),))  # fmt: skip
    cover(name="unit as a number", B1=42, says=(error("unit-unknown", COVER, "B1", "42"),),
          status=UNKNOWN, unit="42")  # fmt: skip
    case("unit as a formula", cells(COVER, B1="=A9"),
         warning("cell-formula", COVER, "B1"), error("unit-missing", COVER, "B1"),
         status=UNKNOWN, unit="")  # fmt: skip
    cover(name="year of last year", B2=2014, says=(error("year-other", COVER, "B2", "2014"),),
          status=PENDING)  # fmt: skip
    cover(name="year in words", B2="去年", says=(error("year-other", COVER, "B2", "去年"),),
          status=PENDING)  # fmt: skip
    cover(name="year with a half", B2=2015.5, says=(error("year-other", COVER, "B2"),),
          status=PENDING)  # fmt: skip
    cover(
        name="year is TRUE",
        B2=True,
        status=NORMAL,
        says=(warning("cell-boolean", COVER, "B2", "TRUE"), warning("year-missing", COVER, "B2")),
    )
    cover(name="year empty", B2=None, says=(warning("year-missing", COVER, "B2"),), status=NORMAL)
    cover(name="date empty", B3=None, says=(error("return-date-missing", COVER, "B3"),),
          status=PENDING)  # fmt: skip
    for value, word in (("12月20日", "没有写年份"), ("2015年底", ""), ("2015-13-01", "没有这一天")):
        cover(name=f"return date {value}", B3=value, status=PENDING,
              says=(error("return-date-unclear", COVER, "B3", word),))  # fmt: skip
    for what, value in (("on the deadline", date(2015, 12, 30)), ("next year", "2016年1月4日")):
        cover(name=f"return date {what}", B3=value, says=(error("return-late", COVER, "B3"),),
              status=LATE)  # fmt: skip
    cover(name="return date is a period", B3="2015-12-01至2015-12-03",
          says=(warning("date-range", COVER, "B3", "2015-12-01"),), status=NORMAL)  # fmt: skip
    cover(name="return date is a period that ends late", B3="2015-12-28至2015-12-30",
          says=(error("return-late", COVER, "B3", "2015-12-30"),), status=LATE)  # fmt: skip
    case("return date is an error value", raw(COVER, "B3", '<c r="B3" t="e"><v>#REF!</v></c>'),
         warning("cell-error", COVER, "B3", "#REF!"), error("return-date-missing", COVER, "B3"),
         status=PENDING)  # fmt: skip
    case("label of the unit missing", cells(COVER, A1="谁"),
         warning("cover-label-missing", COVER, "", "单位名称"), error("unit-missing", COVER, ""),
         status=UNKNOWN, unit="")  # fmt: skip
    case("label of the year missing", cells(COVER, A2="哪年"),
         warning("cover-label-missing", COVER, "", "填报年度"),
         warning("year-missing", COVER))  # fmt: skip
    case("label of the person missing", cells(COVER, A4=None, B4=None),
         warning("cover-label-missing", COVER, "", "填报人"))  # fmt: skip
    case("value below its label",
         on(COVER, lambda s: (s.insert_rows(2), s.move_range("B1", 1, -1))),
         error("unit-missing", COVER, "B1"), status=UNKNOWN, unit="")  # fmt: skip
    case("labels with colons and blanks", on(COVER, _coloned))
    case("labels merged over two columns",
         on(COVER, lambda s: (s.insert_cols(2), [s.merge_cells(f"A{r}:B{r}") for r in range(1, 7)])
            ))  # fmt: skip
    case("cover in the middle of the sheet", on(COVER, lambda s: s.move_range("A1:B6", 20, 5)))
    case("stamp of another year", edited(lambda b: stamped(b, "2014-abc")),
         error("stamp-other", COVER, "B2", "2014"), status=PENDING)  # fmt: skip
    case("stamp of an older template", edited(lambda b: stamped(b, "2015-abc")),
         note("stamp-old", COVER, "", "abc"))  # fmt: skip
    case("part of a sheet missing", parts(lambda n, d: None if n == PART[EVENTS] else d),
         error("file-damaged"), status=UNREADABLE)  # fmt: skip
    case("unit in its short form", lambda unit: _short(unit),
         note("cell-read-as", COVER, "B1", "试验"))  # fmt: skip


def _short(unit: str) -> bytes:
    return cells(COVER, B1=unit.removesuffix("县工商联"))(unit)


def _coloned(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(max_col=1):
        row[0].value = f" {' '.join(row[0].value)} ："


def stamped(book: Workbook, stamp: str) -> None:
    lists = book.create_sheet("选项")
    lists.sheet_state = "hidden"
    lists.append(["模板版本", stamp])


_harmless()
_sheets()
_columns()
_covers()
case("sheet's name with half a pair of quotes", swap("xl/workbook.xml", 'name="填报说明"',
     "name=\"'填报&quot;说明\""), note("sheet-extra", "", "", "填报"))  # fmt: skip
