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
    def format_help(self) -> str:
        text = super().format_help()
        for english, chinese in _HEADINGS.items():
            text = text.replace(english, chinese)
        return text

    def error(self, message: str) -> NoReturn:
        for english, chinese in _MESSAGES.items():
            message = message.replace(english, chinese)
        self.exit(IMPOSSIBLE, f"命令写法有误：{message}；加 --help 看用法\n")


_HEADINGS = {
    "usage: ": "用法：",
    "[-h] ": "",
    "positional arguments:": "要写的内容：",
    "options:": "可选的：",
    "show this help message and exit": "显示这份说明",
}
_MESSAGES = {
    "the following arguments are required": "缺少",
    "unrecognized arguments": "不认识",
    "invalid choice": "没有这个命令",
    "expected one argument": "后面要写内容",
    "choose from": "可用的有",
    "argument ": "",
}


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


_MANY: dict[str, Any] = {"action": "append", "default": []}


def _word(name: str, shown: str, about: str = "", **how: Any) -> tuple[str, dict[str, Any]]:
    """A name as one types it, and what argparse is told of it."""
    return name, {"metavar": shown, "help": about} | how


def _flag(name: str, about: str) -> tuple[str, dict[str, Any]]:
    return name, {"action": "store_true", "help": about}


_RULEBOOK = _word("--rulebook", "文件夹", "计分规则文件夹", type=_path)
_RUN = (
    _word("--register", "工作簿", "办公室台账，可写几次", type=_path, **_MANY),
    _RULEBOOK,
    _word("--reading", "口径", "这条口径按另一种理解，可写几次", **_MANY),
)
_FROM_RUN = "--rulebook=RULEBOOK --reading=READINGS --register=REGISTER"
_SENT = _word("output", "结果文件夹", "结果文件夹", type=_path)
_SENDING = (
    _RULEBOOK,
    _flag("--send", "按环境里的 SMTP 设置寄出"),
    _flag("--dry-run", "只显示会寄什么"),
)
_COMMANDS = {
    "score": ("计分、排名，写出全部结果", f"{_FROM_RUN} --judges=JUDGES --output=OUTPUT RETURNS", (
        _word("returns", "报送材料", "报送材料所在文件夹", type=_path),
        _word("--output", "文件夹", "结果写到哪个文件夹", type=_path, required=True),
        *_RUN,
        _word("--judges", "姓名", "给这几位评审人各做一份核定表，姓名用顿号隔开", type=_names,
              default=()),
        _flag("--no-feedback", "不做退回用的标注副本"),
        _word("--cluster", "地址", "由 Dask 集群读取、做退回件，写调度器地址", default=""),
        _flag("--strict", "有任何错误时退出码为 1"),
    )),
    "check": ("只检查报送材料，做出标注副本，不排名", f"{_FROM_RUN} --output=OUTPUT RETURNS", (
        _word("returns", "报送材料", "一个工作簿，或一个文件夹", type=_path),
        _word("--output", "文件夹", "结果写到哪个文件夹", type=_path, default=Path("output")),
        *_RUN,
    )),
    "explain": ("说明某单位某一条的得分从何而来", f"{_FROM_RUN} --returns=RETURNS UNIT CLAUSE", (
        _word("unit", "单位", "单位，全称或简称"),
        _word("clause", "条款", "条款编号"),
        _word("--returns", "文件夹", "报送材料", type=_path, default=Path("data/returns")),
        *_RUN,
    )),
    "template": ("生成报送模板和空白台账", "--rulebook=RULEBOOK", (
        _RULEBOOK,
        _word("--output", "文件夹", "写到哪个文件夹（默认原位）", type=_path),
    )),
    "email": ("做出寄送排名的邮件草稿；写明 --send 才寄出", "--to=TO --rulebook=RULEBOOK OUTPUT", (
        _SENT, _word("--to", "邮箱", "收件人", required=True, **_MANY), *_SENDING,
    )),
    "email-feedback": ("给每个单位做一封退回的邮件草稿", "--rulebook=RULEBOOK OUTPUT", (
        _SENT, *_SENDING,
    )),
    "new-year": ("由已有的计分规则做出另一年的", "--from=FROM YEAR", (
        _word("year", "年份", "新的年份，四位数", type=_name),
        _word("--from", "年份或文件夹", "照哪一份（默认最新的）", type=_name, default="",
              dest="source"),
    )),
    "new-measure": ("为另一个考核办法从头做一份计分规则", "NAME", (
        _word("name", "名称", "新文件夹的名称", type=_name),
    )),
    "rulebook-diff": ("两份计分规则相比，对各单位有什么变化", "FROM TO", (
        _word("old", "原来的", "原来的：年份或文件夹", type=_name),
        _word("new", "新的", "新的：年份或文件夹", type=_name),
    )),
    "rulebook-workbook": ("把计分规则做成工作簿，在表格里改", "YEAR", (
        _word("rulebook", "规则", "年份或文件夹（默认最新的）", nargs="?", default="", type=_name),
        _word("--output", "文件", "写成哪个文件", type=_path, default=Path("计分规则.xlsx")),
    )),
    "rulebook": ("检查改好的计分规则工作簿，写回规则文件夹", "--to=YEAR FROM", (
        _word("workbook", "工作簿", "计分规则工作簿", type=_path),
        _word("--to", "年份或文件夹", "写到哪一份（默认做出它的那一份）", type=_name, default=""),
    )),
    "documents": ("更新 docs 里的规则页和问题一览", "--rulebook=RULEBOOK", (
        _RULEBOOK,
        _word("--output", "文件夹", "写到哪个文件夹", type=_path, default=ROOT / "docs"),
    )),
}  # fmt: skip
"""Command → what it does, the variables of make that it takes, what may be written behind it."""
FROM_MAKE = {command: variables for command, (_, variables, _) in _COMMANDS.items()}


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options, in Chinese."""
    parser = _Parser(
        prog="python -m pipeline",
        description="按考核办法给各单位报送的工作簿计分、排名。",
        epilog="例：python -m pipeline score data/returns --output output",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    for command, (about, _, words) in _COMMANDS.items():
        one = commands.add_parser(command, help=about)
        for name, how in words:
            one.add_argument(name, **how)
    return parser


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
