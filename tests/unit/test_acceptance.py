"""Which claims count: broken rules, repetitions and the panel's rulings, put together."""

from typing import Any

import pytest
from pandas import DataFrame

from pipeline.judging.acceptance import Acceptance, accept
from pipeline.judging.rules import UNLIFTABLE, failures
from pipeline.judging.statuses import settle
from pipeline.reading.raw import RawReturn
from tests.kit.made import Made, Maker, rulings

U1, U2, U3 = "舞阳县工商联", "临颍县工商联", "源汇区工商联"
USUAL: tuple[str, ...] = ()
Ruling = dict[str, Any]


class Panel:
    """Decides on returns; without any, the claims are one return of the first unit."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker

    def __call__(
        self,
        *claims: Made | RawReturn,
        ruled: tuple[Ruling, ...] = (),
        senses: tuple[str, ...] = USUAL,
        out: tuple[str, ...] = (),
    ) -> Acceptance:
        returns = [r for r in claims if isinstance(r, RawReturn)]
        made = [c for c in claims if not isinstance(c, RawReturn)]
        batch = self.batch = self.maker.batch(*(returns or [self.maker.sent(U1, *made)]))
        book = self.maker.rulebook
        force = book.under(senses)
        settled = settle(
            batch.returns, book, {}, dict.fromkeys(out, "造假"), inclusive=force.inclusive
        )
        broken = failures(batch.claims, book)
        found = accept(batch, broken, settled, rulings(*ruled), force)
        found.claims = found.claims[found.claims["unit"] >= 0]
        return found


@pytest.fixture(scope="module")
def panel(maker: Maker) -> Panel:
    return Panel(maker)


def rule(word: str, clause: str = "一.4", title: str = "", unit: str = U1, **more: Any) -> Ruling:
    return {"unit": unit, "clause": clause, "title": title, "word": word, **more}


def flags(found: Acceptance) -> DataFrame:
    return found.claims[["claimed", "checked", "accepted"]]


def accepted(found: Acceptance) -> list[bool]:
    flags: list[bool] = found.claims["accepted"].tolist()
    return flags


def test_a_claim_in_order_is_accepted(panel: Panel) -> None:
    maker = panel.maker
    found = panel(maker.claim("一.7", title=" Ａ 报道"), maker.claim("五.1a", base=4, done=5))
    assert flags(found).to_numpy().tolist() == [[True] * 3] * 2
    row = found.claims.iloc[0]
    assert row["unit"] == 0
    assert (row["repeats"], row["beside"], row["ruling"]) == (-1, -1, -1)
    told = found.rulings
    assert (told.overrides, told.overruled, told.unmatched) == ({}, {}, {})


def test_only_claims_of_returns_that_are_used_are_decided(panel: Panel) -> None:
    maker = panel.maker
    found = panel(
        maker.sent("某县", maker.claim("一.4")),
        maker.sent(U2, maker.claim("一.4"), maker.claim("一.3")),
        maker.sent(U1, maker.claim("一.4"), date="2016-1-1"),
        maker.sent(U3, maker.claim("一.4"), date="2015-12-1", path="旧.xlsx"),
        maker.sent(U3, maker.claim("一.5"), path="新.xlsx"),
        maker.sent("郾城区工商联", maker.claim("一.5")),
        out=("郾城区工商联",),
    )
    assert found.claims.index.tolist() == [1, 2, 5]
    assert found.claims["unit"].tolist() == [1, 1, 2]


def test_each_refusal_falls_on_its_own_claim_also_behind_returns_that_are_not_used(
    panel: Panel,
) -> None:
    maker = panel.maker
    found = panel(
        maker.sent("某县", maker.claim("一.4"), maker.claim("一.3")),
        maker.sent(
            U2,
            maker.claim("一.4", title="甲"),
            maker.claim("一.4", title="乙", 通知=None),
            maker.claim("一.4", title="丙"),
            maker.claim("一.7", words=0),
        ),
    )
    assert found.claims.index.tolist() == [2, 3, 4, 5]
    assert found.claims["claimed"].tolist() == [True, True, True, False]
    assert found.claims["checked"].tolist() == [True, False, True, False]
    assert accepted(found) == [True, False, True, False]


def test_without_used_returns_there_is_nothing_to_decide(panel: Panel) -> None:
    assert len(panel(panel.maker.sent("某县", panel.maker.claim("一.4"))).claims) == 0
    assert len(panel().claims) == 0


@pytest.mark.parametrize(
    ("clause", "cells", "fatal"),
    [
        ("一.4", {"title": None}, False),
        ("一.4", {"date": None}, False),
        ("一.4", {"date": "6月1日"}, False),
        ("一.4", {"date": "2014-12-31"}, False),
        ("一.4", {"date": "2015-12-30"}, False),
        ("一.4", {"通知": None}, False),
        ("一.4", {"clause": None}, True),
        ("一.4", {"clause": "x"}, True),
        ("一.4", {"clause": "二.3a"}, True),
        ("一.7", {"words": None}, True),
        ("一.7", {"words": 0}, True),
        ("五.1a", {"base": None}, True),
        ("五.1a", {"base": 0}, True),
        ("五.1a", {"done": None}, True),
        ("五.1a", {"done": -1}, True),
        ("十.1", {"done": 11}, False),
        ("二.4", {"object": None}, True),
    ],
)
def test_a_ruling_lifts_a_refusal_unless_the_claim_cannot_be_scored(
    panel: Panel, clause: str, cells: dict[str, Any], fatal: bool
) -> None:
    claim = panel.maker.claim(clause, **cells)
    alone = panel(claim)
    claimed = not fatal and cells.get("done") != 11
    assert flags(alone).iloc[0].tolist() == [claimed, False, False]
    known = "clause" not in cells
    ruled = panel(claim, ruled=(rule("认定", clause, unit=U1),))
    assert flags(ruled).iloc[0].tolist() == [claimed, False, not fatal]
    assert ruled.claims["ruling"].tolist() == [
        0 if known or cells["clause"] == "二.3a" else -1
    ] or (cells.get("clause") == "二.3a")


def test_every_refusal_that_no_ruling_lifts_is_named() -> None:
    assert len(UNLIFTABLE) == 12


def test_a_ruling_refuses_an_accepted_claim(panel: Panel) -> None:
    found = panel(panel.maker.claim("一.4"), ruled=(rule("不认定"),))
    assert flags(found).iloc[0].tolist() == [True, True, False]
    assert found.claims["ruling"].tolist() == [0]


@pytest.mark.parametrize(
    ("senses", "day", "ok"),
    [
        (USUAL, "2015-12-30", False),
        (("deadline-day",), "2015-12-30", True),
        (("deadline-day",), "2015-12-31", False),
    ],
)
def test_the_deadline_in_both_senses(
    panel: Panel, senses: tuple[str, ...], day: str, ok: bool
) -> None:
    assert accepted(panel(panel.maker.claim("一.4", date=day), senses=senses)) == [ok]


def test_partial_evidence_in_both_senses(panel: Panel) -> None:
    maker, partial = panel.maker, ("evidence-partial",)
    some = maker.claim("一.4", title="甲", 通知=None, 方案=None)
    none = maker.claim("一.4", title="乙", 通知=None, 方案=None, 现场照片="无", 总结="/")
    assert accepted(panel(some, none)) == [False, False]
    assert accepted(panel(some, none, senses=partial)) == [True, False]


def claims(maker: Maker, *cells: dict[str, Any]) -> list[Made]:
    return [maker.claim("一.4", **each) for each in cells]


def test_the_same_clause_title_and_date_is_a_repetition(panel: Panel) -> None:
    maker = panel.maker
    found = panel(
        *claims(maker, {}, {}, {"date": "2015年6月1日"}, {"title": "一.4　一事"},
                {"date": "2015-6-2"}, {"title": "别的"}),
        maker.claim("一.3", title="一.4 一事"),
    )  # fmt: skip
    assert found.claims["repeats"].tolist() == [-1, 0, 0, 0, -1, -1, -1]
    assert accepted(found) == [True, False, False, False, True, True, True]
    assert found.claims["claimed"].tolist() == found.claims["checked"].tolist() == accepted(found)


def test_the_first_clause_of_the_measure_is_no_exception(panel: Panel) -> None:
    maker = panel.maker
    first = maker.rulebook.clause_ids[0]
    assert accepted(panel(maker.claim(first), maker.claim(first))) == [True, False]


def test_another_units_claim_is_no_repetition(panel: Panel) -> None:
    maker = panel.maker
    found = panel(maker.sent(U1, maker.claim("一.4")), maker.sent(U2, maker.claim("一.4")))
    assert accepted(found) == [True, True]


def test_a_refused_claim_is_not_repeated(panel: Panel) -> None:
    found = panel(*claims(panel.maker, {"通知": None}, {}, {}))
    assert found.claims["repeats"].tolist() == [-1, -1, 1]
    assert found.claims["claimed"].tolist() == [True, False, False]
    assert found.claims["checked"].tolist() == [False, True, False]
    assert accepted(found) == [False, True, False]


def test_a_claim_that_only_a_ruling_refused_is_still_repeated(panel: Panel) -> None:
    maker = panel.maker
    two = [maker.claim("一.4", title="甲"), maker.claim("一.4", title="甲")]
    of_one = on_row(panel, "不认定", 5, "一.4", title="甲", title_key="甲")
    found = panel(*two, ruled=(of_one,))
    assert accepted(found) == [False, False]
    assert found.claims["repeats"].tolist() == [-1, 0]
    assert found.claims["ruling"].tolist() == [0, -1]
    assert found.claims["checked"].tolist() == [True, False]


def on_row(panel: Panel, word: str, row: int, clause: str, **more: Any) -> Ruling:
    """A ruling on one row of the first unit's return."""
    sheet = panel.maker.rulebook.clause[clause].sheet
    place = {"of_file": f"{U1}.xlsx", "of_sheet": sheet, "of_row": float(row)}
    return rule(word, clause, **place, **more)


