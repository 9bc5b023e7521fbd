"""Raster classes by cell and by piece, against exact fractions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import (
    class_shares_by_fractions,
    pieces_by_fractions,
    place,
    stars,
    worst_difference,
)
from shapely import Polygon, box

from zoning.errors import InputError
from zoning.measure import zonal
from zoning.measure.coverage import polygon_shares
from zoning.measure.zonal import Raster, class_shares, piece_classes


def class_table(raster, origin, cell):
    s = class_shares(raster, origin=origin, cell=cell)
    keys = list(zip(s.row.tolist(), s.col.tolist(), s.value.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert (s.share > 0).all()
    return dict(zip(keys, s.share.tolist(), strict=True))


def piece_table(geometries, raster, origin, cell):
    p = piece_classes(geometries, raster, origin=origin, cell=cell)
    columns = (p.polygon, p.row, p.col, p.value)
    assert [c.dtype for c in (*columns, p.area_m2)] == [np.int64] * 4 + [np.float64]
    keys = list(zip(*(c.tolist() for c in columns), strict=True))
    assert keys == sorted(set(keys))
    assert (p.area_m2 > 0).all()
    return dict(zip(keys, p.area_m2.tolist(), strict=True))


def random_raster(rng, shape=(9, 11), x0=3.3, y0=27.0, dx=4.1, dy=3.7, kinds=4):
    return Raster(rng.integers(0, kinds, shape), x0, y0, dx, dy)


# By hand -----------------------------------------------------------------------------------------


def test_pixels_that_straddle_cells_are_split_by_area():
    r = Raster(np.array([[7, 8], [9, 7]], dtype=np.uint8), x0=0, y0=20, dx=10, dy=10)
    assert class_table(r, (5, 5), 10) == pytest.approx(
        {
            (-1, -1, 9): 0.25,
            (-1, 0, 7): 0.25,
            (-1, 0, 9): 0.25,
            (-1, 1, 7): 0.25,
            (0, -1, 7): 0.25,
            (0, -1, 9): 0.25,
            (0, 0, 7): 0.5,
            (0, 0, 8): 0.25,
            (0, 0, 9): 0.25,
            (0, 1, 7): 0.25,
            (0, 1, 8): 0.25,
            (1, -1, 7): 0.25,
            (1, 0, 7): 0.25,
            (1, 0, 8): 0.25,
            (1, 1, 8): 0.25,
        }
    )


def test_row_0_is_north():
    r = Raster(np.array([[1], [2]]), x0=0, y0=20, dx=10, dy=10)
    assert class_table(r, (0, 0), 10) == {(0, 0, 2): 1, (1, 0, 1): 1}
    assert piece_table([box(0, 0, 10, 20)], r, (0, 0), 10) == {
        (0, 0, 0, 2): 100,
        (0, 1, 0, 1): 100,
    }


def test_a_pixel_cut_by_outline_and_cell_line_is_split_jointly():
    """The triangle lies in the left half of the pixel, the right cell has the right half.

    Multiplying shares would give the right cell 1/4 x 1/2 of the pixel; there is nothing.
    """
    r = Raster(np.array([[5]]), x0=5, y0=10, dx=10, dy=10)
    triangle = Polygon([(5, 0), (10, 0), (5, 10)])
    assert piece_table([triangle], r, (0, 0), 10) == pytest.approx({(0, 0, 0, 5): 25.0})


def test_ground_outside_the_raster_has_value_minus_1():
    r = Raster(np.array([[3]]), x0=0, y0=10, dx=10, dy=10)
    got = piece_table([box(-5, 5, 25, 15)], r, (0, 0), 20)
    assert got == pytest.approx(
        {(0, 0, -1, -1): 50, (0, 0, 0, 3): 50, (0, 0, 0, -1): 150, (0, 0, 1, -1): 50}
    )


def test_outside_and_the_value_minus_1_are_one():
    r = Raster(np.array([[-1]], dtype=np.int16), x0=0, y0=10, dx=10, dy=10)
    assert piece_table([box(0, 0, 20, 10)], r, (0, 0), 20) == pytest.approx({(0, 0, 0, -1): 200})


# Against exact fractions -------------------------------------------------------------------------

origins = st.tuples(
    st.floats(-9, 9, allow_subnormal=False), st.floats(-9, 9, allow_subnormal=False)
)
steps = st.sampled_from([0.7, 1.0, 3.3, 4.1, 10.0])
seeds = st.integers(0, 2**32 - 1)


@given(seeds, origins, st.sampled_from([1.9, 4.1, 10.0, 33.0]), steps, steps)
@settings(max_examples=40, deadline=None)
def test_class_shares_are_exact(seed, origin, cell, dx, dy):
    rng = np.random.default_rng(seed)
    x0, y0 = rng.uniform(-9, 9, 2)
    raster = random_raster(rng, (5, 6), x0, y0, dx, dy)
    got = class_table(raster, origin, cell)
    assert worst_difference(got, class_shares_by_fractions(raster, origin, cell)) < 1e-12


@given(seeds, origins, st.sampled_from([4.1, 10.0, 33.0]), steps)
@settings(max_examples=12, deadline=None)
def test_pieces_are_exact(seed, origin, cell, dx):
    """Some of the stars reach over the border of the raster."""
    rng = np.random.default_rng(seed)
    raster = random_raster(rng, (4, 5), *rng.uniform(-9, 9, 2), dx, 3.7)
    polygons = stars(rng, 2, 6, 9, holes=2)
    got = piece_table(polygons, raster, origin, cell)
    true = pieces_by_fractions(polygons, raster, origin, cell)
    assert worst_difference(got, true) < 1e-12 * cell**2


@pytest.mark.parametrize("shift", [0.0, 2.5, 1e-13])
def test_lattices_that_line_up(shift):
    """Lines of both lattices, and edges and corners of polygons, fall together or nearly so."""
    rng = np.random.default_rng(1)
    raster = random_raster(rng, (8, 8), shift, 20 + shift, 2.5, 2.5)
    polygons = [box(0, 0, 20, 20), box(5, 5, 12.5, 15), Polygon([(0, 0), (20, 0), (20, 20)])]
    got = piece_table(polygons, raster, (0.0, 0.0), 5.0)
    assert worst_difference(got, pieces_by_fractions(polygons, raster, (0, 0), 5)) < 1e-9
    classes = class_table(raster, (0.0, 0.0), 5.0)
    assert worst_difference(classes, class_shares_by_fractions(raster, (0, 0), 5)) < 1e-12


def test_lines_a_hair_apart_are_one_line():
    """Otherwise a row of pixels would leave its class in the next cell, with an area of 1e-12."""
    classes = np.repeat([[1, 2]], 4, axis=0)
    origin, cell = (0.0, 0.0), 5.0
    tables = [
        piece_table([box(0, 0, 10, 20)], Raster(classes, x0, 20 + x0, 5, 5), origin, cell)
        for x0 in (0.0, -1e-12, 1e-12)
    ]
    assert [set(t) for t in tables[1:]] == [set(tables[0])] * 2


@pytest.mark.parametrize("east", [400_000.0, 39_400_000.0])
def test_prefixed_eastings(east):
    rng = np.random.default_rng(2)
    raster = random_raster(rng, (12, 12), east + 313.25, 3_002_817.5, 300.0, 280.0)
    polygons = [
        shapely.transform(g, lambda c: np.round(c, 3))
        for g in place(stars(rng, 3, 2, 2, holes=1), 1000, east + 2000, 3_001_000)
    ]
    origin = (east + 25.0, 3_000_050.0)
    got = piece_table(polygons, raster, origin, 1000.0)
    true = pieces_by_fractions(polygons, raster, origin, 1000.0)
    assert worst_difference(got, true) < 1e-12 * 1000**2
    classes = class_table(raster, origin, 1000.0)
    assert worst_difference(classes, class_shares_by_fractions(raster, origin, 1000.0)) < 1e-12


# One way against the other -----------------------------------------------------------------------


def test_pieces_add_up_to_polygon_shares_and_to_class_shares():
    rng = np.random.default_rng(3)
    raster = random_raster(rng, (60, 70), -40.3, 60.2, 1.3, 1.7)
    origin, cell = (0.7, -0.4), 9.0
    polygons = stars(rng, 6, 20, 12)
    p = piece_classes(polygons, raster, origin=origin, cell=cell)
    s = polygon_shares(polygons, origin=origin, cell=cell)
    want = dict(zip(zip(s.polygon, s.row, s.col, strict=True), s.share * cell**2, strict=True))
    got: dict = {}
    for key, area in zip(zip(p.polygon, p.row, p.col, strict=True), p.area_m2, strict=True):
        got[key] = got.get(key, 0) + area
    assert worst_difference(got, want) < 1e-10

    west, south, east, north = raster.bounds
    assert west == -40.3
    assert east == pytest.approx(-40.3 + 70 * 1.3)
    middle = box(west, south, west + 41, north)
    halves = [middle, box(west + 41, south, east, north)]
    both = piece_table(halves, raster, origin, cell)
    added: dict = {}
    for (_, row, col, value), area in both.items():
        if value >= 0:
            added[row, col, value] = added.get((row, col, value), 0) + area / cell**2
    assert worst_difference(added, class_table(raster, origin, cell)) < 1e-12


def test_working_in_parts_changes_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    raster = random_raster(rng, (40, 50), -20.0, 30.0, 1.1, 1.2)
    polygons = stars(rng, 5, 10, 12)
    before = class_table(raster, (0, 0), 7), piece_table(polygons, raster, (0, 0), 7)
    monkeypatch.setattr(zonal, "_PIXELS", 30)
    monkeypatch.setattr(zonal, "_BLOCK", 50)
    after = class_table(raster, (0, 0), 7), piece_table(polygons, raster, (0, 0), 7)
    for a, b in zip(before, after, strict=True):
        assert worst_difference(a, b) < 1e-13 * 49


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (np.uint8, [0, 1, 255]),
        (np.int8, [-128, -1, 127]),
        (np.uint16, [0, 40_000, 65_535]),
        (np.int32, [-(2**31), 5, 2**31 - 1]),
        (np.int64, [-(2**40), -1, 3]),
    ],
)
def test_values_of_any_size(dtype, values):
    r = Raster(np.array([values], dtype=dtype), x0=0, y0=10, dx=10, dy=10)
    assert class_table(r, (0, 0), 10) == {(0, k, v): 1 for k, v in enumerate(values)}
    got = piece_table([box(0, 0, 30, 10)], r, (0, 0), 10)
    assert got == pytest.approx({(0, 0, k, v): 100 for k, v in enumerate(values)})


def test_polygons_are_numbered_as_given_and_order_is_theirs():
    r = Raster(np.ones((4, 4), dtype=np.uint8), 0, 40, 10, 10)
    given_ = [None, box(0, 20, 10, 40), Polygon(), box(0, 0, 10, 40), shapely.Point(1, 1)]
    p = piece_classes(given_, r, origin=(0, 0), cell=20)
    assert p.polygon.tolist() == [1, 3, 3]
    assert p.row.tolist() == [1, 0, 1]


def test_no_polygons_no_pieces():
    r = Raster(np.ones((1, 1), dtype=np.uint8), 0, 1, 1, 1)
    for nothing in ([], [None], [Polygon()]):
        assert len(piece_classes(nothing, r, origin=(0, 0), cell=1).area_m2) == 0


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "classes",
    [
        np.ones((2, 2)),
        np.ones(4, dtype=int),
        np.ones((0, 3), dtype=int),
        np.ones((2, 2), dtype=bool),
    ],
)
def test_pictures_that_are_no_classes(classes):
    with pytest.raises(InputError) as caught:
        Raster(classes, 0, 0, 1, 1)
    assert caught.value.problems[0].code == "bad-raster"


@pytest.mark.parametrize(
    "place_", [(math.nan, 0, 1, 1), (0, math.inf, 1, 1), (0, 0, 0, 1), (0, 0, 1, -1)]
)
def test_rasters_that_are_nowhere(place_):
    with pytest.raises(InputError) as caught:
        Raster(np.ones((2, 2), dtype=int), *place_)
    assert caught.value.problems[0].code == "bad-raster"


def test_bad_polygons_and_lattices_are_refused():
    r = Raster(np.ones((9, 9), dtype=np.uint8), 0, 9, 1, 1)
    bow_tie = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    with pytest.raises(InputError, match="polygon 1 crosses"):
        piece_classes([box(0, 0, 1, 1), bow_tie], r, origin=(0, 0), cell=3)
    with pytest.raises(InputError, match="polygon 0 has coordinates"):
        piece_classes([Polygon([(0, 0), (4, math.inf), (4, 0)])], r, origin=(0, 0), cell=3)
    with pytest.raises(InputError):
        piece_classes([box(0, 0, 1, 1)], r, origin=(0, 0), cell=0)
    with pytest.raises(InputError):
        class_shares(r, origin=(0, math.nan), cell=1)
