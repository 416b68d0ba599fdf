"""Structure of a return: sheets, header row, columns, cover, which rows are claims."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from pipeline.reading.raw import RawReturn, wanted_from
from pipeline.rulebook import Rulebook
from tests.kit.workbooks import (
    EVENTS,
    FIGURES,
    MAIN,
    WANTED,
    book,
    codes,
    note,
    read,
    repack,
    save,
    sheet,
    text_cell,
    with_rows,
)


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


def test_repeated_header_is_no_claim(made: Workbook, tmp_path: Path) -> None:
    sheet(made).append(["条 款", "活动名称：", "活动日期", None])
    sheet(made).append(["条款", "真的活动", None, None])
    assert reading(made, tmp_path).sheets[EVENTS].rows == [2, 3, 5]


def test_cover_value_merged_over_rows(made: Workbook, tmp_path: Path) -> None:
    sheet(made, "封面").merge_cells("B1:B2")
    assert reading(made, tmp_path).cover["填报年度"] == ("舞阳县工商联", "B1")


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
    made: Workbook, tmp_path: Path, header: str, written: str
) -> None:
    column = WANTED.sheets[EVENTS].index(header) + 1
    sheet(made).cell(1, column).value = written
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].columns[header] == column - 1
    assert found.sheets[EVENTS].rows == [2, 3]
    assert note(found, "column-read-as").details == {"detail": written, "meant": header}


def test_a_header_as_the_template_has_it_goes_before_one_with_a_remark(
    made: Workbook, tmp_path: Path
) -> None:
    sheet(made)["E1"] = "通知"
    sheet(made)["D1"] = "通知（附件）"
    found = reading(made, tmp_path)
    assert found.sheets[EVENTS].columns["通知"] == 4
    assert note(found, "column-extra").details == {"detail": "通知（附件）"}


@pytest.mark.parametrize("label", ["单位名称*", "单位名称（全称）："])
def test_asterisks_and_brackets_do_not_hide_a_label(
    made: Workbook, tmp_path: Path, label: str
) -> None:
    sheet(made, "封面")["A1"] = label
    found = reading(made, tmp_path)
    assert found.cover["单位名称"] == ("舞阳县工商联", "B1")
