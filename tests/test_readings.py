"""The readings: each alone, many together, and what each would change."""

import os
import random
import re
from datetime import date
from pathlib import Path

import pytest

from tests.kit.batches import random_batch
from tests.kit.door import Book, agree
from tests.kit.measure import MEASURE, READINGS, ROSTER
from tests.kit.oracle import Result, score
from tests.kit.returns import Cell, Claim, Register, Return, Submission, write

U1, U2, U3, U4, U5, U6 = ROSTER
COMBINATIONS = 60 if os.environ.get("LONG_TESTS") else 3


def claims(*items: tuple[str, str], **more: object) -> list[Claim]:
    return [Claim(clause, title, **more) for clause, title in items]


def sensitive() -> list[Return]:
    """Returns on which every reading changes something."""
    words = [Claim("一.7", f"报道{n}", words=n) for n in (599, 600, 601)]
    databases = claims(*((c, c) for c in ("五.2b", "五.2c", "五.2d", "七.5")))
    half = Claim("一.4", "缺方案", evidence={"通知": "1", "方案": Cell("无", None), "总结": "2"})
    none = Claim("一.4", "全缺", evidence={"通知": Cell("/", None)})
    last = Claim("一.4", "当日", date(2015, 12, 30))
    articles = claims(("四.1a", "稿 甲"), ("四.1a", "稿乙"), ("四.1b", "稿甲"), ("四.1b", "稿丙"))
    leads = claims(
        ("四.2a", "线索一"), ("四.2a", "线索二"), ("十一.4", "任务一"), ("十一.4", "任务二")
    )
    stacked = claims(
        ("八.1", "信息甲"), ("八.1", "信息甲"), ("八.2", "信息甲"), ("八.3", "信 息甲"),
        ("八.1", "信息乙"), ("八.1", "信息乙"), ("八.3", "信息丙"), ("八.3", "信息丙"),
    )  # fmt: skip
    for day, claim in enumerate(stacked, 1):
        claim.date = date(2015, 5, day)
    bright = claims(("九.1", "亮点"), ("九.2", "亮点"), ("九.1", "另一亮点"), ("九.3", "亮点"))
    visits = claims(("二.1b", "行一"), ("二.1b", "行二"), ("二.1c", "会一"), ("二.1c", "会二"))
    standing = Claim("一.2b", "机制", date(2013, 5, 1))
    reprinted = [Claim("一.7", "转载", date(2015, 3, day), words=800) for day in (1, 2)]
    lead = claims(("四.2a", "线索甲"), ("四.2b", "线索甲"))
    praised = claims(("三.1d", "批示件"), ("八.3", "批示件"))
    full = Claim("十.1", "出勤", base=10, done=10)
    return [
        Return(U1, [*words, *databases, half, full, standing, *reprinted]),
        Return(U2, [none, last, *articles, full, *lead]),
        Return(U3, [*leads, *stacked]),
        Return(U4, [*bright, *databases[1:], full, *praised]),
        Return(U5, [*visits, Claim("十.1", "出勤", base=10, done=0)]),
        Return(U6, visits, date=date(2015, 12, 30)),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Submission]]:
    base = tmp_path_factory.mktemp("readings")
    return base, [write(r, base / "in", f"{r.unit}.xlsx") for r in sensitive()]


@pytest.fixture(scope="module")
def default(folder: tuple[Path, list[Submission]]) -> tuple[Book, Result]:
    base, sent = folder
    return agree(sent, base / "in", base / "out", None, ())


TOGETHER = (
    ("words-600", "adopted-articles", "proposal-leads", "info-stacking", "guest-visits",
     "assigned-tasks", "highlight-stacking", "database-overlap", "attendance-blank",
     "standing-work", "evidence-partial"),
    ("trade-events", "adopted-leads", "innovation-highlights", "instructions-twice", "reprints",
     "deadline-day"),
)  # fmt: skip
"""Every reading once, none beside another about the same clause."""


