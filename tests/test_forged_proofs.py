"""Own limits, grades, bounds and worths that somebody changed, both ways: each is named.

The plans are forged in memory, where no checksum is in the way, and held by the part of the auditor
that knows limits and proofs.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import worlds

from zoning import api, pipeline, planfile
from zoning.questions import answer
from zoning.verify import audit as auditor
from zoning.verify import goals, limits, proof
from zoning.verify.bound import objective, question, upper
from zoning.verify.compare import Findings
from zoning.verify.own import own

LIMITS = """
[[cap.limit]]
name = "farm"
of = "farmland"
upper = 300000
[[cap.limit]]
name = "worth"
of = "suitability"
county = "321001"
keep_share = 0.5
unit = "points"
"""
STAGES = """
[[cap.phase]]
name = "near"
share = 0.3
quotas = { key = 0.1 }
[[cap.phase]]
name = "far"
[[cap.reduction]]
name = "old"
township = "321000001"
share = 0.2
lower_m2 = 1000
price = 0.02
[[cap.limit]]
name = "early"
of = "farmland"
phase = "near"
upper = 200000
"""
#: Name to rules: each has a proof of another kind.
WAYS = {
    "plain": "",
    "own limits": LIMITS,
    "boundary": "[allocation]\nboundary_weight = 0.05\n",
    "own limits and boundary": LIMITS + "[allocation]\nboundary_weight = 0.05\n",
    "whole units": "[allocation]\nwhole_units = true\nboundary_weight = 0.01\n",
    "stages": STAGES,
    "stages and boundary": STAGES + "[allocation]\nboundary_weight = 0.05\n",
    "goals": LIMITS + '[allocation]\ngoals = ["most area", "least farm"]\n',
    "patches": LIMITS + "[allocation]\nmin_patch_m2 = 900000\n",
}
QUICK = ("own limits and boundary",)
SLOW = [pytest.param(w, marks=() if w in QUICK else pytest.mark.slow) for w in WAYS]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give each plan, made once."""
    plans: dict[str, api.Plan] = {}

    def plan_of(way: str) -> api.Plan:
        if way not in plans:
            folder = tmp_path_factory.mktemp("证")
            path = worlds.write(
                folder, extra=WAYS[way] + "\n[outputs]\nqgis = false\nmap = false\n"
            )
            plans[way] = api.Plan.of(pipeline.run(planfile.load(path), folder))
        return plans[way]

    return plan_of


def refuted(plan) -> list[str]:
    """Give what the auditor refutes of limits and proofs."""
    found = Findings()
    found.checks += own(plan)
    auditor._new_land(plan, found)
    auditor.figures.audit(plan, found)
    return [c.check for c in found.checks if not c.ok and c.level == "error"]


def run_(*path, value):
    def forge(plan):
        run = copy.deepcopy(plan.run)
        at = run
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value(at[path[-1]]) if callable(value) else value
        return replace(plan, run=run)

    return forge


def numbers(value):
    """Change both places where a number of the proof stands, and the gap that follows."""

    def forge(plan):
        run = copy.deepcopy(plan.run)
        part = run["allocation"]
        value(part)
        part["gap"] = max(0.0, (part["bound"] - part["objective"]) / abs(part["bound"]))
        part["certificate"].update({k: part[k] for k in ("objective", "bound", "gap")})
        return replace(plan, run=run)

    return forge


def table(name, change):
    def forge(plan):
        tables = dict(plan.tables)
        if name not in tables:
            return None
        tables[name] = change(tables[name].copy())
        return replace(plan, tables=tables)

    return forge


def grade(word):
    def forge(plan):
        if plan.run["allocation"]["certificate"]["grade"] == word:
            return None
        return run_("allocation", "certificate", "grade", value=word)(plan)

    return forge


def put(frame, row, column, value):
    frame.loc[frame.index[row], column] += value
    return frame


def last(column, value):
    return lambda t: put(t, len(t) - 1, column, value)


def own_row(column, value):
    def change(t):
        here = t.index[t["kind"] == "limit"]
        if not len(here):
            return t.assign(**{column: t[column] + value})
        t.loc[here[0], column] += value
        return t

    return change


def times(column, factor):
    return lambda t: t.assign(**{column: t[column] * factor})


