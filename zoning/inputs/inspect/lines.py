"""Lines of a layer, and how near points lie to them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Room around a layer for any shift of a web map and the places around it, in degrees.
_MARGIN = 0.06
#: Points along the lines of a layer that are looked at (our choice).
POINTS = 600


class Outline:
    """Shapes with the lines of their boundaries, and points along them: each is found once."""

    def __init__(self, shapes: Any) -> None:
        self.shapes = shapes
        self._points: dict[int, Floats] = {}

    @classmethod
    def of(cls, shapes: Any) -> Outline:
        """Take shapes, or an outline as it is."""
        return shapes if isinstance(shapes, Outline) else cls(shapes)

    @cached_property
    def parts(self) -> Any:
        """Give the lines of the boundaries, each by itself."""
        import shapely

        lines = shapely.boundary(np.asarray(self.shapes, dtype=object))
        return shapely.get_parts(shapely.get_parts(lines))

    @cached_property
    def length(self) -> float:
        """Give how long the lines are together."""
        import shapely

        return float(shapely.length(self.parts).sum())

    def points(self, number: int = POINTS) -> Floats:
        """Give points at even distances along the lines (degrees)."""
        if number not in self._points:
            self._points[number] = _even(self.parts, number)
        return self._points[number]


class Lines:
    """The segments of a reference on a local plane, to be met by points.

    ``scale`` brings coordinates to metres, ``margin`` is in their own units.
    """

    def __init__(self, shapes: Any, scale: Floats, points: Floats, margin: float = _MARGIN) -> None:
        import shapely

        coords, which = shapely.get_coordinates(Outline.of(shapes).parts, return_index=True)
        same = which[1:] == which[:-1]
        a, b = coords[:-1][same], coords[1:][same]
        # Only what is near the layer counts.
        west, south, east, north = _grown(points, margin)
        inside = ~(
            (np.maximum(a[:, 0], b[:, 0]) < west) | (np.minimum(a[:, 0], b[:, 0]) > east)
            | (np.maximum(a[:, 1], b[:, 1]) < south) | (np.minimum(a[:, 1], b[:, 1]) > north)
        )  # fmt: skip
        self.a, self.b = a[inside] * scale, b[inside] * scale
        self.tree = shapely.STRtree(
            shapely.linestrings(np.stack([self.a, self.b], axis=1)) if len(self.a) else []
        )

    def __len__(self) -> int:
        return len(self.a)

    def _nearest(self, points: Floats, within: float) -> tuple[Any, Any, Floats]:
        """Give which points have a segment within reach, which one, and the way to it."""
        import shapely

        # Most points have none: boxes tell that sooner than distances.
        around = shapely.box(*(points - within).T, *(points + within).T)
        rows, segments = self.tree.query(around)
        a, b, p = self.a[segments], self.b[segments], points[rows]
        along = b - a
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        t = np.clip(((p - a) * along).sum(axis=1) / length, 0, 1)
        way = a + along * t[:, None] - p
        far = (way**2).sum(axis=1)
        near = np.flatnonzero(far <= within**2)
        order = near[np.lexsort((segments[near], far[near], rows[near]))]
        best = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
        return rows[best], segments[best], way[best]

    def common(self, points: Floats, width: float) -> float:
        """Give the part of the points that lie on the lines, those near by less than one."""
        return float(self.each(points, width)[0].mean())

    def each(self, points: Floats, width: float) -> tuple[Floats, npt.NDArray[np.intp]]:
        """Give how near each point lies (1 on a line, 0 from three widths on), and to which."""
        rows, segments, way = self._nearest(points, 3 * width)
        found, which = np.zeros(len(points)), np.full(len(points), -1)
        found[rows] = np.exp(-(way**2).sum(axis=1) / (2 * width**2))
        which[rows] = segments
        return found, which

    def far(self, points: Floats, within: float) -> Floats:
        """Give how far each point lies from the lines, infinite beyond reach."""
        rows, _, way = self._nearest(points, within)
        found = np.full(len(points), np.inf)
        found[rows] = np.hypot(way[:, 0], way[:, 1])
        return found

    def settle(self, points: Floats, width: float) -> Floats:
        """Give the move that brings the points from where they are to the best place near by."""
        move = np.zeros(2)
        for _ in range(8):
            rows, _, way = self._nearest(points + move, 3 * width)
            if len(rows) < 5:
                break
            weight = np.exp(-(way**2).sum(axis=1) / (2 * width**2))
            length = np.hypot(way[:, 0], way[:, 1])
            normal = way / np.maximum(length, 1e-9)[:, None]
            # Only the part across a line is known; a straight line says nothing of the way along.
            left = np.einsum("n,ni,nj->ij", weight, normal, normal) + 1e-3 * np.eye(2)
            step = np.linalg.solve(left, (weight[:, None] * way).sum(axis=0))
            move = move + step
            if np.hypot(*step) < 0.5:
                break
        return move


def _grown(points: Floats, margin: float) -> tuple[float, float, float, float]:
    """Give the box around points, with room for a shift."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _even(parts: Any, number: int) -> Floats:
    """Give points at even distances along lines."""
    import shapely

    lengths = shapely.length(parts)
    if not len(parts) or lengths.sum() <= 0:
        return np.empty((0, 2))
    step = lengths.sum() / number
    ends = np.cumsum(lengths)
    at = (np.arange(number) + 0.5) * step
    which = np.minimum(np.searchsorted(ends, at), len(parts) - 1)
    along = at - (ends - lengths)[which]
    points: Floats = shapely.get_coordinates(shapely.line_interpolate_point(parts[which], along))
    return points
