"""Overlays of a written plan, added up again from the ledger: where they rule, what they list."""

from __future__ import annotations

import pandas as pd

from zoning.errors import Check, Text
from zoning.plan import Plan


def overlays(plan: Plan) -> list[Check]:
    """Check the areas under the protections of each overlay, and the zones that follow from them.

    Returns
    -------
    list of Check
        ``verify.overlay_areas``, ``verify.overlay_zones`` and ``verify.overlay_list``; none where
        the scheme has no overlays or the units have no zones.
    """
    units, scheme = plan.units, plan.scheme
    if not scheme.overlays or "overlays" not in units:
        return []
    kinds = plan.ledger["protected_by"].str.split("+")
    red = plan.ledger["red_level"] > 0
    off, rules, known = [], {}, {}
    for o in scheme.overlays:
        under = pd.Series([not set(o.protections).isdisjoint(k) for k in kinds], kinds.index)
        if "redline" in o.protections:
            under |= red
        area = plan.ledger["area_m2"].where(under, 0).groupby(plan.ledger["unit"]).sum()
        area = area.reindex(units.index, fill_value=0)
        stored = units[o.column].astype("Int64")
        known[o.code] = stored.notna()
        wrong = (stored != area).fillna(value=False)
        off += units.index[wrong.astype(bool)].tolist()
        rules[o.code] = (area >= o.share * units["area_m2"]) & (units["area_m2"] > 0)
    return [
        _check("areas", off, "areas under overlays are those of the ledger", "叠加区面积等于台账"),
        _check("zones", _zones(plan, rules, known), "overlays replace the zones that they rule",
               "叠加区取代所及单元的分区"),
        _check("list", _list(plan, rules, known), "overlays beside the zones are listed",
               "与分区并存的叠加区已列出"),
    ]  # fmt: skip


def _zones(plan: Plan, rules: dict[str, pd.Series], known: dict[str, pd.Series]) -> list[str]:
    """Give the units whose zone is not that of the first overlay that rules them, or is without."""
    units, wrong = plan.units, []
    for unit, zone, reason in zip(units.index, units["zone"], units["zone_reason"], strict=True):
        first = next(
            (o.code for o in plan.scheme.replacing
             if rules[o.code][unit] or not known[o.code][unit]), None,
        )  # fmt: skip
        if reason == "override" or (first is not None and not known[first][unit]):
            continue
        if (reason == "overlay") != (first is not None) or (first is not None and zone != first):
            wrong.append(str(unit))
    return wrong


def _list(plan: Plan, rules: dict[str, pd.Series], known: dict[str, pd.Series]) -> list[str]:
    """Give the units that list other overlays than those that rule them."""
    wrong = []
    for unit, listed in plan.units["overlays"].items():
        codes = [o.code for o in plan.scheme.listed]
        if all(known[c][unit] for c in codes):
            expected = "+".join(c for c in codes if rules[c][unit])
            if pd.isna(listed) or listed != expected:
                wrong.append(str(unit))
    return wrong


def _check(name: str, units: list[str], en: str, zh: str) -> Check:
    n, places = len(units), ", ".join(units[:5])
    text = Text(f"{en}: {n} units are not so", f"{zh}：不符单元 {n} 个")
    return Check(f"verify.overlay_{name}", "error", n == 0, n, 0, "units", places or "city", text)
