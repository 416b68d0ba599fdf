"""One file → `RawReturn`: sheets, headers and cover found by name, claims column by column.

The value of a merged cell counts in every row that it spans, but alone makes no row a claim
(contract 4). Where several are merged over the very same rows and nothing else stands there,
somebody wrote one claim over several rows: the first of these is the claim.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import layout
from pipeline.reading.formats import open_book, suffix_fault
from pipeline.reading.guard import MAX_CELLS, TroubleError, load
from pipeline.reading.raw import (
    BOOLEAN,
    Book,
    Grid,
    Note,
    Range,
    RawReturn,
    RawSheet,
    Value,
    Wanted,
    a1,
)
from pipeline.text import UNSEEN, fold, fold_label, like_a_header, like_a_sheet

_LONGEST_LABEL = 100
"""Characters: text that is longer, blanks and all, is no header and no label."""
_NAMED = 5
"""Sheets that are named, of those that the template does not have."""
_REMARK = re.compile(r"[*★※]|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|【[^【】]*】|《[^《》]*》")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@lru_cache(4096)
def folded(text: str) -> str:
    """A header or label as it is compared; '' where it is too long to be one."""
    return fold_label(text) if len(text) <= _LONGEST_LABEL else ""


def undecorated(text: str) -> str:
    """A header or label without asterisks, remarks in brackets, and brackets around it all."""
    plain = folded(text)
    return _REMARK.sub("", plain) or plain.strip("*★※()[]{}【】《》「」")


def digest_of(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_return(path: Path, name: str, wanted: Wanted) -> RawReturn:
    """Read one file, named as `Entry.name`; what is wrong with it stands in the result."""
    digest = ""
    try:
        data = load(path)
        digest = digest_of(data)
        if not data:
            raise TroubleError("file-empty")
        kind, book = open_book(data)
        result = RawReturn(name, digest)
        if fault := suffix_fault(kind, name):
            result.notes.append(_note("file-wrong-suffix", detail=fault))
        _read(result, book, wanted)
    except TroubleError as trouble:
        return RawReturn(name, digest, trouble.note)
    except MemoryError:
        return RawReturn(name, digest, Note("file-killed"))
    return result


def _note(code: str, sheet: str = "", row: int = -1, column: int = 0, **details: str) -> Note:
    """A remark on a file, a sheet, or a cell at a row and column (from 0)."""
    told = {name: text for name, text in details.items() if text}
    return Note(code, sheet, a1(row, column) if row >= 0 else "", told)


def _read(result: RawReturn, book: Book, wanted: Wanted) -> None:
    notes = result.notes
    places = _find_sheets(book.sheets, wanted, notes)
    if wanted.cover and wanted.cover not in places:
        office = {fold(name): name for name in layout.REGISTER_SHEETS}
        if own := next(filter(None, map(office.get, map(fold, book.sheets))), ""):
            raise TroubleError("file-register", own)
        raise TroubleError("file-not-template", f"没有“{wanted.cover}”表")
    if not any(sheet in places for sheet in wanted.sheets):
        raise TroubleError("file-not-template", "没有申报用的工作表")
    grids = dict(zip(places, book.grids(list(places.values())), strict=True))
    for sheet in filter(None, (wanted.cover, *wanted.sheets)):
        if sheet not in grids:
            notes.append(_note("sheet-missing", sheet, detail=sheet))
            continue
        grid = grids[sheet]
        if grid.concealed:
            notes.append(_note("sheet-hidden", sheet, detail=sheet))
        if sheet == wanted.cover:
            result.cover = read_cover(grid, wanted, notes)
        elif claims := _read_claims(grid, sheet, wanted, notes):
            result.sheets[sheet] = claims
        else:
            notes.append(_note("sheet-no-header", sheet, detail=sheet))
    if not result.sheets:
        raise TroubleError("file-not-template", "申报用的工作表都没有表头行")
    if hidden := grids.get(layout.LISTS):
        result.stamp = _right_of_label(hidden, layout.STAMP_LABEL)
        source = _right_of_label(hidden, layout.SOURCE_LABEL).lower()
        result.source = source if _SHA256.fullmatch(source) else ""


def _find_sheets(names: Sequence[str], wanted: Wanted, notes: list[Note]) -> dict[str, int]:
    """Wanted sheet → its place; of two with one name the left."""
    by_fold = {fold(n): n for n in (wanted.cover, *wanted.sheets, layout.LISTS) if n}
    known = {fold(n) for n in layout.OWN_SHEETS}
    places: dict[str, int] = {}
    others: list[str] = []
    for place, name in enumerate(names):
        sheet = by_fold.get(key := fold(name))
        if sheet is None:
            if key in known:
                continue
            if meant := like_a_sheet(key, by_fold):
                notes.append(_note("sheet-lookalike", name, detail=name, meant=meant))
            elif not key.startswith(layout.NOTES):
                others.append(name)
        elif sheet in places:
            notes.append(_note("sheet-duplicate", sheet, detail=sheet))
        else:
            places[sheet] = place
    if others and wanted.cover:
        more = f"等 {len(others)} 张" if len(others) > _NAMED else ""
        notes.append(_note("sheet-extra", detail="、".join(others[:_NAMED]) + more))
    return places


# Labels and what stands right of them ------------------------------------------------------------


def _find_labels(grid: Grid, labels: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Label → the cell right of it, also of all that it is merged over; the first that reads so."""
    by_fold = {folded(label): label for label in labels}
    found: dict[str, tuple[int, int]] = {}
    for read in (folded, undecorated):
        for row, values in zip(grid.index, grid.rows, strict=True):
            for column, value in enumerate(values):
                if type(value) is str and value and (label := by_fold.get(read(value))):
                    found.setdefault(label, (row, column))
            if len(found) == len(by_fold):
                break
    return {label: _right_of(grid, *place) for label, place in found.items()}


