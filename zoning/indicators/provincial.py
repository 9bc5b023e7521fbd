"""The ten indicators of the provincial procedure (省级主体功能区划分技术规程, 2008).

Formulas and tables are from memory of the published text (evidence M-med; the index itself M-low):
named defaults, none of them official. Every number stands in ``data/indicators/provincial.toml``.
Columns in, column out on the same index; ``<NA>`` stays ``<NA>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import M2_PER_HA, M2_PER_KM2, MU_PER_HA, share
from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.indicators.grading import grading


def _data(name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = load_toml("indicators", "provincial.toml")[name]
    return table


def suitable_land(
    slope_deg: npt.NDArray[Any], elevation_m: npt.NDArray[Any], other: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Tell which cells are suitable land: gentle, low, and not water, forest, grass or desert.

    Parameters
    ----------
    slope_deg, elevation_m : arrays
        NaN is not suitable: what is not known is not counted as land to build on.
    other : bool array
        Water, forest, grass, desert.

    Examples
    --------
    >>> suitable_land(np.array([15.0, 16.0]), np.zeros(2), np.zeros(2, bool)).tolist()
    [True, False]
    """
    rule = _data("available_land_rule")
    gentle = slope_deg <= float(rule["max_slope_deg"])
    fits: npt.NDArray[np.bool_] = gentle & (elevation_m <= float(rule["max_elevation_m"])) & ~other
    return fits


def available_land(
    suitable_m2: pd.Series,
    construction_m2: pd.Series,
    arable_m2: pd.Series,
    population: pd.Series,
    *,
    basic_farmland_m2: pd.Series | None = None,
) -> pd.Series:
    """Available land per person (可利用土地资源), mu per person.

    ``(suitable - construction - basic farmland) / population``; basic farmland is the surveyed one,
    or ``beta`` times the arable land inside the suitable land. Suitable land is land within the
    slope and elevation limits, less water, forest and grass, and desert. It can be negative.

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> available_land(one(2_000_000), one(500_000), one(1_000_000), one(1000)).round(3).tolist()
    [0.9]
    """
    beta = float(_data("available_land_rule")["beta"])
    farmland = arable_m2.astype("Float64") * beta
    if basic_farmland_m2 is not None:
        farmland = basic_farmland_m2.astype("Float64")
    left = suitable_m2.astype("Float64") - construction_m2.astype("Float64") - farmland
    return share(left / M2_PER_HA * MU_PER_HA, population)


def available_water(
    local_m3: pd.Series,
    used_m3: pd.Series,
    inflow_m3: pd.Series,
    population: pd.Series,
    *,
    gamma: float = 0.0,
) -> pd.Series:
    """Available water per person (可利用水资源), m³ per person and year.

    ``(local exploitable - used + gamma * inflow) / population``, gamma from 0 to 0.05. On the bank
    of a great river gamma rules the result; take it by county and let townships inherit it.

    Raises
    ------
    InputError
        If gamma is outside 0 to 0.05.

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> available_water(one(5e8), one(2e8), one(1e10), one(1e6), gamma=0.01).tolist()
    [400.0]
    """
    if not 0 <= gamma <= 0.05:
        raise InputError.one(
            f"gamma is {gamma}, outside 0 to 0.05", f"gamma 为 {gamma}，不在 0 至 0.05 内",
            where="available_water", measured=gamma, limit=0.05, code="range",
        )  # fmt: skip
    left = local_m3.astype("Float64") - used_m3 + gamma * inflow_m3.astype("Float64")
    return share(left, population)


def air_capacity(built_m2: pd.Series, total_m2: float) -> pd.Series:
    """Capacity of the air for SO2: ``A (C_k - C_0) S_i / sqrt(S)``, 10⁴ t per year.

    S_i the built-up area of a unit and S the whole control area, in km².

    Examples
    --------
    >>> air_capacity(pd.Series([100e6]), 3840e6).round(3).tolist()
    [0.407]
    """
    e = _data("environment")
    k = float(e["air_coefficient"]) * (float(e["so2_mg_m3"]) - float(e["so2_background_mg_m3"]))
    return built_m2.astype("Float64") / M2_PER_KM2 * k / float(np.sqrt(total_m2 / M2_PER_KM2))


def water_capacity(flow: pd.Series, target: pd.Series, background: pd.Series) -> pd.Series:
    """Capacity of the water for COD: ``Q (C - C0) + k C Q``.

    In the unit of flow times concentration; k = 0.20 per day.

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> water_capacity(one(10.0), one(20.0), one(15.0)).tolist()
    [90.0]
    """
    k = float(_data("environment")["cod_decay_per_day"])
    q, c = flow.astype("Float64"), target.astype("Float64")
    return q * (c - background) + k * c * q


def environment_overload(
    so2: tuple[pd.Series, pd.Series], cod: tuple[pd.Series, pd.Series]
) -> pd.Series:
    """Class of environmental overload (环境容量), 1 to 5, 5 worst: the worse of SO2 and COD.

    ``a = (P - G) / G`` for each pair (emission P, capacity G).

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> environment_overload((one(1.5), one(1.0)), (one(5.0), one(2.0))).tolist()
    [3.0]
    """
    table = grading("overload")
    classes = [table.of(share(p.astype("Float64") - g, g)) for p, g in (so2, cod)]
    return worst_of(*classes)


