"""The one rounding of areas: every sum is its own floor or ceiling, whole squares are whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.ledger import rounding
from zoning.ledger.rounding import (
    _PARTS,
    _add,
    _all_at_once,
    _both_ways,
    _bounds,
    _exact,
    _first,
    _flow,
    _numbered,
    _round_up,
    round_areas,
)


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


@pytest.mark.parametrize(
    "seed", [s if s < 4 else pytest.param(s, marks=pytest.mark.slow) for s in range(12)]
)
def test_what_crosses_the_places_is_kept_too(seed):
    """Red parts of 40 townships, each within 1 m2, could be 20 m2 off together."""
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


@pytest.mark.parametrize(
    "keys",
    [
        [5, 3, 5, -2, 3], [0], [7, 7, 7], [0, 2**60, 1], [-(2**60), 2**60, -(2**60)], [2**60] * 2,
        ["b", "a", "b", ""], [True, False, True], [0.5, -1.5, 0.5], [], [-1, 0, -1],
        [np.iinfo(np.int64).min, np.iinfo(np.int64).max],
    ],
)  # fmt: skip
def test_numbers_follow_the_order_of_keys(keys):
    found = _numbered(np.array(keys))
    assert found.dtype == np.int64
    assert found.tolist() == [sorted(set(keys)).index(k) for k in keys]


def test_columns_of_keys_are_numbered_in_the_order_of_their_rows():
    rng = np.random.default_rng(3)
    for rows in (1, 2, 3):
        keys = rng.integers(-2, 3, (rows, 40)) * 10 ** (3 * rows)
        columns = [tuple(c) for c in keys.T.tolist()]
        found = _numbered(keys)
        assert found.tolist() == [sorted(set(columns)).index(c) for c in columns]
    assert _numbered(np.empty((2, 0), dtype=np.int64)).tolist() == []
    assert _numbered(np.array([[1, 0, 0], [0, 5, 0]])).tolist() == [2, 1, 0]


def test_the_first_row_and_the_sum_of_each_number():
    numbers = np.array([1, 0, 1, 2, 0])
    assert _first(numbers).tolist() == [1, 0, 3] and _first(numbers).dtype == np.int64
    big = np.array([2**60, 1, 2**60, 7, -3])
    assert _add(big, numbers).tolist() == [-2, 2**61, 7] and _add(big, numbers).dtype == np.int64
    none = np.empty(0, dtype=np.int64)
    assert _first(none).tolist() == [] and _add(none, none).tolist() == []


def test_what_lies_just_at_a_closeness_is_not_so_close():
    size = (np.array([3.25, 3.75]) * _PARTS).astype(np.int64)
    low, high = _bounds(size, 0.25)
    assert (low.tolist(), high.tolist()) == ([3, 3], [3, 4])
    low, high = _bounds(size + np.array([-1, 1]), 0.25)
    assert (low.tolist(), high.tolist()) == ([3, 4], [3, 4])


def exact(values, unit, square, total, cell=0):
    found = _exact(np.array(values), np.array(unit), np.array(square, dtype=bool), total, cell)
    assert found.dtype == np.int64
    return found.tolist()


def test_amounts_become_whole_parts_that_a_total_can_be_made_of():
    part, loose = _PARTS, [False] * 3
    # To the nearest part; within a square metre of the total nothing is moved.
    near = [1 + 0.4 / part, 2 + 0.6 / part, 3.0]
    assert exact(near, [0, 1, 2], loose, 6) == [part, 2 * part + 1, 3 * part]
    for total in (5, 7):
        assert exact([1.0, 3.0, 2.5], [0, 1, 2], loose, total + 1 if total == 5 else total) == [
            part, 3 * part, 5 * part // 2]  # fmt: skip
    # Else the largest loose amount takes what is missing, so that the total is just within reach.
    assert exact([1.0, 3.0, 2.0], [0, 1, 2], loose, 7) == [part, 3 * part + 1, 2 * part]
    assert exact([1.0, 3.0, 2.0], [0, 1, 2], loose, 5) == [part, 3 * part - 1, 2 * part]
    assert exact([1.0, 2.0, 2.0], [0, 1, 2], loose, 9) == [part, 5 * part + 1, 2 * part]
    assert exact([1.0, 2.0, 2.0], [0, 1, 2], loose, 3) == [part, part - 1, 2 * part]
    assert exact([0.0, 2.0, 1.0], [0, 1, 2], loose, 3) == [0, 2 * part, part]


def test_whole_squares_are_whole_before_anything_is_rounded():
    part = _PARTS
    square = [True, True, False, True, True]
    found = exact([4.0, 5.5, 8.0, 0.0, 10.25], [0, 0, 1, 2, 2], square, 28, 10)
    # The largest atom of each takes up the noise; of equal ones the first.
    assert found == [4 * part, 6 * part, 8 * part, 0, 10 * part]
    assert exact([5.0, 5.0, 9.0], [0, 0, 1], [True, True, False], 19, 10)[:2] == [5 * part] * 2
    assert exact([4.5, 4.5, 9.0], [0, 0, 1], [True, True, False], 19, 10)[:2] == [
        11 * part // 2, 9 * part // 2]  # fmt: skip
    # What is missing to the total is never taken from a square.
    assert exact([20.0, 3.0], [0, 1], [True, False], 25, 20) == [20 * part, 4 * part + 1]


def rest_of(*shares):
    return np.round(np.array(shares) * _PARTS).astype(np.int64)


def test_places_get_the_nearest_whole_number_where_it_can_be():
    """1.5 and 0.7 are 2: the second has the larger remainder, whatever the flow would do."""
    for order in itertools.permutations(range(4)):
        rest, town = rest_of(0.9, 0.6, 0.4, 0.3), np.array([0, 0, 1, 1])
        unit = np.arange(4)
        up = _round_up(rest[list(order)], unit, [unit * 0, town[list(order)]], [], 2)
        assert np.bincount(town[list(order)], up).tolist() == [1, 1]


def test_what_cannot_be_given_is_refused():
    rest = rest_of(0.5, 0.5, 0.5, 0.5, 0.4, 0.6)
    unit, town = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 3])
    up = _round_up(rest, unit, [unit * 0, town], [], 3)
    assert np.bincount(unit, up).tolist() == [1, 1, 1]
    assert np.bincount(town, up).tolist() == [1, 1, 0, 1]
    assert set(up.tolist()) == {0, 1} and up.dtype == np.int64
    with pytest.raises(ValueError, match=r"cannot give 5 m2 to parts that add up to 3\.0"):
        _round_up(rest, unit, [unit * 0, town], [], 5)
    assert _round_up(rest[:0], unit[:0], [unit[:0]], [], 0).tolist() == []


@pytest.mark.parametrize(
    ("close", "spoiler", "times"),
    [(0.45, 0.5, 2), (0.4, 0.44, 3), (0.3, 0.36, 3), (0.2, 0.26, 4), (0.1, 0.16, 7)],
)
def test_what_is_so_close_takes_the_nearest_though_others_cannot(close, spoiler, times):
    """Of the spoilers one must be given, though each is near nothing: so it is asked less."""
    low, high = close - 0.02, 1.02 - close
    rest = rest_of(*[low, high] * 6, *[spoiler] * times)
    alone = np.arange(rest.size)
    red = np.r_[np.arange(12) // 2, [6] * times]
    up = _round_up(rest, alone, [alone * 0, alone], [red], 7)
    assert up[:12].tolist() == [0, 1] * 6 and up[12:].sum() == 1


def test_all_at_once_keeps_every_set_of_every_family():
    rest = rest_of(0.5, 0.5, 0.5, 0.5)
    families = [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0])]
    up = _all_at_once(rest, families[:2], 2)
    assert up.dtype == np.int64
    assert [np.bincount(f, up).tolist() for f in families[:2]] == [[1, 1], [1, 1]]
    # With the third family two parts are in one set of it whatever is chosen.
    assert _all_at_once(rest, families, 2) is None
    assert _all_at_once(rest, [], 5) is None and _all_at_once(rest, [], 4).tolist() == [1] * 4
    assert _all_at_once(rest, [], 0).tolist() == [0] * 4
    assert _all_at_once(rest_of(0.6, 0.7), [np.array([0, 0])], 2).tolist() == [1, 1]
    assert _all_at_once(rest_of(0.3, 0.6), [np.array([0, 0])], 2) is None


def test_where_flows_find_nothing_all_is_asked_at_once_unless_there_is_too_much(monkeypatch):
    rest = rest_of(0.5, 0.5, 0.5, 0.5)
    unit, town, red = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 1, 0, 1])
    families = [unit], [unit * 0, town], [red]
    found = _both_ways(rest, *families, 2)
    for family in (unit, town, red):
        assert np.bincount(family, found).tolist() == [1, 1]
    monkeypatch.setattr(rounding, "_flow", lambda *given: None)
    found = _both_ways(rest, *families, 2)
    for family in (unit, town, red):
        assert np.bincount(family, found).tolist() == [1, 1]
    monkeypatch.setattr(rounding, "_MANY", 4)
    assert _both_ways(rest, *families, 2) is not None
    monkeypatch.setattr(rounding, "_MANY", 3)
    assert _both_ways(rest, *families, 2) is None


def test_a_flow_keeps_the_bounds_that_it_is_given():
    rest = rest_of(0.5, 0.5, 0.5, 0.5)
    unit, town = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    for kept in ([0, 1, 1], [1, 1, 0], [1, 0, 1]):
        bounds = [np.array([[2], [2]]), np.stack([kept, kept])]
        found = _flow(rest, [unit], [unit * 0, town], bounds)
        assert np.bincount(town, found, minlength=3).tolist() == kept
        assert np.bincount(unit, found).tolist() == [1, 1] and found.dtype == np.int64
    wide = np.array([[0, 0, 0], [1, 2, 1]])
    assert _flow(rest, [unit], [unit * 0, town], [np.array([[1], [3]]), wide]).sum() == 2
    for total, places in ((3, wide), (2, np.array([[0, 0, 0], [0, 1, 0]]))):
        bounds = [np.array([[total], [total]]), places]
        assert _flow(rest, [unit], [unit * 0, town], bounds) is None
    # What a part has above whole square metres goes through as well.
    more = rest + np.array([0, 3, 0, 5]) * _PARTS
    found = _flow(
        more, [unit], [unit * 0, town], [np.array([[10], [10]]), wide + np.array([0, 3, 5])]
    )
    assert (found // [1, 3, 1, 5] <= 1).all() and found.sum() == 10


def test_what_cannot_hold_at_a_look_is_not_sent_through_the_network(monkeypatch):
    """A third of the time of a country's rounding went into flows that a sum shows to fail."""
    import scipy.sparse.csgraph as graph

    real, asked = graph.maximum_flow, []

    def watch(*given):
        asked.append(given)
        return real(*given)

    monkeypatch.setattr(graph, "maximum_flow", watch)
    one, wide = np.array([[1], [1]]), np.array([[0, 0, 0], [1, 1, 1]])
    unit, all_ = np.array([0, 0, 0]), np.array([0, 0, 0])
    every = [all_, np.arange(3)]
    # 0.35, 0.35, 0.3 of a unit of 1 m2: the nearest of each is 0, and 1 is to be given.
    rest = np.array([22938, 22938, 19660])
    assert rest.sum() == _PARTS
    any_ = np.array([[0], [3]])
    assert _flow(rest, [unit], every, [any_, wide], 0.4) is None and not asked
    assert _flow(_PARTS - rest, [unit], every, [any_, wide], 0.4) is None and not asked
    # The other family: what must be 0 has a part that must be 1, and the other way round.
    large = rest_of(0.9, 0.1, 0.0)
    for held in ([0, 0, 0], [1, 1, 0]):
        bounds = [one, np.stack([held, held])]
        assert _flow(large, [unit], every, bounds, 0.2) is None and not asked
    for part, total in ((rest, one), (_PARTS - rest, one + 1)):  # all fit to the last
        assert _flow(part, [unit], every, [total, wide]).sum() == total[0, 0]
    assert len(asked) == 2


