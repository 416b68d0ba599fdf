"""Where the points of one unit for one clause come from, in plain text."""

from typing import Any

import pandas as pd

from pipeline.errors import UserError
from pipeline.intake import clause_reader, unit_reader
from pipeline.judging.rulings import ruling_text
from pipeline.outcome import NORMAL, Outcome
from pipeline.ranking.trace import describe_value, parts_of
from pipeline.rulebook import Sum
from pipeline.text import fold
from pipeline.wording import describe_evidence, describe_rule, describe_sum, number


def explain(outcome: Outcome, unit_text: str, clause_text: str) -> str:
    """Rule, claims with their cells, measured value, readings, ruling and points.

    Raises:
        UserError: no such unit or clause.
    """
    book = outcome.rulebook
    unit = unit_reader(book)(unit_text)
    if unit is None:
        raise UserError(f"名册里没有单位“{unit_text}”；有：{'、'.join(book.units)}")
    for row in book.sums:
        if fold(row.name) == fold(clause_text):
            return _sum(outcome, unit, row)
    clause_id = clause_reader(book)(clause_text)
    if clause_id is None:
        raise UserError(f"计分规则里没有条款“{clause_text}”")
    clause = book.clause[clause_id]
    claims = _own(outcome.claims, unit, clause_id)
    lines = [
        f"{unit}  {clause.id}  {clause.label}",
        f"依据：考核办法 {clause.source}（{clause.section}）",
        f"计分：{describe_rule(clause)}",
        f"佐证：{describe_evidence(clause)}",
        *_readings(outcome, clause_id),
        *(map(_claim, claims) if claims or not clause.sheet else ["申报：没有"]),
        *map(_entry, _own(outcome.entries, unit, clause.counts or clause_id)),
    ]
    status = dict(zip(outcome.units["unit"], outcome.units["status"], strict=True))[unit]
    if status != NORMAL:
        return "\n".join([*lines, f"状态：{status}，不计分"])
    if not clause.is_for(book.roster[book.unit_codes[unit]]):
        return "\n".join([*lines, "这一条不考核本单位"])
    value = float(outcome.values[clause_id].loc[unit])
    measured, band = describe_value(clause, value)
    band = parts_of(outcome).get((unit, clause_id), band)
    if measured:
        lines.append(f"计量：{measured}，{band}" if band else f"计量：{measured}")
    lines += [f"核定：{ruling_text(row)}" for row in _own(outcome.rulings, unit, clause_id)]
    return "\n".join([*lines, f"得分：{number(outcome.points[clause_id].loc[unit])}"])


def _sum(outcome: Outcome, unit: str, row: Sum) -> str:
    """What a row of `sums.csv` adds up, and what is left of it."""
    lines = [f"{unit}  {row.name}", f"计分：{describe_sum(row)}"]
    if unit not in outcome.sums.index:
        return "\n".join([*lines, "没有参加排名，不计分"])
    numerals = {name: numeral for numeral, name in outcome.rulebook.sections.items()}
    found = pd.concat([outcome.points, outcome.sums, outcome.sections.rename(columns=numerals)],
                      axis=1).loc[unit].to_dict()  # fmt: skip
    lines += [f"{part}：{number(found[part])} 分" for part in row.parts]
    return "\n".join([*lines, f"得分：{number(found[row.name])}"])


def _readings(outcome: Outcome, clause: str) -> list[str]:
    book = outcome.rulebook
    touching = {r.id for r in book.readings if clause in book.touched_by(r)}
    rows = outcome.readings[outcome.readings["id"].isin(touching)].to_dict("records")
    return [f"口径：{row['question']}——{row['taken']}：{row['sense']}" for row in rows]


def _own(table: pd.DataFrame, unit: str, clause: str) -> list[dict[Any, Any]]:
    """The rows of a unit and clause."""
    if table.empty:
        return []
    return table[(table["unit"] == unit) & (table["clause"] == clause)].to_dict("records")


def _entry(row: dict[Any, Any]) -> str:
    """What the office alone recorded, with its place."""
    day = "" if pd.isna(row["last"]) else f" {row['last'].date()}"
    place = f"{row['file']} {row['sheet']}!第{int(row['row'])}行"
    return f"记录：{place}《{row['title']}》{day}  {number(row['amount'])}"


def _claim(row: dict[Any, Any]) -> str:
    day = row["date"].date() if isinstance(row["date"], pd.Timestamp) else row["date"] or "无日期"
    named = {"words": "字数", "base": "基数", "done": "完成数", "object": "对象"}
    figures = "，".join(f"{name} {row[key]}" for key, name in named.items() if row[key])
    points = "" if pd.isna(row["points"]) else f" {number(row['points'])} 分"
    parts = [
        f"申报：{row['file']} {row['sheet']}!{row['place_of']}《{row['title']}》{day}",
        figures,
        row["evidence"],
        f"→ {row['result']}{points}",
        row["reason"],
        row["ruling"],
    ]
    return "  ".join(part for part in parts if part)
