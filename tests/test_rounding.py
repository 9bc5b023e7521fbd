"""The one rounding of areas: every sum is its own floor or ceiling, whole squares are whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.ledger.rounding import _PARTS, _bounds, round_areas


def world(seed: int, n: int):
    """Make atoms of whole squares (100 m2) and of parts, in counties, townships and reds."""
    rng = np.random.default_rng(seed)
    unit = np.sort(rng.integers(0, max(n // 4, 1), n))
    town = rng.integers(0, 5, n)
    nests = [town // 2, town, rng.integers(0, 2, n)]
    amounts = rng.choice([0.0, 1e-7, 0.5, 3.0, 10.0], n) + rng.random(n) * rng.choice([0, 40], n)
    whole = np.isin(unit, rng.permutation(unit)[: n // 2])
    size = np.bincount(unit, amounts, minlength=unit.max() + 1)
    for u in np.unique(unit[whole]):
        mine = unit == u
        amounts[mine] = amounts[mine] / size[u] * 100 if size[u] else 100 / mine.sum()
    return amounts, unit, nests, whole


def keys(unit, nests):
    """Number every set whose sum must hold: units, places of each level, parts of units."""
    place = np.zeros(len(unit), int)
    found = [unit, place]
    for level in nests:
        place = np.unique(np.stack([place, level]), axis=1, return_inverse=True)[1].reshape(-1)
        found.append(place)
    found.append(np.unique(np.stack([unit, place]), axis=1, return_inverse=True)[1].reshape(-1))
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_units_places_and_the_total_hold_whatever_the_amounts(seed, n):
    amounts, unit, nests, whole = world(seed, n)
    total = round(amounts.sum())
    out = round_areas(amounts, unit, nests, total, whole=whole, cell_m2=100)
    assert out.dtype == np.int64
    assert out.sum() == total
    assert (out >= 0).all()
    for key in keys(unit, nests):
        assert np.abs(np.bincount(key, out) - np.bincount(key, amounts)).max() < 1 + 1e-4
    per_unit = np.bincount(unit, out)
    assert (per_unit[np.unique(unit[whole])] == 100).all()
    # An atom inside its part is served by largest remainder, so it is its floor or its ceiling.
    assert np.abs(out - amounts).max() < 1 + 1e-4


def test_a_rounding_by_trial_of_all_is_found_too():
    """With few atoms every rounding can be tried: ours is one of those that hold everywhere."""
    for seed in range(40):
        amounts, unit, nests, whole = world(seed, 8)
        total = round(amounts.sum())
        sets = keys(unit, nests)[:-1]
        fine = np.rint(amounts * 65536) / 65536

        def holds(out, sets=sets, fine=fine, unit=unit, whole=whole, total=total):
            near = all((np.abs(np.bincount(k, out) - np.bincount(k, fine)) < 1).all() for k in sets)
            squares = np.bincount(unit, out)[np.unique(unit[whole])]
            return near and (squares == 100).all() and out.sum() == total

        floor = np.floor(fine + 1e-4).astype(int)
        ways = (floor + np.array(up) for up in itertools.product((0, 1), repeat=8))
        assert any(holds(way) for way in ways)
        assert holds(round_areas(amounts, unit, nests, total, whole=whole, cell_m2=100))


def test_what_crosses_the_places_is_kept_too():
    """Red parts of 40 townships, each within 1 m2, could be 20 m2 off together."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        unit = np.repeat(np.arange(600), 2)
        town = np.repeat(rng.integers(0, 40, 600), 2)
        red = np.tile([0, 1], 600)
        level, kind = red * rng.integers(1, 3, 1200), rng.choice(3, 1200, p=[0.8, 0.1, 0.1])
        amounts = rng.random(1200) * 40
        whole = np.repeat(rng.random(600) < 0.7, 2)
        amounts = np.where(whole, amounts / np.bincount(unit, amounts)[unit] * 100, amounts)
        nests = [town // 5, town, red, level, kind]
        out = round_areas(amounts, unit, nests, round(amounts.sum()), across=3, whole=whole,
                          cell_m2=100)  # fmt: skip
        for key in (*keys(unit, nests), red, level, level * 3 + kind):
            assert np.abs(np.bincount(key, out) - np.bincount(key, amounts)).max() < 1 + 1e-4


def test_where_no_choice_keeps_it_the_rest_is_kept():
    """Two parts of 0.5 in one whole square: one is red and level 1 in each of two places."""
    unit, town = np.arange(4).repeat(2), np.array([0, 1, 0, 1, 0, 1, 0, 1])
    red = np.array([1, 0, 0, 1, 1, 0, 0, 1])
    amounts = np.full(8, 0.5)
    out = round_areas(amounts, unit, [town, red], 4, across=1, whole=[True] * 8, cell_m2=1)
    assert np.bincount(unit, out).tolist() == [1, 1, 1, 1]
    for key in (town, town * 2 + red):
        assert np.abs(np.bincount(key, out) - np.bincount(key, amounts)).max() < 1


def test_a_whole_square_of_thirds_is_whole():
    third = 1_000_000 / 3
    out = round_areas([third] * 3, [7] * 3, [[0, 1, 2]], 1_000_000, whole=[True] * 3,
                      cell_m2=1_000_000)  # fmt: skip
    assert sorted(out.tolist()) == [333_333, 333_333, 333_334]


def test_dust_of_cutting_is_no_land():
    assert round_areas([1e-6, 2.0, 0.4], [0, 0, 1], [[0, 0, 0]], 2).tolist() == [0, 2, 0]


def test_the_noise_of_a_square_goes_to_its_largest_atom():
    out = round_areas([4.0, 95.5], [0, 0], [[0, 1]], 100, whole=[True, True], cell_m2=100)
    assert out.tolist() == [4, 96]


def test_inside_a_part_the_largest_remainder_is_served():
    assert round_areas([0.4, 1.2, 3.4], [0, 0, 0], [[0, 0, 0]], 5).tolist() == [1, 1, 3]
    assert round_areas([0.3, 1.2, 3.5], [0, 0, 0], [[0, 0, 0]], 5).tolist() == [0, 1, 4]


def test_equal_remainders_are_served_in_the_order_of_rows():
    assert round_areas([0.5, 0.5, 0.5, 0.5], [0] * 4, [[0] * 4], 2).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("bad", [[-1.0], [float("nan")], [float("inf")]])
def test_amounts_that_are_no_areas_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        round_areas(bad, [0], [[0]], 1)


def test_a_total_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="reach"):
        round_areas([100.0], [0], [[0]], 250, whole=[True], cell_m2=100)
    with pytest.raises(ValueError, match="reach"):
        round_areas([5.0, 3.0], [0, 1], [[0, 0]], -9)


def test_nothing_rounds_to_nothing():
    assert round_areas([], [], [[]], 0).tolist() == []


@pytest.mark.parametrize("one", [-1.0, float("nan"), float("inf")])
def test_one_amount_that_cannot_be_is_enough(one):
    with pytest.raises(ValueError, match="finite and not negative"):
        round_areas([2.0, one, 3.0], [0, 1, 2], [[0, 0, 0]], 5)


def test_what_is_close_to_a_whole_number_takes_that_one():
    size = (np.array([3.2, 3.3, 3.5, 3.7, 3.8, 4.0]) * _PARTS).astype(np.int64)
    low, high = _bounds(size, 0.25)
    assert low.tolist() == [3, 3, 3, 3, 4, 4]
    assert high.tolist() == [3, 4, 4, 4, 4, 4]
    low, high = _bounds(size)
    assert low.tolist() == [3, 3, 3, 3, 3, 4] and high.tolist() == [4, 4, 4, 4, 4, 4]
