"""What rules cost: by hand, never below 0, and the ladders."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import worlds
from worlds_allocation import edges_of, limits_of, pieces_of

import zoning as zn
from zoning import pipeline, planfile
from zoning.allocation import allocate
from zoning.capacity import CapRules, Limit, Lock, account
from zoning.errors import InputError, Text
from zoning.questions import prices as module
from zoning.questions.curves import _best as best_land
from zoning.questions.curves import cap_ladder, knee_of, trade_off, worth_of_a_hectare
from zoning.questions.moves import Moves
from zoning.questions.prices import Price, prices, release


def town() -> pd.DataFrame:
    units = ["a", "b", "c"]
    return pd.DataFrame(
        {
            "unit": units,
            "township": ["s", "s", "t"],
            "county": ["x", "x", "y"],
            "zone": ["key", "key", "balance"],
            "area_m2": 100,
            "built_m2": 0,
            "free_m2": [40, 40, 30],
            "suitability": [0.8, 0.5, 0.9],
        },
        index=pd.Index([f"{u}|t" for u in units], name="piece"),
    )


RULES = [
    Limit("city", "city", cap_m2=60),
    Limit("quota", "key", cap_m2=50),
    Limit("zone", "balance", cap_m2=0),
]


def by_code(found):
    return {(p.kind, p.code): p for p in found.prices}


def test_prices_by_hand():
    """Base: 40 x 0.8 + 10 x 0.5 = 37."""
    red = pd.DataFrame(
        {
            "rule_code": ["R1", "R1", "R2"],
            "piece": ["c|t", "b|t", "a|t"],
            "released_m2": [20, 0, 5],
            "suitability": [1.0, 0.5, 0.4],
            "township_zone": ["key", pd.NA, pd.NA],
        }
    )
    calls = []
    found = prices(town(), RULES, red, progress=lambda *x: calls.append(x))
    assert found.base.objective == pytest.approx(37.0)
    price = by_code(found)
    # Without R1 unit c turns key: 20 at 1.0 and 30 at 0.9 fill the quota of 50.
    assert price["redline", "R1"].lower == price["redline", "R1"].upper == pytest.approx(10.0)
    assert price["redline", "R1"].moved_m2 == 50
    assert "t +0.00 km²" in price["redline", "R1"].where
    assert price["redline", "R2"].upper == 0.0 and price["redline", "R2"].free
    # Without the quota the city's cap is left: 10 m2 more of b.
    assert price["quota", "quota:key"].lower == pytest.approx(5.0)
    # Without the cap on balance: 30 of c at 0.9 and 30 of a at 0.8.
    assert price["cap", "zone:balance"].lower == pytest.approx(14.0)
    assert price["cap", "city:city"].free
    assert found.all_together.lower == pytest.approx(10.0)
    assert calls[-1][:2] == (6, 6)
    data = found.as_dict()
    assert set(data["prices"][0]) == {"kind", "code", "lower", "upper", "moved_m2", "where"}
    assert {"prices", "all_together"} <= set(data)
    assert found.prices[0].lower == max(p.lower for p in found.prices)


def test_prices_do_not_add_and_nothing_is_changed():
    pieces = town()
    before = pieces.copy()
    red = pd.DataFrame(
        {
            "rule_code": ["R1", "R2"],
            "piece": ["a|t", "a|t"],
            "released_m2": [10, 10],
            "suitability": [0.9, 0.9],
        }
    )
    found = prices(pieces, [Limit("quota", "key", cap_m2=50)], red)
    single = [p.lower for p in found.prices if p.kind == "redline"]
    assert single == pytest.approx([4.0, 4.0])
    assert found.all_together.lower == pytest.approx(5.0)
    pd.testing.assert_frame_equal(pieces, before)


def test_locks_and_floors_are_priced():
    lock = Lock("L", "out", ("a",))
    rules = [Limit("city", "city", cap_m2=50), Limit("county", "y", floor_m2=20)]
    found = by_code(prices(town().assign(zone="key"), rules, locks=[lock]))
    assert found["lock", "L"].lower == pytest.approx(20 * 0.8 - 20 * 0.5)
    assert found["floor", "county:y"].lower == 0.0


def test_intervals_with_a_boundary_hold_the_price():
    pieces = pieces_of(3)
    limits = limits_of(pieces, 3, floors=False)
    edges = edges_of(pieces)
    balance = pieces.index[pieces["zone"] == "balance"][:4]
    red = pd.DataFrame(
        {
            "rule_code": [f"R{k % 2}" for k in range(len(balance))],
            "piece": balance,
            "released_m2": 300,
            "suitability": 0.9,
            "township_zone": "key",
        }
    )
    how = {"boundary_weight": 0.5, "edges": edges}
    found = prices(pieces, limits, red, **how)
    assert all(0 <= p.lower <= p.upper for p in found.prices)
    for price in found.prices:
        if price.kind == "redline":
            other = allocate(release(pieces, red[red["rule_code"] == price.code]), limits, **how)
            gain = other.objective - found.base.objective
            assert price.lower - 1e-6 <= gain <= price.upper + 1e-6
            assert price.lower == pytest.approx(
                max(0.0, other.objective - found.base.bound), abs=1e-6
            )


@pytest.mark.parametrize("seed", range(4))
def test_exact_prices_are_never_negative(seed):
    pieces = pieces_of(seed, side=5)
    limits = limits_of(pieces, seed, floors=False)
    found = prices(pieces, limits)
    assert all(p.lower == p.upper >= 0 for p in found.prices)


def test_bad_released_land():
    with pytest.raises(InputError):
        release(
            town(),
            pd.DataFrame(
                {"rule_code": ["R"], "piece": ["zz"], "released_m2": [1], "suitability": [0.5]}
            ),
        )


def test_cap_ladder_and_account_agree():
    pieces = town().assign(township_zone="key")
    table = cap_ladder(pieces, CapRules(), 300, shares=[0.1, 0.2, 0.3])
    for cap, row in table.iterrows():
        acc = account(pieces, CapRules(share=cap), 300)
        assert row["headroom_m2"] == acc.headroom_m2
        assert row["new_m2"] <= acc.headroom_m2
    assert table["objective"].is_monotonic_increasing


def test_trade_off_falls_and_has_one_knee():
    pieces = pieces_of(9)
    limits = limits_of(pieces, 9, floors=False)
    table = trade_off(pieces, limits, edges_of(pieces), lambdas=[0, 0.05, 0.2, 0.5, 2.0])
    assert (table["boundary_m"].diff().dropna() <= 1e-2).all()
    assert (table["suitability_m2"].diff().dropna() <= 1e-2).all()
    assert table["knee"].sum() == 1
    assert not knee_of(
        table["boundary_m"].to_numpy()[:2], table["suitability_m2"].to_numpy()[:2]
    ).any()


def test_worth_of_a_hectare():
    pieces = town().assign(zone="key")
    plan = allocate(pieces, [Limit("city", "", cap_m2=60)])  # 30 of c, 30 of a
    table = worth_of_a_hectare(pieces, [], plan, area_m2=10)
    assert table.loc["x", "gain"] == pytest.approx(8.0)
    assert table.loc["x", "loss"] == pytest.approx(8.0)
    assert pd.isna(table.loc["y", "gain"])  # all of c is built
    assert table.loc["y", "loss"] == pytest.approx(9.0)
    both = allocate(pieces, [Limit("city", "", cap_m2=80)])  # 30 of c, 40 of a, 10 of b
    assert worth_of_a_hectare(pieces, [], both, area_m2=10).loc["x", "loss"] == pytest.approx(5.0)
    assert worth_of_a_hectare(pieces, [], both, area_m2=20).loc["x", "loss"] == pytest.approx(13.0)


def test_one_case_is_held_at_a_time(monkeypatch):
    """A province has 1,900 red lines: as many copies of its pieces took 17 GB."""
    events = []

    def noted(pieces, part):
        events.append("copy")
        return release(pieces, part)

    monkeypatch.setattr(module, "release", noted)
    rows = {"rule_code": ["R1", "R2", "R3"], "piece": ["c|t", "a|t", "b|t"]}
    red = pd.DataFrame(rows | {"released_m2": 5, "suitability": 0.7})
    on_arrays = prices(town(), RULES, red, progress=lambda *x: events.append(x))
    assert "copy" not in events  # not for all of them together either
    events.clear()
    monkeypatch.setattr(module, "variants_of", lambda *_: None)
    found = prices(town(), RULES, red, progress=lambda *x: events.append(x))
    assert [e if e == "copy" else e[2] for e in events[:6]] == [
        "R1",
        "copy",
        "R2",
        "copy",
        "R3",
        "copy",
    ]
    assert on_arrays.as_dict() == found.as_dict()
    told = [e for e in events if e != "copy"]
    assert told[0][1] == told[-1][0] == len(found.prices) + 1


def test_land_of_released_parts_comes_back_to_its_piece():
    from zoning.questions.prices import _back

    index = pd.Index(["a|s", "b|t"], name="piece")
    new = pd.Series([1, 2, 3, 4], [*index, "b|t#R1", "b|t#R2"])
    assert _back(new, index).tolist() == [1, 9]
    assert _back(new.iloc[:2], index).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("cap", "grid"),
    [
        ('[cap]\nshare = 0.28\nsource = "x"\nsurvey_factor = 0.9\n', ""),
        pytest.param(
            '[cap]\nshare = 0.25\nsource = "x"\nsurvey_factor = 1.1\n',
            "cell_m = 500\n",
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.slow
def test_prices_of_a_plan_whose_cap_is_of_another_survey(tmp_path, cap, grid):
    """Each limit is left out of what the plan's own table says, and the rest solved by SciPy."""
    from scipy.optimize import linprog

    path = worlds.write(tmp_path, cap=cap)
    text = path.read_text("utf-8")
    assert "cell_m" not in text
    path.write_text(text.replace("[grid]\n", f"[grid]\n{grid}"), "utf-8")
    plan = zn.Plan.of(pipeline.run(planfile.load(path), tmp_path))
    found = plan.price()
    pieces, limits = plan.pieces, plan.tables["limits"]
    assert found.base.new_m2.equals(pieces["new_m2"].rename("new_m2"))
    worth = pieces["suitability"].astype("Float64").fillna(0.0).to_numpy(float).round(9)
    known = pieces["suitability"].notna() & pieces["zone"].notna()
    room = pieces["free_m2"].where(known, 0).to_numpy(float)

    def inside(row) -> np.ndarray:
        if row.kind in ("city", "eco_agri"):
            return np.ones(len(pieces))
        return (pieces["zone"] == row.code).fillna(False).to_numpy(float)

    def best(without: int | None) -> float:
        kept = [r for r in limits.itertuples() if r.Index != without and pd.notna(r.cap_m2)]
        rows = np.array([inside(r) for r in kept])
        made = linprog(-worth, A_ub=rows, b_ub=[float(r.cap_m2) for r in kept],
                       bounds=np.column_stack([np.zeros_like(room), room]))  # fmt: skip
        return -made.fun

    whole = best(None)
    assert found.base.objective == pytest.approx(whole, rel=1e-9)
    priced = {p.code: p for p in found.prices}
    some = 0
    for row in limits.itertuples():
        price = priced[f"{row.kind}:{row.code}"]
        assert price.lower == pytest.approx(best(row.Index) - whole, abs=1e-3)
        assert price.upper == pytest.approx(price.lower, abs=1e-6)
        some += price.lower > 0
    assert some
    assert {p.kind for p in found.prices} >= {"redline", "cap", "quota"}


