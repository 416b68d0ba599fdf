"""One return's bytes → the marked copy that goes back to the unit, always .xlsx.

Works on bytes alone and knows nothing of scoring, so that it can run in a process of its own.
"""

import hashlib
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import openpyxl
from openpyxl import Workbook
from openpyxl.cell import MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.packaging.core import DocumentProperties
from openpyxl.packaging.custom import CustomPropertyList
from openpyxl.packaging.relationship import RelationshipList, get_rels_path
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring, tostring

from pipeline import layout
from pipeline.feedback.job import Copied, Job
from pipeline.feedback.marks import (
    NO_RESULT,
    ErrorValue,
    add_sheet,
    clear_cells,
    clear_marks,
    put,
    set_marks,
    sheet_named,
)
from pipeline.forms.entry import entry_cell, page_header, workbook_bytes
from pipeline.isolate import last_resort
from pipeline.reading import guard
from pipeline.reading.formats import open_book
from pipeline.reading.formats.package import stored as packed
from pipeline.reading.raw import ERROR, Grid, Range
from pipeline.text import clean, fold, fold_label, sheet_name

_MAX_UNPACKED = 24 * 2**20
"""Unpacked bytes up to which openpyxl is tried: it takes some 50 times that in memory."""
_MAX_MERGED = 200_000
"""Cells in merged ranges up to which it is tried: it makes an object of each."""
_MAX_AREA = 500_000
"""Cells between A1 and the last of a sheet, up to which it is tried: walking makes each of them."""
_LARGEST_MERGE = 10_000
"""Cells of a range that is merged in a copy made from values: no form merges more."""
_RESULTS = re.compile(rb'<row\b[^<>]*\br="3".*</sheetData>', re.DOTALL)
"""On the backstage, whose formulas stand in row 2."""
_RELATED = ("comments", "hyperlink", "table")
"""What a sheet of a copy may be related to."""
_STRICT = b"purl.oclc.org"
_REMADE = "本副本按原文件的内容重新生成为 .xlsx，行列位置不变；请在本副本上修改后发回。"
_DROPPED_PARTS = {
    "xl/vbaProject": "宏",
    "xl/macrosheets/": "宏",
    "xl/externalLinks/": "指向其他文件的链接",
    "xl/connections": "外部数据连接",
    "xl/media/": "图片",
    "xl/charts/": "图表",
    "xl/pivotTables/": "数据透视表",
    "xl/embeddings/": "嵌入的文件",
    "xl/activeX/": "控件",
    "xl/ctrlProps/": "控件",
}


def copy_once(job: Job) -> Copied:
    """Make a copy: what a process of its own does. Raises OSError where it cannot be written."""
    try:
        make_copy(job)
    except guard.TroubleError:
        return Copied(False)  # the file has changed since it was read
    except (MemoryError, OSError):
        raise
    except Exception as fault:  # noqa: BLE001  # the last resort: one file never ends a run
        return Copied(False, last_resort(fault))
    return Copied(True)


def make_copy(job: Job) -> None:
    """Write the marked copy of a return.

    Raises:
        TroubleError: the return cannot be read (any more).
        OSError: the copy cannot be written.
    """
    data = guard.load(job.source)
    made = None if job.values_only else _from_original(job, data)
    job.target.write_bytes(made or _finish(job, data, _rebuild(data, job.template), _REMADE))


def _from_original(job: Job, data: bytes) -> bytes | None:
    """The copy made from the workbook itself; None where openpyxl is not up to it."""
    try:
        if not zipfile.is_zipfile(io.BytesIO(data)):
            return None
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = {info.filename: info.file_size for info in package.infolist()}
        if sum(parts.values()) > _MAX_UNPACKED:
            return None
        sources = _read(data)
        merged = sum(_size(merge) for source in sources for merge in source.merges)
        if merged > _MAX_MERGED:
            return None
        words = (w for part, w in _DROPPED_PARTS.items() if any(n.startswith(part) for n in parts))
        dropped = "、".join(dict.fromkeys(words))
        remark = f"为安全起见，本副本不含原文件里的{dropped}。" if dropped else ""
        workbook = load(data, sources)
        clear_cells(workbook)
        if len(workbook.sheetnames) < len(sources):
            return None  # openpyxl passes over the sheets of a strict workbook without a word
        return _finish(job, data, workbook, remark)
    except Exception:  # noqa: BLE001  # a stranger's file: whatever openpyxl trips over
        return None


