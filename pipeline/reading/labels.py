"""How headers and labels are compared, and how a remark on one cell is put."""

from functools import lru_cache

from pipeline.reading.raw import Note, a1
from pipeline.text import fold_label

_LONGEST_LABEL = 100
"""Characters: text that is longer, blanks and all, is no header and no label."""


@lru_cache(4096)
def folded(text: str) -> str:
    """A header or label as it is compared; '' where it is too long to be one."""
    return fold_label(text) if len(text) <= _LONGEST_LABEL else ""


def cell_note(code: str, sheet: str, row: int, column: int, detail: str) -> Note:
    """A remark on the cell at a row and column (from 0)."""
    details = {"detail": detail} if detail else {}
    return Note(code, sheet, a1(row, column), row + 1, details)
