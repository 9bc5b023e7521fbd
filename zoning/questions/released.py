"""The land that one red line or one other protection alone keeps from being built.

It starts from the atoms of a plan and from the class table that the plan was made with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from zoning.base import runs
from zoning.base.coded import spelled
from zoning.errors import InputError
from zoning.inputs.landuse import load_classes
from zoning.ledger.atoms import NONE, OVERLAP
from zoning.ledger.cover import covered
from zoning.plan import Plan
from zoning.schemes import Overlay
from zoning.zones.overlays import ruling


def classes_of(plan: Plan) -> pd.DataFrame | None:
    """Give the land-use classes that a plan was made with, as its ``run.json`` keeps them.

    Returns
    -------
    DataFrame, index ``value``, or None without land use
        ``code``, ``zh``, ``en``, ``group``, ``water``, ``farmland``, ``built``, as
        :func:`zoning.inputs.landuse.load_classes` gives them; rural roads stand in their group
        already.

    Raises
    ------
    InputError
        If the plan had a class table of its own and does not keep it (written before plans did).
    """
    part = plan.config.inputs.landuse
    if part is None:
        return None
    records = plan.run.get("landuse_classes")
    if records:
        table = pd.DataFrame(records).set_index("value").sort_index()
        return table.assign(built=table["group"] == "construction")
    if part.classes:
        raise InputError.one(
            "the plan folder does not keep its class table", "方案文件夹未保存其地类表",
            where=plan.name, code="no-classes",
            remedy=("run the plan again", "请重新运行方案"),
        )  # fmt: skip
    return load_classes(rural_roads_are_construction=part.rural_roads_are_construction)


def released(plan: Plan) -> pd.DataFrame:
    """Find the land that one red line or one other protection alone keeps from being built.

    Returns
    -------
    DataFrame
        ``rule_code``, ``kind`` (of protection), ``piece``, ``released_m2`` (int64, m2),
        ``suitability`` (of the unit, as in the plan) and ``township_zone``: the class of the
        township where an overlay rules the unit only through this area, else ``<NA>``.

    Notes
    -----
    An atom is freed by an area only if no other area, no other protection and no use keeps it:
    land under two red lines is freed by neither alone.
    """
    classes = classes_of(plan)
    if classes is None or plan.pieces is None:
        raise InputError.one(
            "without land use nobody knows what a rule releases",
            "缺少用地数据，无法判断规则释放的土地", where=plan.name, code="no-account",
        )  # fmt: skip
    number, seen = pd.factorize(plan.ledger["landuse"])
    use = classes.reindex(seen)
    open_ = use["group"].notna() & ~use["built"].eq(True) & ~use["water"].eq(True)
    guarded = (plan.ledger["red_set"] > 0) | (plan.ledger["protection_set"] > 0)
    nowhere = plan.ledger["township"].isin([NONE, OVERLAP])
    atoms = spelled(plan.ledger[open_.to_numpy(dtype=bool)[number] & guarded & ~nowhere])
    alone = _alone(plan.red_sets)
    red = atoms[(atoms["protected_by"] == "") & atoms["red_set"].isin(alone)]
    by_red = red.assign(rule_code=red["red_set"].map(alone).astype(object), kind="redline")
    others = _alone_of(plan)
    kept = atoms[(atoms["red_level"] == 0) & atoms["protection_set"].isin(others.index)]
    by_other = kept.assign(
        rule_code=kept["protection_set"].map(others["code"]).astype(object),
        kind=kept["protection_set"].map(others["kind"]).astype(object),
    )
    keys = ["kind", "rule_code", "unit", "township"]
    table = pd.concat([by_red, by_other]).groupby(keys)["area_m2"].sum().reset_index()
    table = table.rename(columns={"area_m2": "released_m2"})
    turned = _turned(plan, alone)
    # Units that leave an overlay draw all their pieces along, also those without released land.
    table = table.merge(turned, on=["kind", "rule_code", "unit", "township"], how="outer")
    table["released_m2"] = table["released_m2"].fillna(0).astype("int64")
    table["piece"] = table["unit"] + "|" + table["township"]
    table = pd.concat([table, _nothing(plan, table)], ignore_index=True)
    table["suitability"] = runs.looked_up(plan.units["suitability"], table["unit"])
    table = table.sort_values(["kind", "rule_code", "piece"], ignore_index=True)
    return table[["rule_code", "kind", "piece", "released_m2", "suitability", "township_zone"]]


def _nothing(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Give one empty row for each area that frees nothing, so that it has its price of 0."""
    codes = set(plan.red_sets["area_code"]) - set(table["rule_code"])
    first = plan.pieces.iloc[0]  # type: ignore[union-attr]
    rows = [
        {"kind": "redline", "rule_code": code, "unit": first["unit"], "released_m2": 0,
         "township": first["township"], "piece": f"{first['unit']}|{first['township']}"}
        for code in sorted(codes)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=table.columns)


