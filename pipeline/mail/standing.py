"""What a finished `ranking.xlsx` says, in a few lines for the body of a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.wording import number

_RANKING, _FACTS = "排名", "运行信息"
_PLACE, _UNIT, _TOTAL, _STATUS = "名次", "单位", "总分", "状态"
_TITLE, _STAGE = "考核", "阶段"
_HEADER_ROWS = 5
_FIRST = 3


@dataclass(frozen=True)
class Standing:
    """Lines about a ranking.

    Attributes:
        title: of the assessment.
        stage: 初评 or 核定, or ''.
        first: the first places, one line a unit.
        unranked: the units without a place and why.
    """

    title: str
    stage: str
    first: list[str]
    unranked: list[str]


def read_standing(data: bytes) -> Standing:
    """Read a ranking workbook.

    Raises:
        ValueError: it is not one.
    """
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        ranking = book.get_sheet_by_name(_RANKING).to_python()
        facts = {row[0]: str(row[1]) for row in book.get_sheet_by_name(_FACTS).to_python()}
    except CalamineError as error:
        raise ValueError(str(error)) from error
    rows = _records(ranking)
    ranked = [row for row in rows if isinstance(row[_PLACE], int | float)]
    unranked = [row for row in rows if row[_UNIT] and row not in ranked]
    return Standing(
        title=facts.get(_TITLE, ""),
        stage=facts.get(_STAGE, ""),
        first=[
            f"第 {row[_PLACE]:g} 名　{row[_UNIT]}　{number(row[_TOTAL])} 分"
            for row in ranked
            if row[_PLACE] <= _FIRST
        ],
        unranked=[f"{row[_UNIT]}（{row[_STATUS]}）" for row in unranked],
    )


def _records(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    wanted = (_PLACE, _UNIT, _TOTAL, _STATUS)
    for at, header in enumerate(rows[:_HEADER_ROWS]):
        if all(name in header for name in wanted):
            places = {name: header.index(name) for name in wanted}
            return [{n: row[place] for n, place in places.items()} for row in rows[at + 1 :]]
    raise ValueError(f"“{_RANKING}”没有表头")
