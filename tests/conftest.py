"""What the tests share: the rulebook, LibreOffice, Chromium and the folder of the project."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import overload

import pytest

from pipeline.rulebook import Rulebook, load_rulebook

ROOT = Path(__file__).resolve().parent.parent


def _program(*names: str) -> str:
    """The first of these programs that is installed; without any, skip, but fail in CI."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = f"未安装 {names[0]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Office:
    """LibreOffice without a screen, with a profile of its own."""

    def __init__(self, program: str, profile: Path) -> None:
        self.program = program
        self.profile = profile

    @overload
    def __call__(self, source: Path, suffix: str, folder: Path) -> Path: ...
    @overload
    def __call__(self, source: list[Path], suffix: str, folder: Path) -> list[Path]: ...
    def __call__(self, source: Path | list[Path], suffix: str, folder: Path) -> Path | list[Path]:
        """Convert (and recalculate) one or many files into a folder.

        `suffix` is that of the result, with or without its dot, e.g. `pdf` or `.ods`.
        """
        sources = source if isinstance(source, list) else [source]
        suffix = suffix.removeprefix(".")
        folder.mkdir(parents=True, exist_ok=True)
        command = [self.program, "--headless", f"-env:UserInstallation={self.profile.as_uri()}"]
        command += ["--convert-to", suffix, "--outdir", str(folder), *map(str, sources)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
        results = [folder / f"{path.stem}.{suffix.split(':')[0]}" for path in sources]
        missing = [path.name for path in results if not path.exists()]
        assert not missing, f"LibreOffice made no {missing}: {done.stdout} {done.stderr}"
        return results if isinstance(source, list) else results[0]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The bundled rulebook."""
    return load_rulebook(ROOT / "data" / "rulebook" / "2015")


@pytest.fixture(scope="session")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """`soffice(path or paths, suffix, folder)` → the converted path or paths."""
    return Office(_program("soffice", "libreoffice"), tmp_path_factory.mktemp("office-profile"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return _program("chromium", "chromium-browser", "google-chrome")
