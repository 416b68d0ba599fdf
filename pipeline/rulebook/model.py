"""The types of a rulebook: clauses, columns, units, readings, and the `Rulebook` that holds them.

Each field checks itself; what must agree between rows and files is checked in
`checks.py` and `readings.py`.
"""

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from pipeline.errors import UserError
from pipeline.text import fold

Measure = Literal[
    "each", "words", "count", "distinct", "sum", "mark", "trimmed", "ratio", "growth", "difference"
]  # fmt: skip
Per = Literal["", "周", "月", "季", "半年", "周均", "月均", "季均", "半年均", "题目", "对象"]
Against = Literal["", "place", "place-low", "best", "range", "mean"]
Role = Literal[
    "clause", "title", "date", "words", "base", "done", "object", "evidence", "note", "info"
]
Patch = Literal[
    "bands", "measure", "per", "against", "for", "least", "most", "times",
    "exclusive", "yields", "overlap", "absent", "earlier", "evidence", "deadline",
]  # fmt: skip
_Value = TypeVar("_Value")
_LONGEST_BAND = 60
"""A number without end is a slip."""

ALL = ("all",)
"""What a reading about every clause has in `clauses`."""
TOTAL = "total"
"""What an award by total points has in `basis`."""
PER_CLAIM: frozenset[str] = frozenset({"each", "words"})
FIGURES: frozenset[str] = frozenset({"ratio", "growth", "difference"})
"""Measures of 基数 and 完成数: one row a clause, prefilled in the template."""
SHARES: frozenset[str] = FIGURES - {"difference"}
"""Measures that divide by 基数."""
MARKS: frozenset[str] = frozenset({"mark", "trimmed"})
"""Means of marks; `trimmed`: the highest and the lowest one left out, where a third is there."""
AMOUNTS: frozenset[str] = MARKS | {"sum"}
"""Measures of numbers that the office records."""
_MONTHS = {"周": 0, "月": 1, "季": 3, "半年": 6}
MEANS = tuple(f"{name}均" for name in _MONTHS)
"""`per` that averages over all of them."""
PERIODS = (*_MONTHS, *MEANS)
"""`per` that goes by the calendar."""


class Fault(NamedTuple):
    """A fault of a rulebook and where it is: line 0, key and column '' where there is none."""

    file: Path
    reason: str
    line: int = 0
    key: str = ""
    column: str = ""

    def __str__(self) -> str:
        line = f"第{self.line}行" if self.line else ""
        place = " ".join(filter(None, (str(self.file), line, self.key)))
        return "：".join(filter(None, (place, self.column, self.reason)))


