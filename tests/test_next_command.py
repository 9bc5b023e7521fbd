"""A writer died between two moves: the next command finishes it, says so, and is right."""

from __future__ import annotations

import shutil

import pytest
import worlds

from zoning import api
from zoning.base import journal, locks
from zoning.base.heard import hearing
from zoning.errors import InputError

pytestmark = pytest.mark.slow


def half(folder, name):
    """Leave a folder as a death does between two moves: ``name`` has not come to its place yet."""
    stage = folder / locks.STAGE
    (stage / journal.NEW).mkdir(parents=True)
    (folder / name).rename(stage / journal.NEW / name)
    journal.write(stage, [journal.Move(name)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the folder of a plan, and the plan.toml it is of."""
    box = tmp_path_factory.mktemp("made")
    path = worlds.write(box / "w", extra="[outputs]\nqgis = false\nmap = false\n")
    api.run(path, box / "out")
    return box / "out", path


def _point(plan):
    at = api.load(plan).city.geometry.to_crs("EPSG:4490").representative_point().iloc[0]
    return f"{at.x:.6f},{at.y:.6f}"


def _unit(plan):
    return str(api.load(plan).units.index[3])


ASKED = {
    "explain": lambda plan, unit, point: api.explain(plan, unit).as_dict(),
    "verify": lambda plan, unit, point: [str(c) for c in api.verify(plan)],
    "verify --place": lambda plan, unit, point: [str(c) for c in api.verify(plan, place=unit)],
    "site": lambda plan, unit, point: api.site(
        plan, point, width_m=90, date="2026-01-02").as_dict("en"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["plan.gpkg", "run.json", "ledger.parquet"])
@pytest.mark.parametrize("question", ASKED)
def test_a_question_finds_the_plan_whole(made, tmp_path, question, name):
    folder = tmp_path / "out"
    shutil.copytree(made[0], folder)
    unit, point = _unit(folder), _point(folder)
    whole = ASKED[question](folder, unit, point)
    half(folder, name)
    with hearing() as heard:
        assert ASKED[question](folder, unit, point) == whole
    assert "recovered" in {f.code for f in heard}


def test_init_finishes_before_it_refuses(tmp_path):
    api.init(tmp_path / "one")
    there = sorted(p.name for p in (tmp_path / "one").iterdir())
    half(tmp_path / "one", "plan.toml")
    with hearing() as heard, pytest.raises(InputError, match="already"):
        api.init(tmp_path / "one")
    assert [f.code for f in heard] == ["recovered"]
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == there


@pytest.mark.parametrize("name", ["plan.toml", "用地.tif"])
def test_check_finds_a_plan_that_init_or_fix_left_half(made, tmp_path, name):
    shutil.copytree(made[1].parent, tmp_path / "w")
    half(tmp_path / "w", name)
    with hearing() as heard:
        api.check(tmp_path / "w" / "plan.toml")
    assert "recovered" in {f.code for f in heard}
    assert (tmp_path / "w" / name).is_file()


def test_inputs_in_another_folder_are_met_too(tmp_path):
    path = worlds.write(tmp_path / "w")
    (tmp_path / "rasters").mkdir()
    (tmp_path / "w" / "用地.tif").rename(tmp_path / "rasters" / "用地.tif")
    text = path.read_text(encoding="utf-8").replace("用地.tif", "../rasters/用地.tif")
    path.write_text(text, encoding="utf-8")
    half(tmp_path / "rasters", "用地.tif")
    with hearing() as heard:
        api.check(path)
    assert "recovered" in {f.code for f in heard}


def test_decisions_that_were_left_half_are_not_written_over(made, tmp_path):
    made_file = api.export(api.load(made[0]), "decisions", tmp_path)
    (name,) = {p.name for p in tmp_path.iterdir() if p.suffix == ".gpkg"}
    before = (tmp_path / name).read_bytes()
    half(tmp_path, name)
    with pytest.raises(InputError, match="exists already"):
        api.export(api.load(made[0]), "decisions", tmp_path)
    assert (tmp_path / name).read_bytes() == before, made_file


def test_open_finds_the_map(made, tmp_path, monkeypatch):
    from zoning.api import programs

    monkeypatch.setattr(programs, "_launch", lambda place: True)
    (tmp_path / "map.html").write_text("<html>", encoding="utf-8")
    half(tmp_path, "map.html")
    assert api.open(tmp_path).name == "map.html"


def test_a_problem_to_solve_is_met(tmp_path):
    (tmp_path / "problem.toml").write_text('costs = "c.csv"\nevery_unit = true\n', encoding="utf-8")
    (tmp_path / "c.csv").write_text("unit,zone,cost\na,x,1\na,y,2\n", encoding="utf-8")
    half(tmp_path, "c.csv")
    assert api.solve(tmp_path / "problem.toml").zone.tolist() == ["x"]
