"""plan.toml: strict, all problems at once, sources beside numbers."""

from __future__ import annotations

import json
import re
import tomllib

import geopandas as gpd
import pandas as pd
import pytest
from pydantic import ValidationError
from shapely import box

from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.inputs.china import Area
from zoning.planfile import load, parse
from zoning.planfile.layers import ParkLayer, PlanLayer
from zoning.planfile.models import Config, OutputsPart
from zoning.planfile.part import Column
from zoning.planfile.read import complete, json_schema
from zoning.planfile.template import write_template
from zoning.schemes import scheme_of


def problems(raw):
    with pytest.raises(InputError) as caught:
        parse(raw)
    return caught.value.problems


def test_keys_under_the_rows_of_a_list_have_suggestions_of_their_own_table():
    layer = {"kind": "water", "path": "w.gpkg", "columns": {"published": "x"}}
    (told,) = problems({"inputs": {"protections": [layer]}})
    assert "'published_m2'" in told.tell("en")


def test_all_problems_come_at_once_with_suggestions():
    found = problems(
        {
            "grid": {"cel_m": 500, "origin_m": [0, "x"]},
            "cap": {"share": 28},
            "zonen": {},
            "inputs": {"townships": {"path": "t.gpkg", "nmae": "NAME"}},
        }
    )
    told = "\n".join(p.tell("en") for p in found)
    assert len(found) == 5
    assert "did you mean 'cell_m'" in told
    assert "did you mean 'zones'" in told
    assert "did you mean 'name'" in told
    assert "it is 28" in told
    assert all(p.tell("zh") for p in found)


def test_numbers_need_a_source():
    rules = parse({"cap": {"counties": [{"place": "1", "floor_m2": 5}]}}).cap.counties
    assert rules[0].source == "choice of this plan"
    found = problems({"cap": {"base_area_m2": 10}})
    assert [p.code for p in found] == ["no-source"]


def test_surveys_must_agree_or_a_conversion_be_given():
    raw = {
        "cap": {"survey": "二调 2009"},
        "inputs": {"landuse": {"path": "x.tif", "survey": "三调 2019"}},
    }
    assert [p.code for p in problems(raw)] == ["survey-mismatch"]
    raw["cap"]["survey_factor"] = 0.97
    assert parse(raw).cap.survey_factor == 0.97


def test_slivers_need_a_share():
    assert [p.code for p in problems({"grid": {"slivers": "drop"}})] == ["no-min-share"]
    assert [p.code for p in problems({"grid": {"min_share": 0.1}})] == ["idle-min-share"]


def test_ranges_are_told_in_chinese_too():
    raw = {"cap": {"share": 28}, "grid": {"cell_m": 0, "slivers": "x"}, "plan": {"lang": "fr"}}
    told = "\n".join(p.tell("zh") for p in problems(raw))
    for words in ("须不大于 1", "须大于 0", "只能是", "现为 28"):
        assert words in told
    assert "Input should" not in told


