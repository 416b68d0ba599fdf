"""The pages `docs/rulebook.md` and `docs/findings.md`, made from the rulebook and the catalogue.

What stands in them is in `templates/docs`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline import wording
from pipeline.errors import UserError, reason
from pipeline.findings import CATALOGUE
from pipeline.rulebook import FIGURES, MARKS, Clause, Rulebook
from pipeline.rulebook.coverage import Coverage, load_coverage
from pipeline.text import from_template

_EVERY_CLAIM = (
    "clause-missing", "clause-unknown", "clause-other-sheet", "title-missing", "date-missing",
    "date-unclear", "date-early", "date-late", "date-range", "cell-read-as", "cell-formula",
    "cell-error", "cell-boolean", "ruling-accepted", "ruling-refused", "date-after-return",
    "claim-elsewhere", "claim-beside", "points-elsewhere", "points-none", "object-several",
)  # fmt: skip
"""Findings that a claim of any clause may meet."""


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
