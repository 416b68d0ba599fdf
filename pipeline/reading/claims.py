"""A grid → the claims of a sheet, column by column."""

from collections.abc import Sequence
from itertools import zip_longest
from math import isfinite
from typing import Any

from pipeline.likeness import like_a_header
from pipeline.reading.formats.grid import BOOLEAN, Grid
from pipeline.reading.labels import cell_note, folded
from pipeline.reading.merges import Merged, rows_made, unmerge
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
        merged = unmerge(self.grid, self.index, columns, cells)
        prefilled = wanted.prefilled[self.sheet]
        counting = [values for header, values in cells.items() if header not in prefilled]
        nothing = (None,) * len(counting)
        own = [at for at, values in enumerate(zip(*counting, strict=True)) if values != nothing]
        counted = [cell for cell in merged if cell.header not in prefilled]
        rows = sorted({*own, *rows_made(own, counted, alone=wanted.merged_alone)})
        for cell in merged:
            for at in cell.rows:
                cells[cell.header][at] = cell.value
        clause = wanted.clause_headers[self.sheet]
        claims = [at for at in rows if not self._repeats_header(cells, clause, at)]
        known = set(claims)
        self._note_merged(
            [
                cell
                for cell in counted
                if known.isdisjoint(cell.rows)
                and not self._repeats_header(cells, clause, cell.rows[0])
            ]
        )
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

    def _note_merged(self, lost: Sequence[Merged]) -> None:
        """Say of merged cells that no claim holds them: nothing is lost in silence."""
        headers: dict[int, list[str]] = {}
        for cell in lost:
            headers.setdefault(cell.rows[0], []).append(cell.header)
        for at in sorted(headers):
            found = sorted(headers[at], key=self.found.columns.__getitem__)
            place = self.index[at], self.found.columns[found[0]]
            self.notes.append(cell_note("row-merged", self.sheet, *place, "、".join(found)))

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
