"""The tables that pass between rooms, column by column: who reads one looks here, tests hold them.

`Any` is text or, where `nullable`, None. Evidence columns bear the rulebook's headers, so they
are not named here. Nothing is checked while a run works.
"""

from typing import Any

import pandas as pd
import pandera.pandas as pa

from pipeline import outcome
from pipeline.findings import CATALOGUE, LEVELS, OFFICE, PANEL, UNIT

OF_UNIT = (
    outcome.NORMAL, outcome.DISQUALIFIED, outcome.LATE, outcome.MISSING, outcome.PENDING,
)  # fmt: skip
CELL = r"^([A-Z]{1,3}[1-9][0-9]*)?$"


def _says(what: str) -> Any:
    return pa.Field(description=what)


def _may_lack(what: str, **checks: Any) -> Any:
    return pa.Field(nullable=True, description=what, **checks)


class _Dated(pa.DataFrameModel):
    """What has a date, as it was read and as it was written."""

    day: Any = _may_lack("datetime64: the day, or the first one of a range; NaT where unclear")
    last: Any = _may_lack("datetime64: the last day of a range, else `day`")
    date_text: Any = _says("as written")
    date_reason: Any = _says("why it is unclear, or ''")

    @pa.check("day", "last")
    @classmethod
    def _is_a_day(cls, days: "pd.Series[Any]") -> bool:
        return pd.api.types.is_datetime64_dtype(days)

    @pa.dataframe_check
    @classmethod
    def _in_order(cls, rows: pd.DataFrame) -> "pd.Series[bool]":
        return rows["day"].isna() & rows["last"].isna() | (rows["last"] >= rows["day"])


class ReturnTable(_Dated):
    """`Batch.returns`: one row a file; its index is the position in `Batch.raw`."""

    file: Any = pa.Field(unique=True, description="path below the returns folder")
    sha256: Any = _says("of its bytes")
    readable: bool
    unit: Any = _may_lack("full name, None where the roster does not know it")
    unit_text: Any = _says("as written on the cover")
    year: Any = _may_lack("int, None where none is written")
    year_text: Any = _says("as written on the cover")
    person: Any = _says("填报人")
    phone: Any = _says("联系电话")
    made_from: Any = _says("SHA-256 of the file that a mended copy was made from, or ''")
    stamp_year: Any = _may_lack("int: the year of its template, None without a stamp")


class ClaimTable(_Dated):
    """`Batch.claims`: one row a claim, in order of return, sheet, row; index 0…

    With each evidence header as text, and `有<header>` as bool.
    """

    ret: int = pa.Field(ge=0, coerce=True, description="position of its return")
    sheet: Any = _says("the rulebook's name of its sheet")
    row: int = pa.Field(ge=1, coerce=True, description="in the sheet, from 1")
    clause: Any = _may_lack("its id, None where unknown")
    code: int = pa.Field(ge=-1, description="position of the clause in the rulebook, or -1")
    clause_text: Any = _says("as written")
    title: Any = _says("as written")
    title_key: Any = _says("folded, for comparison")
    title_id: int = pa.Field(coerce=True, description="a number for each title, however written")
    date_id: int = pa.Field(coerce=True, description="a number for each date or unclear text")
    is_range: bool
    object: Any = _says("对象 as written")
    object_key: Any = _says("folded; '' for none or a word for nothing")
    identity: Any = _says("tells claims of one title and date apart, folded, or ''")
    words: float = _may_lack("字数; for each number also `_exact` (int or None) and `_text`")
    words_exact: Any = _may_lack("int or None")
    words_text: Any = _says("as written")
    base: float = _may_lack("基数")
    base_exact: Any = _may_lack("int or None")
    base_text: Any = _says("as written")
    done: float = _may_lack("完成数")
    done_exact: Any = _may_lack("int or None")
    done_text: Any = _says("as written")
    other: Any = _says("further columns as `甲：一；乙：二`")


