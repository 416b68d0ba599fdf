"""`计分规则.xlsx`: a rulebook folder as a workbook in Chinese, and back.

Which tables and columns there are is said by the rulebook's own models; here they only get
Chinese names. What the program works out (sentences, most points) is written and never read.
"""

import csv
import io
import json
import math
import re
import tempfile
import tomllib
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import xlsxwriter
from pydantic.fields import FieldInfo
from python_calamine import CalamineError, CalamineWorkbook
from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.errors import UserError, reason
from pipeline.keeping.documents import COVERAGE, Coverage, load_coverage
from pipeline.keeping.rulebook_diff import ROLES
from pipeline.rulebook import CLAUSES, FACTS, FILES, SHEETS, TABLES, Fault, Rulebook, RulebookError
from pipeline.rulebook import load_rulebook as load
from pipeline.rulebook.model import CELLS, Facts, Row
from pipeline.rulebook.tables import columns_of, read_cells, read_text
from pipeline.style import BRAND, FONT, GREY_SOFT, INK, LINE, MUTED, WHITE, row_height
from pipeline.text import fold
from pipeline.wording import describe_rule, number

WORKBOOK = "计分规则.xlsx"
GUIDE, GENERAL, MOST = "说明", "一般规定", "满分"
_FOLDER = "写回哪一份规则"
_NEEDED = frozenset(FILES) - {FACTS}
"""Tables without which there is no rulebook."""
_NAMES = {
    CLAUSES: "条款", SHEETS: "工作表", "roster.csv": "单位名册", "readings.csv": "口径",
    "sums.csv": "汇总", COVERAGE: "与办法对照", "awards": "奖项", "grades": "等次",
    "vetoes": "一票否决", "unit_synonyms": "互换写法",
    "id": "编号", "section": "部分", "label": "内容", "sheet": "填在哪张表", "measure": "计法",
    "bands": "计分档", "evidence": "佐证", "noun": "量词", "base": "基数是什么",
    "done": "完成数是什么", "capped": "完成数不能大于基数", "office": "办公室的记录",
    "shared": "各单位共同参加", "source": "依据", "for": "哪些单位", "per": "分别计算",
    "against": "与谁比较", "from": "数取自哪一条", "once": "同题只计一次的组", "by": "由谁记录",
    "header": "表头", "role": "用途", "width": "列宽", "identity": "用来区分同名同日",
    "help": "填写提示", "unit": "单位", "short_names": "也可以写作", "email": "邮箱",
    "group": "分组", "name": "名称", "clauses": "涉及条款", "question": "问题",
    "default": "默认", "alternative": "另一种理解", "patch": "改什么", "value": "改成什么",
    "what": "讲什么", "how": "怎样处理", "where": "备注", "parts": "由哪些相加",
    "least": "最低", "most": "最高", "times": "乘以", "full": "满分", "basis": "按什么评",
    "places": "名额", "share": "占比", "when": "看什么", "below": "低于", "bars": "不能评的",
    "year": "年度", "title": "考核名称", "first_day": "从哪天起", "deadline": "此日之前报送",
    "last_day": "工作截止到哪天", "copies": "纸质材料份数", "key_section": "重点工作是哪一部分",
    "empty_evidence": "等于没有填的写法", "unit_prefixes": "单位名称前可带", "contact": "联系人",
    "phone": "电话", "notified": "结果发函给谁", "tie": "总分相同时先看",
    "written": "写作", "meant": "读作",
}  # fmt: skip
"""File, column or key → what it is called here."""
_WORDS: dict[str, dict[str, str]] = {
    "measure": {
        "each": "每项", "words": "按字数", "count": "数项数", "distinct": "数对象",
        "ratio": "完成比例", "growth": "增长率", "sum": "合计", "difference": "增减数",
        "mark": "评分", "trimmed": "评分（去掉最高最低）",
    },
    "office": {"replaces": "以它为准", "confirms": "用来核对", "records": "只由办公室记录"},
    "role": ROLES,
    "patch": {
        **{name: _NAMES[name] for name in sorted(CELLS)},
        "exclusive": "同题只计一次", "yields": "同题让位", "overlap": "重合不计",
        "absent": "没有数据时", "earlier": "以前年度也算", "evidence": "佐证有一项即可",
        "deadline": "期限当天",
    },
    "value": {"each": "每项", "count": "数项数", "any": "有一项即可", "inclusive": "当天算按期"},
    "clauses": {"all": "全部条款"},
    "how": {"best": "最高的一项"},
    "basis": {"total": "总分"},
    "against": {
        "place": "名次", "place-low": "名次（少者在前）", "best": "最好的", "range": "最低到最高",
        "mean": "平均",
    },
}  # fmt: skip
"""Column → the words of its vocabulary and what they are called here."""
_MADE = ("计分说明（程序算出）", "最多计几分（程序算出）")
_MORE_ROWS = 200
"""Blank rows below a table that have its looks and drop-downs."""
_WIDTHS = {"label": 34, "section": 18, "bands": 26, "evidence": 26, "title": 30, "question": 34,
           "default": 30, "alternative": 34, "help": 44, "clauses": 22, "what": 40, "where": 40,
           "short_names": 24, "source": 18, "parts": 30}  # fmt: skip


