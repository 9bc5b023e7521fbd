"""Heights, roads, rasters and evaluations as inputs, and that zones follow them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import LineString, Point

import zoning as zn
from tests import keeping, worlds
from zoning.errors import InputError

X, Y = worlds.X, worlds.Y


def raster(path: Path, values: np.ndarray, crs: str = worlds.CRS, cell: float = 100.0) -> Path:
    meta = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
            "dtype": values.dtype, "crs": crs, "nodata": -9999 if values.dtype != np.uint8 else 255,
            "transform": from_origin(X, Y + 3000, cell, cell)}  # fmt: skip
    with rasterio.open(path, "w", **meta) as file:
        file.write(values, 1)
    return path


def table(folder: Path, *without: str) -> None:
    """Write the attributes of townships without some."""
    full = pd.DataFrame(worlds.townships().drop(columns=["geometry", "name", "county"]))
    full[[c for c in full if c not in without]].to_csv(folder / "乡镇.csv", index=False)


def world(folder: Path, *, steep: bool = False, road: bool = True, town: int = 1) -> Path:
    """The small county with heights, a road to township A's centre, and two rasters."""
    plan = worlds.write(folder, extra=f"""
[inputs.dem]
path = "高程.tif"
[inputs.roads]
path = "roads.gpkg"
[inputs.centres]
path = "centres.gpkg"
[inputs.rasters.ndvi]
path = "ndvi.tif"
source = "made up"
[inputs.rasters.rock_share]
path = "rock.tif"
kind = "classes"
classes = [2, 3]
[inputs.rasters.ndvi_built]
path = "ndvi.tif"
by = "built"
[inputs.evaluations.town]
raster = "town.tif"
[zones.method]
base = "two-matrices"
[zones.method.dimension.guidance]
cuts = [25, 90]
term = [{{ indicator = "min_to_centre", scale = "linear", low = 10, high = 0 }}]
[zones.method.suitability]
built = 1
built_full_share = 1
guidance = 0
not_farmland = 0
not_protected = 0
term = [{{ indicator = "town_suited_share", weight = {town}, scale = "linear", low = 0, high = 1 }}]
""")  # fmt: skip
    table(folder, "slope_deg", "min_to_centre")
    z = np.zeros((30, 60), dtype="float32")
    z[:, :20] = np.arange(20)[None, :] * (60.0 if steep else 2.0)  # township A is a ramp
    z[:, 20:] = z[:, 19:20]
    if steep:  # so is township B
        z[:, 20:40] += np.arange(20)[None, :] * 60.0
        z[:, 40:] = z[:, 39:40]
    raster(folder / "高程.tif", z)
    line = LineString([(X + 500, Y + 1500), (X + 5900, Y + 1500)])
    slow = 60.0 if road else 3.0
    gpd.GeoDataFrame({"speed_kmh": [slow]}, geometry=[line], crs=worlds.CRS).to_crs(4490).to_file(
        folder / "roads.gpkg"
    )
    gpd.GeoDataFrame(geometry=[Point(X + 1000, Y + 1500)], crs=worlds.CRS).to_file(
        folder / "centres.gpkg"
    )
    ndvi = np.tile(np.linspace(0, 0.59, 60, dtype="float32"), (30, 1))
    raster(folder / "ndvi.tif", ndvi)
    rock = np.ones((30, 60), dtype=np.uint8)
    rock[:, 40:50], rock[:10, 50:60], rock[:, 0:10] = 2, 3, 255
    raster(folder / "rock.tif", rock)
    suited = np.full((30, 60), 5, dtype=np.uint8)
    suited[:, 20:40] = 1  # only township B is suited to building
    raster(folder / "town.tif", suited)
    return plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return zn.run(world(tmp_path_factory.mktemp("地")))


def test_the_whole_plan_is_as_it_is_kept(plan):
    keeping.hold(plan, "ground")