def test_files_that_are_no_toml_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "plan.toml")
    bad = tmp_path / "坏 文件.toml"
    bad.write_text("[plan\nname = 1", encoding="utf-8")
    with pytest.raises(InputError, match="not readable as TOML"):
        load(bad)
    bad.write_bytes('[plan]\nname = "镇江"'.encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        load(bad)


def test_a_byte_order_mark_of_notepad_is_fine(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes('[plan]\nname = "镇江"'.encode("utf-8-sig"))
    assert load(path).plan.name == "镇江"


def test_a_configuration_survives_the_way_through_json():
    config = parse(
        {
            "plan": {"name": "x"}, "grid": {"origin_m": [5, 6]}, "zones": {"balance_share": 0.3},
            "cap": {
                "share": 0.3, "quotas": {"key": "none", "moderate": 0.2}, "eco_agri_share": 0.6,
                "zone_caps": {"key": 0.5, "balance": "existing", "moderate": "none"},
            },
        }
    )  # fmt: skip
    data = json.loads(json.dumps(config.model_dump(mode="json")))
    assert parse(data) == config
    assert data["cap"]["zone_caps"]["balance"]["share"] == "existing"


def test_no_city_is_anyones_default():
    cap = Config().cap
    assert (cap.share, cap.zone_caps, cap.quotas, cap.eco_agri_share) == (None, {}, {}, None)
    stated = parse({"cap": {"share": 0.27, "zone_caps": {"key": 0.3, "balance": "existing"},
                            "quotas": {"key": 0.5}, "eco_agri_share": 0.6}}).cap  # fmt: skip
    rules = [stated, *stated.zone_caps.values(), *stated.quotas.values(), stated.eco_agri_share]
    # Nothing borrows a source of the number that stood elsewhere before.
    assert {(r.source, r.evidence) for r in rules} == {("choice of this plan", "own")}
    assert stated.zone_caps["balance"].share is None


def test_a_threshold_of_ones_own_does_not_borrow_the_source_of_the_default():
    own = scheme_of(parse({"zones": {"balance_share": 0.3}}).zones).overlays[0]
    assert (own.share, own.source, own.evidence) == (0.3, "choice of this plan", "own")
    given = {"balance_share": 0.3, "balance_source": "decree", "balance_evidence": "S"}
    told = scheme_of(parse({"zones": given}).zones).overlays[0]
    assert (told.source, told.evidence) == ("decree", "S")
    shipped = scheme_of(parse({}).zones).overlays[0]
    assert (shipped.share, shipped.evidence) == (0.5, "I")


def test_none_drops_a_rule_on_purpose():
    cap = parse({"cap": {"share": 0.2, "zone_caps": {"key": 0.3, "moderate": "none"},
                         "quotas": {"key": 0.5, "optimised": "none"},
                         "eco_agri_share": "none"}}).cap  # fmt: skip
    assert cap.zone_caps["moderate"] is None and cap.zone_caps["key"].share == 0.3
    assert cap.quotas["optimised"] is None and cap.eco_agri_share is None


@pytest.mark.parametrize(
    ("cap", "code", "said"),
    [
        ({"share": 0.2, "source": "a plan"}, "no-evidence", "[cap] has a source"),
        ({"share": 0.2, "evidence": "S"}, "no-source", "[cap] has evidence 'S'"),
        ({"share": 0.2, "quotas": {"key": {"share": 0.1, "source": "x"}}}, "no-evidence",
         "[cap.quotas.key]"),
        ({"zone_caps": {"kee": 0.3}}, "unknown-zone", "zone 'kee'"),
        ({"zone_caps": {"kee": "none"}}, "unknown-zone", "did you mean 'key'"),
        ({"share": 0.1, "quotas": {"kee": 0.3}}, "unknown-zone", "[cap.quotas]"),
        ({"quotas": {"key": 0.3}}, "no-cap", "no [cap] share is given. Try: state [cap] share"),
        ({"zone_caps": {"key": {"shar": 0.3}}}, "unknown-key", "did you mean 'share'"),
        ({"share": 0.1, "source": "x", "evidence": "sure"}, "evidence", "sure"),
        ({"share": 0.1, "zone_caps": {"key": "exists"}}, "value-float_parsing", "exists"),
    ],
)  # fmt: skip
def test_rules_that_do_not_hold_are_told(cap, code, said):
    with pytest.raises(InputError) as caught:
        parse({"cap": cap})
    assert [p.code for p in caught.value.problems] == [code]
    assert said in caught.value.problems[0].tell("en")


def test_no_table_of_a_plan_can_be_changed_behind_its_back():
    config = Config()
    for table in (config, config.cap, config.zones, config.errors, Column(**{"from": "x"})):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(table, next(iter(type(table).model_fields)), 1)


def test_the_reference_plan_states_the_rules_that_init_copies():
    shipped = load_toml("capacity", "caps.toml")["cap"]
    # But for moderate zones, which exceed the published rule in the reconstruction: it says so.
    plan = load_toml("zhenjiang.toml")
    caps = {**plan["cap"]["zone_caps"], "moderate": shipped["zone_caps"]["moderate"]}
    assert {**plan["cap"], "zone_caps": caps} == shipped
    own = plan["cap"]["zone_caps"]["moderate"]
    assert own["share"] == "existing" and own["evidence"] == "own" and "own choice" in own["source"]
    for zone, rule in plan["published"]["zone_caps"].items():
        assert rule["share"] == shipped["zone_caps"][zone]["share"]
    rules = [shipped, shipped["eco_agri_share"], *shipped["zone_caps"].values(),
             *shipped["quotas"].values()]  # fmt: skip
    assert all(r["source"].startswith("镇江市主体功能区规划") and r["evidence"] for r in rules)


def test_init_writes_the_rules_out_and_says_whose_they_are(tmp_path):
    (file,) = write_template(tmp_path, None)
    cap = load(file).cap
    assert (cap.share, cap.zone_caps["key"].share, cap.quotas["moderate"].share) == (0.28, 0.3, 0.1)
    assert cap.zone_caps["balance"].share is None
    rules = [cap, cap.eco_agri_share, *cap.zone_caps.values(), *cap.quotas.values()]
    # In another city's plan they are the choice of whoever keeps them.
    assert {r.evidence for r in rules} == {"own"}
    assert all(r.source.startswith("example, taken over from: 镇江市") for r in rules)


def test_a_configuration_of_format_1_is_completed_from_the_defaults_of_its_time():
    old = complete({"cap": {"zone_caps": {"key": {"share": 0.4, "source": "s", "evidence": "own"}}},
                    "inputs": {"townships": {"path": "t.gpkg", "table": "t.csv"},
                               "locks": [{"path": "l.gpkg", "code": "L"}]}}, 1)  # fmt: skip
    config = parse(old)
    # Version 0.1.0 took a table of zones whole: the others had no cap then.
    assert set(config.cap.zone_caps) == {"key"}
    assert config.cap.share == 0.28 and config.cap.source.startswith("镇江市")
    assert config.cap.quotas["optimised"].share == 0.35
    assert config.inputs.townships.tolerance_m2 == 10_000 and config.inputs.locks[0].code == "L"
    borrowed = complete({"cap": {"share": 0.27}, "zones": {"balance_share": 0.3}}, 1)
    assert (borrowed["cap"]["source"], borrowed["cap"]["evidence"]) == (
        "choice of this plan",
        "own",
    )
    assert borrowed["zones"]["balance_source"] == "choice of this plan"
    assert complete({"cap": {"share": 0.27}}, 2) == {"cap": {"share": 0.27}}


def test_every_key_is_described_in_the_schema():
    schema = json_schema()
    parts = schema["$defs"]
    bare = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, value in part["properties"].items()
        if "description" not in value and "$ref" not in value
    ]
    # Tables inside tables are described by their own docstring.
    assert [b for b in bare if not b.startswith("InputsPart.")] == []


def test_every_example_of_the_template_is_a_key_that_exists(tmp_path):
    (file,) = write_template(tmp_path, None)
    text = file.read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        # Prose stays prose: an example is a table head or a key with a value.
        example = re.match(r"(\[|[a-z_0-9]+ = )", bare) and line.startswith("# ")
        lines.append(bare if example else line)
    whole = "\n".join(lines).replace('= "..."', '= "x"')
    config = parse(tomllib.loads(whole))
    assert [p.kind for p in config.inputs.protections] == ["redline", "basic_farmland"]
    assert config.inputs.protections[0].columns.code == "area_code"
    assert config.cap.quotas["key"].share == 0.55
    # As it is written, it is a plan as well.
    assert load(file).plan.name


def test_what_a_plan_of_format_1_said_itself_stays_said():
    said = {"share": 0.27, "source": "a plan", "evidence": "C"}
    assert complete({"cap": said}, 1)["cap"] | said == complete({"cap": said}, 1)["cap"]
    old = complete({"inputs": {"locks": [{"path": "l.gpkg", "code": "L"}]}}, 1)
    assert old["inputs"]["locks"][0]["source"] == "own choice"
    # Quotas that are none on purpose need no cap.
    assert parse({"cap": {"quotas": {"key": "none"}}}).cap.share is None
    # A source without a number speaks of the number that the scheme has.
    zones = parse({"zones": {"balance_source": "y", "balance_evidence": "S"}}).zones
    ruling = scheme_of(zones).overlays[0]
    assert (ruling.share, ruling.source, ruling.evidence) == (0.5, "y", "S")


@pytest.mark.parametrize(
    ("said", "code"),
    [("", None), ('source = "x"', None), ('source = "x"\nevidence = "S"', None),
     ('source = "x"\nevidence = "sure"', "evidence"), ('evidence = "S"', "no-source")],
)  # fmt: skip
def test_rules_of_places_have_evidence_too(said, code):
    text = f'[plan]\nname = "a"\n[cap]\n[[cap.counties]]\nplace = "1"\nfloor_m2 = 4\n{said}\n'
    data = {**tomllib.loads(text), "inputs": {"boundary": {"path": "a.gpkg"}}}
    if code is None:
        (rule,) = parse(data, "plan.toml").cap.counties
        assert rule.evidence == ("S" if '"S"' in said else "own")
        return
    with pytest.raises(InputError) as caught:
        parse(data, "plan.toml")
    assert [p.code for p in caught.value.problems] == [code]


def test_giving_land_up_costs_nothing_beyond_its_suitability_where_no_price_is_stated():
    rule = parse({"cap": {"reduction": [{"name": "mines", "upper_m2": 5}]}}).cap.reduction[0]
    assert (rule.price, rule.share, rule.lower_m2) == (0.0, 1.0, 0)


def test_a_column_is_called_and_scaled_as_the_file_says():
    named = {"code": "编号", "planned_area_ha": {"from": "面积_km2", "factor": 100}}
    park = ParkLayer.model_validate({"path": "p.gpkg", "columns": named, "name": "名"})
    heads = [park.head(n) for n in ("code", "planned_area_ha", "name", "kind", "year")]
    assert heads == ["编号", "面积_km2", "名", "kind", None]
    assert [park.factor(n) for n in ("code", "planned_area_ha", "name")] == [1.0, 100.0, 1.0]
    assert park.named == {"code": "编号", "planned_area_ha": "面积_km2"}
    plan = PlanLayer(role="draft", path="d.gpkg", class_column="类")
    assert plan.head("class") == "类" and plan.named == {}


def test_a_scaled_column_is_written_as_it_is_read():
    column = Column.model_validate({"from": "x"})
    assert column == Column(from_="x") and column.factor == 1.0
    assert column.model_dump(mode="json") == {"from": "x", "factor": 1.0}
    for wrong in ({"from": "x", "facter": 2}, {"from": "x", "factor": 0}, {"factor": 2}):
        with pytest.raises(ValidationError):
            Column.model_validate(wrong)


def test_one_code_is_a_list_of_one():
    rule = parse({"cap": {"limit": [{"name": "a", "county": "c", "zone": ["key", "x"]}]}}).cap.limit
    assert (rule[0].county, rule[0].zone, rule[0].township) == (("c",), ("key", "x"), ())


@pytest.mark.parametrize("counties", [True, False])
def test_init_writes_the_outline_of_a_place_and_its_counties(tmp_path, counties):
    shape = box(119, 32, 120, 33)
    city = Area("321100", "镇江市", "city", ("江苏省", "镇江市"), shape, "tianditu", "a licence")
    index = pd.Index(["321112", "321102"], name="county")
    halves = [box(119, 32, 119.5, 33), box(119.5, 32, 120, 33)]
    parts = gpd.GeoDataFrame({"name": ["丹徒区", "京口区"]}, index=index, geometry=halves, crs=4326)
    folder = tmp_path / "a" / "b"
    made = write_template(folder, city, parts if counties else None)
    names = ["boundary.gpkg", "counties.gpkg", "plan.toml"]
    assert made == [folder / n for n in names if counties or n != "counties.gpkg"]
    assert sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) == [
        p.name for p in made]  # fmt: skip
    written = (folder / "plan.toml").read_bytes()
    assert b"\r" not in written and 'name = "镇江市"\n' in written.decode("utf-8")
    config = load(folder / "plan.toml")
    assert (config.plan.name, config.inputs.boundary.path) == ("镇江市", "boundary.gpkg")
    (outline,) = gpd.read_file(folder / "boundary.gpkg", layer="boundary").itertuples()
    assert (outline.name, outline.adcode, outline.source) == ("镇江市", "321100", "a licence")
    assert outline.geometry.equals(shape)
    if counties:
        assert config.inputs.counties.path == "counties.gpkg"
        assert config.inputs.counties.columns == {"code": "county"}
        read = gpd.read_file(folder / "counties.gpkg", layer="counties")
        assert read[["county", "name"]].to_numpy().tolist() == [["321112", "丹徒区"],
                                                                ["321102", "京口区"]]  # fmt: skip
    else:
        assert config.inputs.counties is None
    with pytest.raises(InputError) as caught:
        write_template(folder)
    (told,) = caught.value.problems
    assert (told.code, told.where, *told.what, *told.remedy) == (
        "exists", str(folder), "there is a plan.toml already", "已有 plan.toml",
        "choose another folder", "请另选文件夹",
    )  # fmt: skip