def _alone(red_sets: pd.DataFrame) -> dict[int, str]:
    """Give the sets that consist of one area, whatever its levels."""
    found = red_sets.groupby("red_set")["area_code"].agg(["nunique", "first"])
    one = found[found["nunique"] == 1]["first"]
    return {int(k): str(v) for k, v in one.items()}


def _alone_of(plan: Plan, kinds: Collection[str] | None = None) -> pd.DataFrame:
    """Give kind and code of the sets of other protections that have one area (of some kinds)."""
    sets = plan.tables.get("protection_sets")
    if sets is None:
        return pd.DataFrame(columns=["kind", "code"])
    sets = sets if kinds is None else sets[sets["kind"].isin(kinds)]
    one = sets.drop_duplicates(["protection_set", "kind", "code"])
    one = one[~one["protection_set"].duplicated(keep=False)]
    return one.set_index("protection_set")[["kind", "code"]]


def _turned(plan: Plan, alone: Mapping[int, str]) -> pd.DataFrame:
    """List the pieces of units that an overlay rules only through one protected area.

    ``township_zone`` is what the zone becomes without it: the next overlay that rules, or the
    class of the township.
    """
    overlays, keys = plan.scheme.replacing, ["unit", "kind", "rule_code"]
    columns = [o.column for o in overlays]
    parts = [_lost(plan, o, alone) for o in overlays]
    lost = pd.concat([pd.DataFrame(columns=[*keys, *columns]), *parts])
    lost = lost.groupby(keys, sort=True)[columns].sum().astype("int64").reset_index()
    lost = lost[lost["unit"].isin(plan.units.index[_ruled(plan.units)])]
    units = pd.DataFrame(plan.units[["area_m2", "zone", "township_zone", *columns]])
    units = units.iloc[runs.positions(lost["unit"], plan.units.index)]
    units = units.reset_index(drop=True)
    for column in columns:
        units[column] = units[column] - lost[column].to_numpy()
    first = ruling(units, overlays).first
    codes = np.array([*(o.code for o in overlays), ""], dtype=object)
    then = units["township_zone"].astype("string").mask(first >= 0, pd.Series(codes[first]))
    turned = lost.assign(township_zone=then.to_numpy())[(then != units["zone"]).to_numpy()]
    rows = plan.pieces[["unit", "township"]].merge(turned, on="unit")  # type: ignore[index]
    return rows[["kind", "rule_code", "unit", "township", "township_zone"]]


def _ruled(units: pd.DataFrame) -> pd.Series:
    if "zone_reason" not in units:
        return pd.Series(False, index=units.index)
    return units["zone_reason"].eq("overlay").fillna(False).astype(bool)


def _lost(plan: Plan, overlay: Overlay, alone: Mapping[int, str]) -> pd.DataFrame:
    """Give what an overlay loses in each unit without one area: land under no other that counts.

    Areas of kinds that the overlay does not count may lie there too.
    """
    atoms, counted = plan.ledger, overlay.protections
    of_red = pd.DataFrame({"code": pd.Series(alone, dtype=object)}).assign(kind="redline")
    found = []
    for sets, one in (
        (atoms["red_set"], of_red if "redline" in counted else of_red[:0]),
        (atoms["protection_set"], _alone_of(plan, counted)),
    ):
        mine = sets.isin(one.index)
        kind, code = (sets.map(one[c].to_dict()).astype(object) for c in ("kind", "code"))
        for k in one["kind"].unique():
            mine &= ~((kind == k) & covered(atoms, [o for o in counted if o != k]))
        part = spelled(atoms.loc[mine, ["unit", "area_m2"]])
        found.append(part.assign(kind=kind[mine], rule_code=code[mine]))
    return pd.concat(found).rename(columns={"area_m2": overlay.column})
