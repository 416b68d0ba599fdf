"""`ranking.xlsx`: the outcome as a workbook that one hands round, with its first sheet 首页.

首页 says what this is, the result at a glance, what is in the file, and how to read it.
"""

from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from pipeline.isolate import Later, at_once
from pipeline.outcome import Outcome
from pipeline.ranking import lists, notice, scores, trace
from pipeline.ranking.book import BESIDE, BRAND, Beside, Book, Page, Span, clean, height_of, plain
from pipeline.ranking.scores import places, told
from pipeline.text import from_template
from pipeline.wording import chinese_date, describe_tie, number

COVER = "首页"
_GLANCE = 10
"""Units in the table at a glance."""
_ONE_PAGE = 30
"""Sheets up to which the cover is one page."""
_WIDTHS = (18, 30, 12, 20, 24)
_LISTS = (
    lists.add_findings, lists.add_files, lists.add_others, lists.add_readings, lists.add_rulings,
    lists.add_disputed, lists.add_changes,
)  # fmt: skip
"""Each adds its sheet, or none where there is nothing to list."""
_HOLDS = {
    scores.RANKING: "名次、总分、各部分得分、奖项建议、三个阶段的得分",
    scores.KEY_WORK: "按重点工作得分排名",
    scores.CONTESTS: "其他奖项各按什么评、各单位的得分和名次",
    scores.CHARTS: "各部分得分和重点工作得分的图",
    scores.DETAILS: "每个单位每一条的得分",
    notice.NOTICE: "一页 A4，会议审定以前是代拟稿；notice.docx 是同样的文字",
    lists.LEDGER: "每一项申报：计分或不计、得分、原因、在原表的位置",
    lists.FINDINGS: "哪里有问题、怎样改",
    lists.FILES: "收到的每个文件怎样处理，哪些单位没有报送",
    lists.OTHERS: "报送文件夹里不是报送材料的文件",
    lists.READINGS: "有不同理解的规定怎样掌握，换一种理解有什么影响",
    lists.RULINGS: "评审组的核定：谁、为什么",
    lists.DISPUTED: "评审人说法不同、没有采用的核定，请商定",
    lists.CHANGES: "与上次结果相比有什么变化、原因",
    trace.TRACE: "每个单位每条得分怎样得来",
    lists.RUN: "用什么程序、规则和数据得出",
}
"""Sheet → what is on it, for the cover."""


def write_ranking(outcome: Outcome, path: Path, later: Later = at_once) -> list[Path]:
    """Write the ranking workbook, and by `later` very long lists beside it; return all files.

    Raises:
        OSError: a file cannot be written.
    """
    title, beside = outcome.rulebook.title, Beside(path.parent / BESIDE, later)
    book = Book(path, title=title, line=headline(outcome), when=outcome.when, beside=beside)
    first = book.sheet(COVER, title, tab=BRAND)  # filled when the others are known
    ranking = scores.add_ranking(book, outcome)
    key_work = scores.add_key_work(book, outcome, ranking)
    scores.add_contests(book, outcome, ranking)
    if len(outcome.points):
        scores.add_charts(book, outcome, ranking, key_work)
    scores.add_details(book, outcome)
    notice.add_notice(book, outcome)
    ledger = lists.add_ledger(book, outcome)
    for add in _LISTS:
        add(book, outcome)
    table = trace.trace(outcome)
    trace.add_trace(book, table)
    lists.add_run(book, outcome, beside)
    holds = _HOLDS if key_work else _HOLDS | {scores.CHARTS: "各部分得分的图"}
    made = list(book.workbook.sheetnames)
    contents = [(name, holds[name]) for name in made[1:] if name in holds]
    # Links to a ledger that stands beside would leave the workbook.
    names = {} if beside.made else trace.sheet_names(outcome, made)
    trace.add_unit_sheets(book, outcome, table, ledger, names)
    contents += [(name, f"{unit}的逐条得分和全部申报") for unit, name in names.items()]
    _Cover(book, first, outcome).write(contents, ranking)
    book.close()
    return [path, *(file for file, _ in beside.made)]


def headline(outcome: Outcome) -> str:
    """Stage, date and readings in one line, for every sheet."""
    taken = [reading.name for reading in scores.other_senses(outcome)]
    named = "、".join(taken[:4]) + ("等" if len(taken) > 4 else "")  # a footer holds 255 signs
    senses = f"{len(taken)} 项按另一种理解（{named}）" if taken else "全部按默认理解"
    return f"阶段：{outcome.stage}　日期：{outcome.when:%Y-%m-%d}　口径：{senses}"


