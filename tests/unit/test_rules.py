"""Each refusal of a claim by itself: what is given, what it breaks, and in which column."""

from datetime import datetime
from itertools import cycle

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from pipeline.judging.rules import at_least, failures, holds, rows_failing
from pipeline.rulebook import Rulebook
from tests.kit.made import Made, Maker, changed

FIGURES = ["一.8a", "一.8b", "五.1a", "五.1b", "五.1c", "七.3a", "七.3b", "十.1", "十一.1"]


def broken(maker: Maker, *claims: Made) -> list[tuple[int, str, str]]:
    """Claim, code and column of every broken rule."""
    found = failures(maker.claims(*claims), maker.rulebook)
    assert found["claim"].dtype == "int64"
    return list(zip(found["claim"], found["code"], found["column"], strict=True))


def codes(maker: Maker, clause: str, /, **cells: object) -> set[str]:
    return {code for _, code, _ in broken(maker, maker.claim(clause, **cells))}  # type: ignore[arg-type]


def test_a_claim_in_order_breaks_nothing_under_any_clause(maker: Maker, rulebook: Rulebook) -> None:
    assert broken(maker, *(maker.claim(clause) for clause in rulebook.clause_ids)) == []


def test_a_broken_rule_names_its_claim_by_the_index_of_the_table(maker: Maker) -> None:
    table = maker.claims(
        *(maker.claim("十.1", base=10, done=done) for done in (10, 10, 11, 10)),
        maker.claim("二.4", object=None),
    )
    found = failures(table.iloc[1:], maker.rulebook)
    assert found["claim"].tolist() == [2, 4]
    assert found["code"].tolist() == ["done-over-base", "object-missing"]


def test_no_claims_break_nothing(maker: Maker) -> None:
    found = failures(maker.claims(), maker.rulebook)
    assert found.columns.tolist() == ["claim", "code", "column"]
    assert (len(found), found["claim"].dtype) == (0, "int64")


Cases = list[tuple[str, dict[str, object], set[str]]]

CASES: Cases = [
    ("一.4", {"clause": None}, {"clause-missing"}),
    ("一.4", {"clause": "企业文化"}, {"clause-unknown"}),
    ("一.4", {"clause": "二.3a"}, {"clause-other-sheet"}),
    ("一.4", {"title": None}, {"title-missing"}),
    ("一.4", {"title": "　\n"}, {"title-missing"}),
    ("一.4", {"date": None}, {"date-missing"}),
    ("一.4", {"date": "6月1日"}, {"date-unclear"}),
    ("一.4", {"date": "2014-12-31"}, {"date-early"}),
    ("一.4", {"date": "2015-1-1"}, set()),
    ("一.4", {"date": "2015-12-29"}, set()),
    ("一.4", {"date": datetime(2015, 12, 29, 23, 59, 59)}, set()),
    ("一.4", {"date": "2015-12-30"}, {"date-late"}),
    ("一.4", {"date": "2015-12-31"}, {"date-late", "date-late-inclusive"}),
    ("一.4", {"date": "2016-1-1"}, {"date-late", "date-late-inclusive"}),
    ("一.4", {"date": "2015-12-28至2015-12-29"}, set()),
    ("一.4", {"date": "2015-12-29至2015-12-30"}, {"date-late"}),
    ("一.4", {"date": "2015-12-29至2015-12-31"}, {"date-late", "date-late-inclusive"}),
    ("一.4", {"date": "2014-12-31至2015-1-2"}, {"date-early"}),
    ("一.4", {"date": "2014-12-31至2015-12-31"},
     {"date-early", "date-late", "date-late-inclusive"}),
    ("五.1a", {"date": "2015-12-31"}, set()),
    ("五.1a", {"date": "2016-1-1"}, {"date-late-figures"}),
    ("五.1a", {"date": "2014-12-31"}, {"date-early"}),
    ("二.4", {"object": "无"}, {"object-missing"}),
    ("一.7", {"words": None}, {"words-missing"}),
    ("一.7", {"words": 1}, set()),
    ("一.7", {"words": 0}, {"words-bad"}),
    ("一.7", {"words": -5}, {"words-bad"}),
    ("一.7", {"words": "约800字"}, {"words-bad"}),
    ("一.7", {"words": 600.5}, {"words-bad"}),
    ("八.1", {"words": None}, set()),
    ("八.1", {"words": "很多"}, set()),
    ("二.4", {"object": None}, {"object-missing"}),
    ("十一.3", {"object": " "}, {"object-missing"}),
    ("一.2b", {"object": None}, set()),
]  # fmt: skip
OF_FIGURES: list[tuple[dict[str, object], set[str]]] = [
    ({"base": None}, {"base-missing"}),
    ({"base": 0, "done": 0}, {"base-bad"}),
    ({"base": -1, "done": -3}, {"base-bad", "done-bad"}),
    ({"base": "约10"}, {"base-bad"}),
    ({"base": 1, "done": 0}, set()),
    ({"done": None}, {"done-missing"}),
    ({"done": -1}, {"done-bad"}),
    ({"done": 0.5}, {"done-bad"}),
    ({"done": 0}, set()),
    ({"base": None, "done": None}, {"base-missing", "done-missing"}),
    ({"base": "x", "done": "y"}, {"base-bad", "done-bad"}),
    ({"base": 10, "done": 9}, set()),
]


