"""Questions to a finished plan, on the county that can be worked out by hand."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
import worlds

from zoning import pipeline, planfile
from zoning.errors import InfeasibleError, InputError
from zoning.grid.lattice import GridSpec
from zoning.outputs.folder import write as write_folder
from zoning.outputs.office.prices import write as write_prices
from zoning.questions import answer
from zoning.store import load
from zoning.verify import audit


def run(folder, **options):
    path = worlds.write(folder, **options)
    return pipeline.run(planfile.load(path), path.parent)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("问")
    write_folder(run(folder), folder / "out")
    return load(folder / "out")


def test_the_account_of_a_written_plan_is_that_of_the_run(plan):
    acc, leaves = answer.account_of(plan)
    assert acc.cap_m2 == plan.run["construction"]["cap_m2"]
    assert acc.headroom_m2 == plan.run["construction"]["headroom_m2"]
    assert leaves["free_m2"].sum() == plan.units["free_m2"].sum()


def test_asking_without_a_change_gives_the_plan(plan):
    _, found = answer.ask(plan, answer.Question())
    pd.testing.assert_series_equal(found.new_m2, plan.pieces["new_m2"], check_names=False)


@pytest.mark.slow
def test_another_cap_is_the_run_with_that_cap(plan, tmp_path):
    other = run(tmp_path, cap='[cap]\nshare = 0.2\nsource = "x"\n')
    question = answer.Question(cap=0.2)
    acc, found = answer.ask(plan, question)
    assert acc.cap_m2 == other.run["construction"]["cap_m2"]
    assert found.new_m2.to_dict() == other.pieces["new_m2"].to_dict()
    changed = answer.with_allocation(plan, acc, found, question)
    assert changed.run["construction"]["new_m2"] == other.run["construction"]["new_m2"]
    assert changed.run["construction"]["share"] == other.run["construction"]["share"]
    assert changed.zones["new_m2"].to_dict() == other.zones["new_m2"].to_dict()
    ours, theirs = (sorted((c.check, c.where, c.ok) for c in p.checks) for p in (changed, other))
    assert ours == theirs
    shape = changed.tables["landscape"]
    pd.testing.assert_frame_equal(shape, other.tables["landscape"], check_dtype=False)
    # The plan that was asked is as it was.
    assert plan.run["construction"]["cap_share"] == 0.28


def every_sum(plan):
    """Add up the new land wherever it stands."""
    frames = {n: getattr(plan, n) for n in ("units", "pieces", "zones", "townships", "counties")}
    frames |= {n: t for n, t in plan.tables.items() if n.startswith("account_")}
    found = {n: int(f["new_m2"].sum()) for n, f in frames.items() if "new_m2" in f}
    found["run"] = plan.run["construction"]["new_m2"]
    found["run zones"] = sum(z["new_m2"] for z in plan.run["zones"].values())
    return found


@pytest.mark.slow
def test_new_land_is_the_same_wherever_it_stands(plan, tmp_path, monkeypatch):
    from zoning.cli import main

    write_folder(plan, tmp_path / "d")
    out = tmp_path / "新 分配"
    words = ["zoning", "allocate", str(tmp_path / "d"), "--cap", "0.27", "-o", str(out)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code
    back, other = load(out), run(tmp_path, cap='[cap]\nshare = 0.27\nsource = "x"\n')
    sums = every_sum(back)
    assert len(sums) == 13
    assert set(sums.values()) == {17_500_000 * 27 // 100 - 2_000_000}
    # Every table is that of a run with this cap, also the shape of what is built.
    names = [n for n in other.tables if n.startswith("account_")] + ["landscape", "limits"]
    assert len(names) == 9
    for name in names:
        table = other.tables[name]
        pd.testing.assert_frame_equal(back.tables[name], table, check_dtype=False, obj=name)
    for name in ("townships", "counties"):
        assert getattr(back, name)["new_m2"].to_dict() == getattr(other, name)["new_m2"].to_dict()


@pytest.mark.slow
def test_a_plan_that_an_answer_made_knows_its_rules(plan, tmp_path):
    question = answer.Question(
        cap=0.25, quotas={"key": 0.5}, boundary_weight=0.1, whole_units=True,
        lock_out=["1kmN3501E500"], lock_in=["1kmN3502E503"],
    )  # fmt: skip
    acc, found = answer.ask(plan, question)
    write_folder(answer.with_allocation(plan, acc, found, question), tmp_path / "out")
    back = load(tmp_path / "out")
    assert (back.config.cap.share, back.config.cap.quotas["key"].share) == (0.25, 0.5)
    assert (back.config.cap.source, back.config.cap.evidence) == ("what if", "own")
    part = back.config.allocation
    assert (part.boundary_weight, part.whole_units) == (0.1, True)
    assert back.run["construction"]["cap_share"] == 0.25
    assert back.run["what_if"] == {"lock_out": ["1kmN3501E500"], "lock_in": ["1kmN3502E503"]}
    again, same = answer.ask(back, answer.Question())
    assert same.new_m2.to_dict() == found.new_m2.to_dict() == back.pieces["new_m2"].to_dict()
    assert again.cap_m2 == acc.cap_m2
    # Its shape is that of its own new land: units over half built, counted by hand.
    units = back.units
    over = (units["built_m2"] + units["new_m2"] > units["area_m2"] / 2).sum()
    shape, was = (p.tables["landscape"].set_index("measure")["after"] for p in (back, plan))
    assert shape["units"] == over != was["units"]
    # A unit may change sides, and the other lock stays.
    _, turned = answer.ask(back, answer.Question(lock_out=["1kmN3502E503"]))
    unit = plan.pieces["unit"]
    assert turned.new_m2.groupby(unit, observed=True).sum()["1kmN3502E503"] == 0
    assert turned.new_m2.groupby(unit, observed=True).sum()["1kmN3501E500"] == 0
    back_in = answer.Question(quotas={"optimised": 1}, lock_in=["1kmN3501E500"])
    _, turned = answer.ask(back, back_in)
    assert turned.new_m2.groupby(unit, observed=True).sum()["1kmN3501E500"] == 1_000_000
    # The plan that was asked is as it was.
    assert plan.config.cap.share == 0.28
    assert "what_if" not in plan.run


@pytest.mark.slow
def test_what_shows_before_solving_is_told_once(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "321001"\ncap_m2 = 900000000\nsource = "x"\n'
    own, question = run(tmp_path, cap=cap), answer.Question()
    again = answer.with_allocation(own, *answer.ask(own, question), question)
    ours, theirs = (sorted((c.check, c.where, c.ok) for c in p.checks) for p in (again, own))
    assert "presolve.slack" in {name for name, _, _ in ours}
    assert ours == theirs


@pytest.mark.slow
def test_wishes_about_patches_are_rules_of_the_plan_too(tmp_path):
    whole = "[allocation]\nwhole_units = true\n"
    wished = run(tmp_path / "b", extra=whole + "min_patch_units = 9\n")
    # No patch without a core can be so large here, so all new land joins one.
    assert wished.pieces["new_m2"].sum() > 0
    assert wished.run["allocation"]["certificate"]["ok"]
    told = [
        c for c in audit.verify(wished) if c.check in ("allocation.certificate", "verify.patches")
    ]
    assert len(told) == 2 and all(c.ok for c in told)
    _, found = answer.ask(wished, answer.Question())
    assert found.new_m2.to_dict() == wished.pieces["new_m2"].to_dict()


@pytest.mark.slow
def test_locks_of_an_answer_hold_for_prices_and_problems(plan, tmp_path):
    question = answer.Question(lock_out=["1kmN3501E500"])
    changed = answer.with_allocation(plan, *answer.ask(plan, question), question)
    found = answer.price_list(changed)
    assert found.base.new_m2.to_dict() == changed.pieces["new_m2"].to_dict()
    lock = next(p for p in found.prices if p.code == "what-if-out")
    assert lock.kind == "lock"
    ladder = answer.curves(changed, found.base)["cap_ladder"]
    assert ladder.loc[0.28, "objective"] == pytest.approx(found.base.objective)
    (ours,) = answer.write_problem(changed, "lp", tmp_path / "a")
    (theirs,) = answer.write_problem(plan, "lp", tmp_path / "b")
    assert ours.read_text(encoding="utf-8") != theirs.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "asked",
    [
        {"cap": 1.5}, {"cap": -0.1}, {"cap": float("nan")}, {"quotas": {"key": 2}},
        {"quotas": {"key": float("nan")}}, {"boundary_weight": -1},
        {"boundary_weight": float("inf")},
        {"boundary_weight": float("nan")},
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(asked):
    with pytest.raises(InputError) as told:
        answer.Question(**asked)
    assert told.value.problems[0].code == "out-of-range"


CLASSES = """
[[class]]
value = 1
code = "01"
zh = "耕地"
en = "fields"
group = "agriculture"
water = false
farmland = true

