"""Whole units by minimum cuts: for given prices of land the best choice is a cut.

For one cap the choices are nested in its price, so the price is found by Newton steps on the upper
envelope of lines (value less price x land), and what two prices agree on leaves the question. For
several limits the prices are found by cutting planes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from zoning.allocation.methods.blocks import Blocks, Bools
from zoning.allocation.model import sum_by
from zoning.base.areas import Floats, Ints

_INT32 = float(2**30)


class Cut(NamedTuple):
    """The best choice for given gains: the largest one among equals, and the flow of the edges."""

    z: Bools
    flow: Floats


def min_cut(gain: Floats, a: Any, b: Any, weight: Floats) -> Cut:
    """Maximise ``gain z - sum weight abs(z_a - z_b)`` over z in {0, 1}.

    Parameters
    ----------
    gain : float64 array, shape (nodes,)
    a, b : intp array, shape (edges,)
    weight : float64 array, shape (edges,)
        Not negative.

    Returns
    -------
    Cut
        The flow proves the optimum: ``sum max(0, gain - net flow)`` equals the objective, up to
        the rounding of capacities to 30 bits.

    References
    ----------
    L. R. Ford and D. R. Fulkerson, Flows in Networks, 1962; D. M. Greig, B. T. Porteous and
    A. H. Seheult, Journal of the Royal Statistical Society B 51(2), 1989.

    Examples
    --------
    >>> cut = min_cut(np.array([3.0, -1.0, -9.0]), np.array([0, 1]), np.array([1, 2]),
    ...               np.array([2.0, 0.5]))
    >>> cut.z.tolist()
    [True, True, False]
    """
    n, m = len(gain), len(weight)
    if not m or not weight.max(initial=0.0) > 0:
        return Cut(gain >= 0, np.zeros(m))
    around = sum_by(a, weight, n) + sum_by(b, weight, n)
    scale = (_INT32 - 8) / max(float(weight.max()), float(around.max()))
    w = np.floor(weight * scale).astype(np.int64)
    # A gain beyond all edges of the node decides it; more would only overflow.
    limit = sum_by(a, w, n) + sum_by(b, w, n) + 1
    g = np.clip(np.rint(gain * scale), -limit, limit).astype(np.int64)
    flow, keeps = push(np.maximum(g, 0), np.maximum(-g, 0), a, b, w, w)
    return Cut(keeps, flow / scale)


def push(supply: Ints, demand: Ints, a: Any, b: Any, forth: Ints, back: Ints) -> tuple[Ints, Bools]:
    """Send as much as can be sent from nodes with supply to nodes with demand.

    Parameters
    ----------
    supply, demand : int64 array, shape (nodes,)
        Not negative, below 2**31; never both above 0 at one node.
    a, b : intp array, shape (edges,)
        Ends of each edge; no edge twice.
    forth, back : int64 array, shape (edges,)
        What may go from ``a`` to ``b`` and from ``b`` to ``a``, below 2**31.

    Returns
    -------
    int64 array, shape (edges,)
        Flow from ``a`` to ``b``.
    bool array, shape (nodes,)
        Nodes that can no longer reach an unmet demand: the largest side of a minimum cut.

    Examples
    --------
    >>> push(np.array([5, 0]), np.array([0, 3]), np.array([0]), np.array([1]), np.array([9]),
    ...      np.array([9]))[0].tolist()
    [3]
    """
    from scipy import sparse
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n, m = len(supply), len(forth)
    # Each node hangs on the source or on the sink; every arc has its reverse.
    source, sink, nodes = n, n + 1, np.arange(n)
    gives = supply > 0
    tail, head = np.where(gives, source, nodes), np.where(gives, nodes, sink)
    start = np.concatenate([a, b, tail, head])
    end = np.concatenate([b, a, head, tail])
    hang = np.where(gives, supply, demand)
    capacity = np.concatenate([forth, back, hang, np.zeros(n, dtype=np.int64)]).astype(np.int32)
    number = np.arange(1, len(start) + 1, dtype=np.int32)
    arcs = sparse.coo_array((number, (start, end)), shape=(n + 2, n + 2)).tocsr()
    arcs.sort_indices()
    order = arcs.data - 1
    graph = sparse.csr_array((capacity[order], arcs.indices, arcs.indptr), shape=(n + 2, n + 2))
    # SciPy before 1.15 insists on 32-bit positions.
    graph.indices, graph.indptr = (x.astype(np.int32) for x in (graph.indices, graph.indptr))
    flow = maximum_flow(graph, source, sink).flow
    if flow.nnz != graph.nnz:
        raise RuntimeError("the flow has another pattern than the graph")
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    can = (graph.data - flow.data.astype(np.int64) > 0).astype(np.int8)
    # Backwards from the sink: whatever cannot reach it any more is chosen (the largest choice).
    backward = sparse.csr_array((can, graph.indices, graph.indptr), shape=graph.shape).T.tocsr()
    backward.eliminate_zeros()
    reached = breadth_first_order(backward, sink, return_predecessors=False)
    keeps = np.ones(n + 2, dtype=bool)
    keeps[reached] = False
    return flow.data[place[:m]].astype(np.int64), keeps[:n]


class Priced(NamedTuple):
    """Prices per row, the best choices below and above the caps, and flows of the open edges."""

    prices: Floats
    low: Bools
    high: Bools
    flow: Floats
    cuts: int


#: Steps away from the first guess until the price is bracketed, then its ends.
_WIDEN = (1.02, 1.1, 1.5, 4.0)


def price_of_one_cap(blocks: Blocks) -> Priced:
    """Find the price of a single cap by Newton steps with nested contraction.

    Parameters
    ----------
    blocks : Blocks
        With one row that holds land of every node, and a cap of at least 0.

    Returns
    -------
    Priced
        ``low`` keeps the cap, ``high`` does not (unless the price is 0, where both are the free
        optimum); both are best choices at the price.
    """
    land = np.asarray(blocks.rows.todense()).ravel()
    search = _Search(blocks, land, float(blocks.upper[0]))
    mu, tried = search.guess(), set[float]()
    while mu not in tried and len(tried) < _MOST_STEPS:
        tried.add(mu)
        search.step(mu)
        mu = search.next_price()
    cut = min_cut(blocks.gain - mu * land, blocks.a, blocks.b, blocks.weight)
    return Priced(np.array([mu]), search.low, search.high, cut.flow, search.cuts + 1)


_MOST_STEPS = 60


class _Search:
    """Bracket of the price: the choice below the cap, the choice above it, and what they share.

    What both choices agree on is settled for every price between theirs, so only the rest, the
    ``open`` nodes, is kept as a question.
    """

    def __init__(self, blocks: Blocks, land: Floats, cap: float):
        self.part, self.land, self.left = blocks, land, cap
        self.open = np.arange(len(land))
        self.low = np.zeros(len(land), dtype=bool)
        self.high = np.ones(len(land), dtype=bool)
        self.has_low = self.has_high = False
        self.first = self.tried = 0.0
        self.cuts = 0

    def guess(self) -> float:
        """Price at which the cap would be met without a boundary."""
        per_m2 = self.part.gain / self.land
        order = np.argsort(-per_m2, kind="stable")
        k = int(np.searchsorted(np.cumsum(self.land[order]), self.left, side="right"))
        self.first = max(0.0, float(per_m2[order[k]])) if k < len(order) else 0.0
        return self.first

    def step(self, mu: float) -> None:
        """Choose among the open nodes at a price and narrow the bracket."""
        self.cuts += 1
        part, self.tried = self.part, mu
        z = min_cut(part.gain - mu * self.land, part.a, part.b, part.weight).z
        if float(self.land[z].sum()) > self.left:
            self.has_high = True
            self._settle(z, z)
        else:
            self.has_low = True
            if mu == 0.0:
                # Land costs nothing and the cap still holds: this is the free optimum.
                self.has_high = True
                self._settle(np.zeros_like(z), z)
            else:
                self._settle(~z, z)

    def _settle(self, still_open: Bools, z: Bools) -> None:
        """Fix the nodes that both ends of the bracket now agree on."""
        self.low[self.open] = self.high[self.open] = z
        self.open = self.open[still_open]
        self.low[self.open], self.high[self.open] = False, True
        self.left -= float(self.land[z & ~still_open].sum())
        self.part = self.part.fixed(still_open, z & ~still_open)
        self.land = self.land[still_open]

    def next_price(self) -> float:
        """Where the two known choices are worth the same; outwards while one is missing."""
        if self.has_low and self.has_high:
            more = float(self.land.sum())
            if more <= 0:
                return self.tried
            # All open nodes chosen against none: their boundary with each other drops out.
            return float(self.part.gain.sum()) / more
        k = self.cuts - 1
        if self.has_low:
            return self.first / _WIDEN[k] if k < len(_WIDEN) else 0.0
        if k < len(_WIDEN) and self.first > 0:
            return self.first * _WIDEN[k]
        # At an endless price nothing is chosen: a line through the empty choice is a valid step.
        self.has_low = True
        return self.next_price()


def prices_of_rows(blocks: Blocks, *, most_cuts: int = 300, tolerance: float = 1e-7) -> Priced:
    """Find prices for any set of limits by cutting planes (Kelley), damped towards the best known.

    Parameters
    ----------
    blocks : Blocks
        The question.
    most_cuts : int
        Where to stop; the prices are valid at any time, only the bound is weaker.
    tolerance : float
        Relative distance to the best possible bound at which to stop.

    Returns
    -------
    Priced
        ``low`` is the best choice found that keeps all rows (empty if there is none).
    """
    from scipy.optimize import linprog

    caps = np.flatnonzero(blocks.upper < blocks.rows.sum(axis=1))
    floors = np.flatnonzero(blocks.lower > 0)
    cost = np.r_[blocks.upper[caps], -blocks.lower[floors]]
    signs = np.r_[np.ones(len(caps)), -np.ones(len(floors))]
    at = np.r_[caps, floors]
    rows = blocks.rows[at]
    best, best_y = np.inf, np.zeros(len(at))
    z = np.zeros(len(blocks.gain), dtype=bool)
    low, y, planes, right, cuts = z, best_y, [], [], 0
    while cuts < most_cuts:
        z, _ = min_cut(blocks.gain - rows.T @ (signs * y), blocks.a, blocks.b, blocks.weight)
        cuts += 1
        used = signs * (rows @ z.astype(np.float64))
        value = blocks.value(z)
        bound = value + float(y @ (cost - used))
        if bound < best:
            best, best_y = bound, y
        if blocks.fits(z) and (not blocks.fits(low) or value > blocks.value(low)):
            low = z
        planes.append(np.r_[-1.0, -used])
        right.append(-value)
        master = linprog(
            np.r_[1.0, cost],
            A_ub=np.array(planes),
            b_ub=np.array(right),
            bounds=[(None, None)] + [(0.0, _MOST_PRICE)] * len(at),
            method="highs-ds",
        )
        if master.x is None or best - master.fun <= tolerance * max(1.0, abs(best)):
            break
        y = 0.5 * best_y + 0.5 * master.x[1:] if cuts > 1 else master.x[1:]
    cut = min_cut(blocks.gain - rows.T @ (signs * best_y), blocks.a, blocks.b, blocks.weight)
    prices = np.zeros(blocks.rows.shape[0])
    np.add.at(prices, at, signs * best_y)
    return Priced(prices, low, cut.z, cut.flow, cuts + 1)


#: No price of land can usefully exceed this (suitability is at most 1; floors may add to it).
_MOST_PRICE = 50.0
