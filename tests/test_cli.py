"""The command line as planners call it: exit codes, languages, JSON, nothing half written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import worlds

from zoning.cli import main


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def zoning(*args, cwd=None):
    """Run the command in this process, as the shell would."""
    out, err, code = io.StringIO(), io.StringIO(), None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["zoning", *map(str, args)])
        patch.setenv("ZONING_LANG", "en")
        if cwd:
            patch.chdir(cwd)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
            main()
        code = left.value.code
    return Done(code or 0, out.getvalue(), err.getvalue())


def in_a_process(*args, cwd=None):
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "zoning", *map(str, args)], capture_output=True, cwd=cwd,
        encoding="utf-8", timeout=300,
        env={**os.environ, "PYTHONUTF8": "1", "ZONING_LANG": "en",
             "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("规划 数据")
    plan = worlds.write(folder)
    done = zoning("run", plan, "-o", folder / "成果")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_run_ends_with_a_table_and_the_paths(small):
    folder, done = small
    assert "ecological balance" in done.stdout
    for name in ("plan.gpkg", "map.html", "units.parquet", "run.json"):
        assert str(folder / "成果" / name) in done.stdout
        assert (folder / "成果" / name).stat().st_size > 0
    assert done.stderr == ""


@pytest.mark.parametrize(("lang", "word"), [("zh", "适度开发"), ("en", "Moderate development")])
def test_explain_speaks_both_languages(small, lang, word):
    folder, _ = small
    done = zoning("explain", folder / "成果", "丙镇", "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout


def test_explain_as_json(small):
    folder, _ = small
    done = zoning("explain", folder / "成果", "1kmN3502E501", "--json")
    answer = json.loads(done.stdout)
    assert answer["zone"] == "balance"
    assert answer["townships"] == {"321000001": 1.0}


def test_a_failed_check_is_exit_1(tmp_path):
    plan = worlds.write(tmp_path, cap='[cap]\nshare = 0.1\nsource = "test"\n')
    done = zoning("run", plan, "--json", "-o", tmp_path / "out")
    assert done.returncode == 1
    run = json.loads(done.stdout)
    assert any(not c["ok"] and c["check"] == "cap.city" for c in run["checks"])
    assert (tmp_path / "out" / "plan.gpkg").exists()


def test_an_infeasible_floor_is_exit_3_and_zones_are_written(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "321002"\nfloor_m2 = 4000000\nsource = "x"\n'
    plan = worlds.write(tmp_path, cap=cap)
    done = zoning("run", plan, "-o", tmp_path / "out")
    assert done.returncode == 3
    assert "321002" in done.stderr + done.stdout
    units = gpd.read_parquet(tmp_path / "out" / "units.parquet")
    assert units["zone"].notna().all()
    assert "new_m2" not in units


def test_all_problems_of_all_files_at_once_exit_2_and_nothing_is_written(tmp_path):
    plan = worlds.write(tmp_path)
    text = plan.read_text(encoding="utf-8").replace("红线.gpkg", "没有.gpkg")
    plan.write_text(text.replace('table = "乡镇.csv"', 'table = "x.csv"'), encoding="utf-8")
    towns = gpd.read_file(tmp_path / "乡镇.gpkg")
    towns.loc[1, "code"] = towns.loc[0, "code"]
    towns.to_file(tmp_path / "乡镇.gpkg")
    done = zoning("check", plan, "--json")
    assert done.returncode == 2
    codes = {p["code"] for p in json.loads(done.stdout)["error"]}
    assert "missing-file" in codes
    assert len(codes) >= 2
    done = zoning("run", plan, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "没有.gpkg" in done.stderr
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_unknown_keys_are_exit_2_with_a_suggestion(tmp_path):
    plan = worlds.write(tmp_path, extra="[gird]\ncell_m = 3\n")
    done = zoning("check", plan)
    assert done.returncode == 2
    assert "did you mean 'grid'" in done.stderr


def test_usage_is_exit_2():
    assert zoning("grid").returncode == 2
    assert zoning("nonsense").returncode == 2
    done = zoning("grid", "-o", "x.gpkg")
    assert done.returncode == 2
    assert "either --city or --boundary" in done.stderr


def test_an_ambiguous_city_lists_the_candidates(tmp_path):
    done = zoning("grid", "--city", "鼓楼区", "-o", tmp_path / "x.gpkg")
    assert done.returncode == 2
    for path in ("江苏省/南京市/鼓楼区", "福建省/福州市/鼓楼区"):
        assert path in done.stderr
    assert not list(tmp_path.iterdir())


def test_grid_of_a_file_and_of_a_city(tmp_path):
    worlds.write(tmp_path / "甲 乙")
    edge = tmp_path / "甲 乙" / "边界.gpkg"
    done = zoning("grid", "--boundary", edge, "-o", tmp_path / "u.parquet", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["units"], answer["area_m2"]) == (18, 17_500_000)
    assert len(gpd.read_parquet(tmp_path / "u.parquet")) == 18
    done = zoning(
        "grid", "--city", "江苏省/镇江市/扬中市", "-o", tmp_path / "扬中.gpkg", "--cell", 500
    )
    assert done.returncode == 0, done.stderr
    assert "Area distortion" in done.stdout
    units = gpd.read_file(tmp_path / "扬中.gpkg", layer="units")
    assert units["unit"].is_unique


@pytest.mark.parametrize(
    ("how", "units", "area"), [("drop", 17, 17_000_000), ("merge", 17, 17_500_000)]
)
def test_slivers_of_a_grid(tmp_path, how, units, area):
    worlds.write(tmp_path)
    done = zoning("grid", "--boundary", tmp_path / "边界.gpkg", "-o", tmp_path / "u.gpkg",
                  "--min-share", 0.6, "--slivers", how, "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["units"], answer["area_m2"]) == (units, area)
    assert answer["area_m2"] + answer["dropped_m2"] == 17_500_000


def test_a_match_is_reported_as_a_coincidence(tmp_path):
    worlds.write(tmp_path)
    done = zoning("grid", "--boundary", tmp_path / "边界.gpkg", "-o", tmp_path / "u.gpkg",
                  "--match-count", 18)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "of 1,600 origins" in done.stdout
    assert "coincidence" in done.stdout


def test_init_makes_a_plan_that_check_accepts(tmp_path):
    done = zoning("init", tmp_path / "新 方案", "--city", "扬中市")
    assert done.returncode == 0, done.stderr
    done = zoning("check", tmp_path / "新 方案" / "plan.toml")
    assert done.returncode == 0, done.stderr
    done = zoning("init", tmp_path / "新 方案", "--city", "扬中市")
    assert done.returncode == 2
    assert "already" in done.stderr


def test_demo_works_from_any_folder(tmp_path):
    done = in_a_process("demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["grid"]["units"] == 4121
    assert (tmp_path / "zoning-demo" / "map.html").exists()


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['zoning', '--help']\n"
        "from zoning.cli import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "heavy = {'geopandas', 'pandas', 'numpy', 'folium', 'rasterio', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_evaluate_grades_a_slope_raster(tmp_path):
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    slope = np.array([[1, 5, 10], [20, 30, -9999]], dtype=np.float32)
    path = tmp_path / "坡 度.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=2, count=1, dtype="float32", nodata=-9999,
        crs=worlds.CRS, transform=from_origin(worlds.X, worlds.Y, 30, 30),
    ) as file:  # fmt: skip
        file.write(slope, 1)
    out = tmp_path / "城镇.tif"
    done = zoning("evaluate", "town", "--layer", f"slope={path}", "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["left_out"]
    with rasterio.open(out) as file:
        graded = file.read(1)
    assert graded[1, 2] == 255
    assert graded[1, 1] == 5
    done = zoning("evaluate", "town", "--roles", "--json")
    assert "slope" in json.loads(done.stdout)["roles"]
    assert zoning("evaluate", "moon", "-o", out).returncode == 2
    assert zoning("evaluate", "town", "--layer", "slope", "-o", out).returncode == 2