def _finish(job: Job, data: bytes, workbook: Workbook, remark: str) -> bytes:
    clear_marks(workbook)
    still = set_marks(workbook, job.marks)
    for name in {layout.LISTS, layout.BACKSTAGE} & set(workbook.sheetnames):
        workbook[name].sheet_state = "hidden"  # gnumeric saves every sheet of an .xlsx as shown
    add_sheet(workbook, job, still, remark)
    for sheet in workbook.worksheets if job.title else ():
        header = sheet.oddHeader.center
        if header.text and header.text.endswith(page_header("", sheet)):
            # The template's: it names the unit, for no cell can be shown in a header.
            header.text = page_header(job.title, sheet)
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


def load(data: bytes, sources: "Sequence[_Source]") -> Workbook:
    """An .xlsx with everything live taken out; `sources` have the stored results of formulas.

    It raises whatever openpyxl does where the workbook is broken.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = _without_objects(data)
        reader = ExcelReader(io.BytesIO(packed(parts)), keep_vba=False, keep_links=False)
        reader.read()
        _restore_extensions(reader, parts)
    workbook: Workbook = reader.wb
    if any(sheet.max_row * sheet.max_column > _MAX_AREA for sheet in workbook.worksheets):
        raise ValueError("a cell that lies far out: the copy is made from the values")
    if _STRICT in (workbook.loaded_theme or b""):
        workbook.loaded_theme = None  # of the strict kind, which a transitional file may not hold
    stored = cache(lambda: {(s.name, *p): v for s in sources for p, v in s.cells.items()})
    _disarm(workbook, stored)
    return workbook


def _without_objects(data: bytes) -> dict[str, bytes]:
    """The parts of an .xlsx whose sheets know of no pictures, charts and pivot tables.

    Nor of what the template's backstage has calculated, 100,000 cells: where a spreadsheet program
    saved it they are most of the work, and a copy calculates anew.
    """
    reader = ExcelReader(io.BytesIO(data))
    reader.read_manifest()
    reader.read_workbook()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for sheet, relation in reader.parser.find_sheets():
        if sheet.name == layout.BACKSTAGE:
            parts[relation.target] = _RESULTS.sub(b"</sheetData>", parts[relation.target])
        if (path := get_rels_path(relation.target)) in parts:
            related = RelationshipList.from_tree(fromstring(parts[path]))
            kept = [one for one in related if one.Type.rpartition("/")[2] in _RELATED]
            parts[path] = tostring(RelationshipList(kept).to_tree())
    return parts


# Everything live taken out: values, looks and rules stay ------------------------------------------
#
# The copy is opened by people who trust the office, so nothing that a stranger put in may run,
# fetch or point outside.

# Functions that only calculate with the workbook's own cells. A list of what is allowed, because
# spreadsheet programs keep adding functions that fetch (WEBSERVICE, IMAGE, RTD, CALL, PY …).
_NAMES = """
    ABS AND ASC AVERAGE CEILING CHAR CHOOSE CODE COLUMN COLUMNS CONCATENATE COUNT COUNTA
    COUNTBLANK COUNTIF COUNTIFS DATE DATEVALUE DAY DAYS EDATE EXACT FALSE FIND FLOOR FREQUENCY
    HLOOKUP IF IFERROR IFNA INDEX INT ISBLANK ISERR ISERROR ISEVEN ISLOGICAL ISNA ISNONTEXT
    ISNUMBER ISODD ISTEXT LARGE LEFT LEN LOOKUP LOWER MATCH MAX MEDIAN MID MIN MOD MONTH N NA NOT
    OFFSET OR PRODUCT QUOTIENT RANK REPLACE REPT RIGHT ROUND ROUNDDOWN ROUNDUP ROW ROWS SEARCH SIGN
    SMALL SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT T TEXT TRIM TRUE TRUNC TYPE UPPER VALUE
    VLOOKUP YEAR
