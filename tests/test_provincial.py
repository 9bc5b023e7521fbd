"""The ten provincial indicators from columns and files to a zone; what is missing is told."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import LineString, box

import zoning as zn
from tests import keeping, worlds
from tests.worlds import K, X, Y
from zoning.errors import InputError
from zoning.inputs.ground import Ground
from zoning.pipeline.provincial import COLUMNS, table_of
from zoning.planfile.models import ProvincialPart
from zoning.verify import verify

N = 8


def towns(**columns) -> gpd.GeoDataFrame:
    """Eight townships of 2 km² in a row, with everything that the ten need but rasters."""
    k = np.arange(N)
    table = {
        "name": [f"镇{i}" for i in k],
        "area_m2": pd.array([2_000_000] * N, dtype="Int64"),
        "population": 1000.0 * (k + 1) ** 2, "temporary_population": 1000.0 * (k + 1) ** 2 * 0.15,
        "gdp_10k_yuan": 16_105.1 * (k + 1) ** 3, 
        "gdp_5_years_ago_10k_yuan": 10_000.0 * (k + 1) ** 3,
        "local_water_m3": 5e6 * (k + 1), "used_water_m3": 1e6, "inflow_water_m3": 1e9,
        "so2_t": 2.0, "so2_capacity_t": 1.0, "cod_t": [0.5] * 4 + [4.5] * 4, "cod_capacity_t": 1.0,
        "erosion_modulus": [100.0, 600, 3000, 6000, 9000, 20_000, 100, 100],
        "importance_water": 2.0, "importance_soil": [1.0, 2, 3, 4, 5, 1, 1, 1],
        "hazard_flood": 1.0, "hazard_quake": [2.0] * 7 + [4.0],
        "road_km": 2.0 * (k + 1), "min_to_centre": 10.0 * (k + 1),
        "km_to_motorway": 1.0 * k, "strategic": [1.0, 2, 3, 4, 5, 3, 3, 3],
        "available_land_mu": 0.3 * (k + 1),
    }  # fmt: skip
    table |= columns
    shapes = [box(X + i * 2 * K, Y, X + (i + 1) * 2 * K, Y + K) for i in k]
    index = pd.Index([f"t{i}" for i in k], name="township")
    return gpd.GeoDataFrame(table, geometry=shapes, index=index, crs=worlds.CRS)


def made(frame, **part):
    return table_of(frame, Ground(), ProvincialPart(**part))


def test_every_one_of_the_ten_by_hand():
    out, told = made(towns(), gamma=0.001)
    assert not told and tuple(out.columns) == COLUMNS
    row = out.iloc[3]  # 16,000 people on 2 km², 15 % of them temporary: d = 5
    assert row["population_agglomeration"] == pytest.approx(8000 * 5)
    assert row["economic_level"] == pytest.approx(16_105.1 * 64 / 16_000 * 1.3)  # growth 10 %
    assert row["available_water_m3"] == pytest.approx((20e6 - 1e6 + 1e6) / 16_000)
    assert row["grade_available_water"] == 5  # 1250 m³ a head
    # SO2 (2-1)/1 = 1 -> 2; COD below capacity -> 1; from the fifth on COD 3.5 -> 5.
    assert out["grade_overload"].tolist() == [2, 2, 2, 2, 5, 5, 5, 5]
    assert out["grade_fragility"].tolist() == [1, 2, 3, 4, 5, 5, 1, 1]
    assert out["grade_importance"].tolist() == [2, 2, 3, 4, 5, 2, 2, 2]
    assert out["grade_hazard"].tolist() == [2] * 7 + [4]
    assert row["available_land_mu"] == pytest.approx(1.2) and row["grade_available_land"] == 4
    # Motorway 3 km off counts as inside a prefecture: 1.5; 40 min: 1.5.
    assert (row["trunk_influence"], row["location_score"]) == (1.5, 1.5)
    density = 2.0 * 4 / 2
    lowest, highest = 1.0, 8.0
    trunk = out["trunk_influence"]
    by = (density - lowest) / (highest - lowest)
    by += (1.5 - trunk.min()) / (trunk.max() - trunk.min()) + (1.5 - 0.5) / (2.0 - 0.5)
    assert row["transport_superiority"] == pytest.approx(by)
    p1 = np.sqrt((out[["grade_population", "grade_economy", "grade_transport"]] ** 2).sum(axis=1)
                 / 3)  # fmt: skip
    assert row["provincial_index"] == pytest.approx(
        1.1 * float(p1.iloc[3]) * (min(4, 5) / max(2, 2)) / 4
    )


def test_natural_classes_rise_with_the_values():
    out, _ = made(towns())
    for grade, column in (("grade_population", "population_agglomeration"),
                          ("grade_economy", "economic_level")):  # fmt: skip
        assert out[grade].is_monotonic_increasing and out[column].is_monotonic_increasing
        assert set(out[grade]) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("gone", "column", "word"),
    [
        ("temporary_population", "population_agglomeration", "temporary_population"),
        ("gdp_5_years_ago_10k_yuan", "economic_level", "gdp_5_years_ago"),
        ("used_water_m3", "available_water_m3", "used_water_m3"),
        ("cod_capacity_t", "grade_overload", "cod_capacity_t"),
        ("erosion_modulus", "grade_fragility", "erosion_modulus"),
        ("min_to_centre", "transport_superiority", "[inputs.roads]"),
        ("strategic", "strategic_factor", "strategic"),
    ],
)
def test_what_a_plan_lacks_is_missing_and_told(gone, column, word):
    """Never 0: the item has no value, the index neither, and the remedy names what it needs."""
    out, told = made(towns().drop(columns=gone))
    assert out[column].isna().all()
    told_of = [f for f in told if f.code == "provincial-missing"]
    assert len(told_of) == 1 and word in told_of[0].remedy.en and told_of[0].remedy.zh
    if column == "strategic_factor":  # the factor is 1 where nobody scored it, and it is told
        assert out["provincial_index"].notna().all()
        assert any(f.code == "no-strategic" for f in told)
    else:
        assert out["provincial_index"].isna().all()


def test_one_township_without_a_number_is_named():
    out, told = made(towns(temporary_population=[np.nan, *(150.0 * np.arange(1, N))]))
    assert pd.isna(out["population_agglomeration"].iloc[0])
    assert out["population_agglomeration"].iloc[1:].notna().all()
    assert pd.isna(out["provincial_index"].iloc[0]) and out["provincial_index"].notna().sum() == 7
    assert [f.measured for f in told] == [1] and "镇0" in told[0].what.en


def test_inflow_counts_only_where_gamma_does():
    without = towns().drop(columns="inflow_water_m3")
    assert made(without)[0]["available_water_m3"].notna().all()
    assert made(without, gamma=0.02)[0]["available_water_m3"].isna().all()


def test_the_planners_own_indicator_goes_first_and_grades_must_be_grades():
    out, _ = made(towns(economic_level=[7.0] * N))
    assert (out["economic_level"] == 7.0).all()
    with pytest.raises(InputError, match="1 to 5"):
        made(towns(hazard_flood=[7.0] * N))


def test_distances_to_trunk_roads_come_from_the_roads():
    roads = gpd.GeoDataFrame(
        {"class": ["motorway", "street"]},
        geometry=[LineString([(X + K, Y), (X + K, Y + K)]), LineString([(X, Y), (X + 9, Y)])],
        crs=worlds.CRS,
    )
    frame = towns().drop(columns="km_to_motorway")
    out, _ = table_of(frame, Ground(roads=roads), ProvincialPart())
    # 0 inside, then 1, 3, 5 ... km from the motorway: within 3 inside, to 10, to 20 km.
    assert out["trunk_influence"].tolist() == [1.5, 1.5, 1.5, 1.0, 1.0, 1.0, 0.5, 0.5]


def world(folder, steep: bool = False):
    path = worlds.write(
        folder,
        extra="""
