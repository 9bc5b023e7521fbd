"""TOPSIS, weights left open (SMAA), and what clusters agree by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stability import towns

from zoning.questions.stability import cross_check, opinions, smaa, topsis
from zoning.questions.stability.clusters import grouped
from zoning.questions.stability.opinions import closeness
from zoning.zones import classify_townships, load_method
from zoning.zones.classify import method_values
from zoning.zones.scoring import fit, grade, score


def classed(n=40, seed=1, name="two-matrices"):
    table = towns(n, seed)
    method = load_method(name)
    return table.assign(zone=classify_townships(table, method)["zone"]), method


def slow(terms, weights):
    """TOPSIS once more, row by row."""
    out = []
    v = [[w / sum(weights) * x / np.sqrt(sum(y * y for y in row)) for x in row]
         for row, w in zip(terms, weights, strict=True)]  # fmt: skip
    for j in range(len(terms[0])):
        best = np.sqrt(sum((row[j] - max(row)) ** 2 for row in v))
        worst = np.sqrt(sum((row[j] - min(row)) ** 2 for row in v))
        out.append(worst / (best + worst))
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 12))
def test_closeness_is_topsis_whatever_the_units(seed, k, n):
    rng = np.random.default_rng(seed)
    x, w = rng.uniform(0.1, 9, (k, n)), rng.uniform(0.1, 3, k)
    found = closeness(x, w)
    assert found == pytest.approx(slow(x.tolist(), w.tolist()), abs=1e-12)
    assert closeness(x * rng.uniform(0.01, 100, (k, 1)), w * 7) == pytest.approx(found, abs=1e-9)
    shuffled = rng.permutation(n)
    assert closeness(x[:, shuffled], w) == pytest.approx(found[shuffled], abs=1e-12)
    x[0, 0] = np.nan
    assert np.isnan(closeness(x, w)[0]) and np.isfinite(closeness(x, w)[1:]).all()


@pytest.mark.slow
def test_closeness_as_another_library_gives_it():
    methods = pytest.importorskip("pymcdm.methods")
    rng = np.random.default_rng(3)
    x, w = rng.uniform(1, 5, (4, 9)), np.array([0.1, 0.2, 0.3, 0.4])
    from pymcdm import normalizations

    other = methods.TOPSIS(normalizations.vector_normalization)
    assert closeness(x, w) == pytest.approx(other(x.T, w, np.ones(4)), abs=1e-9)


def test_as_many_townships_get_each_grade_as_by_the_method():
    table, method = classed()
    found = topsis(table, method)
    assert found is not None and found.method == "topsis" and found.chance == 0
    known = found.table["cluster_zone"].notna()
    assert known.sum() == table["zone"].notna().sum() - (table["zone"] == "review").sum()
    # Where every dimension has one indicator the order is the method's own: nothing moves.
    alone = replace(method, dimensions=tuple(
        replace(d, terms=d.terms[:1]) for d in method.dimensions))  # fmt: skip
    table = table.assign(zone=classify_townships(table, alone)["zone"])
    assert topsis(table, alone).moved.empty
    assert topsis(table, load_method("dominant")) is None
    assert [o.method for o in opinions(*classed())] == ["ward", "kmeans", "topsis"]


def test_topsis_moves_those_that_are_nearer_to_the_best():
    table, method = classed(60, 4)
    found = topsis(table, method)
    values = method_values(table, method)
    fitted = fit(method, values)
    d = next(d for d in fitted.dimensions if len(d.terms) > 1)
    own = score(d, values)
    near = closeness(own.terms, np.array([t.weight for t in d.terms]))
    given = grade(d, own.value)
    counts = np.bincount(given[given >= 0], minlength=len(d.grades))
    # Ranked by closeness, cut where the method's counts cut: another way to the same grades.
    rank = pd.Series(near).rank(method="first")
    upper = np.cumsum(counts)
    again = np.searchsorted(upper, rank.to_numpy(), side="left")
    from zoning.questions.stability.opinions import _graded

    whole = ~np.isnan(near)
    assert (_graded(d, values)[whole] == again[whole]).all()
    assert not found.moved.empty  # this sample tells the two ways apart


def test_chance_is_what_random_groups_reach():
    rng = np.random.default_rng(0)
    table, method = classed(50, 2)
    noise = table.assign(zone=rng.permutation(table["zone"].to_numpy()))
    found = cross_check(noise, method)
    assert 0 < found.chance < 0.25 and abs(found.kappa - found.chance) < 0.25
    assert cross_check(noise, method).chance == found.chance


def test_open_weights_by_hand():
    """Two indicators, one at its best and one at its worst: the share of draws is the cut."""
    table, method = classed(30, 5)
    found = smaa(table.assign(area_m2=1), method, draws=4000, seed=2)
    shares = found.townships.filter(like="share_").sum(axis=1)
    known = found.townships["zone"].notna()
    assert shares[known].to_numpy() == pytest.approx(1.0)
    # guidance of one township by hand: P(w . s > cut) over the simplex, by another generator
    values = method_values(table, method)
    fitted = fit(method, values)
    d = fitted.dimension("intensity")
    assert len(d.terms) == 1  # one indicator: weights mean nothing there
    other = np.random.default_rng(99)
    where = np.flatnonzero(known.to_numpy())[:5]
    for i in where:
        kept = 0
        for _ in range(200):
            dims = []
            for dim in fitted.dimensions:
                w = other.exponential(size=len(dim.terms))
                dims.append(
                    replace(
                        dim,
                        terms=tuple(
                            replace(t, weight=float(x)) for t, x in zip(dim.terms, w, strict=True)
                        ),
                    )
                )
            one = {k: v[i : i + 1] for k, v in values.items()}
            from zoning.zones.decide import decide

            kept += (
                decide(replace(fitted, dimensions=tuple(dims)), one).zone[0]
                == (found.townships["zone"].iloc[i])
            )
        assert kept / 200 == pytest.approx(
            float(found.townships["acceptability"].iloc[i]), abs=0.12
        )
    keeps = (found.townships["best"] == found.townships["zone"])[known]
    assert found.area_share == pytest.approx(float(keeps.mean())) and not keeps.all()
    assert "SMAA" in found.tell("zh")
    again = smaa(table.assign(area_m2=1), method, draws=4000, seed=2)
    assert again.townships.equals(found.townships)


@pytest.mark.slow
def test_what_the_evaluations_alone_say_is_an_opinion_of_its_own():
    table, method = classed(30)
    assert "evaluation" not in [o.method for o in opinions(table, method)]
    rng = np.random.default_rng(2)
    by = {"optimised": 0.9, "key": 0.6, "moderate": 0.2}
    suited = table["zone"].map(by).astype(float) + rng.uniform(-0.02, 0.02, len(table))
    told = opinions(table.assign(town_suited_share=suited), method)[-1]
    assert told.method == "evaluation" and told.kappa == pytest.approx(1.0)
    # Only what evaluations measured counts, whatever else is in the table.
    noise = table.assign(town_suited_share=suited, other_share=rng.random(len(table)))
    assert opinions(noise, method)[-1].kappa == pytest.approx(1.0)
    shuffled = table.assign(town_suited_share=rng.permutation(suited))
    assert opinions(shuffled, method)[-1].kappa < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_has_second_opinions_by_itself(lang):
    """Where stability was not computed the report asks other ways all the same."""
    import fake_plan

    from zoning.outputs.office.document import Heading, Table, Text
    from zoning.outputs.report import firmness
    from zoning.outputs.report.pieces import Writer

    plan = fake_plan.make(towns=9)
    table = towns(9, 3).dropna().iloc[:9]
    zones = classify_townships(table, load_method("two-matrices"))["zone"]
    frame = plan.townships.iloc[: len(table)].copy()
    for column in table:
        frame[column] = table[column].to_numpy()
    frame["zone"] = zones.to_numpy()
    plan = replace(plan, townships=frame, run={k: v for k, v in plan.run.items()
                                               if k != "stability"})  # fmt: skip
    blocks = list(firmness.second_opinions(Writer(plan, lang)))
    assert isinstance(blocks[0], Heading) and isinstance(blocks[1], Text)
    (shown,) = [b for b in blocks if isinstance(b, Table)]
    assert len(shown.rows) >= 2 and all("0." in r[1] or r[1] == "1.00" for r in shown.rows)
    few = replace(plan, townships=frame.iloc[:4])
    assert list(firmness.second_opinions(Writer(few, lang))) == []


def test_each_way_of_clustering_is_the_one_it_is_called():
    """K-means leaves its clusters tighter than Ward's tree does; here both differ."""
    rng = np.random.default_rng(4)
    x = np.vstack([rng.normal([0, y], [4, 0.3], (20, 2)) for y in (0, 1.6)])
    towns = pd.DataFrame({"zone": ["a"] * 20 + ["b"] * 20})
    z = pd.DataFrame((x - x.mean(axis=0)) / x.std(axis=0))

    def spread(how: str) -> float:
        groups = z.groupby(grouped(towns, x, how, seed=1).table["cluster_zone"].to_numpy())
        return float(((z - groups.transform("mean")) ** 2).to_numpy().sum())

    assert spread("kmeans") < spread("ward") - 0.1


