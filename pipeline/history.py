"""What a run leaves for the next: a small record beside the outputs, and what changed since."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from pipeline import __version__, layout
from pipeline.judging.rulings import ruling_text
from pipeline.normalise import as_text, read_points
from pipeline.outcome import NORMAL, Outcome
from pipeline.publish import OWN_REVIEW, RECORD, load_record
from pipeline.ranking.book import clean
from pipeline.ranking.scores import notes_of, told_units
from pipeline.reading.raw import RawReturn
from pipeline.text import fold
from pipeline.wording import number

COLUMNS = ["unit", "what", "before", "after", "cause"]
Filled = tuple[str, ...]
"""A ruling as it stands in the worksheet, folded: unit, clause, title, word, points, reason, judge,
and the file, sheet and row of the claim."""


class Standing(BaseModel):
    """One unit of a record; see `Outcome.units`.

    Attributes:
        why: what became of its files.
        decided: what the meeting decided on it, place and awards.
    """

    status: str
    total: float | None
    place: int | None
    group: str = ""
    why: str = ""
    decided: str = ""
    award: str = ""
    file: str = ""
    sha256: str = ""
    date: str = ""
    rulings: list[str] = []
    records: list[list[str]] = []


class Record(BaseModel):
    """What the next run, and the mail with the result, have to know of a run.

    Attributes:
        filled: rulings of registers that the run wrote into its review.xlsx: nobody entered them
            there.
        taken: how many were taken over from the review.xlsx of the run before.
        units: unit → its standing, in the order of 排名.
    """

    version: str
    rulebook: str
    readings: list[str]
    units: dict[str, Standing]
    title: str = ""
    stage: str = ""
    filled: list[Filled] = []
    taken: int = 0


def record_of(outcome: Outcome) -> Record:
    """What the next run has to know of this one."""
    digests = dict(zip(outcome.files["file"], outcome.files["sha256"], strict=True))
    rulings: dict[str, list[str]] = {}
    for ruling in outcome.rulings.to_dict("records"):
        title = f"《{ruling['title']}》" if ruling["title"] else ""
        text = f"{ruling['clause']}{title} {ruling_text(ruling, placed=False)}"
        rulings.setdefault(ruling["unit"], []).append(text)
    office: dict[str, list[list[str]]] = {}
    kept = outcome.records.drop(columns=["file", "row", "title"], errors="ignore")
    for unit, *cells in kept.to_numpy(object).tolist():
        office.setdefault(unit, []).append([unit, *map(str, cells)])
    # What the meeting decided goes before what was worked out.
    shown, notes = told_units(outcome), notes_of(outcome)
    decided: dict[str, list[str]] = {}
    for row in outcome.decisions.astype(object).to_dict("records"):
        decided.setdefault(row["unit"], []).append(f"{row['place']} {row['award']}")
    units = {
        row["unit"]: Standing(
            status=row["status"],
            total=None if pd.isna(row["total"]) else row["total"],
            place=None if pd.isna(row["place"]) else int(row["place"]),
            group=row["group"],
            why="；".join(notes.get(row["unit"], ())),
            decided="；".join(decided.get(row["unit"], ())),
            award=row["award"],
            file=row["file"],
            sha256=digests[row["file"]] if row["file"] else "",
            date="" if pd.isna(row["date"]) else row["date"].date().isoformat(),
            rulings=rulings.get(row["unit"], []),
            records=office.get(row["unit"], []),
        )
        for row in shown.to_dict("records")
    }
    return Record(
        version=__version__,
        rulebook=outcome.rulebook.fingerprint,
        readings=sorted(outcome.alternative),
        units=units,
        title=outcome.rulebook.title,
        stage=outcome.stage,
        taken=len(outcome.entered) + sum(file == OWN_REVIEW for file in outcome.rulings["file"]),
    )


def filled_in(rows: pd.DataFrame) -> list[Filled]:
    """The rulings of registers among the rows of a worksheet, as `review.review_rows`."""
    own = rows[~rows["origin"].isin(["", OWN_REVIEW])]
    columns = ["unit", "clause", "title", "word", "score", "why", "judge", "file", "sheet", "row"]
    return [_filled(cells) for cells in own[columns].astype(object).to_numpy().tolist()]


def _filled(cells: Sequence[Any]) -> Filled:
    # As the workbook holds them: it takes some signs away, and a program turns line breaks round.
    said = ["" if pd.isna(cell) else fold(clean(as_text(cell))) for cell in cells]
    if said[3] == layout.RULING_POINTS:
        score = read_points(cells[4])
        said[4] = "" if score is None else number(float(score))
    return tuple(said)


def leave_entered(review: RawReturn, record: Record | None) -> dict[int, dict[str, Any]]:
    """Take from a read review.xlsx the rulings that its run (`record`) filled in; give those left.

    Returns:
        Row → header → cell, for each row with a ruling that somebody entered.
    """
    sheet = review.sheets.get(layout.RULINGS)
    if sheet is None:
        return {}
    filled = Counter(record.filled if record else ())
    none: list[Any] = [None] * len(sheet.rows)
    headers = layout.REGISTER_SHEETS[layout.RULINGS]
    columns = [sheet.cells.get(header) or none for header in headers]
    left: dict[int, dict[str, Any]] = {}
    for at, cells in enumerate(zip(*columns, strict=True)):
        ruling = _filled(cells)
        if filled[ruling] > 0:
            filled[ruling] -= 1
            for column in columns[3:]:
                column[at] = None
        elif any(cells[3:7]):
            whole = (int(c) if isinstance(c, float) and c.is_integer() else c for c in cells)
            left[sheet.rows[at]] = dict(zip(headers, whole, strict=True))
    return left


def load(folder: Path) -> Record | None:
    """The record of the last run, or None where there is none that can be understood.

    A missing or foreign file is no fault of the batch: there is then nothing to compare.
    """
    try:
        return Record.model_validate(load_record(folder))
    except (ValidationError, RecursionError):
        return None


def save(record: Record, folder: Path) -> None:
    """Write the record beside the outputs; `publish` adds the list of files."""
    (folder / RECORD).write_text(record.model_dump_json(), encoding="utf-8", newline="\n")


def compare(before: Record | None, after: Record, names: Mapping[str, str]) -> pd.DataFrame:
    """Changed statuses, totals and places with their cause; `names`: of the readings by id.

    Columns `COLUMNS`.
    """
    if before is None:
        return pd.DataFrame(columns=COLUMNS)
    general = _general_causes(before, after, names)
    pairs = [(before.units.get(unit, now), now) for unit, now in after.units.items()]
    totals = [(then.total, now.total) for then, now in pairs]
    said = {
        "其他单位的总分变了": any(None not in both and both[0] != both[1] for both in totals),
        "有单位进入或退出排名": any((old is None) != (new is None) for old, new in totals),
        "会议对其他单位的审定改了": any(then.decided != now.decided for then, now in pairs),
    }
    others = "；".join(text for text, true in said.items() if true) or "同分时用来分先后的数变了"
    rows = []
    for unit, now in after.units.items():
        then = before.units.get(unit)
        if then is None:
            rows.append((unit, "名册", "无", "新增", "计分规则的名册改了"))
            continue
        causes = _causes(then, now) + general
        for key, what in (("status", "状态"), ("total", "总分"), ("place", "名次")):
            old, new = getattr(then, key), getattr(now, key)
            if old != new:
                cause = "；".join(causes) or (others if key == "place" else "原因不明，请核对")
                rows.append((unit, what, _shown(old), _shown(new), cause))
    return pd.DataFrame(rows, columns=COLUMNS)


def _shown(value: object) -> str:
    if value is None:
        return "无"
    return number(value) if isinstance(value, float) else str(value)


def _general_causes(before: Record, after: Record, names: Mapping[str, str]) -> list[str]:
    causes = []
    if before.rulebook != after.rulebook:
        causes.append("计分规则改了")
    if before.readings != after.readings:
        old, new = (
            "、".join(names.get(one, one) for one in record.readings) or "全部默认"
            for record in (before, after)
        )
        causes.append(f"口径由“{old}”改为“{new}”")
    if before.stage != after.stage and after.stage == "审定":
        causes.append("会议作了审定")
    if before.version != after.version:
        causes.append(f"程序由 {before.version} 版改为 {after.version} 版")
    return causes


def _causes(then: Standing, now: Standing) -> list[str]:
    causes = []
    if then.status != now.status and now.status != NORMAL:
        # Its file may be there still: that it is not used is no cause.
        causes.append(now.why or f"状态由“{then.status}”改为“{now.status}”")
    elif then.sha256 != now.sha256:
        old, new = then.file or "无", now.file or "无"
        causes.append(f"报送材料换了（{old} → {new}）" if old != new else f"{new} 的内容改了")
    if then.date != now.date and now.date:
        causes.append(f"报送日期由 {then.date or '无'} 改为 {now.date}")
    causes += [f"撤销核定：{text}" for text in then.rulings if text not in now.rulings]
    causes += [f"新增核定：{text}" for text in now.rulings if text not in then.rulings]
    if then.decided != now.decided:
        causes.append("会议审定改了" if now.decided else "会议审定撤销了")
    if then.records != now.records:
        causes.append("平时考查的记录改了")
    return causes
