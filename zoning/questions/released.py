"""The land that one red line or one other protection alone keeps from being built.

It starts from the atoms of a plan and from the class table that the plan was made with.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from zoning.errors import InputError
from zoning.inputs.landuse import load_classes
from zoning.inputs.protections import load_kinds
from zoning.ledger.atoms import NONE, OVERLAP
from zoning.ledger.sums import covered
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
        township where the unit is ecological balance only through this red line, else ``<NA>``.

    Notes
    -----
    An atom is freed by an area only if no other area, no other protection and no use keeps it:
    land under two red lines is freed by neither alone.
    """
    classes = classes_of(plan)
    if classes is None or plan.pieces is None:
        raise InputError.one(
            "without land use nobody knows what a rule releases",
            "缺少用地数据,无法判断规则释放的土地", where=plan.name, code="no-account",
        )  # fmt: skip
    use = classes.reindex(plan.ledger["landuse"].to_numpy())
    buildable = (
        use["group"].notna().to_numpy()
        & ~use["built"].eq(True).to_numpy()
        & ~use["water"].eq(True).to_numpy()
        & ~plan.ledger["township"].isin([NONE, OVERLAP]).to_numpy()
    )
    atoms = plan.ledger[buildable]
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
    # Units that leave balance draw all their pieces along, also those without released land.
    table = table.merge(turned, on=["kind", "rule_code", "unit", "township"], how="outer")
    table["released_m2"] = table["released_m2"].fillna(0).astype("int64")
    table["piece"] = table["unit"] + "|" + table["township"]
    table = pd.concat([table, _nothing(plan, table)], ignore_index=True)
    table["suitability"] = table["unit"].map(plan.units["suitability"])
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


def _alone_of(plan: Plan) -> pd.DataFrame:
    """Give kind and code of the sets of other protections that consist of one area."""
    sets = plan.tables.get("protection_sets")
    if sets is None:
        return pd.DataFrame(columns=["kind", "code"])
    one = sets.drop_duplicates(["protection_set", "kind", "code"])
    one = one[~one["protection_set"].duplicated(keep=False)]
    return one.set_index("protection_set")[["kind", "code"]]


def _turned(plan: Plan, alone: Mapping[int, str]) -> pd.DataFrame:
    """List the pieces of units that are balance only through one red line."""
    atoms = plan.ledger
    kinds = load_kinds()
    also = covered(atoms, kinds.index[kinds["balance"]].drop("redline").tolist())
    mine = atoms[atoms["red_set"].isin(alone) & ~also]
    through = mine.assign(rule_code=mine["red_set"].map(alone).astype(object))
    through = through.groupby(["unit", "rule_code"])["area_m2"].sum().reset_index()
    units = plan.units.loc[through["unit"]]
    left = units["protected_m2"].to_numpy() - through["area_m2"].to_numpy()
    below = left < plan.config.zones.balance_share * units["area_m2"].to_numpy()
    was = (units["zone"].eq("balance") & units["zone_reason"].eq("redline")).fillna(False)
    through = through[below & was.to_numpy(dtype=bool)]
    rows = plan.pieces[["unit", "township"]].merge(through, on="unit")  # type: ignore[index]
    rows["township_zone"] = rows["unit"].map(plan.units["township_zone"])
    return rows.assign(kind="redline")[["kind", "rule_code", "unit", "township", "township_zone"]]
