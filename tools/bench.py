"""Measures the program beside what lies below it and what else there is, and writes the page.

    python -m tools.bench [FOLDER] [--stress] [--rounds N] [--minutes N]

Inputs are made in FOLDER (build/bench) and kept there. Figures and page are written after each
measurement; nothing is begun after `--minutes`. A peer that is not installed is left out and named.
`--stress` measures 20,000 returns and adds them to the figures of the last call.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from tools.bench_inputs import CLAIMS, make_batch
from tools.bench_measure import ROOT, Measured, run, score, work
from tools.bench_report import FEW, MANY, NATION, PROVINCE, felt, render

RECORD = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
IMPORTS = "import pandas, openpyxl, pandera.pandas, jinja2"
LIBRARIES = ("pandas", "pandera", "openpyxl", "python-calamine", "XlsxWriter", "rustpy-xlsxwriter",
             "frictionless", "distributed")  # fmt: skip
PEERS = {"pandas": 20, "frictionless": 6, "libreoffice": 10}
"""Slow peers and how many files they get; their figure is scaled to a nation by the file."""
NEEDS = {"frictionless": "frictionless", "rust": "rustpy_xlsxwriter", "dask": "distributed"}
"""What is measured beside → the library that it needs."""
NAMES = {
    "import": "importing pandas, openpyxl, pandera.pandas, jinja2, start of Python included",
    "xlsxwriter": "XlsxWriter, constant_memory, writing the ledger of the nation",
    "rust": "rustpy-xlsxwriter writing the same",
    "fastest writer": "the faster of the two writers",
    f"calamine {NATION}": f"python-calamine, every cell of {NATION} files, two processes",
    f"reading {NATION}": f"the program's reading of {NATION} files, its processes included",
    f"pandas {NATION}": f"pandas+openpyxl loop ({PEERS['pandas']} files, scaled to {NATION})",
    f"frictionless {NATION}": f"frictionless, without any rule ({PEERS['frictionless']} files,"
    f" scaled to {NATION})",
    f"libreoffice {NATION}": f"LibreOffice to CSV, the first sheet only ({PEERS['libreoffice']}"
    f" files, scaled to {NATION})",
    f"readings {FEW}": "every combination of the readings, six units",
    f"dask {PROVINCE}": f"reading {PROVINCE} files on a local Dask cluster of two workers",
}


class Rounds:
    """Measurements by name, several rounds of each."""

    def __init__(self, keep: Callable[["Rounds"], None]) -> None:
        """Tell `keep` after each measurement."""
        self.found: dict[str, list[float]] = {}
        self._keep = keep

    def take(self, name: str, value: float) -> None:
        """Keep one measurement."""
        self.found.setdefault(name, []).append(value)
        print(f"{name}: {value:.2f}", file=sys.stderr, flush=True)
        self._keep(self)

    def run(self, name: str, measured: Measured) -> None:
        """Keep the time and the memory of a run."""
        self.take(name, measured.seconds)
        self.take(f"MB {name}", measured.megabytes)


def left_out() -> list[str]:
    """What cannot be measured beside, since it is not installed."""
    missing = [name for name, library in NEEDS.items() if find_spec(library) is None]
    return missing + ([] if shutil.which("soffice") else ["libreoffice"])


def measure(kept: Rounds, place: Path, rounds: int, minutes: float) -> None:
    """All measurements but those of `--stress`, each once before any a second time."""
    stop = time.monotonic() + 60 * minutes
    folders = {count: place / str(count) for count in (FEW, PROVINCE, NATION)}
    for count, folder in folders.items():
        make_batch(folder, count)
    score(folders[FEW])  # once beforehand: what is compiled and cached counts for nobody
    for _ in range(rounds):
        for step in steps(kept, *folders.values(), set(left_out())):
            if time.monotonic() > stop:
                return
            step()


def steps(
    kept: Rounds, few: Path, province: Path, nation: Path, without: set[str]
) -> Iterator[Callable[[], None]]:
    """One round: what is compared stands side by side."""
    for _ in range(3):
        yield lambda: kept.take("import", run("-c", IMPORTS).seconds)
        yield lambda: kept.run(f"run {FEW}", score(few, "--no-feedback"))
        yield lambda: kept.run(f"run {FEW} with copies", score(few))
        yield lambda: kept.take(f"readings {FEW}", work("readings", few))
    yield lambda: kept.run(f"run {PROVINCE}", score(province, "--no-feedback"))
    yield lambda: kept.take(f"reading {PROVINCE}", work("reading", province))
    if "dask" not in without:
        yield lambda: kept.take(f"dask {PROVINCE}", work("dask", province))
    yield lambda: kept.take(f"calamine {NATION}", work("calamine", nation))
    yield lambda: kept.take(f"reading {NATION}", work("reading", nation))
    yield lambda: kept.run(f"run {NATION}", score(nation, "--no-feedback"))
    if "rust" not in without:
        yield lambda: kept.take("rust", work("rust", nation))
    for peer, files in PEERS.items():
        if peer not in without:
            yield partial(_peer, kept, peer, province, files)
    yield lambda: kept.take("xlsxwriter", work("xlsxwriter", nation))


def _peer(kept: Rounds, peer: str, folder: Path, files: int) -> None:
    kept.take(f"{peer} {NATION}", work(peer, folder, files) / files * NATION)


def medians(kept: Rounds) -> dict[str, float]:
    """The middle of each measurement's rounds, and the faster of the writers."""
    figures = {name: statistics.median(values) for name, values in kept.found.items()}
    writers = [figures[name] for name in ("xlsxwriter", "rust") if name in figures]
    return figures | ({"fastest writer": min(writers)} if writers else {})


def stress(kept: Rounds, place: Path) -> None:
    """One run over very many returns."""
    folder = place / str(MANY)
    make_batch(folder, MANY)
    kept.run(f"run {MANY}", score(folder, "--no-feedback"))


def machine() -> str:
    """How large this machine is, and with which versions."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(filter(None, map(_with_version, LIBRARIES)))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}."
    )


def _with_version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return ""


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
    _, files = make_batch(options.folder / str(FEW), FEW)
    record |= {
        "claims": CLAIMS,
        "size": round(statistics.mean(path.stat().st_size for path in files.iterdir()) / 1000),
        "machine": machine(),
        "names": NAMES,
        "load": round(psutil.getloadavg()[0], 1),
        "left out": left_out(),
        "notes": "Memory is the sum of the resident sizes of all processes; what they share "
        "counts for each.",
    }

    def keep(kept: Rounds) -> None:
        record["figures"] |= {name: round(value, 4) for name, value in medians(kept).items()}
        record["rounds"] |= {name: len(values) for name, values in kept.found.items()}
        RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
        PAGE.write_text(render(record), "utf-8")

    if options.stress:
        stress(Rounds(keep), options.folder)
    else:
        measure(Rounds(keep), options.folder, options.rounds, options.minutes)
    print(felt(record["figures"]))
    print(PAGE)


if __name__ == "__main__":
    main()
