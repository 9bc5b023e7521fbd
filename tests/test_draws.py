"""Draws number by number, each against the same stream of random numbers read by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_stability import SCHEME, towns

from zoning.questions.stability import perturb
from zoning.questions.stability.doubts import _share
from zoning.questions.stability.draws import (
    Drawn,
    Draws,
    codes_of,
    factors,
    leave_one_out,
    perturbed_zones,
    rule_numbers,
)
from zoning.questions.stability.run import said_zones
from zoning.questions.stability.tally import Tally, Units
from zoning.weights.scaling import Scale
from zoning.zones import load_method
from zoning.zones.classify import method_values
from zoning.zones.decide import compile_rules


def stream(*seed):
    return np.random.default_rng(seed if len(seed) > 1 else seed[0])


def test_blocks_have_so_many_numbers(monkeypatch):
    assert next(Draws(count=3_000_000).blocks(1)) == (0, 2_000_000)
    monkeypatch.setattr("zoning.questions.stability.draws._BLOCK", 6)
    five = Draws(count=5)
    assert list(five.blocks(2)) == [(0, 3), (3, 5)]
    assert list(five.blocks(0)) == list(five.blocks(1)) == [(0, 5)]
    assert list(five.blocks(100)) == [(k, k + 1) for k in range(5)]
    # Four numbers a township: of each of three dimensions and of the zone.
    monkeypatch.setattr("zoning.questions.stability.draws._BLOCK", 300)
    method = load_method("two-matrices")
    values = method_values(towns(10, 7), method)
    blocks = [(a, b, c.shape) for a, b, c in perturbed_zones(method, values, Draws(count=20))]
    assert blocks == [(0, 7, (7, 10)), (7, 14, (7, 10)), (14, 20, (6, 10))]


def test_factors_are_those_of_a_stream_named_after_its_part():
    found = factors(Draws(count=4, seed=3), "cuts", 2, 0.25)
    by_hand = 1 + 0.25 * stream(3, *b"cuts").uniform(-1, 1, (4, 2))
    assert np.array_equal(found, by_hand)


def test_grades_and_weights_of_a_block_are_given_to_who_settles_it():
    method = load_method("two-matrices")
    values = method_values(towns(6, 2), method)
    seen = []

    def settle(codes, drawn: Drawn):
        seen.append((codes.copy(), drawn))
        return codes * 0 + 2

    found = list(perturbed_zones(method, values, Draws(count=3, seed=5), settle))
    assert [(a, b) for a, b, _ in found] == [(0, 3)] and (found[0][2] == 2).all()
    codes, drawn = seen[0]
    assert codes.shape == (3, 6) and found[0][2].dtype == np.int8
    for d in method.dimensions:
        step = factors(Draws(count=3, seed=5), f"cuts {d.name}", len(d.cuts), 0.05) - 1
        cuts = np.sort(np.array(d.cuts) + step * d.span)
        assert drawn.cuts[d.name] == pytest.approx(cuts)
        score = drawn.scores[d.name]
        grade = np.array(
            [
                [
                    sum(
                        s >= c if e == "above" else s > c for c, e in zip(row, d.equal, strict=True)
                    )
                    for s in line
                ]
                for row, line in zip(cuts, np.broadcast_to(score, (3, 6)), strict=True)
            ]
        )
        grade[np.isnan(np.broadcast_to(score, (3, 6)))] = -1  # fmt: skip
        assert np.array_equal(np.broadcast_to(drawn.grades[d.name], (3, 6)), grade)


def test_weights_and_cuts_of_a_draw_follow_the_stream():
    method = load_method("two-matrices")
    moved, rng = perturb.weights(method, stream(4), 0.3), stream(4)
    for d, e in zip(method.dimensions, moved.dimensions, strict=True):
        f = 1 + 0.3 * rng.uniform(-1, 1, len(d.terms))
        assert [t.weight for t in e.terms] == [
            t.weight * x for t, x in zip(d.terms, f, strict=True)]  # fmt: skip
        assert replace(e, terms=d.terms) == d
    moved, rng = perturb.cuts(method, stream(4), 0.3), stream(4)
    for d, e in zip(method.dimensions, moved.dimensions, strict=True):
        step = 0.3 * d.span * rng.uniform(-1, 1, len(d.cuts))
        assert e.cuts == pytest.approx(sorted(np.add(d.cuts, step)))
        assert replace(e, cuts=d.cuts) == d


def test_numbers_of_rules_follow_the_stream():
    method = load_method("dominant")
    values = method_values(towns(6, 1), method)
    rules, spans = rule_numbers(method, values)
    assert [r.text for r in rules] == [r.text for r in compile_rules(method, tuple(values))]
    moved, rng = perturb.numbers(rules, spans, stream(4), 0.3), stream(4)
    for rule, span, new in zip(rules, spans, moved, strict=True):
        step = 0.3 * span * rng.uniform(-1, 1, span.size)
        assert [c.number for c in new.cuts] == pytest.approx(
            [c.number + s for c, s in zip(rule.cuts, step, strict=True)])  # fmt: skip


def scaled(*scales):
    """A method of one dimension with a term for each scale."""
    method = load_method("two-matrices")
    d = method.dimensions[0]
    terms = tuple(replace(d.terms[0], scale=s) for s in scales)
    return replace(method, dimensions=(replace(d, terms=terms),))


def test_ends_of_every_kind_of_scale_follow_the_stream():
    scales = (
        Scale("linear", low=10.0, high=30.0), Scale("log", low=10.0, high=1000.0),
        Scale("points", at=(2.0, 6.0), scores=(0.0, 100.0)), Scale("minmax"),
        Scale("table", at=(-3.0,), scores=(0.0, 1.0)), Scale("table", at=(0.0,), scores=(0.0, 1.0)),
    )  # fmt: skip
    (d,) = perturb.scale_ends(scaled(*scales), stream(6), 0.1).dimensions
    linear, log, points, plain, one, nought = (t.scale for t in d.terms)
    rng = stream(6)
    assert [linear.low, linear.high] == pytest.approx([10, 30] + 0.1 * 20 * rng.uniform(-1, 1, 2))
    step = 0.1 * np.log(100) * rng.uniform(-1, 1, 2)
    assert [log.low, log.high] == pytest.approx([10, 1000] * np.exp(step))
    assert points.at == pytest.approx(np.sort([2, 6] + 0.1 * 4 * rng.uniform(-1, 1, 2)))
    assert plain == Scale("minmax")
    # One step alone has no length: its distance from 0, or 1, stands for it.
    assert one.at == pytest.approx([-3 + 0.1 * 3 * rng.uniform(-1, 1)])
    assert nought.at == pytest.approx([0.1 * rng.uniform(-1, 1)])


def test_cells_that_are_swapped_follow_the_stream():
    grid = np.array([["a", "a", "b"], ["c", "a", "b"]], dtype=object)
    found, rng = perturb._swapped(grid, stream(2), 0.6), stream(2)
    near = {(0, 0): ["c"], (0, 1): ["b"], (0, 2): ["a"], (1, 0): ["a", "a"], (1, 1): ["c", "b"],
            (1, 2): ["a"]}  # fmt: skip
    swapped = 0
    for at, others in near.items():
        hit, which = rng.random(), rng.random()
        assert found[at] == (others[int(which * len(others))] if hit < 0.6 else grid[at])
        swapped += hit < 0.6
    assert 0 < swapped < 6
    same = np.full((2, 2), "a", dtype=object)
    assert (perturb._swapped(same, stream(1), 1.0) == "a").all()


@pytest.mark.parametrize("common", [False, True])
def test_values_of_a_column_follow_the_stream(common):
    x = np.array([100.0, 50.0, np.nan])
    found = perturb.column(
        x, stream(8), share=0.2, amount=3.0, years=2.0, growth=(0.05, -0.01), common=common
    )
    rng, n = stream(8), 1 if common else 3
    spread = np.log(1 + 0.2**2)
    factor = np.exp(rng.normal(-spread / 2, np.sqrt(spread), n))
    factor = factor * (1 + rng.uniform(-0.01, 0.05, n)) ** 2
    assert found == pytest.approx(x * factor + 3 * rng.normal(0, 1, n), nan_ok=True)
    # What is not stated moves nothing, each by itself.
    assert perturb.column(x, stream(8)).tolist()[:2] == [100.0, 50.0]


def test_land_on_the_ground_follows_the_stream():
    areas = np.array([[100.0, 20.0], [50.0, 80.0], [10.0, 0.0], [4.0, 4.0]])
    confusion = {"7": {"7": 8.0, "1": 2.0}, "1": {"1": 5.0, "7": 0.0}, "17": {"1": 0.0}}
    found, rng = perturb.ground(areas, ("7", "1", "17", "9"), confusion, stream(3)), stream(3)
    share = rng.dirichlet([8, 2])
    assert found["7"] == pytest.approx(areas[0] * share[0])
    assert found["1"] == pytest.approx(areas[0] * share[1] + areas[1])
    assert list(found) == ["7", "1", "17", "9"]
    assert found["17"].tolist() == [10, 0] and found["9"].tolist() == [4, 4]


def test_an_indicator_is_left_out_where_others_have_weight():
    method = load_method("two-matrices")
    d = method.dimension("constraint")
    a, b, c = d.terms
    values = method_values(towns(6, 2), method)

    def asked(*terms):
        less = replace(method, dimensions=(replace(d, terms=terms), *method.dimensions[1:]))
        return [k for k in leave_one_out(less, values) if k.startswith("constraint")]

    names = [f"constraint: {t.indicator}" for t in d.terms]
    assert asked(a, b, c) == names and asked(a, b) == names[:2] and asked(a) == []
    # Without a alone nothing would have any weight.
    assert asked(a, replace(b, weight=0.0)) == [names[1]]
    assert asked(replace(a, weight=0.4), replace(b, weight=0.6)) == names[:2]


# --- counts


def counted():
    """Two overlays over three townships of which one is unknown, and their units."""
    scheme = SimpleNamespace(
        codes=SCHEME.codes,
        replacing=tuple(SimpleNamespace(code=c, share=s, column=f"overlay_{c}_m2")
                        for c, s in (("balance", 0.5), ("moderate", 0.95))),
    )  # fmt: skip
    units = pd.DataFrame(
        {
            "area_m2": [10, 10, 10, 10, 0, 10],
            "overlay_balance_m2": [5, 4, 0, 0, 0, 9],
            "overlay_moderate_m2": [10, 0, 0, 10, 0, 0],
            "township": ["a", "b", "c", None, "a", "a"],
            "zone": ["balance", "key", None, "moderate", "optimised", "key"],
            "zone_reason": ["overlay", "method", None, "overlay", "method", "override"],
        },
        index=list("uvwxyz"),
    )
    return SimpleNamespace(units=units.astype({"zone": "string", "zone_reason": "string"})), scheme


def test_units_keep_their_zone_as_often_as_counted_by_hand():
    plan, scheme = counted()
    base = np.array(["optimised", "key", ""], dtype=object)
    draws = Draws(count=4, seed=2, overlays=0.3)
    units = Units(plan, base, pd.Index(["a", "b", "c"]), draws, scheme)
    step = factors(draws, "overlays", 2, 0.3) - 1
    limits = np.clip(np.array([0.5, 0.95]) + step, 1e-9, 1.0)
    assert np.array_equal(units.thresholds, limits) and limits.max() == 1.0
    codes = codes_of(scheme)
    seen = np.array([[codes["optimised"], codes["key"], 0]] * 3 + [[codes["key"]] * 3], np.int8)
    tally = Tally(base, units, scheme)
    tally.add(seen[:1], 0)
    tally.add(seen[1:], 1)
    assert (tally.count, tally.seen.shape) == (4, (5, 3))
    share = np.array([[0.5, 1.0], [0.4, 0], [0, 0], [0, 1.0], [-1, -1], [0.9, 0]])
    kept = []
    for u, (code, unit) in enumerate(plan.units.iterrows()):
        hits = 0
        at = {"a": 0, "b": 1, "c": 2}.get(unit["township"])

        def zone(limit, classes, u=u, at=at):
            for k, o in enumerate(scheme.replacing):  # the first that rules is the zone
                if share[u, k] >= limit[k]:
                    return codes[o.code]
            return 0 if at is None else classes[at]

        own = zone([0.5, 0.95], [codes[z] for z in base])
        for k in range(4):
            hits += zone(limits[k], seen[k]) == own
        kept.append(hits / 4)
        assert code
    found = units.table(tally)
    by_hand = [kept[0], kept[1], None, kept[3], kept[4], 1.0]  # w has no zone, z a decision
    assert found["stability"].astype(object).where(found["stability"].notna(), None).tolist() == (
        by_hand)  # fmt: skip
    assert found["overlaid"].tolist() == [True, False, False, True, False, False]
    assert found["zone"].fillna("").tolist() == ["balance", "key", "", "moderate", "optimised",
                                                 "key"]  # fmt: skip
    assert found["area_m2"].tolist() == [10, 10, 10, 10, 0, 10]
    assert 0 < kept[1] < 1 and kept[4] == 0.75
    assert found.index.equals(plan.units.index)


def test_units_are_counted_some_draws_at_a_time(monkeypatch):
    plan, scheme = counted()
    base = np.array(["optimised", "key", ""], dtype=object)
    codes = np.random.default_rng(1).integers(0, 5, (30, 3)).astype(np.int8)
    tables, sizes, over = [], [], Units._over
    monkeypatch.setattr(Units, "_over", lambda *x: (sizes.append(len(x[1])), over(*x))[1])
    for block in (2_000_000, 50):
        monkeypatch.setattr("zoning.questions.stability.draws._BLOCK", block)
        draws = Draws(count=30, seed=2, overlays=0.3)
        units = Units(plan, base, pd.Index(["a", "b", "c"]), draws, scheme)
        tally = Tally(base, units, scheme)
        tally.add(codes[:10], 0)
        tally.add(codes[10:], 10)
        tables.append(units.table(tally))
    # Of six units eight draws make fifty numbers.
    assert sizes == [1, 10, 20, 1, 8, 2, 8, 8, 4]
    pd.testing.assert_frame_equal(*tables)


def test_townships_keep_their_zone_and_have_a_second_by_count():
    _, scheme = counted()
    base = np.array(["key", "key", "", "review", "optimised", "key"], dtype=object)
    codes = codes_of(scheme)
    o, k, m = (codes[z] for z in ("optimised", "key", "moderate"))
    seen = np.array(
        [[k, k, k, 0, o, k], [m, k, k, 0, o, m], [o, 0, 0, k, o, 0], [m, 0, m, 0, o, o]]
    )
    tally = Tally(base, None, scheme)
    tally.add(seen.astype(np.int8), 0)
    decided = np.array([False, False, False, False, False, True])
    kept = tally.kept(decided)
    assert str(kept.dtype) == "Float64"
    assert pd.Series(kept).fillna(-1).tolist() == [0.25, 0.5, -1, -1, 1.0, 1.0]
    second = tally.second()
    # Of two seen as often the first of the scheme; unknown is no zone.
    assert pd.Series(second).fillna("").tolist() == ["moderate", "", "", "", "", "optimised"]
    assert str(second.dtype).startswith("string")
    decided[2] = True
    assert pd.Series(tally.kept(decided)).fillna(-1).tolist() == [0.25, 0.5, 1.0, -1, 1.0, 1.0]


def test_what_a_plan_says_of_townships_is_its_zone_or_left_to_review():
    towns_ = pd.DataFrame({"zone": pd.array(["key", None, None, "key"], dtype="string")})
    alone = np.array(["review", "review", "", "optimised"], dtype=object)
    assert said_zones(towns_, alone).tolist() == ["key", "review", "", "key"]


def test_shares_of_doubts_are_given_to_a_millionth():
    one = np.array([1.0, 0.0, 0.0])
    assert _share(one, np.ones(3)) == 0.333333
    assert _share(one, np.array([0.5, 0.0, 0.0])) == 2.0
    assert np.isnan(_share(one * 0, np.zeros(3)))
