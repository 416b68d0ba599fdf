"""What lies in a folder of returns besides good returns; and what the office's register may hold.

Together with the catalogue these produce every finding that the program knows.
"""

import os
import shutil
import socket
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.findings import CATALOGUE
from pipeline.outcome import Outcome
from pipeline.reading.raw import wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import load_rulebook
from tests.kit import (
    catalogue_cells,
    catalogue_formats,
    catalogue_hostile,
    catalogue_live,
    catalogue_structure,
)
from tests.kit.catalogue import CASES, EVENTS, FIGURES, cells, good, healthy, unit_of
from tests.kit.catalogue_run import BUNDLED, big_rulebook, of, score
from tests.kit.returns import Claim, Record, Register, Return, Ruling, write, write_register

posix = pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")
USED = (catalogue_cells, catalogue_formats, catalogue_hostile, catalogue_live, catalogue_structure)
BAD_NAME = b"\xff\xe8\xd1\xf4.xlsx"
DAY = date(2015, 12, 20)


@dataclass(frozen=True)
class Folder:
    """A folder of returns and what the program made of it."""

    returns: Path
    outcome: Outcome

    def status(self, file: str) -> tuple[str, str]:
        """Unit and status of a file."""
        (row,) = of(self.outcome.files, file).to_dict("records")
        return row["unit"], row["status"]

    def note(self, file: str) -> str:
        """What 其他文件 says of something that is no return, which then stands nowhere else."""
        assert of(self.outcome.files, file).empty
        (row,) = of(self.outcome.others, file).to_dict("records")
        return str(row["note"])

    def codes(self, file: str) -> list[str]:
        return sorted(of(self.outcome.findings, file)["code"])


def strew(folder: Path) -> None:
    """Everything that may lie about in a folder."""
    (folder / "健康.xlsx").write_bytes(good(unit_of(0)))
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "外.xlsx").write_bytes(good(unit_of(20)))
    (folder / "夹.xlsx").mkdir()
    (folder / "夹.xlsx" / "内.xlsx").write_bytes(good(unit_of(1)))
    for name in ("~$健康.xlsx", ".隐藏.xlsx", "..xlsx.xlsx", ".DS_Store"):
        (folder / name).write_bytes(good(unit_of(21)))
    (folder / ".回收站").mkdir()
    (folder / ".回收站" / "删.xlsx").write_bytes(good(unit_of(22)))
    for name in ("Thumbs.db", "desktop.ini", "说明.docx", "照片.jpg", "无后缀", "表.xlsx.tmp"):
        (folder / name).write_bytes(b"x")
    (folder / "空文件夹").mkdir()
    with (folder / "巨大.xlsx").open("wb") as stream:
        stream.truncate(65 << 20)
    if sys.platform != "win32":
        (folder / "链接.xlsx").symlink_to(outside / "外.xlsx")
        (folder / "链接夹").symlink_to(outside)
        (folder / "循环").symlink_to(folder)
        (folder / "断链.xlsx").symlink_to(folder / "无.xlsx")
        os.mkfifo(folder / "管道.xlsx")
        _socket(folder / "s.xlsx")
    if sys.platform == "linux":
        (folder / os.fsdecode(BAD_NAME)).write_bytes(good(unit_of(2)))