class _Cover(Page):
    def __init__(self, book: Book, sheet: Worksheet, outcome: Outcome) -> None:
        super().__init__(book, sheet, _WIDTHS, 0)
        self.outcome = outcome

    def write(self, contents: Sequence[tuple[str, str]], ranking: Span) -> None:
        """Write it; `contents` are the sheets in order with what is on them."""
        outcome, book, sheet = self.outcome, self.book, self.sheet
        self.line(outcome.rulebook.title, "cover", 40)
        statuses = outcome.units["status"].value_counts(sort=False)
        counts = "，".join(f"{status} {count} 个" for status, count in statuses.items())
        self.line(f"{outcome.stage}结果　{chinese_date(outcome.when.date())}", "title", 24)
        self.line(f"名册共 {len(outcome.units)} 个单位：{counts}", "plain", 24)
        self._glance(ranking)
        self._readings()
        self._heading("内容")
        for name, text in contents:
            sheet.write_url(self.row, 0, f"internal:'{name}'!A1", book.style("anchor"), name)
            sheet.write_string(self.row, 1, text, book.style("plain"))
            sheet.set_row(self.row, 18)
            self.row += 1
        self._heading("怎样看这份结果")
        for text in from_template("forms/ranking.txt.j2", {}).splitlines():
            self.paragraph(f"· {text}")
        sheet.fit_to_pages(1, int(len(contents) <= _ONE_PAGE))

    def _heading(self, text: str) -> None:
        self.row += 1
        for index in range(len(_WIDTHS)):
            self.sheet.write_blank(self.row, index, None, self.book.style("heading"))
        self.line(text, "heading", 22)

    def _glance(self, ranking: Span) -> None:
        """The first places; the figures come from 排名."""
        units, style, sheet = scores.ranked(self.outcome), self.book.style, self.sheet
        if units.empty:
            self._heading("名次")
            self.paragraph("没有参加排名的单位。")
            return
        self._heading("名次" if len(units) <= _GLANCE else f"名次（前 {_GLANCE} 名）")
        if said := scores.departures(self.outcome):
            self.paragraph(f"{said}。")
        word, shown = told(self.outcome)
        for index, header in enumerate(("名次", "单位", "总分", word, "各种口径下的名次")):
            sheet.write_string(self.row, index, header, style("header"))
        sheet.set_row(self.row, 22)
        for unit in units.assign(award=shown["award"])[:_GLANCE].to_dict("records"):
            self.row += 1
            match = f"MATCH(B{self.row + 1},{ranking.column('单位')},0)"
            for index, key, header in ((0, "place", "名次"), (2, "total", "总分")):
                formula = f"=INDEX({ranking.column(header)},{match})"
                sheet.write_formula(self.row, index, formula, style(key), plain(unit[key]))
            sheet.write_string(self.row, 1, clean(unit["unit"]), style("name"))
            sheet.write_string(self.row, 3, clean(unit["award"]), style("mid"))
            span = f"{unit['group']}{places(unit['best'], unit['worst'])}"
            sheet.write_string(self.row, 4, span, style("mid"))
            texts = [(unit["unit"], _WIDTHS[1]), (unit["award"], _WIDTHS[3]), (span, _WIDTHS[4])]
            sheet.set_row(self.row, max(21, height_of(texts)))
        self.row += 1
        points = units["total"]
        mean, highest, lowest = (
            number(round(float(value), 2)) for value in (points.mean(), points.max(), points.min())
        )
        self.paragraph(
            f"排名的 {len(units)} 个单位：平均 {mean} 分，最高 {highest} 分，最低 {lowest} 分"
        )
        if self.outcome.rulebook.tie:
            self.paragraph(f"{describe_tie(self.outcome.rulebook)}。")
        for sentence in scores.said_ties(self.outcome)[:_GLANCE]:
            self.paragraph(f"· {sentence}")

    def _readings(self) -> None:
        outcome = self.outcome
        taken = scores.other_senses(outcome)
        self._heading("口径")
        if not taken:
            self.paragraph(f"{len(outcome.rulebook.readings)} 项口径全部按默认理解。")
        for one in taken:
            self.paragraph(f"{one.question}：按另一种理解，{one.alternative}（{one.name}）")
        for sentence in outcome.decisive:
            self.paragraph(f"· {sentence}")
        if outcome.awards:
            given = "，".join(f"{name} {count} 个" for name, count in outcome.awards.items())
            self.paragraph(f"奖项名额：{given}")
