"""Formats other than .xlsx read the same as the .xlsx that they were made from."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlrd
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook
from openpyxl.styles import Alignment, PatternFill
from xlrd.formula import FormulaError

from pipeline.reading.raw import RawReturn
from tests.kit.office import Office
from tests.kit.workbooks import (
    EVENTS,
    FIGURES,
    WANTED,
    book,
    codes,
    note,
    read,
    repack,
    save,
    sheet,
    trouble,
)
from tests.kit.xlsb import record, write_xlsb

OPEN = (
    '<office:document-content xmlns:office="urn:o" xmlns:table="urn:t" xmlns:text="urn:x" '
    'xmlns:style="urn:s" xmlns:calcext="urn:c">'
)
ODS_TABLES = """<office:automatic-styles><style:style style:name="ta2">
<style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="封面"><table:table-row>{label}{unit}</table:table-row></table:table>
<table:table table:name="活动培训" table:style-name="{style}"><table:table-row>{header}
</table:table-row>{rows}</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def rich_book() -> Workbook:
    """A return with everything that a format may tell in its own way."""
    made = book()
    events = sheet(made)
    events.append(["一.5", "学\n习  会", date(2015, 6, 1), "附件"])
    events.append(["一.5", 0.5, datetime(2015, 6, 1, 9, 30), 12])
    events.append([None, "隐藏的", 20150601, -1.5])
    events["B4"].alignment = Alignment(wrap_text=True)
    events["B5"].number_format = "0%"
    events.row_dimensions[6].hidden = True
    events["A9"], events["B9"] = "一.6", "合并"
    events.merge_cells("A9:A10")
    events["B10"], events["C10"], events["D10"] = "下一行", time(9, 30), timedelta(hours=30)
    events["D11"], events["D12"] = True, "=1/0"
    events["C13"].fill = PatternFill("solid", "FFFF00")
    sheet(made, FIGURES).sheet_state = "hidden"
    sheet(made, FIGURES)["C2"], sheet(made, FIGURES)["D2"] = 40, 43
    return made


def check_rich(found: RawReturn) -> None:
    assert found.trouble is None
    assert found.stamp == "2015-abc"
    assert found.cover == {"单位名称": ("舞阳县工商联", "B1"), "填报年度": (2015, "B2")}
    events = found.sheets[EVENTS]
    assert events.rows == [2, 3, 4, 5, 6, 9, 10]
    assert events.cells["条款"][2:] == ["一.5", "一.5", None, "一.6", "一.6"]
    titles = ["学\n习  会", 0.5, "隐藏的", "合并", "下一行"]
    assert events.cells["活动名称"][2:] == titles
    dates = [date(2015, 6, 1), datetime(2015, 6, 1, 9, 30), 20150601, None, time(9, 30)]
    assert events.cells["活动日期"][2:] == dates
    assert events.cells["通知"][2:] == ["附件", 12, -1.5, None, timedelta(hours=30)]
    assert found.sheets[FIGURES].cells["完成数"] == [43]
    assert note(found, "row-hidden").details == {"detail": "6"}
    assert note(found, "sheet-hidden").sheet == FIGURES
    boolean, error = note(found, "cell-boolean"), note(found, "cell-error")
    assert (boolean.cell, boolean.details) == ("D11", {"detail": "TRUE"})
    assert (error.cell, error.details) == ("D12", {"detail": "#DIV/0!"})
    assert len(found.notes) == 4


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.parametrize("suffix", [".xls", ".ods", ".xlsx"])
def test_saved_by_libreoffice(tmp_path: Path, soffice: Office, suffix: str) -> None:
    made = save(rich_book(), tmp_path / "甲.xlsx")
    check_rich(read(soffice(made, suffix, tmp_path / "saved")))


@pytest.mark.office
def test_et_of_wps_is_an_xls_inside(tmp_path: Path, soffice: Office) -> None:
    made = soffice(save(rich_book(), tmp_path / "甲.xlsx"), ".xls", tmp_path / "saved")
    check_rich(read(made.rename(made.with_suffix(".et"))))


