"""A whole run on a county that can be worked out by hand, and on the reference case."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import keeping
import pandas as pd
import pytest
import shapely
import worlds

from zoning import pipeline, planfile, store
from zoning.api import export, verify
from zoning.errors import InputError
from zoning.outputs.folder import write as write_folder
from zoning.pipeline.ready import prepare
from zoning.questions.explain import explain
from zoning.questions.titles import limit_title


def run(folder: Path, **options):
    path = worlds.write(folder, **options)
    return pipeline.run(planfile.load(path), path.parent)


@pytest.fixture(scope="module")
def small():
    return worlds.plan()


@pytest.fixture(scope="module")
def reference(reference_plan):
    return reference_plan


def test_every_area_of_the_small_world_by_hand(small):
    units = small.units
    assert len(units) == 18
    assert units["area_m2"].sum() == 17_500_000
    assert units.loc["1kmN3502E505", "area_m2"] == 500_000
    assert units["built_m2"].sum() == 2_000_000
    # Water: the right column, 1 + 1 + half of the cut square.
    assert units["water_m2"].sum() == 2_500_000
    assert units["redline_m2"].sum() == 2_000_000
    assert units["redline_level1_m2"].to_dict()["1kmN3502E500"] == 1_000_000
    assert units["free_m2"].sum() == 17_500_000 - 2_000_000 - 2_500_000 - 2_000_000
    assert small.townships["built_share"].tolist() == pytest.approx([2 / 6, 0, 0])
    assert small.townships["redline_share"].tolist() == pytest.approx([1.5 / 6, 0.5 / 6, 0])


def test_zones_of_the_small_world(small):
    assert small.townships["zone"].tolist() == ["optimised", "key", "moderate"]
    balance = small.units.index[small.units["zone"] == "balance"].tolist()
    assert balance == ["1kmN3502E500", "1kmN3502E501", "1kmN3502E502"]
    assert set(small.units.loc[balance, "zone_reason"]) == {"overlay"}
    # The class of the township stays beside the overlay.
    assert small.units.loc["1kmN3502E502", "township_zone"] == "key"


def test_units_know_which_zone_is_next(small):
    row = small.units.loc["1kmN3502E501"]
    # Half of it is red, just at the threshold of 50 %: a hair less and its township rules.
    assert (row["runner_up"], row["margin"], row["next_by"]) == ("optimised", 0.0, "protected")


@pytest.mark.slow
def test_a_method_of_ones_own_travels_with_the_plan(tmp_path):
    (tmp_path / "方法").mkdir()
    method = tmp_path / "方法" / "my.toml"
    method.write_text(
        'name = "my"\nbase = "two-matrices"\n[dimension.intensity]\ncuts = [0.1, 0.6]\n'
        'source = "own choice"\nevidence = "own"\n', encoding="utf-8",
    )  # fmt: skip
    plan = run(tmp_path, extra='[zones]\nmethod = "方法/my.toml"\n')
    # 33 % built is no longer high, so the township is key.
    assert plan.townships["zone"].tolist()[0] == "key"
    write_folder(plan, tmp_path / "out")
    method.unlink()
    assert "60.0%" in "".join(explain(store.load(tmp_path / "out"), "甲镇", "en").lines)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["built", "area"])
def test_totals_of_townships_come_to_the_units_whole(tmp_path, by):
    plan = run(tmp_path, extra=f'[indicators]\nspread = ["population"]\nby = "{by}"\n')
    people = plan.units["population"]
    assert people.sum() == plan.townships["population"].sum() == 83_000
    # Township A: 60,000 people on two built squares, or over all six.
    assert people["1kmN3500E500"] == (30_000 if by == "built" else 10_000)
    assert people["1kmN3501E500"] == (0 if by == "built" else 10_000)
    (row,) = plan.tables["reconciliation"].to_dict("records")
    assert (row["before"], row["after"], row["difference"]) == (83_000, 83_000, 0)


def test_the_account_of_the_small_world(small):
    c = small.run["construction"]
    assert (c["existing_m2"], c["cap_m2"], c["headroom_m2"]) == (2_000_000, 4_900_000, 2_900_000)
    new = {z: r["new_m2"] for z, r in small.run["zones"].items()}
    # Quotas 35/55/10 % of 2.9 km2; key is held lower by its 30 % of 5 km2.
    assert new == {"optimised": 1_015_000, "key": 1_500_000, "moderate": 290_000, "balance": 0}
    assert small.ok
    assert small.run["allocation"]["certificate"]["grade"] == "complete"


def test_tables_are_sums_of_the_ledger(small):
    total = small.ledger["area_m2"].sum()
    for name in ("account_city", "account_zone", "account_county", "account_township",
                 "account_zone_county", "account_zone_township"):  # fmt: skip
        table = small.tables[name]
        assert table["area_m2"].sum() == total, name
        assert table["built_m2"].sum() == 2_000_000, name
        assert table["new_m2"].sum() == small.run["construction"]["new_m2"], name
    assert small.tables["account_zone_landuse"]["area_m2"].sum() == total
    areas = small.tables["redline_areas"]
    assert areas["area_m2"].sum() == small.run["redlines"]["union_m2"]


def test_what_is_left_out_is_said(tmp_path):
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    bare = text[: text.index("[inputs.townships]")]
    path.write_text(bare, encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    keeping.hold(plan, "boundary-alone")
    assert plan.run["left_out"] == ["zones", "redlines", "construction", "allocation"]
    assert "zone" not in plan.units
    assert "built_m2" not in plan.units
    assert plan.units["area_m2"].sum() == 17_500_000
    write_folder(plan, tmp_path / "out")
    assert len(store.load(tmp_path / "out").units) == 18


@pytest.mark.slow
def test_a_missing_attribute_leaves_the_township_unknown_and_listed(tmp_path):
    path = worlds.write(tmp_path)
    table = pd.read_csv(tmp_path / "乡镇.csv", dtype={"code": str})
    table.loc[1, "min_to_centre"] = None
    table.to_csv(tmp_path / "乡镇.csv", index=False, encoding="gb18030")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.townships["zone"].isna().tolist() == [False, True, False]
    unknown = plan.units[plan.units["zone"].isna()]
    assert set(unknown["township"]) == {"321000002"}
    assert plan.pieces.loc[plan.pieces["unit"].isin(unknown.index), "new_m2"].sum() == 0
    check = next(c for c in plan.checks if c.check == "left_out.zone")
    assert not check.ok
    assert check.measured == len(unknown)


@pytest.mark.slow
def test_existing_land_above_the_cap_fails_a_check_and_leaves_no_headroom(tmp_path):
    plan = run(tmp_path, cap='[cap]\nshare = 0.1\nsource = "test"\n')
    assert not plan.ok
    assert plan.run["construction"]["headroom_m2"] == 0
    assert plan.run["construction"]["new_m2"] == 0
    assert next(c.check for c in plan.checks if not c.ok and c.level == "error") == "cap.city"


FLOOR = """
[cap]
[[cap.counties]]
place = "321002"
floor_m2 = 4000000
source = "a floor that cannot be"
"""


@pytest.mark.slow
def test_floors_that_cannot_hold_leave_zones_and_accounts(tmp_path):
    plan = run(tmp_path, cap=FLOOR)
    assert plan.run["infeasible"]
    assert "new_m2" not in plan.units
    assert plan.run["zones"]["key"]["area_m2"] == 5_000_000
    assert any("321002" in json.dumps(p) for p in plan.run["infeasible"])


def test_a_plan_reads_back_as_it_was_written(small, tmp_path):
    files = write_folder(small, tmp_path / "成果 一")
    assert {f.name for f in files} == {
        "units.parquet", "ledger.parquet", "run.json", "times.json", "plan.gpkg", "plan.qgz",
        "map.html",
    }  # fmt: skip
    back = store.load(tmp_path / "成果 一")
    pd.testing.assert_frame_equal(back.ledger, small.ledger)
    assert back.grid == small.grid
    assert back.config == small.config
    assert back.units["new_m2"].tolist() == small.units["new_m2"].tolist()
    assert back.townships["zone"].tolist() == small.townships["zone"].tolist()
    assert [c.check for c in back.checks] == [c.check for c in small.checks]
    assert back.pieces["new_m2"].to_dict() == small.pieces["new_m2"].to_dict()
    areas = back.tables["redline_areas"].set_index("area_code")["area_m2"]
    assert areas.to_dict() == {"R1": 1_000_000, "R2": 1_000_000, "overlap": 0}


@pytest.mark.slow
def test_twice_gives_the_same_bytes(small, tmp_path):
    for name in ("a", "b"):
        plan = run(tmp_path / name)
        write_folder(plan, tmp_path / name / "out")
    for name in ("units.parquet", "ledger.parquet"):
        a, b = ((tmp_path / n / "out" / name).read_bytes() for n in "ab")
        assert hashlib.sha256(a).hexdigest() == hashlib.sha256(b).hexdigest(), name


@pytest.mark.slow
def test_a_failed_run_leaves_the_last_good_one(small, tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_folder(small, out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    (out / "notes.txt").write_text("mine", encoding="utf-8")

    def fails(*_args, **_options):
        raise OSError("disk full")

    monkeypatch.setattr("zoning.outputs.webmap.write", fails)
    with pytest.raises(InputError, match="disk full"):
        write_folder(small, out)
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.name != "notes.txt"} == before
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_load_says_what_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"no plan here: run\.json"):
        store.load(tmp_path)
    for name in store.NEEDED:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"not its folder\. Try: give the folder: "):
        store.load(tmp_path / "run.json")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_answers_units_townships_and_places(small, lang):
    unit = explain(small, "1kmN3502E501", lang)
    assert unit.facts["zone"] == "balance"
    assert any("50.0" in line for line in unit.lines)
    assert [r["area_code"] for r in unit.facts["redline_areas"]] == ["R2"]
    town = explain(small, "乙镇", lang)
    assert town.code == "321000002"
    assert small.townships.loc[town.code, "rule"] == "zone[high,low]"
    said = {"zh": "规则：建设适宜性高、现状开发强度低",
            "en": "Rule: suitability for construction high, existing construction low"}  # fmt: skip
    assert said[lang] in "".join(town.lines)
    row = small.units.loc["1kmN3500E503"]
    assert explain(small, f"{row['lon']},{row['lat']}", lang).code == "1kmN3500E503"


def test_limits_are_called_alike_everywhere(small):
    assert limit_title(small, "township", "321000001") == ("township: 甲镇", "甲镇")
    assert limit_title(small, "zone", "key").zh == "重点开发分区上限"
    assert limit_title(small, "eco_agri", "city").zh == "生态与农业空间"


def test_explain_says_why_new_land_comes_or_not(small):
    def told(unit):
        return " ".join(explain(small, unit, "en").lines)

    assert "Nothing is free here" in told("1kmN3500E500")
    assert "Its zone takes nothing new" in told("1kmN3502E501")
    assert "suitability 0.600 reaches the price" in told("1kmN3501E500")
    assert "quota of a zone: optimised" in told("1kmN3501E500")
    # Every unit agrees with what it is told: built up only where it is worth the price.
    for unit in small.units.index:
        text = told(unit)
        if "is below" in text:
            worth, price = re.search(r"suitability ([\d.]+) .* price ([\d.]+)", text).groups()
            assert float(worth) <= float(price)
            assert small.units.loc[unit, "new_m2"] == 0


def test_explain_lists_what_a_name_fits_and_suggests(small):
    with pytest.raises(InputError, match="fits several townships"):
        explain(small, "镇")
    with pytest.raises(InputError, match="did you mean '1kmN3502E50"):
        explain(small, "1kmN3502E50l")
    with pytest.raises(InputError, match="no unit of the plan at"):
        explain(small, "10,10")


@pytest.mark.slow
def test_red_lines_that_nobody_gave_are_unknown_and_not_0(tmp_path):
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    text = text.replace('[inputs.redlines]\npath = "红线.gpkg"\n', "")
    path.write_text(text, encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    accounts = [t for name, t in plan.tables.items() if "redline_m2" in t.columns]
    assert len(accounts) == 6  # city, zone, county, township and two crossings
    places = (plan.units, plan.townships, plan.counties, plan.pieces, plan.zones)
    for frame in (*places, *accounts):
        assert frame["redline_m2"].isna().all() and frame["built_redline_m2"].isna().all()
        assert frame["area_m2"].sum() > 0 or frame is plan.zones
    assert plan.units["protected_m2"].isna().all() and plan.pieces["protected_m2"].isna().all()
    assert set(plan.run["unzoned"]) == {"units", "area_m2", "built_m2", "new_m2", "why"}
    assert plan.units["zone"].isna().all()
    assert "redlines" in plan.run["left_out"]
    (warning,) = (c for c in plan.checks if c.check == "left_out.redlines")
    assert (warning.ok, warning.level) == (False, "warning")
    write_folder(plan, tmp_path / "out")
    back = store.load(tmp_path / "out")
    assert back.units["redline_m2"].isna().all() and back.pieces["redline_m2"].isna().all()
    assert all(c.ok for c in verify(tmp_path / "out"))
    # A city that has none says so, and 0 is then a fact.
    path.write_text(text + "[redlines]\nnone = true\n", encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert (plan.units["redline_m2"] == 0).all()
    assert plan.units["zone"].notna().all()
    assert not [c for c in plan.checks if c.check == "left_out.redlines"]


@pytest.mark.slow
def test_0_for_red_lines_that_nobody_gave_is_a_forgery(tmp_path):
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('[inputs.redlines]\npath = "红线.gpkg"\n', ""), encoding="utf-8")
    write_folder(pipeline.run(planfile.load(path), tmp_path), tmp_path / "out")
    back = store.load(tmp_path / "out")
    for name in ("pieces", "account_city"):  # who writes 0 says that there are none
        forged = tmp_path / name
        shutil.copytree(tmp_path / "out", forged)
        with closing(sqlite3.connect(forged / "plan.gpkg")) as db, db:
            db.execute(f"update {name} set redline_m2 = 0")
        failed = {c.check for c in verify(forged) if not c.ok and c.level == "error"}
        assert {"verify.areas" if name == "pieces" else "verify.accounts"} <= failed
    (written, *_) = export(back, "gdb", tmp_path / "gdb")  # a layer of zones without any shape
    assert len(gpd.read_file(written, layer="zones")) == 4


@pytest.mark.slow
def test_without_land_use_there_is_no_account_and_the_run_goes_on(tmp_path):
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('[inputs.landuse]\npath = "用地.tif"\n', ""), encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.run["left_out"] == ["construction", "allocation"]
    assert "built_m2" not in plan.units
    assert plan.units["redline_m2"].sum() == 2_000_000
    write_folder(plan, tmp_path / "out")


def test_check_and_run_find_the_same_before_anything_is_measured(tmp_path):
    cap = '[cap]\n[[cap.counties]]\nplace = "999"\nfloor_m2 = 4\nsource = "x"\n'
    path = worlds.write(tmp_path, cap=cap)
    text = path.read_text(encoding="utf-8").replace('table = "乡镇.csv"\n', "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        prepare(planfile.load(path), tmp_path)
    told = caught.value.tell("en")
    assert "乡镇.gpkg" in told
    assert "population" in told or "min_to_centre" in told
    path.write_text(text + '[zones]\nmethod = "nope.toml"\ncompare = ["moon"]\n', encoding="utf-8")
    (tmp_path / "用地.tif").unlink()
    with pytest.raises(InputError) as caught:
        prepare(planfile.load(path), tmp_path)
    told = caught.value.tell("en")
    for word in ("nope.toml", "moon", "用地.tif"):
        assert word in told
    path = worlds.write(tmp_path / "b", cap=cap)
    with pytest.raises(InputError, match="999"):
        prepare(planfile.load(path), tmp_path / "b")


def test_the_reference_case_keeps_what_was_published(reference):
    r = reference.run
    assert r["grid"]["units"] == len(reference.units) == 4121
    assert r["redlines"]["areas"] == 71
    assert 855e6 <= r["redlines"]["union_m2"] <= 860e6
    assert set(r["zones"]) == {"optimised", "key", "moderate", "balance"}
    assert all(z["units"] > 0 for z in r["zones"].values())
    c = r["construction"]
    assert 0.2589 <= c["existing_share"] <= 0.2599
    assert c["existing_m2"] + c["new_m2"] <= c["cap_m2"]
    assert c["eco_agri_share"] > 0.70
    assert reference.ok, [c for c in reference.checks if not c.ok]
    assert r["notice"].startswith("Reconstruction for illustration")


def test_the_reference_case_closes_at_nothing(reference):
    assert reference.ledger["area_m2"].sum() == reference.run["area_m2"]["city"]
    assert reference.units["area_m2"].sum() == reference.run["area_m2"]["city"]
    worst = reference.tables["residuals"]
    assert (worst["residual_m2"].abs() <= worst["limit_m2"]).all()
    assert set(worst["kind"]) == {"city", "township", "county", "redline_union", "protection"}
    assert (worst["kind"] == "township").sum() == 56


def test_each_level_of_red_lines_is_as_near_its_shape_as_the_union(reference):
    red = reference.redlines
    first = shapely.union_all(red.geometry[red["level"] == 1].to_numpy())
    exact = shapely.area(shapely.intersection(first, reference.city.geometry.iloc[0]))
    assert abs(reference.run["redlines"]["level1_m2"] - exact) <= 5


@pytest.mark.slow
def test_decisions_made_in_a_layer_are_read_back_and_shown(tmp_path):
    import geopandas as gpd

    from zoning.outputs.exchange.decisions import write as write_decisions

    path = worlds.write(tmp_path)
    plan = pipeline.run(planfile.load(path), tmp_path)
    layer = write_decisions(plan, tmp_path / "决定.gpkg")
    with pytest.raises(InputError, match="exists already"):
        write_decisions(plan, layer)
    frame = gpd.read_file(layer, layer="decisions")
    mine = frame["unit"] == "1kmN3500E502"
    frame.loc[mine, ["decided_zone", "reason", "who", "date"]] = [
        "moderate", "园区退出", "规划科", "2026-11-01",
    ]  # fmt: skip
    layer.unlink()
    frame.to_file(layer, layer="decisions")
    path.write_text(
        path.read_text(encoding="utf-8") + '[zones]\noverrides = "决定.gpkg"\n', encoding="utf-8"
    )
    decided = pipeline.run(planfile.load(path), tmp_path)
    row = decided.units.loc["1kmN3500E502"]
    assert (row["zone"], row["zone_reason"], row["township_zone"]) == (
        "moderate",
        "override",
        "key",
    )
    assert decided.tables["decisions"]["state"].tolist() == ["applied"]
    write_folder(decided, tmp_path / "out")
    assert store.load(tmp_path / "out").tables["decisions"]["who"].tolist() == ["规划科"]


def test_contiguity_other_methods_and_totals_shared_out_stand_in_tables(tmp_path):
    extra = '[zones]\ncontiguity = true\ncompare = ["dominant", "cube"]\n'
    extra += '[indicators]\nspread = ["population", "gdp_10k_yuan"]\n'
    plan = run(tmp_path, extra=extra)
    assert list(plan.tables["contiguity"].columns)[:3] == ["round", "township", "was"]
    methods = plan.tables["methods"]
    assert {"two-matrices", "dominant", "cube", "agree", "status"} <= set(methods.columns)
    assert len(methods) == 3
    keeping.hold(plan, "compared")


def test_presolve_tells_what_cannot_hold_before_solving(tmp_path):
    plan = run(tmp_path, cap=FLOOR)
    keeping.hold(plan, "infeasible")
    told = [c for c in plan.checks if "321002" in c.where and not c.ok]
    assert any("floor 4.00 km²" in c.text.en and "3.00 km² are free" in c.text.en for c in told)


def test_the_shape_before_and_after_is_measured(small):
    table = small.tables["landscape"].set_index("measure")
    # Two units are built before; the new land fills one more and part of its neighbour.
    assert table.loc["units", "before"] == 2
    assert table.loc["patches", "before"] == 1
    assert table.loc["units", "after"] >= 3


def test_a_plan_shows_itself(small):
    from zoning.outputs.notebook import plan_html

    html = plan_html(small)
    assert "小城" in html
    assert "<script" not in html
    assert repr(small).startswith("<Plan '小城': 18 units, ")
    assert len(repr(small)) < 200


def test_townships_and_counties_end_at_the_city(tmp_path):
    import geopandas as gpd

    path = worlds.write(tmp_path)
    towns = gpd.read_file(tmp_path / "乡镇.gpkg")
    # One township reaches a kilometre beyond the city.
    towns.loc[0, "geometry"] = towns.geometry[0].union(worlds.square(-1, 0, 1, 3))
    (tmp_path / "乡镇.gpkg").unlink()
    towns.to_file(tmp_path / "乡镇.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.townships.geometry.area.sum() == pytest.approx(17_500_000)
    assert plan.counties.geometry.area.sum() == pytest.approx(17_500_000)
    assert plan.townships["area_m2"].sum() == 17_500_000


@pytest.mark.slow
def test_what_contiguity_and_decisions_changed_is_explained_as_such(tmp_path):
    """No runner-up equals the zone, no margin beside a class that the method did not give."""
    import zoning as zn

    plan = worlds.write(tmp_path, extra="""
