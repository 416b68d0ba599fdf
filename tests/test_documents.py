"""The pages made from the data are current, complete, true to the program, and readable."""

import re
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.findings import CATALOGUE
from pipeline.keeping.documents import (
    findings_of,
    findings_page,
    load_coverage,
    rulebook_page,
    write_documents,
)
from pipeline.outcome import ERROR, NOTE, WARNING
from pipeline.rulebook import Rulebook, RulebookError, load_rulebook
from pipeline.run import Request, Run
from pipeline.wording import describe_evidence, describe_rule
from tests.kit.returns import Claim, Return, write

ROOT = Path(__file__).resolve().parent.parent
BOOKS = ROOT / "data" / "rulebook"
YEAR = BOOKS / "2015"


@pytest.fixture(scope="module")
def page(rulebook: Rulebook) -> str:
    return rulebook_page(YEAR.name, rulebook, load_coverage(YEAR, rulebook))


def test_both_pages_are_current(rulebook: Rulebook, tmp_path: Path) -> None:
    for path in write_documents(tmp_path, YEAR, rulebook):
        committed = ROOT / "docs" / path.name
        assert committed.read_text("utf-8") == path.read_text("utf-8"), "run make docs"
        assert b"\r" not in path.read_bytes()


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "--output", str(tmp_path / "neu")]) == 0
    assert capsys.readouterr().out.count("已生成") == 2
    assert {path.name for path in (tmp_path / "neu").iterdir()} == {"rulebook.md", "findings.md"}


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["documents", "--output", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# The rulebook's page --------------------------------------------------------------------------


def blocks(page: str) -> dict[str, str]:
    """Clause id → what stands under its heading."""
    parts = re.split(r"^#### (\S+) .*\n", page.partition("\n## 口径\n")[0], flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_clause_stands_once_in_the_order_of_the_measure(
    page: str, rulebook: Rulebook
) -> None:
    assert re.findall(r"^#### (\S+) ", page, re.M) == list(rulebook.clause_ids)
    assert re.findall(r"^### (\S+ \S+)$", page, re.M) == list(rulebook.sections)


def test_a_clause_has_its_rule_evidence_sheet_source_and_readings(
    page: str, rulebook: Rulebook
) -> None:
    for clause in rulebook.clauses:
        block = blocks(page)[clause.id]
        for text in (describe_rule(clause), describe_evidence(clause), clause.sheet, clause.source):
            assert text in block, clause.id
        linked = re.findall(r"\]\(#([\w-]+)\)", block)
        assert linked == [r.id for r in rulebook.readings if clause.id in r.clauses]
        codes = re.findall(r"`([\w-]+)`", block)
        assert tuple(codes) == findings_of(clause, rulebook)


def test_every_reading_stands_with_both_senses(page: str, rulebook: Rulebook) -> None:
    readings = page.partition("\n## 口径\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\S+)$", readings, re.M) == [r.id for r in rulebook.readings]
    for reading in rulebook.readings:
        for text in (reading.question, reading.default, reading.alternative, reading.source):
            assert text in readings


@pytest.mark.parametrize("name", ["2015", "2016-draft"])
def test_a_page_has_no_english_but_names(name: str) -> None:
    book = load_rulebook(BOOKS / name)
    text = rulebook_page(name, book, load_coverage(BOOKS / name, book))
    text = re.sub(r"`[^`]*`|\([#\w.-]+\)|\b[\w-]+\.(?:toml|csv|xlsx|md)\b", "", text)
    for reading in book.readings:
        text = text.replace(reading.id, "")
    text = re.sub(r"[一二三四五六七八九十]\.\w+", "", text)
    left = set(re.findall(r"[A-Za-z][A-Za-z_]+", text))
    assert left <= {"deadline", "awards", "evidence"}, "the keys of the data files"


# What a claim may meet ------------------------------------------------------------------------


MET = ["一.1", "一.7", "二.4", "四.1b", "五.1a", "七.3a", "十.1", "九.1"]


@pytest.fixture(scope="module")
def met(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Clause → the codes that two units' claims meet, whatever is left out or written wrong."""
    numbers, made = (None, "很多", 0, 5), []
    for clause in MET:
        part = {rulebook.clause[clause].evidence[0]: "附件1"}
        ways = product(numbers, numbers, (None, "某行"), (part, None, {}))
        made += [
            Claim(clause, f"{clause}事项{n}", words=a, base=b, done=a, object=o, evidence=e)
            for n, (a, b, o, e) in enumerate(ways)
        ]
        same = Claim(clause, f"{clause}同", words=5, base=5, done=9, object="甲")
        made += [same, replace(same)]
    base = tmp_path_factory.mktemp("met")
    for unit in rulebook.units[:2]:
        write(Return(unit, made), base, f"{unit}.xlsx")
    found: dict[str, set[str]] = {clause: set() for clause in MET}
    for readings in ((), ("evidence-partial",)):
        with Run(Request(base, None, (), YEAR, readings)) as run:
            findings = run.assess().findings
        for clause, codes in findings.groupby("clause")["code"]:
            found[clause] |= {*codes}
    return found


@pytest.mark.parametrize("clause", MET)
def test_the_findings_of_a_clause_are_those_that_its_claims_meet(
    page: str, rulebook: Rulebook, met: dict[str, set[str]], clause: str
) -> None:
    """No finding comes that the page does not name."""
    every = set(re.findall(r"`([\w-]+)`", re.search(r"每一条都可能出现的问题.*", page)[0]))
    own = set(findings_of(rulebook.clause[clause], rulebook))
    assert met[clause] <= every | own
    # All that the cells of a claim can bring about did come about.
    others = {c for c in own if c.startswith(("attachment-", "record-", "points-", "date-"))}
    assert own - others <= met[clause]


def test_every_finding_about_claims_is_named_for_some_clause(page: str, rulebook: Rulebook) -> None:
    whole_return = (
        "file",
        "sheet",
        "row",
        "column",
        "cover",
        "unit",
        "year",
        "stamp",
        "return",
        "receipt",
        "receipts",
    )
    about_claims = {
        code for code in CATALOGUE if code.partition("-")[0] not in (*whole_return, "register")
    } - {"clause-recorded", "clause-not-yours", "record-no-mark"}  # the words of other measures
    clauses = page.partition("\n## 口径\n")[0]
    assert about_claims == set(re.findall(r"`([a-z]+-[a-z-]+)`", clauses)) & CATALOGUE.keys()


# The measure, sentence by sentence ------------------------------------------------------------


def test_the_comparison_names_every_clause_and_lists_what_is_not_covered(
    page: str, rulebook: Rulebook
) -> None:
    table = page.partition("\n## 与考核办法逐句对照\n")[2]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    named = [clause for row in rows for clause in row[3].split("、") if clause]
    assert sorted(named) == sorted(rulebook.clause_ids)
    by_people = {row[0].removeprefix("| "): row[1] for row in rows if row[2] == "办公室"}
    assert len(by_people) >= 6
    for word in ("份数", "通报", "表彰", "名额", "评审组"):
        assert any(word in what for what in by_people.values()), word


MEASURE = {
    "一（一）": 8, "一（二）": 7, "一（三）": 2, "一（四）": 2, "一（五）": 2, "一（六）": 3,
    "一（七）": 5, "一（八）": 0, "一（九）": 0, "一（十）": 0, "一（十一）": 4, "二（一）": 0,
    "二（二）": 0, "三（一）": 0, "三（二）": 0, "三（三）": 0, "三（四）": 0,
}  # fmt: skip
"""Part of the measure → how many numbered points it has."""


def test_no_point_of_the_measure_is_left_out(rulebook: Rulebook) -> None:
    sources = [row.source for row in load_coverage(YEAR, rulebook)]
    for part, points in MEASURE.items():
        mine = [s for s in sources if s.startswith(part)]
        assert mine, part
        if points:
            numbers = {int(re.match(r"\d+", s.removeprefix(part))[0]) for s in mine}
            assert numbers == set(range(1, points + 1)), part


def test_a_clause_is_ticked_off_where_it_comes_from(rulebook: Rulebook) -> None:
    for row in load_coverage(YEAR, rulebook):
        for clause in row.clauses:
            assert row.source.startswith(rulebook.clause[clause].source), clause


FAULTS = {
    "no such file": (None, "", "没有这个文件"),
    "a clause left out": (
        "一（一）3,自办的论坛、沙龙、讲座，全年次数,计分,一.3,\n",
        "",
        "一.3：这一条没有写进来",
    ),
    "a clause twice": (",计分,一.3,", ",计分,一.1,", "重复"),
    "an unknown clause": (",计分,一.3,", ",计分,一.33,", "没有条款 一.33"),
    "points without a clause": (",计分,一.3,", ",计分,,", "应写明条款"),
    "a clause without points": (",计分,一.3,", ",规则,一.3,", "应写明条款"),
    "an unknown word": (",计分,一.3,", ",也许,一.3,", "只能写"),
    "a reading left out": ("见口径 words-600", "见口径", "words-600：这条口径没有写进来"),
    "a sentence twice": ("一（一）3,", "一（一）1,", "重复"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_comparison_is_one_line(
    rulebook: Rulebook, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(YEAR, tmp_path / "book")
    path = folder / "coverage.csv"
    old, new, told = FAULTS[name]
    if old is None:
        path.unlink()
    else:
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RulebookError) as caught:
        load_coverage(folder, rulebook)
    assert told in str(caught.value)
    assert "coverage.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_comparison_takes_no_part_in_scoring(rulebook: Rulebook, tmp_path: Path) -> None:
    folder = shutil.copytree(YEAR, tmp_path / "book")
    (folder / "coverage.csv").unlink()
    assert load_rulebook(folder) == rulebook


# The findings' page ---------------------------------------------------------------------------


def rows_of(page: str) -> list[list[str]]:
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_code_stands_once_with_all_that_the_catalogue_says() -> None:
    rows = rows_of(findings_page())
    assert sorted(row[0].strip("`") for row in rows) == sorted(CATALOGUE)
    for code, level, problem, advice, why in rows:
        kind = CATALOGUE[code.strip("`")]
        assert level == kind.level in (ERROR, WARNING, NOTE)
        assert why == kind.why != ""
        plain = re.sub(r"「.*?」", "", problem + advice)
        assert plain == re.sub(r"\{\w+\}", "", kind.problem + kind.advice)


def test_no_place_of_a_sentence_is_left_unfilled() -> None:
    page = findings_page()
    assert not re.search(r"[{}]", page)
    words = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"`[^`]*`", "", page)))
    assert words <= {"Excel", "WPS", "xlsx"}


def test_pages_survive_what_markdown_would_take_for_markup(rulebook: Rulebook) -> None:
    clause = rulebook.clauses[0]
    fields = {name: getattr(clause, name) for name in type(clause).model_fields}
    hostile = type(clause)(**fields | {"noun": "次|<b>*x*"})
    book = {name: getattr(rulebook, name) for name in type(rulebook).model_fields}
    page = rulebook_page(
        "x", type(rulebook)(**book | {"clauses": (hostile, *rulebook.clauses[1:])}), ()
    )
    assert "<b>" not in page
    assert r"\|\<b\>\*x\*" in page
