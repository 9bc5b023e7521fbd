"""Across the line: borders, densities around, contrast of zones; by hand and told where missing."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

import zoning as zn
from tests import keeping, worlds
from tests.worlds import K, X, Y
from zoning.errors import InputError
from zoning.pipeline.neighbours import _paragraphs, around, contribution, edge_table, pairs
from zoning.planfile.models import ZonesPart
from zoning.verify import verify

PART = """
[inputs.neighbours]
path = "邻市.gpkg"
source = "statistics of the next city, 2024"
[inputs.neighbours.zones]
"重点开发区" = "key"
"""


def beyond(folder, **columns) -> None:
    """West of township A a place of 2 x 3 km; south of A and B a thin one, 40 m off the line."""
    gpd.GeoDataFrame(
        {
            "name": ["西镇", "南镇"], "zone": ["重点开发区", None],
            "population": [12_000.0, np.nan], "gdp_10k_yuan": [60_000.0, np.nan], **columns,
        },
        geometry=[
            box(X - 2 * K, Y, X, Y + 3 * K), box(X, Y - 1 * K, X + 4 * K, Y - 40),
        ],
        crs=worlds.CRS,
    ).to_crs(4490).to_file(folder / "邻市.gpkg")  # fmt: skip


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    path = worlds.write(folder, extra=PART)
    beyond(folder)
    made = zn.run(path)
    made.save(folder / "out")
    return folder, made


def test_the_whole_plan_is_as_it_is_kept(plan):
    keeping.hold(plan[1], "neighbours")


def test_borders_and_densities_by_hand(plan):
    _, made = plan
    a, b, c = made.townships.index
    towns = made.townships
    # Up to 100 m more at either end. A: 3 km in the west and 2 km in the south of an outline of
    # 10 km; B: 2 km in the south.
    assert towns.loc[a, "edge_share"] == pytest.approx(0.5, abs=0.03)
    assert towns.loc[b, "edge_share"] == pytest.approx(0.2, abs=0.03)
    assert towns.loc[c, "edge_share"] == pytest.approx(0, abs=0.02)
    # A has B (20,000 on 6 km², 3 km of border) and the west (12,000 on 6 km², 3 km).
    around = (20_000 / 6 * 3 + 12_000 / 6 * 3) / 6
    assert towns.loc[a, "around_population_density"] == pytest.approx(around, rel=0.01)
    assert towns.loc[c, "around_population_density"] == pytest.approx(20_000 / 6, rel=0.001)
    gdp = (90_000 / 6 * 3 + 60_000 / 6 * 3) / 6
    assert towns.loc[a, "around_gdp_density"] == pytest.approx(gdp, rel=0.01)


def test_what_two_places_reach_counts_once():
    """A square of 10 km, its south side met by two places that share a corner, 60 m off."""
    side = 10 * K
    town = gpd.GeoDataFrame(index=pd.Index(["t"]), geometry=[box(0, 0, side, side)], crs=worlds.CRS)
    low = gpd.GeoDataFrame(
        {"name": ["左", "右", "下"]},
        geometry=[box(-K, -K, 4000.5, -60), box(4000.5, -K, side, 0), box(4000.5, -K, 5 * K, -30)],
        crs=worlds.CRS,
    )
    found = pairs(town, box(0, 0, side, side), low, 100.0).set_index("neighbour")["border_m"]
    # The corner of the square: 40 m of its west side are within 100 m of the place 60 m below.
    assert found["左"] == pytest.approx(4000.5 - 60 + 40, abs=2)
    assert found["右"] == pytest.approx(side - 4000.5 + 60 + 100, abs=2)
    assert "下" not in found


@pytest.mark.parametrize(("gap", "met"), [(0.9, 10 * K), (1.5, 0)])
def test_only_what_lies_on_the_line_of_the_city_meets_others(gap, met):
    """Rounding and gaps may keep a township less than a metre off the line, no more."""
    side = 10 * K
    town = gpd.GeoDataFrame(
        index=pd.Index(["t"]), geometry=[box(0, gap, side, side)], crs=worlds.CRS
    )
    south = gpd.GeoDataFrame({"name": ["南"]}, geometry=[box(0, -K, side, 0)], crs=worlds.CRS)
    found = pairs(town, box(0, 0, side, side), south, 100.0)
    # 100 m of the west and of the east side are within 100 m too.
    assert found["border_m"].tolist() == pytest.approx([met + 200], abs=4)


def test_contrast_of_zones_and_what_is_not_known(plan):
    _, made = plan
    given = next(x for x in made.contributions if x.wing == "neighbours")
    table = given.table("city_edge").frame.set_index(["township", "neighbour"])
    a, b, _ = made.townships.index
    west, south = table.loc[(a, "西镇")], table.loc[(b, "南镇")]
    assert west["border_m"] == pytest.approx(3000, abs=210) and west["neighbour_zone"] == "key"
    own = made.townships.loc[a, "zone"]
    assert west["contrast"] == ("same" if own == "key" else "other")
    assert west["density"] == pytest.approx(10_000, rel=1e-3)
    assert west["neighbour_density"] == pytest.approx(2000, rel=1e-3)
    assert south["contrast"] == "unknown" and pd.isna(south["neighbour_density"])
    told = " ".join(p.en for p in given.chapters[0].paragraphs)
    assert "statistics of the next city" in told and "different" in told
    layer = given.layers[0].frame
    assert layer.set_index("name").loc["西镇", "area_m2"] == pytest.approx(6e6, rel=1e-3)
    assert pd.isna(layer.set_index("name").loc["南镇", "population"])


@pytest.mark.slow
def test_the_plan_keeps_it_and_verify_finds_a_forged_zone(plan):
    from dataclasses import replace

    folder, _ = plan
    again = zn.load(folder / "out")
    checks = [c for c in verify(again) if c.check == "verify.neighbours"]
    assert checks and all(c.ok for c in checks)
    mine = next(x for x in again.contributions if x.wing == "neighbours")
    others = tuple(x for x in again.contributions if x.wing != "neighbours")
    for column, value in (("contrast", "same"), ("border_m", 9000.0), ("zone", "moderate"),
                          ("neighbour_density", 7.0)):  # fmt: skip
        frame = mine.tables[0].frame.copy()
        row = 0 if column != "contrast" else int(np.flatnonzero(frame["contrast"] == "unknown")[0])
        frame.loc[row, column] = value
        forged = replace(mine, tables=(replace(mine.tables[0], frame=frame),))
        bad = [c for c in verify(replace(again, contributions=(*others, forged)))
               if c.check == "verify.neighbours" and not c.ok]  # fmt: skip
        assert bad and any(column in c.where for c in bad), column


@pytest.mark.slow
def test_a_method_reads_what_lies_across_and_a_zone_follows(tmp_path):
    rule = """
