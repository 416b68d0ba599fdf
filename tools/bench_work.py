"""What the program is measured beside: floors below it, and other tools at the same files.

    python -m tools.bench_work NAME FOLDER [NUMBER]

Each prints the seconds of its work, without starting Python and importing libraries. Peers that
are slow take only the first NUMBER files. The batches are made up (seeded): any number of units,
each with 200 claims.
"""

import csv
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline import layout
from pipeline.forms.entry import workbook_bytes
from pipeline.reading.discover import Entry, discover
from pipeline.reading.raw import wanted_from
from pipeline.reading.reader import Reader
from pipeline.rulebook import FIGURES, Clause, Rulebook, load_rulebook
from tools.sample_returns import MADE, RULEBOOK, TEMPLATE, Claim, claim_of, fill_cover, fill_rows

CLAIMS = 200
PATTERNS = 8
"""Workbooks that are filled in cell by cell; each unit's is one of them under its own name."""
FAULTY = 0.02
"""Share of claims with a fault."""
NAME = "UNIT-NAME"
"""What a pattern holds in place of the unit's name."""
PROCESSES = 2

# Batches -----------------------------------------------------------------------------------------


def make_batch(folder: Path, units: int) -> None:
    """Write a rulebook with a roster of `units`, and a return of each, into `folder`.

    What stands there already is kept where it has the right size.
    """
    book, returns = folder / "rulebook", folder / "returns"
    if returns.is_dir() and len(list(returns.iterdir())) == units:
        return
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(RULEBOOK, book)
    returns.mkdir()
    names = [f"示例第{nth:05}县工商联" for nth in range(1, units + 1)]
    with (book / "roster.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("unit", "short_names", "email"))
        writer.writerows((name, name.removesuffix("工商联"), "") for name in names)
    patterns = [_pattern(nth) for nth in range(min(PATTERNS, units))]
    for nth, name in enumerate(names):
        content = _renamed(patterns[nth % len(patterns)], name)
        (returns / f"{name}.xlsx").write_bytes(content)


def _renamed(pattern: bytes, name: str) -> bytes:
    """A pattern with the unit's name in place."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(pattern)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace(NAME.encode(), name.encode()))
    return target.getvalue()


def _pattern(nth: int) -> bytes:
    """A return with every clause of figures once, and others as often as it takes."""
    rulebook, draw = load_rulebook(RULEBOOK), random.Random(nth)
    book = load_workbook(TEMPLATE)
    day = datetime(rulebook.year, 12, 20)
    cover = {layout.COVER_UNIT: NAME, layout.COVER_YEAR: rulebook.year, layout.COVER_DATE: day}
    fill_cover(book[layout.COVER], cover)
    figures = [clause for clause in rulebook.clauses if clause.measure in FIGURES]
    others = [clause for clause in rulebook.clauses if clause.measure not in FIGURES]
    claims: dict[str, list[Claim]] = {sheet.name: [] for sheet in rulebook.sheets}
    drawn = draw.choices(others, k=CLAIMS - len(figures))
    for number, clause in enumerate([*figures, *drawn]):
        claims[clause.sheet].append(_claim(rulebook, clause, number, draw))
    for sheet in rulebook.sheets:
        fill_rows(book[sheet.name], claims[sheet.name], prefilled=sheet.prefilled)
    return workbook_bytes(book, MADE)


def _claim(rulebook: Rulebook, clause: Clause, number: int, draw: random.Random) -> Claim:
    figure = clause.measure in FIGURES
    day = datetime(rulebook.year, 1, 15) + timedelta(330 if figure else draw.randrange(330))
    base = draw.randrange(20, 400)
    parts: dict[str, Any] = {
        "title": None if figure else f"{NAME}{clause.label}第{number}次",
        "date": day if draw.random() < 0.8 else f"{day.year}年{day.month:02}月{day.day:02}日",
        "words": draw.choice((380, 520, "860字", 1100)) if clause.measure == "words" else None,
        "base": base,
        "done": draw.randrange(base // 2, base + 1),
        "object": f"{NAME}第{draw.randrange(40)}企业",
    }
    if draw.random() < FAULTY:
        parts["date"] = draw.choice((None, "6月1日", f"{rulebook.year - 1}-06-01"))
    return claim_of(rulebook, clause, number, parts)


def files_of(folder: Path, number: int) -> list[Path]:
    """The first so many returns of a batch; 0: all."""
    return sorted((folder / "returns").iterdir())[: number or None]


def timed(work: Callable[[], object]) -> float:
    """How long something takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# Floors ------------------------------------------------------------------------------------------


def every_cell(path: Path) -> int:
    """Visit every cell of a workbook with python-calamine; give their number."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).iter_rows())
    return sum(1 for row in rows for _ in row)


def calamine(folder: Path, _: int) -> float:
    """Every cell of every file, in two worker processes that are already there."""
    files = files_of(folder, 0)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        list(pool.map(every_cell, files[:PROCESSES]))
        return timed(lambda: list(pool.map(every_cell, files, chunksize=16)))


def ledger_of(folder: Path) -> Iterator[list[list[Any]]]:
    """The ledger that a run left in `folder/out`, a sheet at a time."""
    from python_calamine import CalamineWorkbook

    out = folder / "out"
    for path in sorted((out / "ledger").glob("*.xlsx")) or [out / "ranking.xlsx"]:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            if name.startswith("申报台账"):
                yield book.get_sheet_by_name(name).to_python()


def write_xlsxwriter(folder: Path, _: int) -> float:
    """The ledger of the last run written by XlsxWriter, memory held flat."""
    import xlsxwriter

    sheets = list(ledger_of(folder))
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}

    def write() -> None:
        with xlsxwriter.Workbook(folder / "ledger.xlsx", options) as book:
            for rows in sheets:
                sheet = book.add_worksheet()
                for nth, row in enumerate(rows):
                    sheet.write_row(nth, 0, row)

    return timed(write)


def write_rust(folder: Path, _: int) -> float:
    """The ledger of the last run written by rustpy-xlsxwriter."""
    from rustpy_xlsxwriter import write_worksheets

    def plain(value: Any) -> Any:
        return value if isinstance(value, str | float | datetime) else str(value)

    sheets = []
    for nth, rows in enumerate(ledger_of(folder)):
        header, *body = (row for row in rows if row[0] == "单位" or any(row[1:]))
        names = [str(name) or str(at) for at, name in enumerate(header)]
        records = [dict(zip(names, map(plain, row), strict=True)) for row in body]
        sheets.append((f"台账{nth}", records))
    return timed(lambda: write_worksheets(sheets, str(folder / "ledger.xlsx")))


# Peers -------------------------------------------------------------------------------------------


def plain_loop(folder: Path, number: int) -> float:
    """pandas and openpyxl as most scripts use them: read each sheet, concatenate, write."""
    import pandas as pd

    names = [sheet.name for sheet in load_rulebook(folder / "rulebook").sheets]

    def work() -> None:
        tables = []
        for path in files_of(folder, number):
            for name, table in pd.read_excel(path, names, header=None, engine="openpyxl").items():
                tables.append(table.assign(sheet=name, file=path.name))
        pd.concat(tables).dropna(how="all").to_excel(folder / "all.xlsx", engine="openpyxl")

    return timed(work)


def frictionless(folder: Path, number: int) -> float:
    """frictionless looks for broken tables: the claim sheets of each file, without any rule."""
    from frictionless import Dialect, Resource, formats, system

    names = [sheet.name for sheet in load_rulebook(folder / "rulebook").sheets]

    def work() -> None:
        for path in files_of(folder, number):
            for name in names:
                dialect = Dialect(controls=[formats.ExcelControl(sheet=name)])
                Resource(path=str(path), dialect=dialect).validate()

    with system.use_context(trusted=True):
        return timed(work)


def libreoffice(folder: Path, number: int) -> float:
    """LibreOffice converts each file to CSV, all in one start."""
    with tempfile.TemporaryDirectory() as place:
        profile = f"-env:UserInstallation={Path(place).as_uri()}/profile"
        call = ["soffice", profile, "--headless", "--convert-to", "csv", "--outdir", place]
        call += map(str, files_of(folder, number))
        return timed(lambda: subprocess.run(call, check=True, capture_output=True))


# Parts of the program ----------------------------------------------------------------------------


def _reader(
    folder: Path, executor: Executor | None = None, most: int | None = None
) -> tuple[list[Entry], Reader]:
    wanted = wanted_from(load_rulebook(folder / "rulebook"))
    entries = discover(folder / "returns")[:most]
    return entries, Reader(entries, wanted, executor=executor)


def reading(folder: Path, _: int) -> float:
    """The program's own reading, with its start of processes."""
    return timed(lambda: _reader(folder)[1].result())


def dask(folder: Path, _: int) -> float:
    """The program's reading on a local Dask cluster of two workers that is already there."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="") as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        _reader(folder, executor, 4)[1].result()
        return timed(lambda: _reader(folder, executor)[1].result())


def all_readings(folder: Path, _: int) -> float:
    """What working out every combination of readings adds to a run."""
    from pipeline.assess import Inputs, Judgement

    entries, reader = _reader(folder)
    rulebook, when = load_rulebook(folder / "rulebook"), datetime(2016, 1, 8)
    judgement = Judgement(Inputs(rulebook, entries, reader.result(), (), (), when))
    return timed(judgement.combinations)


WORK: dict[str, Callable[[Path, int], float]] = {
    "calamine": calamine,
    "reading": reading,
    "xlsxwriter": write_xlsxwriter,
    "rust": write_rust,
    "pandas": plain_loop,
    "frictionless": frictionless,
    "libreoffice": libreoffice,
    "readings": all_readings,
    "dask": dask,
}

if __name__ == "__main__":
    print(WORK[sys.argv[1]](Path(sys.argv[2]), int(*sys.argv[3:4])))
