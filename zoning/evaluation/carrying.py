"""Carrying scale (承载规模): how much farmland and town land water and land can bear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from zoning.errors import InputError


class Scale(NamedTuple):
    """A carrying scale and the limit that sets it (the short board, 短板)."""

    area_m2: int
    limit: str


def water_limited_town_m2(
    water_m3: float, town_share: float, need_m3_per_person: float, land_m2_per_person: float
) -> int:
    """Town land that water can bear: ``W * share / need per person * land per person``.

    Parameters
    ----------
    water_m3 : float
        Quota of water use in m³ a year.
    town_share : float
        Part of it for towns, 0..1.
    need_m3_per_person : float
        Water a person needs in m³ a year, industry and services included.
    land_m2_per_person : float
        Construction land per person; 80 to 115 m² usual, 65 to 115 in GB 50137 (M-high).

    Returns
    -------
    int
        m², rounded down.

    Examples
    --------
    >>> water_limited_town_m2(3e8, 0.5, 150.0, 100.0)
    100000000
    """
    _positive(need_m3_per_person=need_m3_per_person, land_m2_per_person=land_m2_per_person)
    _share(town_share)
    _not_negative(water_m3=water_m3)
    return int(water_m3 * town_share / need_m3_per_person * land_m2_per_person)


def water_limited_farmland_m2(
    water_m3: float, farm_share: float, irrigation_m3_per_m2: float, rainfed_m2: float = 0.0
) -> int:
    """Farmland that water can bear: ``W * share / irrigation quota + rain-fed land``.

    Parameters
    ----------
    water_m3, farm_share : float
        As in `water_limited_town_m2`.
    irrigation_m3_per_m2 : float
        Irrigation quota; 300 m³ per mu is 0.45 m³/m².
    rainfed_m2 : float
        Farmland that needs no irrigation.

    Returns
    -------
    int
        m², rounded down.

    Examples
    --------
    >>> water_limited_farmland_m2(9e8, 0.5, 0.45, rainfed_m2=2e7)
    1020000000
    """
    _positive(irrigation_m3_per_m2=irrigation_m3_per_m2)
    _share(farm_share)
    _not_negative(water_m3=water_m3, rainfed_m2=rainfed_m2)
    return int(water_m3 * farm_share / irrigation_m3_per_m2 + rainfed_m2)


def land_limited_m2(area_m2: Mapping[int, int]) -> int:
    """Land that is not unsuited: the areas of classes 1 to 4 (`Result.area_m2`).

    Examples
    --------
    >>> land_limited_m2({1: 10, 2: 20, 3: 0, 4: 5, 5: 900})
    35
    """
    return sum(area for c, area in area_m2.items() if 1 <= c <= 4)


def carrying_scale(limits_m2: Mapping[str, int]) -> Scale:
    """Carrying scale: the smallest limit (water, land, environment ...), and which it is.

    Equal limits are named in the order of their names.

    Examples
    --------
    >>> carrying_scale({"water": 320, "land": 250})
    Scale(area_m2=250, limit='land')
    """
    if not limits_m2:
        raise InputError.one("no limit is given", "未给出任何限制", where="carrying scale")
    area, name = min((area, name) for name, area in limits_m2.items())
    return Scale(area, name)


def _positive(**values: float) -> None:
    for name, x in values.items():
        if not x > 0:
            raise InputError.one(
                f"must be above 0, not {x:g}", f"须大于 0，现为 {x:g}", where=name, measured=x,
                code="range",
            )  # fmt: skip


def _not_negative(**values: float) -> None:
    for name, x in values.items():
        if not x >= 0:
            raise InputError.one(
                f"must not be below 0: {x:g}", f"不能小于 0:{x:g}", where=name, measured=x,
                code="range",
            )  # fmt: skip


def _share(x: float) -> None:
    if not 0 <= x <= 1:
        raise InputError.one(
            f"a share is 0 to 1, not {x:g}", f"比例应在 0 到 1 之间：{x:g}", where="share",
            measured=x, code="range",
        )  # fmt: skip
