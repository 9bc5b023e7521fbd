"""A written plan is proved again from its files; a tampered one is caught."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import worlds

from zoning import api, pipeline, planfile
from zoning.errors import InputError
from zoning.outputs.folder import write as write_folder
from zoning.outputs.qgis import geopackage
from zoning.questions import answer
from zoning.store import load, write_tables
from zoning.verify import verify

WAYS = {
    "plain": "",
    "boundary": "[allocation]\nboundary_weight = 0.05\n",
    "whole units": "[allocation]\nwhole_units = true\n",
    "whole units with boundary": "[allocation]\nwhole_units = true\nboundary_weight = 0.05\n",
}


def written(folder, extra=""):
    path = worlds.write(folder, extra=extra)
    plan = pipeline.run(planfile.load(path), folder)
    write_folder(plan, folder / "out")
    return load(folder / "out")


def failed(found):
    return {c.check for c in found if not c.ok and c.level == "error"}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_allocating_is_proved_from_the_files(tmp_path, way):
    plan = written(tmp_path, WAYS[way])
    found = verify(plan)
    assert failed(found) == set()
    assert any(c.check == "allocation.certificate" for c in found)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return written(tmp_path_factory.mktemp("复核"))


def moved(plan, frm, to, area):
    pieces, units = plan.pieces.copy(), plan.units.copy()
    for piece, change in ((frm, -area), (to, area)):
        pieces.loc[piece, "new_m2"] += change
        units.loc[piece.split("|")[0], "new_m2"] += change
    return replace(plan, pieces=pieces, units=units)


def test_one_square_metre_in_a_worse_place_is_caught_by_the_certificate(plan):
    assert failed(verify(plan)) == set()
    better, other = "1kmN3501E500|321000001", "1kmN3501E502|321000002"
    assert "allocation.certificate" in failed(verify(moved(plan, better, other, 1)))


def test_new_land_above_a_cap_or_on_no_free_land_is_caught(plan):
    more = plan.pieces.copy()
    more.loc["1kmN3501E502|321000002", "new_m2"] += 1
    found = failed(verify(replace(plan, pieces=more)))
    assert {"verify.new_land", "allocation.certificate"} <= found
    built = moved(plan, "1kmN3501E500|321000001", "1kmN3500E500|321000001", 5)
    assert "verify.free" in failed(verify(built))


def test_land_that_changed_hands_is_caught(plan):
    ledger = plan.ledger.copy()
    ledger.loc[0, "area_m2"] -= 7
    ledger.loc[len(ledger) - 1, "area_m2"] += 7
    assert "verify.areas" in failed(verify(replace(plan, ledger=ledger)))


CAPS = '[cap]\nshare = 0.28\nsource = "x"\nsurvey_factor = 0.9\n'
CORES = '[inputs.cores]\npath = "核心.gpkg"\n\n[[inputs.locks]]\ncode = "lock"\npath = "锁.gpkg"\n'
#: Plans that are asked: each has something that a question must not lose.
ASKED = {
    "plain": ("", ""),
    "boundary weight": ("", WAYS["boundary"]),
    "whole units": ("", WAYS["whole units"]),
    "two surveys, cores, locks": (CAPS, CORES),
    "floor": ('[[cap.counties]]\nplace = "321001"\nfloor_m2 = 10\nsource = "x"\n', ""),
    "no allocation yet": ("", "[allocation]\nenabled = false\n"),
}
#: What is asked: kinds that are put together.
KINDS = {
    "nothing": {},
    "cap": {"cap": 0.25},
    "quota": {"quotas": {"key": 0.3}},
    "weight": {"boundary_weight": 0.05},
    "weight off": {"boundary_weight": 0.0},
    "whole units": {"whole_units": True},
    "lock and build": {"lock_out": ["1kmN3501E500"], "lock_in": ["1kmN3502E503"]},
    "whole units, weight, lock": {
        "whole_units": True, "boundary_weight": 0.05, "lock_out": ["1kmN3501E500"],
    },
    "all": {
        "cap": 0.25, "quotas": {"key": 0.5}, "boundary_weight": 0.02, "lock_out": ["1kmN3501E500"],
        "lock_in": ["1kmN3502E503"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Give the plans that are asked, each made once and read from its folder."""
    import geopandas as gpd

    made = {}

    def plan_of(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("问") / name.replace(" ", "-")
            cap, extra = ASKED[name]
            path = worlds.write(folder, cap=cap, extra=BARE + extra)
            for file, shape in (("核心", worlds.square(3, 1, 0.5, 0.5)),
                                ("锁", worlds.square(1, 1, 0.25, 1))):  # fmt: skip
                gpd.GeoDataFrame(
                    {"code": ["x"], "name": [file]}, geometry=[shape], crs=worlds.CRS
                ).to_file(folder / f"{file}.gpkg")
            write_folder(pipeline.run(planfile.load(path), folder), folder / "out")
            made[name] = load(folder / "out")
        return made[name]

    return plan_of


BARE = "[outputs]\nqgis = false\nmap = false\n"


#: All of them; a newcomer asks everything at once, of the fullest plan.
FULLEST = "two surveys, cores, locks"
QUICK = {(FULLEST, "all")}
PRODUCT = [
    pytest.param(name, kind, marks=() if (name, kind) in QUICK else pytest.mark.slow)
    for name in ASKED
    for kind in KINDS
]


@pytest.mark.parametrize(("name", "kind"), PRODUCT)
def test_every_answer_is_a_plan_that_verifies_from_its_files(asked, tmp_path, name, kind):
    answered = answer.answer(asked(name), answer.Question(**KINDS[kind]))
    geopackage.write(answered, tmp_path / "plan.gpkg")
    write_tables(answered, tmp_path)
    back = load(tmp_path)
    found = verify(back)
    assert [c.text.en for c in found if not c.ok and c.level == "error"] == []
    assert any(c.check == "allocation.certificate" for c in found)
    # What was checked when it was made is checked once, and holds when it is asked again.
    names = [(c.check, c.where) for c in back.checks if not c.check.startswith("presolve")]
    assert len(names) == len(set(names))
    again = answer.answer(back, answer.Question())
    assert again.pieces["new_m2"].to_dict() == back.pieces["new_m2"].to_dict()
    assert [c.as_dict() for c in again.checks] == [c.as_dict() for c in back.checks]
    assert set(again.tables) == set(back.tables)


@pytest.mark.parametrize("name", [
    pytest.param(n, marks=() if n in ("boundary weight", FULLEST) else pytest.mark.slow)
    for n in ASKED if n != "no allocation yet"
])  # fmt: skip
def test_asking_nothing_gives_the_plan_of_the_run(asked, name):
    plan = asked(name)
    same = answer.answer(plan, answer.Question())
    assert [c.as_dict() for c in same.checks] == [c.as_dict() for c in plan.checks]
    for key in ("zones", "construction", "config"):
        assert same.run[key] == plan.run[key]
    for frame in ("units", "pieces", "zones", "townships", "counties"):
        ours, theirs = getattr(same, frame), getattr(plan, frame)
        assert list(ours.columns) == list(theirs.columns)
        assert ours["new_m2"].tolist() == theirs["new_m2"].tolist()
    assert set(same.tables) == set(plan.tables)
    for table in plan.tables:
        pd.testing.assert_frame_equal(
            same.tables[table], plan.tables[table], check_dtype=False, obj=table
        )


@pytest.mark.slow
def test_one_square_metre_too_much_in_a_locked_unit_is_caught(asked):
    plan = asked("plain")
    answered = answer.answer(plan, answer.Question(lock_out=["1kmN3501E500"]))
    there = answered.pieces.index[answered.pieces["unit"].eq("1kmN3501E500")][0]
    other = answered.pieces.index[answered.pieces["new_m2"] > 0][0]
    assert "allocation.certificate" in failed(verify(moved(answered, other, there, 1)))


@pytest.mark.slow
def test_slivers_that_were_dropped_are_not_missed(tmp_path):
    path = worlds.write(tmp_path, extra=BARE)
    text = path.read_text(encoding="utf-8")
    # The unit under the cut corner has half of its square inside.
    text = text.replace("[grid]\n", '[grid]\nmin_share = 0.6\nslivers = "drop"\n', 1)
    path.write_text(text, encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.run["area_m2"]["dropped"] == 500_000
    write_folder(plan, tmp_path / "out")
    back = load(tmp_path / "out")
    # Less green land is left under a base that stays: the least share of it binds new land.
    assert failed(verify(back)) == failed(plan.checks) == set()
    run = {**back.run, "area_m2": {**back.run["area_m2"], "dropped": 0}}
    assert "verify.ledger" in failed(verify(replace(back, run=run)))


@pytest.mark.slow
def test_a_zone_closed_by_what_it_is_has_one_name_in_prices_and_accounts(tmp_path):
    """No cap of the plan's own speaks of it; the price list names it as every cap of a zone."""
    cap = '[cap]\nshare = 0.3\nsource = "x"\nevidence = "own"\n'
    own = '[[cap.limit]]\nname = "fields"\nof = "farmland"\nkeep_share = 0.9\n'
    extra = "[outputs]\nqgis = false\nmap = false\n"
    path = worlds.write(tmp_path, cap=None, extra=cap + own + extra)
    plan = pipeline.run(planfile.load(path), tmp_path)
    write_folder(plan, tmp_path / "out")
    plan = load(tmp_path / "out")
    names = [n for c in plan.contributions for t in c.tables if t.name == "limit_prices"
             for n in t.frame["limit_en"]]  # fmt: skip
    assert any("ecological balance" in n for n in names) and failed(verify(plan)) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "level", "told"),
    [
        ("", "error", "plan.toml: the rules that the plan was made with"),
        ("[cap]\nshare = 0.21\n", "warning", "cap.share is 0.21, the plan was made with 0."),
        ('[[cap.limit]]\nname = "x"\nof = "farmland"\nupper = 9\n', "warning", "is x, the plan"),
        ("[cap]\nshare = 7\n", "warning", "plan.toml cannot be read"),
        (None, "note", "rules of the plan: there is no plan.toml beside the inputs"),
    ],
)
def test_inputs_with_other_rules_beside_them_are_told(plan, tmp_path, changed, level, told):
    """A plan of a higher cap is no plan of the inputs of record, though it proves itself."""
    path = worlds.write(tmp_path, cap=changed or "")
    if changed is None:
        path.unlink()
    found = verify(plan, inputs_in=tmp_path)
    assert failed(found) == set()
    said = [c for c in found if c.check == "verify.rules" or "rules of the plan" in c.text.en]
    assert [(c.level, c.ok) for c in said] == [(level, level != "warning")]
    assert told in said[0].text.en and said[0].text.zh


