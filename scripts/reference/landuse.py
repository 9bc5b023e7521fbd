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
ROUNDS = 8
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
    """Give log odds of being built before any township's intensity: cores, roads, slope."""
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
    return np.asarray((odds - 1.5).astype(np.float32))


def balance_odds(
    ground: Ground, odds: np.ndarray, rank: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Shift the odds, township by township and smoothly, until each has its meant share.

    Units that are half red are one more place of their own.
    """
    able = ground.city & (ground.water == 0)
    place = np.where(ground.zone == ZONES.index("balance"), len(share), ground.township)
    place = np.where(ground.city, place, len(share))
    want = np.append(share, MEANT_SHARES["balance"])
    size = np.bincount(place[ground.city], minlength=len(want))
    noise = np.log(rank / (1 - rank))
    shift = np.zeros(len(want), np.float32)
    odds = odds.copy()
    for _ in range(ROUNDS):
        smooth = odds + ndimage.gaussian_filter(shift[place], 6)
        got = np.bincount(place[able & (smooth > noise)], minlength=len(want)) / size
        got = np.clip(got, 1e-3, 0.97)
        shift += 0.9 * np.log(want / (1 - want) * (1 - got) / got)
    return np.asarray(odds + ndimage.gaussian_filter(shift[place], 6) - noise)


def built(ground: Ground, score: np.ndarray, shares: dict[str, float]) -> np.ndarray:
    """Choose the built pixels: the best of each meant zone, trunk roads first."""
    able = ground.city & (ground.water == 0)
    score = np.where(ground.roads > 0, score + 50, score)
    out = np.zeros(ground.shape, bool)
    for k, zone in enumerate(ZONES):
        here = ground.city & (ground.zone == k)
        want = round(shares[zone] * np.count_nonzero(here))
        flat = np.flatnonzero(here & able)
        order = np.argsort(-score.ravel()[flat], kind="stable")
        out.ravel()[flat[order[:want]]] = True
    return out


def kinds(ground: Ground, is_built: np.ndarray) -> np.ndarray:
    """Give each pixel its class."""
    shape = ground.shape
    fields = [terrain.noise(shape, s, SEED + 10 + k) for k, s in enumerate((7, 6, 8, 6, 12, 24))]
    wide = terrain.noise(shape, 60, SEED + 20)
    out = np.full(shape, 1, np.uint8)
    out[fields[4] + 0.3 * wide > 1.0] = 2
    out[fields[3] + 0.4 * fields[4] < -1.75] = 6
    out[fields[5] > 2.5] = 23
    out[(fields[1] + 0.5 * wide < -1.75) & (ground.slope < 1.5)] = 17
    forest = (ground.slope > 4.5) | ((ground.slope > 1.2) & (fields[2] > -0.1)) | (fields[2] > 1.5)
    forest |= (ground.red > 0) & (ground.slope > 0.8) & (fields[0] > -0.4)
    out[forest] = 3
    out[~forest & (ground.slope > 1.0) & (fields[1] > 1.3)] = 4
    near_river = ndimage.distance_transform_edt(ground.water != 1) * CELL_M
    out[(near_river < 900) & (ground.red > 0) & (fields[0] > -0.6)] = 5
    urban = is_built & (ndimage.gaussian_filter(is_built.astype(np.float32), 14) > 0.46)
    out[is_built] = 73
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
    town = np.select([c for c, _ in chosen], [v for _, v in chosen], 7)
    out[urban] = town[urban]
    out[is_built & (ground.roads > 0)] = 12
    out[ground.water > 0] = 17
    return out


def build(ground: Ground, share: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Build the raster (uint8; 0 outside the city and a rim around it).

    ``share``: meant built share of the townships outside units that are half red; ``centres``:
    their middles, metres.
    """
    area = {z: np.count_nonzero(ground.city & (ground.zone == k)) for k, z in enumerate(ZONES)}
    rest = sum(area.values()) * EXISTING_SHARE
    rest -= sum(MEANT_SHARES[z] * area[z] for z in MEANT_SHARES)
    shares = {**MEANT_SHARES, "optimised": rest / area["optimised"]}
    patch = 0.75 * terrain.noise(ground.shape, 4.0, SEED + 1)
    patch += 0.65 * terrain.noise(ground.shape, 9, SEED + 2)
    rank = norm.cdf(patch / patch.std())
    score = balance_odds(ground, wish(ground, centres), rank, share)
    out = kinds(ground, built(ground, score, shares))
    # the rim repeats its neighbour, so that a pixel that the line cuts always has a class
    rim = ndimage.binary_dilation(ground.city, np.ones((3, 3), bool), iterations=3)
    index = ndimage.distance_transform_edt(
        ~ground.city, return_distances=False, return_indices=True
    )
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
    votes = np.bincount(
        unit[inside] * len(meant) + township.ravel()[inside], minlength=n * len(meant)
    )
    zone = meant[votes.reshape(n, len(meant)).argmax(axis=1)]
    zone = np.where(red_share >= 0.5, ZONES.index("balance"), zone)
    return np.asarray(zone[unit].reshape(shape).astype(np.int8))


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
