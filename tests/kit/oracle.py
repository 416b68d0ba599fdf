"""An independent scorer: plain loops and exact fractions over true meanings.

Written from the measure and the contract alone; it shares nothing with the program but names.
"""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.kit.measure import MEASURE, ROSTER, Rule
from tests.kit.oracle_claims import Entry, judge, same, says_nothing, warn_alike, warn_unseen
from tests.kit.oracle_register import Figures, figures_of, points_given, replaced_rows
from tests.kit.oracle_returns import settle
from tests.kit.returns import Register, Submission, meaning


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


def earn(
    unit: str, entries: list[Entry], register: Register, readings: frozenset[str], figures: Figures
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
        points[rule.id] = clause_points(rule, mine, readings, figures)
        if not mine and rule.sheet == "指标任务" and rule.id not in figures.ratios:
            costs = still_costs(entries, rule, readings, figures)
            points[rule.id] = min(points[rule.id], costs)
    if "database-overlap" in readings and min(points[c] for c in ("五.2b", "五.2c", "五.2d")) > 0:
        points["七.5"] = Fraction(0)
    return points | points_given(unit, entries, register)


def ratio(entry: Entry, how: str, figures: Figures) -> Fraction:
    """完成数 of 基数, or what it grew by; the office's target stands in place of 基数."""
    base = figures.targets.get(entry.clause) or meaning(entry.claim.base)
    done = meaning(entry.claim.done)
    return Fraction(done - (base if how == "growth" else 0), base)


def still_costs(
    entries: list[Entry], rule: Rule, readings: frozenset[str], figures: Figures
) -> Fraction:
    """What usable figures of a refused claim cost: a refusal never raises points."""
    costs = Fraction(0)
    for entry in entries:
        spoilt = entry.why & {"clause", "base", "done", "over", "repeat"}
        if meaning(entry.claim.clause) == rule.id and not spoilt:
            costs = min(costs, step(rule, ratio(entry, rule.measure, figures), readings))
    return costs


def clause_points(
    rule: Rule, mine: list[Entry], readings: frozenset[str], figures: Figures
) -> Fraction:
    """What one clause earns a unit, from its accepted claims of that clause."""
    how = measured(rule, readings)
    if how in ("each", "words"):
        return sum((entry.points or Fraction(0) for entry in mine), Fraction(0))
    if how == "count":
        return step(rule, len(mine), readings)
    if how == "distinct":
        return step(rule, len({same(meaning(entry.claim.object)) for entry in mine}), readings)
    if rule.id in figures.ratios:
        return step(rule, figures.ratios[rule.id], readings)
    if not mine:
        blank = rule.id == "十.1" and "attendance-blank" in readings
        return Fraction(-5 if blank else 0)
    return step(rule, ratio(mine[0], how, figures), readings)


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
    readings |= {str(meaning(name)) for name, sense in register.senses if sense == "另一种"}
    status: dict[str, str] = {}
    files: dict[str, tuple[str, str]] = {}
    ledger: list[Entry] = []
    points: dict[str, dict[str, Fraction]] = {}
    lost = [s for s in submissions if s.sent and meaning(s.sent.unit) not in ROSTER]
    replaced: set[str] = set()
    for unit in ROSTER:
        sent = [s for s in submissions if s.sent and meaning(s.sent.unit) == unit]
        found = settle(unit, sent, lost, register, readings)
        status[unit] = found.status
        replaced |= {digest for digest, what in found.files.items() if what == "已被替代"}
        for s in sent:
            files[s.file] = (unit, "已被替代" if again(s, sent) else found.files[s.digest])
        if found.status == "正常" and found.used:
            mine = lines(found.used, unit, set())
            rulings = replaced_rows(register.rulings, found, sent + lost)
            ours = replace(register, rulings=rulings)
            figures = figures_of(unit, register)
            judge(mine, ours, readings, figures.targets)
            points[unit] = earn(unit, mine, ours, readings, figures)
            ledger += mine
        else:
            for s in sent:
                if files[s.file][1] != "已被替代":
                    ledger += lines(s, unit, {files[s.file][1]})
    for s in submissions:
        if s.sent is None:
            files[s.file] = ("", "无法读取")
    for s in lost:
        old = s.digest in replaced or again(s, lost)
        files[s.file] = (str(meaning(s.sent.unit) or ""), "已被替代" if old else "单位不明")
        ledger += [] if old else lines(s, files[s.file][0], {"单位不明"})
    normal = [entry for entry in ledger if entry.unit in points]
    warn_alike(normal)
    warn_unseen(normal, register)
    return finish(status, files, ledger, points, register)


def again(submission: Submission, sent: list[Submission]) -> bool:
    """The same bytes stand under an earlier name."""
    return any(s.digest == submission.digest and s.file < submission.file for s in sent)


def lines(submission: Submission, unit: str, why: set[str]) -> list[Entry]:
    """A return's claims as ledger lines."""
    return [
        Entry(unit, submission.file, placed, counted=not why, why=set(why))
        for placed in submission.placed
        if not says_nothing(placed.claim)
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
