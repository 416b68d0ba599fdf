"""Where a rulebook begins: from that of another year, its dates moved, or from nothing."""

import re
import shutil
from datetime import date
from pathlib import Path

from pipeline.errors import UserError, reason
from pipeline.rulebook import FACTS, Rulebook, load_rulebook
from pipeline.rulebook.model import Facts
from pipeline.rulebook.tables import read_facts, read_text

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
        text = re.sub(
            rf"(?m)^({name}\s*=\s*['\"]?){day}", rf"\g<1>{_in_year(day, day.year + years)}", text
        )
    text = re.sub(rf"(?m)^(year\s*=\s*){old}\b", rf"\g<1>{new}", text)
    text = re.sub(r"(?m)^title\s*=.*$", lambda match: match[0].replace(old, new), text)
    return re.sub(r"(?m)^#.*$", lambda match: match[0].replace(old, new), text)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; the last of February for a 29th that it has not."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def next_steps(source: Path, target: Path, rulebook: Rulebook) -> str:
    """What to do with the new folder, for the person at the keyboard."""
    old = read_facts(source / FACTS).year
    left = [f"{name} 里还有 {count} 处写着 {old}" for name, count in _mentions(target, old)]
    here = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    steps = [
        f"已生成 {here}，检查无误：{rulebook.first_day} 起，{rulebook.deadline} 之前。",
        "接下来：",
        "1. rulebook.toml：核对年度、起止日期、份数、奖项、标题。",
        "2. clauses.csv：按新的考核办法改条款、分值、佐证。",
        "3. readings.csv：改口径；期限变了，deadline 那一条的说明也要改。",
        "4. roster.csv：核对单位名册和邮箱。",
        "5. sheets.csv：要加表、加列才改。",
        "6. coverage.csv：对照新的考核办法逐句改。",
        *(f"   注意：{text}。" for text in left),
        f"改完运行 make rulebook-diff FROM={source.name} TO={target.name} 看改了什么，",
        "不写 RULEBOOK 时，用的是年份最新的规则，也就是这一份；按旧规则计分要写明 RULEBOOK。",
        f"make template RULEBOOK={here.as_posix()} 生成新模板，make docs 更新规则页。",
    ]
    return "\n".join(steps)


def _mentions(folder: Path, year: int) -> list[tuple[str, int]]:
    """Files that still name a year, with how often."""
    found = [
        (path.name, len(re.findall(rf"(?<!\d){year}(?!\d)", read_text(path))))
        for path in sorted(folder.glob("*"))
        if path.suffix in (".csv", ".toml")
    ]
    return [(name, count) for name, count in found if count]
