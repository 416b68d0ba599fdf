"""Rulebook → the empty office register: receipts, rulings, records, disqualifications, places."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from pipeline import layout, style
from pipeline.forms import entry as look
from pipeline.forms.entry import LAST_ROW, workbook_bytes
from pipeline.forms.lists import ListSheet, advice, instructions, item
from pipeline.layout import Head
from pipeline.rulebook import MARKS, PERIODS, Clause, Rulebook
from pipeline.wording import describe_rule

_GUIDE = "使用说明"
_WIDTHS = {
    "单位": 24, "条款": 36, "名称": 38, "理由": 36, "原因": 36, "依据": 30, "备注": 28, "奖项": 24
}  # fmt: skip
_OTHER_WIDTH = 13
_DATES = ("收件日期", "日期")
_NUMBERS = (Head.AMOUNT, Head.MARK, "份数", "核定分", "基数", "完成数", "名额")
_UNWRAPPED = ("单位", "条款")


def build_register(rulebook: Rulebook) -> bytes:
    """The empty register of a rulebook, the same bytes every time."""
    workbook, sheets = _begun(rulebook, rulebook.clauses, sheets_of(rulebook))
    for name, header, when, color in _faults(rulebook):
        letter = _at(name, header).strip("$2")
        rule = FormulaRule(formula=[when], fill=look.fill(color), stopIfTrue=True)
        sheets[name].conditional_formatting.add(f"{letter}2:{letter}{LAST_ROW}", rule)
    lines = instructions("register", rulebook)
    return _finished(workbook, f"{rulebook.title} 办公室台账", lines, rulebook)


def _begun(
    rulebook: Rulebook, own: Sequence[Clause], names: Iterable[str]
) -> tuple[Workbook, dict[str, Any]]:
    """A workbook with some sheets of the register, behind one for the instructions."""
    workbook, asked = Workbook(), sheets_of(rulebook)
    workbook.active.title = _GUIDE
    sheets = {name: workbook.create_sheet(name) for name in names}
    rules = _rules(workbook, rulebook, own)
    for name, sheet in sheets.items():
        _write_sheet(sheet, asked[name], rules, rulebook)
    return workbook, sheets


def recorder_forms(rulebook: Rulebook) -> dict[str, bytes]:
    """File name → a form, read like a register, of each who records: 登记表, or 评分表 of marks."""
    forms: dict[str, bytes] = {}
    for by in dict.fromkeys(clause.by for clause in rulebook.clauses if clause.by):
        own = [clause for clause in rulebook.clauses if clause.by == by]
        marked = [clause for clause in own if clause.measure in MARKS]
        name = "评分表" if len(marked) == len(own) else "登记表"
        forms[f"{name}_{by}.xlsx"] = _recorder_form(rulebook, by, own, marked)
    return forms


def _recorder_form(rulebook: Rulebook, by: str, own: list[Clause], marked: list[Clause]) -> bytes:
    wanted = {layout.RECORDS: len(marked) < len(own), layout.MARKS: bool(marked)}
    workbook, sheets = _begun(rulebook, own, [name for name, there in wanted.items() if there])
    if marked:
        rows = ((unit.unit, item(clause), by, None, day) for clause in marked
                for unit in rulebook.roster if clause.is_for(unit)
                for day in _days(clause, rulebook))  # fmt: skip
        for at, cells in enumerate(rows, start=2):
            for column, value in enumerate(cells, start=1):
                sheets[layout.MARKS].cell(at, column, value)
    title = f"{rulebook.title} {by}"
    lines = [("怎样用", "每张表第一行是表头，请不要改；填好后交回办公室。没有要记的就空着。")]
    lines += [(clause.id, f"{clause.label}。{describe_rule(clause)}") for clause in own]
    return _finished(workbook, title, lines, rulebook)


def _days(clause: Clause, rulebook: Rulebook) -> list[date | None]:
    """The day of each mark: the last of each month … where they are taken one by one."""
    if clause.per not in PERIODS:
        return [None]
    return [min(last, rulebook.last_event) for _, last in rulebook.periods(clause.per)]


def sheets_of(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """The sheets of the register and their headers, as far as the measure asks for them."""
    measures = {clause.measure for clause in rulebook.clauses}
    asked = {layout.MARKS: bool(measures & MARKS),
             layout.VETOES: any(not veto.when for veto in rulebook.vetoes)}  # fmt: skip
    sheets = {n: heads for n, heads in layout.REGISTER_READ.items() if asked.get(n, True)}
    if "sum" in measures:
        sheets[layout.RECORDS] += (Head.AMOUNT,)
    return sheets


_Rule = tuple[dict[str, str], str, str]
"""A validation rule, its prompt, and what is said when it is not met."""


def _rules(
    workbook: Any, rulebook: Rulebook, own: Sequence[Clause]
) -> dict[tuple[str, str], _Rule]:
    """What each column asks for, by (sheet, header); '' as the sheet means any other sheet.

    Records and marks are of some clauses only.
    """
    lists = ListSheet(workbook, rulebook, top=2)

    def choice(heading: str, choices: Iterable[str]) -> dict[str, str]:
        return {"type": "list", "formula1": lists.list(heading, choices)}

    units = choice("单位", rulebook.units)
    clauses = choice("条款", map(item, rulebook.clauses))
    recorded = choice("平时考查", (item(c) for c in own if c.office and c.measure not in MARKS))
    words = choice("结论", layout.RULING_WORDS)
    awards = choice("奖项", (award.name for award in rulebook.awards))
    readings = choice("口径", (reading.id for reading in rulebook.readings))
    senses = choice("采用", layout.TAKEN_WORDS)
    limit, whole = rulebook.copies, look.whole_rule_of
    day = look.date_rule_of(rulebook.first_day, date(rulebook.year + 1, 12, 31))
    written = f"写成 {rulebook.year}-12-1 的样子。"
    figures = "只有以办公室记录为准的条款才填。"
    pick = "从下拉列表选择。"
    return _rules_where_asked(rulebook, own, choice) | {
        ("", "单位"): (units, pick, "请填写名册中的单位名称。"),
        ("", "条款"): (clauses, pick, "请从下拉列表选择条款编号。"),
        (layout.RECORDS, "条款"): (
            recorded, "列表里是用得上平时考查的条款。", "其他条款的平时考查不影响计分。",
        ),
        ("", "结论"): (words, _WORDS_HELP, advice("register-word")),
        ("", "核定分"): (_between(999), "结论是“改分”时填整条的得分。", advice("register-points")),
        ("", "收件日期"): (day, f"收到报送材料的日期，{written}", written),
        ("", "日期"): (day, written, written),
        ("", "份数"): (
            whole(limit, "equal"), f"应为{limit}份。", f"应为{limit}份，不足的请补齐。"
        ),
        ("", "基数"): (whole(1), figures, advice("register-base")),
        ("", "完成数"): (whole(0), figures, advice("register-done")),
        ("", "奖项"): (awards, pick, advice("register-award")),
        ("", Head.READING): (readings, pick, advice("register-reading")),
        ("", Head.TAKEN): (senses, pick, advice("register-taken")),
        ("", Head.PLACE): (whole(1), "填整数，或留空。", advice("register-place")),
        ("", Head.LINE): (
            whole(1), "照抄评审表里的行号；不是只定一行的留空。", advice("register-line")
        ),
        ("", "名额"): (whole(0), "填整数。", advice("register-places")),
    }  # fmt: skip


def _between(end: int) -> dict[str, str]:
    """The validation rule of a number no farther from 0."""
    return {"type": "decimal", "operator": "between", "formula1": f"-{end}", "formula2": f"{end}"}


def _rules_where_asked(
    rulebook: Rulebook,
    own: Sequence[Clause],
    choice: Callable[[str, Iterable[str]], dict[str, str]],
) -> dict[tuple[str, str], _Rule]:
    """The rules of the sheets that few measures ask for."""
    number = _between(1_000_000_000)
    rules: dict[tuple[str, str], _Rule] = {
        ("", Head.AMOUNT): (number, "填数；空着的算 1。", advice("register-amount")),
        ("", Head.MARK): (number, "填数。", advice("register-mark")),
    }
    asked = sheets_of(rulebook)
    if layout.MARKS in asked:
        marked = choice("评分", (item(c) for c in own if c.measure in MARKS))
        rules[layout.MARKS, Head.CLAUSE] = (
            marked, "列表里是由评分人评分的条款。", "请从下拉列表选择条款编号。"
        )  # fmt: skip
    if layout.VETOES in asked:
        said = choice("一票否决", (veto.name for veto in rulebook.vetoes if not veto.when))
        rules[layout.VETOES, Head.MATTER] = (said, "从下拉列表选择。", "请照抄计分规则里的事项。")
    return rules


_WORDS_HELP = "认定：不计的改为计分。不认定：计分的改为不计。改分：本条得分改为核定分，名称空着。"


def _write_sheet(
    sheet: Any, headers: Sequence[str], rules: dict[tuple[str, str], _Rule], rulebook: Rulebook
) -> None:
    look.write_header(sheet, [(h, _WIDTHS.get(h, _OTHER_WIDTH), style.BRAND) for h in headers])
    for index, header in enumerate(headers, start=1):
        letter = get_column_letter(index)
        shown: tuple[Any, ...] = (look.TEXT, "left", header not in _UNWRAPPED)
        if header in _DATES:
            shown = (look.DATE, "center")
        elif header in _NUMBERS:
            shown = (look.GENERAL, "right")
        look.dress(sheet.column_dimensions[letter], *shown)
        if rule := rules.get((sheet.title, header), rules.get(("", header))):
            check, prompt, error = rule
            cells = f"{letter}2:{letter}{LAST_ROW}"
            look.validate(sheet, cells, header, prompt, error, **check)
    look.finish_entries(sheet, len(headers), rulebook.title)


def _at(name: str, header: str) -> str:
    """A column's cell in row 2, for formulas."""
    return f"${get_column_letter(layout.REGISTER_SHEETS[name].index(header) + 1)}2"


