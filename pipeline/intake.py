"""Raw returns → two tables: returns (one row a file) and claims (one row a claim), values read.

The tables hold both what stands in the cell and what it was read as; nothing is judged here.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import layout
from pipeline.normalise import (
    Reader,
    as_text,
    clause_reader_of,
    read_as_of,
    read_count,
    read_date,
    read_day,
    read_each,
    read_year,
    unit_reader_of,
)
from pipeline.reading.raw import RawReturn, Value, a1
from pipeline.rulebook import Rulebook
from pipeline.text import fold

NUMBERS = ("words", "base", "done")
IDENTITY = "identity"
Key = TypeVar("Key", bound=Hashable)


@dataclass
class Batch:
    """All returns of a folder as tables.

    Attributes:
        raw: the returns as they were read, by position.
        returns: columns as `columns.ReturnTable`.
        claims: columns as `columns.ClaimTable`; texts that come again and again are categories.
        nothing: rows that hold only words for nothing, which are no claims. Columns `ret`,
            `sheet`, `row`.
    """

    raw: Sequence[RawReturn]
    returns: pd.DataFrame
    claims: pd.DataFrame
    nothing: pd.DataFrame

    def cell(self, ret: int, sheet: str, header: str, row: int) -> str:
        """A1 reference of a claim's cell; in the leftmost known column where its own is missing."""
        columns = self.raw[ret].sheets[sheet].columns
        column = columns.get(header)
        return a1(row - 1, min(columns.values(), default=0) if column is None else column)

    def place(self, ret: int, sheet: str, header: str, row: int) -> dict[str, str]:
        """Unit, file, sheet and cell, as findings name them."""
        file, cell = self.raw[ret].path, self.cell(ret, sheet, header, row)
        return {"unit": self.unit(ret), "file": file, "sheet": sheet, "cell": cell}

    def unit(self, ret: int) -> str:
        """The unit of a return, or ''."""
        return self._units[ret]

    @cached_property
    def _units(self) -> list[str]:
        return [unit or "" for unit in self.returns["unit"]]


def evidence_flag(header: str) -> str:
    """Name of the bool column that says whether the evidence is named."""
    return f"有{header}"


def unit_reader(rulebook: Rulebook) -> Reader:
    """The reader for this rulebook's roster."""
    return unit_reader_of(
        ((row.unit, row.short_names) for row in rulebook.roster),
        rulebook.unit_prefixes,
        rulebook.unit_synonyms,
    )


def clause_reader(rulebook: Rulebook) -> Reader:
    """The reader for this rulebook's clauses, by id or label."""
    return clause_reader_of(rulebook.clause_ids, [clause.label for clause in rulebook.clauses])


def build_batch(raw: Sequence[RawReturn], rulebook: Rulebook) -> Batch:
    """Tables of all returns; unreadable ones stand in `returns` with `readable` False."""
    claims, nothing = _claims(raw, rulebook)
    return Batch(raw, _returns(raw, rulebook), claims, nothing)


def _returns(raw: Sequence[RawReturn], rulebook: Rulebook) -> pd.DataFrame:
    def cover(label: str) -> list[Any]:
        return [r.cover[label][0] if label in r.cover else None for r in raw]

    units, years, dates = (
        cover(label) for label in (layout.COVER_UNIT, layout.COVER_YEAR, layout.COVER_DATE)
    )
    days = read_each(read_day, dates)
    return pd.DataFrame(
        {
            "file": [r.path for r in raw],
            "sha256": [r.sha256 for r in raw],
            "readable": [r.trouble is None for r in raw],
            "unit": pd.Series(read_each(unit_reader(rulebook), units), dtype=object),
            "unit_text": [as_text(value) for value in units],
            "year": pd.Series(read_each(read_year, years), dtype=object),
            "year_text": [as_text(value) for value in years],
            "person": [as_text(value) for value in cover(layout.COVER_PERSON)],
            "phone": [as_text(value) for value in cover(layout.COVER_PHONE)],
            "made_from": [r.source for r in raw],
            "stamp_year": pd.Series([layout.stamp_year(r.stamp) for r in raw], dtype=object),
            "day": _days([day.day for day in days]),
            "last": _days([day.last or day.day for day in days]),
            "date_text": [as_text(value) for value in dates],
            "date_reason": [day.reason for day in days],
        }
    )