@dataclass
class Page:
    """One sheet: the table of a file, or of a key of `rulebook.toml`.

    Attributes:
        columns: by header in the file; None where the rulebook does not know the column.
        rows: cells by header in the file, as text.
        places: the row in the workbook of each of `rows`, from 1.
    """

    file: str
    columns: dict[str, FieldInfo | None]
    rows: list[dict[str, str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


def called(name: str) -> str:
    """The Chinese name of a file, column or key; its own where it has none."""
    return _NAMES.get(name, name)


def _fact(key: str) -> str:
    """The Chinese name of a key of `rulebook.toml`; `office` is a column of the clauses too."""
    return "落款单位" if key == "office" else called(key)


def _kind(column: FieldInfo | None) -> str:
    """`Literal`, `bool`, `int`, `float`, `Fraction`, `date`, `tuple`, `dict`, `rows` or `str`."""
    kind = column.annotation if column else str
    if get_origin(kind) not in (Literal, tuple, dict) and get_args(kind):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return "rows" if isinstance(inner, type) and issubclass(inner, Row) else "tuple"
    return str(getattr(get_origin(kind) or kind, "__name__", "Literal"))


def _pages() -> dict[str, Page]:
    """Every sheet with a table, empty, in the order of the workbook."""
    models: dict[str, type[Row]] = {**TABLES, COVERAGE: Coverage}
    pages = {name: Page(name, dict(columns_of(model))) for name, model in models.items()}
    for key, column in columns_of(Facts).items():
        if _kind(column) == "rows":
            pages[key] = Page(key, dict(columns_of(get_args(column.annotation)[0])))
        elif _kind(column) == "dict":
            pages[key] = Page(key, {"written": None, "meant": None})
    return pages


def _plain_facts() -> dict[str, FieldInfo]:
    """The keys of `rulebook.toml` that stand in one cell."""
    return {k: c for k, c in columns_of(Facts).items() if _kind(c) not in ("rows", "dict")}


# Folder → workbook ---------------------------------------------------------------------------


def _from_folder(folder: Path) -> tuple[dict[str, Any], dict[str, Page]]:
    """What `rulebook.toml` says, and every table as it stands in the folder."""
    facts, pages = tomllib.loads(read_text(folder / FACTS).replace("\r\n", "\n")), _pages()
    for name, page in pages.items():
        if name.endswith(".csv"):
            if (folder / name).exists():
                headers, lines = read_cells(folder / name)
                page.columns |= {new: None for new in headers if new not in page.columns}
                page.rows = [dict(zip(headers, cells, strict=False)) for _, cells in lines]
        elif isinstance(found := facts.get(name, ()), dict):
            page.rows = [{"written": one, "meant": two} for one, two in found.items()]
        else:
            page.rows = [{key: _shown(value) for key, value in row.items()} for row in found]
    return facts, pages


def _shown(value: Any) -> str:
    """A value of `rulebook.toml` as the text of a cell."""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def build_workbook(folder: Path, name: str) -> bytes:
    """A rulebook folder as `计分规则.xlsx`; `name` is what the commands call the folder.

    Raises:
        RulebookError: the rulebook has a fault.
    """
    book = load(folder)
    facts, pages = _from_folder(folder)
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(book.year, 1, 1)})
        writer = _Writer(workbook)
        writer.guide(name)
        plain = _plain_facts()
        rows = [(_fact(key), _shown(facts.get(key, ""))) for key in plain]
        sheet = writer.sheet(GENERAL, {"项目": 26, "内容": 60}, rows, "MC", frozen=1)
        for row, key in enumerate(plain, start=1):
            sheet.write_comment(row, 0, key)
        for page in pages.values():
            writer.table(page, book)
        widths = {"部分": 30, "封顶的最多计": 20, "不封顶的": 70}
        writer.sheet(MOST, widths, _most(book), "MMM")
    return out.getvalue()


