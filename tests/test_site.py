"""May this stand here: areas by a second way, and an answer to every question asked."""

from __future__ import annotations

import functools
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import zoning as zn
from tests.seeds import fresh_seeds, told
from zoning.errors import InputError, Text
from zoning.inputs.inspect.datum import gcj02
from zoning.review.site.ground import cut
from zoning.review.site.rules import between, load_rules
from zoning.zones.rules import compile_rule

EXTRA = """
[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"
year = 2017
source = "划定 2017"

[[inputs.protections]]
kind = "lock"
path = "锁定.gpkg"
"""
#: Land uses that are built or water in the world.
BUILT, WATER = 7, 17


def farmland():
    """Give fields that lie across units, townships and a red line."""
    ring = shapely.Point(worlds.X + 2150, worlds.Y + 2000).buffer(700, quad_segs=40)
    return shapely.difference(
        ring, shapely.box(worlds.X, worlds.Y, worlds.X + 1900, worlds.Y + 9e3)
    )


def locked():
    return shapely.affinity.rotate(worlds.square(3.6, 0.3, 0.9, 0.7), 20)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    gpd.GeoDataFrame({"a": [1]}, geometry=[farmland()], crs=worlds.CRS).to_file(
        folder / "农田.gpkg")  # fmt: skip
    gpd.GeoDataFrame({"a": [1]}, geometry=[locked()], crs=worlds.CRS).to_file(
        folder / "锁定.gpkg")  # fmt: skip
    plan = worlds.write(
        folder, cap='[cap]\nshare = 0.5\nsource = "a"\nevidence = "own"', extra=EXTRA
    )
    with rasterio.open(folder / "用地.tif", "r+") as file:
        file.write(landuse(), 1)
    zn.run(plan, folder / "out")
    return folder


@pytest.fixture(scope="module")
def plan(world):
    return _loaded(world)


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=worlds.CRS)


def ask(world, place, **how):
    """Ask the plan in memory; its raster lies in the folder of the world."""
    return zn.site(_loaded(world), place, inputs=world, **how)


@functools.cache
def _loaded(world):
    return zn.load(world / "out")


def blob(rng, spread=3500):
    x, y = rng.uniform(-200, spread * 2), rng.uniform(-200, spread)
    size, corners = 10 ** rng.uniform(0, 3.2), rng.integers(3, 14)
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    far = size * rng.uniform(0.3, 1, corners)
    ring = np.c_[worlds.X + x + far * np.cos(angle), worlds.Y + y + far * np.sin(angle)]
    return shapely.Polygon(ring).buffer(0)


def landuse():
    """Give a mixed picture: units that are half built, so that bounds are no points."""
    use = np.random.default_rng(5).choice([1, 3, BUILT, WATER], (30, 60), p=[0.4, 0.2, 0.25, 0.15])
    return use.astype(np.uint8)


def pixels():
    """Give every pixel of the land use as a square with its class."""
    use = landuse()
    rows, cols = np.indices(use.shape)
    x, y = worlds.X + cols * 100, worlds.Y + 3 * worlds.K - (rows + 1) * 100
    return shapely.box(x, y, x + 100, y + 100).ravel(), use.ravel()


def direct(site):
    """Measure a site from the layers as they were drawn, pixel by pixel."""
    here = shapely.intersection(site, worlds.CITY)
    red = worlds.redlines()
    shapes = [*red.geometry, farmland(), locked()]
    kept = shapely.union_all(shapes)
    squares, use = pixels()
    areas = shapely.area(shapely.intersection(squares, here))
    open_ = shapely.area(shapely.intersection(squares, shapely.difference(here, kept)))
    can = (use != BUILT) & (use != WATER)
    return {
        "area_m2": site.area, "inside_m2": here.area, "built_m2": areas[use == BUILT].sum(),
        "water_m2": areas[use == WATER].sum(), "free_m2": open_[can].sum(),
        "redline_m2": here.intersection(shapely.union_all(red.geometry)).area,
        "redline_level1_m2": here.intersection(red.geometry[0]).area,
        "basic_farmland_m2": here.intersection(farmland()).area,
        "lock_m2": here.intersection(locked()).area,
        "protected_m2": here.intersection(kept).area,
    }  # fmt: skip