def test_indicators_by_hand(plan):
    towns, units = plan.townships, plan.units
    a, b, c = towns.index
    # A ramp of 2 m every 100 m; where it ends it is level.
    assert towns.loc[a, "slope_deg"] == pytest.approx(1.1458, abs=0.06)
    assert towns.loc[c, "slope_deg"] == 0
    # From the middle of A straight to the centre; from B 2 km over the road.
    assert towns.loc[a, "min_to_centre"] == pytest.approx(0, abs=0.01)
    assert towns.loc[b, "min_to_centre"] == pytest.approx(2.0, abs=0.01)
    assert towns["road_km"].tolist() == pytest.approx([1.5, 2.0, 1.9], abs=0.01)
    assert towns["road_density"].isna().all() if "road_density" in towns else True
    assert towns.loc[b, "ndvi"] == pytest.approx(0.295, abs=1e-6)
    # The left half of A is unknown and does not count; C: 10 of 20 columns, a third of the rest.
    assert towns.loc[a, "rock_share"] == 0 and towns.loc[b, "rock_share"] == 0
    triangle = 0.5  # the city lacks the upper right corner of C
    area = 6 - triangle
    assert towns.loc[c, "rock_share"] == pytest.approx((3 + 1 - triangle) / area, abs=0.02)
    # Built land is the lower row of A only: columns 0..19.
    assert towns.loc[a, "ndvi_built"] == pytest.approx(float(np.linspace(0, 0.59, 60)[:20].mean()))
    assert towns["ndvi_built"].isna().tolist() == [False, True, True]
    assert towns["town_suited_share"].tolist() == [0, 1, 0]
    # Units have them too.
    at = units.index[units["township"] == b]
    assert (units.loc[at, "town_suited_share"] == 1).all()
    assert units["min_to_centre"].notna().all()


@pytest.mark.slow
def test_a_changed_file_changes_zones_and_new_land(tmp_path):
    for name in ("flat", "steep", "slow"):
        (tmp_path / name).mkdir()
    flat = zn.run(world(tmp_path / "flat"))
    steep = zn.run(world(tmp_path / "steep", steep=True))
    slow = zn.run(world(tmp_path / "slow", road=False))
    a, b, c = flat.townships.index
    assert flat.townships.loc[a, "constraint"] < steep.townships.loc[a, "constraint"]
    assert flat.townships.loc[b, "zone"] != steep.townships.loc[b, "zone"]
    assert flat.townships.loc[b, "zone"] != slow.townships.loc[b, "zone"]
    # The evaluation draws new land to where it is suited.
    worth = flat.units.groupby("township", observed=True)["suitability"].mean()
    assert worth[b] > worth[a] and worth[b] > worth[c]


@pytest.mark.slow
def test_the_planners_own_slope_goes_first(tmp_path):
    plan = world(tmp_path, steep=True)
    table(tmp_path, "min_to_centre")
    found = zn.run(plan)
    assert found.townships["given_slope_deg"].tolist() == [1.0, 2.0, 9.0]
    assert any(f.code == "own-measurement" and "slope_deg" in f.tell() for f in found.findings)
    rated = zn.run(world(tmp_path / "x", steep=True))
    a = found.townships.index[0]
    assert found.townships.loc[a, "constraint"] < rated.townships.loc[a, "constraint"]


def test_a_raster_in_degrees_and_one_that_does_not_reach(tmp_path):
    plan = world(tmp_path)
    import pyproj

    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(X, Y, X + 6000, Y + 3000)
    z = np.full((40, 60), 7.0, dtype="float32")
    with rasterio.open(
        tmp_path / "高程.tif", "w", driver="GTiff", height=40, width=60, count=1, dtype="float32",
        crs="EPSG:4490",
        transform=from_origin(west, north, (east - west) / 60, (north - south) / 40),
    ) as file:  # fmt: skip
        file.write(z, 1)
    raster(tmp_path / "ndvi.tif", np.zeros((30, 20), dtype="float32"))  # A only
    found = zn.run(plan)
    assert found.townships["slope_deg"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert found.townships["elevation_m"].tolist() == pytest.approx([7, 7, 7])
    assert found.townships["ndvi"].isna().tolist() == [False, True, True]
    assert any(f.code == "not-measured" and "ndvi" in f.tell() for f in found.findings)


@pytest.mark.parametrize(("change", "code"), [
    (('path = "高程.tif"', 'path = "gone.tif"'), "missing-file"),
    (('[inputs.centres]\npath = "centres.gpkg"', ""), "no-centre"),
    (("classes = [2, 3]", ""), "no-classes"),
    (("inputs.rasters.ndvi]", 'inputs.rasters."ND VI"]'), "bad-name"),
    (('indicator = "town_suited_share"', 'indicator = "town_suted_share"'), "missing-column"),
])  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path, change, code):
    plan = world(tmp_path)
    text = plan.read_text(encoding="utf-8")
    assert change[0] in text
    plan.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        zn.check(plan)
    assert code in {p.code for p in caught.value.problems}, [str(p) for p in caught.value.problems]


