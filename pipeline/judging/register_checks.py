"""What is wrong in the office's workbooks: one pandera schema a sheet, findings at the cells.

As with claims, every row is laid out so that a rule that does not concern it is met, and the
name of a failed check is the code of the finding.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pandera.pandas as pa

from pipeline import layout
from pipeline.findings import Findings
from pipeline.judging.checks import holds, run_schema
from pipeline.judging.register_tables import Table
from pipeline.likeness import suggest
from pipeline.rulebook import Rulebook
from pipeline.text import fold

_UNIT = {"unit_known": pa.Column(bool, holds("register-unit"))}
_CLAUSE = {"clause_known": pa.Column(bool, holds("register-clause"))}
_HEADERS = {
    "unit_known": "单位",
    "clause_known": "条款",
    "date_clear": "收件日期",
    "copies": "份数",
    "word": "结论",
    "points_given": "核定分",
    "reason_given": "理由",
    "base": "基数",
    "done": "完成数",
    "done_within": "完成数",
    "award_known": "奖项",
    "number": "名额",
}
"""Column of a view → header of the cell that a finding names."""

HARMLESS = frozenset({"register-copies", "register-no-reason", "register-date"})
"""Findings that do not keep the rest of the row from being applied."""


def _schema(name: str, rulebook: Rulebook) -> pa.DataFrameSchema:
    figures = "register-figures"
    columns: dict[str, dict[str, pa.Column]] = {
        layout.RECEIPTS: _UNIT
        | {
            "date_clear": pa.Column(bool, holds("register-date")),
            "copies": pa.Column(
                float, pa.Check.eq(float(rulebook.copies), error="register-copies")
            ),
        },
        layout.RULINGS: _UNIT
        | _CLAUSE
        | {
            "word": pa.Column(object, pa.Check.isin(layout.RULING_WORDS, error="register-word")),
            "points_given": pa.Column(bool, holds("register-points")),
            "reason_given": pa.Column(bool, holds("register-no-reason")),
        },
        layout.RECORDS: _UNIT
        | _CLAUSE
        | {
            "base": pa.Column(float, pa.Check.ge(1, error=figures)),
            "done": pa.Column(float, pa.Check.ge(0, error=figures)),
            "done_within": pa.Column(bool, holds(figures)),
        },
        layout.DISQUALIFIED: _UNIT,
        layout.PLACES: {
            "award_known": pa.Column(bool, holds("register-award")),
            "number": pa.Column(float, pa.Check.ge(0, error="register-places")),
        },
    }
    return pa.DataFrameSchema(columns[name], strict=True)


def _receipts(rows: pd.DataFrame, rulebook: Rulebook) -> dict[str, Any]:
    clear = rows["day"].notna() | (rows["收件日期"] == "")
    return {"date_clear": clear, "copies": rows["copies"].fillna(-1.0)}


def _rulings(rows: pd.DataFrame, rulebook: Rulebook) -> dict[str, Any]:
    by_points = rows["word"] == layout.RULING_POINTS
    return {
        "word": rows["word"].astype(object),
        "points_given": rows["points"].notna() | ~by_points,
        "reason_given": (rows["reason"] != "") | ~rows["word"].isin(layout.RULING_WORDS),
    }


def _records(rows: pd.DataFrame, rulebook: Rulebook) -> dict[str, Any]:
    replaces = rows["clause"].isin({c.id for c in rulebook.clauses if c.office == "replaces"})
    capped = rows["clause"].isin({c.id for c in rulebook.clauses if c.capped})
    base, done = (rows[name].fillna(-1.0).where(replaces, 1.0) for name in ("base", "done"))
    # Where the base itself is unusable one finding is enough.
    return {
        "base": base,
        "done": done.where(base >= 1, 1.0),
        "done_within": ~(capped & (base >= 1) & (done > base)),
    }


def _places(rows: pd.DataFrame, rulebook: Rulebook) -> dict[str, Any]:
    awards = {fold(award.name) for award in rulebook.awards}
    return {
        "award_known": rows["奖项"].map(fold).isin(awards),
        "number": rows["number"].fillna(-1.0).where(rows["名额"] != "", 0.0),
    }


_VIEWS: dict[str, Callable[[pd.DataFrame, Rulebook], dict[str, Any]]] = {
    layout.RECEIPTS: _receipts,
    layout.RULINGS: _rulings,
    layout.RECORDS: _records,
    layout.PLACES: _places,
}


def check_table(table: Table, rulebook: Rulebook, findings: Findings) -> pd.DataFrame:
    """Add the findings of a sheet; give the rows that can be applied."""
    rows = table.rows
    if table.name == layout.RULINGS:
        # Claims of the panel's worksheet that nothing was decided on.
        decided = (rows[["结论", "核定分", "理由", "评审人"]] != "").any(axis=1)
        rows = rows[decided | ~rows["panel"]]
    if rows.empty:
        return rows
    view: dict[str, Any] = {}
    if "unit" in rows:
        view["unit_known"] = rows["unit"].notna()
    if "clause" in rows:
        view["clause_known"] = rows["clause"].notna()
    if table.name in _VIEWS:
        view |= _VIEWS[table.name](rows, rulebook)
    broken = run_schema(_schema(table.name, rulebook), pd.DataFrame(view))
    for position, code, column in zip(
        broken["row"].tolist(), broken["code"], broken["column"], strict=True
    ):
        header = _HEADERS[column]
        unit = rows["unit"].loc[position] if "unit" in rows else None
        findings.add(
            code,
            unit=unit or "",
            file=rows["file"].loc[position],
            sheet=table.name,
            cell=table.cell(position, header),
            **_details(rows.loc[position], code, column, header, rulebook),
        )
    fatal = broken.loc[~broken["code"].isin(HARMLESS), "row"]
    return rows[~rows.index.isin(fatal)]


def _details(
    row: "pd.Series[Any]", code: str, column: str, header: str, rulebook: Rulebook
) -> dict[str, Any]:
    written = row[header] or "（空）"
    if code == "register-unit":
        return {"detail": written, "hint": suggest(row[header], rulebook.units)}
    if code == "register-date":
        return {"detail": written, "reason": row["date_reason"]}
    if code == "register-copies":
        return {"detail": written, "limit": rulebook.copies}
    if code == "register-figures":
        return {"detail": _figures(row, column)}
    return {"detail": written}


def _figures(row: "pd.Series[Any]", column: str) -> str:
    if column == "base":
        return "基数不是大于 0 的整数"
    if column == "done":
        return "完成数不是 0 或正整数"
    return f"完成数 {row['完成数']} 大于基数 {row['基数']}"
