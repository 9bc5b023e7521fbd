"""Blocks of the lattice: the same ledger whatever the blocks, their order, the order of rows."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.grid.lattice import GridSpec
from zoning.inputs.layers import Layers
from zoning.ledger import atoms, tiles
from zoning.ledger.closing import units_of
from zoning.ledger.country import _rounded, count
from zoning.ledger.tiles import PARTS, _packed, add_up, clip, in_process, measure
from zoning.measure.faces import partition
from zoning.measure.zonal import Raster, piece_classes

GRID = GridSpec("EPSG:4549", 100, (30, 70))


def world(seed: int, *, n: int = 9, off=(500_000.0, 3_500_000.0)):
    """Make a city, townships that fill it, areas that overlap, and a picture of classes."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(800, 6500)
    centre = np.array(off) + rng.uniform(-3000, 3000, 2)
    city = shapely.Point(centre).buffer(size / 2, quad_segs=int(rng.integers(2, 40)))
    points = shapely.MultiPoint(centre + rng.uniform(-0.5, 0.5, (n, 2)) * size)
    towns = np.array(shapely.voronoi_polygons(points, extend_to=city.envelope).geoms)
    towns = shapely.intersection(towns, city)
    angle = np.sort(rng.uniform(0, 2 * np.pi, (n, 12)), axis=1)
    radius = rng.uniform(50, size / 3, (n, 1)) * (1 + 0.4 * rng.uniform(-1, 1, (n, 12)))
    spot = centre + rng.uniform(-0.5, 0.5, (n, 1, 2)) * size
    rings = spot + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    red = shapely.make_valid(shapely.polygons(rings), method="structure", keep_collapsed=False)
    west, south, east, north = city.bounds
    dx = float(rng.choice([25.0, 30.0, 47.3]))
    shape = int((north - south) / dx) + 3, int((east - west) / dx) + 3
    picture = Raster(rng.integers(-1, 5, shape).astype(np.int16), west - 13.7, north + 7.3, dx, dx)
    return city, {"towns": towns[shapely.area(towns) > 0], "red": red}, picture


def layers_of(city, layers, picture, order=None):
    """Put a world into the layers of a plan, rows in another order where one is given."""
    rng = np.random.default_rng(order)
    frames = {}
    for name, shapes in layers.items():
        frame = gpd.GeoDataFrame(
            {"code": [f"{name}{i}" for i in range(len(shapes))]}, geometry=list(shapes),
            crs=GRID.crs,
        )  # fmt: skip
        frames[name] = frame.iloc[rng.permutation(len(frame))] if order is not None else frame
    towns = frames["towns"].rename(columns={"code": "township"}).set_index("township")
    towns["name"], towns["county"] = towns.index, [f"c{t[-1:]}" for t in towns.index]
    red = frames["red"].rename(columns={"code": "area_code"})
    red["level"] = 1 + red["area_code"].str[-1:].astype(int) % 2
    return Layers(city, townships=towns, redlines=red.reset_index(drop=True), landuse=picture)


def hashed(ledger) -> list[int]:
    """Reduce a ledger to numbers that differ when any byte does."""
    frames = [ledger.atoms, pd.DataFrame(ledger.units.drop(columns="geometry")), ledger.red_sets]
    return [int(pd.util.hash_pandas_object(f, index=True).sum()) for f in frames]


