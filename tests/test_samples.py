"""The sample returns are those that `make sample` writes, and plainly made up."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.rulebook import Rulebook
from tests.kit.workbooks import parts, table
from tools.sample_returns import RETURNS, TEMPLATE, sample_returns


@pytest.fixture(scope="module")
def fresh(rulebook: Rulebook) -> dict[str, bytes]:
    """Path below the folder → bytes, as `make sample` would write them now."""
    return dict(sample_returns(rulebook, TEMPLATE))


def test_the_committed_samples_are_fresh(fresh: dict[str, bytes]) -> None:
    committed = {
        path.relative_to(RETURNS).as_posix(): path.read_bytes() for path in RETURNS.rglob("*.*")
    }
    assert sorted(committed) == sorted(fresh), "run make sample"
    for name, data in fresh.items():
        assert parts(committed[name]) == parts(data), f"{name}: run make sample"


def test_every_sample_says_that_it_is_made_up(fresh: dict[str, bytes], rulebook: Rulebook) -> None:
    for name, data in fresh.items():
        assert "示例" in name
        book = load_workbook(BytesIO(data), read_only=True)
        titles = 0
        for sheet in rulebook.sheets:
            if sheet.prefilled:
                continue
            rows = table(book[sheet.name], "条款")
            filled = list(filter(None, (row[sheet.header("title")] for row in rows)))
            assert all("示例" in str(title) for title in filled)
            titles += len(filled)
        assert titles >= 15, name


def test_the_samples_show_what_can_happen(tmp_path: Path) -> None:
    """At least five ranked units, a tie, a late return, a replaced one, all kinds of findings."""
    assert main(["score", str(RETURNS), "--output", str(tmp_path / "out"), "--no-feedback"]) == 0
    book = load_workbook(tmp_path / "out" / "ranking.xlsx", data_only=True)
    places = [row["名次"] for row in table(book["排名"], "名次") if row["名次"]]
    assert len(places) >= 5
    assert len(set(places)) == len(places) - 1
    texts = {cell for row in book["报送情况"].iter_rows(values_only=True) for cell in row}
    assert {"正常", "逾期", "已被替代"} <= texts
    levels = {cell for row in book["问题清单"].iter_rows(values_only=True) for cell in row}
    assert {"错误", "警告", "提示"} <= levels
