"""The register of parks: musts, areas, protected land, lists, all by a second way; and forged."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds

import zoning as zn
from zoning import api
from zoning.contribution.rules import check
from zoning.errors import InputError
from zoning.inputs.environment import category_of
from zoning.review.parks.musts import MUSTS, industries_of, missing_musts
from zoning.verify.compare import Findings
from zoning.verify.parks import audit

EXTRA = """
[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"

[[inputs.plans]]
path = "边界线.gpkg"
role = "growth_boundary"
class_of_all = "centralised"
year = 2022

[[inputs.access]]
path = "清单.csv"

[inputs.environment_units]
path = "管控.gpkg"
year = 2024

[inputs.parks]
path = "园区.gpkg"
kind = "类型"
planned_area_ha = "规划面积"
leading_industries = "主导产业"
"""
FULL = {"四至": "东至 A 路，南至 B 河，西至 C 路，北至 D 山", "发展目标": "2030 年产值 10 亿",
        "推进机制": "管委会"}  # fmt: skip


def tilted(col, row, width, height, angle=17):
    return shapely.affinity.rotate(worlds.square(col, row, width, height), angle)


def parks():
    """Give six parks with planted faults."""
    where = [(4.2, 0.5, 0.5, 0.8), (0.3, 1.9, 0.9, 0.6), (2.2, 1.2, 0.6, 0.6),
             (2.5, 1.3, 0.6, 0.5), (5.3, 0.2, 1.2, 0.4), (3.1, 0.2, 0.2, 0.2)]  # fmt: skip
    shapes = [tilted(*w) for w in where]
    area = [round(s.area / 1e4, 4) for s in shapes]
    made = "先进制造业"
    stated = [
        ("P1", "现代农业园区", area[0], "A01", {}),
        ("P2", made, area[1] * 1.03, "C39；C26", {}),
        ("P3", "modern_service", area[2] * 0.9, "I", {}),
        ("P4", "modern_service", None, "智能制造", {"四至": "东至 A，西至 B"}),
        ("P5", "别的", area[4], None, {"四至": " ", "发展目标": None, "推进机制": None}),
        ("P6", made, area[5], "C30", {}),
    ]
    rows = [
        {"code": c, "类型": k, "规划面积": a, "主导产业": i, **FULL, **more}
        for c, k, a, i, more in stated
    ]
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=worlds.CRS)
    return frame.assign(name=["园" + c for c in frame["code"]])


GROWTH = worlds.square(0, 0, 3.2, 3)
FARM = worlds.square(2.3, 1.1, 0.5, 0.5)
LIST = """list,scope,scope_id,code_prefix,status,source
市级,all,,*,允许,甲
市级,all,,C26,禁止,甲
市级,all,,C30,限制,甲
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parks")
    plan = worlds.write(folder, extra=EXTRA)
    parks().to_file(folder / "园区.gpkg")
    for name, shape in (("农田", FARM), ("边界线", GROWTH)):
        gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=worlds.CRS).to_file(
            folder / f"{name}.gpkg")  # fmt: skip
    gpd.GeoDataFrame(
        {"code": ["ZH32100110001", "ZH32100120001"], "name": ["山区", "园区"]},
        geometry=[worlds.square(0, 0, 2, 3), worlds.square(2, 0, 4, 3)], crs=worlds.CRS,
    ).to_file(folder / "管控.gpkg")  # fmt: skip
    (folder / "清单.csv").write_text(LIST, encoding="utf-8")
    zn.run(plan, folder / "out")
    return folder


@pytest.fixture(scope="module")
def plan(world):
    return zn.load(world / "out")


def test_the_report_names_protected_areas_and_leaves_codes_to_the_workbook():
    from zoning.review.parks.contribute import _no_code_beside_names

    rows = pd.DataFrame({"park": ["a", "a"], "code": ["basic_farmland", "HX1"],
                         "area_name": ["永久基本农田", "湿地"]})  # fmt: skip
    assert _no_code_beside_names(rows) == {"park_protections": ("park", "area_name")}
    assert _no_code_beside_names(rows.assign(area_name=["永久基本农田", None])) == {}
    assert _no_code_beside_names(rows.iloc[:0]) == {}  # no such table is handed over


def tables(plan):
    given = next(c for c in plan.contributions if c.wing == "parks")
    return {t.name: t.frame for t in given.tables}, given.layers[0].frame


def said(plan, park):
    rows = tables(plan)[0]["park_findings"]
    return {r.check: r.level for r in rows[rows["park"] == park].itertuples()}