def worst_of(*grades: pd.Series) -> pd.Series:
    """Largest of several grades 1 to 5: fragility (4), importance (5), hazard (6).

    ``<NA>`` if any is missing: a hazard that is not known is not absent.

    Raises
    ------
    InputError
        If a grade is no whole number from 1 to 5.

    Examples
    --------
    >>> worst_of(pd.Series([1, 5]), pd.Series([3, None])).tolist()
    [3.0, <NA>]
    """
    table = pd.concat([g.astype("Float64") for g in grades], axis=1)
    x = table.to_numpy(dtype=np.float64, na_value=np.nan)
    known = x[~np.isnan(x)]
    if ((known < 1) | (known > 5) | (known != np.rint(known))).any():
        raise InputError.one(
            "grades are whole numbers from 1 to 5", "等级须为 1 至 5 的整数", where="grade",
            code="grade",
        )  # fmt: skip
    return table.max(axis=1, skipna=False).astype("Float64")


def erosion_fragility(modulus: pd.Series) -> pd.Series:
    """Fragility 1 to 5 from the modulus of water erosion, t/(km² a): SL 190, two worst joined.

    Examples
    --------
    >>> erosion_fragility(pd.Series([100, 6000, 20_000])).tolist()
    [1.0, 4.0, 5.0]
    """
    return grading("erosion").of(modulus).clip(upper=5.0)


def population_agglomeration(
    population: pd.Series, temporary: pd.Series, area_m2: pd.Series
) -> pd.Series:
    """People gathered in a place (人口集聚度): density in persons/km² times d(share of temporary).

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> population_agglomeration(one(20_000), one(3_000), one(10_000_000)).tolist()
    [10000.0]
    """
    people = population.astype("Float64")
    flow = share(temporary.astype("Float64"), people) * 100.0
    return share(people * M2_PER_KM2, area_m2) * grading("population_flow").of(flow)


def economic_level(gdp: pd.Series, gdp_5_years_ago: pd.Series, population: pd.Series) -> pd.Series:
    """Economic level (经济发展水平): GDP per person times k(mean growth over five years).

    In the unit of GDP per person; growth is ``(GDP_t / GDP_(t-5))^(1/5) - 1``.

    Examples
    --------
    >>> one = lambda x: pd.Series([x])
    >>> economic_level(one(161_051.0), one(100_000.0), one(1000)).round(4).tolist()
    [209.3663]
    """
    ratio = share(gdp.astype("Float64"), gdp_5_years_ago.astype("Float64"))
    # Rounded, so that a growth of exactly 10 % is not pushed over the edge by the root.
    growth = ((ratio**0.2 - 1.0) * 100.0).round(9)
    return share(gdp.astype("Float64"), population) * grading("gdp_growth").of(growth)


def trunk_influence(
    distances_km: Mapping[str, pd.Series], scale: Literal["province", "city"] = "city"
) -> pd.Series:
    """Influence of trunk lines and nodes (干线影响度): the sum of their scores.

    Parameters
    ----------
    distances_km : mapping
        Type, as in ``[trunk.scores]``, to the distance of each place in km; 0 inside.
    scale : {"province", "city"}
        Distances of the procedure, or the shorter ones proposed within a prefecture.

    Examples
    --------
    >>> d = {"motorway": pd.Series([0.0, 8.0]), "double_track_rail": pd.Series([15.0, 99.0])}
    >>> trunk_influence(d).tolist(), trunk_influence(d, "province").tolist()
    ([2.5, 1.0], [3.0, 1.0])
    """
    scores = _data("trunk")["scores"]
    rule = _data("trunk" if scale == "province" else "trunk_city")
    inside, (near, far) = float(rule.get("inside_km", 0.0)), rule["distances_km"]
    unknown = sorted(set(distances_km) - set(scores))
    if unknown:
        raise InputError.one(
            f"unknown trunk types {unknown}; known: {sorted(scores)}",
            f"未知的干线类型 {unknown}；可用：{sorted(scores)}",
            where="trunk_influence", code="trunk-type",
        )  # fmt: skip
    total: pd.Series | None = None
    for name, column in distances_km.items():
        d = column.astype("Float64")
        x = d.to_numpy(dtype=np.float64, na_value=np.nan)
        points = np.select([x <= inside, x <= near, x <= far], scores[name], 0.0)
        one = pd.Series(points, index=d.index).astype("Float64").mask(d.isna(), pd.NA)
        total = one if total is None else total + one
    if total is None:
        raise InputError.one("no trunk line is given", "未给出干线", where="trunk_influence")
    return total


def transport_superiority(
    road_density: pd.Series, trunk: pd.Series, location: pd.Series
) -> pd.Series:
    """Transport superiority (交通优势度): sum of the three min-max values, 0 to 3.

    Parameters
    ----------
    road_density : Series, km/km²
    trunk : Series
        From `trunk_influence`.
    location : Series
        From the tables ``location`` (km) or ``location_city`` (min).

    Examples
    --------
    >>> s = pd.Series([1.0, 3.0, 2.0])
    >>> transport_superiority(s, s, s).tolist()
    [0.0, 3.0, 1.5]
    """
    return _min_max(road_density) + _min_max(trunk) + _min_max(location)


def _min_max(x: pd.Series) -> pd.Series:
    """Bring to 0..1; a column without spread tells nothing apart and gives 0."""
    v = x.astype("Float64")
    reach = v.max() - v.min()
    return (v - v.min()) / reach if pd.notna(reach) and reach > 0 else v * 0.0


def strategic_factor(score: pd.Series) -> pd.Series:
    """Factor k of the strategic choice (战略选择) from an expert's score 1 to 5 (M-low).

    Examples
    --------
    >>> strategic_factor(pd.Series([1, 3, 5, None])).tolist()
    [0.9, 1.0, 1.2, <NA>]
    """
    checked = worst_of(score)
    factor = [float(f) for f in _data("strategic")["factor"]]
    return checked.map({float(i + 1): f for i, f in enumerate(factor)}).astype("Float64")
