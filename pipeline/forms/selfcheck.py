"""The live sheet 自查: what each clause would earn so far, and which rows still lack something.

A second implementation of the measure, in formulas. It takes every reading in its default sense
and knows nothing of other units or of the office's register; it says so on the sheet.
"""

from collections.abc import Mapping
from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter

from pipeline import layout, style
from pipeline.forms import formulas
from pipeline.forms import sheetstyle as look
from pipeline.forms.lists import Lists
from pipeline.forms.selfcheck_columns import CHECKED_ROWS, Checked, Helper, check_rows, rows_of
from pipeline.rulebook import FIGURES, Clause, Rulebook
from pipeline.wording import describe_rule, percent

_HEADERS = [
    ("条款", 11, style.BRAND),
    ("内容与计分", 38, style.BRAND),
    ("预计得分", 10, style.BRAND),
    ("申报行", 8, style.BRAND),
    ("可计行", 8, style.BRAND),
    ("缺佐证", 8, style.BRAND),
    ("日期缺或不可用", 11, style.BRAND),
    ("其他问题", 8, style.BRAND),
    ("计算值", 10, style.BRAND),
    ("请看", 40, style.BRAND),
]
_HEADER_ROW, _TOTAL_ROW, _LINE = 3, 4, 17
_LAST = get_column_letter(len(_HEADERS))
_POINTS, _COUNT = 'General;-General;"–"', '0;-0;""'
_BEYOND = 20_000
"""Rows below those that are checked, in which content is pointed out."""


def write_selfcheck(
    workbook: Any, sheet: Any, rulebook: Rulebook, lists: Lists, cover: dict[str, str]
) -> None:
    """Fill the sheet, and the hidden sheet with its helper columns.

    Args:
        workbook: the template.
        sheet: the empty sheet 自查.
        rulebook: the rulebook.
        lists: where the list sheet has what formulas look up.
        cover: cover label → its cell, e.g. `封面!$C$5`.
    """
    backstage = workbook.create_sheet(layout.BACKSTAGE)
    backstage.sheet_state = "hidden"
    backstage.protection.sheet = True
    helper = Helper(backstage)
    checked = {
        claims.name: check_rows(helper, claims, rulebook, lists) for claims in rulebook.sheets
    }
    sheet.sheet_view.showGridLines = False
    look.write_header(sheet, _HEADERS, _HEADER_ROW)
    sheet.row_dimensions[_HEADER_ROW].height = 34
    _write_head(sheet)
    row = _write_strays(sheet, _write_cover_line(sheet, _TOTAL_ROW + 1, cover), checked)
    sections = []
    for section in rulebook.sections:
        sections.append(row)
        clauses = [clause for clause in rulebook.clauses if clause.section == section]
        row = _write_section(sheet, row, section, clauses, checked)
    _write_total(sheet, sections)
    _finish(sheet, rulebook, row - 1)


def _write_head(sheet: Any) -> None:
    look.put(
        sheet,
        "A1",
        f"{layout.SELF_CHECK}（随填随算，不用填写）",
        size=16,
        bold=True,
        color=style.BRAND,
    )
    note = (
        "按“填报说明”里目前掌握的口径试算，不计办公室的平时考查和评审组的核定，得分以评审结果为准。"
        "如果改动后数字不变，请按 F9 重算。"
    )
    look.put(sheet, "A2", note, size=9.5, color=style.MUTED)
    for row, height in ((1, 32), (2, 30)):
        sheet.merge_cells(f"A{row}:{_LAST}{row}")
        sheet.row_dimensions[row].height = height


def _write_row(sheet: Any, row: int, values: Mapping[str, object], **shown: Any) -> None:
    """Write one line of the table; letters not given stay empty."""
    for index in range(1, len(_HEADERS) + 1):
        letter = get_column_letter(index)
        middle = letter in "CDEFGHI"
        put = shown | {"border": True, "horizontal": "center" if middle else "left"}
        put["indent"] = 0 if middle else 1
        cell = look.put(sheet, f"{letter}{row}", values.get(letter), **put)
        if letter == "C":
            cell.number_format = _POINTS
        elif middle and letter != "I":
            cell.number_format = _COUNT


def _write_cover_line(sheet: Any, row: int, cover: dict[str, str]) -> int:
    """What is still missing on the cover; returns the next row."""
    asked = (layout.COVER_UNIT, layout.COVER_DATE)
    missing = "&".join(f'IF(LEN(TRIM({cover[label]}))=0,"请填{label}。","")' for label in asked)
    line = {"A": layout.COVER, "B": "单位和报送日期", "J": f"={missing}"}
    _write_row(sheet, row, line, size=10)
    sheet.row_dimensions[row].height = _LINE
    return row + 1