@pytest.mark.slow
def test_a_shapefile_and_a_geodatabase_are_the_inputs_of_the_run(tmp_path):
    """Either is several files; what a run wrote down of them is what is asked again."""
    path = worlds.write(tmp_path, cap="")
    text = path.read_text(encoding="utf-8")
    for old, new, driver in (("乡镇.gpkg", "乡镇.shp", "ESRI Shapefile"),
                             ("红线.gpkg", "红线.gdb", "OpenFileGDB")):  # fmt: skip
        gpd.read_file(tmp_path / old).to_file(tmp_path / new, driver=driver)
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    made = pipeline.run(planfile.load(path), tmp_path)
    found = verify(made, inputs_in=tmp_path)
    assert failed(found) == set()
    assert len([c for c in found if c.check == "verify.input"]) == len(made.run["inputs"])
    assert not [c for c in found if "measured again: the inputs are not" in c.text.en]
    (tmp_path / "乡镇.cpg").write_text("GBK", encoding="ascii")
    (said,) = (c for c in verify(made, inputs_in=tmp_path) if not c.ok and "SHA-256" in c.text.en)
    assert said.text.en.startswith("乡镇.shp: SHA-256")


@pytest.mark.slow
def test_the_tiles_of_a_vrt_and_a_mask_beside_a_raster_are_inputs(tmp_path):
    """What is read through another file is told when it changes, though no area does."""
    import rasterio
    from rasterio.shutil import copy

    path = worlds.write(tmp_path, cap="")
    tile = (tmp_path / "用地.tif").rename(tmp_path / "瓦片.tif")
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False),
        rasterio.open(tile, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file,
    ):
        file.nodata = None
        file.write_mask(np.full(file.shape, 255, "uint8"))
    mask = tmp_path / "瓦片.tif.msk"
    assert mask.is_file()
    with rasterio.open(tile) as file:
        copy(file, tmp_path / "用地.vrt", driver="VRT")
    text = path.read_text(encoding="utf-8").replace("用地.tif", "用地.vrt")
    path.write_text(text, encoding="utf-8")
    made = pipeline.run(planfile.load(path), tmp_path)
    assert failed(verify(made, inputs_in=tmp_path)) == set()
    for part in (tile, mask):
        before = part.read_bytes()
        part.write_bytes(before + b"0")
        (said,) = (c for c in verify(made, inputs_in=tmp_path) if not c.ok)
        assert said.text.en.startswith("用地.vrt: SHA-256")
        part.write_bytes(before)


