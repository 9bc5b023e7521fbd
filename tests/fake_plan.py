"""A small made-up plan with every table, for the tests of outputs.

``make()`` builds a city of 6 by 5 squares (29 units: one corner is cut off) with 3 townships, 2
counties and 3 red-line areas, all sums taken from one ledger. ``make(hostile=True)`` puts markup,
formulas and quotes into the names, and leaves one township without a zone. ``make_many(n)`` gives
a plan of about ``n`` units.
"""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.base.areas import round_to_total, share
from zoning.base.shipped import load_toml
from zoning.errors import Check, Text
from zoning.grid.lattice import GridSpec
from zoning.plan import Plan
from zoning.planfile.models import CapPart, Config, PlanPart
from zoning.schemes import load_scheme

CRS = "EPSG:4549"
ORIGIN = (404_550, 3_563_050)
CELL = 1000
ZONES = ("optimised", "key", "moderate", "balance")
CAP_SHARE, QUOTA = 0.28, {"optimised": 0.35, "key": 0.55, "moderate": 0.10, "balance": 0.0}
NAMES = ("大路镇", "姚桥镇", "谷阳镇")
HOSTILE = ('<script>alert("1")</script>', "=1+1", "a&b\"';--")


def make(hostile: bool = False, nx: int = 6, ny: int = 5, towns: int = 3) -> Plan:
    """Build the plan; same arguments, same plan."""
    grid = GridSpec(CRS, CELL, ORIGIN)
    city = _city(nx, ny)
    faces = _faces(nx, ny, towns, city)
    cols, rows = (a.ravel() for a in np.meshgrid(np.arange(nx), np.arange(ny)))
    squares = grid.squares(cols, rows)
    inside = shapely.intersects(city, squares) & ~shapely.touches(city, squares)
    codes = np.array(grid.codes(cols.tolist(), rows.tolist()), dtype=object)[inside]
    order = np.argsort(codes)
    codes, squares = codes[order], squares[inside][order]
    ledger = _ledger(codes, squares, faces, city)
    names = {t: _name(i, hostile) for i, t in enumerate(sorted(set(faces["township"])))}
    pieces, units = _units(ledger, codes, squares, names, hostile)
    townships = _townships(faces, ledger, units, pieces, names, hostile)
    counties = _counties(townships, ledger, hostile)
    redlines, red_sets = _redlines(faces, nx, ny, city, hostile)
    zones = _zones(units, squares, city, pieces)
    tables = _tables(ledger, units, townships, redlines, red_sets, pieces, zones)
    notice = "边界、地类与红线为示意性重建 / Reconstruction for illustration"
    plan_name = '<b>试验</b> & "=1+1"' if hostile else "试验市主体功能区方案"
    run = _run(plan_name, notice, grid, units, zones, redlines)
    return Plan(
        name=plan_name,
        notice=notice,
        config=_config(plan_name, notice),
        grid=grid,
        city=gpd.GeoDataFrame({"name": ["试验市"]}, geometry=[city], crs=CRS),
        units=units,
        zones=zones,
        ledger=ledger,
        red_sets=red_sets,
        townships=townships,
        counties=counties,
        redlines=redlines,
        pieces=pieces,
        tables=tables,
        checks=_checks(units),
        run=run,
    )


def make_many(n: int, towns: int = 20) -> Plan:
    """Build a plan of about ``n`` units."""
    side = math.ceil(math.sqrt(n))
    return make(nx=side, ny=max(2, math.ceil(n / side)), towns=towns)


def _config(name: str, notice: str) -> Config:
    rules = load_toml("capacity", "caps.toml")["cap"]
    return Config(plan=PlanPart(name=name, notice=notice), cap=CapPart.model_validate(rules))


def _name(i: int, hostile: bool) -> str:
    names = HOSTILE if hostile else NAMES
    return names[i] if i < len(names) else f"{names[i % 3]}{i + 1}"


def _city(nx: int, ny: int):
    (x, y), w, h = ORIGIN, nx * CELL, ny * CELL
    ring = [(0.2 * CELL, 1.5 * CELL), (1.5 * CELL, 0.2 * CELL), (w - 250, 0.4 * CELL)]
    ring += [(w - 250, h - 0.3 * CELL), (0.2 * CELL, h - 0.3 * CELL)]
    # the lower left corner is cut along a line that leaves square (0, 0) outside
    ring[0], ring[1] = (0.2 * CELL, 2.0 * CELL), (2.0 * CELL, 0.2 * CELL)
    return shapely.Polygon([(x + a, y + b) for a, b in ring])


