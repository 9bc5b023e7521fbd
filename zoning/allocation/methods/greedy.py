"""Improving a choice of whole units step by step: add, take away, exchange."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from zoning.allocation.methods.blocks import Blocks, Bools
from zoning.allocation.model import sum_by
from zoning.base.areas import Floats


def fill(
    blocks: Blocks, z: Bools, candidates: Bools, prices: Floats, beside: Bools | None = None
) -> Bools:
    """Add units one by one, the dearest gain per price first, while the limits hold.

    Parameters
    ----------
    blocks : Blocks
        The question.
    z : bool array
        A choice that keeps the caps.
    candidates : bool array
        Nodes that may be added.
    prices : float64 array
        Price of land under each row, to weigh a gain against the land it takes.
    beside : bool array, optional
        Nodes that touch what is built; then only such nodes are added, and their neighbours after
        them.

    Returns
    -------
    bool array
    """
    z = z.copy()
    used = blocks.rows @ z.astype(np.float64)
    left = blocks.upper - used
    columns = blocks.rows.tocsc()
    near, weight, start = _neighbours(blocks)
    cost = blocks.rows.T @ prices

    def gain(i: int) -> float:
        part = slice(start[i], start[i + 1])
        same = z[near[part]]
        return float(blocks.gain[i] + np.where(same, weight[part], -weight[part]).sum())

    first = candidates & ~z if beside is None else candidates & ~z & beside
    heap = [(cost[i] - gain(i), i) for i in np.flatnonzero(first).tolist()]
    heapq.heapify(heap)
    while heap:
        key, i = heapq.heappop(heap)
        now = cost[i] - gain(i)
        if z[i] or gain(i) <= 0:
            continue
        if now > key + 1e-9:
            heapq.heappush(heap, (now, i))
            continue
        part = slice(columns.indptr[i], columns.indptr[i + 1])
        rows, land = columns.indices[part], columns.data[part]
        if (land > left[rows]).any():
            continue
        z[i] = True
        left[rows] -= land
        for j in near[start[i] : start[i + 1]].tolist():
            if candidates[j] and not z[j]:
                heapq.heappush(heap, (cost[j] - gain(j), j))
    return z


def _neighbours(blocks: Blocks) -> tuple[Any, Floats, Any]:
    """Adjacency as (neighbours, weights, start of each node)."""
    here = np.r_[blocks.a, blocks.b]
    order = np.argsort(here, kind="stable")
    near = np.r_[blocks.b, blocks.a][order]
    weight = np.r_[blocks.weight, blocks.weight][order]
    return near, weight, np.searchsorted(here[order], np.arange(len(blocks.gain) + 1))


def swap(blocks: Blocks, z: Bools, prices: Floats, *, most: int = 1000, rounds: int = 25) -> Bools:
    """Exchange one unit for another while that gains, to use up what filling left over.

    Parameters
    ----------
    blocks : Blocks
        The question.
    z : bool array
        A choice that keeps the caps.
    prices : float64 array
        Price of land under each row: only units that are about worth their price are tried.
    most, rounds : int
        How many units of each side are tried, and how often (our choice).

    Returns
    -------
    bool array
    """
    z = z.copy()
    columns = blocks.rows.tocsc()
    cost = blocks.rows.T @ prices
    for _ in range(rounds):
        same = np.where(z[blocks.a] == z[blocks.b], 1.0, -1.0) * blocks.weight
        n = len(z)
        # What taking the unit's other state would change: its own gain and its edges.
        turn = np.where(z, -blocks.gain, blocks.gain)
        turn -= sum_by(blocks.a, same, n) + sum_by(blocks.b, same, n)
        loss = np.where(z, -cost, cost) - turn
        out, add = (_least(loss, which, most) for which in (z, ~z))
        left = blocks.upper - blocks.rows @ z.astype(np.float64)
        fits = np.ones((len(out), len(add)), dtype=bool)
        given, taken = (columns[:, k].toarray() for k in (out, add))
        for row in range(len(left)):
            fits &= taken[row][None, :] - given[row][:, None] <= left[row]
        change = np.where(fits, turn[out][:, None] + turn[add][None, :], -np.inf)
        if not change.size or change.max() <= 1e-6:
            break
        i, j = np.unravel_index(int(change.argmax()), change.shape)
        other = z.copy()
        other[out[i]], other[add[j]] = False, True
        # Two neighbours share an edge, so look at the true value before taking the step.
        if blocks.value(other) <= blocks.value(z) or not blocks.fits(other):
            break
        z = other
    return z


def _least(loss: Floats, which: Bools, most: int) -> Any:
    at = np.flatnonzero(which)
    return at[np.argsort(loss[at], kind="stable")[:most]] if len(at) else at


def drain(blocks: Blocks, z: Bools, candidates: Bools, prices: Floats) -> Bools:
    """Take units away one by one, the least loss less price first, until the caps hold.

    Parameters
    ----------
    blocks : Blocks
        The question.
    z : bool array
        A choice that may break the caps.
    candidates : bool array
        Nodes that may be taken away.
    prices : float64 array
        Price of land under each row.

    Returns
    -------
    bool array
        Keeps the caps, unless the candidates did not suffice.
    """
    z = z.copy()
    left = blocks.upper - blocks.rows @ z.astype(np.float64)
    columns = blocks.rows.tocsc()
    near, weight, start = _neighbours(blocks)
    cost = blocks.rows.T @ prices

    def loss(i: int) -> float:
        part = slice(start[i], start[i + 1])
        same = z[near[part]]
        edges = np.where(same, weight[part], -weight[part]).sum()
        return float(blocks.gain[i] + edges - cost[i])

    heap = [(loss(i), i) for i in np.flatnonzero(candidates & z).tolist()]
    heapq.heapify(heap)
    while heap and (left < 0).any():
        # A loss only falls as neighbours go, and is pushed again when it does.
        _, i = heapq.heappop(heap)
        if not z[i]:
            continue
        part = slice(columns.indptr[i], columns.indptr[i + 1])
        rows, land = columns.indices[part], columns.data[part]
        if not (left[rows] < 0).any():
            continue
        z[i] = False
        left[rows] += land
        for j in near[start[i] : start[i + 1]].tolist():
            if candidates[j] and z[j]:
                heapq.heappush(heap, (loss(j), j))
    return z