def _write_strays(sheet: Any, row: int, checked: dict[str, Checked]) -> int:
    """Rows without a usable clause, sheet by sheet; returns the next row."""
    for name, columns in checked.items():
        count, place = f"COUNTIF({columns.stray},1)", f"MATCH(1,{columns.stray},0)"
        beyond = f"COUNTA({rows_of(name, 'A', CHECKED_ROWS + 1, _BEYOND)})"
        text = (
            f'IF(H{row}>0,"第"&{place}&"行没有选条款，或条款不在本表。","")'
            f'&IF({beyond}>0,"第{CHECKED_ROWS}行以后没有自查。","")'
        )
        line = {"A": name, "B": "没有选条款或选错的行", "H": f"={count}", "J": f"={text}"}
        _write_row(sheet, row, line, size=10)
        sheet.row_dimensions[row].height = _LINE
        row += 1
    return row


def _write_section(
    sheet: Any, row: int, section: str, clauses: list[Clause], checked: dict[str, Checked]
) -> int:
    """A section's line with its sums, then its clauses; returns the next row."""
    first, last = row + 1, row + len(clauses)
    sums: dict[str, str] = {c: f"=SUM({c}{first}:{c}{last})" for c in "CDEFGH"}
    _write_row(sheet, row, {"A": section, **sums}, bold=True, back=style.BRAND_SOFT)
    sheet.merge_cells(f"A{row}:B{row}")
    sheet.row_dimensions[row].height = 20
    for line, clause in enumerate(clauses, start=first):
        _write_clause(sheet, line, clause, checked[clause.sheet])
    return last + 1


def _short_of(clause: Clause, row: int) -> str:
    """What is said where claims count and the clause still earns nothing; '' where that cannot be.

    The points of the lowest band may be 0: short of the first that earns.
    """
    floor = next((floor for floor, points in clause.bands if points > 0), None)
    if floor is None or clause.measure in ("each", "words"):
        return ""
    if clause.measure in FIGURES:
        return f'&IF((E{row}>0)*(C{row}=0),"未达到{percent(floor)}，还不得分。","")'
    need, noun = f"{float(floor):.10g}", clause.noun
    said = f'"可计"&I{row}&"{noun}，还差"&({need}-I{row})&"{noun}才得分。"'
    return f'&IF((I{row}>0)*(I{row}<{need}),{said},"")'


def _write_clause(sheet: Any, row: int, clause: Clause, columns: Checked) -> None:
    key = f"$A{row}"
    hints = "".join(
        f'&IF(COUNTIF({cells},{key})>0,"第"&MATCH({key},{cells},0)&"行{what}。","")'
        for what, cells in [*columns.faults, ("与前面重复", columns.repeated)]
    )
    faults = (("F", columns.unproved), ("G", columns.undated))
    office = {"replaces": "以办公室的记录为准。", "confirms": "以办公室的记录核对。"}.get(
        clause.office, ""
    )
    line: dict[str, str] = {
        "A": clause.id,
        "B": f"{clause.label}\n{describe_rule(clause)}",
        "C": f"={points_formula(clause, columns, row)}",
        "D": f"=COUNTIF({columns.rows},{key})",
        "E": f"=COUNTIF({columns.accepted},{key})",
        "H": f"=COUNTIF({columns.faulty},{key})+COUNTIF({columns.repeated},{key})",
        "I": f"={_value_formula(clause, columns, row)}",
        "J": f'=IF(D{row}=0,"",{formulas.quote(office)}{_short_of(clause, row)}{hints})',
    }
    line |= {c: f"=COUNTIF({cells},{key})" for c, cells in faults}
    _write_row(sheet, row, line, size=10)
    sheet[f"I{row}"].number_format = (
        "0.0#%" if clause.measure in FIGURES else f'0"{clause.noun}";;""'
    )
    text = str(line["B"])
    sheet.row_dimensions[row].height = style.row_height([(text, _HEADERS[1][1])], 10)


def _figures(rows: str, columns: Checked, row: int, clause: Clause) -> tuple[str, str]:
    """What a clause divides, and by what."""
    base, done = (f"SUMIF({rows},$A{row},{cells})" for cells in (columns.base, columns.done))
    return (f"({done}-{base})" if clause.measure == "growth" else done), base