def _red_shapes(nx: int, ny: int, city):
    """Give (area, level, polygon); the areas 02 and 03 overlap."""
    (x, y), w, h = ORIGIN, nx * CELL, ny * CELL
    disc = shapely.Point(x + 0.68 * w, y + 0.55 * h).buffer(0.22 * min(w, h), quad_segs=16)
    core = shapely.Point(x + 0.68 * w, y + 0.55 * h).buffer(0.11 * min(w, h), quad_segs=16)
    second = shapely.box(x + 0.05 * w, y + 0.72 * h, x + 0.33 * w, y + 0.97 * h)
    third = shapely.box(x + 0.22 * w, y + 0.62 * h, x + 0.36 * w, y + 0.85 * h)
    shapes = [("RL01", 1, core), ("RL01", 2, disc.difference(core))]
    shapes += [("RL02", 2, second), ("RL03", 2, third)]
    return [(a, level, shapely.intersection(city, s)) for a, level, s in shapes]


def _strips(nx: int, ny: int, towns: int):
    (x, y), w, h = ORIGIN, nx * CELL, ny * CELL
    cuts = [0.0, 0.37, 0.71, 1.0] if towns == 3 else np.linspace(0, 1, towns + 1)
    for i in range(towns):
        county = "321102" if i < towns - towns // 3 else "321103"
        strip = shapely.box(x + cuts[i] * w, y, x + cuts[i + 1] * w, y + h)
        yield f"{county}{i + 1:03d}", county, strip


def _faces(nx, ny, towns, city) -> pd.DataFrame:
    """Cut the city into townships by set of red lines."""
    red = {f"{a}-{level}": s for a, level, s in _red_shapes(nx, ny, city)}
    both = shapely.intersection(red["RL02-2"], red["RL03-2"])
    sets = {
        1: (1, red["RL01-1"]),
        2: (2, red["RL01-2"]),
        3: (2, red["RL02-2"].difference(both)),
        4: (2, red["RL03-2"].difference(both)),
        5: (2, both),
    }
    free = city.difference(shapely.union_all([s for _, s in sets.values()]))
    sets[0] = (0, free)
    rows = []
    for code, county, strip in _strips(nx, ny, towns):
        for red_set, (level, shape) in sorted(sets.items()):
            part = shapely.intersection(strip, shape)
            if part.area > 0:
                rows.append((code, county, red_set, level, part))
    return pd.DataFrame(rows, columns=["township", "county", "red_set", "red_level", "shape"])


def _ledger(codes, squares, faces, city) -> pd.DataFrame:
    tree = shapely.STRtree(squares)
    parts = []
    for face in faces.itertuples():
        hit = np.sort(tree.query(face.shape, predicate="intersects"))
        shapely.prepare(face.shape)
        whole = shapely.contains(face.shape, squares[hit])
        area = np.full(hit.size, float(CELL * CELL))
        area[~whole] = shapely.area(shapely.intersection(squares[hit[~whole]], face.shape))
        keep = area > 1e-6
        parts.append(
            pd.DataFrame(
                {
                    "k": hit[keep],
                    "township": face.township,
                    "county": face.county,
                    "red_set": face.red_set,
                    "red_level": face.red_level,
                    "a": area[keep],
                }
            )
        )
    atoms = pd.concat(parts, ignore_index=True)
    mid = shapely.centroid(squares)
    u = (shapely.get_x(mid) - ORIGIN[0]) / CELL
    v = (shapely.get_y(mid) - ORIGIN[1]) / CELL
    built = 0.34 * (0.5 + 0.5 * np.sin(u * 1.3) * np.cos(v * 0.9)) ** 1.2
    water = 0.05 + 0.05 * np.cos(u + v)
    farm = (1 - built - water) * 0.6
    split = {7: built, 1: farm, 17: water, 3: 1 - built - farm - water}
    long = pd.concat(
        [atoms.assign(landuse=c, a=atoms["a"] * s[atoms["k"]]) for c, s in split.items()]
    )
    long["unit"] = codes[long["k"]]
    keys = ["unit", "township", "county", "red_set", "red_level", "landuse"]
    long = long.sort_values(keys, kind="stable", ignore_index=True)
    long["area_m2"] = round_to_total(long["a"], round(city.area))
    long["protection_set"] = 0
    long["protected_by"] = ""
    keys = [
        "unit", "township", "county", "red_set", "red_level", "protection_set", "protected_by",
        "landuse",
    ]  # fmt: skip
    return long.loc[long["area_m2"] > 0, [*keys, "area_m2"]].reset_index(drop=True)


