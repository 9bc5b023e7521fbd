"""Limits that form two crossing trees, or more: linear and integer programmes by HiGHS.

Two trees of sums make a network matrix, which is totally unimodular: with whole bounds every vertex
is whole, and so is every vertex of prices. Both are rounded to whole numbers here and verified
exactly by :mod:`zoning.allocation.proof.certificate`, which knows nothing of the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoning.allocation.methods.nested import Solved
from zoning.allocation.methods.solver import Status, branch_and_bound
from zoning.allocation.model import QUANTUM, Model
from zoning.allocation.structure import membership, scaled, steps_of
from zoning.base.areas import Floats, Ints

#: Costs are handed over in thousandths of suitability: their step, 1e-3, stays far above the
#: solver's tolerance of 1e-7.
_COST = 1e-3


def solve_two_trees(model: Model, which: Sequence[int]) -> Solved | None:
    """Find the optimum under two crossing trees of limits by the dual simplex method.

    Parameters
    ----------
    model : Model
        After :func:`zoning.allocation.structure.close`.
    which : sequence of int
        The groups that can bind.

    Returns
    -------
    Solved or None
        ``None`` if the rules contradict each other.
    """
    from scipy.optimize import linprog

    if not len(model.codes):
        return Solved(model.room.copy(), {})
    matrix = membership(model, which).T.tocsr()
    floors = np.array([model.groups[k].floor for k in which], dtype=np.int64)
    caps = np.array([model.groups[k].cap for k in which], dtype=np.int64)
    kind, rows, bounds = _rows(matrix, floors, caps, model)
    if (model.least > model.room).any():
        return None
    result = linprog(
        -model.worth * _COST,
        A_ub=rows,
        b_ub=bounds,
        bounds=np.column_stack([model.least, model.room]),
        method="highs-ds",
    )
    if result.status == 2:
        return None
    if result.x is None:
        raise RuntimeError(f"HiGHS gave no answer: {result.message}")
    new = np.round(result.x).astype(np.int64)
    duals = np.round(-np.asarray(result.ineqlin.marginals) / _COST).astype(np.int64)
    prices: dict[int, int] = {}
    for (position, sign), value in zip(kind, duals.tolist(), strict=True):
        if value:
            k = which[position]
            prices[k] = prices.get(k, 0) + sign * value
    return Solved(new, prices)


def _rows(
    matrix: Any, floors: Ints, caps: Ints, model: Model
) -> tuple[list[tuple[int, int]], Any, Floats]:
    """Write floors and caps that can bind as rows ``A x <= b``."""
    from scipy import sparse

    most, fewest = matrix @ model.room, matrix @ model.least
    upper, lower = np.flatnonzero(caps < most), np.flatnonzero(floors > fewest)
    kind = [(int(k), 1) for k in upper] + [(int(k), -1) for k in lower]
    if not kind:
        return kind, None, np.zeros(0)
    rows = sparse.vstack([matrix[upper], -matrix[lower]], format="csr").astype(np.float64)
    return kind, rows, np.r_[caps[upper], -floors[lower]].astype(np.float64)


def solve_mixed(
    model: Model, which: Sequence[int], *, gap: float = 0.0, time_limit: float | None = None
) -> tuple[Ints, float, Status] | None:
    """Find the optimum in whole square metres under any set of limits (branch and bound).

    Returns
    -------
    (new, bound, status) or None
        New land per piece, the solver's bound on the objective in suitability x m2, and why it
        ended.

    Raises
    ------
    UnfinishedError
        If time was over before any plan was found.
    """
    steps = steps_of(model, which)
    matrix = scaled(membership(model, which).T, steps)
    floors = np.array([model.groups[k].floor for k in which], dtype=np.float64) / steps
    caps = np.array([model.groups[k].cap for k in which], dtype=np.float64) / steps
    if (model.least > model.room).any():
        return None
    result = branch_and_bound(
        -model.worth / QUANTUM,
        rows=matrix,
        low=floors,
        high=caps,
        lower=model.least,
        upper=model.room,
        gap=gap,
        seconds=time_limit,
    )
    x = result.answer()
    return None if x is None else (np.round(x).astype(np.int64), -result.bound, result.status)
