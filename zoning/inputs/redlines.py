"""What a layer of red lines must hold: types, levels, one polygon per area and level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Problem, Spot, Text
from zoning.inputs.spots import features, spots

if TYPE_CHECKING:
    import geopandas as gpd


def load_types() -> pd.DataFrame:
    """Read the 15 types of the Jiangsu red-line plan of 2013.

    Returns
    -------
    DataFrame, index ``type`` (code)
        ``zh``, ``en``, ``level1`` (rule for the level-1 part), ``occurs`` (whether the type can
        occur in the reference case), ``source``, ``evidence``.

    References
    ----------
    江苏省生态红线区域保护规划, 苏政发〔2013〕113号.
    """
    return pd.DataFrame(load_toml("redlines", "types.toml")["type"]).set_index("code")


def check_layer(redlines: gpd.GeoDataFrame, where: str) -> list[Problem]:
    """Find what is wrong with a red-line layer: levels, types, one feature per area and level."""
    found = []
    for row in redlines.loc[~redlines["level"].isin([1, 2])].itertuples():
        found.append(Problem(
            Text(f"area {row.area_code}: level is {row.level!r}",
                 f"区域 {row.area_code}：管控级别为 {row.level!r}"), where,
            measured=row.level, remedy=Text("levels are 1 and 2", "级别只能是 1 或 2"),
            code="redline-level", spots=_area(redlines, row)))  # fmt: skip
    twice = redlines.duplicated(["area_code", "level"])
    for row in redlines[twice].itertuples():
        found.append(Problem(
            Text(f"area {row.area_code} has two features of level {row.level}",
                 f"区域 {row.area_code} 的 {row.level} 级有两个要素"), where,
            remedy=Text("dissolve them to one feature per area and level",
                        "请融合为每区域每级一个要素"), code="redline-twice",
            spots=_area(redlines, row)))  # fmt: skip
    return found


def _area(redlines: gpd.GeoDataFrame, row: Any) -> tuple[Spot, ...]:
    """Give the places of the features of an area and level."""
    same = (redlines["area_code"] == row.area_code) & (redlines["level"] == row.level)
    hit = redlines[same.fillna(False)]
    return spots(hit["area_code"].astype(str), hit["level"], hit.geometry, hit.crs)


def unknown_types(redlines: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Warn of types that the shipped table does not know; other provinces have their own."""
    found = []
    table = load_types()
    types = table.index
    for value in sorted(set(redlines["type"].dropna()) - set(types)):
        found.append(Finding(
            Text(f"unknown type '{value}'", f"未知的红线类型“{value}”"), where,
            remedy=Text("types: " + ", ".join(types), "可用类型：" + "、".join(table["zh"])),
            code="redline-type",
            spots=features(redlines, redlines["type"] == value, redlines["type"])))  # fmt: skip
    return found