def xls(path: Path, *, mac: bool = False, far: bool = False) -> Path:
    made = xlwt.Workbook()
    made.dates_1904 = mac
    made.add_sheet("封面").write(0, 0, "单位名称")
    made.get_sheet(0).write(0, 1, "舞阳")
    events = made.add_sheet(EVENTS)
    day, length = xlwt.easyxf(num_format_str="yyyy-mm-dd"), xlwt.easyxf(num_format_str="[h]:mm")
    for column, header in enumerate(WANTED.sheets[EVENTS]):
        events.write(0, column, header)
    events.write(1, 1, True)
    events.write(2, 1, "会")
    events.write(2, 2, date(2015, 6, 1), day)
    events.write(2, 3, 1.25, length)
    if far:
        events.write(65_535, 1, "最后一场")
        events.write(3, 255, "x")
    made.save(str(path))
    return path


@pytest.mark.parametrize("mac", [False, True])
def test_xls_in_both_date_systems(tmp_path: Path, mac: bool) -> None:
    found = read(xls(tmp_path / "甲.xls", mac=mac))
    events = found.sheets[EVENTS]
    assert events.rows == [3]
    assert events.cells["活动日期"] == [date(2015, 6, 1)]
    assert events.cells["通知"] == [timedelta(days=1.25)]
    assert note(found, "cell-boolean").cell == "B2"


@pytest.mark.parametrize("number", [27, 31, 36, 50, 57, 58, 71, 81])
def test_xls_date_in_a_format_known_by_number_alone(tmp_path: Path, number: int) -> None:
    """Chinese and Thai Excel write such dates without saying how they look."""
    path = xls(tmp_path / "甲.xls")
    data = path.read_bytes()
    own = xlrd.open_workbook(file_contents=data, formatting_info=True)
    events = own.sheet_by_name(EVENTS)
    key = own.xf_list[events.cell_xf_index(2, 2)].format_key
    style = struct.pack("<HH", 0x00E0, 20)
    at = next(
        at
        for at in range(len(data))
        if data.startswith(style, at) and data[at + 6 : at + 8] == struct.pack("<H", key)
    )
    path.write_bytes(data[: at + 6] + struct.pack("<H", number) + data[at + 8 :])
    assert read(path).sheets[EVENTS].cells["活动日期"] == [date(2015, 6, 1)]


def test_xls_with_far_cells(tmp_path: Path) -> None:
    assert read(xls(tmp_path / "甲.xls", far=True)).sheets[EVENTS].rows == [3, 65_536]


def test_xls_with_flipped_bytes_never_raises(tmp_path: Path) -> None:
    path = xls(tmp_path / "甲.xls")
    data = path.read_bytes()
    for at in range(0, len(data), 17):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        read(path)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (FormulaError("token"), "file-damaged"),
        (ZeroDivisionError(), "file-damaged"),
        (MemoryError(), "file-killed"),
        (xlrd.XLRDError("Workbook is encrypted"), "file-encrypted"),
    ],
)
def test_xls_that_the_parser_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, code: str
) -> None:
    def refuse(**_: object) -> None:
        raise fault

    path = xls(tmp_path / "甲.xls")
    monkeypatch.setattr(xlrd, "open_workbook", refuse)
    assert trouble(path).code == code


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def ods(path: Path, rows: str, style: str = "ta1") -> Path:
    header = "".join(map(cell, WANTED.sheets[EVENTS]))
    tables = ODS_TABLES.format(
        label=cell("单位名称"), unit=cell("舞阳"), header=header, rows=rows, style=style
    )
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", OPEN + tables)
    return path


def events_of(found: RawReturn) -> dict[str, list[object]]:
    return {header: list(values) for header, values in found.sheets[EVENTS].cells.items()}


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def test_ods_repeated_rows_and_cells_keep_their_places(tmp_path: Path) -> None:
    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    rows = (
        row(blank, more='table:number-rows-repeated="997"')
        + row(cell("一.1"), cell("会", 'table:number-columns-repeated="2"'), cell("附件"))
        + row(cell("一.2"), more='table:number-rows-repeated="2"')
        + row(blank, more='table:number-rows-repeated="1047575"')
    )
    found = read(ods(tmp_path / "甲.ods", rows))
    assert found.sheets[EVENTS].rows == [999, 1000, 1001]
    assert events_of(found)["活动日期"] == ["会", None, None]


