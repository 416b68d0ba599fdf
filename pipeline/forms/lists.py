"""The hidden list sheet of the template: drop-down items, what each clause needs, the stamp.

Conditional formats and 自查 read the same strings from here, through defined names: old programs
take no reference to another sheet in a conditional format.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName

from pipeline import layout
from pipeline.rulebook import Clause, Column, Rulebook, Sheet

SEPARATOR = "："
"""Stands between id and label in a drop-down item: no letter, digit, full stop or blank, so the
id can be told from the label after white space has been removed."""
BAR = "|"
_TOP = 3


def item(clause: Clause) -> str:
    """A clause in a drop-down list."""
    return f"{clause.id}{SEPARATOR}{clause.label}"


def packed(words: tuple[str, ...]) -> str:
    """Words as `|a|b|`, in which a formula finds one of them whole."""
    return BAR + "".join(word + BAR for word in words)


def needs(column: Column, clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Those of a sheet's clauses whose claims must fill a column of it."""
    if column.role == "evidence":
        return tuple(c.id for c in clauses if column.header in c.evidence)
    if column.role == "words":
        return tuple(c.id for c in clauses if c.measure == "words")
    if column.role == "object":
        return tuple(c.id for c in clauses if c.measure == "distinct")
    if column.role in ("title", "date", "base", "done"):
        return tuple(c.id for c in clauses)
    return ()


def _wide(word: str) -> str:
    """A word with its ASCII characters in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


def blank_words(rulebook: Rulebook) -> tuple[str, ...]:
    """What counts as nothing in an evidence cell, in half and full width, and nothing itself."""
    words = [unicodedata.normalize("NFKC", word) for word in rulebook.empty_evidence]
    spellings = [w for word in words for w in (word, _wide(word))]
    return tuple(dict.fromkeys(["", *rulebook.empty_evidence, *spellings, "TRUE", "FALSE"]))


@dataclass
class Lists:
    """Where things stand on the list sheet: ranges (with sheet) and defined names."""

    units: str = ""
    items: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Two columns, label without blanks and id, and the first of them alone."""
    needs: dict[tuple[str, str], str] = field(default_factory=dict)
    blank: str = "空白写法"
    capped: str = "不超基数"

    def known(self, sheet: Sheet) -> str:
        """The name of the string of all clauses of a sheet: each needs a title."""
        return self.needs[sheet.name, sheet.header("title")]


class _Writer:
    """Fills the list sheet column by column, then the table of names."""

    def __init__(self, workbook: Any, sheet: Any) -> None:
        self.workbook, self.sheet, self.column, self.row = workbook, sheet, 1, _TOP

    def list(self, heading: str, values: tuple[str, ...]) -> str:
        letter = get_column_letter(self.column)
        self.sheet[f"{letter}{_TOP}"] = heading
        for row, value in enumerate(values, start=_TOP + 1):
            self.sheet[f"{letter}{row}"] = value
            self.sheet[f"{letter}{row}"].data_type = "s"
        self.column += 1
        last = _TOP + max(len(values), 1)
        return f"{quote_sheetname(self.sheet.title)}!${letter}${_TOP + 1}:${letter}${last}"

    def name(self, name: str, about: str, text: str) -> str:
        self.row += 1
        letters = [get_column_letter(self.column + i) for i in range(3)]
        for letter, value in zip(letters, (name, about, text), strict=True):
            self.sheet[f"{letter}{self.row}"] = value
            self.sheet[f"{letter}{self.row}"].data_type = "s"
        place = f"{quote_sheetname(self.sheet.title)}!${letters[2]}${self.row}"
        self.workbook.defined_names[name] = DefinedName(name, attr_text=place)
        return name


def write_lists(workbook: Any, rulebook: Rulebook) -> Lists:
    """Add the hidden list sheet; the stamp stands beside its label in the first row."""
    sheet = workbook.create_sheet(layout.LISTS)
    sheet.sheet_state = "hidden"
    sheet["A1"] = layout.STAMP_LABEL
    sheet["B1"] = layout.stamp(rulebook.year, rulebook.fingerprint)
    writer, lists = _Writer(workbook, sheet), Lists()
    lists.units = writer.list("单位", rulebook.units)
    for claims in rulebook.sheets:
        clauses = rulebook.clauses_of(claims.name)
        lists.items[claims.name] = writer.list(
            f"{claims.name}：选项", tuple(item(clause) for clause in clauses)
        )
        lists.ids[claims.name] = writer.list(
            f"{claims.name}：编号", tuple(clause.id for clause in clauses)
        )
        labels = writer.list(
            f"{claims.name}：内容", tuple("".join(clause.label.split()) for clause in clauses)
        )
        ids = writer.list(f"{claims.name}：内容的编号", tuple(clause.id for clause in clauses))
        lists.labels[claims.name] = (f"{labels.split(':')[0]}:{ids.split(':')[1]}", labels)
    writer.name(lists.blank, "视为没有填的写法", packed(blank_words(rulebook)))
    capped = tuple(clause.id for clause in rulebook.clauses if clause.capped)
    writer.name(lists.capped, "完成数不能大于基数的条款", packed(capped))
    for i, claims in enumerate(rulebook.sheets, start=1):
        clauses = rulebook.clauses_of(claims.name)
        for j, column in enumerate(claims.columns, start=1):
            wanted = needs(column, clauses)
            if wanted:
                lists.needs[claims.name, column.header] = writer.name(
                    f"必填_{i}_{j}", f"{claims.name}·{column.header}", packed(wanted)
                )
    sheet.protection.sheet = True
    return lists
