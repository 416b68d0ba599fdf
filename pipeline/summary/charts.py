"""Geometry of the pictures in the summary: shares of a width, in percent, for the template's SVG.

Everything across is a percentage, so a picture is as wide as the page and its text keeps its size.
"""

from collections.abc import Sequence
from typing import NamedTuple

LINE = 56
"""Height of one unit in the picture of points, in CSS pixels: a line of text and its bar."""
WIDE, NARROW = (1.9, 0.6), (4.2, 1.6)
"""Width in percent, for each character of its label and besides, from which a segment carries it
on a wide, on a narrow screen."""


class Segment(NamedTuple):
    """One section's part of a bar; `x`, `width` and `middle` are percentages."""

    name: str
    label: str
    points: float
    tone: int
    x: str
    width: str
    middle: str
    room: str


class Picture(NamedTuple):
    """Stacked bars: `height` in CSS pixels, `zero` (where 0 points lie) in percent, `below` where
    some points lie below it, `bars` with their top in CSS pixels and their segments."""

    height: int
    zero: str
    below: bool
    bars: list[tuple[int, list[Segment]]]


class Span(NamedTuple):
    """A range of places on a line from the first place to the last, in percent."""

    best: str
    worst: str
    place: str


def _room(width: float, label: str) -> str:
    """Where a segment has room for its label: everywhere, on a wide screen, nowhere."""
    for name, (each, more) in (("roomy", NARROW), ("snug", WIDE)):
        if width >= each * len(label) + more:
            return name
    return ""


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def stacked(sections: Sequence[str], rows: Sequence[Sequence[float]], tones: int) -> Picture:
    """Stacked bars of the units' points.

    Args:
        sections: section names, each beginning with its numeral and a blank.
        rows: for each unit its points by section; negative ones have no segment.
        tones: how many tones the style sheet knows.
    """
    left = max((sum(-p for p in row if p < 0) for row in rows), default=0.0)
    right = max((sum(p for p in row if p > 0) for row in rows), default=0.0)
    scale = 100 / ((left + right) or 1)
    bars = []
    for index, row in enumerate(rows):
        # A bar begins as far left as was deducted, so that it ends at the total.
        end = left * scale + scale * sum(p for p in row if p < 0)
        segments = []
        for tone, (name, points) in enumerate(zip(sections, row, strict=True)):
            if points <= 0:
                continue
            start, width = end, points * scale
            end += width
            label = name.split(" ")[0]
            x, across, middle = map(_percent, (start, width, start + width / 2))
            room = _room(width, label)
            segments.append(Segment(name, label, points, tone % tones, x, across, middle, room))
        bars.append((index * LINE, segments))
    return Picture(len(rows) * LINE, _percent(left * scale), left > 0, bars)


def span(best: int, place: int, worst: int, places: int) -> Span:
    """Where a unit's best, present and worst place lie on a line of `places` places."""
    step = 88 / max(places - 1, 1)
    return Span(*(_percent(6 + (p - 1) * step) for p in (best, worst, place)))
