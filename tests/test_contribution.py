"""What a wing hands to a plan is checked, kept in the plan folder, and drawn by every writer."""

from __future__ import annotations

import dataclasses
import itertools
from bisect import bisect_left
from xml.etree import ElementTree

import fake_plan
import geopandas as gpd
import made_up
import pandas as pd
import pyogrio
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from zoning import store
from zoning.contribution.parts import Card, Chapter, Class, Contribution
from zoning.contribution.rules import check
from zoning.contribution.stored import describe
from zoning.errors import Text
from zoning.outputs import contributed, exchange, report, webmap
from zoning.outputs.office import document as report_blocks
from zoning.outputs.office import workbook
from zoning.outputs.prints import draw
from zoning.outputs.qgis import geopackage, project, xml
from zoning.outputs.webmap import document
from zoning.plan import Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    bare = fake_plan.make()
    run = {**bare.run, "config": bare.config.model_dump(mode="json", exclude_defaults=True)}
    return dataclasses.replace(bare, run=run, contributions=(made_up.contribution(bare),))


@pytest.fixture(scope="module")
def fishery(plan) -> Contribution:
    return plan.contributions[0]


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    place = tmp_path_factory.mktemp("渔 业")
    geopackage.write(plan, place / "plan.gpkg")
    store.write_tables(plan, place)
    return place


def codes(contributions, **more):
    return {p.code for p in check(contributions, **more)}


def changed(given, part, **how):
    """Change the first of a kind of part."""
    first, *rest = getattr(given, part)
    return dataclasses.replace(given, **{part: (dataclasses.replace(first, **how), *rest)})


def test_a_good_one_has_no_problems(plan, fishery):
    assert check([fishery], plan.units.index, plan.tables) == []


