"""申报台账: every claim of every return that was not replaced, with what became of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch
from pipeline.judging.acceptance import Acceptance
from pipeline.judging.statuses import Settled
from pipeline.outcome import COUNTED, NORMAL, NOT_COUNTED, REPLACED
from pipeline.rulebook import Rulebook
from pipeline.wording import number


def build_ledger(
    batch: Batch,
    settled: Settled,
    acceptance: Acceptance,
    earned: "pd.Series[float]",
    reasons: dict[int, list[str]],
    rulings: pd.DataFrame,
    rulebook: Rulebook,
) -> pd.DataFrame:
    """The ledger of `Outcome.claims`.

    Args:
        batch: all returns and claims.
        settled: statuses of returns.
        acceptance: what became of the claims of 正常 units.
        earned: claim → points it earned by itself (accepted claims only), NaN where per unit.
        reasons: claim → sentences.
        rulings: the register's rulings.
        rulebook: for sheets and clauses.
    """
    status = np.array(settled.file, dtype=object)
    kept = batch.claims[status[batch.claims["ret"].to_numpy("int64")] != REPLACED]
    returns = batch.returns.iloc[kept["ret"].to_numpy("int64")]
    units = returns["unit"].where(returns["unit"].notna(), returns["unit_text"])
    decided = acceptance.claims.reindex(kept.index)
    accepted = decided["accepted"].eq(True)
    status_of = pd.Series(status[kept["ret"].to_numpy("int64")], index=kept.index)
    table = pd.DataFrame(
        {
            "unit": units.to_numpy(dtype=object),
            "file": returns["file"].to_numpy(dtype=object),
            "sheet": kept["sheet"].astype(object),
            "row": kept["row"],
            "clause": kept["clause"].where(kept["clause"].notna(), kept["clause_text"]),
            "title": kept["title"],
            "date": _dates(kept),
            "result": np.where(accepted, COUNTED, NOT_COUNTED),
            "points": earned.reindex(kept.index).where(accepted),
            "reason": _reasons(kept.index, reasons, status_of),
            "checked_result": np.where(
                status_of != NORMAL, "", np.where(decided["checked"].eq(True), COUNTED, NOT_COUNTED)
            ),
            "ruling": _rulings(decided["ruling"], rulings),
            "object": kept["object"],
            "words": kept["words_text"],
            "base": kept["base_text"],
            "done": kept["done_text"],
            "evidence": _evidence(kept, rulebook),
            "other": kept["other"],
            "place_of": _cells(kept, batch, rulebook),
        },
        index=kept.index,
    )
    order = {unit: code for code, unit in enumerate(rulebook.units)}
    rank = table["unit"].map(order).fillna(len(order))
    return table.iloc[np.lexsort((np.arange(len(table)), table["file"], rank))]


def _dates(kept: pd.DataFrame) -> "pd.Series[Any]":
    """Dates that were understood, else the text as written, else None."""
    codes, days = pd.factorize(kept["day"])  # a year has few days: one object for each is enough
    each = np.array([*days, None], dtype=object)
    dates = pd.Series(each[codes], index=kept.index, dtype=object)
    written = kept["date_text"].astype(object)
    return dates.where(kept["day"].notna(), written.where(written != "", None))


def _reasons(index: pd.Index, reasons: dict[int, list[str]], status: "pd.Series[str]") -> list[str]:
    return [
        "；".join(dict.fromkeys(reasons.get(claim, []))) if own == NORMAL else own
        for claim, own in zip(index, status, strict=True)
    ]


def _rulings(positions: "pd.Series[float]", rulings: pd.DataFrame) -> list[str]:
    said = [ruling_text(row) for row in rulings.to_dict("records")]
    return [said[int(p)] if p >= 0 else "" for p in positions.fillna(-1)]


def ruling_text(ruling: Mapping[Any, Any]) -> str:
    """A ruling with its who and why: 不认定：材料不实（评审人 某某；register.xlsx 评审核定!D5）."""
    amount = f"为 {number(ruling['points'])} 分" if ruling["word"] == layout.RULING_POINTS else ""
    where = f"{ruling['file']} {layout.RULINGS}!{ruling['cell']}"
    reason, judge = ruling["reason"] or "未写理由", ruling["judge"] or "未写"
    return f"{ruling['word']}{amount}：{reason}（评审人 {judge}；{where}）"


def _evidence(kept: pd.DataFrame, rulebook: Rulebook) -> list[str]:
    texts = [""] * len(kept)
    for header in rulebook.evidence_headers:
        written = kept[header].to_numpy(dtype=object)
        for position in np.flatnonzero(written != "").tolist():
            before = texts[position]
            said = f"{header}：{written[position]}"
            texts[position] = f"{before}；{said}" if before else said
    return texts


def _cells(kept: pd.DataFrame, batch: Batch, rulebook: Rulebook) -> list[str]:
    headers = {sheet.name: sheet.header("clause") for sheet in rulebook.sheets}
    return [
        batch.cell(ret, sheet, headers[sheet], row)
        for ret, sheet, row in kept[["ret", "sheet", "row"]].itertuples(index=False)
    ]