class _Writer:
    """Writes the sheets, all in one look: H is a header, C a cell, M what the program made."""

    def __init__(self, workbook: Any) -> None:
        base = {"font_name": FONT, "font_size": 10.5, "font_color": f"#{INK}", "valign": "vcenter",
                "text_wrap": True, "border": 1, "border_color": f"#{LINE}"}  # fmt: skip
        looks: dict[str, dict[str, Any]] = {
            "H": {"bold": True, "font_color": f"#{WHITE}", "bg_color": f"#{BRAND}"},
            "C": {"num_format": "@"},
            "M": {"font_color": f"#{MUTED}", "bg_color": f"#{GREY_SOFT}"},
        }
        self.workbook = workbook
        self.looks = {name: workbook.add_format(base | look) for name, look in looks.items()}

    def guide(self, name: str) -> None:
        """The first sheet: what to do, and which folder it is."""
        sheet = self.workbook.add_worksheet(GUIDE)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 90)
        lines = {
            _FOLDER: name,
            "怎样改": "在各表里直接改、增、删行；灰色的格由程序算出，改了也不起作用。",
            "改完以后": f"保存并关闭，运行 make rulebook FROM={WORKBOOK}：有错会指出在哪一格，"
            "没有错才写回规则文件夹。",
            "看新的说明": "写回以后再运行一次 make rulebook-workbook，灰色的格就按新规则重算。",
            "计分档": "写作 下限:分值，几档之间用 | 隔开，下限从低到高；到了哪一档就计哪一档的分。",
            "几项并列": "佐证、涉及条款、也可以写作等，几项之间用分号隔开。",
        }
        for row, cells in enumerate(lines.items()):
            self.line(sheet, row, cells, "HC")

    def line(self, sheet: Any, row: int, texts: Sequence[str], looks: str) -> None:
        """One row of cells, each with its look."""
        for at, (text, look) in enumerate(zip(texts, looks, strict=True)):
            sheet.write_string(row, at, text, self.looks[look])

    def sheet(
        self,
        title: str,
        widths: Mapping[str, float],
        rows: Iterable[Sequence[str]],
        looks: str,
        frozen: int = 2,
    ) -> Any:
        """A sheet with a table: the widths of its columns by header, and what stands below."""
        sheet = self.workbook.add_worksheet(title)
        for at, (header, width) in enumerate(widths.items()):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, header, self.looks["M" if header in _MADE else "H"])
        for row, texts in enumerate(rows, start=1):
            self.line(sheet, row, texts, looks)
        sheet.freeze_panes(1, frozen)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def table(self, page: Page, book: Rulebook) -> None:
        """A page; beside the clauses what follows from each."""
        widths = {called(name): float(_WIDTHS.get(name, 14)) for name in page.columns}
        rows = [
            [_words(name, cells).get(text := cells.get(name, ""), text) for name in page.columns]
            for cells in page.rows
        ]
        heights = [row_height(zip(texts, widths.values(), strict=True)) for texts in rows]
        looks = "C" * len(widths)
        if page.file == CLAUSES:
            widths |= dict.fromkeys(_MADE, 40.0)
            looks += "MM"
            for texts, clause in zip(rows, book.clauses, strict=True):
                endless = math.isinf(clause.most)
                texts += [describe_rule(clause), "不封顶" if endless else number(clause.most)]
        sheet = self.sheet(called(page.file), widths, rows, looks)
        for row, height in enumerate(heights, start=1):
            sheet.set_row(row, height)
        last = len(rows) + _MORE_ROWS
        for at, (name, column) in enumerate(page.columns.items()):
            if called(name) != name:
                sheet.write_comment(0, at, name)
            for row in range(len(rows) + 1, last + 1):
                sheet.write_blank(row, at, None, self.looks["C"])
            if choice := _choice(name, column, page, book):
                sheet.data_validation(
                    1, at, last, at,
                    {"validate": "list", "source": choice, "error_type": "warning",
                     "error_title": "请核对", "error_message": "下拉列表里没有这个写法"},
                )  # fmt: skip


