"""Which return of a unit is used, and what becomes of the others."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

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
    junk,
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

    def agree(self, register: Register | None = None, readings: tuple[str, ...] = ()) -> Book:
        return agree(self.sent, self.base / "in", self.base / "out", register, readings)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def status(book: Book, unit: str) -> object:
    return book.unit("排名", unit)["状态"]


def statuses(book: Book) -> list[object]:
    return [status(book, unit) for unit in ROSTER]


def test_every_return_by_its_date(folder: Folder) -> None:
    """In time, on the deadline, after it, without a date, with one that is not clear, none."""
    folder.add(U1, date(2015, 12, 29))
    folder.add(U2, date(2015, 12, 30))
    folder.add(U3, datetime(2016, 1, 4))
    folder.add(U4, NONE)
    folder.add(U5, BAD)
    book = folder.agree()
    assert statuses(book) == ["正常", "逾期", "逾期", "待核", "待核", "未报送"]
    assert [row["单位"] for row in book["排名"]][:6] == list(ROSTER)
    for submission in folder.sent[1:]:
        line = book.claim(submission.file, "活动培训", 2)
        assert line["结论"] == "不计"
        assert str(status(book, str(line["单位"]))) in str(line["原因"])


def test_deadline_day_in_the_other_sense(folder: Folder) -> None:
    """Both for returns and for claims: the deadline itself is in time, the day after is not."""
    folder.add(U1, date(2015, 12, 30))
    folder.add(U2, date(2015, 12, 31))
    made = Return(U3, [Claim("一.4", "当日", date(2015, 12, 30)),
                       Claim("一.4", "次日", date(2015, 12, 31))])  # fmt: skip
    folder.sent.append(write(made, folder.base / "in", "claims.xlsx"))
    book = folder.agree(readings=("deadline-day",))
    assert statuses(book)[:3] == ["正常", "逾期", "正常"]
    assert book.unit("排名", U3)["总分"] == 2


def test_the_latest_in_time_is_used(folder: Folder) -> None:
    """Earlier and late returns beside it are replaced; their claims are not in the ledger."""
    for day in (date(2015, 12, 1), date(2015, 12, 29), date(2015, 12, 31), date(2015, 11, 1)):
        folder.add(U1, day)
    book = folder.agree()
    told = [book.file(submission.file)["状态"] for submission in folder.sent]
    assert told == ["已被替代", "正常", "已被替代", "已被替代"]
    assert {row["源文件"] for row in book["申报台账"]} == {"1.xlsx"}
    assert book.file("1.xlsx")["报送日期"] == datetime(2015, 12, 29)


def test_only_late_returns(folder: Folder) -> None:
    folder.add(U1, date(2016, 1, 1))
    assert status(folder.agree(), U1) == "逾期"


def test_two_of_one_day(folder: Folder) -> None:
    """Two different returns with the latest date in time: nobody but the office can say."""
    folder.add(U1, date(2015, 12, 20))
    folder.add(U1, Cell("2015年12月20日", date(2015, 12, 20)))
    folder.add(U2, date(2015, 12, 20))
    folder.add(U2, date(2015, 12, 20))
    folder.add(U2, date(2015, 12, 21))
    folder.add(U3, date(2015, 12, 31))
    folder.add(U3, date(2015, 12, 31))
    folder.add(U3, date(2015, 12, 12))
    book = folder.agree()
    assert statuses(book)[:3] == ["待核", "正常", "正常"]
    assert len([r for r in book["申报台账"] if r["单位"] == U1]) == 2


def test_one_without_a_date_beside_another(folder: Folder) -> None:
    for unit, day in ((U1, NONE), (U2, BAD)):
        folder.add(unit, date(2015, 12, 20))
        folder.add(unit, day)
    folder.add(U3, NONE)
    folder.add(U3, date(2016, 1, 5))
    assert statuses(folder.agree())[:3] == ["待核", "待核", "待核"]


@pytest.mark.parametrize("year", [2014, "2014年度", "2016", Cell("二〇一四年", 2014)])
def test_another_year(folder: Folder, year: object) -> None:
    """Another year is pending; a missing one is only a warning."""
    folder.add(U1, year=year if isinstance(year, Cell) else Cell(year, 2014))
    folder.add(U2, year=NONE)
    book = folder.agree()
    assert statuses(book)[:2] == ["待核", "正常"]
    assert "错误" in [f["级别"] for f in book.findings("0.xlsx", "B2", "封面")]
    assert [f["级别"] for f in book.findings("1.xlsx", sheet="封面")] == ["警告"]


def test_the_same_bytes_count_as_one(folder: Folder) -> None:
    """Two names for one file are no two returns; its claims stand in the ledger once."""
    first = folder.add(U1)
    folder.copy(first, "副本/0 (2).xlsx")
    late = folder.add(U2, date(2016, 1, 1))
    folder.copy(late, "副本/late.xlsx")
    done = run(folder.base / "in", folder.base / "out")
    book = done.book
    assert statuses(book)[:2] == ["正常", "逾期"]
    assert [row["单位"] for row in book["申报台账"]] == [U1, U2]
    assert book.unit("排名", U1)["总分"] == 2
    rows = [row for row in book["报送情况"] if row["SHA-256"] == first.digest]
    assert {row["源文件"] for row in rows} == {"0.xlsx", "副本/0 (2).xlsx"}


def test_unknown_units(folder: Folder) -> None:
    folder.add("西城区工商联")
    folder.add(NONE)
    folder.add(U1)
    book = folder.agree()
    assert [book.file(s.file)["状态"] for s in folder.sent] == ["单位不明", "单位不明", "正常"]
    assert book.file("0.xlsx")["单位"] == "西城区工商联"
    for name in ("0.xlsx", "1.xlsx"):
        assert "错误" in [f["级别"] for f in book.findings(name, sheet="封面")]
        line = book.claim(name, "活动培训", 2)
        assert (line["结论"], "单位不明" in str(line["原因"])) == ("不计", True)


def not_the_template(base: Path) -> None:
    """A workbook that opens but has no 封面, and one whose claim sheets have no header row."""
    book = Workbook()
    book.active.append(["条款", "活动名称"])
    book.save(base / f"{U2}-other.xlsx")
    book = Workbook()
    book.active.title = "封面"
    book.active.append(["单位名称", U2])
    book.active.append(["填报年度", 2015])
    book.create_sheet("活动培训").append(["编号", "活动名称"])
    book.save(base / "no-header.xlsx")


def test_unreadable_files_belong_to_nobody(folder: Folder) -> None:
    """Broken or other people's files have their own row, and no unit is read from their name."""
    folder.add(U1)
    base = folder.base / "in"
    files = {
        f"{U2}.xlsx": b"",
        f"{U3}.xls": b"not a workbook",
        f"sub/{U4}.ods": b"PK\x03\x04broken",
    }
    for name, content in files.items():
        folder.sent.append(junk(base, name, content))
    not_the_template(base)
    for name in (f"{U2}-other.xlsx", "no-header.xlsx"):
        folder.sent.append(Submission(name, name, None))
    book = folder.agree()
    assert statuses(book) == ["正常"] + ["未报送"] * 5
    for submission in folder.sent[1:]:
        assert "错误" in [f["级别"] for f in book.findings(submission.file)]


