"""Places across the city's line, with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.errors import Finding, Problem, Text
from zoning.inputs.columns import cut_heads, not_there

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.neighbours import NeighbourLayer

NUMBERS = ("population", "gdp_10k_yuan", "built_m2")


def cut_numbers(frame: gpd.GeoDataFrame, part: NeighbourLayer) -> list[Finding]:
    """Offer the numbers whose names a shapefile cut."""
    heads = {name: str(part.head(name)) for name in NUMBERS}
    lacking = {name: (head,) for name, head in heads.items() if head not in frame}
    return cut_heads(frame.columns, lacking, part.path, "[inputs.neighbours.columns]")


def read_neighbours(
    frame: gpd.GeoDataFrame, part: NeighbourLayer
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Give the places their columns; what the file does not have is missing, never 0.

    Returns
    -------
    GeoDataFrame
        ``name``, ``zone``, ``population``, ``gdp_10k_yuan``, ``built_m2``, ``area_m2``.
    list of Problem
        A name that is missing or stands twice, a number that is none or negative.
    """
    out = frame[["geometry"]].copy()
    problems: list[Problem] = []

    def wrong(en: str, zh: str, code: str) -> None:
        problems.append(Problem(Text(en, zh), part.path, code=code))

    problems += not_there(part, frame.columns, part.path)
    name = part.head("name")
    names = frame[name].astype("string") if name in frame else None
    if names is None:
        if not problems:
            wrong(f"has no column '{name}'", f"没有字段“{name}”", "missing-column")
        names = pd.Series([str(i) for i in range(len(frame))], index=frame.index, dtype="string")
    if names.isna().any() or names.duplicated().any():
        wrong("a name is missing or stands twice", "名称缺失或重复", "neighbour-name")
    out["name"] = names
    called = part.head("zone")
    zone = frame[called].astype("string") if called and called in frame else None
    out["zone"] = pd.Series(pd.NA, index=frame.index, dtype="string") if zone is None else (
        zone.replace(part.zones).replace("", pd.NA)
    )  # fmt: skip
    for column in NUMBERS:
        head = part.head(column)
        given = frame[head] if head is not None and head in frame else None
        if given is None:
            out[column] = pd.array([pd.NA] * len(frame), dtype="Float64")
            continue
        number = pd.to_numeric(given, errors="coerce").astype("Float64")
        bad = given.notna() & (number.isna() | (number < 0).fillna(False))
        for i in frame.index[bad.to_numpy(dtype=bool)]:
            place, value = names[i], given[i]
            wrong(f"'{head}' of {place} is {value!r}", f"{place} 的“{head}”为 {value!r}",
                  "not-a-number")  # fmt: skip
        out[column] = number * part.factor(column)
    out["area_m2"] = out.geometry.area.astype("float64")
    return out, problems
