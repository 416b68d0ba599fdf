"""Entries of a measure → the program's own forms, filled in; its ranking workbook → figures."""

import atexit
import random
import shutil
import tempfile
import warnings
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from pipeline import layout
from pipeline.__main__ import main
from tests.kit.words import Entry, Measure, Row
from tests.kit.workbooks import fill_cover, fill_row

VETO = "否决"
"""What stands in the place of a clause where the office vetoes a unit."""
_NAMES = ("名称", "指标")
_DAYS = ("日期", "截止日期")


@cache
def _made(rulebook: Path, _content: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    assert main(["template", "--rulebook", str(rulebook), "--output", str(folder)]) == 0
    return folder


def forms_of(rulebook: Path) -> Path:
    """The folder with the program's forms for a rulebook, made once."""
    content = sha256(b"".join(path.read_bytes() for path in sorted(rulebook.glob("*.*"))))
    return _made(rulebook, content.hexdigest())


def run_line(
    rulebook: Path, found: list[Entry], folder: Path, *, apart: bool = False, bare: bool = False
) -> dict[str, dict[str, Any]]:
    """Fill in the forms of a rulebook, score them: unit → item → what is told.

    `apart` says that those who record for the office fill in forms of their own, `bare` that of
    the forms of units nothing is left but what their cells hold.
    """
    forms, returns = forms_of(rulebook), folder / "returns"
    returns.mkdir(parents=True)
    template = forms / "intake_template.xlsx"
    measure = Measure(rulebook)
    claimed = {c["id"] for c in measure.clauses if c["sheet"]}
    for unit in measure.units:
        mine = [e for e in found if e.unit == unit and e.clause in claimed]
        book = _bare(template) if bare else load_workbook(template)
        _fill_return(book, measure, unit, mine)
        book.save(returns / f"{unit}.xlsx")
    kept = [e for e in found if e.clause not in claimed]
    by = {c["id"]: c.get("by") or "" for c in measure.clauses}
    books = []
    for form in sorted(forms.glob("*表_*.xlsx")) if apart else []:
        own = [e for e in kept if form.stem.endswith(f"_{by.get(e.clause) or '?'}")]
        kept = [e for e in kept if e not in own]
        books.append(_fill_register(form, measure, own, folder / form.name))
    books.append(_fill_register(forms / "register.xlsx", measure, kept, folder / "register.xlsx"))
    command = ["score", str(returns), "--output", str(folder / "out"), "--no-feedback"]
    command += [word for book in books for word in ("--register", str(book))]
    assert main([*command, "--rulebook", str(rulebook)]) == 0
    return read_figures(folder / "out" / "ranking.xlsx")


@cache
def _cells(template: Path) -> dict[str, list[tuple[int, int, object]]]:
    """Sheet → row, column and value of each cell that the reader may look at."""
    book = load_workbook(template)
    return {
        sheet.title: [(c.row, c.column, c.value) for line in sheet for c in line if c.value]
        for sheet in book if sheet.title not in layout.OWN_SHEETS or sheet.title == layout.LISTS
    }  # fmt: skip


def _bare(template: Path) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for name, cells in _cells(template).items():
        page = book.create_sheet(name)
        for row, column, value in cells:
            page.cell(row, column, value)
    return book


def _fill_return(book: Workbook, measure: Measure, unit: str, found: list[Entry]) -> None:
    day = measure.facts["deadline"] - timedelta(days=1)
    labels = {"单位名称": unit, "报送日期": day, "填报年度": measure.facts["year"]}
    fill_cover(book, labels)
    sheets = {c["id"]: c["sheet"] for c in measure.clauses}
    for name in sorted(set(filter(None, sheets.values()))):
        page = book[name]
        rows = {cell.value: cell.row for cell in page["A"] if cell.value}
        at = 2
        for entry in (e for e in found if sheets[e.clause] == name):
            row = rows.get(entry.clause, at)
            at += 1
            fill_row(page, row, _values(entry))


def _values(entry: Entry) -> dict[str, Any]:
    """What stands under which header, on any form."""
    numbers = {"基数": entry.base, "完成数": entry.done, "数量": entry.amount, "分数": entry.amount}
    return {
        "单位": entry.unit, "条款": entry.clause, "对象": entry.object, "评分人": entry.by,
        "事项": entry.title, "依据": "办法",
        **dict.fromkeys(_NAMES, entry.title), **dict.fromkeys(_DAYS, entry.day),
        **{name: _plain(number) for name, number in numbers.items() if number is not None},
    }  # fmt: skip


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def _fill_register(blank: Path, measure: Measure, found: list[Entry], target: Path) -> Path:
    """Records, marks and vetoes, each on its sheet."""
    book = load_workbook(blank)
    marked = {c["id"] for c in measure.clauses if c["measure"] in ("mark", "trimmed")}
    at: dict[str, int] = {}
    for entry in found:
        name = "一票否决" if entry.clause == VETO else "平时考查"
        name = "评分" if entry.clause in marked else name
        if entry.clause == "自评":
            continue
        at[name] = at.get(name, 1) + 1
        fill_row(book[name], at[name], _values(entry))
    book.save(target)
    return target


def read_figures(path: Path) -> dict[str, dict[str, Any]]:
    """Unit → item → figure, off the sheets of the ranking and of all clauses."""
    figures: dict[str, dict[str, Any]] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
        book = load_workbook(path, data_only=True, read_only=True)
        awards: dict[str, list[str]] = {}
        for name in (n for n in ("排名", "得分明细", "重点工作") if n in book.sheetnames):
            header: list[str] = []
            for cells in book[name].iter_rows(values_only=True):
                if "单位" in cells:
                    header = [str(cell or "").split(" ")[0] for cell in cells]
                elif header and (unit := cells[header.index("单位")]):
                    row = dict(zip(header, cells, strict=True))
                    awards.setdefault(str(unit), []).append(row.pop("奖项建议", None) or "")
                    figures.setdefault(str(unit), row if name == "重点工作" else {})
                    if name != "重点工作":
                        figures[str(unit)].update(row)
        book.close()
    for unit, names in awards.items():
        figures[unit]["奖项"] = "、".join(filter(None, names))
    return figures


def shaken(measure: Measure, found: list[Entry], chance: random.Random) -> list[Entry]:
    """Entries like these with other numbers, days and units, some of them left out."""
    figures = {
        c["id"] for c in measure.clauses if c["measure"] in ("ratio", "growth", "difference")
    }
    by_id: dict[str, Row] = {c["id"]: c for c in measure.clauses}
    made: list[Entry] = []
    used: set[tuple[object, ...]] = set()
    for entry in found:
        if entry.clause not in by_id or chance.random() < 0.15:
            continue
        units = [u for u in measure.units if measure.concerns(by_id[entry.clause], u)]
        unit = chance.choice(units) if chance.random() < 0.3 else entry.unit
        new = replace(entry, unit=unit, day=_day(measure, entry, chance))
        if entry.amount is not None:
            top = max(int(entry.amount * 2), 4)
            new.amount = Fraction(chance.randrange(0, 2 * top), 2)
        if entry.base is not None:
            new.base = Fraction(chance.randrange(1, 40))
            new.done = Fraction(chance.randrange(0, 50))
        once = (new.unit, new.clause) + (() if new.clause in figures else (new.title, new.day))
        if once not in used:
            used.add(once)
            made.append(new)
    return made


def _day(measure: Measure, entry: Entry, chance: random.Random) -> date:
    first, end = measure.facts["first_day"], measure.facts["deadline"]
    end = measure.facts.get("last_day", end)
    if "季度" in entry.title:  # one of a row of quarters
        return entry.day
    return first + timedelta(days=chance.randrange((end - first).days))
