"""The command line as planners call it: exit codes, languages, JSON, nothing half written."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
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


@pytest.mark.slow
def test_a_failed_check_is_exit_1(tmp_path):
    plan = worlds.write(tmp_path, cap='[cap]\nshare = 0.1\nsource = "test"\n')
    done = zoning("run", plan, "--json", "-o", tmp_path / "out")
    assert done.returncode == 1
    run = json.loads(done.stdout)
    assert any(not c["ok"] and c["check"] == "cap.city" for c in run["checks"])
    assert (tmp_path / "out" / "plan.gpkg").exists()


@pytest.mark.slow
def test_an_infeasible_floor_is_exit_3_and_zones_are_written(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "321002"\nfloor_m2 = 4000000\nsource = "x"\n'
    plan = worlds.write(tmp_path, cap=cap)
    done = zoning("run", plan, "-o", tmp_path / "out")
    assert done.returncode == 3
    assert "321002" in done.stderr
    assert "Try: " in done.stderr
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_process_ends_at_once_and_in_order():
    """What was registered for the end is called, output is whole, the code is that of the answer;
    a thread that still works is waited for."""
    code = (
        "import atexit, sys, threading, time\n"
        "def work():\n    time.sleep(0.3 if slow else 0)\n    print('worked', flush=True)\n"
        "slow = sys.argv.pop() == 'slow'\n"
        "atexit.register(print, 'the end')\n"
        "if slow: threading.Thread(target=work).start()\n"
        "from zoning.cli import start\n"
        "start()\n"
    )
    for more, said, code_ in (
        (["--version", "fast"], "the end", 0), (["--version", "slow"], "worked", 0),
        (["check", "nowhere.toml", "fast"], "the end", 2),
    ):  # fmt: skip
        done = subprocess.run([sys.executable, "-c", code, *more], capture_output=True, text=True)
        assert done.returncode == code_, done.stderr
        assert said in done.stdout and "the end" in done.stdout


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


@pytest.fixture
def edge(tmp_path):
    """Write the boundary of the small world and give its path."""
    path = tmp_path / "边界.gpkg"
    gpd.GeoDataFrame(geometry=[worlds.CITY], crs=worlds.CRS).to_file(path)
    return path


def refused(*args, cwd=None):
    """Run a command that must be refused as bad input, in both languages; give its problems."""
    for lang in ("zh", "en"):
        done = zoning(*args, "--json", "--lang", lang, cwd=cwd)
        assert done.returncode == 2, done
        found = json.loads(done.stdout)["error"]
    assert "pydantic" not in done.stdout + done.stderr
    assert done.stderr == ""
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "option",
    [("--cap", 1.01), ("--cap", -0.1), ("--cap", "nan"), ("--boundary-weight", -1),
     ("--boundary-weight", "nan"), ("--boundary-weight", "inf"), ("--quota", "key=1.5"),
     ("--quota", "key=nan"), ("--quota", "key=-0.1")],
    ids=lambda o: "=".join(map(str, o)),
)  # fmt: skip
def test_allocate_refuses_numbers_out_of_range(small, option):
    folder, _ = small
    (problem,) = refused("allocate", folder / "成果", *option)
    assert problem["code"] == "range"
    assert problem["where"].startswith(option[0])


@pytest.mark.parametrize(
    "words",
    [
        ("grid", "--boundary", "边界.gpkg", "-o", "out/plan.gpkg"),
        ("grid", "--boundary", "边界.gpkg", "-o", "out/units.parquet"),
        ("check", ".", "--places", "out/plan.gpkg"),
        ("check", ".", "--map", "out/map.html"),
        ("map", "out", "-o", "out/plan.qgz"),
        ("map", "out", "-o", "out/run.json"),
    ],
    ids=" ".join,
)
def test_no_file_of_a_plan_gives_way_to_another_output(small, tmp_path, words):
    """A name typed wrong must not cost the plan: only its own map takes the place of its map."""
    folder, _ = small
    shutil.copytree(folder, tmp_path / "w")
    (tmp_path / "w" / "成果").rename(tmp_path / "w" / "out")
    before = {p: p.read_bytes() for p in (tmp_path / "w" / "out").iterdir()}
    done = zoning(*words, cwd=tmp_path / "w")
    assert done.returncode == 2, done
    assert "is a file of the plan there" in done.stderr or "does not end in .html" in done.stderr
    assert {p: p.read_bytes() for p in (tmp_path / "w" / "out").iterdir()} == before


def test_a_plan_does_not_give_way_to_its_answer(small, tmp_path):
    folder, _ = small
    out = tmp_path / "out"
    shutil.copytree(folder / "成果", out)
    before = {p: p.read_bytes() for p in out.iterdir()}
    other = tmp_path / "." / "out"
    for words in (("allocate", out, "--cap", 0.2), ("diff", folder / "成果", out, "--no-causes")):
        (problem,) = refused(*words, "-o", other)
        assert problem["code"] == "is-an-input"
    assert {p: p.read_bytes() for p in out.iterdir()} == before


def test_the_map_of_a_plan_may_be_made_anew_in_its_folder(small, tmp_path):
    folder, _ = small
    shutil.copytree(folder / "成果", tmp_path / "out")
    old = (tmp_path / "out" / "map.html").read_bytes()
    done = zoning("map", tmp_path / "out", "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "map.html").read_bytes() != old
    (problem,) = refused("map", tmp_path / "out", "-o", tmp_path / "page")
    assert problem["try"] == f"-o {tmp_path / 'page.html'}"


def test_the_map_of_a_plan_does_not_take_the_place_of_that_of_another(small, tmp_path):
    from zoning import api

    one, other = small[0] / "成果", tmp_path / "other"
    assert zoning("allocate", one, "--cap", 0.2, "-o", other).returncode == 0
    page = other / "map.html"
    assert page.is_file() or api.map(other, page)
    before = page.read_bytes()
    (problem,) = refused("map", one, "-o", page)
    assert problem["code"] == "of-a-plan" and problem["where"] == str(page)
    assert "another plan" in str(problem) and page.read_bytes() == before
    # The same plan made once more knows no digest yet and is known by it all the same.
    again = api.load(other)
    fresh = replace(again, run={k: v for k, v in again.run.items() if k != "digest"})
    assert api.map(fresh, page, lang="zh") == page and page.read_bytes() != before
    assert api.map(one, tmp_path / "map.html").is_file()


@pytest.mark.slow
def test_a_share_may_stand_in_per_cent(small):
    folder, _ = small
    said = [zoning("allocate", folder / "成果", *how, "--json").stdout
            for how in (("--cap", "20%"), ("--cap", 0.2), ("--cap", 0.1))]  # fmt: skip
    plain = [re.sub(r'"seconds": [\d.e-]+', "", text) for text in said]
    assert plain[0] == plain[1] != plain[2]
    (problem,) = refused("allocate", folder / "成果", "--cap", 20)
    assert problem["try"] == "a share, such as 0.2"


@pytest.mark.slow
def test_run_takes_the_folder_of_a_plan_file(small):
    folder, _ = small
    (problem,) = refused("run", folder / "成果")
    assert problem["what"] == "is a folder, not a file"
    assert "run can start" in zoning("check", folder).stdout
    done = zoning("run", folder, "-o", folder / "again")
    assert done.returncode == 0, done.stderr
    assert refused("audit", folder)[0]["code"] == "no-plans"


def test_prices_and_draws_refuse_numbers_out_of_range(small):
    folder, _ = small
    assert refused("price", folder / "成果", "--boundary-weight", "nan")[0]["code"] == "range"
    assert "--seed" in refused("stability", folder / "成果", "--seed", -1)[0]["what"]


@pytest.mark.slow
def test_a_cap_below_what_stands_is_told_and_is_exit_1(small, tmp_path):
    folder, _ = small
    done = zoning("allocate", folder / "成果", "--cap", 0.1, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    # 2 km2 stand on 17.5 km2; a tenth of them is 1.75 km2.
    (failed,) = [c for c in answer["failed"] if c["check"] == "cap.city"]
    assert (failed["measured"], failed["limit"]) == (2_000_000, 1_750_000)
    for lang, word in (("en", "above"), ("zh", "超过")):
        done = zoning("allocate", folder / "成果", "--cap", 0.1, "--lang", lang)
        assert done.returncode == 1
        assert word in done.stdout
        assert ("超过上限" if "建设" in done.stdout else "cap.city") in done.stdout
    done = zoning("allocate", folder / "成果", "--cap", 0.1, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert (tmp_path / "out" / "run.json").exists()
    done = zoning("allocate", folder / "成果", "--cap", 0.2, "--json")
    assert (done.returncode, json.loads(done.stdout)["failed"]) == (0, [])


@pytest.mark.parametrize(
    ("options", "code", "where"),
    [
        (["--max-area-error", 0], "value-greater_than", "zoning grid"),
        (["--max-area-error", "nan"], "value-less_than_equal", "zoning grid"),
        (["--cell", 200_000], "value-less_than_equal", "zoning grid"),
        (["--slivers", "foo"], "usage", "--slivers"),
        (["--slivers", "drop"], "no-min-share", "zoning grid"),
        (["--slivers", "merge"], "no-min-share", "zoning grid"),
        (["--min-share", 0.1], "idle-min-share", "zoning grid"),
        (["--crs", "nonsense"], "unknown-crs", "--crs"),
        (["--crs", "4490"], "crs-not-metric", "--crs"),
        (["--origin", "a,b"], "origin", "--origin"),
    ],
)
def test_grid_refuses_options_in_its_own_words(edge, options, code, where):
    found = refused("grid", "--boundary", edge, "-o", edge.with_name("u.gpkg"), *options)
    assert [(p["code"], p["where"]) for p in found] == [(code, where)]
    assert not edge.with_name("u.gpkg").exists()


def test_grid_of_too_many_units_is_refused_before_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("zoning.ledger.atoms.build", lambda *_: pytest.fail("began to work"))
    (problem,) = refused("grid", "--city", "江苏省/镇江市", "--cell", 10, "-o", tmp_path / "u.fgb")
    assert (problem["code"], problem["limit"]) == ("too-many-units", 20_000_000)
    assert 38_000_000 < problem["measured"] < 39_000_000
    assert not list(tmp_path.iterdir())


def test_two_spellings_of_a_crs_make_the_same_grid(edge):
    answers = [
        json.loads(zoning("grid", "--boundary", edge, "-o", edge.with_name("u.parquet"),
                          "--crs", crs, "--json").stdout)
        for crs in ("EPSG:4549", "4549", "epsg:4549")
    ]  # fmt: skip
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["grid"]["crs"] == "EPSG:4549"


@pytest.mark.parametrize("name", ["a", "a.xyz", "run.json", "a.kml", "a.csv"])
def test_grid_refuses_other_endings_and_leaves_the_file(edge, name):
    out = edge.with_name(name)
    out.write_text("mine", encoding="utf-8")
    (problem,) = refused("grid", "--boundary", edge, "-o", out)
    assert problem["code"] == "ending"
    assert ".gpkg .parquet .geojson .fgb .shp .gdb" in problem["try"]
    assert out.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson", "fgb", "shp", "gdb", "GPKG"])
def test_grid_writes_every_ending_it_names(edge, ending):
    out = edge.parent / "成 果" / f"单元.{ending}"
    out.parent.mkdir()
    for _ in range(2):  # and replaces what it wrote before
        done = zoning("grid", "--boundary", edge, "-o", out)
        assert done.returncode == 0, done.stderr
    units = gpd.read_parquet(out).reset_index() if ending == "parquet" else gpd.read_file(out)
    assert len(units) == 18
    assert units["area_m2"].sum() == 17_500_000
    assert {"unit", "area_m2", "lon", "lat"} <= set(units.columns)
    left = {p.name for p in out.parent.iterdir()} - {f"{out.name}.zoning.json"}
    assert {Path(name).stem for name in left} == {"单元"}


def test_a_folder_is_not_taken_for_a_file(small, edge):
    folder, _ = small
    place = edge.parent / "已有.gpkg"
    place.mkdir()
    for args in (
        ("grid", "--boundary", edge, "-o", place),
        ("map", folder / "成果", "-o", place),
        ("solve", folder, "-o", place),
        ("evaluate", "town", "--layer", f"slope={edge}", "-o", place),
    ):
        (problem,) = refused(*args)
        assert (problem["code"], problem["where"]) == ("not-a-file", str(place))
    assert list(place.iterdir()) == []
    other = edge.parent / "我的.gdb"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    assert refused("grid", "--boundary", edge, "-o", other)[0]["code"] == "occupied"
    assert [p.name for p in other.iterdir()] == ["mine.txt"]


def test_a_missing_folder_is_found_before_the_work(edge, monkeypatch):
    monkeypatch.setattr("zoning.ledger.atoms.build", lambda *_: pytest.fail("began to work"))
    out = edge.parent / "没有" / "u.gpkg"
    (problem,) = refused("grid", "--boundary", edge, "-o", out)
    assert (problem["code"], problem["where"]) == ("no-folder", str(out.parent))


def test_a_disk_that_refuses_is_bad_input_and_no_mistake_of_ours(edge, small, monkeypatch):
    folder, _ = small

    def full(*_args, **_more):
        raise PermissionError(13, "Permission denied", "单元.gpkg")

    with monkeypatch.context() as patch:
        patch.setattr("zoning.base.locks.take", full)
        (problem,) = refused("grid", "--boundary", edge, "-o", edge.with_name("u.gpkg"))
    assert problem["code"] == "unwritable"
    with monkeypatch.context() as patch:
        patch.setattr("zoning.outputs.webmap.write", full)
        (problem,) = refused("map", folder / "成果")
    assert (problem["code"], problem["where"]) == ("disk", "单元.gpkg")


@pytest.mark.parametrize("args", [["grid"], ["nonsense"], ["grid", "--cell", "x", "-o", "u.gpkg"]])
def test_usage_errors_are_json_too(args):
    (problem,) = refused(*args)
    assert problem["code"] == "usage"
    assert problem["what"]
    done = zoning(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr


def test_an_internal_error_is_json_too_and_v_shows_its_trace(small, monkeypatch):
    folder, _ = small

    def broken(*_):
        raise KeyError("our mistake")

    monkeypatch.delenv("ZONING_TRACE", raising=False)
    monkeypatch.setattr("zoning.questions.explain.explain", broken)
    done = zoning("explain", folder / "成果", "甲镇", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"][0]["code"] == "internal"
    done = zoning("explain", folder / "成果", "甲镇")
    assert done.returncode == 4
    assert "our mistake" in done.stderr
    assert "Traceback" not in done.stderr
    assert "内部错误" in zoning("explain", folder / "成果", "甲镇", "--lang", "zh").stderr
    done = zoning("explain", folder / "成果", "甲镇", "-v")
    assert done.returncode == 4
    assert "Traceback" in done.stderr


def test_run_says_what_it_leaves_out(small, tmp_path):
    assert "Left out" not in small[1].stdout
    plan = worlds.write(tmp_path)
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text[: text.index("[inputs.townships]")], encoding="utf-8")
    told = zoning("run", plan, "-o", tmp_path / "out").stdout
    for part in ("zones", "red lines", "construction", "allocation"):
        assert f"Left out: {part}" in told
    told = zoning("run", plan, "-o", tmp_path / "out", "--lang", "zh").stdout
    assert told.count("未编制：") == 4


def _process(*args, cwd, flags=(), **more):
    return subprocess.Popen(
        [sys.executable, *flags, "-m", "zoning", *map(str, args)], cwd=cwd, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "ZONING_LANG": "en", "PYTHONUNBUFFERED": "",
             "PYTHONPATH": str(Path(__file__).parent.parent)}, **more,
    )  # fmt: skip


def _heed_ctrl_c():
    # A shell without a terminal starts background work with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_is_exit_130_and_leaves_no_half_plan(tmp_path):
    # The log of imports says when the work begins.
    with _process("demo", cwd=tmp_path, flags=("-X", "importtime"), stderr=subprocess.PIPE,
                  stdout=subprocess.DEVNULL, preexec_fn=_heed_ctrl_c) as process:  # fmt: skip
        for line in process.stderr:
            if line.rstrip().endswith(" zoning.pipeline"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    told = [line for line in rest.splitlines() if not line.startswith("import time:")]
    assert told == ["interrupted / 已中断"]
    assert not (tmp_path / "zoning-demo" / "run.json").exists()


@pytest.mark.slow
def test_a_closed_pipe_ends_quietly(small):
    folder, _ = small
    how = {"cwd": folder, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    args = ("stability", folder / "成果", "--draws", 50)
    with _process(*args, "--json", **how) as process:
        first = process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
    assert (first, process.returncode, told) == ("{\n", 0, "")
    # A reader that is gone before the first line; short answers meet it only at the end.
    short = ("explain", folder / "成果", "甲镇")
    for command in (args, (*args, "--json"), short, ("--help",)):
        with _process(*command, **how) as process:
            process.stdout.close()
            told = process.stderr.read()
        assert (process.returncode, told) == (0, ""), command


def test_verify_proves_a_plan_from_its_files(small):
    folder, _ = small
    done = zoning("verify", folder / "成果", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["ok"]
    assert "allocation.certificate" in {c["check"] for c in answer["checks"]}


def test_check_finds_what_a_run_would_find(tmp_path):
    plan = worlds.write(tmp_path)
    text = plan.read_text(encoding="utf-8").replace('table = "乡镇.csv"\n', "")
    plan.write_text(text, encoding="utf-8")
    for command in ("check", "run"):
        done = zoning(command, plan)
        assert done.returncode == 2
        assert "min_to_centre" in done.stderr


@pytest.mark.slow
def test_old_names_of_the_boundary_weight_are_read_with_a_note(small):
    folder, _ = small
    new = zoning("allocate", folder / "成果", "--boundary-weight", 0.02)
    for name in ("--weight", "--lambda"):
        old = zoning("allocate", folder / "成果", name, 0.02)
        assert old.stdout == new.stdout
        assert "--boundary-weight" in old.stderr
        assert name not in zoning("allocate", "--help").stdout.split()
    both = ("allocate", folder / "成果", "--lambda", 0.02, "--boundary-weight", 0.02)
    assert refused(*both)[0]["where"] == "--boundary-weight"


def test_the_version_is_that_of_the_package():
    import importlib.metadata

    from zoning import __version__

    done = zoning("--version")
    assert (done.returncode, done.stdout) == (0, f"zoning {__version__}\n")
    assert importlib.metadata.metadata("zoning")["Name"] == "zoning"


@pytest.mark.parametrize(
    ("names", "lang"),
    [
        ({"ZONING_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_language_follows_the_system_as_posix_orders_it(monkeypatch, names, lang):
    from zoning.cli.console import default_language

    for name in ("ZONING_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert default_language() == lang


def test_one_command_leaves_nothing_for_the_next(small):
    """Options of a command do not outlive it: there is no setting of the process."""
    folder, _ = small
    first = zoning("explain", folder / "成果", "丙镇").stdout
    zoning("explain", folder / "成果", "丙镇", "--lang", "zh", "-q")
    zoning("explain", folder / "成果", "丙镇", "--json")
    assert zoning("explain", folder / "成果", "丙镇").stdout == first


def test_a_choice_that_is_none_is_told_with_the_near_one(small):
    folder, _ = small
    (found,) = refused("export", folder / "成果", "--to", "geojsn", "-o", folder / "x")
    assert (found["where"], found["code"]) == ("--to", "usage")
    assert "geojson" in found["try"]
    assert refused("explain", folder / "成果", "丙镇", "--quota", "x=1")[0]["code"] == "usage"


def test_quiet_still_says_what_fails(tmp_path):
    plan = worlds.write(tmp_path, cap='[cap]\nshare = 0.1\nsource = "test"\n')
    done = zoning("run", plan, "-q", "-o", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert "above the cap" in done.stderr


@pytest.mark.slow
def test_nothing_is_lost_in_a_gbk_pipe(small):
    """What GBK lacks is written plainly; JSON read back from the pipe is the same answer."""
    folder, _ = small
    env = {**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0", "ZONING_LANG": "zh",
           "PYTHONPATH": str(Path(__file__).parent.parent)}  # fmt: skip
    # Both in one process: the pipe and its encoding are what counts, not how often it starts.
    twice = """
