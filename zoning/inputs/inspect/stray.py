"""Single vertices far from all others of their ring: at 0, 0, with a digit lost, a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Finding, Text
from zoning.inputs.spots import spots

if TYPE_CHECKING:
    import geopandas as gpd

#: A vertex is stray when both its edges are this many times the size of all the rest: of a ring
#: with many other corners, and of one with few, which may well be a wedge of land (our choice). A
#: site of 3 to 11 random corners is such a wedge, more than 5 times as long as its short end, once
#: in some thousands; a vertex at 0, 0 or with a digit lost is hundreds of times as far away.
_STRAY, _STRAY_FEW, _FEW = 5.0, 50.0, 8
#: Alone outside a layer of many features, by this part of its length, it need not be so far.
_STRAY_ALONE, _OUTSIDE = 2.0, 0.5
#: Its edges are at least this part of the width of its ring, to begin with (our choice).
_SPIKE = 0.4
#: What is left without it is at least this part of a usual feature: else it is a sliver of
#: clipping, long and thin as they are (our choice).
_LEAST = 0.02


def stray_vertices(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Find single vertices far from all others of their ring, such as one at 0, 0."""
    import shapely

    out = []
    least, others = least_body(frame), bounds_of_others(frame)
    parts, of = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    for k in _pointed(rings).tolist():
        row, ring = frame.index[of[part[k]]], rings[k]
        point = stray_vertex(shapely.get_coordinates(ring), least, others[of[part[k]]])
        if point is not None:
            x, y = point
            out.append(Finding(
                Text(f"feature {row} has a stray vertex at {x:,.4f}, {y:,.4f}, far away from "
                     "all its others: a spike",
                     f"要素 {row} 有一个远离其余各点的顶点 {x:,.4f}, {y:,.4f}，形成尖刺"),
                where, code="stray-vertex", level="error",
                spots=spots([f"feature {row}"], [f"{x:g}, {y:g}"],
                                    [shapely.Point(ring.coords[0])], frame.crs),
                remedy=Text("delete the vertex (zoning check --fix writes such a copy)",
                            "请删除该顶点（zoning check --fix 可写出副本）"),
            ))  # fmt: skip
    return out[:20]


def _pointed(rings: Any) -> Any:
    """Find the rings that `stray_vertex` must look at: a vertex has two edges as long as they."""
    import shapely

    size = shapely.get_num_coordinates(rings)
    long = np.flatnonzero(size > 4)
    if not len(long):
        return long
    xy, size = shapely.get_coordinates(rings[long]), size[long]
    first = size.cumsum() - size
    last = first + size - 1
    before = np.hypot(*(xy - np.roll(xy, 1, axis=0)).T)
    before[first] = before[last]  # a ring is closed
    both = np.minimum(before, np.roll(before, -1))
    both[last] = 0
    spans = np.maximum.reduceat(xy, first) - np.minimum.reduceat(xy, first)
    return long[~(np.maximum.reduceat(both, first) < _SPIKE * np.hypot(*spans.T))]


def least_body(frame: gpd.GeoDataFrame) -> float:
    """Give the size below which a ring is a sliver, in the unit of the CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> least_body(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 300, 400)] * 2))
    10.0
    """
    bounds = frame.geometry.bounds.to_numpy()
    sizes = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    sizes = sizes[np.isfinite(sizes)]
    return float(_LEAST * np.median(sizes)) if len(frame) > 1 and len(sizes) else 0.0


def bounds_of_others(frame: gpd.GeoDataFrame) -> Any:
    """Give the box around all other features, for each feature, shape (n, 4).

    NaN where there are too few features to say where the layer lies.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> row = [shapely.box(k, 0, k + 1, 1) for k in range(7)] + [shapely.box(0, 0, 90, 2)]
    >>> bounds_of_others(gpd.GeoDataFrame(geometry=row))[7].tolist()
    [0.0, 0.0, 7.0, 1.0]
    """
    bounds = frame.geometry.bounds.to_numpy(dtype=np.float64) * [1, 1, -1, -1]
    if np.isfinite(bounds).all(axis=1).sum() < _FEW:
        return np.full(bounds.shape, np.nan)
    two = np.sort(np.where(np.isfinite(bounds), bounds, np.inf), axis=0)[:2]
    return np.where(bounds == two[0], two[1], two[0]) * [1, 1, -1, -1]


def _alone(point: Any, others: Any) -> bool:
    """Whether a vertex lies far outside the box of all other features."""
    low, high = others[:2], others[2:]
    return bool(np.hypot(*np.maximum(0, np.maximum(low - point, point - high)))
                > _OUTSIDE * max(high - low))  # fmt: skip


def stray_vertex(ring: Any, least: float = 0.0, others: Any = None) -> tuple[float, float] | None:
    """Give the one vertex whose two edges dwarf all the rest of a ring.

    A wedge drawn with a few corners is land; the more corners lie together, the more a single one
    far away tells.

    Parameters
    ----------
    ring : array (n, 2)
        Closed, in any unit.
    least : float
        Size of a body, without the vertex, below which the ring is a sliver and has no stray one.
    others : array (4,), optional
        Box of the other features, which a vertex alone far outside need not outdo as much.

    Examples
    --------
    >>> corners = np.array([[0, 0], [9, 0], [9, 9], [900, 900], [0, 9], [0, 0]])
    >>> stray_vertex(corners)
    (900.0, 900.0)
    """
    points = ring[:-1]
    if len(points) < 4:
        return None
    span = np.ptp(points, axis=0)
    before = np.hypot(*(points - np.roll(points, 1, axis=0)).T)
    after = np.roll(before, -1)
    both = np.minimum(before, after)
    i = int(both.argmax())
    if both[i] < _SPIKE * float(np.hypot(*span)):
        return None
    rest = np.delete(points, i, axis=0)
    size = float(np.hypot(*np.ptp(rest, axis=0)))
    times = _STRAY if len(rest) >= _FEW else _STRAY_FEW
    if others is not None and len(rest) >= _FEW and _alone(points[i], others):
        times = _STRAY_ALONE
    if both[i] <= times * size or size < least:
        return None
    return float(points[i, 0]), float(points[i, 1])