def measured(plan, shapes, inputs):
    from zoning.review.site.ground import gather
    from zoning.review.site.measure import measure

    return measure(gather(plan, inputs=inputs), np.array(shapes, dtype=object))


def test_areas_are_those_of_a_direct_computation(world, plan):
    rng = np.random.default_rng(20261126)
    shapes = [s for s in (blob(rng) for _ in range(60)) if s.area > 0.5]
    found = measured(plan, shapes, [world])
    for i, shape in enumerate(shapes):
        for column, want in direct(shape).items():
            assert found.low[column][i] == found.high[column][i]
            assert found.low[column][i] == pytest.approx(want, abs=1e-3), (column, i)
    # Units and townships add up to what lies inside.
    for layer in ("unit", "township", "zone"):
        rows = found.parts[found.parts["layer"] == layer]
        sums = rows.groupby("site")["low"].sum().reindex(range(len(shapes)), fill_value=0)
        assert sums.to_numpy() == pytest.approx(found.low["inside_m2"], abs=1e-3)


def test_without_the_raster_the_truth_lies_between_the_bounds(world, plan):
    rng = np.random.default_rng(7)
    shapes = [s for s in (blob(rng) for _ in range(40)) if s.area > 0.5]
    exact, bounds = measured(plan, shapes, [world]), measured(plan, shapes, [])
    for column in ("built_m2", "water_m2", "free_m2", "farmland_m2"):
        low, high = bounds.low[column], bounds.high[column]
        truth = exact.low[column]
        # Sums of pieces are rounded to whole square metres.
        assert (low <= truth + 4).all() and (truth <= high + 4).all(), column
        assert (high - low).max() > 1000, "bounds that are no bounds"
        # Of a piece no more can be built than the plan's sums have, nor more than the site has.
        pieces = bounds.pieces.assign(
            there=plan.pieces[column].reindex(bounds.pieces["piece"]).to_numpy(dtype=float)
        )
        most = np.minimum(pieces["there"], pieces["open" if column == "free_m2" else "area"])
        sums = most.groupby(pieces["site"]).sum().reindex(range(len(shapes)), fill_value=0)
        assert high == pytest.approx(sums.to_numpy())


@pytest.mark.slow
def test_what_is_read_near_sites_answers_as_the_whole_plan_does(world, monkeypatch):
    """Of a folder only shapes and units near the sites are read, and sums of all other pieces."""
    from zoning.outputs.prints.place import draw_place
    from zoning.review.site import near

    monkeypatch.setattr(near, "LEAST_M", 300.0)  # so that most of this small world is far
    rng = np.random.default_rng(11)
    shapes = [b for b in (blob(rng) for _ in range(40)) if b.area > 1 and b.geom_type == "Polygon"]
    places = [frame(b) for b in shapes[:6]]
    places += [frame(*shapes[8:11]), frame(worlds.square(40, 40, 1, 1))]
    few = 0
    for place in places:
        part, whole = zn.site(world / "out", place, inputs=world), ask(world, place)
        assert part.as_dict("zh") == whole.as_dict("zh")
        assert not len(part.of.ledger) and len(whole.of.ledger)
        few += len(part.of.units) < len(whole.of.units) / 2
    assert few > 2
    monkeypatch.undo()
    for lang in ("zh", "en"):  # the map of a slip shows no less
        drawn = [draw_place(p.of, p.shapes[0], "a", lang).to_bytes("png", 60)
                 for p in (zn.site(world / "out", places[0]), ask(world, places[0]))]  # fmt: skip
        assert drawn[0] == drawn[1]


