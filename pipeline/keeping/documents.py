"""The pages `docs/rulebook.md` and `docs/findings.md`, made from the rulebook and the catalogue."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.errors import UserError, reason
from pipeline.findings import CATALOGUE
from pipeline.rulebook import FIGURES, Award, Clause, Reading, Rulebook
from pipeline.rulebook.coverage import SCORED, Coverage, load_coverage
from pipeline.wording import (
    chinese_date,
    describe_basis,
    describe_evidence,
    describe_figures,
    describe_grade,
    describe_place,
    describe_rule,
    describe_sum,
    describe_veto,
    number,
)

_HOW = {
    SCORED: "按下列条款计分",
    "规则": "程序照此办理，不直接产生分数",
    "办公室": "由办公室、评审组或会议办，程序至多帮忙",
    "说明": "没有要办的事",
}
_OFFICE = {
    "": "",
    "replaces": "办公室平时考查里有数据的，以它为准，不用单位自己填的",
    "records": "只看办公室平时考查的记录，单位不用申报",
    "confirms": "办公室平时考查可以核对：没有记录的给出警告，照样计分",
}
_EVERY_CLAIM = (
    "clause-missing", "clause-unknown", "clause-other-sheet", "title-missing", "date-missing",
    "date-unclear", "date-early", "date-late", "date-range", "cell-read-as", "cell-formula",
    "cell-error", "cell-boolean", "ruling-accepted", "ruling-refused", "date-after-return",
    "claim-elsewhere", "claim-beside", "points-elsewhere", "points-none", "object-several",
)  # fmt: skip
"""Findings that a claim of any clause may meet."""


def findings_of(clause: Clause, rulebook: Rulebook) -> tuple[str, ...]:
    """The codes of findings that a claim of this clause may meet, besides those of every claim."""
    figures = clause.measure in FIGURES
    groups: list[tuple[bool, Sequence[str]]] = [
        (bool(clause.evidence), ("evidence-missing",)),
        (
            len(clause.evidence) > 1 and any(r.patch == "evidence" for r in rulebook.readings),
            ("evidence-short",),
        ),
        (bool(clause.evidence), ("attachment-missing", "attachment-empty", "attachment-shared")),
        (clause.measure == "words", ("words-missing", "words-bad")),
        (figures, ("base-missing", "base-bad", "base-none", "done-missing", "done-bad")),
        (figures, ("date-figures", "date-late-figures")),
        (clause.measure in (*FIGURES, "count", "distinct"), ("points-short",)),
        (clause.span[0] < 0, ("points-cost",)),
        (clause.capped, ("done-over-base",)),
        (clause.measure == "distinct", ("object-missing",)),
        (figures, ("claim-repeated-figure",)),
        (not figures, ("claim-repeated", "claim-alike")),
        (clause.office == "records", ("clause-recorded",)),
        (bool(clause.concerns), ("clause-not-yours",)),
        (clause.office == "confirms", ("record-unseen", "record-unclaimed")),
        (clause.office == "replaces", ("record-used", "record-target")),
    ]
    return tuple(code for applies, codes in groups if applies for code in codes)


# docs/rulebook.md ----------------------------------------------------------------------------


def rulebook_page(name: str, rulebook: Rulebook, coverage: Sequence[Coverage]) -> str:
    """The rulebook as a page.

    Args:
        name: name of the rulebook folder.
        rulebook: what it holds.
        coverage: from `load_coverage`.
    """
    lines = [
        f"# 计分规则：{rulebook.title}",
        "",
        f"本页由 `make docs` 根据 `data/rulebook/{name}` 里的数据生成，请不要直接改。",
        "要改规则，改数据，再生成一次。",
        "",
        *_facts(rulebook),
        *_clauses(rulebook),
        *_readings(rulebook),
        *_coverage(coverage),
    ]
    return "\n".join(lines) + "\n"


def _facts(rulebook: Rulebook) -> Iterator[str]:
    awards = "；".join(f"{award.name}（{_basis(award, rulebook)}）" for award in rulebook.awards)
    first, deadline = map(chinese_date, (rulebook.first_day, rulebook.deadline))
    yield from ("## 年度、期限、单位", "")
    yield from _table(
        ("项目", "内容"),
        [
            ("年度", str(rulebook.year)),
            ("哪些日期的工作算数", f"{first}起，{chinese_date(rulebook.end)}之前（当天不算）"),
            ("报送期限", f"{deadline}之前；逾期视为放弃"),
            ("纸质材料", f"一式{rulebook.copies}份"),
            ("奖项", awards or "没有"),
            *((g.name, describe_grade(g)) for g in rulebook.grades),
            *((v.name, describe_veto(v, rulebook)) for v in rulebook.vetoes),
            *((row.name, describe_sum(row)) for row in rulebook.sums),
            ("等于没有填佐证的写法", "、".join(f"“{word}”" for word in rulebook.empty_evidence)),
            ("条款", f"{len(rulebook.clauses)} 条，{len(rulebook.sections)} 个部分"),
        ],
    )
    yield from _table(
        ("单位", "也可以写作"),
        [(unit.unit, "、".join(unit.short_names)) for unit in rulebook.roster],
    )


def _basis(award: Award, rulebook: Rulebook) -> str:
    sections = {key: section for section, key in rulebook.sections.items()}
    section = sections.get("".join(award.basis))
    return f"按“{section}”得分" if section else f"按{describe_basis(award, rulebook)}"


def _clauses(rulebook: Rulebook) -> Iterator[str]:
    codes = "、".join(f"`{code}`" for code in _EVERY_CLAIM)
    yield from ("## 条款", "")
    yield from (f"每一条都可能出现的问题：{codes}。", "")
    yield from ("各条另外可能出现的问题列在条后；每个代码的意思见[问题一览](findings.md)。", "")
    for section in rulebook.sections:
        yield from (f"### {section}", "")
        for clause in rulebook.clauses:
            if clause.section == section:
                yield from _clause(clause, rulebook)


def _clause(clause: Clause, rulebook: Rulebook) -> Iterator[str]:
    bands = "，".join(f"{number(b.floor)} 起 {number(b.points)} 分" for b in clause.bands)
    if clause.gains:
        bands = ""
    readings = [r for r in rulebook.readings if clause.id in r.clauses]
    links = "；".join(f"[{r.id}](#{r.id})：{r.question}" for r in readings)
    facts = {
        "依据": clause.source,
        "计分": describe_rule(clause),
        "两个数": describe_figures(clause),
        "计分档": bands,
        "填在": describe_place(clause),
        "佐证": describe_evidence(clause),
        "办公室": _OFFICE[clause.office],
        "口径": links,
        "可能出现的问题": "、".join(f"`{code}`" for code in findings_of(clause, rulebook)),
    }
    yield from (f"#### {clause.id} {clause.label}", "")
    yield from (f"- {name}：{_plain(text)}" for name, text in facts.items() if text)
    yield ""


def _readings(rulebook: Rulebook) -> Iterator[str]:
    yield from ("## 口径", "")
    yield from ("有的话可以有两种理解。平时按“默认”计分；要改用另一种，运行时写明口径的名称。", "")
    for reading in rulebook.readings:
        facts = {
            "依据": reading.source,
            "问题": f"{reading.question}？",
            "默认": reading.default,
            "另一种": reading.alternative,
            "涉及": _touched(reading),
        }
        yield from (f"### {reading.id}", "")
        yield from (f"- {name}：{_plain(text)}" for name, text in facts.items())
        yield ""


def _touched(reading: Reading) -> str:
    return "全部条款" if reading.clauses == ("all",) else "、".join(reading.clauses)


def _coverage(coverage: Sequence[Coverage]) -> Iterator[str]:
    yield from ("## 与考核办法逐句对照", "")
    yield from ("左边是考核办法里的序号，可以对着原文一句一句打钩。“处理”一栏：", "")
    yield from (f"- {how}：{text}" for how, text in _HOW.items())
    yield ""
    yield from _table(
        ("考核办法", "讲什么", "处理", "条款", "说明"),
        [(c.source, c.what, c.how, "、".join(c.clauses), c.where) for c in coverage],
    )


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield "|" + "---|" * len(headers)
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"
    yield ""


def _plain(text: str) -> str:
    """Text that Markdown takes as it stands: no markup, no broken table."""
    return re.sub(r"([\\|*<>])", r"\\\1", " ".join(text.split()))


# docs/findings.md ----------------------------------------------------------------------------

_GROUPS = {
    "文件": ("file",),
    "工作表、列和行": ("sheet", "row", "column", "cover"),
    "单元格": ("cell",),
    "封面和状态": ("unit", "year", "stamp", "return"),
    "申报事项": (
        "clause", "title", "date", "evidence", "words", "base", "done", "object", "claim",
    ),
    "计分": ("points",),
    "办公室记录、核定": ("record", "ruling", "receipt", "receipts"),
    "附件": ("attachment",),
    "办公室台账": ("register",),
}  # fmt: skip
"""Heading → the first words of the codes that stand under it."""

_STANDS_FOR = {
    "detail": "具体内容",
    "meant": "模板里的名称",
    "hint": "",
    "raw": "原来的写法",
    "value": "读成的值",
    "reason": "原因",
    "example": "写法示例",
    "header": "栏名",
    "limit": "界限",
    "first": "第一天",
    "last": "最后一天",
    "day": "日期",
    "written": "封面所写",
    "meaning": "这个数的含义",
    "other": "另一处",
}
"""What a place in a sentence is filled with."""


def findings_page() -> str:
    """The catalogue of findings as a page."""
    levels = "错误：这一行（或这份材料）不计分；警告：计分，但要看一眼；提示：供核对，不用处理。"
    lines = [
        "# 问题一览",
        "",
        "本页由 `make docs` 从程序生成，请不要直接改。",
        "",
        f"{levels}「」里的内容因材料而不同。",
        "",
    ]
    for heading, starts in _GROUPS.items():
        kinds = [(c, kind) for c, kind in CATALOGUE.items() if c.partition("-")[0] in starts]
        rows = [
            (f"`{code}`", kind.level, _shown(kind.problem), _shown(kind.advice), kind.why)
            for code, kind in kinds
        ]
        lines += [f"## {heading}", ""]
        lines += _table(("代码", "级别", "问题", "处理建议", "为什么这样查"), rows)
    return "\n".join(lines).rstrip("\n") + "\n"


def _shown(sentence: str) -> str:
    def place(match: re.Match[str]) -> str:
        name = _STANDS_FOR[match[1]]
        return f"「{name}」" if name else ""

    return re.sub(r"\{(\w+)\}", place, sentence)


def write_documents(folder: Path, rulebook_folder: Path, rulebook: Rulebook) -> list[Path]:
    """Write both pages into a folder; gives their paths.

    Raises:
        UserError: `coverage.csv` has a fault, or the pages cannot be written.
    """
    coverage = load_coverage(rulebook_folder, rulebook)
    pages = {
        folder / "rulebook.md": rulebook_page(rulebook_folder.name, rulebook, coverage),
        folder / "findings.md": findings_page(),
    }
    for path, text in pages.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        except OSError as error:
            raise UserError(f"写不进 {path}：{reason(error)}") from error
    return list(pages)
