"""`review.xlsx`: the panel's worksheet. Filled in, it goes back in as a register.

Behind the instructions stands a sheet in the form of the register's 评审核定, one row per claim,
with what the program knows of the claim. A row without 结论 is no ruling. Rulings in force stand
there already.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline import layout
from pipeline.isolate import Later, at_once
from pipeline.outcome import COUNTED, NOT_COUNTED, Outcome
from pipeline.publish import OWN_REVIEW
from pipeline.ranking.book import INK, LIST_ROWS, MUTED, Book, Column, Page, Span, height_of
from pipeline.ranking.lists import add_disputed
from pipeline.ranking.scores import ranked
from pipeline.ranking.workbook import headline
from pipeline.text import fold, from_template
from pipeline.wording import describe_rule

GUIDE = "使用说明"
REVIEW_ROWS = 100_000
"""Claims up to which all are listed; of more, the first of those that are refused or were
remarked on."""
_SPARE_ROWS = 300
"""Rows below the last claim that take rulings too."""
_ENTRY = ("结论", "核定分", "理由", "评审人")
_RULED = {"word": "word", "score": "points", "why": "reason", "judge": "judge"}
"""Column of what the panel enters → the same in `Outcome.rulings`."""
_PLACE = {"单位": "unit", "条款": "clause", "名称": "title", "源文件": "file", "工作表": "sheet",
          "行号": "row"}  # fmt: skip
"""Header of what a ruling is of → the same column of the ledger."""
_WATCHED = {
    "claim-alike": "两家雷同",
    "claim-elsewhere": "一事多报",
    "record-unseen": "平时未见",
    "attachment-shared": "附件相同",
    "date-after-return": "晚于报送",
    "evidence-short": "按口径认可",
}
"""Code of a finding → why the panel should look closely, to filter by."""
_LAST_PRINTED = "程序得分"
_MOST_BREAKS = 1_000
"""Page breaks that a sheet may have, a few less."""


def write_review(
    outcome: Outcome, path: Path, judge: str = "", later: Later = at_once
) -> pd.DataFrame:
    """Have the panel's worksheet written by `later`; give its rows, as `review_rows`.

    On the copy of one `judge` his name stands on every row, and no ruling of anybody's.

    Raises:
        OSError: it cannot be written.
    """
    if judge:
        nothing = outcome.rulings.iloc[:0]
        outcome = replace(outcome, rulings=nothing, disputed=nothing, entered=[])
    rows, all_listed = review_rows(outcome)
    if judge:
        rows["judge"] = judge
    watched = outcome.findings[outcome.findings["code"].isin(_WATCHED)]
    later(_write, replace(outcome, claims=rows, findings=watched), path, all_listed)
    return rows


def _write(outcome: Outcome, path: Path, all_listed: bool) -> None:
    """Write a worksheet of an outcome with no claims but those listed, no findings but watched."""
    rows = outcome.claims
    title = f"{outcome.rulebook.title}　{layout.RULINGS}"
    long = len(rows) > LIST_ROWS
    book = Book(path, title=title, line=headline(outcome), when=outcome.when, long=long)
    _guide(book, all_listed)
    sheet = book.sheet(layout.RULINGS)
    span = book.table(sheet, _columns(outcome), 0, freeze=4)
    units = list(rows["unit"])  # each begins a page; what is for the screen only is not printed
    breaks = [at + 1 for at in range(1, len(units)) if units[at] != units[at - 1]]
    sheet.set_h_pagebreaks(breaks[:_MOST_BREAKS])
    sheet.print_area(0, 0, max(span.last, span.first) - 1, span.columns.index(_LAST_PRINTED))
    book.footer(sheet, middle="评审人签字：　　　　　　　　日期：　　　　")
    _validate(sheet, span)
    # Both show on a grey print.
    book.mark(span, layout.PANEL_HEADER, f'{{cell}}="{NOT_COUNTED}"', font_color=MUTED)
    book.mark(span, "结论", '{cell}<>""', bold=True, font_color=INK, top=1, bottom=1)
    add_disputed(book, outcome)
    book.close()


def review_rows(outcome: Outcome) -> tuple[pd.DataFrame, bool]:
    """The rows of the worksheet, and whether every claim is among them.

    Columns: those of the ledger, and `word`, `score`, `why`, `judge` of the ruling in force, with
    `origin`, the file that it stands in. By unit, then in the order of the clauses; a ruling that
    is of no single claim has a row of its own behind the unit's claims.
    """
    book, claims = outcome.rulebook, outcome.claims
    sheets = {clause.id: fold(clause.sheet) for clause in book.clauses}
    usable = claims["clause"].map(sheets) == claims["sheet"].map(fold)
    rows = claims[usable & claims["unit"].isin(ranked(outcome)["unit"])]
    all_listed = len(rows) <= REVIEW_ROWS
    if not all_listed:
        rows = rows[(rows["result"] == NOT_COUNTED) | (rows["reason"] != "")][:REVIEW_ROWS]
    title = rows["title"].fillna("").astype(object)
    rows = rows.assign(
        title=title.where(title != "", layout.UNTITLED), **dict.fromkeys(_RULED), origin=""
    )
    rows = _with_rulings(rows.reset_index(drop=True), outcome)
    order = {unit: at for at, unit in enumerate(outcome.units["unit"])}
    codes = rows["clause"].astype(object).map(book.clause_codes)
    rows = rows.assign(
        place=rows["unit"].astype(object).map(order),
        code=codes.where(rows["file"].notna(), len(book.clauses)),
    )
    rows = rows.sort_values(["place", "code"], kind="stable", ignore_index=True)
    return rows.drop(columns=["place", "code"]), all_listed


def _with_rulings(rows: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Put each ruling in force on the row of the claim that it is of, or on a row of its own.

    A ruling by name goes to the only claim of that name. One that a person entered here by name
    stays as he wrote it: on a claim's row it would be read as of that row alone. So is what was
    entered and not applied, on its row where that is free, until somebody mends it: what a person
    entered is never lost.
    """
    keys = list(zip(*(rows[key].map(_folded) for key in _PLACE.values()), strict=True))
    at_place = {key: at for at, key in enumerate(keys)}
    named: dict[tuple[str, ...], list[int]] = {}
    for at, key in enumerate(keys):
        named.setdefault(key[:3], []).append(at)
    own: list[dict[str, Any]] = []

    def put(place: dict[str, Any], said: dict[str, Any], *, by_name: bool = False) -> None:
        key = tuple(map(_folded, place.values()))
        alone = named.get(key[:3], []) if by_name else []
        at = alone[0] if len(alone) == 1 else at_place.get(key)
        if at is None or rows.loc[at, list(_RULED)].notna().any():
            own.append(place | said)
        else:
            rows.loc[at, list(said)] = list(said.values())

    place: dict[str, Any]
    said: dict[str, Any]
    for ruling in outcome.rulings.to_dict("records"):
        place = dict.fromkeys(_PLACE.values()) | {k: ruling[k] for k in ("unit", "clause", "title")}
        of_row = pd.notna(ruling["of_row"])
        if of_row:
            place |= {key: ruling[f"of_{key}"] for key in ("file", "sheet")}
            place |= {"title": place["title"] or layout.UNTITLED, "row": int(ruling["of_row"])}
        said = {header: ruling[key] for header, key in _RULED.items()} | {"origin": ruling["file"]}
        put(place, said, by_name=not of_row and ruling["file"] != OWN_REVIEW)
    for cells in outcome.entered:
        said = {key: cells[header] for key, header in zip(_RULED, _ENTRY, strict=True)}
        place = {key: cells[header] for header, key in _PLACE.items()}
        put(place, said | {"origin": ""})
    more = [pd.DataFrame(own).astype(object)] if own else []
    return pd.concat([rows, *more], ignore_index=True)


