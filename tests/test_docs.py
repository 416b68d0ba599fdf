"""What the docs show is there: commands run, links lead somewhere, tables are current."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline.__main__ import main
from tests.test_makefile import environment

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.M)

ELSEWHERE = {
    "test": "this is it",
    "test-all": "this is it too",
    "lint": "run by .ci/run",
    "types": "run by .ci/run",
    "clean": "would remove what runs this test",
    "lock": "needs the network",
    "pictures": "takes a minute; needs a screen's worth of programs",
    "bench": "takes minutes",
    "fuzz": "takes minutes",
    "test-windows": "takes minutes; needs Wine",
}
"""Targets that the docs show and this file does not run."""


WALKED = "example.md"
"""Its commands follow from what is typed between them: test_example does them in order."""


def commands(language: str) -> list[tuple[str, str]]:
    """(page, command line) of all code blocks in this language."""
    return [
        (page.name, line.strip())
        for page in DOCS
        for kind, text in BLOCK.findall(page.read_text("utf-8"))
        for line in text.splitlines()
        if kind == language and line.strip()
    ]


def targets() -> set[str]:
    return set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M))


def test_there_are_docs_and_commands() -> None:
    names = {page.name for page in DOCS}
    assert {"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "design.md"} <= names
    assert len(commands("sh")) >= 10
    assert len(commands("bat")) >= 3


def test_code_blocks_say_what_they_are() -> None:
    for page in DOCS:
        kinds = {kind for kind, _ in BLOCK.findall(page.read_text("utf-8"))}
        assert kinds <= {"sh", "bat", "text", "toml", "csv", "python"}, page.name


@pytest.mark.parametrize(("page", "line"), commands("sh"))
def test_every_shown_command_is_a_target(page: str, line: str) -> None:
    program, target, *_ = [*shlex.split(line), ""]
    assert program == "make", f"{page} shows {line}, which nothing tests"
    assert target in targets()


def test_targets_named_in_text_are_there() -> None:
    for page in DOCS:
        named = re.findall(r"`make ([a-z-]+)[^`]*`", page.read_text("utf-8"))
        assert set(named) <= targets(), page.name


@pytest.fixture(scope="module")
def clerk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a clerk has it, with the files that the docs speak of."""
    folder = tmp_path_factory.mktemp("docs") / "project"
    ignored = shutil.ignore_patterns("__pycache__", ".*", "output", "build")
    shutil.copytree(ROOT, folder, ignore=ignored)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    for stamp in (".ready", ".ready-dev"):
        (folder / ".venv" / stamp).touch()
    one, *others = sorted((folder / "data" / "returns").rglob("*.xlsx"))
    for other in others:  # one return shows what a command does
        other.unlink()
    for returns in ("returns", "收到的材料"):
        (folder / returns).mkdir()
        shutil.copy(one, folder / returns)
    for register in ("register.xlsx", "台账.xlsx", "评审意见.xlsx"):
        shutil.copy(folder / "data" / "register.xlsx", folder / register)
    return folder


RUNS = [
    line
    for line in dict.fromkeys(line for page, line in commands("sh") if page != WALKED)
    if shlex.split(line)[1] not in ELSEWHERE
]
SCORING = ("score", "check", "explain", "email", "email-feedback")
"""Done by the program itself, as make would call it; the others change their own project."""


@pytest.mark.parametrize("line", [line for line in RUNS if shlex.split(line)[1] in SCORING])
def test_every_shown_command_on_returns_does_its_work(
    clerk: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, target, *values = shlex.split(line)
    monkeypatch.chdir(clerk)
    for name in ("REGISTER", "READINGS", "JUDGES"):
        monkeypatch.delenv(name, raising=False)
    given = dict(word.split("=", 1) for word in ("RETURNS=data/returns", "OUTPUT=output", *values))
    if given.keys() & {"REGISTER", "READINGS", "JUDGES"}:
        given["ARGS"] = "--no-feedback"  # copies take half the time, and two plain runs make them
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert main(["make", target]) == 0


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
@pytest.mark.parametrize("line", [line for line in RUNS if shlex.split(line)[1] not in SCORING])
def test_every_shown_make_command_runs(clerk: Path, line: str) -> None:
    done = subprocess.run(
        shlex.split(line),
        cwd=clerk,
        env=environment(ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for made in (clerk / "data" / "rulebook").iterdir():  # a new year would be the default one
        if not (ROOT / "data" / "rulebook" / made.name).exists():
            shutil.rmtree(made)


WINDOWS = [
    line.removeprefix(r".venv\Scripts\python -m pipeline ").replace("\\", "/")
    for _, line in commands("bat")
    if " -m pipeline " in line
]


@pytest.mark.parametrize("line", WINDOWS)
def test_every_shown_windows_command_runs(
    clerk: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clerk)
    assert main(shlex.split(line)) == 0


def anchors(page: Path) -> set[str]:
    """The anchors that a reader of Markdown makes of the headings."""
    kept = (
        re.sub(r"[^\w\- ]", "", heading.lower())
        for heading in HEADING.findall(page.read_text("utf-8"))
    )
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text("utf-8"))
    for link in map(unquote, links):
        assert "://" not in link, f"{page.name} leaves the project: {link}"
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_pictures_are_small_and_all_shown() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    text = "".join(page.read_text("utf-8") for page in DOCS)
    assert [p.name for p in pictures if f"pictures/{p.name}" not in text] == []
    assert sum(picture.stat().st_size for picture in pictures) < 2_000_000


def test_the_map_names_real_files() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"`((?:pipeline|data|templates|tools|tests)/[\w./-]+)`", readme)
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_library_is_explained() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.partition("dependencies = [")[2].partition("\n]")[0]
    libraries = re.findall(r'"([\w-]+)', block)
    rows = re.findall(r"^\| ([\w-]+) \|", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert {name.lower() for name in libraries} <= {row.lower() for row in rows}


def test_the_changelog_keeps_rules_and_program_apart() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for release in text.split("\n## ")[1:]:
        assert re.findall(r"^### (.+)$", release, re.M) == ["计分规则", "程序"]
