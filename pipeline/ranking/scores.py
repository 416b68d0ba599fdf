"""排名, 重点工作, 评奖, 得分明细 and 图表, and what is said of places wherever they are told.

Places, totals and section sums are live formulas. They find a unit's row by its name, so a
sheet that somebody sorts stays right.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import pandas as pd
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import NORMAL, PLACES, REPLACED, Outcome
from pipeline.ranking.book import BAND, BRAND, MUTED, Book, Column, Span, clean, height_of
from pipeline.rulebook import TOTAL, Award, Reading
from pipeline.style import FONT
from pipeline.wording import describe_award, number

Points = TypeVar("Points", pd.Series, pd.DataFrame)

RANKING, KEY_WORK, CONTESTS = "排名", "重点工作", "评奖"
_FOLDED = "点表格上方的加号可展开：自报、初评、核定变动、最好和最差名次"
_HEADER = 3
"""Row of the headers, from 0: below title, stage, and average, highest and lowest."""
_FRONT = 3
"""Columns before the first section."""
DETAILS = "得分明细"
_GROUPS, _DETAILS_HEADER = 2, 3
"""Rows (from 0) of the section names and of the headers."""
_WIDTH = 5.3
_LARGE = 1.3
_PAGE_CLAUSES, _SCALE = 24, 72
"""Clause columns on one printed page, and the scale in percent at which they fit."""


def ranked(outcome: Outcome) -> pd.DataFrame:
    """The units that are ranked, in order."""
    return outcome.units[outcome.units["status"] == NORMAL]


def other_senses(outcome: Outcome) -> list[Reading]:
    """The readings that are taken in their other sense."""
    return [one for one in outcome.rulebook.readings if one.id in outcome.alternative]


def by_key_work(outcome: Outcome) -> pd.DataFrame:
    """The ranked units by their place in key work; equal ones in roster order."""
    order, units = outcome.rulebook.unit_codes, ranked(outcome)
    groups = dict.fromkeys(row.group for row in outcome.rulebook.roster)
    rank = {group: at for at, group in enumerate(groups)}
    keys = pd.DataFrame({"group": units["group"].map(rank), "place": units["key_place"],
                         "unit": units["unit"].map(order)})  # fmt: skip
    return units.loc[keys.sort_values(["group", "place", "unit"], kind="stable").index]


def decided(outcome: Outcome) -> pd.DataFrame:
    """What the meeting decided for each unit, index as `outcome.units`: `award` (in one text, ''
    where none was decided) and `place` (Int64).
    """
    rows = outcome.decisions
    awards = {
        unit: "、".join(dict.fromkeys(filter(None, names)))
        for unit, names in rows.groupby("unit", sort=False)["award"]
    }
    places = rows.dropna(subset=["place"]).groupby("unit")["place"].last()
    units = outcome.units["unit"]
    given = units.map(awards).fillna("").astype(object)
    return pd.DataFrame({"award": given, "place": units.map(places.to_dict()).astype("Int64")})


def told(outcome: Outcome) -> tuple[str, pd.DataFrame]:
    """What awards are called now, and each unit's `award` and `place`, index as `outcome.units`: as
    the meeting decided; before that as proposed.
    """
    units = outcome.units
    if outcome.decisions.empty:
        pairs = zip(units["award"], units["key_award"], strict=True)
        texts = ["、".join(filter(None, pair)) for pair in pairs]
        awards = pd.Series(texts, units.index, dtype=object)
        return "奖项建议", units[["place"]].assign(award=awards)
    ruled = decided(outcome)
    return "审定奖项", ruled.assign(place=ruled["place"].fillna(units["place"]))


def told_units(outcome: Outcome) -> pd.DataFrame:
    """`Outcome.units` with `award` and `place` as told now, by place in each group."""
    units = outcome.units.assign(**told(outcome)[1])
    order = units.assign(group=pd.factorize(units["group"])[0])
    order = order.sort_values(["group", "place"], kind="stable", na_position="last")
    return units.loc[order.index]


def departures(outcome: Outcome) -> str:
    """Which places the meeting decided otherwise than by points, in a sentence; or ''."""
    now = told(outcome)[1]["place"]
    units = outcome.units.assign(now=now)[now.notna() & (now != outcome.units["place"])]
    rows = units[["unit", "now", "place"]].itertuples(index=False)
    named = [
        f"{unit}审定第 {after} 名（按得分{f'第 {place} 名' if pd.notna(place) else '没有名次'}）"
        for unit, after, place in rows
    ]
    return f"会议审定的名次与按得分排的不同：{'、'.join(named)}。这里按得分排" if named else ""


def _rounded(values: Points) -> Points:
    """Points to as many decimals as totals are compared with; nothing stays nothing."""
    return values.astype("float64").round(PLACES)


def _room(points: "pd.Series[float]", least: float, sign: float = 1.2) -> float:
    """The width of a column in which every number has room; `sign` is that of one digit."""
    longest = max((len(f"{value:.10g}") for value in points.dropna()), default=0)
    return max(least, longest * sign + 0.1)


def add_ranking(book: Book, outcome: Outcome) -> Span:
    """排名: every unit, ranked ones first; what is printed comes before what is for analysis."""
    units, shown = outcome.units, _printed(outcome)
    behind = [
        Column("自报", 7.5, _rounded(units["claimed"]), "centre", folded=True),
        Column("初评", 7.5, _rounded(units["checked"]), "centre", folded=True),
        Column("核定变动", 7.5, _rounded(units["change"]), "signed", folded=True),
        Column("最好名次", 6.5, units["best"], "centre", folded=True),
        Column("最差名次", 6.5, units["worst"], "centre", folded=True),
    ]
    details = details_span(outcome)
    row_of = xl_col_to_name(len(shown))
    for at, name in enumerate(outcome.rulebook.sections, start=_FRONT):
        if outcome.rulebook.sums:
            break  # what limits and weights leave is no plain sum of cells
        ids = [c.id for c in outcome.rulebook.clauses if c.section == name]
        block = details.column(ids[0], ids[-1])
        cells = f"INDEX({block},{row_of}{{row}},1):INDEX({block},{row_of}{{row}},{len(ids)})"
        shown[at] = replace(shown[at], formula=f"ROUND(SUM({cells}),{PLACES})")
    for at, name in enumerate(_beside(outcome), start=_FRONT + len(outcome.rulebook.sections)):
        cell = f"INDEX({details.column(name)},{row_of}{{row}})"
        shown[at] = replace(shown[at], formula=cell)
    normal = len(ranked(outcome))
    position = pd.Series(range(1, len(units) + 1), dtype="Int64")
    found = Column("明细行", 6.5, position.where(position <= normal), "unseen",
                   f"MATCH(B{{row}},{details.column('单位')},0)", hidden=True)  # fmt: skip
    title = f"{outcome.rulebook.title}　排名（{outcome.stage}）"
    sheet = book.sheet(RANKING, title, [f"{book.line}　{_FOLDED}"], BRAND)
    span = book.table(sheet, [*shown, found, *behind], _HEADER, freeze=_FRONT, least=26)
    _spread(book, sheet, span.column("总分"), ranked(outcome)["total"])
    sheet.print_area(0, 0, max(span.last, span.first) - 1, len(shown) - 1)
    # Both show on a grey print.
    book.mark(span, "奖项建议", '{cell}<>""', bold=True, bg_color=BAND)
    book.mark(span, "名次", '{cell}=""', font_color=MUTED)
    return span


def _printed(outcome: Outcome) -> list[Column]:
    """The columns that fill a page of A4 at the size of the type; sections still lack formulas."""
    units, names, sums = outcome.units, list(outcome.rulebook.sections), outcome.rulebook.sums
    sections = outcome.sections.reindex(units["unit"]).reset_index(drop=True)
    final = not outcome.decisions.empty
    left, right = (xl_col_to_name(_FRONT + n) for n in (0, len(names) - 1))
    total = f"ROUND(SUM({left}{{row}}:{right}{{row}}),{PLACES})"
    grouped = (units["group"] != "").any()
    # 组别 stands behind the sections, and what parts equal totals.
    extra, numerals = _beside(outcome), list(outcome.rulebook.sections.values())
    behind = [*numerals, *extra]
    group = xl_col_to_name(_FRONT + len(behind)) if grouped else ""
    ties = [xl_col_to_name(_FRONT + behind.index(name)) for name in outcome.rulebook.tie]
    place = _place(_HEADER, len(units), group, ties)
    totals, room = _rounded(units["total"]), 6 if final else 7
    columns = [
        Column("名次", 6, units["place"], "place", place),
        Column("单位", 20, units["unit"], "name"),
        Column("总分", _room(totals, 8), totals, "total", "" if sums else total),
    ]
    for name in names:
        points = _rounded(sections[name])
        columns.append(Column(name, _room(points, room), points, "zero"))
    found = outcome.figures.reindex(units["unit"])
    for name in extra:
        points = _rounded(found[name])
        columns.append(Column(f"{name} 得分", _room(points, room), points, "zero"))
    words = [("组别", "group", grouped), ("等次", "grade", bool(outcome.rulebook.grades)),
             ("一票否决", "veto", bool(outcome.rulebook.vetoes))]  # fmt: skip
    columns += [Column(header, 10, units[name], "mid") for header, name, there in words if there]
    columns.append(Column("状态", 8, units["status"], "mid"))
    columns.append(Column("奖项建议", 12 if final else 14, units["award"], "mid"))
    if (units["tie"] != "").any():
        columns.append(Column("同分先后", 26, units["tie"]))
    if final:
        ruled = decided(outcome)
        columns.append(Column("审定奖项", 12, ruled["award"], "mid"))
        columns.append(Column("审定名次", 6, ruled["place"], "place"))
    return columns


def _beside(outcome: Outcome) -> list[str]:
    """What parts equal totals and has no column as a section."""
    book = outcome.rulebook
    return [name for name in book.tie if name not in book.sections.values()]


def _place(header: int, units: int, group: str, ties: Sequence[str] = ()) -> str:
    """The place by the third column and, where it is equal, those of `ties`, within a group.

    Columns are named by their letters; `header` is the row of the headers, from 0.
    """
    # Every row of the table: a filter or a sort moves units anywhere in it.
    cells = {letter: f"{letter}${header + 2}:{letter}${header + 1 + units}"
             for letter in (group, "C", *ties)}  # fmt: skip
    if not group and not ties:
        return f"RANK(C{{row}},{cells['C']})"
    same = f"{cells[group]},{group}{{row}}," if group else ""
    counts = []
    for letter in ("C", *ties):
        counts.append(f'COUNTIFS({same}{cells[letter]},">"&{letter}{{row}})')
        same += f"{cells[letter]},{letter}{{row}},"
    return f"{'+'.join(counts)}+1"


def _spread(book: Book, sheet: Worksheet, values: str, points: "pd.Series[float]") -> None:
    """Average, highest and lowest above the headers: below, a sort would mix them in."""
    if points.empty:
        return
    parts = (("平均", "AVERAGE", float(points.mean())), ("最高", "MAX", float(points.max())),
             ("最低", "MIN", float(points.min())))  # fmt: skip
    formula = '&"　"&'.join(f'"{word} "&FIXED({name}({values}),2,TRUE)' for word, name, _ in parts)
    exact = ((word, Decimal(str(round(value, PLACES)))) for word, _, value in parts)
    cents = Decimal("0.01")
    text = "　".join(f"{word} {value.quantize(cents, ROUND_HALF_UP)}" for word, value in exact)
    sheet.write_formula(_HEADER - 1, 0, f"={formula}", book.style("plain"), text)


def add_key_work(book: Book, outcome: Outcome, ranking: Span) -> Span | None:
    """重点工作: ranked by the points of the key section, where there is one."""
    key = outcome.rulebook.key_section
    if not key:
        return None
    name = next(n for n, numeral in outcome.rulebook.sections.items() if numeral == key)
    units = by_key_work(outcome)
    points, grouped = ranking.column(name), (units["group"] != "").any()
    place = _place(_HEADER, len(units), "D" if grouped else "")
    columns = [
        Column("名次", 8, units["key_place"], "place", place),
        Column("单位", 30, units["unit"], "name"),
        Column("得分", 12, _rounded(units["key_points"]), "total",
               f"INDEX({points},MATCH(B{{row}},{ranking.column('单位')},0))"),
        *([Column("组别", 16, units["group"], "mid")] if grouped else []),
        Column("奖项建议", 20, units["key_award"], "mid"),
    ]  # fmt: skip
    title = f"{outcome.rulebook.title}　{name}（{outcome.stage}）"
    sheet = book.sheet(KEY_WORK, title, [book.line], BRAND)
    sheet.set_portrait()
    span = book.table(sheet, columns, _HEADER, freeze=2, least=26)
    _spread(book, sheet, span.column("得分"), units["key_points"])
    return span


def add_contests(book: Book, outcome: Outcome, ranking: Span) -> None:
    """评奖: the ranking for each award that neither 排名 nor 重点工作 tells."""
    if not outcome.contests:
        return
    rules = outcome.rulebook
    sheet = book.sheet(
        CONTESTS, f"{rules.title}　{CONTESTS}（{outcome.stage}）", [book.line], BRAND
    )
    sheet.set_portrait()
    row = _HEADER - 1
    for awards, table in outcome.contests:
        names = "；".join(f"{one.name}：{describe_award(one, rules)}" for one in awards)
        sheet.write_string(row, 0, clean(names), book.style("heading"))
        sheet.set_row(row, 22)
        columns = _contest(outcome, ranking, row + 1, awards[0], table)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        row = book.rows(sheet, row + 1, columns, least=26) + 2


def _contest(
    outcome: Outcome, ranking: Span, header: int, award: Award, table: pd.DataFrame
) -> list[Column]:
    """The columns of one ranking, headers in the row `header` (from 0)."""
    details, names = details_span(outcome), {n: k for k, n in outcome.rulebook.sections.items()}
    units = table["unit"]

    def points_of(name: str) -> str:
        span, column = (details, name) if name in details.columns else (ranking, names.get(name))
        cells = span.column(column or "总分")
        return f"INDEX({cells},MATCH(B{{row}},{span.column('单位')},0))"

    def points(label: str, names: Sequence[str], values: pd.Series, style: str) -> Column:
        formula = f"ROUND({'+'.join(map(points_of, names))},{PLACES})"
        return Column(label, 12, _rounded(values), style, formula)

    ties = outcome.rulebook.tie if award.basis == (TOTAL,) else ()
    grouped = (table["group"] != "").any()
    *letters, group = (xl_col_to_name(3 + at) for at in range(len(ties) + 1))
    apart = group if grouped and not award.concerns else ""
    place = _place(header, len(table), apart, letters)
    found = outcome.figures.reindex(units)
    return [
        Column("名次", 8, table["place"], "place", place),
        Column("单位", 30, units, "name"),
        points("得分", award.basis, table["points"], "total"),
        *(points(f"{name} 得分", [name], found[name], "zero") for name in ties),
        *([Column("组别", 16, table["group"], "mid")] if grouped else []),
        Column("奖项建议", 20, table["award"], "mid"),
        *([Column("一票否决", 16, table["veto"], "mid")] if outcome.rulebook.vetoes else []),
    ]


def details_span(outcome: Outcome) -> Span:
    """Where 得分明细 stands; known before it is written, for 排名 comes first and points there."""
    first = _DETAILS_HEADER + 2
    headers = ("单位", *outcome.rulebook.clause_ids, *outcome.sums.columns, "合计")
    return Span(DETAILS, first, first + len(outcome.points) - 1, headers)


def add_details(book: Book, outcome: Outcome) -> None:
    """得分明细, with the sections above the clauses; printed a few sections to a page."""
    points, span = _rounded(outcome.points), details_span(outcome)
    last = span.letter(outcome.rulebook.clause_ids[-1])
    total = outcome.units.set_index("unit")["total"].reindex(points.index)
    columns = [Column("单位", 18, list(points.index), "large name")]
    for clause in outcome.rulebook.clauses:
        own = points[clause.id]
        header = f"{clause.id} {clause.label}"
        columns.append(Column(header, _room(own, _WIDTH, _LARGE), own, "large"))
    sums = _rounded(outcome.sums)
    for name in sums.columns:
        width = _room(sums[name], 9, _LARGE)
        columns.append(Column(f"{name} 合计", width, sums[name], "large"))
    formula = "" if len(sums.columns) else f"ROUND(SUM(B{{row}}:{last}{{row}}),{PLACES})"
    columns.append(Column("合计", 9, _rounded(total), "large total", formula))
    title = f"{outcome.rulebook.title}　{DETAILS}（{outcome.stage}）"
    sheet = book.sheet(DETAILS, title, [f"{book.line}　“–”表示 0 分"])
    breaks = _sections(book, sheet, outcome)
    book.table(sheet, columns, _DETAILS_HEADER, freeze=1, least=40)
    sheet.repeat_rows(_GROUPS, _DETAILS_HEADER)
    sheet.repeat_columns(0, 0)
    # The title would be cut off on every page but the first: print it as the page's header.
    sheet.print_area(_GROUPS, 0, max(span.last, span.first) - 1, len(columns) - 1)
    sheet.set_header(f"&C&14&B{title.replace('&', '&&')}")
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    sheet.fit_page = False
    sheet.set_print_scale(_SCALE)
    sheet.set_v_pagebreaks(breaks)


def _sections(book: Book, sheet: Worksheet, outcome: Outcome) -> list[int]:
    """Write each section's name above its clauses; return where printed pages end."""
    style, column, page, breaks, heights = book.style("header"), 1, 0, [], []
    for name in outcome.rulebook.sections:
        size = sum(clause.section == name for clause in outcome.rulebook.clauses)
        if page and page + size > _PAGE_CLAUSES:
            breaks.append(column)
            page = 0
        if size > 1:
            sheet.merge_range(_GROUPS, column, _GROUPS, column + size - 1, "", style)
        sheet.write_string(_GROUPS, column, name, style)
        column, page = column + size, page + size
        heights.append((name, _WIDTH * size))
    sheet.set_row(_GROUPS, height_of(heights))
    return breaks


