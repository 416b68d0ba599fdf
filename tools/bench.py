"""Measures the program beside what lies below it and what else there is, and writes the page.

    python -m tools.bench [FOLDER] [--stress] [--rounds N] [--minutes N]

Inputs are made in FOLDER (build/bench) and kept there. Figures and page are written after each
measurement; nothing is begun after `--minutes`. A peer that is not installed is left out and named.
`--stress` measures 20,000 returns and adds them to the figures of the last call.
"""

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from jinja2 import Environment, StrictUndefined

from pipeline.ranking.book import LIST_ROWS
from tools.bench_work import CLAIMS, make_batch

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
TEMPLATE = Path(__file__).with_name("benchmarks.md.j2")
IMPORTS = "import pandas, openpyxl, pandera.pandas, jinja2"
LIBRARIES = ("pandas", "pandera", "openpyxl", "python-calamine", "XlsxWriter", "rustpy-xlsxwriter",
             "frictionless", "distributed")  # fmt: skip
NEEDS = {"frictionless": "frictionless", "rust": "rustpy_xlsxwriter", "dask": "distributed"}
"""What is measured beside → the library that it needs."""
EVERY = 0.05
"""Seconds between two looks at the memory."""
BUSY = 0.5
"""Processes at work before a measurement, from which on its figures are doubtful."""
FEW, PROVINCE, NATION, MANY = 6, 158, 2860, 20000

Figures = Mapping[str, float]
"""Name of a measurement → its median: seconds, or megabytes where the name begins with `MB`."""


class Step(NamedTuple):
    """What is measured: a run of the program, or a piece of work of `bench_work`.

    Attributes:
        name: in the figures.
        batch: returns in the folder.
        work: of `bench_work`, or `imports`; '' for a run, whose memory is measured too.
        options: of the run.
        files: how many of them a slow peer gets; its figure is scaled to a nation by the file.
        says: what it is, for the page.
    """

    name: str
    batch: int
    work: str = ""
    options: tuple[str, ...] = ()
    files: int = 0
    says: str = ""


SMALL = (
    Step("import", FEW, "imports",
         says="importing pandas, openpyxl, pandera.pandas, jinja2, start of Python included"),
    Step(f"run {FEW}", FEW, options=("--no-feedback",)),
    Step(f"run {FEW} with copies", FEW),
    Step(f"readings {FEW}", FEW, "readings",
         says="every combination of the readings, six units"),
)  # fmt: skip
LARGE = (
    Step(f"run {PROVINCE}", PROVINCE, options=("--no-feedback",)),
    Step(f"reading {PROVINCE}", PROVINCE, "reading"),
    Step(f"dask {PROVINCE}", PROVINCE, "dask",
         says=f"reading {PROVINCE} files on a local Dask cluster of two workers"),
    Step(f"calamine {NATION}", NATION, "calamine",
         says=f"python-calamine, every cell of {NATION} files, two processes"),
    Step(f"reading {NATION}", NATION, "reading",
         says=f"the program's reading of {NATION} files, its processes included"),
    Step(f"run {NATION}", NATION, options=("--no-feedback",)),
    Step("rust", NATION, "rust", says="rustpy-xlsxwriter writing the same"),
    Step(f"pandas {NATION}", PROVINCE, "pandas", files=20,
         says=f"pandas+openpyxl loop (20 files, scaled to {NATION})"),
    Step(f"frictionless {NATION}", PROVINCE, "frictionless", files=6,
         says=f"frictionless, without any rule (6 files, scaled to {NATION})"),
    Step(f"libreoffice {NATION}", PROVINCE, "libreoffice", files=10,
         says=f"LibreOffice to CSV, the first sheet only (10 files, scaled to {NATION})"),
    Step("xlsxwriter", NATION, "xlsxwriter",
         says="XlsxWriter, constant_memory, writing the ledger of the nation"),
)  # fmt: skip
ROUND = SMALL * 3 + LARGE
"""What is compared stands side by side."""
STRESS = (Step(f"run {MANY}", MANY, options=("--no-feedback",)),)
SAYS = {step.name: step.says for step in SMALL + LARGE if step.says}
SAYS["fastest writer"] = "the faster of the two writers"


