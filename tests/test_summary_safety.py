"""The summary page: what it keeps out, how large it may grow, that it repeats itself."""

import re
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from pipeline.findings import shorten
from pipeline.outcome import Outcome
from pipeline.rulebook import Rulebook
from pipeline.summary.page import (
    CLAIMS,
    DETAILED,
    FINDINGS,
    ROWS,
    TEXT,
    neutral,
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
