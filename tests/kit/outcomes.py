"""A hand-made `Outcome`: small, plausible, consistent, and with hostile texts in it.

`make_outcome(rulebook)` is six units: four ranked (two of them tied), one late, one without a
return, beside a return of nobody's. Every figure in it follows from its claims by plain loops.
"""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from pipeline.findings import COLUMNS, UNIT
from pipeline.outcome import (
    COUNTED,
    ERROR,
    LATE,
    MISSING,
    NORMAL,
    NOT_COUNTED,
    NOTE,
    UNKNOWN_UNIT,
    UNREADABLE,
    WARNING,
    Outcome,
)
from pipeline.rulebook import PER_CLAIM, Clause, Rulebook, Unit

WHEN = datetime(2016, 1, 8, 9, 30)
HOSTILE = (
    '=HYPERLINK("http://example.invalid/","点我")',
    "+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "-2+3",
    "http://example.invalid/a?b=c&d=<e>",
    "mailto:someone@example.invalid",
    "internal:'排名'!A1",
    "external:c:\\temp\\a.xlsx",
    "<script>alert('一')</script>",
    "<r><t>富文本</t></r>",
    "<r><t>不成对</r>",
    "控制\x00字\x01符\x1f与\x7f换行\r\n第二行\r第三行\t制表",
    "_x0041_ 不是字母",
    "方向\u202egnp.exe\u202c反转",
    "残缺\ud83d代理项\ufffe",
    "表情😀与　全角空格 ",
    "'单引号开头",
    "长" * 40_000,
    "1e5",
    "2015-06-01",
    "#REF!",
    "{{ 7*7 }}{% raw %}",
    "=" * 3,
)
"""Texts that must come out as text everywhere."""

CLAIM_COLUMNS = [
    "unit", "file", "sheet", "row", "clause", "title", "date", "result", "points", "reason",
    "checked_result", "ruling", "object", "words", "base", "done", "evidence", "other", "place_of",
]  # fmt: skip
RULING_COLUMNS = ["unit", "clause", "title", "word", "points", "reason", "judge", "file", "cell",
                  "of_file", "of_sheet", "of_row"]  # fmt: skip


def with_units(rulebook: Rulebook, count: int) -> Rulebook:
    """The rulebook with a roster of so many made-up units."""
    roster = tuple(
        Unit(unit=f"第{n:04d}县工商联", short_names=(f"第{n:04d}县",), email="")
        for n in range(1, count + 1)
    )
    fields = {name: getattr(rulebook, name) for name in Rulebook.model_fields}
    return Rulebook(**fields | {"roster": roster})


def make_outcome(
    rulebook: Rulebook,
    *,
    alternative: tuple[str, ...] = (),
    ranked: int | None = None,
    claims_each: int = 14,
    hostile: bool = True,
    rulings: bool = True,
) -> Outcome:
    """An outcome in which the first `ranked` units of the roster (all but two) are 正常.

    The first two units share a place. `claims_each` claims a unit, some refused.
    """
    units = rulebook.units
    ranked = max(len(units) - 2, 0) if ranked is None else ranked
    normal = units[:ranked]
    claims = _claims(rulebook, normal, claims_each, hostile)
    points, values = _points(rulebook, normal, claims)
    applied = _rulings(rulebook, normal, points) if rulings else _frame([], RULING_COLUMNS)
    sections = pd.DataFrame(
        {
            name: points[[c.id for c in rulebook.clauses if c.section == name]].sum(axis=1)
            for name in rulebook.sections
        },
        index=points.index,
    )
    table = _units(rulebook, sections, applied)
    order = [unit for unit in table["unit"] if unit in set(normal)]
    return Outcome(
        rulebook=rulebook,
        alternative=alternative,
        stage="核定" if len(applied) else "初评",
        when=WHEN,
        facts=[("程序版本", "1.0.0"), ("计分规则", f"{rulebook.year}（{rulebook.fingerprint}）")],
        units=table,
        sections=sections.loc[order],
        points=points.loc[order],
        values=values.loc[order],
        claims=pd.concat([claims, _outsiders(rulebook)], ignore_index=True),
        findings=_findings(claims, hostile),
        files=_files(rulebook, table),
        readings=_readings(rulebook, alternative, order),
        awards={award.name: 2 for award in rulebook.awards},
        rulings=applied,
        decisive=["第1名在各种口径下不变。"] if ranked else [],
        changes=_changes(order),
        others=_frame(
            [{"file": text, "note": "不是电子表格"} for text in HOSTILE], ["file", "note"]
        ),
    )


