"""Mutation testing: small faults are put into the program, and a unit test must notice each.

    python -m tools.mutants [--anew]

mutmut (which needs `fork`: Linux, macOS, WSL) changes the functions of a copy under
`build/mutants`, so nothing here is touched, and a run that was broken off goes on where it stopped.
After a change of the program it tries the changed functions again; after a change of tests all that
had survived, unless `--anew` is given. A run takes about half an hour on two cores.

Writes `build/mutants.md`. Survivors need a reason in `tools/mutants.toml`:
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
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "mutants"
REASONS = ROOT / "tools" / "mutants.toml"
PAGE = ROOT / "build" / "mutants.md"
MUTMUT = str(Path(sys.executable).with_name("mutmut"))

LEAST = 0.95
CHILDREN = 2
HOURS = 3
COPIED = ("pipeline", "data", "tests/unit", "tests/kit")
MUTATED = (
    "pipeline/normalise.py",
    "pipeline/intake.py",
    "pipeline/judging/acceptance.py",
    "pipeline/judging/rules.py",
    "pipeline/judging/statuses.py",
    "pipeline/scoring/awards.py",
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
NOTICED = (1, 3, 36, 24, -24)
"""Exit codes of a mutant's tests; an endless loop is noticed too."""


class Mutant(NamedTuple):
    """One fault: its file, mutmut's name, and of a survivor the lines that differ."""

    file: str
    name: str
    survived: bool
    removed: str = ""
    added: str = ""
    reason: str = ""


def stage() -> None:
    """Bring the copy up to date; files that did not change keep their time."""
    STAGE.mkdir(parents=True, exist_ok=True)
    (STAGE / "pyproject.toml").write_text(SETTINGS, "utf-8")
    for old in ("pipeline", "data", "tests", "mutants/data", "mutants/tests"):
        shutil.rmtree(STAGE / old, ignore_errors=True)
    compiled = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, STAGE / name, ignore=compiled)
    shutil.copy2(ROOT / "tests" / "conftest.py", STAGE / "tests")


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
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                [MUTMUT, "run", "--max-children", str(CHILDREN)],
                cwd=STAGE, stdout=out, stderr=out, timeout=HOURS * 3600, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            sys.exit(f"超过 {HOURS} 小时，已停下；再运行一次会接着做。")
    if done.returncode:
        sys.exit(f"mutmut 没有做完，见 {log}\n{log.read_text('utf-8', 'replace')[-2000:]}")


def of_functions(reasons: list[dict[str, str]]) -> list[Mutant]:
    """What became of mutmut's mutants, with the reason why a survivor may stay or ''."""
    found = []
    for file in MUTATED:
        meta = STAGE / "mutants" / f"{file}.meta"
        if not meta.exists():
            sys.exit(f"mutmut 没有改动 {file}")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            if code in NOTICED:
                found.append(Mutant(file, name, survived=False))
                continue
            call = [MUTMUT, "show", name]
            shown = subprocess.run(call, cwd=STAGE, capture_output=True, text=True, check=True)
            removed, added = (
                " ".join(
                    line.strip()
                    for line in re.findall(rf"^\{sign}(?!\{sign}{{2}})(.*)", shown.stdout, re.M)
                )
                for sign in "-+"
            )
            reason = next(
                (
                    one["reason"]
                    for one in reasons
                    if file.endswith(one.get("file", ""))
                    and one.get("line", "") in removed
                    and re.search(one["becomes"], added)
                ),
                "",
            )
            found.append(Mutant(file, name, True, removed, added, reason))
    return found


def table(mutants: list[Mutant]) -> str:
    """Figures by file, then every survivor with its reason."""
    lines = ["| file | mutants | noticed | survived | share |", "|---|--:|--:|--:|--:|"]
    for file in [*dict.fromkeys(m.file for m in mutants), ""]:
        own = [m for m in mutants if file in ("", m.file)]
        left = sum(m.survived for m in own)
        share = f"{(len(own) - left) / len(own):.1%}"
        name = f"`{file}`" if file else "all"
        lines.append(f"| {name} | {len(own)} | {len(own) - left} | {left} | {share} |")
    lines += ["", "| file | line | becomes | why it may stay |", "|---|---|---|---|"]
    for m in mutants:
        if m.survived:
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
    mutants = of_functions(tomllib.loads(REASONS.read_text("utf-8"))["kept"])
    PAGE.write_text(table(mutants), "utf-8")
    return judge(mutants)


def judge(mutants: list[Mutant]) -> int:
    """Say what survived without a reason; 1 where the bar is not met."""
    survived = [m for m in mutants if m.survived]
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
