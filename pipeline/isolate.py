"""Work that may be lost: done in processes that can stall, fill the memory or die, and be replaced.

A task is condemned by the time that its own process has worked, never by the clock of a busy
machine, or by the memory that this process holds. Both are looked at from outside: parsers hold the
interpreter while they work.
"""

import atexit
import errno
import math
import os
import pkgutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from functools import partial
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

RAISE = "PIPELINE_RAISE_FAULTS"
"""Set in the environment, a fault of the program in one file ends the run: for those who look for
such faults. Else it costs that file alone."""
_PATIENCE = 10
"""How often the limit on working time may pass on the clock before a task counts as asleep."""
_LOOK = 0.1
"""Seconds between two looks at what a process has used."""
MOST_PROCESSES = 61
"""More cannot be waited for on Windows."""
_WRITERS = 8
"""Processes that make calls meanwhile, at most: each holds what it writes."""
Later = Callable[..., None]
"""`later(work, *arguments)` makes the call, sooner or later; what it gives is lost."""


class LostError(Exception):
    """The process did not live to the end of its task."""


class FaultError(Exception):
    """The program has a fault; holds the traceback of the process."""


def last_resort(fault: Exception) -> str:
    """The traceback of a fault of the program in one file; raised anew where `RAISE` is set."""
    if os.environ.get(RAISE):
        raise fault
    return "".join(traceback.format_exception(fault))


class Processes:
    """Processes of which each does one task after another.

    Ctrl-C is for the main process: these never see it, and end with it at the latest.
    """

    def __init__(self, work: str, count: int, *, seconds: float, memory: int) -> None:
        """Start them.

        Args:
            work: the function, as `module:name`; only the processes import it.
            seconds: working time that a task may take.
            memory: bytes that a process may hold.
        """
        self.work, self.seconds, self.memory = work, seconds, memory
        self._tasks: SimpleQueue[tuple[Any, Future[Any]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._alive: set[Any] = set()
        count = max(1, min(count, MOST_PROCESSES))
        if hasattr(signal, "pthread_sigmask"):
            # Else it begins in a thread that blocks Ctrl-C, and lets it through again there.
            resource_tracker.ensure_running()
        atexit.register(self.close)  # Ctrl-C may come before anybody holds this
        self._threads = [threading.Thread(target=self._attend, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Any) -> Future[Any]:
        """Have a task done; the future raises LostError, FaultError, or OSError as the work did."""
        future: Future[Any] = Future()
        self._tasks.put((task, future))
        return future

    def close(self) -> None:
        """End the processes at once; what was not done is lost."""
        with self._lock:
            self._closed = True
            for process in self._alive:
                process.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join()
        atexit.unregister(self.close)

    def _attend(self) -> None:
        """Hand tasks to one process, and to another where it is lost: all that a thread does."""
        if hasattr(signal, "pthread_sigmask"):
            # What starts from here never sees Ctrl-C, not even before its first line.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        with _Process(self) as process:
            while (item := self._tasks.get()) is not None:
                task, future = item
                if self._closed or not future.set_running_or_notify_cancel():
                    future.cancel()
                    continue
                try:
                    future.set_result(process.do(task))
                except Exception as error:  # noqa: BLE001  # for whoever asks for the result
                    future.set_exception(error)


def at_once(work: Callable[..., Any], *arguments: Any) -> None:
    """`Later` that does not wait."""
    work(*arguments)


@contextmanager
def meanwhile(*, worth: bool) -> Iterator[Later]:
    """Calls are made in other processes while the block goes on, and are done when it ends.

    They are made at once where other processes are not `worth` their start, or there is one core.

    Raises:
        OSError: as the calls did, or a process was lost.
    """
    count = min(os.cpu_count() or 1, _WRITERS)
    if not worth or count == 1:
        yield at_once
        return
    begun: list[Future[Any]] = []
    work = f"{__name__}:_call"
    with closing(Processes(work, count, seconds=math.inf, memory=sys.maxsize)) as processes:
        yield lambda work, *given: begun.append(processes.submit(partial(work, *given)))
        for future in begun:
            try:
                future.result()
            except LostError as error:
                raise OSError(errno.ENOMEM, "a process was lost") from error


def _call(work: Callable[[], Any]) -> None:
    work()


class _Process:
    """One process, begun anew where it was lost."""

    def __init__(self, owner: Processes) -> None:
        self._owner = owner
        self._process: Any = None
        self._pipe: Connection
        self._ready = False

    def __enter__(self) -> "_Process":
        with suppress(OSError, EOFError):
            self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def do(self, task: Any) -> Any:
        try:
            if self._process is None:
                self._begin()
            if not self._ready:
                self._ready = self._pipe.recv()
            self._pipe.send(task)
            self._wait()
            fine, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            began = self._ready
            self._end()
            if began or self._owner._closed:
                raise LostError from error
            raise FaultError("a process that should work on files did not begin") from error
        if fine:
            return answer
        raise answer if isinstance(answer, OSError) else FaultError(answer)

    def _wait(self) -> None:
        """Until there is an answer.

        Raises:
            EOFError: the process is gone, or the task has had its time or its memory.
        """
        import psutil  # here: the processes themselves start without it

        owner = self._owner
        try:
            used = psutil.Process(self._process.pid)
            began, start = sum(used.cpu_times()[:2]), time.monotonic()
            while not self._pipe.poll(_LOOK):
                held = used.memory_info()
                # Windows takes resident memory away where it is short, whoever still claims it.
                memory = held.vms if sys.platform == "win32" else held.rss
                worked, passed = sum(used.cpu_times()[:2]) - began, time.monotonic() - start
                if memory > owner.memory or worked > owner.seconds:
                    raise EOFError
                if passed > _PATIENCE * owner.seconds:
                    raise EOFError
        except psutil.Error as error:
            raise EOFError from error

    def _begin(self) -> None:
        owner = self._owner
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._ready = False
        with owner._lock:
            if owner._closed:
                raise EOFError
            process = context.Process(target=_serve, args=(theirs, owner.work), daemon=True)
            process.start()
            self._process = process
            owner._alive.add(process)
        theirs.close()

    def _end(self) -> None:
        if self._process is None:
            return
        with self._owner._lock:
            self._owner._alive.discard(self._process)
            self._process.kill()
        self._process.join()
        self._process = None
        self._pipe.close()


def _serve(pipe: Connection, name: str) -> None:
    """What runs in the process: one task after another, until the main process wants no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a library's last words are nobody's business
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work = pkgutil.resolve_name(name)
    with suppress(EOFError, BrokenPipeError):
        pipe.send(True)
        while True:
            task = pipe.recv()
            answer: tuple[bool, Any]
            try:
                answer = True, work(task)
            except MemoryError:
                os._exit(1)
            except OSError as error:
                answer = False, error
            except Exception:  # noqa: BLE001  # told to the main process, which raises it
                answer = False, traceback.format_exc()
            pipe.send(answer)


def _end_with_parent() -> None:
    """Where the main process is killed nobody ends these: they would wait for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
