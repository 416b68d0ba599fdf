"""The summary page: what it says, what it keeps out, how large it may grow."""

import re
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.findings import shorten
from pipeline.outcome import DISQUALIFIED, NORMAL, PENDING, Outcome
from pipeline.rulebook import Rulebook
from pipeline.summary.page import (
    CELLS,
    CLAIMS,
    DETAILED,
    FINDINGS,
    ROWS,
    TEMPLATES,
    TEXT,
    TONES,
    date_text,
    neutral,
    number,
    render_summary,
    write_summary,
)
from tests.kit.outcomes import HOSTILE, make_outcome, with_units
from tests.kit.page import Page

_TAGS = """
    html head meta title style body a header p span h1 br main section h2 h3 h4 strong div
    table caption thead tr th tbody td svg line circle dl dt dd nav ul li figure figcaption
    text rect label input button details summary b bdi small tfoot code script
"""
OWN_TAGS = set(_TAGS.split())
"""Every tag of the template and of the script."""


@pytest.fixture(scope="module")
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook, claims_each=70)


@pytest.fixture(scope="module")
def page(outcome: Outcome) -> Page:
    return Page(render_summary(outcome))


def test_each_ranked_unit_stands_with_place_total_gap_and_range(
    page: Page, outcome: Outcome
) -> None:
    header, *rows = page.table("名次与总分")
    assert header[:5] == ["名次", "单位", "总分", "与前一名差", "名次区间"]
    ranked = outcome.units[outcome.units["status"] == NORMAL]
    assert [row[1] for row in rows] == ranked["unit"].tolist()
    assert [int(row[0]) for row in rows] == ranked["place"].tolist() == [1, 1, 3, 4]
    assert [float(row[2]) for row in rows] == ranked["total"].tolist()
    gaps = [row[3] for row in rows]
    totals = ranked["total"].tolist()
    assert gaps == ["—", "并列", number(totals[1] - totals[2]), number(totals[2] - totals[3])]
    assert [row[4] for row in rows] == ["第1名", "第1名", "第2–3名", "第3–4名"]


def test_the_first_sentence_says_who_leads_and_by_how_much(outcome: Outcome) -> None:
    units = outcome.units.copy()
    units.loc[0, "total"] = units.loc[0, "total"] + 2.5
    units.loc[1, "place"] = 2
    units.loc[0, "worst"] = 2
    html = render_summary(replace(outcome, units=units))
    first, second = units.loc[0, "unit"], units.loc[1, "unit"]
    sentence = re.search(r'<p class="headline">(.*?)</p>', html)
    assert sentence is not None
    text = re.sub("<.*?>", "", sentence[1])
    assert text.startswith(f"{first}第一名，")
    assert f"领先第二名{second} 2.5 分" in text
    assert text.endswith("按不同的口径理解，名次在第1名到第2名之间。")


def test_ties_at_the_top_are_named_together(page: Page, outcome: Outcome) -> None:
    first, second = outcome.units["unit"].tolist()[:2]
    assert f"{first}、{second}并列第一名" in page.text


def test_without_a_ranked_unit_the_page_says_so(rulebook: Rulebook) -> None:
    one = make_outcome(rulebook, ranked=1)
    nobody = one.units.assign(status=DISQUALIFIED, place=pd.NA, total=np.nan)
    parts = {name: getattr(one, name).iloc[:0] for name in ("sections", "points", "values")}
    page = Page(render_summary(replace(one, units=nobody, **parts)))
    assert "没有可以排名的单位" in page.text
    assert len(page.table("未排名单位")) == 1 + len(rulebook.units)
    assert not any(caption.startswith("各单位各部分") for caption in page.tables)


def test_stage_and_date_stand_on_the_page(rulebook: Rulebook, page: Page) -> None:
    assert "2016年1月8日 09:30" in page.text
    assert "已按评审组核定调整" in page.text
    assert page.table("名次与总分")[0][-3:] == ["自报", "初评", "核定增减"]
    preliminary = Page(render_summary(make_outcome(rulebook, rulings=False)))
    assert "初评结果，尚未经评审组核定" in preliminary.text
    assert "核定增减" not in preliminary.text


def test_units_without_a_place_stand_with_status_and_reason(page: Page, outcome: Outcome) -> None:
    _, *rows = page.table("未排名单位")
    others = outcome.units[outcome.units["status"] != NORMAL]
    assert [row[:2] for row in rows] == others[["unit", "status"]].to_numpy().tolist()
    assert all(row[2] for row in rows)


