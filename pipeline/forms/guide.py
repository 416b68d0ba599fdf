"""The sheet 填报说明: how to fill the template in, and every rule, from the rulebook alone."""

from typing import Any

from pipeline import layout, style
from pipeline.forms import entry as look
from pipeline.rulebook import FIGURES, Rulebook
from pipeline.wording import (
    RECORDED,
    chinese_date,
    date_rule,
    describe_evidence,
    describe_figures,
    describe_rule,
)

_WIDTHS = {"A": 11, "B": 38, "C": 12, "D": 46, "E": 28}
_HEADERS = ("条款", "内容", "填在", "怎样计分", "须附佐证")


def _steps(rulebook: Rulebook) -> list[tuple[str, str]]:
    """The instructions: (heading, text) pairs."""
    blank = "、".join(f"“{word}”" for word in rulebook.empty_evidence)
    others = [sheet.name for sheet in rulebook.sheets if not sheet.prefilled]
    day = rulebook.year
    return [
        ("封面", f"在“{layout.COVER}”选单位、填报送日期；年度已经填好。"),
        (
            "逐行申报",
            f"“{'”“'.join(others)}”各表每行一项，先从下拉列表选条款，再填其余各栏。"
            "选好条款后，红色的格子必须填，灰色的佐证栏不用填。"
            f"行不够时可插入行；每表备有{layout.READY_ROWS}行。",
        ),
        *_figure_steps(rulebook),
        (
            "日期",
            f"{date_rule(rulebook)}。写 {day}-6-1、{day}/6/1、{day}.6.1、{day}年6月1日 都可以；"
            f"“6月1日”“{day}年6月上旬”这样不完整的写法不计分。跨几天的活动填第一天。",
        ),
        ("数字", "字数、基数、完成数填整数。“约800字”这样的写法不计分。"),
        (
            "佐证",
            "佐证栏写明材料在哪里：附件编号、文件名或装订页码。缺一项都不计分；"
            f"填{blank}等于没有填。",
        ),
        ("重复", "同一条款、名称和日期相同的只计一次。"),
        (
            "期限份数",
            f"{chinese_date(rulebook.deadline)}前报送（当天不算按期），逾期视为自动放弃。"
            f"电子表一份，打印的纸质材料一式{rulebook.copies}份，附佐证的原件或复印件。",
        ),
        (
            "自查",
            f"“{layout.SELF_CHECK}”表随时算出各条预计得分，并指出缺佐证、日期不对的行。"
            "得分以评审组核定为准。",
        ),
        (
            "注意",
            "请不要改工作表名和表头；可以排序、筛选、调列宽、插入或删除行，也可以另加列。",
        ),
    ]


def _figure_steps(rulebook: Rulebook) -> list[tuple[str, str]]:
    """The instruction for the sheets whose rows are prefilled."""
    steps = []
    for sheet in (sheet for sheet in rulebook.sheets if sheet.prefilled):
        kept = "和".join(sheet.header(role) for role in ("clause", "title"))
        asked = "、".join(sheet.header(role) for role in ("base", "done", "date"))
        text = f"“{sheet.name}”的{kept}已经填好，只填{asked}和佐证；没有的整行空着。"
        steps.append(("数据指标", text))
    return steps


def write_guide(sheet: Any, rulebook: Rulebook) -> None:
    """Fill the sheet: instructions, then the rules clause by clause, then the readings."""
    sheet.sheet_view.showGridLines = False
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    look.put(sheet, "A1", f"{rulebook.title}", size=16, bold=True, color=style.BRAND)
    sheet.merge_cells("A1:E1")
    sheet.row_dimensions[1].height = 34
    row = _heading(sheet, 2, layout.GUIDE)
    for head, text in _steps(rulebook):
        look.put(sheet, f"A{row}", head, bold=True, color=style.BRAND, indent=1)
        row = _across(sheet, row, "B", text)
    header = _heading(sheet, row + 1, "计分办法一览")
    row = _rules(sheet, header, rulebook)
    _readings(sheet, _heading(sheet, row + 1, "容易有不同理解的地方，目前这样掌握"), rulebook)
    look.print_a4(sheet, rulebook.title, landscape=False, header_row=header)
    look.protect(sheet, entry=False)


def _heading(sheet: Any, row: int, text: str) -> int:
    look.put(
        sheet, f"A{row}", text, size=12.5, bold=True, color=style.WHITE, back=style.BRAND, indent=1
    )
    sheet.merge_cells(f"A{row}:E{row}")
    sheet.row_dimensions[row].height = 24
    return row + 1


def _rules(sheet: Any, row: int, rulebook: Rulebook) -> int:
    """The table of clauses, section by section; returns the row below it."""
    for letter, text in zip(_WIDTHS, _HEADERS, strict=True):
        look.put(
            sheet,
            f"{letter}{row}",
            text,
            bold=True,
            back=style.BRAND_SOFT,
            border=True,
            horizontal="center",
        )
    sheet.row_dimensions[row].height = 22
    section = ""
    for clause in rulebook.clauses:
        row += 1
        if clause.section != section:
            section = clause.section
            look.put(sheet, f"A{row}", section, bold=True, color=style.BRAND, indent=1)
            sheet.merge_cells(f"A{row}:E{row}")
            sheet.row_dimensions[row].height = 22
            row += 1
        rule = describe_rule(clause)
        if clause.measure in FIGURES:
            rule = f"{rule}。{describe_figures(clause)}"
        cells = (clause.id, clause.label, clause.sheet or RECORDED, rule, describe_evidence(clause))
        for letter, text in zip(_WIDTHS, cells, strict=True):
            look.put(sheet, f"{letter}{row}", text, size=10, border=True, indent=1)
        texts = zip(cells, _WIDTHS.values(), strict=True)
        sheet.row_dimensions[row].height = style.row_height(texts, 10)
    return row + 1


def _readings(sheet: Any, row: int, rulebook: Rulebook) -> None:
    for reading in rulebook.readings:
        text = f"{reading.question}？{reading.default}。"
        where = "各条" if reading.clauses == ("all",) else "、".join(reading.clauses)
        look.put(sheet, f"A{row}", where, size=10, color=style.MUTED, indent=1)
        sheet.merge_cells(f"A{row}:B{row}")
        row = _across(sheet, row, "C", text)


def _across(sheet: Any, row: int, first: str, text: str) -> int:
    """Write a text from a column to the right edge; returns the next row."""
    look.put(sheet, f"{first}{row}", text)
    sheet.merge_cells(f"{first}{row}:E{row}")
    width = sum(width for letter, width in _WIDTHS.items() if letter >= first)
    sheet.row_dimensions[row].height = style.row_height([(text, width)])
    return row + 1