[[class]]
value = 103
code = "03"
zh = "林地"
en = "forest"
group = "ecology"
water = false
farmland = false

[[class]]
value = 207
code = "07"
zh = "居住"
en = "homes"
group = "construction"
water = false
farmland = false

[[class]]
value = 117
code = "17"
zh = "水域"
en = "water"
group = "ecology"
water = true
farmland = false
"""


@pytest.mark.slow
def test_a_plan_keeps_a_class_table_of_its_own(plan, tmp_path):
    import rasterio

    path = worlds.write(tmp_path, extra='classes = "地类.toml"\n')
    (tmp_path / "地类.toml").write_text(CLASSES, encoding="utf-8")
    with rasterio.open(tmp_path / "用地.tif", "r+") as file:
        use = file.read(1)
        for was, now in ((7, 207), (17, 117)):
            use[use == was] = now
        use[0:10, 0:30] = 103
        file.write(use, 1)
    fresh = pipeline.run(planfile.load(path), tmp_path)
    write_folder(fresh, tmp_path / "out")
    (tmp_path / "地类.toml").unlink()
    back = load(tmp_path / "out")
    for own in (fresh, back):
        classes = answer.classes_of(own)
        assert classes.index.tolist() == [1, 103, 117, 207]
        assert classes["built"].tolist() == [False, False, False, True]
        assert classes["water"].tolist() == [False, False, True, False]
        # Forest under the lines is released as fields were: the same land, another value.
        # (Its suitability differs: forest is no farmland.)
        ours, theirs = (answer.released(p).drop(columns="suitability") for p in (own, plan))
        pd.testing.assert_frame_equal(ours, theirs)
    question = answer.Question(cap=0.27)
    changed = answer.with_allocation(back, *answer.ask(back, question), question)
    assert changed.tables["account_zone"]["built_m2"].sum() == 2_000_000
    assert len(set(every_sum(changed).values())) == 1


def test_a_plan_without_its_class_table_says_so(plan):
    import dataclasses

    part = plan.config.inputs.landuse.model_copy(update={"classes": "x.toml"})
    inputs = plan.config.inputs.model_copy(update={"landuse": part})
    run = {k: v for k, v in plan.run.items() if k != "landuse_classes"}
    config = plan.config.model_copy(update={"inputs": inputs})
    with pytest.raises(InputError, match="does not keep its class table"):
        answer.released(dataclasses.replace(plan, config=config, run=run))
    # The shipped table is known anyway.
    old = dataclasses.replace(plan, run=run)
    pd.testing.assert_frame_equal(answer.released(old), answer.released(plan))


def test_locks_and_quotas(plan):
    _, found = answer.ask(plan, answer.Question(lock_out=["1kmN3501E500"], quotas={"key": 0.1}))
    by_unit = found.new_m2.groupby(plan.pieces["unit"], observed=True).sum()
    assert by_unit["1kmN3501E500"] == 0
    assert by_unit["1kmN3501E501"] == 1_000_000
    key = found.new_m2[plan.pieces["zone"] == "key"].sum()
    assert key == 290_000
    _, found = answer.ask(plan, answer.Question(lock_in=["1kmN3502E503"]))
    assert found.new_m2["1kmN3502E503|321000002"] == 1_000_000


def test_questions_that_make_no_sense(plan):
    with pytest.raises(InputError, match="unknown units: nowhere"):
        answer.ask(plan, answer.Question(lock_out=["nowhere"]))
    with pytest.raises(InputError, match="no quota for 'balance'"):
        answer.ask(plan, answer.Question(quotas={"balance": 0.1}))
    with pytest.raises(InfeasibleError):
        answer.ask(plan, answer.Question(cap=0.12, lock_in=["1kmN3502E503"]))


def test_released_land_by_hand(plan):
    table = answer.released(plan).set_index(["rule_code", "piece"])
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


def test_a_unit_whose_township_has_no_class_loses_its_overlay_for_no_zone(tmp_path):
    path = worlds.write(tmp_path)
    table = pd.read_csv(tmp_path / "乡镇.csv")
    table.assign(gdp_10k_yuan=table["gdp_10k_yuan"].where(table["code"] != 321000001)).to_csv(
        tmp_path / "乡镇.csv", index=False)  # fmt: skip
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.units.loc["1kmN3502E500", ["zone", "township_zone"]].isna().tolist() == [
        False,
        True,
    ]
    table = answer.released(plan).set_index(["rule_code", "piece"])
    assert table["released_m2"].tolist() == [1_000_000, 500_000, 500_000]
    assert table["township_zone"].isna().tolist() == [True, True, False]
    assert {p.code for p in answer.price_list(plan).prices} >= {"R1", "R2"}


LOCK = """
[[inputs.locks]]
code = "farmland"
name = "农田"
path = "锁.gpkg"
"""


@pytest.mark.slow
def test_land_that_something_else_keeps_too_is_released_by_neither(tmp_path):
    # The lock covers half of R1's square, half of a built square and half of a free one.
    shapes = [worlds.square(0, 2, 0.5, 1), worlds.square(0, 0, 0.5, 1), worlds.square(2, 1, 0.5, 1)]
    path = worlds.write(tmp_path, extra=LOCK)
    gpd.GeoDataFrame(geometry=shapes, crs=worlds.CRS).to_file(tmp_path / "锁.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.units.loc["1kmN3501E502", "free_m2"] == 500_000
    table = answer.released(plan)
    lock = table[table["kind"] == "lock"].set_index("piece")["released_m2"].to_dict()
    assert lock == {"1kmN3501E502|321000002": 500_000}
    red = table[table["rule_code"] == "R1"].set_index("piece")["released_m2"].to_dict()
    assert red == {"1kmN3502E500|321000001": 500_000}


@pytest.mark.slow
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
    assert answer.released(plan)["township_zone"].isna().all()


@pytest.mark.slow
def test_without_red_lines_the_other_rules_have_their_price(tmp_path):
    path = worlds.write(tmp_path, extra="[redlines]\nnone = true\n" + LOCK)
    shapes = [worlds.square(2, 1, 0.5, 1)]
    gpd.GeoDataFrame(geometry=shapes, crs=worlds.CRS).to_file(tmp_path / "锁.gpkg")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('[inputs.redlines]\npath = "红线.gpkg"\n', ""), encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.run["left_out"] == []
    assert answer.released(plan)["rule_code"].tolist() == ["farmland"]
    kinds = {p.kind for p in answer.price_list(plan).prices}
    assert kinds == {"cap", "quota", "lock"}


def test_the_price_of_a_red_line_is_the_difference_of_two_optima(plan):
    found = answer.price_list(plan)
    price = {p.code: p for p in found.prices}
    assert {"R1", "R2", "city:city", "quota:key", "zone:key"} <= set(price)
    assert all(p.lower >= 0 and p.upper >= p.lower for p in found.prices)
    acc, leaves = answer.account_of(plan)
    edited = leaves.copy()
    edited.loc["1kmN3502E500|321000001", ["zone", "free_m2"]] = ["optimised", 1_000_000]
    from zoning.allocation import allocate

    better = allocate(edited, acc.limits).objective - found.base.objective
    assert price["R1"].lower == price["R1"].upper == pytest.approx(max(0.0, better), abs=1e-6)
    # The quota of optimised binds: one more m2 there is worth the best suitability left.
    assert price["quota:optimised"].lower > 0


@pytest.mark.slow
def test_prices_as_files(plan, tmp_path):
    found = answer.price_list(plan)
    files = write_prices(plan, found, answer.curves(plan, found.base), tmp_path / "价 格")
    assert {f.name for f in files} == {
        "prices.csv", "prices.png", "cap_ladder.csv", "cap_ladder.png", "trade_off.csv",
        "trade_off.png", "worth_of_a_hectare.csv",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "价 格" / "prices.csv", encoding="utf-8-sig")
    assert table.loc[table["code"] == "R1", "name"].item() == "甲山"
    ladder = pd.read_csv(tmp_path / "价 格" / "cap_ladder.csv", encoding="utf-8-sig")
    assert ladder["objective"].is_monotonic_increasing


def test_other_lattices_zone_the_same_city(plan):
    same = answer.zones_on(plan, plan.grid)
    assert same["zone"].tolist() == plan.units["zone"].tolist()
    moved = answer.zones_on(plan, GridSpec(worlds.CRS, 1000, (500, 500)))
    assert moved["area_m2"].sum() == plan.units["area_m2"].sum()
    assert len(moved) > len(plan.units)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["mps", "lp"])
def test_another_solver_reads_the_question_and_finds_the_same_optimum(plan, tmp_path, to):
    glpsol = shutil.which("glpsol")
    if glpsol is None:
        pytest.skip("GLPK is not installed")
    (file,) = answer.write_problem(plan, to, tmp_path)
    how = "--freemps" if to == "mps" else "--lp"
    said = tmp_path / "said.txt"
    subprocess.run([glpsol, how, file, "-o", said], check=True, capture_output=True)
    found = re.search(r"Objective:\s+\S+ = (\S+)", said.read_text(encoding="utf-8"))
    best = plan.run["allocation"]["objective"]
    assert abs(float(found[1])) == pytest.approx(best, rel=1e-6)


def test_a_marxan_folder_is_solved_by_the_same_engine(plan, tmp_path):
    from zoning.allocation.files.marxan_read import read_marxan
    from zoning.allocation.files.selection import select

    (file,) = answer.write_problem(plan, "marxan", tmp_path)
    assert {p.name for p in file.parent.iterdir()} >= {
        "input.dat",
        "pu.dat",
        "spec.dat",
        "puvsp.dat",
    }
    found = select(read_marxan(file.parent))
    _, ours = answer.ask(plan, answer.Question(whole_units=True))
    # Marxan selects what stays unbuilt: its cost is the suitability that is lost.
    leaves = answer.account_of(plan)[1]
    # Zones that take nothing new are no question, so they stand in no file.
    whole = leaves[(leaves["free_m2"] > 0) & (leaves["zone"] != "balance")]
    everything = float((whole["free_m2"] * whole["suitability"]).sum())
    assert everything - found.cost == pytest.approx(ours.objective, rel=1e-6)


@pytest.mark.slow
def test_floors_cannot_be_said_in_the_terms_of_marxan(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "321001"\nfloor_m2 = 10\nsource = "x"\n'
    with pytest.raises(InputError, match="floor"):
        answer.write_problem(run(tmp_path, cap=cap), "marxan", tmp_path)


def test_a_problem_knows_of_neighbours_only_where_they_count(plan, tmp_path, monkeypatch):
    seen = []

    def catch(*_, how):
        seen.append(how)
        raise InterruptedError

    monkeypatch.setattr(answer, "programme", catch)
    for part in ({}, {"boundary_weight": 0.1}, {"whole_units": True}):
        allocation = plan.config.allocation.model_copy(update=part)
        config = plan.config.model_copy(update={"allocation": allocation})
        with pytest.raises(InterruptedError):
            answer.write_problem(dataclasses.replace(plan, config=config), "lp", tmp_path)
    assert [how is None for how in seen] == [True, False, False]
