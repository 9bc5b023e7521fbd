"""Polygon layers: one bad file for each rule, several problems at once, hostile names."""

import hashlib
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.inputs.geometry import check_polygons
from zoning.inputs.source import sha256_of, split_layer
from zoning.inputs.vector import list_layers, read_polygons

CRS = "EPSG:4549"
COLUMNS = {"code": "XZQDM", "name": "XZQMC"}


def square(i, size=1000):
    x = 500_000 + i * size
    return shapely.box(x, 3_560_000, x + size, 3_560_000 + size)


def towns(n=3, shapes=None, crs=CRS, **columns):
    shapes = [square(i) for i in range(n)] if shapes is None else shapes
    data = {
        "XZQDM": [f"32110200{i}" for i in range(len(shapes))],
        "XZQMC": [f"镇{i}" for i in range(len(shapes))],
        **columns,
    }
    return gpd.GeoDataFrame(data, geometry=shapes, crs=crs)


def write(folder, frame, name="乡镇 街道.gpkg", **options):
    path = folder / name
    frame.to_file(path, **options)
    return path


def problems(*args, **kwargs):
    with pytest.raises(InputError) as e:
        read_polygons(*args, **kwargs)
    for p in e.value.problems:
        assert p.what.en and p.what.zh and p.what.en != p.what.zh and p.where
    return e.value.problems


def codes(*args, **kwargs):
    return [p.code for p in problems(*args, **kwargs)]


# --- good files ---


