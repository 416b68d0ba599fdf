"""The table of written forms is made from the tests' own cases, and is current."""

from pathlib import Path

from tests.test_spellings import SPELLED
from tools.forms import page, shown


def test_the_page_is_current(root: Path) -> None:
    """`make forms` brings it up to date."""
    assert (root / "docs" / "forms.md").read_text("utf-8") == page()


def test_every_case_stands_on_the_page() -> None:
    text = page()
    for case in SPELLED:
        claim = case.claim
        value = {"字数": claim.words, "条款": claim.clause}.get(case.header, claim.date)
        assert f"| {shown(value.raw)} |" in text, case.id


def test_unclear_cases_say_why() -> None:
    """Each line of the page has a reading or a reason."""
    rows = [line for line in page().splitlines() if line.startswith("| ") and "写成" not in line]
    assert len(rows) > 150
    assert not [row for row in rows if row.rstrip(" |").endswith(("：", "None"))]
