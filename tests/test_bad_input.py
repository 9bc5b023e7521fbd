"""Every kind of bad input: a clear error, exit 2, nothing written."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import worlds
from shapely import LineString, Polygon

from zoning import planfile
from zoning.errors import InputError
from zoning.inputs.gather import gather


def towns_with(change):
    """Give a fault that rewrites the township layer."""

    def fault(folder):
        frame = gpd.read_file(folder / "乡镇.gpkg")
        frame = change(frame)
        (folder / "乡镇.gpkg").unlink()
        frame.to_file(folder / "乡镇.gpkg", layer="乡镇")

    return fault


def edit(old, new):
    """Give a fault in plan.toml."""

    def fault(folder):
        path = folder / "plan.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return fault


def shape_of(row, shape):
    def change(frame):
        frame.loc[row, "geometry"] = shape
        return frame

    return towns_with(change)


def move(row, dx):
    def change(frame):
        frame.loc[row, "geometry"] = shapely.transform(
            frame.geometry[row], lambda xy: np.add(xy, (dx, 0))
        )
        return frame

    return towns_with(change)


def degrees(folder):
    (folder / "plan.toml").write_text(
        (folder / "plan.toml").read_text(encoding="utf-8").replace("EPSG:4549", "EPSG:4490"),
        encoding="utf-8",
    )


def small_raster(folder):
    with rasterio.open(folder / "用地.tif") as file:
        profile, data = file.profile, file.read(1)
    profile |= {"width": 30}
    with rasterio.open(folder / "用地.tif", "w", **profile) as file:
        file.write(data[:, :30], 1)


def strange_class(folder):
    with rasterio.open(folder / "用地.tif", "r+") as file:
        data = file.read(1)
        data[5, 5] = 99
        file.write(data, 1)


def no_crs(frame):
    return frame.set_crs(None, allow_override=True)


def nobody(frame):
    frame.loc[1, "county"] = None
    return frame


def both(frame):
    frame.loc[1, "code"] = frame.loc[0, "code"]
    return frame


BOW_TIE = Polygon([(worlds.X, worlds.Y), (worlds.X + 9, worlds.Y + 9), (worlds.X + 9, worlds.Y),
                   (worlds.X, worlds.Y + 9)])  # fmt: skip
NOT_FINITE = Polygon([(worlds.X, worlds.Y), (np.inf, worlds.Y), (worlds.X, worlds.Y + 9)])

FAULTS = {
    "missing file": (edit("红线.gpkg", "红.gpkg"), "红.gpkg", "no such file"),
    "missing layer": (edit("乡镇.gpkg\"", "乡镇.gpkg\"\nlayer = \"无\""), "乡镇.gpkg", "无"),
    "missing column": (edit('table = "', 'code = "XZQDM"\ntable = "'), "乡镇.gpkg", "XZQDM"),
    "unknown CRS": (towns_with(no_crs), "乡镇.gpkg", "coordinate system"),
    "unknown CRS in plan.toml": (edit("EPSG:4549", "EPSG:99999"), "EPSG:99999", "unknown"),
    "degrees where metres are needed": (degrees, "EPSG:4490", "metres"),
    "too much distortion": (edit("EPSG:4549", "EPSG:3857"), "[grid] crs", "distorts"),
    "invalid polygon": (shape_of(0, BOW_TIE), "乡镇.gpkg", "elf-intersection"),
    "empty polygon": (shape_of(0, Polygon()), "乡镇.gpkg", "empty"),
    "not a polygon": (
        shape_of(0, LineString([(worlds.X, worlds.Y), (worlds.X + 9, worlds.Y)])),
        "乡镇.gpkg", "LineString",
    ),
    "not finite": (shape_of(0, NOT_FINITE), "乡镇.gpkg", "finite"),
    "duplicate code": (towns_with(both), "乡镇.gpkg", "321000001"),
    "no county": (towns_with(nobody), "乡镇.gpkg", "has no county"),
    "coordinates off the Earth": (move(1, 1e9), "乡镇.gpkg", "coordinates reach"),
    "overlap above the tolerance": (move(1, -100), "乡镇.gpkg", "overlap"),
    "gap above the tolerance": (move(2, 100), "乡镇.gpkg", "no township covers"),
    "raster does not cover": (small_raster, "用地.tif", "cover"),
    "class that no table knows": (strange_class, "用地.tif", "99"),
    "unknown key": (edit("[grid]", "[grid]\ncell = 5"), "plan.toml", "cell"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_with_its_place(name, tmp_path):
    fault, where, words = FAULTS[name]
    path = worlds.write(tmp_path / "数 据")
    fault(path.parent)
    with pytest.raises(InputError) as caught:
        gather(planfile.load(path), path.parent)
    told = caught.value.tell("en")
    assert where in told, told
    assert words in told, told
    assert caught.value.tell("zh") != told
    assert caught.value.exit_code == 2


def test_faults_of_several_files_come_together(tmp_path):
    path = worlds.write(tmp_path)
    for name in ("missing file", "missing column", "raster does not cover"):
        FAULTS[name][0](tmp_path)
    with pytest.raises(InputError) as caught:
        gather(planfile.load(path), tmp_path)
    places = {p.where for p in caught.value.problems}
    assert len(places) >= 3, places


def test_all_absent_files_are_told_with_the_boundary(tmp_path):
    path = worlds.write(tmp_path)
    for name in ("边界.gpkg", "红线.gpkg", "用地.tif", "乡镇.csv"):
        (tmp_path / name).unlink()
    with pytest.raises(InputError) as caught:
        gather(planfile.load(path), tmp_path)
    assert len(caught.value.problems) == 4


def test_published_areas_with_fractions_are_rounded(tmp_path):
    path = worlds.write(tmp_path)
    lines = worlds.redlines().assign(published_m2=[1_000_000.5, None], source_year=[2013.0, None])
    (tmp_path / "红线.gpkg").unlink()
    lines.to_file(tmp_path / "红线.gpkg")
    got = gather(planfile.load(path), tmp_path).layers.redlines
    assert got["published_m2"].tolist()[0] == 1_000_000
    assert got["published_m2"].isna().tolist() == [False, True]
    assert got["source_year"].tolist()[0] == 2013


def test_small_gaps_are_rows_and_not_errors(tmp_path):
    path = worlds.write(tmp_path)
    move(2, 2)(tmp_path)
    intake = gather(planfile.load(path), tmp_path)
    assert {f.level for f in intake.findings} == {"note"}
    from zoning import pipeline

    plan = pipeline.run(planfile.load(path), tmp_path)
    by_town = plan.ledger.groupby("township", observed=True)["area_m2"].sum()
    # A strip of 2 m over 3 km in the west; the cut corner of the city moves another sliver.
    assert by_town["none"] == pytest.approx(6_000, abs=2_100)
    assert plan.ledger["area_m2"].sum() == 17_500_000
    assert plan.ok


def test_nothing_new_is_put_on_land_of_no_township_or_of_two(tmp_path):
    path = worlds.write(tmp_path)
    move(1, 2)(tmp_path)
    from zoning import pipeline

    plan = pipeline.run(planfile.load(path), tmp_path)
    nobody = plan.pieces[plan.pieces["township"].isin(["none", "overlap"])]
    assert set(nobody["township"]) == {"none", "overlap"}
    assert nobody["free_m2"].sum() > 0
    assert nobody["new_m2"].sum() == 0
    # The squares around them are built up to the quota.
    assert plan.units.loc["1kmN3500E502", "new_m2"] == 998_000


def test_broken_polygons_are_repaired_only_on_request(tmp_path):
    path = worlds.write(tmp_path)
    spike = Polygon(
        [(worlds.X, worlds.Y), (worlds.X + 2000, worlds.Y), (worlds.X + 2000, worlds.Y + 3000),
         (worlds.X, worlds.Y + 3000), (worlds.X, worlds.Y + 3500), (worlds.X, worlds.Y + 3000)]
    )  # fmt: skip
    assert not spike.is_valid
    shape_of(0, spike)(tmp_path)
    with pytest.raises(InputError):
        gather(planfile.load(path), tmp_path)
    edit('table = "', 'repair = true\ntable = "')(tmp_path)
    intake = gather(planfile.load(path), tmp_path)
    assert intake.layers.townships.geometry.iloc[0].area == pytest.approx(6e6)
    assert intake.findings


@pytest.mark.parametrize("county", [None, "", "  "])
def test_a_township_without_a_county_is_told_by_its_code(county, tmp_path):
    def change(frame):
        frame.loc[1, "county"] = county
        return frame

    path = worlds.write(tmp_path)
    towns_with(change)(tmp_path)
    with pytest.raises(InputError) as error:
        gather(planfile.load(path), tmp_path)
    (found,) = [p for p in error.value.problems if p.code == "no-county"]
    assert "321000002" in found.what.zh
    assert "321000002" in found.what.en
