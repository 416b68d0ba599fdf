"""Processes: the order holds, what is lost costs itself alone, a fault of the program is said."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.errors import reason
from pipeline.isolate import RAISE, FaultError, LostError, Processes, meanwhile
from pipeline.reading.discover import Entry, discover
from pipeline.reading.raw import Note
from pipeline.reading.reader import Reader
from tests.kit.catalogue_run import score
from tests.kit.tasks import Failing
from tests.kit.workbooks import EVENTS, WANTED, book, save, sheet
from tests.kit.xlsb import write_xlsb


@pytest.fixture
def returns(tmp_path: Path) -> list[Entry]:
    """Twenty returns, each with its number as the first title."""
    for nth in range(20):
        made = book()
        sheet(made)["B2"] = f"第{nth}场"
        save(made, tmp_path / f"{nth:02}.xlsx")
    return discover(tmp_path)


def titles(entries: list[Entry], **how: Any) -> list[object]:
    found = Reader(entries, WANTED, **how).result()
    assert [one.path for one in found] == [entry.name for entry in entries]
    return [one.trouble.code if one.trouble else one.sheets[EVENTS].cells["活动名称"][0]
            for one in found]  # fmt: skip


EXPECTED = [f"第{nth}场" for nth in range(20)]


def killer(folder: Path, name: str) -> None:
    """A workbook that ends the process that reads it."""
    rows = {"封面": [["单位名称", "x"]], EVENTS: [["条款", "活动名称"], ["一.1", "会"]]}
    write_xlsb(folder / name, rows, far=True)


def test_nothing_to_read() -> None:
    assert Reader([], WANTED).result() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_order_of_the_entries(returns: list[Entry], workers: int) -> None:
    done: list[int] = []
    assert titles(returns, workers=workers, on_done=done.append) == EXPECTED
    assert sum(done) == 20


def test_executor_of_threads(returns: list[Entry]) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert titles(returns, executor=executor) == EXPECTED


def test_executor_of_processes(returns: list[Entry]) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        assert titles(returns, executor=executor) == EXPECTED


@pytest.mark.parametrize("fault", [BrokenProcessPool, RuntimeError, OSError])
def test_executor_that_fails_is_stood_in_for(returns: list[Entry], fault: type[Exception]) -> None:
    assert titles(returns, executor=Failing(fault)) == EXPECTED


class Blind(Executor):
    """An executor on a machine that does not see the files."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn([(Path("/nowhere", p.name), *rest) for p, *rest in args[0]]))
        return future


def test_files_that_others_do_not_see_are_read_here(returns: list[Entry]) -> None:
    assert titles(returns, executor=Blind()) == EXPECTED


def test_a_file_that_nobody_sees_ends_no_run(returns: list[Entry], tmp_path: Path) -> None:
    gone = Entry(tmp_path / "gone.xlsx", "gone.xlsx", "return")
    *found, lost = titles([*returns, gone], executor=Blind())
    assert found == EXPECTED
    assert lost not in EXPECTED


@pytest.mark.parametrize("workers", [1, 2])
def test_files_that_kill_cost_themselves_alone(
    returns: list[Entry], tmp_path: Path, workers: int
) -> None:
    for name in ("03a.xlsb", "17a.xlsb"):
        killer(tmp_path, name)
    entries = discover(tmp_path)
    expected: list[object] = list(EXPECTED)
    expected[18:18] = ["file-killed"]
    expected[4:4] = ["file-killed"]
    done: list[int] = []
    assert titles(entries, workers=workers, on_done=done.append) == expected
    assert sum(done) == 22


def test_killed_file_keeps_its_digest(tmp_path: Path) -> None:
    killer(tmp_path, "甲.xlsb")
    (found,) = Reader(discover(tmp_path), WANTED).result()
    assert found.trouble is not None
    assert found.trouble.code == "file-killed"
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)


def processes(**limits: Any) -> Processes:
    given: dict[str, Any] = {"seconds": 20, "memory": 1 << 30, **limits}
    return Processes("tests.kit.tasks:work", 1, **given)


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        (("die", 0), {}),
        (("hold", 0), {"seconds": 0.5}),
        (("sleep", 600), {"seconds": 0.1}),
        (("fill", 1 << 31), {}),
    ],
    ids=lambda given: str(given),
)
def test_what_is_lost_costs_its_own_task(task: tuple[str, float], limits: dict[str, float]) -> None:
    made = processes(**limits)
    try:
        first, lost, last = [made.submit(one) for one in (("pid", 0), task, ("pid", 0))]
        with pytest.raises(LostError):
            lost.result(60)
        assert first.result(60) != last.result(60)
    finally:
        made.close()


def test_only_working_time_counts() -> None:
    """A process that a busy machine makes wait is not condemned."""
    made = processes(seconds=0.3)
    try:
        pids = [made.submit(("sleep", 1.0)).result(60) for _ in range(2)]
    finally:
        made.close()
    assert pids[0] == pids[1]


@pytest.mark.parametrize(
    ("kind", "error", "says"), [("fault", FaultError, "KeyError"), ("full", OSError, "full")]
)
def test_what_the_work_raises_comes_out(kind: str, error: type[Exception], says: str) -> None:
    made = processes()
    try:
        with pytest.raises(error, match=says):
            made.submit((kind, 0)).result(60)
        assert made.submit(("pid", 0)).result(60)
    finally:
        made.close()


