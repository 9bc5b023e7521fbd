"""A made-up road graph between township centres, and the seats that travel times lead to."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import minimum_spanning_tree

from .facts import CRS, table

SPEED = {"motorway": 100, "national": 60, "provincial": 50, "county": 35}
# seats of the city and of the counties outside it
SEATS = {"321102003": "镇江", "321181001": "丹阳", "321182001": "扬中", "321183002": "句容"}


def centres(townships: gpd.GeoDataFrame) -> np.ndarray:
    """Give the made-up centre of every township: its seat if known, else a point well inside."""
    points = shapely.get_coordinates(shapely.maximum_inscribed_circle(townships.geometry.values))
    points = points.reshape(len(townships), -1, 2)[:, 0]
    cores = table("urban_cores.csv").set_index("name")
    for code, name in SEATS.items():
        k = int(np.flatnonzero(townships["code"] == code)[0])
        points[k] = cores.loc[name, ["x_km", "y_km"]].to_numpy(float) * 1000
    return np.asarray(np.round(points))


def _edges(points: np.ndarray, codes: list[str]) -> dict[tuple[int, int], str]:
    """Join neighbours (Gabriel graph and shortest tree) by county roads, trunks over them."""
    far = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    found: dict[tuple[int, int], str] = {}
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            middle = (points[i] + points[j]) / 2
            others = np.hypot(*(points - middle).T)
            others[[i, j]] = np.inf
            if others.min() >= far[i, j] / 2:
                found[i, j] = "county"
    rows, cols = minimum_spanning_tree(far).nonzero()
    for i, j in zip(rows, cols, strict=True):
        found.setdefault((min(i, j), max(i, j)), "county")
    place = {code: k for k, code in enumerate(codes)}
    trunks = table("trunk_roads.csv").sort_values(
        "class", key=lambda c: c.map(SPEED), kind="stable"
    )
    for trunk in trunks.itertuples():
        for a, b in pairwise(trunk.townships.split(";")):
            i, j = sorted((place[a], place[b]))
            found[i, j] = trunk[1]
    return found


def _bend(a: np.ndarray, b: np.ndarray, seed: int) -> shapely.LineString:
    """Draw a slightly bent line between two points."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 13)[:, None]
    across = np.array([b[1] - a[1], a[0] - b[0]])
    sway = rng.uniform(-0.07, 0.07) * np.sin(np.pi * t) + rng.uniform(-0.03, 0.03) * np.sin(
        2 * np.pi * t
    )
    return shapely.LineString(np.round(a + t * (b - a) + sway * across, 1))


def build(townships: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Build the road lines (road, class, speed_kmh, from, to)."""
    codes = townships["code"].tolist()
    points = centres(townships)
    city = shapely.union_all(townships.geometry)
    rows = []
    for k, ((i, j), kind) in enumerate(sorted(_edges(points, codes).items())):
        line = _bend(points[i], points[j], 900 + k)
        inside = shapely.intersection(line, city)
        if not inside.is_empty:
            rows.append(
                (
                    f"R{k:03d}",
                    kind,
                    SPEED[kind],
                    codes[i],
                    codes[j],
                    line.length,
                    shapely.MultiLineString(
                        [p for p in shapely.get_parts(inside) if p.geom_type == "LineString"]
                    ),
                )
            )
    frame = pd.DataFrame(
        rows, columns=["road", "class", "speed_kmh", "from", "to", "length_m", "geometry"]
    )
    frame["length_m"] = frame["length_m"].round(1)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


def seats(townships: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the seats of the city and of the counties outside it (name), where travel leads to."""
    points = centres(townships)
    codes = townships["code"].tolist()
    shapes = [shapely.Point(*points[codes.index(code)]) for code in SEATS]
    return gpd.GeoDataFrame({"name": list(SEATS.values())}, geometry=shapes, crs=CRS)
