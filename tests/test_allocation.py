"""Allocation without a boundary term: against other solvers, by hand, and what must always hold."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from worlds_allocation import limits_of, pieces_of

from zoning.allocation import allocate
from zoning.allocation.model import exact_dot
from zoning.allocation.proof.certificate import broken_limits, complete, masks_of
from zoning.capacity import Limit, Lock
from zoning.errors import InfeasibleError, InputError


def lp_optimum(pieces: pd.DataFrame, limits: list[Limit]) -> float | None:
    """The same question to HiGHS, written another way; ``None`` if it has no answer."""
    rows, right = [], []
    for limit, mask in zip(limits, masks_of(pieces, limits), strict=True):
        members = mask.astype(float)
        if limit.cap_m2 is not None:
            rows.append(members)
            right.append(limit.cap_m2)
        if limit.floor_m2:
            rows.append(-members)
            right.append(-limit.floor_m2)
    box = np.column_stack([np.zeros(len(pieces)), pieces["free_m2"]])
    result = linprog(-pieces["suitability"], np.array(rows), right, bounds=box, method="highs")
    return -result.fun if result.status == 0 else None


@pytest.mark.parametrize(
    "block", [0, *(pytest.param(b, marks=pytest.mark.slow) for b in (1, 2, 3))]
)
def test_equal_to_the_lp_on_random_cases(block):
    seen = set()
    for seed in range(block * 25, block * 25 + 25):
        pieces = pieces_of(seed, ties=seed % 3 == 0)
        limits = limits_of(pieces, seed, zones=seed % 2 == 0, hard=0.3)
        best = lp_optimum(pieces, limits)
        if best is None:
            seen.add("infeasible")
            with pytest.raises(InfeasibleError):
                allocate(pieces, limits)
            continue
        plan = allocate(pieces, limits)
        seen.add(plan.method)
        assert plan.objective == pytest.approx(best, rel=1e-9, abs=1e-6)
        assert plan.certificate.ok and plan.certificate.grade == "complete"
        assert plan.gap == 0.0
        assert plan.new_m2.dtype == np.int64
        assert not broken_limits(pieces, limits, (), plan.new_m2)
    assert seen == {"nested", "lp", "infeasible"}


@pytest.mark.parametrize("seed", range(6))
def test_equal_to_a_network_flow(seed):
    """Nested caps as a flow: source -> piece -> township -> county -> city -> source."""
    pieces = pieces_of(seed, side=4)
    limits = limits_of(pieces, seed, zones=False, floors=False)
    graph = nx.DiGraph()
    caps = {(x.kind, x.code): x.cap_m2 for x in limits}
    big = int(pieces["free_m2"].sum())

    def cap(kind, code):
        value = caps.get((kind, code))
        return big if value is None else value

    for code, p in pieces.iterrows():
        town, county = p["township"], p["county"]
        value = -round(p["suitability"] * 10**9)
        graph.add_edge("s", code, capacity=int(p["free_m2"]), weight=value)
        graph.add_edge(code, town, capacity=int(p["free_m2"]), weight=0)
        graph.add_edge(town, county, capacity=cap("township", town), weight=0)
        graph.add_edge(county, "city", capacity=cap("county", county), weight=0)
    graph.add_edge("city", "s", capacity=cap("city", "city"), weight=0)
    cost, _ = nx.network_simplex(graph)
    plan = allocate(pieces, limits)
    assert plan.method == "nested"
    assert round(plan.objective * 10**9) == pytest.approx(-cost, abs=1)


def test_method_is_named_and_three_trees_are_mixed():
    pieces = pieces_of(3)
    two = limits_of(pieces, 3, floors=False)
    pieces["unit_class"] = [f"k{i % 3}" for i in range(len(pieces))]
    third = [
        Limit("unit", f"k{i}", cap_m2=int(pieces["free_m2"].sum()) // 5, column="unit_class")
        for i in range(3)
    ]
    plan = allocate(pieces, [*two, *third])
    assert plan.method == "milp"
    assert plan.certificate.grade == "solver's word" and plan.certificate.ok
    best = lp_optimum(pieces, [*two, *third])
    assert best is not None
    assert plan.objective <= best + 1e-6
    assert plan.objective >= best * 0.999


@pytest.mark.slow
def test_certificate_catches_every_planted_exchange():
    caught = 0
    for seed in range(12):
        pieces = pieces_of(seed)
        limits = limits_of(pieces, seed, zones=seed % 2 == 0)
        try:
            plan = allocate(pieces, limits)
        except InfeasibleError:
            continue
        prices = {k: round(v * 10**9) for k, v in enumerate(plan.limits["price"]) if v}
        rng = np.random.default_rng(seed)
        for _ in range(30):
            give, take = rng.choice(len(pieces), 2, replace=False)
            worse = plan.new_m2.copy()
            worse.iloc[give] -= 1
            worse.iloc[take] += 1
            loss = pieces["suitability"].iloc[give] - pieces["suitability"].iloc[take]
            verdict = complete(pieces, limits, (), worse, prices)
            if broken_limits(pieces, limits, (), worse):
                assert not verdict.ok
            else:
                assert verdict.ok == (abs(loss) < 5e-10)
                caught += not verdict.ok
    assert caught > 20


def test_locks_hold_and_their_clash_is_told():
    pieces = pieces_of(1)
    city = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum()) // 2)]
    worst = pieces.groupby("unit")["suitability"].mean().idxmin()
    best = pieces.loc[pieces["free_m2"] > 0].groupby("unit")["suitability"].mean().idxmax()
    plan = allocate(pieces, city, locks=[Lock("a", "in", (worst,)), Lock("b", "out", (best,))])
    at = pieces["unit"]
    assert (plan.new_m2[at == worst] == pieces.loc[at == worst, "free_m2"]).all()
    assert (plan.new_m2[at == best] == 0).all()
    assert plan.certificate.ok
    with pytest.raises(InfeasibleError, match="both hold unit"):
        allocate(pieces, city, locks=[Lock("a", "in", (best,)), Lock("b", "out", (best,))])


def test_missing_suitability_is_not_built_and_counted():
    pieces = pieces_of(2)
    pieces["suitability"] = pieces["suitability"].astype("Float64")
    first = pieces.index[pieces["free_m2"] > 0][0]
    pieces.loc[first, "suitability"] = pd.NA
    plan = allocate(pieces, [Limit("city", "city", cap_m2=10**9)])
    assert plan.new_m2[first] == 0
    assert plan.unknown == 1 and plan.certificate.ok


def test_bad_tables_are_refused_all_at_once():
    pieces = pieces_of(0).drop(columns=["suitability", "zone"])
    with pytest.raises(InputError) as error:
        allocate(pieces, [Limit("quota", "key", cap_m2=1)])
    assert {p.code for p in error.value.problems} == {"missing-column"}
    assert len(error.value.problems) == 2
    twice = pd.concat([pieces_of(0), pieces_of(0).iloc[:1]])
    with pytest.raises(InputError, match="twice"):
        allocate(twice, [])


def test_ties_go_by_code():
    pieces = pieces_of(4)
    pieces["suitability"] = 0.5
    cap = int(pieces["free_m2"].sum()) // 3
    plan = allocate(pieces, [Limit("city", "city", cap_m2=cap)])
    filled = pieces["free_m2"].cumsum() <= cap
    assert (plan.new_m2[filled] == pieces.loc[filled, "free_m2"]).all()
    assert plan.new_m2.sum() == cap


worlds = st.integers(0, 10_000)


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(1, 500), st.booleans())
def test_a_larger_cap_never_lowers_the_optimum(seed, more, zones):
    pieces = pieces_of(seed, side=4)
    limits = limits_of(pieces, seed, zones=zones, floors=False)
    k = seed % len(limits)
    larger = list(limits)
    if (cap := limits[k].cap_m2) is not None:
        larger[k] = Limit(limits[k].kind, limits[k].code, cap_m2=cap + more)
    assert allocate(pieces, larger).objective >= allocate(pieces, limits).objective


@settings(max_examples=25, deadline=None)
@given(worlds, st.booleans())
def test_permuted_rows_give_the_same_plan(seed, zones):
    pieces = pieces_of(seed, side=4, ties=True)
    limits = limits_of(pieces, seed, zones=zones, floors=False)
    mixed = pieces.sample(frac=1, random_state=seed)
    a, b = allocate(pieces, limits), allocate(mixed, limits)
    pd.testing.assert_series_equal(a.new_m2, b.new_m2.reindex(pieces.index))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(worlds, st.booleans())
def test_a_relaxed_lock_never_lowers_the_optimum(seed, zones):
    pieces = pieces_of(seed, side=4)
    limits = limits_of(pieces, seed, zones=zones, floors=False)
    units = sorted(set(pieces["unit"]))
    tight, loose = Lock("x", "out", tuple(units[::2])), Lock("x", "out", tuple(units[::4]))
    strict = allocate(pieces, limits, locks=[tight]).objective
    assert allocate(pieces, limits, locks=[loose]).objective >= strict


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=50))
def test_exact_dot(rows):
    a, b = (np.array(x, dtype=np.int64) for x in zip(*rows, strict=True))
    assert exact_dot(a, b) == sum(x * y for x, y in rows)


@pytest.mark.parametrize("cap", [0, 19])
def test_whole_units_without_room_do_not_forget_a_floor(cap):
    """Where no unit is left to choose from, the floors are held against the empty choice."""
    pieces = pd.DataFrame(
        {"unit": ["a", "b"], "county": ["x", "y"], "free_m2": 50, "suitability": [0.9, 0.3],
         "area_m2": 100, "built_m2": 0}, index=pd.Index(["a|1", "b|2"], name="piece"))  # fmt: skip
    rules = [Limit("city", "city", cap_m2=cap), Limit("county", "y", floor_m2=20)]
    for whole in (True, False):
        with pytest.raises(InfeasibleError):
            allocate(pieces, rules, whole_units=whole)
    assert allocate(pieces, rules[:1], whole_units=True).new_m2.sum() == 0
