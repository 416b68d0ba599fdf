"""Where each point comes from: unit and clause → rule, measured value, band, reading, ruling.

Told of all units on one sheet, 得分说明, and to each in a letter on a sheet of its own: each clause
with what it earned or why not, and the average. Below the letter, for the screen, stand the unit's
claims with links to their rows in the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pipeline.outcome import COUNTED, NOT_COUNTED, PLACES, Outcome
from pipeline.ranking.book import BAND, MUTED, Book, Column, Page, Span, clean, listed, plain
from pipeline.ranking.scores import places, ranked, told
from pipeline.rulebook import ALL, FIGURES, MEANS, PER_CLAIM, SHARES, Clause, Unit
from pipeline.text import SHEET_NAME, from_template, sheet_name
from pipeline.wording import (
    chinese_date,
    describe_contact,
    describe_rule,
    describe_sum,
    next_step,
    number,
    share_text,
)

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

    @cache
    def described(clause: str, value: float) -> tuple[str, str]:
        return describe_value(rules[clause], value)

    shown = [described(*pair) for pair in zip(table["clause"], table["measured"], strict=True)]
    table["value"] = [value for value, _ in shown]
    cells = zip(table["unit"], table["clause"], shown, strict=True)
    table["band"] = [parts.get((unit, clause), band) for unit, clause, (_, band) in cells]
    return table


def _rulings(outcome: Outcome) -> dict[tuple[str, str], str]:
    """(unit, clause) → what the panel decided there, in one text."""
    texts: dict[tuple[str, str], list[str]] = {}
    for row in outcome.rulings.to_dict("records"):
        points = f"{number(row['points'])}分" if pd.notna(row["points"]) else ""
        title = f"“{row['title']}”" if row["title"] else ""
        why = "，".join(filter(None, (row["judge"], row["reason"])))
        text = f"{title}{row['word']}{points}（{why or '未写理由'}）"
        texts.setdefault((row["unit"], row["clause"]), []).append(text)
    return {cell: "；".join(parts) for cell, parts in texts.items()}


def _readings(outcome: Outcome) -> dict[str, str]:
    """Clause → the readings that touch it and how each is taken."""
    book, taken = outcome.rulebook, set(outcome.alternative)
    texts: dict[str, list[str]] = {}
    for reading in book.readings:
        other = reading.id in taken
        if reading.clauses == ALL and not other:
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
    points, values = outcome.points, outcome.values
    for loser, others in outcome.rulebook.overlap:
        lost = (points[list(others)] > 0).all(axis=1) & (points[loser] == 0) & (values[loser] > 0)
        for unit in points.index[lost]:
            texts.setdefault((unit, loser), []).append(f"{'、'.join(others)}已计分，本条不再计分")
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


def add_trace(book: Book, table: pd.DataFrame) -> None:
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


# A sheet for each unit ---------------------------------------------------------------------------

Look = tuple[str, float, str, str]
"""Header, width, style, and the key of the column's values."""
Rows = dict[str, list[Any]]
"""Some rows of a table, column by column."""

UNIT_SHEETS = 30
"""Ranked units up to which each gets a sheet of its own; with more, 得分说明 holds all of them."""
UNCLAIMED = "未申报"
_MOST_REASONS = 3

_LETTER = (
    ("条款", 8, "mid", "clause"),
    ("内容", 42, "text", "label"),
    ("申报", 10.5, "link", ""),
    ("计分", 7, "zero", "counted"),
    ("得分", 7, "total", "points"),
    ("平均", 9, "centre", "mean"),
    ("怎样得来、为什么没有", 34, "text", "why"),
    ("计分规则", 60, "text", "rule"),
    ("口径", 40, "small", "reading"),
    ("核定", 26, "text", "ruling"),
)
"""Every clause; the columns up to the reason are printed."""
_PRINTED = 7
_CLAIMS = (
    ("条款", 8, "mid", "clause"),
    ("名称", 42, "text", "title"),
    ("日期", 10.5, "date", "date"),
    ("结论", 7, "mid", "result"),
    ("得分", 7, "centre", "points"),
    ("台账", 9, "link", ""),
    ("原因", 34, "text", "reason"),
    ("佐证", 60, "small", "evidence"),
    ("对象、数字", 40, "text", "figures"),
    ("核定", 26, "text", "ruling"),
)
"""The ledger; its columns are as wide as those of the letter, below which they stand."""
_FIGURES = {"": "object", "字数 ": "words", "基数 ": "base", "完成数 ": "done"}
_OF_LEDGER = {key for *_, key in _CLAIMS} - {"", "figures"} | {"unit", *_FIGURES.values()}


def sheet_names(outcome: Outcome, taken: Iterable[str]) -> dict[str, str]:
    """Ranked unit → name of its sheet, none of `taken`; empty where there are too many units."""
    units = list(ranked(outcome)["unit"])
    if len(units) > UNIT_SHEETS:
        return {}
    names: dict[str, str] = {}
    used = {name.casefold() for name in taken}
    for unit in units:
        base = sheet_name(clean(unit).strip("'")) or "单位"
        name, number_ = base, 2
        while name.casefold() in used:
            suffix = f"({number_})"
            name, number_ = base[: SHEET_NAME - len(suffix)] + suffix, number_ + 1
        names[unit] = name
        used.add(name.casefold())
    return names


