"""The shipped policies against what was published, and on every plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.policy.compiled import compile_policy
from zoning.policy.gather import Given
from zoning.policy.read import find, read_policy, shipped
from zoning.policy.run import run_policy


def run(name, plan=None, examples=True, parameters=None, **tables):
    policy = read_policy(find(name))
    if parameters:
        changed = {
            k: dataclasses.replace(policy.parameters[k], value=v) for k, v in parameters.items()
        }
        policy = dataclasses.replace(policy, parameters={**policy.parameters, **changed})
    given = Given({k: pd.DataFrame(v) for k, v in tables.items()}, examples=examples)
    return run_policy(compile_policy(policy), plan, given)


def by(result, key, column, table=""):
    frame = result.frame(table)
    return dict(zip(frame[key], frame[column], strict=True))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_reads_and_its_formulas_hold(name):
    policy = read_policy(find(name))
    compiled = compile_policy(policy)
    assert compiled.unused == (), [f.line() for f in compiled.unused]
    assert policy.source and policy.title.zh and policy.about.zh
    for p in policy.parameters.values():
        assert p.source and p.evidence, p.name
    for what, (source, evidence) in policy.sources.items():
        assert source and evidence, what
    if {p.evidence for p in policy.parameters.values()} & {"own"}:
        words = policy.notice.en if policy.notice else ""
        own = [p.name for p in policy.parameters.values() if p.evidence == "own"
               and p.source == "made up"]  # fmt: skip
        assert not own or "made up" in words, own


# Compensation --------------------------------------------------------------------------------


def test_hainan_to_the_digit():
    result = run("compensation-hainan")
    assert by(result, "county", "base") == pytest.approx({"A": 28.75, "B": 71.25}, rel=1e-14)
    assert by(result, "county", "base_grant") == {"A": 1_437_500, "B": 3_562_500}
    assert by(result, "county", "grant") == {"A": 2_875_000, "B": 7_125_000}
    assert result.ok


def test_hainan_scores_move_half_of_the_pool():
    rows = pd.read_csv(find("compensation-hainan").parent / "examples/hainan_counties.csv")
    rows["score"] = [100, 50]
    result = run("compensation-hainan", counties=rows)
    share = 0.2875 * 100 / (0.2875 * 100 + 0.7125 * 50)
    assert by(result, "county", "base_grant") == {"A": 1_437_500, "B": 3_562_500}
    assert by(result, "county", "incentive_grant")["A"] == pytest.approx(5e6 * share, abs=1)
    assert sum(by(result, "county", "grant").values()) == 10_000_000


def test_a_factor_without_total_gives_its_weight_away_and_says_so():
    rows = pd.read_csv(find("compensation-hainan").parent / "examples/hainan_counties.csv")
    rows["wetland_ha"] = 0
    result = run("compensation-hainan", counties=rows)
    want = (0.2 * 0.25 + 0.25 * 0.4 + 0.2 * 0 + 0.15 * 0.25) / 0.8
    assert by(result, "county", "base")["A"] == pytest.approx(100 * want)
    failed = [c.check for c in result.checks if not c.ok]
    assert failed == ["policy.compensation-hainan.factors-used"] and result.ok
    rows.loc[0, "wetland_ha"] = None
    unknown = run("compensation-hainan", counties=rows)
    assert not unknown.ok


def test_zhejiang_points():
    result = run("rewards-zhejiang")
    assert by(result, "county", "energy_reward") == {"A": 250, "B": 150, "C": -100}
    assert by(result, "county", "forest_grant") == {"A": 80, "B": 0, "C": 0}
    mean = run("rewards-zhejiang", parameters={"mean_drop": 4})
    assert by(mean, "county", "energy_reward")["A"] == 200


# Transfers -----------------------------------------------------------------------------------


def test_transfers_conserve_and_no_balance_is_negative():
    result = run("transfers")
    assert result.ok
    frame = result.frame()
    assert frame["balance"].sum() == frame["opening"].sum()
    assert by(result, "place", "balance")["321102"] == 1400 + 40 - 10
    rows = [("1", "321181", "321102", 5000.0)]
    short = pd.DataFrame(rows, columns=["entry", "from", "to", "amount_ha"])
    over = run("transfers", given=short, received=short)
    assert not over.ok and "321181" in over.checks[0].text.en
    # money that leaves for a place that is not there is missed
    lost = short.assign(to="999999", amount_ha=1.0)
    gone = run("transfers", given=lost, received=lost)
    assert [c.check for c in gone.checks if not c.ok] == ["policy.transfers.conserved"]


# What is refused -----------------------------------------------------------------------------

PUBLISHED = """
[policy]
en = "Deductions of a responsibility letter"
zh = "责任书扣分"
about_en = "The published table, as it stands."
about_zh = "按原文。"
source = "铜梁 responsibility letter, as published"
evidence = "S"
main = "units"
[tables.units]
key = "unit"
rows = [{unit = "a", score = 99.9}]
[tables.units.columns]
unit = {unit = "text"}
score = {unit = "point"}
[[tables.units.formulas]]
name = "deduction"
unit = "point"
formula = "steps(score, deduct)"
[steps.deduct]
source = "as published"
evidence = "S"
rows = [
  ["[100, 100]", 0], ["[95, 100)", 1], ["[90, 95)", 2], ["[85, 90)", 3], ["(80, 85]", 4],
  ["(-inf, 80)", 5],
]
"""


def test_the_contradictory_table_is_refused(tmp_path):
    path = tmp_path / "letter.toml"
    path.write_text(PUBLISHED, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_policy(path)
    told = sorted((p.code, p.measured) for p in error.value.problems)
    assert told == [("steps-gap", "80"), ("steps-overlap", "85")]


def test_the_contradictory_table_gives_the_clear_values():
    from zoning.policy.steps import parse_steps

    rows = [["[100, 100]", 0], ["[95, 100)", 1], ["[90, 95)", 2], ["[85, 90)", 3],
            ["(80, 85]", 4], ["(-inf, 80)", 5]]  # fmt: skip
    steps = parse_steps("deduct", rows)
    values = [100, 99.9, 95, 94.9, 90, 86, 82, 79]
    assert [steps.lookup(v) for v in values] == [0, 1, 1, 2, 2, 3, 4, 5]
    for contested in (85, 80):
        with pytest.raises(InputError):
            steps.lookup(contested)


# Assessment ----------------------------------------------------------------------------------


def test_published_weights_stand_in_the_files():
    wanjiang = read_policy(find("assessment-wanjiang")).blocks
    assert sum(wanjiang["target"].rows["all"].values()) == 100
    assert sum(wanjiang["effect"].rows["all"].values()) == 100
    assert len(wanjiang["target"].items) == 11 and len(wanjiang["effect"].items) == 20
    green = read_policy(find("green-index-2016")).blocks["heads"].rows["all"]
    assert list(green.values()) == [29.3, 16.5, 19.3, 16.5, 9.2, 9.2]
    assert sum(green.values()) == pytest.approx(100)
    hainan = read_policy(find("compensation-hainan")).blocks["base"].rows["all"]
    assert list(hainan.values()) == [20, 25, 20, 20, 15]


def test_wanjiang_by_hand():
    policy = read_policy(find("assessment-wanjiang"))
    items = [c.name for c in policy.tables["cities"].columns if c.name != "city"]
    rows = pd.DataFrame([{"city": "x", **dict.fromkeys(items, 100)},
                         {"city": "y", **dict.fromkeys(items, 100), "revenue": 50}])  # fmt: skip
    result = run("assessment-wanjiang", cities=rows)
    assert by(result, "city", "target_score") == pytest.approx({"x": 100, "y": 94})
    assert by(result, "city", "effect_score") == pytest.approx({"x": 100, "y": 96.5})
    assert by(result, "city", "target_rank") == {"x": 1, "y": 2}


def test_green_index_reaches_from_60_to_100():
    names = ["use", "control", "quality", "ecology", "growth", "life"]
    rows = pd.DataFrame([{"region": r, **{f"{n}_value": v for n in names}}
                         for r, v in (("low", 0.2), ("mid", 0.4), ("high", 0.6))])  # fmt: skip
    result = run("green-index-2016", regions=rows)
    assert by(result, "region", "green_index") == pytest.approx({"low": 60, "mid": 80, "high": 100})


# Parks, tasks, projects ----------------------------------------------------------------------


def test_park_types_and_rates():
    base = {"name": "x", "ready_ha": 10, "unready_ha": 20, "supplied_ha": 105, "idle_ha": 2.1,
            "floor_ha": 119, "footprint_ha": 50, "capital_10k_yuan": 400_000,
            "tax_10k_yuan": 10_000, "built_ha": 100}  # fmt: skip
    rows = pd.DataFrame([
        {**base, "code": "a", "industry_ha": 40, "housing_ha": 24},
        {**base, "code": "b", "industry_ha": 30, "housing_ha": 25},
        {**base, "code": "c", "industry_ha": 40, "housing_ha": 25},
    ])  # fmt: skip
    result = run("park-intensity", parks=rows)
    assert by(result, "park", "kind") == {"a": "industrial", "b": "mixed", "c": "other"}
    frame = result.frame().set_index("park").loc["a"]
    assert frame["supply_rate"] == pytest.approx(105 / 110 * 100)
    assert frame["completion_rate"] == pytest.approx(100 / 105 * 100)
    assert frame["development_rate"] == pytest.approx(110 / 130 * 100)
    assert (frame["far"], frame["density"], frame["idle_rate"]) == pytest.approx((1.19, 50, 2))
    assert frame["capital_rate"] == pytest.approx(10_000)
    # tax of a mixed park is held against all its land
    assert by(result, "park", "tax_rate") == pytest.approx({"a": 250, "b": 100, "c": 250})


def test_lights_of_tasks(world):
    rows = pd.DataFrame(
        [("late", 120, 90), ("done", 120, 100), ("behind", 240, 75), ("little", 250, 75)],
        columns=["id", "due_day", "done_percent"],
    ).assign(text="x", action=1, lead=["a", "a", "b", "b"], partners="p", year=2026,
             points=[40, 60, 30, 70], blocking=["no", "no", "yes", "no"],
             lon=world.units["lon"].iloc[0], lat=world.units["lat"].iloc[0])  # fmt: skip
    stones = pd.DataFrame(
        [("m1", "late", 50, "no"), ("m2", "late", 100, "yes"), ("m3", "late", 119, "no"),
         ("m4", "little", 200, "no"), ("m5", "little", 199, "no")],
        columns=["id", "task", "due_day", "reached"],
    ).assign(text="y")  # fmt: skip
    result = run("tasks", world, examples=False, tasks=rows, milestones=stones)
    assert by(result, "task", "light") == {
        "late": "red", "done": "green", "behind": "yellow", "little": "yellow",
    }  # fmt: skip
    assert by(result, "task", "late") == {"late": 80, "done": 0, "behind": 0, "little": 0}
    assert by(result, "task", "deduction") == {"late": 2, "done": 0, "behind": 2, "little": 2}
    assert by(result, "lead", "points_lost", "bureaus") == {"a": 2, "b": 4}
    # day 200 has come, so only what was due before it is missed
    assert by(result, "task", "missed") == {"late": 2, "done": 0, "behind": 0, "little": 1}
    assert by(result, "lead", "lead_missed", "bureaus") == {"a": 2, "b": 1}
    # done: all points; in part: pro rata; in part and blocking: none
    assert by(result, "task", "scored") == pytest.approx(
        {"late": 36, "done": 60, "behind": 0, "little": 52.5}
    )
    assert by(result, "lead", "lead_scored", "bureaus") == pytest.approx({"a": 96, "b": 52.5})
    assert all(c.ok for c in result.checks)
    wrong = rows.assign(blocking="perhaps")
    result = run("tasks", world, examples=False, tasks=wrong, milestones=stones)
    assert [c.ok for c in result.checks].count(False) == 1
    # none listed, none of them missed
    assert by(run("tasks", world, examples=False, tasks=rows), "task", "missed")["late"] == 0


def test_demand_is_that_of_the_functions_for_demand(world):
    """The file against the pure functions: growth, land per person, renewal, need against room."""
    from zoning.indicators import demand

    frame = run("land-demand", world).frame(every=True).set_index("township")
    towns = world.townships.loc[frame.index]
    need = []
    for code, town in towns.iterrows():
        people = demand.population_by_growth(float(town["population"]), 0.06, 1, 0.04)
        more = demand.Range(*(max(0.0, p - float(town["population"])) for p in people))
        land = demand.land_for_people(more, 105.0)
        supply = round(demand.tied_to_stock(float(town["built_m2"]) * 0.02, 0.5))
        output = [float(town["gdp_10k_yuan"]) * g * 2 for g in (0.4, 0.6, 0.8)]
        wanted = [max(0.0, a + b - supply) for a, b in zip(land, output, strict=True)]
        got = [frame.loc[code, c] for c in ("need_low", "need", "need_high")]
        assert got == pytest.approx(wanted, abs=1.01) and got == sorted(got)
        need.append(got[1])
    table = demand.need_against_room(
        pd.Series(need, towns.index) + towns["built_m2"].astype(float), towns["built_m2"],
        towns["new_m2"],
    )  # fmt: skip
    assert frame["short"].tolist() == table["short_m2"].tolist()
    assert frame["met"].tolist() == pytest.approx((table["met"].astype(float) * 100).tolist())
    zones = run("land-demand", world).frame("zones")
    assert zones["zone_need"].sum() == frame["need"].sum()


def test_cards_of_projects(world):
    unit = world.units[world.units["zone"].notna()].iloc[0]
    base = {"name": "x", "lon": unit["lon"], "lat": unit["lat"], "electricity_mwh": 0, "heat_gj": 0,
            "process_tco2": 0, "product_t": 100, "advanced_tco2_per_t": 8, "jobs": 1e6,
            "tax_10k_yuan": 1e6, "energy_tce": 1e6}  # fmt: skip
    factor = {"optimised": 0.9, "key": 1.0, "moderate": 0.7, "balance": 0.4}[str(unit["zone"])]
    limit = 1000 / (2.0 * factor)
    rows = pd.DataFrame([
        {**base, "id": n, "fuel_tco2": 1000, "value_added_10k_yuan": limit / times}
        for n, times in (("g", 0.99), ("y", 1.1), ("r", 1.21))
    ])  # fmt: skip
    result = run("project-carbon", world, examples=False, projects=rows)
    assert by(result, "project", "light") == {"g": "green", "y": "yellow", "r": "red"}
    assert by(result, "project", "offset")["y"] == pytest.approx(1000 * (1 - 1 / 1.1))
    assert by(result, "project", "to_advanced")["g"] == pytest.approx(1.25)


# Carbon --------------------------------------------------------------------------------------


def test_firms_are_accounted_as_the_module_of_carbon_does(world):
    from zoning import carbon

    folder = find("enterprise-carbon").parent / "examples"
    rows = pd.read_csv(folder / "firm_activity.csv", dtype={"firm": str})
    firms = pd.read_csv(folder / "firms.csv").assign(
        lon=world.units["lon"].iloc[0], lat=world.units["lat"].iloc[0]
    )
    result = run("enterprise-carbon", world, firms=firms)
    amount = rows[["fuel_t", "electricity_mwh", "heat_gj", "process_tco2"]].sum(axis=1)
    other = carbon.emissions(rows.assign(amount=amount), region="CN-JS")
    want = other.groupby(rows["firm"])[["emission_t", "energy_tce"]].sum()
    got = result.frame().set_index("firm")
    assert len(got) == 48
    assert got["emission"].reindex(want.index).tolist() == pytest.approx(
        want["emission_t"].tolist()
    )
    assert got["energy"].reindex(want.index).tolist() == pytest.approx(want["energy_tce"].tolist())
    parks = result.frame("parks")["park_emission"].sum()
    assert parks == pytest.approx(want["emission_t"].sum())


def test_a_year_without_a_factor_leaves_its_firm_unknown(world):
    folder = find("enterprise-carbon").parent / "examples"
    rows = pd.read_csv(folder / "firm_activity.csv", dtype={"firm": str})
    rows.loc[rows["firm"] == "E01", "year"] = 2023
    firms = pd.read_csv(folder / "firms.csv").assign(
        lon=world.units["lon"].iloc[0], lat=world.units["lat"].iloc[0]
    )
    result = run("enterprise-carbon", world, firms=firms, activity=rows)
    unknown = result.frame()["emission"].isna()
    assert result.frame().loc[unknown, "firm"].tolist() == ["E01"]
    assert any(f.code == "unknown" for f in result.findings)
    assert [c.check for c in result.checks if not c.ok][-1].endswith(".known")


def test_dual_control_closes_and_vetoes():
    result = run("dual-control")
    frame = result.frame(every=True).set_index("county")
    city = 0.82 * 4110 / 4170 * 5775 * 1e4
    assert frame["total_cap"].sum() == int(city)
    done = frame["intensity_done"] > frame["intensity_goal"]
    over = frame["emission_done"] * 1e4 > frame["total_cap"]
    assert ((done | over) == (frame["grade"] == "fail")).all()
    assert (done | over).any() and not (done | over).all()
    # equal growth and equal factors: every county gets the city's rate
    rows = pd.DataFrame({
        "county": list("ab"), "name": list("ab"), "emission_10k_t": [100, 200],
        "gdp_100m_yuan": [50, 100], "gdp_target_100m_yuan": [60, 120], "population": [1000, 2000],
        "industry_percent": 50, "emission_done_10k_t": [80, 160], "gdp_done_100m_yuan": [60, 120],
    })  # fmt: skip
    equal = run("dual-control", counties=rows).frame()
    assert equal["cut"].tolist() == pytest.approx([18, 18])


# Every file on every plan --------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    import worlds

    return worlds.plan()


@pytest.fixture(scope="module")
def renamed(world):
    """The same plan under zones z1, z2 ...: nothing may know the codes of a shipped scheme."""
    codes = {z: f"z{i + 1}" for i, z in enumerate(world.zones.index)}

    def swap(frame):
        if frame is None:
            return None
        out = frame.copy()
        for column in {"zone", "township_zone"} & set(out.columns):
            out[column] = out[column].map(codes).astype("string")
        if out.index.name == "zone":
            out.index = out.index.map(codes)
        return out

    tables = {n: swap(t) for n, t in world.tables.items()}
    return dataclasses.replace(
        world, units=swap(world.units), zones=swap(world.zones), townships=swap(world.townships),
        tables=tables,
    ), codes  # fmt: skip


def place_tables(plan, name):
    """Give the tables that a policy needs for the places of this plan."""
    folder = find(name).parent / "examples"
    lon, lat = plan.units["lon"].iloc[0], plan.units["lat"].iloc[0]
    files = {
        "tasks": {
            "tasks": "tasks.csv", "pilots": "pilots.csv", "milestones": "milestones.csv",
        },
        "project-carbon": {"projects": "projects.csv"}, "enterprise-carbon": {"firms": "firms.csv"},
    }.get(name, {})  # fmt: skip
    tables = {t: pd.read_csv(folder / f).assign(lon=lon, lat=lat) for t, f in files.items()}
    if name == "assessment-four-zones":
        values = pd.read_csv(folder / "township_values.csv").head(len(plan.townships))
        values.loc[0, "veto"] = "yes"
        tables["values"] = values.assign(township=list(plan.townships.index)[: len(values)])
    if name == "compensation-zhenjiang":
        scores = pd.read_csv(folder / "township_scores.csv").head(len(plan.townships) - 1)
        codes = list(plan.townships.index)[: len(scores)]
        tables["scores"] = scores.assign(township=codes)
        first = plan.townships["county"].iloc[0]
        tables["county_pools"] = pd.DataFrame({"county": [first], "pool_10k_yuan": [3000]})
    return tables


GROUPS = {"optimised": "optimise", "key": "develop", "moderate": "moderate", "balance": "protect"}


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_runs_on_a_plan_and_under_other_zones(name, world, renamed):
    from zoning.policy.choices import choose

    plan, codes = renamed
    one = run(name, world, **place_tables(world, name))
    policy = read_policy(find(name))
    columns = [g.name for t in policy.tables.values() for g in t.groupings if g.origin == "zone"]
    groups = {c: {codes[z]: GROUPS[z] for z in codes} for c in columns}
    given = Given(place_tables(plan, name), examples=True)
    if columns:
        with pytest.raises(InputError) as error:
            run_policy(compile_policy(policy), plan, given)
        first = error.value.problems[0]
        assert first.code == "no-group" and "z1" in first.measured
        assert first.remedy is not None and 'z1 = "' in first.remedy.en
        assert "z1" in first.tell("zh")
    other = run_policy(compile_policy(choose(policy, groups=groups)), plan, given)
    a, b = one.frame(every=True), other.frame(every=True)
    keep = [c for c in a.columns if c not in ("zone", "unit")]
    key = list(policy.tables[policy.main].keys)
    if "zone" in key:
        a = a.assign(zone=a["zone"].map(codes))
        keep = [c for c in a.columns if c != "unit"]
    pd.testing.assert_frame_equal(
        a[keep].sort_values(key, ignore_index=True), b[keep].sort_values(key, ignore_index=True),
        check_dtype=False,
    )  # fmt: skip
    assert [c.ok for c in one.checks] == [c.ok for c in other.checks]


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_every_input_moves_a_result(name, world):
    """Change each parameter and each number of a table: something must change with it."""
    from zoning.policy.choices import choose
    from zoning.policy.gather import gather

    policy = read_policy(find(name))
    # one group for all zones, so that every group has several rows in a small plan
    columns = [g.name for t in policy.tables.values() for g in t.groupings if g.origin == "zone"]
    policy = choose(
        policy, groups={c: dict.fromkeys(world.zones.index, "develop") for c in columns}
    )
    given = Given(place_tables(world, name), examples=True)
    tables, _ = gather(policy, world, given)

    def told(policy, rows=None):
        compiled = compile_policy(policy)
        try:
            result = run_policy(compiled, world, dataclasses.replace(given, rows=rows or {}))
        except InputError as error:
            return [p.what.en for p in error.problems]
        names = [policy.main, *policy.show.tables]
        return [result.frame(n, every=True).to_csv() for n in names] + [
            (c.ok, c.text.en) for c in result.checks
        ]

    before = told(policy)
    still = []
    for p in policy.parameters.values():
        if p.unit is None:
            continue
        ways = ((1.3, 0.01), (0.5, 0), (3, 1), (0.02, 0), (50, 0), (-20, 0))
        changed = (told(choose(policy, {p.name: p.value * f + d})) for f, d in ways)
        still += [p.name] * all(c == before for c in changed)
    rng = np.random.default_rng(7)
    for table, rows in tables.items():
        for column, value in rows.columns.items():
            if value.data.dtype.kind != "f" or column in rows.table.place or not len(rows):
                continue
            moved = []
            for f in (1.0, 0.1, 10.0, 1000.0):
                data = value.data * f * rng.uniform(0.1, 1.9, len(rows)) + f / 100
                new = dataclasses.replace(
                    rows, columns={**rows.columns, column: value._replace(data=data)}
                )
                moved.append(told(policy, {table: new}) != before)
            still += [f"{table}.{column}"] * (not any(moved))
    assert still == []


# In a plan -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ruled(world, tmp_path_factory):
    """A written plan with three policies, one of them from a planner's own file."""
    import worlds

    import zoning as zn

    folder = tmp_path_factory.mktemp("政策 方案")
    path = worlds.write(folder)
    (folder / "forest.toml").write_text(OWN, encoding="utf-8")
    text = path.read_text(encoding="utf-8") + (
        '\n[[policies]]\nfile = "quota-new-land"\n'
        '\n[[policies]]\nfile = "compensation-zhenjiang"\nparameters = { pool = 1 }\n'
        '\n[[policies]]\nfile = "forest.toml"\ntables = { rates = "rates.csv" }\n'
    )
    path.write_text(text, encoding="utf-8")
    (folder / "rates.csv").write_text("区,单价\n" + "".join(
        f"{z},{i + 1}\n" for i, z in enumerate(world.zones.index)), encoding="gb18030")  # fmt: skip
    return zn.run(path, folder / "out"), folder


