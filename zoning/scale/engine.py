"""Which engine works the blocks: this process, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from zoning.errors import InputError
from zoning.ledger.tiles import MapBlocks

#: Names of the engines on the command line.
ENGINES = ("processes", "dask")
#: Called with the number of blocks done and of all blocks.
Done = Callable[[int, int], None]


class _Here:
    """Works one job after the other in this process."""

    def __init__(self, done: Done | None) -> None:
        self.done = done

    def __call__(
        self, work: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]
    ) -> Iterator[Any]:
        for n, job in enumerate(jobs, 1):
            yield work(shared, job)
            if self.done is not None:
                self.done(n, len(jobs))


def choose(
    workers: int = 1, engine: str | None = None, scheduler: str | None = None, *,
    memory: str | int | None = None, done: Done | None = None,
) -> MapBlocks:  # fmt: skip
    """Give what runs the blocks.

    Parameters
    ----------
    workers : int
        Processes on this machine; 1 is this process alone. Of no meaning with a scheduler.
    engine : {"processes", "dask"}, optional
        By default ``dask`` where a scheduler is named, else ``processes``.
    scheduler : str, optional
        Address of a Dask scheduler.
    memory : str or int, optional
        Most memory of each worker of a local Dask cluster.
    done : callable, optional
        Called with (blocks done, all blocks).

    Returns
    -------
    callable
        A `zoning.ledger.tiles.MapBlocks`; plans do not depend on which one it is.

    Raises
    ------
    InputError
        If there is no such engine, or the choices contradict each other.

    Examples
    --------
    >>> list(choose()(lambda shared, job: shared + job, 1, [1, 2]))
    [2, 3]
    """
    if workers < 1:
        raise InputError.one(
            f"{workers} workers", f"工作进程数为 {workers}", where="--workers", measured=workers,
            limit=1, code="workers", remedy=("give 1 or more", "请给出 1 或更大的数"),
        )  # fmt: skip
    if engine is not None and engine not in ENGINES:
        raise InputError.one(
            f"no engine '{engine}'", f"没有引擎“{engine}”", where="--engine", code="engine",
            remedy=("engines: " + ", ".join(ENGINES), "可用引擎：" + "、".join(ENGINES)),
        )  # fmt: skip
    if scheduler is not None and engine == "processes":
        raise InputError.one(
            "a scheduler belongs to the engine dask", "调度器地址仅适用于 dask 引擎",
            where="--scheduler", code="engine",
            remedy=("leave --engine out, or say --engine dask", "请省略 --engine 或设为 dask"),
        )  # fmt: skip
    if scheduler is not None or engine == "dask":
        from zoning.scale.cluster import Cluster

        return Cluster(scheduler, workers, memory=memory, done=done)
    if workers == 1:
        return _Here(done)
    from zoning.scale.processes import Processes

    return Processes(workers, done)