"""
_CALCULATING = frozenset(_NAMES.split())
# Text constants and quoted sheet names, in one go: either may hold the other's sign.
_QUOTED = re.compile("""\"(?:[^"]|"")*"|'(?:[^']|'')*'""")
_LEAVING = re.compile(r"[\[\]|\\]")
_FUNCTION = re.compile(r"([\w.]+)\s*\(")

Stored = Mapping[tuple[str, int, int], object]
"""(sheet, row, column), from 1 → the value there, `NO_RESULT` included; no blanks."""
_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_KNOWN = frozenset(DataValidation.__attrs__) - {"sqref"}


def is_harmless(formula: str) -> bool:
    """Whether a formula (with or without =) is whole and only calculates in its own workbook."""
    names = [quoted for quoted in _QUOTED.findall(formula) if quoted[0] == "'"]
    bare = _QUOTED.sub("", formula)
    # [1]表!A1 and '\\server\[a.xls]表'!A1 leave the workbook, 程序|主题!项 is DDE.
    if any(map(_LEAVING.search, [bare, *names])) or '"' in bare or "'" in bare:
        return False
    pairs = all(bare.count(left) == bare.count(right) for left, right in ("()", "{}"))
    return pairs and all(name.upper() in _CALCULATING for name in _FUNCTION.findall(bare))


def _disarm(workbook: Workbook, stored: Callable[[], Stored]) -> None:
    """Take out links, macros and every formula that could do more than calculate.

    Harmless formulas stay live on the template's own sheets. Anywhere else a formula gives way to
    its result, which `stored` is asked for: openpyxl saves no results, and a copy that comes back
    unopened must read as the original did.
    """
    workbook.properties = DocumentProperties(creator="")
    workbook.custom_doc_props = CustomPropertyList()
    workbook.calculation = CalcProperties()  # anew when it is opened, and by itself
    for chart in list(workbook.chartsheets):
        workbook.remove(chart)
    names = [workbook.defined_names, *(sheet.defined_names for sheet in workbook.worksheets)]
    for table in names:
        for name, defined in list(table.items()):
            if name.casefold().startswith("auto_") or not is_harmless(defined.attr_text or "["):
                del table[name]
    for sheet in workbook.worksheets:
        sheet.tables.clear()
        sheet.legacy_drawing = None
        for part in (sheet.oddHeader, sheet.oddFooter, sheet.evenHeader, sheet.evenFooter):
            for place in (part.left, part.center, part.right):
                place.text = clean(place.text) if place.text else place.text
        _disarm_rules(sheet)
        _disarm_cells(sheet, stored)


def _disarm_rules(sheet: Worksheet) -> None:
    validations = sheet.data_validations
    validations.dataValidation = [
        rule
        for rule in validations.dataValidation
        if all(is_harmless(formula) for formula in (rule.formula1, rule.formula2) if formula)
    ]
    for area in list(sheet.conditional_formatting):
        if not all(is_harmless(formula) for rule in area.rules for formula in _formulas(rule)):
            del sheet.conditional_formatting[area.sqref]


def _formulas(rule: Any) -> Iterator[str]:
    yield from filter(None, rule.formula)
    scale = rule.colorScale or rule.dataBar or rule.iconSet
    for point in scale.cfvo if scale else ():
        if point.type == "formula" and point.val:
            yield str(point.val)


def _disarm_cells(sheet: Worksheet, stored: Callable[[], Stored]) -> None:
    own = sheet.title in layout.OWN_SHEETS
    for cell in chain.from_iterable(sheet.iter_rows()):
        link = cell.hyperlink
        if link is not None and (sheet.title, cell.row, cell.column) not in stored():
            cell.value = None  # a link on an empty cell gives it no text
        if link is not None and (link.target or not is_harmless(link.location or "[")):
            cell.hyperlink = None
        text = getattr(cell.value, "text", cell.value)  # none in a data table
        formula = None if cell.data_type != "f" else text if isinstance(text, str) else ""
        if isinstance(cell.value, float) and not isfinite(cell.value):
            raise ValueError("a number that no file may hold: the copy is made from the values")
        if formula is None or (own and is_harmless(formula)):
            continue
        result = stored().get((sheet.title, cell.row, cell.column), "")
        if result is not NO_RESULT or not is_harmless(formula):
            put(cell, result)


