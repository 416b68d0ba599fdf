"""Structure of a return: sheets, header row, columns, cover, which rows are claims."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipeline.reading.raw import RawReturn, wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import Rulebook
from tests.kit.workbooks import (
    EVENTS,
    FIGURES,
    MAIN,
    WANTED,
    book,
    codes,
    note,
    repack,
    save,
    sheet,
    text_cell,
    with_rows,
)


def read(path: Path) -> RawReturn:
    return read_return(path, path.name, WANTED)


@pytest.fixture
def made() -> Workbook:
    return book()


def reading(made: Workbook, folder: Path) -> RawReturn:
    return read(save(made, folder / "甲.xlsx"))


def test_healthy_return(made: Workbook, tmp_path: Path) -> None:
    found = reading(made, tmp_path)
    assert (found.trouble, found.notes, found.stamp) == (None, [], "2015-abc")
    assert found.cover == {"单位名称": ("舞阳县工商联", "B1"), "填报年度": (2015, "B2")}
    events = found.sheets[EVENTS]
    assert events.rows == [2, 3]
    assert events.columns == {"条款": 0, "活动名称": 1, "活动日期": 2, "通知": 3}
    assert events.cells["活动名称"] == ["学习会", "讲座"]
    assert found.sheets[FIGURES].rows == []
    assert len(found.sha256) == 64


def test_wanted_from_rulebook(rulebook: Rulebook) -> None:
    wanted = wanted_from(rulebook)
    assert wanted.sheets["活动培训"][0] == wanted.clause_headers["活动培训"] == "条款"
    assert wanted.prefilled == {"指标任务": ("条款", "指标")}


def test_prefilled_row_with_a_figure_is_a_claim(made: Workbook, tmp_path: Path) -> None:
    sheet(made, FIGURES)["D2"] = 0
    found = reading(made, tmp_path).sheets[FIGURES]
    assert (found.rows, found.cells["完成数"], found.cells["基数"]) == ([2], [0], [None])


def test_title_rows_above_and_inserted_columns(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events.insert_rows(1, 2)
    events.insert_cols(1, 3)
    events["A1"] = "2015年度申报表"
    found = reading(made, tmp_path).sheets[EVENTS]
    assert found.rows == [4, 5]
    assert found.columns == {"条款": 3, "活动名称": 4, "活动日期": 5, "通知": 6}


def test_columns_in_another_order(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events.move_range("A1:A3", cols=9)
    found = reading(made, tmp_path).sheets[EVENTS]
    assert found.columns["条款"] == 9
    assert found.cells["条款"] == ["一.1", "一.3"]


def test_names_with_blanks_full_width_and_colons(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events.title = " 活动 培训　"
    events["A1"], events["B1"], events["C1"] = " 条 款：", "活动\n名称", "活动日期:"
    sheet(made, "封面")["A1"] = "单 位 名 称："
    found = reading(made, tmp_path)
    assert found.notes == []
    assert EVENTS in found.sheets
    assert set(found.sheets[EVENTS].columns) == set(WANTED.sheets[EVENTS])
    assert found.cover["单位名称"] == ("舞阳县工商联", "B1")


def test_white_space_alone_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    sheet(made).append([" ", "　", "\n", None])
    assert reading(made, tmp_path).sheets[EVENTS].rows == [2, 3]


def test_blank_rows_between_claims(made: Workbook, tmp_path: Path) -> None:
    sheet(made)["B9"] = "座谈会"
    found = reading(made, tmp_path).sheets[EVENTS]
    assert found.rows == [2, 3, 9]
    assert found.cells["条款"] == ["一.1", "一.3", None]


def test_something_in_a_further_column_alone_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events["F1"], events["F7"] = "经办", "张三"
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3]
    extra = note(found, "column-extra")
    assert (extra.sheet, extra.cell, extra.details) == (EVENTS, "F1", {"detail": "经办"})


def test_repeated_header_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    sheet(made).append(["条 款", "活动名称：", "活动日期", None])
    sheet(made).append(["条款", "真的活动", None, None])
    assert reading(made, tmp_path).sheets[EVENTS].rows == [2, 3, 5]


def test_missing_sheet_is_one_finding(made: Workbook, tmp_path: Path) -> None:
    del made[FIGURES]
    found = reading(made, tmp_path)
    assert note(found, "sheet-missing").details == {"detail": FIGURES}
    assert codes(found) == ["sheet-missing"]
    assert list(found.sheets) == [EVENTS]


def test_missing_column_is_one_finding(made: Workbook, tmp_path: Path) -> None:
    sheet(made).delete_cols(4)
    found = reading(made, tmp_path)
    assert note(found, "column-missing").details == {"detail": "通知"}
    assert "通知" not in found.sheets[EVENTS].cells
    assert found.sheets[EVENTS].rows == [2, 3]


def test_misspelled_header_is_asked_about(made: Workbook, tmp_path: Path) -> None:
    sheet(made)["B1"] = "活动名"
    found = reading(made, tmp_path)
    assert codes(found) == ["column-lookalike", "column-missing"]
    asked = note(found, "column-lookalike")
    assert (asked.cell, asked.details) == ("B1", {"detail": "活动名", "meant": "活动名称"})


def test_of_two_columns_with_one_header_the_left_counts(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events["E1"], events["E2"] = "通知", "另一份"
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].cells["通知"] == ["附件1", "附件2"]
    assert note(found, "column-duplicate").cell == "E1"


@pytest.mark.parametrize("name", ["活动培训 (2)", "活动培训副本", "活动培圳", "活动培训(旧)"])
def test_sheet_like_the_templates_is_asked_about(made: Workbook, tmp_path: Path, name: str) -> None:
    made.create_sheet(name).append(["条款"])
    found = reading(made, tmp_path)
    assert note(found, "sheet-lookalike").details == {"detail": name, "meant": EVENTS}
    assert found.sheets[EVENTS].rows == [2, 3]


@pytest.mark.parametrize("name", ["Sheet1", "填报说明", "自查", "会议纪要"])
def test_other_sheet_is_left_alone(made: Workbook, tmp_path: Path, name: str) -> None:
    made.create_sheet(name).append(["条款"])
    assert reading(made, tmp_path).notes == []


def test_of_two_sheets_with_one_name_the_left_counts(made: Workbook, tmp_path: Path) -> None:
    made.create_sheet("活动 培训").append(["条款"])
    found = reading(made, tmp_path)
    assert note(found, "sheet-duplicate").details == {"detail": EVENTS}
    assert found.sheets[EVENTS].rows == [2, 3]


def test_sheet_without_header_row(made: Workbook, tmp_path: Path) -> None:
    sheet(made)["A1"] = "编号"
    found = reading(made, tmp_path)
    assert note(found, "sheet-no-header").details == {"detail": EVENTS}
    assert EVENTS not in found.sheets


def test_no_cover_is_not_the_template(made: Workbook, tmp_path: Path) -> None:
    del made["封面"]
    found = reading(made, tmp_path)
    assert found.trouble is not None
    assert (found.trouble.code, found.sheets, found.notes) == ("file-not-template", {}, [])
    assert len(found.sha256) == 64


def test_no_claim_sheet_is_not_the_template(made: Workbook, tmp_path: Path) -> None:
    del made[EVENTS]
    sheet(made, FIGURES)["A1"] = "编号"
    found = reading(made, tmp_path)
    assert found.trouble is not None
    assert found.trouble.code == "file-not-template"


def test_missing_cover_label(made: Workbook, tmp_path: Path) -> None:
    sheet(made, "封面")["A2"] = "年份"
    found = reading(made, tmp_path)
    assert note(found, "cover-label-missing").details == {"detail": "填报年度"}
    assert list(found.cover) == ["单位名称"]


def test_cover_value_right_of_a_merged_label(made: Workbook, tmp_path: Path) -> None:
    cover = sheet(made, "封面")
    cover["D1"], cover["B1"] = "舞阳", None
    cover.merge_cells("A1:C1")
    cover.merge_cells("D1:F1")
    assert reading(made, tmp_path).cover["单位名称"] == ("舞阳", "D1")


def test_cover_value_merged_over_rows(made: Workbook, tmp_path: Path) -> None:
    sheet(made, "封面").merge_cells("B1:B2")
    assert reading(made, tmp_path).cover["填报年度"] == ("舞阳县工商联", "B1")


def test_merged_value_counts_in_each_row_but_makes_no_claim(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events.merge_cells("D2:D6")
    events["B5"] = "第三场"
    found = reading(made, tmp_path).sheets[EVENTS]
    assert found.rows == [2, 3, 5]
    assert found.cells["通知"] == ["附件1", "附件1", "附件1"]


@pytest.mark.parametrize(
    ("cells", "header"), [("A5:D5", "条款"), ("A5:A7", "条款"), ("B5:C9", "活动名称")]
)
def test_a_merged_cell_alone_makes_no_claim_and_is_told(
    made: Workbook, tmp_path: Path, cells: str, header: str
) -> None:
    events = sheet(made)
    first = cells.split(":")[0]
    events[first] = "以下空白"
    events.merge_cells(cells)
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3]
    told = note(found, "row-merged")
    assert (told.sheet, told.cell) == (EVENTS, first)
    assert told.details == {"detail": header}


def test_a_merged_cell_counts_from_the_first_row_that_holds_more(
    made: Workbook, tmp_path: Path
) -> None:
    """The clause is merged over rows 5 to 7, and row 6 alone is filled in."""
    events = sheet(made)
    events["A5"], events["B6"], events["C6"] = "一.4", "一场", "2015-05-01"
    events.merge_cells("A5:A7")
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3, 6]
    assert found.sheets[EVENTS].cells["条款"][-1] == "一.4"
    assert not any(told.code == "row-merged" for told in found.notes)


def test_one_figure_merged_over_untouched_rows_makes_no_claim(
    made: Workbook, tmp_path: Path
) -> None:
    figures = sheet(made, FIGURES)
    figures["C2"] = 100
    figures.merge_cells("C2:C9")
    found = reading(made, tmp_path)
    assert found.sheets[FIGURES].rows == []
    assert note(found, "row-merged").cell == "C2"


def test_a_claim_written_over_two_rows_is_one_claim(made: Workbook, tmp_path: Path) -> None:
    """Every cell is merged with the one below: nothing stands alone, and nothing is lost."""
    events = sheet(made)
    for column, value in zip("ABCD", ("一.4", "一场", "2015-05-01", "附件3"), strict=True):
        events[f"{column}5"] = value
        events.merge_cells(f"{column}5:{column}6")
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3, 5]
    assert [found.sheets[EVENTS].cells[h][-1] for h in ("条款", "通知")] == ["一.4", "附件3"]
    assert not any(told.code == "row-merged" for told in found.notes)


def test_claims_over_two_rows_below_one_clause(made: Workbook, tmp_path: Path) -> None:
    """The clause is merged over four rows, each claim's other cells over two of them."""
    events = sheet(made)
    events["A5"] = "一.4"
    events.merge_cells("A5:A8")
    for row in (5, 7):
        for column, value in zip("BCD", (f"第{row}场", "2015-05-01", "附件3"), strict=True):
            events[f"{column}{row}"] = value
            events.merge_cells(f"{column}{row}:{column}{row + 1}")
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3, 5, 7]
    assert found.sheets[EVENTS].cells["条款"][-2:] == ["一.4", "一.4"]
    assert not any(told.code == "row-merged" for told in found.notes)


