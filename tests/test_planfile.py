"""plan.toml: strict, all problems at once, sources beside numbers."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from zoning.errors import InputError
from zoning.planfile import load, parse
from zoning.planfile.models import Config
from zoning.planfile.read import json_schema


def problems(raw):
    with pytest.raises(InputError) as caught:
        parse(raw)
    return caught.value.problems


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
    found = problems({"cap": {"base_area_m2": 10, "counties": [{"place": "1", "floor_m2": 5}]}})
    assert [p.code for p in found] == ["value-missing"]
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
    config = parse({"plan": {"name": "x"}, "cap": {"share": 0.3}, "grid": {"origin_m": [5, 6]}})
    data = json.loads(json.dumps(config.model_dump(mode="json", exclude_defaults=True)))
    assert parse(data) == config


def test_defaults_are_data_with_sources():
    cap = Config().cap
    assert cap.share == 0.28
    assert cap.zone_caps["key"].share == 0.30
    assert cap.zone_caps["balance"].share is None
    assert {z: q.share for z, q in cap.quotas.items()} == {
        "optimised": 0.35, "key": 0.55, "moderate": 0.10,
    }  # fmt: skip
    rules = [*cap.zone_caps.values(), *cap.quotas.values(), cap.eco_agri_share, cap]
    assert all(r.source and r.evidence for r in rules)


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
    from zoning.planfile.template import write_template

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
    assert config.inputs.locks[0].code == "farmland"
    assert config.cap.quotas["key"].share == 0.55
    # As it is written, it is a plan as well.
    assert load(file).plan.name
