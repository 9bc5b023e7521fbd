"""Emission factors as tables with source, year and region; what is not known stays empty."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import pandas as pd

from zoning.base.shipped import data_path
from zoning.errors import InputError, Text, meant, suggest

#: Molar masses of carbon dioxide and of carbon, by which the guides convert.
CO2_PER_C = 44 / 12


class Factor(NamedTuple):
    """A factor with its name, so that every number can say where it comes from.

    Attributes
    ----------
    id : str
        Series, region and year: ``"average/CN-JS/2022"``.
    value : float or None
        ``None`` where no value is known.
    unit, source, evidence : str
    """

    id: str
    value: float | None
    unit: str
    source: str
    evidence: str


@cache
def _electricity() -> pd.DataFrame:
    return pd.read_csv(data_path("carbon", "electricity.csv")).set_index(
        ["series", "region", "year"]
    )


def fuel_table() -> pd.DataFrame:
    """Give net calorific value, carbon content and oxidation of fuels.

    Returns
    -------
    DataFrame
        Index ``fuel``; ``amount_unit`` (t or 1e4 m3), ``ncv_gj`` per amount, ``carbon_tc_gj``,
        ``oxidation`` (share), ``source``, ``evidence``.

    Examples
    --------
    >>> float(fuel_table().loc["diesel", "ncv_gj"])
    43.33
    """
    return pd.read_csv(data_path("carbon", "fuels.csv")).set_index("fuel")


def electricity_factor(region: str, year: int, series: str = "average") -> Factor:
    """Give the factor of grid electricity of one region and year.

    Nothing is borrowed from another year or region: a factor that is not known has no value.
    The series ``average`` begins in 2021; ``grid_average_old`` and ``ets_reporting`` are not
    comparable with it.

    Parameters
    ----------
    region : str
        ``"CN"``, a province (``"CN-JS"``) or a grid (``"grid-east"``).
    year : int
        Year that the factor is for, not the year in which it was published.
    series : str

    Returns
    -------
    Factor
        In kgCO2/kWh, which is tCO2/MWh.

    Raises
    ------
    InputError
        If the table has no such series, region or year.

    Examples
    --------
    >>> electricity_factor("CN-JS", 2022).value
    0.5978
    >>> electricity_factor("CN-JS", 2023).value is None
    True
    """
    table = _electricity()
    if (series, region, year) not in table.index:
        levels = {
            name: table.index.get_level_values(name).astype(str) for name in table.index.names
        }
        asked = {"series": series, "region": region, "year": str(year)}
        wrong = next((k for k, v in asked.items() if v not in set(levels[k])), "year")
        near = suggest(asked[wrong], sorted(set(levels[wrong]))) if wrong != "year" else None
        years = ", ".join(str(y) for (s, r, y) in table.index if s == series and r == region)
        raise InputError.one(
            f"no electricity factor for {series}, {region}, {year}",
            f"没有电力排放因子：{series}，{region}，{year}",
            where="electricity.csv", code="no-factor", measured=asked[wrong],
            remedy=meant(near, Text(f"years at hand: {years or 'none'}",
                                    f"现有年份：{years or '无'}")),
        )  # fmt: skip
    row = table.loc[(series, region, year)]
    value = float(row["value"])
    return Factor(
        f"{series}/{region}/{year}", None if math.isnan(value) else value, str(row["unit"]),
        str(row["source"]), str(row["evidence"]),
    )  # fmt: skip


def heat_factor() -> Factor:
    """Give the factor of bought heat, tCO2/GJ.

    Examples
    --------
    >>> heat_factor().value
    0.11
    """
    row = pd.read_csv(data_path("carbon", "heat.csv")).iloc[0]
    return Factor("heat", float(row["value"]), row["unit"], row["source"], row["evidence"])
