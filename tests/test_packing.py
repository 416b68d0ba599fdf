"""How a large workbook is packed: rows while they are made, vast sheets, a full disk."""

import errno
import gc
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.outcome import Outcome
from pipeline.ranking import table
from pipeline.ranking.workbook import write_ranking
from pipeline.rulebook import Rulebook
from tests.kit.outcomes import make_outcome


@pytest.fixture
def outcome(rulebook: Rulebook) -> Outcome:
    return make_outcome(rulebook)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every workbook is a large one, its rows made a few at a time."""
    monkeypatch.setattr("pipeline.ranking.workbook.LARGE", 0)
    monkeypatch.setattr(table, "CHUNK", 7)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@pytest.mark.usefixtures("large")
def test_no_mark_of_a_gap_is_left(outcome: Outcome, tmp_path: Path) -> None:
    (path,) = write_ranking(outcome, tmp_path / "ranking.xlsx")
    assert all(table.GAP.encode() not in data for data in parts(path).values())


@pytest.mark.usefixtures("large")
def test_only_a_sheet_over_two_gigabytes_gets_the_longer_header(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = write_ranking(outcome, tmp_path / "ranking.xlsx")
    usual = parts(path)
    assert not any(info.extra for info in zipfile.ZipFile(path).infolist())
    *_, second, largest = sorted(usual, key=lambda name: len(usual[name]))
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", (len(usual[second]) + len(usual[largest])) // 2)
    write_ranking(outcome, path)
    assert parts(path) == usual
    # Those behind it lie beyond the limit that was set and so have it too.
    longer = [info.filename for info in zipfile.ZipFile(path).infolist() if info.extra]
    assert longer[0] == largest


class Full(io.BytesIO):
    """A file on a disk that has little room left."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 20_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("claims", [0, 1_000_000])
def test_a_full_disk_is_one_os_error(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claims: int
) -> None:
    monkeypatch.setattr("pipeline.ranking.workbook.LARGE", claims)
    monkeypatch.setattr(Path, "open", lambda *_: Full())
    with pytest.raises(OSError, match="No space left") as caught:
        write_ranking(outcome, tmp_path / "ranking.xlsx")
    assert caught.value.errno == errno.ENOSPC
    del caught
    gc.collect()  # what the archive says when it is thrown away would be an error here
