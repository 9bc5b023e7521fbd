"""Overlaps and gaps of townships against rectangles worked out by hand."""

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.inputs.topology import gaps_and_overlaps

CRS = "EPSG:4549"
X, Y = 500_000, 3_560_000


def box(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


def frame(*shapes, codes=None):
    codes = codes or [chr(65 + i) for i in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=list(shapes), crs=CRS)


CITY = box(0, 0, 2000, 1000)


def test_a_clean_partition_says_nothing():
    assert gaps_and_overlaps(frame(box(0, 0, 900, 1000), box(900, 0, 2000, 1000)), CITY, 1) == []


def test_overlap_and_gap_with_area_place_and_codes():
    towns = frame(box(0, 0, 1000, 1000), box(900, 0, 1900, 1000), codes=["乙", "甲"])
    overlap, gap = gaps_and_overlaps(towns, CITY, 10_000, where="towns.gpkg")
    assert (overlap.code, overlap.level, overlap.measured, overlap.limit) == (
        "overlap",
        "error",
        100_000,
        10_000,
    )
    assert "乙 / 甲" in overlap.what.zh and "10.00 ha" in overlap.what.en
    assert (gap.code, gap.level, gap.measured) == ("gap", "error", 100_000)
    assert gap.where == "towns.gpkg" and gap.remedy
    # 120 E is the central meridian, 500,000 m its easting; the places lie just east of it.
    assert "120.010" in overlap.what.en and "120.020" in gap.what.en


def test_each_place_is_judged_alone_against_the_tolerance():
    towns = frame(box(0, 0, 1000, 1000), box(999, 0, 1999, 1000))
    found = gaps_and_overlaps(towns, CITY, 1000)
    assert [(f.code, f.level, f.measured) for f in found] == [
        ("overlap", "note", 1000),
        ("gap", "note", 1000),
    ]
    found = gaps_and_overlaps(towns, CITY, 999.9)
    assert [f.level for f in found] == ["error", "error"]


def test_two_gaps_are_two_places():
    towns = frame(box(100, 0, 1900, 1000))
    found = gaps_and_overlaps(towns, CITY, 0)
    assert [(f.code, f.measured) for f in found] == [("gap", 100_000), ("gap", 100_000)]


def test_a_hole_is_a_gap_and_an_enclave_that_is_not_cut_out_an_overlap():
    ring = CITY.difference(box(500, 500, 600, 600))
    assert [(f.code, f.measured) for f in gaps_and_overlaps(frame(ring), CITY, 0)] == [
        ("gap", 10_000)
    ]
    enclave = frame(CITY, box(500, 500, 600, 600))
    assert [(f.code, f.measured) for f in gaps_and_overlaps(enclave, CITY, 0)] == [
        ("overlap", 10_000)
    ]
    assert gaps_and_overlaps(frame(ring, box(500, 500, 600, 600)), CITY, 0) == []


def test_the_same_polygon_twice():
    found = gaps_and_overlaps(frame(CITY, CITY), CITY, 0)
    assert [(f.code, f.measured) for f in found] == [("overlap", 2_000_000)]


def test_ground_outside_is_a_note():
    (note,) = gaps_and_overlaps(frame(box(0, 0, 2000, 1100)), CITY, 0)
    assert (note.code, note.level, note.measured) == ("outside-boundary", "note", 200_000)


def test_the_largest_come_first_and_long_lists_are_counted():
    strips = [box(40 * i, 0, 40 * i + 30 - i * 0.5, 1000) for i in range(50)]
    found = gaps_and_overlaps(frame(*strips, codes=[str(i) for i in range(50)]), CITY, 0)
    assert len(found) == 21 and all(f.level == "error" for f in found)
    areas = [f.measured for f in found[:20]]
    assert areas == sorted(areas, reverse=True)
    assert "30 gaps" in found[-1].what.en
    total = CITY.area - sum(s.area for s in strips)
    assert sum(f.measured for f in found) == pytest.approx(total)


def test_names_come_from_the_index_where_there_is_no_code():
    towns = frame(CITY, CITY).set_index("code")
    assert "A / B" in gaps_and_overlaps(towns, CITY, 0)[0].what.en


def test_prefixed_eastings_and_other_places():
    towns = frame(box(0, 0, 1000, 1000)).set_crs("EPSG:4528", allow_override=True)
    towns = towns.set_geometry(towns.translate(40_000_000))
    city = shapely.transform(CITY, lambda c: c + np.array([4e7, 0]))
    (gap,) = gaps_and_overlaps(towns, city, 0)
    assert gap.measured == 1e6 and "120.01" in gap.what.en


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=6))
def test_sums_agree_with_counting_squares(rectangles):
    """On whole-metre rectangles every square metre can be counted."""
    cover = np.zeros((12, 12), dtype=int)
    shapes = []
    for a, b, c, d in rectangles:
        (west, east), (south, north) = sorted((a, b)), sorted((c, d))
        if west == east or south == north:
            continue
        shapes.append(box(west, south, east, north))
        cover[south:north, west:east] += 1
    if not shapes:
        return
    found = gaps_and_overlaps(frame(*shapes), box(0, 0, 12, 12), 1e9)
    sums = {f.code: f.measured for f in found}
    pairs = sum(n * (n - 1) // 2 for n in cover.ravel())
    assert sums.get("overlap", 0) == pytest.approx(pairs)
    assert sums.get("gap", 0) == pytest.approx((cover == 0).sum())


@pytest.mark.slow
def test_1400_townships_take_seconds():
    rng = np.random.default_rng(7)
    n = 38
    corners = rng.uniform(-20, 20, (n + 1, n + 1, 2)) + 100 * np.stack(
        np.meshgrid(np.arange(n + 1), np.arange(n + 1)), axis=-1
    )
    corners[[0, -1], :, 1] = np.array([[0], [n * 100]])
    corners[:, [0, -1], 0] = np.array([0, n * 100])

    def side(a, b):
        """Cut a side into 100 steps, the same ones for both neighbours."""
        turned = tuple(a) > tuple(b)
        a, b = (b, a) if turned else (a, b)
        points = a + (b - a) * np.linspace(0, 1, 101)[:, None]
        points[-1] = b
        return (points[::-1] if turned else points)[:-1]

    quads = []
    for i in range(n):
        for j in range(n):
            c = [corners[i, j], corners[i, j + 1], corners[i + 1, j + 1], corners[i + 1, j]]
            quads.append(shapely.Polygon(np.vstack([side(c[k], c[k - 3]) for k in range(4)])))
    towns = gpd.GeoDataFrame({"code": [f"{i:04d}" for i in range(n * n)]}, geometry=quads, crs=CRS)
    city = shapely.box(0, 0, n * 100, n * 100)
    start = time.process_time()
    assert gaps_and_overlaps(towns, city, 1) == []
    assert time.process_time() - start < 5
    moved = towns.geometry.to_numpy().copy()
    moved[700] = shapely.affinity.translate(moved[700], 3, 2)
    found = gaps_and_overlaps(towns.set_geometry(list(moved)), city, 1)
    overlap = sum(moved[700].intersection(moved[k]).area for k in range(n * n) if k != 700)
    assert sum(f.measured for f in found if f.code == "overlap") == pytest.approx(overlap)
    gap = city.difference(shapely.union_all(moved)).area
    assert sum(f.measured for f in found if f.code == "gap") == pytest.approx(gap)
    assert overlap > 300 and gap > 300
