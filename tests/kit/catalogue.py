"""A catalogue of broken and hostile returns: what is wrong, and what must be said of it.

Every case is one file of a unit of its own, made from the same healthy return, so that one run of
the program holds them all. What a case says is all that may be said: no finding more, none less.
"""

import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter import Workbook as Writer

from tests.kit.returns import Claim, Layout, Return, workbook

COVER, EVENTS, REPORTS, NEWS, FIGURES, SPECIAL = (
    "封面", "活动培训", "调研参政", "宣传信息", "指标任务", "专项工作",
)  # fmt: skip
PART = {
    COVER: "xl/worksheets/sheet2.xml",
    EVENTS: "xl/worksheets/sheet3.xml",
    REPORTS: "xl/worksheets/sheet4.xml",
    NEWS: "xl/worksheets/sheet5.xml",
    FIGURES: "xl/worksheets/sheet6.xml",
    SPECIAL: "xl/worksheets/sheet7.xml",
}
Place = tuple[str, int]
GROWTH, ATTENDED = (FIGURES, 4), (FIGURES, 9)
BASE: frozenset[Place] = frozenset({
    (EVENTS, 2), (EVENTS, 3), (REPORTS, 2), (NEWS, 2), GROWTH, ATTENDED, (SPECIAL, 2), (SPECIAL, 3),
})  # fmt: skip
"""The claims of the healthy return: sheet and row. All of them count."""
POINTS = {"一.4": 4, "三.2": 2, "一.7": 2, "五.1a": 3, "十.1": 10, "二.4": 3}
"""What they earn."""
NORMAL, LATE, PENDING, UNKNOWN, UNREADABLE = "正常", "逾期", "待核", "单位不明", "无法读取"
REPLACED = "已被替代"
ROSTER = 600
Make = Callable[[str], bytes]
"""Unit → the bytes of its return."""


@dataclass(frozen=True)
class Says:
    """A finding that must be there: code, level, place, and a word of its sentence."""

    code: str
    level: str
    sheet: str = ""
    cell: str = ""
    word: str = ""

    def key(self) -> tuple[str, str, str, str]:
        return self.code, self.level, self.sheet, self.cell


def error(code: str, sheet: str = "", cell: str = "", word: str = "") -> Says:
    return Says(code, "错误", sheet, cell, word)


def warning(code: str, sheet: str = "", cell: str = "", word: str = "") -> Says:
    return Says(code, "警告", sheet, cell, word)


def note(code: str, sheet: str = "", cell: str = "", word: str = "") -> Says:
    return Says(code, "提示", sheet, cell, word)


@dataclass(frozen=True)
class Case:
    """One file in the folder of returns.

    Attributes:
        name: what is wrong with it.
        make: its bytes.
        says: all findings on it.
        status: its status in 报送情况.
        lost: claims of the healthy return that do not count.
        gone: claims of the healthy return that do not stand in the ledger.
        more: further claims → whether they count.
        file: its name in the folder; the name of the case where empty.
        unit: the unit as 报送情况 shows it, where it is not the one that the case was given.
        awaits: what is still to be mended in the program before this holds.
    """

    name: str
    make: Make
    says: tuple[Says, ...] = ()
    status: str = NORMAL
    lost: frozenset[Place] = frozenset()
    gone: frozenset[Place] = frozenset()
    more: tuple[tuple[Place, bool], ...] = ()
    file: str = ""
    unit: str | None = None
    awaits: str = ""

    def listed_as(self, unit: str) -> str:
        """The unit that 报送情况 shows."""
        if self.unit is not None:
            return self.unit
        return "" if self.status == UNREADABLE else unit

    def ledger(self) -> dict[Place, str]:
        """Every claim that must stand in 申报台账, with its 结论."""
        if self.status in (UNREADABLE, REPLACED):
            return {}
        rows = {place: place not in self.lost for place in BASE - self.gone} | dict(self.more)
        return {p: "计分" if good and self.status == NORMAL else "不计" for p, good in rows.items()}


CASES: list[Case] = []


def case(
    name: str, make: Make, *says: Says, status: str = NORMAL, lost: Iterable[Place] = (),
    gone: Iterable[Place] = (), more: dict[Place, bool] | None = None, file: str = "",
    unit: str | None = None, awaits: str = "",
) -> None:  # fmt: skip
    """Put a case into the catalogue."""
    CASES.append(
        Case(
            name, make, says, status, frozenset(lost), frozenset(gone),
            tuple((more or {}).items()), file, unit, awaits,
        )
    )  # fmt: skip


def possible(name: str) -> str:
    """A file name as near to this one as the system takes."""
    if sys.platform != "win32":
        return name
    return re.sub(r'[\x00-\x1f\\/:*?"<>|]', "_", name).strip().replace("CON.", "CON_.")


