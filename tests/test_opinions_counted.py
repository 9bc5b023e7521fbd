"""Clusters, other lattices, settled draws and rows of doubts, each counted once more by hand."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_doubts import plan
from test_stability import NAMES, SCHEME, _strip, plan_of, towns

from zoning.errors import InputError
from zoning.questions.stability import clusters, doubts, run, screening
from zoning.questions.stability.doubts import _Rig
from zoning.questions.stability.draws import Draws, factors, perturbed_zones, rule_numbers
from zoning.questions.stability.run import check
from zoning.questions.stability.settled import Settled
from zoning.questions.stability.sources import Draw, Source
from zoning.zones import adjacency, cohen_kappa, join_enclaves, load_method
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.scoring import fit

# --- clusters


def test_numbers_that_are_alike_have_no_z_score():
    x = np.array([[1.0, 5.0, 0.1], [2.0, 5.0, 0.3], [6.0, 5.0, 0.2]])
    found = clusters._z_scores(x)
    spread = [np.sqrt(np.mean((c - c.mean()) ** 2)) for c in x.T]
    assert found[:, 0] == pytest.approx((x[:, 0] - 3) / spread[0])
    assert found[:, 1].tolist() == [0, 0, 0] and spread[2] < 1
    assert found[:, 2] == pytest.approx((x[:, 2] - 0.2) / spread[2])


def test_starts_of_k_means_are_drawn_far_from_one_another():
    z = np.random.default_rng(1).normal(0, 1, (9, 2))
    found, rng = clusters._spread_start(z, 3, np.random.default_rng(7)), np.random.default_rng(7)
    chosen = [int(rng.integers(9))]
    for _ in range(2):
        far = np.array([min(((p - z[c]) ** 2).sum() for c in chosen) for p in z])
        chosen.append(int(rng.choice(9, p=far / far.sum())))
    assert found.tolist() == z[chosen].tolist()
    # Where all are alike any may be drawn; what is nearer than 1 is far enough.
    same = np.zeros((4, 2))
    assert clusters._spread_start(same, 3, np.random.default_rng(1)).tolist() == [[0, 0]] * 3
    near = np.array([[0.0], [0.0], [0.1]])
    for seed in range(6):
        assert sorted(clusters._spread_start(near, 2, np.random.default_rng(seed)).ravel()) == [
            0.0, 0.1]  # fmt: skip


def test_of_twenty_starts_the_tightest_is_kept_and_of_equal_ones_the_first(monkeypatch):
    z = np.array([[0.0], [1.0], [4.0]])
    labels = [[0, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1]]
    centres = [[[0.5], [4.5]], [[0.0], [2.5]], [[4.0], [0.5]], [[0.5], [4.0]]]
    # Costs 0.75, 4.5, 0.5, 0.5: the third, as the fourth is no tighter.
    turn, asked = iter([*range(4), *[1] * 16]), []

    def fake(points, start, **how):
        k = next(turn)
        asked.append((start.shape, how))
        return np.array(centres[k]), np.array(labels[k])

    monkeypatch.setattr("scipy.cluster.vq.kmeans2", fake)
    assert clusters._kmeans(z, 2, 0).tolist() == [1, 1, 0]
    assert asked == [((2, 1), {"minit": "matrix", "iter": 50})] * 20


def test_an_empty_cluster_loses_its_start_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        label = clusters._kmeans(np.array([[0.0], [0.0], [1.0]]), 3, 0)
    assert label[0] == label[1] != label[2]


def test_chance_is_the_mean_kappa_of_shuffles(monkeypatch):
    monkeypatch.setattr(clusters, "_SHUFFLES", 8)
    x = np.array([[0.0], [0.1], [0.2], [5.0], [5.1]])
    towns_ = pd.DataFrame({"zone": ["a", "b", "a", "b", "b"]})
    found = clusters.grouped(towns_, x, "ward", seed=3)
    label = np.array([0, 0, 0, 1, 1])
    rng, told = np.random.default_rng([3, 5]), towns_["zone"]

    def named(groups):
        ways = [pd.Series([w[g] for g in groups]) for w in ("ab", "ba")]
        return max(ways, key=lambda said: (said == told).sum())

    by_hand = [cohen_kappa(told, named(rng.permutation(label))) for _ in range(8)]
    assert found.chance == pytest.approx(np.mean(by_hand))
    assert found.table["cluster_zone"].tolist() == ["a", "a", "a", "b", "b"]
    assert found.moved.index.tolist() == [1] and found.method == "ward"
    assert clusters.grouped(towns_, x, "ward").chance == (
        clusters.grouped(towns_, x, "ward", seed=0).chance)  # fmt: skip


def test_a_hundred_shuffles_are_made(monkeypatch):
    asked = []
    monkeypatch.setattr(clusters, "cohen_kappa", lambda *x: asked.append(x) or 0.25)
    monkeypatch.setattr(clusters, "_name", lambda label, zones, names: zones)
    towns_ = pd.DataFrame({"zone": ["a", "b"]})
    assert clusters.grouped(towns_, np.array([[0.0], [1.0]]), "ward").chance == 0.25
    assert len(asked) == 100 + 1


@pytest.mark.parametrize("how", ["ward", "kmeans"])
def test_one_township_and_two_can_be_grouped(how):
    towns_ = pd.DataFrame({"zone": ["a", "b", pd.NA]}, index=list("xyz"))
    found = clusters.grouped(towns_, np.array([[0.0], [1.0], [1.0]]), how)
    assert found.table["cluster_zone"].fillna("").tolist() == ["a", "b", ""]
    assert found.kappa == 1.0 and found.table.index.tolist() == list("xyz")
    # Two that are shuffled agree in both ways: groups may be called by either name.
    assert found.chance == 1.0
    one = clusters.grouped(towns_, np.array([[0.0], [np.nan], [1.0]]), how)
    assert one.table["cluster_zone"].fillna("").tolist() == ["a", "", ""] and one.chance == 0.0
    assert one.moved.empty
    plain = clusters.CrossCheck(one.table, 1.0, "topsis")
    assert plain.chance == 0.0
    assert clusters.checked(towns_, np.array(["a", "a", "a"], object), "topsis").chance == 0.0


# --- settled draws


def test_draws_of_rules_are_joined_by_the_margins_of_the_plan():
    margin = 0.4  # as some of the places have it, which stay
    one = plan_of(towns(14, 2).dropna(), method="dominant")
    part = {"contiguity": True, "contiguity_margin": margin}
    zones = one.config.zones.model_copy(update=part)
    one.config = one.config.model_copy(update={"zones": zones})
    one.townships = _strip(one.townships)
    rng = np.random.default_rng(14)
    one.townships["margin"] = rng.choice([0.1, 0.4, 0.8, np.nan], len(one.townships))
    one.townships["margin"] = one.townships["margin"].astype("Float64")
    one.townships["runner_up"] = rng.choice([*SCHEME.codes[:3]], len(one.townships))
    one.townships.iloc[1, one.townships.columns.get_loc("runner_up")] = pd.NA
    decided = np.arange(len(one.townships)) == 5
    one.townships.iloc[5, one.townships.columns.get_loc("zone")] = "key"
    method = load_method("dominant")
    values = method_values(one.townships, method)
    draws = Draws(count=12, seed=3, cuts=0.3)
    settle = Settled(one, method, decided)
    found = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws, settle)])
    plain = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws)])
    graph, switched = adjacency(one.townships), 0
    for codes, bare in zip(found, plain, strict=True):
        said = one.townships.assign(zone=[NAMES[int(c)] for c in bare], zone_reason="method")
        said.loc[decided, "zone_reason"] = "override"
        joined, log = join_enclaves(said, graph, max_margin=margin)
        switched += len(log)
        zone = joined["zone"].to_numpy(object)
        zone[decided] = "key"
        assert [NAMES[int(c)] for c in codes] == list(zone)
    assert switched


# --- rows of doubts


def rig(one):
    return _Rig(one, check(one, Draws(1)), 9, 0.05)


def test_a_row_of_doubts_counts_area_by_how_often_it_keeps_its_zone(monkeypatch):
    one = plan_of(towns(9, 3))  # with units of no zone, and such that overlays rule
    made = rig(one)
    base = np.array([made.settled.numbers[z] for z in made.base], np.int8)
    town = 2  # keeps its zone in nine draws of ten, which is firm; the next in eight
    turned = np.array([base] * 10)
    turned[4, town] = turned[4, town] % 4 + 1
    turned[[0, 1], town + 1] = turned[0, town + 1] % 4 + 1
    order = iter(range(10))
    seen = []

    def classed(draw, rng):
        k = next(order)
        seen.append(draw)
        if k == 7:
            raise InputError.one("x", "x", where="x")
        return turned[k]

    monkeypatch.setattr(made, "_classed", classed)
    about = Source("inputs", lambda d, _: d, SimpleNamespace(en="how", zh="如何"), "s", "S")
    starts = [Draw(made.method, {"k": k}) for k in range(10)]
    moves = [
        lambda d, _: replace(d, cuts=True),
        lambda d, r: replace(d, values=d.values | {"r": r}),
    ]
    row = made.row(about, starts, moves, Draws(10, 0.0, 0.0, 0.0, 9))
    assert [d.values["k"] for d in seen] == list(range(10)) and all(d.cuts for d in seen)
    assert len({id(d.values["r"]) for d in seen}) == 1
    turned[7] = 0  # of the draw that failed nothing is known
    area = kept_area = firm = outside = firm_outside = 0
    codes = list(one.townships.index)
    for _, unit in one.units.iterrows():
        m2, laid = unit["area_m2"], unit["zone_reason"] == "overlay"
        if pd.isna(unit["zone"]):
            kept = 0.0
        elif laid:
            kept = 1.0
        else:
            at = codes.index(unit["township"])
            kept = float((turned[:, at] == base[at]).mean())
        area, kept_area = area + m2, kept_area + m2 * kept
        firm += m2 * (kept >= 0.9)
        outside += m2 * (not laid)
        firm_outside += m2 * (kept >= 0.9) * (not laid)
    assert row == {
        "kind": "inputs", "en": "values of the indicators", "zh": "指标取值", "about_en": "how",
        "about_zh": "如何", "firm_share": round(firm / area, 6),
        "firm_outside": round(firm_outside / outside, 6), "kept_share": round(kept_area / area, 6),
        "draws": 10, "failed": 1, "source": "s", "evidence": "S",
    }  # fmt: skip
    assert 0 < firm_outside < firm < kept_area < area


def test_a_stream_of_a_doubt_is_named_after_it():
    made = rig(plan(8))
    seen = []
    about = Source("cells", lambda d, _: d, SimpleNamespace(en="", zh=""))

    def move(draw, rng):
        seen.append(rng.random())
        return draw

    made.row(about, [Draw(made.method, made.values)] * 3, [move], Draws(3, seed=1))
    rng = np.random.default_rng([9, *b"cells"])
    assert seen == [rng.random() for _ in range(3)]


def test_a_draw_is_fitted_and_its_cuts_and_rules_are_moved_by_the_stream():
    for name in ("two-matrices", "dominant"):
        made = rig(plan(12, method=name))
        start = Draw(made.method, made.values)
        base = fit(made.method, made.values)
        still = made._classed(start, np.random.default_rng(1))
        numbers = made.settled.numbers
        assert [numbers[z] for z in decide(base, made.values).zone] == still.tolist()
        assert still.dtype == np.int8
        from zoning.questions.stability import perturb

        rng = np.random.default_rng(3)
        fitted = perturb.cuts(base, rng, 0.05)
        rules = perturb.numbers(*made.numbers, rng, 0.05)
        zone = decide(fitted, made.values, rules=rules).zone
        moved = made._classed(replace(start, cuts=True), np.random.default_rng(3))
        assert [numbers[z] for z in zone] == moved.tolist()


def test_tables_of_methods_that_were_seen_are_taken_again():
    made = rig(plan(8))
    one = made.method
    other = replace(one, matrices=tuple(replace(m) for m in one.matrices))
    cube = load_method("cube")
    first = made._table(one)
    assert made._table(one) is first and made._table(replace(one, name="x")) is first
    assert made._table(other) is not first and made._table(other) is made._table(other)
    cubes = made._table(cube)
    assert cubes is not first and made._table(cube) is cubes
    assert made._table(replace(cube, cube=replace(cube.cube))) is not cubes
    # Of drawn cells only so many are kept.
    for _ in range(20):
        made._table(replace(one, matrices=tuple(replace(m) for m in one.matrices)))
    assert len(made.tables) == 8 and made._table(one) is first
    assert made._table(load_method("dominant")) is None


def test_rows_of_overlays_and_of_all_together_draw_the_same_thresholds():
    one = plan(12)
    found = doubts(one, draws=12, weights=0.0, cuts=0.0, overlays=0.3, seed=6)
    rows = found.table.set_index("kind")
    same = run(one, draws=12, weights=0.0, cuts=0.0, overlays=0.3, seed=6)
    area = one.units["area_m2"].to_numpy(float)
    kept = same.units["stability"].to_numpy(float)
    assert rows.loc["overlays", "kept_share"] == round(float((area * kept).sum() / area.sum()), 6)
    assert 0 < rows.loc["overlays", "kept_share"] < 1
    assert rows.loc["overlays", ["about_en", "about_zh", "draws"]].tolist() == [
        "by up to 30 points", "移动不超过 30 个百分点", 12]  # fmt: skip
    assert rows.loc["method", ["about_en", "draws"]].tolist() == [
        "this method and composite index, three-dimensional cube, dominant factor, each once",
        4,
    ]
    assert rows.loc["method", "about_zh"] == (
        "本方法与综合评价指数法、三维魔方法、主导因素法，各一次")  # fmt: skip
    assert rows.loc["together", ["about_en", "about_zh", "draws"]].tolist() == [
        "every doubt above in every draw; the method stays",
        "每次抽样同时变动上列各项，方法不变", 12]  # fmt: skip
    assert found.table["kind"].tolist() == [
        "weights",
        "cuts",
        "scale_ends",
        "cells",
        "inputs",
        "overlays",
        "method",
        "together",
    ]
    assert (found.seed, found.left_out) == (6, ())
    # No threshold moves in the other rows: overlays keep what they rule.
    assert rows.loc["weights", "firm_share"] == 1.0 == rows.loc["cuts", "firm_share"]


# --- runs


def test_another_method_is_held_against_itself_and_not_against_the_plan():
    one = plan_of(towns(10, 3))
    other = load_method("composite")
    found = run(one, draws=30, seed=2, method=other)
    values = method_values(one.townships, other)
    fitted = fit(other, values)
    zone = decide(fitted, values).zone
    what = Draws(30, seed=2)
    codes = np.concatenate([c for _, _, c in perturbed_zones(fitted, values, what)])
    known = zone != ""
    kept = [(codes[:, k] == list(NAMES).index(0) if not known[k] else
             np.array([NAMES[int(c)] for c in codes[:, k]]) == zone[k]).mean()
            for k in range(len(zone))]  # fmt: skip
    stability = found.townships["stability"].to_numpy(float, na_value=np.nan)
    assert stability[known] == pytest.approx(np.array(kept)[known])
    assert np.isnan(stability[~known]).all()
    assert factors(what, "x", 1, 0.1).shape == (30, 1)


def test_a_method_without_anything_to_leave_out_is_sure_of_it():
    one = plan_of(towns(10, 3))
    two = load_method("two-matrices")
    alone = replace(two, dimensions=tuple(replace(d, terms=d.terms[:1]) for d in two.dimensions))
    found = run(one, draws=2, method=alone)
    assert found.left_out.shape == (10, 0) and found.left_out.index.equals(one.townships.index)
    zone = decide(alone, method_values(one.townships, alone)).zone
    by_hand = [1.0 if z else None for z in zone]
    left = found.townships["stability_left_out"]
    assert left.astype(object).where(left.notna(), None).tolist() == by_hand
    assert found.townships["sensitive_to"].tolist() == [""] * 10
    assert found.townships.dtypes.astype(str).to_dict() == {
        "name": "object", "zone": "string", "stability": "Float64", "stability_weights": "Float64",
        "stability_cuts": "Float64", "second": "string", "area_m2": "int64",
        "stability_left_out": "Float64", "sensitive_to": "string",
    }  # fmt: skip


# --- screening


def test_effects_are_listed_by_their_size_and_each_factor_moves_by_its_own_reach(monkeypatch):
    one, asked = plan(16), []

    def effects(run_, factors, trajectories, levels, seed):
        asked.append((run_, trajectories, levels, seed))
        made = np.random.default_rng(2).normal(0, 1, (trajectories, factors))
        made[:, 3] = -made[:, 1]  # as large: then by name
        return made

    monkeypatch.setattr(screening, "elementary_effects", effects)
    found = screening.screen(
        one, trajectories=2, levels=6, weights=0.9, cuts=0.3, inputs=0.2, seed=5
    )
    ((changed, *numbers),) = asked
    assert numbers == [2, 6, 5] and (found.trajectories, found.seed) == (2, 5)
    method = load_method("two-matrices")
    values = method_values(one.townships, method)
    rules = rule_numbers(fit(method, values), values)
    factors_ = screening._factors(method, values, rules[0])
    made = effects(None, len(factors_), 2, 6, 5)
    by_hand = sorted(
        (-abs(a) / 2 - abs(b) / 2, f.name, f.kind, abs(a - b) / np.sqrt(2))
        for f, a, b in zip(factors_, *made, strict=True)
    )
    table = found.table
    assert table["factor"].tolist() == [name for _, name, _, _ in by_hand]
    assert table["kind"].tolist() == [kind for *_, kind, _ in by_hand]
    assert table["effect"].tolist() == pytest.approx([-e for e, *_ in by_hand])
    assert table["spread"].tolist() == pytest.approx([s for *_, s in by_hand])
    assert table.index.tolist() == list(range(len(table)))
    area = one.townships["area_m2"].to_numpy()
    base, reach = (
        decide(fit(method, values), values).zone,
        {"weight": 0.9, "cut": 0.3, "input": 0.2},
    )
    assert changed(np.full(len(factors_), 0.5)) == 0.0
    moved = 0
    for k, factor in enumerate(factors_):
        at, move = np.full(len(factors_), 0.5), np.zeros(len(factors_))
        at[k], move[k] = 1.0, reach[factor.kind]
        zone = screening._zone(method, values, rules, factors_, move)
        assert changed(at) == area[zone != base].sum() / area.sum()
        moved += changed(at) > 0
    assert moved > 3
    alone = screening.screen(one, trajectories=1)
    assert alone.table["spread"].tolist() == [0.0] * len(factors_)
