"""Every area of a plan against a count of pixels: a world whose lines all lie on a 100 m raster.

Here a pixel (1 ha) has one township or several or none, one class or none, and so on, so each
table of the ledger can be counted in a loop.
"""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds
from worlds import square

from zoning.grid.lattice import GridSpec
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.ledger import protections, redlines, sums, unknown
from zoning.ledger.atoms import KEYS, build, settle_slivers
from zoning.ledger.country import count
from zoning.ledger.cover import covered
from zoning.measure.zonal import Raster
from zoning.schemes import load_scheme

HA, GRID = 10_000, GridSpec(worlds.CRS)
CITY = shapely.difference(square(0, 0, 2.6, 2), square(2.3, 1.4, 0.3, 0.6))
#: Code, county, name and polygon: T3 and T1 share a strip, T2 lies beyond a gap and the city.
TOWNS = [("T3", "B", "丙", square(0, 0, 1.2, 2)), ("T1", "A", "甲", square(1.1, 0, 1, 2)),
         ("T2", "A", "乙", square(2.2, 0, 0.7, 1))]  # fmt: skip
#: Code, level, type, published area and polygon.
RED = [
    ("R2", 2, "forest-park", 900_000, square(0.5, 0.5, 1, 1)),
    ("R2", 1, "forest-park", 900_000, square(0.5, 0.5, 0.3, 0.3)),
    ("R1", 2, "scenic-area", None, square(1.2, 1, 0.8, 0.6)),
    ("R3", 1, None, 50_000, square(1.3, 1.1, 0.2, 0.2)),
    ("R4", 2, "forest-park", 7_000, square(9, 9)),
    ("R5", 1, "scenic-area", 30_000, square(1.3, 1.2, 0.4, 0.1)),
    ("R5", 2, "scenic-area", 40_000, square(1.3, 1.2, 0.4, 0.4)),
]
#: Kind, code, level, published area and polygon.
KEPT = [
    ("lock", "L", None, None, square(0.9, 0.2, 0.3, 0.4)),
    ("core", "K", 2, 800_000, square(0.5, 1.5, 1, 0.5)),
    ("core", "K", 1, None, square(0, 1.5, 1, 0.5)),
    ("basic_farmland", "F", None, 100, square(2, 0, 0.4, 1.5)),
    ("heritage", "H", None, None, square(9, 9)),
    ("lock", "M", None, None, square(0.9, 0.2, 0.1, 0.2)),
]
SCHEME = load_scheme("zhenjiang-2013")
CLASSES = load_classes()
#: Of a raster that leaves out the westernmost column and has classes that no table knows.
USE = np.random.default_rng(7).choice([0, 1, 3, 7, 17, 23, 99], (20, 25))


def of_a_pixel(use, red, level, kinds):
    """Say in which sums of the account a pixel counts."""
    known = use in CLASSES.index
    group = CLASSES.at[use, "group"] if known else None
    built, water, farmland = (
        known and bool(CLASSES.at[use, c]) for c in ("built", "water", "farmland")
    )
    usable = isinstance(group, str) and not built and not water
    free = usable and not red and not kinds
    return {
        "area_m2": True, "redline_m2": bool(red), "redline_level1_m2": level == 1,
        "core_m2": "core" in kinds, "basic_farmland_m2": "basic_farmland" in kinds,
        "lock_m2": "lock" in kinds,
        # Of the kinds that balance counts; farmland and locks rule no zone.
        "protected_m2": bool(red) or "core" in kinds,
        "built_m2": built, "built_redline_m2": built and bool(red), "water_m2": water,
        "farmland_m2": farmland, "eco_agri_m2": group in ("ecology", "agriculture"),
        "free_m2": free, "free_farmland_m2": free and farmland, "usable_m2": usable,
    }  # fmt: skip


def pixels():
    """Say of each pixel of the city what lies there, from polygons alone."""
    found = []
    for i in range(26):
        for j in range(20):
            at = shapely.Point(worlds.X + 100 * i + 50, worlds.Y + 100 * j + 50)
            if not CITY.contains(at):
                continue
            towns = [t for t in TOWNS if t[3].contains(at)]
            red = sorted((r[0], r[1]) for r in RED if r[4].contains(at))
            kept = sorted((k[0], k[1], k[2] or 0) for k in KEPT if k[4].contains(at))
            word = {0: "none", 1: "", 2: "overlap"}[len(towns)]
            use = int(USE[19 - j, i - 1]) if i else -1
            level = min((level for _, level in red), default=0)
            kinds = sorted({k[0] for k in kept})
            found.append(SimpleNamespace(
                unit=f"1kmN{3500 + j // 10}E{500 + i // 10}", red=tuple(red), kept=tuple(kept),
                township=word or towns[0][0], county=word or towns[0][1], use=use, level=level,
                kinds=kinds, all_red={r[0] for r in red}, sums=of_a_pixel(use, red, level, kinds),
            ))  # fmt: skip
    return found


def frame(rows, **columns):
    return gpd.GeoDataFrame(columns, geometry=[r[-1] for r in rows], crs=worlds.CRS)


