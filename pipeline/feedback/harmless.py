"""Takes everything live out of a workbook that somebody sent: it keeps values, looks and rules.

The copy that goes back to a unit is opened by people who trust the office, so nothing that a
stranger put in may run, fetch or point outside.
"""

import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from math import isfinite
from typing import Any
from xml.etree import ElementTree

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.formatting.rule import Rule
from openpyxl.packaging.core import DocumentProperties
from openpyxl.packaging.custom import CustomPropertyList
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.text import clean

# Functions that only calculate with the workbook's own cells. A list of what is allowed, because
# spreadsheet programs keep adding functions that fetch (WEBSERVICE, IMAGE, RTD, CALL, PY …).
_CALCULATING = """
    ABS AND ASC AVERAGE CEILING CHAR CHOOSE CODE COLUMN COLUMNS CONCATENATE COUNT COUNTA
    COUNTBLANK COUNTIF COUNTIFS DATE DATEVALUE DAY DAYS EDATE EXACT FALSE FIND FLOOR FREQUENCY
    HLOOKUP IF IFERROR IFNA INDEX INT ISBLANK ISERR ISERROR ISEVEN ISLOGICAL ISNA ISNONTEXT
    ISNUMBER ISODD ISTEXT LARGE LEFT LEN LOOKUP LOWER MATCH MAX MEDIAN MID MIN MOD MONTH N NA NOT
    OFFSET OR PRODUCT QUOTIENT RANK REPLACE REPT RIGHT ROUND ROUNDDOWN ROUNDUP ROW ROWS SEARCH SIGN
    SMALL SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT T TEXT TRIM TRUE TRUNC TYPE UPPER VALUE
    VLOOKUP YEAR
"""
CALCULATING = frozenset(_CALCULATING.split())
# Text constants and quoted sheet names, in one go: either may hold the other's sign.
_QUOTED = re.compile("""\"(?:[^"]|"")*"|'(?:[^']|'')*'""")
_LEAVING = re.compile(r"[\[\]|\\]")
_FUNCTION = re.compile(r"([\w.]+)\s*\(")

NO_RESULT = object()
"""In place of the value of a formula that has no stored result."""


class ErrorValue(str):
    """The error value of a cell, e.g. #REF!: no text."""


Stored = Mapping[tuple[str, int, int], object]
"""(sheet, row, column), from 1 → the value there, `NO_RESULT` included; no blanks."""


def is_harmless(formula: str) -> bool:
    """Whether a formula (with or without =) is whole and only calculates in its own workbook."""
    names = [quoted for quoted in _QUOTED.findall(formula) if quoted[0] == "'"]
    bare = _QUOTED.sub("", formula)
    # [1]表!A1 and '\\server\[a.xls]表'!A1 leave the workbook, 程序|主题!项 is DDE.
    if any(map(_LEAVING.search, [bare, *names])) or '"' in bare or "'" in bare:
        return False
    pairs = all(bare.count(left) == bare.count(right) for left, right in ("()", "{}"))
    return pairs and all(name.upper() in CALCULATING for name in _FUNCTION.findall(bare))


def put(cell: Cell, value: object) -> None:
    """Write a value so that text stays text, whatever it begins with.

    `NO_RESULT` becomes a formula that can do nothing and, unsaved by a spreadsheet program, has
    no stored result either.
    """
    if value is NO_RESULT:
        cell.value = "=NA()"
        return
    if isinstance(value, float) and not isfinite(value):
        value = str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, ErrorValue):
        cell.value = value if value in ERROR_CODES else "#VALUE!"
    elif isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    else:
        cell.value = value


def disarm(workbook: Workbook, stored: Callable[[], Stored], own: Collection[str]) -> None:
    """Take out links, macros and every formula that could do more than calculate.

    Args:
        workbook: as openpyxl loaded it; changed in place.
        stored: gives the stored results of the formulas; called where one is needed.
        own: sheets whose harmless formulas stay live (the template's own arithmetic). Anywhere
            else a formula gives way to its stored result: openpyxl saves no results, and a copy
            that comes back unopened must read as the original did.
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
        _disarm_cells(sheet, stored, sheet.title in own)


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


def _disarm_cells(sheet: Worksheet, stored: Callable[[], Stored], own: bool) -> None:
    for cell in sheet._cells.values():
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


# Rules in extensions ---------------------------------------------------------------------------

_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_KNOWN = frozenset(DataValidation.__attrs__) - {"sqref"}


def restore_extensions(reader: ExcelReader, package: zipfile.ZipFile) -> None:
    """Give each sheet that `reader` has read the rules back that openpyxl does not look for.

    When Excel saves a drop-down or a conditional format that refers to another sheet, it moves the
    rule into the sheet's extension list (x14). They become ordinary rules again, which every
    program understands.
    """
    for facts, relation in reader.parser.find_sheets():
        part = package.read(relation.target)
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
