"""Made-up land use on a 30 m raster that has the published totals.

Where to build is a smooth wish (town cores, roads, none in water, little on steep or protected
land) against seeded noise; the best pixels are built until the city and 扬中 have their published
areas of construction. The other classes follow in the same way, each with its published total. No
step knows of zones: what zones come out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage

from . import terrain
from .facts import natural_earth, table

CELL_M = 30
SEED = 2594
#: The county whose totals are published beside those of the city.
COUNTY = "321182"
PIXEL_M2 = CELL_M * CELL_M


@dataclass(frozen=True)
class Ground:
    """All layers on one raster."""

    shape: tuple[int, int]
    transform: Affine
    city: np.ndarray
    water: np.ndarray  # 0 none, 1 Yangzi, 2 lake, 3 canal
    slope: np.ndarray
    red: np.ndarray
    township: np.ndarray  # position in the table, -1 outside
    county: np.ndarray  # the county of published totals
    roads: np.ndarray  # 0 none, else rank


def burn(
    ground: tuple[tuple[int, int], Affine],
    shapes: list[tuple[shapely.Geometry, int]],
    fill: int = 0,
) -> np.ndarray:
    """Draw shapes on the raster; later ones lie over earlier ones."""
    shape, transform = ground
    return np.asarray(
        rasterio.features.rasterize(shapes, shape, transform=transform, fill=fill, dtype="int16")
    )


def resample(
    values: np.ndarray, source: Affine, shape: tuple[int, int], target: Affine
) -> np.ndarray:
    """Read a coarser raster at the pixel centres of a finer one (linear)."""
    xs, ys = terrain.centres(shape, target)
    cols = (xs.ravel() - source.c) / source.a - 0.5
    rows = (ys.ravel() - source.f) / source.e - 0.5
    grid = np.meshgrid(rows, cols, indexing="ij")
    return np.asarray(
        ndimage.map_coordinates(values.astype(np.float32), grid, order=1, mode="nearest")
    )


def wish(ground: Ground, centres: np.ndarray) -> np.ndarray:
    """Give log odds of being built: cores, roads, slope, protection."""
    xs, ys = (v / 1000 for v in terrain.centres(ground.shape, ground.transform))
    core = np.zeros(ground.shape, np.float32)
    for c in table("urban_cores.csv").itertuples():
        far = np.hypot(xs - c.x_km, ys - c.y_km) / c.radius_km
        core = np.maximum(core, np.exp(-(far**2) / 1.3))
    for x, y in centres / 1000:  # a small town in the middle of every township
        core = np.maximum(core, 0.75 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 2.2))
    urban = burn((ground.shape, ground.transform), [(natural_earth()[1], 1)])
    near = ndimage.distance_transform_edt(ground.roads == 0) * CELL_M
    odds = 2.6 * core + 3.2 * ndimage.gaussian_filter(urban.astype(np.float32), 6)
    odds += 0.7 * np.exp(-near / 500)
    odds += 0.9 * terrain.noise(ground.shape, 45, SEED + 4)
    odds -= np.clip(ground.slope - 6, 0, None) * 0.35
    odds -= 0.9 * (ground.red == 2) + 2.0 * (ground.red == 1)
    return np.asarray((odds - 1.5).astype(np.float32))


def pixels_of(place: str) -> dict[str, int]:
    """Give published totals in pixels, by what they are of."""
    rows = table("landuse_totals.csv")
    rows = rows[rows["place"] == place]
    return {w: round(a / PIXEL_M2) for w, a in zip(rows["what"], rows["area_m2"], strict=True)}


def best(score: np.ndarray, able: np.ndarray, count: int) -> np.ndarray:
    """Mark the ``count`` able pixels with the highest score."""
    flat = np.flatnonzero(able)
    order = np.argsort(-score.ravel()[flat], kind="stable")[: max(count, 0)]
    out = np.zeros(able.shape, bool)
    out.ravel()[flat[order]] = True
    return out


def kinds(ground: Ground, score: np.ndarray) -> np.ndarray:
    """Give each pixel its class: construction first, then water, woods and the rest by totals."""
    shape = ground.shape
    fields = [terrain.noise(shape, s, SEED + 10 + k) for k, s in enumerate((7, 6, 8, 6, 12, 24))]
    wide = terrain.noise(shape, 60, SEED + 20)
    out = np.where(ground.water > 0, 17, 0).astype(np.uint8)
    near_river = ndimage.distance_transform_edt(ground.water != 1) * CELL_M
    woods = 0.9 * np.minimum(ground.slope, 8) + fields[2] + 0.6 * (ground.red > 0)
    wishes = {
        17: fields[1] + 0.5 * wide - 0.8 * ground.slope,
        3: woods, 2: fields[4] + 0.3 * wide + 0.2 * np.minimum(ground.slope, 3),
        5: -near_river / 900 + fields[0] + 0.5 * (ground.red > 0), 
        4: 0.3 * ground.slope + fields[5],
        6: fields[3] - 0.4 * fields[4], 23: fields[5],
    }  # fmt: skip
    whole, own = pixels_of("city"), pixels_of(COUNTY)
    for here, want in _regions(ground, whole, own):
        built = best(score, here & (out == 0), want["construction"])
        out[built] = 73
        for value in (17, 3, 2, 5, 4, 6, 23):
            count = want[value] - int(np.count_nonzero(out[here] == value))
            out[best(wishes[value], here & (out == 0), count)] = value
        out[here & (out == 0)] = 1
    is_built = out == 73
    return _built_kinds(ground, out, is_built, fields, wide)


def _regions(
    ground: Ground, whole: dict[str, int], own: dict[str, int]
) -> list[tuple[np.ndarray, dict[int | str, int]]]:
    """Give the county with its totals, and the rest of the city with what is left of the city's.

    The city's other agricultural land that is no water is class 6; what no total speaks of is
    grass, wetland and other land in equal parts (made up).
    """
    inside = ground.city & ground.county
    size = int(np.count_nonzero(inside))
    known = {1: own["arable"], 2: own["orchard"], 3: own["forest"], 4: own["grass"],
             5: own["wetland"], 6: own["rural roads"]}  # fmt: skip
    first: dict[int | str, int] = {**known, "construction": own["construction"], 23: 0}
    first[17] = size - sum(known.values()) - own["construction"]
    rest = ground.city & ~ground.county
    ponds = whole["water"] - int(np.count_nonzero(ground.city & (ground.water == 1)))
    facilities = max(whole["other agricultural land"] - ponds, 0)
    second: dict[int | str, int] = {
        17: whole["water"] - first[17], 3: whole["forest"] - first[3],
        2: whole["orchard"] - first[2], 6: facilities - first[6],
        "construction": whole["construction"] - own["construction"],
    }  # fmt: skip
    fields = whole["arable"] - own["arable"]
    left = int(np.count_nonzero(rest)) - sum(second.values()) - fields
    for value in (4, 5, 23):
        second[value] = max(left, 0) // 3
    return [(inside, first), (rest, second)]


def _built_kinds(
    ground: Ground, out: np.ndarray, is_built: np.ndarray, fields: list[np.ndarray],
    wide: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Tell kinds of construction apart: towns where it is dense, villages elsewhere."""
    urban = is_built & (ndimage.gaussian_filter(is_built.astype(np.float32), 14) > 0.46)
    out[is_built & (fields[0] > 1.3)] = 10
    chosen = [
        (fields[0] + 0.8 * wide > 0.85, 10),
        (fields[1] > 1.45, 8),
        (fields[2] > 1.55, 9),
        (fields[3] > 1.8, 11),
        (fields[1] < -1.5, 14),
        (fields[2] < -2.0, 13),
        (fields[3] < -2.2, 16),
        (fields[4] < -2.3, 15),
    ]
    township = np.select([c for c, _ in chosen], [v for _, v in chosen], 7)
    out[urban] = township[urban]
    out[is_built & (ground.roads > 0)] = 12
    return out


