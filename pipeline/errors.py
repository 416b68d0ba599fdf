"""The faults that end a command with one clear line and exit status 2, and how lines are said."""

import errno
import os
import sys


def say(line: str = "", *, end: str = "\n", fault: bool = False) -> None:
    """Print a line at once, on stderr where it tells a fault.

    Where nobody listens any more (`| head`) or there is no room for it the work goes on.
    """
    try:
        print(line, end=end, file=sys.stderr if fault else sys.stdout, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if fault else 1)


class UserError(Exception):
    """Nothing can be done: the message is one line in Chinese, for the person at the keyboard."""


_REASONS = {
    "没有写入权限，或文件正在 Excel、WPS 或别的程序中打开，请关闭后再运行一次":
        "EACCES EPERM EBUSY ETXTBSY",
    "磁盘空间不足": "ENOSPC EDQUOT EFBIG",
    "内存不足，请关闭别的程序后再运行一次": "ENOMEM",
    "这个磁盘是只读的": "EROFS",
    "名称太长，请换一个短的": "ENAMETOOLONG",
    "名称里有不能用的字符": "EINVAL EILSEQ",
    "这个位置已有一个同名的文件": "EEXIST",
    "路径当中有一个同名的文件，不是文件夹": "ENOTDIR",
    "这个位置是一个文件夹": "EISDIR",
    "没有这个文件夹或文件": "ENOENT",
    "链接绕成了圈": "ELOOP",
    "磁盘读写出错": "EIO",
    "磁盘或网络位置连不上": "ENXIO ENODEV ESTALE EHOSTDOWN ENOTCONN ETIMEDOUT",
    "打开的文件太多": "EMFILE ENFILE",
    "文件夹不是空的": "ENOTEMPTY",
    "不在同一个磁盘上": "EXDEV",
    "链接太多": "EMLINK",
    "这个位置不支持所要的操作": "ENOTSUP",
}  # fmt: skip
"""What is said → the system's names for it."""
_SAID = {name: said for said, names in _REASONS.items() for name in names.split()}
_LONGEST_PATH = 259
"""Signs that Windows takes where nobody has allowed it more; it then says that there is no file."""


def reason(error: Exception) -> str:
    """Why the system refused, in Chinese; what it has no words for, by its number."""
    if isinstance(error, ValueError):  # a NUL, or what the system cannot encode
        return "名称里有不能用的字符"
    if sys.platform == "win32" and len(str(getattr(error, "filename", ""))) > _LONGEST_PATH:
        return "路径太长，请把文件夹移到浅一些的地方"
    number = getattr(error, "errno", None)
    name = errno.errorcode.get(number, "") if number else ""
    return _SAID.get(name, f"系统报告错误 {number if number else '（未说明）'}")
