"""What shape the limits have: one tree, two crossing trees, or more.

A set of limits is one tree when any two of their sets of pieces are disjoint or one holds the
other. Only limits that can bind are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoning.allocation.model import Model
from zoning.base.areas import Floats, Ints

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Shape:
    """The limits that can bind, and the trees they fall into.

    Parameters
    ----------
    groups : tuple of int
        Positions in ``Model.groups`` of the limits that can bind.
    trees : tuple of tuple of int
        The same positions, split into trees; empty when more than two would be needed.
    """

    groups: tuple[int, ...]
    trees: tuple[tuple[int, ...], ...]


def close(model: Model) -> tuple[Model, tuple[int, ...]]:
    """Take the pieces of groups that allow nothing out of the question.

    Returns
    -------
    Model
        With their room at what must be built.
    tuple of int
        Those groups.
    """
    shut = tuple(k for k, g in enumerate(model.groups) if g.cap <= 0 and g.floor <= 0)
    if not shut:
        return model, shut
    room = model.room.copy()
    for k in shut:
        room[model.groups[k].members] = model.least[model.groups[k].members]
    return replace(model, room=room), shut


def _live(model: Model) -> list[int]:
    """List the groups that can bind at all."""
    live = []
    for k, group in enumerate(model.groups):
        most, fewest = group.amount(model.room), group.amount(model.least)
        if group.cap < most or group.floor > fewest:
            live.append(k)
    return live


def membership(model: Model, which: Sequence[int]) -> Any:
    """Give what each m2 of each piece counts in some groups (pieces x groups, scipy CSC, int64)."""
    from scipy import sparse

    rows = [model.groups[k].members for k in which]
    indptr = np.r_[0, np.cumsum([len(r) for r in rows])].astype(np.int64)
    indices = np.concatenate(rows) if rows else np.zeros(0, np.intp)
    counts = [
        np.ones(len(r), dtype=np.int64) if (w := model.groups[k].weights) is None else w
        for k, r in zip(which, rows, strict=True)
    ]
    data = np.concatenate(counts) if counts else np.zeros(0, np.int64)
    return sparse.csc_array((data, indices, indptr), shape=(len(model.codes), len(rows)))


def steps_of(model: Model, which: Sequence[int]) -> Floats:
    """Give the step of each group: a row is divided by it before a solver sees it."""
    return np.array([model.groups[k].step for k in which], dtype=np.float64)


def scaled(rows: Any, steps: Floats) -> Any:
    """Divide the rows of a sparse matrix by their steps."""
    from scipy import sparse

    return (sparse.diags_array(1.0 / steps) @ rows.astype(np.float64)).tocsr()


def weighted(model: Model) -> bool:
    """Say whether pieces count differently in a limit that can bind."""
    return any(model.groups[k].weights is not None for k in _live(model))


def shape_of(model: Model) -> Shape:
    """Find out whether one tree holds all limits, or two do.

    Parameters
    ----------
    model : Model
        After :func:`close`.

    Returns
    -------
    Shape
        Without trees where pieces count differently in a limit.
    """
    live = _live(model)
    if any(model.groups[k].weights is not None for k in live):
        return Shape(tuple(live), ())
    inter = _meeting(model, live)
    sizes = inter.diagonal()
    meet = inter.tocoo()
    crossing = (meet.row < meet.col) & (meet.data < sizes[meet.row]) & (meet.data < sizes[meet.col])
    trees = _two_trees(live, meet.row[crossing], meet.col[crossing])
    return Shape(tuple(live), trees)


def _meeting(model: Model, which: Sequence[int]) -> Any:
    """Count the movable pieces that two groups share."""
    matrix = membership(model, which)
    movable = (model.room > model.least).astype(np.int64)
    return (matrix.T @ (matrix * movable[:, None])).tocsr()


def _two_trees(
    live: list[int], first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]
) -> tuple[tuple[int, ...], ...]:
    """Split crossing groups between two trees, if that can be done (bipartite colouring)."""
    if not len(first):
        return (tuple(live),)
    neighbours: dict[int, list[int]] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    colour = dict.fromkeys((k for k in range(len(live)) if k not in neighbours), 0)
    for start in sorted(neighbours):
        if start in colour:
            continue
        colour[start], queue = 0, [start]
        while queue:
            a = queue.pop()
            for b in neighbours[a]:
                if b not in colour:
                    colour[b] = 1 - colour[a]
                    queue.append(b)
                elif colour[b] == colour[a]:
                    return ()
    return tuple(tuple(live[k] for k in sorted(colour) if colour[k] == c) for c in (0, 1))


class Level(NamedTuple):
    """Disjoint groups: per piece its group (-1: none), per group what its movable land may be."""

    codes: Codes
    floors: Ints
    caps: Ints
    groups: tuple[int, ...]


def _int64(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def levels_of(model: Model, tree: Sequence[int]) -> list[Level]:
    """Lay a tree of groups out as levels, finest first.

    Returns
    -------
    list of Level
    """
    if not tree:
        return []
    inter = _meeting(model, tree)
    sizes = inter.diagonal()
    order = sorted(range(len(tree)), key=lambda k: (sizes[k], k))
    height = np.zeros(len(tree), dtype=np.int64)
    place = np.argsort(order)
    for k in order:
        row = inter[[k]].tocoo()
        inside = row.col[(place[row.col] < place[k]) & (row.data > 0)]
        if len(inside):
            height[k] = height[inside].max() + 1
    movable = model.room > model.least
    levels = []
    for h in range(int(height.max()) + 1):
        ks = [k for k in range(len(tree)) if height[k] == h]
        codes = np.full(len(model.codes), -1, dtype=np.intp)
        floors, caps = [], []
        for position, k in enumerate(ks):
            group = model.groups[tree[k]]
            can_move = movable[group.members]
            codes[group.members[can_move]] = position
            fixed = int(model.least[group.members[~can_move]].sum())
            floors.append(group.floor - fixed)
            caps.append(group.cap - fixed)
        levels.append(Level(codes, _int64(floors), _int64(caps), tuple(tree[k] for k in ks)))
    return levels
