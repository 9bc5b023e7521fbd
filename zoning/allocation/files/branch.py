"""A part of a minimum set by branch and bound, everything else held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoning.allocation.files.begin import Bools, Task
from zoning.allocation.methods.solver import WATCH, Found, branch_and_bound, watching


def branch(
    task: Task, free: Bools, z: Bools, gap: float, seconds: float | None,
    begin: Bools | None = None, *, scaled: bool = True,
) -> Found:  # fmt: skip
    """Choose the free units by HiGHS alone, the others as in z.

    Parameters
    ----------
    task : Task
    free, z : bool array, shape (units,)
    gap : float
        Relative to the cost of the whole choice.
    seconds : float, optional
    begin : bool array, optional
        A known choice to begin with; by default z.
    scaled : bool
        Whether HiGHS sees costs and targets in sizes that suit it.

    Returns
    -------
    Found
        ``x`` is that of the free units and their edges, the bound that of the whole choice.
    """
    from scipy import sparse

    at = np.flatnonzero(free)
    place = np.cumsum(free) - 1
    held = np.where(free, False, z)
    cost = task.cost[at].copy()
    for here, there in ((task.a, task.b), (task.b, task.a)):
        half = free[here] & ~free[there]
        sign = np.where(z[there[half]], -1.0, 1.0)
        np.add.at(cost, place[here[half]], sign * task.weight[half])
    inside = free[task.a] & free[task.b]
    i, j, weight = place[task.a[inside]], place[task.b[inside]], task.weight[inside]
    n, m = len(at), len(weight)
    constant = task.value(held)
    need = task.targets - task.amounts @ held.astype(np.float64)
    rows = need > 1e-12 * np.maximum(task.targets, 1.0)
    # Amounts in shares of what is needed, so that the solver's tolerance means the same for all.
    size = need[rows] if scaled else np.ones(int(rows.sum()))
    amounts = sparse.diags_array(1.0 / size) @ task.amounts[:, at].tocsr()[rows]
    scale = max(1.0, float(np.abs(cost).max(initial=0.0))) if scaled else 1.0
    ends = (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[i, j]))
    step, eye = sparse.csr_array(ends, shape=(m, n)), sparse.eye_array(m)
    matrix = sparse.vstack([
        sparse.hstack([amounts, sparse.csr_array((amounts.shape[0], m))]),
        sparse.hstack([step, -eye]), sparse.hstack([-step, -eye]),
    ], format="csc")  # fmt: skip
    start = (z if begin is None else begin)[at]
    known = np.r_[start.astype(np.float64), np.abs(start[i] * 1.0 - start[j])]
    # The solver's gap is relative to the part's own cost, ours to the whole.
    whole = abs(task.value(z if begin is None else begin))
    own = max(abs(whole - constant), 1e-9 * max(whole, 1.0))
    outer = WATCH.get()

    def inner(seconds: float, best: float | None, bound: float | None) -> None:
        # What HiGHS tells is about the part; who watches asks about the whole.
        if outer is not None:
            outer(seconds, *(None if v is None else v * scale + constant for v in (best, bound)))

    with watching(inner):
        found = branch_and_bound(
            np.r_[cost, weight] / scale,
            rows=matrix,
            low=np.r_[need[rows] / size, np.full(2 * m, -np.inf)],
            high=np.r_[np.full(amounts.shape[0], np.inf), np.zeros(2 * m)],
            lower=0.0,
            upper=1.0,
            whole=np.r_[np.ones(n), np.zeros(m)],
            gap=min(gap * whole / own, 1.0),
            seconds=seconds,
            start=known,
        )
    return replace(found, bound=found.bound * scale + constant)
