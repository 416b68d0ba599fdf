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


def test_a_reader_that_leaves_early_is_no_fault_of_ours(tmp_path: Path) -> None:
    process = start([*SCORE, f"--output={tmp_path / 'out'}"])
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    done = finish(process)
    assert done.status == 2
    assert "Traceback" not in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_no_process_stays_behind(tmp_path: Path) -> None:
    process = start([*SCORE, f"--output={tmp_path / 'out'}"])
    assert finish(process).status == 0
    until = time.monotonic() + 5
    while group(process.pid) and time.monotonic() < until:  # a helper notices that we have gone
        time.sleep(0.02)
    assert group(process.pid) == []
