"""LibreOffice, as the tests use it: to convert, and so to open, recalculate and save."""

import re
import subprocess
import zipfile
from pathlib import Path
from typing import overload

import pandas as pd


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

    def calculated(self, book: Path, folder: Path) -> dict[str, pd.DataFrame]:
        """The cells of each sheet as LibreOffice calculates them, without the stored results."""
        bare = folder / f"bare-{book.name}"
        with zipfile.ZipFile(book) as source, zipfile.ZipFile(bare, "w") as copy:
            for item in source.infolist():
                data = source.read(item)
                if item.filename.startswith("xl/worksheets/sheet"):
                    data = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data)
                copy.writestr(item, data)
        result = self(bare, "xlsx", folder / "calculated")
        sheets: dict[str, pd.DataFrame] = pd.read_excel(
            result, sheet_name=None, header=None, engine="calamine"
        )
        return sheets
