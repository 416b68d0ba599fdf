"""Claims → what is wrong with each: pandera schemas built from the rulebook, one pass over all.

Every claim is laid out as one row of a view in which a rule that does not concern the claim is
met by construction; so one schema holds all rules of section 4 of the contract, and the name of
a failed check is the code of the finding.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrorReason, SchemaErrors

from pipeline.intake import evidence_flag
from pipeline.rulebook import FIGURES, Rulebook

LATE_IF_EXCLUSIVE, LATE_IF_INCLUSIVE = "date-late", "date-late-inclusive"
NEEDS_ALL, NEEDS_ANY = "evidence-missing", "evidence-none"
"""Two pairs of checks, one for each sense of the readings on deadline and evidence."""

UNLIFTABLE = (
    "clause-missing",
    "clause-unknown",
    "clause-other-sheet",
    "words-missing",
    "words-bad",
    "base-missing",
    "base-bad",
    "done-missing",
    "done-bad",
    "done-over-base",
    "object-missing",
)
"""Refusals that a ruling 认定 does not lift: without these the claim cannot be scored at all."""


def holds(code: str) -> pa.Check:
    """A check that a bool column is true; `code` is the finding where it is not."""
    return pa.Check(lambda column: column, error=code)


def claim_schema(rulebook: Rulebook) -> pa.DataFrameSchema:
    """The schema of `claim_view`."""
    day, first = pd.Timestamp(rulebook.deadline), pd.Timestamp(rulebook.first_day)
    columns = {
        "clause_given": pa.Column(bool, holds("clause-missing")),
        "clause_known": pa.Column(bool, holds("clause-unknown")),
        "clause_here": pa.Column(bool, holds("clause-other-sheet")),
        "title_given": pa.Column(bool, holds("title-missing")),
        "date_given": pa.Column(bool, holds("date-missing")),
        "date_clear": pa.Column(bool, holds("date-unclear")),
        "day": pa.Column("datetime64[s]", pa.Check.ge(first, error="date-early")),
        "last": pa.Column(
            "datetime64[s]",
            [
                pa.Check.lt(day, error=LATE_IF_EXCLUSIVE),
                pa.Check.le(day, error=LATE_IF_INCLUSIVE),
            ],
        ),
        "words_given": pa.Column(bool, holds("words-missing")),
        "words": pa.Column(float, pa.Check.ge(1, error="words-bad")),
        "base_given": pa.Column(bool, holds("base-missing")),
        "base": pa.Column(float, pa.Check.ge(1, error="base-bad")),
        "done_given": pa.Column(bool, holds("done-missing")),
        "done": pa.Column(float, pa.Check.ge(0, error="done-bad")),
        "done_within": pa.Column(bool, holds("done-over-base")),
        "object_given": pa.Column(bool, holds("object-missing")),
        "any_evidence": pa.Column(bool, holds(NEEDS_ANY)),
    }
    for header in rulebook.evidence_headers:
        columns[evidence_flag(header)] = pa.Column(bool, holds(NEEDS_ALL))
    return pa.DataFrameSchema(columns, strict=True)


def claim_view(claims: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Claims as the schema wants them: one column a rule, met where the rule does not apply."""
    known = claims["clause"].notna()
    sheets = claims["clause"].map({c.id: c.sheet for c in rulebook.clauses})
    here = known & (sheets == claims["sheet"].astype(object))
    # What a clause asks for concerns only the sheet that it is claimed on.
    ids = claims["clause"].where(here, "")

    def concerns(wanted: Iterable[str]) -> "pd.Series[bool]":
        return ids.isin(set(wanted))

    def needs(*measures: str) -> "pd.Series[bool]":
        return concerns(c.id for c in rulebook.clauses if c.measure in measures)

    given = claims["date_text"] != ""
    dated = claims["day"].notna()
    # A good day where there is none: the checks on its range say nothing about a missing date.
    filler = pd.Timestamp(rulebook.first_day).as_unit("s")
    figures = needs(*FIGURES)
    view: dict[str, pd.Series[Any]] = {
        "clause_given": claims["clause_text"] != "",
        "clause_known": known | (claims["clause_text"] == ""),
        "clause_here": ~known | here,
        "title_given": claims["title_key"] != "",
        "date_given": given,
        "date_clear": dated | ~given,
        "day": claims["day"].where(dated, filler),
        "last": claims["last"].where(dated, filler),
    }
    for name, wanted in (("words", needs("words")), ("base", figures), ("done", figures)):
        written = claims[f"{name}_text"] != ""
        view[f"{name}_given"] = written | ~wanted
        # -1 stands for what is no whole number: below every bound.
        view[name] = claims[name].fillna(-1.0).where(wanted & written, 1.0).astype(float)
    capped = concerns(c.id for c in rulebook.clauses if c.capped)
    view["done_within"] = ~(capped & _exceeds(claims))
    view["object_given"] = ~needs("distinct") | (claims["object_key"] != "")
    return pd.DataFrame(view | _evidence(claims, rulebook, concerns))


def _exceeds(claims: pd.DataFrame) -> "pd.Series[bool]":
    """Where 完成数 is greater than 基数, digit by digit: as floats long numbers may seem equal."""
    figures = zip(claims["done_exact"].tolist(), claims["base_exact"].tolist(), strict=True)
    return pd.Series(
        [done is not None and base is not None and done > base for done, base in figures],
        index=claims.index,
        dtype=bool,
    )


def _evidence(
    claims: pd.DataFrame,
    rulebook: Rulebook,
    concerns: Callable[[Iterable[str]], "pd.Series[bool]"],
) -> dict[str, "pd.Series[bool]"]:
    named: dict[str, pd.Series[bool]] = {}
    found: pd.Series[bool] = pd.Series(False, index=claims.index)
    for header in rulebook.evidence_headers:
        needed = concerns(c.id for c in rulebook.clauses if header in c.evidence)
        there = claims[evidence_flag(header)]
        named[evidence_flag(header)] = there | ~needed
        found = found | (there & needed)
    any_needed = concerns(c.id for c in rulebook.clauses if c.evidence)
    return named | {"any_evidence": found | ~any_needed}


def failures(claims: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """Every rule that a claim breaks. Columns: `claim` (index of `claims`), `code`, `column`."""
    broken = run_schema(claim_schema(rulebook), claim_view(claims, rulebook))
    return broken.rename(columns={"row": "claim"})


def run_schema(schema: pa.DataFrameSchema, view: pd.DataFrame) -> pd.DataFrame:
    """Every check that a row fails. Columns: `row` (index of `view`), `code`, `column`.

    In order of rows, and of columns within a row.
    """
    try:
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
