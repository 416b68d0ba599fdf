"""Conditional formats of the claim sheets: what a row still needs turns red as one types."""

from datetime import date
from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from pipeline import style
from pipeline.forms import sheetstyle as look
from pipeline.forms.lists import BAR, SEPARATOR, Lists
from pipeline.rulebook import Column, Rulebook, Sheet

_FOLLOWERS = (":", " ", "（")
"""What people put behind an id, besides the separator of the drop-down items. No more: old programs
take at most 255 characters of formula."""
_NUMBERS_OF_DAYS = 10_000_000
"""A number from here on is a date written in eight digits, not a serial."""


def letter_of(claims: Sheet, role: str) -> str:
    """The letter of the first column that plays this part, where the template has it."""
    roles: list[str] = [column.role for column in claims.columns]
    return str(get_column_letter(roles.index(role) + 1))


def _has(text: str, name: str) -> str:
    """A formula: whether a packed string (`|a|b|`) holds a text whole."""
    return f'ISNUMBER(FIND("{BAR}"&{text}&"{BAR}",{name}))'


def _id(claims: Sheet) -> str:
    """A formula: the id that the clause cell of row 2 begins with."""
    cell = marked = f"${letter_of(claims, 'clause')}2"
    if claims.prefilled:
        return cell
    for follower in _FOLLOWERS:
        marked = f'SUBSTITUTE({marked},"{follower}","{SEPARATOR}")'
    return f'LEFT({cell},FIND("{SEPARATOR}",{marked}&"{SEPARATOR}")-1)'


def _blank(cell: str, column: Column, lists: Lists) -> str:
    """A formula: whether a cell counts as not filled in."""
    if column.role != "evidence":
        return f"LEN(TRIM({cell}))=0"
    return _has(f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),"　","")', lists.blank)


def _started(claims: Sheet) -> str:
    """A formula: whether a row holds anything besides what the template wrote."""
    kept = ("clause", "title") if claims.prefilled else ("clause",)
    letters = [
        get_column_letter(i)
        for i, column in enumerate(claims.columns, start=1)
        if column.role not in kept
    ]
    return "+".join(f"LEN(${letter}2)" for letter in letters) + ">0"


def colour_column(
    sheet: Any, column: Column, cells: str, claims: Sheet, rulebook: Rulebook, lists: Lists
) -> None:
    """Add a column's conditional formats: red is missing or wrong, grey is not asked for."""
    cell = "$" + cells.split(":")[0]
    if column.role == "clause":
        _paint(sheet, cells, _clause_wrong(cell, claims, lists), style.RED_SOFT)
    elif column.role not in ("info", "note"):
        _colour_required(sheet, cells, column, claims, lists)
    if column.role == "date":
        end = date(rulebook.year + 1, 1, 1) if claims.prefilled else rulebook.deadline
        low, high = (int(to_excel(day)) for day in (rulebook.first_day, end))
        late = f"AND(ISNUMBER({cell}),{cell}<{_NUMBERS_OF_DAYS},OR({cell}<{low},{cell}>={high}))"
        _paint(sheet, cells, late, style.RED_SOFT)
        unclear = _unlike_number(cell, 4, _YEARS)
        _paint(sheet, cells, unclear, style.AMBER_SOFT)
    if column.role in ("words", "base", "done"):
        _paint(sheet, cells, _unlike_number(cell, 1, _DIGITS), style.AMBER_SOFT)
    if column.role == "done":
        base = f"${letter_of(claims, 'base')}2"
        over = f"AND(ISNUMBER({base}),ISNUMBER({cell}),{cell}>{base},"
        _paint(sheet, cells, f"{over}{_has(_id(claims), lists.capped)})", style.RED_SOFT)


_DIGITS = "".join(chr(0xFF10 + n) for n in range(10))
_YEARS = "二截" + _DIGITS[2]
"""What else a date that can be read begins with, besides four digits."""


def _unlike_number(cell: str, digits: int, others: str) -> str:
    """A formula: whether a text does not begin as the program could read it, e.g. 约800字."""
    begins = f"ISERROR(VALUE(LEFT(TRIM({cell}),{digits})))"
    return f'AND(ISTEXT({cell}),{begins},ISERROR(FIND(LEFT(TRIM({cell}),1),"{others}")))'


def _clause_wrong(cell: str, claims: Sheet, lists: Lists) -> str:
    known = _has(_id(claims), lists.known(claims))
    return f"IF(LEN(TRIM({cell}))=0,{_started(claims)},NOT({known}))"


def _colour_required(sheet: Any, cells: str, column: Column, claims: Sheet, lists: Lists) -> None:
    cell = "$" + cells.split(":")[0]
    blank = _blank(cell, column, lists)
    name = lists.needs.get((claims.name, column.header))
    if name:
        need = _has(_id(claims), name)
        if claims.prefilled:  # its clauses are there from the start: red only once begun
            _paint(sheet, cells, f"AND({need},{blank},{_started(claims)})", style.RED_SOFT)
            _paint(sheet, cells, f"AND({need},{blank})", style.AMBER_SOFT)
        else:
            _paint(sheet, cells, f"AND({need},{blank})", style.RED_SOFT)
    if column.role in ("evidence", "words", "object"):
        # what is needed has been painted above: this is for the rest of the known clauses
        known = _has(_id(claims), lists.known(claims))
        _paint(sheet, cells, f"AND({known},{blank})", style.GREY_SOFT)


def _paint(sheet: Any, cells: str, formula: str, color: str) -> None:
    rule = FormulaRule(formula=[formula], fill=look.fill(color), stopIfTrue=True)
    sheet.conditional_formatting.add(cells, rule)
