"""What goes back to the units: marks, 退回说明, notices, and the round that they make."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

from pipeline import layout
from pipeline.feedback.marks import FILLS, HEAD
from pipeline.feedback.marks import SHEET as NOTES
from pipeline.outcome import LATE, MISSING, NOTE, WARNING, Outcome
from pipeline.rulebook import Rulebook
from tests.kit.feedback_case import (
    SHEET,
    UNIT,
    WHEN,
    assess,
    color,
    comment,
    contents,
    fill_return,
    finding,
    findings_of,
    marked,
    outcome_with,
    set_cells,
    write_feedback,
)
from tests.kit.office import Office

COPY = f"{UNIT}-退回.xlsx"
NOTICE = f"{UNIT}-退回通知.txt"


@pytest.fixture
def returns(tmp_path: Path, template: Path) -> Path:
    """A folder with one return, a.xlsx."""
    fill_return(template, tmp_path / "returns" / "a.xlsx", UNIT)
    return tmp_path / "returns"


def one_copy(outcome: object, returns: Path, folder: Path) -> Workbook:
    (path,) = write_feedback(outcome, returns, folder)
    return load_workbook(path)


def test_levels_have_their_colours_and_every_finding_its_words(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    findings = [
        finding("C2", "甲"), finding("C3", "乙", level=WARNING), finding("C4", "丙", level=NOTE),
        finding("C5", "丁", level=WARNING), finding("C5", "戊"), finding("C5", "戊"),
    ]  # fmt: skip
    copy = one_copy(outcome_with(rulebook, {"a.xlsx": UNIT}, findings), returns, tmp_path / "out")
    assert [color(copy, f"C{row}") for row in (2, 3, 4, 5)] == [
        FILLS[0][2:], FILLS[1][2:], FILLS[2][2:], FILLS[0][2:],
    ]  # fmt: skip
    red, green, blue = (int(FILLS[2][at : at + 2], 16) for at in (2, 4, 6))
    assert red < green < blue, "a note is never red"
    assert comment(copy, "C2") == f"{HEAD}\n错误：甲。请改正。"
    assert comment(copy, "C5") == f"{HEAD}\n警告：丁。请改正。\n错误：戊。请改正。"
    assert marked(copy) == {(SHEET, f"C{row}") for row in (2, 3, 4, 5)}


def test_the_copy_keeps_what_the_unit_sent(
    rulebook: Rulebook, returns: Path, template: Path, tmp_path: Path
) -> None:
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2")])
    copy, sent = one_copy(outcome, returns, tmp_path / "out"), load_workbook(returns / "a.xlsx")
    assert copy.sheetnames == [NOTES, *sent.sheetnames]
    for old in sent.worksheets:
        new = copy[old.title]
        kept = contents(new)
        if old.title == layout.LISTS:
            kept = {ref: value for ref, value in kept.items() if ref in contents(old)}
        assert kept == contents(old)
        assert new.sheet_state == old.sheet_state
        assert new.protection.sheet == old.protection.sheet
        assert new.freeze_panes == old.freeze_panes
        assert len(new.data_validations.dataValidation) == len(old.data_validations.dataValidation)
        added = 1 if old.title == SHEET else 0
        assert len(new.conditional_formatting) == len(old.conditional_formatting) + added
        for column in range(1, old.max_column + 1):
            letter = get_column_letter(column)
            assert new.column_dimensions[letter].width == old.column_dimensions[letter].width


def test_every_readable_return_gets_its_copy_whatever_its_status(
    rulebook: Rulebook, returns: Path, template: Path, tmp_path: Path
) -> None:
    late, clean, at_sheet = rulebook.units[-1], rulebook.units[1], rulebook.units[2]
    fill_return(template, returns / "迟.xlsx", late)
    outcome = outcome_with(
        rulebook,
        {"a.xlsx": UNIT, "迟.xlsx": late, "无.xlsx": clean, "表.xlsx": at_sheet},
        [finding("C2"), finding("C2", file="迟.xlsx"), finding("", file="表.xlsx")],
    )
    assert outcome.units.set_index("unit")["status"][late] == LATE
    written = write_feedback(outcome, returns, tmp_path / "out")
    assert {path.name for path in written} == {COPY, f"{late}-退回.xlsx"}
    notices = {UNIT, late, at_sheet}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(path.name for path in written), *(f"{unit}-退回通知.txt" for unit in notices)
    }  # fmt: skip
    assert LATE in (tmp_path / "out" / f"{late}-退回通知.txt").read_text("utf-8-sig")


def test_a_unit_without_a_return_is_written_to(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2")])
    missing = rulebook.units[-1]
    outcome.files.loc[1] = [missing, MISSING, "", "", ""]
    assert len(write_feedback(outcome, returns, tmp_path / "out")) == 1
    text = (tmp_path / "out" / f"{missing}-退回通知.txt").read_text("utf-8-sig")
    assert "还没有收到" in text
    assert "最迟 2015年12月29日（含），还有 8 天" in text


def test_what_is_for_the_panel_stands_in_no_copy_and_no_notice(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    for_panel = finding("C3", "疑似雷同", level=WARNING) | {"addressee": "评审组"}
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2"), for_panel])
    copy = one_copy(outcome, returns, tmp_path / "out")
    assert marked(copy) == {(SHEET, "C2")}
    assert "雷同" not in (tmp_path / "out" / NOTICE).read_text("utf-8-sig")
    assert "雷同" not in " ".join(str(c.value) for row in copy[NOTES].iter_rows() for c in row)


def test_certain_conversions_are_one_line_with_their_number(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    read_as = [finding(f"C{row}", level=NOTE) | {"code": "cell-read-as"} for row in (3, 4)]
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2"), *read_as])
    copy = one_copy(outcome, returns, tmp_path / "out")
    assert marked(copy) == {(SHEET, "C2")}
    assert "另有 2 处" in (tmp_path / "out" / NOTICE).read_text("utf-8-sig")


def test_a_mark_hangs_on_the_value_and_the_copy_names_its_source(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("B2"), finding("D2")])
    copy = one_copy(outcome, returns, tmp_path / "out")
    rules = {
        str(area.sqref): area.rules[0].formula[0]
        for area in copy[SHEET].conditional_formatting
        if HEAD in area.rules[0].formula[0]
    }
    assert 'NOT(EXACT(B2,"理想信念报告会第1期"))' in rules["B2"]
    assert any("已改" in str(c.value) for row in copy[NOTES].iter_rows() for c in row)
    label = next(c for c in copy[layout.LISTS][1] if c.value == layout.SOURCE_LABEL)
    source = hashlib.sha256((returns / "a.xlsx").read_bytes()).hexdigest()
    assert copy[layout.LISTS].cell(1, label.column + 1).value == source


def test_two_returns_of_a_unit_get_two_names(
    rulebook: Rulebook, returns: Path, template: Path, tmp_path: Path
) -> None:
    fill_return(template, returns / "子" / "b.xlsx", UNIT)
    outcome = outcome_with(
        rulebook,
        {"a.xlsx": UNIT, "子/b.xlsx": UNIT},
        [finding("C2"), finding("C3", file="子/b.xlsx")],
    )
    written = write_feedback(outcome, returns, tmp_path / "out")
    assert [path.name for path in written] == [COPY, f"{UNIT}-退回-2.xlsx"]
    assert marked(load_workbook(written[1])) == {(SHEET, "C3")}


def test_the_first_sheet_groups_messages_with_links_that_lead_to_the_cells(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    findings = [finding(f"C{row}", "同样的问题") for row in range(2, 12)]
    findings += [
        finding("", "缺少工作表", sheet="专项工作"),
        finding("B4", "读作", level=NOTE, sheet="封面"),
    ]
    copy = one_copy(outcome_with(rulebook, {"a.xlsx": UNIT}, findings), returns, tmp_path / "out")
    notes = copy[NOTES]
    assert copy.active is notes
    values = [c.value for row in notes.iter_rows() for c in row]
    assert values.count("同样的问题") == 1
    assert values.count("缺少工作表") == 1
    links = {
        cell.value: cell.hyperlink.location
        for row in notes.iter_rows() for cell in row if cell.hyperlink
    }  # fmt: skip
    assert links == {f"C{row}": f"'{SHEET}'!C{row}" for row in range(2, 12)} | {"B4": "'封面'!B4"}
    assert all(c.hyperlink.target is None for row in notes.iter_rows() for c in row if c.hyperlink)


def test_a_second_round_gives_back_what_the_first_covered(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    def dress(workbook: Workbook) -> None:
        sheet = workbook[SHEET]
        sheet["C2"].fill = PatternFill("solid", fgColor="FFCCFFCC")
        sheet["C3"].fill = PatternFill("darkGrid", fgColor="FF00FF00", bgColor="FF0000FF")
        sheet["C2"].comment = Comment("原来的批注\n第二行", "张三")
        workbook.create_sheet("退回说明（自用）")["A1"].value = "我们自己的"

    first = tmp_path / "first"
    fill_return(template, first / "a.xlsx", UNIT, dress)
    faults = [finding("C2"), finding("C3", level=WARNING), finding("D4", level=NOTE)]
    write_feedback(outcome_with(rulebook, {"a.xlsx": UNIT}, faults), first, tmp_path / "second")
    outcome = outcome_with(rulebook, {COPY: UNIT}, [finding("B5", file=COPY)])
    copy = one_copy(outcome, tmp_path / "second", tmp_path / "third")
    assert marked(copy) == {(SHEET, "B5")}
    assert color(copy, "C2") == "CCFFCC"
    assert comment(copy, "C2") == "原来的批注\n第二行"
    pattern = copy[SHEET]["C3"].fill
    assert (pattern.fill_type, pattern.fgColor.rgb, pattern.bgColor.rgb) == (
        "darkGrid", "FF00FF00", "FF0000FF",
    )  # fmt: skip
    assert (color(copy, "D4"), comment(copy, "C3"), comment(copy, "D4")) == ("", "", "")
    assert [name for name in copy.sheetnames if name.startswith(NOTES)] == [
        NOTES,
        "退回说明（自用）",
    ]


def test_the_same_findings_again_leave_the_same_marks(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    texts = []
    folder, file = returns, "a.xlsx"
    for number in range(3):
        faults = [finding("C2", file=file), finding("C2", "又", file=file, level=WARNING)]
        outcome = outcome_with(rulebook, {file: UNIT}, faults)
        copy = one_copy(outcome, folder, tmp_path / str(number))
        texts.append((comment(copy, "C2"), color(copy, "C2"), copy.sheetnames, marked(copy)))
        folder, file = tmp_path / str(number), COPY
    assert texts[0] == texts[1] == texts[2]


def test_a_second_round_undoes_what_a_program_did_and_leaves_the_template_s(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    """A pasted row has the template's rules and ours at one range; gnumeric shows all sheets."""
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("F3")])
    (path,) = write_feedback(outcome, returns, tmp_path / "one")
    copy = load_workbook(path)
    rules = copy[SHEET].conditional_formatting
    (templates,) = (area for area in rules if str(area.sqref).startswith("F2:F"))
    kept = {str(rule.formula) for rule in templates.rules}
    for rule in templates.rules:
        rules.add("F3", rule)
    copy[layout.LISTS].sheet_state = copy[layout.BACKSTAGE].sheet_state = "visible"
    (tmp_path / "back").mkdir()
    copy.save(tmp_path / "back" / "a.xlsx")

    again = one_copy(
        outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("F4")]),
        tmp_path / "back",
        tmp_path / "two",
    )
    places = {str(area.sqref): area.rules for area in again[SHEET].conditional_formatting}
    assert {str(rule.formula) for rule in places["F3"]} == kept
    hidden = {sheet.title for sheet in again.worksheets if sheet.sheet_state != "visible"}
    assert hidden == {layout.LISTS, layout.BACKSTAGE}


