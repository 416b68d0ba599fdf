"""The house keeps its shape: who may import what, how long a function is, what may not stand in."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.rulebook import Rulebook, load_rulebook

PROGRAM = Path(__file__).resolve().parent.parent / "pipeline"


@dataclass(frozen=True)
class Room:
    """One file.

    Attributes:
        name: path below `pipeline/`.
        longest: lines and name of the longest function.
        imports: modules of the program that it imports, dotted below `pipeline`.
        libraries: top-level names of everything else that it imports.
    """

    name: str
    longest: tuple[int, str]
    imports: set[str]
    libraries: set[str]


def room(path: Path) -> Room:
    tree = ast.parse(path.read_text("utf-8"))
    lengths = [
        ((node.end_lineno or 0) - node.lineno + 1, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    names = set(imported(tree))
    return Room(
        path.relative_to(PROGRAM).as_posix(),
        max(lengths, default=(0, "")),
        {name[9:] for name in names if name.startswith("pipeline.")},
        {name.split(".")[0] for name in names} - {"pipeline"},
    )


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                inner = PROGRAM.joinpath(*base.split(".")[1:], alias.name)
                is_room = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{base}.{alias.name}" if base.startswith("pipeline") and is_room else base


def dotted(path: Path) -> str:
    name = path.relative_to(PROGRAM).as_posix()
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


ROOMS = {dotted(path): room(path) for path in sorted(PROGRAM.rglob("*.py"))}

STRETCHES = {
    "ground": (
        "",
        "__init__ errors findings isolate layout outcome style columns text wording"
        " rulebook rulebook.* reading.discover reading.raw",
    ),
    "reading": (
        "ground",
        "reading reading.formats reading.formats.* reading.guard reading.reader reading.sheets",
    ),
    "values": ("ground", "intake normalise"),
    "judging": ("ground values", "judging judging.*"),
    "scoring": ("ground judging", "scoring scoring.*"),
    "line": ("ground values judging scoring", "assess"),
    "forms": ("ground", "forms forms.*"),
    "keeping": ("ground", "keeping keeping.*"),
    "outputs": (
        "ground reading forms",
        "feedback feedback.* publish ranking ranking.* summary summary.*",
    ),
    "joining": (
        "ground reading values judging scoring line forms keeping outputs",
        "__main__ arguments console history mail mail.* run",
    ),
}
"""Stretch of the line → the stretches below it that it may know, and its rooms."""

LIBRARIES = {
    "distributed": {"reading.reader"},
    "docxtpl": {"ranking.notice"},
    "jinja2": {"summary.page", "text"},
    "markupsafe": {"summary.page"},
    "msoffcrypto": {"reading.formats"},
    "numpy": {"judging", "scoring", "line", "values", "ranking.*"},
    "openpyxl": {"forms", "feedback.*"},
    "psutil": {"isolate"},
    "pandas": {"values", "judging", "scoring", "line", "outputs", "joining", "findings", "outcome",
               "columns"},
    "pandera": {"judging.rules", "judging.office", "columns"},
    "pydantic": {"history", "rulebook.model", "rulebook.tables", "keeping.rulebook_workbook"},
    "python_calamine": {"reading.formats.*", "keeping.rulebook_workbook"},
    "rustpy_xlsxwriter": {"ranking.book"},
    "smtplib": {"mail.smtp"},
    "socket": {"mail.smtp"},
    "tqdm": {"run"},
    "xlrd": {"reading.formats.*"},
    "xlsxwriter": {"ranking.*", "keeping.rulebook_workbook"},
    "zipfile": {"reading.formats.*", "reading.guard", "feedback.copy", "forms.entry",
                "forms.register", "mail.drafts", "ranking.book"},
}  # fmt: skip
"""Library → the rooms or stretches that may import it. Any other must be Python's own."""


def fits(module: str, pattern: str) -> bool:
    return module == pattern or (pattern.endswith("*") and module.startswith(pattern[:-1]))


