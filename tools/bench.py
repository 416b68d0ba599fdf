"""Measures the program beside what lies below it and what else there is, and writes the page.

    python -m tools.bench [FOLDER] [--stress] [--rounds N]

Inputs are made in FOLDER (build/bench) and kept there. `--stress` measures 20,000 returns and adds
them to the figures of the last call.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from tools.bench_inputs import CLAIMS, make_batch
from tools.bench_measure import ROOT, Measured, run, score, work
from tools.bench_report import FEW, MANY, NATION, PROVINCE, render

RECORD = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
IMPORTS = "import pandas, openpyxl, pandera.pandas, jinja2"
LIBRARIES = ("pandas", "pandera", "openpyxl", "python-calamine", "XlsxWriter", "rustpy-xlsxwriter",
             "frictionless", "distributed")  # fmt: skip
PEERS = {"pandas": 20, "frictionless": 6, "libreoffice": 10}
"""Slow peers and how many files they get; their figure is scaled to a nation by the file."""
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

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}

    def take(self, name: str, value: float) -> None:
        """Keep one measurement."""
        self.found.setdefault(name, []).append(value)
        print(f"{name}: {value:.2f}", file=sys.stderr, flush=True)

    def run(self, name: str, measured: Measured) -> None:
        """Keep the time and the memory of a run."""
        self.take(name, measured.seconds)
        self.take(f"MB {name}", measured.megabytes)


def measure(place: Path, rounds: int) -> Rounds:
    """All measurements but those of `--stress`."""
    kept = Rounds()
    folders = {count: place / str(count) for count in (FEW, PROVINCE, NATION)}
    for count, folder in folders.items():
        make_batch(folder, count)
    few, province, nation = folders.values()
    score(few)  # once beforehand: what is compiled and cached counts for nobody
    for _ in range(2 * rounds + 1):
        kept.take("import", run("-c", IMPORTS).seconds)
        kept.run(f"run {FEW}", score(few, "--no-feedback"))
        kept.run(f"run {FEW} with copies", score(few))
        kept.take(f"readings {FEW}", work("readings", few))
    for _ in range(rounds):
        kept.run(f"run {PROVINCE}", score(province, "--no-feedback"))
        kept.take(f"reading {PROVINCE}", work("reading", province))
        kept.take(f"dask {PROVINCE}", work("dask", province))
        for peer, files in PEERS.items():
            kept.take(f"{peer} {NATION}", work(peer, province, files) / files * NATION)
    for _ in range(rounds):
        kept.take(f"calamine {NATION}", work("calamine", nation))
        kept.take(f"reading {NATION}", work("reading", nation))
        kept.run(f"run {NATION}", score(nation, "--no-feedback"))
        for writer in ("xlsxwriter", "rust"):
            kept.take(writer, work(writer, nation))
    return kept


def medians(kept: Rounds) -> dict[str, float]:
    """The middle of each measurement's rounds, and the faster of the writers."""
    figures = {name: statistics.median(values) for name, values in kept.found.items()}
    writers = [figures[name] for name in ("xlsxwriter", "rust") if name in figures]
    return figures | ({"fastest writer": min(writers)} if writers else {})


def stress(place: Path) -> Rounds:
    """One run over very many returns."""
    kept = Rounds()
    folder = place / str(MANY)
    make_batch(folder, MANY)
    kept.run(f"run {MANY}", score(folder, "--no-feedback"))
    return kept


def machine() -> str:
    """How large this machine is, and with which versions."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}."
    )


def main(argv: list[str] | None = None) -> None:
    """Measure, keep the figures, write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "bench")
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    record: dict[str, Any] = {"figures": {}, "rounds": {}}
    if RECORD.is_file():
        record = json.loads(RECORD.read_text("utf-8"))
    measuring: Callable[[], Rounds] = (
        (lambda: stress(options.folder))
        if options.stress
        else (lambda: measure(options.folder, options.rounds))
    )
    busy = psutil.getloadavg()[0]
    kept = measuring()
    record["figures"] |= {name: round(value, 4) for name, value in medians(kept).items()}
    record["rounds"] |= {name: len(values) for name, values in kept.found.items()}
    files = list((options.folder / str(MANY if options.stress else FEW) / "returns").iterdir())
    record |= {
        "claims": CLAIMS,
        "size": round(statistics.mean(path.stat().st_size for path in files) / 1000),
        "machine": machine(),
        "names": NAMES,
        "load": round(busy, 1),
        "notes": "Memory is the sum of the resident sizes of all processes; what they share "
        "counts for each.",
    }
    RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(render(record), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
