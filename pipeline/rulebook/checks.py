"""What must agree within and between the tables of a rulebook."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline import layout
from pipeline.rulebook.model import (
    FIGURES,
    PER_CLAIM,
    TOTAL,
    BandsOf,
    Clause,
    Column,
    Facts,
    Fault,
    Sheet,
    Unit,
)
from pipeline.rulebook.tables import Table
from pipeline.text import fold, fold_label

_RESERVED = (layout.COVER, layout.GUIDE, layout.SELF_CHECK, layout.BACKSTAGE, layout.LISTS)
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]|^'|'$")
_CLAUSE_ID = re.compile(r"[^\W_]+(?:\.[^\W_]+)+")
"""Letters and digits parted by full stops: formulas, lists and readers rely on nothing else."""
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_NOT_IN_FILE_NAMES = re.compile(
    r"[<>:\"/\\|?*]|[. ]$|^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE
)
"""What Windows allows in no file's name: the copies for a unit are named after it."""
_NEEDS = {"words": "words", "distinct": "object", "ratio": "base", "growth": "base"}
"""The column that a measure reads, by role."""


# Sheets --------------------------------------------------------------------------------------


def check_sheets(table: Table[Column]) -> tuple[Sheet, ...]:
    """`sheets.csv` → the claim sheets in order; faults are noted in the table."""
    rows = table.rows
    table.unique((line, f"{column.sheet} {fold_label(column.header)}") for line, column in rows)
    sheets: dict[str, list[Column]] = {}
    lines: dict[str, int] = {}
    used: dict[str, str] = {}
    for line, column in rows:
        if fault := _header_fault(column, used):
            table.fault(line, f"{column.sheet} {column.header}", fault)
        sheets.setdefault(column.sheet, []).append(column)
        lines.setdefault(column.sheet, line)
    table.unique((line, name) for name, line in lines.items())
    for name, columns in sheets.items():
        for fault in _sheet_faults(name, columns):
            table.fault(lines[name], name, fault)
    return tuple(Sheet(name=name, columns=tuple(columns)) for name, columns in sheets.items())


def _header_fault(column: Column, used: dict[str, str]) -> str:
    """What is wrong with a header; `used` says what earlier sheets use headers for."""
    if column.header.isascii():
        return "表头应写中文"
    part = "佐证" if column.role == "evidence" else "其他"
    if used.setdefault(column.header, part) != part:
        return "同一表头在一张表里是佐证，在另一张表里不是"
    return ""


def _sheet_faults(name: str, columns: list[Column]) -> Iterator[str]:
    roles: list[str] = [column.role for column in columns]
    marked = [column for column in columns if column.identity]
    if fold(name) in map(fold, _RESERVED):
        yield "表名与模板自带的表相同"
    if len(name) > _LONGEST_SHEET_NAME or _NOT_IN_SHEET_NAMES.search(name):
        yield f"表名最长 {_LONGEST_SHEET_NAME} 个字，不能有 [ ] : * ? / \\ 和首尾的单引号"
    for role in ("clause", "title", "date"):
        if roles.count(role) != 1:
            yield f"应正好有一列 {role}"
    for role in ("words", "base", "done", "object"):
        if roles.count(role) > 1:
            yield f"{role} 列重复"
    if ("base" in roles) != ("done" in roles):
        yield "base 与 done 两列应同时有"
    if len(marked) > 1:
        yield "只能有一列用来区分同名同日的申报（identity）"
    if any(column.role not in ("object", "info") for column in marked):
        yield "用来区分同名同日申报的（identity）应是 object 或 info 列"


# Clauses -------------------------------------------------------------------------------------


def check_clauses(table: Table[Clause], sheets: tuple[Sheet, ...]) -> tuple[Clause, ...]:
    """`clauses.csv` → the clauses in order; faults are noted in the table."""
    rows = table.rows
    table.unique((line, clause.id) for line, clause in rows)
    by_name = {sheet.name: sheet for sheet in sheets}
    names: dict[str, str] = {}
    last = ""
    for line, clause in rows:
        faults = [*_section_faults(clause, names, last), *_clause_faults(clause)]
        faults += _place_faults(clause, by_name.get(clause.sheet))
        faults += _figure_faults(clause)
        faults += filter(None, [band_fault(clause.measure, clause.bands)])
        for fault in faults:
            table.fault(line, clause.id, fault)
        names[clause.section_key] = last = clause.section
    unused = by_name.keys() - {clause.sheet for _, clause in rows}
    if unused and any(clause.sheet for _, clause in rows):
        where = "、".join(sorted(unused))
        table.faults.append(Fault(table.path, f"没有一条在表 {where} 申报"))
    return tuple(clause for _, clause in rows)


def _section_faults(clause: Clause, names: dict[str, str], last: str) -> Iterator[str]:
    key, blank, _ = clause.section.partition(" ")
    if not blank or key.isascii():
        yield f"部分 {clause.section!r} 应写成 中文编号、空格、名称"
    if names.get(key, clause.section) != clause.section:
        yield f"编号 {key} 有两个部分：{names[key]!r} 和 {clause.section!r}"
    if key in names and clause.section != last:
        yield f"同一部分（{clause.section}）的条款应写在一起"


def _clause_faults(clause: Clause) -> Iterator[str]:
    if not _CLAUSE_ID.fullmatch(clause.id) or not clause.id.startswith(f"{clause.section_key}."):
        yield f"条款编号应以 {clause.section_key}. 开头，只用字母、数字和点"
    if clause.measure in FIGURES:
        if not (clause.base and clause.done):
            yield "应写明 base 与 done 各是什么数"
    elif not clause.noun:
        yield "应写明 noun（次、项、篇……）"