def test_processes_that_cannot_begin_condemn_nothing() -> None:
    made = Processes("tests.kit.tasks:missing", 1, seconds=5, memory=1 << 30)
    try:
        with pytest.raises(FaultError, match="did not begin"):
            made.submit(("pid", 0)).result(60)
    finally:
        made.close()


def test_closing_leaves_no_process() -> None:
    made = processes()
    pid = made.submit(("pid", 0)).result(60)
    busy = made.submit(("sleep", 600))
    waiting = made.submit(("pid", 0))
    while not busy.running():
        time.sleep(0.01)
    made.close()
    assert isinstance(busy.exception(1), LostError)
    assert waiting.cancelled()
    assert not psutil.pid_exists(pid)


BROKEN = replace(WANTED, clause_headers={})
"""Trips the program up, as a file may that nobody thought of."""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_program_costs_its_file_alone(
    returns: list[Entry],
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(RAISE)
    also = [(entry, BROKEN) for entry in returns[:1]]
    found = Reader(returns, WANTED, workers=workers, also=also).result()
    assert [one.trouble for one in found[:-1]] == [None] * 20
    assert found[-1].trouble == Note("file-failed")
    assert found[-1].sha256 == found[0].sha256
    assert "KeyError" in capsys.readouterr().err


def test_the_last_resort_can_be_switched_off(returns: list[Entry]) -> None:
    with pytest.raises(FaultError, match="KeyError"):
        Reader(returns, BROKEN, workers=1).result()


def test_fault_of_the_program_comes_out_of_another_executor(returns: list[Entry]) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(FaultError, match="KeyError"):
        Reader(returns[:2], BROKEN, executor=executor).result()


HEAVY = {"pandas", "numpy", "pydantic", "pandera", "openpyxl", "xlrd", "jinja2"}


@pytest.mark.parametrize(
    ("work", "needed"), [("reading.reader", set()), ("feedback.copy", {"openpyxl", "numpy"})]
)
def test_a_worker_imports_little(work: str, needed: set[str], root: Path) -> None:
    code = f"import sys, pipeline.{work}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert HEAVY & set(done.stdout.split()) == needed


def test_a_run_goes_on_past_a_file_on_which_the_program_fails(tmp_path: Path, root: Path) -> None:
    """Whole runs: everybody else is scored, the file is named, the traceback is shown."""
    for nth, path in enumerate(sorted((root / "data" / "returns").glob("*.xlsx"))):
        shutil.copy(path, tmp_path / f"{nth}.xlsx")
    code = (
        "import sys\n"
        "from pipeline.reading import reader\n"
        "from pipeline.__main__ import main\n"
        "if __name__ == '__main__':\n"
        "    read = reader.read_return\n"
        "    def failing(path, name, wanted):\n"
        "        return 1 // 0 if name == '1.xlsx' else read(path, name, wanted)\n"
        "    reader.read_return = failing\n"
        "    class Here:\n"
        "        def __init__(self, *_, **__): self.pool = ThreadPoolExecutor(1)\n"
        "        def submit(self, jobs): return self.pool.submit(reader.read_chunk, jobs)\n"
        "        def close(self): self.pool.shutdown()\n"
        "    from concurrent.futures import ThreadPoolExecutor\n"
        "    reader.Processes = Here\n"
        f"    sys.exit(main(['score', {str(tmp_path)!r}, '--output', {str(tmp_path / 'out')!r},"
        " '--no-feedback']))\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code, "utf-8")
    environment = {k: v for k, v in os.environ.items() if k != RAISE} | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, script], cwd=root, env=environment, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "程序在处理这些文件时出了错（其他文件不受影响）：1.xlsx" in done.stdout
    assert (tmp_path / "out" / "ranking.xlsx").exists()


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_what_is_written_meanwhile_is_there_at_the_end(tmp_path: Path) -> None:
    files = [tmp_path / f"{nth}.txt" for nth in range(5)]
    with meanwhile(worth=True) as later:
        for path in files:
            later(Path.write_text, path, path.name)
    assert [path.read_text() for path in files] == [path.name for path in files]


@pytest.mark.parametrize(("cores", "worth"), [(2, False), (1, True)])
def test_without_other_processes_it_is_there_at_once(
    cores: int, worth: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    with meanwhile(worth=worth) as later:
        later(Path.write_text, tmp_path / "a.txt", "a")
        assert (tmp_path / "a.txt").read_text() == "a"


@pytest.mark.usefixtures("two_cores")
def test_what_cannot_be_written_meanwhile_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), meanwhile(worth=True) as later:
        later(Path.write_text, tmp_path / "nowhere" / "a.txt", "a")


@pytest.mark.usefixtures("two_cores")
def test_a_process_that_is_lost_while_it_writes_is_said_to_lack_memory() -> None:
    with (
        pytest.raises(OSError, match="was lost") as found,
        meanwhile(worth=True) as later,
    ):
        later(os._exit, 1)
    assert reason(found.value) == "内存不足，请关闭别的程序后再运行一次"


@pytest.mark.usefixtures("two_cores")
def test_workbooks_written_side_by_side_have_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1450000000")
    for folder, least in (("one", 10**6), ("two", 0)):
        monkeypatch.setattr("pipeline.run.SIDE_BY_SIDE", least)
        score(root / "data" / "returns", tmp_path / folder, root / "data" / "rulebook" / "2015")
    one, two = tmp_path / "one", tmp_path / "two"
    names = sorted(path.name for path in one.iterdir() if path.is_file())
    assert {"ranking.xlsx", "review.xlsx"} <= set(names)
    assert [n for n in names if (one / n).read_bytes() != (two / n).read_bytes()] == []