class Goal(NamedTuple):
    """A figure to reach: measurements added up, divided by others where there are any."""

    what: str
    sign: str
    limit: float
    over: tuple[str, ...]
    under: tuple[str, ...] = ()
    holds_back: str = ""

    def value(self, figures: Figures) -> float | None:
        """The figure, or None where something was not measured."""
        if not figures.keys() >= {*self.over, *self.under}:
            return None
        over = sum(figures[name] for name in self.over)
        return over / sum(figures[name] for name in self.under) if self.under else over

    def met(self, value: float) -> bool:
        """Whether a figure reaches the goal."""
        return value >= self.limit if self.sign == "≥" else value <= self.limit


GOALS = (
    Goal(f"{FEW} returns, whole run without feedback copies ÷ importing the four libraries",
         "≤", 1.35, (f"run {FEW}",), ("import",),
         "the run does more than its prototype: the ranking has a sheet for every unit, charts and "
         "a trace of each point, beside it stand a review workbook and a page with every claim; "
         "that work, on one core, is what is left beside the imports"),
    Goal(f"{FEW} returns with feedback copies ÷ importing the four libraries",
         "≤", 2, (f"run {FEW} with copies",), ("import",),
         "as above; each unit's own workbook is opened, marked and saved, by processes that load "
         "openpyxl first"),
    Goal(f"{NATION} returns, reading ÷ python-calamine visiting every cell in two processes",
         "≤", 1.3, (f"reading {NATION}",), (f"calamine {NATION}",),
         "a worker's results are handed over to the main process, which the floor's are not; "
         "workers are started, which the floor's are beforehand"),
    Goal(f"{NATION} returns, whole run ÷ (that reading + the fastest writer writing the ledger)",
         "≤", 1.2, (f"run {NATION}",), (f"reading {NATION}", "fastest writer"),
         "of the time a fifth is reading and over two fifths writing, which fill both cores; the "
         "third between runs on one: values, checks, scores under each reading, findings"),
    Goal(f"plain pandas+openpyxl loop ÷ whole run, {NATION} returns",
         "≥", 20, (f"pandas {NATION}",), (f"run {NATION}",),
         "as above; the loop only concatenates"),
    Goal(f"peak memory of all processes, {NATION} returns (MB)",
         "≤", 600, (f"MB run {NATION}",), (),
         "all claims are held at once, as cells, as values and as ledger rows"),
    Goal(f"peak memory of all processes, {MANY} returns (MB)",
         "≤", 3000, (f"MB run {MANY}",), (),
         "as for the nation: memory grows with the number of claims"),
    Goal("all combinations of the readings, six units (s)", "≤", 1, (f"readings {FEW}",)),
    *(Goal(f"exponent of time over returns, {small} → {large}",
           "≤", 1.02, (f"exponent {small}",)) for small, large in ((PROVINCE, NATION),
                                                                   (NATION, MANY))),
)  # fmt: skip


# Measuring ---------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[float, float, str]:
    """Run Python in the project's folder: seconds, most megabytes at a time, what it printed.

    The memory is that of all processes together; what several of them share counts for each.

    Raises:
        CalledProcessError: it ended with another status than 0.
    """
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1452222000"}
    # As on a user's machine: compiled once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start, ended, sizes = time.perf_counter(), threading.Event(), [0]
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:

        def watch() -> None:
            while not ended.wait(EVERY):
                with suppress(psutil.NoSuchProcess):
                    first = psutil.Process(process.pid)
                    family = [first, *first.children(recursive=True)]
                    sizes.append(sum(one.memory_info().rss for one in family))

        watching = threading.Thread(target=watch)
        watching.start()
        said, _ = process.communicate()
        seconds = time.perf_counter() - start
        ended.set()
        watching.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, max(sizes) / 1e6, said.decode()


