"""首页: what this is, the result at a glance, what is in the file, how to read it."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from pipeline.outcome import NORMAL, Outcome
from pipeline.ranking.book import BRAND, Book, Span
from pipeline.ranking.cells import clean, height_of, plain
from pipeline.ranking.scores import told
from pipeline.wording import chinese_date, number

COVER = "首页"
_GLANCE = 10
"""Units in the table at a glance."""
_ONE_PAGE = 30
"""Sheets up to which the cover is one page."""
_WIDTHS = (18, 30, 12, 20, 24)
_READING = (
    "总分、名次和各部分得分是公式，来自“得分明细”；改动或排序后会自动重算。"
    "“明细行”是单位在“得分明细”里的位置，供公式查找。",
    "自报：按单位所填全部认可的得分；初评：核查以后的得分；核定：评审组核定以后的得分。",
    "最好名次、最差名次：各种口径的所有组合中，本单位可能的最高和最低名次。",
    "打印：申报台账和得分说明只印表头，问题清单不印提示，各单位的表不印申报事项；要印全表，先取消打印区域。",
    "每一项申报在申报台账里正好有一行，写明计分或不计、得分和原因，以及它在原表的位置。",
    "单位所填的文字原样保存为文本，不会成为公式或链接。",
)


class Cover:
    """The first sheet: made first, filled when the others are known."""

    def __init__(self, book: Book, outcome: Outcome) -> None:
        """Take the first place in the book."""
        self.book, self.outcome = book, outcome
        self.sheet: Worksheet = book.sheet(COVER, outcome.rulebook.title, tab=BRAND)
        self.row = 1

    def write(self, contents: Sequence[tuple[str, str]], ranking: Span) -> None:
        """Fill the cover.

        Args:
            contents: (sheet name, what is in it), in order.
            ranking: where 排名 stands.
        """
        outcome, book = self.outcome, self.book
        self.sheet.set_portrait()
        for index, width in enumerate(_WIDTHS):
            self.sheet.set_column(index, index, width)
        self.sheet.set_row(0, 40)
        self.sheet.write_string(0, 0, clean(outcome.rulebook.title), book.style("cover"))
        statuses = outcome.units["status"].value_counts(sort=False)
        counts = "，".join(f"{status} {count} 个" for status, count in statuses.items())
        self._line(f"{outcome.stage}结果　{chinese_date(outcome.when.date())}", "title")
        self._line(f"名册共 {len(outcome.units)} 个单位：{counts}", "plain")
        self._glance(ranking)
        self._readings()
        self._heading("内容")
        for name, text in contents:
            self.sheet.write_url(self.row, 0, f"internal:'{name}'!A1", book.style("anchor"), name)
            self.sheet.write_string(self.row, 1, text, book.style("plain"))
            self.sheet.set_row(self.row, 18)
            self.row += 1
        self._heading("怎样看这份结果")
        for text in _READING:
            self._prose(f"· {text}")
        self.sheet.fit_to_pages(1, int(len(contents) <= _ONE_PAGE))

    def _line(self, text: str, style: str) -> None:
        self.sheet.write_string(self.row, 0, clean(text), self.book.style(style))
        self.sheet.set_row(self.row, 24)
        self.row += 1

    def _heading(self, text: str) -> None:
        self.row += 1
        for index in range(len(_WIDTHS)):
            self.sheet.write_blank(self.row, index, None, self.book.style("heading"))
        self.sheet.write_string(self.row, 0, text, self.book.style("heading"))
        self.sheet.set_row(self.row, 22)
        self.row += 1

    def _prose(self, text: str) -> None:
        """A paragraph over the whole width; a merged cell needs its height given."""
        last = len(_WIDTHS) - 1
        self.sheet.merge_range(self.row, 0, self.row, last, "", self.book.style("prose"))
        self.sheet.write_string(self.row, 0, clean(text), self.book.style("prose"))
        self.sheet.set_row(self.row, height_of([(clean(text), sum(_WIDTHS))]))
        self.row += 1

    def _glance(self, ranking: Span) -> None:
        """The first places; the figures come from 排名."""
        outcome = self.outcome
        units = outcome.units[outcome.units["status"] == NORMAL]
        if units.empty:
            self._heading("名次")
            self._prose("没有参加排名的单位。")
            return
        self._heading("名次" if len(units) <= _GLANCE else f"名次（前 {_GLANCE} 名）")
        style, sheet = self.book.style, self.sheet
        word, shown = told(outcome)
        for index, header in enumerate(("名次", "单位", "总分", word, "各种口径下的名次")):
            sheet.write_string(self.row, index, header, style("header"))
        sheet.set_row(self.row, 22)
        for unit in units.assign(award=shown["award"])[:_GLANCE].to_dict("records"):
            self.row += 1
            match = f"MATCH(B{self.row + 1},{ranking.column('单位')},0)"
            for index, key, header, look in ((0, "place", "名次", "place"),
                                             (2, "total", "总分", "total")):  # fmt: skip
                formula = f"=INDEX({ranking.column(header)},{match})"
                sheet.write_formula(self.row, index, formula, style(look), plain(unit[key]))
            sheet.write_string(self.row, 1, clean(unit["unit"]), style("name"))
            sheet.write_string(self.row, 3, clean(unit["award"]), style("mid"))
            sheet.write_string(self.row, 4, places(unit["best"], unit["worst"]), style("mid"))
            sheet.set_row(self.row, 21)
        self.row += 1
        totals = outcome.units.loc[outcome.units["status"] == NORMAL, "total"]
        mean, highest, lowest = (
            number(round(float(value), 2)) for value in (totals.mean(), totals.max(), totals.min())
        )
        self._prose(
            f"排名的 {len(totals)} 个单位：平均 {mean} 分，最高 {highest} 分，最低 {lowest} 分"
        )

    def _readings(self) -> None:
        outcome = self.outcome
        taken = [r for r in outcome.rulebook.readings if r.id in outcome.alternative]
        self._heading("口径")
        if not taken:
            self._prose(f"{len(outcome.rulebook.readings)} 项口径全部按默认理解。")
        for reading in taken:
            self._prose(
                f"{reading.question}：按另一种理解，{reading.alternative}（{reading.name}）"
            )
        for sentence in outcome.decisive:
            self._prose(f"· {sentence}")
        places = "，".join(f"{name} {count} 个" for name, count in outcome.awards.items())
        if places:
            self._prose(f"奖项名额：{places}")


def places(best: int, worst: int) -> str:
    """A range of places in words."""
    return f"第 {best} 名" if best == worst else f"第 {best} 至第 {worst} 名"
