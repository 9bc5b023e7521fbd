"""Sums of the ledger: units, pieces, townships, counties, zones.

Nothing here measures anything: every figure is a sum of atoms, so all tables agree.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from zoning.base import runs
from zoning.base.areas import share
from zoning.base.coded import spelled
from zoning.inputs.protections import counted_by_default, load_kinds
from zoning.ledger.atoms import NONE, OVERLAP, Ledger
from zoning.ledger.cover import covered, covers
from zoning.ledger.unknown import unknown_stays
from zoning.schemes import Scheme

#: Columns that are sums of atoms; those of land use exist only where land use is known.
#: Sums of the kinds of protection; those of a kind that no atom has are left out.
KIND_SUMS = ("core_m2", "basic_farmland_m2", "heritage_m2", "water_source_m2", "lock_m2")
RED_SUMS = ("redline_m2", "redline_level1_m2", *KIND_SUMS, "protected_m2")
USE_SUMS = ("built_m2", "built_redline_m2", "water_m2", "farmland_m2", "eco_agri_m2", "free_m2")

#: Shares of townships, and the sum that each is made of.
SHARES = {f"{c}_share": f"{c}_m2" for c in ("built", "redline", "protected", "farmland", "water")}


def split(
    atoms: pd.DataFrame,
    classes: pd.DataFrame | None,
    counted: Collection[str] | None = None,
) -> pd.DataFrame:
    """Split each atom's area into the sums that accounts ask for.

    Parameters
    ----------
    atoms : DataFrame
        The ledger.
    classes : DataFrame or None
        The class table (:func:`zoning.inputs.landuse.load_classes`); None without land use.
    counted : collection of str, optional
        Kinds that ``protected_m2`` counts (``Scheme.counted``); None: those of kinds.toml.

    Returns
    -------
    DataFrame on the index of ``atoms``
        The keys, ``area_m2`` and the columns of :data:`RED_SUMS` (and :data:`USE_SUMS` with land
        use), each the part of ``area_m2`` to which the word applies (int64, m2).

    Notes
    -----
    ``free_m2`` is not built, not water, and under no protection of any kind; land whose use is
    unknown is not free, because nobody knows that it is.
    """
    area = atoms["area_m2"]
    red, level1 = atoms["red_level"] > 0, atoms["red_level"] == 1
    kinds, under = load_kinds(), covers(atoms)
    kept = red | (atoms["protected_by"] != "")
    parts = pd.DataFrame(atoms)  # columns are added, none is changed
    parts["redline_m2"] = area.where(red, 0)
    parts["redline_level1_m2"] = area.where(level1, 0)
    for kind, column in kinds["column"].drop("redline").items():
        inside = under([str(kind)])
        if inside.any():
            parts[column] = area.where(inside, 0)
    counted = counted_by_default() if counted is None else counted
    parts["protected_m2"] = area.where(under(counted), 0)
    if classes is None:
        return parts
    at = classes.index.get_indexer(atoms["landuse"])

    def where(flags: pd.Series) -> npt.NDArray[np.bool_]:
        """Say of each atom what is said of its class; of land without a class it is not so."""
        said: npt.NDArray[np.bool_] = np.append(np.asarray(flags, bool), False)[at]
        return said

    built, water, farmland = (where(classes[c].eq(True)) for c in ("built", "water", "farmland"))
    green = where(classes["group"].isin(["ecology", "agriculture"]))
    parts["built_m2"] = area.where(built, 0)
    parts["built_redline_m2"] = area.where(built & red, 0)
    parts["water_m2"] = area.where(water, 0)
    parts["farmland_m2"] = area.where(farmland, 0)
    parts["eco_agri_m2"] = area.where(green, 0)
    known = where(classes["group"].notna())
    parts["free_m2"] = area.where(known & ~built & ~water & ~kept, 0)
    parts["free_farmland_m2"] = parts["free_m2"].where(farmland, 0)
    return parts


def add_overlays(
    units: pd.DataFrame, parts: pd.DataFrame, scheme: Scheme, *, red_known: bool = True
) -> None:
    """Give units the area that the protections of each overlay cover, land under several once.

    The columns are those of ``Overlay.column`` (Int64, m2); ``<NA>`` where red lines count and
    nobody gave them.
    """
    for overlay in scheme.overlays:
        under = parts["area_m2"].where(covered(parts, overlay.protections), 0)
        total = runs.total(under, parts["unit"], units.index)
        known = red_known or "redline" not in overlay.protections
        units[overlay.column] = total.astype("Int64") if known else pd.array(
            [pd.NA] * len(units), "Int64"
        )  # fmt: skip


def sums(parts: pd.DataFrame, by: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """Add up every sum column by some keys (0 on rows of ``index`` without atoms)."""
    out = _flat(parts, by).set_index(list(by))
    at = runs.positions(out.index, index)
    filled = np.zeros((len(out.columns), len(index)), np.int64)
    for row, column in zip(filled, out.columns, strict=True):
        row[at[at >= 0]] = out[column].to_numpy(np.int64)[at >= 0]
    return pd.DataFrame(dict(zip(out.columns, filled, strict=True)), index=index)


def _flat(parts: pd.DataFrame, by: Sequence[str], *more: str) -> pd.DataFrame:
    """Add up every sum column by some keys, which stay columns."""
    columns = ("area_m2", *RED_SUMS, *USE_SUMS, *more)
    return runs.added(parts, by, [c for c in columns if c in parts])


def pieces(parts: pd.DataFrame) -> pd.DataFrame:
    """Make the pieces: the part of a unit in one township.

    Returns
    -------
    DataFrame, index ``piece`` (``unit|township``), sorted
        ``unit``, ``township``, ``county`` and the sums; of free land also ``free_farmland_m2``, so
        that it remembers what new land would take. Land in no township or in two is a piece
        of its own (``none``, ``overlap``): it is counted, and nothing new is put there.
    """
    out = _flat(parts, ["unit", "township", "county"], "free_farmland_m2")
    first = runs.starts([out["unit"], out["township"]])
    if first is None or len(first) != len(out):  # a township in several counties
        out = spelled(out).groupby(["unit", "township"]).agg(
            {"county": "first", **{c: "sum" for c in out.columns[3:]}}
        ).reset_index()  # fmt: skip
    out = spelled(out)
    out.index = pd.Index(out["unit"] + "|" + out["township"], name="piece")
    return runs.in_order(out)


def describe_units(
    ledger: Ledger, parts: pd.DataFrame, names: pd.Series | None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give units their sums and the township of their largest share.

    Parameters
    ----------
    names : Series or None
        Township names by code; None without townships.

    Returns
    -------
    units : GeoDataFrame, index ``unit``
        ``area_m2``, ``lon``, ``lat``, ``county``, ``township``, ``township_name``,
        ``township_share`` and the sums. Ties of shares go to the smaller code.
    shares : DataFrame
        The whole table: ``unit``, ``township``, ``area_m2``, ``share``.
    """
    units = ledger.units.copy()
    total = sums(parts, ["unit"], units.index)
    by_township = runs.added(parts, ["unit", "township", "county"], ["area_m2"])
    shares = runs.added(by_township, ["unit", "township"], ["area_m2"])
    shares["share"] = share(shares["area_m2"], runs.looked_up(units["area_m2"], shares["unit"]))
    if names is not None:
        known = by_township[~by_township["township"].isin([NONE, OVERLAP])]
        best = _largest(known, units.index)
        for column in ("county", "township"):
            units[column] = runs.taken(known[column], best, units.index).astype("string")
        units["township_name"] = runs.looked_up(names, units["township"]).astype("string")
        area = runs.taken(known["area_m2"], best, units.index)
        units["township_share"] = share(area, units["area_m2"])
    columns = [c for c in total.columns if c != "area_m2"]
    units[columns] = total[columns]
    geometry = units.pop("geometry")
    return gpd.GeoDataFrame(units, geometry=geometry, crs=ledger.units.crs), spelled(shares)


