"""Map sheets: true scale, true colours, Chinese text that is really in the file."""

import io
import re
from pathlib import Path

import fake_plan
import matplotlib as mpl
import matplotlib.image as mpimg
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from zoning.errors import InputError
from zoning.outputs.prints import draw, fonts, themes
from zoning.outputs.prints import frame as sheet_frame
from zoning.outputs.prints import labels as sheet_labels


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(nx=14, ny=10)


@pytest.fixture(scope="module")
def hostile():
    return fake_plan.make(hostile=True)


def pixels(picture, dpi):
    return mpimg.imread(io.BytesIO(picture.to_bytes("png", dpi)))[..., :3]


def axes_of(picture):
    return next(a for a in picture.figure.axes if a.get_xlim()[0] > 1000)


def texts(picture):
    found = [t.get_text() for a in picture.figure.axes for t in a.texts]
    for legend in picture.figure.legends:
        found += [t.get_text() for t in legend.get_texts()]
    return found


def test_the_page_has_the_size_of_the_paper(plan):
    for paper, (w, h) in {"A3": (420, 297), "A4": (297, 210)}.items():
        inches = draw.draw_sheet(plan, paper=paper).figure.get_size_inches()
        assert np.allclose(inches * 25.4, (w, h), atol=0.03)


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_the_scale_that_is_written_is_the_scale_of_the_map(plan, paper):
    picture = draw.draw_sheet(plan, paper=paper)
    axes = axes_of(picture)
    box, page = axes.get_position(), picture.figure.get_size_inches()[0] * 0.0254
    across = axes.get_xlim()[1] - axes.get_xlim()[0]
    written = next(t for t in texts(picture) if t.startswith("1:"))
    assert across / (box.width * page) == pytest.approx(int(written[2:].replace(",", "")), 1e-3)
    up = axes.get_ylim()[1] - axes.get_ylim()[0]
    high = picture.figure.get_size_inches()[1] * 0.0254
    assert up / (box.height * high) == pytest.approx(across / (box.width * page), 1e-3)


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_the_scale_bar_is_as_long_as_it_says(plan, paper):
    picture = draw.draw_sheet(plan, paper=paper)
    desk = picture.figure.axes[0]
    fields = [p for p in desk.patches if p.__class__.__name__ == "Rectangle"]
    reduced = {"A3": 1, "A4": 297 / 420}[paper]
    millimetres = sum(p.get_width() for p in fields) * reduced
    scale = int(next(t for t in texts(picture) if t.startswith("1:"))[2:].replace(",", ""))
    said = next(t for t in texts(picture) if re.fullmatch(r"[\d.]+ km", t))
    assert millimetres / 1000 * scale == pytest.approx(float(said[:-3]) * 1000, 1e-6)


