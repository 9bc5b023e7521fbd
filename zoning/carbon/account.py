"""Accounts of firms: activity data times factors (GB/T 32150, general rules of 2015)."""

from __future__ import annotations

import pandas as pd

from zoning.carbon.factors import CO2_PER_C, electricity_factor, fuel_table, heat_factor
from zoning.errors import Problem, Text, meant, raise_all, suggest

#: Energy of a tonne of standard coal (GB/T 2589), GJ; a MWh counts by its heat equivalent.
GJ_PER_TCE = 29.3076
GJ_PER_MWH = 3.6
_PLAIN = ("electricity", "heat", "process")


def fuel_factor(ncv_gj: float, carbon_tc_gj: float, oxidation: float) -> float:
    """Emission per amount of a fuel: ``NCV * CC * OF * 44/12``.

    Parameters
    ----------
    ncv_gj : float
        Net calorific value, GJ per amount (t or 1e4 m3).
    carbon_tc_gj : float
        Carbon content, tC/GJ.
    oxidation : float
        Share of the carbon that burns.

    Returns
    -------
    float
        tCO2 per amount.

    References
    ----------
    GB/T 32150-2015, formula of combustion.

    Examples
    --------
    >>> round(fuel_factor(43.33, 0.0202, 0.98), 4)
    3.1451
    """
    return ncv_gj * carbon_tc_gj * oxidation * CO2_PER_C


def energy_tce(gj: float) -> float:
    """Turn GJ into tonnes of standard coal.

    Examples
    --------
    >>> energy_tce(29.3076)
    1.0
    """
    return gj / GJ_PER_TCE


def emissions(activity: pd.DataFrame, *, region: str, series: str = "average") -> pd.DataFrame:
    """Account for the emission of each row of activity data.

    ``E = AD * NCV * CC * OF * 44/12`` for fuels, ``P * EF(region, year)`` for electricity,
    ``H * 0.11`` for heat, the stated tonnes for processes; amounts sold are negative.

    Parameters
    ----------
    activity : DataFrame
        ``item`` (a fuel, ``electricity`` in MWh, ``heat`` in GJ, ``process`` in tCO2),
        ``year`` and ``amount``.
    region, series : str
        See :func:`zoning.carbon.electricity_factor`.

    Returns
    -------
    DataFrame
        On the same index: ``emission_t`` (tCO2), ``energy_tce`` (heat equivalent), ``factor``
        (id of the factor used). An unknown amount or factor gives ``<NA>``.

    Raises
    ------
    InputError
        For items and years that no table knows, all of them at once.

    Examples
    --------
    >>> rows = pd.DataFrame({"item": ["diesel", "electricity"], "year": 2022, "amount": [10, 100]})
    >>> emissions(rows, region="CN-JS")["emission_t"].round(3).tolist()
    [31.451, 59.78]
    """
    fuels = fuel_table()
    items = activity["item"].astype(str)
    known = [*fuels.index, *_PLAIN]
    problems = [_no_item(name, known) for name in sorted(set(items) - set(known))]
    raise_all(problems)
    per_fuel = {
        name: fuel_factor(row.ncv_gj, row.carbon_tc_gj, row.oxidation)
        for name, row in zip(fuels.index, fuels.itertuples(), strict=True)
    }
    heat = heat_factor()
    years = sorted(set(activity.loc[items == "electricity", "year"].astype(int)))
    grid = {year: electricity_factor(region, year, series) for year in years}
    value = items.map({**per_fuel, "heat": heat.value, "process": 1.0}).astype("Float64")
    name = items.map({**{f: f"fuels/{f}" for f in per_fuel}, "heat": heat.id, "process": "stated"})
    energy = items.map(
        {**fuels["ncv_gj"].to_dict(), "heat": 1.0, "electricity": GJ_PER_MWH, "process": 0.0}
    ).astype("Float64")
    power = items == "electricity"
    year = activity["year"].where(power)
    value = value.where(~power, year.map({y: f.value for y, f in grid.items()}).astype("Float64"))
    name = name.where(~power, year.map({y: f.id for y, f in grid.items()}))
    amount = activity["amount"].astype("Float64")
    return pd.DataFrame(
        {"emission_t": amount * value, "energy_tce": amount * energy / GJ_PER_TCE, "factor": name}
    )


def _no_item(name: str, known: list[str]) -> Problem:
    near = suggest(name, known)
    return Problem(
        Text(f"no factor for the item {name!r}", f"没有“{name}”的排放因子"),
        "fuels.csv",
        remedy=meant(near, Text(f"items: {', '.join(known)}", f"可用的项：{'、'.join(known)}")),
        code="no-factor",
    )  # fmt: skip