def layers():
    towns = frame(TOWNS, name=[t[2] for t in TOWNS], county=[t[1] for t in TOWNS],
                  built_share=[0.1, 0.2, 0.3], population=[3, 1, 2])  # fmt: skip
    towns.index = pd.Index([t[0] for t in TOWNS], name="township")
    red = frame(RED, area_code=[r[0] for r in RED], level=[r[1] for r in RED],
                type=[r[2] for r in RED], published_m2=pd.array([r[3] for r in RED], "Int64"),
                name=[f"{r[0]}{r[1]}" for r in RED])  # fmt: skip
    kept = frame(KEPT, kind=[k[0] for k in KEPT], code=[k[1] for k in KEPT],
                 level=pd.array([k[2] for k in KEPT], "Int64"),
                 published_m2=pd.array([k[3] for k in KEPT], "Int64"),
                 name=[f"{k[1]}-{n}" for n, k in enumerate(KEPT)], type=None, source="s",
                 year=pd.array([2020] * len(KEPT), "Int64"))  # fmt: skip
    raster = Raster(USE, worlds.X + 100, worlds.Y + 2000, 100.0, 100.0)
    return Layers(CITY, towns, red, kept, raster)


@pytest.fixture(scope="module")
def world():
    every, given = pixels(), layers()
    ledger = build(given, GRID)
    return SimpleNamespace(pixels=every, layers=given, ledger=ledger,
                           parts=sums.split(ledger.atoms, CLASSES))  # fmt: skip


def number(sets):
    """Number the sets of what covers some pixel, in their order; nothing is 0."""
    return {(): 0} | {s: k for k, s in enumerate(sorted(set(sets) - {()}), 1)}


def rows_of(table):
    """Give the rows of a table, what is missing as None."""
    plain = table.astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


def test_atoms_are_the_pixels_that_have_all_in_common(world):
    reds, keeps = (number(getattr(p, k) for p in world.pixels) for k in ("red", "kept"))
    size = Counter(
        (p.unit, p.township, p.county, reds[p.red], p.level, keeps[p.kept], "+".join(p.kinds),
         p.use)
        for p in world.pixels
    )  # fmt: skip
    assert list(world.ledger.atoms.columns) == [*KEYS, "area_m2"]
    assert rows_of(world.ledger.atoms) == [[*key, HA * n] for key, n in sorted(size.items())]
    assert rows_of(world.ledger.red_sets) == [
        [k, *one] for members, k in reds.items() for one in members]  # fmt: skip
    assert rows_of(world.ledger.protection_sets) == [
        [k, kind, code, level or None]
        for members, k in keeps.items() for kind, code, level in members
    ]  # fmt: skip
    assert (world.ledger.city_m2, world.ledger.dropped_m2) == (HA * len(world.pixels), 0)
    units = Counter(p.unit for p in world.pixels)
    assert world.ledger.units["area_m2"].to_dict() == {u: HA * n for u, n in units.items()}
    assert world.ledger.units.index.tolist() == sorted(units)


SUMS = [
    "area_m2", "redline_m2", "redline_level1_m2", "core_m2", "basic_farmland_m2", "lock_m2",
    "protected_m2", "built_m2", "built_redline_m2", "water_m2", "farmland_m2", "eco_agri_m2",
    "free_m2",
]  # fmt: skip


def counted(pixels, key, columns=SUMS, where=lambda _: True):
    """Add up sums of pixels by a key."""
    out = {}
    for p in pixels:
        if where(p):
            row = out.setdefault(key(p), [0] * len(columns))
            for k, column in enumerate(columns):
                row[k] += HA * p.sums[column]
    return dict(sorted(out.items()))


def test_every_sum_of_atoms_is_that_of_their_pixels(world):
    columns = [*SUMS, "free_farmland_m2"]
    found = world.parts.groupby(["unit", "township", "landuse"], observed=True)[columns].sum()
    by_hand = counted(world.pixels, lambda p: (p.unit, p.township, p.use), columns)
    assert dict(zip(found.index, found.to_numpy().tolist(), strict=True)) == by_hand
    assert sorted(world.parts.columns) == sorted([*KEYS, *columns])
    assert {str(t) for t in world.parts[columns].dtypes} == {"int64"}
    # Kinds that count are said by the scheme; columns are added to a copy.
    locks = sums.split(world.ledger.atoms, CLASSES, ["lock", "basic_farmland"])
    some = [p for p in world.pixels if {"lock", "basic_farmland"} & set(p.kinds)]
    assert locks["protected_m2"].sum() == HA * len(some)
    assert locks["free_m2"].equals(world.parts["free_m2"])
    assert list(world.ledger.atoms.columns) == [*KEYS, "area_m2"]
    bare = sums.split(world.ledger.atoms, None)
    assert "built_m2" not in bare and bare["protected_m2"].equals(world.parts["protected_m2"])


