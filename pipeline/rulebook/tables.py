"""The files of a rulebook → rows, each with its line; whatever is wrong is one line of Chinese."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pipeline.errors import reason
from pipeline.rulebook.model import Banded, Facts, Fault, Reading, Row, RulebookError, patched
from pipeline.text import fold

_FURTHER = "factors"
"""The field of a row that holds columns of any name."""
_Other = TypeVar("_Other", bound=Banded)
_Model = TypeVar("_Model", bound=Row)

_REASONS = {
    "missing": "没有写",
    "extra_forbidden": "不认识这一项",
    "string_too_short": "不能空着",
    "string_type": "应是文字",
    "literal_error": "只能写 {expected}",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "tuple_type": "应写成一列",
    "dict_type": "应写成一组“甲 = 乙”",
    "model_type": "应写成一组“项目 = 内容”",
}
"""pydantic's kinds of fault → sentences."""
_KINDS = {"int": "应是整数", "float": "应是数", "date": "应是日期，如 {example}"}
_EXAMPLE = "2000-01-31"
_AT_LINE = re.compile(r"at line (\d+)")


def reasons_of(error: ValidationError) -> list[tuple[str, str]]:
    """What pydantic found: (field, what is wrong with it in Chinese)."""
    found = []
    for one in error.errors(include_url=False):
        kind, context = one["type"], one.get("ctx", {})
        if kind == "value_error":
            why = str(context["error"])
        elif kind in _REASONS:
            why = _REASONS[kind].format(**context).replace(" or ", " 或 ").replace("'", "")
        else:
            why = _KINDS.get(kind.split("_")[0], "写法有误").format(example=_EXAMPLE)
        found.append((".".join(str(part) for part in one["loc"]), why))
    return found


def read_text(path: Path) -> str:
    """A file of the rulebook as text, line ends as they stand: UTF-8, or as Chinese Excel saves.

    Raises:
        RulebookError: it cannot be read, or is in neither encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        why = "没有这个文件" if isinstance(error, FileNotFoundError) else reason(error)
        raise RulebookError(Fault(path, f"计分规则读不出来（{why}）")) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            why = "不是 UTF-8 编码，请用表格软件另存为“CSV UTF-8”"
            raise RulebookError(Fault(path, why, line)) from error


def read_facts(path: Path) -> Facts:
    """`rulebook.toml` → `Facts`.

    Raises:
        RulebookError: with the line, where there is one, and the key.
    """
    try:
        return Facts.model_validate(tomllib.loads(read_text(path).replace("\r\n", "\n")))
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        where = "" if line else "末尾"
        reason = "应写成 名称 = 值，文字要加引号"
        raise RulebookError(Fault(path, reason, int(line[1]) if line else 0, where)) from error
    except ValidationError as error:
        found = [Fault(path, reason, column=field) for field, reason in reasons_of(error)]
        raise RulebookError(*found) from error


def tried(row: _Other, key: str, reading: Reading) -> tuple[_Other, str]:
    """A row with the cell that a reading changes, and what is wrong with the new value, or ''."""
    try:
        return patched(row, key, [reading]), ""
    except ValidationError as error:
        return row, reasons_of(error)[0][1]


def columns_of(model: type[Row]) -> dict[str, FieldInfo]:
    """The columns of a table, by the headers they have in its file."""
    fields = model.model_fields.items()
    return {field.alias or name: field for name, field in fields if name != _FURTHER}


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """A CSV file as headers and rows, each with its line; blank rows are left out.

    Raises:
        RulebookError: it cannot be read, or a quote never ends.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        lines.extend((reader.line_num, cells) for cells in reader)
    except csv.Error as error:
        raise RulebookError(Fault(path, "引号没有配对", reader.line_num)) from error
    lines = [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
    if not lines:
        raise RulebookError(Fault(path, "没有内容"))
    return _shortened([header.strip() for header in lines[0][1]], 0), lines[1:]


class Table(Generic[_Model]):
    """One CSV file of the rulebook: rows as models, and faults with file, line and column.

    Attributes:
        path: the file.
        rows: (line, model).
        faults: what was found wrong with rows, in order.
    """

    def __init__(
        self, path: Path, model: type[_Model], *, empty: bool = False, optional: bool = False
    ) -> None:
        """Read the file; its headers must be the model's fields, in any order.

        `empty` says that there need be no rows, `optional` no file either.

        Raises:
            RulebookError: it is no such table, or cells are wrong.
        """
        self.path, self.faults = path, list[Fault]()
        self._further = _FURTHER in model.model_fields
        self.rows: list[tuple[int, _Model]] = []
        if optional and not path.exists():
            return
        found, lines = read_cells(path)
        if not lines and not empty:
            raise RulebookError(Fault(path, "没有内容"))
        self._check_headers(found, model)
        for line, cells in lines:
            self._add(line, found, _shortened(cells, len(found)), model)
        self.close()

    def close(self) -> None:
        """End the checks.

        Raises:
            RulebookError: faults were found.
        """
        if self.faults:
            raise RulebookError(*self.faults)

    def _check_headers(self, found: list[str], model: type[_Model]) -> None:
        columns = columns_of(model)
        faults = {
            "缺少": [n for n, column in columns.items() if column.is_required() and n not in found],
            "多出": [h for h in found if not h or (h not in columns and not self._further)],
            "重复": [header for header in found if found.count(header) > 1],
        }
        for word, headers in faults.items():
            if headers:
                raise RulebookError(Fault(self.path, f"表头{word} {'、'.join(headers)}", 1))

    def _add(self, line: int, headers: list[str], cells: list[str], model: type[_Model]) -> None:
        if len(cells) != len(headers):
            more = "多" if len(cells) > len(headers) else "少"
            count = abs(len(cells) - len(headers))
            self.fault(line, cells[0], f"{more}了 {count} 格（文字里有逗号时要加引号）")
            return
        values: dict[str, Any] = {**dict(zip(headers, cells, strict=True))}
        if self._further:
            known = columns_of(model)
            values[_FURTHER] = {h: values.pop(h) for h in headers if h not in known}
        try:
            self.rows.append((line, model.model_validate(values)))
        except ValidationError as error:
            for field, reason in reasons_of(error):
                self.fault(line, cells[0], reason, field)

    def fault(self, line: int, key: str, reason: str, column: str = "") -> None:
        """Note a fault of one row."""
        self.faults.append(Fault(self.path, reason, line, key or "（空）", column))

    def unique(self, keys: Iterable[tuple[int, str]], column: str = "") -> None:
        """Each key stands in one row only, whatever its white space, width and case."""
        seen: dict[str, int] = {}
        for line, key in keys:
            if seen.setdefault(fold(key), line) != line:
                self.fault(line, key, f"与第{seen[fold(key)]}行重复", column)


def _shortened(cells: list[str], least: int) -> list[str]:
    """Cells without the empty ones behind the last column, which spreadsheet programs add."""
    while len(cells) > least and not cells[-1].strip():
        cells = cells[:-1]
    return cells