def test_figures_over_two_rows_beside_a_prefilled_clause(made: Workbook, tmp_path: Path) -> None:
    figures = sheet(made, FIGURES)
    for column, value in (("C", 100), ("D", 90)):
        figures[f"{column}2"] = value
        figures.merge_cells(f"{column}2:{column}3")
    found = reading(made, tmp_path).sheets[FIGURES]
    assert (found.rows, found.cells["完成数"]) == ([2], [90])


@pytest.mark.parametrize("cells", [("A5:A6",), ("A5:B5",), ("C5:D5",), tuple("ABCD")])
def test_a_header_row_once_more_is_no_claim_however_merged(
    made: Workbook, tmp_path: Path, cells: tuple[str, ...]
) -> None:
    events = sheet(made)
    for column in "ABCD":
        events[f"{column}5"] = events[f"{column}1"].value
    for area in cells:
        events.merge_cells(area if ":" in area else f"{area}5:{area}6")
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3]
    assert not any(told.code == "row-merged" for told in found.notes)


def test_lone_merged_cells_of_a_row_are_told_once_and_in_order(
    made: Workbook, tmp_path: Path
) -> None:
    events = sheet(made)
    for area in ("C7:C9", "B5:B6", "A5:A7"):
        events[area.split(":")[0]] = 1.0
        events.merge_cells(area)
    told = [n for n in reading(made, tmp_path).notes if n.code == "row-merged"]
    assert [(n.cell, n.details["detail"]) for n in told] == [
        ("A5", "条款、活动名称"), ("C7", "活动日期"),
    ]  # fmt: skip