def _why(row: Mapping[Any, Any], clause: Clause, refused: Sequence[str]) -> str:
    """How the points of a row of `trace` came about, or why there are none."""
    texts = [f"核定：{row['ruling']}"] if row["ruling"] else []
    if row["counted"] or row["points"]:
        short = ""
        if not row["points"]:
            yielded = row["counted"] and row["measured"] == 0 and clause.measure not in FIGURES
            elsewhere = "同一名称已在别处计分" if clause.once or yielded else ""
            short = elsewhere or next_step(clause, row["measured"])
        texts.append(short or "，".join(filter(None, (row["value"], row["band"]))))
    each = list(dict.fromkeys(refused))[:_MOST_REASONS]
    texts += [f"不计 {len(refused)} 项：{'；'.join(each)}"] if refused else []
    return "；".join(filter(None, texts)) or UNCLAIMED


def add_unit_sheets(
    book: Book, outcome: Outcome, table: pd.DataFrame, ledger: Span, names: dict[str, str]
) -> None:
    """A sheet for each unit of `names`; `table` is its `trace`, `ledger` where the claims stand."""
    if not names:
        return
    at = [f"'{ledger.sheet}'!A{row}" for row in range(ledger.first, ledger.last + 1)]
    claims = outcome.claims[sorted(_OF_LEDGER)].assign(at=at)
    codes = claims["clause"].map(outcome.rulebook.clause_codes).astype("float64")  # NaN goes last
    claims = claims.iloc[np.argsort(codes.to_numpy(), kind="stable")]
    facts = outcome.units.set_index("unit")
    traced = {unit: rows.set_index("clause").to_dict("index")
              for unit, rows in table.groupby("unit", sort=False)}  # fmt: skip
    roster = {row.unit: row for row in outcome.rulebook.roster}
    means = _means(outcome, roster)
    for unit, name in names.items():
        mine = claims[claims["unit"] == unit]
        own = {key: listed(mine[key]) for key in mine.columns}
        average = means[facts["group"][unit]]
        letter = _letter(outcome, roster[unit], traced.get(unit, {}), own, average)
        _UnitSheet(book, outcome, name, unit).write(facts.loc[unit], letter, own)


def _means(outcome: Outcome, roster: Mapping[str, Unit]) -> dict[str, dict[str, float | None]]:
    """Group → clause, section or sum → average of the ranked units that it concerns."""
    clauses, units = outcome.rulebook.clauses, outcome.points.index
    asked = np.array([[clause.is_for(roster[unit]) for clause in clauses] for unit in units])
    tables = [outcome.points.where(asked), outcome.sections, outcome.sums]
    groups = [roster[unit].group for unit in units]
    means = pd.concat(tables, axis=1).groupby(groups).mean().round(2).astype(object)
    return means.where(means.notna(), None).to_dict("index")  # type: ignore[return-value]


def _nothing(clause: Clause, unit: Unit) -> str:
    """Why a unit has nothing under a clause."""
    if not clause.is_for(unit):
        return "不考核本单位"
    if clause.counts:
        return f"数取自{clause.counts}，那里没有"
    return "没有记录" if clause.office == "records" else UNCLAIMED


def _letter(
    outcome: Outcome,
    of: Unit,
    known: dict[Any, dict[Any, Any]],
    claims: Rows,
    means: Mapping[str, Any],
) -> Rows:
    """The rows of a letter: each section with its sum (no `clause`), below it its clauses.

    Last stands what limits and weights leave.
    """
    unit = of.unit
    refused: dict[str, list[str]] = {}
    told_of = (claims[key] for key in ("clause", "result", "reason"))
    for clause_id, result, reason in zip(*told_of, strict=True):
        if result == NOT_COUNTED:
            refused.setdefault(clause_id, []).append(reason)
    points = outcome.points.loc[unit].round(PLACES)
    sums = outcome.sections.loc[unit]
    rows: list[dict[Any, Any]] = []
    for section in outcome.rulebook.sections:
        rows.append({"label": section, "points": sums[section], "mean": means[section]})
        for clause in (one for one in outcome.rulebook.clauses if one.section == section):
            row = known.get(clause.id)
            if row is None or not clause.is_for(of):
                why = _nothing(clause, of)
            else:
                why = _why(row, clause, refused.get(clause.id, ()))
            shown = {"clause": clause.id, "label": clause.label, "rule": describe_rule(clause)}
            earned = {"points": points[clause.id], "mean": means[clause.id], "why": why}
            rows.append((row or {}) | shown | earned)
    for added in outcome.rulebook.sums:
        left = {"points": outcome.sums[added.name].round(PLACES)[unit], "mean": means[added.name]}
        rows.append({"label": f"{added.name}（合计）", "why": describe_sum(added)} | left)
    keys = ("claimed", *(key for *_, key in _LETTER if key))
    return {key: [row.get(key) for row in rows] for key in keys}


