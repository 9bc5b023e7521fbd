"""Methods, township classes, flips, units: against tables and a county computed by hand."""

from __future__ import annotations

import copy
import dataclasses
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.base.shipped import data_path
from zoning.errors import InputError
from zoning.schemes import load_scheme
from zoning.weights.scaling import Scale
from zoning.zones import (
    Method,
    assign_units,
    classify_townships,
    load_method,
    method_names,
    remarks,
    tell_township,
    tell_unit,
    unit_margins,
    unit_suitability,
)
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.flip import _inverse
from zoning.zones.method import Evidence, Term
from zoning.zones.parse import parse_method
from zoning.zones.scoring import scale_values
from zoning.zones.table import grade_table

KM2 = 1_000_000

SCHEME = load_scheme("zhenjiang-2013")


def two_matrices() -> dict:
    return tomllib.loads(data_path("methods", "two-matrices.toml").read_text(encoding="utf-8"))


#: Our method text, section 3.3: suitability by constraint (rows) and guidance (columns).
SUITABILITY = {
    ("low", "low"): "mid", ("low", "mid"): "high", ("low", "high"): "high",
    ("mid", "low"): "low", ("mid", "mid"): "mid", ("mid", "high"): "high",
    ("high", "low"): "low", ("high", "mid"): "low", ("high", "high"): "mid",
}  # fmt: skip
#: Zone by suitability and intensity; None: optimised if guidance is high, else key.
ZONE = {
    ("high", "low"): "key", ("high", "mid"): "key", ("high", "high"): "optimised",
    ("mid", "low"): "moderate", ("mid", "mid"): "key", ("mid", "high"): None,
    ("low", "low"): "moderate", ("low", "mid"): "moderate", ("low", "high"): "moderate",
}  # fmt: skip
LEVELS = ("low", "mid", "high")


@pytest.mark.parametrize("c", LEVELS)
@pytest.mark.parametrize("g", LEVELS)
@pytest.mark.parametrize("d", LEVELS)
def test_every_cell_of_both_matrices(c: str, g: str, d: str) -> None:
    table = grade_table(load_method("two-matrices"))
    at = tuple(LEVELS.index(x) for x in (c, g, d))
    suitability = SUITABILITY[c, g]
    zone = ZONE[suitability, d] or ("optimised" if g == "high" else "key")
    assert table.steps["suitability"][at] == suitability
    assert table.zone[at] == zone
    assert (table.flag[at] == "over-built") == ((suitability, d) == ("low", "high"))


def paper_method() -> Method:
    """The two matrices with the weights and cuts that the county was computed with."""
    data = copy.deepcopy(two_matrices())
    data["dimension"]["constraint"]["cuts"] = [35, 60]
    data["dimension"]["guidance"]["cuts"] = [35, 60]
    for term, weight in zip(data["dimension"]["constraint"]["term"], (0.5, 0.3, 0.2), strict=True):
        term["weight"] = weight
    return parse_method(data)


def county() -> pd.DataFrame:
    """Five townships of 10 km2, computed on paper (see `test_county_by_hand`)."""
    return pd.DataFrame(
        {
            "name": ["城关", "东乡", "南乡", "西乡", "北乡"],
            "area_m2": [10 * KM2] * 5,
            "built_m2": [5 * KM2, 2 * KM2, 1 * KM2, int(3.5 * KM2), 2 * KM2],
            "redline_m2": [0, 0, 6 * KM2, 6 * KM2, 3 * KM2],
            "farmland_m2": [0, 7 * KM2, 0, int(3.5 * KM2), int(3.5 * KM2)],
            "slope_deg": [0.0, 0.0, 15.0, 7.5, None],
            "population": [50_000, 10_000, 2_000, 2_000, 10_000],
            "gdp_10k_yuan": [600_000.0, 77_459.66692414834, 10_000.0, 10_000.0, 77_459.66692414834],
            "min_to_centre": [20.0, 45.0, 95.0, 95.0, 45.0],
        },
        index=["t1", "t2", "t3", "t4", "t5"],
    )


