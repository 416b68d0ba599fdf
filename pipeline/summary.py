"""Outcome → `summary.html`: one page that opens offline, for the meeting and for the file.

What units wrote is escaped by the template and stripped of control and text-direction characters
on its way into the page, whatever column it comes from.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.charts import Span, span, stacked
from pipeline.outcome import DISQUALIFIED, LATE, MISSING, NORMAL, PENDING, TIE, Outcome
from pipeline.summary_units import (
    CELLS,
    CLAIMS,
    DETAILED,
    FINDINGS,
    date_text,
    number,
    plain,
    records,
    unit_parts,
)

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PICTURED = 12
"""Units in the picture of points by section."""
ROWS = 100
"""Rows of every other table; what does not fit is named and left to the workbook."""
SPANNED = 60
"""With more ranked units than this, the range of places is given in words only."""
IMPACT = 600
"""Characters of a reading's impact."""
TONES = 12
"""Tones of the style sheet for sections."""
NO_IMPACT = "无影响"

_WHY = {
    DISQUALIFIED: "已被取消考核资格",
    LATE: "报送逾期，视为自动放弃",
    MISSING: "没有收到报送材料",
    PENDING: "须由办公室核实后确定",
}


class Place(NamedTuple):
    """A ranked unit in the first table. `part` is the number of its own part, 0 without one."""

    place: int
    unit: str
    total: str
    gap: str
    range: str
    span: Span | None
    award: str
    claimed: str
    checked: str
    change: str
    part: int


def _unsafe() -> dict[int, str | None]:
    """Characters that must not reach a page, and what stands in their place."""
    hidden = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x180E, 0x200B, 0x200E, 0x200F]
    hidden += [*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF0, 0xFFFC)]
    hidden += [*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, *range(0xE0000, 0xE0080)]
    table: dict[int, str | None] = dict.fromkeys(hidden, "\N{REPLACEMENT CHARACTER}")
    return table | dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")


_UNSAFE = _unsafe()


