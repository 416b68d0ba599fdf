"""A run that is killed, interrupted or cannot write leaves the old outputs or the new ones."""

import json
import os
import random
import re
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipeline import publish
from tests.kit.door import bare_rulebook
from tests.kit.measure import ROSTER
from tests.kit.processes import Done, digests, finish, group, kill, run, start
from tests.kit.returns import Claim, Return, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs process groups and /proc")
LONG = pytest.mark.long
RULEBOOK = bare_rulebook()
WORKING = (".new-", ".old-", ".lock")


@dataclass(frozen=True)
class Pair:
    """Two folders of returns; the outputs of the first, and of the second run over those."""

    base: Path
    old: dict[str, str]
    new: dict[str, str]
    seconds: float

    def fresh(self, name: str) -> Path:
        """An output folder that holds the old outputs."""
        return Path(shutil.copytree(self.base / "old", self.base / name))

    def command(self, output: Path, *more: str) -> list[object]:
        return ["score", self.base / "second", "--output", output, "--rulebook", RULEBOOK, *more]


def fill(folder: Path, title: str) -> None:
    unit = next(iter(ROSTER))
    claims = [Claim("一.4", f"{title}{unit}", date(2015, 6, 1)), Claim("一.4", title, "6月1日")]
    write(Return(unit, claims), folder, "0.xlsx")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    base = tmp_path_factory.mktemp("kill")
    fill(base / "first", "旧")
    fill(base / "second", "新")
    first = run(["score", base / "first", "--output", base / "old", "--rulebook", RULEBOOK])
    assert first.status == 0, first.err
    made = Pair(base, dict(digests(base / "old")), {}, 0.0)
    second = run(made.command(made.fresh("new")))
    assert second.status == 0, second.err
    return Pair(base, made.old, dict(digests(base / "new")), second.seconds)


def outputs(folder: Path) -> dict[str, str]:
    """The outputs in a folder, without what a run was still working on."""
    return {k: v for k, v in digests(folder).items() if not k.startswith(WORKING)}


def judge(pair: Pair, output: Path) -> str:
    """`old`, `new`, or `mix`; each file must be one or the other, whole."""
    found = outputs(output)
    if found == pair.old:
        return "old"
    if found == pair.new:
        return "new"
    torn = {n: d for n, d in found.items() if d not in (pair.old.get(n), pair.new.get(n))}
    assert not torn
    return "mix"


def completes(pair: Pair, output: Path) -> None:
    """The next run tidies up after the one that was killed."""
    done = run(pair.command(output))
    assert done.status == 0, done.err
    found = digests(output)
    assert set(found) == set(pair.new)
    # The record of the last run tells old from new: after a killed run either may stand there.
    assert found["review.xlsx"] == pair.new["review.xlsx"]


