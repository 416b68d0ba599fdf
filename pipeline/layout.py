"""What a workbook looks like: the names that writer, reader and checker share.

Sheets and columns of claims come from the rulebook; here stands what is the same in every year.
"""

COVER = "封面"
COVER_UNIT, COVER_YEAR, COVER_DATE = "单位名称", "填报年度", "报送日期"
COVER_LABELS = (COVER_UNIT, COVER_YEAR, COVER_DATE, "填报人", "联系电话", "负责人")

GUIDE = "填报说明"
SELF_CHECK = "自查"
BACKSTAGE = "自查计算"
"""Hidden sheet with the helper columns of SELF_CHECK."""
LISTS = "选项"
"""Hidden sheet with the drop-down lists and the version stamp."""
STAMP_LABEL = "模板版本"
"""Label in LISTS; the cell to its right holds `stamp()`."""
SOURCE_LABEL = "源文件"
"""Label in LISTS of a marked copy; to its right stands the SHA-256 of what it was made from."""

READY_ROWS = 300
"""Rows with validation and formats on a claim sheet."""

RECEIPTS = "收件登记"
RULINGS = "评审核定"
RECORDS = "平时考查"
DISQUALIFIED = "取消资格"
PLACES = "奖项名额"
REGISTER_SHEETS: dict[str, tuple[str, ...]] = {
    RECEIPTS: ("单位", "收件日期", "份数", "经手人", "备注"),
    RULINGS: ("单位", "条款", "名称", "结论", "核定分", "理由", "评审人"),
    RECORDS: ("单位", "条款", "名称", "日期", "基数", "完成数", "备注"),
    DISQUALIFIED: ("单位", "原因", "依据", "日期"),
    PLACES: ("奖项", "名额"),
}
RULING_PLACE = ("源文件", "工作表", "行号")
"""Columns of a ruling on one row, as the panel's worksheet has them."""
PANEL_HEADER = "程序结论"
"""A column of the panel's worksheet: such a workbook holds rulings and nothing else."""
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
