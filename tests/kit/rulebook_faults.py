"""Every fault that a rulebook can have, each named after what is wrong, and how to make it."""

from collections.abc import Callable
from pathlib import Path

Edit = Callable[[Path], None]


def replace(file: str, old: str, new: str) -> Edit:
    """Put something else in the place of a text that stands in a file once."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        (folder / file).write_text(text.replace(old, new), "utf-8")

    return edit


def append(file: str, *lines: str) -> Edit:
    """Add lines at the end of a file."""

    def edit(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in lines)

    return edit


def drop(file: str, start: str) -> Edit:
    """Take away the lines that begin so."""

    def edit(folder: Path) -> None:
        lines = (folder / file).read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(start)]
        assert len(kept) < len(lines)
        (folder / file).write_text("".join(kept), "utf-8")

    return edit


def content(file: str, data: bytes) -> Edit:
    """These bytes and nothing else."""

    def edit(folder: Path) -> None:
        (folder / file).write_bytes(data)

    return edit


def encoded(file: str, encoding: str) -> Edit:
    """The same text in another encoding."""

    def edit(folder: Path) -> None:
        (folder / file).write_bytes((folder / file).read_text("utf-8").encode(encoding))

    return edit


def swap(file: str, one: str, two: str) -> Edit:
    """Exchange the two lines that begin so."""

    def edit(folder: Path) -> None:
        lines = (folder / file).read_text("utf-8").splitlines()
        a, b = (next(n for n, line in enumerate(lines) if line.startswith(s)) for s in (one, two))
        lines[a], lines[b] = lines[b], lines[a]
        (folder / file).write_text("\n".join(lines) + "\n", "utf-8")

    return edit


def reading(patch: str, clauses: str, value: str, name: str = "new") -> Edit:
    return append("readings.csv", f"{name},名{name},{clauses},一,问,甲,乙,{patch},{value}")


def rename(file: str, old: str, new: str) -> Edit:
    """Put something else in the place of a text wherever it stands in a file."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(text.replace(old, new), "utf-8")

    return edit


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for one in edits:
            one(folder)

    return edit


C, S, R, T, Q = "clauses.csv", "sheets.csv", "roster.csv", "rulebook.toml", "readings.csv"
LAST_READING = 19
"""The line of a reading that is added to the twelve."""

SHARES = [
    f"\n[[grades]]\nname = '{name}'\nshare = {share}" for name, share in (("甲", 0.4), ("乙", 0.4))
]

