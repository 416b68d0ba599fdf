"""The live sheet 自查: what each clause would earn so far, and which rows still lack something.

A second implementation of the measure, in formulas. It takes every reading in its default sense
and knows nothing of other units or of the office's register; it says so on the sheet.

Behind it stands a hidden sheet with what becomes of each row of a claim sheet. Each column there is
one array formula over the first rows, header and spare rows included. The rows are cut out of
whole columns by INDEX: a range would shrink or grow as rows are deleted or inserted, and no longer
fit its array. A column mostly holds, in each row, the clause id where something is the case and ''
where not: COUNTIF counts it, MATCH finds the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula

from pipeline import layout, style
from pipeline.forms import entry as look
from pipeline.forms import formulas as f
from pipeline.forms.entry import BAR, Lists
from pipeline.rulebook import FIGURES, PERIODS, SHARES, Clause, Rulebook, Sheet, Step, Sum
from pipeline.wording import describe_place, describe_rule, describe_sum, number, percent

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
_LATER = "与各单位比较或分别计算后才有分，以评审结果为准。"
_MOST_NAMES = 60
"""Units that a formula names one by one."""
_LONGEST_FORMULA = 8_000
_POINTS, _COUNT = 'General;-General;"–"', '0;-0;""'
_BEYOND = 20_000
"""Rows below those that are checked, in which content is pointed out."""
_CHECKED_ROWS = layout.READY_ROWS + 100
"""Rows of a claim sheet that 自查 looks at: rows may be inserted."""
_TITLE_LENGTH, _OTHER_LENGTH = 150, 80
"""A lookup key may have at most 255 characters."""
_WILD = tuple((char, chr(ord(char) + 0xFEE0)) for char in "~*?")
"""Lookups take these for patterns: they stand in full width."""


def _rows_of(sheet: str, letter: str, first: int, last: int) -> str:
    """Some rows of a column, whatever rows are inserted or deleted above."""
    column = f"{quote_sheetname(sheet)}!${letter}:${letter}"
    return f"INDEX({column},{first}):INDEX({column},{last})"


class _Helper:
    """Writes array formulas side by side; row r + 1 stands for row r of the claim sheet."""

    def __init__(self, sheet: Any) -> None:
        """Start on an empty sheet."""
        self.sheet = sheet
        self.column = 0

    def add(self, heading: str, formula: str) -> str:
        """Write one column; returns its absolute range."""
        self.column += 1
        letter = get_column_letter(self.column)
        self.sheet[f"{letter}1"] = heading
        cells = f"{letter}2:{letter}{_CHECKED_ROWS + 1}"
        self.sheet[f"{letter}2"] = ArrayFormula(cells, f"={formula}")
        name = quote_sheetname(self.sheet.title)
        return f"{name}!${letter}$2:${letter}${_CHECKED_ROWS + 1}"

    def add_steps(self, about: str, steps: list[tuple[str, str]]) -> dict[str, str]:
        """Write columns that build on each other; returns heading → range."""
        ranges: dict[str, str] = {}
        for heading, formula in steps:
            ranges[heading] = self.add(f"{about} {heading}", formula.format_map(ranges))
        return ranges


@dataclass
class _Checked:
    """Ranges with a claim sheet's rows after the checks; ids in rows unless said otherwise.

    Attributes:
        rows: claims.
        stray: 1 in rows with content but without a usable clause.
        faulty: title, number or object missing or unusable.
        faults: all that refuses a claim: (what is said behind the number of the row, range).
        distinct: the first accepted claim of each object.
        words, base, done: numbers.
        days: serial numbers of the dates.
        usable: the first claim of each clause whose figures can be used, accepted or not.
    """

    rows: str = ""
    stray: str = ""
    undated: str = ""
    unproved: str = ""
    faulty: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)
    repeated: str = ""
    accepted: str = ""
    days: str = ""
    distinct: str = ""
    words: str = ""
    base: str = ""
    done: str = ""
    usable: str = ""


class _Columns:
    """Builds the columns of one claim sheet."""

    def __init__(self, helper: _Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
        self.helper, self.claims, self.rulebook, self.lists = helper, claims, rulebook, lists
        self.ids = tuple(clause.id for clause in rulebook.clauses_of(claims.name))
        self.out = _Checked()

    def cells(self, header: str) -> str:
        """The rows of a column of the claim sheet."""
        headers = [column.header for column in self.claims.columns]
        letter = get_column_letter(headers.index(header) + 1)
        return _rows_of(self.claims.name, letter, 1, _CHECKED_ROWS)

    def add(self, about: str, formula: str) -> str:
        return self.helper.add(f"{self.claims.name} {about}", formula)

    def text(self, header: str) -> str:
        """A column without blanks; errors count as empty."""
        cells = self.cells(header)
        return f.safe(cells, f.unspaced(f'{cells}&""'))

    def nothing(self, text: str) -> str:
        """Whether texts are empty or a word for it."""
        return f.within(text, self.lists.blank)

    def needed(self, rows: str, header: str) -> str:
        """Whether each row's clause needs a column."""
        name = self.lists.needs.get((self.claims.name, header))
        return f.within(rows, name) if name else "0"

    def clause(self) -> str:
        cells = self.cells(self.claims.header("clause"))
        plain = f.narrow_ids(f'{cells}&""', self.ids)
        solid = self.add("条款", f.safe(cells, f.unspaced(plain)))
        parted = self.add("条款与说明", f.safe(cells, f'SUBSTITUTE(TRIM({plain})," ","：")'))
        listed = self.lists.ids[self.claims.name]
        first, second = (f.starts_with_id(text, self.ids, listed) for text in (solid, parted))
        found = self.add("编号", first)
        table, labels = self.lists.labels[self.claims.name]
        label = f"LEFT({solid},{_TITLE_LENGTH})"
        by_label = f'IF(ISNUMBER(MATCH({label},{labels},0)),VLOOKUP({label},{table},2,FALSE),"")'
        other = self.add("编号（连说明）", f'IF({found}<>"",{found},{second})')
        return self.add("编号（连内容）", f'IF({other}<>"",{other},{by_label})')

    def content(self) -> str:
        """1 in rows that claim something: words that say 无 are no claim."""
        kept = ("clause", "title") if self.claims.prefilled else ("clause",)
        header = self.claims.header("clause")
        entries = [c.header for c in self.claims.columns if c.role not in kept]
        blank = [self.nothing(self.text(h)) for h in entries]
        empty = [f"(LEN({self.text(h)})=0)" for h in entries]
        more = self.add("填有内容的格", f"{len(blank)}-" + "-".join(blank))
        none = self.add("写着没有的格", "+".join(blank) + "-" + "-".join(empty))
        wrong = f"ISERROR({'+'.join(f'LEN({self.cells(h)})' for h in (*entries, header))})"
        clause = self.text(header)
        own = f"({clause}<>{f.quote(header)})"
        alone = "0" if self.claims.prefilled else f"({none}=0)*(1-{self.nothing(clause)})"
        return self.add("有内容", f"IF({wrong},1,((({more}>0)+{alone})>0)*{own})")

    def folded(self, header: str, length: int = _TITLE_LENGTH) -> str:
        text = f.replace(f"LOWER({self.text(header)})", _WILD)
        return self.add(header, f"LEFT({text},{length})")

    def named(self, header: str) -> str:
        """What is named under a header, nothing for words that mean nothing; '' without header."""
        if not header:
            return ""
        text, none = self.folded(header, _OTHER_LENGTH), self.nothing(self.text(header))
        return self.add(f"所写{header}", f'IF({none},"",{text})')

    def flag(self, about: str, fault: str) -> str:
        """A column with the id of each claim of which something (a number > 0) is true."""
        rows = self.out.rows
        return self.add(about, f'IF({rows}="","",IF(0+{fault}>0,{rows},""))')

    def fault(self, said: str, fault: str) -> str:
        """A flag that refuses a claim."""
        column = self.flag(said.removeprefix("的"), fault)
        self.out.faults.append((said, column))
        return column

    def any_of(self, about: str, columns: list[str]) -> str:
        """A flag for claims with one of these."""
        if len(columns) == 1:
            return columns[0]
        return self.flag(about, "+".join(f'({column}<>"")' for column in columns) or "0")

    def first(self, about: str, keys: str, rows: str) -> str:
        """A column with the id where a key stands for the first time."""
        return self.add(about, f'IF({keys}="","",IF({_again(keys)},"",{rows}))')


