"""What people mean and what an office really does: each case with its points and its finding."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.judging.office import RegisterError
from pipeline.outcome import COUNTED, Outcome
from pipeline.ranking.trace import parts_of
from pipeline.ranking.workbook import write_ranking
from pipeline.run import Request, Run
from tests.kit.door import bare_rulebook
from tests.kit.measure import ROSTER
from tests.kit.returns import (
    Cell,
    Claim,
    Record,
    Register,
    Return,
    Ruling,
    Submission,
    write,
    write_register,
)

U1, U2, *_ = ROSTER
RULEBOOK = Path(__file__).resolve().parent.parent / "data" / "rulebook" / "2015"
DAY = date(2015, 6, 1)


class Practice:
    """A folder of returns, with what the program makes of it."""

    def __init__(self, base: Path) -> None:
        self.base, self.sent, self.rulebook = base, list[Submission](), bare_rulebook()

    def send(self, *claims: Claim, unit: str = U1, of: str = "", **more: object) -> Submission:
        """One more return; `of`: digest of the file whose marked copy it was made from."""
        made = Return(unit, list(claims), **more)
        self.sent.append(write(made, self.base / "in", f"{len(self.sent)}.xlsx", of=of))
        return self.sent[-1]

    def assess(self, *registers: Register, readings: tuple[str, ...] = ()) -> Outcome:
        paths = tuple(
            write_register(register, self.base / f"register{nth}.xlsx")
            for nth, register in enumerate(registers)
        )
        rulebook = RULEBOOK if readings or any(r.senses for r in registers) else self.rulebook
        request = Request(self.base / "in", None, paths, rulebook, readings, feedback=False)
        with Run(request) as run:
            return run.assess()


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


def points(outcome: Outcome, clause: str, unit: str = U1) -> float:
    return float(outcome.points.at[unit, clause])


def cells(outcome: Outcome, code: str) -> list[str]:
    """The cells at which a finding is given."""
    findings = outcome.findings
    return list(findings.loc[findings["code"] == code, "cell"])


def problem(outcome: Outcome, code: str) -> str:
    findings = outcome.findings
    return str(findings.loc[findings["code"] == code, "problem"].iat[0])


def test_a_clause_with_its_label_is_that_clause_in_a_return_and_in_a_register(
    practice: Practice,
) -> None:
    written = [
        "一.4 组织会员参加省市联课堂",
        "一.4组织会员参加",
        "一.4：组织会员参加…",
        "一.4（每期）",
    ]
    practice.send(*(Claim(Cell(text, "一.4"), f"甲{text}") for text in written),
                  *(Claim("一.4", f"乙{text}") for text in written))  # fmt: skip
    rulings = [Ruling(U1, text, f"乙{text}", "不认定") for text in written]
    outcome = practice.assess(Register(rulings=rulings))
    assert points(outcome, "一.4") == 2 * len(written)
    assert list(outcome.claims["clause"]) == ["一.4"] * 2 * len(written)


def test_one_title_and_day_with_different_partners_is_several_claims(practice: Practice) -> None:
    cases = {
        "二.4": ("对象", ("甲银行", "乙银行"), 3),
        "十一.3": ("对象", ("张三", "李四", "王五"), 10),
        "一.7": ("媒体或刊物", ("河南日报", "漯河日报"), 4),
        "三.1d": ("采用或批示单位", ("市委书记", "市长"), 6),
    }
    claims = {
        clause: [
            Claim(clause, f"{clause}签约", DAY, words=800,
                  object=thing if header == "对象" else None,
                  more={} if header == "对象" else {header: thing})
            for thing in things
        ]
        for clause, (header, things, _) in cases.items()
    }  # fmt: skip
    sent = practice.send(*(claim for mine in claims.values() for claim in mine))
    outcome = practice.assess()
    assert (outcome.claims["result"] == COUNTED).all()
    beside = []
    for clause, (header, _, earned) in cases.items():
        assert points(outcome, clause) == earned
        beside += [(claim.sheet, sent.cell(claim, header)) for claim in claims[clause][1:]]
    found = outcome.findings[outcome.findings["code"] == "claim-beside"]
    assert sorted(zip(found["sheet"], found["cell"], strict=True)) == sorted(beside)


def test_a_ruling_on_a_row_is_of_the_same_row_of_the_mended_copy(practice: Practice) -> None:
    def trips() -> list[Claim]:
        return [Claim("二.1a", "考察", date(2015, month, 3)) for month in (4, 9)]

    first = practice.send(*(claims := trips()))
    mended = practice.send(*trips(), Claim("一.4", "课堂"), of=first.digest)
    ruling = Ruling(
        U1, "二.1a", "考察", "不认定", file=first.file, sheet="活动培训", row=first.row(claims[0])
    )
    outcome = practice.assess(Register(rulings=[ruling]))
    assert set(outcome.claims.loc[outcome.claims["result"] == COUNTED, "file"]) == {mended.file}
    assert (points(outcome, "二.1a"), points(outcome, "一.4")) == (5, 2)
    assert cells(outcome, "register-unmatched") == []


def test_judges_who_disagree_decide_nothing(practice: Practice) -> None:
    practice.send(Claim("九.3", "创新"), Claim("九.3", "又一项"))
    said = [
        Register(rulings=[Ruling(U1, "九.3", "创新", word, judge=judge)])
        for word, judge in (("不认定", "甲"), ("认定", "乙"))
    ]
    outcome = practice.assess(*said)
    assert points(outcome, "九.3") == 20
    assert cells(outcome, "register-disputed") == ["D2", "D2"]
    assert "乙" in problem(outcome, "register-disputed")


def test_a_row_that_only_says_there_is_nothing_is_no_claim(practice: Practice) -> None:
    none = Claim("九.2", "暂无", Cell("无", None), evidence={"证明材料": "无"})
    sent = practice.send(none, Claim("一.4", "课堂"))
    outcome = practice.assess(Register(rulings=[Ruling(U1, "九.2", None, "认定")]))
    assert list(outcome.claims["clause"]) == ["一.4"]
    assert points(outcome, "九.2") == 0
    assert cells(outcome, "row-nothing") == [sent.cell(none, "条款")]
    assert outcome.units.set_index("unit").at[U1, "claimed"] == 2


def test_figures_as_of_the_end_of_the_year_count_with_a_warning(practice: Practice) -> None:
    claim = Claim("五.1a", "指标", date(2015, 12, 31), base=100, done=107)
    sent = practice.send(claim)
    outcome = practice.assess()
    assert points(outcome, "五.1a") == 3
    assert cells(outcome, "date-figures") == [sent.cell(claim, "截止日期")]
    assert "2015-12-31" in problem(outcome, "date-figures")


def test_a_month_or_a_quarter_wholly_in_time_counts(practice: Practice) -> None:
    spans = ["2015年6月", "2015.6", "2015-06", "2015年3-11月", "2015年第二季度", "2015年上半年"]
    practice.send(*(Claim("一.4", f"课堂{span}", Cell(span, DAY)) for span in spans))
    assert points(practice.assess(), "一.4") == 2 * len(spans)


def test_a_low_attendance_costs_whatever_is_attached(practice: Practice) -> None:
    bare, full = (
        Claim("十.1", "指标", DAY, base=50, done=30, evidence=papers) for papers in ({}, None)
    )
    sent = practice.send(bare)
    practice.send(full, unit=U2)
    outcome = practice.assess()
    assert [points(outcome, "十.1", unit) for unit in (U1, U2)] == [-5, -5]
    assert cells(outcome, "points-cost") == [sent.cell(bare, "完成数")]


def test_where_the_offices_figures_cost_the_units_are_not_blamed(practice: Practice) -> None:
    """十.1 is refused for its evidence; the office saw 0 of 10, which costs 5."""
    practice.send(Claim("十.1", "指标", DAY, base=50, done=30, evidence={}))
    outcome = practice.assess(Register(records=[Record(U1, "十.1", None, None, 10, 0)]))
    assert points(outcome, "十.1") == -5
    assert cells(outcome, "points-cost") == []


def test_of_several_refused_figures_the_ones_that_cost_most_stand(practice: Practice) -> None:
    """十.1 at 80 % without its date, and at none at all a day too late: it costs 5."""
    refused = [Claim("十.1", "指标", None, base=1000, done=800),
               Claim("十.1", "指标", date(2016, 1, 1), base=1000, done=0)]  # fmt: skip
    practice.send(*refused)
    practice.send(*reversed(refused), unit=U2)
    outcome = practice.assess()
    assert [points(outcome, "十.1", unit) for unit in (U1, U2)] == [-5, -5]


def test_a_number_without_end_in_the_register_is_told_and_not_taken(practice: Practice) -> None:
    practice.send(Claim("一.4", "课堂", DAY))
    outcome = practice.assess(Register(records=[Record(U1, "十.1", base=1.7e308, done=1.7e308)]))
    assert points(outcome, "十.1") == 0
    assert cells(outcome, "register-base") == ["E2"]
    assert cells(outcome, "register-done") == ["F2"]


def test_one_event_under_two_clauses_is_shown_to_the_panel(practice: Practice) -> None:
    claims = [Claim("一.1", "论坛", DAY), Claim("一.3", "论坛", DAY)]
    sent = practice.send(*claims, Claim("一.3", "讲座", DAY))
    outcome = practice.assess()
    assert cells(outcome, "claim-elsewhere") == [sent.cell(claim, "活动名称") for claim in claims]
    assert "一.3" in problem(outcome, "claim-elsewhere")


def test_an_event_of_the_whole_city_is_no_copying(practice: Practice) -> None:
    for unit in ROSTER:
        practice.send(Claim("一.4", "省联课堂第三期", DAY), unit=unit)
    findings = practice.assess().findings
    assert not findings["problem"].str.contains("雷同").any()


def test_the_citys_target_takes_the_place_of_the_units(practice: Practice) -> None:
    claim = Claim("一.8a", "指标", DAY, base=50, done=50)
    sent = practice.send(claim)
    outcome = practice.assess(Register(records=[Record(U1, "一.8a", base=100)]))
    assert points(outcome, "一.8a") == 0
    assert points(practice.assess(), "一.8a") == 5
    assert cells(outcome, "record-target") == [sent.cell(claim, "指标")]
    assert "100" in problem(outcome, "record-target")
    assert cells(outcome, "cell-read-as") == []


def test_a_record_of_last_year_changes_nothing(practice: Practice) -> None:
    practice.send(Claim("十.1", "指标", DAY, base=10, done=10))
    old = Record(U1, "十.1", date=date(2014, 11, 20), base=10, done=1)
    outcome = practice.assess(Register(records=[old]))
    assert points(outcome, "十.1") == 10
    assert cells(outcome, "register-outside") == ["D2"]


def test_a_claim_after_its_return_was_handed_in_is_told(practice: Practice) -> None:
    claim = Claim("一.4", "课堂", date(2015, 12, 25))
    sent = practice.send(claim, date=date(2015, 12, 10))
    outcome = practice.assess()
    assert points(outcome, "一.4") == 2
    assert cells(outcome, "date-after-return") == [sent.cell(claim, "活动日期")]


def test_a_clause_that_others_put_out_says_so_and_a_claim_counted_elsewhere_is_not_missing(
    practice: Practice,
) -> None:
    """五.2b–d all earn, so 七.5 does not; one work is claimed as 九.1 and 九.2."""
    databases = [Claim(clause, "数据库") for clause in ("七.5", "五.2b", "五.2c", "五.2d")]
    practice.send(*databases, Claim("九.1", "亮点"), Claim("九.2", "亮点"))
    outcome = practice.assess(readings=("database-overlap",))
    assert points(outcome, "七.5") == 0
    said = parts_of(outcome)[U1, "七.5"]
    assert said == "五.2b、五.2c、五.2d已计分，本条不再计分"
    outcome = practice.assess(readings=("highlight-stacking",))
    write_ranking(outcome, practice.base / "ranking.xlsx")
    letter = load_workbook(practice.base / "ranking.xlsx")[U1].iter_rows(values_only=True)
    yielded = [row for row in letter if row[0] in ("九.1", "九.2") and not row[4]]
    assert [row[6] for row in yielded[:1]] == ["同一名称已在别处计分"]


@pytest.mark.parametrize(
    ("written", "told"),
    [("五.2b、五.2c、五.2d", True), ("五.2b、c", True), ("五.2b 五.1d", True),
     ("五.2b和七.4", True), ("五.2b、执常委数据库", False), ("五.2b 第 1 次、第 2 次", False),
     ("五.2b", False)],
)  # fmt: skip
def test_more_clauses_in_one_cell_than_the_first_are_told(
    practice: Practice, written: str, told: bool
) -> None:
    claim = Claim(Cell(written, "五.2b"), "数据库")
    sent = practice.send(claim)
    outcome = practice.assess()
    assert points(outcome, "五.2b") == 3
    assert cells(outcome, "clause-several") == ([sent.cell(claim, "条款")] if told else [])


def test_two_partners_in_one_cell_are_told_to_part(practice: Practice) -> None:
    claim = Claim("二.4", "签约", DAY, object="甲银行、乙银行")
    sent = practice.send(claim)
    outcome = practice.assess()
    assert points(outcome, "二.4") == 0
    assert cells(outcome, "object-several") == [sent.cell(claim, "对象")]


def test_a_figure_below_the_first_step_is_told_with_what_it_lacks(practice: Practice) -> None:
    claim = Claim("五.1a", "指标", DAY, base=100, done=106)
    sent = practice.send(claim)
    outcome = practice.assess()
    assert points(outcome, "五.1a") == 0
    assert cells(outcome, "points-short") == [sent.cell(claim, "指标")]
    assert "现为6%，达到7%计3分" in problem(outcome, "points-short")


def test_an_article_below_the_first_step_is_told(practice: Practice, tmp_path: Path) -> None:
    practice.rulebook = Path(shutil.copytree(RULEBOOK, tmp_path / "2015"))
    clauses = practice.rulebook / "clauses.csv"
    clauses.write_text(clauses.read_text("utf-8-sig").replace("1:1|600:2", "100:1|600:2"), "utf-8")
    claim = Claim("一.7", "短讯", words=99)
    sent = practice.send(claim)
    outcome = practice.assess()
    assert points(outcome, "一.7") == 0
    assert cells(outcome, "points-none") == [sent.cell(claim, "标题")]


def test_points_that_a_reading_takes_are_told_at_the_row(practice: Practice) -> None:
    sent, adopted = Claim("四.1a", "稿件", DAY), Claim("四.1b", "稿件", DAY)
    placed = practice.send(sent, adopted)
    outcome = practice.assess(readings=("adopted-articles",))
    assert (points(outcome, "四.1a"), points(outcome, "四.1b")) == (0, 5)
    assert cells(outcome, "points-elsewhere") == [placed.cell(sent, "题目")]


def test_a_reading_decided_in_the_register_is_in_force(practice: Practice) -> None:
    practice.send(Claim("一.7", "稿", words=600))
    decided = Register(senses=[("六百字分档", "另一种")])
    outcome = practice.assess(decided)
    assert outcome.alternative == ("words-600",)
    assert points(outcome, "一.7") == 1
    with pytest.raises(RegisterError, match="六百字分档"):
        practice.assess(Register(senses=[("六百字分档", "默认")]), readings=("words-600",))


def test_what_the_meeting_decided_stands_in_the_result(practice: Practice) -> None:
    practice.send(Claim("一.4", "课堂"))
    outcome = practice.assess(Register(decisions=[(U1, "先进单位", 1)]))
    (row,) = outcome.decisions.to_dict("records")
    assert (row["unit"], row["award"], row["place"]) == (U1, "先进单位", 1)
    assert outcome.stage == "审定"


def test_rulings_of_several_workbooks_add_up(practice: Practice) -> None:
    practice.send(Claim("九.3", "甲项"), Claim("九.3", "乙项"), Claim("九.3", "丙项"))
    said = [Register(rulings=[Ruling(U1, "九.3", name, "不认定")]) for name in ("甲项", "乙项")]
    assert points(practice.assess(*said), "九.3") == 10
    # The same said twice is no dispute.
    again = replace(said[0], rulings=[*said[0].rulings])
    outcome = practice.assess(said[0], again)
    assert points(outcome, "九.3") == 20
    assert cells(outcome, "register-disputed") == []