OWN = """
[policy]
en = "Our own"
zh = "自定"
about_en = "Yuan per mu of free land by zone."
about_zh = "按区每亩可用土地。"
source = "our council"
evidence = "own"
main = "zones"
[tables.rates]
file = ""
key = "zone"
[tables.rates.columns]
zone = { from = "区", unit = "text" }
rate = { from = "单价", unit = "元/亩", en = "rate", zh = "单价" }
[tables.zones]
plan = "zones"
key = "zone"
[tables.zones.columns]
zone = { unit = "text" }
free = { from = "free_m2", unit = "m2" }
[[tables.zones.formulas]]
name = "money"
en = "money"
zh = "资金"
unit = "万元"
formula = "free * look(rates, rate)"
[show]
columns = ["money"]
theme = "money"
"""


def test_policies_are_part_of_a_run(ruled):
    from zoning.contribution.rules import check

    plan, _ = ruled
    assert check(plan.contributions, plan.units.index, set()) == []
    bare = [dataclasses.replace(c, tables=tuple(dataclasses.replace(t, keys=()) for t in c.tables))
            for c in plan.contributions if c.wing == "policy"]  # fmt: skip
    assert "no-column" in [p.code for p in check(bare, plan.units.index, set())]
    given = next(c for c in plan.contributions if c.wing == "policy")
    money = given.table("policy_forest").frame.set_index("zone")["money"]
    free = plan.zones["free_m2"]
    for i, zone in enumerate(plan.zones.index):
        assert money[zone] == pytest.approx(free[zone] / (1e4 / 15) * (i + 1) / 1e4)
    assert given.table("policy_compensation_zhenjiang").frame["grant"].sum() == 1e8
    units = given.table("policy_forest_units").frame.set_index("unit")["money"]
    zones = plan.units["zone"].dropna()
    assert units[zones.index].tolist() == money[zones.astype(object)].tolist()
    assert units.drop(zones.index).isna().all()
    checks = [c["check"] for c in plan.run["checks"]]
    assert "policy.compensation-zhenjiang.pool" in checks
    assert {t.name for t in given.themes} >= {"policy_forest_map"}