@pytest.fixture(scope="module")
def others(folder: tuple[Path, list[Submission]]) -> dict[str, Book]:
    """Reading → the workbook of a run that takes its other sense, as the oracle has it."""
    base, sent = folder
    books: dict[str, Book] = {}
    for nth, taken in enumerate(TOGETHER):
        book, _ = agree(sent, base / "in", base / f"together {nth}", None, taken)
        books |= dict.fromkeys(taken, book)
    return books


@pytest.mark.parametrize("reading", READINGS)
def test_one_reading(
    folder: tuple[Path, list[Submission]],
    default: tuple[Book, Result],
    others: dict[str, Book],
    reading: str,
) -> None:
    """The alternative alone changes points, and the program says which sense it takes."""
    assert score(folder[1], None, frozenset({reading})).points != default[1].points
    (line,) = [row for row in others[reading]["口径说明"] if reading in str(row["口径"])]
    (old,) = [row for row in default[0]["口径说明"] if reading in str(row["口径"])]
    assert line["采用"] != old["采用"]


def changed(before: Result, after: Result) -> set[str]:
    """The units whose total or place differs."""
    return {
        unit for unit in ROSTER
        if (unit in before.points) != (unit in after.points)
        or (unit in before.points and (
            before.total(unit) != after.total(unit) or before.places[unit] != after.places[unit]
        ))
    }  # fmt: skip


def check_impacts(
    book: Book, sent: list[Submission], register: Register | None, taken: frozenset[str]
) -> None:
    """影响 names exactly the units that the other sense would change, with totals and places."""
    rows = book["口径说明"]
    assert len(rows) == len(READINGS)
    now = score(sent, register, taken)
    for reading in READINGS:
        (row,) = [r for r in rows if reading in str(r["口径"])]
        then = score(sent, register, taken ^ {reading})
        impact = str(row["影响"])
        wanted = changed(now, then)
        assert {unit for unit in ROSTER if unit in impact} == wanted, (reading, impact, wanted)
        if not wanted:
            assert impact == "无影响", (reading, impact)
        for unit in wanted:
            check_numbers(impact, unit, now, then)


def check_numbers(impact: str, unit: str, now: Result, then: Result) -> None:
    """Old and new total and place of a unit stand behind its name."""
    others = "|".join(name for name in ROSTER if name != unit)
    part = re.split(others, impact[impact.index(unit) + len(unit) :])[0]
    numbers = {float(text.replace("−", "-")) for text in re.findall(r"[-−]?\d+(?:\.\d+)?", part)}
    for result in (now, then):
        if unit in result.points:
            assert float(result.total(unit)) in numbers, (unit, part)
            assert result.places[unit] in numbers, (unit, part)


def test_what_each_reading_would_change(
    folder: tuple[Path, list[Submission]], default: tuple[Book, Result]
) -> None:
    check_impacts(default[0], folder[1], None, frozenset())


def test_clauses_named(default: tuple[Book, Result]) -> None:
    """Each reading names its clauses; `all` is said in words."""
    for row in default[0]["口径说明"]:
        named = [c for c in MEASURE if re.search(re.escape(c) + r"(?![\w.])", str(row["条款"]))]
        for_all = any(r in str(row["口径"]) for r in ("evidence-partial", "deadline-day"))
        assert bool(named) is not for_all or for_all, row


@pytest.mark.parametrize("seed", range(COMBINATIONS))
def test_random_combinations(tmp_path: Path, seed: int) -> None:
    """Any set of readings on any returns and register: scores and impacts as the oracle says."""
    chance = random.Random(seed)
    taken = frozenset(r for r in READINGS if chance.random() < 0.5)
    sent, register = random_batch(chance, tmp_path / "in")
    book, _ = agree(sent, tmp_path / "in", tmp_path / "out", register, taken)
    check_impacts(book, sent, register, taken)
