"""`readings.csv`: each reading patches what it can patch, changes something, and contradicts none.

The patches are a closed vocabulary; what each does is in `score.py` and `acceptance.py`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from pipeline.rulebook.checks import band_fault, word_faults
from pipeline.rulebook.model import (
    ALL,
    FIGURES,
    PER_CLAIM,
    Clause,
    Reading,
    Sum,
    Unit,
    parse_bands,
)
from pipeline.rulebook.tables import Table, tried

Clauses = Mapping[str, Clause]
_Patched = TypeVar("_Patched", Clause, Sum)

WHOLE = frozenset({"evidence", "deadline"})
"""Patches that hold for all clauses at once."""
_OF_CLAUSES = frozenset({"per", "against", "for"})
_OF_SUMS = frozenset({"least", "most", "times"})
"""Patches that put another value into a cell of clauses, of sums."""
_COUNTED = ("each", "count")
"""Measures that a reading may put in place of each other: both count claims."""


def check_readings(
    table: Table[Reading], clauses: Sequence[Clause], sums: Sequence[Sum], roster: tuple[Unit, ...]
) -> tuple[Reading, ...]:
    """`readings.csv` → the readings in order; faults are noted in the table."""
    rows = table.rows
    table.unique(((line, reading.id) for line, reading in rows), "id")
    table.unique(((line, reading.name) for line, reading in rows), "name")
    by_id = {clause.id: clause for clause in clauses}
    by_name = {row.name: row for row in sums}
    for line, reading in rows:
        if reading.patch in _OF_SUMS:
            found = _cells(reading, by_name, lambda row: ())
        else:
            found = _faults(reading, by_id, roster)
        if fault := next(found, ""):
            table.fault(line, reading.id, fault)
    if not table.faults:
        for (_, one), (line, two) in combinations(rows, 2):
            if fault := _contradiction(one, two) or _contradiction(two, one):
                table.fault(line, two.id, f"与口径 {one.id} 冲突：{fault}")
    return tuple(reading for _, reading in rows)


def _cells(
    reading: Reading, rows: Mapping[str, _Patched], faults: Callable[[_Patched], Iterable[str]]
) -> Iterator[str]:
    """What is wrong with another value in a cell of each row that is named."""
    for name in reading.clauses:
        if name not in rows:
            yield f"没有 {name}"
            return
        other, fault = tried(rows[name], name, reading)
        if fault:
            yield fault
        elif other == rows[name]:
            yield f"{name} 的 {reading.patch} 本来就是这样，什么也不改变"
        yield from (f"{name}：{fault}" for fault in faults(other))


def _faults(reading: Reading, clauses: Clauses, roster: tuple[Unit, ...]) -> Iterator[str]:
    # Ids and names are words of a command: READINGS="one two".
    for word in (reading.id, reading.name):
        if any(sign.isspace() for sign in word) or word.startswith("-"):
            yield "口径的名称不能有空格，也不能以 - 开头"
    if reading.default == reading.alternative:
        yield "两种理解写得一样"
    if not reading.clauses:
        yield "没有写明是哪些条款"
    if (reading.patch in WHOLE) != (reading.clauses == ALL):
        yield f"patch 为 {'、'.join(sorted(WHOLE))} 时 clauses 应写 all，其余应写条款"
        return
    unknown = [c for c in reading.clauses if c not in clauses and reading.patch not in WHOLE]
    if unknown:
        yield f"没有条款 {'、'.join(unknown)}"
        return
    if reading.patch in _OF_CLAUSES:
        yield from _cells(reading, clauses, lambda clause: word_faults(clause, roster))
        return
    only = _VALUES.get(reading.patch, reading.value)
    if reading.value != only:
        yield f"value 应是 {only}" if only else f"{reading.patch} 的 value 应留空"
    elif reading.patch in _PATCH_FAULTS:
        yield from filter(None, [_PATCH_FAULTS[reading.patch](reading, clauses)])


def _bands(reading: Reading, clauses: Clauses) -> str:
    try:
        bands = parse_bands(reading.value)
    except ValueError as error:
        return str(error)
    for clause in map(clauses.__getitem__, reading.clauses):
        if clause.bands == bands:
            return f"{clause.id} 的计分档本来就是这样，什么也不改变"
        if fault := band_fault(clause.changed(bands=bands)):
            return f"{clause.id}：{fault}"
    return ""


def _measure(reading: Reading, clauses: Clauses) -> str:
    for clause in map(clauses.__getitem__, reading.clauses):
        if reading.value not in _COUNTED or clause.measure not in _COUNTED:
            return f"{clause.id} 不能由 {clause.measure} 改为 {reading.value!r}"
        if clause.measure == reading.value:
            return f"{clause.id} 本来就按 {reading.value} 计，什么也不改变"
        if fault := band_fault(clause.changed(measure=reading.value)):
            return f"{clause.id} 改按 {reading.value} 计：{fault}"
    return ""


def _yields(reading: Reading, clauses: Clauses) -> str:
    if not (reading.losers and reading.winners) or set(reading.winners) - set(reading.clauses):
        return f"value 应是 clauses 中的条款，且另有条款：{reading.value!r}"
    figures = [c for c in reading.clauses if clauses[c].measure in FIGURES]
    return f"{'、'.join(figures)} 按基数、完成数计分，没有可比的名称" if figures else ""


def _exclusive(reading: Reading, clauses: Clauses) -> str:
    others = [c for c in reading.clauses if clauses[c].measure not in PER_CLAIM]
    return f"{'、'.join(others)} 不按项计分，不能同题只计一次" if others else ""


def _overlap(reading: Reading, clauses: Clauses) -> str:
    if reading.value not in reading.clauses or len(reading.clauses) < 2:
        return f"value 应是 clauses 之一，且另有条款：{reading.value!r}"
    return ""


def _absent(reading: Reading, clauses: Clauses) -> str:
    try:
        points = float(reading.value)
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        return f"value 应是分值：{reading.value!r}"
    if not points:
        return "分值为 0，什么也不改变"
    others = [c for c in reading.clauses if clauses[c].measure not in FIGURES]
    return f"{'、'.join(others)} 不按基数、完成数计分，什么也不改变" if others else ""


def _evidence(reading: Reading, clauses: Clauses) -> str:
    several = any(len(clause.evidence) > 1 for clause in clauses.values())
    return "" if several else "没有条款要两项以上佐证，什么也不改变"


_VALUES = {"exclusive": "", "earlier": "", "evidence": "any", "deadline": "inclusive"}
"""Patches that take but one value."""
_PATCH_FAULTS: dict[str, Callable[[Reading, Clauses], str]] = {
    "bands": _bands, "measure": _measure, "exclusive": _exclusive, "yields": _yields,
    "overlap": _overlap, "absent": _absent, "evidence": _evidence,
}  # fmt: skip


def _contradiction(one: Reading, two: Reading) -> str:
    """Why two readings cannot both be taken in the other sense, or ''.

    Whatever the order of the two in the file, the result must be the same and make sense.
    """
    common = set(one.clauses) & set(two.clauses)
    if not common:
        return ""
    named = "、".join(clause for clause in one.clauses if clause in common)
    if one.patch == two.patch and one.patch not in ("yields", "overlap"):
        return f"都改 {named} 的 {one.patch}"
    single = two.patch == "exclusive"
    if one.patch == "measure" and one.value not in PER_CLAIM and single:
        # Where nothing earns by itself there is no claim to leave without points.
        return f"{named} 改按 {one.value} 计后，没有单项得分可以不计"
    if one.patch == "measure" and two.patch == "bands":
        return f"{named} 的计法与计分档应由一条口径决定"
    if one.patch == "exclusive" and two.patch == "yields" and common & set(two.losers):
        return f"{named} 的同题申报可能一项也不计"
    if one.patch == two.patch == "yields" and set(one.losers) & set(two.winners):
        return f"{named} 的同题申报可能一项也不计"
    if one.patch == two.patch == "overlap" and one.value in common - {two.value}:
        return f"{one.value} 是否计分由两条口径轮流决定"
    return ""