def test_a_run_names_its_policies(ruled, capsys):
    from zoning.cli.console import Talk
    from zoning.cli.telling import tell_plan

    plan, _ = ruled
    tell_plan(Talk("zh"), plan, [])
    assert "政策：新增建设用地指标分解；镇江市乡镇生态补偿；" in capsys.readouterr().out
    tell_plan(Talk("en"), plan, [])
    assert "Policies: Quotas of new construction land" in capsys.readouterr().out


def test_names_stand_for_codes_in_the_tables_of_policies(ruled):
    plan, _ = ruled
    given = next(c for c in plan.contributions if c.wing == "policy")
    fields = {f.name: f for f in given.table("policy_forest").fields}
    zone = str(plan.zones.index[0])
    assert fields["zone"].words[zone].zh == plan.zones.loc[zone, "name_zh"]
    table = given.table("policy_compensation_zhenjiang")
    # the name stands beside the code, so the code may stay
    assert table.frame.columns[1] == "name" and not table.fields[0].words


@pytest.mark.slow
def test_the_report_ends_with_a_page_for_each_place(ruled):
    import zoning as zn
    from zoning.base.names import english
    from zoning.outputs import report
    from zoning.outputs.office.document import Figure, Heading
    from zoning.outputs.report.latin import both

    _, folder = ruled
    plan = zn.load(folder / "out")
    given = next(c for c in plan.contributions if c.wing == "policy")
    places = [str(n) for n in (*plan.counties["name"], *plan.townships["name"])]
    for lang in ("zh", "en"):
        blocks = report.blocks_of(plan, lang)
        part = {"zh": "各县各乡镇分页", "en": "Counties and townships, page by page"}[lang]
        first = next(i for i, b in enumerate(blocks)
                     if isinstance(b, Heading) and b.text.endswith(part))  # fmt: skip
        assert blocks[first].new_page
        heads = [b for b in blocks[first + 1 :] if isinstance(b, Heading)]
        said = [h.text.split("  ", 1)[1] for h in heads]
        assert said == (places if lang == "zh" else [both(n, english(n)) for n in places])
        # The first place stands on the sheet of the chapter's own words.
        assert [h.new_page for h in heads] == [False] + [True] * (len(heads) - 1)
        assert {h.level for h in heads} == {2}
        # The chart of the shipped file: a picture after the map, called by what it shows.
        wanted = {"zh": "镇江市乡镇生态补偿：市级补偿合计", "en": "grant of the city"}[lang]
        assert [b for b in blocks if isinstance(b, Figure) and b.caption.endswith(wanted)]
    frame = given.table("policy_places").frame
    caps = frame[frame["item_en"] == "cap of built land in this zone"]["code"]
    capped = plan.townships["zone"].map(plan.zones["cap_m2"]).notna()
    assert set(caps) == set(plan.townships.index[capped]) and 0 < len(caps) < len(capped)
    town = caps.iloc[0]
    mine = frame[(frame["level"] == "township") & (frame["code"] == town)]
    said = dict(zip(mine["item_en"], mine["value_en"], strict=True))
    zone = plan.zones.loc[plan.townships.loc[town, "zone"]]
    assert said["zone"] == zone["name_en"]
    cap = zone["cap_m2"] / zone["area_m2"] * 100
    assert said["cap of built land in this zone"] == f"{cap:.2f}%"
    money = given.table("policy_compensation_zhenjiang").frame.set_index("township")["grant"]
    assert said["grant of the city"] == f"{money[town]:,.0f} yuan"
    quota = given.table("policy_quota_new_land").frame.set_index("township")["quota"]
    assert said["quota"] == f"{quota[town] / 1e6:,.2f} km²"
    # The land of a county by zone adds up to the land of its townships that have one.
    county = plan.counties.index[0]
    theirs = frame[(frame["level"] == "county") & (frame["code"] == county)]
    parts = theirs[theirs["item_en"].str.startswith("townships: ")]["value_en"]
    towns = plan.townships[(plan.townships["county"] == county) & plan.townships["zone"].notna()]
    total = sum(float(v.removesuffix(" km²").replace(",", "")) for v in parts)
    assert total == pytest.approx(towns["area_m2"].sum() / 1e6, abs=0.005 * (len(parts) + 1))


