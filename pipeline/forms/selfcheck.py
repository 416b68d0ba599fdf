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
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula

from pipeline import layout, style
from pipeline.forms import entry as look
from pipeline.forms import formulas as f
from pipeline.forms.lists import BAR, Lists
from pipeline.rulebook import FIGURES, MEANS, SHARES, Clause, Rulebook, Sheet, Step, Sum
from pipeline.wording import describe_place, describe_rule, describe_sum, number, percent

_WIDTHS = {
    "条款": 11, "内容与计分": 38, "预计得分": 10, "申报行": 8, "可计行": 8, "缺佐证": 8,
    "日期缺或不可用": 11, "其他问题": 8, "计算值": 10, "请看": 40,
}  # fmt: skip
_HEADER_ROW, _TOTAL_ROW, _LINE = 3, 4, 17
_LETTERS = "ABCDEFGHIJ"
_LATER = "与各单位比较或分别计算后才有分，以评审结果为准。"
_ONCE = "同一名称只在得分最高的一处计分，以评审结果为准。"
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


def _again(keys: str) -> str:
    """Whether a key has stood further up."""
    return f"(MATCH({keys},{keys},0)<ROW({keys})-1)"


class _Rows:
    """The columns of the hidden sheet about one claim sheet, as ranges; row r + 1 stands for row r.

    Attributes:
        rows: claims.
        stray: 1 in rows with content but without a usable clause.
        undated, unproved, faulty: date, evidence, or anything else missing or unusable.
        repeated, accepted: what becomes of the others.
        faults: all that refuses a claim: (what is said behind the number of the row, range).
        distinct: the first accepted claim of each object.
        usable: the first claim of each clause whose figures can be used, accepted or not.
    """

    stray = undated = unproved = faulty = repeated = accepted = days = distinct = ""
    words = base = done = usable = ""

    def __init__(self, backstage: Any, claims: Sheet, rulebook: Rulebook, lists: Lists) -> None:
        self.backstage, self.claims, self.rulebook, self.lists = backstage, claims, rulebook, lists
        self.ids = tuple(clause.id for clause in rulebook.clauses_of(claims.name))
        self.faults: list[tuple[str, str]] = []
        found, content = self._clause(), self._content()
        self.rows = self.add("申报", f'IF({content}=1,{found},"")')
        self.stray = self.add("无条款", f'IF(({content}=1)*({found}=""),1,"")')
        title = self._folded(claims.header("title"))
        lacking = [
            self.fault(f"缺{header}", f"{self.needed(header)}*{self.nothing(self.text(header))}")
            for header in claims.headers("evidence")
        ]
        self.unproved = self._any_of("缺佐证", lacking)
        self._dates()
        untitled = self.fault("缺名称", f'({title}="")')
        thing, identity = claims.header("object"), claims.identity
        other = self._named(identity)  # what tells claims of one title and day apart
        named = other if thing == identity else self._named(thing)
        faults = [untitled, *self._figures()]
        if thing:
            faults.append(self.fault(f"缺{thing}", f'{self.needed(thing)}*({named}="")'))
        self.faulty = self._any_of("其他问题", faults)
        good = f'({self.rows}<>"")*({self.undated}="")*({self.unproved}="")*({self.faulty}="")'
        claim = f'{self.rows}&"{BAR}"&{title}&"{BAR}"&{self.days}'
        keys = self.add("辨认", f'IF({good},{self.rows if claims.prefilled else claim},"")')
        self._repeats(keys, other)
        alone = f'IF({self.repeated}="",{self.rows},"")'
        self.accepted = self.add("可计", f'IF({keys}="","",{alone})')
        if thing:
            key = f'{self.accepted}&"{BAR}"&{named}'
            keys = self.add("对象辨认", f'IF({self.needed(thing, self.accepted)},{key},"")')
            self.distinct = self._first("不同对象", keys, self.accepted)

    def add(self, about: str, formula: str) -> str:
        """Write one column; returns its absolute range."""
        column = self.backstage.max_column + (self.backstage["A1"].value is not None)
        letter = get_column_letter(column)
        self.backstage[f"{letter}1"] = f"{self.claims.name} {about}"
        cells = f"{letter}2:{letter}{_CHECKED_ROWS + 1}"
        self.backstage[f"{letter}2"] = ArrayFormula(cells, f"={formula}")
        name = quote_sheetname(self.backstage.title)
        return f"{name}!${letter}$2:${letter}${_CHECKED_ROWS + 1}"

    def _add_steps(self, header: str, steps: list[tuple[str, str]]) -> dict[str, str]:
        """Write columns that build on each other; returns heading → range."""
        ranges: dict[str, str] = {}
        for heading, formula in steps:
            ranges[heading] = self.add(f"{header} {heading}", formula.format_map(ranges))
        return ranges

    def cells(self, header: str) -> str:
        """The rows of a column of the claim sheet."""
        headers = [column.header for column in self.claims.columns]
        letter = get_column_letter(headers.index(header) + 1)
        return _rows_of(self.claims.name, letter, 1, _CHECKED_ROWS)

    def text(self, header: str) -> str:
        """A column without blanks; errors count as empty."""
        cells = self.cells(header)
        return f.safe(cells, f.unspaced(f'{cells}&""'))

    def nothing(self, text: str) -> str:
        """Whether texts are empty or a word for it."""
        return f.within(text, self.lists.blank)

    def needed(self, header: str, rows: str = "") -> str:
        """Whether each row's clause needs a column."""
        name = self.lists.needs.get((self.claims.name, header))
        return f.within(rows or self.rows, name) if name else "0"

    def _clause(self) -> str:
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

    def _content(self) -> str:
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

    def _folded(self, header: str, length: int = _TITLE_LENGTH) -> str:
        text = f.replace(f"LOWER({self.text(header)})", _WILD)
        return self.add(header, f"LEFT({text},{length})")

    def _named(self, header: str) -> str:
        """What is named under a header, nothing for words that mean nothing; '' without header."""
        if not header:
            return ""
        text, none = self._folded(header, _OTHER_LENGTH), self.nothing(self.text(header))
        return self.add(f"所写{header}", f'IF({none},"",{text})')

    def _flag(self, about: str, fault: str) -> str:
        """A column with the id of each claim of which something (a number > 0) is true."""
        return self.add(about, f'IF({self.rows}="","",IF(0+{fault}>0,{self.rows},""))')

    def fault(self, said: str, fault: str) -> str:
        """A flag that refuses a claim."""
        column = self._flag(said.removeprefix("的"), fault)
        self.faults.append((said, column))
        return column

    def _any_of(self, about: str, columns: list[str]) -> str:
        """A flag for claims with one of these."""
        if len(columns) == 1:
            return columns[0]
        return self._flag(about, "+".join(f'({column}<>"")' for column in columns) or "0")

    def _first(self, about: str, keys: str, rows: str) -> str:
        """A column with the id where a key stands for the first time."""
        return self.add(about, f'IF({keys}="","",IF({_again(keys)},"",{rows}))')

    def _repeats(self, keys: str, other: str) -> None:
        """A claim repeats the first of its key where one names nothing that tells them apart, and
        any that names the same."""
        again = _again(keys)
        if other:
            whole = self.add("辨认连区别", f'IF({keys}="","",{keys}&"{BAR}"&{other})')
            bare = self.add("辨认无区别", f'IF({keys}="","",IF({other}="",{keys},""))')
            place, at = f"MATCH({keys},{keys},0)", f"MATCH({keys},{bare},0)"
            first_bare = f"(IF(ISNUMBER({at}),{at},0)={place})"
            again = f'{again}*(({other}="")+{first_bare}+{_again(whole)})>0'
        self.repeated = self.add("重复", f'IF({keys}="","",IF({again},{self.rows},""))')

    def _dates(self) -> None:
        book, prefilled = self.rulebook, self.claims.prefilled
        header = self.claims.header("date")
        end = date(book.year + 1, 1, 1) if prefilled else book.end
        first, last = (int(to_excel(limit)) for limit in (book.first_day, end))
        columns = self._add_steps(header, f.date_steps(self.cells(header), last, until=prefilled))
        day, text = columns["日期"], columns["文字"]
        undated = [
            self.fault(f"没有填{header}", f'({text}="")'),
            self.fault(f"的{header}写法请核对", f'({day}=0)*({text}<>"")'),
            self.fault(
                f"的{header}不在期限内", f"({day}<>0)*((({day}<{first})+({day}>={last}))>0)"
            ),
        ]
        self.days, self.undated = day, self._any_of("日期不可用", undated)

    def _count(self, header: str) -> tuple[str, str]:
        """Reads whole numbers: the column with them, and whether something stands there."""
        columns = self._add_steps(header, f.count_steps(self.cells(header)))
        return columns["整数"], f'({columns["数字"]}<>"")'

    def _figures(self) -> list[str]:
        """Faults of 字数, 基数, 完成数."""
        claims, faults = self.claims, []
        if name := claims.header("words"):
            self.words, there = self._count(name)
            need = self.needed(name)
            faults += [
                self.fault(f"缺{name}", f"{need}*(1-{there})"),
                self.fault(f"的{name}要填整数", f"{need}*{there}*({self.words}<1)"),
            ]
        if claims.prefilled:
            base, done = claims.header("base"), claims.header("done")
            (self.base, based), (self.done, made) = self._count(base), self._count(done)
            capped = f.within(self.rows, self.lists.capped)
            figures = [
                self.fault(f"缺{base}", f"(1-{based})"),
                self.fault(f"的{base}要填大于0的整数", f"{based}*({self.base}<1)"),
                self.fault(f"缺{done}", f"(1-{made})"),
                self.fault(f"的{done}要填整数", f"{made}*({self.done}<0)"),
                self.fault(
                    f"的{done}大于{base}", f"{capped}*({self.base}>0)*({self.done}>{self.base})"
                ),
            ]
            wrong = self._any_of("数不可用", figures)
            usable = self.add("数可用", f'IF({wrong}="",{self.rows},"")')
            self.usable = self._first("数可用（首行）", usable, self.rows)
            faults.append(wrong)
        return faults


