"""A rulebook folder → `Rulebook`: the measure as data, checked when it is loaded.

`rulebook.toml` (year, dates, awards), `clauses.csv`, `sheets.csv`, `roster.csv`, `readings.csv`
and, where limits or weights are asked for, `sums.csv`. A fault is a `RulebookError` of one line
with file, line and clause; nothing is scored by a rulebook with a fault in it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.rulebook.checks import (
    check_clauses,
    check_facts,
    check_full,
    check_roster,
    check_sheets,
    check_sums,
)
from pipeline.rulebook.model import (
    ALL,
    AMOUNTS,
    FIGURES,
    MARKS,
    MEANS,
    PER_CLAIM,
    PERIODS,
    SHARES,
    TOTAL,
    Award,
    Clause,
    Column,
    Fault,
    Grade,
    Reading,
    Row,
    Rulebook,
    RulebookError,
    Sheet,
    Step,
    Sum,
    Unit,
    Veto,
    parse_bands,
)
from pipeline.rulebook.readings import check_readings
from pipeline.rulebook.tables import Table, read_facts, read_text

__all__ = [
    "ALL", "AMOUNTS", "FIGURES", "MARKS", "MEANS", "PERIODS", "PER_CLAIM", "SHARES", "TOTAL",
    "Award", "Clause", "Column", "Fault", "Grade", "Reading", "Rulebook",
    "RulebookError", "Sheet", "Step", "Sum", "Unit", "Veto", "load_rulebook", "parse_bands",
]  # fmt: skip

FACTS, CLAUSES, SHEETS, ROSTER, READINGS = FILES = (
    "rulebook.toml", "clauses.csv", "sheets.csv", "roster.csv", "readings.csv"
)  # fmt: skip
SUMS = "sums.csv"
"""It need not be there."""


TABLES: Mapping[str, type[Row]] = {
    CLAUSES: Clause, SHEETS: Column, ROSTER: Unit, READINGS: Reading, SUMS: Sum
}  # fmt: skip
"""Table → what a row of it is: its fields are the columns."""


def load_rulebook(folder: Path) -> Rulebook:
    """Load and check a rulebook folder.

    Raises:
        RulebookError: its `faults` are every cell that is wrong or, where each is right by
            itself, everything that does not agree.
    """
    found: list[Fault] = []
    with _collected(found):
        facts = read_facts(folder / FACTS)
    with _collected(found):
        columns = Table(folder / SHEETS, Column)
    with _collected(found):
        clauses = Table(folder / CLAUSES, Clause)
    with _collected(found):
        readings = Table(folder / READINGS, Reading, empty=True)
    with _collected(found):
        units = Table(folder / ROSTER, Unit)
    with _collected(found):
        sums = Table(folder / SUMS, Sum, optional=True)
    _end(found)
    sheets = check_sheets(columns)
    roster = check_roster(units, facts)
    rules = check_clauses(clauses, sheets, roster)
    added = check_sums(sums, rules, roster)
    book = Rulebook(
        **dict(facts),
        sheets=sheets,
        clauses=rules,
        readings=check_readings(readings, rules, added, roster),
        sums=added,
        roster=roster,
        fingerprint=_fingerprint(folder),
    )
    if not sums.faults:
        check_full(sums, book)
    found += columns.faults + clauses.faults + readings.faults + units.faults + sums.faults
    _end(found + check_facts(folder / FACTS, book))
    return book


@contextmanager
def _collected(found: list[Fault]) -> Iterator[None]:
    try:
        yield
    except RulebookError as error:
        found += error.faults


def _end(found: list[Fault]) -> None:
    if found:
        raise RulebookError(*found)


def _fingerprint(folder: Path) -> str:
    """Of what the files say: a byte order mark or other line ends are the same rulebook."""
    there = [folder / name for name in (*FILES, SUMS) if name != SUMS or (folder / SUMS).exists()]
    texts = [read_text(path).replace("\r\n", "\n").encode() for path in there]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