def test_every_planted_fault_is_found_and_nothing_else(plan):
    assert said(plan, "P1") == {"growth_boundary": "note"}  # fields belong outside it
    assert said(plan, "P2") == {"area": "warning", "protected": "error", "industry": "error"}
    assert said(plan, "P3") == {"area": "error", "protected": "error", "overlap": "warning"}
    assert said(plan, "P4") == {
        "musts": "warning", "industry_words": "note", "protected": "error", "overlap": "warning",
    }  # fmt: skip
    assert said(plan, "P5") == {
        "musts": "warning", "kind": "note", "outside_plan": "warning", "growth_boundary": "warning",
    }  # fmt: skip
    assert said(plan, "P6") == {"industry": "warning", "growth_boundary": "warning"}
    _, layer = tables(plan)
    by = layer.set_index("code")
    assert by["musts"].to_dict() == {"P1": 5, "P2": 5, "P3": 5, "P4": 3, "P5": 1, "P6": 5}
    assert by.at["P5", "missing"] == "四至边界、主导产业、发展目标、推进机制"
    assert by["status"].tolist() == ["sound", "contradicts", "contradicts", "contradicts", "look",
                                     "look"]  # fmt: skip
    assert by.at["P1", "kind"] == "modern_agriculture" and by.at["P5", "kind"] == "别的"


def test_areas_by_a_second_way(plan):
    found, layer = tables(plan)
    red = worlds.redlines().union_all()
    kept = shapely.union_all([red, FARM])
    for row, shape in zip(layer.itertuples(), parks().geometry, strict=True):
        here = shape.intersection(worlds.CITY)
        assert row.park_m2 == round(shape.area) and abs(row.inside_m2 - here.area) <= 0.5
        assert abs(row.protected_m2 - here.intersection(kept).area) <= 0.5
        assert abs(row.outside_growth_m2 - here.difference(GROWTH).area) <= 0.5
    zones = found["park_zones"].groupby("park")["area_m2"].sum()
    units = found["parks_by_unit"].groupby("park")["inside_m2"].sum()
    inside = layer.set_index("code")["inside_m2"]
    assert (zones - inside).abs().max() <= 3 and (units - inside).abs().max() <= 4
    over = found["park_overlaps"]
    assert over[["park", "other"]].to_numpy().tolist() == [["P3", "P4"]]
    both = parks().geometry
    assert abs(over["area_m2"][0] - both[2].intersection(both[3]).area) <= 0.5
    account = found["park_account"]
    assert account["parks"].sum() == 6 and account["area_m2"].sum() == zones.sum()


def test_the_contribution_keeps_its_contract_and_is_read_again(plan, world):
    assert check(plan.contributions, plan.units.index, set()) == []
    checks = {c.check: (c.ok, c.measured) for c in plan.checks if c.check.startswith("parks.")}
    assert checks["parks.musts"] == (False, 2) and checks["parks.area"] == (False, 2)
    told = next(c.text for c in plan.checks if c.check == "parks.musts")
    first = next(c for c in plan.contributions if c.wing == "parks").table("park_findings").frame
    code = sorted(first.loc[first["check"] == "musts", "park"])[0]
    name = parks().set_index("code")["name"][code]
    assert told.en.endswith(f"of 6 parks, first {name}") and told.zh.endswith(f"首个{name}")
    failing = {c.check for c in plan.checks if c.level == "error" and not c.ok}
    assert not {c for c in failing if c.startswith("parks.")}  # warnings fail no plan
    roles = [s["role"] for s in plan.run["inputs"]]
    assert {"parks", "access", "environment_units"} <= set(roles)
    given = next(c for c in plan.contributions if c.wing == "access")
    assert given.layers[0].frame["category"].tolist() == ["1", "2"]
    assert given.table("access_list").frame["status"].tolist() == [
        "allowed", "forbidden", "restricted"]  # fmt: skip


