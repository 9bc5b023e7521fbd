"""Limits that form one tree: the optimum by merging and cutting, without a solver.

Going up the tree, each group keeps two lists of its land, best first: what it must build to meet
the floors below, and what it may build. A floor moves the best of the second list to the first; a
cap cuts the worst of the second list off. What is cut is in no optimum that the levels above could
want, because the sets of buildable amounts are nested (a polymatroid with floors), so the greedy
order is exact. The proof stands in ``docs/allocation.md``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zoning.allocation.model import Model
from zoning.allocation.structure import Level, levels_of
from zoning.base.areas import Ints

_NONE = np.iinfo(np.int64).min
_ALL = np.iinfo(np.int64).max


class Solved(NamedTuple):
    """New land per piece, and the price of each group in steps of 1e-9 per m2."""

    new: Ints
    prices: dict[int, int]


def solve(model: Model, tree: tuple[int, ...]) -> Solved | None:
    """Find the optimum under one tree of limits.

    Parameters
    ----------
    model : Model
        After :func:`zoning.allocation.structure.close`.
    tree : tuple of int
        The groups that can bind, no two of them crossing.

    Returns
    -------
    Solved or None
        ``None`` if floors, caps and locks contradict each other. Equal worth is served in the
        order of the codes.

    References
    ----------
    Optimisation over laminar families: A. Federgruen and H. Groenevelt, Operations Research 34(6),
    1986; K. Murota, Discrete Convex Analysis, 2003.
    """
    levels = levels_of(model, tree)
    movable = np.flatnonzero(model.room > model.least)
    order = movable[np.argsort(-model.worth[movable], kind="stable")]
    may = (model.room - model.least)[order]
    must = np.zeros_like(may)
    least = model.least[order]
    for level in levels:
        if not _cut(level, order, least, may, must):
            return None
    take = must + np.where(model.worth[order] > 0, may, 0)
    new = model.least.copy()
    new[order] += take
    return Solved(new, prices_of(model, levels, new))


def _cut(level: Level, order: Ints, least: Ints, may: Ints, must: Ints) -> bool:
    """Apply the floors and caps of one level to the two lists; say whether they can hold."""
    codes = level.codes[order]
    inside = np.flatnonzero(codes >= 0)
    n = len(level.caps)
    code = codes[inside]
    # Below 2**53 m2 (nine billion km2) float64 weights of bincount add up exactly.
    base = np.bincount(code, (least + must)[inside], n).astype(np.int64)
    most = np.bincount(code, may[inside], n).astype(np.int64)
    if (level.floors > level.caps).any() or (base > level.caps).any():
        return False
    if (base + most < level.floors).any():
        return False
    grouped = inside[np.argsort(code, kind="stable")]
    group = codes[grouped]
    amount = may[grouped]
    before = np.cumsum(amount) - amount
    start = np.flatnonzero(np.r_[True, np.diff(group) > 0]) if len(group) else group
    before -= np.repeat(before[start], np.diff(np.r_[start, len(group)]))
    allowed = np.clip((level.caps - base)[group] - before, 0, amount)
    needed = np.clip(np.maximum(level.floors - base, 0)[group] - before, 0, amount)
    may[grouped] = allowed - needed
    must[grouped] += needed
    return True


def prices_of(model: Model, levels: list[Level], new: Ints) -> dict[int, int]:
    """Price the limits of a tree from its optimum.

    A price is what one more square metre under that cap alone would add (negative: what one
    square metre less of a floor would add). The prices along a piece's path add up to a level that
    no unbuilt land exceeds and no built land falls below, so they prove the optimum.

    Returns
    -------
    dict of group position to price in steps of 1e-9
    """
    can_move = model.room > model.least
    up = np.where(can_move & (new < model.room), model.worth, _NONE)
    down = np.where(can_move & (new > model.least), model.worth, _ALL)
    bounds = []
    for level in levels:
        n = len(level.caps)
        inside = level.codes >= 0
        code = level.codes[inside]
        raise_, drop = np.full(n, _NONE), np.full(n, _ALL)
        np.maximum.at(raise_, code, up[inside])
        np.minimum.at(drop, code, down[inside])
        used = np.bincount(code, new[inside], n).astype(np.int64)
        full, bare = used >= level.caps, used <= level.floors
        bounds.append((raise_, drop, full, bare))
        up[inside] = np.where(full[code], _NONE, up[inside])
        down[inside] = np.where(bare[code], _ALL, down[inside])
    path = np.zeros(len(new), dtype=np.int64)
    prices: dict[int, int] = {}
    for level, (raise_, drop, full, bare) in zip(reversed(levels), reversed(bounds), strict=True):
        above = np.zeros(len(level.caps), dtype=np.int64)
        inside = level.codes >= 0
        above[level.codes[inside]] = path[inside]
        here = np.where(full, np.maximum(above, raise_), above)
        here = np.where(bare, np.minimum(here, drop), here)
        path[inside] = here[level.codes[inside]]
        prices.update(
            (k, int(y)) for k, y in zip(level.groups, (here - above).tolist(), strict=True) if y
        )
    return prices