def test_tasks_stand_on_the_page_of_the_place_that_they_lie_in(world):
    from zoning.policy.places import place_pages

    units = world.units[world.units["township"].notna()]
    x, y = units[["lon", "lat"]].iloc[0]
    far = units[units["township"] != units["township"].iloc[0]].iloc[-1]
    tasks = pd.DataFrame({
        "id": ["T1", "T2"], "text": ["plant trees", "far away"], "action": "1", "lead": "a",
        "partners": "b", "due_day": 300, "done_percent": [90, 90], "lon": [x, far["lon"]],
        "lat": [y, far["lat"]], "year": 2026, "points": 50, "blocking": "no",
    })  # fmt: skip
    pilots = pd.DataFrame({
        "id": ["P1", "P2", "P3"], "name": ["a school", "a park", "another school"],
        "field": ["学校", "园区", "学校"], "score": [70, 60, 80], "lon": x, "lat": y,
    })  # fmt: skip
    done = run("tasks", world, examples=False, tasks=tasks, pilots=pilots)
    frame = place_pages([done], world).frame
    mine = frame[frame["policy"] == "tasks"]
    # Pilots stand on the page of their township with their rank, on a county's with their number.
    theirs = mine[mine["item_en"].str.contains("rank in its field|pilot")]
    mine = mine.drop(theirs.index)
    assert theirs[["level", "code", "item_zh", "value_zh"]].values.tolist() == [
        ["county", units.iloc[0]["county"], "试点单位与项目", "3"],
        *(["township", units.iloc[0]["township"], f"{n}：领域内名次", r]
          for n, r in (("a school", "2"), ("a park", "1"), ("another school", "1"))),
    ]  # fmt: skip
    assert set(mine["value_zh"]) == {"绿灯"}
    found = {(r["item_en"], r["level"], r["code"]) for _, r in mine.iterrows()}
    wanted = {
        (name, level, unit[level])
        for name, unit in (("plant trees", units.iloc[0]), ("far away", far))
        for level in ("county", "township")
    }
    assert found == wanted and len(mine) == 4


