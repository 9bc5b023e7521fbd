"""The assembler and the questions hand on every rule: each test kills a version that loses one."""

from __future__ import annotations

import dataclasses
import json

import fake_plan
import keeping
import made_up
import pandas as pd
import pytest
import worlds
from pandas.testing import assert_frame_equal

from zoning import pipeline, planfile
from zoning.base.coded import spelled
from zoning.errors import InfeasibleError, InputError
from zoning.ledger import sums
from zoning.outputs.webmap import given
from zoning.pipeline import assemble as module
from zoning.pipeline.again import zone_again
from zoning.pipeline.assemble import Solved, assemble
from zoning.pipeline.contracts import broken, hold
from zoning.planfile.models import CapPart, PlaceRule
from zoning.questions import answer
from zoning.questions.answer import Question
from zoning.questions.released import classes_of
from zoning.verify import audit

A_FREE = "1kmN3501E500"


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def asked(monkeypatch, plan, **part):
    """Give the words with which `allocate` is called under some settings of [allocation]."""
    seen = {}

    def catch(leaves, limits, **how):
        seen.update(how, leaves=leaves, limits=limits)

    monkeypatch.setattr(module, "allocate", catch)
    allocation = plan.config.allocation.model_copy(update=part)
    config = plan.config.model_copy(update={"allocation": allocation})
    acc, _ = answer.account_of(plan)
    module.place(plan.pieces, acc, config, plan.units.index, 1000, ("a lock",))
    return seen


def test_a_plan_zoned_again_has_new_land_only_where_it_is_asked_for(plan) -> None:
    def again(*, cap=plan.config.cap, enabled=True):
        part = plan.config.allocation.model_copy(update={"enabled": enabled})
        config = plan.config.model_copy(update={"cap": cap, "allocation": part})
        return zone_again(plan, config, None, classes_of(plan)).units.get("new_m2")

    assert again(enabled=False) is again(cap=CapPart()) is None


def test_every_setting_reaches_the_allocation(plan, monkeypatch) -> None:
    seen = asked(monkeypatch, plan, boundary_weight=0.25, whole_units=True, core_share=0.625,
                 min_patch_units=7, attached=True)  # fmt: skip
    wanted = {"boundary_weight": 0.25, "whole_units": True, "core_share": 0.625,
              "min_patch_units": 7, "attached": True, "locks": ("a lock",)}  # fmt: skip
    assert {key: seen[key] for key in wanted} == wanted
    plain = asked(monkeypatch, plan, attached=False, whole_units=False)
    assert (plain["gap"], plain["time_limit"]) == (0.0, None)
    assert plain["attached"] is False and plain["whole_units"] is False


@pytest.mark.parametrize(
    ("part", "spatial"),
    [({"whole_units": True}, True), ({"boundary_weight": 0.1}, True), ({}, False)],
    ids=["whole", "weight", "neither"],
)
def test_neighbours_are_known_where_they_count(plan, monkeypatch, part, spatial) -> None:
    assert (asked(monkeypatch, plan, **part)["edges"] is not None) is spatial


def test_land_of_no_zone_or_no_township_is_not_offered(plan) -> None:
    pieces = spelled(plan.pieces).copy()
    one, two, three = pieces.index[pieces["free_m2"] > 0][:3]
    pieces.loc[one, "zone"] = None
    pieces.loc[two, "township"], pieces.loc[three, "township"] = "none", "overlap"
    left = module.offered(pieces)["free_m2"]
    assert left[[one, two, three]].tolist() == [0, 0, 0]
    assert left.sum() == plan.pieces["free_m2"].drop([one, two, three]).sum()
    assert "reducible_m2" not in module.offered(pieces)
    # Read back from files, what may go is empty where nothing may.
    some = pd.array([5, *[None] * (len(pieces) - 1)], dtype="Int64")
    gone = module.offered(pieces.assign(reducible_m2=some))["reducible_m2"]
    assert gone.dtype == "int64" and gone.tolist() == [5, *[0] * (len(pieces) - 1)]


