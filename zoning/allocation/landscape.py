"""The shape of what is built: patches, the largest one, aggregation, edge, compactness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.allocation.space import Sides
from zoning.base import runs
from zoning.base.areas import share


def landscape(
    built: pd.Series,
    area_m2: pd.Series,
    edges: pd.DataFrame,
    cell_m: float,
    *,
    ends: tuple[Any, Any] | None = None,
) -> dict[str, float | int]:
    """Measure the shape of a set of units.

    Parameters
    ----------
    built : Series of bool, index ``unit``
        Units that count as built.
    area_m2 : Series, index ``unit``
        Area of the units inside the city, m2.
    edges : DataFrame
        ``a, b, length_m`` of rook neighbours.
    cell_m : float
        Side of a whole square, metres.
    ends : tuple of int arrays, optional
        Positions of ``a`` and ``b`` in the index, where they are known.

    Returns
    -------
    dict
        ``units``; ``area_m2``; ``patches`` (connected over sides); ``largest_patch_m2``;
        ``largest_patch_share`` of all units' area; ``edge_m`` (sides to units that are not built
        and to the outside of the set of units); ``aggregation`` (0..1: shared sides over the most
        that so many squares can share); ``compactness`` (0..1: perimeter of a circle of the same
        area over the edge; ``nan`` where nothing is built).

    References
    ----------
    K. McGarigal, FRAGSTATS help (NP, LPI, AI, TE), 2015; H. S. He, B. E. DeZonia and
    D. J. Mladenoff, Landscape Ecology 15, 2000 (aggregation index).

    Examples
    --------
    >>> units = pd.Index(["a", "b", "c"])
    >>> sides = pd.DataFrame({"a": ["a", "b"], "b": ["b", "c"], "length_m": [1.0, 1.0]})
    >>> found = landscape(pd.Series([True, True, False], units), pd.Series(1.0, units), sides, 1.0)
    >>> found["patches"], found["edge_m"], found["aggregation"]
    (1, 6.0, 1.0)
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    chosen = built.fillna(False).astype(bool)
    index, here = built.index, chosen.to_numpy()
    a, b = _ends(index, edges) if ends is None else ends
    known = (a >= 0) & (b >= 0)
    both = known.copy()
    both[known] = here[a[known]] & here[b[known]]
    joined = sparse.csr_array(
        (np.ones(int(both.sum())), (a[both], b[both])), shape=(len(index), len(index))
    )
    label = connected_components(joined, directed=False)[1]
    land = area_m2.reindex(index).to_numpy(np.float64)
    patches = pd.Series(land[here]).groupby(label[here]).sum()
    count, total = int(here.sum()), float(land[here].sum())
    shared = int(both.sum())
    edge = 4 * cell_m * count - 2 * float(edges["length_m"].to_numpy(np.float64)[both].sum())
    most = _most_shared(count)
    largest = float(patches.max()) if count else 0.0
    return {
        "units": count,
        "area_m2": total,
        "patches": len(patches),
        "largest_patch_m2": largest,
        "largest_patch_share": largest / float(land.sum()) if land.sum() else math.nan,
        "edge_m": edge,
        "aggregation": shared / most if most else math.nan,
        "compactness": 2 * math.sqrt(math.pi * total) / edge if edge else math.nan,
    }


def _ends(index: pd.Index, edges: pd.DataFrame) -> tuple[Any, Any]:
    """Find both units of each side."""
    return runs.positions(edges["a"], index), runs.positions(edges["b"], index)


def _most_shared(count: int) -> int:
    """Give the largest number of sides that so many squares can share."""
    n = math.isqrt(count)
    rest = count - n * n
    if rest == 0:
        return 2 * n * (n - 1)
    return 2 * n * (n - 1) + 2 * rest - (1 if rest <= n else 2)


def before_and_after(
    pieces: pd.DataFrame,
    new_m2: pd.Series,
    edges: pd.DataFrame | Sides,
    cell_m: float,
    core_share: float = 0.5,
) -> pd.DataFrame:
    """Measure the built-up units before and after the new land.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, area_m2, built_m2``.
    new_m2 : Series, index ``piece``
        New land, m2.
    edges : DataFrame or Sides
        ``a, b, length_m``.
    cell_m : float
        Side of a whole square, metres.
    core_share : float
        A unit counts as built above this share.

    Returns
    -------
    DataFrame, index measure
        Columns ``before`` and ``after``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": ["a", "b"], "area_m2": [100, 100], "built_m2": [80, 20]},
    ...                       index=["a|t", "b|t"])
    >>> sides = pd.DataFrame({"a": ["a"], "b": ["b"], "length_m": [10.0]})
    >>> more = pd.Series([0, 60], index=["a|t", "b|t"])
    >>> before_and_after(pieces, more, sides, 10.0).loc[["units", "edge_m"]].values.tolist()
    [[1.0, 2.0], [40.0, 60.0]]
    """
    table = pieces[["unit", "area_m2", "built_m2"]].assign(new=new_m2.reindex(pieces.index))
    units = runs.added(table, ["unit"], ["area_m2", "built_m2", "new"]).set_index("unit")
    if isinstance(edges, Sides):
        at = runs.positions(edges.codes, units.index)
        ends, edges = (at[edges.a], at[edges.b]), pd.DataFrame({"length_m": edges.length})
    else:
        ends = _ends(units.index, edges)
    found = {}
    for word, land in (("before", units["built_m2"]), ("after", units["built_m2"] + units["new"])):
        over = (share(land, units["area_m2"]) > core_share).fillna(False)
        found[word] = landscape(over, units["area_m2"], edges, cell_m, ends=ends)
    return pd.DataFrame(found)


@dataclass(frozen=True)
class Patches:
    """What is wished.

    Parameters
    ----------
    min_units : int
        Least number of units of a patch without a core; 1 wishes nothing.
    attached : bool
        Whether every patch must hold a core (a unit built above the core share).
    """

    min_units: int = 1
    attached: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is wished."""
        return self.min_units > 1 or self.attached


def faulty(
    chosen: npt.NDArray[np.bool_],
    core: npt.NDArray[np.bool_],
    a: npt.NDArray[np.intp],
    b: npt.NDArray[np.intp],
    wish: Patches,
) -> npt.NDArray[np.bool_]:
    """Say which units lie in a patch that breaks the wish.

    Parameters
    ----------
    chosen, core : bool array, shape (units,)
        Units that count as chosen (cores among them), and cores.
    a, b : intp array, shape (edges,)
        Neighbours.
    wish : Patches

    Returns
    -------
    bool array, shape (units,)

    Examples
    --------
    >>> faulty(np.array([True, True, False, True]), np.zeros(4, bool), np.array([0, 1, 2]),
    ...        np.array([1, 2, 3]), Patches(2)).tolist()
    [False, False, False, True]
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    n = len(chosen)
    both = chosen[a] & chosen[b]
    graph = sparse.csr_array((np.ones(int(both.sum())), (a[both], b[both])), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    size = np.bincount(label, weights=chosen.astype(float), minlength=n)
    cores = np.bincount(label, weights=(core & chosen).astype(float), minlength=n) > 0
    bad = ~cores & (np.ones(n, bool) if wish.attached else size < wish.min_units)
    return np.asarray(chosen & bad[label], dtype=bool)
