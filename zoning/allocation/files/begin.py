"""A good choice to begin with: units added until targets are met, then flipped while that pays.

Branch and bound finds good choices late where the boundary is heavy. Two starts are cheap: nothing,
with units added that pay most for what targets still miss, and everything that may be chosen. From
both, single units are added and taken away while the sum of cost and boundary falls.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import Floats

Bools = npt.NDArray[np.bool_]
#: Seconds for both starts together (our choice).
_SECONDS = 3.0
#: A target counts as met this close to it, in its own size.
_SLACK = 1e-9
#: Of so many units one is flipped before all are looked at again (our choice).
_UNITS_PER_FLIP = 1000


@dataclass(frozen=True)
class Task:
    """Choose z: minimise cost z + sum weight abs(z_a - z_b), targets kept.

    Parameters
    ----------
    cost, lower, upper : float64 array, shape (units,)
        ``lower`` 1: must be chosen; ``upper`` 0: must not.
    amounts : scipy CSC, shape (targets, units)
        Not below 0.
    targets : float64 array, shape (targets,)
    a, b : intp array, shape (edges,)
    weight : float64 array, shape (edges,)
    """

    cost: Floats
    lower: Floats
    upper: Floats
    amounts: Any
    targets: Floats
    a: npt.NDArray[np.intp]
    b: npt.NDArray[np.intp]
    weight: Floats

    def value(self, z: Bools) -> float:
        """Give cost and boundary of a choice."""
        return float(self.cost[z].sum() + self.weight[z[self.a] != z[self.b]].sum())

    def keeps(self, z: Bools) -> bool:
        """Say whether a choice keeps all targets (up to a billionth) and locks."""
        held = self.amounts @ z.astype(np.float64)
        slack = _SLACK * np.maximum(1.0, np.abs(self.targets))
        locked = (z | (self.lower < 0.5)) & (~z | (self.upper > 0.5))
        return bool((held >= self.targets - slack).all() and locked.all())


def begin(task: Task, seconds: float = _SECONDS) -> Bools | None:
    """Give a choice that keeps all targets; ``None`` where none was found in time.

    Examples
    --------
    >>> from scipy import sparse
    >>> one = np.ones(3)
    >>> task = Task(np.array([2.0, 1.0, 5.0]), 0 * one, one, sparse.csc_array(np.eye(3)[:1] + 0.0),
    ...             np.array([1.0]), np.array([0, 1]), np.array([1, 2]), np.array([3.0, 0.0]))
    >>> begin(task).tolist()
    [True, True, False]
    """
    until = time.perf_counter() + seconds
    best: Bools | None = None
    for z in (task.lower > 0.5, task.upper > 0.5):
        state = State(task, z.copy())
        if not state.meet(until):
            continue
        state.descend(until)
        if best is None or task.value(state.z) < task.value(best):
            best = state.z
    return best


class State:
    """A choice, what it holds, and what flipping each unit would save."""

    def __init__(self, task: Task, z: Bools):
        from scipy import sparse

        n = len(task.cost)
        ends = (np.r_[task.a, task.b], np.r_[task.b, task.a])
        weights = np.r_[task.weight, task.weight]
        self.task, self.z = task, z
        self.near = sparse.csr_array((weights, ends), shape=(n, n))
        self.held = task.amounts @ z.astype(np.float64)
        #: Weight of edges to chosen neighbours less that of edges to others.
        self.pull = self.near @ np.where(z, 1.0, -1.0)
        self.open_ = task.lower < task.upper

    def flip(self, i: int) -> None:
        """Change one unit."""
        sign = -1.0 if self.z[i] else 1.0
        self.z[i] = not self.z[i]
        row = slice(self.near.indptr[i], self.near.indptr[i + 1])
        self.pull[self.near.indices[row]] += 2.0 * sign * self.near.data[row]
        column = slice(self.task.amounts.indptr[i], self.task.amounts.indptr[i + 1])
        self.held[self.task.amounts.indices[column]] += sign * self.task.amounts.data[column]

    def meet(self, until: float) -> bool:
        """Add units until every target is met, those first that cost least for what is missing."""
        task, slack = self.task, _SLACK * np.maximum(1.0, np.abs(self.task.targets))
        scale = np.maximum(task.targets, 1e-12)
        while True:
            missing = np.maximum(task.targets - self.held, 0.0)
            missing[missing <= slack] = 0.0
            if not missing.any():
                return True
            if time.perf_counter() > until:
                return False
            gain = task.amounts.T @ (missing / scale / np.maximum(missing.sum(), 1e-12))
            gain = np.where(self.open_ & ~self.z, gain, 0.0)
            if gain.max(initial=0.0) <= 0:
                return False
            pays = np.maximum(task.cost - self.pull, 1e-9) / np.maximum(gain, 1e-300)
            for i in self._least(np.where(gain > 0, pays, np.inf)):
                rows = self._rows(i)[0]
                if gain[i] > 0 and (self.held[rows] < (task.targets - slack)[rows]).any():
                    self.flip(i)

    def descend(self, until: float) -> None:
        """Flip single units while that saves and the targets stay met."""
        task = self.task
        stuck = np.zeros(len(self.z), dtype=bool)
        while time.perf_counter() < until:
            saves = np.where(self.z, 1.0, -1.0) * (task.cost - self.pull)
            saves = np.where(self.open_ & ~stuck, saves, 0.0)
            if not len(saves) or saves.max() <= 1e-9:
                return
            for i in self._least(-saves):
                now = (1.0 if self.z[i] else -1.0) * (task.cost[i] - self.pull[i])
                if saves[i] <= 1e-9 or now <= 1e-9:
                    continue
                if self.z[i] and not self._spare(i):
                    stuck[i] = True
                    continue
                added = not self.z[i]
                self.flip(i)
                if added:  # what was needed for a target may be spare now
                    stuck[:] = False

    def _least(self, keys: Floats) -> list[int]:
        """Give the units with the least keys, as many as are flipped at once, in order."""
        many = max(1, len(keys) // _UNITS_PER_FLIP)
        if many == 1:
            return [int(keys.argmin())]
        some = np.argpartition(keys, many - 1)[:many]
        return [int(i) for i in some[np.lexsort((some, keys[some]))]]

    def _rows(self, i: int) -> tuple[Any, Floats]:
        """Give the targets that a unit counts for, and its amounts."""
        part = slice(self.task.amounts.indptr[i], self.task.amounts.indptr[i + 1])
        return self.task.amounts.indices[part], self.task.amounts.data[part]

    def _spare(self, i: int) -> bool:
        """Say whether all targets are met without a unit."""
        rows, amounts = self._rows(i)
        left, least = self.held[rows] - amounts, self.task.targets[rows]
        return bool((left >= least - 1e-12 * np.abs(least)).all())
