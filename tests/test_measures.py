"""Ten measures of other offices: rules as data, entries in, the worked example's figures out."""

import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.findings import CATALOGUE, fill
from pipeline.outcome import PLACES
from pipeline.rulebook import load_rulebook
from tests.kit.door import Book
from tests.kit.filled import forms_of, run_line, shaken
from tests.kit.office import Office
from tests.kit.words import Entry, Figures, Measure, entries, table

FOLDER = Path(__file__).parent / "data" / "measures"
NAMES = sorted(path.name for path in FOLDER.iterdir() if (path / "expected.csv").exists())
EVERY = "every_word"
"""Not of an office: all words in one, for entries shaken at random."""
EVEN = "even_totals"
"""Whose totals are often equal, with a tie rule and awards for some of the groups."""
SEEDS = range(int(os.environ.get("MEASURE_SEEDS", "4")))
SHAKEN = [
    *(pytest.param(name, seed, marks=pytest.mark.slow)
      for name in NAMES for seed in SEEDS[1 : len(SEEDS) // 2]),
    *((name, seed) for name in (EVERY, EVEN) for seed in SEEDS),
]  # fmt: skip
"""Those of offices are shaken by test-all; the two that hold all words always."""
BY_HAND = ("自评", "季度1", "季度2")
"""Figures of the examples that no rule makes: what a unit writes itself, what one quarter gave."""

LAST_FIGURE = Fraction(1, 2 * 10**PLACES) + Fraction(1, 10**9)
"""Half of the last decimal that the workbook gives, and what a float may be off."""


def rulebook_of(name: str) -> Path:
    """The rulebook of a measure: one lies beside the office's own, as an example."""
    example = FOLDER.parents[2] / "data" / "rulebook" / name
    return example if example.exists() else FOLDER / name / "rulebook"


def expected(name: str) -> list[tuple[str, str, str]]:
    """(unit, item, figure) of the worked example."""
    rows = table(FOLDER / name / "expected.csv")
    return [(r["unit"], r["item"], r["value"]) for r in rows if r["item"] not in BY_HAND]


def told(figures: Figures, unit: str, item: str) -> str | Fraction | int | None:
    if item == "名次":
        return figures.places[unit]
    if item == "等次":
        return figures.grades.get(unit, "")
    if item == "奖项":
        return "、".join(figures.awards.get(unit, []))
    return figures.points[unit][item]


@dataclass(frozen=True)
class Line:
    """Entries, what the plain scorer makes of them, and what the program does: in `folder`."""

    measure: Measure
    figures: Figures
    made: dict[str, dict[str, Any]]
    folder: Path

    @property
    def ranking(self) -> Path:
        return self.folder / "out" / "ranking.xlsx"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Line]:
    """The line from a measure's entries to its ranking, run once for each name and seed.

    Seed 0 leaves the entries as they are, on the program's own forms; others shake them.
    """

    @cache
    def run(name: str, seed: int = 0) -> Line:
        folder, measure = tmp_path_factory.mktemp("line"), Measure(rulebook_of(name))
        found = entries(FOLDER / name / "claims.csv")
        found = shaken(measure, found, random.Random(seed)) if seed else found
        made = run_line(rulebook_of(name), found, folder, bare=seed > 0)
        return Line(measure, measure.figures(found), made, folder)

    return run


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_scorer_gives_the_worked_example(name: str) -> None:
    figures = Measure(rulebook_of(name)).figures(entries(FOLDER / name / "claims.csv"))
    for unit, item, value in expected(name):
        found = told(figures, unit, item)
        wanted = value if item in ("奖项", "等次") else Fraction(value)
        assert (found or type(wanted)()) == wanted, (unit, item)


def hold(made: dict[str, dict[str, Any]], wanted: list[tuple[str, str, Any]]) -> None:
    """What the program tells is what is wanted, to the last figure that a cell holds."""
    for unit, item, value in wanted:
        found = made[unit][item]
        if item in ("奖项", "等次"):
            assert (found or "") == value, (unit, item)
        else:
            gap = abs(Fraction(found or 0) - Fraction(value or 0))
            assert gap <= LAST_FIGURE, (unit, item, found, value)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_line_gives_the_worked_example(name: str, line: Callable[..., Line]) -> None:
    """From the program's own forms, filled in, to its ranking."""
    made = line(name).made
    hold(made, expected(name))
    notice = load_workbook(line(name).ranking, read_only=True)["通报"]
    said = "".join(str(row[0]) for row in notice.iter_rows(values_only=True) if row[0])
    for unit, items in made.items():
        for award in filter(None, str(items.get("奖项") or "").split("、")):
            (names,) = re.findall(rf"　{award}（[^）]*）：([^。；]*)", said)
            assert unit in names.split("、"), (award, unit)


@pytest.mark.slow
@pytest.mark.parametrize("name", [EVERY, "shicheng_bureaus", "shicheng_towns", "taojiang_2011"])
def test_the_self_check_tells_what_a_unit_claims(
    name: str, line: Callable[..., Line], tmp_path: Path, soffice: Office
) -> None:
    """Clause by clause and sum by sum, as far as a unit's own return can tell."""
    book, figures = load_rulebook(rulebook_of(name)), line(name).figures
    told_ = {c.id for c in book.clauses if book.clause[c.counts or c.id].sheet and c.bands
             and not (c.against or c.once or c.per in ("题目", "对象"))}  # fmt: skip
    told_ |= {row.name for row in book.sums if book.below[row.name] <= told_}
    assert told_
    # Every unit where all words are; else two, for the formulas of all units are the same.
    units = line(name).measure.units[: None if name == EVERY else 2]
    returns = [line(name).folder / "returns" / f"{unit}.xlsx" for unit in units]
    for unit, sheets in zip(units, soffice.calculated(returns, tmp_path), strict=True):
        page = sheets["自查"]
        lines = {str(row[0]): row[2] for row in page.itertuples(index=False)}
        for item in sorted(told_):
            value = figures.points[unit][item]
            shown = lines[item]
            assert (shown == "不考") == (value is None), (unit, item)
            if value is not None:
                assert float(shown) == pytest.approx(float(value)), (unit, item)


@pytest.mark.parametrize(("name", "seed"), SHAKEN)
def test_the_whole_line_agrees_with_the_plain_scorer(
    name: str, seed: int, line: Callable[..., Line]
) -> None:
    """Entries shaken at random; seed 0 leaves them as they are."""
    units, figures = line(name, seed).measure.units, line(name, seed).figures
    items = {item for _, item, _ in expected(name)} or {
        *figures.points[units[0]], "名次", "等次", "奖项",
    }  # fmt: skip
    hold(line(name, seed).made, [(u, i, told(figures, u, i)) for u in units for i in sorted(items)])


def test_places_that_a_rule_parts_stay_when_all_is_calculated_anew(
    line: Callable[..., Line], tmp_path: Path, soffice: Office
) -> None:
    """On 排名 and, for an award of two groups together, on 评奖."""
    measure, figures = line(EVEN, 3).measure, line(EVEN, 3).figures
    (sheets,) = soffice.calculated([line(EVEN, 3).ranking], tmp_path)
    rows = sheets["排名"].iloc[:, :2].dropna().itertuples(index=False)
    places = {unit: place for place, unit in rows if unit in measure.units}
    assert places == figures.places
    together = {u: 1 + sum(measure.stands(figures, o) > measure.stands(figures, u)
                           for o in measure.units) for u in measure.units}  # fmt: skip
    contest = sheets["评奖"]
    assert contest.iloc[2, 0] == "全县先进：按总分，农村、城区一起评，2名"
    assert dict(contest.iloc[4:11, [1, 0]].itertuples(index=False)) == together
    assert sorted(figures.totals.values()).count(4) > 1
    assert contest.iloc[12, 0] == "城区活动奖：按第一部分得分加二.1 得分，只评城区，1名"
    got = {u: figures.points[u]["一"] + figures.points[u]["二.1"] for u in measure.units[4:]}
    assert dict(contest.iloc[14:17, [1, 2]].itertuples(index=False)) == got


def test_beside_the_ranking_for_an_award_stands_what_bars_from_it(tmp_path: Path) -> None:
    """丙镇 had an accident, which bars it from 全县先进 and not from 宣传奖."""
    run_line(rulebook_of(EVEN), entries(FOLDER / EVEN / "claims.csv"), tmp_path)
    rows = load_workbook(tmp_path / "out" / "ranking.xlsx")["评奖"].iter_rows(values_only=True)
    own = [[cell for cell in row if cell is not None] for row in rows if row[1] == "丙镇"]
    assert own[0][-2:] == ["组内先进", "事故"]
    assert own[1][-1] == "宣传奖"


def test_who_stands_first_by_the_rule_for_equal_totals_is_told(line: Callable[..., Line]) -> None:
    """In the ranking, in the unit's letter, on the first page and to the meeting."""
    said = ("乙镇、丙镇与甲镇总分同为 4 分，第二部分得分也相同，一.2 得分 1 分高于 0 分，"
            "乙镇、丙镇列前")  # fmt: skip
    book = load_workbook(line(EVEN, 3).ranking, read_only=True)
    for name in ("排名", "首页", "通报", "甲镇"):
        texts = [str(cell) for row in book[name].iter_rows(values_only=True) for cell in row]
        assert any(said in text for text in texts), name
    summary = (line(EVEN, 3).folder / "out" / "summary.html").read_text("utf-8")
    assert said in summary
    told_ = f"{summary}{[list(sheet.values) for sheet in book.worksheets]}{book.sheetnames}"
    assert "重点工作" not in told_, "the measure has none"


def test_what_others_record_comes_back_on_their_own_forms(tmp_path: Path) -> None:
    """Marks and records of each who records, on the form made for him, give the same figures."""
    folder = rulebook_of(EVERY)
    found = entries(FOLDER / EVERY / "claims.csv")
    made = run_line(folder, found, tmp_path, apart=True)
    figures = Measure(folder).figures(found)
    items = [*figures.points["甲县"], "名次", "等次", "奖项"]
    hold(made, [(u, i, told(figures, u, i)) for u in made for i in items])


FAULTS = {
    "register-mark": ("评分", ("甲县", "三.1", "评委9", "优", date(2020, 12, 20)), "D2", "不是数"),
    "register-unmarked": ("评分", ("甲县", "三.2", "评委9", 80, None), "B3", "不由评分人评分"),
    "register-no-date": ("评分", ("甲县", "三.1", "评委9", 80, None), "E4", "没有可用的日期"),
    "register-veto": ("一票否决", ("甲县", "迟到", "", None), "B2", "不是计分规则里由办公室认定"),
}
"""Finding → sheet of the register, a row on it, the cell, and what is said."""


def changed(tmp_path: Path, more: str = "") -> Path:
    """The rulebook of all words, where 三.1 is marked every quarter; `more` at the end."""
    folder = Path(shutil.copytree(rulebook_of(EVERY), tmp_path / "rulebook"))
    clauses = folder / "clauses.csv"
    row = "三.1,三 评价,满意度,,mark,0:0+0.1,,分,,,,records,,办法,,,"
    text = clauses.read_text("utf-8")
    assert f"{row}," in text
    clauses.write_text(text.replace(f"{row},", f"{row}季均,"), "utf-8")
    facts = folder / "rulebook.toml"
    facts.write_text(facts.read_text("utf-8") + more, "utf-8")
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A run with all faults in its register, where two vetoes are the office's to say."""
    base = tmp_path_factory.mktemp("faulty")
    folder = changed(base, '\n[[vetoes]]\nname = "弄虚作假"\nbars = ["一等奖"]\n')
    book = load_workbook(forms_of(folder) / "register.xlsx")
    for sheet, row, cell, _ in FAULTS.values():
        for column, value in enumerate(row, start=1):
            book[sheet].cell(int(cell[1:]), column, value)
    book.save(base / "register.xlsx")
    (base / "in").mkdir()
    shutil.copy(forms_of(folder) / "intake_template.xlsx", base / "in" / "甲.xlsx")
    command = ["score", str(base / "in"), "--output", str(base / "out"), "--no-feedback"]
    command += ["--register", str(base / "register.xlsx"), "--rulebook", str(folder)]
    assert main(command) == 0
    return Book(base / "out" / "ranking.xlsx")


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_of_the_sheets_for_marks_and_vetoes_is_named(code: str, faulty: Book) -> None:
    sheet, _, cell, words = FAULTS[code]
    found = faulty.findings(sheet=sheet, cell=cell)
    assert [words in str(row["问题"]) for row in found] == [True]


def test_the_trace_tells_each_quarter_and_the_place_among_others(
    line: Callable[..., Line],
) -> None:
    """What adds up to the points of 一.2 (季均), 一.4 (题目), 一.8 (place) and 二.5 (mean)."""
    rows = Book(line(EVERY).ranking)["得分说明"]
    told_ = {row["条款"]: (row["所在分档"], row["得分"]) for row in rows if row["单位"] == "丙县"}
    quarters = "2020年1至3月：1次，5分；2020年7至9月：1次，5分；2020年10至12月：1次，5分"
    assert told_["一.2"] == (f"{quarters}；相加，除以4", 3.75)
    assert told_["一.4"][0].split("；")[0] == "一.4第2项：1次，4分"
    assert told_["一.8"] == ("本组第1名，6分", 6)
    assert told_["二.5"][0] == "比本组平均多29.666667，12.966667分"


def test_the_form_of_a_mark_of_every_quarter_has_a_row_for_each(tmp_path: Path) -> None:
    """Dated on its last day; what nobody marked is no fault of the form."""
    folder = changed(tmp_path)
    form = forms_of(folder) / "评分表_评委.xlsx"
    rows = [r for r in load_workbook(form)["评分"].iter_rows(values_only=True) if r[0] == "甲县"]
    days = [f"{r[4]:%Y-%m-%d}" for r in rows if str(r[1]).startswith("三.1")]
    assert days == ["2020-03-31", "2020-06-30", "2020-09-30", "2020-12-20"]
    (tmp_path / "in").mkdir()
    shutil.copy(forms_of(folder) / "intake_template.xlsx", tmp_path / "in" / "甲.xlsx")
    command = ["score", str(tmp_path / "in"), "--output", str(tmp_path / "out"), "--no-feedback"]
    assert main([*command, "--register", str(form), "--rulebook", str(folder)]) == 0
    found = Book(tmp_path / "out" / "ranking.xlsx").findings(sheet="评分")
    assert found == []


def test_a_mark_that_nobody_gave_is_told_to_the_office(tmp_path: Path) -> None:
    """三.1 is marked by 评委: 甲县 was given none, and earns 0."""
    found = [e for e in entries(FOLDER / EVERY / "claims.csv")
             if (e.unit, e.clause) != ("甲县", "三.1")]  # fmt: skip
    made = run_line(rulebook_of(EVERY), found, tmp_path, bare=True)
    said = fill(CATALOGUE["record-no-mark"].problem, {"detail": "没有评委的"})
    rows = [r for r in Book(tmp_path / "out" / "ranking.xlsx")["问题清单"] if r["问题"] == said]
    assert [row["单位"] for row in rows] == ["甲县"]
    assert made["甲县"]["三.1"] == 0


def test_a_clause_of_others_is_refused_at_its_cell(tmp_path: Path) -> None:
    """一.9 is for units by the sea: 乙县 is none."""
    folder = rulebook_of(EVERY)
    entry = Entry("乙县", "一.9", "巡查", date(2020, 5, 5), "海岸")
    made = run_line(folder, [entry], tmp_path, bare=True)
    found = Book(tmp_path / "out" / "ranking.xlsx").findings(sheet="事项", cell="A2")
    said = fill(CATALOGUE["clause-not-yours"].problem, {"detail": "一.9"})
    assert [row["问题"] for row in found] == [said]
    assert made["乙县"]["一.9"] == 0
