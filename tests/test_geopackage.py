"""plan.gpkg: every layer and table, missing stays missing, styled, the same bytes, whole or not."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import time
import xml.etree.ElementTree as ET
from contextlib import closing

import fake_plan
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.outputs import contributed
from zoning.outputs.prints import themes
from zoning.outputs.qgis import clipped, geopackage, styles, xml

FEATURES = {"units", "units_clipped", "zones", "townships", "counties", "redlines", "allocation",
            "city"}  # fmt: skip


@pytest.fixture(scope="module")
def hostile():
    return fake_plan.make(hostile=True)


@pytest.fixture(scope="module")
def path(hostile, tmp_path_factory):
    return geopackage.write(hostile, tmp_path_factory.mktemp("成果 数据") / "plan.gpkg")


def query(path, sql, *values):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, values).fetchall()


def test_it_is_a_geopackage_of_version_1_2_that_sqlite_finds_sound(path):
    assert query(path, "PRAGMA user_version") == [(10200,)]
    assert query(path, "PRAGMA application_id") == [(int.from_bytes(b"GPKG"),)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    assert query(path, "PRAGMA foreign_key_check") == []


def test_every_layer_and_table_is_listed_under_a_chinese_name(path, hostile):
    listed = {n: (k, i) for n, k, i in query(
        path, "SELECT table_name, data_type, identifier FROM gpkg_contents")}  # fmt: skip
    assert {n for n, (k, _) in listed.items() if k == "features"} == FEATURES
    tables = set(hostile.tables) | {"red_sets", "pieces", "checks", "plan", "layer_styles"}
    assert {n for n, (k, _) in listed.items() if k == "attributes"} == tables
    assert listed["units"][1] == "规划单元"
    assert listed["account_zone"][1] == "分区账"
    assert len({i for _, i in listed.values()}) == len(listed)


def test_units_come_back_as_they_were(path, hostile):
    back = gpd.read_file(path, layer="units").set_index("unit")
    assert back.index.tolist() == hostile.units.index.tolist()
    assert back.crs == hostile.units.crs
    for column in hostile.units.columns.drop("geometry"):
        theirs, ours = back[column], hostile.units[column]
        assert theirs.isna().tolist() == ours.isna().tolist(), column
        assert theirs.dropna().tolist() == ours.dropna().tolist(), column
    assert back.geometry.geom_equals(hostile.units.geometry).all()
    types = dict(row[1:3] for row in query(path, "PRAGMA table_info(units)"))
    assert (types["area_m2"], types["zone"], types["lon"]) == ("INTEGER", "TEXT", "REAL")


def test_very_many_units_are_stored_once(path, hostile, tmp_path, monkeypatch):
    monkeypatch.setattr(geopackage, "ONE_COPY", 5)
    large = geopackage.write(hostile, tmp_path / "plan.gpkg")
    assert query(large, "SELECT type FROM sqlite_master WHERE name = 'allocation'") == [("view",)]
    view = gpd.read_file(large, layer="allocation")  # older GDAL shows the row number as a field
    pd.testing.assert_frame_equal(
        view.drop(columns="OGC_FID", errors="ignore"), gpd.read_file(path, layer="allocation")
    )
    listed = "SELECT table_name, data_type, identifier, description FROM gpkg_contents ORDER BY 1"
    assert query(large, listed) == query(path, listed)
    assert query(large, "PRAGMA integrity_check") == [("ok",)]


def test_hostile_names_are_plain_text(path):
    names = [n for (n,) in query(path, "SELECT name FROM townships ORDER BY township")]
    assert tuple(names) == fake_plan.HOSTILE


def test_missing_is_null_and_never_zero(path, hostile):
    unknown = query(path, "SELECT count(*) FROM units WHERE zone IS NULL")[0][0]
    assert unknown == hostile.units["zone"].isna().sum() > 0
    assert query(path, "SELECT published_m2 FROM redlines WHERE feature = 'RL01-1'") == [(None,)]


def test_allocation_holds_exactly_the_units_with_new_land(path, hostile):
    rows = query(path, "SELECT unit, new_m2 FROM allocation")
    assert dict(rows) == {u: n for u, n in hostile.units["new_m2"].items() if n > 0}
    assert sum(n for _, n in rows) == hostile.units["new_m2"].sum()


def test_tables_come_back_as_they_were(path, hostile):
    for name, table in hostile.tables.items():
        back = pyogrio.read_dataframe(path, layer=name)
        assert back.columns.tolist() == table.columns.tolist(), name
        for column in table.columns:
            assert back[column].dropna().tolist() == table[column].dropna().tolist(), (name, column)
    assert pyogrio.read_info(path, layer="pieces")["features"] == len(hostile.pieces)
    notice = query(path, "SELECT value FROM plan WHERE key = 'notice'")
    assert notice == [(hostile.notice,)]


def test_one_geometry_type_per_layer(path):
    kinds = dict(pyogrio.list_layers(path))
    assert kinds["units"] == kinds["allocation"] == "Polygon"
    assert {kinds[n] for n in FEATURES - {"units", "units_clipped", "allocation"}} == {
        "MultiPolygon"
    }


def test_every_layer_and_table_has_one_default_style_that_is_well_formed(path):
    rows = query(path, "SELECT f_table_name, styleName, styleQML, useAsDefault, "
                 "f_geometry_column FROM layer_styles")  # fmt: skip
    defaults = [table for table, _, _, default, _ in rows if default]
    listed = query(path, "SELECT table_name FROM gpkg_contents")
    assert sorted(defaults) == sorted({n for (n,) in listed} - {"layer_styles"})
    assert len({(table, name) for table, name, *_ in rows}) == len(rows)
    for table, _, qml, _, geometry in rows:
        tree = ET.fromstring(qml.removeprefix(xml.DOCTYPE))
        aliased = {a.get("field") for a in tree.iter("alias")}
        columns = {r[1] for r in query(path, f"PRAGMA table_info({table})")} - {
            "fid",
            "geom",
            "OGC_FID",
        }
        assert aliased == columns
        assert geometry == ("geom" if table in FEATURES else "")
        if table in FEATURES:
            used = {e.get("symbol") for e in (*tree.iter("category"), *tree.iter("range"))}
            made = {e.get("name") for e in tree.find("renderer-v2/symbols").findall("symbol")}
            assert used <= made


def test_the_alias_of_units_says_which_area_counts(path):
    qml = query(path, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'units'")[0][0]
    tree = ET.fromstring(qml.removeprefix(xml.DOCTYPE))
    aliases = {a.get("field"): a.get("name") for a in tree.iter("alias")}
    assert aliases["area_m2"] == "单元市内面积（m²）"
    maps = {o.get("value"): o.get("name") for o in tree.iter("Option") if o.get("value")}
    assert maps["balance"] == "生态平衡"


def test_zones_take_names_and_colours_from_the_plan(hostile):
    other = hostile.zones.assign(name_zh=["甲", "乙", "<丙>", "[% 1+1 %]"])
    other["colour"] = ["#010203", "#040506", "#070809", "#0a0b0c"]
    plan = dataclasses.replace(hostile, zones=other)
    style = next(s for s in styles.styles(plan) if s.layer == "zones")
    labels = [c.get("label") for c in style.renderer.iter("category")]
    assert labels == ["甲", "乙", "<丙>", "[ % 1+1 %]"]
    text = xml.write(style.renderer)
    assert "1,2,3,255" in text and "&lt;丙&gt;" in text


def test_shares_take_their_classes_from_data(hostile):
    style = next(s for s in styles.styles(hostile) if s.key == "built_share")
    share = themes.share_themes()["built_share"]
    ranges = [(float(r.get("lower")), float(r.get("upper"))) for r in style.renderer.iter("range")]
    assert ranges == list(zip(share.breaks[:-1], share.breaks[1:], strict=True))
    assert style.renderer.get("attr") == '1.0 * "built_m2" / "area_m2"'


def test_red_lines_are_hatched_by_level_and_coloured_by_type(hostile):
    hatch, types = (s.renderer for s in styles.styles(hostile) if s.layer == "redlines")
    rows = [(c.get("value"), c.get("label")) for c in hatch.iter("category")]
    assert rows == [("1", "一级管控区"), ("2", "二级管控区")]
    rows = [(c.get("value"), c.get("label")) for c in types.iter("category")]
    assert rows == [("scenic-area", "风景名胜区"), ("forest-park", "森林公园"),
                    ("water-source", "饮用水水源保护区")]  # fmt: skip


def test_themes_without_data_are_left_out(hostile):
    bare = hostile.units.drop(columns=["built_m2", "built_redline_m2", "new_m2", "redline_m2",
                                       "zone", "zone_reason", "township_zone"])  # fmt: skip
    plan = dataclasses.replace(hostile, units=bare, redlines=None, townships=None, counties=None)
    assert {(s.key, s.layer) for s in styles.styles(plan)} == {("units", "units"), ("city", "city")}
    assert list(geopackage.layers(plan)) == ["units", "city"]
    keys = {s.key for s in styles.styles(hostile)}
    assert "stability" not in keys
    firm = dataclasses.replace(hostile, units=hostile.units.assign(stability=0.9))
    assert "stability" in {s.key for s in styles.styles(firm)}


def test_a_plan_with_little_is_written_too(hostile, tmp_path):
    bare = hostile.units[["area_m2", "lon", "lat", "geometry"]]
    plan = dataclasses.replace(
        hostile, units=bare, redlines=None, townships=None, counties=None, pieces=None, tables={}
    )
    path = geopackage.write(plan, tmp_path / "plan.gpkg", lang="en")
    assert set(pyogrio.list_layers(path)[:, 0]) >= {"units", "city", "red_sets"}


def test_the_same_plan_gives_the_same_bytes(hostile, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = geopackage.write(hostile, tmp_path / "a" / "plan.gpkg").read_bytes()
    time.sleep(1.1)
    second = geopackage.write(hostile, tmp_path / "b" / "plan.gpkg").read_bytes()
    assert first == second
    changed = query(tmp_path / "a" / "plan.gpkg", "SELECT DISTINCT last_change FROM gpkg_contents")
    assert changed == [("2023-11-14T22:13:20.000Z",)]


def test_a_failure_leaves_the_last_good_file(hostile, tmp_path):
    path = geopackage.write(hostile, tmp_path / "plan.gpkg")
    before = path.read_bytes()
    broken = dataclasses.replace(hostile, tables={"units": pd.DataFrame({"a": [1]})})
    with pytest.raises(sqlite3.Error):
        geopackage.write(broken, path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.gpkg", "plan.gpkg.zoning.json"]


@pytest.mark.parametrize("how", ["locked", "wal"])
def test_a_file_in_use_is_told(hostile, tmp_path, how):
    path = geopackage.write(hostile, tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(path)) as other:
        if how == "wal":
            other.execute("PRAGMA journal_mode = WAL")
            other.execute("CREATE TABLE mine (a)")
        else:
            other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError) as told:
            geopackage.write(hostile, path)
    assert told.value.problems[0].code == "file-in-use"
    assert "程序中关闭" in told.value.tell("zh")


def test_options_of_gdal_are_put_back(hostile, tmp_path):
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "x"})
    try:
        geopackage.write(hostile, tmp_path / "plan.gpkg")
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "x"
        assert pyogrio.get_gdal_config_option("OGR_SQLITE_SYNCHRONOUS") is None
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(st.lists(names, min_size=1, max_size=4, unique=True), names)
def test_any_column_name_and_text_survives(columns, text):
    clean = text.replace("\x00", "")
    frame = pd.DataFrame({c.replace("\x00", "_"): [clean, None] for c in columns})
    flat = geopackage._flat(frame)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE gpkg_contents (table_name, data_type, identifier, description, "
                   "last_change)")  # fmt: skip
        db.execute("CREATE TABLE gpkg_ogr_contents (a, b)")
        geopackage._write_table(db, "t", flat, contributed.Words(()), "zh")
        rows = db.execute("SELECT * FROM t").fetchall()
    assert [r[1:] for r in rows] == [(clean,) * flat.shape[1], (None,) * flat.shape[1]]


def test_columns_that_differ_in_case_only_are_kept_apart():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=["name", "Name", "FID", "geom"])
    assert geopackage._flat(frame).columns.tolist() == ["name", "Name_", "FID_", "geom_"]


@given(st.text(max_size=30))
def test_no_text_breaks_the_xml(text):
    tree = ET.fromstring(xml.write(xml.element("a", {"b": text}, text)))
    kept = xml.clean(text)
    assert tree.get("b") == kept
    assert (tree.text or "") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_clipped_units_end_at_the_boundary_and_carry_every_column(path, hostile):
    back = pyogrio.read_dataframe(path, layer="units_clipped").set_index("unit")
    units = hostile.units
    assert set(back.index) == set(units.index) and len(back) == len(units)
    back = back.loc[units.index]
    city = hostile.city.geometry.union_all()
    for square, shape, ours in zip(units.geometry, back.geometry, units["area_m2"], strict=True):
        assert shape.equals(square) or shape.area == pytest.approx(ours, abs=3)
        assert shape.difference(city.buffer(1e-6)).area < 1e-3
    assert back["zone"].isna().tolist() == units["zone"].isna().tolist()
    assert set(units.columns) <= set(back.columns)


def test_what_is_edited_in_the_squares_is_seen_in_the_clipped_layer(path, tmp_path):
    copy = tmp_path / "plan.gpkg"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')  # of the spatial index; QGIS has their functions
        db.execute("UPDATE units SET zone_reason = 'edited' WHERE fid = 1")
        told = db.execute("SELECT zone_reason FROM units_clipped WHERE OGC_FID = 1").fetchone()
    assert told == ("edited",)


@pytest.mark.slow
@given(st.integers(0, 10**6))
def test_clipped_shapes_are_those_of_an_overlay(seed):
    """Two ways: the search along the boundary, and an overlay of everything."""
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    rays = rng.uniform(1_000, 3_000, 9)
    ring = np.column_stack([np.cos(angles) * rays, np.sin(angles) * rays])
    city = shapely.make_valid(shapely.Polygon(ring))
    squares = [shapely.box(x, y, x + 1000, y + 1000)
               for x in range(-3000, 3000, 1000) for y in range(-3000, 3000, 1000)]  # fmt: skip
    squares = [s for s in squares if s.intersection(city).area > 0]
    units = gpd.GeoDataFrame(geometry=squares, index=[f"u{i}" for i in range(len(squares))],
                             crs=4549)  # fmt: skip

    class Plan:
        pass

    Plan.units, Plan.city = units, gpd.GeoDataFrame(geometry=[city], crs=4549)
    made = clipped.shapes(Plan)
    for unit, square in units.geometry.items():
        right = square.intersection(city)
        mine = made.get(unit, square)
        assert mine.symmetric_difference(right).area < 1e-6
    assert all(not made[u].equals(units.geometry[u]) for u in made.index)


def test_features_that_are_handed_over_in_parts_are_the_same(tmp_path, monkeypatch):
    plan = fake_plan.make_many(900)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764000000")

    def told(file):
        with closing(sqlite3.connect(file)) as db:
            names = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            return {n: (s, db.execute(f'SELECT * FROM "{n}"').fetchall()) for n, s in names}

    geopackage.write(plan, tmp_path / "whole.gpkg")
    monkeypatch.setattr(geopackage, "_STREAMED", 250)
    geopackage.write(plan, tmp_path / "parts.gpkg")
    whole, parts = told(tmp_path / "whole.gpkg"), told(tmp_path / "parts.gpkg")
    assert len(whole["units"][1]) == len(plan.units) > 500
    assert whole == parts
