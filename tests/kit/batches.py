"""Random batches of returns with a random register: what the oracle and the program both score.

`chance` may be a `random.Random` or one of hypothesis, which can then shrink what it finds.
"""

import random
from datetime import date
from pathlib import Path

from tests.kit.measure import CONFIRMED_BY_OFFICE, FIGURE_CLAUSES, MEASURE, NEEDS_OBJECT, ROSTER
from tests.kit.returns import (
    UNCLEAR,
    Cell,
    Claim,
    Layout,
    Record,
    Register,
    Return,
    Ruling,
    Span,
    Submission,
    meaning,
    write,
)  # fmt: skip

TITLES = ["迎新春", "迎 新 春", "ＡＢ课堂", "ab课堂", "调研一", "调研二", "=1+1", "<b>甲</b>"]
TOUCHED = [
    *(
        "一.7",
        "四.1a",
        "四.1b",
        "四.2a",
        "八.1",
        "八.2",
        "八.3",
        "二.1b",
        "二.1c",
        "十一.4",
        "九.1",
    ),
    *("九.1", "九.2", "七.5", "五.2b", "五.2c", "五.2d", "十.1", "二.4", "十一.3", "一.1", "一.3"),
]
"""Clauses that a reading touches, or that need several claims."""
DAYS: list[object] = [
    date(2015, 1, 1), date(2015, 6, 1), date(2015, 12, 29), date(2015, 12, 30),
    Cell("2015年6月1日", date(2015, 6, 1)), Cell("2015.06.01", date(2015, 6, 1)),
    Cell("2015-12-28至2015-12-29", Span(date(2015, 12, 28), date(2015, 12, 29))),
    Cell("2015-12-29至2015-12-30", Span(date(2015, 12, 29), date(2015, 12, 30))),
]  # fmt: skip
SENT: list[object] = [
    date(2015, 12, 10), date(2015, 12, 20), date(2015, 12, 29), date(2015, 12, 30),
    date(2015, 12, 31), Cell("2015年12月25日", date(2015, 12, 25)),
]  # fmt: skip


def random_claim(chance: random.Random, number: int) -> Claim:
    """A claim that is mostly sound; a fault in its date gives it a title of its own."""
    clause = chance.choice(TOUCHED if chance.random() < 0.6 else list(MEASURE))
    rule, title = MEASURE[clause], chance.choice(TITLES)
    more: dict[str, object] = {"date": chance.choice(DAYS)}
    if rule.measure == "words":
        more["words"] = chance.choice([599, 600, 601, Cell("1,200字", 1200), None, 0])
    if rule.sheet == "指标任务":
        base = chance.choice([40, 100, 1000, 7])
        more |= {"base": base, "done": chance.choice([base * 4 // 5, base, base * 43 // 40, 0])}
    if clause in NEEDS_OBJECT or chance.random() < 0.1:
        more["object"] = chance.choice(["甲", "乙", " 甲", "丙", None])
    if chance.random() < 0.15:
        kept = [name for name in rule.evidence if chance.random() < 0.5]
        more["evidence"] = dict.fromkeys(kept, "附件")
    fault = chance.random()
    if fault < 0.06:
        title, more["date"] = f"事项{number}", chance.choice([None, Cell("6月1日", UNCLEAR)])
    elif fault < 0.09:
        wrong = "专项工作" if rule.sheet != "专项工作" else "调研参政"
        return Claim(clause, title, sheet=wrong)
    elif fault < 0.12:
        return Claim(Cell("十三.1", UNCLEAR), title, sheet=rule.sheet)
    return Claim(clause, title, **more)


def random_returns(chance: random.Random, folder: Path, unit: str) -> list[Submission]:
    """None, one or several returns of a unit."""
    number = chance.choice([0, 1, 1, 1, 1, 1, 1, 2, 3])
    sent = []
    for n in range(number):
        claims = [random_claim(chance, i) for i in range(chance.randint(0, 25))]
        day = chance.choice(SENT) if number > 1 else date(2015, 12, 20)
        if chance.random() < 0.05:
            day = Cell(None, None)
        year = Cell(2014, 2014) if number == 1 and chance.random() < 0.05 else 2015
        layout = Layout(chance.randint(0, 99), chance.random() < 0.7)
        sent.append(write(Return(unit, claims, year, day), folder, f"{unit}/{n}.xlsx", layout))
    return sent


def random_register(chance: random.Random, sent: list[Submission]) -> Register:
    """Rulings mostly on claims that there are; some records, receipts and places."""
    register = Register()
    claims = [(s.sent.unit, p.claim) for s in sent if s.sent for p in s.placed]
    for unit, claim in chance.sample(claims, min(len(claims), 12)):
        if meaning(claim.clause) in MEASURE:
            name = chance.choice([None, claim.title])
            word = chance.choice(["认定", "不认定"])
            register.rulings.append(Ruling(unit, claim.clause, name, word))
    for _ in range(chance.randint(0, 2)):
        unit, clause = chance.choice(list(ROSTER)), chance.choice(list(MEASURE))
        points = chance.choice([0, 7.5, -3, 12, Cell("4.5", 4.5)])
        register.rulings.append(Ruling(unit, clause, None, "改分", points))
    for _ in range(chance.randint(0, 4)):
        base, done = chance.choice([(10, 8), (5, 5), (3, 2), (0, 0), (4, 5), (None, 3)])
        register.records.append(Record(chance.choice(list(ROSTER)), "十.1", base=base, done=done))
    for _ in range(chance.randint(0, 3)):
        clause, name = chance.choice(CONFIRMED_BY_OFFICE), chance.choice(TITLES)
        register.records.append(Record(chance.choice(list(ROSTER)), clause, name))
    for unit in chance.sample(list(ROSTER), 2):
        # Which of several returns a receipt dates has its own tests.
        alone = sum(s.sent is not None and s.sent.unit == unit for s in sent) == 1
        if alone and unit not in {receipt[0] for receipt in register.receipts}:
            register.receipts.append((unit, chance.choice(SENT), 5))
    single = [u for u in ROSTER if sum(s.sent is not None and s.sent.unit == u for s in sent) < 2]
    if single and chance.random() < 0.2:
        register.disqualified.append(chance.choice(single))
    register.places = {"先进单位": chance.randint(0, 4), "重点工作先进单位": chance.randint(0, 4)}
    return register


def random_batch(chance: random.Random, folder: Path) -> tuple[list[Submission], Register | None]:
    """A folder of returns of the six units, and mostly a register."""
    folder.mkdir(parents=True, exist_ok=True)
    sent = [s for unit in ROSTER for s in random_returns(chance, folder, unit)]
    if not sent:
        sent = [write(Return(next(iter(ROSTER))), folder, "0.xlsx")]
    return sent, random_register(chance, sent) if chance.random() < 0.7 else None


assert set(TOUCHED) <= set(MEASURE)
assert set(FIGURE_CLAUSES) <= set(MEASURE)