def test_a_layer_edited_after_the_run_is_told_by_bounds(world, tmp_path):
    import shutil

    shutil.copytree(world / "out", tmp_path / "out")
    with (tmp_path / "out" / "plan.gpkg").open("ab") as file:
        file.write(b"\0" * 4096)
    site = frame(worlds.square(0.2, 2.2, 0.5, 0.5), worlds.square(0, 2), worlds.square(1.2, 0))
    found = zn.site(tmp_path / "out", site, inputs=world)
    assert {f.code for f in found.findings} == {"edited"}
    row = found[0].row("redline")
    assert not row.exact and row.level == "red" and row.low == row.high == pytest.approx(250_000)
    assert found[1].row("redline").exact is False
    assert found[2].row("basic_farmland").asked[0].exact is False


def test_headroom_changes_by_exactly_the_free_part(world, plan):
    from zoning.questions.answer import account_of

    account, _ = account_of(plan)
    shape = worlds.square(0.5, 0.4, 3.1, 1.7)
    one = ask(world, frame(shape))[0]
    free = round(direct(shape)["free_m2"])
    city = next(x for x in one.headroom if x.kind == "city")
    assert city.cap == account.headroom_m2 and city.takes == (free, free)
    assert city.left == (account.headroom_m2 - free,) * 2
    assert one.row("headroom").low == pytest.approx(free, abs=0.5)
    by_zone = [x for x in one.headroom if x.kind == "zone"]
    quotas = [x for x in one.headroom if x.kind == "quota"]
    assert sum(x.takes[0] for x in by_zone) <= free and quotas
    # Built land and protected land take nothing: they are no new land.
    squares, use = pixels()
    built = ask(world, frame(squares[use == BUILT][3]))[0]
    assert [x.takes for x in built.headroom if x.kind == "city"] == [(0, 0)]


def test_what_a_project_takes_beyond_the_plan_and_where_nothing_may_come():
    from zoning.capacity import Limit
    from zoning.review.site.headroom import Accounts, take
    from zoning.review.site.measured import Measured

    limits = (Limit("limit", "water", 0, 100, unit="t", coefficient="w"),
              Limit("city", "city", 0, 4), Limit("zone", "key", 0, 50))  # fmt: skip
    counts = np.array([[1_500_000, 100_000], [1_000_000] * 2, [1_000_000, 0]])
    pieces = pd.Index(["p|1", "p|2"])
    accounts = Accounts(limits, counts, pieces, [None, 3, None], np.array([3, 0]),
                        np.array([False, True]))  # fmt: skip
    found = Measured(1, pieces=pd.DataFrame({
        "site": [0, 0], "piece": pieces, "free_low": [5.0, 1.0], "free_high": [7.0, 1.0],
    }))  # fmt: skip
    levels = take(accounts, found, {})[0]
    # 7.6 t are 8: what does not fit whole does not fit.
    assert [x.takes for x in levels] == [(8, 11), (6, 8), (5, 7)]
    both = {c: (found.low[c][0], found.high[c][0]) for c in found.low}
    assert both["beyond_plan_m2"] == (5 - 3 + 1, 7 - 3 + 1)
    assert both["closed_free_m2"] == (1, 1)
    assert both["over_headroom_m2"] == (6 - 4, 8 - 4)  # in tonnes nothing is over


def test_zones_that_are_closed_are_those_whose_cap_is_nothing(plan):
    from zoning.review.site.headroom import accounts_of

    accounts = accounts_of(plan)
    shut = {x.code for x in accounts.limits if x.kind == "zone" and x.cap_m2 == 0}
    zones = plan.pieces["zone"].reindex(accounts.index).to_numpy()
    assert (accounts.closed == np.isin(zones, list(shut))).all()
    open_ = {x.code for x in accounts.limits if x.kind == "zone"} - shut
    assert open_ and not accounts.closed[np.isin(zones, list(open_))].any()


