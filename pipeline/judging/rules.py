"""Claims → what is wrong with each: section 4 of the contract as pandera schemas.

Each rule is asked only of the claims that it concerns, on the column that it is about; the name
of a failed check is the code of the finding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrorReason, SchemaErrors

from pipeline.intake import evidence_flag
from pipeline.rulebook import FIGURES, SHARES, Clause, Rulebook

LATE_IF_EXCLUSIVE, LATE_IF_INCLUSIVE = "date-late", "date-late-inclusive"
NEEDS_ALL, NEEDS_ANY = "evidence-missing", "evidence-none"
"""Two pairs of checks, one for each sense of the readings on deadline and evidence."""
EARLY = "date-early"

UNUSABLE = frozenset({
    "clause-missing", "clause-unknown", "clause-other-sheet", "clause-recorded",
    "clause-not-yours", "base-missing", "base-bad", "done-missing", "done-bad",
})  # fmt: skip
"""Refusals without which there is nothing to measure."""
UNLIFTABLE = UNUSABLE | {"words-missing", "words-bad", "object-missing"}
"""Refusals that a ruling 认定 does not lift."""
FIGURE_FAULTS = UNUSABLE | {"done-over-base"}
"""Refusals of a claim with figures for its clause or its figures."""

Rule = tuple["pd.Series[bool]", str, pa.Check]
"""Which rows are asked, of which column, what; the check's error is the code of the finding."""


def holds(code: str, test: Callable[[Any], Any]) -> pa.Check:
    """A test of a column; what is missing fails it unless it says otherwise."""
    return pa.Check(test, error=code, ignore_na=False)


def filled(code: str) -> pa.Check:
    """Text that is not empty."""
    return holds(code, lambda texts: texts != "")


def known(code: str) -> pa.Check:
    """What could be read."""
    return holds(code, lambda values: values.notna())


def never(code: str) -> pa.Check:
    """What is wrong wherever it is asked."""
    return holds(code, lambda values: pd.Series(False, values.index))


def at_least(least: int, code: str) -> pa.Check:
    """A number; what cannot be read as one is none."""
    return pa.Check.ge(least, error=code, ignore_na=False)


def failures(claims: pd.DataFrame, rulebook: Rulebook, units: Sequence[Any] = ()) -> pd.DataFrame:
    """Every rule that a claim breaks, whatever readings are taken.

    Columns: `claim` (index of `claims`), `code`, `column`; in order of claims, and of rules within
    a claim. `units` names the unit of each return, where clauses are not for all.
    """
    broken = []
    for rule in _rules(claims, rulebook, units):
        _, column, check = rule
        found = {"claim": rows_failing(claims, rule), "code": check.error, "column": column}
        broken.append(pd.DataFrame(found))
    table = pd.concat(broken, ignore_index=True).astype({"claim": "int64"})
    return table.sort_values("claim", kind="stable", ignore_index=True)