def test_ods_repeated_without_end(tmp_path: Path) -> None:
    rows = row(
        cell("x", 'table:number-columns-repeated="16384"'),
        more='table:number-rows-repeated="1048576"',
    )
    assert trouble(ods(tmp_path / "甲.ods", rows)).code == "file-too-many-cells"


def test_ods_comments_and_drawings_are_no_content(tmp_path: Path) -> None:
    comment = "<office:annotation><text:p>看这里</text:p></office:annotation>"
    frame = "<draw:frame xmlns:draw='urn:d'><text:p>图</text:p></draw:frame>"
    found = read(ods(tmp_path / "甲.ods", row(cell("一.1"), cell(f"会{frame}")) + row(comment)))
    assert events_of(found)["活动名称"] == ["会"]
    commented = row(f"<table:table-cell>{comment}</table:table-cell>")
    assert read(ods(tmp_path / "甲.ods", commented)).sheets[EVENTS].rows == []


def test_ods_text_in_paragraphs_with_blanks(tmp_path: Path) -> None:
    text = '学<text:s text:c="2"/>习<text:span>会</text:span></text:p><text:p>第二段<text:tab/>x'
    found = read(ods(tmp_path / "甲.ods", row(cell("一.1"), cell(text))))
    assert events_of(found)["活动名称"] == ["学  习会\n第二段\tx"]


@pytest.mark.parametrize(
    ("attributes", "text", "value"),
    [
        ('office:value-type="float" office:value="600"', "600字", 600),
        ('office:value-type="percentage" office:value="0.5"', "50%", 0.5),
        ('office:value-type="currency" office:value="3.5"', "￥3.5", 3.5),
        ('office:value-type="date" office:date-value="2015-06-01"', "x", date(2015, 6, 1)),
        (
            'office:value-type="date" office:date-value="2015-06-01T09:30:00"',
            "x",
            datetime(2015, 6, 1, 9, 30),
        ),
        ('office:value-type="time" office:time-value="PT09H30M00S"', "x", time(9, 30)),
        ('office:value-type="time" office:time-value="PT30H"', "x", timedelta(hours=30)),
        ('office:value-type="string"', "x", "x"),
        ('office:value-type="date" office:date-value="2015-99-01"', "看不懂", "看不懂"),
        ('office:value-type="float" office:value="abc"', "看不懂", "看不懂"),
        ('table:formula="of:=1" office:value-type="float" office:value="2"', "2", 2),
    ],
)
def test_ods_value(tmp_path: Path, attributes: str, text: str, value: object) -> None:
    found = read(ods(tmp_path / "甲.ods", row(cell("一.1"), cell(text, attributes))))
    assert events_of(found)["活动名称"] == [value]
    assert "cell-" not in "".join(codes(found))


@pytest.mark.parametrize(
    ("attributes", "text", "code", "detail"),
    [
        ('table:formula="of:=A1"', "", "cell-formula", {}),
        ('calcext:value-type="error"', "#REF!", "cell-error", {"detail": "#REF!"}),
        (
            'table:formula="of:=A1" office:value-type="float" office:value="0"',
            "Err:502",
            "cell-error",
            {"detail": "Err:502"},
        ),
        (
            'office:value-type="boolean" office:boolean-value="false"',
            "FALSE",
            "cell-boolean",
            {"detail": "FALSE"},
        ),
        (
            'table:formula="of:=TRUE()" office:value-type="float" office:value="1"',
            "TRUE",
            "cell-boolean",
            {"detail": "TRUE"},
        ),
    ],
)
def test_ods_mark(
    tmp_path: Path, attributes: str, text: str, code: str, detail: dict[str, str]
) -> None:
    found = read(ods(tmp_path / "甲.ods", row(cell("一.1"), cell(text, attributes))))
    marked = note(found, code)
    assert (marked.cell, marked.details) == ("B2", detail)
    assert events_of(found)["活动名称"] == [None]


