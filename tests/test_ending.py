"""How the program ends: all that it says arrives, and nothing of it stays behind."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.kit.processes import ROOT, finish, group, start


@pytest.fixture(autouse=True)
def _held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a user's machine: what is printed into a pipe goes out at the end only."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def score(tmp_path: Path) -> list[str]:
    """A command that scores one return."""
    (tmp_path / "in").mkdir()
    shutil.copy(min((ROOT / "data" / "returns").glob("*.xlsx")), tmp_path / "in")
    return ["score", str(tmp_path / "in"), f"--output={tmp_path / 'out'}", "--no-feedback"]


def test_help_arrives_whole_in_a_pipe() -> None:
    done = finish(start(["--help"]))
    assert (done.status, done.err) == (0, "")
    assert "rulebook-diff" in done.out


def test_the_table_of_places_arrives_whole_in_a_pipe_and_no_process_stays_behind(
    score: list[str],
) -> None:
    process = start(score)
    done = finish(process)
    assert done.status == 0
    assert "ranking.xlsx" in done.out.splitlines()[-1]
    if sys.platform == "linux":  # where there is a /proc
        until = time.monotonic() + 5
        while group(process.pid) and time.monotonic() < until:  # a helper notices that we have gone
            time.sleep(0.02)
        assert group(process.pid) == []


@pytest.mark.parametrize("lines", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_a_reader_that_leaves_early_does_not_stop_the_work(
    score: list[str], tmp_path: Path, lines: int
) -> None:
    """`score … | head -1` writes everything, whenever the reader goes."""
    process = start(score)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    done = finish(process)
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / "out" / "ranking.xlsx").exists()


@pytest.mark.parametrize("command", [["--help"], ["explain", "舞阳县工商联", "一.4"]])
def test_words_for_which_there_is_no_room_are_no_fault_of_ours(command: list[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs a file that is always full")
    done = finish(start(command, f"import os; os.dup2(os.open({str(full)!r}, os.O_WRONLY), 1)"))
    assert (done.status, done.err) == (0, "")