@pytest.mark.parametrize(
    "name",
    [
        "a.gpkg",
        "乡镇 街道.gpkg",
        "中文 路径/a b.gpkg",
        "a.geojson",
        "a.fgb",
        "规划.gdb",
        "a.shp",
        "a.parquet",
    ],
)
def test_formats_and_paths(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    frame = towns().iloc[::-1]
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_file(path)
    got, source = read_polygons(path, columns=COLUMNS, to_crs=CRS, role="townships")
    assert got.code.tolist() == ["321102000", "321102001", "321102002"]
    assert got.name.tolist() == ["镇0", "镇1", "镇2"]
    assert got.index.tolist() == [0, 1, 2] and got.crs == CRS
    # GeoJSON is written in degrees with 7 to 15 digits; the others keep every bit.
    assert np.allclose(got.area, 1e6, rtol=1e-6)
    assert source.role == "townships" and source.features == 3 and source.path == path.as_posix()
    assert list(source.as_dict()) == ["role", "path", "layer", "sha256", "features", "crs"]


def test_file_colon_layer(tmp_path):
    path = write(tmp_path, towns(2), layer="街道")
    towns(3).to_file(path, layer="b")
    assert len(read_polygons(f"{path}:街道", columns=COLUMNS)[0]) == 2
    assert len(read_polygons(path, layer="b", columns=COLUMNS)[0]) == 3
    assert list_layers(path) == ("街道", "b")


@pytest.mark.parametrize(
    ("text", "file", "layer"),
    [
        ("a.gpkg:towns", "a.gpkg", "towns"),
        ("a.gpkg", "a.gpkg", None),
        (r"C:\规划\a.gpkg:towns", r"C:\规划\a.gpkg", "towns"),
        (r"C:\规划\a.gpkg", r"C:\规划\a.gpkg", None),
        ("C:/a b/a.gpkg:地类:2020", "C:/a b/a.gpkg", "地类:2020"),
        ("a.GDB:towns", "a.GDB", "towns"),
        ("C:towns", "C:towns", None),
        ("a.gpkg:", "a.gpkg:", None),
    ],
)
def test_splitting_file_and_layer(text, file, layer):
    assert split_layer(text) == (Path(file), layer)


def test_a_file_whose_name_looks_like_file_and_layer(tmp_path):
    path = tmp_path / "a.gpkg:b"
    path.write_bytes(b"")
    assert split_layer(str(path)) == (path, None)


def test_foreign_columns_stay_and_step_aside(tmp_path):
    frame = towns(2, code=["old", "older"], GDP=[1.5, 2.5])
    got, _ = read_polygons(write(tmp_path, frame), columns=COLUMNS)
    assert got.code.tolist() == ["321102000", "321102001"]
    assert got.code_file.tolist() == ["old", "older"] and got.GDP.tolist() == [1.5, 2.5]


def test_number_codes_become_text(tmp_path):
    for values in (
        [321102001, 321102002],
        [321102001.0, 321102002.0],
        [" 321102001", "321102002.0"],
    ):
        frame = towns(2).assign(XZQDM=values)
        got, _ = read_polygons(write(tmp_path, frame), columns=COLUMNS)
        assert got.code.tolist() == ["321102001", "321102002"]


def test_brought_to_another_crs_and_back(tmp_path):
    path = write(tmp_path, towns(3, crs="EPSG:4549").to_crs("EPSG:4490"))
    got, source = read_polygons(path, columns=COLUMNS, to_crs="EPSG:4549")
    assert got.crs == "EPSG:4549" and source.crs == "EPSG:4490"
    assert np.allclose(got.total_bounds, towns(3).total_bounds, atol=1e-4)


def test_heights_are_dropped(tmp_path):
    frame = towns(1, shapes=[shapely.force_3d(square(0), 12.5)])
    got, _ = read_polygons(write(tmp_path, frame), columns=COLUMNS)
    assert not got.geometry.iloc[0].has_z and got.area.iloc[0] == 1e6


def test_sha256_is_the_plain_one_and_notices_every_sidecar(tmp_path):
    path = write(tmp_path, towns())
    assert sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    shp = write(tmp_path, towns(), "a.shp")
    before = sha256_of(shp)
    assert before != hashlib.sha256(shp.read_bytes()).hexdigest()
    (tmp_path / "a.qix").write_bytes(b"an index that programs add")
    (tmp_path / "a b.dbf").write_bytes(b"another file")
    assert sha256_of(shp) == before
    dbf = bytearray((tmp_path / "a.dbf").read_bytes())
    dbf[-5] ^= 1
    (tmp_path / "a.dbf").write_bytes(dbf)
    assert sha256_of(shp) != before
    gdb = write(tmp_path, towns(), "a.gdb")
    before = sha256_of(gdb)
    (gdb / "x.lock").write_bytes(b"")
    assert sha256_of(gdb) == before
    (gdb / "x.gdbtable").write_bytes(b"1")
    assert sha256_of(gdb) != before


# --- one bad file for each rule ---


def test_missing_file_names_near_ones(tmp_path):
    write(tmp_path, towns(), "townships.gpkg")
    (p,) = problems(tmp_path / "township.gpkg", columns=COLUMNS, role="townships")
    assert p.code == "missing-file" and "townships.gpkg" in p.remedy.en
    (p,) = problems(tmp_path / "nowhere" / "a.gpkg")
    assert p.code == "missing-file" and "nowhere" in p.remedy.zh


def test_missing_layer_lists_layers(tmp_path):
    path = write(tmp_path, towns(), layer="towns")
    towns().to_file(path, layer="roads")
    (p,) = problems(path, layer="town", columns=COLUMNS)
    assert p.code == "missing-layer" and "'towns'" in p.remedy.en and "roads" in p.remedy.zh
    (p,) = problems(path, columns=COLUMNS, role="towns")
    assert p.code == "missing-layer" and "2 layers" in p.what.en


def test_missing_column_is_suggested(tmp_path):
    path = write(tmp_path, towns())
    (p,) = problems(path, columns={"code": "XZQDN", "name": "XZQMC"})
    assert p.code == "missing-column" and "'XZQDM'" in p.remedy.en and "XZQMC" in p.remedy.zh


def test_a_column_cut_by_a_shapefile_is_suggested(tmp_path):
    frame = towns(2, 主体功能区=["a", "b"]).rename(columns={"主体功能区": "主体功"})
    path = write(tmp_path, frame, "a.shp", encoding="UTF-8")
    (p,) = problems(path, columns={**COLUMNS, "zone": "主体功能区名称"})
    assert "'主体功'" in p.remedy.zh


def test_no_crs(tmp_path):
    path = write(tmp_path, towns(crs=None))
    assert codes(path, columns=COLUMNS) == ["unknown-crs"]
    got, source = read_polygons(path, columns=COLUMNS, crs=CRS)
    assert got.crs == CRS and source.crs == CRS and not source.findings


def test_a_stated_crs_that_is_none(tmp_path):
    (p,) = problems(write(tmp_path, towns()), columns=COLUMNS, crs="EPSG:99999")
    assert p.code == "unknown-crs" and "EPSG:99999" in p.what.zh


def test_a_stated_crs_goes_before_the_file_and_warns(tmp_path):
    path = write(tmp_path, towns())
    got, source = read_polygons(path, columns=COLUMNS, crs="EPSG:4548", to_crs="EPSG:4548")
    assert got.crs == "EPSG:4548" and got.total_bounds[0] == 500_000
    assert [f.code for f in source.findings] == ["crs-overridden"]
    _, source = read_polygons(path, columns=COLUMNS, crs="EPSG:4549")
    assert source.findings == ()


def test_degrees_where_metres_are_needed(tmp_path):
    path = write(tmp_path, towns().to_crs("EPSG:4490"))
    (p,) = problems(path, columns=COLUMNS)
    assert p.code == "geographic-crs" and "EPSG:4490" in p.what.en
    assert len(read_polygons(path, columns=COLUMNS, metres=False)[0]) == 3
    assert len(read_polygons(path, columns=COLUMNS, to_crs=CRS)[0]) == 3


def test_feet_are_no_metres(tmp_path):
    frame = towns().set_crs("EPSG:2263", allow_override=True)
    assert codes(write(tmp_path, frame), columns=COLUMNS) == ["geographic-crs"]


@pytest.mark.parametrize("old", ["EPSG:2415", "EPSG:2363", "EPSG:4214", "EPSG:4610"])
def test_old_datums_are_not_converted_silently(tmp_path, old):
    path = write(tmp_path, towns().set_crs(old, allow_override=True))
    (p,) = problems(path, columns=COLUMNS, to_crs=CRS)
    assert p.code == "old-datum" and "参数" in p.remedy.zh


def test_coordinates_outside_the_stated_crs(tmp_path):
    frame = towns(1, shapes=[shapely.box(5e5, 3.5e6, 5.1e5, 3.51e6)], crs="EPSG:4326")
    assert codes(write(tmp_path, frame), columns=COLUMNS, to_crs=CRS) == ["metres-not-degrees"]


BOW = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])


