"""The exact problem as a plain mathematical programme, for files and for other solvers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.allocation.proof.bounded import Boundary
from zoning.allocation.proof.certificate import Reading, read
from zoning.allocation.stages import stages_of
from zoning.base.areas import Floats
from zoning.capacity.rules import Limit, Lock

_M_PER_KM = 1000.0


@dataclass(frozen=True)
class Programme:
    """Minimise ``cost x + constant`` with ``low <= A x <= high``, ``lower <= x <= upper``.

    Parameters
    ----------
    columns, rows : tuple of str
        Short names without blanks.
    meaning : dict of str to str
        What the names stand for: piece or unit codes, limits.
    cost, lower, upper : float64 array, shape (columns,)
    whole : bool array, shape (columns,)
        Columns that must be whole numbers.
    matrix : scipy CSR, shape (rows, columns)
    low, high : float64 array, shape (rows,)
    constant : float
    """

    columns: tuple[str, ...]
    rows: tuple[str, ...]
    meaning: dict[str, str]
    cost: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    matrix: Any
    low: Floats
    high: Floats
    constant: float


def programme(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock] = (),
    how: Boundary | None = None,
) -> Programme:
    """Write the question out from the tables.

    Columns are the new land ``x`` of each piece in m2 (or the choice ``z`` of each unit), then the
    difference ``d`` across each edge. The objective is the boundary cost less suitability, in
    suitability-m2, to be minimised.

    Parameters
    ----------
    pieces, limits, locks
        As for :func:`zoning.allocation.allocate`.
    how : Boundary, optional
        Neighbours and weight; without it there is no boundary and land is built in fractions.

    Returns
    -------
    Programme

    Examples
    --------
    >>> table = pd.DataFrame({"unit": ["a"], "free_m2": [5], "suitability": [0.5]}, index=["a|t"])
    >>> p = programme(table, [Limit("city", "city", cap_m2=3)])
    >>> p.columns, p.cost.tolist(), p.high.tolist()
    (('x1',), [-0.5], [3.0])
    """
    stages = stages_of(pieces, limits, locks)
    if stages is not None:
        # The rows hold what is kept as worth; the plan's own worth is less by what may go.
        return _less(programme(stages.rows, stages.limits, locks, how), stages.constant)
    table = pieces.sort_index(kind="stable")
    at = read(table, limits, locks)
    if how is not None and how.whole:
        return _whole(table, at, limits, how)
    return _fractions(table, at, limits, how)


def _less(made: Programme, constant: float) -> Programme:
    """Take a constant off the worth by a column that is always 1.

    Solvers read a constant of the objective in MPS with either sign, or not at all.
    """
    from scipy import sparse

    if not constant:
        return made
    empty = sparse.csr_array((made.matrix.shape[0], 1))
    return replace(
        made, columns=(*made.columns, "one"),
        meaning={**made.meaning, "one": "1, times the worth of all land that may go"},
        cost=np.r_[made.cost, constant], lower=np.r_[made.lower, 1.0],
        upper=np.r_[made.upper, 1.0], whole=np.r_[made.whole, False],
        matrix=sparse.hstack([made.matrix, empty], format="csr"),
    )  # fmt: skip


def _limit_rows(
    at: Reading, limits: Sequence[Limit], weights: Floats
) -> tuple[list[str], dict[str, str], list[Floats], list[float], list[float]]:
    names, meaning, rows, low, high = [], {}, [], [], []
    for k, limit in enumerate(limits):
        if limit.cap_m2 is None and limit.floor_m2 <= 0:
            continue
        floor = float(limit.floor_m2) if limit.floor_m2 > 0 else -np.inf
        cap = np.inf if limit.cap_m2 is None else float(limit.cap_m2)
        sides = [(f"L{k + 1}", floor, cap)]
        if floor > cap:  # a range of MPS has no sign, so a floor above its cap is a row of its own
            sides = [(f"L{k + 1}", -np.inf, cap), (f"L{k + 1}f", floor, np.inf)]
        for name, least, most in sides:
            names.append(name)
            meaning[name] = f"{limit.kind} {limit.code}"
            rows.append(at.counts(k) * weights)
            low.append(least)
            high.append(most)
    return names, meaning, rows, low, high


def _fractions(
    table: pd.DataFrame, at: Reading, limits: Sequence[Limit], how: Boundary | None
) -> Programme:
    from scipy import sparse

    n = len(table)
    names, meaning, rows, low, high = _limit_rows(at, limits, np.ones(n))
    columns = [f"x{k + 1}" for k in range(n)]
    meaning |= dict(zip(columns, map(str, table.index), strict=True))
    matrix = sparse.csr_array(np.array(rows).reshape(len(rows), n))
    if at.bundle is not None and at.must is not None:
        own = np.flatnonzero(at.bundle >= 0)
        bundles = sparse.csr_array(
            (np.ones(len(own)), (at.bundle[own], own)), shape=(len(at.must), n)
        )
        room = np.zeros(len(at.must))
        np.maximum.at(room, at.bundle[own], at.most[own])
        matrix = sparse.vstack([matrix, bundles], format="csr")
        names += [f"B{k + 1}" for k in range(len(at.must))]
        low += np.where(at.must, room, -np.inf).tolist()
        high += room.tolist()
    cost, lower, upper = -at.worth / 1e9, at.least.astype(float), at.most.astype(float)
    if how is not None:
        unit, codes = pd.factorize(table["unit"], sort=True)
        area = _sum(unit, table["area_m2"].to_numpy(float))
        built = _sum(unit, table["built_m2"].to_numpy(float))
        a, b, weight = _edges(pd.Index(codes), area, how)
        inverse = np.divide(1.0, area, out=np.zeros(len(area)), where=area > 0)
        to_unit = sparse.csr_array((inverse[unit], (unit, np.arange(n))), shape=(len(area), n))
        step = _steps(a, b, len(area)) @ to_unit
        start = built * inverse
        return _with_edges(
            Programme(tuple(columns), tuple(names), meaning, cost, lower, upper,
                      np.zeros(n, dtype=bool), matrix, np.array(low), np.array(high), 0.0),
            step, start[b] - start[a], weight,
        )  # fmt: skip
    return Programme(
        tuple(columns), tuple(names), meaning, cost, lower, upper,
        np.zeros(n, dtype=bool), matrix, np.array(low), np.array(high), 0.0,
    )  # fmt: skip


def _whole(table: pd.DataFrame, at: Reading, limits: Sequence[Limit], how: Boundary) -> Programme:
    """Two columns per unit: ``z`` builds it, ``c`` counts it as chosen (fixed to 1 for cores)."""
    from scipy import sparse

    unit, codes = pd.factorize(table["unit"], sort=True)
    n = len(codes)
    area = _sum(unit, table["area_m2"].to_numpy(float))
    built = _sum(unit, table["built_m2"].to_numpy(float))
    most = at.most.astype(float)
    names, meaning, rows, low, high = _limit_rows(at, limits, most)
    by_unit = np.array([_sum(unit, r) for r in rows])
    columns = [f"z{k + 1}" for k in range(n)]
    meaning |= dict(zip(columns, map(str, codes), strict=True))
    can = _sum(unit, most) > 0
    must = _sum(unit, at.least) > 0
    core = built > how.core_share * area
    a, b, weight = _edges(pd.Index(codes), area, how)
    # A core counts as 1 in the boundary whatever its own choice is.
    step = _steps(a, b, n) * np.where(core, 0.0, 1.0)[None, :]
    start = core.astype(float)
    gain = _sum(unit, at.worth / 1e9 * most)
    base = Programme(
        tuple(columns), tuple(names), meaning, -gain, must.astype(float), can.astype(float),
        np.ones(n, dtype=bool), sparse.csr_array(by_unit.reshape(len(rows), n)),
        np.array(low), np.array(high), 0.0,
    )  # fmt: skip
    return _with_edges(base, step.tocsr(), start[b] - start[a], weight)


def _sum(unit: Any, values: Any) -> Floats:
    return np.bincount(unit, weights=np.asarray(values, dtype=np.float64)).astype(np.float64)


def _edges(codes: pd.Index, area: Floats, how: Boundary) -> tuple[Any, Any, Floats]:
    a, b = (codes.get_indexer(how.edges[c]) for c in ("a", "b"))
    real = (a >= 0) & (b >= 0)
    real[real] = (area[a[real]] > 0) & (area[b[real]] > 0)
    weight = how.edges["length_m"].to_numpy(float)[real] * (how.lambda_km * _M_PER_KM)
    return a[real], b[real], weight


def _steps(a: Any, b: Any, n: int) -> Any:
    from scipy import sparse

    at = np.arange(len(a))
    ends = (np.r_[np.ones(len(a)), -np.ones(len(a))], (np.r_[at, at], np.r_[a, b]))
    return sparse.csr_array(ends, shape=(len(a), n))


def _with_edges(base: Programme, step: Any, right: Floats, weight: Floats) -> Programme:
    """Add ``d >= step`` and ``d >= -step`` for every edge with a weight."""
    from scipy import sparse

    keep = weight > 0
    step, right, weight = step[np.flatnonzero(keep)], right[keep], weight[keep]
    m = len(weight)
    eye = sparse.eye_array(m)
    matrix = sparse.vstack(
        [
            sparse.hstack([base.matrix, sparse.csr_array((len(base.rows), m))]),
            sparse.hstack([step, -eye]),
            sparse.hstack([-step, -eye]),
        ],
        format="csr",
    )
    edges = [f"d{k + 1}" for k in range(m)]
    both = [f"E{k + 1}{side}" for side in "pm" for k in range(m)]
    return Programme(
        (*base.columns, *edges),
        (*base.rows, *both),
        base.meaning,
        np.r_[base.cost, weight],
        np.r_[base.lower, np.zeros(m)],
        np.r_[base.upper, np.full(m, np.inf)],
        np.r_[base.whole, np.zeros(m, dtype=bool)],
        matrix,
        np.r_[base.low, np.full(2 * m, -np.inf)],
        np.r_[base.high, right, -right],
        base.constant,
    )
