"""Preset A: the guide of 2020. Ecology first; farming and towns only outside what is extreme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError
from zoning.evaluation.classes import book

Floats = npt.NDArray[np.floating[Any]]
Grades = npt.NDArray[np.uint8]

#: Bins of the histogram of water retention.
_BINS = 65_536


def retention_cuts(blocks: Iterable[Floats], low: float, high: float) -> tuple[float, float]:
    """Cuts of water retention: the best cells that hold 50 % and 80 % of all of it.

    One pass over blocks with a histogram of 65,536 bins, so the cuts are right to 1/65,536 of the
    range and memory does not grow with the raster. Negative retention counts as 0.

    Parameters
    ----------
    blocks : iterable of arrays
        Retention in mm, NaN unknown.
    low, high : float
        Bounds of the values (of the bins; what lies outside is counted in the last bin).

    Returns
    -------
    extreme, important : float
        A cell is extremely important from the first on, important from the second on.

    Examples
    --------
    >>> cuts = retention_cuts([np.array([100.0] * 5 + [10.0] * 30 + [1.0] * 200)], 0.0, 100.0)
    >>> 10 < cuts[0] <= 100, 1 < cuts[1] <= 10
    (True, True)
    """
    if not high > low:
        raise InputError.one("no range", "取值范围为空", where="water retention", code="range")
    edges = np.linspace(low, high, _BINS + 1)
    total = np.zeros(_BINS)
    for block in blocks:
        x = np.maximum(np.asarray(block, dtype=np.float64), 0.0).ravel()
        x = x[np.isfinite(x)]
        at = np.clip(((x - low) / (high - low) * _BINS).astype(np.int64), 0, _BINS - 1)
        total += np.bincount(at, x, _BINS)
    rule = book("preset-a")["water_retention"]
    held = np.cumsum(total[::-1])
    if not held[-1] > 0:
        return float("inf"), float("inf")
    cuts = []
    for share in (float(rule["extreme_share"]), float(rule["important_share"])):
        # First bin from above with which the share is reached.
        k = int(np.searchsorted(held, share * held[-1] * (1.0 - 1e-12)))
        cuts.append(float(edges[_BINS - 1 - k]))
    return cuts[0], cuts[1]


def ecology(
    *,
    retention: Floats | None = None,
    cuts: tuple[float, float] | None = None,
    slope: Floats | None = None,
    cover: Floats | None = None,
    wooded: npt.NDArray[np.bool_] | None = None,
    biodiversity: npt.NDArray[Any] | None = None,
    erosion: npt.NDArray[Any] | None = None,
) -> Grades:
    """Ecological importance: 5 extremely important or fragile, 3 important, 1 the rest, 0 unknown.

    The higher of the services (water retention, soil conservation, biodiversity) and of fragility
    (erosion). What is extreme by one item is extreme whatever else is unknown; otherwise a cell
    with an unknown item is unknown.

    Parameters
    ----------
    retention, cuts : array in mm and cuts from `retention_cuts`
    slope, cover, wooded : arrays
        Degrees, vegetation cover 0..1, and whether forest, shrub or grass: together or not at all.
    biodiversity : array of grades 1, 3, 5; 0 unknown
    erosion : array of SL 190 classes 1..6; 0 unknown

    Examples
    --------
    >>> ecology(slope=np.array([26.0, 16.0, 2.0]), cover=np.array([0.9, 0.7, 0.9]),
    ...     wooded=np.array([True, True, True]), erosion=np.array([1, 1, 5])).tolist()
    [5, 3, 5]
    """
    rule = book("preset-a")
    items: list[npt.NDArray[Any]] = []
    if retention is not None:
        if cuts is None:
            raise InputError.one(
                "retention needs its cuts", "水源涵养量需要分界值", where="ecology"
            )
        grade = np.select([retention >= cuts[0], retention >= cuts[1]], [5, 3], 1)
        items.append(np.where(np.isnan(retention), 0, grade))
    given = [x is not None for x in (slope, cover, wooded)]
    if all(given):
        items.append(_soil_conservation(slope, cover, wooded, rule["soil_conservation"]))
    elif any(given):
        raise InputError.one(
            "slope, cover and wooded go together",
            "slope、cover、wooded 须同时给出",
            where="ecology",
        )
    if biodiversity is not None:
        items.append(biodiversity)
    if erosion is not None:
        r = rule["erosion_fragility"]
        grade = np.select(
            [np.isin(erosion, r["extreme"]), np.isin(erosion, r["important"])], [5, 3], 1
        )
        items.append(np.where(erosion > 0, grade, 0))
    if not items:
        raise InputError.one("no item is given", "未给出任何评价项", where="ecology", code="layer")
    stack = np.stack(items)
    top = stack.max(axis=0)
    return np.where((stack == 0).any(axis=0) & (top < 5), 0, top).astype(np.uint8)


def _soil_conservation(slope: Any, cover: Any, wooded: Any, rule: Any) -> npt.NDArray[Any]:
    extreme = (slope >= rule["extreme_slope_deg"]) & (cover >= rule["extreme_cover"]) & wooded
    some = (slope >= rule["important_slope_deg"]) & (cover >= rule["important_cover"]) & wooded
    grade = np.select([extreme, some], [5, 3], 1)
    return np.where(np.isnan(slope) | np.isnan(cover), 0, grade)


def farming_a(
    importance: Grades,
    slope: Floats,
    *,
    precipitation: Floats | None = None,
    irrigated: npt.NDArray[np.bool_] | None = None,
    soil: npt.NDArray[Any] | None = None,
) -> Grades:
    """Suitability for farming: 5 suitable, 1 unsuitable, 0 unknown.

    Unsuitable: extremely important ecology; slope above 25°; rain below 200 mm without irrigation;
    soil above its control value (class 5).

    Examples
    --------
    >>> farming_a(np.array([5, 1, 1, 0]), np.array([1.0, 26.0, 1.0, 1.0])).tolist()
    [1, 1, 5, 0]
    """
    rule = book("preset-a")["farming"]
    bad = (importance == 5) | (slope > rule["max_slope_deg"])
    unknown = (importance == 0) | np.isnan(slope)
    if precipitation is not None:
        dry = precipitation < rule["min_precipitation_mm"]
        bad = bad | (dry if irrigated is None else dry & ~irrigated)
        unknown = unknown | np.isnan(precipitation)
    if soil is not None:
        bad, unknown = bad | (soil == 5), unknown | (soil == 0)
    return np.select([bad, unknown], [1, 0], 5).astype(np.uint8)


def town_a(
    importance: Grades,
    slope: Floats,
    *,
    altitude: Floats | None = None,
    water_short: npt.NDArray[np.bool_] | None = None,
    hazard: npt.NDArray[Any] | None = None,
) -> Grades:
    """Suitability for towns: 5 suitable, 1 unsuitable, 0 unknown.

    Unsuitable: extremely important ecology; slope above 25°; too high; short of water; extremely
    high geological or marine hazard (class 5).

    Examples
    --------
    >>> town_a(np.array([1, 1]), np.array([3.0, 3.0]), hazard=np.array([5, 2])).tolist()
    [1, 5]
    """
    rule = book("preset-a")["town"]
    bad = (importance == 5) | (slope > rule["max_slope_deg"])
    unknown = (importance == 0) | np.isnan(slope)
    if altitude is not None:
        bad, unknown = bad | (altitude > rule["max_altitude_m"]), unknown | np.isnan(altitude)
    if water_short is not None:
        bad = bad | water_short
    if hazard is not None:
        bad, unknown = bad | (hazard == 5), unknown | (hazard == 0)
    return np.select([bad, unknown], [1, 0], 5).astype(np.uint8)
