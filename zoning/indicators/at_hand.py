"""Indicators that every city has at hand: shares of area and densities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.areas import M2_PER_KM2, share
from zoning.base.words import label
from zoning.errors import Problem, Spot, Text, named, raise_all
from zoning.indicators.tell_names import PROVINCIAL

_PLAIN = Text("write plain numbers, or leave the cell empty", "请填写纯数字，或将单元格留空")
#: What `[inputs.integration]` with the shipped rows measures.
INTEGRATED = (
    "first_ecology_share", "first_both_share", "first_farm_share", "first_town_share",
    "first_important_share", "first_rest_share", "built_on_extreme_share",
    "farmland_on_extreme_share", "farmland_unsuited_share", "built_unsuited_share",
    "farm_potential_share", "town_potential_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is called, measured in, and made from.

    Attributes
    ----------
    name : str
        Column of the result.
    part : str
        Column that it is made from.
    kind : {"share", "density", "given"}
        Share of the area; amount per square kilometre; or the attribute itself.
    en, zh, unit, unit_zh : str
        For people; a share is written in percent.
    """

    name: str
    part: str
    kind: str
    en: str
    zh: str
    unit: str = ""
    unit_zh: str = ""


def _share(name: str, part: str, en: str, zh: str) -> Indicator:
    return Indicator(name, part, "share", en, zh)


def _density(name: str, part: str, en: str, zh: str, unit: str, unit_zh: str) -> Indicator:
    return Indicator(name, part, "density", en, zh, f"{unit}/km²", f"{unit_zh}/km²")


def _given(name: str, en: str, zh: str, unit: str, unit_zh: str) -> Indicator:
    return Indicator(name, name, "given", en, zh, unit, unit_zh)


AT_HAND: dict[str, Indicator] = {
    i.name: i
    for i in (
        _share("built_share", "built_m2", "existing construction", "现状开发强度"),
        _share("redline_share", "redline_m2", "red-line share", "生态红线占比"),
        _share("farmland_share", "farmland_m2", "farmland share", "耕地占比"),
        _share("basic_farmland_share", "basic_farmland_m2", "basic farmland", "永久基本农田占比"),
        _share("water_share", "water_m2", "water share", "水域占比"),
        _density(
            "population_density", "population", "population density", "人口密度", "persons", "人"
        ),
        _density("gdp_density", "gdp_10k_yuan", "GDP density", "地均生产总值", "10⁴ yuan", "万元"),
        _density(
            "revenue_density",
            "revenue_10k_yuan",
            "revenue density",
            "地均财政收入",
            "10⁴ yuan",
            "万元",
        ),
        _density("road_density", "road_km", "road density", "路网密度", "km", "km"),
        _given("min_to_centre", "travel time to the centre", "到中心的时间", "min", "分钟"),
        _given("slope_deg", "mean slope", "平均坡度", "°", "°"),
        _given("relief_m", "relief", "地形起伏度", "m", "m"),
        _given("hazard", "natural hazard", "自然灾害危险性", "", ""),
        _given("strategic", "strategic choice", "战略选择", "", ""),
        _given("elevation_m", "mean elevation", "平均海拔", "m", "m"),
        _given(
            "ecology_extreme_share",
            "ecologically extremely important (evaluated)",
            "生态极重要区占比（评价）",
            "",
            "",
        ),
        _given(
            "ecology_important_share",
            "ecologically important or more (evaluated)",
            "生态重要及以上占比（评价）",
            "",
            "",
        ),
        _given(
            "farm_suited_share", "suited to farming (evaluated)", "农业适宜占比（评价）", "", ""
        ),
        _given(
            "farm_unsuited_share",
            "unsuited to farming (evaluated)",
            "农业不适宜占比（评价）",
            "",
            "",
        ),
        _given(
            "town_suited_share", "suited to building (evaluated)", "城镇适宜占比（评价）", "", ""
        ),
        _given(
            "town_unsuited_share",
            "unsuited to building (evaluated)",
            "城镇不适宜占比（评价）",
            "",
            "",
        ),
        _given("edge_share", "outline on the city's line", "市界占乡镇边界比例", "", ""),
        _given(
            "around_population_density",
            "population density around",
            "周边人口密度",
            "persons/km²",
            "人/km²",
        ),
        _given(
            "around_gdp_density",
            "GDP density around",
            "周边地均生产总值",
            "10⁴ yuan/km²",
            "万元/km²",
        ),
        *(_given(n, label(n, "en"), label(n, "zh"), "", "") for n in INTEGRATED),
        *(_given(n, t.en, t.zh, "", "") for n, (t, _) in PROVINCIAL.items()),
    )
}


