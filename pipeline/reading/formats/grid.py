"""A sheet as every format's reader hands it on: values, and the marks that values do not show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

FORMULA, ERROR, BOOLEAN = "cell-formula", "cell-error", "cell-boolean"


MAX_ROWS, MAX_COLUMNS = 1 << 20, 1 << 14
"""Of a sheet, in every program; what says that it lies beyond is nowhere."""

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0, both ends included."""


def on_sheet(ranges: Iterable[Range]) -> list[Range]:
    """Ranges with their corners in order, those that leave the sheet left out."""
    ordered = (
        (min(top, bottom), min(left, right), max(top, bottom), max(left, right))
        for top, left, bottom, right in ranges
    )
    return [
        (top, left, bottom, right)
        for top, left, bottom, right in ordered
        if top >= 0 and left >= 0 and bottom < MAX_ROWS and right < MAX_COLUMNS
    ]


@dataclass
class Grid:
    """The cells of a sheet.

    Attributes:
        rows: values from column A on, blank as '' or None; rows may differ in length. TRUE and
            FALSE are bool; error values and formulas without a stored result are blank.
        index: the sheet row (from 0) of each entry of `rows`, rising.
        merges: merged ranges.
        marks: (row, column) → (`cell-formula` or `cell-error`, the error value).
        hidden: sheet rows that are hidden or filtered away.
        concealed: whether the sheet itself is hidden.
    """

    rows: list[list[Any]]
    index: Sequence[int]
    merges: list[Range] = field(default_factory=list)
    marks: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    concealed: bool = False


class Book(Protocol):
    """An opened workbook."""

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the sheets, in their order."""

    def grids(self, wanted: Sequence[int]) -> list[Grid]:
        """The cells of some sheets, by their place in `sheets`.

        Raises:
            TroubleError: the workbook cannot be read.
        """
