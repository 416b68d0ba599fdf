"""The Makefile hands values over as typed, lists its targets, and turns failures into 2.

The program itself is replaced by one that prints what it was given: nothing is installed here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make here")

ECHO = """import json, os, sys
words = sys.argv[1:]
if words[:3] == ["-m", "pipeline", "make"]:
    sys.path.insert(0, os.environ["ROOT"])
    from pipeline.arguments import words_from_make
    words = [*words[:2], *words_from_make(words[3], os.environ)]
print(json.dumps(words))
sys.exit(int(os.environ.get("ECHO_STATUS", 0)))
"""


def environment(root: Path) -> dict[str, str]:
    """The environment without what a make around this test was told."""
    told = re.search(r"^VALUES := (.+)$", (root / "Makefile").read_text("utf-8"), re.M)
    assert told
    drop = {*told[1].split(), "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON"}
    return {name: value for name, value in os.environ.items() if name not in drop}


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Run:
    """`make(*arguments)` in a copy whose installed python only prints its arguments."""
    folder = tmp_path / "项目 one's"
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    echo = tmp_path / "echo.py"
    echo.write_text(ECHO, "utf-8")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{echo}" "$@"\n', "utf-8")
    program.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(root / name, folder)
    for stamp in (".ready", ".ready-dev"):
        (folder / ".venv" / stamp).touch()

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=folder,
            env=environment(root) | {"ROOT": str(root)} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def given(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The arguments that the program got."""
    assert done.returncode == 0, done.stderr
    arguments: list[str] = json.loads(done.stdout)
    assert arguments[:2] == ["-m", "pipeline"]
    return arguments[2:]


def test_score_uses_the_sample_returns_by_default(make: Run) -> None:
    assert given(make("score")) == ["score", "--output=output", "--", "data/returns"]


@pytest.mark.parametrize(
    "value",
    ["两个 词", "it's", 'a "quoted" one', "$(shell touch bad)", "$HOME $$ ${x}", "`touch bad`",
     "a;touch bad", "a#b", "back\\slash", "*", "-x", "后面有空格 ", "a%b", "~x"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_values_arrive_as_typed(make: Run, value: str, way: str) -> None:
    if way == "argument":
        done = make("score", f"RETURNS={value}", f"OUTPUT={value}", f"RULEBOOK={value}")
    else:
        done = make("score", RETURNS=value, OUTPUT=value, RULEBOOK=value)
    assert given(done) == ["score", f"--rulebook={value}", f"--output={value}", "--", value]


def test_several_readings_and_registers_are_split(make: Run) -> None:
    done = make("score", "READINGS=one  * two", "REGISTER=我的 台账.xlsx; 第二 本.xlsx")
    readings = ["--reading=one", "--reading=*", "--reading=two"]
    registers = ["--register=我的 台账.xlsx", "--register=第二 本.xlsx"]
    assert given(done)[1:-3] == [*readings, *registers]


def test_a_register_whose_name_holds_a_semicolon_is_one_file(make: Run, tmp_path: Path) -> None:
    register = tmp_path / "台账;旧.xlsx"
    register.touch()
    assert f"--register={register}" in given(make("score", f"REGISTER={register}"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["explain", "UNIT=甲 县", "CLAUSE=一.7"],
            ["--returns=data/returns", "--", "甲 县", "一.7"],
        ),
        (["check", "RETURNS=某 县.xlsx"], ["--output=output", "--", "某 县.xlsx"]),
        (["template", "RULEBOOK=规 则"], ["--rulebook=规 则"]),
        (["email", "TO=a@b.cn; c@d.cn"], ["--to=a@b.cn; c@d.cn", "--", "output"]),
        (["email-feedback", "OUTPUT=结 果"], ["--", "结 果"]),
        (["new-year", "YEAR=明 年"], ["--", "明 年"]),
        (["new-year", "YEAR=x", "FROM=旧 的"], ["--from=旧 的", "--", "x"]),
        (["rulebook-diff", "FROM=旧 的", "TO=新 的"], ["--", "旧 的", "新 的"]),
        (["score", "ARGS=--strict -x"], ["--output=output", "--strict", "-x"]),
    ],
)
def test_a_target_hands_its_values_to_its_command(
    make: Run, arguments: list[str], expected: list[str]
) -> None:
    command, *options = given(make(*arguments))
    assert command == arguments[0]
    assert options[: len(expected)] == expected


@pytest.mark.parametrize("status", ["1", "2", "3"])
@pytest.mark.parametrize(
    "target", ["score", "check", "explain", "template", "email", "sample", "test", "lint", "types"]
)
def test_every_failure_ends_as_2(make: Run, target: str, status: str) -> None:
    assert make(target, ECHO_STATUS=status).returncode == 2


def test_options_for_the_tests_keep_their_quotes(make: Run) -> None:
    done = make("test", "ARGS=-x -k 'one or two'")
    words = json.loads(done.stdout)
    assert words[:2] == ["-m", "pytest"]
    assert words[-3:] == ["-x", "-k", "one or two"]


def test_what_make_test_leaves_out_is_run_by_ci(make: Run, root: Path) -> None:
    some, every = (json.loads(make(target).stdout) for target in ("test", "test-all"))
    assert some == [*every, "-m", "not slow and not long"]
    assert "make test-all" in (root / ".ci" / "run").read_text("utf-8").splitlines()


def targets(root: Path) -> set[str]:
    """Every target that the Makefile declares."""
    text = (root / "Makefile").read_text("utf-8")
    return set(re.findall(r"^\.PHONY: (.+)$", text, re.M))


def test_help_lists_every_target(make: Run, root: Path) -> None:
    shown = make("help")
    assert shown.returncode == 0, shown.stderr
    listed = re.findall(r"^  make ([a-z-]+) +\S", shown.stdout, re.M)
    assert sorted(listed) == sorted(targets(root))


def test_make_alone_is_help(make: Run) -> None:
    assert make().stdout == make("help").stdout != ""


def test_no_target_is_a_file(root: Path) -> None:
    rules = re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text("utf-8"), re.M)
    assert set(rules) == targets(root)


