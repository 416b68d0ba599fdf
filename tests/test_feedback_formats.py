"""Copies of what other programs wrote, and what a copy keeps of formulas and rules."""

from pathlib import Path
from zipfile import ZipFile

import xlsxwriter
import xlwt
from openpyxl import Workbook, load_workbook

from pipeline import layout
from pipeline.__main__ import main
from pipeline.feedback.marks import FILLS, HEAD
from pipeline.feedback.marks import SHEET as NOTES
from pipeline.rulebook import Rulebook
from tests.kit import workbooks
from tests.kit.feedback_case import (
    SHEET,
    UNIT,
    WHEN,
    color,
    comment,
    copy_of,
    fill_return,
    repack,
    set_cells,
)
from tests.kit.returns import Claim, Return, write


def test_a_formula_gives_way_to_its_stored_result(rulebook: Rulebook, tmp_path: Path) -> None:
    """openpyxl stores no results: a copy with formulas would read as one without figures."""
    source = tmp_path / "in" / "a.xlsx"
    source.parent.mkdir()
    workbook = xlsxwriter.Workbook(str(source))
    sheet = workbook.add_worksheet(SHEET)
    sheet.write_formula("A1", "=40+3", None, 43)
    sheet.write_formula("A2", '="a"&"="', None, "=a")
    sheet.write_formula("A3", '=HYPERLINK("http://evil.invalid","看")', None, "看")
    sheet.write_formula("A4", "=1/0", None, "#DIV/0!")
    sheet.write_formula("A5", "=TRUE", None, True)
    workbook.close()
    copy = load_workbook(copy_of(rulebook, source, "A1", out=tmp_path / "out"))
    cells = [copy[SHEET][f"A{row}"] for row in range(1, 6)]
    assert [cell.value for cell in cells] == [43, "=a", "看", "#DIV/0!", True]
    assert [cell.data_type for cell in cells] == ["n", "s", "s", "e", "b"]


X14 = (
    '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" xmlns:x14="http://schemas.microsoft'
    '.com/office/spreadsheetml/2009/9/main"><x14:dataValidations xmlns:xm="http://schemas.microsoft'
    '.com/office/excel/2006/main" count="1"><x14:dataValidation type="list" allowBlank="1" '
    'showErrorMessage="1" error="请选择" xr:uid="{1}" xmlns:xr="urn:x"><x14:formula1><xm:f>选项!'
    "$A$1:$A$9</xm:f></x14:formula1><xm:sqref>A2:A301</xm:sqref></x14:dataValidation>"
    '</x14:dataValidations></ext><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" xmlns:x14="http:'
    '//schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:conditionalFormattings>'
    '<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:cfRule type="expression" priority="3" id="{2}"><xm:f>选项!$A$1=1</xm:f><x14:dxf><fill>'
    '<patternFill><bgColor rgb="FFFF0000"/></patternFill></fill></x14:dxf></x14:cfRule>'
    "<xm:sqref>B2:B9</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>"
    "</extLst></worksheet>"
)


def test_rules_that_excel_moved_into_extensions_are_kept(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    workbook = Workbook()
    workbook.active.title = SHEET
    workbook.create_sheet("选项")
    source = tmp_path / "in" / "a.xlsx"
    source.parent.mkdir()
    workbook.save(source)
    repack(source, {"xl/worksheets/sheet1.xml": ("</worksheet>", X14)}, {})
    sheet = load_workbook(copy_of(rulebook, source, "A2", out=tmp_path / "out"))[SHEET]
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, rule.formula1, str(rule.sqref), rule.error) == (
        "list", "选项!$A$1:$A$9", "A2:A301", "请选择",
    )  # fmt: skip
    (area,) = (a for a in sheet.conditional_formatting if HEAD not in str(a.rules[0].formula))
    assert str(area.sqref) == "B2:B9"
    assert area.rules[0].formula == ["选项!$A$1=1"]
    assert area.rules[0].dxf.fill.bgColor.rgb == "FFFF0000"


def write_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet(SHEET)
    for column, header in enumerate(("条款", "活动名称", "活动日期")):
        sheet.write(3, column, header)
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet.write(4, 0, "一.2a")
    sheet.write_merge(4, 6, 1, 1, "=危险的文字")
    sheet.write(4, 2, WHEN, date)
    sheet.write(5, 2, True)
    other = book.add_sheet("自己的表")
    other.write(0, 0, 12.5)
    other.visibility = 1
    path.parent.mkdir()
    book.save(str(path))


