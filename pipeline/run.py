"""One run of `score` or `check`: read, assess, publish; the only place that joins the rooms."""

import hashlib
import os
import platform
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline import __version__
from pipeline.errors import UserError
from pipeline.layout import RETURN_SUFFIXES
from pipeline.reading.discover import Entry, discover
from pipeline.reading.raw import wanted_from, wanted_register
from pipeline.reading.reader import Reader
from pipeline.rulebook import Rulebook, load_rulebook

if TYPE_CHECKING:
    from pipeline.assess import Assessment
    from pipeline.feedback.job import Copyists
    from pipeline.outcome import Outcome

RANKING, SUMMARY, REVIEW, FEEDBACK = "ranking.xlsx", "summary.html", "review.xlsx", "feedback"
REGISTER = "register.xlsx"


_UNREADABLE = {FileNotFoundError: "没有这个文件夹或文件", NotADirectoryError: "不是文件夹"}


class CallError(UserError):
    """A call that cannot be carried out: one line."""


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        returns: folder of returns.
        output: folder to write.
        registers: the office's workbooks; empty: the one beside the returns folder, if any.
        rulebook: rulebook folder.
        readings: ids taken in their alternative sense.
        feedback: whether marked copies are made.
        single: whether `returns` may also be one return.
    """

    returns: Path
    output: Path
    registers: tuple[Path, ...]
    rulebook: Path
    readings: tuple[str, ...]
    feedback: bool
    single: bool = False


Say = Callable[[str], None]


def now() -> datetime:
    """The time of the run; SOURCE_DATE_EPOCH makes runs repeatable.

    Raises:
        CallError: SOURCE_DATE_EPOCH is no time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now().replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError) as error:
        raise CallError(f"环境变量 SOURCE_DATE_EPOCH 不是可用的时间：{epoch}") from error


