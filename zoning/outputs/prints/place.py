"""Where a site or a place lies: the city with a mark, and the ground around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.errors import Text
from zoning.outputs.prints import themes as catalogue
from zoning.outputs.prints.draw import Picture
from zoning.outputs.prints.fonts import chinese_text
from zoning.outputs.prints.frame import round_length
from zoning.outputs.prints.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from zoning.plan import Plan

#: Width and height of the strip for a form, in mm; shares of its width for the city and the ground.
_WIDE, _STRIP, _CITY, _GROUND = 176.0, 38.0, 0.24, 0.54
#: How much ground is shown around a site, as a multiple of its size, and at least, in metres.
#: A strip shows more of it than a picture of more height.
_AROUND, _NEAR, _LEAST_M = 2.2, 1.25, 2500.0
_THE_SITE = Text("the site", "项目")
#: The site, red lines, other protections.
_SITE, _RED, _KEPT = "#0b3c8c", "#b2182b", "#1a6b3a"


def draw_place(
    plan: Plan, shape: Any, name: str, lang: str, *, called: Text = _THE_SITE, tall: float = _STRIP
) -> Picture:
    """Draw where a site or a place lies.

    Parameters
    ----------
    plan : Plan
    shape : polygon
        In the CRS of the plan.
    name : str
        Of the site, for readers who cannot see the picture.
    lang : {"zh", "en"}
    called : Text
        What the legend calls it.
    tall : float
        Height in mm: a strip has the legend at its right end, a higher picture under the city.

    Examples
    --------
    >>> import shapely, zoning as zn
    >>> plan = zn.demo()
    >>> x, y = plan.units.geometry.iloc[2000].centroid.coords[0]
    >>> draw_place(plan, shapely.box(x, y, x + 500, y + 400), "mill", "en").title
    'mill · where it lies'
    """
    from matplotlib.figure import Figure

    part = min(1.0, _STRIP / tall)
    share = _GROUND if part == 1.0 else 1 - _CITY - 0.02
    beside = (_CITY + share + 0.025, 1.0) if part == 1.0 else (0.0, 0.97 - part)
    with chinese_text():
        figure = Figure(figsize=(_WIDE / 25.4, tall / 25.4))
        city = figure.add_axes((0.005, 1 - 0.98 * part, _CITY, 0.96 * part))
        ground = figure.add_axes((_CITY + 0.015, 0.02 * part, share, 1 - 0.04 * part))
        _city(city, plan, shape)
        handles = _ground(ground, plan, shape, lang, called)
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=beside,
            fontsize=6.5, frameon=False, handlelength=1.6, labelspacing=0.35, borderaxespad=0.2,
        )  # fmt: skip
    title = f"{name} · 位置示意" if lang == "zh" else f"{name} · where it lies"
    return Picture(figure, title)


def _frame(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    for side in axes.spines.values():
        side.set(linewidth=0.5, color="#666666")


def _city(axes: Axes, plan: Plan, shape: Any) -> None:
    """Draw the city and its counties, and a mark where the site lies."""
    plan.city.plot(ax=axes, color="#f2efe6", edgecolor="none", aspect=None)
    if plan.counties is not None and len(plan.counties):
        plan.counties.boundary.plot(ax=axes, color="#8a8a8a", linewidth=0.35, aspect=None)
    plan.city.boundary.plot(ax=axes, color="#222222", linewidth=0.8, aspect=None)
    at = shape.centroid
    axes.plot([at.x], [at.y], "o", ms=5.5, mfc="none", mec=_SITE, mew=1.3, zorder=6)
    axes.plot([at.x], [at.y], ".", ms=2.5, color=_SITE, zorder=6)
    axes.set_aspect("equal")
    axes.margins(0.06)
    _frame(axes)


def _ground(axes: Axes, plan: Plan, shape: Any, lang: str, called: Text) -> list[Any]:
    """Draw zones, protections, townships and the site; give the handles of the legend."""
    import geopandas as gpd
    import shapely
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    x0, y0, x1, y1 = shape.bounds
    seen = axes.get_window_extent()
    ratio = seen.height / seen.width
    around = _AROUND if ratio < 1 / 2 else _NEAR
    tall = max(around * (y1 - y0), around * (x1 - x0) * ratio, _LEAST_M)
    wide = tall / ratio
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    window = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    box = shapely.box(*window)
    handles: list[Any] = [Line2D([], [], color=_SITE, lw=1.6, label=called.get(lang))]
    near = plan.units[plan.units.intersects(box)]
    for code, (name, colour) in catalogue.zone_words(plan, lang).items():
        mine = near[(near["zone"] == code).fillna(False)] if "zone" in near else near.iloc[:0]
        if len(mine):
            mine.clip(plan.city).plot(ax=axes, color=colour, alpha=0.55, aspect=None)
            handles.append(Patch(fc=colour, alpha=0.55, label=name))
    for frame, colour, label in (
        (plan.redlines, _RED, words.table_name("redlines", lang)),
        (_others(plan), _KEPT, "其他保护用地" if lang == "zh" else "other protected land"),
    ):
        if frame is not None and frame.intersects(box).any():
            mine = frame[frame.intersects(box)]
            mine.clip(box).plot(ax=axes, facecolor="none", edgecolor=colour, hatch="////", lw=0.7,
                                aspect=None)  # fmt: skip
            handles.append(Patch(fc="none", ec=colour, hatch="////", label=label))
    if plan.townships is not None and len(plan.townships):
        towns = plan.townships[plan.townships.intersects(box)]
        towns.boundary.plot(ax=axes, color="#555555", linewidth=0.5, linestyle=(0, (4, 2)),
                            aspect=None)  # fmt: skip
        axes.set(xlim=window[::2], ylim=window[1::2])
        Labels(axes, 1.0).name(towns.clip(box), 6.0, lang, color="#333333")
    plan.city.boundary.plot(ax=axes, color="#222222", linewidth=0.9, aspect=None)
    site = gpd.GeoSeries([shape], crs=plan.city.crs)
    site.boundary.plot(ax=axes, color="white", linewidth=3.2, zorder=7, aspect=None)
    # A site is filled; of a place one wants to see the zones.
    fill = "#0b3c8c22" if ratio < 1 / 2 else "none"
    site.plot(ax=axes, facecolor=fill, edgecolor=_SITE, linewidth=1.5, zorder=8, aspect=None)
    axes.set(xlim=window[::2], ylim=window[1::2])
    length = round_length(wide / 4)
    left, low = window[0] + 0.03 * wide, window[1] + 0.07 * tall
    axes.plot([left, left + length], [low, low], color="black", lw=1.6, zorder=9,
              solid_capstyle="butt")  # fmt: skip
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(left, low + 0.03 * tall, told, fontsize=6, zorder=9)
    _frame(axes)
    return handles


def _others(plan: Plan) -> Any:
    from zoning.pipeline import protected

    return protected.of_plan(plan)
