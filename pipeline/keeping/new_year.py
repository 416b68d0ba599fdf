"""Where a rulebook begins: from that of another year, its dates moved, or from nothing."""

import re
import shutil
from calendar import monthrange
from datetime import date
from pathlib import Path

from pipeline.errors import UserError, reason
from pipeline.rulebook import FACTS, Rulebook, load_rulebook
from pipeline.rulebook.tables import read_facts, read_text
from pipeline.text import from_template

_YEAR = re.compile(r"[0-9]{4}")
_NO_FOLDER = re.compile(r"[<>:\"/\\|?*\x00-\x1f]|^[.~ -]|[. ]$")


def new_year(source: Path, year: str, rulebooks: Path) -> tuple[Path, Rulebook]:
    """Copy a rulebook with year and dates moved; gives the new folder and what it holds.

    Raises:
        UserError: the year is none, the folder is there already, or the copy would be faulty.
    """
    if not _YEAR.fullmatch(year):
        raise UserError(f"YEAR 应是四位的年份，不是“{year}”")
    load_rulebook(source)
    years = int(year) - read_facts(source / FACTS).year
    if not years:
        raise UserError(f"{source} 已经是 {year} 年的规则")
    return rulebooks / year, _copied(source, rulebooks / year, years)


def new_measure(source: Path, name: str, rulebooks: Path, year: int) -> Path:
    """Copy the empty rulebook to a folder for another measure, which assesses `year`.

    Raises:
        UserError: the name is none (a bare year would be taken as the office's own), or the folder
            is there already.
    """
    if not name.strip() or name.isdigit() or _NO_FOLDER.search(name):
        raise UserError(f"NAME 应是新文件夹的名称，不能只是数字，也不能有斜线等符号：“{name}”")
    target = rulebooks / name
    _copied(source, target, year - read_facts(source / FACTS).year)
    return target


def _copied(source: Path, target: Path, years: int) -> Rulebook:
    """Copy a rulebook, so many years later; nothing is left of one with a fault."""
    if target.exists():
        raise UserError(f"{target} 已经有了，没有改动；要重做请先删去它")
    facts = _moved(source / FACTS, years)
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("README*", ".*", "~$*"))
        (target / FACTS).write_text(facts, "utf-8", newline="\n")
        return load_rulebook(target)
    except (OSError, UserError) as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise UserError(f"写不进 {target}：{reason(error)}") from error
        raise


def _moved(path: Path, years: int) -> str:
    """`rulebook.toml` with year, title and both dates moved, everything else as it stands."""
    facts, text = read_facts(path), read_text(path)
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
    named = {
        path.name: len(re.findall(rf"(?<!\d){old}(?!\d)", read_text(path)))
        for path in sorted(target.glob("*"))
        if path.suffix in (".csv", ".toml")
    }
    left = [(name, count) for name, count in named.items() if count]
    here = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    said = {"here": here, "book": rulebook, "left": left, "old": old,
            "source": source.name, "target": target.name}  # fmt: skip
    return from_template("forms/next_steps.txt.j2", said).rstrip("\n")
