"""Outcome → `summary.html`: one page that opens offline, for the meeting and for the file.

What units wrote is escaped by the template and stripped of control and text-direction characters
on its way into the page, whatever column it comes from. Everything on it is bounded in size; the
workbook holds it whole.
"""

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.findings import LEVELS, shorten
from pipeline.outcome import COUNTED, DISQUALIFIED, LATE, MISSING, NORMAL, NOTE, PENDING, Outcome
from pipeline.ranking.scores import by_key_work, departures, notes_of, proposals, told
from pipeline.ranking.trace import describe_value, parts_of
from pipeline.wording import number as exact

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
DETAILED = 30
"""Units that have a part of their own; the others stand in a short list."""
CLAIMS = 200
"""Claims in a unit's part."""
FINDINGS = 40
"""Different messages in a unit's part."""
CELLS = 12
"""Cells named with one message."""
ROWS = 100
"""Rows of every other table."""
PICTURED = 12
"""Units in the picture of points by section."""
IMPACT = 600
"""Characters of what a reading changes."""
TEXT = 300
"""Characters of a text that a unit wrote."""
FIRST = 3
"""Sentences on decisive readings in the first screen."""
TONES = 12
"""Tones of the style sheet for sections."""
MINUS = "\N{MINUS SIGN}"
_STAGES = {"初评": "初评结果，尚未经评审组核定", "核定": "已按评审组核定调整"}
"""Stage → what is said below the title; any other is a decision of the meeting."""
_WHY = {
    DISQUALIFIED: "已被取消考核资格",
    LATE: "报送逾期，视为自动放弃",
    MISSING: "没有收到报送材料",
    PENDING: "须由办公室核实后确定",
}
_CLAIM = ("clause", "title", "date", "result", "points", "reason", "ruling", "file", "sheet", "row")


# How numbers, dates and what units wrote are put --------------------------------------------------