def test_what_is_not_known_is_counted(world):
    assert unknown.count_missing(world.parts) == {
        "none": HA * sum(p.township == "none" for p in world.pixels),
        "overlap": HA * sum(p.township == "overlap" for p in world.pixels),
        # A class that no table has is no data of the raster's own making.
        "unknown_use": HA * sum(p.use in (0, -1) for p in world.pixels),
    }
    bare = unknown.count_missing(sums.split(world.ledger.atoms, None))
    assert bare["unknown_use"] == 0 and bare["none"] > 0
    known = unknown.known_use(world.ledger.atoms, CLASSES)
    area = world.ledger.atoms["area_m2"]
    assert area[known].sum() == HA * sum(p.use in (1, 3, 7, 17, 23) for p in world.pixels)
    assert known.index.equals(world.ledger.atoms.index)


def test_units_have_the_sums_of_their_pixels_and_the_township_of_most(world):
    names = world.layers.townships["name"]
    units, shares = sums.describe_units(world.ledger, world.parts, names)
    by_hand = counted(world.pixels, lambda p: p.unit)
    assert units[SUMS].to_numpy().tolist() == list(by_hand.values())
    assert units.index.tolist() == list(by_hand)
    pairs = Counter((p.unit, p.township) for p in world.pixels)
    assert rows_of(shares) == [
        [unit, town, HA * n, HA * n / by_hand[unit][0]] for (unit, town), n in sorted(pairs.items())
    ]
    county, name = ({t[0]: t[k] for t in TOWNS} for k in (1, 2))
    columns = ["county", "township", "township_name", "township_share"]
    found = dict(zip(units.index, rows_of(units[columns]), strict=True))
    for unit, row in by_hand.items():
        here = [(-n, t) for (u, t), n in pairs.items() if u == unit and t in county]
        if not here:
            assert found[unit] == [None] * 4
            continue
        n, town = min(here)
        assert found[unit] == [county[town], town, name[town], -HA * n / row[0]]
    # Most of it lies in no township; it belongs to the one that has the rest.
    assert found["1kmN3501E502"][1] == "T1" and found["1kmN3501E502"][3] < 0.5
    assert list(units.columns) == ["area_m2", "lon", "lat", *columns, *SUMS[1:], "geometry"]
    assert units.crs == GRID.crs
    assert shapely.area(units.geometry.to_numpy()).tolist() == [10**6] * 6
    bare, _ = sums.describe_units(world.ledger, world.parts, None)
    assert list(bare.columns) == ["area_m2", "lon", "lat", *SUMS[1:], "geometry"]


def test_sums_are_0_where_an_index_has_more_and_leave_out_what_it_lacks(world):
    index = pd.Index(["T2", "T9", "T1"])
    found = sums.sums(world.parts, ["township"], index)
    by_hand = counted(world.pixels, lambda p: p.township)
    assert found.index.equals(index) and list(found.columns) == SUMS
    assert found.to_numpy().tolist() == [by_hand["T2"], [0] * len(SUMS), by_hand["T1"]]
    assert {str(t) for t in found.dtypes} == {"int64"}


def test_a_piece_is_a_unit_in_a_township_and_has_one_county(world):
    columns = [*SUMS, "free_farmland_m2"]
    by_hand = counted(world.pixels, lambda p: (p.unit, p.township, p.county), columns)
    found = sums.pieces(world.parts)
    assert rows_of(found) == [[*key, *row] for key, row in by_hand.items()]
    assert found.index.tolist() == [f"{u}|{t}" for u, t, _ in by_hand]
    assert found.index.name == "piece"
    assert list(found.columns) == ["unit", "township", "county", *columns]
    # A township that the atoms of a file give two counties stays one piece, of the first.
    torn = world.parts.assign(county=world.parts["county"].astype(str))
    torn.loc[torn["township"].eq("T1") & torn["landuse"].eq(7), "county"] = "Z"
    again = sums.pieces(torn)
    assert again[columns].equals(found[columns]) and again["county"].equals(found["county"])


def test_townships_have_their_sums_their_shares_and_the_city_part_of_their_land(world):
    given = world.layers.townships
    names = pd.Series({"A": "甲县"})
    found = sums.describe_townships(given, world.parts, names, CITY)
    by_hand = counted(world.pixels, lambda p: p.township)
    assert found.index.tolist() == ["T1", "T2", "T3"]
    assert found[SUMS].to_numpy().tolist() == [by_hand[t] for t in found.index]
    assert rows_of(found[["name", "county", "county_name"]]) == [
        ["甲", "A", "甲县"], ["乙", "A", "甲县"], ["丙", "B", None]]  # fmt: skip
    assert list(found.columns)[:3] == ["name", "county", "county_name"]
    assert found["given_built_share"].tolist() == [0.2, 0.3, 0.1]
    assert found["population"].tolist() == [1, 2, 3]
    for share, part in (("built", "built_m2"), ("redline", "redline_m2"), ("water", "water_m2"),
                        ("protected", "protected_m2"), ("farmland", "farmland_m2")):  # fmt: skip
        assert found[f"{share}_share"].tolist() == (found[part] / found["area_m2"]).tolist()
    # What the overlap has belongs to neither, though both polygons have it.
    cut = [t[3].intersection(CITY).area for t in sorted(TOWNS)]
    assert shapely.area(found.geometry.to_numpy()).tolist() == cut
    assert found.crs == GRID.crs and set(found.geom_type) <= {"Polygon", "MultiPolygon"}
    assert given.index.tolist() == ["T3", "T1", "T2"] and "area_m2" not in given
    bare = sums.describe_townships(given, sums.split(world.ledger.atoms, None), None, CITY)
    assert bare["county_name"].isna().all() and str(bare["county_name"].dtype) == "string"
    assert "built_share" not in bare and "redline_share" in bare


