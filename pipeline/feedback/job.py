"""What is to be said about a return, the order to make its copy, and who makes it.

No library is needed to say it: the processes that make the copies load them, not the run. A
workbook that takes openpyxl a minute or all memory (one merged range over a whole sheet is
enough) costs its own copy a detour, and never the run.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from pipeline.findings import Finding
from pipeline.isolate import LostError, Processes

_SECONDS = 60
"""For one copy: an ordinary one takes a fifth of a second, the largest allowed about ten."""
_REPEATED = "claim-repeated"
"""A claim that repeats another earns nothing by being mended."""
_MEMORY = 2 << 30
"""Bytes of address space of one process, where the system can limit it."""


@dataclass(frozen=True)
class Group:
    """One message with all the places where it holds, and the clauses that mending them serves."""

    rank: int
    level: str
    problem: str
    advice: str
    sheet: str
    cells: tuple[str, ...]
    places: tuple[str, ...]
    clauses: frozenset[str] = frozenset()


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
            frozenset(mark.clause for mark in there if mark.code != _REPEATED),
        )
        for key, there in found.items()
    ]
    return sorted(groups, key=lambda group: group.rank)


@dataclass(frozen=True)
class Job:
    """One copy to make; `file` is the return's name in the findings."""

    source: Path
    target: Path
    marks: tuple[Finding, ...]
    notice: tuple[str, ...]
    template: Path
    when: datetime
    file: str = ""
    round_about: str = ""
    """The unit's full name and the assessment, for the head of the first sheet."""


@dataclass(frozen=True)
class Copied:
    """What became of a job: whether there is a copy, and the traceback where the program failed."""

    done: bool
    fault: str = ""


class Copyists:
    """Processes that make copies; they load their libraries while the run is still at work."""

    def __init__(self, most: int, *, workers: int | None = None, seconds: float = _SECONDS) -> None:
        """Start the processes.

        Args:
            most: copies that there may be.
            workers: number of processes; one a core where None.
            seconds: how long one attempt may work.
        """
        count = min(workers or min(os.cpu_count() or 1, 8), most)
        work = "pipeline.feedback.copy:copy_once"
        self._processes = Processes(work, count, seconds=seconds, memory=_MEMORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes at once."""
        self._processes.close()

    def make(self, jobs: Sequence[Job]) -> list[Copied]:
        """Make all copies; what became of each, in the order of the jobs.

        Raises:
            OSError: a copy cannot be written.
            FaultError: the processes do not begin.
        """
        begun = [self._processes.submit((job, False)) for job in jobs]
        found: list[Copied | None] = []
        for future in begun:
            try:
                found.append(future.result())
            except LostError:
                found.append(None)
        # What was lost is tried once more, alone and from its values.
        return [copied or self._from_values(job) for job, copied in zip(jobs, found, strict=True)]

    def _from_values(self, job: Job) -> Copied:
        try:
            copied: Copied = self._processes.submit((job, True)).result()
        except LostError:
            return Copied(False, f"{job.file}: the process that made its copy was lost\n")
        return copied
