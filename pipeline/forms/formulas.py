"""Pieces of spreadsheet formulas that Excel, WPS and LibreOffice all know, element by element.

They stand inside array formulas: no AND, OR, IFERROR or IFS, which old programs lack or which fold
an array into one value. Every function takes and gives formula text.
"""

from collections.abc import Iterable

_BLANKS = (" ", "　")
_WIDE_DIGITS = tuple((chr(0xFF10 + n), str(n)) for n in range(10))
_CHINESE_DIGITS = tuple((c, "0") for c in "\u3007○零") + tuple(
    (c, str(n)) for n, c in enumerate("一二三四五六七八九", start=1)
)
_TENS = (
    ("至十月", "至10月"), ("至十", "至1"), ("年十月", "年10月"), ("年十", "年1"),
    ("月十日", "月10日"), ("月十号", "月10号"), ("月十", "月1"), ("十日", "0日"), ("十号", "0号"),
    ("十", ""),
)  # fmt: skip
_GAPS = ((" 年", "年"), ("年 ", "年"), (" 月", "月"), ("月 ", "月"), (" 日", "日"), (" 号", "号"))
_PERIODS = (
    ("第", ""), ("1季度", "1-3月"), ("2季度", "4-6月"), ("3季度", "7-9月"), ("4季度", "10-12月"),
    ("上半年", "1-6月"), ("下半年", "7-12月"),
)  # fmt: skip
_MONTH_BREAKS = tuple((c, "-") for c in "至到、–—~～－")
_GOES_ON = "".join(chr(n) for n in range(33, 127) if chr(n).isalnum() or chr(n) == ".")
_GOES_ON += "".join(chr(ord(c) + 0xFEE0) for c in _GOES_ON)
"""What may not stand behind an id: it would be another."""
_DAY_BREAKS = tuple((c, "-") for c in "年月/／.．。–—\u2212－")
_TO = "至到、～"
_AFTER_DAY = " 日号T至到、~～-(（上下中晚凌全星周礼"
"""What may follow the number of the day: a time, a weekday, the end of a range."""
_COUNTED = ("人次", *"字人名家份个次篇户期场项条件位所处")
_DECORATION = (",", "，", "(", ")", "（", "）")


def quote(text: str) -> str:
    """A text constant."""
    return '"' + text.replace('"', '""') + '"'


