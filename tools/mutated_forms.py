"""Mutants of what stands outside functions: patterns, tables, constants.

mutmut changes functions only, but how people write stands in patterns. Each mutant lacks one
alternative, one sign of a class, one repetition, one entry of a table, or counts one further. The
unit tests are tried on it, the file's own first, in a process forked from one that has the
libraries loaded.
"""

import ast
import copy
import hashlib
import importlib.abc
import importlib.util
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

KILLED, SURVIVED, INVALID, TIMEOUT = "killed", "survived", "invalid", "timeout"
SECONDS = 120
_NO_PATTERN = 77
_METACHARACTERS = re.compile(r"[\[(|?+*\\]")
_RANGE = re.compile(r"(\w)-(\w)")
_COUNT = re.compile(r"\{(\d)(?:,(\d))?\}")


@dataclass(frozen=True)
class Form:
    """A mutant: a file whose constant number `at` reads otherwise."""

    file: str
    name: str
    removed: str
    added: str
    tree: ast.Module


def forms(file: str, source: str) -> Iterator[Form]:
    """Every mutant of a file's assignments outside functions."""
    tree = ast.parse(source)
    for at, statement in enumerate(tree.body):
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        types = {
            id(part)
            for node in ast.walk(statement.value)
            if isinstance(node, ast.Subscript)
            for part in ast.walk(node)
        }
        for position, node in enumerate(ast.walk(statement.value)):
            if id(node) in types:
                continue
            for removed, added, other in _others(node):
                changed = copy.deepcopy(tree)
                _replace(changed.body[at], position, other)
                name = f"{file}:{statement.lineno} {removed} → {added}"
                yield Form(file, name, removed, added, ast.fix_missing_locations(changed))


def _replace(statement: ast.stmt, position: int, other: ast.expr) -> None:
    """Put another node's fields into the node at a position of the statement's value."""
    assert isinstance(statement, ast.Assign | ast.AnnAssign)
    assert statement.value is not None
    node = list(ast.walk(statement.value))[position]
    for field in node._fields:
        setattr(node, field, getattr(other, field))


def _others(node: ast.AST) -> Iterator[tuple[str, str, ast.expr]]:
    """What a node may become: text before, text after, the node."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
        for element in node.elts:
            left = [e for e in node.elts if e is not element]
            gone = ast.unparse(element)
            yield (
                gone,
                f"without {gone}",
                type(node)(**dict(ast.iter_fields(node)) | {"elts": left}),
            )
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield repr(node.value), repr(node.value + 1), ast.Constant(node.value + 1)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for text in dict.fromkeys(_texts(node.value)):
            yield *_where(node.value, text), ast.Constant(text)


def _where(before: str, after: str, around: int = 15) -> tuple[str, str]:
    """The two texts about the place where they differ."""
    same = _alike(before, after)
    behind = max(0, _alike(before[same:][::-1], after[same:][::-1]) - around)
    start = max(0, same - around)
    return before[start : len(before) - behind], after[start : len(after) - behind]


def _alike(one: str, two: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))


def _texts(text: str) -> Iterator[str]:
    if _METACHARACTERS.search(text):
        yield from _patterns(text)
    elif len(text) > 1 and not text.isascii() and len(set(text)) == len(text) < 10:
        # A row of signs, as in a table of digits.
        yield from (text[:at] + text[at + 1 :] for at in range(len(text)))


def _patterns(text: str) -> Iterator[str]:
    inside = list(_classes(text))
    for start, end in inside:
        for match in _RANGE.finditer(text, start, end):
            low, high = match.groups()
            yield text[: match.start()] + chr(ord(low) + 1) + text[match.start() + 1 :]
            yield text[: match.end() - 1] + chr(ord(high) - 1) + text[match.end() :]
        spans = [m.span() for m in _RANGE.finditer(text, start, end)]
        for at in range(start, end):
            if end - start > 1 and not any(low <= at < high for low, high in spans):
                yield text[:at] + text[at + 1 :]
    for match in _COUNT.finditer(text):
        for number in {match[1], match[2]} - {None}:
            other = f"{{{number}}}" if match[2] else f"{{{int(number) + 1}}}"
            yield text[: match.start()] + other + text[match.end() :]
    for at, sign in enumerate(text):
        outside = not any(start - 1 <= at <= end for start, end in inside)
        if sign in "?+*" and outside and at and text[at - 1] not in "(\\":
            yield text[:at] + text[at + 1 :]
    yield from _without_alternatives(text, inside)


def _classes(text: str) -> Iterator[tuple[int, int]]:
    """Where the insides of [classes] begin and end."""
    for match in re.finditer(r"(?<!\\)\[([^\]]+)\]", text):
        yield match.span(1)


def _without_alternatives(text: str, inside: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The text without one alternative of each group, or of its own."""
    stack = [[0]]
    for at, sign in enumerate(text):
        if (at and text[at - 1] == "\\") or any(start <= at < end for start, end in inside):
            continue
        if sign == "(":
            head = re.compile(r"\((\?(:|P<\w+(\{n\})?>|<?[=!]))?").match(text, at)
            stack.append([head.end() if head else at + 1])
        elif sign == "|":
            stack[-1].append(at + 1)
        elif sign == ")" and len(stack) > 1:
            yield from _drop_each(text, stack.pop(), at)
    for starts in stack:
        yield from _drop_each(text, starts, len(text))