def total(measured, names):
    """Add up parts by what covers them, unit and class, in features' own numbers."""
    of = [measured.covers.features_of(n) for n in names]
    out: dict = {}
    for k, r, c, v, a in zip(
        measured.cover.tolist(), measured.row.tolist(), measured.col.tolist(),
        measured.landuse.tolist(), measured.parts.tolist(), strict=True,
    ):  # fmt: skip
        out[tuple(f[k] for f in of), r, c, v] = a
    return out


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), east=st.sampled_from([500_000.0, 39_500_000.0]))
def test_blocks_measure_what_one_piece_does(seed, east):
    city, layers, picture = world(seed, off=(east, 3_500_000.0))
    found = total(measure(city, layers, GRID, picture), list(layers))
    faces = partition(city, layers)
    p = piece_classes(faces.geometry, picture, origin=GRID.origin_m, cell=GRID.cell_m)
    of = [faces.features_of(n) for n in layers]
    whole: dict = {}
    columns = (x.tolist() for x in (p.polygon, p.row, p.col, p.value, p.area_m2))
    for f, r, c, v, a in zip(*columns, strict=True):
        key = tuple(k[f] for k in of), r, c, v
        whole[key] = whole.get(key, 0.0) + a
    for key in set(found) | set(whole):
        assert found.get(key, 0) / PARTS == pytest.approx(whole.get(key, 0.0), abs=1e-3)
    assert sum(found.values()) / PARTS == pytest.approx(city.area, abs=0.05)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    block=st.sampled_from([16, 32, 128, 256]),
    order=st.integers(0, 10**6),
)
def test_the_same_bytes_for_any_block_and_any_order(seed, block, order):
    city, layers, picture = world(seed)
    once = hashed(atoms.build(layers_of(city, layers, picture), GRID))

    def backwards(work, shared, jobs):
        return list(reversed(list(in_process(work, shared, list(reversed(jobs))))))

    mixed = layers_of(city, layers, picture, order)
    assert hashed(atoms.build(mixed, GRID, map_blocks=backwards)) == once

    sized = measure(city, layers, GRID, picture, block=block)
    same = total(measure(city, layers, GRID, picture), list(layers))
    other = total(sized, list(layers))
    # Clipping elsewhere moves points by 1e-10 m, so parts of 1/65536 m2 may differ here and there.
    far = [abs(same.get(k, 0) - other.get(k, 0)) for k in set(same) | set(other)]
    assert max(far) <= 64


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_the_ledger_does_not_notice_the_size_of_blocks(seed, monkeypatch):
    layers = layers_of(*world(seed))
    seen = set()
    for block in (16, 64, 256):
        monkeypatch.setattr(tiles.measure, "__kwdefaults__", {
            **tiles.measure.__kwdefaults__, "block": block})  # fmt: skip
        seen.add(tuple(hashed(atoms.build(layers, GRID))))
    assert len(seen) == 1


def test_blocks_are_counted_from_the_origin_of_the_lattice():
    seen = []

    def watch(work, shared, jobs):
        seen.extend(jobs)
        return in_process(work, shared, jobs)

    grid = GridSpec("EPSG:4549", 100, (30, 70))
    side = 64 * 100
    # From the middle of block (3, -2) into block (4, -2), and only touching block (5, -2).
    city = shapely.box(30 + 3.5 * side, 70 - 1.5 * side, 30 + 5 * side, 70 - 1.2 * side)
    found = measure(city, {}, grid, map_blocks=watch)
    assert set(seen) >= {(3, -2), (4, -2)}
    assert found.col.min() == 3.5 * 64 and found.col.max() == 5 * 64 - 1
    assert found.row.min() == -96 and found.row.max() == -77
    assert found.parts.sum() == city.area * PARTS == city.area * 65_536
    asked = seen.copy()
    atoms.build(Layers(city), grid, map_blocks=watch)
    assert seen == asked * 2
    # Of 64 units each: the last of one and the first of the next.
    seen.clear()
    measure(shapely.box(30 + 6300, 70, 30 + 6450, 170), {}, grid, map_blocks=watch)
    assert seen == [(0, 0), (1, 0)]


