"""The 71 red-line areas: real names where known, made-up shapes, union 855 to 860 km2."""

from __future__ import annotations

import tomllib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import brentq

from .facts import CRS, DATA, table
from .waters import ellipse, path, wobble

UNION_KM2 = 857.5
WETLAND = 11  # wetlands may lie in the river, all other patches stop at it
# these pairs may overlap (second lies over the first); everything else is cut apart
OVERLAPS = {("ZJ-10", "ZJ-11"), ("ZJ-09", "ZJ-56"), ("ZJ-15", "ZJ-16")}
SOURCE = "own reconstruction; the official list of areas is not public"


def _reach(text: str, yangzi: shapely.Geometry) -> shapely.Geometry:
    """Give the water of a reach ``west east side`` (km easting; side north, south or whole).

    The sides are those of the axis of the island 扬中.
    """
    west, east, side = text.split()
    box = shapely.box(float(west) * 1000, 3_500_000, float(east) * 1000, 3_600_000)
    part = shapely.intersection(yangzi, box)
    if side == "whole":
        return part
    axis = [(470_000, 3_573_000), (483_500, 3_560_500), (499_000, 3_541_000)]
    north = shapely.Polygon(
        [*axis, (520_000, 3_541_000), (520_000, 3_600_000), (470_000, 3_600_000)]
    )
    return part.intersection(north) if side == "north" else part.difference(north)


def _outline(seed: Any, number: int, grow: float, yangzi: shapely.Geometry) -> shapely.Geometry:
    """Give the outline of one seed: a reach of the river, a strip along a path, or a patch."""
    if seed.kind == "river":
        return _reach(seed.reach, yangzi)
    if seed.kind == "corridor":
        return shapely.buffer(path(seed.path_km), seed.width_m * grow)
    half = np.sqrt(seed.area_km2 * grow / np.pi)
    long, short = half * np.sqrt(seed.aspect), half / np.sqrt(seed.aspect)
    patch = wobble(ellipse(seed.x_km, seed.y_km, long, short, seed.angle_deg), 500 + number)
    return patch if seed.type == WETLAND else patch.difference(yangzi)


def _areas(grow: float, city: shapely.Geometry, yangzi: shapely.Geometry) -> list[shapely.Geometry]:
    """Give the outline of every area, cut apart except for the pairs that may overlap."""
    seeds = list(table("redline_seeds.csv").itertuples())
    shapes: list[shapely.Geometry] = []
    for number, seed in enumerate(seeds):
        shape = _outline(seed, number, grow, yangzi).intersection(city)
        before = [
            other
            for first, other in zip(seeds, shapes, strict=False)
            if (first.area_code, seed.area_code) not in OVERLAPS
        ]
        shapes.append(_tidy(shape.difference(shapely.union_all(before))))
    return shapes


def _tidy(shape: shapely.Geometry) -> shapely.Geometry:
    """Drop specks below 2 ha."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 2e4]
    return shapely.MultiPolygon(parts)


def _core(shape: shapely.Geometry, share: float) -> shapely.Geometry:
    """Give the inner part that holds the given share of the area."""
    if share <= 0:
        return shapely.MultiPolygon()

    def gap(inset: float) -> float:
        return float(shapely.buffer(shape, -inset).area / shape.area - share)

    inset = brentq(gap, 1.0, 20_000.0, xtol=1.0)
    core = shapely.buffer(shape, -round(inset)).simplify(5)
    return _tidy(core.intersection(shape))


def build(counties: gpd.GeoDataFrame, yangzi: shapely.Geometry) -> gpd.GeoDataFrame:
    """Build the areas, one row per area and level, scaled so that their union fits."""
    city = shapely.union_all(counties.geometry)

    def excess(grow: float) -> float:
        return float(shapely.union_all(_areas(grow, city, yangzi)).area / 1e6 - UNION_KM2)

    grow = brentq(excess, 0.5, 2.5, xtol=1e-4)
    rows = []
    for seed, shape in zip(
        table("redline_seeds.csv").itertuples(), _areas(grow, city, yangzi), strict=True
    ):
        core = _core(shape, seed.level1_share)
        for level, part in ((1, core), (2, _tidy(shape.difference(core)))):
            if not part.is_empty:
                rows.append((seed.area_code, seed.name, seed.type, level, seed.status, part))
    frame = pd.DataFrame(rows, columns=["area_code", "name", "type", "level", "status", "geometry"])
    types = tomllib.loads((DATA / "redlines" / "types.toml").read_text(encoding="utf-8"))["type"]
    frame["type"] = frame["type"].map({t["number"]: t["code"] for t in types})
    frame.insert(4, "published_m2", pd.array([pd.NA] * len(frame), dtype="Int64"))
    frame["source"] = SOURCE
    frame["source_year"] = 2026
    # Names may be documented; no boundary is.
    frame["boundary_status"] = "reconstructed"
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)
