"""Workers: the order holds, one bad file costs itself alone, a fault of the program comes out."""

import re
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

import pytest

from pipeline.reading import pool
from pipeline.reading.discover import Entry, discover
from pipeline.reading.pool import read_all, start_reading
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
    found = read_all(entries, WANTED, **how)
    assert [one.path for one in found] == [entry.name for entry in entries]
    return [one.trouble.code if one.trouble else one.sheets[EVENTS].cells["活动名称"][0]
            for one in found]  # fmt: skip


EXPECTED = [f"第{nth}场" for nth in range(20)]


def killer(folder: Path, name: str) -> None:
    """A workbook that ends the process that reads it."""
    rows = {"封面": [["单位名称", "x"]], EVENTS: [["条款", "活动名称"], ["一.1", "会"]]}
    write_xlsb(folder / name, rows, far=True)


def test_nothing_to_read() -> None:
    assert read_all([], WANTED) == []


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


class Failing(Executor):
    """An executor whose work fails, each time or always after the first."""

    def __init__(self, fault: type[Exception]) -> None:
        self.fault = fault

    def submit(self, fn: Callable[..., Any], /, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(self.fault("lost"))
        return future


@pytest.mark.parametrize("fault", [BrokenProcessPool, RuntimeError, OSError])
def test_executor_that_fails_is_stood_in_for(returns: list[Entry], fault: type[Exception]) -> None:
    assert titles(returns, executor=Failing(fault)) == EXPECTED


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
    (found,) = read_all(discover(tmp_path), WANTED)
    assert found.trouble is not None
    assert found.trouble.code == "file-killed"
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)


def _hang(*_: object) -> None:
    # Holds the interpreter, as a parser does: no signal handler and no thread could end it.
    re.match("(a|a)+b", "a" * 60)


def read_too_long() -> None:
    pool.MAX_SECONDS = 1
    pool.read_return = _hang  # type: ignore[assignment]
    pool._read_within_limit([(Path("甲.xlsx"), "甲.xlsx", WANTED)])


def test_time_limit_ends_a_worker_that_holds_the_interpreter() -> None:
    process = get_context("spawn").Process(target=read_too_long)
    process.start()
    process.join(60)
    assert process.exitcode == 1


def test_time_limit_is_lifted_after_a_file(returns: list[Entry]) -> None:
    code = (
        "import time\n"
        "from pathlib import Path\n"
        "from tests.kit.workbooks import WANTED\n"
        "from pipeline.reading import pool\n"
        "pool.MAX_SECONDS = 1\n"
        f"pool._read_within_limit([(Path({str(returns[0].path)!r}), 'x', WANTED)])\n"
        "time.sleep(1.5)\n"
        "print('still here')\n"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "still here"


def test_fault_of_the_program_comes_out(returns: list[Entry]) -> None:
    with pytest.raises(KeyError):
        read_all(returns, replace(WANTED, clause_headers={}), workers=1)


def test_fault_of_the_program_comes_out_of_another_executor(returns: list[Entry]) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyError):
        read_all(returns[:2], replace(WANTED, clause_headers={}), executor=executor)


def test_reading_starts_before_the_result_is_asked_for(returns: list[Entry]) -> None:
    reading = start_reading(returns, WANTED, workers=1)
    deadline = time.monotonic() + 60
    while not all(future.done() for future in reading._futures):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(reading.result()) == 20


def test_closed_reading_leaves_no_worker(returns: list[Entry]) -> None:
    reading = start_reading(returns, WANTED, workers=2)
    assert reading._pool is not None
    workers = list(reading._pool._processes.values())
    reading.close()
    # The executor's own thread waits for the same processes: ask, do not wait, or both may miss it.
    deadline = time.monotonic() + 30
    while any(worker.is_alive() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("sizes", "workers", "lengths"),
    [
        ([10] * 128, 1, [16] * 8),
        ([10] * 24, 2, [3] * 8),
        ([10] * 3, 2, [1] * 3),
        ([pool.CHUNK_BYTES // 2] * 6 + [10] * 26, 1, [2, 2, 2, 8, 8, 8, 2]),
        ([pool.CHUNK_BYTES + 1] * 3 + [10] * 5, 1, [1, 1, 1, 2, 2, 1]),
    ],
)
def test_chunks_are_small_in_number_and_size(
    tmp_path: Path, sizes: list[int], workers: int, lengths: list[int]
) -> None:
    jobs = []
    for nth, size in enumerate(sizes):
        path = tmp_path / str(nth)
        path.write_bytes(bytes(size))
        jobs.append((path, path.name, WANTED))
    chunks = pool._chunks(jobs, workers)
    assert [len(chunk) for chunk in chunks] == lengths
    assert [nth for chunk in chunks for nth in chunk] == list(range(len(jobs)))


def test_a_worker_imports_little() -> None:
    heavy = "{'pandas', 'numpy', 'pydantic', 'pandera', 'openpyxl', 'xlrd', 'jinja2'}"
    code = f"import sys, pipeline.reading.pool; print({heavy} & set(sys.modules))"
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
