"""Makes feedback copies in processes of their own.

A workbook that takes openpyxl a minute or all memory (one merged range over a whole sheet is
enough) costs its own copy a detour, and never the run.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, Self

from pipeline.feedback.job import Job
from pipeline.interrupts import workers_start
from pipeline.reading.guard import TroubleError

_SECONDS = 60
"""For one copy: an ordinary one takes a fifth of a second, the largest allowed about ten."""
_MEMORY = 2 * 2**30
"""Address space of one process in bytes, where the system can limit it."""


_DEAD = object()


class CopyError(Exception):
    """A copy failed for a reason in this program; holds the traceback of the process."""


class Copyists:
    """Processes that make copies; they load their libraries while the run is still at work."""

    def __init__(self, most: int, *, workers: int | None = None, seconds: float = _SECONDS) -> None:
        """Start the processes.

        Args:
            most: copies that there may be.
            workers: number of processes; one a core where None.
            seconds: how long one attempt may take.
        """
        limit = workers or min(os.cpu_count() or 1, 8)
        self._pool = [_Worker(seconds) for _ in range(min(limit, most))]
        try:
            for worker in self._pool:
                worker.begin()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes at once."""
        for worker in self._pool:
            worker.stop()

    def make(self, jobs: Sequence[Job]) -> list[Job]:
        """Make all copies; those that could be made, in the order of the jobs.

        Raises:
            OSError: a copy cannot be written.
            CopyError: the program has a fault.
        """
        queue = deque((job, False) for job in jobs)
        done: set[Job] = set()
        while queue or any(worker.job for worker in self._pool):
            for worker in self._pool:
                if queue and worker.job is None:
                    worker.start(*queue.popleft())
            busy = [worker for worker in self._pool if worker.job]
            wait([worker.pipe for worker in busy], timeout=0.5)
            for worker in busy:
                _collect(worker, queue, done)
        return [job for job in jobs if job in done]


def make_copies(
    jobs: Sequence[Job], *, workers: int | None = None, seconds: float = _SECONDS
) -> list[Job]:
    """Make all copies in processes that end with them: as `Copyists`, all in one."""
    with Copyists(len(jobs), workers=workers, seconds=seconds) as copyists:
        return copyists.make(jobs)


def _collect(worker: "_Worker", queue: "deque[tuple[Job, bool]]", done: set[Job]) -> None:
    job = worker.job
    assert job is not None
    try:
        if worker.pipe.poll():
            answer = worker.pipe.recv()
        elif monotonic() < worker.deadline:
            return
        else:
            answer = _DEAD
    except (EOFError, OSError):
        answer = _DEAD
    if isinstance(answer, OSError):
        raise answer
    if isinstance(answer, str):
        raise CopyError(answer)
    if answer is not _DEAD:
        if answer:
            done.add(job)
        worker.job = None
        return
    worker.stop()
    if not worker.values_only:
        queue.append((job, True))
    worker.job = None


class _Worker:
    """One process and what it is working on; another one takes its place where it was ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.process: Any = None
        self.pipe: Connection
        self.job: Job | None = None
        self.values_only = False
        self.deadline = 0.0

    def begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        with workers_start():
            self.process.start()
        theirs.close()

    def start(self, job: Job, values_only: bool) -> None:
        if self.process is None:
            self.begin()
        self.job, self.values_only = job, values_only
        self.deadline = monotonic() + self.seconds
        self.pipe.send((job, values_only))

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None


def _work(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its processes
    _limit_memory()
    from pipeline.feedback.copy import make_copy

    while True:
        try:
            job, values_only = pipe.recv()
        except EOFError:
            return
        try:
            make_copy(job, values_only=values_only)
            pipe.send(True)
        except TroubleError:
            pipe.send(False)  # the file has changed since it was read
        except MemoryError:
            os._exit(1)
        except OSError as error:
            pipe.send(error)
        except Exception:  # noqa: BLE001  # told to the parent, which raises it
            pipe.send(traceback.format_exc())


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
