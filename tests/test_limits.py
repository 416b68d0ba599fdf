"""The bombs together in one folder: the run ends in time and in memory, and scores the others."""

import sys
from pathlib import Path

import pytest

from tests.kit import catalogue_hostile
from tests.kit.catalogue import CASES, EVENTS, POINTS, good, rows, unit_of
from tests.kit.catalogue_formats import xlsb
from tests.kit.catalogue_run import big_rulebook
from tests.kit.door import Book
from tests.kit.processes import measured

SECONDS, BYTES = 60, 3 << 29
BOMBS = (
    "zip bomb in a sheet", "sizes that lie", "zip bomb in the shared strings",
    "an entity bomb in workbook.xml", "an entity bomb in utf-16 in sheet3.xml",
    "a long entity in sharedStrings.xml", "far cell with text", "far claim",
    "a thousand rows of a thousand cells",
    "XML a hundred thousand deep in a cell", "parts by the ten thousand",
)  # fmt: skip
HEALTHY = range(90, 96)


def million(unit: str) -> bytes:
    """A million rows with borders and nothing in them."""
    empty = "".join(
        f'<row r="{row}" s="1" customFormat="1"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>'
        for row in range(10, 1_000_010)
    )
    return rows(EVENTS, empty)(unit)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
def test_all_bombs_in_one_folder(tmp_path: Path) -> None:
    returns = tmp_path / "returns"
    returns.mkdir()
    assert catalogue_hostile.BOMB
    by_name = {case.name: case for case in CASES}
    for number, name in enumerate(BOMBS, 1):
        (returns / f"{number}.xlsx").write_bytes(by_name[name].make(unit_of(number)))
    (returns / "million.xlsx").write_bytes(million(unit_of(80)))
    (returns / "sheets.xlsx").write_bytes(catalogue_hostile.many_sheets(100_000)(unit_of(82)))
    (returns / "far.xlsb").write_bytes(xlsb(unit_of(81), far=True))
    for number in HEALTHY:
        (returns / f"{number}.xlsx").write_bytes(good(unit_of(number)))
    rulebook = big_rulebook(tmp_path / "rulebook")
    done = measured(["score", returns, "--output", tmp_path / "out", "--rulebook", rulebook])
    print(f"{done.seconds:.1f} s, {done.peak / 2**20:.0f} MB")
    assert done.status == 0, done.err
    assert done.seconds < SECONDS
    assert done.peak < BYTES
    book = Book(tmp_path / "out" / "ranking.xlsx")
    for number in (*HEALTHY, 80, 82):
        assert book.unit("排名", unit_of(number))["总分"] == sum(POINTS.values())
    assert book.file("far.xlsb")["状态"] == "无法读取"
