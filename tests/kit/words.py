"""The words of a rulebook in plain loops: a folder and entries → figures, apart from the program.

Written from the description of the words alone; fractions throughout, nothing is rounded.
"""

import csv
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

TOTAL = ("total", "总分")
_BAND = re.compile(r"(>?)(-?[0-9.]+):(-?[0-9.]+)(?:([+-][0-9.]+)(?:(//?)([0-9.]+))?)?")
Number = Fraction | None
Row = dict[str, str]


@dataclass
class Entry:
    """One thing that was done or recorded."""

    unit: str
    clause: str
    title: str
    day: date
    object: str = ""
    base: Number = None
    done: Number = None
    amount: Number = None
    by: str = ""


@dataclass
class Figures:
    """What a measure gives: unit → item → figure (None where a clause is not for the unit)."""

    points: dict[str, dict[str, Number]] = field(default_factory=dict)
    totals: dict[str, Fraction] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    grades: dict[str, str] = field(default_factory=dict)
    awards: dict[str, list[str]] = field(default_factory=dict)


def table(path: Path) -> list[Row]:
    """The rows of a CSV file; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def entries(path: Path) -> list[Entry]:
    """The rows of `claims.csv`."""
    return [
        Entry(
            row["unit"], row["clause"], row["title"], date.fromisoformat(row["date"]),
            row["object"], *(_number(row[name]) for name in ("base", "done", "amount")), row["by"],
        )
        for row in table(path)
    ]  # fmt: skip


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _number(text: str) -> Number:
    return Fraction(text) if text else None


def banded(bands: str, value: Number) -> Fraction:
    """The points of a value by `floor:points+gain/step|…`."""
    earned = Fraction(0)
    for part in bands.split("|") if bands and value is not None else ():
        over, floor, points, gain, how, step = _BAND.fullmatch(part).groups()  # type: ignore[union-attr]
        beyond = value - Fraction(floor)  # type: ignore[operator]
        if beyond > 0 or (beyond == 0 and not over):
            steps = beyond / Fraction(step or 1)
            steps = Fraction(int(steps)) if how == "//" else steps
            earned = Fraction(points) + Fraction(gain or 0) * steps
    return earned


def measured(how: str, found: list[Entry]) -> Number:
    """What a measure counts of the entries of one clause; None where there is no figure."""
    if how in ("each", "count"):
        return Fraction(len(found))
    if how == "distinct":
        return Fraction(len({entry.object for entry in found}))
    amounts = [Fraction(1) if entry.amount is None else entry.amount for entry in found]
    if how == "sum":
        return sum(amounts, Fraction(0))
    if not found:
        return None
    if how == "trimmed" and len(amounts) > 2:
        amounts = sorted(amounts)[1:-1]
    if how in ("mark", "trimmed"):
        return sum(amounts, Fraction(0)) / len(amounts)
    base, done = found[0].base or Fraction(0), found[0].done or Fraction(0)
    return {"ratio": lambda: done / base, "growth": lambda: (done - base) / base,
            "difference": lambda: done - base}[how]()  # fmt: skip


def beside(how: str, value: Number, others: Iterable[Number]) -> Number:
    """A value beside those of the group."""
    known = [other for other in others if other is not None]
    if not how or value is None:
        return value
    if how == "place":
        return Fraction(1 + sum(other > value for other in known))
    if how == "place-low":
        return Fraction(1 + sum(other < value for other in known))
    low, high = min(known), max(known)
    if how == "best":
        return value / high if high else Fraction(0)
    if how == "range":
        return (value - low) / (high - low) if high > low else Fraction(0)
    return value - sum(known, Fraction(0)) / len(known)


class Measure:
    """A rulebook folder, read anew."""

    def __init__(self, folder: Path) -> None:
        self.facts = tomllib.loads((folder / "rulebook.toml").read_text("utf-8"))
        self.clauses = table(folder / "clauses.csv")
        self.sums = table(folder / "sums.csv")
        self.roster = table(folder / "roster.csv")
        self.units = [row["unit"] for row in self.roster]
        self.row = {row["unit"]: row for row in self.roster}

    def words(self, unit: str) -> list[str]:
        """The unit's name and its groups."""
        return [unit, *(self.row[unit].get("group") or "").split(";")]

    def group(self, unit: str) -> str:
        """The group in which it is ranked."""
        return self.words(unit)[1]

    def concerns(self, clause: Row, unit: str) -> bool:
        """Whether a clause is for a unit."""
        wanted = list(filter(None, (clause.get("for") or "").split(";")))
        return not wanted or bool(set(wanted) & set(self.words(unit)))

    def _periods(self, per: str) -> list[Callable[[Entry], bool]]:
        """Tests that tell one week, month … from another, first day to deadline."""
        months = {"周": 0, "月": 1, "季": 3, "半年": 6}[per.removesuffix("均")]
        first, end = self.facts["first_day"], self.facts["deadline"]
        if last := self.facts.get("last_day"):
            end = last + timedelta(days=1)
        if not months:
            monday = first - timedelta(days=first.weekday())
            weeks = [monday + timedelta(days=7 * n) for n in range((end - monday).days // 7 + 1)]
            return [lambda e, m=m: 0 <= (e.day - m).days < 7 for m in weeks if m < end]
        at, tests = first.year * 12 + first.month - 1, []
        while date(at // 12, at % 12 + 1, 1) < end:
            span = range(at, at + months)
            tests.append(lambda e, span=span: e.day.year * 12 + e.day.month - 1 in span)
            at += months
        return tests

    def clause_points(self, clause: Row, found: list[Entry]) -> dict[str, Number]:
        """Unit → points of one clause."""
        source = clause.get("from") or clause["id"]
        found = [entry for entry in found if entry.clause == source]
        per = clause.get("per") or ""
        points: dict[str, Number] = dict.fromkeys(self.units)
        concerned = [unit for unit in self.units if self.concerns(clause, unit)]
        own = {unit: [entry for entry in found if entry.unit == unit] for unit in concerned}
        if per in ("题目", "对象"):
            key = {"题目": "title", "对象": "object"}[per]
            for unit in concerned:
                kinds = {getattr(entry, key) for entry in own[unit]}
                alike = [[e for e in own[unit] if getattr(e, key) == kind] for kind in kinds]
                each = (self._of(clause, {unit: some})[unit] for some in alike)
                points[unit] = sum(each, Fraction(0))
            return points
        tests = self._periods(per) if per else [lambda _: True]
        parts = [
            self._of(clause, {unit: [e for e in own[unit] if test(e)] for unit in concerned})
            for test in tests
        ]
        for unit in concerned:
            sum_ = sum((part[unit] for part in parts), Fraction(0))
            points[unit] = sum_ / len(parts) if per.endswith("均") else sum_
        return points

    def _of(self, clause: Row, own: dict[str, list[Entry]]) -> dict[str, Fraction]:
        how, bands, against = clause["measure"], clause["bands"], clause.get("against") or ""
        values = {unit: measured(how, found) for unit, found in own.items()}
        if how == "each":
            return {
                unit: (value or 0) * banded(bands, Fraction(1)) for unit, value in values.items()
            }
        return {
            unit: banded(bands, beside(against, value, (
                other for name, other in values.items() if self.group(name) == self.group(unit)
            )))
            for unit, value in values.items()
        }  # fmt: skip

    def value(self, clause: str, unit: str, found: list[Entry]) -> Number:
        """What was measured for a clause, as a veto looks at it."""
        (row,) = [row for row in self.clauses if row["id"] == clause]
        return measured(row["measure"], [e for e in found if (e.clause, e.unit) == (clause, unit)])

    def figures(self, found: list[Entry]) -> Figures:
        """Everything that the measure gives for these entries."""
        out = Figures({unit: {} for unit in self.units})
        for clause in self.clauses:
            for unit, points in self.clause_points(clause, found).items():
                out.points[unit][clause["id"]] = points
        self._once(found, out)
        self._add_up(out)
        for unit in self.units:
            rivals = [u for u in self.units if self.group(u) == self.group(unit)]
            out.places[unit] = 1 + sum(self.stands(out, u) > self.stands(out, unit) for u in rivals)
        self._judge(found, out)
        return out

    def stands(self, out: Figures, unit: str) -> list[Fraction]:
        """What a unit is ranked by: the total and, where totals are equal, each of `tie`."""
        ties = [out.points[unit][name] or Fraction(0) for name in self.facts.get("tie", [])]
        return [out.totals[unit], *ties]

    def _once(self, found: list[Entry], out: Figures) -> None:
        """Of the clauses with one word, each title earns where it earns most, once."""
        best: dict[tuple[str, str, str], Fraction] = {}
        worth = {c["id"]: (c["once"], banded(c["bands"], Fraction(1)))
                 for c in self.clauses if c.get("once")}  # fmt: skip
        for unit in self.units:
            out.points[unit] |= dict.fromkeys(worth, Fraction(0))
        for entry in (e for e in found if e.clause in worth):
            word, points = worth[entry.clause]
            key = (entry.unit, word, entry.title)
            if points > best.get(key, Fraction(0)):
                best[key] = points
        for (unit, word, _), points in best.items():
            (clause,) = [c for c, pair in worth.items() if pair == (word, points)]
            out.points[unit][clause] = (out.points[unit][clause] or Fraction(0)) + points

    def _add_up(self, out: Figures) -> None:
        section = {c["id"]: c["section"].split(" ")[0] for c in self.clauses}
        part_of = {part for row in self.sums for part in row["parts"].split(";")}
        keys = list(dict.fromkeys(section.values()))
        home = {row["name"]: self._home(row["name"], section) for row in self.sums}

        def section_points(unit: str, key: str) -> Fraction:
            names = [n for n, s in (section | home).items() if s == key and n not in part_of]
            return sum((out.points[unit][name] or Fraction(0) for name in names), Fraction(0))

        for row in self.sums:
            sums: dict[str, Number] = {}
            for unit in self.units:
                items = out.points[unit]
                values = [
                    section_points(unit, part) if part in keys else items[part] or Fraction(0)
                    for part in row["parts"].split(";")
                ]
                sums[unit] = max(values) if row.get("how") == "best" else sum(values, Fraction(0))
            for unit, value in sums.items():
                out.points[unit][row["name"]] = self._limited(row, unit, value, sums)
        counted = [n for n, s in home.items() if s not in keys and n not in part_of]
        counted += [key for key in keys if key not in part_of]
        for unit in self.units:
            items = out.points[unit]
            items |= {key: section_points(unit, key) for key in keys}
            total = sum((items[name] or Fraction(0) for name in counted), Fraction(0))
            out.totals[unit] = items["总分"] = total

    def _limited(self, row: Row, unit: str, value: Number, sums: dict[str, Number]) -> Fraction:
        rivals = (v for u, v in sums.items() if self.group(u) == self.group(unit))
        found = beside(row.get("against") or "", value, rivals) or Fraction(0)
        found = banded(row["bands"], found) if row.get("bands") else found
        found = max(found, Fraction(row["least"])) if row.get("least") else found
        found = min(found, Fraction(row["most"])) if row.get("most") else found
        times = row.get("times") or "1"
        return found * Fraction(self.row[unit].get(times) or times)

    def _home(self, name: str, section: dict[str, str]) -> str | None:
        """The section in which a sum stands, where all its parts stand in one."""
        rows = {row["name"]: row for row in self.sums}
        homes = {
            section.get(part) or (self._home(part, section) if part in rows else None)
            for part in rows[name]["parts"].split(";")
        }
        return homes.pop() if len(homes) == 1 else None

    def _judge(self, found: list[Entry], out: Figures) -> None:
        barred: dict[str, set[str]] = {unit: set() for unit in self.units}
        for veto in self.facts.get("vetoes", []):
            for unit in self.units:
                if self._vetoed(veto, unit, found, out):
                    barred[unit] |= set(veto["bars"])
        for group in dict.fromkeys(self.group(unit) for unit in self.units):
            mine = [unit for unit in self.units if self.group(unit) == group]
            self._grade(mine, barred, out)
        self._award(barred, out)

    def _grade(self, mine: list[str], barred: dict[str, set[str]], out: Figures) -> None:
        for unit in mine:
            for grade in self.facts.get("grades", []):
                if grade["name"] in barred[unit]:
                    continue
                above = [u for u in mine if grade["name"] not in barred[u]
                         and self.stands(out, u) > self.stands(out, unit)]  # fmt: skip
                seats = int(Fraction(str(grade.get("share", 1))) * len(mine))
                enough = out.totals[unit] >= Fraction(str(grade.get("least", "-1e9")))
                if enough and ("share" not in grade or len(above) < seats):
                    out.grades[unit] = grade["name"]
                    break

    def _award(self, barred: dict[str, set[str]], out: Figures) -> None:
        """Seats of awards of one basis follow each other; who does not fit with all is tied."""
        given: dict[str, set[str]] = {}
        taken: dict[tuple[str, ...], int] = {}
        kinds = {(str(a["basis"]), str(a.get("for"))) for a in self.facts["awards"]
                 if "for" in a or a["basis"] != self.facts.get("key_section")}  # fmt: skip
        for award in self.facts["awards"]:
            names = ["总分" if name in TOTAL else name for name in _listed(award["basis"])]
            before = given.setdefault(";".join(names), set())
            tied = f"{award['name'] if len(kinds) > 1 else ''}并列待定"
            for pool in self._pools(award):
                asked = {u: self._asks(names, u, out) for u in pool if u not in before
                         and award["name"] not in barred[u]}  # fmt: skip
                rest = {u: points for u, points in asked.items() if points}
                key = (*names, "|", *pool)
                seats = award["places"] - taken.get(key, 0)
                over = max(-seats, 0)
                for unit in rest:
                    above = sum(rest[u] > rest[unit] for u in rest)
                    last = above + sum(rest[u] == rest[unit] for u in rest)
                    if above >= seats:
                        continue
                    before.add(unit)
                    over = max(over, last - seats)
                    word = award["name"] if last <= seats else tied
                    if word not in out.awards.setdefault(unit, []):
                        out.awards[unit].append(word)
                taken[key] = over

    def _pools(self, award: dict[str, list[str]]) -> list[list[str]]:
        """Those who compete with each other: the groups, or those whom `for` names, together."""
        if wanted := set(_listed(award.get("for", []))):
            return [[unit for unit in self.units if wanted & set(self.words(unit))]]
        groups = dict.fromkeys(map(self.group, self.units))
        return [[unit for unit in self.units if self.group(unit) == group] for group in groups]

    def _asks(self, names: list[str], unit: str, out: Figures) -> list[Fraction]:
        """What the award goes by; nothing where a unit has no points of a single thing."""
        if names == ["总分"]:
            return self.stands(out, unit)
        points = sum((out.points[unit][name] or Fraction(0) for name in names), Fraction(0))
        return [points] if points > 0 else []

    def _vetoed(self, veto: dict[str, object], unit: str, found: list[Entry], out: Figures) -> bool:
        when = str(veto.get("when", ""))
        if not when:
            return any((e.unit, e.clause) == (unit, "否决") for e in found)
        ids = [row["id"] for row in self.clauses]
        value = self.value(when, unit, found) if when in ids else out.points[unit][when]
        if value is None:
            return False
        if "least" in veto:
            return value >= Fraction(str(veto["least"]))
        return value < Fraction(str(veto["below"]))