def share_of_area(part_m2: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Share of an area: ``part_m2 / area_m2``, unit 1.

    Parameters
    ----------
    part_m2, area_m2 : Series, square metres

    Returns
    -------
    Series of Float64, 0..1; ``<NA>`` where the area is 0 or a value is missing.

    Raises
    ------
    InputError
        If a part is negative or larger than its area by more than 1 m2 (rows are named).

    Examples
    --------
    >>> a = pd.Series([1_000_000, 0], index=["t1", "t2"], dtype="Int64")
    >>> share_of_area(pd.Series([250_000, 0], index=["t1", "t2"], dtype="Int64"), a).tolist()
    [0.25, <NA>]
    """
    part, area = part_m2.astype("Float64"), area_m2.astype("Float64")
    wrong = ((part < 0) | (part > area + 1)).fillna(value=False)
    raise_all(
        Problem(
            Text(
                f"{part_m2.name} is {part[i]:,.0f} m², outside 0 to the area {area[i]:,.0f} m²",
                f"{part_m2.name} 为 {part[i]:,.0f} m²，不在 0 到面积 {area[i]:,.0f} m² 之间",
            ),
            where=str(i),
            measured=float(part[i]),
            limit=float(area[i]),
            code="share-range",
        )
        for i in part.index[wrong.to_numpy(dtype=bool)]
    )
    return share(part, area).clip(upper=1.0)


def density(amount: pd.Series, area_m2: pd.Series) -> pd.Series:
    """Amount per square kilometre: ``amount / (area_m2 / 10^6)``.

    Parameters
    ----------
    amount : Series
        Persons, 10⁴ yuan, km of road.
    area_m2 : Series, square metres

    Returns
    -------
    Series of Float64; ``<NA>`` where the area is 0 or a value is missing.

    Examples
    --------
    >>> density(pd.Series([3000]), pd.Series([2_000_000])).tolist()
    [1500.0]
    """
    return share(amount.astype("Float64") * M2_PER_KM2, area_m2)


def at_hand(table: pd.DataFrame) -> pd.DataFrame:
    """All indicators that the columns of a table allow.

    An indicator that is already a column is taken as it is (a planner's own measurement).

    Parameters
    ----------
    table : DataFrame
        ``area_m2`` and any of the columns that `AT_HAND` is made from.

    Returns
    -------
    DataFrame of Float64 on the same index, one column per indicator that can be made.

    Examples
    --------
    >>> t = pd.DataFrame({"area_m2": [4_000_000], "built_m2": [1_000_000], "slope_deg": [2.5]})
    >>> at_hand(t).to_dict("list")
    {'built_share': [0.25], 'slope_deg': [2.5]}
    """
    parts = [i.part for n, i in AT_HAND.items() if n not in table and i.part in table]
    own = [n for n in AT_HAND if n in table]
    columns, problems = numeric_columns(table, [*own, *parts, "area_m2"])
    raise_all(problems)
    made: dict[str, pd.Series] = {}
    for name, indicator in AT_HAND.items():
        if name in columns:
            made[name] = columns[name]
        elif indicator.part in columns and "area_m2" in columns:
            make = share_of_area if indicator.kind == "share" else density
            made[name] = make(columns[indicator.part], columns["area_m2"])
    return pd.DataFrame(made, index=table.index)


def own_first(table: pd.DataFrame) -> pd.DataFrame:
    """Put what the planner measured in the place of what the run measured.

    A run keeps a column of the planner that has the name of one of its own as ``given_...``; a
    method reads that one, and shares are made from it.

    Examples
    --------
    >>> t = pd.DataFrame({"built_m2": [9], "built_share": [0.9], "given_built_m2": [5]})
    >>> own_first(t)[["built_m2"]].to_dict("list"), "built_share" in own_first(t)
    ({'built_m2': [5]}, False)
    """
    given = {c.removeprefix("given_"): c for c in table.columns if c.startswith("given_")}
    if not given:
        return table
    stale = [n for n, i in AT_HAND.items() if i.part in given and n not in given and n in table]
    return table.drop(columns=stale).assign(**{n: table[c] for n, c in given.items()})


def numeric_columns(
    table: pd.DataFrame, names: Iterable[str]
) -> tuple[dict[str, pd.Series], list[Problem]]:
    """Give those of the columns that exist as Float64, and what is no finite number in them.

    Examples
    --------
    >>> found, problems = numeric_columns(pd.DataFrame({"a": ["1", "x"]}, index=["t1", "t2"]), "a")
    >>> problems[0].tell("en")
    "'a' of t2 is 'x', which is no finite number. Try: write plain numbers, or leave the cell empty"
    """
    found: dict[str, pd.Series] = {}
    problems: list[Problem] = []

    def called(i: Any) -> Text:
        return named(table["name"].get(i) if "name" in table else None, i)

    for name in dict.fromkeys(names):
        if name not in table:
            continue
        raw = table[name]
        number = raw
        if not isinstance(raw.dtype, pd.Float64Dtype):
            number = pd.to_numeric(raw, errors="coerce").astype("Float64")
        finite = np.isfinite(number.to_numpy(dtype=np.float64, na_value=np.nan))
        found[name] = number
        if finite.all():
            continue
        wrong = raw.notna().to_numpy(dtype=bool) & ~finite
        problems += [
            Problem(
                Text(
                    f"{name!r} of {called(i).en} is {raw[i]!r}, which is no finite number",
                    f"{called(i).zh} 的 {name!r} 为 {raw[i]!r}，不是有限数",
                ),
                code="not-a-number",
                remedy=_PLAIN,
                spots=(Spot(str(i), str(raw[i])),),
            )
            for i in raw.index[wrong]
        ]
    return found, problems
