"""What is to be said about a return: its marks, and the order to make its copy.

No library is needed to say it: the processes that make the copies load them, not the run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Mark:
    """One finding as it is shown.

    `rank` is 0 for an error, 1 for a warning, 2 for a note; `level` is its name. `sheet` and
    `cell` are '' where the finding is about the whole file.
    """

    rank: int
    level: str
    sheet: str
    cell: str
    problem: str
    advice: str


@dataclass(frozen=True)
class Group:
    """One message with all the places where it holds."""

    rank: int
    level: str
    problem: str
    advice: str
    sheet: str
    cells: tuple[str, ...]


def group(marks: Iterable[Mark]) -> list[Group]:
    """The same message on one sheet once, gravest first, else in the order of the findings."""
    cells: dict[tuple[int, str, str, str, str], list[str]] = {}
    for mark in marks:
        found = cells.setdefault((mark.rank, mark.level, mark.problem, mark.advice, mark.sheet), [])
        if mark.cell and mark.cell not in found:
            found.append(mark.cell)
    groups = [Group(*key, tuple(found)) for key, found in cells.items()]
    return sorted(groups, key=lambda group: group.rank)


@dataclass(frozen=True)
class Job:
    """One copy to make."""

    source: Path
    target: Path
    marks: tuple[Mark, ...]
    notice: tuple[str, ...]
    template: Path
    when: datetime
