"""The compiled templates between runs: kept, made anew when they no longer fit, never needed."""

import shutil
import sys
from pathlib import Path

import pytest
from jinja2 import Environment

from pipeline.summary.templates import environment

make = environment.__wrapped__


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.j2").write_text("{{ 1 + 1 }} {{ name }}", encoding="utf-8")
    return tmp_path


def render(folder: Path) -> str:
    return make(folder).get_template("page.j2").render(name="甲")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*.cache"))


def never(*_: object, **__: object) -> None:
    raise AssertionError("compiled again")


def test_a_second_run_does_not_compile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert render(folder) == "2 甲"
    monkeypatch.setattr(Environment, "compile", never)
    assert render(folder) == "2 甲"


def test_a_changed_template_is_compiled_anew(folder: Path) -> None:
    render(folder)
    (folder / "page.j2").write_text("{{ 1 + 2 }}", encoding="utf-8")
    assert render(folder) == "3"


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"j2"])
def test_a_damaged_file_is_compiled_anew(folder: Path, damage: bytes) -> None:
    render(folder)
    (file,) = kept(folder)
    file.write_bytes(damage)
    assert render(folder) == "2 甲"


def test_half_a_file_is_compiled_anew(folder: Path) -> None:
    render(folder)
    (file,) = kept(folder)
    file.write_bytes(file.read_bytes()[:-20])
    assert render(folder) == "2 甲"


def test_without_a_place_to_write_each_run_compiles(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file stands where the folder should", encoding="utf-8")
    assert render(folder) == "2 甲"


def test_a_folder_taken_away_meanwhile_does_not_matter(folder: Path) -> None:
    render(folder)
    shutil.rmtree(folder / "__pycache__")
    assert render(folder) == "2 甲"
    assert kept(folder)


def test_nothing_is_kept_where_python_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render(folder) == "2 甲"
    assert not kept(folder)
