"""Suspicions: zone numbers, swapped axes, degrees, wrong zones, GCJ-02, codes and text."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from zoning.inputs.china import find_area
from zoning.inputs.inspect import datum, inspect_layer, place


def layer(shape, crs="EPSG:4549", **columns):
    return gpd.GeoDataFrame(columns or {"name": ["甲"]}, geometry=[shape], crs=crs)


def codes(*args, **kwargs):
    found = inspect_layer(*args, **kwargs)
    for f in found:
        assert f.what.en and f.what.zh and f.level in ("error", "warning", "note")
    return [f.code for f in found]


PLAIN = shapely.box(440_000, 3_550_000, 480_000, 3_580_000)


@pytest.fixture(scope="module")
def city():
    return gpd.GeoSeries([find_area("镇江市").geometry], crs="EPSG:4326")


def test_a_sound_layer_gives_no_finding(city):
    assert codes(layer(PLAIN)) == []
    assert codes(city.to_frame("geometry").to_crs("EPSG:4549"), city) == []


@pytest.mark.parametrize(
    ("zone", "declared", "remedy"),
    [
        (40, "EPSG:4549", "EPSG:4528"),
        (20, "EPSG:4508", "EPSG:4498"),
        (0, "EPSG:4528", "EPSG:4549"),
        (39, "EPSG:4528", "EPSG:4527"),
    ],
)
def test_zone_numbers_in_the_easting(zone, declared, remedy):
    moved = shapely.transform(PLAIN, lambda c: c + np.array([zone * 1e6, 0]))
    (finding,) = inspect_layer(layer(moved, declared))
    assert finding.code == "zone-prefix" and remedy in finding.remedy.zh


def test_a_zone_number_that_contradicts_the_crs_is_asked_about_not_guessed():
    """Number 40 before eastings that say 117 degrees, the meridian of 39: either may be wrong."""
    from zoning.inputs.repair.coordinates import right_crs

    moved = shapely.transform(PLAIN, lambda c: c + np.array([40e6, 0]))
    (finding,) = inspect_layer(layer(moved, "EPSG:4548"))
    assert finding.code == "zone-prefix"
    assert "EPSG:4528" in finding.remedy.en and "EPSG:4527" in finding.remedy.zh
    kept, log = right_crs(layer(moved, "EPSG:4548"), "a.shp")
    assert kept.crs.to_epsg() == 4548 and log == []


def test_the_codes_of_the_remedies_are_what_proj_says():
    from pyproj import CRS

    for zone in range(25, 46):
        crs = CRS(place._prefixed_zone(zone))
        assert f"zone {zone}" in crs.name and place.false_easting(crs) == zone * 1e6 + 5e5
        assert CRS(place.plain_zone(crs)).name.endswith(f"CM {zone * 3}E")
    for zone in range(13, 24):
        assert f"zone {zone}" in CRS(place._prefixed_zone(zone)).name


def test_a_foreign_crs_has_no_zone_number():
    assert codes(layer(PLAIN, "EPSG:32650")) == []
    web = shapely.box(13_300_000, 3_700_000, 13_310_000, 3_710_000)
    assert codes(layer(web, "EPSG:3857")) == []


@pytest.mark.parametrize(
    ("shape", "crs"),
    [
        (shapely.box(3_550_000, 440_000, 3_580_000, 480_000), "EPSG:4549"),
        (shapely.box(3_550_000, 40_440_000, 3_580_000, 40_480_000), "EPSG:4528"),
        (shapely.box(32, 119, 32.2, 119.5), "EPSG:4490"),
    ],
)
def test_swapped_axes(shape, crs):
    assert codes(layer(shape, crs)) == ["swapped-axes"]


def test_degrees_in_a_crs_of_metres():
    assert codes(layer(shapely.box(119, 32, 119.5, 32.2))) == ["degrees-not-metres"]


def test_another_zone_is_named_when_it_fits(city):
    plan = city.to_crs("EPSG:4549").set_crs("EPSG:4548", allow_override=True)
    (finding,) = inspect_layer(plan.to_frame("geometry"), city)
    assert finding.code == "elsewhere" and "EPSG:4549" in finding.remedy.en
    # Three degrees of longitude at 32 N are about 283 km from middle to middle.
    assert 200_000 < finding.measured < 290_000


def test_another_city_is_somewhere_else(city):
    other = gpd.GeoSeries([find_area("上海市").geometry], crs="EPSG:4326").to_crs("EPSG:4549")
    (finding,) = inspect_layer(other.to_frame("geometry"), city)
    assert finding.code == "elsewhere" and "EPSG" not in finding.remedy.en


def test_gcj02_is_told_by_a_trusted_outline(city):
    shifted = shapely.transform(city.iloc[0], datum.gcj02)
    (finding,) = inspect_layer(layer(shifted, "EPSG:4490"), city)
    assert finding.code == "gcj02" and 450 < finding.measured < 600
    assert finding.level == "error" and 'datum = "gcj02"' in finding.remedy.zh


def test_another_outline_of_the_same_place_is_not_called_gcj02(city):
    other = gpd.GeoSeries([find_area("镇江市", "amap").geometry], crs="EPSG:4326")
    assert codes(other.to_frame("geometry"), city) == []
    assert codes(city.to_frame("geometry"), other) == []


def test_polygons_inside_the_city_are_not_called_gcj02(city):
    inner = gpd.GeoSeries([city.iloc[0].buffer(-0.02)], crs="EPSG:4326")
    assert codes(inner.to_frame("geometry"), city) == []


def test_the_shift_is_of_the_known_size_and_turned_back():
    # Measured elsewhere with the same third-party formula: Beijing 556 m, Chengdu 360 m,
    # Guangzhou 621 m, Jiaxing 486 m; places are city centres, so within 10 %.
    places = np.array([[116.39, 39.91], [104.06, 30.67], [113.26, 23.13], [120.75, 30.75]])
    shift = (datum.gcj02(places) - places) * 111_320
    shift[:, 0] *= np.cos(np.radians(places[:, 1]))
    assert np.hypot(*shift.T) == pytest.approx([556, 360, 621, 486], rel=0.1)
    there = places + (datum.gcj02(places) - places)
    assert np.abs(datum.from_gcj02(there) - places).max() * 111_320 < 1


@pytest.mark.parametrize(
    ("values", "count"),
    [(["321102"], 0), (["321102001"], 0), (["321102001001"], 0), (["32110200"], 1), (["A1"], 1)],
)
def test_odd_codes_are_a_note(values, count):
    found = inspect_layer(layer(PLAIN, code=values))
    assert len(found) == count and all((f.code, f.level) == ("odd-codes", "note") for f in found)


@pytest.mark.parametrize(
    ("text", "spoiled"),
    [
        ("大路镇", False),
        ("大路镇".encode("gbk").decode("latin-1"), True),
        ("大路镇".encode().decode("latin-1"), True),
        ("大路\ufffd", True),
        ("plain", False),
        ("Café", False),
        ("m²", False),
    ],
)
def test_text_that_was_read_wrongly(text, spoiled):
    assert codes(layer(PLAIN, name=[text])) == (["mojibake"] if spoiled else [])
    assert codes(layer(PLAIN, **{text: ["x"]})) == (["mojibake"] if spoiled else [])


def test_an_empty_layer_and_one_without_crs_are_no_crash():
    assert codes(layer(PLAIN).iloc[:0]) == []
    assert codes(gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLAIN])) == []
