"""Copies of returns that mean harm, that openpyxl trips over, or that other programs wrote."""

import re
import sys
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from pipeline.feedback.copy import is_harmless, make_copy
from pipeline.feedback.job import Copied, Copyists, Job
from pipeline.feedback.marks import FILLS
from pipeline.feedback.marks import SHEET as NOTES
from pipeline.feedback.write import file_name
from pipeline.findings import OFFICE, Finding, Findings
from pipeline.isolate import RAISE, FaultError
from pipeline.reading.guard import TroubleError
from pipeline.rulebook import Rulebook
from tests.kit.feedback_case import (
    SHEET,
    UNIT,
    WHEN,
    assess,
    color,
    comment,
    copy_of,
    fill_return,
    finding,
    findings_of,
    marked,
    outcome_with,
    repack,
    set_cells,
    write_feedback,
)
from tests.kit.outcomes import HOSTILE
from tests.kit.tasks import Failing


def all_text(path: Path) -> str:
    with ZipFile(path) as package:
        return "\n".join(
            package.read(name).decode("utf-8", "replace") for name in package.namelist()
        )


def test_nothing_of_a_hostile_return_lives_on_in_its_copy(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    def arm(workbook: Workbook) -> None:
        sheet = workbook[SHEET]
        sheet["J2"].value = '=HYPERLINK("http://evil.invalid/1","点我")'
        sheet["J3"].value = "=cmd|'/c calc'!A0"
        sheet["J4"].value = '=WEBSERVICE("http://evil.invalid/2")'
        sheet["J5"].value = "='[evil.invalid.xlsx]表'!A1"
        sheet["D2"].hyperlink = "http://evil.invalid/3"
        workbook.defined_names["坏名"] = DefinedName("坏名", attr_text='CALL("evil.invalid","x")')
        workbook.defined_names["Auto_Open"] = DefinedName("Auto_Open", attr_text=f"{SHEET}!$A$1")
        sheet["A2"].comment = Comment("evil.invalid 仅文字", "某")
        chart = BarChart()
        chart.title = "evil.invalid"
        chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=5), titles_from_data=True)
        sheet.add_chart(chart, "M2")
        sheet.add_table(Table(displayName="表", ref="A1:J5"))
        rule = DataValidation("list", formula1='INDIRECT("[evil.invalid.xlsx]a!A1")')
        rule.add("J9")
        sheet.add_data_validation(rule)

    source = fill_return(template, tmp_path / "in" / "a.xlsm", UNIT, arm)
    repack(source, {}, {
        "xl/vbaProject.bin": b"evil.invalid", "xl/media/image1.png": b"evil.invalid",
        "xl/externalLinks/externalLink1.xml": b"<evil.invalid/>",
    })  # fmt: skip
    path = copy_of(rulebook, source, "C2", out=tmp_path / "out")
    assert path.suffix == ".xlsx"
    text = all_text(path)
    assert text.count("evil.invalid") == 1, "but for a comment, which is no more than text"
    assert "drawings/drawing" not in text
    assert "charts/" not in text
    assert "calc" not in text.replace("calcPr", "").replace("fullCalcOnLoad", "").replace(
        "calcId", ""
    )
    assert "Auto_Open" not in text
    copy = load_workbook(path)
    assert [copy[SHEET][f"J{row}"].value for row in range(2, 6)] == ["=NA()"] * 4
    told = " ".join(str(row[0].value) for row in copy[NOTES].iter_rows(max_row=6))
    assert all(word in told for word in ("宏", "图片", "图表", "指向其他文件的链接"))


