"""Made-up township attributes; population adds up to the real county totals of the census."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from rasterio.transform import Affine

from . import roads as road_graph
from .facts import table
from .landuse import Ground
from .terrain import slope_deg

SEED = 2020
# people per pixel of residential land, relative; made up
CROWDING = {7: 1.0, 73: 0.30, 8: 0.15, 9: 0.15}
# output per hectare, 10 000 yuan; made up, the order of the city's published product
OUTPUT = {10: 900.0, 9: 1500.0, 8: 700.0, 11: 500.0, 7: 180.0, 73: 25.0, 1: 4.0, 2: 8.0, 17: 2.0}
HIGH_PRIORITY = {"321102008": 5, "321112002": 4, "321183400": 4, "321181002": 4, "321182101": 4}


def _spread(total: int, weight: np.ndarray) -> np.ndarray:
    """Split a whole number by weights, largest remainder first."""
    exact = total * weight / weight.sum()
    out = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - out), kind="stable")
    out[order[: total - out.sum()]] += 1
    return np.asarray(out)


def _pixels(landuse: np.ndarray, ground: Ground, count: int) -> pd.DataFrame:
    """Count pixels of each class (columns) in each township (rows)."""
    inside = ground.city
    pairs = ground.township[inside].astype(np.int64) * 256 + landuse[inside]
    return pd.DataFrame(np.bincount(pairs, minlength=count * 256).reshape(count, 256))


def population(townships: gpd.GeoDataFrame, pixels: pd.DataFrame) -> np.ndarray:
    """Split each county's census total by residential land."""
    census = table("population_2020.csv").groupby("counted_with")["persons"].sum()
    rng = np.random.default_rng(SEED)
    weight = sum(pixels[v].to_numpy() * w for v, w in CROWDING.items())
    weight = weight * rng.uniform(0.9, 1.1, len(townships)) + 1
    dense = pixels[7].to_numpy() / np.maximum(pixels.sum(axis=1).to_numpy(), 1)
    weight *= 1 + 2.5 * dense
    out = np.zeros(len(townships), np.int64)
    for county, people in census.items():
        own = np.flatnonzero(townships["county"] == county)
        out[own] = _spread(int(people), weight[own])
    return out


def terrain_of(
    townships: gpd.GeoDataFrame, height: tuple[np.ndarray, Affine]
) -> tuple[np.ndarray, np.ndarray]:
    """Give mean slope (degrees) and relief (highest less lowest point, metres)."""
    values, transform = height
    slope = slope_deg(values)
    steep, relief = [], []
    for geometry in townships.geometry:
        hit = rasterio.features.rasterize(
            [geometry], values.shape, transform=transform, all_touched=True
        ).astype(bool)
        steep.append(slope[hit].mean())
        relief.append(int(values[hit].max()) - int(values[hit].min()))
    return np.round(steep, 2), np.array(relief)


def build(
    townships: gpd.GeoDataFrame,
    landuse: np.ndarray,
    ground: Ground,
    height: tuple[np.ndarray, Affine],
    roads: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Build the attribute table, one row per township."""
    pixels = _pixels(landuse, ground, len(townships))
    people = population(townships, pixels)
    rng = np.random.default_rng(SEED + 1)
    hectares = (ground.transform.a**2) / 1e4
    output = sum(pixels[v].to_numpy() * w for v, w in OUTPUT.items()) * hectares
    gdp = np.round(output * rng.uniform(0.85, 1.15, len(townships)) + people * 2.0, -1)
    slope, relief = terrain_of(townships, height)
    wet = pixels[17].to_numpy() / pixels.sum(axis=1).to_numpy()
    hazard = 1 + (slope > 1.5) + (slope > 3.5) + (wet > 0.08) + (wet > 0.25)
    zone = table("calibration.csv").set_index("code")["meant_zone"].reindex(townships["code"])
    strategic = zone.map({"optimised": 4, "key": 3, "moderate": 2}).to_numpy()
    strategic = [HIGH_PRIORITY.get(c, s) for c, s in zip(townships["code"], strategic, strict=True)]
    lengths = [
        float(np.sum(shapely.length(shapely.intersection(roads.geometry.values, g))))
        for g in townships.geometry
    ]
    return pd.DataFrame(
        {
            "code": townships["code"],
            "name": townships["name"],
            "population": people,
            "gdp_10k_yuan": gdp.astype(np.int64),
            "revenue_10k_yuan": np.round(gdp * rng.uniform(0.06, 0.09, len(gdp))).astype(np.int64),
            "road_km": np.round(np.array(lengths) / 1000, 2),
            "min_to_centre": road_graph.minutes(roads, townships["code"].tolist()),
            "slope_deg": slope,
            "relief_m": relief,
            "hazard": np.clip(hazard, 1, 5),
            "strategic": strategic,
            "notes": "made up, except that population adds up to the 2020 census by county",
        }
    )
