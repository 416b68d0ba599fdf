"""A list too long for the ranking workbook stands beside it: every row once, in order, inert."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.isolate import meanwhile
from pipeline.outcome import Outcome
from pipeline.ranking import book as book_module
from pipeline.ranking.book import plain
from pipeline.ranking.trace import trace
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from tests.kit.door import run
from tests.kit.outcomes import make_outcome
from tests.kit.returns import Claim, Return, write
from tests.kit.workbooks import table

PART = 7


@pytest.fixture
def outcome(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """An outcome with more claims than a workbook takes, and a longer trace."""
    most(monkeypatch, PART)
    return make_outcome(rulebook)


def most(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Let a workbook take so many rows of a list."""
    monkeypatch.setattr(book_module, "LIST_ROWS", rows)


def ledgers(files: list[Path]) -> list[Path]:
    return [path for path in files if path.name.startswith("申报台账")]


def rows(path: Path, sheet: str, *wanted: str) -> list[dict[str, object]]:
    return table(openpyxl.load_workbook(path)[sheet], *wanted)


def claims_in(path: Path) -> list[dict[str, object]]:
    return rows(path, "申报台账", "单位", "行号")


def facts_in(path: Path) -> dict[str, str]:
    return {str(row["项目"]): str(row["内容"]) for row in rows(path, "运行信息", "项目", "内容")}


def test_each_claim_stands_once_in_the_files_beside_in_order(
    outcome: Outcome, tmp_path: Path
) -> None:
    ranking, *beside = write_ranking(outcome, tmp_path / "ranking.xlsx")
    assert sorted(beside) == sorted((tmp_path / "ledger").iterdir())
    parts = ledgers(beside)
    assert [len(claims_in(path)) for path in parts[:-1]] == [PART] * (len(parts) - 1)
    found = [row for path in parts for row in claims_in(path)]
    assert [row["行号"] for row in found] == outcome.claims["row"].tolist()
    texts = [str(row["名称"] or "").replace("_x005F_", "_") for row in found]
    assert texts == [str(plain(title) or "") for title in outcome.claims["title"]]
    assert claims_in(ranking) == []


def test_the_ranking_says_where_the_ledger_is(outcome: Outcome, tmp_path: Path) -> None:
    ranking, *beside = write_ranking(outcome, tmp_path / "ranking.xlsx")
    sheet, parts = openpyxl.load_workbook(ranking)["申报台账"], ledgers(beside)
    assert f"共 {len(outcome.claims)} 项" in sheet["A3"].value
    assert f"{len(parts)} 个工作簿" in sheet["A3"].value
    facts = facts_in(ranking)
    for number, path in enumerate(parts):
        assert facts[f"ledger/{path.name}"].startswith(f"第 {number * PART + 1}–")


def test_every_other_long_list_stands_beside_too(outcome: Outcome, tmp_path: Path) -> None:
    _, *beside = write_ranking(outcome, tmp_path / "ranking.xlsx")
    table, parts = trace(outcome), [path for path in beside if path.name.startswith("得分说明")]
    found = [
        (row["单位"], row["条款"])
        for path in parts
        for row in rows(path, "得分说明", "单位", "条款")
    ]
    assert len(table) > PART
    assert found == list(zip(table["unit"], table["clause"], strict=True))


def test_a_part_that_cannot_be_written_ends_the_run(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ledger" / "申报台账-002.xlsx").mkdir(parents=True)
    with pytest.raises(OSError, match="申报台账-002"):
        write_ranking(outcome, tmp_path / "ranking.xlsx")


def test_no_unit_sheet_links_to_a_ledger_that_is_elsewhere(
    outcome: Outcome, tmp_path: Path
) -> None:
    ranking, *_ = write_ranking(outcome, tmp_path / "ranking.xlsx")
    assert not set(outcome.points.index) & set(openpyxl.load_workbook(ranking).sheetnames)


def test_text_of_units_is_never_a_formula_in_the_files_beside(
    outcome: Outcome, tmp_path: Path
) -> None:
    _, *beside = write_ranking(outcome, tmp_path / "ranking.xlsx")
    cells = [
        cell
        for path in beside
        for row in openpyxl.load_workbook(path).active.iter_rows()
        for cell in row
    ]
    assert any(str(cell.value).startswith("=") for cell in cells)
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)


def test_the_same_outcome_gives_the_same_files(outcome: Outcome, tmp_path: Path) -> None:
    made = []
    for name, parallel in (("one", False), ("two", False), ("beside", True)):
        (tmp_path / name).mkdir()
        with meanwhile(worth=parallel) as later:
            files = write_ranking(outcome, tmp_path / name / "ranking.xlsx", later)
        made.append([(path.name, path.read_bytes()) for path in files])
    assert made[0] == made[1] == made[2]


def test_a_ledger_of_just_the_stated_size_stays_in_the_ranking(
    rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = make_outcome(rulebook)
    most(monkeypatch, max(len(outcome.claims), len(trace(outcome))))
    files = write_ranking(outcome, tmp_path / "ranking.xlsx")
    assert files == [tmp_path / "ranking.xlsx"]
    assert len(claims_in(files[0])) == len(outcome.claims)


def test_a_folder_of_the_users_own_is_left_alone(tmp_path: Path) -> None:
    write(Return("舞阳县工商联", [Claim("一.4")]), tmp_path / "in", "甲.xlsx")
    own = tmp_path / "out" / "ledger" / "我的账.txt"
    own.parent.mkdir(parents=True)
    own.write_text("x")
    assert run(tmp_path / "in", tmp_path / "out").status == 0
    assert own.read_text() == "x"


def test_units_named_in_the_run_sheet_are_harmless(outcome: Outcome, tmp_path: Path) -> None:
    claims = outcome.claims.assign(unit="坏\x00名\n=1+1")
    hostile = replace(outcome, claims=pd.DataFrame(claims))
    ranking, *_ = write_ranking(hostile, tmp_path / "ranking.xlsx")
    assert any("坏名" in what for what in facts_in(ranking).values())
