"""Limits of the plan's own, derived again: farmland from the ledger, coefficients from the plan."""

from __future__ import annotations

import shapely

from zoning.capacity import cap_rules
from zoning.capacity.own import derived
from zoning.errors import Check, Text
from zoning.ledger import sums
from zoning.pipeline import places
from zoning.plan import Plan
from zoning.planfile.models import OwnLimitRule, ReductionPart
from zoning.questions.released import classes_of


def _places(plan: Plan) -> list[Check]:
    """Hold which units lie inside polygons of rules against the polygons that the plan carries."""
    cap, pieces = plan.config.cap, plan.pieces
    part = next((c for c in plan.contributions if c.wing == places.WING), None)
    found = []
    rules: list[OwnLimitRule | ReductionPart] = [*cap.limit, *cap.reduction]
    for rule in rules:
        if not rule.area or pieces is None:
            continue
        off, name = len(pieces), f"area_{rule.name}"
        if part is not None and name in pieces:
            frame = part.layers[0].frame
            shape = shapely.union_all(frame.geometry[frame["name"] == rule.name].to_numpy())
            right = places.column(pieces, plan.units, places.inside(plan.units, shape))
            off = int((right != pieces[name].astype("string")).fillna(True).sum())
        text = Text(f"rule {rule.name}: which units lie in its polygons ({off} pieces differ)",
                    f"规则 {rule.name}：位于范围内的单元（{off} 个地块不符）")  # fmt: skip
        found.append(Check("verify.place", "error", off == 0, off, 0, "pieces", rule.name, text))
    return found


def own(plan: Plan) -> list[Check]:
    """Hold what pieces count under each own limit against the ledger and plan.toml's rules.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Check
        ``verify.free_farmland`` and one ``verify.coefficient`` per limit; of a coefficient that
        came from a file only its places can be held.
    """
    pieces, rules = plan.pieces, cap_rules(plan.config).own
    if pieces is None or not (rules or plan.config.cap.reduction):
        return []
    found = _places(plan)
    if "free_farmland_m2" in pieces:
        again = sums.pieces(sums.split(plan.ledger, classes_of(plan), plan.scheme.counted))[
            "free_farmland_m2"
        ]
        stored = pieces["free_farmland_m2"].astype("int64")
        off = int((again.reindex(pieces.index, fill_value=0) - stored).abs().sum())
        text = Text("free farmland of the pieces is that of the ledger", "地块的可用耕地与台账一致")
        found.append(Check("verify.free_farmland", "error", off == 0, off, 0, "m2", "city", text))
    missing = [r.name for r in rules if r.column not in pieces]
    for name in missing:
        text = Text(f"limit {name}: its coefficients are missing", f"约束 {name}：缺少系数")
        found.append(Check("verify.coefficient", "error", False, 1, 0, "columns", name, text))
    kept = [r for r in rules if r.column in pieces]
    for name, off in derived(pieces, kept, plan.units).items():
        text = Text(f"limit {name}: what each piece counts", f"约束 {name}：各地块系数")
        found.append(Check("verify.coefficient", "error", off == 0, off, 0, "pieces", name, text))
    return found
