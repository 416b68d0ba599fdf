"""What forms take from the rulebook: instructions, advice, drop-down lists, names for formulas."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName

from pipeline import layout, wording
from pipeline.findings import CATALOGUE
from pipeline.rulebook import Clause, Column, Rulebook, Sheet
from pipeline.text import from_template

SEPARATOR = "："
"""Stands between id and label in a drop-down item: no letter, digit, full stop or blank, so the
id can be told from the label after white space has been removed."""
BAR = "|"


def instructions(name: str, rulebook: Rulebook) -> list[tuple[str, str]]:
    """Heading and text of each part of a template below `templates/forms`."""
    values = {"book": rulebook, "layout": layout, "say": wording}
    parts = from_template(f"forms/{name}.md.j2", values).split("## ")[1:]
    return [(lines[0], "".join(lines[1:])) for lines in map(str.splitlines, parts)]


def advice(code: str, **details: object) -> str:
    """What a finding advises, as a sentence."""
    return f"{CATALOGUE[code].advice.format(**details)}。"


def item(clause: Clause) -> str:
    """A clause in a drop-down list."""
    return f"{clause.id}{SEPARATOR}{clause.label}"


class ListSheet:
    """The hidden list sheet: the version stamp, one column a list with its heading in row `top`,
    then a table of names.
    """

    def __init__(self, workbook: Any, rulebook: Rulebook, top: int) -> None:
        self._workbook, self._sheet = workbook, workbook.create_sheet(layout.LISTS)
        self._column, self._top, self._row = 1, top, top
        self._sheet.sheet_state = "hidden"
        self._sheet["A1"] = layout.STAMP_LABEL
        self._sheet["B1"] = layout.stamp(rulebook.year, rulebook.fingerprint)
        self._name = quote_sheetname(layout.LISTS)

    def _text(self, ref: str, value: str) -> None:
        self._sheet[ref] = value
        self._sheet[ref].data_type = "s"

    def list(self, heading: str, values: Iterable[str]) -> str:
        """Write a list; returns its range."""
        letter, row = get_column_letter(self._column), self._top
        self._column += 1
        for row, value in enumerate((heading, *values), start=self._top):
            self._text(f"{letter}{row}", value)
        return f"{self._name}!${letter}${self._top + 1}:${letter}${max(row, self._top + 1)}"

    def name(self, name: str, about: str, words: Iterable[str]) -> str:
        """Define a name for words packed as `|a|b|`, in which a formula finds one of them whole."""
        self._row += 1
        letters = [get_column_letter(self._column + i) for i in range(3)]
        packed = BAR + "".join(word + BAR for word in words)
        for letter, value in zip(letters, (name, about, packed), strict=True):
            self._text(f"{letter}{self._row}", value)
        place = f"{self._name}!${letters[2]}${self._row}"
        self._workbook.defined_names[name] = DefinedName(name, attr_text=place)
        return name


class Lists(ListSheet):
    """The template's list sheet, locked: ranges (with sheet), and names of strings to look into.

    Names, because old programs take no reference to another sheet in a conditional format.

    Attributes:
        items: of the clauses of a sheet, as `ids`.
        labels: two columns, label without blanks and id, and the first of them alone.
        needs: (sheet, header) → the name of the string of the clauses that need it.
    """

    def __init__(self, workbook: Any, rulebook: Rulebook) -> None:
        super().__init__(workbook, rulebook, top=3)
        self._sheet.protection.sheet = True
        self.units = self.list("单位", rulebook.units)
        self.items, self.ids = dict[str, str](), dict[str, str]()
        self.labels: dict[str, tuple[str, str]] = {}
        for name in rulebook.sheet:
            clauses = rulebook.clauses_of(name)
            ids = [clause.id for clause in clauses]
            self.items[name] = self.list(f"{name}：选项", map(item, clauses))
            self.ids[name] = self.list(f"{name}：编号", ids)
            labels = self.list(f"{name}：内容", ("".join(c.label.split()) for c in clauses))
            beside = self.list(f"{name}：内容的编号", ids)
            self.labels[name] = (f"{labels.split(':')[0]}:{beside.split(':')[1]}", labels)
        self.blank = self.name("空白写法", "视为没有填的写法", _blank_words(rulebook))
        capped = (clause.id for clause in rulebook.clauses if clause.capped)
        self.capped = self.name("不超基数", "完成数不能大于基数的条款", capped)
        self.needs: dict[tuple[str, str], str] = {}
        for i, claims in enumerate(rulebook.sheets, start=1):
            for j, column in enumerate(claims.columns, start=1):
                wanted = [c.id for c in rulebook.clauses_of(claims.name) if _needs(column, c)]
                if wanted or column.role == "title":
                    about = f"{claims.name}·{column.header}"
                    name = self.name(f"必填_{i}_{j}", about, wanted)
                    self.needs[claims.name, column.header] = name

    def known(self, sheet: Sheet) -> str:
        """The name of the string of all clauses of a sheet: each needs a title."""
        return self.needs[sheet.name, sheet.header("title")]


def _needs(column: Column, clause: Clause) -> bool:
    """Whether a claim of a clause must fill a column of its sheet."""
    if column.role == "evidence":
        return column.header in clause.evidence
    measured = {"words": "words", "object": "distinct"}.get(column.role)
    return clause.measure == measured or column.role in ("title", "date", "base", "done")


def _blank_words(rulebook: Rulebook) -> list[str]:
    """What counts as nothing in an evidence cell, in half and full width, and nothing itself."""
    words = [unicodedata.normalize("NFKC", word) for word in rulebook.empty_evidence]
    wide = ("".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in w) for w in words)
    spellings = (spelling for pair in zip(words, wide, strict=True) for spelling in pair)
    return list(dict.fromkeys(["", *rulebook.empty_evidence, *spellings, "TRUE", "FALSE"]))
