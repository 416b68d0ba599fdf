"""Counts files and functions of `pipeline/` on two ways through the program, over one return.

    python -m tests.kit.walk

From a claim's cell to its unit's place, and from a fault in a cell to the red cell of the copy
that goes back. All is done in this process; named functions count, what is inside them does not.
"""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from pipeline.assess import Inputs, Judgement, assess
from pipeline.feedback.copy import make_copy
from pipeline.feedback.job import Job
from pipeline.feedback.write import find_faulty
from pipeline.reading.discover import Entry
from pipeline.reading.raw import RawReturn, wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import Rulebook, load_rulebook
from pipeline.scoring.score import places

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "pipeline"
TEMPLATE = ROOT / "templates" / "intake_template.xlsx"
WHEN = datetime(2016, 1, 8)


def walked(work: Callable[[], object]) -> list[tuple[str, str]]:
    """(file, function) of the program that some work enters, each once, in that order."""
    seen: dict[tuple[str, str], None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(PROGRAM)):
            name = code.co_qualname if sys.version_info >= (3, 11) else code.co_name
            if "<" not in name.replace("<locals>", ""):
                file = Path(code.co_filename).relative_to(PROGRAM).as_posix()
                seen.setdefault((file, name))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return list(seen)


def ways(book: Rulebook, file: Path) -> dict[str, list[tuple[str, str]]]:
    """What both ways enter, each from the return's bytes on."""
    wanted = wanted_from(book)

    def read() -> Inputs:
        raw: RawReturn = read_return(file, file.name, wanted)
        return Inputs(book, [Entry(file, file.name, "return")], [raw], [], (), WHEN)

    def to_place() -> None:
        judgement = Judgement(read())
        places(judgement.score(judgement.rulebook).points.sum(axis=1))

    def to_red_cell() -> None:
        outcome = assess(read())
        with TemporaryDirectory() as folder:
            for found in find_faulty(outcome):
                if found.at_cells:
                    target = Path(folder) / found.copy_name
                    make_copy(Job(file, target, found.marks, (), TEMPLATE, WHEN))

    return {"claim → place": walked(to_place), "finding → red cell": walked(to_red_cell)}


def main() -> None:
    """Print both counts, and how many functions each file takes part with."""
    file = min((ROOT / "data" / "returns").rglob("*.xlsx"))
    for way, seen in ways(load_rulebook(ROOT / "data" / "rulebook" / "2015"), file).items():
        files = Counter(name for name, _ in seen)
        print(f"{way}: {len(files)} files, {len(seen)} functions")
        for name, count in files.items():
            print(f"  {count:3} {name}")


if __name__ == "__main__":
    main()
