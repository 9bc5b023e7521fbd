"""A second version of the reference plan, with changes planted at known places: made up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

#: Red lines that change (our choice of places; nothing of this was ever decided).
MOVED, SHIFT_M = "ZJ-60", (800, 500)
GONE, RAISED = "ZJ-70", "ZJ-48"
ADDED, ADDED_NAME, MODEL, ADDED_IN = "ZJ-72", "白兔生态公益林（示意）", "ZJ-61", "白兔镇"
#: County whose smallest township is merged, and the one whose largest is split.
MERGED_IN, SPLIT_IN = "321182", "321183"
RENAMED, NEW_NAME = "丁岗镇", "丁岗街道（示意）"
DECIDED = {"谷阳镇": "key", "上党镇": "balance"}
WEIGHT = 1.5
CAP = 0.275

_COUNTS = ("population", "gdp_10k_yuan", "revenue_10k_yuan")


def redlines(lines: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, city: shapely.Geometry):
    """Move one area, drop one, raise the level of one, and add one."""
    out = lines[lines["area_code"] != GONE].copy()
    moved = out["area_code"] == MOVED
    shifted = [affinity.translate(g, *SHIFT_M) for g in out.geometry[moved]]
    out.loc[moved, "geometry"] = [_multi(g.intersection(city)) for g in shifted]
    out.loc[moved, "boundary_status"] = "made-up"
    out.loc[out["area_code"] == RAISED, "level"] = 1
    new = lines[lines["area_code"] == MODEL].copy()
    place = towns.set_index("name").geometry[ADDED_IN].representative_point()
    shapes = []
    for shape in new.geometry:
        turned = affinity.scale(affinity.rotate(shape, 40), 0.7, 0.7)
        middle = turned.centroid
        there = affinity.translate(turned, place.x - middle.x, place.y - middle.y)
        shapes.append(_multi(there.intersection(city)))
    new = new.assign(area_code=ADDED, name=ADDED_NAME, status="made-up",
                     boundary_status="made-up", published_m2=np.nan)  # fmt: skip
    new = new.set_geometry(shapes, crs=lines.crs)
    whole = pd.concat([out, new])
    return gpd.GeoDataFrame(whole, crs=lines.crs).reset_index(drop=True)


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


def townships(towns: gpd.GeoDataFrame, rows: pd.DataFrame):
    """Merge one township into its neighbour, split one, rename one.

    Returns
    -------
    towns, rows, crosswalk
        Layer, attributes, and what became of the codes (``from``, ``to``).
    """
    towns, rows = towns.set_index("code"), rows.set_index("code")
    small, into = _to_merge(towns)
    towns.loc[into, "geometry"] = _multi(
        shapely.union_all(towns.geometry.loc[[into, small]].to_numpy())
    )
    for column in _COUNTS:
        rows.loc[into, column] += rows.loc[small, column]
    large = _largest(towns, SPLIT_IN)
    new = str(max(int(c) for c in towns.index if c.startswith(SPLIT_IN)) + 1)
    upper, lower, share = _halves(towns.geometry.loc[large])
    name = f"{towns.at[large, 'name']}北部（示意）"
    towns.loc[new] = {**towns.loc[large].to_dict(), "name": name, "geometry": upper}
    towns.loc[large, "geometry"] = lower
    rows.loc[new] = {**rows.loc[large].to_dict(), "name": name}
    for column in _COUNTS:
        part = round(int(rows.at[large, column]) * share)
        rows.loc[new, column] = part
        rows.loc[large, column] -= part
    renamed = towns.index[towns["name"] == RENAMED][0]
    towns.loc[renamed, "name"] = rows.loc[renamed, "name"] = NEW_NAME
    towns, rows = towns.drop(index=small).sort_index(), rows.drop(index=small).sort_index()
    walk = [(small, into), (into, into), (large, large), (large, new)]
    layer = gpd.GeoDataFrame(towns.reset_index(), geometry="geometry", crs=towns.crs)
    return layer, rows.reset_index(), pd.DataFrame(walk, columns=["from", "to"])


def _to_merge(towns: gpd.GeoDataFrame) -> tuple[str, str]:
    """Find the smallest township of a county, and the neighbour with the longest common edge."""
    mine = towns[towns["county"] == MERGED_IN]
    small = str(mine.area.idxmin())
    edge = mine.geometry.boundary.intersection(mine.geometry[small].boundary).length
    return small, str(edge.drop(small).idxmax())


def _largest(towns: gpd.GeoDataFrame, county: str) -> str:
    return str(towns[towns["county"] == county].area.idxmax())


def _halves(shape: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry, float]:
    """Cut a shape along a slanted line through its middle."""
    middle, (x0, y0, x1, y1) = shape.centroid, shape.bounds
    reach = 2 * max(x1 - x0, y1 - y0)
    tilt = np.tan(np.radians(20))
    left, right = (middle.y - tilt * reach, middle.y + tilt * reach)
    above = shapely.Polygon(
        [(middle.x - reach, left), (middle.x + reach, right),
         (middle.x + reach, right + 3 * reach), (middle.x - reach, right + 3 * reach)]
    )  # fmt: skip
    upper = _multi(shape.intersection(above))
    lower = _multi(shape.difference(above))
    return upper, lower, upper.area / shape.area


def decisions(towns: gpd.GeoDataFrame) -> pd.DataFrame:
    """Write two decisions of a planner who does not exist."""
    code = towns.set_index("name")["code"]
    return pd.DataFrame(
        [("township", code[name], zone, "示意：虚构的决定", "示意", "2016-03-01")
         for name, zone in DECIDED.items()],
        columns=["level", "code", "zone", "reason", "who", "date"],
    )  # fmt: skip


def planted(walk: pd.DataFrame, towns: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what was planted, and which group it belongs to; no area is written down."""
    code = towns.set_index("name")["code"]
    (small, into), _, (large, _), (_, new) = walk.itertuples(index=False)
    rows = [
        ("redline", "moved", MOVED),
        ("redline", "gone", GONE),
        ("redline", "level", RAISED),
        ("redline", "added", ADDED),
        ("townships", "merged", f"{small}+{into}"),
        ("townships", "split", f"{large}+{new}"),
        ("townships", "renamed", str(code[NEW_NAME])),
        ("weights", "min_to_centre", str(WEIGHT)),
        ("caps", "share", str(CAP)),
        *(("decisions", zone, str(code[name])) for name, zone in DECIDED.items()),
    ]
    return pd.DataFrame(rows, columns=["group", "what", "where"])
