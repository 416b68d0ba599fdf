"""Measures the program: size of each file, its longest function, what is documented and typed.

    python -m tools.house

rewrites the table in `docs/design.md` between the two markers.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "pipeline"
PAGE = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- house: make house -->\n", "<!-- house end -->\n"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Room:
    """One file.

    Attributes:
        name: path below `pipeline/`.
        lines: all lines.
        longest: lines and name of the longest function, docstring and decorators included.
        public: number of public functions, methods and classes.
        documented: of these, those with a docstring.
        functions: number of public functions and methods.
        typed: of these, those with a type on every argument and on the result.
        purpose: first line of the file's docstring.
        imports: modules of the program that it imports, dotted below `pipeline`.
        libraries: top-level names of everything else that it imports.
    """

    name: str
    lines: int
    longest: tuple[int, str]
    public: int
    documented: int
    functions: int
    typed: int
    purpose: str
    imports: frozenset[str]
    libraries: frozenset[str]

    @property
    def module(self) -> str:
        """Dotted name below `pipeline`; a package goes by its own name."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def rooms() -> list[Room]:
    """Every file of the program, sorted by name."""
    return [_room(path) for path in sorted(PROGRAM.rglob("*.py"))]


def _room(path: Path) -> Room:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    public = [node for node in _public(tree) if not node.name.startswith("_")]
    callables = [node for node in public if isinstance(node, Function)]
    imported = set(_imports(tree))
    return Room(
        name=path.relative_to(PROGRAM).as_posix(),
        lines=len(text.splitlines()),
        longest=max(((_length(node), node.name) for node in functions), default=(0, "")),
        public=len(public),
        documented=sum(ast.get_docstring(node) is not None for node in public),
        functions=len(callables),
        typed=sum(map(_is_typed, callables)),
        purpose=(ast.get_docstring(tree) or "").partition("\n")[0],
        imports=frozenset(name[9:] for name in imported if name.startswith("pipeline.")),
        libraries=frozenset(name.split(".")[0] for name in imported) - {"pipeline"},
    )


def _public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Functions, classes, and the methods of public classes."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (part for part in node.body if isinstance(part, Function))


def _length(node: Function) -> int:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or first) - first + 1


def _is_typed(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = [argument for argument in arguments if argument.arg not in {"self", "cls"}]
    return node.returns is not None and all(argument.annotation for argument in named)


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                inner = PROGRAM.joinpath(*base.split(".")[1:], alias.name)
                is_room = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{base}.{alias.name}" if base.startswith("pipeline") and is_room else base


def table() -> str:
    """The rooms as a Markdown table."""
    found = rooms()
    lines = [
        "| file | purpose | lines | longest function | documented | typed |",
        "|---|---|--:|---|--:|--:|",
    ]
    lines += [
        f"| `{room.name}` | {room.purpose} | {room.lines} | {_longest(room)} "
        f"| {room.documented}/{room.public} | {room.typed}/{room.functions} |"
        for room in found
    ]
    total = sum(room.lines for room in found)
    documented = sum(room.documented for room in found), sum(room.public for room in found)
    typed = sum(room.typed for room in found), sum(room.functions for room in found)
    lines.append(
        f"| {len(found)} files | | {total} | "
        f"| {documented[0]}/{documented[1]} | {typed[0]}/{typed[1]} |"
    )
    return "\n".join(lines) + "\n"


def _longest(room: Room) -> str:
    lines, name = room.longest
    return f"{lines} `{name}`" if lines else "–"


def with_table(page: str) -> str:
    """The page with a fresh table between its markers."""
    head, _, rest = page.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE}：{len(rooms())} 个文件")
