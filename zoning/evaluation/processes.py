"""Formulas behind ecological services and sensitivities: soil, water, vegetation.

Numbers are data (``data/evaluation/processes.toml``, evidence C unless said there).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoning.base.shipped import load_toml
from zoning.errors import InputError, suggest
from zoning.evaluation.tables import NODATA, Array, Bands, Classes


def _data(name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = load_toml("evaluation", "processes.toml")[name]
    return table


def _bands(table: Mapping[str, Any]) -> Bands:
    edges = tuple(map(float, table["edges"]))
    return Bands(edges, tuple(table.get("edge_in", ("upper",) * len(edges))))


def _choice(name: str, table: Mapping[str, Any], what: str) -> Any:
    if name not in table:
        close = suggest(name, table)
        raise InputError.one(
            f"no {name!r}", f"没有 {name!r}", where=what, code="unknown-name",
            remedy=(f"{close or ', '.join(table)}", f"{close or '、'.join(table)}"),
        )  # fmt: skip
    return table[name]


def water_retention(rain_mm: Array, evapotranspiration_mm: Array, runoff_share: Array) -> Array:
    """Water retention ``W = P - R - ET`` with ``R = P * alpha``, in mm.

    Examples
    --------
    >>> water_retention(np.array([1000.0]), np.array([600.0]), np.array([0.05])).tolist()
    [350.0]
    """
    return np.asarray(rain_mm - rain_mm * runoff_share - evapotranspiration_mm)


def runoff_share(ecosystem: str) -> float:
    """Runoff coefficient alpha of an ecosystem.

    Examples
    --------
    >>> runoff_share("mixed"), runoff_share("sparse_grass")
    (0.0229, 0.1827)
    """
    return float(_choice(ecosystem, _data("runoff")["share"], "runoff"))


def rainfall_erosivity(
    daily_mm: Array, *, warm: bool, threshold_mm: float | None = None, axis: int = 0
) -> Array:
    """Rainfall erosivity of a half-month, ``R = a * sum(P_d ** 1.7265)`` over erosive days.

    Parameters
    ----------
    daily_mm : array
        Rain of each day in mm, days along ``axis``.
    warm : bool
        Season: a = 0.3937 warm, 0.3101 cold.
    threshold_mm : float, optional
        A day is erosive from this on; 12 mm unless given (M-high). The public code compares data
        in 0.1 mm with 900.
    axis : int

    Returns
    -------
    array without that axis, MJ mm/(hm² h); NaN where a day is unknown.

    Examples
    --------
    >>> rainfall_erosivity(np.array([5.0, 20.0]), warm=True).round(3).item()
    69.405
    """
    e = _data("erosivity")
    least = _data("erosive_rain")["threshold_mm"] if threshold_mm is None else threshold_mm
    rain = np.asarray(daily_mm, dtype=np.float64)
    wet = np.where(rain < least, 0.0, rain) ** e["power"]
    return np.asarray(wet.sum(axis=axis) * (e["warm"] if warm else e["cold"]))


def epic_erodibility(sand: Array, silt: Array, clay: Array, carbon: Array) -> Array:
    """Soil erodibility ``K_EPIC`` (Williams, EPIC), before the correction for China.

    Parameters
    ----------
    sand, silt, clay, carbon : arrays
        Percent of mass; carbon is organic carbon.

    Examples
    --------
    >>> epic_erodibility(*np.array([[20.0], [60.0], [20.0], [1.0]])).round(4).tolist()
    [0.3754]
    """
    loose = 1.0 - sand / 100.0
    return np.asarray(
        (0.2 + 0.3 * np.exp(-0.0256 * sand * (1.0 - silt / 100.0)))
        * (silt / (clay + silt)) ** 0.3
        * (1.0 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon)))
        * (1.0 - 0.7 * loose / (loose + np.exp(-5.51 + 22.9 * loose)))
    )


def erodibility(sand: Array, silt: Array, clay: Array, carbon: Array) -> Array:
    """Soil erodibility ``K = (-0.01383 + 0.51575 K_EPIC) * 0.1317``, t hm² h/(hm² MJ mm).

    Examples
    --------
    >>> erodibility(*np.array([[20.0], [60.0], [20.0], [1.0]])).round(4).tolist()
    [0.0237]
    """
    return (-0.01383 + 0.51575 * epic_erodibility(sand, silt, clay, carbon)) * 0.1317


def soil_loss(r: Array, k: Array, ls: Array, c: Array) -> Array:
    """Soil loss by RUSLE without practice factor, ``R K LS C``, t/(hm² a).

    Examples
    --------
    >>> soil_loss(*np.array([[100.0], [0.1], [2.0], [0.25]])).tolist()
    [5.0]
    """
    return np.asarray(r * k * ls * c)


def soil_conservation(r: Array, k: Array, ls: Array, c: Array) -> Array:
    """Soil conservation ``A = R K LS (1 - C)``: what vegetation keeps back, t/(hm² a).

    Examples
    --------
    >>> soil_conservation(*np.array([[100.0], [0.1], [2.0], [0.25]])).tolist()
    [15.0]
    """
    return np.asarray(r * k * ls * (1.0 - c))


def vegetation_cover(ndvi: Array, bare: float, full: float) -> Array:
    """Vegetation cover ``fvc = (NDVI - NDVI_soil) / (NDVI_veg - NDVI_soil)``, clipped to 0..1.

    Parameters
    ----------
    ndvi : array
    bare, full : float
        NDVI of bare soil and full cover: the 5 % and 95 % percentiles of the *whole* area, never
        of a block.

    Examples
    --------
    >>> vegetation_cover(np.array([0.0, 0.5, 0.9]), 0.25, 0.75).tolist()
    [0.0, 0.5, 1.0]
    """
    if not full > bare:
        raise InputError.one(
            f"full cover {full:g} must be above bare soil {bare:g}",
            f"全植被 NDVI {full:g} 须大于裸土 {bare:g}", where="vegetation_cover", code="range",
        )  # fmt: skip
    return np.clip((ndvi - bare) / (full - bare), 0.0, 1.0)


def cover_factor(cover: Array, vegetation: str) -> Array:
    """C factor of forest, shrub, grass or orchard by vegetation cover.

    Examples
    --------
    >>> cover_factor(np.array([0.05, 0.5, 0.95, np.nan]), "forest").tolist()
    [0.1, 0.02, 0.001, nan]
    """
    table = _data("cover_factor")
    lookup = np.full(256, np.nan)
    values = _choice(vegetation, table["values"], "cover_factor")
    lookup[: len(values)] = values
    return lookup[_bands(table).of(np.asarray(cover, dtype=np.float64))]


def dry_farmland_factor(cover: Array) -> Array:
    """C factor of dry farmland ``0.221 - 0.595 log10(fvc)``, clipped to 0..1; bare land is 1.

    Examples
    --------
    >>> dry_farmland_factor(np.array([1.0, 0.1, 0.0])).tolist()
    [0.221, 0.816, 1.0]
    """
    with np.errstate(divide="ignore"):
        return np.clip(0.221 - 0.595 * np.log10(cover), 0.0, 1.0)


def sensitivity_score(values: Array, factor: str) -> Array:
    """Score 1, 3 or 5 of a factor of sensitivity (5 most sensitive).

    Parameters
    ----------
    values : array
        ``erosivity``; ``relief`` in metres; ``bareness``: vegetation cover 0..1, least is 5;
        ``carbonate`` share 0..1; ``slope`` in degrees.
    factor : str
        One of these names.

    Examples
    --------
    >>> sensitivity_score(np.array([0.1, 0.4, 0.7, np.nan]), "bareness").tolist()
    [5.0, 3.0, 1.0, nan]
    """
    rules = {k: v for k, v in _data("sensitivity").items() if isinstance(v, Mapping)}
    table = _choice(factor, rules, "sensitivity")
    scores = [5.0, 3.0, 1.0] if factor == "bareness" else [1.0, 3.0, 5.0]
    lookup = np.full(256, np.nan)
    lookup[:3] = scores
    return lookup[_bands(table).of(np.asarray(values, dtype=np.float64))]


def sensitivity_index(*scores: Array) -> Array:
    """Geometric mean of the scores of a sensitivity.

    Water erosion: fourth root of the scores of R, K, LS (by relief) and C (by bareness); rocky
    desertification: third root of carbonate, slope and bareness.

    Examples
    --------
    >>> sensitivity_index(np.array([5.0]), np.array([3.0]), np.array([1.0])).round(4).tolist()
    [2.4662]
    """
    return np.asarray(np.prod(scores, axis=0) ** (1.0 / len(scores)))


def sensitivity_class(index: Array, bands: Bands) -> Classes:
    """Class of a sensitivity index: 5 extremely sensitive, 3 sensitive, 1 ordinary.

    Examples
    --------
    >>> bands = Bands((2.33, 3.66), ("upper", "lower"))
    >>> sensitivity_class(np.array([2.0, 2.33, 3.66, 3.7, np.nan]), bands).tolist()
    [1, 3, 3, 5, 255]
    """
    lookup = np.full(256, NODATA, dtype=np.uint8)
    lookup[:3] = (1, 3, 5)
    return lookup[bands.of(index)]
