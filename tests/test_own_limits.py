"""Limits of the plan's own: an independent solver, exact sums, conflicts, plans, forgeries."""

from __future__ import annotations

import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import worlds
from test_allocation_files import glpk
from test_readme import load_script
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning import api, pipeline, planfile
from zoning.allocation import allocate, find_conflict
from zoning.allocation.files.export import write_mps
from zoning.allocation.files.programme import programme
from zoning.allocation.proof.bounded import Boundary
from zoning.capacity import Limit, presolve
from zoning.capacity.own import add_coefficients, own_limits
from zoning.capacity.rules import STEP, OwnLimit
from zoning.errors import InfeasibleError, InputError
from zoning.verify import verify
from zoning.verify.own import own


def world(seed, *, side=5, floors=False, tight=0.5):
    """A random world with a farmland quota, a cost that must not be passed, and a floor of it."""
    rng = np.random.default_rng(seed)
    pieces = pieces_of(seed, side=side)
    pieces["free_farmland_m2"] = (pieces["free_m2"] * rng.random(len(pieces))).astype("int64")
    pieces["cost"] = np.round(rng.random(len(pieces)) * 3, 3)
    county = ("c0",) if seed % 2 else ()
    places = {"county": county} if county else {}
    farmland = int(pieces["free_farmland_m2"].sum() * 0.2 * tight)
    cost = float((pieces["cost"] * pieces["free_m2"]).sum() * 0.3 * tight)
    rules = [
        OwnLimit("farmland", "farmland", places=places, upper=farmland),
        OwnLimit("cost", "cost", upper=cost, lower=cost / 4 if floors else None, unit="yuan"),
    ]
    pieces = add_coefficients(pieces, rules)
    return pieces, [*limits_of(pieces, seed, floors=floors), *own_limits(pieces, rules)]


def linprog_of(q):
    from scipy.optimize import linprog

    rows = np.vstack([q.matrix.toarray(), -q.matrix.toarray()])
    right = np.r_[q.high, -q.low]
    keep = np.isfinite(right)
    return linprog(
        q.cost, A_ub=rows[keep], b_ub=right[keep], bounds=np.column_stack([q.lower, q.upper]),
        method="highs-ipm",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_is_that_of_the_exported_question(seed):
    pieces, limits = world(seed, floors=seed % 3 == 0, tight=0.2 + 0.2 * (seed % 5))
    how = Boundary(edges_of(pieces), 0.05) if seed % 4 == 1 else None
    answer = linprog_of(programme(pieces, limits, (), how))
    if answer.status == 2:
        with pytest.raises(InfeasibleError):
            allocate(pieces, limits)
        return
    given = {} if how is None else {"boundary_weight": 0.05, "edges": how.edges}
    plan = allocate(pieces, limits, **given)
    # Whole m2 cost less than the few m2 that are cut.
    assert plan.certificate.ok, plan.certificate.text
    assert plan.objective <= -answer.fun + 1e-3
    assert plan.objective >= -answer.fun - 40
    assert plan.bound >= -answer.fun - 1e-3
    for limit in limits:
        steps = limit.steps(pieces, plan.new_m2)
        assert limit.cap_m2 is None or steps <= limit.cap_m2 * STEP
        assert steps >= limit.floor_m2 * STEP


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("glpsol") is None, reason="needs GLPK")
@pytest.mark.parametrize("seed", range(4))
def test_whole_units_agree_with_glpk(tmp_path, seed):
    pieces, limits = world(seed, side=4)
    how = Boundary(edges_of(pieces), 0.05, True)
    plan = allocate(pieces, limits, boundary_weight=0.05, edges=how.edges, whole_units=True)
    best = glpk(write_mps(programme(pieces, limits, (), how), tmp_path / "p.mps"), "--freemps")
    assert plan.objective == pytest.approx(best, abs=1e-3)


def test_a_wrong_price_only_weakens_the_bound():
    pieces, limits = world(3)
    plan = allocate(pieces, limits)
    assert plan.method == "lp-limits"
    assert plan.certificate.grade == "bounded"
    from zoning.allocation.proof.bounded import bound_of

    how = Boundary(pd.DataFrame({"a": [], "b": [], "length_m": []}), 0.0)
    rng = np.random.default_rng(1)
    right = {k: float(p) for k, p in enumerate(plan.limits["price"])}
    for _ in range(20):
        prices = {k: p * rng.uniform(0, 2) for k, p in right.items()}
        assert bound_of(pieces, limits, (), how, prices) >= plan.objective