def test_a_task_is_sent_without_what_can_be_made_again():
    import pickle

    city, layers, picture = world(1)
    task, _ = tiles.task_of(city, layers, GRID, picture, 64)
    jobs = tiles.jobs_of(task)
    first = [tiles.work_block(task, j) for j in jobs]
    assert task.bands
    sent = pickle.loads(pickle.dumps(task))
    assert not sent.bands
    for job, one in zip(jobs, first, strict=True):
        other = tiles.work_block(sent, job)
        assert (one is None) == (other is None)
        if one is not None:
            assert one.members == other.members
            np.testing.assert_array_equal(one.parts, other.parts)


def test_features_have_an_order_of_their_own():
    """Cutting follows the order of lines in its last digits, so it must not be that of rows."""
    city, layers, picture = world(5)
    order = np.random.default_rng(1).permutation(len(layers["red"]))
    mixed = {"towns": layers["towns"], "red": layers["red"][order]}
    one, number = tiles.task_of(city, layers, GRID, picture, 64)
    two, other = tiles.task_of(city, mixed, GRID, picture, 64)
    assert shapely.to_wkb(one.layers["red"]).tolist() == shapely.to_wkb(two.layers["red"]).tolist()
    assert number["red"].tolist() == order[other["red"]].tolist()


def test_clip_leaves_out_what_only_touches():
    box = (0.0, 0.0, 10.0, 10.0)
    l_shape = shapely.Polygon(
        [(-5, 10), (-5, -5), (5, -5), (5, 5), (4, 5), (4, 0), (2, 0), (2, 10)]
    )
    shapes = np.array(
        [shapely.box(10, 0, 20, 10), shapely.box(2, 2, 3, 3), shapely.box(-5, -5, 5, 5), l_shape],
        dtype=object,
    )
    # Its edge along the box would come as a line beside the polygons.
    got, number = clip(shapes, np.array([7, 8, 9, 4]), box)
    assert number.tolist() == [8, 9, 4]
    assert shapely.area(got).tolist() == [1.0, 25.0, 25.0]
    assert set(shapely.get_type_id(got).tolist()) <= {3, 6}


def test_adding_up_sorts_sums_and_drops_nothing_but_zeros():
    a, b = np.array([2, 1, 2, 1]), np.array([0, 5, 0, 4])
    one, other, parts = add_up((a, b), np.array([3, 0, 4, 9]))
    assert (one.tolist(), other.tolist(), parts.tolist()) == ([1, 2], [4, 0], [9, 7])
    assert [len(x) for x in add_up((a[:0], b[:0]), a[:0])] == [0, 0, 0]


@given(
    rows=st.lists(st.tuples(*[st.integers(-3, 3)] * 3, st.integers(0, 5)), max_size=30),
    far=st.sampled_from([0, 1 << 40]),
)
def test_adding_up_is_a_dictionary(rows, far):
    """Packed into one number where that fits, column by column where it does not."""
    known: dict = {}
    for *key, part in rows:
        spread = tuple(k * (1 + far) for k in key)
        known[spread] = known.get(spread, 0) + part
    columns = [np.array([r[k] * (1 + far) for r in rows], dtype=np.int64) for k in range(3)]
    found = add_up(columns, np.array([r[3] for r in rows], dtype=np.int64))
    got = {tuple(map(int, r[:3])): int(r[3]) for r in zip(*found, strict=True)}
    assert list(got.items()) == sorted((k, v) for k, v in known.items() if v > 0)


def test_without_a_raster_no_class_is_known():
    city, layers, _ = world(5)
    ledger = atoms.build(layers_of(city, layers, None), GRID)
    assert ledger.atoms["landuse"].unique().tolist() == [-1]


def test_a_part_belongs_to_the_unit_of_its_row_and_column():
    """Parts all around a ragged city; one beyond the end of a row is not the first of the next."""
    cells = [(5, -3), (5, -2), (5, 0), (6, -3), (8, -1), (8, 0)]  # row, column: by row and column
    city = SimpleNamespace(row=np.array([r for r, _ in cells]), col=np.array([c for _, c in cells]))
    place = np.array([3, 0, 5, 1, 4, 2])
    around = [(r, c) for r in range(3, 11) for c in range(-6, 4)]
    unit, there = units_of(*(np.array(x) for x in zip(*around, strict=True)), city, place)
    known = dict(zip(cells, place.tolist(), strict=True))
    assert [around[k] for k in there] == [at for at in around if at in known]
    assert unit[there].tolist() == [known[at] for at in around if at in known]


