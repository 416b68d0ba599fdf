"""LibreOffice, as the tests use it: to convert, and so to open, recalculate and save."""

import re
import subprocess
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload
from xml.sax.saxutils import escape

import pandas as pd

_BASIC = """
Sub Treat(source, plain, edited, edits)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim kind(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  kind(0).Name = "FilterName" : kind(0).Value = "Calc MS Excel 2007 XML"
  book = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
  book.storeToURL(plain, kind())
  If edits = "" Then
    book.close(True)
    Exit Sub
  End If
  book.enableAutomaticCalculation(False)
  For Each edit In Split(edits, ";")
    part = Split(edit, ",")
    sheet = book.Sheets.getByName(part(0))
    sheet.unprotect("")
    If part(1) = "delete" Then
      sheet.Rows.removeByIndex(CLng(part(2)) - 1, 1)
    Else
      sheet.Rows.insertByIndex(CLng(part(2)) - 1, 1)
    End If
  Next
  book.calculate()
  book.enableAutomaticCalculation(True)
  book.storeToURL(edited, kind())
  book.close(True)
End Sub
Sub Main
  On Error GoTo Ended
{calls}
Ended:
  StarDesktop.terminate()
End Sub
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
 library:readonly="false" library:passwordprotected="false">{modules}</library:library>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Rows"
 script:language="StarBasic">{text}</script:module>
"""


@dataclass
class Edited:
    """One workbook to recalculate as it is, and again after rows were deleted and inserted.

    `edits` are (sheet, `delete` or `insert`, row), done one after the other; without any there is
    no second time.
    """

    source: Path
    plain: Path
    edited: Path
    edits: Sequence[tuple[str, str, int]]

    @property
    def made(self) -> list[Path]:
        """What is there when it is done."""
        return [self.plain, self.edited] if self.edits else [self.plain]


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

    def edit_rows(self, works: Iterable[Edited], timeout: float) -> None:
        """Have rows deleted and inserted as a person would: the formulas follow."""
        works = list(works)
        calls = []
        for work in works:
            places = (work.source.as_uri(), work.plain.as_uri(), work.edited.as_uri())
            edits = ";".join(",".join(map(str, edit)) for edit in work.edits)
            calls.append("  Treat " + ", ".join(f'"{text}"' for text in (*places, edits)))
        command = [self.program, "--headless", f"-env:UserInstallation={self.profile.as_uri()}"]
        library = self.profile / "user" / "basic" / "Standard"
        if not library.exists():  # the first start writes it anew, whatever lies there
            subprocess.run([*command, "--terminate_after_init"], check=False, timeout=120)
        text = escape(_BASIC.format(calls="\n".join(calls)))
        (library / "Rows.xba").write_text(_MODULE.format(text=text), "utf-8")
        element = '<library:element library:name="Rows"/>'
        (library / "script.xlb").write_text(_LIBRARY.format(modules=element), "utf-8")
        (library / "dialog.xlb").write_text(_LIBRARY.format(modules=""), "utf-8")
        started = [*command, "macro:///Standard.Rows.Main"]
        subprocess.run(started, capture_output=True, timeout=timeout, check=False)
        missing = [w.source.name for w in works if not all(map(Path.exists, w.made))]
        assert not missing, f"LibreOffice did not edit {missing}"

    def calculated(self, books: list[Path], folder: Path) -> list[dict[str, pd.DataFrame]]:
        """The cells of each book and sheet as LibreOffice calculates them, whatever is stored."""
        bare = [folder / f"bare-{book.name}" for book in books]
        for book, target in zip(books, bare, strict=True):
            with zipfile.ZipFile(book) as source, zipfile.ZipFile(target, "w") as copy:
                for item in source.infolist():
                    data = source.read(item)
                    if item.filename.startswith("xl/worksheets/sheet"):
                        data = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data)
                    copy.writestr(item, data)
        return [
            pd.read_excel(result, sheet_name=None, header=None, engine="calamine")
            for result in self(bare, "xlsx", folder / "calculated")
        ]
