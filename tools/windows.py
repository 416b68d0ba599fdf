"""The tests on a Windows Python, under Wine: `make test-windows ARGS="…"`, pytest's arguments.

For Debian, as root, with debootstrap, mingw-w64 and a Python 3.11; about 2 GB below build/windows,
made once. All parts come from Debian's and Python's registries: Wine 10 in a folder of its own
(older ones hang where processes start), CPython's DLLs out of a wheel that carries them, its
library in Python from the one that runs this, and the locked libraries' wheels for Windows.

It is no Windows: Wine lets a folder be renamed while a file in it is open, tells no dropped folder
and has no console of code page 936. A Dask cluster does not come up there:
its tests are left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tools.kit import ROOT, lock_for

PLACE = ROOT / "build" / "windows"
DEBIAN = PLACE / "debian"
PYTHON = PLACE / "python"
GCC, OBJDUMP = "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objdump"
NEEDED = ("debootstrap", "unshare", "chroot", GCC, OBJDUMP)
CARRIER = "panda3d==1.10.16"
"""A wheel with the DLLs of python.org's CPython 3.11."""
MINE, THEIRS = "npy-ms-win-crt-math-l1-1-0.dll", "api-ms-win-crt-math-l1-1-0.dll"
"""Wine's own lacks C99's complex numbers; numpy asks the other, whose name is as long."""
START = """#include <wchar.h>
__declspec(dllimport) int Py_Main(int, wchar_t **);
int wmain(int count, wchar_t **given) { return Py_Main(count, given); }
"""
COMPLEX = """
#define OF(T, l, g) \\
    T _Complex my_cexp##l(T _Complex z) { return cexp##g(z); } \\
    T _Complex my_csin##l(T _Complex z) { return csin##g(z); } \\
    T _Complex my_ccos##l(T _Complex z) { return ccos##g(z); } \\
    T _Complex my_ctan##l(T _Complex z) { return ctan##g(z); } \\
    T _Complex my_csinh##l(T _Complex z) { return csinh##g(z); } \\
    T _Complex my_ccosh##l(T _Complex z) { return ccosh##g(z); } \\
    T _Complex my_ctanh##l(T _Complex z) { return ctanh##g(z); } \\
    T _Complex my_cpow##l(T _Complex a, T _Complex b) { return cpow##g(a, b); } \\
    T my_cabs##l(T _Complex z) { return hypot##g(__real__ z, __imag__ z); } \\
    T my_carg##l(T _Complex z) { return atan2##g(__imag__ z, __real__ z); } \\
    T my_creal##l(T _Complex z) { return __real__ z; } \\
    T my_cimag##l(T _Complex z) { return __imag__ z; }
OF(double, , ) OF(float, f, f) OF(double, l, )
"""


def main(arguments: list[str]) -> int:
    """Run the tests there; pytest's exit status.

    A test that starts LibreOffice or Chromium is left out, as is what takes minutes.
    """
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() or sys.version_info[:2] != (3, 11):
        listed = ", ".join(NEEDED)
        print(f"needs root, Python 3.11 and {listed}; missing: {missing}", file=sys.stderr)
        return 1
    made = PLACE / "ready"
    lock = lock_for((ROOT / "requirements-dev.lock").read_text("utf-8"), "3.11")
    if not made.is_file() or made.read_text("utf-8") != lock:
        make_debian()
        make_python(lock)
        made.write_text(lock, "utf-8")
    tests = ["-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"]
    wanted = ["-m", "not office and not browser and not slow and not long"]
    wanted += ["--ignore", "tests/test_executor.py"]
    status = run("-m", "pytest", *tests, *wanted, *arguments)
    different = differences()
    print(
        f"the samples' results differ from those here: {different}" if different else "same results"
    )
    return status or len(different)


def differences() -> list[str]:
    """Results of the samples that have other bytes there than here.

    Workbooks and the page that say which Python made them are left out; their figures stand in
    last-run.json.
    """
    found = []
    for place, do in (("there", run), ("here", here)):
        output = PLACE.relative_to(ROOT) / place
        shutil.rmtree(ROOT / output, ignore_errors=True)
        order = ("-m", "pipeline", "score", "data/returns", "--output", output.as_posix())
        do(*order, SOURCE_DATE_EPOCH="1452222000", OPENPYXL_LXML="False")
        folder = ROOT / output
        results = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.glob("*/*.*")}
        results["notice.docx"] = (folder / "notice.docx").read_bytes()
        record = json.loads((folder / "last-run.json").read_bytes())
        found.append(results | {name: record[name] for name in ("units", "filled", "taken")})
    there, own = found
    return sorted(name for name in there | own if there.get(name) != own.get(name))