def test_county_by_hand() -> None:
    out = classify_townships(county(), paper_method())
    # t1: all terms of C at 0; density 5000, GDP 60000 (ends), 20 min: G = 100; D = 0.5
    # t2: C = 0.3 * 100; density 1000 = 100 ln5/ln25 = 50, GDP sqrt(1000*60000) = 50, 45 min = 50:
    # G = 50; D = 0.2
    # t3: C = 50 + 0 + 20; density 200 = 0, GDP 1000 = 0, 95 min = 0; D = 0.1
    # t4: C = 50 + 15 + 10; D = 0.35 at low suitability: to be looked at
    # t5: slope missing
    assert out["constraint"].tolist()[:4] == pytest.approx([0, 30, 70, 75])
    assert out["constraint"].isna().tolist() == [False] * 4 + [True]
    assert out["guidance"].tolist() == pytest.approx([100, 50, 0, 0, 50])
    assert out["intensity"].tolist() == pytest.approx([0.5, 0.2, 0.1, 0.35, 0.2])
    assert out["zone"].tolist()[:4] == ["optimised", "key", "moderate", "moderate"]
    assert out["rule"].tolist()[:4] == [
        "zone[high,high]",
        "zone[high,mid]",
        "zone[low,low]",
        "zone[low,high]",
    ]
    assert out["status"].tolist() == ["ok", "ok", "ok", "review", "unknown"]
    assert out["zone_reason"].tolist() == ["township"] * 4 + ["unknown"]
    assert out.loc["t5", ["zone", "rule", "margin", "runner_up", "flip"]].isna().all()
    assert out.loc["t4", "flag"] == "over-built"


def test_margin_and_flip_by_hand() -> None:
    out = classify_townships(county(), paper_method())
    # t2 (C 30, G 50, D 0.2; key): C above 35 -> mid suitability, still key; G below 35 as well;
    # D below 0.15 -> suitability high is key; D above 0.30 -> optimised: ten points of 100.
    # C above 60 (30 points) -> low suitability -> moderate, 0.30. So the nearest is D at 0.10.
    assert out.loc["t2", "runner_up"] == "optimised"
    assert out.loc["t2", "margin"] == pytest.approx(0.10)
    # One indicator: red line from 0 so that 0.5 * s = 30: s = 60, a change of 0.6; built from
    # 0.20 to 0.30 is a tenth of its scale.
    assert out.loc["t2", "flip_indicator"] == "built_share"
    assert out.loc["t2", "flip_to"] == pytest.approx(0.30)
    assert out.loc["t2", "flip_zone"] == "optimised"
    # t1 (optimised): D from 0.50 to 0.30 is 20 points; C to 60 (0.6): mid suitability, G high:
    # still optimised; G below 60: still high suitability; G below 35 (0.65): mid suitability
    # without high G: key. So D at 0.20.
    assert out.loc["t1", "margin"] == pytest.approx(0.20)
    assert out.loc["t1", "runner_up"] == "key"
    assert "由 50.0% 变为 30.0%" in out.loc["t1", "flip_zh"]


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    area = rng.integers(20, 120, n) * KM2
    part = rng.dirichlet([1, 1, 1, 1], n)
    return pd.DataFrame(
        {
            "area_m2": area,
            "built_m2": (area * part[:, 0]).astype(int),
            "redline_m2": (area * part[:, 1]).astype(int),
            "farmland_m2": (area * part[:, 2]).astype(int),
            "slope_deg": rng.uniform(0, 20, n),
            "population": area / KM2 * np.exp(rng.uniform(4, 9, n)),
            "gdp_10k_yuan": area / KM2 * np.exp(rng.uniform(6, 11.5, n)),
            "min_to_centre": rng.uniform(1, 100, n),
        },
        index=[f"t{i}" for i in range(n)],
    )


PARTS = {"built_share": "built_m2", "redline_share": "redline_m2", "farmland_share": "farmland_m2"}


def with_value(table: pd.DataFrame, code: str, indicator: str, value: float) -> pd.DataFrame:
    made = table.drop(columns=["built_m2", "redline_m2", "farmland_m2"]).copy()
    from zoning.indicators import at_hand

    for name, series in at_hand(table).items():
        made[name] = series.astype(float)
    made.loc[code, indicator] = value
    return made


@settings(max_examples=8, deadline=None)
@given(tables())
def test_flip_is_true_and_nothing_nearer_on_the_same_indicator(table: pd.DataFrame) -> None:
    method = load_method("two-matrices")
    out = classify_townships(table, method)
    values = method_values(table, method)
    for i, (_, row) in enumerate(out.iterrows()):
        if pd.isna(row["flip_to"]):
            continue
        name, now, to = row["flip_indicator"], float(row["flip_from"]), float(row["flip_to"])
        assert now == pytest.approx(values[name][i])

        def zone_at(x: float, i: int = i, name: str = name) -> str:
            changed = {k: v.copy() for k, v in values.items()}
            changed[name][i] = x
            return str(decide(method, changed).zone[i])

        step = 1e-6 * max(abs(to), 1e-3)
        assert row["flip_zone"] in {zone_at(to - step), zone_at(to), zone_at(to + step)}
        for part in (0.2, 0.6, 0.95):
            assert zone_at(now + (to - now) * part) == row["zone"]
        # No indicator flips it with a clearly smaller move on its own scale.
        for d in method.dimensions:
            for term in d.terms:
                if term.scale.kind == "table":
                    continue
                x = values[term.indicator]
                s = scale_values(term.scale, x)[i]
                span = d.span if term.scale.kind == "none" else 100.0
                for score in np.linspace(s - span, s + span, 81):
                    if abs(score - s) / span >= float(row["flip_size"]) * 0.98:
                        continue
                    inverse = _inverse(term.scale, np.array([score]))[0]
                    if np.isfinite(inverse):
                        assert zone_at(inverse, name=term.indicator) == row["zone"]


