"""The cities around a place, from the boundaries of China where they are installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from zoning.inputs.china import FILES, BoundarySource, folder_of, list_areas
from zoning.inputs.outlines import read_boxes, read_outline


def outlines_near(
    bounds: tuple[float, float, float, float],
    *,
    pad_deg: float = 0.1,
    source: BoundarySource = "tianditu",
) -> list[tuple[str, Any]]:
    """Read the prefectures (and cities of that rank) whose box meets another one.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north, degrees.
    pad_deg : float
        How far around them.

    Returns
    -------
    list of (str, polygon)
        Names and outlines in degrees, sorted by code.

    Examples
    --------
    >>> [name for name, _ in outlines_near((119.4, 32.0, 119.6, 32.2))]
    ['无锡市', '常州市', '扬州市', '镇江市', '泰州市']
    """
    west, south = bounds[0] - pad_deg, bounds[1] - pad_deg
    east, north = bounds[2] + pad_deg, bounds[3] + pad_deg
    return [
        (name, read_outline(path, row))
        for name, path, row, (x0, y0, x1, y1) in _cities(source)
        if x0 < east and x1 > west and y0 < north and y1 > south
    ]


@cache
def _cities(source: BoundarySource) -> list[tuple[str, Path, int, tuple[float, ...]]]:
    """Give name, file, row and box of every city; the boxes are found once."""
    folder, chosen = folder_of(source), []
    for place in list_areas(source):
        # Municipalities stand above the cities and have none below.
        whole = place.level == "province" and place.name.endswith("市")
        if place.level == "city" or whole:
            chosen.append((place.name, folder / f"cn_{FILES[place.level]}.bin", place.row))
    boxes = {}
    for path in {path for _, path, _ in chosen}:
        rows = sorted(row for _, other, row in chosen if other == path)
        for row, box in zip(rows, read_boxes(path, rows).tolist(), strict=True):
            boxes[path, row] = tuple(box)
    return [(*place, boxes[place[1:]]) for place in chosen]