@pytest.mark.parametrize("seed", range(6))
def test_variants_on_arrays_are_those_of_the_tables(seed, monkeypatch):
    """The same price to the last bit; the same moves wherever something is gained."""
    rng = np.random.default_rng(seed)
    pieces = pieces_of(seed, side=6)
    pieces.loc[rng.choice(pieces.index, 4, replace=False), "suitability"] = np.nan
    limits = [
        Limit("city", "city", cap_m2=int(pieces["free_m2"].sum() * rng.uniform(0.2, 0.7))),
        Limit("zone", "balance", cap_m2=0),
        Limit("quota", "key", cap_m2=int(pieces["free_m2"].sum() * rng.uniform(0.02, 0.3))),
    ]
    assert {"key", "balance"} <= set(pieces["zone"].dropna())
    chosen = rng.choice(pieces.index, (12, 4))
    parts = pd.DataFrame({
        "rule_code": np.repeat([f"R{k}" for k in range(12)], 4), "piece": chosen.ravel(),
        "released_m2": rng.integers(0, 60_000, 48), "kind": "redline",
    }).drop_duplicates(["rule_code", "piece"])  # fmt: skip
    parts["suitability"] = pieces["suitability"].reindex(parts["piece"]).to_numpy()
    turned = (pieces["zone"].reindex(parts["piece"]) == "balance").to_numpy()
    parts["township_zone"] = pd.Series(np.where(turned, "key", None), dtype="string").to_numpy()
    made, asked = module.variants_of, []

    def noted(*given):
        asked.append(made(*given))
        return asked[-1]

    monkeypatch.setattr(module, "variants_of", noted)

    def both(found):
        return by_code(found) | {("all", "all"): found.all_together}

    fast = both(prices(pieces, limits, parts))
    assert asked[0] is not None
    monkeypatch.setattr(module, "release", None)  # no table is copied, not for all together either
    assert both(prices(pieces, limits, parts)) == fast
    monkeypatch.undo()
    monkeypatch.setattr(module, "variants_of", lambda *_: None)
    slow = both(prices(pieces, limits, parts))
    assert fast.keys() == slow.keys() and any(p.lower > 0 for p in fast.values())
    for key, one in fast.items():
        other = slow[key]
        assert (one.lower, one.upper) == (other.lower, other.upper), key
        if one.lower > 0:
            assert one.moves.equals(other.moves) and one.where == other.where, key
        else:
            assert one.moved_m2 == 0


