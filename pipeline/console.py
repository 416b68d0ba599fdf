"""What the person at the keyboard reads when a run has ended: a closing table, or findings."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.outcome import ERROR, NORMAL, REPLACED, WARNING, Outcome
from pipeline.ranking.received import RECEIVED, office_line
from pipeline.text import clean
from pipeline.wording import number


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


_MOST = 40
"""Units in the closing table: a screen; all of them stand in the outputs."""


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
