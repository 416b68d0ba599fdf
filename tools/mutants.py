"""Mutation testing: small faults are put into the program, and a unit test must notice each.

    python -m tools.mutants [--anew]

mutmut (which needs `fork`: Linux, macOS, WSL) changes the functions of a copy under
`build/mutants`, so nothing here is touched, and a run that was broken off goes on where it stopped.
After a change of the program it tries the changed functions again; after a change of tests all that
had survived, unless `--anew` is given. A run takes about half an hour on two cores.

Writes `build/mutants.json` and `build/mutants.md`. Survivors need a reason in `tools/mutants.toml`:
that the program does the same with them. Ends with 1 where fewer than 95 % were noticed or a
survivor has no reason.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "mutants"
RESULTS = ROOT / "build" / "mutants.json"
REASONS = ROOT / "tools" / "mutants.toml"
PAGE = ROOT / "build" / "mutants.md"

LEAST = 0.95
CHILDREN = 2
HOURS = 3
COPIED = ("pipeline", "data", "tests/unit", "tests/kit", "tests/conftest.py")
MUTATED = (
    "pipeline/normalise.py",
    "pipeline/intake.py",
    "pipeline/judging/acceptance.py",
    "pipeline/judging/rules.py",
    "pipeline/judging/statuses.py",
    "pipeline/scoring/awards.py",
    "pipeline/scoring/impact.py",
    "pipeline/scoring/combinations.py",
    "pipeline/scoring/score.py",
)
"""Reading of values, checks, scoring."""

SETTINGS = f"""[tool.mutmut]
source_paths = ["pipeline"]
only_mutate = {json.dumps(MUTATED)}
also_copy = ["data"]
pytest_add_cli_args_test_selection = ["tests/unit"]
pytest_add_cli_args = ["-q", "-p", "no:cacheprovider"]
use_git_change_detection = false
timeout_constant = 5.0
"""
NOTICED = {1: "killed", 3: "killed", 36: "timeout", 24: "timeout", -24: "timeout"}
"""Exit codes of a mutant's tests; an endless loop is noticed too."""


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        file: below the project.
        name: of the mutant, stable as long as its function is.
        status: `killed`, `timeout`, `survived`.
        removed, added: the lines that differ, of survivors only.
        reason: why a survivor may stay, or ''.
    """

    file: str
    name: str
    status: str
    removed: str = ""
    added: str = ""
    reason: str = ""


def stage() -> None:
    """Bring the copy up to date; files that did not change keep their time."""
    wanted = {"pyproject.toml": SETTINGS.encode()}
    for name in COPIED:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                wanted[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    for top in ("pipeline", "data", "tests"):
        for file in (STAGE / top).rglob("*"):
            if file.is_file() and file.relative_to(STAGE).as_posix() not in wanted:
                file.unlink()
                with contextlib.suppress(FileNotFoundError):
                    (STAGE / "mutants" / file.relative_to(STAGE)).unlink()
    for name, data in wanted.items():
        file = STAGE / name
        if not file.exists() or file.read_bytes() != data:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def forget_survivors() -> None:
    """Where tests changed, what survived the old ones is tried again."""
    files = sorted((STAGE / "tests").rglob("*.py"))
    tests = hashlib.sha256(b"".join(map(Path.read_bytes, files))).hexdigest()
    stamp = STAGE / "tests.sha256"
    if stamp.exists() and stamp.read_text("utf-8") == tests:
        return
    for meta in (STAGE / "mutants").rglob("*.meta"):
        data = json.loads(meta.read_text("utf-8"))
        codes = data["exit_code_by_key"]
        data["exit_code_by_key"] = {n: c if c in NOTICED else None for n, c in codes.items()}
        meta.write_text(json.dumps(data), "utf-8")
    with contextlib.suppress(FileNotFoundError):
        (STAGE / "mutants" / "mutmut-stats.json").unlink()
    stamp.write_text(tests, "utf-8")


def run_mutmut() -> None:
    """Try the mutants that are still open; its progress goes into a log.

    Raises:
        SystemExit: it failed, or took longer than `HOURS`.
    """
    log = STAGE / "mutmut.log"
    command = [
        str(Path(sys.executable).with_name("mutmut")),
        "run",
        "--max-children",
        str(CHILDREN),
    ]
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                command, cwd=STAGE, stdout=out, stderr=out, timeout=HOURS * 3600, check=False
            )
        except subprocess.TimeoutExpired:
            sys.exit(f"超过 {HOURS} 小时，已停下；再运行一次会接着做。")
    if done.returncode:
        sys.exit(f"mutmut 没有做完，见 {log}\n{log.read_text('utf-8', 'replace')[-2000:]}")


def of_functions() -> list[Mutant]:
    """What became of mutmut's mutants."""
    found = []
    for file in MUTATED:
        meta = STAGE / "mutants" / f"{file}.meta"
        if not meta.exists():
            sys.exit(f"mutmut 没有改动 {file}")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            if code in NOTICED:
                found.append(Mutant(file, name, NOTICED[code]))
                continue
            removed, added = shown(name)
            found.append(Mutant(file, name, "survived", removed, added))
    return found