def test_what_is_not_a_return(folder: Folder) -> None:
    """Lock files, hidden files and links are never read as returns."""
    first = folder.add(U1)
    folder.copy(folder.add(U2), "~$1.xlsx")
    folder.copy(folder.sent[1], ".1.xlsx")
    (folder.base / "in" / "1.xlsx").unlink()
    outside = folder.base / "outside.xlsx"
    shutil.copy(folder.base / "in" / "~$1.xlsx", outside)
    (folder.base / "in" / "link.xlsx").symlink_to(outside)
    (folder.base / "in" / "linked").symlink_to(folder.base, target_is_directory=True)
    (folder.base / "in" / "folder.xlsx").mkdir()
    folder.sent = [first]
    done = run(folder.base / "in", folder.base / "out")
    assert statuses(done.book) == ["正常"] + ["未报送"] * 5
    assert {row["源文件"] for row in done.book["申报台账"]} == {"0.xlsx"}


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


def test_a_late_receipt_is_named_not_the_period_on_the_cover(folder: Folder) -> None:
    folder.add(U1, Cell("2015-12-30至2016-01-05", date(2015, 12, 30)))
    register = Register(receipts=[(U1, date(2015, 12, 30), 5)])
    done = run(folder.base / "in", folder.base / "out", register)
    (found,) = [f for f in done.book["问题清单"] if f["级别"] == "错误"]
    assert "2015-12-30" in str(found["问题"])


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