def test_counties_are_put_together_from_their_townships(world):
    found = sums.describe_counties(world.layers.townships, world.parts, pd.Series({"B": "乙县"}))
    by_hand = counted(world.pixels, lambda p: p.county)
    assert found.index.tolist() == ["A", "B"] and found.index.name == "county"
    assert str(found.index.dtype) == "string" and str(found["name"].dtype) == "string"
    assert found["name"].tolist() == ["A", "乙县"]
    assert list(found.columns) == ["name", "geometry", *SUMS, "built_share", "redline_share"]
    assert found[SUMS].to_numpy().tolist() == [by_hand["A"], by_hand["B"]]
    assert found["built_share"].tolist() == (found["built_m2"] / found["area_m2"]).tolist()
    assert found["redline_share"].tolist() == (found["redline_m2"] / found["area_m2"]).tolist()
    parts = [shapely.union(TOWNS[1][3], TOWNS[2][3]).area, TOWNS[0][3].area]
    assert shapely.area(found.geometry.to_numpy()).tolist() == parts and found.crs == GRID.crs
    bare = sums.describe_counties(
        world.layers.townships, sums.split(world.ledger.atoms, None), None
    )
    assert bare["name"].tolist() == ["A", "B"] and "built_share" not in bare


#: Zone of each unit: one has none, and of one code there is none.
ZONE = dict(zip([f"1kmN{r}E{c}" for r in (3500, 3501) for c in (500, 501, 502)],
                ["key", "balance", "key", None, "moderate", "key"], strict=True))  # fmt: skip


@pytest.fixture(scope="module")
def zoned(world):
    units, _ = sums.describe_units(world.ledger, world.parts, world.layers.townships["name"])
    units["zone"] = pd.Series(ZONE, dtype="string")
    units["new_m2"] = range(1, 7)
    return units


def test_zones_are_the_city_part_of_their_units_with_their_sums(world, zoned):
    limits = pd.DataFrame({"cap_m2": [5, None], "quota_m2": [7, 8]}, index=["key", "optimised"])
    found = sums.describe_zones(zoned, CITY, SCHEME, limits)
    by_hand = counted(world.pixels, lambda p: ZONE[p.unit] or "")
    kept = [c for c in SUMS if c not in ("redline_level1_m2", "protected_m2")]
    assert found.index.tolist() == ["optimised", "key", "moderate", "balance"]
    assert found.index.name == "zone" and found.crs == GRID.crs
    assert list(found.columns) == ["name_zh", "name_en", "colour", "units", *kept, "new_m2",
                                   "cap_m2", "quota_m2", "geometry"]  # fmt: skip
    for code, row in zip(found.index, found[kept].to_numpy().tolist(), strict=True):
        whole = dict(zip(SUMS, by_hand.get(code, [0] * len(SUMS)), strict=True))
        assert row == [whole[c] for c in kept]
    assert found["units"].tolist() == [0, 3, 1, 1] and found["new_m2"].tolist() == [0, 10, 5, 2]
    assert rows_of(found[["cap_m2", "quota_m2"]]) == [[None, 8], [5, 7], [None] * 2, [None] * 2]
    members = {m.code: [m.zh, m.en, m.colour] for m in SCHEME.members}
    assert found[["name_zh", "name_en", "colour"]].to_numpy().tolist() == [
        members[z] for z in found.index]  # fmt: skip
    # Two squares of key only touch at a corner.
    assert shapely.area(found.geometry.to_numpy()).tolist() == [0, *found["area_m2"][1:]]
    assert set(found.geom_type) == {"MultiPolygon"} and found.geometry.iloc[0].is_empty
    assert [len(g.geoms) for g in found.geometry] == [0, 2, 1, 1]
    for none in (None, limits[:0]):
        assert "cap_m2" not in sums.describe_zones(zoned, CITY, SCHEME, none)
    empty = sums.describe_zones(zoned.drop(columns="zone"), CITY, SCHEME)
    assert len(empty) == 0 and list(empty.columns)[:4] == ["name_zh", "name_en", "colour", "units"]
    # Of a sum that is not known of one unit, none is known.
    unknown.forget_red(zoned := zoned.copy())
    found = sums.describe_zones(zoned, CITY, SCHEME)
    assert found["redline_m2"].isna().all() and found["core_m2"].notna().all()


