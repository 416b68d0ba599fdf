"""Rulebook → the intake template that units fill in.

Everything that a person is told or warned about comes from the rulebook and from the catalogue of
findings, so that template and checker cannot contradict each other.
"""

from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel

from pipeline import layout, style
from pipeline.findings import CATALOGUE
from pipeline.forms import entry as look
from pipeline.forms.entry import SEPARATOR, Lists, workbook_bytes, write_lists
from pipeline.forms.formulas import within
from pipeline.forms.guide import write_guide
from pipeline.forms.selfcheck import write_selfcheck
from pipeline.rulebook import Column, Rulebook, Sheet
from pipeline.wording import chinese_date, date_rule, describe_rule, last_day

_LAST_ROW = layout.READY_ROWS + 1
_COVER_TOP = 5
_CLAUSE_WIDTH = 46
"""Wide enough for a drop-down item: the list is as wide as its cell."""
_DATE_WIDTH = 16
"""Wide enough for a day with 年, 月 and 日."""
_BACK = {"evidence": style.EVIDENCE, "note": style.NOTE, "info": style.NOTE}
_STYLE: dict[str, tuple[Any, ...]] = {
    "date": (look.DATE, "center"),
    "words": (look.GENERAL, "right"),
    "base": (look.GENERAL, "right"),
    "done": (look.GENERAL, "right"),
    "info": (look.GENERAL, "left"),
}
_TEXT_STYLE = (look.TEXT, "left")
"""Text cells: an attachment number such as 1-2 must not turn into a date."""

_FOLLOWERS = (":", " ", "（")
"""What people put behind an id, besides the separator of the drop-down items. No more: old programs
take at most 255 characters of formula."""
_NUMBERS_OF_DAYS = 10_000_000
"""A number from here on is a date written in eight digits, not a serial."""
_DIGITS = "".join(chr(0xFF10 + n) for n in range(10))
_YEARS = "二截" + _DIGITS[2]
"""What else a date that can be read begins with, besides four digits."""

_STAMP = "单位（盖章）：____________________"
"""Footer of each printed page of claims."""


