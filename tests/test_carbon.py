"""Carbon against values from outside: published test suites, guides, other libraries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning import carbon
from zoning.base.shipped import data_path
from zoning.carbon.account import GJ_PER_TCE
from zoning.carbon.land import land_table
from zoning.errors import InputError

# LMDIR, tests/testthat/test_lmdi.R (Matthew Heun, MIT)
X = [
    [[1, 10, 2], [4, 5, 3]],
    [[4, 5, 3], [5, 6, 4]],
    [[8, 2, 4], [5, 7, 5]],
    [[10, 1, 5], [6, 8, 6]],
]
ADDITIVE = [
    (69.79006598, -9.45512579, 39.66505981),
    (42.96021467, -34.31902656, 50.3588119),
    (54.01064234, -9.02128467, 54.01064234),
]


@pytest.mark.parametrize("step", range(3))
def test_lmdi_gives_the_published_values(step):
    found = carbon.lmdi(X[step], X[step + 1])
    assert found.additive == pytest.approx(ADDITIVE[step], abs=5e-9)
    assert math.fsum(found.additive) == pytest.approx((100, 59, 99)[step], abs=1e-9)


def test_lmdi_multiplicative_as_published():
    d = carbon.lmdi(X[0], X[1]).multiplicative
    assert d == pytest.approx([1.76111782, 0.92619131, 1.37941012], abs=5e-9)
    assert d.prod() == pytest.approx(180 / 80)


def test_lmdi_zero_cases():
    start = [[0, 10, 2], [4, 5, 3]]
    assert carbon.lmdi(start, X[1]).rows[0].tolist() == [60, 0, 0]
    end = [[4, 5, 3], [5, 6, 0]]
    assert carbon.lmdi(X[0], end).rows[1].tolist() == [0, 0, -60]
    both = carbon.lmdi([[0, 0, 3]], [[2, 5, 3]])
    assert both.rows[0].tolist() == [15, 15, 0]
    assert np.isnan(both.multiplicative).all()
    assert carbon.lmdi([[0, 5]], [[0, 9]]).additive.tolist() == [0, 0]
    # one vanishes as the other appears: nothing to share out
    assert carbon.lmdi([[0, 5]], [[5, 0]]).additive.tolist() == [0, 0]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_zero_cases_are_the_limit_of_small_values(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.5, 2, (2, 3, 3))
    a[rng.random((3, 3)) < 0.3] = 0
    b[rng.random((3, 3)) < 0.3] = 0
    exact = carbon.lmdi(a, b)
    small = carbon.lmdi(np.where(a == 0, 1e-90, a), np.where(b == 0, 1e-90, b))
    assert exact.rows == pytest.approx(small.rows, abs=0.15)
    assert math.fsum(exact.additive) == pytest.approx(b.prod(1).sum() - a.prod(1).sum(), abs=1e-9)


@given(st.floats(1e-6, 1e6), st.floats(-12, 12))
def test_log_mean_lies_between_the_means(a, power):
    b = a * (1 + 10.0**power) if power < 6 else a * 10.0 ** (-2 * power)
    low, high = math.sqrt(a * b), (a + b) / 2
    assert low * (1 - 1e-12) <= carbon.log_mean(a, b) <= high * (1 + 1e-12)
    assert carbon.log_mean(a, b) == pytest.approx(carbon.log_mean(b, a), rel=1e-9)


def test_lmdi_refuses_what_it_cannot_mean():
    for a, b in (([[-1, 2]], [[1, 2]]), ([[1, 2]], [[1, 2, 3]]), ([[math.nan]], [[1]])):
        with pytest.raises(ValueError, match="one shape"):
            carbon.lmdi(a, b)
    with pytest.raises(ValueError, match="not negative"):
        carbon.log_mean(-1, 2)


# the tonnes per amount that follow from the guides' defaults
FUELS = {
    "anthracite": 2.3228, "bituminous": 2.0715, "coke": 2.8518, "crude": 3.0783,
    "gasoline": 3.0425, "diesel": 3.1451, "fuel_oil": 3.0472, "lpg": 2.9538, "natural_gas": 21.622,
}  # fmt: skip


def test_fuel_factors_to_the_digit():
    table = carbon.fuel_table()
    assert set(table.index) == set(FUELS)
    for name, row in table.iterrows():
        got = carbon.fuel_factor(row["ncv_gj"], row["carbon_tc_gj"], row["oxidation"])
        assert round(got, 3 if name == "natural_gas" else 4) == FUELS[name]


def test_factors_per_tonne_of_standard_coal_lie_in_the_known_band():
    for name, row in carbon.fuel_table().iterrows():
        per_tce = carbon.fuel_factor(GJ_PER_TCE, row["carbon_tc_gj"], row["oxidation"])
        low, high = (1.62, 1.64) if name == "natural_gas" else (1.8, 2.98)
        assert low < per_tce < high
    assert round(carbon.fuel_factor(GJ_PER_TCE, 0.02749, 0.94), 3) == 2.777
    assert round(carbon.fuel_factor(GJ_PER_TCE, 0.0153, 0.99), 3) == 1.628


def test_electricity_factors_keep_their_year():
    national = {y: carbon.electricity_factor("CN", y).value for y in (2021, 2022, 2023)}
    assert national == {2021: 0.5568, 2022: 0.5366, 2023: 0.5306}
    without = {y: carbon.electricity_factor("CN", y, "without_market_nonfossil").value
               for y in (2021, 2022, 2023)}  # fmt: skip
    assert without == {2021: 0.5942, 2022: 0.5856, 2023: 0.6096}
    assert without[2023] / without[2022] - 1 == pytest.approx(0.041, abs=5e-4)
    fossil = [carbon.electricity_factor("CN", y, "fossil").value for y in (2021, 2022, 2023)]
    assert fossil == [0.8426, 0.8325, 0.8273]


def test_older_series_are_marked_and_unknown_values_are_empty():
    table = pd.read_csv(data_path("carbon", "electricity.csv"))
    assert set(table.loc[table["comparable"] == "no", "series"]) == {
        "grid_average_old", "ets_reporting",
    }  # fmt: skip
    assert (table["value"].isna() == (table["evidence"] == "NOT FOUND")).all()
    assert (table["unit"] == "kgCO2/kWh").all()
    assert not table.duplicated(["series", "region", "year"]).any()
    for ask in (("CN-JX", 2022), ("CN-JS", 2012)):
        with pytest.raises(InputError) as e:
            carbon.electricity_factor(*ask)
        assert e.value.problems[0].code == "no-factor"


def test_an_account_by_hand():
    rows = pd.DataFrame(
        [("natural_gas", 2022, 2.0), ("heat", 2022, 100.0), ("process", 2022, 7.5),
         ("electricity", 2021, 10.0), ("electricity", 2022, -10.0), ("electricity", 2023, 5.0)],
        columns=["item", "year", "amount"], index=list("abcdef"),
    )  # fmt: skip
    got = carbon.emissions(rows, region="CN-JS")
    want = [2 * 389.31 * 0.0153 * 0.99 * 44 / 12, 11.0, 7.5, 6.451, -5.978]
    assert got["emission_t"][:5].tolist() == pytest.approx(want, rel=1e-12)
    assert got["emission_t"].isna().tolist() == [False] * 5 + [True]
    assert got["factor"].tolist() == [
        "fuels/natural_gas", "heat", "stated",
        "average/CN-JS/2021", "average/CN-JS/2022", "average/CN-JS/2023",
    ]  # fmt: skip
    tce = [778.62 / 29.3076, 100 / 29.3076, 0, 36 / 29.3076, -36 / 29.3076, 18 / 29.3076]
    assert got["energy_tce"].tolist() == pytest.approx(tce)


def test_items_without_a_factor_are_told_together():
    rows = pd.DataFrame({"item": ["disel", "peat"], "year": 2022, "amount": 1.0})
    with pytest.raises(InputError) as e:
        carbon.emissions(rows, region="CN-JS")
    assert len(e.value.problems) == 2
    assert "diesel" in e.value.problems[0].remedy.en


def test_kaya_path_ties_at_the_published_years():
    found = carbon.scenarios()
    assert set(found) == {"baseline", "strong", "structure", "energy"}
    for name, year in (("baseline", 2039), ("strong", 2020)):
        assert found[name].peak_year == pytest.approx(year, abs=0.01)
        path = carbon.kaya_path(found[name], 40, stock=100)
        top = path["emission"].max()
        # growth is 0 in the year itself: it and the year before are one maximum
        assert path["emission"][year] == pytest.approx(top, rel=1e-6)
        assert path["emission"][year - 1] == pytest.approx(top, rel=1e-6)
        assert path["emission"][2012] == 100
        assert path["growth"][year] == pytest.approx(0, abs=1e-6)
        factors = path[["output", "structure", "intensity", "carbon"]].prod(axis=1)
        assert factors.mul(100).tolist() == pytest.approx(path["emission"].tolist())
    base = found["baseline"]
    for name, factor in (("structure", "structure"), ("energy", "carbon")):
        other = {k for k in base.declines if found[name].declines[k] != base.declines[k]}
        assert other == {factor}
        assert found["strong"].peak_year < found[name].peak_year < base.peak_year


def test_peak_time_at_its_edges():
    assert carbon.peak_time(0.02, 0.1, 15, 0.02) == math.inf
    assert carbon.peak_time(0.02, 0.1, 15, 0.12) == pytest.approx(0, abs=1e-9)
    assert carbon.peak_time(0.02, 0.1, 15, 0.5) == 0
    assert carbon.peak_time(0.02, 0, 15, 0.03) == 0
    assert carbon.peak_time(0.02, 0, 15, 0.01) == math.inf
    with pytest.raises(ValueError, match="decay_years"):
        carbon.peak_time(0.02, 0.1, 0, 0.05)


RISING = [1, 2.3, 3.1, 4.5, 5.2, 6.8, 7.1, 8.9, 9.5, 10.2]
PLATEAU = [70, 74, 77, 79, 80.2, 80.1, 79.9, 80, 80.2, 79.8]


def test_mann_kendall_values():
    t = carbon.mann_kendall(RISING)
    assert (t.s, t.variance, round(t.z, 5), round(t.slope, 9)) == (45, 125, 3.93548, 1.05)
    assert t.p == pytest.approx(8.3e-5, abs=5e-7)
    flat = carbon.mann_kendall(PLATEAU)
    assert flat.trend == "increasing" and round(flat.p, 4) == 0.0389


@pytest.mark.slow
@given(st.lists(st.integers(-5, 5), min_size=3, max_size=30))
@settings(max_examples=80, deadline=None)
def test_mann_kendall_like_the_library(values):
    judge = pytest.importorskip("pymannkendall")
    got, want = carbon.mann_kendall(values), judge.original_test(values)
    assert (got.s, got.variance) == (want.s, want.var_s)
    if want.var_s > 0:
        assert (got.z, got.p) == pytest.approx((want.z, want.p))
    assert got.slope == pytest.approx(want.slope)
    assert got.trend == {"no trend": "none"}.get(want.trend, want.trend)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        (RISING, "not peaked"),
        (PLATEAU, "too early"),
        ([70, 74, 77, 80.2, 80.1, 79.9, 80, 80.1, 79.8, 80], "plateau"),
        ([70, 80, 79, 77, 76, 74, 73, 71, 70, 68], "peaked"),
        ([70, 80, 60, 62, 64, 66, 68, 70, 72, 74], "not peaked"),
        ([70, 80, 70, 79, 70, 79, 70, 79, 70, 79], "not peaked"),
        # near the maximum, but rising again
        ([70, 80, 77, 77.5, 78, 78.5, 79, 79.3, 79.5, 79.8], "not peaked"),
        ([70, 72, 74, 76, 80, 79, 77, 76, 74, 73], "peaked"),
        ([70, 72, 74, 76, 78, 80, 79, 77, 76, 74], "too early"),
    ],
)
def test_peak_states(values, state):
    assert carbon.peak_state(range(2010, 2020), values).state == state


def test_peak_needs_years_in_a_row():
    with pytest.raises(ValueError, match="in a row"):
        carbon.peak_state([2010, 2012, 2013], [1, 2, 3])
    with pytest.raises(ValueError, match="without a value"):
        carbon.peak_state([2010, 2011, 2012], [1, math.nan, 3])
    assert carbon.peak_state([2010, 2011, 2012], [3, 1, 3]).year == 2012


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_targets_close_on_the_city(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    factors = rng.uniform(1, 10, (n, 3))
    e, g = rng.uniform(1, 100, n), rng.uniform(1, 50, n)
    then = g * rng.uniform(1.35, 1.36, n)
    r = carbon.split_rates(factors, [0.4, 0.3, 0.3], e, g, then,
                           rate=0.18, spread=0.03, low=0.10, high=0.26)  # fmt: skip
    assert (r >= 0.10).all() and (r <= 0.26).all()
    city = math.fsum(e / g * (1 - r) * then) / math.fsum(then)
    assert city == pytest.approx(0.82 * e.sum() / g.sum(), rel=1e-12)
    # one factor, one growth: who has more of it never gets the lower rate
    one = np.repeat(factors[:, :1], 3, axis=1)
    same = carbon.split_rates(one, [0.4, 0.3, 0.3], e, g, g * 1.3,
                              rate=0.18, spread=0.03, low=0.1, high=0.26)  # fmt: skip
    assert (np.diff(same[np.argsort(factors[:, 0])]) >= -1e-12).all()
    # with one growth for all, weights of the base year give the city's rate
    assert math.fsum(same * e) / e.sum() == pytest.approx(0.18, rel=1e-9)


def test_clipped_rates_still_close():
    r = carbon.close_rates([0.0, 0.2, 0.9], [1, 1, 1], 0.5, 0.1, 0.7)
    assert r.tolist() == pytest.approx([0.3, 0.5, 0.7])
    # two are clipped: the middle one alone has to meet the sum
    both = carbon.close_rates([0.0, 0.3, 0.9], [1, 1, 1], 0.4, 0.15, 0.7)
    assert both.tolist() == pytest.approx([0.15, 0.35, 0.7])
    assert math.fsum(carbon.close_rates([0.1, 0.9], [3, 1], 0.1, 0.1, 0.9)) == pytest.approx(0.2)
    for wrong in ((0.05, 0.1, 0.7), (0.9, 0.1, 0.7)):
        with pytest.raises(ValueError, match="cannot be reached"):
            carbon.close_rates([0.2, 0.3], [1, 1], *wrong)


def test_wishes_are_clipped_before_they_are_closed():
    """By trial: clip the wish, shift all, clip again, until the weighted mean is met."""
    z = np.array([-0.8, -0.5, 1.4])
    z = (z - z.mean()) / z.std()
    wished = np.clip(0.18 + 0.10 * z, 0.10, 0.25)
    low, high = -1.0, 1.0
    for _ in range(200):
        shift = (low + high) / 2
        met = np.clip(wished + shift, 0.10, 0.25).mean()
        low, high = (shift, high) if met < 0.18 else (low, shift)
    got = carbon.split_rates(z[:, None], [1], [1, 1, 1], [1, 1, 1], [1, 1, 1],
                             rate=0.18, spread=0.10, low=0.10, high=0.25)  # fmt: skip
    assert got.tolist() == pytest.approx(np.clip(wished + shift, 0.10, 0.25).tolist())
    unclipped = carbon.close_rates(0.18 + 0.10 * z, [1, 1, 1], 0.18, 0.10, 0.25)
    assert np.abs(unclipped - got).max() > 1e-3


def test_growth_that_no_rate_can_meet_is_refused():
    with pytest.raises(ValueError, match="on average"):
        carbon.split_rates([[1], [2]], [1], [10, 1], [1, 1], [9, 1],
                           rate=0.18, spread=0.01, low=0.1, high=0.25)  # fmt: skip
    with pytest.raises(ValueError, match="not to 1"):
        carbon.split_rates([[1], [2]], [0.9], [1, 1], [1, 1], [1, 1],
                           rate=0.18, spread=0.01, low=0.1, high=0.25)  # fmt: skip


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_a_total_is_shared_out_whole(total, parts):
    if not sum(parts):
        with pytest.raises(ValueError, match="not all 0"):
            carbon.split_total(total, parts)
        return
    got = carbon.split_total(total, parts)
    assert got.sum() == total
    assert (abs(got - np.array(parts) / sum(parts) * total) <= 1 + 1e-6).all()


def test_land_account_adds_up_and_says_what_it_knows():
    rows = pd.DataFrame(
        [("z1", 3, 10_000), ("z1", 1, 20_000), ("z2", 11, 5_000), ("z2", 99, 1_000)],
        columns=["key", "landuse", "area_m2"],
    )
    got = carbon.land_account(rows, {1: "arable", 3: "forest", 11: "water"})
    assert got.loc["z1", "stock_tco2"] == pytest.approx((163.8 + 2 * 95.3) * 44 / 12)
    assert got.loc["z1", "uptake_tco2_a"] == pytest.approx(3.9 - 0.2)
    assert got["area_m2"].tolist() == [30_000, 6_000]
    assert got.loc["z2", ["stock_known_m2", "uptake_known_m2", "stock_tco2"]].tolist() == [0, 0, 0]
    assert got.loc["z1", "stock_known_m2"] == 30_000


def test_new_land_costs_what_free_land_holds():
    new = pd.Series([2_000, 0, 1_000], index=["a", "b", "c"])
    stock = pd.Series([600.0, 10.0, 0.0], index=["a", "b", "c"])
    free = pd.Series([10_000, 0, 0], index=["a", "b", "c"])
    cost = carbon.new_land_cost(new, stock, free)
    assert cost.tolist()[:2] == [120.0, 0.0] and cost.isna().tolist() == [False, False, True]
    assert carbon.new_land_cost(new, stock, free, kept=0.25)["a"] == 90.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        carbon.new_land_cost(new, stock, free, kept=1.5)


def test_every_value_of_the_land_table_has_a_source():
    table = land_table()
    for name in ("stock", "uptake"):
        value = table["stock_tc_ha" if name == "stock" else "uptake_tco2_ha_a"]
        assert (value.isna() == (table[f"{name}_evidence"] == "NOT FOUND")).all()
        assert (value.isna() | table[f"{name}_source"].notna()).all()