def test_a_ladder_of_caps_by_hand():
    """Of 40, 40 and 30 m² at 0.8, 0.5 and 0.9 the best go first; 10 m² stand already."""
    pieces = town().drop(columns="zone").assign(built_m2=[10, 0, 0])
    table = cap_ladder(pieces, CapRules(), 300, shares=[0.1, 0.2, 0.2, 0.3, 0.5])
    assert table.index.name == "cap_share" and table.index.tolist() == [0.1, 0.2, 0.2, 0.3, 0.5]
    assert table["cap_m2"].tolist() == [30, 60, 60, 90, 150]
    assert table["headroom_m2"].tolist() == [20, 50, 50, 80, 140]
    assert table["new_m2"].tolist() == [20, 50, 50, 80, 110]
    assert table["unspent_m2"].tolist() == [0, 0, 0, 0, 30]
    worth = pytest.approx([18, 43, 43, 64, 79])
    for column in ("suitability_m2", "objective", "bound"):
        assert table[column].tolist() == worth
    assert table["gap"].tolist() == pytest.approx([0] * 5)
    assert table["method"].tolist() == ["nested"] * 5
    per = table["per_m2"].tolist()
    assert np.isnan([per[0], per[2]]).all()  # no step before it, or none up
    assert [per[1], per[3], per[4]] == pytest.approx([25 / 30, 21 / 30, 15 / 60])


