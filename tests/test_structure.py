"""What may be odd about a workbook's sheets, headers and stored values."""

from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter import Workbook as Writer

from tests.kit.door import Book, agree, run
from tests.kit.returns import Cell, Claim, Return, Submission, workbook, write

UNIT, FILE = "舞阳县工商联", "舞阳县工商联.xlsx"


def made(*claims: Claim) -> tuple[Workbook, Return]:
    sent = Return(UNIT, list(claims) or [Claim("一.4", "甲"), Claim("三.2", "乙")])
    return workbook(sent)[0], sent


def scored(tmp_path: Path, book: Workbook, sent: Return) -> tuple[Book, Submission]:
    """The changed workbook, held against the oracle as if nothing was odd about it."""
    written = write(sent, tmp_path / "in", FILE, book=book)
    return agree([written], tmp_path / "in", tmp_path / "out")[0], written


def read(tmp_path: Path, book: Workbook, sent: Return) -> Book:
    write(sent, tmp_path / "in", FILE, book=book)
    done = run(tmp_path / "in", tmp_path / "out")
    assert done.status == 0
    return done.book


def levels(book: Book, word: str, sheet: str = "") -> list[object]:
    return [f["级别"] for f in book.findings(FILE, sheet=sheet) if word in str(f["问题"])]


def test_headers_and_labels_in_other_forms(tmp_path: Path) -> None:
    book, sent = made()
    page = book["活动培训"]
    for cell in page[1]:
        cell.value = " ".join(str(cell.value)) + "：\n"
    cover = book["封面"]
    for row in cover.iter_rows(max_col=1):
        row[0].value = f" {row[0].value} ："
    page.title = " 活动培训 "
    scored(tmp_path, book, sent)


def test_a_missing_sheet_is_one_error(tmp_path: Path) -> None:
    """The other sheets are read; the missing one is named."""
    book, sent = made()
    del book["活动培训"]
    result = read(tmp_path, book, sent)
    assert levels(result, "活动培训") == ["错误"]
    assert [(r["工作表"], r["结论"]) for r in result["申报台账"]] == [("调研参政", "计分")]


def test_a_missing_column_refuses_its_claims(tmp_path: Path) -> None:
    book, sent = made(Claim("一.4", "甲"), Claim("一.4", "乙"))
    book["活动培训"].delete_cols(9)
    result = read(tmp_path, book, sent)
    assert "错误" in levels(result, "总结", "活动培训")
    assert [r["结论"] for r in result["申报台账"]] == ["不计", "不计"]
    assert all("总结" in str(r["原因"]) for r in result["申报台账"])
    assert all(result.errors_at(FILE, "活动培训", row) for row in (2, 3))


def test_of_two_columns_the_left_counts(tmp_path: Path) -> None:
    book, sent = made()
    page = book["活动培训"]
    page["K1"], page["K2"] = " 活动名称", "另一个名称"
    result, _ = scored(tmp_path, book, sent)
    assert "警告" in levels(result, "名称", "活动培训")


def copied(book: Workbook, title: str) -> Worksheet:
    page = book.copy_worksheet(book["活动培训"])
    page.title = title
    return page


def test_sheets_that_look_like_one_are_warned_of_and_not_read(tmp_path: Path) -> None:
    book, sent = made()
    titles = ["活动培训 (2)", "活动培训（3）", "活动培圳", "活动培训2"]
    for title in titles:
        copied(book, title)
    result, _ = scored(tmp_path, book, sent)
    for title in titles:
        assert "警告" in [f["级别"] for f in result.findings(FILE) if title in str(f)], title


def test_a_sheet_of_another_name_is_not_read(tmp_path: Path) -> None:
    book, sent = made()
    copied(book, "自留底稿")
    scored(tmp_path, book, sent)


def test_hidden_sheets_count(tmp_path: Path) -> None:
    book, sent = made()
    book["活动培训"].sheet_state = "hidden"
    book["调研参政"].sheet_state = "veryHidden"
    scored(tmp_path, book, sent)


def test_filtered_rows_count(tmp_path: Path) -> None:
    book, sent = made()
    page = book["活动培训"]
    page.auto_filter.ref = "A1:J9"
    page.auto_filter.add_filter_column(0, ["二.2"])
    page.row_dimensions[2].hidden = True
    scored(tmp_path, book, sent)


def stored(source: Workbook, path: Path, results: dict[str, object]) -> None:
    """The same cells, but formulas carry a stored result: formula → result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, {"default_date_format": "yyyy-mm-dd"}) as target:
        for page in source.worksheets:
            out = target.add_worksheet(page.title)
            for cell in (cell for row in page.iter_rows() for cell in row):
                if cell.data_type == "f":
                    out.write_formula(cell.coordinate, cell.value, None, results[cell.value])
                elif cell.is_date:
                    out.write_datetime(cell.coordinate, cell.value)
                elif cell.value is not None:
                    out.write(cell.coordinate, cell.value)


def test_a_formula_counts_by_its_stored_result(tmp_path: Path) -> None:
    results: dict[str, object] = {
        '="一"&".4"': "一.4", "=1+1": 42156, '="附件"&1': "附件1", "=300*2": 600,
        "=TODAY()": "2015-12-20", "=NA()": "#N/A",
    }  # fmt: skip
    claims = [
        Claim(Cell('="一"&".4"', "一.4"), "甲", Cell("=1+1", date(2015, 6, 1)),
              evidence={"通知": Cell('="附件"&1', "附件1"), "方案": 1, "现场照片": 2, "总结": "3"}),
        Claim("一.7", "乙", words=Cell("=300*2", 600)),
        Claim("一.4", "丙", evidence={"通知": Cell("=NA()", None), "方案": 1, "现场照片": 2,
              "总结": 3}),
    ]  # fmt: skip
    sent = Return(UNIT, claims, date=Cell("=TODAY()", date(2015, 12, 20)))
    book, placed = workbook(sent)
    stored(book, tmp_path / "in" / FILE, results)
    submission = Submission(FILE, "", sent, placed)
    result, truth = agree([submission], tmp_path / "in", tmp_path / "out")
    assert [entry.counted for entry in truth.ledger] == [True, False, True]
    cell = submission.cell(claims[2], "通知")
    assert any("#N/A" in str(f["问题"]) for f in result.findings(FILE, cell))
