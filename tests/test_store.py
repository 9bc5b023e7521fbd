"""A plan folder: whole or nothing when written, one clear word when it is broken."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from zoning import pipeline, planfile, store
from zoning.base import coded, locks, marks
from zoning.base.heard import hearing
from zoning.base.keys import keyed
from zoning.base.staged import recover, staged
from zoning.errors import InputError
from zoning.outputs.folder import OUTPUTS
from zoning.outputs.folder import write as write_folder
from zoning.planfile import shape
from zoning.questions import answer


def run(folder, **options):
    path = worlds.write(folder, **options)
    return pipeline.run(planfile.load(path), path.parent)


BARE = "[outputs]\nqgis = false\nmap = false\n"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return run(tmp_path_factory.mktemp("库"), extra=BARE)


@pytest.fixture(scope="module")
def other(plan):
    question = answer.Question(cap=0.2)
    return answer.with_allocation(plan, *answer.ask(plan, question), question)


@pytest.fixture(scope="module")
def written(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("成 果") / "out"
    write_folder(plan, folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """Give a copy that a test may break."""
    return Path(shutil.copytree(written, tmp_path / "plan"))


def refused(folder: Path):
    with pytest.raises(InputError) as told:
        store.load(folder)
    (problem,) = told.value.problems
    assert told.value.exit_code == 2
    assert problem.remedy is not None
    return problem


def edit(folder: Path, **changes):
    path = folder / "run.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        raw[key] = value
        if value is None:
            del raw[key]
    path.write_text(json.dumps(raw), encoding="utf-8")


def test_run_json_knows_the_files_it_was_written_with(folder):
    files = json.loads((folder / "run.json").read_text(encoding="utf-8"))["files"]
    assert set(files) == {"units.parquet", "ledger.parquet", "plan.gpkg"}
    for name, sha in files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha


def test_a_newer_layout_is_told_as_such(folder):
    edit(folder, format=3, grid=None)
    problem = refused(folder)
    assert (problem.code, problem.measured, problem.limit) == ("newer-format", 3, 2)


@pytest.mark.parametrize("text", ["{", "[]", "null", "{}", '{"format": "one"}', '{"format": 1}'])
def test_a_run_json_that_is_none(folder, text):
    (folder / "run.json").write_text(text, encoding="utf-8")
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("damaged", "run.json")


@pytest.mark.parametrize("key", ["format", "plan", "notice", "config", "grid", "area_m2", "checks"])
def test_a_key_is_missing_from_run_json(folder, key):
    edit(folder, **{key: None})
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("damaged", "run.json")
    assert key in problem.what.en


def test_all_that_run_json_lacks_is_named():
    (found,) = shape.problems({})
    assert (found.where, found.what.en) == ("run.json", "no plan, notice")


@pytest.mark.parametrize(
    "changes", [{"grid": {}}, {"grid": 5}, {"checks": [{}]}, {"checks": [3]}, {"files": 3}]
)
def test_a_key_of_run_json_holds_something_else(folder, changes):
    edit(folder, **changes)
    assert refused(folder).code == "damaged"


@pytest.mark.parametrize("name", ["units.parquet", "ledger.parquet", "plan.gpkg", "run.json"])
@pytest.mark.parametrize("how", ["cut", "empty", "noise"])
def test_a_damaged_file_is_named(folder, name, how):
    path = folder / name
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 3], "empty": b"", "noise": b"\xff" * 999}[how])
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("damaged", name)
    assert "damaged" in problem.what.en
    assert "损坏" in problem.what.zh


@pytest.mark.parametrize("name", ["units.parquet", "ledger.parquet"])
def test_a_broken_table_is_told_also_without_checksums(folder, name):
    edit(folder, files=None)
    store.load(folder)
    path = folder / name
    path.write_bytes(path.read_bytes()[:200])
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("damaged", name)


def test_a_file_held_open_is_not_called_damaged(folder, monkeypatch):
    def held(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store, "sha256", held)
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("unreadable", "units.parquet")


def test_a_file_that_may_not_be_read_is_not_called_damaged(folder, monkeypatch):
    """What reads it raises an error of its own; root may read all, so the system is asked."""
    import os

    def barred(_path):
        raise RuntimeError("plan.gpkg: Permission denied")

    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "plan.gpkg")
    monkeypatch.setattr(store, "_read_geopackage", barred)
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("unreadable", "plan.gpkg")


def test_a_layer_that_was_deleted_is_told(folder):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "plan.gpkg")) as db, db:
        db.execute("DELETE FROM gpkg_contents WHERE table_name = 'city'")
        db.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = 'city'")
        db.execute("DROP TABLE city")
    problem = refused(folder)
    assert (problem.code, Path(problem.where).name) == ("damaged", "plan.gpkg")


def test_a_geopackage_edited_by_its_user_is_still_a_plan(folder):
    import sqlite3
    from contextlib import closing

    before = (folder / "plan.gpkg").read_bytes()
    with closing(sqlite3.connect(folder / "plan.gpkg")) as db, db:
        db.execute("CREATE TABLE mine (a)")
    assert (folder / "plan.gpkg").read_bytes() != before
    assert len(store.load(folder).units) == 18


def test_edits_that_break_a_table_are_told_all_at_once(folder):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "plan.gpkg")) as db, db:
        db.execute("UPDATE pieces SET new_m2 = -5 WHERE rowid = 1")
        db.execute("UPDATE red_sets SET level = 3 WHERE rowid = 1")
        db.execute("UPDATE red_sets SET area_code = NULL WHERE rowid = 2")
    with pytest.raises(InputError) as told:
        store.load(folder)
    assert sorted((p.where, p.code) for p in told.value.problems) == [
        ("pieces", "out-of-bounds"),
        ("red_sets", "missing-value"),
        ("red_sets", "out-of-bounds"),
    ]


def test_what_a_run_puts_together_is_held_against_its_contracts(plan):
    from zoning.pipeline.assemble import Solved, assemble

    broken = dataclasses.replace(plan, units=plan.units.assign(lon=999.0))
    with pytest.raises(InputError, match="'lon' reaches 999"):
        assemble(broken, Solved(), plan.config)
    assert "construction" not in assemble(plan, Solved(), plan.config).run


def test_a_folder_of_two_plans_is_none(folder, other, tmp_path):
    write_folder(other, tmp_path / "other")
    shutil.copy(tmp_path / "other" / "units.parquet", folder)
    problem = refused(folder)
    assert Path(problem.where).name == "units.parquet"
    assert "run.json" in problem.what.en


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in folder.rglob("*") if p.is_file()}  # fmt: skip


def write_again(plan, folder: Path):
    """Write the tables of a plan over another one, quickly."""
    with (
        pytest.MonkeyPatch.context() as patch,
        staged(folder, stale=OUTPUTS, listing=None) as stage,
    ):
        patch.setattr("zoning.base.readback.read_back", lambda _: None)
        (stage / "plan.gpkg").write_bytes(b"new")
        store.write_tables(plan, stage)


def fail_at(monkeypatch, wrong) -> list[Path]:
    """Let those moves fail that ``wrong`` says, by their number."""
    moves = []

    def held(real):
        def move(self, target):
            if locks.STAGE in str(self) or locks.STAGE in str(target):
                moves.append(Path(target))
                if wrong(len(moves) - 1):
                    raise PermissionError(13, "held open")
            return real(self, target)

        return move

    for name in ("replace", "rename"):
        monkeypatch.setattr(Path, name, held(getattr(Path, name)))
    return moves


#: The journal; five files go and come; map.html goes.
MOVES = 12


@pytest.mark.parametrize("at", range(MOVES))
def test_a_move_that_fails_leaves_the_last_plan(folder, other, monkeypatch, at):
    add_map(folder)
    before = contents(folder)
    fail_at(monkeypatch, lambda n: n == at)
    with pytest.raises(InputError, match="cannot be written: held open"):
        write_again(other, folder)
    assert contents(folder) == before


@pytest.mark.parametrize("at", range(2, MOVES))
def test_a_move_that_fails_both_ways_is_mended_by_the_next_command(folder, other, at):
    add_map(folder)
    before = contents(folder)
    with pytest.MonkeyPatch.context() as patch:
        # From here on nothing moves any more, not even back.
        fail_at(patch, lambda n: n >= at)
        with pytest.raises((InputError, PermissionError)):
            write_again(other, folder)
        with pytest.raises(InputError, match="waits to be finished"):
            store.load(folder)
    with hearing() as heard:
        recover(folder)
    assert [f.code for f in heard] == ["recovered"]
    after = contents(folder)
    assert after == before or after["plan.gpkg"] == b"new"
    assert set(after) <= set(before)


def add_map(folder: Path) -> None:
    """Put a map of ours there."""
    (folder / "map.html").write_text("<html>of this plan</html>", encoding="utf-8")
    marks.seal(folder / "map.html")


def test_all_moves_are_counted(folder, other, monkeypatch):
    add_map(folder)
    moves = fail_at(monkeypatch, lambda n: False)
    write_again(other, folder)
    assert len(moves) == MOVES
    wanted = {"run.json", "units.parquet", "ledger.parquet", "plan.gpkg", "times.json"}
    assert set(contents(folder)) == wanted
    assert (folder / "plan.gpkg").read_bytes() == b"new"


def test_outputs_of_an_earlier_plan_are_removed_and_nothing_else(plan, folder):
    mine = ["notes.txt", "map.html.bak", "report (1).docx", "sub/map.html", "allocation.lp"]
    (folder / "sub").mkdir()
    for name in (*OUTPUTS, *mine):
        (folder / name).write_text("earlier", encoding="utf-8")
    config = plan.config.model_copy(
        update={"outputs": plan.config.outputs.model_copy(update={"qgis": True})}
    )
    files = write_folder(dataclasses.replace(plan, config=config), folder)
    names = {*store.NEEDED, "plan.qgz", "times.json"}
    assert {f.name for f in files} == names
    kept = {p.name for p in folder.glob("*.kept-*")}
    assert {name.split(".")[0] for name in kept} == {Path(name).stem for name in OUTPUTS}
    assert set(contents(folder)) == names | set(mine) | kept
    assert (folder / "plan.qgz").read_bytes() != b"earlier"
    assert all((folder / n).read_text(encoding="utf-8") == "earlier" for n in [*mine, *kept])


def test_run_json_comes_last(plan, tmp_path, monkeypatch):
    moves = fail_at(monkeypatch, lambda n: False)
    write_folder(plan, tmp_path / "neu")
    assert moves[-1].name == "run.json"


@pytest.mark.slow
def test_two_runs_are_the_same_bytes_but_for_their_times(tmp_path, monkeypatch):
    """With the time of the Reproducible Builds project; how long things took stands apart."""
    import zoning as zn

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764115200")
    plan = worlds.write(tmp_path)
    made = zn.run(plan)
    made.save(tmp_path / "a")
    zn.run(plan).save(tmp_path / "b")
    one, two = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert [n for n in one if one[n] != two[n]] in ([], [marks.TIMES])
    run = json.loads(one["run.json"])
    assert "seconds" not in run and "seconds" not in run["allocation"]
    assert marks.TIMES not in run["files"]
    times = json.loads(one[marks.TIMES])["seconds"]
    assert {"read", "measure", "zone", "solve"} <= set(times)
    # It carries its mark in itself: changed by somebody it is kept, not replaced.
    assert marks.state(tmp_path / "a", marks.TIMES) == "ours"
    changed = one[marks.TIMES].replace(b'"solve"', b'"solved"')
    (tmp_path / "a" / marks.TIMES).write_bytes(changed)
    assert marks.state(tmp_path / "a", marks.TIMES) == "edited"
    made.save(tmp_path / "a")
    assert [p for p in (tmp_path / "a").glob("times*kept*") if p.read_bytes() == changed]


@pytest.mark.slow
@given(
    st.lists(
        st.one_of(
            st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=3),
            st.floats(width=64), st.just("<NA>"), st.just(pd.NA),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_cells_of_a_digest_are_written_alike_one_by_one_and_together(values):
    import hashlib

    from zoning import digest

    def holds(column):
        alone = [digest._cell(v) for v in column.astype(object).tolist()]
        before, few = digest._AT_ONCE, digest._FEW
        digest._AT_ONCE = 3
        try:
            for digest._FEW in (few, -1):  # one by one, and as long columns are
                cells = digest._cells(column)
                assert (cells if isinstance(cells, list) else cells.to_pylist()) == alone
                found = digest._frame(column.to_frame("c"))
        finally:
            digest._AT_ONCE, digest._FEW = before, few
        text = f"c\x1f{len(alone)}\x1f" + "\x1e".join(alone)
        whole = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
        assert found == whole.hexdigest()

    holds(pd.Series(values, dtype=object))
    whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    for dtype in ("int64", "Int64", "float64", "Float64"):
        holds(pd.Series(whole, dtype="int64").astype(dtype))
    numbers = [v if isinstance(v, float) else np.nan for v in values
               if v is None or v is pd.NA or isinstance(v, float)]  # fmt: skip
    for dtype in ("float64", "Float64", "float32"):
        with np.errstate(over="ignore"):
            holds(pd.Series(numbers, dtype="float64").astype(dtype))
    texts = [v if isinstance(v, str) else None for v in values]
    texts = [None if v is None else v.encode("utf-8", "replace").decode() for v in texts]
    for dtype in ("str", "string", "object"):
        holds(pd.Series(texts, dtype=dtype))
        holds(pd.Series(coded.by_text(pd.Series(texts, dtype=dtype))))


def test_small_tables_are_read_as_gdal_reads_them(folder, tmp_path):
    """Over one connection, with the same types; what others changed is left to GDAL."""
    import sqlite3

    import pyogrio

    from zoning.base.attributes import read_small

    box = folder / "plan.gpkg"
    names = [str(n) for n, kind in pyogrio.list_layers(box) if kind is None]
    names = [n for n in names if n not in ("layer_styles", "qgis_projects")]
    small = read_small(box, names)
    assert set(small) == set(names) and len(names) > 15
    for name, frame in small.items():
        pd.testing.assert_frame_equal(frame, store.read_layer(box, name), obj=name)
    longest = max(names, key=lambda n: len(small[n]))
    assert longest not in read_small(box, names, most=len(small[longest]) - 1)
    assert longest in read_small(box, names, most=len(small[longest]))
    with sqlite3.connect(box) as db:
        db.execute("UPDATE checks SET ok = NULL, measured = 'much' WHERE fid = 1")
        db.execute("CREATE TABLE mine (fid INTEGER PRIMARY KEY, day DATE)")
    db.close()
    assert not {"checks", "mine"} & set(read_small(box, [*names, "mine"]))


def test_a_digest_writes_cells_as_text_and_shapes_as_the_digits_of_their_wkb(monkeypatch):
    import geopandas as gpd
    import shapely

    from zoning import digest

    shapes = [
        shapely.box(0, 0, 1, 1), shapely.multipolygons([shapely.box(0, 0, 1, 1)]), None,
        shapely.Polygon(), shapely.MultiPolygon(), shapely.Point(1, 2),
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(
        {
            "n": [1.0, 0.5, np.nan, -0.0, 1e300, 2.0],
            "t": pd.Series(["a", "\ud800", None, "<NA>", "", "a"], dtype=object),
        },
        geometry=shapes,
    )
    many = [shapely.multipolygons([g]) if g is not None and g.geom_type == "Polygon" else g
            for g in shapes]  # fmt: skip
    wkb = [str(w) for w in shapely.to_wkb(many, hex=True, output_dimension=2)]
    seal = hashlib.sha256()
    for name, cells in (
        ("geometry", wkb), ("n", ["1", "0.5", "\x00", "0", repr(1e300), "2"]),
        ("t", ["'a", "'\ud800", "\x00", "\x00", "'", "'a"]),
    ):  # fmt: skip
        text = f"{name}\x1f{len(cells)}\x1f" + "\x1e".join(cells)
        seal.update(text.encode("utf-8", "surrogatepass"))
    assert digest._frame(frame) == seal.hexdigest()
    squares = [shapely.box(k, 0, k + 1, 1) for k in range(7)]  # these are written all at once
    made = shapely.multipolygons([[s] for s in squares])
    cells = "\x1e".join(shapely.to_wkb(made, hex=True, output_dimension=2))
    seal = hashlib.sha256(f"geometry\x1f7\x1f{cells}".encode())
    monkeypatch.setattr(digest, "_AT_ONCE", 3)
    assert digest._frame(gpd.GeoDataFrame(geometry=squares)) == seal.hexdigest()


def test_a_large_table_is_written_part_by_part_as_in_one(tmp_path, monkeypatch):
    import fake_plan
    import geopandas as gpd
    import pyarrow.parquet as pq

    from zoning.base import streamed

    units = fake_plan.make_many(400).units
    streamed.write_geoparquet(units, tmp_path / "whole.parquet", 16)
    monkeypatch.setattr(streamed, "PART", 64)
    streamed.write_geoparquet(units, tmp_path / "parts.parquet", 16)
    whole, parts = (tmp_path / f"{name}.parquet" for name in ("whole", "parts"))
    assert pq.read_table(whole).equals(pq.read_table(parts))
    one, two = (pq.read_schema(p).metadata for p in (whole, parts))
    assert json.loads(one[b"geo"]) == json.loads(two[b"geo"])
    assert json.loads(one[b"pandas"]) == json.loads(two[b"pandas"])
    groups = pq.ParquetFile(parts).metadata
    assert [groups.row_group(k).num_rows for k in range(3)] == [16, 16, 16]
    # Older pandas reads text in the index as objects; what is in it is the same.
    back = gpd.read_parquet(parts)
    assert back.index.tolist() == units.index.tolist() and back.index.name == units.index.name
    assert back.reset_index(drop=True).equals(units.reset_index(drop=True))


def test_rows_of_a_large_table_are_written_in_an_order_of_their_own(tmp_path, monkeypatch):
    """The same rows and words of the file as in one go; columns of objects wait for all of them."""
    import fake_plan
    import geopandas as gpd
    import pyarrow.parquet as pq

    from zoning.base import streamed

    units = fake_plan.make_many(400).units.reset_index()
    order = np.random.default_rng(7).permutation(len(units))
    how = {"order": order, "index": False, "schema_version": "1.1.0"}
    whole, parts = tmp_path / "whole.parquet", tmp_path / "parts.parquet"
    streamed.write_geoparquet(units, whole, 16, **how)
    assert gpd.read_parquet(whole)["unit"].tolist() == units["unit"].iloc[order].tolist()
    monkeypatch.setattr(streamed, "PART", 64)
    streamed.write_geoparquet(units, parts, 16, **how)
    assert pq.read_table(whole).equals(pq.read_table(parts))
    one, two = (json.loads(pq.read_schema(p).metadata[b"geo"]) for p in (whole, parts))
    assert one == two and one["version"] == "1.1.0"
    sizes = [pq.ParquetFile(p).metadata.num_row_groups for p in (whole, parts)]
    assert sizes == [25, 25]
    # The first part holds nothing, so its kind would not be that of the second.
    last = [None] * (len(units) - 1) + ["last"]
    late = units.assign(note=pd.Series(last, dtype=object))
    streamed.write_geoparquet(late, parts, 16, order=np.arange(len(units)), index=False)
    assert gpd.read_parquet(parts)["note"].iloc[-1] == "last"


def test_units_of_a_large_plan_stand_in_row_groups_by_block(tmp_path, monkeypatch):
    """Each row group lies in a rectangle of the lattice; what is read of them is the same table."""
    import fake_plan
    import geopandas as gpd
    import pyarrow.parquet as pq

    from zoning.base import runs
    from zoning.base.streamed import read_near

    plan = fake_plan.make_many(400)
    store.write_tables(plan, tmp_path)
    whole = gpd.read_parquet(tmp_path / "units.parquet")
    monkeypatch.setattr(store, "_GROUP", 32)
    monkeypatch.setattr(store, "_SIDE", 4)
    monkeypatch.setattr(store, "_ACROSS", 2)
    store.write_tables(plan, tmp_path)
    path, cell = tmp_path / "units.parquet", plan.grid.cell_m
    file = pq.ParquetFile(path)
    assert file.num_row_groups > 4
    seen = []
    for k in range(file.num_row_groups):
        group = file.read_row_group(k, columns=["unit", "bbox"])
        at = np.array([plan.grid.locate(u) for u in group["unit"].to_pylist()]) // (8, 8)
        assert len(np.unique(at, axis=0)) == 1 and len(group) <= 64
        seen += group["unit"].to_pylist()
    assert sorted(seen) == sorted(plan.units.index) and seen != sorted(seen)
    again = runs.in_order(gpd.read_parquet(path))
    assert again.index.tolist() == whole.index.tolist()
    assert again.reset_index(drop=True).equals(whole.reset_index(drop=True))
    assert json.loads(pq.read_schema(path).metadata[b"geo"])["columns"]["geometry"]["bbox"]
    x, y = plan.grid.corner(*plan.grid.locate(seen[7]))
    near = read_near(path, (x + 1, y + 1, x + 2, y + 2), ["unit"])["unit"].to_pylist()
    assert seen[7] in near and len(near) < len(seen) / 4
    assert read_near(path, (x - 9e6, y, x - 8e6, y + cell), ["unit"]).num_rows == 0


@pytest.mark.slow
def test_keys_are_numbers_inside_and_text_in_every_file(plan, folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    again = store.load(folder)
    for ledger in (plan.ledger, again.ledger):
        texts = ("unit", "township", "county", "protected_by")
        assert all(coded.is_coded(ledger[key]) for key in texts)
    assert coded.names(again.ledger["unit"]).is_(again.units.index)
    pd.testing.assert_frame_equal(coded.spelled(plan.ledger), coded.spelled(again.ledger))
    assert not any(pa.types.is_dictionary(f.type) for f in pq.read_schema(folder / "units.parquet"))
    schema = pq.read_schema(folder / "ledger.parquet")
    assert not any(pa.types.is_dictionary(field.type) for field in schema)
    assert pa.types.is_large_string(schema.field("unit").type) or pa.types.is_string(
        schema.field("unit").type
    )


def test_a_ledger_with_a_unit_that_is_not_there_is_read_as_text(plan):
    atoms = coded.spelled(plan.ledger)
    atoms.loc[0, "unit"] = "nowhere"
    assert keyed(atoms, plan.units.index)["unit"].tolist()[0] == "nowhere"


@pytest.mark.parametrize("of", ["a run", "a folder", "an answer"])
def test_keys_of_units_and_pieces_are_numbers_inside(plan, other, written, of):
    made = {"a run": plan, "a folder": store.load(written), "an answer": other}[of]
    units, pieces = made.units, made.pieces
    assert coded.names(pieces["unit"]).is_(units.index)
    often = ("county", "township", "zone", "township_zone", "overlays")
    for frame in (units, pieces):
        assert all(coded.is_coded(frame[c]) for c in often if c in frame)
        assert (frame["zone"] == frame["township_zone"]).any()  # the same categories
        assert coded.names(frame["zone"]).tolist() == sorted(made.scheme.codes)
        assert not any(coded.is_coded(t[c]) for t in made.tables.values() for c in t)


def test_what_is_held_as_numbers_says_the_same(plan):
    """Missing keys stay missing, zones of no scheme stay, and a second time changes nothing."""
    units = coded.spelled(plan.units.drop(columns="geometry")).copy()
    units.loc[units.index[:2], ["zone", "overlays", "township", "township_name"]] = None
    units.loc[units.index[2], "runner_up"] = "elsewhere"
    held = keyed(units, units.index, plan.scheme.codes)
    pd.testing.assert_frame_equal(coded.spelled(held), units)
    assert keyed(held, units.index, plan.scheme.codes) is held
    assert coded.names(held["runner_up"]).tolist() == sorted({*units["runner_up"].dropna()})
    assert coded.names(held["zone"]).tolist() == sorted(plan.scheme.codes)


@pytest.mark.slow
def test_a_plan_without_squares_prices_and_allocates_the_same(folder):
    bare, whole = (store.load(folder, squares=squares) for squares in (False, True))
    assert bare.units.geometry.isna().all() and not whole.units.geometry.isna().any()
    assert bare.units.crs == whole.units.crs
    columns = [c for c in whole.units if c != "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(bare.units[columns]), pd.DataFrame(whole.units[columns])
    )
    one, two = (answer.price_list(p).as_dict() for p in (bare, whole))
    assert one == two
    one, two = (answer.answer(p, answer.Question(cap=0.6)) for p in (bare, whole))
    assert one.checks == two.checks and one.pieces.equals(two.pieces)
    assert pd.DataFrame(one.units[columns]).equals(pd.DataFrame(two.units[columns]))
    assert all(one.tables[name].equals(two.tables[name]) for name in two.tables)


@pytest.mark.slow
def test_a_plan_in_blocks_answers_as_the_plan_does(tmp_path, monkeypatch):
    import zoning as zn
    from zoning import api

    plan = zn.demo()
    plan.save(tmp_path / "plain")
    monkeypatch.setattr(store, "_GROUP", 512)
    monkeypatch.setattr(store, "_SIDE", 8)
    plan.save(tmp_path / "blocks")
    one, two = (zn.load(tmp_path / name) for name in ("plain", "blocks"))
    assert one.run["digest"] == two.run["digest"]
    assert one.units.index.tolist() == two.units.index.tolist()
    unit = str(plan.units.index[1234])
    for place in (unit, str(plan.townships.index[3])):
        told = [zn.explain(tmp_path / n, place).lines for n in ("plain", "blocks")]
        assert told[0] == told[1]
    checks = [*api.verify(tmp_path / "blocks"), *api.verify(tmp_path / "blocks", place=unit)]
    assert [c.text.en for c in checks if not c.ok] == []
