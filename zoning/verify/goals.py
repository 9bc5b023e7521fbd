"""Goals one after the other: the bound of each proved again, and what it reached still kept."""

from __future__ import annotations

import pandas as pd

from zoning.allocation.goals import goals_of, question_of, with_counts
from zoning.allocation.proof.bounded import Boundary, bound_of
from zoning.allocation.stages import stages_of
from zoning.capacity.rules import STEP
from zoning.errors import Text
from zoning.plan import Plan
from zoning.questions.answer import account_of
from zoning.questions.frozen import goal_limits
from zoning.questions.question import locks as locks_of
from zoning.verify.compare import Findings

#: Whole square metres cost so much of a goal, relative to it and in its unit (our choice).
_ROUNDING = 1e-6


def audit(plan: Plan, found: Findings) -> None:
    """Hold each goal against its bound, and the plan against what each goal reached.

    Parameters
    ----------
    plan : Plan
    found : Findings
    """
    words, stored = plan.config.allocation.goals, plan.run.get("allocation", {}).get("goals", [])
    goals = goals_of(words)[:-1] if words else ()
    if "allocation" not in plan.run or plan.pieces is None:
        return
    there = [r["goal"] for r in stored]
    wanted = [g.word for g in goals]
    found.add("verify.goals", there == wanted,
              Text(f"goals in run.json: {there}, in [allocation]: {wanted}",
                   f"run.json 中的目标：{there}，[allocation]：{wanted}"),
              "run.json, allocation.goals")  # fmt: skip
    if there != wanted or not goals:
        return
    acc, pieces = account_of(plan)
    table, limits, locks = with_counts(pieces, goals), goal_limits(plan), locks_of(plan)
    new = plan.pieces["new_m2"].astype("int64")
    part = plan.config.allocation
    nowhere = pd.DataFrame({"a": [], "b": [], "length_m": []})
    none, within = Boundary(nowhere, 0.0, part.whole_units, part.core_share), part.goals_within
    for k, (goal, row) in enumerate(zip(goals, stored, strict=True)):
        rows, held = question_of(table, acc.limits, goal, limits[:k])
        prices = dict(enumerate(float(y) for y in row["prices"]))
        stages = stages_of(rows, held, locks)
        if stages is not None:
            rows, held, prices = stages.rows, stages.limits, stages.prices(prices)
        sign = 1.0 if goal.most else -1.0
        bound = sign * bound_of(rows, held, locks, none, prices)
        value = limits[k].steps(table, new) / STEP
        # Nobody can pass the bound; the plan may lie behind it by what was allowed.
        slack = 1.0 + abs(bound) * (within + _ROUNDING)
        behind = sign * (bound - value)
        proved = row["method"].startswith(("nested", "lp")) and not none.whole
        found.add("verify.goal", behind <= slack or not proved,
                  Text(f"goal {goal.word}: {value:.6g} reached, no plan passes {bound:.6g}",
                       f"目标“{goal.word}”：达到 {value:.6g}，任何方案不超过 {bound:.6g}"),
                  "run.json, allocation.goals", measured=value, limit=bound)  # fmt: skip
        if proved:
            found.column("verify.goal", "run.json, allocation.goals", {goal.word: row["bound"]},
                         {goal.word: bound}, tolerance=1.0 + _ROUNDING * abs(bound),
                         source=Text("prices and pieces", "影子价格与地块"))  # fmt: skip
        floor, cap = limits[k].floor_m2, limits[k].cap_m2
        kept = value >= floor if goal.most else cap is not None and value <= cap
        found.add("verify.goal_kept", kept,
                  Text(f"goal {goal.word}: {value:.6g}, kept {floor if goal.most else cap}",
                       f"目标“{goal.word}”：{value:.6g}，应保持 {floor if goal.most else cap}"),
                  "run.json, allocation.goals", measured=value)  # fmt: skip
        least = sign * value >= sign * row["value"] - abs(row["value"]) * within - 1.0
        found.add("verify.goal_kept", least,
                  Text(f"goal {goal.word}: {value:.6g} of {row['value']:.6g} reached",
                       f"目标“{goal.word}”：{value:.6g}，曾达到 {row['value']:.6g}"),
                  "run.json, allocation.goals", measured=value, limit=row["value"])  # fmt: skip
