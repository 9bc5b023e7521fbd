"""What stands in run.json is of its kind, or the folder is refused with the place."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import worlds

from zoning import api, pipeline, planfile, store
from zoning.errors import InputError
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
