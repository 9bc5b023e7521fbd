"""The official layers: what is known is filled, what is not stays empty and is said."""

from __future__ import annotations

import dataclasses
import math

import fake_plan
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from zoning.base.shipped import data_path
from zoning.outputs.exchange import official, official_report

# The CGCS2000 ellipsoid: GB 22021-2008.
A, F = 6_378_137.0, 1 / 298.257222101
E = math.sqrt(F * (2 - F))


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(hostile=True)


@pytest.fixture(scope="module")
def made(plan):
    return official.layers(plan)


def band(phi):
    """Give the area per radian of longitude from the equator to a latitude (textbook formula)."""
    s = E * math.sin(phi)
    return A * A * (1 - E * E) / 2 * (math.sin(phi) / (1 - s * s) + math.atanh(s) / E)


def trapezoids(shape, crs):
    """Judge: sum thin trapezoids between meridians, each edge cut into pieces of 50 m."""
    to = Transformer.from_crs(crs, "EPSG:4490", always_xy=True)
    total = 0.0
    for part in shapely.get_parts(shape):
        for sign, ring in [(1, part.exterior), *((-1, r) for r in part.interiors)]:
            xy = shapely.get_coordinates(shapely.segmentize(ring, 50.0))
            lon, lat = (np.radians(v) for v in to.transform(*xy.T))
            middle = [band(p) for p in (lat[1:] + lat[:-1]) / 2]
            total += sign * abs(float(np.sum(np.diff(lon) * middle)))
    return total


def test_ellipsoidal_areas_agree_with_trapezoids(plan):
    shapes = pd.concat([plan.townships.geometry, plan.redlines.geometry])
    frame = gpd.GeoDataFrame(geometry=shapes.to_numpy(), crs=fake_plan.CRS)
    areas = official.ellipsoidal_areas(frame)
    for shape, area in zip(frame.geometry, areas, strict=True):
        assert area == pytest.approx(trapezoids(shape, fake_plan.CRS), abs=0.1)


def test_a_square_kilometre_is_what_the_scale_of_the_projection_says():
    # On the central meridian the plane is true; 95 km beside it areas are 0.0223 % too large.
    frame = gpd.GeoDataFrame(geometry=shapely.box([500_000, 404_500], 3.56e6, [500_100, 404_600],
                                                  3.5601e6), crs=fake_plan.CRS)  # fmt: skip
    on, beside = 1e4 / official.ellipsoidal_areas(frame) - 1
    assert on == pytest.approx(0, abs=1e-9)
    assert beside == pytest.approx((95_450 / 6_371_000) ** 2, rel=0.01)


@given(st.booleans(), st.booleans())
def test_the_way_of_rings_does_not_matter(turn_shell, turn_hole):
    shell = [(4e5, 3.5e6), (4.1e5, 3.5e6), (4.1e5, 3.51e6), (4e5, 3.51e6)]
    hole = [(4.02e5, 3.502e6), (4.03e5, 3.502e6), (4.03e5, 3.503e6), (4.02e5, 3.503e6)]
    shape = shapely.Polygon(
        shell[::-1] if turn_shell else shell, [hole[::-1] if turn_hole else hole]
    )
    frame = gpd.GeoDataFrame(geometry=[shape], crs=fake_plan.CRS)
    assert official.ellipsoidal_areas(frame)[0] == pytest.approx(99e6, rel=1e-3)


def test_layers_have_the_fields_of_the_schema_in_order(made):
    schema = official.schema()
    assert list(made) == [layer["name"] for layer in schema["layer"]]
    for layer in schema["layer"]:
        fields = [f["name"] for f in layer["fields"]]
        assert made[layer["name"]].columns.tolist() == [*fields, "geometry"]


def test_what_is_known_is_filled(plan, made):
    towns = made["XZZTGNDW"]
    assert towns["XZQDM"].tolist() == plan.townships.index.tolist()
    assert towns["XZQMC"].tolist() == list(fake_plan.HOSTILE)
    assert set(towns["YSDM"]) == {"2090020130"}
    assert towns["ZTGNMC"].tolist()[:2] == ["优化开发", "重点开发"]
    assert towns["BSM"].str.fullmatch(r"\d{18}").all() and towns["BSM"].is_unique
    red = made["STBHHX"]
    assert red["HXBM"].tolist() == plan.redlines["area_code"].tolist()
    assert red["HXLX"].iloc[0] == "森林公园"
    assert red["MJ"].tolist() == np.round(official.ellipsoidal_areas(plan.redlines), 1).tolist()
    assert (red["MJ"] < plan.redlines.geometry.area.to_numpy()).all()  # west of the meridian
    assert set(red["BZ"]) == {plan.notice}