@pytest.mark.parametrize(
    ("scale", "values"),
    [
        (Scale("linear", low=10.0, high=50.0), [10.0, 20.0, 50.0]),
        (Scale("log", low=1.0, high=16.0), [1.0, 2.0, 16.0]),
        (Scale("points", at=(0.0, 5.0, 9.0), scores=(0.0, 25.0, 100.0)), [0.0, 5.0, 9.0]),
        (Scale("points", at=(1.0, 3.0, 5.0), scores=(100.0, 25.0, 0.0)), [5.0, 3.0, 1.0]),
    ],
    ids=["linear", "log", "points", "falling"],
)  # fmt: skip
def test_the_value_with_a_score_is_known_at_both_ends_and_not_beyond(scale, values) -> None:
    found = _inverse(scale, np.array([-0.1, 0.0, 25.0, 100.0, 100.1]))
    assert found[1:4] == pytest.approx(values) and np.isnan(found[[0, 4]]).all()


@settings(max_examples=5, deadline=None)
@given(tables(), st.randoms())
def test_row_order_does_not_matter(table: pd.DataFrame, random: object) -> None:
    method = load_method("two-matrices")
    order = list(table.index)
    random.shuffle(order)
    one, two = classify_townships(table, method), classify_townships(table.loc[order], method)
    pd.testing.assert_frame_equal(one, two.loc[table.index])


@settings(max_examples=5, deadline=None)
@given(tables(), st.sampled_from(["redline_share", "farmland_share", "slope_deg"]), st.floats(0, 1))
def test_more_constraint_never_lowers_its_grade(
    table: pd.DataFrame, name: str, more: float
) -> None:
    method = load_method("two-matrices")
    code = table.index[0]
    base = classify_townships(table, method)
    from zoning.indicators import at_hand

    value = float(at_hand(table).loc[code, name])
    after = classify_townships(with_value(table, code, name, value + more), method)
    assert after.loc[code, "constraint"] >= base.loc[code, "constraint"] - 1e-9
    assert LEVELS.index(after.loc[code, "constraint_grade"]) >= LEVELS.index(
        base.loc[code, "constraint_grade"]
    )


def test_inputs_are_not_changed() -> None:
    table = county()
    before = table.copy(deep=True)
    classify_townships(table, load_method("two-matrices"))
    pd.testing.assert_frame_equal(table, before)


def test_flip_where_a_term_was_skipped() -> None:
    """The closed form knows that a skipped term has no weight in its row."""
    data = two_matrices()
    data["dimension"]["constraint"]["term"][2]["missing"] = "skip"
    table = county().loc[["t2"]].assign(slope_deg=[None], built_m2=[1 * KM2])
    method = parse_method(data)
    row = classify_townships(table, method).loc["t2"]
    values = method_values(table, method)
    # C = 100 * (0.1 * 1.0) / 0.8 = 12.5; red line alone to 28: s = 15.5 * 0.8 / 0.7.
    assert row["constraint"] == pytest.approx(12.5)
    changed = {k: v.copy() for k, v in values.items()}
    changed["redline_share"] = np.array([15.5 * 0.8 / 0.7 / 100 * 0.6])
    assert decide(method, changed).scores["constraint"].value[0] == pytest.approx(28)
    assert (row["zone"], row["flip_zone"]) == ("key", "moderate")
    assert row["flip_indicator"] == "redline_share"
    assert row["flip_to"] == pytest.approx(15.5 * 0.8 / 0.7 / 100 * 0.6)
    assert row["flip_size"] == pytest.approx(0.155 * 0.8 / 0.7)


def test_missing_policies() -> None:
    data = two_matrices()
    for term, weight in zip(data["dimension"]["constraint"]["term"], (0.5, 0.3, 0.2), strict=True):
        term["weight"] = weight
    term["missing"] = "skip"
    out = classify_townships(county(), parse_method(data))
    assert out.loc["t5", "constraint"] == pytest.approx((0.5 * 50 + 0.3 * 50) / 0.8)
    term["missing"] = 7.5
    out = classify_townships(county(), parse_method(data))
    assert out.loc["t5", "constraint"] == pytest.approx(0.5 * 50 + 0.3 * 50 + 0.2 * 50)