def _sums(ledger: pd.DataFrame, by) -> pd.DataFrame:
    area, red, use = ledger["area_m2"], ledger["red_set"] > 0, ledger["landuse"]
    level1 = ledger["red_level"] == 1
    columns = {
        "area_m2": area,
        "redline_m2": area.where(red, 0),
        "redline_level1_m2": area.where(level1, 0),
        "protected_m2": area.where(red, 0),
        "built_m2": area.where(use == 7, 0),
        "built_redline_m2": area.where((use == 7) & red, 0),
        "water_m2": area.where(use == 17, 0),
        "farmland_m2": area.where(use == 1, 0),
        "free_m2": area.where(~red & ~use.isin([7, 17]), 0),
    }
    frame = pd.DataFrame(columns)
    return frame.groupby([ledger[k] for k in by], sort=True).sum()


def _units(ledger, codes, squares, names, hostile):
    pieces = _sums(ledger, ["unit", "township"]).reset_index()
    county = ledger.drop_duplicates("township").set_index("township")["county"]
    town_zone = {t: ZONES[i % 3] for i, t in enumerate(sorted(names))}
    if hostile:
        town_zone[sorted(names)[-1]] = pd.NA
    best = pieces.sort_values(["unit", "area_m2", "township"], ascending=[True, False, True])
    best = best.drop_duplicates("unit").set_index("unit")
    sums = _sums(ledger, ["unit"]).reindex(codes)
    centre = gpd.GeoSeries(shapely.centroid(squares), crs=CRS).to_crs(4326)
    units = pd.DataFrame(index=pd.Index(codes, name="unit", dtype="string"))
    units["area_m2"] = sums["area_m2"]
    units["lon"], units["lat"] = centre.x.round(7).to_numpy(), centre.y.round(7).to_numpy()
    units["county"] = best["township"].map(county).astype("string")
    units["township"] = best["township"].astype("string")
    units["township_name"] = units["township"].map(names).astype("string")
    units["township_share"] = share(best["area_m2"], sums["area_m2"]).astype("float64")
    units["township_zone"] = units["township"].map(town_zone).astype("string")
    units["overlays"] = pd.Series("", index=units.index, dtype="string")
    protected = sums["protected_m2"] / sums["area_m2"] >= 0.5
    units["zone"] = units["township_zone"].where(~protected, "balance")
    reason = pd.Series(np.where(protected, "overlay", "township"), index=units.index)
    units["zone_reason"] = reason.where(units["zone"].notna(), "unknown").astype("string")
    units[sums.columns[1:]] = sums[sums.columns[1:]]
    units["overlay_balance_m2"] = sums["protected_m2"].astype("Int64")
    units["suitability"] = (1 - units["redline_m2"] / units["area_m2"]).clip(0, 1) * 0.9
    pieces["county"] = pieces["township"].map(county).astype("string")
    pieces["zone"] = pieces["unit"].map(units["zone"]).astype("string")
    pieces["township_zone"] = pieces["township"].map(town_zone).astype("string")
    pieces["overlays"] = ""
    pieces["suitability"] = pieces["unit"].map(units["suitability"])
    pieces["new_m2"] = _allocate(pieces)
    units["new_m2"] = pieces.groupby("unit")["new_m2"].sum().reindex(codes)
    pieces.index = pd.Index(pieces["unit"] + "|" + pieces["township"], name="piece")
    keep = [
        "unit",
        "township",
        "county",
        "zone",
        "township_zone",
        "overlays",
        "area_m2",
        "built_m2",
        "free_m2",
    ]
    geo = gpd.GeoDataFrame(units, geometry=squares, crs=CRS)
    return pieces[[*keep, "suitability", "new_m2"]], geo


