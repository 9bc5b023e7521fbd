"""Preset B: the drafts of 2019, with both matrices and the corrections in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError, Problem, Text, raise_all
from zoning.evaluation.classes import (
    Classes,
    as_grade,
    book,
    change,
    correct,
    factor,
    matrix,
    stepped,
    worst,
)

Layers = Mapping[str, npt.NDArray[Any]]
Grades = npt.NDArray[np.uint8]

_FARM = {"slope", "precipitation", "aridity", "water_modulus", "temperature_sum", "silt", "soil",
         "salinity", "farm_hazard"}  # fmt: skip
_TOWN = {"slope", "altitude", "relief", "water_modulus", "geological_hazard", "storm_surge",
         "calm_days", "wind", "water_environment", "comfort", "location"}  # fmt: skip
_WATER = ("precipitation", "aridity", "water_modulus")


def farming_b(layers: Layers) -> Grades:
    """Suitability for farming, 1 to 5 (5 best), 0 unknown.

    Land (slope, corrected by silt) x water -> base; base x light and heat; then soil pollution,
    salinity and meteorological hazard, each on the result of the one before, clipped to 1..5.

    Parameters
    ----------
    layers : mapping of arrays of one shape
        Numbers, NaN unknown: ``slope`` (deg), one of ``precipitation`` (mm), ``aridity`` and
        ``water_modulus`` (10⁴ m³/km²), ``temperature_sum`` (°C). If given: ``silt`` (share),
        and classes, 0 unknown: ``soil`` (1, 3, 5), ``salinity``, ``farm_hazard`` (1 to 5, 5 worst).

    Raises
    ------
    InputError
        Layers that are missing or not known here.

    Examples
    --------
    >>> layers = {"slope": np.array([1.0, 7.0]), "precipitation": np.array([1100.0, 1100.0]),
    ...     "temperature_sum": np.array([5900.0, 5900.0])}
    >>> farming_b(layers).tolist()
    [5, 4]
    """
    water = [name for name in _WATER if name in layers]
    _check(layers, _FARM, ("slope", "temperature_sum"), water)
    land = factor("farm_slope", layers["slope"])
    if "silt" in layers:
        land = stepped(land, layers["silt"], "silt_edges", (1, 5), "above")
    base = matrix("farm_base", land, factor(water[0], layers[water[0]]))
    c = matrix("farm_light", base, factor("temperature_sum", layers["temperature_sum"]))
    for name in ("soil", "salinity", "farm_hazard"):
        if name in layers:
            c = correct(c, name, layers[name])
    return as_grade(c)


def town_b(layers: Layers) -> Grades:
    """Suitability for town construction, 1 to 5 (5 best), 0 unknown, before patch concentration.

    Land (slope, corrected by altitude and relief) x water -> base; then geological hazard, storm
    surge, air and water environment, climate comfort and location, in this order, clipped to 1..5
    after each.

    Parameters
    ----------
    layers : mapping of arrays of one shape
        Numbers, NaN unknown: ``slope`` (deg), ``water_modulus`` (10⁴ m³/km²). If given:
        ``altitude``, ``relief`` (m), ``calm_days`` (%), ``wind`` (m/s), ``water_environment``,
        ``location`` (minutes to the centre); classes, 0 unknown: ``geological_hazard``,
        ``storm_surge`` (1 to 5), ``comfort`` (score 1 to 7).

    Raises
    ------
    InputError
        Layers that are missing or not known here.

    Examples
    --------
    >>> layers = {"slope": np.array([2.0, 2.0]), "water_modulus": np.array([30.0, 30.0]),
    ...     "geological_hazard": np.array([1, 4]), "location": np.array([10.0, 10.0])}
    >>> town_b(layers).tolist()
    [5, 4]
    """
    _check(layers, _TOWN, ("slope", "water_modulus"), ["water_modulus"])
    land = factor("town_slope", layers["slope"])
    if "altitude" in layers:
        land = stepped(land, layers["altitude"], "altitude_edges", (1, 5), "below")
    if "relief" in layers:
        land = stepped(land, layers["relief"], "relief_edges", (1, 2), "below")
    c = matrix("town_base", land, factor("water_modulus", layers["water_modulus"]))
    for name in ("geological_hazard", "storm_surge"):
        if name in layers:
            c = correct(c, name, layers[name])
    c = _environment(c, layers)
    if "comfort" in layers:
        c = correct(c, "comfort", layers["comfort"])
    if "location" in layers:
        c = _location(c, factor("location", layers["location"]))
    return as_grade(c)


def _environment(c: Classes, layers: Layers) -> Classes:
    """Air is the worse of calm days and wind; both media at 5: +2, one: +1."""
    air = [factor(n, layers[n]) for n in ("calm_days", "wind") if n in layers]
    water = (
        [factor("water_environment", layers["water_environment"])]
        if ("water_environment" in layers)
        else []
    )
    media = ([worst(*air)] if air else []) + water
    if not media:
        return c
    bad = sum((m == 5).astype(np.int8) for m in media)
    rule = book()["corrections"]["environment"]
    steps = np.select([bad == 2, bad == 1], [int(rule["both"]), int(rule["one"])], 0)
    known = np.logical_and.reduce([m > 0 for m in media])
    return change(c, steps.astype(np.int8), known=known)


def _location(c: Classes, place: Classes) -> Classes:
    """Best location lifts only what is in the middle (classes 2 to 4)."""
    rule = {int(k): int(v) for k, v in book()["corrections"]["location"].items()}
    steps = np.zeros(np.shape(c), dtype=np.int8)
    for value, step in rule.items():
        steps[place == value] = step
    steps[(steps < 0) & ((c < 2) | (c > 4))] = 0
    return change(c, steps, known=place > 0)


def soil_class(metals: Mapping[str, npt.NDArray[Any]], ph: npt.NDArray[Any]) -> Classes:
    """Class of soil pollution: 1 below screening, 3 between, 5 above control; 0 unknown.

    Parameters
    ----------
    metals : mapping
        ``Cd, Hg, As, Pb, Cr`` in mg/kg (any of them); the worst counts.
    ph : array

    Examples
    --------
    >>> soil_class({"Cd": np.array([0.2, 0.35, 5.0])}, np.array([6.0, 5.0, 8.0])).tolist()
    [1, 3, 5]
    """
    limits = book()["soil_limits"]
    unknown = sorted(set(metals) - set(limits["control"]))
    if unknown or not metals:
        raise InputError.one(
            f"known metals: {', '.join(limits['control'])}",
            f"可用的重金属:{', '.join(limits['control'])}",
            where=", ".join(unknown) or "metals", code="metal",
        )  # fmt: skip
    band = np.searchsorted(np.asarray(limits["ph"]), ph, side="left")
    found = []
    for name, x in metals.items():
        screening = np.asarray(limits["screening"][name])[np.minimum(band, 3)]
        control = np.asarray(limits["control"][name])[np.minimum(band, 3)]
        c = np.select([x > control, x >= screening], [5, 3], 1)
        found.append(np.where(np.isnan(x) | np.isnan(ph), 0, c).astype(np.int8))
    return worst(*found)


def _check(layers: Layers, known: set[str], needed: tuple[str, ...], water: list[str]) -> None:
    all_known = ", ".join(sorted(known))
    remedy = Text(f"known: {all_known}", f"可用:{all_known}")
    says = [Text(f"unknown layer {n!r}", f"未知图层 {n!r}") for n in layers if n not in known]
    problems = [Problem(s, "evaluation", remedy=remedy, code="layer") for s in says]
    lacks = [Text(f"layer {n!r} is missing", f"缺少图层 {n!r}") for n in needed if n not in layers]
    if len(water) != 1:
        lacks.append(Text(f"needs one layer of water, has {water}", f"需要一个水资源图层:{water}"))
    raise_all([*problems, *(Problem(s, "evaluation", code="layer") for s in lacks)])
