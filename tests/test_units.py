"""Rounding that closes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoning.base.areas import round_to_total

amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(amounts)
def test_rounding_closes_and_moves_nothing_by_more_than_one(values):
    whole = round_to_total(values)
    assert whole.sum() == round(math.fsum(values))
    assert (np.abs(whole - np.array(values)) <= 1).all()
    assert (whole >= 0).all()


def test_the_largest_remainder_is_served_first_and_ties_go_by_row():
    assert round_to_total([0.2, 0.7, 0.6, 0.5]).tolist() == [0, 1, 1, 0]
    assert round_to_total([0.5, 0.5, 0.5, 0.5]).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("bad", [[-1.0], [float("nan")], [float("inf")]])
def test_amounts_must_be_finite_and_not_negative(bad):
    with pytest.raises(ValueError, match="finite and not negative"):
        round_to_total(bad)


def test_a_total_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="cannot reach"):
        round_to_total([1.0, 1.0], 9)
