"""Several good plans: brute force for how different they can be, and plans that verify."""

from __future__ import annotations

import itertools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import worlds
from shapely import box
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning import api
from zoning.allocation import allocate
from zoning.allocation.proof.bounded import Boundary, boundary_m
from zoning.capacity import Limit, Lock
from zoning.cli.app import main
from zoning.errors import InputError
from zoning.questions.alternatives import alternatives, elsewhere
from zoning.questions.places import units_of

pytestmark = pytest.mark.slow


def tiny(seed):
    """Five pieces of a few square metres: every plan can be tried."""
    rng = np.random.default_rng(seed)
    n = 5
    pieces = pd.DataFrame(
        {"unit": [f"u{k}" for k in range(n)], "county": [f"c{k % 2}" for k in range(n)],
         "area_m2": 4, "built_m2": 0, "free_m2": rng.integers(1, 4, n),
         "suitability": np.round(rng.uniform(0.5, 1.0, n), 2)},
        index=pd.Index([f"u{k}|t" for k in range(n)], name="piece"),
    )  # fmt: skip
    return pieces, [Limit("city", "city", cap_m2=5), Limit("county", "c0", cap_m2=3)]


@pytest.mark.parametrize("within", [0.15, 0.6])
@pytest.mark.parametrize("seed", range(6))
def test_brute_force_finds_none_that_differs_more(seed, within, monkeypatch):
    monkeypatch.setattr("zoning.questions.alternatives._ROUNDING", 0.0)
    pieces, limits = tiny(seed)
    best = allocate(pieces, limits)
    found = alternatives(pieces, limits, best, 3, within, gap=0.0)
    everything = [
        pd.Series(x, index=pieces.index)
        for x in itertools.product(*(range(f + 1) for f in pieces["free_m2"]))
        if sum(x) <= 5 and x[0] + x[2] + x[4] <= 3
    ]
    least = best.objective * (1 - within) - 1e-9
    good = [x for x in everything if (x * pieces["suitability"]).sum() >= least]
    earlier = [best.new_m2]
    for other in found:
        most = max(elsewhere(x, earlier) for x in good)
        # In fractions of a m2 a little more can be had, never less than in whole ones.
        assert other.most_m2 >= most - 1e-6
        assert other.elsewhere_m2 <= other.most_m2 + 1e-6
        assert other.elsewhere_m2 >= most - 1
        assert other.allocation.certificate.ok
        earlier.append(other.allocation.new_m2)


@pytest.mark.parametrize("whole", [False, True])
def test_further_plans_are_within_and_apart(whole):
    pieces = pieces_of(3, side=6)
    pieces[["area_m2", "built_m2", "free_m2"]] *= 1000
    limits = [
        Limit(x.kind, x.code, x.floor_m2 * 1000, None if x.cap_m2 is None else x.cap_m2 * 1000,
              column=x.column)
        for x in limits_of(pieces_of(3, side=6), 3, floors=False)
    ]  # fmt: skip
    edges = edges_of(pieces)
    given = {"edges": edges, "boundary_weight": 0.01, "whole_units": True} if whole else {}
    best = allocate(pieces, limits, **given)
    how = Boundary(edges, 0.01, True) if whole else None
    within = 0.05
    found = alternatives(pieces, limits, best, 4, within, how=how)
    assert len(found) == 3
    plans = [best.new_m2, *(a.allocation.new_m2 for a in found)]
    for k, other in enumerate(found, start=1):
        assert other.allocation.certificate.ok, other.allocation.certificate.text
        assert other.allocation.objective >= best.objective * (1 - within) - 1e-6
        assert other.elsewhere_m2 == elsewhere(plans[k], plans[:k]) > 0
        assert other.most_m2 >= other.elsewhere_m2
        assert other.most_m2 <= other.elsewhere_m2 * 1.002 + 100
        told = other.allocation.boundary_m
        assert told == (boundary_m(pieces, how, plans[k]) if how else None)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("多方案")
    worlds.plan().save(folder / "out")
    return api.load(folder / "out"), folder / "out"