@pytest.mark.slow
def test_an_evaluation_inside_the_run(tmp_path):
    """The run evaluates as the command does: the same classes, water and the outside left out."""
    plan = world(tmp_path)
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('raster = "town.tif"', 'preset = "B"'), encoding="utf-8")
    found = zn.run(plan)
    # Level land away from water is suited; patches of A, B and the dry part of C are one.
    assert found.townships["town_suited_share"].tolist() == pytest.approx([1, 1, 1], abs=0.06)
    assert any("left out" in f.tell() for f in found.findings)


def test_a_raster_of_as_many_pixels_elsewhere_is_brought_to_those_of_the_first(tmp_path):
    from zoning.pipeline.ground import _aligned

    heights = np.arange(1800, dtype="float32").reshape(30, 60)
    first = raster(tmp_path / "a.tif", heights)
    same, finer = (raster(tmp_path / f"{c:.0f}.tif", heights, cell=c) for c in (100.0, 50.0))
    out = tmp_path / "out.tif"
    assert _aligned(same, first, "elevation", out, worlds.CRS) == same
    assert _aligned(finer, first, "elevation", out, worlds.CRS) == out
    with rasterio.open(first) as given, rasterio.open(out) as made:
        assert made.transform == given.transform and made.shape == given.shape
        assert made.read(1)[0, 0] == pytest.approx(heights[:2, :2].mean(), abs=31)
        assert made.read(1)[-1, -1] == made.nodata
    # Without a value for what is unknown the numbers keep their fractions.
    with rasterio.open(finer) as given:
        profile = {**given.profile, "nodata": None}
    with rasterio.open(finer, "w", **profile) as file:
        file.write(np.full_like(heights, 7.25), 1)
    _aligned(finer, first, "cover", out, worlds.CRS)
    with rasterio.open(out) as made:
        assert made.read(1)[0, 0] == 7.25


def test_indicators_are_named_in_the_order_in_which_they_are_measured():
    from zoning.pipeline import neighbours, provincial
    from zoning.pipeline.ground import EVALUATED, TERRAIN, columns
    from zoning.planfile.layers import InputsPart

    parts = {
        "dem": {"path": "d.tif"}, "roads": {"path": "r.gpkg"}, "neighbours": {"path": "n.gpkg"},
        "rasters": {"ndvi": {"path": "x.tif"}, "rock_share": {"path": "y.tif"}},
        "evaluations": {"town": {"raster": "t.tif"}, "ecology": {"raster": "e.tif"}},
    }  # fmt: skip
    named = {
        "dem": TERRAIN, "roads": ("min_to_centre", "road_km"), "neighbours": neighbours.COLUMNS,
        "rasters": ("ndvi", "rock_share"),
        "evaluations": (*EVALUATED["town"], *EVALUATED["ecology"]),
    }  # fmt: skip
    whole = columns(InputsPart.model_validate(parts), ten=True)
    assert whole == (*(c for names in named.values() for c in names), *provincial.COLUMNS)
    for part, value in parts.items():
        assert columns(InputsPart.model_validate({part: value})) == tuple(named[part])
    assert columns(InputsPart()) == ()
    assert EVALUATED["ecology"]["ecology_important_share"] == (3, 5)
    both = {"town_suited_share": (1, 2), "town_unsuited_share": (5,)}
    assert dict(EVALUATED["town"]) == both


def test_townships_that_nothing_could_be_measured_in_are_named():
    from zoning.pipeline.ground import _unknown

    codes = [f"t{k}" for k in range(7)]
    towns = gpd.GeoDataFrame({"name": [f"镇{k}" for k in range(7)]}, index=codes,
                             geometry=[Point(0, 0)] * 7)  # fmt: skip
    some = [None] * 5 + [1.0, 2.0]
    table = pd.DataFrame({"whole": 1.0, "five": some, "six": [None] * 6 + [1.0]}, index=codes)
    five, six = _unknown(table, towns)
    listed = "t0 镇0, t1 镇1, t2 镇2, t3 镇3, t4 镇4"
    assert five.what.en == f"'five' could not be measured in 5 townships: {listed}"
    assert five.what.zh == f"5 个乡镇无法量算“five”：{listed}"
    assert (five.measured, five.limit, five.code, five.where) == (5, 0, "not-measured", "[inputs]")
    assert six.what.en.endswith(f"in 6 townships: {listed}, … (6)")
    (bare,) = _unknown(table[["five"]].iloc[4:], towns.drop(columns="name").iloc[4:])
    assert bare.what.en.endswith("1 townships: t4 ")


