"""The methods, one behind the other: from arrays to an answer with prices and flows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zoning.allocation.landscape import Patches
from zoning.allocation.methods import levels, linear, nested, spread, whole
from zoning.allocation.methods.blocks import make_blocks
from zoning.allocation.methods.patches import mend
from zoning.allocation.methods.solver import Status
from zoning.allocation.model import QUANTUM, Model
from zoning.allocation.proof.bounded import Boundary
from zoning.allocation.space import Space
from zoning.allocation.structure import close, shape_of, weighted
from zoning.base.areas import Floats, Ints
from zoning.capacity.rules import STEP

#: Above this many units a boundary under one cap is solved by cuts on levels instead of one linear
#: programme (our choice, near where their times cross).
LP_UNITS = 20_000
#: Time for re-choosing the least certain units before branch and bound (our choice).
_POLISH_SECONDS = 2.0


@dataclass(frozen=True)
class Effort:
    """How hard to try with whole units: relative gap, seconds, and wishes about patches."""

    gap: float = 0.0
    time_limit: float | None = None
    wish: Patches = field(default_factory=Patches)


@dataclass(frozen=True)
class Answer:
    """New land in model order; prices per limit and flows per edge; the solver's own bound."""

    new: Ints
    method: str
    prices: Mapping[int, float] | None
    flow: Floats | None = None
    bound: float | None = None
    boundary_m: float | None = None
    status: Status = "proved"


def without_boundary(model: Model, effort: Effort) -> Answer | None:
    """Solve by the method that fits the limits."""
    if (model.least > model.room).any():
        return None
    open_model, shut = close(model)
    shape = shape_of(open_model)
    if len(shape.trees) == 1:
        word, solved = "nested", nested.solve(open_model, shape.trees[0])
    elif weighted(open_model):
        return _by_programme(open_model, shape.groups)
    elif shape.trees:
        word, solved = "lp", linear.solve_two_trees(open_model, shape.groups)
    else:
        mixed = linear.solve_mixed(
            open_model, shape.groups, gap=effort.gap, time_limit=effort.time_limit
        )
        if mixed is None:
            return None
        return Answer(mixed[0], "milp", None, bound=mixed[1], status=mixed[2])
    if solved is None:
        return None
    steps = _limit_prices(model, solved.prices, shut)
    return Answer(solved.new, word, {k: y / QUANTUM for k, y in steps.items()})


def _by_programme(model: Model, which: Sequence[int]) -> Answer | None:
    """Solve limits in which pieces count differently: a linear programme, then whole m2."""
    n, none = len(model.units), np.zeros(0)
    some = model.room[model.room > 0]
    nowhere = none.astype(np.intp)
    space = Space(
        area=np.full(n, float(np.median(some)) if len(some) else 1.0), built=np.zeros(n),
        a=nowhere, b=nowhere, length=none, row=nowhere, weight=none,
    )  # fmt: skip
    solved = spread.solve(model, space, which)
    if solved is None:
        return None
    prices = _hand_over(model, list(solved.prices), list(solved.prices.values()))
    return Answer(solved.new, "lp-limits", prices)


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
        group = model.groups[k]
        members, limit = group.members, group.cap_from
        able = model.room[members] > model.least[members]
        if group.weights is None:
            price = int(rest[members[able]].max(initial=0))
        else:  # what a m2 is worth, over what it counts
            price = int((-(-rest[members[able]] * STEP // group.weights[able])).max(initial=0))
        if price > 0 and limit is not None:
            found[limit] = found.get(limit, 0) + price
            less = price if group.weights is None else np.maximum(rest[members], 0)
            rest[members] -= less
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


def with_boundary(model: Model, space: Space, how: Boundary, effort: Effort) -> Answer | None:
    """Solve with a boundary term, in fractions of units or in whole ones."""
    if (model.least > model.room).any():
        return None
    open_model, _ = close(model)
    if how.whole:
        return _whole(open_model, space, how, effort)
    which = shape_of(open_model).groups
    if len(model.units) > LP_UNITS and _one_cap(open_model, which):
        word, solved = "cuts-boundary", _by_levels(open_model, space, which)
    else:
        word, solved = "lp-boundary", spread.solve(open_model, space, which)
    if solved is None:
        return None
    prices = _hand_over(model, list(solved.prices), list(solved.prices.values()))
    length = space.boundary(space.shares(open_model, solved.new))
    flow = _by_row(space, solved.flow, how)
    return Answer(solved.new, word, prices, flow, boundary_m=length)


def _one_cap(model: Model, which: Sequence[int]) -> bool:
    """Say whether nothing but one cap over all movable pieces can bind."""
    movable = int((model.room > model.least).sum())
    if not which:
        return movable > 0
    group = model.groups[which[0]]
    if group.weights is not None:
        return False
    inside = group.members
    moving = int((model.room[inside] > model.least[inside]).sum())
    fewest = int(model.least[inside].sum())
    return len(which) == 1 and moving == movable > 0 and group.floor <= fewest <= group.cap


def _by_levels(model: Model, space: Space, which: Sequence[int]) -> spread.Spread | None:
    """Solve under one cap by cuts on levels of share."""
    fixed = model.room <= model.least
    if which:
        group = model.groups[which[0]]
        outside = int(model.least[fixed].sum()) - int(
            model.least[group.members][fixed[group.members]].sum()
        )
        cap = group.cap + outside
    else:
        cap = int(model.room.sum())
    found = levels.solve_one_cap(model, space, cap)
    new = spread.make_whole(model, found.amount, which)
    prices = {which[0]: found.price} if which else {}
    return None if new is None else spread.Spread(new, prices, found.flow)


def _by_row(space: Space, flow: Floats, how: Boundary) -> Floats:
    """Put flows back on the rows of the table of edges."""
    full = np.zeros(len(how.edges))
    full[space.row] = flow
    return full


def _whole(model: Model, space: Space, how: Boundary, effort: Effort) -> Answer | None:
    """Choose whole units: cuts and filling first; branch and bound if that is not good enough."""
    question = make_blocks(model, space, how.core_share)
    choice = whole.start(question)
    begun, limit = time.perf_counter(), effort.time_limit
    if choice is not None and _gap(choice) > effort.gap:
        seconds = _POLISH_SECONDS if limit is None else min(_POLISH_SECONDS, limit / 2)
        choice = whole.polish(question, choice, seconds=seconds)
    stopped = choice is not None and choice.status == "interrupted"
    if choice is None or (_gap(choice) > effort.gap and not stopped):
        if limit is not None:
            limit = max(0.1, limit - (time.perf_counter() - begun))
        better = whole.prove(question, choice, gap=effort.gap, time_limit=limit)
        choice = better if better is not None else choice
    if choice is None:
        return None
    if effort.wish.any:
        choice = mend(question, model, space, choice, how.core_share, effort.wish)
        if not question.fits(choice.z):
            return None
    flow = question.flow.copy()
    flow[question.edge] = choice.flow
    prices = _hand_over(model, question.groups, choice.prices.tolist())
    new = question.new(model, choice.z)
    solver = choice.bound if choice.method == "milp" else None
    chosen = space.built > how.core_share * space.area
    chosen[model.unit[new > 0]] = True
    length = space.boundary(chosen.astype(np.float64))
    word = f"{choice.method}-whole"
    return Answer(new, word, prices, _by_row(space, flow, how), solver, length, choice.status)


def _gap(choice: whole.Choice) -> float:
    return (choice.bound - choice.value) / max(abs(choice.bound), 1.0)
