"""Reading on a Dask cluster: an optional extra for more returns than one machine reads in time."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from pipeline.errors import UserError

PATIENCE = 20
"""Seconds to wait for the cluster's scheduler."""


@contextmanager
def on_cluster(address: str) -> Iterator[Executor | None]:
    """The executor of the cluster at this address; None where the address is ''.

    Its workers see the returns under the same path and have this program installed.

    Raises:
        UserError: Dask is not installed, or nobody answers.
    """
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("没有装 Dask；请先安装附加项 cluster，或去掉 --cluster") from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise UserError(f"连不上 Dask 集群 {address}") from error
    with client:
        yield client.get_executor()