def replace(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    """SUBSTITUTE, pair by pair."""
    for old, new in pairs:
        text = f"SUBSTITUTE({text},{quote(old)},{quote(new)})"
    return text


def without(text: str, words: Iterable[str]) -> str:
    """A text without these words."""
    return replace(text, ((word, "") for word in words))


def unspaced(text: str) -> str:
    """A text without blanks and line breaks."""
    return f'SUBSTITUTE({without(text, _BLANKS)},CHAR(10),"")'


def safe(cells: str, formula: str) -> str:
    """A formula over cells in which an error value counts as empty."""
    return f'IF(ISERROR({cells}),"",{formula})'


def narrow_ids(text: str, ids: Iterable[str]) -> str:
    """The full-width forms of those ASCII characters that ids are made of, as ASCII."""
    chars = sorted({c for name in ids for c in name if "!" <= c <= "~"})
    return replace(text, ((chr(ord(c) + 0xFEE0), c) for c in chars))


def within(text: str, packed: str) -> str:
    """Whether a packed string (`|a|b|`) holds a text whole."""
    return f'ISNUMBER(FIND("|"&{text}&"|",{packed}))'


def starts_with_id(text: str, ids: Iterable[str], listed: str) -> str:
    """The longest id that a text begins with and that ends there, or ''; `listed` holds them."""
    formula = '""'
    for length in sorted({len(name) for name in ids}):
        head, behind = f"LEFT({text},{length})", f"MID({text},{length + 1},1)"
        ends = f"((LEN({behind})=0)+ISERROR(FIND({behind},{quote(_GOES_ON)}))>0)"
        formula = f"IF(ISNUMBER(MATCH({head},{listed},0))*{ends},{head},{formula})"
    return formula


def date_steps(cells: str, end: int, *, until: bool) -> list[tuple[str, str]]:
    """The steps that read dates, as (heading, formula) with `{name}` for the step so headed.

    The last, `日期`, is a serial number, 0 where nothing usable stands. Read are date cells,
    serials, eight digits, and year, month, day with any usual separator and digits; of a range,
    of months, quarters and halves the first day, or their last where it is not before `end` (a
    serial number). With `until` a whole year is its last day, and 截至 is skipped.
    """
    written = replace(f'TRIM(SUBSTITUTE({cells},"　"," "))', _WIDE_DIGITS)
    if until:
        written = replace(written, [("截至", ""), ("截止", ""), ("年全年", "年")])
    plain = safe(cells, f'IF(ISNUMBER({cells}),TEXT(INT({cells}),"0"),{written})')
    dashed = replace(replace("{期间}", _DAY_BREAKS), [("- ", "-"), (" -", "-")])
    eight = 'LEFT({横线},4)&"-"&MID({横线},5,2)&"-"&RIGHT({横线},2)'
    month = 'IF(MID({月起},2,1)="-",LEFT({月起},1),IF(MID({月起},3,1)="-",LEFT({月起},2),"?"))'
    second = "MID({日起},2,1)"
    digit = f'(LEN({second})>0)*ISNUMBER(FIND({second}&"|","0|1|2|3|4|5|6|7|8|9|"))'
    made = "DATE(VALUE(LEFT({八位},4)),VALUE({月}),VALUE({日}))"
    after = "MID({日起},LEN({日})+1,1)"  # or nothing: programs differ on finding that
    behind = f"((LEN({after})=0)+ISNUMBER(FIND({after},{quote(_AFTER_DAY)}))>0)"
    real = f"({made}>0)*(DAY({made})=VALUE({{日}}))*(MONTH({made})=VALUE({{月}}))*{behind}"
    serial = 'ISNUMBER(VALUE({横线}))*(LEN({横线})=5)*ISERROR(FIND("-",{横线}))'
    eight_digits = 'ISNUMBER(VALUE({横线}))*(LEN({横线})=8)*ISERROR(FIND("-",{横线}))'
    by_day = f"IF({serial},VALUE({{横线}}),IF(ISERROR({real}),0,IF({real},{made},0)))"
    period, months, month_span = _period_steps(end, until)
    within_time = f"IF({{尾日}}>={end},{{尾日}},{{首日}})"
    day = f"IF(({{首日}}=0)+({{尾日}}<{{首日}})>0,0,{within_time})"
    return [
        ("文字", plain),
        ("数字", replace(replace("{文字}", _CHINESE_DIGITS), _GAPS)),
        ("十", replace("{数字}", _TENS)),
        period,
        ("横线", dashed),
        ("八位", f"IF({eight_digits},{eight},{{横线}})"),
        ("月起", 'IF(MID({八位},5,1)="-",MID({八位},6,60),"")'),
        *months,
        ("月", month),
        ("日起", "MID({月起},LEN({月})+2,60)"),
        ("日", f"LEFT({{日起}},1+{digit})"),
        ("首日", by_day),
        *_last_day_steps(),
        ("日期", month_span.replace("{else}", day)),
    ]


def _last_day_steps() -> list[tuple[str, str]]:
    """The steps that find the last day of a range of days: the only day where it is none."""
    behind = without("MID({日起},LEN({日})+1,60)", "日号")
    for sign in _TO:  # the blanks beside it are taken away
        behind = replace(behind, [(sign, "~"), (" ~", "~"), ("~ ", "~")])
    after = 'IF(LEFT({日后},1)="-",MID({日后},2,60),"")'
    after = f'IF(ISNUMBER(FIND("~",{{日后}})),MID({{日后}},FIND("~",{{日后}})+1,60),{after})'
    bare = 'IF(LEFT({止},1)="-",MID({止},2,60),LEFT({止},FIND(" ",{止}&" ")-1))'
    whole = 'IF(MID({末},5,1)="-",{末},LEFT({八位},5)&IF(ISERROR(FIND("-",{末})),{月}&"-","")&{末})'
    # one sign that parts both year, month, day and the two days says neither
    sign = 'LEN({期间})-LEN(SUBSTITUTE({期间},MID({期间},5,1),""))>2+ISNUMBER(FIND("-",{末}))'
    unclear = f'(LEFT({{日后}},1)="-")*(MID({{末}},5,1)<>"-")*({sign})'
    value = f"IF(ISERROR(DATEVALUE({{全}})),0,IF({unclear},0,DATEVALUE({{全}})))"
    return [
        ("日后", behind),
        ("止", after),
        ("末", bare),
        ("全", whole),
        ("尾日", f'IF({{末}}="",{{首日}},{value})'),
    ]


def _period_steps(end: int, until: bool) -> tuple[tuple[str, str], list[tuple[str, str]], str]:
    """The step that spells quarters as months, those that find the first and last month, and the
    formula of the day that they give; `{else}` in it stands for what is no span of months."""
    whole_year = '(LEN({数字})=5)*(RIGHT({数字},1)="年")'
    period = replace("{十}", _PERIODS)
    if until:
        period = f'IF({whole_year},{{数字}}&"12月31日",{period})'
    inner = without("MID({期间},6,30)", ("月",))
    months = (
        f'IF((MID({{期间}},5,1)="年")*(RIGHT({{期间}},1)="月"),{replace(inner, _MONTH_BREAKS)},'
        'IF((LEN({月起})<3)*ISERROR(FIND("-",LEFT({八位},4))),{月起},""))'
    )
    first = 'IF(ISERROR(FIND("-",{月份})),{月份},LEFT({月份},FIND("-",{月份})-1))'
    last = 'IF(ISERROR(FIND("-",{月份})),{月份},MID({月份},FIND("-",{月份})+1,9))'
    known = quote("|" + "".join(f"{n}|" for n in range(1, 13)) + "01|02|03|04|05|06|07|08|09|")
    both = f"{within('{首月}', known)}*{within('{末月}', known)}"
    year = "VALUE(LEFT({期间},4))"
    begins, ends = f"DATE({year},VALUE({{首月}}),1)", f"DATE({year},VALUE({{末月}})+1,0)"
    span = f"IF({ends}<{begins},0,IF({ends}>={end},{ends},{begins}))"
    steps = [("月份", months), ("首月", first), ("末月", last)]
    return ("期间", period), steps, f"IF({both},IF(ISERROR({span}),0,{span}),{{else}})"


def count_steps(cells: str) -> list[tuple[str, str]]:
    """The steps that read whole numbers, as `date_steps`; the last, `整数`, is -1 where none is."""
    bare = without(unspaced(replace(cells, _WIDE_DIGITS)), _DECORATION)
    value = "VALUE({数})"
    # VALUE would read these as dates, times or shares
    other = "+".join(f"ISNUMBER(FIND({quote(mark)},{{数}}))" for mark in "-/:%")
    written = f"ISERROR({value})+{other}"
    near = f"(ABS({value}-ROUND({value},0))<=ABS({value})/1000000000)"
    return [
        ("数字", safe(cells, bare)),
        ("数", without("{数字}", _COUNTED)),
        ("整数", f"IF({written},-1,IF({near},ROUND({value},0),-1))"),
    ]


def by_bands(reaches: Iterable[tuple[str, str]]) -> str:
    """Nested IF over (condition, points) from the lowest band up; 0 where none is reached."""
    formula = "0"
    for condition, points in reaches:
        formula = f"IF({condition},{points},{formula})"
    return formula