def places(best: int, worst: int) -> str:
    """A range of places in words."""
    return f"第 {best} 名" if best == worst else f"第 {best} 至第 {worst} 名"


def proposals(outcome: Outcome) -> list[tuple[str, str, list[str], list[str]]]:
    """Each award with places: its name, the places as one says them, who is proposed, who ties
    across the last.
    """
    found, grouped = [], outcome.units["group"].nunique() > 1
    for award in (one for one in outcome.rulebook.awards if one.name in outcome.awards):
        name, each = award.name, "每组" if grouped and not award.concerns else ""
        rows = outcome.proposals[outcome.proposals["award"] == name]
        sure, tied = (rows.loc[rows["tied"] == tied, "unit"].tolist() for tied in (False, True))
        found.append((name, f"{each}名额 {outcome.awards[name]} 个", sure, tied))
    return found


def said_ties(outcome: Outcome) -> list[str]:
    """A sentence for each equal total that the tie rule parts."""
    told_ = (text for texts in outcome.units["tie"] for text in texts.split("；") if text)
    return [f"{text}。" for text in dict.fromkeys(told_)]


def notes_of(outcome: Outcome) -> dict[str, list[str]]:
    """Unit → what became of its files, each note once; that another replaced one is no reason."""
    used = outcome.files[(outcome.files["status"] != REPLACED) & (outcome.files["note"] != "")]
    notes = used.dropna(subset=["note"]).groupby("unit", sort=False)["note"]
    return {str(unit): list(dict.fromkeys(own)) for unit, own in notes}