def _faults(rulebook: Rulebook) -> list[tuple[str, str, str, str]]:
    """What is coloured: (sheet, header, when, colour); red is what a row cannot do without."""
    found = []
    for name, headers in layout.REGISTER_SHEETS.items():
        filled = "+".join(f"LEN({_at(name, header)})" for header in headers)
        for header in ("单位", "条款", "结论"):
            if header in headers:
                when = f"AND(LEN(TRIM({_at(name, header)}))=0,{filled}>0)"
                found.append((name, header, when, style.RED_SOFT))
    word, points, title, reason = (
        _at(layout.RULINGS, header) for header in ("结论", "核定分", "名称", "理由")
    )
    changed = f'{word}="{layout.RULING_POINTS}"'
    unit, copies = (_at(layout.RECEIPTS, header) for header in ("单位", "份数"))
    limit = rulebook.copies
    return [
        *found,
        (layout.RULINGS, "核定分", f"AND({changed},NOT(ISNUMBER({points})))", style.RED_SOFT),
        (layout.RULINGS, "名称", f"AND({changed},LEN({title})>0)", style.RED_SOFT),
        (layout.RULINGS, "理由", f"AND(LEN({word})>0,LEN(TRIM({reason}))=0)", style.AMBER_SOFT),
        (layout.RECEIPTS, "份数", f"AND(LEN({unit})>0,{copies}<>{limit})", style.AMBER_SOFT),
    ]


