"""Every code, level and sentence that a person may be shown about a return or the register.

A finding is made of a code and its details; wording stands alone in `findings.csv`, one code a
line. `docs/findings.md` is generated from `CATALOGUE`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

UNIT, PANEL, OFFICE = "单位", "评审组", "办公室"
"""Whom a finding is for."""
LEVELS = "错误", "警告", "提示"
"""The gravest first."""


@dataclass(frozen=True)
class Kind:
    """What a code means.

    Attributes:
        level: 错误, 警告 or 提示.
        addressee: whom it is for.
        problem, advice: `str.format` templates.
        why: why it is so, for the manual.
    """

    level: str
    addressee: str
    problem: str
    advice: str
    why: str


def _catalogue() -> dict[str, Kind]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8-sig", newline="") as lines:
        return {row.pop("code"): Kind(**row) for row in csv.DictReader(lines)}


CATALOGUE = _catalogue()


class Finding(NamedTuple):
    """Something wrong with a return, a claim or the register.

    Attributes:
        code: its kind, a key of `CATALOGUE`.
        level: 错误, 警告 or 提示.
        addressee: 单位, 评审组 or 办公室.
        unit: full name, or ''.
        file: path below the returns folder, or the name of the register.
        sheet, cell: where; cell is an A1 reference or ''.
        clause, title: of the claim that it is about, or ''.
        problem, advice: what is wrong, and how to mend it.
    """

    code: str
    level: str
    addressee: str
    unit: str
    file: str
    sheet: str
    cell: str
    clause: str
    title: str
    problem: str
    advice: str

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for a note."""
        return LEVELS.index(self.level)

    @property
    def place(self) -> str:
        """Where it is, as one says it: sheet, row, title, clause."""
        if not (self.clause or self.title):
            return " ".join(filter(None, (self.sheet, self.cell)))
        row = self.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        title = f"《{self.title}》" if self.title else ""
        clause = f"（{self.clause}）" if self.clause else ""
        return f"{self.sheet} 第{row}行{title}{clause}"


COLUMNS = list(Finding._fields)


@dataclass
class Findings:
    """Findings as they are made; `table` turns them into 问题清单.

    A detail may hold what a unit wrote: it is put into the sentence as it stands, cut when long.

    Attributes:
        addressee: whom all of them are for, or '' where each code says so.
    """

    addressee: str = ""
    made: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        /,
        *,
        unit: str = "",
        file: str = "",
        sheet: str = "",
        cell: str = "",
        clause: str = "",
        title: str = "",
        **details: object,
    ) -> Finding:
        """Add one finding."""
        kind = CATALOGUE[code]
        made = Finding(
            code, kind.level, self.addressee or kind.addressee, unit, file, sheet, cell, clause,
            shorten(title), fill(kind.problem, details), fill(kind.advice, details),
        )  # fmt: skip
        self.made.append(made)
        return made

    def table(self) -> "pd.DataFrame":
        """Columns `COLUMNS`, in the order they were added."""
        import pandas as pd  # not at the top: whoever makes copies needs findings alone

        return pd.DataFrame(self.made, columns=COLUMNS, dtype=object)


def fill(sentence: str, details: Mapping[str, object]) -> str:
    """A sentence of the catalogue with its details, each of them cut when long."""
    if "{" not in sentence:
        return sentence  # the same object for all
    return sentence.format(**{name: shorten(str(value)) for name, value in details.items()})


def shorten(text: str, limit: int = 60) -> str:
    """One line of at most `limit` characters: a cell may hold a novel."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