def _drop_each(text: str, starts: list[int], end: int) -> Iterator[str]:
    ends = [*(start - 1 for start in starts[1:]), end]
    if len(starts) > 1:
        for number, (start, stop) in enumerate(zip(starts, ends, strict=True)):
            before, after = (start, stop + 1) if number == 0 else (start - 1, stop)
            yield text[:before] + text[after:]


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module other code."""

    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self.module, self.path, self.code = module, path, code

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """The changed module, and nothing else."""
        if fullname != self.module:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code; a pattern that cannot be is no mutant."""
        try:
            exec(self.code, module.__dict__)
        except re.error:
            os._exit(_NO_PATTERN)


def try_forms(stage: Path, files: Sequence[str], kept: Path, children: int) -> list[dict[str, str]]:
    """Try all mutants of some files in a staged copy of the project.

    Args:
        stage: the copy, with `tests/unit`.
        files: below it.
        kept: where results are kept for the next run.
        children: processes at a time.
    """
    tests = fingerprint(stage)
    results: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    found = [f for file in files for f in forms(file, (stage / file).read_text("utf-8"))]
    open_ones = [form for form in found if not _known(form, tests, results)]
    if open_ones:
        _warm(stage)
    running: dict[int, Form] = {}
    while open_ones or running:
        while open_ones and len(running) < children:
            form = open_ones.pop()
            running[_start(stage, form)] = form
        pid, status = os.wait()
        form, meaning = running.pop(pid), _meaning(status)
        results[_key(form, tests if meaning == SURVIVED else "")] = meaning
        kept.write_text(json.dumps(results), "utf-8")
    told = [(form, _known(form, tests, results)) for form in found]
    return [
        {"file": f.file, "name": f.name, "status": status, "removed": f.removed, "added": f.added}
        for f, status in told
        if status != INVALID
    ]


def fingerprint(stage: Path) -> str:
    """A fingerprint of the tests."""
    found = hashlib.sha256()
    for path in sorted((stage / "tests").rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _known(form: Form, tests: str, results: Mapping[str, str]) -> str:
    """What became of a mutant, or ''; one that survived other tests is tried again."""
    return results.get(_key(form, "")) or results.get(_key(form, tests), "")


def _key(form: Form, tests: str) -> str:
    return hashlib.sha256(f"{tests}{form.file}{ast.dump(form.tree)}".encode()).hexdigest()


def _warm(stage: Path) -> None:
    """Load what every child needs and no mutant changes."""
    sys.path.insert(0, str(stage))
    for name in ("pandas", "pandera.pandas", "pytest", "pipeline.rulebook"):
        importlib.import_module(name)


def _start(stage: Path, form: Form) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    # From here on nothing may come back into the parent's code.
    try:
        os._exit(_run_tests(stage, form))
    finally:
        os._exit(1)


def _run_tests(stage: Path, form: Form) -> int:
    import pytest

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(stage)
    signal.alarm(SECONDS)
    path = stage / form.file
    module = form.file.removesuffix(".py").replace("/", ".")
    assert module not in sys.modules, f"{module} was loaded before it was changed"
    code = compile(form.tree, str(path), "exec")
    sys.meta_path.insert(0, _Loader(module, path, code))
    unit = stage / "tests" / "unit"
    own = sorted(unit.glob(f"test_{path.stem}*.py"))
    others = sorted(set(unit.glob("test_*.py")) - set(own))
    arguments = ["-x", "-q", "-W", "ignore", "-p", "no:cacheprovider"]
    return int(
        pytest.main([*arguments, *map(str, own)]) or pytest.main([*arguments, *map(str, others)])
    )


def _meaning(status: int) -> str:
    if os.WIFSIGNALED(status):
        return TIMEOUT
    code = os.WEXITSTATUS(status)
    return {0: SURVIVED, _NO_PATTERN: INVALID}.get(code, KILLED)
