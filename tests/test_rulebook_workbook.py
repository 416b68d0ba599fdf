"""`计分规则.xlsx`: the rules in a spreadsheet, checked cell by cell, and back without loss."""

import shutil
from datetime import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline import __main__ as program
from pipeline.__main__ import main
from pipeline.keeping.rulebook_workbook import called
from pipeline.rulebook import Step, load_rulebook
from pipeline.rulebook.model import Facts
from pipeline.rulebook.tables import columns_of, read_cells
from tests.kit.office import Office
from tests.kit.processes import digests

EVERY_WORD = Path(__file__).resolve().parent / "data" / "measures" / "every_word" / "rulebook"
TIES = EVERY_WORD.parents[1] / "even_totals" / "rulebook"
BOOKS = Path(__file__).resolve().parent.parent / "data" / "rulebook"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return shutil.copytree(BOOKS / "2015", tmp_path / "规则")


@pytest.fixture
def workbook(book: Path, tmp_path: Path) -> Path:
    target = tmp_path / "计分规则.xlsx"
    assert main(["rulebook-workbook", str(book), "--output", str(target)]) == 0
    return target


def edit(path: Path, changes: dict[tuple[str, str], Any]) -> None:
    """Write cells of a workbook: (sheet, cell) → value."""
    opened = load_workbook(path)
    for (sheet, cell), value in changes.items():
        opened[sheet][cell] = value
    opened.save(path)


