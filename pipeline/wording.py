"""A clause's rule in plain Chinese, made from its data: for the template, the docs, the reports."""

import math
from datetime import date, timedelta
from fractions import Fraction

from pipeline.outcome import PLACES
from pipeline.rulebook import FIGURES, Clause, Rulebook, Step


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
        below = "" if above is None else _below(above, show(above.floor), unit)
        if above is None:
            span = floor if band.over or not share else f"达到{show(band.floor)}"
        elif band.floor <= (0 if share else 1) and not band.over:
            span = below
        else:
            span = f"{floor}{below}"
        parts.append(f"{span}{_earns_from(band, above, unit, share=share)}")
        above = band
    return "，".join(parts)


def _below(above: Step, floor: str, unit: str) -> str:
    return f"不超过{floor}{unit}" if above.over else f"不足{floor}{unit}"


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


def describe_rule(clause: Clause) -> str:
    """How a clause earns its points, in one sentence, e.g. `2次以上计3分，多报不加分`."""
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
    if clause.measure == "sum":
        return f"各次的数量加起来，{_steps(clause, clause.noun, share=False)}"
    if clause.measure == "growth":
        return f"增长率{_steps(clause, '', share=True)}"
    return f"完成比例{_steps(clause, '', share=True)}"


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
    if step is None or clause.gains:
        return ""
    earns = _earns(clause.band_at(step).points)
    if clause.measure in FIGURES:
        return f"现为{share_text(clause, value)}，达到{percent(step)}{earns}"
    noun = clause.noun
    return (
        f"已有{number(value)}{noun}，还差{number(step - Fraction(value))}{noun}，"
        f"达到{number(step)}{noun}{earns}"
    )


def describe_figures(clause: Clause) -> str:
    """What 基数 and 完成数 mean for a clause, and what is divided; '' where it has none."""
    if clause.measure not in FIGURES:
        return ""
    share = "（完成数－基数）÷基数" if clause.measure == "growth" else "完成数÷基数"
    limit = "；完成数不能大于基数" if clause.capped else ""
    return f"基数填“{clause.base}”，完成数填“{clause.done}”，按{share}计算{limit}"


def describe_place(clause: Clause) -> str:
    """On which sheet a clause is claimed, or that nobody claims it."""
    return f"“{clause.sheet}”表" if clause.sheet else RECORDED


def describe_evidence(clause: Clause) -> str:
    """The evidence that a claim must name, e.g. `通知、方案、现场照片、总结`."""
    return "、".join(clause.evidence) or "不要求"


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
        f"日期应在{chinese_date(rulebook.first_day)}至{chinese_date(last_day(rulebook))}之间"
        f"（首尾两天都算；{chinese_date(rulebook.deadline)}当天及以后不算）"
    )
