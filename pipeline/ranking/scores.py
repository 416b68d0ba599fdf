"""The sheets with points: 排名, 重点工作, 图表 and 得分明细.

Places, totals and section sums are live formulas. They find a unit's row by its name, so a
sheet that somebody sorts stays right.
"""

from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from pipeline.outcome import NORMAL, Outcome
from pipeline.ranking.book import BRAND, FONT, MUTED, Book, Span
from pipeline.ranking.table import Column, TableSheet, height_of
from pipeline.score import PLACES

RANKING, KEY_WORK, CHARTS, DETAILS = "排名", "重点工作", "图表", "得分明细"
CHART_UNITS = 30
"""Units in a chart: more would not be read."""
_DETAILS_HEADER = 3
_PAGE_CLAUSES = 20
"""Clause columns on one printed page of 得分明细."""


def ranked(outcome: Outcome) -> pd.DataFrame:
    """The units that are ranked, in order."""
    return outcome.units[outcome.units["status"] == NORMAL]


def _rounded(values: pd.Series) -> pd.Series:
    return values.astype("Float64").round(PLACES)


def details_span(outcome: Outcome) -> Span:
    """Where 得分明细 stands; known before it is written, for 排名 comes first and points there."""
    first = _DETAILS_HEADER + 2
    headers = ("单位", *(c.id for c in outcome.rulebook.clauses), "合计")
    return Span(DETAILS, first, first + len(outcome.points) - 1, headers)


def add_ranking(book: Book, outcome: Outcome) -> Span:
    """排名: every unit, ranked ones first."""
    units, details = outcome.units, details_span(outcome)
    sections = outcome.sections.reindex(units["unit"]).reset_index(drop=True)
    names = list(outcome.rulebook.sections)
    normal = len(ranked(outcome))
    first, last = 4, 3 + normal
    left, right, row_of = (xl_col_to_name(3 + n) for n in (0, len(names) - 1, len(names) + 7))
    columns = [
        Column("名次", 6, units["place"], "place", f"RANK(C{{row}},C${first}:C${last})"),
        Column("单位", 24, units["unit"], "name"),
        Column("总分", 9, _rounded(units["total"]), "total",
               f"ROUND(SUM({left}{{row}}:{right}{{row}}),{PLACES})"),
    ]  # fmt: skip
    for name in names:
        ids = [c.id for c in outcome.rulebook.clauses if c.section == name]
        block = details.block(ids[0], ids[-1])
        formula = f"SUM(INDEX({block},{row_of}{{row}},0))"
        columns.append(Column(name, 8.5, _rounded(sections[name]), "zero", formula))
    position = pd.Series(range(1, len(units) + 1), dtype="Int64")
    columns += [
        Column("状态", 9, units["status"], "mid"),
        Column("奖项建议", 14, units["award"], "mid"),
        Column("自报", 7.5, _rounded(units["claimed"]), "centre"),
        Column("初评", 7.5, _rounded(units["checked"]), "centre"),
        Column("核定变动", 7.5, _rounded(units["change"]), "signed"),
        Column("最好名次", 6.5, units["best"], "centre"),
        Column("最差名次", 6.5, units["worst"], "centre"),
        Column("明细行", 6.5, position.where(position <= normal), "centre",
               f"MATCH(B{{row}},{details.column('单位')},0)"),
    ]  # fmt: skip
    sheet = book.sheet(
        RANKING, f"{outcome.rulebook.title}　排名（{outcome.stage}）", [book.line], BRAND
    )
    span = book.table(sheet, columns, 2, freeze=3)
    if normal:
        _mark_ranking(book, sheet, span, normal, len(columns))
    return span


def _mark_ranking(book: Book, sheet: TableSheet, span: Span, normal: int, width: int) -> None:
    """Marks that print in grey: a bar behind the total, awards bold, others in italics."""
    top, bottom = span.first - 1, span.last - 1
    total, award = span.columns.index("总分"), span.letter("奖项建议")
    sheet.conditional_format(top, total, top + normal - 1, total, {
        "type": "data_bar", "bar_solid": True, "bar_color": "#C3CEDF", "min_type": "num",
        "min_value": 0,
    })  # fmt: skip
    rules = [
        (f'=${award}{span.first}<>""', book.rule(bold=True, top=2, bottom=2)),
        (f'=${span.letter("名次")}{span.first}=""', book.rule(italic=True, font_color=MUTED)),
    ]
    for criteria, style in rules:
        sheet.conditional_format(top, 0, bottom, width - 1, {
            "type": "formula", "criteria": criteria, "format": style
        })  # fmt: skip


def add_key_work(book: Book, outcome: Outcome, ranking: Span) -> Span:
    """重点工作: ranked by the points of the key section."""
    key = outcome.rulebook.key_section
    name = next(n for n, numeral in outcome.rulebook.sections.items() if numeral == key)
    units = ranked(outcome).sort_values("key_place", kind="stable")
    first, last = 4, 3 + len(units)
    points = ranking.column(name)
    columns = [
        Column("名次", 8, units["key_place"], "place", f"RANK(C{{row}},C${first}:C${last})"),
        Column("单位", 30, units["unit"], "name"),
        Column("得分", 12, _rounded(units["key_points"]), "total",
               f"INDEX({points},MATCH(B{{row}},{ranking.column('单位')},0))"),
        Column("奖项建议", 20, units["key_award"], "mid"),
    ]  # fmt: skip
    title = f"{outcome.rulebook.title}　{name}（{outcome.stage}）"
    sheet = book.sheet(KEY_WORK, title, [book.line], BRAND)
    sheet.set_portrait()
    return book.table(sheet, columns, 2, freeze=2)