def _largest(known: pd.DataFrame, units: pd.Index) -> Any:
    """Find for each unit the row with most area, of several the first; -1 where there is none."""
    at = runs.positions(known["unit"], units)
    order = np.lexsort((-known["area_m2"].to_numpy(), at))
    unit = at[order]
    first = np.flatnonzero(np.concatenate([[True], unit[1:] != unit[:-1]])) if len(unit) else unit
    best = np.full(len(units), -1)
    best[unit[first]] = order[first]
    return best


def describe_townships(
    townships: gpd.GeoDataFrame, parts: pd.DataFrame, county_names: pd.Series | None, city: Any
) -> gpd.GeoDataFrame:
    """Give townships their sums and shares, and the name of their county.

    What a polygon has outside the city is cut away, as in the ledger. A column of the planner that
    has the name of a sum or share is kept as ``given_...``: accounts are made of what is measured
    here, the method reads what the planner measured (`zoning.indicators.own_first`).
    """
    out = townships.sort_index().copy()
    total = sums(parts, ["township"], out.index)
    taken = {*total.columns, *SHARES, "county_name", "new_m2"}
    out = out.rename(columns={c: f"given_{c}" for c in out.columns if c in taken})
    shapes = out.geometry.to_numpy().copy()
    beyond = ~shapely.covered_by(shapes, city)
    shapes[beyond] = [_polygons(g) for g in shapely.intersection(shapes[beyond], city)]
    out = out.set_geometry(list(shapes), crs=townships.crs)
    names = {} if county_names is None else county_names
    out.insert(2, "county_name", out["county"].map(names).astype("string"))
    for column in total.columns:
        out[column] = total[column]
    for column, part in SHARES.items():
        if part in out:
            out[column] = share(out[part], out["area_m2"])
    return out


