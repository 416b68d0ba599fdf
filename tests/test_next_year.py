"""Another year is another folder of data: the whole line under the exercise rulebook of 2016."""

import random
import re
import shutil
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline import __main__ as program
from pipeline.errors import UserError
from pipeline.keeping.documents import load_coverage
from pipeline.keeping.new_year import new_measure, new_year
from pipeline.keeping.rulebook_diff import SAME, describe_changes
from pipeline.rulebook import RulebookError, load_rulebook
from tests.kit.door import Book, Row, run
from tests.kit.next_year import MEASURE, ROSTER, TITLE, Return, fill, made_return, score
from tests.kit.office import Office
from tests.kit.workbooks import fill_cover, fill_row

BOOKS = Path(program.RULEBOOKS)
DRAFT, YEAR_2015 = BOOKS / "2016-draft", BOOKS / "2015"
SOME = {
    "the default": "",
    "other points": "case-points",
    "once only": "case-stacking",
    "both": "case-points case-stacking",
    "acceptance": "deadline-day evidence-partial",
    "all": " ".join(reading.id for reading in load_rulebook(DRAFT).readings),
}
APART = ("other points", "acceptance")
"""Left to test-all: `both` and `all` hold these readings too."""


def templates(folder: Path, rulebook: Path) -> Path:
    """The intake template of a rulebook, as the command makes it."""
    assert program.main(["template", "--rulebook", str(rulebook), "--output", str(folder)]) == 0
    return folder / "intake_template.xlsx"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return templates(tmp_path_factory.mktemp("2016"), DRAFT)


@pytest.fixture(scope="module")
def template_2015(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return templates(tmp_path_factory.mktemp("2015"), YEAR_2015)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory, template: Path) -> tuple[Path, list[Return]]:
    """A folder with a return of every unit, and what stands in them."""
    folder = tmp_path_factory.mktemp("batch") / "returns"
    sent = [made_return(unit, random.Random(seed)) for seed, unit in enumerate(ROSTER)]
    for number, one in enumerate(sent):
        fill(template, one, folder / f"{number}.xlsx")
    return folder, sent


def scored(folder: Path, output: Path, rulebook: Path, readings: str = "") -> Book:
    done = run(folder, output, None, readings.split(), "--rulebook", str(rulebook))
    assert done.status == 0
    return done.book


def totals(sent: list[Return], readings: str) -> dict[str, Fraction]:
    under = frozenset(readings.split())
    return {one.unit: sum(score(one, under).values(), Fraction(0)) for one in sent}


def place(truth: dict[str, Fraction], unit: str) -> int:
    return 1 + sum(total > truth[unit] for total in truth.values())


def points_of(row: Row, clause: str) -> object:
    (header,) = [h for h in row if re.match(rf"{re.escape(clause)}(?!\w)", str(h))]
    return row[header]


