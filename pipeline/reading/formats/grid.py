"""A sheet as every format's reader hands it on: values, and the marks that values do not show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

FORMULA, ERROR, BOOLEAN = "cell-formula", "cell-error", "cell-boolean"


@dataclass
class Grid:
    """The cells of a sheet.

    Attributes:
        rows: values from column A on, blank as '' or None; rows may differ in length. TRUE and
            FALSE are bool; error values and formulas without a stored result are blank.
        index: the sheet row (from 0) of each entry of `rows`, rising.
        merges: (first row, first column, last row, last column), from 0, both ends included.
        marks: (row, column) → (`cell-formula` or `cell-error`, the error value).
        hidden: sheet rows that are hidden or filtered away.
        concealed: whether the sheet itself is hidden.
    """

    rows: list[list[Any]]
    index: Sequence[int]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
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
