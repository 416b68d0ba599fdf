"""What processes of the tests do: each way in which work can go wrong."""

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


def work(task: tuple[str, float]) -> object:
    """Do what the first says, the second says how much."""
    kind, much = task
    if kind == "die":
        os._exit(3)
    if kind == "hold":  # the interpreter, as a parser does: no thread could end it
        re.match("(a|a)+b", "a" * 60)
    if kind == "sleep":
        time.sleep(much)
    if kind == "fill":
        held = b"x" * int(much)
        time.sleep(60)
        return len(held)
    if kind == "fault":
        raise KeyError("a bug")
    if kind == "full":
        raise OSError(28, "full")
    return os.getpid()


class Failing(Executor):
    """An executor whose work fails, each time or always after the first."""

    def __init__(self, fault: type[Exception]) -> None:
        self.fault = fault

    def submit(self, fn: Callable[..., Any], /, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(self.fault("lost"))
        return future