WRONG = {
    "bad-name": lambda g: changed(g, "tables", name="Fish stock"),
    "taken-name": lambda g: changed(g, "layers", name="fish"),
    "no-text": lambda g: dataclasses.replace(g, title=Text("Fishery", " ")),
    "no-field": lambda g: changed(g, "tables", fields=g.tables[0].fields[:-1]),
    "no-column": lambda g: changed(
        g, "layers", fields=(*g.layers[0].fields, dataclasses.replace(made_up.KIND, name="age"))
    ),
    "named-index": lambda g: changed(
        g, "tables", frame=g.tables[0].frame.rename_axis("row")
    ),
    "unknown-unit": lambda g: changed(
        g, "tables", frame=g.tables[0].frame.replace({"unit": {g.tables[0].frame["unit"][0]: "x"}})
    ),
    "geographic-crs": lambda g: changed(g, "layers", frame=g.layers[0].frame.to_crs(4326)),
    "non-polygon": lambda g: changed(
        g, "layers", frame=g.layers[0].frame.set_geometry(g.layers[0].frame.centroid)
    ),
    "bad-colour": lambda g: changed(g, "layers", colour="red"),
    "no-classes": lambda g: changed(g, "layers", by=None),
    "no-class": lambda g: changed(g, "themes", classes=made_up.CLASSES[:1]),
    "mixed-classes": lambda g: changed(
        g, "themes", classes=(*made_up.CLASSES, Class(Text("a", "甲"), "#000000", lower=0, upper=1))
    ),
    "bad-limits": lambda g: dataclasses.replace(
        g, themes=(dataclasses.replace(g.themes[1], classes=g.themes[1].classes[::-1]),)
    ),
    "no-table": lambda g: changed(g, "themes", table="stones"),
    "double-unit": lambda g: changed(
        g, "tables", frame=pd.concat([g.tables[0].frame] * 2, ignore_index=True)
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
def test_each_thing_that_no_writer_could_draw_is_told(plan, fishery, code):
    assert code in codes([WRONG[code](fishery)], units=plan.units.index)


def test_cards_and_chapters_name_what_is_there(fishery):
    card = dataclasses.replace(fishery, cards=(Card(Text("a", "甲"), "fish", ("weight",)),))
    assert codes([card]) == {"no-column"}
    other = dataclasses.replace(fishery, cards=(Card(Text("a", "甲"), "catches", ("year",)),))
    assert codes([other]) == {"no-column"}  # no column of units
    for wrong in ({"tables": ("stones",)}, {"maps": ("fish",)}):
        chapter = Chapter(Text("a", "甲"), **wrong)
        assert codes([dataclasses.replace(fishery, chapters=(chapter,))]) == {"no-table"}


def test_names_are_taken_by_other_wings_and_by_the_plan(fishery):
    assert codes([fishery, fishery]) == {"taken-name"}
    assert codes([fishery], taken=["catches"]) == {"taken-name"}
    assert "taken-name" in codes([changed(fishery, "themes", name="checks")])


def test_all_problems_are_told_at_once(fishery):
    broken = changed(changed(fishery, "layers", colour="red"), "themes", table="stones")
    assert codes([broken]) == {"bad-colour", "no-table"}


def test_the_plan_folder_keeps_it(plan, fishery, folder):
    again = store.load(folder)
    (got,) = again.contributions
    assert describe(got) == describe(fishery)
    for name in ("fish", "catches"):
        pd.testing.assert_frame_equal(
            got.table(name).frame, fishery.table(name).frame, check_dtype=False
        )
    layer, was = got.layers[0].frame, fishery.layers[0].frame
    assert layer.drop(columns="geometry").fillna("").values.tolist() == (
        was.drop(columns="geometry").fillna("").values.tolist()
    )
    assert layer.crs == was.crs
    assert layer.geometry.geom_equals(was.geometry).all()
    assert not {"fish", "catches"} & set(again.tables)
    assert "contributions" not in again.run
    assert check(again.contributions, again.units.index, again.tables) == []
    # Nothing is lost or doubled by writing it once more.
    geopackage.write(again, folder / "again" / "plan.gpkg")
    store.write_tables(again, folder / "again")
    assert describe(store.load(folder / "again").contributions[0]) == describe(fishery)


def test_the_plan_says_who_gave_something(plan):
    assert "with fishery" in repr(plan)
    assert repr(plan.contributions[0]) == (
        "Contribution('fishery': 1 layer, 2 tables, 2 themes, 1 card, 1 chapter)"
    )


def test_layers_and_themes_stand_styled_in_the_geopackage(folder, plan):
    names = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
    assert {"ponds", "fish_kind", "fish_wet", "fish", "catches"} <= names
    styles = pyogrio.read_dataframe(folder / "plan.gpkg", layer="layer_styles")
    qml = styles.set_index("f_table_name")["styleQML"]
    assert 'attr="kind"' in qml["ponds"]
    assert "27,158,119" in qml["ponds"]  # the colour of the carp
    assert "鱼种" in qml["ponds"]
    assert "水面（m²）" in qml["ponds"]
    assert 'attr="&quot;wet_share&quot;"' in qml["fish_wet"]
    theme = pyogrio.read_dataframe(folder / "plan.gpkg", layer="fish_kind")
    assert len(theme) == 28
    # Whole squares inside; at the boundary what lies in the city, as the zones.
    inside = plan.units.geometry.intersection(plan.city.union_all()).area
    area = theme.set_index("unit").geometry.area
    assert (area == 1_000_000).any() and (area < 999_000).any()
    assert (area - inside.reindex(area.index)).abs().max() < 1e-6


@over(st.lists(st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.0]) | st.floats(-1, 3), min_size=1))
def test_classes_by_limits_hold_their_upper_limit(values):
    limits = [0.0, 0.5, 1.0, 2.0]
    classes = [
        Class(Text("a", "甲"), "#000000", lower=a, upper=b) for a, b in itertools.pairwise(limits)
    ]
    inner = [-1 if v is None or not 0 <= v <= 2 else bisect_left(limits[1:], v) for v in values]
    column = pd.Series(values, dtype="Float64")
    assert contributed.class_of(column, classes).tolist() == inner