def shown(name: str) -> tuple[str, str]:
    """The lines that a mutant removes and adds."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), "show", name],
        cwd=STAGE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    removed = [line[1:].strip() for line in lines if re.match(r"-(?!--)", line)]
    added = [line[1:].strip() for line in lines if re.match(r"\+(?!\+\+)", line)]
    return " ".join(removed), " ".join(added)


def explained(mutant: Mutant, reasons: list[dict[str, str]]) -> str:
    """The first reason whose file, line and change fit, or ''."""
    for reason in reasons:
        fits = mutant.file.endswith(reason.get("file", "")) and reason.get("line", "") in (
            mutant.removed
        )
        if fits and re.search(reason["becomes"], mutant.added):
            return reason["reason"]
    return ""


def table(mutants: list[Mutant]) -> str:
    """Figures by file, then every survivor with its reason."""
    lines = ["| file | mutants | noticed | survived | share |", "|---|--:|--:|--:|--:|"]
    for file in [*dict.fromkeys(m.file for m in mutants), ""]:
        own = [m for m in mutants if file in ("", m.file)]
        left = sum(m.status == "survived" for m in own)
        share = f"{(len(own) - left) / len(own):.1%}"
        name = f"`{file}`" if file else "all"
        lines.append(f"| {name} | {len(own)} | {len(own) - left} | {left} | {share} |")
    lines += ["", "| file | line | becomes | why it may stay |", "|---|---|---|---|"]
    for m in mutants:
        if m.status == "survived":
            cells = f"`{Path(m.file).name}`", code(m.removed), code(m.added), m.reason or "**none**"
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """A line of code in a cell of a Markdown table."""
    return f"`` {text.replace('|', chr(92) + '|')} ``" if text else "–"


def main() -> int:
    """Run, write, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--anew", action="store_true", help="forget earlier results")
    if parser.parse_args().anew:
        shutil.rmtree(STAGE, ignore_errors=True)
    os.nice(10)
    stage()
    forget_survivors()
    run_mutmut()
    reasons: list[dict[str, Any]] = tomllib.loads(REASONS.read_text("utf-8"))["kept"]
    mutants = [
        Mutant(**asdict(m) | {"reason": explained(m, reasons)}) if m.status == "survived" else m
        for m in of_functions()
    ]
    RESULTS.write_text(
        json.dumps([asdict(m) for m in mutants], ensure_ascii=False, indent=1), "utf-8"
    )
    PAGE.write_text(table(mutants), "utf-8")
    return judge(mutants)


def judge(mutants: list[Mutant]) -> int:
    """Say what survived without a reason; 1 where the bar is not met."""
    survived = [m for m in mutants if m.status == "survived"]
    open_ones = [m for m in survived if not m.reason]
    for mutant in open_ones:
        print(f"{mutant.file} {mutant.name}\n  - {mutant.removed}\n  + {mutant.added}")
    share = 1 - len(survived) / len(mutants)
    print(
        f"{len(mutants)} 处改动，测试发现 {len(mutants) - len(survived)} 处"
        f"（{share:.1%}，至少要 {LEAST:.0%}）；"
        f"其余 {len(survived)} 处中 {len(open_ones)} 处没有写明理由。"
    )
    return int(share < LEAST or bool(open_ones))


if __name__ == "__main__":
    sys.exit(main())
