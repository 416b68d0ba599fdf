"""The commands. `python -m pipeline --help` lists them."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.run import Run

ROOT = Path(__file__).resolve().parent.parent
RULEBOOKS = ROOT / "data" / "rulebook"
DONE, FAULTS, IMPOSSIBLE = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(IMPOSSIBLE, f"命令写法有误：{_in_chinese(message)}；加 --help 看用法\n")


_MESSAGES = {
    "the following arguments are required": "缺少",
    "unrecognized arguments": "不认识",
    "invalid choice": "没有这个命令",
    "expected one argument": "后面要写内容",
    "choose from": "可用的有",
    "argument ": "",
}


def _in_chinese(message: str) -> str:
    for english, chinese in _MESSAGES.items():
        message = message.replace(english, chinese)
    return message


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m pipeline",
        description="按考核办法给各单位报送的工作簿计分、排名。",
        epilog="例：python -m pipeline score data/returns --output output",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    score = commands.add_parser("score", help="计分、排名，写出全部结果")
    score.add_argument("returns", type=Path, help="报送材料所在文件夹")
    score.add_argument("--output", type=Path, required=True, help="结果写到哪个文件夹")
    _add_common(score)
    score.add_argument("--no-feedback", action="store_true", help="不做退回用的标注副本")
    score.add_argument("--strict", action="store_true", help="有任何错误时退出码为 1")
    check = commands.add_parser("check", help="只检查报送材料，做出标注副本，不排名")
    check.add_argument("returns", type=Path, help="一个工作簿，或一个文件夹")
    check.add_argument("--output", type=Path, default=Path("output"), help="结果写到哪个文件夹")
    _add_common(check)
    explain = commands.add_parser("explain", help="说明某单位某一条的得分从何而来")
    explain.add_argument("unit", help="单位，全称或简称")
    explain.add_argument("clause", help="条款编号")
    explain.add_argument("--returns", type=Path, default=Path("data/returns"))
    _add_common(explain)
    template = commands.add_parser("template", help="生成报送模板和空白台账")
    template.add_argument("--rulebook", type=Path, default=None, help="计分规则文件夹")
    template.add_argument("--output", type=Path, default=None, help="写到哪个文件夹（默认原位）")
    _add_mail(commands)
    _add_rulebook(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--register", type=Path, action="append", default=[], help="办公室台账，可写几次"
    )
    parser.add_argument("--rulebook", type=Path, default=None, help="计分规则文件夹")
    parser.add_argument(
        "--reading", action="append", default=[], help="这条口径按另一种理解，可写几次"
    )


def _add_mail(commands: "argparse._SubParsersAction[_Parser]") -> None:
    email = commands.add_parser("email", help="做出寄送排名的邮件草稿；写明 --send 才寄出")
    email.add_argument("output", type=Path, help="结果文件夹")
    email.add_argument("--to", action="append", default=[], required=True, help="收件人")
    feedback = commands.add_parser("email-feedback", help="给每个单位做一封退回的邮件草稿")
    feedback.add_argument("output", type=Path, help="结果文件夹")
    feedback.add_argument("--rulebook", type=Path, default=None, help="计分规则文件夹")
    for parser in (email, feedback):
        parser.add_argument("--send", action="store_true", help="按环境里的 SMTP 设置寄出")
        parser.add_argument("--dry-run", action="store_true", help="只显示会寄什么")


def _add_rulebook(commands: "argparse._SubParsersAction[_Parser]") -> None:
    new_year = commands.add_parser("new-year", help="由已有的计分规则做出另一年的")
    new_year.add_argument("year", help="新的年份，四位数")
    new_year.add_argument("--from", dest="source", default="", help="照哪一份（默认最新的）")
    diff = commands.add_parser("rulebook-diff", help="两份计分规则相比，对各单位有什么变化")
    diff.add_argument("old", help="原来的：年份或文件夹")
    diff.add_argument("new", help="新的：年份或文件夹")
    documents = commands.add_parser("documents", help="更新 docs 里的规则页和问题一览")
    documents.add_argument("--rulebook", type=Path, default=None, help="计分规则文件夹")
    documents.add_argument("--output", type=Path, default=ROOT / "docs", help="写到哪个文件夹")


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
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "score": _score,
        "check": _check,
        "explain": _explain,
        "template": _template,
        "email": _email,
        "email-feedback": _email_feedback,
        "new-year": _new_year,
        "rulebook-diff": _rulebook_diff,
        "documents": _documents,
    }
    try:
        return commands[options.command](options)
    except UserError as error:
        return _impossible(str(error))
    except KeyboardInterrupt:
        return _impossible("已中断；原有结果没有改动")


def _impossible(line: str) -> int:
    print(" ".join(line.split()), file=sys.stderr)
    return IMPOSSIBLE


def _rulebook(options: argparse.Namespace) -> Path:
    return options.rulebook or default_rulebook()


def _run(options: argparse.Namespace, output: Path, *, feedback: bool) -> "Run":
    from pipeline.console import progress
    from pipeline.run import Request, Run

    request = Request(
        options.returns,
        output,
        tuple(options.register),
        _rulebook(options),
        tuple(options.reading),
        feedback,
    )
    return Run(request, print, progress)


def _score(options: argparse.Namespace) -> int:
    with _run(options, options.output, feedback=not options.no_feedback) as run:
        outcome = run.publish(run.assess())
    from pipeline.console import closing_table
    from pipeline.outcome import ERROR

    print(closing_table(outcome, options.output))
    return FAULTS if options.strict and (outcome.findings["level"] == ERROR).any() else DONE


def _check(options: argparse.Namespace) -> int:
    with _run(options, options.output, feedback=True) as run:
        outcome, copies = run.check(run.assess())
    from pipeline.console import findings_list

    print(findings_list(outcome, copies))
    return DONE


def _explain(options: argparse.Namespace) -> int:
    with _run(options, Path(), feedback=False) as run:
        outcome = run.with_facts(run.assess().outcome())
    from pipeline.explain import explain

    print(explain(outcome, options.unit, options.clause))
    return DONE


def _template(options: argparse.Namespace) -> int:
    from pipeline.register_template import build_register
    from pipeline.rulebook import load_rulebook
    from pipeline.template import build_template

    rulebook = load_rulebook(_rulebook(options))
    folder = options.output
    targets = {
        (folder or ROOT / "templates") / "intake_template.xlsx": build_template(rulebook),
        (folder or ROOT / "data") / "register.xlsx": build_register(rulebook),
    }
    for path, content in targets.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise UserError(f"写不进 {path}：{error.strerror}") from error
        print(f"已生成 {path}")
    return DONE


def _email(options: argparse.Namespace) -> int:
    from pipeline.mail_commands import email_command
    from pipeline.run import now

    return email_command(
        options.output,
        options.to,
        sending=options.send,
        dry_run=options.dry_run,
        environ=os.environ,
        when=now(),
    )


def _email_feedback(options: argparse.Namespace) -> int:
    from pipeline.mail_commands import email_feedback_command
    from pipeline.rulebook import load_rulebook
    from pipeline.run import now

    return email_feedback_command(
        options.output,
        load_rulebook(_rulebook(options)),
        sending=options.send,
        dry_run=options.dry_run,
        environ=os.environ,
        when=now(),
    )


def _named(rulebook: str) -> Path:
    """The folder of a rulebook, given by its path or by its name among the bundled ones."""
    return Path(rulebook) if Path(rulebook).is_dir() else RULEBOOKS / rulebook


def _new_year(options: argparse.Namespace) -> int:
    from pipeline.new_year import new_year, next_steps

    source = _named(options.source) if options.source else default_rulebook()
    target, rulebook = new_year(source, options.year, RULEBOOKS)
    print(next_steps(source, target, rulebook))
    return DONE


def _rulebook_diff(options: argparse.Namespace) -> int:
    from pipeline.rulebook import load_rulebook
    from pipeline.rulebook_diff import describe_changes

    old, new = (load_rulebook(_named(name)) for name in (options.old, options.new))
    print(describe_changes(old, new))
    return DONE


def _documents(options: argparse.Namespace) -> int:
    from pipeline.documents import write_documents
    from pipeline.rulebook import load_rulebook

    folder = _rulebook(options)
    for path in write_documents(options.output, folder, load_rulebook(folder)):
        print(f"已生成 {path}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
