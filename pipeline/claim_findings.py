"""What is wrong with each claim, put into findings at its cells and into the ledger's reason."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from pipeline.acceptance import Acceptance, Senses
from pipeline.checks import LATE_IF_INCLUSIVE, NEEDS_ALL, NEEDS_ANY
from pipeline.findings import CATALOGUE, Findings, shorten
from pipeline.intake import NUMBERS, Batch
from pipeline.layout import RULING_ACCEPT, RULING_REFUSE
from pipeline.normalise import as_text
from pipeline.outcome import ERROR
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
        used = self.acceptance.claims.index
        claims = self.batch.claims.loc[used]
        # Plain dictionaries: findings are few, claims are many.
        self._claims = claims
        self._units = self.rulebook.units

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
        row = self._claims.loc[claim]
        unit = self._units[self.acceptance.claims.at[claim, "unit"]]
        self.findings.add(
            code,
            unit=unit,
            file=self.batch.returns["file"].iat[row["ret"]],
            sheet=row["sheet"],
            cell=self.batch.cell(row["ret"], row["sheet"], header, row["row"]),
            **details,
        )
        self.reasons.setdefault(claim, []).append(self.findings.rows[-1][6])

    def _broken_rules(self, failures: pd.DataFrame, accepted: "pd.Series[bool]") -> None:
        shown = failures[
            failures["claim"].isin(accepted.index) & ~failures["code"].isin(self.senses.ignored)
        ]
        ruling = self.acceptance.claims["ruling"]
        for claim, code, column in shown.itertuples(index=False):
            code, header, details = self._describe(claim, code, column)
            if accepted[claim]:
                kind = CATALOGUE[code]
                problem = kind.problem.format(**{k: shorten(str(v)) for k, v in details.items()})
                reason = self.rulings["reason"].iat[ruling[claim]] or "未写理由"
                self.add("ruling-accepted", claim, header, detail=problem, reason=reason)
            else:
                self.add(code, claim, header, **details)

    def _describe(self, claim: int, code: str, column: str) -> tuple[str, str, dict[str, Any]]:
        """Code, header of the cell, and details of one broken rule."""
        row = self._claims.loc[claim]
        sheet = self.rulebook.sheet[row["sheet"]]
        if code == LATE_IF_INCLUSIVE:
            code = "date-late"
        if code == NEEDS_ALL:
            header = column.removeprefix("有")
            return code, header, {"detail": header}
        if code == NEEDS_ANY:
            wanted = self.rulebook.clause[row["clause"]].evidence
            return NEEDS_ALL, wanted[0], {"detail": "、".join(wanted)}
        if code.startswith("clause-"):
            clause = self.rulebook.clause.get(row["clause"])
            detail = clause.id if clause else row["clause_text"]
            meant = clause.sheet if clause else ""
            return code, sheet.header("clause"), {"detail": detail, "meant": meant}
        header = sheet.header(_ROLE_OF[code])
        return code, header, self._details(row, code, header)

    def _details(self, row: "pd.Series[Any]", code: str, header: str) -> dict[str, Any]:
        book = self.rulebook
        if code == "date-unclear":
            return {
                "header": header,
                "detail": row["date_text"],
                "reason": row["date_reason"],
                "example": (book.deadline - timedelta(days=30)).isoformat(),
            }
        if code == "date-early":
            return {"header": header, "detail": _day(row["day"]), "limit": book.first_day}
        if code == "date-late":
            limit = book.deadline + timedelta(days=1 if self.senses.inclusive else 0)
            return {"header": header, "detail": _day(row["last"]), "limit": limit}
        if code == "done-over-base":
            return {"detail": as_text(row["done"]), "limit": as_text(row["base"])}
        name, _, fault = code.partition("-")
        clause = book.clause.get(row["clause"])
        details = {
            "header": header,
            "meaning": getattr(clause, name, ""),
            "example": 800,
            "detail": row[f"{name}_text"] if fault == "bad" else header,
        }
        return details

    def _repeats(self) -> None:
        repeats = self.acceptance.claims["repeats"]
        for claim, earlier in repeats[repeats >= 0].items():
            row = self._claims.loc[claim]
            figure = self.rulebook.clause[row["clause"]].measure in FIGURES
            code = "claim-repeated-figure" if figure else "claim-repeated"
            header = self.rulebook.sheet[row["sheet"]].header("clause")
            self.add(code, claim, header, detail=self._claims.at[earlier, "row"])

    def _refused_by_ruling(self) -> None:
        for claim, ruling in self._ruled(RULING_REFUSE):
            header = self.rulebook.sheet[self._claims.at[claim, "sheet"]].header("clause")
            self.add("ruling-refused", claim, header, detail=ruling["reason"] or "未写理由")

    def _ruled(self, word: str) -> Iterator[tuple[int, "pd.Series[Any]"]]:
        ruled = self.acceptance.claims["ruling"]
        for claim, position in ruled[ruled >= 0].items():
            ruling = self.rulings.iloc[position]
            if ruling["word"] == word:
                yield claim, ruling

    def not_lifted(self) -> Iterator[tuple[int, str]]:
        """Positions of rulings 认定 that could not help a claim, with its reasons."""
        refused = ~self.acceptance.claims["accepted"]
        positions = self.acceptance.claims["ruling"]
        for claim, _ in self._ruled(RULING_ACCEPT):
            if refused[claim]:
                row = self._claims.loc[claim]
                where = f"{row['sheet']} 第 {row['row']} 行"
                yield positions[claim], f"{where}，{'；'.join(self.reasons.get(claim, []))}"

    def _partial_evidence(self, failures: pd.DataFrame, accepted: "pd.Series[bool]") -> None:
        if not self.senses.partial:
            return
        for claim, code, column in failures[failures["code"] == NEEDS_ALL].itertuples(index=False):
            if claim in accepted.index and accepted[claim]:
                header = column.removeprefix("有")
                self.add("evidence-partial", claim, header, detail=header)

    def _ranges(self, accepted: "pd.Series[bool]") -> None:
        ranged = self._claims[self._claims["is_range"] & accepted]
        for claim, row in ranged.iterrows():
            header = self.rulebook.sheet[row["sheet"]].header("date")
            self.add(
                "date-range", claim, header, header=header, detail=row["date_text"],
                first=_day(row["day"]),
            )  # fmt: skip

    def _alike(self, accepted: "pd.Series[bool]") -> None:
        """Same clause, title and date in two units (三（三）: fraud is looked for)."""
        figures = [c.measure in FIGURES for c in self.rulebook.clauses]
        claims = self.acceptance.claims[accepted]
        claims = claims[[not figures[code] for code in claims["clause"]]]
        groups = claims.groupby(["clause", "key", "when"], sort=False)["unit"]
        several = claims[groups.transform("nunique") > 1]
        for _, group in several.groupby(["clause", "key", "when"], sort=False):
            for claim, unit in group["unit"].items():
                others = group.index[group["unit"] != unit]
                header = self.rulebook.sheet[self._claims.at[claim, "sheet"]].header("title")
                self.add("claim-alike", claim, header, detail=self._where(others[0]))

    def _where(self, claim: int) -> str:
        unit = self._units[self.acceptance.claims.at[claim, "unit"]]
        return f"{unit} {self._claims.at[claim, 'sheet']} 第 {self._claims.at[claim, 'row']} 行"

    def read_as(self) -> None:
        """List what was read otherwise than it is written (原值 → 采用值), as 提示."""
        claims = self._claims
        days = claims["day"].dt.strftime("%Y-%m-%d").fillna("")
        written = [
            t.startswith(d) or not d or r
            for t, d, r in zip(claims["date_text"], days, claims["is_range"], strict=True)
        ]
        self._changed("date", claims["date_text"], days, pd.Series(written, index=claims.index))
        for name in NUMBERS:
            text, value = claims[f"{name}_text"], claims[name].map(as_text)
            same = (text == value) | claims[name].isna()
            self._changed(name, text, value, same)
        text, value = claims["clause_text"], claims["clause"].fillna("")
        same = pd.Series(
            [t.startswith(v) for t, v in zip(text, value, strict=True)], index=claims.index
        )
        self._changed("clause", text, value, same)

    def _changed(
        self, role: str, text: "pd.Series[str]", value: "pd.Series[str]", same: "pd.Series[bool]"
    ) -> None:
        for claim in same.index[~same.astype(bool)]:
            row = self._claims.loc[claim]
            header = self.rulebook.sheet[row["sheet"]].header(role)
            if not header:
                continue
            unit = self._units[self.acceptance.claims.at[claim, "unit"]]
            self.findings.add(
                "cell-read-as", unit=unit, file=self.batch.returns["file"].iat[row["ret"]],
                sheet=row["sheet"],
                cell=self.batch.cell(row["ret"], row["sheet"], header, row["row"]),
                raw=text[claim], value=value[claim],
            )  # fmt: skip


def _day(value: pd.Timestamp) -> str:
    return value.date().isoformat()


def has_error(findings: Findings) -> bool:
    """Whether any 错误 stands."""
    return any(row[1] == ERROR for row in findings.rows)
