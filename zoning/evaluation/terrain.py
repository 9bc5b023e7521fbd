"""Slope and relief from a digital elevation model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoning.evaluation.tables import Array
from zoning.measure.windows import moving

Floats = npt.NDArray[np.float64]


def slope_deg(height: Array, dx: float, dy: float, *, rim: bool = False) -> Floats:
    """Slope by the differences of B. K. P. Horn, Hill shading and the reflectance map, 1981.

    A missing neighbour is put on the line through the cell and the neighbour across; a corner
    whose corner across is missing too, on the plane through the cell and the two sides beside it.
    So the rim of a plane has the plane's slope. A pair of sides that is missing is level.

    Parameters
    ----------
    height : float array, shape (rows, columns)
        Metres, NaN where missing.
    dx, dy : float
        Cell sides in metres.
    rim : bool
        The outermost rows and columns are the cells around a window: used, not answered.

    Returns
    -------
    float64 array of the same shape (less the rim)
        Degrees; NaN where the cell itself is missing.

    Examples
    --------
    >>> plane = np.tile(np.arange(4) * 10.0, (3, 1))
    >>> slope_deg(plane, 10.0, 10.0).round(6).tolist()[0]
    [45.0, 45.0, 45.0, 45.0]
    """
    z = np.asarray(height, dtype=np.float64)
    z = z if rim else np.pad(z, 1, constant_values=np.nan)
    rows, columns = (n - 2 for n in z.shape)
    near = {
        (i, j): z[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        for i in (-1, 0, 1) for j in (-1, 0, 1)
    }  # fmt: skip
    out = _steep(near, dx, dy)
    # Few cells have a missing neighbour: only those are completed.
    beside = np.isnan(out) & ~np.isnan(near[0, 0])
    if beside.any():
        out[beside] = _steep(_completed({k: part[beside] for k, part in near.items()}), dx, dy)
    out[np.isnan(near[0, 0])] = np.nan
    return out


def _steep(near: dict[tuple[int, int], Floats], dx: float, dy: float) -> Floats:
    """Slope in degrees from the cells around; NaN where one of the eight is missing."""
    right = near[-1, 1] + 2 * near[0, 1] + near[1, 1]
    left = near[-1, -1] + 2 * near[0, -1] + near[1, -1]
    down = near[1, -1] + 2 * near[1, 0] + near[1, 1]
    up = near[-1, -1] + 2 * near[-1, 0] + near[-1, 1]
    steep: Floats = np.hypot((right - left) / (8 * dx), (down - up) / (8 * dy))
    return np.degrees(np.arctan(steep, out=steep), out=steep)


def _completed(near: dict[tuple[int, int], Floats]) -> dict[tuple[int, int], Floats]:
    """Fill missing neighbours: along the line through the cell, then along the plane."""
    c = near[0, 0]
    full = dict(near)
    for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        full[i, j] = _first_known(near[i, j], 2 * c - near[-i, -j], c)
    for i, j in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        plane = full[i, 0] + full[0, j] - c
        full[i, j] = _first_known(near[i, j], 2 * c - near[-i, -j], plane)
    return full


def _first_known(*choices: Floats) -> Floats:
    best = choices[-1]
    for choice in choices[-2::-1]:
        best = np.where(np.isnan(choice), best, choice)
    return best


def relief_m(height: Array, window: int) -> Floats:
    """Relief: highest less lowest of a moving window of ``window`` x ``window`` cells.

    Missing cells and the
    outside are left out.

    Parameters
    ----------
    height : float array, shape (rows, columns)
        Metres, NaN where missing.
    window : int
        Cells.

    Returns
    -------
    float64 array of the same shape
        Metres; NaN where the cell itself is missing.

    Examples
    --------
    >>> relief_m(np.array([[0.0, 5.0, np.nan], [1.0, 2.0, 9.0]]), 3)[0].tolist()
    [5.0, 9.0, nan]
    """
    z = np.asarray(height, dtype=np.float64)
    gone = np.isnan(z)
    top = moving(np.where(gone, -np.inf, z), window, np.maximum, -np.inf)
    low = moving(np.where(gone, np.inf, z), window, np.minimum, np.inf)
    # Where nothing is known the two infinities would give a warning, not a number.
    out: Floats = np.subtract(top, low, out=np.full(z.shape, np.nan), where=~gone)
    return out