def write_selfcheck(
    workbook: Any, sheet: Any, rulebook: Rulebook, lists: Lists, cover: dict[str, str]
) -> None:
    """Fill the sheet, and the one behind it; `cover`: label → its cell, e.g. `封面!$C$5`."""
    backstage = workbook.create_sheet(layout.BACKSTAGE)
    backstage.sheet_state = "hidden"
    backstage.protection.sheet = True
    checked = {one.name: _Rows(backstage, one, rulebook, lists) for one in rulebook.sheets}
    sheet.sheet_view.showGridLines = False
    look.write_header(sheet, [(*it, style.BRAND) for it in _WIDTHS.items()], _HEADER_ROW)
    sheet.row_dimensions[_HEADER_ROW].height = 34
    title = f"{layout.SELF_CHECK}（随填随算，不用填写）"
    look.across(sheet, "A1:J1", title, 32, size=16, bold=True, color=style.BRAND)
    note = (
        "按“填报说明”里目前掌握的口径试算，不计办公室的平时考查和评审组的核定，得分以评审结果为准。"
        "如果改动后数字不变，请按 F9 重算。"
    )
    look.across(sheet, "A2:J2", note, 30, size=9.5, color=style.MUTED)
    table = _Table(sheet, rulebook, checked, cover)
    table.write()
    _finish(sheet, rulebook, table.last)


