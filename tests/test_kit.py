"""The kit for Windows: what a double click does, and the zip that needs no network."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from tests.kit.processes import digests
from tools import kit

NAMES = ("计分", "检查", "模板")


@pytest.fixture
def launch(root: Path) -> ModuleType:
    """The launcher as a module."""
    spec = importlib.util.spec_from_file_location("launch", root / "windows" / "launch.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one small wheel."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/__init__.py", "")
        wheel.writestr("a-1.data/purelib/b.py", "")
        wheel.writestr("a-1.data/scripts/c.py", "")
    return folder


def built(*arguments: object, output: Path) -> zipfile.ZipFile:
    kit.main([*map(str, arguments), "--output", str(output)])
    return zipfile.ZipFile(output)


@pytest.mark.parametrize("name", NAMES)
def test_a_cmd_file_is_ascii_with_windows_line_ends(root: Path, name: str) -> None:
    data = (root / "windows" / f"{name}.cmd").read_bytes()
    assert data.isascii()
    assert data.count(b"\r\n") == data.count(b"\n")


def test_the_cmd_files_differ_in_their_command_alone(root: Path) -> None:
    texts = [(root / "windows" / f"{name}.cmd").read_text("ascii") for name in NAMES]
    found = [re.findall(r"launch\.py (\w+) %\*", text) for text in texts]
    assert found == [["score"], ["check"], ["template"]]
    assert (
        len({text.replace(f" {word} ", " ") for text, (word,) in zip(texts, found, strict=True)})
        == 1
    )


@pytest.mark.parametrize(
    ("rest", "arguments", "folder"),
    [
        (' "', [], None),
        (' "D:\\2015 年材料""', ["D:\\2015 年材料"], "D:\\2015 年材料"),
        (' D:\\材料&补交"', ["D:\\材料"], "D:\\材料&补交"),
        (' "D:\\材料 (一)&二 !""', ["D:\\材料 (一)&二 "], "D:\\材料 (一)&二 !"),
        (' E:\\"', ["E:\\"], "E:\\"),
    ],
)
def test_the_folder_that_was_dropped(
    launch: ModuleType, rest: str, arguments: list[str], folder: str | None
) -> None:
    line = f'C:\\Windows\\system32\\cmd.exe /c ""D:\\kit\\计分.cmd"{rest}'
    found = launch.dropped({"DROPPED": line, "SELF": "计分.cmd"}, arguments)
    assert found == (folder and Path(folder))


def test_a_folder_written_behind_the_command(launch: ModuleType) -> None:
    environ = {"DROPPED": "C:\\Windows\\system32\\cmd.exe", "SELF": "计分.cmd"}
    assert launch.dropped(environ, ["D:\\材料"]) == Path("D:\\材料")


def test_the_folder_for_returns_is_made(
    launch: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "HERE", tmp_path)
    with pytest.raises(launch.LaunchError, match="报送材料"):
        launch.returns_folder(None)
    (tmp_path / "报送材料" / "甲.xlsx").touch()
    assert launch.returns_folder(None) == tmp_path / "报送材料"


@pytest.mark.parametrize(
    ("version", "size", "said"),
    [((3, 10, 1), 2**63 - 1, "64 位的 3.10"), ((3, 13, 1), 2**31 - 1, "32 位的 3.13")],
)
def test_a_python_that_cannot_be_used(
    launch: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, ...],
    size: int,
    said: str,
) -> None:
    monkeypatch.setattr(launch.sys, "version_info", version)
    monkeypatch.setattr(launch.sys, "maxsize", size)
    with pytest.raises(launch.LaunchError, match=said):
        launch.check_python()


def test_same_sources_same_bytes(wheels: Path, tmp_path: Path) -> None:
    hashes = set()
    for name in ("one.zip", "two.zip"):
        built("--wheels", wheels, output=tmp_path / name).close()
        hashes.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
        (wheels / "a-1-py3-none-any.whl").touch()
    assert len(hashes) == 1


@pytest.mark.parametrize(("version", "numpy"), [("3.11", "1"), ("3.12", "2")])
def test_the_lock_is_read_as_on_the_clerks_machine(version: str, numpy: str) -> None:
    lines = [
        "colorama==1 ; sys_platform == 'win32' \\\n    --hash=sha256:a",
        "numpy==1 ; python_full_version < '3.12' \\\n    --hash=sha256:b",
        "numpy==2 ; python_full_version >= '3.12' \\\n    --hash=sha256:c",
        "uvloop==1 ; sys_platform != 'win32' \\\n    --hash=sha256:d",
    ]
    found = kit.lock_for("\n".join(lines), version)
    assert re.findall(r"^\S+", found, re.M) == ["colorama==1", f"numpy=={numpy}"]
    assert ";" not in found
    assert found.count("--hash") == 2


def test_every_page_that_the_manual_leads_to_is_in_the_kit(wheels: Path, tmp_path: Path) -> None:
    with built("--wheels", wheels, output=tmp_path / "kit.zip") as made:
        names = set(made.namelist())
        manual = made.read(f"{kit.NAME}/使用手册.html").decode()
    links = re.findall(r'href="([^"#]*)(#[^"]*)?"', manual)
    assert {f"{kit.NAME}/{page}" for page, _ in links if page and ":" not in page} <= names
    headings = set(re.findall(r'<h\d id="([^"]*)"', manual))
    assert {unquote(place[1:]) for page, place in links if not page} <= headings
    assert not re.search(r'src="(?!data:)', manual)


def test_an_embeddable_python_finds_libraries_and_program(wheels: Path, tmp_path: Path) -> None:
    embed = tmp_path / "embed.zip"
    with zipfile.ZipFile(embed, "w") as packed:
        packed.writestr("python.exe", b"MZ")
        packed.writestr("python313._pth", "python313.zip\n.\n")
    assert kit.embedded_version(embed) == ("3.13",)
    with built("--wheels", wheels, "--embed", embed, output=tmp_path / "kit.zip") as made:
        names = {name.removeprefix(f"{kit.NAME}/") for name in made.namelist()}
        path = made.read(f"{kit.NAME}/python/python313._pth").decode().split()
    assert path == ["python313.zip", ".", "..\\libs", ".."]
    assert {"python/python.exe", "libs/a/__init__.py", "libs/b.py"} <= names
    assert not any("wheels" in name or "c.py" in name for name in names)


@pytest.mark.skipif(sys.platform != "win32", reason="needs cmd")
@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("计分", "结果/ranking.xlsx"),
        ("检查", "检查结果/汇总.xlsx"),
        ("模板", "intake_template.xlsx"),
    ],
)
def test_a_folder_dropped_on_a_cmd_file(root: Path, wheels: Path, name: str, result: str) -> None:
    with tempfile.TemporaryDirectory() as short:  # the folders of tests are too deep for it
        place = Path(short, "工具 (甲&乙)！")
        with built("--wheels", wheels, output=Path(short, "kit.zip")) as made:
            made.extractall(place)
        folder = place / kit.NAME
        (folder / "libs").mkdir()  # as if unpacked there: the Python that is found has them
        returns = shutil.copytree(root / "data" / "returns", Path(short, "2015 年材料 (舞阳&源汇)"))
        environ = os.environ | {"PATH": f"{Path(sys.executable).parent};{os.environ['PATH']}"}
        call = f'cmd.exe /c ""{folder / name}.cmd" "{returns}""'
        done = subprocess.run(call, env=environ, input=b"\r\n", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        assert (folder / result).is_file()


@pytest.mark.long
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no way to switch the network off")
def test_the_kit_runs_with_the_network_off(root: Path, tmp_path: Path) -> None:
    with built("--here", output=tmp_path / "kit.zip") as made:
        made.extractall(tmp_path)
    folder = tmp_path / kit.NAME
    shutil.copytree(root / "data" / "returns", folder / "报送材料")
    # A developer's environment may hold lxml, with which openpyxl writes the same otherwise.
    environ = os.environ | {"SOURCE_DATE_EPOCH": "1452222000", "OPENPYXL_LXML": "False"}
    off = ["unshare", "--map-root-user", "--net", sys.executable, "windows/launch.py", "score"]
    subprocess.run(off, cwd=folder, env=environ, check=True)
    here = [sys.executable, "-m", "pipeline", "score", str(folder / "报送材料")]
    here += ["--output", str(tmp_path / "here")]
    subprocess.run(here, cwd=root, env=environ, check=True)
    assert digests(folder / "结果") == digests(tmp_path / "here")
