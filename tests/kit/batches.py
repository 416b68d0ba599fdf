"""Random batches of returns with a random register: what the oracle and the program both score.

`chance` may be a `random.Random` or one of hypothesis, which can then shrink what it finds.
"""

import random
import shutil
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.kit.measure import (
    CONFIRMED_BY_OFFICE,
    FIGURE_CLAUSES,
    IDENTITY,
    MEASURE,
    NEEDS_OBJECT,
    READINGS,
    REPLACED_BY_OFFICE,
    ROSTER,
)  # fmt: skip
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
    Cell("2015年6月", Span(date(2015, 6, 1), date(2015, 6, 30))),
    Cell("2015年3-11月", Span(date(2015, 3, 1), date(2015, 11, 30))),
    Cell("2015年第二季度", Span(date(2015, 4, 1), date(2015, 6, 30))),
    Cell("2015年6月1日、2日", Span(date(2015, 6, 1), date(2015, 6, 2))),
    Cell("2015年12月", Span(date(2015, 12, 1), date(2015, 12, 31))), date(2014, 11, 3),
]  # fmt: skip
SENT: list[object] = [
    date(2015, 12, 10), date(2015, 12, 20), date(2015, 12, 29), date(2015, 12, 30),
    date(2015, 12, 31), Cell("2015年12月25日", date(2015, 12, 25)),
]  # fmt: skip


COUNTED: list[object] = [
    date(2015, 12, 31), date(2016, 1, 1), Cell("2015年", date(2015, 12, 31)),
    Cell("截至2015年12月31日", date(2015, 12, 31)), Cell("2015年全年", date(2015, 12, 31)),
]  # fmt: skip
"""What stands in 截止日期."""
RECORDED: list[object] = [
    None, None, None, date(2015, 5, 4), date(2014, 12, 31), date(2015, 12, 30),
    date(2015, 12, 31), date(2016, 1, 1), Cell("5月4日", UNCLEAR),
    Cell("2015-12-29至2015-12-31", Span(date(2015, 12, 29), date(2015, 12, 31))),
]  # fmt: skip
"""What stands in 日期 of 平时考查."""
JUDGES = ["赵六", "赵六", "钱七", None]


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
        more["base"] = None if chance.random() < 0.1 else base
        more["date"] = chance.choice([*DAYS, *COUNTED])
    if clause in NEEDS_OBJECT or chance.random() < 0.1:
        more["object"] = chance.choice(["甲", "乙", " 甲", "丙", None, "无"])
    if rule.sheet in ("宣传信息", "调研参政") and chance.random() < 0.3:
        more["more"] = {IDENTITY[rule.sheet]: chance.choice(["甲报", "乙报", "暂无"])}
    if chance.random() < 0.15:
        kept = [name for name in rule.evidence if chance.random() < 0.5]
        more["evidence"] = dict.fromkeys(kept, "附件")
    fault = chance.random()
    if fault > 0.96:
        return random_nothing(chance, clause)
    if fault < 0.06:
        title, more["date"] = f"事项{number}", chance.choice([None, Cell("6月1日", UNCLEAR)])
    elif fault < 0.09:
        wrong = "专项工作" if rule.sheet != "专项工作" else "调研参政"
        return Claim(clause, title, sheet=wrong)
    elif fault < 0.12:
        return Claim(Cell("十三.1", UNCLEAR), title, sheet=rule.sheet)
    return Claim(clause, title, **more)


def random_nothing(chance: random.Random, clause: str) -> Claim:
    """A row that says that there is nothing to claim."""
    rule = MEASURE[clause]
    words = {paper: chance.choice(["无", "/", "—"]) for paper in rule.evidence}
    if rule.sheet == "指标任务":
        return Claim(clause, date=None, evidence=words)
    return Claim(clause, chance.choice([None, "暂无"]), chance.choice([None, "无"]), evidence=words)


def random_returns(chance: random.Random, folder: Path, unit: str) -> list[Submission]:
    """None, one or several returns of a unit, some of them copies that went back mended."""
    number = chance.choice([0, 1, 1, 1, 1, 1, 1, 2, 2, 3])
    sent: list[Submission] = []
    for n in range(number):
        claims = [random_claim(chance, i) for i in range(chance.randint(0, 25))]
        day = chance.choice(SENT) if number > 1 else date(2015, 12, 20)
        if chance.random() < 0.05:
            day = chance.choice([Cell(None, None), Cell("12月20日", UNCLEAR)])
        year = Cell(2014, 2014) if chance.random() < 0.05 else 2015
        layout = Layout(chance.randint(0, 99), chance.random() < 0.7)
        old = chance.choice(sent) if sent and chance.random() < 0.5 else None
        if old and old.sent and chance.random() < 0.7:
            # Mended by its unit: a claim less, one more, the rest at the same or another row.
            claims = [*old.sent.claims[chance.randint(0, 1) :], random_claim(chance, 99)]
            layout = Layout(chance.choice([None, 7]))
            day = chance.choice([old.sent.date, day])
        named = chance.choice(["西城区", unit, unit]) if number > 1 and not n else unit
        made = Return(named, claims, year, day)
        sent.append(write(made, folder, f"{unit}/{n}.xlsx", layout, of=old.digest if old else ""))
    if sent and chance.random() < 0.1:
        first, name = sent[0], f"{unit}/副本.xlsx"
        shutil.copy(folder / first.file, folder / name)
        sent.append(replace(first, file=name))
    return sent