def _restore_extensions(reader: ExcelReader, parts: Mapping[str, bytes]) -> None:
    """Make rules ordinary again that openpyxl does not look for: Excel moves drop-downs and
    conditional formats that refer to another sheet into the sheet's extension list (x14).
    """
    for facts, relation in reader.parser.find_sheets():
        part = parts[relation.target]
        if _XM[1:-1].encode() not in part or facts.name not in reader.wb.sheetnames:
            continue
        root, sheet = ElementTree.fromstring(part), reader.wb[facts.name]
        for element in root.iter(f"{_X14}dataValidation"):
            if area := element.findtext(f"{_XM}sqref"):
                known: dict[str, str | None] = {
                    name: value for name, value in element.attrib.items() if name in _KNOWN
                }
                for name in ("formula1", "formula2"):
                    known[name] = element.findtext(f"{_X14}{name}/{_XM}f")
                sheet.add_data_validation(DataValidation(**known, sqref=area))
        for element in root.iter(f"{_X14}conditionalFormatting"):
            area = element.findtext(f"{_XM}sqref")
            for rule in map(_ordinary, element.findall(f"{_X14}cfRule")):
                if area and rule:
                    sheet.conditional_formatting.add(area, rule)


def _ordinary(extended: ElementTree.Element) -> Rule | None:
    """A conditional format that goes by formulas, as one of the ordinary kind."""
    formulas = [found.text for found in extended.findall(f"{_XM}f") if found.text]
    style = extended.find(f"{_X14}dxf")
    if style is None or extended.get("type") != "expression" or not formulas:
        return None
    return Rule(
        type="expression",
        formula=formulas,
        dxf=DifferentialStyle.from_tree(style),
        priority=int(extended.get("priority", "1")),
        stopIfTrue=extended.get("stopIfTrue") == "1",
    )


# From the values: what openpyxl cannot load (.xls, .ods …) ---------------------------------------


class _Source(NamedTuple):
    """A sheet as it was read; `cells`: (row, column), from 1 → value, `ErrorValue` or `NO_RESULT`,
    no blanks; `merges` as those of a `Grid`.
    """

    name: str
    hidden: bool
    cells: dict[tuple[int, int], Any]
    merges: list[Range]


def _read(data: bytes) -> list[_Source]:
    """Every sheet of a workbook in any format that returns are read in.

    A sheet that cannot be read is left out: the reader of returns opens the template's alone.
    """
    _, book = open_book(data)
    # What stands on the template's backstage is calculated, and as large as all else together.
    places = [at for at, name in enumerate(book.sheets) if name != layout.BACKSTAGE]
    grids: list[Grid | None] = []
    try:
        grids += book.grids(places)
    except guard.TroubleError:
        grids += (_grid(data, place) for place in places)
    read = dict(zip(places, grids, strict=True))
    sources = []
    for at, name in enumerate(book.sheets):
        if at not in read:
            sources.append(_Source(name, True, {}, []))
        elif grid := read[at]:
            sources.append(_Source(name, grid.concealed, _cells(grid), grid.merges))
    return sources


def _grid(data: bytes, place: int) -> Grid | None:
    try:
        return open_book(data)[1].grids([place])[0]
    except guard.TroubleError:
        return None


def _cells(grid: Grid) -> dict[tuple[int, int], Any]:
    cells = {
        (row + 1, column): value
        for row, values in zip(grid.index, grid.rows, strict=True)
        for column, value in enumerate(values, 1)
        if value is not None and value != ""
    }
    for (row, column), (kind, error) in grid.marks.items():
        cells[row + 1, column + 1] = ErrorValue(error) if kind == ERROR else NO_RESULT
    return cells