def _days(values: Iterable[date | None]) -> pd.Series:
    return pd.Series(np.array([*values], "datetime64[s]"))


@dataclass(frozen=True)
class _Column:
    """The cells of one kind of all claims: its different values, and the place of each cell's."""

    codes: npt.NDArray[np.int32]
    values: list[Value]

    @classmethod
    def of(cls, cells: Sequence[Value]) -> "_Column":
        codes, values = pd.factorize(np.array(cells, dtype=object))
        codes[codes < 0] = len(values)
        return cls(codes.astype("int32"), [*values, None])

    @cached_property
    def keys(self) -> list[str]:
        """The different values, folded for comparison."""
        return [*map(_key, self.values)]

    def read(self, reader: Callable[[Value], Any], dtype: str = "object") -> pd.Series:
        """What `reader` makes of each cell; it sees each different value once."""
        return self.spread(map(reader, self.values), dtype)

    def spread(self, made: Iterable[Any], dtype: str = "object") -> pd.Series:
        """What was made of each different value, for each cell."""
        return pd.Series(np.fromiter(made, dtype, len(self.values))[self.codes], dtype=dtype)

    def texts(self) -> pd.Series:
        """The cells as text, for columns whose texts come again and again: as categories."""
        texts: dict[str, int] = {}
        numbers = self.numbers(map(as_text, self.values), texts)
        return _categories(numbers.to_numpy(), list(texts))

    def numbers(self, made: Iterable[Key], known: dict[Key, int] | None = None) -> pd.Series:
        """A number for each cell, the same where the same was made of its value."""
        known = {} if known is None else known
        return self.spread((known.setdefault(key, len(known)) for key in made), "int32")


class _Cells:
    """The cells of all claims, in order of return, sheet and row, one column at a time."""

    def __init__(self, raw: Sequence[RawReturn], rulebook: Rulebook) -> None:
        parts = [
            (ret, number, one.sheets[sheet.name])
            for ret, one in enumerate(raw)
            for number, sheet in enumerate(rulebook.sheets)
            if sheet.name in one.sheets
        ]
        sizes = [len(sheet.rows) for _, _, sheet in parts]
        self.ret = np.repeat(np.array([ret for ret, _, _ in parts], "int32"), sizes)
        self.sheet = np.repeat(np.array([number for _, number, _ in parts], "int8"), sizes)
        self.row = np.array([row for _, _, sheet in parts for row in sheet.rows], "int32")
        self._sheets = [(number, sheet) for _, number, sheet in parts]
        self._headers: dict[str, dict[int, str]] = {IDENTITY: {}}
        self._columns: dict[str, _Column] = {}
        for number, sheet in enumerate(rulebook.sheets):
            for column in sheet.columns:
                named = column.role not in ("evidence", "note", "info")
                key = column.role if named else column.header
                self._headers.setdefault(key, {})[number] = column.header
            if sheet.identity:
                self._headers[IDENTITY][number] = sheet.identity

    @property
    def keys(self) -> list[str]:
        """Every key that `column` knows."""
        return list(self._headers)

    def column(self, key: str) -> _Column:
        """The cells under a role, or under a header of evidence, notes and what informs only."""
        if key not in self._columns:
            headers = self._headers.get(key, {})
            cells: list[Value] = []
            for number, sheet in self._sheets:
                own = sheet.cells.get(headers.get(number, ""))
                cells.extend(own or [None] * len(sheet.rows))
            self._columns[key] = _Column.of(cells)
        return self._columns[key]


