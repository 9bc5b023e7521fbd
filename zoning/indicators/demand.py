"""Demand for construction land behind a cap: people, land per person, land per output.

Pure functions; every number in comes from the planner, none is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from zoning.errors import InputError


class Range(NamedTuple):
    """A forecast: low, middle, high."""

    low: float
    middle: float
    high: float


def population_by_growth(people: float, rate: float, years: int, error: float = 0.0) -> Range:
    """People after some years of natural growth and migration at one rate.

    Parameters
    ----------
    people : float
        Now.
    rate : float
        A year, such as 0.004.
    years : int
    error : float
        Half-width of the rate: the interval runs from ``rate - error`` to ``rate + error``.

    Examples
    --------
    >>> population_by_growth(100_000, 0.0, 10, 0.01).middle
    100000.0
    """
    low, middle, high = (people * (1.0 + r) ** years for r in (rate - error, rate, rate + error))
    return Range(low, middle, high)


def population_by_cohort(
    people: Sequence[float], survival: Sequence[float], births: Sequence[float],
    migration: Sequence[float] | None = None, steps: int = 1,
) -> list[float]:  # fmt: skip
    """People by age group after some steps (Leslie): groups as wide as a step.

    Parameters
    ----------
    people : sequence of float
        By age group, youngest first.
    survival : sequence of float
        Share of each group that lives into the next; of the last, that stays in it.
    births : sequence of float
        Children per head of each group and step that live to be counted.
    migration : sequence of float, optional
        Net arrivals of each group per step.
    steps : int

    Examples
    --------
    >>> population_by_cohort([100, 100], [0.9, 0.5], [0.0, 0.4])
    [40.0, 140.0]
    """
    now = np.asarray(people, dtype=np.float64)
    live, born = np.asarray(survival, dtype=np.float64), np.asarray(births, dtype=np.float64)
    come = np.zeros_like(now) if migration is None else np.asarray(migration, dtype=np.float64)
    if not now.shape == live.shape == born.shape == come.shape:
        raise InputError.one(
            "age groups differ in number", "年龄组数目不一致", where="population_by_cohort",
            code="range",
        )  # fmt: skip
    for _ in range(steps):
        onward = np.concatenate([[float(born @ now)], (live * now)[:-1]])
        onward[-1] += live[-1] * now[-1]
        now = onward + come
    return [float(x) for x in now]


def land_for_people(people: Range, m2_per_person: float) -> Range:
    """Give the land that people need: people times land per person (GB 50137: 65 to 115 m2).

    Examples
    --------
    >>> land_for_people(Range(9e5, 1e6, 1.1e6), 100.0).middle
    100000000.0
    """
    return Range(*(p * m2_per_person for p in people))


def land_for_output(
    gdp_10k_yuan: float, m2_per_10k_yuan: float, saving: float, years: int
) -> float:
    """Land that output needs when land per output falls by ``saving`` (a share) every year.

    Examples
    --------
    >>> land_for_output(1000.0, 10.0, 0.0, 5)
    10000.0
    """
    return gdp_10k_yuan * m2_per_10k_yuan * (1.0 - saving) ** years


def tied_to_stock(renewed_m2: float, ratio: float) -> float:
    """Give the new land that renewal of stock earns (增存挂钩): renewed idle land by a ratio.

    Examples
    --------
    >>> tied_to_stock(2_000_000, 0.5)
    1000000.0
    """
    return renewed_m2 * ratio


def need_against_room(need_m2: pd.Series, built_m2: pd.Series, room_m2: pd.Series) -> pd.DataFrame:
    """Hold the land that places need against what exists and what they may add.

    Parameters
    ----------
    need_m2, built_m2, room_m2 : Series on one index
        Land needed in all, existing land, and land that a cap or an allocation leaves.

    Returns
    -------
    DataFrame of int64 and Float64
        ``need_m2``, ``built_m2``, ``more_m2`` (needed beyond what exists, at least 0), ``room_m2``,
        ``short_m2`` (what is missing, at least 0), ``met`` (share of ``more_m2`` that there is room
        for; 1 where nothing more is needed).

    Examples
    --------
    >>> t = need_against_room(*(pd.Series([v]) for v in (150, 100, 20)))
    >>> t[["more_m2", "short_m2"]].iloc[0].tolist(), float(t["met"].iloc[0])
    ([50, 30], 0.4)
    """
    need = need_m2.round().astype("Int64")
    more = (need - built_m2.astype("Int64")).clip(lower=0)
    room = room_m2.astype("Int64")
    met = (room.clip(upper=more).astype("Float64") / more.astype("Float64")).where(more > 0, 1.0)
    return pd.DataFrame(
        {"need_m2": need, "built_m2": built_m2, "more_m2": more, "room_m2": room,
         "short_m2": (more - room).clip(lower=0), "met": met}
    )  # fmt: skip
