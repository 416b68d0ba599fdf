"""The template filled in through the writers of others: each is read and scored like the first."""

from datetime import datetime
from pathlib import Path

import pytest

from pipeline.assess import Inputs, assess
from pipeline.outcome import COUNTED, ERROR, Outcome
from pipeline.reading.discover import Entry
from pipeline.reading.raw import wanted_from
from pipeline.reading.sheets import read_return
from pipeline.rulebook import Rulebook
from tests.kit.made import changed

FOLDER = Path(__file__).parent / "data" / "producers"
FILES = sorted(FOLDER.iterdir())
"""Its cells do not say where they are; no library reads them all."""


def assessed(rulebook: Rulebook, path: Path) -> Outcome:
    entry = Entry(path, path.name, "return")
    found = read_return(path, path.name, wanted_from(rulebook))
    # Without readings, of which each has its own points: that is half the time.
    book = changed(rulebook, readings=())
    return assess(Inputs(book, [entry], [found], (), (), datetime(2016, 1, 8, 9)))


@pytest.fixture(scope="module")
def first(rulebook: Rulebook) -> Outcome:
    outcome = assessed(rulebook, FOLDER / "openpyxl.xlsx")
    assert (outcome.claims["result"] == COUNTED).sum() == len(outcome.claims) == 10
    assert (outcome.findings["level"] == ERROR).sum() == 0
    return outcome


def test_there_are_many_producers() -> None:
    assert len(FILES) > 10
    assert {path.suffix for path in FILES} == {".xlsx", ".xls", ".ods", ".xlsb"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_is_read_and_scored_like_the_first(
    rulebook: Rulebook, first: Outcome, path: Path
) -> None:
    outcome = assessed(rulebook, path)
    columns = ["sheet", "clause", "title", "date", "object", "words", "base", "done", "evidence",
               "result", "points", "reason"]  # fmt: skip
    assert outcome.claims[columns].astype(str).equals(first.claims[columns].astype(str))
    assert outcome.points.equals(first.points)
