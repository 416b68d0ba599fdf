"""The empty office register: what the contract names, what it offers, what it warns of."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline import layout
from pipeline.__main__ import main
from pipeline.forms.lists import item
from pipeline.forms.register import build_register, is_filled
from pipeline.rulebook import Rulebook
from tests.kit.office import Office
from tests.kit.workbooks import parts

LAST = layout.READY_ROWS + 1


@pytest.fixture(scope="module")
def data(rulebook: Rulebook) -> bytes:
    return build_register(rulebook)


@pytest.fixture(scope="module")
def book(data: bytes) -> Any:
    return load_workbook(BytesIO(data))


def check_at(book: Any, sheet: str, header: str, row: int = 2) -> Any:
    """The one validation of a column's cell."""
    cell = f"{'ABCDEFG'[layout.REGISTER_SHEETS[sheet].index(header)]}{row}"
    (rule,) = [v for v in book[sheet].data_validations.dataValidation if cell in v.sqref]
    return rule


def offered(book: Any, rule: Any) -> list[Any]:
    name, cells = re.fullmatch(r"'(.+)'!(.+)", rule.formula1).groups()
    assert book[name].sheet_state == "hidden"
    return [row[0].value for row in book[name][cells.replace("$", "")]]


def test_the_committed_register_is_the_one_that_the_rulebook_gives(data: bytes, root: Path) -> None:
    committed, fresh = parts((root / "data" / "register.xlsx").read_bytes()), parts(data)
    assert list(committed) == list(fresh)
    for name, content in fresh.items():
        assert committed[name] == content, f"{name}: 请运行 make template"


def test_the_same_rulebook_gives_the_same_bytes(data: bytes, rulebook: Rulebook) -> None:
    assert build_register(rulebook) == data


def test_each_sheet_has_its_headers_in_the_first_row_and_nothing_below(book: Any) -> None:
    for name, headers in layout.REGISTER_SHEETS.items():
        first, *rest = book[name].values
        assert first == headers
        assert not any(value for row in rest for value in row)


def test_choices_come_from_the_rulebook(book: Any, rulebook: Rulebook) -> None:
    recorded = [item(clause) for clause in rulebook.clauses if clause.office]
    wanted = {
        (layout.RULINGS, "条款"): [item(clause) for clause in rulebook.clauses],
        (layout.RULINGS, "结论"): list(layout.RULING_WORDS),
        (layout.RECORDS, "条款"): recorded,
        (layout.PLACES, "奖项"): [award.name for award in rulebook.awards],
    }
    for name, headers in layout.REGISTER_SHEETS.items():
        if "单位" in headers:
            wanted[name, "单位"] = list(rulebook.units)
    for (sheet, header), choices in wanted.items():
        for row in (2, LAST):
            assert offered(book, check_at(book, sheet, header, row)) == choices


@pytest.mark.parametrize(
    ("sheet", "header", "kind"),
    [
        (layout.RECEIPTS, "收件日期", "date"),
        (layout.RECEIPTS, "份数", "whole"),
        (layout.RULINGS, "核定分", "decimal"),
        (layout.RECORDS, "基数", "whole"),
        (layout.RECORDS, "完成数", "whole"),
        (layout.DISQUALIFIED, "日期", "date"),
        (layout.PLACES, "名额", "whole"),
    ],
)
def test_dates_and_numbers_are_checked_with_a_reason(
    book: Any, sheet: str, header: str, kind: str
) -> None:
    rule = check_at(book, sheet, header, LAST)
    assert rule.type == kind
    assert rule.prompt
    assert rule.error
    assert "{" not in rule.prompt + rule.error


def test_the_instructions_come_first_and_name_every_sheet(book: Any, rulebook: Rulebook) -> None:
    guide = book.worksheets[0]
    text = "\n".join(str(value) for row in guide.values for value in row if value)
    for word in (*layout.REGISTER_SHEETS, *layout.RULING_WORDS, f"{rulebook.copies}份"):
        assert word in text
    assert guide.title not in layout.REGISTER_SHEETS


def test_sheets_print_on_a4_with_the_header_on_each_page(book: Any) -> None:
    for name in layout.REGISTER_SHEETS:
        page = book[name]
        assert (page.page_setup.paperSize, page.page_setup.fitToWidth) == (9, 1)
        assert page.print_title_rows == "$1:$1"


@pytest.mark.office
def test_libreoffice_keeps_the_choices(
    data: bytes, rulebook: Rulebook, soffice: Office, tmp_path: Path
) -> None:
    (tmp_path / "register.xlsx").write_bytes(data)
    saved = load_workbook(soffice(tmp_path / "register.xlsx", "xlsx", tmp_path / "saved"))
    for name in layout.REGISTER_SHEETS:
        assert "list" in {v.type for v in saved[name].data_validations.dataValidation}
    assert saved[layout.LISTS]["B1"].value == layout.stamp(rulebook.year, rulebook.fingerprint)


def test_a_register_with_something_in_it_is_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`template` makes a new empty register only where nobody's work would be lost."""
    path = tmp_path / "register.xlsx"
    assert main(["template", "--output", str(tmp_path)]) == 0
    empty = path.read_bytes()
    assert not is_filled(path)
    book = load_workbook(path)
    book["取消资格"]["A2"] = "舞阳县工商联"
    book.save(path)
    filled = path.read_bytes()
    assert main(["template", "--output", str(tmp_path)]) == 0
    assert path.read_bytes() == filled
    assert "没有改动" in capsys.readouterr().out
    path.write_bytes(b"not a workbook")
    assert is_filled(path), "what cannot be opened may hold somebody's work"
    path.write_bytes(empty)
    assert main(["template", "--output", str(tmp_path)]) == 0
    assert not is_filled(path)
