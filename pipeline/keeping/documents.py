"""The pages `docs/rulebook.md` and `docs/findings.md`, made from the rulebook and the catalogue.

What stands in them is in `templates/docs`. `coverage.csv`, which takes no part in scoring, says
what becomes of every sentence of the measure.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pipeline import wording
from pipeline.errors import UserError, reason
from pipeline.findings import CATALOGUE
from pipeline.rulebook import FIGURES, MARKS, Clause, Rulebook
from pipeline.rulebook.model import Line, Row, Text, Words
from pipeline.rulebook.tables import Table
from pipeline.text import from_template

COVERAGE = "coverage.csv"
SCORED = "计分"
_EVERY_CLAIM = (
    "clause-missing", "clause-unknown", "clause-several", "clause-other-sheet", "title-missing",
    "date-missing", "date-unclear", "date-early", "date-late", "date-range", "cell-read-as",
    "cell-formula", "cell-error", "cell-boolean", "ruling-accepted", "ruling-refused",
    "date-after-return",
    "claim-elsewhere", "claim-beside", "points-elsewhere", "points-none", "object-several",
)  # fmt: skip
"""Findings that a claim of any clause may meet."""


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


def findings_of(clause: Clause, rulebook: Rulebook) -> tuple[str, ...]:
    """The codes of findings that a claim of this clause may meet, besides those of every claim."""
    figures = clause.measure in FIGURES
    groups: list[tuple[bool, Sequence[str]]] = [
        (bool(clause.evidence), ("evidence-missing",)),
        (
            len(clause.evidence) > 1 and any(r.patch == "evidence" for r in rulebook.readings),
            ("evidence-short",),
        ),
        (bool(clause.evidence), ("attachment-missing", "attachment-empty", "attachment-shared")),
        (clause.measure == "words", ("words-missing", "words-bad")),
        (figures, ("base-missing", "base-bad", "base-none", "done-missing", "done-bad")),
        (figures, ("date-figures", "date-late-figures")),
        (clause.measure in (*FIGURES, "count", "distinct"), ("points-short",)),
        (clause.span[0] < 0, ("points-cost",)),
        (clause.capped, ("done-over-base",)),
        (clause.measure == "distinct", ("object-missing",)),
        (figures, ("claim-repeated-figure",)),
        (not figures, ("claim-repeated", "claim-alike")),
        (clause.office == "records", ("clause-recorded",)),
        (clause.measure in MARKS, ("record-no-mark",)),
        (bool(clause.concerns), ("clause-not-yours",)),
        (clause.office == "confirms", ("record-unseen", "record-unclaimed")),
        (clause.office == "replaces", ("record-used", "record-target")),
    ]
    return tuple(code for applies, codes in groups if applies for code in codes)


def rulebook_page(name: str, rulebook: Rulebook, coverage: Sequence[Coverage]) -> str:
    """The rulebook as a page; `name` is that of its folder."""
    shown = {
        "name": name, "book": rulebook, "coverage": coverage, "say": wording,
        "findings_of": findings_of, "of_every_claim": _EVERY_CLAIM,
    }  # fmt: skip
    return from_template("docs/rulebook.md.j2", shown, _plain)


def findings_page() -> str:
    """The catalogue of findings as a page."""
    return from_template("docs/findings.md.j2", {"catalogue": CATALOGUE}, _plain)


def _plain(value: object) -> str:
    """Text that Markdown takes as it stands: no markup, no broken table."""
    return re.sub(r"([\\|*<>])", r"\\\1", " ".join(str(value).split()))


def write_documents(folder: Path, rulebook_folder: Path, rulebook: Rulebook) -> list[Path]:
    """Write both pages into a folder, UserError where they cannot be written; gives their paths."""
    coverage = load_coverage(rulebook_folder, rulebook)
    pages = {
        folder / "rulebook.md": rulebook_page(rulebook_folder.name, rulebook, coverage),
        folder / "findings.md": findings_page(),
    }
    for path, text in pages.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        except OSError as error:
            raise UserError(f"写不进 {path}：{reason(error)}") from error
    return list(pages)
