"""Every script runs, with what it says it takes."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import worlds

import zoning as zn

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts"

#: Steps of a planner: run in this process on the small world, with what must be said.
STEPS = {
    "check_allocation": (["--worlds", "6"], "worlds agree"),
    "account_cap": (["{plan}"], "headroom_m2"),
    "account_redlines": (["{plan}"], "union of all red lines"),
    "classify_townships": (["{plan}"], "丙镇"),
    "compare_methods": (["{plan}"], "Cohen's kappa"),
    "grid_units": (["扬中市", "{out}/units.gpkg"], "332.71 km²"),
    "make_map": (["{folder}", "{out}/map.html"], "map.html"),
    "make_report": (["{folder}", "en"], "report.docx"),
    "make_sheets": (["{folder}", "A4"], "themes:"),
    "write_outputs": (["{plan}", "{out}/plan"], "plan.gpkg"),
    "measure_house": ([], "rooms"),
    "mutants": (["--list", "zoning/digest.py"], "->"),
    "messy_delivery": (["{out}/delivery"], "云溪县数据.zip"),
    "build_page": (["--check"], "3 of 3 files"),
    "refresh_assets": (["--check"], "agree with assets.toml"),
    "write_config_docs": (["--check"], ""),
    "write_cli_docs": (["--check"], ""),
    "write_method_tables": (["--check"], ""),
    "build_policy_pages": (["--check"], "all pages"),
    "bench_policies": (["--small"], "10,000 firms"),
    "bench_sites": (["--sites", "20"], "20 sites"),
}
#: What takes long: run as a process, sizes as small as they go, nothing of the checkout written.
LONG = {
    "fuzz": ["--count", "5", "--keep", "{out}/failed"],
    "bench_audit": ["--polygons", "60", "--layers", "3"],
    "annealing": [],
    "bench_allocation": ["--sizes", "100", "--highs-seconds", "5"],
    "bench_demo": ["--runs", "1"],
    "bench_evaluation": ["--side", "300"],
    "bench_map": ["--units", "400", "--print"],
    "bench_method": ["--nodes", "2500", "--side", "300"],
    "bench_overlay": ["--quick", "--rounds", "1", "--patience", "1"],
    "bench_side": ["--place", "扬中市", "--pixel", "100", "--ways", "ours", "duckdb"],
    "bench_scale": ["--place", "扬中市", "--pixel", "100", "--only", "run", "explain"],
    "build_ladder": ["--check"],  # solves every cap of the reference case again
    "build_names": ["--help"],  # its work needs two packages; its tables: tests/test_names.py
    "build_reference": ["{data}"],
    "build_versions": ["{data}"],
    "check_clean_cities": ["--cities", "3"],
    "check_findings": [],
    "execute_notebooks": ["--check"],
    "example_fukang": ["-o", "{out}/fukang.csv"],
    "terrain_county": ["{out}/county"],
    "example_lakeside": ["-o", "{out}/lakeside.csv"],
    "fetch_real": ["--help"],  # its work: tests/test_surroundings.py, over a loopback
    "build_plans": ["{data}"],
    "make_bundle": ["-o", "{out}/bundle"],
    "make_font": ["--help"],  # what it makes: tests/test_pdf.py
    "measure_datum": ["--cities", "2", "--noise", "20"],
    "measure_reference": [str(ROOT / "data")],
    "picture_map": ["{folder}/map.html", "{out}/map.png"],
    "mutate_accounts": ["--only", "built land is free too"],
    "kill_workers": ["--kills", "1", "--workers", "2", "--seconds", "0.1"],
    "try_forgeries": ["--plans", "city", "--most", "3"],
    "try_honest": ["--count", "1"],
    "try_kills": ["--writers", "solve"],
    "try_writers": ["--kills", "3", "--rounds", "2", "--sizes", "2", "--writers", "grid.parquet"],
    "update_readme": ["--check"],
}


def test_every_script_is_run_by_a_test():
    assert {p.stem for p in SCRIPTS.glob("*.py")} == set(STEPS) | set(LONG)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    base = tmp_path_factory.mktemp("scripts")
    plan = worlds.write(base)
    zn.run(plan, base / "plan")
    return {"plan": str(plan), "folder": str(base / "plan"), "base": base}


def told(arguments, places, out):
    known = {**places, "out": str(out), "data": str(out / "data")}
    return [argument.format(**known) for argument in arguments]


def state():
    """Give what git sees of the checkout: scripts under test leave it as it is."""
    done = subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True)
    return done.stdout


#: Of the steps those that take seconds.
SOME = ("make_report", "make_sheets", "bench_policies", "bench_sites", "mutants", "measure_house",
        "compare_methods", "write_outputs")  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n in SOME else ()) for n in sorted(STEPS)]
)
def test_steps_of_a_planner(name, places, tmp_path, monkeypatch, capsys):
    arguments, said = STEPS[name]
    monkeypatch.setattr(sys, "argv", [name, *told(arguments, places, tmp_path)])
    monkeypatch.chdir(tmp_path)
    try:
        with mock.patch.dict(os.environ):  # what a script sets there is no setting of other tests
            runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
    except SystemExit as left:
        assert not left.code
    assert said in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.chromium
@pytest.mark.parametrize("name", sorted(LONG))
def test_long_scripts(name, places, tmp_path):
    if name in ("picture_map", "bench_map") and not shutil.which("chromedriver"):
        pytest.skip("chromedriver is not installed")
    if name == "execute_notebooks":
        pytest.importorskip("nbclient")
    if name == "build_reference":
        shutil.copytree(ROOT / "data" / "facts", tmp_path / "data" / "facts")
    if name in ("build_plans", "build_versions"):
        shutil.copytree(ROOT / "data", tmp_path / "data")
    before = state()
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py"), *told(LONG[name], places, tmp_path)],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert state() == before
    if name == "build_plans":
        for file in ("zhenjiang-plans.toml", "plans/planted.csv"):
            assert (tmp_path / "data" / file).read_bytes() == (ROOT / "data" / file).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["account_cap", "compare_methods"])
def test_without_a_plan_the_reference_case_is_shown(name):
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py")], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
