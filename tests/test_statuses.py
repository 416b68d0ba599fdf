"""Which return of a unit is used, and what becomes of the others."""

import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.kit.catalogue import unit_of
from tests.kit.catalogue_run import big_rulebook
from tests.kit.door import Book, agree, run
from tests.kit.measure import ROSTER
from tests.kit.returns import (
    UNCLEAR,
    Cell,
    Claim,
    Layout,
    Register,
    Return,
    Submission,
    write,
    write_register,
)

U1, U2, U3, U4, U5, U6 = ROSTER
NONE = Cell(None, None)
BAD = Cell("12月20日", UNCLEAR)


class Folder:
    """A folder of returns that grows file by file."""

    def __init__(self, base: Path) -> None:
        self.base, self.sent = base, list[Submission]()

    def add(self, unit: object, day: object = date(2015, 12, 20), **more: object) -> Submission:
        """One more return, with one claim of its own."""
        file = f"{len(self.sent)}.xlsx"
        made = Return(unit, [Claim("一.4", f"活动{file}")], date=day, **more)
        self.sent.append(write(made, self.base / "in", file))
        return self.sent[-1]

    def copy(self, other: Submission, file: str) -> Submission:
        """The same bytes under another name."""
        (self.base / "in" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.base / "in" / other.file, self.base / "in" / file)
        return Submission(file, other.digest, other.sent, other.placed)

    def agree(
        self, register: Register | None = None, readings: tuple[str, ...] | None = None
    ) -> Book:
        return agree(self.sent, self.base / "in", self.base / "out", register, readings)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def status(book: Book, unit: str) -> object:
    return book.unit("排名", unit)["状态"]


def statuses(book: Book) -> list[object]:
    return [status(book, unit) for unit in ROSTER]


def test_the_same_bytes_count_as_one(folder: Folder) -> None:
    """Two names for one file are no two returns, also where one receipt came with them."""
    first = folder.add(U1)
    folder.copy(first, "副本/0 (2).xlsx")
    late = folder.add(U2, date(2016, 1, 1))
    folder.copy(late, "副本/late.xlsx")
    register = Register(receipts=[(U1, date(2015, 12, 20), 5)])
    book = run(folder.base / "in", folder.base / "out", register).book
    assert statuses(book)[:2] == ["正常", "逾期"]
    assert [row["单位"] for row in book["申报台账"]] == [U1, U2]
    assert book.unit("排名", U1)["总分"] == 2
    rows = [row for row in book["报送情况"] if row["SHA-256"] == first.digest]
    assert {row["源文件"] for row in rows} == {"0.xlsx", "副本/0 (2).xlsx"}


def test_disqualification_goes_before_everything(folder: Folder) -> None:
    folder.add(U1)
    folder.add(U2, date(2016, 1, 1))
    folder.add(U3, NONE)
    folder.add(U4, year=Cell(2014, 2014))
    folder.add(U6)
    units = [U1, Cell("临颍", U2), Cell("漯河市源汇区", U3), U4, U5]
    book = folder.agree(Register(disqualified=list(units)))
    assert statuses(book) == ["取消资格"] * 5 + ["正常"]
    assert [row["单位"] for row in book["排名"]][:6] == [U6, U1, U2, U3, U4, U5]
    assert "取消资格" in str(book.claim("0.xlsx", "活动培训", 2)["原因"])


def test_a_disqualification_dated_by_a_month_is_told_as_it_is_written(folder: Folder) -> None:
    folder.add(U1)
    path = write_register(Register(disqualified=[U1]), folder.base / "register.xlsx")
    book = load_workbook(path)
    book["取消资格"]["D2"].value = "2015年11-12月"
    book.save(path)
    found = run(folder.base / "in", folder.base / "out", path).book["问题清单"]
    said = next(str(row["问题"]) for row in found if "取消考核资格" in str(row["问题"]))
    assert "日期：2015年11-12月" in said