def build_template(rulebook: Rulebook) -> bytes:
    """The intake workbook of a rulebook, the same bytes every time."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    guide = workbook.create_sheet(layout.GUIDE)
    cover = workbook.create_sheet(layout.COVER)
    claim_sheets = [(workbook.create_sheet(sheet.name), sheet) for sheet in rulebook.sheets]
    check = workbook.create_sheet(layout.SELF_CHECK)
    lists = write_lists(workbook, rulebook)
    write_guide(guide, rulebook)
    _write_cover(cover, rulebook, lists)
    for sheet, claims in claim_sheets:
        _write_claims(sheet, claims, rulebook, lists)
    write_selfcheck(workbook, check, rulebook, lists, cover_cells())
    workbook.properties.title = f"{rulebook.title} {layout.GUIDE}"
    workbook.properties.creator = rulebook.title
    return workbook_bytes(workbook, datetime.combine(rulebook.first_day, time()))


def cover_cells() -> dict[str, str]:
    """Cover label → the cell with its value."""
    name = quote_sheetname(layout.COVER)
    rows = enumerate(layout.COVER_LABELS, start=_COVER_TOP)
    return {label: f"{name}!$C${row}" for row, label in rows}


def _write_cover(sheet: Any, rulebook: Rulebook, lists: Lists) -> None:
    for letter, width in (("A", 4), ("B", 18), ("C", 44), ("D", 4)):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    middle = {"horizontal": "center"}
    look.put(sheet, "B2", rulebook.title, **middle, size=18, bold=True, color=style.BRAND)
    look.put(sheet, "B3", "报送材料", **middle, size=13, color=style.MUTED)
    for row, height in ((2, 56), (3, 26)):
        sheet.merge_cells(f"B{row}:C{row}")
        sheet.row_dimensions[row].height = height
    for row, label in enumerate(layout.COVER_LABELS, start=_COVER_TOP):
        look.put(sheet, f"B{row}", label, bold=True, back=style.BRAND_SOFT, border=True, indent=1)
        value = sheet[f"C{row}"]
        look.dress(value, *_TEXT_STYLE)
        value.border = look.frame()
        value.font = look.font(12)
        sheet.row_dimensions[row].height = 30
        _cover_value(sheet, value, label, rulebook, lists)
    end = _COVER_TOP + len(layout.COVER_LABELS)
    note = (
        f"请于{chinese_date(rulebook.deadline)}前报送，纸质材料一式{rulebook.copies}份并加盖公章。"
    )
    look.put(sheet, f"B{end + 1}", note, color=style.MUTED)
    sheet.merge_cells(f"B{end + 1}:C{end + 1}")
    sheet.row_dimensions[end + 1].height = 34
    for row, text in enumerate(("负责人签字：", "单位公章："), start=end + 3):
        look.put(sheet, f"B{row}", text, bold=True, indent=1)
        sheet.merge_cells(f"B{row}:C{row}")
        sheet.row_dimensions[row].height = 60
    look.print_a4(sheet, "", landscape=False, header_row=None)
    look.protect(sheet, entry=False)


def _cover_value(sheet: Any, cell: Any, label: str, rulebook: Rulebook, lists: Lists) -> None:
    late = f"应在{chinese_date(rulebook.deadline)}之前报送，逾期不予考核。"
    rules = {
        layout.COVER_UNIT: (
            look.list_rule_of(lists.units), "从下拉列表选择本单位。", _advice("unit-unknown")
        ),
        layout.COVER_YEAR: (
            look.whole_rule_of(rulebook.year, "equal"), "已填好，请勿改动。", _advice("year-other")
        ),
        layout.COVER_DATE: (
            look.date_rule_of(rulebook.first_day, last_day(rulebook)),
            f"写成 {rulebook.year}-12-1 的样子。{late}", late,
        ),
    }  # fmt: skip
    if label in rules:
        rule, prompt, error = rules[label]
        look.validate(sheet, cell.coordinate, label, prompt, error, **rule)
    if label == layout.COVER_YEAR:
        cell.number_format, cell.value = look.GENERAL, rulebook.year
    elif label == layout.COVER_DATE:
        cell.number_format = 'yyyy"年"m"月"d"日"'


def _advice(code: str, **details: object) -> str:
    return f"{CATALOGUE[code].advice.format(**details)}。"


def _write_claims(sheet: Any, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
    headers = [
        (column.header, _width(column, claims), _BACK.get(column.role, style.BRAND))
        for column in claims.columns
    ]
    look.write_header(sheet, headers)
    look.unlock_beyond(sheet, len(headers))
    for index, column in enumerate(claims.columns, start=1):
        letter = get_column_letter(index)
        kind = _STYLE.get(column.role, _TEXT_STYLE)
        look.dress(sheet.column_dimensions[letter], *kind)
        cells = f"{letter}2:{letter}{_LAST_ROW}"
        _validate(sheet, column, cells, claims, rulebook, lists)
        look.validate(sheet, f"{letter}1", column.header, f"{column.help}。")
        _colour_column(sheet, column, cells, claims, rulebook, lists)
    if claims.prefilled:
        _prefill(sheet, claims, rulebook)
    look.finish_entries(sheet, len(headers), rulebook.title)
    # No formula can stand in a footer: pages taken apart are told by what is written or stamped.
    sheet.oddFooter.left.text, sheet.oddFooter.left.size = _STAMP, 11
    look.protect(sheet, entry=True)


def _width(column: Column, claims: Sheet) -> float:
    wide = column.role == "clause" and not claims.prefilled
    least = _CLAUSE_WIDTH if wide else _DATE_WIDTH if column.role == "date" else 0
    return max(column.width, least)


def _letter_of(claims: Sheet, role: str) -> str:
    """The letter of the first column that plays this part, where the template has it."""
    roles: list[str] = [column.role for column in claims.columns]
    return str(get_column_letter(roles.index(role) + 1))


def _prefill(sheet: Any, claims: Sheet, rulebook: Rulebook) -> None:
    """One row for each clause, clause and title filled in."""
    for row, clause in enumerate(rulebook.clauses_of(claims.name), start=2):
        for role, value in (("clause", clause.id), ("title", clause.label)):
            letter = _letter_of(claims, role)
            cell = sheet[f"{letter}{row}"]
            cell.value, cell.data_type = value, "s"
            look.dress(cell, *_TEXT_STYLE)
            cell.fill = look.fill(style.BRAND_SOFT)


def _validate(
    sheet: Any, column: Column, cells: str, claims: Sheet, rulebook: Rulebook, lists: Lists
) -> None:
    """The check and the prompt of an entry column."""
    prompt, error, rule = f"{column.help}。", "", dict[str, str]()
    if column.role == "clause":
        rule, error = look.list_rule_of(lists.items[claims.name]), _advice("clause-unknown")
    elif column.role == "date":
        last = date(rulebook.year, 12, 31) if claims.prefilled else last_day(rulebook)
        rule = look.date_rule_of(rulebook.first_day, last)
        written, when = f"写成 {rulebook.year}-6-1 的样子", date_rule(rulebook)
        prompt, error = (
            f"{column.help}，{written}。{when}。",
            f"{when}。请{written}；写法无误可以继续。",
        )
    elif column.role == "words":
        rule, error = look.whole_rule_of(1), _advice("words-bad", example="850")
    elif column.role in ("base", "done"):
        cells, error, rule = _validate_figures(sheet, column, cells, claims, rulebook)
    elif column.role not in ("object", "evidence"):
        return
    look.validate(sheet, cells, column.header, prompt, error, **rule)


def _validate_figures(
    sheet: Any, column: Column, cells: str, claims: Sheet, rulebook: Rulebook
) -> tuple[str, str, dict[str, str]]:
    """Whole numbers; the prompt of a prefilled row says what the number is for its clause.

    Gives the cells that are left, what is said there, and the rule.
    """
    letter = cells.split(":")[0].rstrip("0123456789")
    lowest, code = (1, "base-bad") if column.role == "base" else (0, "done-bad")
    rule, row = look.whole_rule_of(lowest), 1
    for row, clause in enumerate(rulebook.clauses_of(claims.name), start=2):
        meaning = clause.base if column.role == "base" else clause.done
        limit = "，不能大于基数" if clause.capped and column.role == "done" else ""
        prompt = f"{clause.label}：填{meaning}（整数{limit}）。{describe_rule(clause)}。"
        title, error = f"{clause.id} {column.header}", _advice(code, meaning=meaning)
        look.validate(sheet, f"{letter}{row}", title, prompt, error, **rule)
    rest = f"{letter}{row + 1}:{letter}{_LAST_ROW}"
    return rest, _advice(code, meaning=column.header), rule


def _id(claims: Sheet) -> str:
    """A formula: the id that the clause cell of row 2 begins with."""
    cell = marked = f"${_letter_of(claims, 'clause')}2"
    if claims.prefilled:
        return cell
    for follower in _FOLLOWERS:
        marked = f'SUBSTITUTE({marked},"{follower}","{SEPARATOR}")'
    return f'LEFT({cell},FIND("{SEPARATOR}",{marked}&"{SEPARATOR}")-1)'


def _blank(cell: str, column: Column, lists: Lists) -> str:
    """A formula: whether a cell counts as not filled in."""
    if column.role != "evidence":
        return f"LEN(TRIM({cell}))=0"
    return within(f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),"　","")', lists.blank)


def _started(claims: Sheet) -> str:
    """A formula: whether a row holds anything besides what the template wrote."""
    kept = ("clause", "title") if claims.prefilled else ("clause",)
    letters = [
        get_column_letter(i)
        for i, column in enumerate(claims.columns, start=1)
        if column.role not in kept
    ]
    return "+".join(f"LEN(${letter}2)" for letter in letters) + ">0"


def _colour_column(
    sheet: Any, column: Column, cells: str, claims: Sheet, rulebook: Rulebook, lists: Lists
) -> None:
    """Add a column's conditional formats: red is missing or wrong, grey is not asked for."""
    cell = "$" + cells.split(":")[0]
    if column.role == "clause":
        known = within(_id(claims), lists.known(claims))
        wrong = f"IF(LEN(TRIM({cell}))=0,{_started(claims)},NOT({known}))"
        _paint(sheet, cells, wrong, style.RED_SOFT)
    elif column.role not in ("info", "note"):
        _colour_required(sheet, cells, column, claims, lists)
    if column.role == "date":
        end = date(rulebook.year + 1, 1, 1) if claims.prefilled else rulebook.end
        low, high = (int(to_excel(day)) for day in (rulebook.first_day, end))
        late = f"AND(ISNUMBER({cell}),{cell}<{_NUMBERS_OF_DAYS},OR({cell}<{low},{cell}>={high}))"
        _paint(sheet, cells, late, style.RED_SOFT)
        unclear = _unlike_number(cell, 4, _YEARS)
        _paint(sheet, cells, unclear, style.AMBER_SOFT)
    if column.role in ("words", "base", "done"):
        _paint(sheet, cells, _unlike_number(cell, 1, _DIGITS), style.AMBER_SOFT)
    if column.role == "done":
        base = f"${_letter_of(claims, 'base')}2"
        over = f"AND(ISNUMBER({base}),ISNUMBER({cell}),{cell}>{base},"
        _paint(sheet, cells, f"{over}{within(_id(claims), lists.capped)})", style.RED_SOFT)


