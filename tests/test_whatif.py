"""Questions to a finished plan, on the county that can be worked out by hand."""

from __future__ import annotations

import re
import shutil
import subprocess

import geopandas as gpd
import pandas as pd
import pytest
import worlds

from zoning import pipeline, planfile, whatif
from zoning.errors import InfeasibleError, InputError
from zoning.grid import GridSpec
from zoning.outputs.folder import write as write_folder
from zoning.outputs.prices import write as write_prices
from zoning.store import load


def run(folder, **options):
    path = worlds.write(folder, **options)
    return pipeline.run(planfile.load(path), path.parent)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("问")
    write_folder(run(folder), folder / "out")
    return load(folder / "out")


def test_the_account_of_a_written_plan_is_that_of_the_run(plan):
    acc, leaves = whatif.account_of(plan)
    assert acc.cap_m2 == plan.run["construction"]["cap_m2"]
    assert acc.headroom_m2 == plan.run["construction"]["headroom_m2"]
    assert leaves["free_m2"].sum() == plan.units["free_m2"].sum()


def test_asking_without_a_change_gives_the_plan(plan):
    _, found = whatif.ask(plan, whatif.Question())
    pd.testing.assert_series_equal(found.new_m2, plan.pieces["new_m2"], check_names=False)


def test_another_cap_is_the_run_with_that_cap(plan, tmp_path):
    other = run(tmp_path, cap='[cap]\nshare = 0.2\nsource = "x"\n')
    acc, found = whatif.ask(plan, whatif.Question(cap=0.2))
    assert acc.cap_m2 == other.run["construction"]["cap_m2"]
    assert found.new_m2.to_dict() == other.pieces["new_m2"].to_dict()
    changed = whatif.with_allocation(plan, acc, found)
    assert changed.run["construction"]["new_m2"] == other.run["construction"]["new_m2"]
    assert changed.run["construction"]["share"] == other.run["construction"]["share"]
    assert changed.zones["new_m2"].to_dict() == other.zones["new_m2"].to_dict()
    assert {c.check: c.ok for c in changed.checks} == {c.check: c.ok for c in other.checks}
    # The plan that was asked is as it was.
    assert plan.run["construction"]["cap_share"] == 0.28


def test_locks_and_quotas(plan):
    _, found = whatif.ask(plan, whatif.Question(lock_out=["1kmN3501E500"], quotas={"key": 0.1}))
    by_unit = found.new_m2.groupby(plan.pieces["unit"]).sum()
    assert by_unit["1kmN3501E500"] == 0
    assert by_unit["1kmN3501E501"] == 1_000_000
    key = found.new_m2[plan.pieces["zone"] == "key"].sum()
    assert key == 290_000
    _, found = whatif.ask(plan, whatif.Question(lock_in=["1kmN3502E503"]))
    assert found.new_m2["1kmN3502E503|321000002"] == 1_000_000


def test_questions_that_make_no_sense(plan):
    with pytest.raises(InputError, match="unknown units: nowhere"):
        whatif.ask(plan, whatif.Question(lock_out=["nowhere"]))
    with pytest.raises(InputError, match="no quota for 'balance'"):
        whatif.ask(plan, whatif.Question(quotas={"balance": 0.1}))
    with pytest.raises(InfeasibleError):
        whatif.ask(plan, whatif.Question(cap=0.12, lock_in=["1kmN3502E503"]))


def test_released_land_by_hand(plan):
    table = whatif.released(plan).set_index(["rule_code", "piece"])
    # R1: a whole square of fields, in balance only through it.
    one = table.loc[("R1", "1kmN3502E500|321000001")]
    assert (one["released_m2"], one["township_zone"]) == (1_000_000, "optimised")
    # R2: half of two squares, each in balance only through it (50 %).
    for unit, town, zone in (("1kmN3502E501", "321000001", "optimised"),
                             ("1kmN3502E502", "321000002", "key")):  # fmt: skip
        row = table.loc[("R2", f"{unit}|{town}")]
        assert (row["released_m2"], row["township_zone"]) == (500_000, zone)
    assert len(table) == 3
    assert set(table["kind"]) == {"redline"}


LOCK = """
[[inputs.locks]]
code = "farmland"
name = "农田"
path = "锁.gpkg"
"""