def test_shares_of_open_weights_are_counts_of_draws():
    """Every column of the table once more, from the draws one by one."""
    from collections import Counter

    from zoning.questions.stability.draws import Draws, codes_of, perturbed_zones

    table, method = classed(12, 5)
    table.loc[table.index[3], "slope_deg"] = np.nan
    draws, seed = 4, 3  # few, so that zones are level with one another
    found = smaa(table, method, draws=draws, seed=seed)
    values = method_values(table, method)
    fitted = fit(method, values)
    what = Draws(draws, 0.0, 0.0, 0.0, seed, free=True)
    blocks = [codes for _, _, codes in perturbed_zones(fitted, values, what)]
    codes = np.concatenate(blocks)
    of = {v: k for k, v in codes_of(method.scheme).items() if v}
    assert codes.shape == (draws, 12)
    own = classify_townships(table, method)["zone"]
    hit, ties = 0, 0
    for k, code in enumerate(table.index):
        row, zone = found.townships.loc[code], own.loc[code]
        if pd.isna(zone) or zone == "review":
            assert row[["zone", "acceptability", "best"]].isna().all()
            continue
        seen = Counter(of.get(int(c)) for c in codes[:, k])
        assert {z: row[f"share_{z}"] for z in of.values()} == {
            z: seen[z] / draws for z in of.values()
        }
        assert row["zone"] == zone and row["acceptability"] == seen[zone] / draws
        most = max(seen[z] for z in of.values())
        first = next(z for z in of.values() if seen[z] == most)
        ties += seen[zone] == most and first != zone
        assert row["best"] == (zone if seen[zone] == most else first)
        hit += int(table.loc[code, "area_m2"]) * (seen[zone] == most)
    known = own.notna() & (own != "review")
    assert found.area_share == hit / table.loc[known, "area_m2"].sum() and found.area_share < 1
    data = found.as_dict()
    away = found.townships[known & (found.townships["best"] != found.townships["zone"])]
    assert data == {
        "draws": draws, "seed": seed, "area_share": round(found.area_share, 6),
        "en": found.tell("en"), "zh": found.tell("zh"), "elsewhere": away["best"].to_dict(),
    }  # fmt: skip
    assert found.draws == what and away.size
    assert f"{found.area_share:.0%} of the classed" in found.tell()
    assert f"{found.area_share:.0%}的已分区面积" in found.tell("zh")
    nobody = smaa(table.assign(slope_deg=np.nan), method, draws=2)
    assert np.isnan(nobody.area_share) and nobody.townships["zone"].isna().all()