def test_invalid_geometry_names_reason_and_feature(tmp_path):
    path = write(tmp_path, towns(shapes=[square(0), BOW]))
    (p,) = problems(path, columns=COLUMNS)
    assert p.code == "invalid-geometry"
    assert "Self-intersection[500 500]" in p.what.en and "321102001" in p.what.zh
    assert "feature 2" in p.what.en  # GeoPackage counts features from 1
    assert "repair" in p.remedy.en


def test_repair_is_asked_for_told_and_measured(tmp_path, caplog):
    path = write(tmp_path, towns(shapes=[square(0), BOW]))
    got, source = read_polygons(path, columns=COLUMNS, repair=True)
    assert got.is_valid.all() and got.area.tolist() == [1e6, 5e5]
    (finding,) = source.findings
    assert finding.code == "mended-geometry" and finding.measured == 5e5
    assert "Self-intersection" in finding.tell("en")
    assert not caplog.text, "a finding is told once, in the language of the user"


def test_what_cannot_be_mended_stays_a_problem(tmp_path):
    line = shapely.Polygon([(0, 0), (10, 0), (0, 0), (10, 0), (0, 0)])
    path = write(tmp_path, towns(shapes=[square(0), line]))
    assert codes(path, columns=COLUMNS, repair=True) == ["non-polygon"]


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "null-geometry"),
        (shapely.Polygon(), "empty-geometry"),
        (shapely.Point(1, 2), "non-polygon"),
        (shapely.LineString([(0, 0), (1, 1)]), "non-polygon"),
        (shapely.Polygon([(0, 0), (np.nan, 1), (1, 1)]), "non-finite-geometry"),
        (shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), "non-finite-geometry"),
        (shapely.GeometryCollection([square(0), shapely.Point(0, 0)]), "non-polygon"),
    ],
)
def test_each_bad_geometry(tmp_path, shape, code):
    shapes = np.array([square(0), shape], dtype=object)
    _, found, _ = check_polygons(shapes, "a.gpkg", ["feature 1", "feature 2"])
    assert [p.code for p in found] == [code]
    assert found[0].what.en.startswith("feature 2 ") and found[0].remedy
    if code == "non-polygon":
        assert shape.geom_type in found[0].what.en and found[0].where == "a.gpkg"
        tries = {"Point": "layer of areas", "LineString": "Polygonize"}
        assert tries.get(shape.geom_type, "") in found[0].remedy.en
    if shape is None or code != "null-geometry":
        path = write(tmp_path, towns(shapes=list(shapes)))
        assert code in codes(path, columns=COLUMNS)


