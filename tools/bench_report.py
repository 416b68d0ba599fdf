"""Figures of the benchmark → the goals they are held to, and `docs/benchmarks.md`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.ranking.ledger import LEDGER_ROWS, PART_ROWS

Figures = Mapping[str, float]
"""Name of a measurement → its median: seconds, or megabytes where the name begins with `MB`."""

BUSY = 0.5
"""Processes at work before a measurement, from which on its figures are doubtful."""
FEW, PROVINCE, NATION, MANY = 6, 158, 2860, 20000


@dataclass(frozen=True)
class Goal:
    """A figure to reach.

    Attributes:
        what: what is compared.
        over: names of measurements that are added up, or the one figure itself.
        under: names that are added up below the line; none: nothing is divided.
        limit: what the figure is held to.
        least: whether the limit is a lower bound.
        holds_back: why it is missed, where it is.
    """

    what: str
    over: tuple[str, ...]
    under: tuple[str, ...]
    limit: float
    least: bool = False
    holds_back: str = ""

    def value(self, figures: Figures) -> float | None:
        """The figure, or None where something was not measured."""
        if any(name not in figures for name in (*self.over, *self.under)):
            return None
        over = sum(figures[name] for name in self.over)
        return over / sum(figures[name] for name in self.under) if self.under else over

    def met(self, value: float) -> bool:
        """Whether a figure reaches the goal."""
        return value >= self.limit if self.least else value <= self.limit


GOALS = (
    Goal(
        f"{FEW} returns, whole run without feedback copies ÷ importing the four libraries",
        (f"run {FEW}",),
        ("import",),
        1.35,
        holds_back="the run does more than its prototype: the ranking has a sheet for every unit, "
        "charts and a trace of each point, beside it stand a review workbook and a page with every "
        "claim; that work, on one core, is what is left beside the imports",
    ),
    Goal(
        f"{FEW} returns with feedback copies ÷ importing the four libraries",
        (f"run {FEW} with copies",),
        ("import",),
        3,
        holds_back="as above; a copy is made of the unit's own workbook",
    ),
    Goal(
        f"{NATION} returns, reading ÷ python-calamine visiting every cell in two processes",
        (f"reading {NATION}",),
        (f"calamine {NATION}",),
        1.3,
        holds_back="a worker's results are handed over to the main process, which the floor's are "
        "not; workers are started, which the floor's are beforehand",
    ),
    Goal(
        f"{NATION} returns, whole run ÷ (that reading + the fastest writer writing the ledger)",
        (f"run {NATION}",),
        (f"reading {NATION}", "fastest writer"),
        1.6,
        holds_back="reading fills both cores; what follows (typing, checks, scoring under each "
        "reading, findings, the workbook) runs on one",
    ),
    Goal(
        f"plain pandas+openpyxl loop ÷ whole run, {NATION} returns",
        (f"pandas {NATION}",),
        (f"run {NATION}",),
        20,
        least=True,
        holds_back="reading, which fills both cores, is two fifths of a run; after it one core "
        "checks, scores under each reading and writes, where the loop only concatenates",
    ),
    Goal(
        f"peak memory of all processes, {NATION} returns (MB)",
        (f"MB run {NATION}",),
        (),
        800,
        holds_back="all claims are held at once, as cells, as values and as ledger rows: "
        "each text costs its own object",
    ),
    Goal(
        f"peak memory of all processes, {MANY} returns (MB)",
        (f"MB run {MANY}",),
        (),
        4000,
        holds_back="as for the nation: memory grows with the number of claims",
    ),
    Goal(
        "all combinations of the readings, six units (s)",
        (f"readings {FEW}",),
        (),
        1,
    ),
)


def exponent(figures: Figures, small: int, large: int) -> float | None:
    """How time grows: 1 is a straight line."""
    times = [figures.get(f"run {count}") for count in (small, large)]
    if None in times:
        return None
    return math.log(times[1] / times[0]) / math.log(large / small)  # type: ignore[operator]


def felt(figures: Figures) -> str:
    """What a clerk waits for, in one line; '' where it was not measured."""
    seconds = figures.get(f"run {FEW} with copies")
    if seconds is None:
        return ""
    return f"From Enter to the page, {FEW} returns with their copies: {seconds:.1f} seconds."


HEAD = """# Benchmarks

