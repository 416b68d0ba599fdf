"""A folder's files → `RawReturn`s, read in processes that no file can take the run down with.

A file that makes a process die costs that one file: all that it was given is read again, each
alone, and the file that kills again is named. A fault of this program in one file costs that file.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from pipeline.errors import UserError, say
from pipeline.isolate import LostError, Processes, last_resort
from pipeline.reading.discover import Entry
from pipeline.reading.guard import MAX_MEMORY, MAX_SECONDS, TroubleError, load
from pipeline.reading.raw import Note, RawReturn, Value, Wanted
from pipeline.reading.sheets import digest_of, read_return

CHUNK_FILES, CHUNK_BYTES = 16, 2 << 20
"""How much is handed over at once: enough that handing over costs nothing beside reading."""
ONE_PROCESS = 16
"""Up to so many files one process is done before a second has started."""
CLUSTER_PATIENCE = 20
"""Seconds to wait for the cluster's scheduler."""

Job = tuple[Path, str, Wanted]
"""A file, its name below the returns folder, and what to look for in it."""
_SHARED = (str, datetime, date)  # numbers would not do: 1 and 1.0 are equal and written otherwise


def read_chunk(jobs: Sequence[Job]) -> list[RawReturn]:
    """Read some files: what another process does. Equal texts and days are handed over once."""
    returns, known = [_read(job) for job in jobs], dict[Value, Value]()
    for sheet in (sheet for one in returns for sheet in one.sheets.values()):
        for header, values in sheet.cells.items():
            sheet.cells[header] = [
                known.setdefault(value, value) if type(value) in _SHARED else value
                for value in values
            ]
    return returns


def _read(job: Job) -> RawReturn:
    try:
        return read_return(*job)
    except Exception as fault:  # noqa: BLE001  # the last resort: one file never ends a run
        return _unread(job, "file-failed", last_resort(fault))


def _unread(job: Job, code: str, fault: str = "") -> RawReturn:
    """What stands for a file that could not be read."""
    path, name, _ = job
    try:
        digest = digest_of(load(path))
    except TroubleError:
        digest = ""
    return RawReturn(name, digest, Note(code), fault=fault)


class Reader:
    """Files on their way through the processes."""

    def __init__(
        self,
        entries: Sequence[Entry],
        wanted: Wanted,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        on_done: Callable[[int], None] | None = None,
        also: Sequence[tuple[Entry, Wanted]] = (),
    ) -> None:
        """Hand everything over and come back at once.

        Args:
            workers: number of processes; one a core where None, and one for few files.
            executor: one to use in place of own processes.
            on_done: told the number of files each time some more have been read.
            also: further files in which something else is looked for; they come last.
        """
        self._jobs: list[Job] = [(entry.path, entry.name, wanted) for entry in entries]
        self._jobs += [(entry.path, entry.name, other) for entry, other in also]
        self._done = on_done or (lambda files: None)
        self._found: dict[int, RawReturn] = {}
        self._own: Processes | None = None
        self._count = (workers or os.cpu_count() or 1) if len(self._jobs) > ONE_PROCESS else 1
        self._executor = executor
        chunks = _chunks(self._jobs, self._count)
        self._futures = {self._submit(chunk): chunk for chunk in chunks}

    def result(self) -> list[RawReturn]:
        """What was read, in the order of the files; waits for it. A bad file never raises.

        Raises:
            FaultError: the processes do not begin.
        """
        lost: list[int] = []
        try:
            while self._futures:
                self._collect(lost)
            for nth in lost:  # read here and alone before it is condemned
                try:
                    found = self._submit([nth], here=True).result()
                except LostError:
                    found = [_unread(self._jobs[nth], "file-killed")]
                self._keep([nth], found)
        finally:
            self.close()
        read = [self._found[nth] for nth in range(len(self._jobs))]
        for one in read:
            if one.fault:
                say(one.fault, fault=True)
        return read

    def close(self) -> None:
        """End the processes at once."""
        for future in self._futures:
            future.cancel()
        self._futures = {}
        if self._own is not None:
            self._own.close()
        self._own = None

    def _submit(self, chunk: Sequence[int], *, here: bool = False) -> Future[list[RawReturn]]:
        jobs = [self._jobs[nth] for nth in chunk]
        if self._executor is not None and not here:
            anywhere = [(path.absolute(), name, wanted) for path, name, wanted in jobs]
            return self._executor.submit(read_chunk, anywhere)
        if self._own is None:
            work = f"{__name__}:{read_chunk.__name__}"
            self._own = Processes(work, self._count, seconds=MAX_SECONDS, memory=MAX_MEMORY)
        return self._own.submit(jobs)

    def _collect(self, lost: list[int]) -> None:
        """Take in what is finished; where others fail in their ways, own processes read it."""
        patience = None if self._executor is None else CHUNK_FILES * MAX_SECONDS
        finished, _ = wait(self._futures, patience, FIRST_COMPLETED)
        if not finished:
            self._stand_in()
        for future in finished:
            try:
                found = future.result()
            except LostError:
                lost += self._futures.pop(future)
            except Exception:
                if future not in self._futures:
                    continue  # cancelled meanwhile, and stood in for
                if self._executor is None:
                    raise
                self._stand_in()
            else:
                chunk = self._futures.pop(future)
                if self._executor is not None and not all(one.sha256 for one in found):
                    lost += chunk  # others may not see a file that is there
                else:
                    self._keep(chunk, found)

    def _stand_in(self) -> None:
        """An executor of others is given up: own processes read what it has not read."""
        self._executor = None
        for future in list(self._futures):
            if future.done() and not future.cancelled() and future.exception() is None:
                continue
            future.cancel()
            chunk = self._futures.pop(future)
            self._futures[self._submit(chunk)] = chunk

    def _keep(self, chunk: Sequence[int], found: Sequence[RawReturn]) -> None:
        self._found.update(zip(chunk, found, strict=True))
        self._done(len(chunk))


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


@contextmanager
def on_cluster(address: str) -> Iterator[Executor | None]:
    """The executor of the Dask cluster at this address; None where the address is ''.

    Its workers see the returns under the same path and have this program installed.

    Raises:
        UserError: Dask is not installed, or nobody answers.
    """
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("没有装 Dask；请先安装附加项 cluster，或去掉 --cluster") from error
    try:
        client = Client(address, timeout=CLUSTER_PATIENCE)
    except (OSError, ValueError) as error:
        raise UserError(f"连不上 Dask 集群 {address}") from error
    with client:
        yield client.get_executor()
