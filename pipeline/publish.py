"""Outputs written whole or not at all: made in a folder of their own, then put in place.

`last-run.json` lists what a run made, with hashes: nothing else is ever replaced or removed. What a
person changed, or put where an output goes, is moved to `原有文件/`. The list is put in place last.
A run that is killed while it writes leaves the old outputs; one that is killed while it puts new
ones in place is finished by the next run. A failure half way is taken back.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, reason, say

RECORD, ASIDE, LOCK = "last-run.json", "原有文件", ".lock"
RANKING, SUMMARY, REVIEW, FEEDBACK = "ranking.xlsx", "summary.html", "review.xlsx", "feedback"
OWN_REVIEW = "上次的 review.xlsx"
"""The name under which rulings entered in the output folder's own worksheet are read."""
_NEW, _OLD, _READY = ".new-", ".old-", "ready"
_LOCKED_BYTE = 1 << 20
"""Beyond what stands in the file: on Windows nobody can read a byte that is locked."""


class OutputError(UserError):
    """Outputs that cannot be written: one line that says what became of the old ones."""


class _HalfError(Exception):
    """Some outputs are new, some old, and neither could be helped."""


def load_record(folder: Path) -> dict[str, Any]:
    """What the last run into a folder left for the next; {} where nothing can be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def files_made(folder: Path) -> dict[str, str]:
    """Name below the folder (with `/`) → SHA-256 of each file that the last run into it made."""
    files = load_record(folder).get("files")
    if not isinstance(files, dict):
        return {}
    return {name: mark for name, mark in files.items() if isinstance(mark, str) and _inside(name)}


def _inside(name: str) -> bool:
    """Whether a name from a record, which anybody may have written, stays in the folder."""
    return not {"", ".", ".."} & set(name.split("/")) and not set(name) & set("\\:\0")


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold an output folder, made where there is none, for one run.

    The lock is the system's own: it goes with the process, however that ends.

    Raises:
        OutputError: another run holds it, or the folder cannot be made or written.
    """
    made = not output.exists()
    try:
        output.mkdir(parents=True, exist_ok=True)
        handle = _take(output / LOCK)
    except (OSError, ValueError) as error:
        raise OutputError(f"结果写不进 {output}：{reason(error)}；原有结果没有改动") from error
    try:
        yield
    finally:
        # Windows removes no file that is open; elsewhere it goes while it is still held.
        if sys.platform == "win32":
            os.close(handle)
        with suppress(OSError):
            (output / LOCK).unlink()
        if sys.platform != "win32":
            os.close(handle)
        if made:
            with suppress(OSError):
                output.rmdir()  # only where nothing came of it


def _take(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(handle)
            if _same(handle, path):
                hide(path)
                os.ftruncate(handle, 0)
                line = f"进程 {os.getpid()}，{datetime.now():%Y-%m-%d %H:%M:%S} 开始"
                os.write(handle, line.encode())
                return handle
        except BlockingIOError as error:
            os.close(handle)
            who = path.read_text(encoding="utf-8", errors="replace")[:60] if path.exists() else ""
            raise OutputError(
                f"另一次运行正在写 {path.parent}（{who or '刚刚开始'}），请等它结束后再运行"
            ) from error
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the one before has just removed it


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from error
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):  # a place that knows no locks
                raise


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def hide(path: Path) -> None:
    """What is not for the clerk's eyes; elsewhere a dot before the name is enough."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetFileAttributesW(str(path), 2)


def write_whole(path: Path, content: bytes) -> None:
    """Write one file whole or not at all; nothing half made stays behind.

    Raises:
        OutputError: it cannot be written, for instance because it is open elsewhere.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        why = reason(error)
        if isinstance(error, PermissionError) and path.exists():
            by = "邮件程序" if path.suffix == ".eml" else " Excel、WPS "
            why = f"请先在{by}中关闭这个文件，再运行一次"
        raise OutputError(f"写不进 {path}：{why}") from error


@contextmanager
def publishing(output: Path, *, keeping: Sequence[str] = ()) -> Iterator[Path]:
    """A folder to write into; when the block ends, its files replace those of the last run.

    What the last run made and this one does not is removed, but for the files and folders of
    `keeping`. The folder is `locked`. Files of others that were in the way are named.

    Raises:
        OutputError: the folder cannot be made or written, or an output is open elsewhere.
    """
    staging, before = output / f"{_NEW}{os.getpid()}", _files(output / ASIDE)
    try:
        _finish_interrupted(output)
        staging.mkdir()
        hide(staging)
        try:
            yield staging
            _make_ready(output, staging, keeping)
            _Placing(output, staging).run()
        except _HalfError:
            raise  # all is kept: the next run puts the rest in place
        except BaseException:
            _remove(staging)
            raise
        _remove(staging)
    except OSError as error:
        raise OutputError(f"结果写不进 {output}：{reason(error)}；原有结果没有改动") from error
    except _HalfError as error:
        raise OutputError(
            f"{output} 里有的结果已是新的，有的还是原有的（{error}）："
            "请关闭正在打开的文件，再运行一次"
        ) from error
    if moved := [name for name in _files(output / ASIDE) if name not in before]:
        say(f"有人改过或另存在结果文件夹里的文件已移到“{ASIDE}”：{'、'.join(moved)}")


