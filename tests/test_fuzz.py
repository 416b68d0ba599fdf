"""The fuzzer itself: it runs, it can be run again, and it notices what it is there to notice."""

from pathlib import Path

import pytest

from tools import fuzz
from tools.fuzz_cases import Made, Package

SEED, CASES = 20_150_601, 15


@pytest.fixture
def fuzzer(root: Path, tmp_path: Path) -> fuzz.Fuzzer:
    real = sorted((root / "data" / "returns").rglob("*.xlsx"))[:2]
    packages = [Package(path.suffix, path.read_bytes()) for path in real]
    return fuzz.Fuzzer(SEED, tmp_path / "kept", packages)


@pytest.mark.slow
def test_a_short_run_finds_no_fault(fuzzer: fuzz.Fuzzer) -> None:
    fuzzer.run(0, CASES)
    assert fuzzer.faults == []
    assert set(fuzzer.kinds) == {"bytes", "xml", "values"}
    assert fuzzer.rows > CASES
    assert not fuzzer.keep.exists()


def test_the_same_seed_makes_the_same_cases(fuzzer: fuzz.Fuzzer) -> None:
    first, again, other = (list(fuzzer.cases(batch, CASES)) for batch in (0, 0, 1))
    assert first == again != other


def test_a_lost_row_is_noticed_and_its_file_is_kept(
    fuzzer: fuzz.Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fuzz.filled_in

    def one_row_more(*given: object) -> Made:
        case = made(*given)  # type: ignore[arg-type]
        assert case.truth is not None
        return Made(case.kind, case.suffix, case.data, case.truth | {("活动培训", 999)})

    monkeypatch.setattr(fuzz, "filled_in", one_row_more)
    fuzzer.run(0, 3)
    assert any("lost [('活动培训', 999)]" in fault for fault in fuzzer.faults)
    assert list(fuzzer.keep.glob("*/*.xlsx"))


def test_a_fault_without_a_mark_is_noticed(
    fuzzer: fuzz.Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "HEAD", "【别的】")
    fuzzer.run(0, 3)
    assert all("not marked in the copy" in fault for fault in fuzzer.faults)
    assert fuzzer.faults


def test_a_traceback_is_noticed_and_the_batch_is_kept(
    fuzzer: fuzz.Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(fuzz, "assess", broken)
    fuzzer.run(0, 3)
    (what,) = fuzzer.keep.glob("*/what.txt")
    assert "KeyError: 'a bug'" in what.read_text("utf-8")
    assert len(list(what.parent.iterdir())) == 4
