"""Raw returns → two tables: returns (one row a file) and claims (one row a claim), values read.

The tables hold both what stands in the cell and what it was read as; nothing is judged here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.normalise import (
    ClauseReader,
    UnitReader,
    as_text,
    read_count,
    read_date,
    read_each,
    read_year,
)
from pipeline.reading.raw import RawReturn, column_letters
from pipeline.rulebook import Rulebook
from pipeline.text import fold

NUMBERS = ("words", "base", "done")


@dataclass
class Batch:
    """All returns of a folder as tables.

    Attributes:
        raw: the returns as they were read, by position.
        returns: index = position in `raw`. Columns: `file`, `sha256`, `readable`, `unit` (full name
            or None), `unit_text`, `year` (int or None), `year_text`, `stamp_year` (of the template;
            int or None), `day`, `last` (datetime64; the last day of a range), `date_text`,
            `date_reason`.
        claims: index 0…, ordered by return, sheet, row. Columns: `ret`, `sheet`, `row`, `clause`
            (id or None), `clause_text`, `title`, `title_key`, `day`, `last`, `date_text`,
            `date_reason`, `object`, `object_key`; for words, base, done a float column,
            `<name>_exact` (int or None) and `<name>_text`; for each evidence header its text, and
            a bool column `有<header>`. Further columns stand in `other` as text.
    """

    raw: Sequence[RawReturn]
    returns: pd.DataFrame
    claims: pd.DataFrame
    _letters: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)

    def cell(self, ret: int, sheet: str, header: str, row: int) -> str:
        """A1 reference of a claim's cell; the leftmost known column where the column is missing."""
        letters = self._letters.get((ret, sheet))
        if letters is None:
            columns = self.raw[ret].sheets[sheet].columns
            letters = {name: column_letters(index) for name, index in columns.items()}
            letters[""] = column_letters(min(columns.values(), default=0))
            self._letters[ret, sheet] = letters
        return f"{letters.get(header, letters[''])}{row}"


def evidence_flag(header: str) -> str:
    """Name of the bool column that says whether the evidence is named."""
    return f"有{header}"


def unit_reader(rulebook: Rulebook) -> UnitReader:
    """The reader for this rulebook's roster."""
    return UnitReader.of(
        ((row.unit, row.short_names) for row in rulebook.roster),
        rulebook.unit_prefixes,
        rulebook.unit_synonyms,
    )


def build_batch(raw: Sequence[RawReturn], rulebook: Rulebook) -> Batch:
    """Tables of all returns; unreadable ones stand in `returns` with `readable` False."""
    return Batch(raw, _returns(raw, rulebook), _claims(raw, rulebook))


def _returns(raw: Sequence[RawReturn], rulebook: Rulebook) -> pd.DataFrame:
    def cover(label: str) -> list[Any]:
        return [r.cover[label][0] if label in r.cover else None for r in raw]

    units, years, dates = (
        cover(label) for label in (layout.COVER_UNIT, layout.COVER_YEAR, layout.COVER_DATE)
    )
    days = read_each(read_date, dates)
    return pd.DataFrame(
        {
            "file": [r.path for r in raw],
            "sha256": [r.sha256 for r in raw],
            "readable": [r.trouble is None for r in raw],
            "unit": pd.Series(read_each(unit_reader(rulebook), units), dtype=object),
            "unit_text": [as_text(value) for value in units],
            "year": pd.Series(read_each(read_year, years), dtype=object),
            "year_text": [as_text(value) for value in years],
            "stamp_year": pd.Series([layout.stamp_year(r.stamp) for r in raw], dtype=object),
            "day": _days([day.day for day in days]),
            "last": _days([day.last or day.day for day in days]),
            "date_text": [as_text(value) for value in dates],
            "date_reason": [day.reason for day in days],
        }
    )


def _days(values: Iterable[date | None]) -> pd.Series:
    days = [_NO_DAY if day is None else day.toordinal() - _FIRST_DAY for day in values]
    return pd.Series(np.array(days, "int64").astype("datetime64[D]").astype("datetime64[s]"))


