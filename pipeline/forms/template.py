"""Rulebook → the intake template that units fill in.

Everything that a person is told or warned about comes from the rulebook and from the catalogue of
findings, so that template and checker cannot contradict each other.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Protection
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel

from pipeline import layout, style
from pipeline import wording as say
from pipeline.forms import entry as look
from pipeline.forms.entry import LAST_ROW, workbook_bytes
from pipeline.forms.formulas import within
from pipeline.forms.lists import SEPARATOR, Lists, advice, instructions
from pipeline.forms.selfcheck import write_selfcheck
from pipeline.rulebook import ALL, FIGURES, Column, Rulebook, Sheet

_COVER_TOP, _LAST_COLUMN = 5, 16_384
_CLAUSE_WIDTH = 46
"""Wide enough for a drop-down item: the list is as wide as its cell."""
_DATE_WIDTH = 16
"""Wide enough for a day with 年, 月 and 日."""
_BACK = {"evidence": style.EVIDENCE, "note": style.NOTE, "info": style.NOTE}
_STYLE: dict[str, tuple[Any, ...]] = {
    "date": (look.DATE, "center"),
    **dict.fromkeys(("words", "base", "done"), (look.GENERAL, "right")),
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
    lists = Lists(workbook, rulebook)
    _write_guide(guide, rulebook)
    _write_cover(cover, rulebook, lists)
    for sheet, claims in claim_sheets:
        _Claims(sheet, claims, rulebook, lists).write()
    name, rows = quote_sheetname(layout.COVER), enumerate(layout.COVER_LABELS, start=_COVER_TOP)
    cells = {label: f"{name}!$C${row}" for row, label in rows}
    write_selfcheck(workbook, check, rulebook, lists, cells)
    workbook.properties.title = f"{rulebook.title} {layout.GUIDE}"
    workbook.properties.creator = rulebook.title
    return workbook_bytes(workbook, datetime.combine(rulebook.first_day, time()))


def _write_cover(sheet: Any, rulebook: Rulebook, lists: Lists) -> None:
    for letter, width in (("A", 4), ("B", 18), ("C", 44), ("D", 4)):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    title, middle = rulebook.title, {"horizontal": "center"}
    look.across(sheet, "B2:C2", title, 56, **middle, size=18, bold=True, color=style.BRAND)
    look.across(sheet, "B3:C3", "报送材料", 26, **middle, size=13, color=style.MUTED)
    for row, label in enumerate(layout.COVER_LABELS, start=_COVER_TOP):
        look.put(sheet, f"B{row}", label, bold=True, back=style.BRAND_SOFT, border=True, indent=1)
        value = sheet[f"C{row}"]
        look.dress(value, *_TEXT_STYLE)
        value.border = look.FRAME
        value.font = look.font(12)
        sheet.row_dimensions[row].height = 30
        _cover_value(sheet, value, label, rulebook, lists)
    end, by = _COVER_TOP + len(layout.COVER_LABELS), say.chinese_date(rulebook.deadline)
    note = f"请于{by}前报送，纸质材料一式{rulebook.copies}份并加盖公章。"
    look.across(sheet, f"B{end + 1}:C{end + 1}", note, 34, color=style.MUTED)
    for row, text in enumerate(("负责人签字：", "单位公章："), start=end + 3):
        look.across(sheet, f"B{row}:C{row}", text, 60, bold=True, indent=1)
    look.print_a4(sheet, "", landscape=False, header_row=None)
    look.protect(sheet, entry=False)


def _cover_value(sheet: Any, cell: Any, label: str, rulebook: Rulebook, lists: Lists) -> None:
    late = f"应在{say.chinese_date(rulebook.deadline)}之前报送，逾期不予考核。"
    rules = {
        layout.COVER_UNIT: (
            {"type": "list", "formula1": lists.units}, "从下拉列表选择本单位。",
            advice("unit-unknown"),
        ),
        layout.COVER_YEAR: (
            look.whole_rule_of(rulebook.year, "equal"), "已填好，请勿改动。", advice("year-other")
        ),
        layout.COVER_DATE: (
            look.date_rule_of(rulebook.first_day, say.last_day(rulebook)),
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


class _Claims:
    def __init__(self, sheet: Any, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
        self.sheet, self.claims, self.rulebook, self.lists = sheet, claims, rulebook, lists

    def write(self) -> None:
        """Columns with their checks and colours, the rows that are filled in, paper, protection."""
        sheet, claims = self.sheet, self.claims
        look.write_header(sheet, [
            (column.header, self._width(column), _BACK.get(column.role, style.BRAND))
            for column in claims.columns
        ])  # fmt: skip
        # The columns beyond the table are unlocked too: only so can rows be deleted and sorted.
        beyond = len(claims.columns) + 1
        rest = sheet.column_dimensions[get_column_letter(beyond)]
        rest.min, rest.max, rest.width = beyond, _LAST_COLUMN, 13
        rest.protection = Protection(locked=False)
        for index, column in enumerate(claims.columns, start=1):
            letter = get_column_letter(index)
            look.dress(sheet.column_dimensions[letter], *_STYLE.get(column.role, _TEXT_STYLE))
            self._validate(column, letter)
            look.validate(sheet, f"{letter}1", column.header, f"{column.help}。")
            for formula, color in self._faults(column, f"${letter}2"):
                rule = FormulaRule(formula=[formula], fill=look.fill(color), stopIfTrue=True)
                sheet.conditional_formatting.add(f"{letter}2:{letter}{LAST_ROW}", rule)
        if claims.prefilled:
            self._prefill()
        look.finish_entries(sheet, len(claims.columns), self.rulebook.title)
        # No formula can stand in a footer: pages taken apart are told by what is stamped there.
        sheet.oddFooter.left.text, sheet.oddFooter.left.size = _STAMP, 11
        look.protect(sheet, entry=True)

    def _width(self, column: Column) -> float:
        wide = column.role == "clause" and not self.claims.prefilled
        least = _CLAUSE_WIDTH if wide else _DATE_WIDTH if column.role == "date" else 0
        return max(column.width, least)

    def _letter(self, role: str) -> str:
        """The letter of the first column that plays this part."""
        roles: list[str] = [column.role for column in self.claims.columns]
        return str(get_column_letter(roles.index(role) + 1))

    def _prefill(self) -> None:
        """One row for each clause, clause and title filled in."""
        for row, clause in enumerate(self.rulebook.clauses_of(self.claims.name), start=2):
            for role, value in (("clause", clause.id), ("title", clause.label)):
                cell = self.sheet[f"{self._letter(role)}{row}"]
                cell.value, cell.data_type = value, "s"
                look.dress(cell, *_TEXT_STYLE)
                cell.fill = look.fill(style.BRAND_SOFT)

    def _validate(self, column: Column, letter: str) -> None:
        """The check and the prompt of an entry column."""
        book, first = self.rulebook, 2
        prompt, error, rule = f"{column.help}。", "", dict[str, str]()
        if column.role == "clause":
            rule = {"type": "list", "formula1": self.lists.items[self.claims.name]}
            error = advice("clause-unknown")
        elif column.role == "date":
            last = date(book.year, 12, 31) if self.claims.prefilled else say.last_day(book)
            rule = look.date_rule_of(book.first_day, last)
            written, when = f"写成 {book.year}-6-1 的样子", say.date_rule(book)
            prompt = f"{column.help}，{written}。{when}。"
            error = f"{when}。请{written}；写法无误可以继续。"
        elif column.role == "words":
            rule, error = look.whole_rule_of(1), advice("words-bad", example="850")
        elif column.role in ("base", "done"):
            rule = look.whole_rule_of(1 if column.role == "base" else 0)
            error = advice(f"{column.role}-bad", meaning=column.header)
            first = self._validate_figures(column, letter, rule)
        elif column.role not in ("object", "evidence"):
            return
        cells = f"{letter}{first}:{letter}{LAST_ROW}"
        look.validate(self.sheet, cells, column.header, prompt, error, **rule)

    def _validate_figures(self, column: Column, letter: str, rule: dict[str, str]) -> int:
        """The prompt of a prefilled row says what the number is for its clause; gives the first
        row that is left."""
        row = 1
        for row, clause in enumerate(self.rulebook.clauses_of(self.claims.name), start=2):
            meaning = clause.base if column.role == "base" else clause.done
            limit = "，不能大于基数" if clause.capped and column.role == "done" else ""
            prompt = f"{clause.label}：填{meaning}（整数{limit}）。{say.describe_rule(clause)}。"
            title = f"{clause.id} {column.header}"
            error = advice(f"{column.role}-bad", meaning=meaning)
            look.validate(self.sheet, f"{letter}{row}", title, prompt, error, **rule)
        return row + 1

    def _id(self) -> str:
        """A formula: the id that the clause cell of row 2 begins with."""
        cell = marked = f"${self._letter('clause')}2"
        if self.claims.prefilled:
            return cell
        for follower in _FOLLOWERS:
            marked = f'SUBSTITUTE({marked},"{follower}","{SEPARATOR}")'
        return f'LEFT({cell},FIND("{SEPARATOR}",{marked}&"{SEPARATOR}")-1)'

    def _started(self) -> str:
        """A formula: whether a row holds anything besides what the template wrote."""
        kept = ("clause", "title") if self.claims.prefilled else ("clause",)
        columns = enumerate(self.claims.columns, start=1)
        letters = (get_column_letter(i) for i, column in columns if column.role not in kept)
        return "+".join(f"LEN(${letter}2)" for letter in letters) + ">0"

    def _faults(self, column: Column, cell: str) -> Iterator[tuple[str, str]]:
        """A column's formulas and their colours: red is missing or wrong, grey is not asked for."""
        claims, book, role = self.claims, self.rulebook, column.role
        if role == "clause":
            known = within(self._id(), self.lists.known(claims))
            yield f"IF(LEN(TRIM({cell}))=0,{self._started()},NOT({known}))", style.RED_SOFT
        elif role not in ("info", "note"):
            yield from self._missing(column, cell)
        if role == "date":
            end = date(book.year + 1, 1, 1) if claims.prefilled else book.end
            low, high = (int(to_excel(day)) for day in (book.first_day, end))
            outside = f"OR({cell}<{low},{cell}>={high})"
            yield f"AND(ISNUMBER({cell}),{cell}<{_NUMBERS_OF_DAYS},{outside})", style.RED_SOFT
            yield _unlike_number(cell, 4, _YEARS), style.AMBER_SOFT
        if role in ("words", "base", "done"):
            yield _unlike_number(cell, 1, _DIGITS), style.AMBER_SOFT
        if role == "done":
            base, capped = f"${self._letter('base')}2", within(self._id(), self.lists.capped)
            over = f"AND(ISNUMBER({base}),ISNUMBER({cell}),{cell}>{base},{capped})"
            yield over, style.RED_SOFT

    def _missing(self, column: Column, cell: str) -> Iterator[tuple[str, str]]:
        blank = f"LEN(TRIM({cell}))=0"
        if column.role == "evidence":  # words for nothing are as good as nothing
            blank = within(f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),"　","")', self.lists.blank)
        if name := self.lists.needs.get((self.claims.name, column.header)):
            need = within(self._id(), name)
            if self.claims.prefilled:  # its clauses are there from the start: red only once begun
                yield f"AND({need},{blank},{self._started()})", style.RED_SOFT
                yield f"AND({need},{blank})", style.AMBER_SOFT
            else:
                yield f"AND({need},{blank})", style.RED_SOFT
        if column.role in ("evidence", "words", "object"):
            # what is needed has been painted above: this is for the rest of the known clauses
            known = within(self._id(), self.lists.known(self.claims))
            yield f"AND({known},{blank})", style.GREY_SOFT