def test_a_limit_in_which_all_count_alike_stays_one_of_the_tree():
    pieces = pieces_of(5)
    rule = OwnLimit("county_one", "area", places={"county": ("c0",)}, upper=100)
    pieces = add_coefficients(pieces, [rule])
    mine = allocate(pieces, [Limit("city", "city", cap_m2=900), *own_limits(pieces, [rule])])
    same = allocate(pieces, [Limit("city", "city", cap_m2=900), Limit("county", "c0", cap_m2=100)])
    assert (mine.method, mine.certificate.grade) == ("nested", "complete")
    assert mine.new_m2.tolist() == same.new_m2.tolist()


def test_conflicts_name_the_limit_and_repair_it_in_its_unit():
    pieces, limits = world(2)
    cost = next(x for x in limits if x.code == "cost")
    others = [x for x in limits if x.code not in ("cost", "farmland") and x.floor_m2 == 0]
    floor = Limit("city", "city", floor_m2=int(pieces["free_m2"].sum() * 0.5))
    loose = [replace(x, cap_m2=None) for x in others]
    found = find_conflict(pieces, [*loose, floor, replace(cost, cap_m2=50)])
    assert {r.key for r in found.members} == {
        ("city", "city", "floor"), ("limit", "cost", "cap")
    }  # fmt: skip
    repair = found.repairs[[r.key[0] for r in found.members].index("limit")]
    ((rule, amount),) = repair.changes
    assert "yuan" in rule.change(amount).en
    # What is proposed repairs; one yuan less does not.
    base = [*loose, floor]
    assert find_conflict(pieces, [*base, replace(cost, cap_m2=50 + amount)]) is None
    assert find_conflict(pieces, [*base, replace(cost, cap_m2=50 + amount - 2)]) is not None


def test_presolve_speaks_the_unit():
    pieces, limits = world(2)
    cost = next(x for x in limits if x.code == "cost")
    told = presolve(pieces, [replace(cost, floor_m2=10**9, cap_m2=None)])
    assert "1,000,000,000 yuan" in told[0].text.en
    assert told[0].ok is False


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (OwnLimit("a", "nothing"), "no column 'nothing'"),
        (OwnLimit("a", places={"county": ("x",)}), "'x' is no county"),
        (OwnLimit("a", places={"overlays": ("x",)}), "the plan has no overlays"),
        (OwnLimit("a", "debt"), "below 0"),
        (OwnLimit("a", "rent"), "1 pieces have no value, such as N000E000"),
    ],
)
def test_a_rule_that_names_nothing_is_told(rule, words):
    pieces = pieces_of(1).assign(debt=-1.0, rent=1.0)
    pieces.loc[pieces.index[pieces["free_m2"] > 0][0], "rent"] = np.nan
    with pytest.raises(InputError, match=words):
        add_coefficients(pieces, [rule])