def test_locks_are_part_of_what_is_told_before_solving(plan) -> None:
    """A lock that takes land away can leave a cap without effect; so can one that is forgotten."""
    _, leaves = answer.account_of(plan)
    units = tuple(leaves.loc[leaves["zone"] == "optimised", "unit"].unique())
    without = {(c.check, c.where) for c in plan.checks}
    locked = answer.answer(plan, Question(lock_out=units))
    told = {(c.check, c.where) for c in locked.checks}
    assert ("presolve.slack", "optimised") in told - without


def test_verify_knows_the_locks_of_an_answer(plan) -> None:
    locked = answer.answer(plan, Question(lock_out=[A_FREE]))
    forged = dataclasses.replace(
        locked, run={**locked.run, "what_if": {"lock_out": [], "lock_in": [A_FREE]}}
    )
    good, bad = (
        {c.check for c in audit.verify(p) if not c.ok and c.level == "error"}
        for p in (locked, forged)
    )
    assert good == set() and {"verify.lock", "allocation.certificate"} <= bad


def test_what_a_question_locked_is_kept_and_dropped_by_a_run(plan) -> None:
    locked = answer.answer(plan, Question(lock_out=[A_FREE]))
    assert locked.run["what_if"] == {"lock_out": [A_FREE], "lock_in": []}
    acc, _ = answer.account_of(plan)
    marked = sums.split(plan.ledger, answer.classes_of(plan))
    bare = assemble(locked, Solved(acc), plan.config, parts=marked)
    assert "what_if" not in bare.run and "allocation" not in bare.run
    assert "new_m2" not in bare.units and "new_m2" not in bare.pieces
    assert "limits" not in bare.tables and not any(
        c.check.startswith("allocation.") for c in bare.checks
    )


def test_an_answer_allocates_though_the_plan_does_not(tmp_path) -> None:
    path = worlds.write(tmp_path, extra="[allocation]\nenabled = false\n")
    quiet = pipeline.run(planfile.load(path), tmp_path)
    assert "allocation" not in quiet.run
    changed = answer.answer(quiet, Question())
    assert changed.config.allocation.enabled and changed.run["allocation"]["gap"] == 0
    assert changed.run["config"]["allocation"]["enabled"] is True
    assert "allocation" not in changed.run["left_out"]


def test_construction_inside_red_lines_is_not_known_without_red_lines(plan, tmp_path) -> None:
    assert plan.run["construction"]["existing_redline_m2"] == 0
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8").replace('[inputs.redlines]\npath = "红线.gpkg"\n', "")
    path.write_text(text, encoding="utf-8")
    bare = pipeline.run(planfile.load(path), tmp_path)
    keeping.hold(bare, "no-redlines")
    assert "redlines" in bare.run["left_out"]
    assert bare.run["construction"]["existing_redline_m2"] is None
    path.write_text(text + "[redlines]\nnone = true\n", encoding="utf-8")
    known = pipeline.run(planfile.load(path), tmp_path)
    assert known.run["construction"]["existing_redline_m2"] == 0


def test_contracts_know_the_zones_of_the_plan(plan) -> None:
    assert broken(plan) == [] and hold(plan) is plan
    units = spelled(plan.units).copy()
    units.loc[units.index[0], "zone"] = "urban"
    with pytest.raises(InputError) as error:
        hold(dataclasses.replace(plan, units=units))
    (problem,) = error.value.problems
    assert problem.code == "unknown-value" and "urban" in problem.tell("en")


def test_a_card_that_does_not_fit_is_told(monkeypatch) -> None:
    bare = fake_plan.make()
    full = dataclasses.replace(bare, contributions=(made_up.contribution(bare),))
    shown = given.pack(full, full.units.index)["cards"]
    assert all("left_out" not in card and card["rows"] for card in shown) and shown
    monkeypatch.setattr(given, "MOST_LINES", 1)
    told = given.pack(full, full.units.index)["cards"]
    assert len(told) == len(shown)
    assert all("more than the map holds (1)" in card["left_out"]["en"] for card in told)


