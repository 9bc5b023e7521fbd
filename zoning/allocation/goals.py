"""Goals one after the other: each is brought as far as the ones before it allow.

A goal is the least or the most of something that new land counts: area, farmland, what a limit of
the plan's own counts, suitability. The best that a goal can reach is found with a bound of its own
and held as a limit while the next one is solved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.allocate import allocate
from zoning.allocation.result import Allocation
from zoning.capacity.own import farmland_per_m2
from zoning.capacity.rules import STEP, Limit
from zoning.errors import InputError, Text

#: What every plan can count, and how it is called.
BUILT_IN = {
    "area": Text("new land", "新增面积"),
    "farmland": Text("farmland taken", "占用耕地"),
    "suitability": Text("suitability", "适宜性"),
}


@dataclass(frozen=True)
class Goal:
    """One goal.

    Parameters
    ----------
    most : bool
        As much as can be, or as little.
    of : str
        ``area``, ``farmland``, ``suitability`` or the name of a limit of the plan's own.
    """

    most: bool
    of: str

    @property
    def word(self) -> str:
        """Say it as plan.toml does."""
        return f"{'most' if self.most else 'least'} {self.of}"

    @property
    def column(self) -> str:
        """Column of the pieces with what 1 m2 of new land counts, in millionths."""
        return f"limit_{self.of}" if self.of not in BUILT_IN else f"goal_{self.of}"


@dataclass(frozen=True)
class Reached:
    """How far a goal was brought.

    Parameters
    ----------
    goal : Goal
    value, bound : float
        What the goal's own plan counts, and what no plan under the earlier goals passes.
    limit : Limit
        What later goals must keep.
    prices : tuple of float
        Of the limits, and of the limits of earlier goals behind them: they prove the bound.
    price : float
        Of ``limit``, in the last plan: suitability per unit of the goal.
    method : str
    """

    goal: Goal
    value: float
    bound: float
    limit: Limit
    prices: tuple[float, ...]
    method: str
    price: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the facts as plain data for ``run.json``."""
        least, most = self.limit.floor_m2, self.limit.cap_m2
        return {
            "goal": self.goal.word, "value": self.value, "bound": self.bound,
            "method": self.method, "floor": least if self.goal.most else None,
            "cap": None if self.goal.most else most, "price": self.price,
            "prices": list(self.prices),
        }  # fmt: skip


def goals_of(words: Sequence[str]) -> tuple[Goal, ...]:
    """Read goals such as ``least farmland``; without any the most suitability is the goal.

    Examples
    --------
    >>> [g.word for g in goals_of(["most area", "least farmland"])]
    ['most area', 'least farmland', 'most suitability']
    """
    found = []
    for word in words:
        side, _, of = word.partition(" ")
        found.append(Goal(side == "most", of.strip()))
    if not found or found[-1] != Goal(True, "suitability"):
        found.append(Goal(True, "suitability"))
    return tuple(found)


def with_counts(pieces: pd.DataFrame, goals: Sequence[Goal]) -> pd.DataFrame:
    """Put beside the pieces what 1 m2 of new land counts for each goal, in millionths.

    Raises
    ------
    InputError
        If the plan does not know what a goal counts.
    """
    more = {}
    for goal in goals:
        if goal.of == "area":
            per_m2 = pd.Series(1.0, index=pieces.index)
        elif goal.of == "suitability":
            per_m2 = pieces["suitability"].astype("Float64").fillna(0.0).astype("float64")
        elif goal.of == "farmland" and "free_farmland_m2" in pieces:
            per_m2 = farmland_per_m2(pieces)
        elif goal.column in pieces:
            continue
        else:
            raise InputError.one(
                f"goal '{goal.word}': the plan does not count that",
                f"目标“{goal.word}”：本方案没有该计量", where="[allocation] goals", code="goal",
                remedy=("area, farmland, suitability, or the name of a [[cap.limit]]",
                        "area、farmland、suitability，或某个 [[cap.limit]] 的名称"),
            )  # fmt: skip
        steps = np.round(per_m2.to_numpy(np.float64) * STEP).astype(np.int64)
        more[goal.column] = steps
    return pieces.assign(**more)