def _frame(rows: Sequence[dict[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def _claims(rulebook: Rulebook, normal: Sequence[str], each: int, hostile: bool) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    clauses = rulebook.clauses
    for number, unit in enumerate(normal):
        # The first two units claim the same, so they share a place; later ones claim less.
        seed = max(number - 1, 0)
        for at in range(max(each - 2 * seed, 1)):
            clause = clauses[(at * 5 + seed * 7) % len(clauses)]
            rows.append(_claim(rulebook, unit, clause, at, seed, hostile))
    return _frame(rows, CLAIM_COLUMNS)


def _claim(
    rulebook: Rulebook, unit: str, clause: Clause, at: int, seed: int, hostile: bool
) -> dict[str, object]:
    refused = (at + seed) % 6 == 5
    sheet = rulebook.sheet[clause.sheet]
    text = HOSTILE[(at + seed) % len(HOSTILE)] if hostile else f"第{at + 1}项工作"
    words = 600 + at if clause.measure == "words" else None
    figures = (40, 40 + at) if sheet.prefilled else (None, None)
    counted = clause.measure in PER_CLAIM and not refused
    value = words if words is not None else 1
    day = datetime(rulebook.year, 1 + at % 12, 1 + at % 28)
    return {
        "unit": unit,
        "file": f"{unit}.xlsx",
        "sheet": clause.sheet,
        "row": 2 + at,
        "clause": clause.id,
        "title": text,
        "date": "6月1日" if refused else day,
        "result": NOT_COUNTED if refused else COUNTED,
        "points": clause.band_at(value).points if counted else None,
        "reason": "日期“6月1日”看不明白：没有写年份" if refused else "",
        "checked_result": NOT_COUNTED if refused else COUNTED,
        "ruling": "",
        "object": f"对象{at}" if clause.measure == "distinct" else "",
        "words": words,
        "base": figures[0],
        "done": figures[1],
        "evidence": "；".join(f"{header}：附件{at + 1}" for header in clause.evidence),
        "other": f"备注：{text}" if hostile else "",
        "place_of": f"A{2 + at}",
    }


def _outsiders(rulebook: Rulebook) -> pd.DataFrame:
    """Claims of a late return and of one whose unit nobody knows."""
    clause = rulebook.clauses[0]
    rows = []
    for unit, reason in ((rulebook.units[-1], LATE), ("=未知县工商联", UNKNOWN_UNIT)):
        row = _claim(rulebook, unit, clause, 0, 0, False)
        rows.append(row | {"result": NOT_COUNTED, "points": None, "reason": reason,
                           "checked_result": NOT_COUNTED})  # fmt: skip
    return _frame(rows, CLAIM_COLUMNS)


def _points(
    rulebook: Rulebook, normal: Sequence[str], claims: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    points = pd.DataFrame(0.0, index=list(normal), columns=list(rulebook.clause_ids))
    values = pd.DataFrame(0.0, index=list(normal), columns=list(rulebook.clause_ids))
    counted = claims[claims["result"] == COUNTED]
    for (unit, clause_id), group in counted.groupby(["unit", "clause"], sort=False):
        clause = rulebook.clause[clause_id]
        if clause.measure in PER_CLAIM:
            value, earned = float(len(group)), float(group["points"].sum())
        elif clause.measure in ("ratio", "growth"):
            base, done = group.iloc[0]["base"], group.iloc[0]["done"]
            value = done / base if clause.measure == "ratio" else (done - base) / base
            earned = clause.band_at(value).points
        else:
            value = float(len(group))
            earned = clause.band_at(int(value)).points
        points.loc[unit, clause_id], values.loc[unit, clause_id] = earned, value
    points.index.name = values.index.name = "unit"
    return points, values


def _rulings(rulebook: Rulebook, normal: Sequence[str], points: pd.DataFrame) -> pd.DataFrame:
    """One 改分 for the last ranked unit; it changes the points."""
    if len(normal) < 3:
        return _frame([], RULING_COLUMNS)
    clause = rulebook.clause_ids[-1]
    points.loc[normal[-1], clause] = 1.5
    row = {
        "unit": normal[-1], "clause": clause, "title": "", "word": "改分", "points": 1.5,
        "reason": "=按会议记录", "judge": "评审人甲", "file": "register.xlsx", "cell": "B2",
    }  # fmt: skip
    return _frame([row], RULING_COLUMNS)


def _places(totals: pd.Series) -> pd.Series:
    return totals.rank(method="min", ascending=False).astype("Int64")


def _units(rulebook: Rulebook, sections: pd.DataFrame, rulings: pd.DataFrame) -> pd.DataFrame:
    names = {numeral: name for name, numeral in rulebook.sections.items()}
    totals = sections.sum(axis=1)
    key = sections[names[rulebook.key_section]]
    change = pd.Series(0.0, index=sections.index)
    for row in rulings.itertuples():
        change[row.unit] = row.points
    place, key_place = _places(totals), _places(key)
    table = pd.DataFrame(
        {
            "status": NORMAL,
            "place": place,
            "total": totals,
            "key_place": key_place,
            "key_points": key,
            "award": ["先进单位" if p <= 2 else "" for p in place],
            "key_award": "",
            "group": "",
            "grade": "",
            "veto": "",
            "tie": "",
            "claimed": totals + 4,
            "checked": totals - change,
            "change": change,
            "best": (place - 1).clip(lower=1),
            "worst": place,
            "date": pd.Timestamp(rulebook.year, 12, 20),
            "file": [f"{unit}.xlsx" for unit in sections.index],
        },
        index=sections.index,
    )
    others = [unit for unit in rulebook.units if unit not in set(sections.index)]
    table = table.sort_values("place", kind="stable").reindex([*table.index[:0], *place.sort_values(
        kind="stable").index, *others])  # fmt: skip
    for column in ("award", "key_award", "group", "grade", "veto", "tie", "file"):
        table[column] = table[column].astype(object).fillna("")
    missing = dict.fromkeys(others, MISSING)
    if others:
        missing[others[-1]] = LATE
    table["status"] = [missing.get(unit, NORMAL) for unit in table.index]
    return table.rename_axis("unit").reset_index()


def _findings(claims: pd.DataFrame, hostile: bool) -> pd.DataFrame:
    said = f"日期看不明白：{HOSTILE[0] if hostile else '没有写年份'}"
    rows = [
        ("date-unclear", ERROR, UNIT, row.unit, row.file, row.sheet, f"C{row.row}", row.clause,
         row.title, said, "请写成 2015年6月1日 的样子")
        for row in claims[claims["result"] == NOT_COUNTED].itertuples()
    ]  # fmt: skip
    rows += [
        ("year-missing", WARNING, UNIT, "", "=某县.xlsx", "封面", "B4", "", "",
         "没有填写填报年度", "请填写"),
        ("file-same-bytes", NOTE, UNIT, "", "副本/a\n\u202eb.xlsx", "", "", "", "",
         "内容完全相同", "无需处理"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _files(rulebook: Rulebook, units: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, object]] = [
        {"unit": u.unit, "status": u.status, "date": u.date, "file": u.file,
         "sha256": "0123456789abcdef" * 4 if u.file else "",
         "note": "用于计分" if u.status == NORMAL else ""}
        for u in units.itertuples()
    ]  # fmt: skip
    rows += [
        {"unit": "", "status": UNREADABLE, "date": pd.NaT, "file": "=坏\u202e文件.xls",
         "sha256": "f" * 64, "note": "文件已损坏，读不出来"},
        {"unit": "=未知县工商联", "status": UNKNOWN_UNIT, "date": pd.NaT,
         "file": "其他/未知.xlsx", "sha256": "e" * 64, "note": "单位不在名册里"},
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    dates = pd.to_datetime(table["date"])
    return table.assign(date=dates, person="张三", phone="0000-0000000")


def _readings(
    rulebook: Rulebook, alternative: Sequence[str], ranked: Sequence[str]
) -> pd.DataFrame:
    rows = []
    for number, reading in enumerate(rulebook.readings):
        other = reading.id in alternative
        unit = ranked[number % len(ranked)] if ranked else ""
        rows.append(
            {
                "id": reading.id,
                "clauses": ";".join(reading.clauses),
                "question": reading.question,
                "taken": "另一种" if other else "默认",
                "sense": reading.alternative if other else reading.default,
                "other": reading.default if other else reading.alternative,
                "impact": f"{unit}由第2名（30分）升至第1名（34分）"
                if unit and not number % 3 else "无影响",
                "changes": [(unit, 34.0, 1.0)] if unit and not number % 3 else [],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _changes(ranked: Sequence[str]) -> pd.DataFrame:
    columns = ["unit", "what", "before", "after", "cause"]
    if not ranked:
        return pd.DataFrame(columns=columns)
    return pd.DataFrame([(ranked[0], "总分", 30, 34, "=更换了报送材料")], columns=columns)
