"""The line from raw returns to an `Outcome`: one step after the other, nothing read or written.

One table of claims, one index from cell to ledger, gains columns on its way (see `columns`):

| step | columns |
|---|---|
| `intake.build_batch` | `ClaimTable`: what stands in the cells, and what it was read as |
| `rules.failures` | a table beside it: the rules that each claim breaks |
| `acceptance.accept` | `JudgedTable`: unit, claimed, checked, accepted, repeats, beside, ruling |
| `scoring.score` | points and silent, of the claims that count |
| `ClaimFindings.ledger` | the ledger (`Outcome.claims`): what became of each, and why |
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations as subsets

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.findings import OFFICE, Findings
from pipeline.intake import Batch, build_batch
from pipeline.judging.acceptance import (
    Acceptance,
    accept,
    entries_of,
    figures_of,
    set_targets,
    targets_of,
)
from pipeline.judging.attachments import report_attachments
from pipeline.judging.claim_findings import ClaimFindings
from pipeline.judging.office import Register, read_register
from pipeline.judging.return_findings import (
    files_table,
    others_table,
    report_decisions,
    report_entries,
    report_receipts,
    report_returns,
)
from pipeline.judging.rules import failures
from pipeline.judging.statuses import Settled, settle
from pipeline.outcome import NORMAL, PLACES, TIE, Outcome, column_of
from pipeline.reading.discover import Entry
from pipeline.reading.raw import RawReturn
from pipeline.rulebook import TOTAL, Rulebook
from pipeline.scoring.awards import contests, grades, joined, propose, ties, vetoes
from pipeline.scoring.combinations import (
    Combinations,
    combine,
    decisive_sentences,
    readings_table,
)
from pipeline.scoring.score import Case, Floats, Scored, Tally, groups_of, places, score, tally

STAGES = ("claimed", "checked", "accepted")
"""自报, 初评, 核定."""


@dataclass(frozen=True)
class Inputs:
    """What a run works on.

    Attributes:
        rulebook: the rules.
        entries: what lies in the returns folder.
        returns: the returns among them, as read.
        registers: the office's workbooks, as read.
        alternative: readings taken in their alternative sense.
        when: time of the run.
    """

    rulebook: Rulebook
    entries: Sequence[Entry]
    returns: Sequence[RawReturn]
    registers: Sequence[RawReturn]
    alternative: tuple[str, ...]
    when: datetime


_SCORED = ["clause", "title_key", "words", "base_exact", "done_exact", "object_key", "last"]
"""Columns of claims that scoring asks for."""


class Judgement:
    """A batch judged under every sense of acceptance: what any combination of readings needs.

    Attributes:
        settled, acceptance: what became of returns and claims by the rules in force.
        cases: stage → what is scored there, by the rules in force.
    """

    settled: Settled
    acceptance: Acceptance
    cases: Mapping[str, Case]

    def __init__(self, inputs: Inputs) -> None:
        self.findings, self.office = Findings(), Findings(OFFICE)
        plain = inputs.rulebook
        self.batch: Batch = build_batch(inputs.returns, plain)
        self.register: Register = read_register(inputs.registers, plain, self.office)
        self.rulebook = plain.under(self.register.in_force(inputs.alternative, plain))
        self.figures = figures_of(self.register.records, plain)
        self.entries = entries_of(self.register.entries, plain)
        self.targets = targets_of(self.register.records)
        set_targets(self.batch, self.targets)
        broken = failures(self.batch.claims, plain, self.batch.returns["unit"].tolist())
        judging = [r.id for r in plain.readings if r.patch in ("deadline", "evidence", "earlier")]
        self._claims = self.batch.claims.assign(clause=self.batch.claims["code"])[_SCORED]
        self._accepted: dict[object, Case] = {}
        settled: dict[bool, Settled] = {}
        for size in range(len(judging) + 1):
            for taken in subsets(judging, size):
                book = plain.under(taken)
                if book.inclusive not in settled:
                    settled[book.inclusive] = self._settle(book)
                self._judge(book, settled[book.inclusive], broken)

    def _settle(self, book: Rulebook) -> Settled:
        register = self.register
        return settle(
            self.batch.returns, book.plain or book, register.receipts, register.disqualified,
            inclusive=book.inclusive,
        )  # fmt: skip

    def _judge(self, book: Rulebook, settled: Settled, broken: pd.DataFrame) -> None:
        acceptance = accept(self.batch, broken, settled, self.register.rulings, book)
        taken = _sense(book) == _sense(self.rulebook)
        cases = {
            stage: self._case(book, settled, acceptance, stage)
            for stage in (STAGES if taken else STAGES[-1:])
        }
        self._accepted[_sense(book)] = cases["accepted"]
        if taken:
            self.settled, self.acceptance, self.cases = settled, acceptance, cases

    def _case(self, book: Rulebook, settled: Settled, acceptance: Acceptance, stage: str) -> Case:
        ranked = np.array([settled.unit[unit] == NORMAL for unit in book.units])
        claims = self._claims.assign(unit=acceptance.claims["unit"])
        counts = acceptance.claims[stage].to_numpy()
        if stage == "claimed":
            return Case(claims, ranked, counts)
        overrides = {place: points for place, (points, _) in acceptance.rulings.overrides.items()}
        return Case(
            claims, ranked, counts,
            {place: pair for place, pair in self.figures.items() if ranked[place[0]]},
            overrides if stage == "accepted" else {},
            acceptance.fallback(self.batch, book, stage),
            self.entries,
        )  # fmt: skip

    def score(self, rulebook: Rulebook) -> Scored:
        """Points of all units by these rules; NaN where they are not 正常."""
        return score(self._accepted[_sense(rulebook)], rulebook)

    def totals(self, stage: str) -> Floats:
        """Total points of all units at a stage."""
        points = score(self.cases[stage], self.rulebook).points
        return tally(self.rulebook, points).points[TOTAL]

    def combinations(self) -> Combinations:
        """Totals and places under every combination of readings."""
        plain = self.rulebook.plain or self.rulebook
        items = lambda book: tally(book, self.score(book).points).items  # noqa: E731
        return combine(plain, self.rulebook.taken, items)


def _sense(rulebook: Rulebook) -> object:
    return rulebook.inclusive, rulebook.partial, rulebook.earlier


def assess(inputs: Inputs) -> Outcome:
    """Judge, score, rank, report: everything the writers need.

    Raises:
        RegisterError: the register cannot be used.
    """
    judgement = Judgement(inputs)
    book, batch, register = judgement.rulebook, judgement.batch, judgement.register
    settled, acceptance = judgement.settled, judgement.acceptance
    scored = judgement.score(book)
    added = tally(book, scored.points)
    combined = judgement.combinations()
    claims = batch.claims.join(acceptance.claims)
    counts = claims.index[claims["accepted"]]
    claims["points"] = pd.Series(scored.claims, counts)
    claims["silent"] = pd.Series(scored.silent, counts)
    on_claims = _report(inputs, judgement, claims, scored)
    vetoed = vetoes(book, scored, added, register.vetoed)
    units, proposed = _units(judgement, added, combined, vetoed)
    points, values, sections, sums = _of_ranked(book, units, scored, added)
    applied = _applied(settled, acceptance, register)
    return Outcome(
        rulebook=book,
        alternative=book.taken,
        stage="审定" if len(register.decisions) else "核定" if len(applied) else "初评",
        when=inputs.when,
        facts=[],
        units=units.reset_index(drop=True),
        sections=sections,
        sums=sums,
        parts=_parts(scored, units, book),
        points=points,
        values=values,
        claims=on_claims.ledger(),
        findings=_sorted(judgement.findings, judgement.office, book),
        files=files_table(batch.returns, settled, register.disqualified, book),
        readings=readings_table(book, book.taken, combined),
        awards=_seats(book, register),
        rulings=applied,
        disputed=register.rulings.iloc[sorted(acceptance.rulings.disputed)],
        records=register.records,
        entries=register.entries,
        decisive=decisive_sentences(book, combined, _seats(book, register)),
        others=others_table(inputs.entries),
        proposals=_proposals(proposed.loc[units.index].set_axis(units["unit"])),
        contests=contests(book, added, proposed, vetoed),
        decisions=register.decisions,
    )


def _of_ranked(
    book: Rulebook, units: pd.DataFrame, scored: Scored, added: Tally
) -> list[pd.DataFrame]:
    """`Outcome.points`, `values`, `sections` and `sums`."""
    ranked = units.loc[units["status"] == NORMAL, "unit"].tolist()
    codes = [book.unit_codes[unit] for unit in ranked]
    names = [row.name for row in book.sums]
    tables: list[tuple[Floats, Iterable[str]]] = [
        (scored.points, book.clause_ids),
        (scored.values, book.clause_ids),
        (added.of(book.sections.values()), book.sections),
        (added.of(names), names),
    ]
    return [pd.DataFrame(t[codes], index=ranked, columns=list(columns)) for t, columns in tables]


def _parts(scored: Scored, units: pd.DataFrame, book: Rulebook) -> pd.DataFrame:
    """`Outcome.parts`."""
    if not scored.parts:
        return pd.DataFrame()
    rows = pd.concat(scored.parts, ignore_index=True)
    rows["unit"] = rows["unit"].map(dict(enumerate(book.units)))
    return rows[rows["unit"].isin(units.loc[units["status"] == NORMAL, "unit"])]


def _report(
    inputs: Inputs, judgement: Judgement, claims: pd.DataFrame, scored: Scored
) -> ClaimFindings:
    """Fill the findings; give those on claims, of which the ledger is made."""
    book, register, findings = judgement.rulebook, judgement.register, judgement.findings
    settled, acceptance = judgement.settled, judgement.acceptance
    report_entries(inputs.entries, findings)
    report_returns(judgement.batch, settled, register.disqualified, book, findings)
    on_claims = ClaimFindings(judgement.batch, settled, acceptance, claims, book, findings)
    on_claims.report()
    on_claims.report_records(register.records, judgement.figures, judgement.targets)
    on_claims.report_unclaimed(register.records, judgement.office)
    on_claims.report_unmarked(register.entries, judgement.office)
    report_attachments(on_claims, inputs.entries)
    report_receipts(settled, judgement.office)
    report_decisions(register.decisions, settled, judgement.office)
    on_claims.report_rulings(judgement.office)
    on_claims.read_as(judgement.targets)
    case = judgement.cases["accepted"]
    costs = [p for p in case.fallback if scored.points[p] < 0
             and p not in case.overrides and p not in case.figures]  # fmt: skip
    on_claims.report_points(scored, costs)
    return on_claims


def _units(
    judgement: Judgement, added: Tally, combined: Combinations, vetoed: Sequence[tuple[str, ...]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`Outcome.units`, and what `propose` gives."""
    book, register = judgement.rulebook, judgement.register
    settled, groups = judgement.settled, groups_of(book)
    totals = added.points[TOTAL]
    keys = added.points.get(book.key_section, np.full_like(totals, np.nan))
    claimed, checked = (judgement.totals(stage) for stage in STAGES[:2])
    proposed = propose(book, added, _seats(book, register), vetoed)
    spread = pd.DataFrame(combined.places)
    normal = pd.Series(~np.isnan(totals))
    used = {unit: judgement.batch.returns["file"].iat[p] for unit, p in settled.used.items()}
    dates = {unit: settled.day(p) for unit, p in settled.used.items()}
    units = pd.DataFrame(
        {
            "unit": book.units,
            "status": [settled.unit[unit] for unit in book.units],
            "group": [row.group for row in book.roster],
            "place": _whole(places(added.standing, groups)),
            "total": totals,
            "key_place": _whole(places(keys, groups)),
            "key_points": keys,
            "claimed": claimed,
            "checked": checked,
            "change": np.round(totals - checked, PLACES),
            "best": _whole(spread.min().where(normal)),
            "worst": _whole(spread.max().where(normal)),
            "date": pd.to_datetime(pd.Series([dates.get(unit) for unit in book.units])),
            "file": [used.get(unit, "") for unit in book.units],
        }
    )
    for column in ("award", "key_award"):
        units[column] = joined(
            proposed, [award for award in book.awards if column_of(award, book) == column]
        )
    units["grade"] = grades(book, added, vetoed)
    units["tie"] = ties(book, added)
    units["veto"] = ["；".join(names) for names in vetoed]
    order = units.assign(group=np.where(units["place"].isna(), np.inf, groups))
    at = order.sort_values(["group", "place"], kind="stable", na_position="last").index
    return units.loc[at], proposed


