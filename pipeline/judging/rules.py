"""Claims → what is wrong with each: section 4 of the contract as pandera schemas.

Each rule is asked only of the claims that it concerns, on the column that it is about; the name
of a failed check is the code of the finding.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrorReason, SchemaErrors

from pipeline.intake import evidence_flag
from pipeline.rulebook import FIGURES, SHARES, Rulebook

LATE_IF_EXCLUSIVE, LATE_IF_INCLUSIVE = "date-late", "date-late-inclusive"
NEEDS_ALL, NEEDS_ANY = "evidence-missing", "evidence-none"
"""Two pairs of checks, one for each sense of the readings on deadline and evidence."""
EARLY = "date-early"

UNUSABLE = frozenset(
    {
        "clause-missing",
        "clause-unknown",
        "clause-other-sheet",
        "clause-recorded",
        "clause-not-yours",
        "base-missing",
        "base-bad",
        "done-missing",
        "done-bad",
    }
)
"""Refusals without which there is nothing to measure."""
UNLIFTABLE = UNUSABLE | {"words-missing", "words-bad", "object-missing"}
"""Refusals that a ruling 认定 does not lift."""
FIGURE_FAULTS = UNUSABLE | {"done-over-base"}
"""Refusals of a claim with figures for its clause or its figures."""

Columns = dict[str, pa.Column]


def _check(code: str, holds: Callable[[Any], Any]) -> pa.Check:
    return pa.Check(holds, error=code, ignore_na=False)


def _filled(code: str) -> pa.Column:
    """Text that is not empty."""
    return pa.Column(None, _check(code, lambda texts: texts != ""), nullable=True)


def _number(least: int, code: str) -> pa.Column:
    """A whole number; what cannot be read as one is none."""
    return pa.Column(float, pa.Check.ge(least, error=code, ignore_na=False), nullable=True)


def _true(code: str) -> pa.Column:
    return pa.Column(bool, _check(code, lambda flags: flags))


def failures(claims: pd.DataFrame, rulebook: Rulebook, units: Sequence[Any] = ()) -> pd.DataFrame:
    """Every rule that a claim breaks, whatever readings are taken.

    Columns: `claim` (index of `claims`), `code`, `column`; in order of claims, and of rules within
    a claim. `units` names the unit of each return, where clauses are not for all.
    """
    broken = [
        _failed(pa.DataFrameSchema(columns), claims.loc[asked, list(columns)])
        for asked, columns in _rules(claims, rulebook, units)
    ]
    table = pd.concat([_failed_none(), *broken], ignore_index=True)
    return table.sort_values("claim", kind="stable", ignore_index=True)


def _rules(
    claims: pd.DataFrame, rulebook: Rulebook, units: Sequence[Any]
) -> Iterator[tuple["pd.Series[bool]", Columns]]:
    """Which claims are asked, and what of them."""
    known = claims["code"] >= 0
    homes = np.array([clause.sheet for clause in rulebook.clauses], dtype=object)
    home = pd.Series(homes[claims["code"]], claims.index)
    here = known & (home == claims["sheet"].astype(object))

    def of(*clauses: str) -> "pd.Series[bool]":
        # What a clause asks for concerns only the sheet that it is claimed on.
        return here & claims["clause"].isin(clauses)

    def measured(*measures: str) -> "pd.Series[bool]":
        return of(*(c.id for c in rulebook.clauses if c.measure in measures))

    everyone = pd.Series(True, claims.index)
    yield everyone, {"clause_text": _filled("clause-missing")}
    yield claims["clause_text"] != "", {"code": _at_least(0, "clause-unknown")}
    yield known & (home != ""), {"sheet": _same(home, "clause-other-sheet")}
    yield known & (home == ""), {"sheet": _same(home, "clause-recorded")}
    if len(units):
        not_for_all = of(*(c.id for c in rulebook.clauses if c.concerns))
        yield not_for_all, {"ret": _yours(units, claims, rulebook)}
    yield everyone, {"title_key": _filled("title-missing")}
    yield from _dates(claims, rulebook)
    yield from _numbers(claims, "words", measured("words"), 1)
    yield from _numbers(claims, "base", measured(*SHARES), 1)
    yield from _numbers(claims, "base", measured("difference"), 0)
    yield from _numbers(claims, "done", measured(*FIGURES), 0)
    capped = of(*(c.id for c in rulebook.clauses if c.capped))
    yield capped & (claims["base"] >= 1) & (claims["done"] >= 0), {"done_exact": _within(claims)}
    yield measured("distinct"), {"object_key": _filled("object-missing")}
    for header in rulebook.evidence_headers:
        needed = of(*(c.id for c in rulebook.clauses if header in c.evidence))
        yield needed, {evidence_flag(header): _true(NEEDS_ALL)}
    needing = of(*(c.id for c in rulebook.clauses if c.evidence))
    yield needing, {"code": _any_evidence(claims, rulebook)}


def _at_least(least: int, code: str) -> pa.Column:
    return pa.Column(int, pa.Check.ge(least, error=code))


def _same(home: "pd.Series[Any]", code: str) -> pa.Column:
    return pa.Column(None, _check(code, lambda sheets: sheets.astype(object) == home[sheets.index]))


def _yours(units: Sequence[Any], claims: pd.DataFrame, rulebook: Rulebook) -> pa.Column:
    """The clause is for the unit; a return of no known unit is told that elsewhere."""
    by_name = {unit.unit: unit for unit in rulebook.roster}

    def yours(returns: "pd.Series[int]") -> "pd.Series[bool]":
        pairs = zip(returns, claims.loc[returns.index, "clause"], strict=True)
        named = ((by_name.get(units[ret]), rulebook.clause[clause]) for ret, clause in pairs)
        held = [unit is None or clause.is_for(unit) for unit, clause in named]
        return pd.Series(held, returns.index, dtype=bool)

    return pa.Column(None, _check("clause-not-yours", yours))


def _within(claims: pd.DataFrame) -> pa.Column:
    """完成数 is not greater than 基数, digit by digit: as floats long numbers may seem equal."""
    base = claims["base_exact"]
    return pa.Column(
        None, _check("done-over-base", lambda done: (done <= base[done.index]).astype(bool))
    )


def _any_evidence(claims: pd.DataFrame, rulebook: Rulebook) -> pa.Column:
    def named(codes: "pd.Series[int]") -> "pd.Series[bool]":
        found = pd.Series(False, codes.index)
        for header in rulebook.evidence_headers:
            wanted = [c for c, clause in enumerate(rulebook.clauses) if header in clause.evidence]
            found |= codes.isin(wanted) & claims.loc[codes.index, evidence_flag(header)]
        return found

    return pa.Column(int, _check(NEEDS_ANY, named))


def _numbers(
    claims: pd.DataFrame, name: str, concerned: "pd.Series[bool]", least: int
) -> Iterator[tuple["pd.Series[bool]", Columns]]:
    yield concerned, {f"{name}_text": _filled(f"{name}-missing")}
    yield concerned & (claims[f"{name}_text"] != ""), {name: _number(least, f"{name}-bad")}


def _dates(claims: pd.DataFrame, rulebook: Rulebook) -> Iterator[tuple["pd.Series[bool]", Columns]]:
    written, dated = claims["date_text"] != "", claims["day"].notna()
    counted = claims["sheet"].isin([sheet.name for sheet in rulebook.sheets if sheet.prefilled])
    day, first = pd.Timestamp(rulebook.end), pd.Timestamp(rulebook.first_day)

    inclusive = pa.Check.le if rulebook.last_day is None else pa.Check.lt
    also = inclusive(day, error=LATE_IF_INCLUSIVE)

    def column(*checks: pa.Check) -> pa.Column:
        return pa.Column("datetime64[s]", list(checks))

    yield written | ~written, {"date_text": _filled("date-missing")}
    yield written, {"day": pa.Column(None, _check("date-unclear", pd.notna), nullable=True)}
    yield dated, {"day": column(pa.Check.ge(first, error=EARLY))}
    yield (
        dated & ~counted,
        {"last": column(pa.Check.lt(day, error=LATE_IF_EXCLUSIVE), also)},
    )
    # 截止日期 says up to when figures were counted: the year's end is in time.
    end = pd.Timestamp(year_end(rulebook))
    yield dated & counted, {"last": column(pa.Check.le(end, error="date-late-figures"))}


def year_end(rulebook: Rulebook) -> date:
    """The last day of the assessed year."""
    return date(rulebook.year, 12, 31)


def _failed(schema: pa.DataFrameSchema, view: pd.DataFrame) -> pd.DataFrame:
    return run_schema(schema, view).rename(columns={"row": "claim"})


def _failed_none() -> pd.DataFrame:
    return pd.DataFrame({"claim": np.array([], "int64"), "code": [], "column": []})


def run_schema(schema: pa.DataFrameSchema, view: pd.DataFrame) -> pd.DataFrame:
    """Every check that a row fails. Columns: `row` (index of `view`), `code`, `column`.

    In order of rows, and of columns within a row.
    """
    try:
        if len(view):
            schema.validate(view, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            # Anything but a failed check (a crash in a check, a wrong type) is a bug of ours.
            if error.reason_code != SchemaErrorReason.DATAFRAME_CHECK:
                raise
        cases = errors.failure_cases
        table = pd.DataFrame(
            {
                "row": cases["index"].astype("int64"),
                "code": cases["check"].astype(object),
                "column": cases["column"].astype(object),
            }
        )
        # The order of a sort inside pandera depends on how many there are.
        rank = table["column"].map({name: at for at, name in enumerate(schema.columns)})
        return table.iloc[np.lexsort([table["code"], rank, table["row"]])].reset_index(drop=True)
    return pd.DataFrame({"row": np.array([], "int64"), "code": [], "column": []})


def in_force(broken: pd.DataFrame, claims: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """The broken rules that refuse a claim under the readings taken."""
    ignored = [
        LATE_IF_EXCLUSIVE if rulebook.inclusive else LATE_IF_INCLUSIVE,
        NEEDS_ALL if rulebook.partial else NEEDS_ANY,
    ]
    clause = claims["clause"].to_numpy()[broken["claim"].to_numpy()]
    standing = (broken["code"] == EARLY) & pd.Series(clause, broken.index).isin(rulebook.earlier)
    return broken[~broken["code"].isin(ignored) & ~standing]