def _rebuild(data: bytes, template: Path) -> Workbook:
    """A new workbook with the values of a return at their own rows and columns.

    Where the return was made from this version of the template, sheets that still have its
    structure get its looks, drop-downs and protection back.
    """
    sources = _read(data)
    base = _matching_template(template, sources)
    model = {fold(sheet.title): sheet for sheet in base.worksheets} if base else {}
    workbook = base or Workbook()
    made: list[Worksheet] = []
    for source in sources:
        sheet = model.get(fold(source.name))
        if sheet is None or sheet in made or not _same_structure(sheet, source):
            sheet = workbook.create_sheet()
            _plain(sheet, source)
        elif sheet.title not in layout.OWN_SHEETS:
            _fill_in(sheet, source)
        made.append(sheet)
    for sheet in [sheet for sheet in workbook.worksheets if sheet not in made]:
        workbook.remove(sheet)
    for sheet, source in zip(made, sources, strict=True):
        sheet.title = sheet_name(clean(source.name)) or "_"
        workbook.move_sheet(sheet, len(made))  # to the end: they come in the order of the source
    return workbook


def _matching_template(path: Path, sources: Sequence[_Source]) -> Workbook | None:
    """The template, where a return bears its stamp."""
    stamps = {_stamp(s.cells) for s in sources if fold(s.name) == fold(layout.LISTS)}
    if not stamps or not path.is_file():
        return None
    base = openpyxl.load_workbook(path)
    if layout.LISTS not in base.sheetnames:
        return None
    own = _stamp({(cell.row, cell.column): cell.value for cell in base[layout.LISTS][1]})
    return base if own and own in stamps else None


def _stamp(cells: Mapping[tuple[int, int], Any]) -> str:
    for (row, column), label in cells.items():
        if isinstance(label, str) and fold_label(label) == fold_label(layout.STAMP_LABEL):
            return str(cells.get((row, column + 1), ""))
    return ""


def _same_structure(sheet: Worksheet, source: _Source) -> bool:
    """Whether headers, or the labels of the cover, stand where the template has them."""
    if sheet.title in layout.OWN_SHEETS:
        return True
    labels = {fold_label(label) for label in layout.COVER_LABELS}
    rows = sheet.iter_rows() if sheet.title == layout.COVER else [sheet[1]]
    texts = [c for row in rows for c in row if isinstance(c.value, str)]
    if sheet.title == layout.COVER:
        texts = [c for c in texts if fold_label(c.value) in labels]
    return bool(texts) and all(
        fold_label(str(source.cells.get((c.row, c.column), ""))) == fold_label(c.value)
        for c in texts
    )


def _fill_in(sheet: Worksheet, source: _Source) -> None:
    """Put a unit's values over those of the template's sheet; formulas of the template stay."""
    for cell in chain.from_iterable(sheet.iter_rows()):
        if (
            (cell.row, cell.column) not in source.cells
            and cell.value is not None
            and cell.data_type != "f"
        ):
            cell.value = None
    for (row, column), value in source.cells.items():
        cell = entry_cell(sheet, row, column)
        if not isinstance(cell, MergedCell) and cell.data_type != "f":
            put(cell, value)
    _merge(sheet, source)


def _plain(sheet: Worksheet, source: _Source) -> None:
    widths: dict[int, int] = {}
    for (row, column), value in source.cells.items():
        put(sheet.cell(row, column), value)
        widths[column] = max(widths.get(column, 8), 2 * len(str(value)))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, 36)
    sheet.sheet_state = "hidden" if source.hidden else "visible"
    _merge(sheet, source)


def _size(merged: Range) -> int:
    top, left, bottom, right = merged
    return (bottom - top + 1) * (right - left + 1)


def _merge(sheet: Worksheet, source: _Source) -> None:
    """Merge what was merged; where ranges overlap each row gets what is read there instead."""
    small = [merged for merged in source.merges if 1 < _size(merged) <= _LARGEST_MERGE]
    areas = [CellRange(None, b + 1, a + 1, d + 1, c + 1) for a, b, c, d in small]
    own = list(sheet.merged_cells.ranges)  # the template's
    areas = [area for area in areas if all(area.isdisjoint(other) for other in own)]
    covered = Counter(place for area in areas for place in area.cells)
    parted: list[tuple[CellRange, Any]] = []
    for area in areas:
        if all(covered[place] == 1 for place in area.cells):
            sheet.merge_cells(area.coord)
            continue
        parted.append((area, sheet.cell(area.min_row, area.min_col).value))
        for place in area.cells:
            sheet.cell(*place).value = None
    for area, value in parted:
        for row in range(area.min_row, area.max_row + 1 if value is not None else 0):
            sheet.cell(row, area.min_col).value = value