def neutral(value: object) -> object:
    """What goes into the page: text without control and text-direction characters."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_UNSAFE)
    return value


def _range(best: Any, worst: Any) -> str:
    if pd.isna(best) or pd.isna(worst):
        return ""
    return f"第{best}名" if best == worst else f"第{best}–{worst}名"


def _ranking(outcome: Outcome) -> list[Place]:
    """The ranked units, best first."""
    columns = ("place", "unit", "total", "award", "claimed", "checked", "change", "best", "worst")
    ranked = outcome.units[outcome.units["status"] == NORMAL]
    digits = _digits(ranked["total"])
    rows: list[Place] = []
    above, last = None, None
    for index, row in enumerate(records(ranked, *columns)):
        place, unit, total, award, claimed, checked, change, best, worst = row
        if last is not None and last != total:
            above = last
        tied = last == total
        last = total
        known = len(ranked) <= SPANNED and not (pd.isna(best) or pd.isna(worst))
        gap = "并列" if tied else "" if above is None else number(above - total)
        rows.append(
            Place(
                place, unit, f"{total:.{digits}f}".replace("-", "−"), gap, _range(best, worst),
                span(best, place, worst, len(ranked)) if known else None, award,
                number(claimed), number(checked), number(change, sign=True),
                index + 1 if index < DETAILED else 0,
            )
        )
    return rows


def _digits(totals: "pd.Series[Any]") -> int:
    """Decimals that a column of totals needs, at most 2."""
    return max((len(number(t).partition(".")[2]) for t in totals.tolist()), default=0)


def _certainty(best: Any, worst: Any) -> str:
    if pd.isna(best) or pd.isna(worst):
        return ""
    if best == worst == 1:
        return "各条口径无论怎样理解，第一名都不变"
    if best == worst:
        return f"各条口径无论怎样理解，都是第{best}名"
    return f"按不同的口径理解，名次在第{best}名到第{worst}名之间"


def _headline(outcome: Outcome, ranking: list[Place]) -> dict[str, str]:
    """Who leads, by how much and how surely."""
    if not ranking:
        return {"who": "", "how": "没有可以排名的单位", "sure": ""}
    leaders = [row for row in ranking if row.place == ranking[0].place]
    names = "、".join(row.unit for row in leaders[:3])
    if len(leaders) > 3:
        names += f"等{len(leaders)}家单位"
    how = f"{'并列' if len(leaders) > 1 else ''}第一名，{leaders[0].total} 分"
    if len(leaders) == 1 and len(ranking) > 1:
        second = ranking[1]
        more = sum(row.place == second.place for row in ranking)
        rival = second.unit if more == 1 else f"{second.unit}等{more}家单位"
        how += f"，领先第二名{rival} {second.gap} 分"
    first = outcome.units.iloc[0]
    sure = _certainty(first["best"], first["worst"]) if len(leaders) == 1 else ""
    return {"who": names, "how": how, "sure": sure}


def _unranked(outcome: Outcome) -> list[dict[str, str]]:
    """Units without a place: name, status and why; at most `ROWS`."""
    others = outcome.units[outcome.units["status"] != NORMAL].head(ROWS)
    notes: dict[str, list[str]] = {}
    for unit, note in records(outcome.files, "unit", "note"):
        if note:
            notes.setdefault(unit, []).append(note)
    return [
        {
            "unit": unit,
            "status": status,
            "why": "；".join(dict.fromkeys(notes.get(unit, [])[:3])) or _WHY.get(status, ""),
        }
        for unit, status in records(others, "unit", "status")
    ]


def _rest(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """Place, unit, total and status of the units without a part of their own."""
    rest = outcome.units.iloc[DETAILED:]
    return [
        (number(place), unit, number(total), status)
        for place, unit, total, status in records(rest, "place", "unit", "total", "status")
    ]


def _awards(outcome: Outcome) -> list[dict[str, Any]]:
    """Each award with places: who is proposed, and who ties across the last place."""
    proposals = []
    for award in outcome.rulebook.awards:
        if award.name not in outcome.awards:
            continue
        column = outcome.units["award" if award.basis == "total" else "key_award"]
        units = outcome.units["unit"]
        proposals.append(
            {
                "name": award.name,
                "places": outcome.awards[award.name],
                "units": units[column == award.name].tolist()[:ROWS],
                "tied": units[column == TIE].tolist()[:ROWS],
            }
        )
    return proposals


def _sections(outcome: Outcome) -> dict[str, Any]:
    """Points by section: the picture and the table that says the same."""
    names = outcome.sections.columns.tolist()
    shown = outcome.sections.head(DETAILED)
    rows = shown.to_numpy(dtype=float).tolist()
    return {
        "names": names,
        "rows": [(unit, [number(p) for p in row], number(sum(row)))
                 for unit, row in zip(shown.index.tolist(), rows, strict=True)],
        "pictured": shown.index.tolist()[:PICTURED],
        "picture": stacked(names, rows[:PICTURED], TONES),
    }


def _key_work(outcome: Outcome) -> dict[str, Any]:
    """Key work: section name and rows (place, unit, points, award), best first."""
    section = next(
        name for name, key in outcome.rulebook.sections.items()
        if key == outcome.rulebook.key_section
    )
    ranked = outcome.units[outcome.units["status"] == NORMAL]
    ordered = ranked.sort_values("key_place", kind="stable").head(DETAILED)
    columns = ("key_place", "unit", "key_points", "key_award")
    rows = [(p, u, number(points), a) for p, u, points, a in records(ordered, *columns)]
    return {"section": section, "rows": rows}


def _readings(outcome: Outcome) -> dict[str, list[dict[str, str]]]:
    """Readings that would change something, and those that would not."""
    frame = outcome.readings
    columns = ("id", "clauses", "question", "taken", "sense", "other", "impact")
    rows = [dict(zip(columns, row, strict=True)) for row in records(frame, *columns)]
    for row in rows:
        if len(row["impact"]) > IMPACT:
            row["impact"] = row["impact"][:IMPACT] + "……（全文见 ranking.xlsx 的“口径说明”）"
    return {
        "telling": [row for row in rows if row["impact"] != NO_IMPACT],
        "silent": [row for row in rows if row["impact"] == NO_IMPACT],
        "chosen": [row for row in rows if row["id"] in outcome.alternative],
    }


def _table(frame: pd.DataFrame, *columns: str) -> dict[str, Any]:
    """At most `ROWS` rows of a table, and how many are left out. A frame may have no columns."""
    if frame.empty:
        return {"rows": [], "more": 0}
    return {"rows": list(records(frame.head(ROWS), *columns)), "more": max(len(frame) - ROWS, 0)}


def _homeless(outcome: Outcome) -> dict[str, Any]:
    """Findings that belong to no unit of the roster."""
    alien = outcome.findings[~outcome.findings["unit"].isin(outcome.rulebook.units)]
    return _table(alien, "level", "unit", "file", "sheet", "cell", "problem", "advice")


def _figures(outcome: Outcome) -> dict[str, Any]:
    levels = outcome.findings["level"].value_counts().to_dict()
    return {
        "units": len(outcome.units),
        "ranked": int((outcome.units["status"] == NORMAL).sum()),
        "claims": len(outcome.claims),
        "refused": int((outcome.claims["result"] != "计分").sum()),
        "levels": levels,
    }


def _page(outcome: Outcome) -> dict[str, Any]:
    ranking = _ranking(outcome)
    return {
        "title": outcome.rulebook.title,
        "stage": outcome.stage,
        "when": outcome.when,
        "headline": _headline(outcome, ranking),
        "figures": _figures(outcome),
        "ranking": ranking[:DETAILED],
        "ranked": len(ranking),
        "unranked": _unranked(outcome),
        "rest": _rest(outcome),
        "awards": _awards(outcome),
        "sections": _sections(outcome),
        "key_work": _key_work(outcome),
        "parts": unit_parts(outcome),
        "homeless": _homeless(outcome),
        "readings": _readings(outcome),
        "decisive": outcome.decisive,
        "changes": _table(outcome.changes, "unit", "what", "before", "after", "cause"),
        "rulings": _table(
            outcome.rulings, "unit", "clause", "title", "word", "points", "reason", "judge"
        ),
        "files": _table(outcome.files, "unit", "status", "date", "file", "note", "sha256"),
        "facts": outcome.facts,
        "limits": {"units": DETAILED, "claims": CLAIMS, "findings": FINDINGS, "cells": CELLS,
                   "rows": ROWS, "pictured": PICTURED},
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=neutral,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "date": date_text, "plain": plain}
    return environment


def _inline(name: str) -> tuple[Markup, str]:
    """A style sheet or script of the project's own, and its hash for the page's policy."""
    text = (TEMPLATES / "report" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"


def render_summary(outcome: Outcome) -> str:
    """The summary as HTML."""
    style, style_hash = _inline("report.css")
    script, script_hash = _inline("report.js")
    policy = (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("report.html.j2")
    return template.render(_page(outcome), style=style, script=script, policy=Markup(policy))


def write_summary(outcome: Outcome, path: Path) -> None:
    """Write the summary to a file (UTF-8, line feeds).

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(render_summary(outcome).encode())
