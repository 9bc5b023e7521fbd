"""Parks on the ground: their areas, by zones, on protected land, over one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.inputs.protections import load_kinds
from zoning.measure.common import shared
from zoning.review.site.ground import Ground
from zoning.review.site.measure import measure

#: Less than this rounds to no square metre.
_LEAST = 0.5


@dataclass(frozen=True)
class Measures:
    """What was measured of parks, in the order of the register.

    Attributes
    ----------
    park_m2, inside_m2, protected_m2 : array of int64
        Of the polygon; of it inside the plan; under any protection.
    outside_growth_m2 : array of int64 or None
        Inside the plan and outside the urban growth boundary; None without such a layer.
    by_unit, by_zone, by_protection, overlaps : DataFrame
    """

    park_m2: Any
    inside_m2: Any
    protected_m2: Any
    outside_growth_m2: Any
    by_unit: pd.DataFrame
    by_zone: pd.DataFrame
    by_protection: pd.DataFrame
    overlaps: pd.DataFrame


def _whole(values: Any) -> Any:
    return np.rint(np.asarray(values, dtype=np.float64)).astype(np.int64)


def measure_parks(parks: gpd.GeoDataFrame, ground: Ground) -> Measures:
    """Measure parks against everything that a plan knows.

    Parameters
    ----------
    parks : GeoDataFrame
        ``code`` and geometry, in the CRS of the plan.
    ground : Ground
        See :func:`zoning.review.site.ground.gather`.
    """
    shapes = parks.geometry.to_numpy()
    codes = parks["code"].astype(str).to_numpy()
    found = measure(ground, shapes)
    parts = found.parts.assign(park=codes[found.parts["site"].astype(int)])
    parts["m2"] = _whole(parts["low"])
    parts = parts[parts["low"] >= _LEAST]
    unit = _part(parts, "unit", {"code": "unit", "m2": "inside_m2"})
    zone = _part(parts, "zone", {"code": "zone", "m2": "area_m2"})
    kinds = [str(k) for k in load_kinds().index]
    protected = parts[parts["layer"].isin(kinds)].rename(
        columns={"layer": "kind", "name": "area_name", "m2": "area_m2"}
    )
    columns = ["park", "kind", "code", "area_name", "level", "area_m2"]
    protected = protected[columns].sort_values(columns[:3], ignore_index=True)
    protected["level"] = pd.to_numeric(protected["level"], errors="coerce").astype("Int64")
    for name in ("park", "kind", "code", "area_name"):
        protected[name] = protected[name].astype(object)
    protected["area_m2"] = protected["area_m2"].astype("int64")
    none = np.zeros(len(shapes))
    growth = found.low.get("outside_growth_m2")
    return Measures(
        _whole(shapely.area(shapes)), _whole(found.low["inside_m2"]),
        _whole(found.low.get("protected_m2", none)), None if growth is None else _whole(growth),
        unit, zone, protected, _overlaps(codes, shapes),
    )  # fmt: skip


def _part(parts: pd.DataFrame, layer: str, names: dict[str, str]) -> pd.DataFrame:
    """Give the rows of one layer under the names of its table, units or zones first."""
    mine = parts[parts["layer"] == layer].rename(columns=names)
    columns = [names["code"], "park", names["m2"]]
    table = mine[columns].sort_values(columns[:2], ignore_index=True)
    table["park"] = table["park"].astype(object)
    table[names["code"]] = table[names["code"]].astype(object)
    return table.astype({names["m2"]: "int64"})


def _overlaps(codes: Any, shapes: Any) -> pd.DataFrame:
    """Measure parks over one another, each pair once."""
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = one < two
    one, two = one[once], two[once]
    areas = shapely.area(shared(shapes[one], shapes[two]))
    keep = areas >= _LEAST
    table = pd.DataFrame({"park": codes[one][keep], "other": codes[two][keep],
                          "area_m2": _whole(areas[keep])})  # fmt: skip
    table = table.astype({"park": object, "other": object, "area_m2": "int64"})
    return table.sort_values(["park", "other"], ignore_index=True)
