"""图表: points by section, stacked, and key work, as native charts."""

from typing import Any

import pandas as pd

from pipeline.outcome import Outcome
from pipeline.ranking.book import BRAND, FONT, Book, Span
from pipeline.ranking.scores import by_key_work, ranked

CHARTS = "图表"
CHART_UNITS = 30
"""Units in a chart: more would not be read."""
_DARK = ("#1F3B73", "#B5651D", "#3F7D5B", "#6B4C8A", "#A8323E", "#55606E")
_LIGHT = ("#A9C2E3", "#F0CFA0", "#B9DBC4", "#D3C6E2", "#EDBBBD")
"""Taken by turns, so that neighbours stay apart on a grey print."""
_LABELLED = 0.025
"""Share of the highest total from which a part has room for its numeral."""
_ROW_PIXELS, _WIDTH = 20, 1050


def add_charts(book: Book, outcome: Outcome, ranking: Span, key_work: Span) -> None:
    """Both charts, of the first `CHART_UNITS` units."""
    units = ranked(outcome)
    head = "" if len(units) <= CHART_UNITS else f"（前 {CHART_UNITS} 名）"
    title = f"{outcome.rulebook.title}　{CHARTS}（{outcome.stage}）"
    sheet = book.sheet(CHARTS, title, [book.line], BRAND)
    sheet.set_column(0, 15, 9)
    stacked, height = _stacked(book, outcome, ranking)
    _finish(stacked, f"各单位分部分得分{head}", height)
    sheet.insert_chart(2, 0, stacked)
    plain, plain_height = _key_work(book, outcome, key_work)
    _finish(plain, f"重点工作得分{head}", plain_height)
    plain.set_legend({"none": True})
    sheet.insert_chart(4 + round(height / _ROW_PIXELS), 0, plain)
    sheet.fit_to_pages(1, 1)


def _stacked(book: Book, outcome: Outcome, ranking: Span) -> tuple[Any, int]:
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
                "font": {"name": FONT, "size": 8, "color": "#FFFFFF" if dark else "#1F2933"},
            },
        }
        chart.add_series(_series(ranking, name, name, units["unit"], sections[name]) | look)
    return chart, 190 + 34 * len(units)


def _key_work(book: Book, outcome: Outcome, key_work: Span) -> tuple[Any, int]:
    units = by_key_work(outcome)[:CHART_UNITS]
    chart = book.chart("bar")
    look = {
        "fill": {"color": BRAND},
        "gap": 60,
        "data_labels": {"value": True, "font": {"name": FONT, "size": 9}},
    }
    chart.add_series(_series(key_work, "得分", "得分", units["unit"], units["key_points"]) | look)
    return chart, 130 + 26 * len(units)


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


def _finish(chart: Any, title: str, height: int) -> None:
    font = {"name": FONT, "size": 9}
    grid = {"visible": True, "line": {"color": "#D5D9E0", "width": 0.5}}
    chart.set_title({"name": title, "name_font": font | {"size": 13}})
    chart.set_size({"width": _WIDTH, "height": height})
    chart.set_y_axis({"reverse": True, "num_font": font, "label_position": "low"})
    chart.set_x_axis({"num_font": font, "label_position": "high", "major_gridlines": grid})
    chart.set_legend({"position": "bottom", "font": font})