def test_closeness_of_what_is_alike_or_unknown():
    one = np.array([1.0])
    assert closeness(np.array([[3.0, 3.0]]), one).tolist() == [0.5, 0.5]
    assert closeness(np.array([[0.0, 0.0]]), one).tolist() == [0.5, 0.5]
    assert np.isnan(closeness(np.array([[np.nan, np.nan]]), one)).all()
    assert closeness(np.array([[np.nan, 2.0, 4.0]]), one).tolist()[1:] == [0.0, 1.0]
    # 3, 4 of length 5 by weight 1, and 4, 3 by weight 3: the second indicator counts more.
    two = closeness(np.array([[3.0, 4.0], [4.0, 3.0]]), np.array([1.0, 3.0]))
    assert two == pytest.approx([0.75, 0.25])


def test_evaluations_make_groups_only_where_they_tell_zones_apart():
    from zoning.questions.stability.opinions import evaluated

    zones = ["key", "key", "moderate", "moderate"]
    towns_ = pd.DataFrame({"town_suited_share": [0.9, 0.8, 0.1, 0.2], "zone": zones})
    assert evaluated(towns_).kappa == 1.0
    for less in (
        towns_.drop(columns="town_suited_share"),
        towns_.rename(columns={"town_suited_share": "my_town_suited_share"}),
        towns_.assign(town_suited_share=0.5),
        towns_.assign(zone="key", town_suited_share=0.5),
        towns_.assign(zone=["key", "balance", "moderate", "x"], town_suited_share=[1, 1, 0, 0.5]),
        towns_.assign(zone=pd.NA),
    ):
        assert evaluated(less) is None
    # As many different rows as zones are enough, and what is unknown is left out.
    assert evaluated(towns_.assign(town_suited_share=[1, 1, 0, 0])).kappa == 1.0
    gone = evaluated(towns_.assign(town_suited_share=[0.9, np.nan, 0.1, 0.2]))
    assert gone.table["cluster_zone"].isna().tolist() == [False, True, False, False]
    assert evaluated(towns_.rename(columns={"town_suited_share": "first_x"})).method == "evaluation"


