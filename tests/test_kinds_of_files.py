"""The same data in another kind of file: every reader takes it, what is left out is told."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import CRS
from shapely import LineString, Point

import zoning as zn
from tests import worlds
from tests.test_ground import raster, world
from zoning.errors import InputError
from zoning.inputs.geography import geography
from zoning.inputs.ground import read_layer
from zoning.planfile.layers import CentreLayer, ParkLayer, RoadLayer
from zoning.questions.places import units_of

X, Y = worlds.X, worlds.Y
LINES = ("LineString", "MultiLineString")


def roads() -> gpd.GeoDataFrame:
    line = LineString([(X + 500, Y + 1500), (X + 5900, Y + 1500)])
    return gpd.GeoDataFrame({"class": ["国道"]}, geometry=[line], crs=worlds.CRS)


def packed(path: Path, frame: gpd.GeoDataFrame) -> None:
    """A shapefile in a folder of an archive, as offices hand them over."""
    made = path.parent / "made"
    made.mkdir()
    frame.to_file(made / "道路.shp", encoding="GBK")
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(made.iterdir()):
            archive.write(part, f"成果 1/{part.name}")
    shutil.rmtree(made)


def old(path: Path, frame: gpd.GeoDataFrame) -> None:
    """A shapefile in GBK that does not say so."""
    frame.to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()


FORMS = {
    "道路.shp": old, "道路.zip": packed, "道路.parquet": lambda p, f: f.to_parquet(p),
    "道路.fgb": lambda p, f: f.to_file(p, driver="FlatGeobuf"),
    "道路.geojson": lambda p, f: f.to_file(p, driver="GeoJSON"),
    "道路.gdb": lambda p, f: f.to_file(p, driver="OpenFileGDB"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_roads_are_read_in_every_form(tmp_path, name):
    path = tmp_path / "数据 1" / name
    path.parent.mkdir()
    FORMS[name](path, roads())
    frame, source = read_layer(path, RoadLayer(path=name), "roads", worlds.CRS, LINES)
    assert frame["class"].tolist() == ["国道"] and source.crs == worlds.CRS
    assert frame.geometry.iloc[0].hausdorff_distance(roads().geometry.iloc[0]) < 1e-3
    guessed = [f.code for f in source.findings]
    assert guessed == (["encoding-guessed"] if name == "道路.shp" else [])


def test_of_several_layers_one_is_named(tmp_path):
    path = tmp_path / "a.gpkg"
    roads().to_file(path, layer="道路")
    gpd.GeoDataFrame(geometry=[Point(X, Y)], crs=worlds.CRS).to_file(path, layer="中心")
    with pytest.raises(InputError, match="the file has 2 layers"):
        read_layer(path, CentreLayer(path="a.gpkg"), "centres", worlds.CRS)
    frame, _ = read_layer(path, CentreLayer(path="a.gpkg", layer="中心"), "centres", worlds.CRS)
    assert frame.geometry.iloc[0] == Point(X, Y)


def test_what_plan_toml_says_of_coordinates_holds_for_roads_too(tmp_path):
    """A datum is taken off, a zone number in front of eastings is told: no road lies elsewhere."""
    path = tmp_path / "a.gpkg"
    web = roads().to_crs(4490)
    web.to_file(path)
    part = RoadLayer(path="a.gpkg", datum="gcj02")
    frame, _ = read_layer(path, part, "roads", worlds.CRS)
    moved = frame.geometry.iloc[0].distance(Point(roads().geometry.iloc[0].coords[0]))
    assert 200 < moved < 1000
    numbered = roads()
    numbered.geometry = numbered.translate(40_000_000)
    numbered.to_file(path)
    with pytest.raises(InputError, match="with the zone number 40 in front"):
        read_layer(path, RoadLayer(path="a.gpkg"), "roads", worlds.CRS)


@pytest.mark.slow
def test_the_map_draws_roads_of_an_archive(tmp_path):
    path = world(tmp_path)
    packed(tmp_path / "道路.zip", roads())
    text = path.read_text(encoding="utf-8").replace("roads.gpkg", "道路.zip")
    path.write_text(text, encoding="utf-8")
    found = geography(zn.run(path), [tmp_path])
    assert len(found.roads) == 1 and "roads" not in found.absent


def turned(path: Path) -> None:
    """Let a raster begin at the bottom."""
    with rasterio.open(path) as file:
        values, meta = file.read(), file.meta
    t = meta["transform"]
    meta["transform"] = rasterio.Affine(t.a, 0, t.c, 0, -t.e, t.f + t.e * meta["height"])
    with rasterio.open(path, "w", **meta) as file:
        file.write(values[:, ::-1])


def second_band(path: Path) -> None:
    """Put another picture in front of the classes."""
    with rasterio.open(path) as file:
        values, meta = file.read(1), file.meta
    with rasterio.open(path, "w", **{**meta, "count": 2}) as file:
        file.write(np.where(values == 7, 1, 7).astype("uint8"), 1)
        file.write(values, 2)


def floats(path: Path) -> None:
    with rasterio.open(path) as file:
        values, meta = file.read(1), file.meta
    with rasterio.open(path, "w", **{**meta, "dtype": "float32"}) as file:
        file.write(values.astype("float32"), 1)


def without_crs(path: Path) -> None:
    with rasterio.open(path) as file:
        values, meta = file.read(1), file.meta
    with rasterio.open(path, "w", **{**meta, "crs": None}) as file:
        file.write(values, 1)


LAND = {"band": (second_band, "band = 2"), "floats": (floats, ""), "south up": (turned, ""),
        "no CRS": (without_crs, f'crs = "{worlds.CRS}"')}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAND)
def test_every_measure_reads_the_land_use_as_the_account_does(tmp_path, kind):
    """Built land, water of an evaluation and of the map are those of the band and CRS stated."""
    change, keys = LAND[kind]

    def made(folder: Path, *, other: bool) -> zn.Plan:
        path = world(folder)
        text = path.read_text(encoding="utf-8").replace('raster = "town.tif"', 'preset = "B"')
        finer = raster(folder / "高程.tif", np.zeros((60, 120), "float32"), cell=50.0)
        if other:
            change(folder / "用地.tif")
            text = text.replace('path = "用地.tif"\n', f'path = "用地.tif"\n{keys}\n')
        path.write_text(text, encoding="utf-8")
        assert finer.is_file()
        return zn.run(path)

    plain, found = made(tmp_path / "a", other=False), made(tmp_path / "b", other=True)
    for table in ("units", "townships"):
        one, two = (pd.DataFrame(getattr(p, table)).drop(columns="geometry")
                    for p in (plain, found))  # fmt: skip
        pd.testing.assert_frame_equal(one, two)
    assert found.townships["ndvi_built"].notna().any()
    water = [geography(p, [tmp_path / n]).water for p, n in ((plain, "a"), (found, "b"))]
    assert [sum(w.area for w in one) for one in water] == pytest.approx([3_000_000] * 2)


def test_land_use_is_written_for_nobody_who_does_not_ask(tmp_path, monkeypatch):
    """A province in floats would be copied for each run, also where areas alone are measured."""
    from dataclasses import make_dataclass
    from types import SimpleNamespace

    from zoning.inputs.ground import Ground
    from zoning.inputs.pictures import ClassFile
    from zoning.pipeline.ground import _with_classes

    asked = []
    monkeypatch.setattr(ClassFile, "plain", lambda file, folder: asked.append(folder) or folder)
    file = ClassFile(tmp_path / "a.tif", 2, (0, 0, 1, 1), "", None, False)
    intake = make_dataclass("Intake", ["layers", "ground"])(
        SimpleNamespace(landuse=file), Ground(landuse=file.path)
    )

    def seen(by="area", evaluations=(), ten=None, given=intake):
        inputs = SimpleNamespace(evaluations=evaluations, rasters={"r": SimpleNamespace(by=by)})
        indicators = SimpleNamespace(provincial=ten)
        config = SimpleNamespace(inputs=inputs, indicators=indicators)
        return _with_classes(config, given, tmp_path).ground.landuse

    assert seen() == file.path and not asked
    assert seen("built") == seen(evaluations=["ecology"]) == seen(ten="ten") == tmp_path
    assert asked == [tmp_path] * 3
    none = make_dataclass("Intake", ["layers", "ground"])(SimpleNamespace(landuse=None), Ground())
    assert seen("built", given=none) is None


@pytest.mark.slow
def test_heights_that_begin_at_the_bottom_are_evaluated(tmp_path):
    path = world(tmp_path)
    text = path.read_text(encoding="utf-8").replace('raster = "town.tif"', 'preset = "B"')
    path.write_text(text, encoding="utf-8")
    plain = zn.run(path)
    turned(tmp_path / "高程.tif")
    found = zn.run(path)
    for name in ("slope_deg", "town_suited_share"):
        assert found.townships[name].tolist() == pytest.approx(plain.townships[name].tolist())


def test_heads_that_a_shapefile_cut_are_offered(tmp_path):
    """Published areas, numbers of parks and of neighbours were left out, and nobody said so."""
    red = worlds.redlines().assign(published_m2=[1_000_000, 1_000_000])
    red.to_file(tmp_path / "红线.shp", encoding="GBK")
    park = {
        "code": ["P1"],
        "name": ["园区"],
        "planned_area_ha": [100.0],
        "主导产业代码与名称": ["C30"],
    }
    gpd.GeoDataFrame(park, geometry=[worlds.square(1, 1)], crs=worlds.CRS).to_file(
        tmp_path / "园区.shp", encoding="GBK"
    )
    near = {"name": ["邻县"], "population": [9], "gdp_10k_yuan": [5]}
    gpd.GeoDataFrame(near, geometry=[worlds.square(-1, 0, 1, 3)], crs=worlds.CRS).to_file(
        tmp_path / "邻县.shp", encoding="GBK"
    )
    path = worlds.write(tmp_path / "城", extra='[inputs.parks]\npath = "../园区.shp"\n'
                        '[inputs.neighbours]\npath = "../邻县.shp"\n')  # fmt: skip
    text = path.read_text(encoding="utf-8").replace("红线.gpkg", "../红线.shp")
    path.write_text(text, encoding="utf-8")
    said = [f for f in zn.check(path).intake.findings if f.code == "head-offered"]
    assert {(Path(f.where).name, f.remedy.en) for f in said if f.remedy} == {
        ("红线.shp", '[inputs.protections.columns] published_m2 = "published_"'),
        ("园区.shp", '[inputs.parks.columns] planned_area_ha = "planned_ar"'),
        ("邻县.shp", '[inputs.neighbours.columns] gdp_10k_yuan = "gdp_10k_yu"'),
    }
    assert {f.level for f in said} == {"warning"}


def test_a_lock_names_the_layer_of_its_file(tmp_path):
    plan = worlds.plan()
    path = tmp_path / "锁定 1.gpkg"
    for name, col in (("甲", 0), ("乙", 2)):
        gpd.GeoDataFrame(geometry=[worlds.square(col, 0)], crs=CRS(worlds.CRS)).to_file(
            path, layer=name
        )
    assert units_of(plan, [f"{path}:乙"]) == ("1kmN3500E502",)
    with pytest.raises(InputError, match="the file has 2 layers"):
        units_of(plan, [str(path)])


def test_an_evaluation_takes_one_layer_of_a_file_as_its_boundary(tmp_path):
    from zoning.evaluation.extent import polygon

    path = tmp_path / "界 1.gpkg"
    for name, col in (("甲", 0), ("乙", 2)):
        gpd.GeoDataFrame(geometry=[worlds.square(col, 0)], crs=worlds.CRS).to_file(path, layer=name)
    assert polygon(f"{path}:乙", CRS(worlds.CRS)).equals(worlds.square(2, 0))
    with pytest.raises(InputError, match="the file has 2 layers"):
        polygon(path, CRS(worlds.CRS))


def test_codes_of_counties_may_be_numbers_with_a_point(tmp_path):
    """A shapefile of ArcGIS keeps numbers as doubles."""
    path = worlds.write(tmp_path)
    towns = worlds.townships()[["code", "name", "county", "geometry"]]
    numbers = towns.assign(code=towns["code"].astype(float), county=towns["county"].astype(float))
    numbers.to_file(tmp_path / "乡镇.gpkg")
    counties = towns.dissolve("county").reset_index()[["county", "name", "geometry"]]
    counties.to_file(tmp_path / "县.gpkg")
    part = '[inputs.counties]\npath = "县.gpkg"\ncolumns.code = "county"\n'
    path.write_text(path.read_text(encoding="utf-8") + part, encoding="utf-8")
    ready = zn.check(path)
    assert sorted(set(ready.intake.layers.townships["county"])) == ["321001", "321002"]


def test_land_use_as_polygons_is_told_with_the_way_to_a_raster(tmp_path):
    path = worlds.write(tmp_path)
    worlds.townships().to_file(tmp_path / "用地.gpkg")
    text = path.read_text(encoding="utf-8").replace("用地.tif", "用地.gpkg")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is a layer of shapes; land use is read from") as caught:
        zn.check(path)
    assert "gdal_rasterize" in caught.value.problems[0].remedy.zh


def test_what_is_not_looked_at_in_a_folder_is_told(tmp_path):
    """Workbooks that are not read, folders inside, databases and archives: nothing is left out."""
    (tmp_path / "矢量").mkdir()
    worlds.townships().to_file(tmp_path / "矢量" / "乡镇.gpkg")
    (tmp_path / "图片").mkdir()
    (tmp_path / "图片" / "a.png").write_bytes(b"x")
    for name in ("统计.ods", "旧.xls", "库.mdb", "成果.rar", "说明.docx"):
        (tmp_path / name).write_bytes(b"PK\3\4")
    found = zn.api.inspect(tmp_path).findings
    said = {(Path(f.where).name, f.code): f for f in found}
    assert said.keys() == {("统计.ods", "other-workbook"), ("旧.xls", "old-excel"),
                           (tmp_path.name, "left-files")}  # fmt: skip
    left = said[tmp_path.name, "left-files"].what
    assert left.en == "in the folder and not looked at: 库.mdb, 成果.rar, 矢量/"
    assert "the form .ods is not read" in said["统计.ods", "other-workbook"].what.en


def planned(folder: Path, name: str, change) -> Path:
    """The small county whose townships stand in another file, with columns of the planner."""
    path = worlds.write(folder, cap="")
    change(worlds.townships()[["code", "name", "county", "geometry"]], folder / name)
    text = path.read_text(encoding="utf-8").replace("乡镇.gpkg", name)
    path.write_text(text, encoding="utf-8")
    return path


def twins(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Names that a GeoPackage keeps for itself, or that differ in capitals alone."""
    frame.assign(
        fid="x", Name=frame["name"], NAME="y", AREA_M2=1.5, Zone="z", township="t", geom="g"
    ).to_file(path, driver="GeoJSON")