def taken(step: Step, place: Path) -> dict[str, float]:
    """One measurement: name → seconds, and megabytes where it is a run."""
    folder = place / str(step.batch)
    if step.work == "imports":
        return {step.name: run("-c", IMPORTS)[0]}
    if step.work:
        _, _, said = run("-m", "tools.bench_work", step.work, str(folder), str(step.files))
        share = NATION / step.files if step.files else 1
        return {step.name: float(said.split()[-1]) * share}
    call = ["-m", "pipeline", "score", str(folder / "returns"), *step.options]
    call += [f"--rulebook={folder / 'rulebook'}", f"--output={folder / 'out'}"]
    seconds, megabytes, _ = run(*call)
    return {step.name: seconds, f"MB {step.name}": megabytes}


def left_out() -> set[str]:
    """The work that cannot be measured, since what it needs is not installed."""
    missing = {name for name, library in NEEDS.items() if find_spec(library) is None}
    return missing | (set() if shutil.which("soffice") else {"libreoffice"})


def medians(found: Mapping[str, list[float]]) -> dict[str, float]:
    """The middle of each measurement's rounds, and the faster of the writers."""
    figures = {name: round(statistics.median(values), 4) for name, values in found.items()}
    writers = [figures[name] for name in ("xlsxwriter", "rust") if name in figures]
    return figures | ({"fastest writer": min(writers)} if writers else {})


def machine() -> str:
    """How large this machine is, and with which versions."""
    libraries = []
    for library in LIBRARIES:
        with suppress(PackageNotFoundError):
            libraries.append(f"{library} {version(library)}")
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(libraries)}."
    )


# The page ----------------------------------------------------------------------------------------


def with_exponents(figures: Figures) -> Figures:
    """How time grows with the number of returns: 1 is a straight line."""
    times = [(count, figures.get(f"run {count}")) for count in (PROVINCE, NATION, MANY)]
    found = {
        f"exponent {small}": math.log(more / less) / math.log(large / small)
        for (small, less), (large, more) in pairwise(times)
        if less and more
    }
    return {**figures, **found}


def render(record: Mapping[str, Any]) -> str:
    """The page from `benchmarks.json`."""
    page = Environment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    ).from_string(TEMPLATE.read_text("utf-8"))
    figures = with_exponents(record["figures"])
    goals = [(goal, goal.value(figures)) for goal in GOALS]
    missed = [goal for goal, value in goals if value is not None and not goal.met(value)]
    sizes = {"few": FEW, "province": PROVINCE, "nation": NATION, "many": MANY, "claims": CLAIMS}
    ledger = {"most": LIST_ROWS, "parts": -(-CLAIMS * MANY // LIST_ROWS)}
    return page.render(
        {**record, **sizes, **ledger}, goals=goals, missed=missed, says=SAYS, busy=BUSY,
        shown=lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.2f}",
    )  # fmt: skip


def main(argv: list[str] | None = None) -> None:
    """Measure, keep the figures, write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "bench")
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=8)
    options = parser.parse_args(argv)
    record: dict[str, Any] = {"figures": {}, "rounds": {}}
    if RECORD.is_file():
        record = json.loads(RECORD.read_text("utf-8"))
    without = left_out()
    steps = STRESS if options.stress else ROUND * options.rounds
    steps = tuple(step for step in steps if step.work not in without)
    for count in {FEW, *(step.batch for step in steps)}:
        make_batch(options.folder / str(count), count)
    taken(SMALL[2], options.folder)  # what is compiled and cached counts for nobody
    files = list((options.folder / str(FEW) / "returns").iterdir())
    record |= {
        "size": round(statistics.mean(path.stat().st_size for path in files) / 1000),
        "machine": machine(),
        "load": round(psutil.getloadavg()[0], 1),
        "left_out": sorted(without),
    }
    found: dict[str, list[float]] = {}
    stop = time.monotonic() + 60 * options.minutes
    for step in steps:
        if time.monotonic() > stop:
            break
        for name, value in taken(step, options.folder).items():
            found.setdefault(name, []).append(value)
            print(f"{name}: {value:.2f}", file=sys.stderr, flush=True)
        record["figures"] |= medians(found)
        record["rounds"] |= {name: len(values) for name, values in found.items()}
        RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
        PAGE.write_text(render(record), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
