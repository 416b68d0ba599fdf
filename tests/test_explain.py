"""`explain`: where the points of one unit for one clause come from."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.assess import Inputs, assess
from pipeline.console import explain
from pipeline.ranking.trace import trace
from pipeline.reading.discover import discover
from pipeline.reading.raw import RawReturn, wanted_from
from pipeline.reading.reader import Reader
from pipeline.rulebook import PER_CLAIM, Rulebook
from pipeline.summary.page import unit_parts
from pipeline.wording import number
from tests.kit.measure import READINGS, ROSTER
from tests.kit.returns import Claim, Register, Return, Ruling, write, write_register

UNITS = list(ROSTER)
SAMPLES = Path(__file__).parent.parent / "data" / "returns"


@pytest.fixture(scope="module")
def sample_returns(rulebook: Rulebook) -> Sequence[RawReturn]:
    entries = [entry for entry in discover(SAMPLES) if entry.kind == "return"]
    return Reader(entries, wanted_from(rulebook)).result()


@pytest.fixture
def explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Explain a clause of the first unit, under some rulings."""
    claims = [
        Claim("一.7", "长稿", words=900),
        Claim("一.7", "短稿", words="约五百"),
        Claim("五.1c", "团体会员", base=40, done=43),
    ]
    write(Return(UNITS[0], claims), tmp_path / "in", "甲.xlsx")
    write(Return(UNITS[1], claims, date=None), tmp_path / "in", "乙.xlsx")

    def run(unit: str, clause: str, *rulings: Ruling) -> tuple[int, str]:
        path = write_register(Register(rulings=list(rulings)), tmp_path / "office.xlsx")
        options = ["--returns", str(tmp_path / "in"), "--register", str(path or "")]
        status = main(["explain", unit, clause, *options])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_rule_claims_cells_and_points_are_named(explained) -> None:
    status, text = explained(UNITS[0], "一.7")
    assert status == 0
    assert "考核办法 一（一）7" in text
    assert "甲.xlsx 宣传信息!" in text
    assert "《长稿》2015-06-01  字数 900" in text
    assert "→ 计分 2 分" in text
    assert "字数“约五百”不是大于 0 的整数" in text
    assert "恰好600字" in text
    assert text.rstrip().endswith("得分：2")


def test_the_measured_value_of_a_quotient_is_shown(explained) -> None:
    _, text = explained("漯河市" + UNITS[0], "五.1c")
    assert "计量：7.5%，达到7.5%：3分" in text
    assert text.rstrip().endswith("得分：3")


def test_a_ruling_is_shown_with_who_and_why(explained) -> None:
    _, text = explained(UNITS[0], "一.7", Ruling(UNITS[0], "一.7", None, "改分", 7, "重评"))
    assert "核定：改分为 7 分：重评" in text
    assert "office.xlsx 评审核定!D2" in text
    assert text.rstrip().endswith("得分：7")


def test_a_unit_that_is_not_scored_is_told_its_status(explained) -> None:
    _, text = explained(UNITS[1], "一.7")
    assert text.rstrip().endswith("状态：待核，不计分")


@pytest.mark.parametrize(
    ("unit", "clause", "line"),
    [("西平县", "一.7", "名册里没有单位“西平县”"), ("舞阳", "一.99", "计分规则里没有条款“一.99”")],
)
def test_unknown_names_are_one_line(explained, unit: str, clause: str, line: str) -> None:
    status, text = explained(unit, clause)
    assert status == 2
    assert line in text


@pytest.mark.parametrize("taken", [(), READINGS[::2], READINGS[1::2]], ids=["none", "even", "odd"])
def test_score_summary_explain_and_trace_say_the_same(
    taken: tuple[str, ...], sample_returns: Sequence[RawReturn], rulebook: Rulebook
) -> None:
    """For every unit and clause, with each reading in both senses: the rule, the measured value
    and its band, and the points."""
    inputs = Inputs(rulebook, (), sample_returns, (), taken, datetime(2016, 1, 8))
    outcome = assess(inputs)
    parts = {part["unit"]: part["sections"] for part in unit_parts(outcome)}
    told = trace(outcome)
    assert set(told["clause"]) == set(rulebook.clause_ids)
    for row in told.to_dict("records"):
        (shown,) = [
            line for section in parts[row["unit"]] for line in section["rows"]
            if line[0] == row["clause"]
        ]  # fmt: skip
        measured = "，".join(filter(None, (row["value"], row["band"])))
        assert shown[4:] == (measured, number(row["points"]).replace("-", "−"))
        text = explain(outcome, row["unit"], row["clause"])
        assert f"计分：{row['rule']}\n" in text
        assert f"计量：{measured}\n" in text or not measured
        assert text.endswith(f"得分：{number(row['points'])}")
        worth = outcome.rulebook.clause[row["clause"]]
        if worth.measure not in PER_CLAIM and measured and "分" in row["band"]:
            assert row["band"].endswith(f"：{number(row['points'])}分") or row["points"] == 0