def test_an_old_xls_comes_back_as_xlsx_with_its_rows_and_columns(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    source = tmp_path / "in" / "a.xls"
    write_xls(source)
    copy = load_workbook(copy_of(rulebook, source, "C5", out=tmp_path / "out"))
    assert copy.sheetnames == [NOTES, SHEET, "自己的表", layout.LISTS]
    sheet = copy[SHEET]
    assert [cell.value for cell in sheet[4]][:3] == ["条款", "活动名称", "活动日期"]
    assert (sheet["A5"].value, sheet["C5"].value, sheet["C6"].value) == ("一.2a", WHEN, True)
    assert (sheet["B5"].value, sheet["B5"].data_type) == ("=危险的文字", "s")
    assert [str(area) for area in sheet.merged_cells.ranges] == ["B5:B7"]
    assert copy["自己的表"].sheet_state == "hidden"
    assert color(copy, "C5") == FILLS[0][2:]
    assert comment(copy, "C5").startswith(HEAD)


def test_what_openpyxl_cannot_load_is_rebuilt_from_its_values(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    source = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT)
    repack(source, {"xl/styles.xml": ("<fills", "<fills broken")}, {})
    copy = load_workbook(copy_of(rulebook, source, "C2", out=tmp_path / "out"))
    assert copy[SHEET]["B2"].value == "理想信念报告会第1期"
    assert color(copy, "C2") == FILLS[0][2:]
    assert copy[SHEET].data_validations.dataValidation, "the template's rules are back"
    assert "重新生成" in " ".join(str(row[0].value) for row in copy[NOTES].iter_rows())


def test_cells_without_a_stored_result_stay_so_and_values_survive(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    source = fill_return(
        template,
        tmp_path / "in" / "a.xlsx",
        UNIT,
        set_cells(E2="=15+15", E3="#REF!", J3="　空白　"),
    )
    copy = load_workbook(copy_of(rulebook, source, "E2", out=tmp_path / "out"))
    assert copy[SHEET]["E2"].value == "=15+15"
    assert (copy[SHEET]["E3"].value, copy[SHEET]["E3"].data_type) == ("#REF!", "e")
    assert copy[SHEET]["J3"].value == "　空白　"


def test_a_link_on_a_blank_cell_gives_it_no_text(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    def link(workbook: Workbook) -> None:
        workbook[SHEET]["F3"].value = None
        workbook[SHEET]["F3"].hyperlink = "http://evil.invalid/1"
        workbook[SHEET]["F3"].value = None

    source = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT, link)
    copy = load_workbook(copy_of(rulebook, source, "C2", out=tmp_path / "out"))
    assert copy[SHEET]["F3"].value is None


def test_a_formula_behind_any_prefix_does_not_pass(rulebook: Rulebook, tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.title = SHEET
    workbook.active["A1"] = 7
    source = tmp_path / "in" / "a.xlsx"
    source.parent.mkdir()
    workbook.save(source)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    live = f'<é:f xmlns:é="{main}">WEBSERVICE("http://evil.invalid")</é:f><v>7</v>'
    repack(source, {"xl/worksheets/sheet1.xml": ("<v>7</v>", live)}, {})
    path = copy_of(rulebook, source, "A2", out=tmp_path / "out")
    assert load_workbook(path)[SHEET]["A1"].value == 7


def test_what_no_file_may_hold_is_not_handed_on(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    source = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT)
    part = r"xl/worksheets/sheet3\.xml"
    repack(source, {part: ("<v>30</v>", "<v>NaN</v>")}, {})
    with ZipFile(copy_of(rulebook, source, "C2", out=tmp_path / "out")) as package:
        assert not [n for n in package.namelist() if b"<v>NaN</v>" in package.read(n)]
        assert not [n for n in package.namelist() if b"<v>nan</v>" in package.read(n)]


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    ),
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def strict(_: str, data: bytes) -> bytes:
    for usual, other in STRICT.items():
        data = data.replace(usual, other)
    return data


def test_the_copy_of_a_strict_workbook_holds_every_row_and_its_mark(tmp_path: Path) -> None:
    """In strict Open XML openpyxl sees none of the sheets."""
    claims = [Claim("一.1", "甲"), Claim("一.1", "乙", None)]
    sent = write(Return(UNIT, claims), tmp_path / "in", "strict.xlsx")
    workbooks.repack(tmp_path / "in" / "strict.xlsx", strict)
    assert main(["score", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 0
    (copy,) = (tmp_path / "out" / "feedback").glob(f"{UNIT}*.xlsx")
    book = load_workbook(copy)
    for placed in sent.placed:
        assert book[placed.sheet][placed.cells["活动名称"]].value == placed.claim.title
    missing = sent.placed[1]
    assert book[missing.sheet][missing.cells["活动日期"]].comment
