"""Calls that cannot be carried out: one line, status 2, the previous output untouched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.processes import digests

ROOT = Path(__file__).resolve().parent.parent


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder of an earlier run."""
    folder = tmp_path / "out"
    (folder / "feedback").mkdir(parents=True)
    for name in ("ranking.xlsx", "summary.html", "feedback/某县工商联-退回.xlsx"):
        (folder / name).write_text(f"old {name}")
    return folder


@pytest.mark.parametrize(
    ("returns", "line"),
    [
        ("", "后面要写内容"),
        ("  ", "后面要写内容"),
        ("data/none", "没有这个文件夹或文件"),
        ("data/none.xlsx", "没有这个文件夹或文件"),
        ("Makefile", "不是文件夹"),
        ("data/register.xlsx", "不是文件夹"),
        ("docs/pictures", "没有报送的工作簿"),
    ],
)
def test_returns_that_are_no_folder_of_returns(output: Path, returns: str, line: str) -> None:
    before = digests(output)
    done = call("score", returns, f"--output={output}")
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert digests(output) == before


def test_an_output_without_a_name(tmp_path: Path) -> None:
    done = call("score", "data/returns", "--output=")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--output" in done.stderr


@pytest.mark.parametrize("epoch", ["99999999999999", "abc", "1.5"])
def test_a_time_that_is_none(output: Path, epoch: str) -> None:
    before = digests(output)
    done = call("score", "data/returns", f"--output={output}", SOURCE_DATE_EPOCH=epoch)
    assert done.returncode == 2
    assert done.stderr == f"环境变量 SOURCE_DATE_EPOCH 不是可用的时间：{epoch}\n"
    assert digests(output) == before


def test_check_takes_one_return(tmp_path: Path) -> None:
    (file, *_) = sorted((ROOT / "data" / "returns").glob("*.xlsx"))
    done = call("check", str(file), f"--output={tmp_path / 'out'}")
    assert done.returncode == 0, done.stderr


def test_without_copies_none_of_an_earlier_run_stay(output: Path) -> None:
    done = call("score", "data/returns", f"--output={output}", "--no-feedback")
    assert done.returncode == 0, done.stderr
    assert not (output / "feedback").exists()


def test_the_name_of_the_returns_folder_changes_nothing(tmp_path: Path) -> None:
    source = ROOT / "data" / "returns"
    for name in ("甲", "乙"):
        target = tmp_path / name
        for path in source.rglob("*.*"):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        done = call(
            "score", str(target), f"--output={tmp_path / f'out {name}'}", SOURCE_DATE_EPOCH="1"
        )
        assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "out 甲") == digests(tmp_path / "out 乙")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_register_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "台账.xlsx").symlink_to(ROOT / "data" / "register.xlsx")
    done = call(
        "score", "data/returns", f"--output={tmp_path / 'out'}", "--no-feedback",
        f"--register={tmp_path / '台账.xlsx'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_register_beside_the_returns_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "材料").mkdir()
    (tmp_path / "材料" / "某.xlsx").write_bytes(b"x")
    (tmp_path / "register.xlsx").symlink_to(tmp_path / "没有.xlsx")
    done = call("score", str(tmp_path / "材料"), f"--output={tmp_path / 'out'}")
    assert done.returncode == 2
    assert "没有台账文件" in done.stderr