def cli(monkeypatch, *words):
    """Run a command in this process; give its exit code."""
    monkeypatch.setattr("sys.argv", ["zoning", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def test_every_alternative_is_a_plan_that_verifies(plan, tmp_path, monkeypatch, capsys):
    _, folder = plan
    out = tmp_path / "三个方案"
    assert cli(monkeypatch, "allocate", folder, "--alternatives", 3, "--within", 0.05,
               "-o", out, "--json") == 0  # fmt: skip
    told = json.loads(capsys.readouterr().out)["plans"]
    assert [row["plan"] for row in told] == [1, 2, 3]
    news = []
    for row in told:
        one = api.load(out / f"plan-{row['plan']}")
        assert [c.line() for c in one.verify() if c.level == "error" and not c.ok] == []
        assert one.run["allocation"]["gap"] <= 0.05 + 1e-9
        part = next(c for c in one.contributions if c.wing == "alternatives")
        chosen = part.table("alternative_units").frame.set_index("unit")["chosen"].astype(int)
        news.append(one.pieces["new_m2"])
    counted = pd.concat(
        [(n.groupby(one.pieces["unit"], observed=True).sum() > 0) for n in news], axis=1
    ).sum(axis=1)
    assert chosen.to_dict() == counted.reindex(chosen.index).to_dict()
    assert told[1]["elsewhere_m2"] == elsewhere(news[1], news[:1]) > 0
    assert told[2]["elsewhere_m2"] == elsewhere(news[2], news[:2])
    # Asked again, the plan says nothing any more of what several plans agreed on.
    assert not [c for c in one.allocate(cap=0.2).contributions if c.wing == "alternatives"]


def test_a_range_of_caps_is_one_table(plan, tmp_path, monkeypatch, capsys):
    whole, folder = plan
    assert cli(monkeypatch, "allocate", folder, "--cap", "0.20:0.24:0.02", "-o", tmp_path / "r",
               "--json") == 0  # fmt: skip
    rows = json.loads(capsys.readouterr().out)["caps"]
    assert [r["cap_share"] for r in rows] == [0.20, 0.22, 0.24]
    one = whole.allocate(cap=0.22).run
    assert rows[1]["new_m2"] == one["construction"]["new_m2"]
    assert rows[1]["objective"] == pytest.approx(one["allocation"]["objective"])
    assert len(pd.read_csv(tmp_path / "r" / "cap_range.csv")) == 3
    assert cli(monkeypatch, "allocate", folder, "--cap", "0.20:0.24", "--whole-units") == 2
    assert cli(monkeypatch, "allocate", folder, "--cap", "much") == 2
    assert cli(monkeypatch, "allocate", folder, "--cap", "0.3:0.2") == 2


def test_locks_of_townships_and_polygons(plan, tmp_path):
    whole, _ = plan
    town = whole.townships.index[1]
    name = whole.townships.at[town, "name"]
    inside = set(whole.units.index[whole.units["township"] == town])
    for word in (town, name):
        then = whole.allocate(lock_out=[word])
        assert set(then.run["what_if"]["lock_out"]) == inside
        assert then.units.loc[sorted(inside), "new_m2"].sum() == 0
    square = whole.units.geometry.iloc[4]
    x0, y0, x1, y1 = square.bounds
    for width, found in ((0.6, [whole.units.index[4]]), (0.4, None)):
        file = tmp_path / f"面{width}.gpkg"
        shape = box(x0, y0, x0 + (x1 - x0) * width, y1)
        gpd.GeoDataFrame(geometry=[shape], crs=whole.units.crs).to_file(file)
        if found is None:
            with pytest.raises(InputError, match="half"):
                units_of(whole, [str(file)])
        else:
            assert list(units_of(whole, [str(file)])) == found
    with pytest.raises(InputError, match="no unit, township, county or file"):
        units_of(whole, ["atlantis"])


def test_ctrl_c_writes_the_best_plan_whole(plan, tmp_path, monkeypatch, capsys):
    """Stopped in the midst of branch and bound, there is a plan, its gap, and exit code 130."""
    _, folder = plan

    def stopped(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("zoning.allocation.methods.whole._milp", stopped)
    monkeypatch.setattr("zoning.allocation.methods.choose._gap", lambda _: 1.0)
    out = tmp_path / "bis hier"
    code = cli(monkeypatch, "allocate", folder, "--whole-units", "--json", "-o", out)
    assert code == 130
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "interrupted"
    one = api.load(out)
    assert one.run["allocation"]["status"] == "interrupted"
    assert one.run["allocation"]["gap"] == told["gap"] >= 0
    assert all(c.ok for c in one.verify() if c.level == "error")


def test_ctrl_c_before_any_plan_touches_nothing(plan, tmp_path, monkeypatch):
    _, folder = plan

    def stopped(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("zoning.allocation.methods.whole.start", lambda _: None)
    monkeypatch.setattr("zoning.allocation.methods.whole._milp", stopped)
    out = tmp_path / "nothing"
    assert cli(monkeypatch, "allocate", folder, "--whole-units", "-o", out) == 130
    assert not out.exists()


def test_the_loss_of_each_unit_is_a_table(plan, tmp_path, monkeypatch, capsys):
    whole, folder = plan
    assert cli(monkeypatch, "price", folder, "--units") == 2
    unit = whole.units.index[whole.units["new_m2"] > 0][0]
    table = api.unit_losses(whole, [unit])
    barred = whole.allocate(lock_out=[unit]).run["allocation"]["objective"]
    lost = whole.run["allocation"]["objective"] - barred
    assert table.loc[unit, "barred_lower"] == pytest.approx(lost)
    assert table.loc[unit, "barred_upper"] == pytest.approx(lost)
    capsys.readouterr()


def one_answer(monkeypatch, *statuses):
    """Let branch and bound call its answers as it is told, one after the other."""
    from dataclasses import replace

    from zoning.questions import alternatives as room

    real, asked = room.branch_and_bound, []

    def solve(cost, **more):
        asked.append(more)
        return replace(real(cost, **more), status=statuses[min(len(asked), len(statuses)) - 1])

    monkeypatch.setattr(room, "branch_and_bound", solve)
    return asked


def test_further_plans_end_when_somebody_interrupts(monkeypatch):
    pieces, limits = tiny(1)
    best = allocate(pieces, limits)
    monkeypatch.setattr("zoning.questions.alternatives._ROUNDING", 0.0)
    asked = one_answer(monkeypatch, "time", "interrupted")
    found = alternatives(pieces, limits, best, 4, 0.6, gap=0.0)
    assert [a.status for a in found] == ["time", "interrupted"] and len(asked) == 2
    assert {(a["seconds"], a["gap"]) for a in asked} == {(60.0, 0.0)}
    asked.clear()
    alternatives(pieces, limits, best, 2, 0.6, gap=0.25, seconds=7.0)
    assert [(a["seconds"], a["gap"]) for a in asked] == [(7.0, 0.25)]
    assert alternatives(pieces, limits, best, 1, 0.6) == []


def test_where_nothing_else_can_be_built_there_is_no_further_plan():
    pieces, _ = tiny(1)
    everything = [Limit("city", "city", cap_m2=1000)]
    best = allocate(pieces, everything)
    assert best.new_m2.sum() == pieces["free_m2"].sum()
    assert alternatives(pieces, everything, best, 3, 0.0) == []
    none = [Limit("city", "city", cap_m2=0)]
    assert alternatives(pieces, none, allocate(pieces, none), 3, 0.5) == []


@pytest.mark.parametrize("whole", [False, True])
def test_a_further_plan_tells_of_itself_what_the_best_one_tells(whole, monkeypatch):
    """Its worth, what limits it uses, its boundary, and the bound of the best plan."""
    monkeypatch.setattr("zoning.questions.alternatives._ROUNDING", 0.0)
    pieces = pieces_of(5, side=4)
    limits, edges = limits_of(pieces, 5, floors=False), edges_of(pieces)
    unit = pieces.loc[pieces["free_m2"].idxmax(), "unit"]
    lock = [Lock("l", "out", (unit,))]
    given = {"edges": edges, "boundary_weight": 0.01, "whole_units": whole} if whole else {}
    best = allocate(pieces, limits, locks=lock, **given)
    how = Boundary(edges, 0.01, True) if whole else None
    within = 0.6 if whole else 0.2
    (found,) = alternatives(pieces, limits, best, 2, within, locks=lock, how=how)
    one, new = found.allocation, found.allocation.new_m2
    assert one.method == "alternative" and one.status == best.status
    assert new.index.equals(pieces.index) and new.dtype == np.int64
    assert new[pieces["unit"] == unit].sum() == 0
    assert ((new >= 0) & (new <= pieces["free_m2"])).all()
    worth = float((new * pieces["suitability"]).sum())
    assert one.suitability_m2 == pytest.approx(worth, abs=1e-3)
    if not whole:
        assert one.objective == pytest.approx(worth, abs=1e-3) and one.boundary_m is None
    else:
        assert one.boundary_m == boundary_m(pieces, how, new)
        by_unit = new.groupby(pieces["unit"], observed=True).sum()
        free = pieces["free_m2"].groupby(pieces["unit"], observed=True).sum()
        assert ((by_unit == 0) | (by_unit == free)).all()
    assert one.objective >= best.objective - within * abs(best.objective) - 1e-6
    assert one.bound == pytest.approx(best.bound) and one.bound >= one.objective
    assert one.gap == pytest.approx((one.bound - one.objective) / abs(one.bound), abs=1e-9)
    assert one.certificate.ok and one.certificate.objective == one.objective
    used = one.limits.set_index(["kind", "code"])["used_m2"]
    assert used["city", "city"] == new.sum()
    assert one.limits["price"].fillna(0).tolist() == best.limits["price"].fillna(0).tolist()
    assert found.elsewhere_m2 == int((new - best.new_m2).clip(lower=0).sum())