def test_every_place_is_asked_and_told(world):
    shapes = {
        "whole city": worlds.CITY, "outside": worlds.square(20, 20),
        "half outside": worlds.square(-0.5, 1), "1 m2": worlds.square(2.5, 1.5, 0.001, 0.001),
    }  # fmt: skip
    found = ask(world, frame(*shapes.values(), name=list(shapes)))
    by = {s.name: s for s in found.sites}
    outside = by["outside"]
    assert outside.verdict == "unknown" and outside.inside_m2 == 0
    assert outside.row("place").level == "unknown"
    assert by["half outside"].row("place").low == 500_000
    assert by["half outside"].verdict in ("unknown", "red")
    # A layer of the plan says nothing of land outside it: no answer there is green or yellow.
    for one in (outside, by["half outside"]):
        told = {r.code: r for r in one.rows if r.asked and r.code not in ("place", "access")}
        assert len(told) > 4 and {r.level for r in told.values()} <= {"unknown", "red"}
    assert outside.row("basic_farmland").text.en == "not known: outside the plan"
    half = by["half outside"].row("lock")
    assert half.level == "unknown"
    assert half.text.en == "asked; none; not known of 50.00 ha outside the plan"
    assert by["1 m2"].area_m2 == pytest.approx(1)
    assert by["1 m2"].parts["area_m2"].tolist()[:1] == [1]
    city = by["whole city"]
    assert city.inside_m2 == pytest.approx(worlds.CITY.area) and city.verdict == "red"
    # Every question of the rules is answered or stands in the list of what was not asked.
    rules = load_rules()
    for one in found.sites:
        told = {r.code for r in one.rows} | {n.code for n in one.not_asked}
        assert told == {q.code for q in rules.questions} | {c for c, _ in rules.never}
        assert not {r.code for r in one.rows} & {n.code for n in one.not_asked}
    # A no says what was asked, with its year.
    row = by["1 m2"].row("lock")
    assert row.level == "green" and row.asked[0].name.zh
    assert by["1 m2"].row("basic_farmland").asked[0].year == "2017"


def test_land_outside_makes_green_and_yellow_unknown_and_nothing_else():
    from zoning.review.site.told import outside

    text = Text("asked; none", "经查询，不涉及")
    half = {"outside_m2": 500.0, "inside_m2": 500.0}
    for level in ("red", "unknown"):
        assert outside(level, text, half, half) == (level, text)
    for level in ("yellow", "green"):
        assert outside(level, text, half, half)[0] == "unknown"
    hair = {"outside_m2": 0.4, "inside_m2": 500.0}  # rounds to nothing
    assert outside("green", text, hair, hair) == ("green", text)
    assert outside("green", text, hair, half)[0] == "unknown"  # it may be more


def test_unknown_is_never_green_and_worse_than_yellow(world, plan):
    from zoning.review.site.rules import judge

    question = next(q for q in load_rules().questions if q.code == "redline")
    assert judge(question, {"redline_m2": 0.0}, {"redline_m2": 0.0})[0] == "unknown"
    zero = {"redline_m2": 0.0, "redline_level1_m2": 0.0, "redline_level2_m2": 0.0}
    assert judge(question, zero, zero)[0] == "green"
    touch = {**zero, "redline_m2": 0.4, "redline_level2_m2": 0.4}
    assert judge(question, touch, touch)[0] == "yellow"
    maybe = {**zero, "redline_m2": 900.0, "redline_level1_m2": 900.0}
    assert judge(question, zero, maybe)[0] == "unknown"
    sure = {**zero, "redline_m2": 10.0, "redline_level1_m2": 10.0}
    assert judge(question, sure, maybe)[0] == "red"


def test_a_touch_is_not_red(world):
    edge = shapely.box(worlds.X + 900, worlds.Y + 1000, worlds.X + 1000, worlds.Y + 2000.004)
    one = ask(world, frame(edge))[0]  # 0.4 m2 of the red line above
    assert one.row("redline").low == pytest.approx(0.4, abs=1e-3)
    assert one.row("redline").level == "yellow" and "touch" in one.row("redline").text.en