class _Table:
    """The lines below the total, up to `last`: cover, sheets, sections, clauses, sums.

    Attributes:
        rows: clause or sum, or numeral of a section → its row.
        open: clauses whose points only the office can tell; known when their lines are written.
    """

    def __init__(
        self, sheet: Any, book: Rulebook, checked: Mapping[str, _Rows], cover: Mapping[str, str]
    ) -> None:
        self.sheet, self.book, self.checked, self.cover = sheet, book, checked, cover
        self.open: set[str] = set()
        names: list[str] = []
        for key in book.sections.values():
            names += [key, *(one for one, home in book.homes.items() if home == key)]
        names += [row_.name for row_ in book.sums if not book.homes[row_.name]]
        first = _TOTAL_ROW + 2 + len(checked)
        self.rows = {name: at for at, name in enumerate(names, start=first)}
        self.last = first + len(names) - 1

    def write(self) -> None:
        """Write all lines."""
        asked = (layout.COVER_UNIT, layout.COVER_DATE)
        missing = (f'IF(LEN(TRIM({self.cover[it]}))=0,"请填{it}。","")' for it in asked)
        line = {"A": layout.COVER, "B": "单位和报送日期", "J": f"={'&'.join(missing)}"}
        self._row(_TOTAL_ROW + 1, line, size=10)
        for row, (name, columns) in enumerate(self.checked.items(), start=_TOTAL_ROW + 2):
            self._strays(row, name, columns)
        for name, key in self.book.sections.items():
            self._section(name, key)
        for clause in self.book.clauses:
            # What another clause has claimed counts; some clauses nobody claims.
            source = self.book.clause[clause.counts or clause.id]
            if claims := self.checked.get(source.sheet):
                key = f"$A{self.rows[source.id]}"
                self._clause(_Line(clause, claims, self.rows[clause.id], key, self.book))
            else:
                self.open.add(clause.id)
                self._note(self.rows[clause.id], clause)
        for row_ in self.book.sums:
            self._sum(row_)
        self._total()

    def _row(self, row: int, values: Mapping[str, object], high: str = "", **shown: Any) -> None:
        """Write one line, as high as a text of column B; letters not given stay empty."""
        for letter in _LETTERS:
            middle = letter in "CDEFGHI"
            put = shown | {"border": True, "horizontal": "center" if middle else "left"}
            put["indent"] = 0 if middle else 1
            cell = look.put(self.sheet, f"{letter}{row}", values.get(letter), **put)
            if letter == "C":
                cell.number_format = _POINTS
            elif middle and letter != "I":
                cell.number_format = _COUNT
        height = style.row_height([(high, _WIDTHS["内容与计分"])], 10) if high else _LINE
        self.sheet.row_dimensions[row].height = height

    def _strays(self, row: int, name: str, columns: _Rows) -> None:
        """Rows of a sheet without a usable clause."""
        count, place = f"COUNTIF({columns.stray},1)", f"MATCH(1,{columns.stray},0)"
        beyond = f"COUNTA({_rows_of(name, 'A', _CHECKED_ROWS + 1, _BEYOND)})"
        text = (
            f'IF(H{row}>0,"第"&{place}&"行没有选条款，或条款不在本表。","")'
            f'&IF({beyond}>0,"第{_CHECKED_ROWS}行以后没有自查。","")'
        )
        line = {"A": name, "B": "没有选条款或选错的行", "H": f"={count}", "J": f"={text}"}
        self._row(row, line, size=10)

    def _section(self, name: str, key: str) -> None:
        row = self.rows[key]
        own = [at for one, at in self.rows.items() if self.book.homes.get(one) == key]
        sums: dict[str, str] = {c: f"=SUM({c}{min(own)}:{c}{max(own)})" for c in "CDEFGH"}
        if self.book.sums:
            sums["C"] = f"={self._added(self.book.members(key))}"
        self._row(row, {"A": name, **sums}, bold=True, back=style.BRAND_SOFT)
        self.sheet.merge_cells(f"A{row}:B{row}")
        self.sheet.row_dimensions[row].height = 20

    def _added(self, names: Iterable[str]) -> str:
        """The points of lines added up; those without a number count nothing."""
        return f"SUM({','.join(f'C{self.rows[name]}' for name in names) or '0'})"

    def _note(self, row: int, clause: Clause) -> None:
        """A clause with nothing to fill in and nothing to add up."""
        said = f"{clause.label}\n{describe_rule(clause)}"
        line = {"A": clause.id, "B": said, "J": describe_place(clause)}
        self._row(row, line, said, size=10)
        for letter in "ABJ":
            self.sheet[f"{letter}{row}"].font = look.font(10, color=style.MUTED)

    def _clause(self, line: "_Line") -> None:
        clause, row, columns, key = line.clause, line.row, line.columns, line.key
        hints = "".join(
            f'&IF(COUNTIF({cells},{key})>0,"第"&MATCH({key},{cells},0)&"行{what}。","")'
            for what, cells in [*columns.faults, ("与前面重复", columns.repeated)]
        )
        points = line.points()
        said = {"replaces": "以办公室的记录为准。", "confirms": "以办公室的记录核对。"}.get(
            clause.office, ""
        )
        if not points:
            alone = clause.once and not (clause.against or clause.per)
            said += _ONCE if alone else _LATER
            self.open.add(clause.id)
        counted = {
            "D": columns.rows, "E": columns.accepted, "F": columns.unproved, "G": columns.undated,
            "H": columns.faulty,
        }  # fmt: skip
        cells = {letter: f"=COUNTIF({there},{key})" for letter, there in counted.items()} | {
            "A": clause.id,
            "B": f"{clause.label}\n{describe_rule(clause)}",
            "C": f"={self._concerning(clause, points)}" if points else "",
            "I": f"={line.value()}",
            "J": f'=IF(D{row}=0,"",{f.quote(said)}{line.short_of()}{hints})',
        }
        cells["H"] += f"+COUNTIF({columns.repeated},{key})"
        if clause.counts:
            # The claims are counted on the line of the other clause.
            cells = {c: text for c, text in cells.items() if c in "ABCEI"}
        self._row(row, cells, cells["B"], size=10)
        figures = "0.0#%" if clause.measure in SHARES else "0"
        counts = f'0"{clause.noun}";;""'
        self.sheet[f"I{row}"].number_format = figures if clause.measure in FIGURES else counts

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
        self._row(row, line, line["B"], size=10, bold=True)

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
        return f"*SUMPRODUCT(({self.cover[layout.COVER_UNIT]}={{{names}}})*{{{factors}}})"

    def _concerning(self, clause: Clause, points: str) -> str:
        """Points of a clause that is not for every unit."""
        roster, own = self.book.roster, self.cover[layout.COVER_UNIT]
        mine = [unit.unit for unit in roster if clause.is_for(unit)]
        others = [unit.unit for unit in roster if not clause.is_for(unit)]
        fewer = min(mine, others, key=len)
        if not others or len(fewer) > _MOST_NAMES:
            return points
        among = f"OR({','.join(f'{own}={f.quote(name)}' for name in fewer)})"
        yes, no = (points, '"不考"') if fewer is mine else ('"不考"', points)
        return f"IF({among},{yes},{no})"

    def _total(self) -> None:
        sections = [self.rows[key] for key in self.book.sections.values()]
        sums = {it: "=" + "+".join(f"{it}{row}" for row in sections) for it in "CDEFGH"}
        if self.book.sums:
            sums["C"] = f"={self._added(self.book.items)}"
        sums["H"] += f"+SUM(H{_TOTAL_ROW + 2}:H{sections[0] - 1})"
        wrong, cover = f"F{_TOTAL_ROW}+G{_TOTAL_ROW}+H{_TOTAL_ROW}", f"LEN(J{_TOTAL_ROW + 1})>0"
        sums["J"] = (
            f'={_grade(self.book)}IF({wrong}>0,"红色的数是还有问题的行，请看下面各行。","")'
            f'&IF({cover},"封面还没有填完。",IF({wrong}=0,"没有发现问题。",""))'
        )
        line = {"A": "合计", **sums}
        self._row(_TOTAL_ROW, line, bold=True, size=13, back=style.BRAND_SOFT)
        self.sheet[f"J{_TOTAL_ROW}"].font = look.font(10)
        self.sheet.merge_cells(f"A{_TOTAL_ROW}:B{_TOTAL_ROW}")
        self.sheet.row_dimensions[_TOTAL_ROW].height = 30