def rule(**change):
    """Change an own limit of the configuration, as a forger of the rules would."""

    def forge(plan):
        cap = plan.config.cap
        if not cap.limit:
            return None
        limits = (cap.limit[0].model_copy(update=change), *cap.limit[1:])
        config = plan.config.model_copy(update={"cap": cap.model_copy(update={"limit": limits})})
        return replace(plan, config=config)

    return forge


def coefficient(more):
    def forge(plan):
        names = [c for c in plan.pieces.columns if c.startswith("limit_")]
        if not names:
            return None
        pieces = plan.pieces.copy()
        at = pieces.index[pieces[names[0]] > 0][0]
        pieces.loc[at, names[0]] += more
        return replace(plan, pieces=pieces)

    return forge


def dearer(part):
    part["objective"] += max(1.0, abs(part["objective"]) * 1e-6)


def cheaper(part):
    part["objective"] -= max(1.0, abs(part["objective"]) * 1e-6)


def lower(part):
    part["bound"] -= max(1.0, abs(part["bound"]) * 1e-6)


def higher(part):
    part["bound"] += max(1.0, abs(part["bound"]) * 1e-6)


FORGERIES = {
    "worth raised": numbers(dearer),
    "worth lowered": numbers(cheaper),
    "bound lowered": numbers(lower),
    "bound raised": numbers(higher),
    "sum of suitability": run_("allocation", "suitability_m2", value=lambda v: v + 1.0),
    "proof that holds called open": run_("allocation", "certificate", "ok", value=False),
    "grade: complete": grade("complete"),
    "grade: solver's word": grade("solver's word"),
    "grade: nothing": grade("certain"),
    "limit: more used": table("limits", own_row("used_m2", 1)),
    "limit: less used": table("limits", own_row("used_m2", -1)),
    "limit: higher cap": table("limits", own_row("cap_m2", 1)),
    "limit: lower cap": table("limits", own_row("cap_m2", -1)),
    "limit: more left": table("limits", own_row("left_m2", 1)),
    "limit left out": table("limits", lambda t: t.iloc[:-1]),
    "limit twice": table("limits", lambda t: pd.concat([t, t.iloc[-1:]], ignore_index=True)),
    "prices doubled": table("limits", times("price", 2.0)),
    "no prices": table("limits", lambda t: t.assign(price=pd.array([0.0] * len(t), "Float64"))),
    "rule: more allowed": rule(upper=310_000.0),
    "rule: less allowed": rule(upper=290_000.0),
    "rule: a least amount": rule(lower=250_000.0),
    "rule: of another thing": rule(of="area"),
    "rule: elsewhere": rule(county=("321002",)),
    "coefficient raised": coefficient(1000),
    "coefficient lowered": coefficient(-1000),
    "flows doubled": table("allocation_edges", times("flow", 2.0)),
    "flows turned": table("allocation_edges", times("flow", -1.0)),
    "sides longer": table("allocation_edges", times("length_m", 1.5)),
    "a side left out": table("allocation_edges", lambda t: t.iloc[1:]),
    "a side twice": table("allocation_edges", lambda t: pd.concat([t, t.iloc[:1]])),
    "a side between strangers": table(
        "allocation_edges", lambda t: t.assign(b=t["b"].iloc[::-1].to_numpy())),
}  # fmt: skip
#: What a solver alone said: that the bound is higher, or proved by other prices, is no lie.
WORD = {"bound raised", "prices doubled", "no prices", "flows doubled", "flows turned"}
#: Forgeries that say the same in another way, and are no lie on some plans.
SAME = {
    # All that is taken off a flow at its weight is cut off again; where no flow is, none changes.
    "flows doubled", "flows turned", "prices doubled", "no prices",
}  # fmt: skip


@pytest.mark.parametrize("way", SLOW)
def test_honest_proofs_hold_and_forged_ones_are_named(made, way):
    plan = made(way)
    assert refuted(plan) == []
    missed, tried = [], 0
    for name, forge in FORGERIES.items():
        lie = forge(plan)
        if lie is None or (name in SAME and _same(plan, lie)):
            continue
        if name in WORD and plan.run["allocation"]["certificate"]["grade"] == "solver's word":
            continue
        if name == "grade: complete" and _proved(plan).grade == "complete":
            continue  # more is true than the run knew
        tried += 1
        if not refuted(lie):
            missed.append(name)
    assert not missed
    assert tried >= 14


