"""The front door: choose the method by the shape of the question, solve, prove, report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from zoning.allocation import blocks as blocks_
from zoning.allocation import bounded as bounded_
from zoning.allocation import certificate as proof
from zoning.allocation import linear, nested, spread, whole
from zoning.allocation.certificate import Certificate
from zoning.allocation.model import QUANTUM, Model, make_model
from zoning.allocation.result import Allocation, limit_table
from zoning.allocation.space import Space, make_space
from zoning.allocation.structure import close, shape_of
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InputError
from zoning.units import Floats, Ints

Method = Literal["auto", "lp", "cuts"]

#: Above this many units the boundary is solved by cuts instead of one linear programme (our
#: choice, where their times cross).
LP_UNITS = 20_000


@dataclass(frozen=True)
class _Answer:
    """New land in model order; prices per limit and flows per edge; the solver's own bound."""

    new: Ints
    method: str
    prices: Mapping[int, float] | None
    flow: Floats | None = None
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
    method: Method = "auto",
) -> Allocation:
    """Place new construction land where it suits best, under all limits.

    Without a boundary term the method follows from the limits: one tree is solved by merging and
    cutting, two crossing trees by linear programming with whole vertices, anything else by integer
    programming. With a boundary term, fractions of units come from one linear programme (or from
    minimum cuts, for many units) and whole units from minimum cuts and branch and bound. The method
    that was used is named in the result.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, free_m2`` (int64, m2), ``suitability`` (0..1, read to nine decimals) and the columns
        that limits name; with a boundary or whole units ``area_m2, built_m2``.
    limits : sequence of Limit
        Floors and caps on new land, m2.
    locks : sequence of Lock
        Units whose free land must all be built, or must stay.
    lambda_ : float
        Weight of the boundary: km2 of suitability that one km of boundary is worth.
    edges : DataFrame, optional
        ``a, b`` (unit codes), ``length_m``: see :func:`zoning.allocation.space.lattice_edges`.
    whole_units : bool
        Build all free land of a unit or none.
    core_share : float
        With whole units: units built above this share count as chosen for the boundary.
    gap : float
        With whole units: relative gap that is good enough; 0 asks for a proof.
    time_limit : float, optional
        Seconds for branch and bound; when they are over, the best plan and its gap are given.
    method : {"auto", "lp", "cuts"}
        How to solve fractions of units with a boundary.

    Returns
    -------
    Allocation

    Raises
    ------
    InputError
        If a table is not as it must be.
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
    spatial = lambda_ > 0 or whole_units
    how = _boundary(edges, lambda_, whole_units, core_share)
    if not spatial:
        answer = _without_boundary(model, gap, time_limit)
    else:
        answer = _with_boundary(
            model, make_space(model, pieces, how.edges, lambda_), how, gap, time_limit, method
        )
    if answer is None:
        from zoning.allocation.conflicts import explain

        raise explain(pieces, limits, locks, whole_units=whole_units)
    return _report(pieces, model, locks, answer, how if spatial else None, edges, gap, start)


def _boundary(
    edges: pd.DataFrame | None, lambda_: float, whole_units: bool, core_share: float
) -> bounded_.Boundary:
    if edges is None:
        if lambda_ > 0:
            raise InputError.one(
                "lambda above 0 needs the neighbours of the units",
                "lambda 大于 0 时必须提供相邻单元表",
                where="[allocation] lambda",
                code="missing-edges",
            )
        edges = pd.DataFrame({"a": [], "b": [], "length_m": []})
    return bounded_.Boundary(edges, lambda_, whole_units, core_share)


def _without_boundary(model: Model, gap: float, time_limit: float | None) -> _Answer | None:
    """Solve by the method that fits the limits."""
    if (model.least > model.room).any():
        return None
    open_model, shut = close(model)
    shape = shape_of(open_model)
    if len(shape.trees) == 1:
        word, solved = "nested", nested.solve(open_model, shape.trees[0])
    elif shape.trees:
        word, solved = "lp", linear.solve_two_trees(open_model, shape.groups)
    else:
        mixed = linear.solve_mixed(open_model, shape.groups, gap=gap, time_limit=time_limit)
        return None if mixed is None else _Answer(mixed[0], "milp", None, bound=mixed[1])
    if solved is None:
        return None
    steps = _limit_prices(model, solved.prices, shut)
    return _Answer(solved.new, word, {k: y / QUANTUM for k, y in steps.items()})


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


def _hand_over(model: Model, groups: Sequence[int], prices: Sequence[float]) -> dict[int, float]:
    """Hand prices of groups to the limits that bind in them."""
    found: dict[int, float] = {}
    for k, price in zip(groups, prices, strict=True):
        group = model.groups[k]
        limit = group.cap_from if price > 0 else group.floor_from
        if limit is not None and price != 0:
            found[limit] = found.get(limit, 0.0) + float(price)
    return found


def _with_boundary(
    model: Model,
    space: Space,
    how: bounded_.Boundary,
    gap: float,
    time_limit: float | None,
    method: Method,
) -> _Answer | None:
    if (model.least > model.room).any():
        return None
    open_model, _ = close(model)
    if how.whole:
        return _whole(open_model, space, how, gap, time_limit)
    which = shape_of(open_model).groups
    solved = spread.solve(open_model, space, which)
    if solved is None:
        return None
    prices = _hand_over(model, list(solved.prices), list(solved.prices.values()))
    return _Answer(solved.new, "lp-boundary", prices, _by_row(space, solved.flow, how))


def _by_row(space: Space, flow: Floats, how: bounded_.Boundary) -> Floats:
    """Put flows back on the rows of the table of edges."""
    full = np.zeros(len(how.edges))
    full[space.row] = flow
    return full


def _whole(
    model: Model,
    space: Space,
    how: bounded_.Boundary,
    gap: float,
    time_limit: float | None,
) -> _Answer | None:
    """Whole units: cuts and filling first; branch and bound if the gap is not yet good enough."""
    question = blocks_.make_blocks(model, space, how.core_share)
    choice = whole.start(question)
    if choice is not None and len(choice.prices) > 1 and _gap(choice) > gap:
        choice = whole.polish(question, choice)
    if choice is None or _gap(choice) > gap:
        better = whole.prove(question, choice, gap=gap, time_limit=time_limit)
        choice = better if better is not None else choice
    if choice is None:
        return None
    flow = question.flow.copy()
    flow[question.edge] = choice.flow
    prices = _hand_over(model, question.groups, choice.prices.tolist())
    new = question.new(model, choice.z)
    solver = choice.bound if choice.method == "milp" else None
    return _Answer(new, f"{choice.method}-whole", prices, _by_row(space, flow, how), solver)


def _gap(choice: whole.Choice) -> float:
    return (choice.bound - choice.value) / max(abs(choice.bound), 1.0)


def _report(
    pieces: pd.DataFrame,
    model: Model,
    locks: Sequence[Lock],
    answer: _Answer,
    how: bounded_.Boundary | None,
    edges: pd.DataFrame | None,
    gap: float,
    start: float,
) -> Allocation:
    """Put the answer back on the pieces' index and prove it."""
    land = np.empty_like(answer.new)
    land[model.order] = answer.new
    new = pd.Series(land, index=pieces.index, name="new_m2")
    suitability = model.objective(answer.new) / QUANTUM
    flows = None
    if how is not None and answer.flow is not None:
        flows = how.edges.assign(flow=answer.flow)
    cert = _prove(pieces, model.limits, locks, new, answer, suitability, how, flows, gap)
    given = how if how is not None else _boundary(edges, 0.0, False, 0.5)
    return Allocation(
        new_m2=new,
        method=answer.method,
        objective=cert.objective,
        bound=cert.bound,
        gap=cert.gap,
        seconds=time.perf_counter() - start,
        certificate=cert,
        limits=limit_table(pieces, model.limits, new, answer.prices),
        unknown=model.unknown,
        suitability_m2=suitability,
        boundary_m=None if edges is None else bounded_.boundary_m(pieces, given, new),
        edges=flows,
    )


def _prove(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    new: pd.Series,
    answer: _Answer,
    suitability: float,
    how: bounded_.Boundary | None,
    flows: pd.DataFrame | None,
    gap: float,
) -> Certificate:
    """Ask the independent code for the strongest grade that fits."""
    if how is None:
        if answer.prices is not None:
            steps = {k: round(y * QUANTUM) for k, y in answer.prices.items()}
            return proof.complete(pieces, limits, locks, new, steps)
        bound = suitability if answer.bound is None else max(suitability, answer.bound)
        return proof.word_of_solver(pieces, limits, locks, new, suitability, bound)
    with_flow = bounded_.Boundary(
        how.edges if flows is None else flows, how.lambda_km, how.whole, how.core_share
    )
    found = bounded_.bounded(
        pieces, limits, locks, new, with_flow, answer.prices or {}, stated_gap=np.inf
    )
    if answer.bound is not None and found.bound is not None and answer.bound < found.bound:
        bound = max(answer.bound, found.objective)
        return proof.word_of_solver(pieces, limits, locks, new, found.objective, bound)
    return found
