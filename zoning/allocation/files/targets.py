"""Targets with a boundary, one zone: bounds by minimum cuts under prices, and choices from them.

With a price on each target the question falls to a minimum cut, whose worth bounds every choice
that keeps the targets (Lagrange). Prices rise in steps inside a box around the best ones known, led
by the cuts seen so far (boxstep). Each better cut, with units added for what is missing, is a
choice. What the bound decides is fixed; the rest is chosen anew in parts, then as a whole, by
branch and bound.

References
----------
R. E. Marsten, W. W. Hogan, J. W. Blankenship: The Boxstep Method for Large-Scale Optimization.
Operations Research 23(3), 1975; A. M. Geoffrion: Lagrangean Relaxation for Integer Programming.
Mathematical Programming Study 2, 1974.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from zoning.allocation.files.begin import Bools, State, Task, begin
from zoning.allocation.files.branch import branch
from zoning.allocation.files.planes import Planes, without_boundary
from zoning.allocation.methods.cuts import min_cut
from zoning.allocation.methods.solver import WATCH, Found, Status, watching
from zoning.allocation.model import sum_by
from zoning.base.areas import Floats

#: Shares of the time that is left: for prices, for parts chosen anew (our choice).
_PRICES, _PARTS = 0.4, 0.6
#: Seconds for prices where no time is stated, and for one part (our choice).
_FREE_SECONDS, _PART_SECONDS = 60.0, 3.0
#: Share of the time for prices that one cut may take to become a choice (our choice).
_REPAIR = 0.15
#: A cut becomes a choice when the bound rose by this share since the last one (our choice).
_BETTER = 0.003
#: Cuts at most, and units of the first part (our choice).
_MOST_CUTS, _PART_UNITS = 400, 300
#: Parts without gain until the parts end (our choice).
_IDLE = 60
#: Share of the units, those about which the bound is least sure, that parts are made of.
_UNSURE = 0.5
#: Branch and bound is not tried on more units than this after the parts (our choice).
_MOST_WHOLE = 20_000


@dataclass
class Prices:
    """What is known of the prices.

    Parameters
    ----------
    y : float64 array, shape (targets,)
        The best prices found, cost per amount.
    bound : float
        No choice that keeps the targets costs less.
    reduced : float64 array, shape (units,)
        A choice that differs from the bound's own wish at a unit costs at least
        ``bound + abs(reduced)``; the wish is to choose where it is negative.
    """

    y: Floats
    bound: float = 0.0  # no cost or edge is below 0
    reduced: Floats = field(default_factory=lambda: np.zeros(0))


def solve(task: Task, *, gap: float = 0.0, seconds: float | None = None) -> Found:
    """Minimise cost and boundary of a choice that keeps all targets.

    Parameters
    ----------
    task : Task
        Targets, amounts and costs not below 0.
    gap : float
        Relative gap at which to stop.
    seconds : float, optional
        Time limit; without one the search ends when the gap is proved.

    Returns
    -------
    Found
        ``x`` is 1 for chosen units.

    Examples
    --------
    >>> from scipy import sparse
    >>> one = np.ones(3)
    >>> task = Task(np.array([2.0, 1.0, 5.0]), 0 * one, one, sparse.csc_array(np.eye(3)[:1] + 0.0),
    ...             np.array([1.0]), np.array([0, 1]), np.array([1, 2]), np.array([3.0, 0.0]))
    >>> found = solve(task)
    >>> found.x.tolist(), found.bound, found.status
    ([1.0, 1.0, 0.0], 3.0, 'proved')
    """
    search = _Search(simplified(task), gap, seconds)
    try:
        status = search.run()
    except KeyboardInterrupt:
        status = "interrupted"
    if search.z is None:
        return Found(None, search.prices.bound, status)
    return Found(search.z.astype(np.float64), min(search.prices.bound, search.value), status)


def simplified(task: Task) -> Task:
    """State the same choices as simply as they can be stated, which makes bounds better.

    An amount beyond its target counts as the target; edges that stand twice are one; those without
    weight, or of a unit with itself, are left out.
    """
    n = len(task.cost)
    low, high = np.minimum(task.a, task.b), np.maximum(task.a, task.b)
    key = low.astype(np.int64) * n + high
    keep = (task.weight > 0) & (low != high)
    pair, at = np.unique(key[keep], return_inverse=True)
    weight = sum_by(at, task.weight[keep], len(pair))
    amounts = task.amounts.tocsc().copy()
    amounts.data = np.minimum(amounts.data, task.targets[amounts.indices])
    amounts.eliminate_zeros()
    return replace(
        task,
        amounts=amounts,
        a=(pair // n).astype(np.intp),
        b=(pair % n).astype(np.intp),
        weight=weight,
    )


class _Search:
    """The best choice and the best bound so far, and how long it may still take."""

    def __init__(self, task: Task, gap: float, seconds: float | None):
        self.task, self.gap, self.start = task, gap, time.perf_counter()
        self.until = np.inf if seconds is None else self.start + seconds
        self.z: Bools | None = None
        self.value = np.inf
        self.prices = Prices(np.zeros(len(task.targets)))
        self.watch = WATCH.get()

    def run(self) -> Status:
        left = self.until - self.start
        large = len(self.task.cost) > _MOST_WHOLE
        if not large:  # beyond, a cut under prices is a better beginning, and a quicker one
            self.offer(begin(self.task, min(3.0, 0.2 * left)))
        self.raise_prices(self.start + min(_FREE_SECONDS, _PRICES * left))
        if self.z is None:
            self.offer(begin(self.task, min(_FREE_SECONDS, 0.5 * left)))
        if not self.done() and self.z is not None:
            share = 1.0 if self.undecided().sum() > _MOST_WHOLE else _PARTS
            self.parts(time.perf_counter() + share * (self.until - time.perf_counter()))
        return "proved" if self.done() else self.whole()

    def done(self) -> bool:
        """Whether the gap that was asked for is proved."""
        slack = max(self.gap, 1e-9) * abs(self.value)
        return self.z is not None and self.value - self.prices.bound <= slack

    def offer(self, z: Bools | None) -> None:
        """Keep a choice if it is the best so far, and tell."""
        if z is not None and self.task.value(z) < self.value:
            self.z, self.value = z.copy(), self.task.value(z)
        if self.watch is not None:
            best, bound = self.value, self.prices.bound
            self.watch(
                time.perf_counter() - self.start,
                best if np.isfinite(best) else None,
                bound if np.isfinite(bound) else None,
            )

    def told(self, seconds: float, best: float | None, bound: float | None) -> None:
        """Tell what branch and bound says of the rest as what is known of the whole."""
        if self.watch is not None:
            self.watch(
                time.perf_counter() - self.start,
                self.value if best is None else min(best, self.value),
                max(self.prices.bound, min(-np.inf if bound is None else bound, self.value)),
            )

    # Prices ------------------------------------------------------------------------------------

    def raise_prices(self, until: float) -> None:
        """Raise the bound by minimum cuts until it no longer rises, or time is over."""
        task, model = self.task, Planes()
        y = without_boundary(task)
        worth = self.value if np.isfinite(self.value) else float(task.cost.sum())
        size = np.maximum(y, worth / max(len(y), 1) / np.maximum(task.targets, 1e-12))
        cuts, stuck, repaired, last = 0, 0, -np.inf, np.zeros(len(task.cost), dtype=bool)
        while cuts < _MOST_CUTS and time.perf_counter() < until and not self.done():
            found, z = self.priced(y)
            cuts += 1
            model.add(found.bound, task.targets - task.amounts @ z, y)
            before = self.prices.bound
            if found.bound > before:
                self.prices, last = found, z
                if found.bound - repaired > _BETTER * abs(found.bound) or self.z is None:
                    repaired = found.bound
                    now = time.perf_counter()
                    self.offer(self.repaired(z, now + _REPAIR * (until - self.start)))
            y, hoped = model.best(self.prices.y, size, worth)
            rest = hoped - self.prices.bound
            if rest <= 1e-5 * abs(self.prices.bound):
                # Inside this box nothing is left; a wider one may hold more.
                if not model.at_side or stuck > 3:
                    break
                size, stuck = size * 3.0, stuck + 1
            elif found.bound > before:
                size, stuck = size * (1.5 if found.bound - before > 0.5 * rest else 1.0), 0
            else:
                size = size * 0.9
        if self.prices.bound > repaired and not self.done():
            self.offer(self.repaired(last, max(until, time.perf_counter() + 1.0)))

    def priced(self, y: Floats) -> tuple[Prices, Bools]:
        """Give the bound of prices and the cut that reaches it."""
        task = self.task
        gain = task.amounts.T @ y - task.cost
        open_ = task.lower < task.upper
        # Locked units hang on their side by more than all their edges can pull.
        pull = sum_by(task.a, task.weight, len(gain)) + sum_by(task.b, task.weight, len(gain))
        held = np.where(task.lower > 0.5, pull + 1.0, -pull - 1.0)
        cut = min_cut(np.where(open_, gain, held), task.a, task.b, task.weight)
        flow = np.clip(cut.flow, -task.weight, task.weight)
        net = sum_by(task.a, flow, len(gain)) - sum_by(task.b, flow, len(gain))
        reduced = net - gain
        least = np.where(task.lower > 0.5, reduced, np.minimum(reduced, 0.0))
        least = np.where(task.upper < 0.5, 0.0, least)
        z = (cut.z & open_) | (task.lower > 0.5)
        return Prices(y, float(y @ task.targets + least.sum()), reduced), z

    def repaired(self, z: Bools, until: float) -> Bools | None:
        """Add to a cut what targets miss, then flip units while that pays."""
        state = State(self.task, z.copy())
        if not state.meet(until):
            return None
        state.descend(until)
        return state.z

    # Choices -----------------------------------------------------------------------------------

    def undecided(self) -> Bools:
        """Units that a better choice may have otherwise than the bound wishes."""
        task, slack = self.task, self.value - self.prices.bound
        open_ = task.lower < task.upper
        if not len(self.prices.reduced):
            return open_
        return open_ & (np.abs(self.prices.reduced) <= slack * (1 + 1e-9) + 1e-9)

    def parts(self, until: float) -> None:
        """Choose parts of the plan anew, everything else held (large neighbourhoods)."""
        rng, near = np.random.default_rng(0), State(self.task, self.known()).near
        many, idle = _PART_UNITS, 0
        while time.perf_counter() < until and not self.done() and idle < _IDLE:
            free = self.undecided()
            if free.sum() <= many:
                return
            part = _around(rng, near, self.least_sure(free), self.unsure(), many)
            begun, before = time.perf_counter(), self.value
            status = self.choose(part, min(_PART_SECONDS, until - begun))
            quick = status == "proved" and time.perf_counter() - begun < _PART_SECONDS / 3
            many = min(int(many * 1.15) + 1, 4000) if quick else max(int(many * 0.85), 60)
            idle = 0 if self.value < before * (1 - 1e-9) else idle + 1

    def least_sure(self, free: Bools) -> Bools:
        """Leave out the surer half of the units, so that parts reach further."""
        if not len(self.prices.reduced):
            return free
        sure = np.abs(self.prices.reduced) > np.quantile(np.abs(self.prices.reduced[free]), _UNSURE)
        part: Bools = free & ~(sure & ((self.prices.reduced < 0) == self.known()))
        return part

    def known(self) -> Bools:
        """Give the best choice so far."""
        return np.zeros(len(self.task.cost), dtype=bool) if self.z is None else self.z

    def unsure(self) -> Floats:
        """Weights of units to begin a part at: those about which the bound is least sure."""
        reduced = np.abs(self.prices.reduced)
        if not len(reduced):
            return np.ones(len(self.task.cost))
        scale = np.median(reduced[reduced > 0]) if (reduced > 0).any() else 1.0
        otherwise = (self.prices.reduced < 0) != self.known()
        chance: Floats = 1.0 / (1.0 + reduced / scale) + otherwise
        return chance

    def choose(self, free: Bools, seconds: float | None) -> Status:
        """Choose the free units by branch and bound, the others held; say why it ended."""
        # Nobody is told of a part: its bound is that of this part alone.
        with watching(lambda seconds, best, bound: None):
            found = branch(self.task, free, self.known(), self.gap, seconds)
        if found.x is None:
            return _going_on(found.status)
        z = self.known().copy()
        z[free] = found.x[: int(free.sum())] > 0.5
        if not self.task.keeps(z):  # the solver's targets are kept up to its tolerance only
            state = State(self.task, z)
            if not state.meet(time.perf_counter() + 1.0):
                return _going_on(found.status)
            z = state.z
        self.offer(z)
        return _going_on(found.status)

    def whole(self) -> Status:
        """Give what is left to branch and bound."""
        left = self.until - time.perf_counter()
        free = self.undecided() if self.z is not None else self.task.lower < self.task.upper
        if left <= 0 or (free.sum() > _MOST_WHOLE and np.isfinite(self.until)):
            return "time"
        start = self.z if self.z is not None else self.task.lower > 0.5
        base = start
        if self.z is not None and len(self.prices.reduced):
            base = np.where(free, start, self.prices.reduced < 0)
        base = np.where(self.task.lower > 0.5, True, base & (self.task.upper > 0.5))
        seconds = left if np.isfinite(left) else None
        with watching(self.told):
            found = branch(self.task, free, base, self.gap, seconds, begin=self.z)
        if found.x is not None:
            z = base.copy()
            z[free] = found.x[: int(free.sum())] > 0.5
            self.offer(z)
        if found.status == "infeasible":
            # No choice is better than the one that is known, or none there is at all.
            if self.z is not None:
                self.prices.bound = self.value
            return "infeasible" if self.z is None else "proved"
        bound = min(found.bound, self.value)
        self.prices.bound = max(self.prices.bound, bound)
        return "proved" if self.done() else found.status


def _going_on(status: Status) -> Status:
    """Let Ctrl-C inside a part, which ends that part whole, end the search too."""
    if status == "interrupted":
        raise KeyboardInterrupt
    return status


def _around(rng: np.random.Generator, near: Any, free: Bools, chance: Floats, many: int) -> Bools:
    """Draw a unit and gather those around it, ring by ring."""
    weight = np.where(free, chance, 0.0)
    seen = np.zeros(len(free), dtype=bool)
    ring = np.array([rng.choice(len(free), p=weight / weight.sum())])
    seen[ring] = True
    while (seen & free).sum() < many:
        ends = np.unique(np.concatenate([near.indices[near.indptr[i]:near.indptr[i + 1]]
                                         for i in ring.tolist()]))  # fmt: skip
        ring = ends[~seen[ends]]
        if not len(ring):
            rest = np.flatnonzero(free & ~seen)
            if not len(rest):
                break
            ring = rng.choice(rest, 1)
        seen[ring] = True
    return seen & free