def test_a_zone_that_only_touches_the_city_has_no_land(zoned):
    beside = square(0.0, -1, 2.6, 1)
    found = sums.describe_zones(zoned, beside, SCHEME)
    assert shapely.area(found.geometry.to_numpy()).tolist() == [0] * 4
    assert set(found.geom_type) == {"MultiPolygon"}


def test_every_account_adds_up_the_same_pixels(world, zoned):
    pieces = sums.pieces(world.parts)
    pieces["zone"] = pieces["unit"].map(ZONE).astype("string")
    pieces["new_m2"] = range(1, len(pieces) + 1)
    pieces["reduced_m2"] = 2
    # Of no unit with zone moderate is anything beside the zones.
    beside = {"1kmN3500E500": "one", "1kmN3500E501": "one+two", "1kmN3501E500": "two"}
    pieces["overlays"] = pieces["unit"].map(beside)
    found = sums.account_tables(pieces, world.parts, zoned, "the city")
    kept = [c for c in SUMS if c not in ("redline_level1_m2", "protected_m2")]
    new = Counter()
    for unit, town, more in zip(pieces["unit"], pieces["township"], pieces["new_m2"], strict=True):
        new[unit, town] += more

    def table(key, where=lambda _: True):
        rows = counted(world.pixels, key, kept, where)
        places = {(key(p), p.unit, p.township) for p in world.pixels if where(p)}
        for name, row in rows.items():
            inside = {(unit, town) for k, unit, town in places if k == name}
            more, less = sum(new[x] for x in inside), 2 * len(inside)
            built = row[kept.index("built_m2")]
            row += [more, less, (built + more - less) / row[0]]
        return [[*(z or None for z in name), *row] for name, row in
                sorted(rows.items(), key=lambda r: [(x == "", x) for x in r[0]])]  # fmt: skip

    zone = {u: z or "" for u, z in ZONE.items()}
    accounts = {
        "account_city": (["city"], lambda p: ("the city",)),
        "account_zone": (["zone"], lambda p: (zone[p.unit],)),
        "account_county": (["county"], lambda p: (p.county,)),
        "account_township": (["township"], lambda p: (p.township,)),
        "account_zone_county": (["zone", "county"], lambda p: (zone[p.unit], p.county)),
        "account_zone_township": (["zone", "township"], lambda p: (zone[p.unit], p.township)),
    }
    assert list(found) == [*accounts, "account_overlay", "account_zone_landuse"]
    for name, (keys, key) in accounts.items():
        assert list(found[name].columns) == [*keys, *kept, "new_m2", "reduced_m2", "share"], name
        assert rows_of(found[name]) == table(key), name
    assert rows_of(found["account_overlay"]) == sorted(
        [row for o in ("one", "two") for row in table(
            lambda p, o=o: (o, zone[p.unit]), lambda p, o=o: o in beside.get(p.unit, ""))],
        key=lambda r: (r[0], r[1] is None, r[1] or ""),
    )  # fmt: skip
    uses = Counter((zone[p.unit], p.use) for p in world.pixels)
    order = sorted(uses, key=lambda k: (k[0] == "", k))
    assert rows_of(found["account_zone_landuse"]) == [
        [z or None, u, HA * uses[z, u]] for z, u in order]  # fmt: skip


def test_accounts_leave_out_what_a_plan_does_not_have(world, zoned):
    pieces = sums.pieces(world.parts).assign(overlays="")
    pieces.loc[pieces.index[:3], "overlays"] = None
    found = sums.account_tables(pieces, world.parts, zoned.drop(columns="zone"), "x")
    assert list(found) == ["account_city", "account_county", "account_township"]
    (whole,) = found["account_city"].to_dict("records")
    assert whole["share"] == whole["built_m2"] / whole["area_m2"]
    bare = sums.split(world.ledger.atoms, None)
    pieces = sums.pieces(bare).assign(zone="key")
    found = sums.account_tables(pieces, bare, zoned, "x")
    assert "account_zone_landuse" not in found and "share" not in found["account_zone"]
    # Red lines of one piece are not known, so those of its sums are not; the others are.
    some = pieces.astype({"redline_m2": "Int64"})
    some.loc[some["township"].eq("T1"), "redline_m2"] = pd.NA
    found = sums.account_tables(some, bare, zoned, "x")["account_township"]
    assert found["redline_m2"].isna().all() and found["core_m2"].notna().all()


def test_overlays_have_the_land_that_their_protections_cover(world):
    units = world.ledger.units[["area_m2"]].copy()
    sums.add_overlays(units, world.parts, SCHEME)
    by_hand = counted(world.pixels, lambda p: p.unit, ["protected_m2"])
    assert units["overlay_balance_m2"].tolist() == [row[0] for row in by_hand.values()]
    assert str(units["overlay_balance_m2"].dtype) == "Int64"
    sums.add_overlays(units, world.parts, SCHEME, red_known=False)
    assert units["overlay_balance_m2"].isna().all()
    assert str(units["overlay_balance_m2"].dtype) == "Int64"


