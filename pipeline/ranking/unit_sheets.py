"""One sheet per unit: its points clause by clause, its claims, and links to its ledger rows."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import NORMAL, NOT_COUNTED, PLACES, Outcome
from pipeline.ranking.book import MUTED, NAME_LIMIT, Book, Column, Span
from pipeline.ranking.cells import clean, height_of, listed, plain
from pipeline.ranking.cover import places
from pipeline.wording import number

Look = tuple[str, float, str, str]
"""Header, width, style, and the key of the column's values."""
Rows = dict[str, list[Any]]
"""Some rows of a table, column by column."""

UNIT_SHEETS = 30
"""Ranked units up to which each gets a sheet of its own; with more, 得分说明 holds all of them."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))

_POINTS = (
    ("条款", 8, "mid", "clause"),
    ("条款名称", 36, "text", "label"),
    ("计分规则", 36, "text", "rule"),
    ("计量结果", 12, "mid", "value"),
    ("所在分档", 20, "mid", "band"),
    ("得分", 8, "total", "points"),
    ("口径", 28, "small", "reading"),
    ("核定", 26, "text", "ruling"),
    ("申报", 10, "link", ""),
)
"""The trace."""
_CLAIMS = (
    ("条款", 8, "mid", "clause"),
    ("名称", 36, "text", "title"),
    ("佐证", 36, "small", "evidence"),
    ("日期", 12, "date", "date"),
    ("原因", 20, "text", "reason"),
    ("得分", 8, "centre", "earned"),
    ("对象、数字", 28, "text", "figures"),
    ("核定", 26, "text", "ruling"),
    ("台账", 10, "link", ""),
)
"""The ledger; its columns are as wide as those of the trace, below which they stand."""
_FIGURES = ("object", "words", "base", "done")
_OF_CLAIMS = (
    "clause", "title", "evidence", "date", "reason", "ruling", "result", "points", "at", *_FIGURES
)  # fmt: skip


def sheet_names(outcome: Outcome, taken: Iterable[str]) -> dict[str, str]:
    """Ranked unit → name of its sheet, none of `taken`; empty where there are too many units."""
    units = list(outcome.units.loc[outcome.units["status"] == NORMAL, "unit"])
    if len(units) > UNIT_SHEETS:
        return {}
    names: dict[str, str] = {}
    used = {name.casefold() for name in taken}
    for unit in units:
        base = clean(unit).translate(_FORBIDDEN).strip("'")[:NAME_LIMIT] or "单位"
        name, number_ = base, 2
        while name.casefold() in used:
            suffix = f"({number_})"
            name, number_ = base[: NAME_LIMIT - len(suffix)] + suffix, number_ + 1
        names[unit] = name
        used.add(name.casefold())
    return names


def add_unit_sheets(
    book: Book, outcome: Outcome, table: pd.DataFrame, ledger: list[Span], names: dict[str, str]
) -> None:
    """A sheet for each unit of `names`.

    Args:
        table: `trace.trace(outcome)`.
        ledger: where the claims stand, in their order.
    """
    if not names:
        return
    order = {clause: at for at, clause in enumerate(outcome.rulebook.clause_ids)}
    claims = outcome.claims.assign(at=_addresses(ledger))
    rank = claims["clause"].map(order).fillna(len(order))
    in_order = np.argsort(rank.to_numpy(), kind="stable")
    facts = _by_unit(outcome.units, (key for key in outcome.units.columns if key != "unit"), names)
    points = _by_unit(table, (key for *_, key in _POINTS if key), names)
    own = _by_unit(claims.iloc[in_order], _OF_CLAIMS, names)
    for unit, name in names.items():
        sheet = _UnitSheet(book, outcome, name, unit)
        known = {key: values[0] for key, values in facts[unit].items()}
        sheet.write(known, points[unit], own[unit])


def _by_unit(table: pd.DataFrame, keys: Iterable[str], units: Iterable[str]) -> dict[str, Rows]:
    """Some columns of the rows of some units, in order.

    Once for all units: to cut a table for each would cost more than to write it.
    """
    columns = {key: listed(table[key]) for key in keys}
    places: dict[str, list[int]] = {unit: [] for unit in units}
    for place, unit in enumerate(listed(table["unit"])):
        if unit in places:
            places[unit].append(place)
    return {
        unit: {key: [values[place] for place in at] for key, values in columns.items()}
        for unit, at in places.items()
    }


def _addresses(ledger: list[Span]) -> list[str]:
    """The place of each claim in the ledger, e.g. `'申报台账'!A5`."""
    return [f"'{s.sheet}'!A{row}" for s in ledger for row in range(s.first, s.last + 1)]


class _UnitSheet:
    """The sheet of one unit, from top to bottom."""

    def __init__(self, book: Book, outcome: Outcome, name: str, unit: str) -> None:
        self.book, self.clauses = book, outcome.rulebook.clause_ids
        title = f"{unit}　{outcome.rulebook.year}年度得分（{outcome.stage}）"
        self.sheet: Worksheet = book.sheet(name, title, [book.line])
        self.sheet.repeat_rows(0, 1)
        self.row = 2
        for index, (_, width, *_) in enumerate(_POINTS):
            self.sheet.set_column(index, index, width)

    def write(self, facts: dict[str, Any], points: Rows, claims: Rows) -> None:
        """The summary, the points with links to the claims, the claims with links to the ledger."""
        self._summary(facts)
        # Header, points, sum, the rest, blank, title and header stand before the first claim.
        first = self.row + len(points["clause"]) + 7
        starts: dict[str, int] = {}
        for row, clause in enumerate(claims["clause"], start=first):
            starts.setdefault(clause, row)
        self._points(points, Counter(claims["clause"]), starts)
        self._claims(claims)

    def _summary(self, facts: dict[str, Any]) -> None:
        awards = "、".join(filter(None, (facts["award"], facts["key_award"]))) or "无"
        lines = [
            f"第 {facts['place']} 名　总分 {number(facts['total'])}"
            f"　各种口径下{places(facts['best'], facts['worst'])}　奖项建议：{awards}",
            f"自报 {number(facts['claimed'])}　初评 {number(facts['checked'])}"
            f"　核定变动 {number(facts['change'])}　重点工作第 {facts['key_place']} 名"
            f"（{number(facts['key_points'])} 分）",
        ]
        for line, style in zip(lines, ("strong", "plain"), strict=True):
            self.sheet.write_string(self.row, 0, clean(line), self.book.style(style))
            self.sheet.set_row(self.row, 20)
            self.row += 1
        self.row += 1

    def _points(self, points: Rows, counts: Counter[str], starts: dict[str, int]) -> None:
        clauses = points["clause"]
        here = self.sheet.get_name().replace("'", "''")
        links = [f"'{here}'!A{starts[clause]}" if counts[clause] else "" for clause in clauses]
        shown = [f"{counts[clause]} 项" if counts[clause] else None for clause in clauses]
        top = self.row + 1
        self._table(_POINTS, points, shown, links)
        style = self.book.style("total")
        self.sheet.write_string(self.row, 4, "合计", style)
        formula = f"=ROUND(SUM(F{top + 1}:F{self.row}),{PLACES})" if clauses else "=0"
        total = round(math.fsum(points["points"]), PLACES)
        self.sheet.write_formula(self.row, 5, formula, style, total)
        seen = set(clauses)
        rest = [clause for clause in self.clauses if clause not in seen]
        self.row += 1
        text = f"没有申报也没有得分的条款：{'、'.join(rest) or '无'}"
        self.sheet.merge_range(self.row, 0, self.row, len(_POINTS) - 1, "", self.book.style("rest"))
        self.sheet.write_string(self.row, 0, text, self.book.style("rest"))
        self.sheet.set_row(self.row, height_of([(text, sum(w for _, w, *_ in _POINTS))]))
        self.row += 2

    def _claims(self, claims: Rows) -> None:
        count = len(claims["clause"])
        self.sheet.write_string(self.row, 0, f"申报事项（{count} 项）", self.book.style("title"))
        self.sheet.set_row(self.row, 28)
        self.row += 1
        earned = [
            NOT_COUNTED if result == NOT_COUNTED else points
            for result, points in zip(claims["result"], claims["points"], strict=True)
        ]
        rows = claims | {"earned": earned, "figures": _figures(claims)}
        shown = [f"第 {at.rpartition('!A')[2]} 行" for at in claims["at"]]
        span = self._table(_CLAIMS, rows, shown, claims["at"])
        self.book.mark(span, "得分", f'{{cell}}="{NOT_COUNTED}"', font_color=MUTED)

    def _table(
        self, looks: Sequence[Look], rows: Rows, captions: Sequence[str | None], links: list[str]
    ) -> Span:
        """Headers and rows below what stands there, the links in the last column."""
        *shown, (header, width, style, _) = looks
        columns = [Column(name, room, rows[key], look) for name, room, look, key in shown]
        columns.append(Column(header, width, captions, style, links=links))
        first = self.row + 1
        self.row = self.book.rows(self.sheet, self.row, columns, header=22) + 1
        headers = tuple(column.header for column in columns)
        return Span(self.sheet.get_name(), first + 1, self.row, headers)


def _figures(claims: Rows) -> list[str]:
    """What each claim counts, in one text: 对象, 字数, 基数, 完成数."""
    labels = ("", "字数 ", "基数 ", "完成数 ")
    columns = ([plain(value) for value in claims[key]] for key in _FIGURES)
    return [
        "，".join(f"{label}{value}" for label, value in zip(labels, row, strict=True)
                 if value is not None)
        for row in zip(*columns, strict=True)
    ]  # fmt: skip
