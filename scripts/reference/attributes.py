"""Made-up township attributes; population adds up to the real county totals of the census."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from .facts import table
from .landuse import Ground

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
    """Split each county's census total: towns with a published figure first, the rest by land.

    Published are registered people; they count as many residents as the county has for each of
    its registered (an assumption, stated in data/README.md).
    """
    census = table("population_2020.csv").groupby("counted_with")["persons"].sum()
    rng = np.random.default_rng(SEED)
    weight = sum(pixels[v].to_numpy() * w for v, w in CROWDING.items())
    weight = weight * rng.uniform(0.9, 1.1, len(townships)) + 1
    dense = pixels[7].to_numpy() / np.maximum(pixels.sum(axis=1).to_numpy(), 1)
    weight *= 1 + 2.5 * dense
    out = np.zeros(len(townships), np.int64)
    known = table("population_towns.csv").set_index("code")["registered"]
    registered = table("population_registered.csv").set_index("code")["registered"]
    for county, people in census.items():
        own = np.flatnonzero(townships["county"] == county)
        codes = townships["code"].iloc[own]
        told = codes.isin(known.index).to_numpy()
        if told.any():
            factor = people / registered[county]
            out[own[told]] = np.round(known[codes[told]].to_numpy() * factor).astype(np.int64)
        left = own[~told]
        out[left] = _spread(int(people) - int(out[own[told]].sum()), weight[left])
    return out


def build(
    townships: gpd.GeoDataFrame,
    landuse: np.ndarray,
    ground: Ground,
) -> pd.DataFrame:
    """Build the attribute table, one row per township; what a run measures is not in it."""
    pixels = _pixels(landuse, ground, len(townships))
    people = population(townships, pixels)
    rng = np.random.default_rng(SEED + 1)
    hectares = (ground.transform.a**2) / 1e4
    output = sum(pixels[v].to_numpy() * w for v, w in OUTPUT.items()) * hectares
    gdp = np.round(output * rng.uniform(0.85, 1.15, len(townships)) + people * 2.0, -1)
    wet = pixels[17].to_numpy() / pixels.sum(axis=1).to_numpy()
    flat = ground.township[ground.city]
    slope = np.bincount(flat, ground.slope[ground.city], len(townships)) / np.bincount(flat)
    hazard = 1 + (slope > 1.5) + (slope > 3.5) + (wet > 0.08) + (wet > 0.25)
    strategic = [HIGH_PRIORITY.get(c, 3) for c in townships["code"]]
    return pd.DataFrame(
        {
            "code": townships["code"],
            "name": townships["name"],
            "population": people,
            "gdp_10k_yuan": gdp.astype(np.int64),
            "revenue_10k_yuan": np.round(gdp * rng.uniform(0.06, 0.09, len(gdp))).astype(np.int64),
            "hazard": np.clip(hazard, 1, 5),
            "strategic": strategic,
            "notes": "made up, except that population adds up to the 2020 census by county",
        }
    )
