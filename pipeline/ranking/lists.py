"""The sheets that list things: claims, findings, returns, readings, rulings, changes, the run."""

import pandas as pd

from pipeline.findings import LEVELS
from pipeline.outcome import COUNTED, ERROR, NORMAL, NOT_COUNTED, NOTE, Outcome
from pipeline.ranking.book import MUTED, Beside, Book, Column, Span
from pipeline.rulebook import ALL

FINDINGS, FILES, OTHERS, READINGS = "问题清单", "报送情况", "其他文件", "口径说明"
RULINGS, DISPUTED, CHANGES, RUN = "核定记录", "意见不一致", "变化", "运行信息"
_DEFAULT = "默认"
LEDGER = "申报台账"


def add_findings(book: Book, outcome: Outcome) -> None:
    """问题清单: what is wrong, where, and how to mend it."""
    table = outcome.findings.sort_values(
        "level", key=lambda levels: levels.map(LEVELS.index).astype("int64"), kind="stable"
    )
    columns = [
        Column("级别", 7, table["level"], "mid"),
        Column("发给", 7, table["addressee"], "mid"),
        Column("单位", 22, table["unit"]),
        Column("源文件", 26, table["file"], "small"),
        Column("工作表", 11, table["sheet"], "mid"),
        Column("单元格", 8, table["cell"], "mid"),
        Column("条款", 8, table["clause"], "mid"),
        Column("名称", 26, table["title"], "small"),
        Column("问题", 50, table["problem"]),
        Column("处理建议", 40, table["advice"]),
    ]
    kinds = table["level"].value_counts(sort=False)
    counts = "，".join(f"{level} {kinds[level]} 个" for level in kinds.index) or "没有发现问题"
    notes = [
        book.line,
        f"{counts}。错误：这一项或这份材料不计；警告：照常计分，请核对；提示：供参考，打印时不印",
    ]
    looks: dict[str, dict[str, object]] = {ERROR: {"bold": True}, NOTE: {"font_color": MUTED}}
    marks = [("级别", f'{{cell}}="{level}"', look) for level, look in looks.items()]
    weighty = int((table["level"] != NOTE).sum())
    book.listing(FINDINGS, notes, columns, freeze=2, printed=weighty, marks=marks)


def add_files(book: Book, outcome: Outcome) -> None:
    """报送情况: what became of each file, and the units that sent none."""
    table = outcome.files
    columns = [
        Column("单位", 24, table["unit"]),
        Column("状态", 11, table["status"], "mid"),
        Column("报送日期", 12, table["date"], "date"),
        Column("源文件", 38, table["file"], "small"),
        Column("说明", 44, table["note"]),
        Column("填报人", 10, table["person"], "mid"),
        Column("联系电话", 16, table["phone"], "mid"),
        Column("SHA-256", 36, table["sha256"], "small"),
    ]
    odd = ("状态", f'{{cell}}<>"{NORMAL}"', {"bold": True})
    book.listing(FILES, [book.line], columns, freeze=2, marks=[odd])


def add_others(book: Book, outcome: Outcome) -> None:
    """其他文件: what lay among the returns and is none; nothing where there is nothing."""
    table = outcome.others
    if table.empty:
        return
    columns = [Column("文件", 60, table["file"]), Column("说明", 50, table["note"])]
    notes = [book.line, f"报送文件夹里不是报送材料的 {len(table)} 个，都没有读取"]
    book.listing(OTHERS, notes, columns)