class RulebookError(UserError):
    """Faults in the rulebook; the message is the first, with file, line and clause."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(str(faults[0]))
        self.faults = faults


class Step(NamedTuple):
    """From `floor` on `points`, and `gain` for every `step` beyond it.

    Attributes:
        whole: only whole steps count; else in proportion.
        over: the floor itself does not count.
    """

    floor: Fraction
    points: float
    gain: Fraction = Fraction(0)
    step: Fraction = Fraction(1)
    whole: bool = False
    over: bool = False

    def at(self, value: Fraction) -> float:
        """The points of a value that reaches this step and no higher one."""
        if not self.gain:
            return self.points
        steps = (value - self.floor) / self.step
        return float(Fraction(str(self.points)) + self.gain * (int(steps) if self.whole else steps))


BandsOf = tuple[Step, ...]
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_STEP = re.compile(
    rf"(?P<over>>?)(?P<floor>-?{_NUMBER}(?:/{_NUMBER})?):(?P<points>-?{_NUMBER})"
    rf"(?:(?P<gain>[+-]{_NUMBER})(?:(?P<by>//?)(?P<step>{_NUMBER}))?)?"
)


def parse_bands(text: str) -> BandsOf:
    """`floor:points|floor:points+gain/step|>floor:points` → steps, floors exact and rising.

    Raises:
        ValueError: what is wrong, in Chinese.
    """
    bands = tuple(_step(part) for part in text.split("|"))
    if any((a.floor, a.over) >= (b.floor, b.over) for a, b in pairwise(bands)):
        raise ValueError(f"计分档 {text!r} 的下限应逐档升高")
    return bands


def _step(part: str) -> Step:
    found = _STEP.fullmatch(part.strip())
    above, _, below = (found["floor"] if found else "").partition("/")
    if found is None or len(part) > _LONGEST_BAND or (below and not Fraction(below)):
        raise ValueError(f"计分档 {part!r} 应写成 下限:分值 或 下限:分值+加分/每多少，都是数")
    step = Fraction(found["step"] or 1)
    if not step:
        raise ValueError(f"计分档 {part!r} 的每一步不能是 0")
    floor, gain = Fraction(above) / Fraction(below or 1), Fraction(found["gain"] or 0)
    whole, over = found["by"] == "//", bool(found["over"])
    return Step(floor, float(found["points"]), gain, step, whole, over)


def _split(value: object) -> object:
    return tuple(filter(None, value.split(";"))) if isinstance(value, str) else value


def _bands(value: object) -> object:
    if isinstance(value, str):
        return parse_bands(value) if value else ()
    return value


def _exact(value: object) -> object:
    if value in ("", None):
        return None
    if not isinstance(value, Fraction | int | float | str) or isinstance(value, bool):
        raise ValueError("应是数")
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} 应是数") from None


def _total(name: str) -> str:
    return TOTAL if name == "总分" else name


def _names(value: object) -> object:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, list | tuple):
        return tuple(_total(name) if isinstance(name, str) else name for name in names)
    return names


def _yes(value: object) -> object:
    if value not in ("", "是", True, False):
        raise ValueError("只能写“是”或留空")
    return value in ("是", True)


def _plain(text: str) -> str:
    # A line break would tear sentences and mail headers; nobody sees the other signs.
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise ValueError("不能有换行或控制符")
    return text


def _once(words: tuple[_Value, ...]) -> tuple[_Value, ...]:
    if len(set(words)) < len(words):
        raise ValueError("有重复")
    return words


Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_plain)]
"""Text on one line, perhaps empty."""
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_plain)
]
Words = Annotated[tuple[Text, ...], BeforeValidator(_split), AfterValidator(_once)]
YesOrBlank = Annotated[bool, BeforeValidator(_yes)]
Bands = Annotated[BandsOf, BeforeValidator(_bands)]
Exact = Annotated[Fraction | None, BeforeValidator(_exact)]
"""A number as it is written, or none."""
Names = Annotated[tuple[Text, ...], BeforeValidator(_names), AfterValidator(_once)]
"""One name or a list of names; 总分 is `total`."""


class Row(BaseModel):
    """What all parts of a rulebook have in common: fixed, and without unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )

    def values(self) -> dict[str, Any]:
        """The fields; `dict` and `model_copy` would take what is worked out once with them."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def changed(self, **fields: Any) -> Self:
        """The same with other fields, unchecked."""
        return cast("Self", self.model_construct(**self.values() | fields))


class Band(NamedTuple):
    """Where a measured value stands in the bands of its clause.

    `floor` is None below the lowest floor, `next` None in the highest band.
    """

    floor: Fraction | None
    points: float
    next: Fraction | None


class Banded(Row):
    """What has bands: a clause, or a sum."""

    if TYPE_CHECKING:  # each has them at its own place among its columns
        bands: BandsOf

    @cached_property
    def floors(self) -> tuple[float, ...]:
        """The lowest values of the bands, rising, as floats."""
        floors = ((float(band.floor), band.over) for band in self.bands)
        return tuple(math.nextafter(floor, math.inf) if over else floor for floor, over in floors)

    @cached_property
    def edges(self) -> tuple[tuple[Fraction, bool], ...]:
        """The floors, each with whether its band begins just above it."""
        return tuple((band.floor, band.over) for band in self.bands)

    @cached_property
    def gains(self) -> bool:
        """Whether points rise or fall within a band."""
        return any(band.gain for band in self.bands)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The least and the most points of one value; infinite where a gain has no end."""
        ends = [0.0]
        for band, following in zip_longest(self.bands, self.bands[1:]):
            ends.append(band.points)
            if band.gain:
                endless = math.copysign(math.inf, band.gain)
                ends.append(band.at(following.floor) if following else endless)
        return min(ends), max(ends)

    def band_at(self, value: Fraction | float) -> Band:
        """The band that a value reaches; a float is compared as the rounded number it is.

        A fraction is decided exactly: done × q ≥ base × p in whole numbers.
        """
        if isinstance(value, float):
            at = bisect_right(self.floors, value)
        else:
            at = bisect_right(self.edges, (value, False))
        following = self.bands[at].floor if at < len(self.bands) else None
        if not at:
            return Band(None, 0.0, following)
        band = self.bands[at - 1]
        if band.gain and isinstance(value, float):
            value = Fraction(value).limit_denominator(10**9)
        return Band(band.floor, band.at(Fraction(value)) if band.gain else band.points, following)


