"""Runs one command and watches it: how long it takes, and what memory all its processes hold."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
EVERY = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Measured:
    """One run of a command: seconds, most megabytes at a time, last line of its output."""

    seconds: float
    megabytes: float
    said: str


class CommandError(Exception):
    """A command that was to be measured did not work."""


def run(*arguments: str) -> Measured:
    """Run Python with these arguments in the project's folder.

    The memory is the sum of the resident sizes of all processes together; what several of them
    share is counted for each.

    Raises:
        CommandError: it ended with another status than 0.
    """
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1452222000"}
    # As on a user's machine: compiled once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    watch = _Watch(process.pid)
    watch.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - start
    watch.ended.set()
    watch.join()
    if process.returncode:
        raise CommandError(f"{' '.join(arguments)}: {errors.strip()[-2000:]}")
    return Measured(seconds, watch.most / 1e6, (output.strip().splitlines() or [""])[-1])


def work(name: str, folder: Path, number: int = 0) -> float:
    """Seconds that a piece of work of `tools.bench_work` says it took."""
    said = run("-m", "tools.bench_work", name, str(folder), str(number)).said
    return float(json.loads(said))


def score(folder: Path, *options: str) -> Measured:
    """Score the batch in a folder, start of Python included."""
    places: Sequence[str] = (
        str(folder / "returns"),
        f"--rulebook={folder / 'rulebook'}",
        f"--output={folder / 'out'}",
    )
    return run("-m", "pipeline", "score", *places, *options)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its children until told that they have ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY):
            self.most = max(self.most, self._size())

    def _size(self) -> int:
        try:
            first = psutil.Process(self.pid)
            family = [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        size = 0
        for process in family:
            try:
                size += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return size
