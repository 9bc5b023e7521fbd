"""The coverage kernel against judges that share nothing with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import by_fractions, by_shapely, place, star, stars, worst_difference
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from zoning.errors import InputError
from zoning.measure.coverage import Shares, polygon_shares

TIGHT = 1e-12  # of a cell: what the design promises


def shares(geometries, origin=(0.0, 0.0), cell=1.0, **how):
    """The kernel's table, after what must hold for every table."""
    s = polygon_shares(geometries, origin=origin, cell=cell, **how)
    assert [a.dtype for a in (s.polygon, s.row, s.col, s.share)] == [np.int64] * 3 + [np.float64]
    keys = list(zip(s.polygon.tolist(), s.row.tolist(), s.col.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert ((s.share > 0) & (s.share <= 1)).all()
    return s


def table(s: Shares):
    keys = zip(s.polygon.tolist(), s.row.tolist(), s.col.tolist(), strict=True)
    return dict(zip(keys, s.share.tolist(), strict=True))


def agree(geometries, origin=(0.0, 0.0), cell=1.0, judge=by_fractions, limit=TIGHT):
    got = table(shares(geometries, origin, cell))
    assert worst_difference(got, judge(geometries, origin, cell)) <= limit


def same(a: Shares, b: Shares, limit=0.0):
    assert (a.polygon == b.polygon).all()
    assert (a.row == b.row).all()
    assert (a.col == b.col).all()
    assert np.abs(a.share - b.share).max(initial=0) <= limit


# By hand -----------------------------------------------------------------------------------------


def test_box_over_six_cells():
    s = shares([box(500, 500, 2500, 1500)], cell=1000.0)
    assert table(s) == {
        (0, 0, 0): 0.25,
        (0, 0, 1): 0.5,
        (0, 0, 2): 0.25,
        (0, 1, 0): 0.25,
        (0, 1, 1): 0.5,
        (0, 1, 2): 0.25,
    }


def test_triangle_with_hole_and_whole_cells():
    big = Polygon([(0, 0), (4, 0), (0, 4)], [[(0.25, 0.25), (0.75, 0.25), (0.75, 0.75)]])
    assert table(shares([big])) == {
        (0, 0, 0): 0.875,
        (0, 0, 1): 1,
        (0, 0, 2): 1,
        (0, 0, 3): 0.5,
        (0, 1, 0): 1,
        (0, 1, 1): 1,
        (0, 1, 2): 0.5,
        (0, 2, 0): 1,
        (0, 2, 1): 0.5,
        (0, 3, 0): 0.5,
    }


def test_negative_rows_and_columns_count_from_the_origin():
    assert table(shares([box(-1, -1, 0, 0)])) == {(0, -1, -1): 1}
    assert table(shares([box(-1, -1, 0, 0)], origin=(-3, 5))) == {(0, -6, 2): 1}


def test_one_geometry_needs_no_list():
    assert len(shares(box(0, 0, 2, 2))) == 4


# Against the judges ------------------------------------------------------------------------------


def test_random_polygons_with_holes_in_exact_numbers():
    agree(stars(np.random.default_rng(1), 12, 10, 3))


def test_random_polygons_with_holes_by_shapely():
    agree(stars(np.random.default_rng(2), 60, 20, 8), judge=by_shapely)


@pytest.mark.parametrize(
    ("origin", "cell", "scale"), [((-137.25, 411.5), 1000.0, 1000), ((0.3, 0.7), 30.1, 30)]
)
def test_cells_of_any_size_and_origin(origin, cell, scale):
    polygons = place(stars(np.random.default_rng(3), 20, 20, 6), scale, 0, 0)
    agree(polygons, origin, cell, judge=by_shapely)


def test_parts_and_collections():
    rng = np.random.default_rng(4)
    parts = [place([g], 1, 30 * k, -7 * k)[0] for k, g in enumerate(stars(rng, 4, 3, 3))]
    mixed = GeometryCollection(
        [MultiPolygon(parts[:2]), Point(3, 3), LineString([(0, 0), (9, 9)]),
         GeometryCollection([parts[2]])]
    )  # fmt: skip
    agree([MultiPolygon(parts), mixed, parts[3]])


@pytest.mark.parametrize("size", [0.1, 1e-2, 1e-3, 1e-4])
def test_small_polygons_in_one_cell_and_over_a_corner(size):
    rng = np.random.default_rng(5)
    inside = [star(rng, (3.5, -7.5), size, 12) for _ in range(10)]
    corner = [
        Polygon([(3 + a * size, 2), (3, 2 + size), (3 - size, 2 + b * size), (3, 2 - size)])
        for a in (0.1, 0.5, 1)
        for b in (0.1, 0.7)
    ]
    agree([g for g in inside if g.is_valid] + corner)


def test_slivers():
    """Long and thin, almost level, almost upright, along a line and across it."""
    slivers = []
    for s in (1e-3, 1e-8, 1e-11):
        slivers += [
            Polygon([(0.5, 1 - s), (9.5, 1 + s), (9.5, 3), (0.5, 3)]),
            Polygon([(2 - s, 0.5), (4, 0.5), (4, 8.5), (2 + s, 8.5)]),
            Polygon([(0.2, 0.2), (8.1, 5.3), (8.1, 5.3 + s)]),
            box(1, 0.5, 1 + s, 6.5),
            box(0.5, 2 - s, 6.5, 2),
        ]
    agree(slivers)


ON_LINES = [
    box(0, 0, 1, 1),
    box(2, 3, 7, 5),
    box(-4, -6, -1, -2),
    box(-2, -2, 2, 2),
    Polygon([(0, 0), (4, 4), (0, 4)]),
    Polygon([(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3)]),
    Polygon(
        [(0, 0), (6, 0), (6, 6), (0, 6)],
        [[(1, 1), (1, 3), (3, 3), (3, 1)], [(4, 4), (5, 4), (5, 5)]],
    ),
    Polygon([(0, 2), (2, 0), (4, 2), (2, 4)]),
    Polygon([(0, 0), (0.5, 0), (1, 0), (1.5, 0), (2, 0), (2, 0.5), (2, 2), (0, 2), (0, 1)]),
    Polygon([(0, 0), (8, 0), (8, 4), (0, 4)], [[(0, 2), (2, 3), (2, 1)]]),
    MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]),
    Polygon([(0, 0), (7, 3), (3, 7)]),
    Polygon([(0, 0), (-1, 0), (0, -1)]),
]


