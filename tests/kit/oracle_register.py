"""The oracle's view of the register: the office's figures and targets, points that were changed."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.kit.measure import CAPPED, REPLACED_BY_OFFICE
from tests.kit.oracle_claims import Entry, agreed, of_claim, record_counts, whole
from tests.kit.oracle_returns import Settled
from tests.kit.returns import UNCLEAR, Register, Ruling, Submission, meaning


@dataclass
class Figures:
    """Of one unit, by clause: what the office counted, and the targets that it set."""

    ratios: dict[str, Fraction] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)


def figures_of(unit: str, register: Register) -> Figures:
    """Rows with both figures are added up; 基数 alone is a target, or the base of 完成数 alone."""
    found = Figures()
    for clause in REPLACED_BY_OFFICE:
        rows = [
            (meaning(r.base), meaning(r.done))
            for r in register.records
            if meaning(r.unit) == unit and meaning(r.clause) == clause and record_counts(r)
        ]
        both = [(b, d) for b, d in rows if whole(b, 1) and whole(d, 0)]
        both = [(b, d) for b, d in both if clause not in CAPPED or d <= b]
        bases = [b for b, d in rows if d is None and whole(b, 1)]
        dones = [d for b, d in rows if b is None and whole(d, 0)]
        if dones and bases and (clause not in CAPPED or sum(dones) <= sum(bases)):
            both.append((sum(bases), sum(dones)))
        if both:
            base, done = sum(b for b, _ in both), sum(d for _, d in both)
            found.ratios[clause] = Fraction(done, base)
        elif bases:
            found.targets[clause] = sum(bases)
    return found


def replaced_rows(rulings: list[Ruling], found: Settled, sent: list[Submission]) -> list[Ruling]:
    """Rulings on a row of a replaced file, or of the same bytes, as rulings on the file used."""
    moved = []
    for ruling in rulings:
        copy, origins = found.used, set[str]()
        while copy is not None:
            origins |= {s.file for s in sent if s.digest == copy.digest}
            copy = next((s for s in sent if copy.of and s.digest == copy.of), None)
        if found.used and ruling.file in origins:
            ruling = replace(ruling, file=found.used.file)
        moved.append(ruling)
    return moved


def points_given(unit: str, entries: list[Entry], register: Register) -> dict[str, Fraction]:
    """Clause → points of 改分: of the clause itself, or of its only claim by name or row."""
    fit: dict[str, list[Ruling]] = {}
    for ruling in register.rulings:
        clause, points = str(meaning(ruling.clause)), meaning(ruling.points)
        claims = [entry for entry in entries if entry.clause == clause]
        whole_clause = ruling.row is None and not meaning(ruling.name)
        ours = meaning(ruling.unit) == unit and points not in (None, UNCLEAR)
        only = len(claims) == 1 and of_claim(ruling, claims[0]) > 0
        if ruling.word == "改分" and ours and (whole_clause or only):
            fit.setdefault(clause, []).append(ruling)
    said = {clause: agreed(rulings, "points") for clause, rulings in fit.items()}
    return {clause: Fraction(str(points)) for clause, points in said.items() if points is not None}