[zones]
scheme = "zhenjiang-2013"
contiguity = true
contiguity_margin = 1.0
overrides = "d.csv"
""")  # fmt: skip
    (tmp_path / "d.csv").write_text(
        "level,code,zone,reason,who,date\n"
        "township,321000003,optimised,because,me,2024-01-01\n", encoding="utf-8",
    )  # fmt: skip
    found = zn.run(plan)
    towns, units = found.townships, found.units
    moved = towns[towns["zone_reason"].isin(["override", "contiguity"])]
    assert len(moved) and "contiguity" in set(towns["zone_reason"])
    for column in ("margin", "flip", "flip_to", "flip_zh"):
        assert moved[column].isna().all(), column
    assert (moved["method_zone"] != moved["zone"]).all()
    assert (moved["runner_up"] == moved["method_zone"]).all()
    assert (towns.loc[towns["zone_reason"] == "township", "method_zone"]
            == towns.loc[towns["zone_reason"] == "township", "zone"]).all()  # fmt: skip
    assert not (towns["runner_up"] == towns["zone"]).fillna(value=False).any()
    assert not (units["runner_up"] == units["zone"]).fillna(value=False).any()
    for code, row in moved.iterrows():
        assert "the method alone says" in row["why_en"] and "单按方法为" in row["why_zh"]
        assert "若" not in row["why_zh"], code
    decided = units[(units["township"] == "321000003") & (units["zone_reason"] == "township")]
    assert len(decided) and (decided["next_by"].dropna() == "protected").all()
    assert all(c.ok or c.level != "error" for c in found.verify())
