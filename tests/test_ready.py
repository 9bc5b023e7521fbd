"""Before a run: what the plan, its townships and its method say of one another."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import worlds

from zoning.errors import InputError, Text
from zoning.inputs.ground import Ground
from zoning.pipeline import ready
from zoning.pipeline.method import called_of, load_method
from zoning.planfile.models import Config, PlaceRule

CONFIG = Config.model_validate({
    "inputs": {"boundary": {"path": "b.gpkg"},
               "townships": {"path": "towns.gpkg", "table": "towns.csv"}},
    "zones": {"scheme": "zhenjiang-2013"},
})  # fmt: skip
METHOD = load_method(CONFIG)
A, B, C = worlds.townships()["code"]


def towns(**columns):
    frame = worlds.townships().rename(columns={"code": "township"}).set_index("township")
    return frame.assign(**columns)


def intake(layer=None, *, landuse=1, redlines=1):
    layers = SimpleNamespace(townships=layer, landuse=landuse, redlines=redlines)
    return SimpleNamespace(layers=layers, ground=Ground())


def changed(**parts):
    """Give the plan with some keys of some parts changed."""
    update = {k: getattr(CONFIG, k).model_copy(update=v) for k, v in parts.items()}
    return CONFIG.model_copy(update=update)


def refused(config, layer, method=METHOD, **there):
    with pytest.raises(InputError) as caught:
        ready._rehearse(config, intake(layer, **there), method)
    return caught.value.problems


def whole(finding):
    return (finding.code, finding.where, finding.measured, finding.limit)


def test_what_fits_together_is_told_nothing_of():
    config = changed(indicators={"spread": ("jobs",)})
    assert ready._rehearse(config, intake(towns(jobs=[0, 5, None])), METHOD) == []
    # The file is that of the table, or of the layer where there is no other.
    bare = Config.model_validate({"inputs": {"townships": {"path": "towns.gpkg"}}})
    gone = towns().drop(columns="slope_deg")
    for given, where in ((CONFIG, "towns.csv"), (bare, "towns.gpkg")):
        (problem,) = refused(given, gone)
        assert whole(problem) == ("missing-column", where, None, None)


def test_inputs_that_the_method_needs_and_the_plan_does_without_are_told():
    def told(**there):
        config = changed(redlines={"none": there.pop("none", False)})
        found = ready._rehearse(config, intake(towns(), **there), METHOD)
        return [f.what.en.split(":")[0] for f in found]

    assert told(landuse=None) == ["no land use"]
    assert told(redlines=None) == ["no red lines"]
    assert told(redlines=None, landuse=None) == ["no land use", "no red lines"]
    assert told(redlines=None, none=True) == told() == []


@pytest.mark.parametrize(("column", "near"), [
    ("popultion", Text("did you mean 'population'?", "是否指“population”？")), ("name", None),
])  # fmt: skip
def test_only_columns_of_numbers_can_be_shared_out(column, near):
    (problem,) = refused(changed(indicators={"spread": (column,)}), towns())
    assert whole(problem) == ("missing-column", "towns.csv", None, None)
    assert f"'{column}'" in problem.what.en and f"“{column}”" in problem.what.zh
    assert problem.remedy == near


@pytest.mark.parametrize("kind", ["float64", "Float64"])
def test_only_totals_can_be_shared_out(kind):
    layer = towns(population=pd.array([-1, 0, -2.5], dtype=kind), gdp_10k_yuan=[1, None, 0.0])
    problems = refused(changed(indicators={"spread": ("gdp_10k_yuan", "population")}), layer)
    assert [whole(p) for p in problems] == [
        ("negative-total", "towns.csv", -1, 0), ("negative-total", "towns.csv", -2.5, 0)
    ]  # fmt: skip
    assert problems[1].what == Text(
        f"[indicators] spread: 'population' of township {C} is -2.5",
        f"[indicators] spread：乡镇 {C} 的“population”为 -2.5",
    )
    assert problems[0].remedy == Text("only totals can be shared out", "只能分摊总量")


def test_places_of_rules_must_be_in_the_plan():
    def rules(*places):
        return tuple(PlaceRule(place=p, floor_m2=1, source="s") for p in places)

    cap = {"counties": rules("321001", "9"), "townships": rules("321001", A)}
    county, town = refused(changed(cap=cap), towns())
    assert whole(county) == whole(town) == ("unknown-place", "plan.toml", None, None)
    assert county.what.en == "[[cap.counties]] names '9', which is not in the plan"
    assert county.remedy == Text("known: 321001, 321002", "可用代码：321001、321002")
    assert town.what.zh == "[[cap.townships]] 中的“321001”不在方案内"
    many = pd.concat([towns()] * 5).set_axis([f"t{k:02d}" for k in range(15, 0, -1)])
    (town,) = refused(changed(cap={"townships": rules("x")}), many)
    assert town.remedy.en == "known: " + ", ".join(f"t{k:02d}" for k in range(1, 13))


def test_new_land_is_placed_by_a_suitability():
    bare = replace(METHOD, suitability=None)
    placed = changed(cap={"share": 0.2})
    (problem,) = refused(placed, towns(), bare)
    assert whole(problem) == ("no-suitability", "[zones] method", None, None)
    assert "'two-matrices' has no" in problem.what.en and "enabled" in problem.remedy.zh
    for config, method, landuse in (
        (placed, METHOD, 1), (placed, bare, None), (changed(), bare, 1),
        (changed(cap={"share": 0.2}, allocation={"enabled": False}), bare, 1),
    ):  # fmt: skip
        assert ready._no_suitability(config, intake(landuse=landuse), method) == []


def test_own_columns_stand_beside_measured_ones_and_are_shares_not_percent():
    table = towns(
        built_share=[0, 1, None], farmland_m2=[1, None, None], water_m2=[None] * 3,
        ndvi=[0.1, 0.2, 0.3], redline_share=["0.5", None, "x"],
    )  # fmt: skip
    found = ready._own(table, "f.csv", ("ndvi", "relief_m"))
    told = {f.what.en.split("'")[1] for f in found}
    assert told == {"built_share", "farmland_m2", "ndvi", "redline_share"}
    assert {(whole(f), f.level) for f in found} == {
        (("own-measurement", "f.csv", None, None), "note")}  # fmt: skip
    assert "ndvi" not in {f.what.en.split("'")[1] for f in ready._own(table, "f.csv")}
    table = table.assign(built_share=pd.array([-0.01, 1.01, None], "Float64"),
                         redline_share=["101", "0", "1"])  # fmt: skip
    with pytest.raises(InputError) as caught:
        ready._own(table, "f.csv")
    problems = sorted(caught.value.problems, key=lambda p: p.measured)
    assert [whole(p) for p in problems] == [
        ("share-range", "f.csv", m, 1) for m in (-0.01, 1.01, 101)]  # fmt: skip
    assert problems[1].what == Text(f"'built_share' of township {B} is 1.01",
                                    f"乡镇 {B} 的“built_share”为 1.01")  # fmt: skip
    assert "not percent" in problems[0].remedy.en


def test_a_plan_without_townships_is_told_what_does_nothing():
    rule = [{"place": "x", "floor_m2": 1, "source": "s"}]
    parts = {
        "[zones] overrides": {"zones": {"overrides": "d.csv"}},
        "[indicators] spread": {"indicators": {"spread": ["population"]}},
        "[zones] compare": {"zones": {"compare": ["cube"]}},
        "[[cap.counties]]": {"cap": {"counties": rule}},
        "[[cap.townships]]": {"cap": {"townships": rule}},
    }
    for where, part in parts.items():
        config = Config.model_validate(part)
        (found,) = ready._rehearse(config, intake(), METHOD)
        assert (whole(found), found.level) == (("idle", where, None, None), "warning")
        assert found.remedy == Text("give [inputs.townships]", "请提供 [inputs.townships]")
    assert ready._rehearse(Config(), intake(), METHOD) == []
    # Townships without a part of the plan are none.
    assert ready._rehearse(Config(), intake(towns()), METHOD) == []


def test_a_plan_that_names_no_scheme_is_told_what_to_write():
    def told(layer=1, **zones):
        return ready._unnamed(Config.model_validate({"zones": zones}), intake(layer))

    (found,) = told()
    assert (whole(found), found.level) == (
        ("no-scheme-named", "plan.toml", None, None), "warning")  # fmt: skip
    assert found.remedy == Text('write scheme = "zhenjiang-2013"', '请写 scheme = "zhenjiang-2013"')
    (found,) = told(balance_share=0.4)
    assert found.remedy.en == (
        'write scheme = "zhenjiang-2013"; balance_share -> [[zones.overlay]] code = "balance", '
        "share = 0.4"
    )
    assert told(scheme="zhenjiang-2013") == told(layer=None) == ()
    own = [{"code": c, "zh": c, "en": c} for c in ("key", "moderate", "optimised")]
    assert told(zone=own, scheme="mine") == ()


def test_rules_of_the_method_are_placed_in_its_file():
    def place(code, method):
        problem = SimpleNamespace(code=code, where="two-matrices:zone:r7")
        config = SimpleNamespace(zones=SimpleNamespace(method=method))
        return ready._in_file(problem, config)

    assert place("rule", "cube") == "cube: r7" and place("rule-syntax", "m.toml") == "m.toml: r7"
    assert place("rule", {"base": "cube"}) == "[zones.method]: r7"
    assert place("missing-column", "cube") == ""


def test_rasters_are_called_as_the_plan_calls_them():
    rasters = {
        "a": {"path": "a.tif", "en": "night light", "zh": "夜光", "unit": "nW"},
        "b": {"path": "b.tif", "zh": "植被"}, "c": {"path": "c.tif", "en": "cover"},
        "d": {"path": "d.tif", "kind": "classes", "classes": [1]},
        "e": {"path": "e.tif", "kind": "classes", "classes": [1], "unit": "km"},
    }  # fmt: skip
    found = called_of(Config.model_validate({"inputs": {"rasters": rasters}}))
    assert {k: (c.name.en, c.name.zh, c.unit) for k, c in found.items()} == {
        "a": ("night light", "夜光", "nW"), "b": ("植被", "植被", ""), "c": ("cover", "cover", ""),
        "d": ("d", "d", "share"), "e": ("e", "e", "km"),
    }  # fmt: skip


def test_decisions_are_read_in_the_zones_of_the_plan(tmp_path):
    head = "level,code,zone,reason,who,date\n"
    (tmp_path / "d.csv").write_text(f"{head}unit,u,重点生态功能区,r,w,2024-01-01\n", "utf-8")
    zones = {"scheme": "national", "overrides": "d.csv"}
    found = ready.read_decisions(Config.model_validate({"zones": zones}), tmp_path)
    assert found["zone"].tolist() == ["ecological"]
    assert ready.read_decisions(Config(), tmp_path) is None


def test_a_plan_takes_what_its_files_say_into_itself(tmp_path):
    (tmp_path / "c.csv").write_text(",7,1\n7,90,10\n1,0,5\n", encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        'base = "two-matrices"\nsource = "s"\nevidence = "own"\n', encoding="utf-8"
    )
    rows = {"7": {"7": 90.0, "1": 10.0}, "1": {"7": 0.0, "1": 5.0}}

    def settled(zones=None, **errors):
        config = Config.model_validate({"zones": zones or {}, "errors": errors})
        return ready.settle_method(config, tmp_path)

    for given in ("c.csv", rows):
        land = settled(landuse={"confusion": given}).errors.landuse
        assert land.confusion == rows
    bare = settled(assumed=0.2).errors
    assert (bare.landuse, bare.assumed) == (None, 0.2)
    with pytest.raises(InputError) as caught:
        settled(landuse={"confusion": {"x": {"1": 1}}})
    assert caught.value.problems[0].where == "[errors.landuse] confusion"
    # A method by its name stays a name; a file, or a table, becomes what it says.
    assert settled().zones.method == "two-matrices"
    file = settled({"method": "mine.toml"}).zones.method
    assert dict(file) == {"base": "two-matrices", "source": "s", "evidence": "own"}
    assert dict(settled({"method": {"base": "cube"}}).zones.method) == {"base": "cube"}
