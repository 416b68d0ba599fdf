"""A clause's rule in plain Chinese, made from its data: for the template, the docs, the reports."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from pipeline.outcome import PLACES
from pipeline.rulebook import (
    FIGURES,
    MARKS,
    MEANS,
    SHARES,
    TOTAL,
    Award,
    Clause,
    Grade,
    Rulebook,
    Step,
    Sum,
    Veto,
)


def number(value: float | Fraction) -> str:
    """A number as people write it: no trailing zeros, e.g. `3`, `2.5`, `-5`.

    With all decimals that totals are compared with, so that no two places show the same total.
    """
    text = f"{float(value):.{PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(value: Fraction) -> str:
    """A share as a percentage, exact for every share with few digits: 3/40 → `7.5%`."""
    return f"{number(value * 100)}%"


def chinese_date(day: date) -> str:
    """A day as one says it, with 年月日."""
    return f"{day.year}年{day.month}月{day.day}日"


RECORDED = "由办公室记录"
_NOTHING_LEFT = "，扣完为止"


def _earns(points: float) -> str:
    if not points:
        return "不计分"
    return f"计{number(points)}分" if points > 0 else f"扣{number(-points)}分"


def _steps(clause: Clause, unit: str, share: bool) -> str:
    """The bands from the highest down, each with its lower bound: `A以上计x分，B以上不足A计y分`."""
    show = percent if share else number
    parts: list[str] = []
    above: Step | None = None
    for band in reversed(clause.bands):
        floor = f"超过{show(band.floor)}" if band.over else f"{show(band.floor)}{unit}以上"
        short = f"{'不超过' if above.over else '不足'}{show(above.floor)}{unit}" if above else ""
        if above is None and not (band.floor or band.points or band.over):
            span = ""
        elif above is None:
            span = floor if band.over or not share else f"达到{show(band.floor)}"
        elif band.floor <= (0 if share else 1) and not band.over:
            span = short
        elif above.floor == band.floor:
            span = f"正好{show(band.floor)}{unit}"
        else:
            span = f"{floor}{short}"
        parts.append(f"{span}{_earns_from(band, above, unit, share=share)}")
        above = band
    return "，".join(parts)


def _earns_from(band: Step, above: Step | None, unit: str, *, share: bool) -> str:
    """What a band earns: its points and what each further step adds or takes."""
    if not band.gain:
        return _earns(band.points)
    meets = above is not None and band.at(above.floor) == above.points
    if share and meets and not band.floor and not band.points and not band.whole:
        return "的按比例计分"
    by = f"{number(band.step * 100)}个百分点" if share else f"{number(band.step)}{unit}"
    word = "加" if band.gain > 0 else "扣"
    step = f"每{'满' if band.whole else ''}{by}{word}{number(abs(band.gain))}分"
    end = _NOTHING_LEFT if meets and band.gain < 0 and above and not above.points else ""
    floor = percent(band.floor) if share else f"{number(band.floor)}{unit}"
    beyond = f"超过{floor}的部分" if band.floor else ""
    start = f"{_earns(band.points)}，" if band.points else "，" * bool(beyond)
    return f"{start}{beyond}{step}{end}"


def _counted(clause: Clause) -> str:
    """Bands over whole numbers, from the lowest up: `1名计5分，2名计8分，3名以上计10分`."""
    parts = []
    for band, above in zip(clause.bands, [*clause.bands[1:], None], strict=True):
        floor = band.floor + band.over
        following = above and above.floor + above.over
        if not band.floor and band.gain:
            span = ""
        elif following is None:
            span = f"{number(floor)}{clause.noun}以上"
        elif following - floor == 1:
            span = f"{number(floor)}{clause.noun}"
        else:
            span = f"{number(floor)}至{number(following - 1)}{clause.noun}"
        parts.append(f"{span}{_earns_from(band, above, clause.noun, share=False)}")
        if parts[-1].endswith(_NOTHING_LEFT):
            break
    return "，".join(parts)


_PER = {
    "周": "每周", "月": "每个月", "季": "每个季度", "半年": "每半年",
    "题目": "同一名称的合在一起，各名称", "对象": "同一对象的合在一起，各对象",
}  # fmt: skip
_AGAINST = {
    "place": "与本组各单位比名次（数大的在前）：",
    "place-low": "与本组各单位比名次（数小的在前）：",
    "best": "除以本组最高的数：", "range": "折算为本组最低为0、最高为1：",
    "mean": "减去本组的平均数：",
}  # fmt: skip


def describe_rule(clause: Clause) -> str:
    """How a clause earns its points, in one sentence, e.g. `2次以上计3分，多报不加分`."""
    concerns = f"只考{'、'.join(clause.concerns)}；" if clause.concerns else ""
    source = f"数取自{clause.counts}；" if clause.counts else ""
    once = "；同一名称只在得分最高的一处计分" if clause.once else ""
    if not clause.bands:
        return f"{concerns}{source}只计量，不计分"
    how = "取平均" if clause.per in MEANS else "相加"
    per = f"{_PER[clause.per.removesuffix('均')]}分别计算，{how}：" if clause.per else ""
    rule = _beside(clause) if clause.against else _alone(clause)
    return f"{concerns}{source}{per}{rule}{once}"


def _beside(clause: Clause) -> str:
    """The rule of a value that is taken beside those of the group."""
    found = {"sum": "数量加起来，", "mark": "评分的平均数", "trimmed": "去掉最高最低分的平均数",
             "ratio": "完成比例", "growth": "增长率",
             "difference": "增减数", "distinct": "不同对象的个数"}  # fmt: skip
    value = f"{found.get(clause.measure, '次数')}{_AGAINST[clause.against]}"
    if simply := _by_others(clause):
        return f"{value}{simply}"
    if clause.against in ("place", "place-low"):
        return f"{value}{_counted(clause.changed(noun='名'))}"
    return f"{value}{_steps(clause, '' if clause.against == 'mean' else '倍', share=False)}"


def _by_others(row: Clause | Sum) -> str:
    """Bands for a place, or in proportion to the best; '' where they are not so simple."""
    first, *others = row.bands
    ends = [first.at(band.floor) == band.points == band.gain == 0 for band in others]
    if not first.gain or not all(ends) or len(ends) > 1:
        return ""
    if row.against in ("place", "place-low") and first.floor == 1:
        word = "加" if first.gain > 0 else "减"
        by = f"{number(first.step)}名" if first.step != 1 else "一名"
        end = "，减完为止" if others else ""
        return f"第1名{_earns(first.points)}，每往后{by}{word}{number(abs(first.gain))}分{end}"
    if others:
        return ""
    whole = not first.floor and not first.points and first.step == 1
    if row.against in ("best", "range") and whole:
        return f"最高的{_earns(float(first.gain))}，其余按比例"
    return ""


_MEASURED = {
    "mark": "各评分取平均，", "trimmed": "各评分去掉一个最高分、一个最低分，取平均，",
    "difference": "完成数减基数，", "sum": "各次的数量加起来，",
    "growth": "增长率", "ratio": "完成比例",
}  # fmt: skip


def _alone(clause: Clause) -> str:
    if clause.measure == "each":
        return f"每{clause.noun}{_earns(clause.band_at(1).points)}，可多{clause.noun}申报"
    if clause.measure == "words":
        return f"每{clause.noun}按字数：{_steps(clause, '字', share=False)}"
    if clause.measure == "count":
        floor = clause.bands[0].floor
        if len(clause.bands) == 1 and floor <= 1 and not clause.gains:
            return f"有1{clause.noun}即{_earns(clause.band_at(1).points)}，多报不加分"
        counted = _counted(clause)
        endless = clause.bands[-1].gain or counted.endswith(_NOTHING_LEFT)
        return counted if endless else f"{counted}，多报不加分"
    if clause.measure == "distinct":
        return f"{_counted(clause)}；按不同的对象计数，同一对象只算一次"
    if clause.measure == "sum" and clause.floors == (0.0,) and not clause.gains:
        return f"各单位都{_earns(clause.bands[0].points)}"
    share = clause.measure in SHARES
    unit = "" if share else "分" if clause.measure in MARKS else clause.noun
    return f"{_MEASURED[clause.measure]}{_steps(clause, unit, share=share)}"


def share_text(clause: Clause, value: float) -> str:
    """A percentage with as many decimals as it takes not to look like another band's."""
    for digits in (2, 4, 6, 8):
        text = f"{100 * value:.{digits}f}"
        if clause.band_at(Fraction(text) / 100).floor == clause.band_at(value).floor:
            break
    return f"{text.rstrip('0').rstrip('.')}%"


