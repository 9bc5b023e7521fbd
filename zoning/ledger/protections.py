"""The accounts of protected land: how much of each kind, where, and what it keeps from being built.

Every figure is a sum of the ledger. Land under several kinds counts in each of them, so tables by
kind are no partition; what is counted more than once stands as a row of its own, so they close.
Red lines are one of the kinds here and have an account of their own besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.base import runs
from zoning.base.areas import share
from zoning.base.coded import spelled
from zoning.inputs.protections import load_kinds
from zoning.ledger.atoms import Ledger
from zoning.ledger.cover import covers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import geopandas as gpd

#: Last row of tables that are no partition: land that is counted more than once.
OVERLAP_ROW = "overlap"
#: Kind of units that nothing protects.
NOTHING = "none"
_SUMS = ("area_m2", "built_m2", "farmland_m2", "water_m2")
#: What else is asked of the atoms here.
_KEYS = ("unit", "township", "county", "red_set", "red_level", "protection_set", "protected_by",
         "landuse", "known_use")  # fmt: skip


def tables(
    layer: gpd.GeoDataFrame,
    ledger: Ledger,
    parts: pd.DataFrame,
    zone_of: pd.Series | None = None,
) -> dict[str, pd.DataFrame]:
    """Make every account of protected land.

    Parameters
    ----------
    layer : GeoDataFrame
        Protections of all kinds but red lines.
    ledger : Ledger
    parts : DataFrame
        The atoms with their sums (:func:`zoning.ledger.sums.split`).
    zone_of : Series or None
        Zone of each unit, where there are zones.

    Returns
    -------
    dict of DataFrame
        ``protection_kinds`` (closed by a row ``overlap``), ``protection_areas``,
        ``protection_levels``, ``protection_by_county``, ``..._township``, ``..._zone`` and
        ``protection_units`` (the kind that protects most of a unit).
    """
    parts = parts[[c for c in (*_KEYS, *_SUMS) if c in parts]]
    under, kinds = covers(parts), load_kinds().index
    by_kind, protected = _by_kind(parts, under, kinds), spelled(parts[under(kinds)])
    in_sets = spelled(parts[parts["protection_set"] != 0])
    per_area = in_sets.merge(ledger.protection_sets, "inner", "protection_set")
    out = {
        "protection_kinds": _kinds(by_kind, layer, ledger, protected),
        "protection_areas": _areas(layer, per_area),
        "protection_levels": _levels(per_area),
    }
    for key in ("county", "township"):
        out[f"protection_by_{key}"] = _add(by_kind, [key, "kind"])
    if zone_of is not None:
        zoned = by_kind.assign(zone=by_kind["unit"].map(zone_of.astype(object)))
        out["protection_by_zone"] = _add(zoned, ["zone", "kind"])
    out["protection_units"] = _units(by_kind, protected, parts)
    return out


def _by_kind(
    parts: pd.DataFrame, under: Callable[[Collection[str]], pd.Series], kinds: pd.Index
) -> pd.DataFrame:
    """Repeat the atoms for each kind that protects them."""
    found = [(kind, rows) for kind in kinds if (rows := under([kind])).any()]
    return pd.concat(
        [spelled(parts[rows]).assign(kind=kind) for kind, rows in found]
        or [spelled(parts[:0]).assign(kind=kinds[:0])]
    )


def _add(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add up areas by some keys, kinds in their order."""
    columns = [c for c in _SUMS if c in rows]
    out = rows.groupby(by, dropna=False)[columns].sum().reset_index()
    order = {kind: i for i, kind in enumerate(load_kinds().index)}
    keys = [k for k in by if k != "kind"]
    at = out["kind"].map(order)
    return out.assign(_at=at).sort_values([*keys, "_at"], ignore_index=True).drop(columns="_at")


def _kinds(
    by_kind: pd.DataFrame, layer: gpd.GeoDataFrame, ledger: Ledger, protected: pd.DataFrame
) -> pd.DataFrame:
    table = _add(by_kind, ["kind"])
    areas = layer.groupby("kind")["code"].nunique()
    areas["redline"] = ledger.red_sets["area_code"].nunique()
    table.insert(1, "areas", table["kind"].map(areas).astype("Int64"))
    if "built_m2" in protected:
        table["kept_m2"] = table["kind"].map(_kept(by_kind)).fillna(0).astype("int64")
    columns = [c for c in _SUMS if c in table]
    last = {c: int(protected[c].sum()) - int(table[c].sum()) for c in columns}
    end = pd.DataFrame([{"kind": OVERLAP_ROW, **last}])
    out = pd.concat([table.astype({"areas": "Int64"}), end], ignore_index=True)
    return out.astype({c: "Int64" for c in out.columns if c != "kind"})


def _kept(by_kind: pd.DataFrame) -> pd.Series:
    """Add up what would be free if a kind were not there: no other kind, not built, not water."""
    red = by_kind["red_level"] > 0
    alone = by_kind["protected_by"].where(~red, "redline").eq(by_kind["kind"])
    alone &= ~red | (by_kind["protected_by"] == "")
    open_ = (by_kind["built_m2"] == 0) & (by_kind["water_m2"] == 0) & by_kind["known_use"]
    return by_kind[alone & open_].groupby("kind")["area_m2"].sum()


def _areas(layer: gpd.GeoDataFrame, per_area: pd.DataFrame) -> pd.DataFrame:
    """List every area with its features put together, published against computed."""
    keys = ["kind", "code"]
    atoms = per_area.drop_duplicates([*keys, "unit", "township", "red_set", "protection_set",
                                      "landuse"])  # fmt: skip
    columns = [c for c in _SUMS if c in atoms]
    size = atoms.groupby(keys)[columns].sum()
    about = layer.groupby(keys, sort=False)
    table = about[["name", "type", "source", "year"]].first()
    for column in columns:
        table[column] = size[column].reindex(table.index, fill_value=0).astype("int64")
    table["published_m2"] = about["published_m2"].sum(min_count=1).astype("Int64")
    table["difference_m2"] = table["area_m2"].astype("Int64") - table["published_m2"]
    return table.reset_index()


def _levels(per_area: pd.DataFrame) -> pd.DataFrame:
    """Union per kind and level; land of two levels of one kind counts at the stricter one."""
    keys = ["unit", "township", "county", "red_set", "protection_set", "landuse", "kind"]
    once = per_area.sort_values("level").drop_duplicates(keys)
    return _add(once, ["level", "kind"])[["kind", "level", *(c for c in _SUMS if c in once)]]


def _units(by_kind: pd.DataFrame, protected: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Name for each unit the kind that covers most of it, and the share of all kinds together."""
    size = _add(by_kind, ["unit", "kind"])
    most = size.loc[size.groupby("unit")["area_m2"].idxmax()]
    under = protected.groupby("unit")["area_m2"].sum()
    whole = spelled(runs.added(parts, ["unit"], ["area_m2"])).set_index("unit")["area_m2"]
    table = pd.DataFrame({"unit": whole.index})
    kind = most.set_index("unit")["kind"]
    table["kind"] = table["unit"].map(kind).astype(kind.dtype).fillna(NOTHING)
    table["area_m2"] = table["unit"].map(under).fillna(0).astype("int64")
    whole = table["unit"].map(whole)
    table["protected_share"] = share(table["area_m2"], whole).astype("float64")
    return table
