"""Goals one after the other: brute force, another solver, whole plans, forgeries."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import worlds
from test_phases import STAGES, judged
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning import api, pipeline, planfile
from zoning.allocation.files.programme import programme
from zoning.allocation.goals import allocate_goals, goals_of, question_of, with_counts
from zoning.capacity import Limit
from zoning.errors import InputError
from zoning.verify import verify


def test_brute_force_over_every_plan():
    pieces = pd.DataFrame(
        {"unit": ["a", "b", "c"], "free_m2": [3, 3, 3], "free_farmland_m2": [3, 0, 1],
         "suitability": [0.9, 0.2, 0.6]}, index=pd.Index(["a|t", "b|t", "c|t"], name="piece"),
    )  # fmt: skip
    limits = [Limit("city", "city", cap_m2=5)]
    farm = with_counts(pieces, goals_of(["least farmland"]))["goal_farmland"].to_numpy()
    plans = [np.array(p) for p in itertools.product(range(4), repeat=3) if sum(p) <= 5]
    most = max(p.sum() for p in plans)
    plans = [p for p in plans if p.sum() == most]
    least = min(int(p @ farm) for p in plans)
    cap = -(-least // 10**6)
    plans = [p for p in plans if p @ farm <= cap * 10**6]
    best = max(p @ pieces["suitability"].to_numpy() for p in plans)
    plan = allocate_goals(pieces, limits, goals_of(["most area", "least farmland"]))
    assert [g.value for g in plan.goals] == [most, pytest.approx(least / 10**6)]
    assert plan.objective == pytest.approx(best)
    assert plan.certificate.ok


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_each_goal_is_the_optimum_of_its_question(seed):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(seed, side=4)
    pieces["free_farmland_m2"] = (pieces["free_m2"] * rng.random(len(pieces))).astype("int64")
    limits = limits_of(pieces, seed, floors=bool(seed % 2))
    how = {"edges": edges_of(pieces), "boundary_weight": 0.05} if seed % 3 == 1 else {}
    within = 0.02 if seed % 2 else 0.0
    goals = goals_of(["most area", "least farmland"])
    plan = allocate_goals(pieces, limits, goals, within=within, **how)
    table = with_counts(pieces, goals)
    held: list[Limit] = []
    for goal, reached in zip(goals, plan.goals, strict=False):
        best = judged(programme(*question_of(table, limits, goal, held)))
        sign = 1 if goal.most else -1
        assert sign * reached.value == pytest.approx(best, abs=2.0)
        assert sign * reached.bound >= best - 1e-3
        held.append(reached.limit)
    for limit in held:
        steps = limit.steps(table, plan.new_m2)
        assert steps >= limit.floor_m2 * 10**6
        assert limit.cap_m2 is None or steps <= limit.cap_m2 * 10**6


GOALS = '[allocation]\ngoals = ["most area", "least farmland"]\n'


@pytest.fixture(scope="module", params=["plain", pytest.param("staged", marks=pytest.mark.slow)])
def plan(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("目标")
    extra = GOALS if request.param == "plain" else STAGES + GOALS
    path = worlds.write(folder, extra=extra)
    return api.Plan.of(pipeline.run(planfile.load(path), folder))


@pytest.mark.slow
def test_a_plan_with_goals_holds_and_comes_back(plan, tmp_path):
    told = plan.run["allocation"]["goals"]
    assert [r["goal"] for r in told] == ["most area", "least farmland"]
    assert told[0]["value"] == plan.run["construction"]["new_m2"]
    plan.save(tmp_path / "out")
    back = api.load(tmp_path / "out")
    assert [c.text.en for c in verify(back, tmp_path / "out") if not c.ok] == []
    assert back.price().base.objective == pytest.approx(plan.run["allocation"]["objective"])
    again = back.allocate(cap=0.2)
    assert [c.text.en for c in verify(again) if not c.ok and c.level == "error"] == []
    assert again.run["allocation"]["goals"][0]["value"] < told[0]["value"]


@pytest.mark.slow
def test_forged_goals_are_named(plan):
    def lie(**change):
        run = copy.deepcopy(plan.run)
        run["allocation"]["goals"][1].update(change)
        return replace(plan, run=run)

    worth = plan.run["allocation"]["goals"][1]
    dropped = copy.deepcopy(plan.run)
    dropped["allocation"]["goals"] = []
    for forged in (
        lie(bound=worth["bound"] - 10_000), lie(value=worth["value"] - 10_000),
        lie(cap=0), lie(prices=[0.0] * len(worth["prices"])), replace(plan, run=dropped),
    ):  # fmt: skip
        assert [c for c in verify(forged) if not c.ok and c.level == "error"]


@pytest.mark.parametrize(
    ("goals", "words"),
    [('["most farmlnd"]', "farmland"), ('["nearest area"]', "goals"),
     ('["most area", "most area"]', "twice")],
)  # fmt: skip
def test_goals_that_cannot_be_are_told(tmp_path, goals, words):
    path = worlds.write(tmp_path, extra=f"[allocation]\ngoals = {goals}\n")
    with pytest.raises(InputError, match=words):
        planfile.load(path)