def test_all_that_is_wrong_with_a_table_is_said_at_once() -> None:
    table = county().assign(slope_deg="steep")
    table["population"] = table["population"].astype(float)
    table.loc["t2", "population"] = np.inf
    with pytest.raises(InputError) as caught:
        classify_townships(table, load_method("two-matrices"))
    assert len(caught.value.problems) == 6
    table = county().rename(columns={"min_to_centre": "min_to_center"})
    with pytest.raises(InputError, match="min_to_center"):
        classify_townships(table, load_method("two-matrices"))


def test_every_number_has_source_and_evidence() -> None:
    for name in method_names():
        method = load_method(name)
        for part in (method, *method.dimensions, *method.matrices, *method.rules):
            assert part.why.source and part.why.evidence
        for d in method.dimensions:
            assert all(t.why.source and t.why.evidence for t in d.terms)
    data = two_matrices()
    del data["dimension"]["guidance"]["source"]
    with pytest.raises(InputError, match="'source' is missing"):
        parse_method(data)


def test_unknown_keys_all_at_once() -> None:
    data = two_matrices()
    data["dimension"]["guidance"]["cutz"] = [1, 2]
    data["matrix"][0]["colums"] = "x"
    data["dimension"]["constraint"]["term"][0]["wieght"] = 1
    with pytest.raises(InputError) as caught:
        parse_method(data)
    text = caught.value.tell("en")
    assert (
        "did you mean 'cuts'" in text
        and "did you mean 'columns'" in text
        and "did you mean 'weight'" in text
    )


def break_it(path: list, value: object) -> dict:
    data = two_matrices()
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["dimension", "guidance", "cuts"], [60, 35]),
        (["dimension", "guidance", "cuts"], [60]),
        (["dimension", "guidance", "cuts"], [35, float("nan")]),
        (["dimension", "guidance", "equal"], ["above"]),
        (["dimension", "guidance", "combine"], "median"),
        (["dimension", "guidance", "term"], []),
        (["dimension", "guidance", "term", 0, "low"], 0),
        (["dimension", "guidance", "term", 0, "weight"], -1),
        (["dimension", "guidance", "term", 0, "missing"], "zero"),
        (["dimension", "guidance", "term", 2, "scores"], [100, 50]),
        (["dimension", "guidance", "evidence"], "official"),
        (["matrix", 0, "cells", "low"], ["mid", "high"]),
        (["matrix", 0, "rows"], "constrant"),
        (["matrix", 1, "cells", "high"], ["key", "key", "prime"]),
        (["matrix", 1, "exception", 0, "grade"], "highest"),
        (["matrix"], []),
        (["name"], 3),
    ],
)
def test_wrong_methods_are_refused(path: list, value: object) -> None:
    with pytest.raises(InputError):
        parse_method(break_it(path, value))


def test_units_take_township_then_balance_then_override() -> None:
    units = pd.DataFrame(
        {
            "area_m2": [100, 100, 100, 0, 100, 100],
            "overlay_balance_m2": pd.array([50, 49, 0, 0, 80, None], "Int64"),
            "township": ["t1", "t1", "t2", "t1", None, "t1"],
        },
        index=["u1", "u2", "u3", "u4", "u5", "u6"],
    )
    towns = pd.DataFrame({"zone": ["key", pd.NA]}, index=["t1", "t2"])
    out = assign_units(units, towns, scheme=SCHEME)
    assert out["zone"].fillna("?").tolist() == ["balance", "key", "?", "key", "balance", "?"]
    assert out["zone_reason"].tolist() == [
        "overlay",
        "township",
        "unknown",
        "township",
        "overlay",
        "unknown",
    ]
    assert out["township_zone"].fillna("?").tolist() == ["key", "key", "?", "key", "?", "key"]
    decisions = pd.DataFrame({"zone": ["moderate", "key"]}, index=["u1", "u3"])
    out = assign_units(units, towns, scheme=SCHEME, overrides=decisions)
    assert out["zone"].tolist()[:3] == ["moderate", "key", "key"]
    assert out["zone_reason"].tolist()[:3] == ["override", "township", "override"]


def test_suitability_bounds_and_missing() -> None:
    method = load_method("two-matrices")
    units = pd.DataFrame(
        {"area_m2": [100, 100, 0], "township": ["t", None, None], "built_m2": [90, 0, 0],
         "farmland_m2": [0, 100, 0], "protected_m2": [0, 100, 0]},
        index=list("abc"),
    )  # fmt: skip
    towns = pd.DataFrame({"guidance": [100.0]}, index=["t"])
    assert unit_suitability(units, towns, method).tolist() == [1.0, 0.0, 0.0]
    only = unit_suitability(units[["area_m2", "township"]], towns, method)
    assert only.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_hold_values_rule_runner_up_and_flip(lang: str) -> None:
    method = paper_method()
    out = classify_townships(county(), method)
    text = tell_township(out.loc["t2"], method, lang)
    for part in (
        "30.0",
        "50.0",
        "20.0%",
        "建设适宜性高" if lang == "zh" else "suitability for construction high",
    ):
        assert part in text
    assert ("优化开发" if lang == "zh" else "optimised development") in text
    assert "<NA>" not in text and "nan" not in text
    flagged = tell_township(out.loc["t4"], method, lang)
    assert ("请复核" if lang == "zh" else "To review") in flagged
    unknown = tell_township(out.loc["t5"], method, lang)
    assert (
        "资料不足" if lang == "zh" else "Not enough is known"
    ) in unknown and "<NA>" not in unknown


