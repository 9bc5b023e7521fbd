"""A made-up register of parks over the plans of the reference case, with faults planted in it.

How many parks there are of each kind (30, 20, 30) is reported; where they lie, how large they are
and what they state is made up. By construction a park lies where the plans let it: manufacturing
and services on land that the land-use plan builds on inside the growth boundary, agriculture on
open land outside it. Each is an outline of the case, turned, scaled and cut along the plans' own
edges. Then faults are planted; only which fault, in which park, is written down. Planned areas are
measured of the polygons, so no total is typed in.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from shapely import affinity

from .facts import CRS
from .plans import polygons

SEED = 20260102
#: Prefix of codes, kind, how many, sides in metres, industries (codes of GB/T 4754), a product.
KINDS = (
    ("NY", "现代农业园区", 30, (500, 1300), ("A01", "A03", "A04", "A05"), "农业产值"),
    ("ZZ", "先进制造业园区", 20, (500, 1500), ("C34", "C35", "C37", "C38", "C39"), "工业产值"),
    ("FW", "现代服务业集聚区", 30, (260, 700), ("G59", "I65", "J66", "L72", "M73"), "服务业营收"),
)
MECHANISMS = ("管委会统一规划、分期供地", "园镇合一、联席会议推进", "公司化运营、年度考核")
SOURCE = "reconstructed for the reference case (scripts/build_plans.py)"
#: Metres between parks, and between a park and a planted conflict of plans.
APART_M, CLEAR_M = 80, 700
#: Faults: park, check and level as the audit of the register names them, and what is done.
FAULTS = (
    ("NY03", "musts", "warning", "goals"),
    ("NY11", "musts", "warning", "mechanism"),
    ("ZZ05", "musts", "warning", "planned_area_ha"),
    ("ZZ09", "musts", "warning", "four_sides"),
    ("FW07", "musts", "warning", "leading_industries"),
    ("FW19", "musts", "warning", "goals mechanism"),
    ("NY06", "area", "warning", "1.03"),
    ("ZZ12", "area", "error", "0.90"),
    ("FW23", "area", "error", "1.08"),
    ("NY20", "protected", "error", "redline"),
    ("ZZ15", "protected", "error", "basic_farmland"),
    ("FW11", "protected", "error", "redline"),
    ("ZZ18", "growth_boundary", "warning", "outside"),
    ("FW28", "growth_boundary", "warning", "outside"),
    ("NY27", "outside_plan", "warning", "border"),
    ("FW15", "overlap", "warning", "ZZ11"),
    ("ZZ11", "overlap", "warning", "FW15"),
    ("ZZ02", "industry", "error", "C2522"),
    ("ZZ07", "industry_words", "note", "智能装备"),
)


def build(
    claims: dict[tuple[str, str], shapely.Geometry], city: shapely.Geometry, red: shapely.Geometry,
    farm: shapely.Geometry, towns: gpd.GeoDataFrame, planted: pd.DataFrame,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:  # fmt: skip
    """Build the register.

    Parameters
    ----------
    claims : dict
        Shape of each role and class of the plans.
    city, red, farm : polygon
    towns : GeoDataFrame
        Parks are named after the township that they lie in.
    planted : DataFrame
        Conflicts of plans, which parks stay clear of.

    Returns
    -------
    parks : GeoDataFrame
    faults : DataFrame
        ``park``, ``check``, ``level``, ``what``.
    """
    rng = np.random.default_rng(SEED)
    spots = shapely.union_all(shapely.points(planted[["x", "y"]].to_numpy(float)))
    free = shapely.difference(city, spots.buffer(CLEAR_M))
    forest = shapely.union_all([s for (r, _), s in claims.items() if r == "forest"])
    growth = shapely.union_all([s for (r, _), s in claims.items() if r == "growth_boundary"])
    allowed, open_ = (claims["land_use_plan", c] for c in ("允许建设区", "限制建设区"))
    wedge = claims.get(("urban_plan", "非建设用地"), shapely.Polygon())
    clear = shapely.union_all([red, forest, wedge])
    towns_land = polygons(allowed & growth & free - clear - farm)
    places = {
        "NY": polygons(open_ & free - clear - growth.buffer(200)),
        "ZZ": towns_land, "FW": towns_land,
        "redline": polygons(red & free - growth), "basic_farmland": polygons(farm & free - red),
        "outside": polygons(allowed & free - growth - clear - farm),
        "border": polygons(open_ & free - clear - growth),
    }  # fmt: skip
    templates = [p for p in shapely.get_parts(forest) if 3e5 < p.area < 3e6]
    wanted = {code: (check, what) for code, check, _, what in FAULTS}
    shapes: dict[str, shapely.Geometry] = {}
    for prefix, _, count, sides, _, _ in sorted(KINDS, key=lambda k: -k[3][1]):
        for n in range(1, count + 1):
            code = f"{prefix}{n:02d}"
            check, what = wanted.get(code, ("", ""))
            if check == "overlap" and what in shapes:
                shapes[code] = _beside(shapes[what], places[prefix])
                continue
            place = places.get(what, places[prefix])
            size = 420.0 if what in places else float(rng.uniform(*sides))
            shapes[code] = _cut(rng, templates, place, city, what, size, list(shapes.values()))
    frame = gpd.GeoDataFrame({"code": sorted(shapes)}, geometry=[
        shapes[c] for c in sorted(shapes)], crs=CRS)  # fmt: skip
    return _stated(frame, rng, towns), _faults()


def _faults() -> pd.DataFrame:
    rows = pd.DataFrame(FAULTS, columns=["park", "check", "level", "what"])
    return rows.sort_values(["park", "check"], ignore_index=True)


def _cut(
    rng: np.random.Generator, templates: Sequence[shapely.Geometry], place: shapely.Geometry,
    city: shapely.Geometry, what: str, size: float, taken: list[shapely.Geometry],
) -> shapely.Geometry:  # fmt: skip
    """Turn, scale and move an outline into a place and cut it along the place's own edges."""
    parts = [p for p in shapely.get_parts(place) if p.area > 0.3 * size**2]
    weights = np.array([p.area for p in parts])
    others = shapely.union_all(taken).buffer(APART_M) if taken else shapely.Polygon()
    edge = shapely.boundary(city)
    for tries in range(4000):
        side = size * (0.5 if tries > 2000 else 0.75 if tries > 800 else 1.0)
        part = parts[rng.choice(len(parts), p=weights / weights.sum())]
        box = part.bounds
        spot = shapely.Point(rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3]))
        if what == "border":
            spot = shapely.line_interpolate_point(edge, rng.uniform(0, edge.length))
        elif not part.contains(spot):
            continue
        ring = shapely.Polygon(templates[rng.integers(len(templates))].exterior)
        scale = side / max(ring.bounds[2] - ring.bounds[0], ring.bounds[3] - ring.bounds[1])
        turned = affinity.rotate(affinity.scale(ring, scale, scale), rng.uniform(0, 360))
        middle = turned.centroid
        there = affinity.translate(turned, spot.x - middle.x, spot.y - middle.y)
        # Over the border nothing is known of plans: inside it the place holds.
        kept = there & place | there - city if what == "border" else there & part
        # Narrow tails of the cut are no park.
        whole = polygons(kept.buffer(-15).buffer(15, quad_segs=2) & kept)
        best = max(shapely.get_parts(whole), key=lambda p: p.area, default=shapely.Polygon())
        if best.area < 0.55 * there.area or best.intersects(others):
            continue
        if what == "border" and not 0.25 < (best & city).area / best.area < 0.75:
            continue
        return best
    raise ValueError(f"no room for a park of {size:.0f} m {what}")


