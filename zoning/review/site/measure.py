"""Areas of sites: exact where the layers are there, else between two bounds.

All sites are measured together. The outline of the plan, the townships and the protected land are
cut with shapely; units and land use come from the house's own exact kernels, jointly: land is free
where the part of a pixel inside the site, the township and the unit is under no protection.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from zoning.inputs.protections import load_kinds
from zoning.ledger.atoms import NONE, OVERLAP
from zoning.measure.common import rest, shared
from zoning.measure.coverage import polygon_shares
from zoning.measure.zonal import piece_classes
from zoning.review.site.bounds import kind_bounds, use_bounds
from zoning.review.site.ground import Cover, Ground
from zoning.review.site.measured import Floats, Measured, part_rows, sum_of


def measure(ground: Ground, sites: npt.NDArray[np.object_]) -> Measured:
    """Measure sites against everything that a plan can be asked.

    Parameters
    ----------
    ground : Ground
    sites : array of polygon, shape (n,)
        In the CRS of the plan.

    Returns
    -------
    Measured
    """
    out = Measured(len(sites))
    out.put("area_m2", shapely.area(sites))
    inside = _inside(ground, sites)
    out.put("inside_m2", shapely.area(inside))
    out.put("outside_m2", np.maximum(out.low["area_m2"] - out.low["inside_m2"], 0.0))
    rows: list[pd.DataFrame] = []
    kept = _protected(ground, out, inside, rows)
    _others(ground, out, inside, rows)
    site, towns, shapes = _by_township(ground, inside)
    open_ = _without(shapes, site, kept)
    _pieces(ground, out, site, towns, shapes, open_)
    if ground.landuse is not None and ground.classes is not None:
        _use(ground, out, site, towns, shapes, open_)
    elif ground.classes is not None:
        use_bounds(ground, out)
    kind_bounds(ground, out, rows)
    _zones(ground, out, rows)
    rows = [r for r in rows if len(r)] or [part_rows(0, "", None, None, None)]
    out.parts = pd.concat(rows, ignore_index=True)
    return out


def _inside(ground: Ground, sites: Any) -> Any:
    """Clip the sites to the plan."""
    inside = np.full(len(sites), shapely.MultiPolygon(), dtype=object)
    site, _, shapes = ground.city.meet(sites)
    for i, group in _groups(site):
        mine = shapes[group]
        inside[i] = mine[0] if len(mine) == 1 else shapely.union_all(mine)
    return inside


def _groups(keys: Any) -> Any:
    """Give each key with the positions where it stands."""
    order = np.argsort(keys, kind="stable")
    values, start = np.unique(keys[order], return_index=True)
    return zip(values.tolist(), np.split(order, start[1:]), strict=True) if len(keys) else ()


def _meet(cover: Cover, layer: str, inside: Any, rows: list[pd.DataFrame]) -> tuple[Any, Any, Any]:
    """Note every feature of a layer that sites meet; give (site, feature, geometry)."""
    site, feature, shapes = cover.meet(inside)
    if len(site):
        sums = pd.DataFrame({"site": site, "feature": feature, "area": shapely.area(shapes)})
        sums = sums.groupby(["site", "feature"], sort=True)["area"].sum().reset_index()
        which = (sums["site"].to_numpy(), sums["feature"].to_numpy())
        rows.append(part_rows(len(sums), layer, cover.table, which, sums["area"].to_numpy()))
    return site, feature, shapes


def _union(site: Any, feature: Any, shapes: Any, count: int) -> tuple[Floats, dict[int, Any]]:
    """Give the area that features cover together, and its shape, for each site."""
    areas, whole = np.zeros(count), {}
    for i, group in _groups(site):
        mine = shapes[group]
        # Parts of one feature do not lie over one another.
        if len(set(feature[group].tolist())) == 1:
            areas[i] = shapely.area(mine).sum()
            whole[i] = mine[0] if len(mine) == 1 else shapely.union_all(mine)
        else:
            whole[i] = shapely.union_all(mine)
            areas[i] = shapely.area(whole[i])
    return areas, whole


def _protected(
    ground: Ground, out: Measured, inside: Any, rows: list[pd.DataFrame]
) -> dict[int, list[Any]]:
    """Measure every kind of protection; give the protected shapes of each site."""
    kinds = load_kinds()
    kept: dict[int, list[Any]] = {i: [] for i in range(out.count)}
    for kind, cover in ground.covers.items():
        if kind not in kinds.index:
            continue
        site, feature, shapes = _meet(cover, kind, inside, rows)
        areas, whole = _union(site, feature, shapes, out.count)
        out.put(str(kinds.at[kind, "column"]), areas)
        for i, shape in whole.items():
            kept[i].append(shape)
        if kind == "redline":
            level = cover.table["level"].to_numpy()[feature] if len(feature) else np.array([])
            first = np.asarray(level, dtype=str) == "1"
            one, _ = _union(site[first], feature[first], shapes[first], out.count)
            # Ground under both levels counts in the stricter one, as in the ledger.
            out.put("redline_level1_m2", one)
            out.put("redline_level2_m2", np.maximum(areas - one, 0.0))
    exact = not ground.bounded
    if exact and any(k in kinds.index for k in ground.covers):
        total = np.zeros(out.count)
        for i, shapes_ in kept.items():
            if len(shapes_) > 1:
                kept[i] = [shapely.union_all(shapes_)]
            total[i] = float(shapely.area(kept[i]).sum()) if kept[i] else 0.0
        out.put("protected_m2", total)
    return kept


def _others(ground: Ground, out: Measured, inside: Any, rows: list[pd.DataFrame]) -> None:
    """Measure parks, conflicts, environment units and the growth boundary."""
    for code, column in (("parks", "park_m2"), ("environment_units", "environment_m2")):
        if code in ground.covers:
            areas, _ = _union(*_meet(ground.covers[code], code, inside, rows), out.count)
            out.put(column, areas)
    units = ground.covers.get("environment_units")
    if units is not None and "category" in units.table:
        site, feature, shapes = units.meet(inside)
        kind = units.table["category"].astype(str).to_numpy()[feature]
        for value, column in (("1", "environment_priority_m2"), ("2", "environment_key_m2")):
            mine = kind == value
            out.put(column, _union(site[mine], feature[mine], shapes[mine], out.count)[0])
    conflicts = ground.covers.get("conflicts")
    if conflicts is not None:
        site, feature, shapes = _meet(conflicts, "conflicts", inside, rows)
        level, state = (conflicts.table[c].astype(str).to_numpy()[feature]
                        for c in ("level", "state"))  # fmt: skip
        going = ~np.isin(state, ("decided", "closed"))
        # What no rule fits may be a conflict: it is never passed.
        for levels, column in ((("conflict", "unclassified"), "conflict_m2"),
                               (("warning",), "conflict_warning_m2")):  # fmt: skip
            mine = going & np.isin(level, levels)
            out.put(column, _union(site[mine], feature[mine], shapes[mine], out.count)[0])
    _plans(ground, out, inside, rows)


def _plans(ground: Ground, out: Measured, inside: Any, rows: list[pd.DataFrame]) -> None:
    """Measure what other plans claim: the growth boundary by itself, all others together."""
    kept: list[tuple[Any, Any, Any]] = []
    for role, cover in ground.covers.items():
        if "open" not in cover.table:
            continue
        site, feature, shapes = _meet(cover, role, inside, rows)
        if role == "growth_boundary":
            areas, _ = _union(site, feature, shapes, out.count)
            out.put("outside_growth_m2", np.maximum(out.low["inside_m2"] - areas, 0.0))
        elif role != "existing_use":
            mine = cover.table["open"].to_numpy(dtype=bool)[feature]
            # Features of several layers share numbers; they are kept apart for the union.
            kept.append((site[mine], feature[mine] * 1000 + len(kept), shapes[mine]))
    if kept:
        site, feature, shapes = (np.concatenate(c) for c in zip(*kept, strict=True))
        out.put("plans_open_m2", _union(site, feature, shapes, out.count)[0])


def _by_township(ground: Ground, inside: Any) -> tuple[Any, Any, Any]:
    """Split sites by townships; what none has, or several, is kept apart as in the ledger."""
    if ground.townships is None:
        there = np.flatnonzero(~shapely.is_empty(inside))
        return there, np.full(len(there), NONE, dtype=object), inside[there]
    site, town, shapes = ground.townships.meet(inside)
    codes = ground.townships.table["code"].to_numpy().astype(object)[town]
    found_site, found_code, found_shape = [], [], []
    by_site = dict(_groups(site))
    for i in np.flatnonzero(~shapely.is_empty(inside)).tolist():
        group = by_site.get(i, np.array([], dtype=int))
        mine = _joined(codes[group], shapes[group])
        total = float(sum(shapely.area(s) for s in mine.values()))
        area = float(shapely.area(inside[i]))
        if abs(total - area) > 1e-6 * max(area, 1.0):
            mine = _gaps(inside[i], mine)
        for code, shape in mine.items():
            found_site.append(i)
            found_code.append(code)
            found_shape.append(shape)
    return (np.array(found_site, dtype=np.int64), np.array(found_code, dtype=object),
            np.array(found_shape, dtype=object))  # fmt: skip


def _joined(codes: Any, shapes: Any) -> dict[str, Any]:
    out: dict[str, list[Any]] = {}
    for code, shape in zip(codes.tolist(), shapes, strict=True):
        out.setdefault(str(code), []).append(shape)
    return {c: s[0] if len(s) == 1 else shapely.union_all(s) for c, s in sorted(out.items())}


def _gaps(whole: Any, towns: dict[str, Any]) -> dict[str, Any]:
    """Take ground of several townships out of each, and add what none has."""
    shapes = list(towns.values())
    double = shapely.union_all([
        shared(a, b) for k, a in enumerate(shapes) for b in shapes[k + 1 :]
    ]) if len(shapes) > 1 else shapely.MultiPolygon()  # fmt: skip
    out = {c: shapely.difference(s, double) for c, s in towns.items()}
    none = shapely.difference(whole, shapely.union_all(shapes)) if shapes else whole
    out[OVERLAP], out[NONE] = double, none
    return {c: s for c, s in out.items() if shapely.area(s) > 1e-9}


def _without(shapes: Any, site: Any, kept: dict[int, list[Any]]) -> Any:
    """Take protected land away."""
    out = shapes.copy()
    for k, i in enumerate(site.tolist()):
        for shape in kept[i]:
            out[k] = rest(out[k], shape)
    return out


def _units_at(ground: Ground, row: Any, col: Any) -> Any:
    """Name squares of the lattice."""
    return np.array(ground.plan.grid.codes(col.tolist(), row.tolist()), dtype=object)


def _pieces(ground: Ground, out: Measured, site: Any, towns: Any, shapes: Any, open_: Any) -> None:
    """Measure the sites by units and townships, all of it and what is under no protection."""
    grid = ground.plan.grid
    frames = []
    for name, given in (("area", shapes), ("open", open_)):
        shares = polygon_shares(given, origin=grid.origin_m, cell=float(grid.cell_m))
        frames.append(pd.DataFrame({
            "site": site[shares.polygon], "township": towns[shares.polygon], "row": shares.row,
            "col": shares.col, name: shares.share * float(grid.cell_m) ** 2,
        }))  # fmt: skip
    keys = ["site", "township", "row", "col"]
    sums = [f.groupby(keys, sort=True)[f.columns[-1]].sum() for f in frames]
    table = pd.concat(sums, axis=1).fillna({"open": 0.0}).dropna().reset_index()
    table.insert(1, "unit", _units_at(ground, table["row"], table["col"]))
    table["piece"] = table["unit"].astype(str) + "|" + table["township"].astype(str)
    out.pieces = table.drop(columns=["row", "col"])


def _use(ground: Ground, out: Measured, site: Any, towns: Any, shapes: Any, open_: Any) -> None:
    """Measure classes of land use, and the free land of every piece."""
    grid, classes, n = ground.plan.grid, ground.classes, out.count
    there = shapes[~shapely.is_empty(shapes)]
    if classes is None or ground.landuse is None:
        return
    columns = ("built_m2", "water_m2", "farmland_m2", "unknown_use_m2", "free_m2")
    if not len(there):
        for column in columns:
            out.put(column, np.zeros(n))
        out.pieces["free_low"] = out.pieces["free_high"] = 0.0
        return
    raster = ground.landuse.window(tuple(shapely.total_bounds(there)))
    how: dict[str, Any] = {"origin": grid.origin_m, "cell": float(grid.cell_m)}
    found = piece_classes(shapes, raster, **how)
    use = pd.DataFrame({"site": site[found.polygon], "value": found.value, "area": found.area_m2})
    out.use = use.groupby(["site", "value"], sort=True)["area"].sum().reset_index()
    value = out.use["value"]
    known = value.isin(classes.index).to_numpy()
    built = _flag(classes, "built", value)
    water = _flag(classes, "water", value)
    marks = {
        "built_m2": built, "water_m2": water & ~built, "unknown_use_m2": ~known,
        "farmland_m2": _flag(classes, "farmland", value),
    }  # fmt: skip
    who, area = out.use["site"].to_numpy(), out.use["area"].to_numpy()
    for column, mask in marks.items():
        out.put(column, sum_of(who[mask], area[mask], n))
    free = piece_classes(open_, raster, **how)
    seen = pd.Series(free.value)
    closed = _flag(classes, "built", seen) | _flag(classes, "water", seen)
    can = seen.isin(classes.index).to_numpy(dtype=bool) & ~closed
    table = pd.DataFrame({
        "site": site[free.polygon][can], "township": towns[free.polygon][can],
        "unit": _units_at(ground, free.row[can], free.col[can]), "free": free.area_m2[can],
    })  # fmt: skip
    sums = table.groupby(["site", "unit", "township"], sort=True)["free"].sum()
    keys = pd.MultiIndex.from_frame(out.pieces[["site", "unit", "township"]])
    got = sums.reindex(keys).fillna(0.0).to_numpy()
    out.pieces["free_low"] = out.pieces["free_high"] = got
    out.put("free_m2", sum_of(out.pieces["site"], got, n))


def _flag(classes: pd.DataFrame, column: str, value: pd.Series) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (
        value.map(classes[column].astype(bool)).eq(True).to_numpy(dtype=bool)
    )
    return found


def _zones(ground: Ground, out: Measured, rows: list[pd.DataFrame]) -> None:
    """Give units, townships, zones and overlays their areas."""
    plan, pieces = ground.plan, out.pieces
    units = plan.units
    for layer, key in (("unit", "unit"), ("township", "township")):
        if layer == "township" and ground.townships is None:
            continue
        sums = pieces.groupby(["site", key], sort=True)["area"].sum().reset_index()
        rows.append(_simple(layer, sums["site"], sums[key], sums["area"]))
    if "zone" not in units:
        return
    zone = units["zone"].astype("string").reindex(pieces["unit"]).fillna("")
    sums = pieces.assign(zone=zone.to_numpy()).groupby(["site", "zone"], sort=True)["area"].sum()
    table = sums.reset_index()
    rows.append(_simple("zone", table["site"], table["zone"], table["area"]))
    bare = table[table["zone"] == ""]
    out.put("unzoned_m2", sum_of(bare["site"], bare["area"], out.count))
    if "overlays" in units:
        over = units["overlays"].astype("string").reindex(pieces["unit"]).fillna("").to_numpy()
        long = pieces.assign(overlay=[str(o).split("+") for o in over]).explode("overlay")
        long = long[long["overlay"] != ""]
        sums = long.groupby(["site", "overlay"], sort=True)["area"].sum().reset_index()
        rows.append(_simple("overlay", sums["site"], sums["overlay"], sums["area"]))


def _simple(layer: str, site: Any, code: Any, areas: Any) -> pd.DataFrame:
    table = pd.DataFrame({"code": np.asarray(code).astype(str)})
    return part_rows(len(table), layer, table, (np.asarray(site), np.arange(len(table))),
                 np.asarray(areas))  # fmt: skip
