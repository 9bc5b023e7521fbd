"""The slip of a site: one page in both languages, nothing of data can break it, nothing is lost."""

from __future__ import annotations

import io
import json

import docx
import geopandas as gpd
import pytest
import worlds

import zoning as zn
from zoning import api
from zoning.errors import InputError
from zoning.outputs.office.pdf.paint import paint
from zoning.outputs.office.whole import stamp
from zoning.review.site.slip import slip_of

HOSTILE = '<script>alert(1)</script> =1+1 & "x" {area_m2} ' + "很长的名称" * 12


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slip")
    extra = """
[[inputs.access]]
path = "made-up"
"""
    for kind in ("core", "heritage", "water", "lock", "basic_farmland"):
        extra += f'\n[[inputs.protections]]\nkind = "{kind}"\npath = "{kind}.gpkg"\n'
        gpd.GeoDataFrame(
            {"a": [1]}, geometry=[worlds.square(0.3, 2.2, 0.3, 0.3)], crs=worlds.CRS
        ).to_file(folder / f"{kind}.gpkg")
    path = worlds.write(folder, extra=extra)
    return zn.run(path), folder


def found(plan, **more):
    shape = worlds.square(0.2, 1.7, 0.9, 0.9)
    names = {"name": ["某项目"], **more}
    site = gpd.GeoDataFrame(names, geometry=[shape], crs=worlds.CRS)
    return zn.site(
        plan[0], site, industry="C3011", energy_tce=12_000, emission_t=7, inputs=plan[1],
        date="2026-03-01",
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_one_page_and_all_of_it(plan, lang):
    answer = found(plan)
    slip = slip_of(answer, answer[0], lang)
    made = paint(api_document(slip), stamp())
    assert len(made.used) == 1 and not made.missing
    words = "".join(b.text for b in made.boxes)
    if lang == "zh":
        for word in ("红灯", "项目选址", "要素保障", "其他管控", "未查询", "不具有行政效力",
                     "2026-03-01", "经办人", "某项目"):  # fmt: skip
            assert word in words, word
        order = [words.index(w) for w in ("现状用地", "永久基本农田", "生态保护红线", "余量",
                                          "产业准入", "主体功能区", "历史文化")]  # fmt: skip
        assert order == sorted(order)
    else:
        assert "no legal force" in " ".join(slip.notes) and "Site check slip" in words
    # Every answer, and every question that was not asked, stands in it.
    assert len(slip.grids[1].rows) == len(answer[0].rows)
    for n in answer[0].not_asked:
        assert n.question.get(lang).rstrip("?") in slip.notes[0]
    for box in made.boxes:
        assert box.x0 >= 0 and box.x1 <= 596 and box.y1 <= 842


def api_document(slip):
    from zoning.api.sites import _document

    return _document(slip)


def test_a_long_list_of_levels_is_made_smaller_and_goes_on_only_then(plan):
    from dataclasses import replace

    answer = found(plan)
    slip = slip_of(answer, answer[0], "zh")
    grid = slip.grids[1]
    longer = replace(slip, grids=(slip.grids[0], replace(grid, rows=grid.rows * 4)))
    made = paint(api_document(longer), stamp())
    assert len(made.used) > 1  # never smaller than can be read


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_forms_hold_the_same(plan, tmp_path, lang):
    answer = found(plan)
    for form in ("docx", "pdf", "json"):
        [path] = api.write_slips(answer, tmp_path / lang, form, lang=lang)
        assert path.name == f"slip-1.{form}" and path.stat().st_size > 1000
    told = json.loads((tmp_path / lang / "slip-1.json").read_text(encoding="utf-8"))
    word = docx.Document(str(tmp_path / lang / "slip-1.docx"))
    cells = [[c.text.replace("\u00a0", " ") for c in r.cells] for r in word.tables[1].rows]
    assert cells[0] == told["tables"][1]["heads"]
    assert [[t.replace("\u00a0", " ") for t in r] for r in told["tables"][1]["rows"]] == cells[1:]
    assert (tmp_path / lang / "slip-1.pdf").read_bytes().startswith(b"%PDF")
    assert told["answer"]["verdict"] == "red"


@pytest.mark.slow
def test_the_same_bytes_for_the_same_answer(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    answer = found(plan)
    for form in ("docx", "pdf"):
        one = api.write_slips(answer, tmp_path / "a", form)[0].read_bytes()
        assert one == api.write_slips(answer, tmp_path / "b", form)[0].read_bytes()


def test_nothing_of_data_breaks_it(plan, tmp_path):
    answer = found(plan, name=[HOSTILE], site=["../../etc/<a>:b?*\\c"])
    for form in ("docx", "pdf", "json"):
        [path] = api.write_slips(answer, tmp_path, form)
        assert path.parent == tmp_path and "/" not in path.name.removeprefix("slip-")
    text = "".join(c.text for t in docx.Document(io.BytesIO(
        (tmp_path / path.with_suffix(".docx").name).read_bytes())).tables
        for r in t.rows for c in r.cells)  # fmt: skip
    assert "<script>alert(1)</script>" in text.replace("\u00a0", " ")


def test_sites_of_one_code_get_files_of_their_own(plan, tmp_path):
    shapes = [worlds.square(1, 1, 0.1, 0.1)] * 2
    two = gpd.GeoDataFrame({"site": ["a/b", "a?b"]}, geometry=shapes, crs=worlds.CRS)
    files = api.write_slips(zn.site(plan[0], two, inputs=plan[1]), tmp_path, "json")
    assert [f.name for f in files] == ["slip-a_b.json", "slip-a_b-2.json"]


def test_a_slip_that_somebody_signed_is_kept(plan, tmp_path):
    answer = found(plan)
    [path] = api.write_slips(answer, tmp_path, "docx")
    path.write_bytes(b"signed by hand")
    (tmp_path / "other.docx").write_bytes(b"not ours")
    api.write_slips(answer, tmp_path, "docx")
    kept = [p for p in tmp_path.iterdir() if p.read_bytes() == b"signed by hand"]
    assert len(kept) == 1 and kept[0] != path
    assert (tmp_path / "other.docx").read_bytes() == b"not ours"


def test_a_form_that_nobody_knows(plan, tmp_path):
    with pytest.raises(InputError):
        api.write_slips(found(plan), tmp_path, "odt")
    assert not list(tmp_path.iterdir())


def test_chinese_text_has_no_space_between_words(plan):
    for row in found(plan)[0].rows:
        assert not any(
            a == " " and "\u4e00" <= b <= "\u9fff" and "\u4e00" <= c <= "\u9fff"
            for c, a, b in zip(row.text.zh, row.text.zh[1:], row.text.zh[2:], strict=False)
        ), row.text.zh


def pictures(path):
    if path.suffix == ".docx":
        return len(docx.Document(str(path)).inline_shapes)
    return path.read_bytes().count(b"/Subtype /Image") + path.read_bytes().count(b"/Subtype/Image")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_shows_where_the_site_lies_on_its_one_page(plan, tmp_path, lang):
    from zoning.api.sites import _with_map

    answer = found(plan)
    document = _with_map(slip_of(answer, answer[0], lang), answer, 0, lang)
    made = paint(document, stamp())
    assert len(made.used) == 1
    for form in ("docx", "pdf"):
        [path] = api.write_slips(answer, tmp_path, form, lang=lang)
        assert pictures(path) >= 1, form
    # What would go on to a second page with the map is left without it.
    long = slip_of(answer, answer[0], lang)
    from dataclasses import replace

    rows = long.grids[1].rows
    for times in (2, 3):
        longer = replace(long, grids=(long.grids[0], replace(long.grids[1], rows=rows * times)))
        with_map = _with_map(longer, answer, 0, lang)
        plain = paint(api_document(longer), stamp())
        assert len(paint(with_map, stamp()).used) == len(plain.used)


@pytest.mark.parametrize("where", ["outside", "over the edge", "the whole city", "a square metre"])
def test_every_place_can_be_drawn(plan, where):
    from zoning.outputs.prints.place import draw_place

    shape = {
        "outside": worlds.square(8, 8), "over the edge": worlds.square(5.5, 2.2, 1, 1),
        "the whole city": worlds.CITY, "a square metre": worlds.square(1, 1, 0.001, 0.001),
    }[where]  # fmt: skip
    drawn = draw_place(plan[0], shape, "x", "zh")
    assert drawn.to_bytes("png", 60).startswith(b"\x89PNG")
    x0, x1 = drawn.figure.axes[1].get_xlim()
    y0, y1 = drawn.figure.axes[1].get_ylim()
    west, south, east, north = shape.bounds
    assert x0 < west and x1 > east and y0 < south and y1 > north
    # The frame is as wide as it is shown: metres are the same both ways.
    box = drawn.figure.axes[1].get_window_extent()
    assert abs((x1 - x0) / (y1 - y0) / (box.width / box.height) - 1) < 0.01


def test_a_bare_plan_is_drawn_too(plan):
    import dataclasses

    from zoning.outputs.prints.place import draw_place

    whole = plan[0]
    bare = dataclasses.replace(
        whole, counties=None, townships=None, redlines=None, contributions=(),
        units=whole.units.drop(columns="zone"))  # fmt: skip
    assert draw_place(bare, worlds.square(1, 1), "x", "en").to_bytes("png", 60)
