"""What stands in run.json is of its kind, or the folder is refused with the place."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import worlds

from zoning import api, pipeline, planfile, store
from zoning.errors import InputError
from zoning.planfile.kept import read_run
from zoning.planfile.shape import SHAPE, problems

RULES = """
[allocation]
boundary_weight = 0.05
goals = ["most area"]
[outputs]
qgis = false
map = false
"""
#: Values that once ended in an internal error of the auditor, and where they stood.
ONCE = [
    (("construction", "share"), {}), (("construction", "survey_factor"), "a" * 4000),
    (("zones",), [1]), (("zones", "key"), 7), (("allocation", "certificate"), 0.5),
    (("area_m2",), {}), (("landuse_classes", 0), "x"), (("checks", 0, "where"), ["city"]),
    (("checks", 0, "measured"), {"a": 1}), (("format",), "2"), (("grid", "distortion"), "none"),
    (("allocation", "goals", 0, "prices"), ["dear"]), (("allocation", "objective"), float("inf")),
    (("what_if",), {"lock_out": "all"}), (("area_m2", "city"), 10**30),
    (("grid", "distortion"), {"x": 1}), (("contributions", 0, "wing"), -(2**63)),
    (("contributions", 0, "wing"), []), (("contributions", 0, "title", 0), None),
    (("contributions", 0, "tables", 0, "keys"), [[]]),
    (("contributions", 0, "chapters", 0, "maps"), [[]]),
    (("contributions", 0, "chapters", 0, "charts", 0, "table"), []),
    (("contributions", 0, "chapters", 0, "pages"), {"table": []}),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    box = tmp_path_factory.mktemp("形")
    path = worlds.write(box / "w", extra=RULES)
    api.Plan.of(pipeline.run(planfile.load(path), box / "w")).save(box / "out")
    return box / "out"


def test_honest_folders_have_no_problem(folder, tmp_path):
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert list(problems(run)) == []
    assert {k.strip("!") for k in SHAPE} - set(run) <= {"what_if", "redlines"}
    with zipfile.ZipFile(Path(__file__).parent / "data" / "plan-0.1.0.zip") as old:
        old.extractall(tmp_path)
    assert store.load(tmp_path / "plan-0.1.0").name


@pytest.mark.parametrize(("place", "value"), ONCE)
def test_a_value_of_another_kind_is_refused_with_its_place(folder, place, value):
    path = folder / "run.json"
    honest = path.read_text(encoding="utf-8")
    run = json.loads(honest)
    at = run
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    try:
        path.write_text(json.dumps(run), encoding="utf-8")
        with pytest.raises(InputError) as error:
            store.load(folder)
    finally:
        path.write_text(honest, encoding="utf-8")
    told = error.value.problems
    assert all(p.code == "damaged" and p.tell("en") and p.tell("zh") for p in told)
    assert all("run.json" in p.where for p in told)
    named = str([k for k in place if isinstance(k, str)][-1])
    assert any(named in p.tell("en") for p in told)


KINDS = {
    "!name": "text", "note": "text?", "~more": {"!a": "whole"}, "!both": "flag", "n": "number",
    "w": "whole", "f": "flag", "p": "plain?", "list": ["whole"], "deep": {"in": [{"!k": "text"}]},
    "free": {"*": "number?", "named": "text"},
}  # fmt: skip
GOOD = {"name": "x", "both": True}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, []), ({"note": None, "more": None, "p": None, "other": object()}, []),
        ({"more": {"a": 1}, "n": 1.5, "w": -3, "f": False, "p": "t", "list": [], "note": ""}, []),
        ({"n": 2**63 - 1, "w": 1 - 2**63, "p": float("nan"), "list": [1, 2]}, []),
        ({"p": True}, []), ({"p": 2.5}, []), ({"p": 7}, []), ({"free": {}}, []),
        ({"free": {"a": 1, "b": None, "named": "x"}, "deep": {"in": [{"k": "x"}], "z": 1}}, []),
        ({"name": None}, [("name", "is None, not text", "为 None，应为文本")]),
        ({"name": True}, [("name", "is True, not text", "为 True，应为文本")]),
        ({"both": None}, [("both", "is None, not true or false", "为 None，应为真或假")]),
        ({"both": 1}, [("both", "is 1, not true or false", "为 1，应为真或假")]),
        ({"more": 3}, [("more", "is 3, not a table of keys", "为 3，应为键值表")]),
        ({"more": {}}, [("more", "no a", "缺少 a")]),
        ({"more": {"a": None}}, [("more.a", "is None, not a whole number", "为 None，应为整数")]),
        ({"note": 3}, [("note", "is 3, not text", "为 3，应为文本")]),
        ({"n": True}, [("n", "is True, not a number", "为 True，应为数")]),
        ({"n": "1"}, [("n", "is '1', not a number", "为 '1'，应为数")]),
        ({"n": float("inf")}, [("n", "is inf, not a number", "为 inf，应为数")]),
        ({"n": 2**63}, [("n", "is 9223372036854775808, not a number",
                         "为 9223372036854775808，应为数")]),
        ({"w": -(2**63)}, [("w", "is -9223372036854775808, not a whole number",
                            "为 -9223372036854775808，应为整数")]),
        ({"w": 1.0}, [("w", "is 1.0, not a whole number", "为 1.0，应为整数")]),
        ({"w": None}, [("w", "is None, not a whole number", "为 None，应为整数")]),
        ({"f": 0}, [("f", "is 0, not true or false", "为 0，应为真或假")]),
        ({"p": 2**63}, [("p", "is 9223372036854775808, not a number or text",
                         "为 9223372036854775808，应为数或文本")]),
        ({"p": []}, [("p", "is [], not a number or text", "为 []，应为数或文本")]),
        ({"list": 1}, [("list", "is 1, not a list", "为 1，应为列表")]),
        ({"list": [1, "x", None]}, [("list[1]", "is 'x', not a whole number", "为 'x'，应为整数"),
                                    ("list[2]", "is None, not a whole number",
                                     "为 None，应为整数")]),
        ({"deep": {"in": [{"k": "x"}, {}]}}, [("deep.in[1]", "no k", "缺少 k")]),
        ({"deep": {"in": [{"k": 1}]}}, [("deep.in[0].k", "is 1, not text", "为 1，应为文本")]),
        ({"free": {"a": "x", "named": 1}}, [("free.named", "is 1, not text", "为 1，应为文本"),
                                            ("free.a", "is 'x', not a number", "为 'x'，应为数")]),
        ({"note": 10**38}, [("note", f"is {10**38}, not text", f"为 {10**38}，应为文本")]),
        ({"note": 10**39}, [("note", f"is 1{'0' * 36}..., not text",
                             f"为 1{'0' * 36}...，应为文本")]),
    ],
)  # fmt: skip
def test_values_are_of_the_kinds_that_are_named(more, told):
    found = list(problems({**GOOD, **more}, KINDS))
    assert [(p.where, p.what.en, p.what.zh) for p in found] == [
        (f"run.json: {place}", en, zh) for place, en, zh in told
    ]
    remedy = ("run zoning run again", "请重新运行 zoning run")
    assert all((p.code, tuple(p.remedy)) == ("damaged", remedy) for p in found)


def test_all_keys_that_are_missing_are_named_at_once():
    (told,) = problems({"note": "x"}, KINDS)
    assert (told.where, *told.what) == ("run.json", "no name, both", "缺少 name、both")
    (told,) = problems([], KINDS)
    assert (told.where, told.what.en) == ("run.json", "is [], not a table of keys")


def test_run_json_names_the_file_once_and_a_newer_one_is_not_read(tmp_path):
    path = tmp_path / "run.json"
    run = {"plan": "x", "notice": "", "config": {}, "grid": {}, "area_m2": {"city": 1},
           "checks": []}  # fmt: skip

    def read(**more):
        path.write_text(json.dumps({**run, **more}, ensure_ascii=False), encoding="utf-8")
        return read_run(path)

    assert read(format=2, plan="镇江") == {**run, "plan": "镇江", "format": 2}
    old = read(format=1, config={"cap": {"share": 0.2}})
    assert old["format"] == 2 and old["config"]["cap"]["source"] == "choice of this plan"
    with pytest.raises(InputError) as error:
        read(format=2, plan=3, checks=3)
    assert [p.where for p in error.value.problems] == [f"{path}: plan", f"{path}: checks"]
    with pytest.raises(InputError) as error:
        read(format=3)
    (told,) = error.value.problems
    assert (told.code, told.where, told.measured, told.limit) == ("newer-format", str(path), 3, 2)
    assert told.what.en == "written by a newer version (format 3, known up to 2)"
    assert told.remedy.en == "update zoning: pip install -U zoning"
    with pytest.raises(TypeError, match="format is '2'"):
        read(format="2")
    del run["checks"], run["grid"]
    with pytest.raises(KeyError, match="no grid, checks"):
        read(format=2)
