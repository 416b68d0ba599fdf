"""Files that are broken, hostile or something else: one finding, and never more than that."""

import io
import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from openpyxl import Workbook

from pipeline.reading import guard
from pipeline.reading.formats import package
from pipeline.reading.formats.xlsx import close_up
from pipeline.reading.raw import Note, RawReturn
from pipeline.reading.sheets import read_return
from tests.kit.workbooks import (
    EVENTS,
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

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path) -> RawReturn:
    return read_return(path, path.name, WANTED)


def trouble(path: Path) -> Note:
    found = read(path)
    assert found.trouble is not None
    assert (found.notes, found.cover, found.sheets) == ([], {}, {})
    return found.trouble


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    return save(book(), tmp_path / "甲.xlsx")


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return path


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"<html><body><table></table></body></html>", "HTML 网页"),
        (b'\xef\xbb\xbf\r\n<!DOCTYPE HTML PUBLIC "x">', "HTML 网页"),
        ("<html xmlns:x='urn'>".encode("utf-16"), "HTML 网页"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML 文件"),
        (b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "XML 表格 2003"),
        (
            b'<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            b'xmlns:table="x"><table:table/>',
            "没有打包的 OpenDocument 文档",
        ),
        (b"MIME-Version: 1.0\r\n", "MHT 网页"),
        ("条款,名称\n一.1,会".encode(), "CSV 文本"),
        ("条款,名称\n一.1,会".encode("gb18030"), "CSV 文本"),
        ("条款\t名称\n".encode("utf-16"), "CSV 文本"),
        ("条款;名称".encode(), "CSV 文本"),
        ("关于报送材料的说明".encode(), "纯文本"),
        ("说明".encode() * 3000, "纯文本"),
        (b"%PDF-1.7", "PDF 文件"),
        (b"\x89PNG\r\n", "PNG 图片"),
        (b"\xff\xd8\xff\xe0", "JPEG 图片"),
        (b"Rar!\x1a\x07", "RAR 压缩包"),
        (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
        (b"MZ\x90\0", "可执行程序"),
        (b" \r\n\t", "空白文件"),
        (bytes(5000), "无法识别的数据"),
        (b"\x01\x02\x03\xff\xfe\x80", "无法识别的数据"),
        (OLE + "WordDocument\0".encode("utf-16-le"), "Word 文档"),
        (OLE + "PowerPoint Document\0".encode("utf-16-le"), "PowerPoint 演示文稿"),
        (OLE + bytes(600), "其他程序的文档"),
    ],
)
def test_not_a_workbook(tmp_path: Path, content: bytes, detail: str) -> None:
    path = tmp_path / "甲.xlsx"
    path.write_bytes(content)
    assert trouble(path) == Note("file-not-workbook", details={"detail": detail})


@pytest.mark.parametrize(
    ("names", "detail"),
    [
        (["word/document.xml"], "Word 文档"),
        (["ppt/presentation.xml"], "PowerPoint 演示文稿"),
        (["照片.jpg"], "ZIP 压缩包"),
        ([], "ZIP 压缩包"),
    ],
)
def test_another_kind_of_zip(tmp_path: Path, names: list[str], detail: str) -> None:
    found = trouble(zipped(tmp_path / "甲.xlsx", *names))
    assert found == Note("file-not-workbook", details={"detail": detail})


def test_opendocument_text(tmp_path: Path) -> None:
    path = tmp_path / "甲.ods"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        made.writestr("content.xml", "<x/>")
    assert trouble(path).details == {"detail": "OpenDocument 文档"}


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(b"")
    assert trouble(tmp_path / "甲.xlsx").code == "file-empty"


def test_file_that_went_away(tmp_path: Path) -> None:
    found = read(tmp_path / "甲.xlsx")
    assert found.trouble == Note("file-unreadable", details={"detail": "文件已不在原处"})
    assert found.sha256 == ""


@pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")
def test_fifo_does_not_hold_up_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "甲.xlsx")
    assert trouble(tmp_path / "甲.xlsx").code == "file-not-followed"


@pytest.mark.skipif(sys.platform == "win32", reason="only where such files can be made")
def test_link_put_in_the_place_of_a_file(healthy: Path, tmp_path: Path) -> None:
    (tmp_path / "乙.xlsx").symlink_to(healthy)
    assert trouble(tmp_path / "乙.xlsx").code == "file-unreadable"


