"""What must agree within and between the tables of a rulebook."""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from pipeline import layout
from pipeline.rulebook.model import (
    AMOUNTS,
    FIGURES,
    PER_CLAIM,
    SHARES,
    TOTAL,
    Award,
    Clause,
    Column,
    Facts,
    Fault,
    Rulebook,
    Sheet,
    Sum,
    Unit,
)
from pipeline.rulebook.tables import Table
from pipeline.text import SHEET_NAME, fold, fold_label

_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]|^'|'$")
_CLAUSE_ID = re.compile(r"[^\W_]+(?:\.[^\W_]+)+")
"""Letters and digits parted by full stops: formulas, lists and readers rely on nothing else."""
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_NOT_IN_FILE_NAMES = re.compile(
    r"[<>:\"/\\|?*]|[. ]$|^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE
)
"""What Windows allows in no file's name: the copies for a unit are named after it."""
_NEAR = 1e-6
_NO_SHARE = 10
"""1000 %: percent signs were left out."""
_NEEDS = {"words": "words", "distinct": "object", **dict.fromkeys(FIGURES, "base")}
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
    if fold(name) in map(fold, (layout.COVER, *layout.OWN_SHEETS)):
        yield "表名与模板自带的表相同"
    if len(name) > SHEET_NAME or _NOT_IN_SHEET_NAMES.search(name):
        yield f"表名最长 {SHEET_NAME} 个字，不能有 [ ] : * ? / \\ 和首尾的单引号"
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


def check_clauses(
    table: Table[Clause], sheets: tuple[Sheet, ...], roster: tuple[Unit, ...]
) -> tuple[Clause, ...]:
    """`clauses.csv` → the clauses in order; faults are noted in the table."""
    rows = table.rows
    table.unique((line, clause.id) for line, clause in rows)
    by_name = {sheet.name: sheet for sheet in sheets}
    by_id = {clause.id: clause for _, clause in rows}
    names: dict[str, str] = {}
    last = ""
    for line, clause in rows:
        faults = [*_section_faults(clause, names, last), *_clause_faults(clause)]
        faults += _place_faults(clause, by_name.get(clause.sheet))
        faults += _figure_faults(clause)
        faults += word_faults(clause, roster)
        faults += _source_faults(clause, by_id)
        faults += filter(None, [band_fault(clause)])
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
        if not (clause.base and clause.done) and not clause.counts:
            yield "应写明 base 与 done 各是什么数"
    elif not clause.noun:
        yield "应写明 noun（次、项、篇……）"


def _place_faults(clause: Clause, sheet: Sheet | None) -> Iterator[str]:
    """What the sheet lacks on which a clause is claimed."""
    if clause.office == "records":
        if clause.sheet or clause.evidence:
            yield "由办公室记录的条款没有人申报，sheet 和 evidence 应留空"
        if clause.per == "对象" or (clause.measure in _NEEDS and clause.measure not in FIGURES):
            yield f"由办公室记录的条款不能用 {clause.per or clause.measure}"
        return
    if clause.counts:
        if clause.sheet or clause.evidence or clause.office:
            yield "数取自别的条款时没有人申报，sheet、evidence 和 office 应留空"
        return
    if clause.measure in AMOUNTS:
        yield f"{clause.measure} 的数由办公室记录，office 应写 records"
    if sheet is None:
        yield f"没有名为 {clause.sheet} 的表" if clause.sheet else "没有写明在哪张表申报"
        return
    for header in clause.evidence:
        if header not in sheet.headers("evidence"):
            yield f"表 {sheet.name} 没有佐证列 {header}"
    need = "object" if clause.per == "对象" else _NEEDS.get(clause.measure)
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


def _concern_faults(row: Clause | Award, roster: tuple[Unit, ...]) -> Iterator[str]:
    unknown = [word for word in row.concerns if not any(unit.among([word]) for unit in roster)]
    if unknown:
        yield f"for 里的 {'、'.join(unknown)} 不是名册里的单位或组别"


