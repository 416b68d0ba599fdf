"""A rulebook folder → `Rulebook`: the measure as data, checked when it is loaded.

Five files: `rulebook.toml` (year, dates, awards), `clauses.csv`, `sheets.csv`, `roster.csv`,
`readings.csv`. A fault is a `RulebookError` of one line with file, line and clause; nothing is
scored by a rulebook with a fault in it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.rulebook.checks import check_clauses, check_facts, check_roster, check_sheets
from pipeline.rulebook.model import (
    ALL,
    FIGURES,
    PER_CLAIM,
    TOTAL,
    Award,
    Band,
    Clause,
    Column,
    Fault,
    Reading,
    Row,
    Rulebook,
    RulebookError,
    Sheet,
    Step,
    Unit,
    parse_bands,
)
from pipeline.rulebook.readings import check_readings
from pipeline.rulebook.tables import Table, read_facts, read_text

__all__ = [
    "ALL",
    "FIGURES",
    "PER_CLAIM",
    "TOTAL",
    "Award",
    "Band",
    "Clause",
    "Column",
    "Fault",
    "Reading",
    "Rulebook",
    "RulebookError",
    "Sheet",
    "Step",
    "Unit",
    "load_rulebook",
    "parse_bands",
]

FACTS, CLAUSES, SHEETS, ROSTER, READINGS = FILES = (
    "rulebook.toml",
    "clauses.csv",
    "sheets.csv",
    "roster.csv",
    "readings.csv",
)


TABLES: Mapping[str, type[Row]] = {
    CLAUSES: Clause,
    SHEETS: Column,
    ROSTER: Unit,
    READINGS: Reading,
}
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
    _end(found)
    sheets = check_sheets(columns)
    rules = check_clauses(clauses, sheets)
    book = Rulebook(
        **dict(facts),
        sheets=sheets,
        clauses=rules,
        readings=check_readings(readings, rules),
        roster=check_roster(units, facts),
        fingerprint=_fingerprint(folder),
    )
    for table in (columns, clauses, readings, units):
        found += table.faults
    _end(found + check_facts(folder / FACTS, facts, rules))
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
    texts = [read_text(folder / name).replace("\r\n", "\n").encode() for name in FILES]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
