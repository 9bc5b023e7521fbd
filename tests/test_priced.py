"""Prices side by side, and losses of units, as parts of a plan."""

from __future__ import annotations

from dataclasses import replace

import keeping
import pandas as pd
import pytest
import worlds

from zoning import api, pipeline, planfile
from zoning.contribution.rules import check
from zoning.questions.lost import contribution
from zoning.verify import verify

OWN = """
[[cap.limit]]
name = "farmland"
of = "farmland"
title = "farmland taken"
title_zh = "占用耕地"
upper = 300000
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("价")
    path = worlds.write(folder, extra=OWN)
    return api.Plan.of(pipeline.run(planfile.load(path), folder))


def test_the_whole_plan_is_as_it_is_kept(plan):
    keeping.hold(plan, "priced")


def test_prices_of_caps_and_farmland_stand_side_by_side(plan):
    (part,) = [c for c in plan.contributions if c.wing == "prices"]
    table = part.table("limit_prices").frame.set_index("limit_en")
    limits = plan.tables["limits"]
    assert table["price"].tolist() == limits["price"].astype("float64").tolist()
    assert table.at["farmland taken", "price"] > 0
    by_unit = part.table("unit_prices").frame.set_index("unit")
    farm = plan.pieces.set_index("unit")["limit_farmland"] / 1e6
    price = float(limits.set_index("code").at["farmland", "price"])
    some = plan.units.index[plan.units["free_m2"] > 0]
    for unit in some:
        assert by_unit.at[unit, "own_price"] == pytest.approx(price * farm[unit], abs=1e-8)
    assert {t.name for t in part.themes} == {"cap_price_map", "own_price_map"}


@pytest.mark.slow
def test_a_floor_that_costs_has_a_price_below_zero_with_a_class_of_its_own(plan, tmp_path):
    by_town = plan.pieces.groupby("township", observed=True)[["free_m2", "new_m2"]].sum()
    room = (by_town["free_m2"] - by_town["new_m2"]).sort_values()
    town, more = str(room.index[-1]), int(by_town.at[room.index[-1], "new_m2"] + 20_000)
    floor = f'\n[[cap.townships]]\nplace = "{town}"\nfloor_m2 = {more}\n'
    path = worlds.write(tmp_path, extra=OWN + floor)
    made = api.Plan.of(pipeline.run(planfile.load(path), tmp_path))
    limits = made.tables["limits"].set_index("kind")
    assert limits.at["township", "price"] < 0
    (part,) = [c for c in made.contributions if c.wing == "prices"]
    theme = next(t for t in part.themes if t.name == "cap_price_map")
    low = part.table("unit_prices").frame["cap_price"].min()
    first = theme.classes[0]
    assert low < 0 and first.lower < low < first.upper == 0 and first.label.zh.startswith("低于 0")
    assert check([part], made.units.index, made.tables) == []
    assert [c.text.en for c in verify(made) if not c.ok] == []
    # Where no floor costs, no class stands for it.
    (usual,) = [c for c in plan.contributions if c.wing == "prices"]
    assert all(t.classes[0].lower == 0 for t in usual.themes)


def test_land_without_a_zone_is_asked_nothing(tmp_path):
    path = worlds.write(tmp_path, extra=OWN)
    table = pd.read_csv(tmp_path / "乡镇.csv", dtype={"code": str})
    table.loc[2, "slope_deg"] = None
    table.to_csv(tmp_path / "乡镇.csv", index=False)
    made = api.Plan.of(pipeline.run(planfile.load(path), tmp_path))
    (part,) = [c for c in made.contributions if c.wing == "prices"]
    frame = part.table("unit_prices").frame.set_index("unit")
    bare = made.units.index[made.units["zone"].isna()]
    assert len(bare) and frame.loc[bare, ["cap_price", "own_price"]].isna().all(axis=None)
    assert [c.text.en for c in verify(made) if not c.ok and c.level == "error"] == []


def test_a_forged_price_table_is_named(plan):
    (part,) = [c for c in plan.contributions if c.wing == "prices"]
    frame = part.table("limit_prices").frame.copy()
    frame.loc[0, "price"] = 0.123
    tables = tuple(replace(t, frame=frame) if t.name == "limit_prices" else t for t in part.tables)
    others = tuple(c for c in plan.contributions if c.wing != "prices")
    for kept in ((replace(part, tables=tables),), ()):
        lie = replace(plan, contributions=(*others, *kept))
        assert [c for c in verify(lie) if c.check == "verify.told" and not c.ok]


@pytest.mark.slow
def test_losses_travel_with_the_plan(tmp_path):
    path = worlds.write(tmp_path / "in", cap="[cap]\nshare = 0.8\n")
    plan = api.Plan.of(pipeline.run(planfile.load(path), tmp_path / "in"))
    lost = api.unit_losses(plan)
    made = api.with_losses(plan, lost)
    (part,) = [c for c in made.contributions if c.wing == "losses"]
    frame = part.table("unit_losses").frame
    assert frame["worst_share"].max() == 1.0
    worst = frame.loc[frame["barred_upper"].idxmax(), "unit"]
    assert "the plan loses" in " ".join(made.explain(worst, "en").lines)
    assert "方案损失" in " ".join(made.explain(worst, "zh").lines)
    # Both ends are proved and close: whole square metres is all that lies between them.
    wide = (frame["barred_upper"] - frame["barred_lower"]).dropna()
    assert wide.median() <= 0.05 * frame["barred_upper"].max()
    made.save(tmp_path / "out")
    back = api.load(tmp_path / "out")
    assert [c.text.en for c in verify(back, tmp_path / "out") if not c.ok] == []
    again = back.allocate(cap=0.25)
    assert not [c for c in again.contributions if c.wing == "losses"]


def test_classes_of_losses_follow_one_another_up_to_the_worst_unit():
    names = ("barred_lower", "barred_upper", "forced_lower", "forced_upper")
    units = pd.DataFrame(index=pd.Index(["u1", "u2", "u3"], name="unit"))
    rows = pd.DataFrame({n: [1.0, 4.0] for n in names}, index=pd.Index(["u1", "u2"], name="unit"))
    part = contribution(units, rows)
    assert part.table("unit_losses").frame["worst_share"].tolist() == [0.25, 1.0, 0.0]
    classes = part.themes[0].classes
    assert [c.lower for c in classes[1:]] == [c.upper for c in classes[:-1]]
    assert (classes[0].lower, classes[-1].upper) == (0.0, 1.0)
    assert all(c.lower < c.upper for c in classes)
    assert len({c.colour for c in classes}) == len(classes) == 5
    assert classes[0].colour == "#eceae4"  # nothing to lose is the pale one


def test_a_unit_is_asked_the_mean_of_its_free_land():
    """City 0.5 everywhere, key land 0.25 more, farmland 0.8 for each m² of it that is taken."""
    from zoning.capacity import Limit
    from zoning.capacity.rules import STEP
    from zoning.pipeline.priced import _by_unit

    pieces = pd.DataFrame(
        {"unit": ["a", "a", "b", "c"], "free_m2": [30, 10, 0, 20],
         "zone": ["key", "moderate", "key", "moderate"],
         "limit_farm": [STEP // 4, 0, STEP, 2 * STEP]},
        index=["a|s", "a|t", "b|s", "c|s"],
    )  # fmt: skip
    farm = Limit("limit", "farm", cap_m2=1, coefficient="limit_farm")
    near = Limit("city", "city", cap_m2=1, phase="near")
    limits = [Limit("city", "city", cap_m2=1), Limit("quota", "key", cap_m2=1), farm, near]
    limits.append(Limit("county", "x", cap_m2=1))
    table = pd.DataFrame({"price": [0.5, 0.25, 0.8, 9.0, 0.0]})
    units = pd.DataFrame(index=["a", "b", "c", "d"])
    found = _by_unit(units, pieces, limits, table)
    assert found["unit"].tolist() == ["a", "b", "c", "d"]
    caps, own = found["cap_price"].tolist(), found["own_price"].tolist()
    assert [caps[0], caps[2]] == [0.5 + 0.25 * 30 / 40, 0.5]
    assert [own[0], own[2]] == [pytest.approx(0.8 * 0.25 * 30 / 40), pytest.approx(1.6)]
    assert pd.isna(caps[1]) and pd.isna(caps[3]) and pd.isna(own[1])  # nothing is free there
