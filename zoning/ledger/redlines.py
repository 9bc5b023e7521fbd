"""The accounts of the red lines (生态红线): how much, of which kind, where, and what overlaps.

The union counts once: it is a sum of the ledger. Tables per area and per type are no partition,
because areas may overlap; each of those tables therefore ends with the overlap, so that it closes.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.base import runs
from zoning.base.coded import spelled
from zoning.ledger.atoms import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

#: Last row of tables that are no partition: the area that is counted more than once.
OVERLAP_ROW = "overlap"


def describe(redlines: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """Give each feature (one per area and level) its area inside the city.

    Returns
    -------
    GeoDataFrame, index ``feature`` (``area_code-level``), sorted
        ``area_m2`` is the feature's area in the ledger; where the level-1 part lies inside the
        level-2 polygon both count it here, and only level 1 counts it in the account.
    """
    out = redlines.copy()
    out.index = pd.Index(out["area_code"] + "-" + out["level"].astype(str), name="feature")
    size = ledger.atoms.groupby("red_set")["area_m2"].sum()
    covered = ledger.red_sets.assign(area_m2=ledger.red_sets["red_set"].map(size))
    covered["feature"] = covered["area_code"] + "-" + covered["level"].astype(str)
    area = covered.groupby("feature")["area_m2"].sum()
    out["area_m2"] = area.reindex(out.index, fill_value=0).astype("int64")
    return out.sort_index()


def tables(
    redlines: gpd.GeoDataFrame, ledger: Ledger, parts: pd.DataFrame, zone_of: pd.Series | None
) -> dict[str, pd.DataFrame]:
    """Make every account of the red lines.

    Parameters
    ----------
    redlines : GeoDataFrame
        Of :func:`describe`.
    ledger : Ledger
    parts : DataFrame
        The atoms with their sums (:func:`zoning.ledger.sums.split`).
    zone_of : Series or None
        Zone of each unit, where there are zones.

    Returns
    -------
    dict of DataFrame
        ``redline_areas``, ``redline_types``, ``redline_overlaps``, ``redline_by_unit`` (per unit
        and area), ``redline_union_by_unit``, ``redline_levels``, ``redline_by_county``,
        ``redline_by_township``, ``redline_by_zone``, ``redline_built`` (construction inside, by
        level and township).
    """
    per_area = _by_area(ledger, parts)
    out = {
        "redline_areas": _areas(redlines, per_area, parts),
        "redline_types": _types(redlines, per_area, ledger, parts),
        "redline_overlaps": overlaps(ledger),
        "redline_by_unit": _by_unit_and_area(per_area),
    }
    del per_area
    named = ("unit", "county", "township", "red_level", *_SUMS)
    red = spelled(parts.loc[parts["red_level"] > 0, [c for c in named if c in parts]])
    out |= {
        "redline_union_by_unit": _union(red, ["unit"]),
        "redline_levels": _union(red, []),
        "redline_by_county": _union(red, ["county"]),
        "redline_by_township": _union(red, ["township"]),
    }
    if zone_of is not None:
        zoned = red.assign(zone=runs.looked_up(zone_of, red["unit"]).astype(object))
        out["redline_by_zone"] = _union(zoned, ["zone"])
    if "built_m2" in parts:
        built = out["redline_by_township"]
        columns = ["township", "red_level", "built_m2"]
        out["redline_built"] = built.loc[built["built_m2"] > 0, columns].reset_index(drop=True)
    return out


#: What is added up of the union.
_SUMS = ("area_m2", "built_m2", "farmland_m2", "water_m2")


def _union(red: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add up the union by level: every square metre once."""
    columns = [c for c in _SUMS if c in red]
    return red.groupby([*by, "red_level"], dropna=False)[columns].sum().reset_index()


def _by_area(ledger: Ledger, parts: pd.DataFrame) -> pd.DataFrame:
    """Repeat the atoms for each area that covers them, at the stricter of the area's levels."""
    strict = ledger.red_sets.groupby(["red_set", "area_code"])["level"].min().reset_index()
    under = parts["red_set"] != 0
    columns = [c for c in ("unit", "red_set", "area_m2", "built_m2") if c in parts]
    red = spelled(parts.loc[under, columns]).assign(atom=np.flatnonzero(under))
    return red.merge(strict, "inner", "red_set")


