"""Allocation with a boundary term: against other formulations, by hand, and what must hold."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning.allocation import allocate, lattice_edges
from zoning.allocation.files.programme import programme
from zoning.allocation.landscape import landscape
from zoning.allocation.methods.cuts import min_cut
from zoning.allocation.proof.bounded import Boundary, bound_of, bounded
from zoning.allocation.proof.certificate import broken_limits
from zoning.capacity import Limit, Lock
from zoning.errors import InfeasibleError, InputError

LAMBDA = 0.01  # km: with sides of 1 m and units of 1000 m2 the boundary weighs about as much


def optimum(pieces, limits, how, locks=()):
    """The same question, written in another way, to HiGHS; ``None`` if it has no answer."""
    q = programme(pieces, limits, locks, how)
    rows = LinearConstraint(q.matrix, q.low, q.high) if len(q.rows) else None
    result = milp(q.cost, constraints=rows, bounds=Bounds(q.lower, q.upper), integrality=q.whole)
    return None if result.x is None else -result.fun - q.constant


def check_case(seed: int, whole: bool, side: int = 4) -> str:
    pieces = pieces_of(seed, side=side)
    limits = limits_of(pieces, seed, zones=True, floors=not whole, hard=0.35)
    if whole:
        limits = [x for x in limits if x.kind != "township" or x.cap_m2]
    edges = edges_of(pieces)
    how = Boundary(edges, LAMBDA * (1 + seed % 3 * 20), whole)
    best = optimum(pieces, limits, how)
    if best is None:
        with pytest.raises(InfeasibleError):
            allocate(pieces, limits, boundary_weight=how.lambda_km, edges=edges, whole_units=whole)
        return "infeasible"
    plan = allocate(pieces, limits, boundary_weight=how.lambda_km, edges=edges, whole_units=whole)
    assert plan.certificate.ok, plan.certificate.text.en
    assert not broken_limits(pieces, limits, (), plan.new_m2)
    assert plan.bound >= best - 1e-6 * max(1, abs(best))
    # Whole square metres in units of a thousand: rounding costs a few suitability-m2.
    slack = 1e-6 if whole else 2.0 + 0.002 * how.lambda_km * 1000 * len(edges)
    assert best - slack <= plan.objective <= best + 1e-6
    return plan.method


@pytest.mark.parametrize(
    ("whole", "seeds"),
    [
        (False, 10),
        *(pytest.param(w, 20, marks=pytest.mark.slow) for w in (False, True)),
    ],
)
def test_equal_to_highs(whole, seeds):
    seen = {check_case(seed, whole) for seed in range(seeds)}
    assert "infeasible" in seen
    assert len(seen) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("whole", [False, True])
def test_equal_to_highs_on_300_cases(whole):
    seen = [check_case(seed, whole, side=5) for seed in range(300)]
    assert 60 <= seen.count("infeasible") <= 200


def test_whole_units_by_trying_all():
    pieces = pieces_of(11, side=3)
    pieces["built_m2"] = 0
    edges = edges_of(pieces)
    limits = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum()) // 2)]
    plan = allocate(pieces, limits, boundary_weight=0.0001, edges=edges, whole_units=True)
    free = pieces.groupby("unit")["free_m2"].sum()
    worth = (pieces["suitability"].round(9) * pieces["free_m2"]).groupby(pieces["unit"]).sum()
    units = [u for u in free.index if free[u] > 0]
    best = 0.0
    for size in range(len(units) + 1):
        for chosen in itertools.combinations(units, size):
            if free[list(chosen)].sum() > limits[0].cap_m2:
                continue
            cut = sum(x.length_m for x in edges.itertuples() if (x.a in chosen) != (x.b in chosen))
            best = max(best, worth[list(chosen)].sum() - 0.1 * cut)
    assert plan.objective == pytest.approx(best, abs=1e-6)
    assert plan.gap <= 1e-9


def test_cores_count_as_chosen():
    """Two equal units; the one beside the core wins, and the core itself may stay unbuilt."""
    units = ["N000E000", "N000E001", "N000E002", "N000E003"]
    pieces = pd.DataFrame(
        {
            "unit": units,
            "area_m2": 100,
            "built_m2": [60, 0, 0, 0],
            "free_m2": [10, 50, 50, 50],
            "suitability": [0.1, 0.5, 0.5, 0.5],
        },
        index=pd.Index([f"{u}|t" for u in units], name="piece"),
    )
    edges = edges_of(pieces)
    plan = allocate(
        pieces, [Limit("city", "", cap_m2=50)], boundary_weight=0.001, edges=edges, whole_units=True
    )
    assert plan.new_m2.tolist() == [0, 50, 0, 0]
    assert plan.boundary_m == 1.0  # between the second unit and the third
    # Bound by hand: 1 + 25 + 25 + 25 without flow. A flow of 1 from the second unit into the core
    # is paid by the one and earned by the other; the core's own land has no part in it.
    for flow in (0.0, -1.0):
        flows = edges.assign(flow=[flow, 0.0, 0.0])
        assert bound_of(pieces, [], (), Boundary(flows, 0.001, True), {}) == pytest.approx(76.0)


def test_fractions_by_hand():
    """One empty unit between two built ones: filling it removes 2 m of full step of boundary."""
    units = ["N000E000", "N000E001", "N000E002"]
    pieces = pd.DataFrame(
        {
            "unit": units,
            "area_m2": 100,
            "built_m2": [100, 0, 100],
            "free_m2": [0, 100, 0],
            "suitability": [0.0, 0.0, 0.0],
        },
        index=pd.Index([f"{u}|t" for u in units], name="piece"),
    )
    plan = allocate(
        pieces, [Limit("city", "", cap_m2=30)], boundary_weight=0.01, edges=edges_of(pieces)
    )
    assert plan.new_m2.tolist() == [0, 30, 0]
    assert plan.boundary_m == pytest.approx(1.4)
    assert plan.objective == pytest.approx(-14.0)
    # One m2 less of boundary share: 2 sides x 1 m x 10 m2 per m / 100 m2.
    assert plan.limits["price"].tolist() == pytest.approx([0.2])


def world(seed=5):
    pieces = pieces_of(seed, side=6)
    limits = limits_of(pieces, seed, zones=True, floors=False)
    return pieces, limits, edges_of(pieces)


@pytest.mark.parametrize("whole", [False, True])
def test_bounded_catches_every_plan_worse_than_its_gap(whole):
    pieces, limits, edges = world()
    lam = LAMBDA * 10
    plan = allocate(pieces, limits, boundary_weight=lam, edges=edges, whole_units=whole)
    how = Boundary(plan.edges, lam, whole)
    prices = {k: float(y) for k, y in enumerate(plan.limits["price"])}
    bound = bound_of(pieces, limits, (), how, prices)
    first = bounded(pieces, limits, (), plan.new_m2, how, prices, stated_gap=np.inf)
    rng = np.random.default_rng(1)
    caught = 0
    for _ in range(60):
        worse = plan.new_m2.copy()
        unit = rng.choice(pieces.loc[worse > 0, "unit"].unique())
        worse[pieces["unit"] == unit] = 0
        verdict = bounded(pieces, limits, (), worse, how, prices, stated_gap=first.gap)
        assert verdict.bound == pytest.approx(max(bound, verdict.objective))
        if verdict.objective < plan.objective - 1e-6:
            assert not verdict.ok
            caught += 1
    assert caught > 10


def test_bound_holds_for_any_prices_and_flows():
    """Wrong prices and flows give a weak bound, never a wrong one."""
    pieces, limits, edges = world(7)
    lam = LAMBDA * 10
    rng = np.random.default_rng(0)
    for whole in (False, True):
        best = optimum(pieces, limits, Boundary(edges, lam, whole))
        for _ in range(10):
            flow = rng.uniform(-2, 2, len(edges)) * lam * 1000
            prices = {k: rng.uniform(0, 1) for k in range(len(limits))}
            how = Boundary(edges.assign(flow=flow), lam, whole)
            assert bound_of(pieces, limits, (), how, prices) >= best - 1e-6


def test_min_cut_by_trying_all():
    rng = np.random.default_rng(3)
    for _ in range(30):
        n = 8
        pairs = [p for p in itertools.combinations(range(n), 2) if rng.random() < 0.4]
        a, b = (np.array([p[k] for p in pairs], dtype=np.intp) for k in (0, 1))
        weight = rng.uniform(0, 2, len(pairs))
        gain = rng.normal(0, 2, n)
        best = -np.inf
        for bits in itertools.product([False, True], repeat=n):
            z = np.array(bits)
            best = max(best, gain[z].sum() - weight[z[a] != z[b]].sum())
        cut = min_cut(gain, a, b, weight)
        value = gain[cut.z].sum() - weight[cut.z[a] != cut.z[b]].sum()
        assert value == pytest.approx(best, abs=1e-6)
        net = np.bincount(a, cut.flow, n) - np.bincount(b, cut.flow, n)
        assert np.maximum(gain - net, 0).sum() == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("whole", [False, True])
def test_more_weight_never_more_boundary(whole):
    pieces, limits, edges = world(9)
    lengths = [
        allocate(pieces, limits, boundary_weight=lam, edges=edges, whole_units=whole).boundary_m
        for lam in (0.0, LAMBDA, LAMBDA * 10, LAMBDA * 40)
    ]
    assert all(x >= y - 1e-2 for x, y in itertools.pairwise(lengths))
    assert lengths[0] > lengths[-1]


@pytest.mark.parametrize("whole", [False, True])
def test_permuted_rows_give_the_same_plan(whole):
    pieces, limits, edges = world(4)
    how = {"boundary_weight": LAMBDA * 10, "whole_units": whole}
    first = allocate(pieces, limits, edges=edges, **how)
    mixed = allocate(
        pieces.sample(frac=1, random_state=1),
        limits,
        edges=edges.sample(frac=1, random_state=2),
        **how,
    )
    pd.testing.assert_series_equal(first.new_m2, mixed.new_m2.reindex(pieces.index))


def test_a_larger_cap_and_a_relaxed_lock_never_lower_the_optimum():
    pieces, limits, edges = world(6)
    how = {"boundary_weight": LAMBDA * 10, "edges": edges, "whole_units": True}
    units = tuple(sorted(set(pieces["unit"])))
    tight = allocate(pieces, limits, locks=[Lock("x", "out", units[::2])], **how)
    loose = allocate(pieces, limits, locks=[Lock("x", "out", units[::4])], **how)
    free = allocate(pieces, limits, **how)
    smaller = [
        Limit(x.kind, x.code, cap_m2=None if x.cap_m2 is None else x.cap_m2 // 2) for x in limits
    ]
    less = allocate(pieces, smaller, **how)
    assert tight.objective <= loose.objective + 1e-6 <= free.objective + 2e-6
    assert less.objective <= free.objective + 1e-6


def test_locked_in_whole_units():
    pieces, limits, edges = world(8)
    worst = pieces.loc[pieces["zone"] != "balance"].groupby("unit")["suitability"].mean().idxmin()
    lock = Lock("x", "in", (worst,))
    plan = allocate(
        pieces, limits[:1], locks=[lock], boundary_weight=LAMBDA, edges=edges, whole_units=True
    )
    here = pieces["unit"] == worst
    assert (plan.new_m2[here] == pieces.loc[here, "free_m2"]).all()
    assert plan.certificate.ok


def test_edges_are_checked():
    pieces, limits, edges = world()
    with pytest.raises(InputError, match="neighbours"):
        allocate(pieces, limits, boundary_weight=0.1)
    with pytest.raises(InputError, match="twice"):
        allocate(pieces, limits, boundary_weight=0.1, edges=pd.concat([edges, edges.iloc[:1]]))
    turned = edges.rename(columns={"a": "b", "b": "a"})
    with pytest.raises(InputError, match="twice"):
        allocate(pieces, limits, boundary_weight=0.1, edges=pd.concat([edges, turned.iloc[:1]]))
    with pytest.raises(InputError, match="lambda"):
        allocate(pieces, limits, boundary_weight=-1.0, edges=edges, whole_units=True)


def test_lattice_edges():
    kilometres = lattice_edges(["1kmN3E4", "1kmN4E4", "1kmN4E5"], 1000)
    assert kilometres[["a", "b"]].values.tolist() == [
        ["1kmN3E4", "1kmN4E4"],
        ["1kmN4E4", "1kmN4E5"],
    ]
    metres = lattice_edges(["CRS4549RES500mN500E-500", "CRS4549RES500mN500E0"], 500)
    assert len(metres) == 1 and metres["length_m"][0] == 500
    with pytest.raises(InputError):
        lattice_edges(["x"], 1)


def test_landscape_by_hand():
    """A square of four and a single one apart: 2 patches, 8 + 4 sides, 4 of 5 shared sides."""
    names = {(r, c): f"N{r}E{c}" for r in range(3) for c in range(4)}
    chosen = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 3)}
    units = pd.Index(sorted(names.values()))
    built = pd.Series([tuple(map(int, u[1:].split("E"))) in chosen for u in units], units)
    found = landscape(built, pd.Series(1.0, units), lattice_edges(units, 1), 1.0)
    assert (found["units"], found["patches"], found["largest_patch_m2"]) == (5, 2, 4.0)
    assert found["edge_m"] == 12.0
    assert found["aggregation"] == pytest.approx(4 / 5)
    assert found["compactness"] == pytest.approx(2 * np.sqrt(np.pi * 5) / 12)


@pytest.mark.parametrize("wish", [{"min_patch_units": 3}, {"attached": True}])
def test_wishes_about_patches_are_kept_and_not_called_proved(wish):
    broken_without = 0
    for seed in (4, 5, 6):
        pieces, limits, edges = world(seed)
        pieces["built_m2"] = pieces["built_m2"] * 6 // 10  # fewer cores
        how = {"boundary_weight": LAMBDA, "edges": edges, "whole_units": True, "gap": 1e-3}
        free = allocate(pieces, limits, **how)
        broken_without += patches_broken(pieces, free.new_m2, edges, **wish)
        plan = allocate(pieces, limits, **how, **wish)
        assert plan.certificate.ok, plan.certificate.text.en
        assert plan.certificate.grade == "bounded"
        assert plan.objective <= free.bound + 1e-6
        assert plan.new_m2.sum() > 0
        assert not patches_broken(pieces, plan.new_m2, edges, **wish)
    assert broken_without > 0


def patches_broken(pieces, new, edges, min_patch_units=1, attached=False) -> bool:
    """The same question by networkx."""
    import networkx as nx

    sums = pieces.assign(new=new).groupby("unit")[["area_m2", "built_m2", "new"]].sum()
    core = set(sums.index[sums["built_m2"] > 0.5 * sums["area_m2"]])
    built = core | set(sums.index[sums["new"] > 0])
    graph = nx.Graph()
    graph.add_nodes_from(built)
    graph.add_edges_from((a, b) for a, b in edges[["a", "b"]].values if {a, b} <= built)
    for patch in nx.connected_components(graph):
        if not patch & core and (attached or len(patch) < min_patch_units):
            return True
    return False


def test_wishes_need_whole_units():
    pieces, limits, edges = world()
    with pytest.raises(InputError, match="patches"):
        allocate(pieces, limits, edges=edges, min_patch_units=2)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"boundary_weight": 0.1},
        {"whole_units": True},
        {"whole_units": True, "boundary_weight": 0.1},
    ],
)
def test_nothing_to_decide(how):
    """No pieces, no free land, no headroom, all locked in: a plan with a proof all the same."""
    pieces, limits, edges = world()
    nothing = [Limit("city", "city", cap_m2=0)]
    everything = [Lock("x", "in", tuple(pieces["unit"]))]
    for table, rules, locks, new in (
        (pieces.iloc[:0], nothing, [], 0),
        (pieces.assign(free_m2=0), limits, [], 0),
        (pieces, nothing, [], 0),
        (pieces, [], everything, pieces["free_m2"].sum()),
        (pieces.iloc[:1], limits, [], None),
    ):
        plan = allocate(table, rules, locks=locks, edges=edges, **how)
        assert plan.certificate.ok, plan.certificate.text.en
        assert plan.gap <= 1e-9
        assert new is None or plan.new_m2.sum() == new


def test_units_without_area_or_zone():
    pieces, limits, edges = world()
    pieces["zone"] = pieces["zone"].astype("string")
    free = pieces.index[pieces["free_m2"] > 0]
    pieces.loc[free[0], ["area_m2", "built_m2", "free_m2"]] = 0
    pieces.loc[free[1], "zone"] = pd.NA
    for how in ({"boundary_weight": 0.1}, {"whole_units": True, "boundary_weight": 0.1}):
        plan = allocate(pieces, limits, edges=edges, **how)
        assert plan.certificate.ok, plan.certificate.text.en
        assert plan.new_m2[free[1]] == 0 and plan.unknown == 1


@pytest.mark.parametrize("bad", [np.inf, -0.1, 1.5])
def test_suitability_out_of_range(bad):
    pieces, limits, _ = world()
    pieces.loc[pieces.index[0], "suitability"] = bad
    with pytest.raises(InputError, match="between 0 and 1"):
        allocate(pieces, limits)


@pytest.mark.parametrize("share", [0.3, 0.7, 2.0])
def test_levels_by_cuts_equal_the_linear_programme(share, monkeypatch):
    from zoning.allocation.methods import choose

    for seed in range(5):
        pieces = pieces_of(seed, side=8)
        edges = edges_of(pieces)
        limits = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum() * share))]
        locks = [Lock("x", "in", (pieces["unit"].iloc[5],))] if seed % 2 else []
        how = {"boundary_weight": LAMBDA * (1 + 10 * seed), "edges": edges, "locks": locks}
        whole = allocate(pieces, limits, **how)
        with monkeypatch.context() as patch:
            patch.setattr(choose, "LP_UNITS", 0)
            cuts = allocate(pieces, limits, **how)
        assert (whole.method, cuts.method) == ("lp-boundary", "cuts-boundary")
        assert cuts.certificate.ok
        assert cuts.bound == pytest.approx(whole.bound, rel=1e-6)
        assert cuts.objective == pytest.approx(whole.objective, rel=1e-6, abs=2.0)
        assert cuts.new_m2.sum() <= limits[0].cap_m2


def test_flows_beyond_their_limit_are_cut_to_it():
    pieces, limits, edges = world(7)
    for whole in (False, True):
        how = {"boundary_weight": LAMBDA * 10, "edges": edges, "whole_units": whole}
        plan = allocate(pieces, limits, **how)
        prices = {k: float(y) for k, y in enumerate(plan.limits["price"])}
        more = plan.edges.assign(flow=plan.edges["flow"] * 3)
        for flows in (plan.edges, more):
            bound = bound_of(pieces, limits, (), Boundary(flows, LAMBDA * 10, whole), prices)
            assert bound >= plan.objective - 1e-6


def test_what_the_bound_decides_is_what_the_best_choice_does():
    from zoning.allocation.methods import whole
    from zoning.allocation.methods.blocks import make_blocks
    from zoning.allocation.model import make_model
    from zoning.allocation.space import make_space
    from zoning.allocation.structure import close

    improved = 0
    for seed in range(16):
        pieces = pieces_of(seed, side=6)
        limits = limits_of(pieces, seed, zones=True, floors=False)
        model, _ = close(make_model(pieces, limits))
        space = make_space(model, pieces, edges_of(pieces), LAMBDA)
        blocks = make_blocks(model, space, 0.5)
        first = whole.start(blocks)
        best = whole.prove(blocks, first)
        plain = whole.prove(blocks, None)
        assert best.value == pytest.approx(plain.value, abs=1e-3)
        assert first.value <= best.value <= first.bound + 1e-6
        improved += best.value > first.value + 1e-6
    assert improved > 3


@pytest.mark.parametrize("shape", [(1, 5), (2, 3), (2, 4), (3, 3), (7,), (8,), (5,)])
def test_aggregation_is_1_for_the_most_compact_shape(shape):
    """Squares laid row by row on the smallest square that holds them share the most sides."""
    count = shape[0] if len(shape) == 1 else shape[0] * shape[1]
    side = int(np.ceil(np.sqrt(count)))
    units = [f"N{k // side}E{k % side}" for k in range(count)]
    edges = lattice_edges(units, 1)
    found = landscape(pd.Series(True, pd.Index(units)), pd.Series(1.0, units), edges, 1.0)
    assert found["aggregation"] == 1.0
    assert found["patches"] == 1
