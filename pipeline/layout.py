"""What a workbook looks like: the names that writer, reader and checker share.

Sheets and columns of claims come from the rulebook; here stands what is the same in every year.
"""

COVER = "封面"
COVER_UNIT, COVER_YEAR, COVER_DATE = "单位名称", "填报年度", "报送日期"
COVER_PERSON, COVER_PHONE = "填报人", "联系电话"
COVER_LABELS = (COVER_UNIT, COVER_YEAR, COVER_DATE, COVER_PERSON, COVER_PHONE, "负责人")

GUIDE = "填报说明"
SELF_CHECK = "自查"
BACKSTAGE = "自查计算"
"""Hidden sheet with the helper columns of SELF_CHECK."""
LISTS = "选项"
"""Hidden sheet with the drop-down lists and the version stamp."""
NOTES = "退回说明"
"""First sheet of a marked copy, which says what was found."""
OWN_SHEETS = (GUIDE, SELF_CHECK, BACKSTAGE, LISTS)
"""Sheets of the template that nobody fills in."""
STAMP_LABEL = "模板版本"
"""Label in LISTS; the cell to its right holds `stamp()`."""
SOURCE_LABEL = "源文件"
"""Label in LISTS of a marked copy; to its right stands the SHA-256 of what it was made from."""

READY_ROWS = 300
"""Rows with validation and formats on a claim sheet."""

RECEIPTS, RULINGS, RECORDS = "收件登记", "评审核定", "平时考查"
DISQUALIFIED, PLACES = "取消资格", "奖项名额"
SENSES, DECISIONS = "口径决定", "会议决定"
MARKS, VETOES = "评分", "一票否决"


class Head:
    """Headers of the office's workbooks, and of what the program writes in the same words."""

    UNIT, CLAUSE, TITLE, DATE, NOTE = "单位", "条款", "名称", "日期", "备注"
    RECEIVED, COPIES, HANDLER, FILE = "收件日期", "份数", "经手人", "文件"
    WORD, POINTS, REASON, JUDGE = "结论", "核定分", "理由", "评审人"
    SOURCE, SHEET, LINE = "源文件", "工作表", "行号"
    BASE, DONE, AMOUNT = "基数", "完成数", "数量"
    CAUSE, BASIS = "原因", "依据"
    AWARD, SEATS, PLACE = "奖项", "名额", "名次"
    READING, TAKEN = "口径", "采用"
    RATER, MARK, MATTER = "评分人", "分数", "事项"


REGISTER_SHEETS: dict[str, tuple[str, ...]] = {
    RECEIPTS: (Head.UNIT, Head.RECEIVED, Head.COPIES, Head.HANDLER, Head.FILE, Head.NOTE),
    RULINGS: (
        Head.UNIT, Head.CLAUSE, Head.TITLE, Head.WORD, Head.POINTS, Head.REASON, Head.JUDGE,
        Head.SOURCE, Head.SHEET, Head.LINE,
    ),
    RECORDS: (
        Head.UNIT, Head.CLAUSE, Head.TITLE, Head.DATE, Head.BASE, Head.DONE, Head.NOTE,
    ),
    DISQUALIFIED: (Head.UNIT, Head.CAUSE, Head.BASIS, Head.DATE),
    PLACES: (Head.AWARD, Head.SEATS),
    SENSES: (Head.READING, Head.TAKEN, Head.BASIS, Head.DATE),
    DECISIONS: (Head.UNIT, Head.AWARD, Head.PLACE, Head.BASIS, Head.DATE, Head.NOTE),
}  # fmt: skip
REGISTER_WHERE_ASKED: dict[str, tuple[str, ...]] = {
    MARKS: (Head.UNIT, Head.CLAUSE, Head.RATER, Head.MARK, Head.DATE),
    VETOES: (Head.UNIT, Head.MATTER, Head.BASIS, Head.DATE),
}
"""Sheets of a register whose measure has clauses that are marked, or vetoes of the office."""
REGISTER_READ = REGISTER_SHEETS | REGISTER_WHERE_ASKED
RECORDER_SHEETS = (RECORDS, MARKS)
"""What comes back from others who record: a workbook with these alone is no whole register."""
REGISTER_MAY_LACK = {
    *REGISTER_WHERE_ASKED, SENSES, DECISIONS,
    Head.FILE, Head.SOURCE, Head.SHEET, Head.LINE, Head.AMOUNT,
}  # fmt: skip
"""Sheets and columns that a register of an earlier edition does not have."""
TAKEN_WORDS = TAKEN_DEFAULT, TAKEN_OTHER = "默认", "另一种"
PANEL_HEADER = "程序结论"
"""A column of the panel's worksheet: such a workbook holds rulings and nothing else."""
REGISTER_MORE = {RULINGS: (PANEL_HEADER,), RECORDS: (Head.AMOUNT,)}
"""Columns that are read where a workbook has them."""
RULING_ACCEPT, RULING_REFUSE, RULING_POINTS = "认定", "不认定", "改分"
RULING_WORDS = (RULING_ACCEPT, RULING_REFUSE, RULING_POINTS)
UNTITLED = "（未填名称）"
"""Stands in 名称 for claims without a title: an empty 名称 means every claim of the clause."""

RETURN_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".xlsb", ".et")


def stamp(year: int, fingerprint: str) -> str:
    """The version stamp of a template: year and rulebook fingerprint."""
    return f"{year}-{fingerprint}"


def stamp_year(stamp: str) -> int | None:
    """The year of a version stamp, or None where it is none."""
    year, dash, _ = stamp.partition("-")
    return int(year) if dash and year.isascii() and year.isdigit() and len(year) == 4 else None
