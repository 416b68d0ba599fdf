"""图表: points by section, stacked, and key work, as native charts."""

import math
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import Outcome
from pipeline.ranking.book import BRAND, Book, Span
from pipeline.ranking.scores import by_key_work, ranked
from pipeline.style import FONT
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
_HOW = "条的右端是合计；有扣分的，条从左边多伸出所扣的分"
_FONT = {"name": FONT, "size": 9}
_GRID = {"visible": True, "line": {"color": "#D5D9E0", "width": 0.5}}


def add_charts(book: Book, outcome: Outcome, ranking: Span, key_work: Span | None) -> None:
    """Both charts, of the first `CHART_UNITS` units."""
    count = len(ranked(outcome))
    shown = min(count, CHART_UNITS)
    head = "" if shown == count else f"（前 {CHART_UNITS} 名）"
    title = f"{outcome.rulebook.title}　{CHARTS}（{outcome.stage}）"
    sheet = book.sheet(CHARTS, title, [f"{book.line}　{_HOW}"], BRAND)
    sheet.set_column(0, 15, 9)
    height = 190 + 34 * shown
    stacked = _stacked(book, outcome, ranking, sheet)
    _dress(stacked, f"各单位分部分得分{head}", height)
    sheet.insert_chart(2, 0, stacked)
    sheet.fit_to_pages(1, 1)
    if key_work is None:
        return
    units, plain = by_key_work(outcome)[:CHART_UNITS], book.chart("bar")
    points = _series(key_work, "得分", units["unit"], units["key_points"])
    labels = {"value": True, "font": _FONT}
    plain.add_series(points | {"fill": {"color": BRAND}, "gap": 60, "data_labels": labels})
    plain.set_legend({"none": True})
    plain.set_x_axis({"num_font": _FONT, "label_position": "high", "major_gridlines": _GRID})
    _dress(plain, f"重点工作得分{head}", 130 + 26 * shown)
    sheet.insert_chart(4 + round(height / _ROW_PIXELS), 0, plain)


def _dress(chart: Any, title: str, height: int) -> None:
    """Title and size; the first unit stands on top."""
    chart.set_title({"name": title, "name_font": _FONT | {"size": 13}})
    chart.set_size({"width": _WIDTH, "height": height})
    chart.set_y_axis({"reverse": True, "num_font": _FONT, "label_position": "low"})


def _stacked(book: Book, outcome: Outcome, ranking: Span, sheet: Worksheet) -> Any:
    """A bar a unit. It begins as far left as points were deducted, so that it ends at the total."""
    units = ranked(outcome)[:CHART_UNITS]
    sections = outcome.sections.loc[list(units["unit"])]
    lost = -sections.clip(upper=0).sum(axis=1)
    highest = float(sections.clip(lower=0).sum(axis=1).max())
    room = _LABELLED * max(highest, 1.0)
    chart = book.chart("bar", "stacked")
    chart.add_series(_behind(book, sheet, _BEHIND, lost.max() - lost) | {"fill": {"none": True}})
    for index, (name, numeral) in enumerate(outcome.rulebook.sections.items()):
        dark = index % 2 == 0
        tones = _DARK if dark else _LIGHT
        labels = [
            {"value": numeral} if points >= room else {"delete": True} for points in sections[name]
        ]
        font = _FONT | {"size": 8, "color": "#FFFFFF" if dark else "#1F2933"}
        look = {
            "fill": {"color": tones[index // 2 % len(tones)]},
            "border": {"color": "#FFFFFF", "width": 0.5},
            "gap": 45,
            "data_labels": {"value": True, "custom": labels, "font": font},
        }
        chart.add_series(_series(ranking, name, units["unit"], sections[name]) | look)
    labels = [
        {"value": f"合计{number(total)}{f'（已扣{number(less)}）' if less else ''}"}
        for total, less in zip(units["total"], lost, strict=True)
    ]
    look = {"value": True, "custom": labels, "position": "inside_base"}
    look["font"] = _FONT | {"bold": True}
    ends = _behind(book, sheet, _BEHIND + 1, 0 * lost)
    chart.add_series(ends | {"fill": {"none": True}, "data_labels": look})
    last = len(outcome.rulebook.sections) + 1
    chart.set_legend({"position": "bottom", "font": _FONT, "delete_series": [0, last]})
    unit = step(highest)
    # Figures along the bottom would be of the bar's place, not of its points.
    chart.set_x_axis({
        "num_font": _FONT, "label_position": "none", "major_gridlines": {"visible": False},
        "line": {"none": True}, "major_tick_mark": "none",
        "min": 0, "max": unit * math.ceil(1.15 * highest / unit),
    })  # fmt: skip
    return chart


def _behind(
    book: Book, sheet: Worksheet, column: int, values: "pd.Series[float]"
) -> dict[str, Any]:
    """A series of cells behind the picture."""
    first = 2
    for row, value in enumerate(values, start=first):
        sheet.write_number(row, column, value, book.style("unseen"))
    place = [sheet.get_name(), first, column, first + len(values) - 1, column]
    return {"values": place, "values_data": [float(value) for value in values]}


def _series(span: Span, header: str, units: pd.Series, values: pd.Series) -> dict[str, object]:
    """A series with its cached values: a preview that does not calculate shows it too."""
    first, last = span.first - 1, span.first + len(units) - 2
    column, unit = span.columns.index(header), span.columns.index("单位")
    return {
        "name": header,
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
