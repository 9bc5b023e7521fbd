"""What polygons have in common, where their lines nearly coincide.

Plans share lines, and every change of CRS, file or program moves a corner by the last digit. There
an intersection of doubles can give, without a word, all of a polygon that only touches the other:
once in some ten thousand pairs of neighbours. Snap rounding cannot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

#: Step of the grid that lines are rounded to, in metres: far below what any area is told to.
GRID_M = 1e-6
_POLYGON, _MIXED = (3, 6), 7


def shared(one: Any, two: Any) -> Any:
    """Give what polygons have in common, one by one.

    Parameters
    ----------
    one, two : polygon or array of polygon
        Valid, in a CRS of metres.

    Returns
    -------
    polygon or array of polygon
        On a grid of a micrometre; empty where they only touch.

    Examples
    --------
    >>> shared(shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 1)).area
    1.0
    """
    return _flat(shapely.intersection(one, two, grid_size=GRID_M))


def rest(one: Any, two: Any) -> Any:
    """Give what polygons have beyond others, one by one, as :func:`shared` does.

    Examples
    --------
    >>> rest(shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 1)).area
    3.0
    """
    return _flat(shapely.difference(one, two, grid_size=GRID_M))


def _flat(shapes: Any) -> Any:
    """Keep polygons alone: snap rounding takes no mixed shapes."""
    some = np.atleast_1d(np.asarray(shapes, dtype=object))
    kind = shapely.get_type_id(some)
    for k in np.flatnonzero(~np.isin(kind, _POLYGON)).tolist():
        parts = shapely.get_parts(some[k]) if kind[k] == _MIXED else np.empty(0, dtype=object)
        some[k] = shapely.MultiPolygon(
            shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _POLYGON)]).tolist()
        )
    return some if np.ndim(shapes) else some[0]
