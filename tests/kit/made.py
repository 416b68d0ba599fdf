"""Returns as reading hands them on, made without a workbook."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipeline.intake import Batch, build_batch
from pipeline.reading.raw import RawReturn, RawSheet, Value
from pipeline.rulebook import Rulebook

FIRST_ROW = 5
"""Excel row of the first claim of a sheet."""

Made = tuple[str, dict[str, Value]]
"""Sheet and cells of a claim."""


class Maker:
    """Makes claims and returns under a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    def claim(self, clause: str, /, sheet: str = "", **cells: Value) -> Made:
        """A claim that is in order but for the given cells, named by header or role."""
        rule = self.rulebook.clause[clause]
        where = self.rulebook.sheet[sheet or rule.sheet]
        right: dict[str, Value] = {"clause": clause, "title": f"{clause} 一事", "date": "2015-6-1"}
        right |= {"words": 700, "base": 10, "done": 10, "object": "甲"} | dict.fromkeys(
            rule.evidence, "附件1"
        )
        right |= cells
        made = {}
        for column in where.columns:
            value = right.get(column.header, right.get(column.role))
            if value is not None:
                made[column.header] = value
        return where.name, made

    def sheets(self, claims: Iterable[Made]) -> dict[str, RawSheet]:
        """Claims as sheets with every column, one row after the other."""
        sheets: dict[str, RawSheet] = {}
        for name, cells in claims:
            headers = [column.header for column in self.rulebook.sheet[name].columns]
            columns = {header: n for n, header in enumerate(headers)}
            empty = RawSheet(columns, [], {header: [] for header in headers})
            sheet = sheets.setdefault(name, empty)
            sheet.rows.append(FIRST_ROW + len(sheet.rows))
            for header in headers:
                sheet.cells[header].append(cells.get(header))
        return sheets

    def sent(
        self,
        unit: Value,
        *claims: Made,
        path: str = "",
        date: Value = "2015-12-20",
        year: Value = 2015,
        stamp: str = "",
        sha256: str = "",
    ) -> RawReturn:
        """A return; a cover value of None is an empty cell."""
        path = path or f"{unit}.xlsx"
        return RawReturn(
            path=path,
            sha256=sha256 or f"sha of {path}",
            cover={
                "单位名称": (unit, "B2"), "填报年度": (year, "B3"), "报送日期": (date, "B4"),
            },
            stamp=stamp,
            sheets=self.sheets(claims),
        )  # fmt: skip

    def batch(self, *returns: RawReturn) -> Batch:
        """The tables of some returns."""
        return build_batch(returns, self.rulebook)

    def claims(self, *claims: Made) -> pd.DataFrame:
        """The table of one return's claims."""
        return self.batch(self.sent(self.rulebook.units[0], *claims)).claims


def rulings(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rulings as the register hands them on."""
    columns = ["unit", "clause", "title", "title_key", "word", "points", "reason", "judge",
               "file", "row", "cell", "of_file", "of_sheet", "of_row"]  # fmt: skip
    usual = {"title": "", "points": float("nan"), "reason": "据实", "judge": "某", "row": 2,
             "file": "register.xlsx", "cell": "D2", "of_row": float("nan")}  # fmt: skip
    made = [usual | row for row in rows]
    for row in made:
        row.setdefault("title_key", "".join(row["title"].split()).casefold())
    return pd.DataFrame(made, columns=columns)


def changed(rulebook: Rulebook, **fields: Any) -> Rulebook:
    """A rulebook with other fields; `model_copy` would keep what is worked out once."""
    return Rulebook.model_construct(
        **{n: getattr(rulebook, n) for n in Rulebook.model_fields} | fields
    )
