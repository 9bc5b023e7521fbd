"""Fractions of many units with a boundary under one cap, by minimum cuts on levels of built share.

For a price of land, whether a unit's share lies above a level is a cut question, and the answers of
rising levels are nested. So all levels are found by halving: one cut at the middle level of every
group of units splits it in two, and edges between groups have a known sign from then on. The price
follows from Newton steps; between the two plans around it lies one that meets the cap exactly, and
because the objective is concave it is optimal too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoning.allocation.methods.blocks import Bools
from zoning.allocation.methods.cuts import min_cut, push
from zoning.allocation.model import QUANTUM, Model, sum_by
from zoning.allocation.space import Positions, Space
from zoning.base.areas import Floats


@dataclass(frozen=True)
class _Ladder:
    """Levels of share, and per movable piece the levels between which it is built.

    ``piece`` is sorted by unit, best first; ``first`` and ``last`` are positions in ``level``;
    ``bottom`` and ``top`` the same for units.
    """

    level: Floats
    piece: Positions
    unit: Positions
    first: Positions
    last: Positions
    slope: Floats
    area: Floats
    bottom: Positions
    top: Positions

    def gain(self, unit: Positions, step: Positions, price: float) -> Floats:
        """Worth of one full share of a unit between two neighbouring levels, m2."""
        span = len(self.level)
        at = np.searchsorted(self.unit * span + self.first, unit * span + step, side="right") - 1
        found: Floats = (self.slope[at] - price) * self.area[unit]
        return found


def _ladder(model: Model, space: Space) -> _Ladder:
    n = len(space.area)
    safe = np.where(space.area > 0, space.area, 1.0)
    move = np.flatnonzero(model.room > model.least)
    piece = move[np.lexsort((-model.worth[move], model.unit[move]))]
    unit = model.unit[piece]
    start = space.built + sum_by(model.unit, model.least, n)
    room = (model.room - model.least)[piece].astype(np.float64)
    total = np.cumsum(room)
    new = np.r_[True, unit[1:] != unit[:-1]]
    before = np.repeat((total - room)[new], np.diff(np.r_[np.flatnonzero(new), len(unit)]))
    high = (start[unit] + total - before) / safe[unit]
    low = np.where(new, (start / safe)[unit], np.r_[0.0, high[:-1]])
    share = start / safe
    level = np.unique(np.concatenate([share, high]))
    bottom = np.searchsorted(level, share)
    top = bottom.copy()
    np.maximum.at(top, unit, np.searchsorted(level, high))
    return _Ladder(
        level, piece, unit, np.searchsorted(level, low), np.searchsorted(level, high),
        model.worth[piece] / QUANTUM, space.area, bottom, top,
    )  # fmt: skip


def best_levels(
    ladder: _Ladder, space: Space, price: float, low: Positions, high: Positions
) -> Positions:
    """Find the best level of every unit at a price of land, between two bounds.

    Returns
    -------
    intp array, shape (units,)
        Positions in ``ladder.level``; the largest among equals.
    """
    n = len(space.area)
    under = np.zeros(n, dtype=np.intp)
    over = np.full(n, len(ladder.level) - 1)
    edge = np.arange(len(space.a))
    while (under < over).any():
        middle = (under + over) // 2
        above, below = low > middle, high <= middle
        open_ = (under < over) & ~above & ~below
        edge = edge[(under < over)[space.a[edge]] | (under < over)[space.b[edge]]]
        z = above.copy()
        node = np.flatnonzero(open_)
        if len(node):
            gain = np.zeros(n)
            gain[node] = ladder.gain(node, middle[node], price)
            inner = _lean(space, edge, open_, above, under, over, gain)
            place = np.cumsum(open_) - 1
            a, b = place[space.a[inner]], place[space.b[inner]]
            z[node] = min_cut(gain[node], a, b, space.weight[inner]).z
        active = under < over
        under = np.where(active & z, middle + 1, under)
        over = np.where(active & ~z, middle, over)
    return under


def _lean(
    space: Space,
    edge: Positions,
    open_: Bools,
    above: Bools,
    under: Positions,
    over: Positions,
    gain: Floats,
) -> Positions:
    """Add edges to settled neighbours to the gains; give the edges between open ones of a group."""
    a, b = space.a[edge], space.b[edge]
    same = (under[a] == under[b]) & (over[a] == over[b])
    for here, there in ((a, b), (b, a)):
        half = open_[here] & ~(same & open_[there])
        i, j = here[half], there[half]
        up = np.where(same[half], above[j], under[j] > over[i])
        np.add.at(gain, i, np.where(up, 1.0, -1.0) * space.weight[edge[half]])
    inner: Positions = edge[same & open_[a] & open_[b]]
    return inner


class Levelled(NamedTuple):
    """New land per piece (not yet whole), the price of the cap, and flows per edge."""

    amount: Floats
    price: float
    flow: Floats


_MOST_STEPS = 60
#: Steps away from the first guess until the price is bracketed (our choice).
_WIDEN = (1.02, 1.1, 1.5, 4.0)


class _Search:
    """The two plans around the price: one within the cap, one above it."""

    def __init__(self, model: Model, space: Space, left: float):
        self.model, self.space, self.left = model, space, left
        self.ladder = _ladder(model, space)
        self.low, self.high = self.ladder.bottom.copy(), self.ladder.top.copy()
        self.land_low, self.worth_low = self._measure(self.low)
        self.land_high, self.worth_high = self._measure(self.high)
        self.has_low = self.has_high = False
        self.first = self._guess()
        self.steps = 0

    def _measure(self, at: Positions) -> tuple[float, float]:
        """Give new land and worth, both without what must be built."""
        land = _amount(self.model, self.ladder, at) - self.model.least
        worth = float((land * (self.model.worth / QUANTUM)).sum())
        return float(land.sum()), worth - self.space.cost(self.ladder.level[at])

    def _guess(self) -> float:
        """Give the price at which the cap would be met without a boundary."""
        room = (self.model.room - self.model.least)[self.ladder.piece]
        order = np.argsort(-self.ladder.slope, kind="stable")
        k = int(np.searchsorted(np.cumsum(room[order]), self.left, side="right"))
        return float(self.ladder.slope[order[k]]) if k < len(order) else 0.0

    def step(self, price: float) -> None:
        """Find the best plan at a price and narrow the bracket."""
        self.steps += 1
        at = best_levels(self.ladder, self.space, price, self.low, self.high)
        land, worth = self._measure(at)
        if land > self.left:
            self.high, self.land_high, self.worth_high = at, land, worth
            self.has_high = True
            return
        self.low, self.land_low, self.worth_low = at, land, worth
        self.has_low = True
        if price == 0.0:
            # Land costs nothing and the cap still holds: this is the free optimum.
            self.high, self.land_high, self.worth_high = at, land, worth
            self.has_high = True

    def next_price(self) -> float:
        """Where both plans are worth the same; outwards while one of them is missing."""
        k = self.steps - 1
        if not self.has_high:
            return self.first / _WIDEN[k] if k < len(_WIDEN) else 0.0
        if not self.has_low and self.first > 0 and k < len(_WIDEN):
            return self.first * _WIDEN[k]
        more = self.land_high - self.land_low
        return (self.worth_high - self.worth_low) / more if more > 0 else 0.0


def solve_one_cap(model: Model, space: Space, cap: int) -> Levelled:
    """Find the optimum under one cap over all pieces.

    Parameters
    ----------
    model : Model
        Every movable piece counts under the cap; locked land must fit it.
    space : Space
        Neighbours, with weights.
    cap : int
        On all new land, locked land included, m2.

    Returns
    -------
    Levelled
    """
    search = _Search(model, space, float(cap - int(model.least.sum())))
    price, tried = search.first, set[float]()
    while price not in tried and len(tried) < _MOST_STEPS:
        tried.add(price)
        search.step(price)
        price = search.next_price()
    ladder, more = search.ladder, search.land_high - search.land_low
    part = (search.left - search.land_low) / more if more > 0 else 0.0
    low, high = (_amount(model, ladder, at) for at in (search.low, search.high))
    amount = (1 - part) * low + part * high
    return Levelled(amount, price, _flows(ladder, space, price, search.high))


def _amount(model: Model, ladder: _Ladder, at: Positions) -> Floats:
    """Give the new land of every piece when the units stand at these levels."""
    amount = model.least.astype(np.float64)
    share = np.clip(ladder.level[at][ladder.unit], ladder.level[ladder.first], None)
    share = np.minimum(share, ladder.level[ladder.last]) - ladder.level[ladder.first]
    amount[ladder.piece] += share * ladder.area[ladder.unit]
    return amount


def _flows(ladder: _Ladder, space: Space, price: float, at: Positions) -> Floats:
    """Find flows that prove the levels best: full on steps, and a balance on plateaus.

    At its level a unit may pass on no more than the worth of the share just below and no less than
    that of the share just above. A first flow meets the least, a second one the most.
    """
    n = len(space.area)
    share = ladder.level[at]
    step = np.sign(share[space.a] - share[space.b])
    flow = step * space.weight
    flat = np.flatnonzero(step == 0)
    a, b, weight = space.a[flat], space.b[flat], space.weight[flat]
    if not len(flat) or weight.max() <= 0:
        return flow
    done = space.net(flow)
    around = sum_by(a, weight, n) + sum_by(b, weight, n)
    units = np.arange(n)
    least, most = np.full(n, -np.inf), np.full(n, np.inf)
    up, down = at < ladder.top, at > ladder.bottom
    least[up] = ladder.gain(units[up], at[up], price)
    most[down] = ladder.gain(units[down], at[down] - 1, price)
    least = np.clip(least - done, -around, around)
    most = np.maximum(np.clip(most - done, -around, around), least)
    scale = (2.0**29) / float(around.max())
    w, lo, hi = (np.rint(x * scale).astype(np.int64) for x in (weight, least, most))
    first, _ = push(np.maximum(lo, 0), np.maximum(-lo, 0), a, b, w, w)
    net = (sum_by(a, first, n) - sum_by(b, first, n)).astype(np.int64)
    spare = hi - net
    second, _ = push(np.maximum(spare, 0), np.maximum(-spare, 0), a, b, w - first, w + first)
    flow[flat] = np.clip((first + second) / scale, -weight, weight)
    return flow