def test_text_stays_text_in_cells_comments_and_the_first_sheet(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    wanted = [text for text in HOSTILE if not re.search("[\x00-\x08\x0e-\x1f\ud800\ufffe]", text)]

    def write(workbook: Workbook) -> None:
        for row, text in enumerate(wanted, 10):
            cell = workbook[SHEET].cell(row, 2)
            cell.value = text
            cell.data_type = "s"

    source = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT, write)
    findings = [finding(f"B{row}", text) for row, text in enumerate(HOSTILE, 10)]
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, findings)
    (path,) = write_feedback(outcome, source.parent, tmp_path / "out")
    copy = load_workbook(path)
    for row, text in enumerate(wanted, 10):
        cell = copy[SHEET].cell(row, 2)
        assert cell.data_type in ("s", "e" if text == "#REF!" else "s")
        assert len(str(cell.value)) == min(len(text.replace("\r\n", "\n")), 32767)
    cells = [cell for row in copy[NOTES].iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "e"]
    formulas = [str(cell.value) for cell in cells if cell.data_type == "f"]
    assert all(is_harmless(formula) and "已改" in formula for formula in formulas)
    assert not [cell for cell in cells if cell.hyperlink and cell.hyperlink.target]
    shown = [str(cell.value) for cell in cells]
    shown += [comment(copy, place, sheet) for sheet, place in marked(copy)]
    assert not [text for text in shown if re.search("[\u202a-\u202e\x00-\x08\x7f]", text)]
    assert len(marked(copy)) == len(HOSTILE)


@pytest.mark.parametrize(
    "formula",
    ["=SUM(A1:B2)*2", "=IF(A1=\"a|b[c]\",'活动培训'!C3,0)", "=SUMPRODUCT((A1:A9=\"x\")*{1;2})",
     "=COUNTIFS(活动培训!$A$2:$A$301,A3)", "=@SUM(A1)", '"一,二"', "选项!$A$1:$A$9"],
)  # fmt: skip
def test_formulas_that_only_calculate_are_harmless(formula: str) -> None:
    assert is_harmless(formula)


@pytest.mark.parametrize(
    "formula",
    ["=cmd|'/c calc'!A0", "='[a.xlsx]表'!A1", "=[1]表!A1", "='\\\\server\\[a.xls]s'!A1",
     '=HYPERLINK("http://x")', '=_xlfn.WEBSERVICE("http://x")', '=IMAGE("http://x")', "=CALL(1)",
     '=RTD("a",,"b")', '=SUM(1,EXEC("calc"))', '=INDIRECT("a"&"b")', "=SUM(", "=表1[列]", "={",
     '=DDE("a","b","c")', "=@IMPORTDATA(1)",
     """='x"'!A1+WEBSERVICE("http")+'"'!A1"""],
)  # fmt: skip
def test_formulas_that_reach_out_are_not(formula: str) -> None:
    assert not is_harmless(formula)


def test_the_templates_own_formulas_are_all_harmless(template: Path) -> None:
    workbook = load_workbook(template)
    formulas = [
        str(getattr(cell.value, "text", cell.value))
        for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row
        if cell.data_type == "f"
    ]  # fmt: skip
    rules = [
        formula for sheet in workbook.worksheets
        for rule in sheet.data_validations.dataValidation
        for formula in (rule.formula1, rule.formula2) if formula
    ]  # fmt: skip
    rules += [
        formula for sheet in workbook.worksheets for area in sheet.conditional_formatting
        for rule in area.rules for formula in rule.formula
    ]  # fmt: skip
    rules += [name.attr_text for name in workbook.defined_names.values()]
    assert rules
    assert [text for text in formulas + rules if not is_harmless(text)] == []


def fault_at(cell: str) -> Finding:
    return Finding(
        "date-bad", "错误", UNIT, UNIT, "", SHEET, cell, "", "", problem="有误", advice="请改正"
    )


def job(source: Path, target: Path) -> Job:
    return Job(source, target, (fault_at("C2"),), ("通知",), Path("no template"), WHEN)