@pytest.mark.parametrize("area", ["A2:D2", "A2:A3"])
def test_a_unit_merged_over_a_row_of_the_register_is_disqualified(
    folder: Folder, area: str
) -> None:
    """In the office's own sheets a merged cell is an entry like any other."""
    folder.add(U1)
    path = write_register(Register(disqualified=[U1]), folder.base / "register.xlsx")
    book = load_workbook(path)
    for cell in book["取消资格"]["B2:D2"][0]:
        cell.value = None
    book["取消资格"].merge_cells(area)
    book.save(path)
    done = run(folder.base / "in", folder.base / "out", path)
    assert status(done.book, U1) == "取消资格"


def test_receipts_decide_the_date(folder: Folder) -> None:
    """The office's date stands in place of the cover's, whichever way."""
    folder.add(U1, date(2015, 12, 20))
    folder.add(U2, date(2016, 1, 3))
    folder.add(U3, NONE)
    folder.add(U4, BAD)
    folder.add(U5, date(2015, 12, 20))
    receipts: list[tuple[object, ...]] = [
        (U1, date(2015, 12, 30), 5),
        (Cell("临颍县", U2), Cell("2015年12月28日", date(2015, 12, 28)), 5),
        (U3, date(2015, 12, 25), 5),
        (U4, datetime(2015, 12, 29), 5),
    ]
    book = folder.agree(Register(receipts=receipts))
    assert statuses(book) == ["逾期", "正常", "正常", "正常", "正常", "未报送"]
    assert book.file("1.xlsx")["报送日期"] == datetime(2015, 12, 28)
    assert book.file("4.xlsx")["报送日期"] == datetime(2015, 12, 20)


def day(number: int, month: int = 12) -> date:
    return date(2015, month, number)


def copy_of(other: Submission, folder: Folder, day: object, unit: object = U1) -> Submission:
    """One more return, made from the copy of another one that went back."""
    file = f"{len(folder.sent)}.xlsx"
    made = Return(unit, [Claim("一.4", f"活动{file}")], date=day)
    folder.sent.append(write(made, folder.base / "in", file, of=other.digest))
    return folder.sent[-1]


USED, OLD, OPEN, LATE, NOTHING = "正常", "已被替代", "待核", "逾期", "未报送"
FIRST = Path("子/甲.xlsx")
"""Below the folder of a case, as are all its files."""


@dataclass(frozen=True)
class Case:
    """A unit's returns and receipts, and what becomes of them.

    Attributes:
        sent: dates on the covers; with a path, the file's name (`0.xlsx`, `1.xlsx` … else); with a
            number, the place of the return that it was made from when that went back; with `U2`
            it is another unit's.
        receipts: days of receipt, perhaps with the file that is named, in which `#` stands for
            the folder of the case.
        status: of the unit.
        files: status and date of each return; not looked at where empty.
    """

    sent: list[tuple[object, ...]]
    receipts: list[tuple[object, ...]]
    status: str
    files: list[tuple[object, object]] = field(default_factory=list)


def one(
    original: object, mended: object, receipts: list[int], *files: tuple[object, object]
) -> Case:
    """A return and the copy of it that came back mended."""
    status = next(str(status) for status, _ in files if status != OLD)
    return Case([(original,), (mended, 0)], [(day(n),) for n in receipts], status, [*files])


def named(written: str) -> Case:
    """Two returns and a receipt that names the first, by name or path, compared like titles."""
    files = [(USED, day(28)), (OLD, day(5))]
    return Case([(day(2), FIRST), (day(5), Path("乙.xlsx"))], [(day(28), written)], USED, files)


