"""The plan under 41 caps, each solved: what the slider of the map shows.

No step is interpolated: every one is the answer that ``zoning allocate --cap`` gives, at the plan's
weight and under its locks, with its own proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation import Allocation
from zoning.capacity import Account
from zoning.errors import InfeasibleError, InputError, Text
from zoning.plan import Plan
from zoning.planfile.models import Config
from zoning.questions.answer import account_of, ask
from zoning.questions.question import Question, changed
from zoning.questions.rungs import Ladder, Step

#: Steps of a ladder, and how far it reaches above the cap of the plan (our choice).
STEPS, ABOVE = 41, 0.08
#: Larger plans have no ladder: it would take too long and make the page too large (our choice).
MOST_UNITS = 107_000
#: Caps are whole ten-thousandths, as people write them.
_PLACES = 4


def caps_of(existing: float, free: float, cap: float, count: int = STEPS) -> list[float]:
    """Give the caps of a ladder: evenly spread, the plan's own among them.

    Parameters
    ----------
    existing : float
        Share of existing construction: the first step.
    free : float
        Share that would be built with all free land.
    cap : float
        The plan's own cap; the last step lies at most :data:`ABOVE` over it.
    count : int

    Returns
    -------
    list of float
        Rising, all different.

    Examples
    --------
    >>> caps_of(0.25, 0.5, 0.28, 5)
    [0.25, 0.28, 0.305, 0.3325, 0.36]
    """
    low = math.ceil(round(existing * 10**_PLACES, 6)) / 10**_PLACES
    high = max(min(free, cap + ABOVE), low, min(cap, 1.0))
    low = min(low, cap)
    shares = [round(float(s), _PLACES) for s in np.linspace(low, min(high, 1.0), count)]
    nearest = int(np.argmin(np.abs(np.array(shares) - cap)))
    shares[nearest] = cap
    return sorted(set(shares))


def ladder(plan: Plan, progress: Callable[[int, int], None] | None = None) -> Ladder:
    """Solve the plan under one cap after the other, all else as it is.

    Parameters
    ----------
    plan : Plan
    progress : callable, optional
        Called with (done, all).

    Raises
    ------
    InputError
        If the plan has no construction account or no cap, or too many units.
    """
    if len(plan.units) > MOST_UNITS:
        raise InputError.one(
            f"a plan of {len(plan.units):,} units has no ladder of caps",
            f"单元多达 {len(plan.units):,} 个的方案不生成上限阶梯",
            where="[outputs] ladder", code="ladder-too-large", measured=len(plan.units),
            limit=MOST_UNITS,
            remedy=("ask for single caps with zoning allocate --cap",
                    "请用 zoning allocate --cap 逐个提问"),
        )  # fmt: skip
    acc, offered = account_of(plan)
    cap = float(plan.config.cap.share or 0)
    free = acc.existing_m2 + int(offered["free_m2"].sum())
    shares = caps_of(acc.existing_m2 / acc.base_m2, free / acc.base_m2, cap)
    steps, land = [], np.zeros((len(shares), len(offered)), np.int64)
    for k, share in enumerate(shares):
        step, new = _step(plan, share)
        steps.append(step)
        if new is not None:
            land[k] = new.reindex(offered.index).fillna(0).astype("int64")
        if progress:
            progress(k + 1, len(shares))
    return Ladder(tuple(steps), shares.index(cap), land, offered.index)


def _step(plan: Plan, share: float) -> tuple[Step, pd.Series | None]:
    question = Question(cap=share)
    try:
        acc, found = ask(plan, question)
    except InfeasibleError as error:
        en, zh = ("; ".join(p.what.en for p in error.problems),
                  "；".join(p.what.zh for p in error.problems))  # fmt: skip
        return Step(share, why=Text(en, zh)), None
    return _solved(share, acc, found, changed(plan.config, question)), found.new_m2


def _solved(share: float, acc: Account, found: Allocation, config: Config) -> Step:
    proof = found.certificate
    return Step(
        cap_share=share, cap_m2=acc.cap_m2, headroom_m2=acc.headroom_m2,
        new_m2=int(found.new_m2.sum()), objective=found.objective, bound=found.bound,
        gap=found.gap, method=found.method, grade=proof.grade, proof=proof.text,
        price=price_of(found.limits, config),
        failed=tuple(c for c in acc.checks if not c.ok and c.level == "error"),
    )  # fmt: skip


def price_of(limits: pd.DataFrame, config: Config) -> float | None:
    """Add up what one more m2 of cap is worth: quotas are shares of the headroom and follow it.

    Parameters
    ----------
    limits : DataFrame
        ``limits`` of an allocation: kind, code, price.
    config : Config

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["city"], "code": ["city"], "price": [0.5]})
    >>> price_of(table, Config())
    0.5
    """
    if limits["price"].isna().any():
        return None
    quotas: dict[str, Any] = {z: q.share for z, q in config.cap.quotas.items() if q is not None}
    moved = [
        1.0 if kind == "city" else float(quotas.get(code) or 0.0) if kind == "quota" else 0.0
        for kind, code in zip(limits["kind"], limits["code"], strict=True)
    ]
    return float(np.dot(moved, limits["price"].astype(float)))
