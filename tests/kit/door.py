"""The program's public door: run it on a folder, read its workbook, hold it against the oracle."""

import atexit
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openpyxl import load_workbook

from pipeline.__main__ import main
from tests.kit.agreement import differences
from tests.kit.oracle import Result, score
from tests.kit.returns import Register, Submission, write_register
from tests.kit.workbooks import table

ROOT = Path(__file__).resolve().parent.parent.parent

HEADERS = {
    "排名": ["名次", "单位", "总分", "状态", "奖项建议"],
    "重点工作": ["名次", "单位", "得分", "奖项建议"],
    "得分明细": ["单位"],
    "申报台账": ["单位", "条款", "名称", "日期", "结论", "得分", "原因", "源文件", "工作表",
             "行号"],
    "问题清单": ["级别", "单位", "源文件", "工作表", "单元格", "问题", "处理建议"],
    "报送情况": ["单位", "状态", "报送日期", "源文件", "SHA-256"],
    "得分说明": ["单位", "条款", "所在分档", "得分"],
    "口径说明": ["口径", "条款", "采用", "另一种理解", "影响"],
    "运行信息": ["项目", "内容"],
}  # fmt: skip
Row = dict[str, object]


class Book:
    """`ranking.xlsx` as plain rows: sheet → list of header → value."""

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            # openpyxl says so of every extension that it does not know, such as data bars.
            warnings.filterwarnings("ignore", ".*extension is not supported", UserWarning)
            book = load_workbook(path, data_only=True, read_only=True)
            self.sheets = {name: table(book[name], *wanted) for name, wanted in HEADERS.items()}
            book.close()

    def __getitem__(self, sheet: str) -> list[Row]:
        return self.sheets[sheet]

    def unit(self, sheet: str, unit: str) -> Row:
        """The only row of a unit in a sheet."""
        (row,) = [row for row in self[sheet] if row["单位"] == unit]
        return row

    def file(self, name: str) -> Row:
        """The only row of a file in 报送情况."""
        (row,) = [row for row in self["报送情况"] if row["源文件"] == name]
        return row

    def findings(self, file: str = "", cell: str = "", sheet: str = "") -> list[Row]:
        """The findings of a file, at a cell where one is named."""
        return [
            row for row in self["问题清单"]
            if (row["源文件"] or "").endswith(file) and cell in ("", row["单元格"])
            and sheet in ("", row["工作表"])
        ]  # fmt: skip

    def errors_at(self, file: str, sheet: str, row: int) -> list[Row]:
        """The findings of level 错误 on one row of a return."""
        return [
            found for found in self["问题清单"]
            if (found["源文件"], found["工作表"], found["级别"]) == (file, sheet, "错误")
            and _row_of(found["单元格"]) == row
        ]  # fmt: skip

    def claim(self, file: str, sheet: str, row: int) -> Row:
        """The only line of the ledger for one row of a return."""
        where = (file, sheet, row)
        (line,) = [r for r in self["申报台账"] if (r["源文件"], r["工作表"], r["行号"]) == where]
        return line


def _row_of(cell: object) -> int | None:
    found = re.fullmatch(r"[A-Z]+(\d+)", str(cell or ""))
    return int(found[1]) if found else None


@dataclass
class Run:
    """A run of the program: its exit status and where it wrote."""

    status: int
    output: Path

    @property
    def book(self) -> Book:
        return Book(self.output / "ranking.xlsx")


@cache
def bare_rulebook() -> Path:
    """The bundled rulebook without readings: the same points, and a run takes half the time."""
    base = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, base)
    folder = shutil.copytree(ROOT / "data" / "rulebook" / "2015", base / "2015")
    readings = folder / "readings.csv"
    readings.write_text(readings.read_text("utf-8-sig").splitlines()[0] + "\n", "utf-8")
    coverage = folder / "coverage.csv"
    coverage.unlink()  # it names the readings
    return folder


def run(
    folder: Path, output: Path, register: Register | Path | None = None,
    readings: Iterable[str] | None = None, *more: str,
) -> Run:  # fmt: skip
    """Run `score`; a register is written beside the output first.

    Without `readings`, where nobody asks for their senses, the rulebook has none.
    """
    command = ["score", str(folder), "--output", str(output), "--no-feedback"]
    if isinstance(register, Register):
        register = write_register(register, output.parent / f"{output.name}-register.xlsx")
    if register is not None:
        command += ["--register", str(register)]
    if readings is None and "--rulebook" not in more:
        command += ["--rulebook", str(bare_rulebook())]
    for reading in sorted(readings or ()):
        command += ["--reading", reading]
    return Run(main([*command, *more]), output)


def both(
    submissions: list[Submission],
    folder: Path,
    output: Path,
    register: Register | None = None,
    readings: Iterable[str] | None = None,
) -> tuple[Book, Result]:
    """What the program and the oracle make of a folder."""
    done = run(folder, output, register, readings)
    assert done.status == 0
    return done.book, score(submissions, register, frozenset(readings or ()))


def agree(
    submissions: list[Submission],
    folder: Path,
    output: Path,
    register: Register | None = None,
    readings: Iterable[str] | None = None,
) -> tuple[Book, Result]:
    """As `both`, and neither differs from the other."""
    book, truth = both(submissions, folder, output, register, readings)
    found = differences(book, truth)
    assert not found, "\n".join(found)
    return book, truth
