"""A rulebook folder → `Rulebook`: the measure as data, checked when it is loaded.

Five files: `rulebook.toml` (year, dates, awards), `clauses.csv`, `sheets.csv`, `roster.csv`,
`readings.csv`. A fault is a `RulebookError` of one line with file, line and clause; nothing is
scored by a rulebook with a fault in it.
"""

import csv
import hashlib
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from pipeline.errors import UserError
from pipeline.text import fold

Measure = Literal["each", "words", "count", "distinct", "ratio", "growth"]
Role = Literal[
    "clause", "title", "date", "words", "base", "done", "object", "evidence", "note", "info"
]
Patch = Literal[
    "bands", "measure", "exclusive", "yields", "overlap", "absent", "evidence", "deadline"
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

FILES = ("rulebook.toml", "clauses.csv", "sheets.csv", "roster.csv", "readings.csv")
PER_CLAIM: frozenset[str] = frozenset({"each", "words"})
FIGURES: frozenset[str] = frozenset({"ratio", "growth"})
"""Measures that divide 完成数 by 基数: one row a clause, prefilled in the template."""


class RulebookError(UserError):
    """A fault in the rulebook: one line naming file, line and clause."""


def _split(value: object) -> object:
    return tuple(filter(None, value.split(";"))) if isinstance(value, str) else value


def parse_bands(text: str) -> tuple[tuple[Fraction, float], ...]:
    """`floor:points|floor:points` → ((floor, points), …), floors exact and rising."""
    bands = []
    for part in text.split("|"):
        floor, colon, points = part.partition(":")
        if not colon:
            raise ValueError(f"计分档 {part!r} 应写成 下限:分值")
        bands.append((Fraction(floor), float(points)))
    if any(low >= high for (low, _), (high, _) in pairwise(bands)):
        raise ValueError(f"计分档 {text!r} 的下限应逐档升高")
    return tuple(bands)


def _bands(value: object) -> object:
    return parse_bands(value) if isinstance(value, str) else value


Words = Annotated[tuple[Text, ...], BeforeValidator(_split)]
Bands = Annotated[tuple[tuple[Fraction, float], ...], BeforeValidator(_bands)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Clause(_Row):
    """One line of the measure that earns points."""

    id: Text
    section: Text
    label: Text
    sheet: Text
    measure: Measure
    bands: Bands
    evidence: Words
    noun: str
    base: str
    done: str
    capped: Annotated[bool, BeforeValidator(lambda text: text == "是")]
    office: Literal["", "replaces", "confirms"]
    source: Text

    @property
    def section_key(self) -> str:
        """The numeral that the section's name begins with."""
        return self.section.split(" ")[0]


class Column(_Row):
    """A column of a claim sheet and the part it plays in a claim."""

    sheet: Text
    header: Text
    role: Role
    width: float = Field(gt=0)
    help: Text


class Unit(_Row):
    """A federation that is assessed."""

    unit: Text
    short_names: Words
    email: str


class Reading(_Row):
    """How an ambiguous sentence is taken: the default sense, the alternative, and its patch."""

    id: Text
    clauses: Words
    source: Text
    question: Text
    default: Text
    alternative: Text
    patch: Patch
    value: str


class Award(_Row):
    """An award and what it goes by: `total` or the numeral of a section."""

    name: Text
    basis: Text


class Sheet(_Row):
    """A claim sheet: its columns in order."""

    name: str
    columns: tuple[Column, ...]

    def headers(self, role: str) -> tuple[str, ...]:
        """The headers of the columns that play this part."""
        return tuple(c.header for c in self.columns if c.role == role)

    def header(self, role: str) -> str:
        """The header of the one column that plays this part, or ''."""
        return next(iter(self.headers(role)), "")

    @property
    def prefilled(self) -> bool:
        """Whether the template writes one row for each clause: the sheets with 基数 and 完成数."""
        return bool(self.headers("base"))


class Rulebook(_Row):
    """The measure of one year as data."""

    year: int = Field(ge=2000, le=2999)
    title: Text
    first_day: date
    deadline: date
    copies: int = Field(ge=1)
    key_section: Text
    empty_evidence: tuple[str, ...]
    unit_prefixes: tuple[str, ...]
    unit_synonyms: dict[str, str]
    awards: tuple[Award, ...]
    clauses: tuple[Clause, ...]
    sheets: tuple[Sheet, ...]
    roster: tuple[Unit, ...]
    readings: tuple[Reading, ...]
    fingerprint: str

    @model_validator(mode="after")
    def _dates_rise(self) -> Self:
        if not self.first_day < self.deadline:
            raise ValueError("deadline 应晚于 first_day")
        if self.key_section not in self.sections.values():
            raise ValueError(f"key_section {self.key_section!r} 不是任何部分的编号")
        for award in self.awards:
            if award.basis not in {"total", *self.sections.values()}:
                raise ValueError(f"奖项 {award.name} 的 basis {award.basis!r} 无法识别")
        return self

    @cached_property
    def clause_ids(self) -> tuple[str, ...]:
        """Clause ids in the order of the measure."""
        return tuple(clause.id for clause in self.clauses)

    @cached_property
    def clause(self) -> dict[str, Clause]:
        """Clauses by id."""
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def sections(self) -> dict[str, str]:
        """Section name → its numeral, in the order of the measure."""
        return {clause.section: clause.section_key for clause in self.clauses}

    @cached_property
    def sheet(self) -> dict[str, Sheet]:
        """Claim sheets by name."""
        return {sheet.name: sheet for sheet in self.sheets}

    @cached_property
    def evidence_headers(self) -> tuple[str, ...]:
        """Every evidence column of every sheet, once, in order."""
        return tuple(dict.fromkeys(h for sheet in self.sheets for h in sheet.headers("evidence")))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Full unit names in roster order."""
        return tuple(row.unit for row in self.roster)

    def clauses_of(self, sheet: str) -> tuple[Clause, ...]:
        """The clauses that are claimed on a sheet."""
        return tuple(clause for clause in self.clauses if clause.sheet == sheet)

    def touched_by(self, reading: Reading) -> tuple[str, ...]:
        """The clause ids that a reading is about (`all` spelled out)."""
        return self.clause_ids if reading.clauses == ("all",) else reading.clauses


_Model = TypeVar("_Model", bound=_Row)


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{field}：{message}" if field else message


class _Table:
    """One CSV file of the rulebook: rows, and errors that name file, line and first cell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restkey="多余的列", restval="")
            self.rows: list[tuple[int, dict[str, Any]]] = [(reader.line_num, row) for row in reader]
        if not self.rows:
            raise RulebookError(f"{path}：没有内容")

    def error(self, line: int, key: str, reason: str) -> RulebookError:
        return RulebookError(f"{self.path} 第{line}行 {key}：{reason}")

    def parse(self, model: type[_Model]) -> list[tuple[int, _Model]]:
        parsed = []
        for line, row in self.rows:
            try:
                parsed.append((line, model.model_validate(row)))
            except (ValidationError, ZeroDivisionError) as error:
                reason = _reason(error) if isinstance(error, ValidationError) else "计分档除以零"
                raise self.error(line, str(next(iter(row.values()))), reason) from error
        return parsed

    def unique(self, keys: Iterable[tuple[int, str]]) -> None:
        seen: dict[str, int] = {}
        for line, key in keys:
            if seen.setdefault(fold(key), line) != line:
                raise self.error(line, key, f"与第{seen[fold(key)]}行重复")


def _load_sheets(folder: Path) -> tuple[Sheet, ...]:
    table = _Table(folder / "sheets.csv")
    rows = table.parse(Column)
    table.unique((line, f"{column.sheet} {column.header}") for line, column in rows)
    sheets: dict[str, list[Column]] = {}
    lines: dict[str, int] = {}
    for line, column in rows:
        sheets.setdefault(column.sheet, []).append(column)
        lines.setdefault(column.sheet, line)
    for name, columns in sheets.items():
        roles: list[str] = [column.role for column in columns]
        for role in ("clause", "title", "date"):
            if roles.count(role) != 1:
                raise table.error(lines[name], name, f"应正好有一列 {role}")
        for role in ("words", "base", "done", "object"):
            if roles.count(role) > 1:
                raise table.error(lines[name], name, f"{role} 列重复")
        if ("base" in roles) != ("done" in roles):
            raise table.error(lines[name], name, "base 与 done 两列应同时有")
    return tuple(Sheet(name=name, columns=tuple(columns)) for name, columns in sheets.items())


_NEEDS = {"words": "words", "distinct": "object", "ratio": "base", "growth": "base"}
"""The column that a measure reads, by role."""


def _load_clauses(folder: Path, sheets: tuple[Sheet, ...]) -> tuple[Clause, ...]:
    table = _Table(folder / "clauses.csv")
    rows = table.parse(Clause)
    table.unique((line, clause.id) for line, clause in rows)
    by_name = {sheet.name: sheet for sheet in sheets}
    for line, clause in rows:
        sheet = by_name.get(clause.sheet)
        if sheet is None:
            raise table.error(line, clause.id, f"没有名为 {clause.sheet} 的表")
        for header in clause.evidence:
            if header not in sheet.headers("evidence"):
                raise table.error(line, clause.id, f"表 {sheet.name} 没有佐证列 {header}")
        need = _NEEDS.get(clause.measure)
        if need and not sheet.headers(need):
            raise table.error(line, clause.id, f"表 {sheet.name} 没有 {clause.measure} 要用的列")
        if sheet.prefilled != (clause.measure in FIGURES):
            raise table.error(line, clause.id, f"{clause.measure} 不能在表 {sheet.name} 申报")
        if clause.office == "replaces" and clause.measure not in FIGURES:
            raise table.error(line, clause.id, "office 为 replaces 的条款应按基数、完成数计分")
        if clause.measure in FIGURES and not (clause.base and clause.done):
            raise table.error(line, clause.id, "应写明 base 与 done 各是什么数")
    return tuple(clause for _, clause in rows)


def _patch_bands(reading: Reading, clauses: dict[str, Clause]) -> str:
    try:
        bands = parse_bands(reading.value)
    except (ValueError, ZeroDivisionError) as error:
        return str(error)
    same = all(clauses[c].bands == bands for c in reading.clauses)
    return "与原计分档相同，什么也不改变" if same else ""


def _patch_measure(reading: Reading, clauses: dict[str, Clause]) -> str:
    if reading.value not in ("each", "count", "distinct"):
        return f"不能改按 {reading.value!r} 计"
    same = all(clauses[c].measure == reading.value for c in reading.clauses)
    return "与原计法相同，什么也不改变" if same else ""


def _patch_exclusive(reading: Reading, clauses: dict[str, Clause]) -> str:
    per_claim = all(clauses[c].measure in PER_CLAIM for c in reading.clauses)
    return "" if per_claim else "只有按项计分的条款才能同题只计一次"


def _patch_member(reading: Reading, clauses: dict[str, Clause]) -> str:
    if reading.value not in reading.clauses or len(reading.clauses) < 2:
        return f"value 应是 clauses 之一，且另有条款：{reading.value!r}"
    return ""


def _patch_absent(reading: Reading, clauses: dict[str, Clause]) -> str:
    try:
        points = float(reading.value)
    except ValueError:
        return f"value 应是分值：{reading.value!r}"
    return "" if points else "分值为 0，什么也不改变"


def _patch_word(word: str) -> Callable[[Reading, dict[str, Clause]], str]:
    return lambda reading, clauses: "" if reading.value == word else f"value 应是 {word}"


_PATCH_FAULTS: dict[str, Callable[[Reading, dict[str, Clause]], str]] = {
    "bands": _patch_bands,
    "measure": _patch_measure,
    "exclusive": _patch_exclusive,
    "yields": _patch_member,
    "overlap": _patch_member,
    "absent": _patch_absent,
    "evidence": _patch_word("any"),
    "deadline": _patch_word("inclusive"),
}
_WHOLE = frozenset({"evidence", "deadline"})
"""Patches that hold for all clauses at once."""


def _load_readings(folder: Path, clauses: tuple[Clause, ...]) -> tuple[Reading, ...]:
    table = _Table(folder / "readings.csv")
    rows = table.parse(Reading)
    table.unique((line, reading.id) for line, reading in rows)
    by_id = {clause.id: clause for clause in clauses}
    for line, reading in rows:
        if (reading.patch in _WHOLE) != (reading.clauses == ("all",)):
            raise table.error(line, reading.id, "clauses 应为 all，或 patch 不能用于 all")
        unknown = [c for c in reading.clauses if c not in by_id and reading.patch not in _WHOLE]
        if unknown or not reading.clauses:
            raise table.error(line, reading.id, f"没有条款 {'、'.join(unknown)}")
        fault = _PATCH_FAULTS[reading.patch](reading, by_id)
        if fault:
            raise table.error(line, reading.id, fault)
    return tuple(reading for _, reading in rows)


def _load_roster(folder: Path) -> tuple[Unit, ...]:
    table = _Table(folder / "roster.csv")
    rows = table.parse(Unit)
    table.unique((line, name) for line, row in rows for name in {row.unit, *row.short_names})
    return tuple(row for _, row in rows)


def load_rulebook(folder: Path) -> Rulebook:
    """Load and check a rulebook folder.

    Raises:
        RulebookError: one line with file, line and clause of the first fault.
    """
    try:
        raw = {name: (folder / name).read_bytes().replace(b"\r\n", b"\n") for name in FILES}
        facts = tomllib.loads(raw["rulebook.toml"].decode("utf-8-sig"))
        sheets = _load_sheets(folder)
        clauses = _load_clauses(folder, sheets)
        tables = {
            "sheets": sheets,
            "clauses": clauses,
            "readings": _load_readings(folder, clauses),
            "roster": _load_roster(folder),
            "fingerprint": hashlib.sha256(b"\0".join(raw.values())).hexdigest()[:12],
        }
        return Rulebook.model_validate(facts | tables)
    except OSError as error:
        raise RulebookError(f"计分规则读不出来：{error.filename}（{error.strerror}）") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, csv.Error) as error:
        raise RulebookError(f"计分规则 {folder} 写法有误：{error}") from error
    except ValidationError as error:
        raise RulebookError(f"{folder / 'rulebook.toml'}：{_reason(error)}") from error
