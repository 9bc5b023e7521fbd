"""What answers hand on: locks, weights and caps reach who works with them, whole."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import worlds

from zoning.allocation.proof.bounded import Boundary
from zoning.allocation.space import lattice_edges
from zoning.capacity import Lock, cap_rules
from zoning.errors import InputError
from zoning.grid.lattice import GridSpec
from zoning.questions import answer
from zoning.questions.question import Question

OUT, IN = "1kmN3500E502", "1kmN3501E502"
LOCK = Lock("what-if-out", "out", (OUT,), source="what if")


@pytest.fixture(scope="module")
def plan():
    """The small county with one unit locked, as an answer leaves it."""
    made = worlds.plan()
    return replace(made, run={**made.run, "what_if": {"lock_out": [OUT]}})


def wished(plan, **part):
    """Give the plan other wishes of the allocation."""
    config = plan.config
    allocation = config.allocation.model_copy(update=part)
    return replace(plan, config=config.model_copy(update={"allocation": allocation}))


def spied(monkeypatch, room, name, gives=None):
    """Let a function note what it is given, and give something."""
    seen = []
    monkeypatch.setattr(room, name, lambda *a, **k: (seen.append((a, k)), gives)[1])
    return seen


def edges_of(plan):
    return lattice_edges(plan.units.index, plan.grid.cell_m)


def same(one, other):
    """Compare what was handed on; tables by their contents."""
    assert one.keys() == other.keys()
    for key, value in other.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(one[key], value)
        else:
            assert one[key] == value, key


def test_an_allocation_is_asked_with_the_locks_and_the_patience_of_the_question(monkeypatch, plan):
    seen = spied(monkeypatch, answer, "place", "found")
    question = Question(cap=0.25, lock_in=[IN], gap=0.125, seconds=7.0)
    acc, found = answer.ask(plan, question)
    (pieces, given, config, units, cell, locks), how = seen[0]
    assert found == "found" and given is acc and how == {"gap": 0.125, "seconds": 7.0}
    assert config.cap.share == 0.25 and units is plan.units.index and cell == 1000
    assert locks == [LOCK, Lock("what-if-in", "in", (IN,), source="what if")]
    assert acc.cap_m2 == round(0.25 * plan.run["area_m2"]["city"])
    assert str(pieces["zone"].dtype) == str(pieces["township_zone"].dtype) == "string"


def test_further_plans_are_asked_with_all_that_the_best_one_was(monkeypatch, plan):
    best = SimpleNamespace(status="proved")
    spied(monkeypatch, answer, "place", best)
    seen = spied(monkeypatch, answer, "alternatives", ["more"])
    question = Question(seconds=7.0)
    acc, first, further = answer.several(plan, question, 3, 0.25)
    (pieces, limits, *rest), how = seen[0]
    assert (first, further, rest) == (best, ["more"], [best, 3, 0.25])
    assert limits == acc.limits and how == {"locks": [LOCK], "how": None, "seconds": 7.0}
    assert pieces.index.equals(answer.account_of(plan)[1].index)
    one = wished(plan, whole_units=True, boundary_weight=0.25, core_share=0.75)
    answer.several(one, question, 3, 0.25)
    how = seen[1][1]["how"]
    assert how == Boundary(how.edges, 0.25, True, 0.75)
    pd.testing.assert_frame_equal(how.edges, edges_of(plan))
    best.status = "interrupted"
    assert answer.several(plan, question, 3, 0.25)[2] == [] and len(seen) == 2


@pytest.mark.parametrize("part", ["phase", "reduction"])
def test_further_plans_keep_no_stages(plan, part):
    cap = plan.config.cap.model_copy(update={part: ("x",)})
    one = replace(plan, config=plan.config.model_copy(update={"cap": cap}))
    with pytest.raises(InputError) as error:
        answer.several(one, Question(), 2, 0.1)
    assert (error.value.problems[0].code, error.value.problems[0].where) == ("stages", "[cap]")


def test_neighbours_count_where_a_boundary_or_whole_units_do(plan):
    assert answer._edges(plan, 0.0, False) is None
    for weight, whole in ((0.25, False), (0.0, True)):
        pd.testing.assert_frame_equal(answer._edges(plan, weight, whole), edges_of(plan))


def test_an_account_is_that_of_the_rules_that_are_asked(plan):
    plain = plan.pieces.astype({"zone": object, "township_zone": object})
    acc, found = answer.account_of(replace(plan, pieces=plain))
    assert str(found["zone"].dtype) == str(found["township_zone"].dtype) == "string"
    assert acc.limits == answer.account_of(plan, plan.config)[0].limits
    cap = plan.config.cap.model_copy(update={"share": 0.25})
    other = answer.account_of(plan, plan.config.model_copy(update={"cap": cap}))[0]
    assert other.cap_m2 == round(0.25 * plan.run["area_m2"]["city"]) != acc.cap_m2


def test_prices_are_asked_of_what_is_needed_and_with_the_locks(monkeypatch, plan):
    seen = spied(monkeypatch, answer, "prices", "list")
    assert answer.price_list(plan, progress="p") == "list"
    (pieces, limits, freed), how = seen[0]
    assert limits == answer.account_of(plan)[0].limits
    assert how == {"locks": [LOCK], "boundary_weight": 0.0, "edges": None, "progress": "p"}
    gone = {"redline_m2", "water_m2", "farmland_m2", "eco_agri_m2", "protected_m2"}
    assert not gone & set(pieces) and {"built_m2", "free_m2", "area_m2", "zone"} <= set(pieces)
    pd.testing.assert_frame_equal(freed, answer.released(plan))
    answer.price_list(plan, boundary_weight=0.5)
    same(seen[1][1], {"locks": [LOCK], "boundary_weight": 0.5, "edges": edges_of(plan),
                      "progress": None})  # fmt: skip
    # Whole units are not priced: their neighbours count only with a boundary.
    answer.price_list(wished(plan, whole_units=True))
    assert seen[2][1]["edges"] is None


def test_ladders_and_curves_keep_locks_and_green_land(monkeypatch, plan):
    room = answer.what_if
    seen = {n: spied(monkeypatch, room, n, n) for n in
            ("cap_ladder", "trade_off", "worth_of_a_hectare")}  # fmt: skip
    assert answer.curves(plan, "base") == {n: n for n in seen}
    acc, pieces = answer.account_of(plan)
    green = int(pieces["eco_agri_m2"].sum())
    given, how = seen["cap_ladder"][0]
    assert given[1:] == (cap_rules(plan.config), plan.run["area_m2"]["city"])
    assert how == {"locks": [LOCK], "eco_agri_m2": green} and green > 0
    given, how = seen["trade_off"][0]
    pd.testing.assert_frame_equal(given[2], edges_of(plan))
    assert given[1] == acc.limits and how == {"locks": [LOCK]}
    given, how = seen["worth_of_a_hectare"][0]
    assert given[1:] == (acc.limits, "base") and how == {"locks": [LOCK]}
    one = wished(plan, whole_units=True, boundary_weight=0.25, core_share=0.75)
    assert answer.caps(one, [0.25, 0.3]) == "cap_ladder"
    given, how = seen["cap_ladder"][1]
    assert given[1].share == 0.25
    same(how, {
        "shares": [0.25, 0.3], "locks": [LOCK], "boundary_weight": 0.25, "whole_units": True,
        "core_share": 0.75, "eco_agri_m2": green, "edges": edges_of(plan),
    })  # fmt: skip


def test_losses_are_asked_of_the_plan_as_it_is(monkeypatch, plan):
    base = spied(monkeypatch, answer, "allocate", "base")
    seen = spied(monkeypatch, answer, "losses", "lost")
    one = wished(plan, whole_units=True, boundary_weight=0.25, core_share=0.75)
    assert answer.unit_losses(one, [OUT], "p") == "lost"
    how = {"locks": [LOCK], "boundary_weight": 0.25, "whole_units": True, "core_share": 0.75,
           "edges": edges_of(plan)}  # fmt: skip
    (pieces, limits), given = base[0]
    same(given, how)
    (again, bounds, found), given = seen[0]
    assert again is pieces and bounds is limits and found == "base"
    assert limits == answer.account_of(plan)[0].limits
    same(given, {**how, "units": [OUT], "progress": "p"})


@pytest.mark.parametrize("to", ["mps", "lp", "marxan"])
@pytest.mark.parametrize("weight", [None, 0.0, 0.5])
def test_a_problem_is_written_with_neighbours_where_they_count(
    monkeypatch, plan, tmp_path, to, weight
):
    seen = {n: spied(monkeypatch, answer, n, n) for n in
            ("write_mps", "write_lp", "write_marxan", "programme")}  # fmt: skip
    folder = tmp_path / "a" / "b"
    (found,) = answer.write_problem(plan, to, folder, boundary_weight=weight)
    assert found == f"write_{to}"
    limits = answer.account_of(plan)[0].limits
    if to == "marxan":
        (_, given, path), how = seen["write_marxan"][0]
        assert (given, path, how["locks"]) == (limits, folder / "marxan", [LOCK])
        assert how["how"] == Boundary(how["how"].edges, weight or 0.0, True, 0.5)
        assert not folder.exists()
        return
    (_, given, locks), how = seen["programme"][0]
    assert (given, locks) == (limits, [LOCK])
    if weight:
        pd.testing.assert_frame_equal(how["how"].edges, edges_of(plan))
        assert how["how"] == Boundary(how["how"].edges, 0.5, False, 0.5)
    else:
        assert how["how"] is None
    assert seen[f"write_{to}"] == [(("programme", folder / f"allocation.{to}"), {})]
    answer.write_problem(wished(plan, whole_units=True), to, folder)  # the folder may be there
    assert seen["programme"][1][1]["how"].whole


def test_the_plan_of_an_answer_keeps_what_still_speaks_of_it(monkeypatch, plan):
    seen = spied(monkeypatch, answer, "assemble", "plan")
    wings = [SimpleNamespace(wing=w) for w in ("diff", "audit", "alternatives", "losses", "site")]
    one = replace(wished(plan, enabled=False), contributions=tuple(wings))
    question = Question(lock_in=[IN], cap=0.25)
    assert answer.with_allocation(one, "acc", "found", question) == "plan"
    (given, solved, config), how = seen[0]
    assert [c.wing for c in given.contributions] == ["audit", "site"]
    locks = [LOCK, Lock("what-if-in", "in", (IN,), source="what if")]
    assert solved == answer.Solved("acc", "found", locks=locks)
    assert config.allocation.enabled and config.cap.share == 0.25
    assert how["locked"] == {"lock_out": [OUT], "lock_in": [IN]}
    assert "free_m2" in how["parts"] and len(how["parts"]) == len(plan.ledger)


def test_another_lattice_is_measured_by_the_engine_that_is_given(plan):
    seen = []

    def watch(work, shared, jobs):
        seen.extend(jobs)
        return [work(shared, job) for job in jobs]

    found = answer.zones_on(plan, plan.grid, watch)
    assert seen and list(found.columns) == ["area_m2", "geometry", "zone"]
    assert found["zone"].tolist() == plan.units["zone"].tolist()
    assert found["area_m2"].tolist() == plan.units["area_m2"].tolist()
    half = answer.zones_on(plan, GridSpec(worlds.CRS, 500), watch)
    assert half["area_m2"].sum() == plan.run["area_m2"]["city"] and len(half) > 3 * len(found)
    ledger = plan.ledger.assign(protected_by="")
    assert len(answer.zones_on(replace(plan, ledger=ledger), plan.grid)) == len(found)
    ledger.loc[ledger.index[0], "protected_by"] = "core"
    for one in (replace(plan, ledger=ledger, contributions=()), replace(plan, townships=None)):
        with pytest.raises(InputError) as error:
            answer.zones_on(one, plan.grid)
        (problem,) = error.value.problems
        assert (problem.code, problem.where) == ("no-lattice", plan.name)
        assert problem.remedy.en == "run the plan again"