def _unlike_number(cell: str, digits: int, others: str) -> str:
    """A formula: whether a text does not begin as the program could read it, e.g. 约800字."""
    begins = f"ISERROR(VALUE(LEFT(TRIM({cell}),{digits})))"
    return f'AND(ISTEXT({cell}),{begins},ISERROR(FIND(LEFT(TRIM({cell}),1),"{others}")))'


# 填报说明 -------------------------------------------------------------------------------------

_GUIDE = {"A": 11, "B": 38, "C": 12, "D": 46, "E": 28}
"""Its columns with their widths."""
_GUIDE_HEADERS = ("条款", "内容", "填在", "怎样计分", "须附佐证")


def _write_guide(sheet: Any, rulebook: Rulebook) -> None:
    """Instructions, then the rules clause by clause, then the readings."""
    sheet.sheet_view.showGridLines = False
    for letter, width in _GUIDE.items():
        sheet.column_dimensions[letter].width = width
    _across(sheet, 1, "A", rulebook.title, 34, size=16, bold=True, color=style.BRAND)
    row = _heading(sheet, 2, layout.GUIDE)
    for head, text in instructions("guide", rulebook):
        look.put(sheet, f"A{row}", head, bold=True, color=style.BRAND, indent=1)
        row = _across(sheet, row, "B", text)
    header = _heading(sheet, row + 1, "计分办法一览")
    row = _write_rules(sheet, header, rulebook)
    parts = {
        "合计、名次、等次和一票否决": [
            *((one.name, say.describe_sum(one)) for one in rulebook.sums),
            *([("名次", say.describe_tie(rulebook))] if rulebook.tie else []),
            *((one.name, say.describe_grade(one)) for one in rulebook.grades),
            *((one.name, say.describe_veto(one, rulebook)) for one in rulebook.vetoes),
        ],
        "容易有不同理解的地方，目前这样掌握": [
            ("各条" if one.clauses == ALL else "、".join(one.clauses),
             f"{one.question}？{one.default}。") for one in rulebook.readings
        ],
    }  # fmt: skip
    for heading, lines in parts.items():
        row = _heading(sheet, row + 1, heading) if lines else row
        for where, text in lines:
            look.put(sheet, f"A{row}", where, size=10, color=style.MUTED, indent=1)
            sheet.merge_cells(f"A{row}:B{row}")
            row = _across(sheet, row, "C", text)
    look.print_a4(sheet, rulebook.title, landscape=False, header_row=header)
    look.protect(sheet, entry=False)


