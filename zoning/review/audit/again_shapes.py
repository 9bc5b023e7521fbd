"""Shapes of an audit proved again: areas, overlaps, slivers, and the lines they lie inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from zoning.errors import Check, Text
from zoning.measure.common import shared
from zoning.review.audit.patches import widths
from zoning.review.audit.rules import SLIVER
from zoning.review.audit.settings import Tolerance

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Name of the layer of patches.
LAYER = "conflicts"
#: What a shape may lie beside another by rounding of coordinates, per metre of its outline.
_EDGE_M = 1e-3
#: Opened areas this near the tolerance may fall on either side.
_NEAR_M2 = 1.0


def add(found: list[Check], where: str, stored: Mapping[Any, Any], derived: Mapping[Any, Any],
         room: float | Mapping[Any, float] = 0.0) -> None:  # fmt: skip
    """Hold values against derived ones, key by key, each with its room where room has keys."""
    rooms = room if isinstance(room, Mapping) else dict.fromkeys(derived, room)
    off = [
        k for k in {**derived, **stored}
        if k not in stored or k not in derived or not _same(stored[k], derived[k], rooms[k])
    ]  # fmt: skip
    if not off:
        text = Text(f"{where}: as derived again", f"{where}：与重新推算一致")
        found.append(Check("verify.audit", "error", True, None, None, "", where, text))
        return
    k = min(off, key=str)
    had, right = stored.get(k, "absent"), derived.get(k, "absent")
    text = Text(f"{where} of {k} is {had}, derived again {right} ({len(off)} differ)",
                f"{where} {k} 为 {had}，重新推算为 {right}（共 {len(off)} 处不一致）")  # fmt: skip
    found.append(Check("verify.audit", "error", False, None, None, "", where, text))


def _same(a: Any, b: Any, room: float) -> bool:
    if missing(a) or missing(b):
        return missing(a) and missing(b)
    if isinstance(a, str) or isinstance(b, str):
        return str(a) == str(b)
    return bool(abs(a - b) <= room)


def missing(value: Any) -> bool:
    """Whether a value is none."""
    return value is None or str(value) == "<NA>" or value != value


def column(frame: pd.DataFrame, key: str, name: str) -> dict[Any, Any]:
    """Give a column by a key."""
    return dict(zip(frame[key].astype(object), frame[name].astype(object), strict=True))


def shapes(
    layer: gpd.GeoDataFrame, listed: pd.DataFrame, tolerance: Tolerance, plan: Plan,
    found: list[Check],
) -> None:  # fmt: skip
    """Hold the shapes of patches against their areas, each other, the tolerance, and the lines.

    Parameters
    ----------
    layer : GeoDataFrame
        The patches.
    listed : DataFrame
        The list of conflicts.
    tolerance : Tolerance
    plan : Plan
        Gives red lines and protections.
    found : list of Check
        Grows.
    """
    names, shapes = layer["conflict"].astype(object).to_numpy(), layer.geometry.to_numpy()
    edge = 1 + _EDGE_M * shapely.length(shapes)
    area = dict(zip(names, shapely.area(shapes), strict=True))
    add(found, f"{LAYER}: area", column(layer, "conflict", "area_m2"), area,
         dict(zip(names, edge.tolist(), strict=True)))  # fmt: skip
    rows = listed.set_index("conflict")
    for name in ("kind", "level", "claims", "rule", "state", "area_m2", "width_m", "real_m2",
                 "parts", "form"):  # fmt: skip
        add(found, f"{LAYER}: {name}", column(layer, "conflict", name), rows[name].to_dict())
    a, b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    over = shapely.area(shared(shapes[a], shapes[b])) if len(a) else np.zeros(0)
    bad = {names[i] for i, m2, e in zip(a, over, edge[a], strict=True) if m2 > e}
    add(found, f"{LAYER}: patches lie on one another", dict.fromkeys(bad, "yes"), {})
    single = np.array([shapely.get_parts(s)[0] for s in shapes], dtype=object)
    wide = widths(single, tolerance)
    clear = abs(wide.real_m2 - tolerance.area_m2) > _NEAR_M2
    is_ = {n: k == SLIVER for n, k, c in zip(names, layer["kind"], clear, strict=True) if c}
    right = {n: bool(s) for n, s, c in zip(names, wide.sliver, clear, strict=True) if c}
    add(found, f"{LAYER}: sliver", is_, right)
    # Where a circle is sought from matters to a hundredth; stored widths end at a centimetre.
    add(found, f"{LAYER}: width_m", column(layer, "conflict", "width_m"),
         dict(zip(names, wide.width_m, strict=True)),
         dict(zip(names, (0.01 + 0.03 * wide.width_m).tolist(), strict=True)))  # fmt: skip
    real = np.minimum(wide.real_m2, shapely.area(shapes))
    add(
        found,
        f"{LAYER}: real_m2",
        column(layer, "conflict", "real_m2"),
        dict(zip(names, real, strict=True)),
        dict(zip(names, edge.tolist(), strict=True)),
    )
    _lines(plan, names, shapes, edge, layer["claims"].astype(str).tolist(), found)


def _lines(
    plan: Plan, names: Any, shapes: Any, edge: Any, claims: list[str], found: list[Check]
) -> None:
    """Hold patches against the red lines and protections that the plan keeps."""
    ground: dict[str, Any] = {}
    if plan.redlines is not None and len(plan.redlines):
        ground["redline"] = shapely.union_all(plan.redlines.geometry.to_numpy())
    for given in plan.contributions:
        for x in given.layers:
            if x.name == "protections":
                for kind, part in x.frame.groupby("kind"):
                    ground[str(kind)] = shapely.union_all(part.geometry.to_numpy())
    for role, shape in ground.items():
        shapely.prepare(shape)
        inside = shapely.area(shared(shapes, shape))
        is_ = {n: f"{role}=" in c for n, c in zip(names, claims, strict=True)}
        right = {
            n: True if abs(m2 - shapely.area(s)) <= e else False if m2 <= e else "in part"
            for n, m2, s, e in zip(names, inside, shapes, edge, strict=True)
        }
        small = {n for n, s, e in zip(names, shapes, edge, strict=True) if shapely.area(s) <= e}
        add(found, f"{LAYER}: {role}", {n: v for n, v in is_.items() if n not in small},
             {n: v for n, v in right.items() if n not in small})  # fmt: skip
