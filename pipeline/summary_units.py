"""What the summary says of each unit: points by clause, claims, findings; bounded in size."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.outcome import COUNTED, ERROR, NORMAL, NOTE, WARNING, Outcome
from pipeline.rulebook import Clause

DETAILED = 30
"""Units that have a part of their own; the others stand in a short list."""
CLAIMS = 200
"""Claims in a unit's part."""
FINDINGS = 40
"""Different messages in a unit's part."""
CELLS = 12
"""Cells named with one message."""
_LEVELS = (ERROR, WARNING, NOTE)


def records(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Some columns of a table row by row, as plain Python values (`NaT` and `NA` as they are)."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def number(value: Any, *, sign: bool = False) -> str:
    """A number as it is read aloud: at most two decimals, a true minus; '' for none."""
    if value is None or pd.isna(value):
        return ""
    text = f"{float(value):{'+' if sign else ''}.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "+0") else text.replace("-", "−")


def plain(value: Any) -> str:
    """A number as `number`, anything else as it stands; '' for none."""
    return value if isinstance(value, str) else number(value)


def date_text(value: Any) -> str:
    """A date as 2015-06-01; text as it was written; '' for none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime) or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}"


def _measured(clause: Clause, value: Any) -> str:
    """The measured value in words, e.g. `3次` or `107.5%`."""
    if value is None or pd.isna(value):
        return ""
    if clause.measure == "growth":
        return f"增长{number(value * 100)}%"
    if clause.measure == "ratio":
        return f"{number(value * 100)}%"
    return number(value) + clause.noun


def _groups(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(unit): rows for unit, rows in frame.groupby("unit", sort=False)}


def _clauses(outcome: Outcome, unit: str, claims: pd.DataFrame) -> list[dict[str, Any]]:
    """Sections in order, each with its points and the clauses that have points or claims."""
    made = claims["clause"].value_counts().to_dict()
    counted = claims.loc[claims["result"] == COUNTED, "clause"].value_counts().to_dict()
    points, values = outcome.points.loc[unit].to_dict(), outcome.values.loc[unit].to_dict()
    sections: dict[str, list[tuple[Any, ...]]] = {}
    for clause in outcome.rulebook.clauses:
        rows = sections.setdefault(clause.section, [])
        if points[clause.id] or clause.id in made:
            rows.append(
                (clause.id, clause.label, made.get(clause.id, 0), counted.get(clause.id, 0),
                 _measured(clause, values[clause.id]), number(points[clause.id]))
            )
    totals = outcome.sections.loc[unit].to_dict()
    return [
        {"name": name, "points": number(totals[name]), "rows": rows}
        for name, rows in sections.items()
    ]


def _claims(claims: pd.DataFrame) -> dict[str, Any]:
    """The first `CLAIMS` claims and how many are left out."""
    columns = ("clause", "title", "date", "result", "points", "reason", "ruling",
               "file", "sheet", "row")
    files = claims["file"].nunique()
    return {
        "rows": list(records(claims.head(CLAIMS), *columns)),
        "total": len(claims),
        "counted": int((claims["result"] == COUNTED).sum()),
        "more": max(len(claims) - CLAIMS, 0),
        "file": claims["file"].iloc[0] if files == 1 else "",
    }


def _findings(findings: pd.DataFrame) -> dict[str, Any]:
    """Messages, worst first, each once with its places; bounded by `FINDINGS` and `CELLS`."""
    messages: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for level, problem, advice, sheet, cell in records(
        findings, "level", "problem", "advice", "sheet", "cell"
    ):
        messages.setdefault((level, problem, advice), []).append((sheet, cell))
    ordered = sorted(messages, key=lambda key: _LEVELS.index(key[0]))
    return {
        "rows": [
            (*key, [(s, c) for s, c in messages[key][:CELLS] if s or c], len(messages[key]))
            for key in ordered[:FINDINGS]
        ],
        "more": max(len(messages) - FINDINGS, 0),
        "levels": findings["level"].value_counts().to_dict(),
    }


def unit_parts(outcome: Outcome) -> list[dict[str, Any]]:
    """What is said of each of the first `DETAILED` units, in the order of `outcome.units`."""
    shown = outcome.units.head(DETAILED)
    names = shown["unit"].tolist()
    claims = outcome.claims[outcome.claims["unit"].isin(names)]
    findings = outcome.findings[outcome.findings["unit"].isin(names)]
    by_unit, found = _groups(claims), _groups(findings)
    columns = ("unit", "status", "place", "total", "key_points", "claimed", "checked", "change",
               "best", "worst", "date", "file")
    parts: list[dict[str, Any]] = []
    for row in records(shown, *columns):
        part = dict(zip(columns, row, strict=True)) | {"number": len(parts) + 1}
        unit = part["unit"]
        own = by_unit.get(unit, claims.iloc[:0])
        ranked = part["status"] == NORMAL
        part["sections"] = _clauses(outcome, unit, own) if ranked else []
        part["claims"] = _claims(own)
        part["findings"] = _findings(found.get(unit, findings.iloc[:0]))
        parts.append(part)
    return parts