def question_of(
    pieces: pd.DataFrame, limits: Sequence[Limit], goal: Goal, earlier: Sequence[Limit]
) -> tuple[pd.DataFrame, tuple[Limit, ...]]:
    """Give the question of one goal: pieces with its worth, and limits with the earlier goals."""
    worth = pieces[goal.column] / STEP
    return pieces.assign(worth=worth if goal.most else -worth), (*limits, *earlier)


def keep(pieces: pd.DataFrame, goal: Goal, new: pd.Series, within: float) -> Limit:
    """Hold what a goal reached, less the share that later goals may take of it.

    Whole units, rounded in favour of later goals, so that its own plan keeps it.
    """
    limit = Limit(
        "goal", goal.word, coefficient=goal.column, unit="m2",
        name=Text(goal.word, _chinese(goal)),
    )  # fmt: skip
    steps = limit.steps(pieces, new)
    value = steps / STEP
    if goal.most:
        floor = math.floor(value * (1 - within)) if within else steps // STEP
        return _with(limit, floor_m2=max(0, floor))
    cap = math.ceil(value * (1 + within)) if within else -(-steps // STEP)
    return _with(limit, cap_m2=cap)


def _with(limit: Limit, **more: Any) -> Limit:
    from dataclasses import replace

    return replace(limit, **more)


def _chinese(goal: Goal) -> str:
    of = BUILT_IN.get(goal.of)
    return ("最大" if goal.most else "最小") + (of.zh if of else goal.of)


def allocate_goals(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    goals: Sequence[Goal],
    *,
    within: float = 0.0,
    **how: Any,
) -> Allocation:
    """Place new land by one goal after the other.

    Parameters
    ----------
    pieces, limits, **how
        As for :func:`zoning.allocation.allocate`. The boundary belongs to the last goal.
    goals : sequence of Goal
        The most suitability comes last.
    within : float
        Share of what a goal reached that the later ones may take.

    Returns
    -------
    Allocation
        Of the last goal, with ``goals``: what the earlier ones reached.

    Raises
    ------
    InfeasibleError
        If the rules cannot hold together.

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a", "b"], "free_m2": [50, 50], "free_farmland_m2": [50, 0],
    ...      "suitability": [0.9, 0.4]}, index=pd.Index(["a|t", "b|t"], name="piece"))
    >>> rules = [Limit("city", "city", cap_m2=60)]
    >>> plan = allocate_goals(pieces, rules, goals_of(["most area", "least farmland"]))
    >>> plan.new_m2.tolist(), [(g.goal.word, g.value) for g in plan.goals]
    ([10, 50], [('most area', 60.0), ('least farmland', 10.0)])
    """
    from dataclasses import replace

    table = with_counts(pieces, goals)
    alone = {k: v for k, v in how.items() if k not in ("boundary_weight",)}
    if not alone.get("whole_units"):
        alone.pop("edges", None)
    reached: list[Reached] = []
    for goal in goals[:-1]:
        held = [r.limit for r in reached]
        made = allocate(*question_of(table, limits, goal, held), **alone)
        sign = 1.0 if goal.most else -1.0
        limit = keep(table, goal, made.new_m2, within)
        bound = made.objective if made.bound is None else made.bound
        reached.append(
            Reached(goal, sign * made.objective, sign * bound, limit,
                    tuple(float(y) for y in made.limits["price"].fillna(0.0)), made.method)
        )  # fmt: skip
    last = allocate(table, (*limits, *(r.limit for r in reached)), **how)
    prices = last.limits["price"].astype("Float64").tolist()[len(limits) :]
    told = tuple(
        replace(r, price=None if pd.isna(y) else float(y))
        for r, y in zip(reached, prices, strict=True)
    )
    return replace(last, limits=last.limits.iloc[: len(limits)].copy(), goals=told)
