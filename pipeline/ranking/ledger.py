"""申报台账: every claim once; where there are very many, in workbooks of their own beside it."""

from pathlib import Path

import pandas as pd

from pipeline.outcome import COUNTED, NOT_COUNTED, UNKNOWN_UNIT, Outcome
from pipeline.ranking.book import MUTED, Book, Column, Span, clean

LEDGER = "申报台账"
FOLDER = "ledger"
LEDGER_ROWS = 50_000
"""Claims up to which the ranking workbook holds the ledger itself."""
PART_ROWS = 50_000
"""Claims in each workbook beside it: what a spreadsheet program opens at once."""


def stands_beside(outcome: Outcome) -> bool:
    """Whether the ledger is too long for the ranking workbook."""
    return len(outcome.claims) > LEDGER_ROWS


def add_ledger(book: Book, outcome: Outcome) -> list[Span]:
    """The ledger on as many sheets as it takes; where it stands beside, the headers alone."""
    claims, note = outcome.claims, _HOW
    if stands_beside(outcome):
        claims, files = claims.iloc[:0], -(-len(claims) // PART_ROWS)
        note = (
            f"超过 {LEDGER_ROWS} 项，写在一个工作簿里不便打开：全部在同一文件夹的 {FOLDER} 里，"
            f"共 {files} 个工作簿，各从哪个单位到哪个单位见“运行信息”"
        )
    return _sheets(book, claims, f"{_counts(outcome.claims)}{note}")


def write_parts(outcome: Outcome, folder: Path) -> list[tuple[Path, str]]:
    """The ledger in workbooks in a folder, in its order; none where the ranking holds it.

    Returns:
        Each file, with what it holds in Chinese.

    Raises:
        OSError: a file cannot be written.
    """
    if not stands_beside(outcome):
        return []
    folder.mkdir()
    parts = []
    for number, start in enumerate(range(0, len(outcome.claims), PART_ROWS), start=1):
        claims = outcome.claims.iloc[start : start + PART_ROWS]
        path = folder / f"{LEDGER}-{number:03}.xlsx"
        title = outcome.rulebook.title
        about = f"{title}　{LEDGER}（{number}）"
        line = f"阶段：{outcome.stage}　日期：{outcome.when:%Y-%m-%d}"
        book = Book(path, title=title, line=line, when=outcome.when, about=about, long=True)
        _sheets(book, claims, f"{_counts(claims)}{_HOW}")
        book.close()
        first, last = (clean(str(claims["unit"].iat[at])) or UNKNOWN_UNIT for at in (0, -1))
        stop = start + len(claims)
        parts.append((path, f"第 {start + 1}–{stop} 项，从 {first} 到 {last}"))
    return parts


_HOW = (
    "得分是这一项自己挣得的分；按单位整体计分的条款此栏为空，得分见 ranking.xlsx 的“得分明细”。"
    "打印时只印表头，要印全表请先取消打印区域"
)


def _counts(claims: pd.DataFrame) -> str:
    counted = int((claims["result"] == COUNTED).sum())
    return f"共 {len(claims)} 项，计分 {counted} 项，不计 {len(claims) - counted} 项。"


def _sheets(book: Book, claims: pd.DataFrame, note: str) -> list[Span]:
    columns = [
        Column("单位", 16, claims["unit"]),
        Column("条款", 7, claims["clause"], "mid"),
        Column("名称", 28, claims["title"]),
        Column("日期", 10.5, claims["date"], "date"),
        Column("结论", 6, claims["result"], "mid"),
        Column("得分", 5.5, claims["points"], "centre"),
        Column("原因", 24, claims["reason"]),
        Column("初评结论", 6, claims["checked_result"], "mid"),
        Column("核定", 14, claims["ruling"]),
        Column("对象", 12, claims["object"]),
        Column("字数", 6, claims["words"], "centre"),
        Column("基数", 6.5, claims["base"], "centre"),
        Column("完成数", 6.5, claims["done"], "centre"),
        Column("佐证", 20, claims["evidence"], "small"),
        Column("其他", 16, claims["other"], "small"),
        Column("源文件", 16, claims["file"], "small"),
        Column("工作表", 8, claims["sheet"], "mid"),
        Column("行号", 5.5, claims["row"], "centre"),
    ]
    greyed = ("结论", f'{{cell}}="{NOT_COUNTED}"', {"font_color": MUTED})
    return book.tables(LEDGER, [book.line, note], columns, freeze=3, printed=0, marks=[greyed])
