"""申报台账: every claim of every return that was not replaced, with what became of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch, joined
from pipeline.judging.statuses import Settled
from pipeline.outcome import COUNTED, NORMAL, NOT_COUNTED, REPLACED
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