def _place_faults(clause: Clause, sheet: Sheet | None) -> Iterator[str]:
    """What the sheet lacks on which a clause is claimed."""
    if clause.office == "records":
        if clause.sheet or clause.evidence:
            yield "由办公室记录的条款没有人申报，sheet 和 evidence 应留空"
        if clause.measure in _NEEDS and clause.measure not in FIGURES:
            yield f"由办公室记录的条款不能用 {clause.measure}"
        return
    if clause.measure == "sum":
        yield "sum 的数量在办公室的平时考查里，office 应写 records"
    if sheet is None:
        yield f"没有名为 {clause.sheet} 的表" if clause.sheet else "没有写明在哪张表申报"
        return
    for header in clause.evidence:
        if header not in sheet.headers("evidence"):
            yield f"表 {sheet.name} 没有佐证列 {header}"
    need = _NEEDS.get(clause.measure)
    if need and not sheet.headers(need):
        yield f"表 {sheet.name} 没有 {clause.measure} 要用的列"
    if sheet.prefilled != (clause.measure in FIGURES):
        yield f"{clause.measure} 不能在表 {sheet.name} 申报"


def _figure_faults(clause: Clause) -> Iterator[str]:
    """Cells that say something about 基数 and 完成数 where there are none, or the other way."""
    figures = clause.measure in FIGURES
    if clause.office == "replaces" and not figures:
        yield "office 为 replaces 的条款应按基数、完成数计分"
    if clause.office == "confirms" and figures:
        yield "office 为 confirms 的条款按名称核对，不能按基数、完成数计分"
    if not figures and (clause.base or clause.done or clause.capped):
        yield f"{clause.measure} 没有基数和完成数，base、done、capped 应留空"


def band_fault(measure: str, bands: BandsOf) -> str:
    """Why these bands do not fit a measure, or ''."""
    floors = [band.floor for band in bands]
    gains = any(band.gain for band in bands)
    if not gains and not any(band.points for band in bands):
        return "每一档都是 0 分，什么也不计"
    if measure == "each" and floors != [1]:
        return "each 每项的值总是 1，计分档应只有一档 1:分值"
    if measure in PER_CLAIM and gains:
        return f"{measure} 逐项计分，计分档不能有递增或递减；要随次数递增的用 count"
    if measure in ("words", "count", "distinct"):
        if any(floor.denominator > 1 for floor in floors):
            return f"{measure} 是整数，各档下限也应是整数"
        if floors[0] < (1 if measure == "words" or (len(floors) == 1 and not gains) else 0):
            return f"{measure} 的最低一档太低，总会达到"
    if measure == "ratio" and floors[0] < 0:
        return "ratio 不会小于 0"
    return ""


# Roster --------------------------------------------------------------------------------------


def check_roster(table: Table[Unit], facts: Facts) -> tuple[Unit, ...]:
    """`roster.csv` → the units in order; two units must never be read as one.

    Faults are noted in the table.
    """
    rows = table.rows
    for line, row in rows:
        for name in (row.unit, *row.short_names):
            for written, meant in facts.unit_synonyms.items():
                if fold(written) in fold(name):
                    table.fault(line, name, f"“{written}”读作“{meant}”，名册里也应这样写")
        if _NOT_IN_FILE_NAMES.search(row.unit):
            table.fault(line, row.unit, "Windows 的文件名不能这样写，退回件要以它为名")
        if row.email and not _EMAIL.fullmatch(row.email):
            table.fault(line, row.unit, f"邮箱 {row.email!r} 写法有误", "email")
    table.unique((line, name) for line, row in rows for name in _names(row, facts.unit_prefixes))
    return tuple(row for _, row in rows)


def _names(row: Unit, prefixes: tuple[str, ...]) -> set[str]:
    """Every name under which a unit is found, folded, place prefixes taken away or not."""
    names = {fold(name) for name in (row.unit, *row.short_names)}
    return names | {name.removeprefix(fold(prefix)) for name in names for prefix in prefixes}


# Facts ---------------------------------------------------------------------------------------


def check_facts(path: Path, facts: Facts, clauses: tuple[Clause, ...]) -> list[Fault]:
    """What in `rulebook.toml` does not agree with itself or with the clauses."""
    sections = {clause.section_key for clause in clauses}
    return [Fault(path, fault, column=key) for key, fault in _fact_faults(facts, sections)]


def _fact_faults(facts: Facts, sections: set[str]) -> Iterator[tuple[str, str]]:
    if not facts.first_day < facts.deadline:
        yield "deadline", f"{facts.deadline} 应晚于 first_day {facts.first_day}"
    if facts.year not in (facts.first_day.year, facts.deadline.year):
        yield "year", f"{facts.year} 与 first_day、deadline 的年份不符"
    if facts.key_section not in sections:
        yield "key_section", f"{facts.key_section!r} 不是任何部分的编号"
    names = [award.name for award in facts.awards]
    for award in facts.awards:
        if names.count(award.name) > 1:
            yield "awards", f"奖项 {award.name} 重复"
        if award.basis not in (TOTAL, facts.key_section):
            yield (
                "awards",
                (
                    f"奖项 {award.name} 的 basis {award.basis!r} "
                    f"应是 {TOTAL} 或重点工作的编号 {facts.key_section}"
                ),
            )
    for word in facts.empty_evidence:
        if "|" in word:
            yield "empty_evidence", f"{word!r} 不能有 |"
