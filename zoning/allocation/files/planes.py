"""What bounds at some prices say of others: planes, and the prices that they hope most of."""

from __future__ import annotations

import numpy as np

from zoning.allocation.files.begin import Task
from zoning.base.areas import Floats

#: Planes that are kept (our choice).
_MOST_PLANES = 150
#: Of more units than this a part is asked for the first prices (our choice).
_MOST_UNITS = 5000


def without_boundary(task: Task) -> Floats:
    """Give prices of the targets as if there were no boundary; many units are drawn from."""
    from scipy.optimize import linprog

    n = len(task.cost)
    some = np.arange(n)
    if n > _MOST_UNITS:
        some = np.sort(np.random.default_rng(0).choice(n, _MOST_UNITS, replace=False))
    amounts = task.amounts[:, some]
    there = amounts @ task.upper[some]
    all_ = np.maximum(task.amounts @ task.upper, 1e-300)
    found = linprog(
        task.cost[some], A_ub=-amounts, b_ub=-task.targets * there / all_,
        bounds=np.column_stack([task.lower[some], task.upper[some]]), method="highs",
    )  # fmt: skip
    if found.x is None:
        return np.zeros(len(task.targets))
    prices: Floats = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
    return prices


class Planes:
    """The bounds seen so far as planes above the true bound, which is concave in the prices.

    Examples
    --------
    >>> known = Planes()
    >>> known.add(1.0, np.array([2.0]), np.array([0.0]))
    >>> y, hoped = known.best(np.array([0.0]), np.array([3.0]))
    >>> y.tolist(), round(hoped, 9), known.at_side
    ([3.0], 7.0, True)
    """

    def __init__(self) -> None:
        self.planes: list[tuple[float, Floats]] = []
        self.at_side = False

    def add(self, bound: float, slope: Floats, y: Floats) -> None:
        """Keep a plane: the bound at y and how it changes there."""
        self.planes.append((bound - float(slope @ y), slope))
        del self.planes[:-_MOST_PLANES]

    def best(self, middle: Floats, size: Floats, worth: float = 1.0) -> tuple[Floats, float]:
        """Give the prices in the box around the middle that the planes hope most of.

        ``worth`` is about how large the bound may become.
        """
        from scipy.optimize import linprog

        offset = np.array([p[0] for p in self.planes])
        slopes = np.array([p[1] for p in self.planes])
        unit = np.maximum(size, 1e-300)  # prices in units of the box: all alike to the solver
        low = np.maximum(-1.0, -middle / unit)
        right = offset + slopes @ middle
        steps = -slopes * unit / worth
        # A plane far below the others is steep: each row in a size of its own.
        row = np.maximum(1.0, np.abs(steps).max(axis=1, initial=0.0))
        found = linprog(
            np.r_[-1.0, np.zeros(len(middle))],
            A_ub=np.column_stack([np.ones(len(offset)), steps]) / row[:, None],
            b_ub=right / worth / row,
            bounds=[(None, None), *zip(low, np.ones(len(middle)), strict=True)],
            method="highs-ds",
        )
        if found.x is None:
            return middle, -np.inf
        step = found.x[1:]
        self.at_side = bool((step > 1 - 1e-6).any() or ((step < -1 + 1e-6) & (low <= -1)).any())
        return np.maximum(middle + step * unit, 0.0), float(found.x[0]) * worth
