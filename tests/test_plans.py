"""Other plans of the same land: read through the front door, with every trouble told."""

from __future__ import annotations

import geopandas as gpd
import pytest
import worlds

from zoning import planfile
from zoning.errors import InputError
from zoning.inputs.gather import gather
from zoning.inputs.plans import UNKNOWN, load_roles, read_plans

PLANS = """
[[inputs.plans]]
path = "土规.gpkg"
role = "land_use_plan"
class_column = "管制区"
year = 2014
survey = "二调"

[[inputs.plans]]
path = "城规.gpkg"
role = "urban_plan"
class_column = "用地"
year = 2020
survey = "三调"
precedence = 2
[inputs.plans.classes]
"老厂" = "industrial"
"""


def write(folder, extra=PLANS, land=("允许建设区", "020"), town=("R", "老厂")):
    path = worlds.write(folder, extra=extra)
    gpd.GeoDataFrame(
        {"管制区": list(land)}, geometry=[worlds.square(0.2, 0.3), worlds.square(2, 1)],
        crs=worlds.CRS,
    ).to_file(folder / "土规.gpkg")  # fmt: skip
    gpd.GeoDataFrame(
        {"用地": list(town)}, geometry=[worlds.square(0.5, 0.5), worlds.square(3, 1)],
        crs=worlds.CRS,
    ).to_crs("EPSG:4490").to_file(folder / "城规.gpkg")  # fmt: skip
    return path


def codes(folder, **how) -> set[str]:
    with pytest.raises(InputError) as told:
        gather(planfile.load(write(folder, **how)), folder)
    return {p.code for p in told.value.problems}


def test_plans_are_read_in_the_words_of_their_roles(tmp_path):
    intake = gather(planfile.load(write(tmp_path)), tmp_path)
    plans = intake.plans
    assert plans["class"].tolist() == ["allowed", "conditional", "residential", "industrial"]
    assert plans["value"].tolist() == ["允许建设区", "020", "R", "老厂"]
    assert plans["precedence"].isna().tolist() == [True, True, False, False]
    assert plans.crs == worlds.CRS and round(plans.area.sum()) == 4_000_000
    assert {"land_use_plan", "urban_plan"} <= {s.role for s in intake.sources}
    told = {f.code for f in intake.findings}
    assert {"plan-years", "plan-surveys"} <= told
    alone, sources, _ = read_plans(planfile.load(tmp_path / "plan.toml").inputs.plans, tmp_path,
                                   worlds.CRS)  # fmt: skip
    assert len(sources) == 2 and alone.drop(columns="geometry").equals(
        plans.drop(columns="geometry")
    )


def test_one_year_and_survey_is_no_trouble(tmp_path):
    same = PLANS.replace("2014", "2020").replace("二调", "三调")
    found = gather(planfile.load(write(tmp_path, same)), tmp_path).findings
    assert not {f.code for f in found} & {"plan-years", "plan-surveys"}


def test_unknown_classes_are_told_and_missing_ones_stay_unknown(tmp_path):
    intake = gather(planfile.load(write(tmp_path, town=("R9", None))), tmp_path)
    assert intake.plans["class"].tolist()[2:] == ["R9", UNKNOWN]
    told = {f.code: f for f in intake.findings}
    assert "R9" in told["plan-class"].what.en and "residential" in told["plan-class"].remedy.en
    assert told["plan-class-missing"].measured == 1


def test_no_layer_is_named_twice(tmp_path):
    again = PLANS + '[[inputs.plans]]\npath = "红线.gpkg"\nrole = "forest"\nclass_column = "type"\n'
    assert codes(tmp_path, extra=again) == {"named-twice"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('role = "urban_plan"', 'role = "redline"', "plan-role"),
        ('class_column = "用地"', 'class_column = "地类"', "missing-column"),
        ('class_column = "用地"\n', "", "no-class"),
        ('class_column = "用地"', 'class_column = "用地"\nclass_of_all = "R"', "stated-twice"),
        ('"城规.gpkg"', '"没有.gpkg"', "missing-file"),
    ],
)
def test_what_stops_a_plan(tmp_path, old, new, code):
    assert codes(tmp_path, extra=PLANS.replace(old, new)) == {code}


def test_a_layer_may_be_of_one_class_and_moved_as_a_whole(tmp_path):
    one = PLANS.replace('class_column = "用地"', 'class_of_all = "R"\nmove_m = [30.0, -40.0]')
    intake = gather(planfile.load(write(tmp_path, one)), tmp_path)
    assert intake.plans["class"].tolist()[2:] == ["residential"] * 2
    x, y = intake.plans.geometry[2].centroid.coords[0]
    assert (round(x), round(y)) == (worlds.X + 1030, worlds.Y + 960)
    assert "moved-plan" in {f.code for f in intake.findings}


def test_a_misspelt_role_is_a_role_of_ones_own_and_told(tmp_path):
    odd = PLANS.replace('role = "urban_plan"', 'role = "urban_plann"')
    found = {f.code: f for f in gather(planfile.load(write(tmp_path, odd)), tmp_path).findings}
    assert found["own-role"].level == "warning" and "urban_plan" in found["own-role"].remedy.en


def test_names_of_classes_mean_one_class_each():
    for role in load_roles().values():
        names = [w for c in role.classes for w in {c.code, c.name.zh, c.name.en, *c.names}]
        assert len(names) == len(set(names)), role.code
        assert role.outside == "none" or role.known(role.outside)