def add_readings(book: Book, outcome: Outcome) -> None:
    """口径说明: each ambiguous sentence, how it was taken, what the other sense would change."""
    table, readings = outcome.readings, outcome.rulebook.readings
    clauses = ["全部条款" if one.clauses == ALL else "、".join(one.clauses) for one in readings]
    columns = [
        Column("口径", 18, table["id"], "small"),
        Column("名称", 16, [one.name for one in readings]),
        Column("条款", 14, clauses),
        Column("问题", 30, table["question"]),
        Column("采用", 32, table["taken"] + "：" + table["sense"]),
        Column("另一种理解", 32, table["other"]),
        Column("影响", 58, table["impact"]),
    ]
    notes = [book.line, "影响：改按另一种理解时，哪些单位的总分或名次会变"]
    other = ("采用", f'LEFT({{cell}},{len(_DEFAULT)})<>"{_DEFAULT}"', {"bold": True, "top": 2})
    book.listing(READINGS, notes, columns, freeze=1, marks=[other])


def add_rulings(book: Book, outcome: Outcome) -> None:
    """核定记录: what the panel decided, who and why; nothing where it decided nothing."""
    table = outcome.rulings
    if len(table):
        _rulings(book, RULINGS, f"已采用的核定 {len(table)} 条", table)


def add_disputed(book: Book, outcome: Outcome) -> None:
    """意见不一致: on what the judges disagree, each with what he says; nothing where they agree."""
    order = ["unit", "clause", "title", "judge"]
    codes = {"unit": outcome.rulebook.unit_codes, "clause": outcome.rulebook.clause_codes}
    if outcome.disputed.empty:
        return
    table = outcome.disputed.sort_values(
        order,
        key=lambda column: column.map(codes[column.name]) if column.name in codes else column,
        kind="stable",
    )
    note = "评审人说法不同的，都没有采用；请评审组商定，把定下的一条写进办公室台账，删去其余各条"
    _rulings(book, DISPUTED, note, table)


def _rulings(book: Book, name: str, note: str, table: pd.DataFrame) -> None:
    columns = [
        Column("单位", 24, table["unit"]),
        Column("条款", 8, table["clause"], "mid"),
        Column("名称", 36, table["title"]),
        Column("结论", 9, table["word"], "mid"),
        Column("核定分", 9, table["points"], "centre"),
        Column("理由", 40, table["reason"]),
        Column("评审人", 14, table["judge"], "mid"),
        Column("台账文件", 24, table["file"], "small"),
        Column("单元格", 9, table["cell"], "mid"),
    ]
    book.listing(name, [book.line, note], columns, freeze=1)


def add_changes(book: Book, outcome: Outcome) -> None:
    """变化: what differs from the last run, and why; nothing on a first run."""
    table = outcome.changes
    if table.empty:
        return
    columns = [
        Column("单位", 26, table["unit"]),
        Column("项目", 16, table["what"], "mid"),
        Column("上次", 16, table["before"], "centre"),
        Column("本次", 16, table["after"], "centre"),
        Column("原因", 70, table["cause"]),
    ]
    notes = [book.line, "与上一次运行的结果相比"]
    book.listing(CHANGES, notes, columns, freeze=1)


def add_run(book: Book, outcome: Outcome, beside: Beside) -> None:
    """运行信息: with what this result was made, and the files beside it with what they hold."""
    made = ((f"{path.parent.name}/{path.name}", what) for path, what in beside.made)
    facts = [*outcome.facts, *made]
    columns = [
        Column("项目", 26, [item for item, _ in facts], "name"),
        Column("内容", 90, [content for _, content in facts]),
    ]
    book.listing(RUN, [book.line], columns)


_HOW_COUNTED = (
    "得分是这一项自己挣得的分；按单位整体计分的条款此栏为空，得分见 ranking.xlsx 的“得分明细”。"
    "打印时只印表头，要印全表请先取消打印区域"
)


def add_ledger(book: Book, outcome: Outcome) -> Span:
    """申报台账: every claim with what became of it."""
    claims = outcome.claims
    counted = int((claims["result"] == COUNTED).sum())
    counts = f"共 {len(claims)} 项，计分 {counted} 项，不计 {len(claims) - counted} 项。"
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
    notes = [book.line, f"{counts}{_HOW_COUNTED}"]
    return book.listing(LEDGER, notes, columns, freeze=3, printed=0, marks=[greyed])
