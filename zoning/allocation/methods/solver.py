"""Branch and bound by HiGHS, in a thread of its own so that it can be stopped.

Ctrl-C, or a time limit, ends the search; the best answer so far and its bound are given. An answer
that is not there because time was too short is never told as rules that cannot hold together.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from zoning.base.areas import Floats
from zoning.errors import Problem, Text, UnfinishedError

Status = Literal["proved", "infeasible", "time", "interrupted"]
#: Called with seconds, best value and bound (``None`` before there is one).
Watch = Callable[[float, float | None, float | None], None]
#: Who is told how far branch and bound is; set by whoever shows progress.
WATCH: ContextVar[Watch | None] = ContextVar("WATCH", default=None)
#: How long the waiting thread sleeps before it looks for Ctrl-C again (our choice).
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Found:
    """What branch and bound found.

    Parameters
    ----------
    x : float64 array or None
        The best answer, if there is one.
    bound : float
        No answer costs less.
    status : {"proved", "infeasible", "time", "interrupted"}
        Why it ended; ``proved`` up to the gap that was asked for.
    """

    x: Floats | None
    bound: float
    status: Status

    def answer(self) -> Floats | None:
        """Give the answer, ``None`` if there can be none.

        Raises
        ------
        UnfinishedError
            If time was over before any answer was found.
        KeyboardInterrupt
            If the user stopped it before.
        """
        if self.x is None and self.status == "interrupted":
            raise KeyboardInterrupt
        if self.x is None and self.status == "time":
            raise time_is_up()
        return self.x


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Have a function told how far branch and bound is, while the block runs."""
    before = WATCH.set(watch)
    try:
        yield
    finally:
        WATCH.reset(before)


def time_is_up() -> UnfinishedError:
    """Say that time was over before any answer was found."""
    return UnfinishedError(
        Problem(
            Text(
                "time was over before any answer was found; whether there is one is not known",
                "时限内未找到任何可行方案，是否存在可行方案尚不清楚",
            ),
            "--seconds",
            remedy=Text("give it more seconds, or a larger gap", "请延长时限或放宽间隙"),
            code="time-is-up",
        )
    )


def branch_and_bound(
    cost: Any,
    *,
    rows: Any = None,
    low: Any = -np.inf,
    high: Any = np.inf,
    lower: Any = 0.0,
    upper: Any = np.inf,
    whole: Any = True,
    gap: float = 0.0,
    seconds: float | None = None,
    start: Floats | None = None,
) -> Found:
    """Minimise ``cost x`` with ``low <= rows x <= high``, ``lower <= x <= upper``.

    Parameters
    ----------
    cost : float array, shape (columns,)
    rows : sparse or dense matrix, shape (rows, columns), optional
    low, high, lower, upper : float or float array
    whole : bool or bool array
        Columns that must be whole numbers.
    gap : float
        Relative gap at which to stop.
    seconds : float, optional
        Time limit.
    start : float array, optional
        A known answer to begin with.

    Returns
    -------
    Found

    Examples
    --------
    >>> branch_and_bound([-1.0], upper=2.5).x.tolist()
    [2.0]
    >>> branch_and_bound([1.0], rows=[[1.0]], low=3.0, upper=2.5).status
    'infeasible'
    """
    n = len(cost)
    if not n:  # HiGHS calls a question without columns solved, whatever its rows ask
        empty = bool(np.all(np.asarray(low) <= 0) and np.all(np.asarray(high) >= 0))
        return Found(np.zeros(0), 0.0, "proved") if empty else Found(None, np.inf, "infeasible")
    h = _model(n, cost, rows, (low, high), (lower, upper), whole)
    h.setOptionValue("mip_rel_gap", float(gap))
    if seconds is not None:
        h.setOptionValue("time_limit", float(seconds))
    if start is not None:
        _begin(h, start)
    with quiet():
        stopped = _run(h)
    return _found(h, n, stopped)


class Corner(NamedTuple):
    """The optimum of a linear programme, and what one more of each row's limit is worth."""

    x: Floats
    duals: Floats