Receipts = list[tuple[object, ...]]


def day(number: int, month: int = 12) -> date:
    return date(2015, month, number)


def judged(folder: Folder, receipts: Receipts, unit: str = U1) -> tuple[object, list[object]]:
    """The unit's status, and status and date of each file sent."""
    book = run(folder.base / "in", folder.base / "out", Register(receipts=receipts)).book
    files = [book.file(sent.file) for sent in folder.sent]
    dates = [f["报送日期"].date() if f["报送日期"] else None for f in files]  # type: ignore[attr-defined]
    return status(book, unit), [(f["状态"], at) for f, at in zip(files, dates, strict=True)]


def told(folder: Folder, receipts: Receipts) -> list[tuple[object, object, object]]:
    """Level, cell and addressee of what the office is told of its 收件登记."""
    book = run(folder.base / "in", folder.base / "out", Register(receipts=receipts)).book
    return [
        (f["级别"], f["单元格"], f.get("发给"))
        for f in book["问题清单"]
        if f["工作表"] == "收件登记"
    ]


def test_the_latest_of_several_receipts_dates_the_only_return(folder: Folder) -> None:
    """With a warning; on both sides of the deadline nobody but the office can say."""
    folder.add(U1, day(10))
    assert judged(folder, [(U1, day(20), 5), (U1, day(21), 5)]) == ("正常", [("正常", day(21))])
    assert [level for level, *_ in told(folder, [(U1, day(20), 5), (U1, day(21), 5)])] == ["警告"]
    assert told(folder, [(U1, day(20), 5)]) == []
    late = day(31)
    assert judged(folder, [(U1, day(21), 5), (U1, late, 5)]) == ("待核", [("待核", day(10))])
    assert judged(folder, [(U1, day(30), 5), (U1, late, 5)]) == ("逾期", [("逾期", late)])


def test_a_receipt_without_a_return_leaves_the_unit_pending(folder: Folder) -> None:
    folder.add(U2, day(20))
    assert judged(folder, [(U1, day(20), 5)])[0] == "待核"
    ((level, cell, _),) = told(folder, [(U1, day(20), 5)])
    assert (level, cell) == ("错误", "B2")
    assert judged(folder, [(U1, Cell("12月20日", UNCLEAR), 5)])[0] == "未报送"


@pytest.mark.parametrize(
    "written", ["子/甲.xlsx", "子/甲", "甲.xlsx", "甲", " 甲 .XLSX", "子\\甲.xlsx", "（甲）"]
)
def test_a_receipt_with_its_file_dates_that_file(folder: Folder, written: str) -> None:
    """By name or path, compared like titles, with or without its extension."""
    named = Return(U1, [Claim("一.4", "甲")], date=day(2))
    folder.sent = [
        write(named, folder.base / "in", "子/甲.xlsx"),
        write(Return(U1, [Claim("一.4", "乙")], date=day(5)), folder.base / "in", "乙.xlsx"),
    ]
    receipts: Receipts = [(U1, day(28), 5, written)]
    if written == "（甲）":
        assert judged(folder, receipts)[0] == "待核"
        return
    assert judged(folder, receipts) == ("正常", [("正常", day(28)), ("已被替代", day(5))])


def test_a_file_of_another_unit_or_two_of_one_name(folder: Folder) -> None:
    for unit, file in ((U1, "a/表.xlsx"), (U1, "b/表.xlsx"), (U2, "c/别.xlsx"), (U2, "d.xlsx")):
        made = Return(unit, [Claim("一.4", file)], date=day(len(folder.sent) + 1))
        folder.sent.append(write(made, folder.base / "in", file))
    assert judged(folder, [(U1, day(20), 5, "表")])[0] == "待核"
    assert judged(folder, [(U1, day(20), 5, "b/表")])[0] == "正常"
    assert judged(folder, [(U1, day(20), 5, "别")])[0] == "待核"


