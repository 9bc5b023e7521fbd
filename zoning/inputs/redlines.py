"""What a layer of red lines must hold: types, levels, one polygon per area and level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.shipped import load_toml
from zoning.errors import Finding, Problem, Spot, Text
from zoning.inputs.spots import features, spots

if TYPE_CHECKING:
    import geopandas as gpd


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
    """Warn of types that no shipped list knows; a province may have its own."""
    found = []
    known = words.values("type")
    for value in sorted(set(redlines["type"].dropna()) - set(known)):
        found.append(Finding(
            Text(f"unknown type '{value}': it is written as it stands, in both languages",
                 f"未知的红线类型“{value}”：中英文输出都按原文写出"), where,
            remedy=Text("types: " + ", ".join(known),
                        "可用类型：" + "、".join(word.zh for word in known.values())),
            code="redline-type",
            spots=features(redlines, redlines["type"] == value, redlines["type"])))  # fmt: skip
    return found


def type_words() -> dict[str, str]:
    """Give the codes of types by their Chinese and English names, also with 生态保护红线 behind.

    Examples
    --------
    >>> said = type_words()
    >>> said["森林公园"], said["水土流失控制"], said["石漠化生态保护红线"]
    ('forest-park', 'soil-erosion', 'rocky-desertification')
    """
    found = {
        name: code for code, word in words.values("type").items() for name in (word.zh, word.en)
    }
    for row in load_toml(*words.TYPE_LISTS[1])["type"]:
        for name in (row["zh"], *row["also"]):
            found |= {name: row["code"], f"{name}生态保护红线": row["code"]}
    return found