@pytest.fixture(scope="module")
def book_of(
    batch: tuple[Path, list[Return]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Book]:
    """What a run over the batch gives under these readings."""
    return cache(lambda given: scored(batch[0], tmp_path_factory.mktemp("o") / "o", DRAFT, given))


@pytest.mark.parametrize(
    "readings",
    [pytest.param(given, id=name, marks=pytest.mark.slow if name in APART else ())
     for name, given in SOME.items()],
)  # fmt: skip
def test_the_line_agrees_with_the_scorer(
    batch: tuple[Path, list[Return]], book_of: Callable[[str], Book], readings: str
) -> None:
    _, sent = batch
    book = book_of(readings)
    under = frozenset(readings.split())
    for number, one in enumerate(sent):
        shown = book.unit("得分明细", one.unit)
        for clause, points in score(one, under).items():
            assert points_of(shown, clause) == points, (one.unit, clause)
        for claim in one.claims:
            line = book.claim(f"{number}.xlsx", claim.rule.sheet, claim.row)
            result = "计分" if claim.accepted(under) else "不计"
            assert line["结论"] == result, (one.unit, claim)
    truth = totals(sent, readings)
    for unit, total in truth.items():
        line = book.unit("排名", unit)
        assert (line["总分"], line["名次"], line["状态"]) == (total, place(truth, unit), "正常")


def test_the_exercise_tells_its_readings_apart(batch: tuple[Path, list[Return]]) -> None:
    """Otherwise the test above would prove little: both readings matter, and so does each pair."""
    _, sent = batch
    seen = [totals(sent, SOME[name]) for name in SOME]
    assert len({tuple(one.values()) for one in seen}) == len(SOME)
    base, points, once, both = (sum(one.values()) for one in seen[:4])
    assert both - once != points - base, "the two readings do not influence each other"


@pytest.mark.parametrize("readings", ["", "case-stacking", "case-points case-stacking"])
def test_every_reading_is_shown_with_what_it_would_change(
    batch: tuple[Path, list[Return]], book_of: Callable[[str], Book], readings: str
) -> None:
    _, sent = batch
    book = book_of(readings)
    now = totals(sent, readings)
    assert len(book["口径说明"]) == len(load_rulebook(DRAFT).readings)
    for row in book["口径说明"]:
        flipped = " ".join(set(readings.split()) ^ {str(row["口径"])})
        then = totals(sent, flipped)
        told = [
            f"{unit}：总分 {float(now[unit]):g}→{float(then[unit]):g}，"
            f"名次 {place(now, unit)}→{place(then, unit)}"
            for unit in ROSTER
            if (now[unit], place(now, unit)) != (then[unit], place(then, unit))
        ]
        assert row["影响"] == ("；".join(told) or "无影响"), row["口径"]


def test_texts_and_sheets_follow(batch: tuple[Path, list[Return]], tmp_path: Path) -> None:
    """Sections, unit sheets, page, worksheet of the panel and copies are those of the new year."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (0, 6):
        shutil.copy(batch[0] / f"{number}.xlsx", folder)
    command = ["score", str(folder), "--output", str(tmp_path / "o"), "--rulebook", str(DRAFT)]
    assert program.main(command) == 0
    book = load_workbook(tmp_path / "o" / "ranking.xlsx", read_only=True, data_only=True)
    headers = [str(c) for row in book["排名"].iter_rows(max_row=5, values_only=True) for c in row]
    assert any(header.startswith("十二 创新案例工作") for header in headers)
    details = [c for row in book["得分明细"].iter_rows(max_row=5, values_only=True) for c in row]
    assert any(str(cell).startswith("十二.2") for cell in details)
    assert not any(str(cell).startswith("六.3") for cell in details)
    book.close()
    page = (tmp_path / "o" / "summary.html").read_text("utf-8")
    for text in ("【练习】", "2016年度", "西城新区工商联", "创新案例工作", "同一项创新工作"):
        assert text in page
    assert "2015年" not in page
    copies = list((tmp_path / "o" / "feedback").glob("*.xlsx"))
    assert len(copies) == 2
    for copy in copies:
        sheets = load_workbook(copy, read_only=True).sheetnames
        assert "创新案例" in sheets


def test_a_claim_below_the_lowest_band_says_so(template: Path, tmp_path: Path) -> None:
    one = made_return(ROSTER[0], random.Random(1), faults=False)
    short = next(claim for claim in one.claims if claim.words is not None)
    short.words = 50
    fill(template, one, tmp_path / "in" / "a.xlsx")
    line = scored(tmp_path / "in", tmp_path / "out", DRAFT).claim("a.xlsx", "宣传信息", short.row)
    assert (line["结论"], line["得分"]) == ("计分", 0)
    assert "最低一档" in str(line["原因"])


# A return on the template of another year -----------------------------------------------------


@pytest.mark.parametrize("made_for", [2015, 2016])
def test_another_years_template_is_one_finding(
    template: Path, template_2015: Path, tmp_path: Path, made_for: int
) -> None:
    """Left, rewritten or emptied 填报年度: one sentence and 待核, not fifty refused claims."""
    old, rulebook = (template_2015, DRAFT) if made_for == 2015 else (template, YEAR_2015)
    units = dict(zip(ROSTER, (made_for, load_rulebook(rulebook).year, ""), strict=False))
    for unit, year in units.items():
        one = made_return(unit, random.Random(3))
        one.day = date(made_for, 12, 10)
        for claim in one.claims:
            claim.day = claim.day.replace(year=made_for)
        if made_for == 2015:
            one.claims = [c for c in one.claims if c.rule.sheet in ("活动培训", "宣传信息")]
        fill(old, one, tmp_path / "in" / f"{unit}.xlsx", year=year)
    book = scored(tmp_path / "in", tmp_path / "out", rulebook)
    for unit in units:
        assert book.unit("排名", unit)["状态"] == "待核"
        (found,) = book.findings(f"{unit}.xlsx")
        assert (found["级别"], found["工作表"]) == ("错误", "封面")
        assert f"{made_for}" in str(found["问题"])
        assert "本年度" in str(found["处理建议"])
        mine = [row for row in book["申报台账"] if row["源文件"] == f"{unit}.xlsx"]
        assert mine, "the claims are listed, not lost"
        assert {(row["结论"], row["得分"]) for row in mine} == {("不计", None)}


def test_a_late_template_of_another_year_is_not_late(template: Path, tmp_path: Path) -> None:
    """Two returns, this year's late one and next year's: somebody has to look."""
    for name, year in (("a", 2016), ("b", 2016)):
        one = Return(ROSTER[1], day=date(year, 12, 1 if name == "a" else 2))
        fill(template, one, tmp_path / "in" / f"{name}.xlsx", year=year)
    book = scored(tmp_path / "in", tmp_path / "out", YEAR_2015)
    assert book.unit("排名", ROSTER[1])["状态"] == "待核"


# The template's own check ---------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.office
def test_the_live_check_follows_too(soffice: Office, template: Path, tmp_path: Path) -> None:
    """自查, recalculated by LibreOffice, is the scorer's answer clause by clause."""
    units = list(ROSTER)[:2]
    sent = [made_return(unit, random.Random(9 + n), faults=False) for n, unit in enumerate(units)]
    files = [fill(template, one, tmp_path / "in" / f"{n}.xlsx") for n, one in enumerate(sent)]
    for one, path in zip(sent, soffice(files, "xlsx", tmp_path / "out"), strict=True):
        page = load_workbook(path, data_only=True)["自查"]
        shown = {row[0]: row[2] for row in page.iter_rows(values_only=True) if row[0] in MEASURE}
        assert shown == pytest.approx({c: float(p) for c, p in score(one).items()})


# The commands ---------------------------------------------------------------------------------


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of rulebooks of one's own."""
    folder = tmp_path / "rulebook"
    shutil.copytree(BOOKS, folder)
    monkeypatch.setattr(program, "RULEBOOKS", folder)
    return folder


def test_new_year_moves_year_and_dates(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["new-year", "2017", "--from", "2016-draft"]) == 0
    told = capsys.readouterr().out
    old, new = load_rulebook(books / "2016-draft"), load_rulebook(books / "2017")
    assert (new.year, new.first_day, new.deadline) == (2017, date(2017, 1, 1), date(2017, 12, 20))
    assert new.title == old.title.replace("2016", "2017")
    assert new.clauses == old.clauses
    assert (new.roster, new.readings, new.sheets) == (old.roster, old.readings, old.sheets)
    assert not (books / "2017" / "README.md").exists(), "it speaks of the exercise"
    for word in ("rulebook.toml", "clauses.csv", "readings.csv", "roster.csv", "coverage.csv"):
        assert word in told
    text = (books / "2017" / "rulebook.toml").read_text("utf-8")
    assert "2016" not in text
    assert "# 三（一）：此日之前" in text, "comments stay"


def test_new_year_takes_the_latest_by_default(books: Path) -> None:
    assert program.main(["new-year", "2016"]) == 0
    assert load_rulebook(books / "2016").clauses == load_rulebook(books / "2015").clauses


def test_new_year_never_overwrites(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (books / "2015" / "clauses.csv").read_bytes()
    assert program.main(["new-year", "2015", "--from", "2016-draft"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (books / "2015" / "clauses.csv").read_bytes() == before


@pytest.mark.parametrize("year", ["16", "next", "２０１７", "2017年", "../x"])
def test_new_year_wants_a_year(books: Path, year: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in books.iterdir())
    assert program.main(["new-year", year]) == 2
    assert "四位" in capsys.readouterr().err
    assert sorted(path.name for path in books.iterdir()) == before


def test_new_year_from_a_broken_rulebook_leaves_nothing(books: Path) -> None:
    (books / "2015" / "roster.csv").write_text("unit\n", "utf-8")
    with pytest.raises(RulebookError, match=r"roster\.csv"):
        new_year(books / "2015", "2017", books)
    assert not (books / "2017").exists()


def test_new_year_in_a_leap_day(books: Path) -> None:
    facts = books / "2016-draft" / "rulebook.toml"
    facts.write_text(facts.read_text("utf-8").replace("2016-12-20", "2016-02-29"), "utf-8")
    _, book = new_year(books / "2016-draft", "2017", books)
    assert book.deadline == date(2017, 2, 28)


def test_the_difference_in_plain_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["rulebook-diff", "2015", "2016-draft"]) == 0
    told = capsys.readouterr().out
    for line in (
        "- 报送期限：2015年12月30日之前 → 2016年12月20日之前",
        "- 纸质材料：一式5份 → 一式3份",
        "改动 一.4",
        "  - 计分：每期计2分，可多期申报 → 每期计3分，可多期申报",
        "  - 佐证：通知、方案、现场照片、总结 → 通知、总结",
        "新增 西城新区工商联",
        "取消 trade-events：重大经贸活动按次计分还是只计一次？每次计分",
    ):
        assert line in told.splitlines()
    starts = [line.partition("：")[0] for line in told.splitlines()]
    for start in ("取消 六.3", "新增 二.8", "新增 case-stacking", "新增“创新案例”表"):
        assert start in starts
    assert "新增“调研参政”表的“采用通知”列" in starts
    plain = re.sub(r"[a-z]+(?:-[a-z0-9]+)+|[一二三四五六七八九十]+\.\w+", "", told)
    assert not re.search("[a-z]{2,}", plain), "no English but the names of readings"


@pytest.mark.parametrize(("old", "told"), [("", "哪一份"), ("2099", "没有这个文件")])
def test_the_difference_to_nothing_is_one_line(
    old: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["rulebook-diff", "--", old, "2015"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err


def test_a_folder_of_the_same_name_is_not_taken_for_a_rulebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody keeps the returns of 2015 in a folder 2015."""
    (tmp_path / "2015").mkdir()
    monkeypatch.chdir(tmp_path)
    assert program.main(["rulebook-diff", "2015", str(DRAFT)]) == 0


def test_no_difference_is_said(rulebook: object) -> None:
    book = load_rulebook(YEAR_2015)
    assert describe_changes(book, book) == SAME


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("clauses.csv", ",期,,,,,是,", ",期,,,,,,", "各单位填得相像：属于正常 → 要核对"),
        ("readings.csv", "六百字分档", "字数分档", "名称：六百字分档 → 字数分档"),
        ("readings.csv", "yields,九.1;九.2", "yields,九.2;九.1", "同题的已计 九.1、九.2 就不再计"),
        ("sheets.csv", "info,22,是", "info,22,", "区分同名同日的各项：用这一列 → 不用这一列"),
    ],
)
def test_a_change_of_any_column_is_told(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    changed = Path(shutil.copytree(YEAR_2015, tmp_path / "changed"))
    text = (changed / file).read_text("utf-8-sig")
    assert old in text
    (changed / file).write_text(text.replace(old, new, 1), "utf-8")
    assert told in describe_changes(load_rulebook(YEAR_2015), load_rulebook(changed))


def test_the_other_way_round_takes_back(capsys: pytest.CaptureFixture[str]) -> None:
    """What one direction adds, the other takes away."""
    found = []
    for old, new in (("2015", "2016-draft"), ("2016-draft", "2015")):
        assert program.main(["rulebook-diff", old, new]) == 0
        found.append(capsys.readouterr().out.splitlines())
    for word, other in (("新增", "取消"), ("取消", "新增")):
        there = {line.removeprefix(word) for line in found[0] if line.startswith(word)}
        back = {line.removeprefix(other) for line in found[1] if line.startswith(other)}
        assert there == back != set()


def test_only_data_differs() -> None:
    """The exercise is data and a word of warning; the program does not know it."""
    files = {path.name for path in DRAFT.iterdir()}
    assert files == {path.name for path in YEAR_2015.iterdir()} | {"README.md"}
    assert {path.suffix for path in DRAFT.iterdir()} <= {".csv", ".toml", ".md"}
    assert "编的" in (DRAFT / "README.md").read_text("utf-8")
    assert program.default_rulebook().name.isdigit()


def test_the_draft_is_what_the_tests_know(tmp_path: Path) -> None:
    """The table of the scorer has the clauses of the data, no more and no less."""
    book = load_rulebook(DRAFT)
    assert tuple(MEASURE) == book.clause_ids
    assert book.units == ROSTER
    assert tuple(TITLE) == tuple(sheet.name for sheet in book.sheets)
    for rule in MEASURE.values():
        clause = book.clause[rule.id]
        assert (clause.sheet, clause.measure, clause.evidence) == (
            rule.sheet, rule.measure, rule.evidence,
        )  # fmt: skip
        assert tuple(band[:2] for band in clause.bands) == rule.bands


# A measure from nothing -----------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The rulebook of another measure, as it is made."""
    books = tmp_path / "books"
    books.mkdir()
    return new_measure(program.ROOT / "templates" / "measure", "河长制", books, 2024)


def test_a_measure_from_nothing_passes_its_checks(fresh: Path) -> None:
    book = load_rulebook(fresh)
    assert (len(book.clauses), book.year, book.first_day) == (1, 2024, date(2024, 1, 1))
    load_coverage(fresh, book)
    for path in fresh.glob("*.csv"):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel opens it"
    text = (fresh / "rulebook.toml").read_text("utf-8")
    assert text.count("# ") > 10, "what to write is said beside it"


@pytest.mark.parametrize("readings", [True, False])
def test_a_measure_from_nothing_goes_the_whole_line(
    fresh: Path, tmp_path: Path, readings: bool
) -> None:
    if not readings:
        table = fresh / "readings.csv"
        table.write_text(table.read_text("utf-8-sig").splitlines()[0] + "\n", "utf-8-sig")
    opened = load_workbook(templates(tmp_path, fresh))
    fill_cover(opened, {"单位名称": "甲", "报送日期": date(2024, 12, 1)})
    for row, title in enumerate(("一场", "另一场"), start=2):
        values = {"条款": "一.1", "名称": title, "日期": date(2024, 5, row), "证明材料": "附件1"}
        fill_row(opened["活动"], row, values)
    (tmp_path / "returns").mkdir()
    opened.save(tmp_path / "returns" / "甲.xlsx")
    made = scored(tmp_path / "returns", tmp_path / "out", fresh)
    assert made.unit("排名", "甲单位")["总分"] == 2


@pytest.mark.parametrize("name", ["", " ", "2030", "a/b", "..", "x:y", "-x"])
def test_a_name_that_is_no_folder_is_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(BOOKS.iterdir())
    assert program.main(["new-measure", "--", name]) == 2
    assert "NAME" in capsys.readouterr().err
    assert sorted(BOOKS.iterdir()) == before


def test_a_measure_that_is_there_is_left_alone(fresh: Path) -> None:
    (fresh / "clauses.csv").write_text("meine", "utf-8")
    with pytest.raises(UserError, match="已经有了"):
        new_measure(program.ROOT / "templates" / "measure", "河长制", fresh.parent, 2024)
    assert (fresh / "clauses.csv").read_text("utf-8") == "meine"
