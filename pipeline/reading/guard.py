"""What a return may cost, what it really is, and the line between its faults and ours.

Every limit stands here once, with its reason. A healthy return has about 50 KB, 0.5 MB unpacked,
and is read in a few milliseconds.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from pipeline.reading.raw import Note

MAX_FILE = 64 << 20
"""Bytes of a file: a thousand healthy returns; pasted photographs still fit."""
MAX_UNPACKED = 128 << 20
"""Bytes of the parts that are read, unpacked and without empty rows, in one file: two workers
that hold that much twice at once stay below 1 GB."""
MAX_INFLATED = 1 << 30
"""Bytes that one part may give while it is unpacked: a million bordered rows of twenty cells
still pass; more is time lost."""
MAX_PARTS = 20_000
"""Files inside a workbook: each costs memory before anything is read."""
MAX_CELLS = 1_000_000
"""Cells of a sheet between A1 and the last one with content, five hundred times a healthy sheet:
a reader that holds a rectangle needs about 100 bytes for each. Sheets that are larger but nearly
empty are closed up first."""
MAX_SECONDS = 15
"""Seconds for a file: a healthy one takes a thousandth; a day's work must not wait for one."""
MAX_MEMORY = 1 << 30
"""Bytes that a worker may hold."""


class TroubleError(Exception):
    """A file that cannot be read, and the finding that says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        """A code of the catalogue and, in Chinese, what its sentence names."""
        super().__init__(code, detail)
        self.note = Note(code, details={"detail": detail} if detail else {})


_OF_PARSERS: tuple[type[BaseException], ...] = (
    BadZipFile, ExpatError, zlib.error, struct.error, UnicodeError, NotImplementedError,
)  # fmt: skip


@contextmanager
def hostile(what: str, *faults: type[BaseException]) -> Iterator[None]:
    """The one place where what a parser says about hostile bytes becomes a finding.

    Only calls into parsers stand inside; a fault of this program goes through as it is.

    Args:
        what: which part was being read, in Chinese, for the finding.
        faults: exception classes of this parser besides those that all may raise.

    Raises:
        TroubleError: file-damaged, or file-killed where memory ran out.
    """
    try:
        yield
    except TroubleError:
        raise
    except MemoryError as error:
        raise TroubleError("file-killed") from error
    except BaseException as error:
        # A panic of a Rust library derives from BaseException and has no importable class.
        panic = type(error).__name__ == "PanicException"
        if not panic and not isinstance(error, _OF_PARSERS + faults):
            raise
        raise TroubleError("file-damaged", what) from error


def load(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        TroubleError: file-unreadable, file-not-followed or file-too-big.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise TroubleError("file-not-followed", "不是普通文件")
            if status.st_size > MAX_FILE:
                raise TroubleError("file-too-big", f"{status.st_size / (1 << 20):.0f} MB")
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise TroubleError("file-unreadable", _SYSTEM.get(type(error), "系统不允许打开")) from error
    return data


_SYSTEM: dict[type[OSError], str] = {
    PermissionError: "没有读取权限，或被别的程序占用",
    FileNotFoundError: "文件已不在原处",
    IsADirectoryError: "是文件夹",
}
