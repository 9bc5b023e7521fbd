"""Patches of new land that are large enough, in fractions of units: kept, bounded, and told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoning as zn
from tests import worlds
from zoning.allocation import allocate
from zoning.allocation.grown import allocate_patches, small_units
from zoning.capacity.rules import Limit
from zoning.errors import InfeasibleError, InputError
from zoning.verify import verify

KM2 = 1_000_000


def city(side: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A square of units with random worth, some built; and their sides."""
    rng = np.random.default_rng(seed)
    names = [f"{i}-{j}" for i in range(side) for j in range(side)]
    built = np.where(rng.random(side**2) < 0.1, 600_000, rng.integers(0, 300_000, side**2))
    pieces = pd.DataFrame(
        {
            "unit": names, "county": np.where(np.arange(side**2) % side < side // 2, "w", "e"),
            "area_m2": KM2, "built_m2": built, "free_m2": rng.integers(0, 400_000, side**2),
            "suitability": rng.random(side**2).round(3),
        },
        index=pd.Index([f"{n}|t" for n in names], name="piece"),
    )  # fmt: skip
    pairs = [
        (f"{i}-{j}", f"{i + di}-{j + dj}")
        for i in range(side) for j in range(side) for di, dj in ((1, 0), (0, 1))
        if i + di < side and j + dj < side
    ]  # fmt: skip
    edges = pd.DataFrame(pairs, columns=["a", "b"]).assign(length_m=1000.0)
    return pieces, edges


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05]), st.sampled_from([3e5, 8e5, 1.5e6]))
def test_no_patch_is_too_small_and_the_bound_holds(seed: int, weight: float, least: float) -> None:
    pieces, edges = city(7, seed)
    limits = [Limit("city", "city", cap_m2=2_500_000), Limit("county", "w", cap_m2=1_500_000)]
    plain = allocate(pieces, limits, boundary_weight=weight, edges=edges)
    made = allocate_patches(
        pieces, limits, least_m2=int(least), edges=edges, boundary_weight=weight
    )
    assert small_units(pieces, made.new_m2, edges, int(least), 0.5) == []
    new = made.new_m2
    assert new.sum() <= 2_500_000 and new[pieces["county"] == "w"].sum() <= 1_500_000
    assert (new >= 0).all() and (new <= pieces["free_m2"]).all()
    assert made.objective <= plain.objective + 1e-6 * abs(plain.objective)
    assert made.bound is not None and made.bound >= plain.objective - 1e-6 * abs(plain.objective)
    assert made.certificate.ok and not made.certificate.broken
    if made.method.endswith("+patches"):
        assert made.gap == pytest.approx((made.bound - made.objective) / made.bound)
        assert made.certificate.grade == "bounded"
        # The bound is that of the plan without the wish, so are the prices that prove it.
        assert made.limits["price"].tolist() == plain.limits["price"].tolist()
        assert made.limits["used_m2"].tolist()[0] == new.sum()
    else:
        assert new.equals(plain.new_m2)


def test_a_wish_that_holds_anyway_changes_nothing() -> None:
    pieces, edges = city(6, 1)
    limits = [Limit("city", "city", cap_m2=2_000_000)]
    made = allocate_patches(pieces, limits, least_m2=1, edges=edges)
    assert made.new_m2.equals(allocate(pieces, limits).new_m2)
    assert made.certificate.grade == "complete"


def test_a_lone_good_square_gives_way_to_two_that_touch() -> None:
    """By hand: 0.9 alone, or 0.8 and 0.7 side by side; 100 of land, patches of 80."""
    pieces = pd.DataFrame(
        {"unit": list("abcd"), "area_m2": 1000, "built_m2": 0, "free_m2": [60, 60, 60, 60],
         "suitability": [0.9, 0.1, 0.8, 0.7]},
        index=pd.Index([f"{u}|t" for u in "abcd"], name="piece"),
    )  # fmt: skip
    edges = pd.DataFrame({"a": ["a", "b", "c"], "b": ["b", "c", "d"], "length_m": 1.0})
    limits = [Limit("city", "city", cap_m2=100)]
    assert allocate(pieces, limits).new_m2.tolist() == [60, 0, 40, 0]
    made = allocate_patches(pieces, limits, least_m2=80, edges=edges)
    assert made.new_m2.tolist() == [0, 0, 60, 40]
    assert made.objective == pytest.approx(0.8 * 60 + 0.7 * 40)
    assert made.bound == pytest.approx(0.9 * 60 + 0.8 * 40)
    # A core next to the lone square makes it part of what is built.
    grown = pieces.assign(built_m2=[0, 600, 0, 0], free_m2=[60, 0, 60, 60])
    kept = allocate_patches(grown, limits, least_m2=120, edges=edges)
    assert kept.new_m2.tolist() == [60, 0, 40, 0]


def test_what_cannot_be_is_told() -> None:
    pieces, edges = city(5, 2)
    floors = [
        Limit("city", "city", cap_m2=1_000_000),
        Limit("county", "w", floor_m2=900_000), Limit("county", "e", floor_m2=50_000),
    ]  # fmt: skip
    with pytest.raises(InfeasibleError, match="patches"):
        allocate_patches(pieces.assign(built_m2=0), floors, least_m2=1_000_001, edges=edges)
    with pytest.raises(InputError, match="min_patch_units"):
        allocate_patches(pieces, floors[:1], least_m2=10, edges=edges, whole_units=True)


@pytest.mark.slow
def test_a_plan_keeps_it_and_verify_counts_again(tmp_path) -> None:
    path = worlds.write(tmp_path, extra="[allocation]\nmin_patch_m2 = 2_000_000\n")
    plan = zn.run(path)
    plan.save(tmp_path / "out")
    again = zn.load(tmp_path / "out")
    checks = {c.check: c for c in verify(again)}
    assert checks["verify.patches"].ok
    assert all(c.ok for c in verify(again) if c.check.startswith(("allocation", "verify.limit")))
    new = again.pieces["new_m2"]
    # All new land but one square far from it goes: what is left of it is a speck.
    lone = new[(new > 0) & (new < 2_000_000)].index[-1]
    forged = again.pieces.assign(new_m2=new.where(again.pieces.index == lone, 0), built_m2=0)
    bad = [c for c in verify(replace(again, pieces=forged)) if c.check == "verify.patches"]
    assert [c.ok for c in bad] == [False] and bad[0].limit == 2_000_000
