"""What a copy shows: marks (a fill and a comment) on the faulty cells, and a first sheet 退回说明.

What a mark covered is remembered in the mark itself, because rows move: our fills are colours
that nobody picks by hand, our comment begins with `HEAD`, and behind the problems it keeps the
cell's former fill and comment. The author of a comment would be a better hiding place, but
LibreOffice does not save it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from itertools import chain
from math import isfinite
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Color, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import layout, style
from pipeline.feedback.job import Group, Job, group
from pipeline.findings import Finding
from pipeline.forms import entry as look
from pipeline.text import clean, fold

FILLS = tuple(f"FF{color}" for color in style.MARKS)
"""Colour (ARGB) by rank. A note is no fault: it is tinted, so that it is found, and never red."""
HEAD = "【退回】"
_OVERLAY = f'LEN("{HEAD}")>0'
"""Stands in our conditional formats, which cover the fill of a cell that has been changed."""
AUTHOR = "考核办公室"
_FILL_LINE = "【原底色 {}】"
_NOTE_LINE = "【原批注】"
_COMMENT_LIMIT = 1500
"""Characters of problems in one comment: more does not fit on a screen."""
_PLAIN = re.compile("[0-9\u4e00-\u9fff 年月日.、，：（）%-]{1,80}")
"""Text that may stand in a formula: it can do no harm there."""
_MARK_TEXT = re.compile(
    r"\A\s*" + re.escape(HEAD) + r".*?(?:【原底色 (?P<fill>[^】]*)】\s*)?"
    r"(?:【原批注】\r?\n?(?P<note>.*))?\Z",
    re.DOTALL,
)


NO_RESULT = object()
"""In place of the value of a formula that has no stored result."""


class ErrorValue(str):
    """The error value of a cell, e.g. #REF!: no text."""


def put(cell: Cell, value: object) -> None:
    """Write a value so that text stays text, whatever it begins with.

    `NO_RESULT` becomes a formula that can do nothing and, unsaved by a spreadsheet program, has
    no stored result either.
    """
    if value is NO_RESULT:
        cell.value = "=NA()"
        return
    if isinstance(value, float) and not isfinite(value):
        value = str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, ErrorValue):
        cell.value = value if value in ERROR_CODES else "#VALUE!"
    elif isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    else:
        cell.value = value


def sheet_named(workbook: Workbook, name: str) -> Worksheet | None:
    """The sheet that the reader takes for this name: the first that reads the same."""
    wanted = fold(name)
    return next((sheet for sheet in workbook.worksheets if fold(sheet.title) == wanted), None)


def clear_marks(workbook: Workbook) -> None:
    """Take 退回说明 and the rules for marks of an earlier round away.

    A unit's own sheet of that name stays.
    """
    for sheet in workbook.worksheets:
        if fold(sheet.title).startswith(SHEET) and sheet["A1"].value == _TITLE:
            workbook.remove(sheet)
    for sheet in workbook.worksheets:
        for area in list(sheet.conditional_formatting):
            # Rules of one range stand together, whoever made them.
            others = [r for r in area.rules if not any(_OVERLAY in text for text in r.formula)]
            if len(others) < len(area.rules):
                del sheet.conditional_formatting[area.sqref]
                for rule in others:
                    sheet.conditional_formatting.add(str(area.sqref), rule)


def clear_cells(workbook: Workbook) -> None:
    """Take the marks of an earlier round off the cells; give them back what they had."""
    for sheet in workbook.worksheets:
        for cell in chain.from_iterable(sheet.iter_rows()):
            found = _MARK_TEXT.match(cell.comment.text) if cell.comment else None
            if found:
                cell.comment = Comment(found["note"], "") if found["note"] else None
            if cell.has_style and _color(cell.fill) in FILLS:
                cell.fill = (found and _unpack_fill(found["fill"] or "")) or PatternFill()


def set_marks(workbook: Workbook, marks: Iterable[Finding]) -> dict[tuple[str, str], str]:
    """Fill and comment each cell that a mark names; of several levels the gravest colours it.

    Gives (sheet, cell) as marks name them → a formula that is true as long as the cell holds what
    was found there; nothing where a formula cannot tell.
    """
    still: dict[tuple[str, str], str] = {}
    by_cell: dict[tuple[str, int, int], list[Finding]] = {}
    for mark in marks:
        sheet = sheet_named(workbook, mark.sheet) if mark.sheet and mark.cell else None
        if sheet is not None:
            by_cell.setdefault((sheet.title, *coordinate_to_tuple(mark.cell)), []).append(mark)
    for (title, row, column), found in by_cell.items():
        sheet = workbook[title]
        cell = look.entry_cell(sheet, row, column)
        if holds := _holds(cell):
            place = f"{quote_sheetname(title)}!{cell.coordinate}"
            still |= {(mark.sheet, mark.cell): holds.format(place) for mark in found}
        if isinstance(cell, MergedCell):
            _fill(cell, found)
            # Only the top left cell of a merged range is seen, and only it can hold a comment.
            areas = sheet.merged_cells.ranges
            area = next(area for area in areas if cell.coordinate in area)
            cell = sheet.cell(area.min_row, area.min_col)
        _comment(cell, found)
        cell.protection = Protection(locked=False)
        before = _color(cell.fill) or "FFFFFFFF"
        _fill(cell, found)
        if holds := _holds(cell):  # the former colour again as soon as it holds something else
            formula = f"IF({_OVERLAY},NOT({holds.format(cell.coordinate)}),FALSE)"
            rule = FormulaRule(formula=[formula], fill=look.fill(before))
            rule.priority = 1
            sheet.conditional_formatting.add(cell.coordinate, rule)
    return still