@pytest.mark.parametrize(
    ("chart", "wrong"),
    [("grant", ""), ("base_share", "no column"), ("county", "among columns"),
     ("score", "among columns")],
)  # fmt: skip
def test_a_chart_shows_a_column_of_numbers(chart, wrong, tmp_path):
    path = find("compensation-hainan")
    text = path.read_text(encoding="utf-8").replace('chart = "grant"', f'chart = "{chart}"')
    own = tmp_path / "own.toml"
    own.write_text(text.replace('"examples/', f'"{path.parent.as_posix()}/examples/'),
                   encoding="utf-8")  # fmt: skip
    if not wrong:
        compile_policy(read_policy(own))
        return
    with pytest.raises(InputError, match=wrong):
        compile_policy(read_policy(own))


def test_a_rank_is_no_share(world):
    from zoning.policy.contribute import contribute

    given = contribute([run("assessment-four-zones", world)], world)
    table = given.table("policy_assessment_four_zones")
    assert next(f for f in table.fields if f.name == "place").unit == ""


@pytest.mark.slow
def test_a_written_plan_tells_every_term(ruled):
    import zoning as zn

    _, folder = ruled
    again = zn.load(folder / "out")
    assert [c.ok for c in again.verify()] and all(c.ok for c in again.verify())
    town = again.townships.index[0]
    answer = again.explain(str(again.townships.loc[town, "name"]), "zh", policy="compensation")
    assert answer.lines[0] == f"{answer.name} ({town})"
    text = "\n".join(answer.lines)
    assert answer.code == town and "pool" in text and "1 亿元" in text and "本方案自定" in text
    unit = again.units.index[again.units["township"] == town][0]
    assert again.explain(unit, "zh", policy="compensation").lines == answer.lines
    zone = str(again.zones.index[0])
    money = "\n".join(again.explain(zone, "en", policy="forest").lines)
    assert "look(rates, rate)" in money and ": 1 元/亩" in money
    for wrong in (("nowhere", "forest"), (town, "frost")):
        with pytest.raises(InputError):
            again.explain(wrong[0], policy=wrong[1])


def test_an_answer_does_not_carry_old_numbers(ruled):
    plan, _ = ruled
    less = plan.allocate(cap=plan.run["construction"]["existing_share"] + 0.001)
    assert not [c for c in less.contributions if c.wing == "policy"]
    assert not [c for c in less.checks if c.check.startswith("policy.")]
    told = next(c for c in less.checks if c.check == "left_out.policies")
    assert (
        told.measured == 3
        and "compensation-zhenjiang" in told.as_dict()["en"]
        and "forest" in told.as_dict()["zh"]
    )
    assert told.as_dict() in less.run["checks"]
    again = less.allocate(cap=plan.run["construction"]["existing_share"] + 0.002)
    assert [c.text for c in again.checks if c.check == "left_out.policies"] == [told.text]


@pytest.mark.slow
def test_a_saved_policy_stays_beside_others_and_goes_with_an_answer(world):
    from zoning import api
    from zoning.contribution.rules import check
    from zoning.policy.kept import stems

    def held(plan):
        return next((c for c in plan.contributions if c.wing == "policy"), None)

    plan = api.Plan.of(world)
    money, quotas = (api.policy(n, plan) for n in ("compensation-zhenjiang", "quota-new-land"))
    one, other = api.joined(plan, [money]), api.joined(plan, [quotas])
    two = api.joined(one, [quotas])
    assert stems(held(two)) == ["policy_compensation_zhenjiang", "policy_quota_new_land"]
    assert check(two.contributions, two.units.index, set()) == []
    assert held(one).chapters[0] in held(two).chapters
    assert len([c for c in held(two).chapters if c.pages]) == 1
    assert held(one).cards[0] in held(two).cards and held(one).themes[0] in held(two).themes
    both = held(two).table("policy_places").frame
    for saved, name in ((one, "compensation-zhenjiang"), (other, "quota-new-land")):
        alone = held(saved).table("policy_places").frame
        mine = [f[f["policy"] == name].reset_index(drop=True) for f in (alone, both)]
        pd.testing.assert_frame_equal(*mine)
    places = both[["level", "code"]].agg("/".join, axis=1)
    assert (places != places.shift()).sum() == places.nunique()  # one page for each place
    assert (both["policy"] == "plan").sum() == (alone["policy"] == "plan").sum()
    assert {c.check for c in one.checks} < {c.check for c in two.checks}
    # saved again, a policy takes its own place only
    less = api.joined(two, [api.policy("compensation-zhenjiang", plan, parameters={"pool": 1})])
    assert stems(held(less)) == ["policy_quota_new_land", "policy_compensation_zhenjiang"]
    assert held(less).table("policy_compensation_zhenjiang").frame["grant"].sum() == 1e8
    changed = two.allocate(cap=two.run["construction"]["existing_share"] + 0.001)
    assert held(changed) is None
    told = next(c for c in changed.checks if c.check == "left_out.policies")
    assert told.measured == 2 and "quota-new-land" in told.as_dict()["en"] and not told.ok


def test_cards_carry_every_term(ruled):
    from zoning.outputs.webmap import given as page

    plan, _ = ruled
    given = next(c for c in plan.contributions if c.wing == "policy")
    packed = page.pack(plan, plan.units.index)["cards"]
    titles = [c["title"]["en"] for c in packed]
    card = packed[titles.index("Ecological compensation of townships, Zhenjiang")]
    assert card["place"] == "township"
    town = str(plan.townships.index[0])
    assert card["keys"][town] == [town] and len(card["rows"][town]) == 1
    terms = given.table("policy_compensation_zhenjiang_terms").frame
    zh, en = inflated(card["terms"])[town]
    mine = terms[terms["row"] == town]
    assert zh == mine["line_zh"].tolist() and en == mine["line_en"].tolist()
    assert any("pool" in line and "10⁸ yuan" in line for line in en)
    zones = packed[titles.index("Our own")]
    assert zones["place"] == "zone" and set(zones["keys"]) == set(map(str, plan.zones.index))


def inflated(packed):
    import base64
    import json
    import zlib

    return json.loads(zlib.decompress(base64.b64decode(packed["data"])))


def test_what_lies_in_a_unit_has_its_terms_there(world):
    from zoning import api
    from zoning.outputs.webmap import given as page

    plan = api.Plan.of(world)
    unit = plan.units.index[3]
    rows = pd.DataFrame({
        "id": ["p/1", "p2"], "name": ["一", "二"], "lon": plan.units["lon"].iloc[3],
        "lat": plan.units["lat"].iloc[3], "fuel_tco2": 1.0, "electricity_mwh": 0, "heat_gj": 0,
        "process_tco2": 0, "energy_tce": 1, "value_added_10k_yuan": 1.0, "tax_10k_yuan": 1,
        "jobs": 1, "product_t": 1, "advanced_tco2_per_t": 1,
    })  # fmt: skip
    result = run("project-carbon", world, examples=False, projects=rows)
    joined = api.joined(plan, [result])
    (card,) = page.pack(joined, plan.units.index)["cards"]
    assert card["place"] == "unit" and card["keys"] == {unit: ["p/1", "p2"]}
    assert set(inflated(card["terms"])) == {"p/1", "p2"}
    chapter = joined.contributions[-1].chapters[0]
    assert "unit" not in chapter.columns["policy_project_carbon"]


def test_every_source_of_a_shipped_file_has_chinese_words():
    import re

    from zoning.base.words import source

    for name in shipped():
        for p in read_policy(find(name)).parameters.values():
            said = source(p.source)
            assert not re.search("[a-z]{3,} [a-z]{2,}|made up|own choice", said), (name, said)