def test_a_ladder_keeps_the_least_share_of_green_land():
    pieces = town().drop(columns="zone").assign(built_m2=[10, 0, 0])
    rules = CapRules(eco_agri_share=0.75)
    # 270 m² are green today and 225 must stay: 45 m² may be built, whatever the cap.
    table = cap_ladder(pieces, rules, 300, shares=[0.1, 0.5], eco_agri_m2=270)
    assert table["new_m2"].tolist() == [20, 45]


def test_a_trade_off_is_one_plan_after_the_other():
    pieces = pieces_of(9, side=4)
    limits, edges = limits_of(pieces, 9, floors=False), edges_of(pieces)
    weights = [0.0, 0.1, 2.0]
    lock = Lock("l", "out", (pieces.loc[pieces["free_m2"].idxmax(), "unit"],))
    table = trade_off(pieces, limits, edges, lambdas=weights, locks=[lock])
    assert table.index.name == "lambda" and table.index.tolist() == weights
    for weight, row in table.iterrows():
        one = allocate(pieces, limits, edges=edges, boundary_weight=weight, locks=[lock])
        for name in ("suitability_m2", "boundary_m", "objective", "bound", "gap", "method"):
            assert row[name] == getattr(one, name), name
    x, y = (table[c] / (table[c].max() - table[c].min()) for c in ("boundary_m", "suitability_m2"))
    off = abs(
        (x - x.iloc[0]) * (y.iloc[-1] - y.iloc[0]) - (y - y.iloc[0]) * (x.iloc[-1] - x.iloc[0])
    )
    assert table["knee"].tolist() == [False, off.iloc[1] > 0, False]


@pytest.mark.parametrize(("cost", "gain", "knee"), [
    ([4.0, 1.0, 0.0], [1.0, 0.9, 0.0], 1), ([4.0, 3.0, 1.0, 0.0], [9.0, 5.0, 4.0, 0.0], 1),
    ([4.0, 3.0, 0.5, 0.0], [9.0, 8.8, 8.0, 0.0], 2), ([4.0, 0.0], [1.0, 0.0], None),
    ([4.0, 4.0, 4.0], [1.0, 0.5, 0.0], None), ([4.0, 2.0, 0.0], [1.0, 1.0, 1.0], None),
])  # fmt: skip
def test_the_knee_is_farthest_from_the_line_between_the_ends(cost, gain, knee):
    assert knee_of(np.array(cost), np.array(gain)).tolist() == [k == knee for k in range(len(cost))]


