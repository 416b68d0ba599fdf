"""Writes the sample returns into `data/returns/`: made-up claims, with the faults real ones have.

    python -m tools.sample_returns [FOLDER]

The same every time: each return draws from a generator seeded with its name.
"""

import csv
import random
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline.forms.entry import entry_cell, workbook_bytes
from pipeline.layout import COVER
from pipeline.rulebook import FIGURES, PER_CLAIM, Clause, Rulebook, load_rulebook
from pipeline.style import row_height
from tools.sample_profiles import SAMPLES, Sample

ROOT = Path(__file__).resolve().parent.parent
RULEBOOK = ROOT / "data" / "rulebook" / "2015"
TEMPLATE = ROOT / "templates" / "intake_template.xlsx"
RETURNS = ROOT / "data" / "returns"
TITLES = Path(__file__).with_name("sample_titles.csv")
MADE = datetime(2015, 12, 1)
"""When the samples say that they were made: a fixed time, for the same bytes every time."""

Claim = dict[str, object]
"""Header → what the unit wrote."""
Pool = dict[str, dict[str, list[str]]]
"""Clause → `titles`; beside each its `objects`, if any; `where` it appeared."""

INFO: dict[str, tuple[object, ...]] = {
    "地点": ("示例会议中心", "示例商会会议室", "示例产业园", "示例大酒店三楼"),
    "参加人数": (36, 52, 80, 120, "60余人"),
    "采用或批示单位": ("市工商联（示例）", "县委办公室（示例）"),
    "媒体或刊物": ("示例日报", "示例电视台", "示例工商网"),
}


def sample_returns(rulebook: Rulebook, template: Path) -> Iterator[tuple[str, bytes]]:
    """Path below the returns folder and bytes of every sample return."""
    with TITLES.open(encoding="utf-8", newline="") as stream:
        pool = {
            row.pop("clause"): {name: text.split(";") for name, text in row.items()}
            for row in csv.DictReader(stream)
        }
    for sample in SAMPLES:
        claims = _Author(rulebook, sample, pool).claims()
        book = load_workbook(template)
        cover = {"单位名称": sample.unit, "填报年度": rulebook.year, "报送日期": sample.handed_in,
                 "填报人": "示例甲", "联系电话": "0000-0000000", "负责人": "示例乙"}  # fmt: skip
        fill_cover(book[COVER], cover)
        for sheet in rulebook.sheets:
            ids = [clause.id for clause in rulebook.clauses_of(sheet.name)]
            rows = [claim for clause_id in ids for claim in claims.get(clause_id, ())]
            fill_rows(book[sheet.name], rows, prefilled=sheet.prefilled)
        if sample.merged:
            _merge(book[sample.merged[0]], sample.merged[1])
        yield sample.name, workbook_bytes(book, MADE)