def _folded(cell: object) -> str:
    return "" if pd.isna(cell) else fold(f"{cell}")  # type: ignore[call-overload]


def _watched(outcome: Outcome) -> list[str]:
    """For each claim, why the panel should look closely."""
    found: dict[tuple[str, str, str], list[str]] = {}
    columns = outcome.findings[["code", "file", "sheet", "cell"]]
    for code, file, sheet, cell in columns.itertuples(index=False):
        key = (file, sheet, "".join(filter(str.isdigit, cell)))
        found.setdefault(key, []).append(_WATCHED[code])
    places = outcome.claims[["file", "sheet", "row"]].astype(object).itertuples(index=False)
    return ["、".join(dict.fromkeys(found.get((f, s, str(row)), ()))) for f, s, row in places]


def _columns(outcome: Outcome) -> list[Column]:
    rows = outcome.claims
    clauses = [outcome.rulebook.clause.get(clause) for clause in rows["clause"]]
    points: dict[Any, float] = outcome.points.stack().to_dict()
    earned = [points.get(place) for place in zip(rows["unit"], rows["clause"], strict=True)]
    return [
        Column("重点看", 10, _watched(outcome), "mid"),
        Column("单位", 14, rows["unit"], "name"),
        Column("条款", 7, rows["clause"], "mid"),
        Column("名称", 26, rows["title"]),
        Column("结论", 8, rows["word"], "entry"),
        Column("核定分", 7, rows["score"], "entry"),
        Column("理由", 18, rows["why"], "entry"),
        Column("评审人", 9, rows["judge"], "entry"),
        Column("日期", 10.5, rows["date"], "date"),
        Column("对象", 11, rows["object"]),
        Column("字数", 6, rows["words"], "centre"),
        Column("基数", 6.5, rows["base"], "centre"),
        Column("完成数", 6.5, rows["done"], "centre"),
        Column("佐证", 20, rows["evidence"], "small"),
        Column(layout.PANEL_HEADER, 6, rows["checked_result"], "mid"),
        Column(_LAST_PRINTED, 6, rows["points"], "centre"),
        Column("原因", 24, rows["reason"]),
        Column("条款内容", 28, [clause and clause.label for clause in clauses]),
        Column("怎样计分", 28, [clause and describe_rule(clause) for clause in clauses]),
        Column("本条现得", 7, earned, "centre"),
        Column("源文件", 16, rows["file"], "small"),
        Column("工作表", 9, rows["sheet"], "mid"),
        Column("行号", 6, rows["row"], "centre"),
    ]


