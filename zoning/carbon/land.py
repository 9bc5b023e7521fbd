"""What land holds and takes up, by land use, and what new construction land costs of it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from zoning.base.areas import M2_PER_HA
from zoning.base.shipped import data_path
from zoning.carbon.factors import CO2_PER_C


def land_table() -> pd.DataFrame:
    """Give stock and yearly uptake per hectare by group of land use.

    Returns
    -------
    DataFrame
        Index ``group``; ``stock_tc_ha`` (tC/ha), ``uptake_tco2_ha_a`` (tCO2/ha a year, negative =
        source), with source and evidence each. National or other provinces' values: replace them.

    Examples
    --------
    >>> float(land_table().loc["forest", "uptake_tco2_ha_a"])
    3.9
    """
    return pd.read_csv(data_path("carbon", "land.csv")).set_index("group")


def land_account(
    areas: pd.DataFrame, groups: Mapping[object, str], table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Sum stock and uptake by zone, or by any other key.

    Parameters
    ----------
    areas : DataFrame
        ``key``, ``landuse`` and ``area_m2``, one row per pair.
    groups : mapping
        Class of land use to a group of the table; classes that are missing are not known.
    table : DataFrame, optional
        By default :func:`land_table`.

    Returns
    -------
    DataFrame
        Index ``key``; ``area_m2``, ``stock_tco2``, ``uptake_tco2_a`` over the land that the table
        knows, and ``stock_known_m2``, ``uptake_known_m2``: how much that is.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["z1", "z1"], "landuse": [3, 11], "area_m2": [10000, 5000]})
    >>> land_account(rows, {3: "forest", 11: "water"}).round(2).iloc[0].tolist()
    [15000.0, 600.6, 10000.0, 3.9, 10000.0]
    """
    per_ha = land_table() if table is None else table
    group = areas["landuse"].map(groups)
    ha = areas["area_m2"] / M2_PER_HA
    out = pd.DataFrame({"key": areas["key"], "area_m2": areas["area_m2"]})
    for name, column, factor in (
        ("stock", "stock_tc_ha", CO2_PER_C), ("uptake", "uptake_tco2_ha_a", 1.0),
    ):  # fmt: skip
        value = group.map(per_ha[column])
        unit = "stock_tco2" if name == "stock" else "uptake_tco2_a"
        out[unit] = (ha * value * factor).fillna(0.0)
        out[f"{name}_known_m2"] = areas["area_m2"].where(value.notna(), 0)
    return out.groupby("key", sort=True).sum()


def new_land_cost(
    new_m2: pd.Series, stock_tco2: pd.Series, free_m2: pd.Series, *, kept: float = 0.0
) -> pd.Series:
    """Give what new construction land costs of the stock of the free land that it takes.

    The land that is taken is not known parcel by parcel: it is taken to hold what the free land of
    its place holds on average. With ``kept`` = 0 all of it is lost, which is an upper bound (soil
    under buildings keeps a part).

    Parameters
    ----------
    new_m2, free_m2 : Series
        New and free land by place.
    stock_tco2 : Series
        Stock of the free land by place, tCO2.
    kept : float
        Share of the stock that stays.

    Returns
    -------
    Series
        tCO2; ``<NA>`` where new land is known but the place has no free land with a stock.

    Examples
    --------
    >>> one = lambda x: pd.Series([x], index=["z1"])
    >>> new_land_cost(one(1000.0), one(600.0), one(10_000.0)).tolist()
    [60.0]
    """
    if not 0 <= kept <= 1:
        raise ValueError(f"kept is a share between 0 and 1, not {kept}")
    free = free_m2.astype("Float64")
    per_m2 = stock_tco2.astype("Float64") / free.where(free > 0)
    cost = new_m2.astype("Float64") * per_m2 * (1 - kept)
    return cost.where(new_m2.astype("Float64") != 0, 0.0)
