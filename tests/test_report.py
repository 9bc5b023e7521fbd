"""report.docx and the notebook: complete, in real styles, with text that stays text."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import docx
import fake_plan
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn
from PIL import Image

from zoning.base import words
from zoning.base.areas import percent
from zoning.contribution.parts import Chapter, Contribution, Field, Pages
from zoning.contribution.parts import Table as GivenTable
from zoning.errors import Check
from zoning.errors import Text as Both
from zoning.outputs import notebook, report
from zoning.outputs.office import figures, flow
from zoning.outputs.office.document import Figure, Heading, Signatures, Table, Text
from zoning.outputs.report import given, pieces
from zoning.outputs.report.pieces import Writer


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make()


@pytest.fixture(scope="module")
def hostile():
    return fake_plan.make(hostile=True)


@pytest.fixture(scope="module")
def blocks(plan):
    return report.blocks_of(plan, "zh")


@pytest.fixture(scope="module")
def document(blocks, plan):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "blocks_of", lambda *_: blocks)
        return docx.Document(io.BytesIO(report.to_bytes(plan)))


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave out maps and charts, where a test is about words."""
    monkeypatch.setattr(pieces.Writer, "picture", lambda *_: iter(()))
    monkeypatch.setattr(pieces.Writer, "account_chart", lambda *_: iter(()))


def table(blocks, start):
    return next(b for b in blocks if isinstance(b, Table) and b.caption.startswith(start))


def bare(plan, **parts):
    """Give a plan that has only the units and what is named."""
    keep = {k: getattr(plan, k) for k in ("name", "notice", "config", "grid", "city", "units",
                                          "zones", "ledger", "red_sets")}  # fmt: skip
    return plan.__class__(**{**keep, **parts})


def test_every_chapter_is_there_in_both_languages(plan, no_pictures):
    for lang, last in (("zh", "数据与重建说明"), ("en", "Data and what is reconstructed")):
        found = report.blocks_of(plan, lang)
        chapters = [b.text for b in found if isinstance(b, Heading) and b.level == 1]
        assert len(chapters) == 9
        assert [c.split()[0] for c in chapters] == [str(i) for i in range(1, 10)]
        assert chapters[-1].endswith(last)


def test_the_english_report_has_no_chinese_of_its_own(plan, no_pictures):
    names = {*plan.townships["name"], *plan.counties["name"], *plan.redlines["name"]}
    for block in report.blocks_of(plan, "en"):
        if isinstance(block, Signatures):
            told = [*block.roles, block.date]
        else:
            told = [block.text] if isinstance(block, (Heading, Text)) else [block.caption]
        if isinstance(block, Table):
            told += [c for row in block.rows for c in row] + list(block.heads)
        for text in told:
            known = any(n in text for n in names) or plan.notice in text or "规划 (2013)" in text
            assert known or not re.search("[\u4e00-\u9fff]", text), text


def test_zones_add_up_to_the_city(plan, blocks):
    found = table(blocks, "各主体功能区")
    at = found.heads.index("分区面积（km²）")
    total = sum(float(row[at].replace(",", "")) for row in found.rows)
    assert total == pytest.approx(plan.units["area_m2"].sum() / 1e6, abs=0.02)
    cross = table(blocks, "分县各区面积")
    assert cross.total and cross.rows[-1][-1] == figures.area(plan.units["area_m2"].sum())


def test_the_account_in_words_is_the_account_in_numbers(plan, blocks):
    c = plan.run["construction"]
    told = next(b.text for b in blocks if isinstance(b, Text) and b.text.startswith("现状建设用地"))
    for number in (c["existing_m2"], c["base_m2"], c["cap_m2"], c["headroom_m2"], c["new_m2"]):
        assert f"{number / 1e6:.2f} km²" in told
    assert percent(c["share"]) in told