def _finished(
    workbook: Any, title: str, lines: Iterable[tuple[str, str]], rulebook: Rulebook
) -> bytes:
    """Write the sheet of instructions, and the workbook."""
    sheet = workbook[_GUIDE]
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 96
    look.across(sheet, "A1:B1", title, 36, size=16, bold=True, color=style.BRAND)
    for row, (head, text) in enumerate(lines, start=2):
        look.put(sheet, f"A{row}", head, bold=True, color=style.BRAND, vertical="top", border=True)
        look.put(sheet, f"B{row}", text, vertical="top", border=True)
        sheet.row_dimensions[row].height = style.row_height([(text, 96)])
    look.print_a4(sheet, rulebook.title, landscape=False, header_row=None)
    workbook.properties.title, workbook.properties.creator = title, rulebook.title
    return workbook_bytes(workbook, datetime.combine(rulebook.first_day, time()))


def is_filled(path: Path) -> bool:
    """Whether somebody has written into a register, which must stay, or it cannot be opened."""
    if not path.exists():
        return False
    try:
        workbook = load_workbook(path, read_only=True)
    except (OSError, ValueError, KeyError, BadZipFile, InvalidFileException):
        return True
    filled = any(
        any(value is not None for value in row[_PREFILLED.get(name, 0) :])
        for name in layout.REGISTER_READ
        if name in workbook.sheetnames
        for row in workbook[name].iter_rows(min_row=2, values_only=True)
    )
    workbook.close()
    return filled


_PREFILLED = {layout.PLACES: 1, layout.MARKS: 3}
"""Leading columns that an empty form has already filled in."""