def odd(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Columns of a database: days, lists, bytes, a second shape."""
    day = pd.Timestamp("2026-01-05")
    frame.rename_geometry("几何").assign(
        day=day.date(), at=day, tags=[["a", "b"]] * 3, raw=[b"x"] * 3, middle=frame.centroid
    ).to_parquet(path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change"), [("乡镇.geojson", twins), ("乡镇.parquet", odd)])
def test_columns_of_the_planner_with_any_name_and_kind_make_a_plan_that_proves_itself(
    tmp_path, name, change
):
    """verify refuted such a plan (its file has other names of columns), or the run broke off."""
    path = planned(tmp_path / "a", name, change)
    made = zn.run(path)
    made.save(tmp_path / "out")
    found = zn.api.verify(tmp_path / "out", inputs=tmp_path / "a")
    assert [c.text.en for c in found if not c.ok] == []
    assert made.units["area_m2"].tolist() == worlds.plan().units["area_m2"].tolist()
    told = [f.what.en for f in zn.check(path).intake.findings if f.code == "left-columns"]
    assert told == (
        []
        if change is twins
        else ["columns that hold lists, bytes or further shapes are left out: middle, tags, raw"]
    )
    zn.api.mend(path, tmp_path / "fixed")
    again = zn.run(tmp_path / "fixed" / "plan.toml")
    assert again.units["zone"].tolist() == made.units["zone"].tolist()


def test_planned_land_of_no_county_is_part_of_the_city_alone():
    """A gap between townships has no county: the account of plans broke off."""
    from zoning.review.audit.resolve import cap_account

    atoms = pd.DataFrame({"sign": [1, 2], "patch": [0, 0], "area_m2": [30, 12]})
    county = pd.Series(["321001", pd.NA], dtype="string")
    claims = {(1, 0): (), (2, 0): ()}
    found = cap_account(atoms, None, county, claims, claims, {}).set_index("place")
    assert found.index.tolist() == ["city", "321001"]
    assert found["planned_before_m2"].tolist() == [0, 0]


@pytest.mark.slow
def test_red_lines_keep_codes_and_published_areas_however_they_are_written(tmp_path):
    """Areas as text were lost, and a second column of codes broke the run off."""
    path = worlds.write(tmp_path)
    red = worlds.redlines().assign(code=["甲1", "乙2"], feature="f", source_year=2001, year=2002,
                                   published_m2=["1,000,000", "１２００"])  # fmt: skip
    red.to_file(tmp_path / "红线.gpkg", layer="红线")
    text = path.read_text(encoding="utf-8")
    old = '[inputs.redlines]\npath = "红线.gpkg"\n'
    assert old in text
    new = ('[[inputs.protections]]\nkind = "redline"\npath = "红线.gpkg"\n'
           'layer = "红线"\ncolumns.code = "code"\n')  # fmt: skip
    path.write_text(text.replace(old, new), encoding="utf-8")
    made = zn.run(path)
    assert made.redlines["area_code"].tolist() == ["乙2", "甲1"]
    assert made.redlines["published_m2"].tolist() == [1200, 1_000_000]
    made.save(tmp_path / "out")
    assert [c.text.en for c in zn.api.verify(tmp_path / "out", inputs=tmp_path) if not c.ok] == []


def test_areas_in_words_are_told_and_a_dash_is_nothing(tmp_path):
    """Areas such as "about 3" were missing without a word."""
    path = worlds.write(tmp_path)
    red, end = worlds.redlines(), "read as missing:"
    for cells, said, known in (
        (["—", "1,200"], [], [1200]),
        (["约3公顷", "about 3"],
         [f"2 values of 'published_m2' are no numbers and are {end} 约3公顷, about 3"], []),
        (["inf", "1e30"],
         [f"2 values of 'published_m2' are no numbers and are {end} inf, 1e30"], []),
        (["NULL", "1 200"], [f"1 value of 'published_m2' is no number and is {end} 1 200"], []),
    ):  # fmt: skip
        red.assign(published_m2=cells).to_file(tmp_path / "红线.gpkg", layer="红线")
        made = zn.run(path)
        told = [f for f in made.findings if f.code == "no-number"]
        assert [f.what.en for f in told] == said
        assert made.redlines["published_m2"].dropna().tolist() == known
    assert told[0].level == "warning" and "按缺失处理：1 200" in told[0].what.zh


def test_hectares_of_parks_in_words_are_told(tmp_path):
    from zoning.inputs.parks import read_parks

    shapes = worlds.redlines().geometry.to_list()
    frame = gpd.GeoDataFrame(
        {"code": ["a", "b"], "name": ["甲", "乙"], "planned_area_ha": ["约12", "-"]},
        geometry=shapes, crs=worlds.CRS,
    )  # fmt: skip
    frame.to_file(tmp_path / "园区.gpkg")
    part = ParkLayer(path="园区.gpkg")
    parks, source = read_parks(part, tmp_path, worlds.CRS)
    assert parks["planned_area_ha"].isna().all()
    assert [f.what.en for f in source.findings if f.code == "no-number"] == [
        "1 value of 'planned_area_ha' is no number and is read as missing: 约12"
    ]