def test_cuts_of_intensity_are_those_of_the_table() -> None:
    """Low is below 15%, high is above 30%; both edges are mid."""
    table = pd.concat([county().loc[["t2"]]] * 4).set_axis(list("abcd"))
    table["built_m2"] = [1_499_999, 1_500_000, 3_000_000, 3_000_001]
    out = classify_townships(table, paper_method())
    assert out["intensity_grade"].tolist() == ["low", "mid", "mid", "high"]


def test_margins_of_units_are_true() -> None:
    """Cross what is said to be next, and the zone is the one that was named."""
    rng = np.random.default_rng(5)
    towns = classify_townships(county(), paper_method())
    n = 60
    units = pd.DataFrame(
        {"area_m2": np.full(n, 1000), "overlay_balance_m2": rng.integers(0, 1000, n),
         "township": rng.choice([*towns.index, None], n)},
        index=[f"u{i:02d}" for i in range(n)],
    )  # fmt: skip
    units = units.join(assign_units(units, towns, scheme=SCHEME))
    out = unit_margins(units, towns, scheme=SCHEME)
    assert {"protected", "township"} == set(out["next_by"].dropna())
    for code, row in out.dropna().iterrows():
        unit = units.loc[code]
        town = towns.loc[unit["township"]] if unit["township"] is not None else None
        to_share = abs(unit["overlay_balance_m2"] / 1000 - 0.5)
        if row["next_by"] == "township":
            assert (row["runner_up"], row["margin"]) == (town["runner_up"], town["margin"])
            assert row["margin"] <= to_share
        else:
            assert row["margin"] == pytest.approx(to_share)
            moved = units.loc[[code], ["area_m2", "township"]].assign(
                overlay_balance_m2=500 if unit["zone_reason"] != "overlay" else 499
            )
            after = assign_units(moved, towns, scheme=SCHEME)
            assert after.loc[code, "zone"] == row["runner_up"]
    held = units.assign(zone_reason="override")
    assert unit_margins(held, towns, scheme=SCHEME).isna().all().all()


def test_words_of_units() -> None:
    method = paper_method()
    towns = classify_townships(county(), method)
    unit = {"area_m2": 1000, "overlay_balance_m2": 620, "zone": "balance",
            "zone_reason": "overlay",
            "township_zone": "key"}  # fmt: skip
    text = tell_unit(unit, towns.loc["t2"], method, "en")
    assert (
        "cover 62.0% of it" in text
        and "Key development if the protected share fell below 50.0%" in text
    )
    assert "suitability for construction high" in text
    text = tell_unit(unit, None, method, "zh")
    assert "若保护占比由 62.0% 降至 50.0% 以下，将改为重点开发" in text
    for gone in (
        {"zone_reason": "override"},
        {"overlay_balance_m2": pd.NA, "zone_reason": "unknown"},
    ):
        assert "protected share" not in tell_unit(unit | gone, None, method, "en")


def test_without_an_input_its_indicators_are_unknown(caplog) -> None:
    """Land use is an input that may be absent; an attribute of the table is not."""
    table = county().drop(columns=["built_m2", "farmland_m2"])
    out = classify_townships(table, paper_method())
    assert out["zone"].isna().all() and (out["status"] == "unknown").all()
    assert out["guidance"].notna().all() and not caplog.text
    found = {f.code: f for f in remarks(table, paper_method(), absent=["land use"])}
    assert "built_share" in found["indicator-unknown"].tell("zh")
    assert "t5" in found["attribute-missing"].tell("zh"), "its slope is missing"
    with pytest.raises(InputError, match="made from 'gdp_10k_yuan'"):
        classify_townships(county().drop(columns="gdp_10k_yuan"), paper_method())
    with pytest.raises(InputError, match="did you mean 'gdp_10k'"):
        classify_townships(county().rename(columns={"gdp_10k_yuan": "gdp_10k"}), paper_method())


