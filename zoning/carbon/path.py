"""Paths of emissions by scenario: the identity of Kaya, year by year, and when it peaks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import Text


@dataclass(frozen=True)
class Scenario:
    """Yearly rates of the factors of ``C = G * structure * (E/G) * (C/E)``.

    Parameters
    ----------
    name : str
    title : Text
    start : int
        Year of the stock that the path starts from.
    growth_limit, growth_extra, decay_years : float
        Growth of output in year ``t`` after the start is ``limit + extra * exp(-t / decay)``.
    declines : dict of str to float
        Constant yearly rates at which the other factors fall.
    source, evidence : str

    Notes
    -----
    All rates are logarithmic (``ln`` of the ratio of two years), so that they add up.
    """

    name: str
    title: Text
    start: int
    growth_limit: float
    growth_extra: float
    decay_years: float
    declines: dict[str, float] = field(default_factory=dict)
    source: str = ""
    evidence: str = "own"

    @property
    def decline(self) -> float:
        """The sum of all declines, per year."""
        return math.fsum(self.declines.values())

    @property
    def peak_year(self) -> float:
        """The year in which growth equals decline; ``inf`` if never, the start if at once."""
        at = peak_time(self.growth_limit, self.growth_extra, self.decay_years, self.decline)
        return self.start + at


def peak_time(
    growth_limit: float, growth_extra: float, decay_years: float, decline: float
) -> float:
    """Give the years until growth ``limit + extra * exp(-t / decay)`` meets a constant decline.

    ``t* = decay * ln(extra / (decline - limit))``, not before 0; infinite where the decline never
    reaches the growth.

    Examples
    --------
    >>> round(peak_time(0.02, 0.10, 15, 0.036530), 3), round(peak_time(0.02, 0.10, 15, 0.078665), 3)
    (27.0, 8.0)
    """
    if decay_years <= 0 or growth_extra < 0:
        raise ValueError("decay_years must be positive and growth_extra not negative")
    if decline >= growth_limit + growth_extra:
        return 0.0
    if decline <= growth_limit:
        return math.inf
    return decay_years * math.log(growth_extra / (decline - growth_limit))


def kaya_path(scenario: Scenario, years: int, *, stock: float = 1.0) -> pd.DataFrame:
    """Multiply the factors year by year.

    Parameters
    ----------
    scenario : Scenario
    years : int
        Years after the start.
    stock : float
        Emission of the start year, any unit.

    Returns
    -------
    DataFrame
        Index ``year``; ``output`` and each declining factor as indices (start = 1), their
        product times ``stock`` as ``emission``, its rate as ``growth``.

    Examples
    --------
    >>> path = kaya_path(scenarios()["baseline"], 40)
    >>> int(path["emission"].round(9).idxmax())
    2038
    """
    t = np.arange(years + 1, dtype=np.float64)
    rate = scenario.growth_limit + scenario.growth_extra * np.exp(-t / scenario.decay_years)
    rate[0] = 0.0
    table = pd.DataFrame(
        index=pd.RangeIndex(scenario.start, scenario.start + years + 1, name="year")
    )
    table["output"] = np.exp(np.cumsum(rate))
    product = table["output"].to_numpy() * stock
    for name, decline in scenario.declines.items():
        table[name] = np.exp(-decline * t)
        product = product * table[name].to_numpy()
    table["emission"] = product
    growth = rate - scenario.decline
    growth[0] = np.nan
    table["growth"] = growth
    return table


def scenarios() -> dict[str, Scenario]:
    """Read the shipped scenarios: baseline, strong, structure, energy.

    Only the peak years of the first two, 2039 and 2020, were reported (a public article of 2016);
    every rate is our own calibration and says so.

    Examples
    --------
    >>> {s.name: round(s.peak_year, 1) for s in scenarios().values()}
    {'baseline': 2039.0, 'strong': 2020.0, 'structure': 2028.4, 'energy': 2031.3}
    """
    data = load_toml("carbon", "scenarios.toml")
    shared = data["growth"]
    return {
        name: Scenario(
            name, Text(s["en"], s["zh"]), shared["start"], shared["limit"], shared["extra"],
            shared["decay_years"], dict(s["declines"]), s["source"], s["evidence"],
        )
        for name, s in data["scenario"].items()
    }  # fmt: skip
