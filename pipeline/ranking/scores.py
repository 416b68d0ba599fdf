"""排名 and 重点工作.

Places, totals and section sums are live formulas. They find a unit's row by its name, so a
sheet that somebody sorts stays right.
"""

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from pipeline.outcome import NORMAL, PLACES, Outcome
from pipeline.ranking.book import BAND, BRAND, MUTED, Book, Column, Span
from pipeline.ranking.cells import rounded
from pipeline.ranking.details import details_span

RANKING, KEY_WORK = "排名", "重点工作"
_FOLDED = "点表格上方的加号可展开：自报、初评、核定变动、最好和最差名次"
_HEADER = 2
"""Row of the headers, from 0: below title and stage."""


def ranked(outcome: Outcome) -> pd.DataFrame:
    """The units that are ranked, in order."""
    return outcome.units[outcome.units["status"] == NORMAL]


def by_key_work(outcome: Outcome) -> pd.DataFrame:
    """The ranked units by their place in key work; equal ones in roster order."""
    order = {unit: at for at, unit in enumerate(outcome.rulebook.units)}
    units = ranked(outcome)
    units = units.sort_values("unit", key=lambda names: names.map(order), kind="stable")
    return units.sort_values("key_place", kind="stable")


def decided(outcome: Outcome) -> pd.DataFrame:
    """What the meeting decided for each unit, index as `outcome.units`: `award`, `place` (Int64).

    Several awards of a unit stand in one text; '' and nothing where none was decided.
    """
    rows = outcome.decisions
    awards = {
        unit: "、".join(dict.fromkeys(filter(None, names)))
        for unit, names in rows.groupby("unit", sort=False)["award"]
    }
    places = rows.dropna(subset=["place"]).groupby("unit")["place"].last()
    units = outcome.units["unit"]
    return pd.DataFrame(
        {
            "award": units.map(awards).fillna("").astype(object),
            "place": units.map(places.to_dict()).astype("Int64"),
        }
    )


def add_ranking(book: Book, outcome: Outcome) -> Span:
    """排名: every unit, ranked ones first."""
    units, details = outcome.units, details_span(outcome)
    sections = outcome.sections.reindex(units["unit"]).reset_index(drop=True)
    names = list(outcome.rulebook.sections)
    normal = len(ranked(outcome))
    # Every row of the table: a filter or a sort moves units anywhere in it.
    first, last = _HEADER + 2, _HEADER + 1 + len(units)
    more = 0 if outcome.decisions.empty else 2
    left, right, row_of = (
        xl_col_to_name(3 + n) for n in (0, len(names) - 1, len(names) + 7 + more)
    )
    columns = [
        Column("名次", 6, units["place"], "place", f"RANK(C{{row}},C${first}:C${last})"),
        Column("单位", 20, units["unit"], "name"),
        Column("总分", 9, rounded(units["total"]), "total",
               f"ROUND(SUM({left}{{row}}:{right}{{row}}),{PLACES})"),
    ]  # fmt: skip
    for name in names:
        ids = [c.id for c in outcome.rulebook.clauses if c.section == name]
        block = details.block(ids[0], ids[-1])
        cells = f"INDEX({block},{row_of}{{row}},1):INDEX({block},{row_of}{{row}},{len(ids)})"
        formula = f"ROUND(SUM({cells}),{PLACES})"
        columns.append(Column(name, 7, rounded(sections[name]), "zero", formula))
    position = pd.Series(range(1, len(units) + 1), dtype="Int64")
    columns += [
        Column("状态", 9, units["status"], "mid"),
        Column("奖项建议", 14, units["award"], "mid"),
    ]
    if more:
        ruled = decided(outcome)
        columns += [
            Column("审定奖项", 14, ruled["award"], "mid"),
            Column("审定名次", 7, ruled["place"], "place"),
        ]
    shown = len(columns)
    columns += [
        Column("自报", 7.5, rounded(units["claimed"]), "centre", folded=True),
        Column("初评", 7.5, rounded(units["checked"]), "centre", folded=True),
        Column("核定变动", 7.5, rounded(units["change"]), "signed", folded=True),
        Column("最好名次", 6.5, units["best"], "centre", folded=True),
        Column("最差名次", 6.5, units["worst"], "centre", folded=True),
        Column("明细行", 6.5, position.where(position <= normal), "centre",
               f"MATCH(B{{row}},{details.column('单位')},0)", hidden=True),
    ]  # fmt: skip
    title = f"{outcome.rulebook.title}　排名（{outcome.stage}）"
    sheet = book.sheet(RANKING, title, [f"{book.line}　{_FOLDED}"], BRAND)
    span = book.table(sheet, columns, _HEADER, freeze=3, least=26)
    sheet.print_area(0, 0, max(span.last, span.first) - 1, shown - 1)
    # Both show on a grey print.
    book.mark(span, "奖项建议", '{cell}<>""', bold=True, bg_color=BAND)
    book.mark(span, "名次", '{cell}=""', font_color=MUTED)
    return span


def add_key_work(book: Book, outcome: Outcome, ranking: Span) -> Span:
    """重点工作: ranked by the points of the key section."""
    key = outcome.rulebook.key_section
    name = next(n for n, numeral in outcome.rulebook.sections.items() if numeral == key)
    units = by_key_work(outcome)
    first, last = _HEADER + 2, _HEADER + 1 + len(units)
    points = ranking.column(name)
    columns = [
        Column("名次", 8, units["key_place"], "place", f"RANK(C{{row}},C${first}:C${last})"),
        Column("单位", 30, units["unit"], "name"),
        Column("得分", 12, rounded(units["key_points"]), "total",
               f"INDEX({points},MATCH(B{{row}},{ranking.column('单位')},0))"),
        Column("奖项建议", 20, units["key_award"], "mid"),
    ]  # fmt: skip
    title = f"{outcome.rulebook.title}　{name}（{outcome.stage}）"
    sheet = book.sheet(KEY_WORK, title, [book.line], BRAND)
    sheet.set_portrait()
    return book.table(sheet, columns, _HEADER, freeze=2, least=26)
