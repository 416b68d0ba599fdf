"""申报台账: every claim of every return that was not replaced, with what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch, joined
from pipeline.judging.acceptance import Acceptance
from pipeline.judging.statuses import Settled
from pipeline.outcome import COUNTED, NORMAL, NOT_COUNTED, REPLACED
from pipeline.rulebook import Rulebook
from pipeline.wording import number

Positions = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]


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
    claims, returns = batch.claims, batch.returns
    names = returns["unit"].where(returns["unit"].notna(), returns["unit_text"]).tolist()
    at = _order(claims["ret"].to_numpy(), names, returns["file"].tolist(), settled, rulebook)
    ret = claims["ret"].to_numpy()[at]
    decided = acceptance.claims[["accepted", "checked", "ruling"]].reindex(at)
    accepted = decided["accepted"].eq(True).to_numpy()
    normal = _texts(settled.file)[ret] == NORMAL
    clause = _values(claims, "clause", at)
    results = _texts([NOT_COUNTED, COUNTED, ""])
    checked = np.where(normal, decided["checked"].eq(True), -1)
    evidence = joined({h: claims[h] for h in rulebook.evidence_headers}, len(claims))
    columns = {
        "unit": _texts(names)[ret],
        "file": _texts(returns["file"])[ret],
        "sheet": _values(claims, "sheet", at),
        "row": _values(claims, "row", at),
        "clause": np.where(pd.isna(clause), _values(claims, "clause_text", at), clause),
        "title": _values(claims, "title", at),
        "date": _dates(claims, at),
        "result": results[accepted.astype(int)],
        "points": earned.reindex(at).where(accepted).to_numpy(),
        "reason": _reasons(at, _texts(settled.file)[ret], reasons),
        "checked_result": results[checked],
        "ruling": _rulings(decided["ruling"], rulings),
        "object": _values(claims, "object", at),
        "words": claims["words_text"].array.take(at),
        "base": claims["base_text"].array.take(at),
        "done": claims["done_text"].array.take(at),
        "evidence": evidence.array.take(at),
        "other": claims["other"].array.take(at),
        "place_of": _cells(claims, at, batch, rulebook),
    }
    # Without a copy: for a while a nation's ledger would be held twice.
    index = pd.Index(at)
    table = {
        name: pd.Series(column, index, column.dtype, copy=False) for name, column in columns.items()
    }
    return pd.DataFrame(table, copy=False)


def _order(
    ret: Positions, names: Sequence[str], files: Sequence[str], settled: Settled, rulebook: Rulebook
) -> Positions:
    """Positions of the claims of returns that were not replaced, by unit and file."""
    rank = {unit: code for code, unit in enumerate(rulebook.units)}
    in_order = sorted(range(len(files)), key=lambda p: (rank.get(names[p], len(rank)), files[p]))
    place = np.empty(len(files), "int64")
    place[in_order] = np.arange(len(files))
    kept = np.flatnonzero((_texts(settled.file) != REPLACED)[ret])
    return kept[np.argsort(place[ret[kept]], kind="stable")]


def _texts(texts: Iterable[str]) -> Objects:
    """Texts as objects: what is taken from them is shared and not copied."""
    return np.array(list(texts), dtype=object)


def _values(claims: pd.DataFrame, name: str, at: Positions) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = claims[name].to_numpy()
    return values[at]


def _dates(claims: pd.DataFrame, at: Positions) -> Objects:
    """Dates that were understood, else the text as written, else None."""
    codes, days = pd.factorize(claims["day"])  # a year has few days: one object for each is enough
    dates: Objects = np.array([*days, None], dtype=object)[codes[at]]
    for position in np.flatnonzero(codes[at] < 0).tolist():
        dates[position] = claims["date_text"].iat[at[position]] or None
    return dates


def _reasons(at: Positions, statuses: Objects, reasons: Mapping[int, Sequence[str]]) -> Objects:
    """The sentences of a claim; of a return that is not scored its status."""
    texts = np.where(statuses == NORMAL, "", statuses)
    known: dict[str, str] = {}
    for position in np.flatnonzero(np.isin(at, list(reasons))).tolist():
        if not texts[position]:
            said = "；".join(dict.fromkeys(reasons[at[position]]))
            texts[position] = known.setdefault(said, said)
    return texts


def _rulings(positions: "pd.Series[float]", rulings: pd.DataFrame) -> Objects:
    said = [ruling_text(row) for row in rulings.to_dict("records")]
    return _texts([*said, ""])[positions.fillna(-1).astype("int64").to_numpy()]


def ruling_text(ruling: Mapping[Any, Any]) -> str:
    """A ruling with its who and why: 不认定：材料不实（评审人 某某；register.xlsx 评审核定!D5）."""
    amount = f"为 {number(ruling['points'])} 分" if ruling["word"] == layout.RULING_POINTS else ""
    where = f"{ruling['file']} {layout.RULINGS}!{ruling['cell']}"
    reason, judge = ruling["reason"] or "未写理由", ruling["judge"] or "未写"
    return f"{ruling['word']}{amount}：{reason}（评审人 {judge}；{where}）"


def _cells(claims: pd.DataFrame, at: Positions, batch: Batch, rulebook: Rulebook) -> pd.Categorical:
    """A1 references of the clause cells: a letter for each sheet of each return, and the row."""
    names = [sheet.name for sheet in rulebook.sheets]
    headers = [sheet.header("clause") for sheet in rulebook.sheets]
    sheets = claims["sheet"].cat.codes.to_numpy()[at].astype("int64")
    pages = claims["ret"].to_numpy()[at] * len(headers) + sheets
    letters = np.full(pages.max(initial=-1) + 1, "", dtype=object)
    for page in np.flatnonzero(np.bincount(pages)).tolist():
        ret, sheet = divmod(page, len(headers))
        letters[page] = batch.letter(ret, names[sheet], headers[sheet])
    codes, known = pd.factorize(letters)
    rows = claims["row"].to_numpy()[at].astype("int64")
    places, cells = pd.factorize(rows * max(len(known), 1) + codes[pages])
    texts = [f"{known[cell % len(known)]}{cell // len(known)}" for cell in cells.tolist()]
    return pd.Categorical.from_codes(places, pd.Index(texts, dtype=object))