def _allocate(pieces: pd.DataFrame) -> np.ndarray:
    """Give each zone's quota to its pieces by free land; enough for a fake."""
    headroom = max(0, int(CAP_SHARE * pieces["area_m2"].sum()) - int(pieces["built_m2"].sum()))
    new = np.zeros(len(pieces), dtype=np.int64)
    for zone, part in QUOTA.items():
        mine = (pieces["zone"] == zone).fillna(False).to_numpy(dtype=bool)
        free = pieces["free_m2"].to_numpy()[mine]
        quota = min(int(part * headroom), int(free.sum()))
        if quota:
            new[mine] = round_to_total(free / free.sum() * quota, quota)
    return new


def _townships(faces, ledger, units, pieces, names, hostile):
    shape = faces.groupby("township")["shape"].apply(lambda s: shapely.union_all(list(s)))
    sums = _sums(ledger, ["township"])
    t = pd.DataFrame(index=pd.Index(shape.index, name="township", dtype="string"))
    t["name"] = pd.Series(names).astype("string")
    t["county"] = (
        ledger.drop_duplicates("township").set_index("township")["county"].astype("string")
    )
    t["county_name"] = t["county"].map(_county_names(hostile)).astype("string")
    t["population"] = np.arange(len(t), dtype=np.int64) * 7_000 + 31_000
    for column in ("area_m2", "built_m2", "redline_m2", "farmland_m2", "water_m2"):
        t[column] = sums[column]
    t["built_share"] = t["built_m2"] / t["area_m2"]
    t["redline_share"] = t["redline_m2"] / t["area_m2"]
    grades = np.array(["low", "mid", "high"])
    k = np.arange(len(t)) % 3
    t["constraint"], t["guidance"] = 20.0 + 30 * k, 75.0 - 25 * k
    t["intensity"] = t["built_share"] * 100
    t["constraint_grade"], t["guidance_grade"] = grades[k], grades[2 - k]
    t["intensity_grade"] = grades[2 - k]
    t["suitability_grade"] = grades[2 - k]
    t["zone"] = units.drop_duplicates("township").set_index("township")["township_zone"]
    t["rule"] = [f"matrix-{i}" for i in k]
    t["runner_up"] = [ZONES[(i + 1) % 3] for i in k]
    t["margin"] = 0.05 + 0.01 * k
    t["flip"] = "built_share < 0.15"
    t["status"] = np.where(t["zone"].isna(), "unknown", "ok")
    t["zone_reason"] = np.where(t["zone"].isna(), "unknown", "township")
    return gpd.GeoDataFrame(t, geometry=shape.to_numpy(), crs=CRS)


def _county_names(hostile: bool) -> dict[str, str]:
    return {
        "321102": '=HYPERLINK("x")' if hostile else "京口区",
        "321103": "<b>润州</b>" if hostile else "润州区",
    }


def _counties(townships, ledger, hostile):
    shape = townships.groupby("county")["geometry"].apply(lambda s: shapely.union_all(list(s)))
    c = pd.DataFrame(index=pd.Index(shape.index, name="county", dtype="string"))
    c["name"] = c.index.map(_county_names(hostile)).astype("string")
    sums = _sums(ledger, ["county"])
    for column in ("area_m2", "built_m2", "redline_m2", "farmland_m2", "water_m2"):
        c[column] = sums[column]
    c["built_share"] = c["built_m2"] / c["area_m2"]
    c["redline_share"] = c["redline_m2"] / c["area_m2"]
    return gpd.GeoDataFrame(c, geometry=shape.to_numpy(), crs=CRS)