def test_margins_of_all_methods_are_shares_of_a_scale() -> None:
    """Two points of built share are 0.02 under matrices, a cube or rules alike."""
    for name in ("two-matrices", "cube", "dominant"):
        known = classify_townships(county(), load_method(name))["margin"].dropna().astype(float)
        assert len(known) and known.between(0, 1).all(), name
    method = parse_method(
        {
            "name": "rules", "en": "rules", "zh": "规则", "source": "own", "evidence": "own",
            "rule": [
                {"id": "a", "when": "built_share > 0.3", "zone": "optimised"},
                {"id": "b", "when": "slope_deg > 10", "zone": "moderate"},
                {"id": "c", "when": "True", "zone": "key"},
            ],
        }
    )  # fmt: skip
    rows = pd.DataFrame(
        {"area_m2": [KM2] * 2, "built_share": [0.32, 0.0], "slope_deg": [0.0, 14.0]},
        index=["a", "b"],
    )
    out = classify_townships(rows, method)
    # 0.02 of a share; 4 of the 14 degrees that occur.
    assert out["margin"].tolist() == pytest.approx([0.02, 4 / 14])


def test_overlays_rule_by_their_shares_in_their_order() -> None:
    """Every combination of covered land, on both sides of each share, against a plain loop."""
    from itertools import product
    from types import SimpleNamespace

    from zoning.zones.overlays import listed, nearest_change, ruling

    overlays = [SimpleNamespace(code=c, column=c, share=s) for c, s in
                (("a", 0.5), ("b", 0.25), ("c", 0.5))]  # fmt: skip
    values = (0, 49, 50, 80, None)
    cases = [(100, *v) for v in product(values, (0, 24, 25, 60, None), values)]
    cases += [(0, 0, 0, 0), (None, 1, 1, 1)]
    units = pd.DataFrame(cases, columns=["area_m2", "a", "b", "c"], dtype="Int64")
    found = ruling(units, overlays)
    change = nearest_change(found, overlays)
    names = listed(units, overlays)
    for i, (area, *parts) in enumerate(cases):
        known = bool(area)
        rules = [known and p is not None and p >= o.share * area
                 for p, o in zip(parts, overlays, strict=True)]  # fmt: skip
        assert found.rules[i].tolist() == rules
        first = -1
        for k, p in enumerate(parts):
            if first == -1 and rules[k]:
                first = k
            if first == -1 and p is None and known:
                first = -2
        assert found.first[i] == first, cases[i]
        best = (np.inf, -1, -1)
        for k, p in enumerate(parts):
            if p is None or not known or first == -2 or -1 < first < k:
                continue
            distance = abs(p / area - overlays[k].share)
            after = next((j for j in range(k + 1, 3) if rules[j]), -1) if first == k else k
            if distance < best[0]:
                best = (distance, k, after)
        assert (change.overlay[i], change.then[i]) == best[1:], cases[i]
        assert np.isnan(change.distance[i]) if best[1] < 0 else change.distance[i] == best[0]
        if known and None in parts:
            assert pd.isna(names[i])
        elif area is not None:
            assert names[i] == "+".join(o.code for o, r in zip(overlays, rules, strict=True) if r)
    assert names.index.equals(units.index)