def random_rulings(chance: random.Random, sent: list[Submission]) -> list[Ruling]:
    """Mostly on claims that there are: on a row, a name or a clause, by judges who disagree."""
    rulings = []
    claims = [
        (s, p) for s in sent if s.sent for p in s.placed if meaning(p.claim.clause) in MEASURE
    ]
    for s, placed in chance.sample(claims, min(len(claims), 16)):
        claim, unit = placed.claim, s.file.split("/")[0]
        for _ in range(chance.choice([1, 1, 2])):
            word = chance.choice(["认定", "不认定", "认定", "不认定", "改分"])
            points = chance.choice([0, 7.5, 12, None]) if word == "改分" else None
            ruling = Ruling(unit, claim.clause, chance.choice([None, claim.title]), word, points)
            if chance.random() < 0.4 and isinstance(claim.title, str):
                title = claim.title if chance.random() < 0.9 else "别的事项"
                row = {"file": s.file, "sheet": placed.sheet, "row": placed.row}
                ruling = replace(ruling, name=title, **row)
            rulings.append(replace(ruling, judge=chance.choice(JUDGES)))
    for _ in range(chance.randint(0, 3)):
        unit, clause = chance.choice(list(ROSTER)), chance.choice(list(MEASURE))
        for judge in chance.choice([JUDGES[:1], JUDGES[1:3]]):
            points = chance.choice([0, 7.5, -3, 12, Cell("4.5", 4.5)])
            rulings.append(Ruling(unit, clause, None, "改分", points, judge=judge))
    return rulings


def random_records(chance: random.Random) -> list[Record]:
    """Figures, targets and names that the office recorded; some dated outside the year."""
    units = list(ROSTER)
    records = []
    for _ in range(chance.randint(0, 8)):
        base, done = chance.choice(
            [(10, 8), (5, 5), (3, 2), (0, 0), (4, 5), (None, 3), (20, None), (100, None)]
        )
        clause = chance.choice(REPLACED_BY_OFFICE)
        day = chance.choice(RECORDED)
        records.append(Record(chance.choice(units), clause, None, day, base, done))
    for _ in range(chance.randint(0, 4)):
        clause = chance.choice([*CONFIRMED_BY_OFFICE, "一.4"])
        title, day = chance.choice(TITLES), chance.choice(RECORDED)
        records.append(Record(chance.choice(units), clause, title, day))
    return records


def random_receipts(
    chance: random.Random, sent: list[Submission]
) -> list[tuple[object, object, int, object]]:
    """With and without 文件, several of a unit, some of units that sent nothing."""
    receipts: list[tuple[object, object, int, object]] = []
    for unit in chance.sample(list(ROSTER), 3):
        files = [s.file for s in sent if s.file.startswith(unit)]
        named = chance.sample(files, chance.randint(0, min(1, len(files))))
        for file in [*named, *[None] * chance.choice([0, 1, 1, 2])]:
            told = file and chance.choice([file, file[:-5], file.split("/")[1]])
            day = chance.choice([*SENT, *SENT, Cell("12月20日", UNCLEAR)])
            receipts.append((unit, day, 5, told))
    return receipts


def random_register(
    chance: random.Random, sent: list[Submission], readings: Collection[str] | None = None
) -> Register:
    """All that the office writes down.

    `readings` are those taken in the call: none is decided against. Without them none is decided.
    """
    decided = [] if readings is None else chance.sample(READINGS, chance.choice([0, 0, 2]))
    senses: list[tuple[object, object]] = [
        (name, chance.choice(["另一种", "另一种" if name in (readings or ()) else "默认"]))
        for name in decided
    ]
    return Register(
        receipts=random_receipts(chance, sent) if chance.random() < 0.6 else [],
        rulings=random_rulings(chance, sent),
        records=random_records(chance),
        disqualified=chance.sample(list(ROSTER), chance.choice([0, 0, 0, 1])),
        places={"先进单位": chance.randint(0, 4), "重点工作先进单位": chance.randint(0, 4)},
        senses=senses,
    )


def random_batch(
    chance: random.Random, folder: Path, readings: Collection[str] | None = None
) -> tuple[list[Submission], Register | None]:
    """A folder of returns of the six units, and mostly a register."""
    folder.mkdir(parents=True, exist_ok=True)
    sent = [s for unit in ROSTER for s in random_returns(chance, folder, unit)]
    if not sent:
        sent = [write(Return(next(iter(ROSTER))), folder, "0.xlsx")]
    return sent, random_register(chance, sent, readings) if chance.random() < 0.7 else None


assert set(TOUCHED) <= set(MEASURE)
assert set(FIGURE_CLAUSES) <= set(MEASURE)
