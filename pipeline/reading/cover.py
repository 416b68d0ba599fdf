"""A grid → the values of the cover, the version stamp."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from pipeline.reading.formats.grid import BOOLEAN, Grid
from pipeline.reading.labels import cell_note, folded
from pipeline.reading.raw import Note, Value, Wanted, a1
from pipeline.text import fold


def _right_of(grid: Grid, row: int, column: int) -> tuple[int, int]:
    """The cell right of a label (of all cells that it is merged over), as (row, column)."""
    for top, left, bottom, right in grid.merges:
        if top <= row <= bottom and left <= column <= right:
            column = right
            break
    column += 1
    for top, left, bottom, right in grid.merges:
        if top <= row <= bottom and left <= column <= right:
            return top, left
    return row, column


def _at(grid: Grid, row: int, column: int) -> Any:
    """The value of a cell, '' where there is none."""
    try:
        value = grid.rows[grid.index.index(row)][column]
    except (ValueError, IndexError):
        return ""
    return "" if value is None else value


def _find_labels(grid: Grid, labels: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Label → its cell, the first that reads so."""
    by_fold = {folded(label): label for label in labels}
    found: dict[str, tuple[int, int]] = {}
    for row, values in zip(grid.index, grid.rows, strict=True):
        for column, value in enumerate(values):
            if type(value) is str and value:
                label = by_fold.get(folded(value))
                if label is not None:
                    found.setdefault(label, (row, column))
    return found


def read_cover(grid: Grid, wanted: Wanted, notes: list[Note]) -> dict[str, tuple[Value, str]]:
    """Label → (value, A1 reference of its cell); a label that is missing is noted."""
    found = _find_labels(grid, wanted.cover_labels)
    cover: dict[str, tuple[Value, str]] = {}
    for label in wanted.cover_labels:
        if label not in found:
            notes.append(Note("cover-label-missing", wanted.cover, details={"detail": label}))
            continue
        row, column = _right_of(grid, *found[label])
        value = _at(grid, row, column)
        code, detail = grid.marks.get((row, column), ("", ""))
        if type(value) is bool:
            code, detail = BOOLEAN, str(value).upper()
            value = None
        if code:
            notes.append(cell_note(code, wanted.cover, row, column, detail))
        if isinstance(value, float) and not isfinite(value):
            value = str(value)
        blank = isinstance(value, str) and not fold(value)
        cover[label] = (None if blank else value, a1(row, column))
    return cover


def read_stamp(grid: Grid, label: str) -> str:
    """The text right of the label, or ''."""
    exact = (
        (row, values.index(label))
        for row, values in zip(grid.index, grid.rows, strict=True)
        if label in values
    )
    place = next(exact, None) or _find_labels(grid, (label,)).get(label)
    return str(_at(grid, *_right_of(grid, *place))).strip() if place else ""
