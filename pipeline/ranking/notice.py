"""通报: the notice to be signed, as a sheet and as a Word document in the same words.

The document goes on with a letter, where the rulebook says to whom, and the lists of those
commended and those disqualified; the words that do not change stand in its template.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from docxtpl import DocxTemplate

from pipeline.outcome import DISQUALIFIED, NORMAL, PENDING, TIE, Outcome
from pipeline.ranking.book import Book, Page, clean, height_of, save_package
from pipeline.ranking.scores import notes_of, other_senses, proposals, said_ties, told, told_units
from pipeline.wording import chinese_date, number

NOTICE = "通报"
TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "notice.docx"
_WIDTHS = (8, 34, 12, 34)
_LINE = 19
"""Signs of 22 points in a line."""
_SIGNATURES = "评审组组长：　　　　　　审核：　　　　　　签发：　　　　　　"


@dataclass(frozen=True)
class Notice:
    """What the notice says; '' and [] for what it does not.

    Attributes:
        draft: the line above the title, until the meeting has decided.
        notified: whom the letter behind it is for.
        places: (place, unit, total, awards) of the ranked units, best first.
        others: sentences on equal totals that a rule parts, and on the units that are not ranked.
    """

    draft: str
    subject: str
    office: str
    notified: str
    title: str
    letter_title: str
    opening: str
    headers: tuple[str, str, str, str]
    places: list[tuple[str, str, str, str]]
    awards: list[str]
    others: list[str]
    barred: list[str]
    readings: str
    when: str


def notice_of(outcome: Outcome) -> Notice:
    """The notice on an outcome: a draft until the register holds what the meeting decided."""
    title, final = outcome.rulebook.title, not outcome.decisions.empty
    word, units = told(outcome)[0], told_units(outcome)
    ranked = units[units["status"] == NORMAL]
    opening = (
        f"按照考核办法，对{title}材料进行了{outcome.stage}。名册共 {len(outcome.units)} 个单位，"
        f"参加排名 {len(ranked)} 个。现将结果通报如下："
    )
    places = []
    for row in ranked.to_dict("records"):
        place, total = f"{row['group']}{number(row['place'])}", number(row["total"])
        award = "、".join(filter(None, (row["grade"], row["award"])))
        places.append((place, clean(row["unit"]), total, award))
    taken = "；".join(f"{one.question}：{one.alternative}" for one in other_senses(outcome))
    others = _not_ranked(outcome, outcome.units["status"] != NORMAL)
    return Notice(
        draft="" if final else f"代拟稿（{outcome.stage}结果，待会议审定）",
        subject=title,
        office=outcome.rulebook.office,
        notified=outcome.rulebook.notified,
        title=_in_lines(f"关于{title}结果的通报"),
        letter_title=_in_lines(f"关于{title}结果的函"),
        opening=opening,
        headers=("名次", "单位", "总分", "奖项" if final else word),
        places=places,
        awards=_decided_awards(outcome) if final else _proposals(outcome),
        others=[*said_ties(outcome), *([f"未参加排名：{' '.join(others)}"] if others else [])],
        barred=_not_ranked(outcome, outcome.units["status"] == DISQUALIFIED),
        readings=f"口径：{taken or '全部按默认理解'}。",
        when=chinese_date(outcome.when.date()),
    )


def _in_lines(title: str) -> str:
    """A title that takes more than a line, parted where words part: before the year."""
    return re.sub(r"(?=\d{4})", "\n", title, count=1) if len(title) > _LINE else title


def _decided_awards(outcome: Outcome) -> list[str]:
    given = outcome.decisions.groupby("award", sort=False)["unit"].unique()
    lines = [
        f"{award.name}：{'、'.join(given[award.name])}。"
        for award in outcome.rulebook.awards
        if award.name in given
    ]
    return lines or ["会议没有审定奖项。"]


def _proposals(outcome: Outcome) -> list[str]:
    lines = []
    for name, places, units, tied in proposals(outcome):
        more = f"；{TIE}：{'、'.join(tied)}" if tied else ""
        lines.append(f"{name}（{places}）：{'、'.join(units) or '无'}{more}。")
    pending = "、".join(outcome.units.loc[outcome.units["status"] == PENDING, "unit"])
    if lines and pending:
        lines.append(f"{pending}待核，核实以后名次和奖项可能变动。")
    return lines or ["奖项：名额尚未确定，请会议决定。"]


def _not_ranked(outcome: Outcome, which: "pd.Series[bool]") -> list[str]:
    """Each of these units with its status and the reason."""
    notes, lines = notes_of(outcome), []
    for unit, status in outcome.units.loc[which, ["unit", "status"]].itertuples(index=False):
        why = "；".join(notes.get(unit, ()))
        lines.append(clean(f"{unit}：{status}{f'（{why}）' if why else ''}。"))
    return lines


def add_notice(book: Book, outcome: Outcome) -> None:
    """通报 on a page of A4, upright."""
    notice = notice_of(outcome)
    sheet = book.sheet(NOTICE)
    page = Page(book, sheet, _WIDTHS, 0)
    sheet.set_margins(left=1.1, right=1.0, top=1.4, bottom=1.3)
    sheet.fit_to_pages(1, 1)
    line_below = book.line.replace("&", "&&")
    sheet.set_footer(f"&L&8{line_below}&C— &P —")

    def high(*texts: tuple[str, float]) -> float:
        # The letters are 16 points high where the width is counted in letters of 10.
        return 1.5 * height_of((text, width / 1.65) for text, width in texts)

    def line(text: str, style: str, height: float = 0) -> None:
        page.paragraph(text, style, height or high((text, sum(_WIDTHS))))

    if notice.draft:
        line(notice.draft, "official")
    line(notice.title, "official title", 72)
    line(f"　　{notice.opening}", "official")
    for cells in (notice.headers, *notice.places):
        for index, text in enumerate(cells):
            sheet.write_string(page.row, index, text, book.style("official cell"))
        long = zip(cells[1::2], _WIDTHS[1::2], strict=True)  # names of units and awards
        sheet.set_row(page.row, max(28, high(*long)))
        page.row += 1
    for text in (*notice.awards, *notice.others, notice.readings):
        line(f"　　{text}", "official")
    line(_SIGNATURES, "official", 48)
    for text in filter(None, (notice.office, notice.when)):
        line(f"{text}　　", "official date")
    sheet.print_area(0, 0, page.row - 1, len(_WIDTHS) - 1)


def write_notice(outcome: Outcome, path: Path) -> None:
    """Write the notice as a Word document; raises OSError where it cannot be written."""
    document = DocxTemplate(TEMPLATE)
    document.render(vars(notice_of(outcome)) | {"signatures": _SIGNATURES}, autoescape=True)
    made = io.BytesIO()
    document.save(made)
    save_package(made, path, outcome.when)
