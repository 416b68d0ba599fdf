"""An independent scorer: plain loops and exact fractions over true meanings.

Written from the measure and the contract alone; it shares nothing with the program but names.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.kit.measure import MEASURE, ROSTER, YEAR, Rule
from tests.kit.oracle_claims import Entry, in_time, judge, same, warn_alike, warn_unseen, whole
from tests.kit.returns import UNCLEAR, Register, Submission, meaning


@dataclass
class Result:
    """All that the program must arrive at too."""

    status: dict[str, str]
    files: dict[str, tuple[str, str]]
    ledger: list[Entry]
    points: dict[str, dict[str, Fraction]]
    places: dict[str, int]
    key_places: dict[str, int]
    awards: dict[str, str]
    key_awards: dict[str, str]

    def total(self, unit: str) -> Fraction:
        return sum(self.points[unit].values(), Fraction(0))

    def key_points(self, unit: str) -> Fraction:
        return self.section(unit, "九")

    def section(self, unit: str, numeral: str) -> Fraction:
        mine = self.points[unit]
        return sum((mine[c] for c, rule in MEASURE.items() if rule.section == numeral), Fraction(0))


def step(rule: Rule, value: Fraction | int, readings: frozenset[str]) -> Fraction:
    """The points of the highest floor that the value reaches."""
    bands = rule.bands
    if rule.id == "一.7" and "words-600" in readings:
        bands = ((Fraction(1), 1), (Fraction(601), 2))
    earned = Fraction(0)
    for floor, points in bands:
        if value >= floor:
            earned = Fraction(points)
    return earned


def measured(rule: Rule, readings: frozenset[str]) -> str:
    """How the clause is measured under the readings in force."""
    if rule.id in ("二.1b", "二.1c"):
        reading = "guest-visits" if rule.id == "二.1b" else "trade-events"
        return "count" if reading in readings else "each"
    if rule.id in ("四.2a", "十一.4"):
        reading = "proposal-leads" if rule.id == "四.2a" else "assigned-tasks"
        return "each" if reading in readings else "count"
    return rule.measure


YIELDS = (
    ("adopted-articles", "四.1a", ("四.1b",)),
    ("adopted-leads", "四.2a", ("四.2b",)),
    ("innovation-highlights", "九.3", ("九.1", "九.2")),
    ("instructions-twice", "三.1d", ("八.3",)),
)


def best_only(entries: list[Entry], clauses: tuple[str, ...]) -> None:
    """Of all claims of these clauses with one title only the best paid earns."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        if entry.clause in clauses:
            title = same(meaning(entry.claim.title))
            holder = kept.get(title)
            if holder is None or (entry.points or 0) > (holder.points or 0):
                kept[title] = entry
    for entry in entries:
        if entry.clause in clauses and entry is not kept[same(meaning(entry.claim.title))]:
            entry.points = Fraction(0)


def attendance(unit: str, register: Register) -> Fraction | None:
    """The office's own figures for 十.1, added up; None where it has none that can be used."""
    base = done = 0
    for record in register.records:
        if meaning(record.unit) == unit and meaning(record.clause) == "十.1":
            b, d = meaning(record.base), meaning(record.done)
            if whole(b, 1) and whole(d, 0) and d <= b:
                base, done = base + b, done + d
    return Fraction(done, base) if base else None


def earn(
    unit: str, entries: list[Entry], register: Register, readings: frozenset[str]
) -> dict[str, Fraction]:
    """Clause → points of one unit; fills in what each claim earned by itself."""
    accepted = [entry for entry in entries if entry.counted]
    for entry in accepted:
        rule = MEASURE[entry.clause]
        if measured(rule, readings) in ("each", "words"):
            value = meaning(entry.claim.words) if rule.measure == "words" else 1
            entry.points = step(rule, value, readings)
    for reading, loser, winners in YIELDS:
        if reading in readings:
            won = {same(meaning(e.claim.title)) for e in accepted if e.clause in winners}
            for entry in accepted:
                if entry.clause == loser and same(meaning(entry.claim.title)) in won:
                    entry.yields = True
                    entry.points = None if entry.points is None else Fraction(0)
    if "reprints" in readings:
        best_only(accepted, ("一.7",))
    if "info-stacking" in readings:
        best_only(accepted, ("八.1", "八.2", "八.3"))
    if "highlight-stacking" in readings:
        best_only(accepted, ("九.1", "九.2"))
    points = {}
    for rule in MEASURE.values():
        mine = [entry for entry in accepted if entry.clause == rule.id and not entry.yields]
        points[rule.id] = clause_points(unit, rule, mine, register, readings)
        if not mine and rule.id == "十.1" and attendance(unit, register) is None:
            points[rule.id] = min(points[rule.id], still_costs(entries, rule, readings))
    if "database-overlap" in readings and min(points[c] for c in ("五.2b", "五.2c", "五.2d")) > 0:
        points["七.5"] = Fraction(0)
    for ruling in register.rulings:
        usable = meaning(ruling.points) is not None and meaning(ruling.points) != UNCLEAR
        if meaning(ruling.unit) == unit and ruling.word == "改分" and usable:
            points[str(meaning(ruling.clause))] = Fraction(str(meaning(ruling.points)))
    return points


def still_costs(entries: list[Entry], rule: Rule, readings: frozenset[str]) -> Fraction:
    """What usable figures of a refused claim cost: a refusal never raises points."""
    for entry in entries:
        if meaning(entry.claim.clause) == rule.id and not entry.why & {
            "clause", "base", "done", "over", "repeat",
        }:  # fmt: skip
            base, done = meaning(entry.claim.base), meaning(entry.claim.done)
            return min(step(rule, Fraction(done, base), readings), Fraction(0))
    return Fraction(0)


