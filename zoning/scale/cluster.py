"""A Dask cluster: one that is there, or a local one for as long as the work takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, ZoningError

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

#: Attempts one after the other without one finished job (our choice).
PATIENCE = 5
#: How often the cluster itself gives a job to another worker when its worker is lost.
_RETRIES = 10
#: How long to wait for a scheduler.
_WAIT = "20s"


class Cluster:
    """Runs jobs on the workers of a Dask scheduler; what they share is scattered once.

    Parameters
    ----------
    scheduler : str, optional
        Address such as ``tcp://10.0.0.5:8786``; left out, a local cluster is started and ended.
    workers : int
        Number of workers of a local cluster.
    memory : str or int, optional
        Most memory of each worker of a local cluster, such as ``"1GB"``: Dask pauses a worker at
        80 % of it and restarts it at 95 %.
    done : callable, optional
        Called with (jobs done, all jobs) here, after each job.

    Notes
    -----
    A lost worker, a lost connection and a restarted scheduler lose nothing that is finished: the
    results come here one by one, and what is left is sent again.
    """

    def __init__(
        self, scheduler: str | None = None, workers: int = 2, *,
        memory: str | int | None = None, done: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        """Keep the address; nothing is connected yet."""
        self.scheduler, self.workers, self.memory, self.done = scheduler, workers, memory, done

    def __call__(
        self, work: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]
    ) -> Iterator[Any]:
        """Call ``work(shared, job)`` for every job; give the results in the order of the jobs."""
        found: dict[int, Any] = {}
        barren = 0
        while len(found) < len(jobs):
            before = len(found)
            try:
                with ExitStack() as stack:
                    self._send(self._client(stack), work, shared, jobs, found)
            except _trouble() as error:
                logger.warning("cluster: %s", error)
            barren = 0 if len(found) > before else barren + 1
            if barren == PATIENCE:
                raise _lost(len(jobs) - len(found), self.scheduler)
        return iter([found[k] for k in range(len(jobs))])

    def _client(self, stack: ExitStack) -> Client:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise InputError.one(
                "the engine dask is not installed", "未安装 dask 引擎", code="no-dask",
                remedy=("pip install zoning[dask]", "pip install zoning[dask]"),
            ) from error  # fmt: skip
        if self.scheduler is not None:
            return stack.enter_context(Client(self.scheduler, timeout=_WAIT))
        limit = "auto" if self.memory is None else self.memory
        local = LocalCluster(
            n_workers=self.workers, threads_per_worker=1, memory_limit=limit,
            dashboard_address=None, silence_logs=logging.ERROR,
        )  # fmt: skip
        return stack.enter_context(Client(stack.enter_context(local)))

    def _send(
        self, client: Client, work: Callable[[Any, Any], Any], shared: Any,
        jobs: Sequence[Any], found: dict[int, Any],
    ) -> None:  # fmt: skip
        """Scatter what is shared, send what is left, and take each result as it comes."""
        from distributed import as_completed

        left = [k for k in range(len(jobs)) if k not in found]
        (there,) = client.scatter([shared], broadcast=True, hash=False)
        futures = client.map(
            _one, left, [jobs[k] for k in left], work=work, shared=there, pure=False,
            retries=_RETRIES,
        )  # fmt: skip
        for future in as_completed(futures):
            # A job that failed by itself raises its own error here; a lost one is sent again.
            k, result = future.result()
            found[k] = result
            future.release()
            if self.done is not None:
                self.done(len(found), len(jobs))


def _one(k: int, job: Any, *, work: Callable[[Any, Any], Any], shared: Any) -> tuple[int, Any]:
    return k, work(shared, job)


def _trouble() -> tuple[type[BaseException], ...]:
    """Name what happens to connections and workers, not to jobs."""
    try:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError
    except ImportError:
        return ()
    return CommClosedError, CancelledError, KilledWorker, TimeoutError, OSError


def _lost(left: int, scheduler: str | None) -> ZoningError:
    where = scheduler or "local cluster"
    return InputError.one(
        f"the cluster gave no result in {PATIENCE} attempts; {left} blocks are left",
        f"集群连续 {PATIENCE} 次未返回结果；剩余 {left} 块",
        where=where, code="cluster-lost", measured=left, limit=0,
        remedy=("see that its scheduler runs, and that workers have zoning and enough memory",
                "请检查调度器是否运行、各工作节点是否安装 zoning、内存是否充足"),
    )  # fmt: skip