def _validate(sheet: Worksheet, span: Span) -> None:
    first, last = span.first - 1, max(span.last, span.first) - 1 + _SPARE_ROWS
    words = "、".join(layout.RULING_WORDS)

    def rule(header: str, prompt: str, error: str, **check: Any) -> None:
        said = {"input_message": prompt, "error_message": error}
        said |= {"input_title": header, "error_title": header}
        column = span.columns.index(header)
        sheet.data_validation(first, column, last, column, check | said)

    rule(
        "结论", "从下拉列表选择；不作核定的留空", f"请填写：{words}，或留空",
        validate="list", source=list(layout.RULING_WORDS),
    )  # fmt: skip
    rule(
        "核定分", f"只在结论为“{layout.RULING_POINTS}”时填写：这一条款的总得分", "请填写数字",
        validate="decimal", criteria="between", minimum=-10_000, maximum=10_000,
    )  # fmt: skip


def _guide(book: Book, all_listed: bool) -> None:
    page = Page(book, book.sheet(GUIDE, "评审组怎样使用这张表"), (84,), 2)
    most, results = 0 if all_listed else REVIEW_ROWS, (COUNTED, NOT_COUNTED)
    said = {"layout": layout, "entry": _ENTRY, "watched": _WATCHED.values(), "counted": results}
    lines = from_template("forms/review.txt.j2", said | {"most": most}).splitlines()
    for number, line in enumerate(lines, start=1):
        page.line(f"{number}．{line}", "prose", height_of([(f"{number}．{line}", 84)]))