def test_a_ruling_on_a_row_is_of_that_row(panel: Panel) -> None:
    maker = panel.maker
    two = [maker.claim("二.1a", title="考察", date=day) for day in ("2015-4-3", "2015-9-13")]
    named = {"title": "考察", "title_key": "考察"}
    april = on_row(panel, "不认定", 5, "二.1a", **named)
    assert accepted(panel(*two, ruled=(april,))) == [False, True]
    every = rule("认定", "二.1a", **named)
    for ruled in ((april, every), (every, april)):
        assert accepted(panel(*two, ruled=ruled)) == [False, True]
    moved = on_row(panel, "不认定", 5, "二.1a", title="别的", title_key="别的")
    found = panel(*two, ruled=(moved,))
    assert accepted(found) == [True, True]
    assert "没有申报 二.1a：别的（活动培训 第 5 行）" in found.rulings.unmatched[0]


def test_judges_who_disagree_decide_nothing(panel: Panel) -> None:
    maker = panel.maker
    yes, no = (rule(word, judge=judge, file=f"{judge}.xlsx")
               for word, judge in (("认定", "甲"), ("不认定", "乙")))  # fmt: skip
    for ruled in ((yes, no), (no, yes)):
        found = panel(maker.claim("一.4"), maker.claim("一.4", title="缺", 通知=None), ruled=ruled)
        assert accepted(found) == [True, False]
        assert found.rulings.disputed == {0: [1], 1: [0]}
        assert found.claims["ruling"].tolist() == [-1, -1]