def dual_simplex(
    cost: Any, *, rows: Any, low: Any, high: Any, lower: Any = 0.0, upper: Any = np.inf
) -> Corner | None:
    """Minimise ``cost x`` as `branch_and_bound` does, in real numbers.

    Returns
    -------
    Corner or None
        None where nothing keeps all limits.

    Examples
    --------
    >>> found = dual_simplex([-1.0], rows=[[2.0]], low=-np.inf, high=3.0)
    >>> found.x.tolist(), found.duals.tolist()
    ([1.5], [-0.5])
    >>> dual_simplex([1.0], rows=[[1.0]], low=3.0, high=4.0, upper=2.5) is None
    True
    """
    h = _model(len(cost), cost, rows, (low, high), (lower, upper), False)
    h.setOptionValue("solver", "simplex")
    h.setOptionValue("simplex_strategy", 1)
    with quiet():
        stopped = _run(h)
    x = _found(h, len(cost), stopped).answer()
    return None if x is None else Corner(x, np.array(h.getSolution().row_dual, dtype=np.float64))


def _flush_c() -> None:
    """Empty the C library's buffers, so that nothing is printed late."""
    import ctypes

    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).fflush(None)


@contextmanager
def quiet() -> Iterator[None]:
    """Send what C code prints on standard output to nowhere while the block runs.

    HiGHS prints its licence when it is first made, before it can be told not to, and now and then a
    line from inside branch and bound although it was told not to.
    Where there is no real standard output, nothing is done.

    Examples
    --------
    >>> with quiet():
    ...     pass
    """
    try:
        saved = os.dup(1)
    except OSError:
        yield
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    _flush_c()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            _flush_c()
            os.dup2(saved, 1)
            os.close(saved)


def _model(n: int, cost: Any, rows: Any, sides: Any, box: Any, whole: Any) -> Any:
    """Hand the question over."""
    import highspy
    from scipy import sparse

    matrix = sparse.csc_array((0, n)) if rows is None else sparse.csc_array(rows)
    m = matrix.shape[0]
    with quiet():
        h = highspy.Highs()
    h.silent()
    low, high = (np.broadcast_to(np.asarray(v, np.float64), m) for v in sides)
    lower, upper = (np.broadcast_to(np.asarray(v, np.float64), n) for v in box)
    kinds = np.broadcast_to(np.asarray(whole), n).astype(np.int32)
    h.passModel(
        n, m, matrix.nnz, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
        np.asarray(cost, np.float64), lower.copy(), upper.copy(), low.copy(), high.copy(),
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64), kinds,
    )  # fmt: skip
    return h


def _begin(h: Any, start: Floats) -> None:
    import highspy

    known = highspy.HighsSolution()
    known.col_value = np.asarray(start, np.float64).tolist()
    known.value_valid = True
    h.setSolution(known)


def _run(h: Any) -> bool:
    """Solve in a thread; say whether the user stopped it."""
    watch, failed = WATCH.get(), []
    h.HandleUserInterrupt = True
    if watch is not None:
        h.cbMipInterrupt += lambda e: _tell(watch, e.data_out)
    done = threading.Event()

    def work() -> None:
        try:
            h.run()
        except Exception as error:  # told by the thread that waits
            failed.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    stopped = False
    while not done.is_set():
        try:
            done.wait(_LOOK_SECONDS)
        except KeyboardInterrupt:
            stopped = True
            h.cancelSolve()
    thread.join()
    if failed:
        raise failed[0]
    return stopped


def _tell(watch: Watch, out: Any) -> None:
    best, bound = float(out.mip_primal_bound), float(out.mip_dual_bound)
    watch(
        float(out.running_time),
        best if np.isfinite(best) else None,
        bound if np.isfinite(bound) else None,
    )


def _found(h: Any, n: int, stopped: bool) -> Found:
    import highspy

    info, status = h.getInfo(), h.getModelStatus()
    kinds = highspy.HighsModelStatus
    feasible = int(info.primal_solution_status) == int(
        highspy.SolutionStatus.kSolutionStatusFeasible
    )
    x = np.array(h.getSolution().col_value, dtype=np.float64) if feasible else None
    if status == kinds.kModelEmpty:
        return Found(np.zeros(n), 0.0, "proved")
    bound = float(info.mip_dual_bound)
    if status == kinds.kOptimal:
        return Found(x, bound, "proved")
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Found(None, np.inf, "infeasible")
    if stopped or status == kinds.kInterrupt:
        return Found(x, bound, "interrupted")
    if status == kinds.kTimeLimit:
        return Found(x, bound, "time")
    raise RuntimeError(f"HiGHS gave no answer: {h.modelStatusToString(status)}")