def test_each_unit_has_the_colour_of_its_class(plan):
    theme = themes.share_themes()["built_share"]
    picture = draw.draw_map(plan, "built_share")
    axes = axes_of(picture)
    image = axes.images[0]
    x0, _, y0, _ = image.get_extent()
    drawn = image.get_array()
    share = plan.units["built_m2"] / plan.units["area_m2"]
    for code, middle in zip(plan.units.index, plan.units.geometry.centroid, strict=True):
        value = share[code]
        number = next(i for i, top in enumerate(theme.breaks[1:]) if value <= top)
        pixel = drawn[int((middle.y - y0) // 1000), int((middle.x - x0) // 1000)]
        assert np.allclose(pixel[:3], to_rgb(theme.colours[number])), code


def sample(picture, points, dpi=150):
    """Give the colours that are really on the paper at places of the map."""
    rows = pixels(picture, dpi)
    figure, axes = picture.figure, axes_of(picture)
    scale = dpi / figure.dpi
    found = []
    for point in points:
        x, y = axes.transData.transform((point.x, point.y)) * scale
        found.append(rows[rows.shape[0] - 1 - int(y), int(x)])
    return np.array(found)


def test_the_paper_shows_each_unit_where_it_is(plan):
    theme = themes.share_themes()["built_share"]
    bare = plan.__class__(
        name="x", notice=None, config=plan.config, grid=plan.grid, city=plan.city,
        units=plan.units, zones=plan.zones, ledger=plan.ledger, red_sets=plan.red_sets,
    )  # fmt: skip
    inner = plan.units[plan.units["area_m2"] > 999_000]
    wanted = [
        to_rgb(theme.colours[i]) for i in theme.classes(plan)[plan.units.index.isin(inner.index)]
    ]
    found = sample(draw.draw_map(bare, "built_share"), inner.geometry.centroid)
    assert len(inner) > 90
    assert np.allclose(found, wanted, atol=0.02)


def test_nothing_is_drawn_outside_the_city(plan):
    """The lower left corner of the city is cut off: units reach over the line, colour does not."""
    outside = shapely.union_all(plan.units.geometry.array).difference(plan.city.geometry.iloc[0])
    parts = [p for p in shapely.get_parts(outside) if p.area > 200_000]
    points = [shapely.point_on_surface(p.buffer(-120)) for p in parts]
    x0, y0, x1, y1 = plan.city.total_bounds
    points = [p for p in points if x0 < p.x < x1 and y0 < p.y < y1]
    assert points
    assert sample(draw.draw_sheet(plan, "built_share"), points).min() > 0.98


def test_zero_and_no_data_are_not_a_class(plan):
    theme = themes.ShareTheme("t", "new_m2", None, (0, 0.5, 1), ("#111111", "#222222"), "#fff")
    units = plan.units.iloc[:4].assign(new_m2=[0.0, 0.5, 0.50001, np.nan])
    small = fake_plan.make()
    object.__setattr__(small, "units", units)
    assert theme.classes(small).tolist() == [-1, 0, 1, -2]


def test_themes_are_those_with_data(plan):
    assert draw.themes(plan) == (
        "zones", "redline_hatch", "redline_share", "built_share", "built_redline", "new_land",
    )  # fmt: skip
    bare = plan.__class__(
        name="x", notice=None, config=plan.config, grid=plan.grid, city=plan.city,
        units=plan.units[["area_m2", "geometry"]], zones=None, ledger=plan.ledger,
        red_sets=plan.red_sets,
    )  # fmt: skip
    assert draw.themes(bare) == ()
    with pytest.raises(InputError, match="built_shares"):
        draw.draw_map(plan, "built_shares")
    with pytest.raises(InputError, match="A9"):
        draw.draw_sheet(plan, paper="A9")


def test_names_are_not_mathematics_and_not_markup(hostile):
    frame = hostile.townships.assign(name="$\\frac{$")
    object.__setattr__(hostile, "townships", frame)
    picture = draw.draw_sheet(hostile, "zones")
    assert picture.to_bytes("png", 40)[:4] == b"\x89PNG"
    assert "$\\frac{$" in texts(picture)


def test_a_long_title_stays_on_the_map(plan):
    long = plan.__class__(**{**vars(plan), "name": "某某市国土空间" * 8})
    picture = draw.draw_sheet(long)
    with fonts.chinese_text():
        title = next(t for t in picture.figure.axes[0].texts if t.get_text().startswith("某某"))
        box = title.get_window_extent()
    assert box.x0 > 0 and box.x1 <= picture.figure.bbox.x1 * 0.8


def test_the_approval_number_and_the_notice_stand_on_the_sheet(plan):
    open_field = texts(draw.draw_sheet(plan))
    assert any(t.startswith("审图号：___") for t in open_field)
    assert "内部使用，未经审核不得公开。" in open_field
    assert plan.notice in open_field
    reviewed = texts(draw.draw_sheet(plan, approval_no="苏S(2026)001号"))
    assert "审图号：苏S(2026)001号" in reviewed
    assert "内部使用，未经审核不得公开。" not in reviewed


@pytest.mark.slow
def test_pdf_holds_its_fonts_and_is_the_same_twice(plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = draw.draw_sheet(plan, "zones", paper="A4").to_bytes("pdf")
    assert first == draw.draw_sheet(plan, "zones", paper="A4").to_bytes("pdf")
    assert b"20231114" in first
    assert (b"/FontFile2" in first) or (b"/Type3" in first)
    # A font that is named and not embedded would be replaced by the reader's own.
    assert b"/Helvetica" not in first


def test_svg_is_the_same_twice(plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = (draw.draw_map(plan, "built_share").to_bytes("svg") for _ in range(2))
    assert first == second and first.startswith(b"<?xml")


def test_the_font_type_follows_the_outlines(tmp_path):
    otf, ttf, ttc = tmp_path / "a.otf", tmp_path / "a.ttf", tmp_path / "a.ttc"
    otf.write_bytes(b"OTTO" + b"\0" * 20)
    ttf.write_bytes(b"\0\1\0\0" + b"\0" * 20)
    ttc.write_bytes(b"ttcf\0\1\0\0\0\0\0\1\0\0\0\x14" + b"\0\1\0\0" + b"OTTO")
    assert not fonts.has_truetype_outlines(otf)
    assert fonts.has_truetype_outlines(ttf)
    assert not fonts.has_truetype_outlines(ttc)


def test_a_machine_without_chinese_fonts_is_warned(monkeypatch, caplog):
    monkeypatch.setattr(mpl.font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(fonts.font, "font_file", lambda: Path("absent.ttf"))
    fonts.chinese_fonts.cache_clear()
    try:
        assert fonts.chinese_fonts() == ()
        assert "思源黑体" in caplog.text
    finally:
        fonts.chinese_fonts.cache_clear()


def test_settings_do_not_leak():
    before = dict(mpl.rcParams)
    with fonts.chinese_text():
        assert mpl.rcParams["text.parse_math"] is False
    assert dict(mpl.rcParams) == before


def test_sheets_are_written_into_a_folder_with_chinese_and_a_space(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "themes", lambda _: ("zones", "built_share"))
    paths = draw.write_all(plan, tmp_path / "成果 数据", form="png", dpi=30, paper="A4")
    assert [p.name[:3] for p in paths] == ["01_", "02_"]
    assert paths[0].name == "01_主体功能区.png"
    assert all(p.stat().st_size > 5000 for p in paths)


@given(st.floats(1, 1e7), st.floats(1, 1e7))
def test_a_region_always_fits_its_round_scale(width, height):
    scale = sheet_frame.round_scale(width, height, 290, 236)
    assert width <= 290 / 1000 * scale * (1 + 1e-6) + 1
    assert height <= 236 / 1000 * scale * (1 + 1e-6) + 1
    # and not much smaller than it could be
    assert max(width / 0.290, height / 0.236) >= scale / 1.6 - 1


@given(st.text(alphabet="规划方案 abc,。(-", max_size=60), st.integers(8, 40))
def test_wrapping_keeps_every_sign_and_the_width(text, width):
    wrapped = sheet_frame.wrap(text, width)
    assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    longest = max((sheet_frame.columns(p) for p in re.split(r"[^abc(\-,]", text)), default=0)
    assert all(sheet_frame.columns(x) <= max(width, longest) + 8 for x in wrapped.split("\n"))


def test_labels_keep_clear_of_one_another(plan):
    crowd = plan.townships.iloc[[0] * 12].reset_index(drop=True)
    crowd["name"] = [f"地名{i}" for i in range(12)]
    picture = draw.draw_map(plan, "built_share")
    axes = axes_of(picture)
    before = len(axes.texts)
    with fonts.chinese_text():
        labels = sheet_labels.Labels(axes, 0.62)
        labels.name(crowd, 8.0)
        assert 4 <= len(labels.taken) < 12  # some find room beside the place, others go without
        assert len(axes.texts) == before + len(labels.taken)
        picture.to_bytes("png", 72)  # now the real boxes are known
        drawn = [t.get_window_extent() for t in axes.texts[before:]]
    for i, a in enumerate(drawn):
        assert not any(a.overlaps(b) for b in drawn[i + 1 :])


def test_the_legend_of_red_lines_counts_overlaps_once(plan):
    told = texts(draw.draw_map(plan, "redline_hatch"))
    first = plan.units["redline_level1_m2"].sum()
    second = plan.units["redline_m2"].sum() - first
    assert second < plan.redlines.loc[plan.redlines["level"] == 2, "area_m2"].sum()
    assert f"一级管控区  {first / 1e6:,.1f} km²" in told
    assert f"二级管控区  {second / 1e6:,.1f} km²" in told


def test_every_red_line_area_is_numbered_and_listed_as_in_the_report(plan):
    told = texts(draw.draw_sheet(plan, "redline_hatch"))
    names = plan.redlines.drop_duplicates("area_code").sort_values("area_code")["name"]
    for number, name in enumerate(names, 1):
        assert str(number) in told
        assert any(t.startswith(f"{number:>2} {name[:6]}") for t in told)