@pytest.mark.slow
def test_coordinates_of_every_kind_give_the_same(world, tmp_path):
    shape = worlds.square(0.3, 1.7, 0.8, 0.9)
    want = ask(world, frame(shape))[0]
    degrees = frame(shape).to_crs("EPSG:4490")
    shifted = degrees.set_geometry(shapely.transform(degrees.geometry.to_numpy(), gcj02))
    shifted.to_file(tmp_path / "高德.geojson", driver="GeoJSON")
    frame(shape).to_crs("EPSG:32650").to_file(tmp_path / "utm.gpkg", layer="地块")
    places = [
        (frame(shape).to_crs("EPSG:4548"), {}),
        (degrees.geometry[0].wkt, {}),
        (shape.wkt, {"crs": worlds.CRS}),
        ("SRID=4549;" + shape.wkt, {}),
        (tmp_path / "高德.geojson", {"datum": "gcj02", "crs": "EPSG:4490"}),
        (str(tmp_path / "utm.gpkg") + ":地块", {}),
    ]
    for place, how in places:
        one = ask(world, place, **how)[0]
        assert one.area_m2 == pytest.approx(want.area_m2, rel=1e-5), place
        for row, wanted in zip(one.rows, want.rows, strict=True):
            assert (row.code, row.level) == (wanted.code, wanted.level)
            assert row.low == pytest.approx(wanted.low, rel=1e-4, abs=30), row.code
    moved = ask(world, tmp_path / "高德.geojson", crs="EPSG:4490")[0]
    assert abs(moved.row("redline").low - want.row("redline").low) > 1000  # the shift is real


def test_points_lines_and_tables(world, tmp_path):
    lon, lat = 119.96, 31.62
    there = gpd.GeoSeries([worlds.square(0.4, 1.4, 0.001, 0.001)], crs=worlds.CRS).to_crs(4490)
    lon, lat = there[0].centroid.x, there[0].centroid.y
    one = ask(world, f"{lon:.7f},{lat:.7f}")[0]
    assert one.area_m2 == pytest.approx(1) and one.inside_m2 == pytest.approx(1)
    wide = ask(world, f"{lon:.7f}，{lat:.7f}", width_m=60)[0]
    assert wide.area_m2 == pytest.approx(3600)
    line = shapely.LineString(
        [(worlds.X + 100, worlds.Y + 2500), (worlds.X + 1100, worlds.Y + 2500)]
    )
    road = ask(world, frame(line, line, width_m=[None, 40.0], industry=["E48", None]), width_m=20)
    assert [round(s.area_m2) for s in road.sites] == [20_000, 40_000]
    assert road[0].row("redline").low == pytest.approx(19_000, abs=1e-6)
    assert road[0].declared["industry"] == "E48" and "industry" not in road[1].declared
    pd.DataFrame({"名称": ["甲", "乙"], "经度": [lon, lon], "纬度": [lat, lat + 1],
                  "综合能耗": [1500, None]}).to_csv(tmp_path / "地块.csv", index=False)  # fmt: skip
    found = ask(world, tmp_path / "地块.csv", width_m=30)
    assert [s.name for s in found.sites] == ["甲", "乙"] and found[1].inside_m2 == 0
    assert found[0].row("energy").level == "yellow" and found[0].declared["energy_tce"] == 1500
    assert "energy" in {n.code for n in found[1].not_asked}
    table = found.frame()
    assert table["verdict"].tolist()[1] == "unknown" and table["area_m2"].tolist() == [900, 900]


BOW = "POLYGON ((119.9 31.6, 120 31.7, 120 31.6, 119.9 31.7, 119.9 31.6))"


