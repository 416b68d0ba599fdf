"""Workbooks in small: filled in, read as tables, any byte changed; a template's skeleton."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.reading.raw import Note, RawReturn, Wanted
from pipeline.reading.sheets import read_return

WANTED = Wanted(
    cover="封面",
    cover_labels=("单位名称", "填报年度"),
    sheets={
        "活动培训": ("条款", "活动名称", "活动日期", "通知"),
        "指标任务": ("条款", "指标", "基数", "完成数"),
    },
    clause_headers={"活动培训": "条款", "指标任务": "条款"},
    prefilled={"活动培训": (), "指标任务": ("条款", "指标")},
)
EVENTS, FIGURES = WANTED.sheets
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book() -> Workbook:
    """A return with two events (rows 2 and 3) and one untouched figure (row 2)."""
    made = Workbook()
    cover = made.active
    assert isinstance(cover, Worksheet)
    cover.title = "封面"
    cover.append(["单位名称", "舞阳县工商联"])
    cover.append(["填报年度：", 2015])
    events = made.create_sheet(EVENTS)
    events.append(list(WANTED.sheets[EVENTS]))
    events.append(["一.1", "学习会", "2015-03-01", "附件1"])
    events.append(["一.3", "讲座", "2015-04-01", "附件2"])
    figures = made.create_sheet(FIGURES)
    figures.append(list(WANTED.sheets[FIGURES]))
    figures.append(["五.1a", "会员总数增长率", None, None])
    lists = made.create_sheet("选项")
    lists.sheet_state = "hidden"
    lists.append(["模板版本", "2015-abc"])
    return made


def sheet(made: Workbook, name: str = EVENTS) -> Worksheet:
    found = made[name]
    assert isinstance(found, Worksheet)
    return found


def save(made: Workbook, path: Path) -> Path:
    made.save(path)
    return path


def fill_cover(made: Workbook, values: Mapping[str, object]) -> None:
    """Write on the cover, each value right of its label."""
    for cell in (cell for row in made["封面"].iter_rows() for cell in row):
        label = str(cell.value or "").rstrip("：: ")
        if label in values:
            cell.offset(column=1).value = values[label]


def fill_row(page: Any, row: int, values: Mapping[str, object]) -> None:
    """Write into a row, each value below its header in the first row; nothing for None and ``."""
    for cell in page[1]:
        if values.get(cell.value) not in (None, ""):
            page.cell(row, cell.column, values[cell.value])


def table(page: Any, *wanted: str) -> list[dict[str, Any]]:
    """The rows of a sheet, by header, below the first that holds these headers."""
    lines = page.iter_rows(values_only=True)
    headers = next((line for line in lines if set(wanted) <= set(line)), None)
    assert headers is not None, f"{page} has no header row with {wanted}"
    rows = [dict(zip(headers, line, strict=True)) for line in lines]
    return [row for row in rows if any(value not in (None, "") for value in row.values())]


def parts(source: Path | bytes) -> dict[str, bytes]:
    """What is in a workbook, however the machine's zlib packs it."""
    with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as package:
        return {name: package.read(name) for name in package.namelist()}


def read(path: Path) -> RawReturn:
    return read_return(path, path.name, WANTED)


def trouble(path: Path) -> Note:
    """Why nothing of a file is read."""
    found = read(path)
    assert found.trouble is not None
    assert (found.notes, found.cover, found.sheets) == ([], {}, {})
    return found.trouble


def repack(source: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The same file with each part changed, or left out where `change` gives None."""
    old = zipfile.ZipFile(io.BytesIO(source.read_bytes()))
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return source


def with_rows(path: Path, rows: str, *, after: str = "") -> Path:
    """A return whose events sheet has these rows, as XML, below its own."""

    def change(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/sheet2.xml":
            return data
        end = "</sheetData>"
        assert end.encode() in data
        return data.replace(end.encode(), f"{rows}{end}{after}".encode())

    return repack(save(book(), path), change)


def text_cell(ref: str, text: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'


def codes(found: RawReturn) -> list[str]:
    return [note.code for note in found.notes]


def note(found: RawReturn, code: str) -> Note:
    """The one note with this code."""
    (only,) = [note for note in found.notes if note.code == code]
    return only