# fmt: off
FAULTS: dict[str, tuple[Edit, str, int | None, str, str]] = {
    # what is wrong: (edit, file, line, clause or key, a word of the reason)
    # files
    "no such file": (lambda f: (f / R).unlink(), R, None, "", "没有这个文件"),
    "a folder for a file": (both(lambda f: (f / Q).unlink(), lambda f: (f / Q).mkdir()),
        Q, None, "", "读不出来"),
    "an empty file": (content(R, b""), R, None, "", "没有内容"),
    "nothing but a header": (content(R, b"unit,short_names,email\n"), R, None, "", "没有内容"),
    "UTF-16": (encoded(R, "utf-16"), R, 1, "", "UTF-8"),
    "a quote that never ends": (replace(R, "\n召陵区工商联,", '\n"召陵区工商联,'),
        R, 7, "", "引号"),
    "a column too many": (replace(C, "id,section,label", "x,id,section,label"), C, 1, "", "多出 x"),
    "a column too few": (replace(R, "unit,short_names,email", "unit,short_names"),
        R, 1, "", "缺少 email"),
    "a column twice": (replace(R, "unit,short_names,email", "unit,unit,short_names,email"),
        R, 1, "", "重复 unit"),
    "a cell too many": (replace(R, "舞阳县;舞阳,", "舞阳县,舞阳,,x"), R, 2, "舞阳县工商联", "多了"),
    "a cell too few": (replace(R, "源汇区工商联,源汇区;源汇,", "源汇区工商联,源汇区;源汇"),
        R, 4, "源汇区工商联", "少了 1 格"),
    "a line break inside a cell": (replace(C, "《中国工商》征订任务", '"《中国工商》\n征订任务"'),
        C, 12, "一.8b", "换行"),
    "TOML that is none": (replace(T, "copies = 5", "copies 5"), T, 6, "", "应写成"),
    "TOML without an end": (replace(T, 'key_section = "九"', 'key_section = "九'),
        T, 11, "", "应写成"),
    # rulebook.toml
    "no year": (drop(T, "year"), T, None, "year", "没有写"),
    "a year in words": (replace(T, "year = 2015", 'year = "今年"'), T, None, "year", "整数"),
    "another year than its dates": (replace(T, "year = 2015", "year = 2019"),
        T, None, "year", "年份不符"),
    "no such day": (replace(T, "deadline = 2015-12-30", "deadline = 2015-02-30"), T, 5, "", "写"),
    "a day in words": (replace(T, "first_day = 2015-01-01", 'first_day = "年初"'),
        T, None, "first_day", "日期"),
    "the deadline before the first day": (
        replace(T, "deadline = 2015-12-30", "deadline = 2014-12-30"),
        T, None, "deadline", "晚于",
    ),
    "the deadline on the first day": (replace(T, "deadline = 2015-12-30", "deadline = 2015-01-01"),
        T, None, "deadline", "晚于"),
    "shares that do not rise": (append(T, *SHARES), T, None, "grades", "逐等升高"),
    "no copies": (replace(T, "copies = 5", "copies = 0"), T, None, "copies", "小于 1"),
    "an entry that nothing knows": (replace(T, "copies = 5", "copies = 5\ncolour = 1"),
        T, None, "colour", "不认识"),
    "clauses in the wrong file": (replace(T, "copies = 5", "copies = 5\nclauses = []"),
        T, None, "clauses", "不认识"),
    "a fingerprint by hand": (replace(T, "copies = 5", 'copies = 5\nfingerprint = "x"'),
        T, None, "fingerprint", "不认识"),
    "an unknown key section": (replace(T, 'key_section = "九"', 'key_section = "十九"'),
        T, None, "key_section", "十九"),
    "an award by an unknown section": (replace(T, 'basis = "九"', 'basis = "二十"'),
        T, None, "重点工作先进单位", "二十"),
    "an award by another section": (replace(T, 'basis = "九"', 'basis = "十九"'),
        T, None, "重点工作先进单位", "十九"),
    "an award without a section": (replace(T, 'basis = "九"', 'basis = ""'),
        T, None, "basis", "不能空着"),
    "a tie by nothing": (replace(T, "copies = 5", 'copies = 5\ntie = ["九", "二十"]'),
        T, None, "tie", "二十"),
    "a tie by what is equal": (replace(T, "copies = 5", 'copies = 5\ntie = "总分"'),
        T, None, "tie", "total"),
    "an award for nobody": (replace(T, 'basis = "九"', 'basis = "九"\nfor = ["山区"]'),
        T, None, "重点工作先进单位", "山区"),
    "an award twice": (replace(T, 'name = "重点工作先进单位"', 'name = "先进单位"'),
        T, None, "先进单位", "重复"),
    "an empty word for empty evidence": (replace(T, '"暂无"', '""'),
        T, None, "empty_evidence", "不能空着"),
    "a word for empty evidence twice": (replace(T, '"暂无"', '"无"'),
        T, None, "empty_evidence", "重复"),
    "a bar in empty evidence": (replace(T, '"暂无"', '"a|b"'), T, None, "empty_evidence", "|"),
    "a synonym for nothing": (replace(T, '"工商业联合会" =', '"" ='), T, None, "unit_synonyms", ""),
    # sheets.csv
    "an unknown role": (replace(S, "活动培训,地点,info", "活动培训,地点,place"),
        S, 5, "活动培训", "只能写"),
    "a width that is none": (replace(S, "活动培训,地点,info,18", "活动培训,地点,info,宽"),
        S, 5, "活动培训", "应是数"),
    "no width at all": (replace(S, "活动培训,地点,info,18", "活动培训,地点,info,0"),
        S, 5, "活动培训", "大于 0"),
    "a header twice": (replace(S, "活动培训,地点,", "活动培训,参加 人数：,"),
        S, 6, "活动培训", "重复"),
    "a sheet with two names": (replace(S, "活动培训,地点,", "活动 培训,地点,"),
        S, 5, "活动 培训", "重复"),
    "a sheet without a title": (drop(S, "宣传信息,标题"), S, 19, "宣传信息", "title"),
    "two dates on a sheet": (replace(S, "活动培训,地点,info", "活动培训,地点,date"),
        S, 2, "活动培训", "date"),
    "two columns of words": (replace(S, "宣传信息,媒体或刊物,info", "宣传信息,媒体或刊物,words"),
        S, 19, "宣传信息", "words"),
    "a base without a done": (replace(S, "指标任务,完成数,done", "指标任务,完成数,info"),
        S, 27, "指标任务", "同时有"),
    "a sheet named as the cover": (
        both(rename(S, "专项工作", "封面"), rename(C, "专项工作", "封面")),
        S, 35, "封面", "自带",
    ),
    "a sheet name that no program takes": (
        both(rename(S, "专项工作", "专项/工作"), rename(C, "专项工作", "专项/工作")),
        S, 35, "专项/工作", "最长",
    ),
    "a header without Chinese": (replace(S, "活动培训,地点,", "活动培训,row,"),
        S, 5, "活动培训", "中文"),
    "evidence here and a remark there": (
        replace(S, "调研参政,采用或批示单位,info", "调研参政,统计报表,info"),
        S, 24, "宣传信息", "佐证",
    ),
    "a sheet without a clause": (
        append(S, "空表,条款,clause,10,,选", "空表,名称,title,10,,填", "空表,日期,date,10,,填"),
        C, None, "空表", "没有一条",
    ),
    # clauses.csv
    "an unknown measure": (
        replace(
            C,
            "一.1,一 宣传教育工作,十八届四中全会精神专题学习活动（2次以上）,活动培训,count",
            "一.1,一 宣传教育工作,学习,活动培训,mean",
        ),
        C,
        2,
        "一.1",
        "measure",
    ),
    "bands that do not rise": (replace(C, "1:1|600:2", "600:2|1:1"), C, 9, "一.7", "升高"),
    "percent signs left out": (replace(C, "growth,0.07:3,", "growth,70:3,"),
        C, 35, "五.1a", "80% 写 0.8"),
    "one floor twice": (replace(C, "1:1|600:2", "1:1|1:2"), C, 9, "一.7", "升高"),
    "a band without a floor": (replace(C, "1:1|600:2", "1:1|2"), C, 9, "一.7", "下限:分值"),
    "bands in words": (replace(C, "1:1|600:2", "多:1"), C, 9, "一.7", "下限:分值"),
    "points that are no number": (replace(C, "1:1|600:2", "1:nan"), C, 9, "一.7", "下限:分值"),
    "points without end": (replace(C, "1:1|600:2", "1:inf"), C, 9, "一.7", "下限:分值"),
    "a floor divided by nothing": (replace(C, "1:1|600:2", "1/0:1"), C, 9, "一.7", "下限:分值"),
    "a floor beyond all numbers": (replace(C, "1:1|600:2", "1:1|1e400:2"),
        C, 9, "一.7", "下限:分值"),
    "no bands": (replace(C, "words,1:1|600:2", "words,"), C, 9, "一.7", "下限:分值"),
    "bands that pay nothing": (replace(C, "1:1|600:2", "1:0"), C, 9, "一.7", "什么也不计"),
    "a claim that would need two": (
        replace(C, "信息获主要领导批示（每条）,宣传信息,each,1:5", "批示,宣传信息,each,2:5"),
        C, 54, "八.3", "1:分值",
    ),
    "half an event": (
        replace(C, "专题学习活动（2次以上）,活动培训,count,2:3", "学习,活动培训,count,1.5:3"),
        C, 2, "一.1", "整数",
    ),
    "points for nothing": (
        replace(C, "专题学习活动（2次以上）,活动培训,count,2:3", "学习,活动培训,count,0:3"),
        C, 2, "一.1", "总会达到",
    ),
    "less than nothing": (replace(C, "0:-5|0.8:0|1:10", "-1:-5|0.8:0|1:10"),
        C, 59, "十.1", "不会小于 0"),
    "an unknown sheet": (
        replace(
            C,
            "五.1d,五 会员组织工作,会员组织统计报表按时上报,专项工作",
            "五.1d,五 会员组织工作,会员组织统计报表按时上报,报表",
        ),
        C,
        38,
        "五.1d",
        "没有名为",
    ),
    "evidence without a column": (
        replace(
            C,
            "直通车稿件上报（每篇）,调研参政,each,1:2,证明材料",
            "直通车稿件上报（每篇）,调研参政,each,1:2,统计报表",
        ),
        C,
        31,
        "四.1a",
        "没有佐证列",
    ),
    "a remark as evidence": (
        replace(
            C,
            "直通车稿件上报（每篇）,调研参政,each,1:2,证明材料",
            "直通车稿件上报（每篇）,调研参政,each,1:2,备注",
        ),
        C,
        31,
        "四.1a",
        "没有佐证列",
    ),
    "evidence twice": (
        replace(
            C,
            "稿件上报（每篇）,调研参政,each,1:2,证明材料",
            "稿件,调研参政,each,1:2,证明材料;证明材料",
        ),
        C,
        31,
        "四.1a",
        "重复",
    ),
    "a clause twice": (replace(C, "\n一.2b,", "\n一.2a,"), C, 4, "一.2a", "与第3行重复"),
    "a clause twice, written wide": (replace(C, "\n一.2b,", "\n一.２ａ,"),
        C, 4, "一.２ａ", "与第3行"),
    "an id that looks like a number": (replace(C, "\n一.2b,", "\n1.2,"), C, 4, "1.2", "开头"),
    "an id of another section": (replace(C, "\n一.2b,", "\n二.2b,"), C, 4, "二.2b", "开头"),
    "an id that formulas take for more": (replace(C, "\n一.2b,", "\n一.*,"), C, 4, "一.*", "字母"),
    "no label": (
        replace(
            C, "一.2b,一 宣传教育工作,理想信念教育：政企对话等长效机制,", "一.2b,一 宣传教育工作,,"
        ),
        C,
        4,
        "一.2b",
        "label",
    ),
    "no source": (replace(C, "次,,,,,,一（一）6", "次,,,,,,"), C, 8, "一.6", "source"),
    "no noun": (replace(C, "通知;方案;现场照片;总结,期,", "通知;方案;现场照片;总结,,"),
        C, 6, "一.4", "noun"),
    "an unknown section": (replace(C, "一.2b,一 宣传教育工作", "一.2b,一 宣教工作"),
        C, 4, "一.2b", "两个部分"),
    "a section without a name": (replace(C, "一.2b,一 宣传教育工作", "一.2b,一"),
        C, 4, "一.2b", "空格"),
    "a section with a plain number": (replace(C, "一.2b,一 宣传教育工作", "1.2b,1 宣传教育工作"),
        C, 4, "1.2b", "中文编号"),
    "a section in two places": (swap(C, "一.8b,", "二.1a,"), C, 12, "一.8b", "写在一起"),
    "words without a column": (
        replace(
            C, "组织民企赴省外学习、考察、参展（每次）,活动培训,each,1:5", "出省,活动培训,words,1:5"
        ),
        C,
        12,
        "二.1a",
        "要用的列",
    ),
    "growth on a sheet of events": (
        replace(
            C,
            "七.1,七 商会建设工作,与民政部门沟通联系制度,专项工作,count,1:2",
            "七.1,七 商会建设工作,制度,专项工作,growth,1:2",
        ),
        C,
        46,
        "七.1",
        "base",
    ),
    "events on a sheet of figures": (
        replace(
            C,
            "《中国工商》征订任务,指标任务,ratio,1:2,证明材料,,征订任务数,实际征订数,",
            "征订,指标任务,count,1:2,证明材料,份,,,",
        ),
        C,
        11,
        "一.8b",
        "不能在表",
    ),
    "figures without names": (
        replace(
            C,
            "《中国工商》征订任务,指标任务,ratio,1:2,证明材料,,征订任务数,实际征订数",
            "征订,指标任务,ratio,1:2,证明材料,,征订任务数,",
        ),
        C,
        11,
        "一.8b",
        "base 与 done",
    ),
    "names of figures that are none": (
        replace(C, "通知;方案;现场照片;总结,期,,", "通知;方案;现场照片;总结,期,任务数,"),
        C, 6, "一.4", "应留空",
    ),
    "capped without figures": (
        replace(C, "通知;方案;现场照片;总结,期,,,,", "通知;方案;现场照片;总结,期,,,是,"),
        C, 6, "一.4", "应留空",
    ),
    "capped in other words": (replace(C, "应到人次,实到人次,是,", "应到人次,实到人次,对,"),
        C, 59, "十.1", "是"),
    "office figures without figures": (
        replace(C, "通知;方案;现场照片;总结,期,,,,", "通知;方案;现场照片;总结,期,,,,replaces"),
        C, 6, "一.4", "replaces",
    ),
    "titles of figures confirmed": (
        replace(C, "应到人次,实到人次,是,replaces", "应到人次,实到人次,是,confirms"),
        C, 59, "十.1", "confirms",
    ),
    "an unknown part of the office": (
        replace(C, "应到人次,实到人次,是,replaces", "应到人次,实到人次,是,yes"),
        C, 59, "十.1", "office",
    ),
    "a clause of a reading gone": (drop(C, "二.1b,"), Q, 6, "guest-visits", "没有条款 二.1b"),
    # roster.csv
    "a unit twice": (append(R, "舞阳县 工商联,舞县,"), R, 8, "舞阳县工商联", "与第2行重复"),
    "a short name of another unit": (replace(R, "临颍县;临颍", "临颍县;舞阳"),
        R, 3, "", "与第2行重复"),
    "a short name behind a place": (replace(R, "临颍县;临颍", "临颍县;漯河市舞阳"),
        R, 3, "", "与第2行重复"),
    "a short name twice": (replace(R, "临颍县;临颍", "临颍县;临颍县"),
        R, 3, "临颍县工商联", "重复"),
    "a name that is read otherwise": (append(R, "新区工商业联合会,新区,"),
        R, 8, "新区工商业联合会", "工商联"),
    "a name that Windows forbids": (append(R, "aux,新区,"), R, 8, "aux", "Windows"),
    "a sign that Windows forbids": (append(R, "新区:工商联,新区,"), R, 8, "新区:工商联", "Windows"),
    "no name": (append(R, ",新区,x@example.com"), R, 8, "", "不能空着"),
    "an address that is none": (replace(R, "舞阳县;舞阳,", "舞阳县;舞阳,电话"),
        R, 2, "舞阳县工商联", "邮箱"),
    "two addresses in one": (replace(R, "舞阳县;舞阳,", '舞阳县;舞阳,"a@b.cn,c@d.cn"'),
        R, 2, "舞阳县工商联", "邮箱"),
    # readings.csv
    "an unknown patch": (reading("halve", "四.1a", "2"), Q, LAST_READING, "new", "patch"),
    "an unknown clause": (reading("measure", "四.9", "each"), Q, LAST_READING, "new", "四.9"),
    "no clause": (reading("measure", "", "each"), Q, LAST_READING, "new", "哪些条款"),
    "a reading twice": (reading("measure", "六.1", "each", "Guest-Visits"),
        Q, LAST_READING, "Guest-Visits", "重复"),
    "a clause twice in a reading": (reading("exclusive", "三.1a;三.1a", ""),
        Q, LAST_READING, "new", "重复"),
    "a name of two words": (reading("measure", "六.1", "each", "two words"),
        Q, LAST_READING, "two words", "空格"),
    "a name like an option": (reading("measure", "六.1", "each", "--strict"),
        Q, LAST_READING, "--strict", "-"),
    "both senses the same": (append(Q, "new,名,六.1,一,问,甲,甲,measure,each"),
        Q, LAST_READING, "new", "一样"),
    "no question": (append(Q, "new,名,六.1,一,,甲,乙,measure,each"),
        Q, LAST_READING, "new", "question"),
    "all clauses for one": (reading("bands", "all", "1:2"), Q, LAST_READING, "new", "all"),
    "one clause for all": (reading("deadline", "一.1", "inclusive"), Q, LAST_READING, "new", "all"),
    "the bands it has": (reading("bands", "六.1", "1:3"), Q, LAST_READING, "new", "什么也不改变"),
    "the bands that one of two has": (reading("bands", "六.1;六.2;七.1", "1:2"),
        Q, LAST_READING, "new", "七.1"),
    "bands of another kind": (reading("bands", "三.1a", "2:4"), Q, LAST_READING, "new", "1:分值"),
    "bands that do not rise in a reading": (reading("bands", "六.1", "3:1|1:2"),
        Q, LAST_READING, "new", "升高"),
    "the measure it has": (reading("measure", "六.1", "count"),
        Q, LAST_READING, "new", "什么也不改变"),
    "an unknown measure in a reading": (reading("measure", "六.1", "twice"),
        Q, LAST_READING, "new", "只能写"),
    "a count of figures": (reading("measure", "五.1a", "count"), Q, LAST_READING, "new", "growth"),
    "words by the piece": (reading("measure", "一.7", "each"), Q, LAST_READING, "new", "words"),
    "objects that need not be named": (reading("measure", "三.1a", "distinct"),
        Q, LAST_READING, "new", "distinct"),
    "each of what takes two": (reading("measure", "一.1", "each"),
        Q, LAST_READING, "new", "1:分值"),
    "one only, of what is paid once": (reading("exclusive", "六.1;三.1a", ""),
        Q, LAST_READING, "new", "六.1"),
    "one only, with a value": (reading("exclusive", "三.1a;三.1b", "三.1a"),
        Q, LAST_READING, "new", "留空"),
    "way for a stranger": (reading("yields", "三.1a;三.1b", "三.1c"),
        Q, LAST_READING, "new", "value"),
    "way for itself": (reading("yields", "三.1a", "三.1a"), Q, LAST_READING, "new", "value"),
    "way for figures": (reading("yields", "三.1a;五.1a", "五.1a"), Q, LAST_READING, "new", "五.1a"),
    "an overlap with nothing": (reading("overlap", "六.1", "六.1"),
        Q, LAST_READING, "new", "value"),
    "nothing for no figures": (reading("absent", "五.1a", "0"),
        Q, LAST_READING, "new", "什么也不改变"),
    "points in words": (reading("absent", "五.1a", "五"), Q, LAST_READING, "new", "分值"),
    "points without end in a reading": (reading("absent", "五.1a", "-inf"),
        Q, LAST_READING, "new", "分值"),
    "absence of what cannot be absent": (reading("absent", "六.1", "-5"),
        Q, LAST_READING, "new", "什么也不改变"),
    "evidence of another kind": (
        both(drop(Q, "evidence-partial"), reading("evidence", "all", "none")),
        Q, 18, "new", "any",
    ),
    "another day": (both(drop(Q, "deadline-day"), reading("deadline", "all", "later")),
        Q, 18, "new", "inclusive"),
    # readings that contradict each other
    "two bands for one clause": (reading("bands", "一.7", "1:1|800:2"),
        Q, LAST_READING, "new", "words-600"),
    "two measures for one clause": (reading("measure", "二.1b", "count"),
        Q, LAST_READING, "new", "guest-visits"),
    "two fates for no figures": (reading("absent", "十.1", "-3"),
        Q, LAST_READING, "new", "attendance-blank"),
    "one only, twice": (reading("exclusive", "八.3;三.1d", ""),
        Q, LAST_READING, "new", "info-stacking"),
    "the deadline twice": (reading("deadline", "all", "inclusive"),
        Q, LAST_READING, "new", "deadline-day"),
    "the evidence twice": (reading("evidence", "all", "any"),
        Q, LAST_READING, "new", "evidence-partial"),
    "nothing left of one only": (reading("exclusive", "四.1a;三.1d", ""),
        Q, LAST_READING, "new", "adopted-articles"),
    "bands for another measure": (reading("bands", "二.1b", "1:4"),
        Q, LAST_READING, "new", "guest-visits"),
    "two overlaps in a ring": (reading("overlap", "七.5;五.2b", "五.2b"),
        Q, LAST_READING, "new", "database-overlap"),
}
# fmt: on