@pytest.mark.parametrize("how", ["collapse", "filter"])
def test_ods_hidden_rows_and_sheet(tmp_path: Path, how: str) -> None:
    rows = row(cell("一.1")) + row(cell("一.2"), more=f'table:visibility="{how}"')
    found = read(ods(tmp_path / "甲.ods", rows, style="ta2"))
    assert found.sheets[EVENTS].rows == [2, 3]
    assert note(found, "row-hidden").details == {"detail": "3"}
    assert note(found, "sheet-hidden").sheet == EVENTS


def test_ods_merged_cell(tmp_path: Path) -> None:
    rows = row(cell("一.1"), cell("会", 'table:number-rows-spanned="2"'))
    rows += row(cell("一.2"), "<table:covered-table-cell/>")
    assert events_of(read(ods(tmp_path / "甲.ods", rows)))["活动名称"] == ["会", "会"]


def test_ods_cell_inside_a_cell_is_left_out(tmp_path: Path) -> None:
    inner = f"会<table:table><table:table-row>{cell('别的')}</table:table-row></table:table>"
    found = read(ods(tmp_path / "甲.ods", row(cell("一.1"), cell(inner), cell("2015-6-1"))))
    assert events_of(found)["活动名称"] == ["会"]
    assert events_of(found)["活动日期"] == ["2015-6-1"]