def test_a_workbook_that_stalls_openpyxl_costs_only_a_detour(
    tmp_path: Path, template: Path
) -> None:
    """One merged range over a whole sheet makes openpyxl build 17 billion cells."""
    healthy = fill_return(template, tmp_path / "b.xlsx", UNIT)
    source = fill_return(
        template, tmp_path / "a.xlsx", UNIT, lambda book: book[SHEET].merge_cells("L2:M3")
    )
    with ZipFile(source) as package:
        part = next(n for n in package.namelist() if b'"L2:M3"' in package.read(n))
    repack(source, {re.escape(part): ('"L2:M3"', '"A400:XFD1048576"')}, {})
    jobs = [job(source, tmp_path / "out-a.xlsx"), job(healthy, tmp_path / "out-b.xlsx")]
    with closing(Copyists(2, workers=2, seconds=5)) as copyists:
        assert copyists.make(jobs)() == [Copied(True)] * 2
    assert color(load_workbook(jobs[0].target), "C2") == FILLS[0][2:]
    assert load_workbook(jobs[1].target)[SHEET].data_validations.dataValidation


def test_a_cell_far_out_costs_no_rule_and_no_value(tmp_path: Path, template: Path) -> None:
    """Walking up to it would make 17 billion cells."""
    change = set_cells(C2="6月1日", XFD1048576="远")
    source = fill_return(template, tmp_path / "a.xlsx", UNIT, change)
    asked = replace(job(source, tmp_path / "out.xlsx"), template=template)
    for _ in range(2):  # what was sent back comes in again
        make_copy(asked)
        sheet = load_workbook(asked.target)[SHEET]
        assert (sheet["C2"].value, sheet["XFD1048576"].value) == ("6月1日", "远")
        assert color(load_workbook(asked.target), "C2") == FILLS[0][2:]
        assert sheet.data_validations.dataValidation
        asked = replace(asked, source=asked.target, target=tmp_path / "again.xlsx")


@pytest.mark.parametrize(
    "executor", [ThreadPoolExecutor(1), Failing(OSError)], ids=["threads", "failing"]
)
def test_others_make_the_copies_and_processes_here_what_is_left(
    tmp_path: Path, template: Path, executor: Executor
) -> None:
    asked = job(fill_return(template, tmp_path / "b.xlsx", UNIT), tmp_path / "out.xlsx")
    with executor, closing(Copyists(1, executor=executor)) as copyists:
        assert copyists.make([asked])() == [Copied(True)]
    assert color(load_workbook(asked.target), "C2") == FILLS[0][2:]


def test_a_return_that_has_gone_is_left_out(tmp_path: Path, template: Path) -> None:
    there = job(fill_return(template, tmp_path / "b.xlsx", UNIT), tmp_path / "out.xlsx")
    gone = job(tmp_path / "gone.xlsx", tmp_path / "x.xlsx")
    with closing(Copyists(2, workers=1)) as copyists:
        assert copyists.make([gone, there])() == [Copied(False), Copied(True)]


def test_a_folder_that_cannot_be_written_is_the_users_trouble(
    tmp_path: Path, template: Path
) -> None:
    source = fill_return(template, tmp_path / "b.xlsx", UNIT)
    with closing(Copyists(1)) as copyists, pytest.raises(OSError, match="No such file"):
        copyists.make([job(source, tmp_path / "no" / "out.xlsx")])()


