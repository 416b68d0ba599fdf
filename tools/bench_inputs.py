"""Batches of made-up returns for measuring: seeded, any number of units, each with 200 claims."""

import csv
import os
import random
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline import layout
from pipeline.forms.entry import workbook_bytes
from pipeline.rulebook import FIGURES, Clause, Rulebook, load_rulebook

ROOT = Path(__file__).resolve().parent.parent
RULEBOOK = ROOT / "data" / "rulebook" / "2015"
TEMPLATE = ROOT / "templates" / "intake_template.xlsx"
MADE = datetime(2015, 12, 1)
SEED = 2015
CLAIMS = 200
PATTERNS = 8
"""Workbooks that are filled in cell by cell; each unit's is one of them under its own name."""
FAULTY = 0.02
"""Share of claims with a fault."""
NAME = "UNIT-NAME"
"""What a pattern holds in place of the unit's name."""


def make_batch(folder: Path, units: int) -> tuple[Path, Path]:
    """Write a rulebook with a roster of `units`, and a return of each; give both folders.

    What stands there already is kept where it has the right size.
    """
    book, returns = folder / "rulebook", folder / "returns"
    if returns.is_dir() and len(list(returns.iterdir())) == units:
        return book, returns
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(RULEBOOK, book)
    returns.mkdir()
    names = [f"示例第{nth:05}县工商联" for nth in range(1, units + 1)]
    with (book / "roster.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("unit", "short_names", "email"))
        writer.writerows((name, name.removesuffix("工商联"), "") for name in names)
    patterns = list(_patterns(min(PATTERNS, units)))
    shares = [(returns, patterns, names, nth) for nth in range(os.cpu_count() or 1)]
    with ProcessPoolExecutor(len(shares), get_context("spawn")) as pool:
        list(pool.map(_write_share, shares))
    return book, returns


def _write_share(share: tuple[Path, list[bytes], list[str], int]) -> None:
    """Every so-manieth return, from the given one on."""
    returns, patterns, names, first = share
    for nth in range(first, len(names), os.cpu_count() or 1):
        content = _renamed(patterns[nth % len(patterns)], names[nth])
        (returns / f"{names[nth]}.xlsx").write_bytes(content)


def _renamed(pattern: bytes, name: str) -> bytes:
    """A pattern with the unit's name in place."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(pattern)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, content.replace(NAME.encode(), name.encode()))
    return target.getvalue()


def _patterns(count: int) -> Iterator[bytes]:
    rulebook = load_rulebook(RULEBOOK)
    for nth in range(count):
        draw = random.Random(SEED + nth)
        book = load_workbook(TEMPLATE)
        _fill_cover(book[layout.COVER], rulebook)
        sheets: dict[str, list[dict[str, Any]]] = {sheet.name: [] for sheet in rulebook.sheets}
        for clause, number in _clauses(rulebook, draw):
            sheets[clause.sheet].append(_claim(rulebook, clause, number, draw))
        for sheet, claims in sheets.items():
            _fill(book[sheet], claims, prefilled=rulebook.sheet[sheet].prefilled)
        yield workbook_bytes(book, MADE)


def _clauses(rulebook: Rulebook, draw: random.Random) -> list[tuple[Clause, int]]:
    """The clause of each claim: every figure once, and others as often as it takes."""
    figures = [clause for clause in rulebook.clauses if clause.measure in FIGURES]
    others = [clause for clause in rulebook.clauses if clause.measure not in FIGURES]
    drawn = draw.choices(others, k=CLAIMS - len(figures))
    return [(clause, nth) for nth, clause in enumerate([*figures, *drawn])]


def _claim(rulebook: Rulebook, clause: Clause, number: int, draw: random.Random) -> dict[str, Any]:
    """Header → value of one claim."""
    figure = clause.measure in FIGURES
    day = datetime(rulebook.year, 1, 15) + timedelta(330 if figure else draw.randrange(330))
    base = draw.randrange(20, 400)
    parts: dict[str, Any] = {
        "clause": clause.id,
        "title": None if figure else f"{NAME}{clause.label}第{number}次",
        "date": day if draw.random() < 0.8 else f"{day:%Y年%m月%d日}",
        "words": draw.choice((380, 520, "860字", 1100)) if clause.measure == "words" else None,
        "base": base,
        "done": draw.randrange(base // 2, base + 1),
        "object": f"{NAME}第{draw.randrange(40)}企业",
    }
    fault = draw.random()
    if fault < FAULTY:
        parts["date"] = draw.choice((None, "6月1日", f"{rulebook.year - 1}-06-01"))
    claim: dict[str, Any] = {}
    for column in rulebook.sheet[clause.sheet].columns:
        if column.role == "evidence" and column.header in clause.evidence:
            claim[column.header] = f"附件{number}-{column.header}"
        elif column.role in parts:
            claim[column.header] = parts[column.role]
    return claim


def _fill_cover(page: Any, rulebook: Rulebook) -> None:
    values = {
        layout.COVER_UNIT: NAME,
        layout.COVER_YEAR: rulebook.year,
        layout.COVER_DATE: datetime(rulebook.year, 12, 20),
    }
    for row in page.iter_rows():
        for cell in row:
            if cell.value in values:
                cell.offset(column=1).value = values[cell.value]


def _fill(page: Any, claims: list[dict[str, Any]], *, prefilled: bool) -> None:
    """Write claims below the header row: on the prefilled rows, or one after the other."""
    mark = "条款"
    top = next(row for row in page.iter_rows() if mark in [cell.value for cell in row])
    columns = {cell.value: cell.column for cell in top}
    first = top[0].row + 1
    rows = {page.cell(row, columns[mark]).value: row for row in range(first, page.max_row + 1)}
    for nth, claim in enumerate(claims):
        at = rows[claim[mark]] if prefilled else first + nth
        for header, value in claim.items():
            if value is not None:
                page.cell(at, columns[header]).value = value
