"""`汇总.xlsx` of `check`: the state of each unit's return at a glance, and whom to call."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.rulebook import Rulebook
from tests.kit.measure import ROSTER as BY_NAME
from tests.kit.returns import Claim, Return, write

ROSTER = list(BY_NAME)
BEFORE_THE_END = "1450656000"  # 2015-12-21


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One unit with a fault, one in order, the others silent."""
    folder = tmp_path_factory.mktemp("received") / "in"
    good = Claim("一.4", "甲", datetime(2015, 6, 1))
    bad = Claim("一.4", "乙", "6月中旬")
    write(Return(ROSTER[0], [good, bad]), folder, "0.xlsx")
    write(Return(ROSTER[1], [good]), folder, "1.xlsx")
    return folder


def sheet(returns: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", BEFORE_THE_END)
    assert main(["check", str(returns), "--output", str(output)]) == 0
    book = load_workbook(output / "汇总.xlsx")
    assert book.sheetnames[:2] == ["进度", "问题清单"]
    return list(book["进度"].iter_rows(values_only=True))


def test_each_unit_has_a_row_with_what_it_has_to_supply(
    returns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook
) -> None:
    rows = sheet(returns, tmp_path / "out", monkeypatch)
    at = next(n for n, row in enumerate(rows) if row[0] == "单位")
    top = "\n".join(str(row[0]) for row in rows[:at])
    assert "最后一天：2015年12月29日，还剩 8 天" in top
    assert f"收到 2 个单位的材料，还没有报送 {len(rulebook.units) - 2} 个" in top
    table = [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]]
    assert [row["单位"] for row in table] == list(rulebook.units)
    by_unit = {row["单位"]: row for row in table}
    faulty, fine, silent = (by_unit[unit] for unit in (ROSTER[0], ROSTER[1], ROSTER[2]))
    counts = ("状态", "申报", "可计分", "错误")
    assert [faulty[name] for name in counts] == ["正常", 2, 1, 1]
    assert "6月中旬" in faulty["要补的"]
    assert [fine[name] for name in counts] == ["正常", 1, 1, 0]
    assert not fine["要补的"]
    assert [silent[name] for name in counts] == ["未报送", None, None, None]


def test_of_a_single_file_only_that_file_is_listed(
    returns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sheet(returns / "0.xlsx", tmp_path / "out", monkeypatch)
    at = next(n for n, row in enumerate(rows) if row[0] == "单位")
    assert [row[0] for row in rows[at + 1 :]] == [ROSTER[0]]
    assert "还没有报送" not in str(rows[:at])
