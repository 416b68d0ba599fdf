"""Calls that cannot be carried out: one line, status 2, the previous output untouched."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl import load_workbook

from pipeline.__main__ import main
from pipeline.arguments import words_from_make
from pipeline.errors import reason
from tests.kit.door import bare_rulebook
from tests.kit.measure import ROSTER
from tests.kit.processes import digests
from tests.kit.returns import Claim, Return, write

ROOT = Path(__file__).resolve().parent.parent


class Done(NamedTuple):
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Done]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call(*arguments, **environment)` of the program, in the folder of the project."""
    monkeypatch.chdir(ROOT)

    def call(*arguments: str, **environment: str) -> Done:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            capsys.readouterr()
            return Done(main(list(arguments)), *capsys.readouterr())

    return call


def scored(call: Call, returns: Path, output: Path, *more: str, **environment: str) -> Done:
    """A call that is carried out, under a rulebook without readings: that is half the time."""
    words = ("score", str(returns), f"--output={output}", f"--rulebook={bare_rulebook()}")
    done = call(*words, *more, **environment)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    """A folder with one return, in which there is something to mend."""
    claims = [Claim("一.4", "课堂"), Claim("一.4", "没有写年份", "6月1日")]
    write(Return(next(iter(ROSTER)), claims), tmp_path / "材料", "表.xlsx")
    return tmp_path / "材料"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder of an earlier run."""
    folder = tmp_path / "out"
    (folder / "feedback").mkdir(parents=True)
    for name in ("ranking.xlsx", "summary.html", "feedback/某县工商联-退回.xlsx"):
        (folder / name).write_text(f"old {name}", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("given", "line"),
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
def test_returns_that_are_no_folder_of_returns(
    call: Call, output: Path, given: str, line: str
) -> None:
    before = digests(output)
    done = call("score", given, f"--output={output}")
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert digests(output) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there it is the whole path that is too long")
@pytest.mark.parametrize(
    "command",
    ["score {}", "score data/returns --output {}", "score data/returns --output x --register {}",
     "explain 舞阳县 一.4 --rulebook {}", "template --output {}", "email {} --to a@b.cn",
     "new-year {}", "new-year 2016 --from {}", "new-measure {}", "rulebook-diff {} 2015",
     "rulebook-workbook --output {}", "rulebook {}", "documents --output {}"],
)  # fmt: skip
def test_a_name_longer_than_any_file_s(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([word.format("果" * 300) for word in command.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "名称太长，请换一个短的" in line


def test_many_registers_are_no_long_name() -> None:
    registers = ["台账" * 20 + f"{nth}.xlsx" for nth in range(9)]
    words = words_from_make("score", {"REGISTER": ";".join(registers), "RETURNS": "x"})
    assert [f"--register={name}" for name in registers] == words[1:-2]


def test_a_path_longer_than_windows_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the system says of such a path that there is no file."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert "路径太长" in reason(FileNotFoundError(2, "", "D:\\" + "深" * 257))
    assert "没有这个文件夹" in reason(FileNotFoundError(2, "", "D:\\" + "深" * 256))


def test_an_output_without_a_name(call: Call) -> None:
    done = call("score", "data/returns", "--output=")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--output" in done.stderr


@pytest.mark.parametrize("epoch", ["99999999999999", "abc", "1.5"])
def test_a_time_that_is_none(call: Call, output: Path, epoch: str) -> None:
    before = digests(output)
    done = call("score", "data/returns", f"--output={output}", SOURCE_DATE_EPOCH=epoch)
    assert done.returncode == 2
    assert done.stderr == f"环境变量 SOURCE_DATE_EPOCH 不是可用的时间：{epoch}\n"
    assert digests(output) == before


def test_check_takes_one_return(call: Call, returns: Path, tmp_path: Path) -> None:
    (file,) = returns.iterdir()
    done = call("check", str(file), f"--output={tmp_path / 'out'}")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "win32", reason="others replace a file that is open")
@pytest.mark.parametrize("name", ["ranking.xlsx", "summary.html", "last-run.json"])
def test_a_result_that_is_open_changes_nothing(
    call: Call, returns: Path, tmp_path: Path, name: str
) -> None:
    again = ("score", str(returns), f"--output={tmp_path / 'out'}")
    assert call(*again).returncode == 0
    before = digests(tmp_path / "out")
    with (tmp_path / "out" / name).open("rb"):
        done = call(*again, "--no-feedback", SOURCE_DATE_EPOCH="1452222000")
    assert done.returncode == 2
    assert "原有结果没有改动" in done.stderr
    assert digests(tmp_path / "out") == before


def test_without_copies_none_of_an_earlier_run_stay(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    for more in ([], ["--no-feedback"]):
        scored(call, returns, output, *more)
        assert (output / "feedback").exists() == (more == [])


def test_the_name_of_the_returns_folder_changes_nothing(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    made = []
    for name in ("甲", "乙"):
        returns = returns.rename(tmp_path / name)
        scored(call, returns, tmp_path / "out", SOURCE_DATE_EPOCH="1")
        made.append(digests((tmp_path / "out").rename(tmp_path / f"out {name}")))
    assert made[0] == made[1]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_register_may_be_a_link(call: Call, returns: Path, tmp_path: Path) -> None:
    (tmp_path / "台账.xlsx").symlink_to(ROOT / "data" / "register.xlsx")
    register = f"--register={tmp_path / '台账.xlsx'}"
    scored(call, returns, tmp_path / "out", "--no-feedback", register)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_register_beside_the_returns_that_leads_nowhere(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    (tmp_path / "register.xlsx").symlink_to(tmp_path / "没有.xlsx")
    done = call("score", str(returns), f"--output={tmp_path / 'out'}")
    assert done.returncode == 2
    assert "没有台账文件" in done.stderr


def test_a_register_beside_the_returns_that_is_not_used_is_said(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    for name in ("register.xlsx", "另一本.xlsx"):
        (tmp_path / name).write_bytes((ROOT / "data" / "register.xlsx").read_bytes())
    register = f"--register={tmp_path / '另一本.xlsx'}"
    done = scored(call, returns, tmp_path / "out", "--no-feedback", register)
    line = "报送文件夹旁边的 register.xlsx 没有使用"
    assert sum(said.startswith(line) for said in done.stdout.splitlines()) == 1
    book = load_workbook(tmp_path / "out" / "ranking.xlsx", read_only=True)
    shown = {str(row[1]) for row in book["运行信息"].iter_rows(values_only=True) if row[1]}
    book.close()
    assert any(text.startswith(line) for text in shown)


def test_returns_that_lie_in_what_is_replaced_are_refused(
    call: Call, output: Path, returns: Path
) -> None:
    shutil.copytree(returns, output / "feedback", dirs_exist_ok=True)
    before = digests(output)
    done = call("score", str(output / "feedback"), f"--output={output}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "移到别的文件夹" in done.stderr
    assert digests(output) == before


def test_results_among_the_returns_are_no_returns_but_a_mended_copy_is(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    places = []
    for _ in range(2):  # the second time the folder holds what the first has made
        done = scored(call, returns, returns)
        places.append(done.stdout[done.stdout.index("名次") :])
    assert places[0] == places[1]
    (copy, *_) = sorted((returns / "feedback").glob("*.xlsx"))
    book = load_workbook(copy)
    book.save(copy)
    done = scored(call, returns, tmp_path / "out", "--no-feedback")
    assert "是以前计分的结果，不作为报送材料" in done.stdout
    book = load_workbook(tmp_path / "out" / "ranking.xlsx", read_only=True)
    read = {str(row[3]) for row in book["报送情况"].iter_rows(values_only=True)}
    book.close()
    assert f"feedback/{copy.name}" in read
    assert "ranking.xlsx" not in read


def enter(review: Path, **cells: str) -> None:
    """Write into the first claim's row as the panel does."""
    book = load_workbook(review)
    sheet = book["评审核定"]
    header = next(row for row in sheet.iter_rows(max_row=9) if "结论" in [c.value for c in row])
    places = {str(cell.value): cell.column for cell in header}
    row = header[0].row + 1
    for name, text in cells.items():
        sheet.cell(row, places[name]).value = text
    book.save(review)


