"""Accounts, limits, protections and the tables of wings of two plans, set side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from zoning.contribution.parts import Table
from zoning.measure.common import shared
from zoning.plan import Plan
from zoning.review.diff.sides import WING, Side
from zoning.review.diff.walk import Walk

#: Sums of places that are compared, m2.
_SUMS = (
    "area_m2", "built_m2", "new_m2", "cap_m2", "quota_m2", "redline_m2", "protected_m2",
    "basic_farmland_m2", "farmland_m2", "eco_agri_m2", "free_m2",
)  # fmt: skip
_CITY = ("existing_m2", "base_m2", "cap_m2", "headroom_m2", "new_m2")
_CITY_SHARES = ("cap_share", "share", "existing_share", "eco_agri_share")


def accounts(before: Side, after: Side, walk: Walk) -> pd.DataFrame:
    """Compare what the city, zones, counties and townships hold, in m2.

    Returns
    -------
    DataFrame
        ``level``, ``code``, ``name``, ``item``, ``before_m2``, ``after_m2``, ``difference_m2``;
        only what differs. What one of the two does not know, or has no such place for, is
        ``<NA>``. Zones of two schemes are compared where the crosswalk makes one of one.
    """
    one, two = before.plan, after.plan
    if one is None or two is None:
        return _rows([])
    found = [
        ("city", "city", _name(one, two), item, a, b)
        for item in _CITY
        for a, b in [(_construction(one).get(item), _construction(two).get(item))]
    ]
    renamed = {
        z: to[0] for z in before.scheme.codes for to in [walk.choices(z)] if len(to) == 1
    }  # fmt: skip
    single = {z: to for z, to in renamed.items() if list(renamed.values()).count(to) == 1}
    frames = (
        ("zone", one.zones.rename(index=single if walk.zones is not None else {}), two.zones,
         "name_zh"),
        ("county", one.counties, two.counties, "name"),
        ("township", one.townships, two.townships, "name"),
    )  # fmt: skip
    for level, left, right, label in frames:
        if left is not None and right is not None:
            found += _places(level, left, right, label)
    return _rows(found)


def _construction(plan: Plan) -> dict[str, Any]:
    return {"base_m2": None, **(plan.run.get("construction") or {})}


def _name(one: Plan, two: Plan) -> str:
    return two.name if one.name == two.name else f"{one.name} / {two.name}"


def _places(level: str, left: Any, right: Any, label: str) -> list[tuple[Any, ...]]:
    codes = [*right.index, *(c for c in left.index if c not in right.index)]
    names = {**left[label].to_dict(), **right[label].to_dict()}
    found = []
    for item in _SUMS:
        if item not in left and item not in right:
            continue
        values = [f[item].to_dict() if item in f else {} for f in (left, right)]
        found += [
            (level, str(c), str(names[c]), item, values[0].get(c), values[1].get(c)) for c in codes
        ]
    return found


def _rows(found: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = ["level", "code", "name", "item", "before_m2", "after_m2"]
    out = pd.DataFrame(found, columns=columns)
    for column in ("before_m2", "after_m2"):
        out[column] = pd.array(
            [None if v is None or pd.isna(v) else int(v) for v in out[column]], dtype="Int64"
        )
    out["difference_m2"] = out["after_m2"] - out["before_m2"]
    one, two = out["before_m2"], out["after_m2"]
    differs = (one != two).fillna(value=False) | (one.isna() != two.isna())
    return out[differs.to_numpy(dtype=bool)].reset_index(drop=True)


def shares(before: Side, after: Side) -> pd.DataFrame:
    """Compare the shares of the construction account: ``item, before, after, difference``."""
    if before.plan is None or after.plan is None:
        return pd.DataFrame(columns=["item", "before_share", "after_share", "difference_share"])
    one, two = _construction(before.plan), _construction(after.plan)
    out = pd.DataFrame(
        [(k, one.get(k), two.get(k)) for k in _CITY_SHARES if one.get(k) != two.get(k)],
        columns=["item", "before_share", "after_share"],
    )
    for column in ("before_share", "after_share"):
        out[column] = pd.to_numeric(out[column]).astype("float64")
    out["difference_share"] = out["after_share"] - out["before_share"]
    return out


def _both(before: Side, after: Side) -> tuple[Plan | None, Plan | None]:
    """Give two plans; none where one side is a list, which says nothing but zones of townships."""
    one, two = before.plan, after.plan
    return (one, two) if one is not None and two is not None else (None, None)


def limits(before: Side, after: Side) -> pd.DataFrame:
    """Compare every limit of the allocation and its price.

    Returns
    -------
    DataFrame
        ``kind``, ``code``, then ``floor_m2``, ``cap_m2``, ``used_m2`` and ``price`` (suitability
        per m2 of one more m2) each before and after; only limits that differ.
    """
    columns = ("floor_m2", "cap_m2", "used_m2", "price")
    frames = []
    for plan in _both(before, after):
        table = None if plan is None else plan.tables.get("limits")
        if table is None:
            table = pd.DataFrame(columns=["kind", "code", *columns])
        keyed = table.astype({"kind": object, "code": object}).set_index(["kind", "code"])
        frames.append(keyed[list(columns)])
    index = frames[1].index.append(frames[0].index.difference(frames[1].index, sort=False))
    out = pd.DataFrame(index=index)
    differs = pd.Series(False, index=index)
    for column in columns:
        one, two = (f[column].reindex(index) for f in frames)
        kind = "Float64" if column == "price" else "Int64"
        out[f"{column}_before" if column == "price" else f"{column[:-3]}_before_m2"] = one.astype(
            kind
        )
        out[f"{column}_after" if column == "price" else f"{column[:-3]}_after_m2"] = two.astype(
            kind
        )
        differs |= (one.isna() != two.isna()) | (one.notna() & two.notna() & (one != two))
    return out[differs].reset_index()


def protections(before: Side, after: Side) -> pd.DataFrame:
    """Compare every protected area of two plans.

    Returns
    -------
    GeoDataFrame
        ``kind``, ``code``, ``name``, ``state`` (``added``, ``gone``, ``moved``, ``level``),
        ``level_before``, ``level_after`` (joined by ``+`` where parts differ), ``area_before_m2``,
        ``area_after_m2``, ``in_m2``, ``out_m2``, ``level_m2`` (kept land of another level);
        the geometry is what came in or went out, or has another level. Areas whose polygons and
        levels are the same are left out.
    """
    import geopandas as gpd

    one, two = (_protected(p) for p in _both(before, after))
    rows = []
    for key in sorted({*one} | {*two}):
        row = _area(key, one.get(key), two.get(key))
        if row is not None:
            rows.append(row)
    columns = ["kind", "code", "name", "state", "level_before", "level_after", "area_before_m2",
               "area_after_m2", "in_m2", "out_m2", "level_m2"]  # fmt: skip
    frame = pd.DataFrame([r[:-1] for r in rows], columns=columns)
    whole = [c for c in columns if c.endswith("_m2")]
    frame[whole] = frame[whole].astype("int64")
    plan = after.plan or before.plan
    return gpd.GeoDataFrame(
        frame, geometry=gpd.GeoSeries([r[-1] for r in rows], crs=plan and plan.grid.crs)
    )


def _protected(plan: Plan | None) -> dict[tuple[str, str], pd.DataFrame]:
    """Give the polygons of every protected area by kind and code: ``level``, ``name``, shape."""
    found: dict[tuple[str, str], pd.DataFrame] = {}
    if plan is None:
        return found
    for kinds, code, frame in _layers(plan):
        whole = frame.assign(_kind=kinds, _code=frame[code].astype(str))
        for key, part in whole.groupby(["_kind", "_code"], sort=True):
            found[str(key[0]), str(key[1])] = part
    return found


def _layers(plan: Plan) -> Iterator[tuple[Any, str, Any]]:
    from zoning.pipeline import protected

    if plan.redlines is not None:
        yield "redline", "area_code", plan.redlines
    kept = protected.of_plan(plan)
    if kept is not None:
        yield kept["kind"].astype(str), "code", kept


def _area(key: tuple[str, str], one: Any, two: Any) -> tuple[Any, ...] | None:
    """Compare one protected area; None where nothing changed."""
    nothing = shapely.MultiPolygon()
    levels = [{} if f is None else _by_level(f) for f in (one, two)]
    if levels[0].keys() == levels[1].keys() and all(
        shapely.equals_identical(levels[0][k], levels[1][k]) for k in levels[0]
    ):
        return None
    shapes = [shapely.union_all(list(x.values())) if x else nothing for x in levels]
    area = [round(s.area) for s in shapes]
    kept = min(round(shared(*shapes).area), *area)
    other = _relevelled(*levels)
    state = "added" if one is None else "gone" if two is None else "moved"
    if state == "moved" and kept == area[0] == area[1]:
        if not round(other.area):
            return None
        state = "level"
    names = [str(f["name"].iloc[0]) for f in (two, one) if f is not None]
    moved = shapely.union(shapely.symmetric_difference(*shapes), other)
    told = ["+".join(k for k in x if k) for x in levels]
    return (*key, names[0], state, *told, *area, area[1] - kept, area[0] - kept,
            min(round(other.area), kept), _polygons(moved))  # fmt: skip


def _by_level(frame: Any) -> dict[str, Any]:
    """Give the land of each level of an area; ``""`` where levels are not known."""
    level = frame["level"] if "level" in frame else pd.Series(pd.NA, frame.index)
    said = level.astype(object).where(level.notna(), "").astype(str)
    return {
        str(k): shapely.union_all(part.geometry.to_numpy())
        for k, part in frame.groupby(said.to_numpy(), sort=True)
    }


def _relevelled(one: dict[str, Any], two: dict[str, Any]) -> Any:
    """Give the land of both whose level is another one."""
    parts = [
        shared(a, b) for k, a in one.items() for j, b in two.items() if k != j
    ]  # fmt: skip
    return _polygons(shapely.union_all(parts)) if parts else shapely.MultiPolygon()


def _polygons(shape: Any) -> Any:
    """Keep the polygons of a shape."""
    parts = shapely.get_parts(shape)
    flat = [p for p in parts if p.geom_type == "Polygon" and p.area > 0]
    nested = [q for p in parts if p.geom_type == "MultiPolygon" for q in shapely.get_parts(p)]
    return shapely.MultiPolygon([*flat, *nested])


def wing_tables(before: Side, after: Side) -> pd.DataFrame:
    """Compare the tables of wings (policies, conflicts ...) that name their rows by keys.

    Returns
    -------
    DataFrame
        ``table``, ``title_en``, ``title_zh``, ``row`` (its keys), ``column``, ``column_en``,
        ``column_zh`` (what that table calls it), ``before``, ``after`` (words), ``difference``
        (numbers), ``unit``, ``state`` (``changed``, ``added``, ``gone``); only what differs.
    """
    one, two = (_keyed(p) for p in _both(before, after))
    rows: list[tuple[Any, ...]] = []
    for name in sorted({*one} | {*two}):
        rows += _compare(one.get(name), two.get(name))
    columns = ["table", "title_en", "title_zh", "row", "column", "column_en", "column_zh",
               "before", "after", "difference", "unit", "state"]  # fmt: skip
    out = pd.DataFrame(rows, columns=columns)
    out["difference"] = pd.to_numeric(out["difference"]).astype("float64")
    return out


def _keyed(plan: Plan | None) -> dict[str, Table]:
    given = () if plan is None else plan.contributions
    return {t.name: t for c in given if c.wing != WING for t in c.tables if t.keys}


def _compare(one: Table | None, two: Table | None) -> list[tuple[Any, ...]]:
    shown = two if two is not None else one
    if shown is None:
        return []
    keys = list(shown.keys)
    if one is not None and two is not None and one.keys != two.keys:
        return [*_compare(one, None), *_compare(None, two)]
    frames = [None if t is None else _indexed(t, keys) for t in (one, two)]
    units = {f.name: f.unit for t in (one, two) if t is not None for f in t.fields}
    called = {f.name: f.label for t in (one, two) if t is not None for f in t.fields}
    columns = [f.name for f in shown.fields if f.name not in keys]
    if one is not None and two is not None:
        columns += [f.name for f in one.fields if f.name not in (*keys, *columns)]
    rows = []
    index = dict.fromkeys(k for f in frames[::-1] if f is not None for k in f.index)
    for key in index:
        there = [f is not None and key in f.index for f in frames]
        state = "changed" if all(there) else "added" if there[1] else "gone"
        for column in columns:
            cells = [
                f.at[key, column] if t and f is not None and column in f else None
                for f, t in zip(frames, there, strict=True)
            ]
            told = [_cell(c) for c in cells]
            if told[0] != told[1]:
                name = called[column]
                rows.append((shown.name, shown.title.en, shown.title.zh, key, column,
                             name.en, name.zh, *told, _less(*cells), units.get(column, ""),
                             state))  # fmt: skip
    return rows


def _indexed(table: Table, keys: list[str]) -> pd.DataFrame:
    frame = table.frame
    index = [" | ".join(_cell(v) for v in row) for row in frame[keys].itertuples(index=False)]
    return frame.set_axis(index, axis=0)


def _cell(value: Any) -> str:
    """Write a value as a word; unknown is empty."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (int, float, np.integer, np.floating)):
        return f"{float(value):.12g}"
    return str(value)


def _less(one: Any, two: Any) -> float:
    known = all(isinstance(v, (int, float, np.number)) and not pd.isna(v) for v in (one, two))
    return float(two) - float(one) if known else float("nan")