class Clause(Banded):
    """One line of the measure that earns points."""

    id: Text
    section: Text
    label: Text
    sheet: Line
    measure: Measure
    bands: Bands
    """None where the clause is measured only, for a veto."""
    evidence: Words
    noun: Line
    base: Line
    done: Line
    capped: YesOrBlank
    office: Literal["", "replaces", "confirms", "records"]
    """`records`: the office's entries are the only ones, and `sheet` is empty."""
    shared: YesOrBlank
    """Whether all units take part in the same thing, so that alike claims mean nothing."""
    source: Text
    concerns: Words = Field(default=(), alias="for")
    """Groups or units whom it is for; empty: all."""
    counts: Line = Field(default="", alias="from")
    """The clause whose entries count here: nobody fills a figure in twice."""
    per: Per = ""
    """Measure and bands are taken for each week, month …, title or object, and added; or averaged
    (月均 …)."""
    against: Against = ""
    """The value is taken beside those of the group."""
    once: Line = ""
    """Among clauses with the same word, entries of one title earn once, where they earn most."""
    by: Line = ""
    """Who records it; for the forms alone."""

    @property
    def section_key(self) -> str:
        """The numeral that the section's name begins with."""
        return self.section.split(" ")[0]

    @cached_property
    def most(self) -> float:
        """The most that it gives a unit; infinite where every further claim earns."""
        most = self.span[1]
        if self.measure in PER_CLAIM or (self.per and self.per not in MEANS):
            return math.inf if most else 0.0
        if math.isinf(most) and (self.against or self.capped) and self.against != "mean":
            return self.band_at(Fraction(1)).points  # a first place, the best of all
        return most

    def is_for(self, unit: "Unit") -> bool:
        """Whether the clause concerns a unit."""
        return not self.concerns or unit.among(self.concerns)

    def terms(self, base: Any, done: Any) -> tuple[Any, Any]:
        """What a clause with figures divides by what: of whole numbers, or of arrays of them."""
        gained = done - base if self.measure in ("growth", "difference") else done
        return gained, 1 + 0 * base if self.measure == "difference" else base

    def points_at(self, base: int, done: int) -> float:
        """What a clause with figures earns for them."""
        return self.band_at(Fraction(*self.terms(base, done))).points


class Column(Row):
    """A column of a claim sheet and the part it plays in a claim."""

    sheet: Text
    header: Text
    role: Role
    width: float = Field(gt=0, le=255)
    identity: YesOrBlank
    """Whether what stands here tells claims of one title and date apart."""
    help: Text


class Unit(Row):
    """A federation that is assessed."""

    unit: Text
    short_names: Words
    email: Line
    groups: Words = Field(default=(), alias="group")
    """Words that `for` may name; the unit is ranked in the first."""
    factors: dict[str, Exact] = {}
    """Further columns of the roster: numbers that `times` may name."""

    @property
    def group(self) -> str:
        """The group in which the unit is ranked; '' where there is one ranking."""
        return self.groups[0] if self.groups else ""

    def among(self, words: Iterable[str]) -> bool:
        """Whether one of these words is its name or a group of it."""
        return not {self.unit, *self.groups}.isdisjoint(words)

    def times(self, weight: str) -> Fraction:
        """A weight: a number, or a column of the roster; 1 where there is none."""
        factor = self.factors.get(weight)
        return Fraction(weight or 1) if factor is None else factor


class Reading(Row):
    """How an ambiguous sentence is taken: the default sense, the alternative, and its patch."""

    id: Text
    name: Text
    clauses: Words
    source: Text
    question: Text
    default: Text
    alternative: Text
    patch: Patch
    value: Line

    @property
    def winners(self) -> tuple[str, ...]:
        """The clauses that `value` names."""
        return tuple(filter(None, self.value.split(";")))

    @property
    def losers(self) -> tuple[str, ...]:
        """The clauses that `value` does not name."""
        return tuple(clause for clause in self.clauses if clause not in self.winners)