def test_what_is_unknown_stays_empty(made):
    assert made["XZZTGNDW"]["ZTGNDM"].isna().all()
    assert pd.isna(made["XZZTGNDW"]["ZTGNMC"].iloc[2])  # this township has no zone
    for field in ("YSDM", "LXBM", "GKCS", "SZXJXZQDM"):
        assert made["STBHHX"][field].isna().all()
    assert len(made["CZKFBJ"]) == len(made["GHFQ"]) == 0


def test_a_plan_without_townships_and_red_lines_gives_empty_layers(plan, tmp_path):
    bare = dataclasses.replace(plan, townships=None, counties=None, redlines=None)
    assert [len(f) for f in official.layers(bare).values()] == [0, 0, 0, 0, 0]
    official.write(bare, tmp_path)
    assert official.county_areas(bare)["county"].tolist() == ["city"]


def test_planar_and_ellipsoidal_areas_stand_side_by_side(plan):
    areas = official.county_areas(plan).set_index("county")
    assert areas.index.tolist() == [*plan.counties.index, "city"]
    city = areas.loc["city"]
    counties = areas.drop("city")
    assert city["ledger_m2"] == plan.units["area_m2"].sum() == counties["ledger_m2"].sum()
    assert counties["ellipsoidal_m2"].sum() == pytest.approx(city["ellipsoidal_m2"], abs=0.1)
    assert city["difference_share"] == pytest.approx(0.00021, rel=0.02)
    gap = areas["planar_m2"] - areas["ellipsoidal_m2"]
    assert areas["difference_m2"].tolist() == pytest.approx(gap.tolist(), abs=0.1)
    assert (areas["planar_m2"] - areas["ledger_m2"]).abs().max() < 2


def test_both_files_hold_the_same_and_the_report_says_what_is_missing(plan, made, tmp_path):
    written = official.write(plan, tmp_path / "official")
    assert [p.name for p in written] == [
        "areas.csv", "conformance.md", "official.gdb", "official.gpkg"]  # fmt: skip
    for file in ("official.gdb", "official.gpkg"):
        for name, frame in made.items():
            back = pyogrio.read_dataframe(tmp_path / "official" / file, layer=name)
            assert back.columns.tolist() == frame.columns.tolist()
            for column in frame.columns.drop("geometry"):
                assert back[column].dropna().tolist() == frame[column].dropna().tolist()
            assert back.crs.to_epsg() == 4549
    text = (tmp_path / "official" / "conformance.md").read_text(encoding="utf-8")
    assert "规范可读部分未载明，故留空：ZTGNDM" in text
    assert "&lt;b&gt;润州&lt;/b&gt;" in text and "<b>" not in text
    assert "建议" in text
    csv = pd.read_csv(tmp_path / "official" / "areas.csv", encoding="utf-8-sig")
    assert csv["name"].iloc[0].startswith("'=")


def test_texts_that_are_too_long_are_counted(plan):
    long = dataclasses.replace(plan, townships=plan.townships.assign(name="镇" * 101))
    made = official.layers(long)
    report = official_report.conformance(official.schema(), made, official.county_areas(long), "en")
    row = next(r for r in report.splitlines() if r.startswith("| XZQMC") and "| 3 | 3 |" in r)
    assert "C100" in row


def test_every_field_of_the_schema_says_where_it_comes_from():
    schema = official.schema()
    known = {"S", "C", "I", "own", "unknown", "M-high", "M-med", "M-low"}
    for layer in schema["layer"]:
        assert layer["evidence"] and layer["note_zh"] and layer["note_en"]
        for field in layer["fields"]:
            assert field["evidence"] in known and field["zh"] and field["kind"] in "CF"
            if field["evidence"] == "unknown":
                assert "fill" not in field
        if any(f.get("fill") == "ysdm" for f in layer["fields"]):
            assert layer["ysdm"].isdigit() and len(layer["ysdm"]) == 10
    assert data_path("official", "municipal-planning-db.toml").is_file()