def _right_of(grid: Grid, row: int, column: int) -> tuple[int, int]:
    def merged(column: int) -> Range:
        inside = (m for m in grid.merges if m[0] <= row <= m[2] and m[1] <= column <= m[3])
        return next(inside, (row, column, row, column))

    return merged(merged(column)[3] + 1)[:2]


def _at(grid: Grid, row: int, column: int) -> Any:
    """The value of a cell, '' where there is none."""
    try:
        value = grid.rows[grid.index.index(row)][column]
    except (ValueError, IndexError):
        return ""
    return "" if value is None else value


def _right_of_label(grid: Grid, label: str) -> str:
    place = _find_labels(grid, (label,)).get(label)
    return str(_at(grid, *place)).strip() if place else ""


def read_cover(grid: Grid, wanted: Wanted, notes: list[Note]) -> dict[str, tuple[Value, str]]:
    """Label → (value, A1 reference of its cell); a label that is missing is noted."""
    found = _find_labels(grid, wanted.cover_labels)
    cover: dict[str, tuple[Value, str]] = {}
    for label in wanted.cover_labels:
        if label not in found:
            notes.append(_note("cover-label-missing", wanted.cover, detail=label))
            continue
        row, column = found[label]
        value = _at(grid, row, column)
        code, detail = grid.marks.get((row, column), ("", ""))
        if type(value) is bool:
            code, detail, value = BOOLEAN, str(value).upper(), None
        if code:
            notes.append(_note(code, wanted.cover, row, column, detail=detail))
        if isinstance(value, float) and not isfinite(value):
            value = str(value)
        blank = isinstance(value, str) and not fold(value)
        cover[label] = (None if blank else value, a1(row, column))
    return cover


# Claims ------------------------------------------------------------------------------------------


class _Merged(NamedTuple):
    """A merged cell: its header, the places of the rows that it spans, and its value."""

    header: str
    rows: tuple[int, ...]
    value: Value


def _read_claims(grid: Grid, sheet: str, wanted: Wanted, notes: list[Note]) -> RawSheet | None:
    """The claims of a sheet, or None where it has no header row; what is odd goes to `notes`."""
    clause = wanted.clause_headers[sheet]
    top = _header_at(grid, folded(clause))
    if top is None:
        return None
    columns = _find_columns(grid, top, sheet, wanted, notes)
    index = grid.index[top + 1 :]
    every = list(zip_longest(*grid.rows[top + 1 :]))
    blank = (None,) * len(index)
    cells = {
        header: _cleaned(every[column] if column < len(every) else blank, grid, index, column)
        for header, column in columns.items()
    }
    merged = _unmerge(grid, index, columns, cells)
    kept = wanted.prefilled.get(sheet, ())
    counting = [values for header, values in cells.items() if header not in kept]
    nothing = (None,) * len(counting)
    own = {at for at, values in enumerate(zip(*counting, strict=True)) if values != nothing}
    counted = [cell for cell in merged if cell.header not in kept]
    own |= _rows_made(own, counted, alone=wanted.merged_alone)
    for cell in merged:
        for at in cell.rows:
            cells[cell.header][at] = cell.value
    claims = [at for at in sorted(own) if not _repeats_header(cells, clause, at)]
    rows = [index[at] + 1 for at in claims]
    known = set(claims)
    lost = [
        cell
        for cell in counted
        if known.isdisjoint(cell.rows) and not _repeats_header(cells, clause, cell.rows[0])
    ]
    notes += _lost(lost, index, columns, sheet)
    if hidden := [row for row in rows if row - 1 in grid.hidden]:
        notes.append(_note("row-hidden", sheet, detail=_ranges(hidden)))
    for (row, column), (code, detail) in sorted(grid.marks.items()):
        if row > grid.index[top] and column in columns.values():
            notes.append(_note(code, sheet, row, column, detail=detail))
    held = {header: [values[at] for at in claims] for header, values in cells.items()}
    return RawSheet(columns, rows, held)