def test_what_was_measured_stands_beside_what_was_given():
    from zoning.pipeline.ground import beside

    towns = gpd.GeoDataFrame({"name": ["甲"], "slope_deg": [3.0]}, index=["t"],
                             geometry=[Point(1, 2)], crs=worlds.CRS)  # fmt: skip
    measured = pd.DataFrame({"slope_deg": [4.0], "relief_m": [5.0]}, index=["t"])
    found = beside(towns, measured)
    assert list(found) == ["name", "given_slope_deg", "slope_deg", "relief_m", "geometry"]
    assert found.iloc[0, :4].tolist() == ["甲", 3.0, 4.0, 5.0]
    assert found.crs == towns.crs and found.geometry.iloc[0].equals(Point(1, 2))


def test_ways_and_roads_are_those_of_each_place():
    """A road of 4 km at 60 km/h, the centre at its left end; two layers of places at once."""
    from shapely import box

    from zoning.pipeline.ground import _travel

    line = LineString([(X, Y), (X + 4000, Y)])
    roads = gpd.GeoDataFrame({"speed_kmh": [60.0]}, geometry=[line], crs=worlds.CRS)
    centres = gpd.GeoDataFrame(geometry=[Point(X, Y)], crs=worlds.CRS)
    ground = type("Ground", (), {"roads": roads, "centres": centres})()
    one = gpd.GeoDataFrame(index=["a", "b"], crs=worlds.CRS,
                           geometry=[box(X - 10, Y - 10, X + 10, Y + 10),
                                     box(X + 1000, Y - 10, X + 3000, Y + 10)])  # fmt: skip
    two = gpd.GeoDataFrame(index=["c"], geometry=[box(X + 3990, Y - 10, X + 4010, Y + 10)],
                           crs=worlds.CRS)  # fmt: skip
    found = _travel(ground, {"townships": one, "units": two})
    assert list(found) == ["townships", "units"]
    assert found["townships"].index.tolist() == ["a", "b"] and found["units"].index.tolist() == [
        "c"
    ]
    assert found["townships"]["road_km"].tolist() == [0.01, 2.0]
    assert found["units"]["road_km"].tolist() == [0.01]
    minutes = [*found["townships"]["min_to_centre"], *found["units"]["min_to_centre"]]
    assert minutes == pytest.approx([0, 2, 4], abs=0.02)
    assert (found["townships"].dtypes == "Float64").all()


def test_roads_without_speeds_are_told_by_the_key_of_the_plan():
    from zoning.pipeline.ground import _travel

    roads = gpd.GeoDataFrame(geometry=[LineString([(X, Y), (X + 1, Y)])], crs=worlds.CRS)
    with pytest.raises(InputError) as caught:
        _travel(SimpleNamespace(roads=roads, centres=None), {})
    assert [p.where for p in caught.value.problems] == ["[inputs.roads]"]


def test_the_second_band_of_a_raster_by_itself(tmp_path):
    from zoning.pipeline.ground import _band

    values = np.arange(2 * 30 * 60, dtype="float32").reshape(2, 30, 60)
    given, out = tmp_path / "a.tif", tmp_path / "b.tif"
    with rasterio.open(given, "w", driver="GTiff", height=30, width=60, count=2, dtype="float32",
                       crs=worlds.CRS, transform=from_origin(X, Y, 100, 100), tiled=True,
                       blockxsize=16, blockysize=16) as file:  # fmt: skip
        file.write(values)
    _band(given, out)
    with rasterio.open(out) as made:
        assert made.count == 1 and (made.read(1) == values[1]).all()


@pytest.mark.parametrize(("kind", "role", "classes"), [
    ("uint8", "landuse", True), ("uint8", "elevation", False), ("float32", "landuse", False),
])  # fmt: skip
def test_classes_are_taken_from_the_nearest_pixel_and_numbers_between_them(
    tmp_path, kind, role, classes
):
    from zoning.pipeline.ground import _aligned

    first = raster(tmp_path / "a.tif", np.zeros((30, 60), dtype="float32"))
    values = np.tile(np.array([0, 100], dtype=kind), (60, 60))
    finer = raster(tmp_path / "b.tif", values, cell=50.0)
    out = _aligned(finer, first, role, tmp_path / "c.tif", worlds.CRS)
    with rasterio.open(out) as made:
        inner = set(np.unique(made.read(1)[1:-1, 1:-1]).tolist())
    assert inner <= {0, 100} if classes else inner == {50}