@pytest.mark.slow
def test_factors_of_a_screening_are_all_that_a_method_has():
    import worlds

    from zoning.questions.stability.screening import Sensitivity, screen

    found = screen(worlds.plan(), trajectories=1, seed=4)
    table = found.table.set_index("factor")
    dims = {"constraint": ["redline_share", "slope_deg", "farmland_share"],
            "guidance": ["population_density", "gdp_density", "min_to_centre"]}  # fmt: skip
    weights = {f"weight {d}.{i}" for d, all_ in dims.items() for i in all_}
    cuts = {f"cut {d}.{k}" for d in (*dims, "intensity") for k in (1, 2)}
    inputs = {f"input {i}" for all_ in dims.values() for i in all_} | {"input built_share"}
    assert set(table.index) == weights | cuts | inputs
    assert (table["kind"] == [f.split()[0] for f in table.index]).all()
    assert (table["spread"] == 0).all()  # of one way there is none
    said = {"cut intensity.2": ("cut 2 of existing construction (30%)",
                                "现状开发强度的第 2 个分界（30%）"),
            "cut constraint.1": ("cut 1 of constraint (28)", "约束的第 1 个分界（28）"),
            "weight constraint.slope_deg": ("the weight of mean slope in constraint",
                                            "约束中平均坡度的权重"),
            "input built_share": ("the values of existing construction",
                                  "现状开发强度的取值")}  # fmt: skip
    assert {f: tuple(table.loc[f, ["en", "zh"]]) for f in said} == said
    order = found.table.sort_values(["effect", "factor"], ascending=[False, True])
    assert order.index.tolist() == list(range(len(order)))
    made = Sensitivity(pd.DataFrame({"effect": [0.75, 0.25], "en": ["a", "b"], "zh": ["甲", "乙"]}),
                       7, 5)  # fmt: skip
    assert made.tell() == "Most hangs on a: 75% of the effect of all factors."
    assert made.tell("zh") == "影响最大的是甲：占全部因素效应的 75%。"
    assert made.as_dict() == {
        "trajectories": 7, "seed": 5, "en": made.tell(), "zh": made.tell("zh"),
        "factors": made.table.to_dict("records"),
    }  # fmt: skip
    for none in (made.table.iloc[:0], made.table.assign(effect=0.0)):
        still = Sensitivity(none, 7, 5)
        assert still.tell() == "Nothing changes any zone within these ranges."
        assert still.tell("zh") == "在给定范围内没有因素改变分区。"


