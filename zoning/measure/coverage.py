"""Exact shares of grid cells covered by polygons.

::

           +-------+-------+-------+      polygon  row  col  share
    row 1  |   ====|=======|===    |            0    0    0   0.25
           |   ####|#######|###    |            0    0    1   0.50
           +-------+-------+-------+            0    0    2   0.25
    row 0  |   ####|#######|###    |            0    1    0   0.25
           |   ====|=======|===    |            0    1    1   0.50
           +-------+-------+-------+            0    1    2   0.25
             col 0   col 1   col 2

Township shares, red-line shares and the joint ledger all come from here. Shares are exact up to
the rounding of float64: within 1e-12 of a cell of rational arithmetic, also far from the origin
and with zone-prefixed eastings. How it works stands in
:mod:`zoning.measure.trapezoids`, why it was made so in
``docs/decisions/ADR-001-coverage-kernel.md``, how fast it is in ``docs/benchmarks.md``.

Polygons must be valid. The kernel reads each ring once and adds areas by sign, so a ring that
crosses itself gives a signed winding area, not an area: call ``make_valid`` when polygons are
read. Coverage below nothing or above all of a cell is refused here; it is a guard, not a proof.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError
from zoning.measure.rings import Floats, Ints, ring_blocks
from zoning.measure.trapezoids import EdgeCells, edge_cells


@dataclass(frozen=True, slots=True)
class Shares:
    """A sparse table: one row for every cell of which a polygon covers some part.

    Attributes
    ----------
    polygon : int64 array
        Position of the polygon in what was given.
    row, col : int64 arrays
        Lattice numbers: row 0, column 0 starts at the origin, rows go north; may be negative.
    share : float64 array
        Covered share of the cell, ``0 < share <= 1``.

    Rows are sorted by ``(polygon, row, col)`` and no such triple occurs twice.
    """

    polygon: Ints
    row: Ints
    col: Ints
    share: Floats

    def __len__(self) -> int:
        return len(self.share)


def polygon_shares(
    geometries: npt.ArrayLike,
    *,
    origin: tuple[float, float],
    cell: float,
    block: int = 1 << 17,
) -> Shares:
    """Give the exact share of every grid cell in every polygon.

    Parameters
    ----------
    geometries : array of shapely geometries, shape (n,), or one geometry
        Valid polygons, multipolygons or collections, in a CRS in metres. Points, lines, empty
        geometries and None cover nothing.
    origin : (x, y)
        Lower left corner of row 0, column 0, in the units of the CRS.
    cell : float
        Side of a cell, in the same units.
    block : int
        Vertices that are worked on at a time, which bounds the memory. A polygon is never divided,
        and the result does not depend on it.

    Returns
    -------
    Shares

    Raises
    ------
    InputError
        If a coordinate is not finite, a polygon crosses itself (as far as that shows, see above),
        or cell and origin make no lattice.

    Examples
    --------
    A triangle over half of two cells in a row:

    >>> import shapely
    >>> t = shapely.Polygon([(0, 0), (2000, 0), (0, 1000)])
    >>> s = polygon_shares([t], origin=(0, 0), cell=1000)
    >>> s.col.tolist(), s.share.tolist()
    ([0, 1], [0.75, 0.25])
    """
    check_lattice(origin, cell)
    array = np.atleast_1d(np.asarray(geometries, dtype=object))
    parts = [
        _expand(edge_cells(rings, origin, cell, first))
        for first, rings in ring_blocks(array, block)
    ]
    if len(parts) == 1:
        return parts[0]
    return Shares(
        _join([p.polygon for p in parts], np.int64),
        _join([p.row for p in parts], np.int64),
        _join([p.col for p in parts], np.int64),
        _join([p.share for p in parts], np.float64),
    )


def _join(arrays: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)


def check_lattice(origin: tuple[float, float], cell: float) -> None:
    """Refuse a cell size or an origin that makes no lattice."""
    if not (math.isfinite(cell) and cell > 0 and all(map(math.isfinite, origin))):
        raise InputError.one(
            f"cell size {cell} and origin {tuple(origin)} make no grid",
            f"单元边长 {cell} 与原点 {tuple(origin)} 不能构成网格",
            code="bad-lattice",
            remedy=("give a cell size above 0 and finite numbers", "边长须大于 0，且均为有限数值"),
        )


def _expand(edge: EdgeCells) -> Shares:
    """Write out the whole cells that follow each cell of the outline."""
    keep = edge.share > 0
    count = edge.whole + keep
    start = count.cumsum() - count
    # Where the edge cell itself is dropped, its whole cells begin one column further on.
    col = np.repeat(edge.col + ~keep - start, count)
    col += np.arange(len(col))
    share = np.ones(len(col))
    share[start[keep]] = edge.share[keep]
    return Shares(np.repeat(edge.polygon, count), np.repeat(edge.row, count), col, share)
