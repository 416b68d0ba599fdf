"""What goes back to the units: a marked copy of each faulty return, and a 退回通知 to paste."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pandas as pd

from pipeline.feedback.job import Copyists, Group, Job, Mark, group
from pipeline.findings import Findings
from pipeline.outcome import ERROR, NORMAL, NOTE, WARNING, Outcome
from pipeline.reading.discover import discover
from pipeline.text import clean
from pipeline.wording import chinese_date

RETURNED, NOTICE = "退回", "退回通知"
_RANK = {ERROR: 0, WARNING: 1, NOTE: 2}
_TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "intake_template.xlsx"
_CELLS_SHOWN = 12
"""Cells that a line of a notice names: more stand in the workbook."""
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_") | dict.fromkeys(map(chr, range(32))))


@dataclass(frozen=True)
class Faulty:
    """One return of a 正常 unit with findings."""

    unit: str
    file: str
    number: int
    marks: tuple[Mark, ...] = field(repr=False)

    @property
    def at_cells(self) -> bool:
        """Whether a finding names a cell, so that there is something to mark."""
        return any(mark.sheet and mark.cell for mark in self.marks)

    @property
    def to_mend(self) -> bool:
        """Whether anything graver than a note was found."""
        return any(mark.rank < _RANK[NOTE] for mark in self.marks)

    def name(self, kind: str, suffix: str) -> str:
        """The name of a file about this return."""
        return file_name(self.unit, kind, suffix, self.number)


def file_name(unit: str, kind: str, suffix: str, number: int = 1) -> str:
    """A file name fit for every system: `某单位-退回.xlsx`, the next `…-退回-2.xlsx`."""
    behind = f"-{number}" if number > 1 else ""
    return f"{unit.translate(_NOT_IN_NAMES)}-{kind}{behind}{suffix}"


def files_of(folder: Path, unit: str) -> tuple[list[Path], list[Path]]:
    """The notices and the copies of a unit in a feedback folder."""
    notices: list[Path] = []
    copies: list[Path] = []
    for number in count(1):
        notice = folder / file_name(unit, NOTICE, ".txt", number)
        copy = folder / file_name(unit, RETURNED, ".xlsx", number)
        if not notice.exists() and not copy.exists():
            break
        # A copy with nothing but notes is no reason to write to anybody.
        if notice.exists():
            notices.append(notice)
            copies += [copy] if copy.exists() else []
    return notices, copies


def write_feedback(
    outcome: Outcome,
    returns: Path,
    folder: Path,
    *,
    only: Collection[str] | None = None,
    copyists: Copyists | None = None,
    failed: Findings | None = None,
) -> list[Path]:
    """Write marked copies and notices.

    Args:
        outcome: the assessed batch.
        returns: the folder that `outcome.findings.file` is relative to.
        folder: where to write; made where it does not exist, nothing in it is removed.
        only: files (as in `outcome.findings.file`) to restrict this to.
        copyists: who makes the copies; processes of its own where None.
        failed: a finding is added for each copy that the program failed to make.

    Returns:
        The copies (.xlsx) that were written: one for each return of a 正常 unit with a finding at
        a cell. A notice (.txt) stands beside each that has something to mend.
    """
    folder.mkdir(parents=True, exist_ok=True)
    faulty = list(find_faulty(outcome, only))
    jobs = [
        Job(
            source=_source(returns, found.file),
            target=folder / found.name(RETURNED, ".xlsx"),
            marks=found.marks,
            notice=tuple(notice_lines(found, outcome)),
            template=_TEMPLATE,
            when=outcome.when,
            file=found.file,
        )
        for found in faulty
        if found.at_cells
    ]
    write_notices(outcome, faulty, folder)
    with nullcontext(copyists) if copyists else Copyists(len(jobs)) as makers:
        made = makers.make(jobs)
    for found, copied in zip((f for f in faulty if f.at_cells), made, strict=True):
        if copied.fault:
            print(copied.fault, file=sys.stderr)
            if failed is not None:
                failed.add("file-copy-failed", unit=found.unit, file=found.file)
    return [job.target for job, copied in zip(jobs, made, strict=True) if copied.done]


def _source(returns: Path, file: str) -> Path:
    path = returns / file
    if path.exists():
        return path
    # A name that cannot be shown as it is stands in the tables in another spelling.
    return next((entry.path for entry in discover(returns) if entry.name == file), path)


def write_notices(outcome: Outcome, faulty: Sequence[Faulty], folder: Path) -> list[Path]:
    """Write each 退回通知 as a text file that every editor on Windows shows rightly."""
    written = []
    for found in faulty:
        lines = notice_lines(found, outcome)
        if lines:
            path = folder / found.name(NOTICE, ".txt")
            path.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))
            written.append(path)
    return written


def find_faulty(outcome: Outcome, only: Collection[str] | None = None) -> Iterator[Faulty]:
    """The returns of 正常 units with findings, in the order of units and files."""
    units = outcome.units.loc[outcome.units["status"] == NORMAL, "unit"]
    named = outcome.files[outcome.files["file"].fillna("") != ""]
    files = {unit: sorted(own) for unit, own in named.groupby("unit", sort=False)["file"]}
    by_file = dict(iter(outcome.findings.groupby("file", sort=False)))
    for unit in units:
        number = 0
        for file in files.get(unit, []):
            if file in by_file and (only is None or file in only):
                found = Faulty(unit, file, number + 1, tuple(_marks(by_file[file])))
                if found.at_cells or found.to_mend:
                    number += 1
                    yield found


def _marks(findings: pd.DataFrame) -> Iterator[Mark]:
    columns = ["level", "sheet", "cell", "problem", "advice"]
    for level, *texts in findings[columns].fillna("").itertuples(index=False):
        yield Mark(_RANK[level], level, *texts)


def notice_lines(found: Faulty, outcome: Outcome) -> list[str]:
    """The 退回通知 of one return, line by line; [] where there is nothing to mend."""
    if not found.to_mend:
        return []
    groups = [entry for entry in group(found.marks) if entry.rank < _RANK[NOTE]]
    counts = "、".join(
        f"{level} {number} 处"
        for level in (ERROR, WARNING)
        if (number := sum(max(1, len(e.cells)) for e in groups if e.level == level))
    )
    lines = [
        f"{found.unit}：",
        f"你单位报送的“{outcome.rulebook.title}”材料（{found.file}）已核对，发现{counts}。"
        + _until(outcome),
    ]
    lines += (f"{number}. {_notice_line(entry)}" for number, entry in enumerate(groups, 1))
    if found.at_cells:
        lines.append(
            f"出错的单元格已在退回的工作簿“{found.name(RETURNED, '.xlsx')}”里标明（红色为错误，"
            "黄色为需要核对），请直接在上面修改，并把封面的报送日期改为重新报送的日期。"
        )
    return [" ".join(clean(line).split()) for line in [*lines, chinese_date(outcome.when)]]


def _until(outcome: Outcome) -> str:
    deadline = outcome.rulebook.deadline
    if outcome.when.date() < deadline:
        return f"请改正后于{chinese_date(deadline)}以前重新报送。具体如下："
    return "报送期限已过，能否补正请与办公室联系。具体如下："


def _notice_line(entry: Group) -> str:
    cells = "、".join(entry.cells[:_CELLS_SHOWN])
    if len(entry.cells) > _CELLS_SHOWN:
        cells += f" 等 {len(entry.cells)} 处"
    place = " ".join(filter(None, (entry.sheet, cells)))
    where = f"（{place}）" if place else ""
    return f"【{entry.level}】{entry.problem}{where}。{entry.advice}。"
