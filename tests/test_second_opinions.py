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
