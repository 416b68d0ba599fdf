"""Who hands in what in the sample returns, and what is wrong with it: a table, no program."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Fault:
    """Claim `nth` of a clause gets `value` in a column (None: left empty)."""

    clause: str
    column: str
    value: object
    nth: int = 0


@dataclass(frozen=True)
class Sample:
    """One return: who hands in what, when, and what is wrong with it.

    Attributes:
        unit: as written on the cover.
        name: path below the returns folder.
        handed_in: 报送日期 as written.
        zeal: share of the clauses that are claimed.
        most: claims a clause at most, where each one earns.
        key_work: the clauses of the key section that are claimed.
        figures: clause → 基数 and 完成数 as written.
        date_style: how dates are typed; real date cells where empty.
        faults: what is wrong.
        repeats: clauses whose first claim stands there twice.
        merged: sheet and evidence column of a cell that is merged over the first claims.
    """

    unit: str
    name: str
    handed_in: object
    zeal: float
    most: int
    key_work: tuple[str, ...]
    figures: dict[str, tuple[object, object]]
    date_style: str = ""
    faults: tuple[Fault, ...] = ()
    repeats: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """What people call the unit."""
        return self.name.split("工商联")[0]


SAMPLES = (
    Sample(
        unit="舞阳县工商联", name="舞阳县工商联（示例）.xlsx", handed_in=datetime(2015, 12, 22),
        zeal=0.66, most=3, key_work=("九.1", "九.2"),
        figures={
            "一.8a": (60, 64), "一.8b": (20, 20), "五.1a": (420, 452), "五.1b": (180, 226),
            "五.1c": (40, 43), "七.3a": (14, 14), "七.3b": (1, 1), "十.1": (45, 45),
            "十一.1": (25, 25),
        },
        faults=(
            Fault("二.2", "现场照片", None),
            Fault("九.1", "事项名称", "舞阳县商会调解室（示例）"),
            Fault("九.2", "事项名称", "舞阳县商会调解室（示例）"),
            Fault("一.7", "字数", 600),
            Fault("四.1a", "题目", "舞阳县关于降低物流收费的建议（示例）"),
            Fault("四.1b", "题目", "舞阳县关于降低物流收费的建议（示例）"),
        ),
    ),
    Sample(
        unit="临颍县工商联", name="临颍县工商联（示例）.xlsx", handed_in="2015.12.25",
        zeal=0.78, most=3, key_work=("九.3",), date_style="{0.year}.{0.month}.{0.day}",
        figures={
            "一.8a": ("55份", "55份"), "一.8b": (18, "１８"), "五.1a": ("1,050家", "1,130家"),
            "五.1b": (200, 246), "五.1c": (25, 27), "七.3a": (15, 13), "七.3b": (2, 2),
            "十.1": ("48人次", "45人次"), "十一.1": (30, 26),
        },
        faults=(
            Fault("一.3", "活动日期", "6月中旬"),
            Fault("一.1", "活动日期", "2015.3.18-3.19"),
            Fault("一.7", "字数", "约800字"),
            Fault("一.7", "字数", "１２００字", 1),
            Fault("二.7a", "总结", "暂无"),
            Fault("五.1d", "条款", "五.1d：会员组织统计报表按时上报"),
        ),
    ),
    Sample(
        unit="源汇区工商联", name="源汇区工商联（示例）.xlsx", handed_in=datetime(2015, 12, 24),
        zeal=0.84, most=3, key_work=("九.2", "九.3"), date_style="{0.year}年{0.month}月{0.day}日",
        figures={
            "一.8a": (70, 70), "一.8b": (25, 22), "五.1a": (600, 640), "五.1b": (300, 375),
            "五.1c": (36, 38), "七.3a": (8, 8), "七.3b": (None, None), "十.1": (60, 57),
            "十一.1": (20, 16),
        },
        faults=(
            Fault("二.1b", "活动名称", "豫籍客商源汇郾城行（示例）"),
            Fault("二.1b", "活动日期", datetime(2015, 9, 16)),
            Fault("八.3", "证明材料", "/"),
            Fault("一.2a", "方案", None),
        ),
        repeats=("八.1", "二.6"),
    ),
    Sample(
        unit="郾城区工商联", name="郾城区工商联（示例）.xlsx", handed_in=datetime(2015, 12, 28),
        zeal=0.76, most=3, key_work=("九.1",),
        figures={
            "一.8a": (50, 41), "一.8b": (15, 15), "五.1a": (510, 548), "五.1b": (210, 263),
            "五.1c": (30, 33), "七.3a": (9, 9), "七.3b": (1, 1), "十.1": (50, 38),
            "十一.1": (18, 18),
        },
        faults=(
            Fault("二.1b", "活动名称", "豫籍客商源汇郾城行（示例）"),
            Fault("二.1b", "活动日期", datetime(2015, 9, 16)),
            Fault("二.7b", "活动日期", datetime(2016, 1, 20)),
            Fault("六.1", "活动日期", datetime(2014, 12, 19)),
            Fault("一.8a", "截止日期", datetime(2015, 12, 31)),
            Fault("一.2a", "条款", "理想信念教育"),
            Fault("二.5a", "条款", "二.5b"),
        ),
    ),
    Sample(
        unit="召陵区工商联", name="召陵区工商联（示例）/考核材料第一次报送.xlsx",
        handed_in=datetime(2015, 12, 18), zeal=0.45, most=2, key_work=(),
        figures={"一.8a": (40, 40), "十.1": (40, 40)},
        faults=(Fault("二.7b", "通知", None),),
    ),
    Sample(
        unit="召陵区工商联", name="召陵区工商联（示例）/考核材料补正后.xlsx",
        handed_in=datetime(2015, 12, 27), zeal=0.80, most=3, key_work=("九.4",),
        figures={
            "一.8a": (40, 40), "一.8b": (12, 12), "五.1a": (390, 418), "五.1b": (160, 201),
            "五.1c": (28, 30), "七.3a": (10, 11), "七.3b": (2, 1), "十.1": (40, 32),
            "十一.1": (16, 13),
        },
        faults=(
            Fault("二.4", "对象", None),
            Fault("六.3", "现场照片", None),
            Fault("三.1c", "报送日期", "二〇一五年十月八日"),
        ),
        merged=("活动培训", "总结"),
    ),
    Sample(
        unit="漯河市经济技术开发区工商业联合会", name="经开区工商联（示例）.xlsx",
        handed_in=datetime(2016, 1, 4), zeal=0.70, most=2, key_work=("九.3",),
        figures={"一.8a": (30, 30), "五.1a": (200, 220), "十.1": (30, 30)},
    ),
)  # fmt: skip