[zones.method]
name = "edge"
en = "edge"
zh = "边界"
source = "made up"
evidence = "own"
[[zones.method.rule]]
id = "a"
when = "around_population_density > 2800"
zone = "key"
[[zones.method.rule]]
id = "b"
when = "True"
zone = "moderate"
[allocation]
enabled = false
"""
    zones = []
    for people in (12_000.0, 30_000.0):
        folder = tmp_path / str(people)
        folder.mkdir()
        path = worlds.write(folder, extra=PART + rule)
        beyond(folder, population=[people, np.nan])
        zones.append(zn.run(path).townships["zone"].iloc[0])
    assert zones == ["moderate", "key"]


def test_what_is_wrong_is_told_at_once(tmp_path):
    path = worlds.write(tmp_path, extra=PART)
    beyond(tmp_path, name=["西镇", "西镇"], gdp_10k_yuan=["much", "-1"])
    with pytest.raises(InputError) as error:
        zn.run(path)
    told = "\n".join(p.tell("en") for p in error.value.problems)
    assert "stands twice" in told and "'much'" in told and "'-1'" in told
    gpd.GeoDataFrame({"name": ["x"]}, geometry=[box(0, 0, 1, 1).boundary], crs=worlds.CRS).to_file(
        tmp_path / "邻市.gpkg"
    )
    with pytest.raises(InputError, match="polygons"):
        zn.run(path)


@pytest.mark.parametrize("seed", range(3))
def test_each_stretch_of_the_line_counts_for_the_nearest_place_that_reaches_it(seed):
    """Point by point along the outlines of two townships, with five places that overlap."""
    rng = np.random.default_rng(seed)
    side = 300
    city = box(0, 0, 2 * side, side)
    towns = gpd.GeoDataFrame(
        index=pd.Index(["s", "t"]), crs=worlds.CRS,
        geometry=[box(0, 0, side, side), box(side, 0, 2 * side, side)],
    )  # fmt: skip
    west = rng.integers(0, 500, 5) + 0.3
    shapes = [box(x, -50, x + w, -1 - d) for x, w, d in zip(
        west, rng.integers(30, 200, 5), rng.integers(0, 20, 5), strict=True)]  # fmt: skip
    low = gpd.GeoDataFrame({"name": list("vwxyz")}, geometry=shapes, crs=worlds.CRS)
    found = pairs(towns, city, low, 30.0)
    step = 0.25
    wanted = {}
    for code, shape in zip(towns.index, towns.geometry, strict=True):
        line = shapely.boundary(shape)
        points = shapely.line_interpolate_point(line, np.arange(step / 2, line.length, step))
        points = points[shapely.distance(points, shapely.boundary(city)) <= 1]
        far = shapely.distance(points[:, None], np.array(shapes)[None, :])
        near = far.argmin(axis=1)[far.min(axis=1) <= 30]
        wanted |= {(code, "vwxyz"[k]): step * n for k, n in enumerate(np.bincount(near)) if n}
    rows = {(r.township, r.neighbour): r.border_m for r in found.itertuples()}
    assert list(rows) == sorted(rows) and found.index.tolist() == list(range(len(rows)))
    for pair in set(rows) | set(wanted):
        assert rows.get(pair, 0) == pytest.approx(
            wanted.get(pair, 0), abs=4 if pair in rows else 13
        )
    assert all(m >= 10 and m == round(m, 1) for m in rows.values())


def test_what_borders_townships_is_a_mean_by_length_on_both_sides_of_the_line():
    towns = gpd.GeoDataFrame(
        {"population": [100, None, 900], "area_m2": [1e6] * 3}, crs=worlds.CRS,
        index=pd.Index(["a", "b", "c"], name="township"),
        geometry=[box(0, 0, K, K), box(K, 0, 2 * K, K), box(2 * K, 0, 3 * K, 500)],
    )  # fmt: skip
    beyond = gpd.GeoDataFrame(
        {"name": ["n", "o"], "population": [4000, None], "gdp_10k_yuan": [None, "much"],
         "area_m2": [2e6, 1e6]}, geometry=[box(0, 0, 1, 1)] * 2,
    )  # fmt: skip
    across = pd.DataFrame({"township": ["a", "a", "c"], "neighbour": ["n", "o", "n"],
                           "border_m": [500.0, 4000.0, 250.0]})  # fmt: skip
    found = around(towns, towns, across, beyond)
    # a: 2000 people a km² over 500 m; of b and of o nothing is known. b: 100 over 1 km, 1800 over
    # 500 m. c: 2000 over 250 m, b unknown.
    wanted = pd.DataFrame(
        {"edge_share": [1.0, 0.0, 250 / 3000],
         "around_population_density": [2000, round((100 * 1000 + 1800 * 500) / 1500, 6), 2000],
         "around_gdp_density": [None] * 3}, index=towns.index, dtype="Float64",
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, wanted)
    # What the planner's table holds goes before what was measured.
    own = around(towns.assign(population=[0, 5, 9]), towns, across, beyond)
    assert own["around_population_density"].iloc[1] == pytest.approx((0 + 18 * 500) / 1500)


def test_zones_and_densities_of_both_sides_stand_beside_the_line():
    towns = gpd.GeoDataFrame(
        {"zone": ["key", None], "population": [10, None], "area_m2": [3e6, 1e6]},
        index=["a", "b"], geometry=[box(0, 0, 1, 1)] * 2,
    )  # fmt: skip
    beyond = gpd.GeoDataFrame(
        {"name": ["n", "o", "p"], "zone": ["key", "moderate", None], "population": [7, None, 1],
         "area_m2": [3e6, 1e6, 2e6]}, geometry=[box(0, 0, 1, 1)] * 3,
    )  # fmt: skip
    across = pd.DataFrame({"township": list("aaab"), "neighbour": list("nopn"),
                           "border_m": [40.0, 50.0, 10.0, 20.0]})  # fmt: skip
    found = edge_table(across, towns, beyond)
    assert found["contrast"].tolist() == ["same", "other", "unknown", "unknown"]
    assert found["density"].tolist() == [3.333, 3.333, 3.333, pd.NA]
    assert found["neighbour_density"].tolist() == [2.333, pd.NA, 0.5, 2.333]
    texts = ["township", "neighbour", "zone", "neighbour_zone", "contrast"]
    assert (found[texts].dtypes == "string").all()
    part = type("Part", (), {"source": "made up"})
    line, share = _paragraphs(found, box(0, 0, 500, 750), part)
    assert line.en.startswith("0.1 km of the city's line (2.5 km)") and "0.1 km" in line.zh
    assert "56% of the line" in share.en and "56%" in share.zh
    for none in (found[found["contrast"] == "unknown"], found.iloc[:0]):
        assert "No zone is known" in _paragraphs(none, box(0, 0, 500, 750), part)[1].en


@pytest.mark.parametrize(("width", "kept"), [(9.9, []), (10.0, [10.0]), (10.4, [10.4])])
def test_borders_of_less_than_ten_metres_are_corners(width, kept):
    town = gpd.GeoDataFrame(index=["t"], geometry=[box(0, 0, 100, 100)], crs=worlds.CRS)
    low = gpd.GeoDataFrame({"name": ["n"]}, geometry=[box(20, -9, 20 + width, 0)], crs=worlds.CRS)
    assert pairs(town, box(0, 0, 100, 100), low, 1e-7)["border_m"].tolist() == kept


def test_places_beyond_are_drawn_ten_kilometres_deep():
    towns = gpd.GeoDataFrame(
        {"zone": ["key"], "population": [1], "area_m2": [1e8]}, index=["t"],
        geometry=[box(0, 0, 10 * K, 10 * K)], crs=worlds.CRS,
    )  # fmt: skip
    more = {
        "zone": None,
        "population": None,
        "gdp_10k_yuan": None,
        "area_m2": 7.6,
        "built_m2": None,
    }
    shapes = [box(0, -90 * K, 10 * K, 0), box(0, 30 * K, K, 90 * K), box(-K, 0, 0, K)]
    places = gpd.GeoDataFrame({"name": list("cba"), **more}, geometry=shapes, crs=worlds.CRS)
    places["built_m2"] = pd.array([None, None, 2.6], "Float64")
    intake = SimpleNamespace(layers=SimpleNamespace(city=box(0, 0, 10 * K, 10 * K)),
                             ground=SimpleNamespace(neighbours=places))  # fmt: skip
    part = SimpleNamespace(tolerance_m=1.0, source="s")
    config = SimpleNamespace(inputs=SimpleNamespace(neighbours=part), zones=ZonesPart())
    (given,) = contribution(towns, intake, config)
    layer = given.layers[0].frame
    assert layer["name"].tolist() == ["a", "c"] and layer.index.tolist() == [0, 1]
    assert layer.geometry.area.tolist() == pytest.approx([1e6, 1e8])
    assert layer["area_m2"].tolist() == [8, 8] and layer["built_m2"].tolist() == [3, pd.NA]
    for gone in ((None, intake, config), (towns.drop(columns="zone"), intake, config)):
        assert contribution(*gone) == ()
    config.inputs.neighbours = None
    assert contribution(towns, intake, config) == ()
    same = pd.DataFrame({"contrast": ["same"], "border_m": [20.0]})
    assert "0% of the line" in _paragraphs(same, box(0, 0, 9, 9), part)[1].en
