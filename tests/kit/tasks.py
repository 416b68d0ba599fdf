"""What processes of the tests do: each way in which work can go wrong."""

import os
import re
import time


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
        return len(bytearray(int(much)))
    if kind == "fault":
        raise KeyError("a bug")
    if kind == "full":
        raise OSError(28, "full")
    return os.getpid()