def test_land_that_something_else_keeps_too_is_released_by_neither(tmp_path):
    # The lock covers half of R1's square, half of a built square and half of a free one.
    shapes = [worlds.square(0, 2, 0.5, 1), worlds.square(0, 0, 0.5, 1), worlds.square(2, 1, 0.5, 1)]
    path = worlds.write(tmp_path, extra=LOCK)
    gpd.GeoDataFrame(geometry=shapes, crs=worlds.CRS).to_file(tmp_path / "锁.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.units.loc["1kmN3501E502", "free_m2"] == 500_000
    table = whatif.released(plan)
    lock = table[table["kind"] == "lock"].set_index("piece")["released_m2"].to_dict()
    assert lock == {"1kmN3501E502|321000002": 500_000}
    red = table[table["rule_code"] == "R1"].set_index("piece")["released_m2"].to_dict()
    assert red == {"1kmN3502E500|321000001": 500_000}


def test_a_unit_that_stays_balance_without_a_line_does_not_turn(tmp_path):
    # Two lines cover the square whole and by half: the half alone still reaches the threshold.
    path = worlds.write(tmp_path)
    lines = worlds.redlines()
    lines.loc[1, "geometry"] = worlds.square(0, 2, 0.5, 1)
    lines.loc[0, "geometry"] = worlds.square(0.5, 2, 0.5, 1)
    (tmp_path / "红线.gpkg").unlink()
    lines.to_file(tmp_path / "红线.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.units.loc["1kmN3502E500", "zone"] == "balance"
    assert whatif.released(plan)["township_zone"].isna().all()


def test_the_price_of_a_red_line_is_the_difference_of_two_optima(plan):
    found = whatif.price_list(plan)
    price = {p.code: p for p in found.prices}
    assert {"R1", "R2", "city:city", "quota:key", "zone:key"} <= set(price)
    assert all(p.lower >= 0 and p.upper >= p.lower for p in found.prices)
    acc, leaves = whatif.account_of(plan)
    edited = leaves.copy()
    edited.loc["1kmN3502E500|321000001", ["zone", "free_m2"]] = ["optimised", 1_000_000]
    from zoning.allocation import allocate

    better = allocate(edited, acc.limits).objective - found.base.objective
    assert price["R1"].lower == price["R1"].upper == pytest.approx(max(0.0, better), abs=1e-6)
    # The quota of optimised binds: one more m2 there is worth the best suitability left.
    assert price["quota:optimised"].lower > 0


def test_prices_as_files(plan, tmp_path):
    found = whatif.price_list(plan)
    files = write_prices(plan, found, tmp_path / "价 格")
    assert {f.name for f in files} == {
        "prices.csv", "prices.png", "cap_ladder.csv", "cap_ladder.png", "trade_off.csv",
        "trade_off.png", "worth_of_a_hectare.csv",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "价 格" / "prices.csv", encoding="utf-8-sig")
    assert table.loc[table["code"] == "R1", "name"].item() == "甲山"
    ladder = pd.read_csv(tmp_path / "价 格" / "cap_ladder.csv", encoding="utf-8-sig")
    assert ladder["objective"].is_monotonic_increasing


def test_other_lattices_zone_the_same_city(plan):
    same = whatif.zones_on(plan, plan.grid)
    assert same["zone"].tolist() == plan.units["zone"].tolist()
    moved = whatif.zones_on(plan, GridSpec(worlds.CRS, 1000, (500, 500)))
    assert moved["area_m2"].sum() == plan.units["area_m2"].sum()
    assert len(moved) > len(plan.units)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["mps", "lp"])
def test_another_solver_reads_the_question_and_finds_the_same_optimum(plan, tmp_path, to):
    glpsol = shutil.which("glpsol")
    if glpsol is None:
        pytest.skip("GLPK is not installed")
    (file,) = whatif.write_problem(plan, to, tmp_path)
    how = "--freemps" if to == "mps" else "--lp"
    said = tmp_path / "said.txt"
    subprocess.run([glpsol, how, file, "-o", said], check=True, capture_output=True)
    found = re.search(r"Objective:\s+\S+ = (\S+)", said.read_text(encoding="utf-8"))
    best = plan.run["allocation"]["objective"]
    assert abs(float(found[1])) == pytest.approx(best, rel=1e-6)


def test_a_marxan_folder_is_solved_by_the_same_engine(plan, tmp_path):
    from zoning.allocation.marxan import read_marxan
    from zoning.allocation.selection import select

    (file,) = whatif.write_problem(plan, "marxan", tmp_path)
    assert {p.name for p in file.parent.iterdir()} >= {
        "input.dat",
        "pu.dat",
        "spec.dat",
        "puvsp.dat",
    }
    found = select(read_marxan(file.parent))
    _, ours = whatif.ask(plan, whatif.Question(whole_units=True))
    # Marxan selects what stays unbuilt: its cost is the suitability that is lost.
    leaves = whatif.account_of(plan)[1]
    # Zones that take nothing new are no question, so they stand in no file.
    whole = leaves[(leaves["free_m2"] > 0) & (leaves["zone"] != "balance")]
    everything = float((whole["free_m2"] * whole["suitability"]).sum())
    assert everything - found.cost == pytest.approx(ours.objective, rel=1e-6)


def test_floors_cannot_be_said_in_the_terms_of_marxan(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "321001"\nfloor_m2 = 10\nsource = "x"\n'
    with pytest.raises(InputError, match="floor"):
        whatif.write_problem(run(tmp_path, cap=cap), "marxan", tmp_path)
