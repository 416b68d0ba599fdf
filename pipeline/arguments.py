"""What may be written behind `python -m pipeline`, or set as variables of make."""

import argparse
import errno
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import reason

ROOT = Path(__file__).resolve().parent.parent
IMPOSSIBLE = 2


class _Parser(argparse.ArgumentParser):
    def add_argument(self, *names: Any, **how: Any) -> argparse.Action:
        if names[0] in _METAVARS and how.get("action") != "store_true":
            how["metavar"] = _METAVARS[names[0]]
        return super().add_argument(*names, **how)

    def format_help(self) -> str:
        text = super().format_help()
        for english, chinese in _HEADINGS.items():
            text = text.replace(english, chinese)
        return text

    def error(self, message: str) -> NoReturn:
        self.exit(IMPOSSIBLE, f"命令写法有误：{_in_chinese(message)}；加 --help 看用法\n")


_HEADINGS = {
    "usage: ": "用法：",
    "[-h] ": "",
    "positional arguments:": "要写的内容：",
    "options:": "可选的：",
    "show this help message and exit": "显示这份说明",
}
_METAVARS = {
    "returns": "报送材料",
    "output": "结果文件夹",
    "unit": "单位",
    "clause": "条款",
    "year": "年份",
    "old": "原来的",
    "new": "新的",
    "--output": "文件夹",
    "--returns": "文件夹",
    "--rulebook": "文件夹",
    "--register": "工作簿",
    "--reading": "口径",
    "--cluster": "地址",
    "--judges": "姓名",
    "--to": "邮箱",
    "--from": "年份或文件夹",
}
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


_RUN = "--rulebook=RULEBOOK --reading=READINGS --register=REGISTER"
FROM_MAKE = {
    "score": f"{_RUN} --judges=JUDGES --output=OUTPUT RETURNS",
    "check": f"{_RUN} --output=OUTPUT RETURNS",
    "explain": f"{_RUN} --returns=RETURNS UNIT CLAUSE",
    "template": "--rulebook=RULEBOOK",
    "email": "--to=TO --rulebook=RULEBOOK OUTPUT",
    "email-feedback": "--rulebook=RULEBOOK OUTPUT",
    "new-year": "--from=FROM YEAR",
    "new-measure": "NAME",
    "rulebook-diff": "FROM TO",
    "rulebook-workbook": "YEAR",
    "rulebook": "--to=YEAR FROM",
    "documents": "--rulebook=RULEBOOK",
}
"""Command → the variables of make that it takes, as options and in their places."""


def words_from_make(command: str, environ: Mapping[str, str]) -> list[str]:
    """What one would have typed in place of `make COMMAND VARIABLE=…`."""
    options, places = [command], list[str]()
    for option, _, name in (word.rpartition("=") for word in FROM_MAKE[command].split()):
        value = environ.get(name, "")
        if name == "READINGS":
            values = value.split()
        elif name == "REGISTER" and not os.path.lexists(value):
            values = [one.strip() for one in value.split(";")]
        else:
            values = [value]
        if option:
            options += [f"{option}={one}" for one in values if one.strip()]
        else:
            places += values
    return [*options, *shlex.split(environ.get("ARGS", "")), *(["--", *places] if places else [])]


