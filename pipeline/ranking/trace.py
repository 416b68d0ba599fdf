"""Where each point comes from: unit and clause → rule, measured value, band, reading, ruling."""

import math
from fractions import Fraction

import pandas as pd

from pipeline.outcome import COUNTED, Outcome
from pipeline.ranking.book import Book, Column
from pipeline.rulebook import MEANS, PER_CLAIM, SHARES, Clause
from pipeline.wording import describe_rule, number, share_text

TRACE = "得分说明"


def trace(outcome: Outcome) -> pd.DataFrame:
    """One row per ranked unit and clause with a claim, points or a ruling, in order.

    Columns: `unit`, `clause`, `label`, `rule`, `claimed`, `counted` (numbers of claims), `value`
    and `band` (as text), `points`, `reading`, `ruling`.
    """
    points = outcome.points
    index = pd.MultiIndex.from_product([points.index, points.columns], names=["unit", "clause"])
    claims = outcome.claims[["unit", "clause", "result"]]
    ours = claims[claims["unit"].isin(points.index) & claims["clause"].isin(points.columns)]
    rulings = _rulings(outcome)
    groups = (ours["result"] == COUNTED).groupby([ours["unit"], ours["clause"]], sort=False)
    table = pd.DataFrame(
        {
            "claimed": groups.size().reindex(index, fill_value=0).to_numpy(),
            "counted": groups.sum().reindex(index, fill_value=0).to_numpy(),
            "measured": outcome.values.to_numpy().ravel(),
            "points": points.to_numpy().ravel(),
            "ruling": [rulings.get(cell, "") for cell in index],
        },
        index=index,
    ).reset_index()
    seen = (table["claimed"] > 0) | (table["points"] != 0) | (table["ruling"] != "")
    if not outcome.entries.empty:
        recorded = pd.MultiIndex.from_frame(outcome.entries[["unit", "clause"]])
        seen |= index.isin(recorded)
    table = table[seen].reset_index(drop=True)
    rules, readings, parts = outcome.rulebook.clause, _readings(outcome), parts_of(outcome)
    table["label"] = table["clause"].map({c: rule.label for c, rule in rules.items()})
    table["rule"] = table["clause"].map({c: describe_rule(rule) for c, rule in rules.items()})
    table["reading"] = [readings.get(clause, "") for clause in table["clause"]]
    # Every NaN is a key of its own; nothing measured is infinite, so that can stand for them all.
    asked = list(zip(table["clause"], table["measured"].fillna(math.inf), strict=True))
    pairs = {
        (clause, value): describe_value(rules[clause], math.nan if value == math.inf else value)
        for clause, value in set(asked)
    }
    shown = [pairs[pair] for pair in asked]
    table["value"] = [value for value, _ in shown]
    cells = zip(table["unit"], table["clause"], shown, strict=True)
    table["band"] = [parts.get((unit, clause), band) for unit, clause, (_, band) in cells]
    return table


def _rulings(outcome: Outcome) -> dict[tuple[str, str], str]:
    """(unit, clause) → what the panel decided there, in one text."""
    texts: dict[tuple[str, str], list[str]] = {}
    for row in outcome.rulings.to_dict("records"):
        word = (
            f"{row['word']}{number(row['points'])}分"
            if pd.notna(row["points"])
            else str(row["word"])
        )
        title = f"“{row['title']}”" if row["title"] else ""
        why = "，".join(filter(None, (str(row["judge"] or ""), str(row["reason"] or ""))))
        text = f"{title}{word}（{why or '未写理由'}）"
        texts.setdefault((str(row["unit"]), str(row["clause"])), []).append(text)
    return {cell: "；".join(parts) for cell, parts in texts.items()}


def _readings(outcome: Outcome) -> dict[str, str]:
    """Clause → the readings that touch it and how each is taken."""
    book, taken = outcome.rulebook, set(outcome.alternative)
    texts: dict[str, list[str]] = {}
    for reading in book.readings:
        other = reading.id in taken
        if reading.clauses == ("all",) and not other:
            continue
        sense = f"另一种：{reading.alternative}" if other else f"默认：{reading.default}"
        for clause in book.touched_by(reading):
            texts.setdefault(clause, []).append(sense)
    return {clause: "；".join(senses) for clause, senses in texts.items()}


def describe_value(clause: Clause, value: float) -> tuple[str, str]:
    """The measured value and the band that it reaches, as text; '' and '' where there is none."""
    if pd.isna(value):
        return "", ""
    if clause.measure in PER_CLAIM:
        return f"{number(value)}{clause.noun}", "逐项计分" if value else ""
    share = clause.measure in SHARES
    shown = share_text(clause, value) if share else f"{number(value)}{clause.noun}"
    return shown, "" if clause.against or clause.per else describe_band(clause, value)


def parts_of(outcome: Outcome) -> dict[tuple[str, str], str]:
    """(unit, clause) → each month, title … or the place among others, and what it earns."""
    texts: dict[tuple[str, str], list[str]] = {}
    for row in outcome.parts.to_dict("records"):
        clause = outcome.rulebook.clause[row["clause"]]
        value = row["value"]
        if clause.against.startswith("place"):
            shown = f"本组第{number(value)}名"
        elif clause.against in ("best", "range"):
            shown = f"本组的{number(value * 100)}%"
        elif clause.against:
            shown = f"比本组平均{'多' if value >= 0 else '少'}{number(abs(value))}"
        else:
            shown = f"{number(value)}{clause.noun}"
        part = f"{row['part']}：" if row["part"] else ""
        text = f"{part}{shown}，{number(row['points'])}分"
        texts.setdefault((row["unit"], clause.id), []).append(text)
    for (_, id_), parts in texts.items():
        per = outcome.rulebook.clause[id_].per
        if per in MEANS:
            parts.append(f"相加，除以{len(outcome.rulebook.periods(per))}")
    return {cell: "；".join(parts) for cell, parts in texts.items()}


def describe_band(clause: Clause, value: float) -> str:
    """The band that a measured value reaches, with what is next and what it earns."""
    share = clause.measure in SHARES

    def show(floor: Fraction) -> str:
        return f"{number(floor * 100)}%" if share else f"{number(floor)}{clause.noun}"

    band = clause.band_at(value)
    above = f"未到{show(band.next)}" if band.next is not None else ""
    if band.floor is None:
        return above.replace("未到", "未达到")
    return f"达到{show(band.floor)}{above and '，'}{above}：{number(band.points)}分"


def add_trace(book: Book, outcome: Outcome, table: pd.DataFrame) -> None:
    """得分说明: the trace of every ranked unit."""
    columns = [
        Column("单位", 20, table["unit"]),
        Column("条款", 8, table["clause"], "mid"),
        Column("条款名称", 28, table["label"]),
        Column("计分规则", 32, table["rule"]),
        Column("申报项数", 6.5, table["claimed"], "centre"),
        Column("计分项数", 6.5, table["counted"], "centre"),
        Column("计量结果", 10, table["value"], "mid"),
        Column("所在分档", 20, table["band"], "mid"),
        Column("得分", 7, table["points"], "total"),
        Column("口径", 30, table["reading"], "small"),
        Column("核定", 26, table["ruling"]),
    ]
    how = "每个单位每条得分的来历；没有申报也没有得分的条款不列。"
    notes = [book.line, f"{how}打印时只印表头，要印全表请先取消打印区域"]
    book.listing(TRACE, notes, columns, freeze=3, printed=0)
