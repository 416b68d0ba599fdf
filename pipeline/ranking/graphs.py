"""图表: points by section, stacked, and key work, as native charts."""

import math
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import Outcome
from pipeline.ranking.book import BRAND, FONT, Book, Span
from pipeline.ranking.scores import by_key_work, ranked
from pipeline.wording import number

CHARTS = "图表"
CHART_UNITS = 30
"""Units in a chart: more would not be read."""
_DARK = ("#1F3B73", "#B5651D", "#3F7D5B", "#6B4C8A", "#A8323E", "#55606E")
_LIGHT = ("#A9C2E3", "#F0CFA0", "#B9DBC4", "#D3C6E2", "#EDBBBD", "#CBD2D9")
"""Taken by turns, so that neighbours stay apart on a grey print."""
_LABELLED = 0.025
"""Share of the highest total from which a part has room for its numeral."""
_ROW_PIXELS, _WIDTH = 20, 1050
_BEHIND = 3
"""Column of cells behind the picture."""
_FONT = {"name": FONT, "size": 9}


def add_charts(book: Book, outcome: Outcome, ranking: Span, key_work: Span) -> None:
    """Both charts, of the first `CHART_UNITS` units."""
    count = len(ranked(outcome))
    shown = min(count, CHART_UNITS)
    head = "" if shown == count else f"（前 {CHART_UNITS} 名）"
    title = f"{outcome.rulebook.title}　{CHARTS}（{outcome.stage}）"
    sheet = book.sheet(CHARTS, title, [book.line], BRAND)
    sheet.set_column(0, 15, 9)
    height = 190 + 34 * shown
    stacked = _stacked(book, outcome, ranking)
    _totals(stacked, book, outcome, sheet)
    stacked.set_title(_title(f"各单位分部分得分{head}"))
    stacked.set_size({"width": _WIDTH, "height": height})
    sheet.insert_chart(2, 0, stacked)
    plain = _key_work(book, outcome, key_work)
    plain.set_title(_title(f"重点工作得分{head}"))
    plain.set_size({"width": _WIDTH, "height": 130 + 26 * shown})
    sheet.insert_chart(4 + round(height / _ROW_PIXELS), 0, plain)
    sheet.fit_to_pages(1, 1)


def _stacked(book: Book, outcome: Outcome, ranking: Span) -> Any:
    units = ranked(outcome)[:CHART_UNITS]
    sections = outcome.sections.loc[list(units["unit"])]
    room = _LABELLED * max(float(sections.clip(lower=0).sum(axis=1).max()), 1.0)
    chart = book.chart("bar", "stacked")
    for index, (name, numeral) in enumerate(outcome.rulebook.sections.items()):
        dark = index % 2 == 0
        tones = _DARK if dark else _LIGHT
        labels = [
            {"value": numeral} if points >= room else {"delete": True} for points in sections[name]
        ]
        look = {
            "fill": {"color": tones[index // 2 % len(tones)]},
            "border": {"color": "#FFFFFF", "width": 0.5},
            "gap": 45,
            "data_labels": {
                "value": True,
                "custom": labels,
                "font": _FONT | {"size": 8, "color": "#FFFFFF" if dark else "#1F2933"},
            },
        }
        chart.add_series(_series(ranking, name, name, units["unit"], sections[name]) | look)
    lowest = float(sections.clip(upper=0).sum(axis=1).min())
    highest = float(sections.clip(lower=0).sum(axis=1).max())
    unit = step(highest)
    _axes(chart, {"min": unit * math.floor(lowest / unit), "major_unit": unit})
    return chart


def _totals(chart: Any, book: Book, outcome: Outcome, sheet: Worksheet) -> None:
    """The total behind each bar: points below zero lie left of it, so its length is no total."""
    units = ranked(outcome)[:CHART_UNITS]
    first, column = 2, _BEHIND
    for row in range(first, first + len(units)):
        sheet.write_number(row, column, 0, book.style("unseen"))
    place = [sheet.get_name(), first, column, first + len(units) - 1, column]
    labels = [{"value": f"合计 {number(total)}"} for total in units["total"]]
    font = _FONT | {"bold": True}
    look = {"value": True, "custom": labels, "position": "inside_base", "font": font}
    chart.add_series(
        {"name": "合计（条后的数）", "values": place, "fill": {"none": True}, "data_labels": look}
    )
    chart.set_legend({"position": "bottom", "font": _FONT})


def _key_work(book: Book, outcome: Outcome, key_work: Span) -> Any:
    units = by_key_work(outcome)[:CHART_UNITS]
    chart = book.chart("bar")
    look = {
        "fill": {"color": BRAND},
        "gap": 60,
        "data_labels": {"value": True, "font": _FONT},
    }
    chart.add_series(_series(key_work, "得分", "得分", units["unit"], units["key_points"]) | look)
    _axes(chart, {})
    chart.set_legend({"none": True})
    return chart


def _series(
    span: Span, header: str, name: str, units: pd.Series, values: pd.Series
) -> dict[str, object]:
    """A series with its cached values: a preview that does not calculate shows it too."""
    first, last = span.first - 1, span.first + len(units) - 2
    column, unit = span.columns.index(header), span.columns.index("单位")
    return {
        "name": name,
        "categories": [span.sheet, first, unit, last, unit],
        "values": [span.sheet, first, column, last, column],
        "categories_data": list(units),
        "values_data": [float(value) for value in values],
    }


def step(highest: float) -> float:
    """A round distance between grid lines: about ten up to the highest value."""
    rough = max(highest, 1.0) / 10
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _title(text: str) -> dict[str, Any]:
    return {"name": text, "name_font": _FONT | {"size": 13}}


def _axes(chart: Any, scale: dict[str, float]) -> None:
    """The first unit on top, figures along the bottom."""
    grid = {"visible": True, "line": {"color": "#D5D9E0", "width": 0.5}}
    chart.set_y_axis({"reverse": True, "num_font": _FONT, "label_position": "low"})
    axis = {"num_font": _FONT, "label_position": "high", "major_gridlines": grid}
    chart.set_x_axis(axis | scale)
