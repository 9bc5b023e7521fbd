"""Made-up land use on a 30 m raster: cores where the towns are, villages between, fields around.

Where to build is a smooth wish (town cores, meant intensity of the township, none in water or on
steep land) against seeded noise; one threshold for each meant zone then gives exactly the meant
built share, so that the whole city has the published 25.94 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage
from scipy.stats import norm

from . import terrain
from .facts import natural_earth, table

CELL_M = 30
SEED = 2594
EXISTING_SHARE = 0.2594
ZONES = ("optimised", "key", "moderate", "balance")
# our calibration: built shares by meant zone; optimised takes what is left of the 25.94 %
MEANT_SHARES = {"key": 0.258, "moderate": 0.123, "balance": 0.088}


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
    zone: np.ndarray  # position in ZONES, by unit
    roads: np.ndarray  # 0 none, else rank


def burn(ground: tuple[tuple[int, int], Affine], shapes: list[tuple[shapely.Geometry, int]], fill: int = 0) -> np.ndarray:
    """Draw shapes on the raster; later ones lie over earlier ones."""
    shape, transform = ground
    return rasterio.features.rasterize(shapes, shape, transform=transform, fill=fill, dtype="int16")


def resample(values: np.ndarray, source: Affine, shape: tuple[int, int], target: Affine) -> np.ndarray:
    """Read a coarser raster at the pixel centres of a finer one (linear)."""
    xs, ys = terrain.centres(shape, target)
    cols = (xs.ravel() - source.c) / source.a - 0.5
    rows = (ys.ravel() - source.f) / source.e - 0.5
    grid = np.meshgrid(rows, cols, indexing="ij")
    return ndimage.map_coordinates(values.astype(np.float32), grid, order=1, mode="nearest")


def wish(ground: Ground, share: np.ndarray) -> np.ndarray:
    """Give the log odds of being built, from the meant share of the township and the cores."""
    xs, ys = terrain.centres(ground.shape, ground.transform)
    meant = np.where(ground.township >= 0, share[ground.township], 0.2)
    meant = ndimage.gaussian_filter(meant.astype(np.float32), 16)
    odds = np.log(meant / (1 - meant))
    core = np.zeros(ground.shape, np.float32)
    for c in table("urban_cores.csv").itertuples():
        far = np.hypot(xs / 1000 - c.x_km, ys / 1000 - c.y_km) / c.radius_km
        core = np.maximum(core, np.exp(-(far**2) / 1.3))
    odds += 2.2 * core
    urban = burn((ground.shape, ground.transform), [(natural_earth()[1], 1)])
    odds += 3.0 * ndimage.gaussian_filter(urban.astype(np.float32), 6)
    near = ndimage.distance_transform_edt(ground.roads == 0) * CELL_M
    odds += 0.7 * np.exp(-near / 500)
    odds += 1.1 * terrain.noise(ground.shape, 45, SEED + 4)
    odds -= np.clip(ground.slope - 6, 0, None) * 0.35
    odds -= 1.0 * ndimage.gaussian_filter((ground.red > 0).astype(np.float32), 5)
    return odds


def built(ground: Ground, odds: np.ndarray, shares: dict[str, float]) -> np.ndarray:
    """Choose the built pixels: the wish against noise, one threshold for each meant zone."""
    patch = terrain.noise(ground.shape, 4.0, SEED + 1) * 0.75 + terrain.noise(ground.shape, 9, SEED + 2) * 0.65
    rank = norm.cdf(patch / patch.std())
    score = odds - np.log(rank / (1 - rank))
    able = ground.city & (ground.water == 0)
    out = np.zeros(ground.shape, bool)
    for k, zone in enumerate(ZONES):
        here = ground.city & (ground.zone == k)
        want = round(shares[zone] * np.count_nonzero(here))
        flat = np.flatnonzero(here & able)
        order = np.argsort(-score.ravel()[flat], kind="stable")
        out.ravel()[flat[order[:want]]] = True
    return out


def kinds(ground: Ground, is_built: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Give each pixel its class."""
    shape = ground.shape
    fields = [terrain.noise(shape, s, SEED + 10 + k) for k, s in enumerate((12, 10, 14, 9, 20, 30))]
    out = np.full(shape, 1, np.uint8)
    out[(fields[4] > 1.25)] = 2
    out[(fields[3] + 0.6 * fields[4] < -2.3)] = 6
    out[(fields[5] > 2.3)] = 23
    forest = (ground.slope > 4.5) | ((ground.slope > 1.6) & (fields[2] > 0.4)) | (fields[2] > 2.15)
    forest |= (ground.red > 0) & (ground.slope > 1.2) & (fields[0] > -0.2)
    out[forest] = 3
    out[~forest & (ground.slope > 1.0) & (fields[1] > 1.5)] = 4
    near_river = ndimage.distance_transform_edt(ground.water != 1) * CELL_M
    out[(near_river < 900) & (ground.red > 0) & (fields[0] > -0.6)] = 5
    ponds = (fields[1] < -2.45) & (ground.slope < 1.5)
    out[ponds] = 17
    urban = is_built & (ndimage.gaussian_filter(is_built.astype(np.float32), 14) > 0.46)
    out[is_built] = 73
    out[is_built & (fields[0] > 1.15)] = 10
    town = np.select(
        [fields[0] > 0.75, fields[1] > 1.45, fields[2] > 1.45, fields[3] > 1.75, fields[1] < -1.75, fields[2] < -1.9, fields[3] < -2.1, fields[4] < -2.3],
        [10, 8, 9, 11, 14, 13, 16, 15],
        7,
    )
    out[urban] = town[urban]
    out[is_built & (ground.roads > 0)] = 12
    out[ground.water > 0] = 17
    return out


