"""Slope and relief from a digital elevation model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoning.evaluation.tables import Array

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
    c = z[1:-1, 1:-1]
    rows, columns = c.shape

    def at(i: int, j: int) -> Floats:
        part: Floats = z[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        return part

    near = {(i, j): at(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    if np.isnan(z).any():
        near = _completed(near)
    right = near[-1, 1] + 2 * near[0, 1] + near[1, 1]
    left = near[-1, -1] + 2 * near[0, -1] + near[1, -1]
    down = near[1, -1] + 2 * near[1, 0] + near[1, 1]
    up = near[-1, -1] + 2 * near[-1, 0] + near[-1, 1]
    steep = np.hypot((right - left) / (8 * dx), (down - up) / (8 * dy))
    return np.where(np.isnan(c), np.nan, np.degrees(np.arctan(steep)))


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
    from scipy.ndimage import maximum_filter, minimum_filter

    z = np.asarray(height, dtype=np.float64)
    gone = np.isnan(z)
    top = maximum_filter(np.where(gone, -np.inf, z), window, mode="constant", cval=-np.inf)
    low = minimum_filter(np.where(gone, np.inf, z), window, mode="constant", cval=np.inf)
    # Where nothing is known the two infinities would give a warning, not a number.
    out: Floats = np.subtract(top, low, out=np.full(z.shape, np.nan), where=~gone)
    return out
