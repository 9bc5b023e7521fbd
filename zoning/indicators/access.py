"""Distance and travel time over a road network to the nearest centre.

The work is done by scipy's Dijkstra on a sparse matrix; the same graph as networkx is for looking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
            f"{int(wrong.sum())} 条线没有可用的速度({column}:{', '.join(seen)})",
            where=where, code="speed",
            remedy=(f"known classes: {', '.join(table)}", f"已知等级:{', '.join(table)}"),
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

    From a point inside the place straight to the nearest node at ``off_road_kmh``, over the roads,
    and from the last node straight to the centre. A place that the network does not join to any
    centre is ``<NA>``, not far away.

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
    >>> minutes_to_centres(at(9000, 500), at(0, 0), road_graph(line))["p"]
    np.float64(11.0)
    """
    from scipy.spatial import cKDTree

    if len(centres) == 0:
        raise InputError.one("no centre", "没有中心点", where="centres", code="no-centre")
    slow = float(load_toml("indicators", "speeds.toml")["off_road_kmh"]) * 1000.0 / 60.0
    tree = cKDTree(graph.xy)
    centre_gap, centre_node = tree.query(_points(centres))
    # A centre beside the road is a node of its own, joined by its walk to the road.
    n, k = len(graph.xy), len(centre_node)
    walk = RoadGraph(
        np.vstack([graph.xy, _points(centres)]),
        np.concatenate([graph.start, n + np.arange(k)]),
        np.concatenate([graph.end, centre_node]),
        # Never 0: a sparse matrix would drop the edge.
        np.concatenate([graph.minutes, np.maximum(centre_gap / slow, 1e-12)]),
        np.concatenate([graph.metres, centre_gap]),
        np.concatenate([graph.oneway, np.zeros(k, dtype=bool)]),
    )
    at_node = travel_minutes(walk, n + np.arange(k))
    gap, node = tree.query(_points(places))
    total = gap / slow + at_node[node]
    out = pd.Series(np.round(total, 9), index=places.index, name="min_to_centre").astype("Float64")
    return out.mask(np.isinf(total), pd.NA)


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
