"""A run of the program over a folder whose units are those of the catalogue."""

import shutil
from pathlib import Path

import pandas as pd

from pipeline.outcome import Outcome
from pipeline.run import Request, Run
from tests.kit.catalogue import ROSTER, unit_of
from tests.kit.door import bare_rulebook

BUNDLED = Path(__file__).resolve().parent.parent.parent / "data" / "rulebook" / "2015"


def big_rulebook(folder: Path, size: int = ROSTER, source: Path | None = None) -> Path:
    """A rulebook with a roster of this size: long enough for the catalogue.

    Of another one than that without readings it is asked for where readings matter.
    """
    shutil.copytree(source or bare_rulebook(), folder)
    units = (f"{unit_of(n)},{unit_of(n).removesuffix('县工商联')}," for n in range(size))
    text = "\n".join(["unit,short_names,email", *units, ""])
    (folder / "roster.csv").write_text(text, "utf-8")
    return folder


def score(
    returns: Path, output: Path, rulebook: Path, *, register: Path | None = None,
    readings: tuple[str, ...] = (), feedback: bool = False,
) -> Outcome:  # fmt: skip
    """Run `score` in this process; reading is done by worker processes as ever."""
    registers = (register,) if register else ()
    request = Request(returns, output, registers, rulebook, readings, feedback)
    with Run(request) as run:
        return run.publish(run.assess())


def of(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """The rows of one file."""
    return table[table["file"] == file]
