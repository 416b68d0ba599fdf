"""What goes back to the units: a marked copy of each faulty return, and a 退回通知 to paste."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from pipeline.errors import say
from pipeline.feedback.job import Copyists, Group, Job, group
from pipeline.findings import COLUMNS, UNIT, Finding, Findings
from pipeline.outcome import (
    DISQUALIFIED,
    LATE,
    MISSING,
    NORMAL,
    NOTE,
    PENDING,
    REPLACED,
    UNKNOWN_UNIT,
    UNREADABLE,
    Outcome,
)
from pipeline.reading.discover import discover
from pipeline.text import clean, from_template
from pipeline.wording import chinese_date, describe_contact, last_day

RETURNED, CHECKED, NOTICE = "退回", "已核对", "退回通知"
_SECTIONS = ("要改的", "请核对的", "认可但还没得分的，或供参考的")
_CONVERTED = "cell-read-as"
_TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "intake_template.xlsx"
_PLACES_SHOWN = 12
"""Places that a line of a notice names: more stand in the workbook."""
_NOT_IN_NAMES = str.maketrans(
    dict.fromkeys('<>:"/\\|?*.', "_") | dict.fromkeys(map(chr, range(32)))
)
_NAME_BYTES = 200
"""Bytes of a unit's name in a file's name: systems allow 255 in all."""


@dataclass(frozen=True)
class Faulty:
    """A return, or a unit (full name, or as written) without one, to whom something is to be said.

    Attributes:
        file: '' where nothing that can be read has come.
        number: of this return among those whose files are named alike.
        marks: what is for the unit, conversions that are certain aside: these are `converted`.
    """

    unit: str
    status: str
    file: str
    number: int
    marks: tuple[Finding, ...] = field(default=(), repr=False)
    converted: int = 0

    @property
    def at_cells(self) -> bool:
        """Whether a finding names a cell, so that there is something to show."""
        return bool(self.converted) or any(mark.sheet and mark.cell for mark in self.marks)

    @property
    def to_tell(self) -> bool:
        """Whether the unit is written to: anything graver than a note, or a status."""
        graver = any(mark.level != NOTE for mark in self.marks)
        return graver or self.status in (MISSING, PENDING, LATE)

    @property
    def copy_name(self) -> str:
        """The name of its copy."""
        kind = RETURNED if self.to_tell else CHECKED
        return file_name(self.unit, kind, ".xlsx", self.number)


def file_name(unit: str, kind: str, suffix: str, number: int = 1) -> str:
    """A file name fit for every system: `某单位-退回.xlsx`, the next `…-退回-2.xlsx`."""
    behind = f"-{number}" if number > 1 else ""
    name = unit.translate(_NOT_IN_NAMES).encode()[:_NAME_BYTES].decode(errors="ignore")
    return f"{name}-{kind}{behind}{suffix}"


def files_of(folder: Path, unit: str) -> tuple[list[Path], list[Path]]:
    """The notices and the copies of a unit in a feedback folder."""
    notices: list[Path] = []
    copies: list[Path] = []
    for number in count(1):
        notice = folder / file_name(unit, NOTICE, ".txt", number)
        copy = folder / file_name(unit, RETURNED, ".xlsx", number)
        checked = folder / file_name(unit, CHECKED, ".xlsx", number)
        # A copy with nothing to mend is no reason to write to anybody.
        if notice.exists():
            notices.append(notice)
            copies += [copy] if copy.exists() else []
        elif not (copy.exists() or checked.exists()):
            break
    return notices, copies


def write_feedback(
    outcome: Outcome, returns: Path, folder: Path, copyists: Copyists
) -> Callable[[Findings], list[Path]]:
    """Write notices and begin to make marked copies; what is given back waits for these.

    A notice (.txt) goes to each unit with something to mend, and to those that are 未报送, 待核 or
    逾期; a copy (.xlsx) is made of each return that can be read, replaced ones and those of
    disqualified units aside, with a finding for the unit at a cell. `returns` is the folder that
    `outcome.findings.file` is relative to; nothing in `folder` is removed.

    Returns:
        What waits and gives the copies that were written. It is handed the findings to which one
        is added for each copy that the program failed to make.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for found in find_faulty(outcome):
        lines = notice_lines(found, outcome)
        if lines:
            # As every editor on Windows shows it rightly.
            path = folder / file_name(found.unit, NOTICE, ".txt", found.number)
            path.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))
        if found.at_cells:
            source, target = returns / found.file, folder / found.copy_name
            if not source.exists():
                # A name that cannot be shown as it is stands in the tables in another spelling.
                named = (one.path for one in discover(returns) if one.name == found.file)
                source = next(named, source)
            title = f"{found.unit} {outcome.rulebook.title}"
            jobs.append(
                Job(source, target, found.marks, tuple(lines), _TEMPLATE, outcome.when,
                    unit=found.unit, file=found.file, title=title)
            )  # fmt: skip
    made = copyists.make(jobs)

    def wait(failed: Findings) -> list[Path]:
        found = list(zip(jobs, made(), strict=True))
        for job, copied in found:
            if copied.fault:
                say(copied.fault, fault=True)
                failed.add("file-copy-failed", unit=job.unit, file=job.file)
        return [job.target for job, copied in found if copied.done]

    return wait