@pytest.mark.parametrize(
    ("place", "how", "code"),
    [
        ("nowhere.gpkg", {}, "no-place"),
        ("高桥镇", {}, "no-place"),
        ("", {}, "no-place"),
        ("x" * 5000, {}, "no-place"),
        ("a\0b", {}, "no-place"),
        ("32.2,119.5", {}, "swapped-axes"),
        ("POLYGON ((1 2", {}, "bad-wkt"),
        ("POINT EMPTY", {}, "empty-geometry"),
        ("POINT (nan 3)", {}, "non-finite-geometry"),
        ("LINESTRING (119.9 31.6, 120 31.6)", {}, "no-width"),
        ("LINESTRING (119.9 31.6, 120 31.6)", {"width_m": -4.0}, "width"),
        ("LINESTRING (119.9 31.6, 120 31.6)", {"width_m": float("nan")}, "width"),
        (BOW, {}, "invalid-geometry"),
        ("POLYGON ((500000 3500000, 500100 3500000, 500100 3500100, 500000 3500000))", {},
         "metres-not-degrees"),
        ("POLYGON ((119.9 31.6, 119.9000001 31.6, 119.9 31.6000001, 119.9 31.6))", {}, "too-small"),
        ("119.9,31.6", {"crs": "EPSG:99999999"}, None),
        ("119.9,31.6", {"industry": "B30"}, "industry-code"),
        ("119.9,31.6", {"industry": "<b>"}, "industry-code"),
        ("119.9,31.6", {"date": "gestern"}, "date"),
    ],
)  # fmt: skip
def test_hostile_places_are_refused_with_a_remedy(world, place, how, code):
    with pytest.raises(InputError) as told:
        ask(world, place, **how)
    for problem in told.value.problems:
        assert problem.what.en and problem.what.zh
        assert problem.remedy is not None, problem
    assert code is None or code in {p.code for p in told.value.problems}


def test_invalid_polygons_are_mended_only_when_asked(world):
    found = ask(world, BOW, repair=True)
    assert "mended-geometry" in {f.code for f in found.findings}
    with pytest.raises(InputError):
        ask(world, BOW)


