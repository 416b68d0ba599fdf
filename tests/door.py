"""The program's public door: run it on a folder, read its workbook, hold it against the oracle."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

from measure import MEASURE, ROSTER
from openpyxl import load_workbook
from oracle import Result, score
from oracle_claims import Entry, same
from returns import Register, Submission, meaning, write_register

from pipeline.__main__ import main

HEADERS = {
    "排名": ["名次", "单位", "总分", "状态", "奖项建议"],
    "重点工作": ["名次", "单位", "得分", "奖项建议"],
    "得分明细": ["单位"],
    "申报台账": [
        "单位",
        "条款",
        "名称",
        "日期",
        "结论",
        "得分",
        "原因",
        "源文件",
        "工作表",
        "行号",
    ],
    "问题清单": ["级别", "单位", "源文件", "工作表", "单元格", "问题", "处理建议"],
    "报送情况": ["单位", "状态", "报送日期", "源文件", "SHA-256"],
    "口径说明": ["口径", "条款", "采用", "另一种理解", "影响"],
    "运行信息": ["项目", "内容"],
}
Row = dict[str, object]


class Book:
    """`ranking.xlsx` as plain rows: sheet → list of header → value."""

    def __init__(self, path: Path) -> None:
        book = load_workbook(path, data_only=True)
        self.sheets = {name: _rows(book[name], wanted) for name, wanted in HEADERS.items()}
        book.close()

    def __getitem__(self, sheet: str) -> list[Row]:
        return self.sheets[sheet]

    def unit(self, sheet: str, unit: str) -> Row:
        """The only row of a unit in a sheet."""
        (row,) = [row for row in self[sheet] if row["单位"] == unit]
        return row

    def file(self, name: str) -> Row:
        """The only row of a file in 报送情况."""
        (row,) = [row for row in self["报送情况"] if row["源文件"] == name]
        return row

    def findings(self, file: str = "", cell: str = "", sheet: str = "") -> list[Row]:
        """The findings of a file, at a cell where one is named."""
        return [
            row for row in self["问题清单"]
            if (row["源文件"] or "").endswith(file) and cell in ("", row["单元格"])
            and sheet in ("", row["工作表"])
        ]  # fmt: skip

    def errors_at(self, file: str, sheet: str, row: int) -> list[Row]:
        """The findings of level 错误 on one row of a return."""
        return [
            found for found in self["问题清单"]
            if (found["源文件"], found["工作表"], found["级别"]) == (file, sheet, "错误")
            and _row_of(found["单元格"]) == row
        ]  # fmt: skip

    def claim(self, file: str, sheet: str, row: int) -> Row:
        """The only line of the ledger for one row of a return."""
        where = (file, sheet, row)
        (line,) = [r for r in self["申报台账"] if (r["源文件"], r["工作表"], r["行号"]) == where]
        return line


def _rows(page: object, wanted: Iterable[str]) -> list[Row]:
    lines = [list(line) for line in page.iter_rows(values_only=True)]
    top = next((n for n, line in enumerate(lines[:5]) if set(wanted) <= set(line)), None)
    assert top is not None, f"{page} has no header row with {wanted}: {lines[:5]}"
    headers = lines[top]
    rows = [dict(zip(headers, line, strict=True)) for line in lines[top + 1 :]]
    return [row for row in rows if any(value not in (None, "") for value in row.values())]


def _row_of(cell: object) -> int | None:
    found = re.fullmatch(r"[A-Z]+(\d+)", str(cell or ""))
    return int(found[1]) if found else None


@dataclass
class Run:
    """A run of the program: its exit status and where it wrote."""

    status: int
    output: Path

    @property
    def book(self) -> Book:
        return Book(self.output / "ranking.xlsx")


def run(
    folder: Path, output: Path, register: Register | Path | None = None,
    readings: Iterable[str] = (), *more: str,
) -> Run:  # fmt: skip
    """Run `score`; a register is written beside the output first."""
    command = ["score", str(folder), "--output", str(output), "--no-feedback"]
    if isinstance(register, Register):
        register = write_register(register, output.parent / f"{output.name}-register.xlsx")
    if register is not None:
        command += ["--register", str(register)]
    for reading in sorted(readings):
        command += ["--reading", reading]
    return Run(main([*command, *more]), output)


def agree(
    submissions: list[Submission], folder: Path, output: Path, register: Register | None = None,
    readings: Iterable[str] = (),
) -> tuple[Book, Result]:  # fmt: skip
    """Run the program and the oracle on a folder, and hold one against the other."""
    done = run(folder, output, register, readings)
    assert done.status == 0
    truth = score(submissions, register, frozenset(readings))
    book = done.book
    compare(book, truth)
    return book, truth


def compare(book: Book, truth: Result) -> None:
    """Every sheet of the workbook against the oracle."""
    compare_ranking(book, truth)
    compare_points(book, truth)
    compare_files(book, truth)
    compare_ledger(book, truth)


def number(value: object) -> Fraction:
    assert isinstance(value, int | float), f"{value!r} is not a number"
    return Fraction(str(value)).limit_denominator(10**6)


def compare_ranking(book: Book, truth: Result) -> None:
    rows = [row for row in book["排名"] if row["单位"] in ROSTER]
    order = sorted(truth.points, key=lambda unit: (truth.places[unit], list(ROSTER).index(unit)))
    assert [row["单位"] for row in rows[: len(order)]] == order, "order of 排名"
    assert {row["单位"] for row in rows} == set(ROSTER)
    for row in rows:
        unit = str(row["单位"])
        sections = {str(k).split(" ")[0]: v for k, v in row.items() if " " in str(k or "")}
        assert row["状态"] == truth.status[unit], (unit, row["状态"], truth.status[unit])
        if unit not in truth.points:
            empty = [row["名次"], row["总分"], *sections.values()]
            assert not any(value not in (None, "") for value in empty), row
            continue
        assert row["名次"] == truth.places[unit], (unit, row["名次"], truth.places[unit])
        assert number(row["总分"]) == truth.total(unit), (unit, row["总分"], truth.total(unit))
        assert (row["奖项建议"] or "") == truth.awards[unit], (unit, row["奖项建议"])
        for rule in MEASURE.values():
            assert number(sections[rule.section]) == truth.section(unit, rule.section), unit
    compare_key_work(book, truth)


def compare_key_work(book: Book, truth: Result) -> None:
    rows = {str(row["单位"]): row for row in book["重点工作"] if row["名次"] not in (None, "")}
    assert rows.keys() == truth.points.keys()
    for unit, row in rows.items():
        assert row["名次"] == truth.key_places[unit], (unit, row)
        assert number(row["得分"]) == truth.key_points(unit), (unit, row)
        assert (row["奖项建议"] or "") == truth.key_awards[unit], (unit, row)


def points_of(row: Row) -> dict[str, object]:
    """Clause → value of a row of 得分明细."""
    found = {}
    for clause in MEASURE:
        pattern = re.compile(re.escape(clause) + r"($|[^\w.])")
        (header,) = [h for h in row if pattern.match(str(h or "").replace("\n", " "))]
        found[clause] = row[header]
    return found


def compare_points(book: Book, truth: Result) -> None:
    for unit, wanted in truth.points.items():
        found = {c: number(v) for c, v in points_of(book.unit("得分明细", unit)).items()}
        wrong = {c: (str(found[c]), str(wanted[c])) for c in wanted if found[c] != wanted[c]}
        assert not wrong, f"{unit}: clause → (program, oracle) {wrong}"
        assert sum(found.values()) == truth.total(unit)
    for row in book["得分明细"]:
        if row["单位"] in ROSTER and row["单位"] not in truth.points:
            assert not any(v not in (None, "") for v in points_of(row).values()), row


def compare_files(book: Book, truth: Result) -> None:
    rows = {str(row["源文件"]): row for row in book["报送情况"] if row["源文件"]}
    for file, (unit, status) in truth.files.items():
        row = rows[file]
        assert (row["单位"] or "") == unit, (file, row, unit)
        assert row["状态"] == status, (file, row["状态"], status)
        assert re.fullmatch(r"[0-9a-f]{64}", str(row["SHA-256"])), row
    without = set(ROSTER) - {unit for unit, _ in truth.files.values()}
    assert {row["单位"] for row in book["报送情况"] if not row["源文件"]} == without


def compare_ledger(book: Book, truth: Result) -> None:
    found = {(r["源文件"], r["工作表"], r["行号"]): r for r in book["申报台账"]}
    wanted = {(e.file, e.placed.sheet, e.placed.row): e for e in truth.ledger}
    count = Counter((r["源文件"], r["工作表"], r["行号"]) for r in book["申报台账"])
    assert not [key for key, times in count.items() if times > 1], "a claim stands twice"
    # The same bytes under two names: either name may stand in the ledger.
    assert found.keys() == wanted.keys(), found.keys() ^ wanted.keys()
    for where, entry in wanted.items():
        compare_line(found[where], entry, book)


def compare_line(row: Row, entry: Entry, book: Book) -> None:
    """One line of the ledger, and the errors that stand at its row."""
    about = f"{entry} / {row}"
    assert (row["单位"] or "") == entry.unit, about
    assert row["结论"] == ("计分" if entry.counted else "不计"), about
    assert same(row["名称"]) == same(meaning(entry.claim.title)), about
    if entry.clause in MEASURE:
        assert row["条款"] == entry.clause, about
    if isinstance(entry.day, date):
        assert isinstance(row["日期"], datetime), about
        assert row["日期"].date() == entry.day, about
    if entry.points is None:
        assert row["得分"] in (None, "") or (not entry.counted and row["得分"] == 0), about
    else:
        assert number(row["得分"]) == entry.points, about
    errors = book.errors_at(entry.file, entry.placed.sheet, entry.placed.row)
    if entry.counted:
        assert not errors, (about, errors)
        return
    assert row["原因"], about
    status = entry.why & {"逾期", "待核", "取消资格", "单位不明"}
    if status:
        assert status.pop() in str(row["原因"]), about
    else:
        assert errors, f"refused without an error at its row: {about}"
