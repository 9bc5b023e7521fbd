"""The tools inside QGIS: what the plug-in is made of, its installation, and a real QGIS."""

from __future__ import annotations

import ast
import doctest
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import worlds
from test_qgis_project import qgis_python

import zoning as zn
from zoning import api
from zoning.cli.commands import describe
from zoning.errors import InputError
from zoning.qgis_provider import forms, tool

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "zoning" / "qgis_provider"
CHECK = Path(__file__).with_name("qgis_provider_check.py")
MODULES = sorted(PLUGIN.glob("*.py"))
DESCRIBED = describe()
TOOLS = [c for c in DESCRIBED["commands"] if c["tool"]]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_the_plugin_is_python_3_9_and_imports_qgis_and_the_standard_library_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [] if node.level else [node.module]
        else:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert name.split(".")[0] in {*sys.stdlib_module_names, "qgis"}, name
        # No "X | Y" of types: 3.9 evaluates what stands in a signature.
        if isinstance(node, ast.FunctionDef):
            assert not node.returns and not any(a.annotation for a in node.args.args)


@pytest.mark.slow
def test_an_older_python_finds_nothing_new_in_the_plugin():
    pytest.importorskip("vermin", reason="vermin is not installed (extra dev)")
    start = "import sys; from vermin import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "-t=3.9-", "--violations", *map(str, MODULES)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_newer_qgis_finds_only_names_that_qt_6_still_has(path):
    """A static check: what Qt 6 and PyQt 6 dropped, as far as a plug-in could use it."""
    text = path.read_text(encoding="utf-8")
    for gone in ("exec_(", "QVariant.", "QRegExp", "QDesktopWidget", "from PyQt5", "sip."):
        assert gone not in text
    for node in ast.walk(ast.parse(text)):
        # Enumerations of Qt are named in full: Qt.DockWidgetArea.RightDockWidgetArea.
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id != "Qt" or node.attr == "DockWidgetArea"