def _most(book: Rulebook) -> Iterator[tuple[str, str, str]]:
    """What can be earned at most: each section, each sum, and the whole."""
    rows = [(name, book.members(key)) for name, key in book.sections.items()]
    rows += [(row.name, [row.name]) for row in book.sums]
    for name, members in [*rows, ("合计", book.items)]:
        ends = [book.most[one] for one in members if math.isfinite(book.most[one])]
        yield name, number(sum(ends)), "、".join(m for m in members if math.isinf(book.most[m]))


def _choice(name: str, column: FieldInfo | None, page: Page, book: Rulebook) -> list[str]:
    """The drop-down list of a column, or nothing."""
    kind = _kind(column)
    if kind == "Literal" and column is not None:
        words = _words(name, {})
        return [words.get(word, word) for word in get_args(column.annotation) if word]
    if kind == "bool":
        return ["是"]
    return [sheet.name for sheet in book.sheets] if name == "sheet" and page.file == CLAUSES else []


def _words(name: str, row: Mapping[str, str]) -> dict[str, str]:
    """The vocabulary of a column; what a reading puts into a cell has the cell's."""
    cell = _WORDS.get(row.get("patch", ""), {}) if name == "value" else {}
    return {**_WORDS.get(name, {}), **cell}


# Workbook → folder ---------------------------------------------------------------------------


def read_workbook(path: Path) -> tuple[str, dict[str, Any], dict[str, Page], list[str]]:
    """`计分规则.xlsx` → the folder that it was made from (a year, or a path), `rulebook.toml`, the
    tables, faults of single cells; UserError where it is no such workbook.
    """
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
        grids = {fold(name): book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                 for name in book.sheet_names}  # fmt: skip
    except (CalamineError, OSError) as error:
        why = reason(error) if isinstance(error, OSError) else "不是能打开的工作簿"
        raise UserError(f"{path} 读不出来：{why}") from error
    pages, faults, known = _pages(), list[str](), columns_of(Facts)
    for page in pages.values():
        faults += _fill(page, grids.get(fold(called(page.file))))
    name = next((_text(r[1]) for r in grids.get(fold(GUIDE), []) if r[0] == _FOLDER), "")
    general = {_text(row[0]): row[1] for row in grids.get(fold(GENERAL), [])[1:]}
    if not general:
        raise UserError(f"{path} 里没有“{GENERAL}”表，不是 make rulebook-workbook 做出的工作簿")
    facts: dict[str, Any] = {}
    for key, column in _plain_facts().items():
        text = _text(general.get(_fact(key), ""))
        if text or (column.is_required() and _kind(column) == "tuple"):
            facts[key] = _typed(text, column)
    for key, page in pages.items():
        if key in known and (page.rows or known[key].is_required()):
            facts[key] = _nested(page)
    return name, facts, pages, faults


