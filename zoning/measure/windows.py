"""Moving windows over a picture, and its patches, in NumPy.

``scipy.ndimage`` has them too, and takes as long to load as a city takes to be evaluated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Picture = npt.NDArray[Any]


def moving(picture: Picture, cells: int, better: np.ufunc, beyond: Any) -> Picture:
    """Give what is highest or lowest in the square window around each cell.

    Parameters
    ----------
    picture : array, shape (rows, columns)
        Without NaN.
    cells : int
        Side of the window; an even one reaches one cell further up and left.
    better : ufunc
        ``np.maximum``, ``np.minimum`` or ``np.logical_or``.
    beyond : number
        What stands outside the picture: the worst there is.

    Examples
    --------
    >>> moving(np.array([[0.0, 5.0, 1.0, 1.0]]), 3, np.maximum, -np.inf).tolist()
    [[5.0, 5.0, 5.0, 1.0]]
    """
    return _along(_along(picture, cells, 0, better, beyond), cells, 1, better, beyond)


def _along(picture: Picture, cells: int, axis: int, better: np.ufunc, beyond: Any) -> Picture:
    """Let a window move along one axis: of two neighbours the better, then of two of those ..."""
    rim = [(0, 0), (0, 0)]
    rim[axis] = (cells // 2, cells - 1 - cells // 2)
    out, seen = np.pad(picture, rim, constant_values=beyond), 1
    while seen < cells:
        step = min(seen, cells - seen)
        out = (
            better(out[:-step], out[step:]) if axis == 0 else better(out[:, :-step], out[:, step:])
        )
        seen += step
    return out


def grown(mask: Mask, disc: Mask) -> Mask:
    """Grow a mask by a disc: each of its rows is a run of cells around the middle.

    Examples
    --------
    >>> grown(np.array([[False, True, False, False]]), np.ones((1, 3), dtype=bool)).tolist()
    [[True, True, True, False]]
    """
    rows, reach = len(mask), len(disc) // 2
    around = np.pad(mask, ((reach, reach), (0, 0)))
    out = np.zeros_like(mask)
    for top, wide in enumerate(disc.sum(axis=1).tolist()):
        out |= _along(around[top : top + rows], wide, 1, np.logical_or, False)
    return out


def patches(mask: Mask, *, corners: bool) -> tuple[npt.NDArray[np.int32], int]:
    """Give every patch of a mask a number, in the order of their first cells.

    Parameters
    ----------
    mask : bool array, shape (rows, columns)
    corners : bool
        Cells that meet at a corner belong together too; else only those that share a side.

    Returns
    -------
    labels : int32 array
        1..n, 0 outside.
    n : int

    Examples
    --------
    >>> diagonal = np.eye(2, dtype=bool)
    >>> patches(diagonal, corners=False)[0].tolist(), patches(diagonal, corners=True)[1]
    ([[1, 0], [0, 2]], 1)
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = mask.shape
    labels = np.zeros(mask.shape, dtype=np.int32)
    # One row behind the other, an empty cell before each, so that no run of cells goes on over it.
    line = np.zeros((rows, columns + 1), dtype=bool)
    line[:, 1:] = mask
    flat = np.append(line.ravel(), False)
    start, end = np.flatnonzero(flat[1:] != flat[:-1]).reshape(-1, 2).T
    if not len(start):
        return labels, 0
    # A run meets those of the next row that begin before it ends, and end after it begins.
    below, more = columns + 1, int(corners)
    first = np.searchsorted(end, start + below - more, side="right")
    count = np.searchsorted(start, end + below + more, side="left") - first
    above = np.repeat(np.arange(len(start)), count)
    under = np.arange(len(above)) - np.repeat(count.cumsum() - count - first, count)
    meet = coo_array((np.ones(len(above), dtype=bool), (above, under)), shape=(len(start),) * 2)
    n, which = connected_components(meet, directed=False)
    labels[mask] = np.repeat(which + 1, end - start)
    return labels, int(n)