def test_the_red_line_table_sets_published_against_computed(plan, blocks):
    found = table(blocks, "红线区域：公布面积与计算面积")
    assert len(found.rows) == len(plan.tables["redline_areas"])
    row = next(r for r in found.rows if r[1].startswith("北山水库"))
    lines = plan.redlines.loc["RL02-2"]
    heads = dict(zip(found.heads, row, strict=True))
    assert heads["公布"] == figures.area(lines["published_m2"])
    assert heads["差值"] == figures.area(-1000) == "-0.001"
    assert heads["名称依据"] == "有文件依据"
    other = next(r for r in found.rows if r[1].startswith("茅山"))
    assert dict(zip(found.heads, other, strict=True))["公布"] == figures.DASH


def test_every_source_of_a_rule_is_cited(plan, blocks):
    told = " ".join(c for b in blocks if isinstance(b, Table) for row in b.rows for c in row)
    cap = plan.config.cap
    rules = [cap, cap.eco_agri_share, *cap.zone_caps.values(), *cap.quotas.values()]
    for rule in rules:
        assert words.source(rule.source) in told and words.value("evidence", rule.evidence) in told
    assert all(words.source(o.source) in told for o in plan.scheme.overlays)
    from zoning.zones import load_method

    for dimension in load_method("two-matrices").dimensions:
        assert words.source(dimension.why.source) in told
        assert all(words.source(term.why.source) in told for term in dimension.terms)


def test_failed_checks_come_first_and_are_named(plan, no_pictures):
    failed = Check("cap.city", "error", False, 2_000_000, 1_000_000, "m2", "city")
    object.__setattr__(broken := bare(plan), "checks", (*plan.checks, failed))
    found = report.blocks_of(broken, "en")
    rows = table(found, "Checks").rows
    assert rows[0][0] == "cap.city" and rows[0][3:] == ["2.00 km²", "1.00 km²", "NOT passed"]
    warning = next(b for b in found if isinstance(b, Text) and "1 binding check fails" in b.text)
    assert warning.kind == "warning" and "cap.city" in warning.text


def test_the_notice_is_on_the_cover_and_in_the_summary(plan, document):
    marked = [p.text for p in document.paragraphs if p.style.name == "Warning"]
    assert marked.count(plan.notice) == 3  # cover, summary, data


def test_styles_are_those_of_word(document, blocks):
    used = {p.style.name for p in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "toc 1", "toc 2"} <= used
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings == [b.text for b in blocks if isinstance(b, Heading)]
    for name, face in (("Normal", "仿宋"), ("Heading 1", "黑体")):
        faces = document.styles[name].element.rPr.rFonts
        assert faces.get(qn("w:eastAsia")) == face
        assert not [k for k in faces.attrib if k.endswith("Theme")]
    signed = [t for t in document.tables if t.cell(0, 0).text == "编制："]
    assert [[c.text for c in r.cells][::2] for r in signed[0].rows] == [
        ["编制：", "审核："], ["批准：", "日期："]
    ]  # fmt: skip
    tables = [t for t in document.tables if t not in signed and t._tbl is not signed[0]._tbl]
    assert len(tables) == len(document.tables) - 1
    assert all(t.style.name == "Plan Table" for t in tables)
    assert all(t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in tables)


