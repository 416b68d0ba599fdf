"""The office's workbooks → receipts, rulings, records, disqualifications, places, decisions.

What cannot be used is a finding at its cell; the rest is applied.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from pipeline import layout
from pipeline.errors import UserError
from pipeline.findings import CATALOGUE, Findings, fill
from pipeline.intake import clause_reader, unit_reader
from pipeline.judging.rules import at_least, filled, holds, known, never, rows_failing
from pipeline.layout import Head
from pipeline.normalise import Day, as_text, read_count, read_date, read_day, read_each, read_points
from pipeline.reading.raw import RawReturn, a1
from pipeline.rulebook import FIGURES, MARKS, PERIODS, SHARES, Rulebook
from pipeline.text import fold, suggest


class RegisterError(UserError):
    """A register that cannot be used at all: one line."""


class Receipt(NamedTuple):
    """A usable line of 收件登记: its day, 文件 as written or '', and where it stands."""

    day: date
    file: str = ""
    book: str = ""
    cell: str = ""


RULING_COLUMNS = [
    "unit", "clause", "title", "title_key", "word", "points", "reason", "judge", "file", "row",
    "cell", "of_file", "of_sheet", "of_row",
]  # fmt: skip
RECORD_COLUMNS = ["unit", "clause", "title", "title_key", "base", "done", "file", "row"]
ENTRY_COLUMNS = ["unit", "clause", "title", "title_key", "amount", "last", "file", "sheet", "row"]
DECISION_COLUMNS = ["unit", "award", "place", "basis", "date", "note", "file", "cell"]

_OWN = ("replaces", "records")
_NO_MATTER = ("sheet-missing", "sheet-no-header", "sheet-lookalike", "column-extra")
"""What a panel's worksheet, or a sheet of the office's own, may do without a finding."""
_HARMLESS = frozenset(
    {"register-copies", "register-no-reason", "register-receipt-date", "register-record-date"}
)
"""Findings that do not keep the rest of the row from being applied."""


def _none(columns: list[str]) -> Callable[[], pd.DataFrame]:
    return lambda: pd.DataFrame(columns=columns)


@dataclass
class Register:
    """The office's records, read.

    Attributes:
        receipts: unit → its receipts, in the order written.
        rulings: columns `RULING_COLUMNS`: `word` is one of layout.RULING_WORDS; `of_file`,
            `of_sheet`, `of_row` (float, null without) name the row of a return; `file`, `row`,
            `cell` are where the ruling stands itself.
        records: usable rows of 平时考查. Columns `RECORD_COLUMNS`; base and done (float) are to be
            added up over the rows of a unit and clause that have both; where none has, the bases
            are the target. Both are null where the clause takes no figures from the office.
        entries: rows of 平时考查 and 评分 under clauses that the office alone records. Columns
            `ENTRY_COLUMNS`; an empty 数量 is 1; `title` of a mark is who gave it; `last` is the
            day; `file`, `sheet`, `row` are where it stands.
        disqualified: unit → why, with 依据 and 日期.
        vetoed: rows of 一票否决: (unit, 事项).
        places: award → number of places.
        readings: reading → whether it was decided in its alternative sense.
        decisions: what the chairmen's meeting decided. Columns `DECISION_COLUMNS`; place is Int64.
    """

    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    rulings: pd.DataFrame = field(default_factory=_none(RULING_COLUMNS))
    records: pd.DataFrame = field(default_factory=_none(RECORD_COLUMNS))
    entries: pd.DataFrame = field(default_factory=_none(ENTRY_COLUMNS))
    disqualified: dict[str, str] = field(default_factory=dict)
    vetoed: list[tuple[str, str]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    readings: dict[str, bool] = field(default_factory=dict)
    decisions: pd.DataFrame = field(default_factory=_none(DECISION_COLUMNS))

    def in_force(self, called: Iterable[str], rulebook: Rulebook) -> tuple[str, ...]:
        """The readings to take in their alternative sense: those of the call and those decided.

        Raises:
            RegisterError: the call takes otherwise what was decided as 默认.
        """
        names = rulebook.reading_names
        against = [names[one] for one in called if self.readings.get(one) is False]
        if against:
            raise RegisterError(
                f"口径 {'、'.join(against)} 在台账的“{layout.SENSES}”里定为{layout.TAKEN_DEFAULT}，"
                f"与本次指定的{layout.TAKEN_OTHER}理解不一致"
            )
        decided = (reading for reading, other in self.readings.items() if other)
        return tuple(dict.fromkeys([*called, *decided]))


def read_register(raw: Sequence[RawReturn], rulebook: Rulebook, findings: Findings) -> Register:
    """Registers (and panel worksheets), in the order given, as one.

    Raises:
        RegisterError: a workbook cannot be opened or lacks a sheet.
    """
    if not raw:
        return Register()
    for workbook in raw:
        _require(workbook)
        for note in workbook.notes:
            lacks = note.code == "column-missing" and (
                note.details.get("detail") in {layout.PANEL_HEADER, *layout.REGISTER_MAY_LACK}
            )
            if note.code not in _NO_MATTER and not lacks:
                findings.add(
                    note.code, file=workbook.path, sheet=note.sheet, cell=note.cell, **note.details
                )
    office = _Office(raw, rulebook, findings)
    return Register(
        receipts=office.receipts(),
        rulings=office.rulings(),
        records=office.records(),
        entries=office.entries(),
        disqualified=office.disqualified(),
        vetoed=office.vetoed(),
        places=office.places(),
        readings=office.readings(),
        decisions=office.decisions(),
    )


def _require(workbook: RawReturn) -> None:
    if workbook.trouble is not None:
        problem = CATALOGUE[workbook.trouble.code].problem
        reason = fill(problem, workbook.trouble.details)
        raise RegisterError(f"台账 {workbook.path} 用不了：{reason}")
    rulings = workbook.sheets.get(layout.RULINGS)
    if rulings is not None and layout.PANEL_HEADER in rulings.columns:
        return
    needed = [name for name in layout.REGISTER_SHEETS if name not in layout.REGISTER_MAY_LACK]
    missing = [name for name in needed if name not in workbook.sheets]
    others = [name for name in workbook.sheets if name not in layout.RECORDER_SHEETS]
    if missing and (others or not workbook.sheets):
        raise RegisterError(f"台账 {workbook.path} 缺少工作表：{'、'.join(missing)}")


# One sheet over all workbooks --------------------------------------------------------------------

_DAYS = {Head.RECEIVED: read_day, Head.DATE: read_date}
_BEYOND = 1e12
"""No office counts so far: such a number is a slip."""
_NUMBERS = {
    Head.COPIES: ("copies", read_count), Head.BASE: ("base", read_count),
    Head.DONE: ("done", read_count), Head.SEATS: ("seats", read_count),
    Head.LINE: ("line", read_count), Head.PLACE: ("place", read_count),
    Head.POINTS: ("points", read_points), Head.AMOUNT: ("amount", read_points),
    Head.MARK: ("amount", read_points),
}  # fmt: skip


class _Table:
    """One sheet of the register over all its workbooks, values read; nothing is judged.

    Attributes:
        headers: those of the sheet.
        rows: one row a row. Columns: `file`, `row`, `panel` (stands in a panel's worksheet); for
            each header its text under the header; and, where the sheet has them: `title`,
            `title_key`, `unit`, `clause` (None where unknown), `day` (None where unclear), `why`
            (it is), `last` (of a range), `points`, `copies`, `base`, `done`, `seats`, `line`,
            `place`, `amount` (float).
    """

    def __init__(self, raw: Sequence[RawReturn], name: str, rulebook: Rulebook) -> None:
        self.headers = layout.REGISTER_READ[name] + layout.REGISTER_MORE.get(name, ())
        cells: dict[str, list[Any]] = {header: [] for header in self.headers}
        data: dict[str, Any] = {"file": [], "row": [], "panel": []}
        self._columns: dict[str, dict[str, int]] = {}
        for workbook in raw:
            if name not in workbook.sheets:
                continue
            sheet = workbook.sheets[name]
            count = len(sheet.rows)
            data["file"] += [workbook.path] * count
            data["row"] += sheet.rows
            data["panel"] += [layout.PANEL_HEADER in sheet.columns] * count
            for header, values in cells.items():
                values += sheet.cells.get(header) or [None] * count
            self._columns[workbook.path] = sheet.columns
        data |= {header: [as_text(v).strip() for v in values] for header, values in cells.items()}
        if Head.TITLE in cells:
            data |= {"title": data[Head.TITLE], "title_key": [*map(fold, data[Head.TITLE])]}
        self.rows = pd.DataFrame(data | _read(cells, rulebook))

    def cell(self, position: int, header: str) -> str:
        """A1 reference of a cell; column A where the column is missing."""
        row: Any = self.rows.loc[position]
        return a1(row["row"] - 1, self._columns[row["file"]].get(header, 0))


def _read(cells: Mapping[str, list[Any]], rulebook: Rulebook) -> dict[str, Any]:
    data: dict[str, Any] = {}
    readers = ("unit", Head.UNIT, unit_reader), ("clause", Head.CLAUSE, clause_reader)
    for name, header, reader_of in readers:
        if header in cells:
            read = read_each(reader_of(rulebook), cells[header])
            data[name] = pd.Series(read, dtype=object)
    for header, day_of in _DAYS.items():
        if header in cells:
            days = pd.DataFrame(read_each(day_of, cells[header]), columns=Day._fields, dtype=object)
            data |= {"day": days["day"], "last": days["last"], "why": days["reason"]}
    for header, (column, reader) in _NUMBERS.items():
        if header in cells:
            numbers = np.array(read_each(reader, cells[header]), dtype="float64")
            data[column] = np.where(np.abs(numbers) < _BEYOND, numbers, np.nan)
    return data


# What is wrong: who is asked, under which header, on which column, what ---------------------------

_Rule = tuple["pd.Series[bool]", str, str, pa.Check]
"""Which rows are asked, under which header it is said, and of which column what."""


def _one_of(words: Iterable[str], code: str) -> pa.Check:
    folded = {fold(word) for word in words}
    return holds(code, lambda texts: texts.map(fold).isin(folded))


def _rules(name: str, rows: pd.DataFrame, book: Rulebook) -> Iterator[_Rule]:
    """Section 6 of the contract, sheet by sheet."""
    everyone = pd.Series(True, rows.index)
    awards = _one_of((award.name for award in book.awards), "register-award")
    if "unit" in rows:
        yield everyone, Head.UNIT, "unit", known("register-unit")
    if "clause" in rows:
        yield everyone, Head.CLAUSE, "clause", known("register-clause")
    if name == layout.RECEIPTS:
        yield everyone, Head.RECEIVED, "day", known("register-receipt-date")
        yield rows["last"].notna(), Head.RECEIVED, "last", never("register-receipt-date")
        copies = pa.Check.eq(float(book.copies), error="register-copies", ignore_na=False)
        yield everyone, Head.COPIES, "copies", copies
    elif name == layout.RULINGS:
        word = rows[Head.WORD].map(fold)
        yield everyone, Head.WORD, Head.WORD, _one_of(layout.RULING_WORDS, "register-word")
        yield word == layout.RULING_POINTS, Head.POINTS, "points", known("register-points")
        ruled = word.isin(layout.RULING_WORDS)
        yield ruled, Head.REASON, Head.REASON, filled("register-no-reason")
        yield rows[Head.LINE] != "", Head.LINE, "line", at_least(1, "register-line")
    elif name == layout.RECORDS:
        yield from _rules_of_records(rows, book)
    elif name == layout.MARKS:
        marked = rows["clause"].isin([c.id for c in book.clauses if c.measure in MARKS])
        other = rows["clause"].notna() & ~marked
        yield other, Head.CLAUSE, "clause", never("register-unmarked")
        yield everyone, Head.MARK, "amount", known("register-mark")
        yield from _days_of(rows, book)
    elif name == layout.VETOES:
        said = [veto.name for veto in book.vetoes if not veto.when]
        if len(said) != 1:
            yield everyone, Head.MATTER, Head.MATTER, _one_of(said, "register-veto")
    elif name == layout.PLACES:
        yield everyone, Head.AWARD, Head.AWARD, awards
        yield rows[Head.SEATS] != "", Head.SEATS, "seats", at_least(0, "register-places")
    elif name == layout.SENSES:
        readings = _one_of(book.reading_ids, "register-reading")
        yield everyone, Head.READING, Head.READING, readings
        yield everyone, Head.TAKEN, Head.TAKEN, _one_of(layout.TAKEN_WORDS, "register-taken")
    elif name == layout.DECISIONS:
        yield rows[Head.AWARD] != "", Head.AWARD, Head.AWARD, awards
        yield rows[Head.PLACE] != "", Head.PLACE, "place", at_least(1, "register-place")


def _rules_of_records(rows: pd.DataFrame, book: Rulebook) -> Iterator[_Rule]:
    own = (c.id for c in book.clauses if c.office and c.measure not in MARKS)
    recorded = rows["clause"].isin(list(own))
    replaces = rows["clause"].isin(_with_figures(book))
    capped = rows["clause"].isin([c.id for c in book.clauses if c.capped])
    other = rows["clause"].notna() & ~recorded
    yield other, Head.CLAUSE, "clause", never("register-unrecorded")
    yield from _days_of(rows, book, replaces)
    based, done = rows[Head.BASE] != "", rows[Head.DONE] != ""
    divided = rows["clause"].isin([c.id for c in book.clauses if c.measure in SHARES])
    asked = replaces & (based | ~done)
    yield asked & divided, Head.BASE, "base", at_least(1, "register-base")
    yield asked & ~divided, Head.BASE, "base", at_least(0, "register-base")
    yield recorded & (rows[Head.AMOUNT] != ""), Head.AMOUNT, "amount", known("register-amount")
    yield replaces & done, Head.DONE, "done", at_least(0, "register-done")
    over = capped & replaces & (rows["base"] >= 1) & (rows["done"] > rows["base"])
    yield over, Head.DONE, "done", never("register-over")


def _days_of(
    rows: pd.DataFrame, book: Rulebook, figures: "pd.Series[bool] | None" = None
) -> Iterator[_Rule]:
    """Days within what is assessed; figures are counted up to the end of the year.

    Marks are given when it is over, but for those of a month or quarter.
    """
    plain = book.plain or book
    dated = rows["day"].notna()
    by_month = rows["clause"].isin([c.id for c in book.clauses if c.per in PERIODS])
    if figures is None:
        figures, end = ~by_month, date.max
    else:
        end = date(plain.year + 1, 1, 1)
    for asked, limit in ((~figures, plain.end), (figures, end)):
        yield dated & asked, Head.DATE, "day", _inside(plain.first_day, limit)
    yield rows[Head.DATE] != "", Head.DATE, "day", known("register-record-date")
    yield by_month, Head.DATE, "day", known("register-no-date")


def _with_figures(book: Rulebook) -> list[str]:
    """Clauses whose 基数 and 完成数 the office records."""
    return [c.id for c in book.clauses if c.office in _OWN and c.measure in FIGURES]


def _inside(first: date, end: date) -> pa.Check:
    return holds(
        "register-outside", lambda days: days.map(lambda day: first <= day < end).astype(bool)
    )


class _Office:
    """The sheets of all workbooks, checked."""

    def __init__(self, raw: Sequence[RawReturn], rulebook: Rulebook, findings: Findings) -> None:
        self.rulebook = rulebook
        self.findings = findings
        self.tables = {name: _Table(raw, name, rulebook) for name in layout.REGISTER_READ}
        self._awards = {fold(award.name): award.name for award in rulebook.awards}

    def usable(self, name: str) -> pd.DataFrame:
        """Add the findings of a sheet; give the rows that can be applied."""
        rows = self.tables[name].rows
        if name == layout.MARKS:
            # Not those that the form had filled in, and nobody has marked.
            rows = rows[rows[Head.MARK] != ""]
        if name == layout.RULINGS:
            # Claims of the panel's worksheet that nothing was decided on; a name decides nothing.
            entered = (Head.WORD, Head.POINTS, Head.REASON)
            rows = rows[(rows[list(entered)] != "").any(axis=1) | ~rows["panel"]]
        faults = {
            (row, str(check.error), header)
            for asked, header, column, check in _rules(name, rows, self.rulebook)
            for row in rows_failing(rows, (asked, column, check))
        }
        headers = self.tables[name].headers
        for row, code, header in sorted(faults, key=lambda f: (f[0], headers.index(f[2]), f[1])):
            self.tell(name, row, code, header, **self._details(name, row, code, header))
        fatal = {row for row, code, _ in faults if code not in _HARMLESS}
        return rows[~rows.index.isin(fatal)]

    def tell(self, name: str, row: int, code: str, header: str, **details: Any) -> None:
        """Add a finding at a cell of the office's."""
        table = self.tables[name]
        unit = table.rows["unit"].iat[row] if "unit" in table.rows else None
        place: dict[str, Any] = {"unit": unit or "", "file": str(table.rows["file"].iat[row])}
        place |= {"sheet": name, "cell": table.cell(row, header)}
        self.findings.add(code, **place, **details)

    def _details(self, name: str, at: int, code: str, header: str) -> dict[str, Any]:
        row = self.tables[name].rows.iloc[at]
        details: dict[str, Any] = {"detail": row[header] or "（空）"}
        if code == "register-unit":
            details["hint"] = suggest(row[header], self.rulebook.units)
        elif code in ("register-receipt-date", "register-record-date"):
            details["reason"] = "是一段时间，应是一天" if row["last"] else row["why"] or "没有填写"
        elif code == "register-copies":
            details["limit"] = self.rulebook.copies
        elif code == "register-over":
            details["limit"] = row[Head.BASE]
        elif code == "register-outside":
            plain = self.rulebook.plain or self.rulebook
            details |= {"first": plain.first_day, "last": plain.last_event}
        return details

    def receipts(self) -> dict[str, list[Receipt]]:
        table, receipts = self.tables[layout.RECEIPTS], dict[str, list[Receipt]]()
        rows = self.usable(layout.RECEIPTS)
        rows = rows.loc[rows["day"].notna() & rows["last"].isna()]
        for at, unit, day, file, book in rows[["unit", "day", Head.FILE, "file"]].itertuples():
            receipt = Receipt(day, file, book, table.cell(at, Head.RECEIVED))
            receipts.setdefault(unit, []).append(receipt)
        return receipts

    def rulings(self) -> pd.DataFrame:
        table, rows = self.tables[layout.RULINGS], self.usable(layout.RULINGS)
        rulings = rows.assign(
            word=rows[Head.WORD].map(fold),
            reason=rows[Head.REASON],
            judge=rows[Head.JUDGE],
            of_file=rows[Head.SOURCE],
            of_sheet=rows[Head.SHEET],
            of_row=rows["line"],
            cell=[table.cell(at, Head.WORD) for at in rows.index.tolist()],
        )
        return rulings[RULING_COLUMNS].reset_index(drop=True)

    @cached_property
    def recorded(self) -> pd.DataFrame:
        """The usable rows of 平时考查."""
        return self.usable(layout.RECORDS)

    def entries(self) -> pd.DataFrame:
        rows, book = self.recorded, self.rulebook
        alone = {c.id for c in book.clauses if c.office == "records"} - set(_with_figures(book))
        rows = rows[rows["clause"].isin(alone)]
        entries = rows.assign(amount=rows["amount"].fillna(1.0), sheet=layout.RECORDS)
        marks = self._marks()
        marks = marks.assign(title=marks[Head.RATER], title_key="", sheet=layout.MARKS)
        both = pd.concat([entries, marks], ignore_index=True)
        both["last"] = pd.to_datetime(both["day"])
        return both[ENTRY_COLUMNS]

    def _marks(self) -> pd.DataFrame:
        """The usable rows of 评分; of one rater's marks of one day the last."""
        rows = self.usable(layout.MARKS)
        who = ["unit", "clause", Head.RATER, Head.DATE]
        named = rows[rows[Head.RATER] != ""]
        for at in named.index[named.duplicated(who, keep="last")].tolist():
            detail = " ".join(map(str, named.loc[at, [Head.RATER, "clause"]]))
            self.tell(layout.MARKS, at, "register-repeated", Head.RATER, detail=detail)
            rows = rows.drop(index=at)
        return rows

    def vetoed(self) -> list[tuple[str, str]]:
        rows = self.usable(layout.VETOES)
        return list(rows[["unit", Head.MATTER]].itertuples(index=False, name=None))

    def records(self) -> pd.DataFrame:
        rows = self.recorded
        replaces = rows["clause"].isin(_with_figures(self.rulebook))
        records = rows.assign(**{n: rows[n].where(replaces) for n in ("base", "done")})
        for (_, clause), own in records[replaces].groupby(["unit", "clause"], sort=False):
            records = self._put_together(records, str(clause), own)
        return records[RECORD_COLUMNS].reset_index(drop=True)

    def _put_together(self, records: pd.DataFrame, clause: str, own: pd.DataFrame) -> pd.DataFrame:
        """Targets alone go to what was done without a target of its own, else to nothing."""
        done = own.index[own["base"].isna() & own["done"].notna()]
        targets = own.index[own["base"].notna() & own["done"].isna()]
        target, total = own.loc[targets, "base"].sum(), own.loc[done, "done"].sum()
        capped = any(c.capped and c.id == clause for c in self.rulebook.clauses)
        if len(done) and (not len(targets) or (capped and total > target)):
            over = "register-over", Head.DONE
            code, header = over if len(targets) else ("register-base", Head.BASE)
            for at in done.tolist():
                detail = records.at[at, header] or "（空）"
                self.tell(layout.RECORDS, at, code, header, detail=detail, limit=f"{target:.0f}")
            records, done = records.drop(index=done), done[:0]
        if len(done) or (own["base"].notna() & own["done"].notna()).any():
            records.loc[targets, "base"] = np.nan
            records.loc[done, "base"] = [target, *[0.0] * (len(done) - 1)][: len(done)]
        return records

    def disqualified(self) -> dict[str, str]:
        rows = self.usable(layout.DISQUALIFIED)
        rows = rows.assign(date=_shown_day(rows))
        columns = ["unit", Head.CAUSE, Head.BASIS, "date"]
        return {
            unit: (cause or "未写原因")
            + (f"；依据：{basis}" if basis else "")
            + (f"；日期：{day}" if day else "")
            for unit, cause, basis, day in rows[columns].itertuples(index=False)
        }

    def places(self) -> dict[str, int]:
        rows = self.usable(layout.PLACES)
        rows = rows[rows["seats"].notna()]
        awards = rows[Head.AWARD].map(fold).map(self._awards)
        return self._once(layout.PLACES, Head.AWARD, rows, awards, rows["seats"].astype(int))

    def readings(self) -> dict[str, bool]:
        rows = self.usable(layout.SENSES)
        ids = rows[Head.READING].map(fold).map(self.rulebook.reading_ids)
        other = rows[Head.TAKEN].map(fold) == layout.TAKEN_OTHER
        return self._once(layout.SENSES, Head.READING, rows, ids, other)

    def _once(
        self, name: str, header: str, rows: pd.DataFrame, keys: Iterable[Any], values: Iterable[Any]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for at, key, value in zip(rows.index.tolist(), keys, values, strict=True):
            if key in found:
                self.tell(name, at, "register-repeated", header, detail=rows.at[at, header])
            found[key] = value
        return found

    def decisions(self) -> pd.DataFrame:
        table, rows = self.tables[layout.DECISIONS], self.usable(layout.DECISIONS)
        decided = rows.assign(
            award=rows[Head.AWARD].map(fold).map(self._awards).fillna(""),
            place=rows["place"].astype("Int64"),
            basis=rows[Head.BASIS],
            date=_shown_day(rows),
            note=rows[Head.NOTE],
            cell=[table.cell(at, Head.UNIT) for at in rows.index.tolist()],
        )
        return decided[DECISION_COLUMNS].reset_index(drop=True)


def _shown_day(rows: pd.DataFrame) -> "pd.Series[Any]":
    """The day, or what is written where that is no single one: nobody wrote its first day."""
    return rows["day"].where(rows["day"].notna() & rows["last"].isna(), rows[Head.DATE])
