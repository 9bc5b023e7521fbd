"""Land per head by township and county: by hand, again by verify, and forged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoning as zn
from tests import worlds
from zoning.measure.patterns import gini, theil
from zoning.pipeline import fairness
from zoning.verify import verify

PEOPLE = {"321000001": 60_000, "321000002": 20_000, "321000003": 3_000}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fair")
    made = worlds.plan()
    made.save(folder / "out")
    return made


def tables(plan) -> dict[str, pd.DataFrame]:
    given = next(c for c in plan.contributions if c.wing == fairness.WING)
    return {t.name: t.frame for t in given.tables}


def test_by_hand(plan):
    found = tables(plan)
    measures = found["equity"].set_index("measure")
    # A's lower row of two squares is built: 2 km² for 60,000 of 83,000 people, all in county 1.
    assert measures.loc["built", "per_head_m2"] == pytest.approx(2e6 / 83_000, abs=1e-5)
    # Everything is A's: by the curve 1 - 60/83 of the heads have nothing.
    assert measures.loc["built", "gini"] == pytest.approx(23 / 83, abs=1e-6)
    assert measures.loc["built", "theil"] == pytest.approx(np.log(83 / 60), abs=1e-6)
    assert measures.loc["built", "theil_between"] == pytest.approx(np.log(83 / 80), abs=1e-6)
    towns = found["equity_townships"].set_index("township")
    for code, people in PEOPLE.items():
        new = int(plan.townships.loc[code, "new_m2"])
        assert towns.loc[code, "new_per_head_m2"] == pytest.approx(new / people, abs=1e-3)
    counties = found["equity_counties"].set_index("county")
    assert counties["population"].tolist() == [80_000, 3_000]
    assert counties.loc["321001", "built_per_head_m2"] == pytest.approx(25)
    whole = (towns["after_per_head_m2"] * towns["population"]).sum()
    built, new = plan.townships[["built_m2", "new_m2"]].sum()
    assert whole == pytest.approx(built + new, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=2, max_size=12))
def test_theil_adds_up_over_groups_and_splitting_a_place_changes_nothing(rows):
    amount, people = (np.array(x, dtype=float) for x in zip(*rows, strict=True))
    if amount.sum() == 0:
        assert np.isnan(theil(amount, people))
        return
    whole = theil(amount, people)
    group = np.arange(len(rows)) % 2
    x, w = (np.bincount(group, v, 2) for v in (amount, people))
    within = sum(
        x[g] / x.sum() * theil(amount[group == g], people[group == g])
        for g in range(2) if x[g] > 0
    )  # fmt: skip
    assert theil(x, w) + within == pytest.approx(whole, abs=1e-9)
    halves = np.repeat(amount / 2, 2), np.repeat(people / 2, 2)
    assert theil(*halves) == pytest.approx(whole, abs=1e-9)
    assert gini(*halves) == pytest.approx(gini(amount, people), abs=1e-9)
    assert 0 <= whole <= np.log(people.sum() / people.min()) + 1e-9


@pytest.mark.slow
def test_verify_derives_it_and_finds_forged_numbers(plan):
    checks = [c for c in verify(plan) if c.check == "verify.equity"]
    assert len(checks) == 16 and all(c.ok for c in checks)
    for name, column in (("equity", "gini"), ("equity", "theil_between"),
                         ("equity_counties", "new_per_head_m2"),
                         ("equity_townships", "protected_per_head_m2")):  # fmt: skip
        others = [c for c in plan.contributions if c.wing != fairness.WING]
        mine = next(c for c in plan.contributions if c.wing == fairness.WING)
        forged = []
        for t in mine.tables:
            frame = t.frame.copy()
            if t.name == name:
                frame.loc[0, column] = float(frame.loc[0, column]) + 0.01
            forged.append(replace(t, frame=frame))
        false = replace(plan, contributions=(*others, replace(mine, tables=tuple(forged))))
        bad = [c for c in verify(false) if c.check == "verify.equity" and not c.ok]
        assert len(bad) == 1 and f"{name}, {column}" in bad[0].where


def test_an_answer_has_tables_of_its_own(plan):
    less = plan.allocate(cap=0.20)
    one, two = (tables(p)["equity"].set_index("measure") for p in (plan, less))
    assert two.loc["new", "per_head_m2"] < one.loc["new", "per_head_m2"]
    assert two.loc["built", "gini"] == one.loc["built", "gini"]
    assert all(c.ok for c in verify(less) if c.check == "verify.equity")


def test_townships_without_people_are_left_out_and_told(plan):
    towns = plan.townships.copy()
    towns["population"] = towns["population"].astype("Float64")
    towns.loc["321000003", "population"] = pd.NA
    given = fairness.contribution(replace(plan, townships=towns))[0]
    assert given.tables[2].frame["township"].tolist() == ["321000001", "321000002"]
    assert any("1 of 3" in p.en for p in given.chapters[0].paragraphs)
    assert fairness.contribution(replace(plan, townships=towns.drop(columns="population"))) == ()
    towns["population"] = 0
    assert fairness.contribution(replace(plan, townships=towns)) == ()


def test_unknown_protection_is_unknown_and_not_none(plan):
    pieces = plan.pieces.assign(protected_m2=pd.array([pd.NA] * len(plan.pieces), dtype="Int64"))
    given = fairness.contribution(replace(plan, pieces=pieces))[0]
    table = given.tables[0].frame.set_index("measure")
    assert table.loc["protected"].isna().all() and table.loc["built"].notna().all()


@pytest.mark.slow
def test_clusters_are_asked_for_told_and_derived_again(tmp_path):
    from zoning.pipeline import patterns

    path = worlds.write(tmp_path, extra="[outputs]\npatterns = true\n")
    made = zn.run(path)
    made.save(tmp_path / "out")
    again = zn.load(tmp_path / "out")
    given = next(c for c in again.contributions if c.wing == patterns.WING)
    assert [t.keys for t in given.tables] == [("what",), ("unit",)]
    table = given.table("patterns").frame.set_index("what")
    assert table.loc["new_land", "units"] == 18 and table.loc["new_land", "expected"] < 0
    assert table["p"].between(0, 0.51).all()
    checks = [c for c in verify(again) if c.check == "verify.patterns"]
    assert len(checks) == 2 and all(c.ok for c in checks)
    others = tuple(c for c in again.contributions if c.wing != patterns.WING)
    for name, column, value in (
        ("patterns", "morans_i", 0.9),
        ("new_land_clusters", "cluster", "HL"),
    ):
        frame = given.table(name).frame.copy()
        frame.loc[0, column] = value
        forged = replace(given, tables=tuple(
            replace(t, frame=frame) if t.name == name else t for t in given.tables))  # fmt: skip
        bad = [c for c in verify(replace(again, contributions=(*others, forged)))
               if c.check == "verify.patterns" and not c.ok]  # fmt: skip
        assert len(bad) == 1 and name in bad[0].where
    plain = worlds.write(tmp_path / "plain") if (tmp_path / "plain").mkdir() is None else None
    assert not any(c.wing == patterns.WING for c in zn.run(plain).contributions)


def test_a_block_of_new_land_is_a_cluster_and_chance_is_not():
    from zoning.pipeline.patterns import clusters

    side = 20
    x = np.zeros((side, side))
    x[4:9, 4:9] = 1.0
    at = np.arange(side**2).reshape(side, side)
    pairs = np.concatenate([
        np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
        np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
    ])  # fmt: skip
    index = pd.Index([f"u{i}" for i in range(side**2)])
    found = clusters(index, x.ravel(), pairs)["cluster"].to_numpy().reshape(side, side)
    assert (found[5:8, 5:8] == "HH").all() and (found[12:, 12:] != "HH").all()
    noise = np.random.default_rng(3).random(side**2)
    told = clusters(index, noise, pairs)["cluster"]
    assert (told != "none").mean() < 0.2


@pytest.fixture
def clustered(plan):
    """Give the plan with clusters asked for, one unit that rounds to nothing, and one of 1 m2."""
    units = plan.units.copy()
    units.loc[units.index[-1], ["area_m2", "new_m2"]] = 0
    units.loc[units.index[-2], ["area_m2", "new_m2"]] = 1
    units.loc[units.index[0], "zone"] = pd.NA
    outputs = plan.config.outputs.model_copy(update={"patterns": True})
    return replace(plan, units=units, config=plan.config.model_copy(update={"outputs": outputs}))


def test_clusters_of_a_plan_are_those_of_its_shares_and_zones(clustered):
    from zoning.measure.patterns import lisa, lisa_p, morans_i
    from zoning.pipeline import patterns

    (given,) = patterns.contribution(clustered)
    units = clustered.units
    # Squares are neighbours where their corners lie 1 km apart: no code is read here.
    x, y = units.geometry.bounds["minx"].to_numpy(), units.geometry.bounds["miny"].to_numpy()
    far = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    pairs = np.argwhere(np.triu(far == 1000))
    share = [n / a if a else 0.0 for n, a in zip(units["new_m2"], units["area_m2"], strict=True)]
    assert share[-2:] == [1.0, 0.0]
    drawn = {"permutations": 199, "seed": 20_131}

    def row(what, values):
        found = morans_i(values, pairs, **drawn)
        return [what, round(found.value, 6), round(-1 / 17, 6), round(found.p, 6), 18]

    zones = units["zone"].astype("string").fillna("").tolist()
    # No unit lies in balance: such a zone does not cluster, it is not there.
    wanted = [row("new_land", share)]
    wanted += [
        row(code, [float(z == code) for z in zones])
        for code in clustered.scheme.codes if code in zones
    ]  # fmt: skip
    table = given.table("patterns")
    assert table.keys == ("what",) and len(wanted) > 2
    assert list(table.frame) == ["what", "morans_i", "expected", "p", "units"]
    assert table.frame.to_numpy().tolist() == wanted
    local, quadrant = lisa(share, pairs)
    p = lisa_p(share, pairs, **drawn)
    kinds = [q if chance <= 0.05 else "none" for q, chance in zip(quadrant, p, strict=True)]
    clusters = given.table("new_land_clusters")
    assert clusters.keys == ("unit",)
    assert clusters.frame["unit"].tolist() == units.index.tolist()
    assert clusters.frame["local_i"].tolist() == np.round(local, 6).tolist()
    assert clusters.frame["p"].tolist() == np.round(p, 6).tolist()
    assert clusters.frame["cluster"].tolist() == kinds
    words = {f.name: dict(f.words) for t in given.tables for f in t.fields if f.words}
    assert set(words["what"]) == {"new_land", *clustered.scheme.codes}
    classes = {c.code: c.label for c in given.themes[0].classes}
    assert words["cluster"] == classes and set(classes) == {"HH", "HL", "LH", "LL", "none"}
    assert {f.name: f.unit for f in table.fields}["units"] == "count"
    (chapter,) = given.chapters
    assert (chapter.maps, chapter.tables) == (("new_land_pattern",), ("patterns",))
    for lang in ("en", "zh"):
        said = chapter.paragraphs[0].get(lang)
        assert "199" in said and "20131" in said and "0.05" in said


def test_a_zone_that_is_everywhere_does_not_cluster_and_two_units_are_too_few(clustered):
    from zoning.pipeline import patterns

    def rows(units):
        given = patterns.contribution(replace(clustered, units=units))
        return [g.table("patterns").frame["what"].tolist() for g in given]

    units = clustered.units
    assert rows(units.assign(zone="key")) == rows(units.drop(columns="zone")) == [["new_land"]]
    one = units.assign(zone=["balance", *["key"] * (len(units) - 1)])
    assert rows(one) == [["new_land", "key", "balance"]]
    assert len(rows(units.iloc[:3])) == 1 and rows(units.iloc[:2]) == []
    assert rows(units.drop(columns="new_m2")) == []


def test_a_cluster_is_told_up_to_the_level_and_none_without_neighbours(monkeypatch):
    from zoning.pipeline import patterns

    index, pairs = pd.Index(list("abcd"), name="unit"), np.array([[0, 1], [1, 2]])
    share = np.array([1.0, 1.0, 0.0, 0.0])
    found = patterns.clusters(index, share, pairs)
    assert found["cluster"].iloc[3] == "none" and found["p"].isna().tolist() == [False] * 3 + [True]
    assert (found.dtypes == ["string", "Float64", "Float64", "string"]).all()
    monkeypatch.setattr(patterns, "lisa_p", lambda *_, **__: np.array([0.05, 0.055, 0.01, np.nan]))
    told = patterns.clusters(index, share, pairs)["cluster"].tolist()
    assert told == ["HH", "none", "LH", "none"]
