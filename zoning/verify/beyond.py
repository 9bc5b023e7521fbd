"""Zones along the city's line again: borders from points, zones from the townships."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from zoning.errors import Text
from zoning.pipeline.neighbours import WING
from zoning.plan import Plan
from zoning.verify.compare import Findings

_SOURCE = Text("townships and the layer of neighbours", "乡镇与界外图层")
#: Distance of the points along an outline, m.
_STEP_M = 5.0


def audit(plan: Plan, found: Findings) -> None:
    """Derive the table of the city's line from townships and neighbours."""
    given = next((c for c in plan.contributions if c.wing == WING), None)
    part = plan.config.inputs.neighbours
    if given is None or plan.townships is None or part is None:
        return
    layer, table = given.layers[0].frame.set_index("name"), given.table("city_edge").frame
    table = table.set_index(["township", "neighbour"])
    towns = plan.townships
    people = pd.to_numeric(towns["population"], errors="coerce") if "population" in towns else None
    line = shapely.boundary(plan.city.geometry.union_all())
    right: dict[str, dict[Any, Any]] = {
        c: {} for c in ("zone", "neighbour_zone", "contrast", "density", "neighbour_density")
    }
    borders: dict[Any, float] = {}
    for town, other in table.index:
        key = (town, other)
        mine, theirs = _text(towns["zone"].get(town)), _text(layer["zone"].get(other))
        right["zone"][key], right["neighbour_zone"][key] = mine, theirs
        known = mine is not None and theirs is not None
        right["contrast"][key] = ("same" if mine == theirs else "other") if known else "unknown"
        count = None if people is None else people.get(town)
        right["density"][key] = _per_km2(count, towns["area_m2"].get(town))
        right["neighbour_density"][key] = _per_km2(
            layer["population"].get(other), layer["area_m2"].get(other)
        )
        if town in towns.index and other in layer.index:
            beside = layer.geometry.drop(index=other).to_numpy()
            borders[key] = _border(
                towns.geometry[town], line, layer.geometry[other], beside, part.tolerance_m
            )
    for column, derived in right.items():
        stored = {k: None if pd.isna(v) else v for k, v in table[column].items()}
        found.column("verify.neighbours", f"plan.gpkg: city_edge, {column}", stored, derived,
                     tolerance=2e-3 if "density" in column else 0.0, source=_SOURCE)  # fmt: skip
    stored = {k: float(v) for k, v in table["border_m"].items()}
    slack = 4 * _STEP_M
    found.column("verify.neighbours", "plan.gpkg: city_edge, border_m", stored, borders,
                 tolerance=slack, source=_SOURCE)  # fmt: skip


def _border(shape: Any, line: Any, other: Any, beside: Any, tolerance_m: float) -> float:
    """Count points along an outline that lie on the city's line and near this neighbour first."""
    outline = shapely.boundary(shape)
    n = max(int(np.ceil(outline.length / _STEP_M)), 1)
    step = outline.length / n
    points = shapely.line_interpolate_point(outline, (np.arange(n) + 0.5) * step)
    far = shapely.distance(points, other)
    near = (shapely.distance(points, line) <= 1.0) & (far <= tolerance_m)
    points, far = points[near], far[near]
    first = (shapely.distance(points[:, None], beside[None, :]) >= far[:, None]).all(axis=1)
    return float(first.sum() * step)


def _per_km2(count: Any, area_m2: Any) -> float | None:
    if count is None or pd.isna(count) or area_m2 is None or pd.isna(area_m2):
        return None
    return float(count) / float(area_m2) * 1e6


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