def word_faults(clause: Clause, roster: tuple[Unit, ...]) -> Iterator[str]:
    """What is wrong with the words that few clauses have."""
    yield from _concern_faults(clause, roster)
    for word in filter(None, (clause.per, clause.against)):
        if clause.measure in PER_CLAIM:
            yield f"{clause.measure} 逐项计分，不能用 {word}；要合起来计的用 count"
    if clause.per and clause.measure in FIGURES:
        yield f"{clause.measure} 一条只有一组数，不能用 {clause.per}"
    if clause.once and clause.measure not in PER_CLAIM:
        yield f"{clause.measure} 不按项计分，不能同题只计一次（once）"
    if clause.by and clause.office != "records":
        yield "写了由谁记录（by）的条款，office 应写 records"
    if _NOT_IN_FILE_NAMES.search(clause.by):
        yield f"Windows 的文件名不能有“{clause.by}”，登记表要以它为名"


def _source_faults(clause: Clause, clauses: Mapping[str, Clause]) -> Iterator[str]:
    """What keeps a clause from counting the entries of another."""
    if not clause.counts:
        return
    source = clauses.get(clause.counts)
    if source is None or source.counts:
        yield f"from 里的 {clause.counts} 不是有人申报或记录的条款"
    elif (source.measure in FIGURES) != (clause.measure in FIGURES):
        yield f"from 里的 {source.id} 按 {source.measure} 计，这里不能按 {clause.measure} 计"


def band_fault(clause: Clause) -> str:
    """Why the bands of a clause do not fit its measure, or ''."""
    measure, bands = clause.measure, clause.bands
    floors = [band.floor for band in bands]
    if not bands:
        return f"{measure} 逐项计分，应有计分档，写作 下限:分值" if measure in PER_CLAIM else ""
    if not clause.gains and not any(band.points for band in bands):
        return "每一档都是 0 分，什么也不计"
    if measure == "each" and floors != [1]:
        return "each 每项的值总是 1，计分档应只有一档 1:分值"
    if measure in PER_CLAIM and clause.gains:
        return f"{measure} 逐项计分，计分档不能有递增或递减；要随次数递增的用 count"
    if measure in ("words", "count", "distinct") and not clause.against:
        if any(floor.denominator > 1 for floor in floors) and not clause.gains:
            return f"{measure} 是整数，各档下限也应是整数"
        if floors[0] < (1 if measure == "words" or (len(floors) == 1 and not clause.gains) else 0):
            return f"{measure} 的最低一档太低，总会达到"
    if measure in SHARES and not clause.against and floors[-1] >= _NO_SHARE:
        return f"{measure} 写小数：80% 写 0.8"
    if measure == "ratio" and floors[0] < 0 and clause.against != "mean":
        return "ratio 不会小于 0"
    return ""


# Sums ----------------------------------------------------------------------------------------


def check_sums(
    table: Table[Sum], clauses: tuple[Clause, ...], roster: tuple[Unit, ...]
) -> tuple[Sum, ...]:
    """`sums.csv` → its rows in order; faults are noted in the table."""
    rows = table.rows
    table.unique((line, row.name) for line, row in rows)
    table.unique(((line, part) for line, row in rows for part in row.parts), "parts")
    homes = {clause.id: clause.section_key for clause in clauses}
    known = set(homes.values())
    for line, row in rows:
        for fault in _sum_faults(row, homes, known, roster):
            table.fault(line, row.name, fault)
        known.add(row.name)
    return tuple(row for _, row in rows)


def check_full(table: Table[Sum], book: Rulebook) -> None:
    """Note where the full marks that the measure states are not what the parts can give."""
    for line, row in table.rows:
        most = book.most[row.name]
        if row.full is not None and math.isfinite(most) and abs(most - float(row.full)) > _NEAR:
            fault = f"最多能得 {most:g} 分，与写明的满分 {float(row.full):g} 分不符"
            table.fault(line, row.name, fault, "full")


def _sum_faults(
    row: Sum, homes: Mapping[str, str], known: set[str], roster: tuple[Unit, ...]
) -> Iterator[str]:
    if row.name in homes or row.name in homes.values() or row.name == TOTAL:
        yield "名称与条款、部分或总分的编号相同"
    unknown = [part for part in row.parts if part not in homes and part not in known]
    if unknown or not row.parts:
        yield f"parts 里的 {'、'.join(unknown) or '（空）'} 不是条款、部分，也不是写在前面的行"
    if len({homes[part] for part in row.parts if part in homes}) > 1:
        yield "parts 里的条款应属于同一部分"
    if row.least is not None and row.most is not None and row.least > row.most:
        yield f"least {row.least} 大于 most {row.most}"
    try:
        for unit in roster:
            unit.times(row.times)
    except ValueError:
        yield f"times {row.times!r} 应是数，或名册里每个单位都填了数的一列"


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