def test_a_less_specific_ruling_holds_where_judges_disagree(panel: Panel) -> None:
    named = {"title": "一.4 一事", "title_key": "一.4一事"}
    ruled = (rule("认定", judge="甲", **named), rule("不认定", judge="乙", **named), rule("不认定"))
    found = panel(panel.maker.claim("一.4"), ruled=ruled)
    assert accepted(found) == [False]
    assert found.claims["ruling"].tolist() == [2]


def test_judges_who_agree_and_workbooks_of_one_judge_that_do_not(panel: Panel) -> None:
    claim = panel.maker.claim("一.4")
    agreed = panel(claim, ruled=(rule("不认定", judge="甲"), rule("不认定", judge="乙")))
    assert accepted(agreed) == [False]
    assert agreed.rulings.disputed == {}
    two = panel(claim, ruled=(rule("不认定", file="一.xlsx"), rule("认定", file="二.xlsx")))
    assert two.rulings.disputed == {0: [1], 1: [0]}


def test_points_set_differently_by_two_judges_are_not_set(panel: Panel) -> None:
    claim = panel.maker.claim("一.4")
    ruled = (rule("改分", points=1, judge="甲"), rule("改分", points=2, judge="乙"),
             rule("认定", judge="乙"))  # fmt: skip
    found = panel(claim, ruled=ruled)
    assert found.rulings.overrides == {}
    assert found.rulings.disputed == {0: [1], 1: [0]}
    assert found.claims["ruling"].tolist() == [2]


