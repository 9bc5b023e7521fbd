"""Ecological and agricultural space: the least share of it, as a check and as a limit."""

from __future__ import annotations

import math
from fractions import Fraction

from zoning.base.areas import percent
from zoning.capacity.reductions import left_under
from zoning.capacity.rules import CapRules, Limit
from zoning.errors import Check, Text


def eco_check(rules: CapRules, eco_agri_m2: int | None, base_m2: int) -> list[Check]:
    """Hold ecological and agricultural space against its least share."""
    if eco_agri_m2 is None or rules.eco_agri_share is None or base_m2 == 0:
        return []
    measured, least = eco_agri_m2 / base_m2, rules.eco_agri_share
    ok = measured >= least
    return [
        Check(
            "cap.eco_agri",
            "error",
            ok,
            measured,
            least,
            "1",
            "city",
            Text(
                f"ecological and agricultural space {percent(measured)}, at least {percent(least)}",
                f"生态与农业空间 {percent(measured)}，不得低于 {percent(least)}",
            ),
        )
    ]


def eco_limit(rules: CapRules, eco_agri_m2: int | None, base_m2: int, may_go: int) -> list[Limit]:
    """Keep the least share of ecological and agricultural space: new land is taken from it."""
    if eco_agri_m2 is None or rules.eco_agri_share is None or base_m2 == 0:
        return []
    least = math.ceil(Fraction(repr(float(rules.eco_agri_share))) * base_m2)
    source = rules.sources.get("eco_agri_share", "")
    cap = left_under(eco_agri_m2, least, may_go)
    return [Limit("eco_agri", "city", cap_m2=cap, source=source, net=True)]