@pytest.mark.parametrize(
    ("west", "south"), [(30, 70), (29, 69), (31, 71), (-70_000, 99_000), (123_456.5, -98_765.4)]
)
@pytest.mark.parametrize("block", [16, 64])
def test_blocks_are_those_that_the_city_touches_band_by_band(west, south, block):
    city = shapely.Polygon([(west, south), (west + 17_000, south), (west, south + 9_000)])
    task, _ = tiles.task_of(city, {}, GRID, None, block)
    side, step = block * 100, 256 * 100
    assert (task.cell, task.block) == (100, block)
    # Counted from a corner of the lattice that all sizes of blocks share.
    steps = [int((v - o) // step) for v, o in zip((west, south), GRID.origin_m, strict=True)]
    assert task.first == tuple(256 * n for n in steps)
    assert task.corner == (30 + steps[0] * step, 70 + steps[1] * step)
    moved = task.layers[""][0]
    np.testing.assert_array_equal(
        shapely.get_coordinates(moved), shapely.get_coordinates(city) - np.array(task.corner)
    )
    jobs = tiles.jobs_of(task)
    met, found = set(), {}
    for i in range(-20 + int((west - 30) // side), 20 + int((west + 17_000 - 30) // side)):
        for j in range(-20 + int((south - 70) // side), 20 + int((south + 9_000 - 70) // side)):
            x, y = 30 + i * side, 70 + j * side
            square = shapely.box(x, y, x + side, y + side)
            if city.intersects(square):
                found[i, j] = square.bounds
            if city.intersection(square).area:
                met.add((i, j))
    # Of those that it only touches nothing is asked.
    assert met <= set(jobs) <= set(found) and jobs == sorted(jobs, key=lambda job: job[::-1])
    for i, j in jobs:
        corner = np.array([*task.corner, *task.corner])
        assert tuple((np.array(task.box(i, j)) + corner).tolist()) == found[i, j]


def test_polygons_of_many_blocks_are_cut_to_a_band_once():
    city, layers, _ = world(1)
    task, _ = tiles.task_of(city, layers, GRID, None, 16)
    bands = sorted({j for _, j in tiles.jobs_of(task)})
    assert len(bands) > 3
    for n, j in enumerate(bands):
        _, south, _, north = task.box(0, j)
        band = task.band(0, j)
        assert task.band(0, j) is band
        # Two are kept, for jobs of two rows by turns.
        assert list(task.bands) == bands[n - n % 2 : n + 1]
        assert list(band) == ["", "towns", "red"]
        for name, (shapes, number) in band.items():
            whole = task.layers[name][number]
            strip = shapely.box(-(10**6), south, 10**6, north)
            np.testing.assert_allclose(
                shapely.area(shapes), shapely.area(shapely.intersection(whole, strip)), atol=1e-6
            )
            assert (shapely.area(shapes) > 0).all()


def test_columns_are_packed_into_one_number_that_sorts_as_they_do():
    rng = np.random.default_rng(2)
    columns = [rng.integers(low, low + 5, 200) for low in (-7, 0, 10**12)]
    rows = list(zip(*(c.tolist() for c in columns), strict=True))
    key = _packed(columns)
    assert key.dtype == np.int64
    order = sorted(set(rows))
    assert [sorted(set(key.tolist())).index(k) for k in key.tolist()] == [
        order.index(r) for r in rows]  # fmt: skip
    assert key.min() >= 0 and key.max() < 5**3
    # All together must stay below 2**62.
    far = [np.array([0, 2**31 - 1])] * 2
    assert _packed(far) is None
    assert _packed([far[0], np.array([0, 2**31 - 2])]).max() == 2**31 * (2**31 - 1) - 1


@pytest.mark.parametrize("seed", [3, 8])
def test_a_country_is_counted_as_its_ledger(seed):
    """Most squares are whole in one place, some in several or in none, some cut by the line."""
    city, layers, _ = world(seed, n=5)
    shapes = np.concatenate([layers["red"][:2], layers["towns"][:-1]])
    found = count(city, GRID, shapes)
    index = pd.Index([f"t{k}" for k in range(len(shapes))], name="township")
    towns = gpd.GeoDataFrame({"name": index, "county": index}, index=index, geometry=list(shapes),
                             crs=GRID.crs)  # fmt: skip
    ledger = atoms.build(Layers(city, townships=towns), GRID)
    units = ledger.units.index
    assert found.area_m2.tolist() == ledger.units["area_m2"].tolist()
    assert [GRID.code(int(c), int(r)) for c, r in zip(found.col, found.row, strict=True)] == list(
        units
    )
    names = np.array([*towns.index, "overlap", "none"])  # -2 and -1 count from the end
    mine = pd.Series(found.share_m2).groupby([units[found.unit], names[found.place]]).sum()
    whole = ledger.atoms.groupby(["unit", "township"], observed=True)["area_m2"].sum()
    assert mine.to_dict() == whole.to_dict() and (found.share_m2 > 0).all()
    assert (np.diff(found.unit) >= 0).all()
    assert (np.diff(found.place)[np.diff(found.unit) == 0] >= 0).all()
    for k, shape in enumerate(shapes):
        others = shapely.union_all(np.delete(shapes, k))
        shared = shapely.intersection(shapely.intersection(shape, others), city).area
        assert found.several_m2[k] == pytest.approx(shared, abs=0.5)
    small = (found.col, found.row, found.unit, found.place)
    assert {str(x.dtype) for x in small} == {"int32"} and found.several_m2.dtype == float
    assert found.area_m2.dtype == found.share_m2.dtype == np.int64


def test_a_country_is_counted_in_blocks_of_256_units_down_to_a_square_metre():
    jobs = []

    def watch(work, shared, given):
        jobs.extend(given)
        return in_process(work, shared, given)

    side = 256 * GRID.cell_m
    # One square metre in a third block, and one of the second place in the last unit but one.
    city = shapely.union(
        shapely.box(30 + side - 100, 70, 30 + side + 100, 170),
        shapely.box(30 + 2 * side + 1, 70, 30 + 2 * side + 2, 71),
    )
    places = np.array([city, shapely.box(30 + side + 1, 70, 30 + side + 2, 71)])
    found = count(city, GRID, places, map_blocks=watch)
    assert jobs == [(0, 0), (1, 0), (2, 0)]
    assert found.col.tolist() == [255, 256, 512] and found.row.tolist() == [0, 0, 0]
    assert found.area_m2.tolist() == [10_000, 10_000, 1]
    rows = zip(found.unit.tolist(), found.place.tolist(), found.share_m2.tolist(), strict=True)
    assert list(rows) == [(0, 0, 10_000), (1, -2, 1), (1, 0, 9999), (2, 0, 1)]
    assert found.several_m2.tolist() == [1, 1]


def test_parts_of_a_square_that_lack_their_own_roundings_only_are_a_whole_square():
    full = 100 * PARTS
    row = col = np.zeros(2, np.int64)
    place = np.array([0, 1])

    def rounded(lacking):
        parts = np.array([40 * PARTS, 60 * PARTS - lacking])
        return _rounded((row, col, place, parts), full, 99, GridSpec("EPSG:4549", 10)).tolist()

    # A square is its size whatever the total says; a part of one may be 99 m2.
    with pytest.raises(ValueError, match="cannot reach a total of 99"):
        rounded(2)
    assert rounded(3) == [40, 59]