OWN = """
[[cap.limit]]
name = "farmland"
of = "farmland"
title = "farmland taken"
title_zh = "占用耕地"
upper = 300000
source = "test"

[[cap.limit]]
name = "price"
of = { table = "价.csv", column = "每平方米", key = "township" }
county = "321002"
keep_share = 0.9
unit = "yuan"
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("限")
    path = worlds.write(folder, extra=OWN)
    codes = worlds.townships()["code"]
    rows = "\n".join(f"{c},{k + 1.5}" for k, c in enumerate(codes))
    (folder / "价.csv").write_text(f"township,每平方米\n{rows}\n", "utf-8")
    config = planfile.load(path)
    counties = sorted(set(worlds.townships()["county"]))
    text = path.read_text("utf-8").replace("321002", counties[-1])
    path.write_text(text, "utf-8")
    made = pipeline.run(planfile.load(path), folder)
    del config
    return api.Plan.of(made)


@pytest.mark.slow
def test_a_plan_keeps_its_own_limits_and_saves_them(plan, tmp_path):
    limits = plan.tables["limits"].set_index("code")
    assert limits.at["farmland", "used_m2"] == limits.at["farmland", "cap_m2"] == 300_000
    checks = {(c.check, c.where): c for c in plan.checks}
    assert checks["new.limit", "farmland"].ok
    assert "耕地" in checks["new.limit", "farmland"].text.zh
    plan.save(tmp_path / "out")
    back = api.load(tmp_path / "out")
    assert all(c.ok for c in verify(back) if c.level == "error")
    again = back.allocate(cap=0.2)
    assert all(c.ok for c in verify(again) if c.level == "error")
    names = {p.code for p in back.price().prices}
    assert {"limit:farmland", "limit:price"} <= names


def test_forged_coefficients_fail(plan):
    good = own(plan)
    assert good and all(c.ok for c in good)
    assert {c.check for c in good} == {"verify.free_farmland", "verify.coefficient"}
    for column in ("limit_farmland", "free_farmland_m2"):
        pieces = plan.pieces.copy()
        at = pieces.index[pieces[column] > 0][0]
        pieces.loc[at, column] = 0
        forged = replace(plan, pieces=pieces)
        assert not all(c.ok for c in own(forged)), column
    outside = plan.pieces.index[plan.pieces["limit_price"] == 0][0]
    pieces = plan.pieces.copy()
    pieces.loc[outside, "limit_price"] = 5
    assert not all(c.ok for c in own(replace(plan, pieces=pieces)))


@pytest.mark.slow
def test_ecological_and_agricultural_share_is_kept_as_a_limit(tmp_path):
    cap = '[cap.eco_agri_share]\nshare = {share}\nsource = "x"\n'
    free = pipeline.run(planfile.load(worlds.write(tmp_path / "a")), tmp_path / "a")
    green = int(free.pieces["eco_agri_m2"].sum())
    base = free.run["construction"]["cap_m2"] and int(free.run["area_m2"]["city"])
    placed = int(free.pieces["new_m2"].sum())
    share = (green - placed // 2) / base
    text = cap.format(share=round(share, 6))
    path = worlds.write(tmp_path / "b", cap=text)
    held = pipeline.run(planfile.load(path), tmp_path / "b")
    (row,) = held.tables["limits"].query("kind == 'eco_agri'").to_dict("records")
    assert row["used_m2"] == row["cap_m2"] == held.pieces["new_m2"].sum()
    (check,) = [c for c in held.checks if c.check == "cap.eco_agri"]
    assert check.ok


@pytest.mark.parametrize(
    "seed", [s if s < 106 else pytest.param(s, marks=pytest.mark.slow) for s in range(100, 112)]
)
def test_random_worlds_agree_with_an_independent_solver(seed):
    load_script("check_allocation").compare(seed)


def test_a_share_to_keep_by_hand():
    """Of 30 m2 of farmland 9 may go; of a cost of 2 per m2 on 20 m2 free land 4."""
    pieces = pd.DataFrame(
        {"unit": ["a"], "free_m2": [20], "free_farmland_m2": [10], "farmland_m2": [30],
         "cost": [2.0]}, index=["a|t"],
    )  # fmt: skip
    rules = [OwnLimit("f", "farmland", keep=0.7), OwnLimit("c", "cost", keep=0.9)]
    made = own_limits(add_coefficients(pieces, rules), rules)
    assert [x.cap_m2 for x in made] == [9, 4]


def test_explain_names_the_own_limit_that_binds(tmp_path):
    rule = '[[cap.limit]]\nname = "less"\nupper = 100000\n'
    path = worlds.write(tmp_path, extra=rule)
    made = api.Plan.of(pipeline.run(planfile.load(path), tmp_path))
    unit = made.units.index[made.units["new_m2"] > 0][0]
    assert made.run["allocation"]["method"] == "nested"
    text = " ".join(made.explain(unit, "en").lines)
    assert "of what binds here (less" in text


@pytest.mark.slow
def test_polygons_of_a_file_are_places_of_limits_and_reductions(tmp_path):
    folder = tmp_path / "面"
    rules = """
[[cap.limit]]
name = "park"
area = "园.gpkg"
upper = 100000

