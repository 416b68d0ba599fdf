"""The oracle's first half: which claims are accepted, and why others are refused."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tests.kit.measure import (
    CAPPED,
    CONFIRMED_BY_OFFICE,
    DEADLINE,
    FIGURE_CLAUSES,
    FIRST_DAY,
    IDENTITY,
    MEASURE,
    NEEDS_OBJECT,
    REPLACED_BY_OFFICE,
    SHARED,
)  # fmt: skip
from tests.kit.returns import Claim, Placed, Record, Register, Ruling, Span, meaning, raw

LIFTED = {"title", "date", "evidence", "over"}
"""What the panel may overlook."""
NOTHING = ("无", "/", "-", "—", "暂无", "没有")
"""Words for empty evidence."""


def same(text: object) -> str:
    """Text as it is compared: NFKC, no white space, case folded."""
    return "".join(unicodedata.normalize("NFKC", str(text or "")).split()).casefold()


def first_day(claim: Claim) -> object:
    """The date of a claim: of a range its first day."""
    day = meaning(claim.date)
    return day.first if isinstance(day, Span) else day


@dataclass
class Entry:
    """A line of the ledger. `why` holds the reasons of a refusal, `warned` those of a warning."""

    unit: str
    file: str
    placed: Placed
    counted: bool = True
    points: Fraction | None = None
    yields: bool = False
    why: set[str] = field(default_factory=set)
    warned: set[str] = field(default_factory=set)

    @property
    def claim(self) -> Claim:
        return self.placed.claim

    @property
    def clause(self) -> str:
        return str(meaning(self.claim.clause))

    @property
    def day(self) -> object:
        return first_day(self.claim)

    @property
    def key(self) -> tuple[object, ...]:
        if MEASURE[self.clause].sheet == "指标任务":
            return (self.clause,)
        return (self.clause, same(meaning(self.claim.title)), self.day)


def in_time(day: object, readings: frozenset[str]) -> bool:
    """Before the deadline, or on it where that reading is taken."""
    assert isinstance(day, date)
    return day < DEADLINE or (day == DEADLINE and "deadline-day" in readings)


def whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def given(value: object) -> str:
    """A cell as it is compared, "" where it is empty or holds a word for empty evidence."""
    text = same(meaning(value))
    return "" if text in NOTHING else text


def says_nothing(claim: Claim) -> bool:
    """The row holds, 条款 and what was prefilled aside, words for empty evidence and no more."""
    prefilled = ("条款", "指标") if claim.sheet == "指标任务" else ("条款",)
    cells = [v for header, v in claim.values().items() if header not in prefilled]
    said = any(same(raw(v)) in NOTHING for v in (*cells, claim.clause))
    return said and all(same(raw(v)) in {*NOTHING, ""} for v in cells)


def refusals(
    claim: Claim, readings: frozenset[str], targets: Mapping[str, int] | None = None
) -> set[str]:
    """Every reason in the row itself why a claim is refused; `targets` stand for 基数."""
    rule = MEASURE.get(str(meaning(claim.clause)))
    if rule is None or rule.sheet != claim.sheet:
        return {"clause"}
    why = set()
    if not same(meaning(claim.title)):
        why.add("title")
    day = meaning(claim.date)
    first, last = (day.first, day.last) if isinstance(day, Span) else (day, day)
    if isinstance(first, date) and rule.sheet == "指标任务":
        late = last > date(FIRST_DAY.year, 12, 31)
    else:
        late = not isinstance(first, date) or not in_time(last, readings)
    old = "standing-work" in readings and rule.id in ("一.2b", "二.5b", "七.1")
    if late or (first < FIRST_DAY and not old):
        why.add("date")
    missing = lacking(claim)
    if missing and ("evidence-partial" not in readings or len(missing) == len(rule.evidence)):
        why.add("evidence")
    if rule.measure == "words" and not whole(meaning(claim.words), 1):
        why.add("words")
    if rule.measure in ("ratio", "growth"):
        base, done = meaning(claim.base), meaning(claim.done)
        base = (targets or {}).get(rule.id) or base
        why |= {"base"} - ({"base"} if whole(base, 1) else set())
        why |= {"done"} - ({"done"} if whole(done, 0) else set())
        if not why & {"base", "done"} and rule.id in CAPPED and done > base:
            why.add("over")
    if rule.id in NEEDS_OBJECT and not given(claim.object):
        why.add("object")
    return why


def apart(claim: Claim) -> str:
    """What tells claims of one title and date apart: 对象, 媒体或刊物, 采用或批示单位."""
    header = IDENTITY.get(claim.sheet)
    return given(claim.values().get(header)) if header else ""


def lacking(claim: Claim) -> list[str]:
    """Required evidence that is not there."""
    rule, papers = MEASURE[str(meaning(claim.clause))], claim.evidence or {}
    return [name for name in rule.evidence if not given(papers.get(name))]


def judge(
    entries: list[Entry], register: Register, readings: frozenset[str],
    targets: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Decide about the claims of one unit, in their order."""
    seen: dict[tuple[object, ...], list[str]] = {}
    for entry in entries:
        why = refusals(entry.claim, readings, targets)
        word = word_for(entry, register.rulings)
        if word == "认定" and "clause" not in why:
            why -= LIFTED
        if not why:
            earlier, own = seen.setdefault(entry.key, []), apart(entry.claim)
            if any(not own or not other or own == other for other in earlier):
                why = {"repeat"}
            else:
                # A claim that the panel alone refuses still makes a later one a repetition.
                earlier.append(own)
        if word == "不认定":
            why.add("ruling")
        entry.why, entry.counted = why, not why
        if entry.counted:
            if isinstance(meaning(entry.claim.date), Span):
                entry.warned.add("range")
            if lacking(entry.claim) and "evidence-partial" in readings and not word:
                entry.warned.add("partial")


