"""The cores of this machine: blocks are worked by processes that can be lost."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from zoning.errors import InputError, ZoningError

#: Pools that may break one after the other without one finished job (our choice): then a job
#: itself kills its worker, and another pool would only do so again.
PATIENCE = 3

_work: Callable[[Any, Any], Any] | None = None
_shared: Any = None


class Processes:
    """Runs jobs on several processes; each gets what all jobs share once, when it starts.

    Parameters
    ----------
    workers : int
        Number of processes, above 0.
    done : callable, optional
        Called with (jobs done, all jobs) here, after each job.

    Notes
    -----
    A worker that is killed takes its unfinished jobs with it; they are given to a new pool, and
    nothing finished is worked again. Scripts need the usual ``if __name__ == "__main__":``, because
    workers start as fresh interpreters on every system.

    Examples
    --------
    >>> from operator import mul
    >>> list(Processes(1)(mul, 10, [1, 2, 3]))
    [10, 20, 30]
    """

    def __init__(self, workers: int, done: Callable[[int, int], None] | None = None) -> None:
        """Keep the number of workers; nothing is started yet."""
        self.workers = workers
        self.done = done

    def __call__(
        self, work: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]
    ) -> Iterator[Any]:
        """Call ``work(shared, job)`` for every job; give the results in the order of the jobs."""
        found: dict[int, Any] = {}
        barren = 0
        while len(found) < len(jobs):
            before = len(found)
            self._pool((work, shared), jobs, found)
            barren = 0 if len(found) > before else barren + 1
            if barren == PATIENCE:
                raise _lost(len(jobs) - len(found))
        return iter([found[k] for k in range(len(jobs))])

    def _pool(self, sent: tuple[Any, Any], jobs: Sequence[Any], found: dict[int, Any]) -> None:
        """Work what is not found yet, until all is done or the pool breaks."""
        left = [k for k in range(len(jobs)) if k not in found]
        others = {child.pid for child in multiprocessing.active_children()}
        pool = ProcessPoolExecutor(
            min(self.workers, len(left)), mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin, initargs=sent,
        )  # fmt: skip
        try:
            with _held_back():
                futures: dict[Future[Any], int] = {pool.submit(_one, jobs[k]): k for k in left}
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                if self.done is not None:
                    self.done(len(found), len(jobs))
        except BrokenProcessPool:
            # What other workers finished in the same moment is kept.
            for future, k in futures.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    found[k] = future.result()
        except KeyboardInterrupt:
            # A job may take minutes; what it writes is staged, so it can be left at any moment.
            for child in multiprocessing.active_children():
                if child.pid not in others:
                    child.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _held_back() -> Iterator[None]:
    """Keep Ctrl-C from workers that are starting, which could only tell where it met them.

    A terminal sends it to all processes, and a new interpreter needs a second until it can say that
    it does not listen. What is held back inherits this; the one who started it hears it after.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when it starts, it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(work: Callable[[Any, Any], Any], shared: Any) -> None:
    """Start a worker: what all jobs share comes once, Ctrl-C is for the one who started it."""
    global _work, _shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work, _shared = work, shared


def _one(job: Any) -> Any:
    if _work is None:
        raise RuntimeError("the worker was not started")
    return _work(_shared, job)


def _lost(left: int) -> ZoningError:
    return InputError.one(
        f"workers ended {PATIENCE} times without finishing a block; {left} blocks are left",
        f"工作进程连续 {PATIENCE} 次中断，未完成任何分块；剩余 {left} 块",
        code="workers-lost", measured=left, limit=0,
        remedy=("give more memory, or fewer --workers", "请增加内存或减少 --workers"),
    )  # fmt: skip
