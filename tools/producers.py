"""The template filled in through the writers of others, for `tests/data/producers/`.

    python -m tools.producers FOLDER [NODE_MODULES]

Each writer that is at hand writes the same ten claims; one that is missing is left out and said.
The program itself needs none of them.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline import layout
from pipeline.rulebook import Rulebook, load_rulebook

Rows = dict[str, list[list[Any]]]
BOOK = Path(__file__).resolve().parent.parent / "data" / "rulebook" / "2015"
CLAIMS = 2
"""On each sheet."""


def filled_in(rulebook: Rulebook) -> Rows:
    """Sheet → rows: the cover and the claims of one unit."""
    day = date(rulebook.year, 12, 20)
    cover = {layout.COVER_UNIT: rulebook.units[0], layout.COVER_YEAR: rulebook.year,
             layout.COVER_DATE: day}  # fmt: skip
    rows: Rows = {layout.COVER: [*map(list, cover.items())]}
    for sheet in rulebook.sheets:
        rows[sheet.name] = [[column.header for column in sheet.columns]]
        for nth, clause in enumerate(rulebook.clauses_of(sheet.name)[:CLAIMS]):
            given = {
                "clause": clause.id, "title": f"{sheet.name}事项{nth + 1}", "words": 800,
                "base": 100, "done": 110 + nth, "object": f"对象{nth + 1}",
                "date": date(rulebook.year, 6, 1 + nth),
            }  # fmt: skip
            rows[sheet.name].append([given.get(c.role, "附件1") for c in sheet.columns])
    return rows


def _openpyxl(path: Path, rows: Rows) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)


def _xlsxwriter(path: Path, rows: Rows) -> None:
    from xlsxwriter import Workbook

    with Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, lines in rows.items():
            sheet = book.add_worksheet(name)
            for row, line in enumerate(lines):
                sheet.write_row(row, 0, line)


def _xlwt(path: Path, rows: Rows) -> None:
    from xlwt import Workbook, easyxf

    book, day = Workbook(), easyxf(num_format_str="yyyy-mm-dd")
    for name, lines in rows.items():
        sheet = book.add_sheet(name)
        for row, line in enumerate(lines):
            for column, value in enumerate(line):
                style = (day,) if isinstance(value, date) else ()
                sheet.write(row, column, value, *style)
    book.save(str(path))


def _pyexcel_ods3(path: Path, rows: Rows) -> None:
    from pyexcel_ods3 import save_data

    save_data(str(path), rows)


def _pyexcelerate(path: Path, rows: Rows) -> None:
    from pyexcelerate import Workbook

    book = Workbook()
    for name, lines in rows.items():
        book.new_sheet(name, data=lines)
    book.save(str(path))


def _rustpy(path: Path, rows: Rows) -> None:
    from rustpy_xlsxwriter import write_worksheets

    sheets = [
        (name, [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]])
        for name, lines in rows.items()
    ]
    write_worksheets(sheets, str(path))


def _odfpy(path: Path, rows: Rows) -> None:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    for name, lines in rows.items():
        table = Table(name=name)
        for line in lines:
            row = TableRow()
            for value in line:
                kind: dict[str, object] = {"valuetype": "string"}
                if isinstance(value, date):
                    kind = {"valuetype": "date", "datevalue": value.isoformat()}
                elif isinstance(value, int):
                    kind = {"valuetype": "float", "value": value}
                cell = TableCell(**kind)
                cell.addElement(P(text=str(value)))
                row.addElement(cell)
            table.addElement(row)
        book.spreadsheet.addElement(table)
    book.save(str(path))


_SHEETJS = """
const book = X.utils.book_new();
for (const [name, lines] of Object.entries(rows))
  X.utils.book_append_sheet(book, X.utils.aoa_to_sheet(lines, {UTC: true}), name);
X.writeFile(book, path);
"""
_EXCELJS = """
const book = new X.Workbook();
for (const [name, lines] of Object.entries(rows)) book.addWorksheet(name).addRows(lines);
book.xlsx.writeFile(path);
"""


def _node(modules: Path, package: str, code: str) -> Callable[[Path, Rows], None]:
    def write(path: Path, rows: Rows) -> None:
        text = json.dumps(rows, default=lambda day: {"day": day.isoformat()}, ensure_ascii=False)
        script = (
            f"const X = require({json.dumps(str(modules / package))});\n"
            f"const path = {json.dumps(str(path))}, text = {json.dumps(text)};\n"
            "const rows = JSON.parse(text, (_, v) => v && v.day ? new Date(v.day) : v);\n" + code
        )
        subprocess.run(["node", "-e", script], check=True, env={"TZ": "UTC", "PATH": "/usr/bin"})

    return write


def _converted(*command: str) -> Callable[[Path, Rows], None]:
    """A program that saves anew what another wrote; names are put into its command."""

    def write(path: Path, rows: Rows) -> None:
        with TemporaryDirectory() as folder:
            source = Path(folder) / "first" / "source.xlsx"
            target = Path(folder) / f"source{path.suffix}"
            source.parent.mkdir()
            _openpyxl(source, rows)
            names = {"from": source, "to": target, "suffix": path.suffix[1:], "folder": folder}
            call = [part.format(**names) for part in command]
            subprocess.run(call, check=True, capture_output=True)
            shutil.move(target, path)

    return write


_OFFICE = _converted(
    "soffice", "--headless", "--convert-to", "{suffix}", "--outdir", "{folder}", "{from}"
)
_GNUMERIC = _converted("ssconvert", "{from}", "{to}")


def main() -> int:
    """Write with everything that is at hand."""
    folder, modules = Path(sys.argv[1]), Path(*sys.argv[2:3]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows = filled_in(load_rulebook(BOOK))
    exceljs, sheetjs = _node(modules, "exceljs", _EXCELJS), _node(modules, "xlsx", _SHEETJS)
    writers = {
        "openpyxl.xlsx": _openpyxl, "xlsxwriter.xlsx": _xlsxwriter, "xlwt.xls": _xlwt,
        "pyexcel-ods3.ods": _pyexcel_ods3, "pyexcelerate.xlsx": _pyexcelerate,
        "rust.xlsx": _rustpy, "odfpy.ods": _odfpy, "exceljs.xlsx": exceljs,
        **{f"sheetjs.{suffix}": sheetjs for suffix in ("xlsx", "xls", "ods", "xlsb")},
        **{f"libreoffice.{suffix}": _OFFICE for suffix in ("xlsx", "xls", "ods")},
        **{f"gnumeric.{suffix}": _GNUMERIC for suffix in ("xlsx", "xls", "ods")},
    }  # fmt: skip
    for name, write in writers.items():
        try:
            write(folder / name, rows)
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            print(f"{name}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
