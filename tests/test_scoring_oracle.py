"""The program against an independent scorer, on random returns, registers and readings."""

import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.batches import random_batch
from tests.kit.door import agree
from tests.kit.measure import CAPPED, FIGURE_CLAUSES, MEASURE, NEEDS_OBJECT, READINGS, ROSTER
from tests.kit.returns import Claim, Layout, Return, write

EXAMPLES = 300 if os.environ.get("LONG_TESTS") else 8


@settings(max_examples=EXAMPLES)
@given(st.randoms(use_true_random=False), st.sets(st.sampled_from(READINGS)))
def test_random_batches(chance: random.Random, readings: set[str]) -> None:
    """Statuses, ledger, points by clause, totals, places and awards of made batches."""
    with TemporaryDirectory() as base:
        sent, register = random_batch(chance, Path(base, "in"), readings)
        agree(sent, Path(base, "in"), Path(base, "out"), register, readings)


def full(clause: str, number: int) -> Claim:
    """A sound claim of any clause."""
    rule = MEASURE[clause]
    more: dict[str, object] = {"words": 500 + number} if rule.measure == "words" else {}
    if rule.sheet == "指标任务":
        done = 9 + (number % 2) if clause in CAPPED else 9 + number
        more = {"base": 10, "done": done}
    if clause in NEEDS_OBJECT:
        more["object"] = f"对象{number}"
    return Claim(clause, f"{clause} 之{number}", **more)


def test_every_clause_of_every_unit(tmp_path: Path) -> None:
    """All 62 clauses at once, one to six claims of each, in six layouts."""
    sent = []
    for number, unit in enumerate(ROSTER, 1):
        claims = [
            full(clause, n)
            for clause in MEASURE
            for n in ([number] if clause in FIGURE_CLAUSES else range(number))
        ]
        sent.append(write(Return(unit, claims), tmp_path / "in", f"{unit}.xlsx", Layout(number)))
    _, truth = agree(sent, tmp_path / "in", tmp_path / "out")
    assert all(entry.counted for entry in truth.ledger)
    assert len(set(truth.places.values())) == len(ROSTER)