# 图表: points by section, stacked, and key work, as native charts --------------------------------

CHARTS = "图表"
CHART_UNITS = 30
"""Units in a chart: more would not be read."""
_DARK = ("#1F3B73", "#B5651D", "#3F7D5B", "#6B4C8A", "#A8323E", "#55606E")
_LIGHT = ("#A9C2E3", "#F0CFA0", "#B9DBC4", "#D3C6E2", "#EDBBBD", "#CBD2D9")
"""Taken by turns, so that neighbours stay apart on a grey print."""
_LABELLED = 0.025
"""Share of the highest total from which a part has room for its numeral."""
_ROW_PIXELS, _CHART_WIDTH = 20, 1050
_BEHIND = 3
"""Column of cells behind the picture."""
_BARS = "条的右端是合计；有扣分的，条从左边多伸出所扣的分"
_FONT = {"name": FONT, "size": 9}
_GRID = {"visible": True, "line": {"color": "#D5D9E0", "width": 0.5}}


def add_charts(book: Book, outcome: Outcome, ranking: Span, key_work: Span | None) -> None:
    """Both charts, of the first `CHART_UNITS` units."""
    count = len(ranked(outcome))
    shown = min(count, CHART_UNITS)
    head = "" if shown == count else f"（前 {CHART_UNITS} 名）"
    title = f"{outcome.rulebook.title}　{CHARTS}（{outcome.stage}）"
    sheet = book.sheet(CHARTS, title, [f"{book.line}　{_BARS}"], BRAND)
    sheet.set_column(0, 15, 9)
    height = 190 + 34 * shown
    stacked = _stacked(book, outcome, ranking, sheet)
    _dress(stacked, f"各单位分部分得分{head}", height)
    sheet.insert_chart(2, 0, stacked)
    sheet.fit_to_pages(1, 1)
    if key_work is None:
        return
    units, plain = by_key_work(outcome)[:CHART_UNITS], book.workbook.add_chart({"type": "bar"})
    points = _series(key_work, "得分", units["unit"], units["key_points"])
    labels = {"value": True, "font": _FONT}
    plain.add_series(points | {"fill": {"color": BRAND}, "gap": 60, "data_labels": labels})
    plain.set_legend({"none": True})
    plain.set_x_axis({"num_font": _FONT, "label_position": "high", "major_gridlines": _GRID})
    _dress(plain, f"重点工作得分{head}", 130 + 26 * shown)
    sheet.insert_chart(4 + round(height / _ROW_PIXELS), 0, plain)