def check(maker: Maker, cases: Cases) -> None:
    """All cases in one pass, as the program does it."""
    made = [maker.claim(clause, **cells) for clause, cells, _ in cases]  # type: ignore[arg-type]
    found: list[set[str]] = [set() for _ in cases]
    table = maker.claims(*made)
    # Claims are ordered by sheet; the title says which case it is.
    for claim, code, _ in zip(
        *failures(table, maker.rulebook).to_dict("list").values(), strict=True
    ):
        found[claim].add(code)
    order = sorted(range(len(cases)), key=lambda n: list(maker.rulebook.sheet).index(made[n][0]))
    got = dict(zip(order, found, strict=True))
    assert {str(case[:2]): got[n] for n, case in enumerate(cases)} == {
        str(case[:2]): case[2] for case in cases
    }


def test_what_a_claim_breaks(maker: Maker) -> None:
    check(maker, CASES)


def test_figures(maker: Maker) -> None:
    check(maker, [(clause, *case) for clause in FIGURES for case in OF_FIGURES])


def test_only_where_it_is_capped_may_done_not_exceed_the_base(maker: Maker) -> None:
    cases: Cases = []
    for clause in FIGURES:
        over = {"done-over-base"} if clause in ("十.1", "七.3a", "七.3b") else set()
        for base in (10, 10**17):
            cases.append((clause, {"base": base, "done": base + 1}, over))
            cases.append((clause, {"base": base, "done": base}, set()))
    check(maker, cases)


def test_where_the_base_is_unusable_one_finding_is_enough(maker: Maker) -> None:
    assert codes(maker, "十.1", base=0, done=1) == {"base-bad"}
    assert codes(maker, "十.1", base=None, done=1) == {"base-missing"}
    assert codes(maker, "十.1", base=1, done=None) == {"done-missing"}


def test_rules_of_a_clause_do_not_concern_other_sheets(maker: Maker) -> None:
    lost = maker.claim("一.4", clause="五.1a", title=None)
    assert {code for _, code, _ in broken(maker, lost)} == {"clause-other-sheet", "title-missing"}
    moved = maker.claim("二.4", clause="一.7", object=None)
    assert {code for _, code, _ in broken(maker, moved)} == {"clause-other-sheet"}


