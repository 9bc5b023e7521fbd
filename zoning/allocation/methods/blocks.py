"""Whole units: the question as binary nodes, edges between them and rows over them.

A node is a unit whose free land is built as a whole or not at all. Its neighbours are other nodes,
units that count as chosen whatever happens (cores, locked in), or units that never are. Edges to
the last two are linear and move into the node's gain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.allocation.model import QUANTUM, Model, sum_by
from zoning.allocation.space import Positions, Space
from zoning.allocation.structure import membership, scaled, shape_of, steps_of
from zoning.base.areas import Floats, Ints

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks:
    """Choose z in {0, 1} per node: maximise gain z - sum weight abs(z_a - z_b) + constant.

    Parameters
    ----------
    unit : intp array, shape (nodes,)
        Unit of each node.
    gain : float64 array, shape (nodes,)
        Suitability-m2 of building the node, less the boundary to fixed neighbours.
    rows : scipy CSR, shape (rows, nodes), float64
        New land of each node under each limit, m2.
    lower, upper : float64 array, shape (rows,)
        What is left under the limits once the locked land is built.
    groups : tuple of int
        The limit group of each row.
    a, b : intp array, shape (edges,)
        Nodes of each open edge.
    weight : float64 array, shape (edges,)
    edge : intp array, shape (edges,)
        Position of the open edge in the space's edges.
    constant : float
        Worth of locked land less the boundary between fixed units.
    flow : float64 array, shape (all edges of the space,)
        Flow of edges that are not open.
    least : int64 array, shape (pieces,)
        What is built in any case.
    """

    unit: Positions
    gain: Floats
    rows: Any
    lower: Floats
    upper: Floats
    groups: tuple[int, ...]
    a: Positions
    b: Positions
    weight: Floats
    edge: Positions
    constant: float
    flow: Floats
    least: Ints

    def value(self, z: Bools) -> float:
        """Give the objective of a choice, in suitability-m2."""
        cut = self.weight[z[self.a] != z[self.b]].sum()
        return float(self.gain[z].sum() - cut + self.constant)

    def fits(self, z: Bools) -> bool:
        """Say whether a choice keeps every row."""
        used = self.rows @ z.astype(np.float64)
        return bool((used <= self.upper).all() and (used >= self.lower).all())

    def new(self, model: Model, z: Bools) -> Ints:
        """Give the land of every piece under a choice."""
        chosen = np.zeros(len(model.units), dtype=bool)
        chosen[self.unit[z]] = True
        return np.where(chosen[model.unit], model.room, self.least)

    def fixed(self, free: Bools, z: Bools) -> Blocks:
        """Give the smaller question in which all but the ``free`` nodes keep their value in z."""
        place = np.cumsum(free) - 1
        keep = free[self.a] & free[self.b]
        gain = self.gain.copy()
        for here, there in ((self.a, self.b), (self.b, self.a)):
            half = free[here] & ~free[there]
            sign = np.where(z[there[half]], 1.0, -1.0)
            np.add.at(gain, here[half], sign * self.weight[half])
        set_ = ~free & z
        used = self.rows @ set_.astype(np.float64)
        base = self.value(set_)
        return replace(
            self,
            unit=self.unit[free],
            gain=gain[free],
            rows=self.rows[:, np.flatnonzero(free)],
            lower=self.lower - used,
            upper=self.upper - used,
            a=place[self.a[keep]],
            b=place[self.b[keep]],
            weight=self.weight[keep],
            edge=self.edge[keep],
            constant=base,
        )


def make_blocks(model: Model, space: Space, core_share: float) -> Blocks:
    """Write the choice of whole units.

    Parameters
    ----------
    model : Model
        After :func:`zoning.allocation.structure.close`.
    space : Space
        Neighbours, with weights.
    core_share : float
        Units built above this share count as chosen for the boundary.

    Returns
    -------
    Blocks
    """
    n = len(model.units)
    must = sum_by(model.unit, model.least, n) > 0
    can = (sum_by(model.unit, model.room, n) > 0) & ~must
    core = space.built > core_share * space.area
    least = np.where(must[model.unit], model.room, 0)
    gain = sum_by(model.unit, model.worth / QUANTUM * model.room, n)
    constant = float(gain[must].sum())
    # Value of a unit's place in the boundary: 1, 0, or open (a node that is no core).
    place = np.where(core | must, 1.0, 0.0)
    open_ = can & ~core
    gain, flow, base = _linear_edges(space, gain, place, open_)
    unit = np.flatnonzero(can)
    node = np.full(n, -1, dtype=np.intp)
    node[unit] = np.arange(len(unit))
    edge = np.flatnonzero(open_[space.a] & open_[space.b])
    which = shape_of(model).groups
    rows, lower, upper = _rows(model, which, least, unit)
    return Blocks(
        unit=unit,
        gain=gain[unit],
        rows=rows,
        lower=lower,
        upper=upper,
        groups=which,
        a=node[space.a[edge]],
        b=node[space.b[edge]],
        weight=space.weight[edge],
        edge=edge,
        constant=constant - base,
        flow=flow,
        least=least,
    )


def _linear_edges(
    space: Space, gain: Floats, place: Floats, open_: Bools
) -> tuple[Floats, Floats, float]:
    """Move edges to fixed units into the gain; give their flow and the fixed boundary."""
    gain = gain.copy()
    flow = np.zeros(len(space.weight))
    base = 0.0
    for here, there, sign in ((space.a, space.b, 1.0), (space.b, space.a, -1.0)):
        half = open_[here] & ~open_[there]
        towards = 2 * place[there[half]] - 1  # +1 beside a chosen unit, -1 beside an empty one
        np.add.at(gain, here[half], towards * space.weight[half])
        flow[half] = -sign * towards * space.weight[half]
        base += float((place[there[half]] * space.weight[half]).sum())
    none = ~open_[space.a] & ~open_[space.b]
    step = (place[space.a] - place[space.b])[none]
    flow[none] = step * space.weight[none]
    return gain, flow, base + float((np.abs(step) * space.weight[none]).sum())


def _rows(
    model: Model, which: tuple[int, ...], least: Ints, unit: Positions
) -> tuple[Any, Floats, Floats]:
    """Add up the land of each node under each limit, and what is left under the limits."""
    from scipy import sparse

    matrix = membership(model, which).T.tocsr()
    to_unit = sparse.csr_array(
        (model.room, (np.arange(len(model.room)), model.unit)),
        shape=(len(model.room), len(model.units)),
    )
    rows = (matrix @ to_unit).tocsc()[:, unit].tocsr().astype(np.float64)
    used = matrix @ least
    lower = np.array([model.groups[k].floor for k in which], dtype=np.float64) - used
    upper = np.array([model.groups[k].cap for k in which], dtype=np.float64) - used
    steps = steps_of(model, which)
    return scaled(rows, steps), lower / steps, upper / steps