def _fill(page: Page, grid: Sequence[Sequence[Any]] | None) -> Iterator[str]:
    """Put the rows of a sheet into its page; says what is wrong with single cells."""
    if grid is None:
        if page.file in _NEEDED:
            yield f"没有“{called(page.file)}”表"
        return
    names = {fold(called(name)): name for name in page.columns}
    headers = [_text(cell).strip() for cell in (grid[0] if grid else [])]
    known = {at: names.get(fold(header), header) for at, header in enumerate(headers)
             if header and header not in _MADE}  # fmt: skip
    page.columns |= {name: None for name in known.values() if name not in page.columns}
    for row, cells in enumerate(grid[1:], start=2):
        texts = {}
        for at, name in known.items():
            value = cells[at] if at < len(cells) else ""
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                where = (
                    f"“{called(page.file)}”表 {xl_rowcol_to_cell(row - 1, at)}（{called(name)}）"
                )
                yield f"{where}：表格软件把它改成了时间或日期，请把格式设为文本再写一遍"
                continue
            text = _text(value)
            if _kind(page.columns[name]) == "tuple":
                text = text.replace("；", ";")
            texts[name] = text
        # What a reading puts into a cell goes by `patch`.
        for name, text in sorted(texts.items(), key=lambda one: one[0] == "value"):
            words = {chinese: word for word, chinese in _words(name, texts).items()}
            texts[name] = words.get(text.strip(), text)
        if any(text.strip() for text in texts.values()):
            page.rows.append(texts)
            page.places.append(row)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def _typed(text: str, column: FieldInfo | None) -> Any:
    """The value of a cell for `rulebook.toml`; what does not fit stays text, and is found."""
    kind = _kind(column)
    try:
        if kind == "int":
            return int(text)
        if kind in ("float", "Fraction"):
            return float(text) if not float(text).is_integer() else int(text)
        if kind == "date":
            return date.fromisoformat(text)
    except ValueError:
        return text
    return [w for w in text.replace("；", ";").split(";") if w] if kind == "tuple" else text


def _nested(page: Page) -> Any:
    if "written" in page.columns:
        return {row["written"]: row["meant"] for row in page.rows}
    rows = [
        {name: _typed(text, page.columns[name]) for name, text in row.items() if text}
        for row in page.rows
    ]
    for row in rows:
        if "basis" in row and len(row["basis"]) == 1:
            row["basis"] = row["basis"][0]
    return rows


def write_rulebook(path: Path, target: Path) -> tuple[list[str], list[str]]:
    """Check `计分规则.xlsx` and write its rulebook folder; gives faults and the files written.

    Nothing is written where there is a fault; a file that says what it said keeps its bytes.

    Raises:
        UserError: the workbook cannot be read, or the folder cannot be written.
    """
    _, facts, pages, faults = read_workbook(path)
    if faults:
        return faults, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = _write_files(folder, facts, pages, target)
        try:
            book = load(folder)
            if (folder / COVERAGE).exists():
                load_coverage(folder, book)
        except RulebookError as error:
            return [_at_cell(fault, pages, lines) for fault in error.faults], []
        changed = [path for path in sorted(folder.iterdir()) if not _same(path, target / path.name)]
        try:
            target.mkdir(parents=True, exist_ok=True)
            for file in changed:
                (target / file.name).write_bytes(file.read_bytes())
            if not (folder / COVERAGE).exists():
                (target / COVERAGE).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"写不进 {target}：{reason(error)}") from error
    return [], [file.name for file in changed]


def is_unsaved(path: Path, folder: Path) -> bool:
    """Whether a workbook says something else than the folder: it would be lost."""
    _, facts, pages, faults = read_workbook(path)
    with tempfile.TemporaryDirectory() as name:
        _write_files(Path(name), facts, pages, folder)
        return bool(faults) or not all(_same(f, folder / f.name) for f in Path(name).iterdir())


def _write_files(
    folder: Path, facts: Mapping[str, Any], pages: Mapping[str, Page], target: Path
) -> dict[str, list[int]]:
    """Write the files of a rulebook, columns as they stand in `target`; gives each row's line."""
    lines: dict[str, list[int]] = {}
    old = target / FACTS
    text = _facts_text(facts, read_text(old) if old.exists() else "")
    (folder / FACTS).write_text(text, "utf-8", newline="\n")
    for name, page in pages.items():
        kept = (target / name).exists() and name != COVERAGE  # who ticks nothing needs no list
        if not name.endswith(".csv") or not (page.rows or kept or name in _NEEDED):
            continue
        before = read_cells(target / name)[0] if (target / name).exists() else []
        used = [n for n, column in page.columns.items() if (column and column.is_required())
                or any(row.get(n, "").strip() for row in page.rows)]  # fmt: skip
        headers = [*(n for n in before if n in page.columns), *(n for n in used if n not in before)]
        stream, lines[name] = io.StringIO(newline=""), []
        writer = csv.DictWriter(stream, headers, "", "ignore", lineterminator="\n")
        writer.writeheader()
        for row in page.rows:
            writer.writerow(row)
            lines[name].append(stream.getvalue().count("\n"))
        (folder / name).write_text(stream.getvalue(), "utf-8-sig", newline="")
    return lines


