"""Indicators: every cell of the grading tables, formulas by hand, totals that stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.base.areas import share
from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.indicators import (
    at_hand,
    compare_compositions,
    composite,
    grading,
    reconcile,
    share_of_area,
    transfer,
)
from zoning.indicators import provincial as p
from zoning.indicators.composition import ITEMS, parts


def one(x: float | None) -> pd.Series:
    return pd.Series([x], dtype="Float64")


#: Table, value, grade: every band of every table, and every edge.
CELLS = [
    *[("available_land", v, g) for v, g in [
        (-1, 1), (0.05, 1), (0.1, 2), (0.2, 2), (0.3, 3), (0.5, 3), (0.8, 4), (1.5, 4),
        (2.0, 4), (2.01, 5),
    ]],
    *[("available_water", v, g) for v, g in [
        (-1, 1), (0, 2), (100, 2), (200, 3), (300, 3), (500, 4), (800, 4), (1000, 4), (1001, 5),
    ]],
    *[("overload", v, g) for v, g in [
        (-0.5, 1), (0, 1), (0.5, 2), (1, 2), (1.5, 3), (2, 3), (2.5, 4), (3, 4), (3.1, 5),
    ]],
    *[("erosion", v, g) for v, g in [
        (499, 1), (500, 2), (2499, 2), (2500, 3), (4999, 3), (5000, 4), (7999, 4),
        (8000, 5), (15000, 5), (15001, 6),
    ]],
    *[("population_flow", v, g) for v, g in [
        (4.9, 1), (5, 3), (9.9, 3), (10, 5), (19.9, 5), (20, 7), (30, 7), (30.1, 9),
    ]],
    *[("gdp_growth", v, g) for v, g in [
        (-3, 1.0), (4.9, 1.0), (5, 1.2), (9.9, 1.2), (10, 1.3), (19.9, 1.3),
        (20, 1.4), (30, 1.4), (30.1, 1.5),
    ]],
    *[("location", v, g) for v, g in [
        (0, 2), (100, 2), (101, 1.5), (300, 1.5), (301, 1), (600, 1), (601, 0.5),
        (1000, 0.5), (1001, 0),
    ]],
    *[("location_city", v, g) for v, g in [
        (20, 2), (20.1, 1.5), (40, 1.5), (41, 1), (60, 1), (61, 0.5), (90, 0.5), (91, 0),
    ]],
]  # fmt: skip


@pytest.mark.parametrize(("table", "value", "grade"), CELLS)
def test_every_band_and_edge(table: str, value: float, grade: float) -> None:
    assert grading(table).of(one(value)).tolist() == [grade]


@pytest.mark.parametrize(
    ("trunk", "scores"),
    [
        ("double_track_rail", (2.0, 1.5, 1.0)), ("single_track_rail", (1.0, 0.5, 0)),
        ("motorway", (1.5, 1.0, 0.5)),
        ("national_road", (0.5, 0, 0)), ("main_port", (1.5, 1.0, 0.5)), ("port", (0.5, 0, 0)),
        ("trunk_airport", (1.0, 0.5, 0)), ("branch_airport", (0.5, 0, 0)),
    ],
)  # fmt: skip
def test_every_trunk_score(trunk: str, scores: tuple[float, ...]) -> None:
    d = pd.Series([0.0, 30.0, 60.0, 60.1])
    assert p.trunk_influence({trunk: d}, "province").tolist() == [*scores, 0.0]
    d = pd.Series([0.0, 3.0, 10.0, 20.0, 20.1, None])
    got = p.trunk_influence({trunk: d}, "city")
    assert got.tolist()[:5] == [scores[0], scores[0], scores[1], scores[2], 0.0]
    assert pd.isna(got.iloc[5])


def test_every_table_has_source_and_evidence() -> None:
    data = load_toml("indicators", "provincial.toml")
    assert data["source"] and data["evidence"] == "M-med"
    allowed = {"S", "C", "M-high", "M-med", "M-low", "I", "own"}
    for table in data.values():
        if isinstance(table, dict):
            assert table.get("evidence", data["evidence"]) in allowed
            assert ("evidence" in table) == ("source" in table)
    for name in ("available_land", "overload", "erosion", "location"):
        g = grading(name)
        assert g.source and g.evidence and list(g.edges) == sorted(g.edges)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["available_land", "available_water", "overload", "erosion", "gdp_growth"]),
       st.floats(-10, 20000), st.floats(0, 1000))  # fmt: skip
def test_more_never_lowers_a_rising_grade(table: str, value: float, more: float) -> None:
    g = grading(table)
    assert g.of(one(value + more)).iloc[0] >= g.of(one(value)).iloc[0]


def test_formulas_by_hand() -> None:
    # 3 km2 suitable, 1 built, 0.9 * 1 basic farmland: 1.1 km2 = 110 ha = 1650 mu; 1000 people.
    assert p.available_land(one(3e6), one(1e6), one(1e6), one(1000)).tolist() == pytest.approx(
        [1.65]
    )
    surveyed = p.available_land(one(3e6), one(1e6), one(1e6), one(1000), basic_farmland_m2=one(2e6))
    assert surveyed.tolist() == pytest.approx([0.0])
    assert p.available_water(one(100), one(300), one(1000), one(2), gamma=0.05).tolist() == [-75.0]
    # 4.2 * 0.06 * 400 km2 / sqrt(1600 km2) = 2.52
    assert p.air_capacity(one(400e6), 1600e6).tolist() == pytest.approx([2.52])
    assert p.water_capacity(one(2), one(30), one(10)).tolist() == pytest.approx(
        [2 * 20 + 0.2 * 30 * 2]
    )
    # SO2 a = 0.5 -> 2, COD a = 2.5 -> 4: the worse counts.
    assert p.environment_overload((one(3), one(2)), (one(7), one(2))).tolist() == [4.0]
    assert (
        p.erosion_fragility(one(9000)).tolist() == [5.0] == p.erosion_fragility(one(20000)).tolist()
    )
    # density 500, flow 25 % -> d = 7
    assert p.population_agglomeration(one(1000), one(250), one(2e6)).tolist() == [3500.0]
    assert p.economic_level(one(100.0), one(100.0), one(4)).tolist() == [25.0]
    assert p.strategic_factor(pd.Series([1, 2, 3, 4, 5])).tolist() == [0.9, 0.95, 1.0, 1.1, 1.2]
    s = p.transport_superiority(pd.Series([0.0, 4.0]), pd.Series([1.0, 2.0]), pd.Series([5.0, 5.0]))
    assert s.tolist() == [0.0, 2.0]


def test_suitable_land() -> None:
    slope, high = np.array([15.0, 15.1, 3.0, np.nan, 3.0]), np.array([500.0, 0, 501, 0, 0])
    other = np.array([False, False, False, False, True])
    assert p.suitable_land(slope, high, other).tolist() == [True, False, False, False, False]


def test_missing_and_wrong_are_not_swallowed() -> None:
    assert p.worst_of(one(None), one(5)).isna().all()
    assert p.available_land(one(1), one(1), one(1), one(0)).isna().all()
    assert p.population_agglomeration(one(10), one(None), one(1)).isna().all()
    with pytest.raises(InputError):
        p.worst_of(one(6))
    with pytest.raises(InputError):
        p.worst_of(one(2.5))
    with pytest.raises(InputError):
        p.available_water(one(1), one(1), one(1), one(1), gamma=0.2)
    with pytest.raises(InputError, match="trunk"):
        p.trunk_influence({"canal": one(1)})
    with pytest.raises(InputError):
        p.trunk_influence({})
    area = pd.Series([10.0, 10.0], index=["a", "b"])
    with pytest.raises(InputError) as caught:
        share_of_area(pd.Series([12.0, -1.0], index=["a", "b"], name="built_m2"), area)
    assert [x.where for x in caught.value.problems] == ["a", "b"]


def grades(**changed: list[float]) -> pd.DataFrame:
    n = len(next(iter(changed.values()))) if changed else 1
    return pd.DataFrame({k: changed.get(k, [3.0] * n) for k in ITEMS}, dtype="Float64")


def test_composition_by_hand() -> None:
    g = grades(population=[4.0], economy=[2.0], transport=[4.0], fragility=[1.0], importance=[2.0],
               available_land=[5.0], available_water=[4.0],
               hazard=[2.0], overload=[1.0])  # fmt: skip
    q = parts(g).iloc[0]
    assert q.tolist() == pytest.approx([np.sqrt(36 / 3), 2.0, 2.0])
    assert composite(g).tolist() == pytest.approx([np.sqrt(12)])
    assert composite(g, factor=one(1.2)).tolist() == pytest.approx([1.2 * np.sqrt(12)])
    assert composite(g, "additive").tolist() == pytest.approx([0.4 * np.sqrt(12) + 0.6 - 0.6])
    two = grades(population=[1.0, 5.0], hazard=[5.0, 1.0])
    assert composite(two, "weighted").tolist() == pytest.approx([3 / 9, 5 / 9])
    weights = dict.fromkeys(ITEMS, 0.0) | {"population": 1.0}
    assert composite(two, "weighted", weights=weights).tolist() == pytest.approx([0.0, 1.0])
    with pytest.raises(InputError, match="hazard"):
        composite(g.drop(columns="hazard"))
    assert composite(g.assign(economy=pd.array([pd.NA], "Float64"))).isna().all()


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.integers(0, 1000))
def test_composition_has_one_direction(seed: int) -> None:
    """A better grade of any item never lowers any variant."""
    drawn = np.random.default_rng(seed).integers(1, 5, (4, 9))
    g = pd.DataFrame(drawn, columns=list(ITEMS)).astype("Float64")
    base = {how: composite(g, how)[0] for how in ("ratio", "additive")}
    for name, more in ITEMS.items():
        better = g.copy()
        better.loc[0, name] = g.loc[0, name] + (1 if more else -1)
        if not 1 <= better.loc[0, name] <= 5:
            continue
        for how in ("ratio", "additive"):
            assert composite(better, how)[0] >= base[how] - 1e-12
    values, r = compare_compositions(g)
    assert list(values) == ["ratio", "additive", "weighted"]
    # Spearman by scipy.
    from scipy.stats import spearmanr

    if values["ratio"].nunique() > 1 and values["additive"].nunique() > 1:
        other = spearmanr(values["ratio"].astype(float), values["additive"].astype(float))[0]
        assert r.loc["ratio", "additive"] == pytest.approx(other)


def test_at_hand_by_hand() -> None:
    t = pd.DataFrame(
        {
            "area_m2": [2_000_000, 0],
            "built_m2": [500_000, 0],
            "population": [3000, 10],
            "road_km": [5.0, None],
        }
    )
    out = at_hand(t)
    assert out["built_share"].fillna(-1).tolist() == [0.25, -1]
    assert out["population_density"].fillna(-1).tolist() == [1500, -1]
    assert out["road_density"].fillna(-1).tolist() == [2.5, -1]
    own = at_hand(t.assign(built_share=[0.9, 0.9]))
    assert own["built_share"].tolist() == [0.9, 0.9]


@st.composite
def overlaps(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    rows = []
    for i in range(n):
        for j in {0, *rng.integers(0, m, 4).tolist()}:
            rows.append(
                (f"t{i}", f"u{j}", int(rng.integers(0, 10**6)), int(rng.integers(0, 3) * 1000))
            )
    o = pd.DataFrame(rows, columns=["township", "unit", "area_m2", "built_m2"])
    o.loc[o.groupby("township").head(1).index, "area_m2"] += 1
    values = pd.DataFrame(
        {"population": rng.integers(0, 10**5, n), "gdp": rng.uniform(0, 1e6, n)},
        index=[f"t{i}" for i in range(n)],
    )
    return values, o


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(overlaps(), st.sampled_from(["area_m2", "built_m2"]))
def test_totals_stay(world: tuple[pd.DataFrame, pd.DataFrame], weight: str) -> None:
    values, o = world
    out = transfer(values, o, source="township", target="unit", weight=weight)
    table = reconcile(values, out)
    assert table["relative"].abs().max() < 1e-12
    whole = transfer(
        values[["population"]], o, source="township", target="unit", weight=weight, whole=True
    )
    assert whole["population"].sum() == values["population"].sum()
    assert reconcile(values, whole, ["population"]).loc["population", "difference"] == 0
    mean = transfer(values, o, source="township", target="unit", kind="intensive", weight=weight)
    known = mean["gdp"].dropna()
    assert (known <= values["gdp"].max() * (1 + 1e-12)).all()
    assert (known >= values["gdp"].min() * (1 - 1e-12)).all()
    shuffled = o.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        out, transfer(values, shuffled, source="township", target="unit", weight=weight)
    )


def test_transfer_by_hand() -> None:
    o = pd.DataFrame(
        {
            "t": ["a", "a", "b", "b"],
            "u": ["x", "y", "y", "z"],
            "area_m2": [1, 3, 1, 1],
            "built_m2": [1, 0, 0, 0],
        }
    )
    v = pd.DataFrame({"n": [8, 4]}, index=["a", "b"])
    assert transfer(v, o, source="t", target="u")["n"].tolist() == [2, 8, 2]
    # All of a's building land lies in x; b has none, so its people follow the area.
    assert transfer(v, o, source="t", target="u", weight="built_m2")["n"].tolist() == [8, 2, 2]
    assert transfer(v, o, source="t", target="u", kind="intensive")["n"].tolist() == [8, 7, 4]
    gap = pd.DataFrame({"n": [8, None]}, index=["a", "b"])
    assert transfer(gap, o, source="t", target="u")["n"].fillna(-1).tolist() == [2, -1, -1]
    assert transfer(gap, o, source="t", target="u", kind="intensive")["n"].fillna(-1).tolist() == [
        8,
        8,
        -1,
    ]
    with pytest.raises(InputError, match="c"):
        transfer(pd.DataFrame({"n": [1, 2]}, index=["a", "c"]), o, source="t", target="u")
    with pytest.raises(InputError):
        reconcile(v, v, ["m"])


def test_an_unknown_item_makes_the_index_unknown() -> None:
    for name in ITEMS:
        g = grades().copy()
        g[name] = pd.array([pd.NA], "Float64")
        for how in ("ratio", "additive", "weighted"):
            assert composite(g, how).isna().all(), (name, how)


NUMBERS = st.lists(
    st.tuples(st.none() | st.integers(-5, 10**12), st.none() | st.integers(-2, 10**12)), max_size=6
)


@given(NUMBERS)
def test_a_share_is_what_nullable_columns_say(rows):
    part, whole = (pd.Series([r[k] for r in rows], dtype="Int64", name="m") for k in (0, 1))
    slow = part.astype("Float64") / whole.astype("Float64").where(whole > 0, pd.NA)
    pd.testing.assert_series_equal(share(part, whole), slow)
    turned = whole[::-1]
    pd.testing.assert_series_equal(share(part, turned), slow)
