"""The notice to sign: the sheet and the Word document say the same, the same bytes, inert texts."""

import re
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from docx.shared import Pt

from pipeline.history import record_of
from pipeline.outcome import DISQUALIFIED, NORMAL, PENDING, REPLACED, Outcome
from pipeline.ranking.notice import NOTICE, notice_of, write_notice
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from pipeline.summary.page import render_summary
from tests.kit.outcomes import make_outcome
from tests.kit.page import Page


@pytest.fixture(scope="module")
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook)


def test_sheet_and_document_list_the_same_places(outcome: Outcome, tmp_path: Path) -> None:
    write_notice(outcome, tmp_path / "notice.docx")
    write_ranking(outcome, tmp_path / "ranking.xlsx")
    (table,) = docx.Document(str(tmp_path / "notice.docx")).tables
    rows = [tuple(cell.text for cell in row.cells) for row in table.rows]
    ranked = outcome.units[outcome.units["status"] == NORMAL]
    assert [row[1] for row in rows[1:]] == list(ranked["unit"])
    sheet = openpyxl.load_workbook(tmp_path / "ranking.xlsx")[NOTICE]
    found = [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert [row for row in found if row[1]] == rows


def test_the_draft_says_that_it_is_one(outcome: Outcome, tmp_path: Path) -> None:
    write_notice(outcome, tmp_path / "notice.docx")
    first = docx.Document(str(tmp_path / "notice.docx")).paragraphs[0].text
    assert first.startswith("代拟稿")


def test_the_same_outcome_gives_the_same_document(outcome: Outcome, tmp_path: Path) -> None:
    one, two = (tmp_path / name for name in ("a.docx", "b.docx"))
    write_notice(outcome, one)
    write_notice(outcome, two)
    assert one.read_bytes() == two.read_bytes()


def test_a_replaced_file_gives_no_reason(outcome: Outcome) -> None:
    unit = outcome.units.loc[outcome.units["status"] != NORMAL, "unit"].iat[0]
    files = pd.concat(
        [
            outcome.files.assign(note=""),
            pd.DataFrame(
                [{"unit": unit, "status": REPLACED, "note": "已被替代", "file": "旧.xlsx"}]
            ),
        ]
    )
    (others,) = notice_of(replace(outcome, files=files)).others
    line = others[others.index(unit) :].split("。")[0]
    assert "替代" not in line


def test_a_name_with_marks_of_a_template_stays_text(outcome: Outcome, tmp_path: Path) -> None:
    odd = "<w:p>{{ 7*7 }}\x01&县"
    units = outcome.units.replace({"unit": {outcome.units["unit"].iat[0]: odd}})
    write_notice(replace(outcome, units=units), tmp_path / "notice.docx")
    (table,) = docx.Document(str(tmp_path / "notice.docx")).tables
    assert table.rows[1].cells[1].text == "<w:p>{{ 7*7 }}&县"


@pytest.mark.parametrize(("name", "column"), [(NOTICE, "D"), ("首页", "D")])
def test_several_awards_of_a_unit_are_not_cut_off(
    outcome: Outcome, tmp_path: Path, name: str, column: str
) -> None:
    awards = "、".join(["先进单位"] * 6)
    units = outcome.units.assign(award=[awards, *[""] * (len(outcome.units) - 1)])
    write_ranking(replace(outcome, units=units), tmp_path / "ranking.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "ranking.xlsx")[name]
    (row,) = [cell.row for cell in sheet[column] if cell.value == awards]
    assert sheet.row_dimensions[row].height > 1.5 * sheet.row_dimensions[row + 1].height


def text_of(path: Path) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)


@pytest.fixture(scope="module")
def final(outcome: Outcome) -> Outcome:
    """The meeting puts the second unit first and gives it the first award."""
    second, award = outcome.units["unit"].iat[1], outcome.rulebook.awards[0].name
    rows = [{"unit": second, "award": award, "place": 1, "basis": "会议", "date": "", "note": ""}]
    decisions = pd.DataFrame(rows).astype({"place": "Int64"})
    return replace(outcome, decisions=decisions, stage="审定")


def test_what_is_decided_is_no_draft_and_names_the_decided(final: Outcome, tmp_path: Path) -> None:
    write_notice(final, tmp_path / "notice.docx")
    assert "代拟稿" not in text_of(tmp_path / "notice.docx")
    unit, award = final.units["unit"].iat[1], final.rulebook.awards[0].name
    assert notice_of(final).awards == [f"{award}：{unit}。"]
    rows = {place[1]: place for place in notice_of(final).places}
    assert (rows[unit][0], rows[unit][3]) == ("1", award)
    assert all(not row[3] for other, row in rows.items() if other != unit)


def test_a_place_decided_against_the_points_is_said_wherever_places_go_by_points(
    outcome: Outcome, final: Outcome, tmp_path: Path
) -> None:
    third = outcome.units["unit"].iat[2]
    departed = replace(final, decisions=final.decisions.assign(unit=third))
    said = f"{third}审定第 1 名（按得分第 2 名）"
    write_ranking(departed, tmp_path / "ranking.xlsx")
    book = openpyxl.load_workbook(tmp_path / "ranking.xlsx")
    assert any(said in str(cell.value) for cell in book["首页"]["A"])
    page = render_summary(departed)
    assert said in page
    assert re.search(r"headline.>按得分，<strong>", page)
    assert "未定" not in page
    assert "并列待定" not in page
    assert [place[0] for place in notice_of(departed).places[:3]] == ["1", "1", "2"]
    assert "按得分排" not in render_summary(outcome)


def test_decided_places_stand_in_order_within_each_group(final: Outcome) -> None:
    groups = ["县", "县", "区", "区"] + ["区"] * (len(final.units) - 4)
    places = pd.Series([1, 2, 1, 2, *final.units["place"][4:]], dtype="Int64")
    units = final.units.assign(group=groups, place=places)
    first = {"unit": units["unit"].iat[3], "award": "", "place": 1}
    second = {"unit": units["unit"].iat[2], "award": "", "place": 2}
    decisions = pd.DataFrame([first, second]).astype({"place": "Int64"})
    told = notice_of(replace(final, units=units, decisions=decisions)).places
    assert [place for place, *_ in told[:4]] == ["县1", "县2", "区1", "区2"]


def test_the_ranking_shows_what_was_decided_beside_what_was_proposed(
    outcome: Outcome, final: Outcome, tmp_path: Path
) -> None:
    write_ranking(final, tmp_path / "ranking.xlsx")
    header, *rows = openpyxl.load_workbook(tmp_path / "ranking.xlsx")["排名"].iter_rows(
        min_row=4, values_only=True
    )
    at = header.index("审定奖项"), header.index("审定名次")
    found = {row[1]: (row[at[0]], row[at[1]]) for row in rows if any(row[n] for n in at)}
    assert found == {final.units["unit"].iat[1]: (final.rulebook.awards[0].name, 1)}
    write_ranking(outcome, tmp_path / "open.xlsx")
    (header,) = openpyxl.load_workbook(tmp_path / "open.xlsx")["排名"].iter_rows(
        min_row=4, max_row=4, values_only=True
    )
    assert not {"审定奖项", "审定名次"} & set(header)


def test_letter_cover_page_and_mail_name_what_was_decided(final: Outcome, tmp_path: Path) -> None:
    unit, award = final.units["unit"].iat[1], final.rulebook.awards[0].name
    write_ranking(final, tmp_path / "ranking.xlsx")
    book = openpyxl.load_workbook(tmp_path / "ranking.xlsx", data_only=True)
    letter = str(book[unit]["A3"].value)
    assert f"审定奖项：{award}。" in letter
    assert "列第 1 名" in letter
    cover = list(book["首页"].iter_rows(values_only=True))
    assert next(row for row in cover if row[1] == unit)[3] == award
    _, *rows = Page(render_summary(final)).table("名次与总分")
    assert [row[1] for row in rows if award in row] == [unit]
    standing = record_of(final).units[unit]
    assert (standing.award, standing.place) == (award, 1)


def test_who_is_disqualified_is_listed_with_the_reason(outcome: Outcome, tmp_path: Path) -> None:
    units, files = outcome.units.copy(), outcome.files.copy()
    unit = units["unit"].iat[-1]
    units.loc[units["unit"] == unit, "status"] = DISQUALIFIED
    files.loc[files["unit"] == unit, "note"] = "信访事件"
    write_notice(replace(outcome, units=units, files=files), tmp_path / "notice.docx")
    *_, listed = text_of(tmp_path / "notice.docx").split("取消资格名单")
    assert f"{unit}：{DISQUALIFIED}（信访事件）。" in listed


def test_a_proposal_says_that_a_unit_is_still_open(outcome: Outcome) -> None:
    units = outcome.units.copy()
    units.loc[units.index[-1], "status"] = PENDING
    open_ = replace(outcome, units=units, awards={outcome.rulebook.awards[0].name: 1})
    assert notice_of(open_).awards[-1].startswith(f"{units['unit'].iat[-1]}待核")


def test_the_page_is_that_of_official_documents(outcome: Outcome, tmp_path: Path) -> None:
    """GB/T 9704: A4, 37/35/28/26 mm, lines of 28 points, title 22 and text 16 points."""
    write_notice(outcome, tmp_path / "notice.docx")
    document = docx.Document(str(tmp_path / "notice.docx"))
    (page,) = document.sections
    margins = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    assert [round(margin.mm) for margin in margins if margin] == [37, 35, 28, 26]
    notice = notice_of(outcome)
    sizes = {paragraph.text: paragraph.runs[0].font.size for paragraph in document.paragraphs
             if paragraph.runs}  # fmt: skip
    assert sizes[notice.title] == Pt(22)
    assert sizes[notice.opening] == Pt(16)
    assert {p.paragraph_format.line_spacing for p in document.paragraphs} <= {Pt(28), Pt(34)}


def test_a_long_title_is_parted_before_the_year(outcome: Outcome) -> None:
    first, second = notice_of(outcome).title.split("\n")
    assert second.startswith(str(outcome.rulebook.year))
    assert max(len(first), len(second)) <= 20


def test_each_part_of_a_draft_says_that_it_is_one(
    outcome: Outcome, final: Outcome, tmp_path: Path
) -> None:
    for made, count in ((outcome, 2), (final, 0)):
        write_notice(made, tmp_path / "notice.docx")
        assert text_of(tmp_path / "notice.docx").count("代拟稿") == count


def test_the_letter_goes_to_whom_the_rulebook_names(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "notice.docx"
    for notified in ("各街道党工委", ""):
        rulebook = outcome.rulebook.model_copy(update={"notified": notified})
        write_notice(replace(outcome, rulebook=rulebook), path)
        assert ("各街道党工委：" in text_of(path)) is bool(notified)
        assert ("结果的函" in text_of(path)) is bool(notified)
        assert "取消资格名单" in text_of(path)
