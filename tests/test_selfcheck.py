"""自查, recalculated by two programs, against what the rows were made to mean and the program.

LibreOffice forgives what Excel and WPS do not (it takes FALSE as 0); gnumeric judges as they do.
"""

import os
import random
import re
import shutil
import subprocess
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from pipeline import layout
from pipeline.__main__ import main
from pipeline.forms.lists import item
from pipeline.rulebook import Clause, Rulebook
from tests.kit.office import Edited, Office

RETURNS = int(os.environ.get("SELFCHECK_RETURNS", "4"))
FIRST = int(os.environ.get("SELFCHECK_FIRST", "0"))
"""How many returns are made, and from which on; the long run takes 200."""
ROWS_MOVED = 10
"""Rows deleted from each claim sheet, and inserted: in one return of each two, for the formulas
of all are the same."""
HEADERS = {"rows": "申报行", "accepted": "可计行", "proof": "缺佐证", "date": "日期缺或不可用"}
DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
CHINESE = "〇一二三四五六七八九十"
WAYS: tuple[object, ...] = (
    *(date(2015, 1, 1), date(2015, 6, 1), date(2015, 12, 29), date(2015, 12, 30), 42156, None),
    *("2015年6月", "二〇一五年六月", "2015-06", "2015/6", "2015.06", 2015.6, "2015年12月"),
    *("2015年3-11月", "2015年3月至11月", "2015年10-12月", "2015年第二季度", "2015年二季度"),
    *(
        "2015年第四季度",
        "2015年上半年",
        "2015年下半年",
        "2015年",
        "2015年全年",
        "截至2015年6月30日",
    ),
    *("2015-06-01至2015-06-03", "2015年6月1日-3日", "2015年6月1日、2日", "2015年6月1日至7月2日"),
    *("2015/6/1-6/3", "2015.6.1～3", "2015年12月28日-30日", "2015-12-28至2015-12-29"),
    *("2015年6月3日至1日", "2015-6-1-3", "2015-6-1至2016-1-2", "2015年6月1日—2日"),
    *("6月1日", "15.6.1", "6/1/2015", "2015年6月上旬", "常年", "2015-02-30", "2014-12-31"),
)
"""Days, spans and what is neither, as people write them."""
FIGURES: tuple[object, ...] = (100, 100, "100", "1,000人", "１００", 113.99999999999999, 113.9)
FIGURES += (80, 79, 0, 107, "107.0", "约100", None, "无", "-3")


Lines = dict[str, dict[str, Any]]


@dataclass
class Truth:
    """What was written on one clause, as a person would understand it."""

    rows: int = 0
    accepted: int = 0
    proof: int = 0
    date: int = 0
    other: int = 0
    points: list[float] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)
    share: Fraction | None = None


def step(clause: Clause, value: Fraction | int) -> float:
    return max((band for band in clause.bands if band[0] <= value), default=(0, 0.0))[1]


def expected(clause: Clause, truth: Truth) -> float:
    """The measure, in plain words."""
    if clause.measure in ("each", "words"):
        return sum(truth.points)
    if clause.measure == "count":
        return step(clause, truth.accepted)
    if clause.measure == "distinct":
        return step(clause, len(truth.objects))
    return 0.0 if truth.share is None else step(clause, truth.share)


def small_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    text = ("" if tens < 2 else CHINESE[tens]) + ("十" if tens else "")
    return text + (CHINESE[ones] if ones else "")


def written(day: date, draw: random.Random) -> object:
    """One of the ways in which people write a day."""
    y, m, d = day.year, day.month, day.day
    year = "".join(CHINESE[int(c)] for c in str(y))
    return draw.choice(
        [
            day,
            datetime(y, m, d, 9, 30),
            f"{y}-{m}-{d}",
            f"{y}/{m:02}/{d:02}",
            f"{y}.{m}.{d}",
            f"{y}年{m}月{d}日",
            f"{y} 年 {m} 月 {d} 号",
            f"{y}{m:02}{d:02}",
            f"{y}-{m:02}-{d:02}T08:00",
            f"{y}年{m}月{d}日 14:05",
            f"{y}-{m}-{d}".translate(DIGITS).replace("-", "－"),
            f"{year}年{small_number(m)}月{small_number(d)}日",
            (day - date(1899, 12, 30)).days,
        ]
    )


def number(value: int, unit: str, draw: random.Random) -> object:
    """One of the ways in which people write a whole number."""
    forms = [value, str(value), f"{value:,}", str(value).translate(DIGITS), f"{value}{unit}"]
    return draw.choice([*forms, f"{value} {unit}"])