TWO = [(day(n),) for n in (10, 20)]
THREE = [(day(n),) for n in (1, 10, 20)]
ALIKE = [(day(n),) for n in (10, 10, 20)]
REPLACED = [(OLD, day(10)), (USED, day(20))]
VERSIONS: list[tuple[object, ...]] = [(day(20),), (day(20), 0), (day(20), 1)]
BOTH_UNITS: list[tuple[object, ...]] = [
    (day(1), Path("a/表.xlsx")), (day(2), Path("b/表.xlsx")), (day(3), Path("c/别.xlsx"), U2),
    (day(4), Path("d.xlsx"), U2),
]  # fmt: skip
SETTLED = {
    "only late returns": Case([(day(31),), (date(2016, 1, 5),)], [], LATE),
    "the latest in time is used, late ones beside it are not": Case(
        [(day(1),), (day(29),), (day(31),), (day(1, 11),)],
        [],
        USED,
        [(OLD, day(1)), (USED, day(29)), (OLD, day(31)), (OLD, day(1, 11))],
    ),
    "two of the latest day": Case([(day(20),), (Cell("2015年12月20日", day(20)),)], [], OPEN),
    "two of one day before the latest": Case([(day(20),), (day(20),), (day(21),)], [], USED),
    "two of one day after the deadline": Case([(day(31),), (day(31),), (day(12),)], [], USED),
    "one without a date beside one in time": Case([(day(20),), (NONE,)], [], OPEN),
    "one with an unclear date beside one in time": Case([(day(20),), (BAD,)], [], OPEN),
    "one without a date beside a late one": Case([(NONE,), (date(2016, 1, 5),)], [], OPEN),
    "a receipt over several days": Case(
        [(day(20),)], [(Cell("2015-12-28至2015-12-30", None),)], USED, [(USED, day(20))]
    ),
    "the latest of several receipts dates the only return": Case(
        [(day(10),)], [(day(20),), (day(21),)], USED, [(USED, day(21))]
    ),
    "receipts on both sides of the deadline": Case(
        [(day(10),)], [(day(21),), (day(31),)], OPEN, [(OPEN, day(10))]
    ),
    "both receipts are late": Case([(day(10),)], [(day(30),), (day(31),)], LATE, [(LATE, day(31))]),
    "a receipt without a return": Case([], [(day(20),)], OPEN),
    "an unclear receipt without a return": Case([], [(Cell("12月20日", UNCLEAR),)], NOTHING),
    "a receipt names its path": named("#/子/甲.xlsx"),
    "a receipt names its path without the suffix": named("#/子/甲"),
    "a receipt names its path as Windows does": named("#\\子\\甲.xlsx"),
    "a receipt names its file": named("甲.xlsx"),
    "a receipt names its file without the suffix": named("甲"),
    "a receipt names its file in another spelling": named(" 甲 .XLSX"),
    "a receipt names another file": Case(
        [(day(2), FIRST), (day(5), Path("乙.xlsx"))], [(day(28), "（甲）")], OPEN
    ),
    "a receipt names two files": Case(BOTH_UNITS, [(day(20), "表")], OPEN),
    "a receipt names one of two by its folder": Case(BOTH_UNITS, [(day(20), "#/b/表")], USED),
    "a receipt names another unit's file": Case(BOTH_UNITS, [(day(20), "别")], OPEN),
    "receipts fall to the latest return before them": Case(
        THREE, [(day(12),), (day(22),)], USED, [(OLD, day(1)), (OLD, day(12)), (USED, day(22))]
    ),
    # What is left for the earlier receipt is older.
    "the later receipt is given first": Case(
        THREE, [(day(22),), (day(23),)], USED, [(OLD, day(1)), (OLD, day(22)), (USED, day(23))]
    ),
    "a receipt before all returns": Case(THREE, [(day(30, 11),)], OPEN),
    "one receipt more than returns": Case(THREE, [(day(n),) for n in (22, 23, 24, 25)], OPEN),
    "two of one date compete for a receipt": Case(ALIKE, [(day(15),)], OPEN),
    "two of one date and a receipt of a later one": Case(ALIKE, [(day(25),)], USED),
    "two of one date, one named": Case(ALIKE, [(day(15), "0"), (day(16),)], USED),
    # The mended return is used, whether its receipt is logged or not.
    "the first is logged, a second came later": Case(TWO, [(day(10),)], USED, REPLACED),
    "both are logged": Case(TWO, [(day(10),), (day(20),)], USED, REPLACED),
    # A mended copy is never older than its file. Without receipts:
    "a copy of the same day": one(day(10), day(10), [], (OLD, day(10)), (USED, day(10))),
    "a later copy": one(day(10), day(20), [], (OLD, day(10)), (USED, day(20))),
    "an earlier copy": one(day(10), day(5), [], (OLD, day(10)), (USED, day(10))),
    "a copy without a date": one(day(10), NONE, [], (OLD, day(10)), (USED, day(10))),
    "a copy of one without a date": one(NONE, day(20), [], (OLD, None), (USED, day(20))),
    "neither has a date": one(BAD, NONE, [], (OLD, None), (OPEN, None)),
    # The receipt of a file without a date is that file's, also when it comes back mended.
    "an undated file is logged": one(NONE, day(20), [12], (OLD, day(12)), (USED, day(20))),
    "neither has a date, one receipt": one(NONE, NONE, [12], (OLD, day(12)), (USED, day(12))),
    "neither has a date, two": one(NONE, NONE, [15, 12], (OLD, day(12)), (USED, day(15))),
    # After the deadline: the copy is late by its own cover, in time by the original's.
    "a late copy": one(day(10), day(31), [], (USED, day(10)), (OLD, day(31))),
    "a copy of a late file": one(day(31), day(20), [], (OLD, day(31)), (LATE, day(31))),
    # One receipt dates both; of two the earlier is the original's.
    "one receipt for both": one(day(10), day(10), [12], (OLD, day(12)), (USED, day(12))),
    "a receipt for each": one(day(10), day(10), [15, 12], (OLD, day(12)), (USED, day(15))),
    "a receipt before the copy": one(day(10), day(20), [12], (OLD, day(12)), (USED, day(20))),
    "a late receipt": one(day(10), day(11), [31], (USED, day(10)), (OLD, day(31))),
    "a receipt in time and a late one": one(
        day(10), day(10), [31, 12], (USED, day(12)), (OLD, day(31))
    ),
    # Each made from the one before it, received on both sides of the deadline.
    "two receipts for three versions": Case(
        VERSIONS, [(day(30),), (day(20),)], OPEN, [(OPEN, ...)] * 3
    ),
    "two receipts for three versions, one named": Case(
        VERSIONS, [(day(30), "2.xlsx"), (day(20),)], USED, [(OLD, ...), (USED, ...), (OLD, ...)]
    ),
}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, list[list[str]]]:
    """One run over all cases, each with a folder and two units of its own; each one's files."""
    base, files, receipts = tmp_path_factory.mktemp("settled"), [], []
    rulebook = big_rulebook(base / "rulebook", 2 * len(SETTLED))
    for nth, case in enumerate(SETTLED.values()):
        mine: list[Submission] = []
        for cover, *how in case.sent:
            path = next((h for h in how if isinstance(h, Path)), f"{len(mine)}.xlsx")
            of = next((mine[h].digest for h in how if isinstance(h, int)), "")
            unit = unit_of(2 * nth + (U2 in how))
            made = Return(unit, [Claim("一.4", f"活动{nth}-{path}")], date=cover)
            mine.append(write(made, base / "in", f"{nth:02}/{Path(path).as_posix()}", of=of))
        for at, *name in case.receipts:
            receipts.append((unit_of(2 * nth), at, 5, *(n.replace("#", f"{nth:02}") for n in name)))
        files.append([sent.file for sent in mine])
    more = ("--rulebook", str(rulebook))
    return run(base / "in", base / "out", Register(receipts=receipts), (), *more).book, files


