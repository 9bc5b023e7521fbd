"""Charts of bars: the account of the zones, and a column of numbers that a wing gave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zoning.outputs.prints.draw import Picture
from zoning.outputs.prints.fonts import chinese_text
from zoning.outputs.prints.themes import zone_words

if TYPE_CHECKING:
    from zoning.plan import Plan


def draw_chart(plan: Plan, lang: str = "zh") -> Picture:
    """Draw existing and new construction land of each zone beside its cap, as shares of its area.

    Parameters
    ----------
    plan : Plan
        With land use and zones.
    lang : {"zh", "en"}
    """
    from matplotlib.figure import Figure

    title = "分区建设用地占比" if lang == "zh" else "Construction land by zone, share of its area"
    with chinese_text():
        figure = Figure(figsize=(6.3, 2.4), layout="constrained")
        _bars(figure.add_subplot(), plan, lang)
    return Picture(figure, title)


def draw_column(
    title: str, names: Sequence[str], values: Sequence[float], measure: str, lang: str = "zh"
) -> Picture:
    """Draw one horizontal bar for each number, the first on top; the axis starts at 0.

    Parameters
    ----------
    title : str
    names : sequence of str
        Of the bars; two may be called the same.
    values : sequence of float
        Unknown ones (``nan``) get no bar and say so.
    measure : str
        What the axis is called: name and unit.
    lang : {"zh", "en"}

    Examples
    --------
    >>> drawn = draw_column("Grants", ["a", "a", "b"], [3.0, 1.0, math.nan], "grant (yuan)", "en")
    >>> [float(bar.get_width()) for bar in drawn.figure.axes[0].patches]
    [3.0, 1.0]
    """
    from matplotlib.figure import Figure

    places = range(len(values))
    known = [i for i in places if math.isfinite(values[i])]
    with chinese_text():
        figure = Figure(figsize=(6.3, 0.9 + 0.19 * len(values)), layout="constrained")
        axes = figure.add_subplot()
        axes.barh(known, [values[i] for i in known], color="#653f9c", height=0.7)
        axes.set_yticks(places, names, fontsize=8)
        axes.set_ylim(len(values) - 0.4, -0.6)
        for i in set(places) - set(known):
            axes.text(0, i, " 无数据" if lang == "zh" else " no data", va="center", fontsize=8,
                      color="#666666")  # fmt: skip
        shown = [values[i] for i in known]
        low, high = min([0.0, *shown]), max([0.0, *shown])
        room = (high - low) * 0.04 or 1.0
        axes.set_xlim(low - room * (low < 0), high + room * (high > 0 or low == 0))
        if low < 0:
            axes.axvline(0, color="#333333", linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axes.set_xlabel(measure, fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return Picture(figure, title)


def _bars(axes: Any, plan: Plan, lang: str) -> None:
    zones = plan.zones
    zones = zones[zones["area_m2"] > 0].iloc[::-1]  # the first zone on top
    size = zones["area_m2"].astype(float)
    built = zones["built_m2"].astype(float) / size
    new = zones["new_m2"].astype(float) / size if "new_m2" in zones else built * 0
    known = zone_words(plan, lang)
    names = [known[str(code)][0] for code in zones.index]
    existing, added, cap_word = (
        ("现状", "新增", "上限") if lang == "zh" else ("existing", "new", "cap")
    )
    axes.barh(names, built, color="#8a8f94", label=existing)
    axes.barh(names, new, left=built, color="#653f9c", label=added)
    if "cap_m2" in zones:
        cap = (zones["cap_m2"].astype("Float64") / size).to_numpy(float, na_value=float("nan"))
        axes.plot(cap, names, "|", color="#a11d1d", markersize=22, markeredgewidth=2.5,
                  label=cap_word)  # fmt: skip
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g}%")
    axes.set_xlim(left=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