class Return:
    """One return in the making: rows into the workbook, their meaning into `truth`."""

    def __init__(self, book: Workbook, rulebook: Rulebook, seed: int, shift: int | None) -> None:
        self.book, self.rulebook, self.shift = book, rulebook, shift
        self.draw = random.Random(seed)
        self.next_row = dict.fromkeys(rulebook.sheet, 2)
        self.truth: dict[str, Truth] = defaultdict(Truth)
        self.faulty = seed % 4 == 3 and shift is None
        self.wild = seed % 2 == 0 and shift is None

    def fill(self) -> None:
        for clause in self.rulebook.clauses:
            if self.wild:
                self.anything(clause)
                continue
            if clause.measure in ("ratio", "growth"):
                self.figure(clause)
            else:
                for number_of_claim in range(self.how_many(clause)):
                    self.claim(clause, number_of_claim)

    def how_many(self, clause: Clause) -> int:
        if self.shift is None:
            return self.draw.choice((0, 0, 1, 1, 2, 3))
        floors = [int(floor) for floor, *_ in clause.bands]
        return max(0, self.draw.choice(floors) + self.shift) if clause.measure != "words" else 3

    def day(self) -> date:
        first, end = self.rulebook.first_day, self.rulebook.deadline
        edge = self.draw.choice((0, 1, 2, 9))
        days = (end - first).days - 1
        return date.fromordinal(
            first.toordinal() + [0, days, *[self.draw.randint(0, days)] * 8][edge]
        )

    def put(self, clause: Clause, row: int, values: dict[str, object]) -> None:
        for index, column in enumerate(self.rulebook.sheet[clause.sheet].columns, start=1):
            if column.header in values:
                self.book[clause.sheet].cell(row, index).value = values[column.header]

    def common(self, clause: Clause) -> dict[str, object]:
        sheet = self.rulebook.sheet[clause.sheet]
        proofs = dict.fromkeys(
            clause.evidence, self.draw.choice(("附件1", "第3页", 12, "照片.jpg"))
        )
        return {sheet.header("date"): written(self.day(), self.draw)} | proofs

    def claim(self, clause: Clause, which: int) -> None:
        sheet = self.rulebook.sheet[clause.sheet]
        truth, row = self.truth[clause.id], self.next_row[sheet.name]
        self.next_row[sheet.name] += self.draw.choice((1, 1, 1, 2))
        shown = self.draw.choice((clause.id, item(clause), f"{clause.id}（{clause.label}）"))
        values = self.common(clause)
        values |= {sheet.header("clause"): shown, sheet.header("title"): f"事项{which}*？"}
        truth.rows += 1
        fault = self.draw.choice(("proof", "date", "title", "")) if self.faulty else ""
        if fault:
            self.spoil(clause, values, fault)
        words = 1
        if clause.measure == "words":
            floor = int(self.draw.choice(clause.bands)[0])
            words = max(1, floor + (self.draw.randint(-1, 1) if self.shift is None else self.shift))
            values[sheet.header("words")] = number(words, "字", self.draw)
        thing = self.draw.choice(("建设银行", "工商 银行", "农业银行"))
        if clause.measure == "distinct":
            values[sheet.header("object")] = thing
        self.put(clause, row, values)
        if not fault:
            truth.accepted += 1
            truth.points.append(step(clause, words))
            truth.objects.add(thing)

    def anything(self, clause: Clause) -> None:
        """Rows of any kind: what they mean, only the program says."""
        sheet, draw = self.rulebook.sheet[clause.sheet], self.draw
        ids = [c.id for c in self.rulebook.clauses_of(sheet.name)]
        for which in range(draw.choice((0, 1, 1, 2, 3))):
            row = self.next_row[sheet.name]
            if sheet.prefilled:
                row = ids.index(clause.id) + 2 if which == 0 else row + len(ids)
            self.next_row[sheet.name] += draw.choice((1, 1, 2))
            values = self.common(clause) | {
                sheet.header("date"): draw.choice((date(2015, 6, 1), draw.choice(WAYS))),
                sheet.header(sheet.identity and "note"): None,
            }
            if not sheet.prefilled or which:
                forms = (clause.id, item(clause), clause.label, f"{clause.id} {clause.label}")
                values[sheet.header("clause")] = draw.choice((*forms, f"{clause.id}、", "九十.1"))
                values[sheet.header("title")] = draw.choice(("甲", "甲", " 甲", "乙*", "乙?", None))
            others = (None, None, "无", "建行", "建 行", "农行")
            values |= dict.fromkeys(self.identities(sheet), draw.choice(others))
            values |= {sheet.header(role): draw.choice(FIGURES) for role in ("base", "done")}
            values[sheet.header("words")] = draw.choice((*FIGURES, "599字", 600, 601, " 850 "))
            if draw.random() < 0.2:
                values[draw.choice(clause.evidence)] = draw.choice((None, "无", " / ", "—"))
            if draw.random() < 0.1:  # a row that says that there is nothing
                kept = {sheet.header("clause"), sheet.header("title")} if sheet.prefilled else ()
                values = {header: values[header] for header in kept if header in values}
                values[clause.evidence[0]] = draw.choice(("无", "暂无", "/"))
            values.pop("", None)
            self.put(clause, row, values)

    @staticmethod
    def identities(sheet: Any) -> set[str]:
        return {sheet.header("object"), sheet.identity} - {""}

    def spoil(self, clause: Clause, values: dict[str, object], fault: str) -> None:
        """Make one thing wrong, and count it."""
        sheet, truth = self.rulebook.sheet[clause.sheet], self.truth[clause.id]
        if fault == "proof":
            values[self.draw.choice(clause.evidence)] = self.draw.choice((None, "无", " / ", "—"))
            truth.proof += 1
        elif fault == "date":
            bad = (None, "6月1日", "15.6.1", "2015-02-30", self.rulebook.deadline, "2015年6月上旬")
            values[sheet.header("date")] = self.draw.choice(bad)
            truth.date += 1
        else:
            values[sheet.header("title")] = self.draw.choice((None, "  "))
            truth.other += 1

    def figure(self, clause: Clause) -> None:
        sheet, draw = self.rulebook.sheet[clause.sheet], self.draw
        floor = draw.choice(clause.bands)[0] + (clause.measure == "growth")
        base = floor.denominator * draw.randint(1, 60)
        shift = draw.randint(-1, 1) if self.shift is None else self.shift
        done = max(0, int(base * floor) + shift)
        if clause.capped:
            done = min(done, base)
        truth = self.truth[clause.id]
        if self.shift is None and draw.random() < 0.3:
            return
        values = self.common(clause)
        values[sheet.header("base")] = number(base, "名", draw)
        values[sheet.header("done")] = number(done, "名", draw)
        row = [c.id for c in self.rulebook.clauses_of(sheet.name)].index(clause.id) + 2
        self.put(clause, row, values)
        truth.rows = truth.accepted = 1
        truth.share = Fraction(done - base if clause.measure == "growth" else done, base)