def _holds(cell: Cell | MergedCell) -> str:
    """A formula with `{0}` for the cell: whether it still holds this value; '' without one."""
    value = cell.value
    if isinstance(value, bool) or cell.data_type == "f":
        return ""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "LEN(TRIM({0}))=0"
    if cell.data_type == "e":
        return "ISERROR({0})"
    if isinstance(value, (date, time)):
        value = to_excel(value)
    if isinstance(value, (int, float)):
        return f"IF(ISNUMBER({{0}}),{{0}}={value!r},FALSE)"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f'EXACT({{0}},"{value}")'
    return f"LEN({{0}})={len(str(value))}"


def _fill(cell: Cell | MergedCell, marks: list[Finding]) -> None:
    rank = min(mark.rank for mark in marks)
    if _color(cell.fill) not in FILLS[: rank + 1]:
        cell.fill = PatternFill("solid", fgColor=FILLS[rank], bgColor=FILLS[rank])


def _comment(cell: Cell, marks: list[Finding]) -> None:
    lines = [HEAD]
    before, after = cell.comment, ""
    if before is not None and before.text.startswith(HEAD):
        # Two rows of one merged cell: both are told in the comment that the range can hold.
        head, sign, tail = before.text.partition("【原")
        lines, after = head.splitlines(), sign + tail
    else:
        packed = _pack_fill(cell.fill)
        after = _FILL_LINE.format(packed) if packed else ""
        if before is not None:
            after += ("\n" if after else "") + f"{_NOTE_LINE}\n{clean(before.text)}"
    lines += (f"{m.level}：{m.problem}。{m.advice}。" for m in marks)
    text = clean("\n".join(dict.fromkeys(lines))).replace("【原", "（原")
    if len(text) > _COMMENT_LIMIT:
        text = text[: _COMMENT_LIMIT - 1] + "…"
    rows = sum(1 + len(line) // 22 for line in text.splitlines())
    cell.comment = Comment(
        f"{text}\n{after}" if after else text, AUTHOR, height=24 + 19 * min(rows, 24), width=320
    )


def _color(fill: Any) -> str | None:
    """The colour of a plain fill, else None. A cell hands out its fill behind a proxy."""
    if fill.tagname != "patternFill" or fill.fill_type != "solid":
        return None
    color = fill.fgColor
    return str(color.rgb).upper() if color is not None and color.type == "rgb" else None


def _pack_fill(fill: Any) -> str:
    """A pattern fill in one word; '' for none and for gradients, which are rare in a form."""
    if fill.tagname != "patternFill" or not fill.fill_type:
        return ""
    if front := _color(fill):
        return front[2:]
    colors = (fill.fgColor, fill.bgColor)
    packed = (f"{c.type}:{c.value}:{c.tint:g}" if c is not None else "" for c in colors)
    return " ".join((fill.fill_type, *packed))


def _unpack_fill(text: str) -> PatternFill | None:
    """The fill that `_pack_fill` made this text from; None where somebody has changed it."""
    try:
        if re.fullmatch("[0-9A-F]{6}", text):
            return PatternFill("solid", fgColor="FF" + text)
        kind, front, back = text.split(" ")
        colors = {}
        for name, packed in (("fgColor", front), ("bgColor", back)):
            kind_of, value, tint = packed.split(":")
            known = value if kind_of == "rgb" else int(value)
            colors[name] = Color(**{kind_of: known}, tint=float(tint))
        return PatternFill(kind, **colors)
    except (ValueError, TypeError):
        return None


# The first sheet -----------------------------------------------------------------------------

SHEET = layout.NOTES
_TITLE = "退回说明：报送材料核对结果"
_HEADERS = ("级别", "哪里", "问题", "处理建议", "改好没有", "单元格（点击可跳到该处）")
_LINKS = 8
"""Links side by side; more go on in the next line."""
_BEFORE = len(_HEADERS) - 1
_LAST = _BEFORE + _LINKS
_WIDTHS = (7, 34, 38, 38, 12, *[7.5] * _LINKS)
_LINE = Side("thin", color=f"FF{style.LINE}")
_LONGEST = 8000
"""A formula may have 8,192 characters."""
_MEANING = ("红色：错误，不改正不能计分", "黄色：警告，请核对", "浅蓝色：提示，仅供参考")
_HOW = (
    "怎样修改：点击下表右侧的单元格编号，跳到该处直接修改；改过的格子底色会自己去掉，"
    "底色、批注和本表不必删除。"
)


def add_sheet(
    workbook: Workbook, job: Job, still: Mapping[tuple[str, str], str], remark: str
) -> None:
    """Write 退回说明 as the first sheet and open the workbook on it.

    `still` is what `set_marks` gave, `remark` what was left out of this copy, or ''.
    """
    sheet = workbook.create_sheet(SHEET, 0)
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = FILLS[0]
    look.print_a4(sheet, job.title, landscape=True, header_row=None)
    _text(sheet, 1, 1, _TITLE, bold=True, size=16).alignment = Alignment()
    sheet.row_dimensions[1].height = 28
    lines = [line for line in (job.title, _HOW, remark) if line]
    for row, line in enumerate(lines, 2):
        _wide(sheet, row, line)
    for row, (color, meaning) in enumerate(zip(FILLS, _MEANING, strict=True), len(lines) + 2):
        sheet.cell(row, 1).fill = look.fill(color)
        _text(sheet, row, 2, meaning).alignment = Alignment()
    row = _table(sheet, len(lines) + len(FILLS) + 3, group(job.marks), still)
    if job.notice:
        row += 1
        _text(sheet, row, 1, "退回通知（选中以下各行，可直接复制到微信、短信或邮件）", bold=True)
        sheet.cell(row, 1).alignment = Alignment()
    for number, line in enumerate(job.notice, 1):
        _wide(sheet, row + number, line)
    for view in (view for other in workbook.worksheets for view in other.views.sheetView):
        view.tabSelected = False
    workbook.active = 0
    sheet.sheet_view.tabSelected = True


def _text(sheet: Worksheet, row: int, column: int, text: object, **font: Any) -> Cell:
    cell: Cell = sheet.cell(row, column)
    put(cell, text)
    cell.font = look.font(**font)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _wide(sheet: Worksheet, row: int, text: str) -> None:
    """A line across the sheet, high enough for its text."""
    _text(sheet, row, 1, text)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=_LAST)
    sheet.row_dimensions[row].height = style.row_height([(text, sum(_WIDTHS))])