def tidy(is_built: np.ndarray) -> np.ndarray:
    """Drop built specks and holes below five pixels; they say nothing and cost space."""
    for value in (True, False):
        pieces, count = ndimage.label(is_built == value)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        small = sizes < 5
        small[0] = False
        is_built = is_built ^ small[pieces]
    return is_built


def build(ground: Ground, share: np.ndarray, extra: float = 0.0) -> np.ndarray:
    """Build the raster (uint8; 0 outside the city and a pixel around it)."""
    area = {z: np.count_nonzero(ground.city & (ground.zone == k)) for k, z in enumerate(ZONES)}
    total = sum(area.values()) * (EXISTING_SHARE + extra)
    rest = total - sum(MEANT_SHARES[z] * area[z] for z in MEANT_SHARES)
    shares = {**MEANT_SHARES, "optimised": rest / area["optimised"]}
    odds = wish(ground, share)
    is_built = built(ground, odds, shares)
    out = kinds(ground, is_built, odds)
    rim = ndimage.binary_dilation(ground.city, np.ones((3, 3), bool))
    # the rim repeats its neighbour, so that a pixel that the line cuts always has a class
    index = ndimage.distance_transform_edt(~ground.city, return_distances=False, return_indices=True)
    return np.where(rim, out[tuple(index)], 0).astype(np.uint8)


def zones_by_unit(
    ground: tuple[tuple[int, int], Affine],
    city: np.ndarray,
    township: np.ndarray,
    red: np.ndarray,
    meant: np.ndarray,
    origin: tuple[int, int],
) -> np.ndarray:
    """Give each pixel the meant zone of its unit: balance from half red, else its township's."""
    shape, transform = ground
    xs, ys = terrain.centres(shape, transform)
    col = np.floor((xs - origin[0]) / 1000).astype(int)
    row = np.floor((ys - origin[1]) / 1000).astype(int)
    unit = ((row - row.min()) * (col.max() - col.min() + 1) + (col - col.min())).ravel()
    n = unit.max() + 1
    inside, reds = city.ravel(), (red.ravel() > 0) & city.ravel()
    size = np.bincount(unit[inside], minlength=n)
    red_share = np.bincount(unit[reds], minlength=n) / np.maximum(size, 1)
    votes = np.bincount(unit[inside] * len(meant) + township.ravel()[inside], minlength=n * len(meant))
    zone = meant[votes.reshape(n, len(meant)).argmax(axis=1)]
    zone = np.where(red_share >= 0.5, ZONES.index("balance"), zone)
    return zone[unit].reshape(shape).astype(np.int8)


def layers(
    counties: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame,
    redlines: gpd.GeoDataFrame,
    waters: tuple[shapely.Geometry, shapely.Geometry, list[shapely.LineString]],
    roads: gpd.GeoDataFrame,
    height: tuple[np.ndarray, Affine],
    origin: tuple[int, int],
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
    index = ndimage.distance_transform_edt(township < 0, return_distances=False, return_indices=True)
    township = np.where(city, township[tuple(index)], -1)
    red = burn(raster, [(g, int(lv)) for g, lv in zip(redlines.geometry, redlines["level"], strict=True)])
    wide = {"motorway": 40, "national": 30, "provincial": 25}
    lines = [
        (shapely.buffer(g, wide[c]), 1)
        for g, c in zip(roads.geometry, roads["class"], strict=True)
        if c in wide
    ]
    order = table("calibration.csv").set_index("code")["meant_zone"].reindex(townships["code"])
    meant = np.array([ZONES.index(z) for z in order])
    return Ground(
        shape,
        transform,
        city,
        water,
        resample(terrain.slope_deg(height[0]), height[1], shape, transform),
        red,
        township,
        zones_by_unit(raster, city, township, red, meant, origin),
        burn(raster, lines),
    )