def test_numbers_and_flags_may_come_as_plain_lists():
    assert round_areas([3, 7, 2], [0, 0, 1], [[0, 1, 1]], 12, whole=[1, 1, 0], cell_m2=10).tolist(
        ) == [3, 7, 2]  # fmt: skip


def test_whole_squares_need_their_size():
    assert round_areas([1.0], [0], [[0]], 1, whole=[True], cell_m2=1).tolist() == [1]
    with pytest.raises(ValueError, match="reach"):
        round_areas([1.0], [0], [[0]], 1, whole=[True])


def test_places_are_kept_one_in_the_other_and_over_all_only_what_is_named(monkeypatch):
    """What is asked of the flow: parts above a whole number, their units, places and crossings."""
    asked = []

    def noted(rest, unit, levels, crossing, give):
        asked.append((rest.tolist(), unit.tolist(), [x.tolist() for x in levels],
                      [x.tolist() for x in crossing], give))  # fmt: skip
        return np.arange(rest.size) < give

    monkeypatch.setattr(rounding, "_round_up", noted)
    county, town, red = [7, 7, 3, 3, 3], [1, 2, 1, 1, 1], [0, 1, 1, 0, 0]
    amounts, units = [1.5, 2.25, 3.0, 0.75, 0.25], [4, 4, 9, 9, 9]
    for across, kept in ((None, []), (1, [[0, 1]]), (2, [[0, 1], [0, 2]])):
        more = {} if across is None else {"across": across}
        # The last two are one part, which has a whole number, as the third has.
        assert round_areas(amounts, units, [county, town, red], 8, **more).tolist() == [
            2, 2, 3, 1, 0]  # fmt: skip
        levels = [[0, 0], [1, 1], [1, 2], [2, 3]]
        assert asked.pop() == ([_PARTS // 2, _PARTS // 4], [0, 0], levels, kept, 1)
