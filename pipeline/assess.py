"""The line from raw returns to an `Outcome`: one step after the other, nothing read or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.findings import OFFICE, Findings
from pipeline.intake import Batch, build_batch
from pipeline.judging.acceptance import Acceptance, Senses, accept
from pipeline.judging.attachments import report_attachments
from pipeline.judging.checks import failures
from pipeline.judging.claim_findings import ClaimFindings
from pipeline.judging.files import files_table, others_table
from pipeline.judging.ledger import build_ledger
from pipeline.judging.office import report_records, report_rulings
from pipeline.judging.register import Register, read_register
from pipeline.judging.return_findings import ReturnFindings, report_entries
from pipeline.judging.statuses import Settled, settle
from pipeline.outcome import NORMAL, PLACES, Outcome
from pipeline.reading.discover import Entry
from pipeline.reading.raw import RawReturn
from pipeline.rulebook import Rulebook
from pipeline.scoring.awards import propose
from pipeline.scoring.combinations import Combinations, combine
from pipeline.scoring.impact import decisive_sentences, readings_table
from pipeline.scoring.score import Case, Floats, Scored, places, score


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


class Assessment:
    """One batch under the taken readings, and what is needed to take them otherwise."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.rulebook = inputs.rulebook.under(inputs.alternative)
        self._codes = {unit: code for code, unit in enumerate(self.rulebook.units)}
        self.findings = Findings()
        self.office_findings = Findings(OFFICE)
        self.batch: Batch = build_batch(inputs.returns, inputs.rulebook)
        self.register: Register = read_register(
            inputs.registers, inputs.rulebook, self.office_findings
        )
        self.failures = failures(self.batch.claims, inputs.rulebook)
        self.figures = self._office_figures()
        self._senses = senses_of(self.rulebook)
        self._accepted: dict[Senses, tuple[Settled, Acceptance]] = {}
        self._standing: tuple[tuple[Senses, str], pd.DataFrame] | None = None

    def accepted(self, senses: Senses) -> tuple[Settled, Acceptance]:
        """Statuses and acceptance in these senses; kept for the run's own and for the last."""
        if senses not in self._accepted:
            settled = settle(
                self.batch.returns,
                self.inputs.rulebook,
                self.register.receipts,
                self.register.disqualified,
                inclusive=senses.inclusive,
            )
            acceptance = accept(
                self.batch, self.failures, settled, self.register.rulings, self.rulebook, senses
            )
            own = {key: kept for key, kept in self._accepted.items() if key == self._senses}
            self._accepted = {**own, senses: (settled, acceptance)}  # a nation's fill the memory
        return self._accepted[senses]

    def _office_figures(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Figures of 平时考查 that replace the units' own, added up over a unit's rows."""
        clauses = {clause: code for code, clause in enumerate(self.rulebook.clause_ids)}
        records = self.register.records
        figures: dict[tuple[int, int], tuple[int, int]] = {}
        for row in records[records["base"].notna()].to_dict("records"):
            place = self._codes[row["unit"]], clauses[row["clause"]]
            base, done = figures.get(place, (0, 0))
            figures[place] = base + int(row["base"]), done + int(row["done"])
        return figures

    def _standing_claims(self, senses: Senses, stage: str) -> pd.DataFrame:
        """The claims that count at a stage; kept for the next scoring, which mostly asks again."""
        if self._standing is None or self._standing[0] != (senses, stage):
            self._standing = None
            claims = self.accepted(senses)[1].standing(self.batch, stage)
            self._standing = (senses, stage), claims
        return self._standing[1]

    def score(self, rulebook: Rulebook, stage: str = "accepted") -> Scored:
        """Points of all units at a stage: `claimed`, `checked` or `accepted`; NaN if not 正常."""
        senses = senses_of(rulebook)
        settled, acceptance = self.accepted(senses)
        ranked = np.array([settled.unit[unit] == NORMAL for unit in rulebook.units])
        office = stage != "claimed"
        case = Case(
            self._standing_claims(senses, stage),
            ranked,
            {k: v for k, v in self.figures.items() if office and ranked[k[0]]},
            {k: v[0] for k, v in acceptance.overrides.items()} if stage == "accepted" else {},
        )
        return score(case, rulebook)

    def ranked_points(self, rulebook: Rulebook) -> Floats:
        """Final points, NaN for units that are not 正常: what `combine` asks for."""
        return self.score(rulebook).points

    def outcome(self) -> Outcome:
        """Score, rank, report: everything the writers need."""
        book, inputs = self.rulebook, self.inputs
        senses = self._senses
        settled, acceptance = self.accepted(senses)
        scored = self.score(book)
        combinations = combine(inputs.rulebook, book.taken, self.ranked_points)
        self._accepted = {senses: (settled, acceptance)}  # a nation's others fill the memory
        self._standing = None
        reasons = self._report(settled, acceptance, senses, scored)
        units = self._units(settled, scored, combinations)
        ranked = units.loc[units["status"] == NORMAL, "unit"].tolist()
        codes = [self._codes[unit] for unit in ranked]
        points = pd.DataFrame(scored.points[codes], index=ranked, columns=list(book.clause_ids))
        values = pd.DataFrame(scored.values[codes], index=ranked, columns=list(book.clause_ids))
        applied = self._applied(acceptance)
        self._standing = None  # what is not needed any more makes room for the ledger
        earned = pd.Series(scored.claims, index=acceptance.accepted)
        claims = build_ledger(
            self.batch, settled, acceptance, earned, reasons, self.register.rulings, book
        )
        return Outcome(
            rulebook=book,
            alternative=inputs.alternative,
            stage="核定" if len(applied) else "初评",
            when=inputs.when,
            facts=[],
            units=units,
            sections=_by_section(points, book),
            points=points,
            values=values,
            claims=claims,
            findings=self._sorted_findings(),
            files=files_table(self.batch.returns, settled, book),
            readings=readings_table(book, inputs.alternative, combinations),
            awards=self.register.places,
            rulings=applied,
            decisive=decisive_sentences(book, combinations, self.register.places),
            others=others_table(self.inputs.entries),
        )

    def _report(
        self, settled: Settled, acceptance: Acceptance, senses: Senses, scored: Scored
    ) -> dict[int, list[str]]:
        """Fill the findings; give what the ledger says of single claims."""
        book, register = self.rulebook, self.register
        report_entries(self.inputs.entries, self.findings)
        ReturnFindings(self.batch, settled, book, self.findings).report(register.disqualified)
        on_claims = ClaimFindings(
            self.batch, book, acceptance, register.rulings, senses, self.findings
        )
        on_claims.report(self.failures)
        report_records(on_claims, register, self.figures)
        report_attachments(on_claims, self.inputs.entries)
        report_rulings(on_claims, register, settled, self.office_findings)
        on_claims.read_as()
        nothing = scored.claims == 0
        for claim, silent in zip(acceptance.accepted[nothing], scored.silent[nothing], strict=True):
            reason = "按现行口径，同一事项已在别处计分" if silent else "达不到最低一档，计0分"
            on_claims.reasons.setdefault(claim, []).append(reason)
        return on_claims.reasons

    def _units(
        self,
        settled: Settled,
        scored: Scored,
        combinations: Combinations,
    ) -> pd.DataFrame:
        book = self.rulebook
        key = [i for i, c in enumerate(book.clauses) if c.section_key == book.key_section]
        final = scored.points
        totals = np.round(final.sum(axis=1), PLACES)
        keys = np.round(final[:, key].sum(axis=1), PLACES)
        staged = {
            stage: np.round(self.score(book, stage).points.sum(axis=1), PLACES)
            for stage in ("claimed", "checked")
        }
        everywhere = np.isnan(combinations.places).all(axis=0)
        range_of = np.where(everywhere, 0.0, combinations.places)
        best, worst = np.nanmin(range_of, axis=0), np.nanmax(range_of, axis=0)
        used = {unit: self.batch.returns["file"].iat[p] for unit, p in settled.used.items()}
        dates = {unit: settled.date[p] for unit, p in settled.used.items()}
        normal = ~np.isnan(totals)
        units = pd.DataFrame(
            {
                "unit": book.units,
                "status": [settled.unit[unit] for unit in book.units],
                "place": _whole(places(totals)),
                "total": totals,
                "key_place": _whole(places(keys)),
                "key_points": keys,
                "claimed": staged["claimed"],
                "checked": staged["checked"],
                "change": np.round(totals - staged["checked"], PLACES),
                "best": _whole(np.where(normal, best, np.nan)),
                "worst": _whole(np.where(normal, worst, np.nan)),
                "date": pd.to_datetime(pd.Series([dates.get(unit) for unit in book.units])),
                "file": [used.get(unit, "") for unit in book.units],
            }
        )
        units["award"], units["key_award"] = propose(units, book, final, self.register.places)
        return units.sort_values("place", kind="stable", na_position="last", ignore_index=True)

    def _applied(self, acceptance: Acceptance) -> pd.DataFrame:
        """Rulings that had a say in the result."""
        used = set(acceptance.claims["ruling"]) | {p for _, p in acceptance.overrides.values()}
        return self.register.rulings.iloc[sorted(used - {-1})].reset_index(drop=True)

    def _sorted_findings(self) -> pd.DataFrame:
        """Returns by unit, file, sheet and row; what concerns the office last."""
        table = self.findings.table()
        order = {unit: code for code, unit in enumerate(self.rulebook.units)}
        sheets = [layout.COVER, *(sheet.name for sheet in self.rulebook.sheets)]
        sheet_order = {name: code for code, name in enumerate(sheets)}
        keys = pd.DataFrame(
            {
                "unit": table["unit"].map(order).fillna(len(order)),
                "file": table["file"],
                "sheet": table["sheet"].map(sheet_order).fillna(-1),
                "row": table["cell"].str.extract(r"(\d+)$")[0].fillna("0").astype("int64"),
            }
        )
        ordered = table.loc[keys.sort_values(keys.columns.tolist(), kind="stable").index]
        return pd.concat([ordered, self.office_findings.table()], ignore_index=True)


def senses_of(rulebook: Rulebook) -> Senses:
    """The readings in force that decide what is accepted."""
    return Senses(inclusive=rulebook.inclusive, partial=rulebook.partial)


def _whole(values: Floats) -> "pd.Series[int]":
    return pd.Series(values).astype("Int64")


def _by_section(points: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    sections = {
        section: [c.id for c in rulebook.clauses if c.section == section]
        for section in rulebook.sections
    }
    return pd.DataFrame(
        {name: points[ids].sum(axis=1).round(PLACES) for name, ids in sections.items()},
        index=points.index,
    )
