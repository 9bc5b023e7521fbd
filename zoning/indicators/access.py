"""Distance and travel time over a road network to the nearest centre.

The work is done by scipy's Dijkstra on a sparse matrix; the same graph as networkx is for looking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import InputError, Problem, Text, raise_all

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Ends of lines closer than this are one node (metres; own choice).
SNAP_M = 0.5
#: Roads this far behind the nearest are still looked at (metres; own choice).
_LOOK_M = 1_000.0


@dataclass(frozen=True)
class RoadGraph:
    """A road network.

    Attributes
    ----------
    xy : float array, shape (nodes, 2)
        Metres.
    start, end : int arrays, shape (edges,)
        Nodes; each edge is driven from start to end, and back unless ``oneway``.
    minutes, metres : float arrays, shape (edges,)
    oneway : bool array, shape (edges,)
    """

    xy: Floats
    start: Ints
    end: Ints
    minutes: Floats
    metres: Floats
    oneway: npt.NDArray[np.bool_]

    def matrix(self, weight: str = "minutes") -> Any:
        """Give the graph as a sparse matrix; of parallel edges the fastest counts."""
        from scipy.sparse import csr_array

        w = self.minutes if weight == "minutes" else self.metres
        back = ~self.oneway
        i = np.concatenate([self.start, self.end[back]])
        j = np.concatenate([self.end, self.start[back]])
        v = np.concatenate([w, w[back]])
        # Sparse matrices add parallel entries up; keep the smallest of each pair instead.
        n = len(self.xy)
        key = i * n + j
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        pair = key[order][starts]
        smallest = np.minimum.reduceat(v[order], starts) if pair.size else v
        # Older Dijkstras of scipy take 32-bit indices only.
        at = (pair // n).astype(np.int32), (pair % n).astype(np.int32)
        return csr_array((smallest, at), shape=(n, n))

    def to_networkx(self) -> nx.DiGraph[int]:
        """Give the graph for display: nodes with ``x, y``, edges with ``minutes, metres``."""
        import networkx as nx

        graph: nx.DiGraph[int] = nx.DiGraph()
        for k, (x, y) in enumerate(self.xy.tolist()):
            graph.add_node(k, x=x, y=y)
        parts = (self.start, self.end, self.minutes, self.metres, self.oneway)
        for a, b, minutes, metres, oneway in zip(*(p.tolist() for p in parts), strict=True):
            for u, v in ((a, b),) if oneway else ((a, b), (b, a)):
                known = graph.get_edge_data(u, v)
                if known is None or known["minutes"] > minutes:
                    graph.add_edge(u, v, minutes=minutes, metres=metres)
        return graph


def road_graph(roads: gpd.GeoDataFrame, *, where: str = "roads") -> RoadGraph:
    """Build a graph of a road layer.

    Every vertex of a line is a node, so lines join wherever they share a vertex, not only at ends.
    Roads that cross without a common vertex do not meet (bridges).

    Parameters
    ----------
    roads : GeoDataFrame
        Lines in a projected CRS. ``speed_kmh``, or ``class`` as in ``data/indicators/speeds.toml``;
        ``oneway`` (bool) where known.

    Raises
    ------
    InputError
        No lines, a geographic CRS, no speed, unknown classes, speeds that are not above 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame({"speed_kmh": [60.0]}, crs=4549,
    ...     geometry=[LineString([(0, 0), (1000, 0), (3000, 0)])])
    >>> road_graph(roads).minutes.tolist()
    [1.0, 2.0]
    """
    import shapely

    _check(roads, where)
    parts = roads.explode(index_parts=False)
    kmh = _speeds(parts, where)
    shapes = np.asarray(parts.geometry.array)
    xy, line = shapely.get_coordinates(shapes, return_index=True)
    keys = np.rint(xy / SNAP_M).astype(np.int64)
    _, first, node = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    node = node.reshape(-1).astype(np.int64)
    joined = np.flatnonzero(line[1:] == line[:-1])
    start, end, of = node[joined], node[joined + 1], line[joined]
    metres = np.hypot(*(xy[joined + 1] - xy[joined]).T)
    real = start != end
    oneway = np.zeros(len(parts), dtype=bool)
    if "oneway" in parts:
        oneway = parts["oneway"].fillna(value=False).to_numpy(dtype=bool)
    minutes = metres / (kmh[of] * 1000.0 / 60.0)
    return RoadGraph(
        xy[first], start[real], end[real], minutes[real], metres[real], oneway[of][real]
    )


def _check(roads: gpd.GeoDataFrame, where: str) -> None:
    problems = []
    if len(roads) == 0 or not roads.geom_type.isin(["LineString", "MultiLineString"]).all():
        problems.append(Problem(Text("needs lines", "需要线要素"), where, code="geometry"))
    if roads.crs is None or not roads.crs.is_projected:
        problems.append(
            Problem(
                Text("needs a projected CRS in metres", "需要以米为单位的投影坐标系"),
                where,
                code="crs",
            )
        )
    raise_all(problems)


def _speeds(roads: gpd.GeoDataFrame, where: str) -> Floats:
    table = load_toml("indicators", "speeds.toml")["kmh"]
    if "speed_kmh" in roads:
        kmh = pd.to_numeric(roads["speed_kmh"], errors="coerce")
    elif "class" in roads:
        kmh = roads["class"].map(table)
    else:
        raise InputError.one(
            "has neither speed_kmh nor class", "缺少 speed_kmh 或 class 字段", where=where,
            code="missing-column",
        )  # fmt: skip
    speed: Floats = kmh.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isfinite(speed) & (speed > 0))
    if wrong.any():
        column = "speed_kmh" if "speed_kmh" in roads else "class"
        seen = sorted({str(x) for x in roads.loc[wrong, column]})[:5]
        raise InputError.one(
            f"{int(wrong.sum())} lines have no usable speed ({column}: {', '.join(seen)})",
            f"{int(wrong.sum())} 条线没有可用的速度（{column}：{', '.join(seen)}）",
            where=where, code="speed",
            remedy=(f"known classes: {', '.join(table)}", f"已知等级：{', '.join(table)}"),
        )  # fmt: skip
    return speed


def travel_minutes(graph: RoadGraph, sources: npt.ArrayLike) -> Floats:
    """Shortest time from every node **to** the nearest of some nodes; inf where no road leads.

    Examples
    --------
    >>> g = RoadGraph(np.zeros((3, 2)), np.array([0, 1]), np.array([1, 2]), np.array([5.0, 7.0]),
    ...     np.array([1.0, 1.0]), np.array([False, True]))
    >>> travel_minutes(g, [0]).tolist(), travel_minutes(g, [2]).tolist()
    ([0.0, 5.0, inf], [12.0, 7.0, 0.0])
    """
    from scipy.sparse.csgraph import dijkstra

    nodes = np.unique(np.asarray(sources, dtype=np.int64))
    # Turned round: from the centres against the traffic is towards the centres.
    turned = graph.matrix().T.tocsr()
    out: Floats = dijkstra(turned, directed=True, indices=nodes, min_only=True)
    return out


def minutes_to_centres(
    places: gpd.GeoDataFrame, centres: gpd.GeoDataFrame, graph: RoadGraph
) -> pd.Series:
    """Travel time of each place to its nearest centre, minutes.

    From a point inside the place straight to a road (where it is best joined) at
    ``off_road_kmh``, over the roads, and from them straight to the centre; or straight to the
    centre where that is faster. Of the roads near, the one with the smallest total counts, and
    only roads that lead to a centre do. A place that no road joins to a centre, and that lies
    further than ``direct_walk_km`` from all of them, is ``<NA>``, not far away.

    Parameters
    ----------
    places : GeoDataFrame
        Polygons or points, CRS of the graph.
    centres : GeoDataFrame
        Points.

    Returns
    -------
    Series of Float64 on the places' index.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> line = gpd.GeoDataFrame({"speed_kmh": [60.0]}, geometry=[LineString([(0, 0), (9000, 0)])],
    ...     crs=4549)
    >>> at = lambda x, y: gpd.GeoDataFrame(index=["p"], geometry=[Point(x, y)], crs=4549)
    >>> minutes_to_centres(at(6000, 500), at(0, 0), road_graph(line))["p"]
    np.float64(7.936491673)
    """
    if len(centres) == 0:
        raise InputError.one("no centre", "没有中心点", where="centres", code="no-centre")
    total = minutes_from_points(_points(places), _points(centres), graph)
    out = pd.Series(np.round(total, 9), index=places.index, name="min_to_centre").astype("Float64")
    return out.mask(np.isinf(total), pd.NA)


def minutes_from_points(xy: Floats, centres: Floats, graph: RoadGraph) -> Floats:
    """Travel time of points to the nearest centre, minutes; inf where nothing leads there.

    Parameters
    ----------
    xy, centres : float arrays, shape (n, 2)
        In the CRS of the graph.
    graph : RoadGraph

    Examples
    --------
    A road of 20 km whose only vertices are its ends; 100 m off its middle the walk slants.

    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, geometry=[LineString([(0, 0), (20e3, 0)])],
    ...     crs=4549)
    >>> minutes_from_points(np.array([[10e3, 100.0]]), np.zeros((1, 2)), road_graph(road))
    array([10.387...])
    """
    import shapely

    speeds = load_toml("indicators", "speeds.toml")
    slow = float(speeds["off_road_kmh"]) * 1000.0 / 60.0
    nearest = centres[shapely.STRtree(shapely.points(centres)).nearest(shapely.points(xy))]
    far = np.sqrt(((xy - nearest) ** 2).sum(axis=1))
    best = np.where(far <= float(speeds["direct_walk_km"]) * 1000.0, far / slow, np.inf)
    if not len(graph.start):
        return best
    beside = _beside(graph, np.arange(len(graph.start)), centres, slow)
    at_node = _to_centres(graph, beside)
    usable = np.isfinite(at_node[graph.end])
    usable |= np.isfinite(at_node[graph.start]) & ~graph.oneway
    # A centre in the middle of a one-way road is reached from its start only.
    usable[beside.road] = True
    mine = _beside(graph, np.flatnonzero(usable), xy, slow)
    road, drive = mine.road, graph.minutes[mine.road]
    onward = mine.walk_on + (1.0 - mine.on) * drive + at_node[graph.end[road]]
    back = mine.walk_back + mine.back * drive + at_node[graph.start[road]]
    back = np.where(graph.oneway[road], np.inf, back)
    route = np.minimum(np.minimum(onward, back), _same_road(graph, mine, beside))
    np.minimum.at(best, mine.who, route)
    return np.where(np.isfinite(best), np.minimum(best, far / slow), best)


class _Beside(NamedTuple):
    """Points beside roads: where they best join a road that is driven on, or back, and the walk.

    ``on`` and ``back`` are shares of the way along the road, ``walk_on`` and ``walk_back`` minutes.
    """

    who: Ints
    road: Ints
    on: Floats
    back: Floats
    walk_on: Floats
    walk_back: Floats


def _beside(graph: RoadGraph, which: Ints, xy: Floats, slow: float) -> _Beside:
    """Find the roads near points, and where they are best joined.

    All within twice the distance of the nearest and ``_LOOK_M`` beyond it: a road a little further
    away may be the faster one. A road is joined ahead of the nearest point, as far as the ratio of
    speeds says (the walk and the drive meet at the angle of least time), so that it does not
    matter where the road has its vertices.
    """
    import shapely

    one, two = graph.xy[graph.start[which]], graph.xy[graph.end[which]]
    lines = shapely.linestrings(np.stack([one, two], axis=1))
    points = shapely.points(xy)
    tree = shapely.STRtree(lines)
    nearest = shapely.distance(points, lines[tree.nearest(points)])
    who, line = tree.query(points, predicate="dwithin", distance=2.0 * nearest + _LOOK_M)
    road = which[line]
    step = two[line] - one[line]
    length = np.maximum(np.hypot(*step.T), 1e-9)
    off = xy[who] - one[line]
    t = (off * step).sum(axis=1) / length**2
    gap = np.abs(step[:, 0] * off[:, 1] - step[:, 1] * off[:, 0]) / length
    fast = length / np.maximum(graph.minutes[road], 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(fast > slow, slow / np.sqrt(fast**2 - slow**2), np.inf)
    ahead = np.where(gap > 0, gap * ahead, 0.0) / length
    on, back = np.clip(t + ahead, 0.0, 1.0), np.clip(t - ahead, 0.0, 1.0)
    walks = [np.hypot(gap, (at - t) * length) / slow for at in (on, back)]
    return _Beside(who.astype(np.int64), road.astype(np.int64), on, back, *walks)


def _to_centres(graph: RoadGraph, centres: _Beside) -> Floats:
    """Minutes from every node to the nearest centre that the roads beside it lead to."""
    from scipy.sparse.csgraph import dijkstra

    n, k = len(graph.xy), int(centres.who.max()) + 1
    road, own = centres.road, centres.who
    drive, both = graph.minutes[road], ~graph.oneway[road]
    # From the start of the road along it, and against it where that is allowed; who comes along
    # leaves it before the nearest point, as who goes on joins it behind.
    start = np.concatenate([graph.start, graph.start[road], graph.end[road][both]])
    end = np.concatenate([graph.end, n + own, n + own[both]])
    along = centres.back * drive + centres.walk_back
    against = (1.0 - centres.on) * drive + centres.walk_on
    # Never 0: a sparse matrix would drop the edge.
    cost = np.maximum(np.concatenate([graph.minutes, along, against[both]]), 1e-12)
    oneway = np.concatenate([graph.oneway, np.ones(len(end) - len(graph.end), dtype=bool)])
    whole = RoadGraph(np.zeros((n + k, 2)), start, end, cost, cost, oneway)
    turned = whole.matrix().T.tocsr()
    out: Floats = dijkstra(turned, directed=True, indices=n + np.arange(k), min_only=True)
    return out[:n]


def _same_road(graph: RoadGraph, mine: _Beside, centres: _Beside) -> Floats:
    """Minutes along one road to a centre beside it; inf where there is none."""
    out = np.full(len(mine.road), np.inf)
    for road in np.unique(centres.road[np.isin(centres.road, mine.road)]):
        here, there = np.flatnonzero(mine.road == road), np.flatnonzero(centres.road == road)

        def pair(one: Floats, two: Floats, here: Ints = here, there: Ints = there) -> Floats:
            return two[there][None, :] - one[here][:, None]

        along, against = pair(mine.on, centres.back), pair(centres.on, mine.back, there, here).T
        walks = [mine.walk_on[here][:, None] + centres.walk_back[there][None, :],
                 mine.walk_back[here][:, None] + centres.walk_on[there][None, :]]  # fmt: skip
        drive = graph.minutes[road]
        # Where the two walks cross, straight to the centre is faster.
        going = np.where(along >= 0, along * drive + walks[0], np.inf)
        coming = np.where((against >= 0) & ~graph.oneway[road], against * drive + walks[1], np.inf)
        out[here] = np.minimum(going, coming).min(axis=1)
    return out


def distance_to(places: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> pd.Series:
    """Distance of each place to the nearest target, km; 0 where it meets one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point, box
    >>> p = gpd.GeoDataFrame(index=["a"], geometry=[box(0, 0, 1000, 1000)], crs=4549)
    >>> distance_to(p, gpd.GeoDataFrame(geometry=[Point(4000, 500)], crs=4549)).tolist()
    [3.0]
    """
    import shapely

    if len(targets) == 0:
        return pd.Series(pd.NA, index=places.index, dtype="Float64")
    shapes = np.asarray(places.geometry.array)
    others = np.asarray(targets.geometry.array)
    near = shapely.STRtree(others).nearest(shapes)
    metres = shapely.distance(shapes, others[near])
    return pd.Series(metres / 1000.0, index=places.index).astype("Float64")


def _points(frame: gpd.GeoDataFrame) -> Floats:
    import shapely

    shapes = shapely.point_on_surface(np.asarray(frame.geometry.array))
    xy: Floats = shapely.get_coordinates(shapes)
    return xy
