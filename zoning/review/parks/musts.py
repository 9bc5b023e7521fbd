"""What must be stated of a park, and what its figures and polygon say to each other.

The five musts (五个明确): planned area, four sides and boundary, leading industry, goals and
mechanism. A must that is blank is missing; whether the four sides are right cannot be told from a
polygon, only that all four are named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from zoning.base.areas import M2_PER_HA
from zoning.errors import InputError, Text
from zoning.inputs.access import industry_code
from zoning.review.parks.measure import Measures

#: The musts in their order, with their names.
MUSTS = {
    "planned_area_ha": Text("planned area", "规划面积"),
    "four_sides": Text("four sides and boundary", "四至边界"),
    "leading_industries": Text("leading industry", "主导产业"),
    "goals": Text("goals", "发展目标"),
    "mechanism": Text("mechanism", "推进机制"),
}
#: Kinds of parks of the Zhenjiang programme (30 + 20 + 30), with their names.
KINDS = {
    "modern_agriculture": Text("modern agriculture", "现代农业园区"),
    "advanced_manufacturing": Text("advanced manufacturing", "先进制造业园区"),
    "modern_service": Text("modern services", "现代服务业集聚区"),
}
#: Difference of planned and measured area, as a part of the measured: told, and an error from the
#: second on (evidence I: 1 % is the tolerance of the practice, 5 % our choice).
AREA_OFF = (0.01, 0.05)
#: Fields are what a park of agriculture is for: basic farmland in it and land outside the growth
#: boundary are told of it as notes.
FIELDS = "modern_agriculture"
_SIDES = (("东", "east"), ("南", "south"), ("西", "west"), ("北", "north"))
#: How a side is named: 东至, 东、南至, 东侧: ...; "East a", "on the east ...". A name of a street
#: such as 南京路 or 北纬 names no side.
_STOPS = r",;，；、。/|（(：:\n\t"
_NAMED = re.compile(
    r"([东南西北]+)[至到抵起]"
    rf"|(?:^|[{_STOPS}\s])([东南西北]+)(?=[临邻毗接靠以侧面边界部为是{_STOPS}\s]|$)"
    rf"|(?:^|[{_STOPS}])\s*(?:(?:and|bounded|on|to|in|the)\s+)*(east|south|west|north)"
    r"(?:ern)?(?![-\w])"
)
_SPLIT = re.compile(r"[,;，；、/|\s]+")


def missing_musts(park: pd.Series) -> list[str]:
    """List the musts that a park does not state.

    Examples
    --------
    >>> park = pd.Series({"planned_area_ha": 5.0, "four_sides": "东至 a，南至 b，西至 c",
    ...                   "leading_industries": "C39", "goals": None, "mechanism": " "})
    >>> missing_musts(park)
    ['four_sides', 'goals', 'mechanism']
    """
    out = []
    for name in MUSTS:
        value = park.get(name)
        blank = value is None or pd.isna(value) or not str(value).strip()
        if name == "planned_area_ha" and not blank:
            blank = not float(value) > 0
        if name == "four_sides" and not blank:
            blank = len(sides_named(str(value))) < len(_SIDES)
        if blank:
            out.append(name)
    return out


def sides_named(text: str) -> set[str]:
    """Give the sides that a text of four sides names.

    Examples
    --------
    >>> sorted(sides_named("东至南京路，南、西至北河"))
    ['east', 'south', 'west']
    >>> len(sides_named("East a, south b; on the west North Street"))
    3
    """
    found = "".join("".join(groups) for groups in _NAMED.findall(text.lower()))
    return {en for zh, en in _SIDES if zh in found or en in found}


def industries_of(text: Any) -> tuple[list[str], list[str]]:
    """Read the leading industries: codes, and words that are none.

    Examples
    --------
    >>> industries_of("C39、3412；智能制造")
    (['C39', 'C3412'], ['智能制造'])
    """
    if text is None or pd.isna(text):
        return [], []
    codes, words = [], []
    for one in filter(None, _SPLIT.split(str(text))):
        try:
            codes.append(industry_code(one))
        except InputError:
            words.append(one)
    return codes, words


def finding(
    park: str, check: str, level: str, text: Text, measured: float | None = None,
    limit: float | None = None, unit: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Make a row of the table of findings."""
    return {"park": park, "check": check, "level": level, "measured": measured, "limit": limit,
            "measure": unit, "en": text.en, "zh": text.zh}  # fmt: skip