def _by_share(rows: str, columns: Checked, row: int, clause: Clause) -> str:
    """Shares are compared by whole numbers: done ÷ base ≥ p ÷ q is done × q ≥ base × p."""
    gained, base = _figures(rows, columns, row, clause)
    return formulas.by_bands(
        (f"{gained}*{floor.denominator}>={base}*{floor.numerator}", points)
        for floor, points in clause.bands
    )


def points_formula(clause: Clause, columns: Checked, row: int) -> str:
    """What a clause earns; `E` of the row holds its accepted claims, `I` the number that counts."""
    if clause.measure == "each":
        return f"E{row}*{clause.band_at(1).points:.10g}"
    if clause.measure == "words":
        return _points_by_words(clause, columns, row)
    if clause.measure in FIGURES:
        refused = "0"
        if any(points < 0 for _, points in clause.bands):
            # what is refused for its evidence must not be better off for it
            usable = f"COUNTIF({columns.usable},$A{row})=0"
            refused = f"IF({usable},0,MIN(0,{_by_share(columns.usable, columns, row, clause)}))"
        return f"IF(E{row}=0,{refused},{_by_share(columns.accepted, columns, row, clause)})"
    return formulas.by_bands((f"I{row}>={float(floor):.10g}", p) for floor, p in clause.bands)


def _points_by_words(clause: Clause, columns: Checked, row: int) -> str:
    """Each claim by its own number of words: every band adds what it gives beyond the one below."""
    terms, below = [], 0.0
    for floor, points in clause.bands:
        reached = f'COUNTIFS({columns.accepted},$A{row},{columns.words},">={float(floor):.10g}")'
        terms.append(f"{points - below:+.10g}*{reached}")
        below = points
    return "".join(terms).removeprefix("+")


def _value_formula(clause: Clause, columns: Checked, row: int) -> str:
    """The number that the bands are looked up with."""
    if clause.measure == "distinct":
        return f"COUNTIF({columns.distinct},$A{row})"
    if clause.measure in FIGURES:
        gained, base = _figures(columns.accepted, columns, row, clause)
        return f'IF(E{row}=0,"",{gained}/{base})'
    return f"E{row}"


def _write_total(sheet: Any, sections: list[int]) -> None:
    sums: dict[str, str] = {
        letter: "=" + "+".join(f"{letter}{row}" for row in sections) for letter in "CDEFGH"
    }
    _write_row(sheet, _TOTAL_ROW, {"A": "合计", **sums}, bold=True, size=13, back=style.BRAND_SOFT)
    strays = f"SUM(H{_TOTAL_ROW + 2}:H{sections[0] - 1})"
    sheet[f"H{_TOTAL_ROW}"] = f"{sums['H']}+{strays}"
    wrong, cover = f"F{_TOTAL_ROW}+G{_TOTAL_ROW}+H{_TOTAL_ROW}", f"LEN(J{_TOTAL_ROW + 1})>0"
    sheet[f"J{_TOTAL_ROW}"] = (
        f'=IF({wrong}>0,"红色的数是还有问题的行，请看下面各行。","")'
        f'&IF({cover},"封面还没有填完。",IF({wrong}=0,"没有发现问题。",""))'
    )
    sheet[f"J{_TOTAL_ROW}"].font = look.font(10)
    sheet.merge_cells(f"A{_TOTAL_ROW}:B{_TOTAL_ROW}")
    sheet.row_dimensions[_TOTAL_ROW].height = 30


def _finish(sheet: Any, rulebook: Rulebook, last: int) -> None:
    """Colours, frozen header with the total, print set-up, protection."""
    for letter in "FGH":
        cells = f"{letter}{_TOTAL_ROW}:{letter}{last}"
        red = FormulaRule(
            formula=[f"N({letter}{_TOTAL_ROW})>0"],
            font=look.font(bold=True, color=style.RED),
            fill=look.fill(style.RED_SOFT),
        )
        sheet.conditional_formatting.add(cells, red)
    earned = FormulaRule(
        formula=[f"N(C{_TOTAL_ROW})<>0"], font=look.font(bold=True, color=style.GREEN)
    )
    sheet.conditional_formatting.add(f"C{_TOTAL_ROW}:C{last}", earned)
    sheet.freeze_panes = f"A{_TOTAL_ROW + 1}"
    look.print_a4(sheet, rulebook.title, landscape=False, header_row=_HEADER_ROW)
    look.protect(sheet, entry=False)