@pytest.mark.parametrize(
    "kinds", [["lock"], ["redline"], ["core", "redline"], ["basic_farmland", "lock"], ["water"], []]
)
def test_land_under_one_of_some_kinds(world, kinds):
    area = world.ledger.atoms["area_m2"][covered(world.ledger.atoms, kinds)].sum()
    assert area == HA * sum(bool(set(kinds) & {*p.kinds, *(["redline"] if p.red else [])})
                            for p in world.pixels)  # fmt: skip


@pytest.mark.parametrize("how", ["drop", "merge"])
def test_slivers_take_their_pixels_with_them(world, how):
    """At (2, 1) 0.42 km2 lie inside; most of the city beside it has (1, 1)."""
    small, to = "1kmN3501E502", "1kmN3501E501"
    found = settle_slivers(world.ledger, GRID, 0.5, how)
    left = [p for p in world.pixels if how == "merge" or p.unit != small]
    unit = {small: to} if how == "merge" else {}
    reds, keeps = (number(getattr(p, k) for p in world.pixels) for k in ("red", "kept"))
    size = Counter(
        (unit.get(p.unit, p.unit), p.township, p.county, reds[p.red], p.level, keeps[p.kept],
         "+".join(p.kinds), p.use)
        for p in left
    )  # fmt: skip
    assert rows_of(found.atoms) == [[*key, HA * n] for key, n in sorted(size.items())]
    assert found.atoms.index.tolist() == list(range(len(size)))
    assert list(found.atoms.columns) == [*KEYS, "area_m2"]
    areas = Counter(unit.get(p.unit, p.unit) for p in left)
    assert found.units["area_m2"].to_dict() == {u: HA * n for u, n in sorted(areas.items())}
    assert found.dropped_m2 == HA * (len(world.pixels) - len(left))
    assert found.city_m2 == world.ledger.city_m2
    # Codes of units are those that are left.
    assert set(found.atoms["unit"].cat.categories) == set(found.units.index)


def red_of(pixels, code):
    """Give the pixels of an area by its stricter level."""
    out = {1: [], 2: []}
    for p in pixels:
        levels = [level for area, level in p.red if area == code]
        if levels:
            out[min(levels)].append(p)
    return out


def built(pixels):
    return HA * sum(p.sums["built_m2"] for p in pixels)