def test_receipts_fall_to_the_latest_return_before_them(folder: Folder) -> None:
    """By falling date; a return left without one keeps its cover's date, with a warning."""
    for cover in (day(1), day(10), day(20)):
        folder.add(U1, cover)
    two: Receipts = [(U1, day(12), 5), (U1, day(22), 5)]
    assert judged(folder, two) == (
        "正常", [("已被替代", day(1)), ("已被替代", day(12)), ("正常", day(22))]
    )  # fmt: skip
    book = run(folder.base / "in", folder.base / "out", Register(receipts=two)).book
    assert [f["级别"] for f in book.findings("0.xlsx") if "收件" in str(f["问题"])] == ["警告"]
    # The later one is given first: what is left for the earlier is older.
    assert judged(folder, [(U1, day(22), 5), (U1, day(23), 5)])[1] == [
        ("已被替代", day(1)), ("已被替代", day(22)), ("正常", day(23))
    ]  # fmt: skip
    assert judged(folder, [(U1, day(30, 11), 5)])[0] == "待核", "before all of them"
    four: Receipts = [(U1, day(n), 5) for n in (22, 23, 24, 25)]
    assert judged(folder, four)[0] == "待核", "one more than returns"


def test_two_of_one_cover_date_compete_for_a_receipt(folder: Folder) -> None:
    for cover in (day(10), day(10), day(20)):
        folder.add(U1, cover)
    assert judged(folder, [(U1, day(15), 5)])[0] == "待核"
    assert judged(folder, [(U1, day(25), 5)])[0] == "正常"
    assert judged(folder, [(U1, day(15), 5, "0"), (U1, day(16), 5)])[0] == "正常"


def test_the_first_return_logged_and_a_second_sent_later(folder: Folder) -> None:
    """The mended return is used, whether its receipt is logged or not."""
    folder.add(U1, day(10))
    folder.add(U1, day(20))
    replaced = [("已被替代", day(10)), ("正常", day(20))]
    assert judged(folder, [(U1, day(10), 5)]) == ("正常", replaced)
    assert judged(folder, [(U1, day(10), 5), (U1, day(20), 5)]) == ("正常", replaced)


def copy_of(other: Submission, folder: Folder, day: object, unit: object = U1) -> Submission:
    """One more return, made from the copy of another one that went back."""
    file = f"{len(folder.sent)}.xlsx"
    made = Return(unit, [Claim("一.4", f"活动{file}")], date=day)
    folder.sent.append(write(made, folder.base / "in", file, of=other.digest))
    return folder.sent[-1]


USED, OLD, OPEN = "正常", "已被替代", "待核"


@pytest.mark.parametrize(
    ("original", "mended", "receipts", "expected"),
    [
        # Without receipts: the same day, a later one, an earlier one, none at all.
        (day(10), day(10), [], [(OLD, day(10)), (USED, day(10))]),
        (day(10), day(20), [], [(OLD, day(10)), (USED, day(20))]),
        (day(10), day(5), [], [(OLD, day(10)), (USED, day(10))]),
        (day(10), NONE, [], [(OLD, day(10)), (USED, day(10))]),
        (NONE, day(20), [], [(OLD, None), (USED, day(20))]),
        (BAD, NONE, [], [(OLD, None), (OPEN, None)]),
        # The receipt of a file without a date is that file's, also when it comes back mended.
        (NONE, day(20), [12], [(OLD, day(12)), (USED, day(20))]),
        (NONE, NONE, [12], [(OLD, day(12)), (USED, day(12))]),
        (NONE, NONE, [15, 12], [(OLD, day(12)), (USED, day(15))]),
        # After the deadline: the copy is late by its own cover, in time by the original's.
        (day(10), day(31), [], [(USED, day(10)), (OLD, day(31))]),
        (day(31), day(20), [], [(OLD, day(31)), ("逾期", day(31))]),
        # One receipt dates both; of two the earlier is the original's.
        (day(10), day(10), [12], [(OLD, day(12)), (USED, day(12))]),
        (day(10), day(10), [15, 12], [(OLD, day(12)), (USED, day(15))]),
        (day(10), day(20), [12], [(OLD, day(12)), (USED, day(20))]),
        (day(10), day(11), [31], [(USED, day(10)), (OLD, day(31))]),
        (day(10), day(10), [31, 12], [(USED, day(12)), (OLD, day(31))]),
    ],
)
def test_a_mended_copy_is_never_older_than_its_file(
    folder: Folder, original: object, mended: object, receipts: list[int], expected: list[object]
) -> None:
    copy_of(folder.add(U1, original), folder, mended)
    got, files = judged(folder, [(U1, day(number), 5) for number in receipts])
    assert files == expected
    assert got == next(s for s, _ in expected if s != OLD)  # type: ignore[misc]


