"""One run of `score` or `check`: read, assess, publish; the only place that joins the rooms."""

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tqdm import tqdm

from pipeline import __version__
from pipeline.errors import UserError, reason, say
from pipeline.isolate import meanwhile
from pipeline.layout import RETURN_SUFFIXES
from pipeline.publish import (
    ASIDE,
    FEEDBACK,
    OWN_REVIEW,
    RANKING,
    RECORD,
    REVIEW,
    SUMMARY,
    digest,
    files_made,
    load_record,
    locked,
    publishing,
)
from pipeline.reading.discover import Entry, discover
from pipeline.reading.raw import RawReturn, wanted_from, wanted_register
from pipeline.reading.reader import Reader
from pipeline.rulebook import Rulebook, load_rulebook
from pipeline.text import fold

if TYPE_CHECKING:
    from pipeline.feedback.job import Copyists
    from pipeline.outcome import Outcome

SIDE_BY_SIDE = 5_000
"""Claims from which workbooks are written side by side: a process takes a second to begin."""
NOTICE, JUDGES_REVIEW = "notice.docx", "评审意见_{}.xlsx"
REGISTER = "register.xlsx"
_WORKSHEETS = ("review", "评审意见")
"""How the names of the panel's worksheets begin."""


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        returns: folder of returns.
        output: folder to write; None where nothing is written.
        registers: the office's workbooks; empty: the one beside the returns folder, if any.
        rulebook: rulebook folder.
        readings: ids taken in their alternative sense.
        feedback: whether marked copies are made.
        single: whether `returns` may also be one return.
        judges: who gets a worksheet of his own.
    """

    returns: Path
    output: Path | None
    registers: tuple[Path, ...]
    rulebook: Path
    readings: tuple[str, ...]
    feedback: bool = False
    single: bool = False
    judges: tuple[str, ...] = ()


def now() -> datetime:
    """The time of the run; SOURCE_DATE_EPOCH makes runs repeatable.

    Raises:
        UserError: SOURCE_DATE_EPOCH is no time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now().replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError) as error:
        raise UserError(f"环境变量 SOURCE_DATE_EPOCH 不是可用的时间：{epoch}") from error


