"""The largest circle inside each of many polygons, all at once.

From a point inside, the distance to every edge is a convex function, so its tangent never is above
it. The move that makes the least of all tangents greatest (a linear programme in three unknowns)
can therefore only bring the point further from the outline, and never leads out of the polygon. A
few moves lead to a local maximum. Whether it is the largest is asked of another measure: nothing
may be left of the polygon when it is shrunk by a hair more. Where something is left the climb
starts again from there, and after a few rounds the whole polygon is searched by GEOS.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from zoning.base.areas import Floats, Ints
from zoning.measure.faces import Geometries

#: Most moves of a point, and most exchanges of edges in one programme; both are rarely reached.
_MOVES, _EXCHANGES = 12, 40
#: A move that gains less than this part is the last; what is left when shrunk by so much more tells
#: that another place is wider (shrinking itself is exact to a hundredth).
_GAIN, _MORE = 1e-3, 1.004
#: Rounds of looking elsewhere, and what a convex polygon may lack of its hull.
_TRIES, _CONVEX = 3, 1e-9
#: Edges at once, which bounds the memory.
_AT_ONCE = 1 << 16
#: Three directions that close the programme: a triangle around everything.
_FENCE = np.array([[1.0, 0.0], [-0.5, np.sqrt(0.75)], [-0.5, -np.sqrt(0.75)]])


def radii(shapes: Geometries, part: float, least_m: float) -> Floats:
    """Give the radius of the largest circle inside each polygon.

    Parameters
    ----------
    shapes : array of polygon
        Valid; one without an area has no circle and radius 0.
    part : float
        How exact, as a part of area over perimeter (which never is above the radius).
    least_m : float
        Nothing is sought finer than this.

    Returns
    -------
    float array
        In the units of the coordinates.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 200, 6), shapely.Point(5, 5).buffer(3, quad_segs=64)])
    >>> radii(shapes, 0.01, 0.01).round(2).tolist()
    [3.0, 3.0]
    """
    found: Floats = np.zeros(len(shapes))
    # What noding left of a touch may be a ring of one point: there is no circle in it.
    some = shapely.area(shapes) > 0
    found[some] = _radii(shapes[some], part, least_m)
    return found


def _radii(shapes: Geometries, part: float, least_m: float) -> Floats:
    """Find the circles of polygons that have an area; see :func:`radii`."""
    size = shapely.area(shapes) / np.maximum(shapely.length(shapes), 1e-9)
    # In a convex polygon edges are as good as their lines, and one programme finds the largest.
    full = shapely.area(shapely.convex_hull(shapes))
    hollow = shapely.area(shapes) < full * (1 - _CONVEX)
    # Any point inside will do to start from: the middle of the widest cut at half the height.
    start = shapely.get_coordinates(shapely.point_on_surface(shapes))
    found = _climb(shapes, start, hollow)
    open_ = np.flatnonzero(hollow)
    for _ in range(_TRIES):
        left = shapely.buffer(shapes[open_], -_MORE * found[open_])
        more = shapely.area(left) > 0
        open_, left = open_[more], left[more]
        if not len(open_):
            return found
        spot = shapely.point_on_surface(left)
        at = np.column_stack([shapely.get_x(spot), shapely.get_y(spot)])
        found[open_] = np.maximum(found[open_], _climb(shapes[open_], at, hollow[open_]))
    step = np.maximum(least_m, part * size[open_])
    whole = shapely.length(shapely.maximum_inscribed_circle(shapes[open_], tolerance=step))
    found[open_] = np.maximum(found[open_], whole)
    return found


def _climb(shapes: Geometries, at: Floats, hollow: npt.NDArray[np.bool_]) -> Floats:
    """Move points away from the outlines of their polygons, each to a local maximum."""
    found = np.zeros(len(shapes))
    for mine, edges in _edges(shapes):
        found[mine] = _climb_alike(edges, at[mine], hollow[mine], shapely.length(shapes[mine]))
    return found


def _climb_alike(edges: Floats, at: Floats, hollow: npt.NDArray[np.bool_], reach: Floats) -> Floats:
    """Move points of polygons with about as many edges; see :func:`_climb`."""
    x, y = at[:, 0].copy(), at[:, 1].copy()
    best, live = np.zeros(len(at)), np.arange(len(at))
    for _ in range(_MOVES):
        planes = _tangents(x[live], y[live], edges, hollow[live])
        now = planes[2].min(axis=1)
        gained = now > best[live] * (1 + _GAIN)
        best[live] = np.maximum(best[live], now)
        if not gained.any():
            break
        live, edges, planes = live[gained], edges[:, gained], planes[:, gained]
        move = _best_move(planes, reach[live])
        x[live] += move[0]
        y[live] += move[1]
    return best


def _edges(shapes: Geometries) -> Iterator[tuple[Ints, Floats]]:
    """Give polygons by how many edges they have, some at once, with the edges of all rings.

    Yields
    ------
    mine : int array, shape (n,)
        Positions in ``shapes``.
    edges : float array, shape (4, n, most edges)
        Start and step of each edge; the last edge stands again where a polygon has fewer.
    """
    rings, owner = shapely.get_rings(shapes, return_index=True)
    xy, of = shapely.get_coordinates(rings, return_index=True)
    step = xy[1:] - xy[:-1]
    real = (of[1:] == of[:-1]) & (step != 0).any(axis=1)
    all_edges = np.concatenate([xy[:-1][real].T, step[real].T])
    first = np.searchsorted(owner[of[:-1][real]], np.arange(len(shapes) + 1))
    counts = np.diff(first)
    order = np.argsort(counts, kind="stable")
    rising = counts[order]
    start = 0
    while start < len(order):
        few = int(rising[start])
        most = int(np.searchsorted(rising, few + few // 4, side="right"))
        stop = min(most, start + max(1, _AT_ONCE // max(few, 1)))
        mine = order[start:stop]
        at = first[mine, None] + np.minimum(np.arange(rising[stop - 1]), counts[mine, None] - 1)
        yield mine, all_edges[:, at]
        start = stop


def _tangents(x: Floats, y: Floats, edges: Floats, hollow: npt.NDArray[np.bool_]) -> Floats:
    """Give the direction away from each edge (east, north), and the distance.

    Edges of polygons that are not ``hollow`` are as good as their lines.
    """
    east, north = x[:, None] - edges[0], y[:, None] - edges[1]
    t = (east * edges[2] + north * edges[3]) / (edges[2] ** 2 + edges[3] ** 2)
    np.clip(t, 0.0, 1.0, out=t, where=hollow[:, None])
    east -= t * edges[2]
    north -= t * edges[3]
    away = np.hypot(east, north)
    scale = np.divide(1.0, away, out=np.zeros_like(away), where=away > 0)
    return np.stack([east * scale, north * scale, away])


def _best_move(planes: Floats, reach: Floats) -> Floats:
    """Solve, for each polygon, max over moves of min over edges of ``away + normal . move``.

    A dual simplex: three edges hold the optimum of those three; the edge that is hurt most comes in
    for the one whose leaving keeps the other two and it around the point, until no edge is hurt.

    Parameters
    ----------
    planes : float array, shape (3, polygons, edges)
        Direction away from each edge (east, north), and the distance to it.
    reach : float array
        Further than this nothing is sought.

    Returns
    -------
    float array, shape (2, polygons)
    """
    size = len(reach)
    held = np.empty((3, 3, size))  # edge of the basis, part of its plane, polygon
    held[:, :2] = _FENCE[:, :, None]
    held[:, 2] = reach
    move = np.zeros((2, size))
    live = np.arange(size)
    for _ in range(_EXCHANGES):
        share, point = _vertex(held)
        move[:, live] = point[:2]
        x, y, level = point[:, :, None]
        slack = planes[0] * x
        slack += planes[1] * y
        slack += planes[2]
        slack -= level
        into = slack.argmin(axis=1)
        rows = np.arange(len(live))
        plane = planes[:, rows, into]
        out = _leaves(held, share, plane)
        hurt = (slack[rows, into] < -1e-9 * reach[live]) & (out >= 0)
        if not hurt.any():
            break
        held[out[hurt], :, rows[hurt]] = plane[:, hurt].T
        live, held, planes = live[hurt], held[:, :, hurt], planes[:, hurt]
    return move


def _vertex(held: Floats) -> tuple[Floats, Floats]:
    """Give the point that is equally far by three planes, and the multipliers of the three."""
    a, b, c = held
    share = np.stack([_turn(b, c), _turn(c, a), _turn(a, b)])
    share = share / share.sum(axis=0)
    level = (share * held[:, 2]).sum(axis=0)
    # From a and b, or a and c: the pair that is further from parallel.
    one, two = np.abs(_turn(a, b)), np.abs(_turn(a, c))
    other = np.where(one >= two, b, c)
    turn = _turn(a, other)
    p, q = level - a[2], level - other[2]
    x = (p * other[1] - q * a[1]) / turn
    y = (q * a[0] - p * other[0]) / turn
    return share, np.stack([x, y, level])


def _turn(a: Floats, b: Floats) -> Floats:
    found: Floats = a[0] * b[1] - a[1] * b[0]
    return found


def _leaves(held: Floats, share: Floats, into: Floats) -> Ints:
    """Say which of three edges leaves for another, by the least ratio; -1 where none can."""
    a, b, c = held
    whole = _turn(b, c) + _turn(c, a) + _turn(a, b)
    # The one that comes in, as a sum of the three: weights that add up to one.
    weight = np.stack([
        _turn(b, c) + _turn(c, into) + _turn(into, b),
        _turn(into, c) + _turn(c, a) + _turn(a, into),
        _turn(b, into) + _turn(into, a) + _turn(a, b),
    ]) / whole  # fmt: skip
    ratio = np.full(weight.shape, np.inf)
    np.divide(share, weight, out=ratio, where=weight > 1e-12)
    out = ratio.argmin(axis=0)
    return np.where(np.isfinite(ratio.min(axis=0)), out, -1)
