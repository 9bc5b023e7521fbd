"""The projection of the grid, in a form that a browser can compute without a library.

Transverse Mercator (all Gauss-Krueger zones) travels as its parameters and is computed by
Krueger's series. Any other CRS travels as a Chebyshev interpolation: its coordinates on a small
lattice of longitude and latitude, with the error that was measured between the nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError

Floats = npt.NDArray[np.float64]

#: How far the browser may miss a place, as a part of a unit's side (our choice: a third of a
#: pixel on a screen where the unit is 300 pixels wide).
MAX_ERROR_SHARE = 0.001
_DEGREES = (6, 9, 13, 18, 24)


def browser_projection(
    crs: Any, bounds: tuple[float, float, float, float], cell_m: float
) -> dict[str, Any]:
    """Describe how to get from longitude and latitude to the grid.

    Parameters
    ----------
    crs : pyproj.CRS or anything it reads
        Projected, in metres.
    bounds : tuple of float
        West, south, east, north of the grid in degrees (WGS84).
    cell_m : float
        Side of a unit in metres.

    Returns
    -------
    dict
        ``{"kind": "tm", ...}`` with the parameters of the projection, or ``{"kind": "chebyshev",
        ...}`` with coefficients, box and ``error_m``.

    Raises
    ------
    InputError
        If no interpolation comes close enough.

    Examples
    --------
    >>> p = browser_projection("EPSG:4549", (119.0, 32.0, 120.0, 33.0), 1000)
    >>> p["kind"], p["lon0"], p["fe"]
    ('tm', 120.0, 500000.0)
    """
    from pyproj import CRS

    crs = CRS.from_user_input(crs)
    return _transverse_mercator(crs) or _chebyshev(crs, bounds, cell_m)


def _transverse_mercator(crs: Any) -> dict[str, Any] | None:
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    values = {p.name: p.value for p in operation.params}
    if values["Latitude of natural origin"] != 0 or crs.axis_info[0].unit_name != "metre":
        return None
    return {
        "kind": "tm",
        "lon0": float(values["Longitude of natural origin"]),
        "k0": float(values["Scale factor at natural origin"]),
        "fe": float(values["False easting"]),
        "fn": float(values["False northing"]),
        "a": float(crs.ellipsoid.semi_major_metre),
        "rf": float(crs.ellipsoid.inverse_flattening),
    }


def _chebyshev(
    crs: Any, bounds: tuple[float, float, float, float], cell_m: float
) -> dict[str, Any]:
    from pyproj import Transformer

    forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    west, south, east, north = _widen(bounds)
    worst = np.inf
    for degree in _DEGREES:
        nodes = np.cos((np.arange(degree + 1) + 0.5) * np.pi / (degree + 1))
        back = np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, degree))
        x, y = _at(forward, nodes, nodes, (west, south, east, north))
        cx, cy = back @ x @ back.T, back @ y @ back.T
        between = np.linspace(-1, 1, 4 * degree + 3)
        true_x, true_y = _at(forward, between, between, (west, south, east, north))
        grid = np.polynomial.chebyshev.chebgrid2d
        worst = float(
            np.hypot(grid(between, between, cx) - true_x, grid(between, between, cy) - true_y).max()
        )
        if worst <= MAX_ERROR_SHARE * cell_m:
            return {
                "kind": "chebyshev",
                "box": [west, south, east, north],
                "degree": degree,
                "x": np.round(cx, 6).ravel().tolist(),
                "y": np.round(cy, 6).ravel().tolist(),
                "error_m": worst,
            }
    raise InputError.one(
        f"the map cannot follow the CRS '{crs.name}' closely enough in a browser",
        f"浏览器中的地图无法足够精确地表达坐标系“{crs.name}”",
        code="map-projection", measured=worst, limit=MAX_ERROR_SHARE * cell_m,
        remedy=("use a Gauss-Krueger zone or an equal-area projection for the place",
                "请使用当地的高斯-克吕格投影或等积投影"),
    )  # fmt: skip


def _widen(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Leave a rim, so that whole map tiles around the city can be computed."""
    west, south, east, north = bounds
    dx, dy = 0.1 * (east - west) + 0.05, 0.1 * (north - south) + 0.05
    return (
        max(west - dx, -180.0),
        max(south - dy, -89.0),
        min(east + dx, 180.0),
        min(north + dy, 89.0),
    )


def _at(
    forward: Any, u: Floats, v: Floats, box: tuple[float, float, float, float]
) -> tuple[Floats, Floats]:
    """Project the product grid of ``u`` (longitude, rows) and ``v`` (latitude), both in -1..1."""
    west, south, east, north = box
    lon, lat = np.meshgrid(
        west + (u + 1) / 2 * (east - west), south + (v + 1) / 2 * (north - south), indexing="ij"
    )
    x, y = forward(lon.ravel(), lat.ravel())
    return np.reshape(x, lon.shape), np.reshape(y, lon.shape)
