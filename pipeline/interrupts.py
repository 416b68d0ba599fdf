"""Ctrl-C is for the main process: it ends the run and says one line; workers say nothing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def workers_start() -> Iterator[None]:
    """Processes that are started meanwhile never see Ctrl-C, not even before their first line.

    Ctrl-C pressed meanwhile reaches the main process when it ends. Windows has no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