def test_every_account_of_red_lines(world):
    every = world.pixels
    zone = pd.Series(ZONE, dtype="string")
    features = redlines.describe(world.layers.redlines, world.ledger)
    by_feature = Counter(f"{a}-{n}" for p in every for a, n in p.red)
    codes = ["R1-2", "R2-1", "R2-2", "R3-1", "R4-2", "R5-1", "R5-2"]
    assert features["area_m2"].to_dict() == {f: HA * by_feature[f] for f in codes}
    assert features.index.tolist() == codes
    assert features.index.name == "feature" and str(features["area_m2"].dtype) == "int64"
    found = redlines.tables(features, world.ledger, world.parts, zone)
    red = [p for p in every if p.red]
    sizes = {c: red_of(every, c) for c in ("R1", "R2", "R3", "R4", "R5")}
    published = {"R1": None, "R2": 900_000, "R3": 50_000, "R4": 7_000, "R5": 70_000}
    kinds = {"R1": "scenic-area", "R2": "forest-park", "R3": None, "R4": "forest-park",
             "R5": "scenic-area"}  # fmt: skip
    # Of an area the first feature gives the name: that of level 1, wherever it stands.
    names = {"R1": "R12", "R2": "R21", "R3": "R31", "R4": "R42", "R5": "R51"}
    rows = []
    for code, levels in sizes.items():
        one, two = (HA * len(levels[k]) for k in (1, 2))
        said = published[code]
        rows.append([code, names[code], kinds[code], one, two, one + two, said,
                     None if said is None else one + two - said,
                     built(levels[1] + levels[2])])  # fmt: skip
    whole = {1: HA * sum(p.level == 1 for p in red), 2: HA * sum(p.level == 2 for p in red)}
    last = [
        "overlap", None, None, whole[1] - sum(r[3] for r in rows),
        whole[2] - sum(r[4] for r in rows), HA * len(red) - sum(r[5] for r in rows), None, None,
        built(red) - sum(r[8] for r in rows),
    ]  # fmt: skip
    assert list(found["redline_areas"].columns) == [
        "area_code", "name", "type", "level1_m2", "level2_m2", "area_m2", "published_m2",
        "difference_m2", "built_m2"]  # fmt: skip
    assert rows_of(found["redline_areas"]) == [*rows, last]
    assert redlines.summary(features, found["redline_areas"], world.parts) == {
        "areas": 5, "features": 7, "sum_m2": sum(r[5] for r in rows), "union_m2": HA * len(red),
        "level1_m2": whole[1], "units_touched": len({p.unit for p in red}),
    }  # fmt: skip

    def kind_of(pixel, kind):
        return [n for a, n in pixel.red if (kinds[a] or "unknown") == kind]

    rows = []
    for kind, areas in (("forest-park", 2), ("scenic-area", 2), ("unknown", 1)):
        strict = [min(kind_of(p, kind)) for p in every if kind_of(p, kind)]
        rows.append([kind, areas, HA * strict.count(1), HA * strict.count(2), HA * len(strict)])
    last = ["overlap", None, *(whole[k] - sum(r[k + 1] for r in rows) for k in (1, 2)),
            HA * len(red) - sum(r[4] for r in rows)]  # fmt: skip
    assert list(found["redline_types"].columns) == ["type", "areas", "level1_m2", "level2_m2",
                                                    "area_m2"]  # fmt: skip
    assert rows_of(found["redline_types"]) == [*rows, last]
    pairs = Counter((a, b) for p in every for a in p.all_red for b in p.all_red if a < b)
    assert found["redline_overlaps"].columns.tolist() == ["area_code_a", "area_code_b",
                                                          "overlap_m2"]  # fmt: skip
    assert rows_of(found["redline_overlaps"]) == [[*k, HA * n] for k, n in sorted(pairs.items())]
    by_unit = Counter(
        (p.unit, c, min(n for a, n in p.red if a == c)) for p in every for c in p.all_red
    )
    assert rows_of(found["redline_by_unit"]) == [[*k, HA * n] for k, n in sorted(by_unit.items())]

    def union(*keys):
        columns = ["area_m2", "built_m2", "farmland_m2", "water_m2"]
        of = counted(red, lambda p: (*(k(p) for k in keys), p.level), columns)
        order = sorted(of, key=lambda k: [(x == "", x) for x in k])
        return [[*(x if x != "" else None for x in k), *of[k]] for k in order]

    for name, keys in {
        "redline_union_by_unit": [lambda p: p.unit], "redline_levels": [],
        "redline_by_county": [lambda p: p.county], "redline_by_township": [lambda p: p.township],
        "redline_by_zone": [lambda p: ZONE[p.unit] or ""],
    }.items():  # fmt: skip
        assert rows_of(found[name]) == union(*keys), name
    some = [[town, level, b] for town, level, _, b, *_ in union(lambda p: p.township) if b]
    assert rows_of(found["redline_built"]) == some and len(some) > 1
    for name in ("redline_areas", "redline_types"):
        assert found[name].index.tolist() == list(range(len(found[name])))
    # A single square metre is something.
    first = world.parts.index[world.parts["built_redline_m2"] > 0][0]
    one = world.parts.assign(built_m2=np.where(world.parts.index == first, 1, 0))
    assert redlines.tables(features, world.ledger, one, None)["redline_built"][
        "built_m2"].tolist() == [1]  # fmt: skip
    assert found["redline_built"].index.tolist() == list(range(len(some)))
    one = one.assign(redline_m2=one["built_m2"])
    assert redlines.summary(features, found["redline_areas"], one)["units_touched"] == 1
    bare = sums.split(world.ledger.atoms, None)
    left = redlines.tables(features, world.ledger, bare, None)
    assert "redline_by_zone" not in left and "redline_built" not in left
    assert "built_m2" not in left["redline_areas"]
    assert list(left["redline_levels"].columns) == ["red_level", "area_m2"]