def clause_points(
    unit: str, rule: Rule, mine: list[Entry], register: Register, readings: frozenset[str]
) -> Fraction:
    """What one clause earns a unit, from its accepted claims of that clause."""
    how = measured(rule, readings)
    if how in ("each", "words"):
        return sum((entry.points or Fraction(0) for entry in mine), Fraction(0))
    if how == "count":
        return step(rule, len(mine), readings)
    if how == "distinct":
        return step(rule, len({same(meaning(entry.claim.object)) for entry in mine}), readings)
    office = attendance(unit, register) if rule.id == "十.1" else None
    if office is not None:
        return step(rule, office, readings)
    if not mine:
        blank = rule.id == "十.1" and "attendance-blank" in readings
        return Fraction(-5 if blank else 0)
    base, done = meaning(mine[0].claim.base), meaning(mine[0].claim.done)
    return step(rule, Fraction(done - (base if how == "growth" else 0), base), readings)


def settle(
    unit: str, sent: list[Submission], register: Register, readings: frozenset[str]
) -> tuple[str, Submission | None]:
    """The status of a unit, and the return that is used."""
    if any(meaning(name) == unit for name in register.disqualified):
        return "取消资格", None
    different = {submission.digest: submission for submission in reversed(sent)}
    returns = sorted(different.values(), key=lambda s: s.file)
    if not returns:
        return "未报送", None
    years = [meaning(s.sent.year) for s in returns if s.sent]
    receipts = [meaning(day) for name, day, _ in register.receipts if meaning(name) == unit]
    days = {day for day in receipts if isinstance(day, date)}
    if any(year not in (None, YEAR) for year in years) or len(days) > 1:
        return "待核", None
    if receipts and len(returns) > 1:
        return "待核", None
    dated = [(min(days) if days else meaning(s.sent.date), s) for s in returns if s.sent]
    if any(not isinstance(day, date) for day, _ in dated):
        return "待核", None
    timely = [(day, s) for day, s in dated if in_time(day, readings)]
    if not timely:
        return "逾期", None
    latest = max(day for day, _ in timely)
    used = [s for day, s in timely if day == latest]
    return ("正常", used[0]) if len(used) == 1 else ("待核", None)


def rank(values: dict[str, Fraction]) -> dict[str, int]:
    """Equal values share a place: one more than the number of better ones."""
    return {
        unit: 1 + sum(other > value for other in values.values()) for unit, value in values.items()
    }


def award(name: str, places: dict[str, int], seats: object) -> dict[str, str]:
    """The award where a place and all who share it fit, 并列待定 where only some would."""
    given = {}
    sharing = Counter(places.values())
    for unit, place in places.items():
        if not isinstance(seats, int) or place > seats:
            given[unit] = ""
        else:
            given[unit] = name if place + sharing[place] - 1 <= seats else "并列待定"
    return given


def score(
    submissions: list[Submission], register: Register | None = None,
    readings: frozenset[str] = frozenset(),
) -> Result:  # fmt: skip
    """Assess a folder of returns."""
    register = register or Register()
    status: dict[str, str] = {}
    files: dict[str, tuple[str, str]] = {}
    ledger: list[Entry] = []
    points: dict[str, dict[str, Fraction]] = {}
    for s in submissions:
        if s.sent is None:
            files[s.file] = ("", "无法读取")
        elif meaning(s.sent.unit) not in ROSTER:
            files[s.file] = (str(meaning(s.sent.unit) or ""), "单位不明")
            ledger += lines(s, files[s.file][0], {"单位不明"})
    for unit in ROSTER:
        sent = [s for s in submissions if s.sent and meaning(s.sent.unit) == unit]
        status[unit], used = settle(unit, sent, register, readings)
        for s in sent:
            same_bytes = used is not None and s.digest == used.digest
            files[s.file] = (unit, "已被替代" if used and not same_bytes else status[unit])
        if status[unit] == "正常" and used:
            mine = lines(used, unit, set())
            judge(mine, register, readings)
            points[unit] = earn(unit, mine, register, readings)
            ledger += mine
        else:
            for s in {s.digest: s for s in reversed(sent)}.values():
                ledger += lines(s, unit, {status[unit]})
    normal = [entry for entry in ledger if entry.unit in points]
    warn_alike(normal)
    warn_unseen(normal, register)
    return finish(status, files, ledger, points, register)


def lines(submission: Submission, unit: str, why: set[str]) -> list[Entry]:
    """A return's claims as ledger lines."""
    return [
        Entry(unit, submission.file, placed, counted=not why, why=set(why))
        for placed in submission.placed
    ]


def finish(
    status: dict[str, str], files: dict[str, tuple[str, str]], ledger: list[Entry],
    points: dict[str, dict[str, Fraction]], register: Register,
) -> Result:  # fmt: skip
    """Places and awards."""
    result = Result(status, files, ledger, points, {}, {}, {}, {})
    result.places = rank({unit: result.total(unit) for unit in points})
    result.key_places = rank({unit: result.key_points(unit) for unit in points})
    seats = {name: meaning(value) for name, value in register.places.items()}
    result.awards = award("先进单位", result.places, seats.get("先进单位"))
    with_points = {u: p for u, p in result.key_places.items() if result.key_points(u) > 0}
    named = award("重点工作先进单位", with_points, seats.get("重点工作先进单位"))
    result.key_awards = {unit: named.get(unit, "") for unit in points}
    return result
