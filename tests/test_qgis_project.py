"""plan.qgz: what stands in the file, and what a real QGIS makes of it."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from functools import cache
from pathlib import Path

import fake_plan
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from zoning.outputs import exchange
from zoning.outputs.prints import themes as sheet_themes
from zoning.outputs.qgis import clipped, geopackage, project, xml
from zoning.outputs.qgis import layout as qgis_layout
from zoning.planfile.models import Config, PlanPart

CHECK = Path(__file__).with_name("qgis_check.py")


@pytest.fixture(scope="module")
def plan():
    made = fake_plan.make(hostile=True)
    why = {"why_zh": "取 <i>本镇</i> 的类型", "why_en": "the class of the township"}
    return dataclasses.replace(made, townships=made.townships.assign(**why))


@pytest.fixture(scope="module")
def tree(plan):
    return parse(project.project(plan, "zh"))


def parse(text):
    assert text.startswith(xml.DOCTYPE)
    return ET.fromstring(text.removeprefix(xml.DOCTYPE))


def test_names_of_layers_are_long_enough_and_met_everywhere(tree):
    ids = [e.text for e in tree.findall("projectlayers/maplayer/id")]
    assert len(set(ids)) == len(ids)
    assert all(len(i) > 10 and re.fullmatch(r"\w+", i) for i in ids)  # QGIS renames shorter ones
    in_tree = [e.get("id") for e in tree.find("layer-tree-group").iter("layer-tree-layer")]
    assert sorted(in_tree) == sorted(ids)
    in_legends = {e.get("id") for e in tree.find("Layouts").iter("layer-tree-layer")}
    in_presets = {e.get("id") for e in tree.iter("layer") if e.get("visible")}
    assert in_legends | in_presets <= set(ids)


def test_every_source_is_relative_and_a_table_of_the_geopackage(plan, tree, tmp_path):
    path = geopackage.write(plan, tmp_path / "plan.gpkg")
    there = set(pyogrio.list_layers(path)[:, 0]) - {"layer_styles"}
    sources = [e.text for e in tree.iter("datasource")]
    assert {s.split("|layername=")[0] for s in sources} == {"./plan.gpkg"}
    assert {s.split("|layername=")[1].split("|subset=")[0] for s in sources} == there
    assert tree.find("properties/Paths/Absolute").text == "false"


def test_there_is_a_theme_a_sheet_of_each_paper_and_two_atlases(plan, tree):
    themes = [e.get("name") for e in tree.iter("visibility-preset")]
    assert len(themes) == len(sheet_themes.themes(plan)) == 6
    names = [e.get("name") for e in tree.iter("Layout")]
    assert names[:-2] == [f"{t} {p}" for t in themes for p in ("A4", "A3")]
    assert len(set(names)) == len(names)
    followed = {i.get("followPresetName") for i in tree.iter("LayoutItem")} - {None}
    assert followed == set(themes)
    atlases = [a.get("coverageLayerName") for a in tree.iter("Atlas") if a.get("enabled") == "1"]
    assert sorted(atlases) == ["乡镇街道", "县（市、区）"]


def test_items_stay_on_the_page_and_the_map_has_the_shape_of_its_extent(tree):
    for layout in tree.iter("Layout"):
        page = layout.find("PageCollection/LayoutItem").get("size")
        width, height = (float(v) for v in page.split(",")[:2])
        for item in layout.findall("LayoutItem"):
            x, y = (float(v) for v in item.get("position").split(",")[:2])
            w, h = (float(v) for v in item.get("size").split(",")[:2])
            assert x >= 0 and y >= 0 and x + w <= width and y + h <= height, item.get("id")
            extent = item.find("Extent")
            if extent is not None:
                e = {k: float(v) for k, v in extent.attrib.items()}
                shape = (e["xmax"] - e["xmin"]) / (e["ymax"] - e["ymin"])
                assert shape == pytest.approx(w / h, rel=1e-4)


def test_every_sheet_has_all_its_parts(tree):
    wanted = {"map", "title", "heading", "legend", "about", "north", "scale bar", "scale",
              "approval", "data note", "date", "notice", "drawn by"}  # fmt: skip
    for layout in tree.iter("Layout"):
        assert {i.get("id") for i in layout.findall("LayoutItem")} == wanted
        items = {i.get("id"): i for i in layout.findall("LayoutItem")}
        assert items["title"].get("labelText") == "[% @project_title %]"
        assert items["notice"].get("labelText") == "[% @plan_notice %]"
        assert items["data note"].get("labelText") == "[% @data_note %]"
        approval = items["approval"]
        assert approval.get("position").startswith(("10,", "13.5,"))  # lower left
        assert approval.get("labelText").startswith("审图号：")


def test_nothing_lies_on_the_map_and_nothing_on_its_neighbour(tree):
    for layout in tree.iter("Layout"):
        boxes = {}
        for item in layout.findall("LayoutItem"):
            x, y = (float(v) for v in item.get("position").split(",")[:2])
            w, h = (float(v) for v in item.get("size").split(",")[:2])
            boxes[item.get("id")] = shapely.box(x, y, x + w, y + h)
        del boxes["legend"]  # it takes only what it needs of its column
        names = sorted(boxes)
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                assert boxes[one].intersection(boxes[other]).area < 0.01, (one, other)


def test_townships_units_and_red_lines_are_joined(plan, tree):
    layers = {e.find("id").text: e for e in tree.findall("projectlayers/maplayer")}
    pairs = set()
    for relation in tree.findall("relations/relation"):
        ends = [layers[relation.get(k)] for k in ("referencedLayer", "referencingLayer")]
        tables = [e.find("datasource").text.split("layername=")[1] for e in ends]
        field = relation.find("fieldRef")
        for end, key in zip(ends, ("referencedField", "referencingField"), strict=True):
            assert field.get(key) in {a.get("field") for a in end.iter("alias")}
        pairs.add(tuple(tables))
    assert {("townships", "unit_townships"), ("units", "unit_townships"),
            ("units", "redline_by_unit"), ("redline_areas", "redlines")} <= pairs  # fmt: skip


def test_map_tips_tell_values_escaped_and_never_run_text_of_the_plan(plan, tree):
    tips = {
        e.find("datasource").text.split("layername=")[1]: e.find("mapTip").text
        for e in tree.findall("projectlayers/maplayer")
        if e.find("mapTip") is not None
    }
    assert {"units", "units_clipped", "townships", "redlines", "zones"} <= set(tips)
    assert "why_zh" in tips["units_clipped"] and "why_zh" in tips["townships"]
    known = {e.text for e in tree.findall("projectlayers/maplayer/id")}
    named = re.search(r"get_feature\('(\w+)'", tips["units_clipped"]).group(1)
    assert named in known
    for text in tips.values():
        for expression in re.findall(r"\[% (.*?) %\]", text):
            assert "&lt;" in expression or "format_number" in expression


def test_units_are_drawn_inside_the_boundary_and_squares_stand_beside(plan, tree):
    sources = [e.find("datasource").text for e in tree.findall("projectlayers/maplayer")]
    assert sum(s.endswith("layername=units") for s in sources) == 1
    assert sum(s.endswith("layername=units_clipped") for s in sources) >= 3
    (new,) = [s for s in sources if "|subset=" in s]  # new land stays inside as well
    assert new.endswith('|layername=units_clipped|subset="new_m2" > 0')
    assert sum(s.endswith("layername=allocation") for s in sources) == 1
    many = project.project(plan, "en")
    assert "(whole squares)" in many
    seen = parse(many).findall("layer-tree-group//layer-tree-layer[@checked='Qt::Checked']")
    assert not [e for e in seen if e.get("source").endswith("layername=units")]


def test_a_plan_of_very_many_units_keeps_the_squares(plan, monkeypatch, tmp_path):
    monkeypatch.setattr(clipped, "MOST_UNITS", 3)
    assert "units_clipped" not in project.project(plan, "zh")
    path = geopackage.write(plan, tmp_path / "plan.gpkg")
    assert "units_clipped" not in set(pyogrio.list_layers(path)[:, 0])


def test_text_of_the_plan_is_data_and_never_an_expression(plan):
    name = '[% 1+1 %] <b>&"'
    evil = dataclasses.replace(plan, name=name, notice="[% env('HOME') %]")
    tree = parse(project.project(evil, "zh"))
    assert tree.find("title").text == name
    for item in tree.iter("LayoutItem"):
        for value in (item.get("labelText", ""), item.get("title", "")):
            assert "1+1" not in value and "HOME" not in value


def variables(plan):
    tree = parse(project.project(plan, "zh"))
    names = [e.text for e in tree.findall("properties/Variables/variableNames/value")]
    values = [e.text for e in tree.findall("properties/Variables/variableValues/value")]
    return dict(zip(names, values, strict=True))


def test_without_an_approval_number_the_map_says_that_it_is_internal(plan):
    known = variables(plan)
    assert known["map_approval_no"] is None
    assert known["data_note"] == "内部使用，未经审核不得公开"
    assert known["plan_notice"] == plan.notice
    assert known["map_crs"] == "CGCS2000 3 度带高斯投影，中央经线 120°E（EPSG:4549）"
    part = PlanPart(name=plan.name, map_approval_no="苏S(2026)001号")
    known = variables(dataclasses.replace(plan, config=Config(plan=part)))
    assert known["map_approval_no"] == "苏S(2026)001号"
    assert known["data_note"] is None


def test_the_same_plan_gives_the_same_bytes(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = project.write(plan, tmp_path / "a" / "plan.qgz").read_bytes()
    assert first == project.write(plan, tmp_path / "b" / "plan.qgz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a" / "plan.qgz") as z:
        assert z.namelist() == ["plan.qgs"]
        assert "2023-11-14" in z.read("plan.qgs").decode("utf-8")


def test_the_project_stands_in_the_geopackage_once(plan, tmp_path):
    gpkg = geopackage.write(plan, tmp_path / "plan.gpkg")
    for _ in range(2):
        path = project.write(plan, tmp_path / "plan.qgz")
    with closing(sqlite3.connect(gpkg)) as db:
        rows = db.execute("SELECT name, content FROM qgis_projects").fetchall()
        marks = db.execute("SELECT count(*) FROM gpkg_extensions WHERE extension_name = "
                           "'qgis_projects'").fetchone()  # fmt: skip
    assert [n for n, _ in rows] == ["分区方案"]
    files = (path, io.BytesIO(bytes.fromhex(rows[0][1])))  # the file carries a mark besides
    one, two = (zipfile.ZipFile(f).read("plan.qgs") for f in files)
    assert one == two
    assert marks == (1,)
    assert set(pyogrio.list_layers(gpkg)[:, 0]) >= {"units", "plan"}


@pytest.mark.parametrize(
    ("extent", "size"), [((0, 0, 1, 1), (225, 166)), ((4e5, 3e6, 5e5, 3.1e6), (300, 100))]
)
def test_fit_shows_all_at_a_round_scale(extent, size):
    (x0, y0, x1, y1), scale = qgis_layout.fit(extent, *size)
    assert x0 <= extent[0] and y0 <= extent[1] and x1 >= extent[2] and y1 >= extent[3]
    assert (x1 - x0) / size[0] * 1000 == pytest.approx(scale)
    assert float(f"{scale:.3g}") == scale


# ---- with a real QGIS ----------------------------------------------------------------------


@cache
def qgis_python():
    """Find a Python that has QGIS; None where there is none."""
    for name in (os.environ.get("QGIS_PYTHON"), "/usr/bin/python3"):
        if name and shutil.which(name):
            probe = subprocess.run([name, "-c", "import qgis.core"], capture_output=True)
            if probe.returncode == 0:
                return name
    return None


def look(folder, *uris, pdf=False):
    """Open sources in QGIS and give what it says."""
    python = qgis_python()
    if python is None:
        pytest.skip("no Python with QGIS here (set QGIS_PYTHON)")
    out = folder / "seen.json"
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    env |= {"QT_QPA_PLATFORM": "offscreen", "QGIS_CHECK_PDF": str(int(pdf))}
    done = subprocess.run(
        [python, str(CHECK), str(out), str(folder / "pictures"), *map(str, uris)],
        env=env, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert out.is_file(), done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    """A written plan that was moved to a path with Chinese and a space."""
    first = tmp_path_factory.mktemp("out") / "first"
    geopackage.write(plan, first / "plan.gpkg")
    project.write(plan, first / "plan.qgz")
    moved = tmp_path_factory.mktemp("moved") / "成果 数据"
    shutil.move(first, moved)
    return moved


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_opens_the_geopackage_styled(folder, plan, tmp_path):
    (seen,) = look(tmp_path, folder / "plan.gpkg")
    layers = {x["table"]: x for x in seen["layers"]}
    assert all(x["valid"] for x in layers.values())
    assert layers["units"]["features"] == len(plan.units)
    assert layers["units"]["crs"] == "EPSG:4549"
    assert [row[1:] for row in layers["units"]["legend"]] == [
        *([z.name_zh, z.colour] for z in plan.zones.itertuples()), ["未分区", "#d9d9d9"],
    ]  # fmt: skip
    assert layers["units"]["aliases"]["area_m2"] == "单元市内面积（m²）"
    assert ["生态平衡", "balance"] in layers["units"]["maps"]["zone"]
    assert layers["redlines"]["labels"] and layers["townships"]["labels"]
    assert layers["account_zone"]["aliases"]["built_m2"] == "现状建设用地（m²）"
    assert ["生态平衡", "balance"] in layers["account_zone"]["maps"]["zone"]
    styled = [(t, s) for t, x in layers.items() for s in x["styles"]]
    assert {t for t, _ in styled} == {*geopackage.layers(plan), clipped.VIEW}
    assert layers[clipped.VIEW]["features"] == len(plan.units)
    for table, style in styled:
        assert style["ok"] and not style["error"], table
        assert style["renderer"] in ("QgsCategorizedSymbolRenderer", "QgsGraduatedSymbolRenderer",
                                     "QgsSingleSymbolRenderer")  # fmt: skip
        assert style["colours"] > 3, table  # something was drawn


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_opens_the_moved_project_and_prints_it(folder, plan, tmp_path):
    inside = f"geopackage:{folder / 'plan.gpkg'}?projectName=分区方案"
    for seen in look(tmp_path, folder / "plan.qgz", inside):
        assert seen["read"] and not seen["error"]
        assert seen["crs"] == "EPSG:4549" and seen["relative"]
        assert seen["title"] == plan.name
        assert all(x["valid"] for x in seen["layers"])
        spatial = [x for x in seen["layers"] if x["renderer"]]
        assert all(x["crs"] == "EPSG:4549" for x in spatial)
        assert [g["name"] for g in seen["tree"]] == ["边界与红线", "分区方案", "单元核算", "表格"]
        assert len(seen["themes"]) == 6
        assert all(t["colours"] > 5 and len(t["layers"]) == 4 for t in seen["themes"].values())
        assert seen["canvas"] > 10
        for layout in seen["layouts"]:
            assert layout["png"] == 0, layout["name"]
            assert plan.name in layout["texts"] and plan.notice in layout["texts"]
            assert "审图号：（无）" in layout["texts"]
            assert layout["legend"] and all(layout["legend"][0])
            width, height = layout["page"]
            for kind, _, x, y, w, h in layout["items"]:
                assert x + w <= width + 0.1 and y + h <= height + 0.1, (layout["name"], kind)
        atlases = [x["atlas"] for x in seen["layouts"] if x["atlas"]]
        assert [a["pages"] for a in atlases] == [len(plan.counties), len(plan.townships)]
        for scale, whole in (page for a in atlases for page in a["scales"]):
            assert whole and any(scale == pytest.approx(n) for n in qgis_layout.ROUND_SCALES)
        assert {r["parent"] for r in seen["relations"]} >= {"townships", "units", "redline_areas"}
        assert all(r["valid"] for r in seen["relations"])
        tips = [t for t in seen["tips"] if t["table"] == "units_clipped"]
        assert tips and all("[%" not in t["text"] and "<table>" in t["text"] for t in tips)
        assert any("取 &lt;i>本镇&lt;/i> 的类型" in t["text"] for t in tips)


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_reads_back_geodatabase_and_shapefiles(tmp_path):
    plan = fake_plan.make()
    exchange.write(plan, "gdb", tmp_path)
    for encoding in ("GBK", "UTF-8"):
        exchange.write(plan, "shp", tmp_path / encoding, encoding=encoding)
    gdb, gbk, utf8 = look(
        tmp_path, tmp_path / "plan.gdb", tmp_path / "GBK" / "shp" / "townships.shp",
        tmp_path / "UTF-8" / "shp" / "redlines.shp",
    )  # fmt: skip
    units = next(x for x in gdb["layers"] if x["table"] == "units")
    assert units["valid"] and units["crs"] == "EPSG:4549" and units["features"] == len(plan.units)
    assert units["types"]["area_m2"] == "Integer"
    assert units["first"]["zone_words"] == "优化开发"
    assert gbk["layers"][0]["first"]["name"] == plan.townships["name"].iloc[0]
    assert utf8["layers"][0]["first"]["name"] == plan.redlines["name"].iloc[0]


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_takes_the_looks_beside_the_files_and_reads_sld_as_the_same_classes(tmp_path):
    exchange.write(fake_plan.make(), "shp", tmp_path)
    names = ("zones", "redlines", "allocation", "townships")
    seen = look(tmp_path, *(tmp_path / "shp" / f"{n}.shp" for n in names))
    for name, entry in zip(names, seen, strict=True):
        layer = entry["layers"][0]
        assert layer["sld"]["ok"], name
        if layer["legend"]:
            assert [row[1:] for row in layer["legend"]] == layer["sld"]["rules"], name
    assert seen[0]["layers"][0]["renderer"] == "QgsCategorizedSymbolRenderer"
    assert seen[2]["layers"][0]["renderer"] == "QgsGraduatedSymbolRenderer"


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r&<>\"'"))
TREES = st.recursive(
    st.tuples(st.just("a"), st.dictionaries(st.sampled_from("xyz"), WORDS), WORDS, st.just([])),
    lambda below: st.tuples(
        st.just("b"), st.dictionaries(st.sampled_from("xyz"), WORDS), WORDS,
        st.lists(below, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


@given(TREES)
def test_elements_are_written_as_the_standard_library_writes_them(tree):
    def made(tree):
        tag, attributes, text, children = tree
        return xml.element(tag, attributes, text, *map(made, children))

    element = made(tree)
    assert xml.write(element) == ET.tostring(element, encoding="unicode")
