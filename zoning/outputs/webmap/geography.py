"""What lies under the plan, packed for the page: water, roads, neighbours, relief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.base.names import english
from zoning.outputs.webmap.layers import anchors, degrees
from zoning.outputs.webmap.packing import pack_numbers, pack_shapes

if TYPE_CHECKING:
    from zoning.inputs.geography import Geography
    from zoning.plan import Plan


def _between(shapes: Any) -> Any:
    """Give the outlines of neighbours without the frame that cut them off."""
    import shapely

    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    inside = shapely.box(x0 + 1, y0 + 1, x1 - 1, y1 - 1)
    edges = shapely.intersection(shapely.boundary(shapes), inside)
    return np.array([shapely.line_merge(e) if not e.is_empty else e for e in edges], dtype=object)


def pack(plan: Plan, found: Geography) -> dict[str, Any]:
    """Pack the geography of a plan; what is absent is told with the reason.

    Returns
    -------
    dict
        ``water``, ``roads``, ``neighbours`` and ``relief`` where there are any, ``absent``.
    """
    crs = plan.units.crs
    packed: dict[str, Any] = {"absent": [{"zh": t.zh, "en": t.en} for t in found.absent.values()]}
    if found.water:
        packed["water"] = pack_shapes(degrees(found.water, crs).array)
    if found.roads:
        lines = [line for line, _ in found.roads]
        packed["roads"] = {
            "shapes": pack_shapes(degrees(lines, crs).array),
            "ranks": [rank for _, rank in found.roads],
        }
    if found.neighbours:
        shapes = np.array([shape for _, shape in found.neighbours], dtype=object)
        names = [name for name, _ in found.neighbours]
        packed["neighbours"] = {
            "shapes": pack_shapes(degrees(shapes, crs).array), "names": names,
            "lines": pack_shapes(degrees(_between(shapes), crs).array),
            "english": [english(n) for n in names], "anchors": anchors(shapes, crs),
        }  # fmt: skip
    if found.relief is not None:
        packed["relief"] = {
            "parts": found.relief.parts, "columns": int(found.relief.shade.shape[1]),
            **pack_numbers(found.relief.shade.ravel(), "uint8"),
        }  # fmt: skip
    return packed
