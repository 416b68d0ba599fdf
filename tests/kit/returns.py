"""Returned workbooks and registers, made from a model whose true meaning is known.

A value is either plain, and means itself, or a `Cell`: what stands in the workbook and what a
person would understand by it. The oracle sees meanings only, the program sees workbooks only.
Plain text that begins with = is text; in a `Cell` it is a formula.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as WorkbookCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.kit.measure import DATE, FIGURE_CLAUSES, MEASURE, SHEETS, TITLE

UNCLEAR = "<看不明白>"
"""The meaning of a cell that nobody can be sure of."""


@dataclass(frozen=True)
class Cell:
    """What stands in the workbook, and what it means (None: as good as empty)."""

    raw: object
    meaning: object


@dataclass(frozen=True)
class Span:
    """The meaning of a range of dates."""

    first: date
    last: date


def meaning(value: object) -> object:
    """What a value means; of a moment only its day matters."""
    meant = value.meaning if isinstance(value, Cell) else value
    return meant.date() if isinstance(meant, datetime) else meant


def raw(value: object) -> object:
    return value.raw if isinstance(value, Cell) else value


@dataclass
class Claim:
    """One row that a unit fills in; evidence that is not given is all that the clause needs."""

    clause: object
    title: object = "迎新春活动"
    date: object = date(2015, 6, 1)
    sheet: str = ""
    evidence: dict[str, object] | None = None
    words: object = None
    base: object = None
    done: object = None
    more: dict[str, object] = field(default_factory=dict)
    hidden: bool = False
    object: object = None

    def __post_init__(self) -> None:
        rule = MEASURE.get(str(meaning(self.clause)))
        self.sheet = self.sheet or (rule.sheet if rule else "活动培训")
        if self.evidence is None:
            wanted = rule.evidence if rule and rule.sheet == self.sheet else ()
            self.evidence = dict.fromkeys(wanted, "附件1")

    def values(self) -> dict[str, object]:
        """Header → value of the row, without empty ones."""
        values = {
            "条款": self.clause, TITLE[self.sheet]: self.title, DATE[self.sheet]: self.date,
            "字数": self.words, "基数": self.base, "完成数": self.done, "对象": self.object,
        }  # fmt: skip
        values |= self.evidence or {}
        values |= self.more
        return {k: v for k, v in values.items() if raw(v) is not None and k in SHEETS[self.sheet]}


@dataclass
class Return:
    """What a unit sends back."""

    unit: object
    claims: list[Claim] = field(default_factory=list)
    year: object = 2015
    date: object = date(2015, 12, 20)
    cover: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """How a workbook looks. `seed` shuffles columns and strews blank rows and title rows."""

    seed: int | None = None
    prefill: bool = True
    titles: int = 0
    mac_dates: bool = False
    merges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Placed:
    """A claim and where it stands: sheet, row, header → A1 reference."""

    claim: Claim
    sheet: str
    row: int
    cells: dict[str, str]


@dataclass
class Submission:
    """A file in the folder of returns: its path below the folder, its bytes' hash, its claims.

    `sent` is None where the file cannot be read; `of` is the hash of the file that a mended copy
    was made from.
    """

    file: str
    digest: str
    sent: Return | None
    placed: list[Placed] = field(default_factory=list)
    of: str = ""

    def cell(self, claim: Claim, header: str) -> str:
        """Where a claim's cell stands."""
        return next(p.cells[header] for p in self.placed if p.claim is claim)

    def row(self, claim: Claim) -> int:
        return next(p.row for p in self.placed if p.claim is claim)


def _slots(claims: Sequence[Claim], prefill: bool) -> list[tuple[dict[str, object], Claim | None]]:
    """The rows of one sheet in order: what stands there and whose claim it is."""
    rows: list[tuple[dict[str, object], Claim | None]] = []
    left = list(claims)
    for clause in FIGURE_CLAUSES if prefill else ():
        mine = next((c for c in left if meaning(c.clause) == clause), None)
        if mine is None:
            rows.append(({"条款": clause, "指标": f"指标 {clause}"}, None))
        else:
            left.remove(mine)
            rows.append((mine.values(), mine))
    return rows + [(claim.values(), claim) for claim in left]


def _put(cell: WorkbookCell, value: object) -> None:
    cell.value = raw(value)
    if cell.data_type == "f" and not isinstance(value, Cell):
        cell.data_type = "s"


def _fill(
    page: Worksheet, name: str, claims: Sequence[Claim], layout: Layout, chance: random.Random
) -> list[Placed]:
    headers, gap, top = list(SHEETS[name]), 0.0, 1 + layout.titles
    if layout.seed is not None:
        chance.shuffle(headers)
        gap, top = 0.2, chance.choice([1, 2, 4]) + layout.titles
    for line in range(1, top):
        page.cell(line, 1, "二〇一五年度考核申报表" if line == 1 else None)
    for column, header in enumerate(headers, 1):
        page.cell(top, column, header)
    letters = {header: get_column_letter(n) for n, header in enumerate(headers, 1)}
    row, placed = top, []
    for values, claim in _slots(claims, layout.prefill and name == "指标任务"):
        row += 1 + (chance.random() < gap)
        for header, value in values.items():
            _put(page[f"{letters[header]}{row}"], value)
        if claim is not None:
            page.row_dimensions[row].hidden = claim.hidden
            cells = {header: f"{letter}{row}" for header, letter in letters.items()}
            placed.append(Placed(claim, name, row, cells))
    return placed