def evaluated(monkeypatch, purpose, part, **ground):
    """Tell with what an evaluation is called; every raster is brought to the pixels of another."""
    from zoning import evaluation
    from zoning.errors import Text
    from zoning.inputs.ground import Ground
    from zoning.pipeline import ground as module
    from zoning.planfile.layers import Evaluation

    seen = {}

    def run(rasters, out, preset, **more):
        seen.update(rasters=rasters, out=out, preset=preset.name, scale=preset.scale, **more)
        notes = (Text("'sunshine' is given nowhere", "a"), Text("all dry", "b"))
        return SimpleNamespace(path=out, left_out=("sunshine",), notes=notes)

    monkeypatch.setattr(evaluation, purpose, run)
    monkeypatch.setattr(module, "_aligned", lambda path, lead, role, out, crs: (
        f"{path.name} as {lead.name}, {role}, {out.name}, {crs}"))  # fmt: skip
    done = ground.pop("done", {})
    intake = SimpleNamespace(
        ground=Ground(**ground), classes="classes", layers=SimpleNamespace(city="city"),
        grid=SimpleNamespace(crs="crs"),
    )  # fmt: skip
    part = Evaluation.model_validate(part)
    path, told = module._evaluate(purpose, part, intake, Path("box"), done)
    assert path == seen["out"] == Path("box") / f"{purpose}.tif"
    assert (seen["boundary"], seen["classes"]) == ("city", "classes")
    # What is left out is told once, by its name.
    note, left_out = told
    assert note.what.en == "all dry"
    assert left_out.what.en.startswith("left out, as no raster is given: ")
    assert {(f.where, f.code, f.level) for f in told} == {
        (f"[inputs.evaluations.{purpose}]", "evaluation", "note")}  # fmt: skip
    return seen


def test_an_evaluation_is_given_what_its_preset_reads_and_the_plan_has(monkeypatch):
    files = {"dem": Path("dem.tif"), "landuse": Path("use.tif")}
    done = {"ecology": Path("eco.tif")}
    seen = evaluated(monkeypatch, "town", {"preset": "A"}, done=done, **files)
    given = {"elevation": "dem.tif", "ecology": "eco.tif", "landuse": "use.tif"}
    wanted = {role: f"{path} as dem.tif, {role}, town-{role}.tif, crs"
              for role, path in given.items()}  # fmt: skip
    assert seen["preset"] == "A" and seen["scale"] == "city"
    assert seen["rasters"] == wanted and list(seen["rasters"]) == list(given)
    del wanted["ecology"]  # the drafts of 2019 do not read it
    seen = evaluated(monkeypatch, "town", {}, done=done, **files)
    assert seen["preset"] == "B" and seen["rasters"] == wanted
    # What the plan names goes first, and its first raster gives the pixels.
    layers = {"town.elevation": Path("own.tif"), "town.ecology": Path("e.tif"),
              "town.land": Path("l.tif")}  # fmt: skip
    part = {"layers": {"land": "l.tif", "elevation": "own.tif", "ecology": "e.tif"},
            "scale": "province", "preset": "A"}  # fmt: skip
    seen = evaluated(monkeypatch, "town", part, done=done, layers=layers, **files)
    assert (seen["preset"], seen["scale"]) == ("A", "province")
    assert seen["rasters"] == {
        "land": "l.tif as l.tif, land, town-land.tif, crs",
        "elevation": "own.tif as l.tif, elevation, town-elevation.tif, crs",
        "ecology": "e.tif as l.tif, ecology, town-ecology.tif, crs",
    }
    # Ecology is by the guide, and reads no evaluation; without heights land use gives the pixels.
    seen = evaluated(monkeypatch, "ecology", {}, done=done, landuse=Path("use.tif"))
    assert seen["preset"] == "A"
    assert seen["rasters"] == {"landuse": "use.tif as use.tif, landuse, ecology-landuse.tif, crs"}


def means(monkeypatch):
    """Let a mean be told by the raster and the classes that it is of."""
    from zoning.pipeline import ground as module

    seen = []

    def mean(path, places, *, classes):
        seen.append((Path(path).name, classes))
        return {"townships": pd.Series([float(len(seen))], index=["t"])}

    monkeypatch.setattr(module, "raster_means", mean)
    return module, seen, SimpleNamespace(frames={"townships": pd.DataFrame(index=["t"])})