class Run:
    """Reading starts at once, in processes of its own; libraries load meanwhile."""

    def __init__(self, request: Request, executor: Executor | None = None) -> None:
        """Check the call and start reading, in processes of its own or through an executor.

        Raises:
            UserError: nothing can be done.
        """
        self.request = request
        self._output = request.output or Path()  # where nothing is written it is not asked for
        if odd := [name for name in request.judges if set(name) & set('<>:"/\\|?*{}')]:
            raise UserError(f"评审人的姓名不能用作文件名：{'、'.join(odd)}")
        self.rulebook: Rulebook = load_rulebook(request.rulebook)
        self.readings = self._readings()
        self.when = now()
        self.entries: list[Entry] = self._discover()
        self.files = [entry for entry in self.entries if entry.kind == "return"]
        if not self.files:
            raise UserError(f"{request.returns} 里没有报送的工作簿（.xlsx、.xls、.ods 等）")
        self.registers, self.unused = self._find_registers()
        self._keep_out_of_outputs()
        self.taken: dict[int, dict[str, Any]] = {}
        self._executor = executor
        self._copyists: Copyists | None = None
        with ExitStack() as held:
            if request.output is not None:
                held.enter_context(locked(request.output))
            self._review = self._own_review()
            if filled := self._left_unread():
                self.unused.append(f"结果文件夹里的 {'、'.join(filled)} 没有读取")
                say(f"{self.unused[-1]}；里面填的核定要采用，请指定为台账，再运行一次")
            registers, looked_for = [*self.registers, *self._review], wanted_register()
            # Under way before pandas is even loaded; silent when piped or short.
            self._bar = tqdm(total=len(self.files) + len(registers), desc="读取报送材料", unit="个",
                             delay=1.0, leave=False, disable=not sys.stderr.isatty())  # fmt: skip
            held.enter_context(closing(self._bar))
            self._reader = Reader(
                self.files,
                wanted_from(self.rulebook),
                executor=executor,
                on_done=self._bar.update,
                # The office's own file may be a link; only returns are never followed.
                also=[(Entry(p.resolve(), name, "return"), looked_for) for p, name in registers],
            )
            held.enter_context(closing(self._reader))
            self._until_the_end = held.pop_all()

    def _readings(self) -> tuple[str, ...]:
        """The readings asked for, by id or by name → their ids, in the rulebook's order."""
        known = self.rulebook.reading_ids
        for reading in self.request.readings:
            if fold(reading) not in known:
                names = "、".join(self.rulebook.reading_names.values())
                raise UserError(f"没有口径 {reading}；可用的有：{names}")
        asked = {known[fold(reading)] for reading in self.request.readings}
        return tuple(reading.id for reading in self.rulebook.readings if reading.id in asked)

    def _discover(self) -> list[Entry]:
        returns = self.request.returns
        one = self.request.single and returns.suffix.lower() in RETURN_SUFFIXES
        try:
            if one and returns.is_file():
                return [Entry(returns.resolve(), returns.name, "return")]
            return self._without_results(discover(returns, exclude=self.request.output))
        except NotADirectoryError as error:
            raise UserError(f"报送材料读不到：{returns}（不是文件夹）") from error
        except (OSError, ValueError) as error:
            raise UserError(f"报送材料读不到：{returns}（{reason(error)}）") from error

    def _without_results(self, entries: list[Entry]) -> list[Entry]:
        """What lies in the folder, without the results of a run, but with copies since mended."""
        results: dict[str, str] = {}
        for entry in entries:
            if entry.path.name == RECORD:
                below = entry.name.removesuffix(RECORD)
                made = files_made(entry.path.parent)
                results |= {below + name: mark for name, mark in made.items()}
                results |= {e.name: "" for e in entries if e.name.startswith(f"{below}{ASIDE}/")}
        left = []
        for entry in entries:
            own = entry.kind == "return" and entry.name in results
            mended = f"/{FEEDBACK}/" in f"/{entry.name}" and results.get(entry.name) != ""
            if not own or (mended and digest(entry.path) != results[entry.name]):
                left.append(entry)
        if count := len(entries) - len(left):
            say(f"报送文件夹里有 {count} 个文件是以前计分的结果，不作为报送材料")
        return left

    def _find_registers(self) -> tuple[list[tuple[Path, str]], list[str]]:
        """The registers, each with the name it goes by; and what is said of one not used."""
        found, unused = self.request.registers, list[str]()
        beside = self.request.returns.resolve().parent / REGISTER
        if not found:
            if not os.path.lexists(beside):
                return [], unused
            say(f"使用报送文件夹旁边的办公室台账：{REGISTER}")
            found = (beside,)
        elif beside.is_file() and beside.resolve() not in {path.resolve() for path in found}:
            unused.append(f"报送文件夹旁边的 {REGISTER} 没有使用：本次指定了别的台账")
            say(unused[-1])
        for path in found:
            if not path.is_file():
                raise UserError(f"没有台账文件 {path}")
        own = self.request.output and (self.request.output / REVIEW).resolve()
        names = [OWN_REVIEW if path.resolve() == own else path.name for path in found]
        return list(zip(found, names, strict=True)), unused

    def _keep_out_of_outputs(self) -> None:
        """Refuse to work where what is read lies in what is replaced."""
        if self.request.output is None:
            return
        replaced = (self.request.output / FEEDBACK).resolve()
        read = [entry.path for entry in self.files] + [path.resolve() for path, _ in self.registers]
        for path in read:
            if path.is_relative_to(replaced):
                raise UserError(
                    f"{path.name} 在 {self.request.output} 的 {FEEDBACK} 里，"
                    "那里的退回件每次都会换新：请把报送材料和台账移到别的文件夹，再运行一次"
                )

    def _own_review(self) -> list[tuple[Path, str]]:
        """The worksheet in the output folder, where somebody may have entered rulings."""
        folder = self.request.output
        if folder is None or any(name == OWN_REVIEW for _, name in self.registers):
            return []
        path = folder / REVIEW
        if not path.is_file():
            return []
        try:
            untouched = digest(path) == files_made(folder).get(REVIEW)
        except OSError as error:
            raise UserError(f"{path} 读不到，不知道里面有没有填核定：{reason(error)}") from error
        return [] if untouched and not load_record(folder).get("taken") else [(path, OWN_REVIEW)]

    def _left_unread(self) -> list[str]:
        """Worksheets in the output folder that somebody filled in, or saved there in another form.

        Their rulings may be of a judge who has not finished: they are named, and not taken.
        """
        made = files_made(self._output) if self.request.output else {}
        read = {path.resolve() for path, _ in (*self.registers, *self._review)}
        names = []
        for path in sorted(self._output.iterdir()) if made else ():
            name = path.name.lower()
            worksheet = name.startswith(_WORKSHEETS) and name.endswith(RETURN_SUFFIXES)
            # What becomes of review.xlsx itself, `_own_review` has said.
            if worksheet and path.name != REVIEW and path.is_file() and path.resolve() not in read:
                with suppress(OSError):
                    if digest(path) == made.get(path.name):
                        continue
                names.append(path.name)
        return names

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._until_the_end.close()

    def assess(self) -> "Outcome":
        """Everything up to the scores.

        Raises:
            RegisterError: the register cannot be used.
        """
        from pipeline.assess import Inputs, assess

        found = self._reader.result()
        self._bar.close()
        if self._review:
            found = self._with_entered(found)
        if self.request.feedback:
            from pipeline.feedback.job import Copyists

            self._copyists = Copyists(len(self.files), executor=self._executor)
            self._until_the_end.enter_context(closing(self._copyists))
        returns, registers = found[: len(self.files)], found[len(self.files) :]
        inputs = Inputs(self.rulebook, self.entries, returns, registers, self.readings, self.when)
        outcome = assess(inputs)
        rulings = zip(outcome.rulings["file"], outcome.rulings["row"], strict=True)
        applied = {row for file, row in rulings if file == OWN_REVIEW}
        left = [cells for row, cells in self.taken.items() if row not in applied]
        return replace(outcome, entered=left)

    def _with_entered(self, found: list[RawReturn]) -> list[RawReturn]:
        """What was read, with the rulings entered in the output folder's review.xlsx, if any."""
        from pipeline import history

        review = found[-1]
        if review.trouble is None:
            self.taken = history.leave_entered(review, history.load(self._output))
            if not self.taken:
                return found[:-1]
            say(f"结果文件夹里的 {REVIEW} 填有 {len(self.taken)} 条核定，已一并采用")
        self.registers += self._review
        return found

    def with_facts(self, outcome: "Outcome") -> "Outcome":
        """The outcome with 运行信息: where every number comes from."""
        import pandas as pd

        levels = outcome.findings["level"].value_counts()
        digests = "".join(sorted(outcome.files["sha256"]))
        registers = "、".join(f"{name}（{digest(path)[:16]}）" for path, name in self.registers)
        names = outcome.rulebook.reading_names
        taken = "、".join(names[one] for one in outcome.alternative) or "全部按默认口径"
        facts = [
            ("考核", outcome.rulebook.title),
            ("阶段", outcome.stage),
            ("运行时间", f"{outcome.when:%Y-%m-%d %H:%M:%S}"),
            ("报送文件", f"{len(self.files)} 个"),
            ("报送文件合并指纹", hashlib.sha256(digests.encode()).hexdigest()[:16]),
            ("办公室台账", registers or "没有使用"),
            *(("没有使用的台账", what) for what in self.unused),
            *([("沿用的核定", f"{OWN_REVIEW} 里填的 {len(self.taken)} 条")] if self.taken else []),
            ("计分规则", f"{self.request.rulebook.resolve().name}（{self.rulebook.fingerprint}）"),
            ("采用另一种理解的口径", taken),
            ("申报事项", f"{len(outcome.claims)} 项"),
            ("问题", "，".join(f"{level} {count} 条" for level, count in levels.items()) or "没有"),
            ("程序版本", __version__),
            ("运行环境", f"Python {platform.python_version()}，pandas {pd.__version__}"),
        ]
        return replace(outcome, facts=facts)

    def publish(self, outcome: "Outcome") -> "Outcome":
        """Write all outputs, whole or not at all.

        Raises:
            OutputError: they cannot be written.
        """
        from pipeline import history
        from pipeline.ranking.notice import write_notice
        from pipeline.ranking.review import write_review
        from pipeline.ranking.workbook import write_ranking
        from pipeline.summary.page import write_summary

        outcome = self.with_facts(outcome)
        record = history.record_of(outcome)
        output = self._output
        before = history.load(output)
        if before is None and (output / RECORD).exists() and not files_made(output):
            say(f"{RECORD} 不是这个程序写的，看不出与上次相比的变化")
        changes = history.compare(before, record, self.rulebook.reading_names)
        outcome = replace(outcome, changes=changes)

        def write(outcome: "Outcome") -> None:
            with meanwhile(worth=len(outcome.claims) > SIDE_BY_SIDE) as later:
                rows = write_review(outcome, folder / REVIEW, later=later)
                record.filled = history.filled_in(rows)
                for judge in self.request.judges:
                    write_review(outcome, folder / JUDGES_REVIEW.format(judge), judge, later)
                write_ranking(outcome, folder / RANKING, later)
                write_notice(outcome, folder / NOTICE)
                write_summary(outcome, folder / SUMMARY)

        with publishing(output) as folder, self._feedback(outcome, folder) as told:
            # The copies are made meanwhile; hardly ever is there something to be told of them.
            write(outcome)
            if (whole := told()) is not outcome:
                write(whole)
            history.save(record, folder)
        return whole

    def check(self, outcome: "Outcome") -> tuple["Outcome", Path]:
        """Write marked copies and 汇总.xlsx; gives the outcome and the folder of the copies.

        Raises:
            OutputError: they cannot be written.
        """
        from pipeline.ranking.book import BESIDE
        from pipeline.ranking.received import RECEIVED, write_received

        outcome = self.with_facts(outcome)
        others = (RANKING, SUMMARY, REVIEW, NOTICE, BESIDE)
        with (
            publishing(self._output, keeping=others) as folder,
            self._feedback(outcome, folder) as told,
        ):
            outcome = told()
            everyone = self.request.returns.is_dir()
            write_received(outcome, folder / RECEIVED, everyone=everyone)
        return outcome, self._output / FEEDBACK

    @contextmanager
    def _feedback(self, outcome: "Outcome", folder: Path) -> "Iterator[Callable[[], Outcome]]":
        """Begin with it, if it is asked for; what is given waits for it and gives the outcome.

        That has a finding for each copy that the program failed to make.
        """
        if self._copyists is None:
            yield lambda: outcome
            return
        import pandas as pd

        from pipeline.feedback.write import write_feedback
        from pipeline.findings import Findings

        returns = self.request.returns.resolve()
        # What file names are relative to.
        below = returns.parent if returns.is_file() else returns

        def told() -> "Outcome":
            failed = Findings()
            wait(failed)
            if not failed.made:
                return outcome
            findings = pd.concat([outcome.findings, failed.table()], ignore_index=True)
            return replace(outcome, findings=findings)

        # Ended before what is written is taken away again.
        with closing(self._copyists):
            wait = write_feedback(outcome, below, folder / FEEDBACK, self._copyists)
            yield told
