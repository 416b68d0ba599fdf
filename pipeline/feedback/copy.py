"""One return's bytes → the marked copy that goes back to the unit, always .xlsx.

Works on bytes alone and knows nothing of scoring, so that it can run in a process of its own.
"""

import hashlib
import io
import warnings
import zipfile
from functools import cache

from openpyxl import Workbook
from openpyxl.reader.excel import ExcelReader

from pipeline import layout
from pipeline.feedback.extensions import restore_extensions
from pipeline.feedback.harmless import Stored, disarm, dropped
from pipeline.feedback.job import Copied, Job
from pipeline.feedback.marks import clear_marks, set_marks, sheet_named
from pipeline.feedback.rebuild import OWN, read_sheets, rebuild
from pipeline.feedback.sheet import add_sheet, remove_sheet
from pipeline.isolate import last_resort
from pipeline.ooxml import workbook_bytes
from pipeline.reading import guard

_MAX_UNPACKED = 24 * 2**20
"""Unpacked bytes up to which openpyxl is tried: it takes some 50 times that in memory."""
_MAX_MERGED = 200_000

_STRICT = b"purl.oclc.org"


def copy_once(order: tuple[Job, bool]) -> Copied:
    """Make a copy, from the values alone where the order says so: what a process of its own does.

    Raises:
        OSError: the copy cannot be written.
    """
    job, values_only = order
    try:
        make_copy(job, values_only=values_only)
    except guard.TroubleError:
        return Copied(False)  # the file has changed since it was read
    except (MemoryError, OSError):
        raise
    except Exception as fault:  # noqa: BLE001  # the last resort: one file never ends a run
        return Copied(False, last_resort(fault))
    return Copied(True)


def make_copy(job: Job, *, values_only: bool = False) -> None:
    """Write the marked copy of a return.

    Args:
        job: what to do.
        values_only: do not try openpyxl, build the workbook anew from the values.

    Raises:
        TroubleError: the return cannot be read (any more).
        OSError: the copy cannot be written.
    """
    data = guard.load(job.source)
    made = None if values_only else _from_original(job, data)
    job.target.write_bytes(made or _from_values(job, data))


def _from_original(job: Job, data: bytes) -> bytes | None:
    try:
        if not zipfile.is_zipfile(io.BytesIO(data)) or _unpacked(data) > _MAX_UNPACKED:
            return None
        if _merged(data) > _MAX_MERGED:
            return None
        return _finish(job, data, load(data), _remarks(data))
    except Exception:  # noqa: BLE001  # a stranger's file: whatever openpyxl trips over
        return None


def _unpacked(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return sum(info.file_size for info in package.infolist())


def _merged(data: bytes) -> int:
    """Cells in merged ranges: openpyxl makes an object of each."""
    return sum(
        (bottom - top + 1) * (right - left + 1)
        for sheet in read_sheets(data)
        for top, left, bottom, right in sheet.merges
    )


def _remarks(data: bytes) -> list[str]:
    left = dropped(data)
    return [f"为安全起见，本副本不含原文件里的{'、'.join(left)}。"] if left else []


def _from_values(job: Job, data: bytes) -> bytes:
    remark = "本副本按原文件的内容重新生成为 .xlsx，行列位置不变；请在本副本上修改后发回。"
    return _finish(job, data, rebuild(data, job.template), [remark])


def _finish(job: Job, data: bytes, workbook: Workbook, remarks: list[str]) -> bytes:
    clear_marks(workbook)
    remove_sheet(workbook)
    still = set_marks(workbook, job.marks)
    add_sheet(workbook, job, still, remarks)
    _name_source(workbook, data)
    return workbook_bytes(workbook, job.when)


def _name_source(workbook: Workbook, data: bytes) -> None:
    """Say which file a copy was made from, beside the template's stamp."""
    sheet = sheet_named(workbook, layout.LISTS)
    if sheet is None:
        sheet = workbook.create_sheet(layout.LISTS)
        sheet.sheet_state = "hidden"
    labels = (cell for cell in sheet[1] if cell.value == layout.SOURCE_LABEL)
    column = next((cell.column for cell in labels), max(sheet.max_column + 1, 4))
    sheet.cell(1, column).value = layout.SOURCE_LABEL
    sheet.cell(1, column + 1).value = hashlib.sha256(data).hexdigest()


def load(data: bytes) -> Workbook:
    """An .xlsx with everything live taken out; raises whatever openpyxl does where it is broken."""
    with zipfile.ZipFile(io.BytesIO(data)) as package, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = ExcelReader(io.BytesIO(data), keep_vba=False, keep_links=False)
        reader.read()
        restore_extensions(reader, package)
    workbook: Workbook = reader.wb
    if _STRICT in (workbook.loaded_theme or b""):
        workbook.loaded_theme = None  # of the strict kind, which a transitional file may not hold
    disarm(workbook, cache(lambda: _stored(data)), OWN)
    return workbook


def _stored(data: bytes) -> Stored:
    return {
        (sheet.name, *place): value
        for sheet in read_sheets(data)
        for place, value in sheet.cells.items()
    }
