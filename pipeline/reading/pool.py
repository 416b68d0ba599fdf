"""Many files read by worker processes, so that no file can take the run down.

A file that makes a worker die costs that one file: what was under way is read again, one file at
a time, and the file that kills again is named. A fault of this program in a worker comes out as
its traceback.
"""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import suppress
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

from pipeline.interrupts import workers_start
from pipeline.reading.guard import MAX_MEMORY, MAX_SECONDS, TroubleError, load
from pipeline.reading.raw import Named, Note, RawReturn, Wanted, share_texts
from pipeline.reading.reader import digest_of, read_return

CHUNK_FILES, CHUNK_BYTES = 16, 2 << 20
"""How much is handed to a worker at once: enough that handing over costs nothing beside reading."""
ONE_WORKER = 16
"""Up to so many files one worker is done before a second has started."""
MOST_WORKERS = 61
"""More cannot be waited for on Windows."""

Job = tuple[Path, str, Wanted]
"""A file, its name below the returns folder, and what to look for in it."""


def read_chunk(jobs: Sequence[Job]) -> list[RawReturn]:
    """Read some files; the part of the work that runs in another process."""
    return share_texts([read_return(*job) for job in jobs])


def _read_within_limit(jobs: Sequence[Job]) -> list[RawReturn]:
    """As `read_chunk`; the process ends where a file takes too long.

    Only a thread of the C library can do that: the parsers hold the interpreter while they work.
    """
    found = []
    for job in jobs:
        faulthandler.dump_traceback_later(MAX_SECONDS, exit=True, file=_nowhere())
        try:
            found.append(read_return(*job))
        finally:
            faulthandler.cancel_dump_traceback_later()
    return share_texts(found)


@cache
def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _start_worker() -> None:
    """Hold a worker to its memory, and leave Ctrl-C and last words to the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(_nowhere(), 2)
    Thread(target=_end_with_parent, daemon=True).start()
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MAX_MEMORY if most == resource.RLIM_INFINITY else min(MAX_MEMORY, most)
        # Some systems have the name but not the limit; the other limits stand.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """Where the main process is killed nobody ends its workers: they would wait for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"), _start_worker)