def _beside(park: shapely.Geometry, place: shapely.Geometry) -> shapely.Geometry:
    """Copy a park over a part of itself, inside the same place."""
    west, south, east, north = park.bounds
    turned = affinity.rotate(park, 31)
    moved = affinity.translate(turned, 0.45 * (east - west), 0.3 * (north - south))
    whole = polygons(moved & place)
    return max(shapely.get_parts(whole), key=lambda p: (p & park).area)


def _stated(
    frame: gpd.GeoDataFrame, rng: np.random.Generator, towns: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """State the five musts of each park as a register does, then plant what is missing or wrong."""
    about = {prefix: rest for prefix, *rest in KINDS}
    to_degrees = Transformer.from_crs(4549, 4490, always_xy=True)
    rows = []
    for code, shape in zip(frame["code"], frame.geometry, strict=True):
        kind, _, _, industries, product = about[code[:2]]
        here = towns.geometry.intersection(shape).area
        town = str(towns["name"].iloc[int(np.argmax(here.to_numpy()))])
        (west, east), (south, north) = to_degrees.transform(
            shape.bounds[::2], shape.bounds[1::2])  # fmt: skip
        leading = "、".join(sorted(rng.choice(industries, 2, replace=False)))
        rows.append({
            "code": code, "name": f"{town}{kind}{code[2:]}（示意）", "kind": kind,
            "planned_area_ha": round(shape.area / 1e4, 2), "leading_industries": leading,
            "four_sides": f"东至东经 {east:.4f} 度，南至北纬 {south:.4f} 度，"
                          f"西至东经 {west:.4f} 度，北至北纬 {north:.4f} 度",
            "goals": f"2025 年{product} {rng.integers(2, 60)} 亿元（虚构）",
            "mechanism": MECHANISMS[rng.integers(len(MECHANISMS))],
            "organisation": "园区管理委员会（虚构）", "year": 2015, "source": SOURCE,
        })  # fmt: skip
    table = pd.DataFrame(rows).set_index("code")
    for code, check, _, what in FAULTS:
        if check == "musts" and what == "four_sides":
            table.loc[code, what] = table.loc[code, what].split("，北至")[0]
        elif check == "musts":
            table.loc[code, what.split()] = None
        elif check == "area":
            table.loc[code, "planned_area_ha"] = round(
                table.loc[code, "planned_area_ha"] * float(what), 2)  # fmt: skip
        elif check in ("industry", "industry_words"):
            table.loc[code, "leading_industries"] = what
    table["planned_area_ha"] = table["planned_area_ha"].astype(float)
    return gpd.GeoDataFrame(table.reset_index(), geometry=frame.geometry, crs=CRS)
