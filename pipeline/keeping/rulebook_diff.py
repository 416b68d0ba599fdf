"""Two rulebooks → what changes for the units, in plain Chinese."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pipeline import wording as say
from pipeline.rulebook import ALL, Clause, Column, Reading, Rulebook, Unit

_Item = TypeVar("_Item")
Views = Mapping[str, Callable[[_Item], str]]
"""What is compared → how it reads."""

_OFFICE = {
    "": "不用办公室的记录",
    "replaces": "以办公室的记录为准",
    "records": "只看办公室的记录",
    "confirms": "用办公室的记录核对",
}
_SENSE = {
    "bands": "计分档 {}",
    "measure": "计法 {}",
    "exclusive": "同题只计得分最高的一次",
    "yields": "同题的已计 {} 就不再计",
    "overlap": "{} 不再计分",
    "absent": "没有数据时计 {} 分",
    "evidence": "佐证有一项即可",
    "deadline": "期限当天算按期",
    "per": "分别计算：{}",
    "against": "与谁比较：{}",
    "for": "只考 {}",
    "least": "最低 {}",
    "most": "最高 {}",
    "times": "乘以 {}",
    "earlier": "以前年度的也计分",
}
_MEASURES = {"each": "每项计分", "count": "只计一次"}
_CLAUSE: Views[Clause] = {
    "部分": lambda c: c.section,
    "内容": lambda c: c.label,
    "计分": say.describe_rule,
    "两个数": lambda c: say.describe_figures(c) or "不用填",
    "佐证": say.describe_evidence,
    "填在": say.describe_place,
    "办公室": lambda c: _OFFICE[c.office],
    "各单位填得相像": lambda c: "属于正常" if c.shared else "要核对",
    "依据": lambda c: c.source,
}
_READING: Views[Reading] = {
    "名称": lambda r: r.name,
    "涉及": lambda r: "全部条款" if r.clauses == ALL else "、".join(r.clauses),
    "问题": lambda r: r.question,
    "默认": lambda r: r.default,
    "另一种": lambda r: r.alternative,
    "算法": lambda r: _SENSE[r.patch].format(_MEASURES.get(r.value, "、".join(r.value.split(";")))),
}
_UNIT: Views[Unit] = {
    "也可以写作": lambda u: _each(u.short_names),
    "组别": lambda u: "、".join(u.groups) or "不分组",
    "系数": lambda u: _each(f"{name} {value}" for name, value in u.factors.items()),
}
ROLES = {
    "clause": "条款", "title": "名称", "date": "日期", "words": "字数", "base": "基数",
    "done": "完成数", "object": "对象", "evidence": "佐证", "note": "备注", "info": "供参考",
}  # fmt: skip
"""Role of a column → what it is called."""
_COLUMN: Views[Column] = {
    "用途": lambda c: ROLES[c.role],
    "区分同名同日的各项": lambda c: "用这一列" if c.identity else "不用这一列",
    "填写提示": lambda c: c.help,
}


def _each(texts: Iterable[str], sign: str = "、") -> str:
    return sign.join(texts) or "没有"


_FACTS: Views[Rulebook] = {
    "考核": lambda b: b.title,
    "算数的工作": lambda b: f"{say.chinese_date(b.first_day)}起",
    "报送期限": lambda b: f"{say.chinese_date(b.deadline)}之前",
    "纸质材料": lambda b: f"一式{b.copies}份",
    "算到": lambda b: say.chinese_date(b.last_event),
    "奖项": lambda b: _each(f"{one.name}（{say.describe_award(one, b)}）" for one in b.awards),
    "名次": say.describe_tie,
    "等次": lambda b: _each(f"{one.name}（{say.describe_grade(one)}）" for one in b.grades),
    "一票否决": lambda b: _each((f"{v.name}：{say.describe_veto(v, b)}" for v in b.vetoes), "；"),
    "汇总": lambda b: _each((f"{row.name}：{say.describe_sum(row)}" for row in b.sums), "；"),
    "重点工作": lambda b: _each(n for n, key in b.sections.items() if key == b.key_section),
    "等于没有填的写法": lambda b: "、".join(b.empty_evidence),
    "单位名称前可带": lambda b: _each(b.unit_prefixes),
}
SAME = "没有变化。"


def describe_changes(old: Rulebook, new: Rulebook) -> str:
    """Every change between two rulebooks, part by part; `SAME` where there is none."""
    parts = {
        "期限和一般规定": _changes(_FACTS, old, new),
        "条款": _listed((old.clause, new.clause), _CLAUSE, _clause_line),
        "单位名册": _listed(_by("unit", old.roster, new.roster), _UNIT, lambda unit: ""),
        "口径": _listed(
            _by("id", old.readings, new.readings), _READING, lambda r: f"{r.question}？{r.default}"
        ),
        "工作表": _sheets(old, new),
    }
    lines = []
    for heading, changes in parts.items():
        found = list(changes)
        if found:
            lines += [f"【{heading}】", *found, ""]
    return "\n".join(lines).rstrip() or SAME


def _by(key: str, *tables: Iterable[_Item]) -> Sequence[dict[str, _Item]]:
    return [{getattr(item, key): item for item in items} for items in tables]


def _clause_line(clause: Clause) -> str:
    evidence = f"佐证：{say.describe_evidence(clause)}"
    return (
        f"{clause.label}。{say.describe_rule(clause)}。{evidence}；填在{say.describe_place(clause)}"
    )


def _changes(views: Views[_Item], old: _Item, new: _Item) -> Iterator[str]:
    """One line for each view that reads differently."""
    for name, view in views.items():
        before, after = view(old), view(new)
        if before != after:
            yield f"- {name}：{before} → {after}"


def _listed(
    both: Sequence[Mapping[str, _Item]], views: Views[_Item], line: Callable[[_Item], str]
) -> Iterator[str]:
    """Items taken away, added and changed, in this order, between the old and the new ones."""
    old, new = both
    for word, ones, others in (("取消", old, new), ("新增", new, old)):
        for key, item in ones.items():
            if key not in others:
                text = line(item)
                named = key if key.startswith("“") else f" {key}"
                yield f"{word}{named}：{text}" if text else f"{word}{named}"
    for key in old:
        if key in new and (changes := list(_changes(views, old[key], new[key]))):
            yield f"改动{key}" if key.startswith("“") else f"改动 {key}"
            yield from (f"  {change}" for change in changes)


def _sheets(old: Rulebook, new: Rulebook) -> Iterator[str]:
    before, after = ({f"“{one.name}”表": one for one in book.sheets} for book in (old, new))
    yield from _listed((before, after), {}, lambda one: "、".join(c.header for c in one.columns))
    for name in filter(after.__contains__, before):
        columns = [{f"{name}的“{c.header}”列": c for c in book[name].columns}
                   for book in (before, after)]  # fmt: skip
        yield from _listed(columns, _COLUMN, lambda column: column.help)
