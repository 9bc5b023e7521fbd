"""Two lattices laid over each other: strips between lines, and outlines bent to fit them.

Grid cells and pixels that do not line up cut each other into strips::

    grid     |               |               |               |
    pixels      |    |    |    |    |    |    |    |    |    |    |
    strips   |  |    |    || |    |    |  | |    |    |    | |    |
    cell      0  0    0    0 1 ...
    pixel    -1  0    1    2 2 ...        -1: outside the raster

Every strip lies in one grid column (or row) and in one column (or row) of pixels. When the plane
is bent so that all strips become one wide, straight edges break only at the lines; with a vertex
put in there an outline is straight between vertices again, and the kernel that knows only unit
squares gives exact shares of rectangles.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from zoning.measure.rings import Floats, Ints, Rings

#: A pixel line this close to a grid line (in pixels) is taken to be that line.
SNAP = 1e-9


class Strips(NamedTuple):
    """The intervals between successive lines of one axis, from low to high."""

    base: float  #: a grid line; positions are measured from it, which saves digits
    line: Floats  #: shape (n + 1,), from ``base``
    cell: Ints  #: shape (n,), number of the grid column or row
    pixel: Ints  #: shape (n,), column or row of the raster, -1 outside

    @property
    def width(self) -> Floats:
        """Width of each strip in metres."""
        return np.diff(self.line)

    def covered(self) -> Strips:
        """Only the strips inside the raster, which lie next to each other."""
        inside = np.flatnonzero(self.pixel >= 0)
        first, stop = inside[0], inside[-1] + 1
        return Strips(
            self.base, self.line[first : stop + 1], self.cell[first:stop], self.pixel[first:stop]
        )


def strips(
    low: float, high: float, grid: tuple[float, float], pixels: tuple[float, float, int]
) -> Strips:
    """Cut one axis from ``low`` to ``high`` at the lines of a grid and of a raster.

    Parameters
    ----------
    low, high : float
        What has to be covered; the strips reach one spare cell further.
    grid : (origin, cell)
        Lines stand at ``origin + k * cell``.
    pixels : (start, step, count)
        Where pixel 0 starts, the size of pixels (below 0 when they are counted from the high side,
        as rows are) and their number.

    Examples
    --------
    >>> s = strips(1, 9, (0, 10), (4, 8, 2))
    >>> (s.line + s.base).tolist()
    [-10.0, 0.0, 4.0, 10.0, 12.0, 20.0]
    >>> s.cell.tolist(), s.pixel.tolist()
    ([-1, 0, 0, 1, 1], [-1, -1, 0, 0, 1])
    """
    origin, cell = grid
    start, step, count = pixels
    first = math.floor((low - origin) / cell) - 1
    last = math.floor((high - origin) / cell) + 2
    base = origin + first * cell
    pixel_lines = (start - base) + np.arange(count + 1) * step
    grid_lines = np.arange(last - first + 1) * cell
    nearest = np.rint(pixel_lines / cell) * cell
    pixel_lines = np.where(np.abs(pixel_lines - nearest) < SNAP * abs(step), nearest, pixel_lines)
    inside = (pixel_lines > 0) & (pixel_lines < grid_lines[-1])
    line = np.unique(np.concatenate([grid_lines, pixel_lines[inside]]))
    middle = (line[:-1] + line[1:]) / 2
    pixel = np.floor((middle - (start - base)) / step).astype(np.int64)
    pixel[(pixel < 0) | (pixel >= count)] = -1
    return Strips(base, line, np.floor(middle / cell).astype(np.int64) + first, pixel)


def bend(rings: Rings, x: Strips, y: Strips) -> Rings:
    """Bend outlines so that strip ``k`` of each axis lies between ``k`` and ``k + 1``."""
    bent_x, flat_y, size = _bend_axis(
        rings.xy[:, 0] - x.base, rings.xy[:, 1] - y.base, rings.size, x.line
    )
    bent_y, bent_x, size = _bend_axis(flat_y, bent_x, size, y.line)
    return rings._replace(xy=np.column_stack([bent_x, bent_y]), size=size)


def _bend_axis(u: Floats, w: Floats, size: Ints, line: Floats) -> tuple[Floats, Floats, Ints]:
    """Put a vertex wherever an edge crosses a line of ``u``, and measure ``u`` in strips."""
    strip = np.searchsorted(line, u, side="right") - 1
    bent = strip + (u - line[strip]) / (line[strip + 1] - line[strip])

    crossings = np.zeros(len(u), dtype=np.int64)  # on the edge that starts at each vertex
    crossings[:-1] = np.diff(strip)
    crossings[size.cumsum() - 1] = 0  # no edge from one ring to the next
    new = np.abs(crossings)
    vertex = np.repeat(np.arange(len(u)), new + 1)  # the vertex, then the crossings after it
    start = np.arange(len(u)) + new.cumsum() - new
    nth = np.arange(len(vertex)) - start[vertex]
    between = nth > 0
    edge, nth = vertex[between], nth[between]
    crossed = strip[edge] + np.where(crossings[edge] > 0, nth, 1 - nth)

    bent_all, w_all = bent[vertex], w[vertex]
    bent_all[between] = crossed
    along = (line[crossed] - u[edge]) / (u[edge + 1] - u[edge])
    w_all[between] += along * (w[edge + 1] - w[edge])
    ring = np.repeat(np.arange(len(size)), size)
    added = np.bincount(ring, new, minlength=len(size)).astype(np.int64)
    return bent_all, w_all, size + added