class _UnitSheet(Page):
    def __init__(self, book: Book, outcome: Outcome, name: str, unit: str) -> None:
        title = f"{unit}　{outcome.rulebook.year}年度得分（{outcome.stage}）"
        widths = [width for _, width, *_ in _LETTER]
        super().__init__(book, book.sheet(name, title, [book.line]), widths, 2)
        self.outcome, self.widths = outcome, widths[:_PRINTED]
        self.sheet.fit_to_pages(1, 2)

    def write(self, facts: Any, letter: Rows, claims: Rows) -> None:
        """The letter with links to the claims, the claims with links to the ledger."""
        before, behind = _texts(self.outcome, facts)
        self.paragraph(before)
        # Header, letter, sum, closing, blank, title and header stand before the first claim.
        first = self.row + len(letter["clause"]) + 7
        starts: dict[str, int] = {}
        for row, clause in enumerate(claims["clause"], start=first):
            starts.setdefault(clause, row)
        self._points(letter, starts, facts)
        self.paragraph(behind)
        self.sheet.print_area(0, 0, self.row - 1, _PRINTED - 1)
        self.row += 1
        self._claims(claims)

    def _points(self, letter: Rows, starts: dict[str, int], facts: Any) -> None:
        here = self.sheet.get_name().replace("'", "''")
        links = [f"'{here}'!A{starts[c]}" if c in starts else "" for c in letter["clause"]]
        shown = [f"{count} 项" if count else None for count in letter["claimed"]]
        self.sheet.repeat_rows(self.row)
        span = self._table(_LETTER, letter, shown, links)
        self.book.mark(span, "条款", '{cell}=""', bold=True, bg_color=BAND)
        total, mean = _totals(self.outcome, facts), self.book.style("centre")
        style, own = self.book.style("total"), round(facts["total"], PLACES)
        self.sheet.write_string(self.row, 3, "合计", style)
        if self.outcome.rulebook.sums:  # limits and weights leave no plain sum of cells
            self.sheet.write_number(self.row, 4, own, style)
        else:
            cells = f'A{span.first}:A{span.last},"?*",E{span.first}:E{span.last}'
            self.sheet.write_formula(self.row, 4, f"=ROUND(SUMIF({cells}),{PLACES})", style, own)
        self.sheet.write_number(self.row, 5, round(float(total.mean()), 2), mean)
        self.row += 1

    def _claims(self, claims: Rows) -> None:
        count = len(claims["clause"])
        self.line(f"申报事项（{count} 项，打印时不印）", "title", 28)
        rows = claims | {"figures": _figures(claims)}
        shown = [f"第 {at.rpartition('!A')[2]} 行" for at in claims["at"]]
        span = self._table(_CLAIMS, rows, shown, claims["at"])
        self.book.mark(span, "结论", f'{{cell}}="{NOT_COUNTED}"', font_color=MUTED)

    def _table(
        self, looks: Sequence[Look], rows: Rows, captions: Sequence[str | None], links: list[str]
    ) -> Span:
        """Headers and rows below what stands there; the links in the column without a key."""
        columns = [
            Column(name, width, rows[key], style)
            if key
            else Column(name, width, captions, style, links=links)
            for name, width, style, key in looks
        ]
        first = self.row + 1
        self.row = self.book.rows(self.sheet, self.row, columns, header=22) + 1
        headers = tuple(column.header for column in columns)
        return Span(self.sheet.get_name(), first + 1, self.row, headers)


def _totals(outcome: Outcome, facts: Any) -> "pd.Series[float]":
    """The totals of the units that are ranked with one."""
    totals: pd.Series[float] = outcome.units.loc[outcome.units["group"] == facts["group"], "total"]
    return totals


def _texts(outcome: Outcome, facts: Any) -> tuple[str, str]:
    """What stands before the table of clauses, and behind it."""
    book, totals = outcome.rulebook, _totals(outcome, facts)
    word, shown = told(outcome)
    award, place = shown.set_index(outcome.units["unit"]).loc[facts.name, ["award", "place"]]
    said = {
        "facts": facts, "stage": outcome.stage, "place": place, "number": number,
        "count": totals.count(), "mean": round(float(totals.mean()), 2),
        "span": places(facts["best"], facts["worst"]),
        "marks": [("等次", facts["grade"]), ("一票否决", facts["veto"]), ("同分先后", facts["tie"]),
                  (word, award)],
        "whom": "，".join(filter(None, (book.office, describe_contact(book)))),
        "date": chinese_date(outcome.when.date()),
    }  # fmt: skip
    before, _, behind = from_template("forms/letter.txt.j2", said).rstrip("\n").partition("\n")
    return before, behind


def _figures(claims: Rows) -> list[str]:
    """What each claim counts, in one text: 对象, 字数, 基数, 完成数."""
    rows = zip(*(map(plain, claims[key]) for key in _FIGURES.values()), strict=True)
    named = (zip(_FIGURES, row, strict=True) for row in rows)
    return ["，".join(f"{label}{v}" for label, v in row if v is not None) for row in named]
