"""The tables of accounts and of red lines, added up again from pieces and atoms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from zoning.base.coded import in_text
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.areas import add_up, hold_unknown, not_known, numbered
from zoning.verify.compare import Findings, missing

FROM = Text("the ledger", "账目")
#: Tables of accounts with their keys; land without a zone stands under no key.
ACCOUNTS = {
    "account_city": ("city",), "account_zone": ("zone",), "account_county": ("county",),
    "account_township": ("township",), "account_zone_county": ("zone", "county"),
    "account_zone_township": ("zone", "township"),
}  # fmt: skip
#: Tables of the union of red lines, by level.
RED = {
    "redline_union_by_unit": ("unit", "red_level"), "redline_levels": ("red_level",),
    "redline_by_county": ("county", "red_level"), "redline_by_township": ("township", "red_level"),
    "redline_by_zone": ("zone", "red_level"), "redline_built": ("township", "red_level"),
}  # fmt: skip


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Hold every table of sums against the atoms."""
    atoms = atoms.assign(
        city=plan.name, red_level=plan.ledger["red_level"].to_numpy(),
        red_set=plan.ledger["red_set"].to_numpy(),
    )  # fmt: skip
    if "zone" in plan.units:
        zone = in_text(plan.units["zone"]).reindex(atoms["unit"].cat.categories).fillna("")
        atoms["zone"] = pd.Categorical(zone.to_numpy(dtype=object)).take(atoms["unit"].cat.codes)
    sums = [c for c in atoms.columns if c.endswith("_m2")]
    for column in ("new_m2", "reduced_m2"):
        if plan.pieces is not None and column in plan.pieces:
            atoms = atoms.assign(**{column: _new(plan, atoms, column)})
            sums.append(column)
    for name, keys in ACCOUNTS.items():
        _table(plan, found, name, keys, atoms, sums)
    _table(plan, found, "account_zone_landuse", ("zone", "landuse"), atoms, ["area_m2"])
    _table(plan, found, "unit_townships", ("unit", "township"), atoms, ["area_m2"])
    red = atoms[atoms["red_level"] > 0]
    for name, keys in RED.items():
        _table(plan, found, name, keys, red, sums)
    _areas(plan, red, found)
    for name in (*ACCOUNTS, "account_overlay", "unit_townships"):
        _shares(plan, name, found)
    _shares_of_places(plan, found)


def _shares_of_places(plan: Plan, found: Findings) -> None:
    """Divide the shares of counties and townships again that have their area beside."""
    for name, table in (("counties", plan.counties), ("townships", plan.townships)):
        if table is None:
            continue
        whole = [None if missing(a) else int(a) for a in table["area_m2"]]
        for column in [c for c in table.columns if c.endswith("_share")]:
            part = f"{column.removesuffix('_share')}_m2"
            if part not in table:
                continue
            had = {str(k): None if missing(v) else float(v) for k, v in table[column].items()}
            want = {
                str(k): None if missing(p) or not a else int(p) / a
                for k, p, a in zip(table.index, table[part], whole, strict=True)
            }
            found.column("verify.accounts", f"plan.gpkg: {name}, {column}", had, want,
                         source=Text("the areas of the row", "同行面积"))  # fmt: skip


def _shares(plan: Plan, name: str, found: Findings) -> None:
    """Divide again: each share is that of the areas of its row, which are held above."""
    table = plan.tables.get(name)
    if table is None or "share" not in table:
        return
    table = table.reset_index(drop=True)
    if name == "unit_townships":
        part, whole = table["area_m2"], plan.units["area_m2"].reindex(table["unit"])
    else:
        nothing = pd.Series(0, table.index)
        part = table.get("built_m2", pd.Series(pd.NA, table.index)).astype("Int64")
        part = part + table.get("new_m2", nothing) - table.get("reduced_m2", nothing)
        whole = table["area_m2"]
    over = pd.Series(whole.astype("Int64").to_numpy(), table.index)
    want = part.astype("Int64") / over.mask(over == 0)
    found.column("verify.accounts", f"plan.gpkg: {name}, share", table["share"], want,
                 source=Text("the areas of the row", "同行面积"))  # fmt: skip


def _new(plan: Plan, atoms: pd.DataFrame, column: str) -> Any:
    """Put the new land of a piece, or what goes of it, on its first atom."""
    pieces = plan.pieces if plan.pieces is not None else pd.DataFrame()
    left = pieces[column].astype("int64")
    (unit, units), (township, townships) = (numbered(atoms[k]) for k in ("unit", "township"))
    _, first = np.unique(unit * len(townships) + township, return_index=True)
    names = units.take(unit[first]).astype("str") + "|" + townships.take(township[first])
    out = np.zeros(len(atoms), dtype=np.int64)
    out[first] = left.reindex(names, fill_value=0).to_numpy()
    return out


def _table(
    plan: Plan, found: Findings, name: str, keys: tuple[str, ...], atoms: pd.DataFrame,
    sums: list[str],
) -> None:  # fmt: skip
    table = plan.tables.get(name)
    if table is None or not set(keys) <= {*atoms.columns} or not set(keys) <= {*table.columns}:
        return
    derived = add_up(atoms, keys, sums)
    here = _keys(derived.index.to_frame(index=False))
    there = _keys(table[list(keys)])
    # Rows of nothing may be left out; land of no key has its row or not, as the table says.
    nowhere = pd.Series(False, range(len(here)))
    for k in range(len(keys)):
        nowhere |= here.get_level_values(k).isin(["", "none", "overlap"])
    asked = np.ones(len(here), bool) if here.equals(there) else here.isin(there)
    unknown = not_known(plan)
    for column in [c for c in sums if c in table.columns]:
        if column in unknown:
            hold_unknown(found, "verify.accounts", f"plan.gpkg: {name}", table, column)
            continue
        had = table[column].set_axis(there)
        want = derived[column].set_axis(here)
        want = want[asked | ((want != 0).to_numpy() & ~nowhere.to_numpy())]
        found.column("verify.accounts", f"plan.gpkg: {name}, {column}", had, want, source=FROM)


def _keys(frame: pd.DataFrame) -> pd.MultiIndex:
    """Give the keys of rows as texts; a missing one is empty."""
    named = [frame[c].astype("string").fillna("").astype("str") for c in frame]
    return pd.MultiIndex.from_arrays(named)


def _areas(plan: Plan, red: pd.DataFrame, found: Findings) -> None:
    """Add up each red-line area by level: an atom of a set counts for every area of the set."""
    table = plan.tables.get("redline_by_unit")
    if table is None:
        return
    sets = plan.red_sets[["red_set", "area_code", "level"]].astype({"area_code": "str"})
    keys = ["unit", "area_code", "level"]
    each = red[["unit", "red_set", "area_m2"]].merge(sets, on="red_set")
    total = add_up(each, keys, ["area_m2"])["area_m2"]
    stored = table["area_m2"].set_axis(_keys(table[keys]))
    found.column("verify.accounts", "plan.gpkg: redline_by_unit, area_m2", stored,
                 total.set_axis(_keys(total.index.to_frame(index=False))),
                 source=FROM)  # fmt: skip