def _proved(plan):
    """Give what the folder proves."""
    land = limits.land_of(plan)
    q = question(plan, land, [*limits.rules_of(plan, land)[0], *goals.rules(plan)])
    paid = [float(p) for p in plan.tables["limits"]["price"]] + goals.prices(plan)
    return proof.prove(q, paid, proof.flows(plan, q, Findings()), objective(q))


def _same(plan, lie) -> bool:
    """Whether the bound that the forged prices or flows prove is the one that is written."""
    return abs(float(_proved(lie).bound) - plan.run["allocation"]["bound"]) < 1e-6


BOUNDARY = ("boundary", "own limits and boundary", "whole units", "stages and boundary")


@pytest.mark.slow
@pytest.mark.parametrize("way", BOUNDARY)
@pytest.mark.parametrize("more", [1.0, -1.0])
def test_a_forged_length_of_the_boundary_is_named(made, way, more):
    lie = run_("allocation", "boundary_m", value=lambda v: v + more)(made(way))
    assert "verify.worth" in refuted(lie)


@pytest.mark.slow
def test_a_unit_built_in_part_is_named(made):
    plan = made("whole units")
    pieces = plan.pieces.copy()
    at = pieces.index[pieces["new_m2"] > 0][0]
    pieces.loc[at, "new_m2"] -= 1
    assert "verify.whole" in refuted(replace(plan, pieces=pieces))


def _worded(plan):
    """Let a plan stand on a solver's word that none is better."""
    run, worth = copy.deepcopy(plan.run), plan.run["allocation"]["objective"]
    said = {"objective": worth, "bound": worth, "gap": 0.0}
    run["allocation"].update(said)
    run["allocation"]["certificate"].update(grade="solver's word", **said)
    run.pop("what_if", None)
    unknown = pd.array([pd.NA] * len(plan.tables["limits"]), dtype="Float64")
    table_ = plan.tables["limits"].assign(price=unknown)
    return replace(plan, run=run, tables={**plan.tables, "limits": table_})


@pytest.mark.slow
@pytest.mark.parametrize("whole", ["true", "false"])
def test_a_better_plan_refutes_the_solvers_word(tmp_path, whole):
    """A worse choice with everything recomputed, and the claim that none is better."""
    extra = f"[allocation]\nwhole_units = {whole}\n"
    path = worlds.write(tmp_path, cap="[cap]\nshare = 0.33\n", extra=extra)
    plan = api.Plan.of(pipeline.run(planfile.load(path), tmp_path))
    found = Findings()
    auditor._limits(_worded(plan), found)
    assert [c.text.en for c in found.checks if not c.ok] == []
    notes = [c.text.en for c in found.checks if c.check == "verify.not_looked_at"]
    assert any("not proved here" in text for text in notes)
    best = plan.pieces.index[plan.pieces["zone"] == "optimised"]
    shut = [piece.split("|")[0] for piece in best]
    worse = answer.answer(plan, answer.Question(lock_out=shut))
    assert worse.run["allocation"]["objective"] < plan.run["allocation"]["objective"]
    found = Findings()
    auditor._limits(_worded(worse), found)
    off = [c.text.en for c in found.checks if not c.ok]
    assert len(off) == 1 and "more than the bound" in off[0], off


@pytest.mark.parametrize("seed", range(4))
def test_no_prices_and_no_flows_prove_less_than_the_plan_is_worth(made, seed):
    """Any prices and flows give a bound, and never one that a plan passes: exact, whatever."""
    plan = made("own limits and boundary")
    land = limits.land_of(plan)
    q = question(plan, land, limits.rules_of(plan, land)[0])
    rng = np.random.default_rng(seed)
    paid = [Fraction(float(v)) for v in rng.normal(0, 0.5, len(q.rules))]
    flows = {side: float(v) for side, v in zip(q.space.sides, rng.normal(0, 1e5, 999))}  # noqa: B905
    bound = upper(q, paid, flows)
    assert bound >= objective(q)
    # So is that of any other plan that keeps the rules: here of none, and of a tenth of this one.
    for part in (0, 10):
        less = [m2 // part if part else 0 for m2 in land.new]
        other = replace(q, land=replace(land, new=less))
        assert bound >= objective(other)
