"""The exchange formats: what was written is read back by another way."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import fake_plan
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.outputs import exchange
from zoning.outputs.exchange import gdb, shapefile
from zoning.outputs.office import csv_file

LAYERS = {"units", "zones", "townships", "counties", "redlines", "allocation", "city"}


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(hostile=True)


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    place = tmp_path_factory.mktemp("交换 数据")
    for to in ("gdb", "shp", "geojson", "fgb", "parquet", "kml", "csv", "gpkg"):
        exchange.write(plan, to, place)
    return place


def same(theirs, ours, digits=17):
    """Whether two columns hold the same values and miss the same ones."""
    assert theirs.isna().tolist() == ours.isna().tolist()
    theirs, ours = theirs.dropna().tolist(), ours.dropna().tolist()
    if digits < 17 and ours and isinstance(ours[0], float):
        assert theirs == pytest.approx(ours, rel=10.0**-digits)
    else:
        assert theirs == ours


# ---- file geodatabase ----------------------------------------------------------------------


@pytest.mark.slow
def test_geodatabase_holds_layers_and_tables_and_whole_numbers(plan, folder):
    path = folder / "plan.gdb"
    assert set(pyogrio.list_layers(path)[:, 0]) >= LAYERS | set(plan.tables)
    back = pyogrio.read_dataframe(path, layer="units").set_index("unit").loc[plan.units.index]
    for column in plan.units.columns.drop("geometry"):
        same(back[column], plan.units[column])
    assert {str(back[c].dtype) for c in back if c.endswith("_m2")} == {"int32"}
    assert back.crs == plan.units.crs
    assert back.geometry.normalize().geom_equals(plan.units.geometry.normalize()).all()


@pytest.mark.slow
def test_a_geodatabase_written_part_by_part_is_the_same(plan, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(gdb, "PART", 5)
    assert len(plan.units) > 10
    exchange.write(plan, "gdb", tmp_path)
    for layer in ("units", "townships", "zones", "pieces"):
        parts, whole = (
            pyogrio.read_dataframe(box / "plan.gdb", layer=layer) for box in (tmp_path, folder)
        )
        pd.testing.assert_frame_equal(parts, whole)


def test_areas_too_large_for_arcmap_stay_exact():
    frame = pd.DataFrame({"a": pd.array([3_840_000_001, None], dtype="Int64"), "b": [1, 2]})
    frame["c"] = pd.array([True, None], dtype="boolean")
    small = gdb.small_integers(frame)
    assert small.dtypes.astype(str).tolist() == ["Float64", "int32", "boolean"]
    assert small["a"].dropna().tolist() == [3_840_000_001]


@pytest.mark.slow
def test_geodatabase_is_replaced_as_a_whole_and_a_changed_one_is_kept(plan, tmp_path):
    exchange.write(plan, "gdb", tmp_path)
    exchange.write(plan, "gdb", tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.gdb", "zoning.json"]
    (tmp_path / "plan.gdb" / "a00000099.gdbtable").write_bytes(b"mine")
    exchange.write(plan, "gdb", tmp_path)
    assert not (tmp_path / "plan.gdb" / "a00000099.gdbtable").exists()
    (kept,) = tmp_path.glob("plan.kept-*.gdb")
    assert (kept / "a00000099.gdbtable").read_bytes() == b"mine"


def test_a_folder_that_is_no_geodatabase_is_not_replaced(plan, tmp_path):
    (tmp_path / "plan.gdb").mkdir()
    (tmp_path / "plan.gdb" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError) as told:
        exchange.write(plan, "gdb", tmp_path)
    assert told.value.problems[0].code == "occupied"
    assert (tmp_path / "plan.gdb" / "mine.txt").is_file()


# ---- shapefile -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_shapefile_keeps_chinese_and_the_field_map_gives_full_names(plan, tmp_path, encoding):
    wide = plan.townships.assign(主体功能区名称="优化开发", 主体功能区代码="甲乙丙")
    plan = fake_plan.Plan(**{**vars(plan), "townships": wide})
    exchange.write(plan, "shp", tmp_path, encoding=encoding)
    folder = tmp_path / "shp"
    assert (folder / "townships.cpg").read_text().strip().upper() == encoding
    back = gpd.read_file(folder / "townships.shp")
    rows = pd.read_csv(folder / "field_map.csv", encoding="utf-8-sig")
    rows = rows[rows["layer"] == "townships"].set_index("field")["field_in_shp"]
    assert rows["主体功能区名称"] == ("主体功能区" if encoding == "GBK" else "主体功")
    for column in wide.columns.drop("geometry"):
        same(back[rows[column]], wide[column], digits=14)  # a .dbf holds decimals as text
    assert back.crs == wide.crs


def test_texts_are_cut_between_characters_and_counted(plan, tmp_path):
    long = plan.townships.assign(flip="镇" * 200)
    exchange.write(fake_plan.Plan(**{**vars(plan), "townships": long}), "shp", tmp_path)
    back = gpd.read_file(tmp_path / "shp" / "townships.shp")
    assert back["flip"].tolist() == ["镇" * 127] * 3
    rows = pd.read_csv(tmp_path / "shp" / "field_map.csv", encoding="utf-8-sig")
    cut = rows[rows["texts_changed"] > 0]
    assert cut[["layer", "field", "texts_changed"]].to_numpy().tolist() == [
        ["townships", "flip", 3]
    ]


def test_signs_that_gbk_lacks_get_a_plain_form_and_are_counted(plan, tmp_path):
    signs = plan.townships.assign(flip="10⁴ yuan/km² – 3 − 2 m³")
    exchange.write(fake_plan.Plan(**{**vars(plan), "townships": signs}), "shp", tmp_path)
    back = gpd.read_file(tmp_path / "shp" / "townships.shp")
    assert back["flip"].tolist() == ["10^4 yuan/km2 – 3 - 2 m3"] * 3
    rows = pd.read_csv(tmp_path / "shp" / "field_map.csv", encoding="utf-8-sig")
    assert rows.set_index(["layer", "field"]).loc[("townships", "flip"), "texts_changed"] == 3


def test_a_character_that_gbk_lacks_is_an_error_and_nothing_is_written(plan, tmp_path):
    rare = plan.townships.assign(name="𡐓村")
    odd = fake_plan.Plan(**{**vars(plan), "townships": rare})
    with pytest.raises(InputError) as told:
        exchange.write(odd, "shp", tmp_path)
    assert told.value.problems[0].where == "townships.name"
    assert "UTF-8" in told.value.tell("zh")
    assert not list(tmp_path.iterdir())
    exchange.write(odd, "shp", tmp_path, encoding="UTF-8")
    assert gpd.read_file(tmp_path / "shp" / "townships.shp")["name"].tolist() == ["𡐓村"] * 3


@given(st.lists(st.text(min_size=1, max_size=15), max_size=30, unique=True),
       st.sampled_from(["GBK", "UTF-8"]))  # fmt: skip
def test_short_names_fit_and_differ(names, encoding):
    short = shapefile.short_names(names, encoding)
    assert list(short) == names
    sizes = [len(s.encode(encoding, "replace")) for s in short.values()]
    assert all(n <= 10 for n in sizes)
    assert len({s.upper() for s in short.values()}) == len(names)


@given(st.text(max_size=40), st.integers(0, 30))
def test_cut_never_breaks_a_character(text, limit):
    for encoding in ("GBK", "UTF-8"):
        writable = text.encode(encoding, "ignore").decode(encoding)
        short = shapefile.cut(writable, limit, encoding)
        assert writable.startswith(short)
        assert len(short.encode(encoding)) <= limit
        rest = writable[len(short) : len(short) + 1]
        assert not rest or len((short + rest).encode(encoding)) > limit


# ---- GeoJSON, FlatGeobuf, GeoParquet -------------------------------------------------------


def test_geojson_keeps_rfc_7946(plan, folder):
    data = json.loads((folder / "geojson" / "units.geojson").read_text(encoding="utf-8"))
    assert "crs" not in data
    assert [f["id"] for f in data["features"]] == plan.units.index.tolist()
    wgs = plan.units.to_crs(4326)
    for feature, shape in zip(data["features"], wgs.geometry, strict=True):
        ring = np.array(feature["geometry"]["coordinates"][0])
        assert shapely.LinearRing(ring).is_ccw  # outer rings run counterclockwise
        assert (np.abs(ring).max(axis=0) <= [180, 90]).all()
        assert shapely.Polygon(ring).hausdorff_distance(shape) < 1e-6
        assert feature["properties"]["unit"] == feature["id"]
    assert len(str(data["features"][0]["geometry"]["coordinates"][0][0][0]).split(".")[1]) <= 7


def test_flatgeobuf_and_geoparquet_come_back_whole(plan, folder):
    for read in (
        lambda n: gpd.read_file(folder / "fgb" / f"{n}.fgb"),
        lambda n: gpd.read_parquet(folder / "parquet" / f"{n}.parquet"),
    ):
        back = read("units").set_index("unit").loc[plan.units.index]
        for column in plan.units.columns.drop("geometry"):
            same(back[column], plan.units[column])
        assert back.crs == plan.units.crs
        assert back.geometry.geom_equals(plan.units.geometry).all()
        assert len(read("zones")) == 4  # one of them has no units and no shape
    pieces = pd.read_parquet(folder / "parquet" / "pieces.parquet")
    assert pieces["area_m2"].sum() == plan.units["area_m2"].sum()


def test_codes_are_said_in_words_beside_them(folder):
    back = gpd.read_parquet(folder / "parquet" / "units.parquet")
    said = back.dropna(subset=["zone"]).drop_duplicates("zone").set_index("zone")["zone_words"]
    assert said["balance"] == "生态平衡" and said["key"] == "重点开发"


def test_fields_and_notice_lie_beside_the_files(plan, folder):
    for to in ("shp", "geojson", "fgb", "parquet"):
        fields = pd.read_csv(folder / to / "fields.csv", encoding="utf-8-sig")
        units = fields[fields["layer"] == "units"].set_index("field")
        assert units.loc["area_m2", "zh"] == "单元市内面积"
        assert units.loc["area_m2", "unit"] == "m2"
        assert set(fields["layer"]) == LAYERS
        assert (folder / to / "NOTICE.txt").read_text(encoding="utf-8").strip() == plan.notice


def test_other_files_in_the_folder_stay(plan, tmp_path):
    (tmp_path / "fgb").mkdir()
    (tmp_path / "fgb" / "mine.txt").write_text("x", encoding="utf-8")
    written = exchange.write(plan, "fgb", tmp_path)
    assert (tmp_path / "fgb" / "mine.txt").is_file()
    assert all(p.is_file() for p in written)


def test_qgis_gets_data_and_project_in_one_folder(plan, tmp_path):
    files = exchange.write(plan, "qgis", tmp_path)
    assert [p.name for p in files] == ["plan.gpkg", "plan.qgz"]
    assert "qgis_projects" in {
        n for (n,) in sqlite3.connect(files[0]).execute("SELECT name FROM sqlite_master")
    }


def test_unknown_formats_and_missing_folders_are_told(plan, tmp_path):
    with pytest.raises(InputError, match="did you mean 'geojson'"):
        exchange.write(plan, "geojsn", tmp_path)
    with pytest.raises(InputError, match="needs a folder"):
        exchange.write(plan, "shp")
    with pytest.raises(InputError, match="GBK or UTF-8"):
        exchange.write(plan, "shp", tmp_path, encoding="latin1")
    with pytest.raises(InputError, match="no database address"):
        exchange.write(plan, "postgis")


@given(st.text(max_size=8))
def test_no_text_in_a_csv_acts(text):
    tamed = csv_file.tame(text)
    assert tamed.endswith(text)
    assert not tamed.startswith(("=", "+", "-", "@", "\t", "\r"))


# ---- looks, words, boxes, single layers ----------------------------------------------------


def test_every_code_has_its_words_beside_in_layers_and_tables(plan, folder):
    from zoning.outputs.qgis import geopackage, styles

    layers, tables = geopackage.layers(plan), geopackage.tables(plan)
    seen = set()
    for name, frame in {**layers, **tables}.items():
        known = styles.value_maps(plan, list(frame.columns), "zh", name)
        if not known:
            continue
        back = pyogrio.read_dataframe(folder / "plan.gdb", layer=name, read_geometry=False)
        for column, words in known.items():
            codes, told = frame[column], back[f"{column}_words"]
            for code, word in zip(codes, told, strict=True):
                text = None if pd.isna(code) else str(int(code) if code == 1.0 else code)
                expected = words.get(text)
                assert (word == expected) or (expected is None and pd.isna(word)), (name, column)
            seen.add(column)
    assert {"zone", "zone_reason", "type", "level", "status"} <= seen
    fields = pd.read_csv(folder / "shp" / "field_map.csv", encoding="utf-8-sig")
    assert {"zone_reason_words", "level_words"} <= set(fields["field"])


def test_geoparquet_has_boxes_and_rows_that_lie_together_stand_together(plan, folder):
    import pyarrow.parquet as pq

    path = folder / "parquet" / "units.parquet"
    about = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert about["version"] == "1.1.0"
    assert about["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    x0, y0, x1, y1 = plan.units.total_bounds
    window = (x0, y0, (x0 + x1) / 2, (y0 + y1) / 2)
    inside = gpd.read_parquet(path, bbox=window)
    ours = plan.units[plan.units.intersects(shapely.box(*window))]
    assert set(inside["unit"]) == set(ours.index) and len(ours) < len(plan.units)
    back = gpd.read_parquet(path).set_index("unit")
    assert set(back.index) == set(plan.units.index)

    def jumps(frame):
        centres = frame.geometry.centroid
        return float(centres.distance(centres.shift(), align=False).sum())

    shuffled = plan.units.sample(frac=1, random_state=1)
    assert jumps(back) < jumps(shuffled)


def test_rows_without_a_shape_keep_their_place_at_the_end():
    from zoning.outputs.exchange.files import in_space

    shapes = [None, shapely.box(0, 0, 1, 1), shapely.Polygon(), shapely.box(9, 9, 10, 10)]
    frame = gpd.GeoDataFrame({"a": [1, 2, 3, 4]}, geometry=shapes, crs=4549)
    assert frame["a"].iloc[in_space(frame)].tolist() == [2, 4, 1, 3]
    assert in_space(frame.iloc[[0, 2]]).tolist() == [0, 1]


#: Steps of a picometre: at 1e-308 m GEOS 3.13.1 fails already where the test cuts its hole.
TINY = st.integers(0, 10**9).map(lambda k: k * 1e-12)


@given(st.lists(st.tuples(TINY, TINY), min_size=4, max_size=12))
def test_polygons_are_valid_on_the_grid_of_the_geodatabase(points):
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    outer = shapely.box(0, 0, 1, 1).difference(shapely.affinity.translate(hull, 0.5, 0))
    frame = gdb.snapped(gpd.GeoDataFrame(geometry=[outer], crs=4549))
    shape = frame.geometry.iloc[0]
    assert shape.is_valid
    rounded = shapely.transform(shape, lambda xy: np.round(xy, 4))
    assert rounded.is_valid  # what the format does to corners changes nothing any more
    assert abs(shape.area - outer.area) < 1e-3


def test_the_geodatabase_is_valid_after_snapping(plan, tmp_path):
    """Edges that nearly touch cross when corners are rounded to 0.1 mm one by one."""
    import dataclasses

    sharp = shapely.from_wkt("POLYGON ((0 0, 10 0, 10 1, 5 0.00004, 0 1, 0 0))")
    lines = plan.redlines.copy()
    x, y = lines.geometry.iloc[0].bounds[:2]
    lines.geometry = [shapely.affinity.translate(sharp, round(x), round(y))] * len(lines)
    exchange.write(dataclasses.replace(plan, redlines=lines), "gdb", tmp_path)
    back = pyogrio.read_dataframe(tmp_path / "plan.gdb", layer="redlines")
    assert back.geometry.is_valid.all()
    assert back.geometry.area.to_numpy() == pytest.approx(sharp.area, abs=1e-3)


def test_kml_holds_every_layer_in_words_and_in_the_colours_of_the_plan(plan, folder):
    import xml.etree.ElementTree as ET

    path = folder / "kml" / "plan.kml"
    space = "{http://www.opengis.net/kml/2.2}"
    root = ET.parse(path).getroot()
    folders = {f.get("id"): f for f in root.iter(f"{space}Folder")}
    assert set(folders) == LAYERS
    zones = folders["zones"]
    styles = {s.get("id"): s.find(f"{space}PolyStyle/{space}color").text
              for s in zones.iter(f"{space}Style")}  # fmt: skip
    shaped = plan.zones[~plan.zones.geometry.is_empty]
    marks = zones.findall(f"{space}Placemark")
    assert len(marks) == len(shaped)
    for mark, zone in zip(marks, shaped.itertuples(), strict=True):
        assert mark.find(f"{space}name").text == zone.name_zh
        colour = styles[mark.find(f"{space}styleUrl").text[1:]]
        assert f"#{colour[6:8]}{colour[4:6]}{colour[2:4]}" == zone.colour
    names = {n.text for n in folders["townships"].iter(f"{space}name")}
    assert set(plan.townships["name"]) <= names  # hostile names are data
    points = folders["units"].iter(f"{space}coordinates")
    ground = plan.units.to_crs(4326)
    for ring, shape in zip(points, ground.geometry, strict=True):
        xy = [tuple(map(float, p.split(","))) for p in ring.text.split()]
        assert shapely.Polygon(xy).hausdorff_distance(shape) < 1e-6
    assert len(pyogrio.list_layers(path)) == len(LAYERS)  # another reader opens it


def test_one_layer_alone_as_csv_and_geopackage(plan, tmp_path):
    written = exchange.write(plan, "csv", tmp_path, only=["units", "account_zone"])
    assert {p.name for p in written} >= {"units.csv", "account_zone.csv", "fields.csv"}
    assert not (tmp_path / "csv" / "townships.csv").exists()
    back = pd.read_csv(tmp_path / "csv" / "units.csv", encoding="utf-8-sig", dtype={"unit": str})
    assert back["unit"].tolist() == plan.units.index.tolist()
    points = gpd.GeoSeries.from_xy(back["lon"], back["lat"], crs=4326).to_crs(plan.units.crs)
    assert shapely.intersects(plan.units.geometry.to_numpy(), points.to_numpy()).all()
    assert back["area_m2"].tolist() == plan.units["area_m2"].tolist()
    exchange.write(plan, "gpkg", tmp_path, only=["zones"])
    path = tmp_path / "gpkg" / "zones.gpkg"
    assert [p.name for p in (tmp_path / "gpkg").glob("*.gpkg")] == ["zones.gpkg"]
    assert set(pyogrio.list_layers(path)[:, 0]) == {"zones", "layer_styles"}
    for to, only, word in (("csv", ["unit"], "units"), ("qgis", ["units"], "gpkg")):
        with pytest.raises(InputError) as caught:
            exchange.write(plan, to, tmp_path, only=only)
        assert word in str(caught.value.problems[0].remedy.en)


def test_looks_lie_beside_as_qml_and_sld_under_the_names_of_the_file(plan, folder):
    import xml.etree.ElementTree as ET

    short = pd.read_csv(folder / "shp" / "field_map.csv", encoding="utf-8-sig")
    for to in ("shp", "geojson", "fgb"):
        for layer in LAYERS:
            ET.parse(folder / to / f"{layer}.qml")
            sld = ET.parse(folder / to / f"{layer}.sld").getroot()
            named = {e.text for e in sld.iter("{http://www.opengis.net/ogc}PropertyName")}
            if to == "shp":
                known = set(short.loc[short["layer"] == layer, "field_in_shp"])
                assert named <= known
    with closing(sqlite3.connect(folder / "gpkg" / "units.gpkg")) as db:
        ((qml, sld),) = db.execute("SELECT styleQML, styleSLD FROM layer_styles").fetchall()
    assert "categorizedSymbol" in qml and "PropertyIsEqualTo" in sld


@given(st.floats(-0.1, 1.1, allow_nan=False), st.integers(1, 10**6))
def test_a_share_falls_into_one_class_of_the_sld_and_it_is_that_of_qgis(share, whole):
    """The filters of SLD overlap nowhere and agree with the ranges of the renderer."""
    import xml.etree.ElementTree as ET

    from zoning.outputs.prints import themes
    from zoning.outputs.qgis import styles
    from zoning.outputs.qgis.looks import look_of, rule_of
    from zoning.outputs.qgis.sld import sld

    ramp = next(iter(themes.share_themes().values()))
    look = look_of(styles._ramp(ramp, "en"))
    part = share * whole
    row = {look.part: part, look.whole: whole}
    root = ET.fromstring(sld(look, "units", "x").split("\n", 1)[1])
    ogc = "{http://www.opengis.net/ogc}"

    def holds(test):
        name = test.tag.removeprefix(ogc)
        if name == "And":
            return all(map(holds, test))
        names = [p.text for p in test.iter(f"{ogc}PropertyName")]
        value = row[names[0]] if len(names) == 1 else row[names[0]] / row[names[1]]
        limit = float(test.find(f"{ogc}Literal").text)
        return {"PropertyIsEqualTo": value == limit, "PropertyIsGreaterThan": value > limit,
                "PropertyIsGreaterThanOrEqualTo": value >= limit,
                "PropertyIsLessThanOrEqualTo": value <= limit}[name]  # fmt: skip

    rules = root.findall(".//{http://www.opengis.net/se}Rule")
    fits = [r.find("{http://www.opengis.net/se}Name").text for r in rules
            if holds(r.find(f"{ogc}Filter")[0])]  # fmt: skip
    mine = rule_of(look, part, whole)
    assert fits == ([] if mine is None else [mine.label])


def test_words_stand_beside_codes_of_every_kind(monkeypatch):
    """Whole numbers that missing values made floats, coded keys, codes without a word."""
    import importlib

    from zoning.base.coded import by_text

    contents = importlib.import_module("zoning.outputs.exchange.contents")
    known = {"level": {"1": "first", "2": "second"}, "zone": {"key": "Key"}, "use": {"1.5": "half"}}
    monkeypatch.setattr(contents.styles, "value_maps", lambda *given: known)
    zone = by_text(["other", "key", None, "key"])
    frame = pd.DataFrame(
        {"level": [2.0, None, 1.0, 2.0], "zone": zone, "use": [1.5, 3.0, 1.5, None]}
    )
    before = frame.copy()
    told = contents._with_words(None, frame, "en", "units")
    assert told.columns.tolist() == [
        "level",
        "level_words",
        "zone",
        "zone_words",
        "use",
        "use_words",
    ]
    words = {c: [None if pd.isna(v) else v for v in told[f"{c}_words"]] for c in known}
    assert words == {
        "level": ["second", None, "first", "second"], "zone": [None, "Key", None, "Key"],
        "use": ["half", None, "half", None],
    }  # fmt: skip
    assert frame.equals(before)  # the plan's own table has no more columns than it had
    twice = contents._with_words(None, told, "en", "units")
    assert twice.columns.tolist() == told.columns.tolist()
    known.clear()
    assert contents._with_words(None, frame, "en", "units") is frame
