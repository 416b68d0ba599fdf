"""What the first screen of the summary says: places, gaps, how sure, who is not ranked, awards."""

from typing import Any

from pipeline.outcome import DISQUALIFIED, LATE, MISSING, NORMAL, PENDING, Outcome
from pipeline.ranking.scores import notes_of, told
from pipeline.summary.text import MINUS, number, records
from pipeline.summary.units import DETAILED

ROWS = 100
"""Rows of every other table; what does not fit is named and left to the workbook."""

_WHY = {
    DISQUALIFIED: "已被取消考核资格",
    LATE: "报送逾期，视为自动放弃",
    MISSING: "没有收到报送材料",
    PENDING: "须由办公室核实后确定",
}


def ranked_units(outcome: Outcome) -> list[dict[Any, Any]]:
    """The ranked units, best first: rows of `Outcome.units`, with the award as it is told now,
    `total` as text, `gap` (to the place before), `part` (number of its own part, 0 without one)
    and `marks` (as `mark_columns`).
    """
    ranked = outcome.units.assign(award=told(outcome)[1]["award"])
    ranked = ranked[ranked["status"] == NORMAL]
    # At most 2 decimals, all totals alike.
    digits = max((len(number(t).partition(".")[2]) for t in ranked["total"].tolist()), default=0)
    shown = [key for _, key in mark_columns(outcome)]
    rows: list[dict[Any, Any]] = []
    above, last, among = None, None, ""
    for index, row in enumerate(ranked.to_dict("records")):
        total = row["total"]
        if row["group"] != among:
            above, last, among = None, None, row["group"]
        if last is not None and last != total:
            above = last
        gap = "并列" if last == total else "" if above is None else number(above - total)
        last = total
        text, part = f"{total:.{digits}f}".replace("-", MINUS), index + 1 if index < DETAILED else 0
        marks = [row[key] for key in shown]
        rows.append(row | {"total": text, "gap": gap, "part": part, "marks": marks})
    return rows


def mark_columns(outcome: Outcome) -> list[tuple[str, str]]:
    """(header, key of `Outcome.units`) of what is said of units where the measure knows it."""
    every = (("组别", "group"), ("等次", "grade"), ("一票否决", "veto"))
    return [(header, key) for header, key in every if (outcome.units[key] != "").any()]


def headline(outcome: Outcome, ranking: list[dict[Any, Any]]) -> dict[str, str]:
    """Who leads, by how much and how surely."""
    if not ranking:
        return {"who": "", "how": "没有可以排名的单位", "sure": ""}
    groups = outcome.units["group"][: len(ranking)]
    leaders = [row for row in ranking if row["place"] == 1]
    if groups.nunique() > 1:
        firsts = [
            f"{group}：{row['unit']}第一名，{row['total']} 分"
            for group, row in zip(groups, ranking, strict=True)
            if row["place"] == 1
        ]
        return {"who": "", "how": f"分组排名：{'；'.join(firsts)}", "sure": ""}
    names = "、".join(row["unit"] for row in leaders[:3])
    if len(leaders) > 3:
        names += f"等{len(leaders)}家单位"
    how = f"{'并列' if len(leaders) > 1 else ''}第一名，{leaders[0]['total']} 分"
    if len(leaders) == 1 and len(ranking) > 1:
        second = ranking[1]
        more = sum(row["place"] == second["place"] for row in ranking)
        rival = second["unit"] if more == 1 else f"{second['unit']}等{more}家单位"
        how += f"，领先第二名{rival} {second['gap']} 分"
    best, worst = ranking[0]["best"], ranking[0]["worst"]
    sure = f"按不同的口径理解，名次在第{best}名到第{worst}名之间"
    if best == worst:
        never = "第一名都不变" if best == 1 else f"都是第{best}名"
        sure = f"各条口径无论怎样理解，{never}"
    return {"who": names, "how": how, "sure": sure if len(leaders) == 1 else ""}


def unranked_units(outcome: Outcome) -> list[dict[str, str]]:
    """Units without a place: name, status and why; at most `ROWS`."""
    others = outcome.units[outcome.units["status"] != NORMAL].head(ROWS)
    notes, found = notes_of(outcome), []
    for unit, status in records(others, "unit", "status"):
        why = "；".join(notes.get(unit, [])[:3]) or _WHY.get(status, "")
        found.append({"unit": unit, "status": status, "why": why})
    return found


def other_units(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """Place, unit, total and status of the units without a part of their own."""
    rest = outcome.units.iloc[DETAILED:]
    return [
        (number(place), unit, number(total), status)
        for place, unit, total, status in records(rest, "place", "unit", "total", "status")
    ]
