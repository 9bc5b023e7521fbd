"""A chapter of pages and a chart of a column: handed over by a wing, drawn by the report."""

from __future__ import annotations

import dataclasses
import io

import docx
import fake_plan
import pandas as pd
import pytest
from docx.oxml.ns import qn

from zoning.base.names import english
from zoning.contribution.parts import Chapter, Chart, Contribution, Field, Pages, Table
from zoning.contribution.rules import check
from zoning.contribution.stored import describe, restore
from zoning.errors import Text
from zoning.outputs import report
from zoning.outputs.office import document as report_blocks
from zoning.outputs.prints import chart as charts
from zoning.outputs.report import given as report_given

ROWS = [
    ("a", "1", "甲镇", "fish", "carp", "鲤鱼", "3 kg", "3 公斤"),
    ("a", "1", "甲镇", "fish", "eel", "鳗鱼", "5 kg", "5 公斤"),
    ("b", "1", "乙县", "fish", "carp", "鲤鱼", "7 kg", "7 公斤"),
    ("a", "1", "甲镇", "tax", "due", "应缴", "9 yuan", "9 元"),
]
COLUMNS = ["level", "code", "name", "policy", "item_en", "item_zh", "value_en", "value_zh"]
PAGES = Pages("lines", ("level", "code"), "name", "policy", Text("item_en", "item_zh"),
              Text("value_en", "value_zh"))  # fmt: skip


def given(rows=None, chart="catch_m2", pages=PAGES) -> Contribution:
    frame = pd.DataFrame(ROWS if rows is None else rows, columns=COLUMNS)
    words = {"policy": {"fish": Text("fishery", "渔业"), "tax": Text("taxes", "税收")},
             "level": {"a": Text("town", "镇"), "b": Text("county", "县")}}  # fmt: skip
    lines = Table("lines", Text("lines", "各行"), frame, tuple(
        Field(c, Text(c, c), Text(c, c), words=words.get(c, {})) for c in COLUMNS))  # fmt: skip
    bars = pd.DataFrame({"zone": ["key", "key", "moderate"], "catch_m2": [3e6, 1e6, float("nan")]})
    catch = Table("catch", Text("catch", "产量"), bars, (
        Field("zone", Text("zone", "功能区"), Text("zone", "功能区")),
        Field("catch_m2", Text("pond", "水面"), Text("pond", "水面"), "m2"),
    ))  # fmt: skip
    title = Text("Ponds by zone", "分区水面")
    return Contribution("fish", Text("Fish", "鱼"), tables=(lines, catch), chapters=(
        Chapter(Text("Page by page", "分页"), (Text("A page each.", "每地一页。"),), pages=pages),
        Chapter(Text("Ponds", "鱼塘"), charts=(Chart(title, "catch", chart, "zone"),)),
    ))  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    return dataclasses.replace(fake_plan.make(), contributions=(given(),))


def test_it_may_be_drawn_and_is_plain_data(plan):
    mine = plan.contributions[0]
    assert check([mine], plan.units.index, plan.tables) == []
    again = restore(describe(mine), {}, {t.name: t.frame for t in mine.tables})
    assert again.chapters == mine.chapters
    old = describe(mine)
    for chapter in old["chapters"]:  # as plans were written before there were pages and charts
        del chapter["pages"], chapter["charts"]
    assert restore(old, {}, {t.name: t.frame for t in mine.tables}).chapters[0].pages is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"chart": "weight"}, "no-column"),
        ({"chart": "zone"}, "no-number"),
        ({"pages": dataclasses.replace(PAGES, table="stones")}, "no-table"),
        ({"pages": dataclasses.replace(PAGES, item=Text("item_en", "item"))}, "no-column"),
        ({"pages": dataclasses.replace(PAGES, keys=("code",))}, "double-name"),
        ({"rows": [(*ROWS[0][:-1], None)]}, "no-value"),
    ],
)
def test_what_could_not_be_drawn_is_told(wrong, code):
    assert [p.code for p in check([given(**wrong)])] == [code]