def stated(parks: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Find what parks do not state, and words where codes are wanted."""
    rows = []
    for _, park in parks.iterrows():
        code = str(park["code"])
        gone = missing_musts(park)
        if gone:
            en = ", ".join(MUSTS[g].en for g in gone)
            zh = "、".join(MUSTS[g].zh for g in gone)
            rows.append(finding(
                code, "musts", "warning", Text(f"not stated: {en}", f"未明确：{zh}"),
                len(MUSTS) - len(gone), len(MUSTS), "count",
            ))  # fmt: skip
        _, words = industries_of(park.get("leading_industries"))
        if words:
            en, zh = ", ".join(words[:5]), "、".join(words[:5])
            rows.append(finding(
                code, "industry_words", "note",
                Text(f"no code of GB/T 4754, so not held against lists: {en}",
                     f"不是国民经济行业代码，无法对照清单：{zh}")))  # fmt: skip
        kind = park.get("kind")
        if kind is not None and not pd.isna(kind) and str(kind) not in KINDS:
            text = Text(f"a kind of its own: {kind}", f"自定类型：{kind}")
            rows.append(finding(code, "kind", "note", text))
    return rows


def measured(parks: gpd.GeoDataFrame, found: Measures) -> list[dict[str, Any]]:
    """Hold what parks state against their polygons and the plan."""
    rows = []
    by = dict(list(found.by_protection.groupby("park"))) if len(found.by_protection) else {}
    for i, (_, park) in enumerate(parks.iterrows()):
        code, area = str(park["code"]), int(found.park_m2[i])
        fields = park.get("kind") == FIELDS
        rows += _area(code, park.get("planned_area_ha"), area)
        outside = area - int(found.inside_m2[i])
        # Two roundings may differ by one.
        if outside > 1:
            rows.append(finding(
                code, "outside_plan", "warning",
                Text(f"{outside:,} m² lie outside the plan", f"有 {outside:,} m² 位于规划范围外"),
                outside, 0, "m2"))  # fmt: skip
        protected = int(found.protected_m2[i])
        if protected > 0:
            rows.append(_protected(code, protected, by.get(code), fields))
        if found.outside_growth_m2 is not None and found.outside_growth_m2[i] > 0:
            m2 = int(found.outside_growth_m2[i])
            rows.append(finding(
                code, "growth_boundary", "note" if fields else "warning",
                Text(f"{m2:,} m² lie outside the urban growth boundary",
                     f"有 {m2:,} m² 位于城镇开发边界外"), m2, 0, "m2"))  # fmt: skip
    for r in found.overlaps.itertuples():
        for a, b in ((r.park, r.other), (r.other, r.park)):
            rows.append(finding(
                a, "overlap", "warning", Text(f"{r.area_m2:,} m² lie over park {b}",
                f"与园区 {b} 重叠 {r.area_m2:,} m²"), r.area_m2, 0, "m2"))  # fmt: skip
    return rows


def _area(code: str, planned: Any, area: int) -> list[dict[str, Any]]:
    """Hold the planned area against the measured one."""
    if planned is None or pd.isna(planned) or not float(planned) > 0 or area == 0:
        return []
    off = abs(float(planned) * M2_PER_HA - area) / area
    if off <= AREA_OFF[0]:
        return []
    level = "error" if off > AREA_OFF[1] else "warning"
    shown = f"{off * 100:.1f}"
    return [finding(
        code, "area", level,
        Text(f"planned area {float(planned):,.2f} ha, measured {area / M2_PER_HA:,.2f} ha: "
             f"{shown}% apart",
             f"规划面积 {float(planned):,.2f} 公顷，量算 {area / M2_PER_HA:,.2f} 公顷，"
             f"相差 {shown}%"), off, AREA_OFF[0], "1")]  # fmt: skip


def _protected(code: str, m2: int, parts: pd.DataFrame | None, fields: bool) -> dict[str, Any]:
    """Tell protected land in a park, an error where it is basic farmland or a red line."""
    from zoning.inputs.protections import load_kinds

    kinds = load_kinds()
    sums = {} if parts is None else parts.groupby("kind")["area_m2"].sum().to_dict()
    order = [k for k in kinds.index if k in sums]
    en = ", ".join(f"{kinds.at[k, 'many_en']} {int(sums[k]):,} m²" for k in order)
    zh = "、".join(f"{kinds.at[k, 'many_zh']} {int(sums[k]):,} m²" for k in order)
    strict = {"redline", "basic_farmland", "core"} & set(order)
    level = "error" if strict else "warning"
    if fields and order == ["basic_farmland"]:
        level = "note"
    return finding(
        code, "protected", level,
        Text(f"on protected land: {en}", f"位于保护用地：{zh}"), m2, 0, "m2")  # fmt: skip


def worst(findings: Sequence[dict[str, Any]], codes: Sequence[str]) -> list[str]:
    """Give each park the level of its worst finding: ``contradicts``, ``look`` or ``sound``.

    Examples
    --------
    >>> worst([finding("a", "x", "warning", Text("", ""))], ["a", "b"])
    ['look', 'sound']
    """
    levels: dict[str, set[str]] = {}
    for row in findings:
        levels.setdefault(row["park"], set()).add(row["level"])
    return [
        "contradicts" if "error" in levels.get(c, ()) else
        "look" if "warning" in levels.get(c, ()) else "sound" for c in codes
    ]  # fmt: skip