@dataclass
class Made:
    """A return; `path` is that of the file as made, as recalculated, or with rows moved."""

    unit: str
    truth: dict[str, Truth] | None
    group: str
    name: str
    edits: list[tuple[str, str, int]]
    root: Path

    def path(self, state: str) -> Path:
        return self.root / state / self.group / self.name


@pytest.fixture(scope="module")
def made(rulebook: Rulebook, root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Returns made from the template: the first three just below, at and above every edge."""
    folder, made = tmp_path_factory.mktemp("made"), []
    book = load_workbook(root / "templates" / "intake_template.xlsx")
    for seed in range(FIRST, FIRST + RETURNS):
        form = Return(book, rulebook, seed, shift=seed - 1 if seed < 3 else None)
        form.fill()
        unit = rulebook.units[seed % len(rulebook.units)]
        rows = {label: 5 + i for i, label in enumerate(layout.COVER_LABELS)}
        book[layout.COVER][f"C{rows[layout.COVER_UNIT]}"] = unit
        book[layout.COVER][f"C{rows[layout.COVER_DATE]}"] = rulebook.first_day
        moves = [(name, act) for act in ("delete", "insert") for name in rulebook.sheet]
        edits = [(*move, form.draw.randint(2, 60)) for move in moves for _ in range(ROWS_MOVED)]
        edits = edits if seed % 2 else []
        truth = None if form.wild else dict(form.truth)
        group = f"{seed // len(rulebook.units):03}"
        made.append(Made(unit, truth, group, f"{seed:03}.xlsx", edits, folder))
        for state in ("made", "plain", "edited", "gnumeric plain", "gnumeric edited"):
            made[-1].path(state).parent.mkdir(parents=True, exist_ok=True)
        book.save(made[-1].path("made"))
        clear(book, rulebook)
    return made


def clear(book: Workbook, rulebook: Rulebook) -> None:
    """Empty the claim sheets again."""
    for sheet in rulebook.sheets:
        kept = 2 if sheet.prefilled else 0
        for row in book[sheet.name].iter_rows(min_row=2, min_col=kept + 1):
            for cell in row:
                cell.value = None


@pytest.fixture(scope="module")
def edited(made: list[Made], soffice: Office) -> list[Made]:
    """The returns, recalculated by LibreOffice as they are and after rows have moved."""
    works = [
        Edited(*(each.path(s) for s in ("made", "plain", "edited")), each.edits) for each in made
    ]
    soffice.edit_rows(works, timeout=600 + 120 * len(made))
    return made


@pytest.fixture(scope="module", params=["libreoffice", "gnumeric"])
def engine(request: Any, edited: list[Made]) -> str:
    """Who has calculated; gnumeric calculates what was made, and what LibreOffice edited."""
    if request.param == "libreoffice":
        return ""
    program = shutil.which("ssconvert")
    if program is None:
        pytest.skip("没有 gnumeric")
    places = [
        (each.path(source), each.path(f"gnumeric {state}"))
        for each in edited
        for source, state in (("made", "plain"), ("edited", "edited"))
        if each.path(source).exists()
    ]
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda place: subprocess.run(
                    [program, "--recalc", *map(str, place)],
                    check=True,
                    capture_output=True,
                    timeout=300,
                ),
                places,
            )
        )
    return "gnumeric "


@pytest.fixture(scope="module")
def program(
    edited: list[Made], rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory
) -> dict[Path, dict[str, tuple[Any, ...]]]:
    """File → clause → its points, claims and claims that count, as the program sees them."""
    found: dict[Path, dict[str, tuple[Any, ...]]] = {}
    output = tmp_path_factory.mktemp("output")
    folders = {each.path(s).parent for each in edited for s in ("made", "edited")}
    for folder in sorted(folder for folder in folders if any(folder.iterdir())):
        assert main(["score", str(folder), "--output", str(output), "--no-feedback"]) == 0
        book = output / "ranking.xlsx"
        points = {row["单位"]: row for row in table(book, "得分明细", "单位")}
        claims, counted = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for row in table(book, "申报台账", "单位"):
            clause = rulebook.clause.get(row["条款"])
            if clause is not None and clause.sheet == row["工作表"]:
                claims[row["源文件"], clause.id] += 1
                counted[row["源文件"], clause.id] += row["结论"] == "计分"
        for each in edited:
            path = folder / each.name
            if path.exists():
                found[path] = {
                    c: (points[each.unit][c], claims[each.name, c], counted[each.name, c])
                    for c in rulebook.clause_ids
                }
    return found


def table(path: Path, sheet: str, first: str) -> list[dict[str, Any]]:
    """The rows of a sheet below its header, by the first word of each header."""
    rows = iter(sheet_values(path, sheet))
    headers = next(row for row in rows if first in row)
    names = [str(header).split()[0] if header else "" for header in headers]
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_formulas_name_claim_sheets_by_whole_columns(root: Path, rulebook: Rulebook) -> None:
    """A range shrinks where rows are deleted, and no longer fits the array that it feeds."""
    names = "|".join(rulebook.sheet)
    for formula in formulas(root / "templates" / "intake_template.xlsx"):
        assert not re.search(rf"(?:{names})'!\$?[A-Z]+\$?\d", formula), formula


def formulas(path: Path) -> Iterator[str]:
    """Every formula of a workbook, conditional formats included, without its texts."""
    book = load_workbook(path)
    for sheet in book:
        cells = (getattr(c.value, "text", c.value) for row in sheet.iter_rows() for c in row)
        yield from (text for text in cells if str(text).startswith("="))
        for area in sheet.conditional_formatting:
            yield from (formula for rule in area.rules for formula in rule.formula)


def bare_logical(formula: str) -> re.Match[str] | None:
    """A comparison of a comparison in brackets with a number: true whatever it says, in Excel."""
    left = r"\((?:[^()]|\([^()]*\))*[=<>](?:[^()]|\([^()]*\))*\)"
    return re.search(rf"(?<![*+\-/)\w]){left}(?:>|<|=|>=|<=|<>)\d", formula)


def test_a_bare_logical_is_seen() -> None:
    assert bare_logical('IF((A1="")>0,1,0)')
    assert not bare_logical('IF(0+(A1="")>0,1,0)')
    assert not bare_logical("IF(LEN(A1)>0,1,0)")


def test_no_formula_compares_a_logical_or_is_too_long_or_too_deep(root: Path) -> None:
    found = [
        re.sub(r'"[^"]*"', '""', f) for f in formulas(root / "templates" / "intake_template.xlsx")
    ]
    assert len(found) > 500
    for formula in found:
        assert not bare_logical(formula), formula
        assert len(formula) <= 8192
        depth = deepest = 0
        for sign in formula:
            depth += (sign == "(") - (sign == ")")
            deepest = max(deepest, depth)
        assert deepest <= 64, formula


def lines(path: Path) -> Lines:
    rows = iter(sheet_values(path, layout.SELF_CHECK))
    headers = next(row for row in rows if row[0] == "条款")
    return {str(row[0]): dict(zip(headers, row, strict=True)) for row in rows if row[0]}


def sheet_values(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gnumeric saves no usual style
        book = load_workbook(path, data_only=True, read_only=True)
    values = list(book[sheet].values)
    book.close()
    return values


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.timeout(9000)
def test_points_and_faults_are_what_the_rows_were_made_to_mean(
    edited: list[Made], engine: str, rulebook: Rulebook
) -> None:
    for each in edited:
        if each.truth is None:
            continue
        found, total = lines(each.path(f"{engine}plain")), 0.0
        for clause in rulebook.clauses:
            truth, line = each.truth.get(clause.id, Truth()), found[clause.id]
            counts = {name: line[header] for name, header in HEADERS.items()}
            assert counts == {name: getattr(truth, name) for name in HEADERS}, (each, clause.id)
            assert line["预计得分"] == expected(clause, truth), (each, clause.id)
            total += expected(clause, truth)
        assert found["合计"]["预计得分"] == pytest.approx(total)


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.timeout(9000)
@pytest.mark.parametrize(("state", "source"), [("plain", "made"), ("edited", "edited")])
def test_each_clause_equals_the_programs_also_after_rows_have_moved(
    edited: list[Made],
    engine: str,
    program: dict[Path, dict[str, tuple[Any, ...]]],
    state: str,
    source: str,
) -> None:
    """Points, claims and claims that count, in every return."""
    different = []
    for each in edited:
        if not each.path(source).exists():
            continue
        found = lines(each.path(engine + state))
        for clause, wanted in program[each.path(source)].items():
            shown = tuple(found[clause][header] for header in ("预计得分", "申报行", "可计行"))
            if shown != pytest.approx(wanted):
                different.append((each.name, clause, shown, wanted))
    assert not different, f"{len(different)} differ: {different[:40]}"


@pytest.mark.office
def test_it_names_the_row_and_what_is_wrong_with_it(
    rulebook: Rulebook, root: Path, soffice: Office, tmp_path: Path
) -> None:
    book = load_workbook(root / "templates" / "intake_template.xlsx")
    clause = next(c for c in rulebook.clauses if c.measure == "each" and len(c.evidence) > 1)
    sheet = rulebook.sheet[clause.sheet]
    headers = [column.header for column in sheet.columns]
    good = {
        sheet.header("clause"): clause.id,
        sheet.header("title"): "甲",
        sheet.header("date"): rulebook.first_day,
        **dict.fromkeys(clause.evidence, "附件"),
    }
    rows = [
        good,
        good | {clause.evidence[-1]: None, sheet.header("title"): "乙"},
        good | {sheet.header("date"): "春天", sheet.header("title"): "丙"},
        good | {sheet.header("title"): None},
        good | {sheet.header("title"): " 甲"},
        good | {sheet.header("clause"): "没有这一条"},
    ]
    for number_of_row, values in enumerate(rows, start=2):
        for header, value in values.items():
            book[sheet.name].cell(number_of_row, headers.index(header) + 1).value = value
    book.save(tmp_path / "wrong.xlsx")
    found = lines(soffice(tmp_path / "wrong.xlsx", "xlsx", tmp_path / "out"))
    line = found[clause.id]
    assert (line["申报行"], line["可计行"], line["其他问题"]) == (5, 1, 2)
    for text in ("第3行缺总结", "第4行的活动日期写法请核对", "第5行缺名称", "第6行与前面重复"):
        assert text in line["请看"]
    assert found[sheet.name]["其他问题"] == 1
    assert "第7行没有选条款" in found[sheet.name]["请看"]
    assert layout.COVER_UNIT in found[layout.COVER]["请看"]
