"""The 2015 measure as the tests know it: written down apart from the program's own data.

One line a clause: id, sheet, what is measured, bands (floor:points), required evidence.
`四项` are the four papers of an event, `两项` the report form and the proof.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

FIRST_DAY, DEADLINE, YEAR, COPIES = date(2015, 1, 1), date(2015, 12, 30), 2015, 5

ROSTER = {
    "舞阳县工商联": ("舞阳县", "舞阳"),
    "临颍县工商联": ("临颍县", "临颍"),
    "源汇区工商联": ("源汇区", "源汇"),
    "郾城区工商联": ("郾城区", "郾城"),
    "召陵区工商联": ("召陵区", "召陵"),
    "经济技术开发区工商联": ("经济技术开发区", "经开区", "开发区"),
}

EVENT_PAPERS, REPORT_PAPERS = ("通知", "方案", "现场照片", "总结"), ("统计报表", "证明材料")
SHEETS = {
    "活动培训": ["条款", "活动名称", "活动日期", "地点", "参加人数", *EVENT_PAPERS, "备注"],
    "调研参政": ["条款", "题目", "报送日期", "采用或批示单位", "调研报告", "证明材料", "备注"],
    "宣传信息": ["条款", "标题", "媒体或刊物", "刊发日期", "字数", *REPORT_PAPERS, "备注"],
    "指标任务": ["条款", "指标", "基数", "完成数", "截止日期", *REPORT_PAPERS, "备注"],
    "专项工作": ["条款", "事项名称", "对象", "完成日期", *REPORT_PAPERS, "备注"],
}
TITLE = {"活动培训": "活动名称", "调研参政": "题目", "宣传信息": "标题", "指标任务": "指标",
         "专项工作": "事项名称"}  # fmt: skip
DATE = {"活动培训": "活动日期", "调研参政": "报送日期", "宣传信息": "刊发日期",
        "指标任务": "截止日期", "专项工作": "完成日期"}  # fmt: skip

LINES = """
一.1 活动培训 count 2:3 四项
一.2a 活动培训 count 1:2 四项
一.2b 专项工作 count 1:3 证明材料
一.3 活动培训 count 2:3 四项
一.4 活动培训 each 1:2 四项
一.5 活动培训 count 1:3 四项
一.6 活动培训 count 1:3 四项
一.7 宣传信息 words 1:1|600:2 两项
一.8a 指标任务 ratio 1:5 证明材料
一.8b 指标任务 ratio 1:2 证明材料
二.1a 活动培训 each 1:5 四项
二.1b 活动培训 each 1:5 四项
二.1c 活动培训 each 1:3 四项
二.2 活动培训 count 1:3 四项
二.3a 调研参政 each 1:3 调研报告
二.3b 专项工作 count 1:3 证明材料
二.4 专项工作 distinct 2:3 证明材料
二.5a 活动培训 count 1:3 四项
二.5b 专项工作 count 1:3 证明材料
二.5c 专项工作 count 1:2 证明材料
二.6 活动培训 count 1:3 四项
二.7a 活动培训 count 1:3 四项
二.7b 活动培训 count 1:3 四项
二.7c 活动培训 count 1:3 四项
三.1a 调研参政 each 1:3 证明材料
三.1b 调研参政 each 1:3 调研报告
三.1c 调研参政 each 1:2 证明材料
三.1d 调研参政 each 1:3 调研报告;证明材料
三.2 调研参政 each 1:2 调研报告
四.1a 调研参政 each 1:2 证明材料
四.1b 调研参政 each 1:5 证明材料
四.2a 调研参政 count 1:2 证明材料
四.2b 调研参政 each 1:3 证明材料
五.1a 指标任务 growth 0.07:3 两项
五.1b 指标任务 growth 0.25:3 两项
五.1c 指标任务 growth 0.075:3 两项
五.1d 专项工作 count 1:3 两项
五.2a 活动培训 count 1:3 四项
五.2b 专项工作 count 1:3 两项
五.2c 专项工作 count 1:3 两项
五.2d 专项工作 count 1:3 两项
六.1 活动培训 count 1:3 四项
六.2 专项工作 count 1:3 证明材料
六.3 活动培训 count 1:3 四项
七.1 专项工作 count 1:2 证明材料
七.2 专项工作 count 1:3 证明材料
七.3a 指标任务 ratio 1:3 两项
七.3b 指标任务 ratio 1:3 两项
七.4 专项工作 each 1:3 证明材料
七.5 专项工作 count 1:3 两项
八.1 宣传信息 each 1:1 证明材料
八.2 宣传信息 each 1:3 证明材料
八.3 宣传信息 each 1:5 证明材料
九.1 专项工作 each 1:15 证明材料
九.2 专项工作 each 1:20 证明材料
九.3 专项工作 each 1:10 证明材料
九.4 活动培训 each 1:10 四项
十.1 指标任务 ratio 0:-5|0.8:0|1:10 两项
十一.1 指标任务 ratio 0:0|0.8:8|1:10 证明材料
十一.2 专项工作 each 1:5 证明材料
十一.3 专项工作 distinct 1:5|2:8|3:10 证明材料
十一.4 专项工作 count 1:5 证明材料
"""


@dataclass(frozen=True)
class Rule:
    """One clause: where it is claimed, what is measured, what that earns, what must be shown."""

    id: str
    sheet: str
    measure: str
    bands: tuple[tuple[Fraction, Fraction], ...]
    evidence: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.id.split(".")[0]


def rule_of(line: str) -> Rule:
    name, sheet, measure, bands, evidence = line.split()
    papers = {"四项": EVENT_PAPERS, "两项": REPORT_PAPERS}.get(evidence, tuple(evidence.split(";")))
    steps = [band.split(":") for band in bands.split("|")]
    bands_of = tuple((Fraction(floor), Fraction(points)) for floor, points in steps)
    return Rule(name, sheet, measure, bands_of, papers)


MEASURE = {rule.id: rule for rule in map(rule_of, LINES.strip().split("\n"))}
FIGURE_CLAUSES = tuple(name for name, rule in MEASURE.items() if rule.sheet == "指标任务")
CAPPED = ("十.1", "七.3a", "七.3b")
NEEDS_OBJECT = ("二.4", "十一.3")
CONFIRMED_BY_OFFICE = ("四.1b", "四.2b", "八.1", "八.2", "八.3")
SHARED = ("一.4", "二.2", "二.3a", "二.3b", "三.1a", "三.2", "五.1d")
REPLACED_BY_OFFICE = ("一.8a", "一.8b", "十.1", "十一.1")
IDENTITY = {"专项工作": "对象", "宣传信息": "媒体或刊物", "调研参政": "采用或批示单位"}
READINGS = (
    "words-600", "adopted-articles", "proposal-leads", "info-stacking", "guest-visits",
    "trade-events", "assigned-tasks", "highlight-stacking", "database-overlap",
    "attendance-blank", "evidence-partial", "standing-work", "adopted-leads",
    "innovation-highlights", "instructions-twice", "reprints", "deadline-day",
)  # fmt: skip
