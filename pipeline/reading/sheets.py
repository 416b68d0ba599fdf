"""One file → `RawReturn`: sheets, headers and cover found by name, claims column by column.

The value of a merged cell counts in every row that it spans, but alone makes no row a claim
(contract 4). Where several are merged over the very same rows and nothing else stands there,
somebody wrote one claim over several rows: the first of these is the claim.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.reading.formats import open_book, suffix_fault
from pipeline.reading.guard import MAX_CELLS, TroubleError, load
from pipeline.reading.raw import BOOLEAN, Book, Grid, Note, RawReturn, RawSheet, Value, Wanted, a1
from pipeline.text import UNSEEN, fold, fold_label, like_a_header, like_a_sheet

_LONGEST_LABEL = 100
"""Characters: text that is longer, blanks and all, is no header and no label."""
_REMARK = re.compile(r"[*★※]|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|【[^【】]*】|《[^《》]*》")


@lru_cache(4096)
def folded(text: str) -> str:
    """A header or label as it is compared; '' where it is too long to be one."""
    return fold_label(text) if len(text) <= _LONGEST_LABEL else ""


_SHA256 = re.compile(r"[0-9a-f]{64}")


def undecorated(text: str) -> str:
    """A header or label without asterisks, remarks in brackets, and brackets around it all."""
    plain = folded(text)
    return _REMARK.sub("", plain) or plain.strip("*★※()[]{}【】《》「」")


def cell_note(code: str, sheet: str, row: int, column: int, detail: str) -> Note:
    """A remark on the cell at a row and column (from 0)."""
    details = {"detail": detail} if detail else {}
    return Note(code, sheet, a1(row, column), row + 1, details)


def digest_of(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_return(path: Path, name: str, wanted: Wanted) -> RawReturn:
    """Read one file; what is wrong with it stands in the result.

    Args:
        path: where it is.
        name: below the returns folder, with `/`.
        wanted: what to look for.
    """
    digest = ""
    try:
        data = load(path)
        digest = digest_of(data)
        if not data:
            raise TroubleError("file-empty")
        kind, book = open_book(data)
        result = RawReturn(name, digest)
        if fault := suffix_fault(kind, name):
            result.notes.append(Note("file-wrong-suffix", details={"detail": fault}))
        _read(result, book, wanted)
    except TroubleError as trouble:
        return RawReturn(name, digest, trouble.note)
    except MemoryError:
        return RawReturn(name, digest, Note("file-killed"))
    return result


def _read(result: RawReturn, book: Book, wanted: Wanted) -> None:
    places = _find_sheets(result, book.sheets, wanted)
    if wanted.cover and wanted.cover not in places:
        raise TroubleError("file-not-template", f"没有“{wanted.cover}”表")
    if not any(sheet in places for sheet in wanted.sheets):
        raise TroubleError("file-not-template", "没有申报用的工作表")
    grids = dict(zip(places, book.grids(list(places.values())), strict=True))
    if wanted.cover:
        _note_hidden(result, grids, wanted.cover)
        result.cover = read_cover(grids[wanted.cover], wanted, result.notes)
    for sheet in wanted.sheets:
        if sheet not in places:
            result.notes.append(Note("sheet-missing", sheet, details={"detail": sheet}))
            continue
        _note_hidden(result, grids, sheet)
        claims = read_claims(grids[sheet], book.sheets[places[sheet]], sheet, wanted, result.notes)
        if claims is None:
            result.notes.append(Note("sheet-no-header", sheet, details={"detail": sheet}))
        else:
            result.sheets[sheet] = claims
    if not result.sheets:
        raise TroubleError("file-not-template", "申报用的工作表都没有表头行")
    if wanted.lists in grids:
        result.stamp = read_stamp(grids[wanted.lists], wanted.stamp_label)
        source = read_stamp(grids[wanted.lists], layout.SOURCE_LABEL).lower()
        result.source = source if _SHA256.fullmatch(source) else ""


def _note_hidden(result: RawReturn, grids: dict[str, Grid], sheet: str) -> None:
    if grids[sheet].concealed:
        result.notes.append(Note("sheet-hidden", sheet, details={"detail": sheet}))


def _find_sheets(result: RawReturn, names: Sequence[str], wanted: Wanted) -> dict[str, int]:
    """Wanted sheet → its place; of two with one name the left."""
    names_wanted = filter(None, (wanted.cover, *wanted.sheets, wanted.lists))
    by_fold = {fold(n): n for n in names_wanted}
    known = {fold(n) for n in wanted.others}
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        folded = fold(name)
        sheet = by_fold.get(folded)
        if sheet is None:
            meant = "" if folded in known else like_a_sheet(folded, by_fold)
            if meant:
                details = {"detail": name, "meant": meant}
                result.notes.append(Note("sheet-lookalike", name, details=details))
        elif sheet in places:
            result.notes.append(Note("sheet-duplicate", sheet, details={"detail": sheet}))
        else:
            places[sheet] = place
    return places


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
    for read in (folded, undecorated):
        for row, values in zip(grid.index, grid.rows, strict=True):
            for column, value in enumerate(values):
                if type(value) is str and value:
                    label = by_fold.get(read(value))
                    if label is not None:
                        found.setdefault(label, (row, column))
        if len(found) == len(by_fold):
            break
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


@dataclass(frozen=True)
class Merged:
    """A merged cell: its header, the places of the rows that it spans, and its value."""

    header: str
    rows: tuple[int, ...]
    value: Value


def unmerge(
    grid: Grid, index: Sequence[int], columns: Mapping[str, int], cells: dict[str, list[Value]]
) -> list[Merged]:
    """Empty every merged cell below the header row; what stood in them.

    A merge that begins above, or left of a column, holds nothing for it.

    Args:
        grid: for its merged ranges.
        index: sheet row (from 0) of each row below the header row.
        columns: header → column.
        cells: header → one value a row; changed.

    Raises:
        TroubleError: file-too-many-cells.
    """
    if not grid.merges or not index:
        return []
    merged: list[Merged] = []
    places = {row: at for at, row in enumerate(index)}
    last, work = index[-1], 0
    for top, left, bottom, right in grid.merges:
        inside = {h: c for h, c in columns.items() if left <= c <= right}
        if not inside:
            continue
        span = range(max(top, index[0]), min(bottom, last) + 1)
        work += len(span) * len(inside)
        if work > MAX_CELLS:
            raise TroubleError("file-too-many-cells", "合并单元格太多")
        rows = tuple(places[row] for row in span if row in places)
        for header, column in inside.items():
            anchor = places.get(top) if column == left else None
            value = cells[header][anchor] if anchor is not None else None
            for at in rows:
                cells[header][at] = None
            if value is not None:
                merged.append(Merged(header, rows, value))
    return merged


def rows_made(own: Collection[int], merged: Sequence[Merged], *, alone: bool) -> set[int]:
    """The rows that are worth reading for their merged cells only.

    Args:
        own: rows that hold something besides merged cells.
        merged: the merged cells that count.
        alone: whether one merged cell is enough.
    """
    if alone:
        return {cell.rows[0] for cell in merged}
    headers: dict[tuple[int, ...], set[str]] = {}
    for cell in merged:
        headers.setdefault(cell.rows, set()).add(cell.header)
    known = set(own)
    return {rows[0] for rows, found in headers.items() if len(found) > 1 and known.isdisjoint(rows)}


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
    for read in (folded, undecorated):
        for at, row in enumerate(grid.rows):
            for value in row:
                if type(value) is str and value and read(value) == clause:
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
        if header := missing.pop(undecorated(value), None):
            columns[header] = column
            details = {"detail": value.strip(), "meant": header}
            notes.append(Note("column-read-as", sheet, a1(row, column), row + 1, details))
            continue
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
