"""A folder → everything that lies in it and below, each with what it is."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.layout import RETURN_SUFFIXES

Kind = Literal["return", "lock", "hidden", "other", "link", "special", "folder"]


@dataclass(frozen=True)
class Entry:
    """Something that lies in the returns folder.

    Attributes:
        path: where it is.
        name: below the returns folder, with `/`; always encodable, so that it can be shown.
        kind: `return` (to be read), `lock` (~$), `hidden` (also a whole hidden folder), `other`
            (a file of another suffix), `link`, `special` (FIFO, device, a folder that cannot be
            opened), `folder` (a folder named like a workbook; what lies in it is listed too).
    """

    path: Path
    name: str
    kind: Kind


def discover(folder: Path, exclude: Path | None = None) -> list[Entry]:
    """Everything in a folder and below it but for what is in `exclude`, by name.

    Links are reported and never followed.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    root = folder.resolve()
    skip = exclude.resolve() if exclude else None
    found = list(_walk(root, skip))
    names = Counter(entry.name for entry in found)
    for at, entry in enumerate(found):
        chinese = _in_chinese(entry.path.relative_to(root).as_posix())
        if chinese and not names[chinese]:
            found[at] = replace(entry, name=chinese)
            names[chinese] += 1
    return sorted(found, key=lambda entry: entry.name)


def _walk(root: Path, skip: Path | None) -> Iterator[Entry]:
    """Folder by folder, without recursion: folders may lie deeper than calls may."""
    with os.scandir(root) as listing:
        waiting = list(listing)
    while waiting:
        item = waiting.pop()
        path = Path(item.path)
        if path == skip:
            continue
        kind = _kind(item)
        name = _shown(path.relative_to(root).as_posix())
        if kind is not None:
            yield Entry(path, name, kind)
        if kind in (None, "folder"):
            try:
                with os.scandir(path) as listing:
                    waiting += listing
            except OSError:
                yield Entry(path, name, "special")


def _kind(item: os.DirEntry[str]) -> Kind | None:
    """What an item is; None is a folder to look into."""
    try:
        status = item.stat(follow_symlinks=False)
    except OSError:
        return "special"
    mode = status.st_mode
    junction = getattr(status, "st_reparse_tag", 0) == getattr(
        stat, "IO_REPARSE_TAG_MOUNT_POINT", -1
    )
    if stat.S_ISLNK(mode) or junction:
        return "link"
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        return "special"
    if item.name.startswith("."):
        return "hidden"
    like_a_return = item.name.lower().endswith(RETURN_SUFFIXES)
    if stat.S_ISDIR(mode):
        return "folder" if like_a_return else None
    if item.name.startswith("~$"):
        return "lock"
    return "return" if like_a_return else "other"


def _in_chinese(name: str) -> str:
    """A name whose bytes are the Chinese of old Windows, as an old archive leaves them; else ''."""
    try:
        name.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeDecodeError):
            return "/".join(
                part if _shown(part) == part else os.fsencode(part).decode("gb18030")
                for part in name.split("/")
            )
    return ""


def _shown(name: str) -> str:
    """A name that can be written out: bytes that are no text stand as `\\xff`."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name
