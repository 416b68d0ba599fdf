"""The table of all combinations of readings against the whole assessment under each of them."""

import os
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assess import Inputs, Judgement, assess
from pipeline.reading.discover import Entry, discover
from pipeline.reading.raw import wanted_from, wanted_register
from pipeline.reading.reader import Reader
from pipeline.rulebook import Rulebook
from pipeline.scoring.combinations import Combinations
from tests.kit.batches import random_batch
from tests.kit.returns import write_register


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, rulebook: Rulebook) -> Inputs:
    """Random returns and a register of the six units, read once."""
    base = tmp_path_factory.mktemp("combinations")
    _, register = random_batch(random.Random(20), base / "in")
    entries = [entry for entry in discover(base / "in") if entry.kind == "return"]
    registers = []
    if register is not None:
        path = write_register(register, base / "office.xlsx")
        registers = Reader([Entry(Path(path), "office.xlsx", "return")], wanted_register()).result()
    returns = Reader(entries, wanted_from(rulebook)).result()
    return Inputs(rulebook, entries, returns, registers, (), datetime(2016, 1, 8))


@pytest.fixture(scope="module")
def table(inputs: Inputs) -> Combinations:
    return Judgement(inputs).combinations()


def agrees(inputs: Inputs, table: Combinations, bits: int) -> None:
    """Totals and places of the table are those of an assessment that takes this combination."""
    ids = table.ids
    chosen = tuple(reading for i, reading in enumerate(ids) if bits >> i & 1)
    units = assess(replace(inputs, alternative=chosen)).units.set_index("unit")
    units = units.loc[list(inputs.rulebook.units)]
    (row,) = np.nonzero(table.bits == bits)[0]
    for column, expected in (("total", table.totals[row]), ("place", table.places[row])):
        found = pd.to_numeric(units[column]).astype(float).to_numpy(na_value=np.nan)
        np.testing.assert_array_equal(found, expected, err_msg=f"{column} under {chosen}")


def test_every_combination_is_in_the_table(inputs: Inputs, table: Combinations) -> None:
    assert table.complete
    assert sorted(table.bits.tolist()) == list(range(1 << len(inputs.rulebook.readings)))
    assert len(np.unique(table.totals, axis=0)) > 100, "the readings matter for these returns"


EXAMPLES = 200 if os.environ.get("LONG_TESTS") else 5


@settings(max_examples=EXAMPLES)
@given(bits=st.integers(min_value=0, max_value=(1 << 17) - 1))
def test_any_combination(inputs: Inputs, table: Combinations, bits: int) -> None:
    agrees(inputs, table, bits)
