"""Outcome → `summary.html`: one page that opens offline, for the meeting and for the file.

What units wrote is escaped by the template and stripped of control and text-direction characters
on its way into the page, whatever column it comes from.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.findings import LEVELS
from pipeline.outcome import COUNTED, DISQUALIFIED, LATE, MISSING, NORMAL, PENDING, Outcome
from pipeline.ranking.scores import by_key_work, notes_of, proposals, told
from pipeline.summary import text
from pipeline.summary.text import MINUS, brief, number, records
from pipeline.summary.units import CELLS, CLAIMS, DETAILED, FINDINGS, unit_parts

ROWS = 100
"""Rows of every other table; what does not fit is named and left to the workbook."""
TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
PICTURED = 12
"""Units in the picture of points by section."""
IMPACT = 600
"""Characters of what a reading changes."""
FIRST = 3
"""Sentences on decisive readings in the first screen."""
TONES = 12
"""Tones of the style sheet for sections."""
_STAGES = {"初评": "初评结果，尚未经评审组核定", "核定": "已按评审组核定调整"}
"""Stage → what is said below the title; any other is a decision of the meeting."""
_WHY = {
    DISQUALIFIED: "已被取消考核资格",
    LATE: "报送逾期，视为自动放弃",
    MISSING: "没有收到报送材料",
    PENDING: "须由办公室核实后确定",
}


# The first screen: places, gaps, how sure, who is not ranked -----------------------------------


def ranked_units(outcome: Outcome) -> list[dict[Any, Any]]:
    """The ranked units, best first: rows of `Outcome.units`, with the award as it is told now,
    `total` as text, `gap` (to the place before), `part` (number of its own part, 0 without one)
    and `marks` (as `mark_columns`).
    """
    ranked = outcome.units.assign(award=told(outcome)[1]["award"])
    ranked = ranked[ranked["status"] == NORMAL]
    # At most 2 decimals, all totals alike.
    digits = max((len(number(t).partition(".")[2]) for t in ranked["total"].tolist()), default=0)
    shown = [key for _, key in mark_columns(outcome)]
    rows: list[dict[Any, Any]] = []
    above, last, among = None, None, ""
    for index, row in enumerate(ranked.to_dict("records")):
        total = row["total"]
        if row["group"] != among:
            above, last, among = None, None, row["group"]
        if last is not None and last != total:
            above = last
        gap = "" if above is None else number(above - total)
        if last == total:
            gap = "并列" if rows[-1]["place"] == row["place"] else "同分"
        last = total
        text, part = f"{total:.{digits}f}".replace("-", MINUS), index + 1 if index < DETAILED else 0
        marks = [row[key] for key in shown]
        rows.append(row | {"total": text, "gap": gap, "part": part, "marks": marks})
    return rows


def mark_columns(outcome: Outcome) -> list[tuple[str, str]]:
    """(header, key of `Outcome.units`) of what is said of units where the measure knows it."""
    every = (("组别", "group"), ("等次", "grade"), ("一票否决", "veto"), ("同分先后", "tie"))
    return [(header, key) for header, key in every if (outcome.units[key] != "").any()]


def headline(outcome: Outcome, ranking: list[dict[Any, Any]]) -> dict[str, str]:
    """Who leads, by how much and how surely."""
    if not ranking:
        return {"who": "", "how": "没有可以排名的单位", "sure": ""}
    groups = outcome.units["group"][: len(ranking)]
    leaders = [row for row in ranking if row["place"] == 1]
    if groups.nunique() > 1:
        firsts = [
            f"{group}：{row['unit']}第一名，{row['total']} 分"
            for group, row in zip(groups, ranking, strict=True)
            if row["place"] == 1
        ]
        return {"who": "", "how": f"分组排名：{'；'.join(firsts)}", "sure": ""}
    names = "、".join(row["unit"] for row in leaders[:3])
    if len(leaders) > 3:
        names += f"等{len(leaders)}家单位"
    how = f"{'并列' if len(leaders) > 1 else ''}第一名，{leaders[0]['total']} 分"
    if len(leaders) == 1 and len(ranking) > 1:
        second = ranking[1]
        more = sum(row["place"] == second["place"] for row in ranking)
        rival = second["unit"] if more == 1 else f"{second['unit']}等{more}家单位"
        led = f"领先第二名{rival} {second['gap']} 分"
        how += f"，{f'与第二名{rival}同分' if second['gap'] == '同分' else led}"
    best, worst = ranking[0]["best"], ranking[0]["worst"]
    sure = f"按不同的口径理解，名次在第{best}名到第{worst}名之间"
    if best == worst:
        never = "第一名都不变" if best == 1 else f"都是第{best}名"
        sure = f"各条口径无论怎样理解，{never}"
    return {"who": names, "how": how, "sure": sure if len(leaders) == 1 else ""}


def unranked_units(outcome: Outcome) -> list[dict[str, str]]:
    """Units without a place: name, status and why; at most `ROWS`."""
    others = outcome.units[outcome.units["status"] != NORMAL].head(ROWS)
    notes, found = notes_of(outcome), []
    for unit, status in records(others, "unit", "status"):
        why = "；".join(notes.get(unit, [])[:3]) or _WHY.get(status, "")
        found.append({"unit": unit, "status": status, "why": why})
    return found


def other_units(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """Place, unit, total and status of the units without a part of their own."""
    rest = outcome.units.iloc[DETAILED:]
    return [
        (number(place), unit, number(total), status)
        for place, unit, total, status in records(rest, "place", "unit", "total", "status")
    ]


# The other parts ---------------------------------------------------------------------------------


def _sections(outcome: Outcome) -> dict[str, Any]:
    """Points by section: the picture and the table that says the same."""
    names = outcome.sections.columns.tolist()
    means = [*outcome.sections.mean(), outcome.units["total"].mean()]
    totals = outcome.units.set_index("unit")["total"]
    shown = outcome.sections.head(DETAILED)
    rows = shown.to_numpy(dtype=float).tolist()
    pictured = rows[:PICTURED]
    # A bar begins as far left as was deducted, so that it ends at the total.
    lost = [-sum(p for p in row if p < 0) for row in pictured]
    return {
        "names": [(name, tone % TONES) for tone, name in enumerate(names)],
        "rows": [
            (
                unit,
                [(number(p), _apart(p, mean)) for p, mean in zip(row, means[:-1], strict=True)],
                (number(totals[unit]), _apart(totals[unit], means[-1])),
            )
            for unit, row in zip(shown.index.tolist(), rows, strict=True)
        ],
        "means": [number(round(mean, 1)) for mean in means],
        "pictured": list(zip(pictured, lost, strict=True)),
        "left": max(lost, default=0),
        "right": max((sum(p for p in row if p > 0) for row in pictured), default=0),
    }


def _key_work(outcome: Outcome) -> dict[str, Any]:
    """Key work: section name and rows (place, unit, points, award), best first."""
    numerals = {numeral: name for name, numeral in outcome.rulebook.sections.items()}
    section = numerals.get(outcome.rulebook.key_section)
    columns = ("group", "key_place", "unit", "key_points", "key_award")
    ordered = by_key_work(outcome).head(DETAILED)
    found = records(ordered, *columns)
    rows = [(f"{group}{place}", u, number(points), a) for group, place, u, points, a in found]
    return {"section": section, "rows": rows}


def _apart(points: float, mean: float) -> str:
    """How far from the average, to one decimal."""
    return number(round(points - mean, 1), sign=True)


def _cut(text: str) -> str:
    """At most `IMPACT` characters: with thousands of units a sentence may name them all."""
    return text if len(text) <= IMPACT else f"{text[:IMPACT]}……（全文见 ranking.xlsx 的“口径说明”）"


def _readings(outcome: Outcome) -> dict[str, Any]:
    """All readings, those that would change something first; these apart; what they change."""
    frame = outcome.readings
    columns = ("id", "clauses", "question", "taken", "sense", "other", "impact", "changes")
    rows = [dict(zip(columns, row, strict=True)) for row in records(frame, *columns)]
    for row in rows:
        row["impact"] = _cut(row["impact"])
        row["name"] = outcome.rulebook.reading_names[row["id"]]
    telling = [row for row in rows if row["changes"]]
    return {
        "matrix": _matrix(outcome, telling),
        "rows": sorted(rows, key=lambda row: not row["changes"]),
        "telling": telling,
        "chosen": [row for row in rows if row["id"] in outcome.alternative],
    }


def _matrix(outcome: Outcome, telling: list[dict[str, Any]]) -> dict[str, Any]:
    """What each reading would change: readings by units. Empty where the units are too many."""
    changed = {unit for row in telling for unit, *_ in row["changes"]}
    units = outcome.units
    shown = units[(units["status"] == NORMAL) | units["unit"].isin(changed)]
    if not changed or len(shown) > PICTURED:
        return {}
    now = {unit: _stands(t, p) for unit, t, p in records(shown, "unit", "total", "place")}
    rows = []
    for row in telling:
        then = {unit: _stands(total, place) for unit, total, place in row["changes"]}
        cells = []
        for unit, (_, place) in now.items():
            total, moved = then.get(unit, ("", ""))
            cells.append((total, "" if moved == place else moved))
        rows.append((row["name"], row["clauses"], cells))
    return {"units": list(now), "now": list(now.values()), "rows": rows}


def _stands(total: float, place: Any) -> tuple[str, str]:
    """A unit's total and its place."""
    return number(total) or "不排名", "" if pd.isna(place) else f"第{place:.0f}名"


