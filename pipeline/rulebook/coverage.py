"""`coverage.csv`: every sentence of the measure by its numbering, and what becomes of it.

It stands beside the rulebook's own files and takes no part in scoring.
"""

import re
from pathlib import Path
from typing import Literal

from pipeline.rulebook import Rulebook
from pipeline.rulebook.model import Line, Row, Text, Words
from pipeline.rulebook.tables import Table

COVERAGE = "coverage.csv"
SCORED = "计分"


class Coverage(Row):
    """One sentence of the measure, by its numbering, and what becomes of it."""

    source: Text
    what: Text
    how: Literal["计分", "规则", "办公室", "说明"]
    clauses: Words
    where: Line


def load_coverage(folder: Path, rulebook: Rulebook) -> tuple[Coverage, ...]:
    """`coverage.csv` of a rulebook folder; every clause and every reading stands in it.

    Raises:
        RulebookError: with file, line and sentence.
    """
    table = Table(folder / COVERAGE, Coverage)
    rows = table.rows
    table.unique((line, row.source) for line, row in rows)
    table.unique((line, clause) for line, row in rows for clause in row.clauses)
    for line, row in rows:
        unknown = [clause for clause in row.clauses if clause not in rulebook.clause]
        if unknown:
            table.fault(line, row.source, f"没有条款 {'、'.join(unknown)}")
        if (row.how == SCORED) != bool(row.clauses):
            table.fault(line, row.source, f"how 为 {SCORED} 时应写明条款，否则留空")
    last = rows[-1][0]
    ticked = {clause for _, row in rows for clause in row.clauses}
    for clause in rulebook.clause_ids:
        if clause not in ticked:
            table.fault(last, clause, "这一条没有写进来")
    text = " ".join(row.where for _, row in rows)
    for reading in rulebook.readings:
        if reading.id not in re.split(r"[^\w-]+", text):
            table.fault(last, reading.id, "这条口径没有写进来")
    table.close()
    return tuple(row for _, row in rows)
