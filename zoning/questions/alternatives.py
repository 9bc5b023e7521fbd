"""Several good plans: each nearly as good as the best, and as different as can be.

Each further plan is worth at least (1 - within) of the best, keeps every rule, and makes the
smallest area of new land that lies elsewhere than in each earlier plan as large as possible. New
land elsewhere than in a plan is ``sum max(0, new - new of that plan)`` over the pieces. That is a
mixed integer programme: a choice is needed only where an earlier plan built a piece in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation import Allocation
from zoning.allocation.files.programme import Programme, programme
from zoning.allocation.files.rows import Rows
from zoning.allocation.methods.solver import branch_and_bound
from zoning.allocation.methods.spread import make_whole
from zoning.allocation.model import QUANTUM, make_model, sum_by
from zoning.allocation.proof.bounded import Boundary, boundary_m, bounded
from zoning.allocation.result import limit_table
from zoning.allocation.structure import close, shape_of
from zoning.base.areas import Floats
from zoning.capacity.rules import Limit, Lock

#: Suitability-m2 that whole square metres may cost a plan (our choice: far below a hectare).
_ROUNDING = 200.0


#: Seconds for each further plan where nothing is said (our choice): with a boundary weight the
#: proof that none lies further apart can take hours, and most of the distance is found soon.
PATIENCE = 60.0


@dataclass(frozen=True)
class Alternative:
    """One further plan.

    Parameters
    ----------
    allocation : Allocation
        Its bound is that of the best plan, so its gap says how much worse it is at most.
    elsewhere_m2 : int
        Smallest area of new land that lies elsewhere than in each earlier plan.
    most_m2 : float
        No plan within the limit has more (the solver's bound).
    status : str
        ``proved``, ``time`` or ``interrupted``.
    """

    allocation: Allocation
    elsewhere_m2: int
    most_m2: float
    status: str


def elsewhere(new: pd.Series, earlier: Sequence[pd.Series]) -> int:
    """Give the smallest area of new land that lies elsewhere than in each earlier plan, m2.

    Examples
    --------
    >>> a, b = pd.Series([5, 0, 3]), pd.Series([0, 4, 5])
    >>> elsewhere(b, [a]), elsewhere(a, [b])
    (6, 5)
    """
    return min(int((new - other.reindex(new.index)).clip(lower=0).sum()) for other in earlier)


def alternatives(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    best: Allocation,
    count: int,
    within: float,
    *,
    locks: Sequence[Lock] = (),
    how: Boundary | None = None,
    gap: float = 1e-3,
    seconds: float | None = None,
) -> list[Alternative]:
    """Make further plans, each as different from all earlier ones as the limit on worth allows.

    Parameters
    ----------
    pieces, limits, locks
        As for :func:`zoning.allocation.allocate`.
    best : Allocation
        The best plan under them.
    count : int
        How many plans there shall be, the best one among them.
    within : float
        Share of the best plan's worth that may be lost.
    how : Boundary, optional
        With a boundary term or whole units.
    gap : float
        Relative gap of the area elsewhere at which to stop.
    seconds : float, optional
        For each plan; `PATIENCE` by default.

    Returns
    -------
    list of Alternative
        Fewer than ``count - 1`` where no further plan differs at all.

    References
    ----------
    E. D. Brill, S.-Y. Chang, L. D. Hopkins: Modeling to generate alternatives, Management Science
    28(3), 1982.
    """
    question, seconds = programme(pieces, limits, locks, how), seconds or PATIENCE
    least = best.objective - within * abs(best.objective)
    earlier, found = [best.new_m2], []
    for _ in range(count - 1):
        made = _one(question, pieces, limits, locks, how, earlier, least, gap, seconds)
        if made is None:
            break
        new, most, status = made
        apart = elsewhere(new, earlier)
        if apart <= 0:
            break
        other = _proved(pieces, limits, locks, how, best, new, within)
        found.append(Alternative(other, apart, max(most, float(apart)), status))
        earlier.append(new)
        if status == "interrupted":
            break
    return found


def _one(
    q: Programme, pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock],
    how: Boundary | None, earlier: Sequence[pd.Series], least: float, gap: float,
    seconds: float | None,
) -> tuple[pd.Series, float, str] | None:  # fmt: skip
    """Find the plan that differs most; ``None`` where nothing is worth enough."""
    whole = how is not None and how.whole
    table = pieces.sort_index()
    unit, codes = pd.factorize(table["unit"], sort=True)
    most = _most(q, table, unit, len(codes), whole)
    n = len(most)
    extra = _Apart(len(q.columns), most, whole)
    for plan in earlier:
        given = plan.reindex(table.index).to_numpy(np.float64)
        extra.plan(sum_by(unit, given, len(codes)) if whole else given)
    rows, sides, box, kinds = extra.stacked(q, least if whole else least + _ROUNDING)
    cost = np.zeros(extra.rows.columns)
    cost[-1] = -1.0
    # In hectares, so that the numbers of the programme are of one size.
    answer = branch_and_bound(
        cost,
        rows=rows,
        low=sides[0],
        high=sides[1],
        lower=box[0],
        upper=box[1],
        whole=kinds,
        gap=gap,
        seconds=seconds,
    )
    x = answer.answer()
    if x is None:
        return None
    if whole:
        chosen = x[:n] > 0.5
        land = np.where(chosen[unit], _room(pieces, limits, locks, table), 0)
        new = pd.Series(land, index=table.index)
    else:
        model, _ = close(make_model(pieces, limits, locks))
        amount = pd.Series(x[:n], index=table.index).reindex(model.codes).to_numpy(np.float64)
        rounded = make_whole(model, amount, shape_of(model).groups)
        if rounded is None:
            return None
        new = pd.Series(rounded, index=model.codes)
    new = new.reindex(pieces.index).astype("int64").rename("new_m2")
    return new, -answer.bound, answer.status


def _most(q: Programme, table: pd.DataFrame, unit: Any, n: int, whole: bool) -> Floats:
    """Give the land that each choice of the programme stands for."""
    if not whole:
        return q.upper[: len(table)]
    free = np.bincount(unit, table["free_m2"].to_numpy(np.float64), n)
    return np.where(q.upper[:n] > 0, free, 0.0)


def _room(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], table: pd.DataFrame
) -> Any:
    model = make_model(pieces, limits, locks)
    return pd.Series(model.room, index=model.codes).reindex(table.index).to_numpy(np.int64)


class _Apart:
    """Columns and rows that measure how far a plan lies from earlier ones."""

    def __init__(self, columns: int, most: Floats, whole: bool):
        self.most, self.whole = most, whole
        self.rows = Rows(columns)
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self.kinds: list[Any] = []
        self.sums: list[tuple[Any, Floats]] = []

    def _columns(self, upper: Floats, whole: bool) -> Any:
        at = self.rows.columns + np.arange(len(upper))
        self.rows.columns += len(upper)
        self.lower.append(np.zeros(len(upper)))
        self.upper.append(upper)
        self.kinds.append(np.full(len(upper), whole))
        return at

    def plan(self, given: Floats) -> None:
        """Measure new land elsewhere than in one plan."""
        none = np.flatnonzero((given <= 0) & (self.most > 0))
        value = self.most[none] if self.whole else np.ones(len(none))
        if self.whole:
            self.sums.append((none, value))
            return
        part = np.flatnonzero((given > 0) & (given < self.most))
        room, held = self.most[part] - given[part], given[part]
        d, b = self._columns(room, False), self._columns(np.ones(len(part)), True)
        # d <= room b, and d <= x - held + held (1 - b): more than before, or nothing.
        self.rows.many(np.column_stack([d, b]), np.column_stack([np.ones(len(part)), -room]),
                       -np.inf, 0.0)  # fmt: skip
        self.rows.many(np.column_stack([d, part, b]),
                       np.column_stack([np.ones(len(part)), -np.ones(len(part)), held]),
                       -np.inf, 0.0)  # fmt: skip
        self.sums.append((np.r_[none, d], np.r_[value, np.ones(len(part))]))

    def stacked(self, q: Programme, least: float) -> tuple[Any, Any, Any, Any]:
        """Put the question and the measure together."""
        from scipy import sparse

        total = float(self.most.sum())
        (t,) = self._columns(np.array([total]), False)
        for at, value in self.sums:
            self.rows.add(np.r_[at, t], np.r_[value, -1.0], 0.0, np.inf)
        worth = np.flatnonzero(q.cost)
        self.rows.add(worth, q.cost[worth], -np.inf, -least + q.constant)
        wide = sparse.csr_array(q.matrix)
        wide.resize((wide.shape[0], self.rows.columns))
        low, high = self.rows.sides()
        return (
            sparse.vstack([wide, self.rows.matrix()]),
            (np.r_[q.low, low], np.r_[q.high, high]),
            (np.r_[q.lower, *self.lower], np.r_[q.upper, *self.upper]),
            np.r_[q.whole, *self.kinds],
        )


def _proved(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], how: Boundary | None,
    best: Allocation, new: pd.Series, within: float,
) -> Allocation:  # fmt: skip
    """Prove how good a plan is by the prices and flows of the best one."""
    none = pd.DataFrame({"a": [], "b": [], "length_m": []})
    spatial = how or Boundary(none, 0.0)
    if best.edges is not None:
        spatial = replace(spatial, edges=best.edges)
    prices = {k: float(y) for k, y in enumerate(best.limits["price"].fillna(0.0))}
    certificate = bounded(pieces, limits, locks, new, spatial, prices, np.inf)
    bound, gap = certificate.bound, certificate.gap
    if best.bound is not None and bound is not None and best.bound < bound:
        from zoning.allocation.proof.certificate import word_of_solver

        certificate = word_of_solver(pieces, limits, locks, new, certificate.objective, best.bound)
        bound, gap = certificate.bound, certificate.gap
    model = make_model(pieces, limits, locks)
    worth = pd.Series(model.worth / QUANTUM, index=model.codes)
    return replace(
        best,
        new_m2=new,
        method="alternative",
        objective=certificate.objective,
        bound=bound,
        gap=gap,
        certificate=certificate,
        limits=limit_table(pieces, limits, new, {k: p for k, p in prices.items() if p}),
        suitability_m2=float((worth * new.reindex(worth.index)).sum()),
        boundary_m=None if best.boundary_m is None else boundary_m(pieces, spatial, new),
    )
