"""The front door: choose the method by the shape of the question, solve, prove, report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.landscape import Patches
from zoning.allocation.methods.choose import Answer, Effort, with_boundary, without_boundary
from zoning.allocation.model import QUANTUM, Model, exact_dot, make_model, room_of
from zoning.allocation.proof import bounded as bounded_
from zoning.allocation.proof import certificate as proof
from zoning.allocation.proof.certificate import Certificate
from zoning.allocation.result import Allocation, limit_table
from zoning.allocation.space import make_space
from zoning.allocation.stages import Stages, stages_of
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InputError, ZoningError

#: A solver's own bound is taken where it is lower by more than this part (our choice).
_WORTH_A_WORD = 1e-9


def allocate(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    *,
    locks: Sequence[Lock] = (),
    boundary_weight: float = 0.0,
    edges: pd.DataFrame | None = None,
    whole_units: bool = False,
    core_share: float = 0.5,
    gap: float = 0.0,
    time_limit: float | None = None,
    min_patch_units: int = 1,
    attached: bool = False,
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
    boundary_weight : float
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
    min_patch_units : int
        With whole units: patches without a core (a unit built above ``core_share``) have at least
        so many units. Kept, not proved best: the gap is to the plan without this wish.
    attached : bool
        With whole units: every patch holds a core. Kept, not proved best.

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
    stages = stages_of(pieces, limits, locks)
    given: dict[str, Any] = {
        "locks": locks, "boundary_weight": boundary_weight, "edges": edges,
        "whole_units": whole_units, "core_share": core_share, "gap": gap,
        "time_limit": time_limit, "min_patch_units": min_patch_units, "attached": attached,
    }  # fmt: skip
    if stages is None:
        made = _allocate(pieces, limits, start, **given)
    else:
        if whole_units:
            raise _no_whole_stages()
        inner = _allocate(stages.rows, stages.limits, start, **given)
        made = None if inner is None else _collapse(pieces, stages, inner)
    if made is None:
        from zoning.allocation.proof.conflicts import explain

        raise explain(pieces, limits, locks, whole_units=whole_units)
    return made


def _no_whole_stages() -> ZoningError:
    return InputError.one(
        "phases and land that may go need fractions of units, not whole units",
        "分期与减量需按单元的一部分分配，不能用整单元",
        where="[allocation] whole_units", code="whole-stages",
        remedy=("set whole_units = false", "请设 whole_units = false"),
    )  # fmt: skip


def _collapse(pieces: pd.DataFrame, stages: Stages, inner: Allocation) -> Allocation:
    """Give the answer over rows back as land of the pieces, with the plan's own worth."""
    land, less = stages.land(inner.new_m2), stages.constant
    cert = inner.certificate
    bound = None if cert.bound is None else cert.bound - less
    cert = replace(cert, objective=cert.objective - less, bound=bound)
    prices: dict[int, float] | None = None
    if inner.limits["price"].notna().all():
        prices = stages.prices({k: float(y) for k, y in enumerate(inner.limits["price"])})
    new = land["new_m2"].rename("new_m2")
    table = pieces.assign(**{c: land[c] for c in land.columns if c != "new_m2"})
    steps = np.round(pieces["suitability"].astype("Float64").fillna(0.0).to_numpy(float) * QUANTUM)
    worth = exact_dot(steps.astype(np.int64), new.to_numpy(np.int64)) / QUANTUM
    return replace(
        inner, new_m2=new, objective=cert.objective, bound=cert.bound, gap=cert.gap,
        certificate=cert, limits=limit_table(table, stages.given, new, prices),
        suitability_m2=worth, stages=land.drop(columns="new_m2"),
        unknown=int(((room_of(pieces, stages.given) == 0) & (pieces["free_m2"] > 0)).sum()),
    )  # fmt: skip


def _allocate(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    start: float,
    *,
    locks: Sequence[Lock],
    boundary_weight: float,
    edges: pd.DataFrame | None,
    whole_units: bool,
    core_share: float,
    gap: float,
    time_limit: float | None,
    min_patch_units: int,
    attached: bool,
) -> Allocation | None:
    """Solve and prove one question over rows of land; ``None``: the rules cannot hold together."""
    model = make_model(pieces, limits, locks)
    spatial = boundary_weight > 0 or whole_units
    wish = Patches(min_patch_units, attached)
    how = _boundary(edges, boundary_weight, whole_units, core_share, wish)
    if wish.any and (not whole_units or edges is None):
        raise InputError.one(
            "wishes about patches need whole units and their neighbours",
            "斑块要求只适用于整单元分配，并需要相邻单元表",
            where="[allocation]",
            code="patches",
        )
    effort = Effort(gap, time_limit, wish)
    if spatial:
        space = make_space(model, pieces, how.edges, boundary_weight)
        answer = with_boundary(model, space, how, effort)
    else:
        answer = without_boundary(model, effort)
    if answer is None:
        return None
    return _report(pieces, model, locks, answer, how if spatial else None, edges, start)


def _boundary(
    edges: pd.DataFrame | None,
    boundary_weight: float,
    whole_units: bool,
    core_share: float,
    wish: Patches,
) -> bounded_.Boundary:
    if edges is None:
        if boundary_weight > 0:
            raise InputError.one(
                "lambda above 0 needs the neighbours of the units",
                "lambda 大于 0 时必须提供相邻单元表",
                where="[allocation] lambda",
                code="missing-edges",
            )
        edges = pd.DataFrame({"a": [], "b": [], "length_m": []})
    return bounded_.Boundary(edges, boundary_weight, whole_units, core_share, wish)


def _report(
    pieces: pd.DataFrame,
    model: Model,
    locks: Sequence[Lock],
    answer: Answer,
    how: bounded_.Boundary | None,
    edges: pd.DataFrame | None,
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
    cert = _prove(pieces, model.limits, locks, new, answer, suitability, how, flows)
    length = answer.boundary_m
    if length is None and edges is not None:
        length = bounded_.boundary_m(pieces, bounded_.Boundary(edges, 0.0), new)
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
        boundary_m=length if edges is not None else None,
        edges=flows,
        status=answer.status,
    )


def _prove(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    new: pd.Series,
    answer: Answer,
    suitability: float,
    how: bounded_.Boundary | None,
    flows: pd.DataFrame | None,
) -> Certificate:
    """Ask the independent code for the strongest grade that fits."""
    if how is None and answer.method == "lp-limits":
        how = _boundary(None, 0.0, False, 0.5, Patches())
    if how is None:
        if answer.prices is not None:
            steps = {k: round(y * QUANTUM) for k, y in answer.prices.items()}
            return proof.complete(pieces, limits, locks, new, steps)
        bound = suitability if answer.bound is None else max(suitability, answer.bound)
        return proof.word_of_solver(pieces, limits, locks, new, suitability, bound)
    with_flow = how if flows is None else replace(how, edges=flows)
    found = bounded_.bounded(
        pieces, limits, locks, new, with_flow, answer.prices or {}, stated_gap=np.inf
    )
    # What everyone can add up counts for more than a solver's word that is no better.
    lower = None if found.bound is None else found.bound - _WORTH_A_WORD * abs(found.bound)
    if answer.bound is not None and lower is not None and answer.bound < lower:
        bound = max(answer.bound, found.objective)
        return proof.word_of_solver(pieces, limits, locks, new, found.objective, bound)
    return found
