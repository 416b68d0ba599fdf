"""The hidden sheet behind 自查: what becomes of each row of a claim sheet, column by column.

Each column is one array formula over the whole claim sheet, header row and spare rows included, so
that sorting, inserting and deleting rows cannot break it. A column mostly holds, in each row, the
clause id where something is the case and '' where not: COUNTIF counts it, MATCH finds the first.
"""

from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula

from pipeline import layout
from pipeline.forms import formulas as f
from pipeline.forms.lists import BAR, Lists
from pipeline.rulebook import Rulebook, Sheet

CHECKED_ROWS = layout.READY_ROWS + 100
"""Rows of a claim sheet that 自查 looks at: rows may be inserted."""
_TITLE_LENGTH = 200
"""A lookup key may have at most 255 characters."""
_WILD = tuple((char, chr(ord(char) + 0xFEE0)) for char in "~*?")
"""Lookups take these for patterns: they stand in full width."""


class Helper:
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
        cells = f"{letter}2:{letter}{CHECKED_ROWS + 1}"
        self.sheet[f"{letter}2"] = ArrayFormula(cells, f"={formula}")
        name = quote_sheetname(self.sheet.title)
        return f"{name}!${letter}$2:${letter}${CHECKED_ROWS + 1}"

    def add_steps(self, about: str, steps: list[tuple[str, str]]) -> str:
        """Write columns that build on each other; returns the range of the last."""
        ranges: dict[str, str] = {}
        for heading, formula in steps:
            ranges[heading] = self.add(f"{about} {heading}", formula.format_map(ranges))
        return ranges[steps[-1][0]]


@dataclass
class Checked:
    """Ranges with a claim sheet's rows after the checks; ids in rows unless said otherwise."""

    rows: str = ""
    """claims"""
    stray: str = ""
    """1 in rows with content but without a usable clause"""
    undated: str = ""
    unproved: str = ""
    faulty: str = ""
    """title, number or object missing or unusable"""
    repeated: str = ""
    accepted: str = ""
    distinct: str = ""
    """the first accepted claim of each object"""
    words: str = ""
    """numbers"""
    base: str = ""
    done: str = ""


