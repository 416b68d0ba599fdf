"""Merged cells: the rows they span, and the rows that are claims because of them.

The value of a merged cell counts in every row that it spans, but alone makes no row a claim
(contract 4). Where several are merged over the very same rows and nothing else stands there,
somebody wrote one claim over several rows: the first of these is the claim.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.reading.formats.grid import Grid
from pipeline.reading.guard import MAX_CELLS, TroubleError
from pipeline.reading.raw import Value


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
