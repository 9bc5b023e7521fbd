"""How policies are shown: every number has one class, colours are those that were asked."""

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.colors import to_hex

from zoning.policy.contribute import _classes, _ramp


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40))
def test_every_number_lies_in_one_class(numbers: list[float]) -> None:
    classes = _classes(pd.Series(numbers), "Blues", "")
    assert all(a.upper == b.lower for a, b in pairwise(classes))
    for x in numbers:
        inside = [c for c in classes if c.lower < x <= c.upper]
        assert len(inside) == 1 or x == classes[0].lower, (x, classes)


def test_limits_are_round_and_counts_about_equal() -> None:
    classes = _classes(pd.Series(np.arange(3.0, 104.0)), "Blues", "")
    assert [(c.lower, c.upper) for c in classes] == [
        (3.0, 23.0), (23.0, 43.0), (43.0, 63.0), (63.0, 83.0), (83.0, 110.0),
    ]  # fmt: skip
    assert classes[0].label.en == "3 – 23"
    assert [c.colour for c in classes] == _ramp("Blues", 5)  # to the dark end of the ramp
    assert _classes(pd.Series([np.nan]), "Blues", "") == ()


def test_a_ramp_is_the_one_that_was_asked_and_a_known_one_stands_in() -> None:
    assert _ramp("Blues", 3) == [to_hex(colormaps["Blues"](x)) for x in (0.15, 0.525, 0.9)]
    assert _ramp("no such ramp", 2) == _ramp("YlGn", 2) != _ramp("Blues", 2)