def test_shares_of_classes_follow_from_the_evaluations_in_their_order(monkeypatch):
    module, seen, places = means(monkeypatch)
    monkeypatch.setattr(module, "_evaluate", lambda purpose, part, intake, folder, done: (
        Path(f"{purpose}.tif"), [f"{purpose} after {sorted(done)}"]))  # fmt: skip
    monkeypatch.setattr(module, "_together", lambda *given: [f"together {sorted(given[3])}"])
    evaluations = dict.fromkeys(("town", "ecology", "agriculture"), "part")
    inputs = SimpleNamespace(evaluations=evaluations, integration=None)
    intake = SimpleNamespace(ground=SimpleNamespace(layers={"town.raster": Path("given.tif")}))
    found, told = module._evaluated(SimpleNamespace(inputs=inputs), intake, places)
    assert told == ["ecology after []", "agriculture after ['ecology']"]
    wanted = [("ecology.tif", (5,)), ("ecology.tif", (3, 5)), ("agriculture.tif", (1, 2)),
              ("agriculture.tif", (5,)), ("given.tif", (1, 2)), ("given.tif", (5,))]  # fmt: skip
    assert seen == wanted
    assert found["townships"].loc["t"].to_dict() == {
        "ecology_extreme_share": 1, "ecology_important_share": 2, "farm_suited_share": 3,
        "farm_unsuited_share": 4, "town_suited_share": 5, "town_unsuited_share": 6}  # fmt: skip
    inputs.integration = "part"
    _, told = module._evaluated(SimpleNamespace(inputs=inputs), intake, places)
    assert told[-1] == "together ['agriculture', 'ecology', 'town']"
    inputs.evaluations, inputs.integration = {"town": "part"}, None
    assert module._evaluated(SimpleNamespace(inputs=inputs), intake, places)[1] == []


