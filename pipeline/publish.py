"""Outputs written whole or not at all: made in a folder of their own, then put in place.

A run that is killed while it writes leaves the old outputs; one that is killed while it puts new
ones in place is finished by the next run. A failure half way is rolled back.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError


class OutputError(UserError):
    """Outputs that cannot be written: one line; what was there before is untouched."""


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NEW, _OLD, _READY, _LISTED = ".new", ".old", "ready", "ready.part"


@contextmanager
def publishing(output: Path, *, gone_unless_made: Sequence[str] = ()) -> Iterator[Path]:
    """A folder to write into; when the block ends, its files replace those in `output`.

    Args:
        output: where the outputs stand.
        gone_unless_made: names in `output` that go when the block ends without making them anew.

    Raises:
        OutputError: the folder cannot be made or written, or an output is open elsewhere.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        _finish_interrupted(output)
        staging = output / _NEW
        staging.mkdir()
    except OSError as error:
        raise OutputError(_line(output, error)) from error
    try:
        yield staging
        gone = [name for name in gone_unless_made if not (staging / name).exists()]
        (staging / _LISTED).write_text("\n".join(gone), encoding="utf-8")
        (staging / _LISTED).replace(staging / _READY)  # there whole, or not at all
        _put_in_place(output)
    except OSError as error:
        raise OutputError(_line(output, error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(output / _OLD, ignore_errors=True)


def _line(output: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        why = "没有写入权限，或文件正在 Excel、WPS 中打开，请关闭后再运行一次"
    elif isinstance(error, FileExistsError | NotADirectoryError):
        why = "这个位置已有一个同名的文件"
    elif error.errno in _FULL:
        why = "磁盘空间不足"
    else:
        why = error.strerror or str(error)
    return f"结果写不进 {output}：{why}；原有结果没有改动"


def _finish_interrupted(output: Path) -> None:
    """Put in place what a killed run had ready; throw away what it had not."""
    staging = output / _NEW
    if (staging / _READY).exists():
        for name in _names(staging):
            target = output / name
            if target.is_dir():
                shutil.rmtree(target)
            _put_or_remove(target, staging / name)
    for leftover in (staging, output / _OLD):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(output: Path) -> None:
    old = output / _OLD
    old.mkdir()
    done: list[str] = []
    try:
        for name in _names(output / _NEW):
            target = output / name
            _keep(target, old / name)
            done.append(name)
            _put_or_remove(target, output / _NEW / name)
    except OSError:
        for name in reversed(done):
            _restore(old / name, output / name)
        raise


def _names(staging: Path) -> list[str]:
    """What is to be put in place or to go."""
    gone = (staging / _READY).read_text(encoding="utf-8").splitlines()
    return sorted({*(item.name for item in staging.iterdir()), *gone} - {_READY})


def _put_or_remove(target: Path, new: Path) -> None:
    """Put a new output in place; without one the old goes."""
    if new.exists():
        new.replace(target)
    else:
        target.unlink(missing_ok=True)


def _keep(target: Path, kept: Path) -> None:
    """Keep the old output until all new ones are in place."""
    if target.is_dir():
        target.replace(kept)
    elif target.exists():
        try:
            os.link(target, kept)
        except OSError:
            # File systems without hard links.
            shutil.copy2(target, kept)


def _restore(kept: Path, target: Path) -> None:
    if kept.exists():
        if target.is_dir():
            shutil.rmtree(target)
        kept.replace(target)
    elif target.exists() and not target.is_dir():
        target.unlink()
    elif target.is_dir():
        shutil.rmtree(target)
