"""No enclaves: a lone township that could as well be of a neighbour's class joins it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

#: At most this many passes (our choice).
ROUNDS = 3


def adjacency(places: gpd.GeoDataFrame, *, tolerance_m: float = 1.0) -> nx.Graph[str]:
    """Graph of neighbours: places that share a border of some length.

    Parameters
    ----------
    places : GeoDataFrame
        Polygons in a projected CRS, index code.
    tolerance_m : float
        Gaps and overlaps up to this width still count as a shared border. Places that meet in a
        point only (a border shorter than four tolerances) are no neighbours.

    Returns
    -------
    networkx.Graph
        Nodes are the codes, in order; edges carry ``border_m``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> g = gpd.GeoDataFrame(index=["a", "b", "c"], crs=4549,
    ...     geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 100, 300, 200)])
    >>> sorted(adjacency(g).edges(data="border_m"))
    [('a', 'b', 100.0)]
    """
    import networkx as nx
    import shapely

    shapes = np.asarray(places.geometry.array)
    codes = [str(c) for c in places.index]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(codes)
    tree = shapely.STRtree(shapes)
    one, two = tree.query(shapes, predicate="dwithin", distance=tolerance_m)
    pairs = one < two
    one, two = one[pairs], two[pairs]
    order = np.lexsort((two, one))
    one, two = one[order], two[order]
    edges = shapely.boundary(shapes)
    reach = shapely.buffer(edges[one], tolerance_m)
    # The reach goes a tolerance beyond each end.
    length = shapely.length(shapely.intersection(reach, edges[two]))
    for i, j, reached in zip(one, two, length, strict=True):
        border = float(reached) - 2.0 * tolerance_m
        if border > 2.0 * tolerance_m:
            graph.add_edge(codes[i], codes[j], border_m=float(round(border)))
    return graph


def join_enclaves(
    classes: pd.DataFrame,
    neighbours: nx.Graph[str],
    *,
    max_margin: float = 0.05,
    rounds: int = ROUNDS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let lone townships with a small margin join their neighbours.

    A township none of whose neighbours has its zone switches to its runner-up if a neighbour has
    that and the margin is below ``max_margin``. The smallest margin goes first and every switch is
    seen by the next, so two neighbours never swap. Decisions on record do not switch.

    Parameters
    ----------
    classes : DataFrame
        As from `classify_townships`.
    neighbours : networkx.Graph
        As from `adjacency`.
    max_margin : float
        Share of the scale (our choice: 5 %).
    rounds : int
        At most this many passes.

    Returns
    -------
    classes : DataFrame
        With ``zone`` and ``zone_reason`` changed.
    log : DataFrame
        One row per switch: ``round``, ``township``, ``was``, ``zone``, ``margin``.

    Examples
    --------
    >>> import networkx as nx
    >>> t = pd.DataFrame({"zone": ["key", "moderate", "key"], "runner_up": ["moderate", "key", "x"],
    ...     "margin": [0.3, 0.02, 0.3], "zone_reason": "township"}, index=["a", "b", "c"])
    >>> joined, log = join_enclaves(t, nx.path_graph(["a", "b", "c"]))
    >>> joined["zone"].tolist(), log[["township", "was", "zone"]].values.tolist()
    (['key', 'key', 'key'], [['b', 'moderate', 'key']])
    """
    out = classes.copy()
    held = classes["zone_reason"].isin(["override"])
    near = classes[(classes["margin"] < max_margin).fillna(value=False) & ~held]
    order = near.assign(_code=near.index.astype(str)).sort_values(["margin", "_code"]).index
    zone = {str(k): "" if pd.isna(v) else str(v) for k, v in classes["zone"].items()}
    then = {str(c): "" if pd.isna(v) else str(v) for c, v in near["runner_up"].items()}
    around = {c: [str(n) for n in neighbours[c]] for c in then}
    log: list[dict[str, Any]] = []
    for turn, code, was in switches(zone, then, [str(c) for c in order], around, rounds):
        out.at[code, "zone"], out.at[code, "zone_reason"] = then[code], "contiguity"
        margin = float(classes.at[code, "margin"])
        log.append({"round": turn, "township": code, "was": was, "zone": then[code],
                    "margin": margin})  # fmt: skip
    return out, pd.DataFrame(log, columns=["round", "township", "was", "zone", "margin"])


def switches(
    zone: dict[str, str], then: Mapping[str, str], order: Sequence[str],
    around: Mapping[str, Sequence[str]], rounds: int = ROUNDS,
) -> Iterator[tuple[int, str, str]]:  # fmt: skip
    """Let lone places join, in order; ``zone`` is changed, and each switch is given.

    Parameters
    ----------
    zone : dict
        Zones by code, ``""`` unknown.
    then : mapping
        Runner-up of the places that may switch.
    order : sequence of str
        Those places, the smallest margin first.
    around : mapping
        Neighbours of each of them.
    rounds : int

    Yields
    ------
    turn : int
    code : str
    was : str
    """
    for turn in range(1, rounds + 1):
        switched = False
        for code in order:
            near = {zone[n] for n in around[code] if zone[n]}
            now = zone[code]
            if not near or not now or now in near or then[code] not in near:
                continue
            zone[code] = then[code]
            switched = True
            yield turn, code, now
        if not switched:
            return
