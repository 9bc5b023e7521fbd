"""Fractions of units with a boundary term: one linear programme, made whole afterwards.

maximise  sum s_p x_p - sum w_e (d+_e + d-_e)
subject to  u_a - u_b = d+_e - d-_e,  u_i = (built_i + sum x_p) / area_i,  limits, 0 <= x <= room.

Edges whose sign is known before solving (one side is always the more built one) carry their full
flow and leave the programme. The dual of the edge rows is the flow that the certificate needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from zoning.allocation.methods import linear, nested
from zoning.allocation.methods.solver import dual_simplex
from zoning.allocation.model import QUANTUM, Model, sum_by
from zoning.allocation.space import Positions, Space
from zoning.allocation.structure import membership, scaled, shape_of, steps_of
from zoning.base.areas import Floats, Ints


class Spread(NamedTuple):
    """New land in whole m2; prices per group and flows per edge prove how good it is."""

    new: Ints
    prices: dict[int, float]
    flow: Floats


@dataclass(frozen=True)
class _Edges:
    """Which edges are open, and the flow of those that are not."""

    open_: Positions
    flow: Floats


def _split_edges(model: Model, space: Space) -> _Edges:
    """Tell edges of known sign from the others."""
    n = len(space.area)
    safe = np.where(space.area > 0, space.area, 1.0)
    low = (space.built + sum_by(model.unit, model.least, n)) / safe
    high = (space.built + sum_by(model.unit, model.room, n)) / safe
    down = low[space.a] >= high[space.b]
    up = low[space.b] >= high[space.a]
    flow = np.where(down, space.weight, np.where(up, -space.weight, 0.0))
    return _Edges(np.flatnonzero(~(down | up)), flow)


def solve(model: Model, space: Space, which: Sequence[int]) -> Spread | None:
    """Find the optimum in fractions of units with HiGHS (dual simplex).

    Parameters
    ----------
    model : Model
        After :func:`zoning.allocation.structure.close`.
    space : Space
        Neighbours, with weights.
    which : sequence of int
        The groups that can bind.

    Returns
    -------
    Spread or None
        ``None`` if the rules contradict each other.
    """
    from scipy import sparse

    if (model.least > model.room).any():
        return None
    edges = _split_edges(model, space)
    move = np.flatnonzero(model.room > model.least)
    if not len(move):
        nothing = _solve_box(model, which)
        return None if nothing is None else Spread(nothing, {}, edges.flow)
    scale = float(np.median(space.area)) or 1.0
    limits = _limit_rows(model, which, move, scale)
    gain = model.worth / QUANTUM - _per_m2(space.net(edges.flow), space)[model.unit]
    rows, right = _edge_rows(model, space, edges.open_, move)
    m = len(edges.open_)
    price = np.r_[-gain[move], np.repeat(space.weight[edges.open_] / scale, 2)]
    upper = np.r_[(model.room - model.least)[move] / scale, np.full(2 * m, np.inf)]
    signs = sparse.kron(sparse.eye_array(m), np.array([[-1.0, 1.0]]), format="csr")
    some = len(limits.right)
    best = dual_simplex(
        price,
        rows=sparse.vstack([
            sparse.hstack([limits.rows, sparse.csr_array((some, 2 * m))]),
            sparse.hstack([rows * scale, signs]),
        ], format="csc"),
        low=np.r_[np.full(some, -np.inf), right],
        high=np.r_[limits.right, right],
        upper=upper,
    )  # fmt: skip
    if best is None:
        return None
    flow = edges.flow.copy()
    most = space.weight[edges.open_]
    flow[edges.open_] = np.clip(-best.duals[some:] * scale, -most, most)
    prices: dict[int, float] = {}
    for (k, sign), y in zip(limits.kind, -best.duals[:some], strict=True):
        if y > 0:
            prices[k] = prices.get(k, 0.0) + sign * float(y)
    amount = model.least.astype(np.float64)
    amount[move] += best.x[: len(move)] * scale
    new = make_whole(model, amount, which)
    return None if new is None else Spread(new, prices, flow)


class _LimitRows(NamedTuple):
    kind: list[tuple[int, int]]
    rows: Any
    right: Floats


def _limit_rows(model: Model, which: Sequence[int], move: Positions, scale: float) -> _LimitRows:
    """Caps and floors on what moves, as rows ``A x <= b`` in units of ``scale`` m2."""
    from scipy import sparse

    matrix = membership(model, which).T.tocsr()
    base = matrix @ model.least
    most = matrix @ model.room
    caps = np.array([model.groups[k].cap for k in which], dtype=np.int64)
    floors = np.array([model.groups[k].floor for k in which], dtype=np.int64)
    upper, lower = np.flatnonzero(caps < most), np.flatnonzero(floors > base)
    kind = [(which[k], 1) for k in upper.tolist()] + [(which[k], -1) for k in lower.tolist()]
    steps = steps_of(model, which)
    part = scaled(matrix[:, move], steps)
    rows = sparse.vstack([part[upper], -part[lower]], format="csr")
    caps_left, floors_left = (caps - base) / steps, (floors - base) / steps
    right = np.r_[caps_left[upper], -floors_left[lower]] / scale
    return _LimitRows(kind, rows, right)


def _per_m2(values: Floats, space: Space) -> Floats:
    """Divide by the area of the unit (units without area have no edges and give 0)."""
    return np.divide(values, space.area, out=np.zeros_like(values), where=space.area > 0)


def _edge_rows(model: Model, space: Space, open_: Positions, move: Positions) -> tuple[Any, Floats]:
    """Difference of share across the open edges as a function of the pieces that move."""
    from scipy import sparse

    n, m = len(space.area), len(open_)
    a, b = space.a[open_], space.b[open_]
    at = np.arange(m)
    inverse = np.divide(1.0, space.area, out=np.zeros(n), where=space.area > 0)
    by_unit = sparse.csr_array(
        (np.r_[inverse[a], -inverse[b]], (np.r_[at, at], np.r_[a, b])), shape=(m, n)
    )
    to_unit = sparse.csr_array(
        (np.ones(len(move)), (model.unit[move], np.arange(len(move)))), shape=(n, len(move))
    )
    start = space.shares(model, model.least)
    return (by_unit @ to_unit).tocsr(), start[b] - start[a]


def make_whole(model: Model, amount: Floats, which: Sequence[int]) -> Ints | None:
    """Round a plan to whole square metres that keep every limit exactly.

    Each piece is rounded down or up; which of the two is chosen by the same exact method that
    solves plans without a boundary term, so the limits hold without a tolerance.

    Parameters
    ----------
    model : Model
        Bounds and groups.
    amount : float64 array
        A plan that keeps the limits up to the solver's tolerance, m2.
    which : sequence of int
        The groups that can bind.

    Returns
    -------
    int64 array or None
    """
    near = np.round(amount)
    amount = np.where(np.abs(amount - near) < 1e-3, near, amount)
    for slack in (0, 1, 10, 1000):
        low = np.clip(np.floor(amount).astype(np.int64) - slack, model.least, model.room)
        high = np.clip(np.ceil(amount).astype(np.int64) + slack, model.least, model.room)
        # One m2 more is wanted in proportion to what was cut off, less than one to stay sparse.
        rest = np.clip(amount - low, 0.0, slack + 1.0) / (slack + 1.0)
        worth = np.round(rest * (QUANTUM // 2)).astype(np.int64) + 1
        whole = _solve_box(model.with_box(low, high, worth), which)
        if whole is not None:
            return whole
    return None


def _solve_box(model: Model, which: Sequence[int]) -> Ints | None:
    shape = shape_of(model)
    if len(shape.trees) == 1:
        solved = nested.solve(model, shape.trees[0])
    elif shape.trees:
        solved = linear.solve_two_trees(model, which)
    else:
        mixed = linear.solve_mixed(model, which, gap=1e-6)
        return None if mixed is None else mixed[0]
    return None if solved is None else solved.new
