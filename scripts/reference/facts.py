"""Facts about Zhenjiang: the small tables under data/facts, and the frame all builders share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

DATA = Path(__file__).resolve().parents[2] / "data"
FACTS = DATA / "facts"
CRS = "EPSG:4549"
NOTICE = "示意性重构，非官方规划数据 / Reconstruction for illustration, not official planning data"
COUNTIES = ("321102", "321111", "321112", "321181", "321182", "321183")


def to_metres(lon: object, lat: object) -> tuple[np.ndarray, np.ndarray]:
    """Project WGS84 degrees to the reference CRS (CGCS2000 and WGS84 taken as equal)."""
    transformer = Transformer.from_crs(4490, 4549, always_xy=True)
    x, y = transformer.transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x), np.asarray(y)


def table(name: str) -> pd.DataFrame:
    """Read one table of facts; codes stay text."""
    codes = {"code": str, "county": str, "counted_with": str}
    return pd.read_csv(FACTS / name, dtype=codes, encoding="utf-8")


def natural_earth() -> tuple[shapely.LineString, shapely.MultiPolygon]:
    """Give the true centre line of the Yangzi and the urban areas, in metres."""
    rows = table("natural_earth.csv")
    rows["x"], rows["y"] = to_metres(rows["lon"], rows["lat"])
    rings = {
        name: group[["x", "y"]].to_numpy() for name, group in rows.groupby("feature", sort=True)
    }
    river = shapely.LineString(rings.pop("yangtze"))
    return river, shapely.MultiPolygon([shapely.Polygon(ring) for ring in rings.values()])


def true_boxes() -> pd.DataFrame:
    """Give the true boxes of the townships that have one: x0, y0, x1, y1 in metres, by code."""
    rows = table("townships.csv").dropna(subset=["west"]).set_index("code")
    corners = [
        to_metres(rows[x], rows[y])
        for x, y in (("west", "south"), ("west", "north"), ("east", "south"), ("east", "north"))
    ]
    xs, ys = np.array([c[0] for c in corners]), np.array([c[1] for c in corners])
    return pd.DataFrame(
        {"x0": xs.min(0), "y0": ys.min(0), "x1": xs.max(0), "y1": ys.max(0)}, index=rows.index
    )