def test_awards_name_the_proposed_and_the_tied(outcome: Outcome) -> None:
    first, second = outcome.rulebook.awards
    one, two = outcome.units["unit"][:2]
    rows = [(first.name, one, False), (second.name, one, True), (second.name, two, True)]
    proposals = pd.DataFrame(rows, columns=["award", "unit", "tied"])
    html = render_summary(replace(outcome, proposals=proposals))
    assert re.search(r"并列待定</strong>：舞阳县工商联、临颍县工商联", html)
    assert re.search(rf"{first.name}[^舞无]*{one}", Page(html).text)
    without = render_summary(replace(outcome, awards={}))
    assert "奖项建议" not in Page(without).text


def test_sections_stand_in_the_table_as_in_the_picture(page: Page, outcome: Outcome) -> None:
    header, *rows = page.table("各单位各部分得分")
    assert [re.sub(r"\s", "", h) for h in header[2:]] == [
        re.sub(r"\s", "", name) for name in outcome.sections.columns
    ]
    *rows, last = rows
    means = outcome.sections.mean()
    for row, (unit, points) in zip(rows, outcome.sections.iterrows(), strict=True):
        assert row[0] == unit
        expected = [
            (points.sum(), points.sum() - means.sum()),
            *zip(points, points - means, strict=True),
        ]
        assert row[1:] == [f"{number(p)}{number(round(d, 1), sign=True)}" for p, d in expected]
    assert last == ["平均", *(number(round(m, 1)) for m in (means.sum(), *means))]


def test_a_bar_ends_at_the_total_and_says_what_was_deducted(outcome: Outcome) -> None:
    sections = outcome.sections.copy()
    sections.iloc[0, 0] = -5.0
    assert "（已扣 5 分）" in Page(render_summary(replace(outcome, sections=sections))).text


def test_a_matrix_says_what_each_reading_would_change(outcome: Outcome) -> None:
    first, second = outcome.points.index[:2]
    readings = outcome.readings.copy()
    readings["changes"] = [[] for _ in range(len(readings))]
    readings.at[1, "changes"] = [(first, 9.5, 3.0), (second, float("nan"), float("nan"))]
    page = Page(render_summary(replace(outcome, readings=readings)))
    header, now, row = page.table("只换一条口径")
    assert header[2:] == list(outcome.points.index)
    assert now[2] == f"{number(outcome.units['total'].iloc[0])}第1名"
    name = outcome.rulebook.readings[1].name
    assert [row[0], *row[2:]] == [name, "9.5第3名", "不排名", "", ""]


def test_awards_are_open_while_a_unit_is_pending(outcome: Outcome) -> None:
    units = outcome.units.copy()
    units.loc[units.index[-1], "status"] = PENDING
    page = Page(render_summary(replace(outcome, units=units)))
    assert f"奖项未定：{units['unit'].iloc[-1]}待核" in page.text
    assert "奖项建议（未定）" in page.table("名次与总分")[0]
    assert "未定" not in Page(render_summary(outcome)).text


def test_what_the_meeting_decided_is_no_preliminary_result(outcome: Outcome) -> None:
    assert "尚未经评审组核定" not in Page(render_summary(replace(outcome, stage="审定"))).text


def test_bars_share_one_scale_and_end_at_the_total(outcome: Outcome) -> None:
    sections = outcome.sections.copy()
    sections.iloc[:] = 0.0
    sections.iloc[0, :2] = [30.0, -10.0]
    sections.iloc[1, :2] = [10.0, 20.0]
    html = render_summary(replace(outcome, sections=sections))
    bars = re.findall(r'<rect class="s\d+" x="([\d.]+%)" y="(\d+)" width="([\d.]+%)"', html)
    assert bars == [
        ("0.00%", "23", "75.00%"),
        ("25.00%", "79", "25.00%"),
        ("50.00%", "79", "50.00%"),
    ]
    assert set(re.findall('<line class="zero" x1="([^"]*)"', html)) == {"25.00%"}


def test_a_picture_of_nothing_has_no_segment(outcome: Outcome) -> None:
    html = render_summary(replace(outcome, sections=0 * outcome.sections))
    assert not re.search(r'<rect class="s\d+" x=', html)


