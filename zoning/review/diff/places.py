"""Units and townships of two plans side by side: what each was, is, and how much land that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from zoning.base.coded import spelled
from zoning.measure.common import shared
from zoning.review.diff.sides import OUTSIDE, UNZONED, Side
from zoning.review.diff.walk import CHANGED, Walk

#: Share of both townships that their overlap covers where one is the other under a new code.
_ALIKE = 0.95
#: Overlap below this share of both is an edge, not a part (our choice).
_EDGE = 0.01
#: Townships whose overlap lacks more than this of either have a new boundary.
_REDRAWN = 0.001


def units(before: Side, after: Side, walk: Walk) -> pd.DataFrame:
    """Lay the units of two plans side by side.

    Returns
    -------
    DataFrame, index ``unit``
        Every unit of either: ``township``, ``zone_before``, ``zone_after``, ``state``,
        ``area_before_m2``, ``area_after_m2``, ``common_m2`` (land that is inside both), and where
        both allocate ``new_before_m2``, ``new_after_m2``, ``new_difference_m2``.
    """
    one, two = (spelled(side.units) for side in (before, after))
    index = one.index.union(two.index).sort_values().rename("unit")
    out = pd.DataFrame(index=index)
    town = two["township"].reindex(index)
    out["township"] = town.where(town.notna(), one["township"].reindex(index)).fillna("")
    out["zone_before"] = one["zone"].reindex(index).fillna(OUTSIDE)
    out["zone_after"] = two["zone"].reindex(index).fillna(OUTSIDE)
    out["state"] = _states(out, walk)
    for name, side in (("before", one), ("after", two)):
        out[f"area_{name}_m2"] = side["area_m2"].reindex(index).fillna(0).astype("int64")
    out["common_m2"] = _common(out, before, after)
    if "new_m2" in one and "new_m2" in two:
        for name, side in (("before", one), ("after", two)):
            out[f"new_{name}_m2"] = side["new_m2"].reindex(index).fillna(0).astype("int64")
        out["new_difference_m2"] = out["new_after_m2"] - out["new_before_m2"]
    return out


def _states(pairs: pd.DataFrame, walk: Walk) -> pd.Series:
    known = pairs[["zone_before", "zone_after"]].drop_duplicates()
    found = {
        (a, b): walk.state(a, b) for a, b in known.itertuples(index=False)
    }  # fmt: skip
    both = zip(pairs["zone_before"], pairs["zone_after"], strict=True)
    return pd.Series([found[pair] for pair in both], index=pairs.index, dtype=object)


def _common(pairs: pd.DataFrame, before: Side, after: Side) -> pd.Series:
    """Measure the land of each unit that is inside both plans; whole units are not measured."""
    one, two = pairs["area_before_m2"], pairs["area_after_m2"]
    least = np.minimum(one, two).astype("int64")
    if before.plan is None or after.plan is None:
        return least
    cities = [p.city.geometry.union_all() for p in (before.plan, after.plan)]
    if shapely.equals_identical(*cities):
        return least
    both = shared(*cities)
    full = np.maximum(one, two) >= before.plan.grid.cell_m**2
    some = (least > 0) & ~(full & (one == two))
    squares = pd.concat([before.plan.units.geometry, after.plan.units.geometry])
    squares = squares[~squares.index.duplicated()].reindex(pairs.index[some])
    shapely.prepare(both)
    inside = shapely.area(shapely.intersection(squares.to_numpy(), both))
    out = least.copy()
    out[some] = np.minimum(least[some], np.rint(inside).astype("int64"))
    return out


def matrix(pairs: pd.DataFrame, before: list[str], after: list[str]) -> pd.DataFrame:
    """Sum up what became what; rows and columns add up to the tables of the two plans.

    Parameters
    ----------
    pairs : DataFrame
        ``zone_before``, ``zone_after``, ``area_before_m2``, ``area_after_m2``, ``common_m2``.
    before, after : list of str
        Codes in the order of rows and columns.

    Returns
    -------
    DataFrame
        ``zone_before``, ``zone_after``, ``units``, ``area_m2``: every pair of codes that has land
        or units. Land that only one of the two has stands with `OUTSIDE` on the other side.
    """
    keys = ["zone_before", "zone_after"]
    counts = pairs.groupby(keys, sort=False).size()
    common = pairs.groupby(keys, sort=False)["common_m2"].sum()
    left = pairs.assign(zone_after=OUTSIDE, rest=pairs["area_before_m2"] - pairs["common_m2"])
    come = pairs.assign(zone_before=OUTSIDE, rest=pairs["area_after_m2"] - pairs["common_m2"])
    rest = pd.concat([left, come])
    land = common.add(rest.groupby(keys, sort=False)["rest"].sum(), fill_value=0)
    table = pd.DataFrame({"units": counts, "area_m2": land}).fillna(0).astype("int64")
    table = table[(table != 0).any(axis=1)].reset_index()
    orders = {"zone_before": [*before, OUTSIDE], "zone_after": [*after, OUTSIDE]}
    place = {k: {c: i for i, c in enumerate(dict.fromkeys(v))} for k, v in orders.items()}
    rank = [table[k].map(place[k]) for k in keys]
    order = np.lexsort((rank[1].to_numpy(), rank[0].to_numpy()))
    return table.iloc[order].reset_index(drop=True)


def wide(table: pd.DataFrame, column: str, before: list[str], after: list[str]) -> pd.DataFrame:
    """Lay a long matrix out as rows and columns, zeros included."""
    whole = table.pivot(index="zone_before", columns="zone_after", values=column)
    rows = [*before, *(c for c in whole.index if c not in before)]
    columns = [*after, *(c for c in whole.columns if c not in after)]
    return whole.reindex(index=rows, columns=columns).fillna(0).astype("int64")


def overlaps(before: Side, after: Side) -> pd.DataFrame:
    """Measure how the townships of two plans lie over one another.

    Returns
    -------
    DataFrame
        ``code_before``, ``code_after``, ``common_m2``, ``of_before_share``, ``of_after_share``:
        pairs whose overlap is more than an edge (1 % of either). Of lists, and of townships that
        did not move, a code lies over itself.
    """
    if before.plan is None or after.plan is None:
        return _alike(before, after)
    one, two = before.plan.townships, after.plan.townships
    if one is None or two is None:
        return _alike(before, after)
    shapes = [f.geometry.to_numpy() for f in (one, two)]
    left, right = shapely.STRtree(shapes[1]).query(shapes[0], predicate="intersects")
    same = shapely.equals_identical(shapes[0][left], shapes[1][right])
    area = np.empty(len(left))
    whole = [f["area_m2"].to_numpy(dtype="int64") for f in (one, two)]
    area[same] = np.minimum(whole[0][left[same]], whole[1][right[same]])
    cut = shared(shapes[0][left[~same]], shapes[1][right[~same]])
    area[~same] = np.minimum.reduce(
        [np.rint(shapely.area(cut)), whole[0][left[~same]], whole[1][right[~same]]]
    )
    found = pd.DataFrame(
        {
            "code_before": one.index.to_numpy()[left], "code_after": two.index.to_numpy()[right],
            "common_m2": area.astype("int64"),
            "of_before_share": area / np.maximum(whole[0][left], 1),
            "of_after_share": area / np.maximum(whole[1][right], 1),
        }
    )  # fmt: skip
    kept = (found["of_before_share"] >= _EDGE) | (found["of_after_share"] >= _EDGE)
    return found[kept].sort_values(["code_before", "code_after"]).reset_index(drop=True)


def _alike(before: Side, after: Side) -> pd.DataFrame:
    codes = before.towns.index.intersection(after.towns.index).sort_values()
    area = before.towns["area_m2"].reindex(codes).astype("int64").to_numpy()
    return pd.DataFrame(
        {"code_before": codes.to_numpy(), "code_after": codes.to_numpy(), "common_m2": area,
         "of_before_share": 1.0, "of_after_share": 1.0}
    )  # fmt: skip


def proposals(before: Side, after: Side, over: pd.DataFrame, walk: Walk) -> pd.DataFrame:
    """Propose what became of townships whose codes one plan lacks.

    Returns
    -------
    DataFrame
        ``from``, ``to`` (as a crosswalk has them), ``name_before``, ``name_after``, ``relation``
        (``recoded``, ``merged``, ``split``, ``redrawn``), ``common_m2``, shares, ``confirmed``:
        whether the crosswalk that was handed in says so.
    """
    gone, new = ({*x.towns.index} - {*y.towns.index} for x, y in
                 ((before, after), (after, before)))  # fmt: skip
    one, two = over["code_before"], over["code_after"]
    touched = over[one.isin(gone) | two.isin(new)]
    # A township that kept its code and gave or took land stands beside what came of it.
    kept = (one == two) & (one.isin(touched["code_before"]) | two.isin(touched["code_after"]))
    chosen = over.index.isin(touched.index) | kept
    into = over.groupby("code_after")["code_before"].transform("size")[chosen]
    out_of = over.groupby("code_before")["code_after"].transform("size")[chosen]
    mine = over[chosen]
    of, to = mine["of_before_share"], mine["of_after_share"]
    alike = (of >= _ALIKE) & (to >= _ALIKE)
    inside = (of >= _ALIKE) & (into > 1)
    part = (to >= _ALIKE) & (out_of > 1)
    relation = np.select([alike, inside, part], ["recoded", "merged", "split"], "redrawn")
    said = set(walk.towns)
    pairs = zip(mine["code_before"], mine["code_after"], strict=True)
    return pd.DataFrame(
        {
            "from": mine["code_before"], "to": mine["code_after"],
            "name_before": mine["code_before"].map(before.towns["name"]),
            "name_after": mine["code_after"].map(after.towns["name"]),
            "relation": relation, "common_m2": mine["common_m2"], "of_before_share": of,
            "of_after_share": to, "confirmed": [pair in said for pair in pairs],
        }
    ).reset_index(drop=True)  # fmt: skip


def townships(before: Side, after: Side, over: pd.DataFrame, walk: Walk) -> pd.DataFrame:
    """Lay the townships of two plans side by side.

    Townships are paired by code, and as the crosswalk says; what is left is gone or new.

    Returns
    -------
    DataFrame
        ``code_before``, ``code_after``, ``name_before``, ``name_after``, ``zone_before``,
        ``zone_after``, ``state``, ``relation`` (``same``, ``renamed``, ``redrawn``, ``recoded``,
        ``merged``, ``split``, ``gone``, ``new``, ``unlisted``), ``area_before_m2``,
        ``area_after_m2``, ``common_m2``.
    """
    said = {*walk.towns}
    taken = [{a for a, _ in said}, {b for _, b in said}]
    pairs = sorted(said)
    pairs += [(c, c) for c in sorted({*before.towns.index} & {*after.towns.index})
              if c not in taken[0] and c not in taken[1]]  # fmt: skip
    known = [{a for a, _ in pairs}, {b for _, b in pairs}]
    listed = before.plan is None or after.plan is None
    pairs += [(c, "") for c in sorted({*before.towns.index} - known[0])]
    pairs += [("", c) for c in sorted({*after.towns.index} - known[1])]
    out = pd.DataFrame(pairs, columns=["code_before", "code_after"], dtype=object)
    for name, side in (("before", before), ("after", after)):
        code, towns = out[f"code_{name}"], side.towns
        out[f"name_{name}"] = code.map(towns["name"]).fillna("").astype(object)
        nowhere = UNZONED if listed else OUTSIDE
        out[f"zone_{name}"] = code.map(towns["zone"]).fillna(nowhere).astype(object)
        out[f"area_{name}_m2"] = code.map(towns["area_m2"]).fillna(0).astype("int64")
    out["state"] = _states(out, walk)
    lying = over.set_index(["code_before", "code_after"])["common_m2"]
    index = pd.MultiIndex.from_frame(out[["code_before", "code_after"]])
    out["common_m2"] = lying.reindex(index).fillna(0).astype("int64").to_numpy()
    out["relation"] = [_relation(row, out) for row in out.to_dict("records")]
    if listed:  # a list need not be whole: what it lacks is not gone
        out["relation"] = out["relation"].replace(["gone", "new"], "unlisted")
    out["order"] = out["code_after"].where(out["code_after"] != "", out["code_before"])
    return out.sort_values(["order", "code_before"]).drop(columns="order").reset_index(drop=True)


def _relation(row: dict[str, Any], every: pd.DataFrame) -> str:
    """Say what became of a pair of townships."""
    one, two = row["code_before"], row["code_after"]
    if not one or not two:
        return "new" if not one else "gone"
    if (every["code_after"] == two).sum() > 1:
        return "merged"
    if (every["code_before"] == one).sum() > 1:
        return "split"
    if one != two:
        return "recoded"
    least = (1 - _REDRAWN) * max(row["area_before_m2"], row["area_after_m2"])
    if row["common_m2"] < least:
        return "redrawn"
    return "same" if row["name_before"] == row["name_after"] else "renamed"


def changed(pairs: pd.DataFrame) -> pd.Series:
    """Say which rows have another zone than before, beyond doubt or as far as is known."""
    return pairs["state"] == CHANGED
