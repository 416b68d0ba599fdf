"""What reading hands on: the cells of a sheet, the values of one return, and what was odd.

Only the standard library is imported here: worker processes start with this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from pipeline import layout

if TYPE_CHECKING:
    from pipeline.rulebook import Rulebook

Value = str | int | float | datetime | date | time | timedelta | None
FORMULA, ERROR, BOOLEAN = "cell-formula", "cell-error", "cell-boolean"

MAX_ROWS, MAX_COLUMNS = 1 << 20, 1 << 14
"""Of a sheet, in every program; what says that it lies beyond is nowhere."""

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0, both ends included."""


def on_sheet(ranges: Iterable[Range]) -> list[Range]:
    """Ranges with their corners in order, those that leave the sheet left out."""
    found = []
    for top, left, bottom, right in ranges:
        (top, bottom), (left, right) = sorted((top, bottom)), sorted((left, right))
        if top >= 0 and left >= 0 and bottom < MAX_ROWS and right < MAX_COLUMNS:
            found.append((top, left, bottom, right))
    return found


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


@dataclass(frozen=True)
class Wanted:
    """What to look for in a return: names only, so that a worker needs no rulebook.

    Attributes:
        sheets: claim sheet → its headers.
        clause_headers: claim sheet → the header that marks its header row.
        cover: name of the cover sheet; '' where there is none (the office's register).
        cover_labels: labels on the cover; the value stands right of each.
        prefilled: claim sheet → headers that the template fills in itself; a row with nothing
            besides them is no claim.
        merged_alone: whether one merged cell makes a row worth reading, as in the register.
    """

    sheets: dict[str, tuple[str, ...]]
    clause_headers: dict[str, str]
    cover: str = ""
    cover_labels: tuple[str, ...] = ()
    prefilled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    merged_alone: bool = False


@dataclass(frozen=True)
class Note:
    """A finding about files, structure or cells, still without words (see findings.py).

    Attributes:
        code: a code of the catalogue.
        sheet: name of the sheet as the template has it, or ''.
        cell: A1 reference, or ''.
        details: what the catalogue's sentences name.
    """

    code: str
    sheet: str = ""
    cell: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass
class RawSheet:
    """The claims of one sheet, column by column.

    Attributes:
        columns: wanted header → column (from 0); headers that are missing are absent.
        rows: Excel rows (from 1) of the claims, rising.
        cells: wanted header → one value a claim; blank or only white space is None.
    """

    columns: dict[str, int]
    rows: list[int]
    cells: dict[str, list[Value]]


@dataclass
class RawReturn:
    """One file as it was read.

    Attributes:
        path: below the returns folder, with `/`.
        sha256: of the bytes of the file; '' where it could not be opened.
        trouble: why it is unreadable, else None; where set, the rest is empty.
        fault: traceback of this program's failure on it, or ''.
        notes: what was odd, in order of sheet and place.
        cover: label → (value, A1 reference of the value's cell).
        stamp: version stamp of the template, or ''.
        source: SHA-256 of the file that a copy was made from, or ''.
        sheets: claims by the template's sheet name; sheets without a header row are absent.
    """

    path: str
    sha256: str = ""
    trouble: Note | None = None
    notes: list[Note] = field(default_factory=list)
    cover: dict[str, tuple[Value, str]] = field(default_factory=dict)
    stamp: str = ""
    source: str = ""
    sheets: dict[str, RawSheet] = field(default_factory=dict)
    fault: str = ""


def wanted_from(rulebook: Rulebook) -> Wanted:
    """What returns under this rulebook hold."""
    return Wanted(
        cover=layout.COVER,
        cover_labels=layout.COVER_LABELS,
        sheets={s.name: tuple(c.header for c in s.columns) for s in rulebook.sheets},
        clause_headers={s.name: s.header("clause") for s in rulebook.sheets},
        prefilled={
            s.name: s.headers("clause") + s.headers("title") for s in rulebook.sheets if s.prefilled
        },
    )


def wanted_register() -> Wanted:
    """What the office's workbooks hold."""
    more = layout.REGISTER_MORE
    sheets = {name: heads + more.get(name, ()) for name, heads in layout.REGISTER_READ.items()}
    return Wanted(
        sheets=sheets,
        clause_headers={name: headers[0] for name, headers in layout.REGISTER_READ.items()},
        merged_alone=True,
    )


def column_letters(column: int) -> str:
    """Column (from 0) → its letters."""
    before, last = divmod(column, 26)
    return (column_letters(before - 1) if before else "") + chr(65 + last)


@lru_cache(1 << 16)  # held once for all returns
def a1(row: int, column: int) -> str:
    """Row and column (from 0) → A1 reference."""
    return f"{column_letters(column)}{row + 1}"
