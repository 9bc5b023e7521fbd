"""Pictures are looked at by their own boxes: no text over another or cut, nothing tiny or empty."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import pytest
import worlds
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from zoning.outputs.office import prices as drawn
from zoning.outputs.prints import chart
from zoning.questions import answer

#: Smaller letters cannot be read on paper, in points (our choice).
SMALLEST = 6.0


def beyond_the_axes(figure: Figure) -> set[int]:
    """Give the labels of ticks that lie beyond the ends of an axis and are not drawn."""
    found = set()
    for axis in (a for axes in figure.axes for a in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low - 1e-12 <= tick.get_loc() <= high + 1e-12:
                found |= {id(tick.label1), id(tick.label2)}
    return found


def faults(figure: Figure) -> list[str]:
    """Give what a reader would stumble over in a drawing."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    page = figure.bbox
    found, boxes = [], []
    beyond = beyond_the_axes(figure)
    for text in figure.findobj(lambda x: isinstance(x, mpl.text.Text) and id(x) not in beyond):
        said = text.get_text().strip()
        if not said or not text.get_visible():
            continue
        box = text.get_window_extent(renderer)
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1:
            found.append(f"cut: {said}")
        if text.get_fontsize() < SMALLEST:
            found.append(f"tiny: {said}")
        if "mathdefault" in said and not text.get_parse_math():
            found.append(f"raw: {said}")
        boxes.append((said, box))
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        tall = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 1 and tall > 1:
            found.append(f"over each other: {one} | {other}")
    for axes in figure.axes:
        if not (axes.lines or axes.patches or axes.collections or axes.texts or axes.images):
            found.append("empty axes")
        if axes.get_xscale() == "log" and axes.patches:
            found.append("bars on a scale without zero")
    return found


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


@pytest.fixture(scope="module")
def curves(plan):
    prices = answer.price_list(plan)
    return prices, answer.curves(plan, prices.base)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_of_prices_can_be_read(plan, curves, lang):
    prices, tables = curves
    for picture in (
        drawn.draw_prices(plan, prices, lang),
        drawn.draw_ladder(tables["cap_ladder"], lang),
        drawn.draw_trade_off(tables["trade_off"], lang),
        chart.draw_chart(plan, lang),
    ):
        assert not faults(picture.figure), picture.title


def test_a_crowded_trade_off_writes_fewer_weights_and_none_over_another(curves):
    curve = curves[1]["trade_off"]
    crowded = curve.iloc[[0] * 8].reset_index(drop=True)
    crowded["boundary_m"] = [1000 + i for i in range(8)]
    picture = drawn.draw_trade_off(crowded, "en")
    assert not faults(picture.figure)


def test_rules_are_called_by_their_names(plan, curves):
    picture = drawn.draw_prices(plan, curves[0], "zh")
    labels = [t.get_text() for t in picture.figure.axes[0].get_yticklabels()]
    assert labels and not any(":" in t or "quota" in t for t in labels), labels


def test_the_judge_is_red_on_what_version_0_1_0_drew():
    figure = Figure(figsize=(4, 2))
    axes = figure.add_subplot()
    axes.barh([0, 1], [1e-6, 1e-2])
    axes.set_xscale("log")
    with mpl.rc_context({"text.parse_math": False}):
        axes.text(1e-4, 0.5, r"$\mathdefault{10^{-4}}$", parse_math=False)
    assert {"bars on a scale without zero", r"raw: $\mathdefault{10^{-4}}$"} <= set(faults(figure))
    figure = Figure(figsize=(4, 2))
    axes = figure.add_subplot()
    axes.plot([1.0, 1.001], [1.0, 1.0])
    for weight, x in ((0.1, 1.0), (0.2, 1.00001)):  # λ beside each point, as then
        axes.annotate(f"λ={weight:g}", (x, 1.0), xytext=(4, -8), textcoords="offset points")
    assert any(f.startswith("over each other: λ=0.1") for f in faults(figure))


def test_the_judge_sees_cut_tiny_and_empty():
    figure = Figure(figsize=(3, 2))
    axes = figure.add_subplot()
    figure.text(0.95, 0.5, "cut at the edge")
    figure.text(0.2, 0.02, "tiny", fontsize=3)
    found = faults(figure)
    assert "cut: cut at the edge" in found and "tiny: tiny" in found and "empty axes" in found
    assert axes in figure.axes


def test_the_font_that_ships_draws_bold_text_without_a_word(plan, caplog):
    from zoning.outputs.office import font
    from zoning.outputs.prints import draw

    picture = draw.draw_sheet(plan, "zones", lang="zh")
    picture.to_bytes("png", 60)
    assert "findfont" not in caplog.text
    names = {t.get_fontfamily()[0] for t in picture.figure.findobj(mpl.text.Text)}
    assert names == {font.NAME}


@pytest.fixture(scope="module")
def many():
    """A plan with names, protections of several kinds and more red lines than a column holds."""
    import fake_plan

    return worlds.plan(), fake_plan.make(nx=14, ny=10)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_map_sheets_and_small_maps_can_be_read_on_every_paper(many, lang):
    from zoning.outputs.prints import draw

    drawn = 0
    for plan in many:
        for theme in draw.themes(plan):
            pictures = [
                draw.draw_sheet(plan, theme, lang=lang, paper=p) for p in ("A2", "A3", "A4")
            ]
            for picture in (draw.draw_map(plan, theme, lang=lang), *pictures):
                assert not (found := faults(picture.figure)), (theme, picture.title, found[:5])
                drawn += 1
    assert drawn > 30


def test_long_words_of_a_legend_are_broken_and_not_cut(plan):
    import matplotlib.patches as patches

    from zoning.outputs.prints import draw

    figure = Figure(figsize=(6.3, 4))
    axes = figure.add_axes((0, 0, 0.7, 1))
    axes.plot([0, 1])
    axes.set_axis_off()
    words = ["permanent basic farmland with a second name", "永久基本农田与其他保护用地的合称"]
    handles = [patches.Patch(label=w) for w in words]
    draw._legend(figure, handles, (0.755, 0.97), 7.4, "Legend")
    assert not [f for f in faults(figure) if f.startswith("cut")]
    assert [h.get_label().replace("\n", "").replace(" ", "") for h in handles] == [
        w.replace(" ", "") for w in words
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_of_wings_can_be_read(lang):
    names = [
        f"{'很长的乡镇名称' if lang == 'zh' else 'a long name of a township'} {i}"
        for i in range(40)
    ]
    for count in (1, 7, 40):
        values = [float(i * 37 % 11) for i in range(count)]
        values[0] = float("nan")
        picture = chart.draw_column("各乡镇", names[:count], values, "km²", lang)
        assert not faults(picture.figure), count