def rows_failing(table: pd.DataFrame, rule: Rule) -> list[int]:
    """The rows (by index) that break a rule, in order."""
    asked, column, check = rule
    schema = pa.DataFrameSchema({column: pa.Column(None, check, nullable=True)})
    try:
        if asked.any():
            schema.validate(table.loc[asked, [column]], lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            # Anything but a failed check (a crash in a check) is a bug of ours.
            if error.reason_code != SchemaErrorReason.DATAFRAME_CHECK:
                raise
        return sorted(errors.failure_cases["index"].astype("int64").tolist())
    return []


def _rules(claims: pd.DataFrame, rulebook: Rulebook, units: Sequence[Any]) -> Iterator[Rule]:
    """Section 4 of the contract."""
    clauses, is_clause = rulebook.clauses, claims["code"] >= 0
    homes = np.array([clause.sheet for clause in clauses], dtype=object)
    home = pd.Series(homes[claims["code"]], claims.index)
    at_home = home == claims["sheet"].astype(object)
    elsewhere = is_clause & ~at_home

    def of(asking: Iterable[Clause]) -> "pd.Series[bool]":
        # What a clause asks for concerns only the sheet that it is claimed on.
        return is_clause & at_home & claims["clause"].isin([clause.id for clause in asking])

    def numbers(name: str, least: int, *measures: str) -> Iterator[Rule]:
        asked = of(c for c in clauses if c.measure in measures)
        yield asked, f"{name}_text", filled(f"{name}-missing")
        yield asked & (claims[f"{name}_text"] != ""), name, at_least(least, f"{name}-bad")

    everyone = pd.Series(True, claims.index)
    yield everyone, "clause_text", filled("clause-missing")
    yield claims["clause_text"] != "", "code", at_least(0, "clause-unknown")
    yield elsewhere & (home != ""), "sheet", never("clause-other-sheet")
    yield elsewhere & (home == ""), "sheet", never("clause-recorded")
    if len(units):
        yield of(c for c in clauses if c.concerns), "ret", _yours(units, claims, rulebook)
    yield everyone, "title_key", filled("title-missing")
    yield from _dates(claims, rulebook)
    yield from numbers("words", 1, "words")
    yield from numbers("base", 1, *SHARES)
    yield from numbers("base", 0, "difference")
    yield from numbers("done", 0, *FIGURES)
    usable, base = (claims["base"] >= 1) & (claims["done"] >= 0), claims["base_exact"]
    # Digit by digit: as floats long numbers may seem equal.
    within = holds("done-over-base", lambda done: (done <= base[done.index]).astype(bool))
    yield of(c for c in clauses if c.capped) & usable, "done_exact", within
    yield of(c for c in clauses if c.measure == "distinct"), "object_key", filled("object-missing")
    for header in rulebook.evidence_headers:
        named = holds(NEEDS_ALL, lambda flags: flags)
        yield of(c for c in clauses if header in c.evidence), evidence_flag(header), named
    unproved = of(c for c in clauses if c.evidence) & ~_any_evidence(claims, rulebook)
    yield unproved, "code", never(NEEDS_ANY)


def _yours(units: Sequence[Any], claims: pd.DataFrame, rulebook: Rulebook) -> pa.Check:
    """The clause is for the unit; a return of no known unit is told that elsewhere."""
    by_name = {unit.unit: unit for unit in rulebook.roster}

    def yours(returns: "pd.Series[int]") -> "pd.Series[bool]":
        pairs = zip(returns, claims.loc[returns.index, "clause"], strict=True)
        named = ((by_name.get(units[ret]), rulebook.clause[clause]) for ret, clause in pairs)
        held = [unit is None or clause.is_for(unit) for unit, clause in named]
        return pd.Series(held, returns.index, dtype=bool)

    return holds("clause-not-yours", yours)


def _any_evidence(claims: pd.DataFrame, rulebook: Rulebook) -> "pd.Series[bool]":
    """Whether one of the evidence columns that the clause asks for is filled."""
    found = pd.Series(False, claims.index)
    for header in rulebook.evidence_headers:
        wanted = [c for c, clause in enumerate(rulebook.clauses) if header in clause.evidence]
        found |= claims["code"].isin(wanted) & claims[evidence_flag(header)]
    return found


def _dates(claims: pd.DataFrame, rulebook: Rulebook) -> Iterator[Rule]:
    written, dated = claims["date_text"] != "", claims["day"].notna()
    counted = claims["sheet"].isin([sheet.name for sheet in rulebook.sheets if sheet.prefilled])
    end, first = pd.Timestamp(rulebook.end), pd.Timestamp(rulebook.first_day)
    inclusive = pa.Check.le if rulebook.last_day is None else pa.Check.lt
    yield written | ~written, "date_text", filled("date-missing")
    yield written, "day", known("date-unclear")
    yield dated, "day", pa.Check.ge(first, error=EARLY)
    yield dated & ~counted, "last", pa.Check.lt(end, error=LATE_IF_EXCLUSIVE)
    yield dated & ~counted, "last", inclusive(end, error=LATE_IF_INCLUSIVE)
    # 截止日期 says up to when figures were counted: the year's end is in time.
    year = pd.Timestamp(year_end(rulebook))
    yield dated & counted, "last", pa.Check.le(year, error="date-late-figures")


def year_end(rulebook: Rulebook) -> date:
    """The last day of the assessed year."""
    return date(rulebook.year, 12, 31)


def in_force(broken: pd.DataFrame, claims: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """The broken rules that refuse a claim under the readings taken."""
    ignored = [
        LATE_IF_EXCLUSIVE if rulebook.inclusive else LATE_IF_INCLUSIVE,
        NEEDS_ALL if rulebook.partial else NEEDS_ANY,
    ]
    clause = claims["clause"].to_numpy()[broken["claim"].to_numpy()]
    standing = (broken["code"] == EARLY) & pd.Series(clause, broken.index).isin(rulebook.earlier)
    return broken[~broken["code"].isin(ignored) & ~standing]