def test_an_old_python_is_refused_in_one_line(make: Run, root: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n', "utf-8")
    old.chmod(0o755)
    make("clean")
    done = make("score", f"PYTHON={old}")
    assert done.returncode == 2
    first = done.stderr.splitlines()[0]
    assert "需要 Python 3.11" in first
    assert "Python 3.9.2" in first


def test_a_python_without_venv_leaves_nothing_behind(make: Run, tmp_path: Path) -> None:
    python = tmp_path / "bare"
    python.write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\nmkdir -p .venv/bin; touch .venv/bin/python; exit 1\n',
        "utf-8",
    )
    python.chmod(0o755)
    make("clean")
    done = make("score", f"PYTHON={python}")
    assert done.returncode == 2
    assert "python3-venv" in done.stderr
    assert not (tmp_path / "项目 one's" / ".venv").exists()


def test_an_installation_that_fails_is_tried_again(make: Run, tmp_path: Path) -> None:
    stamp = tmp_path / "项目 one's" / ".venv" / ".ready"
    stamp.unlink()
    done = make("score", ECHO_STATUS="1")
    assert done.returncode == 2
    assert "要联网" in done.stderr
    assert not stamp.exists()


def test_a_changed_lock_installs_again(make: Run, tmp_path: Path) -> None:
    lock = tmp_path / "项目 one's" / "requirements.lock"
    os.utime(lock, (2**31 - 1, 2**31 - 1))
    first = make("score").stdout.splitlines()[0]
    assert json.loads(first)[-2:] == ["--requirement", "requirements.lock"]


LOCKED = re.compile(r"^([a-z0-9-]+)==([^ ;]+)", re.M)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_what_pyproject_asks_for(root: Path, name: str) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["dependencies"]
    if "dev" in name:
        wanted = wanted + project["dependency-groups"]["dev"]
    pinned = LOCKED.findall((root / name).read_text("utf-8"))
    for requirement in map(Requirement, wanted):
        versions = [Version(version) for package, version in pinned if package == requirement.name]
        assert versions, f"{name} lacks {requirement}: run make lock"
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_has_a_hash_for_each_package_and_no_address(root: Path, name: str) -> None:
    text = (root / name).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9-]+==\S", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_both_locks_hold_the_same_versions(root: Path) -> None:
    one, two = (
        set(LOCKED.findall((root / name).read_text("utf-8")))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert one <= two