def _redlines(faces, nx, ny, city, hostile):
    names = {
        "RL01": "宝华山国家森林公园",
        "RL02": "=SUM(A1)" if hostile else "北山水库饮用水水源保护区",
        "RL03": "<i>茅山</i>" if hostile else "茅山风景名胜区",
    }
    types = {"RL01": "forest-park", "RL02": "water-source", "RL03": "scenic-area"}
    status = {"RL01": "named", "RL02": "documented", "RL03": "made-up"}
    rows = [
        {
            "feature": f"{a}-{level}",
            "area_code": a,
            "name": names[a],
            "type": types[a],
            "level": level,
            "area_m2": round(s.area),
            "published_m2": pd.NA,
            "status": status[a],
            "source": "made up for tests",
            "source_year": 2013,
            "geometry": s,
        }
        for a, level, s in _red_shapes(nx, ny, city)
    ]
    r = gpd.GeoDataFrame(rows, crs=CRS).set_index("feature")
    r["published_m2"] = r["published_m2"].astype("Int64")
    r.loc["RL02-2", "published_m2"] = int(r.loc["RL02-2", "area_m2"]) + 1000
    sets = [(1, "RL01", 1), (2, "RL01", 2), (3, "RL02", 2), (4, "RL03", 2), (5, "RL02", 2)]
    red_sets = pd.DataFrame([*sets, (5, "RL03", 2)], columns=["red_set", "area_code", "level"])
    return r, red_sets


def _zones(units, squares, city, pieces):
    words = {z.code: z for z in load_scheme("zhenjiang-2013").members}
    base = int(units["area_m2"].sum())
    headroom = max(0, int(CAP_SHARE * base) - int(units["built_m2"].sum()))
    caps = {"optimised": pd.NA, "key": 0.30, "moderate": 0.15, "balance": pd.NA}
    rows = []
    for code in ZONES:
        mine = (units["zone"] == code).fillna(False).to_numpy(dtype=bool)
        some = units.loc[mine]
        area = int(some["area_m2"].sum())
        shape = shapely.intersection(shapely.union_all(squares[mine]), city)
        parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
        cap = int(some["built_m2"].sum()) if code == "balance" else pd.NA
        rows.append(
            {
                "zone": code,
                "name_zh": words[code].zh,
                "name_en": words[code].en,
                "colour": words[code].colour,
                "units": int(mine.sum()),
                "area_m2": area,
                "built_m2": int(some["built_m2"].sum()),
                "new_m2": int(some["new_m2"].sum()),
                "cap_m2": cap if caps[code] is pd.NA else int(caps[code] * area),
                "quota_m2": int(QUOTA[code] * headroom),
                "geometry": shapely.MultiPolygon(parts),
            }
        )
    zones = gpd.GeoDataFrame(rows, crs=CRS).set_index("zone")
    zones["cap_m2"] = zones["cap_m2"].astype("Int64")
    return zones