def _areas(redlines: gpd.GeoDataFrame, per_area: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Table of all areas, published against computed, and the overlap that closes it."""
    first = redlines.sort_values(["area_code", "level"]).drop_duplicates("area_code")
    keep = [c for c in ("name", "type", "status", "source", "source_year") if c in first]
    table = first.set_index("area_code")[keep].sort_index()
    by_level = per_area.groupby(["area_code", "level"])["area_m2"].sum().unstack(fill_value=0)
    by_level = by_level.reindex(table.index, columns=[1, 2], fill_value=0).astype("int64")
    table["level1_m2"], table["level2_m2"] = by_level[1], by_level[2]
    table["area_m2"] = table["level1_m2"] + table["level2_m2"]
    table["published_m2"] = _published(redlines).reindex(table.index).astype("Int64")
    table["difference_m2"] = table["area_m2"] - table["published_m2"]
    if "built_m2" in per_area:
        built = per_area.groupby("area_code")["built_m2"].sum()
        table["built_m2"] = built.reindex(table.index, fill_value=0).astype("int64")
    return _closed(table.reset_index(), "area_code", parts)


def _published(redlines: gpd.GeoDataFrame) -> pd.Series:
    """Give the published area of each red-line area, where there is one.

    A total that stands on each of its features counts once; different values are its levels.
    """
    known = redlines.dropna(subset="published_m2").groupby("area_code")["published_m2"]
    return known.agg("first").where(known.nunique() == 1, known.sum())


def _types(
    redlines: gpd.GeoDataFrame, per_area: pd.DataFrame, ledger: Ledger, parts: pd.DataFrame
) -> pd.DataFrame:
    """Union per type; what two types share is the overlap row."""
    kind = redlines.drop_duplicates("area_code").set_index("area_code")["type"]
    typed = per_area[["atom", "level", "area_m2"]].assign(
        type=per_area["area_code"].map(kind).astype(object).fillna("unknown")
    )
    # An atom under two areas of one type counts once in that type, at its stricter level.
    once = typed.sort_values("level").drop_duplicates(["atom", "type"])
    table = once.groupby(["type", "level"])["area_m2"].sum().unstack(fill_value=0)
    table = table.reindex(columns=[1, 2], fill_value=0)
    table.columns = pd.Index(["level1_m2", "level2_m2"])
    table["area_m2"] = table["level1_m2"] + table["level2_m2"]
    table.insert(0, "areas", kind.fillna("unknown").value_counts().reindex(table.index))
    return _closed(table.astype("int64").reset_index(), "type", parts)


def _closed(table: pd.DataFrame, key: str, parts: pd.DataFrame) -> pd.DataFrame:
    """Add the row that brings the sum of areas to their union."""
    union = int(parts["redline_m2"].sum())
    level1 = int(parts["redline_level1_m2"].sum())
    row = {
        key: OVERLAP_ROW,
        "area_m2": union - int(table["area_m2"].sum()),
        "level1_m2": level1 - int(table["level1_m2"].sum()),
        "level2_m2": union - level1 - int(table["level2_m2"].sum()),
    }
    if "built_m2" in table:
        row["built_m2"] = int(parts["built_redline_m2"].sum()) - int(table["built_m2"].sum())
    last = pd.DataFrame([row]).reindex(columns=table.columns)
    return pd.concat([table, last.astype(table.dtypes, errors="ignore")], ignore_index=True)


def overlaps(ledger: Ledger) -> pd.DataFrame:
    """List every pair of areas that share ground, and how much.

    Returns
    -------
    DataFrame
        ``area_code_a``, ``area_code_b``, ``overlap_m2`` (int64), sorted by codes. Nothing is
        merged: both areas keep the ground, the union counts it once.
    """
    size = ledger.atoms.groupby("red_set")["area_m2"].sum()
    size_of = {k: int(v) for k, v in size.items()}
    members: dict[Any, set[str]] = {}
    sets = ledger.red_sets
    for red_set, area in zip(sets["red_set"].tolist(), sets["area_code"].tolist(), strict=True):
        members.setdefault(red_set, set()).add(area)
    pairs: dict[tuple[str, str], int] = {}
    for red_set, areas in members.items():
        for pair in combinations(sorted(areas), 2):
            pairs[pair] = pairs.get(pair, 0) + size_of.get(red_set, 0)
    rows = [(a, b, m2) for (a, b), m2 in sorted(pairs.items()) if m2 > 0]
    return pd.DataFrame(rows, columns=["area_code_a", "area_code_b", "overlap_m2"])


def _by_unit_and_area(per_area: pd.DataFrame) -> pd.DataFrame:
    keys = ["unit", "area_code", "level"]
    return per_area.groupby(keys)["area_m2"].sum().reset_index()


def summary(redlines: gpd.GeoDataFrame, areas: pd.DataFrame, parts: pd.DataFrame) -> dict[str, int]:
    """Give the numbers of ``run.json``: areas, features, sum, union, level 1, units touched."""
    each = areas[areas["area_code"] != OVERLAP_ROW]
    touched = parts.loc[parts["redline_m2"] > 0, "unit"].nunique()
    return {
        "areas": int(redlines["area_code"].nunique()),
        "features": len(redlines),
        "sum_m2": int(each["area_m2"].sum()),
        "union_m2": int(parts["redline_m2"].sum()),
        "level1_m2": int(parts["redline_level1_m2"].sum()),
        "units_touched": int(touched),
    }
