"""What must hold whatever the units send: the oracle's word, any order, the same bytes."""

import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.agreement import points_of
from tests.kit.batches import random_batch, random_claim
from tests.kit.door import Book, agree, run
from tests.kit.measure import READINGS, ROSTER
from tests.kit.oracle_claims import first_day, same
from tests.kit.processes import digests
from tests.kit.returns import (
    Claim,
    Layout,
    Register,
    Return,
    meaning,
    write,
    write_register,
)


def totals(book: Book) -> dict[str, tuple[object, ...]]:
    """Unit → place, total and points by clause."""
    ranked = {str(row["单位"]): row for row in book["排名"] if row["状态"] == "正常"}
    points = {unit: tuple(points_of(book.unit("得分明细", unit)).values()) for unit in ranked}
    return {unit: (row["名次"], row["总分"], points[unit]) for unit, row in ranked.items()}


def unlike(claims: list[Claim]) -> list[Claim]:
    """Without repeats: which of them counts does hang on their order."""
    keys = {
        (meaning(c.clause),)
        + (() if c.sheet == "指标任务" else (same(c.title), str(first_day(c)))): c
        for c in claims
    }
    return list(keys.values())


@settings(max_examples=300 if os.environ.get("LONG_TESTS") else 5)
@given(st.randoms(use_true_random=False), st.sets(st.sampled_from(READINGS)))
def test_random_batches(chance: random.Random, readings: set[str]) -> None:
    """Statuses, ledger, points by clause, totals, places and awards of made batches."""
    with TemporaryDirectory() as base:
        sent, register = random_batch(chance, Path(base, "in"), readings)
        agree(sent, Path(base, "in"), Path(base, "out"), register, readings)


@settings(max_examples=100 if os.environ.get("LONG_TESTS") else 2)
@given(st.randoms(use_true_random=False))
def test_order_changes_no_points(chance: random.Random) -> None:
    """Other file names, other order of rows, other layout: the same points."""
    claims = {unit: unlike([random_claim(chance, n) for n in range(12)]) for unit in ROSTER}
    seen = []
    with TemporaryDirectory() as base:
        for turn in range(2):
            folder = Path(base, f"in{turn}")
            for place, (unit, mine) in enumerate(claims.items()):
                if turn:
                    chance.shuffle(mine)
                name = f"{(place * 5 + turn * 3) % 6}.xlsx"
                sent = Return(unit, list(mine))
                write(sent, folder, name, Layout(chance.randint(0, 99) if turn else None))
            seen.append(totals(run(folder, Path(base, f"out{turn}")).book))
    assert seen[0] == seen[1]


def test_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same input gives the same output where SOURCE_DATE_EPOCH is set."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1450000000")
    _, register = random_batch(random.Random(1), tmp_path / "in")
    office = write_register(register or Register(), tmp_path / "office.xlsx")
    found = []
    for folder in ("out", "out", "other"):
        assert run(tmp_path / "in", tmp_path / folder, office, ()).status == 0
        found.append(digests(tmp_path / folder))
    assert found[0] == found[1] == found[2]
