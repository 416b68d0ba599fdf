"""How sheets that people fill in look, are checked, printed and saved."""

import re
from collections.abc import Iterable
from copy import copy
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline import layout
from pipeline.style import FONT, INK, LINE, WHITE

TEXT, DATE, GENERAL = "@", "yyyy-mm-dd", "General"
_A4, _PROMPT_LIMIT, _TITLE_LIMIT = 9, 255, 32
LAST_ROW = layout.READY_ROWS + 1
"""Of a table with its header in row 1."""


def font(size: float = 10.5, *, bold: bool = False, color: str = INK, **more: Any) -> Font:
    """The one typeface, with the character set that makes any program fall back to Chinese."""
    return Font(name=FONT, size=size, bold=bold, color=color, charset=134, family=2, **more)


def fill(color: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=color, end_color=color)


FRAME = Border(*[Side("thin", color=LINE)] * 4)
"""A thin line all round."""


def put(
    sheet: Any, ref: str, value: object, *, back: str = "", horizontal: str = "left",
    vertical: str = "center", indent: int = 0, border: bool = False, **letters: Any,
) -> Any:  # fmt: skip
    """Write a cell on a background, if any; `letters` as `font` has them."""
    cell = sheet[ref]
    cell.value = value
    cell.font = font(**letters)
    cell.alignment = Alignment(horizontal, vertical, wrap_text=True, indent=indent)
    if back:
        cell.fill = fill(back)
    if border:
        cell.border = FRAME
    return cell


def across(sheet: Any, cells: str, text: str, height: float, **look: Any) -> None:
    """Write a text over merged cells of one row, e.g. `B2:C2`; the height is in points."""
    first = put(sheet, cells.split(":")[0], text, **look)
    sheet.merge_cells(cells)
    sheet.row_dimensions[first.row].height = height


def dress(target: Any, number_format: str, horizontal: str, wrap: bool = True) -> None:
    """Give a column, or a cell, the looks of an unlocked entry; nothing in them would print."""
    indent = 0 if horizontal == "center" else 1
    target.font = font()
    target.alignment = Alignment(horizontal, "center", wrap_text=wrap, indent=indent)
    target.number_format = number_format
    target.protection = Protection(locked=False)


def entry_cell(sheet: Any, row: int, column: int) -> Any:
    """The cell at a place; without looks of its own it takes its column's, lock and all.

    A file holds no cells where nothing was typed, and a new one would be locked.
    """
    cell = sheet.cell(row, column)
    for look in sheet.column_dimensions.values() if not cell.has_style else ():
        if look.has_style and look.min <= column <= look.max:
            cell.font, cell.fill, cell.border = copy(look.font), copy(look.fill), copy(look.border)
            cell.alignment, cell.protection = copy(look.alignment), copy(look.protection)
            cell.number_format = look.number_format
    return cell


def write_header(sheet: Any, headers: Iterable[tuple[str, float, str]], row: int = 1) -> None:
    """Write header cells and column widths; each header is (text, width, background)."""
    for column, (text, width, back) in enumerate(headers, start=1):
        letter = get_column_letter(column)
        put(
            sheet, f"{letter}{row}", text, back=back, horizontal="center", border=True,
            bold=True, color=WHITE,
        )  # fmt: skip
        sheet.column_dimensions[letter].width = width
    sheet.row_dimensions[row].height = 32


def finish_entries(sheet: Any, columns: int, title: str) -> None:
    """Row height, frozen and filtered header, and paper of a table with its header in row 1."""
    sheet.freeze_panes = "B2"
    sheet.sheet_format.defaultRowHeight = 18  # not fixed: a row grows with its text
    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{LAST_ROW}"
    print_a4(sheet, title, landscape=True, header_row=1)
    sheet.print_options.gridLines = True


def protect(sheet: Any, *, entry: bool) -> None:
    """Protect without a password; where people enter, sort, filter, resize, insert, delete."""
    guard = sheet.protection
    guard.sheet = True
    guard.formatColumns = guard.formatRows = False
    if entry:
        guard.sort = guard.autoFilter = guard.insertRows = guard.deleteRows = False
        guard.formatCells = guard.insertHyperlinks = True