def test_inputs_are_found_by_the_file_of_the_plan_whatever_its_name(plan, tmp_path):
    """Who is asked for the inputs gives the plan file; no input is then said to be missing."""
    path = worlds.write(tmp_path, cap="")
    other = path.rename(tmp_path / "方案二.toml")
    found = verify(plan, inputs_in=other)
    assert failed(found) == set()
    (said,) = (c for c in found if c.check == "verify.rules")
    assert said.text.en == "方案二.toml: the rules that the plan was made with"
    with pytest.raises(InputError, match=r"is not there\. Try: give the folder of"):
        api.verify(plan, inputs=tmp_path / "nowhere")


def test_coded_keys_are_held_against_their_texts_at_a_look():
    """Each row of a million was asked one by one, in twice the memory."""
    from zoning.base.coded import by_text
    from zoning.verify.compare import narrowed

    texts = pd.Series(["a", "b", None, "a"], index=["u1", "u2", "u3", "u4"], dtype="string")
    coded = pd.Series(by_text(texts), index=texts.index)
    for one, two in ((texts, coded), (coded, texts), (coded, coded)):
        assert narrowed(one, two) == ({}, {})
    other = texts.copy()
    other["u2"], other["u3"] = "a", "b"
    assert narrowed(other, coded) == ({"u2": "a", "u3": "b"}, {"u2": "b", "u3": None})
    assert narrowed(coded, other) == ({"u2": "b", "u3": None}, {"u2": "a", "u3": "b"})