def _cover(page: Worksheet, sent: Return, chance: random.Random, shift: bool) -> None:
    labels = {"单位名称": sent.unit, "填报年度": sent.year, "报送日期": sent.date}
    people = {"填报人": "张三", "联系电话": "13800000000", "负责人": "李四"}
    rows = list((labels | people | sent.cover).items())
    if shift:
        chance.shuffle(rows)
    top, left = (chance.choice([1, 3]), chance.choice([1, 2])) if shift else (1, 1)
    for offset, (label, value) in enumerate(rows):
        page.cell(top + offset, left, label)
        page.cell(top + offset, left + 1, raw(value))


def workbook(sent: Return, layout: Layout = Layout()) -> tuple[Workbook, list[Placed]]:
    """The workbook of a return, still open, and where its claims stand."""
    chance = random.Random(layout.seed)
    book = Workbook()
    if layout.mac_dates:
        book.epoch = CALENDAR_MAC_1904
    book.active.title = "填报说明"
    _cover(book.create_sheet("封面"), sent, chance, layout.seed is not None)
    placed: list[Placed] = []
    for name in SHEETS:
        mine = [claim for claim in sent.claims if claim.sheet == name]
        placed += _fill(book.create_sheet(name), name, mine, layout, chance)
    for sheet, cells in layout.merges:
        book[sheet].merge_cells(cells)
    return book, placed


def write(
    sent: Return, folder: Path, file: str, layout: Layout = Layout(), book: Workbook | None = None,
    of: str = "",
) -> Submission:  # fmt: skip
    """Write a return to `folder / file`; `of` makes it a copy that went back to its unit."""
    made, placed = workbook(sent, layout)
    if of:
        made.create_sheet("选项").append([None, None, "源文件", of])
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (book or made).save(path)
    return Submission(file, sha256(path.read_bytes()).hexdigest(), sent, placed, of)


RULING_HEADERS = (
    "单位", "条款", "名称", "结论", "核定分", "理由", "评审人", "源文件", "工作表", "行号"
)  # fmt: skip


@dataclass(frozen=True)
class Ruling:
    """One line of 评审核定."""

    unit: object
    clause: object
    name: object = None
    word: str = "认定"
    points: object = None
    reason: str | None = "经复核"
    judge: str | None = "赵六"
    file: str | None = None
    sheet: str | None = None
    row: object = None


@dataclass(frozen=True)
class Record:
    """One line of 平时考查."""

    unit: object
    clause: object
    name: object = None
    date: object = None
    base: object = None
    done: object = None


@dataclass
class Register:
    """The office's workbook; a receipt is unit, day, copies and perhaps the file."""

    receipts: Sequence[tuple[object, ...]] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    disqualified: list[object] = field(default_factory=list)
    places: dict[str, object] = field(default_factory=dict)
    senses: list[tuple[object, object]] = field(default_factory=list)
    decisions: list[tuple[object, object, object]] = field(default_factory=list)

    def sheets(self) -> dict[str, list[list[object]]]:
        """Sheet → header row and rows, as values that may be cells."""
        return {
            "收件登记": [["单位", "收件日期", "份数", "经手人", "备注", "文件"]]
            + [[*receipt[:3], "王五", None, *receipt[3:]] for receipt in self.receipts],
            "评审核定": [[*RULING_HEADERS]]
            + [
                [
                    *(r.unit, r.clause, r.name, r.word, r.points, r.reason, r.judge),
                    *(r.file, r.sheet, r.row),
                ]
                for r in self.rulings
            ],
            "平时考查": [["单位", "条款", "名称", "日期", "基数", "完成数", "备注"]]
            + [[r.unit, r.clause, r.name, r.date, r.base, r.done, None] for r in self.records],
            "取消资格": [["单位", "原因", "依据", "日期"]]
            + [[unit, "材料不实", "会议纪要", date(2015, 12, 31)] for unit in self.disqualified],
            "奖项名额": [["奖项", "名额"]] + [[*place] for place in self.places.items()],
            "口径决定": [["口径", "采用", "依据", "日期"]]
            + [[*sense, "会议纪要", date(2016, 1, 5)] for sense in self.senses],
            "会议决定": [["单位", "奖项", "名次", "依据", "日期", "备注"]]
            + [[*decided, "会议纪要", date(2016, 1, 8), None] for decided in self.decisions],
        }


def write_register(register: Register, path: Path, without: Iterable[str] = ()) -> Path:
    """Write a register; `without` leaves sheets out."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in register.sheets().items():
        if name not in without:
            page = book.create_sheet(name)
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row, 1):
                    _put(page.cell(number, column), value)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment, for date cells that carry a time."""
    return datetime(year, month, day, hour, minute)
