"""What is to be said of each claim: findings at its cells, and the reasons of its ledger row."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.findings import CATALOGUE, Finding, Findings, fill
from pipeline.intake import NUMBERS, Batch, evidence_flag
from pipeline.judging.acceptance import Acceptance, Cell
from pipeline.judging.rules import LATE_IF_INCLUSIVE, NEEDS_ALL, NEEDS_ANY, year_end
from pipeline.judging.statuses import Settled
from pipeline.layout import RULING_ACCEPT, RULING_REFUSE, RULINGS
from pipeline.normalise import as_text, example_day
from pipeline.outcome import LATE, NORMAL, PENDING, UNKNOWN_UNIT
from pipeline.rulebook import FIGURES, Rulebook
from pipeline.wording import chinese_date, next_step, number

NO_REASON = "未写理由"
_TOLD = (NORMAL, PENDING, UNKNOWN_UNIT, LATE)
"""Statuses of returns whose units are told what is wrong with their claims."""
_SEVERAL = re.compile(r"[、，,；;/]|和")


@dataclass
class ClaimFindings:
    """Findings on claims, and what the ledger says about each claim of a 正常 unit.

    Attributes:
        batch, settled, acceptance, rulebook: what is spoken of; the rules are those in force.
        claims: all claims with what became of them and what they earned (see `assess`).
        findings: where findings go.
        reasons: claim → the sentences of its ledger row.
    """

    batch: Batch
    settled: Settled
    acceptance: Acceptance
    claims: pd.DataFrame
    rulebook: Rulebook
    findings: Findings
    reasons: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Of the claims those of returns whose units are told."""
        told = np.array([self._is_told(ret) for ret in range(len(self.settled.file))], dtype=bool)
        self.table = self.claims[told[self.claims["ret"].to_numpy()]]
        self.accepted = self.table[self.table["accepted"]]
        self._rows: dict[int, Any] = {}

    def _is_told(self, ret: int) -> bool:
        return self.settled.file[ret] in _TOLD and not self.settled.of_another_year(ret)

    def _row(self, claim: int) -> Any:
        if claim not in self._rows:
            self._rows[claim] = self.table.loc[claim]
        return self._rows[claim]

    def _unit(self, claim: int) -> str:
        return str(self.batch.returns["unit"].iat[self._row(claim)["ret"]] or "")

    def _header(self, claim: int, role: str) -> str:
        return self.rulebook.sheet[self._row(claim)["sheet"]].header(role)

    @property
    def own(self) -> list[int]:
        """The claims of 正常 units, in order."""
        own: list[int] = self.table.index[self.table["unit"] >= 0].tolist()
        return own

    def file_of(self, claim: int) -> str:
        """The return that a claim stands in."""
        return str(self.batch.returns["file"].iat[self._row(claim)["ret"]])

    def where(self, claim: int) -> str:
        """Unit, sheet and row of a claim."""
        return f"{self._unit(claim)} {self._place(claim)}"

    def _place(self, claim: int) -> str:
        return f"{self._row(claim)['sheet']} 第 {self._row(claim)['row']} 行"

    def evidence(self, claim: int) -> Iterator[tuple[str, str]]:
        """Evidence columns that a claim fills, with their text."""
        for header in self.rulebook.sheet[self._row(claim)["sheet"]].headers("evidence"):
            if text := self._row(claim)[header]:
                yield header, text

    def report(self) -> None:
        """Add what rules, rulings, repetitions and other claims say of each claim."""
        self._broken_rules()
        self._repetitions()
        self._rulings()
        self._dates()
        self._elsewhere()
        self._alike()
        self._nothing()

    def add(self, code: str, claim: int, header: str, /, **details: object) -> None:
        """One finding at a cell of a claim; its sentence also goes into the ledger."""
        finding = self._find(code, claim, header, **details)
        self.reasons.setdefault(claim, []).append(finding.problem)

    def _find(self, code: str, claim: int, header: str, /, **details: Any) -> Finding:
        row = self._row(claim)
        return self.findings.add(
            code,
            unit=self._unit(claim),
            file=self.batch.raw[row["ret"]].path,
            sheet=row["sheet"],
            cell=self.batch.cell(row["ret"], row["sheet"], header, row["row"]),
            clause=row["clause"] or row["clause_text"],
            title=row["title"],
            **details,
        )

    # What the claim itself says ------------------------------------------------------------------

    def _broken_rules(self) -> None:
        broken = self.acceptance.broken
        for claim, name, column in _rows(
            broken[broken["claim"].isin(self.table.index)], "claim", "code", "column"
        ):
            code, header, details = self._describe(claim, name, column)
            row = self._row(claim)
            if row["accepted"]:
                problem = fill(CATALOGUE[code].problem, details)
                reason = self._ruling(row["ruling"])["reason"] or NO_REASON
                self.add("ruling-accepted", claim, header, detail=problem, reason=reason)
            else:
                self.add(code, claim, header, **details)

    def _describe(self, claim: int, code: str, column: str) -> tuple[str, str, dict[str, Any]]:
        """Code, header of the cell, and details of one broken rule."""
        row = self._row(claim)
        clause = self.rulebook.clause.get(row["clause"])
        if code == NEEDS_ALL:
            header = column.removeprefix("有")
            return code, header, {"detail": header}
        if code == NEEDS_ANY and clause:
            return NEEDS_ALL, clause.evidence[0], {"detail": "、".join(clause.evidence)}
        if code.startswith("clause-"):
            detail = clause.id if clause else row["clause_text"]
            meant = clause.sheet if clause else ""
            return code, self._header(claim, "clause"), {"detail": detail, "meant": meant}
        name, _, fault = code.partition("-")
        header = self._header(claim, name)
        if name == "date":
            return ("date-late" if code == LATE_IF_INCLUSIVE else code), header, self._date(row)
        if code == "done-over-base":
            numbers = {"detail": as_text(row["done_exact"]), "limit": as_text(row["base_exact"])}
            return code, header, numbers
        written = row[f"{name}_text"] if fault == "bad" else header
        if name == "base" and fault == "bad" and (row["base_exact"] == 0 or written == "不适用"):
            code = "base-none"
        meaning = getattr(clause, name, "")
        return code, header, {"header": header, "meaning": meaning, "example": 800,
                              "detail": written}  # fmt: skip

    def _date(self, row: Any) -> dict[str, Any]:
        """Details of what is wrong with a date."""
        book = self.rulebook
        header = book.sheet[row["sheet"]].header("date")
        if pd.isna(row["day"]):
            return {
                "header": header,
                "detail": row["date_text"] or header,
                "reason": row["date_reason"],
                "example": example_date(row["date_text"], book),
            }
        early = row["day"].date() < book.first_day
        counted = book.sheet[row["sheet"]].prefilled
        latest = year_end(book) if counted else book.last_event
        return {
            "header": header,
            "detail": _day(row["day"] if early else row["last"]),
            "limit": chinese_date(book.first_day if early else latest),
        }

    def _repetitions(self) -> None:
        again = self.table[self.table["repeats"] >= 0]
        for claim, earlier in again["repeats"].to_dict().items():
            figure = self.rulebook.clauses[self._row(claim)["code"]].measure in FIGURES
            code = "claim-repeated-figure" if figure else "claim-repeated"
            self.add(code, claim, self._header(claim, "clause"), detail=self._row(earlier)["row"])
        for claim, earlier in (
            self.accepted.loc[self.accepted["beside"] >= 0, "beside"].to_dict().items()
        ):
            header = self.rulebook.sheet[self._row(claim)["sheet"]].identity
            self.add("claim-beside", claim, header, detail=self._row(earlier)["row"], header=header)

    def _dates(self) -> None:
        """Warnings about dates of claims that count, and partial evidence."""
        book = self.rulebook
        own = self.settled.date
        for claim, row in _each(self.accepted):
            header = self._header(claim, "date")
            first = row["day"]
            if row["is_range"]:
                self.add("date-range", claim, header, header=header, detail=row["date_text"],
                         first=_day(first))  # fmt: skip
            if pd.notna(first):
                last, sent = row["last"].date(), own[row["ret"]]
                if book.sheet[row["sheet"]].prefilled and last >= book.end:
                    limit = chinese_date(book.last_event)
                    self.add("date-figures", claim, header, header=header, detail=last,
                             limit=limit)  # fmt: skip
                if sent is not None and first.date() > sent:
                    self.add("date-after-return", claim, header, header=header,
                             detail=_day(first), limit=sent)  # fmt: skip
            for evidence in book.clauses[row["code"]].evidence if book.partial else ():
                if not row[evidence_flag(evidence)]:
                    self.add("evidence-short", claim, evidence, detail=evidence)

    def _nothing(self) -> None:
        """Rows that say 无: no claims."""
        for ret, sheet, row in _rows(self.batch.nothing, "ret", "sheet", "row"):
            if self._is_told(ret):
                header = self.rulebook.sheet[sheet].header("clause")
                self.findings.add(
                    "row-nothing",
                    unit=str(self.batch.returns["unit"].iat[ret] or ""),
                    file=self.batch.raw[ret].path,
                    sheet=sheet,
                    cell=self.batch.cell(ret, sheet, header, row),
                    detail=row,
                )

    # What other claims say -----------------------------------------------------------------------

    def _comparable(self) -> pd.DataFrame:
        measures = np.array([clause.measure in FIGURES for clause in self.rulebook.clauses])
        counts = ~measures[self.accepted["code"].to_numpy()]
        found: pd.DataFrame = self.accepted[counts & (self.accepted["title_key"] != "")]
        return found

    def _elsewhere(self) -> None:
        """同事多报: one title and date under several clauses of a unit."""
        same = ["unit", "title_id", "date_id"]
        claims = self._comparable()
        claims = claims[claims.duplicated(same, keep=False)]
        for _, group in claims.groupby(same, sort=False):
            for claim, row in _each(group):
                others = group[group["code"] != row["code"]]
                if len(others):
                    named = "、".join(
                        f"{other['clause']}（{other['sheet']} 第 {other['row']} 行）"
                        for _, other in _each(others)
                    )
                    self.add("claim-elsewhere", claim, self._header(claim, "title"), detail=named)

    def _alike(self) -> None:
        """Same clause, title and date in two units (三（三）: fraud is looked for)."""
        same = ["code", "title_id", "date_id"]
        shared = np.array([clause.shared for clause in self.rulebook.clauses])
        claims = self._comparable()
        claims = claims[~shared[claims["code"].to_numpy()] & claims.duplicated(same, keep=False)]
        several = claims[claims.groupby(same, sort=False)["unit"].transform("nunique") > 1]
        for _, group in several.groupby(same, sort=False):
            units = group["unit"].to_dict()
            for claim, unit in units.items():
                other = next(c for c, u in units.items() if u != unit)
                self.add(
                    "claim-alike", claim, self._header(claim, "title"), detail=self.where(other)
                )

    # What the office and the panel say -----------------------------------------------------------

    def _ruling(self, position: int) -> dict[Any, Any]:
        return self.acceptance.rulings.table.iloc[position].to_dict()

    def _ruled(self, word: str) -> Iterator[tuple[int, dict[Any, Any]]]:
        """Claims under a ruling of this word, with the ruling."""
        for claim, position in (
            self.table.loc[self.table["ruling"] >= 0, "ruling"].to_dict().items()
        ):
            ruling = self._ruling(position)
            if ruling["word"] == word:
                yield claim, ruling | {"position": position}

    def _rulings(self) -> None:
        for claim, ruling in self._ruled(RULING_REFUSE):
            reason = ruling["reason"] or NO_REASON
            self.add("ruling-refused", claim, self._header(claim, "clause"), detail=reason)

    def report_records(
        self, records: pd.DataFrame, figures: Mapping[Cell, tuple[int, int]],
        targets: Mapping[tuple[str, str], int],
    ) -> None:  # fmt: skip
        """Warn of claims that 平时考查 does not know; note figures that the office set."""
        book = self.rulebook
        seen: dict[str, set[tuple[str, str]]] = {}
        for unit, clause, title in _rows(records, "unit", "clause", "title_key"):
            seen.setdefault(clause, set()).add((unit, title))
        for claim, row in _each(self.accepted):
            clause = book.clauses[row["code"]]
            header = book.sheet[clause.sheet].header("title")
            place = book.units[row["unit"]], clause.id
            if clause.office == "confirms" and clause.id in seen:
                if (place[0], row["title_key"]) not in seen[clause.id]:
                    self.add("record-unseen", claim, header)
            elif (row["unit"], row["code"]) in figures:
                base, done = figures[row["unit"], row["code"]]
                self.add("record-used", claim, header, detail=f"{done} ÷ {base}")
            elif place in targets:
                self.add("record-target", claim, header, detail=targets[place])

    def report_unclaimed(self, records: pd.DataFrame, office: Findings) -> None:
        """What the office recorded of a 正常 unit and the unit did not claim."""
        confirmed = {c.id for c in self.rulebook.clauses if c.office == "confirms"}
        claimed = self.table[self.table["unit"] >= 0]
        made = {
            (self.rulebook.units[unit], clause, key)
            for unit, clause, key in _rows(claimed, "unit", "clause", "title_key")
        }
        for record in records[records["clause"].isin(confirmed)].to_dict("records"):
            place = record["unit"], record["clause"], record["title_key"]
            if record["unit"] in self.settled.used and place not in made:
                office.add(
                    "record-unclaimed", unit=record["unit"], file=record["file"],
                    clause=record["clause"], detail=record.get("title") or record["title_key"],
                )  # fmt: skip

    def report_rulings(self, office: Findings) -> None:
        """Rulings that match nothing, are overruled or disputed, or could not help."""
        rulings = self.acceptance.rulings

        def add(code: str, position: int, detail: object) -> None:
            ruling = self._ruling(position)
            office.add(
                code, unit=ruling["unit"], file=ruling["file"], sheet=RULINGS,
                cell=ruling["cell"], clause=ruling["clause"], title=ruling["title"], detail=detail,
            )  # fmt: skip

        for position, why in sorted(rulings.unmatched.items()):
            add("register-unmatched", position, why)
        for position, why in sorted(rulings.misplaced.items()):
            add("register-points-named", position, why)
        for position, later in sorted(rulings.overruled.items()):
            add("register-overruled", position, self._ruling(later)["row"])
        for position, others in sorted(rulings.disputed.items()):
            add("register-disputed", position, "、".join(map(self._voice, others)))
        for claim, ruling in self._ruled(RULING_ACCEPT):
            if not self.table["accepted"].loc[claim]:
                why = f"{self._place(claim)}，{'；'.join(self.reasons.get(claim, []))}"
                add("register-not-lifted", ruling["position"], why)

    def _voice(self, position: int) -> str:
        ruling = self._ruling(position)
        judge = ruling["judge"] or "未写评审人"
        return f"{judge}“{ruling['word']}”（{ruling['file']} 第 {ruling['row']} 行）"

    # What it earns -------------------------------------------------------------------------------

    def report_points(self, scored: Any, fallback: Iterable[Cell]) -> None:
        """Tell where a claim that counts earns nothing yet, and where a refused one still costs.

        Args:
            scored: points and values of units and clauses.
            fallback: cells where the figures of a refused claim cost points.
        """
        for claim, row in _each(self.accepted):
            clause, place = self.rulebook.clauses[row["code"]], (row["unit"], row["code"])
            header = self._header(claim, "title")
            if row["silent"]:
                self.add("points-elsewhere", claim, header)
            elif row["points"] == 0:
                self.add("points-none", claim, header)
            elif pd.isna(row["points"]) and scored.points[place] == 0:
                step = next_step(clause, scored.values[place])
                if step:
                    self.add("points-short", claim, header, detail=step)
            if clause.measure == "distinct" and _SEVERAL.search(row["object"]):
                self.add("object-several", claim, self._header(claim, "object"),
                         detail=row["object"])  # fmt: skip
        costs = set(fallback)
        for claim, row in _each(self.table[self.table["unit"] >= 0]):
            if (row["unit"], row["code"]) in costs and not row["accepted"] and row["repeats"] < 0:
                shown = number(abs(scored.points[row["unit"], row["code"]]))
                self.add("points-cost", claim, self._header(claim, "done"), detail=shown)

    def read_as(self, targets: Mapping[tuple[str, str], int]) -> None:
        """List what was read otherwise than it is written (原值 → 采用值), as 提示.

        `targets` stand in the place of what units wrote as 基数.
        """
        dated = self.table[self.table["day"].notna() & ~self.table["is_range"]]
        self._changed("date", dated, "date_text", "day", _day, str.startswith)
        for name in NUMBERS:
            told = self.table[self.table[name].notna()]
            if name == "base":
                units = told.index.map(self._unit)
                set_ = [place in targets for place in zip(units, told["clause"], strict=True)]
                told = told[~pd.Series(set_, told.index, dtype=bool)]
            self._changed(name, told, f"{name}_text", f"{name}_exact", as_text, str.__eq__)
        known = self.table[self.table["clause"].notna()]
        self._changed("clause", known, "clause_text", "clause", str, str.startswith)

    def _changed(
        self,
        role: str,
        claims: pd.DataFrame,
        written: str,
        read: str,
        shown: Callable[[Any], str],
        alike: Callable[[str, str], bool],
    ) -> None:
        pairs = zip(claims.index, claims[written].astype(object), claims[read], strict=True)
        for claim, raw, value in pairs:
            if not alike(raw, text := shown(value)):
                self._find("cell-read-as", claim, self._header(claim, role), raw=raw, value=text)


def example_date(text: str, rulebook: Rulebook) -> str:
    """How an unclear date might be written: with its own month and day where it has them."""
    if day := example_day(text, rulebook.year):
        return f"{day.year}-{day.month}-{day.day}"
    return (rulebook.deadline - timedelta(days=30)).isoformat()


def _each(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    """Claims with their values."""
    names = [str(name) for name in table.columns]
    for claim, row in zip(table.index.tolist(), table.itertuples(index=False), strict=True):
        yield claim, dict(zip(names, row, strict=True))


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns as plain tuples."""
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _day(value: Any) -> str:
    return str(np.datetime64(value, "D"))
