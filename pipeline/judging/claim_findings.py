"""What is to be said of each claim: findings at its cells, and the rows of the ledger."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from pipeline.findings import CATALOGUE, Finding, Findings, fill
from pipeline.intake import NUMBERS, Batch, clause_reader, evidence_flag, joined
from pipeline.judging.acceptance import Acceptance, Cell
from pipeline.judging.rules import LATE_IF_INCLUSIVE, NEEDS_ALL, NEEDS_ANY, year_end
from pipeline.judging.rulings import NO_REASON, ruling_text
from pipeline.judging.statuses import Settled
from pipeline.layout import RULING_ACCEPT, RULING_REFUSE, RULINGS
from pipeline.normalise import as_text, example_day
from pipeline.outcome import COUNTED, LATE, NORMAL, NOT_COUNTED, PENDING, REPLACED, UNKNOWN_UNIT
from pipeline.rulebook import FIGURES, MARKS, PERIODS, Rulebook
from pipeline.text import fold
from pipeline.wording import chinese_date, next_step, number

_TOLD = (NORMAL, PENDING, UNKNOWN_UNIT, LATE)
"""Statuses of returns whose units are told what is wrong with their claims."""
_LEDGER = [
    "unit", "file", "sheet", "row", "clause", "title", "date", "result", "points", "reason",
    "checked_result", "ruling", "object", *NUMBERS, "evidence", "other", "place_of",
]  # fmt: skip
_SEVERAL = re.compile(r"[、，,；;/]|和")
_AND = re.compile(r"[、，,；;/+&]|[和及与]")


@dataclass(frozen=True)
class Row:
    """A claim: `row["title"]` is the cell of that column."""

    columns: Mapping[str, Any]
    claim: int

    def __getitem__(self, column: str) -> Any:
        return self.columns[column][self.claim]


@dataclass
class ClaimFindings:
    """Findings on claims, and what the ledger says about each claim of a 正常 unit.

    Attributes:
        batch, settled, acceptance, rulebook: what is spoken of; the rules are those in force.
        claims: all claims with what became of them and what they earned (see `assess`); their
            index is their position.
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
        self._rulings = self.acceptance.rulings.rows
        self._columns = {
            str(name): column.array if column.dtype != object else column.to_numpy()
            for name, column in self.claims.items()
        }
        self._told = np.array(
            [
                status in _TOLD and not self.settled.of_another_year(ret)
                for ret, status in enumerate(self.settled.file)
            ],
            dtype=bool,
        )
        self.told = pd.Series(self._told[self.claims["ret"].to_numpy()], self.claims.index)
        self.accepted = self.told & self.claims["accepted"]
        figures = np.array([clause.measure in FIGURES for clause in self.rulebook.clauses])
        named = self.accepted & (self.claims["title_key"] != "")
        named &= ~figures[self.claims["code"].to_numpy()]
        columns = ["unit", "code", "title_id", "date_id"]
        self._comparable = self.claims.loc[named, columns]

    @property
    def own(self) -> list[int]:
        """The claims of 正常 units, in order."""
        return self._where(self.told & (self.claims["unit"] >= 0))

    def row(self, claim: int) -> Row:
        """A claim's columns."""
        return Row(self._columns, claim)

    def _where(self, asked: "pd.Series[bool]") -> list[int]:
        """The claims that are asked for, in order."""
        return self.claims.index[asked].tolist()

    def _each(self, asked: "pd.Series[bool]") -> Iterator[tuple[int, Row]]:
        """The claims that are asked for, with their columns."""
        for claim in self._where(asked):
            yield claim, self.row(claim)

    def file_of(self, claim: int) -> str:
        """The return that a claim stands in."""
        return str(self.batch.raw[self.row(claim)["ret"]].path)

    def where(self, claim: int) -> str:
        """Unit, sheet and row of a claim."""
        row = self.row(claim)
        return f"{self.batch.unit(row['ret'])} {_place(row)}"

    def evidence(self, claim: int) -> Iterator[tuple[str, str]]:
        """Evidence columns that a claim fills, with their text."""
        row = self.row(claim)
        for header in self.rulebook.sheet[row["sheet"]].headers("evidence"):
            if text := row[header]:
                yield header, text

    def report(self) -> None:
        """Add what rules, rulings, repetitions and other claims say of each claim."""
        self._broken_rules()
        self._repetitions()
        for claim, at in self._ruled(RULING_REFUSE):
            why = self._rulings[at]["reason"] or NO_REASON
            self._add("ruling-refused", claim, "clause", detail=why)
        self._clauses()
        self._dates()
        self._elsewhere()
        self._alike()
        for ret, sheet, row in _tuples(self.batch.nothing, "ret", "sheet", "row"):
            if self._told[ret]:  # rows that say 无: no claims
                header = self.rulebook.sheet[sheet].header("clause")
                place = self.batch.place(ret, sheet, header, row)
                self.findings.add("row-nothing", **place, detail=row)

    def add(self, code: str, claim: int, header: str, /, **details: object) -> None:
        """One finding at a cell of a claim; its sentence also goes into the ledger."""
        finding = self._find(code, claim, header, **details)
        self.reasons.setdefault(claim, []).append(finding.problem)

    def _add(self, code: str, claim: int, role: str, /, **details: object) -> None:
        self.add(code, claim, self._header(claim, role), **details)

    def _header(self, claim: int, role: str) -> str:
        return self.rulebook.sheet[self.row(claim)["sheet"]].header(role)

    def _find(self, code: str, claim: int, header: str, /, **details: Any) -> Finding:
        row = self.row(claim)
        place = self.batch.place(row["ret"], row["sheet"], header, row["row"])
        clause = row["clause"] or row["clause_text"]
        return self.findings.add(code, **place, clause=clause, title=row["title"], **details)

    # What the claim itself says ------------------------------------------------------------------

    def _broken_rules(self) -> None:
        broken = self.acceptance.broken
        broken = broken[self.told.to_numpy()[broken["claim"].to_numpy()]]
        for claim, name, column in _tuples(broken, "claim", "code", "column"):
            code, header, details = self._describe(claim, name, column)
            row = self.row(claim)
            if row["accepted"]:
                details = {"detail": fill(CATALOGUE[code].problem, details)}
                details["reason"] = self._rulings[row["ruling"]]["reason"] or NO_REASON
                code = "ruling-accepted"
            self.add(code, claim, header, **details)

    def _describe(self, claim: int, code: str, column: str) -> tuple[str, str, dict[str, Any]]:
        """Code, header of the cell, and details of one broken rule."""
        row = self.row(claim)
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

    def _date(self, row: Row) -> dict[str, Any]:
        """Details of what is wrong with a date."""
        book = self.rulebook
        sheet = book.sheet[row["sheet"]]
        if pd.isna(row["day"]):
            header, written = sheet.header("date"), row["date_text"]
            day = example_day(written, book.year)
            example = f"{day.year}-{day.month}-{day.day}" if day else book.deadline - _A_MONTH
            return {"header": header, "detail": written or header, "reason": row["date_reason"],
                    "example": example}  # fmt: skip
        early = row["day"].date() < book.first_day
        latest = year_end(book) if sheet.prefilled else book.last_event
        return {
            "header": sheet.header("date"),
            "detail": _day(row["day"] if early else row["last"]),
            "limit": chinese_date(book.first_day if early else latest),
        }

    def _repetitions(self) -> None:
        for claim, row in self._each(self.told & (self.claims["repeats"] >= 0)):
            figure = self.rulebook.clauses[row["code"]].measure in FIGURES
            code = "claim-repeated-figure" if figure else "claim-repeated"
            self._add(code, claim, "clause", detail=self.row(row["repeats"])["row"])
        for claim, row in self._each(self.accepted & (self.claims["beside"] >= 0)):
            header = self.rulebook.sheet[row["sheet"]].identity
            earlier = self.row(row["beside"])
            self.add("claim-beside", claim, header, detail=earlier["row"], header=header)

    def _clauses(self) -> None:
        """More than one clause in a cell, of which the first is taken.

        Several ids, or one and the ends of others.
        """
        read, known = clause_reader(self.rulebook), {*self.rulebook.clause_ids}

        @cache
        def several(text: str, first: str) -> bool:
            parts = _AND.split(text)
            others = set(map(read, " ".join(parts).split()))
            others |= {first[:at] + fold(part) for part in parts[1:] for at in range(1, len(first))}
            return bool(others & known - {first})

        longer = self.claims["clause_text"].str.len() > self.claims["clause"].str.len()
        for claim, row in self._each(self.told & longer):
            text, first = row["clause_text"], row["clause"]
            if several(text, first):
                self._add("clause-several", claim, "clause", detail=text, meant=first)

    def _dates(self) -> None:
        """Warnings about dates of claims that count, and partial evidence."""
        book, claims = self.rulebook, self.claims
        sent = np.array([self.settled.day(ret) for ret in range(len(self._told))], "datetime64[s]")
        odd = claims["is_range"] | (claims["last"] >= pd.Timestamp(book.end))
        odd |= claims["day"] > pd.Series(sent[claims["ret"].to_numpy()], claims.index)
        for header in book.evidence_headers if book.partial else ():
            odd |= ~claims[evidence_flag(header)]
        for claim, row in self._each(self.accepted & odd):
            sheet, first = book.sheet[row["sheet"]], row["day"]
            header = sheet.header("date")
            if row["is_range"]:
                self.add("date-range", claim, header, header=header, detail=row["date_text"],
                         first=_day(first))  # fmt: skip
            if pd.notna(first):
                last, sent_on = row["last"].date(), self.settled.day(row["ret"])
                if sheet.prefilled and last >= book.end:
                    limit = chinese_date(book.last_event)
                    self.add("date-figures", claim, header, header=header, detail=last, limit=limit)
                if sent_on is not None and first.date() > sent_on:
                    self.add("date-after-return", claim, header, header=header,
                             detail=_day(first), limit=sent_on)  # fmt: skip
            for evidence in book.clauses[row["code"]].evidence if book.partial else ():
                if not row[evidence_flag(evidence)]:
                    self.add("evidence-short", claim, evidence, detail=evidence)

    # What other claims say -----------------------------------------------------------------------

    def _elsewhere(self) -> None:
        """同事多报: one title and date under several clauses of a unit."""
        for claims in self._alike_in("code", "unit", "title_id", "date_id"):
            rows = [self.row(claim) for claim in claims]
            for row in rows:
                others = [other for other in rows if other["code"] != row["code"]]
                named = (f"{o['clause']}（{_place(o)}）" for o in others)
                self._add("claim-elsewhere", row.claim, "title", detail="、".join(named))

    def _alike(self) -> None:
        """Same clause, title and date in two units (三（三）: fraud is looked for)."""
        shared = [clause.shared for clause in self.rulebook.clauses]
        for claims in self._alike_in("unit", "code", "title_id", "date_id"):
            units = {claim: self.row(claim)["unit"] for claim in claims}
            for claim, unit in units.items():
                if not shared[self.row(claim)["code"]]:
                    other = next(c for c, u in units.items() if u != unit)
                    self._add("claim-alike", claim, "title", detail=self.where(other))

    def _alike_in(self, apart: str, *same: str) -> Iterator[list[int]]:
        """Claims that count, are the same in some columns and not all the same in another."""
        claims = self._comparable[self._comparable.duplicated([*same], keep=False)]
        kinds = claims.groupby([*same], sort=False)[apart].transform("nunique")
        for group in claims[kinds > 1].groupby([*same], sort=False).groups.values():
            yield group.tolist()

    # What the office and the panel say -----------------------------------------------------------

    def _ruled(self, word: str) -> Iterator[tuple[int, int]]:
        """Claims under a ruling of this word, with its position."""
        for claim, row in self._each(self.told & (self.claims["ruling"] >= 0)):
            if self._rulings[row["ruling"]]["word"] == word:
                yield claim, row["ruling"]

    def report_records(
        self, records: pd.DataFrame, figures: Mapping[Cell, tuple[int, int]],
        targets: Mapping[tuple[str, str], int],
    ) -> None:  # fmt: skip
        """Warn of claims that 平时考查 does not know; note figures that the office set."""
        book = self.rulebook
        seen = {*_tuples(records, "clause", "unit", "title_key")}
        recorded = set(records["clause"])
        asked = recorded | {clause for _, clause in targets}
        asked |= {book.clause_ids[code] for _, code in figures}
        for claim, row in self._each(self.accepted & self.claims["clause"].isin(asked)):
            clause, unit = book.clauses[row["code"]], book.units[row["unit"]]
            if clause.office == "confirms" and clause.id in recorded:
                if (clause.id, unit, row["title_key"]) not in seen:
                    self._add("record-unseen", claim, "title")
            elif (row["unit"], row["code"]) in figures:
                base, done = figures[row["unit"], row["code"]]
                self._add("record-used", claim, "title", detail=f"{done} ÷ {base}")
            elif (unit, clause.id) in targets:
                self._add("record-target", claim, "title", detail=targets[unit, clause.id])

    def report_unclaimed(self, records: pd.DataFrame, office: Findings) -> None:
        """What the office recorded of a 正常 unit and the unit did not claim."""
        confirmed = [c.id for c in self.rulebook.clauses if c.office == "confirms"]
        claimed = self.claims[self.told & (self.claims["unit"] >= 0)]
        made = {
            (self.rulebook.units[unit], *what)
            for unit, *what in _tuples(claimed, "unit", "clause", "title_key")
        }
        for record in records[records["clause"].isin(confirmed)].to_dict("records"):
            unit, clause, title = record["unit"], record["clause"], record["title_key"]
            if unit in self.settled.used and (unit, clause, title) not in made:
                office.add("record-unclaimed", unit=unit, file=record["file"], clause=clause,
                           detail=record["title"] or title)  # fmt: skip

    def report_unmarked(self, entries: pd.DataFrame, office: Findings) -> None:
        """Marks that a 正常 unit was not given: without a mark a clause, or a month, earns 0."""
        marked = [c for c in self.rulebook.clauses if c.measure in MARKS and not c.counts]
        given = dict(iter(entries.groupby(["unit", "clause"])))
        for clause, unit in product(marked, self.rulebook.roster):
            if unit.unit not in self.settled.used or not clause.is_for(unit):
                continue
            own = given.get((unit.unit, clause.id), entries.iloc[:0])
            all_, found, per = 1, min(len(own), 1), clause.per.removesuffix("均")
            if clause.per in PERIODS:
                spans, days = self.rulebook.periods(clause.per), set(own["last"].dt.date)
                found = sum(any(first <= day <= last for day in days) for first, last in spans)
                all_ = len(spans)
            if found < all_:
                of = f"{all_} 个{per}里有 {all_ - found} 个" if all_ > 1 else ""
                office.add("record-no-mark", unit=unit.unit, clause=clause.id,
                           detail=f"{of}没有{clause.by and f'{clause.by}的'}")  # fmt: skip

    def report_rulings(self, office: Findings) -> None:
        """Rulings that match nothing, are overruled or disputed, or could not help."""
        rulings = self.acceptance.rulings
        told: list[tuple[str, int, object]] = []
        told += [("register-unmatched", at, why) for at, why in sorted(rulings.unmatched.items())]
        told += [("register-points-named", at, w) for at, w in sorted(rulings.misplaced.items())]
        for at, later in sorted(rulings.overruled.items()):
            told.append(("register-overruled", at, self._rulings[later]["row"]))
        for at, others in sorted(rulings.disputed.items()):
            told.append(("register-disputed", at, "、".join(map(self._voice, others))))
        for claim, at in self._ruled(RULING_ACCEPT):
            if not self.row(claim)["accepted"]:
                why = f"{_place(self.row(claim))}，{'；'.join(self.reasons.get(claim, []))}"
                told.append(("register-not-lifted", at, why))
        for code, at, detail in told:
            ruling = self._rulings[at]
            place = {name: ruling[name] for name in ("unit", "file", "cell", "clause", "title")}
            office.add(code, **place, sheet=RULINGS, detail=detail)

    def _voice(self, position: int) -> str:
        ruling = self._rulings[position]
        judge = ruling["judge"] or "未写评审人"
        return f"{judge}“{ruling['word']}”（{ruling['file']} 第 {ruling['row']} 行）"

    # What it earns -------------------------------------------------------------------------------

    def report_points(self, scored: Any, fallback: Iterable[Cell]) -> None:
        """Tell where a claim that counts earns nothing yet, and where a refused one still costs.

        `scored` has points and values of units and clauses; in the cells of `fallback` the figures
        of a refused claim cost points.
        """
        clauses, claims = self.rulebook.clauses, self.claims
        several = np.array([clause.measure == "distinct" for clause in clauses])
        asked = claims["silent"].eq(True) | (claims["points"] == 0)
        nothing = scored.points[claims["unit"], claims["code"]] == 0
        asked |= claims["points"].isna() & nothing | several[claims["code"]]
        for claim, row in self._each(self.accepted & asked):
            clause, place = clauses[row["code"]], (row["unit"], row["code"])
            if row["silent"]:
                self._add("points-elsewhere", claim, "title")
            elif row["points"] == 0:
                self._add("points-none", claim, "title")
            elif (
                pd.isna(row["points"])
                and scored.points[place] == 0
                and (step := next_step(clause, scored.values[place]))
            ):
                self._add("points-short", claim, "title", detail=step)
            if clause.measure == "distinct" and _SEVERAL.search(row["object"]):
                self._add("object-several", claim, "object", detail=row["object"])
        costs = set(fallback)
        refused = self.told & (claims["unit"] >= 0) & ~claims["accepted"] & (claims["repeats"] < 0)
        for claim, row in self._each(refused) if costs else ():
            place = row["unit"], row["code"]
            if place in costs:
                self._add("points-cost", claim, "done", detail=number(abs(scored.points[place])))

    def read_as(self, targets: Mapping[tuple[str, str], int]) -> None:
        """List what was read otherwise than it is written (原值 → 采用值), as 提示.

        `targets` stand in the place of what units wrote as 基数.
        """
        claims = self.claims
        dated = claims["day"].notna() & ~claims["is_range"]
        self._changed("date", dated, "date_text", "day", _day, str.startswith)
        units = self.batch.returns["unit"].to_numpy()[claims["ret"].to_numpy()]
        places = zip(units, claims["clause"], strict=True)
        own = np.array([place not in targets for place in places]) if targets else True
        for name in NUMBERS:
            asked = claims[name].notna() & (own if name == "base" else True)
            self._changed(name, asked, f"{name}_text", f"{name}_exact", as_text, str.__eq__)
        known = claims["clause"].notna()
        self._changed("clause", known, "clause_text", "clause", str, str.startswith)

    def _changed(
        self,
        role: str,
        asked: "pd.Series[bool]",
        written: str,
        read: str,
        shown: Callable[[Any], str],
        alike: Callable[[str, str], bool],
    ) -> None:
        claims = self.claims.loc[self.told & asked, [written, read]]
        # Few cells are different ones: each is compared once.
        pairs = claims.drop_duplicates()
        read_as = [
            "" if alike(raw, text := shown(value)) else text
            for raw, value in zip(pairs[written].astype(object), pairs[read], strict=True)
        ]
        pairs = pairs.assign(read_as=read_as)
        told = pairs[pairs["read_as"] != ""]
        both = claims.reset_index(names="claim").merge(told, on=[written, read])
        for claim, raw, text in _tuples(both, "claim", written, "read_as"):
            self._find("cell-read-as", claim, self._header(claim, role), raw=raw, value=text)

    def ledger(self) -> pd.DataFrame:
        """The ledger of `Outcome.claims`."""
        known = self.batch.returns["unit"]
        names = known.where(known.notna(), self.batch.returns["unit_text"])
        returns = self.batch.returns.assign(status=self.settled.file, name=names)
        ranks = returns["name"].map(self.rulebook.unit_codes).fillna(len(self.rulebook.units))
        returns["order"] = returns.assign(rank=ranks).sort_values(["rank", "file"]).index.argsort()
        claims = self.claims.join(returns[["status", "name", "file", "order"]], on="ret")
        claims["evidence"] = joined(
            {h: claims[h] for h in self.rulebook.evidence_headers}, len(claims)
        )
        claims = claims[claims["status"] != REPLACED].sort_values("order", kind="stable")
        normal = claims["status"] == NORMAL
        said = [*map(ruling_text, self._rulings), ""]
        words = {True: COUNTED, False: NOT_COUNTED}
        cells = (
            self.batch.cell(ret, sheet, self.rulebook.sheet[sheet].header("clause"), row)
            for ret, sheet, row in zip(claims["ret"], claims["sheet"], claims["row"], strict=True)
        )
        texts = {claim: "；".join(dict.fromkeys(each)) for claim, each in self.reasons.items()}
        reason = pd.Series(texts, dtype=object)
        ledger = claims.assign(
            unit=claims["name"],
            clause=claims["clause"].where(claims["code"] >= 0, claims["clause_text"]),
            date=_dates(claims),
            result=claims["accepted"].map(words),
            points=claims["points"].where(claims["accepted"]),
            reason=reason.reindex(claims.index, fill_value="").where(normal, claims["status"]),
            checked_result=claims["checked"].map(words).where(normal, ""),
            ruling=[said[position] for position in claims["ruling"]],
            place_of=list(cells),
            **{name: claims[f"{name}_text"] for name in NUMBERS},
        )
        return ledger[_LEDGER]


_A_MONTH = timedelta(days=30)


def _place(row: Row) -> str:
    return f"{row['sheet']} 第 {row['row']} 行"


def _tuples(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns as plain tuples."""
    return table[[*columns]].itertuples(index=False, name=None)


def _day(value: Any) -> str:
    return str(np.datetime64(value, "D"))


def _dates(claims: pd.DataFrame) -> "pd.Series[Any]":
    """Dates that were understood, else the text as written, else None."""
    texts = claims["date_text"].astype(object)
    days = np.array([*claims["day"]], dtype=object)
    return pd.Series(days, claims.index, dtype=object).where(
        claims["day"].notna(), texts.where(texts != "", None)
    )
