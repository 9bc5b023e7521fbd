"""Made-up plans of one land, with conflicts planted at known places.

The plans agree with each other, with the red lines and with basic farmland by construction: each is
cut out of the others along their own curved edges. Then conflicts are planted: copies of outlines
of the case, turned, scaled and moved to where they contradict what is there. Only where and as
what they are planted is written down; their areas follow from the layers (a test computes them).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage
from shapely import affinity

from .facts import CRS

#: Side of a pixel on which outlines are found, metres.
CELL_M = 90
SEED = 20260101
#: Least distance of two planted conflicts, metres.
APART_M = 2500
ROLES = ("land_use_plan", "urban_plan", "growth_boundary", "forest", "existing_use")
#: Uses of a town by parcel; the file speaks Chinese, as such files do.
USES = (
    "居住用地",
    "居住用地",
    "工业用地",
    "公共管理与公共服务用地",
    "商业服务业用地",
    "绿地与广场用地",
)


@dataclass
class Land:
    """The layers as they grow: role and class -> one shape."""

    city: shapely.Geometry
    claims: dict[tuple[str, str], shapely.Geometry] = field(default_factory=dict)

    def give(self, role: str, code: str, shape: shapely.Geometry) -> None:
        """Give ground to a class of a role, and take it from its other classes."""
        for other, had in self.claims.items():
            if other[0] == role:
                self.claims[other] = polygons(shapely.difference(had, shape))
        mine = self.claims.get((role, code))
        self.claims[role, code] = polygons(shape if mine is None else shapely.union(mine, shape))

    def ground(self, *keys: tuple[str, str]) -> shapely.Geometry:
        """Give what some classes claim together."""
        return shapely.union_all([self.claims[k] for k in keys])


def polygons(shape: shapely.Geometry, least_m2: float = 0.0) -> shapely.Geometry:
    """Keep the polygons of a shape."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > least_m2]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def outlines(
    mask: np.ndarray, transform: Affine, sigma: float, share: float, ha: float
) -> shapely.Geometry:
    """Find curved outlines of where a mask is dense: blurred, simplified, rounded."""
    dense = ndimage.gaussian_filter(mask.astype(np.float32), sigma) > share
    shapes = [
        shapely.geometry.shape(g)
        for g, v in rasterio.features.shapes(dense.astype(np.uint8), transform=transform)
        if v == 1
    ]
    soft = shapely.simplify(shapely.union_all(shapes), CELL_M * 1.2)
    round_ = soft.buffer(CELL_M).buffer(-2 * CELL_M).buffer(CELL_M, quad_segs=3)
    return polygons(shapely.simplify(round_, 14), ha * 1e4)