def test_points_beside_a_name_are_of_the_clause_where_it_is_the_only_claim(panel: Panel) -> None:
    maker = panel.maker
    named = {"title": "甲", "title_key": "甲", "points": 4}
    at = maker.rulebook.clause_codes["一.4"]
    alone = panel(maker.claim("一.4", title="甲"), ruled=(rule("改分", **named),))
    assert alone.rulings.overrides == {(0, at): (4.0, 0)}
    ruled = rule("改分", **named), on_row(panel, "改分", 5, "一.4", **named)
    two = panel(maker.claim("一.4", title="甲"), maker.claim("一.4", title="乙"), ruled=ruled)
    assert two.rulings.overrides == {}
    assert two.rulings.misplaced == dict.fromkeys((0, 1), "本单位这一条申报了 2 项")
    other = panel(maker.claim("一.4", title="乙"), ruled=(rule("改分", **named),))
    assert "最接近的申报是“乙”（活动培训 第 5 行）" in other.rulings.misplaced[0]


@pytest.mark.parametrize(
    ("clause", "role"), [("十一.3", "对象"), ("一.7", "媒体或刊物"), ("三.1d", "采用或批示单位")]
)
def test_what_tells_claims_of_one_title_and_date_apart(
    panel: Panel, clause: str, role: str
) -> None:
    maker = panel.maker

    def of(*named: str | None) -> Acceptance:
        return panel(*(maker.claim(clause, **{role: name}) for name in named))

    found = of("甲报", "乙报", "甲 报", "乙报")
    assert found.claims["repeats"].tolist() == [-1, -1, 0, 1]
    assert found.claims["beside"].tolist() == [-1, 0, -1, -1]
    assert accepted(found) == [True, True, False, False]
    if role != "对象":
        found = of("甲报", None, "无", "乙报")
        assert found.claims["repeats"].tolist() == [-1, 0, 0, -1]
        found = of(None, "甲报", "乙报")
        assert found.claims["repeats"].tolist() == [-1, 0, 0]