def _proposals(proposed: pd.DataFrame) -> pd.DataFrame:
    """(units × awards) words → `Outcome.proposals`."""
    rows = proposed.reset_index(names="unit").melt("unit", var_name="award", value_name="word")
    rows = rows[rows["word"] != ""].reset_index(drop=True)
    return rows[["award", "unit"]].assign(tied=rows["word"] == TIE)


def _seats(book: Rulebook, register: Register) -> dict[str, int]:
    """Award → places: those that the measure fixes, and what the office set."""
    fixed = {award.name: award.places for award in book.awards if award.places is not None}
    return fixed | register.places


def _applied(settled: Settled, acceptance: Acceptance, register: Register) -> pd.DataFrame:
    """Rulings that had a say in the result; those on a row with the file that is used now."""
    points = {position for _, position in acceptance.rulings.overrides.values()}
    used = set(acceptance.claims["ruling"]) | points
    rulings = register.rulings.iloc[sorted(used - {-1})].reset_index(drop=True)
    pairs = zip(rulings["unit"], rulings["of_file"], strict=True)
    of_file = [settled.used_for(unit, file) for unit, file in pairs]
    return rulings.assign(of_file=pd.Series(of_file, dtype=object))


def _sorted(findings: Findings, office: Findings, rulebook: Rulebook) -> pd.DataFrame:
    """Returns by unit, file, sheet and row; what concerns the office last."""
    table = findings.table()
    sheets = [layout.COVER, *(sheet.name for sheet in rulebook.sheets)]
    keys = pd.DataFrame(
        {
            "unit": table["unit"].map(rulebook.unit_codes).fillna(len(rulebook.units)),
            "file": table["file"],
            "sheet": table["sheet"].map({name: at for at, name in enumerate(sheets)}).fillna(-1),
            "row": table["cell"].str.extract(r"(\d+)$")[0].fillna("0").astype("int64"),
        }
    )
    ordered = table.loc[keys.sort_values(keys.columns.tolist(), kind="stable").index]
    return pd.concat([ordered, office.table()], ignore_index=True)


def _whole(values: "Floats | pd.Series[float]") -> "pd.Series[int]":
    return pd.Series(values).astype("Int64")