def test_every_broken_rule_is_told_in_order_of_the_claims(maker: Maker) -> None:
    found = broken(
        maker,
        maker.claim("一.4", date="2016-1-1", title=None, 通知=None),
        maker.claim("一.4"),
        maker.claim("一.7", words=None, clause="一.7"),
        maker.claim("一.4", clause=None),
    )
    assert [claim for claim, _, _ in found] == sorted(claim for claim, _, _ in found)
    assert set(found) == {
        (0, "title-missing", "title_key"),
        (0, "date-late", "last"),
        (0, "date-late-inclusive", "last"),
        (0, "evidence-missing", "有通知"),
        (2, "clause-missing", "clause_text"),
        (3, "words-missing", "words_text"),
    }


EMPTY = ["无", "/", "-", "—", "暂无", "没有", "", " 无 ", "／", "－", None, "　"]


def test_each_piece_of_evidence_is_required(maker: Maker, rulebook: Rulebook) -> None:
    claims, expected = [], set()
    words = cycle(EMPTY)
    for clause in rulebook.clauses:
        for header in clause.evidence:
            empty = next(words)
            claims.append((clause.sheet, header, maker.claim(clause.id, **{header: empty})))
            if len(clause.evidence) == 1:
                expected.add((clause.id, "evidence-none", "code"))
            expected.add((clause.id, "evidence-missing", f"有{header}"))
    table = maker.claims(*(made for _, _, made in claims))
    found = failures(table, rulebook)
    got = {
        (table["clause"][claim], code, column)
        for claim, code, column in zip(found["claim"], found["code"], found["column"], strict=True)
    }
    assert got == expected


def test_without_any_evidence_both_rules_are_broken(maker: Maker, rulebook: Rulebook) -> None:
    none = {"evidence-missing", "evidence-none"}
    check(maker, [(c.id, dict.fromkeys(c.evidence), none) for c in rulebook.clauses])


def test_evidence_that_the_clause_does_not_need_is_no_evidence(maker: Maker) -> None:
    # 七.1 needs 证明材料 alone; 统计报表 beside it helps nothing.
    cells = {"证明材料": None, "统计报表": "附件1"}
    assert codes(maker, "七.1", **cells) == {"evidence-missing", "evidence-none"}


def test_a_clause_that_needs_no_evidence_is_not_asked_for_any(
    maker: Maker, rulebook: Rulebook
) -> None:
    clauses = tuple(
        clause.model_copy(update={"evidence": ()}) if clause.id == "一.4" else clause
        for clause in rulebook.clauses
    )
    bare = Maker(changed(rulebook, clauses=clauses))
    assert broken(bare, bare.claim("一.4")) == []


def test_words_in_an_evidence_cell_are_evidence(maker: Maker) -> None:
    filled = ("0", 3, "附件", "无纸化通知", "-1", datetime(2015, 6, 1))
    check(maker, [("一.4", {"通知": written}, set()) for written in filled])


def test_each_word_for_nothing_is_no_evidence(maker: Maker) -> None:
    check(maker, [("一.4", {"通知": empty}, {"evidence-missing"}) for empty in EMPTY])


def test_a_check_that_crashes_stops_the_run() -> None:
    def crash(column: object) -> bool:
        raise ZeroDivisionError

    with pytest.raises(SchemaErrors):
        rows_failing(pd.DataFrame({"a": [True, False]}), (everyone(2), "a", holds("x", crash)))


def everyone(count: int) -> "pd.Series[bool]":
    return pd.Series(True, range(count))


def test_rows_that_fail_come_in_their_order_and_only_where_they_are_asked() -> None:
    table = pd.DataFrame({"a": [0.0, 1.0, 0.5, np.nan]}, index=[7, 8, 9, 10])
    asked = pd.Series([True, True, True, False], table.index)
    assert rows_failing(table, (asked, "a", at_least(1, "x"))) == [7, 9]
    assert rows_failing(table, (~asked, "a", at_least(1, "x"))) == [10]
    assert rows_failing(table, (asked & ~asked, "a", at_least(1, "x"))) == []
    many = pd.DataFrame({"a": [0.0] * 500})
    assert rows_failing(many, (everyone(500), "a", at_least(1, "x"))) == list(range(500))
