"""Every answer as JSON has the documented form, and says which form that is."""

from __future__ import annotations

import json

import jsonschema
import pytest
import worlds

import zoning as zn
from zoning import api
from zoning.base.shipped import data_path
from zoning.cli import app
from zoning.cli.console import ANSWER_FORMAT

from test_cli import zoning  # isort: skip

SCHEMA = json.loads(data_path("answers", "schema.json").read_text(encoding="utf-8"))


def valid(answer: dict, command: str | None = None) -> None:
    """Hold an answer against its part of the schema."""
    name = command or answer["answer"]["command"]
    part = SCHEMA["$defs"]["error"] if "error" in answer else SCHEMA["commands"][name]
    jsonschema.validate(answer, {**part, "$defs": SCHEMA["$defs"]})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("答复")
    plan = worlds.write(folder)
    zn.run(plan, folder / "成果")
    return folder


def test_every_command_has_its_form_and_no_form_is_left_over():
    assert set(SCHEMA["commands"]) == set(app.functions())
    for part in SCHEMA["commands"].values():
        jsonschema.Draft202012Validator.check_schema({**part, "$defs": SCHEMA["$defs"]})


PLAN, OUT = "plan.toml", "成果"
CALLS = [
    ("init", "新"),
    ("check", PLAN),
    ("check", "边界.gpkg"),
    ("run", PLAN, "-o", "又"),
    ("grid", "--boundary", "边界.gpkg", "-o", "u.gpkg"),
    ("explain", OUT, "甲镇"),
    ("explain", OUT, "120.01,31.64"),
    ("allocate", OUT, "--cap", "0.2", "-o", "二"),
    ("allocate", OUT, "--cap", "0.2:0.21"),
    ("allocate", OUT, "--alternatives", "2"),
    ("stability", OUT, "--draws", "20"),
    ("price", OUT),
    ("methods", OUT),
    ("verify", OUT),
    ("site", OUT, "120.01,31.64"),
    ("diff", OUT, "二"),
    ("map", OUT, "-o", "m.html"),
    ("report", OUT, "-o", "r"),
    ("export", OUT, "--to", "geojson", "-o", "x"),
    ("evaluate", "town", "--roles"),
    ("policy", "list"),
    ("policy", "check", "dual-control"),
    ("policy", "run", "dual-control", "--examples"),
    ("qgis", "install", "--profiles", "p"),
    ("qgis", "where", "--profiles", "p"),
    ("commands",),
    ("explain", OUT, "无此地"),
    ("export", OUT, "--to", "nothing"),
    ("grid", "-o", "a.xyz", "--boundary", "边界.gpkg"),
]  # fmt: skip


#: Commands that take more than two seconds on a city.
LONG = ("run", "grid", "allocate", "stability", "price", "methods", "verify", "map", "report",
        "export")  # fmt: skip


@pytest.mark.slow
def test_answers_have_their_form_and_long_work_tells_its_steps(world, monkeypatch):
    for call in CALLS:
        monkeypatch.setenv("ZONING_PROGRESS", "lines")
        done = zoning(*call, "--json", cwd=world)
        if call[0] in LONG and done.returncode in (0, 1):
            assert '{"progress"' in done.stderr, call
        answer = json.loads(done.stdout)
        about = answer["answer"]
        assert about == {"format": ANSWER_FORMAT, "command": call[0], "zoning": zn.__version__}
        assert ("error" in answer) == (done.returncode not in (0, 1)), call
        valid(answer)
        for file in answer.get("written", ()):
            assert (world / file).exists(), (call, file)


@pytest.mark.slow
def test_a_key_without_a_word_in_the_schema_is_noticed(world):
    answer = json.loads(zoning("verify", OUT, "--json", cwd=world).stdout)
    valid(answer)
    with pytest.raises(jsonschema.ValidationError):
        valid({**answer, "verdict": 1})
    with pytest.raises(jsonschema.ValidationError):
        valid({k: v for k, v in answer.items() if k != "ok"})


@pytest.mark.slow
def test_the_answer_also_goes_into_a_file_beside_the_words(world, tmp_path, monkeypatch):
    place = tmp_path / "a.json"
    monkeypatch.setenv("ZONING_ANSWER", str(place))
    monkeypatch.setenv("ZONING_PROGRESS", "lines")
    done = zoning("price", OUT, "-o", "p", cwd=world)
    answer = json.loads(place.read_text(encoding="utf-8"))
    valid(answer, "price")
    assert {(world / f).name for f in answer["written"]} >= {"prices.csv"}
    steps = [json.loads(x)["progress"] for x in done.stderr.splitlines() if x[:1] == "{"]
    assert steps and steps[-1]["done"] == steps[-1]["of"]
    assert "规则" in done.stdout or "rule" in done.stdout


@pytest.mark.parametrize("command", [c for c in api.COMMANDS if c not in ("qgis", "open")])
def test_usage_errors_have_the_form_of_errors(command):
    done = zoning(command, "--no-such-option", "--json")
    answer = json.loads(done.stdout)
    valid(answer)
    assert done.returncode == 2 and answer["answer"]["format"] == ANSWER_FORMAT