@pytest.mark.slow
def test_verify_proves_the_register(world):
    done = zn.load(world / "out").verify()
    mine = [c for c in done if c.check == "verify.parks"]
    assert len(mine) > 20 and all(c.ok for c in mine), [c.text.en for c in mine if not c.ok]
    assert all(c.ok for c in done if c.level == "error")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE parks SET park_m2 = park_m2 + 900 WHERE code = 'P1'", "park_m2"),
        ("UPDATE parks SET protected_m2 = 0 WHERE code = 'P2'", "protected_m2"),
        ("UPDATE parks SET musts = 5 WHERE code = 'P5'", "musts"),
        ("UPDATE park_register SET planned_area_ha = 1 WHERE code = 'P3'", "planned_area_ha"),
        ("UPDATE parks_by_unit SET inside_m2 = inside_m2 + 5000 WHERE park = 'P1'", "inside_m2"),
        ("UPDATE park_zones SET area_m2 = area_m2 + 5000 WHERE park = 'P1'", "park_zones"),
        ("DELETE FROM park_protections WHERE park = 'P2'", "park_protections"),
        ("UPDATE park_overlaps SET area_m2 = 1", "park_overlaps"),
        ("UPDATE park_account SET parks = parks + 1", "park_account, parks"),
        ("UPDATE park_account SET area_m2 = area_m2 + 99999", "park_account, area_m2"),
        ("DELETE FROM park_findings WHERE \"check\" = 'musts'", "park_findings"),
        ("UPDATE park_findings SET level = 'note' WHERE \"check\" = 'area'", "park_findings"),
        ("UPDATE park_findings SET level = 'note' WHERE \"check\" = 'protected'", "park_findings"),
        ("UPDATE park_findings SET level = 'warning' WHERE park = 'P1'", "park_findings"),
    ],
)  # fmt: skip
def test_forged_registers_are_named(world, tmp_path, statement, where):
    import shutil

    shutil.copytree(world / "out", tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "plan.gpkg")) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        assert db.execute(statement).rowcount > 0
    found = Findings()
    audit(zn.load(tmp_path / "out"), found)
    bad = [c for c in found.checks if not c.ok]
    assert bad and any(where in c.where for c in bad), [c.where for c in bad]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE access_list SET status = 'allowed' WHERE code_prefix = 'C26'", "industry"),
        ("UPDATE access_list SET status = 'fine' WHERE code_prefix = 'C26'", "words"),
        ("UPDATE access_list SET code_prefix = '26x' WHERE code_prefix = 'C26'", "words"),
        ("UPDATE access_list SET code_prefix = 'C31' WHERE code_prefix = 'C30'", "industry"),
        ("DELETE FROM access_list WHERE code_prefix = '*'", "access_list, rows"),
        ("UPDATE environment_units SET category = '1' WHERE name = '园区'", "category"),
        ("DELETE FROM environment_units WHERE name = '山区'", "environment_units, rows"),
        ("UPDATE park_findings SET level = 'warning' WHERE \"check\" = 'industry'", "industry"),
        ("DELETE FROM park_findings WHERE park = 'P6' AND \"check\" = 'industry'", "industry"),
        ("UPDATE park_register SET leading_industries = 'C13' WHERE code = 'P2'", "industry"),
    ],
)  # fmt: skip
def test_forged_lists_units_and_industries_are_named(world, tmp_path, statement, where):
    import shutil

    from zoning.verify import lists

    shutil.copytree(world / "out", tmp_path / "out")
    honest = Findings()
    lists.audit(zn.load(world / "out"), honest)
    assert len(honest.checks) >= 5 and all(c.ok for c in honest.checks)
    with closing(sqlite3.connect(tmp_path / "out" / "plan.gpkg")) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        assert db.execute(statement).rowcount > 0
    found = Findings()
    lists.audit(zn.load(tmp_path / "out"), found)
    bad = [c for c in found.checks if not c.ok]
    assert bad and any(where in c.where for c in bad), [c.where for c in bad]


@pytest.mark.slow
def test_lists_and_units_are_read_again_from_the_files(world, tmp_path):
    import shutil

    done = api.verify(world / "out", inputs=world)
    mine = [c for c in done if c.check == "verify.access" and "cells" in c.where]
    assert len(mine) == 2
    assert [(c.check, c.text.en) for c in done if c.level == "error" and not c.ok] == []
    shutil.copytree(world / "out", tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "plan.gpkg")) as db, db:
        db.execute("UPDATE access_list SET source = '乙' WHERE code_prefix = 'C26'")
    done = api.verify(tmp_path / "out", inputs=world)
    bad = [c.where for c in done if c.check == "verify.access" and not c.ok]
    assert len(bad) == 1 and bad[0].startswith("plan.gpkg: access_list, cells")


def test_sites_know_parks_lists_units_and_the_growth_boundary(plan, world):
    shape = gpd.GeoDataFrame(geometry=[tilted(0.4, 2.0, 0.3, 0.3)], crs=worlds.CRS)
    one = zn.site(plan, shape, industry="C2611", inputs=world)[0]
    park = one.row("parks")
    assert park.parts[0]["code"] == "P2" and park.parts[0]["name"] in park.text.zh
    assert park.level == "green" and "位于园区内" in park.text.zh and "in parks" in park.text.en
    assert one.row("access").level == "red" and "市级" in one.row("access").text.zh
    env = one.row("environment")
    assert env.level == "yellow" and env.asked[0].year == "2024"
    assert one.row("growth_boundary").level == "green"
    assert one.row("growth_boundary").asked[0].year == "2022"
    assert one.row("conflicts").low > 0 and one.row("conflicts").asked[0].exact
    # Without the folder of the inputs the growth boundary is not asked, and that is told.
    away = zn.site(plan, shape)
    assert "growth_boundary" in {n.code for n in away[0].not_asked}
    assert {"no-plan-layer", "no-raster"} <= {f.code for f in away.findings}