def test_two_receipts_for_three_versions_are_for_the_office_to_say(folder: Folder) -> None:
    """Each made from the one before it, received on both sides of the deadline."""
    first = folder.add(U1, day(20))
    copy_of(copy_of(first, folder, day(20)), folder, day(20))
    received: list[tuple[object, ...]] = [(U1, day(30), 5), (U1, day(20), 5)]
    got, files = judged(folder, received)
    assert (got, [status for status, _ in files]) == (OPEN, [OPEN] * 3)
    got, files = judged(folder, [(U1, day(30), 5, "2.xlsx"), *received[1:]])
    assert [status for status, _ in files] == [OLD, USED, OLD]


def test_a_mended_copy_replaces_a_file_of_another_year_or_unit(folder: Folder) -> None:
    """Whatever the dates; 填报年度 is tested on the return that is used."""
    copy_of(folder.add(U1, day(20), year=Cell(2014, 2014)), folder, day(10))
    copy_of(folder.add("西城区", day(20)), folder, day(10), U2)
    copy_of(copy_of(folder.add(U3, NONE), folder, NONE, U3), folder, day(9), U3)
    book = run(folder.base / "in", folder.base / "out").book
    assert statuses(book)[:3] == ["正常"] * 3
    told = [book.file(sent.file)["状态"] for sent in folder.sent]
    assert told == [OLD, USED, OLD, USED, OLD, OLD, USED]
    assert {row["源文件"] for row in book["申报台账"]} == {"1.xlsx", "3.xlsx", "6.xlsx"}


def test_a_copy_of_another_units_file_replaces_nothing(folder: Folder) -> None:
    copy_of(folder.add(U1, day(10)), folder, day(10), U2)
    assert statuses(run(folder.base / "in", folder.base / "out").book)[:2] == ["正常"] * 2


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
    """Both dates where a receipt is late, and why a late mended file is not used."""
    folder.add(U1, day(20))
    folder.add(U2, day(20))
    folder.add(U2, day(31))
    register = Register(receipts=[(U1, day(31), 5)])
    book = run(folder.base / "in", folder.base / "out", register).book
    said = str(book.file("0.xlsx")["说明"])
    assert "2015-12-31" in said
    assert "2015-12-20" in said
    said = str(book.file("2.xlsx")["说明"])
    assert "2015-12-31 已逾期" in said
    assert "以 1.xlsx 为准" in said
    (late,) = [f for f in book.findings("0.xlsx") if f["级别"] == "错误"]
    assert "2015年12月29日（含）" in str(late["处理建议"])


def test_a_receipt_over_several_days_is_none(folder: Folder) -> None:
    """The cover's date holds, and the office is told."""
    sent = folder.add(U1, date(2015, 12, 20))
    written = Cell("2015-12-28至2015-12-30", None)
    done = run(folder.base / "in", folder.base / "out", Register(receipts=[(U1, written, 5)]))
    assert done.book.file(sent.file)["报送日期"] == datetime(2015, 12, 20)
    (found,) = [f for f in done.book["问题清单"] if f["工作表"] == "收件登记"]
    assert (found["级别"], found["单元格"]) == ("错误", "B2")
    assert "是一段时间" in str(found["问题"])


def test_a_receipt_and_the_same_bytes_twice(folder: Folder) -> None:
    first = folder.add(U1)
    folder.copy(first, "again.xlsx")
    register = Register(receipts=[(U1, date(2015, 12, 20), 5)])
    done = run(folder.base / "in", folder.base / "out", register)
    assert status(done.book, U1) == "正常"


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
