"""The copy of a return in strict Open XML, of whose sheets openpyxl sees none."""

import zipfile
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from pipeline.__main__ import main
from tests.kit.returns import Claim, Return, write

STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    ),
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def test_the_copy_of_a_strict_workbook_holds_every_row_and_its_mark(tmp_path: Path) -> None:
    claims = [Claim("一.1", "甲", date(2015, 6, 1)), Claim("一.1", "乙", None)]
    sent = write(Return("源汇区工商联", claims, 2015, date(2015, 12, 20)), tmp_path, "plain.xlsx")
    (tmp_path / "in").mkdir()
    with (
        zipfile.ZipFile(tmp_path / "plain.xlsx") as plain,
        zipfile.ZipFile(tmp_path / "in" / "strict.xlsx", "w") as strict,
    ):
        for name in plain.namelist():
            data = plain.read(name)
            for usual, other in STRICT.items():
                data = data.replace(usual, other)
            strict.writestr(name, data)
    assert main(["score", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 0
    (copy,) = (tmp_path / "out" / "feedback").glob("源汇区*.xlsx")
    book = load_workbook(copy)
    for placed in sent.placed:
        sheet = book[placed.sheet]
        assert sheet[placed.cells["活动名称"]].value == placed.claim.title
    missing = sent.placed[1]
    assert book[missing.sheet][missing.cells["活动日期"]].comment