def add_details(book: Book, outcome: Outcome) -> Span:
    """得分明细: one row per ranked unit, one column per clause, split by section when printed."""
    clauses = outcome.rulebook.clauses
    points = outcome.points
    span = details_span(outcome)
    last = span.letter(clauses[-1].id)
    columns = [Column("单位", 20, list(points.index), "name")]
    columns += [Column(f"{c.id} {c.label}", 7, _rounded(points[c.id]), "zero") for c in clauses]
    total = _rounded(outcome.units.set_index("unit")["total"].reindex(points.index))
    columns.append(
        Column("合计", 9, total, "total", f"ROUND(SUM(B{{row}}:{last}{{row}}),{PLACES})")
    )
    notes = [f"{book.line}　“–”表示 0 分；各部分小计见“{RANKING}”，每条怎样得分见“得分说明”"]
    sheet = book.sheet(DETAILS, f"{outcome.rulebook.title}　{DETAILS}（{outcome.stage}）", notes)
    group, column, page, breaks = book.style("header"), 1, 0, []
    for name in outcome.rulebook.sections:
        size = sum(1 for c in clauses if c.section == name)
        if page and page + size > _PAGE_CLAUSES:
            breaks.append(column)
            page = 0
        if size > 1:
            sheet.merge_range(2, column, 2, column + size - 1, name, group)
        else:
            sheet.write_string(2, column, name, group)
        column, page = column + size, page + size
    sheet.set_row(2, height_of((n, 16) for n in outcome.rulebook.sections))
    book.table(sheet, columns, _DETAILS_HEADER, freeze=1)
    sheet.repeat_rows(2, _DETAILS_HEADER)
    sheet.repeat_columns(0, 0)
    sheet.fit_page = False
    sheet.set_print_scale(66)
    sheet.set_v_pagebreaks(breaks)
    return span


def add_charts(book: Book, outcome: Outcome, ranking: Span, key_work: Span) -> None:
    """图表: points by section, stacked, and key work; the first `CHART_UNITS` units."""
    units = ranked(outcome)
    shown = min(len(units), CHART_UNITS)
    head = "" if shown == len(units) else f"（前 {shown} 名）"
    sheet = book.sheet(
        CHARTS, f"{outcome.rulebook.title}　{CHARTS}（{outcome.stage}）", [book.line], BRAND
    )
    sheet.set_column(0, 15, 9)
    height = 190 + 34 * shown
    stacked = book.chart("bar", "stacked")
    sections = outcome.sections
    for index, name in enumerate(outcome.rulebook.sections):
        stacked.add_series(
            _series(ranking, name, name, units["unit"], sections[name], shown)
            | {"fill": {"color": _TONES[index % len(_TONES)]}, "gap": 45,
               "border": {"color": "#FFFFFF", "width": 0.5}}
        )  # fmt: skip
    _finish(stacked, f"各单位分部分得分{head}", height)
    sheet.insert_chart(2, 0, stacked)
    plain = book.chart("bar")
    order = units.sort_values("key_place", kind="stable")
    name = f"重点工作得分{head}"
    plain.add_series(
        _series(key_work, "得分", "得分", order["unit"], order["key_points"], shown)
        | {"fill": {"color": _TONES[0]}, "gap": 60, "data_labels": {"value": True}}
    )
    _finish(plain, name, 130 + 26 * shown)
    plain.set_legend({"none": True})
    sheet.insert_chart(4 + round(height / 20), 0, plain)
    sheet.fit_to_pages(1, 1)


_TONES = ("#1F3B73", "#7FA3D1", "#B5651D", "#E8B87A", "#3F7D5B", "#A7CDB4", "#6B4C8A", "#C3B1D6",
          "#A8323E", "#E3A6A9", "#6E6E6E")  # fmt: skip
"""Dark and light by turns, so that neighbours stay apart on a grey print."""


def _series(
    span: Span, header: str, name: str, units: pd.Series, values: pd.Series, shown: int
) -> dict[str, object]:
    """A series with its cached values: a preview that does not calculate shows it too."""
    first, last = span.first - 1, span.first + shown - 2
    column, unit = span.columns.index(header), span.columns.index("单位")
    return {
        "name": name,
        "categories": [span.sheet, first, unit, last, unit],
        "values": [span.sheet, first, column, last, column],
        "categories_data": list(units[:shown]),
        "values_data": [float(value) for value in values[:shown]],
    }


def _finish(chart: Any, title: str, height: int) -> None:
    font = {"name": FONT, "size": 9}
    chart.set_title({"name": title, "name_font": font | {"size": 13}})
    chart.set_size({"width": 1050, "height": height})
    chart.set_y_axis({"reverse": True, "num_font": font})
    chart.set_x_axis({
        "num_font": font, "label_position": "low",
        "major_gridlines": {"visible": True, "line": {"color": "#D5D9E0", "width": 0.5}},
    })  # fmt: skip
    chart.set_legend({"position": "bottom", "font": font})