def _unlike_number(cell: str, digits: int, others: str) -> str:
    """A formula: whether a text does not begin as the program could read it, e.g. 约800字."""
    begins = f"ISERROR(VALUE(LEFT(TRIM({cell}),{digits})))"
    return f'AND(ISTEXT({cell}),{begins},ISERROR(FIND(LEFT(TRIM({cell}),1),"{others}")))'


def _colour_required(sheet: Any, cells: str, column: Column, claims: Sheet, lists: Lists) -> None:
    cell = "$" + cells.split(":")[0]
    blank = _blank(cell, column, lists)
    name = lists.needs.get((claims.name, column.header))
    if name:
        need = within(_id(claims), name)
        if claims.prefilled:  # its clauses are there from the start: red only once begun
            _paint(sheet, cells, f"AND({need},{blank},{_started(claims)})", style.RED_SOFT)
            _paint(sheet, cells, f"AND({need},{blank})", style.AMBER_SOFT)
        else:
            _paint(sheet, cells, f"AND({need},{blank})", style.RED_SOFT)
    if column.role in ("evidence", "words", "object"):
        # what is needed has been painted above: this is for the rest of the known clauses
        known = within(_id(claims), lists.known(claims))
        _paint(sheet, cells, f"AND({known},{blank})", style.GREY_SOFT)


def _paint(sheet: Any, cells: str, formula: str, color: str) -> None:
    rule = FormulaRule(formula=[formula], fill=look.fill(color), stopIfTrue=True)
    sheet.conditional_formatting.add(cells, rule)