import sys
from zoning.cli import main
for more in ([], ["--json"]):
    sys.argv = ["zoning", "explain", "成果", "甲镇", *more]
    try:
        main()
    except SystemExit:
        sys.stdout.flush()
    sys.stdout.buffer.write(bytes(1))
"""
    done = subprocess.run([sys.executable, "-c", twice], capture_output=True, cwd=folder, env=env)
    text, told, _ = done.stdout.decode("gbk").split("\0")
    assert "km2" in text and "甲镇" in text and "?" not in text
    assert json.loads(told)["name"] == "甲镇"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_gbk_is_told_and_works_from_within(tmp_path, monkeypatch):
    """Unpacked from an archive of a Chinese Windows; readers of geodata take UTF-8 only."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "沙河 市".encode("gbk")))
    extra = "[outputs]\nqgis = false\nmap = false\n"
    worlds.write(folder, extra=extra)
    here = worlds.write(tmp_path / "here", extra=extra)
    out = str(folder / "out")
    file = os.fsdecode(os.fsencode(tmp_path) + b"/" + "沙河 市.gpkg".encode("gbk"))
    shutil.copy(here.parent / "边界.gpkg", file)
    for args in (["check", str(folder / "plan.toml")], ["run", str(folder / "plan.toml")],
                 ["run", str(here), "-o", out], ["verify", out], ["map", out], ["check", file],
                 ["grid", "--boundary", file, "-o", str(tmp_path / "a.gpkg")],
                 ["grid", "--boundary", str(here.parent / "边界.gpkg"), "-o", file + ".gpkg"],
                 ):  # fmt: skip
        done = zoning(*args, "--lang", "en")
        assert done.returncode == 2 and "not written in UTF-8" in done.stderr, (args, done)
        assert "沙河 市" in done.stderr
    assert not Path(out).exists()
    monkeypatch.chdir(folder)
    assert [zoning(*a).returncode for a in (("run", "plan.toml"), ("verify", "plan-out"))] == [0, 0]


