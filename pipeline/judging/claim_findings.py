"""What is wrong with each claim, put into findings at its cells and into the ledger's reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.findings import CATALOGUE, Finding, Findings, fill
from pipeline.intake import NUMBERS, Batch, firsts
from pipeline.judging.acceptance import Acceptance, Senses
from pipeline.judging.checks import LATE_IF_INCLUSIVE, NEEDS_ALL, NEEDS_ANY
from pipeline.layout import RULING_ACCEPT, RULING_REFUSE
from pipeline.normalise import as_text
from pipeline.rulebook import FIGURES, Rulebook

_ROLE_OF = {
    "title-missing": "title",
    "date-missing": "date",
    "date-unclear": "date",
    "date-early": "date",
    "date-late": "date",
    "words-missing": "words",
    "words-bad": "words",
    "base-missing": "base",
    "base-bad": "base",
    "done-missing": "done",
    "done-bad": "done",
    "done-over-base": "done",
    "object-missing": "object",
}


@dataclass
class ClaimFindings:
    """Findings on the claims of 正常 units, and what the ledger says about each claim.

    Attributes:
        findings: where findings go.
        reasons: claim → the sentences of its ledger row.
    """

    batch: Batch
    rulebook: Rulebook
    acceptance: Acceptance
    rulings: pd.DataFrame
    senses: Senses
    findings: Findings
    reasons: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out what is looked up for single claims: findings are few, claims are many."""
        decided = self.acceptance.claims
        self._unit_codes = np.full(len(self.batch.claims), -1)
        self._unit_codes[decided.index] = decided["unit"]
        self._columns: dict[str, npt.NDArray[Any]] = {}

    def _value(self, claim: int, column: str) -> Any:
        """A claim's value in a column of `Batch.claims`, whose index counts from 0."""
        if column not in self._columns:
            self._columns[column] = self.batch.claims[column].to_numpy()
        return self._columns[column][claim]

    def _unit(self, claim: int) -> str:
        code: int = self._unit_codes[claim]
        return self.rulebook.units[code]

    def _header(self, claim: int, role: str) -> str:
        return self.rulebook.sheet[self._value(claim, "sheet")].header(role)

    @property
    def claims(self) -> list[int]:
        """The claims of 正常 units, in order."""
        return self.acceptance.claims.index.tolist()

    def file_of(self, claim: int) -> str:
        """The return that a claim stands in."""
        ret: int = self._value(claim, "ret")
        return self.batch.raw[ret].path

    def where(self, claim: int) -> str:
        """Unit, sheet and row of a claim."""
        return f"{self._unit(claim)} {self._place(claim)}"

    def evidence(self, claim: int) -> Iterator[tuple[str, str]]:
        """Evidence columns that a claim fills, with their text."""
        for header in self.rulebook.sheet[self._value(claim, "sheet")].headers("evidence"):
            if text := self._value(claim, header):
                yield header, text

    def report(self, failures: pd.DataFrame) -> None:
        """Add a finding for every broken rule, repetition, ruling, range and likeness."""
        accepted = self.acceptance.claims["accepted"]
        self._broken_rules(failures, accepted)
        self._repeats()
        self._refused_by_ruling()
        self._partial_evidence(failures, accepted)
        self._ranges(accepted)
        self._alike(accepted)

    def add(self, code: str, claim: int, header: str, /, **details: object) -> None:
        """One finding at a cell of a claim; its sentence also goes into the ledger."""
        finding = self._find(code, claim, header, **details)
        self.reasons.setdefault(claim, []).append(finding.problem)

    def _find(self, code: str, claim: int, header: str, /, **details: object) -> Finding:
        ret, sheet = self._value(claim, "ret"), self._value(claim, "sheet")
        return self.findings.add(
            code,
            unit=self._unit(claim),
            file=self.batch.raw[ret].path,
            sheet=sheet,
            cell=self.batch.cell(ret, sheet, header, self._value(claim, "row")),
            clause=self._value(claim, "clause") or self._value(claim, "clause_text"),
            title=self._value(claim, "title"),
            **details,
        )

    def _broken_rules(self, failures: pd.DataFrame, accepted: "pd.Series[bool]") -> None:
        shown = failures[
            failures["claim"].isin(accepted.index) & ~failures["code"].isin(self.senses.ignored)
        ]
        fine = set(accepted.index[accepted].tolist())
        ruling = self.acceptance.claims["ruling"]
        for claim, name, column in _rows(shown, "claim", "code", "column"):
            code, header, details = self._describe(claim, name, column)
            if claim in fine:
                problem = fill(CATALOGUE[code].problem, details)
                reason = self.rulings["reason"].iat[ruling.loc[claim]] or "未写理由"
                self.add("ruling-accepted", claim, header, detail=problem, reason=reason)
            else:
                self.add(code, claim, header, **details)

    def _describe(self, claim: int, code: str, column: str) -> tuple[str, str, dict[str, Any]]:
        """Code, header of the cell, and details of one broken rule."""
        clause = self.rulebook.clause.get(self._value(claim, "clause"))
        if code == LATE_IF_INCLUSIVE:
            code = "date-late"
        if code == NEEDS_ALL:
            header = column.removeprefix("有")
            return code, header, {"detail": header}
        if code == NEEDS_ANY and clause:
            return NEEDS_ALL, clause.evidence[0], {"detail": "、".join(clause.evidence)}
        if code.startswith("clause-"):
            detail = clause.id if clause else self._value(claim, "clause_text")
            meant = clause.sheet if clause else ""
            return code, self._header(claim, "clause"), {"detail": detail, "meant": meant}
        header = self._header(claim, _ROLE_OF[code])
        return code, header, self._details(claim, code, header)

    def _details(self, claim: int, code: str, header: str) -> dict[str, Any]:
        book = self.rulebook
        if code == "date-unclear":
            return {
                "header": header,
                "detail": self._value(claim, "date_text"),
                "reason": self._value(claim, "date_reason"),
                "example": (book.deadline - timedelta(days=30)).isoformat(),
            }
        if code == "date-early":
            day = _day(self._value(claim, "day"))
            return {"header": header, "detail": day, "limit": book.first_day}
        if code == "date-late":
            limit = book.deadline + timedelta(days=1 if self.senses.inclusive else 0)
            return {"header": header, "detail": _day(self._value(claim, "last")), "limit": limit}
        if code == "done-over-base":
            done, base = self._value(claim, "done"), self._value(claim, "base")
            return {"detail": as_text(done), "limit": as_text(base)}
        name, _, fault = code.partition("-")
        meaning = getattr(book.clause.get(self._value(claim, "clause")), name, "")
        written = self._value(claim, f"{name}_text") if fault == "bad" else header
        return {"header": header, "meaning": meaning, "example": 800, "detail": written}

    def _repeats(self) -> None:
        repeats = self.acceptance.claims["repeats"]
        for claim, earlier in _items(repeats[repeats >= 0]):
            figure = self.rulebook.clause[self._value(claim, "clause")].measure in FIGURES
            code = "claim-repeated-figure" if figure else "claim-repeated"
            self.add(code, claim, self._header(claim, "clause"), detail=self._value(earlier, "row"))

    def _refused_by_ruling(self) -> None:
        for claim, position in self._ruled(RULING_REFUSE):
            reason = self.rulings["reason"].iat[position] or "未写理由"
            self.add("ruling-refused", claim, self._header(claim, "clause"), detail=reason)

    def _ruled(self, word: str) -> Iterator[tuple[int, int]]:
        """Claims under a ruling of this word, with its position."""
        ruled = self.acceptance.claims["ruling"]
        for claim, position in _items(ruled[ruled >= 0]):
            if self.rulings["word"].iat[position] == word:
                yield claim, position

    def not_lifted(self) -> Iterator[tuple[int, str]]:
        """Positions of rulings 认定 that could not help a claim, with its reasons."""
        accepted = self.acceptance.claims["accepted"]
        for claim, position in self._ruled(RULING_ACCEPT):
            if not accepted.loc[claim]:
                yield position, f"{self._place(claim)}，{'；'.join(self.reasons.get(claim, []))}"

    def _place(self, claim: int) -> str:
        return f"{self._value(claim, 'sheet')} 第 {self._value(claim, 'row')} 行"

    def _partial_evidence(self, failures: pd.DataFrame, accepted: "pd.Series[bool]") -> None:
        if not self.senses.partial:
            return
        lacking = failures[
            (failures["code"] == NEEDS_ALL) & failures["claim"].isin(accepted.index[accepted])
        ]
        for claim, column in _rows(lacking, "claim", "column"):
            header = column.removeprefix("有")
            self.add("evidence-short", claim, header, detail=header)

    def _ranges(self, accepted: "pd.Series[bool]") -> None:
        ranged = self.batch.claims["is_range"].reindex(accepted.index) & accepted
        for claim in ranged.index[ranged].tolist():
            header = self._header(claim, "date")
            detail, first = self._value(claim, "date_text"), _day(self._value(claim, "day"))
            self.add("date-range", claim, header, header=header, detail=detail, first=first)

    def _alike(self, accepted: "pd.Series[bool]") -> None:
        """Same clause, title and date in two units (三（三）: fraud is looked for)."""
        figures = np.array([clause.measure in FIGURES for clause in self.rulebook.clauses])
        what = ["clause", "what", "when"]
        claims = self.acceptance.claims.loc[accepted, ["unit", "key", *what]]
        claims = claims[~figures[claims["clause"].to_numpy()] & (claims["key"] != "")]
        claims = claims[claims.duplicated(what, keep=False)]  # few: the rest is quick
        several = claims[claims.groupby(what, sort=False)["unit"].transform("nunique") > 1]
        for _, group in several.groupby(what, sort=False):
            units = group["unit"].to_dict()
            for claim, unit in units.items():
                other = next(c for c, u in units.items() if u != unit)
                self.add(
                    "claim-alike", claim, self._header(claim, "title"), detail=self.where(other)
                )

    def read_as(self) -> None:
        """List what was read otherwise than it is written (原值 → 采用值), as 提示."""
        used = self.acceptance.claims.index.to_numpy()
        claims = self.batch.claims
        dated = used[(claims["day"].notna() & ~claims["is_range"]).to_numpy()[used]]
        days = claims["day"].to_numpy()[dated]
        self._changed("date", dated, claims["date_text"], days, _day, str.startswith)
        for name in NUMBERS:
            told = used[claims[name].notna().to_numpy()[used]]
            numbers = claims[name].to_numpy()[told]
            self._changed(name, told, claims[f"{name}_text"], numbers, as_text, str.__eq__)
        known = used[claims["clause"].notna().to_numpy()[used]]
        clauses = claims["clause"].to_numpy()[known]
        self._changed("clause", known, claims["clause_text"], clauses, str, str.startswith)

    def _changed(
        self,
        role: str,
        claims: npt.NDArray[np.int64],
        texts: "pd.Series[str]",
        values: npt.NDArray[Any],
        shown: Callable[[Any], str],
        alike: Callable[[str, str], bool],
    ) -> None:
        # A text is always read the same way: each is compared once.
        which = texts.cat.codes.to_numpy()[claims]
        raw, read = texts.cat.categories, {}
        for code, at in enumerate(firsts(which, len(raw)).tolist()):
            if at >= 0 and not alike(raw[code], value := shown(values[at])):
                read[code] = value
        for at in np.flatnonzero(np.isin(which, list(read))).tolist():
            claim, code = int(claims[at]), int(which[at])
            self._find(
                "cell-read-as", claim, self._header(claim, role), raw=raw[code], value=read[code]
            )


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns as plain tuples."""
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _items(series: "pd.Series[Any]") -> Iterator[tuple[int, Any]]:
    """Claims and values of a series."""
    return zip(series.index.tolist(), series.tolist(), strict=True)


def _day(value: Any) -> str:
    return str(np.datetime64(value, "D"))