def test_value_merged_over_columns_stays_in_its_own(made: Workbook, tmp_path: Path) -> None:
    sheet(made).merge_cells("B2:C2")
    found = reading(made, tmp_path).sheets[EVENTS]
    assert found.cells["活动名称"] == ["学习会", "讲座"]
    assert found.cells["活动日期"] == [None, "2015-04-01"]


def test_header_merged_over_two_rows_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events.insert_rows(2)
    for column in "ABCD":
        events.merge_cells(f"{column}1:{column}2")
    assert reading(made, tmp_path).sheets[EVENTS].rows == [3, 4]


def test_hidden_rows_count_with_one_warning(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    for row in (2, 3, 9):
        events.row_dimensions[row].hidden = True
    found = reading(made, tmp_path)
    assert note(found, "row-hidden").details == {"detail": "2–3"}
    assert found.sheets[EVENTS].rows == [2, 3]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheet_counts_with_a_warning(made: Workbook, tmp_path: Path, state: str) -> None:
    sheet(made).sheet_state = state
    found = reading(made, tmp_path)
    assert note(found, "sheet-hidden").sheet == EVENTS
    assert found.sheets[EVENTS].rows == [2, 3]


def test_formula_without_result_is_blank_and_noted(made: Workbook, tmp_path: Path) -> None:
    sheet(made)["D3"] = "=D2"
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].cells["通知"] == ["附件1", None]
    marked = note(found, "cell-formula")
    assert (marked.sheet, marked.cell) == (EVENTS, "D3")


