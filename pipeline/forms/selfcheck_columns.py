"""The hidden sheet behind 自查: what becomes of each row of a claim sheet, column by column.

Each column is one array formula over the first rows of a claim sheet, header and spare rows
included. The rows are cut out of whole columns by INDEX: a range would shrink or grow as rows are
deleted or inserted, and no longer fit its array. A column mostly holds, in each row, the clause id
where something is the case and '' where not: COUNTIF counts it, MATCH finds the first.
"""

from dataclasses import dataclass, field
from datetime import date
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
_TITLE_LENGTH, _OTHER_LENGTH = 150, 80
"""A lookup key may have at most 255 characters."""
_WILD = tuple((char, chr(ord(char) + 0xFEE0)) for char in "~*?")
"""Lookups take these for patterns: they stand in full width."""


def rows_of(sheet: str, letter: str, first: int, last: int) -> str:
    """Some rows of a column, whatever rows are inserted or deleted above."""
    column = f"{quote_sheetname(sheet)}!${letter}:${letter}"
    return f"INDEX({column},{first}):INDEX({column},{last})"


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

    def add_steps(self, about: str, steps: list[tuple[str, str]]) -> dict[str, str]:
        """Write columns that build on each other; returns heading → range."""
        ranges: dict[str, str] = {}
        for heading, formula in steps:
            ranges[heading] = self.add(f"{about} {heading}", formula.format_map(ranges))
        return ranges


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
    faults: list[tuple[str, str]] = field(default_factory=list)
    """everything that refuses a claim: (what is said behind the number of the row, range)"""
    repeated: str = ""
    accepted: str = ""
    distinct: str = ""
    """the first accepted claim of each object"""
    words: str = ""
    """numbers"""
    base: str = ""
    done: str = ""
    usable: str = ""
    """the first claim of each clause whose figures can be used, accepted or not"""


class _Columns:
    """Builds the columns of one claim sheet."""

    def __init__(self, helper: Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
        self.helper, self.claims, self.rulebook, self.lists = helper, claims, rulebook, lists
        self.ids = tuple(clause.id for clause in rulebook.clauses_of(claims.name))
        self.out = Checked()

    def cells(self, header: str) -> str:
        """The rows of a column of the claim sheet."""
        headers = [column.header for column in self.claims.columns]
        letter = get_column_letter(headers.index(header) + 1)
        return rows_of(self.claims.name, letter, 1, CHECKED_ROWS)

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
        return self.flag(about, "+".join(f'({column}<>"")' for column in columns))

    def first(self, about: str, keys: str, rows: str) -> str:
        """A column with the id where a key stands for the first time."""
        return self.add(about, f'IF({keys}="","",IF({_again(keys)},"",{rows}))')


def _again(keys: str) -> str:
    """Whether a key has stood further up."""
    return f"(MATCH({keys},{keys},0)<ROW({keys})-1)"


def check_rows(helper: Helper, claims: Sheet, rulebook: Rulebook, lists: Lists) -> Checked:
    """Write the columns of one claim sheet."""
    make = _Columns(helper, claims, rulebook, lists)
    out = make.out
    found, content = make.clause(), make.content()
    out.rows = make.add("申报", f'IF({content}=1,{found},"")')
    out.stray = make.add("无条款", f'IF(({content}=1)*({found}=""),1,"")')
    title = make.folded(claims.header("title"))
    out.unproved = _proof(make)
    day = _dates(make)
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
    end = date(book.year + 1, 1, 1) if prefilled else book.deadline
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
