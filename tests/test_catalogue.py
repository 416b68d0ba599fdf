"""The catalogue of broken and hostile returns, held against one run of the program."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.outcome import Outcome
from pipeline.reading.raw import wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import load_rulebook
from tests.kit import (
    catalogue_cells,
    catalogue_formats,
    catalogue_hostile,
    catalogue_live,
    catalogue_structure,
)
from tests.kit.catalogue import (
    CASES,
    NORMAL,
    POINTS,
    ROSTER,
    UNKNOWN,
    UNREADABLE,
    Case,
    good,
    possible,
    unit_of,
)
from tests.kit.catalogue_run import big_rulebook, of, score
from tests.kit.door import Book

BESIDE = unit_of(0)
USED = (catalogue_cells, catalogue_formats, catalogue_hostile, catalogue_live, catalogue_structure)


@dataclass(frozen=True)
class Told:
    """What the program made of the whole catalogue."""

    returns: Path
    rulebook: Path
    outcome: Outcome
    book: Book


def file_of(case: Case) -> str:
    return possible(case.file or f"{case.name.replace('/', '∕')}.xlsx")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    base = tmp_path_factory.mktemp("catalogue")
    rulebook = big_rulebook(base / "rulebook")
    returns = base / "returns"
    returns.mkdir()
    (returns / "健康.xlsx").write_bytes(good(BESIDE))
    for number, case in enumerate(CASES, 1):
        (returns / file_of(case)).write_bytes(case.make(unit_of(number)))
    outcome = score(returns, base / "output", rulebook)
    return Told(returns, rulebook, outcome, Book(base / "output" / "ranking.xlsx"))


def test_the_catalogue_is_large_and_each_case_has_its_name() -> None:
    assert len(CASES) >= 150
    assert len(CASES) < ROSTER
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({file_of(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("number", range(1, len(CASES) + 1), ids=lambda n: CASES[n - 1].name)
def test_case(told: Told, number: int, request: pytest.FixtureRequest) -> None:
    """The findings are exactly these, at these cells; the status and every row are as they must."""
    case, unit = CASES[number - 1], unit_of(number)
    if case.awaits:
        request.applymarker(pytest.mark.xfail(reason=case.awaits, strict=True))
    file = file_of(case)
    found = of(told.outcome.findings, file)
    assert sorted(found[["code", "level", "sheet", "cell"]].itertuples(index=False, name=None)) == (
        sorted(says.key() for says in case.says)
    )
    for says in case.says:
        rows = found[(found["code"] == says.code) & (found["cell"] == says.cell)]
        assert any(says.word in problem for problem in rows["problem"]), rows["problem"].tolist()
    (listed,) = of(told.outcome.files, file).to_dict("records")
    assert listed["status"] == case.status
    assert listed["unit"] == case.listed_as(unit)
    claims = of(told.outcome.claims, file)
    assert dict(zip(zip(claims["sheet"], claims["row"], strict=True), claims["result"],
                    strict=True)) == case.ledger()  # fmt: skip
    (standing,) = told.outcome.units[told.outcome.units["unit"] == unit].to_dict("records")
    expected = "未报送" if case.status in (UNKNOWN, UNREADABLE) else case.status
    assert standing["status"] == expected
    if case.status == NORMAL and not (case.lost or case.gone or case.more):
        assert standing["total"] == sum(POINTS.values())


def test_the_reader_by_itself_tells_what_is_no_return(told: Told) -> None:
    """In this process, where a debugger sees it; but what kills who reads it."""
    wanted = wanted_from(load_rulebook(told.rulebook))
    for case in (case for case in CASES if "file-killed" not in {s.code for s in case.says}):
        found = read_return(told.returns / file_of(case), file_of(case), wanted)
        codes = [says.code for says in case.says if case.status == UNREADABLE]
        assert codes == ([found.trouble.code] if found.trouble else []), case.name


def test_the_healthy_return_beside_is_scored_as_ever(told: Told, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "健康.xlsx").write_bytes(good(BESIDE))
    alone = score(tmp_path / "in", tmp_path / "out", big_rulebook(tmp_path / "rulebook"))
    for outcome in (alone, told.outcome):
        points = outcome.points.loc[BESIDE]
        assert points[points != 0].to_dict() == POINTS
        assert of(outcome.findings, "健康.xlsx").empty
    columns = ["sheet", "row", "clause", "title", "date", "result", "points", "reason"]
    pd.testing.assert_frame_equal(
        of(told.outcome.claims, "健康.xlsx")[columns].reset_index(drop=True),
        alone.claims[columns].reset_index(drop=True),
    )


LEVELS = ["错误", "警告", "提示"]


def test_the_workbook_shows_what_was_found(told: Told) -> None:
    """问题清单 and 报送情况 hold every finding and every file, in the words of the outcome."""
    from pipeline.ranking.book import clean

    def shown(value: object) -> str:
        return clean(str(value or ""))

    columns = ["level", "unit", "file", "sheet", "cell", "problem", "advice"]
    expected = [[shown(v) for v in row] for row in told.outcome.findings[columns].to_numpy()]
    headers = ["级别", "单位", "源文件", "工作表", "单元格", "问题", "处理建议"]
    found = [[shown(row[h]) for h in headers] for row in told.book["问题清单"]]
    assert sorted(found) == sorted(expected)
    assert [row[0] for row in found] == sorted((row[0] for row in found), key=LEVELS.index)
    files = {shown(name) for name in told.outcome.files["file"]}
    assert {shown(row["源文件"]) for row in told.book["报送情况"]} == files
    assert date(2015, 12, 20) in {
        row["报送日期"].date() for row in told.book["报送情况"] if row["报送日期"]
    }
