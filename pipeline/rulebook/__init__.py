"""A rulebook folder → `Rulebook`: the measure as data, checked when it is loaded.

Five files: `rulebook.toml` (year, dates, awards), `clauses.csv`, `sheets.csv`, `roster.csv`,
`readings.csv`. A fault is a `RulebookError` of one line with file, line and clause; nothing is
scored by a rulebook with a fault in it.
"""

import hashlib
from pathlib import Path

from pipeline.rulebook.checks import check_facts, load_clauses, load_roster, load_sheets
from pipeline.rulebook.model import (
    ALL,
    FIGURES,
    PER_CLAIM,
    TOTAL,
    Award,
    Band,
    Clause,
    Column,
    Reading,
    Rulebook,
    RulebookError,
    Sheet,
    Unit,
    parse_bands,
)
from pipeline.rulebook.readings import load_readings
from pipeline.rulebook.tables import read_facts, read_text

__all__ = [
    "ALL",
    "FIGURES",
    "PER_CLAIM",
    "TOTAL",
    "Award",
    "Band",
    "Clause",
    "Column",
    "Reading",
    "Rulebook",
    "RulebookError",
    "Sheet",
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


def load_rulebook(folder: Path) -> Rulebook:
    """Load and check a rulebook folder.

    Raises:
        RulebookError: one line with file, line and clause of the first fault.
    """
    facts = read_facts(folder / FACTS)
    sheets = load_sheets(folder / SHEETS)
    clauses = load_clauses(folder / CLAUSES, sheets)
    readings = load_readings(folder / READINGS, clauses)
    roster = load_roster(folder / ROSTER, facts)
    check_facts(folder / FACTS, facts, clauses)
    return Rulebook(
        **dict(facts),
        sheets=sheets,
        clauses=clauses,
        readings=readings,
        roster=roster,
        fingerprint=_fingerprint(folder),
    )


def _fingerprint(folder: Path) -> str:
    """Of what the files say: a byte order mark or other line ends are the same rulebook."""
    texts = [read_text(folder / name).replace("\r\n", "\n").encode() for name in FILES]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
