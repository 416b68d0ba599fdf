"""What the summary says of each unit: points by clause, claims, findings; bounded in size."""

from typing import Any

import pandas as pd

from pipeline.findings import LEVELS, shorten
from pipeline.outcome import COUNTED, NORMAL, NOTE, Outcome
from pipeline.ranking.trace import describe_value, parts_of
from pipeline.summary.text import TEXT, brief, number

DETAILED = 30
"""Units that have a part of their own; the others stand in a short list."""
CLAIMS = 200
"""Claims in a unit's part."""
FINDINGS = 40
"""Different messages in a unit's part."""
CELLS = 12
"""Cells named with one message."""


def _groups(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(unit): rows for unit, rows in frame.groupby("unit", sort=False)}


def _clauses(
    outcome: Outcome, unit: str, claims: pd.DataFrame, taken: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Sections in order, each with its points and the clauses that have points or claims."""
    made = claims["clause"].value_counts()
    counted = claims.loc[claims["result"] == COUNTED, "clause"].value_counts()
    points, values, totals = (
        table.loc[unit].to_dict() for table in (outcome.points, outcome.values, outcome.sections)
    )
    sections: dict[str, list[tuple[Any, ...]]] = {name: [] for name in outcome.rulebook.sections}
    for clause in outcome.rulebook.clauses:
        key = clause.id
        if points[key] or key in made:
            value, band = describe_value(clause, values[key])
            measured = "，".join(filter(None, (value, taken.get((unit, key), band))))
            row = (key, clause.label, made.get(key, 0), counted.get(key, 0), measured)
            sections[clause.section].append((*row, number(points[key])))
    return [
        {"name": name, "points": number(totals[name]), "rows": rows}
        for name, rows in sections.items()
    ]


_CLAIM = ("clause", "title", "date", "result", "points", "reason", "ruling", "file", "sheet", "row")


def _claims(claims: pd.DataFrame) -> dict[str, Any]:
    """The first `CLAIMS` claims and how many are left out."""
    return {
        "rows": brief(claims.head(CLAIMS), *_CLAIM),
        "total": len(claims),
        "counted": int((claims["result"] == COUNTED).sum()),
        "more": max(len(claims) - CLAIMS, 0),
        "file": shorten(claims["file"].iloc[0], TEXT) if claims["file"].nunique() == 1 else "",
    }


def _places(places: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """(file, sheet, cell) → each file and sheet once, with its cells in one text."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for file, sheet, cell in places:
        cells = grouped.setdefault((file, sheet), [])
        if cell:
            cells.append(cell)
    return [(*key, "、".join(cells)) for key, cells in grouped.items() if any((*key, cells))]


def _findings(findings: pd.DataFrame) -> dict[str, Any]:
    """Messages, worst first, each once with its places; bounded by `FINDINGS` and `CELLS`."""
    messages: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    columns = ("level", "problem", "advice", "file", "sheet", "cell")
    several = findings["file"].nunique() > 1
    for level, problem, advice, file, sheet, cell in brief(findings, *columns):
        place = (file if several else "", sheet, cell)
        messages.setdefault((level, problem, advice), []).append(place)
    ordered = sorted(messages, key=lambda key: LEVELS.index(key[0]))[:FINDINGS]
    rows = [
        (*key, _places(messages[key][:CELLS]), max(len(messages[key]) - CELLS, 0))
        for key in ordered
    ]
    return {
        "rows": [row for row in rows if row[0] != NOTE],
        "notes": [row for row in rows if row[0] == NOTE],
        "more": len(messages) - len(rows),
        "levels": findings["level"].value_counts().to_dict(),
    }


def unit_parts(outcome: Outcome) -> list[dict[str, Any]]:
    """What is said of each of the first `DETAILED` units, in the order of `outcome.units`."""
    shown = outcome.units.head(DETAILED)
    names = shown["unit"].tolist()
    claims = outcome.claims[outcome.claims["unit"].isin(names)]
    findings = outcome.findings[outcome.findings["unit"].isin(names)]
    by_unit, found = _groups(claims), _groups(findings)
    parts, taken = list[dict[str, Any]](), parts_of(outcome)
    for row in shown.to_dict("records"):
        part: dict[Any, Any] = row | {"number": len(parts) + 1}
        unit = part["unit"]
        own = by_unit.get(unit, claims.iloc[:0])
        part["ranked"] = part["status"] == NORMAL
        part["sections"] = _clauses(outcome, unit, own, taken) if part["ranked"] else []
        part["claims"] = _claims(own)
        part["findings"] = _findings(found.get(unit, findings.iloc[:0]))
        parts.append(part)
    return parts