def _account(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    sums = frame.groupby(by, dropna=False)[["area_m2", "built_m2", "new_m2"]].sum().reset_index()
    sums["share"] = (sums["built_m2"] + sums["new_m2"]) / sums["area_m2"]
    return sums


def _tables(ledger, units, townships, redlines, red_sets, pieces, zones) -> dict[str, pd.DataFrame]:
    shares = pieces[["unit", "township", "area_m2"]].reset_index(drop=True)
    shares["share"] = shares["area_m2"] / shares["unit"].map(units["area_m2"])
    total = _account(pieces.assign(city="试验市"), ["city"])
    total["cap_m2"] = (total["area_m2"] * CAP_SHARE).astype("int64")
    total["headroom_m2"] = total["cap_m2"] - total["built_m2"]
    red = redlines.drop(columns="geometry").reset_index()
    wide = red.pivot_table(index="area_code", columns="level", values="area_m2", aggfunc="sum")
    areas = red.drop_duplicates("area_code").set_index("area_code")[["name", "type"]]
    areas["level1_m2"] = wide.get(1, pd.Series(dtype="float64")).reindex(areas.index).fillna(0)
    areas["level2_m2"] = wide[2].reindex(areas.index).fillna(0)
    areas = areas.astype({"level1_m2": "int64", "level2_m2": "int64"})
    areas["area_m2"] = areas["level1_m2"] + areas["level2_m2"]
    areas["published_m2"] = red.groupby("area_code")["published_m2"].sum(min_count=1)
    areas["difference_m2"] = areas["area_m2"] - areas["published_m2"]
    areas["built_m2"] = 0
    inside = ledger[ledger["red_set"] > 0]
    touched = inside.merge(red_sets, on="red_set").groupby("area_code")["unit"].nunique()
    areas["units_touched"] = touched.reindex(areas.index).fillna(0).astype("int64")
    areas["units_changed"], areas["kept_m2"] = areas["units_touched"] // 2, areas["area_m2"]
    by = {
        k: inside.groupby([k, "red_level"])["area_m2"].sum().reset_index()
        for k in ("unit", "county", "township")
    }
    zone_of = inside.assign(zone=inside["unit"].map(units["zone"]))
    by["zone"] = zone_of.groupby(["zone", "red_level"])["area_m2"].sum().reset_index()
    built = inside[inside["landuse"] == 7].groupby(["township", "red_level"])["area_m2"].sum()
    overlap = ledger.loc[ledger["red_set"] == 5, "area_m2"].sum()
    type_sum = areas.groupby("type")[["area_m2", "level1_m2", "level2_m2"]].sum().reset_index()
    with_use = ledger.assign(zone=ledger["unit"].map(units["zone"]))
    return {
        "unit_townships": shares,
        "account_city": total,
        "account_zone": _account(pieces, ["zone"]),
        "account_county": _account(pieces, ["county"]),
        "account_township": _account(pieces, ["township"]),
        "account_zone_county": _account(pieces, ["zone", "county"]),
        "account_zone_township": _account(pieces, ["zone", "township"]),
        "account_zone_landuse": with_use.groupby(["zone", "landuse"], dropna=False)["area_m2"]
        .sum()
        .reset_index(),
        "redline_areas": areas.reset_index(),
        "redline_overlaps": pd.DataFrame(
            {"area_code_a": ["RL02"], "area_code_b": ["RL03"], "overlap_m2": [int(overlap)]}
        ),
        "redline_types": type_sum,
        "redline_by_unit": by["unit"],
        "redline_by_county": by["county"],
        "redline_by_township": by["township"],
        "redline_by_zone": by["zone"],
        "redline_built": built.rename("built_m2").reset_index(),
        "residuals": pd.DataFrame(
            {
                "where": ["city"],
                "ledger_m2": [int(units["area_m2"].sum())],
                "shape_m2": [float(units["area_m2"].sum())],
                "residual_m2": [0.0],
            }
        ),
    }


def _checks(units) -> tuple[Check, ...]:
    area = int(units["area_m2"].sum())
    used = int(units["built_m2"].sum() + units["new_m2"].sum())
    return (
        Check(
            "cap.city",
            "error",
            used <= CAP_SHARE * area,
            used,
            int(CAP_SHARE * area),
            "m2",
            "city",
            Text("construction land within 28 %", "建设用地不超过 28 %"),
        ),
        Check(
            "zones.share",
            "warning",
            False,
            0.61,
            0.70,
            "1",
            "city",
            Text("ecological and agricultural land", "生态与农业空间"),
        ),
    )


def _run(name, notice, grid, units, zones, redlines) -> dict:
    area, built = int(units["area_m2"].sum()), int(units["built_m2"].sum())
    new, union = int(units["new_m2"].sum()), int(units["redline_m2"].sum())
    per_zone = zones[["units", "area_m2", "built_m2", "new_m2"]].astype("int64")
    cap = int(CAP_SHARE * area)
    return {
        "format": 1,
        "plan": name,
        "notice": notice,
        "software": {"zoning": "0.1.0"},
        "inputs": [],
        "grid": {**grid.as_dict(), "units": len(units)},
        "area_m2": {"city": area, "units": area},
        "zones": {z: per_zone.loc[z].to_dict() for z in per_zone.index},
        "redlines": {
            "areas": 3,
            "features": len(redlines),
            "union_m2": union,
            "sum_m2": int(redlines["area_m2"].sum()),
            "level1_m2": int(units["redline_level1_m2"].sum()),
            "units_touched": int((units["redline_m2"] > 0).sum()),
        },
        "construction": {
            "existing_m2": built,
            "base_m2": area,
            "cap_share": CAP_SHARE,
            "cap_m2": cap,
            "headroom_m2": max(0, cap - built),
            "new_m2": new,
            "share": (built + new) / area,
            "eco_agri_share": 0.61,
            "zone_basis": "unit",
        },
        "allocation": {
            "method": "fake",
            "objective": 0.0,
            "bound": None,
            "gap": None,
            "seconds": 0.0,
            "certificate": {"grade": "none"},
        },
        "checks": [c.as_dict() for c in _checks(units)],
        "seconds": {"all": 0.0},
    }
