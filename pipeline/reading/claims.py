"""A grid → the claims of a sheet, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import isfinite
from typing import Any

from pipeline.likeness import like_a_header
from pipeline.reading.formats.grid import BOOLEAN, Grid
from pipeline.reading.guard import MAX_CELLS, TroubleError
from pipeline.reading.labels import cell_note, folded
from pipeline.reading.raw import Note, RawSheet, Value, Wanted, a1
from pipeline.text import UNSEEN, fold


def read_claims(
    grid: Grid, name: str, sheet: str, wanted: Wanted, notes: list[Note]
) -> RawSheet | None:
    """The claims of a sheet, or None where it has no header row.

    Args:
        grid: its cells.
        name: its name in the workbook.
        sheet: its name in the template.
        wanted: what to look for.
        notes: what is odd is added here.
    """
    at = _header_at(grid, folded(wanted.clause_headers[sheet]))
    if at is None:
        return None
    columns = _find_columns(grid, at, sheet, wanted, notes)
    found = RawSheet(name, grid.index[at] + 1, columns, [], {})
    _Claims(grid, at, sheet, found, notes).collect(wanted)
    return found


def _header_at(grid: Grid, clause: str) -> int | None:
    for at, row in enumerate(grid.rows):
        for value in row:
            if type(value) is str and value and folded(value) == clause:
                return at
    return None


def _find_columns(
    grid: Grid, at: int, sheet: str, wanted: Wanted, notes: list[Note]
) -> dict[str, int]:
    """Header → column; of two columns with one header the left."""
    by_fold = {folded(header): header for header in wanted.sheets[sheet]}
    columns: dict[str, int] = {}
    others: list[tuple[int, str]] = []
    row = grid.index[at]
    for column, value in enumerate(grid.rows[at]):
        if not isinstance(value, str) or not value.strip():
            continue
        header = by_fold.get(folded(value))
        if header is None:
            others.append((column, value))
        elif header in columns:
            details = {"detail": header}
            notes.append(Note("column-duplicate", sheet, a1(row, column), row + 1, details))
        else:
            columns[header] = column
    missing = {key: header for key, header in by_fold.items() if header not in columns}
    for column, value in others:
        meant = like_a_header(folded(value), missing)
        code = "column-lookalike" if meant else "column-extra"
        details = {"detail": value.strip(), "meant": meant} if meant else {"detail": value.strip()}
        notes.append(Note(code, sheet, a1(row, column), row + 1, details))
    for header in missing.values():
        notes.append(Note("column-missing", sheet, details={"detail": header}))
    return {header: columns[header] for header in wanted.sheets[sheet] if header in columns}


@dataclass(frozen=True)
class _Merged:
    """A merged cell: its header, the places of the rows that it spans, and its value."""

    header: str
    rows: list[int]
    value: Value


class _Claims:
    """The rows below a header row, on their way into columns."""

    def __init__(self, grid: Grid, at: int, sheet: str, found: RawSheet, notes: list[Note]) -> None:
        self.grid, self.sheet, self.found, self.notes = grid, sheet, found, notes
        self.body = grid.rows[at + 1 :]
        self.index = grid.index[at + 1 :]
        self.top = grid.index[at]

    def collect(self, wanted: Wanted) -> None:
        columns = self.found.columns
        every = list(zip_longest(*self.body))
        width, blank = len(every), (None,) * len(self.body)
        cells = {
            header: self._cleaned(every[column] if column < width else blank, column)
            for header, column in columns.items()
        }
        spans = self._unmerge(cells)
        prefilled = wanted.prefilled[self.sheet]
        counting = [values for header, values in cells.items() if header not in prefilled]
        nothing = (None,) * len(counting)
        clause = wanted.clause_headers[self.sheet]
        claims = [
            at
            for at, values in enumerate(zip(*counting, strict=True))
            if values != nothing and not self._repeats_header(cells, clause, at)
        ]
        if spans:
            counted = [span for span in spans if span.header not in prefilled]
            claims = self._with_high_rows(claims, spans, counted, clause)
            self._note_merged(claims, counted)
        for span in spans:
            for at in span.rows:
                cells[span.header][at] = span.value
        self.found.rows = [self.index[at] + 1 for at in claims]
        self.found.cells = {
            header: [values[at] for at in claims] for header, values in cells.items()
        }
        self._note_hidden(claims)
        self._note_marks()

    def _cleaned(self, values: Sequence[Any], column: int) -> list[Value]:
        """A column without unseen text, TRUE, FALSE and numbers that are none."""
        kinds = set(map(type, values))
        if bool in kinds:
            for at, value in enumerate(values):
                if type(value) is bool:
                    self.grid.marks[self.index[at], column] = (BOOLEAN, str(value).upper())
            values = [None if type(value) is bool else value for value in values]
        if float in kinds:
            values = [
                str(value) if type(value) is float and not isfinite(value) else value
                for value in values
            ]
        if str not in kinds:
            return list(values)
        return [
            None
            if type(value) is str and (not value or (value[0] in UNSEEN and not fold(value)))
            else value
            for value in values
        ]

    def _unmerge(self, cells: dict[str, list[Value]]) -> list[_Merged]:
        """Empty every merged cell; what stands in it, and in which rows."""
        if not self.grid.merges or not self.body:
            return []
        spans: list[_Merged] = []
        places = {row: at for at, row in enumerate(self.index)}
        last, work = self.index[-1], 0
        for top, left, bottom, right in self.grid.merges:
            first = max(top, self.top + 1)
            inside = {h: c for h, c in self.found.columns.items() if left <= c <= right}
            work += (min(bottom, last) - first) * len(inside)
            if work > MAX_CELLS:
                raise TroubleError("file-too-many-cells", "合并单元格太多")
            rows = [places[row] for row in range(first, min(bottom, last) + 1) if row in places]
            for header, column in inside.items():
                anchor = places.get(top) if column == left else None
                value = cells[header][anchor] if anchor is not None else None
                for at in rows:
                    cells[header][at] = None
                if value is not None:
                    spans.append(_Merged(header, rows, value))
        return spans

    @staticmethod
    def _with_high_rows(
        claims: list[int], spans: list[_Merged], counted: list[_Merged], clause: str
    ) -> list[int]:
        """The claims, and those that are written over several rows, every cell of them merged."""
        own = set(claims)
        high = {
            tuple(span.rows)
            for span in spans
            if span.header == clause and own.isdisjoint(span.rows)
        }
        also = {
            span.rows[0] for span in counted if span.header != clause and tuple(span.rows) in high
        }
        return sorted(own | also)

    def _note_merged(self, claims: list[int], counted: list[_Merged]) -> None:
        """Say of a merged cell that none of its rows is a claim: nothing is lost in silence."""
        known = set(claims)
        for span in counted:
            if known.isdisjoint(span.rows):
                row, column = self.index[span.rows[0]], self.found.columns[span.header]
                self.notes.append(
                    cell_note("row-merged", self.sheet, row, column, str(span.value).strip())
                )

    def _repeats_header(self, cells: dict[str, list[Value]], clause: str, at: int) -> bool:
        first = cells[clause][at]
        if not isinstance(first, str) or folded(first) != folded(clause):
            return False
        return all(
            values[at] is None or folded(str(values[at])) == folded(header)
            for header, values in cells.items()
        )

    def _note_hidden(self, claims: list[int]) -> None:
        hidden = [self.index[at] + 1 for at in claims if self.index[at] in self.grid.hidden]
        if hidden:
            details = {"detail": _ranges(hidden)}
            self.notes.append(Note("row-hidden", self.sheet, details=details))

    def _note_marks(self) -> None:
        columns = set(self.found.columns.values())
        for (row, column), (code, detail) in sorted(self.grid.marks.items()):
            if row > self.top and column in columns:
                self.notes.append(cell_note(code, self.sheet, row, column, detail))


def _ranges(rows: list[int]) -> str:
    """Rising numbers as people write them: 5、7–9."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and spans[-1][1] == row - 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return "、".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)
