"""Which claims count: broken rules, repetitions and the panel's rulings, put together."""

from typing import Any

import pytest
from pandas import DataFrame

from pipeline.judging.acceptance import Acceptance, Senses, accept
from pipeline.judging.checks import UNLIFTABLE, failures
from pipeline.judging.statuses import settle
from pipeline.reading.raw import RawReturn
from tests.kit.made import Made, Maker, rulings

U1, U2, U3 = "舞阳县工商联", "临颍县工商联", "源汇区工商联"
USUAL = Senses(inclusive=False, partial=False)
Ruling = dict[str, Any]


class Panel:
    """Decides on returns; without any, the claims are one return of the first unit."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker

    def __call__(
        self,
        *claims: Made | RawReturn,
        ruled: tuple[Ruling, ...] = (),
        senses: Senses = USUAL,
        out: tuple[str, ...] = (),
    ) -> Acceptance:
        returns = [r for r in claims if isinstance(r, RawReturn)]
        made = [c for c in claims if not isinstance(c, RawReturn)]
        batch = self.batch = self.maker.batch(*(returns or [self.maker.sent(U1, *made)]))
        book = self.maker.rulebook
        settled = settle(
            batch.returns, book, {}, dict.fromkeys(out, "造假"), inclusive=senses.inclusive
        )
        broken = failures(batch.claims, book)
        return accept(batch, broken, settled, rulings(*ruled), book, senses)


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


def test_the_senses_say_which_checks_refuse_nothing() -> None:
    assert Senses(False, False).ignored == ("date-late-inclusive", "evidence-none")
    assert Senses(True, False).ignored == ("date-late", "evidence-none")
    assert Senses(False, True).ignored == ("date-late-inclusive", "evidence-missing")


def test_a_claim_in_order_is_accepted(panel: Panel) -> None:
    maker = panel.maker
    found = panel(maker.claim("一.7", title=" Ａ 报道"), maker.claim("五.1a", base=4, done=5))
    assert flags(found).to_numpy().tolist() == [[True] * 3] * 2
    row = found.claims.iloc[0]
    assert (row["unit"], row["clause"]) == (0, maker.rulebook.clause_ids.index("一.7"))
    assert row["key"] == "a报道"
    assert (row["repeats"], row["ruling"]) == (-1, -1)
    assert found.claims["clause"].dtype == "int64"
    scored = found.standing(panel.batch, "accepted")
    assert scored.columns.tolist() == [
        "unit", "clause", "title_key", "words", "base_exact", "done_exact", "object_key",
    ]  # fmt: skip
    assert scored.loc[0, ["title_key", "words", "object_key"]].tolist() == ["a报道", 700.0, ""]
    assert scored.loc[1, ["base_exact", "done_exact"]].tolist() == [4, 5]
    assert (found.overrides, found.overruled, found.unmatched) == ({}, {}, {})


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
        ("十.1", {"done": 11}, True),
        ("二.4", {"object": None}, True),
    ],
)
def test_a_ruling_lifts_a_refusal_unless_the_claim_cannot_be_scored(
    panel: Panel, clause: str, cells: dict[str, Any], fatal: bool
) -> None:
    claim = panel.maker.claim(clause, **cells)
    alone = panel(claim)
    assert flags(alone).iloc[0].tolist() == [not fatal, False, False]
    known = "clause" not in cells
    ruled = panel(claim, ruled=(rule("认定", clause, unit=U1),))
    assert flags(ruled).iloc[0].tolist() == [not fatal, False, not fatal]
    assert ruled.claims["ruling"].tolist() == [
        0 if known or cells["clause"] == "二.3a" else -1
    ] or (cells.get("clause") == "二.3a")


def test_every_refusal_that_no_ruling_lifts_is_named() -> None:
    assert len(UNLIFTABLE) == 11


def test_claims_without_a_usable_clause_have_none(panel: Panel) -> None:
    found = panel(panel.maker.claim("一.4", clause="x"))
    assert found.claims["clause"].tolist() == [-1]
    assert found.claims["repeats"].tolist() == [-1]


def test_a_ruling_refuses_an_accepted_claim(panel: Panel) -> None:
    found = panel(panel.maker.claim("一.4"), ruled=(rule("不认定"),))
    assert flags(found).iloc[0].tolist() == [True, True, False]
    assert found.claims["ruling"].tolist() == [0]


@pytest.mark.parametrize(
    ("senses", "day", "ok"),
    [
        (USUAL, "2015-12-30", False),
        (Senses(inclusive=True, partial=False), "2015-12-30", True),
        (Senses(inclusive=True, partial=False), "2015-12-31", False),
    ],
)
def test_the_deadline_in_both_senses(panel: Panel, senses: Senses, day: str, ok: bool) -> None:
    assert accepted(panel(panel.maker.claim("一.4", date=day), senses=senses)) == [ok]


def test_partial_evidence_in_both_senses(panel: Panel) -> None:
    maker, partial = panel.maker, Senses(inclusive=False, partial=True)
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


def test_a_claim_that_a_ruling_refused_is_not_repeated(panel: Panel) -> None:
    maker = panel.maker
    two = [maker.claim("一.4", title="甲"), maker.claim("一.4", title="甲")]
    found = panel(*two, ruled=(rule("不认定", title="甲"),))
    assert accepted(found) == [False, False]
    assert found.claims["repeats"].tolist() == [-1, -1]
    assert found.claims["checked"].tolist() == [True, False]


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
        assert (found.overruled, found.unmatched) == ({}, {})


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
    assert found.unmatched == {}


def test_of_two_equal_rulings_the_later_counts(panel: Panel) -> None:
    ruled = (rule("不认定"), rule("认定"), rule("不认定"))
    found = panel(panel.maker.claim("一.4"), ruled=ruled)
    assert accepted(found) == [False]
    assert found.claims["ruling"].tolist() == [2]
    assert found.overruled == {0: 1, 1: 2}
    assert found.unmatched == {}


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
    assert found.overruled == {}


def test_points_are_set_for_the_clause_also_where_nothing_was_claimed(panel: Panel) -> None:
    maker = panel.maker
    at = maker.rulebook.clause_ids.index
    ruled = (rule("改分", "一.4", points=1.5), rule("改分", "九.1", points=-3))
    found = panel(maker.claim("一.4"), ruled=ruled)
    assert found.overrides == {(0, at("一.4")): (1.5, 0), (0, at("九.1")): (-3.0, 1)}
    assert isinstance(found.overrides[0, at("九.1")][0], float)
    assert found.claims["ruling"].tolist() == [-1]
    assert accepted(found) == [True]
    assert (found.overruled, found.unmatched) == ({}, {})


def test_of_two_equal_settings_the_later_counts(panel: Panel) -> None:
    ruled = (rule("改分", points=1), rule("认定"), rule("改分", points=2), rule("不认定"))
    found = panel(panel.maker.claim("一.4"), ruled=ruled)
    at = panel.maker.rulebook.clause_ids.index("一.4")
    assert found.overrides == {(0, at): (2.0, 2)}
    assert found.overruled == {0: 2, 1: 3}
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
    assert found.unmatched == {
        0: f"{U1}没有申报 一.3",
        1: f"{U1}没有申报 一.4：没有这个",
        2: f"{U2}的状态是未报送",
        3: f"{U3}的状态是逾期",
    }
    assert found.overrides == {}
    assert found.claims["ruling"].tolist() == [4]


def test_a_ruling_may_name_claims_that_have_no_title(panel: Panel) -> None:
    maker = panel.maker
    blank, named = maker.claim("一.4", title=None), maker.claim("一.4", title="甲")
    untitled = rule("认定", title="（未填名称）", title_key="(未填名称)")
    found = panel(blank, named, ruled=(untitled,))
    assert found.claims["ruling"].tolist() == [0, -1]
    assert accepted(found) == [True, True]
    assert found.unmatched == {}