def test_check_tells_policies_before_a_run(ruled, tmp_path):
    from zoning import api

    _, folder = ruled
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    broken = text.replace("rates.csv", "rate.csv").replace("{ pool = 1 }", "{ pol = 1 }")
    path = folder / "broken.toml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(InputError) as error:
        api.check(path)
    told = " ".join(p.tell("en") for p in error.value.problems)
    assert "did you mean 'pool'" in told and "rate.csv" in told


# Properties ----------------------------------------------------------------------------------


def compensation(rows, **how):
    return run("compensation-hainan", counties=pd.DataFrame(rows), **how)


def made(rng, n):
    frame = pd.DataFrame(
        rng.integers(1, 10_000, (n, 5)),
        columns=["drinking_water_ha", "public_forest_ha", "wetland_ha", "reserve_ha", "population"],
    )
    return frame.assign(county=[f"c{i:03d}" for i in range(n)], score=rng.integers(50, 100, n))


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_money_closes_permutes_and_scales(seed):
    rng = np.random.default_rng(seed)
    rows = made(rng, int(rng.integers(2, 40)))
    pool = int(rng.integers(1, 10**6))
    one = compensation(rows, parameters={"pool": pool})
    grants = by(one, "county", "grant")
    assert sum(grants.values()) == pool * 10_000
    assert by(compensation(rows.sample(frac=1, random_state=1), parameters={"pool": pool}),
              "county", "grant") == grants  # fmt: skip
    # before rounding a scaled pool scales grants, so after it each is within a yuan for each half
    double = by(compensation(rows, parameters={"pool": 2 * pool}), "county", "grant")
    for county, grant in grants.items():
        assert abs(double[county] - 2 * grant) <= 2 * 2 + 2
        assert grant == round(grant)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_two_halves_get_what_the_whole_got(seed):
    rng = np.random.default_rng(seed)
    rows = made(rng, 12)
    whole = by(compensation(rows), "county", "grant")
    halves = rows.iloc[[0]].copy()
    amounts = list(rows.columns[:5])
    part = rows.iloc[[0]][amounts] // 3
    halves[amounts] = rows.iloc[[0]][amounts] - part
    other = halves.assign(county="zzz")
    other[amounts] = part
    split = by(compensation(pd.concat([rows.iloc[1:], halves, other])), "county", "grant")
    # one yuan for each of the two parts of the grant
    assert abs(split["c000"] + split["zzz"] - whole["c000"]) <= 2


def test_the_same_land_in_mu_gives_the_same_money(tmp_path):
    folder = find("compensation-hainan").parent
    text = (folder / "compensation-hainan.toml").read_text(encoding="utf-8")
    path = tmp_path / "mu.toml"
    for name in ("drinking_water", "public_forest", "wetland", "reserve"):
        text = text.replace(f'"{name}_ha", unit = "ha"', f'"{name}_mu", unit = "亩"')
    path.write_text(text, encoding="utf-8")
    rows = made(np.random.default_rng(3), 30)
    mu = rows.rename(columns=lambda c: c.replace("_ha", "_mu"))
    mu[[c for c in mu if c.endswith("_mu")]] *= 15
    one = compensation(rows)
    other = run_policy(compile_policy(read_policy(path)), None, Given({"counties": mu}))
    assert by(one, "county", "grant") == by(other, "county", "grant")


@pytest.mark.parametrize("page", ["policies.md", "policies.zh-CN.md"])
def test_the_file_of_the_page_runs(page, world, tmp_path):
    import re
    from pathlib import Path

    from zoning import api

    text = (Path(__file__).parent.parent / "docs" / page).read_text(encoding="utf-8")
    path = tmp_path / "farmland.toml"
    path.write_text(re.search(r"```toml\n(\[policy\].*?)```", text, re.DOTALL)[1], encoding="utf-8")
    assert api.check_policy(path) == ()
    result = api.policy(path, world, parameters={"pool": 40_000})
    assert result.ok and result.frame()["grant"].sum() == 4e8
    with pytest.raises(InputError, match="negative"):
        api.policy(path, world, parameters={"pool": 1e-4})