@dataclass(frozen=True)
class _Line:
    """The line of a clause and its formulas; `key` is the cell with the id that claims bear.

    `E` of the row holds its accepted claims, `I` the number that counts.
    """

    clause: Clause
    columns: _Rows
    row: int
    key: str
    book: Rulebook

    def short_of(self) -> str:
        """What is said where claims count and the clause still earns nothing; '' where that cannot
        be. The points of the lowest band may be 0: short of the first that earns.
        """
        clause, row = self.clause, self.row
        floor = next(
            (band.floor for band in clause.bands if band.points > 0 or band.gain > 0), None
        )
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

    def points(self) -> str:
        """What the clause earns, '' where only the whole batch can tell."""
        clause, columns, key = self.clause, self.columns, self.key
        if clause.against or clause.once or clause.per in ("题目", "对象") or not clause.bands:
            return ""
        if clause.per:
            return self._by_month()
        if clause.measure == "each":
            return f"E{self.row}*{clause.band_at(1).points:.10g}"
        if clause.measure == "words":
            return self._by_words()
        if clause.measure in FIGURES:
            refused = "0"
            if clause.span[0] < 0:
                # what is refused for its evidence must not be better off for it
                unusable = f"COUNTIF({columns.usable},{key})=0"
                refused = f"IF({unusable},0,MIN(0,{self._by_share(columns.usable)}))"
            return f"IF(E{self.row}=0,{refused},{self._by_share(columns.accepted)})"
        return f.by_bands(_pairs(clause.bands, f"I{self.row}"))

    def value(self) -> str:
        """The number that the bands are looked up with."""
        if self.clause.measure == "distinct":
            return f"COUNTIF({self.columns.distinct},{self.key})"
        if self.clause.measure in FIGURES:
            gained, base = self._divided(self.columns.accepted)
            return f'IF(E{self.row}=0,"",{gained}{f"/{base}" if base else ""})'
        return f"E{self.row}"

    def _divided(self, rows: str) -> tuple[str, str]:
        """What the clause divides, and by what; '' where by nothing."""
        numbers = (self.columns.base, self.columns.done)
        base, done = (f"SUMIF({rows},{self.key},{cells})" for cells in numbers)
        gained = done if self.clause.measure == "ratio" else f"({done}-{base})"
        return gained, base if self.clause.measure in SHARES else ""

    def _by_share(self, rows: str) -> str:
        """Shares are compared by whole numbers: done ÷ base ≥ p ÷ q is done × q ≥ base × p."""
        return f.by_bands(_pairs(self.clause.bands, *self._divided(rows)))

    def _by_month(self) -> str:
        """The points of each week, month …, added or averaged."""
        clause, rows, days = self.clause, self.columns.accepted, self.columns.days
        if clause.measure != "count":
            return ""
        months = [
            f'COUNTIFS({rows},{self.key},{days},">={first}",{days},"<{last + 1}")'
            for first, last in (map(int, map(to_excel, s)) for s in self.book.periods(clause.per))
        ]
        points = "+".join(f"({f.by_bands(_pairs(clause.bands, month))})" for month in months)
        points = f"({points})/{len(months)}" if clause.per in MEANS else points
        return points if len(points) < _LONGEST_FORMULA else ""

    def _by_words(self) -> str:
        """Each claim by its own number of words: a band adds what it gives beyond the one below."""
        terms, below, columns = [], 0.0, self.columns
        for band in self.clause.bands:
            over = f'">{"" if band.over else "="}{float(band.floor):.10g}"'
            reached = f"COUNTIFS({columns.accepted},{self.key},{columns.words},{over})"
            terms.append(f"{band.points - below:+.10g}*{reached}")
            below = band.points
        return "".join(terms).removeprefix("+")


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
