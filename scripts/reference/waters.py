"""The Yangzi around its true centre line, its islands, and made-up lakes, as polygons."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.affinity import rotate, scale

from .facts import natural_earth, table

# the reaches west of 扬中
NORTH = shapely.box(380_000, 3_560_000, 473_000, 3_600_000)


def ellipse(
    x_km: float, y_km: float, length_km: float, width_km: float, angle: float
) -> shapely.Polygon:
    """Give an ellipse in metres from half axes in kilometres."""
    disc = shapely.Point(x_km * 1000, y_km * 1000).buffer(1000, quad_segs=24)
    return rotate(scale(disc, length_km, width_km), angle)


def wobble(shape: shapely.Polygon, seed: int, strength: float = 0.16) -> shapely.Polygon:
    """Make a regular outline irregular: seeded harmonics along the ring."""
    rng = np.random.default_rng(seed)
    ring = shapely.get_coordinates(shapely.segmentize(shape.exterior, shape.length / 60))[:-1]
    turn = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
    factor = np.ones(len(ring))
    for k in range(2, 8):
        factor += strength / k**0.6 * rng.normal() * np.cos(k * turn + rng.uniform(0, 2 * np.pi))
    centre = ring.mean(axis=0)
    return shapely.Polygon(centre + (ring - centre) * np.clip(factor, 0.5, 1.6)[:, None]).buffer(0)


def river_line() -> shapely.LineString:
    """Give the centre line: true as far as it is public, guessed down to the islands' head."""
    true = natural_earth()[0]
    points = [tuple(p) for p in shapely.get_coordinates(true)]
    east = [(466_000, 3_564_100), (469_500, 3_566_300), (472_000, 3_569_600)]
    return shapely.LineString(east[::-1] + points)


def yangzi(counties: gpd.GeoDataFrame) -> shapely.Geometry:
    """Give the water of the Yangzi inside the city, islands cut out.

    The river runs around its centre line; where the city's line is the far bank, a strip of water
    lies inside it; 扬中 has water on all sides; so has 江心洲 in a wider reach.
    """
    city = shapely.union_all(counties.geometry.values)
    yangzhong = counties.set_index("code").geometry["321182"]
    line = shapely.boundary(city)
    far_bank = shapely.box(418_000, 3_562_500, city.bounds[2], city.bounds[3])
    own_line = shapely.boundary(yangzhong)
    island = wobble(ellipse(468.0, 3567.3, 3.0, 1.05, 28), 7, 0.06)
    water = [
        shapely.buffer(river_line(), 620),
        shapely.buffer(line.intersection(far_bank).intersection(NORTH), 330),
        shapely.buffer(line.intersection(shapely.buffer(yangzhong, 50)), 650),
        shapely.buffer(own_line.difference(shapely.buffer(line, 30)), 380),
        ellipse(468.0, 3567.3, 4.1, 2.0, 28),
    ]
    rounded = shapely.union_all(water).intersection(city).difference(island)
    rounded = shapely.buffer(shapely.buffer(rounded, 150), -150)
    return rounded.intersection(city).difference(island)


def lakes() -> shapely.MultiPolygon:
    """Give lakes and reservoirs: near where they are, outline made up."""
    return shapely.MultiPolygon(
        [
            wobble(ellipse(r.x_km, r.y_km, r.length_km, r.width_km, r.angle_deg), 100 + k)
            for k, r in enumerate(table("lakes.csv").itertuples())
        ]
    )


def canals() -> list[shapely.LineString]:
    """Give the lines of canals and rivers, from the seeds of the red lines along them."""
    seeds = table("redline_seeds.csv")
    return [path(text) for text in seeds.loc[seeds["kind"] == "corridor", "path_km"]]


def path(text: str) -> shapely.LineString:
    """Read a path written as ``x y;x y`` in kilometres and round its corners."""
    points = np.array([[float(v) for v in p.split()] for p in text.split(";")]) * 1000
    for _ in range(3):  # corner cutting
        a, b = points[:-1], points[1:]
        inner = np.stack([a * 0.75 + b * 0.25, a * 0.25 + b * 0.75], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], inner, points[-1:]])
    return shapely.LineString(points)