class Sum(Banded):
    """A row of `sums.csv`: parts added up; a part no longer counts for itself."""

    name: Text
    parts: Words
    """Clauses of one section, or whole sections and other rows."""
    how: Literal["", "best"] = ""
    """`best`: the best part alone."""
    against: Against = ""
    bands: Bands = ()
    least: Exact = None
    most: Exact = None
    times: Line = ""
    """A weight, or a column of the roster."""
    full: Exact = None
    """The full marks that the measure states: compared with what the parts can give."""


class Award(Row):
    """An award and what it goes by: names of sections, clauses, sums, or `total`."""

    name: Text
    basis: Names
    places: int | None = Field(default=None, ge=0)
    """Where the measure fixes them; else the office's 奖项名额 says."""
    concerns: Words = Field(default=(), alias="for")
    """Groups or units that compete for it together; empty: each group by itself."""

    @property
    def by_total(self) -> bool:
        """Whether the places in the ranking decide."""
        return self.basis == (TOTAL,) and not self.concerns


class Grade(Row):
    """A grade: the first that fits is given."""

    name: Text
    least: Exact = None
    share: Exact = Field(default=None, gt=0, le=1)
    """Of the units of a group, rounded down, the best first."""


class Veto(Row):
    """What bars a unit from grades and awards; its place and total stay."""

    name: Text
    when: Annotated[Line, AfterValidator(_total)] = ""
    """A clause's value, or the points of a section, a sum, `total`; empty: the office says."""
    least: Exact = None
    below: Exact = None
    bars: Names

    def holds(self, value: float) -> bool:
        """Whether a value reaches `least`, or stays `below`; nothing measured does neither."""
        if math.isnan(value):
            return False
        found = Fraction(str(round(value, 9)))
        return (self.least is not None and found >= self.least) or (
            self.below is not None and found < self.below
        )


class Sheet(Row):
    """A claim sheet: its columns in order."""

    name: str
    columns: tuple[Column, ...]

    @cached_property
    def _by_role(self) -> dict[str, tuple[str, ...]]:
        roles = dict.fromkeys(c.role for c in self.columns)
        return {role: tuple(c.header for c in self.columns if c.role == role) for role in roles}

    @cached_property
    def identity(self) -> str:
        """The header of the column that tells claims of one title and date apart, or ''."""
        return next((column.header for column in self.columns if column.identity), "")

    def headers(self, role: str) -> tuple[str, ...]:
        """The headers of the columns that play this part."""
        return self._by_role.get(role, ())

    def header(self, role: str) -> str:
        """The header of the one column that plays this part, or ''."""
        return next(iter(self.headers(role)), "")

    @property
    def prefilled(self) -> bool:
        """Whether the template writes one row for each clause: the sheets with 基数 and 完成数."""
        return bool(self.headers("base"))