def stretch_of(module: str) -> str:
    """The stretch that a room belongs to: exactly one."""
    found = [
        name
        for name, (_, patterns) in STRETCHES.items()
        if any(fits(module, pattern) for pattern in patterns.split())
    ]
    assert len(found) == 1, f"{module} stands in {found or 'no stretch'} of STRETCHES"
    return found[0]


def test_there_is_a_house() -> None:
    assert len(ROOMS) > 30


@pytest.mark.parametrize("module", ROOMS)
def test_a_room_knows_only_what_lies_before_it(module: str) -> None:
    here = stretch_of(module)
    for other in ROOMS[module].imports & ROOMS.keys():
        there = stretch_of(other)
        allowed = (here, *STRETCHES[here][0].split())
        assert there in allowed, f"{module} ({here}) uses {other} ({there})"


def test_no_two_rooms_need_each_other() -> None:
    left = {module: set(room.imports & ROOMS.keys()) - {module} for module, room in ROOMS.items()}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert not left, f"a ring among {sorted(left)}"


@pytest.mark.parametrize("module", ROOMS)
def test_a_library_is_imported_only_where_it_belongs(module: str) -> None:
    for library in ROOMS[module].libraries - sys.stdlib_module_names - LIBRARIES.keys():
        pytest.fail(f"{module} imports {library}, which LIBRARIES does not know")
    for library in ROOMS[module].libraries & LIBRARIES.keys():
        allowed = LIBRARIES[library]
        belongs = stretch_of(module) in allowed or any(fits(module, room) for room in allowed)
        assert belongs, f"{module} imports {library}"


def test_every_entry_of_the_tables_is_used() -> None:
    used = {library for room in ROOMS.values() for library in room.libraries}
    assert used >= LIBRARIES.keys()
    patterns = [p for _, names in STRETCHES.values() for p in names.split()]
    assert [p for p in patterns if not any(fits(module, p) for module in ROOMS)] == []


def test_only_the_doors_touch_files() -> None:
    """Nothing between reading and writing opens a file."""
    opening = re.compile(r"\bopen\(|\.read_(?:text|bytes)\(|\.write_(?:text|bytes)\(")
    for module, room in ROOMS.items():
        if stretch_of(module) in {"values", "judging", "scoring", "line"}:
            text = (PROGRAM / room.name).read_text("utf-8")
            assert not opening.search(text) or module == "judging.attachments", module


def forbidden(rulebook: Rulebook) -> list[str]:
    """What belongs to one year's rulebook, as patterns."""
    short = [name for unit in rulebook.roster for name in unit.short_names]
    words = [*short, *rulebook.units, *rulebook.sheet]
    plain = [reading.id for reading in rulebook.readings]
    return [
        rf"(?<!\d){rulebook.year}(?!\d)",
        *(rf"{re.escape(clause)}(?!\d)" for clause in rulebook.clause_ids),
        *map(re.escape, words),
        *(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in plain),
    ]


BOOKS = sorted((PROGRAM.parent / "data" / "rulebook").glob("*/rulebook.toml"))
SOURCES = [
    *PROGRAM.rglob("*.py"),
    *PROGRAM.rglob("*.csv"),
    *(PROGRAM.parent / "templates").rglob("*.j2"),
]


@pytest.mark.parametrize("folder", [path.parent for path in BOOKS], ids=lambda path: path.name)
def test_nothing_of_a_rulebook_stands_in_the_program(folder: Path) -> None:
    book = load_rulebook(folder)
    patterns = forbidden(book)
    assert len(patterns) >= len(book.clauses)
    joined = re.compile("|".join(patterns))
    found = [
        f"{path.name}:{number}: {match[0]}"
        for path in SOURCES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        for match in joined.finditer(line)
    ]
    assert found == []


def test_no_function_is_too_long() -> None:
    long = {f"{m}.{room.longest[1]}" for m, room in ROOMS.items() if room.longest[0] > 50}
    assert long == set()


def test_no_machine_path_stands_in_the_project() -> None:
    for path in SOURCES:
        text = path.read_text("utf-8")
        assert not re.search(r"['\"]/(?:tmp|home|root|work|usr)/", text), path.name