def test_the_contents_are_filled_and_linked(document):
    entries = [p for p in document.paragraphs if p.style.name.startswith("toc")]
    headings = [p for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    linked = ["".join(t.text for t in e._p.iter(qn("w:t"))) for e in entries]
    assert linked == [h.text for h in headings]
    marks = {b.get(qn("w:name")) for b in document.element.iter(qn("w:bookmarkStart"))}
    anchors = [e._p.find(qn("w:hyperlink")).get(qn("w:anchor")) for e in entries]
    assert set(anchors) <= marks and len(set(anchors)) == len(entries)


def test_figures_and_tables_are_listed_and_linked(document):
    entries = [p for p in document.paragraphs if p.style.name == "table of figures"]
    listed = ["".join(t.text for t in e._p.iter(qn("w:t"))) for e in entries]
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    shown = ["".join(t.text for t in c._p.iter(qn("w:t"))) for c in captions]
    assert sorted(listed) == sorted(shown) and len(listed) > 5
    marks = {m.get(qn("w:name")) for c in captions for m in c._p.iter(qn("w:bookmarkStart"))}
    links = [next(e._p.iter(qn("w:hyperlink"))).get(qn("w:anchor")) for e in entries]
    assert set(links) == marks


def test_word_does_not_open_it_as_an_old_file(document):
    modes = [
        s.get(qn("w:val"))
        for s in document.settings.element.iter(qn("w:compatSetting"))
        if s.get(qn("w:name")) == "compatibilityMode"
    ]
    assert modes == ["15"]
    assert all(document.styles[f"toc {i}"].builtin for i in (1, 2))


def test_fields_are_balanced(document):
    kinds = [c.get(qn("w:fldCharType")) for c in document.element.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") > 10


def test_pictures_have_words_and_200_dots_per_inch(document, blocks):
    figures = [b for b in blocks if isinstance(b, Figure)]
    assert len(figures) == len(document.inline_shapes) == 5
    for shape, figure in zip(document.inline_shapes, figures, strict=True):
        assert shape._inline.docPr.get("descr") == figure.alt
        width = int.from_bytes(figure.png[16:20], "big")
        assert width / (shape.width / 914400) == pytest.approx(200, rel=0.02)


def test_hostile_names_stay_text(hostile, no_pictures):
    data = report.to_bytes(hostile)
    for entry in zipfile.ZipFile(io.BytesIO(data)).namelist():
        if entry.endswith(".xml"):
            docx.oxml.parse_xml(zipfile.ZipFile(io.BytesIO(data)).read(entry))
    document = docx.Document(io.BytesIO(data))
    told = {c.text for t in document.tables for row in t.rows for c in row.cells}
    assert set(fake_plan.HOSTILE) <= told
    assert document.paragraphs[0].text == hostile.name
    instructions = [i.text for i in document.element.iter(qn("w:instrText"))]
    assert all(i.split()[0] in ("TOC", "SEQ", "PAGE", "NUMPAGES") for i in instructions)


def test_control_characters_do_not_break_the_file(plan, no_pictures):
    named = bare(plan, name="镇\x0b江\x00")
    document = docx.Document(io.BytesIO(report.to_bytes(named)))
    assert document.paragraphs[0].text == "镇江"


@pytest.mark.slow
def test_same_bytes_twice(plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    small = bare(plan)
    first = report.to_bytes(small)
    assert first == report.to_bytes(small)
    core = zipfile.ZipFile(io.BytesIO(first)).read("docProps/core.xml").decode()
    assert core.count("2023-11-14T22:13:20Z") == 2


def test_a_plan_with_units_only_has_a_report(plan):
    units = plan.units[["area_m2", "lon", "lat", "geometry"]]
    found = report.blocks_of(bare(plan, units=units, zones=None), "en")
    chapters = [b.text for b in found if isinstance(b, Heading) and b.level == 1]
    assert len(chapters) == 5 and not [b for b in found if isinstance(b, Figure)]
    assert report.to_bytes(bare(plan, units=units, zones=None))[:2] == b"PK"


def test_small_and_odd_numbers_can_be_read(plan, no_pictures):
    odd = (
        Check("residual.city", "error", True, 0.196805, 1.0, "m2", "city"),
        Check("best", "note", True, 65_062_818.59, 65_062_818.59, "1", "city"),
    )
    object.__setattr__(told := bare(plan), "checks", odd)
    rows = table(report.blocks_of(told, "en"), "Checks").rows
    assert [row[3] for row in rows] == ["0.197 m²", "65,062,818.59"]


def test_the_overlap_row_of_red_lines_is_no_township(plan, no_pictures):
    types = plan.tables["redline_types"]
    row = pd.DataFrame([{"type": "overlap", "area_m2": -5_000_000}])
    closed = {**plan.tables, "redline_types": pd.concat([types, row])}
    told = bare(plan, redlines=plan.redlines, tables=closed)
    rows = table(report.blocks_of(told, "zh"), "分类型红线").rows
    assert rows[-1][0] == "重叠" and rows[-1][-1] == "-5.00"


def test_red_lines_by_zone_stand_in_the_order_of_the_plan(plan, blocks):
    found = table(blocks, "分区红线面积")
    order = list(plan.zones["name_zh"])
    places = [order.index(row[0]) for row in found.rows]
    assert len(places) > 2 and places == sorted(places)
    total = sum(float(row[found.heads.index("合计（km²）")]) for row in found.rows)
    assert total == pytest.approx(plan.units["redline_m2"].sum() / 1e6, abs=0.02)


def test_limits_stand_with_what_is_left_and_their_price(plan, no_pictures):
    limits = pd.DataFrame({
        "kind": ["city", "quota"], "code": ["city", "key"], "floor_m2": [0, 0],
        "cap_m2": [3_000_000, 2_000_000], "used_m2": [2_500_000, 2_000_000],
        "left_m2": [500_000, 0], "price": [0.0, 0.75],
    })  # fmt: skip
    told = bare(plan, run=plan.run, tables={**plan.tables, "limits": limits})
    found = table(report.blocks_of(told, "en"), "Limits of new land")
    assert "at least" not in " ".join(found.heads)
    assert found.rows == [
        ["cap of the city", "3.00", "2.50", "0.50", "0.000"],
        ["quota of a zone: key development", "2.00", "2.00", "0.00", "0.750"],
    ]
    # Of the limits of phases it is told by the end of which they hold; a county names itself.
    limits = limits.assign(kind=["county", "phase_quota"], code=["321001", "key"],
                           phase=pd.array([pd.NA, "near"], dtype="string"))  # fmt: skip
    told = bare(plan, run=plan.run, tables={**plan.tables, "limits": limits})
    found = table(report.blocks_of(told, "zh"), "新增用地的各项限制")
    assert [row[0] for row in found.rows] == ["321001", "重点开发分期分区指标（near末）"]


def test_flagged_townships_are_named(plan, no_pictures):
    flagged = plan.townships.assign(flag=[None, "over-built", None])
    texts = [
        b.text for b in report.blocks_of(bare(plan, townships=flagged), "zh") if isinstance(b, Text)
    ]
    assert [t for t in texts if t.startswith("待复核")] == [
        "待复核（适宜性低而现状开发强度超过 30%）：姚桥镇。"
    ]


def test_decisions_by_hand_are_named(plan, no_pictures):
    decided = plan.townships.assign(zone_reason=["township", "override", "township"])
    texts = [
        b.text for b in report.blocks_of(bare(plan, townships=decided), "en") if isinstance(b, Text)
    ]
    assert [t for t in texts if t.startswith("Zone by")] == [
        "Zone by decision by hand: Yaoqiao Town."
    ]


def test_names_are_english_in_an_english_report_and_stay_in_titles_of_documents(plan):
    source = "姚桥镇总体规划 and 姚桥镇"
    told = bare(plan, townships=plan.townships.assign(source=source))
    found = report.blocks_of(told, "en")
    rows = [list(r) for b in found if isinstance(b, Table) for r in b.rows]
    names = {cell for row in rows for cell in row}
    assert {"Yaoqiao Town", "Dalu Town"} <= names and "姚桥镇" not in names
    assert any("姚桥镇总体规划 and Yaoqiao Town" in cell for cell in names)
    chinese = report.blocks_of(told, "zh")
    assert any("姚桥镇" in row for b in chinese if isinstance(b, Table) for row in b.rows)


def test_a_place_has_a_map_on_its_page_as_long_as_places_are_few(plan, monkeypatch):
    town = str(plan.townships.index[0])
    name = str(plan.townships["name"].iloc[0])
    frame = pd.DataFrame({"level": ["township"], "code": [town], "name": [name], "policy": ["p"],
                          "item": ["a"], "value": ["1"]})  # fmt: skip
    fields = tuple(Field(c, Both(c, c), Both(c, c)) for c in frame)
    pages = Pages("lines", ("level", "code"), "name", "policy", Both("item", "item"),
                  Both("value", "value"))  # fmt: skip
    part = Chapter(Both("Places", "分页"), pages=pages)
    wing = Contribution(
        "p",
        Both("P", "甲"),
        tables=(GivenTable("lines", Both("l", "l"), frame, fields),),
        chapters=(part,),
    )
    told = bare(plan, townships=plan.townships, contributions=(wing,))
    found = list(given.pages(Writer(told, "en")))
    maps = [b for b in found if isinstance(b, Figure)]
    assert [m.caption for m in maps] == [""] and "where it lies" in maps[0].alt
    with Image.open(io.BytesIO(maps[0].png)) as image:
        assert image.mode == "P" and image.width > 900
    assert [b.text for b in found if isinstance(b, Heading)][-1].endswith(f"({name})")
    monkeypatch.setattr(given, "MOST_MAPS", 0)
    found = list(given.pages(Writer(told, "zh")))
    assert not any(isinstance(b, Figure) for b in found)
    assert any("不逐一附图" in b.text for b in found if isinstance(b, Text))


def test_stability_has_a_chapter_where_it_was_computed(plan, no_pictures):
    towns = plan.townships.assign(stability=[0.89, 0.95, 0.6])
    run = {**plan.run, "stability": {
        "en": "half of the area is firm", "firm_limit": 0.9,
        "cross_check": [{"method": "ward", "kappa": 0.5012, "moved": ["321102001"]}],
    }}  # fmt: skip
    told = bare(plan, units=plan.units.assign(stability=0.5), townships=towns, run=run)
    found = report.blocks_of(told, "en")
    assert "half of the area is firm" in [b.text for b in found if isinstance(b, Text)]
    weak = table(found, "Townships that keep their zone in under 90%").rows
    assert [row[0] for row in weak] == ["Guyang Town", "Dalu Town"]
    assert weak[0][3] == "60.00%"
    assert table(found, "Agreement").rows == [["Ward's clusters", "0.50", "–", "1", "Dalu Town"]]


def test_layers_tell_where_they_come_from(plan, no_pictures):
    remark = plan.townships.assign(notes="made up, except the population")
    found = table(report.blocks_of(bare(plan, townships=remark), "en"), "Sources and remarks")
    assert ["townships", "made up, except the population", "3"] in [list(r) for r in found.rows]


def test_inputs_are_listed_with_their_sums(plan, no_pictures):
    run = {**plan.run, "inputs": [{"role": "boundary", "path": "a.gpkg", "layer": "city",
                                   "sha256": "ab" * 32, "features": 1}]}  # fmt: skip
    found = table(report.blocks_of(bare(plan, run=run), "en"), "Input files")
    assert found.rows == [["boundary", "a.gpkg | city", "1", "ab" * 32]]


def test_written_whole_in_a_folder_with_chinese_and_a_space(plan, tmp_path, no_pictures):
    path = report.write(bare(plan), tmp_path / "成果 数据" / "report.docx", lang="en")
    assert path.is_file() and [p.name for p in path.parent.iterdir()] == ["report.docx"]


def test_the_notebook_shows_a_plan_and_escapes_it(hostile):
    html = notebook.show(hostile)._repr_html_()
    assert "<script" not in html and "&lt;b&gt;试验" in html
    assert "http" not in html
    assert figures.area(hostile.units["area_m2"].sum()) in html
    assert words.label("check", "zh") in html  # one check fails, so checks are shown


def test_plots_with_one_call(plan):
    for theme in ("zones", "account"):
        assert notebook.plot(plan, theme)._repr_png_()[:4] == b"\x89PNG"
    bars = notebook.plot(plan, "account").figure.axes[0]
    widths = sorted(p.get_width() for p in bars.patches)
    share = plan.zones["built_m2"] / plan.zones["area_m2"]
    assert any(w == pytest.approx(share["key"]) for w in widths)


def test_ipython_is_taught_to_show_plans(plan, monkeypatch):
    known = {}

    class Formatter:
        def for_type(self, kind, function):
            known[kind.__name__] = function

    display = SimpleNamespace(formatters={"text/html": Formatter()})
    shell = SimpleNamespace(display_formatter=display)
    module = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", module)
    assert notebook.enable()
    assert plan.name in known["Plan"](plan)
    assert "GridSpec" in known["GridSpec"](plan.grid)
    assert "<td" in known["Check"](plan.checks[0])


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")), reason="needs LibreOffice"
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_libreoffice_turns_the_report_into_pages(hostile, tmp_path, lang):
    report.write(hostile, tmp_path / "r.docx", lang=lang)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*convert, str(tmp_path / "r.docx")], check=True, timeout=180)
    pages = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "r.pdf"), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert pages.count("\f") >= 8
    assert "=1+1" in pages and "=SUM(A1)" in pages and "<script>" in pages.replace("\n", "")
    assert ("表 1" in pages) if lang == "zh" else ("Table 1" in pages)
    assert "Error!" not in pages and "错误!" not in pages


