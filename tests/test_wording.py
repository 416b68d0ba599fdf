"""Rules in words: made from the data, true to it, readable."""

import re
from datetime import date
from fractions import Fraction

import pytest

from pipeline.rulebook import FIGURES, Clause, Rulebook, parse_bands
from pipeline.wording import (
    chinese_date,
    date_rule,
    describe_evidence,
    describe_figures,
    describe_rule,
    last_day,
    number,
    percent,
)


def clause(measure: str, bands: str, noun: str = "次") -> Clause:
    return Clause.model_validate(
        {
            "id": "甲.1", "section": "甲 部分", "label": "事项", "sheet": "表", "measure": measure,
            "bands": bands, "evidence": "通知;总结", "noun": noun,
            "base": "上年数", "done": "本年数", "capped": "", "office": "", "shared": "",
            "source": "一",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "bands", "noun", "words"),
    [
        ("each", "1:2", "期", "每期计2分，可多期申报"),
        ("words", "1:1|600:2", "篇", "每篇按字数：600字以上计2分，不足600字计1分"),
        ("words", "200:1|600:2", "篇", "每篇按字数：600字以上计2分，200字以上不足600字计1分"),
        ("count", "1:3", "项", "有1项即计3分，多报不加分"),
        ("count", "2:3", "次", "2次以上计3分，多报不加分"),
        ("count", "1:1|3:2", "次", "1至2次计1分，3次以上计2分，多报不加分"),
        ("growth", "0.075:3", "", "增长率达到7.5%计3分"),
        ("ratio", "1:5", "", "完成比例达到100%计5分"),
        (
            "ratio",
            "0:-5|0.8:0|1:10",
            "",
            "完成比例达到100%计10分，80%以上不足100%不计分，不足80%扣5分",
        ),
    ],
)
def test_a_rule_reads_as_its_bands_say(measure: str, bands: str, noun: str, words: str) -> None:
    assert describe_rule(clause(measure, bands, noun)) == words


def test_different_things_are_counted_by_name() -> None:
    text = describe_rule(clause("distinct", "1:5|2:8|3:10", "名"))
    assert text.startswith("1名计5分，2名计8分，3名以上计10分")
    assert "同一对象只算一次" in text


def test_every_number_of_every_clause_is_told(rulebook: Rulebook) -> None:
    for each in rulebook.clauses:
        text = describe_rule(each)
        for _, points, *_ in each.bands:
            assert not points or f"{abs(points):g}分" in text, each.id
        thresholds = [floor for floor, *_ in each.bands if floor > 1]
        shown = set(re.findall(r"[0-9.]+", text))
        assert {number(floor) for floor in thresholds} <= shown, each.id


def test_figures_say_what_each_number_is(rulebook: Rulebook) -> None:
    for each in rulebook.clauses:
        text = describe_figures(each)
        assert bool(text) == (each.measure in FIGURES)
        if text:
            assert each.base in text
            assert each.done in text
            assert ("不能大于" in text) == each.capped


def test_evidence_is_listed() -> None:
    assert describe_evidence(clause("each", "1:1")) == "通知、总结"


def test_points_at_a_threshold_are_the_upper_ones() -> None:
    rule = clause("growth", "0.075:3")
    assert rule.band_at(Fraction(3, 40)) == (Fraction(3, 40), 3, None)
    assert rule.band_at(Fraction(3, 40) - Fraction(1, 10**9)) == (None, 0, Fraction(3, 40))


def test_shares_are_shown_exactly() -> None:
    assert [percent(floor) for floor, *_ in parse_bands("0.07:1|0.075:2|0.25:3|1:4")] == [
        "7%",
        "7.5%",
        "25%",
        "100%",
    ]


def test_dates_are_told_with_both_ends(rulebook: Rulebook) -> None:
    text = date_rule(rulebook)
    for day in (rulebook.first_day, last_day(rulebook), rulebook.deadline):
        assert chinese_date(day) in text
    assert chinese_date(date(2016, 2, 9)) == "2016年2月9日"


_CASES = {
    "0:0+0.5|6:3": ("count", {0: 0, 1: 0.5, 5: 2.5, 6: 3, 9: 3}, "每1次加0.5分，6次以上计3分"),
    "1:10+5": ("count", {0: 0, 1: 10, 3: 20}, "1次以上计10分，超过1次的部分每1次加5分"),
    "0:10-1|10:0": ("count", {0: 10, 3: 7, 10: 0, 11: 0}, "计10分，每1次扣1分，扣完为止"),
    "2:-20-10": ("count", {1: 0, 2: -20, 4: -40}, "2次以上扣20分，超过2次的部分每1次扣10分"),
    "0:0+80|1:80+0.6//0.01": (
        "ratio",
        {"1/2": 40, "1": 80, "1.075": 84.2, "1.0799": 84.2, "1.08": 84.8},
        "达到100%计80分，超过100%的部分每满1个百分点加0.6分，不足100%的按比例计分",
    ),
    "0:0+20|1:20": ("ratio", {"1/3": 20 / 3, "1": 20, "2": 20}, "不足100%的按比例计分"),
    "0:5|>0:4|>0.05:2": (
        "ratio",
        {"0": 5, "1/1000": 4, "0.05": 4, "0.0501": 2},
        "超过5%计2分，超过0%不超过5%计4分，不超过0%计5分",
    ),
}


@pytest.mark.parametrize("text", _CASES)
def test_points_within_a_band_are_reckoned_exactly_and_told(rulebook: Rulebook, text: str) -> None:
    measure, earned, told = _CASES[text]
    figures = measure in FIGURES
    clause = rulebook.clause["十.1" if figures else "一.1"]
    clause = clause.changed(measure=measure, bands=parse_bands(text))
    assert {v: clause.band_at(Fraction(v)).points for v in earned} == pytest.approx(earned)
    assert {v: clause.band_at(float(Fraction(v))).points for v in earned} == pytest.approx(earned)
    assert told in describe_rule(clause)


@pytest.mark.parametrize("text", ["1:2+", "1:2+1/0", "1:2/3", "1:2+1///2", "0:1|0:2", ">1:1|>1:2"])
def test_bands_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="计分档"):
        parse_bands(text)