def test_worth_of_land_in_each_township_by_hand():
    """All of c is built and half of b; a is locked out."""
    pieces = town().assign(zone="key", suitability=[0.8, 0.1, 0.9])
    lock = [Lock("l", "out", ("a",))]
    plan = allocate(pieces, [Limit("city", "", cap_m2=50)], locks=lock)
    assert plan.new_m2.tolist() == [0, 20, 30]
    table = worth_of_a_hectare(pieces, [], plan, locks=lock, by="township", area_m2=20)
    assert table.index.name == "township" and table.index.tolist() == ["s", "t"]
    assert table["new_m2"].tolist() == [20, 30] and table["left_m2"].tolist() == [20, 0]
    assert table.loc["s", "gain"] == pytest.approx(2) and pd.isna(table.loc["t", "gain"])
    assert table["loss"].tolist() == pytest.approx([2, 18])
    assert (table[["gain", "loss"]].dtypes == "Float64").all()
    # Without the lock the 40 m² of a are there, and 20 of them are worth 16.
    free = worth_of_a_hectare(pieces, [], plan, by="township", area_m2=20)
    assert free["left_m2"].tolist() == [60, 0] and free.loc["s", "gain"] == pytest.approx(16)
    more = worth_of_a_hectare(pieces, [], plan, by="township", area_m2=50)
    assert more.loc["s", "gain"] == pytest.approx(33) and more["loss"].isna().all()
    # Of two pieces the worse goes first and the better comes first, in part where that is enough.
    both = allocate(town().assign(zone="key"), [Limit("city", "", cap_m2=80)])
    told = worth_of_a_hectare(town(), [], both, by="county", area_m2=25)
    assert told.loc["x", "loss"] == pytest.approx(10 * 0.5 + 15 * 0.8)
    assert told.loc["x", "gain"] == pytest.approx(25 * 0.5)
    # What a lock asks for is not to be given up.
    held = worth_of_a_hectare(
        town(), [], both, locks=[Lock("l", "in", ("a",))], by="county", area_m2=10
    )
    assert held.loc["x", "loss"] == pytest.approx(5.0)


def test_a_list_of_prices_as_data_and_as_a_table():
    found = prices(town(), RULES)
    # 37 as it is. Without the cap of c its 30 m² are worth 27 and 30 of a 24: 51. Without the
    # quota 40 of a and 20 of b: 42. Without the city's cap the quota still holds: 37.
    assert [(p.kind, p.code) for p in found.prices] == [
        ("cap", "zone:balance"), ("quota", "quota:key"), ("cap", "city:city")
    ]  # fmt: skip
    for end in ("lower", "upper"):
        assert [getattr(p, end) for p in found.prices] == pytest.approx([14, 5, 0])
    assert [p.free for p in found.prices] == [False, False, True]
    data = found.as_dict()
    assert data["objective"] == found.base.objective == pytest.approx(37)
    assert data["unit"] == "suitability-m2"
    assert data["prices"] == [p.as_dict() for p in found.prices]
    assert data["all_together"] == found.all_together.as_dict()
    table = found.table()
    assert len(table) == 4 and table["code"].iloc[-1] == "all"
    assert table["lower_share"].tolist() == pytest.approx((table["lower"] / 37).tolist())
    assert table["upper_share"].tolist() == pytest.approx((table["upper"] / 37).tolist())
    assert set(table) == {"kind", "code", "lower", "upper", "moved_m2", "where", "lower_share",
                          "upper_share"}  # fmt: skip
    # Of a plan that is worth nothing a price is its own share.
    nothing = prices(town().assign(suitability=0.0), RULES).table()
    assert (nothing["lower_share"] == nothing["lower"]).all()


def test_largest_changes_of_townships_are_named_first_and_no_more_than_three():
    towns = pd.Series(list("stuvs")).array

    def said(changes, towns=towns, **most):
        return Moves.of(pd.Index(list("abcde")), np.array(changes)).where(towns, **most)

    moves = [4_000_000, -9_000_000, 1_000_000, 2_000_000, 1_000_000]
    assert said(moves) == "t -9.00 km², s +5.00 km², v +2.00 km²"
    assert said(moves, most=1) == "t -9.00 km²"
    assert said([5_000_000, -5_000_000, 0, 0, 7_000_000]) == "s +12.00 km², t -5.00 km²"
    assert said([5_000, 0, 0, 0, -5_000]) == ""
    assert said([0] * 5) == said(moves, None) == ""


