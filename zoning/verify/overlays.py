"""Overlays of a written plan, added up again from the ledger: where they rule, what they list."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.coded import in_text
from zoning.errors import Check, Text
from zoning.plan import Plan

Flags = npt.NDArray[np.bool_]


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
    ledger = plan.ledger
    # What lies over an atom is one of a few combinations: each is read once.
    number, words = pd.factorize(in_text(ledger["protected_by"]).fillna(""))
    at = units.index.get_indexer(ledger["unit"])
    red = ledger["red_level"].to_numpy() > 0
    area, size = ledger["area_m2"].to_numpy(np.int64), units["area_m2"].to_numpy(np.int64)
    off = np.zeros(len(units), dtype=bool)
    rules, known = {}, {}
    for o in scheme.overlays:
        over = [not set(o.protections).isdisjoint(w.split("+")) for w in words]
        under = np.array(over, dtype=bool)[number]
        if "redline" in o.protections:
            under = under | red
        total = np.zeros(len(units), dtype=np.int64)
        here = under & (at >= 0)
        np.add.at(total, at[here], area[here])
        stored = units[o.column].astype("Int64")
        known[o.code] = stored.notna().to_numpy(bool)
        off |= known[o.code] & (stored.fillna(0).to_numpy(np.int64) != total)
        rules[o.code] = (total >= o.share * size) & (size > 0)
    return [
        _check("areas", _codes(plan, off), "areas under overlays are those of the ledger",
               "叠加区面积等于台账"),
        _check("zones", _zones(plan, rules, known), "overlays replace the zones that they rule",
               "叠加区取代所及单元的分区"),
        _check("list", _list(plan, rules, known), "overlays beside the zones are listed",
               "与分区并存的叠加区已列出"),
    ]  # fmt: skip


def _codes(plan: Plan, here: Flags) -> list[str]:
    return [str(u) for u in plan.units.index[here]]


def _zones(plan: Plan, rules: dict[str, Flags], known: dict[str, Flags]) -> list[str]:
    """Give the units whose zone is not that of the first overlay that rules them, or is without."""
    units = plan.units
    zone, reason = (in_text(units[c]).fillna("").to_numpy(object) for c in ("zone", "zone_reason"))
    left = reason != "override"
    none = left.copy()  # neither ruled by an overlay nor of unknown cover
    wrong = np.zeros(len(units), dtype=bool)
    for o in plan.scheme.replacing:
        first = none & (rules[o.code] | ~known[o.code])
        # Where the cover is unknown nothing can be said.
        wrong |= first & known[o.code] & ((reason != "overlay") | (zone != o.code))
        none &= ~first
    wrong |= none & (reason == "overlay")
    return _codes(plan, wrong)


def _list(plan: Plan, rules: dict[str, Flags], known: dict[str, Flags]) -> list[str]:
    """Give the units that list other overlays than those that rule them."""
    codes = [o.code for o in plan.scheme.listed]
    expected = np.full(len(plan.units), "", dtype=object)
    asked = np.ones(len(plan.units), dtype=bool)
    for code in codes:
        asked &= known[code]
        more = np.where(expected == "", code, expected + "+" + code)
        expected = np.where(rules[code], more, expected)
    listed = in_text(plan.units["overlays"])
    same = listed.notna().to_numpy(bool) & (listed.fillna("").to_numpy(dtype=object) == expected)
    return _codes(plan, asked & ~same)


def _check(name: str, units: list[str], en: str, zh: str) -> Check:
    n, places = len(units), ", ".join(units[:5])
    text = Text(f"{en}: {n} units are not so", f"{zh}：不符单元 {n} 个")
    return Check(f"verify.overlay_{name}", "error", n == 0, n, 0, "units", places or "city", text)