@pytest.mark.parametrize("land", [True, False])
def test_what_follows_from_all_three_is_measured_by_rows_and_marks(monkeypatch, land):
    from zoning import evaluation
    from zoning.errors import Text

    module, seen, places = means(monkeypatch)
    rules = evaluation.load_rules(None)
    marks = (*rules.conflict, *rules.potential)
    given = {}

    def integrate(aligned, out, rules, *, classes):
        given.update(aligned=aligned, out=out.name, classes=classes)
        area = {row.key: 1_500_000 * (k + 1) for k, row in enumerate(rules.priority)}
        return SimpleNamespace(path=out, found_m2={"x": 1} if land else {}, area_m2=area,
                               notes=(Text("a note", "注"),))  # fmt: skip

    monkeypatch.setattr(evaluation, "integrate", integrate)
    monkeypatch.setattr(module, "_band", lambda path, out: None)
    monkeypatch.setattr(module, "_aligned", lambda path, lead, role, out, crs: (
        f"{path} as {lead}, {role}, {out.name}, {crs}"))  # fmt: skip
    intake = SimpleNamespace(
        ground=SimpleNamespace(own={}, landuse=Path("use.tif") if land else None),
        grid=SimpleNamespace(crs="crs"), classes="classes",
    )  # fmt: skip
    done = {k: Path(f"{k}.tif") for k in ("ecology", "agriculture", "town")}
    out = {"townships": pd.DataFrame(index=["t"])}
    told = module._together(intake, places, Path("box"), done, out)
    roles = [*done, "landuse"] if land else [*done]
    path = {**{k: f"{k}.tif" for k in done}, "landuse": "use.tif"}
    assert given == {
        "aligned": {r: f"{path[r]} as ecology.tif, {r}, together-{r}.tif, crs" for r in roles},
        "out": "together.tif", "classes": "classes",
    }  # fmt: skip
    first = [("together.tif", (row.code,)) for row in rules.priority]
    # Mark k is the k-th bit of the second band.
    bits = [("marks.tif", tuple(v for v in range(2 ** len(marks)) if v // 2**k % 2))
            for k in range(len(marks))]  # fmt: skip
    assert seen == (first + bits if land else first)
    columns = [f"first_{row.key}_share" for row in rules.priority]
    columns += [f"{m.key}_share" for m in marks] if land else []
    assert out["townships"].loc["t"].to_dict() == {c: k + 1 for k, c in enumerate(columns)}
    sizes, note = told
    assert sizes.what.en.startswith(f"{rules.priority[0].name.en} 1.50 km2; ")
    assert sizes.what.zh.split("；")[1] == f"{rules.priority[1].name.zh} 3.00 km²"
    assert note.what.en == "a note"
    assert {(f.where, f.code, f.level) for f in told} == {
        ("[inputs.integration]", "integration", "note")}  # fmt: skip


@pytest.mark.parametrize(("crs", "shape", "shift", "same"), [
    (worlds.CRS, (4, 6), 0.0, True), (worlds.CRS, (4, 6), 1e-7, True),
    ("EPSG:4550", (4, 6), 0.0, False), (worlds.CRS, (6, 4), 0.0, False),
    (worlds.CRS, (4, 5), 0.0, False), (worlds.CRS, (4, 6), 0.4, False),
])  # fmt: skip
def test_a_raster_stays_as_it_is_only_on_the_very_pixels_of_the_first(
    tmp_path, crs, shape, shift, same
):
    from zoning.pipeline.ground import _aligned

    first = raster(tmp_path / "a.tif", np.zeros((4, 6), dtype="float32"))
    other = raster(tmp_path / "b.tif", np.ones(shape, dtype="float32"), crs)
    with rasterio.open(other, "r+") as file:
        file.transform = from_origin(X + shift, Y + 3000, 100, 100)
    out = tmp_path / "c.tif"
    assert _aligned(other, first, "slope", out, worlds.CRS) == (other if same else out)
    assert out.exists() is not same
    if not same:
        with rasterio.open(out) as made, rasterio.open(first) as given:
            assert (made.crs, made.shape, made.transform) == (
                given.crs, given.shape, given.transform)  # fmt: skip
            assert made.compression.value == "DEFLATE"


@pytest.mark.parametrize(("kind", "made_of"), [("uint8", "int32"), ("float32", "float32")])
def test_pixels_of_degrees_become_those_of_the_plane_and_beyond_is_unknown(tmp_path, kind, made_of):
    import pyproj

    from zoning.pipeline.ground import _aligned

    to_degrees = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
    west, north = to_degrees.transform(X, Y + 3000)
    lead = tmp_path / "a.tif"
    with rasterio.open(lead, "w", driver="GTiff", height=30, width=60, count=1, dtype="float32",
                       crs="EPSG:4490",
                       transform=from_origin(west, north, 1e-3, 1e-3)) as file:  # fmt: skip
        file.write(np.zeros((30, 60), "float32"), 1)
    given = tmp_path / "b.tif"
    with rasterio.open(given, "w", driver="GTiff", height=10, width=20, count=1, dtype=kind,
                       crs=worlds.CRS,
                       transform=from_origin(X, Y + 3000, 100, 100)) as file:  # fmt: skip
        file.write(np.full((10, 20), 7, kind), 1)
    out = _aligned(given, lead, "cover", tmp_path / "c.tif", worlds.CRS)
    with rasterio.open(out) as made:
        assert made.crs == worlds.CRS and made.dtypes == (made_of,) and made.nodata == -9999
        values = made.read(1)
        # Degrees are some 100 m here: 7 over 2 x 1 km in the upper left, unknown elsewhere.
        known = values != -9999
        assert set(values[known].tolist()) == {7}
        assert known.sum() * abs(made.transform.determinant) == pytest.approx(2e6, rel=0.1)


def test_a_raster_of_many_rows_is_brought_over_row_by_row(tmp_path):
    from zoning.pipeline.ground import _aligned

    first = raster(tmp_path / "a.tif", np.zeros((90, 600), dtype="float32"))
    rows = np.repeat(np.arange(90, dtype="uint8"), 2)[:, None]
    finer = raster(tmp_path / "b.tif", np.tile(rows, (1, 1200)), cell=50.0)
    with rasterio.open(_aligned(finer, first, "use", tmp_path / "c.tif", worlds.CRS)) as made:
        assert len(list(made.block_windows(1))) > 1
        assert (made.read(1) == np.arange(90)[:, None]).all()


@pytest.fixture
def parts(monkeypatch):
    """Let each part of a measurement give a column of its own, and note what it was given."""
    from zoning.indicators import suitable, terrain
    from zoning.pipeline import ground as module
    from zoning.pipeline import neighbours, provincial

    seen = []

    def column(name, keys=("townships", "units")):
        return {k: pd.Series([1.0], index=[k[0]], name=name) for k in keys}

    def frames(name):
        return {k: v.to_frame() for k, v in column(name).items()}

    def mean(path, places, *, classes, only):
        seen.append((path, classes, only))
        return column("raster")

    def ten(towns, ground, part, suitable):
        seen.append(("ten", part, sorted(towns.columns), suitable))
        return pd.DataFrame({"ten": [10.0]}, index=["t"]), ("told",)

    monkeypatch.setattr(terrain, "terrain_of", lambda dem, places, crs: frames(f"{dem} {crs}"))
    monkeypatch.setattr(module, "_travel", lambda ground, places: frames("travel"))
    monkeypatch.setattr(module, "raster_means", mean)
    monkeypatch.setattr(module, "_evaluated", lambda *given: (frames("evaluated"), ["note"]))
    monkeypatch.setattr(neighbours, "pairs", lambda towns, city, there, m: (city, there, m))
    monkeypatch.setattr(neighbours, "around", lambda given, towns, across, there: (
        pd.DataFrame({"around": [f"{given} {across}"]}, index=["t"])))  # fmt: skip
    monkeypatch.setattr(suitable, "suitable_of", lambda dem, use, classes, places, crs: {
        "t": f"{dem} {use} {crs}"})  # fmt: skip
    monkeypatch.setattr(provincial, "table_of", ten)
    return seen


def measured(keys=("townships", "units"), provincial=None, evaluations=(), near=None, rasters=(),
             built=None, **ground):  # fmt: skip
    from zoning.inputs.ground import Ground
    from zoning.pipeline.ground import measure

    places = {k: gpd.GeoDataFrame({"name": ["N"]}, index=[k[0]], geometry=[Point(0, 0)])
              for k in keys}  # fmt: skip
    inputs = SimpleNamespace(
        neighbours=near, evaluations=evaluations,
        rasters={k: SimpleNamespace(by=k, classes=(k,)) for k in rasters},
    )  # fmt: skip
    config = SimpleNamespace(inputs=inputs, indicators=SimpleNamespace(provincial=provincial))
    classes = None
    if built is not None:
        classes = pd.DataFrame({"built": [True, False, True]}, index=built)
    intake = SimpleNamespace(
        ground=Ground(rasters={k: f"{k}.tif" for k in rasters}, **ground), classes=classes,
        grid=SimpleNamespace(crs="crs"),
        layers=SimpleNamespace(city="city", townships="given", landuse=None),
    )  # fmt: skip
    out, told = measure(config, intake, places)
    return {k: list(f) for k, f in out.items()}, told, out


def test_each_part_is_measured_where_the_plan_has_it(parts):
    assert measured()[:2] == ({"townships": [], "units": []}, ())
    assert measured(dem="dem")[0] == {"townships": ["dem crs"], "units": ["dem crs"]}
    assert measured(roads=1)[0] == measured(centres=1)[0] == {"townships": [], "units": []}
    assert measured(roads=1, centres=1)[0]["units"] == ["travel"]
    near = SimpleNamespace(tolerance_m=7)
    assert measured(near=near)[0] == measured(neighbours="there")[0]
    columns, _, out = measured(near=near, neighbours="there")
    assert columns == {"townships": ["around"], "units": []}
    assert out["townships"]["around"].tolist() == ["given ('city', 'there', 7)"]
    assert measured(("units",), near=near, neighbours="there")[0] == {"units": []}
    columns, told, _ = measured(evaluations=["x"])
    assert columns["units"] == ["evaluated"] and told == ("note",)


def test_rasters_are_measured_on_all_land_or_on_what_is_built(parts):
    measured(rasters=("built", "area"), landuse="use.tif", built=[7, 8, 9])
    measured(rasters=("built",), landuse="use.tif")
    measured(rasters=("built",), built=[7, 8, 9])
    assert parts == [
        ("built.tif", ("built",), ("use.tif", [7, 9])), ("area.tif", ("area",), None),
        ("built.tif", ("built",), ("use.tif", [])), ("built.tif", ("built",), None),
    ]  # fmt: skip


def test_the_ten_are_made_of_townships_and_of_what_was_measured_before(parts):
    columns, told, _ = measured(provincial="part", dem="dem")
    assert columns == {"townships": ["dem crs", "ten"], "units": ["dem crs"]} and told == ("told",)
    assert parts == [("ten", "part", ["dem crs", "geometry", "name"], None)]
    parts.clear()
    assert measured(("units",), provincial="part")[0] == {"units": []} and not parts
    whole = {"dem": "dem", "landuse": "use", "built": [7, 8, 9]}
    measured(provincial="part", **whole)
    assert parts[-1][-1] == "dem use crs"
    for gone in whole:
        measured(provincial="part", **{k: v for k, v in whole.items() if k != gone})
        assert parts[-1][-1] is None


def test_townships_without_a_measure_are_told_of_and_units_are_not(parts, monkeypatch):
    from zoning.pipeline import ground as module

    monkeypatch.setattr(module, "raster_means", lambda path, places, **named: {
        k: pd.Series([np.nan], index=[k[0]]) for k in places.frames})  # fmt: skip
    _, (one,), _ = measured(rasters=("area",))
    assert one.code == "not-measured" and "t N" in one.what.en and one.what.en.startswith("'area'")
    assert measured(("units",), rasters=("area",))[1] == ()