def _socket(path: Path) -> None:
    """Bound from inside its folder: the path of a socket may not be long."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def several(folder: Path) -> None:
    """Units that sent more than one file, and units that claim the same."""
    (folder / "3.xlsx").write_bytes(good(unit_of(3)))
    shutil.copy(folder / "3.xlsx", folder / "3 副本.xlsx")
    for number, days in ((4, (1, 2)), (5, (3, 3)), (6, (4, None))):
        for nth, day in enumerate(days):
            sent = replace(healthy(unit_of(number)), date=day and date(2015, 12, day))
            sent.claims[0].title = f"第{nth}份"
            write(sent, folder, f"{number}-{nth}.xlsx")
    for number in (7, 8):
        write(Return(unit_of(number), [Claim("二.1a", "同一件事")]), folder, f"{number}.xlsx")
    papers = ("有.jpg", "缺.jpg", "空.jpg", "同.jpg、有.jpg")
    evidence = dict(zip(("通知", "方案", "现场照片", "总结"), papers, strict=True))
    claims = [Claim("一.4", "甲", evidence=evidence), Claim("一.4", "乙", evidence=evidence)]
    write(Return(unit_of(9), claims), folder, "九/表.xlsx")
    for name, content in (("有", b"1"), ("空", b""), ("同", b"1")):
        (folder / "九" / f"{name}.jpg").write_bytes(content)


@pytest.fixture(scope="module")
def strewn(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    base = tmp_path_factory.mktemp("strewn")
    returns = base / "returns"
    returns.mkdir()
    strew(returns)
    several(returns)
    outcome = score(returns, base / "out", big_rulebook(base / "rulebook"))
    return Folder(returns, outcome)


def test_everything_in_the_folder_is_listed_once(strewn: Folder) -> None:
    returns = [name for name in strewn.outcome.files["file"] if name]
    listed = [*returns, *strewn.outcome.others["file"]]
    expected = []
    for folder, folders, files in os.walk(strewn.returns):
        below = Path(folder).relative_to(strewn.returns)
        hidden = [name for name in folders if name.startswith(".")]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        named = [name for name in folders if name.endswith(".xlsx")]
        folders[:] = [name for name in folders if name not in hidden]
        for name in [*files, *hidden, *links, *named]:
            shown = os.fsencode((below / name).as_posix()).decode("utf-8", "backslashreplace")
            expected.append(shown)
    assert sorted(listed) == sorted(expected)
    assert not {unit_of(n) for n in (20, 21, 22)} & set(
        strewn.outcome.files.query("file != ''")["unit"]
    )


@pytest.mark.parametrize(
    "name", ["~$健康.xlsx", ".隐藏.xlsx", "..xlsx.xlsx", ".DS_Store", ".回收站", "Thumbs.db",
             "desktop.ini", "说明.docx", "照片.jpg", "无后缀", "表.xlsx.tmp"]
)  # fmt: skip
def test_what_is_no_return_is_listed_without_a_finding(strewn: Folder, name: str) -> None:
    assert "不" in strewn.note(name)
    assert strewn.codes(name) == []


@posix
@pytest.mark.parametrize(
    ("name", "note"),
    [*((name, "是链接") for name in ("链接.xlsx", "链接夹", "循环", "断链.xlsx")),
     *((name, "是特殊文件") for name in ("管道.xlsx", "s.xlsx"))],
)  # fmt: skip
def test_links_and_special_files_are_reported(strewn: Folder, name: str, note: str) -> None:
    assert strewn.note(name) == note
    assert strewn.codes(name) == ["file-not-followed"]


def test_a_folder_named_like_a_workbook_is_looked_into(strewn: Folder) -> None:
    assert "文件夹" in strewn.note("夹.xlsx")
    assert strewn.codes("夹.xlsx") == ["file-not-followed"]
    assert strewn.status("夹.xlsx/内.xlsx") == (unit_of(1), "正常")


def test_a_huge_file_is_not_read(strewn: Folder) -> None:
    assert strewn.status("巨大.xlsx") == ("", "无法读取")
    assert strewn.codes("巨大.xlsx") == ["file-too-big"]


@pytest.mark.skipif(sys.platform != "linux", reason="names must be text elsewhere")
def test_a_file_name_that_is_no_text(strewn: Folder) -> None:
    assert strewn.status(BAD_NAME.decode("utf-8", "backslashreplace")) == (unit_of(2), "正常")


def test_of_several_returns_each_ends_somewhere(strewn: Folder) -> None:
    files = ("4-0.xlsx", "4-1.xlsx", "5-0.xlsx", "5-1.xlsx", "6-0.xlsx", "6-1.xlsx")
    assert [strewn.status(file)[1] for file in files] == [
        "已被替代", "正常", "待核", "待核", "待核", "待核",
    ]  # fmt: skip
    assert strewn.codes("4-0.xlsx") == ["return-replaced"]
    assert strewn.codes("5-0.xlsx") == ["return-same-date"]
    assert strewn.codes("6-1.xlsx") == ["return-date-missing"]


def test_a_replaced_return_names_the_other_file_in_one_sentence(strewn: Folder) -> None:
    (found,) = of(strewn.outcome.findings, "4-0.xlsx")["problem"]
    assert found == "已被 4-1.xlsx 替代，本文件不计"


def test_the_same_bytes_twice_have_a_finding_of_their_own(strewn: Folder) -> None:
    (kept, copy) = sorted(["3.xlsx", "3 副本.xlsx"], key=lambda f: strewn.status(f)[1] != "正常")
    assert strewn.status(copy) == (unit_of(3), "已被替代")
    assert strewn.codes(copy) == ["file-same-bytes"]
    assert kept in of(strewn.outcome.findings, copy)["problem"].item()


def test_the_same_claim_of_two_units(strewn: Folder) -> None:
    assert strewn.codes("7.xlsx") == strewn.codes("8.xlsx") == ["claim-alike"]


def test_attachments_that_are_missing_empty_or_the_same(strewn: Folder) -> None:
    found = of(strewn.outcome.findings, "九/表.xlsx")
    by_cell = found.groupby("cell")["code"].agg(lambda codes: sorted(set(codes))).to_dict()
    assert by_cell["G2"] == by_cell["G3"] == ["attachment-missing"]
    assert by_cell["H2"] == by_cell["H3"] == ["attachment-empty"]
    assert by_cell["F2"] == by_cell["F3"] == ["attachment-shared"]


def unreadable_codes(tmp_path: Path) -> list[str]:
    wanted = wanted_from(load_rulebook(big_rulebook(tmp_path / "book", source=BUNDLED)))
    found = read_return(tmp_path / "gone.xlsx", "gone.xlsx", wanted)
    assert found.trouble is not None
    return [found.trouble.code]


AFTER = date(2016, 1, 3)


def office() -> Register:
    """A register with every fault, over the healthy returns of units 1 to 6."""
    one, two, three, four, _, six = map(unit_of, range(1, 7))
    return Register(
        receipts=[
            (one, DAY, 4), (two, "月底", 5), (three, date(2015, 12, 1), 5),
            (three, date(2015, 12, 2), 5), ("无此单位", DAY, 5),
            (unit_of(7), DAY, "5份"), (unit_of(8), date(2015, 12, 28), 5),
            (unit_of(9), DAY, 5, "没有"), (unit_of(10), date(2015, 12, 1), 5),
            (unit_of(10), AFTER, 5), (unit_of(11), date(2015, 12, 28), 5), (unit_of(12), AFTER, 5),
        ],
        rulings=[
            Ruling(one, "一.99"), Ruling(one, "一.4", word="同意"),
            Ruling(one, "一.7", word="改分", points="很多"),
            Ruling(one, "一.7", name="报道", word="改分", points=1),
            Ruling(one, "九.1", name="没有的事"),
            Ruling(four, "五.1a", word="认定"),
            Ruling(four, "一.4", name=f"第二讲 {four}", word="认定"),
            Ruling(one, "三.2", word="不认定", reason=None),
            Ruling(one, "一.4", word="不认定"), Ruling(one, "一.4", word="认定"),
            Ruling(one, "一.4", row="末行"),
            Ruling("无此单位", "一.4"), Ruling(None, "一.4"), Ruling(one, None),
            Ruling(one, "六.2", word="改分"),
        ],
        records=[
            Record(one, "十.1", base=0, done=1), Record(two, "十.1", base=10, done=9),
            Record(one, "八.1", name="别的信息"), Record(three, "十.1", base=1, done=2),
            Record(one, "八.1", "去年的", date(2014, 5, 1)), Record(one, "八.1", "不详", "月底"),
            Record(one, "一.4", "没有记录的"), Record(three, "十.1", base=1, done="全部"),
        ],
        senses=[("没有的口径", "默认"), ("guest-visits", "随便")],
        decisions=[(one, "先进单位", "头名"), (six, "先进单位", None)],
        disqualified=[six, "无此单位"],
        places={"先进单位": "几个", "先进集体": 1, "重点工作先进单位": 1, "重点工作先进单位 ": 2},
    )  # fmt: skip


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    base = tmp_path_factory.mktemp("ruled")
    returns = base / "returns"
    returns.mkdir()
    for number in (1, 2, 3, 5, 6):
        (returns / f"{number}.xlsx").write_bytes(good(unit_of(number)))
    sent = healthy(unit_of(5))
    sent.claims.append(Claim("八.1", "没人见过", DAY))
    write(sent, returns, "5.xlsx")
    spoiled = healthy(unit_of(4))
    spoiled.claims[1].evidence = {"通知": "1"}
    spoiled.claims[4].base = "不详"
    write(spoiled, returns, "4.xlsx")
    for number, days in {8: (DAY, DAY), 9: (DAY,), 10: (DAY,), 11: (DAY, AFTER), 12: (DAY,),
                         13: (DAY, None)}.items():  # fmt: skip
        for place, day in enumerate(days):
            made = healthy(unit_of(number))
            made.date, made.claims[0].title = day, f"第 {place} 份"
            write(made, returns, f"{number}-{place}.xlsx")
    register = write_register(office(), base / "register.xlsx")
    return score(
        returns, base / "out", big_rulebook(base / "rulebook", source=BUNDLED), register=register
    )


def test_each_fault_of_a_register_is_found_at_its_cell(ruled: Outcome) -> None:
    found = ruled.findings[ruled.findings["file"] == "register.xlsx"]
    got = set(found[["code", "sheet", "cell"]].itertuples(index=False, name=None))
    assert got == {
        ("register-copies", "收件登记", "C2"), ("register-receipt-date", "收件登记", "B3"),
        ("receipts-several", "收件登记", "B5"), ("receipt-unfound", "收件登记", "B7"),
        ("receipt-shared", "收件登记", "B8"), ("receipt-file", "收件登记", "B9"),
        ("receipts-apart", "收件登记", "B11"),
        ("register-unit", "收件登记", "A6"), ("register-clause", "评审核定", "B2"),
        ("register-word", "评审核定", "D3"), ("register-points", "评审核定", "E4"),
        ("register-points-named", "评审核定", "D5"), ("register-unmatched", "评审核定", "D6"),
        ("register-not-lifted", "评审核定", "D7"), ("register-no-reason", "评审核定", "F9"),
        ("register-overruled", "评审核定", "D10"), ("register-base", "平时考查", "E2"),
        ("register-over", "平时考查", "F5"),
        ("register-outside", "平时考查", "D6"), ("register-record-date", "平时考查", "D7"),
        ("register-unrecorded", "平时考查", "B8"), ("register-done", "平时考查", "F9"),
        ("register-line", "评审核定", "J12"), ("register-unit", "评审核定", "A13"),
        ("register-unit", "评审核定", "A14"), ("register-clause", "评审核定", "B15"),
        ("register-points", "评审核定", "E16"), ("register-unit", "取消资格", "A3"),
        ("register-reading", "口径决定", "A2"),
        ("register-taken", "口径决定", "B3"), ("register-place", "会议决定", "C2"),
        ("register-unranked", "会议决定", "A3"),
        ("register-places", "奖项名额", "B2"), ("register-award", "奖项名额", "A3"),
        ("register-repeated", "奖项名额", "A5"), ("record-unclaimed", "", ""),
    }  # fmt: skip


def test_what_the_office_decides_is_told_at_the_claims(ruled: Outcome) -> None:
    places = {
        ("ruling-refused", "1.xlsx", "调研参政"), ("ruling-accepted", "4.xlsx", EVENTS),
        ("record-used", "2.xlsx", FIGURES), ("record-unseen", "5.xlsx", "宣传信息"),
        ("unit-disqualified", "6.xlsx", ""),
    }  # fmt: skip
    got = set(ruled.findings[["code", "file", "sheet"]].itertuples(index=False, name=None))
    assert places <= got


ELSEWHERE = {
    "clause-recorded": "test_records.py", "register-amount": "test_records.py",
    "column-read-as": "test_reader.py", "date-late-figures": "unit/test_rules.py",
    "file-copy-failed": "test_feedback_hostile.py", "file-failed": "test_processes.py",
    "clause-not-yours": "test_measures.py",
} | dict.fromkeys(
    ("register-mark", "register-unmarked", "register-veto", "register-no-date", "record-no-mark"),
    "test_measures.py",
) | dict.fromkeys(
    ("claim-beside", "claim-elsewhere", "clause-several", "date-after-return", "date-figures",
     "object-several", "points-cost", "points-elsewhere", "points-none", "record-target",
     "register-disputed",
     "row-nothing"), "test_practice.py",
)  # fmt: skip
"""Codes that no file of the catalogue brings about, and the tests that do."""


def test_every_finding_of_the_catalogue_is_produced(
    strewn: Folder, ruled: Outcome, tmp_path: Path
) -> None:
    """Each code is asserted by a case of the catalogue, or produced here."""
    codes = {says.code for case in CASES for says in case.says if not case.awaits}
    codes |= set(strewn.outcome.findings["code"]) | set(ruled.findings["code"])
    codes |= set(unreadable_codes(tmp_path))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "缺.xlsx").write_bytes(cells(EVENTS, F3=None)(unit_of(1)))
    rulebook = tmp_path / "book"
    outcome = score(tmp_path / "in", tmp_path / "out", rulebook, readings=("evidence-partial",))
    codes |= set(outcome.findings["code"])
    assert codes <= set(CATALOGUE)
    assert set(CATALOGUE) - codes == set(ELSEWHERE)
    tests = Path(__file__).parent
    assert [
        c for c, module in ELSEWHERE.items() if f'"{c}"' not in (tests / module).read_text("utf-8")
    ] == []