def build(
    landuse: np.ndarray,
    transform: Affine,
    city: shapely.Geometry,
    redlines: gpd.GeoDataFrame,
    farmland: gpd.GeoDataFrame,
    cores: pd.DataFrame,
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Build the five layers, and the list of what was planted.

    Returns
    -------
    layers : dict of GeoDataFrame
        By role; column ``类别`` with what such files call a class.
    planted : DataFrame
        ``name``, ``class`` (of conflict), ``role``, ``claims`` (class planted), ``x``, ``y``.
    """
    step = CELL_M // 30
    coarse = landuse[step // 2 :: step, step // 2 :: step]
    t = Affine(CELL_M, 0, transform.c, 0, -CELL_M, transform.f)
    red, farm = shapely.union_all(redlines.geometry), shapely.union_all(farmland.geometry)
    level1 = shapely.union_all(redlines[redlines["level"] == 1].geometry)
    land = Land(city)
    agreed(land, coarse, t, red, farm, level1, cores)
    rng = np.random.default_rng(SEED)
    planted = plant(land, rng, red, level1, farm)
    shift_one(land, farm)
    return written(land, rng, cores), planted


def agreed(
    land: Land,
    coarse: np.ndarray,
    t: Affine,
    red: shapely.Geometry,
    farm: shapely.Geometry,
    level1: shapely.Geometry,
    cores: pd.DataFrame,
) -> None:
    """Draw plans that do not contradict each other."""
    city, kept = land.city, shapely.union(red, farm)
    built = np.isin(coarse, [*range(7, 17), 73])
    allowed = outlines(built, t, 1.8, 0.5, 70) & city
    allowed = polygons(allowed - kept, 5e4)
    conditional = polygons((allowed.buffer(220, quad_segs=2) & city) - kept - allowed, 5e4)
    points = shapely.points(cores[["x_km", "y_km"]].to_numpy() * 1000)
    near = shapely.union_all(shapely.buffer(points, cores["radius_km"].to_numpy() * 1250))
    core = polygons(shapely.union(allowed, conditional) & near)
    inside = core.buffer(130, quad_segs=2).buffer(-130, quad_segs=2) & city
    inside = polygons(inside - kept, 3e5)
    # Where the boundary closes gaps the land-use plan lets build on conditions.
    conditional = polygons(shapely.union(conditional, inside) - allowed)
    flexible = polygons((inside.buffer(260, quad_segs=2) & city) - kept - inside, 1e5)
    forest = outlines(coarse == 3, t, 2.0, 0.6, 60) & city
    forest = polygons(forest - allowed - conditional - farm - inside - flexible, 2e5)
    water = polygons((outlines(coarse == 17, t, 1.0, 0.5, 150) & city) - allowed - farm - forest)
    land.give("land_use_plan", "限制建设区", city)
    land.give("land_use_plan", "禁止建设区", polygons(level1 & city))
    land.give("land_use_plan", "有条件建设区", conditional)
    land.give("land_use_plan", "允许建设区", allowed)
    land.give("growth_boundary", "集中建设区", inside)
    land.give("growth_boundary", "弹性发展区", flexible)
    land.give("urban_plan", "", polygons(allowed & inside, 2e4))
    land.give("forest", "商品林", polygons(forest - red))
    land.give("forest", "公益林", polygons(forest & red))
    land.give("existing_use", "耕地", polygons(farm & city))
    land.give("existing_use", "林地", forest)
    land.give("existing_use", "陆地水域", water)
    stands = polygons(outlines(built, t, 1.4, 0.62, 50) & allowed, 3e4)
    land.give("existing_use", "城镇建设用地", polygons(stands & inside, 2e4))
    land.give("existing_use", "农村宅基地", polygons(stands - inside, 2e4))


def plant(
    land: Land,
    rng: np.random.Generator,
    red: shapely.Geometry,
    level1: shapely.Geometry,
    farm: shapely.Geometry,
) -> pd.DataFrame:
    """Plant conflicts: a copy of a real outline where it contradicts what is there."""
    allowed = land.claims["land_use_plan", "允许建设区"]
    inside = land.ground(("growth_boundary", "集中建设区"), ("growth_boundary", "弹性发展区"))
    town, forest = land.claims["urban_plan", ""], land.claims["forest", "商品林"]
    restricted = land.claims["land_use_plan", "限制建设区"]
    open_ = restricted - inside - farm - red - forest
    plans = [
        ("urban plan in a red line", "F", [("urban_plan", "工业用地")], red - level1 - inside),
        ("urban plan in the core of a red line", "F", [("urban_plan", "商业服务业用地")], level1),
        ("town on basic farmland", "P", [("urban_plan", "居住用地")], farm),
        ("quota in a red line", "F", [("land_use_plan", "允许建设区")], red - level1 - inside),
        ("quota on basic farmland", "P", [("land_use_plan", "允许建设区")], farm),
        ("growth boundary over a red line", "F", [("growth_boundary", "集中建设区")], red - level1),
        ("growth boundary over farmland", "P", [("growth_boundary", "集中建设区")], farm),
        ("a green wedge that has quota", "A", [("urban_plan", "非建设用地")], town),
        ("a new town without quota", "B", [("urban_plan", "居住用地")], open_),
        ("industry outside the boundary", "O", [("urban_plan", "工业用地")],
         allowed - inside - town),
        ("quota on forest", "W", [("land_use_plan", "允许建设区")], forest),
        ("fields that the forest plan claims", "E", [("existing_use", "耕地")], forest),
        ("orchard on basic farmland", "U", [("existing_use", "园地")], farm),
        ("three plans on one spot", "P",
         [("urban_plan", "工业用地"), ("land_use_plan", "允许建设区"),
          ("growth_boundary", "集中建设区")], farm),
    ]  # fmt: skip
    templates = [p for p in shapely.get_parts(forest) if 3e5 < p.area < 3e6]
    rows, taken = [], shapely.MultiPoint()
    for name, kind, claims, where in plans:
        shape = _copy(rng, templates, where, taken)
        for role, code in claims:
            land.give(role, code, shape)
        spot = shapely.point_on_surface(shape)
        taken = shapely.union(taken, spot)
        rows += [(name, kind, role, code, round(spot.x), round(spot.y)) for role, code in claims]
    return pd.DataFrame(rows, columns=["name", "class", "role", "claims", "x", "y"])


def _copy(
    rng: np.random.Generator,
    templates: list[shapely.Geometry],
    where: shapely.Geometry,
    taken: shapely.Geometry,
) -> shapely.Geometry:
    """Copy an outline to a place inside an area: turned, scaled, away from other copies."""
    parts = sorted(shapely.get_parts(where), key=lambda p: -p.area)[:12]
    for size in (400, 300, 220, 160, 110):
        for _ in range(60):
            part = parts[rng.integers(len(parts))]
            core = part.buffer(-0.8 * size)
            if core.is_empty:
                continue
            box = core.bounds
            spot = shapely.Point(rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3]))
            if not core.contains(spot) or taken.distance(spot) < APART_M:
                continue
            one = templates[rng.integers(len(templates))]
            ring = shapely.Polygon(one.exterior)
            scale = size / max(ring.bounds[2] - ring.bounds[0], ring.bounds[3] - ring.bounds[1])
            turned = affinity.rotate(affinity.scale(ring, scale, scale), rng.uniform(10, 80))
            middle = turned.centroid
            return affinity.translate(turned, spot.x - middle.x, spot.y - middle.y)
    raise ValueError("no room to plant a conflict")


def shift_one(land: Land, farm: shapely.Geometry) -> None:
    """Move the largest commercial forest beside farmland by three metres: slivers, no conflict."""
    forest = land.claims["forest", "商品林"]
    beside = [p for p in shapely.get_parts(forest) if p.distance(farm) < 1e-6]
    one = max(beside or list(shapely.get_parts(forest)), key=lambda p: p.area)
    land.claims["forest", "商品林"] = polygons(
        shapely.union(forest - one, affinity.translate(one, 2.4, 1.8))
    )


def written(
    land: Land, rng: np.random.Generator, cores: pd.DataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """Give the layers as files hold them; the town is cut into parcels of uses."""
    found: dict[str, list[tuple[str, shapely.Geometry]]] = {role: [] for role in ROLES}
    for (role, code), shape in land.claims.items():
        parts = list(shapely.get_parts(shape))
        if role == "urban_plan" and code == "":
            parts = []
            found[role] += _parcels(shape, rng, cores)
        found[role] += [(code, p) for p in parts if p.area > 1]
    layers = {}
    for role, rows in found.items():
        rows.sort(key=lambda r: (round(r[1].bounds[1]), round(r[1].bounds[0]), r[0], r[1].area))
        layers[role] = gpd.GeoDataFrame(
            {"类别": [c for c, _ in rows]}, geometry=[s for _, s in rows], crs=CRS
        )
    return layers


def _parcels(
    shape: shapely.Geometry, rng: np.random.Generator, cores: pd.DataFrame
) -> list[tuple[str, shapely.Geometry]]:
    """Cut a town into parcels along streets that are turned and bent."""
    west, south, east, north = shape.bounds
    lines = []
    for turn in (0.0, np.pi / 2):
        angle = turn + np.radians(23)
        along, across = (
            np.array([np.cos(angle), np.sin(angle)]),
            np.array([-np.sin(angle), np.cos(angle)]),
        )
        middle = np.array([(west + east) / 2, (south + north) / 2])
        reach = np.hypot(east - west, north - south) / 2
        for offset in np.arange(-reach, reach, 900.0):
            s = np.arange(-reach, reach, 150.0)
            bend = 90 * np.sin(s / 700 + offset)
            lines.append(shapely.linestrings(
                middle + np.outer(s, along) + np.outer(offset + bend, across)
            ))  # fmt: skip
    cut = shapely.get_parts(shapely.polygonize(
        [shapely.union_all([*lines, shapely.boundary(shape)])]))  # fmt: skip
    inside = shapely.contains(shape, shapely.point_on_surface(cut))
    return [(USES[rng.integers(len(USES))], p) for p in cut[inside]]