def of_claim(ruling: Ruling, entry: Entry) -> int:
    """How closely a ruling is of a claim: 3 its row, 2 its name, 1 its clause, 0 not at all."""
    if meaning(ruling.unit) != entry.unit or meaning(ruling.clause) != entry.clause:
        return 0
    named = same(meaning(ruling.name)) == same(meaning(entry.claim.title))
    if ruling.row is not None:
        here = (entry.file, entry.placed.sheet, entry.placed.row)
        return 3 if named and (ruling.file, ruling.sheet, ruling.row) == here else 0
    if not same(meaning(ruling.name)):
        return 1
    return 2 if named else 0


def agreed(rulings: list[Ruling], what: str) -> object:
    """What the judges of equal rulings say: of each the last; None where they disagree."""
    said = {ruling.judge: meaning(getattr(ruling, what)) for ruling in rulings}
    return next(iter(said.values())) if len(set(said.values())) == 1 else None


def word_for(entry: Entry, rulings: list[Ruling]) -> object:
    """认定, 不认定 or None: the closest ruling on which the judges agree."""
    words = [ruling for ruling in rulings if ruling.word in ("认定", "不认定")]
    for close in (3, 2, 1):
        word = agreed([ruling for ruling in words if of_claim(ruling, entry) == close], "word")
        if word:
            return word
    return None


def warn_alike(ledger: list[Entry]) -> None:
    """Mark accepted claims that another unit has too."""
    for entry in ledger:
        for other in ledger:
            if entry.counted and other.counted and entry.unit != other.unit and (
                entry.clause not in (*FIGURE_CLAUSES, *SHARED) and entry.key == other.key
            ):  # fmt: skip
                entry.warned.add("alike")


def record_counts(record: Record) -> bool:
    """A row of 平时考查 of a clause that takes records, not dated outside the year's days."""
    clause, day = meaning(record.clause), meaning(record.date)
    day = day.first if isinstance(day, Span) else day
    if clause not in (*CONFIRMED_BY_OFFICE, *REPLACED_BY_OFFICE):
        return False
    if not isinstance(day, date):
        return True
    if clause in REPLACED_BY_OFFICE:
        return FIRST_DAY <= day <= date(FIRST_DAY.year, 12, 31)
    return FIRST_DAY <= day < DEADLINE


def warn_unseen(ledger: list[Entry], register: Register) -> None:
    """Mark claims that the office has not recorded, where it records such claims at all."""
    for clause in CONFIRMED_BY_OFFICE:
        rows = [r for r in register.records if meaning(r.clause) == clause and record_counts(r)]
        for entry in ledger:
            if rows and entry.counted and entry.clause == clause:
                known = {same(r.name) for r in rows if meaning(r.unit) == entry.unit}
                if same(meaning(entry.claim.title)) not in known:
                    entry.warned.add("unseen")