def test_a_refusal_never_raises_points(panel: Panel) -> None:
    """十.1 at 30 of 50 without its evidence: its figures stay, to be scored where they cost."""
    maker = panel.maker
    code = maker.rulebook.clause_codes["十.1"]

    def kept(*made: Made, ruled: tuple[Ruling, ...] = ()) -> dict[tuple[int, int], Any]:
        found = panel(*made, ruled=ruled)
        found.claims = found.claims.reindex(panel.batch.claims.index)
        return found.fallback(panel.batch, maker.rulebook, "accepted")

    spoilt = maker.claim("十.1", base=50, done=30, 证明材料=None)
    assert kept(spoilt) == {(0, code): (50, 30)}
    fine = maker.claim("十.1", base=50, done=30)
    assert kept(fine) == {}
    assert kept(fine, ruled=(rule("不认定", "十.1"),)) == {(0, code): (50, 30)}
    assert kept(maker.claim("十.1", base=50, done=60)) == {}
    assert kept(maker.claim("十.1", base=None, done=30)) == {}


def test_works_of_earlier_years_under_the_reading_that_counts_them(panel: Panel) -> None:
    maker = panel.maker
    old = [maker.claim(clause, date="2013-5-1") for clause in ("七.1", "七.2")]
    assert accepted(panel(*old)) == [False, False]
    assert accepted(panel(*old, senses=("standing-work",))) == [True, False]


def test_a_claim_that_a_ruling_accepted_is_repeated_and_none_lifts_that(panel: Panel) -> None:
    found = panel(*claims(panel.maker, {"通知": None}, {}), ruled=(rule("认定"),))
    assert accepted(found) == [True, False]
    assert found.claims["repeats"].tolist() == [-1, 0]
    assert found.claims["checked"].tolist() == [False, True]


def test_undated_claims_repeat_what_is_written_in_their_date(panel: Panel) -> None:
    cells = [{"date": d} for d in ("6月", " 6 月", "7月", None, None)]
    found = panel(*claims(panel.maker, *cells), ruled=(rule("认定"),))
    assert found.claims["repeats"].tolist() == [-1, 0, -1, -1, 3]
    assert accepted(found) == [True, False, True, True, False]


def test_of_figures_the_same_clause_is_a_repetition(panel: Panel) -> None:
    maker = panel.maker
    found = panel(
        maker.claim("五.1a"),
        maker.claim("五.1b"),
        maker.claim("五.1a", title="别的", date="2015-7-1"),
        maker.claim("五.1a", base=0),
        maker.claim("五.1b", base=0),
    )
    assert found.claims["repeats"].tolist() == [-1, -1, 0, -1, -1]
    assert accepted(found) == [True, True, False, False, False]


def test_a_ruling_with_a_name_goes_before_one_without(panel: Panel) -> None:
    maker = panel.maker
    two = [maker.claim("一.4", title="甲 Ａ"), maker.claim("一.4", title="乙")]
    for ruled in (
        (rule("不认定"), rule("认定", title="甲 a", title_key="甲a")),
        (rule("认定", title="甲 a", title_key="甲a"), rule("不认定")),
    ):
        found = panel(*two, ruled=ruled)
        assert accepted(found) == [True, False]
        positions = [0, 1] if ruled[0]["title"] else [1, 0]
        assert found.claims["ruling"].tolist() == positions
        assert (found.rulings.overruled, found.rulings.unmatched) == ({}, {})


def test_rulings_find_their_claims_behind_others_and_behind_returns_that_are_not_used(
    panel: Panel,
) -> None:
    maker = panel.maker
    found = panel(
        maker.sent("某县", maker.claim("一.4"), maker.claim("一.3"), maker.claim("一.5")),
        maker.sent(U2, maker.claim("一.3"), maker.claim("一.4", title="甲"),
                   maker.claim("一.4", title="乙", 通知=None), maker.claim("一.5")),
        ruled=(rule("不认定", title="甲", unit=U2), rule("认定", title="乙", unit=U2)),
    )  # fmt: skip
    assert found.claims["ruling"].tolist() == [-1, 0, 1, -1]
    assert accepted(found) == [True, False, True, True]
    assert found.rulings.unmatched == {}