[[cap.reduction]]
name = "old"
area = "园.gpkg"
zone = "optimised"
share = 0.1
lower_m2 = 5000
"""
    path = worlds.write(folder, extra=rules)
    shape = worlds.square(0, 0, 1.4, 1.6)  # of the second column only 0.4
    gpd.GeoDataFrame({"name": ["x"]}, geometry=[shape], crs=worlds.CRS).to_file(folder / "园.gpkg")
    made = api.Plan.of(pipeline.run(planfile.load(path), folder))
    here = sorted(made.pieces.loc[made.pieces["area_park"] == "in", "unit"])
    assert here == ["1kmN3500E500", "1kmN3501E500"]
    assert made.pieces.loc[made.pieces["unit"].isin(here), "new_m2"].sum() <= 100_000
    assert made.pieces["reduced_m2"].sum() == 5000
    assert set(made.pieces.loc[made.pieces["reduced_m2"] > 0, "unit"]) == {"1kmN3500E500"}
    made.save(tmp_path / "out")
    back = api.load(tmp_path / "out")
    assert [c.text.en for c in verify(back, tmp_path / "out") if not c.ok] == []
    for column in ("area_park", "area_old"):
        pieces = back.pieces.copy()
        pieces.loc[pieces[column] == "out", column] = "in"
        failed = [c.check for c in verify(replace(back, pieces=pieces)) if not c.ok]
        assert "verify.place" in failed
    far = gpd.GeoDataFrame({"name": ["x"]}, geometry=[worlds.square(0, 0, 0.3, 0.3)],
                           crs=worlds.CRS)  # fmt: skip
    far.to_file(folder / "园.gpkg")
    with pytest.raises(InputError, match="at least half inside"):
        pipeline.run(planfile.load(path), folder)


#: A prefecture: all counties whose codes begin so; and one that holds a single county.
PREFECTURES = """
[[cap.limit]]
name = "prefecture"
county = "3210*"
upper = 400000

[[cap.limit]]
name = "other"
county = ["32100*", "321002"]
township = "32100000*"
upper = 300000

[[cap.reduction]]
name = "less"
county = "3210*"
share = 0.1
"""


@pytest.mark.slow
def test_a_code_with_a_star_stands_for_a_prefecture(tmp_path):
    path = worlds.write(tmp_path, extra=PREFECTURES)
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert (plan.pieces["limit_prefecture"] == STEP).all()
    assert plan.pieces["reduction"].dropna().eq("less").any()
    used = plan.tables["limits"].set_index("code")
    assert used.at["prefecture", "used_m2"] <= 400_000 and used.at["other", "used_m2"] == 300_000
    assert not [c for c in verify(plan) if not c.ok and c.level == "error"]
    assert all(c.ok for c in own(plan))
    forged = plan.pieces.assign(limit_prefecture=0)
    assert not all(c.ok for c in own(replace(plan, pieces=forged)))
    with pytest.raises(InputError, match=r"'3209\*' is no county"):
        add_coefficients(plan.pieces, [OwnLimit("a", "area", places={"county": ("3209*",)})])
    with pytest.raises(InputError, match=r"'k\*' is no zone"):
        add_coefficients(plan.pieces, [OwnLimit("a", "area", places={"zone": ("k*",)})])


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_that_leaves_nothing_is_priced_by_what_its_pieces_count(seed):
    """Such a limit closes its pieces; one more unit of it is worth the best of them."""
    rng = np.random.default_rng(seed)
    n = 6
    pieces = pd.DataFrame(
        {"unit": [f"u{k}" for k in range(n)], "free_m2": 100,
         "suitability": rng.random(n).round(9),
         "limit_farm": [0, 0, 500_000, *rng.integers(1, 10**6, n - 3)]},
        index=pd.Index([f"u{k}|t" for k in range(n)], name="piece"),
    )  # fmt: skip
    rules = [Limit("city", "city", cap_m2=150),
             Limit("limit", "farm", cap_m2=0, coefficient="limit_farm")]  # fmt: skip
    plan = allocate(pieces, rules)
    assert plan.certificate.grade == "complete" and plan.certificate.ok
    assert plan.new_m2.tolist()[2:] == [0] * (n - 2)
    city, farm = plan.limits["price"].astype(float)
    shut = pieces.iloc[2:]
    worth = ((shut["suitability"] - city) / shut["limit_farm"] * 1e6).clip(lower=0).max()
    assert farm == pytest.approx(worth, rel=1e-6, abs=1e-6)