def page_header(title: str, sheet: Any) -> str:
    """What stands above each printed page of a sheet."""
    return f"{title} · {sheet.title}".replace("&", "&&")


def print_a4(sheet: Any, title: str, *, landscape: bool, header_row: int | None) -> None:
    """A4, as wide as the page, header row and title (if any) on each page, page numbers."""
    setup, margins = sheet.page_setup, sheet.page_margins
    setup.paperSize = _A4
    setup.orientation = "landscape" if landscape else "portrait"
    setup.fitToWidth, setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.8, 0.7, 0.4, 0.35
    sheet.print_options.horizontalCentered = True
    if title:
        sheet.oddHeader.center.text = page_header(title, sheet)
        sheet.oddHeader.center.size = 11
    sheet.oddFooter.center.text = "第 &P 页 共 &N 页"
    sheet.oddFooter.center.size = 9
    if header_row:
        sheet.print_title_rows = f"{header_row}:{header_row}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def validate(
    sheet: Any, cells: str, title: str, prompt: str, error: str = "", **rule: str | None
) -> None:
    """Attach a prompt and, with `error`, a check that warns but lets the person go on.

    `rule` is openpyxl's `type`, `operator`, `formula1`, `formula2`.
    """
    check = DataValidation(
        allow_blank=True, showInputMessage=True, showErrorMessage=bool(error), **rule
    )
    check.promptTitle = _cut(title, _TITLE_LIMIT)
    check.prompt = _cut(prompt, _PROMPT_LIMIT)
    if error:
        check.errorStyle = "warning"
        check.errorTitle = _cut(f"请核对：{title}", _TITLE_LIMIT)
        check.error = _cut(error, _PROMPT_LIMIT)
    check.add(cells)
    sheet.add_data_validation(check)


def date_rule_of(first: date, last: date) -> dict[str, str]:
    """The validation rule of a date between two days, both included."""
    days = {f"formula{n}": str(int(to_excel(day))) for n, day in enumerate((first, last), 1)}
    return {"type": "date", "operator": "between", **days}


def whole_rule_of(number: int, operator: str = "greaterThanOrEqual") -> dict[str, str]:
    """The validation rule of a whole number: not below another, or what else `operator` says."""
    return {"type": "whole", "operator": operator, "formula1": str(number)}


# The file ----------------------------------------------------------------------------------------

_CORE = "docProps/core.xml"
_STYLES = "xl/styles.xml"
_FONT = re.compile(rb"<font>(.*?)</font>", re.DOTALL)
_PART = re.compile(rb"<(\w+)\b[^>]*?(?:/>|></\1>)")
_ORDER = (
    b"b i strike condense extend outline shadow u vertAlign sz color name family charset scheme"
).split()
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*")
_EARLIEST = datetime(1980, 1, 1)
"""A zip archive cannot say an earlier time."""


def workbook_bytes(workbook: Any, when: datetime) -> bytes:
    """Save a workbook of openpyxl: the same content and (naive) time give the same bytes."""
    saved, result = BytesIO(), BytesIO()
    workbook.save(saved)
    stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with ZipFile(saved) as source, ZipFile(result, "w", ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            data = source.read(name).replace(b"\r\n", b"\n")  # Windows' line ends, by openpyxl
            if name == _CORE:  # openpyxl writes the present time there, whatever one sets
                data = _MODIFIED.sub(rb"\g<1>" + stamp, data)
            if name == _STYLES:
                data = _FONT.sub(_in_order, data)
            member = ZipInfo(name, max(when, _EARLIEST).timetuple()[:6])
            member.compress_type = ZIP_DEFLATED
            member.create_system = 3  # the same on every system that writes it
            member.external_attr = 0o644 << 16
            target.writestr(member, data)
    return result.getvalue()


def _in_order(font: re.Match[bytes]) -> bytes:
    """A <font> with its elements in the order of the schema; openpyxl begins with the name."""
    parts = {part[1]: part[0] for part in _PART.finditer(font[1])}
    return b"<font>" + b"".join(parts[n] for n in _ORDER if n in parts) + b"</font>"
