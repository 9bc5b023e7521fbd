"""Choosing for units among zones under linear constraints: the general question of the field.

Each unit takes one zone, or at most one; every zone has a cost per unit; sums of amounts have lower
and upper bounds; a boundary penalty counts edges whose two units do not share a zone. A minimum set
with targets (Marxan, prioritizr) is the case of one zone. Solved by the same branch and bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.methods.solver import branch_and_bound
from zoning.errors import InfeasibleError, InputError, Problem, Text, raise_all

_NO_EDGES: tuple[str, ...] = ("a", "b", "weight")


def _no_rows(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({c: [] for c in columns})


@dataclass(frozen=True)
class Selection:
    """The question as tables.

    Parameters
    ----------
    costs : DataFrame
        ``unit, zone, cost``: what is minimised. A pair that is not listed may not be chosen.
    amounts : DataFrame
        ``constraint, unit, zone, amount``.
    bounds : DataFrame, index ``constraint``
        ``lower, upper``; ``<NA>`` or infinite means none.
    locks : DataFrame
        ``unit, zone, locked`` (True: must have it, False: must not).
    edges : DataFrame
        ``a, b, weight``: penalty when one unit has a zone and its neighbour has not; ``a == b``
        is paid whenever the unit has a zone.
    every_unit : bool
        Whether each unit must have a zone (otherwise at most one).
    """

    costs: pd.DataFrame
    amounts: pd.DataFrame = field(
        default_factory=lambda: _no_rows("constraint", "unit", "zone", "amount")
    )
    bounds: pd.DataFrame = field(default_factory=lambda: _no_rows("lower", "upper"))
    locks: pd.DataFrame = field(default_factory=lambda: _no_rows("unit", "zone", "locked"))
    edges: pd.DataFrame = field(default_factory=lambda: _no_rows(*_NO_EDGES))
    every_unit: bool = False


@dataclass(frozen=True)
class Selected:
    """The answer.

    Parameters
    ----------
    zone : Series, index ``unit``
        Zone of each unit, ``<NA>`` where it has none.
    cost, bound, gap : float
        Total cost with penalties, the solver's bound, and their relative distance.
    amounts : Series, index ``constraint``
        What was reached.
    """

    zone: pd.Series
    cost: float
    bound: float
    gap: float
    amounts: pd.Series


def _check(question: Selection) -> None:
    needed = {
        "costs": ("unit", "zone", "cost"),
        "amounts": ("constraint", "unit", "zone", "amount"),
        "bounds": ("lower", "upper"),
        "locks": ("unit", "zone", "locked"),
        "edges": _NO_EDGES,
    }
    problems = [
        Problem(Text(f"column '{c}' is missing", f"缺少字段 '{c}'"), name, code="missing-column")
        for name, columns in needed.items()
        for c in columns
        if c not in getattr(question, name)
    ]
    raise_all(problems)
    pairs = pd.MultiIndex.from_frame(question.costs[["unit", "zone"]])
    if pairs.has_duplicates:
        problems.append(
            Problem(
                Text("a unit and zone are listed twice", "单元与分区重复"),
                "costs",
                code="duplicate-code",
            )
        )
    unknown = set(question.amounts["constraint"]) - set(question.bounds.index)
    if unknown:
        name = sorted(map(str, unknown))[0]
        problems.append(
            Problem(
                Text(f"constraint '{name}' has no bounds", f"约束 '{name}' 没有上下限"),
                "bounds",
                code="missing-bounds",
            )
        )
    raise_all(problems, InputError)


def select(question: Selection, *, gap: float = 0.0, time_limit: float | None = None) -> Selected:
    """Solve to a stated gap.

    Parameters
    ----------
    question : Selection
        The tables.
    gap : float
        Relative gap at which to stop.
    time_limit : float, optional
        Seconds; the best answer and its gap are given when they are over.

    Returns
    -------
    Selected

    Raises
    ------
    InputError
        If a table is not as it must be.
    InfeasibleError
        If the bounds and locks cannot hold together.

    Examples
    --------
    >>> costs = pd.DataFrame({"unit": ["a", "b"], "zone": ["s", "s"], "cost": [3.0, 1.0]})
    >>> amounts = pd.DataFrame({"constraint": ["owl"] * 2, "unit": ["a", "b"], "zone": ["s", "s"],
    ...                         "amount": [2.0, 2.0]})
    >>> bounds = pd.DataFrame({"lower": [2.0], "upper": [None]}, index=["owl"])
    >>> found = select(Selection(costs, amounts, bounds))
    >>> found.zone.tolist(), found.cost
    ([<NA>, 's'], 1.0)
    """
    _check(question)
    costs = question.costs.sort_values(["unit", "zone"], kind="stable").reset_index(drop=True)
    pair = pd.MultiIndex.from_frame(costs[["unit", "zone"]])
    units, zones = pd.Index(costs["unit"].unique()), sorted(costs["zone"].unique())
    rows = _Rows(len(costs))
    one = 1.0 if question.every_unit else 0.0
    at_unit = units.get_indexer(costs["unit"])
    for u in range(len(units)):
        members = np.flatnonzero(at_unit == u)
        rows.add(members, np.ones(len(members)), one, 1.0)
    for name, bound in question.bounds.iterrows():
        part = question.amounts[question.amounts["constraint"] == name]
        at = pair.get_indexer(pd.MultiIndex.from_frame(part[["unit", "zone"]]))
        low, high = (_limit(bound[c], default) for c, default in _ENDS)
        rows.add(at[at >= 0], part["amount"].to_numpy(float)[at >= 0], low, high)
    lower, upper = _locked(question, pair)
    cost = costs["cost"].to_numpy(float).copy()
    extra = _penalties(question, pair, zones, cost, rows)
    x, bound_value = _solve(np.r_[cost, extra], lower, upper, rows, gap, time_limit)
    chosen = x[: len(costs)] > 0.5
    zone = pd.Series(pd.NA, index=units.rename("unit"), dtype="object", name="zone")
    zone[costs.loc[chosen, "unit"]] = costs.loc[chosen, "zone"].to_numpy()
    total = float(np.r_[cost, extra] @ x)
    reached = _reached(question, pair, chosen)
    distance = max(0.0, (total - bound_value) / max(abs(total), 1e-12))
    return Selected(zone, total, bound_value, distance, reached)


_ENDS = (("lower", -np.inf), ("upper", np.inf))


def _limit(value: Any, default: float) -> float:
    return default if pd.isna(value) else float(value)


class _Rows:
    """Constraint rows as triplets; columns may be added while rows are."""

    def __init__(self, columns: int):
        self.columns = columns
        self.row: list[Any] = []
        self.column: list[Any] = []
        self.value: list[Any] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: Any, values: Any, low: float, high: float) -> None:
        """Add ``low <= values x[columns] <= high``."""
        self.row.append(np.full(len(columns), len(self.low)))
        self.column.append(np.asarray(columns))
        self.value.append(np.asarray(values, dtype=float))
        self.low.append(low)
        self.high.append(high)

    def matrix(self) -> Any:
        """Give the sparse matrix (rows, columns)."""
        from scipy import sparse

        ends = (np.concatenate(self.row), np.concatenate(self.column))
        shape = (len(self.low), self.columns)
        return sparse.csr_array((np.concatenate(self.value), ends), shape=shape)


def _locked(question: Selection, pair: pd.MultiIndex) -> tuple[Any, Any]:
    lower, upper = np.zeros(len(pair)), np.ones(len(pair))
    at = pair.get_indexer(pd.MultiIndex.from_frame(question.locks[["unit", "zone"]]))
    if (at < 0).any():
        raise InputError.one(
            "a lock names a unit or zone that has no cost", "锁定表中的单元或分区没有费用",
            where="locks", code="unknown-lock",
        )  # fmt: skip
    inside = question.locks["locked"].to_numpy(bool)
    lower[at[inside]] = 1.0
    upper[at[~inside]] = 0.0
    return lower, upper


def _penalties(
    question: Selection, pair: pd.MultiIndex, zones: list[Any], cost: Any, rows: _Rows
) -> Any:
    """Add one column per edge and zone that is 1 where just one of the two units has the zone."""
    extra = []
    for a, b, weight in question.edges[list(_NO_EDGES)].itertuples(index=False):
        for zone in zones:
            i, j = pair.get_indexer([(a, zone), (b, zone)])
            if a == b or min(i, j) < 0:
                # An edge to the outside, or to a unit without this zone: paid when chosen.
                if max(i, j) >= 0:
                    cost[max(i, j)] += weight
                continue
            d = rows.columns
            rows.columns += 1
            extra.append(float(weight))
            rows.add([i, j, d], [1.0, -1.0, -1.0], -np.inf, 0.0)
            rows.add([i, j, d], [-1.0, 1.0, -1.0], -np.inf, 0.0)
    return np.array(extra)


def _solve(
    cost: Any, lower: Any, upper: Any, rows: _Rows, gap: float, time_limit: float | None
) -> tuple[Any, float]:
    from scipy.optimize import Bounds, LinearConstraint

    if (lower > upper).any():
        raise _infeasible()
    more = rows.columns - len(lower)
    options: dict[str, Any] = {"mip_rel_gap": gap}
    if time_limit is not None:
        options["time_limit"] = time_limit
    result = branch_and_bound(
        cost,
        constraints=LinearConstraint(rows.matrix(), rows.low, rows.high),
        bounds=Bounds(np.r_[lower, np.zeros(more)], np.r_[upper, np.full(more, np.inf)]),
        integrality=np.r_[np.ones(len(lower)), np.zeros(more)],
        options=options,
    )
    if result.x is None:
        raise _infeasible()
    x = np.where(np.arange(len(result.x)) < len(lower), np.round(result.x), result.x)
    return x, float(result.mip_dual_bound)


def _infeasible() -> InfeasibleError:
    return InfeasibleError(
        Problem(
            Text(
                "targets, bounds and locks cannot hold together", "目标、上下限与锁定无法同时满足"
            ),
            "constraints",
            Text(
                "targets, bounds and locks cannot hold together",
                "目标、上下限与锁定无法同时满足",
            ),
        )
    )


def _reached(question: Selection, pair: pd.MultiIndex, chosen: Any) -> pd.Series:
    at = pair.get_indexer(pd.MultiIndex.from_frame(question.amounts[["unit", "zone"]]))
    held = np.where(at >= 0, chosen[at], False)
    amount = question.amounts["amount"].to_numpy(float) * held
    sums = pd.Series(amount).groupby(question.amounts["constraint"].to_numpy()).sum()
    return sums.reindex(question.bounds.index, fill_value=0.0).rename("amount")