@pytest.mark.parametrize("before", [2**20 - 1, 2**31])
def test_ods_rows_beyond_the_sheet(tmp_path: Path, before: int) -> None:
    most = min(before, 2**20)
    blank = row("<table:table-cell/>", more=f'table:number-rows-repeated="{most}"')
    rows = blank * (before // most)
    found = trouble(ods(tmp_path / "甲.ods", rows + row(cell("一.1"))))
    assert (found.code, found.details) == (
        "file-too-many-cells", {"detail": "超出工作表的范围"},
    )  # fmt: skip


def test_ods_of_broken_xml(tmp_path: Path) -> None:
    assert trouble(ods(tmp_path / "甲.ods", "<table:table-row>")).code == "file-damaged"


def test_xlsb(tmp_path: Path) -> None:
    made = write_xlsb(
        tmp_path / "甲.xlsb",
        {
            "封面": [["单位名称", "舞阳"]],
            EVENTS: [["条款", "活动名称", "通知"], ["一.1", 1.5, True], [None, "会", "附件"]],
        },
    )
    found = read(made)
    assert found.cover == {"单位名称": ("舞阳", "B1")}
    assert found.sheets[EVENTS].rows == [2, 3]
    assert events_of(found) == {
        "条款": ["一.1", None],
        "活动名称": [1.5, "会"],
        "通知": [None, "附件"],
    }
    assert note(found, "cell-boolean").cell == "C2"
    made.write_bytes(made.read_bytes()[:-200])
    assert read(made).trouble is not None


def test_xlsb_with_a_sheet_cut_short(tmp_path: Path) -> None:
    rows = [["条款", "活动名称", "通知"], *[["一.1", "会", "附件"]] * 20]
    made = write_xlsb(tmp_path / "甲.xlsb", {"封面": [["单位名称", "舞阳"]], EVENTS: rows})
    repack(made, lambda name, data: data[: len(data) // 2] if "sheet2" in name else data)
    assert trouble(made).code == "file-damaged"


def records(cells: bytes, more: bytes = b"") -> Callable[[str, bytes], bytes]:
    """Puts records before the end of the rows of the second sheet, and behind it."""
    return lambda name, data: (
        data.replace(b"\x92\x01\x00", cells + b"\x92\x01\x00" + more) if "sheet2" in name else data
    )


@pytest.mark.parametrize("kind", [0, 3, 176], ids=["row", "error value", "merged range"])
def test_xlsb_with_a_record_that_ends_early(tmp_path: Path, kind: int) -> None:
    rows = [["条款", "活动名称", "通知"], ["一.1", "会", "附件"]]
    made = write_xlsb(tmp_path / "甲.xlsb", {"封面": [["单位名称", "舞阳"]], EVENTS: rows})
    repack(made, records(b"", record(kind, bytes(2))))
    assert trouble(made).code == "file-damaged"


def test_xlsb_merges_hidden_rows_and_errors(tmp_path: Path) -> None:
    rows = [["条款", "活动名称", "通知"], ["一.1", "会", "附件"]]
    made = write_xlsb(tmp_path / "甲.xlsb", {"封面": [["单位名称", "舞阳"]], EVENTS: rows})
    row = struct.pack("<3I", 2, 0, 0x10 << 24)[:10] + bytes([0, 0x10, 0, 0, 0, 0, 0])
    error = struct.pack("<2I", 1, 0) + bytes([0x2A])
    merge = struct.pack("<4I", 1, 2, 2, 2)
    title = struct.pack("<2I", 0, 0) + struct.pack("<I", 3) + "一.2".encode("utf-16-le")
    cells = record(0, row) + record(6, title) + record(3, error)
    repack(made, records(cells, record(176, merge)))
    found = read(made)
    assert found.sheets[EVENTS].rows == [2, 3]
    assert events_of(found)["通知"] == ["附件", "附件"]
    assert note(found, "row-hidden").details == {"detail": "3"}
    assert (note(found, "cell-error").cell, note(found, "cell-error").details) == (
        "B3", {"detail": "#N/A"},
    )  # fmt: skip


def test_xlsb_that_leaves_out_what_follows_from_the_rest(tmp_path: Path) -> None:
    """As Spire.XLS and SheetJS write it: no extent, texts not counted, cells that say no column."""
    rows = [["条款", "活动名称", "活动日期", "通知"]]
    made = write_xlsb(tmp_path / "甲.xlsb", {"封面": [["单位名称", "舞阳"]], EVENTS: rows})
    style, texts = bytes(4), ["一.1", "会"]
    cells = record(0, struct.pack("<2I", 1, 0) + bytes(9))
    cells += record(18, style + struct.pack("<I", 0)) + record(7, struct.pack("<3I", 1, 0, 1))
    cells += record(13, style + struct.pack("<I", 30 << 2 | 2)) + record(14, style + b"\x2a")
    cells += record(0, struct.pack("<2I", 2, 0) + bytes(9)) + record(12, style)
    cells += record(17, style + struct.pack("<I", 2) + "讲座".encode("utf-16-le"))
    put_in = records(cells)
    extent = record(148, struct.pack("<4I", 0, 100, 0, 20))
    repack(made, lambda name, data: put_in(name, data).replace(extent, b""))
    listed = b"".join(
        record(19, struct.pack("<BI", 0, len(text)) + text.encode("utf-16-le")) for text in texts
    )
    with zipfile.ZipFile(made, "a") as package:
        package.writestr(
            "xl/sharedStrings.bin", record(159, struct.pack("<2I", 9, 0)) + listed + record(160)
        )
    found = read(made)
    assert found.cover == {"单位名称": ("舞阳", "B1")}
    assert events_of(found) == {
        "条款": ["一.1", None], "活动名称": ["会", "讲座"], "活动日期": [30, None],
        "通知": [None, None],
    }  # fmt: skip
    assert note(found, "cell-error").cell == "D2"


def encrypted(source: Path, password: str) -> Path:
    with source.open("rb") as plain:
        sealed = io.BytesIO()
        OOXMLFile(plain).encrypt(password, sealed)
    source.write_bytes(sealed.getvalue())
    return source


def test_the_password_that_every_program_tries_is_none(tmp_path: Path) -> None:
    """Excel writes it where the structure of a workbook is protected."""
    made = save(book(), tmp_path / "甲.xlsx")
    plain = read(made)
    found = read(encrypted(made, "VelvetSweatshop"))
    assert found.trouble is None
    assert (found.cover, found.sheets) == (plain.cover, plain.sheets)
    again = encrypted(save(book(), tmp_path / "甲.xlsx"), "自己的密码")
    assert trouble(again).code == "file-encrypted"


def test_parts_need_not_lie_in_a_folder(tmp_path: Path) -> None:
    made = save(book(), tmp_path / "甲.xlsx")
    plain = read(made)
    old = zipfile.ZipFile(io.BytesIO(made.read_bytes()))
    with zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b"/xl/", b"/").replace(b'"xl/', b'"')
            new.writestr(name.removeprefix("xl/"), data)
    assert read(made).sheets == plain.sheets
