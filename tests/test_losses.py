"""What each unit is worth to the plan, held against every plan of small worlds."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning.allocation import allocate
from zoning.capacity import Limit
from zoning.questions.losses import losses


@pytest.mark.parametrize("seed", range(6))
def test_brute_force_agrees(seed):
    rng = np.random.default_rng(seed)
    n = 5
    pieces = pd.DataFrame(
        {"unit": [f"u{k}" for k in range(n)], "county": [f"c{k % 2}" for k in range(n)],
         "free_m2": rng.integers(1, 4, n), "suitability": np.round(rng.uniform(0.1, 1.0, n), 2)},
        index=pd.Index([f"u{k}|t" for k in range(n)], name="piece"),
    )  # fmt: skip
    limits = [Limit("city", "city", cap_m2=5), Limit("county", "c0", floor_m2=2, cap_m2=3)]
    base = allocate(pieces, limits)
    table = losses(pieces, limits, base)
    assert table.index.name == "unit"
    free, worth = pieces["free_m2"].to_numpy(), pieces["suitability"].to_numpy()
    plans = [
        np.array(x)
        for x in itertools.product(*(range(f + 1) for f in free))
        if sum(x) <= 5 and 2 <= x[0] + x[2] + x[4] <= 3
    ]
    best = max(float(worth @ x) for x in plans)
    for k, unit in enumerate(pieces["unit"]):
        for word, at in (("barred", 0), ("forced", free[k])):
            left = [float(worth @ x) for x in plans if x[k] == at]
            low, high = table.loc[unit, [f"{word}_lower", f"{word}_upper"]]
            if not left:
                assert pd.isna(low) and pd.isna(high)
                continue
            assert low == pytest.approx(best - max(left), abs=1e-9)
            assert high == pytest.approx(low, abs=1e-9)


@pytest.mark.slow
def test_who_waits_is_told_unit_by_unit():
    pieces, told = pieces_of(3), []
    limits = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum()) // 2)]
    found = losses(pieces, limits, allocate(pieces, limits), progress=lambda *n: told.append(n))
    assert told == [(k, len(found)) for k in range(len(found) + 1)] and len(found) > 1


def test_with_a_boundary_the_interval_holds_the_loss():
    pieces = pieces_of(4, side=4)
    limits = limits_of(pieces, 4, floors=False)
    how = {"edges": edges_of(pieces), "boundary_weight": 0.05, "whole_units": True}
    base = allocate(pieces, limits, **how)
    table = losses(pieces, limits, base, **how)
    assert (table["barred_lower"] <= table["barred_upper"]).fillna(True).all()
    new = base.new_m2.groupby(pieces["unit"], observed=True).sum()
    taken = new.index[new > 0]
    # Every whole plan is tried by hand: proved optima leave no interval.
    assert (table["barred_upper"] - table["barred_lower"]).max() < 1e-2
    assert (table.loc[taken, "barred_upper"] > 0).any()
    assert (table.loc[[u for u in table.index if u not in taken], "barred_upper"] == 0).all()


@pytest.mark.parametrize(
    ("bound", "other", "expected"),
    [(10.5, 9.25, [0.75, 1.5]), (None, 9.25, [0.75, 1.0]), (10.5, None, [1.0, 1.5])],
)
def test_a_loss_lies_between_what_is_sure_and_what_may_be(monkeypatch, bound, other, expected):
    """What was placed and what is the bound are held crosswise, for the plan and for the other."""
    from types import SimpleNamespace

    from zoning.questions import losses as module

    found = SimpleNamespace(objective=9.0, bound=other)
    monkeypatch.setattr(module, "allocate", lambda *_given, **_how: found)
    base = SimpleNamespace(objective=10.0, bound=bound)
    assert module._loss(pd.DataFrame(), (), base, (), {}) == expected


def test_only_units_that_change_are_solved_and_all_are_told(monkeypatch):
    """a is built in full, b in part, c not at all; d is locked, e has nothing free."""
    from types import SimpleNamespace

    from zoning.capacity import Lock
    from zoning.errors import InfeasibleError
    from zoning.questions import losses as module

    pieces = pd.DataFrame(
        {"unit": list("aabcde"), "free_m2": [2, 3, 4, 1, 6, 0], "suitability": 0.5},
        index=pd.Index([f"p{k}" for k in range(6)], name="piece"),
    )  # fmt: skip
    new = pd.Series([2, 3, 1, 0, 2, 0], pieces.index)
    base = SimpleNamespace(objective=10.0, bound=None, new_m2=new[::-1])
    held, asked, told = Lock("mine", "out", ("d",)), [], []

    def solve(*given, locks, **how):
        asked.append(([(x.kind, x.units) for x in locks], how))
        if locks[-1].units == ("c",):
            raise InfeasibleError([])
        return SimpleNamespace(objective=9.0, bound=9.5)

    monkeypatch.setattr(module, "allocate", solve)
    limits = [Limit("city", "city", cap_m2=8)]
    found = losses(pieces, limits, base, locks=[held], progress=lambda *n: told.append(n), gap=0.5)
    mine = ("out", ("d",))
    assert asked == [
        ([mine, ("out", ("a",))], {"gap": 0.5}), ([mine, ("out", ("b",))], {"gap": 0.5}),
        ([mine, ("in", ("b",))], {"gap": 0.5}), ([mine, ("in", ("c",))], {"gap": 0.5}),
    ]  # fmt: skip
    assert told == [(k, 4) for k in range(5)]
    assert found.index.tolist() == list("abcd") and found.index.name == "unit"
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [
        [0.5, 1.0, 0.0, 0.0], [0.5, 1.0, 0.5, 1.0], [0.0, 0.0, None, None], [0.0] * 4]  # fmt: skip
    assert {str(t) for t in found.dtypes} == {"Float64"}
    few = losses(pieces, limits, base, units=["e", "b"])
    assert few.index.tolist() == ["e", "b"] and few.loc["e"].tolist() == [0.0] * 4
