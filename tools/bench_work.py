"""What the program is measured beside: floors below it, and other tools at the same files.

    python -m tools.bench_work NAME FOLDER [NUMBER]

Each prints the seconds of its work as JSON, without starting Python and importing libraries.
Peers that are slow take only the first NUMBER files.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

Rows = list[list[Any]]
PROCESSES = 2


def returns_in(folder: Path, number: int) -> list[Path]:
    """The first so many returns of a batch; 0: all."""
    files = sorted((folder / "returns").iterdir())
    return files[:number] if number else files


def timed(work: Callable[[], object]) -> float:
    """How long something takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# Floors ----------------------------------------------------------------------------------------


def every_cell(path: Path) -> int:
    """Visit every cell of a workbook with python-calamine; give their number."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).iter_rows())
    return sum(1 for row in rows for _ in row)


def calamine(folder: Path, number: int) -> float:
    """Every cell of every file, in two worker processes that are already there."""
    files = returns_in(folder, number)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        list(pool.map(every_cell, files[:PROCESSES]))
        return timed(lambda: list(pool.map(every_cell, files, chunksize=16)))


def reading(folder: Path, number: int) -> float:
    """The program's own reading, with its start of processes."""
    from pipeline.reading.discover import discover
    from pipeline.reading.raw import wanted_from
    from pipeline.reading.reader import Reader
    from pipeline.rulebook import load_rulebook

    wanted = wanted_from(load_rulebook(folder / "rulebook"))
    entries = [entry for entry in discover(folder / "returns") if entry.kind == "return"]
    entries = entries[:number] if number else entries
    return timed(lambda: Reader(entries, wanted).result())


def ledger_of(folder: Path) -> Iterator[Rows]:
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

    def write() -> None:
        with tempfile.TemporaryDirectory() as place:
            options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
            book = xlsxwriter.Workbook(str(Path(place) / "ledger.xlsx"), options)
            for rows in sheets:
                sheet = book.add_worksheet()
                for nth, row in enumerate(rows):
                    sheet.write_row(nth, 0, row)
            book.close()

    return timed(write)


def write_rust(folder: Path, _: int) -> float:
    """The ledger of the last run written by rustpy-xlsxwriter."""
    from rustpy_xlsxwriter import write_worksheets

    sheets = []
    for rows in ledger_of(folder):
        header, *body = (row for row in rows if row[0] == "单位" or any(row[1:]))
        names = [str(name) or str(nth) for nth, name in enumerate(header)]
        sheets.append([dict(zip(names, map(_plain, row), strict=True)) for row in body])

    def write() -> None:
        with tempfile.TemporaryDirectory() as place:
            named = [(f"台账{nth}", records) for nth, records in enumerate(sheets)]
            write_worksheets(named, str(Path(place) / "ledger.xlsx"))

    return timed(write)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | float | datetime) else str(value)


# Peers -----------------------------------------------------------------------------------------


def plain_loop(folder: Path, number: int) -> float:
    """pandas and openpyxl as most scripts use them: read each sheet, concatenate, write."""
    import pandas as pd

    from pipeline.rulebook import load_rulebook

    names = [sheet.name for sheet in load_rulebook(folder / "rulebook").sheets]

    def work() -> None:
        tables = []
        for path in returns_in(folder, number):
            for name, table in pd.read_excel(path, names, header=None, engine="openpyxl").items():
                tables.append(table.assign(sheet=name, file=path.name))
        with tempfile.TemporaryDirectory() as place:
            pd.concat(tables).dropna(how="all").to_excel(
                Path(place) / "all.xlsx", engine="openpyxl"
            )

    return timed(work)


def frictionless(folder: Path, number: int) -> float:
    """frictionless looks for broken tables: the claim sheets of each file, without any rule."""
    from frictionless import Dialect, Resource, formats, system

    from pipeline.rulebook import load_rulebook

    names = [sheet.name for sheet in load_rulebook(folder / "rulebook").sheets]

    def work() -> None:
        for path in returns_in(folder, number):
            for name in names:
                dialect = Dialect(controls=[formats.ExcelControl(sheet=name)])
                Resource(path=str(path), dialect=dialect).validate()

    with system.use_context(trusted=True):
        return timed(work)


def libreoffice(folder: Path, number: int) -> float:
    """LibreOffice converts each file to CSV, all in one start."""
    office = shutil.which("soffice") or "soffice"
    with tempfile.TemporaryDirectory() as place:
        profile = f"-env:UserInstallation={Path(place).as_uri()}/profile"
        files = [str(path) for path in returns_in(folder, number)]
        call = [office, profile, "--headless", "--convert-to", "csv", "--outdir", place, *files]
        return timed(lambda: subprocess.run(call, check=True, capture_output=True))


# Parts of the program --------------------------------------------------------------------------


def all_readings(folder: Path, _: int) -> float:
    """What working out every combination of readings adds to a run."""
    from pipeline.assess import Inputs, Judgement
    from pipeline.reading.discover import discover
    from pipeline.reading.raw import wanted_from
    from pipeline.reading.reader import Reader
    from pipeline.rulebook import load_rulebook

    rulebook = load_rulebook(folder / "rulebook")
    entries = [entry for entry in discover(folder / "returns") if entry.kind == "return"]
    returns = Reader(entries, wanted_from(rulebook)).result()
    judgement = Judgement(Inputs(rulebook, entries, returns, (), (), datetime(2016, 1, 8)))
    return timed(judgement.combinations)


def dask(folder: Path, number: int) -> float:
    """The program's reading on a local Dask cluster of two workers that is already there."""
    from distributed import Client, LocalCluster

    from pipeline.reading.discover import discover
    from pipeline.reading.raw import wanted_from
    from pipeline.reading.reader import Reader
    from pipeline.rulebook import load_rulebook

    wanted = wanted_from(load_rulebook(folder / "rulebook"))
    entries = [entry for entry in discover(folder / "returns") if entry.kind == "return"]
    entries = entries[:number] if number else entries
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="") as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        Reader(entries[:4], wanted, executor=executor).result()
        return timed(lambda: Reader(entries, wanted, executor=executor).result())


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


def main(name: str, folder: str, number: str = "0") -> None:
    """Do one piece of work and print how long it took."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1452222000")
    print(json.dumps(WORK[name](Path(folder), int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