def _heading(sheet: Any, row: int, text: str) -> int:
    shown = {"size": 12.5, "bold": True, "color": style.WHITE, "back": style.BRAND, "indent": 1}
    return _across(sheet, row, "A", text, 24, **shown)


def _write_rules(sheet: Any, row: int, rulebook: Rulebook) -> int:
    """The table of clauses, section by section; returns the row below it."""
    for letter, text in zip(_GUIDE, _GUIDE_HEADERS, strict=True):
        look.put(
            sheet, f"{letter}{row}", text, back=style.BRAND_SOFT, horizontal="center", border=True,
            bold=True,
        )  # fmt: skip
    sheet.row_dimensions[row].height = 22
    section, row = "", row + 1
    for clause in rulebook.clauses:
        if clause.section != section:
            section = clause.section
            row = _across(sheet, row, "A", section, 22, bold=True, color=style.BRAND, indent=1)
        rule = say.describe_rule(clause)
        if clause.measure in FIGURES:
            rule = f"{rule}。{say.describe_figures(clause)}"
        cells = (
            clause.id,
            clause.label,
            clause.sheet or say.describe_place(clause),
            rule,
            say.describe_evidence(clause),
        )
        for letter, text in zip(_GUIDE, cells, strict=True):
            look.put(sheet, f"{letter}{row}", text, size=10, border=True, indent=1)
        texts = zip(cells, _GUIDE.values(), strict=True)
        sheet.row_dimensions[row].height = style.row_height(texts, 10)
        row += 1
    return row


def _across(sheet: Any, row: int, first: str, text: str, height: float = 0, **shown: Any) -> int:
    """Write a text from a column to the right edge; returns the next row."""
    width = sum(width for letter, width in _GUIDE.items() if letter >= first)
    height = height or style.row_height([(text, width)])
    look.across(sheet, f"{first}{row}:E{row}", text, height, **shown)
    return row + 1
