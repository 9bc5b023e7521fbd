"""Heights, roads, rasters and evaluations as inputs, and that zones follow them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import LineString, Point

import zoning as zn
from tests import worlds
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


def test_indicators_by_hand(tmp_path):
    plan = zn.run(world(tmp_path))
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
    worth = flat.units.groupby("township")["suitability"].mean()
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
