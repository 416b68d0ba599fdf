"""`汇总.xlsx`, left by `check`: who has sent what, and what is to be supplied."""

from pathlib import Path

import pandas as pd

from pipeline import layout
from pipeline.findings import UNIT
from pipeline.outcome import COUNTED, ERROR, MISSING, NORMAL, WARNING, Outcome
from pipeline.ranking.book import Book, Column
from pipeline.ranking.lists import add_findings, add_others
from pipeline.wording import chinese_date, last_day

RECEIVED, PROGRESS = "汇总.xlsx", "进度"
_MOST_LINES = 12
"""Things to supply that a row lists; all of them stand in 问题清单."""


def write_received(outcome: Outcome, path: Path, *, everyone: bool) -> None:
    """Write the workbook; unless `everyone` was checked, only what was read is listed.

    Raises:
        OSError: the file cannot be written.
    """
    title, line = outcome.rulebook.title, f"{outcome.when:%Y-%m-%d %H:%M} 检查"
    book = Book(path, title=title, line=line, when=outcome.when, about=f"{title}　{PROGRESS}")
    table = progress_table(outcome, everyone=everyone)
    columns = [
        Column("单位", 24, table["unit"], "name"),
        Column("状态", 10, table["status"], "mid"),
        Column("报送日期", 12, table["date"], "date"),
        Column("申报", 7, table["claims"], "centre"),
        Column("可计分", 8, table["counted"], "centre"),
        Column("错误", 7, table["errors"], "centre"),
        Column("警告", 7, table["warnings"], "centre"),
        Column("要补的", 64, table["supply"]),
        Column("填报人", 10, table["person"], "mid"),
        Column("联系电话", 16, table["phone"], "mid"),
        Column("源文件", 28, table["file"], "small"),
    ]
    notes = [*_on_top(outcome, line, everyone), *office_line(outcome)]
    odd = ("状态", f'{{cell}}<>"{NORMAL}"', {"bold": True})
    book.listing(PROGRESS, notes, columns, freeze=1, marks=[odd])
    add_findings(book, outcome)
    add_others(book, outcome)
    book.close()


def progress_table(outcome: Outcome, *, everyone: bool) -> pd.DataFrame:
    """A row for each return, and for each unit that sent none where `everyone`.

    Columns `unit`, `status`, `date`, `file`, `person`, `phone` as in `Outcome.files`; `claims`,
    `counted`, `errors`, `warnings` (whole numbers, null where there is no file); `supply` (what is
    wrong and how to mend it, a line each).
    """
    table = outcome.files if everyone else outcome.files[outcome.files["file"] != ""]
    table = table.reset_index(drop=True)
    findings = outcome.findings[outcome.findings["file"] != ""]
    counts = {
        "claims": outcome.claims["file"],
        "counted": outcome.claims.loc[outcome.claims["result"] == COUNTED, "file"],
        "errors": findings.loc[findings["level"] == ERROR, "file"],
        "warnings": findings.loc[findings["level"] == WARNING, "file"],
    }
    sent = table["file"] != ""
    for name, files in counts.items():
        number = table["file"].map(files.astype(str).value_counts()).fillna(0)
        table[name] = number.astype("Int64").where(sent)
    mine = findings[findings["level"].eq(ERROR) & findings["addressee"].eq(UNIT)]
    lines = (mine["sheet"] + " " + mine["cell"] + "：" + mine["problem"]).str.lstrip(" ：")
    supply = {}
    for file, own in lines.groupby(mine["file"], sort=False):
        more = len(own) - _MOST_LINES
        rest = [f"……另有 {more} 处"] if more > 0 else []
        supply[file] = "\n".join([*own.head(_MOST_LINES), *rest])
    return table.assign(supply=table["file"].map(supply).fillna("").mask(~sent, table["note"]))


def _on_top(outcome: Outcome, line: str, everyone: bool) -> list[str]:
    last = last_day(outcome.rulebook)
    left = (last - outcome.when.date()).days
    days = f"还剩 {left} 天" if left > 0 else "今天是最后一天" if left == 0 else "已过报送期限"
    lines = [f"{line}；报送最后一天：{chinese_date(last)}，{days}"]
    if everyone:
        missing = outcome.units.loc[outcome.units["status"] == MISSING, "unit"].tolist()
        unsent = f"还没有报送 {len(missing)} 个：{'、'.join(missing)}" if missing else "都已报送"
        lines.append(f"收到 {len(outcome.units) - len(missing)} 个单位的材料，{unsent}")
    return lines


def office_line(outcome: Outcome) -> list[str]:
    """What is wrong in the office's own books, as one line; none where nothing is."""
    own = outcome.findings["sheet"].isin(layout.REGISTER_READ)
    count = int((own & (outcome.findings["level"] == ERROR)).sum())
    return [f"办公室台账有 {count} 处错误，对应的行没有采用，见问题清单。"] if count else []