def find_faulty(outcome: Outcome) -> Iterator[Faulty]:
    """The returns and units to whom something is to be said, in the order of 报送情况."""
    ours = outcome.findings[outcome.findings["addressee"] == UNIT]
    certain = ours["code"] == _CONVERTED
    converted = Counter(ours.loc[certain, "file"])
    marks: dict[str, list[Finding]] = {}
    for row in ours.loc[~certain, COLUMNS].fillna("").itertuples(index=False, name=None):
        mark = Finding(*row)
        marks.setdefault(mark.file, []).append(mark)
    numbers: Counter[str] = Counter()
    status_of = dict(zip(outcome.units["unit"], outcome.units["status"], strict=True))
    rows = outcome.files[["unit", "status", "file"]].fillna("").sort_values("file", kind="stable")
    order = {unit: place for place, unit in enumerate(status_of)}
    for unit, own, file in sorted(
        rows.itertuples(index=False), key=lambda row: order.get(row[0], len(order))
    ):
        status = status_of.get(unit, own) if own == NORMAL else own
        if status in (REPLACED, UNREADABLE, DISQUALIFIED) or not (unit or file):
            continue
        name = unit or UNKNOWN_UNIT
        alike, own_marks = file_name(name, "", ""), tuple(marks.get(file, ()))
        found = Faulty(name, status, file, numbers[alike] + 1, own_marks, converted[file])
        if found.at_cells or found.to_tell:
            numbers[alike] += 1
            yield found


def notice_lines(found: Faulty, outcome: Outcome) -> list[str]:
    """The 退回通知 of one return or unit, line by line; [] where there is nothing to say."""
    if not found.to_tell:
        return []
    book, files, groups = outcome.rulebook, outcome.files, group(found.marks)
    own = [[entry for entry in groups if entry.rank == rank] for rank in range(len(_SECTIONS))]
    places = [sum(max(1, len(entry.places)) for entry in entries) for entries in own]
    notes = files.loc[files["file"] == found.file, "note"].dropna()
    earlier = (files["unit"] == found.unit) & (files["status"] == REPLACED)
    last = last_day(book)
    said = {
        "found": found,
        "book": book,
        "normal": NORMAL,
        "sections": list(zip(_SECTIONS, own, strict=True)),
        "counts": [(word, n) for word, n in zip(("要改", "请核对"), places, strict=False) if n],
        "shown": _PLACES_SHOWN,
        "why": next(filter(None, notes), ""),
        "earlier": int(earlier.sum()),
        "last": chinese_date(last),
        "left": (last - outcome.when.date()).days,
        "signed": (describe_contact(book), book.office, chinese_date(outcome.when)),
        "gain": lambda entry: _gain(entry, found, outcome),
    }
    text = from_template("feedback/notice.txt.j2", said, _on_a_line)
    return [" ".join(line.split()) for line in text.splitlines()]


def _on_a_line(value: object) -> str:
    return " ".join(clean(str(value)).splitlines())


def _gain(entry: Group, found: Faulty, outcome: Outcome) -> str:
    """What mending earns, where every place is a claim of one clause that counts its claims."""
    clause = outcome.rulebook.clause.get(next(iter(entry.clauses), ""))
    ranked = found.unit in outcome.values.index
    if entry.rank or clause is None or len(entry.clauses) > 1 or not ranked:
        return ""
    number, points = len(entry.places), 0.0
    if clause.measure == "each":
        points = number * clause.band_at(1).points
    elif clause.measure == "count":
        now = float(outcome.values[clause.id].fillna(0)[found.unit])
        points = clause.band_at(now + number).points - clause.band_at(now).points
    return f"改好可得 {points:g} 分。" if points > 0 else ""
