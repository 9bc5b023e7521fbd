"""Questions to a plan: what they may be, where they hold, what they are told in words and data."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from tests import worlds
from tests.worlds import square
from zoning.capacity import Lock
from zoning.errors import InputError, Text
from zoning.grid.lattice import GridSpec
from zoning.questions import answer
from zoning.questions.ladder import caps_of, price_of
from zoning.questions.places import units_of
from zoning.questions.question import Question, changed, locked, locks
from zoning.questions.rungs import Ladder, Step
from zoning.questions.stability import Shift, doubts, grid_stability, run, screen, smaa
from zoning.questions.stability.clusters import cross_check
from zoning.questions.stability.doubts import Doubts
from zoning.questions.stability.draws import Draws
from zoning.questions.stability.lattice import DEFAULT, GridStability
from zoning.questions.stability.run import StabilityResult
from zoning.questions.stability.screening import elementary_effects


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def refused(call, *given, **named):
    with pytest.raises(InputError) as caught:
        call(*given, **named)
    (problem,) = caught.value.problems
    return problem


def test_a_question_changes_what_it_asks_and_nothing_else(plan):
    config = plan.config
    assert changed(config, Question()) == config
    own = ("what if", "own")
    asked = changed(config, Question(cap=0.0, quotas={"key": 0.1}))
    assert asked.cap.share == 0.0 and (asked.cap.source, asked.cap.evidence) == own
    key = asked.cap.quotas["key"]
    assert key.share == 0.1 and (key.source, key.evidence) == own
    others = {z: q for z, q in asked.cap.quotas.items() if z != "key"}
    assert others == {z: q for z, q in config.cap.quotas.items() if z != "key"}
    assert asked.allocation == config.allocation
    zero = changed(config, Question(boundary_weight=0.0, whole_units=False, goals=()))
    assert zero.cap == config.cap
    part = changed(config, Question(boundary_weight=0.5, whole_units=True,
                                    goals=["least farmland", "most area"])).allocation  # fmt: skip
    assert part.boundary_weight == 0.5 and part.whole_units is True
    assert part.goals == ("least farmland", "most area")
    back = changed(config.model_copy(update={"allocation": part}),
                   Question(boundary_weight=0.0, whole_units=False, goals=()))  # fmt: skip
    assert (back.allocation.boundary_weight, back.allocation.whole_units) == (0.0, False)
    assert back.allocation.goals == ()


def test_what_no_question_can_be_is_told(plan):
    problem = refused(changed, plan.config, Question(quotas={"balance": 0.1}))
    assert (problem.code, problem.where) == ("quota", "--quota")
    assert problem.remedy.en == "zones: optimised, key, moderate"
    assert problem.remedy.zh == "可用分区：optimised、key、moderate"
    for word in ("most", "best area", "least people", "area", "most  area"):
        problem = refused(changed, plan.config, Question(goals=["least farmland", word]))
        assert (problem.code, problem.where) == (
            "goal",
            "--goal",
        ) and f"'{word}'" in problem.what.en
        assert problem.remedy.en == "most or least of area, farmland, suitability"
        assert problem.remedy.zh.endswith("area、farmland、suitability")
    problem = refused(Question, cap=1.01)
    assert (problem.code, problem.where, problem.limit) == ("out-of-range", "what if", "0..1")
    assert problem.measured == 1.01 and "cap is 1.01" in problem.what.en
    problem = refused(Question, boundary_weight=-0.1)
    assert problem.measured == -0.1 and problem.limit == ">= 0"
    assert Question(cap=1.0, boundary_weight=0.0, quotas={"key": 0.0}).cap == 1.0
    with pytest.raises(InputError) as caught:
        Question(cap=2, quotas={"key": -1}, boundary_weight=-1)
    assert len(caught.value.problems) == 3


def test_the_last_word_on_a_lock_is_that_of_the_question(plan):
    a, b, c, d = plan.units.index[:4]
    before = replace(plan, run={**plan.run, "what_if": {"lock_out": [b, a], "lock_in": [c]}})
    asked = Question(lock_out=[c, d], lock_in=[b])
    assert locked(before, asked) == {"lock_out": [a, c, d], "lock_in": [b]}
    assert locks(before, asked) == [
        Lock("what-if-out", "out", (a, c, d), source="what if"),
        Lock("what-if-in", "in", (b,), source="what if"),
    ]
    assert locked(plan, Question()) == {"lock_out": [], "lock_in": []} and locks(plan) == []
    assert [x.kind for x in locks(plan, Question(lock_in=[a]))] == ["in"]
    both = locked(plan, Question(lock_out=[a], lock_in=[a]))
    assert both == {"lock_out": [a], "lock_in": [a]}
    problem = refused(locks, plan, Question(lock_out=["z", a], lock_in=["y"]))
    assert (problem.code, problem.where) == ("unknown-unit", "lock")
    assert problem.what.en == "unknown units: y, z" and problem.what.zh == "未知单元：y、z"


def test_units_are_named_in_many_ways(plan, tmp_path):
    units = plan.units.index
    assert units_of(plan, [units[3], units[1], units[3]]) == (units[1], units[3])
    town = tuple(sorted(units[plan.units["township"] == "321000002"]))
    assert units_of(plan, ["乙镇"]) == units_of(plan, ["321000002"]) == town and len(town) == 6
    # Half of a unit is enough; a hand less is not.
    path = tmp_path / "p.gpkg"
    shapes = [square(0, 0, 0.5, 1), square(2, 0, 0.49, 1), square(4, 1)]
    gpd.GeoDataFrame(geometry=shapes, crs=worlds.CRS).to_file(path)
    assert units_of(plan, [str(path)]) == ("1kmN3500E500", "1kmN3501E504")
    gpd.GeoDataFrame(geometry=[square(0, 0, 0.4, 1)], crs=worlds.CRS).to_file(path)
    problem = refused(units_of, plan, [str(path)])
    assert (problem.code, problem.where) == ("no-unit", str(path))
    problem = refused(units_of, plan, ["乙镇x"])
    assert (problem.code, problem.where) == ("unknown-unit", "--lock, --build")
    assert problem.remedy.en == "did you mean '乙镇'?" and "乙镇" in problem.remedy.zh
    assert refused(units_of, plan, ["zzzzzz"]).remedy is None
    assert refused(units_of, replace(plan, townships=None), ["乙镇"]).remedy is None
    twice = replace(plan, townships=plan.townships.assign(name="同镇"))
    problem = refused(units_of, twice, ["同镇"])
    assert (problem.code, problem.where) == ("ambiguous", "--lock, --build")
    assert "321000001, 321000002, 321000003" in problem.what.en
    assert "321000001、321000002" in problem.what.zh
    # A county by its code or name; a name of both levels is not guessed.
    assert plan.counties.index.tolist() == ["321001", "321002"]
    county = tuple(sorted(units[plan.units["county"] == "321002"]))
    assert units_of(plan, ["321002"]) == county and 0 < len(county) < len(units)
    named = replace(plan, counties=plan.counties.assign(name=["东区", "乙镇"]))
    assert units_of(named, ["东区"]) == tuple(sorted(set(units) - set(county)))
    problem = refused(units_of, named, ["乙镇"])
    assert problem.code == "ambiguous" and "321000002, 321002" in problem.what.en
    assert refused(units_of, named, ["东区区"]).remedy.en == "did you mean '东区'?"
    one = replace(plan, units=plan.units.assign(county=plan.units["township"].eq("321000002").map(
        {True: "321002", False: "321001"})))  # fmt: skip
    same = replace(one, counties=named.counties)
    assert units_of(same, ["乙镇"]) == town  # a county of one township
    alone = replace(plan, townships=None, counties=None)
    assert refused(units_of, alone, ["321002"]).code == "unknown-unit"


@pytest.mark.parametrize(("existing", "free", "cap", "count", "found"), [
    (0.25, 0.5, 0.28, 5, [0.25, 0.28, 0.305, 0.3325, 0.36]),
    (0.20001, 0.5, 0.3, 3, [0.2001, 0.3, 0.38]),  # up to a whole ten-thousandth
    (0.3, 0.5, 0.2, 3, [0.2, 0.25, 0.3]),  # more stands than the cap allows
    (0.1, 0.15, 0.3, 3, [0.1, 0.2, 0.3]),  # less is free than the cap allows
    (0.1, 1.0, 0.97, 3, [0.1, 0.55, 0.97]),  # no cap over the whole city
    (0.2, 0.2, 0.2, 4, [0.2]),
])  # fmt: skip
def test_caps_of_a_ladder_by_hand(existing, free, cap, count, found):
    assert caps_of(existing, free, cap, count) == found


def test_the_price_of_more_cap_adds_up_what_follows_it(plan):
    quota = plan.config.cap.quotas["key"].share
    rows = [("city", "city", 0.5), ("quota", "key", 0.25), ("quota", "balance", 8.0),
            ("zone", "key", 16.0), ("county", "321001", 32.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["kind", "code", "price"])
    assert price_of(table, plan.config) == pytest.approx(0.5 + quota * 0.25)
    table.loc[4, "price"] = np.nan
    assert price_of(table, plan.config) is None


def test_sums_of_a_ladder_by_any_column():
    land = np.array([[1, 2, 4], [8, 16, 32]], dtype=np.int64)
    steps = (Step(0.1), Step(0.2))
    one = Ladder(steps, 0, land, pd.Index(["a", "b", "c"]))
    by = pd.Series({"c": "x", "a": "x", "b": "y"})
    assert one.sums(by, pd.Index(["y", "x", "w"])).tolist() == [[2, 5, 0], [16, 40, 0]]
    assert one.sums(by, pd.Index(["x"])).tolist() == [[5], [40]]
    assert one.sums(by, pd.Index(["x"])).dtype == np.int64


def test_what_a_plan_must_have_to_be_asked(plan):
    for bare in (replace(plan, pieces=None), replace(plan, pieces=plan.pieces.drop(columns="zone")),
                 replace(plan, pieces=plan.pieces.drop(columns="free_m2"))):  # fmt: skip
        problem = refused(answer.account_of, bare)
        assert (problem.code, problem.where) == ("no-account", plan.name)
    cap = plan.config.cap.model_copy(update={"share": None, "quotas": {}})
    open_ = replace(plan, config=plan.config.model_copy(update={"cap": cap}))
    problem = refused(answer.account_of, open_)
    assert (problem.code, problem.where) == ("no-cap", plan.name)
    assert "--cap" in problem.remedy.en and "--cap" in problem.remedy.zh
    problem = refused(answer.zones_on, replace(plan, townships=None), plan.grid)
    assert (problem.code, problem.where) == ("no-lattice", plan.name)
    assert problem.remedy.en == "run the plan again" and problem.remedy.zh
    part = {"min_patch_units": 2, "attached": True, "min_patch_m2": 1}
    for key, value in part.items():
        held = plan.config.allocation.model_copy(update={key: value})
        wished = replace(plan, config=plan.config.model_copy(update={"allocation": held}))
        problem = refused(answer.several, wished, Question(), 2, 0.1)
        assert (problem.code, problem.where) == ("patches", "[allocation]")
    problem = refused(answer.several, plan, Question(goals=["most area"]), 2, 0.1)
    assert (problem.code, problem.where) == ("stages", "[cap]")
    nowhere = replace(plan, pieces=None)
    problem = refused(answer.with_allocation, nowhere, None, None, Question())
    assert problem.code == "no-account"


def test_half_widths_where_nobody_states_any():
    """A fifth for weights, a twentieth of the span for cuts, ten points for overlays."""

    def defaults(function):
        parameters = inspect.signature(function).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}

    widths = {"weights": 0.2, "cuts": 0.05}
    seed = {"seed": 20_131}
    assert defaults(run) == {**widths, **seed, "overlays": 0.1, "draws": 10_000, "method": None}
    assert defaults(doubts) == {**widths, **seed, "overlays": 0.1, "draws": 200}
    assert defaults(screen) == {**widths, **seed, "inputs": 0.1, "trajectories": 40, "levels": 4}
    assert defaults(smaa) == {**seed, "draws": 2000}
    assert defaults(elementary_effects) == {"levels": 4, "seed": 0}
    assert defaults(cross_check) == {"how": "ward", "seed": 0}
    assert defaults(Draws) == {**widths, **seed, "overlays": 0.1, "count": 10_000, "free": False}


@pytest.mark.parametrize("ask", [run, doubts])
def test_draws_that_cannot_be_are_refused(plan, ask):
    problem = refused(ask, plan, draws=0)
    assert (problem.code, problem.where) == ("range", "draws")
    for name in ("weights", "cuts", "overlays"):
        for value in (-0.1, 1.0):
            problem = refused(ask, plan, draws=1, **{name: value})
            assert (problem.code, problem.where, problem.measured) == ("range", name, value)
            assert problem.limit == 1.0
    for bare in (replace(plan, townships=None),
                 replace(plan, units=plan.units.drop(columns="zone"))):  # fmt: skip
        problem = refused(ask, bare, draws=1)
        assert (problem.code, problem.where) == ("no-zones", plan.name)
    problem = refused(screen, replace(plan, townships=None))
    assert (problem.code, problem.where) == ("no-zones", plan.name)


def test_how_firm_a_plan_is_in_words_and_data():
    units = pd.DataFrame(
        {"zone": ["key", "balance", None, "key"], "area_m2": [50, 30, 10, 10],
         "stability": pd.array([0.9, 1.0, pd.NA, 0.89], dtype="Float64"),
         "overlaid": [False, True, False, False]},
        index=pd.Index(list("abcd"), name="unit"),
    )  # fmt: skip
    towns = units[["zone", "stability"]].rename_axis("township")
    one = StabilityResult(towns, units, towns, Draws(1000, seed=9), {"balance": 0.5})
    assert one.firm_share == 0.8 and one.firm_outside == pytest.approx(50 / 70)
    assert one.tell() == (
        "80% of the area is firm: it keeps its zone in at least 90% of 1,000 draws (weights ±20%, "
        "cuts by up to 5% of their span, thresholds of overlays ±10 points, seed 9). Without what "
        "overlays rule, which is nearly always firm, it is 71%."
    )
    assert one.tell("zh") == (
        "80%的面积是稳定的：在 1,000 次抽样（权重 ±20%、分界移动不超过量程的 5%、"
        "叠加区阈值 ±10 个百分点，种子 9）中，至少 90% 保持原分区；"
        "不计叠加区（几乎总是稳定）为 71%。"
    )
    rows = [("a", "key", 0.9), ("b", "balance", 1.0), ("c", None, None), ("d", "key", 0.89)]
    records = [{"unit": u, "zone": z, "stability": s} for u, z, s in rows]
    assert one.as_dict() == {
        "draws": 1000, "seed": 9, "weights": 0.2, "cuts": 0.05, "overlays": 0.1,
        "overlay_shares": {"balance": 0.5}, "firm_limit": 0.9, "firm_share": 0.8,
        "firm_share_outside_overlays": 0.714286, "en": one.tell("en"), "zh": one.tell("zh"),
        "units": records,
        "townships": [{"township": r.pop("unit"), **r} for r in map(dict, records)],
    }  # fmt: skip
    plain = replace(one, overlay_shares={})
    assert plain.tell().endswith("of their span, seed 9).") and plain.tell("zh").endswith(
        "原分区。"
    )
    third = replace(one, units=units.assign(area_m2=[1, 1, 1, 0])).as_dict()
    assert third["firm_share"] == 0.666667
    none = replace(one, units=units.assign(area_m2=0))
    assert np.isnan(none.firm_share) and np.isnan(none.firm_outside)


def test_doubts_in_words_and_data():
    table = pd.DataFrame(
        {"kind": ["cuts", "weights", "inputs", "together"], "en": ["C", "W", "I", "all"],
         "zh": ["界", "权", "值", "全"], "kept_share": [0.8, 0.6, 0.6, 0.3],
         "firm_share": [0.9, 0.8, 0.7, 0.25], "draws": [7, 7, 7, 5]}
    )  # fmt: skip
    one = Doubts(table, 11, (Text("left", "余"),))
    # Of equal doubts the first by its code; the one that is all of them is no single doubt.
    assert one.tell() == (
        "The largest single doubt: I (60% of the area keeps its zone on average). With all of them "
        "together 25% of the area is firm (5 draws each, seed 11, fitted anew in every draw)."
    )
    assert one.tell("zh") == (
        "影响最大的单项是值：平均 60%的面积保持原分区；全部因素同时变动时 25%的面积稳定"
        "（每项 5 次，种子 11，每次重新拟合）。"
    )
    assert one.as_dict() == {
        "seed": 11, "en": one.tell(), "zh": one.tell("zh"), "doubts": table.to_dict("records"),
        "left_out": [{"en": "left", "zh": "余"}],
    }  # fmt: skip
    none = Doubts(table.iloc[:0], 1)
    assert none.tell() == "There is nothing to draw." and none.tell("zh") == "没有可抽样的因素。"


def test_other_lattices_in_words_and_data():
    shifts = pd.DataFrame({"shift": ["+1,+0 m", "+2,+0 m"], "units": [4, 5],
                           "kept_share": [0.9, 0.8]})  # fmt: skip
    one = GridStability(pd.DataFrame(), shifts)
    assert one.tell() == (
        "With 2 other lattices 85.0% of the area keeps its zone on average, 80.0% at worst "
        "(+2,+0 m)."
    )
    assert one.tell("zh") == (
        "网格平移或改变边长（2 次）时，平均 85.0% 的面积保持原分区，最差 80.0%（+2,+0 m）。"
    )
    assert one.as_dict() == {
        "shifts": shifts.to_dict("records"),
        "en": one.tell(),
        "zh": one.tell("zh"),
    }
    assert [str(s) for s in DEFAULT] == [
        "+250,+250 m", "+500,+500 m", "+750,+750 m", "+500,+0 m", "+0,+500 m",
        "+0,+0 m cell 500 m", "+0,+0 m cell 2000 m",
    ]  # fmt: skip
    grid = GridSpec("EPSG:4549", 1000, (300, 900))
    found = [(s.of(grid).cell_m, s.of(grid).origin_m) for s in (Shift(750, 250), Shift(0, -1, 500))]
    assert found == [(1000, (50, 150)), (500, (300, 399))]


def test_land_that_keeps_its_zone_on_another_lattice():
    """Two units of 1 km; half of the second lies outside the city, the third has no zone.

    Of the fourth half a square metre is in the city, that of the fifth is nothing.
    """
    spec = GridSpec("EPSG:4549", 1000, (0, 0))
    base = gpd.GeoDataFrame(
        {"zone": pd.array(["key", "key", None, "key", "key"], dtype="string"),
         "area_m2": [1_000_000, 500_000, 500_000, 0, 0]},
        index=pd.Index(list("abcde"), name="unit"),
        geometry=[box(x, y, x + 1000, y + 1000) for x, y in ((0, 0), (1000, 0), (1000, 1000),
                                                             (5000, 0), (7000, 0))],
        crs=spec.crs,
    )  # fmt: skip
    land = box(-10, -10, 1500, 1010).union(box(1000, 0, 1500, 2000))
    land = land.union(box(5000, 0, 5001, 0.5))
    city = gpd.GeoDataFrame(geometry=[land], crs=spec.crs)
    plan = SimpleNamespace(units=base, grid=spec, city=city)
    asked = []

    def classify(lattice):
        asked.append(lattice)
        return gpd.GeoDataFrame(
            {"zone": ["key", "balance", None]},
            geometry=[box(250, 0, 1250, 1000), box(-750, 0, 250, 1000), box(1250, 0, 2250, 1000)],
            crs=spec.crs,
        )

    found = grid_stability(plan, classify, [Shift(250, 0), Shift(1250, 1000)])
    assert [g.origin_m for g in asked] == [(250, 0), (250, 0)]
    # a: 750 of 1000 m; b: 250 of the 500 m that lie in the city.
    share = found.units["grid_stability"]
    assert share.tolist()[:2] == [0.75, 0.5] and share["d"] == 0
    assert share.isna().tolist() == [False, False, True, False, True]
    assert found.units["zone"].equals(base["zone"])
    assert found.units["area_m2"].equals(base["area_m2"])
    one = {"units": 3, "kept_share": pytest.approx(1_000_000 / 1_500_000.5, rel=1e-9)}
    assert found.shifts.to_dict("records") == [
        {"shift": "+250,+0 m", **one},
        {"shift": "+1250,+1000 m", **one},
    ]
    unknown = SimpleNamespace(units=base.assign(zone=pd.NA), grid=spec, city=city)
    none = grid_stability(unknown, classify, [Shift(250, 0)])
    assert np.isnan(none.shifts["kept_share"].iloc[0])
    assert none.units["grid_stability"].isna().all()
    problem = refused(grid_stability, plan, classify, [])
    assert (problem.code, problem.where) == ("range", "shifts")


def test_what_is_drawn_is_said_with_its_names(plan):
    from zoning.pipeline.method import load_method
    from zoning.questions.stability.sources import _named

    rig = SimpleNamespace(method=load_method(plan.config))
    names = ["slope_deg", "min_to_centre"]
    assert _named(names, "en", rig) == "mean slope, travel time to the centre"
    assert _named(names, "zh", rig) == "平均坡度、到中心的时间"