def test_all_bad_rows_of_a_file_are_told_at_once(world, tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat\n119.9,31.6\n119.9,\nabc,3\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        ask(world, tmp_path / "a.csv")
    assert [p.what.en for p in told.value.problems] == [
        "row 3: no coordinates", "row 4: no coordinates",
    ]  # fmt: skip
    (tmp_path / "b.csv").write_text(
        "宗地编号,经度,纬度,行业代码\nA-1,119.9,31.6,X9\nA-2,119.9,31.6,C30\nA-3,119.9,31.6,B30\n",
        encoding="gbk",
    )
    with pytest.raises(InputError) as told:
        ask(world, tmp_path / "b.csv")
    assert [p.where.rpartition(", ")[2] for p in told.value.problems] == ["site A-1", "site A-3"]


def test_remedies_of_a_site_are_options_of_the_command(world, tmp_path):
    with pytest.raises(InputError) as told:
        ask(world, BOW)
    assert "--repair" in told.value.problems[0].remedy.en
    flat = "POLYGON ((119.9 31.6, 120 31.6, 119.9 31.6, 120 31.6, 119.9 31.6))"
    with pytest.raises(InputError) as told:
        ask(world, flat, repair=True)
    assert told.value.problems[0].what.en == "site 1 encloses no ground"


@given(
    low=st.floats(0, 20), width=st.floats(0, 20), at=st.floats(0, 1),
    text=st.sampled_from([
        "a > 3", "a >= 3 and a < 5", "not a <= 7", "a > 3 or a == 1", "2 < a <= 9", "a != 4",
    ]),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_a_rule_between_bounds_is_sure_only_where_every_value_agrees(low, width, at, text):
    rule = compile_rule(text, ["a"])
    said = between(rule, {"a": low}, {"a": low + width})
    value = low + at * width
    truth = bool(rule.evaluate(pd.DataFrame({"a": [value]})).iloc[0])
    assert said is None or said == truth
    if width == 0:
        assert said == truth


def test_rules_of_ones_own(world, tmp_path):
    text = """source = "own"
evidence = "own"
[[question]]
code = "farm"
group = "siting"
layer = "landuse"
show = "farmland_m2"
en = "Fields?"
zh = "耕地?"
none_en = "none"
none_zh = "无"
source = "own"
evidence = "own"
[[question.rule]]
when = "farmland_m2 > {limit}"
level = "{level}"
en = "{{farmland_m2}} of fields"
zh = "耕地 {{farmland_m2}}"
"""
    path = tmp_path / "rules.toml"
    path.write_text(text.format(limit=1, level="red"), encoding="utf-8")
    one = ask(world, frame(worlds.square(1.2, 1.2, 0.1, 0.1)), rules=path)[0]
    assert one.verdict == "red" and one.row("farm").text.en == "1.00 ha of fields"
    path.write_text(text.format(limit=1, level="pink").replace("farmland_m2 >", "farmlnd_m2 >")
                    + 'colour = "x"\n', encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError) as told:
        ask(world, frame(worlds.square(1.2, 1.2, 0.1, 0.1)), rules=path)
    said = told.value.tell()
    assert "pink" in said and "farmlnd_m2" in said and "colour" in said and "rules.toml:1" in said


def test_the_command(world, tmp_path):
    from zoning.cli.app import build

    app, runner = build(), CliRunner()
    where = worlds.square(0.2, 2.2, 0.1, 0.1)
    wkt = frame(where).to_crs(4490).geometry[0].wkt
    out = runner.invoke(app, ["site", str(world / "out"), wkt, "--lang", "en", "--json"])
    assert out.exit_code == 0, out.output
    told = json.loads(out.stdout)
    assert told["verdict"] == "red" and told["sites"][0]["answers"][0]["layers"][0]["exact"]
    out = runner.invoke(app, ["site", str(world / "out"), wkt, "--fail-on", "red", "--lang", "zh"])
    assert out.exit_code == 1 and "一级管控区" in out.output and "未查询" in out.output
    out = runner.invoke(app, ["site", str(world / "out"), "POINT (1 1", "--lang", "en"])
    assert out.exit_code == 2


def test_names_of_layers_stay_words(tmp_path, world):
    hostile = "<script>alert(1)</script>=1+1{area_m2}"
    found = ask(world, frame(worlds.square(0.2, 2.2, 0.1, 0.1), name=[hostile]))
    assert found[0].name == hostile  # kept as it was written: writers escape


def test_cut_keeps_area_and_owner():
    rng = np.random.default_rng(3)
    angle = np.linspace(0, 2 * np.pi, 5001)[:-1]
    far = 1000 * (1 + 0.3 * rng.uniform(size=5000))
    star = shapely.Polygon(np.c_[far * np.cos(angle), far * np.sin(angle)]).buffer(0)
    small = shapely.box(0, 0, 5, 5)
    parts, owner = cut(np.array([small, star], dtype=object))
    sums = np.bincount(owner, shapely.area(parts))
    assert sums == pytest.approx([25, star.area], rel=1e-12)
    assert shapely.get_num_coordinates(parts).max() <= 400 and len(parts) > 10


@pytest.mark.slow
def test_a_thousand_sites_of_the_reference_case(reference_plan, count=1000):
    """Ask the reference plan, and measure again from the shipped files by shapely and rasterio."""
    (seed,) = fresh_seeds(1, __file__)
    with told(seed) as rng:
        _ask_many(reference_plan, rng, count)


def _ask_many(plan, rng, count):
    from zoning.base.shipped import data_path

    west, south, east, north = plan.city.total_bounds
    shapes = []
    while len(shapes) < count:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        size, corners = 10 ** rng.uniform(0.5, 2.8), rng.integers(3, 12)
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        far = size * rng.uniform(0.3, 1, corners)
        shape = shapely.Polygon(np.c_[x + far * np.cos(angle), y + far * np.sin(angle)]).buffer(0)
        if shape.area > 1:
            shapes.append(shape)
    found = zn.site(plan, gpd.GeoDataFrame(geometry=shapes, crs=plan.grid.crs))
    city = gpd.read_file(data_path("boundaries", "zhenjiang.gpkg"), layer="city").geometry[0]
    red = gpd.read_file(data_path("redlines", "zhenjiang.gpkg")).union_all()
    farm = gpd.read_file(data_path("farmland", "zhenjiang.gpkg")).union_all()
    kept = shapely.union_all([red, farm])
    shapely.prepare([city, red, farm, kept])
    classes = pd.DataFrame(plan.run["landuse_classes"]).set_index("value")
    built = classes.index[classes["group"] == "construction"]
    water = classes.index[classes["water"].astype(bool)]
    with rasterio.open(data_path("landuse", "zhenjiang_30m.tif")) as file:
        for shape, one in zip(shapes, found.sites, strict=True):
            here = shapely.intersection(shape, city)
            assert one.inside_m2 == pytest.approx(here.area, abs=1e-3)
            for code, layer in (("redline", red), ("basic_farmland", farm)):
                want = shapely.intersection(here, layer).area
                assert one.row(code).low == pytest.approx(want, abs=1e-3)
            if here.is_empty:
                continue
            squares, values = _squares(file, here)
            open_ = shapely.difference(here, kept)
            can = ~np.isin(values, [*built, *water]) & np.isin(values, classes.index)
            want = shapely.area(shapely.intersection(squares[can], open_)).sum()
            assert one.row("headroom").low == pytest.approx(want, abs=0.01)
            assert next(x for x in one.headroom if x.kind == "city").takes[0] == round(
                one.row("headroom").low)  # fmt: skip


def _squares(file, shape):
    """Give the pixels that may touch a shape as squares, with their classes."""
    west, south, east, north = shape.bounds
    g = file.transform
    left, right = int((west - g.c) / g.a) - 1, int((east - g.c) / g.a) + 2
    top, bottom = int((north - g.f) / g.e) - 1, int((south - g.f) / g.e) + 2
    rows, cols = np.indices((bottom - top, right - left))
    rows, cols = rows + top, cols + left
    keep = (rows >= 0) & (cols >= 0) & (rows < file.height) & (cols < file.width)
    rows, cols = rows[keep], cols[keep]
    values = file.read(1)[rows, cols] if rows.size > 4e6 else file.read(
        1, window=((rows.min(), rows.max() + 1), (cols.min(), cols.max() + 1))).ravel()  # fmt: skip
    x, y = g.c + cols * g.a, g.f + rows * g.e
    return shapely.box(x, y + g.e, x + g.a, y), values


def test_where_nobody_gave_the_red_lines_no_site_is_green(tmp_path):
    """A green light of a plan without red lines would say more than anybody knows."""
    box = shapely.box(worlds.X + 1500, worlds.Y + 1500, worlds.X + 1510, worlds.Y + 1510)
    found = {}
    for name, said in (("unknown", ""), ("none", "[redlines]\nnone = true\n")):
        path = worlds.write(tmp_path / name)
        boundary = '[inputs.boundary]\npath = "边界.gpkg"\n'
        path.write_text(f'[grid]\ncrs = "{worlds.CRS}"\n{boundary}{said}', "utf-8")
        plan = zn.run(path)
        found[name] = plan.site(gpd.GeoDataFrame(geometry=[box], crs=worlds.CRS))[0]
        assert {r.level for r in found[name].rows} == {"green"}  # that it lies inside
    assert [found[n].verdict for n in found] == ["unknown", "green"]
    (why,) = [n for n in found["unknown"].not_asked if n.code == "redline"]
    assert "unknown at best" in why.why.en and "无法判定" in why.why.zh


def test_a_plan_whose_file_is_not_found_is_not_said_to_be_none(plan, world):
    """Why a question is not asked: the run read the layer, it only lies elsewhere now."""
    part = (
        {"role": "growth_boundary", "path": "边界.gpkg"},
        {"role": "urban_plan", "path": "总规.gpkg"},
    )
    given = type(plan.config.inputs).model_validate(
        {**plan.config.inputs.model_dump(mode="json", exclude_none=True), "plans": part}
    )
    config = plan.config.model_copy(update={"inputs": given})
    there = frame(worlds.square(1.2, 0))
    for asked, why in (
        (plan, "the plan has no such layer"),
        (replace(plan, config=config), "its file is not found"),
    ):
        found = zn.site(asked, there, inputs=world)[0]
        said = {n.code: n.why.en for n in found.not_asked}
        assert [said[c].startswith(why) for c in ("growth_boundary", "plans")] == [True, True]
