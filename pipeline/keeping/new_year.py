"""Where a rulebook begins: from that of another year, its dates moved, or from nothing."""

import re
import shutil
from calendar import monthrange
from datetime import date
from pathlib import Path

from pipeline.errors import UserError, reason
from pipeline.rulebook import FACTS, Rulebook, load_rulebook
from pipeline.rulebook.model import Facts
from pipeline.rulebook.tables import read_facts, read_text
from pipeline.text import from_template

_YEAR = re.compile(r"[0-9]{4}")
_NO_FOLDER = re.compile(r"[<>:\"/\\|?*\x00-\x1f]|^[.~ -]|[. ]$")


def new_year(source: Path, year: str, rulebooks: Path) -> tuple[Path, Rulebook]:
    """Copy a rulebook to another year; gives the new folder and what it holds.

    Year and dates in `rulebook.toml` are moved; its comments and all other files stay.

    Raises:
        UserError: the year is none, the folder is there already, or the copy would be faulty.
    """
    if not _YEAR.fullmatch(year):
        raise UserError(f"YEAR 应是四位的年份，不是“{year}”")
    load_rulebook(source)
    facts = read_facts(source / FACTS)
    if int(year) == facts.year:
        raise UserError(f"{source} 已经是 {year} 年的规则")
    target = _free(rulebooks / year)
    moved = _moved(read_text(source / FACTS), facts, int(year) - facts.year)
    return target, _copied(source, target, moved)


def new_measure(source: Path, name: str, rulebooks: Path, year: int) -> Path:
    """Make the rulebook of another measure: one clause, and what to write where as remarks.

    Args:
        source: folder of the empty rulebook.
        name: of the new folder in `rulebooks`; a bare year would be taken as the office's own.
        rulebooks: folder of all rulebooks.
        year: the year that is assessed.

    Raises:
        UserError: the name is none, or the folder is there already.
    """
    if not name.strip() or name.isdigit() or _NO_FOLDER.search(name):
        raise UserError(f"NAME 应是新文件夹的名称，不能只是数字，也不能有斜线等符号：“{name}”")
    target = _free(rulebooks / name)
    facts = read_facts(source / FACTS)
    _copied(source, target, _moved(read_text(source / FACTS), facts, year - facts.year))
    return target


def _free(target: Path) -> Path:
    """The folder of a new rulebook, where there is none yet."""
    if target.exists():
        raise UserError(f"{target} 已经有了，没有改动；要重做请先删去它")
    return target


def _copied(source: Path, target: Path, facts: str) -> Rulebook:
    """Copy a rulebook, with another `rulebook.toml`; nothing is left of one with a fault."""
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("README*", ".*", "~$*"))
        (target / FACTS).write_text(facts, "utf-8", newline="\n")
        return load_rulebook(target)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise UserError(f"写不进 {target}：{reason(error)}") from error
    except UserError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _moved(text: str, facts: Facts, years: int) -> str:
    """`rulebook.toml` with year, title and both dates moved, everything else as it stands."""
    old, new = str(facts.year), str(facts.year + years)
    for name in ("first_day", "deadline"):
        day: date = getattr(facts, name)
        # The last of February for a 29th that the year has not.
        last = monthrange(day.year + years, day.month)[1]
        moved = day.replace(year=day.year + years, day=min(day.day, last))
        text = re.sub(rf"(?m)^({name}\s*=\s*['\"]?){day}", rf"\g<1>{moved}", text)
    text = re.sub(rf"(?m)^(year\s*=\s*){old}\b", rf"\g<1>{new}", text)
    text = re.sub(r"(?m)^title\s*=.*$", lambda match: match[0].replace(old, new), text)
    return re.sub(r"(?m)^#.*$", lambda match: match[0].replace(old, new), text)


def next_steps(source: Path, target: Path, rulebook: Rulebook) -> str:
    """What to do with the new folder, for the person at the keyboard."""
    old = read_facts(source / FACTS).year
    here = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    said = {"here": here, "book": rulebook, "left": _mentions(target, old), "old": old,
            "source": source.name, "target": target.name}  # fmt: skip
    return from_template("forms/next_steps.txt.j2", said).rstrip("\n")


def _mentions(folder: Path, year: int) -> list[tuple[str, int]]:
    """Files that still name a year, with how often."""
    found = [
        (path.name, len(re.findall(rf"(?<!\d){year}(?!\d)", read_text(path))))
        for path in sorted(folder.glob("*"))
        if path.suffix in (".csv", ".toml")
    ]
    return [(name, count) for name, count in found if count]