def _same(one: Path, two: Path) -> bool:
    """Whether two files of a rulebook say the same."""
    if not two.exists():
        return False
    if one.suffix == ".csv":
        said = [[h, [c + [""] * (len(h) - len(c)) for _, c in lines]]
                for h, lines in (read_cells(one), read_cells(two))]  # fmt: skip
        return said[0] == said[1]
    return _facts_in(read_text(one)) == _facts_in(read_text(two))


_OLD_VALUE = r"(\"(?:[^\"\\\n]|\\.)*\"|\[[^\]\n]*\]|[^\s#]+)"


def _facts_text(facts: Mapping[str, Any], old: str) -> str:
    """`rulebook.toml` that says these facts: the old text with other values where that will do."""
    nested = columns_of(Facts).keys() - _plain_facts().keys()
    tables = {key: value for key, value in facts.items() if key in nested and value}
    plain = {key: f"{key} = {_toml(value)}" for key, value in facts.items() if key not in tables}
    text = old
    for key, line in plain.items():
        escaped = line.replace("\\", r"\\")
        text = re.sub(rf"(?m)^{key}\s*=\s*{_OLD_VALUE}", escaped, text)
    try:
        if _facts_in(text) == facts:
            return text
    except tomllib.TOMLDecodeError:
        pass
    lines = [f"{line}    # {_fact(key)}" for key, line in plain.items()]
    for key, value in tables.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{_toml(k)} = {_toml(v)}" for k, v in value.items())]
        else:
            for row in value:
                lines += ["", f"[[{key}]]", *(f"{k} = {_toml(v)}" for k, v in row.items())]
    return "\n".join(lines) + "\n"


def _facts_in(text: str) -> dict[str, Any]:
    """`rulebook.toml` without what is empty: that is as good as not written."""
    found = tomllib.loads(text.replace("\r\n", "\n"))
    return {key: value for key, value in found.items() if value != ""}


def _toml(value: Any) -> str:
    if isinstance(value, int | float | date):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


# Faults --------------------------------------------------------------------------------------


def _at_cell(fault: Fault, pages: Mapping[str, Page], lines: Mapping[str, list[int]]) -> str:
    """A fault of a file as one of the workbook: sheet, cell, what is wrong."""
    name, at, column = fault.file.name, 0, fault.column
    if name == FACTS:
        name, _, rest = column.partition(".")
        number_, _, column = rest.partition(".")
        if name not in pages:
            keys = list(_plain_facts())
            cell = f" B{keys.index(name) + 2}（{_fact(name)}）" if name in keys else ""
            return f"“{GENERAL}”表{cell}：{_told(fault.reason, name)}"
        at = int(number_) if number_.isdigit() else -1
    elif fault.line:
        at = lines[name].index(fault.line) if fault.line in lines[name] else -1
    page = pages[name]
    if not 0 <= at < len(page.places) or (name.endswith(".csv") and not fault.line):
        return f"“{called(name)}”表：{_told(fault.reason, column)}"
    row, headers = page.places[at], list(page.columns)
    word = r"(?<![A-Za-z_-]){}(?![A-Za-z_-])"
    named = (n for n in headers if re.search(word.format(re.escape(n)), fault.reason))
    column = column or next(named, headers[0])
    cell = xl_rowcol_to_cell(row - 1, headers.index(column) if column in headers else 0)
    key = f" {fault.key}" if fault.key else ""
    words = page.rows[at].get("patch", column)
    return f"“{called(name)}”表 {cell}{key}（{called(column)}）：{_told(fault.reason, words)}"


def _told(text: str, column: str) -> str:
    """A reason with the names that things have in the workbook."""
    words = ChainMap(_WORDS.get(column, {}), *_WORDS.values(), _NAMES)
    return re.sub(r"[A-Za-z][A-Za-z_.-]*", lambda found: words.get(found[0], found[0]), text)