def _table(frame: pd.DataFrame, *columns: str) -> dict[str, Any]:
    """At most `ROWS` rows of a table, and how many are left out. A frame may have no columns."""
    if frame.empty:
        return {"rows": [], "more": 0}
    return {"rows": brief(frame.head(ROWS), *columns), "more": max(len(frame) - ROWS, 0)}


def _page(outcome: Outcome) -> dict[str, Any]:
    ranking, findings = ranked_units(outcome), outcome.findings
    homeless = findings[~findings["unit"].isin(outcome.rulebook.units)]
    return {
        "title": outcome.rulebook.title,
        "stage": outcome.stage,
        "final": outcome.stage != "初评",
        "standing": _STAGES.get(outcome.stage, "已经会议审定"),
        "open": outcome.units.loc[outcome.units["status"] == PENDING, "unit"].tolist()[:ROWS],
        "when": outcome.when,
        "headline": headline(outcome, ranking),
        "units": len(outcome.units),
        "claims": len(outcome.claims),
        "refused": int((outcome.claims["result"] != COUNTED).sum()),
        "errors": int((findings["level"] == LEVELS[0]).sum()),
        "ranking": ranking[:DETAILED],
        "ranked": len(ranking),
        "award_word": told(outcome)[0],
        "awarded": bool(outcome.awards) or len(outcome.decisions) > 0,
        "marks": [header for header, _ in mark_columns(outcome)],
        "unranked": unranked_units(outcome),
        "rest": other_units(outcome),
        "awards": proposals(outcome),
        "sections": _sections(outcome),
        "key_work": _key_work(outcome),
        "parts": unit_parts(outcome),
        "homeless": _table(homeless, "level", "unit", "file", "sheet", "cell", "problem", "advice"),
        "readings": _readings(outcome),
        "decisive": [_cut(sentence) for sentence in outcome.decisive],
        "first": FIRST,
        "changes": _table(outcome.changes, "unit", "what", "before", "after", "cause"),
        "rulings": _table(
            outcome.rulings, "unit", "clause", "title", "word", "points", "reason", "judge"
        ),
        "files": _table(outcome.files, "unit", "status", "date", "file", "note", "sha256"),
        "others": _table(outcome.others, "file", "note"),
        "facts": outcome.facts,
    }


@cache
def environment() -> Environment:
    """The templates, with the filters that they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.neutral,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"COUNTED": COUNTED, "LEVELS": LEVELS, "DETAILED": DETAILED, "CELLS": CELLS}
    made.globals |= {"CLAIMS": CLAIMS, "FINDINGS": FINDINGS, "ROWS": ROWS, "PICTURED": PICTURED}
    made.filters |= {"number": text.number, "date": text.date_text, "plain": text.plain}
    made.filters["percent"] = "{:.2f}%".format
    return made


def inline(name: str) -> tuple[Markup, str]:
    """A style sheet or script of the project's own, and its hash for the page's policy."""
    content = (TEMPLATES / "report" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return Markup(content), f"'sha256-{digest}'"


def render_summary(outcome: Outcome) -> str:
    """The summary as HTML."""
    style, style_hash = inline("report.css")
    script, script_hash = inline("report.js")
    policy = (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; "
        "base-uri 'none'; form-action 'none'"
    )
    template = environment().get_template("report.html.j2")
    return template.render(_page(outcome), style=style, script=script, policy=Markup(policy))


def write_summary(outcome: Outcome, path: Path) -> None:
    """Write the summary to a file (UTF-8, line feeds).

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(render_summary(outcome).encode())
