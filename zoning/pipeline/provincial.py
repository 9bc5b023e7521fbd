"""The ten indicators of the provincial procedure (2008) from what a plan has, and what it lacks.

Columns of the townships table and what the run measures go in; indicators, grades and the index
come out, as columns that a method may read. What cannot be made is missing and told, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from zoning.base.areas import M2_PER_KM2, floats, share
from zoning.errors import Finding, InputError, Text
from zoning.indicators import provincial as formulas
from zoning.indicators.composition import ITEMS, composite
from zoning.indicators.grading import grading
from zoning.weights.scaling import natural_breaks

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.ground import Ground
    from zoning.planfile.models import ProvincialPart

#: Kinds of trunk lines and nodes; a column ``km_to_KIND`` holds the distance, 0 inside.
TRUNKS = (
    "double_track_rail", "single_track_rail", "motorway", "national_road", "main_port", "port",
    "trunk_airport", "branch_airport",
)  # fmt: skip
#: Classes of ``[inputs.roads]`` whose distance is measured where no column states it.
_ROADS = {"motorway": "motorway", "national_road": "national"}
#: A township is as important as land that covers at least this share of it (our choice).
_MOST = 0.5


@dataclass(frozen=True)
class Item:
    """One of the ten: its column, its grade, and what it is made from."""

    code: str
    column: str
    name: Text
    needs: Text


ITEMS_OF = tuple(
    Item(code, column, Text(en, zh), Text(need_en, need_zh))
    for code, column, en, zh, need_en, need_zh in (
        ("available_land", "available_land_mu", "available land", "可利用土地资源",
         "[inputs.dem] and [inputs.landuse], population",
         "高程、用地现状、population（人口）"),
        ("available_water", "available_water_m3", "available water", "可利用水资源",
         "columns local_water_m3, used_water_m3, population (with gamma: inflow_water_m3)",
         "字段 local_water_m3、used_water_m3、population（gamma 大于 0 时另需 inflow_water_m3）"),
        ("overload", "grade_overload", "environmental capacity", "环境容量",
         "columns so2_t, so2_capacity_t, cod_t, cod_capacity_t",
         "字段 so2_t、so2_capacity_t、cod_t、cod_capacity_t"),
        ("fragility", "grade_fragility", "fragility", "生态系统脆弱性",
         "column erosion_modulus, or grades fragility, fragility_...",
         "字段 erosion_modulus，或等级 fragility、fragility_…"),
        ("importance", "grade_importance", "ecological importance", "生态重要性",
         "grades importance, importance_..., or [inputs.evaluations.ecology]",
         "等级 importance、importance_…，或生态评价"),
        ("hazard", "grade_hazard", "natural hazard", "自然灾害危险性",
         "grades hazard, hazard_...", "等级 hazard、hazard_…"),
        ("population", "population_agglomeration", "people gathered", "人口集聚度",
         "columns population, temporary_population", "字段 population、temporary_population"),
        ("economy", "economic_level", "economic level", "经济发展水平",
         "columns gdp_10k_yuan, gdp_5_years_ago_10k_yuan, population",
         "字段 gdp_10k_yuan、gdp_5_years_ago_10k_yuan、population"),
        ("transport", "transport_superiority", "transport superiority", "交通优势度",
         "[inputs.roads], [inputs.centres] (or road_km, min_to_centre), km_to_... of trunk lines",
         "道路与中心（或 road_km、min_to_centre），以及干线距离 km_to_…"),
        ("strategic", "strategic_factor", "strategic choice", "战略选择",
         "column strategic, 1 to 5", "字段 strategic（1 至 5）"),
    )
)  # fmt: skip
#: Indicators that follow, and what is measured for them.
MEASURED = ("suitable_m2", "suitable_built_m2", "suitable_farmland_m2")
TRUNK = ("trunk_influence", "location_score")
GRADES = tuple(f"grade_{k}" for k in ITEMS)
COLUMNS = tuple(dict.fromkeys(
    (*MEASURED, *TRUNK, *(i.column for i in ITEMS_OF), *GRADES, "provincial_index")
))  # fmt: skip


def table_of(
    towns: gpd.GeoDataFrame, ground: Ground, part: ProvincialPart,
    suitable: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:  # fmt: skip
    """Make every indicator that the columns allow.

    Parameters
    ----------
    towns : GeoDataFrame, index ``township``
        Attributes, sums of areas, and what was measured (`road_km`, `min_to_centre`,
        `ecology_extreme_share` ...).
    ground : Ground
        Roads, for the distance to motorways and national roads.
    part : ProvincialPart
        ``[indicators.provincial]``.
    suitable : DataFrame, optional
        Shares of suitable land (:mod:`zoning.indicators.suitable`).

    Returns
    -------
    DataFrame of Float64
        `COLUMNS`; what cannot be made is missing.
    findings : tuple of Finding
        One for each item that cannot be made, and for townships that lack it.
    """
    have = _Columns(towns)
    out = pd.DataFrame(index=towns.index)
    area = have("area_m2")
    if suitable is not None and area is not None:
        for name, column in zip(MEASURED, suitable.columns, strict=True):
            out[name] = (suitable[column] * area).round()
    made: dict[str, pd.Series | None] = {
        "available_land_mu": _land(have, out), "available_water_m3": _water(have, part.gamma),
        "grade_overload": _overload(have),
        "grade_fragility": _worst(have, "fragility", _erosion(have)),
        "grade_importance": _worst(have, "importance", _evaluated(have)),
        "grade_hazard": _worst(have, "hazard", None),
        "population_agglomeration": _made(
            formulas.population_agglomeration, have, "population", "temporary_population", "area_m2"
        ),
        "economic_level": _made(
            formulas.economic_level, have, "gdp_10k_yuan", "gdp_5_years_ago_10k_yuan", "population"
        ),
        **_transport(have, towns, ground, part),
        "strategic_factor": _made(formulas.strategic_factor, have, "strategic"),
    }  # fmt: skip
    for name, values in made.items():
        if values is not None:
            out[name] = values
    # The planner's own measurement goes before what follows from parts.
    for item in ITEMS_OF:
        given = have(item.column)
        if given is not None:
            graded = item.column.startswith("grade_")
            out[item.column] = formulas.worst_of(given) if graded else given
    _grade(out)
    index, told = _index(out, part)
    out["provincial_index"] = index
    whole = out.reindex(columns=list(COLUMNS)).astype("Float64")
    return whole, (*_lacking(whole, towns), *told)


class _Columns:
    """Columns of the townships as numbers; None where there is no such column."""

    def __init__(self, towns: pd.DataFrame):
        self.towns = towns

    def __call__(self, name: str) -> pd.Series | None:
        for column in (f"given_{name}", name):
            if column in self.towns:
                number = pd.to_numeric(self.towns[column], errors="coerce").astype("Float64")
                return None if number.isna().all() else number
        return None

    def all_of(self, *names: str) -> list[pd.Series] | None:
        found = [self(n) for n in names]
        return None if any(f is None for f in found) else [f for f in found if f is not None]

    def starting(self, stem: str) -> list[pd.Series]:
        names = [c for c in self.towns.columns if c == stem or str(c).startswith(f"{stem}_")]
        found = [self(str(n)) for n in names]
        return [f for f in found if f is not None]


def _made(make: Callable[..., pd.Series], have: _Columns, *names: str) -> pd.Series | None:
    columns = have.all_of(*names)
    return None if columns is None else make(*columns)


def _land(have: _Columns, measured: pd.DataFrame) -> pd.Series | None:
    people = have("population")
    if people is None or MEASURED[0] not in measured:
        return None
    fit, built, arable = (measured[m] for m in MEASURED)
    return formulas.available_land(
        fit, built, arable, people, basic_farmland_m2=have("basic_farmland_m2")
    )


def _water(have: _Columns, gamma: float) -> pd.Series | None:
    found = have.all_of("local_water_m3", "used_water_m3", "population")
    if found is None:
        return None
    local, used, people = found
    inflow = have("inflow_water_m3")
    if inflow is None:
        if gamma > 0:
            return None
        inflow = local  # it counts for nothing
    return formulas.available_water(local, used, inflow, people, gamma=gamma)


def _overload(have: _Columns) -> pd.Series | None:
    found = have.all_of("so2_t", "so2_capacity_t", "cod_t", "cod_capacity_t")
    if found is None:
        return None
    so2, so2_capacity, cod, cod_capacity = found
    return formulas.environment_overload((so2, so2_capacity), (cod, cod_capacity))


def _worst(have: _Columns, stem: str, more: pd.Series | None) -> pd.Series | None:
    grades = have.starting(stem)
    if more is not None:
        grades.append(more)
    return formulas.worst_of(*grades) if grades else None


def _erosion(have: _Columns) -> pd.Series | None:
    modulus = have("erosion_modulus")
    return None if modulus is None else formulas.erosion_fragility(modulus)


def _evaluated(have: _Columns) -> pd.Series | None:
    """5 where half of the land is extremely important, 3 where half is important (our choice)."""
    found = have.all_of("ecology_extreme_share", "ecology_important_share")
    if found is None:
        return None
    extreme, important = (floats(f) for f in found)
    unknown = np.isnan(extreme) | np.isnan(important)
    grade = np.select([unknown, extreme >= _MOST, important >= _MOST], [np.nan, 5.0, 3.0], 1.0)
    return pd.Series(grade, index=found[0].index).astype("Float64")


def _transport(
    have: _Columns, towns: gpd.GeoDataFrame, ground: Ground, part: ProvincialPart
) -> dict[str, pd.Series | None]:
    """Trunk influence, score of the location, and their sum with the density of roads."""
    distances = {k: have(f"km_to_{k}") for k in TRUNKS}
    for kind, road in _ROADS.items():
        if distances[kind] is None:
            distances[kind] = _km_to(towns, ground, road)
    known = {k: d for k, d in distances.items() if d is not None}
    trunk = formulas.trunk_influence(known, part.scale) if known else None
    minutes, km = have("min_to_centre"), have("km_to_city")
    location = None
    if part.scale == "city" and minutes is not None:
        location = grading("location_city").of(minutes)
    elif part.scale == "province" and km is not None:
        location = grading("location").of(km)
    length = have("road_km")
    density = have("road_density")
    if density is None and length is not None:
        density = share(length * M2_PER_KM2, have("area_m2"))
    whole = None
    if trunk is not None and location is not None and density is not None:
        whole = formulas.transport_superiority(density, trunk, location)
    return {"trunk_influence": trunk, "location_score": location, "transport_superiority": whole}


def _km_to(towns: gpd.GeoDataFrame, ground: Ground, road: str) -> pd.Series | None:
    """Kilometres from each township to the nearest road of a class, 0 where it runs inside."""
    roads = ground.roads
    if roads is None or "class" not in roads or not roads["class"].eq(road).any():
        return None
    lines = np.asarray(roads[roads["class"].eq(road)].geometry.array)
    shapes = np.asarray(towns.geometry.array)
    near = shapely.STRtree(lines).nearest(shapes)
    far = shapely.distance(shapes, lines[near]) / 1000.0
    return pd.Series(np.round(far, 6), index=towns.index).astype("Float64")


def _grade(out: pd.DataFrame) -> None:
    """Grade 1 to 5: by the published tables, or in natural classes where there is none."""
    for code, column in (("available_land", "available_land_mu"),
                         ("available_water", "available_water_m3")):  # fmt: skip
        if column in out:
            out[f"grade_{code}"] = grading(code).of(out[column])
    for code, column in (("population", "population_agglomeration"),
                         ("economy", "economic_level"),
                         ("transport", "transport_superiority")):  # fmt: skip
        if column in out:
            out[f"grade_{code}"] = in_five(out[column])


def in_five(values: pd.Series) -> pd.Series:
    """Grade 1 to 5 in natural classes (Fisher-Jenks) of the values; our choice, no table is known.

    All are missing where there are fewer than five different values.

    Examples
    --------
    >>> in_five(pd.Series([1.0, 2.0, 30.0, 35.0, 500.0, 900.0, None])).tolist()
    [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, <NA>]
    """
    x = floats(values)
    none = pd.Series(pd.NA, values.index, "Float64")
    try:
        upper = natural_breaks(x, 5)
    except InputError:
        return none
    grade = np.searchsorted(np.asarray(upper), x) + 1.0
    return pd.Series(grade, index=values.index).astype("Float64").mask(np.isnan(x))


def _index(out: pd.DataFrame, part: ProvincialPart) -> tuple[pd.Series, tuple[Finding, ...]]:
    """Join the grades to the index A, where all nine are there; k is 1 where nobody scored it."""
    grades = out.reindex(columns=list(GRADES)).astype("Float64")
    grades.columns = pd.Index(list(ITEMS))
    if grades.isna().all().any():
        return pd.Series(pd.NA, out.index, "Float64"), ()
    factor = out.get("strategic_factor")
    told: tuple[Finding, ...] = ()
    if factor is None and part.compose == "ratio":
        told = (Finding(
            Text("no strategic scores: k is 1 everywhere in the index",
                 "没有战略选择评分：综合指数中 k 一律取 1"), "[indicators.provincial]",
            code="no-strategic", level="note"),)  # fmt: skip
    k = None if factor is None else factor.fillna(1.0)
    return composite(grades, part.compose, factor=k).astype("Float64"), told


def _lacking(out: pd.DataFrame, towns: pd.DataFrame) -> list[Finding]:
    """Tell which of the ten could not be made, and from what they would be."""
    found = []
    where = "[indicators.provincial]"
    names: Mapping[str, str] = towns["name"].astype(str).to_dict() if "name" in towns else {}
    for item in ITEMS_OF:
        gone = out.index[out[item.column].isna()]
        if len(gone) == len(out):
            found.append(Finding(
                Text(f"{item.name.en} cannot be made", f"{item.name.zh}无法计算"), where,
                code="provincial-missing", level="note",
                remedy=Text(f"it needs {item.needs.en}", f"需要：{item.needs.zh}")))  # fmt: skip
        elif len(gone):
            listed = ", ".join(str(names.get(str(c), c)) for c in gone[:5])
            listed += "" if len(gone) <= 5 else f", … ({len(gone)})"
            found.append(Finding(
                Text(f"{item.name.en} is missing in {len(gone)} townships: {listed}",
                     f"{len(gone)} 个乡镇缺少{item.name.zh}：{listed}"), where,
                measured=len(gone), limit=0, code="provincial-missing"))  # fmt: skip
    return found