@pytest.mark.parametrize("source", [BOOKS / "2015", BOOKS / "2016-draft", TIES])
def test_there_and_back_changes_no_byte(source: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(source, tmp_path / "规则")
    before = digests(folder)
    target = tmp_path / "计分规则.xlsx"
    assert main(["rulebook-workbook", str(folder), "--output", str(target)]) == 0
    assert main(["rulebook", str(target)]) == 0
    assert digests(folder) == before


def test_what_a_reading_puts_into_a_cell_is_said_in_the_words_of_that_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """与谁比较 takes 名次（少者在前）, as the column of the clauses does."""
    folder = shutil.copytree(EVERY_WORD, tmp_path / "规则")
    with (folder / "readings.csv").open("a", encoding="utf-8") as stream:
        stream.write("fewest,少者在前,一.8,办法,问,甲,乙,against,place-low\n")
    before = (folder / "readings.csv").read_bytes()
    target = tmp_path / "计分规则.xlsx"
    assert main(["rulebook-workbook", str(folder), "--output", str(target)]) == 0
    rows = list(load_workbook(target)["口径"].iter_rows(values_only=True))
    (at,) = [n for n, cells in enumerate(rows, start=1) if cells[0] == "fewest"]
    assert rows[at - 1][-2:] == ("与谁比较", "名次（少者在前）")
    assert main(["rulebook", str(target)]) == 0
    assert (folder / "readings.csv").read_bytes() == before
    edit(target, {("口径", f"I{at}"): "最少的"})
    assert main(["rulebook", str(target)]) == 2
    assert "名次（少者在前）, 最好的, 最低到最高 或 平均" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_saved_by_a_spreadsheet_program_it_says_the_same(
    suffix: str, tmp_path: Path, soffice: Office
) -> None:
    """Into a folder that is not there yet; a measure without readings has an empty sheet."""
    folder, books = BOOKS / "league_branches_2022", tmp_path / "书"
    for year in ("2015", folder.name):
        made = tmp_path / f"{year}.xlsx"
        assert main(["rulebook-workbook", year, "--output", str(made)]) == 0
        saved = soffice(made, suffix, tmp_path / "saved")
        assert main(["rulebook", str(saved), "--to", str(books / year)]) == 0
        for name in (path.name for path in (BOOKS / year).glob("*.csv")):
            assert read_cells(books / year / name) == read_cells(BOOKS / year / name)
        facts = [load_rulebook(place / year).model_dump(exclude={"fingerprint"})
                 for place in (BOOKS, books)]  # fmt: skip
        assert facts[0] == facts[1]


def test_a_name_without_a_folder_is_a_new_rulebook_beside_the_others(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "RULEBOOKS", tmp_path / "rulebook")
    monkeypatch.chdir(tmp_path)
    assert main(["rulebook", str(workbook), "--to", "2017"]) == 0
    assert (tmp_path / "rulebook" / "2017" / "clauses.csv").exists()
    assert not (tmp_path / "2017").exists()
    assert "# 落款单位" in (tmp_path / "rulebook" / "2017" / "rulebook.toml").read_text("utf-8")


def test_into_a_new_folder(workbook: Path, book: Path, tmp_path: Path) -> None:
    """UTF-8 with a byte order mark, so that Excel opens it; the same rules."""
    fresh = tmp_path / "新"
    assert main(["rulebook", str(workbook), "--to", str(fresh)]) == 0
    assert (fresh / "clauses.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert load_rulebook(fresh).clauses == load_rulebook(book).clauses
    assert load_rulebook(fresh).fingerprint != load_rulebook(book).fingerprint  # no remarks
    for name in ("clauses.csv", "sheets.csv", "roster.csv", "readings.csv", "coverage.csv"):
        assert read_cells(fresh / name) == read_cells(book / name)


def test_the_same_bytes_each_time(book: Path, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        main(["rulebook-workbook", str(book), "--output", str(tmp_path / name)])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_what_is_changed_is_written_and_nothing_else(workbook: Path, book: Path) -> None:
    before = digests(book)
    edit(workbook, {("条款", "F2"): "3:4", ("一般规定", "B6"): 6})
    assert main(["rulebook", str(workbook)]) == 0
    after = digests(book)
    assert {name for name in after if after[name] != before[name]} == {
        "clauses.csv", "rulebook.toml",
    }  # fmt: skip
    changed = load_rulebook(book)
    assert (changed.clauses[0].bands, changed.copies) == ((Step(Fraction(3), 4.0),), 6)
    assert "# 三（一）：一式 5 份" in (book / "rulebook.toml").read_text("utf-8"), "remarks stay"


def test_rows_may_be_added_moved_and_taken_away(workbook: Path, book: Path) -> None:
    opened = load_workbook(workbook)
    sheet = opened["单位名册"]
    sheet.insert_rows(3)
    sheet["A3"], sheet["B3"] = "西城新区工商联", "西城新区；西城"
    opened["条款"].delete_rows(3)
    opened["与办法对照"].delete_rows(5)
    opened.save(workbook)
    assert main(["rulebook", str(workbook)]) == 0
    changed = load_rulebook(book)
    assert changed.units[1] == "西城新区工商联"
    assert changed.roster[1].short_names == ("西城新区", "西城")
    assert "一.2a" not in changed.clause


def test_every_fault_is_told_at_its_cell_in_one_call(
    workbook: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(book)
    edit(workbook, {("条款", "E2"): "每年", ("条款", "F3"): "2：3", ("工作表", "D5"): "宽",
                    ("一般规定", "B6"): "五", ("口径", "H2"): "改名"})  # fmt: skip
    capsys.readouterr()
    assert main(["rulebook", str(workbook)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 6, err
    for place in (
        "“条款”表 E2 ",
        "“条款”表 F3 ",
        "“工作表”表 D5 ",
        "“一般规定”表 B6",
        "“口径”表 H2 ",
    ):
        assert sum(line.startswith(place) for line in lines) == 1, (place, err)
    assert "只能写 每项、按字数、数项数" in err.replace(" 或 ", "、").replace(", ", "、")
    assert digests(book) == before


def test_what_does_not_agree_is_told_at_its_cell(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        workbook, {("条款", "D2"): "没有的表", ("条款", "H5"): None, ("单位名册", "C4"): "不是邮箱"}
    )
    capsys.readouterr()
    assert main(["rulebook", str(workbook)]) == 2
    err = capsys.readouterr().err
    assert "“条款”表 H5 一.3（量词）：应写明 量词" in err
    assert "“单位名册”表 C4 " in err
    assert "没有名为 没有的表 的表" in err


def test_bands_that_the_program_turned_into_a_time_are_found(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = load_workbook(workbook)
    opened["条款"]["F2"].number_format = "h:mm"
    opened["条款"]["F2"] = time(2, 3)
    opened.save(workbook)
    assert main(["rulebook", str(workbook)]) == 2
    assert "“条款”表 F2（计分档）" in capsys.readouterr().err


def test_the_sentence_and_the_most_stand_beside_each_clause(workbook: Path) -> None:
    rows = list(load_workbook(workbook)["条款"].iter_rows(values_only=True))
    at = {row[0]: row[-2:] for row in rows[1:] if row[0]}
    assert at["一.1"] == ("2次以上计3分，多报不加分", "3")
    assert at["八.3"] == ("每条计5分，可多条申报", "不封顶")
    assert at["十.1"][1] == "10"


def test_the_most_of_sections_and_of_all(workbook: Path) -> None:
    rows = {row[0]: row[1:] for row in load_workbook(workbook)["满分"].iter_rows(values_only=True)}
    assert rows["六 工商联建设工作"] == ("9", "")
    assert rows["八 信息工作"] == ("0", "八.1、八.2、八.3")
    sections = [float(row[0]) for name, row in rows.items() if name not in ("部分", "合计")]
    assert float(rows["合计"][0]) == sum(sections)


def test_changes_that_are_not_written_back_are_not_lost(
    workbook: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(workbook, {("条款", "F2"): "3:4"})
    before = workbook.read_bytes()
    assert main(["rulebook-workbook", str(book), "--output", str(workbook)]) == 2
    assert "没有写回" in capsys.readouterr().err
    assert workbook.read_bytes() == before
    assert main(["rulebook", str(workbook)]) == 0
    assert main(["rulebook-workbook", str(book), "--output", str(workbook)]) == 0
    page = load_workbook(workbook)["条款"]
    said = next(cell.column_letter for cell in page[1] if str(cell.value).startswith("计分说明"))
    assert page[f"{said}2"].value == "3次以上计4分，多报不加分"


@pytest.mark.parametrize("data", [b"", b"not a workbook"])
def test_what_is_no_such_workbook_is_one_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.xlsx").write_bytes(data)
    for path in (tmp_path / "x.xlsx", tmp_path / "无.xlsx", BOOKS.parent / "register.xlsx"):
        assert main(["rulebook", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_it_speaks_chinese(workbook: Path) -> None:
    """Every header, and every word with a drop-down list."""
    for sheet in load_workbook(workbook):
        for cell in sheet[1]:
            assert not cell.value or not cell.value.isascii(), (sheet.title, cell.value)
        for rule in sheet.data_validations.dataValidation:
            assert not rule.formula1.isascii(), (sheet.title, rule.formula1)


@pytest.mark.parametrize("name", columns_of(Facts))
def test_every_key_has_a_name(name: str) -> None:
    assert called(name) != name