def next_step(clause: Clause, value: float) -> str:
    """What is there, what is missing, and what it would earn; '' in the highest band.

    Where points rise within a band there is no such step. E.g. `已有1次，还差1次，达到2次计3分`.
    """
    step = None if math.isnan(value) else clause.band_at(value).next
    if step is None or clause.gains or clause.against or clause.per:
        return ""
    earns = _earns(clause.band_at(step).points)
    if clause.measure in SHARES:
        return f"现为{share_text(clause, value)}，达到{percent(step)}{earns}"
    noun = clause.noun
    return (
        f"已有{number(value)}{noun}，还差{number(step - Fraction(value))}{noun}，"
        f"达到{number(step)}{noun}{earns}"
    )


def describe_figures(clause: Clause) -> str:
    """What 基数 and 完成数 mean for a clause, and what is divided; '' where it has none."""
    if clause.measure not in FIGURES or clause.counts:
        return ""
    share = {"growth": "（完成数－基数）÷基数", "difference": "完成数－基数"}.get(
        clause.measure, "完成数÷基数"
    )
    limit = "；完成数不能大于基数" if clause.capped else ""
    return f"基数填“{clause.base}”，完成数填“{clause.done}”，按{share}计算{limit}"


def describe_place(clause: Clause) -> str:
    """On which sheet a clause is claimed, or that nobody claims it."""
    if clause.counts:
        return f"不用填，数取自{clause.counts}"
    if clause.sheet:
        return f"“{clause.sheet}”表"
    return f"由{clause.by}记录" if clause.by else RECORDED