def test_a_collection_keeps_its_polygons_when_asked():
    mixed = shapely.GeometryCollection([square(0), shapely.Point(0, 0)])
    shapes, found, mended = check_polygons(np.array([mixed]), "a", ["feature 1"], repair=True)
    assert not found and len(mended) == 1 and shapes[0].equals(square(0))


def test_the_frame_of_the_caller_is_left_alone():
    shapes = np.array([BOW], dtype=object)
    check_polygons(shapes, "a", ["feature 1"], repair=True)
    assert shapes[0] is BOW


def test_long_lists_are_shortened(tmp_path):
    found = problems(write(tmp_path, towns(shapes=[BOW] * 50)), columns=COLUMNS)
    assert len(found) == 21 and "30 more" in found[-1].what.en and found[-1].measured == 50


def test_duplicate_and_missing_codes(tmp_path):
    frame = towns(4).assign(XZQDM=["1", "1", None, " "])
    found = problems(write(tmp_path, frame), columns=COLUMNS)
    assert [p.code for p in found] == ["missing-code", "missing-code", "duplicate-code"]
    assert "code 1 occurs 2 times" in found[-1].what.en


def test_codes_that_are_equal_only_after_cleaning(tmp_path):
    frame = towns(2).assign(XZQDM=["321102001", "321102001.0"])
    assert codes(write(tmp_path, frame), columns=COLUMNS) == ["duplicate-code"]


def test_codes_of_two_columns(tmp_path):
    frame = towns(3).assign(XZQDM=["R1", "R1", "R2"], 级别=[1, 2, 1])
    columns = {"area_code": "XZQDM", "level": "级别"}
    path = write(tmp_path, frame)
    got, _ = read_polygons(path, columns=columns, unique=("area_code", "level"))
    assert got.area_code.tolist() == ["R1", "R1", "R2"]
    assert codes(path, columns=columns, unique=("area_code",)) == ["duplicate-code"]


def test_codes_spoiled_by_a_spreadsheet(tmp_path):
    frame = towns(2).assign(XZQDM=["3.21102E+11", "321102002000"])
    assert codes(write(tmp_path, frame), columns=COLUMNS) == ["spoiled-code"]


def test_no_features(tmp_path):
    assert codes(write(tmp_path, towns().iloc[:0]), columns=COLUMNS) == ["no-features"]


def test_an_attribute_table_is_no_layer(tmp_path):
    import pyogrio

    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"XZQDM": ["1"], "XZQMC": ["a"]}), path)
    assert "null-geometry" in codes(path, columns=COLUMNS)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson", "a.parquet", "a.zip", "a.xyz"])