def _table(
    sheet: Worksheet, row: int, groups: Sequence[Group], still: Mapping[tuple[str, str], str]
) -> int:
    for column, header in enumerate(_HEADERS, 1):
        cell = _text(sheet, row, column, header, bold=True, color=style.WHITE)
        cell.alignment = Alignment(vertical="center")
    sheet.merge_cells(start_row=row, end_row=row, start_column=_BEFORE + 1, end_column=_LAST)
    for column in range(1, _LAST + 1):
        sheet.cell(row, column).fill = look.fill(style.BRAND)
    sheet.row_dimensions[row].height = 20
    sheet.print_title_rows = f"{row}:{row}"
    first = row + 1
    for found in groups:
        row = _group(sheet, row + 1, found, still)
    if groups:
        row += 1
        sheet.cell(row, _BEFORE).value = f'="已改"&COUNTIF(E{first}:E{row - 1},"已改")&"项"'
        sheet.cell(row, _BEFORE).font = look.font(bold=True)
    return row + 1


def _done(found: Group, still: Mapping[tuple[str, str], str]) -> str | None:
    """A formula that says 已改 once every cell holds something else; None where it cannot tell."""
    tests = [still.get((found.sheet, cell), "") for cell in found.cells]
    left = "+".join(f"IF({test},1,0)" for test in tests)
    if not tests or not all(tests) or len(left) > _LONGEST // 2:
        return None
    return f'=IF({left}=0,"已改",IF({left}<{len(tests)},"还有"&({left})&"处",""))'


def _group(sheet: Worksheet, row: int, found: Group, still: Mapping[tuple[str, str], str]) -> int:
    where = "；".join(found.places[:_LINKS]) or found.sheet
    texts = (found.level, where, found.problem, found.advice)
    for column, text in enumerate(texts, 1):
        _text(sheet, row, column, text)
    _text(sheet, row, _BEFORE, None, bold=True, color=style.GREEN).value = _done(found, still)
    sheet.cell(row, 1).fill = look.fill(FILLS[found.rank])
    sheet.row_dimensions[row].height = style.row_height(zip(texts, _WIDTHS, strict=False))
    target = sheet_named(sheet.parent, found.sheet)
    last = row
    for position, reference in enumerate(found.cells):
        last = row + position // _LINKS
        cell = _text(sheet, last, _BEFORE + 1 + position % _LINKS, reference)
        if target is not None:
            location = f"{quote_sheetname(target.title)}!{reference}"
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=location)
            cell.font = look.font(color="0563C1", underline="single")
    for line in range(row, last + 1):
        edge = Border(top=_LINE if line == row else None, bottom=_LINE if line == last else None)
        for column in range(1, _LAST + 1):
            sheet.cell(line, column).border = edge
    return last