def test_changes_of_new_land_keep_the_pieces_that_change():
    moves = Moves.of(pd.Index(list("abcd"), name="piece"), np.array([0, -3, 0, 2]))
    assert moves.series().to_dict() == {"b": -3, "d": 2}
    assert moves.series().index.name == "piece"
    assert moves.moved_m2 == 3
    assert moves.row.dtype == np.int32


def test_progress_counts_every_case_and_all_of_them_together():
    limits = [Limit("city", "city", cap_m2=60, floor_m2=5), Limit("quota", "key", floor_m2=1)]
    red = pd.DataFrame({"rule_code": ["R1", "R1", "R2"], "piece": ["c|t", "a|t", "b|t"],
                        "released_m2": [20, 1, 3], "suitability": 0.5})  # fmt: skip
    seen = []
    prices(town(), limits, red, locks=[Lock("l", "out", ("a",))],
           progress=lambda *x: seen.append(x))  # fmt: skip
    codes = ["R1", "R2", "all", "city:city", "city:city", "quota:key", "l", ""]
    assert seen == [(k, 7, code) for k, code in enumerate(codes)]


def test_a_ladder_goes_from_a_fifth_to_36_per_cent_in_whole_hundredths():
    from zoning.questions.curves import CAP_SHARES, LAMBDAS

    assert list(CAP_SHARES) == [k / 100 for k in range(20, 37)]
    assert list(LAMBDAS) == [0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]


def test_areas_of_one_code_and_two_kinds_are_two_cases():
    red = pd.DataFrame(
        {
            "rule_code": ["A", "A", "B"],
            "piece": ["c|t", "a|t", "b|t"],
            "released_m2": 3,
            "suitability": 0.5,
            "kind": ["lock", "core", "core"],
        }
    )
    seen = []  # fmt: skip
    found = prices(town(), RULES[:1], red, progress=lambda *x: seen.append(x))
    assert [(done, code) for done, _, code in seen] == [
        (0, "A"), (1, "A"), (2, "B"), (3, "all"), (4, "city:city"), (5, "")]  # fmt: skip
    assert {total for _, total, _ in seen} == {5}
    assert {(p.kind, p.code) for p in found.prices} == {
        ("core", "A"), ("lock", "A"), ("core", "B"), ("cap", "city:city")}  # fmt: skip


def test_a_price_is_the_same_whatever_moves_and_however_it_is_called():
    moves = [Moves.of(pd.Index(["a"]), np.array([m])) for m in (1, 2)]
    one, two = (Price("cap", "x", 1.0, 2.0, 3, "t", m, Text(n, n))
                for m, n in zip(moves, "ab", strict=True))  # fmt: skip
    assert one == two and Price("cap", "x", 1.0, 2.5, 3, "t", moves[0]) != one


def test_released_parts_are_rows_of_their_own_behind_all_pieces():
    pieces = town()
    red = pd.DataFrame({
        "rule_code": ["R1", "R1", "R2"], "piece": ["c|t", "b|t", "a|t"],
        "released_m2": [20, 0, 1], "suitability": [1.0, 0.5, 0.25],
        "township_zone": ["key", None, None],
    })  # fmt: skip
    found = release(pieces, red)
    assert found.index.tolist() == [*pieces.index, "c|t#R1", "a|t#R2"]
    assert found.index.name == "piece" and list(found.columns) == list(pieces.columns)
    assert found["zone"].tolist() == ["key"] * 5
    assert found["free_m2"].tolist() == [40, 40, 30, 20, 1]
    assert found["suitability"].tolist() == [0.8, 0.5, 0.9, 1.0, 0.25]
    assert found["area_m2"].tolist() == [100] * 3 + [0] * 2
    assert found["built_m2"].tolist() == [0] * 5 and found["unit"].tolist() == list("abcca")
    assert pieces["zone"].tolist() == ["key", "key", "balance"]
    few = release(pieces.drop(columns=["zone", "built_m2"]), red)
    assert "zone" not in few and "built_m2" not in few and len(few) == 5
    for wrong in (red.drop(columns="suitability"), red.assign(piece=["c|t", "?", "a|t"])):
        with pytest.raises(InputError) as error:
            release(pieces, wrong)
        assert error.value.problems[0].code == "bad-released"


