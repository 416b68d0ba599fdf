"""The sheet 填报说明: how to fill the template in, and every rule, from the rulebook alone."""

from typing import Any

from pipeline import layout, style
from pipeline.forms import entry as look
from pipeline.rulebook import FIGURES, Rulebook
from pipeline.wording import (
    RECORDED,
    describe_evidence,
    describe_figures,
    describe_rule,
)

_WIDTHS = {"A": 11, "B": 38, "C": 12, "D": 46, "E": 28}
_HEADERS = ("条款", "内容", "填在", "怎样计分", "须附佐证")


def write_guide(sheet: Any, rulebook: Rulebook) -> None:
    """Fill the sheet: instructions, then the rules clause by clause, then the readings."""
    sheet.sheet_view.showGridLines = False
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    look.put(sheet, "A1", f"{rulebook.title}", size=16, bold=True, color=style.BRAND)
    sheet.merge_cells("A1:E1")
    sheet.row_dimensions[1].height = 34
    row = _heading(sheet, 2, layout.GUIDE)
    for head, text in look.instructions("guide", rulebook):
        look.put(sheet, f"A{row}", head, bold=True, color=style.BRAND, indent=1)
        row = _across(sheet, row, "B", text)
    header = _heading(sheet, row + 1, "计分办法一览")
    row = _rules(sheet, header, rulebook)
    _readings(sheet, _heading(sheet, row + 1, "容易有不同理解的地方，目前这样掌握"), rulebook)
    look.print_a4(sheet, rulebook.title, landscape=False, header_row=header)
    look.protect(sheet, entry=False)


def _heading(sheet: Any, row: int, text: str) -> int:
    look.put(
        sheet, f"A{row}", text, size=12.5, bold=True, color=style.WHITE, back=style.BRAND, indent=1
    )
    sheet.merge_cells(f"A{row}:E{row}")
    sheet.row_dimensions[row].height = 24
    return row + 1


def _rules(sheet: Any, row: int, rulebook: Rulebook) -> int:
    """The table of clauses, section by section; returns the row below it."""
    for letter, text in zip(_WIDTHS, _HEADERS, strict=True):
        look.put(
            sheet,
            f"{letter}{row}",
            text,
            bold=True,
            back=style.BRAND_SOFT,
            border=True,
            horizontal="center",
        )
    sheet.row_dimensions[row].height = 22
    section = ""
    for clause in rulebook.clauses:
        row += 1
        if clause.section != section:
            section = clause.section
            look.put(sheet, f"A{row}", section, bold=True, color=style.BRAND, indent=1)
            sheet.merge_cells(f"A{row}:E{row}")
            sheet.row_dimensions[row].height = 22
            row += 1
        rule = describe_rule(clause)
        if clause.measure in FIGURES:
            rule = f"{rule}。{describe_figures(clause)}"
        cells = (clause.id, clause.label, clause.sheet or RECORDED, rule, describe_evidence(clause))
        for letter, text in zip(_WIDTHS, cells, strict=True):
            look.put(sheet, f"{letter}{row}", text, size=10, border=True, indent=1)
        texts = zip(cells, _WIDTHS.values(), strict=True)
        sheet.row_dimensions[row].height = style.row_height(texts, 10)
    return row + 1


def _readings(sheet: Any, row: int, rulebook: Rulebook) -> None:
    for reading in rulebook.readings:
        text = f"{reading.question}？{reading.default}。"
        where = "各条" if reading.clauses == ("all",) else "、".join(reading.clauses)
        look.put(sheet, f"A{row}", where, size=10, color=style.MUTED, indent=1)
        sheet.merge_cells(f"A{row}:B{row}")
        row = _across(sheet, row, "C", text)


def _across(sheet: Any, row: int, first: str, text: str) -> int:
    """Write a text from a column to the right edge; returns the next row."""
    look.put(sheet, f"{first}{row}", text)
    sheet.merge_cells(f"{first}{row}:E{row}")
    width = sum(width for letter, width in _WIDTHS.items() if letter >= first)
    sheet.row_dimensions[row].height = style.row_height([(text, width)])
    return row + 1