@pytest.mark.slow
def test_the_command(world, ruled, tmp_path):
    from typer.testing import CliRunner

    from zoning.cli.app import build

    def call(*words):
        return CliRunner().invoke(build(), ["policy", *map(str, words)])

    listed = call("list", "--lang", "zh")
    assert listed.exit_code == 0 and all(name in listed.output for name in shipped())
    assert call("check", "transfers").exit_code == 0
    assert call("check").exit_code == 2
    assert call("run", "no-such").exit_code == 2
    done = call("run", "compensation-hainan", "--examples", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    # zoning.json is the record by which writers know their own files
    names = {p.name for p in (tmp_path / "out").iterdir()} - {"zoning.json"}
    assert names == {f"compensation-hainan.{x}" for x in ("csv", "parquet", "xlsx")}
    short = tmp_path / "short.csv"
    short.write_text("entry,from,to,amount_ha\n1,321181,321102,5000\n", encoding="utf-8")
    broke = call("run", "transfers", "--examples", "--table", f"given={short}",
                 "--table", f"received={short}")  # fmt: skip
    assert broke.exit_code == 1 and "321181" in broke.output
    folder = ruled[1] / "out"
    placed = call("run", "quota-new-land", folder, "-o", tmp_path / "q", "--json", "--lang", "en")
    assert placed.exit_code == 0, placed.output
    import json

    import geopandas as gpd

    told = json.loads(placed.output)
    assert told["ok"] and len(told["rows"]) == len(world.townships)
    layer = gpd.read_file(tmp_path / "q" / "quota-new-land.gpkg")
    assert len(layer) == len(world.townships) and layer.crs == world.units.crs
    limits = pd.read_csv(tmp_path / "q" / "quota-new-land_limits.csv", dtype={"township": str})
    assert list(limits.columns) == ["township", "quota"]


@pytest.mark.slow
def test_parks_are_read_shown_and_given_to_policies(tmp_path):
    import geopandas as gpd
    import shapely
    import worlds

    import zoning as zn
    from zoning.contribution.rules import check

    path = worlds.write(tmp_path)
    plain = zn.run(path)
    x0, y0, x1, y1 = plain.city.total_bounds
    shapes = [shapely.box(x0 + 100, y0 + 100, x0 + 1100, y0 + 600),
              shapely.box(x1 - 900, y1 - 900, x1 - 400, y1 - 400)]  # fmt: skip
    parks = gpd.GeoDataFrame(
        {"编号": ["P2", "P1"], "name": ["乙园", "甲园"], "kind": "a",
         "planned_area_ha": [50.0, None]},
        geometry=shapes, crs=plain.units.crs,
    )  # fmt: skip
    parks.to_file(tmp_path / "parks.gpkg")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + '\n[inputs.parks]\npath = "parks.gpkg"\ncode = "编号"\n'
        'leading_industries = "leading_industries"\n', encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(InputError) as error:
        zn.run(path)
    assert any(p.measured == "leading_industries" or "leading_industries" in p.what.en
               for p in error.value.problems)  # fmt: skip
    parks.assign(leading_industries="C39").to_file(tmp_path / "parks.gpkg")
    plan = zn.run(path, tmp_path / "out")
    given = next(c for c in plan.contributions if c.wing == "parks")
    assert check(plan.contributions, plan.units.index, set()) == []
    register = given.table("park_register").frame
    assert register["code"].tolist() == ["P1", "P2"]
    assert register["park_m2"].tolist() == [250_000, 500_000]
    inside = given.table("parks_by_unit").frame.groupby("park")["inside_m2"].sum()
    assert (inside <= register.set_index("code")["park_m2"] + 5).all() and (inside > 0).all()
    assert plan.run["inputs"][-1]["role"] == "parks"
    again = zn.load(tmp_path / "out")
    assert len(next(c for c in again.contributions if c.wing == "parks").layers[0].frame) == 2
    own = tmp_path / "own.toml"
    own.write_text(
        OWN.replace('plan = "zones"\nkey = "zone"', 'plan = "park_register"\nkey = "zone"')
        .replace('zone = { unit = "text" }\nfree = { from = "free_m2"',
                 'zone = { from = "code", unit = "text" }\nfree = { from = "park_m2"'),
        encoding="utf-8",
    )  # fmt: skip
    from zoning import api

    rates = pd.DataFrame({"区": ["P1", "P2"], "单价": [1, 2]})
    result = api.policy(own, again, tables={"rates": rates})
    assert by(result, "zone", "money") == pytest.approx({"P1": 0.0375, "P2": 0.15})


@pytest.mark.slow
def test_a_ranking_is_tested_by_other_weights():
    from zoning import api

    policy = read_policy(find("assessment-wanjiang"))
    items = [c.name for c in policy.tables["cities"].columns if c.name != "city"]
    rows = pd.DataFrame([
        {"city": "best", **dict.fromkeys(items, 120)},
        # two that differ in two items only, one for one: their order hangs on the weights
        {"city": "near", **dict.fromkeys(items, 100), "gdp": 112, "jobs": 100},
        {"city": "next", **dict.fromkeys(items, 100), "gdp": 100, "jobs": 111.9},
        {"city": "last", **dict.fromkeys(items, 50)},
    ])  # fmt: skip
    found = api.policy("assessment-wanjiang", tables={"cities": rows}, draws=200).ranking
    table = found.set_index("city")
    assert table["rank"].to_dict() == {"best": 1, "last": 4, "near": 2, "next": 3}
    assert table.loc[["best", "last"], "kept"].tolist() == [1, 1]
    assert table["kept"][["near", "next"]].between(0.3, 0.7).all()
    assert table.loc["near", ["best", "worst"]].tolist() == [2, 3]
    again = api.policy("assessment-wanjiang", tables={"cities": rows}, draws=200).ranking
    pd.testing.assert_frame_equal(found, again)
    with pytest.raises(InputError, match="no weights"):
        api.policy("transfers", examples=True, draws=5)


@pytest.mark.slow
def test_every_file_runs_on_the_reference_case(reference_plan):
    from zoning import api
    from zoning.contribution.rules import check

    plan = reference_plan
    results = [api.policy(name, plan, examples=True) for name in shipped()]
    assert [r.policy.name for r in results if not r.ok] == []
    joined = api.joined(plan, results)
    assert check(joined.contributions, plan.units.index, set()) == []
    grants = next(r for r in results if r.policy.name == "compensation-zhenjiang").frame()
    assert grants["grant"].sum() == 310_000_000
    # 310 million yuan over 855 to 860 km2 are about 240 yuan per mu
    assert 310_000_000 / (plan.run["redlines"]["union_m2"] / (10_000 / 15)) == pytest.approx(
        240, abs=2
    )
    firms = next(r for r in results if r.policy.name == "enterprise-carbon")
    assert len(firms.frame()) == 48
    ledger = next(r for r in results if r.policy.name == "tasks")
    pilots = ledger.frame("pilots")
    assert (pilots["field"] != "项目").sum() == 165 and (pilots["field"] == "项目").sum() == 25
    assert set(ledger.frame()["action"]) == {str(i) for i in range(1, 10)}
    quotas = next(r for r in results if r.policy.name == "quota-new-land").frame("counties")
    headroom = plan.run["construction"]["headroom_m2"]
    assert headroom - 3 <= quotas["county_quota"].sum() <= headroom


def test_equal_rows_are_served_by_code_not_by_their_place():
    rows = made(np.random.default_rng(0), 3)
    rows.loc[:, rows.columns[:5]] = 7
    rows["score"] = 80
    wanted = {"c000": 3334, "c001": 3334, "c002": 3332}
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        result = compensation(rows.iloc[order], parameters={"pool": 1})
        assert by(result, "county", "grant") == wanted
        assert sorted(result.frame()["county"]) == ["c000", "c001", "c002"]


WRONG = {
    'unit = "万元"\nformula = "free * look(rates, rate)"': "unit",
    'rate = { from = "单价", unit = "元/亩", en = "rate", zh = "单价" }': "no-unit",
    'formula = "free * look(rates, rate)"': "formula",
    'plan = "zones"': "policy",
    'theme = "money"': "formula",
    'evidence = "own"': "evidence",
    'about_zh = "按区每亩可用土地。"': "policy",
}
INSTEAD = {
    "unit": 'unit = "ha"\nformula = "free * look(rates, rate)"',
    "no-unit": 'rate = { from = "单价", unit = "元/母", en = "rate", zh = "单价" }',
    "formula": 'formula = "free * look(rates, rat)"',
    "policy": 'plan = "zones"\nfile = "x.csv"',
    "evidence": 'evidence = "sure"',
}


@pytest.mark.parametrize(("old", "code"), WRONG.items())
def test_what_is_wrong_with_a_file_is_told_with_its_line(old, code, tmp_path):
    new = {'theme = "money"': 'theme = "mony"', 'about_zh = "按区每亩可用土地。"': ""}.get(
        old, INSTEAD.get(code, "")
    )
    assert old in OWN
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        compile_policy(read_policy(path))
    found = [p for p in error.value.problems if p.code == code]
    assert found, [p.tell() for p in error.value.problems]
    assert "own.toml" in found[0].where
    assert found[0].tell("zh") != found[0].tell("en")


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"区": ["z"], "单价": ["三"]}, "not-a-number"),
        ({"区": ["z"]}, "missing-column"),
        ({"区": ["z", "z"], "单价": [1, 2]}, "double-key"),
        ({"区": [None], "单价": [1]}, "double-key"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(table, code, tmp_path, world):
    from zoning import api

    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    with pytest.raises(InputError) as error:
        api.policy(path, world, tables={"rates": pd.DataFrame(table)})
    assert error.value.problems[0].code == code


def test_a_code_without_weights_is_told(world):
    from zoning.policy.choices import choose

    policy = read_policy(find("assessment-four-zones"))
    groups = {"zone_group": dict.fromkeys(world.zones.index, "optimized")}
    given = Given(place_tables(world, "assessment-four-zones"))
    with pytest.raises(InputError) as error:
        run_policy(compile_policy(choose(policy, groups=groups)), world, given)
    assert error.value.problems[0].code == "no-weights"
    assert "optimise" in error.value.problems[0].tell("en")


def policy_of(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return compile_policy(read_policy(path))


SHORT = """
[policy]
en = "Short"
zh = "短"
about_en = "For a test."
about_zh = "测试用。"
source = "made up"
evidence = "own"
main = "t"
[tables.words]
key = "k"
rows = [{ k = "a", word = "yes" }, { k = "b" }]
[tables.words.columns]
k = { unit = "text" }
word = { unit = "text" }
[tables.t]
key = "k"
rows = [{ k = "a", x = 1, y = 2 }, { k = "b", x = 3 }]
[tables.t.columns]
k = { unit = "text" }
x = { unit = "yuan" }
y = { unit = "yuan" }
[[tables.t.formulas]]
name = "z"
unit = "yuan"
formula = "x * 0.9"
"""


def test_shares_that_do_not_close_are_no_rounding(tmp_path):
    text = SHORT + 'round = { step = 1, total = "sum(x)" }\n'
    with pytest.raises(InputError) as error:
        run_policy(policy_of(tmp_path, text))
    assert [(p.code, p.measured, p.limit) for p in error.value.problems] == [
        ("not-closed", pytest.approx(3.6), 4)
    ]
    (told,) = error.value.problems
    assert told.remedy is not None and "adds up to 3.600000 yuan" in told.what.en
    plain = text.replace('unit = "yuan"', 'unit = "1"')
    with pytest.raises(InputError) as error:
        run_policy(policy_of(tmp_path, plain))
    assert [p.measured for p in error.value.problems] == [pytest.approx(3.6)]


def test_a_number_takes_no_word_and_a_word_no_number(tmp_path):
    from zoning.policy.choices import choose

    more = ('[parameters.a]\nvalue = 1\nunit = "yuan"\nen = "a"\nzh = "甲"\n'
            '[parameters.b]\nvalue = "x"\nunit = "text"\nen = "b"\nzh = "乙"\n')  # fmt: skip
    head = more.replace("zh = ", 'source = "made up"\nevidence = "own"\nzh = ')
    path = tmp_path / "own.toml"
    path.write_text(SHORT.replace("[tables.words]", head + "[tables.words]", 1), encoding="utf-8")
    policy = read_policy(path)
    with pytest.raises(InputError) as error:
        choose(policy, {"a": "much", "b": 3, "c": 1})
    assert [(p.code, p.measured) for p in error.value.problems[:2]] == [
        ("parameter", "much"), ("parameter", 3)]  # fmt: skip
    assert len(error.value.problems) == 3 and "yuan" in error.value.problems[0].tell("zh")
    assert choose(policy, {"a": 2, "b": "y"}).parameters["a"].value == 2


def test_a_check_of_a_file_takes_no_key_of_its_own(tmp_path):
    rule = '[[checks]]\nname = "c"\nrule = "y > 0"\nen = "above"\nzh = "为正"\nrul = "x"\n'
    with pytest.raises(InputError) as error:
        policy_of(tmp_path, SHORT + rule)
    assert "rul" in " ".join(p.tell("en") for p in error.value.problems)


def test_terms_are_written_for_so_many_rows_and_no_more(tmp_path, monkeypatch):
    from zoning.policy import explain

    result = run_policy(policy_of(tmp_path, SHORT))
    monkeypatch.setattr(explain, "MOST_ROWS", 2)
    assert explain.terms_frame(result)["row"].unique().tolist() == ["a", "b"]
    monkeypatch.setattr(explain, "MOST_ROWS", 1)
    assert explain.terms_frame(result).empty


def test_tables_of_a_policy_are_titled_and_a_theme_needs_its_column(ruled):
    from zoning.policy import contribute

    plan, _ = ruled
    given = next(c for c in plan.contributions if c.wing == "policy")
    assert given.table("policy_forest").title.en == "Our own"
    pages = given.table("policy_places").frame
    sums = pages[pages["item_en"].str.startswith("townships: ")]
    assert set(sums["level"]) == {"county"} and "km" in sums["value_en"].iloc[0]
    second = [t for t in given.tables if t.name.startswith("policy_quota_new_land_")
              and not t.name.endswith(("_units", "_terms"))]  # fmt: skip
    assert second and all(": " in t.title.en and "：" in t.title.zh for t in second)
    # counties have their names beside the code; townships of a table without names get them
    for table in given.tables:
        for f in table.fields:
            if f.name in ("county", "township") and "name" not in table.frame:
                assert set(f.words) == set(table.frame[f.name].dropna().astype(str))
    from zoning import api

    result = api.policy("compensation-zhenjiang", plan)
    units = given.table("policy_compensation_zhenjiang_units")
    less = dataclasses.replace(units, frame=units.frame.drop(columns=result.policy.show.theme))
    assert contribute._theme(result, less) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [(99.5, "99.5"), (99.126, "99.13"), (100.126, "100.13"), (100.5, "100.50"), (3.0, "3"),
     (1234.5, "1,234.50"), (0.123456, "0.1235"), (-100.5, "-100.50"), (pd.NA, "–"), ("x", "x")],
)  # fmt: skip
def test_numbers_on_the_console(value, said):
    from zoning.policy.tell import number_text

    assert number_text(value) == said


def test_a_check_that_cannot_be_answered_does_not_hold(tmp_path):
    rule = '[[checks]]\nname = "c"\nrule = "y > 0"\nen = "above"\nzh = "为正"\n'
    result = run_policy(policy_of(tmp_path, SHORT + rule))
    assert not result.ok and "cannot be answered for b" in result.checks[0].text.en
    assert result.checks[0].measured == 1


def test_an_unknown_word_of_another_table_is_unknown(tmp_path):
    more = '[[tables.t.formulas]]\nname = "w"\nunit = "text"\nformula = "look(words, word)"\n'
    frame = run_policy(policy_of(tmp_path, SHORT + more)).frame(every=True)
    assert frame["w"].tolist()[0] == "yes" and pd.isna(frame["w"][1])


def test_weights_that_add_up_to_too_much_are_refused(tmp_path):
    """The weights of an open tool: 0.45 + 0.45 + 0.15."""
    more = ('[weights.w]\ntotal = 1\nsource = "as met"\nevidence = "C"\n'
            "rows.all = { x = 0.45, y = 0.45, z = 0.15 }\n")  # fmt: skip
    with pytest.raises(InputError) as error:
        policy_of(tmp_path, SHORT + more)
    assert [(p.code, p.limit) for p in error.value.problems] == [("weights-total", 1)]
    assert error.value.problems[0].measured == pytest.approx(1.05)


def test_steps_that_lie_over_one_another_are_told():
    from zoning.policy.steps import parse_steps

    steps = parse_steps("s", [["[0, 10]", 1], ["[5, 20)", 2], ["(30, inf)", 3]])
    assert [(p.code, p.measured) for p in steps.problems()] == [
        ("steps-overlap", "[5, 10]"), ("steps-gap", "[20, 30]"),
    ]  # fmt: skip


def test_a_column_of_a_file_that_is_no_number_names_its_row(tmp_path):
    (tmp_path / "t.csv").write_text("k,x,y\na,1,2\nb,much,3\n", encoding="utf-8")
    text = SHORT.replace('rows = [{ k = "a", x = 1, y = 2 }, { k = "b", x = 3 }]', 'file = "t.csv"')
    with pytest.raises(InputError) as error:
        run_policy(policy_of(tmp_path, text))
    assert [(p.code, p.measured) for p in error.value.problems] == [("not-a-number", "much")]
    assert "row 3" in error.value.problems[0].what.en  # the head is row 1


def test_what_no_result_uses_is_told_by_what_is_shown(tmp_path):
    def idle(text):
        return sorted(f.what.en for f in policy_of(tmp_path, text).unused)

    alone = SHORT + '[show]\ncolumns = ["y"]\n'
    used = "no result depends on the column of 't'"
    # nothing said of what is shown: every column is a result
    assert not [f for f in idle(SHORT) if "'t'" in f]
    assert idle(alone)[:2] == [f"{used} 'x'", f"{used} 'z'"]


def test_an_interval_holds_something():
    from zoning.policy.steps import parse_steps

    assert parse_steps("s", [["[5, 5]", 1]]).rows
    for wrong in ("[5, 5)", "(5, 5]", "(5, 5)", "[6, 5]"):
        with pytest.raises(InputError):
            parse_steps("s", [[wrong, 1]])


def test_a_theme_of_words_shows_those_that_occur_in_the_order_of_the_file(world):
    from zoning.policy.contribute import contribute

    rows = pd.DataFrame({
        "id": ["a", "b"], "text": "x", "action": 1, "lead": "l", "partners": "p", "year": 2026,
        "points": 50, "blocking": "no", "due_day": [100, 300], "done_percent": [0, 99],
        "lon": world.units["lon"].iloc[[0, -1]].to_numpy(),
        "lat": world.units["lat"].iloc[[0, -1]].to_numpy(),
    })  # fmt: skip
    given = contribute([run("tasks", world, examples=False, tasks=rows)], world)
    classes = given.themes[0].classes
    assert [(c.code, c.label.zh, c.colour) for c in classes] == [
        ("green", "绿灯", "#1a9850"), ("red", "红灯", "#d73027"),
    ]  # fmt: skip


def test_a_place_that_is_no_row_of_a_policy_gets_its_page(world):
    from zoning.policy.answer import explain_policy
    from zoning.policy.contribute import contribute

    units = world.units[world.units["township"].notna()]
    rows = pd.DataFrame({
        "id": ["a"], "text": "plant", "action": 1, "lead": "l", "partners": "p", "year": 2026,
        "points": 50, "blocking": "no", "due_day": 100, "done_percent": 0,
        "lon": units["lon"].iloc[:1].to_numpy(), "lat": units["lat"].iloc[:1].to_numpy(),
    })  # fmt: skip
    given = contribute([run("tasks", world, examples=False, tasks=rows)], world)
    plan = dataclasses.replace(world, contributions=(given,))
    town = units["township"].iloc[0]
    answer = explain_policy(plan, str(world.townships.loc[town, "name"]), "tasks", "zh")
    assert answer.code == town and "plant：红灯" in answer.lines
    other = next(c for c in world.townships.index if c != town)
    with pytest.raises(InputError):
        explain_policy(plan, str(other), "tasks")
