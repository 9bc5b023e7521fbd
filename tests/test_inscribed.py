"""The largest circle inside polygons of every kind, against the search of GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from zoning.review.audit import inscribed
from zoning.review.audit.inscribed import radii
from zoning.review.audit.patches import _grown

AT = (440_000.0, 3_540_000.0)


def star(rng, n, rough):
    """Give a star-shaped polygon; the rougher the more hollow."""
    t = np.sort(rng.uniform(0, 2 * np.pi, n))
    r = 10 ** rng.uniform(0, 3) * rng.uniform(1 - rough, 1, n)
    ring = np.column_stack([r * np.cos(t), r * np.sin(t)])
    return affinity.scale(shapely.Polygon(ring), 1, rng.uniform(0.02, 1))


def some(seed, count=60):
    """Give polygons of all sorts: hollow, thin, convex, with holes, cut from one another."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        shape = shapely.make_valid(star(rng, int(rng.integers(3, 40)), rng.uniform(0, 0.95)))
        if rng.random() < 0.4:
            shape = shape.difference(
                affinity.translate(shapely.make_valid(star(rng, 9, 0.5)), *rng.uniform(-99, 99, 2))
            )
        shape = affinity.translate(affinity.rotate(shape, rng.uniform(0, 360)), *AT)
        found += [p for p in shapely.get_parts(shape)
                  if p.geom_type == "Polygon" and p.is_valid and p.area > 0.5]  # fmt: skip
    return np.array(found, dtype=object)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9))
def test_radii_are_those_of_a_fine_search(seed):
    shapes = some(seed)
    size = shapely.area(shapes) / shapely.length(shapes)
    fine = shapely.length(shapely.maximum_inscribed_circle(shapes, tolerance=0.001 * size))
    got = radii(shapes, 0.01, 0.01)
    assert (got <= fine * 1.002 + 0.001 * size).all()  # never more than there is
    assert (got >= fine * 0.985 - 0.01).all()


def test_known_circles():
    ring = shapely.Point(AT).buffer(100, quad_segs=200)
    hole = ring.difference(shapely.Point(AT).buffer(40, quad_segs=200))
    triangle = shapely.Polygon([(0, 0), (4, 0), (0, 3)])
    dumb_bell = shapely.union_all(
        [
            shapely.Point(0, 0).buffer(5),
            shapely.box(0, -0.5, 60, 0.5),
            shapely.Point(60, 0).buffer(7),
        ]
    )
    crescent = shapely.Point(0, 0).buffer(10).difference(shapely.Point(4, 0).buffer(9))
    shapes = np.array([ring, hole, triangle, dumb_bell, crescent, shapely.box(0, 0, 1000, 3)])
    assert radii(shapes, 0.01, 0.01) == pytest.approx([100, 30, 1, 7, 2.5, 1.5], rel=0.006)
    assert radii(shapes[:0], 0.01, 0.01).tolist() == []


def test_runs_and_order_change_nothing(monkeypatch):
    shapes = some(5, 30)
    whole = radii(shapes, 0.01, 0.01)
    monkeypatch.setattr(inscribed, "_AT_ONCE", 7)
    assert radii(shapes[::-1], 0.01, 0.01)[::-1] == pytest.approx(whole, rel=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9), st.floats(0.2, 30))
def test_what_was_shrunk_has_the_area_that_growing_it_again_gives(seed, by):
    moon = shapely.Point(AT).buffer(90).difference(shapely.Point(AT[0] + 3, AT[1]).buffer(50))
    shapes = np.array([*some(seed, 30), moon], dtype=object)
    eroded = shapely.buffer(shapes, -by)
    left = shapely.area(eroded) > 0
    shapes, eroded = shapes[left], eroded[left]
    grown = shapely.area(shapely.buffer(eroded, by, quad_segs=64))
    off = abs(_grown(eroded, shapes, by) - grown)
    # Hollow corners of what was shrunk are arcs that were drawn by chords.
    assert (off <= 0.01 + 5e-4 * by**2 * shapely.get_num_coordinates(eroded)).all()


def test_what_steiners_formula_does_not_fit_is_grown():
    ring = shapely.Point(AT).buffer(90).difference(shapely.Point(AT[0] + 3, AT[1]).buffer(50))
    yards = shapely.union_all(
        [shapely.box(0, 0, 50, 50), shapely.box(50, 24, 53, 26), shapely.box(53, 0, 99, 50)]
    )
    shapes = np.array([ring, yards], dtype=object)
    eroded = shapely.buffer(shapes, -5)
    grown = shapely.area(shapely.buffer(eroded, 5, quad_segs=64))
    steiner = shapely.area(eroded) + 5 * shapely.length(eroded) + 25 * np.pi
    assert _grown(eroded, shapes, 5.0) == pytest.approx(grown, rel=1e-4)
    assert (abs(steiner - grown) > 1).all()


def test_a_ring_of_one_point_has_no_circle_and_spoils_no_other() -> None:
    """Noding at a touch leaves such a ring now and then; the others keep their places."""
    point = shapely.Polygon([(470400.4997541292, 3563511.649553483)] * 5)
    line = shapely.from_wkt("POLYGON ((0 0, 9 0, 0 0, 0 0))")
    yard = shapely.box(0, 0, 200, 6)
    found = radii(np.array([point, yard, line, shapely.Polygon()]), 0.01, 0.01)
    assert found[[0, 2, 3]].tolist() == [0, 0, 0] and abs(found[1] - 3) < 0.01
    assert radii(np.array([point]), 0.01, 0.01).tolist() == [0]