@pytest.mark.parametrize(
    ("lang", "part", "note", "head", "lines"),
    [
        ("zh", "分页", "level：镇；code：1", ["policy", "item_zh", "value_zh"],
         [["渔业", "鲤鱼", "3\xa0公斤"], ["", "鳗鱼", "5 公斤"], ["税收", "应缴", "9 元"]]),
        pytest.param(
            "en", "Page by page", "level: town; code: 1", ["policy", "item_en", "value_en"],
            [["fishery", "carp", "3 kg"], ["", "eel", "5 kg"], ["taxes", "due", "9 yuan"]],
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_each_place_has_a_sheet_at_the_end_of_the_document(plan, lang, part, note, head, lines):
    document = docx.Document(io.BytesIO(report.to_bytes(plan, lang=lang)))
    heads = [p for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    places = ["甲镇", "乙县"] if lang == "zh" else ["Jiazhen Town (甲镇)", "Yixian County (乙县)"]
    assert [p.text.split("  ")[1] for p in heads[-3:]] == [part, *places]
    assert [p.style.name for p in heads[-3:]] == ["Heading 1", "Heading 2", "Heading 2"]
    # The first place stands on the sheet of the chapter's own words.
    breaks = [bool(p.paragraph_format.page_break_before) for p in heads[-3:]]
    assert breaks == [True, False, True]
    # every chapter begins a page, and nothing inside one does
    others = [p for p in heads[1:-3] if p.paragraph_format.page_break_before]
    assert others == [p for p in heads[1:-3] if p.style.name == "Heading 1"]
    numbers = [p.text.split()[0] for p in heads if p.style.name == "Heading 1"]
    assert numbers == [str(i + 1) for i in range(len(numbers))]
    town, county = document.tables[-2:]
    cells = [[c.text.replace("\xa0", " ") for c in row.cells] for row in town.rows]
    assert cells == [head, *([x.replace("\xa0", " ") for x in row] for row in lines)]
    assert len(county.rows) == 2
    assert town._tbl.getnext().getnext().find(qn("w:pPr")) is not None
    assert note in [p.text for p in document.paragraphs]


def test_no_pages_no_part(plan):
    bare = dataclasses.replace(plan, contributions=())
    begins = [b.text for b in report.blocks_of(bare) if getattr(b, "new_page", False)]
    assert [b.split()[0] for b in begins] == ["2"]  # after the page for the leader


def drawn(monkeypatch, plan, lang="zh"):
    """Draw the report's chapters of wings, and keep the figures that were drawn."""
    from zoning.outputs.report.pieces import Writer

    kept = []

    def keep(*args):
        kept.append(charts.draw_column(*args))
        return kept[-1]

    monkeypatch.setattr(report_given, "draw_column", keep)
    blocks = list(report_given.chapters(Writer(plan, lang)))
    return kept, blocks


@pytest.mark.parametrize(
    ("lang", "title", "axis", "gone"),
    [("zh", "分区水面", "水面（km²）", "无数据"), ("en", "Ponds by zone", "pond (km²)", "no data")],
)
def test_a_chart_has_a_bar_for_each_row_from_zero(monkeypatch, plan, lang, title, axis, gone):
    (picture,), blocks = drawn(monkeypatch, plan, lang)
    (figure,) = [b for b in blocks if isinstance(b, report_blocks.Figure)]
    assert figure.caption == picture.title == title and figure.png.startswith(b"\x89PNG")
    (axes,) = picture.figure.axes
    # Two rows of one zone stay two bars; the unknown one has none and says so.
    assert [b.get_width() for b in axes.patches] == [3.0, 1.0]
    assert [round(b.get_y() + b.get_height() / 2) for b in axes.patches] == [0, 1]
    assert {b.get_x() for b in axes.patches} == {0} and axes.get_xlim()[0] == 0
    name = plan.zones[f"name_{lang}"]
    wanted = [name["key"], name["key"], name["moderate"]]
    assert [t.get_text() for t in axes.get_yticklabels()] == wanted
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row on top
    assert axes.get_xlabel() == axis
    assert [t.get_text().strip() for t in axes.texts] == [gone]


def test_bars_of_townships_bear_the_names_of_the_language(monkeypatch, plan):
    names = plan.townships["name"].iloc[:2].tolist()
    bars = pd.DataFrame({"name": names, "catch_m2": [3e6, 1e6]})
    fields = (Field("name", Text("name", "名称"), Text("name", "名称")),
              Field("catch_m2", Text("pond", "水面"), Text("pond", "水面"), "m2"))  # fmt: skip
    by_name = Contribution("fish", Text("Fish", "鱼"),
                           tables=(Table("catch", Text("catch", "产量"), bars, fields),),
                           chapters=(Chapter(Text("Ponds", "鱼塘"), charts=(
                               Chart(Text("Ponds", "水面"), "catch", "catch_m2", "name"),)),),
                           )  # fmt: skip
    plan = dataclasses.replace(plan, contributions=(by_name,))
    for lang, wanted in (("zh", names), ("en", [english(n) for n in names])):
        ((picture,), _) = drawn(monkeypatch, plan, lang)
        assert [t.get_text() for t in picture.figure.axes[0].get_yticklabels()] == wanted
    assert wanted != names


def test_bars_below_zero_keep_zero_in_sight():
    axes = charts.draw_column("t", ["a", "b"], [-4.0, -2.0], "m", "en").figure.axes[0]
    low, high = axes.get_xlim()
    assert low < -4 and high == 0 and [b.get_width() for b in axes.patches] == [-4, -2]
    axes = charts.draw_column("t", ["a"], [float("nan")], "m", "en").figure.axes[0]
    assert axes.patches == [] or len(axes.patches) == 0
    assert axes.get_xlim()[0] == 0 < axes.get_xlim()[1]


def test_bars_without_room_are_told(monkeypatch, plan):
    monkeypatch.setattr(report_given, "MOST_BARS", 2)
    (picture,), blocks = drawn(monkeypatch, plan)
    assert len(picture.figure.axes[0].patches) == 2
    assert [b.text for b in blocks if isinstance(b, report_blocks.Text)] == [
        "图中为表的前 2 行，其余 1 行未绘出。"
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chapter_shows_the_columns_it_names_in_one_language_and_small_areas_in_hectares(lang):
    frame = pd.DataFrame({
        "park": ["A", "B", "C"], "area_m2": [123_456, 0, 40], "city_m2": [5e5, 1e4, 0],
        "en": ["x"] * 3, "zh": ["甲"] * 3, "why_en": ["because"] * 3, "why_zh": ["因为"] * 3,
        "inner": [7, 8, 9],
    })  # fmt: skip
    units = {"area_m2": "m2", "city_m2": "m2"}
    table = Table("parks", Text("parks", "园区"), frame, tuple(
        Field(c, Text(c, c), Text(c, c), units.get(c, "")) for c in frame))  # fmt: skip
    shown = tuple(c for c in frame if c != "inner")
    wing = Contribution("w", Text("W", "翼"), tables=(table,), chapters=(
        Chapter(Text("W", "翼"), (Text("A.", "甲。"),), tables=("parks",),
                columns={"parks": shown}),))  # fmt: skip
    one = dataclasses.replace(fake_plan.make(), contributions=(wing,))
    from zoning.outputs.report.pieces import Writer

    blocks = list(report_given.chapters(Writer(one, lang)))
    found = next(b for b in blocks if isinstance(b, report_blocks.Table))
    heads = {"zh": ["park", "area_m2（公顷）", "city_m2（公顷）", "zh", "why_zh"],
             "en": ["park", "area_m2 (ha)", "city_m2 (ha)", "en", "why_en"]}  # fmt: skip
    assert list(found.heads) == heads[lang]
    assert [row[1:3] for row in found.rows] == [
        ["12.35", "50.00"], ["0.00", "1.00"], ["0.0040", "0.00"]]  # fmt: skip
    # One area of a square kilometre: all of the table are in square kilometres.
    large = dataclasses.replace(table, frame=frame.assign(city_m2=[5e9, 1e6, 0]))
    one = dataclasses.replace(one, contributions=(dataclasses.replace(wing, tables=(large,)),))
    blocks = list(report_given.chapters(Writer(one, lang)))
    found = next(b for b in blocks if isinstance(b, report_blocks.Table))
    assert all("km²" in h for h in found.heads[1:3])


def test_a_source_in_a_table_is_named_in_the_language(plan):
    from zoning.outputs.report.pieces import Writer

    assert Writer(plan, "zh").cell("source", "own choice") == "本软件自定"
    assert Writer(plan, "en").cell("source", "own choice") == "own choice"
    assert Writer(plan, "zh").cell("source", "市统计年鉴 2024") == "市统计年鉴 2024"