def test_a_plan_does_not_remember_what_it_was_asked_before(plan) -> None:
    """An answer to an answer is the answer: nothing of an earlier account or allocation stays."""
    first = answer.answer(plan, Question(boundary_weight=0.1, whole_units=True, lock_out=(A_FREE,)))
    assert "allocation_edges" in first.tables and first.run["what_if"]["lock_out"] == [A_FREE]
    acc, _ = answer.account_of(plan)
    marked = sums.split(plan.ledger, answer.classes_of(plan))
    for solved in (Solved(), Solved(acc)):
        one, other = (assemble(p, solved, plan.config, parts=marked) for p in (plan, first))
        assert one.tables.keys() == other.tables.keys()
        for name, table in one.tables.items():
            assert_frame_equal(table, other.tables[name])
        for name in ("units", "pieces", "zones", "townships", "counties"):
            assert_frame_equal(getattr(one, name), getattr(other, name))
        assert one.checks == other.checks
        kept = [{k: v for k, v in p.run.items() if k != "seconds"} for p in (one, other)]
        assert kept[0] == kept[1]
    bare = assemble(first, Solved(), plan.config)
    assert not {"landscape", "limits", "allocation_edges"} & bare.tables.keys()
    assert not {"construction", "allocation", "infeasible", "what_if", "digest"} & bare.run.keys()
    spoken = ("cap.", "new.", "floor.", "presolve.", "allocation.")
    assert not [c.check for c in bare.checks if c.check.startswith(spoken)]


def test_a_plan_zoned_again_by_its_own_rules_is_the_plan(plan) -> None:
    """What was measured, classed, told and placed: every column, though nothing was read."""
    state = zone_again(plan, plan.config, None, classes_of(plan))
    assert sorted(state.units) == sorted(plan.units)
    assert_frame_equal(spelled(state.units[list(plan.units)]), spelled(plan.units))
    assert sorted(state.townships) == sorted(plan.townships.columns.drop("new_m2"))
    assert_frame_equal(state.townships, plan.townships[list(state.townships)])
    assert_frame_equal(spelled(state.pieces), spelled(plan.pieces.drop(columns="new_m2")))
    bare = zone_again(plan, plan.config, None, classes_of(plan), allocate=False)
    assert_frame_equal(bare.units, state.units.drop(columns="new_m2"))


def test_what_the_planner_gave_under_the_name_of_a_result_comes_back(plan) -> None:
    """A column ``zone`` of the planner's table is kept as ``given_zone`` by a run."""
    towns = plan.townships.assign(given_zone="mine", given_slope_deg=5.0)
    geometry = towns.pop("geometry")
    changed = dataclasses.replace(plan, townships=towns.set_geometry(geometry))
    state = zone_again(changed, plan.config, None, classes_of(plan), allocate=False)
    assert state.townships["given_zone"].tolist() == ["mine"] * 3
    assert state.townships["given_slope_deg"].tolist() == [5.0] * 3
    assert state.townships["zone"].tolist() == plan.townships["zone"].tolist()


def test_a_plan_without_townships_is_not_zoned_again(plan) -> None:
    with pytest.raises(InputError) as error:
        zone_again(dataclasses.replace(plan, townships=None), plan.config, None, None)
    (problem,) = error.value.problems
    assert (problem.code, problem.where) == ("no-townships", plan.name)


def test_rules_that_contradict_one_another_leave_a_plan_zoned_again_without_new_land(plan) -> None:
    def again(**floor):
        place = PlaceRule(place="321002", source="made up", **floor)
        cap = plan.config.cap.model_copy(update={"counties": (place,)})
        return zone_again(plan, plan.config.model_copy(update={"cap": cap}), None, classes_of(plan))

    assert "new_m2" not in again(floor_m2=4_000_000).units  # it has 3 km2 of free land
    held = again(floor_m2=200_000).units
    assert held.loc[held["county"] == "321002", "new_m2"].sum() >= 200_000


