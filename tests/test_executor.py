"""Work through executors of others: a Dask cluster gives the bytes that one process gives."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.reading import reader
from tests.kit.processes import digests

ROOT = Path(__file__).parent.parent
ENVIRONMENT = os.environ | {"SOURCE_DATE_EPOCH": "1452222000"}


def score(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "pipeline", "score", "data/returns", f"--output={output}"]
    return subprocess.run(
        [*call, *options], cwd=ROOT, env=ENVIRONMENT, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a local cluster of two workers."""
    code = (
        "import sys\n"
        "from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address='') as made:\n"
        "        print(made.scheduler_address, flush=True)\n"
        "        sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("")


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_as_one_process(tmp_path: Path, cluster: str) -> None:
    for name, options in (("alone", []), ("cluster", [f"--cluster={cluster}"])):
        done = score(tmp_path / name, *options)
        assert done.returncode == 0, done.stderr
    alone, shared = digests(tmp_path / "alone"), digests(tmp_path / "cluster")
    assert "ranking.xlsx" in alone
    assert any(name.endswith("退回.xlsx") for name in alone)
    assert alone == shared


def test_a_cluster_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CLUSTER_PATIENCE", 1)
    silent = reader.on_cluster("tcp://127.0.0.1:9")
    with pytest.raises(UserError, match="连不上 Dask 集群"), silent:
        pass


def test_without_dask_the_option_is_one_line(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['distributed'] = None\n"
        "from pipeline.__main__ import main\n"
        f"sys.exit(main(['score', 'data/returns', '--output', {str(tmp_path / 'out')!r}, "
        "'--cluster', 'tcp://127.0.0.1:9']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "没有装 Dask；请先安装附加项 cluster，或去掉 --cluster\n"
    assert not (tmp_path / "out").exists()


def test_without_an_address_there_is_no_executor() -> None:
    with reader.on_cluster("") as executor:
        assert executor is None