[inputs.dem]
path = "dem.tif"
[indicators.provincial]
gamma = 0.01
[zones.method]
name = "ten"
en = "ten"
zh = "十项"
source = "made up"
evidence = "own"
[[zones.method.rule]]
id = "a"
when = "available_land_mu > 0.005 and economic_level > 10"
zone = "key"
[[zones.method.rule]]
id = "b"
when = "True"
zone = "moderate"
[allocation]
enabled = false
""",
    )
    table = pd.DataFrame(worlds.townships().drop(columns=["geometry", "name", "county"]))
    table["temporary_population"] = [3000, 1000, None]
    table["gdp_5_years_ago_10k_yuan"] = [600_000, 60_000, 6000]
    table["strategic"] = [3, 3, 3]
    table.drop(columns="slope_deg").to_csv(folder / "乡镇.csv", index=False)
    z = np.zeros((40, 70), dtype="float32")  # 500 m more on every side
    if steep:
        z[:, :25] = np.arange(25)[None, :] * 60.0
        z[:, 25:] = z[:, 24:25]
    meta = {"driver": "GTiff", "height": 40, "width": 70, "count": 1, "dtype": "float32",
            "crs": worlds.CRS, "transform": from_origin(X - 500, Y + 3500, 100, 100)}  # fmt: skip
    with rasterio.open(folder / "dem.tif", "w", **meta) as file:
        file.write(z, 1)
    return path


@pytest.mark.slow
def test_from_files_and_columns_to_a_zone_and_back(tmp_path):
    """Land from heights and land use; a steep township has none left, and its zone changes."""
    for name in ("flat", "steep"):
        (tmp_path / name).mkdir()
    flat = zn.run(world(tmp_path / "flat"))
    steep = zn.run(world(tmp_path / "steep", steep=True))
    a, _, c = flat.townships.index
    land = flat.townships.loc[a]
    # A: 6 km², all of it fit; 2 km² built; of 4 km² of fields the plan's basic farmland or 0.9.
    assert land["suitable_m2"] == pytest.approx(6e6) and land["suitable_built_m2"] == 2e6
    left = (6e6 - 2e6 - 0.9 * 4e6) / 10_000 * 15 / 60_000
    assert land["available_land_mu"] == pytest.approx(left, rel=1e-6)
    # C's right half is water, and no land.
    assert flat.townships.loc[c, "suitable_m2"] < 3.1e6
    assert flat.townships.loc[a, "zone"] == "key" and steep.townships.loc[a, "zone"] == "moderate"
    assert steep.townships.loc[a, "suitable_m2"] < 0.1 * 6e6
    codes = [f.code for f in flat.findings]
    assert codes.count("provincial-missing") >= 5
    flat.save(tmp_path / "out")
    again = zn.load(tmp_path / "out")
    given = next(x for x in again.contributions if x.wing == "provincial")
    items = given.table("provincial_items").frame.set_index("item")
    assert items.loc["population", ["townships", "lacking"]].tolist() == [2, 1]
    assert items.loc["overload", "lacking"] == 3
    assert given.chapters[0].paragraphs[0].zh
    checks = [x for x in verify(again) if x.check == "verify.provincial"]
    assert len(checks) > 8 and all(x.ok for x in checks)
    # A number that does not follow from its columns is found, here and in the table that is shown.
    towns_ = again.townships.copy()
    towns_.loc[a, "economic_level"] = 99.0
    bad = [x for x in verify(replace(again, townships=towns_))
           if x.check == "verify.provincial" and not x.ok]  # fmt: skip
    assert {x.where.split(":")[1].split(",")[0].strip() for x in bad} == {
        "townships", "provincial_indicators"}  # fmt: skip
    told = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert told["config"]["indicators"]["provincial"]["gamma"] == 0.01


def test_a_whole_city_has_an_index_and_three_ways_to_join_it():
    from zoning.pipeline.ten_told import contribution
    from zoning.planfile.models import Config

    config = Config.model_validate({"indicators": {"provincial": {"compose": "additive"}}})
    out, _ = made(towns(), compose="additive")
    frame = towns().drop(columns="available_land_mu").join(out)
    given = contribution(frame, config)[0]
    ranks = given.table("provincial_compositions").frame.set_index("compose")
    assert ranks.shape == (3, 3) and ranks.loc["ratio", "ratio"] == 1
    shown = given.table("provincial_indicators").frame
    assert shown["provincial_index"].notna().all()
    assert shown["provincial_index"].tolist() == [round(v, 6) for v in frame["provincial_index"]]
    assert any(v != round(v, 6) for v in frame["provincial_index"]), "the rounding must show"
    plan = type("P", (), {"contributions": (given,), "config": config, "townships": frame})
    from zoning.verify import ten
    from zoning.verify.compare import Findings

    found = Findings()
    ten.audit(plan, found)
    assert found.checks and all(c.ok for c in found.checks), [c for c in found.checks if not c.ok]
    frame.loc["t3", "provincial_index"] += 1e-6
    found = Findings()
    ten.audit(plan, found)
    assert any(not c.ok and "provincial_index" in c.where for c in found.checks)


def test_importance_follows_the_evaluation_where_half_of_the_land_has_it():
    frame = towns(
        ecology_extreme_share=[0.6, 0.5, 0.4, 0.1, 0.0, np.nan, 0.0, 0.0],
        ecology_important_share=[0.7, 0.9, 0.5, 0.49, 0.0, 0.2, 1.0, 0.0],
    ).drop(columns=["importance_water", "importance_soil"])
    grade = made(frame)[0]["grade_importance"]
    assert grade.drop("t5").tolist() == [5, 5, 3, 1, 1, 3, 1] and pd.isna(grade["t5"])
    # Given grades stand beside it: the larger counts.
    assert made(frame.assign(importance_water=4.0))[0]["grade_importance"].iloc[3] == 4


def test_a_township_that_nobody_scored_has_factor_one():
    whole, _ = made(towns(strategic=[3.0] * N))
    some, told = made(towns(strategic=[3.0] * (N - 1) + [np.nan]))
    assert some["provincial_index"].tolist() == pytest.approx(whole["provincial_index"].tolist())
    assert pd.isna(some["strategic_factor"].iloc[-1]) and len(told) == 1


def test_suitable_land_by_class_and_slope(tmp_path):
    """Left half level, right half steep; a row each of fields, forest, town, water, bare land."""
    from zoning.indicators.suitable import suitable_of
    from zoning.inputs.landuse import load_classes

    z = np.zeros((7, 12), dtype="float32")
    z[:, 6:] = 100 * np.arange(1, 7)[None, :]
    use = np.zeros((7, 12), dtype=np.uint8)
    use[1:6] = np.array([1, 3, 7, 17, 23], dtype=np.uint8)[:, None]
    meta = {"driver": "GTiff", "height": 7, "width": 12, "count": 1, "crs": worlds.CRS,
            "transform": from_origin(X, Y + 700, 100, 100)}  # fmt: skip
    for name, values, nodata in (("z", z, -9999), ("use", use, 0)):
        with rasterio.open(tmp_path / f"{name}.tif", "w", dtype=values.dtype, nodata=nodata,
                           **meta) as file:  # fmt: skip
            file.write(values, 1)
    rows = [box(X + 100, Y + 600 - 100 * k, X + 1100, Y + 700 - 100 * k) for k in range(1, 6)]
    places = gpd.GeoDataFrame(index=list("abcde"), geometry=rows, crs=worlds.CRS)
    found = suitable_of(tmp_path / "z.tif", tmp_path / "use.tif", load_classes(), {"t": places},
                        worlds.CRS)["t"]  # fmt: skip
    # Of ten columns the first four are level; the fifth leans on the slope beside it.
    assert found["suitable_share"].tolist() == pytest.approx([0.4, 0, 0.4, 0, 0])
    assert found["suitable_built_share"].tolist() == pytest.approx([0, 0, 0.4, 0, 0])
    assert found["suitable_farmland_share"].tolist() == pytest.approx([0.4, 0, 0, 0, 0])


def test_columns_that_hold_no_numbers_are_none_and_given_ones_go_first():
    frame = towns(population=["x"] * N)
    out, told = made(frame)
    assert out["population_agglomeration"].isna().all() and out["economic_level"].isna().all()
    lacking = {f.what.en for f in told if f.code == "provincial-missing"}
    items = ("people gathered", "economic level", "available water")
    assert lacking == {f"{item} cannot be made" for item in items}
    out, _ = made(towns(given_strategic=[2.0] * N))
    assert out["strategic_factor"].nunique() == 1
    # Only columns of that name, or with something behind it, are grades of an item.
    out, _ = made(towns(hazardous=[5.0] * N, hazard=[3.0] * N))
    assert out["grade_hazard"].tolist() == [3] * 7 + [4]


def test_suitable_land_is_the_share_of_the_area_and_no_one_counts_it_twice():
    shares = pd.DataFrame({"fit": [0.5] * N, "built": [0.1] * N, "farm": [0.2] * N},
                          index=towns().index)  # fmt: skip
    frame = towns().drop(columns="available_land_mu")
    out, told = table_of(frame, Ground(), ProvincialPart(), shares)
    assert out["suitable_m2"].tolist() == [1_000_000] * N
    assert out["suitable_built_m2"].tolist() == [200_000] * N
    assert out["suitable_farmland_m2"].tolist() == [400_000] * N
    # Nine tenths of the fields count as basic farmland where none is surveyed: 44 ha are left,
    # 660 mu for 1000 people.
    assert out["available_land_mu"].iloc[0] == pytest.approx(0.66)
    assert told == () and out["grade_available_land"].notna().all()
    held, _ = table_of(frame.assign(basic_farmland_m2=340_000), Ground(), ProvincialPart(), shares)
    assert held["available_land_mu"].iloc[0] == pytest.approx(0.69)
    for bare, suitable in ((frame, None), (frame.drop(columns="population"), shares)):
        none, _ = table_of(bare, Ground(), ProvincialPart(), suitable)
        assert none["available_land_mu"].isna().all()


@pytest.mark.parametrize(("scale", "column", "other"), [
    ("city", "min_to_centre", "km_to_city"), ("province", "km_to_city", "min_to_centre"),
])  # fmt: skip
def test_the_place_of_a_township_is_scored_by_its_scale(scale, column, other):
    frame = towns(km_to_city=[10.0 * k for k in range(N)])
    out, _ = made(frame, scale=scale)
    alone, _ = made(frame.drop(columns=other), scale=scale)
    assert out["location_score"].notna().all()
    assert alone["location_score"].equals(out["location_score"])
    without, _ = made(frame.drop(columns=column), scale=scale)
    assert without["location_score"].isna().all()
    assert without["transport_superiority"].isna().all()
    # A density that the planner states goes before the length of the roads.
    dense, _ = made(frame.assign(road_density=[1.0] * 4 + [3.0] * 4), scale=scale)
    again, _ = made(frame.assign(road_km=[2.0] * 4 + [6.0] * 4), scale=scale)
    assert dense["transport_superiority"].tolist() == again["transport_superiority"].tolist()


def test_what_is_missing_in_some_places_names_five_of_them():
    for gone, listed in ((5, "镇0, 镇1, 镇2, 镇3, 镇4"), (6, "镇0, 镇1, 镇2, 镇3, 镇4, … (6)")):
        values = [np.nan] * gone + [3.0] * (N - gone)
        out, told = made(towns(strategic=values))
        (one,) = [f for f in told if "strategic" in f.what.en]
        assert one.what.en == f"strategic choice is missing in {gone} townships: {listed}"
        assert (one.measured, one.limit) == (gone, 0) and listed in one.what.zh
        assert out["provincial_index"].notna().all()  # the factor is 1 where nobody scored it
    _, told = made(towns(strategic=[np.nan, *[3.0] * (N - 1)]).drop(columns="name"))
    assert told[0].what.en.endswith("townships: t0")


def test_five_natural_classes_take_five_values():
    from zoning.pipeline.provincial import in_five

    assert in_five(pd.Series([1.0, 2.0, 3.0, 4.0])).isna().all()
    assert in_five(pd.Series([3.0, 1.0, 5.0, 2.0, 4.0])).tolist() == [3, 1, 5, 2, 4]


def test_kilometres_to_a_road_are_those_of_the_nearest_of_its_class():
    from zoning.pipeline.provincial import _km_to

    frame = towns()
    lines = [LineString([(X + 5 * K, Y - 9), (X + 5 * K, Y + 9)]),
             LineString([(X, Y + 2 * K), (X + 16 * K, Y + 2 * K)])]  # fmt: skip
    roads = gpd.GeoDataFrame({"class": ["motorway", "national"]}, geometry=lines, crs=worlds.CRS)
    ground = Ground(roads=roads)
    assert _km_to(frame, ground, "motorway").tolist() == [3, 1, 0, 1, 3, 5, 7, 9]
    assert _km_to(frame, ground, "national").tolist() == [1] * N
    assert _km_to(frame, ground, "street") is None and _km_to(frame, Ground(), "motorway") is None
    assert _km_to(frame, Ground(roads=roads.drop(columns="class")), "motorway") is None


def test_tables_of_the_ten_are_as_they_are_kept():
    """Of whole townships, of some that lack a thing each, of a province, in all ways to join."""
    from zoning.indicators.tell_names import PROVINCIAL
    from zoning.pipeline.ten_told import contribution
    from zoning.planfile.models import Config

    k = np.arange(N)
    holes = {
        c: np.where(k == i, np.nan, towns()[c])
        for i, c in enumerate(
            ("cod_t", "temporary_population", "importance_soil", "erosion_modulus", "strategic")
        )
    }
    worlds_ = {
        "ratio": (towns(), {"gamma": 0.001}), "additive": (towns(**holes), {"compose": "additive"}),
        "weighted": (towns(km_to_city=25.0 * k, km_to_port=10.0 * k, so2_t=0.2),
                     {"compose": "weighted", "scale": "province"}),
        "bare": (towns()[["name", "area_m2", "population", "geometry"]], {}),
    }  # fmt: skip
    found = {}
    for name, (frame, part) in worlds_.items():
        out, told = made(frame, **part)
        config = Config.model_validate({"indicators": {"provincial": part}})
        frame = frame.drop(columns="available_land_mu", errors="ignore")
        (given,) = contribution(
            frame.join(out.drop(columns=frame.columns, errors="ignore")), config
        )
        found |= {f"{name} table": keeping.plain(out), f"{name} told": keeping.plain(told),
                  f"{name} wing": keeping.plain(given)}  # fmt: skip
        for t in given.tables:  # told to six digits behind the point
            numbers = t.frame.select_dtypes("number")
            assert numbers.equals(numbers.round(6))
        table = given.table("provincial_indicators")
        first, *others = table.fields
        assert first.name == "township" and [f.name for f in others] == list(table.frame)[1:]
        assert [(f.label, f.about, f.unit) for f in others] == [
            (PROVINCIAL[f.name][0], PROVINCIAL[f.name][0], PROVINCIAL[f.name][1]) for f in others
        ]
    keeping.hold_parts(found, "ten")


def test_kilometres_are_told_to_the_millimetre_and_factors_where_they_count():
    from zoning.pipeline.provincial import _km_to

    line = LineString([(X, Y + K + 1 / 3), (X + 16 * K, Y + K + 1 / 3)])
    roads = gpd.GeoDataFrame({"class": ["motorway"]}, geometry=[line], crs=worlds.CRS)
    assert _km_to(towns(), Ground(roads=roads), "motorway").tolist() == [0.000333] * N
    bare = towns().drop(columns="strategic")
    for compose, told in (("ratio", True), ("additive", False), ("weighted", False)):
        codes = [f.code for f in made(bare, compose=compose)[1]]
        assert ("no-strategic" in codes) is told


@pytest.mark.parametrize(("whole", "ranks"), [(2, False), (3, True)])
def test_ways_to_join_are_compared_where_three_townships_have_all_grades(whole, ranks):
    from zoning.pipeline.ten_told import contribution
    from zoning.planfile.models import Config

    config = Config.model_validate({"indicators": {"provincial": {}}})
    frame = towns(hazard_flood=[1.0] * whole + [np.nan] * (N - whole),
                  hazard_quake=[2.0] * whole + [np.nan] * (N - whole))  # fmt: skip
    out, _ = made(frame)
    frame = frame.drop(columns="available_land_mu").join(out)
    names = [t.name for t in contribution(frame, config)[0].tables]
    assert ("provincial_compositions" in names) is ranks