def test_merged_cells_are_marked_where_they_can_be_seen(
    rulebook: Rulebook, tmp_path: Path, template: Path
) -> None:
    fill_return(
        template, tmp_path / "in" / "a.xlsx", UNIT, lambda book: book[SHEET].merge_cells("F2:F4")
    )
    outcome = outcome_with(
        rulebook,
        {"a.xlsx": UNIT},
        [finding("F3", "第三行", level=WARNING), finding("F4", "第四行")],
    )
    copy = one_copy(outcome, tmp_path / "in", tmp_path / "out")
    assert comment(copy, "F2") == f"{HEAD}\n警告：第三行。请改正。\n错误：第四行。请改正。"
    assert color(copy, "F2") == FILLS[0][2:]


def test_notices_are_ready_to_paste(rulebook: Rulebook, returns: Path, tmp_path: Path) -> None:
    findings = [finding(f"C{row}", "日期看不明白") for row in range(2, 30)]
    findings += [
        finding("B4", "没有填写填报年度", level=WARNING, sheet="封面"),
        finding("D2", "不提", level=NOTE),
    ]
    copy = one_copy(outcome_with(rulebook, {"a.xlsx": UNIT}, findings), returns, tmp_path / "out")
    data = (tmp_path / "out" / NOTICE).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "Windows editors need the mark"
    assert data.count(b"\n") == data.count(b"\r\n") > 4
    text = data.decode("utf-8-sig")
    assert text.startswith(f"{UNIT}：")
    assert "28 处要改、1 处请核对" in text
    assert "最迟 2015年12月29日（含），还有 8 天" in text
    assert "C13 等 28 处" in text
    assert COPY in text
    assert text.index("【要改的】") < text.index("【请核对的】") < text.index("【认可但还没得分的")
    shown = [row[0].value for row in copy[NOTES].iter_rows()]
    assert all(line in shown for line in text.splitlines())


