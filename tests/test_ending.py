"""How the program ends: all that it says arrives, and nothing of it stays behind."""

import sys
import time
from pathlib import Path

import pytest

from tests.kit.processes import finish, group, start

SCORE = ["score", "data/returns", "--no-feedback"]


@pytest.fixture(autouse=True)
def _held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a user's machine: what is printed into a pipe goes out at the end only."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


def test_help_arrives_whole_in_a_pipe() -> None:
    done = finish(start(["--help"]))
    assert (done.status, done.err) == (0, "")
    assert "rulebook-diff" in done.out


def test_the_table_of_places_arrives_whole_in_a_pipe(tmp_path: Path) -> None:
    done = finish(start([*SCORE, f"--output={tmp_path / 'out'}"]))
    assert done.status == 0
    assert "ranking.xlsx" in done.out.splitlines()[-1]


@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_that_leaves_early_does_not_stop_the_work(tmp_path: Path, lines: int) -> None:
    """`score … | head -1` writes everything, whenever the reader goes."""
    process = start([*SCORE, f"--output={tmp_path / 'out'}"])
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


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_no_process_stays_behind(tmp_path: Path) -> None:
    process = start([*SCORE, f"--output={tmp_path / 'out'}"])
    assert finish(process).status == 0
    until = time.monotonic() + 5
    while group(process.pid) and time.monotonic() < until:  # a helper notices that we have gone
        time.sleep(0.02)
    assert group(process.pid) == []