def test_the_style_sheet_knows_every_tone() -> None:
    style = (TEMPLATES / "report" / "report.css").read_text("utf-8")
    assert all(style.count(f"--s{tone}:") == 2 for tone in range(TONES))
    assert all(f".s{tone} {{" in style for tone in range(TONES))


def test_a_unit_shows_its_clauses_claims_and_findings(page: Page, outcome: Outcome) -> None:
    unit = outcome.units.loc[2, "unit"]
    claims = outcome.claims[outcome.claims["unit"] == unit]
    _, *ledger = page.table(f"{unit}申报的每一项")
    assert len(ledger) == len(claims)
    assert ledger[0][0] == claims.iloc[0]["clause"]
    assert ledger[0][-1] == f"{claims.iloc[0]['sheet']} 第{claims.iloc[0]['row']}行"
    _, *clauses = page.table(f"{unit}有得分")
    earned = {row[0]: row[-1] for row in clauses if len(row) == 6}
    points = outcome.points.loc[unit]
    assert {c: float(p) for c, p in earned.items() if p != "0"} == points[points != 0].to_dict()
    problem = outcome.findings.loc[outcome.findings["unit"] == unit, "problem"].iloc[0]
    assert problem in page.text


def test_one_message_stands_once_with_its_cells(outcome: Outcome) -> None:
    unit = outcome.units.loc[0, "unit"]
    row = {"code": "x", "level": "警告", "unit": unit, "file": "a.xlsx", "sheet": "活动培训"}
    more = pd.DataFrame(
        [row | {"cell": f"C{n}", "problem": "写法有误", "advice": "请改正"} for n in range(40)]
    )
    html = render_summary(replace(outcome, findings=more))
    assert html.count("写法有误") == 1
    assert "、".join(f"C{n}" for n in range(CELLS)) + f"，另有 {40 - CELLS} 处" in html


def test_readings_that_matter_come_first(page: Page, outcome: Outcome) -> None:
    telling = outcome.readings["changes"].map(bool)
    expected = pd.concat([outcome.readings[telling], outcome.readings[~telling]])
    assert [row[1] for row in page.table("各条口径的两种")[1:]] == expected["question"].tolist()


def test_with_many_units_the_changes_stand_in_words(rulebook: Rulebook) -> None:
    outcome = make_outcome(with_units(rulebook, 20), claims_each=1)
    page = Page(render_summary(outcome))
    assert not any(caption.startswith("只换一条口径") for caption in page.tables)
    for impact in outcome.readings["impact"]:
        assert impact == "无影响" or impact in page.text


def test_an_alternative_sense_is_announced(rulebook: Rulebook) -> None:
    reading = rulebook.readings[1]
    page = Page(render_summary(make_outcome(rulebook, alternative=(reading.id,))))
    assert "本次有 1 条口径采用另一种理解" in page.text
    assert reading.alternative in page.text


def test_changes_rulings_files_and_facts_are_told(page: Page, outcome: Outcome) -> None:
    assert page.table("与上次运行相比")[1][2:4] == ["30", "34"]
    ruling = outcome.rulings.iloc[0]
    assert page.table("已采用的核定")[1] == [
        ruling["unit"], ruling["clause"], "整条", "改分", "1.5", ruling["reason"], ruling["judge"],
    ]  # fmt: skip
    assert len(page.table("每份材料")) == 1 + len(outcome.files)
    assert "不是报送材料、没有读取的文件" in page.text
    assert page.text.count("：不是电子表格") == len(outcome.others)
    assert all(item in page.text and content in page.text for item, content in outcome.facts)


def test_a_first_run_has_nothing_to_compare_with(outcome: Outcome) -> None:
    assert "与上次相比" not in render_summary(replace(outcome, changes=pd.DataFrame()))


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (2.5, "2.5"), (-5.0, "−5"), (0.005, "0.005"), (-0.001, "−0.001"), (-1e-9, "0"),
     (None, ""),
     (pd.NA, ""), (float("nan"), ""), (100.0, "100"), (np.int64(20), "20")],
)  # fmt: skip
def test_numbers_are_written_as_they_are_read(value: object, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(pd.Timestamp(2015, 6, 1), "2015-06-01"), (pd.NaT, ""), (None, ""), ("6月1日", "6月1日")],
)
def test_dates_are_written_plainly_and_unclear_ones_as_they_stand(value: object, text: str) -> None:
    assert date_text(value) == text


# What it keeps out, and how large it may grow ------------------------------------------------


