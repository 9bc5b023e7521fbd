"""What a limit of a plan is called, from the kind and code that tables have it by."""

from __future__ import annotations

from zoning.base import names
from zoning.capacity.titles import called, title
from zoning.errors import Text
from zoning.plan import Plan


def limit_title(plan: Plan, kind: str, code: str) -> Text:
    """Name a limit: what kind it is, and of which zone, place or phase.

    Parameters
    ----------
    plan : Plan
    kind : str
        Of the limit.
    code : str
        Of its zone or place, or the name of the plan's own rule; with ``@`` and the name of a phase
        where it holds by the end of one (`zoning.capacity.rules.Limit.key`).
    """
    cap = plan.config.cap
    code, _, by = code.partition("@")
    phases = {p.name: called(p) for p in cap.phase}
    zones = {c: plan.scheme.name_of(c) for c in plan.scheme.codes}
    places = {"county": plan.counties, "township": plan.townships}
    known = {
        "limit": {r.name: called(r) for r in cap.limit},
        "reduction": {r.name: called(r) for r in cap.reduction},
        "phase": phases,
        "zone": zones, "quota": zones, "phase_quota": zones,
        **{k: {c: Text(n, n) for c, n in names.by_code(f).items()} for k, f in places.items()},
    }  # fmt: skip
    name = known.get(kind, {}).get(code, Text(code, code))
    phase = phases.get(by, Text(by, by)) if by and kind != "phase" else None
    return title(kind, name, phase)
