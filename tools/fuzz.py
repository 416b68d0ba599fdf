"""Throws changed workbooks at the program and sees that it stands.

    python -m tools.fuzz --cases 20000 --minutes 15 --seed 1 --keep fuzz-failures

Real workbooks get their bytes or the XML inside them changed; made ones get wild values in cells
whose rows are known. No case may end in a traceback or a hang, and no row that a unit filled in
may be missing from the ledger. A case that fails is saved with what went wrong.
"""

import argparse
import faulthandler
import os
import random
import shutil
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.assess import Inputs, assess
from pipeline.feedback.job import Copyists
from pipeline.feedback.marks import HEAD
from pipeline.feedback.write import find_faulty, write_feedback
from pipeline.findings import Findings
from pipeline.isolate import RAISE
from pipeline.judging.office import RegisterError
from pipeline.outcome import COUNTED, DISQUALIFIED, ERROR, NORMAL, Outcome
from pipeline.ranking.review import write_review
from pipeline.ranking.workbook import write_ranking
from pipeline.reading.discover import Entry
from pipeline.reading.raw import wanted_from, wanted_register
from pipeline.reading.reader import Reader
from pipeline.rulebook import Rulebook, load_rulebook
from pipeline.summary.page import write_summary
from pipeline.text import fold
from tests.kit.xlsb import write_xlsb
from tools.fuzz_cases import Made, Package, filled_in, register

ROOT = Path(__file__).resolve().parent.parent
BATCH = 400
"""Cases assessed at a time: enough that starting the workers costs little."""
WRITE_EVERY, COPIED = 10, 40
"""Of so many batches one is also written out, with the copies of so many returns."""
HANG = 1800
"""Seconds without an end of a batch that count as a hang: a batch takes a hundredth of that."""
WHEN = datetime(2016, 1, 8, 9)


class Fuzzer:
    """A seed, the workbooks to change, where failing cases go, and what was seen.

    Attributes:
        kinds: cases by kind.
        troubles: files that could not be read, by code.
        rows: claims found where the truth is known.
        faults: what went wrong, one line each.
    """

    def __init__(self, seed: int, keep: Path, sources: Sequence[Package]) -> None:
        self.seed, self.keep, self.sources = seed, keep, sources
        self.kinds, self.troubles, self.rows = Counter[str](), Counter[str](), 0
        self.faults: list[str] = []
        latest = max(p for p in (ROOT / "data" / "rulebook").iterdir() if p.name.isdigit())
        book = load_rulebook(latest)
        roster = tuple(
            book.roster[0].model_copy(update={"unit": f"试验{n:04}工商联", "short_names": ()})
            for n in range(BATCH)
        )
        self.rulebook: Rulebook = book.model_copy(update={"roster": roster})

    def cases(self, batch: int, count: int) -> Iterator[Made]:
        """The cases of a batch; the same for the same seed."""
        for nth in range(count):
            chance = random.Random(f"{self.seed}-{batch}-{nth}")
            if chance.random() < 0.4:
                yield filled_in(chance, self.rulebook, self.rulebook.roster[nth].unit)
            else:
                yield chance.choice(self.sources).mutated(chance)

    def run(self, batch: int, count: int) -> None:
        """Read and assess one batch, and look at what came of it."""
        made = list(self.cases(batch, count))
        with TemporaryDirectory() as folder:
            entries = []
            for nth, case in enumerate(made):
                name = f"{nth:03}-{case.kind}{case.suffix}"
                (Path(folder) / name).write_bytes(case.data)
                entries.append(Entry(Path(folder) / name, name, "return"))
            self.kinds.update(case.kind for case in made)
            office = Entry(self._register(batch, Path(folder)), "register.xlsx", "return")
            try:
                returns = Reader(entries, wanted_from(self.rulebook)).result()
                registers = Reader([office], wanted_register()).result()
                self.troubles.update(r.trouble.code for r in returns if r.trouble)
                inputs = Inputs(self.rulebook, entries, returns, registers, (), WHEN)
                try:
                    outcome = assess(inputs)
                except RegisterError:  # without the register where that cannot be used
                    outcome = assess(replace(inputs, registers=()))
                self._look(batch, entries, made, outcome)
                if batch % WRITE_EVERY == 0:
                    write_ranking(outcome, Path(folder) / "ranking.xlsx")
                    write_review(outcome, Path(folder) / "review.xlsx")
                    write_summary(outcome, Path(folder) / "summary.html")
                    self._copy(batch, entries[:COPIED], outcome, Path(folder))
            except Exception:  # noqa: BLE001  # whatever it is, it is what the fuzzer looks for
                self._fault(batch, entries, "traceback", traceback.format_exc())

    def _register(self, batch: int, folder: Path) -> Path:
        """The office's workbook of a batch; of every third bytes or XML are changed."""
        chance = random.Random(f"{self.seed}-{batch}-register")
        data = register(chance, self.rulebook)
        if batch % 3 == 0:
            data = Package(".xlsx", data).mutated(chance).data
        path = folder / "register.xlsx"
        path.write_bytes(data)
        return path

    def _look(
        self, batch: int, entries: Sequence[Entry], made: Sequence[Made], outcome: Outcome
    ) -> None:
        """Every file listed once, every row in the ledger once, every refusal explained."""
        listed = Counter(outcome.files["file"])
        claims, findings = outcome.claims, outcome.findings
        numbers = findings["cell"].str.extract(r"(\d+)$")[0].fillna("0").astype(int)
        places = pd.Series([*zip(findings["file"], findings["sheet"], numbers, strict=True)])
        bad = set(places[findings["level"] == ERROR])
        told = set(places[findings["code"] == "row-nothing"])
        held = claims.groupby("file")[["sheet", "row"]].apply(
            lambda rows: [*rows.itertuples(index=False, name=None)]
        )
        status = dict(zip(outcome.files["file"], outcome.files["status"], strict=True))
        for entry, case in zip(entries, made, strict=True):
            rows = held.get(entry.name, [])
            if listed[entry.name] != 1:
                self._fault(batch, [entry], f"listed {listed[entry.name]} times")
            if len(set(rows)) != len(rows):
                self._fault(batch, [entry], "a row stands twice in the ledger")
            if case.truth is not None:
                self.rows += len(rows)
                lost, more = case.truth - set(rows), set(rows) - case.truth
                lost = {place for place in lost if (entry.name, *place) not in told}
                if status[entry.name] == DISQUALIFIED:
                    lost = set()  # to whom nothing is said, not even of rows that say 无
                if lost or more:
                    self._fault(batch, [entry], f"lost {sorted(lost)}, added {sorted(more)}")
        columns = ["file", "sheet", "row", "checked_result"]
        for file, sheet, row, result in claims[columns].itertuples(index=False):
            if status.get(file) == NORMAL and (result == COUNTED) is ((file, sheet, row) in bad):
                mine = [entry for entry in entries if entry.name == file]
                self._fault(batch, mine, f"{result} at {sheet} {row} and its errors disagree")

    def _copy(self, batch: int, entries: Sequence[Entry], outcome: Outcome, folder: Path) -> None:
        """Every fault of some returns is marked in their copies."""
        theirs = outcome.findings["file"].isin([entry.name for entry in entries])
        outcome = replace(outcome, findings=outcome.findings[theirs])
        with closing(Copyists(len(entries))) as copyists:
            write_feedback(outcome, folder, folder / "feedback", copyists)(Findings())
        for found in find_faulty(outcome):
            faulty = {(fold(mark.sheet), mark.cell) for mark in found.marks if mark.cell}
            if faulty:
                copy = load_workbook(folder / "feedback" / found.copy_name)
                for sheet in copy.worksheets:
                    faulty -= {(fold(sheet.title), cell) for cell in _marked(sheet)}
            if faulty:
                mine = [entry for entry in entries if entry.name == found.file]
                self._fault(batch, mine, f"not marked in the copy: {sorted(faulty)}")

    def _fault(self, batch: int, entries: Sequence[Entry], what: str, more: str = "") -> None:
        where = self.keep / f"seed{self.seed}-batch{batch}-{len(self.faults)}"
        where.mkdir(parents=True, exist_ok=True)
        for entry in entries:
            shutil.copy(entry.path, where / entry.name)
        (where / "what.txt").write_text(f"{what}\n{more}", "utf-8")
        self.faults.append(f"{where.name}: {what}")
        print(f"FAULT {self.faults[-1]}\n{more}", file=sys.stderr)


