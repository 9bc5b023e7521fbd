"""One place of a plan folder is read alone, and answered as from the whole plan."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
import worlds

from zoning import api
from zoning.errors import InputError
from zoning.questions import place
from zoning.questions.place import read_place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("place")
    api.run(worlds.write(base), base / "out")
    return base / "out"


QUESTIONS = ["1kmN3500E500", "1kmN3502E501", "321000001", "丙镇", "120.0105,31.6300"]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_whole_plan(folder, question, lang):
    part = read_place(folder, question)
    assert part is not None and len(part.units) < 18 and part.ledger.empty
    whole = api.explain(api.load(folder), question, lang)
    assert api.explain(folder, question, lang).as_dict() == whole.as_dict()


@pytest.mark.slow
def test_what_is_not_found_at_once_is_asked_of_the_whole_plan(folder):
    assert read_place(folder, "丙") is None
    assert api.explain(folder, "丙").name == "丙镇"
    for question in ("nowhere", "10,10", "1kmN1E1", "x' OR 1=1 --"):
        assert read_place(folder, question) is None
        with pytest.raises(InputError):
            api.explain(folder, question)


@pytest.mark.parametrize("name", ["units.parquet", "ledger.parquet", "run.json", "plan.gpkg"])
def test_damage_is_told_as_ever(folder, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / name).write_bytes(b"{}")
    assert read_place(copy, QUESTIONS[0]) is None
    with pytest.raises(InputError):
        api.explain(copy, QUESTIONS[0])


@pytest.fixture(scope="module")
def whole(folder):
    return api.load(folder)


def same(part, table, by):
    """Hold a table of a place against its rows in that of the whole plan, order and kinds aside."""
    columns = list(part.columns)
    one, two = (
        x[columns].astype(str).sort_values(columns, ignore_index=True)
        for x in (part.reset_index(), table[by].reset_index())
    )
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("question", ["1kmN3502E501", "120.0105,31.6300"])
def test_a_unit_is_read_with_its_rows_and_nothing_else(folder, whole, question, monkeypatch):
    asked, near = [], place.read_near
    monkeypatch.setattr(place, "read_near", lambda *x: (asked.append(x[1]), near(*x))[1])
    part = read_place(folder, question)
    (unit,) = part.units.index
    row = whole.units.loc[[unit]]
    same(part.units, whole.units, whole.units.index == unit)
    assert not {"geometry", "bbox"} & set(part.units)
    # Only the square in whose middle the unit lies is asked for.
    west, south, east, north = row.geometry.iloc[0].bounds
    assert asked == [((west + east) / 2, (south + north) / 2) * 2]
    assert part.units["lon"].tolist() == row["lon"].tolist()
    for name in ("unit_townships", "redline_by_unit"):
        table = whole.tables[name]
        same(part.tables[name], table, table["unit"] == unit)
    same(part.pieces, whole.pieces, whole.pieces["unit"] == unit)
    assert part.pieces.index.tolist() == whole.pieces.index[whole.pieces["unit"] == unit].tolist()
    assert len(part.tables["limits"]) == len(whole.tables["limits"])
    towns = set(whole.tables["unit_townships"].query("unit == @unit")["township"])
    assert set(part.townships.index) == towns and "pieces" not in part.tables
    red = set(part.tables["redline_by_unit"]["area_code"])
    assert set(part.redlines["area_code"]) == red == ({"R2"} if "E501" in unit else set())
    assert (part.name, part.notice, part.grid) == (whole.name, whole.notice, whole.grid)
    assert part.config == whole.config
    assert {k: part.run[k] for k in whole.run} == whole.run
    assert part.ledger.empty and part.zones.empty


@pytest.mark.parametrize("question", ["321000003", "丙镇"])
def test_a_township_is_read_with_its_units(folder, whole, question):
    part = read_place(folder, question)
    mine = whole.units["township"] == "321000003"
    assert list(part.units.columns) == ["township", "zone"]
    assert part.units["zone"].tolist() == whole.units["zone"][mine].tolist()
    assert set(part.townships.index) == set(whole.townships.index) and part.pieces is None
    assert part.redlines is None


def test_what_needs_the_whole_plan_is_left_to_it(folder, monkeypatch):
    unit, town = "1kmN3500E500", "321000001"
    seen = []
    monkeypatch.setattr(place, "recover", seen.append)
    assert read_place(folder, unit) is not None and seen == [folder]
    run = place.read_run(folder / "run.json")
    columns = place._columns

    def told(run=run, lacks=(), more=()):
        monkeypatch.setattr(place, "read_run", lambda _: run)
        monkeypatch.setattr(place, "_columns", lambda path: [
            *(c for c in columns(path) if c not in lacks), *(more if "ledger" in path.name else ())
        ])  # fmt: skip
        return [read_place(folder, q) is not None for q in (unit, town)]

    assert told() == [True, True]
    for wing, there in (("losses", False), ("policy", True)):
        wings = [{"wing": "audit"}, {"wing": wing}]
        assert told({**run, "contributions": wings}) == [there, there]
    assert told(lacks=["overlays"]) == told(more=["core"]) == [False, False]
    for name in ("units.parquet", "ledger.parquet"):
        files = {**run["files"], name: "other"}
        assert told({**run, "files": files}) == [False, False]
    assert told({k: v for k, v in run.items() if k != "files"}) == [False, False]
    assert told() == [True, True]
    read = place.read_where
    for table in ("unit_townships", "townships"):
        with monkeypatch.context() as patch:
            patch.setattr(place, "read_where", lambda box, asked, t=table: {
                k: v for k, v in read(box, asked).items() if k != t})  # fmt: skip
            assert [read_place(folder, q) is not None for q in (unit, town)] == [
                table != "unit_townships", table != "townships"]  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(place, "read_where", lambda box, asked: None)
            assert read_place(folder, unit) is read_place(folder, town) is None


def test_a_name_of_two_townships_or_a_part_of_one_is_left_to_the_whole_plan(folder, monkeypatch):
    for question in ("丙", "nowhere", "10,10", "1kmN1E1"):
        assert read_place(folder, question) is None
    read = place.read_where

    def doubled(box, asked):
        tables = read(box, asked)
        tables["townships"]["name"] = "丙镇"
        return tables

    monkeypatch.setattr(place, "read_where", doubled)
    assert read_place(folder, "丙镇") is None
    assert read_place(folder, "321000002").units["township"].unique().tolist() == ["321000002"]


def test_the_whole_plan_is_not_read(folder, monkeypatch):
    from zoning import store

    monkeypatch.setattr(store, "load", lambda *_: pytest.fail("read the whole plan"))
    assert api.explain(folder, "1kmN3500E500").kind == "unit"
    assert place.read_place(folder, "1kmN3500E500").units.index.tolist() == ["1kmN3500E500"]


#: What explain reads beside areas: decisions, limits of the plan's own.
RICH = """
[zones]
overrides = "决定.csv"
[[cap.limit]]
name = "less"
title_zh = "少占"
upper = 100000
"""


@pytest.mark.slow
def test_decisions_and_own_limits_are_told_from_the_folder_too(tmp_path, monkeypatch):
    (tmp_path / "决定.csv").write_text(
        "level,code,zone,reason,who,date\n"
        "township,321000002,moderate,纪要第3条,李工,2026-05-12\n"
        "unit,1kmN3500E500,key,并入新区,规划科,2026-05-13\n", encoding="utf-8",
    )  # fmt: skip
    plan = worlds.write(tmp_path, extra=RICH)
    api.run(plan, tmp_path / "out")
    whole, told = api.load(tmp_path / "out"), []
    takes = whole.units.index[whole.units["new_m2"] > 0]
    questions = ["321000002", "1kmN3500E500", "1kmN3501E502", *takes[:2]]
    for question in questions:
        answer = api.explain(tmp_path / "out", question, "zh")
        assert answer.as_dict() == api.explain(whole, question, "zh").as_dict(), question
        told.append(str(answer))
    for word in ("李工", "规划科", "少占"):
        assert any(word in text for text in told), (word, told)
    # What a plan loses without a unit stands in a contribution: then all is read.
    run = place.read_run(tmp_path / "out" / "run.json")
    for wing, alone in (("losses", False), ("policy", True)):
        more = {**run, "contributions": [{"wing": wing}]}
        monkeypatch.setattr(place, "read_run", lambda _, more=more: more)
        assert (read_place(tmp_path / "out", "321000002") is not None) is alone


def test_one_place_is_proved_alone(folder, monkeypatch):
    """A unit or township is held against atoms, shapes and rules without reading the plan."""
    from zoning import store

    whole = {(c.check, c.where) for c in api.verify(folder) if c.ok}
    monkeypatch.setattr(store, "load", lambda *_: pytest.fail("read the whole plan"))
    for question in (*QUESTIONS[:3], QUESTIONS[4]):
        found = api.verify(folder, place=question)
        assert all(c.ok for c in found), [c.text.en for c in found if not c.ok]
        proved = {(c.check, c.where) for c in found if c.level == "error"}
        assert len(proved - whole) <= 2 and len(proved) > 8  # checksum, free
        assert {"verify.areas", "verify.not_looked_at"} <= {c.check for c in found}
    shapes = [c for c in api.verify(folder, place=QUESTIONS[0]) if c.check == "verify.shapes"]
    assert len(shapes) == 2


FORGED = {
    "built_m2": "verify.areas", "area_m2": "verify.areas", "new_m2": "verify.new_land",
    "zone": "verify.zones", "township": "verify.largest_share",
}  # fmt: skip


@pytest.mark.parametrize("column", sorted(FORGED))
def test_a_forged_unit_is_refuted_by_its_own_rows(folder, tmp_path, column):
    import json

    import geopandas as gpd

    from zoning.base.staged import sha256

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    units = gpd.read_parquet(copy / "units.parquet")
    unit = "1kmN3501E501"
    had = units.at[unit, column]
    other = next((v for v in units[column] if v != had), had)
    units.loc[unit, column] = other if isinstance(had, str) else had + 7
    units.to_parquet(copy / "units.parquet")
    run = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    run["files"]["units.parquet"] = sha256(copy / "units.parquet")
    (copy / "run.json").write_text(json.dumps(run), encoding="utf-8")
    failed = {c.check for c in api.verify(copy, place=unit) if not c.ok}
    assert FORGED[column] in failed
    assert all(c.ok for c in api.verify(copy, place="1kmN3500E500"))


def test_no_such_place_and_no_two_questions(folder):
    for words in ({"place": "nowhere"}, {"place": QUESTIONS[0], "inputs": folder}):
        with pytest.raises(InputError):
            api.verify(folder, **words)


def test_units_of_a_plan_are_found_by_their_boxes(folder):
    import geopandas as gpd

    whole = gpd.read_parquet(folder / "units.parquet")
    box = whole.geometry.iloc[7].buffer(-1).bounds
    part = gpd.read_parquet(folder / "units.parquet", bbox=box)
    assert part.index.tolist() == [whole.index[7]] and "bbox" not in whole
