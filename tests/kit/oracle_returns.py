"""The oracle's view of returns: the date of each, which one is used, the status of its unit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath

from tests.kit.measure import YEAR
from tests.kit.oracle_claims import in_time, same
from tests.kit.returns import Register, Submission, meaning


@dataclass
class Paper:
    """One return, whatever its names: its cover's date, its receipt's, and the one that counts.

    `told`: its receipt says its 文件.
    """

    sent: Submission
    names: list[str]
    known: bool
    cover: date | None = None
    receipt: date | None = None
    told: bool = False
    day: date | None = None
    origin: "Paper | None" = None

    @property
    def other_year(self) -> bool:
        return bool(self.sent.sent) and meaning(self.sent.sent.year) not in (None, YEAR)

    def line(self) -> Iterator["Paper"]:
        """The file that this is a mended copy of, that one's own file, and so on."""
        if self.origin:
            yield self.origin
            yield from self.origin.line()


@dataclass
class Settled:
    """Of one unit: its status, the return that is used, the status of each file by its hash."""

    status: str
    used: Submission | None = None
    files: dict[str, str] = field(default_factory=dict)


def papers_of(sent: list[Submission], lost: list[Submission]) -> list[Paper]:
    """Different returns of a unit, and those of no known unit that its copies were made from."""
    papers: dict[str, Paper] = {}
    for known, submissions in ((True, sent), (False, lost)):
        for s in sorted(submissions, key=lambda s: s.file):
            paper = papers.setdefault(s.digest, Paper(s, [], known))
            paper.names.append(s.file)
            cover = meaning(s.sent.date) if s.sent else None
            paper.cover = paper.day = cover if isinstance(cover, date) else None
    for paper in papers.values():
        paper.origin = papers.get(paper.sent.of) if paper.known and paper.sent.of else None
    return list(papers.values())


def names(paper: Paper) -> set[str]:
    """All that 文件 of a receipt may call it."""
    paths = [PurePosixPath(name) for name in paper.names]
    full = {str(p) for p in paths} | {p.name for p in paths}
    return {same(name) for name in full | {str(p.with_suffix("")) for p in paths}} | {
        same(p.stem) for p in paths
    }


def date_by_receipts(
    papers: list[Paper], receipts: list[tuple[date, str]], readings: frozenset[str]
) -> bool:
    """Give returns the dates of their receipts; False where they cannot be told apart."""
    free = []
    for day, file in receipts:
        named = [paper for paper in papers if same(file) in names(paper)]
        if file and len(named) != 1:
            return False
        if file:
            named[0].receipt, named[0].told = max(day, named[0].receipt or day), True
        else:
            free.append(day)
    if len(papers) == 1:
        days = [day for day, _ in receipts]
        papers[0].receipt = max(days)
        return len({in_time(day, readings) for day in days}) == 1
    # Without a cover date a mended copy and its file come before all that have one.
    kin = [p for p in papers if p.origin] + [p.origin for p in papers if p.origin]
    covers = {p.sent.digest: p.cover or (date.min if p in kin else date.max) for p in papers}
    for day in sorted(free, reverse=True):
        fits = [p for p in papers if p.receipt is None and covers[p.sent.digest] <= day]
        latest = [
            p for p in fits if covers[p.sent.digest] == max(covers[q.sent.digest] for q in fits)
        ]
        # Of a copy and the file that it was made from the later receipt is the copy's.
        last = [p for p in latest if all(q is p or q in p.line() for q in latest)]
        if len(last) != 1:
            return False
        last[0].receipt = day
    # Two receipts for three versions of one cover date may be anybody's.
    for cover in set(covers.values()) - {date.max}:
        own = [p.receipt for p in papers if covers[p.sent.digest] == cover and not p.told]
        if None in own and len(own) - own.count(None) > 1:
            return False
    return True


def settle(
    unit: str, sent: list[Submission], lost: list[Submission], register: Register,
    readings: frozenset[str],
) -> Settled:  # fmt: skip
    """The status of a unit, and the return that is used."""
    mine = [paper for paper in papers_of(sent, lost) if paper.known]
    # A file of no known unit gives way to a mended copy whatever becomes of that.
    files = {o.sent.digest: "已被替代" for paper in mine for o in paper.line() if not o.known}
    if any(meaning(name) == unit for name in register.disqualified):
        return Settled("取消资格", None, files | {p.sent.digest: "取消资格" for p in mine})
    receipts = [
        (day, str(meaning(file[0]) or "") if file else "")
        for name, day, _, *file in [(r[0], meaning(r[1]), *r[2:]) for r in register.receipts]
        if meaning(name) == unit and isinstance(day, date)
    ]
    if not mine:
        return Settled("待核" if receipts else "未报送")
    if receipts and not date_by_receipts(mine, receipts, readings):
        return Settled("待核", None, files | {p.sent.digest: "待核" for p in mine})
    date_copies(mine)
    for paper in mine:
        for old in paper.line():
            if old.day is None or old.day == paper.day or old.other_year:
                files[old.sent.digest] = "已被替代"
    found = choose([paper for paper in mine if paper.sent.digest not in files], readings)
    return replace(found, files=files | found.files)


def date_copies(mine: list[Paper]) -> None:
    """A mended copy is never older than its file.

    A receipt that does not say which dates all in the copy's line that bear its cover date.
    """
    for paper in sorted(mine, key=lambda p: -len(list(p.line()))):
        for old in paper.line() if paper.receipt is not None and not paper.told else ():
            if old.receipt is None and old.cover == paper.cover:
                old.receipt = paper.receipt
    for paper in sorted(mine, key=lambda p: len(list(p.line()))):
        old = paper.origin
        paper.day = paper.receipt or paper.cover
        if paper.receipt is None and old and old.day and (not paper.day or paper.day <= old.day):
            paper.day = old.day


def choose(left: list[Paper], readings: frozenset[str]) -> Settled:
    """The latest in time of the returns that no mended copy replaced."""
    pending = Settled("待核", None, {paper.sent.digest: "待核" for paper in left})
    if any(paper.day is None for paper in left):
        return pending
    timely = [paper for paper in left if in_time(paper.day, readings)]
    # A return of another year cannot be late for this one.
    files = {p.sent.digest: "待核" if p.other_year else "逾期" for p in left}
    if not timely:
        return Settled("待核" if "待核" in files.values() else "逾期", None, files)
    latest = max(paper.day for paper in timely if paper.day)
    used = [paper for paper in timely if paper.day == latest]
    if len(used) != 1:
        return pending
    status = "待核" if used[0].other_year else "正常"
    files = dict.fromkeys(files, "已被替代") | {used[0].sent.digest: status}
    return Settled(status, None if used[0].other_year else used[0].sent, files)