def test_formula_counts_by_its_result(tmp_path: Path) -> None:
    cells = '<c r="B7" t="str"><f>A1</f><v>座谈</v></c><c r="C7"><f>1+1</f><v>2</v></c>'
    cells += '<c r="D7" t="str"><f>""</f><v></v></c>'
    found = read(with_rows(tmp_path / "甲.xlsx", f'<row r="7">{cells}</row>'))
    assert found.notes == []
    assert [values[-1] for values in found.sheets[EVENTS].cells.values()] == [None, "座谈", 2, None]


def test_row_of_empty_formulas_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    sheet(made)["B8"] = "=B2"
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].rows == [2, 3]
    assert note(found, "cell-formula").cell.endswith("8")


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_error_value_is_blank_and_named(made: Workbook, tmp_path: Path, error: str) -> None:
    sheet(made)["D2"] = error
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].cells["通知"] == [None, "附件2"]
    marked = note(found, "cell-error")
    assert (marked.cell, marked.details) == ("D2", {"detail": error})


@pytest.mark.parametrize("value", [True, False])
def test_boolean_is_blank_and_named(made: Workbook, tmp_path: Path, value: bool) -> None:
    sheet(made)["D2"] = value
    sheet(made, "封面")["B2"] = value
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].cells["通知"] == [None, "附件2"]
    assert found.cover["填报年度"] == (None, "B2")
    shown = str(value).upper()
    noted = [(n.sheet, n.cell, n.details) for n in found.notes if n.code == "cell-boolean"]
    assert noted == [("封面", "B2", {"detail": shown}), (EVENTS, "D2", {"detail": shown})]