class JudgedTable(ClaimTable):
    """The claims under some readings: what `acceptance` adds to them."""

    unit: int = pa.Field(ge=-1, description="position in the roster, -1: return not used")
    claimed: bool = _says("counts as the unit claims it (自报)")
    checked: bool = _says("counts after the rules (初评)")
    accepted: bool = _says("counts after rulings too (核定)")
    repeats: int = pa.Field(ge=-1, description="the claim that it repeats, or -1")
    beside: int = pa.Field(ge=-1, description="an earlier one with another 对象, or -1")
    ruling: int = pa.Field(ge=-1, description="position in the register's rulings, or -1")

    @pa.dataframe_check
    @classmethod
    def _of_a_used_return(cls, claims: pd.DataFrame) -> "pd.Series[bool]":
        counts = claims["claimed"] | claims["checked"] | claims["accepted"]
        return ~counts | (claims["unit"] >= 0) & (claims["code"] >= 0)

    @pa.dataframe_check
    @classmethod
    def _repeats_an_earlier_one(cls, claims: pd.DataFrame) -> "pd.Series[bool]":
        return (claims["repeats"] < claims.index) & (claims["beside"] < claims.index)


class FindingTable(pa.DataFrameModel):
    """`Outcome.findings`, 问题清单 in order; see `findings.Finding`."""

    code: Any = pa.Field(isin=list(CATALOGUE))
    level: Any = pa.Field(isin=LEVELS)
    addressee: Any = pa.Field(isin=(UNIT, PANEL, OFFICE))
    unit: Any
    file: Any
    sheet: Any
    cell: Any = pa.Field(str_matches=CELL)
    clause: Any
    title: Any
    problem: Any = pa.Field(str_length={"min_value": 1})
    advice: Any = pa.Field(str_length={"min_value": 1})

    @pa.dataframe_check
    @classmethod
    def _is_somewhere(cls, findings: pd.DataFrame) -> "pd.Series[bool]":
        return (findings["file"] != "") & ((findings["cell"] == "") | (findings["sheet"] != ""))


TEXTS = ["group", "award", "key_award", "grade", "veto", "tie"]


class UnitTable(pa.DataFrameModel):
    """`Outcome.units`: the roster, ranked units first; what is scored is null where not 正常."""

    unit: Any = pa.Field(unique=True)
    status: Any = pa.Field(isin=OF_UNIT)
    group: Any = _says("those with whom it is ranked, or ''")
    place: pd.Int64Dtype = _may_lack("名次", ge=1)
    total: float = _may_lack("总分")
    key_place: pd.Int64Dtype = _may_lack("重点工作名次", ge=1)
    key_points: float = _may_lack("重点工作得分")
    award: Any
    key_award: Any
    grade: Any = _says("the grade by its total, or ''")
    veto: Any = _says("what bars it from grades and awards, or ''")
    tie: Any = _says("why it stands before or behind units of the same total, or ''")
    claimed: float = _may_lack("自报")
    checked: float = _may_lack("初评")
    change: float = _may_lack("核定 less 初评")
    best: pd.Int64Dtype = _may_lack("best place under any combination of readings", ge=1)
    worst: pd.Int64Dtype = _may_lack("worst place under any combination of readings", ge=1)
    date: Any = _may_lack("datetime64: of the return that is used")
    file: Any = _says("the return that is used, or ''")

    @pa.dataframe_check
    @classmethod
    def _scored_where_normal(cls, units: pd.DataFrame) -> "pd.Series[bool]":
        keys = [] if units["key_place"].notna().any() else ["key_place", "key_points"]
        scored = units.drop(columns=["unit", "status", "date", "file", *TEXTS, *keys])
        normal = units["status"] == outcome.NORMAL
        return scored.notna().eq(normal, axis=0).all(axis=1)

    @pa.dataframe_check
    @classmethod
    def _place_within_its_range(cls, units: pd.DataFrame) -> "pd.Series[bool]":
        held = (units["best"] <= units["place"]) & (units["place"] <= units["worst"])
        return held.fillna(True).astype(bool)