def here(*arguments: str, **more: str) -> int:
    """Run this Python in the project's folder."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=os.environ | more).returncode


def run(*arguments: str, **more: str) -> int:
    """Run the Windows Python in the project's folder; what is mounted for it goes with it.

    `more`: variables of its environment.
    """
    mounts = {ROOT: "work", PYTHON: "python", Path("/dev"): "dev"}
    lines = [f"mount --bind '{source}' '{DEBIAN / place}'" for source, place in mounts.items()]
    lines += [f"mount -t proc proc '{DEBIAN / 'proc'}'", f"exec chroot '{DEBIAN}' \"$@\""]
    for place in mounts.values():
        (DEBIAN / place).mkdir(exist_ok=True)
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/root", "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
    # Nothing opens a window: there is nobody to close it.
    environ |= {"WINEDLLOVERRIDES": "mscoree,mshtml,explorer.exe,winebrowser.exe=", **more}
    inside = ["env", "-i", *(f"{name}={value}" for name, value in environ.items())]
    inside += ["sh", "-c", 'cd /work && exec "$0" "$@"', "/usr/lib/wine/wine64"]
    # With its own numbers for processes: Wine's server and services end with the command.
    call = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    call += ["sh", "-ec", "\n".join(lines), "sh", *inside]
    # Python there takes pipes alone for its standard streams.
    with subprocess.Popen(
        [*call, "/python/python.exe", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
    return process.returncode


def make_debian() -> None:
    """The Debian whose Wine is new enough."""
    if not (DEBIAN / "usr/lib/wine/wine64").is_file():
        shutil.rmtree(DEBIAN, ignore_errors=True)
        PLACE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", "trixie", DEBIAN], check=True)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "wine64"]
        subprocess.run(["chroot", DEBIAN, *install], check=True)


def make_python(lock: str) -> None:
    """A Windows CPython with the libraries of a lock."""
    shutil.rmtree(PYTHON, ignore_errors=True)
    libraries = PYTHON / "Lib" / "site-packages"
    hidden = shutil.ignore_patterns("site-packages", "dist-packages", "test", "__pycache__")
    shutil.copytree(sysconfig.get_path("stdlib"), PYTHON / "Lib", ignore=hidden)
    (PYTHON / "DLLs").mkdir()
    for_windows = ["--only-binary", ":all:", "--platform", "win_amd64", "--python-version", "3.11"]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    carrier = PLACE / "carrier"
    download = [*pip, "download", "--no-deps", *for_windows, "--dest", str(carrier)]
    subprocess.run([*download, CARRIER], check=True)
    with zipfile.ZipFile(next(carrier.glob("*.whl"))) as wheel:
        for name in wheel.namelist():
            folder, _, file = name.rpartition("/")
            if folder == "deploy_libs" and not file.startswith("api-ms-win-crt"):
                file = file.lower() if file.lower().startswith("vcruntime") else file
                beside = file.startswith(("python3", "vcruntime"))
                target = PYTHON / file if beside else PYTHON / "DLLs" / file
                target.write_bytes(wheel.read(name))
    compiled(START, "python.exe", "-municode", str(PYTHON / "python311.dll"))
    names = exported(PYTHON / "python311.dll")
    compiled("", "python3.dll", "-shared", exports("python3", {n: f"python311.{n}" for n in names}))
    (PLACE / "lock.txt").write_text(lock, "utf-8")
    install = [*pip, "install", "--require-hashes", *for_windows, "--target", str(libraries)]
    subprocess.run([*install, "--requirement", str(PLACE / "lock.txt")], check=True)
    give_numpy_complex_numbers(libraries / "numpy")


def give_numpy_complex_numbers(numpy: Path) -> None:
    """Let numpy's modules ask a DLL of ours for C's mathematics; it asks Wine's for the rest."""
    asked = set()
    for module in numpy.rglob("*.pyd"):
        for table in headers(module).split("DLL Name: ")[1:]:
            if table.startswith(THEIRS):
                asked |= set(re.findall(r"^\t[0-9a-f]+\t.*\s(\w+)$", table, re.MULTILINE))
        module.write_bytes(module.read_bytes().replace(THEIRS.encode(), MINE.encode()))
    mine = {"cexp", "csin", "ccos", "ctan", "csinh", "ccosh", "ctanh", "cpow", "cabs", "carg",
            "creal", "cimag"}  # fmt: skip
    own = asked & {name + kind for name in mine for kind in ("", "f", "l")}
    places = {name: f"ucrtbase.{name}" for name in asked} | {name: f"my_{name}" for name in own}
    source = "#include <complex.h>\n#include <math.h>" + COMPLEX
    compiled(source, MINE, "-O1", "-shared", "-static-libgcc", exports(MINE, places))


def headers(library: Path) -> str:
    """What a DLL says of itself."""
    call = [OBJDUMP, "--private-headers", str(library)]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout


def exported(library: Path) -> list[str]:
    """The names that a DLL offers."""
    table = headers(library).partition("[Ordinal/Name Pointer] Table")[2]
    return re.findall(r"^\s+\[ *\d+\].*\s(\w+)$", table, re.MULTILINE)


def exports(library: str, places: Mapping[str, str]) -> str:
    """The path of a list for the linker: what a DLL offers, and where each of it is."""
    lines = [f"LIBRARY {library}", "EXPORTS", *(f"{n}={at}" for n, at in sorted(places.items()))]
    written = PLACE / f"{library}.def"
    written.write_text("\n".join(lines) + "\n")
    return str(written)


def compiled(source: str, name: str, *options: str) -> None:
    """Compile a C source into the Windows Python's folder."""
    written = PLACE / f"{name}.c"
    written.write_text(source)
    call = [GCC, str(written), *options, "-o", str(PYTHON / name)]
    subprocess.run(call, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