@pytest.mark.parametrize("judge", [by_fractions, by_shapely])
def test_edges_on_grid_lines_and_points_on_corners(judge):
    agree(ON_LINES, judge=judge)


def test_edges_on_grid_lines_far_from_the_origin():
    agree(place(ON_LINES, 1000, 500000, 3500000), (500000.0, 3500000.0), 1000.0)


def test_points_a_hair_beside_grid_lines():
    hairs = [-1e-17, 1e-20, -5e-324, 5e-324, 0.0, 1e-16, 1e-13, 1e-9]
    agree(
        [Polygon([(a, b), (3, a), (2.5, 3), (b, 2)]) for a in hairs for b in hairs]
        + [box(1 - abs(a), 2 + abs(b), 5 + abs(a), 6 - abs(b)) for a in hairs for b in hairs]
    )


def test_points_one_float_beside_grid_lines():
    """Dividing rounds them across the line; a side that lies there must stay with its cell."""
    west, south, cell = 400_025.0, 3_000_050.0, 1000.0
    boxes = []
    for k in (1, 77, 2003, -2450):
        left, right = west + cell * k, west + cell * (k + 2)
        for a in (np.nextafter(left, -np.inf), left, np.nextafter(left, np.inf)):
            for b in (np.nextafter(right, -np.inf), right, np.nextafter(right, np.inf)):
                boxes.append(box(a, south + 5250, b, south + 5750))
    agree(boxes, (west, south), cell)


def test_small_cells_far_from_their_origin():
    """Beside a line by less than the distance to the origin can tell: 1e-10 of a cell."""
    origin, cell, line = (-39_500_000.0, 0.0), 30.0, 40.0
    beside = [line - 3e-9, line, line + 3e-9]
    agree([box(a, 5, line + 45, 20) for a in beside], origin, cell)
    agree([box(line - 45, 5, a, 20) for a in beside], origin, cell)


def test_shares_of_mere_rounding_are_tidied():
    assert table(shares([box(1 - 1e-14, 0, 2, 1)])) == {(0, 0, 1): 1}
    assert table(shares([box(0, 0, 1 - 1e-14, 1)])) == {(0, 0, 0): 1}


def test_a_sliver_thinner_than_any_share_covers_nothing():
    """Its left side lies so close to 0 that its place in the cell rounds to the next one."""
    thin = Polygon([(0, -2), (-4e-77, -2), (-4e-77, -1.5), (0, -1.5)])
    assert thin.is_valid
    assert len(shares([thin])) == 0


@pytest.mark.parametrize("prefix", [0, 39_000_000])
def test_prefixed_eastings_lose_nothing(prefix):
    """Polygons and lines are the same but for the zone prefix, and rounded to whole millimetres."""
    rng = np.random.default_rng(6)
    polygons = [
        shapely.transform(g, lambda c: np.round(c * 1000 + [prefix + 500_000, 3_500_000], 3))
        for g in stars(rng, 12, 10, 3)
    ]
    agree(polygons, (prefix + 400_025.0, 3_000_050.0), 1000.0)


