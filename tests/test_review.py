"""`review.xlsx`: the register's form, one row per claim, drop-downs, and the way back in."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline import layout
from pipeline.__main__ import main
from pipeline.findings import Findings
from pipeline.judging.office import Register, read_register
from pipeline.outcome import NOT_COUNTED, Outcome
from pipeline.ranking import review
from pipeline.ranking.book import clean
from pipeline.ranking.review import review_rows, write_review
from pipeline.reading.discover import Entry
from pipeline.reading.raw import wanted_register
from pipeline.reading.reader import Reader
from pipeline.rulebook import Rulebook
from tests.kit.door import bare_rulebook
from tests.kit.measure import ROSTER
from tests.kit.outcomes import HOSTILE, make_outcome
from tests.kit.returns import Claim, Return, Ruling, write_register
from tests.kit.returns import Register as Office
from tests.kit.returns import write as write_return
from tests.kit.workbooks import fill_row, table

BARE = ("--rulebook", str(bare_rulebook()))
FURTHER = ("日期", "对象", "字数", "基数", "完成数", "佐证", "程序结论", "程序得分", "原因",
           "源文件", "工作表", "行号")  # fmt: skip


def write(outcome: Outcome, folder: Path) -> Path:
    path = folder / "review.xlsx"
    write_review(outcome, path)
    return path


def sheet_rows(path: Path) -> list[dict[str, object]]:
    return table(openpyxl.load_workbook(path)[layout.RULINGS], "单位", "条款")


def read_back(path: Path, rulebook: Rulebook) -> tuple[Register, pd.DataFrame]:
    findings = Findings()
    raw = Reader([Entry(path, path.name, "return")], wanted_register()).result()
    return read_register(raw, rulebook, findings), findings.table()


def ruling(outcome: Outcome, **values: object) -> dict[str, object]:
    unit = outcome.points.index[0]
    clause = outcome.claims["clause"][0]
    base = {"unit": unit, "clause": clause, "title": "", "word": "不认定", "points": None,
            "reason": "理由", "judge": "甲", "file": "r.xlsx", "cell": "D2"}  # fmt: skip
    return base | values


def with_rulings(outcome: Outcome, *rulings: dict[str, object]) -> Outcome:
    table = pd.DataFrame(list(rulings), columns=list(outcome.rulings.columns), dtype=object)
    return replace(outcome, rulings=table)


@pytest.fixture
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook, rulings=False)


def test_the_first_row_is_the_registers_form(outcome: Outcome, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(outcome, tmp_path))
    assert book.sheetnames == [review.GUIDE, layout.RULINGS]
    headers = tuple(cell.value for cell in book[layout.RULINGS][1])
    form = layout.REGISTER_SHEETS[layout.RULINGS]
    assert headers[:8] == ("重点看", *form[:7])
    assert set(headers) == {"重点看", "条款内容", "怎样计分", "本条现得", *form, *FURTHER}


def test_every_claim_of_a_ranked_unit_has_one_empty_row(outcome: Outcome, tmp_path: Path) -> None:
    found = sheet_rows(write(outcome, tmp_path))
    ours = outcome.claims[outcome.claims["unit"].isin(outcome.points.index)]
    by_clause = ours.assign(
        place=ours["unit"].map({unit: at for at, unit in enumerate(outcome.units["unit"])}),
        code=ours["clause"].map(outcome.rulebook.clause_codes).astype("int64"),
    ).sort_values(["place", "code"], kind="stable")
    assert [(r["单位"], r["行号"]) for r in found] == list(
        zip(by_clause["unit"], by_clause["row"], strict=True)
    )
    assert all(r[h] is None for r in found for h in ("结论", "核定分", "理由", "评审人"))
    assert {r["程序结论"] for r in found} == set(ours["checked_result"])


def test_claims_that_no_ruling_can_help_are_left_out(outcome: Outcome, rulebook: Rulebook) -> None:
    claims = outcome.claims.copy()
    other = next(sheet.name for sheet in rulebook.sheets if sheet.name != claims["sheet"][1])
    claims.loc[0, "clause"] = "没有这一条"
    claims.loc[1, "sheet"] = other
    before, _ = review_rows(outcome)
    after, _ = review_rows(replace(outcome, claims=claims))
    assert len(after) == len(before) - 2


def test_conclusions_have_a_drop_down_and_points_are_numbers(
    outcome: Outcome, tmp_path: Path
) -> None:
    sheet = openpyxl.load_workbook(write(outcome, tmp_path))[layout.RULINGS]
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    assert rules["list"].formula1 == '"' + ",".join(layout.RULING_WORDS) + '"'
    for rule, column in ((rules["list"], "E"), (rules["decimal"], "F")):
        assert f"{column}2" in rule.sqref
        assert f"{column}{sheet.max_row + 1}" in rule.sqref
        assert rule.error
        assert rule.prompt


def test_what_units_wrote_is_inert(rulebook: Rulebook, tmp_path: Path) -> None:
    path = write(make_outcome(rulebook, claims_each=len(HOSTILE)), tmp_path)
    sheet = openpyxl.load_workbook(path)[layout.RULINGS]
    assert {clean(text) for text in HOSTILE} <= {cell.value for cell in sheet["D"]}
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_an_untouched_worksheet_holds_no_ruling(
    outcome: Outcome, rulebook: Rulebook, tmp_path: Path
) -> None:
    register, findings = read_back(write(outcome, tmp_path), rulebook)
    assert register.rulings.empty
    assert findings.empty


def test_what_the_panel_fills_in_is_read_as_its_rulings(
    outcome: Outcome, rulebook: Rulebook, tmp_path: Path
) -> None:
    path = write(outcome, tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book[layout.RULINGS]
    for column, value in zip("EFGH", ("改分", 2.5, "会议决定", "乙"), strict=True):
        sheet[f"{column}3"] = value
    for column, value in zip("EGH", ("认定", "已补材料", "乙"), strict=True):
        sheet[f"{column}5"] = value
    book.save(path)
    register, findings = read_back(path, rulebook)
    expected = [sheet["C3"].value, sheet["C5"].value]
    assert list(register.rulings["clause"]) == expected
    assert list(register.rulings["word"]) == ["改分", "认定"]
    titles = [str(sheet[f"D{row}"].value).strip() for row in (3, 5)]
    assert list(register.rulings["title"]) == titles
    assert register.rulings["points"][0] == 2.5
    assert findings.empty


def test_rulings_in_force_come_back_unchanged(
    outcome: Outcome, rulebook: Rulebook, tmp_path: Path
) -> None:
    claim = outcome.claims.iloc[5]
    given = [
        ruling(outcome, title=claim["title"], clause=claim["clause"], unit=claim["unit"]),
        ruling(outcome, reason="整条都不认"),
        ruling(outcome, word="改分", points=-1.5, clause=rulebook.clause_ids[-1]),
    ]
    path = write(with_rulings(outcome, *given), tmp_path)
    register, findings = read_back(path, rulebook)
    keys = ["unit", "clause", "title", "word", "points", "reason", "judge"]
    found = register.rulings[keys].astype(object).where(register.rulings[keys].notna(), None)
    assert sorted(found.to_dict("records"), key=str) == sorted(
        [{key: row[key] for key in keys} for row in given], key=str
    )
    assert findings.empty


def test_a_claim_without_a_title_can_be_named(
    outcome: Outcome, rulebook: Rulebook, tmp_path: Path
) -> None:
    claims = outcome.claims.copy()
    claims.loc[0, "title"] = ""
    path = write(replace(outcome, claims=claims), tmp_path)
    named = [row["名称"] for row in sheet_rows(path) if row["行号"] == claims["row"][0]]
    assert named.count(layout.UNTITLED) == 1


@pytest.mark.parametrize("ruled", [False, True])
def test_what_to_look_at_closely_stands_first(
    outcome: Outcome, tmp_path: Path, ruled: bool
) -> None:
    """Beside a ruling that stands on a row of its own too."""
    if ruled:
        outcome = with_rulings(outcome, ruling(outcome))
    claim = outcome.claims[outcome.claims["unit"] == outcome.points.index[0]].iloc[0]
    said = dict.fromkeys(outcome.findings.columns, "") | {
        "file": claim["file"], "sheet": claim["sheet"], "cell": f"B{claim['row']}",
    }  # fmt: skip
    more = [said | {"code": code} for code in ("claim-alike", "record-unseen", "title-missing")]
    findings = pd.concat([outcome.findings, pd.DataFrame(more)], ignore_index=True)
    rows = sheet_rows(write(replace(outcome, findings=findings), tmp_path))
    watched = {(r["源文件"], r["工作表"], r["行号"]): r["重点看"] for r in rows if r["重点看"]}
    assert watched == {(claim["file"], claim["sheet"], claim["row"]): "两家雷同、平时未见"}


def test_each_unit_begins_a_page_to_sign(outcome: Outcome, tmp_path: Path) -> None:
    path = write(outcome, tmp_path)
    sheet = openpyxl.load_workbook(path)[layout.RULINGS]
    units = [row["单位"] for row in sheet_rows(path)]
    begins = [at + 1 for at in range(1, len(units)) if units[at] != units[at - 1]]
    assert [one.id for one in sheet.row_breaks.brk] == begins
    assert "签字" in sheet.oddFooter.center.text


def test_rulings_stand_with_their_unit(outcome: Outcome) -> None:
    last = ruling(outcome, clause=outcome.rulebook.clause_ids[-1], word="改分", points=1)
    rows, _ = review_rows(with_rulings(outcome, last))
    first = rows[rows["unit"] == outcome.points.index[0]]
    assert list(first["word"].dropna()) == ["改分"]
    assert list(rows["unit"]) == [
        u for u in outcome.units["unit"] for _ in range((rows["unit"] == u).sum())
    ]


def test_a_nation_gets_what_needs_looking_at(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "REVIEW_ROWS", 10)
    path = write(outcome, tmp_path)
    assert {row["程序结论"] for row in sheet_rows(path)} == {NOT_COUNTED}
    guide = openpyxl.load_workbook(path)[review.GUIDE]
    assert any("申报超过 10 项" in str(cell.value) for cell in guide["A"])


def test_without_claims_the_worksheet_is_an_empty_form(rulebook: Rulebook, tmp_path: Path) -> None:
    path = write(make_outcome(rulebook, ranked=0), tmp_path)
    assert sheet_rows(path) == []


def test_the_same_outcome_gives_the_same_bytes(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    assert write(outcome, tmp_path).read_bytes() == write(outcome, tmp_path / "b").read_bytes()


def one_return(root: Path, folder: Path) -> str:
    """A folder with one of the sample returns."""
    (folder / "in").mkdir()
    shutil.copy(min((root / "data" / "returns").glob("*.xlsx")), folder / "in")
    return str(folder / "in")


def entered(path: Path, target: Path, row: int, **cells: object) -> Path:
    """The worksheet as a judge sends it back: some cells of one row filled in."""
    book = openpyxl.load_workbook(path)
    fill_row(book[layout.RULINGS], row, cells)
    book.save(target)
    return target


def test_what_was_entered_and_not_applied_stays_until_it_is_mended(
    root: Path, tmp_path: Path
) -> None:
    """Disputed by another judge, and 同意, which is no 结论: the same run for run."""
    out = tmp_path / "out"
    command = ["score", one_return(root, tmp_path), "--output", str(out), "--no-feedback", *BARE]
    assert main(command) == 0
    review, other = out / "review.xlsx", tmp_path / "台账.xlsx"
    entered(review, other, 2, 结论="不认定", 理由="不实", 评审人="主任")
    entered(review, review, 2, 结论="认定", 理由="手填", 评审人="李明")
    entered(review, review, 3, 结论="同意", 理由="手填", 评审人="李明")
    found = []
    for _ in range(2):
        assert main([*command, "--register", str(other)]) == 0
        book = openpyxl.load_workbook(out / "ranking.xlsx")
        rows = list(book["问题清单"].iter_rows(values_only=True))
        found.append(sum("评审意见不一致" in str(row) or "同意" in str(row) for row in rows))
        said = [(row["结论"], row["理由"], row["评审人"]) for row in sheet_rows(review)]
        assert said[:2] == [("认定", "手填", "李明"), ("同意", "手填", "李明")]
        assert set(said[2:]) == {(None, None, None)}
    assert found == [3, 3]


UNIT = next(iter(ROSTER))
LAST = 9
"""A row below all claims."""


def refused(row: int, **more: object) -> dict[str, object]:
    return {"行": row, "结论": "不认定", "理由": "无通知", "评审人": "李明"} | more


def points_of(folder: Path, register: Office, *entries: dict[str, object]) -> object:
    """The unit's total after what was entered has been taken over in two runs.

    A claim of 10 points in row 2, three more under one name below it. The name of the file begins
    with a blank, which no cell of a register keeps.
    """
    meetings = [Claim("九.4", "承办会议", date(2015, month, 1)) for month in (3, 6, 9)]
    sent = Return(UNIT, [*meetings, Claim("九.3", "创建", object="甲企业")])
    write_return(sent, folder / "in", "　材料.xlsx")
    office = write_register(register, folder / "register.xlsx")
    out = folder / "out"
    call = ["score", str(folder / "in"), "--output", str(out), "--no-feedback", *BARE]
    call += ["--register", str(office)]
    assert main(call) == 0
    for entry in entries:
        entered(out / "review.xlsx", out / "review.xlsx", int(str(entry["行"])), **entry)
    for _ in range(2):
        assert main(call) == 0
    book = openpyxl.load_workbook(out / "ranking.xlsx", data_only=True)
    rows = table(book["排名"], "单位", "总分")
    return next(row["总分"] for row in rows if row["单位"] == UNIT)


BY_NAME = Ruling(UNIT, "九.4", "承办会议", "不认定", reason="待查", judge="王芳")
NAMED = {"单位": UNIT, "条款": "九.4", "名称": "承办会议"}
ONLY = {"单位": UNIT, "条款": "九.3", "名称": "创建", "结论": "改分", "核定分": 4}


@pytest.mark.parametrize(
    ("register", "entries", "total"),
    [
        ((), [refused(4), refused(5)], 20),
        ((), [refused(LAST, **NAMED)], 10),
        ((), [refused(2), refused(LAST, **ONLY)], 34),
        ((BY_NAME,), [refused(4, 结论="认定")], 20),
    ],
    ids=["rows", "a name", "a row and points", "a row beside the register's name"],
)
def test_a_ruling_stays_on_what_it_is_of_run_for_run(
    tmp_path: Path, register: tuple[Ruling, ...], entries: list[dict[str, object]], total: float
) -> None:
    assert points_of(tmp_path, Office(rulings=list(register)), *entries) == total


def test_a_ruling_of_the_register_with_a_windows_line_break_goes_with_the_register(
    tmp_path: Path,
) -> None:
    """What the program filled in was entered by nobody, whatever a workbook does to its signs."""
    office = Office(rulings=[replace(BY_NAME, reason="第一\r\n第二")])
    assert points_of(tmp_path, office, refused(2)) == 0
    rows = sheet_rows(tmp_path / "out" / "review.xlsx")
    assert [row["结论"] for row in rows].count("不认定") == 2
    assert points_of(tmp_path, Office()) == 30


def test_each_judge_gets_a_copy_of_his_own_and_disagreements_are_listed(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made on request, filled in, given back together: what differs is listed and not applied."""
    returns, names = one_return(root, tmp_path), ("李明", "王芳")
    made, out = tmp_path / "one", tmp_path / "two"
    command = ["score", returns, "--no-feedback", *BARE, "--output"]
    assert main([*command, str(made), "--judges", "李明、王芳"]) == 0
    words = {"李明": "认定", "王芳": "不认定"}
    back = []
    for name in names:
        path = made / f"评审意见_{name}.xlsx"
        assert {row["评审人"] for row in sheet_rows(path)} == {name}
        same = entered(path, tmp_path / "same.xlsx", 3, 结论="不认定", 理由="不实")
        back.append(entered(same, tmp_path / path.name, 2, 结论=words[name], 理由="已议"))
    registers = [word for path in back for word in ("--register", str(path))]
    assert main([*command, str(out), *registers]) == 0
    book = openpyxl.load_workbook(out / "ranking.xlsx")
    rows = table(book["意见不一致"], "评审人", "结论")
    assert [(row["评审人"], row["结论"], row["理由"]) for row in rows] == [
        ("李明", "认定", "已议"), ("王芳", "不认定", "已议"),
    ]  # fmt: skip
    assert openpyxl.load_workbook(out / "review.xlsx").sheetnames[-1] == "意见不一致"
    problems = [row for row in book["问题清单"].iter_rows(values_only=True) if row[1] == "办公室"]
    assert len(problems) == 2
    assert "不一致" in str(problems[0])
    applied = [row[3] for row in book["核定记录"].iter_rows(values_only=True)][4:]
    assert applied == ["不认定"]
    assert "核定" in capsys.readouterr().out


def test_a_judges_copy_shows_no_other_judges_ruling(outcome: Outcome, tmp_path: Path) -> None:
    ruled = with_rulings(outcome, ruling(outcome))
    path = tmp_path / "copy.xlsx"
    write_review(ruled, path, "乙")
    assert {row["结论"] for row in sheet_rows(path)} == {None}
    assert {row["评审人"] for row in sheet_rows(path)} == {"乙"}


def test_a_judges_name_that_is_no_file_name_is_one_clear_line(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["score", one_return(root, tmp_path), "--output", str(tmp_path / "out")]
    assert main([*call, "--judges", "../李明"]) == 2
    assert "不能用作文件名" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
