"""The program's workbook against the oracle: every sheet, every difference in words."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.kit.measure import MEASURE, ROSTER
from tests.kit.oracle import Result
from tests.kit.oracle_claims import Entry, same
from tests.kit.returns import meaning

if TYPE_CHECKING:
    from tests.kit.door import Book, Row

BLANK = (None, "")
UNASSESSED = {"逾期", "待核", "取消资格", "单位不明"}


def number(value: object) -> Fraction | None:
    """A number of the workbook, exactly; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(str(value)).limit_denominator(10**6)


def differences(book: "Book", truth: Result) -> list[str]:
    """Every difference, empty where program and oracle agree."""
    return [
        *ranking(book, truth),
        *key_work(book, truth),
        *points(book, truth),
        *files(book, truth),
        *ledger(book, truth),
    ]


def unlike(about: str, **pairs: tuple[object, object]) -> Iterator[str]:
    """A sentence for each pair (program, oracle) that differs."""
    for what, (found, wanted) in pairs.items():
        if found != wanted:
            yield f"{about}: {what} is {found!r}, should be {wanted!r}"


def ranking(book: "Book", truth: Result) -> Iterator[str]:
    rows = [row for row in book["排名"] if row["单位"] in ROSTER]
    order = sorted(truth.points, key=lambda unit: (truth.places[unit], list(ROSTER).index(unit)))
    yield from unlike("排名", order=([row["单位"] for row in rows[: len(order)]], order))
    yield from unlike("排名", units=(sorted(str(r["单位"]) for r in rows), sorted(ROSTER)))
    for row in rows:
        unit = str(row["单位"])
        sections = {str(k).split(" ")[0]: v for k, v in row.items() if " " in str(k or "")}
        yield from unlike(f"排名 {unit}", status=(row["状态"], truth.status[unit]))
        if unit not in truth.points:
            numbers = [v for v in (row["名次"], row["总分"], *sections.values()) if v not in BLANK]
            yield from unlike(f"排名 {unit}", numbers=(numbers, []))
            continue
        yield from unlike(
            f"排名 {unit}",
            place=(row["名次"], truth.places[unit]),
            total=(number(row["总分"]), truth.total(unit)),
            award=(row["奖项建议"] or "", truth.awards[unit]),
        )
        for numeral in {rule.section for rule in MEASURE.values()}:
            wanted = truth.section(unit, numeral)
            yield from unlike(f"排名 {unit} {numeral}", points=(number(sections[numeral]), wanted))


def key_work(book: "Book", truth: Result) -> Iterator[str]:
    rows = {str(row["单位"]): row for row in book["重点工作"] if row["名次"] not in BLANK}
    yield from unlike("重点工作", units=(sorted(rows), sorted(truth.points)))
    for unit in rows.keys() & truth.points.keys():
        yield from unlike(
            f"重点工作 {unit}",
            place=(rows[unit]["名次"], truth.key_places[unit]),
            points=(number(rows[unit]["得分"]), truth.key_points(unit)),
            award=(rows[unit]["奖项建议"] or "", truth.key_awards[unit]),
        )


def points_of(row: "Row") -> dict[str, object]:
    """Clause → value of a row of 得分明细."""
    found = {}
    for clause in MEASURE:
        pattern = re.compile(re.escape(clause) + r"($|[^\w.])")
        (header,) = [h for h in row if pattern.match(str(h or ""))]
        found[clause] = row[header]
    return found


def points(book: "Book", truth: Result) -> Iterator[str]:
    for unit, wanted in truth.points.items():
        found = points_of(book.unit("得分明细", unit))
        for clause, value in found.items():
            about = f"得分明细 {unit} {clause}"
            yield from unlike(about, points=(number(value), wanted[clause]))
    for row in book["得分明细"]:
        if row["单位"] in ROSTER and row["单位"] not in truth.points:
            filled = [value for value in points_of(row).values() if value not in BLANK]
            yield from unlike(f"得分明细 {row['单位']}", points=(filled, []))


def files(book: "Book", truth: Result) -> Iterator[str]:
    rows = {str(row["源文件"]): row for row in book["报送情况"] if row["源文件"]}
    for file, (unit, status) in truth.files.items():
        row = rows.get(file, {})
        about = f"报送情况 {file}"
        yield from unlike(
            about, unit=(row.get("单位") or "", unit), status=(row.get("状态"), status)
        )
        digest = re.fullmatch(r"[0-9a-f]{64}", str(row.get("SHA-256")))
        yield from unlike(about, hashed=(bool(digest), True))
    without = sorted(set(ROSTER) - {unit for unit, _ in truth.files.values()})
    rest = sorted(str(row["单位"]) for row in book["报送情况"] if not row["源文件"])
    yield from unlike("报送情况", without_any=(rest, without))


def ledger(book: "Book", truth: Result) -> Iterator[str]:
    found = {(r["源文件"], r["工作表"], r["行号"]): r for r in book["申报台账"]}
    wanted = {(e.file, e.placed.sheet, e.placed.row): e for e in truth.ledger}
    count = Counter((r["源文件"], r["工作表"], r["行号"]) for r in book["申报台账"])
    yield from (f"申报台账: {where} stands {n} times" for where, n in count.items() if n > 1)
    yield from (f"申报台账: {where} is no claim" for where in found.keys() - wanted.keys())
    yield from (f"申报台账: {where} is lost" for where in wanted.keys() - found.keys())
    for where in sorted(found.keys() & wanted.keys()):
        entry = wanted[where]
        about = f"申报台账 {where} {sorted(entry.why)} {dict(entry.claim.values())}"
        yield from line(about, found[where], entry)
        yield from errors(about, book, entry)


def line(about: str, row: "Row", entry: Entry) -> Iterator[str]:
    """One line of the ledger."""
    yield from unlike(
        about,
        unit=(row["单位"] or "", entry.unit),
        result=(row["结论"], "计分" if entry.counted else "不计"),
        title=(same(row["名称"]), same(meaning(entry.claim.title))),
    )
    if entry.clause in MEASURE:
        yield from unlike(about, clause=(row["条款"], entry.clause))
    if isinstance(entry.day, date):
        day = row["日期"].date() if isinstance(row["日期"], datetime) else row["日期"]
        yield from unlike(about, day=(day, entry.day))
    nothing = row["得分"] in BLANK or (not entry.counted and row["得分"] == 0)
    points = None if nothing else number(row["得分"])
    yield from unlike(about, points=(points, entry.points))


def errors(about: str, book: "Book", entry: Entry) -> Iterator[str]:
    """The errors that stand at a claim's row: some where it is refused, else none."""
    found = book.errors_at(entry.file, entry.placed.sheet, entry.placed.row)
    status = entry.why & UNASSESSED
    if entry.counted:
        yield from unlike(about, errors=([error["问题"] for error in found], []))
    elif not status:
        yield from unlike(about, refused_with_an_error=(bool(found), True))
    reason = str(book.claim(entry.file, entry.placed.sheet, entry.placed.row)["原因"] or "")
    if not entry.counted and not (status <= {reason} if status else reason):
        yield f"{about}: reason is {reason!r}"