def _path(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("后面要写内容")
    return Path(_name(text))


def _name(text: str) -> str:
    try:
        os.lstat(text)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise argparse.ArgumentTypeError(f"{text[:20]}……：{reason(error)}") from error
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, re.split(r"[\s、，,；;]+", text))))


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options, in Chinese."""
    parser = _Parser(
        prog="python -m pipeline",
        description="按考核办法给各单位报送的工作簿计分、排名。",
        epilog="例：python -m pipeline score data/returns --output output",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    score = commands.add_parser("score", help="计分、排名，写出全部结果")
    score.add_argument("returns", type=_path, help="报送材料所在文件夹")
    score.add_argument("--output", type=_path, required=True, help="结果写到哪个文件夹")
    _add_common(score)
    score.add_argument(
        "--judges", type=_names, default=(), help="给这几位评审人各做一份核定表，姓名用顿号隔开"
    )
    score.add_argument("--no-feedback", action="store_true", help="不做退回用的标注副本")
    score.add_argument("--cluster", default="", help="由 Dask 集群读取，写调度器地址（附加项）")
    score.add_argument("--strict", action="store_true", help="有任何错误时退出码为 1")
    check = commands.add_parser("check", help="只检查报送材料，做出标注副本，不排名")
    check.add_argument("returns", type=_path, help="一个工作簿，或一个文件夹")
    check.add_argument("--output", type=_path, default=Path("output"), help="结果写到哪个文件夹")
    _add_common(check)
    explain = commands.add_parser("explain", help="说明某单位某一条的得分从何而来")
    explain.add_argument("unit", help="单位，全称或简称")
    explain.add_argument("clause", help="条款编号")
    explain.add_argument("--returns", type=_path, default=Path("data/returns"))
    _add_common(explain)
    template = commands.add_parser("template", help="生成报送模板和空白台账")
    template.add_argument("--rulebook", type=_path, default=None, help="计分规则文件夹")
    template.add_argument("--output", type=_path, default=None, help="写到哪个文件夹（默认原位）")
    _add_mail(commands)
    _add_rulebook(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--register", type=_path, action="append", default=[], help="办公室台账，可写几次"
    )
    parser.add_argument("--rulebook", type=_path, default=None, help="计分规则文件夹")
    parser.add_argument(
        "--reading", action="append", default=[], help="这条口径按另一种理解，可写几次"
    )


def _add_mail(commands: Any) -> None:
    email = commands.add_parser("email", help="做出寄送排名的邮件草稿；写明 --send 才寄出")
    email.add_argument("output", type=_path, help="结果文件夹")
    email.add_argument("--to", action="append", default=[], required=True, help="收件人")
    feedback = commands.add_parser("email-feedback", help="给每个单位做一封退回的邮件草稿")
    feedback.add_argument("output", type=_path, help="结果文件夹")
    for parser in (email, feedback):
        parser.add_argument("--rulebook", type=_path, default=None, help="计分规则文件夹")
        parser.add_argument("--send", action="store_true", help="按环境里的 SMTP 设置寄出")
        parser.add_argument("--dry-run", action="store_true", help="只显示会寄什么")


def _add_rulebook(commands: Any) -> None:
    new_year = commands.add_parser("new-year", help="由已有的计分规则做出另一年的")
    new_year.add_argument("year", type=_name, help="新的年份，四位数")
    new_year.add_argument(
        "--from", dest="source", default="", type=_name, help="照哪一份（默认最新的）"
    )
    measure = commands.add_parser("new-measure", help="为另一个考核办法从头做一份计分规则")
    measure.add_argument("name", type=_name, help="新文件夹的名称")
    diff = commands.add_parser("rulebook-diff", help="两份计分规则相比，对各单位有什么变化")
    diff.add_argument("old", type=_name, help="原来的：年份或文件夹")
    diff.add_argument("new", type=_name, help="新的：年份或文件夹")
    workbook = commands.add_parser("rulebook-workbook", help="把计分规则做成工作簿，在表格里改")
    workbook.add_argument(
        "rulebook", nargs="?", default="", type=_name, help="年份或文件夹（默认最新的）"
    )
    workbook.add_argument("--output", type=_path, default=Path("计分规则.xlsx"), help="写到哪里")
    written = commands.add_parser("rulebook", help="检查改好的计分规则工作簿，写回规则文件夹")
    written.add_argument("workbook", type=_path, help="计分规则工作簿")
    written.add_argument("--to", default="", type=_name, help="写到哪一份（默认做出它的那一份）")
    documents = commands.add_parser("documents", help="更新 docs 里的规则页和问题一览")
    documents.add_argument("--rulebook", type=_path, default=None, help="计分规则文件夹")
    documents.add_argument("--output", type=_path, default=ROOT / "docs", help="写到哪个文件夹")
