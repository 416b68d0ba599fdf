"""Clauses that the office alone records, and numbers added up, through the whole line."""

import csv
import random
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.rulebook import RulebookError, load_rulebook
from tests.kit.filled import run_line, shaken
from tests.kit.words import Measure, entries
from tests.kit.workbooks import fill_cover, fill_row

BUREAUS = Path(__file__).parent / "data" / "measures" / "shicheng_bureaus"
Row = dict[str, str]


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    """The common clauses of a measure in which most are recorded and nobody claims them."""
    folder = shutil.copytree(BUREAUS / "rulebook", tmp_path / "rulebook")
    (folder / "sums.csv").unlink(missing_ok=True)
    change(folder, lambda rows: [row for row in rows if row["id"].startswith("一.")])
    sheets = (folder / "sheets.csv").read_text("utf-8-sig").splitlines()
    (folder / "sheets.csv").write_text(
        "\n".join(s for s in sheets if "指标" not in s and ",number," not in s), "utf-8"
    )
    return folder


def change(folder: Path, how: Callable[[list[Row]], list[Row]]) -> None:
    """Rewrite `clauses.csv`."""
    path = folder / "clauses.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = how(list(csv.DictReader(file)))
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [name for name in rows[0] if name != "for"]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_the_office_records_is_scored_as_the_plain_scorer_does(
    rulebook: Path, tmp_path: Path, seed: int
) -> None:
    measure = Measure(rulebook)
    ids = {clause["id"] for clause in measure.clauses}
    found = [e for e in entries(BUREAUS / "claims.csv") if e.clause in ids]
    found = shaken(measure, found, random.Random(seed)) if seed else found
    figures = measure.figures(found)
    made = run_line(rulebook, found, tmp_path)
    for unit in measure.units:
        for item in (*ids, "总分"):
            wanted = Fraction(figures.points[unit][item] or 0)
            assert float(made[unit][item] or 0) == pytest.approx(float(wanted)), (unit, item)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("sheet", "事项", "应留空"),
        ("evidence", "备注", "应留空"),
        ("office", "", "office 应写 records"),
        ("measure", "distinct", "不能用 distinct"),
    ],
)
def test_a_recorded_clause_that_makes_no_sense_is_one_line(
    rulebook: Path, column: str, value: str, told: str
) -> None:
    change(rulebook, lambda rows: [rows[0] | {column: value}, *rows[1:]])
    with pytest.raises(RulebookError, match=told):
        load_rulebook(rulebook)
    assert main(["template", "--rulebook", str(rulebook), "--output", str(rulebook / "x")]) == 2


def test_what_only_the_office_may_say_is_a_finding_at_its_cell(
    rulebook: Path, tmp_path: Path
) -> None:
    made, returns = tmp_path / "made", tmp_path / "returns"
    assert main(["template", "--rulebook", str(rulebook), "--output", str(made)]) == 0
    returns.mkdir()
    book = load_workbook(made / "intake_template.xlsx")
    page = next(page for page in book if page["A1"].value == "条款")
    page["A2"], page["B2"] = "一.1", "配合"
    fill_cover(book, {"单位名称": "县水利局", "报送日期": "2018-11-01"})
    book.save(returns / "县水利局.xlsx")
    register = load_workbook(made / "register.xlsx")
    page = register["平时考查"]
    heads = {cell.value: cell.column_letter for cell in page[1]}
    fill_row(page, 2, {"单位": "县水利局", "条款": "一.1", "数量": "很多"})
    register.save(tmp_path / "register.xlsx")
    out = tmp_path / "out"
    command = ["score", str(returns), "--output", str(out), "--rulebook", str(rulebook)]
    assert main([*command, "--register", str(tmp_path / "register.xlsx")]) == 0
    told = [
        " ".join(str(cell) for cell in row if cell)
        for row in load_workbook(out / "ranking.xlsx")["问题清单"].iter_rows(values_only=True)
    ]
    expected = {
        "clause-recorded": ("一.1 由办公室记录，不用申报", "A2"),
        "register-amount": ("数量“很多”不是数", f"{heads['数量']}2"),
    }
    for code, words in expected.items():
        assert any(all(word in line for word in words) for line in told), code
