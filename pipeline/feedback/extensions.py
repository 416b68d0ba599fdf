"""Rules that Excel saves in a place where openpyxl does not look.

When Excel saves a drop-down or a conditional format that refers to another sheet, it moves the
rule into the sheet's extension list (x14), which openpyxl drops. They are read from there and
given back as ordinary rules, which every program understands.
"""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from openpyxl.formatting.rule import Rule
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_KNOWN = frozenset(DataValidation.__attrs__) - {"sqref"}


def restore_extensions(reader: ExcelReader, package: ZipFile) -> None:
    """Add the extension rules of each sheet to the workbook that `reader` has read."""
    for facts, relation in reader.parser.find_sheets():
        part = package.read(relation.target)
        if _XM[1:-1].encode() not in part or facts.name not in reader.wb.sheetnames:
            continue
        root = ElementTree.fromstring(part)
        sheet = reader.wb[facts.name]
        for element in root.iter(f"{_X14}dataValidation"):
            _add_validation(sheet, element)
        for element in root.iter(f"{_X14}conditionalFormatting"):
            _add_formats(sheet, element)


def _formula(element: Element, name: str) -> str | None:
    return element.findtext(f"{_X14}{name}/{_XM}f")


def _add_validation(sheet: Worksheet, element: Element) -> None:
    area = element.findtext(f"{_XM}sqref")
    if area:
        attributes = {name: value for name, value in element.attrib.items() if name in _KNOWN}
        sheet.add_data_validation(
            DataValidation(
                **attributes,
                formula1=_formula(element, "formula1"),
                formula2=_formula(element, "formula2"),
                sqref=area,
            )
        )


def _add_formats(sheet: Worksheet, element: Element) -> None:
    area = element.findtext(f"{_XM}sqref")
    for rule in element.findall(f"{_X14}cfRule"):
        formulas = [found.text for found in rule.findall(f"{_XM}f") if found.text]
        style = rule.find(f"{_X14}dxf")
        if not area or style is None or rule.get("type") != "expression" or not formulas:
            continue
        sheet.conditional_formatting.add(
            area,
            Rule(
                type="expression",
                formula=formulas,
                dxf=DifferentialStyle.from_tree(style),
                priority=int(rule.get("priority", "1")),
                stopIfTrue=rule.get("stopIfTrue") == "1",
            ),
        )
