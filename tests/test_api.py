"""The public door: one function per command, a Plan that answers itself, types that hold."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning import api, plan, store
from zoning.cli import app as cli

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("规划 门")
    made = zn.run(worlds.write(folder), folder / "成果")
    return made, folder / "成果"


def test_every_command_has_a_function_of_its_name_and_every_function_a_command():
    commands = set(cli.functions()) - {"commands"}
    assert commands == set(api.COMMANDS)
    # A function whose name is that of a room stays in `zoning.api`.
    rooms = {p.stem for p in Path(zn.__file__).parent.iterdir()}
    assert set(api.COMMANDS) - rooms <= set(zn.__all__)
    for name in commands:
        assert callable(getattr(api, name))


def test_public_names_open_and_none_is_hidden_by_a_room():
    rooms = {p.stem if p.suffix else p.name for p in (ROOT / "zoning").iterdir()}
    for name in zn.__all__:
        assert getattr(zn, name) is not None
        assert name == "api" or name not in rooms, f"importing zoning.{name} would replace it"
    assert set(zn.__all__) <= set(dir(zn))
    with pytest.raises(AttributeError, match=r"laod.*Did you mean: 'load'"):
        _ = zn.laod


def test_what_type_checkers_see_is_what_there_is():
    tree = ast.parse((ROOT / "zoning" / "__init__.py").read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If))
    seen = {a.asname for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert seen == set(zn.__all__)


@pytest.mark.slow
def test_types_of_the_door_hold_for_mypy(tmp_path):
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        "import zoning as zn\n"
        "reveal_type(zn.load)\n"
        'reveal_type(zn.load("out").allocate(cap=0.27))\n'
        "zn.laod\n"
        'zn.load("out").alocate()\n'
        'zn.run("plan.toml").save(3)\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"),
         "--no-incremental", str(snippet)],
        cwd=ROOT, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    lines = [line.partition(":")[2] for line in done.stdout.splitlines()]
    assert any('2: note: Revealed type is "def (' in f" {x}" for x in lines), done.stdout
    assert any(x.startswith("3: note") and "zoning.api.plan.Plan" in x for x in lines), done.stdout
    for line in ("4: error", "5: error", "6: error"):
        assert any(x.startswith(line) for x in lines), done.stdout


def test_the_door_prints_nothing_and_says_what_it_takes():
    for name in api.__all__:
        thing = getattr(api, name)
        if not inspect.isfunction(thing):
            continue
        text = inspect.getdoc(thing) or ""
        assert "Parameters" in text and "Returns" in text, name
        for parameter in inspect.signature(thing).parameters:
            assert parameter in text, f"{name} does not say what {parameter} is"


def test_starting_opens_nothing_heavy():
    code = (
        "import sys, zoning, zoning.cli.app as m; m.build();"
        "print([n for n in ('numpy', 'pandas', 'geopandas', 'shapely', 'rich', 'pydantic',"
        " 'matplotlib') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8",
                          cwd=ROOT)  # fmt: skip
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_plan_answers_itself(world):
    made, folder = world
    assert isinstance(made, zn.Plan)
    assert len(repr(made)) < 200
    assert "<table" in made._repr_html_()
    table = made.check_table("en")
    assert len(table) == len(made.checks) + len(made.findings)
    assert table["ok"].is_monotonic_increasing
    assert table["text"].str.len().min() > 0
    (finding,) = (
        f for f in made.findings if f.code == "no-scheme-named"
    )  # its plan.toml names none
    row = table[table["check"] == "no-scheme-named"].iloc[0]
    assert (row["ok"], row["level"], row["try"]) == (False, "warning", finding.remedy.en)
    assert made.check_table("zh").loc[row.name, "text"] == finding.what.zh
    assert made.explain("丙镇", "en").lines == api.explain(folder, "丙镇", "en").lines
    assert made.explain("丙镇").lines == made.explain("丙镇", made.lang).lines
    for theme in made.themes():
        assert made.plot(theme) is not None
    with pytest.raises(zn.InputError, match="no theme 'zone'"):
        made.plot("zone")
    assert [c.check for c in made.verify() if not c.ok] == []


def test_a_folder_does_where_a_plan_is_asked_for(world):
    made, folder = world
    here, there = made.allocate(cap=0.2), api.allocate(folder, cap=0.2)
    pd.testing.assert_series_equal(here.units["new_m2"], there.units["new_m2"])
    assert here.run["construction"] == there.run["construction"]


def test_an_answer_is_a_plan_that_can_be_saved_and_asked_again(world, tmp_path):
    made, _ = world
    before = made.units["new_m2"].copy()
    less = made.allocate(cap=0.2)
    assert isinstance(less, zn.Plan)
    assert less.run["construction"]["cap_share"] == 0.2
    files = less.save(tmp_path / "less", map=False, tables=True)
    assert {p.name for p in files} >= {"plan.gpkg", "tables.xlsx", "run.json"}
    assert not (tmp_path / "less" / "map.html").exists()
    again = zn.load(tmp_path / "less")
    assert again.config.outputs.tables and not again.config.outputs.map
    pd.testing.assert_series_equal(again.units["new_m2"], less.units["new_m2"])
    pd.testing.assert_series_equal(made.units["new_m2"], before)


def test_the_boundary_weight_has_one_name(world):
    made, _ = world
    smooth = made.allocate(boundary_weight=0.05)
    assert smooth.config.allocation.boundary_weight == 0.05
    for name in ("allocate", "price"):
        assert "boundary_weight" in inspect.signature(getattr(api, name)).parameters


@pytest.mark.slow
def test_prices_and_stability(world, tmp_path):
    made, _ = world
    found = made.price()
    files = api.write_prices(made, found, tmp_path)
    assert (tmp_path / "prices.csv") in files
    firm = made.stability(draws=10)
    assert firm.draws.draws.count == 10
    assert firm.plan.units["stability"].between(0, 1).all()
    assert firm.plan.units.columns[-1] == "geometry"
    assert firm.plan.run["stability"]["draws"] == 10
    assert "stability" not in made.units
    # Asked again, the new columns take the place of the old.
    twice = firm.plan.stability(draws=10)
    pd.testing.assert_series_equal(twice.plan.units["stability"], firm.plan.units["stability"])


def test_methods_side_by_side(world):
    made, _ = world
    found = made and api.methods(made)
    assert set(found.kappa.columns) | set(found.cannot) >= {"two-matrices"}
    assert len(found.table) == len(made.townships)
    for name, error in found.cannot.items():
        assert isinstance(error, zn.InputError), name
    with pytest.raises(zn.InputError):
        api.methods(made, ["no-such-method"])


@pytest.mark.slow
def test_files_of_the_door(world, tmp_path):
    made, folder = world
    page = made.map(tmp_path / "map.html", lang="en")
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    report = made.report(tmp_path / "r")
    assert {p.name for p in report} == {"report.docx", "tables.xlsx"}
    assert zn.export(folder, "geojson", tmp_path / "x")
    with pytest.raises(zn.InputError):
        zn.export(folder, "dwg", tmp_path / "x")


def test_a_plain_plan_becomes_public_without_a_copy(world):
    _, folder = world
    plain = store.load(folder)
    assert type(plain) is plan.Plan
    public = zn.Plan.of(plain)
    assert public.units is plain.units
    assert zn.Plan.of(public) is public


def test_check_tells_all_and_writes_nothing(world, tmp_path):
    path = worlds.write(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    assert zn.check(path).intake.sources
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    path.write_text("[plan]\nname = 3\n[grit]\n", encoding="utf-8")
    with pytest.raises(zn.InputError) as caught:
        zn.check(path)
    assert len(caught.value.problems) >= 2


@pytest.mark.parametrize("name", sorted(cli.functions()))
def test_commands_say_all_that_a_form_needs(name):
    from zoning.cli.commands import describe

    told = describe()
    one = next(c for c in told["commands"] if c["name"] == name)
    json.dumps(one, allow_nan=False)
    texts = [one["help"], *(p["help"] for p in one["parameters"])]
    assert all(t["en"] and t["zh"] and t["en"] != t["zh"] for t in texts), texts
    shared = {p["name"] for p in one["parameters"] if p["shared"]}
    assert shared == {"lang", "json", "quiet", "verbose"}
    for p in one["parameters"]:
        # "policy list" needs no file, "policy run" may do without a plan
        assert p["flags"] or p["required"] or name == "policy", p
        assert p["type"] in {"text", "integer", "number", "flag", "path", "count"}
        if p["choices"] and p["default"]:
            assert p["default"] in p["choices"]
        if p["type"] == "path":
            assert p["kind"], p
    places = {p["name"] for p in one["parameters"] if p["output"]}
    written = {w["in"] for w in one["writes"]}
    assert written <= {p["name"] for p in one["parameters"]}
    assert places <= written | {"out"}


def test_commands_are_the_commands_of_the_help():
    """Two ways to the same list: our own description and click's tree of options."""
    import typer.main

    from zoning.cli.commands import describe

    tree = typer.main.get_command(cli.build())
    told = {c["name"]: c for c in describe()["commands"]}
    assert set(tree.commands) == set(told)
    for name, group in tree.commands.items():
        flags = {
            tuple(sorted(p.opts)): p
            for p in group.params
            if p.param_type_name == "option" and not getattr(p, "hidden", False)
        }
        flags = {k: v for k, v in flags.items() if v.name != "help"}
        flags = {(*k, *v.secondary_opts): v for k, v in flags.items()}
        ours = {tuple(sorted("/".join(p["flags"]).split("/"))): p
                for p in told[name]["parameters"] if p["flags"]}  # fmt: skip
        flags = {tuple(sorted(k)): v for k, v in flags.items()}
        assert set(ours) == set(flags), name
        for key, click_option in flags.items():
            assert ours[key]["required"] == click_option.required, (name, key)


def test_a_language_that_is_not_spoken_is_told_wherever_one_is_asked_for(world, tmp_path):
    made, _ = world
    town = str(made.townships.index[0])
    for ask in (
        lambda: made.explain(town, "fr"), lambda: made.check_table("fr"),
        lambda: made.plot(lang="fr"), lambda: made.map(tmp_path / "m.html", lang="fr"),
        lambda: made.report(tmp_path / "r", lang="fr"),
        lambda: made.export("geojson", tmp_path / "g", lang="fr"),
        lambda: api.sheets(made, tmp_path / "s", lang="fr"),
        lambda: api.write_findings(tmp_path / "f.html", [], lang="fr"),
        lambda: api.batch(tmp_path / "b.toml", lang="fr"),
    ):  # fmt: skip
        with pytest.raises(zn.InputError) as told:
            ask()
        assert told.value.problems[0].code == "unknown-language"
        assert "zh, en" in told.value.problems[0].what.en
    assert list(tmp_path.iterdir()) == []