@pytest.mark.parametrize(
    ("base", "other", "ends"),
    [
        ((10.0, None), (12.0, None), (2.0, 2.0)), ((10.0, 11.0), (12.0, 14.0), (1.0, 4.0)),
        ((10.0, 11.0), (12.0, None), (1.0, 2.0)), ((10.0, None), (12.0, 14.0), (2.0, 4.0)),
        ((10.0, 11.0), (10.5, 10.75), (0.0, 0.75)), ((10.0, None), (9.0, None), (0.0, 0.0)),
    ],
)  # fmt: skip
def test_a_price_lies_between_plans_and_bounds(monkeypatch, base, other, ends):
    new = pd.Series([1, 2, 3], town().index)

    def plan(objective, bound, new):
        return SimpleNamespace(objective=objective, bound=bound, new_m2=new, edges=None)

    asked = []
    monkeypatch.setattr(
        module,
        "allocate",
        lambda *a, **k: (
            asked.append((a, k)),
            plan(*other, pd.Series([3, 0, 3, 5], [*new.index, "b|t#R"])),
        )[1],
    )
    case = module._Case("cap", "x", town(), (), (), Text("a", "b"))  # fmt: skip
    found = module._price(town(), plan(*base, new), case, {"gap": 0.5})
    assert (found.lower, found.upper) == pytest.approx(ends)
    assert found.moves.to_dict() == {"a|t": 2, "b|t": 3} and found.moved_m2 == 0
    assert asked[0][1] == {"locks": (), "gap": 0.5} and found.label == Text("a", "b")


@pytest.mark.parametrize(
    ("objective", "old", "new", "upper"),
    [
        (8.0, 10.0, 10.0, 2.0), (8.0, 10.0, 9.0, 1.0), (8.0, 10.0, 10.0 + 5e-9, 2.0),
        (8.0, 10.0, 10.0 + 2e-8, None), (8.0, 10.0, 11.0, None), (8.5, 8.0, 8.0, 0.0),
        (8.5, 8.0, 9.0, None), (0.0, 0.0, 0.0, 0.0),
    ],
)  # fmt: skip
def test_old_prices_that_prove_as_much_without_a_rule_are_its_price(
    monkeypatch, objective, old, new, upper
):
    asked = []
    monkeypatch.setattr(module, "Boundary", lambda *x: asked.append(x))
    monkeypatch.setattr(module, "bound_of", lambda *x: (asked.append(x), new)[1])
    base = SimpleNamespace(edges="edges", bound=old, stages=None, objective=objective,
                           limits=pd.DataFrame({"price": [0.5, np.nan]}))  # fmt: skip
    case = module._Case("cap", "x", town(), ("limits",), ("locks",))
    found = module._without_solving(base, case, {})
    assert asked[0] == ("edges", 0.0, False, 0.5)
    assert asked[1][1:] == (("limits",), ("locks",), None, {0: 0.5, 1: 0.0})
    if upper is None:
        assert found is None
    else:
        assert (found.lower, found.upper) == (0.0, pytest.approx(upper, abs=1e-7))
        assert found.moves.empty and found.where == "" and found.code == "x"
    for lacks in ({"edges": None}, {"bound": None}, {"stages": ()}):
        other = SimpleNamespace(**{**vars(base), **lacks})
        assert module._without_solving(other, case, {}) is None
    asked.clear()
    module._without_solving(base, case, {
        "boundary_weight": 0.25, "whole_units": True, "core_share": 0.75})  # fmt: skip
    assert asked[0] == ("edges", 0.25, True, 0.75)


def test_prices_are_listed_by_what_is_surely_gained_first(monkeypatch):
    ends = {"city:city": (2.0, 3.0), "quota:key": (2.0, 4.0), "zone:balance": (1.0, 9.0),
            "L": (1.0, 9.0)}  # fmt: skip
    moves = Moves.of(town().index, np.array([0, 0, 0]))
    monkeypatch.setattr(
        module,
        "_price",
        lambda p, b, case, h: Price(
            case.kind, case.code, *ends.get(case.code, (0.0, 0.0)), 0, "", moves, case.label
        ),
    )
    lock = Lock("L", "out", ("a",))  # fmt: skip
    base = SimpleNamespace(method="lp", stages=None, edges=None)
    found = prices(town(), RULES, base=base, locks=[lock])
    assert [(p.kind, p.code) for p in found.prices] == [
        ("quota", "quota:key"),
        ("cap", "city:city"),
        ("cap", "zone:balance"),
        ("lock", "L"),
    ]
    assert found.base is base and found.all_together.code == "all"