def test_what_is_wrong_with_a_method_says_where_and_what_to_try() -> None:
    from zoning.zones.outcomes import outcomes

    with pytest.raises(InputError) as caught:
        parse_method({"base": "cubes"}, "plan.toml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("no-method", "plan.toml")
    assert "cube, " in problem.what.en and "cube, " in problem.what.zh
    for name, tried in (("natonal", "did you mean national?"), ("zzz", "did you mean zhenjiang")):
        with pytest.raises(InputError) as caught:
            parse_method({"base": "cube", "scheme": name}, "plan.toml")
        (problem,) = (p for p in caught.value.problems if "no scheme" in p.what.en)
        assert problem.remedy.en.startswith(tried)
        if name == "zzz":  # nothing is near: all are listed
            assert ", " in problem.remedy.en and "national" in problem.remedy.zh
    assert outcomes(load_method("two-matrices")) == {"optimised", "key", "moderate"}
    assert outcomes(load_method("dominant")) >= {"optimised", "key", "moderate"}


def test_a_rule_may_be_2000_characters_long_and_no_longer() -> None:
    from zoning.zones.rules import compile_rule

    assert compile_rule("a > 1".ljust(2000), ["a"]).columns == ("a",)
    with pytest.raises(InputError) as caught:
        compile_rule("a > 1".ljust(2001), ["a"], where="here")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("rule-syntax", "here") and "2000" in problem.what.en


def test_a_unit_is_told_with_the_name_of_its_township() -> None:
    from zoning.zones import tell_unit

    table = county()
    method = load_method("two-matrices")
    classes = classify_townships(table, method)
    row = pd.concat([table, classes], axis=1).iloc[0]
    unit = {"zone": "key", "zone_reason": "township", "area_m2": 1}
    named = {**row.to_dict(), "name": "甲镇"}
    for label, en, zh in (("甲镇", " 甲镇: ", "甲镇："), (None, " township: ", "。乡镇："),
                          (pd.NA, " township: ", "。乡镇：")):  # fmt: skip
        town = pd.Series({**named, "name": label})
        assert en in tell_unit(unit, town, method, "en")
        assert zh in tell_unit(unit, town, method, "zh")


def test_a_method_that_is_fitted_stays_as_it_is() -> None:
    from zoning.zones.flip import span_of
    from zoning.zones.scoring import fit

    for name in method_names():
        method = load_method(name)
        table = county()
        try:
            values = method_values(table, method)
            once = fit(method, values)
        except InputError:
            continue
        assert not any(d.breaks or d.weighting for d in once.dimensions)
        assert fit(once, values) == once
    assert span_of("slope_deg", np.array([np.nan]), 15.0) == 15.0
    assert span_of("slope_deg", np.array([2.0, 2.0]), 0.0) == 1.0
    assert span_of("slope_deg", np.array([2.0, 5.0]), -4.0) == 3.0
    assert span_of("slope_deg", np.array([2.0]), -4.0) == 4.0
    assert span_of("built_share", np.array([0.2]), 0.5) == 1.0


@pytest.mark.parametrize(("path", "value", "en", "zh"), [
    (["dimension", "guidance", "grades"], ["low", "low", "high"], "grades repeat", "等级重复"),
    (["dimension", "guidance", "grades"], ["low", "high"], "one more grade", "等级数应"),
])  # fmt: skip
def test_what_is_wrong_with_grades_is_said(path: list, value: object, en: str, zh: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_method(break_it(path, value))
    said = [(p.what.en, p.what.zh) for p in caught.value.problems]
    assert any(en in e and zh in z for e, z in said), said


def test_zones_of_units_are_a_table_of_texts_on_their_index() -> None:
    units = pd.DataFrame(
        {"area_m2": [100] * 4, "overlay_balance_m2": pd.array([60, 0, 0, None], "Int64"),
         "township": ["t", "t", None, "t"]}, index=pd.Index(list("abcd"), name="unit"),
    )  # fmt: skip
    towns = pd.DataFrame({"zone": ["key"], "runner_up": ["moderate"], "margin": [0.2]}, index=["t"])
    out = assign_units(units, towns, scheme=SCHEME)
    wanted = pd.DataFrame(
        {"zone": ["balance", "key", None, None],
         "zone_reason": ["overlay", "township", "unknown", "unknown"],
         "township_zone": ["key", "key", None, "key"], "overlays": [""] * 4},
        index=units.index, dtype="string",
    )  # fmt: skip
    pd.testing.assert_frame_equal(out, wanted)
    none = pd.DataFrame({"zone": []}, dtype="string")
    pd.testing.assert_frame_equal(assign_units(units, towns, scheme=SCHEME, overrides=none), wanted)
    next_ = unit_margins(units.join(out), towns, scheme=SCHEME)
    wanted = pd.DataFrame(
        {"runner_up": pd.array(["key", "moderate", None, None], "string"),
         "margin": pd.array([0.1, 0.2, None, None], "Float64"),
         "next_by": pd.array(["protected", "township", None, None], "string")},
        index=units.index,
    )  # fmt: skip
    pd.testing.assert_frame_equal(next_, wanted)


def test_of_equal_distances_the_overlay_is_next_and_it_is_named() -> None:
    units = pd.DataFrame(
        {"area_m2": [4] * 4, "overlay_balance_m2": [1, 1, 1, 3], "township": ["s", "t", None, "t"],
         "zone": ["key"] * 3 + ["balance"], "zone_reason": ["township"] * 3 + ["overlay"],
         "township_zone": "key"}, index=list("abcd"),
    )  # fmt: skip
    towns = pd.DataFrame({"runner_up": ["moderate"] * 2, "margin": [0.25, 0.125]}, index=["s", "t"])
    found = unit_margins(units, towns, scheme=SCHEME)
    assert found.to_numpy().tolist() == [
        ["balance", 0.25, "protected"], ["moderate", 0.125, "township"],
        ["balance", 0.25, "protected"], ["key", 0.25, "protected"],
    ]  # fmt: skip


def test_a_method_without_suitability_says_where_there_is_one() -> None:
    bare = dataclasses.replace(load_method("two-matrices"), suitability=None)
    with pytest.raises(InputError) as caught:
        unit_suitability(pd.DataFrame({"area_m2": [1]}), pd.DataFrame(), bare)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("no-suitability", "two-matrices")
    assert "two-matrices.toml" in problem.remedy.en and "two-matrices.toml" in problem.remedy.zh


def test_suitability_counts_indicators_that_the_method_adds_and_ends_at_0_and_1() -> None:
    method = load_method("two-matrices")
    term = Term("x", 1.0, Scale("linear", 0.0, 8.0), "unknown", Evidence("", "own"))
    parts = {"built": 0.0, "not_farmland": 0.0, "not_protected": 0.0, "guidance": 1.0}
    w = dataclasses.replace(method.suitability, terms=(term,), **parts)
    method = dataclasses.replace(method, suitability=w)
    units = pd.DataFrame({"area_m2": [1] * 5, "township": ["t", "t", "high", "low", "?"],
                          "x": [2.0, None, 8.0, 0.0, 6.0]})  # fmt: skip
    towns = pd.DataFrame({"guidance": [50.0, 900.0, -900.0]}, index=["t", "high", "low"])
    assert unit_suitability(units, towns, method).tolist() == [0.375, 0.5, 1, 0, 0.75]


def test_suitability_is_the_mean_of_what_is_known_under_its_weights() -> None:
    """Unit by unit by the formula of the documents; one has no area, of one nothing is known."""
    method = load_method("two-matrices")
    w, rng = method.suitability, np.random.default_rng(11)
    n = 40
    units = pd.DataFrame(
        {"area_m2": [0, *rng.integers(50, 200, n - 1)], "township": rng.choice(["s", "t", "x"], n),
         "built_m2": [1, *rng.integers(0, 50, n - 1)],
         "farmland_m2": pd.array([0, None, *rng.integers(0, 50, n - 2)], "Int64"),
         "protected_m2": pd.array([0, 9, None, *rng.integers(0, 50, n - 3)], "Int64")},
        index=pd.Index([f"u{k}" for k in range(n)], name="unit"),
    )  # fmt: skip
    units.loc["u39", ["area_m2", "township"]] = [0, "x"]
    towns = pd.DataFrame({"guidance": [80.0, 35.0]}, index=["s", "t"])

    def by_hand(row):
        said = {w.guidance: towns["guidance"].get(row["township"], np.nan) / 100}
        if row["area_m2"]:
            share = {k: row[f"{k}_m2"] / row["area_m2"] for k in ("built", "farmland", "protected")}
            pairs = [(w.built, min(share["built"] / w.built_full_share, 1)),
                     (w.not_farmland, 1 - share["farmland"]),
                     (w.not_protected, 1 - share["protected"])]  # fmt: skip
        else:
            pairs = []
        pairs = [(a, b) for a, b in [*said.items(), *pairs] if not pd.isna(b)]
        total = sum(a for a, _ in pairs)
        return sum(a * b for a, b in pairs) / total if total else 0.0

    found = unit_suitability(units, towns, method)
    assert found.name == "suitability" and found.index.equals(units.index)
    assert found.tolist() == pytest.approx([by_hand(row) for _, row in units.iterrows()])
    assert found["u39"] == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_change_of_overlays_is_that_of_every_overlay_tried(seed: int) -> None:
    """Unit by unit: each overlay's share moved over its threshold, all others held."""
    from types import SimpleNamespace

    from zoning.zones.overlays import nearest_change, ruling

    rng = np.random.default_rng(seed)
    shares = rng.choice([0.25, 0.5, 0.75, 1.0], 3)
    overlays = [SimpleNamespace(column=c, share=s) for c, s in zip("xyz", shares, strict=True)]
    n = 40
    units = pd.DataFrame(
        {c: pd.array(rng.choice([0, 1, 2, 3, 4, None], n), "Int64") for c in "xyz"}
    )
    units["area_m2"] = rng.choice([0, 4, 4, 4], n)

    def ruler(cover, area):
        """Give who rules: -1 nobody, -2 unknown."""
        for k, o in enumerate(overlays):
            if area and cover[k] is None:
                return -2
            if area and cover[k] >= o.share * area:
                return k
        return -1

    found = ruling(units, overlays)
    change = nearest_change(found, overlays)
    for i, row in enumerate(units.to_dict("records")):
        cover = [None if pd.isna(row[c]) else row[c] for c in "xyz"]
        now = ruler(cover, row["area_m2"])
        assert found.first[i] == now
        best = (np.inf, -1, -1)
        for k, o in enumerate(overlays):
            if not row["area_m2"] or cover[k] is None or now == -2:
                continue
            there = cover[k] >= o.share * row["area_m2"]
            moved = [*cover]
            moved[k] = -1 if there else o.share * row["area_m2"]
            # What lies behind an unknown share is not looked at: those that are known decide.
            after = ruler([-1 if c is None else c for c in moved], row["area_m2"])
            if after != now:
                best = min(best, (abs(cover[k] / row["area_m2"] - o.share), k, after))
        distance = change.distance[i]
        got = (np.inf if np.isnan(distance) else distance, change.overlay[i], change.then[i])
        assert got == pytest.approx(best), (i, row)