def _marked(sheet: Worksheet) -> set[str]:
    """The cells of a copy that bear a mark, and what they are merged over."""
    cells = (cell for row in sheet.iter_rows() for cell in row if cell.comment)
    own = {cell.coordinate for cell in cells if cell.comment.text.startswith(HEAD)}
    for area in sheet.merged_cells.ranges:
        if area.start_cell.coordinate in own:
            own |= {f"{get_column_letter(column)}{row}" for row, column in area.cells}
    return own


def sources(folder: Path) -> list[Package]:
    """The sample returns and the template, and one in each other format."""
    real = sorted((ROOT / "data" / "returns").rglob("*.xlsx"))
    real.append(ROOT / "templates" / "intake_template.xlsx")
    office = shutil.which("soffice")
    for suffix in ("xls", "ods") if office else ():
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [str(office), "--headless", profile, "--convert-to", suffix]
        subprocess.run([*command, "--outdir", folder, real[0]], check=False, capture_output=True)
    values = {
        one.title: [list(row) for row in one.iter_rows(values_only=True)]
        for one in load_workbook(real[0])
    }
    plain = {
        name: [[v if isinstance(v, int | float | None) else str(v) for v in row] for row in rows]
        for name, rows in values.items()
    }
    write_xlsb(folder / "sample.xlsb", plain)
    real += sorted(path for path in folder.iterdir() if path.is_file())
    return [Package(path.suffix, path.read_bytes()) for path in real]


def main(argv: Sequence[str] | None = None) -> int:
    """Run until cases or minutes are used up; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz")
    options = parser.parse_args(argv)
    print(f"seed {options.seed}", flush=True)
    os.environ[RAISE] = "1"  # what the last resort would hide is what is looked for
    began, done, batch = time.monotonic(), 0, 0
    with TemporaryDirectory() as folder:
        fuzzer = Fuzzer(options.seed, options.keep, sources(Path(folder)))
        while done < options.cases and time.monotonic() - began < options.minutes * 60:
            count = min(BATCH, options.cases - done)
            faulthandler.dump_traceback_later(HANG, exit=True)
            fuzzer.run(batch, count)
            faulthandler.cancel_dump_traceback_later()
            done, batch = done + count, batch + 1
            print(f"{done} cases, {time.monotonic() - began:.0f} s", flush=True)
    print(f"kinds {dict(fuzzer.kinds)}; rows {fuzzer.rows}; unreadable {dict(fuzzer.troubles)}")
    print(f"{len(fuzzer.faults)} faults" if fuzzer.faults else "no fault")
    return 1 if fuzzer.faults else 0


if __name__ == "__main__":
    sys.exit(main())
