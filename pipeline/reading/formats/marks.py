"""What a sheet's XML says besides values: error values, formulas without result, hidden rows."""

import re

from pipeline.reading.formats.grid import ERROR, FORMULA, Range, on_sheet
from pipeline.reading.formats.markup import Attributes, local, number, walk

_SIGNS = (b"<f", b":f", b'"e"', b"'e'", b"hidden")
_MERGE = re.compile(
    rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})["']"""
)
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_TRUE = ("1", "true", "on")

Marks = dict[tuple[int, int], tuple[str, str]]


def column_number(letters: str) -> int:
    """Column letters → column (from 0)."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def merges_of(xml: bytes) -> list[Range]:
    """The merged ranges of a sheet."""
    if b"mergeCell" not in xml:
        return []
    corners = (found.groups() for found in _MERGE.finditer(xml))
    return on_sheet(
        (
            int(top) - 1,
            column_number(left.decode()),
            int(bottom) - 1,
            column_number(right.decode()),
        )
        for left, top, right, bottom in corners
    )


def marks_of(xml: bytes) -> tuple[Marks, set[int]]:
    """Marks and hidden rows of a sheet; its XML is only walked where it shows a sign of one."""
    if not any(sign in xml for sign in _SIGNS):
        return {}, set()
    reader = _Marks()
    walk(xml, reader.start, reader.end, reader.text, what="工作表内容")
    return reader.marks, reader.hidden


class _Marks:
    """Follows the cells of a sheet, also those that do not say where they are."""

    def __init__(self) -> None:
        self.marks: Marks = {}
        self.hidden: set[int] = set()
        self.row = self.column = -1
        self.kind = ""
        self.formula = self.in_value = False
        self.value: list[str] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "c":
            self._open_cell(attributes)
        elif tag == "f":
            self.formula = True
        elif tag in ("v", "is"):
            self.in_value = True
        elif tag == "row":
            self.row = number(attributes.get("r", ""), self.row + 2) - 1
            self.column = -1
            if attributes.get("hidden") in _TRUE:
                self.hidden.add(self.row)

    def _open_cell(self, attributes: Attributes) -> None:
        place = _CELL.fullmatch(attributes.get("r", ""))
        if place:
            self.row, self.column = int(place[2]) - 1, column_number(place[1])
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        self.formula = self.in_value = False
        self.value.clear()

    def text(self, data: str) -> None:
        if self.in_value:
            self.value.append(data)

    def end(self, tag: str) -> None:
        tag = local(tag)
        if tag in ("v", "is"):
            self.in_value = False
        elif tag == "c":
            value = "".join(self.value).strip()
            if self.kind == "e":
                self.marks[self.row, self.column] = (ERROR, value)
            elif self.formula and not value and self.kind != "str":
                self.marks[self.row, self.column] = (FORMULA, "")
