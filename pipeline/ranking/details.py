"""得分明细: one row per ranked unit, one column per clause."""

from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import PLACES, Outcome
from pipeline.ranking.book import Book, Column, Span
from pipeline.ranking.cells import height_of, rounded

DETAILS = "得分明细"
_GROUPS, _HEADER = 2, 3
"""Rows (from 0) of the section names and of the headers."""
_WIDTH = 5.3
_PAGE_CLAUSES, _SCALE = 34, 65
"""Clause columns on one printed page, and the scale in percent at which they fit."""


def details_span(outcome: Outcome) -> Span:
    """Where 得分明细 stands; known before it is written, for 排名 comes first and points there."""
    first = _HEADER + 2
    headers = ("单位", *outcome.rulebook.clause_ids, *outcome.sums.columns, "合计")
    return Span(DETAILS, first, first + len(outcome.points) - 1, headers)


def add_details(book: Book, outcome: Outcome) -> Span:
    """得分明细, with the sections above the clauses; printed a few sections to a page."""
    points, span = rounded(outcome.points), details_span(outcome)
    last = span.letter(outcome.rulebook.clause_ids[-1])
    total = outcome.units.set_index("unit")["total"].reindex(points.index)
    columns = [Column("单位", 18, list(points.index), "large name")]
    columns += [
        Column(f"{clause.id} {clause.label}", _WIDTH, points[clause.id], "large")
        for clause in outcome.rulebook.clauses
    ]
    sums = rounded(outcome.sums)
    columns += [Column(f"{name} 合计", 9, sums[name], "large") for name in sums.columns]
    formula = "" if len(sums.columns) else f"ROUND(SUM(B{{row}}:{last}{{row}}),{PLACES})"
    columns.append(Column("合计", 9, rounded(total), "large total", formula))
    title = f"{outcome.rulebook.title}　{DETAILS}（{outcome.stage}）"
    sheet = book.sheet(DETAILS, title, [f"{book.line}　“–”表示 0 分"])
    breaks = _sections(book, sheet, outcome)
    book.table(sheet, columns, _HEADER, freeze=1, least=40)
    sheet.repeat_rows(_GROUPS, _HEADER)
    sheet.repeat_columns(0, 0)
    # The title would be cut off on every page but the first: print it as the page's header.
    sheet.print_area(_GROUPS, 0, max(span.last, span.first) - 1, len(columns) - 1)
    sheet.set_header(f"&C&14&B{title.replace('&', '&&')}")
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    sheet.fit_page = False
    sheet.set_print_scale(_SCALE)
    sheet.set_v_pagebreaks(breaks)
    return span


def _sections(book: Book, sheet: Worksheet, outcome: Outcome) -> list[int]:
    """Write each section's name above its clauses; return where printed pages end."""
    style, column, page, breaks, heights = book.style("header"), 1, 0, [], []
    for name in outcome.rulebook.sections:
        size = sum(clause.section == name for clause in outcome.rulebook.clauses)
        if page and page + size > _PAGE_CLAUSES:
            breaks.append(column)
            page = 0
        if size > 1:
            sheet.merge_range(_GROUPS, column, _GROUPS, column + size - 1, name, style)
        else:
            sheet.write_string(_GROUPS, column, name, style)
        column, page = column + size, page + size
        heights.append((name, _WIDTH * size))
    sheet.set_row(_GROUPS, height_of(heights))
    return breaks