def describe_counties(
    townships: gpd.GeoDataFrame, parts: pd.DataFrame, county_names: pd.Series | None
) -> gpd.GeoDataFrame:
    """Put townships together to counties, with the sums of the ledger.

    Notes
    -----
    ``county`` is always the county of the township, so counties and townships cannot disagree;
    a county layer only lends its names.
    """
    groups = townships.groupby("county")
    geometry = [shapely.union_all(g.geometry.to_numpy()) for _, g in groups]
    index = pd.Index([code for code, _ in groups], name="county", dtype="string")
    out = gpd.GeoDataFrame(index=index, geometry=geometry, crs=townships.crs)
    names = {} if county_names is None else county_names
    out.insert(0, "name", pd.Series(index.map(names), index=index).astype("string"))
    out["name"] = out["name"].fillna(index.to_series())
    total = sums(parts, ["county"], pd.Index(index.astype(object)))
    for column in total.columns:
        out[column] = total[column].to_numpy()
    for column in ("built", "redline"):
        if f"{column}_m2" in out:
            out[f"{column}_share"] = share(out[f"{column}_m2"], out["area_m2"])
    return out


def describe_zones(
    units: gpd.GeoDataFrame, city: Any, scheme: Scheme, limits: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """Make the zones: one multipolygon each, clipped to the city, with the sums of units.

    Parameters
    ----------
    scheme : Scheme
    limits : DataFrame, index ``zone``, optional
        ``cap_m2`` and ``quota_m2`` (``<NA>`` where there is none).

    Returns
    -------
    GeoDataFrame, index ``zone`` (all codes that ``zone`` can hold, in the scheme's order)
        ``name_zh``, ``name_en``, ``colour``, ``units``, ``area_m2``, ``redline_m2`` and the sums
        of land use. A zone without units has an empty geometry and sums of 0. A plan without
        townships has no zones, so no rows.
    """
    words = scheme.members if "zone" in units else ()
    zone = units["zone"] if "zone" in units else pd.Series(pd.NA, units.index)
    codes = [z.code for z in words]
    columns = [c for c in ("area_m2", "redline_m2", *KIND_SUMS, *USE_SUMS, "new_m2") if c in units]
    total = units[columns].groupby(zone, observed=True).sum()
    total = unknown_stays(total.reindex(codes, fill_value=0).astype("int64"), units)
    geometry = [_clipped(units.geometry.to_numpy()[_is(zone, c)], city) for c in codes]
    zones = gpd.GeoDataFrame(
        {
            "name_zh": [z.zh for z in words],
            "name_en": [z.en for z in words],
            "colour": [z.colour for z in words],
            "units": [int(_is(zone, c).sum()) for c in codes],
        },
        index=pd.Index(codes, name="zone"),
        geometry=geometry,
        crs=units.crs,
    )
    for column in columns:
        zones.insert(len(zones.columns) - 1, column, total[column])
    if limits is not None and len(limits):
        for column in ("cap_m2", "quota_m2"):
            value = limits[column].reindex(codes).astype("Int64")
            zones.insert(len(zones.columns) - 1, column, value)
    return zones


def _is(zone: pd.Series, code: str) -> Any:
    return np.asarray(zone.eq(code).fillna(False), bool)


def _clipped(squares: Any, city: Any) -> Any:
    """Join squares and keep what lies in the city."""
    if not len(squares):
        return shapely.MultiPolygon()
    return _polygons(shapely.intersection(shapely.coverage_union_all(squares), city))


def _polygons(shape: Any) -> Any:
    """Keep the polygons of a shape; where two only touch, there are none."""
    parts = [p for p in shapely.get_parts(shape) if shapely.get_type_id(p) == 3]
    return shapely.MultiPolygon(parts)


def account_tables(
    pieces_: pd.DataFrame, parts: pd.DataFrame, units: pd.DataFrame, place: str
) -> dict[str, pd.DataFrame]:
    """Make the tables of the account: city, zone, county, township and their crossings.

    Parameters
    ----------
    pieces_ : DataFrame
        The pieces, with ``zone``, ``county``, ``township``, ``new_m2``.
    parts : DataFrame
        The atoms with their sums, for the crossing with land use.
    place : str
        Name of the city, for the one row of ``account_city``.

    Returns
    -------
    dict of DataFrame
        Each with keys, ``area_m2``, ``redline_m2``, the sums of land use, ``new_m2`` and
        ``share`` = (built - reduced + new) / area. Every table adds up to the same totals, but
        ``account_overlay``: overlays that stand beside the zones, crossed with them.
    """
    by = {
        "account_city": ["city"], "account_zone": ["zone"], "account_county": ["county"],
        "account_township": ["township"], "account_zone_county": ["zone", "county"],
        "account_zone_township": ["zone", "township"],
    }  # fmt: skip
    whole = pieces_.assign(city=place)
    named = ("area_m2", "redline_m2", *KIND_SUMS, *USE_SUMS, "new_m2", "reduced_m2")
    columns = [c for c in named if c in whole]
    tables = {}
    frames = dict.fromkeys(by, whole)
    if "overlays" in whole and not whole["overlays"].dropna().eq("").all():
        beside = whole.assign(overlay=whole["overlays"].str.split("+")).explode("overlay")
        frames["account_overlay"] = beside[beside["overlay"].fillna("") != ""]
        by["account_overlay"] = ["overlay", "zone"]
    for name, keys in by.items():
        rows = frames[name]
        if any(k not in rows for k in keys):
            continue
        groups = rows.groupby(keys, dropna=False, observed=True)
        # Column by column: together they would be copied first.
        table = pd.DataFrame({c: groups[c].sum() for c in columns})
        table = spelled(unknown_stays(table, rows).reset_index())
        if "built_m2" in table:
            new = table.get("new_m2", 0) - table.get("reduced_m2", 0)
            table["share"] = share(table["built_m2"] + new, table["area_m2"])
        tables[name] = table
    if "zone" in units and "built_m2" in parts:
        number, names = pd.factorize(units["zone"], sort=True, use_na_sentinel=False)
        zone = runs.looked_up(pd.Series(number, index=units.index), parts["unit"])
        cross = (
            parts.groupby([zone.rename("zone"), "landuse"], observed=True)["area_m2"]
            .sum()
            .reset_index()
        )
        cross["zone"] = np.asarray(names)[cross["zone"].to_numpy()]
        tables["account_zone_landuse"] = cross
    return tables
