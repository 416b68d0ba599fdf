"""The commands. `python -m pipeline --help` lists them."""

import argparse
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.arguments import FROM_MAKE, IMPOSSIBLE, ROOT, build_parser, words_from_make
from pipeline.errors import UserError, say

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pipeline.rulebook import Rulebook
    from pipeline.run import Run

RULEBOOKS = ROOT / "data" / "rulebook"
DONE, FAULTS = 0, 1
GC_OBJECTS = 100_000
"""New objects between two looks for cycles among them."""


def default_rulebook() -> Path:
    """The latest rulebook whose folder name is a bare year."""
    years = [path for path in RULEBOOKS.glob("*") if path.name.isdigit()]
    return max(years, default=RULEBOOKS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status (0 done, 1 errors with --strict, 2 impossible)."""
    for stream in (sys.stdout, sys.stderr):
        # Windows consoles and pipes: Chinese must not fail on an old code page.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _command(argv)
    except UserError as error:
        return _impossible(str(error))
    except KeyboardInterrupt:
        return _impossible("已中断；新的结果没有写完时，原有结果没有改动")


def _command(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["make"] and len(words) == 2 and words[1] in FROM_MAKE:
        words = words_from_make(words[1], os.environ)
    try:
        options = build_parser().parse_args(words)
    except SystemExit as stop:
        say(end="")  # the help
        return int(stop.code or 0)
    commands: dict[str, Callable[[argparse.Namespace], int | None]] = {
        "score": _score,
        "check": _check,
        "explain": _explain,
        "template": _template,
        "email": _email,
        "email-feedback": _email,
        "new-year": _new_year,
        "new-measure": _new_measure,
        "rulebook-diff": _rulebook_diff,
        "rulebook-workbook": _rulebook_workbook,
        "rulebook": _write_rulebook,
        "documents": _documents,
    }
    return commands[options.command](options) or DONE


def _impossible(line: str) -> int:
    say(" ".join(line.split()), fault=True)
    return IMPOSSIBLE


def _rulebook(options: argparse.Namespace) -> Path:
    return options.rulebook or default_rulebook()


def _loaded(folder: Path) -> "Rulebook":
    from pipeline.rulebook import load_rulebook

    return load_rulebook(folder)


def _run(options: argparse.Namespace, executor: "Executor | None" = None, **more: Any) -> "Run":
    from pipeline.run import Request, Run

    request = Request(
        options.returns,
        rulebook=_rulebook(options),
        registers=tuple(options.register),
        readings=tuple(options.reading),
        **more,
    )
    return Run(request, executor)


def _score(options: argparse.Namespace) -> int:
    from pipeline.reading.reader import on_cluster

    more = {"feedback": not options.no_feedback, "judges": options.judges}
    with (
        on_cluster(options.cluster) as executor,
        _run(options, executor, output=options.output, **more) as run,
    ):
        outcome = run.publish(run.assess())
    from pipeline.console import closing_table
    from pipeline.outcome import ERROR

    say(closing_table(outcome, options.output))
    return FAULTS if options.strict and (outcome.findings["level"] == ERROR).any() else DONE


def _check(options: argparse.Namespace) -> None:
    with _run(options, output=options.output, feedback=True, single=True) as run:
        outcome, copies = run.check(run.assess())
    from pipeline.console import findings_list

    say(findings_list(outcome, copies))


def _explain(options: argparse.Namespace) -> None:
    with _run(options, output=None, single=True) as run:
        outcome = run.with_facts(run.assess())
    from pipeline.console import explain

    say(explain(outcome, options.unit, options.clause))


def _template(options: argparse.Namespace) -> None:
    from pipeline.forms.register import build_register, is_filled, recorder_forms
    from pipeline.forms.template import build_template
    from pipeline.publish import write_whole

    rulebook = _loaded(_rulebook(options))
    folder = options.output
    register = (folder or ROOT / "data") / "register.xlsx"
    forms = folder or ROOT / "templates"
    targets = {forms / "intake_template.xlsx": build_template(rulebook)}
    targets[register] = build_register(rulebook)
    targets |= {forms / name: content for name, content in recorder_forms(rulebook).items()}
    for path, content in targets.items():
        if path.name != "intake_template.xlsx" and is_filled(path):
            say(f"{path} 已经填有内容，没有改动；要空白的请先把它移走")
            continue
        write_whole(path, content)
        say(f"已生成 {path}")


def _email(options: argparse.Namespace) -> int:
    from pipeline.mail.drafts import draft_feedback, draft_ranking
    from pipeline.mail.smtp import deliver
    from pipeline.run import now

    output, rulebook = options.output, _loaded(_rulebook(options))
    if options.command == "email":
        drafts = [draft_ranking(output, rulebook, options.to, now())]
    else:
        drafts = draft_feedback(output, rulebook, now())
    asked = {"sending": options.send, "dry_run": options.dry_run}
    return deliver(drafts, output, environ=os.environ, say=say, **asked)


def _named(rulebook: str) -> Path:
    """The folder of a rulebook, there already or not, given by its path or its name.

    A name that no folder has here is one among the bundled rulebooks.
    """
    if not rulebook:
        raise UserError("请写明是哪一份计分规则：年份或文件夹")
    bundled, here = RULEBOOKS / rulebook, Path(rulebook)
    elsewhere = here.is_dir() or len(here.parts) > 1
    return here if elsewhere and not bundled.is_dir() else bundled


def _new_year(options: argparse.Namespace) -> None:
    from pipeline.keeping.new_year import new_year, next_steps

    source = _named(options.source) if options.source else default_rulebook()
    target, rulebook = new_year(source, options.year, RULEBOOKS)
    say(next_steps(source, target, rulebook))


def _new_measure(options: argparse.Namespace) -> None:
    from pipeline.keeping.new_year import new_measure

    year = _loaded(default_rulebook()).year
    target = new_measure(ROOT / "templates" / "measure", options.name, RULEBOOKS, year)
    say(f"已生成 {target}，检查无误：只有一条作样子的条款。怎样写，见 docs/new-measure.md")
    say(f"在表格里改：make rulebook-workbook YEAR={target.name}")


def _rulebook_diff(options: argparse.Namespace) -> None:
    from pipeline.keeping.rulebook_diff import describe_changes

    old, new = (_loaded(_named(name)) for name in (options.old, options.new))
    say(describe_changes(old, new))


def _rulebook_workbook(options: argparse.Namespace) -> None:
    from pipeline.keeping.rulebook_workbook import build_workbook, is_unsaved
    from pipeline.publish import write_whole

    folder = _named(options.rulebook) if options.rulebook else default_rulebook()
    content = build_workbook(folder, options.rulebook or folder.name)
    if options.output.exists() and is_unsaved(options.output, folder):
        raise UserError(
            f"{options.output} 里有还没有写回的改动，没有覆盖；"
            "先运行 make rulebook 写回，或者把它移走"
        )
    write_whole(options.output, content)
    say(f"已生成 {options.output}；改好后运行 make rulebook FROM={options.output}")


def _write_rulebook(options: argparse.Namespace) -> int | None:
    from pipeline.keeping.rulebook_workbook import read_workbook, write_rulebook

    target = _named(options.to or read_workbook(options.workbook)[0])
    faults, written = write_rulebook(options.workbook, target)
    for fault in faults:
        say(fault, fault=True)
    if faults:
        say(f"共 {len(faults)} 处要改，规则没有改动", fault=True)
        return IMPOSSIBLE
    say(f"已写入 {target}：{'、'.join(written)}" if written else f"{target} 没有变化")
    return None


def _documents(options: argparse.Namespace) -> None:
    from pipeline.keeping.documents import write_documents

    folder = _rulebook(options)
    for path in write_documents(options.output, folder, _loaded(folder)):
        say(f"已生成 {path}")


if __name__ == "__main__":
    # Libraries and a nation's claims are millions of objects, none of them in a cycle: to look for
    # cycles among them again and again takes a third of a run.
    gc.set_threshold(GC_OBJECTS, 50, 50)
    status = main()
    gc.freeze()
    sys.exit(status)