def test_sheets_of_the_workbook_speak_the_words_of_the_wing(plan, tmp_path):
    import openpyxl

    workbook.write(plan, tmp_path / "表.xlsx", lang="zh")
    book = openpyxl.load_workbook(tmp_path / "表.xlsx")
    rows = list(book["各单元鱼类"].values)
    assert rows[0] == ("单元", "鱼种", "鱼数", "水面占比")
    assert rows[1] == ("unit", "kind", "fish", "wet_share")
    assert rows[2][1:3] == ("鳗鱼", 0)
    assert next(iter(book["捕获量"].values)) == ("年份", "产量（kg）")
    named = [row[0] for row in book.worksheets[0].values]
    assert {"各单元鱼类", "捕获量"} <= set(named)


def test_exchange_formats_carry_layers_tables_and_their_fields(plan, tmp_path):
    exchange.write(plan, "parquet", tmp_path)
    place = tmp_path / "parquet"
    ponds = gpd.read_parquet(place / "ponds.parquet")
    assert sorted(ponds["kind_words"]) == sorted(["鲤鱼", "鳗鱼"])  # rows stand in spatial order
    assert len(pd.read_parquet(place / "catches.parquet")) == 2
    fields = pd.read_csv(place / "fields.csv", encoding="utf-8-sig").set_index(["layer", "field"])
    assert fields.loc[("ponds", "pond_m2"), ["zh", "en", "unit"]].tolist() == [
        "水面",
        "water",
        "m2",
    ]
    assert fields.loc[("fish_kind", "kind_words"), "zh"] == "鱼种（名称）"
    exchange.write(plan, "shp", tmp_path)
    assert gpd.read_file(tmp_path / "shp" / "ponds.shp")["kind_words"].tolist() == ["鲤鱼", "鳗鱼"]
    exchange.write(plan, "gdb", tmp_path)
    assert {"ponds", "fish_kind", "catches"} <= {
        name for name, _ in pyogrio.list_layers(tmp_path / "plan.gdb")
    }


@pytest.mark.slow
def test_the_report_has_its_chapter(plan):
    for lang, title, text, head in (
        ("zh", "渔业", "没有人数过鱼。", "产量（kg）"),
        ("en", "Fishery", "Nobody counted the fish.", "catch (kg)"),
    ):
        blocks = report.blocks_of(plan, lang)
        at = next(
            i for i, b in enumerate(blocks)
            if isinstance(b, report_blocks.Heading) and b.text.endswith(f"  {title}")
        )  # fmt: skip
        said, figure, table = blocks[at + 1 : at + 4]
        assert said.text == text
        assert figure.png.startswith(b"\x89PNG")
        assert table.heads[1] == head
        assert table.rows == [["2023", "1,234.50"], ["2024", "–"]]
        assert isinstance(blocks[at + 4], report_blocks.Heading)
        numbers = [b.text.split()[0] for b in blocks
                   if isinstance(b, report_blocks.Heading) and b.level == 1]  # fmt: skip
        assert numbers == [str(i + 1) for i in range(len(numbers))]


def test_a_theme_is_a_map_sheet_in_its_own_colours(plan):
    import io

    from matplotlib.image import imread

    assert draw.themes(plan)[-2:] == ("fish_kind", "fish_wet")
    drawn = draw.draw_map(plan, "fish_kind", lang="en")
    assert drawn.title.endswith("Fish")
    picture = imread(io.BytesIO(drawn.to_bytes("png", 60)))
    seen = {tuple((c[:3] * 255).round().astype(int)) for row in picture for c in row}
    assert {(0x1B, 0x9E, 0x77), (0xD9, 0x5F, 0x02)} <= seen


