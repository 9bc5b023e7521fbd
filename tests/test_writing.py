"""Writing: killed at any step the old or the new result is there, and nothing of others is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import fake_plan
import numpy as np
import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning import api
from zoning.base import journal, locks, marks
from zoning.base.heard import hearing
from zoning.base.staged import beside, place_problems, recover, staged
from zoning.errors import InputError

FAULTS = Path(__file__).parent / "faults"
#: Those that CI kills at every call; the others are named in tests/faults/writers.py, and
#: scripts/try_kills.py takes them all.
WRITERS = ("folder", "map-folder", "grid.shp", "official-change", "solve", "check-fix", "init")
linux = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs a C compiler on Linux"
)


@pytest.fixture(scope="session")
def preload(tmp_path_factory):
    """Build the library that counts, kills and refuses."""
    out = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", out, FAULTS / "faults.c", "-ldl", "-lpthread"],
        check=True,
    )
    return out


def harness(preload, folder, *words):
    """Run the harness in a process of its own and give what it found."""
    env = {**os.environ, "LD_PRELOAD": str(preload), "PYTHONUTF8": "1",
           "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}  # fmt: skip
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(FAULTS / "kills.py"), str(folder), *words], env=env,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.stdout.strip(), done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@linux
@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_killed_at_any_step_a_writer_leaves_the_old_or_the_new(preload, tmp_path, writer):
    found = harness(preload, tmp_path / "k", writer, "--every")
    assert found["wrong"] == []
    assert found["old"] > 0 < found["new"]
    assert found["states"] == found["calls"] + 1 == found["old"] + found["new"]


@linux
@pytest.mark.slow
@pytest.mark.parametrize("writer", ["folder", "grid.shp"])
def test_a_copy_is_what_a_death_leaves_byte_for_byte(preload, tmp_path, writer):
    found = harness(preload, tmp_path / "k", writer, "--compare", "--sample", "10")
    assert found["states"] == 10 and found["wrong"] == []


@linux
@pytest.mark.slow
def test_deaths_themselves_leave_the_old_or_the_new(preload, tmp_path):
    found = harness(preload, tmp_path / "k", "export-gdb", "--sample", "8")
    assert found["wrong"] == []
    assert found["old"] > 0 < found["new"]


@linux
@pytest.mark.slow
@pytest.mark.parametrize("how", [("--every",), ("--sample", "14")])
def test_a_writer_without_a_journal_is_found_out(preload, tmp_path, how):
    found = harness(preload, tmp_path / "k", "folder", *how, "--no-journal")
    assert found["bad"] > 0


@linux
@pytest.mark.slow
@pytest.mark.parametrize("writer", ["folder", "grid.shp"])
def test_a_full_disk_is_told_and_leaves_the_old(preload, tmp_path, writer):
    found = harness(preload, tmp_path / "k", writer, "--sample", "10", "--full-disk")
    assert found["wrong"] == []


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make()


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file()}  # fmt: skip


def put(folder: Path, text: str, name: str = "a.txt", **how) -> None:
    with staged(folder, last=(), **how) as stage:
        (stage / name).write_text(text, encoding="utf-8")


def codes(error) -> set[str]:
    return {p.code for p in error.value.problems}


def test_what_is_ours_is_replaced_and_what_was_edited_is_kept(tmp_path):
    put(tmp_path, "one")
    with hearing() as heard:
        put(tmp_path, "two")
    assert heard == []
    assert set(files(tmp_path)) == {"a.txt", "zoning.json"}
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    with hearing() as heard:
        put(tmp_path, "three")
    assert [f.code for f in heard] == ["kept"]
    (kept,) = tmp_path.glob("a.kept-*.txt")
    assert kept.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "three"
    assert kept.name in heard[0].tell("zh")


def test_a_foreign_file_is_kept_or_refused(tmp_path):
    (tmp_path / "a.txt").write_text("thesis", encoding="utf-8")
    with pytest.raises(InputError) as told:
        put(tmp_path, "x", foreign="refuse")
    assert codes(told) == {"not-ours"}
    assert files(tmp_path) == {"a.txt": b"thesis"}
    put(tmp_path, "x")
    (kept,) = tmp_path.glob("a.kept-*.txt")
    assert kept.read_bytes() == b"thesis"


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "input"])
def test_what_is_no_regular_file_or_an_input_is_refused(tmp_path, kind):
    target = tmp_path / "a.txt"
    (tmp_path / "b.txt").write_text("b", encoding="utf-8")
    inputs = ()
    if kind == "folder":
        target.mkdir()
    elif kind == "link":
        target.symlink_to(tmp_path / "b.txt")
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            return
        os.mkfifo(target)
    else:
        put(tmp_path, "ours, and read")
        inputs = (target,)
    with pytest.raises(InputError) as told:
        put(tmp_path, "x", inputs=inputs)
    assert codes(told) == {"is-an-input" if kind == "input" else "not-a-file"}
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "b"
    assert not list(tmp_path.glob(f"{locks.STAGE}*"))


def test_the_second_writer_is_told_who_holds_the_place(tmp_path):
    with staged(tmp_path, last=()) as stage:
        (stage / "a.txt").write_text("first", encoding="utf-8")
        with pytest.raises(InputError) as told:
            put(tmp_path, "second")
        assert codes(told) == {"locked"}
        assert str(os.getpid()) in told.value.tell("en")
        put(tmp_path, "beside", name="b.txt", scope="b.txt")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "first"
    put(tmp_path, "second")


def test_many_writers_at_once_leave_one_whole_result(tmp_path):
    told, done = [], []

    def write(n):
        for _ in range(10):
            try:
                with staged(tmp_path, last=()) as stage:
                    for name in "abc":
                        (stage / name).write_text(str(n), encoding="utf-8")
                done.append(n)
            except InputError as error:
                told.append(error.problems[0].code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert done and set(told) <= {"locked"}
    assert len({(tmp_path / n).read_text(encoding="utf-8") for n in "abc"}) == 1
    assert not list(tmp_path.glob(f"{locks.STAGE}*"))


def test_litter_of_the_dead_is_swept_and_of_the_living_left(tmp_path):
    dead = tmp_path / f"{locks.STAGE}.map.html"
    (dead / "new").mkdir(parents=True)
    (dead / "new" / "map.html").write_text("half", encoding="utf-8")
    living = locks.take(tmp_path / f"{locks.STAGE}.x")
    recover(tmp_path)
    assert not dead.exists() and living.path.exists()
    living.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_journal_from_elsewhere_reaches_nothing_outside(tmp_path, name):
    place = tmp_path / "place"
    stage = place / locks.STAGE
    (stage / "new").mkdir(parents=True)
    (tmp_path / "x").write_text("mine", encoding="utf-8")
    moves = [{"name": name, "put": False, "had": True, "keep": ""}]
    (stage / "journal.json").write_text(
        json.dumps({"format": 1, "direction": "forward", "moves": moves}), encoding="utf-8"
    )
    with pytest.raises(InputError) as told:
        recover(place)
    assert codes(told) == {"journal"}
    assert (tmp_path / "x").read_text(encoding="utf-8") == "mine"


def test_modes_follow_the_file_that_is_replaced_or_umask(tmp_path):
    if os.name == "nt":
        return
    before = os.umask(0o077)
    try:
        put(tmp_path, "one")
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o600
        (tmp_path / "a.txt").chmod(0o640)
        put(tmp_path, "two")
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_file_that_was_not_written_whole_is_not_put(tmp_path):
    put(tmp_path, '{"a": 1}', name="a.geojson")
    for text in ("", '{"a": '):
        with pytest.raises(InputError, match="cannot be written"):
            put(tmp_path, text, name="a.geojson")
    assert (tmp_path / "a.geojson").read_text(encoding="utf-8") == '{"a": 1}'


def test_a_folder_that_goes_while_writing_is_told(tmp_path):
    place = tmp_path / "out"
    with pytest.raises(InputError) as told, staged(place, last=()) as stage:
        (stage / "a.txt").write_text("a", encoding="utf-8")
        shutil.rmtree(place)
    assert codes(told) == {"gone"}


def test_a_file_taken_from_what_is_written_is_told_and_the_old_result_stays(plan, tmp_path):
    """Who empties the folder may take plan.gpkg and leave what is written after it."""
    from zoning.outputs import folder

    bare = plan.config.outputs.model_copy(update={"map": False, "qgis": True})
    plan = replace(plan, config=plan.config.model_copy(update={"outputs": bare}))
    folder.write(plan, tmp_path)
    before = files(tmp_path)

    def empty(said):
        if "units.parquet" in said.en:
            (gone,) = tmp_path.glob(".*/*/plan.gpkg")
            gone.unlink()

    with pytest.raises(InputError) as told:
        folder.write(plan, tmp_path, progress=empty)
    assert codes(told) == {"gone"} and files(tmp_path) == before


def test_a_file_taken_while_files_are_moved_is_told(tmp_path, monkeypatch):
    put(tmp_path, "old", name="a.txt")
    forward = journal.forward

    def taken(stage, place, moves):
        (stage / "new" / "b.txt").unlink()
        forward(stage, place, moves)

    monkeypatch.setattr(journal, "forward", taken)
    with pytest.raises(InputError) as told, staged(tmp_path, last=()) as stage:
        (stage / "a.txt").write_text("new", encoding="utf-8")
        (stage / "b.txt").write_text("new", encoding="utf-8")
    assert codes(told) == {"gone"}
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "old"


def test_one_file_that_is_taken_before_it_is_put_is_told(tmp_path):
    with pytest.raises(InputError) as told, beside(tmp_path / "a.geojson") as path:
        path.write_text('{"a": 1}', encoding="utf-8")
        path.unlink()
    assert codes(told) == {"gone"}


@pytest.mark.slow
def test_marks_inside_files_are_the_same_twice_and_see_a_change(plan, tmp_path):
    api.report(plan, tmp_path)
    api.map(plan, tmp_path / "map.html")
    for name in ("report.docx", "tables.xlsx", "map.html"):
        other = tmp_path / "elsewhere"
        other.mkdir(exist_ok=True)
        shutil.copy(tmp_path / name, other)
        assert marks.state(other, name) == "ours"
        if name.endswith("html"):
            (other / name).write_bytes((other / name).read_bytes() + b"<!-- mine -->")
            assert marks.state(other, name) == "foreign"
            text = (tmp_path / name).read_bytes().replace(b"</body>", b"mine</body>", 1)
            (other / name).write_bytes(text)
        else:
            with zipfile.ZipFile(other / name, "a") as archive:
                archive.writestr("word/mine.xml", "<a/>")
        assert marks.state(other, name) == "edited"


def test_a_map_never_replaces_what_is_not_ours(plan, tmp_path):
    thesis = tmp_path / "thesis.html"
    thesis.write_text("<html>years of work</html>", encoding="utf-8")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    before = files(tmp_path)
    for place, as_folder in ((thesis, False), (folder, True)):
        with pytest.raises(InputError) as told:
            api.map(plan, place, folder=as_folder)
        assert codes(told) == {"not-ours"}
    assert files(tmp_path) == before
    api.map(plan, tmp_path / "site", folder=True)
    (tmp_path / "site" / "robots.txt").write_text("mine", encoding="utf-8")
    api.map(plan, tmp_path / "site", folder=True)
    assert (tmp_path / "site" / "robots.txt").read_text(encoding="utf-8") == "mine"


def test_an_open_geopackage_is_told_before_any_work(tmp_path):
    (tmp_path / "plan.gpkg").write_bytes(b"SQLite format 3\0")
    (tmp_path / "plan.gpkg-wal").write_bytes(b"")
    assert [p.code for p in place_problems(tmp_path)] == ["file-in-use"]
    (told,) = place_problems(tmp_path)
    assert "left by a crash" in told.remedy.en and "异常退出" in told.remedy.zh


def test_a_single_file_has_its_list_beside(tmp_path):
    for text in ("a", "b"):
        with beside(tmp_path / "x.csv") as part:
            part.write_text(text, encoding="utf-8")
    assert set(files(tmp_path)) == {"x.csv", "x.csv.zoning.json"}
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == "b"


def command(*words, **how):
    """Run a command in a process of its own."""
    env = {**os.environ, "PYTHONUTF8": "1",
           "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "zoning", *map(str, words)], env=env, check=False, **how
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="closes descriptors as a shell does")
def test_closed_streams_are_no_mistake(tmp_path):
    def close():
        os.close(1)
        os.close(2)

    assert command("init", tmp_path / "a", preexec_fn=close).returncode == 0
    assert (tmp_path / "a" / "plan.toml").is_file()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [("commands", "--json"), ("--version",),
                                   ("explain", "nowhere", "x", "--json")])  # fmt: skip
def test_an_answer_that_fits_nowhere_is_told(words):
    with open("/dev/full", "wb") as full:
        done = command(*words, stdout=full, stderr=subprocess.PIPE)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 2 and "Traceback" not in said and "Exception ignored" not in said
    assert "nowhere" in said if "nowhere" in words else "No space left" in said


@pytest.mark.slow
def test_a_raster_that_names_an_address_makes_no_request(tmp_path):
    import http.server

    import worlds

    asked = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    plan = worlds.write(tmp_path)
    (tmp_path / "用地.vrt").write_text(
        '<VRTDataset rasterXSize="60" rasterYSize="30"><SRS>EPSG:4549</SRS>'
        "<GeoTransform>500000,100,0,3503000,0,-100</GeoTransform>"
        '<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>'
        f"/vsicurl/http://127.0.0.1:{server.server_address[1]}/x.tif</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    text = plan.read_text(encoding="utf-8").replace("用地.tif", "用地.vrt")
    plan.write_text(text, encoding="utf-8")
    done = command("check", plan, capture_output=True)
    server.shutdown()
    assert done.returncode == 2
    assert asked == []


def test_deep_nesting_and_want_of_memory_are_told(capsys):
    from zoning.cli.command import outcome
    from zoning.cli.console import Talk

    for error, word in ((RecursionError(), "nested"), (MemoryError(), "memory")):
        assert outcome(error, Talk()) == 2
        assert word in capsys.readouterr().err


def everything(path, names):
    """Give every row of tables, and what the format says of them, as SQLite stores it."""
    with closing(sqlite3.connect(path)) as db:
        found = {n: db.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions"):
            rows = db.execute(f"SELECT * FROM {table}").fetchall()
            found[table] = sorted(r for r in rows if r[0] in names)
        made = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        found["made"] = sorted(r for r in made if any(n in r[0] for n in names))
        found["styles"] = sorted(db.execute(
            "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles "
            "WHERE owner IS NOT 'zoning'").fetchall())  # fmt: skip
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return found


@pytest.mark.slow
def test_what_others_put_into_the_geopackage_stays_row_by_row(tmp_path):
    """Layers, tables without geometry, views, styles and projects of QGIS; fids and all."""
    import geopandas as gpd
    from shapely import Point

    path = worlds.write(tmp_path / "w", extra="[outputs]\nqgis = false\nmap = false\n")
    out = tmp_path / "out"
    api.run(path, out)
    mine = gpd.GeoDataFrame(
        {"名称": ["井", "桥"], "n": [1, 2]}, geometry=[Point(500_100, 3_500_100, 7)] * 2,
        crs="EPSG:4326",
    )  # fmt: skip
    mine.to_file(out / "plan.gpkg", layer="我的点")
    with closing(sqlite3.connect(out / "plan.gpkg")) as db, db:
        db.execute("CREATE TABLE 巡查 (fid INTEGER PRIMARY KEY, 日期 DATE, 附件 BLOB, x NUMERIC)")
        db.executemany("INSERT INTO 巡查 VALUES (?, ?, ?, ?)",
                       [(7, "2026-03-01", b"\0\xff", 1), (40, None, None, 2.5)])  # fmt: skip
        db.execute("CREATE INDEX 巡查_日期 ON 巡查 (日期)")
        db.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) "
                   "VALUES ('巡查', 'attributes', '巡查记录')")  # fmt: skip
        db.execute("CREATE VIEW 巡查_新 AS SELECT * FROM 巡查 WHERE fid > 10")
        db.execute(
            "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
        )
        db.execute("INSERT INTO qgis_projects VALUES ('我的', NULL, x'00ff')")
        db.execute("INSERT INTO layer_styles (f_table_name, styleName, styleQML, useAsDefault) "
                   "VALUES ('units', '我的样式', '<qgis/>', 1)")  # fmt: skip
    names = ["我的点", "巡查", "巡查_新", "qgis_projects"]
    before = everything(out / "plan.gpkg", names)
    assert any(n.startswith("rtree_") for n, _ in before["made"])
    for _ in range(2):  # the second finds a file that is ours, with layers that are not
        with hearing() as heard:
            api.run(path, out)
        assert "layers-kept" in {f.code for f in heard}
        assert everything(out / "plan.gpkg", names) == before
        with closing(sqlite3.connect(out / "plan.gpkg")) as db:
            default = db.execute("SELECT styleName FROM layer_styles WHERE f_table_name = 'units' "
                                 "AND useAsDefault").fetchall()  # fmt: skip
        assert default == [("我的样式",)]
    assert gpd.read_file(out / "plan.gpkg", layer="我的点")["n"].tolist() == [1, 2]
    found = api.verify(out)
    assert [c.text.en for c in found if not c.ok and c.level == "error"] == []
    assert any("巡查" in c.text.en for c in found), "told as none of ours"
    assert "巡查" not in api.load(out).tables


def test_a_project_that_somebody_saved_over_ours_steps_aside(plan, tmp_path):
    """Ours is made anew and is nobody else's; one saved from QGIS under its name is kept."""
    from zoning.outputs.qgis import geopackage, project
    from zoning.outputs.qgis.carried import carry

    def projects(path):
        with closing(sqlite3.connect(path)) as db:
            return sorted(db.execute("SELECT name, content FROM qgis_projects").fetchall())

    old, new = tmp_path / "old" / "plan.gpkg", tmp_path / "new" / "plan.gpkg"
    for path in (old, new):
        path.parent.mkdir()
        geopackage.write(plan, path)
    project.write(plan, old.with_name("plan.qgz"))
    ((name, _),) = projects(old)
    with hearing() as heard:
        assert carry(old.parent, new) == [] and heard == []
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("UPDATE qgis_projects SET metadata = '{}', content = 'mine'")
    with hearing() as heard:
        assert carry(old.parent, new) == ["qgis_projects"]
    assert [f.code for f in heard] == ["layers-kept"]
    project.write(plan, new.with_name("plan.qgz"))
    (ours, _), kept = projects(new)
    assert (ours, kept) == (name, (f"{name} (kept)", "mine"))


