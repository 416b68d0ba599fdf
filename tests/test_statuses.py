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
    receipts: list[tuple[object, object, object]] = [
        (U1, date(2015, 12, 30), 5),
        (Cell("临颍县", U2), Cell("2015年12月28日", date(2015, 12, 28)), 5),
        (U3, date(2015, 12, 25), 5),
        (U4, datetime(2015, 12, 29), 5),
        (U6, date(2015, 12, 20), 5),
    ]
    book = folder.agree(Register(receipts=receipts))
    assert statuses(book) == ["逾期", "正常", "正常", "正常", "正常", "未报送"]
    assert book.file("1.xlsx")["报送日期"] == datetime(2015, 12, 28)
    assert book.file("4.xlsx")["报送日期"] == datetime(2015, 12, 20)


def test_receipts_that_do_not_agree(folder: Folder) -> None:
    """Several dates for a unit, or several returns beside a receipt, are pending."""
    folder.add(U1)
    folder.add(U2, date(2015, 12, 20))
    folder.add(U2, date(2015, 12, 21))
    folder.add(U3)
    folder.add(U4)
    receipts: list[tuple[object, object, object]] = [
        (U1, date(2015, 12, 20), 5), (U1, date(2015, 12, 21), 5),
        (U2, date(2015, 12, 21), 5),
        (U3, date(2015, 12, 20), 5), (U3, Cell("2015.12.20", date(2015, 12, 20)), 5),
    ]  # fmt: skip
    book = folder.agree(Register(receipts=receipts))
    assert statuses(book)[:4] == ["待核", "待核", "正常", "正常"]
    assert len([row for row in book["申报台账"] if row["单位"] == U2]) == 2


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