def test_after_the_deadline_a_notice_promises_nothing(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    late = WHEN.replace(year=2016)
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2")])
    object.__setattr__(outcome, "when", late)
    write_feedback(outcome, returns, tmp_path / "out")
    text = (tmp_path / "out" / NOTICE).read_text("utf-8-sig")
    assert "报送期限已过" in text
    assert "封面上已经写了的报送日期请不要改" in text
    assert "重新报送，" not in text


def test_notes_alone_send_nothing_back(rulebook: Rulebook, returns: Path, tmp_path: Path) -> None:
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2", level=NOTE)])
    copy = one_copy(outcome, returns, tmp_path / "out")
    assert marked(copy) == {(SHEET, "C2")}
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{UNIT}-已核对.xlsx"]


def test_the_same_input_gives_the_same_bytes(
    rulebook: Rulebook, returns: Path, tmp_path: Path
) -> None:
    outcome = outcome_with(rulebook, {"a.xlsx": UNIT}, [finding("C2"), finding("D3", level=NOTE)])
    for folder in ("one", "two"):
        write_feedback(outcome, returns, tmp_path / folder)
    for name in (COPY, NOTICE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


FAULTS = set_cells(A2="九十九", B3=None, C4="6月1日", F5="无", J2="=1/0", E3=30.0)


@dataclass(frozen=True)
class Faulty:
    """A return with faults, what is found in it, and the copy that goes back."""

    found: Outcome
    path: Path
    copy: Workbook


@pytest.fixture(scope="module")
def faulty(rulebook: Rulebook, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    base = tmp_path_factory.mktemp("faulty")
    fill_return(template, base / "in" / "a.xlsx", UNIT, FAULTS)
    found = assess(rulebook, base / "in")
    copy = one_copy(found, base / "in", base / "back")
    return Faulty(found, base / "back" / COPY, copy)


def test_returned_unmended_it_gives_the_same_findings_and_no_doubled_marks(
    rulebook: Rulebook, faulty: Faulty, tmp_path: Path
) -> None:
    assert len(faulty.found.findings) >= 4
    (tmp_path / "back").mkdir()
    shutil.copy(faulty.path, tmp_path / "back")
    again = assess(rulebook, tmp_path / "back")
    assert findings_of(again) == findings_of(faulty.found)
    second, first = one_copy(again, tmp_path / "back", tmp_path / "third"), faulty.copy
    assert marked(second) == marked(first)
    assert all(comment(second, c, s) == comment(first, c, s) for s, c in marked(first))


def mend(path: Path, target: Path) -> None:
    workbook = load_workbook(path)
    set_cells(A2="一.2a", B3="补的名称", C4="2015-06-03", F5="附件5", J2=None)(workbook)
    target.parent.mkdir(exist_ok=True)
    workbook.save(target)


def test_mended_it_is_accepted_clean(rulebook: Rulebook, faulty: Faulty, tmp_path: Path) -> None:
    mend(faulty.path, tmp_path / "mended" / "b.xlsx")
    after = assess(rulebook, tmp_path / "mended")
    assert list(after.findings["code"].unique()) in ([], ["cell-read-as"])
    assert (after.claims["result"] == "计分").all()
    assert len(after.claims) == 4


def test_the_unit_stands_on_each_page(rulebook: Rulebook, faulty: Faulty) -> None:
    for name in (*rulebook.sheet, layout.SELF_CHECK):
        assert faulty.copy[name].oddHeader.center.text == f"{UNIT} {rulebook.title} · {name}"


def test_a_copy_calculates_by_itself(rulebook: Rulebook, tmp_path: Path, template: Path) -> None:
    """Also where the unit's program was told to wait for F9."""
    made = fill_return(template, tmp_path / "in" / "a.xlsx", UNIT, FAULTS)
    book = load_workbook(made)
    book.calculation.calcMode, book.calculation.fullCalcOnLoad = "manual", False
    book.save(made)
    copy = one_copy(assess(rulebook, tmp_path / "in"), tmp_path / "in", tmp_path / "back")
    assert copy.calculation.calcMode != "manual"
    assert copy.calculation.fullCalcOnLoad


def test_what_is_marked_can_be_mended(faulty: Faulty, template: Path) -> None:
    """The sheets are protected, and a file holds no cell where nothing was typed."""
    page, column = faulty.copy[SHEET], load_workbook(template)[SHEET].column_dimensions
    assert page.protection.sheet
    cells = [page[cell] for sheet, cell in marked(faulty.copy) if sheet == SHEET]
    assert not any(cell.protection.locked for cell in cells)
    blank = [cell for cell in cells if cell.value is None]
    assert {cell.font.name for cell in blank} == {column["B"].font.name}
    assert all(cell.alignment.wrap_text for cell in blank)


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_sent_in_another_format_it_is_marked_like_the_template(
    rulebook: Rulebook, tmp_path: Path, template: Path, soffice: Office, suffix: str
) -> None:
    made = fill_return(template, tmp_path / "made" / "a.xlsx", UNIT, FAULTS)
    soffice(made, suffix, tmp_path / "in")
    copy = one_copy(assess(rulebook, tmp_path / "in"), tmp_path / "in", tmp_path / "back")
    assert {"A2", "B3", "C4", "F5"} <= {cell for sheet, cell in marked(copy) if sheet == SHEET}
    assert copy[SHEET].data_validations.dataValidation
    assert not any(cell.protection.locked for row in copy[SHEET]["A2:F5"] for cell in row)
    assert copy[SHEET].column_dimensions["B"].width == pytest.approx(34, abs=1.5)


@pytest.mark.slow
@pytest.mark.office
def test_a_round_through_libreoffice(
    rulebook: Rulebook, tmp_path: Path, template: Path, soffice: Office
) -> None:
    """Filled in and saved by LibreOffice, marked, saved unmended, and again mended."""
    soffice(fill_return(template, tmp_path / "a.xlsx", UNIT, FAULTS), "xlsx", tmp_path / "in")
    before = assess(rulebook, tmp_path / "in")
    copy = one_copy(before, tmp_path / "in", tmp_path / "back")
    soffice(tmp_path / "back" / COPY, "xlsx", tmp_path / "unmended")
    again = assess(rulebook, tmp_path / "unmended")
    assert findings_of(again) == findings_of(before)
    second = one_copy(again, tmp_path / "unmended", tmp_path / "second")
    assert marked(second) == marked(copy)
    assert comment(second, "C4") == comment(copy, "C4")
    mend(tmp_path / "unmended" / COPY, tmp_path / "m" / "b.xlsx")
    mended = soffice(tmp_path / "m" / "b.xlsx", "xlsx", tmp_path / "mended")
    after = assess(rulebook, tmp_path / "mended")
    check = pd.read_excel(mended, sheet_name=layout.SELF_CHECK, header=None, engine="calamine")
    (told,) = check.loc[check[0] == "合计", 2]
    assert told == after.units["total"].max() > before.units["total"].max(), (
        "自查 of the copy lives"
    )
    assert list(after.findings["code"].unique()) in ([], ["cell-read-as"])
    assert len(after.claims) == 4
