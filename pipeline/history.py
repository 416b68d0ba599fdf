"""What changed since the last run, and why: a small record beside the outputs, compared."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import __version__
from pipeline.judging.ledger import ruling_text
from pipeline.outcome import Outcome
from pipeline.wording import number

FILE = "last-run.json"
COLUMNS = ["unit", "what", "before", "after", "cause"]

Record = dict[str, Any]


def record_of(outcome: Outcome, records: pd.DataFrame) -> Record:
    """What the next run has to know of this one.

    Args:
        outcome: the run.
        records: usable rows of 平时考查 (`Register.records`).
    """
    digests = dict(zip(outcome.files["file"], outcome.files["sha256"], strict=True))
    rulings: dict[str, list[str]] = {}
    for ruling in outcome.rulings.to_dict("records"):
        rulings.setdefault(ruling["unit"], []).append(_ruling(ruling))
    office: dict[str, list[list[str]]] = {}
    for unit, *cells in records.drop(columns=["file", "row"]).astype(str).to_numpy().tolist():
        office.setdefault(unit, []).append([unit, *cells])
    units = {}
    for row in outcome.units.to_dict("records"):
        unit = row["unit"]
        units[unit] = {
            "status": row["status"],
            "total": None if pd.isna(row["total"]) else row["total"],
            "place": None if pd.isna(row["place"]) else int(row["place"]),
            "file": row["file"],
            "sha256": digests[row["file"]] if row["file"] else "",
            "date": "" if pd.isna(row["date"]) else row["date"].date().isoformat(),
            "rulings": rulings.get(unit, []),
            "records": office.get(unit, []),
        }
    return {
        "version": __version__,
        "rulebook": outcome.rulebook.fingerprint,
        "readings": sorted(outcome.alternative),
        "units": units,
    }


def _ruling(ruling: dict[Any, Any]) -> str:
    title = f"《{ruling['title']}》" if ruling["title"] else ""
    return f"{ruling['clause']}{title} {ruling_text(ruling | {'cell': '', 'file': ''})}".replace(
        "；" + " 评审核定!", ""
    )


def load(folder: Path) -> Record | None:
    """The record of the last run, or None where there is none that can be read."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return record if isinstance(record.get("units"), dict) else None
    except (OSError, ValueError, AttributeError):
        # A missing or foreign file is no fault of the batch: there is then nothing to compare.
        return None


def save(record: Record, folder: Path) -> None:
    """Write the record beside the outputs."""
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def compare(before: Record | None, after: Record) -> pd.DataFrame:
    """Changed statuses, totals and places with their cause. Columns `COLUMNS`."""
    if before is None:
        return pd.DataFrame(columns=COLUMNS)
    general = _general_causes(before, after)
    rows = []
    for unit, now in after["units"].items():
        then = before["units"].get(unit)
        if then is None:
            rows.append((unit, "名册", "无", "新增", "计分规则的名册改了"))
            continue
        causes = _causes(then, now) + general
        for key, what in (("status", "状态"), ("total", "总分"), ("place", "名次")):
            if then.get(key) != now[key]:
                other = "其他单位的总分变了" if key == "place" else "原因不明，请核对"
                cause = "；".join(causes) or other
                rows.append((unit, what, _shown(then.get(key)), _shown(now[key]), cause))
    return pd.DataFrame(rows, columns=COLUMNS)


def _shown(value: object) -> str:
    if value is None:
        return "无"
    return number(value) if isinstance(value, float) else str(value)


def _general_causes(before: Record, after: Record) -> list[str]:
    causes = []
    if before.get("rulebook") != after["rulebook"]:
        causes.append("计分规则改了")
    if before.get("readings") != after["readings"]:
        old, new = ("、".join(r["readings"]) or "全部默认" for r in (before, after))
        causes.append(f"口径由“{old}”改为“{new}”")
    if before.get("version") != after["version"]:
        causes.append(f"程序由 {before.get('version')} 版改为 {after['version']} 版")
    return causes


def _causes(then: Record, now: Record) -> list[str]:
    causes = []
    if then.get("sha256") != now["sha256"]:
        old, new = then.get("file") or "无", now["file"] or "无"
        causes.append(f"报送材料换了（{old} → {new}）" if old != new else f"{new} 的内容改了")
    if then.get("date") != now["date"]:
        causes.append(f"报送日期由 {then.get('date') or '无'} 改为 {now['date'] or '无'}")
    old_rulings, new_rulings = then.get("rulings", []), now["rulings"]
    causes += [f"撤销核定：{text}" for text in old_rulings if text not in new_rulings]
    causes += [f"新增核定：{text}" for text in new_rulings if text not in old_rulings]
    if then.get("records") != now["records"]:
        causes.append("平时考查的记录改了")
    return causes
