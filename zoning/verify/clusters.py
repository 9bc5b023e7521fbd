"""Moran's I again, square by square, with sums of plain numbers; permutations are not repeated."""

from __future__ import annotations

import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings
from zoning.verify.squares import neighbours

_SOURCE = Text("units", "单元")
#: Name of the contribution, and the p up to which a cluster is told.
_WING, _LEVEL = "patterns", 0.05


def audit(plan: Plan, found: Findings) -> None:
    """Derive the indices, and hold local clusters against signs and p."""
    given = next((c for c in plan.contributions if c.wing == _WING), None)
    if given is None or "new_m2" not in plan.units:
        return
    units = plan.units
    near = neighbours([str(u) for u in units.index], plan.grid.cell_m)
    rows = zip(units.index, units["new_m2"], units["area_m2"], strict=True)
    share = {str(u): int(new) / int(m2) if m2 else 0.0 for u, new, m2 in rows}
    zone = {str(u): z for u, z in units["zone"].items()} if "zone" in units else {}
    table = given.table("patterns").frame.set_index("what")["morans_i"]
    right = {
        str(what): _moran(
            share if what == "new_land" else
            {u: float(pd.notna(z) and z == what) for u, z in zone.items()}, near)
        for what in table.index
    }  # fmt: skip
    stored = {str(k): float(v) for k, v in table.items()}
    found.column("verify.patterns", "plan.gpkg: patterns, morans_i", stored, right,
                 tolerance=2e-6, source=_SOURCE)  # fmt: skip
    mean = sum(share.values()) / len(share)
    local = given.table("new_land_clusters").frame
    kinds: dict[str, str] = {}
    for unit, p in zip(local["unit"], local["p"], strict=True):
        mine, others = share.get(str(unit), 0.0) - mean, near.get(str(unit), [])
        if pd.isna(p) or float(p) > _LEVEL or not others:
            kinds[str(unit)] = "none"
            continue
        around = sum(share[o] - mean for o in others)
        kinds[str(unit)] = ("H" if mine > 0 else "L") + ("H" if around > 0 else "L")
    found.column("verify.patterns", "plan.gpkg: new_land_clusters, cluster",
                 {str(u): str(k) for u, k in zip(local["unit"], local["cluster"], strict=True)},
                 kinds, source=_SOURCE)  # fmt: skip


def _moran(x: dict[str, float], near: dict[str, list[str]]) -> float:
    """Mean over places of own deviation times the neighbours' mean, over the variance."""
    mean = sum(x.values()) / len(x)
    variance = sum((v - mean) ** 2 for v in x.values()) / len(x)
    held = [u for u in x if near[u]]
    total = sum((x[u] - mean) * sum(x[o] - mean for o in near[u]) / len(near[u]) for u in held)
    return total / len(held) / variance if variance and held else float("nan")