def _records(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Some columns of a table row by row, as plain Python values (`NaT` and `NA` as they are)."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def _brief(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """As `_records`, with texts of at most `TEXT` characters: a cell may hold a novel."""
    return [
        tuple(shorten(value, TEXT) if isinstance(value, str) else value for value in row)
        for row in _records(frame, *columns)
    ]


def number(value: Any, *, sign: bool = False) -> str:
    """A number as it is read aloud, with a true minus; '' for none, text as it stands."""
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return ""
    text = exact(value)
    return f"+{text}" if sign and value > 0 else text.replace("-", MINUS)


def date_text(value: Any) -> str:
    """A date as year-month-day; text as it was written; '' for none."""
    if isinstance(value, str):
        return value
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) and not pd.isna(value) else ""


def _unsafe() -> dict[int, str | None]:
    """Characters that must not reach a page, and what stands in their place."""
    hidden = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x180E, 0x200B, 0x200E, 0x200F]
    hidden += [*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF0, 0xFFFC)]
    hidden += [*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]
    hidden += range(0xE0000, 0xE0080)
    table: dict[int, str | None] = dict.fromkeys(hidden, "\N{REPLACEMENT CHARACTER}")
    return table | dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")


_UNSAFE = _unsafe()


def neutral(value: object) -> object:
    """What goes into the page: text without control and text-direction characters."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_UNSAFE)
    return value


# The first screen: places, gaps, how sure, who is not ranked -----------------------------------


def _ranked_units(outcome: Outcome) -> list[dict[Any, Any]]:
    """The ranked units, best first: rows of `Outcome.units`, with the award as it is told now,
    `total` as text, `gap` (to the place before), `part` (number of its own part, 0 without one)
    and `marks` (as `_mark_columns`).
    """
    ranked = outcome.units.assign(award=told(outcome)[1]["award"])
    ranked = ranked[ranked["status"] == NORMAL]
    # At most 2 decimals, all totals alike.
    digits = max((len(number(t).partition(".")[2]) for t in ranked["total"].tolist()), default=0)
    shown = [key for _, key in _mark_columns(outcome)]
    rows: list[dict[Any, Any]] = []
    before: dict[Any, Any] = {"group": None}
    for index, row in enumerate(ranked.to_dict("records")):
        if row["group"] != before["group"]:
            gap = ""
        elif row["total"] != before["total"]:
            gap = number(before["total"] - row["total"])
        else:
            gap = "并列" if row["place"] == before["place"] else "同分"
        before = row
        total, part = f"{row['total']:.{digits}f}", index + 1 if index < DETAILED else 0
        marks = [row[key] for key in shown]
        more = {"total": total.replace("-", MINUS), "gap": gap, "part": part, "marks": marks}
        rows.append(row | more)
    return rows


def _mark_columns(outcome: Outcome) -> list[tuple[str, str]]:
    """(header, key of `Outcome.units`) of what is said of units where the measure knows it."""
    every = (("组别", "group"), ("等次", "grade"), ("一票否决", "veto"), ("同分先后", "tie"))
    return [(header, key) for header, key in every if (outcome.units[key] != "").any()]


def _headline(ranking: list[dict[Any, Any]]) -> dict[str, str]:
    """Who leads, by how much and how surely."""
    if not ranking:
        return {"who": "", "how": "没有可以排名的单位", "sure": ""}
    leaders = [row for row in ranking if row["place"] == 1]
    if len({row["group"] for row in ranking}) > 1:
        firsts = (f"{row['group']}：{row['unit']}第一名，{row['total']} 分" for row in leaders)
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


def _unranked_units(outcome: Outcome) -> list[dict[str, str]]:
    """Units without a place: name, status and why; at most `ROWS`."""
    others = outcome.units[outcome.units["status"] != NORMAL].head(ROWS)
    notes = notes_of(outcome)
    return [
        {
            "unit": unit,
            "status": status,
            "why": "；".join(notes.get(unit, [])[:3]) or _WHY.get(status, ""),
        }
        for unit, status in _records(others, "unit", "status")
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
    found = _records(ordered, *columns)
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
    rows = [dict(zip(columns, row, strict=True)) for row in _records(frame, *columns)]
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
    now = {unit: _stands(t, p) for unit, t, p in _records(shown, "unit", "total", "place")}
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


def _table(frame: pd.DataFrame, *columns: str, most: int = ROWS) -> dict[str, Any]:
    """At most so many rows of a table, and how many are left out. A frame may have no columns."""
    if frame.empty:
        return {"rows": [], "more": 0}
    return {"rows": _brief(frame.head(most), *columns), "more": max(len(frame) - most, 0)}


# One unit -----------------------------------------------------------------------------------------


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


def _claims(claims: pd.DataFrame) -> dict[str, Any]:
    return _table(claims, *_CLAIM, most=CLAIMS) | {
        "total": len(claims),
        "counted": int((claims["result"] == COUNTED).sum()),
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
    for level, problem, advice, file, sheet, cell in _brief(findings, *columns):
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


def unit_parts(outcome: Outcome) -> list[dict[Any, Any]]:
    """What is said of each of the first `DETAILED` units, in the order of `outcome.units`."""
    shown = outcome.units.head(DETAILED)
    claims, findings = (
        table[table["unit"].isin(shown["unit"])] for table in (outcome.claims, outcome.findings)
    )
    parts, taken = shown.to_dict("records"), parts_of(outcome)
    for number_, part in enumerate(parts, start=1):
        unit, ranked = part["unit"], part["status"] == NORMAL
        own = claims[claims["unit"] == unit]
        part |= {
            "number": number_,
            "ranked": ranked,
            "sections": _clauses(outcome, unit, own, taken) if ranked else [],
            "claims": _claims(own),
            "findings": _findings(findings[findings["unit"] == unit]),
        }
    return parts


# The page -----------------------------------------------------------------------------------------


def _page(outcome: Outcome) -> dict[str, Any]:
    ranking, findings = _ranked_units(outcome), outcome.findings
    pending = outcome.units.loc[outcome.units["status"] == PENDING, "unit"].tolist()
    decided = not outcome.decisions.empty
    homeless = findings[~findings["unit"].isin(outcome.rulebook.units)]
    return {
        "title": outcome.rulebook.title,
        "stage": outcome.stage,
        "final": outcome.stage != "初评",
        "standing": _STAGES.get(outcome.stage, "已经会议审定"),
        "open": [] if decided else pending[:ROWS],
        "when": outcome.when,
        "headline": _headline(ranking),
        "departures": departures(outcome),
        "units": len(outcome.units),
        "claims": len(outcome.claims),
        "refused": int((outcome.claims["result"] != COUNTED).sum()),
        "errors": int((findings["level"] == LEVELS[0]).sum()),
        "ranking": ranking[:DETAILED],
        "ranked": len(ranking),
        "award_word": told(outcome)[0],
        "awarded": bool(outcome.awards) or decided,
        "marks": [header for header, _ in _mark_columns(outcome)],
        "unranked": _unranked_units(outcome),
        "rest": [
            (number(place), unit, number(total), status)
            for place, unit, total, status in _records(
                outcome.units[DETAILED:], "place", "unit", "total", "status"
            )
        ],
        "awards": [] if decided else proposals(outcome),
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
def _environment() -> Environment:
    """The templates, with the filters that they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=neutral,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"COUNTED": COUNTED, "LEVELS": LEVELS, "DETAILED": DETAILED, "CELLS": CELLS}
    made.globals |= {"CLAIMS": CLAIMS, "FINDINGS": FINDINGS, "ROWS": ROWS, "PICTURED": PICTURED}
    made.filters |= {"number": number, "date": date_text, "plain": number}
    made.filters["percent"] = "{:.2f}%".format
    return made


def _inline(name: str) -> tuple[Markup, str]:
    """A style sheet or script of the project's own, and its hash for the page's policy."""
    content = (TEMPLATES / "report" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return Markup(content), f"'sha256-{digest}'"


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