class _Author:
    """Whoever fills in one return."""

    def __init__(self, rulebook: Rulebook, sample: Sample, pool: Pool) -> None:
        self.rulebook, self.sample, self.pool = rulebook, sample, pool
        self.draw = random.Random(sample.name)
        self.attachment = 0

    def claims(self) -> dict[str, list[Claim]]:
        """Claims by clause id, with this return's faults."""
        claims = {
            clause.id: self._claims_of(clause)
            for clause in self.rulebook.clauses
            if self._wanted(clause, self.draw.random())
        }
        for fault in self.sample.faults:
            claim = claims[fault.clause][fault.nth]
            if fault.column not in claim:
                raise KeyError(f"{fault.clause} has no column {fault.column}")
            claim[fault.column] = fault.value
        for clause_id in self.sample.repeats:
            claims[clause_id].append(dict(claims[clause_id][0]))
        return claims

    def _wanted(self, clause: Clause, chance: float) -> bool:
        sample = self.sample
        if clause.measure in FIGURES:
            return clause.id in sample.figures
        faulty = any(fault.clause == clause.id for fault in sample.faults)
        if faulty or clause.id in (*sample.repeats, *sample.key_work):
            return True
        return chance < sample.zeal and clause.section_key != self.rulebook.key_section

    def _claims_of(self, clause: Clause) -> list[Claim]:
        words = self.pool[clause.id]
        days = sorted(self.draw.sample(range(335), self._how_many(clause)))
        objects = words["objects"] if any(words["objects"]) else [None] * len(days)
        return [
            self._claim(clause, title, thing, self._date(clause, day))
            for title, thing, day in zip(words["titles"], objects, days, strict=False)
        ]

    def _how_many(self, clause: Clause) -> int:
        faults = [fault.nth + 1 for fault in self.sample.faults if fault.clause == clause.id]
        least, most = max(faults, default=1), len(self.pool[clause.id]["titles"])
        if clause.measure in FIGURES or clause.id in self.sample.key_work:
            return 1
        if clause.measure in PER_CLAIM:
            return max(least, self.draw.randint(1, min(most, self.sample.most)))
        return min(most, max(least, int(clause.bands[-1][0])))

    def _date(self, clause: Clause, day: int) -> object:
        if clause.measure in FIGURES:
            day = 320 + day % 15  # figures are counted towards the end of the year
        when = datetime(self.rulebook.year, 1, 15) + timedelta(day)
        return self.sample.date_style.format(when) or when

    def _claim(self, clause: Clause, title: str, thing: str | None, date: object) -> Claim:
        self.attachment += 1
        base, done = self.sample.figures.get(clause.id, (None, None))
        where = self.pool[clause.id]["where"][0]
        sizes = (380, 520, 860, 1100, 1500)
        parts = {
            "title": None if clause.measure in FIGURES else f"{self.sample.short}{title}（示例）",
            "date": date,
            "words": self.draw.choice(sizes) if clause.measure == "words" else None,
            "base": base,
            "done": done,
            "object": thing,
        }
        claim = claim_of(self.rulebook, clause, self.attachment, parts)
        for header in self.rulebook.sheet[clause.sheet].headers("info"):
            claim[header] = where or self.draw.choice(INFO[header])
        return claim


def claim_of(rulebook: Rulebook, clause: Clause, number: int, parts: Mapping[str, object]) -> Claim:
    """A claim with all its evidence: `parts` by role, attachments by the number of the claim."""
    claim: Claim = {}
    for column in rulebook.sheet[clause.sheet].columns:
        if column.role == "evidence":
            if column.header in clause.evidence:
                nth = clause.evidence.index(column.header) + 1
                claim[column.header] = f"附件{number}-{nth}"
        else:
            claim[column.header] = clause.id if column.role == "clause" else parts.get(column.role)
    return claim


def fill_cover(page: Any, values: Mapping[str, object]) -> None:
    """Put values right of their labels."""
    for row in page.iter_rows():
        for cell in row:
            if cell.value in values:
                cell.offset(column=1).value = values[cell.value]


def _columns(page: Any) -> tuple[int, dict[str, int]]:
    """The header row and the column of each header."""
    for row in page.iter_rows():
        names = {cell.value: cell.column for cell in row}
        if "条款" in names:
            return row[0].row, names
    raise ValueError(f"{page.title} has no header row")


def fill_rows(page: Any, claims: list[Claim], *, prefilled: bool) -> None:
    """Write claims below the header row: on the prefilled rows, or one after the other.

    Each row gets the height that a spreadsheet program would have saved.
    """
    top, columns = _columns(page)
    rows = range(top + 1, page.max_row + 1)
    prefilled_at = {page.cell(row, columns["条款"]).value: row for row in rows} if prefilled else {}
    for row, claim in enumerate(claims, top + 1):
        at = prefilled_at[claim["条款"]] if prefilled else row
        for header, value in claim.items():
            if value is not None:
                entry_cell(page, at, columns[header]).value = value
        texts = ((cell.value, page.column_dimensions[cell.column_letter].width)
                 for cell in page[at] if isinstance(cell.value, str))  # fmt: skip
        page.row_dimensions[at].height = row_height(texts)


def _merge(page: Any, header: str) -> None:
    """One evidence cell over the first three claims, as people do."""
    top, columns = _columns(page)
    page.merge_cells(None, top + 1, columns[header], top + 3, columns[header])


def main(folder: Path = RETURNS) -> None:
    """Replace the sample returns in a folder."""
    made = dict(sample_returns(load_rulebook(RULEBOOK), TEMPLATE))
    for stale in folder.rglob("*.xlsx"):
        stale.unlink()
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{folder}：{len(made)} 份示例报送材料")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