def _claims(raw: Sequence[RawReturn], rulebook: Rulebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, and the rows that hold only words for nothing."""
    cells = _Cells(raw, rulebook)
    names = pd.Index([sheet.name for sheet in rulebook.sheets])
    data: dict[str, Any] = {
        "ret": cells.ret,
        "sheet": pd.Categorical.from_codes(cells.sheet, names),
        "row": cells.row,
    }
    clause, title, thing = (cells.column(role) for role in ("clause", "title", "object"))
    data["clause"] = clause.read(clause_reader(rulebook))
    data["clause_text"] = clause.texts()
    data["title"], data["title_key"] = title.read(as_text), title.spread(title.keys)
    data["title_id"] = title.numbers(title.keys)
    empty = {fold(word) for word in rulebook.empty_evidence} | {""}

    def filled(column: _Column) -> list[str]:
        return ["" if key in empty else key for key in column.keys]

    figures = np.array([sheet.prefilled for sheet in rulebook.sheets])[cells.sheet]
    data |= _dates(cells.column("date"), figures)
    data["object"], data["object_key"] = thing.read(as_text), thing.spread(filled(thing))
    identity = cells.column(IDENTITY)
    data["identity"] = identity.spread(filled(identity))
    for name in NUMBERS:
        numbers = cells.column(name)
        data[f"{name}_exact"] = numbers.read(read_count)
        data[name] = data[f"{name}_exact"].astype("float64")
        data[f"{name}_text"] = numbers.texts()
    for header in rulebook.evidence_headers:
        evidence = cells.column(header)
        data[header] = evidence.texts()
        data[evidence_flag(header)] = evidence.spread(map(bool, filled(evidence)), "bool")
    data["other"] = _other(cells, rulebook)
    table = pd.DataFrame(data)
    table["code"] = table["clause"].map(rulebook.clause_codes).fillna(-1).astype("int64")
    none = _nothing(cells, rulebook, empty)
    places = table.loc[none, ["ret", "sheet", "row"]].reset_index(drop=True)
    return (table[~none].reset_index(drop=True) if none.any() else table), places


def _nothing(cells: _Cells, rulebook: Rulebook, empty: set[str]) -> npt.NDArray[np.bool_]:
    """Rows where, 条款 and what was prefilled aside, only words for nothing stand."""
    prefilled = np.array([sheet.prefilled for sheet in rulebook.sheets])[cells.sheet]
    most = np.zeros(len(cells.row), "int8")

    for key in cells.keys:
        column = cells.column(key)
        says = (0 if not text else 1 if text in empty else 2 for text in column.keys)
        filled = column.spread(says, "int8").to_numpy()
        if key == "clause":
            filled = np.where(filled == 1, 1, 0)
        if key == "title":
            filled = np.where(prefilled, 0, filled)
        most = np.maximum(most, filled)
    none: npt.NDArray[np.bool_] = most == 1
    return none


def _dates(cells: _Column, figures: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Dates of claims; those with figures say up to when these were counted."""
    days = [*map(read_date, cells.values), *map(read_as_of, cells.values)]
    lasting = np.array([day.last is not None for day in days], dtype=bool)
    table = pd.DataFrame(
        {
            "day": _days([day.day for day in days]),
            "last": _days([day.last or day.day for day in days]),
            "is_range": lasting,
            "date_reason": pd.Categorical([day.reason for day in days]),
        }
    )
    each = table.iloc[cells.codes + len(cells.values) * figures].reset_index(drop=True)
    read = {str(name): column for name, column in each.items()}
    when: list[Hashable] = [day.day or key for day, key in zip(days, cells.keys, strict=False)]
    return {"date_text": cells.texts(), "date_id": cells.numbers(when)} | read


def _key(value: object) -> str:
    text = as_text(value)
    key = fold(text)
    return text if key == text else key  # mostly the same: one object is enough for both


def _other(cells: _Cells, rulebook: Rulebook) -> pd.Series:
    """Notes and informative columns, so that nothing a unit wrote is left out of the ledger."""
    headers = dict.fromkeys(
        h for sheet in rulebook.sheets for role in ("info", "note") for h in sheet.headers(role)
    )
    return joined({header: cells.column(header).texts() for header in headers}, len(cells.row))


def joined(columns: Mapping[str, pd.Series], size: int) -> pd.Series:
    """`甲：一；乙：二`: what columns hold, each combination put together once."""

    def text(row: tuple[str, ...]) -> str:
        return "；".join(f"{head}：{cell}" for head, cell in zip(columns, row, strict=True) if cell)

    held = [column.astype(object).tolist() for column in columns.values()]
    texts = read_each(text, zip(*held, strict=True) if held else [()] * size)
    kinds = list(dict.fromkeys(texts))
    return pd.Series(pd.Categorical(texts, pd.Index(kinds, dtype=object)))


def _categories(codes: npt.NDArray[np.int32], texts: list[str]) -> pd.Series:
    kinds: pd.Index[Any] = pd.Index(texts, dtype=object)
    return pd.Series(pd.Categorical.from_codes(codes, kinds))
