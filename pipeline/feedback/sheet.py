"""The first sheet of a copy that goes back, 退回说明: what is wrong, where, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import style
from pipeline.feedback.harmless import put
from pipeline.feedback.job import Group, Job, group
from pipeline.feedback.marks import FILLS, sheet_named
from pipeline.text import fold

SHEET = "退回说明"
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


def remove_sheet(workbook: Workbook) -> None:
    """Take away the 退回说明 of an earlier round; a unit's own sheet of that name stays."""
    for sheet in workbook.worksheets:
        if fold(sheet.title).startswith(SHEET) and sheet["A1"].value == _TITLE:
            workbook.remove(sheet)


def add_sheet(
    workbook: Workbook, job: Job, still: Mapping[tuple[str, str], str], remarks: Sequence[str]
) -> None:
    """Write 退回说明 as the first sheet and open the workbook on it.

    Args:
        workbook: the copy.
        job: its findings, and the lines of the notice, if any.
        still: as `set_marks` gives it.
        remarks: what the reader should know about this copy (what was left out).
    """
    sheet = workbook.create_sheet(SHEET, 0)
    _set_up(sheet)
    row = _head(sheet, job.round_about, remarks)
    row = _table(sheet, row, group(job.marks), still)
    _notice(sheet, row + 1, job.notice)
    for view in (view for other in workbook.worksheets for view in other.views.sheetView):
        view.tabSelected = False
    workbook.active = 0
    sheet.sheet_view.tabSelected = True


def _set_up(sheet: Worksheet) -> None:
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = FILLS[0]
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def _head(sheet: Worksheet, round_about: str, remarks: Sequence[str]) -> int:
    put(sheet["A1"], _TITLE)
    sheet["A1"].font = _font(bold=True, size=16)
    sheet.row_dimensions[1].height = 28
    row = 2
    for line in filter(None, (round_about, _HOW, *remarks)):
        _wide(sheet, row, line)
        row += 1
    for color, meaning in zip(FILLS, _MEANING, strict=True):
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor=color)
        put(sheet.cell(row, 2), meaning)
        row += 1
    return row + 1


def _font(**changes: Any) -> Font:
    return Font(**{"name": style.FONT, "size": 10.5, "charset": 134, "family": 2} | changes)


def _wide(sheet: Worksheet, row: int, text: str) -> None:
    """A line across the sheet, high enough for its text (full-width characters count double)."""
    put(sheet.cell(row, 1), text)
    sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=_LAST)
    sheet.cell(row, 1).font = _font()
    sheet.row_dimensions[row].height = style.row_height([(text, sum(_WIDTHS))])


def _table(
    sheet: Worksheet, row: int, groups: Sequence[Group], still: Mapping[tuple[str, str], str]
) -> int:
    for column, header in enumerate(_HEADERS, 1):
        cell = sheet.cell(row, column)
        put(cell, header)
        cell.font = _font(bold=True, color="FFFFFFFF")
        cell.alignment = Alignment(vertical="center")
    sheet.merge_cells(start_row=row, end_row=row, start_column=_BEFORE + 1, end_column=_LAST)
    for column in range(1, _LAST + 1):
        sheet.cell(row, column).fill = PatternFill("solid", fgColor=f"FF{style.BRAND}")
    sheet.row_dimensions[row].height = 20
    sheet.print_title_rows = f"{row}:{row}"
    first = row + 1
    for found in groups:
        row = _group(sheet, row + 1, found, still)
    if groups:
        row += 1
        count = f'COUNTIF(E{first}:E{row - 1},"已改")'
        sheet.cell(row, _BEFORE).value = f'="已改"&{count}&"项"'
        sheet.cell(row, _BEFORE).font = _font(bold=True)
    return row + 1


def _done(found: Group, still: Mapping[tuple[str, str], str]) -> str:
    """A formula that says 已改 once every cell holds something else; '' where it cannot tell."""
    tests = [still.get((found.sheet, cell), "") for cell in found.cells]
    left = "+".join(f"IF({test},1,0)" for test in tests)
    if not tests or not all(tests) or len(left) > _LONGEST // 2:
        return ""
    return f'=IF({left}=0,"已改",IF({left}<{len(tests)},"还有"&({left})&"处",""))'


def _group(sheet: Worksheet, row: int, found: Group, still: Mapping[tuple[str, str], str]) -> int:
    where = "；".join(found.places[:_LINKS]) or found.sheet
    texts = (found.level, where, found.problem, found.advice)
    for column, text in enumerate(texts, 1):
        cell = sheet.cell(row, column)
        put(cell, text)
        cell.font = _font()
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(row, _BEFORE).value = _done(found, still) or None
    sheet.cell(row, _BEFORE).font = _font(bold=True, color=f"FF{style.GREEN}")
    sheet.cell(row, _BEFORE).alignment = Alignment(vertical="top")
    sheet.cell(row, 1).fill = PatternFill("solid", fgColor=FILLS[found.rank])
    sheet.row_dimensions[row].height = style.row_height(zip(texts, _WIDTHS, strict=False))
    last = row
    target = sheet_named(sheet.parent, found.sheet)
    for position, reference in enumerate(found.cells):
        last = row + position // _LINKS
        _link(sheet, last, _BEFORE + 1 + position % _LINKS, target, reference)
    for line in range(row, last + 1):
        for column in range(1, _LAST + 1):
            sheet.cell(line, column).border = Border(
                top=_LINE if line == row else None, bottom=_LINE if line == last else None
            )
    return last


def _link(
    sheet: Worksheet, row: int, column: int, target: Worksheet | None, reference: str
) -> None:
    cell = sheet.cell(row, column)
    put(cell, reference)
    cell.alignment = Alignment(vertical="top")
    if target is None:
        return
    name = target.title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!{reference}")
    cell.font = _font(color="FF0563C1", underline="single")


def _notice(sheet: Worksheet, row: int, notice: Sequence[str]) -> None:
    if not notice:
        return
    put(sheet.cell(row, 1), "退回通知（选中以下各行，可直接复制到微信、短信或邮件）")
    sheet.cell(row, 1).font = _font(bold=True)
    for line in notice:
        row += 1
        _wide(sheet, row, line)