def _dress(chart: Any, title: str, height: int) -> None:
    """Title and size; the first unit stands on top."""
    chart.set_title({"name": title, "name_font": _FONT | {"size": 13}})
    chart.set_size({"width": _CHART_WIDTH, "height": height})
    chart.set_y_axis({"reverse": True, "num_font": _FONT, "label_position": "low"})


def _stacked(book: Book, outcome: Outcome, ranking: Span, sheet: Worksheet) -> Any:
    """A bar a unit. It begins as far left as points were deducted, so that it ends at the total."""
    units = ranked(outcome)[:CHART_UNITS]
    sections = outcome.sections.loc[list(units["unit"])]
    lost = -sections.clip(upper=0).sum(axis=1)
    highest = float(sections.clip(lower=0).sum(axis=1).max())
    room = _LABELLED * max(highest, 1.0)
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    chart.add_series(_behind(book, sheet, _BEHIND, lost.max() - lost) | {"fill": {"none": True}})
    for index, (name, numeral) in enumerate(outcome.rulebook.sections.items()):
        dark = index % 2 == 0
        tones = _DARK if dark else _LIGHT
        labels = [
            {"value": numeral} if points >= room else {"delete": True} for points in sections[name]
        ]
        font = _FONT | {"size": 8, "color": "#FFFFFF" if dark else "#1F2933"}
        look = {
            "fill": {"color": tones[index // 2 % len(tones)]},
            "border": {"color": "#FFFFFF", "width": 0.5},
            "gap": 45,
            "data_labels": {"value": True, "custom": labels, "font": font},
        }
        chart.add_series(_series(ranking, name, units["unit"], sections[name]) | look)
    labels = [
        {"value": f"合计{number(total)}{f'（已扣{number(less)}）' if less else ''}"}
        for total, less in zip(units["total"], lost, strict=True)
    ]
    look = {"value": True, "custom": labels, "position": "inside_base"}
    look["font"] = _FONT | {"bold": True}
    ends = _behind(book, sheet, _BEHIND + 1, 0 * lost)
    chart.add_series(ends | {"fill": {"none": True}, "data_labels": look})
    last = len(outcome.rulebook.sections) + 1
    chart.set_legend({"position": "bottom", "font": _FONT, "delete_series": [0, last]})
    unit = step(highest)
    # Figures along the bottom would be of the bar's place, not of its points.
    chart.set_x_axis({
        "num_font": _FONT, "label_position": "none", "major_gridlines": {"visible": False},
        "line": {"none": True}, "major_tick_mark": "none",
        "min": 0, "max": unit * math.ceil(1.15 * highest / unit),
    })  # fmt: skip
    return chart


def _behind(
    book: Book, sheet: Worksheet, column: int, values: "pd.Series[float]"
) -> dict[str, Any]:
    """A series of cells behind the picture."""
    first = 2
    for row, value in enumerate(values, start=first):
        sheet.write_number(row, column, value, book.style("unseen"))
    place = [sheet.get_name(), first, column, first + len(values) - 1, column]
    return {"values": place, "values_data": [float(value) for value in values]}


def _series(span: Span, header: str, units: pd.Series, values: pd.Series) -> dict[str, object]:
    """A series with its cached values: a preview that does not calculate shows it too."""
    first, last = span.first - 1, span.first + len(units) - 2
    column, unit = span.columns.index(header), span.columns.index("单位")
    return {
        "name": header,
        "categories": [span.sheet, first, unit, last, unit],
        "values": [span.sheet, first, column, last, column],
        "categories_data": list(units),
        "values_data": [float(value) for value in values],
    }


def step(highest: float) -> float:
    """A round distance between grid lines: about ten up to the highest value."""
    rough = max(highest, 1.0) / 10
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