def rulings(output: Path) -> list[list[str]]:
    """What stands in the record as in force."""
    units = json.loads((output / "last-run.json").read_text("utf-8"))["units"]
    return [unit["rulings"] for unit in units.values() if unit["rulings"]]


def test_rulings_entered_where_the_worksheet_lies_stay_in_force(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    scored(call, returns, output, "--no-feedback")
    enter(output / "review.xlsx", 结论="不认定", 理由="照片不符", 评审人="某某")
    for _ in range(2):
        done = scored(call, returns, output, "--no-feedback")
        assert "填有 1 条核定，已一并采用" in done.stdout
        assert [text[0].split()[-1] for text in rulings(output)] == ["某某）"]
    enter(output / "review.xlsx", 结论="", 理由="", 评审人="")
    done = scored(call, returns, output, "--no-feedback")
    assert "已一并采用" not in done.stdout
    assert rulings(output) == []


def test_rulings_that_the_program_filled_in_go_with_their_register(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    output, given = tmp_path / "out", tmp_path / "评审.xlsx"
    scored(call, returns, output, "--no-feedback")
    given.write_bytes((output / "review.xlsx").read_bytes())
    enter(given, 结论="不认定", 理由="照片不符")
    scored(call, returns, output, "--no-feedback", f"--register={given}")
    assert len(rulings(output)) == 1
    book = load_workbook(output / "review.xlsx")
    book.save(output / "review.xlsx")  # looked at and saved
    done = scored(call, returns, output, "--no-feedback")
    assert "已一并采用" not in done.stdout
    assert rulings(output) == []


def test_worksheets_filled_in_beside_the_one_that_is_read_are_named(
    call: Call, returns: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    command = ["score", str(returns), f"--output={output}", "--no-feedback"]
    assert call(*command, "--judges=李明、王芳").returncode == 0
    enter(output / "评审意见_李明.xlsx", 结论="不认定", 理由="照片不符")
    (output / "review (1).xlsx").write_bytes((output / "review.xlsx").read_bytes())
    (output / "别的.xlsx").write_bytes(b"x")
    said = "结果文件夹里的 review (1).xlsx、评审意见_李明.xlsx 没有读取"
    done = call(*command)
    assert f"{said}；里面填的核定要采用，请指定为台账，再运行一次" in done.stdout
    facts = load_workbook(output / "ranking.xlsx")["运行信息"]
    assert ["没有使用的台账", said] in [[c.value for c in row[:2]] for row in facts.iter_rows()]
    assert rulings(output) == []
    both = [f"--register={output / name}" for name in ("评审意见_李明.xlsx", "review (1).xlsx")]
    done = call(*command, *both)
    assert done.returncode == 0, done.stderr
    assert "没有读取" not in done.stdout
    assert len(rulings(output)) == 1


def test_a_worksheet_that_cannot_be_read_stops_the_run(
    call: Call, output: Path, returns: Path
) -> None:
    (output / "review.xlsx").write_bytes(b"PK no workbook")
    done = call("score", str(returns), f"--output={output}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "review.xlsx" in done.stderr
    assert (output / "review.xlsx").read_bytes() == b"PK no workbook"