def test_a_prefix_changes_nothing_that_can_be_held():
    """On whole metres the prefix leaves coordinates exact, so the table is the same to the bit."""
    rng = np.random.default_rng(7)
    plain = [
        g
        for g in (shapely.transform(g, lambda c: np.round(c * 1000)) for g in stars(rng, 20, 10, 3))
        if g.is_valid
    ]
    assert len(plain) > 10
    moved = place(plain, 1, 39_500_000, 3_500_000)
    a = shares(plain, (25.0, 50.0), 1000.0)
    b = shares(moved, (39_500_025.0, 3_500_050.0), 1000.0)
    same(a, b)


def test_large_polygon_sums_to_its_area():
    big = Polygon([(-250.3, -100.1), (270.7, -99.4), (239.3, 180.2), (-33.3, 222.2)],
                  [[(0, 0), (0, 50), (90, 50), (90, 0)]])  # fmt: skip
    s = shares([big])
    assert math.fsum(s.share) == pytest.approx(big.area, rel=1e-13)
    edge = s.share < 1
    squares = box(s.col[edge], s.row[edge], s.col[edge] + 1, s.row[edge] + 1)
    assert np.abs(shapely.area(shapely.intersection(squares, big)) - s.share[edge]).max() < TIGHT


# What must always hold ---------------------------------------------------------------------------

half = st.integers(-12, 12).map(lambda k: k / 2)
anywhere = st.floats(-6, 6, allow_subnormal=False)
#: GEOS loses 0.02 of a cell where lines lie 2e-308 apart; our shares add up to the area there.
apart = anywhere.map(lambda v: v if abs(v) > 1e-200 else 0.0)


@st.composite
def heaps_of_boxes(draw, number=half):
    """Boxes put together and boxes taken away: holes, parts, corners that touch, straight joins."""

    def heap(most):
        corners = draw(st.lists(st.tuples(number, number, number, number), max_size=most))
        return shapely.union_all([box(min(a, c), min(b, d), max(a, c), max(b, d))
                                  for a, b, c, d in corners if a != c and b != d])  # fmt: skip

    return shapely.difference(heap(6), heap(4))


@st.composite
def random_stars(draw, most=3):
    seed = draw(st.integers(0, 2**32 - 1))
    return stars(np.random.default_rng(seed), draw(st.integers(1, most)), 4, 3)


@given(heaps_of_boxes())
@settings(max_examples=60, deadline=None)
def test_boxes_on_half_cells_are_exact(heap):
    agree([heap], limit=4e-16)


@given(heaps_of_boxes(anywhere))
@settings(max_examples=40, deadline=None)
def test_boxes_anywhere(heap):
    agree([heap])


@given(st.lists(st.tuples(half, half), min_size=3, max_size=8))
@settings(max_examples=60, deadline=None)
def test_polygons_through_corners_and_midpoints(points):
    ring = Polygon(points)
    if ring.is_valid:
        agree([ring])


@given(random_stars(), st.tuples(apart, apart), st.sampled_from([0.25, 0.7, 1.0, 3.3]))
@settings(max_examples=15, deadline=None)
def test_stars_under_any_lattice(polygons, origin, cell):
    agree(polygons, origin, cell, judge=by_shapely)


@given(random_stars(), st.integers(-5, 5), st.integers(-5, 5))
@settings(max_examples=25, deadline=None)
def test_drawing_direction_and_start_do_not_matter(polygons, east, north):
    a = shares(polygons)
    same(a, shares([shapely.reverse(g) for g in polygons]), 1e-14)
    turned = []
    for g in polygons:
        ring = list(g.exterior.coords)[:-1]
        turned.append(Polygon(ring[7:] + ring[:7], g.interiors))
    same(a, shares(turned), 1e-13)
    moved = shares(polygons, origin=(-float(east), -float(north)))
    assert (moved.row - a.row == north).all()
    assert (moved.col - a.col == east).all()