def test_a_fault_of_the_program_costs_one_copy(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fill_return(template, tmp_path / "b.xlsx", UNIT)
    broken = job(source, tmp_path / "out.xlsx")
    object.__setattr__(broken, "marks", (fault_at("no cell"),))
    healthy = job(source, tmp_path / "healthy.xlsx")
    with closing(Copyists(2, workers=1)) as copyists, pytest.raises(FaultError, match="Traceback"):
        copyists.make([broken])()
    monkeypatch.delenv(RAISE)
    with closing(Copyists(2, workers=1)) as copyists:
        failed, made = copyists.make([broken, healthy])()
    assert (failed.done, made) == (False, Copied(True))
    assert "Traceback" in failed.fault


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such file names")
def test_a_file_name_that_cannot_be_shown_is_found_again(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    from pipeline.reading.discover import discover

    source = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT)
    source.rename(source.with_name("\udcff坏.xlsx"))
    (entry,) = discover(tmp_path / "in")
    outcome = outcome_with(rulebook, {entry.name: UNIT}, [finding("C2", file=entry.name)])
    assert len(write_feedback(outcome, tmp_path / "in", tmp_path / "out")) == 1


def test_names_of_copies_are_fit_for_windows() -> None:
    assert file_name('a<b>:"c/d\\e|f?*\n', "退回", ".xlsx") == "a_b___c_d_e_f__-退回.xlsx"
    assert file_name("甲", "退回", ".xlsx", 3) == "甲-退回-3.xlsx"
    assert file_name("aux.甲", "退回", ".xlsx") == "aux_甲-退回.xlsx"


def test_a_unit_may_write_a_name_longer_than_any_file_s(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    """Two that differ only where their files do not are told apart."""
    names = {"a.xlsx": f"舞阳?{'某' * 400}", "b.xlsx": f"舞阳*{'某' * 401}"}
    for name in names:
        fill_return(template, tmp_path / "in" / name, UNIT)
    faults = [finding("C2", file="a.xlsx"), finding("C3", file="b.xlsx")]
    outcome = outcome_with(rulebook, names, faults)
    made = write_feedback(outcome, tmp_path / "in", tmp_path / "out")
    assert [marked(load_workbook(path)) for path in made] == [{(SHEET, "C2")}, {(SHEET, "C3")}]
    assert all(path.name.startswith("舞阳_某某") for path in made)
    assert len(list((tmp_path / "out").glob("舞阳_某某*-退回通知*.txt"))) == 2


def test_ranges_that_overlap_are_parted_and_every_fault_is_marked(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    """No program shows such ranges alike: the copy holds, row by row, what was read."""
    source = fill_return(
        template, tmp_path / "in" / "a.xlsx", UNIT, lambda book: book[SHEET].merge_cells("F2:F3")
    )
    ranges = ('ref="F2:F3"', 'ref="F3:F4"/><mergeCell ref="F2:F3"')
    repack(source, {r"xl/worksheets/sheet3\.xml": ranges}, {})
    outcome = assess(rulebook, tmp_path / "in")
    (made,) = write_feedback(outcome, tmp_path / "in", tmp_path / "out")
    copy = load_workbook(made)
    assert marked(copy) == {(SHEET, "F4")}
    assert color(copy, "F4") == FILLS[0][2:]
    assert [copy[SHEET][f"F{row}"].value for row in range(2, 6)] == ["附件1"] * 2 + [None, "附件4"]
    assert findings_of(assess(rulebook, tmp_path / "out")) == findings_of(outcome)


def test_the_bytes_of_a_zip_bomb_never_reach_openpyxl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ZipFile(tmp_path / "a.xlsx", "w", ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"0" * (30 << 20))
    monkeypatch.setattr("pipeline.feedback.copy.load", lambda *_: pytest.fail("loaded"))
    with pytest.raises(TroubleError):
        make_copy(job(tmp_path / "a.xlsx", tmp_path / "out.xlsx"))


def test_a_copy_that_the_program_failed_to_make_is_a_finding_for_the_office(
    rulebook: Rulebook, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RAISE)
    for name in ("a.xlsx", "b.xlsx"):
        fill_return(template, tmp_path / "in" / name, UNIT)
    found = [finding("no cell", file="a.xlsx"), finding("C2", file="b.xlsx")]
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT, "b.xlsx": UNIT}, found)
    failed = Findings()
    (made,) = write_feedback(outcome, tmp_path / "in", tmp_path / "out", failed=failed)
    assert made.name == f"{UNIT}-退回-2.xlsx"
    (only,) = failed.made
    assert (only.code, only.file, only.addressee) == ("file-copy-failed", "a.xlsx", OFFICE)
