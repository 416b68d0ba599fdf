"""评审核定: which ruling holds for which claim, and what becomes of those that do not."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.intake import Batch
from pipeline.judging.statuses import Settled
from pipeline.rulebook import Rulebook
from pipeline.text import fold
from pipeline.wording import number

Key = tuple[Any, ...]
NO_REASON = "未写理由"
_CLOSE = 0.5
"""How alike two names must be for one to be offered in place of the other."""


@dataclass
class Rulings:
    """Rulings put beside claims: of a row before of a name before of a whole clause.

    Attributes:
        table: the register's rulings; `rows` are its rows. Columns as `office.RULING_COLUMNS`.
        unit: code of each claim's unit, -1 where its return is not used.
        of_claim: position of the ruling that holds for each claim, or -1.
        overrides: (unit code, clause code) → (points, position).
        overruled: position → position of the later one of the same judge that counts.
        disputed: position → positions of others of the same thing that say otherwise.
        unmatched: position → why nothing answers to it.
        misplaced: position of 改分 with a name or a row → why it cannot be of the whole clause.
    """

    table: pd.DataFrame
    batch: Batch
    unit: "pd.Series[Any]"
    settled: Settled
    rulebook: Rulebook
    overrides: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)
    overruled: dict[int, int] = field(default_factory=dict)
    disputed: dict[int, list[int]] = field(default_factory=dict)
    unmatched: dict[int, str] = field(default_factory=dict)
    misplaced: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Match every ruling."""
        self.of_claim = pd.Series(-1, self.unit.index)
        self.rows: list[dict[Any, Any]] = self.table.to_dict("records")
        self._claims: dict[tuple[str, str], list[int]] = {}
        if not self.rows:
            return
        ruled = {(ruling["unit"], ruling["clause"]) for ruling in self.rows}
        codes, clauses = self.unit.tolist(), self.batch.claims["clause"].tolist()
        for claim, (code, clause) in enumerate(zip(codes, clauses, strict=True)):
            place = self.rulebook.units[code], clause
            if code >= 0 and place in ruled:
                self._claims.setdefault(place, []).append(claim)
        words: dict[Key, list[int]] = {}
        points: dict[Key, list[int]] = {}
        for position, ruling in enumerate(self.rows):
            unit = ruling["unit"]
            if unit not in self.settled.used:
                self.unmatched[position] = f"{unit}的状态是{self.settled.unit[unit]}"
            elif ruling["word"] != layout.RULING_POINTS:
                words.setdefault(self._key(ruling), []).append(position)
            elif why := self._not_whole(ruling):
                self.misplaced[position] = why
            else:
                points.setdefault((unit, ruling["clause"]), []).append(position)
        for (unit, clause), position in self._agreed(points, "points"):
            cell = self.rulebook.unit_codes[unit], self.rulebook.clause_codes[clause]
            self.overrides[cell] = float(self.rows[position]["points"]), position
        self._decide(dict(self._agreed(words, "word")))

    def words(self) -> "pd.Series[str]":
        """结论 of the ruling that holds for each claim, or ''."""
        words = np.array([*self.table["word"], ""], dtype=object)
        return pd.Series(words[self.of_claim.to_numpy()], self.of_claim.index, dtype=object)

    def _key(self, ruling: dict[Any, Any]) -> Key:
        whole = ruling["unit"], ruling["clause"]
        if pd.notna(ruling.get("of_row")):
            # What was ruled on a file holds for the mended copy, or the same bytes, used instead.
            file = self.settled.used_for(ruling["unit"], ruling["of_file"])
            place = (fold(file), fold(ruling["of_sheet"]), int(ruling["of_row"]))
            return (*whole, *place, ruling["title_key"] or fold(layout.UNTITLED))
        return (*whole, ruling["title_key"]) if ruling["title_key"] else whole

    def _keys(self, whole: Key, claim: int) -> tuple[Key, Key, Key]:
        """What a ruling on a claim of this unit and clause may go by, the nearest first."""
        row = self.batch.claims.iloc[claim]
        title = row["title_key"] or fold(layout.UNTITLED)
        file: Any = self.batch.returns["file"].iat[row["ret"]]
        place = fold(file), fold(row["sheet"]), int(row["row"])
        return (*whole, *place, title), (*whole, title), whole

    def _not_whole(self, ruling: dict[Any, Any]) -> str:
        """Why 改分 beside a name or a row cannot be of the whole clause, or ''."""
        key = self._key(ruling)
        own = self._claims.get(key[:2], [])
        if len(key) == 2 or (len(own) == 1 and key in self._keys(key[:2], own[0])):
            return ""
        if len(own) == 1:
            return f"写的名称与申报的不同；{self._nearest(ruling, own)}"
        return f"本单位这一条申报了 {len(own)} 项"

    def _agreed(self, rulings: dict[Key, list[int]], said: str) -> Iterator[tuple[Key, int]]:
        """For each thing ruled on the ruling that counts; none where judges disagree."""
        for key, positions in rulings.items():
            voices: dict[tuple[str, str], int] = {}
            for position in positions:
                ruling = self.rows[position]
                voice = fold(ruling["judge"]), ruling["file"]
                if voice in voices:
                    self.overruled[voices[voice]] = position
                voices[voice] = position
            last = sorted(voices.values())
            if len({self.rows[position][said] for position in last}) == 1:
                yield key, last[-1]
                continue
            for position in last:
                own = self.rows[position][said]
                self.disputed[position] = [p for p in last if self.rows[p][said] != own]

    def _decide(self, agreed: dict[Key, int]) -> None:
        answered: set[Key] = set()
        for whole, claims in self._claims.items():
            for claim in claims:
                keys = self._keys(whole, claim)
                answered |= set(keys)
                found = [agreed[key] for key in keys if key in agreed]
                if found:
                    self.of_claim.iat[claim] = found[0]
        for key, position in agreed.items():
            if key not in answered:
                claims = self._claims.get(key[:2], [])
                self.unmatched[position] = self._missed(self.rows[position], claims)

    def _missed(self, ruling: dict[Any, Any], claims: list[int]) -> str:
        shown = f"：{ruling['title']}" if ruling["title"] else ""
        row = ruling.get("of_row")
        where = f"（{ruling['of_sheet']} 第 {int(row)} 行）" if pd.notna(row) else ""
        nearest = self._nearest(ruling, claims)
        return (
            f"{ruling['unit']}没有申报 {ruling['clause']}{shown}{where}{nearest and '；'}{nearest}"
        )

    def _nearest(self, ruling: dict[Any, Any], claims: list[int]) -> str:
        table = self.batch.claims
        titles = {table["title_key"].iat[claim]: claim for claim in reversed(claims)}
        alike = difflib.get_close_matches(ruling["title_key"], titles, 1, _CLOSE)
        if not alike and len(claims) != 1:
            return ""
        claim = titles[alike[0]] if alike else claims[0]
        row = table.iloc[claim]
        return f"最接近的申报是“{row['title']}”（{row['sheet']} 第 {row['row']} 行）"


def ruling_text(ruling: Mapping[Any, Any], *, placed: bool = True) -> str:
    """A ruling with its who and why: 不认定：材料不实（评审人 某某；register.xlsx 评审核定!D5）.

    Not `placed`: without the cell that it stands in.
    """
    amount = f"为 {number(ruling['points'])} 分" if ruling["word"] == layout.RULING_POINTS else ""
    where = f"；{ruling['file']} {layout.RULINGS}!{ruling['cell']}" if placed else ""
    reason, judge = ruling["reason"] or NO_REASON, ruling["judge"] or "未写"
    return f"{ruling['word']}{amount}：{reason}（评审人 {judge}{where}）"
