"""The intake template: what the contract names, what helps people, what survives other programs."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from pipeline import layout
from pipeline.forms.lists import item
from pipeline.forms.template import build_template
from pipeline.intake import clause_reader
from pipeline.ranking import book as book_module
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import FIGURES, Rulebook, Sheet
from tests.kit.catalogue import CASES, unit_of
from tests.kit.catalogue_run import big_rulebook, score
from tests.kit.office import Office
from tests.kit.outcomes import make_outcome
from tests.kit.workbooks import parts
from tests.test_catalogue import file_of

LAST = layout.READY_ROWS + 1
OLD_FUNCTIONS = """
    IF ISERROR ISNUMBER TRIM SUBSTITUTE TEXT INT LEFT MID RIGHT LEN FIND VALUE DATE DAY MONTH
    MATCH ROW CHAR LOWER COUNTIF COUNTIFS SUMIF SUM COUNTA AND OR NOT N ISTEXT
    INDEX VLOOKUP ABS ROUND MIN DATEVALUE
"""


@pytest.fixture(scope="module")
def data(rulebook: Rulebook) -> bytes:
    return build_template(rulebook)


@pytest.fixture(scope="module")
def book(data: bytes) -> Any:
    return load_workbook(BytesIO(data))


def headers_of(sheet: Sheet) -> list[str]:
    return [column.header for column in sheet.columns]


def letter(sheet: Sheet, header: str) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[headers_of(sheet).index(header)]


def checks_at(sheet: Any, cell: str) -> list[Any]:
    """The validations that hold at a cell."""
    return [v for v in sheet.data_validations.dataValidation if cell in v.sqref]


def listed(book: Any, rule: Any) -> list[Any]:
    """What a drop-down offers."""
    name, cells = re.fullmatch(r"'(.+)'!(.+)", rule.formula1).groups()
    assert book[name].sheet_state == "hidden"
    return [row[0].value for row in book[name][cells.replace("$", "")]]


def test_the_committed_template_is_the_one_that_the_rulebook_gives(data: bytes, root: Path) -> None:
    committed = parts((root / "templates" / "intake_template.xlsx").read_bytes())
    fresh = parts(data)
    assert list(committed) == list(fresh)
    for name, content in fresh.items():
        assert committed[name] == content, f"{name}: 请运行 make template"


def test_the_same_rulebook_gives_the_same_bytes(data: bytes, rulebook: Rulebook) -> None:
    assert build_template(rulebook) == data


def test_sheets_and_headers_are_those_of_the_rulebook(book: Any, rulebook: Rulebook) -> None:
    names = [layout.GUIDE, layout.COVER, *rulebook.sheet, layout.SELF_CHECK]
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == names
    for sheet in rulebook.sheets:
        assert [cell.value for cell in book[sheet.name][1]] == headers_of(sheet)


def test_the_cover_asks_for_what_the_contract_names(book: Any, rulebook: Rulebook) -> None:
    cover, found = book[layout.COVER], {}
    for label, cell in cover.iter_rows(min_col=2, max_col=3):
        if label.value in layout.COVER_LABELS:
            assert not cell.protection.locked
            found[label.value] = cell
    assert list(found) == list(layout.COVER_LABELS)
    assert found[layout.COVER_YEAR].value == rulebook.year
    (units,) = checks_at(cover, found[layout.COVER_UNIT].coordinate)
    assert listed(book, units) == list(rulebook.units)


def test_the_stamp_stands_beside_its_label(book: Any, rulebook: Rulebook) -> None:
    lists = book[layout.LISTS]
    assert lists["A1"].value == layout.STAMP_LABEL
    assert lists["B1"].value == layout.stamp(rulebook.year, rulebook.fingerprint)


def test_each_sheet_offers_its_own_clauses_and_the_reader_knows_each_item(
    book: Any, rulebook: Rulebook
) -> None:
    read = clause_reader(rulebook)
    for sheet in rulebook.sheets:
        clauses = rulebook.clauses_of(sheet.name)
        for row in (2, LAST):
            (rule,) = checks_at(book[sheet.name], f"A{row}")
            assert listed(book, rule) == [item(clause) for clause in clauses]
        assert [read(item(clause)) for clause in clauses] == [clause.id for clause in clauses]


def test_dates_and_numbers_are_checked_by_the_rulebooks_limits_and_only_warned_of(
    book: Any, rulebook: Rulebook
) -> None:
    last_day = rulebook.deadline - timedelta(days=1)
    year_end = date(rulebook.year, 12, 31)
    for sheet in rulebook.sheets:
        days = (rulebook.first_day, year_end if sheet.prefilled else last_day)
        limits = [str(int(to_excel(day))) for day in days]
        for role, kind, wanted in (
            ("date", "date", limits),
            ("words", "whole", ["1", None]),
            ("base", "whole", ["1", None]),
            ("done", "whole", ["0", None]),
        ):
            for header in sheet.headers(role):
                for row in (2, LAST):
                    at = f"{letter(sheet, header)}{row}"
                    (rule,) = checks_at(book[sheet.name], at)
                    assert (rule.type, [rule.formula1, rule.formula2]) == (kind, wanted)
                    assert rule.errorStyle == "warning", "2015年6月1日 as text must go in"
                    assert rule.prompt
                    assert rule.error
                    assert "{" not in rule.error


def test_prompts_and_formulas_keep_to_the_limits_of_old_programs(book: Any) -> None:
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.promptTitle or "") <= 32
            assert len(rule.errorTitle or "") <= 32
            assert len(rule.prompt or "") <= 255
            assert len(rule.error or "") <= 255
            assert len(rule.formula1 or "") <= 255
        for formula in colours(sheet):
            assert len(formula) <= 255
            assert "!" not in formula, "no other sheet but by name"


def colours(sheet: Any) -> Iterator[str]:
    for cells in sheet.conditional_formatting:
        for rule in cells.rules:
            yield from rule.formula


def test_no_formula_needs_a_program_newer_than_2010(book: Any) -> None:
    known = set(re.findall("[A-Z]+", OLD_FUNCTIONS))
    used = set()
    for sheet in book:
        cells = (cell.value for row in sheet.iter_rows() for cell in row)
        texts = (getattr(value, "text", value) for value in cells)
        for text in (*texts, *colours(sheet)):
            if isinstance(text, str) and ("(" in text) and ("=" in text or "IF" in text):
                used |= set(re.findall(r"([A-Z.]{1,20})\(", re.sub(r'"[^"]*"', "", text)))
    assert used
    assert used <= known


def test_ready_rows_are_unlocked_and_headers_are_not(book: Any, rulebook: Rulebook) -> None:
    for sheet in rulebook.sheets:
        page = book[sheet.name]
        for column in range(1, len(sheet.columns) + 1):
            assert page.cell(1, column).protection.locked
            assert not page.column_dimensions[get_column_letter(column)].protection.locked
        beyond = next(d for d in page.column_dimensions.values() if d.max == 16384)
        assert not beyond.protection.locked, "a row can be deleted only if all of it is unlocked"


def test_protection_has_no_password_and_leaves_people_room(book: Any, rulebook: Rulebook) -> None:
    for sheet in book:
        assert sheet.protection.sheet
        assert not sheet.protection.password
    for name in rulebook.sheet:
        guard = book[name].protection
        free = ("sort", "autoFilter", "formatColumns", "formatRows", "insertRows", "deleteRows")
        assert not any(getattr(guard, action) for action in free)
        assert book[name].freeze_panes == "B2"
        assert book[name].auto_filter.ref.endswith(str(LAST))


def test_claim_sheets_print_on_a4_with_the_header_on_each_page(
    book: Any, rulebook: Rulebook
) -> None:
    for name in rulebook.sheet:
        page = book[name]
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
        assert page.print_title_rows == "$1:$1"
        assert "&P" in page.oddFooter.center.text


def test_figures_are_prefilled_once_and_nothing_else_is(book: Any, rulebook: Rulebook) -> None:
    for sheet in rulebook.sheets:
        filled = [
            [cell.value for cell in row if cell.value is not None]
            for row in book[sheet.name].iter_rows(min_row=2)
        ]
        clauses = rulebook.clauses_of(sheet.name) if sheet.prefilled else ()
        assert [row for row in filled if row] == [[c.id, c.label] for c in clauses]


def test_the_guide_tells_every_rule_once(book: Any, rulebook: Rulebook) -> None:
    rows = [[cell.value for cell in row] for row in book[layout.GUIDE].iter_rows()]
    ids = [row[0] for row in rows if row[0] in rulebook.clause and row[4]]
    assert ids == list(rulebook.clause_ids)
    text = "\n".join(str(value) for row in rows for value in row if value)
    for word in (*rulebook.empty_evidence, f"一式{rulebook.copies}份", "12月30日"):
        assert word in text
    for clause in rulebook.clauses:
        assert clause.measure not in FIGURES or clause.base in text


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_the_template_survives_saving_in_libreoffice(
    suffix: str, data: bytes, rulebook: Rulebook, soffice: Office, tmp_path: Path
) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(data)
    saved = soffice(path, suffix, tmp_path / "saved")
    again = saved if suffix == "xlsx" else soffice(saved, "xlsx", tmp_path / "again")
    book = load_workbook(again)
    lists = book[layout.LISTS]
    assert lists.sheet_state == "hidden"
    assert lists["A1"].value == layout.STAMP_LABEL
    assert lists["B1"].value == layout.stamp(rulebook.year, rulebook.fingerprint)
    for sheet in rulebook.sheets:
        page = book[sheet.name]
        assert [cell.value for cell in page[1]][: len(sheet.columns)] == headers_of(sheet)
        assert {v.type for v in page.data_validations.dataValidation} >= {"list", "date"}
        assert list(colours(page)), "the colours are gone"
        cell = page.cell(LAST, 2) if page.max_row >= LAST else page.column_dimensions["B"]
        assert not cell.protection.locked
    values = load_workbook(again, data_only=True)
    broken = [
        (sheet.title, cell.coordinate)
        for sheet in values
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    ]
    assert broken == []
    totals = {row[0]: row[2] for row in values[layout.SELF_CHECK].values}
    assert totals["合计"] == 0


@pytest.mark.office
def test_empty_rows_are_not_printed(
    data: bytes, rulebook: Rulebook, soffice: Office, tmp_path: Path
) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(data)
    pdf = soffice(path, "pdf", tmp_path).read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert pages < 4 * len(rulebook.sheets), "each sheet has paper for 300 empty rows"


@pytest.mark.slow
@pytest.mark.office
def test_the_open_xml_validator_has_nothing_to_say(
    root: Path, tmp_path: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of forms, results, long lists, and copies of odd returns, of other formats too.

    `.ci/run` puts the program into build/; where npm is missing it is passed over.
    """
    program = root / "build" / "validator" / "node_modules" / ".bin" / "ooxml-validator"
    if not program.exists():
        pytest.skip("没有 Open XML 校验程序")
    returns = tmp_path / "returns"
    returns.mkdir()
    for number, case in enumerate(CASES, 1):
        if number % 12 == 0 or not file_of(case).endswith(".xlsx"):
            (returns / file_of(case)).write_bytes(case.make(unit_of(number)))
    out = tmp_path / "out"
    score(returns, out, big_rulebook(tmp_path / "rulebook"), feedback=True)
    forms = (root / "templates" / "intake_template.xlsx", root / "data" / "register.xlsx")
    monkeypatch.setattr(book_module, "LIST_ROWS", 20)
    lists = write_ranking(make_outcome(rulebook), tmp_path / "long.xlsx")
    books = [*forms, *lists, *out.rglob("*.xlsx")]
    assert len(lists) > 3
    assert len(books) > 20
    for book in books:
        told = subprocess.run([program, book], capture_output=True, text=True, check=False).stdout
        assert json.loads(told)["errors"] == [], book.name


def test_every_printed_page_of_claims_has_room_for_the_units_name(
    data: bytes, rulebook: Rulebook
) -> None:
    book = load_workbook(BytesIO(data))
    for sheet in rulebook.sheets:
        assert "单位" in str(book[sheet.name].oddFooter.left.text)
        assert str(book[sheet.name].print_title_rows).endswith("$1:$1")
