"""The files of a rulebook → rows, each with its line; whatever is wrong is one line of Chinese."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.rulebook.model import Facts, Row, RulebookError
from pipeline.text import fold

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


def reason_of(error: ValidationError) -> str:
    """The first fault that pydantic found, in Chinese."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    kind, context = first["type"], first.get("ctx", {})
    if kind == "value_error":
        reason = str(context["error"])
    elif kind in _REASONS:
        reason = _REASONS[kind].format(**context).replace(" or ", " 或 ").replace("'", "")
    else:
        reason = _KINDS.get(kind.split("_")[0], "写法有误").format(example=_EXAMPLE)
    return f"{field}：{reason}" if field else reason


def read_text(path: Path) -> str:
    """A file of the rulebook as text, line ends as they stand.

    Raises:
        RulebookError: it cannot be read, or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        why = "没有这个文件" if isinstance(error, FileNotFoundError) else error.strerror
        raise RulebookError(f"计分规则读不出来：{path}（{why}）") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RulebookError(
            f"{path} 第{line}行：不是 UTF-8 编码，请用表格软件另存为“CSV UTF-8”"
        ) from error


def read_facts(path: Path) -> Facts:
    """`rulebook.toml` → `Facts`.

    Raises:
        RulebookError: with the line, where there is one, and the key.
    """
    try:
        return Facts.model_validate(tomllib.loads(read_text(path).replace("\r\n", "\n")))
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        where = f" 第{line[1]}行" if line else " 末尾"
        raise RulebookError(f"{path}{where}：应写成 名称 = 值，文字要加引号") from error
    except ValidationError as error:
        raise RulebookError(f"{path} {reason_of(error)}") from error


class Table:
    """One CSV file of the rulebook: rows, and errors that name file, line and first cell.

    Attributes:
        path: the file.
        rows: (line, cells by header).
    """

    def __init__(self, path: Path, headers: Iterable[str]) -> None:
        """Read the file; its headers must be these, in any order.

        Raises:
            RulebookError: it is no such table.
        """
        self.path = path
        reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
        lines: list[tuple[int, list[str]]] = []
        try:
            lines.extend((reader.line_num, cells) for cells in reader)
        except csv.Error as error:
            raise RulebookError(f"{path} 第{reader.line_num}行：引号没有配对") from error
        lines = [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
        if len(lines) < 2:
            raise RulebookError(f"{path}：没有内容")
        found = _shortened([header.strip() for header in lines[0][1]], 0)
        self._check_headers(found, tuple(headers))
        self.rows: list[tuple[int, dict[str, str]]] = []
        for line, cells in lines[1:]:
            self._add(line, found, _shortened(cells, len(found)))

    def _check_headers(self, found: list[str], wanted: tuple[str, ...]) -> None:
        faults = {
            "缺少": [header for header in wanted if header not in found],
            "多出": [header for header in found if header not in wanted],
            "重复": [header for header in found if found.count(header) > 1],
        }
        for word, headers in faults.items():
            if headers:
                raise RulebookError(f"{self.path} 第1行：表头{word} {'、'.join(headers)}")

    def _add(self, line: int, headers: list[str], cells: list[str]) -> None:
        if len(cells) != len(headers):
            more = "多" if len(cells) > len(headers) else "少"
            count = abs(len(cells) - len(headers))
            raise self.error(line, cells[0], f"{more}了 {count} 格（文字里有逗号时要加引号）")
        self.rows.append((line, dict(zip(headers, cells, strict=True))))

    def error(self, line: int, key: str, reason: str) -> RulebookError:
        """A fault of one row, to be raised."""
        return RulebookError(f"{self.path} 第{line}行 {key or '（空）'}：{reason}")

    def parse(self, model: type[_Model]) -> list[tuple[int, _Model]]:
        """The rows as models, each with its line.

        Raises:
            RulebookError: the first cell that is wrong.
        """
        parsed = []
        for line, row in self.rows:
            try:
                values: dict[str, Any] = dict(row)
                parsed.append((line, model.model_validate(values)))
            except ValidationError as error:
                raise self.error(line, next(iter(row.values())), reason_of(error)) from error
        return parsed

    def unique(self, keys: Iterable[tuple[int, str]]) -> None:
        """Each key stands in one row only, whatever its white space, width and case.

        Raises:
            RulebookError: the second row.
        """
        seen: dict[str, int] = {}
        for line, key in keys:
            if seen.setdefault(fold(key), line) != line:
                raise self.error(line, key, f"与第{seen[fold(key)]}行重复")


def _shortened(cells: list[str], least: int) -> list[str]:
    """Cells without the empty ones behind the last column, which spreadsheet programs add."""
    while len(cells) > least and not cells[-1].strip():
        cells = cells[:-1]
    return cells
