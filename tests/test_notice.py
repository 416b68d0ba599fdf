"""The notice to sign: the sheet and the Word document say the same, the same bytes, inert texts."""

from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest

from pipeline.outcome import NORMAL, REPLACED, Outcome
from pipeline.ranking.notice import NOTICE, notice_of, write_notice
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from tests.kit.outcomes import make_outcome


@pytest.fixture(scope="module")
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook)


def test_sheet_and_document_list_the_same_places(outcome: Outcome, tmp_path: Path) -> None:
    write_notice(outcome, tmp_path / "notice.docx")
    write_ranking(outcome, tmp_path / "ranking.xlsx")
    (table,) = docx.Document(str(tmp_path / "notice.docx")).tables
    rows = [tuple(cell.text for cell in row.cells) for row in table.rows]
    ranked = outcome.units[outcome.units["status"] == NORMAL]
    assert [row[1] for row in rows[1:]] == list(ranked["unit"])
    sheet = openpyxl.load_workbook(tmp_path / "ranking.xlsx")[NOTICE]
    found = [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert [row for row in found if row[1]] == rows


def test_the_draft_says_that_it_is_one(outcome: Outcome, tmp_path: Path) -> None:
    write_notice(outcome, tmp_path / "notice.docx")
    first = docx.Document(str(tmp_path / "notice.docx")).paragraphs[0].text
    assert first.startswith("代拟稿")


def test_the_same_outcome_gives_the_same_document(outcome: Outcome, tmp_path: Path) -> None:
    one, two = (write_notice(outcome, tmp_path / name)[0] for name in ("a.docx", "b.docx"))
    assert one.read_bytes() == two.read_bytes()


def test_a_replaced_file_gives_no_reason(outcome: Outcome) -> None:
    unit = outcome.units.loc[outcome.units["status"] != NORMAL, "unit"].iat[0]
    files = pd.concat(
        [
            outcome.files.assign(note=""),
            pd.DataFrame(
                [{"unit": unit, "status": REPLACED, "note": "已被替代", "file": "旧.xlsx"}]
            ),
        ]
    )
    (line,) = [x for x in notice_of(replace(outcome, files=files)).others if x.startswith(unit)]
    assert "替代" not in line


def test_a_name_with_marks_of_a_template_stays_text(outcome: Outcome, tmp_path: Path) -> None:
    odd = "<w:p>{{ 7*7 }}\x01&县"
    units = outcome.units.replace({"unit": {outcome.units["unit"].iat[0]: odd}})
    write_notice(replace(outcome, units=units), tmp_path / "notice.docx")
    (table,) = docx.Document(str(tmp_path / "notice.docx")).tables
    assert table.rows[1].cells[1].text == "<w:p>{{ 7*7 }}&县"