def test_check_reads_what_a_run_reads(world):
    ready = api.check(world / "plan.toml")
    assert ready is not None


@pytest.mark.slow
def test_all_troubles_of_the_inputs_are_told_by_check(world, tmp_path):
    import shutil

    shutil.copytree(world, tmp_path / "w", ignore=shutil.ignore_patterns("out"))
    folder = tmp_path / "w"
    (folder / "清单.csv").write_text("scope,status,source\nall,禁止x,a\n", encoding="utf-8")
    gpd.GeoDataFrame({"code": ["A7"]}, geometry=[worlds.square(0, 0)], crs=worlds.CRS).to_file(
        folder / "管控.gpkg")  # fmt: skip
    parks().drop(columns="规划面积").to_file(folder / "园区.gpkg")
    with pytest.raises(InputError) as told:
        api.check(folder / "plan.toml")
    codes = {p.code for p in told.value.problems}
    assert {"access-word", "no-category", "missing-column"} <= codes
    with pytest.raises(InputError) as ran:
        zn.run(folder / "plan.toml")
    assert ran.value.problems


@pytest.mark.parametrize("gone", list(MUSTS))
def test_each_must_counts(gone):
    row = {"planned_area_ha": 3.0, "four_sides": "East a, south b, West c, north d",
           "leading_industries": "C", "goals": "g", "mechanism": "m"}  # fmt: skip
    assert missing_musts(pd.Series(row)) == []
    for blank in (None, np.nan, "", "  "):
        if gone == "planned_area_ha" and blank in ("", "  "):
            continue
        assert missing_musts(pd.Series({**row, gone: blank})) == [gone]
    assert missing_musts(pd.Series({**row, "planned_area_ha": 0.0})) == ["planned_area_ha"]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("东至南京路，西至北河，南至山", "北"),  # names of streets and rivers name no side
        ("东至东经 119.5 度，南至北纬 32 度，西至西津路", "北"),
        ("东、南至长江；西到路，北到河", ""),
        ("东侧A 南侧B 西侧C 北侧D", ""),
        ("东至A南至B西至C北至D", ""),
        ("east of North Street, south, western bound x", "北"),
        ("East: a; on the south b; to the west c; and the northern d", ""),
        ("north-east road, south b, west c, east d", "北"),
    ],
)
def test_four_sides_are_named_and_streets_are_none(text, gone):
    from zoning.review.parks.musts import sides_named
    from zoning.verify.parks import _SIDES, _says

    missing = [zh for zh, en in _SIDES if en not in sides_named(text)]
    assert missing == [zh for zh, en in _SIDES if not _says(text.lower(), (zh, en))]
    assert missing == ([gone] if gone else [])


def test_basic_farmland_is_a_note_of_fields_alone(plan):
    from zoning.review.parks.musts import _protected
    from zoning.verify.parks import _how_bad

    def level(kinds, fields):
        parts = pd.DataFrame({"kind": kinds, "area_m2": [5] * len(kinds)})
        return _protected("P", 5, parts, fields)["level"]

    for kinds, fields, other in (
        (["basic_farmland"], "note", "error"), (["redline"], "error", "error"),
        (["basic_farmland", "redline"], "error", "error"), (["heritage"], "warning", "warning"),
        (["basic_farmland", "heritage"], "error", "error"),
    ):  # fmt: skip
        assert level(kinds, True) == fields and level(kinds, False) == other
        assert _how_bad(set(kinds), "modern_agriculture") == fields
        assert _how_bad(set(kinds), "modern_service") == other


def test_industries_and_categories():
    assert industries_of("C39 C3412、B30") == (["C39", "C3412"], ["B30"])
    assert category_of("ZH32110020003", "优先保护单元") == "1"  # what is stated goes first
    assert category_of("ZH32110040003", None) is None and category_of("x", "别的") is None


@pytest.mark.parametrize(("outside", "told"), [(0, False), (1, False), (2, True), (5000, True)])
def test_land_outside_is_told_from_two_square_metres_on(outside, told):
    """Two roundings may differ by one."""
    from zoning.review.parks.measure import Measures
    from zoning.review.parks.musts import measured

    none = pd.DataFrame(columns=["park", "other", "area_m2"])
    area = np.array([50_000])
    found = Measures(area, area - outside, np.zeros(1, int), None, none, none, none, none)
    parks = gpd.GeoDataFrame({"code": ["P"], "planned_area_ha": [5.0]}, geometry=[None])
    assert [r["check"] for r in measured(parks, found)] == ["outside_plan"] * told
