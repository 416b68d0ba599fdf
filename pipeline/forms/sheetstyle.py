"""What the template and the register share: cells, columns, validation, print set-up."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.datavalidation import DataValidation

from pipeline.style import FONT, INK, LINE, WHITE

TEXT, DATE, WHOLE, GENERAL = "@", "yyyy-mm-dd", "0", "General"
_LAST_COLUMN, _A4, _PROMPT_LIMIT, _TITLE_LIMIT = 16384, 9, 255, 32


def font(size: float = 10.5, *, bold: bool = False, color: str = INK) -> Font:
    """The one typeface, with the character set that makes any program fall back to Chinese."""
    return Font(name=FONT, size=size, bold=bold, color=color, charset=134, family=2)


def fill(color: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=color, end_color=color)


def align(horizontal: str = "left", vertical: str = "center", indent: int = 0) -> Alignment:
    """Wrapped text."""
    return Alignment(horizontal, vertical, wrap_text=True, indent=indent)


def frame(color: str = LINE) -> Border:
    """A thin line all round."""
    side = Side("thin", color=color)
    return Border(side, side, side, side)


def put(sheet: Any, ref: str, value: object, **look: Any) -> Any:
    """Write a cell; `look`: size, bold, color, back, horizontal, vertical, indent, border."""
    cell = sheet[ref]
    cell.value = value
    cell.font = font(
        look.get("size", 10.5), bold=look.get("bold", False), color=look.get("color", INK)
    )
    side = look.get("horizontal", "left")
    cell.alignment = align(side, look.get("vertical", "center"), indent=look.get("indent", 0))
    if "back" in look:
        cell.fill = fill(look["back"])
    if look.get("border"):
        cell.border = frame()
    return cell


def dress(target: Any, number_format: str, horizontal: str, wrap: bool = True) -> None:
    """Give a column, or a cell, the looks of an unlocked entry; nothing in them would print."""
    indent = 0 if horizontal == "center" else 1
    target.font = font()
    target.alignment = Alignment(horizontal, "center", wrap_text=wrap, indent=indent)
    target.number_format = number_format
    target.protection = Protection(locked=False)


def write_header(sheet: Any, headers: Sequence[tuple[str, float, str]], row: int = 1) -> None:
    """Write header cells and column widths; each header is (text, width, background)."""
    for column, (text, width, back) in enumerate(headers, start=1):
        letter = get_column_letter(column)
        put(
            sheet,
            f"{letter}{row}",
            text,
            bold=True,
            color=WHITE,
            back=back,
            horizontal="center",
            border=True,
        )
        sheet.column_dimensions[letter].width = width
    sheet.row_dimensions[row].height = 32


def unlock_beyond(sheet: Any, columns: int) -> None:
    """Unlock the columns beyond a table too: only so can rows be deleted and sorted."""
    rest = sheet.column_dimensions[get_column_letter(columns + 1)]
    rest.min, rest.max, rest.width = columns + 1, _LAST_COLUMN, 10
    rest.protection = Protection(locked=False)


def protect(sheet: Any, *, entry: bool) -> None:
    """Protect without a password; where people enter, sort, filter, resize, insert, delete."""
    guard = sheet.protection
    guard.sheet = True
    guard.formatColumns = guard.formatRows = False
    if entry:
        guard.sort = guard.autoFilter = guard.insertRows = guard.deleteRows = False
        guard.formatCells = guard.insertHyperlinks = True


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
        sheet.oddHeader.center.text = f"{title} · {sheet.title}".replace("&", "&&")
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
    return {
        "type": "date",
        "operator": "between",
        "formula1": str(int(to_excel(first))),
        "formula2": str(int(to_excel(last))),
    }


def whole_rule_of(lowest: int) -> dict[str, str]:
    """The validation rule of a whole number that is not below `lowest`."""
    return {"type": "whole", "operator": "greaterThanOrEqual", "formula1": str(lowest)}


def list_rule_of(cells: str) -> dict[str, str]:
    """The validation rule of a drop-down list from a range."""
    return {"type": "list", "formula1": cells}