class Facts(Row):
    """What `rulebook.toml` says."""

    year: int = Field(ge=2000, le=2999)
    title: Text
    first_day: date
    deadline: date
    copies: int = Field(ge=1)
    key_section: Line = ""
    """重点工作, which is ranked by itself; may be empty."""
    empty_evidence: Annotated[tuple[Text, ...], AfterValidator(_once)]
    unit_prefixes: tuple[Text, ...]
    unit_synonyms: dict[Text, Text]
    awards: tuple[Award, ...]
    grades: tuple[Grade, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    tie: Names = ()
    """Sections, clauses or sums that part equal totals, the first that differs: more stands first.
    """
    last_day: date | None = None
    """The last day of what counts, where it is not the day before the deadline."""
    office: Line = ""
    """Who answers the units' questions, and signs what goes back to them; may be empty."""
    contact: Line = ""
    phone: Line = ""
    notified: Line = ""
    """Whom a letter tells the result; may be empty."""


CELLS = frozenset({"bands", "measure", "per", "against", "for", "least", "most", "times"})
"""Patches that put another value into a cell of a clause or a sum."""
_FIELDS = {"for": "concerns"}
_Patched = TypeVar("_Patched", bound=Banded)


def patched(row: _Patched, key: str, readings: Iterable[Reading]) -> _Patched:
    """A row with the cells that readings change."""
    cells = {_FIELDS.get(r.patch, r.patch): r.value for r in readings if key in r.clauses}
    return row.model_validate(row.values() | cells) if cells else row


class Rulebook(Facts):
    """The measure of one year as data."""

    clauses: tuple[Clause, ...]
    sheets: tuple[Sheet, ...]
    roster: tuple[Unit, ...]
    readings: tuple[Reading, ...]
    sums: tuple[Sum, ...] = ()
    fingerprint: str
    taken: tuple[str, ...] = ()
    """Readings taken in their alternative sense: what they patch is patched already."""
    plain: Self | None = None
    """The rulebook as it is written, where readings patch it."""

    def under(self, readings: Iterable[str]) -> Self:
        """The rules in force where these readings, and no others, are taken otherwise."""
        chosen = set(readings)
        taken = tuple(reading for reading in self.readings if reading.id in chosen)
        days = timedelta(days=any(r.patch == "deadline" for r in taken))
        plain = self.plain or self
        cells = [reading for reading in taken if reading.patch in CELLS]
        return plain.changed(
            plain=plain,
            taken=tuple(reading.id for reading in taken),
            deadline=plain.deadline + days,
            clauses=tuple(patched(clause, clause.id, cells) for clause in plain.clauses),
            sums=tuple(patched(row, row.name, cells) for row in plain.sums),
        )

    def _patches(self, patch: Patch) -> tuple[Reading, ...]:
        return tuple(r for r in self.readings if r.patch == patch and r.id in self.taken)

    @cached_property
    def exclusive(self) -> tuple[tuple[str, ...], ...]:
        """Groups of clauses under which one title earns once."""
        words = dict.fromkeys(clause.once for clause in self.clauses if clause.once)
        groups = (tuple(c.id for c in self.clauses if c.once == word) for word in words)
        return (*groups, *(reading.clauses for reading in self._patches("exclusive")))

    @cached_property
    def yields(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """Clauses whose claims do not count where one of the others has the same title."""
        return tuple((reading.losers, reading.winners) for reading in self._patches("yields"))

    @cached_property
    def overlap(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """A clause that earns nothing where all the others earn."""
        return tuple((reading.value, reading.losers) for reading in self._patches("overlap"))

    @cached_property
    def absent(self) -> dict[str, float]:
        """What a clause with figures earns where nothing is accepted, where that is not 0."""
        return {c: float(r.value) for r in self._patches("absent") for c in r.clauses}

    @cached_property
    def earlier(self) -> frozenset[str]:
        """Clauses under which a date before the first day is accepted too."""
        return frozenset(c for reading in self._patches("earlier") for c in reading.clauses)

    @property
    def inclusive(self) -> bool:
        """Whether the day that `rulebook.toml` calls the deadline is in time."""
        return bool(self._patches("deadline"))

    @property
    def end(self) -> date:
        """The day before which what counts was done."""
        if self.last_day is None:
            return self.deadline
        return self.last_day + timedelta(days=1)

    @property
    def last_event(self) -> date:
        """The last day of what counts."""
        return self.end - timedelta(days=1)

    def periods(self, per: Per) -> list[tuple[date, date]]:
        """First and last day of each week (from Monday), month … of what counts."""
        first, months = self.first_day, _MONTHS[per.removesuffix("均")]
        starts = [first.replace(day=1) if months else first - timedelta(days=first.weekday())]
        while starts[-1] <= self.last_event:
            year, month = divmod(12 * starts[-1].year + starts[-1].month - 1 + months, 12)
            following = starts[-1] + timedelta(days=7)
            starts.append(date(year, month + 1, 1) if months else following)
        return [(one, two - timedelta(days=1)) for one, two in pairwise(starts)]

    @property
    def partial(self) -> bool:
        """Whether one of the required evidence columns is enough."""
        return bool(self._patches("evidence"))

    @cached_property
    def clause_ids(self) -> tuple[str, ...]:
        """Clause ids in the order of the measure."""
        return tuple(clause.id for clause in self.clauses)

    @cached_property
    def clause_codes(self) -> dict[str, int]:
        """Clause id → its position in the measure."""
        return {clause: code for code, clause in enumerate(self.clause_ids)}

    @cached_property
    def part_of(self) -> dict[str, str]:
        """Clause, section or sum → the sum that it is a part of."""
        return {part: row.name for row in self.sums for part in row.parts}

    @cached_property
    def homes(self) -> dict[str, str]:
        """Clause or sum → the section that it counts in; '' for a sum over several."""
        homes = {clause.id: clause.section_key for clause in self.clauses}
        for row in self.sums:
            found = {homes.get(part, "") for part in row.parts}
            homes[row.name] = found.pop() if len(found) == 1 else ""
        return homes

    def members(self, section: str) -> list[str]:
        """The clauses and sums that a section's points are added up from."""
        homes = self.homes.items()
        return [one for one, home in homes if home == section and one not in self.part_of]

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The clauses and sums that the total is added up from."""
        keys = (key for key in self.sections.values() if key not in self.part_of)
        across = (row.name for row in self.sums if not self.homes[row.name])
        return (
            *(one for key in keys for one in self.members(key)),
            *(name for name in across if name not in self.part_of),
        )

    @cached_property
    def ordered_by(self) -> tuple[tuple[str, ...], ...]:
        """What is added up for the total, and for each name in `tie`."""
        of_sections = self.sections.values()
        ties = (self.members(one) if one in of_sections else (one,) for one in self.tie)
        return (self.items, *map(tuple, ties))

    @cached_property
    def addends(self) -> tuple[str, ...]:
        """All that `ordered_by` names, each once."""
        return tuple(dict.fromkeys(one for key in self.ordered_by for one in key))

    @cached_property
    def below(self) -> dict[str, frozenset[str]]:
        """Clause or sum → the clauses that its points come from."""
        below = {clause: frozenset({clause}) for clause in self.clause_ids}
        for row in self.sums:
            parts = [m for p in row.parts for m in ([p] if p in below else self.members(p))]
            below[row.name] = frozenset().union(*(below[part] for part in parts))
        return below

    @cached_property
    def most(self) -> dict[str, float]:
        """Clause, sum, section or `total` → the most points of a unit; infinite without an end."""
        most = {clause.id: clause.most for clause in self.clauses}

        def section(key: str) -> float:
            return sum((most[one] for one in self.members(key)), 0.0)

        for row in self.sums:
            parts = [most[part] if part in most else section(part) for part in row.parts]
            top = row.span[1] if row.bands else max(parts) if row.how else sum(parts)
            top = top if row.most is None else min(top, float(row.most))
            most[row.name] = top * max(float(unit.times(row.times)) for unit in self.roster)
        most[TOTAL] = sum(most[item] for item in self.items)
        return most | {key: section(key) for key in self.sections.values()}

    @cached_property
    def linked(self) -> dict[str, frozenset[str]]:
        """Clause → the clauses whose points a change to it may move together with its own."""
        together = [self.below[item] for item in self.items]
        together += [frozenset({c.id, c.counts}) for c in self.clauses if c.counts]
        together += [frozenset(group) for group in self.exclusive]
        return {
            clause: frozenset({clause}).union(*(group for group in together if clause in group))
            for clause in self.clause_ids
        }

    @cached_property
    def unit_codes(self) -> dict[str, int]:
        """Full unit name → its position in the roster."""
        return {unit: code for code, unit in enumerate(self.units)}

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

    @cached_property
    def reading_names(self) -> dict[str, str]:
        """Id of a reading → its name."""
        return {reading.id: str(reading.name) for reading in self.readings}

    @cached_property
    def reading_ids(self) -> dict[str, str]:
        """Folded name, or id, of a reading → its id."""
        names = {fold(name): one for one, name in self.reading_names.items()}
        return names | {fold(one): one for one in self.reading_names}

    def clauses_of(self, sheet: str) -> tuple[Clause, ...]:
        """The clauses that are claimed on a sheet."""
        return tuple(clause for clause in self.clauses if clause.sheet == sheet)

    def touched_by(self, reading: Reading) -> tuple[str, ...]:
        """The clause ids that a reading is about (`all`, and sums, spelled out)."""
        if reading.clauses == ALL:
            return self.clause_ids
        touched = frozenset().union(*(self.below[one] for one in reading.clauses))
        return tuple(clause for clause in self.clause_ids if clause in touched)
