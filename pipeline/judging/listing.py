"""What became of everything that came in: 申报台账, 报送情况, 其他文件."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch, joined
from pipeline.judging.return_findings import ENTRY_NOTES
from pipeline.judging.statuses import Settled
from pipeline.outcome import (
    COUNTED,
    DISQUALIFIED,
    LATE,
    NORMAL,
    NOT_COUNTED,
    REPLACED,
    UNREADABLE,
)
from pipeline.reading.discover import Entry
from pipeline.rulebook import Rulebook
from pipeline.wording import number


def build_ledger(
    batch: Batch,
    settled: Settled,
    claims: pd.DataFrame,
    reasons: Mapping[int, Sequence[str]],
    rulings: pd.DataFrame,
    rulebook: Rulebook,
) -> pd.DataFrame:
    """The ledger of `Outcome.claims`.

    Args:
        batch: all returns.
        settled: statuses of returns.
        claims: `Batch.claims` with the columns of `Acceptance.claims` and `points`.
        reasons: claim → sentences.
        rulings: the register's rulings.
        rulebook: for sheets and clauses.
    """
    known = batch.returns["unit"]
    names = known.where(known.notna(), batch.returns["unit_text"])
    returns = batch.returns.assign(status=settled.file, name=names)
    ranks = returns["name"].map(rulebook.unit_codes).fillna(len(rulebook.units))
    returns["order"] = returns.assign(rank=ranks).sort_values(["rank", "file"]).index.argsort()
    claims = claims.join(returns[["status", "name", "file", "order"]], on="ret")
    claims["evidence"] = joined({h: claims[h] for h in rulebook.evidence_headers}, len(claims))
    claims = claims[claims["status"] != REPLACED].sort_values("order", kind="stable")
    normal = claims["status"] == NORMAL
    said = [*(ruling_text(row) for row in rulings.to_dict("records")), ""]
    words = {True: COUNTED, False: NOT_COUNTED}
    cells = (
        batch.cell(ret, sheet, rulebook.sheet[sheet].header("clause"), row)
        for ret, sheet, row in zip(claims["ret"], claims["sheet"], claims["row"], strict=True)
    )
    texts = {claim: "；".join(dict.fromkeys(each)) for claim, each in reasons.items()}
    reason = pd.Series(texts, dtype=object)
    return pd.DataFrame(
        {
            "unit": claims["name"],
            "file": claims["file"],
            "sheet": claims["sheet"],
            "row": claims["row"],
            "clause": claims["clause"].where(claims["code"] >= 0, claims["clause_text"]),
            "title": claims["title"],
            "date": _dates(claims),
            "result": claims["accepted"].map(words),
            "points": claims["points"].where(claims["accepted"]),
            "reason": reason.reindex(claims.index, fill_value="").where(normal, claims["status"]),
            "checked_result": claims["checked"].map(words).where(normal, ""),
            "ruling": [said[position] for position in claims["ruling"]],
            "object": claims["object"],
            **{name: claims[f"{name}_text"] for name in ("words", "base", "done")},
            "evidence": claims["evidence"],
            "other": claims["other"],
            "place_of": list(cells),
        },
        index=claims.index,
    )


def _dates(claims: pd.DataFrame) -> "pd.Series[Any]":
    """Dates that were understood, else the text as written, else None."""
    texts = claims["date_text"].astype(object)
    days = np.array([*claims["day"]], dtype=object)
    return pd.Series(days, claims.index, dtype=object).where(
        claims["day"].notna(), texts.where(texts != "", None)
    )


def ruling_text(ruling: Mapping[Any, Any], *, placed: bool = True) -> str:
    """A ruling with its who and why: 不认定：材料不实（评审人 某某；register.xlsx 评审核定!D5）.

    Not `placed`: without the cell that it stands in.
    """
    amount = f"为 {number(ruling['points'])} 分" if ruling["word"] == layout.RULING_POINTS else ""
    where = f"；{ruling['file']} {layout.RULINGS}!{ruling['cell']}" if placed else ""
    reason, judge = ruling["reason"] or "未写理由", ruling["judge"] or "未写"
    return f"{ruling['word']}{amount}：{reason}（评审人 {judge}{where}）"


def files_table(
    returns: pd.DataFrame, settled: Settled, disqualified: Mapping[str, str], rulebook: Rulebook
) -> pd.DataFrame:
    """A row for each return and for each unit without any, as `Outcome.files`.

    Args:
        returns: as `Batch.returns`.
        settled: statuses of returns and units.
        disqualified: unit → why.
        rulebook: for the roster.
    """
    rows, heard = [], set()
    columns = (returns[name] for name in ("unit", "unit_text", "file", "sha256", "person", "phone"))
    for p, (unit, written, file, digest, person, phone) in enumerate(zip(*columns, strict=True)):
        heard.add(unit)
        note = str(settled.why.get(p) or settled.instead.get(p) or "")
        if settled.file[p] == DISQUALIFIED:
            note = disqualified[unit]
        elif settled.file[p] == LATE:
            note = _late(settled, p, str(returns["date_text"].iat[p]))
        status, day = settled.file[p], settled.date[p]
        rows.append((unit or written, status, day, file, digest, note, person, phone))
    for unit in rulebook.units:
        if unit not in heard:
            why = str(settled.unit_why.get(unit) or disqualified.get(unit, "没有收到报送材料"))
            rows.append((unit, settled.unit[unit], None, "", "", why, "", ""))
    order = rulebook.unit_codes
    rows.sort(key=lambda r: (order.get(r[0], len(order)), r[1] == UNREADABLE, r[3]))
    names = ["unit", "status", "date", "file", "sha256", "note", "person", "phone"]
    files = pd.DataFrame(rows, columns=names)
    return files.assign(date=pd.to_datetime(files["date"]))


def _late(settled: Settled, position: int, written: str) -> str:
    """Both dates, where the office logged another than the cover's."""
    dated = settled.dated[position]
    if dated.receipt is None:
        return f"报送日期 {dated.last} 已逾期"
    return f"收件日期 {dated.day} 已逾期（封面的报送日期是 {written or '空的'}）"


def others_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """What lies in the folder and is no return, as `Outcome.others`."""
    rows = [(entry.name, ENTRY_NOTES[entry.kind]) for entry in entries if entry.kind != "return"]
    return pd.DataFrame(rows, columns=["file", "note"])