def unit_of(number: int) -> str:
    """A unit of the roster."""
    return f"试验{number:03}县工商联"


def healthy(unit: str) -> Return:
    """What a unit sends back that did everything right."""
    return Return(
        unit,
        [
            Claim("一.4", f"第一讲 {unit}", date(2015, 3, 2)),
            Claim("一.4", f"第二讲 {unit}", date(2015, 6, 1)),
            Claim("三.2", f"调研报告 {unit}", date(2015, 5, 4)),
            Claim("一.7", f"报道 {unit}", date(2015, 7, 8), words=800),
            Claim("五.1a", "会员总数增长率", date(2015, 12, 1), base=100, done=107),
            Claim("十.1", "会议出勤率", date(2015, 12, 1), base=10, done=10),
            Claim("二.4", f"合作一 {unit}", date(2015, 8, 3), object="甲银行"),
            Claim("二.4", f"合作二 {unit}", date(2015, 9, 3), object="乙银行"),
        ],
    )


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def opened(unit: str, layout: Layout | None = None) -> Workbook:
    """The healthy return of a unit, open."""
    return workbook(healthy(unit), layout or Layout())[0]


@cache
def shared(unit: str) -> bytes:
    """The healthy return as Excel packs it: texts in a table of their own."""
    stream = io.BytesIO()
    with Writer(stream, {"default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": datetime(2015, 1, 1)})
        for name, lines in table(unit).items():
            target = book.add_worksheet(name)
            for row, values in enumerate(lines):
                for column, value in enumerate(values):
                    target.write(row, column, value)
    return stream.getvalue()


def table(unit: str) -> dict[str, list[list[object]]]:
    """The healthy return as plain rows."""
    return {s.title: [list(r) for r in s.iter_rows(values_only=True)] for s in opened(unit)}


@cache
def good(unit: str) -> bytes:
    """The healthy return of a unit, as the bytes of a file."""
    return saved(opened(unit))


def page(book: Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


def edited(change: Callable[[Workbook], object]) -> Make:
    """The healthy return after something was done to it in a spreadsheet program."""

    def make(unit: str) -> bytes:
        book = opened(unit)
        change(book)
        return saved(book)

    return make


def cells(sheet: str, /, **values: object) -> Make:
    """The healthy return with some cells of a sheet written over; None empties a cell."""

    def change(book: Workbook) -> None:
        for ref, value in values.items():
            target = page(book, sheet)[ref]
            target.number_format = "General"
            target.value = value

    return edited(change)


def text(sheet: str, ref: str, value: str) -> Make:
    """A cell that holds this text as text, whatever it looks like."""

    def change(book: Workbook) -> None:
        target = page(book, sheet)[ref]
        target.value = value
        target.data_type = "s"

    return edited(change)


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The same zip with each part changed, or left out where `change` gives None."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return stream.getvalue()


def parts(change: Callable[[str, bytes], bytes | None], base: Make = good) -> Make:
    """The healthy return with its parts changed."""
    return lambda unit: repacked(base(unit), change)


def part(name: str, change: Callable[[bytes], bytes], base: Make = good) -> Make:
    """The healthy return with one part changed."""
    return parts(lambda found, data: change(data) if found == name else data, base)


def swap(name: str, old: str, new: str, base: Make = good) -> Make:
    """The healthy return with some text of a part replaced; the text must be there."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data, (name, old, data[:2000])
        return data.replace(old.encode(), new.encode())

    return part(name, change, base)


def raw(sheet: str, ref: str, xml: str, base: Make = good) -> Make:
    """The healthy return with a cell as this XML; it stands behind its left neighbour."""

    def change(data: bytes) -> bytes:
        old = re.compile(rf'<c r="{ref}"(?:[^>]*/>|.*?</c>)'.encode())
        new, count = old.subn(lambda _: xml.encode(), data)
        assert count == 1, ref
        return new

    return part(PART[sheet], change, base)


def rows(sheet: str, xml: str, after: str = "", base: Make = good) -> Make:
    """The healthy return with more rows, as XML, below those of a sheet."""
    end = "</sheetData>"
    return swap(PART[sheet], end, f"{xml}{end}{after}", base)


def with_parts(files: dict[str, bytes], base: Make = good) -> Make:
    """The healthy return with more parts."""

    def make(unit: str) -> bytes:
        stream = io.BytesIO(base(unit))
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
            for name, data in files.items():
                package.writestr(name, data)
        return stream.getvalue()

    return make


def inline(ref: str, value: str) -> str:
    """A text cell as XML."""
    return f'<c r="{ref}" t="inlineStr"><is><t>{value}</t></is></c>'