def test_the_help_shows_groups_and_choices_and_the_shell_completes_them(monkeypatch):
    import typer.main

    from zoning.cli.app import build, functions
    from zoning.cli.groups import GROUPS, group_of

    text = zoning("--help").stdout
    heads = [f"{title.en} / {title.zh}:" for title, _ in GROUPS.values()]
    assert [h for h in heads if h in text] == [x for x in text.splitlines() if x in heads]
    for name in functions():
        assert any(line.split()[:1] == [name] for line in text.splitlines()), name
        assert group_of(name) in GROUPS
    assert "--encoding GBK|UTF-8" in zoning("export", "--help").stdout
    tree = typer.main.get_command(build())
    for command in tree.commands.values():
        for parameter in command.params:
            if parameter.name == "lang":
                found = parameter.shell_complete(
                    command.make_context("x", [], resilient_parsing=True), "z"
                )
                assert [c.value for c in found] == ["zh"]


def test_a_called_command_is_built_alone_and_a_misspelt_one_among_all():
    from zoning.cli.app import build

    assert [c.name for c in build("run").registered_commands] == ["run"]
    assert len(build("rnu").registered_commands) == len(build().registered_commands) > 20
    code = (
        "import sys; from zoning.cli import app\n"
        "assert app._run() == 0; sys.exit('zoning.cli.programs' in sys.modules)"
    )
    for words, looked in ((["demo", "--help"], 0), (["--help"], 1)):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True)
        assert done.returncode == looked, done.stderr


def test_open_opens_the_map_else_what_there_is(small, monkeypatch, tmp_path):
    folder, _ = small
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    monkeypatch.setattr("typer.launch", lambda place: opened.append(place) or 0)
    assert zoning("open", folder / "成果").returncode == 0
    assert zoning("open", folder / "成果", "--what", "qgis").returncode == 0
    assert opened[0].startswith("file:") and opened[0].endswith("map.html")
    assert opened[1].endswith("plan.qgz")
    assert refused("open", folder / "成果", "--what", "report")[0]["code"] == "nothing-to-open"
    assert refused("open", tmp_path / "none")[0]["code"] == "no-folder"
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    assert refused("open", folder / "成果")[0]["code"] == "no-program"


def test_a_wide_table_is_never_cut_off(capsys):
    from zoning.cli.console import Talk

    heads = ["zone", *(f"column {k} (km²)" for k in range(12))]
    rows = [["重点开发", *(f"{1763.05 + k:,.2f}" for k in range(12))]] * 2
    Talk("en").write_table("Zones", heads, rows)
    told = capsys.readouterr().out
    for cell in rows[0]:
        assert told.count(cell) == 2
    assert len({len(line) for line in told.splitlines()[1:] if line.isascii()}) <= 1