_FIRST_DAY = date(1970, 1, 1).toordinal()
_NO_DAY = np.iinfo("int64").min  # NaT


def _gather(raw: Sequence[RawReturn], rulebook: Rulebook) -> pd.DataFrame:
    """All claim rows of all sheets under their headers' roles, as they stand in the cells."""
    frames = []
    for number, sheet in enumerate(rulebook.sheets):
        held = [(i, r.sheets[sheet.name]) for i, r in enumerate(raw) if sheet.name in r.sheets]
        sizes = [len(s.rows) for _, s in held]
        data: dict[str, Any] = {
            "ret": np.repeat([i for i, _ in held], sizes).astype("int64"),
            "order": np.full(sum(sizes), number),
            "row": np.array([row for _, s in held for row in s.rows], dtype="int64"),
        }
        for column in sheet.columns:
            key = column.role if column.role not in ("evidence", "note", "info") else column.header
            values: list[Any] = []
            for (_, s), size in zip(held, sizes, strict=True):
                values.extend(s.cells.get(column.header) or [None] * size)
            data[key] = pd.Series(values, dtype=object)
        frames.append(pd.DataFrame(data))
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["ret", "order", "row"], kind="stable", ignore_index=True)


def _claims(raw: Sequence[RawReturn], rulebook: Rulebook) -> pd.DataFrame:
    cells = _gather(raw, rulebook)
    names = [sheet.name for sheet in rulebook.sheets]

    def read(role: str, reader: Callable[[object], Any]) -> list[Any]:
        return read_each(reader, _column(cells, role))

    days = read("date", read_date)
    data: dict[str, Any] = {
        "ret": cells["ret"],
        "sheet": pd.Categorical.from_codes(cells["order"].tolist(), pd.Index(names)),
        "row": cells["row"],
        "clause": pd.Series(read("clause", ClauseReader.of(rulebook.clause_ids)), dtype=object),
        "clause_text": read("clause", as_text),
        "title": read("title", as_text),
        "title_key": read("title", _key),
        "day": _days([day.day for day in days]),
        "last": _days([day.last or day.day for day in days]),
        "is_range": [day.last is not None for day in days],
        "date_text": read("date", as_text),
        "date_reason": [day.reason for day in days],
        "object": read("object", as_text),
        "object_key": read("object", _key),
    }
    for name in NUMBERS:
        numbers = read(name, read_count)
        data[name] = np.array(numbers, dtype="float64")
        data[f"{name}_exact"] = pd.Series(numbers, dtype=object)
        data[f"{name}_text"] = read(name, as_text)
    empty = {fold(word) for word in rulebook.empty_evidence} | {""}
    for header in rulebook.evidence_headers:
        data[header] = read(header, as_text)
        data[evidence_flag(header)] = read(header, lambda value: _key(value) not in empty)
    data["other"] = _other(cells, rulebook)
    return pd.DataFrame({name: _plain(values) for name, values in data.items()})


def _plain(values: Any) -> Any:
    """Text as plain objects: a string column gives out its values one by one, and slowly."""
    if isinstance(values, list) and values and isinstance(values[0], str):
        return pd.Series(values, dtype=object)
    return values


def _column(cells: pd.DataFrame, role: str) -> list[Any]:
    if role not in cells:
        return [None] * len(cells)
    values = cells[role]
    return list(values.where(values.notna(), None))


def _key(value: object) -> str:
    text = as_text(value)
    key = fold(text)
    return text if key == text else key  # mostly the same: one object is enough for both


def _other(cells: pd.DataFrame, rulebook: Rulebook) -> list[str]:
    """Notes and informative columns, so that nothing a unit wrote is left out of the ledger."""
    headers = dict.fromkeys(
        h for sheet in rulebook.sheets for role in ("info", "note") for h in sheet.headers(role)
    )
    texts = [""] * len(cells)
    for header in headers:
        values = cells[header].to_numpy()
        for position in np.flatnonzero(cells[header].notna()).tolist():
            before = texts[position]
            said = f"{header}：{as_text(values[position])}"
            texts[position] = f"{before}；{said}" if before else said
    return texts
