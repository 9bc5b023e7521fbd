"""Names and numbers on a map, placed so that they do not cover one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.base.names import called
from zoning.outputs.prints.frame import columns, legible

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from zoning.plan import Plan

#: Above this number labels would cover the map.
MOST_LABELS = 90
#: Shifts that are tried, in widths and heights of a label, before a place goes without its name.
_SHIFTS = ((0, 0), (0, 1.05), (0, -1.05), (0.6, 1.05), (-0.6, 1.05), (0.6, -1.05), (-0.6, -1.05),
           (0, 2.1), (0, -2.1))  # fmt: skip

Box = tuple[float, float, float, float]


class Labels:
    """The labels of one map; each new one keeps clear of those before it.

    Parameters
    ----------
    axes : Axes
        In metres.
    ratio : float
        Width of the page over that of A3.
    """

    def __init__(self, axes: Axes, ratio: float):
        self.axes, self.ratio = axes, ratio
        self.taken: list[Box] = []

    def name(
        self, frame: gpd.GeoDataFrame | None, size: float, lang: str = "zh", **look: Any
    ) -> None:
        """Write the names of places in a language, the largest place first."""
        if frame is None or len(frame) > MOST_LABELS or "name" not in frame.columns:
            return
        shapes = frame.geometry[~(frame.geometry.is_empty | frame.geometry.isna())]
        names = pd.Series(called(frame, lang), index=frame.index)
        order = shapes.area.sort_values(ascending=False, kind="stable").index
        for place, name in zip(
            shapes.loc[order].representative_point(), names.loc[order], strict=True
        ):
            self.put(place, str(name), size, **look)

    def put(self, place: Any, text: str, size: float, **look: Any) -> bool:
        """Write one label at a point, or near it; False where there is no room."""
        from matplotlib.patheffects import withStroke

        size = legible(size * self.ratio)
        for shift_x, shift_y in _SHIFTS:
            x, y, box = self._box(place, text, size, shift_x, shift_y)
            if all(_apart(box, other) for other in self.taken):
                self.taken.append(box)
                halo = withStroke(linewidth=2.2 * self.ratio, foreground="white", alpha=0.85)
                self.axes.text(x, y, text, fontsize=size, ha="center", va="center", clip_on=True,
                               path_effects=[halo], **look)  # fmt: skip
                return True
        return False

    def _box(
        self, place: Any, text: str, size: float, shift_x: float, shift_y: float
    ) -> tuple[float, float, Box]:
        """Give the place of a label in metres and its box in points."""
        to_points = 72 / self.axes.figure.dpi
        x, y = self.axes.transData.transform((place.x, place.y)) * to_points
        high, wide = size * 1.25, size * 0.54 * columns(text)
        x, y = x + shift_x * wide, y + shift_y * high
        back = self.axes.transData.inverted().transform((x / to_points, y / to_points))
        box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        return float(back[0]), float(back[1]), box


def _apart(a: Box, b: Box) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def draw_names(
    axes: Axes, plan: Plan, ratio: float, townships: bool = True, lang: str = "zh"
) -> None:
    """Name counties and, where there is room, townships."""
    labels = Labels(axes, ratio)
    labels.name(plan.counties, 12.0, lang, color="#1a1a1a", weight="bold", zorder=6)
    if townships:
        labels.name(plan.townships, 6.0, lang, color="#3a3a3a", zorder=5)


def red_areas(plan: Plan, lang: str = "zh") -> list[tuple[int, str, Any]]:
    """Give number, name and shape of every red-line area, numbered as in the report.

    Returns
    -------
    list of (int, str, geometry)
        In the order of codes; empty where there are none or too many to number.
    """
    import shapely

    lines = plan.redlines
    if lines is None or lines["area_code"].nunique() > MOST_LABELS:
        return []
    groups = sorted(lines.groupby("area_code"), key=lambda group: str(group[0]))
    return [
        (
            number,
            called(rows.iloc[:1], lang, "protections")[0],
            shapely.union_all(rows.geometry.array),
        )
        for number, (_, rows) in enumerate(groups, 1)
    ]


def draw_numbers(axes: Axes, plan: Plan, ratio: float, lang: str = "zh") -> None:
    """Write the numbers of red-line areas and the names of counties."""
    labels = Labels(axes, ratio)
    for number, _, shape in red_areas(plan):
        if not shape.is_empty:
            labels.put(shape.representative_point(), str(number), 7.5, color="#5c0a17",
                       weight="bold", zorder=6)  # fmt: skip
    labels.name(plan.counties, 11.0, lang, color="#5a5a5a", weight="bold", zorder=5)