class Reading:
    """Files on their way through the workers."""

    def __init__(
        self,
        entries: Sequence[Named],
        wanted: Wanted,
        workers: int | None = None,
        executor: Executor | None = None,
        on_done: Callable[[int], None] | None = None,
        also: Sequence[tuple[Named, Wanted]] = (),
    ) -> None:
        """Hand everything to the workers and come back at once."""
        self._jobs: list[Job] = [(entry.path, entry.name, wanted) for entry in entries]
        self._jobs += [(entry.path, entry.name, other) for entry, other in also]
        self._done = on_done or (lambda files: None)
        self._found: dict[int, RawReturn] = {}
        self._foreign = executor
        cores = min(workers or os.cpu_count() or 1, MOST_WORKERS)
        self._workers = cores if len(self._jobs) > ONE_WORKER else 1
        chunks = _chunks(self._jobs, self._workers)
        self._pool: ProcessPoolExecutor | None = None
        self._futures: dict[Future[list[RawReturn]], list[int]] = {}
        if chunks:
            self._submit(chunks)

    def result(self) -> list[RawReturn]:
        """What was read, in the order of the entries; waits for it.

        Raises:
            Exception: a fault of this program in a worker, as it was there.
        """
        try:
            while self._futures:
                self._collect()
        finally:
            self.close()
        return [self._found[nth] for nth in range(len(self._jobs))]

    def close(self) -> None:
        """End the workers at once."""
        pool, self._pool = self._pool, None
        # Own futures are cancelled by their pool: a dying pool trips over one that already is.
        for future in self._futures if pool is None else ():
            future.cancel()
        self._futures = {}
        if pool is not None:
            _end(pool)

    def _submit(self, chunks: Sequence[list[int]]) -> None:
        if self._foreign is not None:
            submit, work = self._foreign.submit, read_chunk
        else:
            self._pool = _pool(self._workers)
            submit, work = self._pool.submit, _read_within_limit
        with workers_start():
            for chunk in chunks:
                jobs = [self._jobs[nth] for nth in chunk]
                self._futures[submit(work, jobs)] = chunk

    def _collect(self) -> None:
        """Take in what is finished; where nothing comes any more, read it here."""
        patience = None if self._foreign is None else CHUNK_FILES * MAX_SECONDS
        finished, _ = wait(self._futures, patience, FIRST_COMPLETED)
        if not finished:
            self._recover()
        for future in finished:
            try:
                found = future.result()
            except BrokenExecutor:
                self._recover()
                return
            except Exception:
                # An executor of others fails in its own ways (a killed worker, a lost machine).
                # A fault of this program comes again, and out, when the files are read here.
                if self._foreign is None:
                    raise
                self._one_by_one([self._futures.pop(future)])
            else:
                self._keep(self._futures.pop(future), found)

    def _keep(self, chunk: list[int], found: list[RawReturn]) -> None:
        self._found.update(zip(chunk, found, strict=True))
        self._done(len(chunk))

    def _recover(self) -> None:
        """After a worker died: what may have been under way one by one, the rest as before."""
        self._keep_finished()
        left = sorted(self._futures.values())
        self.close()
        self._foreign = None
        # Each worker holds a chunk, and one more than there are workers wait in its queue.
        suspects = 2 * self._workers + 1
        self._one_by_one(left[:suspects])
        if left[suspects:]:
            self._submit(left[suspects:])

    def _one_by_one(self, chunks: Sequence[list[int]]) -> None:
        with _OneByOne() as reader:
            for chunk in chunks:
                for nth in chunk:
                    self._keep([nth], [reader.read(self._jobs[nth])])

    def _keep_finished(self) -> None:
        for future, chunk in list(self._futures.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                self._keep(chunk, future.result())
                del self._futures[future]


class _OneByOne:
    """Reads single files in a worker that is replaced when it dies."""

    def __init__(self) -> None:
        self._pool = _pool(1)

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._pool)

    def read(self, job: Job) -> RawReturn:
        try:
            with workers_start():
                future = self._pool.submit(_read_within_limit, [job])
            return future.result()[0]
        except BrokenExecutor:
            _end(self._pool)
            self._pool = _pool(1)
            return _killed(job)


def _killed(job: Job) -> RawReturn:
    """What stands for a file that a worker died of."""
    path, name, _ = job
    try:
        digest = digest_of(load(path))
    except TroubleError:
        digest = ""
    return RawReturn(name, digest, Note("file-killed"))


def _end(pool: ProcessPoolExecutor) -> None:
    workers = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()


def _chunks(jobs: Sequence[Job], workers: int) -> list[list[int]]:
    """The places of the jobs, in runs of limited number and size: four or more for each worker."""
    most = max(1, min(CHUNK_FILES, len(jobs) // (4 * workers)))
    chunks: list[list[int]] = []
    size = 0
    for nth, (path, _, _) in enumerate(jobs):
        try:
            length = path.stat(follow_symlinks=False).st_size
        except OSError:
            length = 0
        if not chunks or len(chunks[-1]) == most or size + length > CHUNK_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(nth)
        size += length
    return chunks


def start_reading(
    entries: Sequence[Named],
    wanted: Wanted,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    on_done: Callable[[int], None] | None = None,
    also: Sequence[tuple[Named, Wanted]] = (),
) -> Reading:
    """Begin to read files in worker processes; `.result()` gives what `read_all` gives.

    Args:
        entries: the files to read.
        wanted: what to look for.
        workers: number of processes; one a core where None, and one for few files.
        executor: one to use in place of own worker processes.
        on_done: told the number of files each time some more have been read.
        also: further files in which something else is looked for; they come last in the result.
    """
    return Reading(entries, wanted, workers, executor, on_done, also)


def read_all(
    entries: Sequence[Named],
    wanted: Wanted,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    on_done: Callable[[int], None] | None = None,
) -> list[RawReturn]:
    """Read files; the result is in the order of the entries. A bad file never raises."""
    return Reading(entries, wanted, workers, executor, on_done).result()