def filled(pdf, heads):
    """Give what part of the text of each page is filled, and the pages that a chapter begins."""
    pypdfium2 = pytest.importorskip("pypdfium2")
    parts, chapters = [], set()
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document):
        ink = np.asarray(page.render(scale=0.5).to_pil().convert("L")) < 200
        tall = ink.shape[0]
        top, low = round(tall * 2.6 / 29.7), round(tall * (29.7 - 2.4) / 29.7)
        rows = np.flatnonzero(ink[top:low].any(axis=1))
        parts.append((rows[-1] + 1) / (low - top) if len(rows) else 0.0)
        said = page.get_textpage().get_text_range().replace("\r", "")
        begin = [line.strip() for line in said.split("\n")[:4]]
        if any(re.sub(r"\s+", " ", h) in re.sub(r"\s+", " ", b) for h in heads for b in begin):
            chapters.add(number)
    return parts, chapters


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_of_word_is_more_than_a_third_empty_unless_a_chapter_ends(tmp_path, lang):
    plan = fake_plan.make(nx=14, ny=10)
    report.write(plan, tmp_path / "r.docx", lang=lang)
    heads = [b.text for b in report.blocks_of(plan, lang)
             if isinstance(b, Heading) and b.level == 1]  # fmt: skip
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*convert, str(tmp_path / "r.docx")], check=True, timeout=180)
    parts, chapters = filled(tmp_path / "r.pdf", heads)
    first = min(n for n in chapters if n > 2)  # behind cover and contents
    assert len([n for n in chapters if n >= first]) == len(heads)
    for number, part in enumerate(parts[first:-1], first):
        assert part > 2 / 3 or number + 1 in chapters, (number + 1, part)


def test_pictures_move_and_nothing_else_does_and_none_leaves_its_chapter():
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (160, 118)).save(out, "png")
    text, figure = Text("文" * 300), Figure("图", out.getvalue())
    blocks = [Heading(1, "1"), *[text] * 3, figure, *[text] * 3, Heading(1, "2"), figure, figure,
              figure, text, Heading(1, "3"), text]  # fmt: skip
    laid = flow.arranged(blocks, "zh")
    assert [p.block for p in laid if not isinstance(p.block, Figure)] == [
        b for b in blocks if not isinstance(b, Figure)
    ]
    assert len(laid) == len(blocks) and all(0.6 <= p.scale <= 1 for p in laid)
    chapter, counts = 0, {}
    for p in laid:
        chapter += isinstance(p.block, Heading)
        counts[chapter] = counts.get(chapter, 0) + isinstance(p.block, Figure)
    assert counts == {1: 1, 2: 3, 3: 0}
    assert laid.index(next(p for p in laid if isinstance(p.block, Figure))) > 4  # text came first
