"""The chart of the account: what each zone has built, what is new, and its cap."""

from __future__ import annotations

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
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g} %")
    axes.set_xlim(left=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