@given(random_stars(most=1), st.integers(2, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_partition_adds_up_to_the_whole(polygons, count, seed):
    """Voronoi cells cut a polygon up; in every cell their shares add up to the polygon's."""
    seeds = np.random.default_rng(seed).uniform(-5, 5, (count, 2))
    whole = polygons[0]
    faces = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=whole.buffer(9))
    parts = [whole.intersection(face) for face in faces.geoms]
    a, b = shares([whole]), shares(parts)
    low_row, low_col = b.row.min() - 1, b.col.min() - 1
    added = np.zeros((b.row.max() - low_row + 2, b.col.max() - low_col + 2))
    np.add.at(added, (b.row - low_row, b.col - low_col), b.share)
    added[a.row - low_row, a.col - low_col] -= a.share
    assert np.abs(added).max() <= TIGHT
    assert math.fsum(b.share) == pytest.approx(whole.area, rel=1e-12)


def test_neighbours_that_share_edges_fill_every_cell_exactly():
    """A fan of triangles over a square, whose common edges are the same numbers both ways."""
    rng = np.random.default_rng(8)
    frame = np.array([(0.0, 0.0), (7.0, 0.0), (7.0, 7.0), (0.0, 7.0)])
    middle = rng.uniform(2, 5, 2)
    fan = [Polygon([frame[k], frame[(k + 1) % 4], middle]) for k in range(4)]
    s = shares(fan)
    total = np.zeros((7, 7))
    np.add.at(total, (s.row, s.col), s.share)
    assert np.abs(total - 1).max() < 1e-15


@pytest.mark.parametrize("block", [1, 50, 1000, 1 << 17])
def test_blocks_change_nothing(block):
    polygons = stars(np.random.default_rng(9), 30, 20, 5)
    polygons[3:3] = [None, Polygon()]
    same(shares(polygons), shares(polygons, block=block))


# Nothing, and things that are no polygons ---------------------------------------------------------


@pytest.mark.parametrize(
    "nothing",
    [[], [None], [Polygon()], [MultiPolygon(), None], [Point(0.5, 0.5)],
     [LineString([(0, 0), (5, 5)])], [GeometryCollection()]],
)  # fmt: skip
def test_nothing_covers_nothing(nothing):
    assert len(shares(nothing)) == 0


def test_numbers_count_what_is_skipped():
    s = shares([None, Polygon(), box(0, 0, 1, 1), Point(0, 0), box(3, 3, 4, 4)])
    assert s.polygon.tolist() == [2, 4]


def test_empty_holes_and_heights():
    holed = shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 0 0), EMPTY)")
    assert shares([holed]).share.sum() == 8
    assert shares([holed, box(0, 0, 2, 2)]).share.sum() == 12
    same(shares([shapely.force_3d(box(0, 0, 2.5, 2), 7)]), shares([box(0, 0, 2.5, 2)]))


def test_a_cell_with_nothing_left_is_not_listed():
    """The outline runs along the cells around the box; they are not covered."""
    assert len(shares([box(3, 3, 5, 4)])) == 2


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("block", [1, 1 << 17])
def test_non_finite_coordinates_are_refused_by_number(bad, block):
    broken = Polygon([(0, 0), (1, 0), (1, bad), (0, 1)])
    with pytest.raises(InputError) as caught:
        shares([box(0, 0, 1, 1), None, broken, box(0, 0, 1, 1)], block=block)
    (problem,) = caught.value.problems
    assert problem.code == "non-finite"
    assert "polygon 2 " in problem.tell("en")
    assert "第 2 个" in problem.tell("zh")


@pytest.mark.parametrize(
    "crossed",
    [
        Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]),
        MultiPolygon([box(0, 0, 3, 3), box(1, 1, 4, 4)]),
        Polygon([(0, 0), (2, 0), (2, 2), (0, 2)], [[(1, 1), (5, 1), (5, 5), (1, 5)]]),
        Polygon([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (4, 0), (4, 4), (0, 4)]),
    ],
)
@pytest.mark.parametrize("block", [1, 1 << 17])
def test_crossing_outlines_are_refused_by_number(crossed, block):
    assert not crossed.is_valid
    with pytest.raises(InputError, match="polygon 1 ") as caught:
        shares([box(0, 0, 1, 1), crossed, box(5, 5, 6, 6)], block=block)
    assert caught.value.problems[0].code == "invalid-polygon"
    mended = shapely.make_valid(crossed)
    agree([mended], judge=by_shapely)


@pytest.mark.parametrize(
    ("origin", "cell"),
    [((0, 0), 0), ((0, 0), -5), ((0, 0), math.nan), ((0, math.inf), 1), ((math.nan, 0), 1)],
)
def test_lattices_that_are_none(origin, cell):
    with pytest.raises(InputError) as caught:
        polygon_shares([box(0, 0, 1, 1)], origin=origin, cell=cell)
    assert caught.value.problems[0].code == "bad-lattice"


def test_cells_too_many_to_number():
    with pytest.raises(InputError) as caught:
        polygon_shares([box(0, 0, 1e12, 1e12)], origin=(0, 0), cell=1e-3)
    assert caught.value.problems[0].code == "too-many-cells"


def test_huge_but_finite_coordinates_are_no_false_alarm():
    big = 1e300
    s = shares([box(0, 0, big, big)], cell=big / 4)
    assert s.share.tolist() == [1.0] * 16
