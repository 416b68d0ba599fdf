"""The tables that pass between rooms are as `pipeline/columns.py` says: samples, random batches."""

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from pandera.errors import SchemaError

from pipeline.assess import Inputs, Judgement, assess
from pipeline.columns import ClaimTable, FindingTable, JudgedTable, ReturnTable, UnitTable
from pipeline.reading.discover import discover
from pipeline.reading.raw import wanted_from, wanted_register
from pipeline.reading.sheets import read_return
from pipeline.rulebook import Rulebook
from tests.kit.batches import random_batch
from tests.kit.returns import write_register

SAMPLES = Path(__file__).parent.parent / "data" / "returns"


def inputs_of(folder: Path, rulebook: Rulebook, register: Path | None, *taken: str) -> Inputs:
    """A folder as it is read, in this process."""
    entries = discover(folder)
    wanted = wanted_from(rulebook)
    returns = [read_return(e.path, e.name, wanted) for e in entries if e.kind == "return"]
    office = [read_return(register, register.name, wanted_register())] if register else []
    return Inputs(rulebook, entries, returns, office, taken, datetime(2016, 1, 8))


def tables(inputs: Inputs) -> Iterator[tuple[type, pd.DataFrame]]:
    judgement = Judgement(inputs)
    outcome = assess(inputs)
    yield ReturnTable, judgement.batch.returns
    yield ClaimTable, judgement.batch.claims
    yield JudgedTable, judgement.batch.claims.join(judgement.acceptance.claims)
    yield FindingTable, outcome.findings
    yield UnitTable, outcome.units


def hold(inputs: Inputs) -> None:
    for model, table in tables(inputs):
        model.validate(table, lazy=True)  # type: ignore[attr-defined]
        named = set(model.to_schema().columns)  # type: ignore[attr-defined]
        headers = set(inputs.rulebook.evidence_headers)
        assert set(table.columns) - named <= headers | {f"有{header}" for header in headers}


@pytest.fixture(scope="module")
def samples(rulebook: Rulebook) -> Inputs:
    return inputs_of(SAMPLES, rulebook, None)


def test_of_the_samples(samples: Inputs) -> None:
    hold(samples)


@pytest.mark.parametrize("seed", range(2))
def test_of_a_random_batch(seed: int, rulebook: Rulebook, tmp_path: Path) -> None:
    chance = random.Random(f"tables {seed}")
    _, register = random_batch(chance, tmp_path / "in")
    path = write_register(register, tmp_path / "register.xlsx") if register else None
    readings = [reading.id for reading in rulebook.readings if chance.random() < 0.3]
    hold(inputs_of(tmp_path / "in", rulebook, path, *readings))


SPOILT = {
    ReturnTable: {"readable": "是", "day": "2015年"},
    ClaimTable: {"row": 0, "code": -2, "words": "八百"},
    JudgedTable: {"unit": -1, "repeats": 10**6, "accepted": "计分"},
    FindingTable: {"code": "no-such", "cell": "第3行", "problem": "", "file": ""},
    UnitTable: {"status": "其他", "place": 0, "worst": 0, "total": None},
}


def test_a_wrong_column_is_seen(samples: Inputs) -> None:
    seen = 0
    for model, table in tables(samples):
        for column, wrong in SPOILT[model].items():
            with pytest.raises(SchemaError):
                model.validate(table.assign(**{column: wrong}))  # type: ignore[attr-defined]
            seen += 1
    assert seen == sum(map(len, SPOILT.values()))
