"""Whole units: a good choice with a bound, then, where asked for, the best one with a proof.

1. Prices and edge flows, by minimum cuts or by the linear relaxation: a bound on every choice.
2. A choice: start from the cut that keeps the limits and add units while that gains.
3. What the bound already decides is fixed: a unit whose change would cost more than the gap cannot
   change in any better choice. The rest, a band, goes to branch and bound.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from zoning.allocation.methods.blocks import Blocks, Bools
from zoning.allocation.methods.cuts import Priced, price_of_one_cap, prices_of_rows
from zoning.allocation.methods.greedy import drain, fill, swap
from zoning.allocation.methods.solver import Status, branch_and_bound
from zoning.allocation.model import sum_by
from zoning.base.areas import Floats
from zoning.errors import UnfinishedError

#: Up to this many nodes the linear relaxation gives prices for several limits fastest.
_LP_NODES = 20_000


class Choice(NamedTuple):
    """Which nodes are built, its value, the bound, and what proves the bound."""

    z: Bools
    value: float
    bound: float
    prices: Floats
    flow: Floats
    method: str
    proved: bool
    status: Status = "proved"


def dual_bound(blocks: Blocks, prices: Floats, flow: Floats) -> tuple[float, Floats]:
    """Bound from prices and flows, and what changing each node would cost at least.

    Returns
    -------
    float
        No choice that keeps the rows is worth more.
    float64 array, shape (nodes,)
        Reduced gain: positive for nodes the bound wants built.
    """
    flow = np.clip(flow, -blocks.weight, blocks.weight)
    n = len(blocks.gain)
    net = sum_by(blocks.a, flow, n) - sum_by(blocks.b, flow, n)
    reduced = blocks.gain - blocks.rows.T @ prices - net
    fixed = np.where(prices > 0, prices * blocks.upper, prices * blocks.lower)
    return float(np.maximum(reduced, 0.0).sum() + fixed.sum() + blocks.constant), reduced


def relax(blocks: Blocks) -> Priced | None:
    """Prices and flows from the linear relaxation (HiGHS); ``None`` if it has no answer."""
    from scipy import sparse
    from scipy.optimize import linprog

    n, m, scale = len(blocks.gain), len(blocks.weight), max(1.0, float(np.abs(blocks.gain).max()))
    matrix, right = _programme(blocks, scale)
    caps, floors = matrix[1], matrix[2]
    at = np.arange(m)
    ends = (np.r_[np.ones(m), -np.ones(m)], (np.r_[at, at], np.r_[blocks.a, blocks.b]))
    step = sparse.csr_array(ends, shape=(m, n))
    signs = sparse.kron(sparse.eye_array(m), np.array([[-1.0, 1.0]]), format="csr")
    result = linprog(
        np.r_[-blocks.gain, np.repeat(blocks.weight, 2)] / scale,
        A_ub=sparse.hstack([matrix[0], sparse.csr_array((matrix[0].shape[0], 2 * m))]),
        b_ub=right,
        A_eq=sparse.hstack([step, signs], format="csc") if m else None,
        b_eq=np.zeros(m) if m else None,
        bounds=[(0.0, 1.0)] * n + [(0.0, None)] * (2 * m),
        method="highs-ds",
    )
    if result.x is None:
        return None
    y = -np.asarray(result.ineqlin.marginals)
    prices = np.zeros(blocks.rows.shape[0])
    np.add.at(prices, caps, y[: len(caps)])
    np.add.at(prices, floors, -y[len(caps) :])
    flow = -np.asarray(result.eqlin.marginals) * scale if m else np.zeros(0)
    z = result.x[:n] > 1 - 1e-6
    return Priced(prices, z, result.x[:n] > 1e-6, flow, 0)


def _programme(blocks: Blocks, scale: float) -> tuple[tuple[Any, Any, Any], Floats]:
    """Caps and floors that can bind as rows ``A z <= b`` in units of ``scale`` m2."""
    from scipy import sparse

    caps = np.flatnonzero(blocks.upper < blocks.rows.sum(axis=1))
    floors = np.flatnonzero(blocks.lower > 0)
    rows = sparse.vstack([blocks.rows[caps], -blocks.rows[floors]], format="csr") / scale
    right = np.r_[blocks.upper[caps], -blocks.lower[floors]] / scale
    return (rows, caps, floors), right


#: How many nodes the filling looks at (our choice: enough for the jump of a large city).
_MOST_CANDIDATES = 20_000


def start(blocks: Blocks) -> Choice | None:
    """Give a choice that keeps the caps, with a bound from prices and flows.

    Returns
    -------
    Choice or None
        ``None`` when no choice that keeps the floors was found this way.
    """
    if not len(blocks.gain):
        z, rows = np.zeros(0, dtype=bool), blocks.rows.shape[0]
        if not blocks.fits(z):
            return None
        value = blocks.constant
        return Choice(z, value, value, np.zeros(rows), np.zeros(0), "cuts", True)
    priced = _prices(blocks)
    if priced is None:
        return None
    bound, reduced = dual_bound(blocks, priced.prices, priced.flow)
    best: Bools | None = None
    for z in _seeds(blocks, priced):
        loss = np.where(z, -np.inf, -reduced)
        candidates = ~z
        if candidates.sum() > _MOST_CANDIDATES:
            candidates = np.zeros(len(z), dtype=bool)
            candidates[np.argpartition(loss[: len(z)], _MOST_CANDIDATES)[:_MOST_CANDIDATES]] = True
            candidates |= priced.high
            candidates &= ~z
        full = swap(blocks, fill(blocks, z, candidates, priced.prices), priced.prices)
        if blocks.fits(full) and (best is None or blocks.value(full) > blocks.value(best)):
            best = full
    if best is None:
        best = np.zeros(len(blocks.gain), dtype=bool)
        if not blocks.fits(best):
            return None
    value = blocks.value(best)
    word = "cuts" if priced.cuts else "lp"
    return Choice(best, value, max(bound, value), priced.prices, priced.flow, word, bound <= value)


def _prices(blocks: Blocks) -> Priced | None:
    """One cap over everything: Newton on cuts; a city: the relaxation; else cutting planes."""
    rows, n = blocks.rows.shape
    one = rows == 1 and blocks.lower[0] <= 0 <= blocks.upper[0]
    if one and blocks.rows.nnz == n and blocks.rows.data.min(initial=1.0) > 0:
        return price_of_one_cap(blocks)
    if n <= _LP_NODES:
        return relax(blocks)
    return prices_of_rows(blocks)


def _seeds(blocks: Blocks, priced: Priced) -> list[Bools]:
    """Give choices to start filling from; all keep the caps.

    From below, a block of units that only pays as a whole is never begun; so one start comes from
    above the caps, with units taken away.
    """
    between = priced.high & ~priced.low
    above = priced.high
    if between.sum() <= _MOST_CANDIDATES:
        above = drain(blocks, priced.high, between, priced.prices)
    seeds: list[Bools] = []
    for z in (priced.low, above, priced.low & priced.high):
        used = blocks.rows @ z.astype(np.float64)
        if (used <= blocks.upper).all() and not any((z == s).all() for s in seeds):
            seeds.append(z)
    return seeds or [np.zeros(len(blocks.gain), dtype=bool)]


def polish(blocks: Blocks, first: Choice, *, nodes: int = 800, seconds: float = 2.0) -> Choice:
    """Re-choose the nodes about which the bound is least sure, the others held (a large move).

    Parameters
    ----------
    blocks : Blocks
        The question.
    first : Choice
        A choice with its bound.
    nodes, seconds : int, float
        Size of the move and time for it (our choice).

    Returns
    -------
    Choice
        Never worse than ``first``.
    """
    reduced = dual_bound(blocks, first.prices, first.flow)[1]
    free = (reduced > 0) != first.z
    free[np.argsort(np.abs(reduced), kind="stable")[:nodes]] = True
    try:
        found = _milp(blocks.fixed(free, first.z), 1e-5, seconds)
    except (UnfinishedError, KeyboardInterrupt) as stop:
        # There is a choice already, so nothing is lost but the move.
        status: Status = "interrupted" if isinstance(stop, KeyboardInterrupt) else "proved"
        return first._replace(status=status)
    if found is None:
        return first
    z = first.z.copy()
    z[free] = found[0]
    value = blocks.value(z)
    status = "interrupted" if found[2] == "interrupted" else "proved"
    better = first._replace(z=z, value=value) if value > first.value else first
    return better._replace(status=status)


def prove(
    blocks: Blocks, first: Choice | None, *, gap: float = 0.0, time_limit: float | None = None
) -> Choice | None:
    """Find the best choice by branch and bound on what the bound has not decided.

    Parameters
    ----------
    blocks : Blocks
        The question.
    first : Choice, optional
        A choice with its bound; it fixes all nodes whose change costs more than its gap.
    gap : float
        Relative gap at which to stop.
    time_limit : float, optional
        Seconds.

    Returns
    -------
    Choice or None
        ``None`` if no choice keeps the limits.
    """
    n = len(blocks.gain)
    if first is None:
        part, free, base = blocks, np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    else:
        reduced = dual_bound(blocks, first.prices, first.flow)[1]
        slack = first.bound - first.value
        free = np.abs(reduced) <= slack * (1 + 1e-9) + 1e-6
        base = reduced > 0
        part = blocks.fixed(free, base)
    # The solver's gap is relative to the band's own worth, ours to the whole.
    part_gap = gap
    if first is not None and gap:
        part_gap = gap * abs(first.bound) / max(abs(first.bound - part.constant), 1.0) * 0.99
    try:
        begin = None if first is None else first.z[free]
        found = _milp(part, part_gap, time_limit, begin)
    except (UnfinishedError, KeyboardInterrupt) as stop:
        if first is None:
            raise
        return first._replace(
            status="interrupted" if isinstance(stop, KeyboardInterrupt) else "time"
        )
    if found is None:
        return first
    z, bound = base.copy(), found[1]
    z[free] = found[0]
    if first is not None and blocks.value(z) < first.value:
        z = first.z
    value = blocks.value(z)
    # Outside the band no better choice exists, so the band's bound or the value holds for all.
    bound = max(bound, value)
    if first is not None:
        bound = min(bound, first.bound)
    prices = np.zeros(blocks.rows.shape[0]) if first is None else first.prices
    flow = np.zeros(len(blocks.weight)) if first is None else first.flow
    proved = bound - value <= gap * abs(bound) + 1e-3
    return Choice(z, value, bound, prices, flow, "milp", proved, found[2])


def _milp(
    blocks: Blocks, gap: float, time_limit: float | None, begin: Bools | None = None
) -> tuple[Bools, float, Status] | None:
    """Branch and bound with HiGHS: the choice, the solver's bound, and why it ended."""
    from scipy import sparse

    n, m = len(blocks.gain), len(blocks.weight)
    if n == 0:
        nothing = np.zeros(0, dtype=bool)
        return (nothing, blocks.constant, "proved") if blocks.fits(nothing) else None
    scale = max(1.0, float(np.abs(blocks.gain).max()))
    (rows, _, _), right = _programme(blocks, scale)
    at = np.arange(m)
    ends = (np.r_[np.ones(m), -np.ones(m)], (np.r_[at, at], np.r_[blocks.a, blocks.b]))
    step, eye = sparse.csr_array(ends, shape=(m, n)), sparse.eye_array(m)
    matrix = sparse.vstack(
        [
            sparse.hstack([rows, sparse.csr_array((rows.shape[0], m))]),
            sparse.hstack([step, -eye]),
            sparse.hstack([-step, -eye]),
        ],
        format="csc",
    )
    start = None
    if begin is not None:
        start = np.r_[begin.astype(float), np.abs(begin[blocks.a] * 1.0 - begin[blocks.b])]
    result = branch_and_bound(
        np.r_[-blocks.gain, blocks.weight] / scale,
        rows=matrix,
        high=np.r_[right, np.zeros(2 * m)],
        upper=np.r_[np.ones(n), np.full(m, np.inf)],
        whole=np.r_[np.ones(n), np.zeros(m)],
        gap=gap,
        seconds=time_limit,
        start=start,
    )
    x = result.answer()
    if x is None:
        return None
    z = x[:n] > 0.5
    bound = -result.bound * scale + blocks.constant
    return (z, bound, result.status) if blocks.fits(z) else None