def test_what_a_unit_wrote_never_becomes_markup(page: Page, outcome: Outcome) -> None:
    tags = {tag for tag, _ in page.tags}
    assert tags <= OWN_TAGS
    scripts = [tag for tag, _ in page.tags if tag in {"script", "style"}]
    assert sorted(scripts) == ["script", "style"]
    for text in HOSTILE:
        if text in set(outcome.claims["title"]):
            assert str(neutral(shorten(text, TEXT))) in page.text


def test_no_attribute_holds_what_a_unit_wrote_or_a_handler(page: Page) -> None:
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", tag
            if name in {"href", "src"}:
                assert value is not None
                assert value.startswith("#"), value


def test_every_table_text_is_stripped_of_control_and_direction_characters(
    outcome: Outcome,
) -> None:
    evil = "\u202e\x00\x07\x1b\u2066\u200f\ud800甲"
    frames = {}
    for name in ("claims", "findings", "files", "rulings", "changes", "readings"):
        frame = getattr(outcome, name).copy()
        for column in frame:
            if frame[column].dtype == object and column not in {"unit", "level", "clause", "id"}:
                frame[column] = [evil + v if isinstance(v, str) else v for v in frame[column]]
        frames[name] = frame
    html = render_summary(replace(outcome, **frames, facts=[(evil, evil)], decisive=[evil]))
    assert not re.findall(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u206f]", html
    )
    html.encode("utf-8")


def test_the_page_asks_for_nothing(page: Page, outcome: Outcome) -> None:
    policy = next(
        attrs["content"] for _, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )  # fmt: skip
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "url(" not in render_summary(outcome)
    assert "@import" not in render_summary(outcome)
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "base", "form"}


def test_headings_descend_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_the_same_outcome_gives_the_same_bytes(outcome: Outcome, tmp_path: Path) -> None:
    write_summary(outcome, tmp_path / "a.html")
    write_summary(outcome, tmp_path / "b.html")
    first = (tmp_path / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes()
    assert b"\r" not in first


def test_hundreds_of_units_keep_the_page_small(rulebook: Rulebook) -> None:
    many = make_outcome(with_units(rulebook, 460), ranked=300, claims_each=2, hostile=False)
    started = time.perf_counter()
    html = render_summary(many)
    assert time.perf_counter() - started < 5
    page = Page(html)
    assert len(html) < 1_000_000
    assert html.count('<details class="unit"') == DETAILED
    assert len(page.table("名次与总分")) == 1 + DETAILED
    rest = page.table("其余单位")[1:]
    assert [row[1] for row in rest] == many.units["unit"].tolist()[DETAILED:]
    assert [row[0] for row in rest[:270]] == [str(p) for p in many.units["place"][DETAILED:300]]
    assert f"本页最多详列 {DETAILED} 家单位" in page.text
    assert len(page.table("未排名单位")) == 1 + ROWS
    assert f"其余 {160 - ROWS} 家未排名单位未在此列出" in page.text


def test_thousands_of_claims_and_findings_keep_a_unit_small(
    rulebook: Rulebook, outcome: Outcome
) -> None:
    many = make_outcome(rulebook, claims_each=3000, hostile=False)
    unit = many.units.loc[0, "unit"]
    row = {"code": "x", "level": "错误", "unit": unit, "file": "a.xlsx", "sheet": "活动培训"}
    findings = pd.DataFrame(
        [row | {"cell": "C1", "problem": f"第{n}种问题", "advice": "请改正"} for n in range(500)]
    )
    html = render_summary(replace(many, findings=findings))
    page = Page(html)
    assert len(page.table(f"{unit}申报的每一项")) == 1 + CLAIMS
    assert f"其余 {3000 - CLAIMS:,} 项申报未在此列出，见 ranking.xlsx 的“申报台账”" in page.text
    assert f"其余 {500 - FINDINGS} 种问题未在此列出，见 ranking.xlsx 的“问题清单”" in page.text
    assert len(html) < 1_000_000


def test_a_batch_without_claims_and_findings_is_a_page_too(outcome: Outcome) -> None:
    empty = {name: getattr(outcome, name).iloc[:0] for name in ("claims", "findings", "rulings")}
    page = Page(render_summary(replace(outcome, **empty)))
    assert not any("申报的每一项" in caption for caption in page.tables)
    assert len(page.table("名次与总分")) == 5