def test_marks_outside_the_claims_columns_are_not_noted(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events["H1"], events["H2"], events["H3"] = "合计", "=1+1", "#REF!"
    sheet(made, "封面")["E9"] = "#REF!"
    assert codes(reading(made, tmp_path)) == ["column-extra"]


def test_cells_that_do_not_say_where_they_are(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c><c/><c><f>A1</f></c></row>"
    found = read(with_rows(tmp_path / "甲.xlsx", rows))
    assert found.sheets[EVENTS].rows == [2, 3, 4]
    assert note(found, "cell-formula").cell == "C4"


def test_prefixed_tags(made: Workbook, tmp_path: Path) -> None:
    def prefixed(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/sheet2.xml":
            return data
        cells = text_cell("A1", "条款") + text_cell("B1", "活动名称")
        cells = f'<row r="1">{cells}</row><row r="5" hidden="1">{text_cell("B5", "会")}</row>'
        body = f'<sheetData>{cells}</sheetData><mergeCells><mergeCell ref="A9:B9"/></mergeCells>'
        body = body.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
        return f'<x:worksheet xmlns:x="{MAIN}">{body}</x:worksheet>'.encode()

    found = read(repack(save(made, tmp_path / "甲.xlsx"), prefixed))
    assert found.sheets[EVENTS].rows == [5]
    assert note(found, "row-hidden").details == {"detail": "5"}


def test_dates_in_both_date_systems(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events["C2"], events["C3"] = date(2015, 6, 1), date(2015, 6, 2)
    first = reading(made, tmp_path)
    made.epoch = CALENDAR_MAC_1904
    again = reading(made, tmp_path)
    for found in (first, again):
        assert found.sheets[EVENTS].cells["活动日期"] == [date(2015, 6, 1), date(2015, 6, 2)]


def test_times_lengths_and_percentages(made: Workbook, tmp_path: Path) -> None:
    events = sheet(made)
    events["B2"], events["C2"], events["D2"] = time(9, 30), timedelta(hours=30), 0.5
    events["D2"].number_format = "0%"
    cells = reading(made, tmp_path).sheets[EVENTS].cells
    assert cells["活动名称"][0] == time(9, 30)
    assert cells["活动日期"][0] == timedelta(hours=30)
    assert cells["通知"][0] == 0.5


def test_rich_text_and_phonetic_text(made: Workbook, tmp_path: Path) -> None:
    rich = '<c r="B7" t="inlineStr"><is><r><t>学习</t></r><r><t>会</t></r>'
    rich += '<rPh sb="0" eb="1"><t>xue</t></rPh></is></c>'
    found = read(with_rows(tmp_path / "甲.xlsx", f'<row r="7">{rich}</row>'))
    assert found.sheets[EVENTS].cells["活动名称"][-1] == "学习会"


@pytest.mark.parametrize("number", ["NaN", "1e999"])
def test_number_that_is_none_stands_as_text(tmp_path: Path, number: str) -> None:
    found = read(with_rows(tmp_path / "甲.xlsx", f'<row r="7"><c r="C7"><v>{number}</v></c></row>'))
    assert isinstance(found.sheets[EVENTS].cells["活动日期"][-1], str)


def test_sheet_in_utf16(made: Workbook, tmp_path: Path) -> None:
    def wide(name: str, data: bytes) -> bytes:
        return data.decode().encode("utf-16") if "sheet2" in name else data

    found = read(repack(save(made, tmp_path / "甲.xlsx"), wide))
    assert found.trouble is None
    assert found.sheets[EVENTS].rows == [2, 3]


def test_parts_of_other_names(made: Workbook, tmp_path: Path) -> None:
    """Some programs name parts in their own way and refer to them from the root."""
    path = save(made, tmp_path / "甲.xlsx")

    def moved(name: str, data: bytes) -> bytes:
        return data.replace(b"/xl/worksheets/sheet2.xml", b"/xl/Worksheets\\Sheet2.XML")

    assert read(repack(path, moved)).sheets[EVENTS].rows == [2, 3]


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("条款", "条款*"),
        ("条款", "＊条款"),
        ("条款", "条款（必填）"),
        ("条款", "【条款】"),
        ("活动日期", "活动日期（年/月/日）"),
        ("活动日期", "*活动日期"),
        ("通知", "[通知]"),
    ],
)
def test_asterisks_and_brackets_do_not_hide_a_header(
    tmp_path: Path, header: str, written: str
) -> None:
    made = book()
    column = WANTED.sheets[EVENTS].index(header) + 1
    sheet(made).cell(1, column).value = written
    found = read_return(save(made, tmp_path / "甲.xlsx"), "甲.xlsx", WANTED)
    assert found.sheets[EVENTS].columns[header] == column - 1
    assert found.sheets[EVENTS].rows == [2, 3]
    assert note(found, "column-read-as").details == {"detail": written, "meant": header}


def test_a_header_as_the_template_has_it_goes_before_one_with_a_remark(tmp_path: Path) -> None:
    made = book()
    sheet(made)["E1"] = "通知"
    sheet(made)["D1"] = "通知（附件）"
    found = read_return(save(made, tmp_path / "甲.xlsx"), "甲.xlsx", WANTED)
    assert found.sheets[EVENTS].columns["通知"] == 4
    assert note(found, "column-extra").details == {"detail": "通知（附件）"}


@pytest.mark.parametrize("label", ["单位名称*", "单位名称（全称）："])
def test_asterisks_and_brackets_do_not_hide_a_label(tmp_path: Path, label: str) -> None:
    made = book()
    sheet(made, "封面")["A1"] = label
    found = read_return(save(made, tmp_path / "甲.xlsx"), "甲.xlsx", WANTED)
    assert found.cover["单位名称"] == ("舞阳县工商联", "B1")
