"""What wings gave to a plan, for those who tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoning.contribution.parts import Contribution
    from zoning.plan import Plan


def protected_land(plan: Plan) -> Contribution | None:
    """Give the account of protected land; None for a plan with red lines only."""
    from zoning.pipeline.protected import WING

    return next((c for c in plan.contributions if c.wing == WING), None)


def protected_m2(plan: Plan) -> int:
    """Give the land under protections of every kind, counted once; 0 where none is known."""
    from zoning.pipeline.protected import protected_of

    return protected_of(plan) or 0


def of_wings(plan: Plan) -> list[Contribution]:
    """Give what all others gave: policies, conflicts, parks."""
    from zoning.pipeline.protected import WING

    return [c for c in plan.contributions if c.wing != WING]
