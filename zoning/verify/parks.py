"""The register of parks derived again from its layer and the plan's, with shapely alone.

A run cuts parks with the kernel of shares and the tables of a site; here every square, zone and
protection is intersected as it stands in the files.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.errors import Text
from zoning.pipeline import protected
from zoning.plan import Plan
from zoning.verify.compare import Findings

_LAYER = Text("the layer of parks", "园区图层")
#: A rounded area may differ by one square metre where the sum lies near a half.
_ROUNDING = 1.0
#: Less than this rounds to no square metre.
_LEAST = 0.5
_FIELDS = "modern_agriculture"
_LEADS = ("and", "bounded", "on", "to", "in", "the")
_MUSTS = ("planned_area_ha", "four_sides", "leading_industries", "goals", "mechanism")
_SIDES = (("东", "east"), ("南", "south"), ("西", "west"), ("北", "north"))


def audit(plan: Plan, found: Findings) -> None:
    """Hold every table of the parks register against its layer; plans without parks have none."""
    given = next((c for c in plan.contributions if c.wing == "parks"), None)
    if given is None or not given.layers:
        return
    tables = {t.name: t.frame for t in given.tables}
    layer = given.layers[0].frame
    if "musts" not in layer:
        found.not_looked_at(Text("parks of an earlier version", "早期版本的园区登记"))
        return
    codes = layer["code"].astype(str).to_numpy()
    shapes = layer.geometry.to_numpy()
    _register(layer, tables.get("park_register"), found)
    city = plan.city.geometry.union_all()
    inside = shapely.intersection(shapes, city)
    _areas(layer, "park_m2", shapely.area(shapes), found)
    _areas(layer, "inside_m2", shapely.area(inside), found)
    units = _units(plan, codes, inside)
    _pairs(tables, "parks_by_unit", ["unit", "park"], "inside_m2", units, found)
    zone = plan.units["zone"].astype("string").fillna("") if "zone" in plan.units else None
    if zone is not None:
        zones = units.assign(zone=zone.reindex(units["unit"]).to_numpy())
        zones = zones.groupby(["zone", "park"], as_index=False)["m2"].sum()
        _pairs(tables, "park_zones", ["zone", "park"], "area_m2", zones, found)
        _account(tables, layer, zones, found)
    kept, union = _protected(plan, codes, inside)
    _pairs(tables, "park_protections", ["park", "kind", "code", "level"], "area_m2", kept, found)
    _areas(layer, "protected_m2", union, found)
    _pairs(tables, "park_overlaps", ["park", "other"], "area_m2", _overlaps(codes, shapes), found)
    _findings(layer, kept, tables.get("park_findings"), found)


def _register(layer: Any, table: pd.DataFrame | None, found: Findings) -> None:
    """Hold the register against the layer, and what it says of musts against its own words."""
    place = "plan.gpkg: parks"
    plain = pd.DataFrame(layer.drop(columns="geometry")).set_index("code")
    if table is None:
        found.add("verify.parks", False, Text("plan.gpkg lacks park_register",
                  "plan.gpkg 缺少 park_register"), "plan.gpkg: park_register")  # fmt: skip
    else:
        found.frame("verify.parks", "plan.gpkg: park_register", table.set_index("code"), plain,
                    source=_LAYER)  # fmt: skip
    gone = {str(c): sum(_blank(row, m) for m in _MUSTS) for c, row in plain.iterrows()}
    found.column(
        "verify.parks", f"{place}, musts", {str(c): int(v) for c, v in plain["musts"].items()},
        {c: len(_MUSTS) - n for c, n in gone.items()}, source=Text("what is stated", "申报内容"),
    )  # fmt: skip


def _blank(row: pd.Series, must: str) -> bool:
    value = row[must]
    if value is None or pd.isna(value) or not str(value).strip():
        return True
    if must == "planned_area_ha":
        return float(value) <= 0
    if must == "four_sides":
        return not all(_says(str(value).lower(), side) for side in _SIDES)
    return False


def _says(text: str, side: tuple[str, str]) -> bool:
    """Whether a text names a side: its word begins a part, or stands before a word like 至."""
    zh, en = side
    for mark in ";，；、。/|（(：:\n\t":
        text = text.replace(mark, ",")
    for part in text.split(","):
        words = [w for w in part.split() if w not in _LEADS]
        if any(words[:1] == [w] for w in (en, f"{en}ern")):
            return True
        for word in words:
            run = len(word) - len(word.lstrip("东南西北"))
            after = word[run : run + 1]
            if zh in word[:run] and (not after or after in "至到抵起临邻毗接靠以侧面边界部为是"):
                return True
            for mark in "至到抵起":
                for before in word.split(mark)[:-1]:
                    if zh in before[len(before.rstrip("东南西北")) :]:
                        return True
    return False


def _areas(layer: Any, column: str, areas: Any, found: Findings) -> None:
    stored = {str(c): int(v) for c, v in zip(layer["code"], layer[column], strict=True)}
    derived = {str(c): float(a) for c, a in zip(layer["code"], areas, strict=True)}
    found.column("verify.parks", f"plan.gpkg: parks, {column}", stored, derived,
                 tolerance=_ROUNDING, source=_LAYER)  # fmt: skip


def _units(plan: Plan, codes: Any, inside: Any) -> pd.DataFrame:
    squares = plan.units.geometry.to_numpy()
    park, unit = shapely.STRtree(squares).query(inside, predicate="intersects")
    areas = shapely.area(shapely.intersection(inside[park], squares[unit]))
    return pd.DataFrame({
        "unit": plan.units.index.to_numpy()[unit].astype(str), "park": codes[park], "m2": areas,
    })  # fmt: skip


def _pairs(
    tables: dict[str, pd.DataFrame], name: str, keys: list[str], column: str,
    derived: pd.DataFrame, found: Findings,
) -> None:  # fmt: skip
    """Hold a table of areas against derived ones; what rounds to nothing may be absent."""
    table = tables.get(name, pd.DataFrame(columns=[*keys, column]))

    def by(frame: pd.DataFrame, values: str) -> dict[str, float]:
        rows = frame[keys].astype(object).where(frame[keys].notna(), "").astype(str)
        return dict(zip(rows.agg("|".join, axis=1) if len(rows) else [],
                        frame[values].astype(float), strict=True))  # fmt: skip

    stored, right = by(table, column), by(derived, "m2")
    right = {k: v for k, v in right.items() if k in stored or v >= _ROUNDING}
    found.column("verify.parks", f"plan.gpkg: {name}, {column}", stored, right,
                 tolerance=_ROUNDING, source=_LAYER)  # fmt: skip


def _protected(plan: Plan, codes: Any, inside: Any) -> tuple[pd.DataFrame, Any]:
    """Intersect every protection with every park, and all of them together."""
    frames = []
    if plan.redlines is not None:
        frames.append(gpd.GeoDataFrame(
            {"kind": "redline", "code": plan.redlines["area_code"].astype(str),
             "level": plan.redlines["level"].astype("Int64")},
            geometry=plan.redlines.geometry.to_numpy(),
        ))  # fmt: skip
    other = protected.of_plan(plan)
    if other is not None:
        frames.append(gpd.GeoDataFrame(
            {"kind": other["kind"].astype(str), "code": other["code"].astype(str),
             "level": other["level"].astype("Int64")}, geometry=other.geometry.to_numpy(),
        ))  # fmt: skip
    empty = pd.DataFrame(columns=["park", "kind", "code", "level", "m2"])
    if not frames:
        return empty, np.zeros(len(codes))
    layer = pd.concat(frames, ignore_index=True)
    whole = shapely.union_all(layer.geometry.to_numpy())
    areas = shapely.area(shapely.intersection(inside, whole))
    park, area = shapely.STRtree(layer.geometry.to_numpy()).query(inside, predicate="intersects")
    rows = layer.iloc[area].drop(columns="geometry").reset_index(drop=True)
    cut = shapely.intersection(inside[park], layer.geometry.to_numpy()[area])
    rows = pd.DataFrame(rows).assign(park=codes[park], m2=shapely.area(cut))
    return rows[rows["m2"] > 0], areas


def _overlaps(codes: Any, shapes: Any) -> pd.DataFrame:
    rows = [
        (codes[i], codes[j], shapely.intersection(shapes[i], shapes[j]).area)
        for i in range(len(codes)) for j in range(i + 1, len(codes))
        if shapely.intersects(shapes[i], shapes[j])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["park", "other", "m2"]).query("m2 > 0")


def _account(
    tables: dict[str, pd.DataFrame], layer: Any, zones: pd.DataFrame, found: Findings
) -> None:
    """Add parks up by zone and kind again; areas are those of the table of zones, rounded."""
    kind = layer.set_index("code")["kind"].astype(object)
    kind = kind.where(kind.notna(), "")
    rows = zones[zones["m2"].round() > 0].assign(m2=zones["m2"].round())
    rows = rows.assign(kind=kind.reindex(rows["park"]).to_numpy())
    sums = rows.groupby(["zone", "kind"], as_index=False)["m2"].sum()
    table = tables.get("park_account", pd.DataFrame(columns=["zone", "kind", "parks", "area_m2"]))
    stored = {
        f"{r.zone or ''}|{r.kind or ''}": float(r.area_m2) for r in table.fillna("").itertuples()
    }
    right = {f"{r.zone}|{r.kind}": float(r.m2) for r in sums.itertuples()}
    found.column("verify.parks", "plan.gpkg: park_account, area_m2", stored, right,
                 tolerance=float(len(layer)), source=_LAYER)  # fmt: skip
    most = rows.sort_values(["m2", "zone"], ascending=[False, True]).drop_duplicates("park")
    counts = most.groupby(["zone", "kind"]).size()
    parks = {f"{r.zone or ''}|{r.kind or ''}": int(r.parks) for r in table.fillna("").itertuples()}
    derived = {k: int(counts.get(tuple(k.split("|")), 0)) for k in right}
    found.column("verify.parks", "plan.gpkg: park_account, parks", parks, derived, source=_LAYER)


def _how_bad(kinds: set[str], kind: Any) -> str:
    """Give the level of protected land in a park of a kind."""
    if kind == _FIELDS and kinds == {"basic_farmland"}:
        return "note"
    return "error" if kinds & {"redline", "basic_farmland", "core"} else "warning"


def _findings(layer: Any, kept: pd.DataFrame, table: pd.DataFrame | None, found: Findings) -> None:
    """Say which parks must have a finding, and of which level, from the register alone."""
    rows = pd.DataFrame(columns=["park", "check", "level"]) if table is None else table
    stored = {f"{r.park}|{r.check}": str(r.level) for r in rows.itertuples()
              if r.check in ("musts", "area", "protected", "growth_boundary")}  # fmt: skip
    right = {}
    for row in layer.itertuples():
        code, area = str(row.code), int(row.park_m2)
        if int(row.musts) < len(_MUSTS):
            right[f"{code}|musts"] = "warning"
        planned = row.planned_area_ha
        if planned is not None and not pd.isna(planned) and planned > 0:
            off = abs(float(planned) * 10_000 - area) / area
            if off > 0.01:
                right[f"{code}|area"] = "error" if off > 0.05 else "warning"
        if not pd.isna(row.outside_growth_m2) and int(row.outside_growth_m2) > 0:
            right[f"{code}|growth_boundary"] = "note" if row.kind == _FIELDS else "warning"
        if int(row.protected_m2) > 0:
            mine = kept[(kept["park"] == code) & (kept["m2"] >= _LEAST)]
            right[f"{code}|protected"] = _how_bad(set(mine["kind"]), row.kind)
    found.column("verify.parks", "plan.gpkg: park_findings, level", stored, right,
                 source=Text("the register", "园区登记表"))  # fmt: skip