def _again(keys: str) -> str:
    """Whether a key has stood further up."""
    return f"(MATCH({keys},{keys},0)<ROW({keys})-1)"


def _check_rows(helper: _Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> _Checked:
    """Write the columns of one claim sheet."""
    make = _Columns(helper, claims, rulebook, lists)
    out = make.out
    found, content = make.clause(), make.content()
    out.rows = make.add("申报", f'IF({content}=1,{found},"")')
    out.stray = make.add("无条款", f'IF(({content}=1)*({found}=""),1,"")')
    title = make.folded(claims.header("title"))
    out.unproved = _proof(make)
    day = out.days = _dates(make)
    untitled = make.fault("缺名称", f'({title}="")')
    thing, identity = claims.header("object"), claims.identity
    other = make.named(identity)  # what tells claims of one title and day apart
    thing_named = other if thing == identity else make.named(thing)
    out.faulty = make.any_of("其他问题", [untitled, *_figures(make), *_objects(make, thing_named)])
    good = f'({out.rows}<>"")*({out.undated}="")*({out.unproved}="")*({out.faulty}="")'
    key = out.rows if claims.prefilled else f'{out.rows}&"{BAR}"&{title}&"{BAR}"&{day}'
    keys = make.add("辨认", f'IF({good},{key},"")')
    _repeats(make, keys, other)
    out.accepted = make.add("可计", f'IF({keys}="","",IF({out.repeated}="",{out.rows},""))')
    if thing:
        need = make.needed(out.accepted, thing)
        named = make.add("对象辨认", f'IF({need},{out.accepted}&"{BAR}"&{thing_named},"")')
        out.distinct = make.first("不同对象", named, out.accepted)
    return out


def _repeats(make: _Columns, keys: str, other: str) -> None:
    """A claim repeats the first of its key where one names nothing that tells them apart, and any
    that names the same."""
    out = make.out
    if not other:
        out.repeated = make.add("重复", f'IF({keys}="","",IF({_again(keys)},{out.rows},""))')
        return
    whole = make.add("辨认连区别", f'IF({keys}="","",{keys}&"{BAR}"&{other})')
    bare = make.add("辨认无区别", f'IF({keys}="","",IF({other}="",{keys},""))')
    place = f"MATCH({keys},{keys},0)"
    first_bare = f"(IF(ISNUMBER(MATCH({keys},{bare},0)),MATCH({keys},{bare},0),0)={place})"
    same = f'({other}="")+{first_bare}+{_again(whole)}'
    out.repeated = make.add("重复", f'IF({keys}="","",IF({_again(keys)}*({same})>0,{out.rows},""))')


def _proof(make: _Columns) -> str:
    """Claims that lack evidence, column by column, and all of them."""
    lacking = [
        make.fault(f"缺{header}", f"{make.needed(make.out.rows, header)}*{blank}")
        for header in make.claims.headers("evidence")
        for blank in (make.nothing(make.text(header)),)
    ]
    return make.any_of("缺佐证", lacking)


def _dates(make: _Columns) -> str:
    """Reads the dates and says what is wrong with them; returns the column of serial numbers."""
    book, prefilled = make.rulebook, make.claims.prefilled
    header = make.claims.header("date")
    end = date(book.year + 1, 1, 1) if prefilled else book.end
    first, last = (int(to_excel(limit)) for limit in (book.first_day, end))
    steps = f.date_steps(make.cells(header), last, until=prefilled)
    columns = make.helper.add_steps(f"{make.claims.name} {header}", steps)
    day, empty = columns["日期"], f'({columns["文字"]}="")'
    undated = [
        make.fault(f"没有填{header}", empty),
        make.fault(f"的{header}写法请核对", f'({day}=0)*({columns["文字"]}<>"")'),
        make.fault(f"的{header}不在期限内", f"({day}<>0)*((({day}<{first})+({day}>={last}))>0)"),
    ]
    make.out.undated = make.any_of("日期不可用", undated)
    return day


def _count(make: _Columns, role: str) -> tuple[str, str]:
    """Reads whole numbers: the column with them, and whether something stands there."""
    header = make.claims.header(role)
    columns = make.helper.add_steps(
        f"{make.claims.name} {header}", f.count_steps(make.cells(header))
    )
    return columns["整数"], f'({columns["数字"]}<>"")'


def _figures(make: _Columns) -> list[str]:
    """Faults of 字数, 基数, 完成数."""
    claims, out, faults = make.claims, make.out, []
    if claims.header("words"):
        out.words, there = _count(make, "words")
        need, name = make.needed(out.rows, claims.header("words")), claims.header("words")
        faults += [
            make.fault(f"缺{name}", f"{need}*(1-{there})"),
            make.fault(f"的{name}要填整数", f"{need}*{there}*({out.words}<1)"),
        ]
    if claims.prefilled:
        (out.base, based), (out.done, made) = _count(make, "base"), _count(make, "done")
        base, done = claims.header("base"), claims.header("done")
        over = f"{f.within(out.rows, make.lists.capped)}*({out.base}>0)*({out.done}>{out.base})"
        figures = [
            make.fault(f"缺{base}", f"(1-{based})"),
            make.fault(f"的{base}要填大于0的整数", f"{based}*({out.base}<1)"),
            make.fault(f"缺{done}", f"(1-{made})"),
            make.fault(f"的{done}要填整数", f"{made}*({out.done}<0)"),
            make.fault(f"的{done}大于{base}", over),
        ]
        wrong = make.any_of("数不可用", figures)
        usable = make.add("数可用", f'IF({wrong}="",{out.rows},"")')
        out.usable = make.first("数可用（首行）", usable, out.rows)
        faults.append(wrong)
    return faults


def _objects(make: _Columns, named: str) -> list[str]:
    header = make.claims.header("object")
    if not header:
        return []
    need = make.needed(make.out.rows, header)
    return [make.fault(f"缺{header}", f'{need}*({named}="")')]


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
    helper = _Helper(backstage)
    checked = {
        claims.name: _check_rows(helper, claims, rulebook, lists) for claims in rulebook.sheets
    }
    sheet.sheet_view.showGridLines = False
    look.write_header(sheet, _HEADERS, _HEADER_ROW)
    sheet.row_dimensions[_HEADER_ROW].height = 34
    _write_head(sheet)
    row = _write_strays(sheet, _write_cover_line(sheet, _TOTAL_ROW + 1, cover), checked)
    table = _Table(sheet, rulebook, checked, cover[layout.COVER_UNIT], row)
    table.write()
    _write_total(sheet, table)
    _finish(sheet, rulebook, table.last)


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


def _write_strays(sheet: Any, row: int, checked: dict[str, _Checked]) -> int:
    """Rows without a usable clause, sheet by sheet; returns the next row."""
    for name, columns in checked.items():
        count, place = f"COUNTIF({columns.stray},1)", f"MATCH(1,{columns.stray},0)"
        beyond = f"COUNTA({_rows_of(name, 'A', _CHECKED_ROWS + 1, _BEYOND)})"
        text = (
            f'IF(H{row}>0,"第"&{place}&"行没有选条款，或条款不在本表。","")'
            f'&IF({beyond}>0,"第{_CHECKED_ROWS}行以后没有自查。","")'
        )
        line = {"A": name, "B": "没有选条款或选错的行", "H": f"={count}", "J": f"={text}"}
        _write_row(sheet, row, line, size=10)
        sheet.row_dimensions[row].height = _LINE
        row += 1
    return row


class _Table:
    """The lines of sections, clauses and sums, in the order of the measure.

    Attributes:
        rows: clause or sum, or numeral of a section → its row.
        open: clauses whose points only the office can tell; known when their lines are written.
        last: the last row.
    """

    def __init__(
        self, sheet: Any, book: Rulebook, checked: dict[str, _Checked], unit: str, row: int
    ) -> None:
        """Give every line its row, from `row` on; `unit` is the cell with the unit's name."""
        self.sheet, self.book, self.checked, self.unit = sheet, book, checked, unit
        self.open: set[str] = set()
        names: list[str] = []
        for key in book.sections.values():
            names += [key, *(one for one, home in book.homes.items() if home == key)]
        names += [row_.name for row_ in book.sums if not book.homes[row_.name]]
        self.rows = {name: at for at, name in enumerate(names, start=row)}
        self.last = row + len(names) - 1

    def write(self) -> None:
        """Write all lines."""
        for name, key in self.book.sections.items():
            self._section(name, key)
        for clause in self.book.clauses:
            if columns := self._columns(clause):
                _write_clause(self, self.rows[clause.id], clause, columns)
            else:
                self.open.add(clause.id)
                self._note(self.rows[clause.id], clause, describe_place(clause))
        for row in self.book.sums:
            self._sum(row)

    def _columns(self, clause: Clause) -> _Checked | None:
        """Where the claims stand that a clause counts; None where nobody claims them."""
        return self.checked.get(self.source(clause).sheet)

    def source(self, clause: Clause) -> Clause:
        """The clause whose claims count for a clause."""
        return self.book.clause[clause.counts or clause.id]

    def _section(self, name: str, key: str) -> None:
        """A section's line with its sums."""
        row = self.rows[key]
        own = [at for one, at in self.rows.items() if self.book.homes.get(one) == key]
        sums: dict[str, str] = {c: f"=SUM({c}{min(own)}:{c}{max(own)})" for c in "CDEFGH"}
        if self.book.sums:
            sums["C"] = f"={self.added(self.book.members(key))}"
        _write_row(self.sheet, row, {"A": name, **sums}, bold=True, back=style.BRAND_SOFT)
        self.sheet.merge_cells(f"A{row}:B{row}")
        self.sheet.row_dimensions[row].height = 20

    def added(self, names: Iterable[str]) -> str:
        """The points of lines added up; those without a number count nothing."""
        return f"SUM({','.join(f'C{self.rows[name]}' for name in names) or '0'})"

    def _note(self, row: int, clause: Clause, note: str) -> None:
        """A clause with nothing to fill in and nothing to add up."""
        said = f"{clause.label}\n{describe_rule(clause)}"
        _write_row(self.sheet, row, {"A": clause.id, "B": said, "J": note}, size=10)
        for letter in "ABJ":
            self.sheet[f"{letter}{row}"].font = look.font(10, color=style.MUTED)
        self.sheet.row_dimensions[row].height = style.row_height([(said, _HEADERS[1][1])], 10)

    def _sum(self, sum_: Sum) -> None:
        row, parts = self.rows[sum_.name], ",".join(f"C{self.rows[p]}" for p in sum_.parts)
        value = f"{'MAX' if sum_.how else 'SUM'}({parts})"
        if sum_.bands:
            value = f.by_bands([(test.replace("$", value), points.replace("$", value))
                                for test, points in _pairs(sum_.bands, "$")])  # fmt: skip
        value = value if sum_.least is None else f"MAX({value},{float(sum_.least):.10g})"
        value = value if sum_.most is None else f"MIN({value},{float(sum_.most):.10g})"
        weight = self._weight(sum_.times)
        unknown = sum_.against or weight is None
        line = {"A": sum_.name, "B": describe_sum(sum_)}
        line |= {"J": _LATER} if unknown else {"C": f"={value}{weight}"}
        if not unknown and self.book.below[sum_.name] & self.open:
            line["J"] = "其中有的条款要到评审时才有分。"
        _write_row(self.sheet, row, line, size=10, bold=True)
        height = style.row_height([(line["B"], _HEADERS[1][1])], 10)
        self.sheet.row_dimensions[row].height = height

    def _weight(self, times: str) -> str | None:
        """What a sum is multiplied with, from `*` on; None where there are too many units."""
        roster = self.book.roster
        weights = {unit.times(times) for unit in roster}
        if len(weights) == 1:
            only = float(weights.pop())
            return "" if only == 1 else f"*{only:.10g}"
        if len(roster) > _MOST_NAMES:
            return None
        names = ",".join(f.quote(unit.unit) for unit in roster)
        factors = ",".join(f"{float(unit.times(times)):.10g}" for unit in roster)
        return f"*SUMPRODUCT(({self.unit}={{{names}}})*{{{factors}}})"

    def concerning(self, clause: Clause, points: str) -> str:
        """Points of a clause that is not for every unit."""
        roster = self.book.roster
        mine = [unit.unit for unit in roster if clause.is_for(unit)]
        others = [unit.unit for unit in roster if not clause.is_for(unit)]
        fewer = min(mine, others, key=len)
        if not others or len(fewer) > _MOST_NAMES:
            return points
        among = f"OR({','.join(f'{self.unit}={f.quote(name)}' for name in fewer)})"
        yes, no = (points, '"不考"') if fewer is mine else ('"不考"', points)
        return f"IF({among},{yes},{no})"


def _months(book: Rulebook, per: str) -> list[tuple[int, int]]:
    """First day of each month or quarter and of the next, as serial numbers."""
    first, size = book.first_day.year * 12 + book.first_day.month - 1, PERIODS[per]
    last = book.last_event.year * 12 + book.last_event.month - 1
    ends = [date(at // 12, at % 12 + 1, 1) for at in range(first, last + size + 1, size)]
    serial = [int(to_excel(day)) for day in ends]
    return list(pairwise(serial))


def _short_of(clause: Clause, row: int) -> str:
    """What is said where claims count and the clause still earns nothing; '' where that cannot be.

    The points of the lowest band may be 0: short of the first that earns.
    """
    floor = next((band.floor for band in clause.bands if band.points > 0 or band.gain > 0), None)
    if floor is None or (clause.gains and floor <= 0) or clause.measure in ("each", "words"):
        return ""
    if clause.against or clause.per:
        return ""
    if clause.measure in FIGURES:
        reach = percent(floor) if clause.measure in SHARES else number(floor)
        return f'&IF((E{row}>0)*(C{row}=0),"未达到{reach}，还不得分。","")'
    need, noun = f"{float(floor):.10g}", clause.noun
    said = f'"可计"&I{row}&"{noun}，还差"&({need}-I{row})&"{noun}才得分。"'
    return f'&IF((I{row}>0)*(I{row}<{need}),{said},"")'


def _write_clause(table: _Table, row: int, clause: Clause, columns: _Checked) -> None:
    sheet, key = table.sheet, f"$A{table.rows[table.source(clause).id]}"
    hints = "".join(
        f'&IF(COUNTIF({cells},{key})>0,"第"&MATCH({key},{cells},0)&"行{what}。","")'
        for what, cells in [*columns.faults, ("与前面重复", columns.repeated)]
    )
    faults = (("F", columns.unproved), ("G", columns.undated))
    office = {"replaces": "以办公室的记录为准。", "confirms": "以办公室的记录核对。"}.get(
        clause.office, ""
    )
    points = _points_formula(clause, columns, row, key, table.book)
    beside = "" if points else _LATER
    if not points:
        table.open.add(clause.id)
    line: dict[str, str] = {
        "A": clause.id,
        "B": f"{clause.label}\n{describe_rule(clause)}",
        "C": f"={table.concerning(clause, points)}" if points else "",
        "D": f"=COUNTIF({columns.rows},{key})",
        "E": f"=COUNTIF({columns.accepted},{key})",
        "H": f"=COUNTIF({columns.faulty},{key})+COUNTIF({columns.repeated},{key})",
        "I": f"={_value_formula(clause, columns, row, key)}",
        "J": f'=IF(D{row}=0,"",{f.quote(office + beside)}{_short_of(clause, row)}{hints})',
    }
    line |= {c: f"=COUNTIF({cells},{key})" for c, cells in faults}
    if clause.counts:
        # The claims are counted on the line of the other clause.
        line = {c: text for c, text in line.items() if c in "ABCEI"}
    _write_row(sheet, row, line, size=10)
    if clause.measure in FIGURES:
        sheet[f"I{row}"].number_format = "0.0#%" if clause.measure in SHARES else "0"
    else:
        sheet[f"I{row}"].number_format = f'0"{clause.noun}";;""'
    text = str(line["B"])
    sheet.row_dimensions[row].height = style.row_height([(text, _HEADERS[1][1])], 10)


def _divided(rows: str, columns: _Checked, key: str, clause: Clause) -> tuple[str, str]:
    """What a clause divides, and by what; '' where by nothing."""
    base, done = (f"SUMIF({rows},{key},{cells})" for cells in (columns.base, columns.done))
    gained = done if clause.measure == "ratio" else f"({done}-{base})"
    return gained, base if clause.measure in SHARES else ""


def _by_share(rows: str, columns: _Checked, key: str, clause: Clause) -> str:
    """Shares are compared by whole numbers: done ÷ base ≥ p ÷ q is done × q ≥ base × p."""
    return f.by_bands(_pairs(clause.bands, *_divided(rows, columns, key, clause)))


def _pairs(bands: Iterable[Step], value: str, base: str = "") -> list[tuple[str, str]]:
    """Test and points of each band, for a value or a value ÷ a base, in whole numbers."""
    pairs = []
    for band in bands:
        floor, sign = band.floor, ">" if band.over else ">="
        of = f"{base}*{floor.numerator}" if base else f"{floor.numerator}"
        scaled = value if floor.denominator == 1 and not base else f"{value}*{floor.denominator}"
        points = f"{band.points:.10g}"
        if band.gain:
            up, down = band.step.denominator, floor.denominator * band.step.numerator
            steps = f"({scaled}-{of})*{up}/({base or 1}*{down})"
            steps = f"INT({steps})" if band.whole else steps
            points += f"{float(band.gain):+.10g}*{steps}"
        pairs.append((f"{scaled}{sign}{of}", points))
    return pairs


def _points_formula(clause: Clause, columns: _Checked, row: int, key: str, book: Rulebook) -> str:
    """What a clause earns, '' where only the whole batch can tell.

    `E` of the row holds its accepted claims, `I` the number that counts.
    """
    if clause.against or clause.once or clause.per in ("题目", "对象") or not clause.bands:
        return ""
    if clause.per:
        return _by_month(clause, columns, key, book)
    if clause.measure == "each":
        return f"E{row}*{clause.band_at(1).points:.10g}"
    if clause.measure == "words":
        return _points_by_words(clause, columns, key)
    if clause.measure in FIGURES:
        refused = "0"
        if clause.span[0] < 0:
            # what is refused for its evidence must not be better off for it
            usable = f"COUNTIF({columns.usable},{key})=0"
            refused = f"IF({usable},0,MIN(0,{_by_share(columns.usable, columns, key, clause)}))"
        return f"IF(E{row}=0,{refused},{_by_share(columns.accepted, columns, key, clause)})"
    return f.by_bands(_pairs(clause.bands, f"I{row}"))


def _by_month(clause: Clause, columns: _Checked, key: str, book: Rulebook) -> str:
    """The points of each month or quarter, added or averaged."""
    if clause.measure != "count":
        return ""
    found = columns.accepted, columns.days
    months = [
        f'COUNTIFS({found[0]},{key},{found[1]},">={first}",{found[1]},"<{end}")'
        for first, end in _months(book, clause.per)
    ]
    points = "+".join(f"({f.by_bands(_pairs(clause.bands, month))})" for month in months)
    points = f"({points})/{len(months)}" if clause.per.endswith("均") else points
    return points if len(points) < _LONGEST_FORMULA else ""


def _points_by_words(clause: Clause, columns: _Checked, key: str) -> str:
    """Each claim by its own number of words: every band adds what it gives beyond the one below."""
    terms, below = [], 0.0
    for band in clause.bands:
        over = f'">{"" if band.over else "="}{float(band.floor):.10g}"'
        reached = f"COUNTIFS({columns.accepted},{key},{columns.words},{over})"
        terms.append(f"{band.points - below:+.10g}*{reached}")
        below = band.points
    return "".join(terms).removeprefix("+")


def _value_formula(clause: Clause, columns: _Checked, row: int, key: str) -> str:
    """The number that the bands are looked up with."""
    if clause.measure == "distinct":
        return f"COUNTIF({columns.distinct},{key})"
    if clause.measure in FIGURES:
        gained, base = _divided(columns.accepted, columns, key, clause)
        return f'IF(E{row}=0,"",{gained}{f"/{base}" if base else ""})'
    return f"E{row}"


def _write_total(sheet: Any, table: _Table) -> None:
    sections = [table.rows[key] for key in table.book.sections.values()]
    sums: dict[str, str] = {
        letter: "=" + "+".join(f"{letter}{row}" for row in sections) for letter in "CDEFGH"
    }
    if table.book.sums:
        sums["C"] = f"={table.added(table.book.items)}"
    _write_row(sheet, _TOTAL_ROW, {"A": "合计", **sums}, bold=True, size=13, back=style.BRAND_SOFT)
    strays = f"SUM(H{_TOTAL_ROW + 2}:H{sections[0] - 1})"
    sheet[f"H{_TOTAL_ROW}"] = f"{sums['H']}+{strays}"
    wrong, cover = f"F{_TOTAL_ROW}+G{_TOTAL_ROW}+H{_TOTAL_ROW}", f"LEN(J{_TOTAL_ROW + 1})>0"
    sheet[f"J{_TOTAL_ROW}"] = (
        f'={_grade(table.book)}IF({wrong}>0,"红色的数是还有问题的行，请看下面各行。","")'
        f'&IF({cover},"封面还没有填完。",IF({wrong}=0,"没有发现问题。",""))'
    )
    sheet[f"J{_TOTAL_ROW}"].font = look.font(10)
    sheet.merge_cells(f"A{_TOTAL_ROW}:B{_TOTAL_ROW}")
    sheet.row_dimensions[_TOTAL_ROW].height = 30


def _grade(book: Rulebook) -> str:
    """What is said of the grade so far, with `&` behind; '' where only the places can tell."""
    if not book.grades or any(grade.share is not None for grade in book.grades):
        return ""
    tests = [(f"C{_TOTAL_ROW}>={float(grade.least or -1e9):.10g}", f.quote(grade.name))
             for grade in reversed(book.grades)]  # fmt: skip
    return f'"按目前得分："&{f.by_bands(tests)}&"。"&'


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