def build(ground: Ground, centres: np.ndarray) -> np.ndarray:
    """Build the raster (uint8; 0 outside the city and a rim around it).

    ``centres``: the middles of the townships, metres.
    """
    patch = 0.75 * terrain.noise(ground.shape, 4.0, SEED + 1)
    patch += 0.65 * terrain.noise(ground.shape, 9, SEED + 2)
    score = wish(ground, centres) + 1.7 * patch / patch.std()
    out = kinds(ground, np.where(ground.roads > 0, score + 50, score))
    # the rim repeats its neighbour, so that a pixel that the line cuts always has a class
    rim = ndimage.binary_dilation(ground.city, np.ones((3, 3), bool), iterations=3)
    index = ndimage.distance_transform_edt(
        ~ground.city, return_distances=False, return_indices=True
    )
    return np.where(rim, out[tuple(index)], 0).astype(np.uint8)


def layers(
    counties: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame,
    redlines: gpd.GeoDataFrame,
    waters: tuple[shapely.Geometry, shapely.Geometry, list[shapely.LineString]],
    roads: gpd.GeoDataFrame,
    height: tuple[np.ndarray, Affine],
) -> Ground:
    """Draw all layers on the raster."""
    shape, transform = terrain.frame(counties.total_bounds, CELL_M)
    raster = (shape, transform)
    city = burn(raster, [(g, 1) for g in counties.geometry]) > 0
    yangzi, lakes, canals = waters
    drawn = [(shapely.buffer(line, 45), 3) for line in canals]
    drawn += [(lakes, 2), (yangzi, 1)]
    water = burn(raster, drawn)
    township = burn(raster, [(g, k) for k, g in enumerate(townships.geometry)], fill=-1)
    # pixel centres exactly on a common line may be left out: take the neighbour
    index = ndimage.distance_transform_edt(
        township < 0, return_distances=False, return_indices=True
    )
    township = np.where(city, township[tuple(index)], -1)
    red = burn(
        raster, [(g, int(lv)) for g, lv in zip(redlines.geometry, redlines["level"], strict=True)]
    )
    wide = {"motorway": 40, "national": 30, "provincial": 25}
    lines = [
        (shapely.buffer(g, wide[c]), 1)
        for g, c in zip(roads.geometry, roads["class"], strict=True)
        if c in wide
    ]
    own = counties.geometry[counties["code"] == COUNTY]
    county = burn(raster, [(g, 1) for g in own]) > 0
    return Ground(
        shape,
        transform,
        city,
        water,
        resample(terrain.slope_deg(height[0]), height[1], shape, transform),
        red,
        township,
        county,
        burn(raster, lines),
    )