def _lost(
    cells: Sequence[_Merged], index: Sequence[int], columns: Mapping[str, int], sheet: str
) -> Iterator[Note]:
    """What is said of merged cells that no claim holds: nothing is lost in silence."""
    for at in sorted({cell.rows[0] for cell in cells}):
        headers = {cell.header for cell in cells if cell.rows[0] == at}
        found = sorted(headers, key=columns.__getitem__)
        place = index[at], columns[found[0]]
        yield _note("row-merged", sheet, *place, detail="、".join(found))


def _header_at(grid: Grid, clause: str) -> int | None:
    for read in (folded, undecorated):
        for at, row in enumerate(grid.rows):
            if any(type(value) is str and value and read(value) == clause for value in row):
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
            notes.append(_note("column-duplicate", sheet, row, column, detail=header))
        else:
            columns[header] = column
    missing = {key: header for key, header in by_fold.items() if header not in columns}
    for column, value in others:
        details = {"detail": value.strip()}
        if header := missing.pop(undecorated(value), None):
            columns[header] = column
            code, details["meant"] = "column-read-as", header
        elif meant := like_a_header(folded(value), missing):
            code, details["meant"] = "column-lookalike", meant
        else:
            code = "column-extra"
        notes.append(_note(code, sheet, row, column, **details))
    notes += [_note("column-missing", sheet, detail=header) for header in missing.values()]
    return {header: columns[header] for header in wanted.sheets[sheet] if header in columns}


def _cleaned(values: Sequence[Any], grid: Grid, index: Sequence[int], column: int) -> list[Value]:
    """A column without unseen text, TRUE, FALSE and numbers that are none."""
    kinds = set(map(type, values))
    if bool in kinds:
        for at, value in enumerate(values):
            if type(value) is bool:
                grid.marks[index[at], column] = (BOOLEAN, str(value).upper())
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


def _repeats_header(cells: dict[str, list[Value]], clause: str, at: int) -> bool:
    first = cells[clause][at]
    if not isinstance(first, str) or folded(first) != folded(clause):
        return False
    return all(
        values[at] is None or folded(str(values[at])) == folded(header)
        for header, values in cells.items()
    )


def _unmerge(
    grid: Grid, index: Sequence[int], columns: Mapping[str, int], cells: dict[str, list[Value]]
) -> list[_Merged]:
    """Empty every merged cell in `cells`, at the sheet rows `index`; what stood in them.

    A merge that begins above, or left of a column, holds nothing for it.
    """
    merged: list[_Merged] = []
    places = {row: at for at, row in enumerate(index)}
    work = 0
    for top, left, bottom, right in grid.merges if index else ():
        inside = {h: c for h, c in columns.items() if left <= c <= right}
        span = range(max(top, index[0]), min(bottom, index[-1]) + 1)
        work += len(span) * len(inside)
        if work > MAX_CELLS:
            raise TroubleError("file-too-many-cells", "合并单元格太多")
        rows = tuple(places[row] for row in span if row in places) if inside else ()
        for header, column in inside.items():
            anchor = places.get(top) if column == left else None
            value = cells[header][anchor] if anchor is not None else None
            for at in rows:
                cells[header][at] = None
            if value is not None:
                merged.append(_Merged(header, rows, value))
    return merged


def _rows_made(own: Set[int], merged: Sequence[_Merged], *, alone: bool) -> set[int]:
    """The rows, none of `own`, to be read for their merged cells only; `alone`: one is enough."""
    headers: dict[tuple[int, ...], set[str]] = {}
    for cell in merged:
        headers.setdefault(cell.rows, set()).add(cell.header)
    return {
        rows[0]
        for rows, found in headers.items()
        if alone or (len(found) > 1 and own.isdisjoint(rows))
    }


def _ranges(rows: list[int]) -> str:
    """Rising numbers as people write them: 5、7–9."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and spans[-1][1] == row - 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return "、".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)
