"""`ranking.xlsx`: contract headers, live formulas, inert texts, the same bytes, every size."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree as Tree

import openpyxl
import pandas as pd
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.outcome import COUNTED, NORMAL, NOT_COUNTED, Outcome
from pipeline.ranking import book as book_module
from pipeline.ranking import scores
from pipeline.ranking import trace as tracing
from pipeline.ranking.book import clean, plain
from pipeline.ranking.lists import add_ledger
from pipeline.ranking.trace import describe_value, trace
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from tests.kit.office import Edited, Office
from tests.kit.outcomes import HOSTILE, make_outcome, with_units
from tests.kit.workbooks import parts, table

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEADERS = {
    "排名": ("名次", "单位", "总分", "状态", "奖项建议", "自报", "初评", "核定变动", "最好名次",
             "最差名次"),
    "重点工作": ("名次", "单位", "得分", "奖项建议"),
    "得分明细": ("单位",),
    "申报台账": ("单位", "条款", "名称", "日期", "结论", "得分", "原因", "源文件", "工作表",
             "行号"),
    "问题清单": ("级别", "单位", "源文件", "工作表", "单元格", "问题", "处理建议"),
    "报送情况": ("单位", "状态", "报送日期", "源文件", "SHA-256", "说明"),
    "口径说明": ("口径", "条款", "采用", "另一种理解", "影响"),
    "运行信息": ("项目", "内容"),
}  # fmt: skip


def write(outcome: Outcome, folder: Path, name: str = "ranking.xlsx") -> Path:
    (path,) = write_ranking(outcome, folder / name)
    return path


def rows(sheet: Worksheet) -> list[dict[str, object]]:
    """The table of a sheet as records."""
    return table(sheet, *HEADERS.get(sheet.title.split("(")[0], ("单位", "条款"))[:2])


@pytest.fixture(scope="module")
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook)


@pytest.fixture(scope="module")
def path(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(outcome, tmp_path_factory.mktemp("ranking"))


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def test_every_contract_sheet_has_its_headers(book: openpyxl.Workbook, rulebook: Rulebook) -> None:
    for name, headers in HEADERS.items():
        found = rows(book[name])
        assert found, f"{name} is empty"
        assert set(headers) <= set(found[0]), name
    ranking = [str(header) for header in rows(book["排名"])[0]]
    for name, numeral in rulebook.sections.items():
        assert [h for h in ranking if h.startswith(f"{numeral} ")] == [name]
    details = [str(header) for header in rows(book["得分明细"])[0]]
    for clause in rulebook.clause_ids:
        assert len([h for h in details if h.split(" ")[0] == clause]) == 1


def test_places_totals_and_details_are_those_of_the_outcome(
    book: openpyxl.Workbook, outcome: Outcome
) -> None:
    ranked = outcome.units[outcome.units["status"] == NORMAL].set_index("unit")
    details = {row["单位"]: row for row in rows(book["得分明细"])}
    assert set(details) == set(ranked.index)
    for row in rows(book["排名"])[: len(ranked)]:
        unit = ranked.loc[row["单位"]]
        assert (row["名次"], row["总分"]) == (unit["place"], pytest.approx(unit["total"]))
        for section in outcome.sections:
            assert row[section] == pytest.approx(outcome.sections.loc[row["单位"], section])
        points = [v for h, v in details[row["单位"]].items() if h not in ("单位", "合计")]
        assert sum(points) == pytest.approx(row["总分"])
        assert row["总分"] - row["初评"] == pytest.approx(row["核定变动"])


def test_tied_units_share_a_place_and_the_next_place_is_left_out(
    book: openpyxl.Workbook,
) -> None:
    places = [row["名次"] for row in rows(book["排名"]) if row["名次"] is not None]
    assert places == [1, 2, 2, 4]


def test_key_work_lists_equal_units_in_roster_order(rulebook: Rulebook, tmp_path: Path) -> None:
    outcome = make_outcome(rulebook)
    level = outcome.units.assign(
        key_place=outcome.units["key_place"].where(outcome.units["key_place"].isna(), 1)
    )
    shuffled = replace(outcome, units=pd.concat([level[:4][::-1], level[4:]], ignore_index=True))
    sheet = openpyxl.load_workbook(write(shuffled, tmp_path), data_only=True)["重点工作"]
    assert [row["单位"] for row in rows(sheet)] == list(rulebook.units[:4])


def test_units_without_a_place_stand_below_with_their_status(
    book: openpyxl.Workbook, outcome: Outcome
) -> None:
    below = [row for row in rows(book["排名"]) if row["状态"] != NORMAL]
    expected = outcome.units[outcome.units["status"] != NORMAL]
    assert [row["单位"] for row in below] == list(expected["unit"])
    for row in below:
        numbers = {h: v for h, v in row.items() if h not in ("单位", "状态", "奖项建议")}
        assert set(numbers.values()) == {None}
    assert rows(book["排名"])[-len(below) :] == below


def test_the_ledger_holds_every_claim_once_in_order(
    book: openpyxl.Workbook, outcome: Outcome
) -> None:
    ledger = rows(book["申报台账"])
    assert len(ledger) == len(outcome.claims)
    for row, claim in zip(ledger, outcome.claims.to_dict("records"), strict=True):
        assert row["单位"] == claim["unit"]
        assert row["行号"] == claim["row"]
        assert row["结论"] == claim["result"] in (COUNTED, NOT_COUNTED)
        assert (row["名称"] or "").strip() == clean(str(claim["title"])).strip()
        assert row["得分"] == claim["points"]
        if isinstance(claim["date"], datetime):
            assert row["日期"] == claim["date"]
        else:
            assert row["日期"] == claim["date"] == "6月1日"


def test_dates_are_date_cells(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["申报台账"]
    dates = [cell for cell in sheet["D"][4:] if isinstance(cell.value, datetime)]
    assert dates
    assert {cell.number_format for cell in dates} == {"yyyy-mm-dd"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(1900, 2, 28), "1900-02-28"),
        (datetime(1900, 3, 1), 61),
        (date(9999, 12, 31), 2958465),
        (date(1, 1, 1), "0001-01-01"),
        (pd.Timestamp(2015, 6, 1), 42156),
        (pd.NaT, None),
        (float("nan"), None),
        (float("inf"), "inf"),
        (pd.NA, None),
        (3.0, 3),
        ("", None),
        ("\x01", None),
        (True, "True"),
    ],
)
def test_a_value_becomes_what_a_cell_can_hold(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_long_text_is_cut_at_the_limit_of_a_cell_in_its_own_units() -> None:
    assert len(clean("长" * 40_000)) == 32_767
    assert len(clean("😀" * 20_000)) == 16_383
    assert clean("a\r\nb\rc\x00\x1fd\ud83de") == "a\nb\ncd\ufffde"


def test_text_of_units_is_never_a_formula(path: Path) -> None:
    formulas = set()
    for name, data in parts(path).items():
        if name.startswith("xl/worksheets/sheet"):
            root = Tree.fromstring(data)
            formulas |= {f.text or "" for f in root.iter(f"{MAIN}f")}
    assert formulas, "there should be live formulas"
    known = re.compile(r"(IF|RANK|ROUND|SUM|INDEX|MATCH)\(|^0$|^\"平均 \"&FIXED\(AVERAGE\(")
    assert all(known.match(formula) for formula in formulas)
    assert not any("HYPERLINK" in formula or "cmd" in formula for formula in formulas)


def test_ledger_cells_hold_no_formula(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for name in (
        "申报台账",
        "问题清单",
        "报送情况",
        "其他文件",
        "口径说明",
        "核定记录",
        "变化",
        "得分说明",
    ):
        for row in book[name].iter_rows(min_row=4):
            assert all(cell.data_type != "f" for cell in row), name


def test_no_link_leaves_the_workbook(path: Path) -> None:
    targets = []
    for name, data in parts(path).items():
        if name.endswith(".rels"):
            for relation in Tree.fromstring(data):
                assert relation.get("TargetMode") != "External", name
        elif name.startswith("xl/worksheets/sheet"):
            root = Tree.fromstring(data)
            targets += [link.get("location") for link in root.iter(f"{MAIN}hyperlink")]
    sheets = openpyxl.load_workbook(path).sheetnames
    assert targets
    for target in targets:
        sheet, _, cell = (target or "").rpartition("!")
        assert sheet.strip("'") in sheets
        assert re.fullmatch(r"[A-Z]+\d+", cell)


def test_every_hostile_text_arrives_as_it_was_written(rulebook: Rulebook, tmp_path: Path) -> None:
    outcome = make_outcome(rulebook, claims_each=len(HOSTILE))
    book = openpyxl.load_workbook(write(outcome, tmp_path))
    found = {row["名称"] for row in rows(book["申报台账"])}
    assert {clean(text) for text in HOSTILE} <= found


def test_unit_sheets_link_each_claim_to_its_row_in_the_ledger(path: Path, outcome: Outcome) -> None:
    book = openpyxl.load_workbook(path)
    ledger = book["申报台账"]
    for unit in outcome.points.index:
        sheet = book[unit]
        places = [link.location for link in (c.hyperlink for r in sheet.iter_rows() for c in r)
                  if link and link.location and "申报台账" in link.location]  # fmt: skip
        found = [ledger[place.rpartition("!")[2]].value for place in places]
        assert found == [unit] * int((outcome.claims["unit"] == unit).sum())


def test_a_unit_without_claims_shows_none_of_a_return_without_a_name(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    outcome = make_outcome(rulebook)
    unit = outcome.points.index[0]
    claims = outcome.claims.assign(unit=outcome.claims["unit"].replace({unit: ""}))
    book = openpyxl.load_workbook(write(replace(outcome, claims=claims), tmp_path))
    shown = [cell.value for cell in book[unit]["A"] if str(cell.value).startswith("申报事项")]
    assert shown == ["申报事项（0 项，打印时不印）"]
    titles = {str(plain(title)) for title in claims.loc[claims["unit"] == "", "title"]}
    assert not titles & {str(cell.value) for cell in book[unit]["B"]}


def letter(sheet: Worksheet) -> dict[str, tuple[object, object, str]]:
    """Clause or section → points, average of all units, how the points came about."""
    return {
        str(row[0] or row[1]): (row[4], row[5], str(row[6] or ""))
        for row in sheet.iter_rows(max_col=7, values_only=True, max_row=sheet.max_row)
        if isinstance(row[5], int | float) and row[1]
    }


def test_a_letter_has_every_clause_with_its_points_and_the_average(
    book: openpyxl.Workbook, outcome: Outcome
) -> None:
    means = outcome.points.mean()
    for unit in outcome.points.index:
        found = letter(book[unit])
        for clause in outcome.rulebook.clause_ids:
            points, mean, why = found[clause]
            assert points == pytest.approx(outcome.points.at[unit, clause])
            assert mean == pytest.approx(means[clause], abs=0.01)
            assert why
        for section in outcome.rulebook.sections:
            assert found[section][0] == pytest.approx(outcome.sections.at[unit, section])


def test_a_letter_says_why_a_clause_earned_nothing(rulebook: Rulebook, tmp_path: Path) -> None:
    outcome = make_outcome(rulebook, rulings=False)
    unit = outcome.points.index[0]
    twice = next(c for c in rulebook.clauses if c.measure == "count" and c.bands[0][0] == 2)
    short, unclaimed = twice.id, rulebook.clause_ids[-1]
    claims = outcome.claims[~outcome.claims["clause"].isin((short, unclaimed))]
    model = claims.iloc[0].to_dict() | {"unit": unit, "clause": short}
    rows = [model | {"result": COUNTED, "reason": ""},
            model | {"result": NOT_COUNTED, "reason": "缺少佐证材料：总结"}]  # fmt: skip
    points, values = outcome.points.copy(), outcome.values.copy()
    points.loc[unit, [short, unclaimed]], values.loc[unit, short] = 0.0, 1.0
    changed = replace(
        outcome, points=points, values=values, claims=pd.concat([claims, pd.DataFrame(rows)])
    )
    found = letter(openpyxl.load_workbook(write(changed, tmp_path), data_only=True)[unit])
    assert f"还差1{twice.noun}" in found[short][2]
    assert found[short][2].endswith("不计 1 项：缺少佐证材料：总结")
    assert found[unclaimed][2] == tracing.UNCLAIMED


def printed(sheet: Worksheet) -> str:
    return sheet.print_area.rpartition("!")[2].replace("$", "")


def test_what_is_long_is_not_printed_by_default_and_the_first_sheet_says_so(
    book: openpyxl.Workbook, outcome: Outcome
) -> None:
    for name in ("申报台账", "得分说明"):
        assert printed(book[name]).endswith("4"), "the head alone"
    last = int(re.findall(r"\d+", printed(book["问题清单"]))[-1])
    levels = [book["问题清单"].cell(row, 1).value for row in range(5, last + 1)]
    assert "提示" not in levels
    for unit in outcome.points.index:
        rows_ = [row for row in book[unit][printed(book[unit])] if row[0].value]
        assert not any(str(row[0].value).startswith("申报事项") for row in rows_)
    assert any("先取消打印区域" in str(cell.value) for cell in book["首页"]["A"])
    assert {sheet.sheet_state for sheet in book.worksheets} == {"visible"}


def test_a_bar_ends_at_the_total_where_points_were_deducted(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    outcome = make_outcome(rulebook)
    unit, section = outcome.points.index[1], outcome.sections.columns[0]
    sections = outcome.sections.copy()
    sections.loc[unit, section] = -5.0
    made = replace(outcome, sections=sections)
    chart = next(d for n, d in sorted(parts(write(made, tmp_path)).items()) if "charts/chart" in n)
    values = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    series = [
        [float(v.text or 0) for v in one.find(f"{values}val").iter(f"{values}v")]  # type: ignore[union-attr]
        for one in Tree.fromstring(chart).iter(f"{values}ser")
    ]
    ends = [sum(max(v, 0) for v in bar) for bar in zip(*series, strict=True)]
    totals = sections.sum(axis=1)
    assert [end - ends[0] for end in ends] == pytest.approx(list(totals - totals.iloc[0]))
    assert "已扣5" in chart.decode()


def test_unit_sheets_add_up_to_the_total(book: openpyxl.Workbook, outcome: Outcome) -> None:
    totals = outcome.units.set_index("unit")["total"]
    for unit in outcome.points.index:
        sums = [row[4] for row in book[unit].iter_rows(values_only=True) if row[3] == "合计"]
        assert sums == [pytest.approx(totals[unit])]


def test_the_same_outcome_gives_the_same_bytes(
    outcome: Outcome, path: Path, tmp_path: Path
) -> None:
    assert write(outcome, tmp_path, "again.xlsx").read_bytes() == path.read_bytes()


def test_six_units_stay_small(rulebook: Rulebook, tmp_path: Path) -> None:
    outcome = make_outcome(rulebook, ranked=6, claims_each=200)
    assert write(outcome, tmp_path).stat().st_size < 1_000_000


def test_without_a_ranked_unit_the_workbook_still_says_so(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(write(make_outcome(rulebook, ranked=0), tmp_path))
    assert "图表" not in book.sheetnames
    assert {row["名次"] for row in rows(book["排名"])} == {None}
    assert any("没有参加排名的单位" in str(c.value) for c in book["首页"]["A"])


def test_readings_taken_otherwise_stand_on_every_sheet(rulebook: Rulebook, tmp_path: Path) -> None:
    reading = rulebook.readings[0]
    outcome = make_outcome(rulebook, alternative=(reading.id,))
    book = openpyxl.load_workbook(write(outcome, tmp_path))
    for sheet in book.worksheets:
        text = str(list(sheet.iter_rows(max_row=8, values_only=True)))
        assert reading.name in text + str(sheet.oddFooter.left.text), sheet.title
    taken = {row["口径"]: row["采用"] for row in rows(book["口径说明"])}
    assert taken[reading.id] == f"另一种：{reading.alternative}"


def test_rulings_changes_and_other_files_have_sheets_only_where_there_are_any(
    rulebook: Rulebook, path: Path, tmp_path: Path
) -> None:
    some = {"核定记录", "变化", "其他文件"}
    assert some <= set(openpyxl.load_workbook(path).sheetnames)
    nothing = pd.DataFrame()
    quiet = replace(make_outcome(rulebook, rulings=False), changes=nothing, others=nothing)
    assert not some & set(openpyxl.load_workbook(write(quiet, tmp_path)).sheetnames)


def test_every_other_file_is_listed_as_text(book: openpyxl.Workbook, outcome: Outcome) -> None:
    names = [cell.value for cell in book["其他文件"]["A"][4:]]
    assert names == [plain(name) for name in outcome.others["file"]]


def test_many_units_have_no_sheets_of_their_own_and_short_charts(
    rulebook: Rulebook, tmp_path: Path
) -> None:
    count = tracing.UNIT_SHEETS + 1
    outcome = make_outcome(with_units(rulebook, count), ranked=count, claims_each=4)
    path = write(outcome, tmp_path)
    book = openpyxl.load_workbook(path, data_only=True)
    assert not set(outcome.points.index) & set(book.sheetnames)
    assert len(rows(book["排名"])) == count
    charts = [data.decode() for name, data in parts(path).items() if "charts/chart" in name]
    assert any(f"前 {scores.CHART_UNITS} 名" in chart for chart in charts)
    assert all(f'<c:ptCount val="{count}"/>' not in chart for chart in charts)


def test_names_of_unit_sheets_are_allowed_and_distinct(rulebook: Rulebook) -> None:
    outcome = make_outcome(rulebook)
    odd = ["甲/乙:" + "长" * 40, "甲_乙_" + "长" * 40, "'引号'", "排名"]
    units = outcome.units.assign(unit=[*odd, *outcome.units["unit"][4:]])
    names = list(tracing.sheet_names(replace(outcome, units=units), ["排名"]).values())
    assert len(set(names)) == 4
    assert all(len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in names)
    assert "排名" not in names


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(
    rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = make_outcome(rulebook)
    monkeypatch.setattr(book_module, "SHEET_ROWS", 23)
    made = book_module.Book(tmp_path / "x.xlsx", title="考核", line="", when=outcome.when)
    add_ledger(made, outcome)
    made.close()
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["申报台账", "申报台账(2)", "申报台账(3)"]
    ledger = [row for name in book.sheetnames for row in rows(book[name])]
    assert [row["行号"] for row in ledger] == list(outcome.claims["row"])


def test_a_file_that_cannot_be_written_is_an_os_error(outcome: Outcome, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        write(outcome, tmp_path / "missing")


def test_the_trace_names_rule_value_band_and_ruling(outcome: Outcome) -> None:
    found = trace(outcome)
    earned = found.groupby("unit")["points"].sum()
    assert earned.to_dict() == pytest.approx(outcome.points.sum(axis=1).to_dict())
    ruled = found[found["ruling"] != ""]
    assert list(ruled["ruling"]) == ["改分1.5分（评审人甲，=按会议记录）"]
    assert (found["rule"] != "").all()


def test_a_percentage_never_looks_like_the_next_band(rulebook: Rulebook) -> None:
    growth = next(c for c in rulebook.clauses if c.measure == "growth")
    edge = float(growth.bands[0][0])
    value, band = describe_value(growth, edge - 1e-6)
    assert value == "6.9999%"
    assert band == "未达到7%"
    assert describe_value(growth, edge) == ("7%", "达到7%：3分")
    assert describe_value(growth, float("nan")) == ("", "")


def test_places_are_compared_with_every_row_that_a_filter_covers(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["排名"]
    first, last = (int(number) for number in re.findall(r"\d+", sheet.auto_filter.ref))
    places = [str(cell.value) for cell in sheet["A"][first:] if cell.value is not None]
    assert len(places) == 4
    assert all(place.endswith(f",C${first + 1}:C${last})") for place in places)


def turned(path: Path, target: Path) -> Path:
    """The rows of 排名 turned upside down as sorting does."""
    book = openpyxl.load_workbook(path)
    sheet = book["排名"]
    first, last = (int(number) for number in re.findall(r"\d+", sheet.auto_filter.ref))
    lines = list(sheet.iter_rows(min_row=first + 1, max_row=last))
    moved = [
        [
            Translator(cell.value, cell.coordinate).translate_formula(
                f"{cell.column_letter}{first + 1 + last - cell.row}"
            )
            if cell.data_type == "f"
            else cell.value
            for cell in line
        ]
        for line in lines
    ]
    for line, values in zip(lines, reversed(moved), strict=True):
        for cell, value in zip(line, values, strict=True):
            cell.value = value
    book.save(target)
    return target


@pytest.fixture(scope="module")
def calculated(
    path: Path, soffice: Office, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, pd.DataFrame]]:
    """The workbook as it is and with its ranking turned, as LibreOffice calculates them."""
    folder = tmp_path_factory.mktemp("calculated")
    return soffice.calculated([path, turned(path, folder / "sorted.xlsx")], folder)


@pytest.mark.office
def test_a_sorted_ranking_keeps_its_places(
    book: openpyxl.Workbook, calculated: list[dict[str, pd.DataFrame]]
) -> None:
    places = {row[1]: row[0] for row in calculated[1]["排名"].itertuples(index=False)}
    expected = {row["单位"]: row["名次"] for row in rows(book["排名"]) if row["名次"]}
    assert {unit: places[unit] for unit in expected} == expected


@pytest.mark.office
def test_rows_put_in_or_taken_out_leave_the_places(
    path: Path, book: openpyxl.Workbook, soffice: Office, tmp_path: Path
) -> None:
    """Blank rows among the ranked and among their points, and the last place taken out."""
    ranked = [(row["单位"], row["名次"], row["总分"]) for row in rows(book["排名"]) if row["名次"]]
    first = next(c.row for c in book["排名"]["A"] if c.value == "名次") + 1
    edits = [
        ("排名", "delete", first + len(ranked) - 1), ("排名", "insert", first + 1),
        ("得分明细", "insert", first + 2), ("得分明细", "insert", first + 3),
    ]  # fmt: skip
    work = Edited(path, tmp_path / "plain.xlsx", tmp_path / "edited.xlsx", edits)
    soffice.edit_rows([work], 280)
    found = pd.read_excel(work.edited, sheet_name="排名", header=None, engine="calamine")
    places = {row[1]: (row[0], row[2]) for row in found.itertuples(index=False)}
    assert [(unit, *places[unit]) for unit, *_ in ranked[:-1]] == ranked[:-1]


def check_calculated(found: dict[str, pd.DataFrame], path: Path, book: openpyxl.Workbook) -> None:
    """Every formula gives what is stored."""
    formulas = [
        (sheet.title, cell)
        for sheet in openpyxl.load_workbook(path).worksheets
        for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]  # fmt: skip
    assert len(formulas) > 60
    for title, cell in formulas:
        value = found[title].iloc[cell.row - 1, cell.column - 1]
        expected = book[title][cell.coordinate].value
        assert value == pytest.approx(expected), f"{title}!{cell.coordinate}"


@pytest.mark.skipif(shutil.which("ssconvert") is None, reason="gnumeric is not installed")
def test_gnumeric_calculates_what_is_stored(
    path: Path, book: openpyxl.Workbook, tmp_path: Path
) -> None:
    target = tmp_path / "recalculated.xlsx"
    subprocess.run(
        ["ssconvert", "--recalc", path, target], check=True, capture_output=True, timeout=120
    )
    found = pd.read_excel(target, sheet_name=None, header=None, engine="calamine")
    check_calculated(found, path, book)


@pytest.mark.office
def test_office_calculates_what_is_stored(
    path: Path, book: openpyxl.Workbook, calculated: list[dict[str, pd.DataFrame]]
) -> None:
    check_calculated(calculated[0], path, book)