def test_the_project_has_a_group_of_the_wing(plan, folder):
    text = project.project(plan, "zh")
    tree = ElementTree.fromstring(text.removeprefix(xml.DOCTYPE))
    groups = tree.findall("layer-tree-group/layer-tree-group")
    names = [g.get("name") for g in groups]
    assert names[-2:] == ["渔业（虚构）", "表格"]
    assert [e.get("name") for e in groups[-2]] == ["鱼类分布", "水面占比图", "鱼塘"]
    presets = {e.get("name") for e in tree.iter("visibility-preset")}
    assert {"鱼类分布", "水面占比图"} <= presets


def test_the_page_knows_themes_layers_and_card_lines(plan):
    doc = document.document((plan,), lang="en", tiles=None)
    theme = doc["themes"][-2]
    assert (theme["code"], theme["label"]["en"]) == ("fish_kind", "Fish")
    (layer,) = doc["given_layers"]
    assert layer["classes"] == [0, 1]
    (card,) = doc["plans"][0]["given"]["cards"]
    first = plan.units.index[0]
    assert card["rows"][first] == [[{"zh": "鳗鱼", "en": "eel"}, "0", "0.00%"]]
    assert plan.units.index[-1] not in card["rows"]
    # A plan without it has no such theme to compare.
    both = document.document((plan, fake_plan.make()), lang="en", tiles=None)
    assert "fish_kind" not in {t["code"] for t in both["themes"]}


@pytest.mark.qgis
@pytest.mark.slow
def test_qgis_draws_layers_and_themes_of_the_wing(plan, folder, tmp_path):
    from test_qgis_project import look

    project.write(plan, folder / "plan.qgz")
    stored, seen = look(tmp_path, folder / "plan.gpkg", folder / "plan.qgz")
    layers = {x["table"]: x for x in stored["layers"]}
    assert all(style["ok"] for name in ("ponds", "fish_kind") for style in layers[name]["styles"])
    assert seen["read"]
    assert all(x["valid"] for x in seen["layers"])
    assert seen["themes"]["鱼类分布"]["colours"] > 2
    group = next(g for g in seen["tree"] if g["name"] == "渔业（虚构）")
    assert len(group["children"]) == 3


@pytest.mark.chromium
@pytest.mark.slow
def test_the_browser_shows_theme_layer_and_card(plan, tmp_path):
    pytest.importorskip("selenium")
    from test_webmap_chromium import BROWSER, DRIVER, Browser

    if not (BROWSER and DRIVER):
        pytest.skip("needs Chromium and chromedriver")
    page = webmap.write(plan, tmp_path / "图.html", lang="en")
    browser = Browser()
    try:
        browser.open(page)
        browser.js("Zoning.state.theme = 'fish_kind'; Zoning.emit('theme');")
        browser.js("Zoning.state.overlays.clear(); Zoning.emit('overlays');")
        legend = browser.text(".zn-legend").lower()
        assert "fish" in legend and "carp & co" in legend and "eel" in legend
        browser.wait("document.querySelectorAll('canvas').length")
        browser.at(5, 5)
        kinds = plan.contributions[0].table("fish").frame.set_index("unit")["kind"]
        colours = {"eel": (0xD9, 0x5F, 0x02), "carp": (0x1B, 0x9E, 0x77)}
        seen = set()
        for i in range(12, 16):
            x, y = browser.point_of(i)
            code = browser.js("return Zoning.sides[0].grid.code(arguments[0])", i)
            assert browser.pixel(x + 6, y + 6) == colours[kinds[code]]
            seen.add(kinds[code])
        assert seen == {"eel", "carp"}
        browser.js("document.querySelector('input[value=ponds]').click()")
        assert "ponds · eel" in browser.text(".zn-legend").lower()
        browser.at(x, y, click=True)
        card = browser.text(".zn-card").lower()
        assert "fish here" in card and kinds[code] in card and "wet part" in card
        assert browser.complaints() == []
        assert browser.requests() == [page.as_uri()]
        assert browser.js("return document.querySelectorAll('.zn-card b').length") == 0
    finally:
        browser.driver.quit()