@pytest.mark.parametrize("content", [b"", b"not a map", b"PK\x03\x04" + b"\0" * 40])
def test_rubbish_is_an_error_not_a_crash(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert codes(path, columns=COLUMNS) == ["unreadable-file"]


def test_several_problems_come_together(tmp_path):
    frame = towns(shapes=[square(0), BOW, None, shapely.Point(0, 0)], crs=None)
    frame["XZQDM"] = ["1", "1", "2", None]
    found = codes(write(tmp_path, frame), columns={**COLUMNS, "county": "县"})
    assert sorted(set(found)) == sorted(
        {
            "missing-column",
            "missing-code",
            "duplicate-code",
            "null-geometry",
            "non-polygon",
            "invalid-geometry",
            "unknown-crs",
        }
    )


# --- hostile names and archives ---


@pytest.mark.parametrize(
    "layer",
    ['x"; DROP TABLE towns;--', "a'b", "图 层", "a:b", "a--b"],
)
def test_hostile_layer_names_are_only_names(tmp_path, layer):
    path = write(tmp_path, towns(2), "a.gpkg", layer="safe")
    towns(1).to_file(path, layer=layer)
    assert len(read_polygons(path, layer=layer, columns=COLUMNS)[0]) == 1
    assert len(read_polygons(f"{path}:{layer}", columns=COLUMNS)[0]) == 1
    (p,) = problems(path, layer=layer + "x", columns=COLUMNS)
    assert p.code == "missing-layer"
    assert list_layers(path) == ("safe", layer)


@pytest.mark.parametrize("layer", ["<script>", "%s{0}", "../../etc/passwd", "safe' OR '1'='1"])
def test_hostile_layer_names_that_are_not_there(tmp_path, layer):
    path = write(tmp_path, towns(2), "a.gpkg", layer="safe")
    (p,) = problems(path, layer=layer, columns=COLUMNS)
    assert p.code == "missing-layer" and layer in p.what.en


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://example.org/a.gpkg",
        "http://example.org/a.zip",
        "/vsimem/a.gpkg",
        "PG:dbname=x",
        "<OGRVRTDataSource/>",
    ],
)
def test_only_files_are_opened(path):
    assert codes(path, columns=COLUMNS) == ["missing-file"]


def pack(folder, shp, name="a.zip", extra=()):
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(shp.parent.glob(f"{shp.stem}.*")):
            archive.write(part, part.name)
        for member, content in extra:
            archive.writestr(member, content)
    return path


def test_an_archive_is_read_in_place_and_never_unpacked(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    shp = write(inside, towns(2), "乡镇.shp", encoding="GB18030")
    (inside / "乡镇.cpg").unlink()
    out = tmp_path / "out"
    out.mkdir()
    path = pack(out, shp, "数据 包.zip", [("../evil.txt", "x"), (str(tmp_path / "evil2.txt"), "x")])
    got, source = read_polygons(path, columns=COLUMNS)
    assert got.name.tolist() == ["镇0", "镇1"]
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not (tmp_path / "evil.txt").exists() and not (tmp_path / "evil2.txt").exists()
    assert [p.name for p in out.iterdir()] == ["数据 包.zip"]


def test_an_archive_with_several_layers(tmp_path):
    a = write(tmp_path, towns(1), "a.shp")
    b = write(tmp_path, towns(2), "b.shp")
    path = pack(tmp_path, a, "ab.zip", [(p.name, p.read_bytes()) for p in tmp_path.glob("b.*")])
    assert b.exists() and sorted(list_layers(path)) == ["a", "b"]
    assert len(read_polygons(f"{path}:b", columns=COLUMNS)[0]) == 2
    assert codes(path, columns=COLUMNS) == ["missing-layer"]


# --- what must always hold ---


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=9))
def test_mended_or_refused_whatever_the_ring(points):
    shapes = np.array([shapely.Polygon(points)], dtype=object)
    same, found, none = check_polygons(shapes, "a", ["f"])
    assert bool(found) != bool(shapes[0].is_valid) and not none and same[0].equals_exact(shapes[0])
    mended, left, log = check_polygons(shapes, "a", ["f"], repair=True)
    if not left:
        assert mended[0].is_valid and mended[0].geom_type in ("Polygon", "MultiPolygon")
        assert mended[0].area > 0 and len(log) == (not shapes[0].is_valid)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30))
def test_splitting_never_fails_and_loses_nothing(text):
    path, layer = split_layer(text)
    again = str(path) if layer is None else f"{path}:{layer}"
    assert Path(again) == Path(text)