@pytest.mark.parametrize("module", [forms, tool], ids=lambda m: m.__name__)
def test_examples_of_the_plugin_hold(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


@pytest.mark.parametrize("command", TOOLS, ids=lambda c: c["name"])
def test_every_parameter_of_every_command_has_a_field(command):
    names = [forms.key_of(p) for p in forms.own(command)]
    assert len(set(names)) == len(names)
    kinds = {"choice", "flag", "integer", "number", "files", "vector", "raster", "folder", "file",
             "folder-out", "file-out", "plan", "crs", "place", "list", "text"}  # fmt: skip
    assert {forms.kind_of(p) for p in forms.own(command)} <= kinds
    text = forms.help_of(command, "zh", DESCRIBED["exit_codes"])
    for p in forms.own(command):
        assert p["help"]["zh"].replace("<", "&lt;").replace(">", "&gt;") in text
        assert forms.key_of(p) in text
    # The default is left to the command; what is given comes back in the words of its own reader.
    assert forms.words_of(command, {}) == [command["name"]]
    defaults = {forms.key_of(p): p["default"] for p in forms.own(command)}
    assert forms.words_of(command, defaults) == [command["name"]]


def test_the_words_of_a_form_are_read_back_by_the_command_line():
    import typer.main

    from zoning.cli.app import build

    tree = typer.main.get_command(build())
    command = next(c for c in TOOLS if c["name"] == "allocate")
    given = {"FOLDER": "-成果", "CAP": "0.2", "LOCK": ["甲镇", "--x"], "WHOLE_UNITS": True,
             "GAP": 0.5, "LANG": "zh", "QUOTA": []}  # fmt: skip
    words = forms.words_of(command, given)
    read = tree.commands["allocate"].make_context("allocate", words[1:]).params
    assert str(read["folder"]) == "-成果"
    assert (read["cap"], list(read["lock"])) == ("0.2", ["甲镇", "--x"])
    assert (read["whole"], read["gap"], read["lang"]) == (True, 0.5, "zh")
    assert not read["quota"] and read["seconds"] is None


def test_install_names_this_python_and_is_found_again(tmp_path):
    made = api.qgis(profiles=tmp_path, commands=DESCRIBED)
    assert made.folder == tmp_path / "default" / "python" / "plugins" / "zoning_provider"
    settings = json.loads((made.folder / "settings.json").read_text(encoding="utf-8"))
    assert settings["command"] == [sys.executable, "-m", "zoning"]
    about = (made.folder / "metadata.txt").read_text(encoding="utf-8")
    assert f"version={zn.__version__}\n" in about and "hasProcessingProvider=yes" in about
    found = tool.find(made.folder)
    assert found.command == settings["command"]
    assert {c["name"] for c in found.stored["commands"]} == {c["name"] for c in TOOLS} | {
        c["name"] for c in DESCRIBED["commands"]
    }
    again = api.qgis(profiles=tmp_path, commands=DESCRIBED)
    assert again.files == made.files and again.enabled
    assert api.qgis("where", profiles=tmp_path).enabled


def test_a_windows_path_with_spaces_stays_one_word(tmp_path, monkeypatch):
    path = r"C:\Program Files\规划 Python\python.exe"
    settings = {"command": [path, "-m", "zoning"], "path": "", "commands": {}}
    (tmp_path / tool.SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    monkeypatch.delenv("ZONING_COMMAND", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: name if name == path else None)
    assert tool.find(tmp_path).command == [path, "-m", "zoning"]
    # Gone after an update of Python: the one on the path, else a message that says what to do.
    monkeypatch.setattr(shutil, "which", lambda name: "D:/zoning.exe" if name == "zoning" else None)
    assert tool.find(tmp_path).command == ["D:/zoning.exe"]
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(tool.MissingError, match="zoning qgis install"):
        tool.find(tmp_path)


def test_remove_takes_ours_and_leaves_what_others_put_there(tmp_path):
    made = api.qgis(profiles=tmp_path)
    ini = tmp_path / "default" / "QGIS" / "QGIS3.ini"
    ini.write_text("[PythonPlugins]\nother=true\nzoning_provider=true\n\n[UI]\na=1\n",
                   encoding="utf-8")  # fmt: skip
    (made.folder / "mine.txt").write_text("x", encoding="utf-8")
    edited = made.folder / "icon.svg"
    edited.write_text("<svg/>", encoding="utf-8")
    gone = api.qgis("remove", profiles=tmp_path)
    assert not gone.enabled and len(gone.files) == len(made.files) - 1
    assert {p.name for p in made.folder.iterdir()} == {"mine.txt", "icon.svg"}
    assert ini.read_text(encoding="utf-8") == "[PythonPlugins]\nother=true\n\n[UI]\na=1\n"
    assert api.qgis("remove", profiles=tmp_path / "none").files == ()
    assert not (tmp_path / "none").exists()


def test_an_edited_file_of_the_plugin_is_kept_beside(tmp_path):
    made = api.qgis(profiles=tmp_path)
    (made.folder / "forms.py").write_text("mine = 1\n", encoding="utf-8")
    api.qgis(profiles=tmp_path)
    assert "def words_of" in (made.folder / "forms.py").read_text(encoding="utf-8")
    kept = [p for p in made.folder.iterdir() if p.read_text(encoding="utf-8") == "mine = 1\n"]
    assert len(kept) == 1


def test_enabling_keeps_every_other_line(tmp_path):
    ini = tmp_path / "default" / "QGIS" / "QGIS3.ini"
    ini.parent.mkdir(parents=True)
    before = '[UI]\nlast="规划"\n\n[PythonPlugins]\nother=true\nzoning_provider=false\n'
    ini.write_text(before, encoding="utf-8")
    api.qgis(profiles=tmp_path)
    lines = ini.read_text(encoding="utf-8").splitlines()
    assert lines.count("zoning_provider=true") == 1
    assert [x for x in lines if not x.startswith("zoning_provider")] == [
        x for x in before.splitlines() if not x.startswith("zoning_provider")
    ]
    assert lines.index("zoning_provider=true") > lines.index("[PythonPlugins]")


def test_an_unknown_action_is_refused(tmp_path):
    with pytest.raises(InputError, match="instal"):
        api.qgis("instal", profiles=tmp_path)


def test_the_environment_of_qgis_does_not_reach_the_tool(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/of/qgis")
    monkeypatch.setenv("PROJ_LIB", "/of/qgis")
    env = tool.Tool(["x"]).environment("zh")
    assert not {"PYTHONHOME", "PROJ_LIB", "PYTHONPATH"} & set(env)
    assert (env["ZONING_LANG"], env["PYTHONUTF8"]) == ("zh", "1")


def test_a_tool_that_does_not_answer_leaves_the_stored_commands():
    assert tool.Tool(["no such program"], stored={"commands": [1]}).describe() == {"commands": [1]}
    with pytest.raises(tool.MissingError, match="no such program"):
        tool.Tool(["no such program"]).run(["commands"])


@pytest.mark.slow
def test_a_run_tells_lines_progress_and_data_and_can_be_stopped(tmp_path):
    script = tmp_path / "tool.py"
    script.write_text(
        "import json, os, sys, time\n"
        "print('一行')\n"
        "print(json.dumps({'progress': {'text': 's', 'done': 1, 'of': 2}}), file=sys.stderr)\n"
        "print('warning: x', file=sys.stderr, flush=True)\n"
        "open(os.environ['ZONING_ANSWER'], 'w').write('{\"written\": [\"a\"]}')\n"
        "time.sleep(float(sys.argv[1]))\n"
        "sys.exit(1)\n",
        encoding="utf-8",
    )
    lines, steps = [], []
    mine = tool.Tool([sys.executable, str(script)])
    done = mine.run(["0"], "zh", lines.append, lambda *step: steps.append(step))
    assert (done.code, done.text, done.wrong) == (1, "一行", "warning: x")
    assert (lines, steps, done.written) == (["一行"], [("s", 1, 2)], ["a"])
    stopped = mine.run(["60"], stop=lambda: True)
    assert stopped.code not in (0, 1) or "KeyboardInterrupt" in stopped.wrong


# ---- with a real QGIS ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Let a real QGIS run every algorithm once."""
    python = qgis_python()
    if python is None:
        pytest.skip("no Python with QGIS here (set QGIS_PYTHON)")
    home = tmp_path_factory.mktemp("qgis 界")
    plan = worlds.write(home)
    zn.run(plan, home / "成果")
    made = api.qgis(profiles=home / "profiles", commands=DESCRIBED)
    runs = _runs(home, plan)
    center = zn.load(home / "成果").units.geometry.iloc[5].centroid
    job = {"runs": runs, "folder": str(home / "成果"), "unit": [center.x, center.y],
           "plan": str(plan), "model": str(home / "plan.model3"),
           "model_out": str(home / "model")}  # fmt: skip
    (home / "job.json").write_text(json.dumps(job), encoding="utf-8")
    apart = ("PYTHONPATH", "PYTHONHOME", "LC_ALL", "LC_MESSAGES", "LANGUAGE")
    env = {k: v for k, v in os.environ.items() if k not in apart}
    env |= {"QT_QPA_PLATFORM": "offscreen", "LANG": "zh_CN.UTF-8"}
    done = subprocess.run(
        [python, str(CHECK), str(made.folder.parent), str(home / "job.json"),
         str(home / "seen.json")],
        env=env, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert (home / "seen.json").is_file(), done.stderr
    told = json.loads((home / "seen.json").read_text(encoding="utf-8"))
    return told | {"home": home, "plan": plan, "keys": [r[0] for r in runs]}


def _runs(home: Path, plan: Path) -> list[tuple]:
    """List what is run: a key, the algorithm, its parameters, the step to stop at."""
    folder, out = str(home / "成果"), lambda name: str(home / f"o-{name}")
    policy = next(p.name for p in api.policies() if not p.needs_plan)
    return [
        ("check", "check", {"PATHS": [str(plan)]}, None),
        ("grid", "grid", {"BOUNDARY": str(home / "边界.gpkg"), "CELL": 500,
                          "CRS": "EPSG:4549", "OUT": out("grid.gpkg")}, None),
        ("run", "run", {"PLAN": str(plan), "OUT": out("run")}, None),
        ("explain", "explain", {"FOLDER": folder, "PLACE": "甲镇",
                                "ANSWER": out("why.json")}, None),
        ("site", "site", {"FOLDER": folder, "PLACE_LAYER": str(home / "边界.gpkg")}, None),
        ("explain-nothing", "explain", {"FOLDER": folder}, None),
        ("allocate", "allocate", {"FOLDER": folder, "CAP": "0.2", "OUT": out("allocate")}, None),
        ("infeasible", "allocate", {"FOLDER": folder, "CAP": "7"}, None),
        ("stability", "stability", {"FOLDER": folder, "DRAWS": 30}, None),
        ("price", "price", {"FOLDER": folder, "OUT": out("price")}, None),
        ("methods", "methods", {"FOLDER": folder}, None),
        ("verify", "verify", {"FOLDER": folder}, None),
        ("map", "map", {"FOLDER": folder, "OUT": out("map.html")}, None),
        ("report", "report", {"FOLDER": folder, "OUT": out("report")}, None),
        ("export", "export", {"FOLDER": folder, "TO": "qgis", "OUT": out("export")}, None),
        ("policy", "policy", {"ACTION": "run", "FILE": policy, "EXAMPLES": True}, None),
        ("stopped", "run", {"PLAN": str(plan), "OUT": out("stopped")}, 2),
    ]  # fmt: skip


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_lists_every_command_as_an_algorithm_with_help_in_both_languages(seen):
    assert set(seen["forms"]) == {c["name"] for c in TOOLS}
    assert not seen["missing"]
    run = seen["forms"]["run"]
    assert run["group"] == "编制方案" and "按 plan.toml 编制方案" in run["title"]
    for name, form in seen["forms"].items():
        command = next(c for c in TOOLS if c["name"] == name)
        for lang in ("zh", "en"):
            assert command["help"][lang].split("<")[0].rstrip() in form["help"]
        assert {"TEXT", "EXIT_CODE", "OK", "ANSWER"} <= set(form["outputs"])
    grid = seen["forms"]["grid"]["parameters"]
    assert (grid["BOUNDARY"], grid["CELL"], grid["CRS"]) == ("vector", "number", "crs")
    assert (grid["SLIVERS"], grid["OUT"]) == ("enum", "vectorDestination")
    assert seen["forms"]["explain"]["parameters"]["PLACE_POINT"] == "point"
    assert seen["forms"]["check"]["parameters"]["PATHS"] == "multilayer"


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_runs_every_algorithm(seen):
    home, runs = seen["home"], seen["runs"]
    fails = {"explain-nothing", "infeasible", "stopped"}
    for key in set(seen["keys"]) - fails:
        assert runs[key].get("ok"), (key, runs[key])
        assert runs[key]["results"]["EXIT_CODE"] in (0, 1)
    assert runs["explain-nothing"]["refused"] == "请给出地点"
    assert not runs["infeasible"]["ok"] and any("7" in x for x in runs["infeasible"]["lines"])
    told = runs["explain"]["results"]
    assert "甲镇" in told["TEXT"] and json.loads(Path(told["ANSWER"]).read_text("utf-8"))["code"]
    assert runs["verify"]["results"]["OK"] is True
    assert len(zn.load(home / "o-run").units) == len(zn.load(home / "成果").units)
    assert (home / "o-report" / "report.docx").is_file() and (home / "o-map.html").is_file()
    assert runs["run"]["steps"] and runs["price"]["percent"]
    assert runs["run"]["results"]["UNITS"].endswith("plan.gpkg|layername=units")


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_loads_results_with_their_styles_in_a_group(seen):
    loaded = {x["name"]: x for x in seen["runs"]["run"]["loaded"]}
    assert {"units", "zones", "redlines", "townships"} <= set(loaded)
    assert all(x["valid"] and x["group"] == "o-run" for x in loaded.values())
    assert loaded["zones"]["renderer"] == "categorizedSymbol"
    (order,) = seen["runs"]["run"]["order"]
    assert order.index("townships") < order.index("zones") < order.index("units")


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_can_stop_an_algorithm_and_nothing_half_is_left(seen):
    assert not seen["runs"]["stopped"]["ok"]
    assert not (seen["home"] / "o-stopped" / "run.json").exists()


@pytest.mark.qgis
@pytest.mark.slow
def test_a_model_of_qgis_makes_proves_explains_and_allocates(seen):
    model = seen["model"]
    assert model["ok"], model["lines"]
    assert zn.load(seen["home"] / "model").ok
    text = "\n".join(model["lines"])
    assert "zoning verify" in text and "甲镇" in text and "zoning allocate" in text


@pytest.mark.qgis
@pytest.mark.slow
def test_a_click_on_a_unit_says_why(seen):
    why, click = seen["why"], seen["click"]
    assert why["empty"] is None and why["folder"] == str(seen["home"] / "成果")
    assert "单元" in why["text"] or "分区" in why["text"] or "开发" in why["text"]
    assert why["nowhere"] != why["text"]
    assert click["tool"] and click["waiting"] == "正在查询…" and click["left"] == 0
    assert click["text"].splitlines()[0] == why["text"].splitlines()[0]


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_process_lists_and_runs_the_model(seen, tmp_path):
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("no qgis_process here")
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    env |= {"QT_QPA_PLATFORM": "offscreen", "QGIS_CUSTOM_CONFIG_PATH": str(seen["home"])}
    how = {"env": env, "capture_output": True, "text": True, "timeout": 300}
    listed = subprocess.run([program, "plugins"], **how)
    assert "* zoning_provider" in listed.stdout, listed.stderr
    done = subprocess.run(
        [program, "run", "zoning:explain", f"--FOLDER={seen['home'] / '成果'}", "--PLACE=甲镇"],
        **how,
    )
    assert done.returncode == 0 and "甲镇" in done.stdout, done.stderr
    model = subprocess.run(
        [program, "run", str(seen["home"] / "plan.model3"), f"--plan={seen['plan']}",
         f"--run:out={tmp_path / 'm'}", f"--allocate:again={tmp_path / 'again'}"],
        **how,
    )  # fmt: skip
    assert model.returncode == 0, model.stdout + model.stderr
    assert zn.load(tmp_path / "m").ok and zn.load(tmp_path / "again").run["construction"]