def moments(pair: Pair, count: int) -> list[float]:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    return [chance.uniform(0.02, 1.05 * pair.seconds) for _ in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("count", [4, pytest.param(50, marks=LONG)])
@pytest.mark.timeout(900)
def test_killed_at_random_moments(pair: Pair, count: int) -> None:
    seen = []
    for nth, moment in enumerate(moments(pair, count)):
        output = pair.fresh(f"killed-{count}-{nth}")
        process = start(pair.command(output))
        time.sleep(moment)
        kill(process)
        seen.append(judge(pair, output))
        if seen[-1] == "mix" or nth % 10 == 0:
            completes(pair, output)
        shutil.rmtree(output)
    print({kind: seen.count(kind) for kind in ("old", "new", "mix")})
    assert "old" in seen


AT = """
import os, pathlib, signal
left, replace = {count}, pathlib.Path.replace
def dying(path, target):
    global left
    if {folder!r} in str(target) and os.path.basename(str(target)) != "x":
        if left == 0:
            os.killpg(os.getpid(), signal.SIGKILL)
        left -= 1
    return replace(path, target)
pathlib.Path.replace = dying
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, pytest.param(None, marks=LONG)])
@pytest.mark.timeout(900)
def test_killed_while_outputs_are_put_in_place(pair: Pair, count: int | None) -> None:
    """At each step: no file is torn, and the next run completes what was begun."""
    for step in range(12) if count is None else [count]:
        output = pair.fresh(f"step-{count}-{step}")
        done = run(pair.command(output), AT.format(count=step, folder=output.name))
        kind = judge(pair, output)
        print(step, done.status, kind)
        if done.status == 0:
            assert (kind, step > 0) == ("new", True)
            return
        assert done.status == -signal.SIGKILL
        completes(pair, output)


@pytest.mark.parametrize("share", [0.3, 0.6, pytest.param(0.9, marks=LONG)])
def test_interrupted_with_ctrl_c(pair: Pair, share: float) -> None:
    output = pair.fresh(f"ctrl-c-{share}")
    process = start(pair.command(output))
    time.sleep(share * pair.seconds)
    os.killpg(process.pid, signal.SIGINT)
    done = finish(process, 20)
    assert judge(pair, output) in ("old", "new")
    assert set(digests(output)) in (set(pair.old), set(pair.new)), "nothing half made stays behind"
    assert_no_process_stays(process.pid)
    if done.status != 0:
        said_that_it_was_interrupted(done)


def said_that_it_was_interrupted(done: Done) -> None:
    # Where a library is made from text just then, Python itself ends as if killed: 130 in a shell.
    assert done.status in (2, -signal.SIGINT), done.err
    assert done.err == "已中断；新的结果没有写完时，原有结果没有改动\n"


AS_ONE_STARTS = """
import os, signal
from multiprocessing.process import BaseProcess
start, left = BaseProcess.start, [{nth}]
def begin(process):
    if left[0] == 0 and not {after}:
        os.killpg(os.getpid(), signal.SIGINT)
    start(process)
    if left[0] == 0 and {after}:
        os.killpg(os.getpid(), signal.SIGINT)
    left[0] -= 1
BaseProcess.start = begin
"""


@pytest.mark.parametrize(
    ("nth", "after"),
    [pytest.param(0, False, id="before the first, which reads"),
     pytest.param(1, True, id="after the next, which makes copies"),
     pytest.param(0, True, id="after the first", marks=pytest.mark.slow),
     pytest.param(1, False, id="before the next", marks=pytest.mark.slow)],
)  # fmt: skip
def test_interrupted_while_processes_start(pair: Pair, nth: int, after: bool) -> None:
    output = pair.fresh(f"starting-{nth}-{after}")
    done = run(pair.command(output), AS_ONE_STARTS.format(nth=nth, after=after))
    said_that_it_was_interrupted(done)
    assert digests(output) == pair.old


def assert_no_process_stays(leader: int) -> None:
    for _ in range(40):
        if not group(leader):
            return
        time.sleep(0.1)
    raise AssertionError(f"still there: {group(leader)}")


def test_workers_end_when_the_main_process_is_gone(pair: Pair) -> None:
    process = start(pair.command(pair.fresh("orphans")))
    while len(group(process.pid)) < 3 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    try:
        assert_no_process_stays(process.pid)
    finally:
        for left in group(process.pid):
            os.kill(left, signal.SIGKILL)
        process.communicate()


def one_line(done: Done, word: str) -> None:
    """Exit status 2, one line in Chinese, and nothing else."""
    assert done.status == 2, (done.status, done.err)
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert word in done.err, done.err


@pytest.mark.parametrize("limit", [3_000, pytest.param(20_000, marks=LONG)])
def test_disk_full(pair: Pair, limit: int) -> None:
    """No file may grow beyond a few bytes: the first that would ends the run."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    output = pair.fresh(f"full-{limit}")
    done = run(pair.command(output), code)
    assert digests(output) == pair.old
    one_line(done, "磁盘空间不足")


def locked_out() -> list[str]:
    """What to put before a command so that the rights of files hold for it, also for root."""
    if os.geteuid() != 0:
        return []
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("root may write anywhere, and there is no setpriv")
    dropped = "-dac_override,-dac_read_search"
    return [program, f"--bounding-set={dropped}", f"--inh-caps={dropped}"]


def test_read_only_output_folder(pair: Pair) -> None:
    output = pair.fresh("read-only")
    output.chmod(0o555)
    try:
        done = run(pair.command(output), before=locked_out())
    finally:
        output.chmod(0o755)
    one_line(done, "没有写入权限")
    assert digests(output) == pair.old


def test_output_below_a_file(pair: Pair) -> None:
    (pair.base / "file").write_text("x")
    one_line(run(pair.command(pair.base / "file")), "同名的文件")
    one_line(run(pair.command(pair.base / "file" / "below")), "原有结果没有改动")
    assert (pair.base / "file").read_text() == "x"


CALLS = ("rename", "replace", "unlink", "remove", "open")
HELD = ("a.xlsx", "b.html", "feedback/c.xlsx", "last-run.json")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """An output folder of an earlier run, with a file of somebody else's."""
    output = tmp_path / "out"
    with publish.publishing(made(output)) as staging:
        (staging / "feedback").mkdir()
        for name in ("a.xlsx", "b.html", "feedback/c.xlsx", "last-run.json"):
            (staging / name).write_text('{"run": 1}' if "json" in name else f"old {name}")
    (output / "feedback" / "改好的.xlsx").write_text("somebody's")
    return output


def made(output: Path) -> Path:
    output.mkdir()
    return output


def put(output: Path) -> None:
    with publish.publishing(output) as staging:
        (staging / "feedback").mkdir()
        for name in ("a.xlsx", "b.html", "feedback/d.xlsx", "new.txt", "last-run.json"):
            (staging / name).write_text('{"run": 2}' if "json" in name else f"new {name}")


def hold(monkeypatch: pytest.MonkeyPatch, path: Path, refusals: float = float("inf")) -> None:
    """As Windows holds a file that Excel has open: whatever is asked of it is refused.

    By whatever link; all but reading. `refusals` below infinity: only so many, from the second on.
    """
    inode, count = path.stat().st_ino, [0]

    def is_held(asked: object) -> bool:
        try:
            return isinstance(asked, str | os.PathLike) and Path(asked).stat().st_ino == inode
        except OSError:
            return False

    def guard(name: str) -> None:
        real = getattr(os, name)

        def call(*given: object, **more: object) -> object:
            if any(map(is_held, given)) and (name != "open" or given[1] & 3):
                count[0] += 1
                if refusals == float("inf") or 1 < count[0] <= 1 + refusals:
                    raise PermissionError(13, "sharing violation", str(given[0]))
            return real(*given, **more)

        monkeypatch.setattr(os, name, call)

    for name in CALLS:
        guard(name)


@pytest.mark.parametrize("name", HELD)
def test_output_open_in_excel(published: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = digests(published)
    with monkeypatch.context() as context:
        hold(context, published / name)
        with pytest.raises(publish.OutputError, match=r"正在 Excel.*原有结果没有改动"):
            put(published)
        assert digests(published) == before
        with pytest.raises(publish.OutputError):
            put(published)
    put(published)
    assert set(digests(published)) == {
        "a.xlsx", "b.html", "feedback/d.xlsx", "feedback/改好的.xlsx", "last-run.json", "new.txt",
    }  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_output_opened_at_the_last_moment(
    published: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Free when asked, held when its turn comes: all others are back in their places."""
    before = digests(published)
    with monkeypatch.context() as context:
        hold(context, published / name, refusals=1)
        with pytest.raises(publish.OutputError, match="原有结果没有改动"):
            put(published)
    assert digests(published) == before


def test_what_cannot_be_taken_back_is_said_and_kept(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One output cannot become new, another not old again: the next run ends it."""
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target.name == "b.html" or (path.name == "a.xlsx" and path.parent == published):
            raise PermissionError(13, "in use", str(target))
        return replace(path, target)

    with monkeypatch.context() as context:
        context.setattr(Path, "replace", refuse)
        with pytest.raises(publish.OutputError, match=r"有的结果已是新的.*a\.xlsx"):
            put(published)
    assert (published / "b.html").read_text() == "old b.html"
    kept = {path.read_text() for path in published.glob(".*/**/*.xlsx")}
    assert "old a.xlsx" in kept
    put(published)
    assert not list(published.glob(".*"))
    assert (published / "a.xlsx").read_text() == "new a.xlsx"


def test_what_a_person_changed_or_put_in_the_way_is_kept(published: Path) -> None:
    (published / "a.xlsx").write_text("sorted by hand")
    (published / "feedback" / "c.xlsx").write_text("mended")
    (published / "new.txt").mkdir()
    (published / "new.txt" / "deep").write_text("deep")
    put(published)
    assert {k: v for k, v in texts(published).items() if "json" not in k} == {
        "a.xlsx": "new a.xlsx",
        "b.html": "new b.html",
        "new.txt": "new new.txt",
        "feedback/d.xlsx": "new feedback/d.xlsx",
        "feedback/c.xlsx": "mended",
        "feedback/改好的.xlsx": "somebody's",
        "原有文件/a.xlsx": "sorted by hand",
        "原有文件/new.txt/deep": "deep",
    }
    (published / "a.xlsx").write_text("again")
    put(published)
    assert texts(published)["原有文件/a（2）.xlsx"] == "again"


def texts(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()
    }


def test_a_record_that_names_files_elsewhere_removes_none(published: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    mark = publish.digest(tmp_path / "mine.txt")
    record = {"files": {"../mine.txt": mark, str(tmp_path / "mine.txt"): mark}}
    (published / "last-run.json").write_text(json.dumps(record))
    put(published)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=LONG)])
@pytest.mark.timeout(900)
def test_many_runs_into_one_folder(pair: Pair, rounds: int) -> None:
    """Always one whole result; a run that comes while another is writing is refused."""
    for nth in range(rounds):
        output = pair.fresh(f"together-{rounds}-{nth}")
        processes = [start(pair.command(output)) for _ in range(6)]
        done = [finish(process, 300) for process in processes]
        assert sorted({one.status for one in done}) in ([0], [0, 2])
        for one in done:
            if one.status == 2:
                one_line(one, "另一次运行正在写")
                assert re.search(r"（进程 \d+，.* 开始）|刚刚开始", one.err), one.err
        found = outputs(output)
        names = [name for name in pair.new if name != "last-run.json"]
        assert set(found) == set(pair.new)
        assert found["review.xlsx"] == pair.new["review.xlsx"], names
        shutil.rmtree(output)


def test_a_lock_left_by_a_killed_run_is_no_hindrance(published: Path) -> None:
    (published / ".lock").write_text("进程 1，某日开始")
    with (
        publish.locked(published),
        pytest.raises(publish.OutputError, match=f"进程 {os.getpid()}"),
        publish.locked(published),
    ):
        pass
    assert not (published / ".lock").exists()
