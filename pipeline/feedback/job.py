"""What is to be said about a return, the order to make its copy, and who makes it.

No library is needed to say it: the processes that make the copies load them, not the run. A
workbook that takes openpyxl a minute or all memory (one merged range over a whole sheet is
enough) costs its own copy a detour, and never the run.
"""

import os
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.findings import Finding
from pipeline.isolate import LostError, Processes

_WORK = "pipeline.feedback.copy:copy_once"
_SECONDS = 60
"""For one copy: an ordinary one takes a fifth of a second, the largest allowed about ten."""
_NO_GAIN = ("claim-repeated", "ruling-refused")
"""Where a claim repeats another, or the panel refused it, mending earns nothing."""
_MEMORY = 2 << 30
"""Bytes that one process may hold."""
_PATIENCE = 600
"""Seconds to wait for a copy that others make, counted from the one before."""


class Group(NamedTuple):
    """One message with all the places where it holds, and the clauses that mending them serves."""

    rank: int
    level: str
    problem: str
    advice: str
    sheet: str
    cells: tuple[str, ...]
    places: tuple[str, ...]
    clauses: frozenset[str]


def group(marks: Iterable[Finding]) -> list[Group]:
    """The same message on one sheet once, gravest first, else in the order of the findings."""
    found: dict[tuple[int, str, str, str, str], list[Finding]] = {}
    for mark in marks:
        key = (mark.rank, mark.level, mark.problem, mark.advice, mark.sheet)
        found.setdefault(key, []).append(mark)
    groups = [
        Group(
            *key,
            tuple(dict.fromkeys(mark.cell for mark in there if mark.cell)),
            tuple(dict.fromkeys(mark.place for mark in there if mark.place)),
            frozenset(mark.clause for mark in there if mark.code not in _NO_GAIN),
        )
        for key, there in found.items()
    ]
    return sorted(groups, key=lambda group: group.rank)


@dataclass(frozen=True)
class Job:
    """One copy to make.

    Attributes:
        unit, file: as in the findings.
        title: the unit's full name and the assessment, for the head of the first sheet.
        values_only: the workbook is built anew from the values, without trying openpyxl.
    """

    source: Path
    target: Path
    marks: tuple[Finding, ...]
    notice: tuple[str, ...]
    template: Path
    when: datetime
    unit: str = ""
    file: str = ""
    title: str = ""
    values_only: bool = False


class Copied(NamedTuple):
    """What became of a job: whether there is a copy, and the traceback where the program failed."""

    done: bool
    fault: str = ""


class Copyists(Processes):
    """Processes that make copies; they load their libraries while the run is still at work."""

    def __init__(
        self,
        most: int,
        *,
        workers: int | None = None,
        seconds: float = _SECONDS,
        executor: Executor | None = None,
    ) -> None:
        """Start `workers` processes (one a core where None) for at most `most` copies.

        An executor of others is asked first; then one process does what that could not.
        """
        count = 1 if executor else min(workers or min(os.cpu_count() or 1, 8), most)
        super().__init__(_WORK, count, seconds=seconds, memory=_MEMORY)
        self._executor = executor

    def make(self, jobs: Sequence[Job]) -> Callable[[], list[Copied]]:
        """Begin to make copies; what is given back waits, and gives what became of each job.

        It raises OSError where a copy cannot be written, FaultError where no process begins.
        """
        if self._executor is None:
            begun = [self.submit(job) for job in jobs]
        else:
            work = pkgutil.resolve_name(_WORK)
            there = (  # with paths that hold in every working directory
                replace(job, source=job.source.absolute(), target=job.target.absolute())
                for job in jobs
            )
            begun = [self._executor.submit(work, job) for job in there]
        return lambda: self._made(jobs, begun)

    def _made(self, jobs: Sequence[Job], begun: "Sequence[Future[Copied]]") -> list[Copied]:
        if self._executor is not None:  # what others did not make is made here
            both = zip(jobs, begun, strict=True)
            begun = [future if _is_made(future) else self.submit(job) for job, future in both]
        found = [_unless_lost(future) for future in begun]
        # What was lost is tried once more, alone and from its values.
        return [
            copied
            or _unless_lost(self.submit(replace(job, values_only=True)))
            or Copied(False, f"{job.file}: the process that made its copy was lost\n")
            for job, copied in zip(jobs, found, strict=True)
        ]


def _is_made(future: "Future[Copied]") -> bool:
    try:
        return future.result(_PATIENCE).done
    except Exception:  # noqa: BLE001  # others fail in their ways; what is ours shows here
        return False


def _unless_lost(future: "Future[Copied]") -> Copied | None:
    try:
        return future.result()
    except LostError:
        return None