@pytest.mark.slow
def test_decisions_of_an_edited_geopackage_are_read_back(tmp_path):
    """Who decides in plan.gpkg itself finds it again in a file that `[zones] overrides` reads."""
    from zoning.outputs.qgis.read_back import FILE
    from zoning.zones.overrides import read_overrides

    folder = tmp_path / "w"
    path = worlds.write(folder, extra="[outputs]\nqgis = false\nmap = false\n")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '[zones]\noverrides = "d.csv"\n', encoding="utf-8")
    (folder / "d.csv").write_text(
        "level,code,zone,reason,who,date,was\n"
        "township,321000001,key,现场,规划处,2026-01-05,\ntownship,321000002,key,现场,规划处,2026-01-05,\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    api.run(path, out)
    with hearing() as heard:
        api.run(path, out)  # nothing was edited: all that is there came from the record
    assert "decisions-read-back" not in {f.code for f in heard} and not (out / FILE).exists()
    with closing(sqlite3.connect(out / "plan.gpkg")) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(
            "UPDATE decisions SET zone = 'moderate', reason = '会议' WHERE code = '321000002'"
        )
        unit, was = db.execute("SELECT unit, zone FROM units WHERE zone <> 'moderate'").fetchone()
        db.execute("UPDATE units SET zone = 'moderate' WHERE unit = ?", (unit,))
    with hearing() as heard:
        api.run(path, out)
    told = next(f for f in heard if f.code == "decisions-read-back")
    assert told.level == "warning" and told.measured == 2 and FILE in told.remedy.en
    rows = pd.read_csv(out / FILE, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert rows[["level", "code", "zone", "reason", "was"]].values.tolist() == [
        ["township", "321000002", "moderate", "会议", ""], ["unit", unit, "moderate", "", was],
    ]  # fmt: skip
    with pytest.raises(InputError) as error:
        read_overrides(out / FILE)  # who, why and when is asked, not guessed
    assert {p.where for p in error.value.problems} == {f"{FILE}, decision 2"}
    rows.loc[1, ["reason", "who", "date"]] = ["会议", "规划处", "2026-02-01"]
    rows.to_csv(out / FILE, index=False, encoding="utf-8-sig")
    assert len(read_overrides(out / FILE)) == 2


@pytest.mark.slow
@pytest.mark.qgis
def test_a_plan_open_in_a_real_qgis_is_told_and_its_edit_is_kept(tmp_path):
    """QGIS puts the file into WAL mode while somebody edits; nothing is touched until then."""
    from test_qgis_project import qgis_python

    python = qgis_python()
    if python is None:
        pytest.skip("no Python with QGIS here (set QGIS_PYTHON)")
    path = worlds.write(tmp_path / "w", extra="[outputs]\nqgis = false\nmap = false\n")
    out = tmp_path / "out"
    api.run(path, out)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    with subprocess.Popen(
        [python, str(Path(__file__).with_name("qgis_hold.py")), str(out / "plan.gpkg"),
         "townships", "name=改名镇"],
        env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, encoding="utf-8",
    ) as qgis:  # fmt: skip
        try:
            assert qgis.stdout.readline().split() == ["open", "True"]
            before = files(out)
            with pytest.raises(InputError) as error:
                api.run(path, out)
            (told,) = error.value.problems
            assert (told.code, Path(told.where).name) == ("file-in-use", "plan.gpkg")
            assert "open in another program" in told.what.en
            assert files(out) == before, "nothing was touched"
            qgis.stdin.write("\n")
            qgis.stdin.flush()
            assert qgis.stdout.readline().strip() == "saved"
        finally:
            qgis.kill()
    with hearing() as heard:
        api.run(path, out)
    assert "kept" in {f.code for f in heard}
    (kept,) = out.glob("plan.kept-*.gpkg")
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT count(*) FROM townships WHERE name = '改名镇'").fetchone() == (1,)


def test_what_is_written_on_one_day_bears_the_day(monkeypatch):
    from datetime import UTC, datetime, time

    from zoning.base.stamp import stamp

    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = datetime.now(UTC).date()
    assert stamp().timetz() == time(0, tzinfo=UTC)
    assert before <= stamp().date() <= datetime.now(UTC).date()


def test_units_written_twice_are_the_same_bytes(tmp_path, monkeypatch):
    import time

    from zoning.outputs.exchange.units_file import write as write_units

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    units = fake_plan.make().units[["area_m2", "geometry"]]
    files = []
    for n in range(2):
        files.append(tmp_path / f"{n}" / "units.gpkg")
        files[n].parent.mkdir()
        write_units(units, files[n])
        time.sleep(0.01)  # the clock of the machine moves on
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    "what", ["policy", "gpkg", "decisions", pytest.param("batch", marks=pytest.mark.slow)]
)
def test_what_is_written_twice_is_the_same_bytes(plan, tmp_path, monkeypatch, what):
    import time

    from zoning.outputs import many

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    if what == "batch":
        api.Plan.of(plan).save(tmp_path / "plan")
    both = []
    for n in range(2):
        out = tmp_path / f"{n}"
        out.mkdir()
        if what == "policy":
            api.write_policy(api.policy("green-index-2016", examples=True), out)
        elif what == "batch":
            many.write(out, "two", [("a", "made", tmp_path / "plan")], {})
        else:
            api.export(plan, what, out)
        both.append(files(out))
        if not n:  # the clock of the machine moves on; that of office files counts seconds
            time.sleep(1.1 if what in ("policy", "batch") else 0.01)
    assert both[0] == both[1]


def test_copies_that_are_mended_come_all_or_none(tmp_path, monkeypatch):
    """A copy that cannot be written leaves no half a folder, which would be refused afterwards."""
    from zoning.inputs.repair import plan as repair

    path = worlds.write(tmp_path / "in")
    whole = repair._mend_layer

    def fails(folder, part, name, out):
        if name == "redlines":
            raise OSError(28, "No space left on device", str(out))
        return whole(folder, part, name, out)

    monkeypatch.setattr(repair, "_mend_layer", fails)
    with pytest.raises(InputError):
        api.mend(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    api.mend(path, tmp_path / "out")
    assert (tmp_path / "out" / "plan.toml").is_file()


@pytest.mark.slow
def test_an_input_that_is_ours_is_no_output_wherever_the_command_is_called(tmp_path, monkeypatch):
    """The boundary of a plan lies in the folder of an earlier one; paths start at plan.toml."""
    path = worlds.write(tmp_path / "in")
    zn.run(path, tmp_path / "in" / "out")
    text = path.read_text(encoding="utf-8")
    name = zn.load(tmp_path / "in" / "out").config.inputs.boundary.path
    text = text.replace(f'path = "{name}"', 'path = "out/plan.gpkg"\nlayer = "city"', 1)
    path.write_text(text, encoding="utf-8")
    before = (tmp_path / "in" / "out" / "plan.gpkg").read_bytes()
    monkeypatch.chdir(tmp_path)
    made = zn.run(path)
    answer = zn.load(made.save(tmp_path / "other", map=False)[0].parent).allocate(cap=0.2)
    for one in (made, answer):  # where the inputs of a plan that was read lie, nobody knows
        with pytest.raises(InputError, match="is an input of the plan"):
            one.save(tmp_path / "in" / "out", map=False)
    assert (tmp_path / "in" / "out" / "plan.gpkg").read_bytes() == before


def test_places_of_findings_do_not_take_the_place_of_what_was_looked_at(tmp_path, monkeypatch):
    from zoning.cli import main

    worlds.write(tmp_path)
    api.write_findings(tmp_path / "seen.csv", api.inspect(tmp_path / "乡镇.gpkg").findings)
    before = (tmp_path / "seen.csv").read_bytes()
    words = ["check", tmp_path / "seen.csv", "--places", tmp_path / "seen.csv"]
    monkeypatch.setattr(sys, "argv", ["zoning", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2 and (tmp_path / "seen.csv").read_bytes() == before


def test_a_table_that_a_policy_read_is_not_written_over(tmp_path):
    result = api.policy("green-index-2016", examples=True)
    made = api.write_policy(result, tmp_path / "out")
    before = [p.read_bytes() for p in made]
    with pytest.raises(InputError, match="is an input of the plan"):
        api.write_policy(result, tmp_path / "out", inputs=made[:1])
    assert [p.read_bytes() for p in made] == before


def test_an_evaluation_that_was_read_is_not_written_over(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    from zoning import evaluation

    slope = tmp_path / "slope.tif"
    place = {"crs": "EPSG:4549", "transform": from_origin(5e5, 3.5e6, 30, 30)}
    with rasterio.open(slope, "w", driver="GTiff", width=4, height=4, count=1, dtype="float32",
                       **place) as file:  # fmt: skip
        file.write(np.ones((4, 4), "float32"), 1)
    evaluation.town({"slope": slope}, tmp_path / "town.tif", "B")
    before = (tmp_path / "town.tif").read_bytes()
    with pytest.raises(InputError, match="is an input of the plan"):
        evaluation.town({"slope": tmp_path / "town.tif"}, tmp_path / "town.tif", "B")
    both = dict.fromkeys(("ecology", "agriculture", "town"), tmp_path / "town.tif")
    with pytest.raises(InputError, match="is an input of the plan"):
        evaluation.integrate(both, tmp_path / "town.tif")
    assert (tmp_path / "town.tif").read_bytes() == before