def test_every_account_of_protected_land(world):
    every = world.pixels
    parts = world.parts.assign(known_use=unknown.known_use(world.ledger.atoms, CLASSES))
    found = protections.tables(
        world.layers.protections, world.ledger, parts, pd.Series(ZONE, dtype="string")
    )
    order = ["redline", "core", "basic_farmland", "lock"]
    columns = ["area_m2", "built_m2", "farmland_m2", "water_m2"]

    def under(pixel):
        return {*pixel.kinds, *(["redline"] if pixel.red else [])}

    def total(pixels):
        return [HA * sum(p.sums[c] for p in pixels) for c in columns]

    rows = []
    for kind, areas in zip(order, (4, 1, 1, 2), strict=True):
        alone = [p for p in every if under(p) == {kind} and p.sums["usable_m2"]]
        rows.append([kind, areas, *total([p for p in every if kind in under(p)]), HA * len(alone)])
    union = total([p for p in every if under(p)])
    last = [u - sum(r[k + 2] for r in rows) for k, u in enumerate(union)]
    assert list(found["protection_kinds"].columns) == ["kind", "areas", *columns, "kept_m2"]
    assert rows_of(found["protection_kinds"]) == [*rows, ["overlap", None, *last, None]]
    assert found["protection_kinds"].index.tolist() == list(range(5))

    said = {"L": None, "K": 800_000, "F": 100, "H": None, "M": None}
    rows = []
    for kind, code, name in (("basic_farmland", "F", "F-3"), ("core", "K", "K-1"),
                             ("heritage", "H", "H-4"), ("lock", "L", "L-0"),
                             ("lock", "M", "M-5")):  # fmt: skip
        have = total([p for p in every if any(k[:2] == (kind, code) for k in p.kept)])
        rows.append([kind, code, name, None, "s", 2020, *have, said[code],
                     None if said[code] is None else have[0] - said[code]])  # fmt: skip
    assert list(found["protection_areas"].columns) == [
        "kind", "code", "name", "type", "source", "year", *columns, "published_m2",
        "difference_m2"]  # fmt: skip
    assert sorted(rows_of(found["protection_areas"]), key=lambda r: r[:2]) == rows
    # In the order of the layer.
    assert found["protection_areas"]["code"].tolist() == ["L", "K", "F", "H", "M"]

    levels = {}
    for p in every:
        for kind in p.kinds:
            level = min((k[2] for k in p.kept if k[0] == kind and k[2]), default=None)
            levels.setdefault((kind, level), []).append(p)
    rows = [[kind, level, *total(levels[kind, level])] for kind, level in
            (("core", 1), ("core", 2), ("basic_farmland", None), ("lock", None))]  # fmt: skip
    assert list(found["protection_levels"].columns) == ["kind", "level", *columns]
    assert rows_of(found["protection_levels"]) == rows
    for name, key in {
        "county": lambda p: p.county, "township": lambda p: p.township,
        "zone": lambda p: ZONE[p.unit] or "",
    }.items():  # fmt: skip
        places = sorted({key(p) for p in every}, key=lambda k: (k == "", k))
        here = {(k, w): [p for p in every if key(p) == k and w in under(p)]
                for k in places for w in order}  # fmt: skip
        by_hand = [[k or None, w, *total(land)] for (k, w), land in here.items() if land]
        assert rows_of(found[f"protection_by_{name}"]) == by_hand, name
        assert found[f"protection_by_{name}"].index.tolist() == list(range(len(by_hand)))
    rows = []
    for unit in sorted({p.unit for p in every}):
        mine = [p for p in every if p.unit == unit]
        most = Counter(k for p in mine for k in under(p))
        kind = min(most, key=lambda k: (-most[k], order.index(k)), default="none")
        rows.append([unit, kind, HA * sum(bool(under(p)) for p in mine),
                     sum(bool(under(p)) for p in mine) / len(mine)])  # fmt: skip
    assert rows_of(found["protection_units"]) == rows
    # Of what is built everywhere no kind keeps anything.
    bare = protections.tables(
        world.layers.protections, world.ledger, parts.assign(built_m2=parts["area_m2"])
    )
    assert "protection_by_zone" not in bare
    assert bare["protection_kinds"]["kept_m2"].fillna(-1).tolist() == [0, 0, 0, 0, -1]
    # Of land that nothing protects every account is empty, and closes.
    open_ = parts[~covered(world.ledger.atoms, order)]
    bare = protections.tables(world.layers.protections[:0], world.ledger, open_)
    kinds = bare.pop("protection_kinds")
    assert kinds["kind"].tolist() == ["overlap"] and kinds["area_m2"].tolist() == [0]
    units = bare.pop("protection_units")
    assert set(units["kind"]) == {"none"} and units["area_m2"].sum() == 0
    assert [len(table) for table in bare.values()] == [0] * 4


def test_a_country_counts_what_the_ledger_of_its_places_has(world):
    shapes = np.array([t[3] for t in TOWNS], dtype=object)
    found = count(CITY, GRID, shapes)
    names = {k: t[0] for k, t in enumerate(TOWNS)} | {-1: "none", -2: "overlap"}
    pairs = Counter((p.unit, p.township) for p in world.pixels)
    units = world.ledger.units.index
    code = [GRID.code(int(c), int(r)) for c, r in zip(found.col, found.row, strict=True)]
    assert code == units.tolist() == sorted(units)
    assert found.area_m2.tolist() == world.ledger.units["area_m2"].tolist()
    rows = zip(found.unit.tolist(), found.place.tolist(), found.share_m2.tolist(), strict=True)
    assert [(u, names[k], m2) for u, k, m2 in rows] == [
        (code.index(u), names[k], HA * pairs[u, names[k]])
        for u in code for k in sorted(names) if pairs[u, names[k]]
    ]  # fmt: skip
    both = HA * sum(p.township == "overlap" for p in world.pixels)
    assert found.several_m2.tolist() == [both, both, 0]
    bare = count(CITY, GRID)
    assert bare.area_m2.tolist() == found.area_m2.tolist()
    assert bare.unit.tolist() == list(range(6)) and bare.place.tolist() == [-1] * 6
    assert bare.share_m2.tolist() == bare.area_m2.tolist() and bare.several_m2.tolist() == []


def test_land_of_unknown_use_is_what_no_class_stands_for():
    """A class of a table of one's own may count for nothing; its use is known all the same."""
    parts = pd.DataFrame({
        "area_m2": [1, 20, 300, 4000, 50_000], "landuse": [-1, 0, 1, -1, 2],
        "built_m2": [0, 0, 0, 4000, 0], "eco_agri_m2": [0, 0, 0, 0, 50_000],
        "township": ["a", "none", "a", "overlap", "none"],
    })  # fmt: skip
    assert unknown.count_missing(parts) == {"none": 50_020, "overlap": 4000, "unknown_use": 21}
    assert unknown.count_missing(parts.drop(columns="built_m2"))["unknown_use"] == 0
