"""The benchmark: its inputs are what they say, its page says what was measured."""

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipeline.__main__ import main
from pipeline.reading.discover import discover
from pipeline.reading.raw import wanted_from
from pipeline.reading.reader import Reader
from pipeline.rulebook import load_rulebook
from tests.kit.processes import digests
from tools import bench
from tools.bench import FEW, GOALS, NATION, PROVINCE, render, with_exponents
from tools.bench_work import CLAIMS, ledger_of, make_batch

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of two units."""
    folder = tmp_path_factory.mktemp("batch")
    make_batch(folder, 2)
    return folder


def test_a_batch_is_the_same_every_time(batch: Path, tmp_path: Path) -> None:
    make_batch(tmp_path, 2)
    assert digests(tmp_path) == digests(batch)


def test_a_batch_that_stands_there_is_kept_and_another_size_replaces_it(tmp_path: Path) -> None:
    make_batch(tmp_path, 2)
    returns = tmp_path / "returns"
    kept = returns / "示例第00001县工商联.xlsx"
    kept.write_bytes(b"kept")
    make_batch(tmp_path, 2)
    assert kept.read_bytes() == b"kept"
    make_batch(tmp_path, 1)
    assert [path.name for path in returns.iterdir()] == [kept.name]
    assert kept.read_bytes() != b"kept"


def test_each_return_has_two_hundred_claims_of_its_own_unit(batch: Path) -> None:
    wanted = wanted_from(load_rulebook(batch / "rulebook"))
    found = Reader(discover(batch / "returns"), wanted, workers=1).result()
    assert [sum(len(s.rows) for s in one.sheets.values()) for one in found] == [CLAIMS] * 2
    units = [one.cover["单位名称"][0] for one in found]
    assert units == [f"示例第{nth:05}县工商联" for nth in (1, 2)]


def test_every_unit_of_a_batch_is_ranked(
    batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["score", str(batch / "returns"), "--rulebook", str(batch / "rulebook")]
    assert main([*call, "--output", str(tmp_path), "--no-feedback"]) == 0
    assert f"2 个单位排名，申报 {2 * CLAIMS} 项" in capsys.readouterr().out


def record(**figures: float) -> dict[str, Any]:
    return {
        "figures": {name.replace("_", " "): value for name, value in figures.items()},
        "rounds": {}, "size": 90, "machine": "2 cores.", "load": 0.0, "left_out": [],
    }  # fmt: skip


def test_figures_of_a_busy_machine_are_called_doubtful() -> None:
    assert "doubtful" not in render(record())
    assert "doubtful" in render(record() | {"load": 0.6})


def test_a_peer_that_is_not_installed_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "libreoffice" in bench.left_out()
    page = render(record() | {"left_out": ["libreoffice"]})
    assert "Left out, since it is not installed here: libreoffice." in page


def test_of_several_rounds_the_middle_counts_and_of_the_writers_the_faster() -> None:
    found = {"xlsxwriter": [5.0, 1.0, 3.0], "rust": [2.0]}
    assert bench.medians(found) == {"xlsxwriter": 3.0, "rust": 2.0, "fastest writer": 2.0}


@pytest.mark.slow
def test_what_is_measured_has_the_memory_of_its_processes_too(batch: Path, tmp_path: Path) -> None:
    (tmp_path / "2").symlink_to(batch)
    figures = bench.taken(bench.Step("run", 2), tmp_path)
    assert figures.keys() == {"run", "MB run"}
    assert figures["MB run"] > 10


def test_the_page_says_how_long_a_clerk_waits() -> None:
    page = render(record(**{f"run {FEW} with copies": 1.24}))
    assert "From Enter to the page, 6 returns with their copies: 1.2 seconds." in page


def test_a_ledger_in_workbooks_of_its_own_is_what_the_writers_write(tmp_path: Path) -> None:
    (tmp_path / "out" / "ledger").mkdir(parents=True)
    for part, title in enumerate(("甲", "乙")):
        path = tmp_path / "out" / "ledger" / f"申报台账-{part}.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet("申报台账").write(0, 0, title)
    assert list(ledger_of(tmp_path)) == [[["甲"]], [["乙"]]]


@pytest.mark.parametrize(("seconds", "word"), [(1.35, "met"), (1.36, "**missed**")])
def test_a_goal_is_met_up_to_its_limit(seconds: float, word: str) -> None:
    page = render(record(**{f"run {FEW}": seconds, "import": 1.0}))
    assert f"| ≤ 1.35 | {seconds} | {word} |" in page
    assert ("What holds back" in page) == (word != "met")


def test_what_was_not_run_is_called_so() -> None:
    page = render(record())
    assert page.count("| not run |") == len(GOALS)


def test_a_missed_goal_says_what_holds_it_back() -> None:
    reasons = [goal.holds_back for goal in GOALS]
    ratio = record(**{f"run {NATION}": 10.0, f"pandas {NATION}": 199.0})
    assert f"- {GOALS[4].what}: {reasons[4]}." in render(ratio)


def test_growth_is_the_slope_of_time_over_returns() -> None:
    straight = {f"run {PROVINCE}": 1.0, f"run {NATION}": NATION / PROVINCE}
    found = with_exponents(straight)
    assert found[f"exponent {PROVINCE}"] == pytest.approx(1.0)
    assert f"exponent {NATION}" not in found


def test_the_page_is_written_from_the_figures() -> None:
    docs = ROOT / "docs"
    figures = json.loads((docs / "benchmarks.json").read_text("utf-8"))
    assert (docs / "benchmarks.md").read_text("utf-8") == render(figures)