Written by `make bench`; the figures stand in `benchmarks.json`. All returns are made up (seeded)
from the template: {claims} claims each, {size} KB a file. Each figure is the median of as many
rounds as the table says; what stands in one line was measured in turn in one call.

{machine}

"""

BUSY_NOTE = """**The machine was busy: {load:.1f} other processes were at work when measuring began.
Times and their ratios are doubtful, also where they meet a goal: measure again on a quiet one.**

"""

CLUSTER = """
## Past one machine

`--cluster ADDRESS` hands the files to a Dask cluster instead of worker processes (the extra
`cluster`; the workers see the returns under the same path). Only reading goes there: {share}
of a run of {nation} returns. On one machine two workers of a cluster that is already running
took {dask} as long as the program's own two processes, which have to start, for {province}
returns. So a cluster pays where its workers are up and have more cores than this machine, and at
best it saves that share. It sets no limits on memory and time for one hostile file; the program's
own processes have them.
"""

LARGE = """
## Where the ledger stands

Up to {most:,} claims the ledger stands in `ranking.xlsx`. A longer one stands in workbooks of
{part:,} rows in the folder `ledger` beside it ({parts} of them for {many:,} returns), and
`ranking.xlsx` says which holds whom.
"""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def render(record: Mapping[str, Any]) -> str:
    """The page from `benchmarks.json`."""
    figures: dict[str, float] = record["figures"]
    lines = ["## Goals", "", "| figure | goal | measured | |", "|---|---|---|---|"]
    missed = []
    for goal in GOALS:
        value = goal.value(figures)
        sign = "≥" if goal.least else "≤"
        shown, verdict = "not run", ""
        if value is not None:
            shown, verdict = _number(value), "met" if goal.met(value) else "**missed**"
            if not goal.met(value):
                missed.append(f"- {goal.what}: {goal.holds_back}.")
        lines.append(f"| {goal.what} | {sign} {goal.limit:,g} | {shown} | {verdict} |")
    for small, large in ((PROVINCE, NATION), (NATION, MANY)):
        power = exponent(figures, small, large)
        shown = "not run" if power is None else f"{power:.2f}"
        verdict = "" if power is None else "met" if power <= 1.03 else "**missed**"
        lines.append(
            f"| exponent of time over returns, {small} → {large} | ≤ 1.03 | {shown} | {verdict} |"
        )
    if missed:
        lines += ["", "What holds back the goals that are missed:", "", *missed]
    lines += ["", "## Medians", "", "| measurement | rounds | median |", "|---|---|---|"]
    for name, median in figures.items():
        unit = "MB" if name.startswith("MB ") else "s"
        rounds = record["rounds"].get(name, "")
        lines.append(f"| {record['names'].get(name, name)} | {rounds} | {_number(median)} {unit} |")
    lines += ["", record["notes"], ""]
    head = HEAD.format(**{k: record[k] for k in ("claims", "size", "machine")})
    if line := felt(figures):
        head += f"**{line}**\n\n"
    if missing := record.get("left out"):
        head += f"Left out, since it is not installed here: {', '.join(missing)}.\n\n"
    if record["load"] > BUSY:
        head += BUSY_NOTE.format(load=record["load"])
    return head + "\n".join(lines) + _cluster(figures) + _ledger(record["claims"])


def _ledger(claims: int) -> str:
    return LARGE.format(
        most=LEDGER_ROWS, part=PART_ROWS,
        parts=-(-claims * MANY // PART_ROWS), many=MANY,
    )  # fmt: skip


def _cluster(figures: Figures) -> str:
    names = (f"reading {NATION}", f"run {NATION}", f"dask {PROVINCE}", f"reading {PROVINCE}")
    if any(name not in figures for name in names):
        return ""
    nation, run, dask, province = (figures[name] for name in names)
    return CLUSTER.format(
        share=f"{nation / run:.0%}", nation=NATION, dask=f"{dask / province:.1f} times",
        province=PROVINCE,
    )  # fmt: skip