def check_facts(path: Path, book: Rulebook) -> list[Fault]:
    """What in `rulebook.toml` does not agree with itself or with the tables."""
    found = [*_fact_faults(book), *_award_faults(book), *_veto_faults(book)]
    return [Fault(path, fault, column=key) for key, fault in found]


def _fact_faults(facts: Rulebook) -> Iterator[tuple[str, str]]:
    if not facts.first_day < facts.deadline:
        yield "deadline", f"{facts.deadline} 应晚于 first_day {facts.first_day}"
    if facts.last_day is not None and not facts.first_day <= facts.last_day < facts.deadline:
        yield "last_day", f"{facts.last_day} 应在 first_day 与 deadline 之间"
    if facts.year not in (facts.first_day.year, facts.deadline.year):
        yield "year", f"{facts.year} 与 first_day、deadline 的年份不符"
    if facts.key_section and facts.key_section not in facts.sections.values():
        yield "key_section", f"{facts.key_section!r} 不是任何部分的编号"
    if unknown := [name for name in facts.tie if name == TOTAL or not _figure(facts, name)]:
        yield "tie", f"{'、'.join(unknown)} 不是部分的编号、条款或 sums.csv 里的名称"
    for word in facts.empty_evidence:
        if "|" in word:
            yield "empty_evidence", f"{word!r} 不能有 |"


def _award_faults(book: Rulebook) -> Iterator[tuple[str, str]]:
    names = [award.name for award in book.awards] + [grade.name for grade in book.grades]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield "awards", f"奖项或等次 {name} 重复"
    for award in book.awards:
        unknown = [name for name in award.basis if not _figure(book, name)]
        if unknown or not award.basis:
            named = "、".join(unknown) or "（空）"
            reason = "应是 total（总分）、部分的编号、条款或 sums.csv 里的名称"
            yield "awards", f"奖项 {award.name} 的 basis {named!r} {reason}"
        for fault in _concern_faults(award, book.roster):
            yield "awards", f"奖项 {award.name} 的 {fault}"
    for grade in book.grades:
        if grade.least is not None and grade.share is not None:
            yield "grades", f"等次 {grade.name} 的 least 与 share 只能写一项"
    shares = [grade.share for grade in book.grades if grade.share is not None]
    if any(one >= two for one, two in pairwise(shares)):
        yield "grades", "占比从头累计，应逐等升高：前 20%、再 40%，写 0.2、0.6"
    for grade in book.grades[:-1]:
        if grade.least is None and grade.share is None:
            yield "grades", f"等次 {grade.name} 应写明 least 或 share，只有最后一等可以不写"


def _figure(book: Rulebook, name: str) -> bool:
    known = (*book.clause_ids, *book.sections.values(), *(row.name for row in book.sums))
    return name == TOTAL or name in known


def _veto_faults(book: Rulebook) -> Iterator[tuple[str, str]]:
    barred = {award.name for award in book.awards} | {grade.name for grade in book.grades}
    names = [fold(veto.name) for veto in book.vetoes]
    for veto in book.vetoes:
        limits = (veto.least is not None) + (veto.below is not None)
        if names.count(fold(veto.name)) > 1:
            yield "vetoes", f"否决 {veto.name} 重复"
        if limits != bool(veto.when):
            yield "vetoes", f"否决 {veto.name}：写了 when 的应有 least 或 below 一项，否则都不写"
        if veto.when and not _figure(book, veto.when):
            yield "vetoes", f"否决 {veto.name} 的 when {veto.when!r} 不是条款、部分、合计或总分"
        if unknown := [name for name in veto.bars if name not in barred]:
            yield "vetoes", f"否决 {veto.name} 的 bars {'、'.join(unknown)} 不是奖项或等次"
    looked_at = {veto.when for veto in book.vetoes} | {clause.counts for clause in book.clauses}
    for clause in book.clauses:
        if not clause.bands and clause.id not in looked_at:
            yield "vetoes", f"{clause.id} 没有计分档，也没有一票否决或别的条款看它"