def test_of_two_equal_rulings_the_later_counts(panel: Panel) -> None:
    ruled = (rule("不认定"), rule("认定"), rule("不认定"))
    found = panel(panel.maker.claim("一.4"), ruled=ruled)
    assert accepted(found) == [False]
    assert found.claims["ruling"].tolist() == [2]
    assert found.rulings.overruled == {0: 1, 1: 2}
    assert found.rulings.unmatched == {}


def test_rulings_on_another_clause_title_or_unit_are_not_equal(panel: Panel) -> None:
    maker = panel.maker
    ruled = (
        rule("不认定", "一.4", title="甲"),
        rule("不认定", "一.3"),
        rule("不认定", "一.4", unit=U2),
        rule("不认定", "一.4", title="乙"),
    )
    found = panel(
        maker.sent(U1, maker.claim("一.4", title="甲"), maker.claim("一.4", title="乙"),
                   maker.claim("一.4", title="丙"), maker.claim("一.3")),
        maker.sent(U2, maker.claim("一.4", title="甲"), maker.claim("一.3", title="甲")),
        ruled=ruled,
    )  # fmt: skip
    assert found.claims["ruling"].tolist() == [0, 3, -1, 1, 2, -1]
    assert accepted(found) == [False, False, True, False, False, True]
    assert found.rulings.overruled == {}


def test_points_are_set_for_the_clause_also_where_nothing_was_claimed(panel: Panel) -> None:
    maker = panel.maker
    at = maker.rulebook.clause_ids.index
    ruled = (rule("改分", "一.4", points=1.5), rule("改分", "九.1", points=-3))
    found = panel(maker.claim("一.4"), ruled=ruled)
    assert found.rulings.overrides == {(0, at("一.4")): (1.5, 0), (0, at("九.1")): (-3.0, 1)}
    assert isinstance(found.rulings.overrides[0, at("九.1")][0], float)
    assert found.claims["ruling"].tolist() == [-1]
    assert accepted(found) == [True]
    assert (found.rulings.overruled, found.rulings.unmatched) == ({}, {})


def test_of_two_equal_settings_the_later_counts(panel: Panel) -> None:
    ruled = (rule("改分", points=1), rule("认定"), rule("改分", points=2), rule("不认定"))
    found = panel(panel.maker.claim("一.4"), ruled=ruled)
    at = panel.maker.rulebook.clause_ids.index("一.4")
    assert found.rulings.overrides == {(0, at): (2.0, 2)}
    assert found.rulings.overruled == {0: 2, 1: 3}
    assert accepted(found) == [False]


def test_a_ruling_that_matches_nothing_says_why(panel: Panel) -> None:
    maker = panel.maker
    ruled = (
        rule("不认定", "一.3"),
        rule("认定", "一.4", title="没有这个"),
        rule("认定", unit=U2),
        rule("改分", unit=U3, points=1),
        rule("不认定", "一.4", title="甲"),
        rule("不认定", "一.4"),
    )
    found = panel(maker.sent(U1, maker.claim("一.4", title="甲")), maker.sent(U3, date="2016-1-1"),
                  ruled=ruled)  # fmt: skip
    assert found.rulings.unmatched == {
        0: f"{U1}没有申报 一.3",
        1: f"{U1}没有申报 一.4：没有这个；最接近的申报是“甲”（活动培训 第 5 行）",
        2: f"{U2}的状态是未报送",
        3: f"{U3}的状态是逾期",
    }
    assert found.rulings.overrides == {}
    assert found.claims["ruling"].tolist() == [4]


def test_a_ruling_may_name_claims_that_have_no_title(panel: Panel) -> None:
    maker = panel.maker
    blank, named = maker.claim("一.4", title=None), maker.claim("一.4", title="甲")
    untitled = rule("认定", title="（未填名称）", title_key="(未填名称)")
    found = panel(blank, named, ruled=(untitled,))
    assert found.claims["ruling"].tolist() == [0, -1]
    assert accepted(found) == [True, True]
    assert found.rulings.unmatched == {}
