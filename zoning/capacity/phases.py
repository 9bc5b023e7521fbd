"""Phases (近期、远期): what is built by the end of each, as limits on new land."""

from __future__ import annotations

from collections.abc import Sequence

from zoning.capacity.rules import CapRules, Limit, share_of
from zoning.errors import Text


def phase_limits(rules: CapRules, headroom_m2: int | None, column: str) -> list[Limit]:
    """Turn the phases of a plan into limits; every phase has one, so that limits tell their order.

    Parameters
    ----------
    rules : CapRules
    headroom_m2 : int or None
        Of the city; shares are taken of it.
    column : str
        Column of the pieces on which quotas of zones bind.

    Returns
    -------
    list of Limit
        The last phase holds all new land, so its limits are on all new land.

    Examples
    --------
    >>> from zoning.capacity.rules import PhaseRule
    >>> rules = CapRules(share=0.3, phases=(PhaseRule("near", share=0.4), PhaseRule("far")))
    >>> [(x.code, x.cap_m2, x.phase) for x in phase_limits(rules, 100, "zone")]
    [('near', 40, 'near'), ('far', None, '')]
    """
    found, names = [], rules.scheme.names
    for rule in rules.phases:
        last = rule is rules.phases[-1]
        phase = "" if last else rule.name
        caps = [] if rule.upper_m2 is None else [rule.upper_m2]
        if rule.share is not None and headroom_m2 is not None:
            caps.append(share_of(rule.share, headroom_m2))
        found.append(
            Limit("phase", rule.name, floor_m2=rule.lower_m2, cap_m2=min(caps) if caps else None,
                  source=rule.source, name=rule.title, phase=phase)
        )  # fmt: skip
        for zone, share in rule.quotas.items():
            if headroom_m2 is None:
                continue
            found.append(
                Limit("phase_quota", zone, cap_m2=share_of(share, headroom_m2), source=rule.source,
                      name=names.get(zone, Text(zone, zone)), column=column, phase=phase)
            )  # fmt: skip
    return found


def order_of(limits: Sequence[Limit]) -> tuple[str, ...]:
    """Give the names of the phases in order, the last one with them; empty without phases."""
    return tuple(x.code for x in limits if x.kind == "phase")