@pytest.mark.parametrize("nth", range(len(SETTLED)), ids=list(SETTLED).__getitem__)
def test_receipts_and_copies_settle_which_return_is_used(
    settled: tuple[Book, list[list[str]]], nth: int
) -> None:
    book, files = settled
    case = list(SETTLED.values())[nth]
    assert status(book, unit_of(2 * nth)) == case.status
    for name, (wanted, date_) in zip(files[nth], case.files, strict=False):
        shown = book.file(name)
        assert shown["状态"] == wanted
        if date_ is not ...:
            assert (shown["报送日期"].date() if shown["报送日期"] else None) == date_


@pytest.mark.parametrize(
    ("about", "level", "word"),
    [
        ("the latest of several receipts dates the only return", "警告", ""),
        ("a receipt without a return", "错误", ""),
        ("a receipt names its file", None, ""),
        ("a receipt over several days", "错误", "是一段时间"),
    ],
)
def test_the_office_is_told_of_its_receipts(
    settled: tuple[Book, list[list[str]]], about: str, level: str | None, word: str
) -> None:
    nth = list(SETTLED).index(about)
    row = 2 + sum(len(case.receipts) for case in list(SETTLED.values())[:nth])
    cells = {f"B{at}" for at in range(row, row + len(SETTLED[about].receipts))}
    told = [f for f in settled[0]["问题清单"] if f["工作表"] == "收件登记" and f["单元格"] in cells]
    assert [f["级别"] for f in told] == [level] * bool(level)
    assert all(word in str(f["问题"]) for f in told)


