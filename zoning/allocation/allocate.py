"""The front door: choose the method by the shape of the limits, solve, prove, report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation import certificate as proof
from zoning.allocation import linear, nested
from zoning.allocation.certificate import Certificate
from zoning.allocation.model import QUANTUM, Model, make_model
from zoning.allocation.structure import close, shape_of
from zoning.capacity.rules import Limit, Lock
from zoning.units import Ints


@dataclass(frozen=True)
class Allocation:
    """New construction land, how it was found and what was proved.

    Parameters
    ----------
    new_m2 : Series of int64, index ``piece``
        New land in square metres, in the order of the pieces that were given.
    method : str
        The method that was used.
    objective : float
        Sum of suitability x new land in m2, less lambda x boundary.
    bound, gap : float or None
        No plan is better than the bound; gap = (bound - objective) / abs(bound).
    seconds : float
        Time spent.
    certificate : Certificate
        The proof, by independent code.
    limits : DataFrame, one row per limit
        ``kind, code, floor_m2, cap_m2, used_m2, left_m2, price`` (suitability per m2 of cap;
        ``<NA>`` where the method gives none).
    unknown : int
        Pieces with free land held at 0 because suitability or zone is missing.
    """

    new_m2: pd.Series
    method: str
    objective: float
    bound: float | None
    gap: float | None
    seconds: float
    certificate: Certificate
    limits: pd.DataFrame
    unknown: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give the facts of the run as plain data (without the land itself)."""
        return {
            "method": self.method,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": self.seconds,
            "unknown": self.unknown,
            "certificate": self.certificate.as_dict(),
        }


@dataclass(frozen=True)
class _Answer:
    new: Ints
    method: str
    prices: Mapping[int, int] | None
    bound: float | None = None


def allocate(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    *,
    locks: Sequence[Lock] = (),
    lambda_: float = 0.0,
    edges: pd.DataFrame | None = None,
    whole_units: bool = False,
    core_share: float = 0.5,
    gap: float = 0.0,
    time_limit: float | None = None,
) -> Allocation:
    """Place new construction land where it suits best, under all limits.

    Without a boundary term the method follows from the limits: one tree is solved by merging and
    cutting, two crossing trees by linear programming with whole vertices, anything else by integer
    programming. The method that was used is named in the result.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, free_m2`` (int64, m2), ``suitability`` (0..1, read to nine decimals) and the columns
        that limits name.
    limits : sequence of Limit
        Floors and caps on new land, m2.
    locks : sequence of Lock
        Units whose free land must all be built, or must stay.

    Returns
    -------
    Allocation

    Raises
    ------
    InputError
        If the table is not as it must be.
    InfeasibleError
        If stated floors, quotas and locks cannot hold together.

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a", "b", "c"], "county": ["x", "x", "y"], "free_m2": [50, 50, 50],
    ...      "suitability": [0.9, 0.8, 0.3]}, index=pd.Index(["a|1", "b|1", "c|2"], name="piece"))
    >>> rules = [Limit("city", "city", cap_m2=90), Limit("county", "y", floor_m2=20)]
    >>> plan = allocate(pieces, rules)
    >>> plan.new_m2.tolist(), plan.method, plan.certificate.grade, plan.certificate.ok
    ([50, 20, 20], 'nested', 'complete', True)
    """
    start = time.perf_counter()
    model = make_model(pieces, limits, locks)
    answer = _linear_answer(model, gap, time_limit)
    if answer is None:
        from zoning.allocation.conflicts import explain

        raise explain(pieces, limits, locks)
    return _report(pieces, model, locks, answer, start)


def _linear_answer(model: Model, gap: float, time_limit: float | None) -> _Answer | None:
    """Solve without a boundary term, by the method that fits the limits."""
    if (model.least > model.room).any():
        return None
    open_model, shut = close(model)
    shape = shape_of(open_model)
    if len(shape.trees) == 1:
        method, solved = "nested", nested.solve(open_model, shape.trees[0])
    elif shape.trees:
        method, solved = "lp", linear.solve_two_trees(open_model, shape.groups)
    else:
        mixed = linear.solve_mixed(open_model, shape.groups, gap=gap, time_limit=time_limit)
        return None if mixed is None else _Answer(mixed[0], "milp", None, mixed[1])
    if solved is None:
        return None
    return _Answer(solved.new, method, _limit_prices(model, solved.prices, shut))


def _limit_prices(model: Model, prices: Mapping[int, int], shut: Sequence[int]) -> dict[int, int]:
    """Hand the prices of groups to the limits that bind in them; price the closed ones last."""
    found: dict[int, int] = {}
    rest = model.worth.copy()
    for k, price in prices.items():
        group = model.groups[k]
        limit = group.cap_from if price > 0 else group.floor_from
        if limit is not None:
            found[limit] = found.get(limit, 0) + price
            rest[group.members] -= price
    for k in shut:
        members = model.groups[k].members
        able = members[model.room[members] > model.least[members]]
        price = int(rest[able].max(initial=0))
        limit = model.groups[k].cap_from
        if price > 0 and limit is not None:
            found[limit] = found.get(limit, 0) + price
            rest[members] -= price
    return found


def _report(
    pieces: pd.DataFrame, model: Model, locks: Sequence[Lock], answer: _Answer, start: float
) -> Allocation:
    """Put the answer back on the pieces' index and prove it."""
    new = pd.Series(answer.new, index=model.codes, name="new_m2").reindex(pieces.index)
    objective = model.objective(answer.new) / QUANTUM
    if answer.prices is not None:
        cert = proof.complete(pieces, model.limits, locks, new, answer.prices)
    else:
        bound = objective if answer.bound is None else max(objective, answer.bound)
        cert = proof.word_of_solver(pieces, model.limits, locks, new, objective, bound)
    return Allocation(
        new_m2=new,
        method=answer.method,
        objective=objective,
        bound=cert.bound,
        gap=cert.gap,
        seconds=time.perf_counter() - start,
        certificate=cert,
        limits=_limit_table(pieces, model.limits, new, answer.prices),
        unknown=model.unknown,
    )


def _limit_table(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    new: pd.Series,
    prices: Mapping[int, int] | None,
) -> pd.DataFrame:
    """List used and left land and the price of every limit."""
    used = [int(new[proof.inside(pieces, limit)].sum()) for limit in limits]
    table = pd.DataFrame(
        {
            "kind": [limit.kind for limit in limits],
            "code": [limit.code for limit in limits],
            "floor_m2": np.array([limit.floor_m2 for limit in limits], dtype=np.int64),
            "cap_m2": pd.array([limit.cap_m2 for limit in limits], dtype="Int64"),
            "used_m2": np.array(used, dtype=np.int64),
        }
    )
    table["left_m2"] = table["cap_m2"] - table["used_m2"]
    values = [None if prices is None else prices.get(k, 0) / QUANTUM for k in range(len(limits))]
    table["price"] = pd.array(values, dtype="Float64")
    return table