def placed(monkeypatch, plan, name, **part):
    """Give with what one of the ways to place land is called, where it is the one."""
    seen = {}
    for other in ("allocate", "allocate_patches", "allocate_goals"):
        monkeypatch.setattr(module, other, lambda *given, other=other, **how: (
            seen.update(way=other, given=given, **how)))  # fmt: skip
    allocation = plan.config.allocation.model_copy(update=part)
    config = plan.config.model_copy(update={"allocation": allocation})
    acc, _ = answer.account_of(plan)
    module.place(plan.pieces, acc, config, plan.units.index, 1000, gap=0.25, seconds=9.0)
    assert seen["way"] == name
    land, limits = seen["given"][:2]
    assert land.equals(module.offered(plan.pieces)) and limits is acc.limits
    assert (seen["gap"], seen["time_limit"], seen["locks"]) == (0.25, 9.0, ())
    return seen


def test_patches_and_goals_have_ways_of_their_own(plan, monkeypatch) -> None:
    usual = placed(monkeypatch, plan, "allocate")
    assert "within" not in usual and "least_m2" not in usual
    patches = placed(monkeypatch, plan, "allocate_patches", min_patch_m2=1)
    assert patches["least_m2"] == 1 and patches["edges"] is not None
    goals = placed(
        monkeypatch, plan, "allocate_goals", goals=("most suitability",), goals_within=0.125
    )
    assert goals["within"] == 0.125 and goals["edges"] is None
    assert goals["given"][2] == module.goals_of(("most suitability",))
    with pytest.raises(InputError) as error:
        placed(monkeypatch, plan, "none", min_patch_m2=5, goals=("most suitability",))
    (problem,) = error.value.problems
    assert (problem.code, problem.where) == ("patches", "[allocation]")


def test_nothing_is_checked_of_construction_that_is_not_known(plan) -> None:
    acc, _ = answer.account_of(plan)
    checks = module._checks
    assert checks(Solved(), plan.pieces) == checks(Solved(acc), None) == []
    before = [(c.check, c.where) for c in checks(Solved(acc), plan.pieces)]
    assert before == [(c.check, c.where) for c in acc.checks]
    assert ("cap.eco_agri", "city") in before
    bare = dataclasses.replace(acc, cap_m2=None)
    assert [c.check for c in checks(Solved(bare), plan.pieces)][-1] == "cap.none"
    stuck = checks(Solved(acc, infeasible=InfeasibleError([])), plan.pieces)
    assert [c.check for c in stuck][: len(before)] == [c for c, _ in before]


def test_limits_stand_beside_zones_where_an_account_has_some(plan) -> None:
    acc, _ = answer.account_of(plan)
    zones = plan.zones.drop(columns=["cap_m2", "quota_m2"])
    found = module._with_limits(zones, acc)
    assert list(found)[-3:] == ["cap_m2", "quota_m2", "geometry"]
    assert found["cap_m2"].tolist() == acc.zones["cap_m2"].reindex(found.index).tolist()
    assert (found[["cap_m2", "quota_m2"]].dtypes == "Int64").all()
    none = dataclasses.replace(acc, zones=acc.zones.iloc[:0])
    assert module._with_limits(zones, None) is module._with_limits(zones, none) is zones
    assert module._with_limits(None, acc) is None


def test_new_land_is_added_up_beside_the_other_columns(plan) -> None:
    pieces = plan.pieces.assign(reduced_m2=1)
    found = module._with_new(plan.counties.drop(columns="new_m2"), pieces, "county")
    assert list(found)[-3:] == ["new_m2", "reduced_m2", "geometry"]
    by_county = plan.pieces.groupby("county", observed=True)
    assert found["new_m2"].to_dict() == by_county["new_m2"].sum().to_dict()
    assert found["reduced_m2"].to_dict() == by_county.size().to_dict()
    bare = plan.pieces.drop(columns="new_m2")
    for frame, land in ((None, pieces), (plan.units, None), (plan.units, bare)):
        assert module._with_new(frame, land, "unit") is frame


def test_what_a_plan_was_made_with_is_plain_data(plan) -> None:
    assert plan.run["config"] == json.loads(json.dumps(plan.run["config"]))
    assert plan.run["config"]["plan"]["name"] == plan.name
