"""A rulebook with a fault is one line with file, line and clause, exit status 2, and no score."""

import csv
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.rulebook import FILES, Rulebook, RulebookError, load_rulebook
from tests.kit import measure as known
from tests.kit.rulebook_faults import (
    FAULTS,
    C,
    Edit,
    Q,
    R,
    S,
    T,
    both,
    encoded,
    reading,
    rename,
    replace,
)

BOOK = Path(__file__).resolve().parent.parent / "data" / "rulebook" / "2015"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A copy of the rulebook, to be spoilt."""
    return shutil.copytree(BOOK, tmp_path / "规则")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line(book: Path, name: str) -> None:
    edit, file, line, key, word = FAULTS[name]
    load_rulebook(book)
    edit(book)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(book)
    told = str(caught.value)
    assert "\n" not in told
    assert str(book / file) in told
    assert (f"第{line}行" in told) if line else ("第" not in told.partition(file)[2]), told
    assert key in told
    assert word in told
    reason = told.partition(file)[2]
    for english in ("should", "Input", "valid", "Invalid", "required", "error", "Expected", "must"):
        assert english not in reason


@pytest.mark.parametrize("name", ["an unknown measure", "no such file", "TOML that is none",
                                  "UTF-16", "the bands it has"])  # fmt: skip
def test_the_command_says_it_and_writes_nothing(
    book: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FAULTS[name][0](book)
    output = tmp_path / "out"
    returns = BOOK.parent.parent / "returns"
    command = ["score", str(returns), "--output", str(output), "--rulebook", str(book)]
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert FAULTS[name][1] in err
    assert not output.exists()


def test_faults_of_all_tables_are_told_in_one_call(book: Path) -> None:
    """Cells that are wrong by themselves, each with file, line and column."""
    replace(
        C, "count,2:3,通知;方案;现场照片;总结,次,,,,,,一（一）1\n", "cuont,2;3,,次,,,,,,一（一）1\n"
    )(book)
    replace(S, "活动培训,地点,info,18", "活动培训,地点,info,宽")(book)
    replace(T, "copies = 5", "copies = 0")(book)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(book)
    found = {(fault.file.name, fault.line, fault.column) for fault in caught.value.faults}
    assert found == {(C, 2, "measure"), (C, 2, "bands"), (S, 5, "width"), (T, 0, "copies")}


def test_what_does_not_agree_is_told_in_one_call(book: Path) -> None:
    replace(C, "活动培训,count,2:3,通知;方案;现场照片;总结,次,,,,,,一（一）1\n",
            "无此表,count,2:3,,,,,,,,一（一）1\n")(book)  # fmt: skip
    both(rename(R, "舞阳县工商联", "舞阳/工商联"), reading("measure", "九.9", "each"))(book)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(book)
    told = [str(fault) for fault in caught.value.faults]
    for words in ("没有名为 无此表 的表", "应写明 noun", "Windows", "没有条款 九.9"):
        assert sum(words in line for line in told) == 1, told


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_chinese_excel_saved_is_read(book: Path, file: str) -> None:
    before = load_rulebook(book)
    encoded(file, "gbk")(book)
    assert load_rulebook(book) == before


@pytest.mark.parametrize("command", [["template"], ["documents"], ["explain", "舞阳", "一.1"]])
def test_every_command_stops_at_a_faulty_rulebook(
    book: Path, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FAULTS["bands that do not rise"][0](book)
    output = [] if command[0] == "explain" else ["--output", str(tmp_path / "o")]
    assert main([*command, "--rulebook", str(book), *output]) == 2
    assert "一.7" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_no_such_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["score", str(BOOK.parent.parent / "returns"), "--output", str(tmp_path / "o")]
    assert main([*command, "--rulebook", str(tmp_path / "无")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# What is no fault -----------------------------------------------------------------------------


def test_what_spreadsheet_programs_do_to_a_table_is_no_fault(book: Path) -> None:
    """A byte order mark, other line ends, empty columns and rows behind: the same rulebook."""
    before = load_rulebook(book)
    for name in FILES:
        text = (book / name).read_text("utf-8").replace("\n", "\r\n")
        (book / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_rulebook(book) == before
    for name in (R, Q, C, S):
        lines = (book / name).read_text("utf-8-sig").splitlines()
        width = len(next(csv.reader(lines[:1])))
        padded = [f"{line},," for line in lines] + ["," * (width + 1)]
        (book / name).write_text("\n".join(padded) + "\n", "utf-8")
    after = load_rulebook(book)
    assert (after.clauses, after.sheets, after.roster, after.readings) == (
        before.clauses, before.sheets, before.roster, before.readings,
    )  # fmt: skip


def test_the_order_of_columns_is_free(book: Path) -> None:
    rows = [row[::-1] for row in csv.reader((book / R).read_text("utf-8").splitlines())]
    (book / R).write_text("\n".join(",".join(row) for row in rows) + "\n", "utf-8")
    assert load_rulebook(book).roster == load_rulebook(BOOK).roster


@pytest.mark.parametrize(
    "edit",
    [
        reading("measure", "六.1", "each"),
        reading("bands", "八.1", "1:2"),
        reading("bands", "四.1a", "1:3"),
        reading("exclusive", "三.1c;四.1b", ""),
        reading("overlap", "七.5;六.2", "七.5"),
        replace(C, "专题学习活动（2次以上）,活动培训,count,2:3", "学习,活动培训,count,0:-1|2:3"),
    ],
)
def test_a_new_rule_within_the_vocabulary_is_no_fault(book: Path, edit: Edit) -> None:
    edit(book)
    load_rulebook(book)


def test_each_fault_is_told_by_itself(book: Path) -> None:
    """The list above is long; no two of its entries do the same."""
    seen = set()
    for name, (edit, *_) in FAULTS.items():
        spoilt = shutil.copytree(BOOK, book.parent / f"{len(seen)}")
        edit(spoilt)
        state = tuple(
            (spoilt / file).read_bytes() if (spoilt / file).is_file() else (spoilt / file).exists()
            for file in FILES
        )
        assert state not in seen, name
        seen.add(state)


# The measure of 2015 --------------------------------------------------------------------------


def test_the_clauses_are_those_of_the_measure(rulebook: Rulebook) -> None:
    """Against a table that the tests hold themselves."""
    assert rulebook.clause_ids == tuple(known.MEASURE)
    assert len(rulebook.clauses) == 62
    for clause, rule in zip(rulebook.clauses, known.MEASURE.values(), strict=True):
        assert clause.id == rule.id
        assert clause.sheet == rule.sheet
        assert clause.measure == rule.measure
        assert tuple(band[:2] for band in clause.bands) == tuple(
            (Fraction(f), float(p)) for f, p, *_ in rule.bands
        )
        assert clause.evidence == rule.evidence
        assert clause.section_key == rule.section
        assert clause.capped == (clause.id in known.CAPPED)
        assert (clause.measure == "distinct") == (clause.id in known.NEEDS_OBJECT)
        assert (clause.office == "confirms") == (clause.id in known.CONFIRMED_BY_OFFICE)
        assert (clause.office == "replaces") == (clause.id in ("一.8a", "一.8b", "十.1", "十一.1"))
        assert clause.shared == (clause.id in known.SHARED)


def test_sheets_dates_and_roster_are_those_of_the_measure(rulebook: Rulebook) -> None:
    assert {s.name: [c.header for c in s.columns] for s in rulebook.sheets} == known.SHEETS
    assert {s.name: s.header("title") for s in rulebook.sheets} == known.TITLE
    assert {s.name: s.header("date") for s in rulebook.sheets} == known.DATE
    assert {u.unit: u.short_names for u in rulebook.roster} == known.ROSTER
    assert (rulebook.year, rulebook.first_day, rulebook.deadline, rulebook.copies) == (
        known.YEAR, known.FIRST_DAY, known.DEADLINE, known.COPIES,
    )  # fmt: skip


READINGS = """
words-600: 一.7
adopted-articles: 四.1a 四.1b
proposal-leads: 四.2a
info-stacking: 八.1 八.2 八.3
guest-visits: 二.1b
trade-events: 二.1c
assigned-tasks: 十一.4
highlight-stacking: 九.1 九.2
database-overlap: 七.5 五.2b 五.2c 五.2d
attendance-blank: 十.1
evidence-partial: all
standing-work: 一.2b 二.5b 七.1
adopted-leads: 四.2a 四.2b
innovation-highlights: 九.3 九.1 九.2
instructions-twice: 三.1d 八.3
reprints: 一.7
deadline-day: all
"""


def test_the_readings_are_those_of_the_measure(rulebook: Rulebook) -> None:
    found = [f"{r.id}: {' '.join(r.clauses)}" for r in rulebook.readings]
    assert found == READINGS.split("\n")[1:-1]
    assert tuple(r.id for r in rulebook.readings) == known.READINGS
