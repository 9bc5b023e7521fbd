"""Goals one after the other: the bound of each proved again, and what it reached still kept."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify import counted
from zoning.verify.bound import STEP, Question, question, upper
from zoning.verify.compare import Findings, missing
from zoning.verify.limits import Land, Rule

#: Whole square metres cost so much of a goal, relative to it and in its unit (our choice).
_ROUNDING = 1e-6
_LAST = "most suitability"
#: No limit has such a price.
_DEAREST = 1e12
_MILLION = counted.MILLION


def words(plan: Plan) -> list[str]:
    """Give the goals of a plan but the last, which is the most suitability."""
    said = [" ".join(w.split()) for w in plan.config.allocation.goals]
    return said[:-1] if said and said[-1] == _LAST else said


def _stored(plan: Plan) -> list[dict[str, Any]]:
    return list(plan.run.get("allocation", {}).get("goals", ()))


def rules(plan: Plan) -> list[Rule]:
    """Draw what each goal reached as a rule that the next ones keep."""
    known, found = set(words(plan)), []
    for row in _stored(plan):
        if row["goal"] not in known:
            continue
        counts = counted.goal(plan, row["goal"].split(" ")[1])
        cap = None if missing(row["cap"]) else int(row["cap"])
        found.append(Rule("goal", row["goal"], frozenset(counts), int(row["floor"] or 0), cap,
                          counts=counts))  # fmt: skip
    return found


def prices(plan: Plan) -> list[float | None]:
    """Give the price of each goal's rule in the last plan."""
    known = set(words(plan))
    return [float(r["price"] or 0.0) for r in _stored(plan) if r["goal"] in known]


def audit(plan: Plan, land: Land, limits: list[Rule], found: Findings) -> None:
    """Hold each goal against its bound, and the plan against what each goal reached.

    Parameters
    ----------
    plan : Plan
    land, limits
        Of :mod:`zoning.verify.limits`.
    found : Findings
    """
    if "allocation" not in plan.run or plan.pieces is None:
        return
    there, wanted = [r["goal"] for r in _stored(plan)], words(plan)
    found.add("verify.goals", there == wanted,
              Text(f"goals in run.json: {there}, in [allocation]: {wanted}",
                   f"run.json 中的目标：{there}，[allocation]：{wanted}"),
              "run.json, allocation.goals")  # fmt: skip
    if there != wanted or not wanted:
        return
    reached = rules(plan)
    for k, (rule, row) in enumerate(zip(reached, _stored(plan), strict=True)):
        q = _question(plan, land, [*limits, *reached[:k]], rule)
        _bounded(plan, q, rule, row, found)
        _kept(plan, land, rule, row, found)


def _question(plan: Plan, land: Land, limits: list[Rule], rule: Rule) -> Question:
    """Ask for the most or the least of what a goal counts, under the goals before it."""
    q = question(plan, land, limits)
    sign = 1 if rule.code.startswith("most") else -1
    counts = rule.counts or {}
    per_m2 = [sign * counts.get(i, 0) * (STEP // _MILLION) for i in range(len(land.piece))]
    space = replace(q.space, weight=Fraction(0), sides=[])  # the boundary belongs to the last goal
    return replace(q, worth=[per_m2 for _ in q.phases], keep=[0] * len(land.piece), space=space)


def _bounded(plan: Plan, q: Question, rule: Rule, row: dict[str, Any], found: Findings) -> None:
    """Prove the bound of a goal again; nobody passes it, the plan may lie behind by what it may."""
    sign = 1 if rule.code.startswith("most") else -1
    given = [float(y) for y in row["prices"]]
    if len(given) != len(q.rules):
        found.add("verify.goal", False,
                  Text(f"goal {rule.code}: {len(given)} prices for {len(q.rules)} limits",
                       f"目标“{rule.code}”：{len(q.rules)} 项约束有 {len(given)} 个价格"),
                  "run.json, allocation.goals")  # fmt: skip
        return
    paid = [Fraction(y) if abs(y) < _DEAREST else Fraction(0) for y in given]
    bound = sign * float(upper(q, paid))
    value = rule.millionths(q.land) / _MILLION
    slack = 1.0 + abs(bound) * (plan.config.allocation.goals_within + _ROUNDING)
    behind = sign * (bound - value)
    proved = str(row["method"]).startswith(("nested", "lp")) and not q.space.whole
    sound = behind >= -1.0 - _ROUNDING * abs(bound)
    found.add("verify.goal", sound and (behind <= slack or not proved),
              Text(f"goal {rule.code}: {value:.6g} reached, no plan passes {bound:.6g}",
                   f"目标“{rule.code}”：达到 {value:.6g}，任何方案不超过 {bound:.6g}"),
              "run.json, allocation.goals", measured=value, limit=bound)  # fmt: skip
    if proved:
        found.column("verify.goal", "run.json, allocation.goals", {rule.code: row["bound"]},
                     {rule.code: bound}, tolerance=max(1e-9 * abs(bound), 1e-6),
                     source=Text("prices and pieces", "影子价格与地块"))  # fmt: skip
    else:
        found.not_looked_at(Text(f"the bound of goal {rule.code}: the solver's word",
                                 f"目标“{rule.code}”的上界：依据求解器"))  # fmt: skip


def _kept(plan: Plan, land: Land, rule: Rule, row: dict[str, Any], found: Findings) -> None:
    """Hold the plan against what the goal keeps, and against what it reached."""
    most = rule.code.startswith("most")
    counted_ = rule.millionths(land)
    value, within = counted_ / _MILLION, plan.config.allocation.goals_within
    held = rule.floor_m2 if most else rule.cap_m2
    kept = held is not None and (
        counted_ >= held * _MILLION if most else counted_ <= held * _MILLION
    )
    found.add("verify.goal_kept", kept,
              Text(f"goal {rule.code}: {value:.6g}, kept {held}",
                   f"目标“{rule.code}”：{value:.6g}，应保持 {held}"),
              "run.json, allocation.goals", measured=value)  # fmt: skip
    sign = 1.0 if most else -1.0
    least = sign * value >= sign * row["value"] - abs(row["value"]) * within - 1.0
    found.add("verify.goal_kept", least,
              Text(f"goal {rule.code}: {value:.6g} of {row['value']:.6g} reached",
                   f"目标“{rule.code}”：{value:.6g}，曾达到 {row['value']:.6g}"),
              "run.json, allocation.goals", measured=value, limit=row["value"])  # fmt: skip
    # What is held follows from what was reached, less the share that later goals may take.
    left = float(row["value"]) * (1 - within if most else 1 + within)
    right = max(0, math.floor(left)) if most else math.ceil(left)
    found.column("verify.goal_kept", "run.json, allocation.goals", {f"{rule.code}, kept": held},
                 {f"{rule.code}, kept": right},
                 source=Text("what was reached", "已达到的数值"))  # fmt: skip
    short = sign * (float(row["bound"]) - float(row["value"]))
    near = -1e-6 <= short <= 1.0 + _ROUNDING * abs(float(row["bound"]))
    solved = str(row["method"]).startswith(("nested", "lp"))
    found.add("verify.goal", near or (short >= -1e-6 and not solved),
              Text(f"goal {rule.code}: {row['value']:.6g} reached under a bound of "
                   f"{row['bound']:.6g}",
                   f"目标“{rule.code}”：达到 {row['value']:.6g}，上界 {row['bound']:.6g}"),
              "run.json, allocation.goals", measured=row["value"], limit=row["bound"])  # fmt: skip
