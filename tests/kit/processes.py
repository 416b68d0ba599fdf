"""The program as a process of its own, with everything that it starts: run, killed, measured."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EPOCH = "1452222000"
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def start(
    arguments: Sequence[object], code: str = "", before: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start the program at the head of a process group; `code` runs in it first.

    Args:
        arguments: of `python -m pipeline`.
        code: Python statements, run before the program in the same process.
        before: a command that starts the program.
    """
    run = "import runpy, sys; runpy.run_module('pipeline', run_name='__main__', alter_sys=True)"
    module = ["-c", f"{code}\n{run}"] if code else ["-m", "pipeline"]
    return subprocess.Popen(
        [*before, sys.executable, *module, *map(str, arguments)],
        cwd=ROOT, env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    status: int
    out: str
    err: str
    seconds: float
    peak: int = 0


def finish(process: subprocess.Popen[str], seconds: float = 120) -> Done:
    """Wait for a process and everything that it says."""
    began = time.monotonic()
    out, err = process.communicate(timeout=seconds)
    return Done(process.returncode, out, err, time.monotonic() - began)


def run(arguments: Sequence[object], code: str = "", before: Sequence[str] = ()) -> Done:
    return finish(start(arguments, code, before))


def group(leader: int) -> list[int]:
    """The processes of a group that are alive (only where there is a /proc)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def kill(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def memory(processes: Sequence[int]) -> int:
    """Bytes of real memory that processes hold together."""
    held = 0
    for pid in processes:
        try:
            held += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return held


def measured(arguments: Sequence[object]) -> Done:
    """Run the program; `peak` is the most memory that all its processes held at a time."""
    began, peak = time.monotonic(), 0
    with start(arguments) as process:
        while process.poll() is None:
            peak = max(peak, memory(group(process.pid)))
            time.sleep(0.02)
        out, err = process.communicate()
    return Done(process.returncode, out, err, time.monotonic() - began, peak)


def digests(folder: Path) -> Mapping[str, str]:
    """Name → hash of every file in a folder and below it."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