def _remove(staging: Path) -> None:
    shutil.rmtree(staging, ignore_errors=True)
    shutil.rmtree(_old_of(staging), ignore_errors=True)


def _old_of(staging: Path) -> Path:
    return staging.with_name(staging.name.replace(_NEW, _OLD))


def _make_ready(output: Path, staging: Path, keeping: Sequence[str]) -> None:
    """Write the record with its list of files, and the list of what goes."""
    made = files_made(output)
    kept = {name: mark for name, mark in made.items() if name.split("/")[0] in keeping}
    new = {name: digest(staging / name) for name in _files(staging) if name != RECORD}
    record = load_record(staging) or load_record(output)
    record["files"] = dict(sorted((kept | new).items()))
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (staging / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")
    gone = [name for name in made if name not in record["files"]]
    listed = staging / f"{_READY}.part"
    listed.write_text("\n".join(gone), encoding="utf-8")
    listed.replace(staging / _READY)  # there whole, or not at all


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _finish_interrupted(output: Path) -> None:
    """Put in place what a killed run had ready; throw away what it had not."""
    for staging in sorted(output.glob(f"{_NEW}*")):
        if (staging / _READY).exists():
            _Placing(output, staging).run()
        _remove(staging)
    for leftover in output.glob(f"{_OLD}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _is_ours(path: Path, mark: str | None) -> bool:
    """Whether a file is still as a run of the program made it."""
    return path.is_file() and not path.is_symlink() and digest(path) == mark


class _Placing:
    """Files on their way to their places, and for each step the moves that take it back."""

    def __init__(self, output: Path, staging: Path) -> None:
        self.output, self.staging, self.kept = output, staging, _old_of(staging)
        self.made = files_made(output)
        self.back: list[list[tuple[Path, Path]]] = []

    def run(self) -> None:
        """Every new file to its place, what goes removed; all taken back where one refuses."""
        gone = (self.staging / _READY).read_text(encoding="utf-8").splitlines()
        new = [name for name in _files(self.staging) if name not in (_READY, RECORD)]
        old = [name for name in gone if _is_ours(self.output / name, self.made.get(name))]
        last = [RECORD] if (self.staging / RECORD).exists() else []
        names = [*new, *old, *last]
        for target in (self.output / name for name in names):
            # Ask for the rights that replacing takes, of a file that may be open elsewhere.
            if target.is_file() and not target.is_symlink():
                target.rename(target)
                if not os.access(target, os.W_OK):
                    raise PermissionError(13, "read-only", str(target))
        try:
            for name in names:
                if name != RECORD:
                    self._clear_the_way(name)
                self._replace(name)
            for folder in (item for item in self.staging.rglob("*") if item.is_dir()):
                place = self.output / folder.relative_to(self.staging)
                place.mkdir(parents=True, exist_ok=True)
        except BaseException as error:  # Ctrl-C too
            self._take_back(error)
            raise
        for folder in {(self.output / name).parent for name in gone} - {self.output}:
            with suppress(OSError):
                folder.rmdir()  # where nothing is left in it

    def _clear_the_way(self, name: str) -> None:
        """Move aside what stands at an output's place and is not the program's."""
        place = self.output
        for part in name.split("/")[:-1]:
            place /= part
            if os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
                self._aside(place)
        target, new = self.output / name, self.staging / name
        if not os.path.lexists(target) or _is_ours(target, self.made.get(name)):
            return
        if not (new.is_file() and _is_ours(target, digest(new))):
            self._aside(target)

    def _aside(self, path: Path) -> None:
        below = path.relative_to(self.output)
        number, target = 1, self.output / ASIDE / below
        while os.path.lexists(target):
            number += 1
            target = target.with_name(f"{below.stem}（{number}）{below.suffix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        self.back.append([(target, path)])

    def _replace(self, name: str) -> None:
        target, new, kept = self.output / name, self.staging / name, self.kept / name
        if target.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            hide(self.kept)
            kept.unlink(missing_ok=True)
            try:
                os.link(target, kept)
            except OSError:
                shutil.copy2(target, kept)  # file systems without hard links
        if new.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            new.replace(target)
            self.back.append([(target, new), *([(kept, target)] if kept.exists() else [])])
        elif target.exists():
            target.unlink()
            self.back.append([(kept, target)])

    def _take_back(self, cause: BaseException) -> None:
        """Undo what was done, the last first, going on past what refuses: that stays new."""
        stuck = []
        for moves in reversed(self.back):
            try:
                for source, target in moves:
                    source.replace(target)
            except OSError:
                stuck.append(moves[-1][1].name)
        if stuck:
            raise _HalfError("、".join(dict.fromkeys(stuck))) from cause
