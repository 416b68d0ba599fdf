"""What a double click on 计分.cmd, 检查.cmd or 模板.cmd does: `launch.py score|check|template`.

Runs under whatever Python the office has (3.7 can still read it), says in Chinese what is missing,
and hands over to the program in an environment of its own beside it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
RETURNS = "报送材料"
RESULTS = {"score": "结果", "check": "检查结果", "template": ""}
SHOWN = {"score": "summary.html"}
LOCK = HERE / "requirements.lock"
WHEELS = HERE / "wheels"
DEEPEST = 100
"""Signs of this folder's path: the libraries' own paths need the rest of Windows' 259."""


class LaunchError(Exception):
    """Why nothing was done."""


def main(command, arguments):
    """Run a command for the folder that was dropped, or the one that stands here."""
    python = environment()
    call = [str(python), "-m", "pipeline", command]
    results = HERE / RESULTS[command]
    if command != "template":
        call.append(str(returns_folder(dropped(os.environ, arguments))))
    call += ["--output", str(results)]
    status = subprocess.call(call, cwd=str(HERE))
    if status == 0:
        show(results / SHOWN.get(command, ""))
    return status


def dropped(environ, arguments):
    """The folder or file that was dropped on the .cmd file, or None.

    The command line tells more than the arguments: at an & without quotes around it they end.
    """
    line, name = environ.get("DROPPED", ""), environ.get("SELF", "")
    found = re.search(re.escape(name) + r'"?\s+(.+)$', line, re.I | re.S) if name else None
    text = found.group(1) if found else " ".join(arguments)
    # No name holds a quote: those at the ends are the name's own and the one around the whole line.
    text = text.strip(' "').rstrip("\\")
    return Path(text + "\\" if text.endswith(":") else text) if text else None


def returns_folder(given):
    """The folder with the returns; where there is none yet it is made and opened.

    Raises:
        LaunchError: there is nothing to read yet.
    """
    if given:
        if not given.exists():
            raise LaunchError(f"没有这个文件夹：{given}。请把文件夹改成简单的名字，再拖一次。")
        return given
    folder = HERE / RETURNS
    folder.mkdir(exist_ok=True)
    if not any(folder.iterdir()):
        show(folder)
        raise LaunchError(f"请把各单位的表放进文件夹“{RETURNS}”（{folder}），再双击一次。")
    return folder


def environment():
    """The Python that has the libraries; on first use it is made.

    Raises:
        LaunchError: this Python cannot be used, or the libraries could not be put in.
    """
    check_python()
    if (HERE / "libs").is_dir():
        return Path(sys.executable)  # a kit with a Python of its own, libraries unpacked
    folder = HERE / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "ready.txt"
    wanted = f"{sys.version}\n{sys.base_prefix}\n{LOCK.read_text('utf-8')}"
    if python.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    say("第一次使用，正在准备运行环境，约需一分钟……")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)]
    if WHEELS.is_dir():
        install += ["--no-index", "--find-links", str(WHEELS)]
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(folder)]):
        raise LaunchError(f"建不了运行环境：{folder} 写不进去，或 Python 没有装全。")
    if subprocess.call(install):
        raise LaunchError(f"程序库没有装上。{why_not_installed()}")
    stamp.write_text(wanted, "utf-8")
    return python


def check_python():
    """Refuse a Python that the libraries are not made for.

    Raises:
        LaunchError: too old, 32 bits, or a folder too deep for Windows.
    """
    here = "{}.{}".format(*sys.version_info[:2])
    bits = 64 if sys.maxsize > 2**32 else 32
    if sys.version_info < (3, 11) or bits == 32:
        raise LaunchError(
            f"需要 64 位的 Python 3.11 或更高版本，现在是 {bits} 位的 {here}。"
            "请到 https://www.python.org/downloads/windows/ 下载“Windows installer (64-bit)”。"
        )
    if os.name == "nt" and len(str(HERE)) > DEEPEST:
        raise LaunchError(f"本文件夹的路径太长，请移到浅一些的地方（如 D:\\计分）：{HERE}")


def why_not_installed():
    """What can be done when pip failed: the kit's wheels serve some versions of Python only."""
    if not WHEELS.is_dir():
        return "第一次使用要联网；装好以后不再需要。"
    names = " ".join(path.name for path in WHEELS.iterdir())
    versions = sorted({int(minor) for minor in re.findall(r"-cp3(\d+)-cp3\d+-", names)})
    listed = "、".join(f"3.{minor}" for minor in versions)
    here = "{}.{}".format(*sys.version_info[:2])
    return f"本包里的程序库适用于 64 位的 Python {listed}，现在是 {here}。"


def show(path):
    """Open a file or a folder as a double click does, where there is a desktop for it."""
    try:
        os.startfile(str(path))
    except (AttributeError, OSError):
        say(f"请打开：{path}")


def say(line, stream=None):
    """A line that stands before what the program says."""
    print(line, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except LaunchError as stop:
        say(str(stop), sys.stderr)
        sys.exit(2)
