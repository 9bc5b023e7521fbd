"""What lies inside the frame of a map sheet: the theme, the boundaries and the names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base import words
from zoning.base.areas import km2
from zoning.outputs import contributed
from zoning.outputs.prints import themes as catalogue
from zoning.schemes.contrast import redline_look
from zoning.zones import unzoned_land

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from zoning.plan import Plan

_LONG_NAME = 9
_PT_PER_MM = 72 / 25.4


def draw_layers(axes: Axes, plan: Plan, theme: str, lang: str, ratio: float) -> list[Any]:
    """Draw the theme and the boundaries; give the handles of the legend."""
    if theme == "zones":
        handles = _draw_zones(axes, plan, lang)
    elif theme == "redline_hatch":
        handles = _draw_redlines(axes, plan, lang, ratio)
    elif theme in contributed.themes(plan):
        handles = _draw_given(axes, plan, theme, lang)
    else:
        handles = _draw_shares(axes, plan, catalogue.share_themes()[theme], lang)
    return handles + _draw_boundaries(axes, plan, lang, ratio)


def _draw_zones(axes: Axes, plan: Plan, lang: str) -> list[Any]:
    from matplotlib.patches import Patch

    handles = []
    gone = unzoned_land(plan.units)
    if gone is not None:  # what no zone covers later is unzoned, and of the colour of its legend
        plan.city.plot(ax=axes, color=catalogue.NO_DATA, edgecolor="none", zorder=0.9, aspect=None)
    for code, (name, colour) in catalogue.zone_words(plan, lang).items():
        shape = plan.zones.loc[[code]]
        shape = shape[~(shape.geometry.is_empty | shape.geometry.isna())]
        if len(shape):
            shape.plot(ax=axes, color=colour, edgecolor="none", zorder=1, aspect=None)
        area = km2(plan.zones.at[code, "area_m2"], 1)
        handles.append(Patch(fc=colour, ec="#555555", lw=0.4, label=_with_area(name, area)))
    if gone is not None:
        label = _with_area(words.unzoned(lang), km2(gone["area_m2"], 1))
        handles.append(Patch(fc=catalogue.NO_DATA, ec="#555555", lw=0.4, label=label))
    return handles


def _draw_redlines(axes: Axes, plan: Plan, lang: str, ratio: float) -> list[Any]:
    from matplotlib.patches import Patch
    from matplotlib.patheffects import withStroke

    lines, look = plan.redlines, redline_look()
    if lines is None:
        return []
    plan.city.plot(ax=axes, color="#f7f5ef", edgecolor="none", zorder=1, aspect=None)
    handles: list[Any] = []
    # Level 1 lies inside level 2 and is drawn last.
    for level, colour in sorted(catalogue.level_colours().items(), reverse=True):
        part = lines[lines["level"] == level]
        if len(part):
            width = look["level"][str(level)]["mm"] * _PT_PER_MM * ratio
            casing = withStroke(linewidth=width + 1.2 * ratio, foreground=look["casing"])
            part.plot(ax=axes, color=colour, edgecolor=look["line"], linewidth=width, zorder=2,
                      aspect=None, path_effects=[casing])  # fmt: skip
            area = km2(_level_area(plan, level), 1)
            label = _with_area(words.value("level", level, lang), area)
            handles.insert(0, Patch(fc=colour, ec=look["line"], lw=0.8, label=label))
    return handles


def _with_area(name: str, area: str) -> str:
    """Put an area beside a name, or below it where the name is long."""
    return f"{name}  {area}" if len(name) < _LONG_NAME else f"{name}\n{area}"


def _level_area(plan: Plan, level: int) -> int:
    """Give the area of a level, overlaps once; level 1 goes before level 2."""
    level1 = int(plan.units["redline_level1_m2"].sum())
    return level1 if level == 1 else int(plan.units["redline_m2"].sum()) - level1


def _draw_shares(axes: Axes, plan: Plan, theme: catalogue.ShareTheme, lang: str) -> list[Any]:
    """Draw a share of each unit in its classes."""
    number = theme.classes(plan)
    # The last two places are reached by -2 (no data) and -1 (exactly 0).
    colours = [*theme.colours, catalogue.NO_DATA, theme.zero or theme.colours[0]]
    _draw_classes(axes, plan, number, colours)
    return _legend(theme.legend(lang), bool((number == -2).any()), lang)


def _draw_given(axes: Axes, plan: Plan, theme: str, lang: str) -> list[Any]:
    """Draw a theme that a wing gave, in its own classes."""
    _, given = contributed.themes(plan)[theme]
    number = contributed.class_of(contributed.theme_column(plan, theme), given.classes)
    # The last place is reached by -1 (no data).
    _draw_classes(axes, plan, number, [*(c.colour for c in given.classes), catalogue.NO_DATA])
    entries = [(c.colour, c.label.get(lang)) for c in given.classes]
    return _legend(entries, bool((number == -1).any()), lang)


def _legend(entries: Sequence[tuple[str, str]], missing: bool, lang: str) -> list[Any]:
    from matplotlib.patches import Patch

    found = [Patch(fc=colour, ec="#555555", lw=0.4, label=label) for colour, label in entries]
    return [*found, _no_data(lang)] if missing else found


def _draw_classes(
    axes: Axes, plan: Plan, number: npt.NDArray[np.int64], colours: Sequence[str]
) -> None:
    """Draw units as a picture of one pixel each, clipped to the city."""
    from matplotlib.colors import to_rgba_array
    from matplotlib.patches import PathPatch

    table = to_rgba_array(list(colours))
    corner = plan.units.geometry.bounds
    cell = plan.grid.cell_m
    left, bottom = corner["minx"].min(), corner["miny"].min()
    col = np.rint((corner["minx"].to_numpy() - left) / cell).astype(int)
    row = np.rint((corner["miny"].to_numpy() - bottom) / cell).astype(int)
    picture = np.zeros((row.max() + 1, col.max() + 1, 4))
    picture[row, col] = table[number]
    extent = (left, left + picture.shape[1] * cell, bottom, bottom + picture.shape[0] * cell)
    limits = axes.get_xlim(), axes.get_ylim()
    image = axes.imshow(
        picture, extent=extent, origin="lower", interpolation="none", zorder=1, aspect="auto"
    )
    axes.set(xlim=limits[0], ylim=limits[1])
    image.set_clip_path(PathPatch(_path(plan.city.geometry), transform=axes.transData))


def _path(shapes: Any) -> Any:
    """Make one matplotlib path of all rings of some polygons."""
    import shapely
    from matplotlib.path import Path as Outline

    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(shapes.array)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def _draw_boundaries(axes: Axes, plan: Plan, lang: str, ratio: float) -> list[Any]:
    from matplotlib.lines import Line2D

    styles = (
        (plan.townships, "townships", "#6f6f6f", 0.35, (0, (4, 2))),
        (plan.counties, "counties", "#333333", 0.9, (0, (8, 2, 1.5, 2))),
        (plan.city, "city", "#111111", 1.6, "solid"),
    )
    handles = []
    for frame, name, colour, width, dash in styles:
        if frame is None or frame.empty:
            continue
        look: dict[str, Any] = {"color": colour, "linewidth": width * ratio, "linestyle": dash}
        frame.boundary.plot(ax=axes, zorder=4, aspect=None, **look)
        handles.append(Line2D([], [], label=words.table_name(name, lang), **look))
    axes.set(xlabel="", ylabel="")  # geopandas names the axes
    return handles[::-1]


def _no_data(lang: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(fc=catalogue.NO_DATA, ec="#555555", lw=0.4, label=words.missing(lang))
