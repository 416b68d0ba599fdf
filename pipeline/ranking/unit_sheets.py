"""One sheet per unit: its points clause by clause, its claims, and links to its ledger rows."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from xlsxwriter.format import Format

from pipeline.outcome import NORMAL, NOT_COUNTED, Outcome
from pipeline.ranking.book import MUTED, NAME_LIMIT, Book, Span
from pipeline.ranking.cover import places
from pipeline.ranking.table import TableSheet, clean, height_of, listed, plain
from pipeline.scoring.score import PLACES
from pipeline.wording import number

Record = dict[str, Any]

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
"""Header, width, style and column of the trace."""
_CLAIMS = (
    ("条款", "mid", "clause"),
    ("名称", "text", "title"),
    ("佐证", "small", "evidence"),
    ("日期", "date", "date"),
    ("原因", "text", "reason"),
    ("得分", "centre", "earned"),
    ("对象、数字", "text", "figures"),
    ("核定", "text", "ruling"),
    ("台账", "link", ""),
)
"""Header, style and column of the ledger; the widths are those of `_POINTS`."""


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
    facts = _by_unit(outcome.units)
    points = _by_unit(table)
    claims = _by_unit(outcome.claims.assign(at=_addresses(ledger)))
    for unit, name in names.items():
        own = sorted(claims.get(unit, []), key=lambda row: order.get(row["clause"], len(order)))
        sheet = _UnitSheet(book, outcome, name, unit)
        sheet.write(facts[unit][0], points.get(unit, []), own)


def _by_unit(table: pd.DataFrame) -> dict[str, list[Record]]:
    """The rows of each unit, in order: once for all, since to cut a table costs more than a row."""
    names = [str(name) for name in table.columns]
    rows: dict[str, list[Record]] = {}
    for values in zip(*(listed(table[name]) for name in names), strict=True):
        row = dict(zip(names, values, strict=True))
        rows.setdefault(row["unit"], []).append(row)
    return rows


def _addresses(ledger: list[Span]) -> list[str]:
    """The place of each claim in the ledger, e.g. `'申报台账'!A5`."""
    return [f"'{s.sheet}'!A{row}" for s in ledger for row in range(s.first, s.last + 1)]


class _UnitSheet:
    """The sheet of one unit, from top to bottom."""

    def __init__(self, book: Book, outcome: Outcome, name: str, unit: str) -> None:
        self.book, self.clauses = book, outcome.rulebook.clause_ids
        title = f"{unit}　{outcome.rulebook.year}年度得分（{outcome.stage}）"
        self.sheet: TableSheet = book.sheet(name, title, [book.line])
        self.sheet.repeat_rows(0, 1)
        self.row = 2
        for index, (_, width, *_) in enumerate(_POINTS):
            self.sheet.set_column(index, index, width)

    def write(self, facts: Record, points: list[Record], claims: list[Record]) -> None:
        """The summary, the points with links to the claims, the claims with links to the ledger."""
        self._summary(facts)
        # Header, points, sum, the rest, blank, title and header stand before the first claim.
        first = self.row + len(points) + 7
        starts: dict[str, int] = {}
        for row, claim in enumerate(claims, start=first):
            starts.setdefault(claim["clause"], row)
        self._points(points, Counter(claim["clause"] for claim in claims), starts)
        self._claims(claims)

    def _summary(self, facts: Record) -> None:
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

    def _points(self, points: list[Record], counts: Counter[str], starts: dict[str, int]) -> None:
        self._header([header for header, *_ in _POINTS])
        top = self.row
        looks = [self.book.style(style) for _, _, style, _ in _POINTS]
        for row in points:
            count = counts[row["clause"]]
            link = f"internal:A{starts[row['clause']]}" if count else ""
            self._cells([row[key] for *_, key in _POINTS[:-1]], looks, link, f"{count} 项")
        style = self.book.style("total")
        self.sheet.write_string(self.row, 4, "合计", style)
        formula = f"=ROUND(SUM(F{top + 1}:F{self.row}),{PLACES})" if len(points) else "=0"
        total = round(math.fsum(row["points"] for row in points), PLACES)
        self.sheet.write_formula(self.row, 5, formula, style, total)
        seen = {row["clause"] for row in points}
        rest = [clause for clause in self.clauses if clause not in seen]
        self.row += 1
        text = f"没有申报也没有得分的条款：{'、'.join(rest) or '无'}"
        self.sheet.merge_range(self.row, 0, self.row, len(_POINTS) - 1, "", self.book.style("rest"))
        self.sheet.write_string(self.row, 0, text, self.book.style("rest"))
        self.sheet.set_row(self.row, height_of([(text, sum(w for _, w, *_ in _POINTS))]))
        self.row += 2

    def _claims(self, claims: list[Record]) -> None:
        self.sheet.write_string(
            self.row, 0, f"申报事项（{len(claims)} 项）", self.book.style("title")
        )
        self.sheet.set_row(self.row, 28)
        self.row += 1
        self._header([header for header, *_ in _CLAIMS])
        looks = [self.book.style(style) for _, style, _ in _CLAIMS]
        for row in claims:
            row["figures"] = _figures(row)
            row["earned"] = NOT_COUNTED if row["result"] == NOT_COUNTED else row["points"]
            caption = f"第 {row['at'].rpartition('!A')[2]} 行"
            values = [row[key] for *_, key in _CLAIMS[:-1]]
            self._cells(values, looks, f"internal:{row['at']}", caption)
        headers = tuple(header for header, *_ in _CLAIMS)
        span = Span(self.sheet.get_name(), self.row - len(claims) + 1, self.row, headers)
        self.book.mark(span, "得分", f'{{cell}}="{NOT_COUNTED}"', italic=True, font_color=MUTED)

    def _header(self, headers: list[str]) -> None:
        for index, header in enumerate(headers):
            self.sheet.write_string(self.row, index, header, self.book.style("header"))
        self.sheet.set_row(self.row, 22)
        self.row += 1

    def _cells(self, values: list[Any], looks: Sequence[Format], link: str, caption: str) -> None:
        """One row, its link last."""
        texts = []
        for index, (value, look) in enumerate(zip(values, looks, strict=False)):
            shown = plain(value)
            if isinstance(shown, str):
                # XlsxWriter copies strings of this look into the file as markup.
                shown = f" {shown}" if shown.startswith("<r>") else shown
                self.sheet.write_string(self.row, index, shown, look)
                texts.append((shown, float(_POINTS[index][1])))
            elif shown is None:
                self.sheet.write_blank(self.row, index, None, look)
            else:
                self.sheet.write_number(self.row, index, shown, look)
        if link:
            self.sheet.write_url(self.row, len(values), link, looks[-1], caption)
        else:
            self.sheet.write_blank(self.row, len(values), None, looks[-1])
        self.sheet.set_row(self.row, height_of(texts))
        self.row += 1


def _figures(row: Record) -> str:
    """What a claim counts, in one text: 对象, 字数, 基数, 完成数."""
    labelled = (("", "object"), ("字数 ", "words"), ("基数 ", "base"), ("完成数 ", "done"))
    shown = [(label, plain(row[key])) for label, key in labelled]
    return "，".join(f"{label}{value}" for label, value in shown if value is not None)