def test_a_step_of_a_screening_moves_what_it_says():
    """Weights times 1 + x, cuts by x of their span, values up and down by turns."""
    import worlds

    from zoning.pipeline.method import load_method
    from zoning.questions.stability import screening
    from zoning.questions.stability.draws import rule_numbers
    from zoning.zones.decide import decide

    plan = worlds.plan()
    method = load_method(plan.config)
    values = method_values(pd.DataFrame(plan.townships.drop(columns="geometry")), method)
    numbers = rule_numbers(fit(method, values), values)
    factors = screening._factors(method, values, numbers[0])
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            screening, "decide", lambda m, v, **k: (seen.append((m, v)), decide(m, v, **k))[1]
        )
        for k in range(len(factors)):
            move = np.zeros(len(factors))
            move[k] = 0.1
            screening._zone(method, values, numbers, factors, move)
    base = fit(method, values)
    for factor, (moved, scaled) in zip(factors, seen, strict=True):
        for name, old in values.items():
            mine = factor.kind == "input" and factor.dimension == name
            turn = np.where(np.arange(old.size) % 2, 1.1, 0.9) if mine else 1.0
            assert np.array_equal(scaled[name], old * turn)
        for d, was in zip(moved.dimensions, base.dimensions, strict=True):
            here = d.name == factor.dimension
            cuts = [c + 0.1 * was.span * (here and factor.kind == "cut" and factor.place == k)
                    for k, c in enumerate(was.cuts)]  # fmt: skip
            assert d.cuts == pytest.approx(sorted(cuts))
            more = [here and factor.kind == "weight" and factor.place == k
                    for k in range(len(was.terms))]  # fmt: skip
            weights = [t.weight * (1.1 if m else 1) for t, m in zip(was.terms, more, strict=True)]
            assert [t.weight for t in d.terms] == pytest.approx(weights)


def test_effects_of_a_known_function_are_its_slopes():
    """Of 3 x² the effect over a step from a to b is 3 (a + b), whatever way is walked."""
    from zoning.questions.stability.screening import elementary_effects

    seen = []

    def run(x):
        seen.append(x.copy())
        return 3 * x[0] ** 2 - x[1]

    found = elementary_effects(run, 2, 6, levels=4, seed=8)
    assert found.shape == (6, 2) and len(seen) == 6 * 3
    for t in range(6):
        way = np.array(seen[3 * t : 3 * t + 3])
        assert np.isin(way.round(9), np.round([0, 1 / 3, 2 / 3, 1], 9)).all()
        steps = np.abs(np.diff(way, axis=0))
        assert sorted(steps.sum(axis=0)) == pytest.approx([2 / 3, 2 / 3])
        ends = way[:, 0].min(), way[:, 0].max()
        assert found[t] == pytest.approx([3 * sum(ends), -1])
    starts = np.array(seen[::3])
    assert len(np.unique(starts, axis=0)) > 2 and {0.0, 1.0} <= set(starts.ravel())
