"""The ledger of areas against shapely, against hand-computed worlds, and under hostile shapes."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from zoning.grid.lattice import GridSpec
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.ledger import atoms, closing, sums, unknown
from zoning.ledger.atoms import NONE, OVERLAP, build, settle_slivers
from zoning.measure.faces import partition
from zoning.measure.zonal import Raster

GRID = GridSpec(worlds.CRS)


def towns(*shapes, counties=None):
    n = len(shapes)
    index = pd.Index([f"T{i}" for i in range(n)], name="township")
    return gpd.GeoDataFrame(
        {"name": index, "county": counties or ["C1"] * n}, geometry=list(shapes), index=index,
        crs=worlds.CRS,
    )  # fmt: skip


def red(*rows):
    return gpd.GeoDataFrame(
        {"area_code": [r[0] for r in rows], "level": [r[1] for r in rows]},
        geometry=[r[2] for r in rows], crs=worlds.CRS,
    )  # fmt: skip


def by(ledger, key):
    return ledger.atoms.groupby(key, observed=True)["area_m2"].sum().to_dict()


def test_faces_fill_the_city_and_know_what_covers_them():
    a, b = worlds.square(0, 0, 2, 2), worlds.square(1, 1, 2, 2)
    city = worlds.square(0, 0, 2.5, 2.5)
    faces = partition(city, {"towns": np.array([a, b])})
    assert shapely.area(faces.geometry).sum() == pytest.approx(city.area, abs=1e-6)
    size = {}
    for shape, of in zip(faces.geometry, faces.features_of("towns"), strict=True):
        size[of] = size.get(of, 0) + shape.area / 1e6
    assert size == pytest.approx({(0,): 3.0, (1,): 1.25, (0, 1): 1.0, (): 1.0})


def test_gaps_and_overlaps_become_rows_and_the_ledger_closes():
    city = worlds.square(0, 0, 4, 1)
    left, right = worlds.square(0, 0, 2.1, 1), worlds.square(2, 0, 1.5, 1)
    ledger = build(Layers(city, towns(left, right, counties=["C1", "C2"])), GRID)
    assert by(ledger, "township") == {"T0": 2_000_000, "T1": 1_400_000, OVERLAP: 100_000,
                                      NONE: 500_000}  # fmt: skip
    # Land of two townships belongs to no county either.
    assert by(ledger, "county") == {"C1": 2_000_000, "C2": 1_400_000, OVERLAP: 100_000,
                                    NONE: 500_000}  # fmt: skip
    assert ledger.atoms["area_m2"].sum() == ledger.city_m2 == 4_000_000


def test_a_red_set_names_its_areas_and_the_stricter_level_rules():
    city = worlds.square(0, 0, 3, 1)
    whole = worlds.square(0, 0, 2, 1)
    layer = red(("R1", 2, whole), ("R1", 1, worlds.square(0, 0)), ("R2", 2, worlds.square(1, 0, 2)))
    ledger = build(Layers(city, redlines=layer), GRID)
    assert by(ledger, "red_level") == {1: 1_000_000, 2: 2_000_000}
    members = ledger.red_sets.groupby("red_set")[["area_code", "level"]].apply(
        lambda rows: tuple(map(tuple, rows.to_numpy()))
    )
    assert set(members) == {(("R1", 1), ("R1", 2)), (("R1", 2), ("R2", 2)), (("R2", 2),)}


def test_a_pixel_that_is_half_red_counts_half():
    city = worlds.square(0, 0)
    half = worlds.square(0, 0, 0.05, 1)
    use = np.full((10, 10), 7)
    raster = Raster(use, worlds.X, worlds.Y + 1000, 100.0, 100.0)
    ledger = build(Layers(city, redlines=red(("R", 1, half)), landuse=raster), GRID)
    marked = sums.split(ledger.atoms, load_classes())
    assert marked["built_redline_m2"].sum() == 50_000
    assert marked["built_m2"].sum() == 1_000_000
    assert marked["free_m2"].sum() == 0


def test_land_of_unknown_use_is_not_free():
    raster = Raster(np.full((10, 5), 1), worlds.X, worlds.Y + 1000, 100.0, 100.0)
    ledger = build(Layers(worlds.square(0, 0), landuse=raster), GRID)
    marked = sums.split(ledger.atoms, load_classes())
    assert marked["free_m2"].sum() == 500_000
    assert unknown.count_missing(marked)["unknown_use"] == 500_000


def test_class_0_is_unknown_and_other_land_of_a_known_class_is_not():
    classes = load_classes()
    other = int(classes.index[classes["group"] == "other"][0])
    use = np.repeat([[0, other, 1, 7]], 4, axis=0)
    raster = Raster(use, worlds.X, worlds.Y + 1000, 250.0, 250.0)
    marked = sums.split(build(Layers(worlds.square(0, 0), landuse=raster), GRID).atoms, classes)
    assert unknown.count_missing(marked)["unknown_use"] == 250_000
    assert unknown.known_use(marked, classes).groupby(marked["landuse"]).all().to_dict() == {
        0: False, 1: True, 7: True, other: True}  # fmt: skip
    assert unknown.known_use(marked, None).tolist() == [False] * len(marked)
    # What is unknown is not free; other land is, fields are, what is built is not.
    assert marked.groupby("landuse")["free_m2"].sum().to_dict() == {
        0: 0, 1: 250_000, 7: 0, other: 250_000}  # fmt: skip


def test_slivers_drop_into_a_row_or_merge_into_the_neighbour():
    city = worlds.square(0, 0, 2.02, 1)
    ledger = build(Layers(city), GRID)
    assert ledger.units["area_m2"].tolist() == [1_000_000, 1_000_000, 20_000]
    dropped = settle_slivers(ledger, GRID, 0.05, "drop")
    assert dropped.dropped_m2 == 20_000
    assert dropped.units["area_m2"].sum() + dropped.dropped_m2 == ledger.city_m2
    merged = settle_slivers(ledger, GRID, 0.05, "merge")
    assert merged.units["area_m2"].tolist() == [1_000_000, 1_020_000]
    assert merged.dropped_m2 == 0
    # Merging moves area, not geometry.
    assert shapely.area(merged.units.geometry.to_numpy()).tolist() == [1e6, 1e6]
    assert settle_slivers(ledger, GRID, 0.05, "keep") is ledger


def test_a_sliver_goes_to_the_neighbour_with_most_of_the_city():
    # The thin square at (1, 1) lies between (0, 1), half full, and (1, 0), full.
    parts = [worlds.square(0, 0, 2, 1), worlds.square(0, 1, 0.5, 1), worlds.square(1, 1, 0.04, 1)]
    ledger = build(Layers(shapely.union_all(parts)), GRID)
    merged = settle_slivers(ledger, GRID, 0.05, "merge")
    assert merged.units["area_m2"].to_dict() == {
        "1kmN3500E500": 1_000_000, "1kmN3500E501": 1_040_000, "1kmN3501E500": 500_000,
    }  # fmt: skip


def protected(*rows):
    return gpd.GeoDataFrame(
        {"kind": [r[0] for r in rows], "code": [r[1] for r in rows],
         "level": pd.array([r[2] for r in rows], "Int64")},
        geometry=[r[3] for r in rows], crs=worlds.CRS,
    )  # fmt: skip


def test_protections_of_every_kind_are_marked_and_none_of_them_is_free():
    layer = protected(
        ("basic_farmland", "F", None, worlds.square(0, 0, 0.5, 1)),
        ("lock", "flood", None, worlds.square(0.25, 0, 0.5, 1)),
        ("core", "K", None, worlds.square(0.9, 0, 0.1, 1)),
    )
    raster = Raster(np.full((10, 10), 1), worlds.X, worlds.Y + 1000, 100.0, 100.0)
    ledger = build(Layers(worlds.square(0, 0), protections=layer, landuse=raster), GRID)
    assert by(ledger, "protected_by") == {
        "": 150_000, "basic_farmland": 250_000, "basic_farmland+lock": 250_000, "lock": 250_000,
        "core": 100_000,
    }  # fmt: skip
    marked = sums.split(ledger.atoms, load_classes())
    columns = ["basic_farmland_m2", "lock_m2", "core_m2", "protected_m2", "farmland_m2", "free_m2"]
    assert marked[columns].sum().to_dict() == {
        "basic_farmland_m2": 500_000, "lock_m2": 500_000, "core_m2": 100_000,
        "protected_m2": 100_000, "farmland_m2": 1_000_000, "free_m2": 150_000,
    }  # fmt: skip
    assert "heritage_m2" not in marked


def test_a_protection_set_names_kind_code_and_level():
    layer = protected(("core", "K", 1, worlds.square(0, 0)), ("core", "K", 2, worlds.square(0, 0)),
                      ("lock", "K", None, worlds.square(0, 0, 0.5, 1)))  # fmt: skip
    ledger = build(Layers(worlds.square(0, 0), protections=layer), GRID)
    sets = ledger.protection_sets.astype({"level": "object"}).fillna("-")
    assert [tuple(r) for r in sets.itertuples(index=False)] == [
        (1, "core", "K", 1), (1, "core", "K", 2), (2, "core", "K", 1), (2, "core", "K", 2),
        (2, "lock", "K", "-"),
    ]  # fmt: skip


def test_a_unit_belongs_to_the_township_of_its_largest_share():
    city = worlds.square(0, 0, 1, 1)
    frame = towns(worlds.square(0, 0, 0.3, 1), worlds.square(0.3, 0, 0.7, 1), counties=["a", "b"])
    ledger = build(Layers(city, frame), GRID)
    units, shares = sums.describe_units(ledger, sums.split(ledger.atoms, None), frame["name"])
    assert units.iloc[0][["township", "county", "township_share"]].tolist() == ["T1", "b", 0.7]
    assert shares["share"].tolist() == [0.3, 0.7]
    # A tie goes to the smaller code.
    half = towns(worlds.square(0, 0, 0.5, 1), worlds.square(0.5, 0, 0.5, 1))
    ledger = build(Layers(city, half), GRID)
    units, _ = sums.describe_units(ledger, sums.split(ledger.atoms, None), half["name"])
    assert units["township"].tolist() == ["T0"]


def test_a_unit_that_rounds_to_nothing_stays():
    city = shapely.union(worlds.square(0, 0), worlds.square(1, 0.5, 0.0001, 0.001))
    ledger = build(Layers(city), GRID)
    assert ledger.units["area_m2"].tolist() == [1_000_000, 0]
    units, shares = sums.describe_units(ledger, sums.split(ledger.atoms, None), None)
    assert len(units) == 2
    assert set(shares["unit"]) == {ledger.units.index[0]}


def _shapes(seed: int):
    """Make random overlapping blobs, in metres."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(rng.integers(1, 6)):
        x, y = rng.uniform(0, 4000, 2)
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 30)))
        radius = rng.uniform(150, 1800, angle.size)
        ring = np.c_[worlds.X + x + radius * np.cos(angle), worlds.Y + y + radius * np.sin(angle)]
        shape = shapely.make_valid(shapely.Polygon(ring))
        made += [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return made


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_sum_closes_and_agrees_with_shapely(seed):
    rng = np.random.default_rng(seed)
    city = shapely.union_all(_shapes(seed))
    areas = _shapes(seed + 1)
    layer = red(*[(f"R{i}", int(rng.integers(1, 3)), g) for i, g in enumerate(areas)])
    use = rng.choice([1, 3, 7, 17], (90, 90))
    raster = Raster(use, worlds.X - 2013.7, worlds.Y + 6507.3, 101.0, 99.0)
    ledger = build(Layers(city, towns(*_shapes(seed + 2)), layer, landuse=raster), GRID)
    assert ledger.atoms["area_m2"].sum() == ledger.city_m2 == round(city.area)
    assert (ledger.atoms["area_m2"] > 0).all()
    union = shapely.intersection(shapely.union_all(areas), city).area
    measured = int(ledger.atoms.loc[ledger.atoms["red_level"] > 0, "area_m2"].sum())
    assert abs(measured - union) <= len(ledger.atoms) / 2 + 1
    # Every unit and every township is its own floor or ceiling; whole squares are whole.
    squares = shapely.area(shapely.intersection(ledger.units.geometry.to_numpy(), city))
    size = ledger.units["area_m2"].to_numpy()
    assert (np.abs(size - squares) < 1 + 1e-4).all()
    assert (size[shapely.covers(city, ledger.units.geometry.to_numpy())] == 1_000_000).all()
    names = ledger.atoms.groupby("township", observed=True)["area_m2"].sum()
    names = names.drop([NONE, OVERLAP], errors="ignore")
    own = towns(*_shapes(seed + 2))
    for code, m2 in names.items():
        others = shapely.union_all(own.geometry[own.index != code].to_numpy())
        exact = shapely.intersection(shapely.difference(own.geometry[code], others), city).area
        assert abs(m2 - exact) < 1 + 1e-3


@pytest.mark.parametrize("seed", [3, 5, 31])
def test_all_that_is_red_and_each_level_of_it_are_within_a_square_metre(seed):
    """Each unit and township rounds for itself: together they could be several off."""
    city, areas = shapely.union_all(_shapes(seed)), _shapes(seed + 1)
    layer = red(*[(f"R{i}", 1 + i % 2, g) for i, g in enumerate(areas)])
    ledger = build(Layers(city, towns(*_shapes(seed + 2)), layer), GRID)
    under = [shapely.intersection(shapely.union_all(g), city) for g in (areas, areas[::2])]
    every, strict = shapely.area(under)
    found = by(ledger, "red_level")
    assert abs(found[1] + found[2] - every) < 1
    assert abs(found[1] - strict) < 1 and abs(found[2] - (every - strict)) < 1


def test_whole_squares_are_whole_under_thirds_and_slanted_lines():
    """Three townships and a red line that cut squares at odd places: 1,000,000 m2 each."""
    city = worlds.square(0, 0, 5, 4)
    cuts = [(0.0, 1 / 3), (1 / 3, 2.2345678), (2.2345678, 5.0)]
    parts = [worlds.square(a, 0, b - a, 4) for a, b in cuts]
    slant = shapely.Polygon([(worlds.X + x, worlds.Y + y) for x, y in
                             [(10.3, 7.7), (4700.1, 1003.3), (3100.7, 3900.9)]])  # fmt: skip
    use = np.random.default_rng(1).choice([1, 3, 7, 17], (137, 171))
    raster = Raster(use, worlds.X - 3.3, worlds.Y + 4003.7, 29.7, 29.9)
    ledger = build(Layers(city, towns(*parts), red(("R", 1, slant)), landuse=raster), GRID)
    assert ledger.units["area_m2"].tolist() == [1_000_000] * 20
    assert ledger.city_m2 == 20_000_000


def test_a_unit_at_the_limit_of_slivers_is_none():
    city = shapely.union(worlds.square(0, 0), worlds.square(1, 0, 0.05, 1))
    ledger = build(Layers(city), GRID)
    assert settle_slivers(ledger, GRID, 0.05, "drop") is ledger
    assert len(settle_slivers(ledger, GRID, 0.0501, "drop").units) == 1


def test_a_sliver_without_an_edge_goes_by_its_corner_and_by_its_edge_first():
    """At (1, 1) a sliver has neighbours by corners only; at (3, 1) an edge goes before that."""
    parts = [worlds.square(0.1, 0, 0.9, 1), worlds.square(1, 1, 0.04, 1), worlds.square(2, 0),
             worlds.square(3, 0, 0.6, 1), worlds.square(3, 1, 0.04, 1)]  # fmt: skip
    ledger = build(Layers(shapely.union_all(parts)), GRID)
    merged = settle_slivers(ledger, GRID, 0.05, "merge")
    assert merged.units["area_m2"].to_dict() == {
        "1kmN3500E500": 900_000, "1kmN3500E502": 1_040_000, "1kmN3500E503": 640_000,
    }  # fmt: skip


@pytest.mark.parametrize("step", [(c, r) for c in (-1, 0, 1) for r in (-1, 0, 1) if c or r])
def test_each_of_the_eight_neighbours_takes_a_sliver(step):
    col, row = 3 + step[0], 3 + step[1]
    parts = [worlds.square(3, 3, 0.04, 1), worlds.square(col, row)]
    merged = settle_slivers(build(Layers(shapely.union_all(parts)), GRID), GRID, 0.05, "merge")
    assert merged.units["area_m2"].to_dict() == {f"1kmN{3500 + row}E{500 + col}": 1_040_000}


def test_of_two_equal_neighbours_the_smaller_code_takes_a_sliver():
    parts = [worlds.square(1, 0), worlds.square(3, 0), worlds.square(2, 0, 0.04, 1)]
    merged = settle_slivers(build(Layers(shapely.union_all(parts)), GRID), GRID, 0.05, "merge")
    assert merged.units["area_m2"].tolist() == [1_040_000, 1_000_000]


def test_a_sliver_alone_or_among_slivers_stays():
    city = shapely.union_all([worlds.square(0, 0), worlds.square(5, 5, 0.03, 1),
                              worlds.square(6, 5, 0.02, 1)])  # fmt: skip
    ledger = build(Layers(city), GRID)
    merged = settle_slivers(ledger, GRID, 0.05, "merge")
    assert merged.units["area_m2"].tolist() == [1_000_000, 30_000, 20_000]


def test_what_lacks_more_than_noise_is_no_whole_square(monkeypatch):
    asked, rounded = [], closing.round_areas
    monkeypatch.setattr(
        closing, "round_areas", lambda *x, **k: (asked.append(k), rounded(*x, **k))[1]
    )
    monkeypatch.setattr(closing, "_NOISE", 0.25)
    ledger = build(Layers(worlds.square(0, 0, 1.75, 1)), GRID)
    assert ledger.units["area_m2"].tolist() == [1_000_000, 750_000]
    (how,) = asked
    assert how["whole"].tolist() == [True, False]
    assert (how["across"], how["cell_m2"]) == (3, 1_000_000)


def test_an_atom_of_a_square_metre_is_one():
    town = worlds.square(0, 0, 0.001, 0.001)
    ledger = build(Layers(worlds.square(0, 0, 0.5, 0.5), towns(town)), GRID)
    assert by(ledger, "township") == {"T0": 1, NONE: 249_999}


def test_places_that_the_rounding_keeps_follow_the_order_of_their_names():
    labels = pd.DataFrame({
        "township": ["b", "a", NONE, "c", "a"], "county": ["Y", "X", NONE, "X", "X"],
        "red_level": [2, 0, 1, 0, 2], "protected_by": ["lock", "", "core", "lock", "core+lock"],
    })  # fmt: skip
    assert [np.asarray(nest).tolist() for nest in atoms._nests(labels)] == [
        [1, 0, 2, 0, 0], [1, 0, 3, 2, 0], [True, False, True, False, True], [2, 0, 1, 0, 2],
        [3, 0, 1, 3, 2]]  # fmt: skip


def test_the_order_of_rows_does_not_matter():
    shapes, areas = _shapes(5), _shapes(6)
    city = shapely.union_all(shapes)
    layer = red(*[(f"R{i}", 1 + i % 2, g) for i, g in enumerate(areas)])
    one = build(Layers(city, towns(*shapes), layer), GRID)
    two = build(Layers(city, towns(*shapes).iloc[::-1], layer.iloc[::-1]), GRID)
    pd.testing.assert_frame_equal(one.atoms, two.atoms)


@pytest.mark.parametrize("codes", ["abcd", "dcba", "badc", "cabd"])
def test_of_equal_remainders_the_first_codes_take_the_square_metre(codes):
    """Four strips of a square, each half a square metre over; wherever a and b lie, they get it."""
    ends = [0, 0.2500005, 0.500001, 0.7500015, 1]
    strips = [worlds.square(a, 0, b - a) for a, b in pairwise(ends)]
    ledger = build(Layers(worlds.square(0, 0), towns(*strips).set_index(pd.Index([*codes]))), GRID)
    area = ledger.atoms.groupby("township", observed=True)["area_m2"].sum()
    down = {code: 249_998 if code == codes[-1] else 250_000 for code in "abcd"}
    assert area.to_dict() == {code: down[code] + (code in "ab") for code in "abcd"}


def test_box_shares_by_hand():
    ledger = build(
        Layers(box(worlds.X + 500, worlds.Y + 250, worlds.X + 1500, worlds.Y + 750)), GRID
    )
    assert ledger.units["area_m2"].tolist() == [250_000, 250_000]


def test_protected_land_is_known_where_red_lines_do_not_count_in_it():
    frame = pd.DataFrame({c: [5] for c in ("area_m2", "redline_m2", "built_redline_m2",
                                           "protected_m2", "protected_share")})  # fmt: skip
    farmland, red = frame.copy(), frame.copy()
    unknown.forget_red(farmland, ["basic_farmland"])
    assert farmland["protected_m2"].tolist() == farmland["protected_share"].tolist() == [5]
    assert farmland[["redline_m2", "built_redline_m2"]].isna().all(axis=None)
    assert farmland.dtypes.astype(str).tolist() == ["int64", "Int64", "Int64", "int64", "int64"]
    for counted in (["core", "redline"], None):
        unknown.forget_red(red, counted)
        assert red[["protected_m2", "protected_share", "redline_m2"]].isna().all(axis=None)
    assert red["area_m2"].tolist() == [5]
    assert red.dtypes.astype(str).tolist() == ["int64", "Int64", "Int64", "Int64", "Float64"]


def test_a_sum_of_which_a_part_is_not_known_is_not_known():
    parts = pd.DataFrame({"a_m2": [1, 2], "b_m2": pd.array([1, None], "Int64")})
    total = parts.groupby([0, 0]).sum()
    found = unknown.unknown_stays(total, parts)
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [[3, None]]
    assert found.dtypes.astype(str).tolist() == ["int64", "Int64"]