def describe_evidence(clause: Clause) -> str:
    """The evidence that a claim must name, e.g. `通知、方案、现场照片、总结`."""
    return "、".join(clause.evidence) or "不要求"


def describe_award(award: Award, rulebook: Rulebook) -> str:
    """What an award goes by, among whom, and how many there are: `按总分，3名`."""
    words = [f"按{'加'.join(_points_of(name, rulebook) for name in award.basis)}"]
    words += [f"{'、'.join(award.concerns)}一起评"] if len(award.concerns) > 1 else []
    words += [f"只评{award.concerns[0]}"] if len(award.concerns) == 1 else []
    each = "每组" if not award.concerns and any(unit.group for unit in rulebook.roster) else ""
    words += [f"{each}{award.places}名"] if award.places is not None else []
    return "，".join(words)


def _points_of(name: str, rulebook: Rulebook) -> str:
    sections = rulebook.sections.values()
    return "总分" if name == TOTAL else f"第{name}部分得分" if name in sections else f"{name} 得分"


def describe_tie(rulebook: Rulebook) -> str:
    """What parts equal totals: `总分相同的，先看第甲部分得分，高的在前；…`."""
    named = "，再看".join(_points_of(name, rulebook) for name in rulebook.tie)
    more = f"先看{named}，高的在前；都相同的" if named else ""
    return f"总分相同的，{more}名次并列"


def describe_broken_tie(
    rulebook: Rulebook, names: Sequence[str], total: float, points: Sequence[Sequence[float]]
) -> str:
    """Why some stand before others of the same total.

    Args:
        names: those who stand before, and behind.
        points: of the former and of the latter, for each name in `tie`.
    """
    said = f"{names[0]}与{names[1]}总分同为 {number(total)} 分，"
    for name, more, less in zip(rulebook.tie, *points, strict=True):
        what = _points_of(name, rulebook)
        if more != less:
            return f"{said}{what} {number(more)} 分高于 {number(less)} 分，{names[0]}列前"
        said += f"{what}也相同，"
    raise ValueError("nothing parts them")


def describe_sum(row: Sum) -> str:
    """What a row of `sums.csv` does, least and most last."""
    parts = f"{'、'.join(row.parts)} 中最高的一项" if row.how else " 加 ".join(row.parts)
    words = [parts, _AGAINST[row.against].rstrip("：") if row.against else ""]
    if row.bands:
        words.append(_by_others(row) or "，".join(_sum_step(band) for band in row.bands))
    words += [f"最低{number(row.least)}"] if row.least is not None else []
    words += [f"最高{number(row.most)}"] if row.most is not None else []
    words += [f"乘以{row.times}"] if row.times else []
    return "，".join(filter(None, words))


def _sum_step(band: Step) -> str:
    word = "超过" if band.over else "达到"
    more = f"，每多{number(band.step)}变动{number(band.gain)}分" if band.gain else ""
    return f"{word}{number(band.floor)}{_earns(band.points)}{more}"


def describe_grade(grade: Grade) -> str:
    """From when on a grade is given."""
    if grade.share is not None:
        return f"本组前{percent(grade.share)}"
    return "其余" if grade.least is None else f"总分{number(grade.least)}分以上"


def describe_veto(veto: Veto, rulebook: Rulebook) -> str:
    """When a veto holds, and what it bars from."""
    when = "由办公室登记"
    if veto.when:
        of = (
            f"{veto.when} 的数" if veto.when in rulebook.clause else _points_of(veto.when, rulebook)
        )
        least = veto.least is not None
        limit = veto.least if least else veto.below
        when = f"{of}{'达到' if least else '不到'}{number(limit or 0)}"
    return f"{when}的，不给{'、'.join(veto.bars)}"


def describe_contact(rulebook: Rulebook) -> str:
    """Whom to ask, with the telephone; '' where the rulebook does not say."""
    contact = "　".join(filter(None, (rulebook.contact, rulebook.phone)))
    return f"联系人：{contact}" if contact else ""


def last_day(rulebook: Rulebook) -> date:
    """The last day that is in time: the day before the deadline."""
    return rulebook.deadline - timedelta(days=1)


def date_rule(rulebook: Rulebook) -> str:
    """Which dates count, in one sentence."""
    return (
        f"日期应在{chinese_date(rulebook.first_day)}至{chinese_date(rulebook.last_event)}之间"
        f"（首尾两天都算；{chinese_date(rulebook.end)}当天及以后不算）"
    )