class Run:
    """Reading starts at once, in processes of its own; libraries load meanwhile."""

    def __init__(
        self,
        request: Request,
        say: Say,
        progress: Callable[[int], Callable[[int], None]],
        executor: Executor | None = None,
    ) -> None:
        """Check the call and start reading, in processes of its own or through an executor.

        Raises:
            RulebookError, CallError: nothing can be done.
        """
        self.request = request
        self.say = say
        self.rulebook: Rulebook = load_rulebook(request.rulebook)
        self._check_readings()
        self.when = now()
        self.entries: list[Entry] = self._discover()
        self.files = [entry for entry in self.entries if entry.kind == "return"]
        if not self.files:
            raise CallError(f"{request.returns} 里没有报送的工作簿（.xlsx、.xls、.ods 等）")
        self.registers = self._find_registers()
        self._copyists: Copyists | None = None
        looked_for = wanted_register()
        self._reader = Reader(
            self.files,
            wanted_from(self.rulebook),
            executor=executor,
            on_done=progress(len(self.files) + len(self.registers)),
            # The office's own file may be a link; only returns are never followed.
            also=[(Entry(p.resolve(), p.name, "return"), looked_for) for p in self.registers],
        )

    def _check_readings(self) -> None:
        known = [reading.id for reading in self.rulebook.readings]
        for reading in self.request.readings:
            if reading not in known:
                raise CallError(f"没有口径 {reading}；可用的有：{'、'.join(known)}")

    def _discover(self) -> list[Entry]:
        returns = self.request.returns
        try:
            if (
                self.request.single
                and returns.suffix.lower() in RETURN_SUFFIXES
                and returns.is_file()
            ):
                return [Entry(returns.resolve(), returns.name, "return")]
            return discover(returns, exclude=self.request.output)
        except OSError as error:
            why = _UNREADABLE.get(type(error), error.strerror)
            raise CallError(f"报送材料读不到：{returns}（{why}）") from error

    def _find_registers(self) -> tuple[Path, ...]:
        found = self.request.registers
        if not found:
            beside = self.request.returns.resolve().parent / REGISTER
            if not os.path.lexists(beside):
                return ()
            self.say(f"使用报送文件夹旁边的办公室台账：{REGISTER}")
            found = (beside,)
        for path in found:
            if not path.is_file():
                raise CallError(f"没有台账文件 {path}")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        if self._copyists is not None:
            self._copyists.close()

    def assess(self) -> "Assessment":
        """Everything up to the scores.

        Raises:
            RegisterError: the register cannot be used.
        """
        from pipeline.assess import Assessment, Inputs

        found = self._reader.result()
        if self.request.feedback:
            from pipeline.feedback.job import Copyists

            self._copyists = Copyists(len(self.files))
        returns, registers = found[: len(self.files)], found[len(self.files) :]
        taken = tuple(r.id for r in self.rulebook.readings if r.id in self.request.readings)
        inputs = Inputs(self.rulebook, self.entries, returns, registers, taken, self.when)
        assessment = Assessment(inputs)
        for one in returns:
            for sheet in one.sheets.values():
                sheet.cells.clear()  # the table of claims holds them now
        return assessment

    def with_facts(self, outcome: "Outcome") -> "Outcome":
        """The outcome with 运行信息: where every number comes from."""
        import pandas as pd

        levels = outcome.findings["level"].value_counts()
        digests = "".join(sorted(outcome.files["sha256"]))
        taken = "、".join(outcome.alternative) or "全部按默认口径"
        facts = [
            ("考核", outcome.rulebook.title),
            ("阶段", outcome.stage),
            ("运行时间", f"{outcome.when:%Y-%m-%d %H:%M:%S}"),
            ("报送文件", f"{len(self.files)} 个"),
            ("报送文件合并指纹", hashlib.sha256(digests.encode()).hexdigest()[:16]),
            ("办公室台账", self._register_facts() or "没有使用"),
            (
                "计分规则",
                f"{self.request.rulebook.resolve().name}（{outcome.rulebook.fingerprint}）",
            ),
            ("采用另一种理解的口径", taken),
            ("申报事项", f"{len(outcome.claims)} 项"),
            ("问题", "，".join(f"{level} {count} 条" for level, count in levels.items()) or "没有"),
            ("程序版本", __version__),
            ("运行环境", f"Python {platform.python_version()}，pandas {pd.__version__}"),
        ]
        return replace(outcome, facts=facts)

    def _register_facts(self) -> str:
        return "、".join(
            f"{path.name}（{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}）"
            for path in self.registers
        )

    def publish(self, assessment: "Assessment") -> "Outcome":
        """Write all outputs, whole or not at all.

        Raises:
            OutputError: they cannot be written.
        """
        from pipeline import history
        from pipeline.publish import publishing
        from pipeline.ranking.ledger import FOLDER as LEDGER
        from pipeline.ranking.ledger import is_ledger
        from pipeline.ranking.review import write_review
        from pipeline.ranking.workbook import write_ranking
        from pipeline.summary.page import write_summary

        outcome = self.with_facts(assessment.outcome())
        record = history.record_of(outcome, assessment.register.records)
        changes = history.compare(history.load(self.request.output), record)
        outcome = replace(outcome, changes=changes)
        del assessment  # a nation's fills the memory that the writers need
        # Of what an earlier run left, only what this run does not renew.
        stale = [FEEDBACK, *([LEDGER] if is_ledger(self.request.output / LEDGER) else [])]
        with publishing(self.request.output, gone_unless_made=stale) as folder:
            if self.request.feedback:
                outcome = self._write_feedback(outcome, folder)
            write_ranking(outcome, folder / RANKING)
            write_review(outcome, folder / REVIEW)
            write_summary(outcome, folder / SUMMARY)
            history.save(record, folder)
        return outcome

    def check(self, assessment: "Assessment") -> tuple["Outcome", Path]:
        """Write marked copies only; gives the outcome and the folder of the copies.

        Raises:
            OutputError: they cannot be written.
        """
        from pipeline.publish import publishing

        outcome = self.with_facts(assessment.outcome())
        with publishing(self.request.output) as folder:
            outcome = self._write_feedback(outcome, folder)
        return outcome, self.request.output / FEEDBACK

    def _write_feedback(self, outcome: "Outcome", folder: Path) -> "Outcome":
        """Write it; the outcome with a finding for each copy that the program failed to make."""
        import pandas as pd

        from pipeline.feedback.write import write_feedback
        from pipeline.findings import Findings

        returns = self.request.returns.resolve()
        # What file names are relative to.
        below = returns.parent if returns.is_file() else returns
        failed = Findings()
        write_feedback(outcome, below, folder / FEEDBACK, copyists=self._copyists, failed=failed)
        if not failed.made:
            return outcome
        findings = pd.concat([outcome.findings, failed.table()], ignore_index=True)
        return replace(outcome, findings=findings)