def test_a_return_that_no_receipt_is_left_for_is_a_warning(
    settled: tuple[Book, list[list[str]]],
) -> None:
    nth = list(SETTLED).index("receipts fall to the latest return before them")
    found = settled[0].findings(settled[1][nth][0])
    assert [f["级别"] for f in found if "收件" in str(f["问题"])] == ["警告"]


def test_a_mended_copy_replaces_a_file_of_another_year_or_unit(folder: Folder) -> None:
    """Whatever the dates; 填报年度 is tested on the return that is used. But no other unit's."""
    copy_of(folder.add(U1, day(20), year=Cell(2014, 2014)), folder, day(10))
    copy_of(folder.add("西城区", day(20)), folder, day(10), U2)
    copy_of(copy_of(folder.add(U3, NONE), folder, NONE, U3), folder, day(9), U3)
    copy_of(folder.add(U4, day(10)), folder, day(10), U5)
    book = run(folder.base / "in", folder.base / "out").book
    assert statuses(book)[:5] == ["正常"] * 5
    told = [book.file(sent.file)["状态"] for sent in folder.sent]
    assert told == [OLD, USED, OLD, USED, OLD, OLD, USED, USED, USED]
    used = {f"{nth}.xlsx" for nth in (1, 3, 6, 7, 8)}
    assert {row["源文件"] for row in book["申报台账"]} == used


def test_every_return_of_a_disqualified_unit(folder: Folder) -> None:
    """Replaced ones too, with 原因, 依据 and 日期 of the register; the same bytes count once."""
    copy_of(folder.add(U1, day(10)), folder, day(20))
    folder.copy(folder.sent[0], "again.xlsx")
    book = run(folder.base / "in", folder.base / "out", Register(disqualified=[U1, U2])).book
    assert [book.file(sent.file)["状态"] for sent in folder.sent] == ["取消资格"] * 2
    assert {(row["源文件"], row["结论"]) for row in book["申报台账"]} == {
        ("0.xlsx", "不计"), ("1.xlsx", "不计")
    }  # fmt: skip
    wanted = "材料不实；依据：会议纪要；日期：2015-12-31"
    assert [row["说明"] for row in book["报送情况"] if row["状态"] == "取消资格"] == [wanted] * 3


def test_what_is_said_of_late_returns(folder: Folder) -> None:
    """Both dates where a receipt is late, and why a late mended file is not used.

    The receipt is named, not the period that stands on the cover.
    """
    folder.add(U1, day(20))
    folder.add(U2, day(20))
    folder.add(U2, day(31))
    folder.add(U3, Cell("2015-12-30至2016-01-05", day(30)))
    register = Register(receipts=[(U1, day(31), 5), (U3, day(30), 5)])
    book = run(folder.base / "in", folder.base / "out", register).book
    said = str(book.file("0.xlsx")["说明"])
    assert "2015-12-31" in said
    assert "2015-12-20" in said
    said = str(book.file("2.xlsx")["说明"])
    assert "2015-12-31 已逾期" in said
    assert "以 1.xlsx 为准" in said
    (late,) = [f for f in book.findings("0.xlsx") if f["级别"] == "错误"]
    assert "2015年12月29日（含）" in str(late["处理建议"])
    (named,) = [f for f in book.findings("3.xlsx") if f["级别"] == "错误"]
    assert str(named["问题"]).startswith("办公室登记的收件日期是 2015-12-30（")


def test_subfolders_and_suffixes(folder: Folder) -> None:
    """Files below the folder count, with `/` in their path, whatever the case of the suffix."""
    made = Return(U1, [Claim("一.4")])
    folder.sent = [
        write(made, folder.base / "in", "县区/舞阳/表.xlsx"),
        write(Return(U2), folder.base / "in", "B.XLSX", Layout(seed=3)),
        write(Return(U3), folder.base / "in", "C.Xlsm"),
    ]
    book = folder.agree()
    assert statuses(book)[:3] == ["正常"] * 3
