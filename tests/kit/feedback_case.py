"""Returns with known faults, the real line that finds them, and a look at what goes back."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline import assess as line
from pipeline.assess import Inputs
from pipeline.feedback import write
from pipeline.feedback.copy import copy_once
from pipeline.feedback.job import Copied, Job
from pipeline.feedback.marks import HEAD
from pipeline.findings import Findings
from pipeline.outcome import ERROR, NORMAL, Outcome
from pipeline.reading.discover import discover
from pipeline.reading.raw import wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import Rulebook
from tests.kit.made import changed
from tests.kit.outcomes import make_outcome
from tests.kit.workbooks import fill_cover

WHEN = datetime(2015, 12, 21, 9, 0)
SHEET = "活动培训"
UNIT = "舞阳县工商联"
Finding = dict[str, str]


def fill_return(
    template: Path, target: Path, unit: str, change: Callable[[Workbook], None] | None = None
) -> Path:
    """A return without faults, made from the template, then changed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_filled(template, unit, change))
    return target


@cache
def _filled(template: Path, unit: str, change: Callable[[Workbook], None] | None) -> bytes:
    workbook, stream = load_workbook(template), BytesIO()
    cover = {"单位名称": unit, "填报年度": 2015, "报送日期": date(2015, 12, 20)}
    fill_cover(workbook, cover)
    for number in range(1, 5):
        claim = ["一.2a", f"理想信念报告会第{number}期", date(2015, 6, number), "市区", 30]
        claim += [f"附件{number}"] * 4
        for column, value in enumerate(claim, 1):
            workbook[SHEET].cell(1 + number, column).value = value
    if change is not None:
        change(workbook)
    workbook.save(stream)
    return stream.getvalue()


class Copyist:
    """Makes copies here: what is made does not hang on where, and processes take seconds."""

    def make(self, jobs: Sequence[Job]) -> Callable[[], list[Copied]]:
        made = [copy_once(job) for job in jobs]
        return lambda: made


def write_feedback(
    outcome: Outcome, returns: Path, folder: Path, failed: Findings | None = None
) -> list[Path]:
    """What the program writes, without processes of its own."""
    return write.write_feedback(outcome, returns, folder, Copyist())(failed or Findings())


def set_cells(**values: object) -> Callable[[Workbook], None]:
    """A change of cells on `SHEET`: set_cells(C3="6月1日")."""

    def change(workbook: Workbook) -> None:
        for reference, value in values.items():
            workbook[SHEET][reference].value = value

    return change


def assess(rulebook: Rulebook, folder: Path) -> Outcome:
    """The outcome of a folder of returns, by the real reader and checks."""
    entries = discover(folder)
    wanted = wanted_from(rulebook)
    raw = [read_return(e.path, e.name, wanted) for e in entries if e.kind == "return"]
    # No finding hangs on the readings, and weighing them takes half the time.
    return line.assess(Inputs(changed(rulebook, readings=()), entries, raw, (), (), WHEN))


def findings_of(outcome: Outcome) -> list[tuple[str, ...]]:
    """What was found, apart from the file's name."""
    columns = ["code", "level", "unit", "sheet", "cell", "problem", "advice"]
    return sorted(map(tuple, outcome.findings[columns].to_numpy().tolist()))


def outcome_with(rulebook: Rulebook, files: dict[str, str], findings: Iterable[Finding]) -> Outcome:
    """A hand-made outcome with these files (name → unit), all 正常, and findings."""
    outcome = make_outcome(rulebook)
    table = pd.DataFrame(
        [
            {"unit": u, "status": NORMAL, "file": f, "sha256": "", "note": ""}
            for f, u in files.items()
        ]
    )
    return replace(outcome, when=WHEN, files=table, findings=pd.DataFrame(list(findings)))


def finding(
    cell: str,
    problem: str = "有误",
    *,
    level: str = ERROR,
    sheet: str = SHEET,
    file: str = "a.xlsx",
) -> Finding:
    return {
        "code": "date-unclear", "level": level, "unit": "", "file": file, "sheet": sheet,
        "cell": cell, "problem": problem, "advice": "请改正", "addressee": "单位", "clause": "",
        "title": "",
    }  # fmt: skip


def contents(sheet: Worksheet) -> dict[str, object]:
    """Reference → value or formula of every cell that has one."""
    cells = (cell for row in sheet.iter_rows() for cell in row)
    return {c.coordinate: getattr(c.value, "text", c.value) for c in cells if c.value is not None}


def color(workbook: Workbook, cell: str, sheet: str = SHEET) -> str:
    """RRGGBB of a plain fill, '' without."""
    fill = workbook[sheet][cell].fill
    return str(fill.fgColor.rgb)[2:] if fill.fill_type == "solid" else ""


def comment(workbook: Workbook, cell: str, sheet: str = SHEET) -> str:
    """The text of a comment, '' without."""
    found = workbook[sheet][cell].comment
    return found.text if found else ""


def marked(workbook: Workbook) -> set[tuple[str, str]]:
    """Every cell with a comment of ours."""
    return {
        (sheet.title, cell.coordinate)
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None and cell.comment.text.startswith(HEAD)
    }


def copy_of(rulebook: Rulebook, source: Path, *cells: str, out: Path) -> Path:
    """The copy of one file with an error at each of these cells."""
    findings = [finding(cell, file=source.name) for cell in cells]
    outcome = outcome_with(rulebook, {source.name: UNIT}, findings)
    (path,) = write_feedback(outcome, source.parent, out)
    return path


def repack(path: Path, change: dict[str, tuple[str, str]], more: dict[str, bytes]) -> None:
    """Replace text in parts of a workbook, and put in further parts."""
    parts = {}
    with ZipFile(path) as package:
        for name in package.namelist():
            data = package.read(name)
            for pattern, (old, new) in change.items():
                if re.fullmatch(pattern, name):
                    assert old.encode() in data, (name, old)
                    data = data.replace(old.encode(), new.encode())
            parts[name] = data
    with ZipFile(path, "w", ZIP_DEFLATED) as package:
        for name, data in (parts | more).items():
            package.writestr(name, data)
