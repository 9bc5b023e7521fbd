"""The land that one red line or one other protection alone keeps from being built.

It starts from the atoms of a plan and from the class table that the plan was made with.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.base import runs
from zoning.base.coded import spelled
from zoning.errors import InputError
from zoning.inputs.landuse import load_classes
from zoning.ledger.atoms import NONE, OVERLAP, no_sets
from zoning.pipeline.withdrawn import Over, areas_over
from zoning.plan import Plan


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
    sets = plan.tables.get("protection_sets", no_sets())
    over = areas_over(plan.ledger, plan.red_sets, sets)
    atoms = plan.ledger[["unit", "township", "landuse", "area_m2"]].iloc[over.atoms]
    number, seen = pd.factorize(atoms["landuse"])
    use = classes.reindex(seen)
    open_ = use["group"].notna() & ~use["built"].eq(True) & ~use["water"].eq(True)
    sole = over.sole()
    nowhere = atoms["township"].isin([NONE, OVERLAP]).to_numpy(bool)
    mine = open_.to_numpy()[number] & (sole >= 0) & ~nowhere
    keys = ["area", "unit", "township"]
    table = spelled(atoms[mine]).assign(area=sole[mine])
    table = table.groupby(keys)["area_m2"].sum().rename("released_m2").reset_index()
    # Units that leave an overlay draw all their pieces along, also those without released land.
    table = table.merge(_turned(plan, over, atoms), "outer", keys)
    named = pd.DataFrame(over.areas, columns=["kind", "rule_code"], dtype=object)
    table = table.join(named, "area")
    table["piece"] = table["unit"] + "|" + table["township"]
    parts = [t for t in (table, _nothing(plan, table)) if len(t)] or [table]
    table = pd.concat(parts, ignore_index=True).reindex(columns=table.columns)
    table["released_m2"] = table["released_m2"].astype("float64").fillna(0).astype("int64")
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
    return pd.DataFrame(rows)


def _turned(plan: Plan, over: Over, atoms: pd.DataFrame) -> pd.DataFrame:
    """List the pieces of units that an overlay rules only through one protected area.

    ``township_zone`` is what the zone becomes without it: the next overlay that rules, or the
    class of the township.
    """
    hangs = over.hanging(atoms, plan.units, plan.scheme)
    units, then = plan.units.iloc[hangs.unit[hangs.changed]], hangs.then[hangs.changed]
    codes = np.array([*(o.code for o in plan.scheme.replacing), ""], object)
    turned = pd.DataFrame({"area": hangs.area[hangs.changed], "unit": units.index.astype(str)})
    turned["township_zone"] = np.where(then >= 0, codes[then], units.get("township_zone", ""))
    rows = plan.pieces[["unit", "township"]]  # type: ignore[index]
    # A few of a million pieces; joined to all of them their codes were written three times.
    mine = np.zeros(len(plan.units), bool)
    mine[hangs.unit[hangs.changed]] = True
    rows = rows[mine[runs.positions(rows["unit"], plan.units.index)]]
    return rows.merge(turned, "inner", "unit")[["area", "unit", "township", "township_zone"]]