class _Columns:
    """Builds the columns of one claim sheet."""

    def __init__(self, helper: Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
        self.helper, self.claims, self.rulebook, self.lists = helper, claims, rulebook, lists
        self.ids = tuple(clause.id for clause in rulebook.clauses_of(claims.name))

    def cells(self, header: str) -> str:
        """The rows of a column of the claim sheet."""
        headers = [column.header for column in self.claims.columns]
        letter = get_column_letter(headers.index(header) + 1)
        return f"{quote_sheetname(self.claims.name)}!${letter}$1:${letter}${CHECKED_ROWS}"

    def add(self, about: str, formula: str) -> str:
        return self.helper.add(f"{self.claims.name} {about}", formula)

    def needed(self, rows: str, header: str) -> str:
        """Whether each row's clause needs a column."""
        name = self.lists.needs.get((self.claims.name, header))
        return f'ISNUMBER(FIND("{BAR}"&{rows}&"{BAR}",{name}))' if name else "0"

    def clause(self) -> str:
        cells = self.cells(self.claims.header("clause"))
        plain = f.narrow_ids(f'{cells}&""', self.ids)
        solid = self.add("条款", f.safe(cells, f.unspaced(plain)))
        parted = self.add("条款与说明", f.safe(cells, f'SUBSTITUTE(TRIM({plain})," ","：")'))
        listed, breaks = self.lists.ids[self.claims.name], self.lists.breaks
        first, second = (
            f.starts_with_id(text, self.ids, listed, breaks) for text in (solid, parted)
        )
        found = self.add("编号", first)
        return self.add("编号（连说明）", f'IF({found}<>"",{found},{second})')

    def content(self) -> str:
        kept = ("clause", "title") if self.claims.prefilled else ()
        lengths = [
            f"LEN(TRIM({self.cells(column.header)}))"
            for column in self.claims.columns
            if column.role not in kept
        ]
        total = "+".join(lengths)
        header = self.claims.header("clause")
        own = f"({f.unspaced(self.cells(header))}<>{f.quote(header)})"
        return self.add("有内容", f"IF(ISERROR({total}),1,({total}>0)*{own})")

    def folded(self, role: str) -> str:
        cells = self.cells(self.claims.header(role))
        folded = f.replace(f"LOWER({f.unspaced(f'{cells}&' + chr(34) * 2)})", _WILD)
        return self.add(self.claims.header(role), f.safe(cells, f"LEFT({folded},{_TITLE_LENGTH})"))

    def date(self) -> str:
        header = self.claims.header("date")
        steps = f.date_steps(self.cells(header))
        return self.helper.add_steps(f"{self.claims.name} {header}", steps)

    def count(self, role: str) -> str:
        header = self.claims.header(role)
        steps = f.count_steps(self.cells(header))
        return self.helper.add_steps(f"{self.claims.name} {header}", steps)

    def lacking(self, rows: str) -> str:
        """Claims that lack evidence."""
        parts = []
        for header in self.claims.headers("evidence"):
            cells = self.cells(header)
            text = f.unspaced(f.safe(cells, f'{cells}&""'))
            blank = f'ISNUMBER(FIND("{BAR}"&{text}&"{BAR}",{self.lists.blank}))'
            parts.append(f"{self.needed(rows, header)}*{blank}")
        return self.flag("缺佐证", rows, "+".join(parts) or "0")

    def flag(self, about: str, rows: str, fault: str) -> str:
        """A column with the id of each claim of which something (a number > 0) is true."""
        return self.add(about, f'IF({rows}="","",IF({fault}>0,{rows},""))')

    def first(self, about: str, keys: str, rows: str, sign: str = "=") -> str:
        """A column with the id where a key stands for the first time (`<`: again)."""
        place = f"MATCH({keys},{keys},0){sign}ROW({keys})-1"
        return self.add(about, f'IF({keys}="","",IF({place},{rows},""))')


def check_rows(helper: Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> Checked:
    """Write the columns of one claim sheet."""
    make, out = _Columns(helper, claims, rulebook, lists), Checked()
    found, content = make.clause(), make.content()
    out.rows = make.add("申报", f'IF({content}=1,{found},"")')
    out.stray = make.add("无条款", f'IF(({content}=1)*({found}=""),1,"")')
    title, day = make.folded("title"), make.date()
    first, end = (int(to_excel(limit)) for limit in (rulebook.first_day, rulebook.deadline))
    out.undated = make.flag("日期不可用", out.rows, f"({day}<{first})+({day}>={end})")
    out.unproved = make.lacking(out.rows)
    out.faulty = make.flag("其他问题", out.rows, f'({title}="")' + _figure_faults(make, out))
    objects = make.folded("object") if claims.header("object") else ""
    if objects:
        need = make.needed(out.rows, claims.header("object"))
        faulty = f'({out.faulty}<>"")+{need}*({objects}="")'
        out.faulty = make.flag("其他问题（连对象）", out.rows, faulty)
    good = f'({out.rows}<>"")*({out.undated}="")*({out.unproved}="")*({out.faulty}="")'
    key = out.rows if claims.prefilled else f'{out.rows}&"{BAR}"&{title}&"{BAR}"&{day}'
    keys = make.add("辨认", f'IF({good},{key},"")')
    out.repeated = make.first("重复", keys, out.rows, "<")
    out.accepted = make.first("可计", keys, out.rows)
    if objects:
        need = make.needed(out.accepted, claims.header("object"))
        named = make.add("对象辨认", f'IF({need},{out.accepted}&"{BAR}"&{objects},"")')
        out.distinct = make.first("不同对象", named, out.accepted)
    return out


def _figure_faults(make: _Columns, out: Checked) -> str:
    """Faults of 字数, 基数, 完成数 as further terms of a sum; notes the columns in `out`."""
    claims, terms = make.claims, ""
    if claims.header("words"):
        out.words = make.count("words")
        terms += f"+{make.needed(out.rows, claims.header('words'))}*({out.words}<1)"
    if claims.prefilled:
        out.base, out.done = make.count("base"), make.count("done")
        over = f'ISNUMBER(FIND("{BAR}"&{out.rows}&"{BAR}",{make.lists.capped}))'
        terms += f"+({out.base}<1)+({out.done}<0)+{over}*({out.done}>{out.base})"
    return terms
