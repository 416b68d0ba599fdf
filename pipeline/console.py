"""What the person at the keyboard reads: a closing table, findings, where points come from."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import UserError
from pipeline.intake import clause_reader, unit_reader
from pipeline.judging.rulings import ruling_text
from pipeline.outcome import ERROR, NORMAL, REPLACED, WARNING, Outcome
from pipeline.ranking.received import RECEIVED, office_line
from pipeline.ranking.trace import describe_value, parts_of
from pipeline.rulebook import Sum
from pipeline.text import clean, fold
from pipeline.wording import describe_evidence, describe_rule, describe_sum, number

_MOST = 40
"""Units in the closing table: a screen; all of them stand in the outputs."""


def closing_table(outcome: Outcome, output: Path) -> str:
    """Places, totals, statuses and numbers of findings of each unit, and where the results are."""
    counts = outcome.findings[["unit", "level"]].value_counts()
    rows = [("名次", "单位", "总分", "状态", "错误", "警告", "填报人", "电话")]
    whom = _contacts(outcome)
    for row in outcome.units.head(_MOST).to_dict("records"):
        unit = row["unit"]
        place = "" if pd.isna(row["place"]) else str(row["place"])
        total = "" if pd.isna(row["total"]) else number(row["total"])
        numbers = (str(counts.get((unit, level), 0)) for level in (ERROR, WARNING))
        rows.append((place, unit, total, row["status"], *numbers, *whom.get(unit, ("", ""))))
    lines = _table(rows)
    if len(outcome.units) > _MOST:
        lines.append(f"……共 {len(outcome.units)} 个单位，其余见结果文件")
    # Findings that belong to no unit of the roster, so that none is overlooked.
    findings = outcome.findings
    orphans = findings[(findings["unit"] == "") & (findings["level"] == ERROR)].head(_MOST)
    lines += [_line(row) for row in orphans.to_dict("records")]
    lines += [*office_line(outcome), *_failures(outcome)]
    ranked = int((outcome.units["status"] == NORMAL).sum())
    lines.append(f"{outcome.stage}：{ranked} 个单位排名，申报 {len(outcome.claims)} 项。")
    lines.append(
        f"结果在 {output}：ranking.xlsx（排名）、summary.html（汇总）、review.xlsx（评审）"
    )
    return "\n".join(lines)


def _contacts(outcome: Outcome) -> dict[str, tuple[str, str]]:
    """Unit → name and telephone on the cover of the return that counts."""
    files = outcome.files[outcome.files["status"] != REPLACED].drop_duplicates("unit")
    columns = (files[name] for name in ("unit", "person", "phone"))
    return {u: (_short(p), _short(t)) for u, p, t in zip(*columns, strict=True)}


def _short(text: str) -> str:
    return " ".join(clean(text).split())[:20]


def _failures(outcome: Outcome) -> list[str]:
    """What is said at the end where the program itself failed on files."""
    own = outcome.findings[outcome.findings["code"].isin(["file-failed", "file-copy-failed"])]
    files = "、".join(clean(file) for file in own["file"].unique()[:_MOST])
    return [f"程序在处理这些文件时出了错（其他文件不受影响）：{files}"] if files else []


def _line(row: Mapping[Any, Any]) -> str:
    """A finding as one line, harmless to a terminal."""
    where = " ".join(filter(None, (clean(row["file"]), clean(row["sheet"]), row["cell"])))
    return f"{row['level']} {where}：{clean(row['problem'])}。{clean(row['advice'])}"


def findings_list(outcome: Outcome, copies: Path) -> str:
    """Every error and warning of a check, with file, sheet and cell."""
    graver = outcome.findings[outcome.findings["level"].isin([ERROR, WARNING])]
    lines = [_line(row) for row in graver.to_dict("records")]
    errors = int((graver["level"] == ERROR).sum())
    lines += [*office_line(outcome), *_failures(outcome)]
    lines.append(
        f"检查完毕：错误 {errors} 条，警告 {len(graver) - errors} 条。"
        f"各单位的进度在 {copies.parent / RECEIVED}，标注副本在 {copies}"
    )
    return "\n".join(lines)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# Where points come from --------------------------------------------------------------------------


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
    lines.append(f"得分：{number(outcome.points[clause_id].loc[unit])}")
    tie = outcome.units.set_index("unit")["tie"][unit]
    return "\n".join([*lines, *([f"名次：{tie}"] if tie else [])])


def _sum(outcome: Outcome, unit: str, row: Sum) -> str:
    """What a row of `sums.csv` adds up, and what is left of it."""
    lines = [f"{unit}  {row.name}", f"计分：{describe_sum(row)}"]
    if unit not in outcome.sums.index:
        return "\n".join([*lines, "没有参加排名，不计分"])
    found = outcome.figures.loc[unit].to_dict()
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
