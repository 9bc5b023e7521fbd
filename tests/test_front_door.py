"""Trouble that people report in public, beside that of `field_cases`: each is told, or read right.

The comment above a test names the report. Everything is small: no test runs a plan.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections import Counter

import field_cases as world
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS

from zoning import api
from zoning.base import strict
from zoning.errors import InputError
from zoning.inputs import sheets
from zoning.inputs.alone import look
from zoning.inputs.columns import recognise, rename
from zoning.inputs.geometry import check_polygons
from zoning.inputs.inspect.legends import Seen, judge_classes, legends, legends_of
from zoning.inputs.inspect.place import inspect_place
from zoning.inputs.inspect.values import inspect_values, unlike_counties, unlike_totals
from zoning.inputs.landuse import load_classes
from zoning.inputs.repair import coordinates, shapes, tables
from zoning.inputs.shapefile import choose_encoding
from zoning.inputs.tables import join_table, read_table
from zoning.inputs.topology import gaps_and_overlaps
from zoning.inputs.vector import read_polygons
from zoning.planfile import parse

COLUMNS = {"code": "code", "name": "name", "county": "county"}


def codes_of(call, *args, **kwargs):
    """Give the codes of what a reader refuses."""
    with pytest.raises(InputError) as e:
        call(*args, **kwargs)
    for p in e.value.problems:
        assert p.what.en and p.what.zh
    return [p.code for p in e.value.problems]


def looked(*files):
    """Give code -> level of what is found in files."""
    return {f.code: f.level for f in look(files).findings}


def csv(folder, text, encoding="utf-8", name="t.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def layer(folder, frame, name="towns.gpkg", **kw):
    path = folder / name
    frame.to_file(path, engine="pyogrio", **kw)
    return path


# --- encodings ---------------------------------------------------------------------------------


# shapefile-js#80, QGIS: ArcGIS writes "OEM" where it does not know better.
def test_a_cpg_that_names_no_encoding_is_passed_over(tmp_path):
    (tmp_path / "a.shp").touch()
    (tmp_path / "a.cpg").write_text("OEM")
    assert choose_encoding(["甲镇".encode("gbk")], tmp_path / "a.shp")[0] == "gb18030"


# pyogrio#380: some files are UTF-8 although "all are GBK".
def test_texts_of_two_encodings_in_one_file_fit_none(tmp_path):
    (tmp_path / "a.shp").touch()
    mixed = ["甲镇".encode("gbk"), "乙".encode()]
    used, found = choose_encoding(mixed, tmp_path / "a.shp")
    assert used != "utf-8"  # GBK takes any even number of bytes; the reader says what it did
    assert found[0].code == "encoding-guessed"


# The known trap of 联通: two characters of GBK that look like UTF-8 to a careless check.
def test_gbk_that_looks_like_utf8_stays_gbk_under_its_cpg(tmp_path):
    (tmp_path / "a.shp").touch()
    (tmp_path / "a.cpg").write_text("936")
    assert choose_encoding(["联通".encode("gbk")], tmp_path / "a.shp") == ("gb18030", [])


# Excel's "Unicode text" (readxl and pandas questions without number): UTF-16 and tabs.
def test_unicode_text_of_excel_is_read(tmp_path):
    path = csv(tmp_path, "code\tpopulation\n321191001\t60000\n", "utf-16")
    assert read_table(path, code="code")[0]["population"].tolist() == [60000]


# Rare characters of place names (GB 18030 only): 𬇙𬭎.
def test_four_byte_characters_of_gb18030(tmp_path):
    path = csv(tmp_path, "code,name\n321191001,𬇙𬭎镇\n", "gb18030")
    assert read_table(path, code="code")[0]["name"].tolist() == ["𬇙𬭎镇"]


# SQLite of a phone app: texts that were stored as Latin-1 look spoiled and are told.
def test_text_spoiled_before_it_came_is_told(tmp_path):
    frame = world.towns().assign(name=["甲镇".encode().decode("latin-1"), "乙镇", "丙镇"])
    assert looked(layer(tmp_path, frame))["mojibake"] == "warning"


# --- formats -----------------------------------------------------------------------------------


# gdal#10153: closed polylines of DXF are lines.
def test_closed_lines_of_cad_are_told_and_taken_when_asked(tmp_path):
    lines = world.bound().assign(geometry=lambda f: f.boundary)
    path = layer(tmp_path, lines[["geometry"]], "b.dxf")
    with pytest.raises(InputError, match="repair = true takes it as a polygon"):
        read_polygons(path, crs=world.CRS, unique=())
    frame, source = read_polygons(path, crs=world.CRS, unique=(), repair=True)
    assert frame.area.sum() == pytest.approx(22e6) and source.findings[0].code == "closed-line"


# gdal#10261: an open polyline is no area, and no tool may close it.
def test_open_lines_are_never_closed():
    line = shapely.LineString([(0, 0), (9, 0), (9, 9)])
    shapes_, bad, _ = check_polygons(np.array([line]), "a.dxf", ["feature 1"], repair=True)
    assert shapes_[0].equals(line) and [p.code for p in bad] == ["non-polygon"]
    assert "Polygonize" in bad[0].remedy.en


# gdal#4031: KML with several parts in one placemark.
def test_kml_of_several_parts(tmp_path):
    parts = shapely.MultiPolygon([world.sq(0, 0), world.sq(3, 0)])
    frame = gpd.GeoDataFrame({"Name": ["a"]}, geometry=[parts], crs=world.CRS).to_crs(4326)
    path = layer(tmp_path, frame, "b.kml", driver="KML")
    got = read_polygons(path, unique=(), to_crs=world.CRS)[0]
    assert got.area.sum() == pytest.approx(2e6, rel=1e-6)


# nuplan-devkit#104, MerginMaps#4644: inspection never leaves -wal or -shm beside the file.
def test_looking_at_a_geopackage_leaves_nothing_behind(tmp_path):
    path = layer(tmp_path, world.towns())
    with sqlite3.connect(path) as con:
        con.execute("pragma journal_mode=wal")
    before = path.read_bytes()
    look([path])
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["towns.gpkg"]


# The same while QGIS has it open, or after it died: what waits in the -wal is read from a copy,
# for whoever closes a GeoPackage last would write it back and take the journal away.
def test_changes_that_wait_beside_a_geopackage_are_read_and_left_where_they_are(tmp_path):
    import shutil

    from zoning.zones import read_overrides

    (tmp_path / "open").mkdir()
    open_, left = layer(tmp_path / "open", world.towns()), tmp_path / "left.gpkg"
    with sqlite3.connect(open_) as con:
        con.execute("pragma journal_mode=wal")
        con.execute("pragma wal_autocheckpoint=0")
        for (n,) in con.execute("select name from sqlite_master where type='trigger'").fetchall():
            con.execute(f'drop trigger "{n}"')
        con.execute("update towns set name = '改名镇' where rowid = 1")
        con.commit()
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{open_}{end}", f"{left}{end}")
    con.close()
    before = {p.name: p.read_bytes() for p in tmp_path.glob("left*")}
    assert set(before) == {"left.gpkg", "left.gpkg-wal", "left.gpkg-shm"}
    told = look([left])
    assert [f.level for f in told.findings if f.code == "open-elsewhere"] == ["warning"]
    frame, source = read_polygons(left, columns={"code": "code"}, unique=("code",), role="t")
    assert "改名镇" in frame["name"].tolist()
    assert "open-elsewhere" in [f.code for f in source.findings]
    with pytest.raises(InputError):
        read_overrides(left)  # no layer of decisions; it was looked at all the same
    assert {p.name: p.read_bytes() for p in tmp_path.glob("left*")} == before


# Offices still send .xls; portals send web pages under that name (tabulator-py#171).
@pytest.mark.parametrize(("content", "word"), [(b"\xd0\xcf\x11\xe0", "old form"),
                                               (b"<html><table>", "web page")])  # fmt: skip
def test_old_workbooks_are_told(tmp_path, content, word):
    (tmp_path / "t.xls").write_bytes(content)
    with pytest.raises(InputError, match=word):
        read_table(tmp_path / "t.xls")


# A broken download of a workbook.
def test_half_a_workbook_is_unreadable_and_no_crash(tmp_path):
    pd.DataFrame({"code": ["1"]}).to_excel(tmp_path / "t.xlsx", index=False)
    whole = (tmp_path / "t.xlsx").read_bytes()
    (tmp_path / "t.xlsx").write_bytes(whole[: len(whole) // 2])
    assert codes_of(read_table, tmp_path / "t.xlsx") == ["unreadable-file"]


# geoparquet-io#643: Z is of no use here.
def test_geoparquet_with_heights(tmp_path):
    frame = world.towns()
    frame["geometry"] = shapely.force_3d(frame.geometry.to_numpy(), 12.5)
    frame.to_parquet(tmp_path / "t.parquet")
    got = read_polygons(tmp_path / "t.parquet", columns=COLUMNS)[0]
    assert got.area.sum() == pytest.approx(22e6) and not got.has_z.any()


# --- coordinate systems ------------------------------------------------------------------------


# PROJ#4713, pyproj#148: Beijing 1954 without parameters.
@pytest.mark.parametrize("old", ["EPSG:2437", "EPSG:21460", "EPSG:2335", "EPSG:4214"])
def test_old_datums_are_refused_for_a_boundary_too(tmp_path, old):
    frame = world.bound().set_crs(old, allow_override=True)
    assert looked(layer(tmp_path, frame))["old-datum"] == "error"


# proj4js#328: the file says Krasovsky and no datum at all.
@pytest.mark.slow
def test_an_unknown_datum_on_krasovsky_is_an_old_one(tmp_path):
    frame = world.bound().set_crs(CRS.from_wkt(world.ESRI["unknown"]), allow_override=True)
    assert "old-datum" in looked(layer(tmp_path, frame))


# pyproj#352: with parameters it is converted, as stated.
def test_an_old_datum_with_parameters_is_converted(tmp_path):
    text = "+proj=tmerc +lat_0=0 +lon_0=120 +x_0=500000 +ellps=krass +towgs84=15,-150,-90 +units=m"
    path = layer(tmp_path, world.bound())
    frame, _ = read_polygons(path, crs=text, unique=(), to_crs=world.CRS)
    moved = frame.geometry.iloc[0].centroid.distance(world.CITY.centroid)
    assert 20 < moved < 400


# pygeoapi#2010: latitude first, and declared in metres on top.
def test_swapped_degrees_in_metres_say_both(tmp_path):
    frame = world.swap(world.bound().to_crs(4326)).set_crs(world.CRS, allow_override=True)
    (finding,) = inspect_place(frame, "b")
    assert finding.code == "degrees-not-metres" and "latitude first" in finding.what.en


# Delineate-Anything#18: eastings and northings exchanged, zone number in front.
def test_swapped_metres_with_a_zone_number():
    frame = world.swap(world.shift(world.bound(), 40_000_000, 0))
    assert [f.code for f in inspect_place(frame, "b")] == ["swapped-axes"]


# OpenMapping#3: web Mercator metres in a GeoJSON without crs.
def test_mercator_metres_in_a_geojson(tmp_path):
    path = tmp_path / "b.json"
    world.geojson(path, [world.bound().to_crs(3857).geometry[0]])
    assert looked(path)["metres-not-degrees"] == "error"


# QGIS#35459: a 3-degree zone that is not that of the place.
def test_the_next_zone_is_named(tmp_path):
    wrong = world.towns().set_crs("EPSG:4548", allow_override=True)
    found = api.inspect  # the finding needs a reference; gather gives it
    from zoning.inputs.inspect import elsewhere

    (finding,) = elsewhere(wrong.geometry, world.bound().geometry, "towns.gpkg")
    assert "EPSG:4549" in finding.remedy.zh and callable(found)


# g0v/twgeojson#22: longitudes turned by 360.
def test_longitudes_beyond_180():
    frame = world.bound().to_crs(4326)
    assert [f.code for f in inspect_place(world.shift(frame, -360, 0), "b")] == ["far-away"]


# Honest neighbours: what lies outside China in its own CRS is nobody's fault.
@pytest.mark.parametrize(("lon", "lat", "crs"), [(-3.7, 40.4, "EPSG:25830"),
    (13.4, 52.5, "EPSG:4326"), (139.7, 35.7, "EPSG:6677"), (-74, 40.7, "EPSG:32618"),
    (151.2, -33.9, "EPSG:7856")])  # fmt: skip
def test_other_countries_are_left_alone(lon, lat, crs):
    spot = gpd.GeoSeries([shapely.Point(lon, lat).buffer(0.05)], crs=4326).to_crs(crs)
    assert inspect_place(spot.to_frame("geometry"), "b") == []


# --- geometry ----------------------------------------------------------------------------------


# A vertex at 0, 0 from a failed edit (forums without number): islands are no such thing.
def test_islands_far_away_are_no_stray_vertices():
    islands = shapely.MultiPolygon(
        [world.sq(0, 0), shapely.transform(world.sq(0, 0), lambda c: c + 900_000)]
    )
    assert inspect_place(gpd.GeoDataFrame(geometry=[islands], crs=world.CRS), "b") == []


# A long thin county along a river has two long edges and no spike.
def test_a_long_rectangle_has_no_stray_vertex():
    strip = gpd.GeoDataFrame(geometry=[world.sq(0, 0, 200, 0.1)], crs=world.CRS)
    assert inspect_place(strip, "b") == []


# Red lines clipped to a city leave slivers, 1 m wide at one end and 300 m long.
def test_a_vertex_alone_outside_its_layer_is_stray_though_not_five_times_as_far():
    """Townships of 10 km in a city of 30: one corner 60 km away."""

    def ring(x, y, radius=5_000.0, corners=12):
        at = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        return np.c_[x + radius * np.cos(at), y + radius * np.sin(at)]

    rings = [ring(500_000 + 10_000 * i, 3_500_000 + 10_000 * k)
             for i in range(3) for k in range(3)]  # fmt: skip
    good = gpd.GeoDataFrame(geometry=[shapely.Polygon(r) for r in rings], crs=world.CRS)
    assert inspect_place(good, "w") == []
    tip = rings[8].copy()
    tip[0, 0] += 40_000
    wrong = good.copy()
    wrong.loc[8, "geometry"] = shapely.Polygon(tip)
    (told,) = inspect_place(wrong, "w")
    assert told.code == "stray-vertex" and "feature 8" in told.what.en
    mended, log = coordinates.drop_stray(wrong, "w")
    assert len(log) == 1 and mended.total_bounds[2] < 526_000
    # The same corner of a layer of a few sites, or of one with a long tip inside it, is land.
    assert inspect_place(wrong.iloc[6:], "w") == []
    far = shapely.box(580_000, 3_500_000, 590_000, 3_510_000)
    wide = gpd.GeoDataFrame(geometry=[*wrong.geometry, far], crs=world.CRS)
    assert inspect_place(wide, "w") == []


def test_a_sliver_of_clipping_has_no_stray_vertex():
    x, y = shapely.get_coordinates(world.sq(0, 0))[0]
    sliver = shapely.Polygon([(x, y), (x + 1, y), (x + 30, y + 300), (x, y + 1)])
    frame = gpd.GeoDataFrame(geometry=[world.sq(0, 0), world.sq(3, 0), sliver], crs=world.CRS)
    assert inspect_place(frame, "r") == []
    mended, log = coordinates.drop_stray(frame, "r")
    assert log == [] and mended.geometry.iloc[2].equals(sliver)
    corners = [*shapely.get_coordinates(world.sq(3, 0))[:-1].tolist(), (0.0, 0.0)]
    frame.loc[1, "geometry"] = shapely.Polygon(corners)
    assert [f.code for f in inspect_place(frame, "r")] == ["stray-vertex"]


# A wedge between two roads, drawn with a few corners, is a site and no spike.
@pytest.mark.parametrize(("end", "length"), [(10, 70), (10, 300), (3, 100), (40, 1200)])
def test_a_wedge_of_few_corners_has_no_stray_vertex(end, length):
    x, y = shapely.get_coordinates(world.sq(0, 0))[0]
    four = [(x, y), (x + length, y + end / 3), (x, y + end), (x - end / 4, y + end / 2)]
    for corners in (four, [*four, (x - end / 4, y + end / 4)]):
        wedge = gpd.GeoDataFrame(geometry=[shapely.Polygon(corners)], crs=world.CRS)
        assert inspect_place(wedge, "w") == []
        assert coordinates.drop_stray(wedge, "w")[1] == []


# However few corners it has, a yard with a vertex at 0, 0 or a digit lost has a spike; and where
# many corners lie together, one of another place is found much nearer.
@pytest.mark.parametrize("corners", [3, 5, 7, 8, 40])
def test_a_vertex_of_another_place_is_stray_however_few_the_others(corners):
    angle = np.arange(corners) * 2 * np.pi / corners
    x, y = shapely.get_coordinates(world.sq(0, 0))[0]
    ring = np.c_[x + 50 * np.cos(angle), y + 50 * np.sin(angle)]
    wrong = [(0.0, 0.0), (x / 10, y), (x, y - 300_000), (y, x), (x + 9000, y)]
    wrong += [(x + 900, y)] if corners >= 8 else []
    for point in wrong:
        spiked = shapely.Polygon([*ring.tolist(), point])
        frame = gpd.GeoDataFrame(geometry=[spiked], crs=world.CRS)
        assert [f.code for f in inspect_place(frame, "w")] == ["stray-vertex"], point
        mended, log = coordinates.drop_stray(frame, "w")
        assert len(log) == 1 and mended.geometry.iloc[0].equals(shapely.Polygon(ring))


# shapely#462: buffer(0) loses half of a bow-tie; make_valid does not.
def test_mending_keeps_both_halves_of_a_bow_tie():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    mended, log = shapes.mend(gpd.GeoDataFrame(geometry=[bow], crs=world.CRS), "b")
    assert mended.area.sum() == 2 and log[0].measured == 2


# geoBoundaries#2149: the same unit twice.
def test_a_row_that_stands_twice_is_dropped_once_and_logged():
    twice = pd.concat([world.towns(), world.towns().iloc[:1]], ignore_index=True)
    kept, log = shapes.drop_doubles(gpd.GeoDataFrame(twice, crs=world.CRS), "t")
    assert len(kept) == 3 and log[0].measured == 1
    # Another name makes it a question for people.
    other = twice.assign(name=["a", "b", "c", "d"])
    assert len(shapes.drop_doubles(gpd.GeoDataFrame(other, crs=world.CRS), "t")[0]) == 4


# Each finding of a feature has a place in degrees, so that it can be found on a map.
def test_findings_of_features_have_places(tmp_path):
    from zoning.inputs.geometry import check_polygons
    from zoning.inputs.inspect.values import inspect_values

    x, y = shapely.get_coordinates(world.sq(0, 0))[0]
    bow = shapely.Polygon([(x, y), (x + 9, y + 9), (x + 9, y), (x, y + 9)])
    _, bad, _ = check_polygons(np.array([bow]), "b", ["feature 1"], crs=world.CRS)
    at = gpd.GeoSeries([shapely.Point(x + 4.5, y + 4.5)], crs=world.CRS).to_crs(4326).iloc[0]
    assert bad[0].place == pytest.approx((at.x, at.y), abs=2e-6)
    _, bad, _ = check_polygons(np.array([bow]), "b", ["feature 1"])
    assert bad[0].place is None and "place" not in bad[0].as_dict()
    table = world.towns().set_index("code").assign(slope_deg=[1.0, 100.0, 2.0])
    found = inspect_values(table, "t")
    spot = gpd.GeoSeries([shapely.Point(found[0].place)], crs=4326).to_crs(world.CRS).iloc[0]
    assert table.geometry.iloc[1].contains(spot) and found[0].as_dict()["place"]


# Exclaves as rows (Tianditu, OSM exports): one township, two rows, nothing shared.
def test_exclaves_as_rows_become_one_township():
    a, b, c = world.sq(0, 0), world.sq(2, 0), world.sq(4, 0)
    frame = gpd.GeoDataFrame(
        {"code": ["1", "2", "1", "3", "3"], "name": ["甲", "乙", "甲", "丙", "丙"]},
        geometry=[a, b, c, world.sq(6, 0), world.sq(6, 0).buffer(1)], crs=world.CRS,
    )  # fmt: skip
    merged, log = shapes.merge_exclaves(frame, "t")
    # township 3 stands twice on the same ground: a person must say which is right
    assert merged["code"].tolist() == ["1", "2", "3", "3"] and [f.code for f in log] == ["exclave"]
    assert merged.geometry.iloc[0].equals(shapely.union_all([a, c]))
    assert merged.area.sum() == pytest.approx(frame.area.sum(), rel=1e-12)
    renamed = frame.assign(name=list("甲乙丁丙丙"))
    assert len(shapes.merge_exclaves(renamed, "t")[0]) == 5


# Codes of a merged county (撤县设区): the table has the old ones.
def test_renamed_codes_are_proposed_and_taken_only_when_stated():
    from zoning.errors import InputError
    from zoning.inputs import renamed
    from zoning.inputs.tables import join_table

    layer = gpd.GeoDataFrame(
        {"code": ["320116001", "320116002", "320102001", "320102002"],
         "name": ["甲", "乙", "丙", "丁"]},
        geometry=[world.sq(i, 0) for i in range(4)], crs=world.CRS,
    )  # fmt: skip
    old = pd.DataFrame({"code": ["320125001", "320125002", "320102001", "320199777"],
                        "people": [1, 2, 3, 4]})  # fmt: skip
    joined, found = join_table(layer, old)
    offer = next(f for f in found if f.code == "renamed-codes")
    assert offer.measured == 2 and '"320125001" = "320116001"' in offer.remedy.en
    assert joined["people"].isna().sum() == 3  # nothing was taken
    names = old.assign(name=["甲", "乙", "丙", "丁"])
    _, found = join_table(layer, names)
    offer = next(f for f in found if f.code == "renamed-codes")
    assert offer.measured == 3 and '"320199777" = "320102002"' in offer.remedy.zh
    # two of one name: nobody knows which
    _, found = join_table(layer.assign(name="甲"), names.assign(name="甲"))
    assert next(f for f in found if f.code == "renamed-codes").measured == 2
    # one alone, without a name, is no reason
    _, found = join_table(layer, old.drop(index=1))
    assert not [f for f in found if f.code == "renamed-codes"]
    with pytest.raises(InputError) as error:
        join_table(layer, old.head(2))
    assert [p.code for p in error.value.problems] == ["nothing-joins", "renamed-codes"]
    stated = {"320125001": "320116001", "320125002": "320116002", "9": "8"}
    table, wrong = renamed.apply(old, "code", stated, "t.csv")
    assert [p.code for p in wrong] == ["renamed-unknown"]
    joined, _ = join_table(layer, table)
    assert joined["people"].tolist()[:3] == [1, 2, 3] and joined["people"].isna().sum() == 1


# A stray vertex is deleted, and nothing else moves.
def test_the_stray_vertex_goes_and_the_rest_stays():
    corners = [*shapely.get_coordinates(world.CITY)[:-1].tolist(), (0.0, 0.0)]
    frame = gpd.GeoDataFrame(geometry=[shapely.Polygon(corners)], crs=world.CRS)
    mended, log = coordinates.drop_stray(frame, "b")
    assert mended.geometry.iloc[0].equals(world.CITY) and len(log) == 1


# --- topology ----------------------------------------------------------------------------------


# vietnamese-provinces-database#203: three over the same ground.
def test_three_over_the_same_ground_are_three_overlaps():
    frame = gpd.GeoDataFrame({"code": list("abc")}, geometry=[world.sq(0, 0)] * 3, crs=world.CRS)
    found = gaps_and_overlaps(frame, world.sq(0, 0), 1e4)
    assert [f.code for f in found] == ["overlap"] * 3


# anncsu-viewer#2: gaps with their place, so that they can be found on a map.
def test_a_gap_has_its_place():
    frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[world.sq(0, 0)], crs=world.CRS)
    (gap,) = gaps_and_overlaps(frame, world.sq(0, 0, 2), 1e4)
    spot = gpd.GeoSeries([shapely.Point(gap.place)], crs=4490).to_crs(world.CRS)
    assert spot.iloc[0].within(world.sq(1, 0))


# Townships in GCJ-02: the gaps are a consequence and are not told (DataV_GeoJSON#1).
def test_the_cause_is_told_and_not_its_consequences(tmp_path):
    world.world(tmp_path / "w")
    world.write(world.shifted(world.towns(), world.gcj), tmp_path / "w" / "towns.gpkg")
    with pytest.raises(InputError) as e:
        api.check(tmp_path / "w" / "plan.toml")
    assert [p.code for p in e.value.problems] == ["gcj02"]
    assert "tolerance" not in str(e.value)


# --- codes -------------------------------------------------------------------------------------


# markdown-exporter#73: 12 digits in Excel.
def test_long_codes_that_lost_their_digits(tmp_path):
    path = csv(tmp_path, "code,population\n3.21112E+11,5\n3.21112E+11,6\n")
    assert "spoiled-code" in codes_of(read_table, path, code="code")


# Codes copied from web pages bring signs that nobody sees.
def test_signs_without_width_are_no_part_of_a_code(tmp_path):
    path = csv(tmp_path, "code,v\n\u200b321191001,1\n321191002\u00a0,2\n\ufeff321192001\u2060,3\n")
    assert read_table(path, code="code")[0]["code"].tolist() == [
        "321191001", "321191002", "321192001"
    ]  # fmt: skip


# dataretrieval#311: leading zeros.
def test_leading_zeros_stay(tmp_path):
    path = csv(tmp_path, "代码,人口\n010203001,5\n")
    assert read_table(path, code="代码")[0]["代码"].tolist() == ["010203001"]


# microdatasus#89: one source has a digit more.
def test_codes_of_other_lengths_are_told_with_what_agrees():
    towns, table = world.towns(), world.attrs().assign(code=lambda t: t["code"] + "000")
    with pytest.raises(InputError, match="first 9 digits agree for 3"):
        join_table(towns, table)


# AreaCity#13: codes of another year.
def test_a_county_that_was_renamed_names_its_townships():
    (finding,) = unlike_counties(world.towns().set_index("code"), ["321191"], "t")
    assert "321192" in finding.what.en and "321192001" in finding.what.zh


# --- heads and values --------------------------------------------------------------------------


# geonode and statistics tables: units in heads.
@pytest.mark.parametrize(("head", "name", "factor"), [
    ("常住人口(万人)", "population", 1e4), ("年末常住人口（人）", "population", 1),
    ("GDP（亿元）", "gdp_10k_yuan", 1e4), ("地区生产总值/万元", "gdp_10k_yuan", 1),
    ("平均坡度(°)", "slope_deg", 1), ("车程(小时)", "min_to_centre", 60),
    ("面积(亩)", "published_m2", 2000 / 3), ("XZQDM", "code", 1),
])  # fmt: skip
def test_heads_are_recognised_with_their_unit(head, name, factor):
    (offer,) = recognise([head])
    assert (offer.name, offer.factor) == (name, pytest.approx(factor))


# readxl#379: a head that is no column of ours is left alone.
@pytest.mark.parametrize("head", ["备注", "人口密度(人/平方公里)", "population_density", "id", ""])
def test_other_heads_are_not_taken_for_ours(head):
    assert recognise([head]) == []


# A mapping with a factor: 6 万 are 60,000, exactly.
def test_a_mapped_column_is_scaled_without_dust():
    part = parse({"inputs": {"townships": {"path": "t", "columns": {
        "population": {"from": "人口", "factor": 1e4}}}}}).inputs.townships  # fmt: skip
    table = pd.DataFrame({"人口": [6.0001, 0.3, None]})
    out, problems = rename(table, part.columns, "t")
    assert out["population"].tolist()[:2] == [60001, 3000] and problems == []
    assert out["population"].isna().tolist() == [False, False, True]


# Units inside cells: "6万" is no number, whatever the factor.
def test_texts_are_not_scaled():
    part = parse({"inputs": {"townships": {"path": "t", "columns": {
        "population": {"from": "人口", "factor": 10}}}}}).inputs.townships  # fmt: skip
    _, (problem,) = rename(pd.DataFrame({"人口": ["6万", "2"]}), part.columns, "t")
    assert problem.code == "not-numbers" and "6万" in problem.what.en


# A mapping to a head that is not there: one finding, with the heads there are.
def test_a_mapped_head_that_is_missing():
    _, (problem,) = rename(pd.DataFrame({"人口数": [1]}), {"population": "人口"}, "t")
    assert problem.code == "missing-column" and "人口数" in problem.remedy.zh


def values(**columns):
    found = inspect_values(pd.DataFrame(columns, index=["321191001"]), "t.csv")
    return {f.code: f.level for f in found}


# geowrangler#163 and others: each is another slip of units or markers.
@pytest.mark.parametrize(("columns", "code", "level"), [
    ({"population": [-9999]}, "unknown-marker", "error"),
    ({"dem_mean": [-32768.0]}, "unknown-marker", "error"),
    ({"ndvi": [-3.4e38]}, "unknown-marker", "error"),
    ({"population": [-5]}, "impossible-value", "error"),
    ({"slope_deg": [100.0]}, "impossible-value", "error"),
    ({"slope_deg": [75.0]}, "unlikely-value", "warning"),
    ({"min_to_centre": [-1.0]}, "impossible-value", "error"),
    ({"min_to_centre": [4200.0]}, "unlikely-value", "warning"),
    ({"population": [60_000_000]}, "unlikely-value", "warning"),
    ({"population": [6], "gdp_10k_yuan": [900_000]}, "unlikely-ratio", "warning"),
    ({"population": [60_000], "gdp_10k_yuan": [90.0]}, "unlikely-ratio", "warning"),
])  # fmt: skip
def test_values_that_cannot_be(columns, code, level):
    assert values(**columns) == {code: level}


# What is likely stays without a word: a poor and a rich township, the far west, nobody at all.
@pytest.mark.parametrize("columns", [
    {"population": [300], "gdp_10k_yuan": [240.0]}, {"population": [90_000], "gdp_10k_yuan": [9e6]},
    {"population": [0], "gdp_10k_yuan": [0.0]}, {"slope_deg": [45.0]}, {"min_to_centre": [0.0]},
])  # fmt: skip
def test_values_that_can_be(columns):
    assert values(**columns) == {}


# Sylvan.Data.Excel#71: an error of a formula is no number.
def test_errors_of_formulas_are_told(tmp_path):
    path = csv(tmp_path, "code,population\n1,5\n2,#DIV/0!\n3,7\n")
    (finding,) = read_table(path, code="code")[1].findings
    assert finding.code == "mixed-column" and "#DIV/0!" in finding.what.zh


# readxl#383: the table begins on another sheet.
def test_the_sheet_with_the_table_is_named(tmp_path):
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame([["某县统计年鉴"]]).to_excel(
            book, sheet_name="封面", header=False, index=False
        )
        world.attrs().to_excel(book, sheet_name="表3", index=False)
    with pytest.raises(InputError, match='sheet = "表3"'):
        read_table(tmp_path / "t.xlsx", code="code")
    assert len(read_table(tmp_path / "t.xlsx", code="code", sheet="表3")[0]) == 3


# Laravel-Excel#2526: programs write formulas without results; cells of a cover do not count.
def test_formulas_are_looked_for_on_the_sheet_that_is_read(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["=1+1"])
    book.create_sheet("数据").append(["code", "population"])
    book["数据"].append(["1", 5])
    book.save(tmp_path / "t.xlsx")
    assert sheets.formula_problems(tmp_path / "t.xlsx", "数据", "t") == []
    assert [p.code for p in sheets.formula_problems(tmp_path / "t.xlsx", None, "t")] == [
        "formula-not-calculated"
    ]


# Semicolons of other regions, read and not only told.
def test_semicolons_and_decimal_points(tmp_path):
    path = csv(tmp_path, "code;slope_deg\n321191001;1.5\n")
    assert read_table(path, code="code")[0]["slope_deg"].tolist() == [1.5]


# --- totals ------------------------------------------------------------------------------------


# Rows that add up the others: three words for them, wherever they stand.
@pytest.mark.parametrize("word", ["合 计", "总计", "Total"])
def test_rows_of_sums_are_left_out_by_the_repair(word):
    cells = pd.DataFrame({"code": ["1", ""], "name": ["甲", word], "v": ["5", "5"]}, dtype="string")
    kept, log = tables.drop_totals(cells, "t")
    assert kept["name"].tolist() == ["甲"] and "row" in log[0].what.en


def test_titles_above_the_head_are_taken_out_and_heads_of_two_rows_are_not():
    title = ["某市统计表", "", ""]
    body = [["代码", "乡镇", "人口(万人)"], ["1", "甲", "2.5"]]
    kept, log = tables.drop_titles(pd.DataFrame([["2024年", "", ""], *body], columns=title), "t")
    assert list(kept.columns) == body[0] and kept.to_numpy().tolist() == [body[1]]
    assert [f.code for f in log] == ["title-rows"] and "某市统计表" in log[0].what.zh
    assert kept.index.tolist() == [2]  # so that later findings name the row of the file
    two = pd.DataFrame([["", "总量", "户籍"], ["1", "2.5", "2.4"]], columns=["代码", "人口", ""])
    assert tables.drop_titles(two, "t")[1] == []
    headless = pd.DataFrame([["1", "2", "3"], ["4", "5", "6"]], columns=title)
    assert tables.drop_titles(headless, "t")[1] == []


# A township called 合计村 is no sum.
def test_a_name_that_holds_the_word_is_no_sum():
    cells = pd.DataFrame({"name": ["合计村"], "v": ["5"]}, dtype="string")
    assert len(tables.drop_totals(cells, "t")[0]) == 1


# xiangyuecn/AreaCity#13: totals of another year or a township too few.
@pytest.mark.parametrize(("stated", "told"), [
    ([83_000, 3000], ["321191"]), ([80_300, 3000], []), ([None, 3000], []),
    ([80_000, 30], ["321192"]),
])  # fmt: skip
def test_townships_against_their_county(stated, told):
    towns = world.full().set_index("code")
    counties = pd.DataFrame({"population": stated}, index=["321191", "321192"])
    found = unlike_totals(towns, counties, "t")
    assert [next(c for c in counties.index if c in f.what.en) for f in found] == told


# A township without a value explains the difference; it is told as missing, not as a sum.
def test_totals_with_a_gap_are_not_compared():
    towns = world.full().set_index("code")
    towns["population"] = towns["population"].astype("Float64").mask(towns.index == "321191001")
    counties = pd.DataFrame({"population": [83_000]}, index=["321191"])
    assert unlike_totals(towns, counties, "t") == []


# Shares of the planner's against the measured ones (docs/method.md).
def test_a_share_that_the_layers_contradict(tmp_path):
    from zoning.pipeline.contradictions import contradicted

    towns = gpd.GeoDataFrame({"name": ["甲", "乙"], "built_share": [0.5, 0.1],
        "given_built_share": [0.52, 0.8]}, index=["1", "2"], geometry=[None] * 2)  # fmt: skip
    (finding,) = contradicted(towns)
    assert "2 乙" in finding.what.en and "1 甲" not in finding.what.en


# --- rasters -----------------------------------------------------------------------------------


def judged(areas, nodata=None, limit=0.05, classes=(1, 7, 17)):
    seen = Seen(Counter(areas), Counter(dict.fromkeys(areas, 1)))
    return {f.code: f.level for f in judge_classes(seen, classes, nodata, limit, "a.tif")}


# exactextract#100: unmapped land counts as unbuilt; told from 0.1 %, refused from 5 %.
@pytest.mark.parametrize(("gap", "limit", "told"), [
    (0.0009, 0.05, {}), (0.0011, 0.05, {"no-data": "warning"}), (0.06, 0.05, {"no-data": "error"}),
    (0.06, 0.1, {"no-data": "warning"}),
])  # fmt: skip
def test_land_without_data(gap, limit, told):
    assert judged({1: 1 - gap, -1: gap}, limit=limit) == told


# invest#907: no data declared as a class, and a code that the table lacks.
def test_no_data_that_is_a_class_and_a_class_that_is_none():
    assert judged({1: 0.8, -1: 0.2}, nodata=7.0) == {"nodata-is-class": "error"}
    assert judged({1: 0.8, 99: 0.2}) == {"unknown-class": "error"}


# hydromt_wflow#84, awesome-gee#28: legends mixed up.
@pytest.mark.parametrize(("values_", "fits"), [
    ({1, 2, 5, 7, 8}, ["clcd"]), ({10, 40, 50, 80}, ["globeland30", "worldcover"]),
    ({40, 50, 80, 95}, ["worldcover"]), ({101, 103, 301, 702, 1101}, ["third-survey"]),
    ({11, 12, 21, 51, 53}, ["cnlucc"]), ({1, 3, 7, 12, 17}, []), ({0, 1}, []),
])  # fmt: skip
def test_legends_are_recognised(values_, fits):
    assert legends_of(values_) == fits


@pytest.mark.parametrize("name", sorted(legends()))
def test_every_shipped_legend_is_a_class_table(name):
    table = load_classes(name)
    assert table["built"].any() and table["water"].any() and table.index.is_unique


# A remedy that names the table, and the table then fits.
def test_worldcover_is_offered_for_its_values():
    seen = Seen(Counter({40: 1.0, 50: 1.0}), Counter({40: 1, 50: 1}))
    (finding,) = judge_classes(seen, (1, 7), None, 0.05, "a.tif")
    assert 'classes = "worldcover"' in finding.remedy.zh and "globeland30" in finding.remedy.en
    assert {40, 50} <= set(load_classes("worldcover").index)


def tif(path, **kw):
    world.write_tif(path, **kw)
    return path


# rasterio#1710, gdalraster#569 and zone numbers in rasters.
@pytest.mark.parametrize(("kw", "code"), [
    ({"crs": "EPSG:4549", "transform": rasterio.transform.from_origin(4.047e7, 3.564e6, 100, 100)},
     "zone-prefix"),
    ({"crs": "EPSG:4549", "transform": rasterio.transform.from_origin(119.6, 32.2, 0.001, 0.001)},
     "degrees-not-metres"),
    ({"crs": "EPSG:4490", "transform": rasterio.transform.from_origin(4.7e5, 3.564e6, 100, 100)},
     "metres-not-degrees"),
])  # fmt: skip
def test_rasters_that_lie_wrong(tmp_path, kw, code):
    assert looked(tif(tmp_path / "a.tif", **kw))[code] == "error"


# Met in a delivery made up for a walk: -9999 in the pixels, and no no-data value in the file.
@pytest.mark.parametrize(("value", "declared", "told"), [
    (-9999.0, None, {"undeclared-nodata": "warning"}), (-9999.0, -9999.0, {}),
    (-3.4028234663852886e38, None, {"undeclared-nodata": "warning"}), (250.0, None, {}),
])  # fmt: skip
def test_heights_that_stand_for_not_known(tmp_path, value, declared, told):
    heights = np.linspace(20, 300, 2400, dtype="float32").reshape(40, 60)
    heights[3:9, 5:9] = value
    place = rasterio.transform.from_origin(467_000, 3_564_000, 100, 100)
    with rasterio.open(
        tmp_path / "dem.tif",
        "w",
        driver="GTiff",
        height=40,
        width=60,
        count=1,
        dtype="float32",
        crs="EPSG:4549",
        transform=place,
        nodata=declared,
    ) as file:
        file.write(heights, 1)  # fmt: skip
    assert looked(tmp_path / "dem.tif") == told
    if told:
        (finding,) = look([tmp_path / "dem.tif"]).findings
        assert finding.measured == pytest.approx(value) and "1.0%" in finding.what.en


def test_what_is_packed_beside_layers_is_named_and_only_shapefiles_need_a_cpg(tmp_path):
    """Of an archive only layers are read; what else it holds must not seem to be looked at."""
    folder = tmp_path / "资料"
    folder.mkdir()
    towns = world.towns()
    towns.to_file(folder / "towns.shp", encoding="GBK")
    (folder / "towns.cpg").unlink(missing_ok=True)
    towns.to_crs("EPSG:4490").to_file(folder / "line.geojson")
    tif(folder / "use.tif")
    csv(folder, "code,population\n321102001,5\n", name="统计.csv")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"资料/{file.name}")
    found = look([tmp_path / "a.zip"]).findings
    (packed,) = [f for f in found if f.code == "packed-files"]
    assert "use.tif" in packed.what.en and "统计.csv" in packed.what.zh
    assert packed.level == "note" and "towns" not in packed.what.en
    assert [f.where for f in found if f.code == "encoding-guessed"] == [
        f"{tmp_path / 'a.zip'}:towns"
    ]


# --- plan.toml ---------------------------------------------------------------------------------


# ttdl#45, ceres#2: \U and \d between double quotes.
@pytest.mark.parametrize("path", [r"C:\Users\x\towns.gpkg", r"data\dem.tif", r"D:\规划\界线.shp"])
def test_paths_of_windows_in_double_quotes(path):
    with pytest.raises(InputError) as e:
        strict.parse(f'[inputs.townships]\npath = "{path}"\n')
    assert "backslash" in e.value.problems[0].remedy.en


# engram#164: other trouble of quotes is not called a backslash.
def test_other_quotes_are_not_called_a_backslash():
    with pytest.raises(InputError) as e:
        strict.parse('[plan]\nname = "a\n')
    assert "backslash" not in e.value.problems[0].remedy.en


# Keys of the front door: what they may not be.
@pytest.mark.parametrize("given", [
    {"boundary": {"path": "b", "datum": "wgs84"}},
    {"townships": {"path": "t", "columns": {"population": {"from": "人口", "factor": 0}}}},
    {"townships": {"path": "t", "columns": {"population": {"form": "人口"}}}},
    {"landuse": {"path": "l", "max_unknown_share": 5}},
])  # fmt: skip
def test_keys_of_inputs_are_held_to_their_range(given):
    with pytest.raises(InputError):
        parse({"inputs": given})


# --- check: any file, a folder, repaired copies, a page ----------------------------------------


@pytest.fixture
def messy(tmp_path):
    """Write a delivery of which everything can be mended without a decision."""
    folder = tmp_path / "乡镇 数据"
    world.world(folder)
    boundary = world.shift(world.bound(), 40_000_000, 0)
    world.write(world.as_crs(boundary, world.CRS), folder / "boundary.gpkg")
    towns = pd.concat([world.towns(), world.towns().iloc[:1]], ignore_index=True)
    world.write(gpd.GeoDataFrame(towns, crs=world.CRS), folder / "towns.gpkg")
    rows = world.attrs().astype(object)
    rows.loc[0, "population"] = "６０，０００"
    rows.loc[1, "slope_deg"] = -9999
    rows.loc[3] = ["合计", 83000, None, None, None]
    rows.to_csv(folder / "towns.csv", index=False, encoding="gb18030")
    return folder


@pytest.mark.slow
def test_repaired_copies_check_clean_but_for_questions(messy, tmp_path):
    before = {p.name: p.read_bytes() for p in messy.iterdir()}
    log = api.mend(messy, tmp_path / "copy")
    assert {p.name: p.read_bytes() for p in messy.iterdir()} == before
    assert {"right-crs", "repeated-row", "total-row", "plain-number", "unknown-marker"} <= {
        f.code for f in log
    }
    found = api.check(tmp_path / "copy" / "plan.toml").intake
    assert found.layers.city.area == pytest.approx(22e6)
    assert not [f for f in found.findings if f.level == "error"]
    # What is asked: the slope that nobody knows.
    assert any("slope_deg" in f.what.en for f in found.findings)


def test_files_that_are_not_copied_are_named_from_the_copies(messy, tmp_path):
    """Every file that plan.toml names is found from the copies, whatever the key; texts stay."""
    (messy / "decisions.csv").write_text("township,zone\n", encoding="utf-8")
    tif(messy / "dem.tif")
    plan = messy / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    more = "[zones]\noverrides = 'decisions.csv'  # who, why\n[inputs.dem]\npath = \"dem.tif\"\n"
    plan.write_text(text + more, encoding="utf-8")
    before = strict.read(plan).data
    api.mend(messy, tmp_path / "copy")
    after = strict.read(tmp_path / "copy" / "plan.toml").data
    for at in (lambda d: d["inputs"]["dem"]["path"], lambda d: d["zones"]["overrides"],
               lambda d: d["inputs"]["landuse"]["path"]):  # fmt: skip
        assert (tmp_path / "copy" / at(after)).resolve() == (messy / at(before)).resolve()
        assert at(after) != at(before)
    assert after["plan"] == before["plan"]


def test_copies_are_not_written_over_files(messy, tmp_path):
    with pytest.raises(InputError, match="not empty"):
        api.mend(messy, messy)


def test_a_folder_without_a_plan_is_its_files(messy, tmp_path):
    (messy / "plan.toml").unlink()
    names = {f["file"].rsplit("/", 1)[-1] for f in api.inspect(messy).facts}
    assert {"towns.gpkg", "towns.csv", "use.tif", "boundary.gpkg"} <= names
    (tmp_path / "empty").mkdir()
    assert codes_of(api.inspect, tmp_path / "empty") == ["no-files"]


def test_old_keys_of_columns_are_told(tmp_path):
    folder = tmp_path / "w"
    world.world(folder)
    world.write(world.towns().rename(columns={"code": "XZQDM"}), folder / "towns.gpkg")
    world.edit(folder, ('table = "towns.csv"', 'code = "XZQDM"\ntable = "towns.csv"'))
    found = {f.code: f for f in api.check(folder / "plan.toml").intake.findings}
    assert 'columns.code = "XZQDM"' in found["old-key"].remedy.zh


def test_any_file_is_looked_at_without_a_plan(messy):
    seen = api.inspect(messy / "towns.gpkg", messy / "towns.csv", messy / "use.tif")
    assert [f["kind"] for f in seen.facts] == ["Polygon", "table", "raster"]
    assert seen.facts[2]["classes"] == pytest.approx({1: 1450 / 2400, 7: 1 / 6, 10: 50 / 2400,
                                                      17: 400 / 2400}, abs=0.1)  # fmt: skip
    assert not seen.ok and "unknown-marker" in {f.code for f in seen.findings}


def test_the_page_of_findings_escapes_and_places(tmp_path):
    from zoning.errors import Finding, Text

    found = [Finding(Text("<script>", "<脚本>"), "a&b.gpkg", place=(119.7, 32.2), level="error"),
             Finding(Text("no place", "无位置"), "c")]  # fmt: skip
    page = api.write_findings(tmp_path / "f.html", found, {"b": world.bound().geometry}, "en")
    text = page.read_text(encoding="utf-8")
    assert "<script>" not in text and "&lt;script&gt;" in text and text.count("<circle") == 1
    assert "http" not in text
    (tmp_path / "thesis.html").write_text("mine")
    with pytest.raises(InputError):
        api.write_findings(tmp_path / "thesis.html", found)


def test_the_place_of_a_finding_is_kept_in_json():
    from zoning.errors import Finding, Text

    found = Finding(Text("a", "甲"), "x", place=(119.5, 32.25))
    assert Finding.from_record(json.loads(json.dumps(found.record()))) == found
    assert found.as_dict()["place"] == [119.5, 32.25]


def test_a_polygon_that_stands_twice_is_told_without_a_plan(tmp_path):
    towns = world.towns()
    again = towns.iloc[[1]].copy()
    again["geometry"] = [shapely.Polygon(np.roll(shapely.get_coordinates(g)[:-1], 2, axis=0))
                         for g in again.geometry]  # fmt: skip
    pd.concat([towns, again], ignore_index=True).to_file(tmp_path / "t.gpkg")
    towns.to_file(tmp_path / "good.gpkg")
    found = [f for f in api.inspect(tmp_path / "t.gpkg").findings if f.code == "same-shape"]
    assert [f.what.zh for f in found] == ["要素 2 共出现 2 次，另为要素 4"]
    clean = api.inspect(tmp_path / "good.gpkg").findings
    assert not [f for f in clean if f.code == "same-shape"]
