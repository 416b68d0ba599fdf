"""The oracle's first half: which claims are accepted, and why others are refused."""

import unicodedata
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
    SHARED,
)  # fmt: skip
from tests.kit.returns import Claim, Placed, Register, Ruling, Span, meaning

LIFTED = {"title", "date", "evidence", "over"}
"""What the panel may overlook."""


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


def refusals(claim: Claim, readings: frozenset[str]) -> set[str]:
    """Every reason in the row itself why a claim is refused."""
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
        why |= {"base"} - ({"base"} if whole(base, 1) else set())
        why |= {"done"} - ({"done"} if whole(done, 0) else set())
        if not why & {"base", "done"} and rule.id in CAPPED and done > base:
            why.add("over")
    if rule.id in NEEDS_OBJECT and not same(meaning(claim.object)):
        why.add("object")
    return why


def apart(claim: Claim) -> str:
    """What tells claims of one title and date apart: 对象, 媒体或刊物, 采用或批示单位."""
    header = IDENTITY.get(claim.sheet)
    return same(meaning(claim.values().get(header))) if header else ""


def lacking(claim: Claim) -> list[str]:
    """Required evidence that is not there."""
    given = claim.evidence or {}
    rule = MEASURE[str(meaning(claim.clause))]
    return [name for name in rule.evidence if meaning(given.get(name)) is None]


def ruling_for(entry: Entry, rulings: list[Ruling]) -> Ruling | None:
    """The ruling that decides about a claim: with its name before without, later before earlier."""
    named, general = None, None
    for ruling in rulings:
        ours = meaning(ruling.unit) == entry.unit and meaning(ruling.clause) == entry.clause
        if ours and ruling.word != "改分":
            if not same(ruling.name):
                general = ruling
            elif same(ruling.name) == same(meaning(entry.claim.title)):
                named = ruling
    return named or general


def judge(entries: list[Entry], register: Register, readings: frozenset[str]) -> None:
    """Decide about the claims of one unit, in their order."""
    seen: dict[tuple[object, ...], list[str]] = {}
    for entry in entries:
        why = refusals(entry.claim, readings)
        ruling = ruling_for(entry, register.rulings)
        if ruling and ruling.word == "认定" and "clause" not in why:
            why -= LIFTED
        if not why:
            earlier, own = seen.setdefault(entry.key, []), apart(entry.claim)
            if any(not own or not other or own == other for other in earlier):
                why = {"repeat"}
            else:
                # A claim that the panel alone refuses still makes a later one a repetition.
                earlier.append(own)
        if ruling and ruling.word == "不认定":
            why.add("ruling")
        entry.why, entry.counted = why, not why
        if entry.counted:
            if isinstance(meaning(entry.claim.date), Span):
                entry.warned.add("range")
            if lacking(entry.claim) and "evidence-partial" in readings and not ruling:
                entry.warned.add("partial")


def warn_alike(ledger: list[Entry]) -> None:
    """Mark accepted claims that another unit has too."""
    for entry in ledger:
        for other in ledger:
            if entry.counted and other.counted and entry.unit != other.unit and (
                entry.clause not in (*FIGURE_CLAUSES, *SHARED) and entry.key == other.key
            ):  # fmt: skip
                entry.warned.add("alike")


def warn_unseen(ledger: list[Entry], register: Register) -> None:
    """Mark claims that the office has not recorded, where it records such claims at all."""
    for clause in CONFIRMED_BY_OFFICE:
        rows = [record for record in register.records if meaning(record.clause) == clause]
        for entry in ledger:
            if rows and entry.counted and entry.clause == clause:
                known = {same(r.name) for r in rows if meaning(r.unit) == entry.unit}
                if same(meaning(entry.claim.title)) not in known:
                    entry.warned.add("unseen")
