"""What the goals of a written plan reached, as limits that further questions keep."""

from __future__ import annotations

import pandas as pd

from zoning.allocation.goals import goals_of, with_counts
from zoning.capacity import Account
from zoning.capacity.rules import Limit
from zoning.errors import Text
from zoning.plan import Plan


def goal_limits(plan: Plan) -> tuple[Limit, ...]:
    """Give what each goal but the last reached as a limit; none without goals.

    Parameters
    ----------
    plan : Plan
        With ``run["allocation"]["goals"]``.
    """
    stored = plan.run.get("allocation", {}).get("goals", [])
    goals = {g.word: g for g in goals_of(plan.config.allocation.goals)}
    return tuple(
        Limit("goal", r["goal"], floor_m2=int(r["floor"] or 0),
              cap_m2=None if r["cap"] is None else int(r["cap"]),
              name=Text(r["goal"], r["goal"]), coefficient=goals[r["goal"]].column)
        for r in stored
        if r["goal"] in goals
    )  # fmt: skip


def frozen(
    plan: Plan, acc: Account, pieces: pd.DataFrame
) -> tuple[tuple[Limit, ...], pd.DataFrame]:
    """Give the limits of a plan with those of its goals, and the pieces with what goals count."""
    words = plan.config.allocation.goals
    if not words:
        return acc.limits, pieces
    return (*acc.limits, *goal_limits(plan)), with_counts(pieces, goals_of(words))