def test_file_too_big(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_FILE", 1000)
    assert trouble(healthy).code == "file-too-big"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_cut_off_workbook(healthy: Path, part: float) -> None:
    data = healthy.read_bytes()
    healthy.write_bytes(data[: int(len(data) * part)])
    assert trouble(healthy).code == "file-damaged"


def test_flipped_bytes_in_a_sheet(healthy: Path) -> None:
    data = bytearray(healthy.read_bytes())
    info = zipfile.ZipFile(healthy).getinfo("xl/worksheets/sheet2.xml")
    at = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    data[at] ^= 0xFF
    healthy.write_bytes(data)
    assert trouble(healthy).code == "file-damaged"


def test_sheet_that_is_no_xml(healthy: Path) -> None:
    repack(healthy, lambda name, data: b"<worksheet><sheetData><row" if "sheet2" in name else data)
    assert trouble(healthy).code == "file-damaged"


@pytest.mark.parametrize("lost", ["xl/workbook.xml", "xl/worksheets/sheet2.xml"])
def test_workbook_without_a_part_that_is_needed(healthy: Path, lost: str) -> None:
    repack(healthy, lambda name, data: None if name == lost else data)
    assert trouble(healthy).code == "file-damaged"


def test_part_that_is_not_needed_may_be_missing(healthy: Path) -> None:
    repack(healthy, lambda name, data: None if "theme" in name or "docProps" in name else data)
    assert read(healthy).sheets[EVENTS].rows == [2, 3]


def test_encrypted_workbook(tmp_path: Path) -> None:
    path = tmp_path / "甲.xlsx"
    path.write_bytes(OLE + bytes(600) + "EncryptedPackage\0".encode("utf-16-le"))
    assert trouble(path).code == "file-encrypted"


def test_zip_with_a_password(healthy: Path) -> None:
    data = bytearray(healthy.read_bytes())
    at = data.find(b"PK\1\2")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\1\2", at + 4)
    healthy.write_bytes(data)
    assert trouble(healthy).code == "file-encrypted"


def test_encrypted_opendocument(tmp_path: Path) -> None:
    path = tmp_path / "甲.ods"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
        made.writestr("content.xml", b"\x80\x81")
    assert trouble(path).code == "file-encrypted"


def test_encrypted_opendocument_of_newer_programs(tmp_path: Path) -> None:
    assert trouble(zipped(tmp_path / "甲.ods", "encrypted-package")).code == "file-encrypted"


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [ENTITIES, EXTERNAL], ids=["bomb", "external"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"])
def test_document_type_is_refused(healthy: Path, doctype: str, encoding: str, part: str) -> None:
    def declared(name: str, data: bytes) -> bytes:
        return f"{doctype}{data.decode()}".encode(encoding) if name == part else data

    assert trouble(repack(healthy, declared)).code == "file-unsafe-xml"


def test_document_type_in_opendocument(tmp_path: Path) -> None:
    path = tmp_path / "甲.ods"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("content.xml", ENTITIES + "<x>&b;</x>")
    assert trouble(path).code == "file-unsafe-xml"


def test_external_link_is_not_followed(healthy: Path) -> None:
    def linked(name: str, data: bytes) -> bytes:
        old = b'Target="/xl/worksheets/sheet2.xml"'
        new = b'TargetMode="External" Target="http://127.0.0.1:9/sheet2.xml"'
        return data.replace(old, new) if name.endswith("workbook.xml.rels") else data

    found = read(repack(healthy, linked))
    assert codes(found) == ["sheet-missing"]


def test_zip_bomb(healthy: Path) -> None:
    def blown(name: str, data: bytes) -> bytes:
        bomb = b" " * (guard.MAX_UNPACKED + 1)
        return data.replace(b"</sheetData>", bomb + b"</sheetData>") if "sheet2" in name else data

    path = repack(healthy, blown)
    assert path.stat().st_size < 1 << 20
    assert trouble(path).code == "file-unpacked-too-big"


def test_zip_directory_that_lies_about_sizes(healthy: Path) -> None:
    """What comes out counts, not what the directory says."""
    bomb = bytes(guard.MAX_UNPACKED + 1)
    repack(healthy, lambda name, data: bomb if name == "xl/styles.xml" else data)
    data = bytearray(healthy.read_bytes())
    size = struct.pack("<I", len(bomb))
    assert data.count(size) == 2
    healthy.write_bytes(data.replace(size, struct.pack("<I", 900)))
    assert trouble(healthy).code == "file-unpacked-too-big"


def test_parts_that_share_their_bytes(tmp_path: Path, healthy: Path) -> None:
    """Many names on one bomb: each byte of the file is unpacked at most once."""
    data = bytearray(healthy.read_bytes())
    infos = {info.filename: info for info in zipfile.ZipFile(healthy).infolist()}
    at = data.find(b"PK\1\2")
    while at >= 0:
        length = struct.unpack_from("<H", data, at + 28)[0]
        if data[at + 46 : at + 46 + length] == b"xl/worksheets/sheet2.xml":
            other = infos["xl/worksheets/sheet1.xml"]
            data[at + 16 : at + 28] = struct.pack(
                "<3I", other.CRC, other.compress_size, other.file_size
            )
            data[at + 42 : at + 46] = struct.pack("<I", other.header_offset)
        at = data.find(b"PK\1\2", at + 4)
    healthy.write_bytes(data)
    assert trouble(healthy) == Note("file-damaged", details={"detail": "压缩包内部重叠"})


def test_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_PARTS", 3)
    assert trouble(zipped(tmp_path / "甲.xlsx", *"abcd")).code == "file-damaged"


def test_names_that_climb_out_are_only_names(healthy: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(healthy, "a") as made:
        made.writestr("../../climbed.txt", "x")
        made.writestr("/absolute.txt", "x")
    assert read(healthy).sheets[EVENTS].rows == [2, 3]
    assert not list(tmp_path.parent.rglob("climbed.txt"))


FAR = "XFD1048576"


def test_far_empty_cell_costs_nothing(tmp_path: Path) -> None:
    rows = f'<row r="1048576"><c r="{FAR}" s="1"/></row>'
    assert read(with_rows(tmp_path / "甲.xlsx", rows)).sheets[EVENTS].rows == [2, 3]


def test_far_cell_with_content_costs_nothing(tmp_path: Path) -> None:
    rows = f'<row r="1048576">{text_cell("B1048576", "最后一场")}{text_cell(FAR, "x")}</row>'
    found = read(with_rows(tmp_path / "甲.xlsx", rows)).sheets[EVENTS]
    assert found.rows == [2, 3, 1048576]
    assert found.cells["活动名称"] == ["学习会", "讲座", "最后一场"]


def test_marks_and_merges_keep_their_rows_beside_a_far_cell(tmp_path: Path) -> None:
    rows = (
        f'<row r="500" hidden="1">{text_cell("B500", "会")}<c r="D500" t="e"><v>#REF!</v></c></row>'
        f'<row r="501">{text_cell("B501", "又一场")}</row>'
        f'<row r="1048576"><c r="{FAR}"><v>1</v></c></row>'
    )
    merges = '<mergeCells count="1"><mergeCell ref="A500:A501"/></mergeCells>'
    rows = rows.replace('hidden="1">', f'hidden="1">{text_cell("A500", "一.5")}')
    found = read(with_rows(tmp_path / "甲.xlsx", rows, after=merges))
    assert found.sheets[EVENTS].rows == [2, 3, 500, 501]
    assert found.sheets[EVENTS].cells["条款"][2:] == ["一.5", "一.5"]
    assert note(found, "cell-error").cell == "D500"
    assert note(found, "row-hidden").details == {"detail": "500"}


def test_a_million_empty_rows_cost_nothing(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{row}" s="1" customFormat="1"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>'
        for row in range(10, 300_000)
    )
    last = f'<row r="400000">{text_cell("B400000", "最后一场")}</row>'
    found = read(with_rows(tmp_path / "甲.xlsx", rows + last)).sheets[EVENTS]
    assert found.rows == [2, 3, 400000]


def test_too_many_cells_with_content() -> None:
    rows = b"".join(
        b'<row r="%d"><c r="AB%d"><v>1</v></c></row>' % (row, row)
        for row in range(1, guard.MAX_CELLS // 28 + 2)
    )
    with pytest.raises(guard.TroubleError, match="file-too-many-cells"):
        close_up(b"<sheetData>%s</sheetData>" % rows)


def test_far_cell_in_a_sheet_that_cannot_be_closed_up(tmp_path: Path) -> None:
    rows = f'<row r="1048576"><c r="{FAR}" t="str"><v><![CDATA[<c r="A1">]]></v></c></row>'
    assert trouble(with_rows(tmp_path / "甲.xlsx", rows)).code == "file-too-many-cells"


def test_merges_without_end(tmp_path: Path) -> None:
    made = book()
    for row in range(4, 200):
        sheet(made)[f"B{row}"] = "会"
    path = save(made, tmp_path / "甲.xlsx")
    merges = b'<mergeCell ref="A1:XFD1048576"/>' * 20_000

    def merged(name: str, data: bytes) -> bytes:
        new = b"</sheetData><mergeCells>%s</mergeCells>" % merges
        return data.replace(b"</sheetData>", new) if "sheet2" in name else data

    assert trouble(repack(path, merged)).code == "file-too-many-cells"


@pytest.mark.parametrize(
    ("suffix", "noted"), [(".xlsx", False), (".XLSM", False), (".xls", True), (".et", True)]
)
def test_suffix_that_does_not_fit(tmp_path: Path, suffix: str, noted: bool) -> None:
    made = tmp_path / f"甲{suffix}"
    save(book(), tmp_path / "b.xlsx").rename(made)
    found = read(made)
    assert found.sheets[EVENTS].rows == [2, 3]
    assert codes(found) == (["file-wrong-suffix"] if noted else [])
    if noted:
        assert note(found, "file-wrong-suffix").details == {"detail": ".xlsx 工作簿"}


def test_a_fault_of_the_program_is_no_finding(
    healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("pipeline.reading.sheets.read_cover", broken)
    with pytest.raises(KeyError, match="a bug"):
        read(healthy)


def test_out_of_memory_is_a_finding(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pipeline.reading.sheets.read_cover", greedy)
    assert trouble(healthy).code == "file-killed"


def test_stored_package_is_a_zip() -> None:
    parts = {"a.txt": b"one", "b/c.txt": b""}
    opened = zipfile.ZipFile(io.BytesIO(package.stored(parts)))
    assert {name: opened.read(name) for name in opened.namelist()} == parts
    assert zlib.crc32(b"one") == opened.getinfo("a.txt").CRC


def test_workbook_without_any_sheet(tmp_path: Path) -> None:
    made = Workbook()
    path = save(made, tmp_path / "甲.xlsx")
    assert trouble(path).code == "file-not-template"


@pytest.mark.parametrize(
    ("ref", "clauses"),
    [
        ("A4:A5", ["一.1", "一.1"]),
        ("A5:A4", ["一.1", "一.1"]),
        ("A0:A5", ["一.1", None]),
        ("A4:A1048577", ["一.1", None]),
        ("A4:XFE5", ["一.1", None]),
        (f"A4:A{'9' * 5000}", ["一.1", None]),
        ("AAAA4:AAAA5", ["一.1", None]),
    ],
)
def test_merge_out_of_order_or_beyond_the_sheet(
    tmp_path: Path, ref: str, clauses: list[str | None]
) -> None:
    rows = f'<row r="4">{text_cell("A4", "一.1")}{text_cell("B4", "会")}</row>'
    rows += f'<row r="5">{text_cell("B5", "会")}</row>'
    after = f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'
    events = read(with_rows(tmp_path / "甲.xlsx", rows, after=after)).sheets[EVENTS]
    assert events.cells["条款"][-2:] == clauses


@pytest.mark.parametrize("ref", ["AAAA4", "XFE4", "A1048577", f"A{'9' * 5000}"])
def test_cell_beyond_the_sheet(tmp_path: Path, ref: str) -> None:
    row = ref.lstrip("AXFE")
    found = trouble(with_rows(tmp_path / "甲.xlsx", f'<row r="{row}">{text_cell(ref, "x")}</row>'))
    assert (found.code, found.details) == ("file-damaged", {"detail": "有单元格超出工作表的范围"})
