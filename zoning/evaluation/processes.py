"""Formulas behind ecological services and hazards: soil, water, vegetation, comfort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.evaluation.classes import book
from zoning.resources import load_toml

Floats = npt.NDArray[np.floating[Any]]


def _data(name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = load_toml("evaluation", "processes.toml")[name]
    return table


def water_retention(rain_mm: Floats, evaporation_mm: Floats, runoff: Floats) -> Floats:
    """Water retention ``W = P - R - ET`` in mm, with runoff ``R = P * alpha(ecosystem)``.

    Examples
    --------
    >>> water_retention(np.array([1000.0]), np.array([600.0]), np.array([0.05])).tolist()
    [350.0]
    """
    return rain_mm - rain_mm * runoff - evaporation_mm


def rainfall_erosivity(daily_mm: Floats, *, warm: bool, axis: int = 0) -> Floats:
    """Half-month rainfall erosivity ``R = a * sum(P_d ** 1.7265)`` over erosive days.

    Parameters
    ----------
    daily_mm : array
        Days along ``axis``; days below 12 mm do not count.
    warm : bool
        Season: a = 0.3937 warm, 0.3101 cold.

    Examples
    --------
    >>> rainfall_erosivity(np.array([5.0, 20.0]), warm=True).round(3).item()
    69.405
    """
    e = _data("erosivity")
    wet: Floats = np.where(daily_mm >= e["erosive_mm"], daily_mm, 0.0) ** e["power"]
    total: Floats = np.asarray(wet).sum(axis=axis) * (e["warm"] if warm else e["cold"])
    return total


def erodibility(sand: Floats, silt: Floats, clay: Floats, carbon: Floats) -> Floats:
    """Soil erodibility K (EPIC, corrected): percent of sand, silt, clay and organic carbon.

    Examples
    --------
    >>> one = lambda x: np.array([float(x)])
    >>> erodibility(one(20), one(60), one(20), one(1.0)).round(4).tolist()
    [0.0237]
    """
    share = 1.0 - sand / 100.0
    epic = (
        (0.2 + 0.3 * np.exp(-0.0256 * sand * (1.0 - silt / 100.0)))
        * (silt / (clay + silt)) ** 0.3
        * (1.0 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon)))
        * (1.0 - 0.7 * share / (share + np.exp(-5.51 + 22.9 * share)))
    )
    k: Floats = (-0.01383 + 0.51575 * epic) * 0.1317
    return k


def soil_conservation(r: Floats, k: Floats, ls: Floats, c: Floats) -> Floats:
    """Soil conservation ``A = R K LS (1 - C)`` in t/(hm² a).

    Examples
    --------
    >>> one = lambda x: np.array([float(x)])
    >>> soil_conservation(one(100), one(0.1), one(2), one(0.25)).tolist()
    [15.0]
    """
    kept: Floats = r * k * ls * (1.0 - c)
    return kept


def vegetation_cover(ndvi: Floats, soil: float, full: float) -> Floats:
    """Vegetation cover ``(NDVI - NDVI_soil) / (NDVI_veg - NDVI_soil)``, clipped to 0..1.

    ``soil`` and ``full`` are the 5 % and 95 % percentiles of the whole area.

    Examples
    --------
    >>> vegetation_cover(np.array([0.0, 0.4, 0.9]), 0.1, 0.7).tolist()
    [0.0, 0.5000000000000001, 1.0]
    """
    share: Floats = np.clip((ndvi - soil) / (full - soil), 0.0, 1.0)
    return share


def cover_factor(cover: Floats, kind: str) -> Floats:
    """C factor of forest, shrub, grass or orchard by vegetation cover.

    Examples
    --------
    >>> cover_factor(np.array([0.05, 0.5, 0.95, np.nan]), "forest").tolist()
    [0.1, 0.02, 0.001, nan]
    """
    table = _data("cover")
    band = np.searchsorted(np.asarray(table["edges"]), cover, side="right")
    out = np.asarray(table[kind], dtype=np.float64)[np.minimum(band, 5)]
    return np.where(np.isnan(cover), np.nan, out)


def dry_field_factor(cover: Floats) -> Floats:
    """C factor of dry fields ``0.221 - 0.595 log10(cover)``, with cover as a share, in 0..1.

    Examples
    --------
    >>> dry_field_factor(np.array([1.0])).tolist()
    [0.221]
    """
    return np.clip(0.221 - 0.595 * np.log10(cover), 0.0, 1.0)


def erosion_sensitivity(
    rain: Floats, relief: Floats, ls: Floats, cover: Floats
) -> npt.NDArray[Any]:
    """Sensitivity to water erosion: 1 ordinary, 3 sensitive, 5 extremely sensitive, 0 unknown.

    The fourth root of the product of four scores (1, 3, 5): rain erosivity and relief by their
    edges, soil erodibility scored by the caller, cover turned round.

    Parameters
    ----------
    rain, relief, cover : arrays
        Erosivity, metres, share.
    ls : array
        Score 1, 3 or 5 of the soil's erodibility.

    Examples
    --------
    >>> one = lambda x: np.array([float(x)])
    >>> erosion_sensitivity(one(700), one(400), one(5), one(0.1)).tolist()
    [5]
    """
    e = _data("erosion_sensitivity")

    def scored(x: Floats, edges: list[float]) -> Floats:
        return np.select([x > edges[1], x >= edges[0]], [5.0, 3.0], 1.0)

    low, high = e["cover"]
    bare = np.select([cover <= low, cover < high], [5.0, 3.0], 1.0)
    product = scored(rain, e["rain"]) * scored(relief, e["relief"]) * ls * bare
    s = product**0.25
    grade = np.select([s > e["cuts"][1], s >= e["cuts"][0]], [5, 3], 1)
    unknown = np.isnan(rain) | np.isnan(relief) | np.isnan(ls) | np.isnan(cover)
    return np.where(unknown, 0, grade)


def comfort(temperature_f: Floats, humidity: Floats) -> npt.NDArray[Any]:
    """Climate comfort of a month, 1 to 7 (7 best): ``THI = T - 0.55 (1 - f) (T - 58)`` in °F.

    Parameters
    ----------
    temperature_f : array
        °F.
    humidity : array
        Relative humidity, 0..1.

    Examples
    --------
    >>> comfort(np.array([62.0, 20.0, 95.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [7, 1, 1]
    """
    table = book()["comfort"]
    thi = temperature_f - 0.55 * (1.0 - humidity) * (temperature_f - 58.0)
    score = np.asarray(table["scores"])[
        np.searchsorted(table["cuts"], thi, side="right").clip(0, 12)
    ]
    return np.where(np.isnan(thi), 0, score)


def yearly_comfort(monthly: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Mode of the twelve monthly scores (first axis); of several the lowest. 0 if one is unknown.

    Examples
    --------
    >>> yearly_comfort(np.array([[3], [3], [5], [5], [7]])).tolist()
    [3]
    """
    counts = np.stack([(monthly == k).sum(axis=0) for k in range(1, 8)])
    return np.where((monthly == 0).any(axis=0), 0, counts.argmax(axis=0) + 1)


def carrying_scale(*limits: float) -> float:
    """Carrying scale by the shortest board: the smallest of the limits (water, land, ...).

    Examples
    --------
    >>> carrying_scale(320.0, 250.0)
    250.0
    """
    return min(limits)
