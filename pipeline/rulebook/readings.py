"""`readings.csv`: each reading patches what it can patch, changes something, and contradicts none.

The patches are a closed vocabulary; what each does is in `score.py` and `acceptance.py`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from pipeline.rulebook.checks import band_fault, word_faults
from pipeline.rulebook.model import ALL, CELLS, FIGURES, PER_CLAIM, Clause, Reading, Sum, Unit
from pipeline.rulebook.tables import Table, tried

Clauses = Mapping[str, Clause]

WHOLE = frozenset({"evidence", "deadline"})
"""Patches that hold for all clauses at once."""
_OF_SUMS = frozenset({"least", "most", "times"})
"""Patches that put another value into a cell of sums."""
_COUNTED = {"each", "count"}
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
        if fault := next(_faults(reading, by_id, by_name, roster), ""):
            table.fault(line, reading.id, fault)
    if not table.faults:
        for (_, one), (line, two) in combinations(rows, 2):
            if fault := _contradiction(one, two) or _contradiction(two, one):
                table.fault(line, two.id, f"与口径 {one.id} 冲突：{fault}")
    return tuple(reading for _, reading in rows)


def _faults(
    reading: Reading, clauses: Clauses, sums: Mapping[str, Sum], roster: tuple[Unit, ...]
) -> Iterator[str]:
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
    rows: Mapping[str, Clause | Sum] = sums if reading.patch in _OF_SUMS else clauses
    unknown = [c for c in reading.clauses if c not in rows and reading.patch not in WHOLE]
    only = _VALUES.get(reading.patch, reading.value)
    if unknown:
        yield f"没有{'' if rows is sums else '条款'} {'、'.join(unknown)}"
    elif reading.patch in CELLS:
        for name in reading.clauses:
            yield from (f"{name}：{fault}" for fault in _in_cell(reading, rows[name], name, roster))
    elif reading.value != only:
        yield f"value 应是 {only}" if only else f"{reading.patch} 的 value 应留空"
    elif reading.patch in _PATCH_FAULTS:
        yield from filter(None, [_PATCH_FAULTS[reading.patch](reading, clauses)])


def _in_cell(
    reading: Reading, row: Clause | Sum, name: str, roster: tuple[Unit, ...]
) -> Iterator[str]:
    """What is wrong with another value in a cell of a clause or sum."""
    other, fault = tried(row, name, reading)
    if fault:
        yield fault
    elif other == row:
        yield f"{reading.patch} 本来就是这样，什么也不改变"
    elif isinstance(other, Clause) and isinstance(row, Clause):
        if reading.patch == "measure" and not {row.measure, other.measure} <= _COUNTED:
            yield f"不能由 {row.measure} 改为 {other.measure}"
        if reading.patch == "bands" and not other.bands:
            yield "计分档不能空着"
        yield from (*word_faults(other, roster), *filter(None, [band_fault(other)]))


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
    "exclusive": _exclusive, "yields": _yields, "overlap": _overlap, "absent": _absent,
    "evidence": _evidence,
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