def test_each_case_leaves_out_one_rule_and_keeps_the_others():
    city = Limit("city", "city", cap_m2=60, floor_m2=1)
    phase, last = Limit("phase_quota", "p", cap_m2=9), Limit("county", "x", floor_m2=2)
    locks = (Lock("L", "out", ("a",)), Lock("M", "in", ("b",)))
    limits = (city, phase, last)
    found = list(module._decided(town(), limits, locks))
    open_, low = Limit("city", "city", floor_m2=1), Limit("city", "city", cap_m2=60)
    assert [(c.kind, c.code, c.limits, c.locks) for c in found] == [
        ("cap", city.key, (open_, phase, last), locks),
        ("floor", city.key, (low, phase, last), locks),
        ("quota", phase.key, (city, Limit("phase_quota", "p"), last), locks),
        ("floor", last.key, (city, phase, Limit("county", "x")), locks),
        ("lock", "L", limits, locks[1:]), ("lock", "M", limits, locks[:1]),
    ]  # fmt: skip
    assert [c.label.en for c in found] == [
        f"{city.label.en}: upper limit", f"{city.label.en}: lower limit",
        f"{phase.label.en}: upper limit", f"{last.label.en}: lower limit",
        *(x.label.en for x in locks)]  # fmt: skip
    assert [c.label.zh[-3:] for c in found[:2]] == ["：上限", "：下限"]
    assert module._count(limits, locks, None) == len(found) == 6


def test_what_a_square_metre_of_cap_gains_is_known_where_the_cap_rises():
    pieces = town().assign(built_m2=[20, 0, 0])
    shares = [0.2, 0.2, 0.21, 0.19]
    found = cap_ladder(pieces, CapRules(), 100, shares=shares)
    assert found["cap_m2"].tolist() == [20, 20, 21, 19] and found.index.tolist() == shares
    assert found["headroom_m2"].tolist() == [0, 0, 1, 0] == found["new_m2"].tolist()
    assert found["per_m2"].fillna(-1).tolist() == [-1, -1, pytest.approx(0.8), -1]


def test_a_plan_that_takes_what_it_may_not_leaves_nothing_and_gives_nothing_up():
    """More than is free of a; less than a lock asks of b; of c nothing is known."""
    pieces = town().assign(suitability=[0.8, 0.5, np.nan])
    plan = SimpleNamespace(new_m2=pd.Series([60, 10, 5], pieces.index))
    lock = [Lock("l", "in", ("b",))]
    found = worth_of_a_hectare(pieces, [], plan, locks=lock, by="unit", area_m2=10)
    assert found.index.tolist() == ["a", "b", "c"] and found.index.name == "unit"
    assert found["new_m2"].tolist() == [60, 10, 5] and found["left_m2"].tolist() == [0, 30, 0]
    assert found["gain"].fillna(-1).tolist() == [-1, 5, -1]
    assert found["loss"].fillna(-1).tolist() == [8, -1, -1]
    # Just as much as is asked for is enough.
    same = worth_of_a_hectare(pieces, [], plan, locks=lock, by="unit", area_m2=30)
    assert same["gain"].fillna(-1).tolist() == [-1, 15, -1]
    more = worth_of_a_hectare(pieces, [], plan, locks=lock, by="unit", area_m2=31)
    assert more["gain"].isna().all() and {str(t) for t in more.dtypes[2:]} == {"Float64"}
    assert worth_of_a_hectare(pieces[:0], [], SimpleNamespace(new_m2=plan.new_m2[:0])).empty


def test_the_worth_of_an_amount_is_that_of_the_best_or_the_worst_land():
    value, room = pd.Series([0.5, 0.9, 0.9, 0.1]), pd.Series([10, 4, 3, 0])
    assert best_land(value, room, 9, best_first=True) == pytest.approx(7 * 0.9 + 2 * 0.5)
    assert best_land(value, room, 12, best_first=False) == pytest.approx(10 * 0.5 + 2 * 0.9)
    assert best_land(value, room, 17, best_first=False) == pytest.approx(5 + 6.3)
    assert best_land(value, room, 18, best_first=True) is None
