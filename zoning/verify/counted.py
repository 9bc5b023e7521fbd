"""What rules count: limits of the plan's own and goals, piece by piece in millionths of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from zoning.plan import Plan
from zoning.planfile.models import OwnLimitRule
from zoning.verify.compare import missing
from zoning.verify.own import within

MILLION = 10**6


@dataclass(frozen=True)
class Counted:
    """A limit of the plan's own: what each piece counts, floor and cap in whole units."""

    rule: OwnLimitRule
    counts: Mapping[int, int]
    floor: int
    cap: int | None
    phase: str


def own_limits(plan: Plan) -> list[Counted]:
    """Draw ``[[cap.limit]]`` from its words, in order.

    Caps go down to whole units, floors up. By the end of the last phase stands all new land.
    """
    found, phases = [], plan.config.cap.phase
    for rule in plan.config.cap.limit:
        caps = [] if rule.upper is None else [_down(Fraction(str(rule.upper)))]
        if rule.keep_share is not None:
            caps.append(_down((1 - Fraction(str(rule.keep_share))) * _there(plan, rule)))
        floor = 0 if rule.lower is None else -_down(-Fraction(str(rule.lower)))
        last = bool(phases) and rule.phase == phases[-1].name
        found.append(Counted(rule, column(plan, f"limit_{rule.name}"), floor,
                             min(caps, default=None), "" if last else rule.phase))  # fmt: skip
    return found


def column(plan: Plan, name: str) -> dict[int, int]:
    """Read a column of coefficients; pieces that count nothing are left out."""
    if plan.pieces is None or name not in plan.pieces:
        return {}
    return {k: int(v) for k, v in enumerate(plan.pieces[name]) if not missing(v) and int(v)}


def _down(number: Fraction) -> int:
    return number.numerator // number.denominator


def _there(plan: Plan, rule: OwnLimitRule) -> Fraction:
    """Add up what there is today: all farmland in its places, of anything else on free land."""
    pieces = plan.pieces
    if pieces is None:
        return Fraction(0)
    rows = pieces.to_dict("records")
    if rule.of == "farmland" and "farmland_m2" in pieces:
        return Fraction(sum(int(r["farmland_m2"]) for r in rows if within(rule, r)))
    counts = column(plan, f"limit_{rule.name}")
    return Fraction(sum(c * int(rows[i]["free_m2"]) for i, c in counts.items()), MILLION)


def goal(plan: Plan, of: str) -> dict[int, int]:
    """Give what 1 m2 of new land counts for a goal; pieces that count nothing are left out."""
    pieces: Any = plan.pieces
    if of not in ("area", "farmland", "suitability"):
        return column(plan, f"limit_{of}")
    if of == "area":
        return dict.fromkeys(range(len(pieces)), MILLION)
    if of == "suitability":
        per_m2 = [0.0 if missing(v) else float(v) for v in pieces["suitability"].astype(object)]
    else:
        # The share of the free land on which something may be built, as binary fractions hold it.
        land = zip(pieces["free_m2"], pieces["free_farmland_m2"], pieces["township"],
                   pieces["zone"].astype(object), strict=True)  # fmt: skip
        per_m2 = [
            min(int(farms) / int(free), 1.0)
            if int(free) > 0 and town not in ("none", "overlap") and not missing(zone) else 0.0
            for free, farms, town, zone in land
        ]  # fmt: skip
    return {k: c for k, v in enumerate(per_m2) if (c := round(v * MILLION))}