def test_init_without_a_place_leaves_the_boundary_to_the_planner(tmp_path):
    assert write_template(tmp_path) == [tmp_path / "plan.toml"]
    config = load(tmp_path / "plan.toml")
    assert (config.plan.name, config.inputs.boundary.path) == ("我的方案", "boundary.gpkg")
    assert config.zones.scheme == "zhenjiang-2013"
    text = (tmp_path / "plan.toml").read_text(encoding="utf-8")
    assert '# code = "balance"\n' in text and "以下数值取自一个城市" in text
    # The rules are those that ship: each number, its source taken over, its evidence the plan's.
    shipped, mine = load_toml("capacity", "caps.toml")["cap"], tomllib.loads(text)["cap"]
    assert mine["share"] == shipped["share"] and mine.keys() == shipped.keys()
    assert mine["source"] == "example, taken over from: " + shipped["source"]


def test_a_method_in_the_file_knows_its_lines_and_one_of_a_name_does_not(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text("[plan]\nname = 'x'\n[zones.method]\nx = 1\n", encoding="utf-8")
    config = load(path)
    assert config.zones.method == {"x": 1} and config.plan.name == "x"
    assert config.zones.method.document.at(config.zones.method.path) == f"{path}:3"
    assert load(write_template(tmp_path / "a")[0]).zones.method == "two-matrices"


def test_what_stands_in_format_1_goes_before_the_defaults_of_its_time():
    """Lists and tables of inputs are filled up row by row, other tables key by key."""
    given = {
        "plan": {"name": "x"}, "zones": {"balance_share": 0.3, "balance_source": "s"},
        "cap": {"source": "p", "quotas": {"key": {"share": 0.5}}},
        "inputs": {"boundary": {"path": "b.gpkg"}, "townships": None,
                   "locks": [{"path": "l.gpkg", "code": "L", "source": "mine"}]},
    }  # fmt: skip
    whole, bare = complete(given, 1), complete({}, 1)
    assert complete(given, 2) is given and complete({}, 1) == bare
    assert whole["plan"] == {**bare["plan"], "name": "x"}
    assert whole["cap"] == {**bare["cap"], "source": "p", "evidence": "own",
                            "quotas": given["cap"]["quotas"]}  # fmt: skip
    assert whole["zones"] == {**bare["zones"], "balance_share": 0.3, "balance_source": "s",
                              "balance_evidence": "own"}  # fmt: skip
    assert whole["inputs"]["townships"] is None
    assert whole["inputs"]["locks"][0]["source"] == "mine"
    assert whole["inputs"]["locks"][0].keys() > {"path", "code"}
    assert whole["inputs"]["boundary"]["path"] == "b.gpkg"
    said = complete({"cap": {"share": 0.2, "source": "p", "evidence": "S"}}, 1)["cap"]
    assert (said["source"], said["evidence"]) == ("p", "S")
    assert bare["cap"]["evidence"] != "own" and bare["cap"]["source"].startswith("镇江市")


def test_a_run_leaves_the_project_and_the_map_and_nothing_else_unasked():
    assert OutputsPart().model_dump() == {
        "qgis": True, "map": True, "ladder": False, "patterns": False, "tables": False,
        "report": False, "withhold": (),
    }  # fmt: skip
