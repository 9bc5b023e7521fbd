"""Slope and relief from a digital elevation model, read in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.indicators.zonal import Places, means, series
from zoning.measure.windows import moving

if TYPE_CHECKING:
    import geopandas as gpd

Floats = npt.NDArray[np.float64]

#: Rows of a DEM held at once (own choice; a block of a 30 m province stays below 100 MB).
_ROWS = 512


def slope(height: Floats, dx: float, dy: float) -> Floats:
    """Slope in degrees by the third-order differences of Horn (1981); the rim is NaN.

    Parameters
    ----------
    height : float array, shape (rows, columns)
        Metres, NaN where missing; a missing neighbour makes the slope missing.
    dx, dy : float
        Cell sides in metres.

    Returns
    -------
    float array of the same shape.

    Examples
    --------
    >>> plane = np.add.outer(np.zeros(3), np.arange(3) * 10.0)
    >>> float(slope(plane, 10.0, 10.0)[1, 1])
    45.0
    """
    z = np.asarray(height, dtype=np.float64)
    out = np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return out
    nw, n, ne = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    w, e = z[1:-1, :-2], z[1:-1, 2:]
    sw, s, se = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    right = ((ne + 2 * e + se) - (nw + 2 * w + sw)) / (8 * dx)
    down = ((sw + 2 * s + se) - (nw + 2 * n + ne)) / (8 * dy)
    inner = z[1:-1, 1:-1]
    steep = np.degrees(np.arctan(np.hypot(right, down)))
    out[1:-1, 1:-1] = np.where(np.isnan(inner), np.nan, steep)
    return out


def relief_window(cell_m: float, area_m2: float | None = None) -> int:
    """Cells along a side of the relief window: an odd number, of about one area at every cell size.

    Parameters
    ----------
    cell_m : float
        Side of a cell, m.
    area_m2 : float, optional
        By default ``[relief_window]`` of ``data/indicators/terrain.toml``: 20 ha, as the guide
        says (15 x 15 at 30 m, 9 x 9 at 50 m). Never less than 3 x 3.

    Examples
    --------
    >>> [relief_window(c) for c in (10, 29.9, 30, 50, 90, 100, 1000)]
    [45, 15, 15, 9, 5, 5, 3]
    """
    if area_m2 is None:
        area_m2 = float(load_toml("indicators", "terrain.toml")["relief_window"]["area_m2"])
    side = float(area_m2**0.5) / cell_m
    return max(3, 2 * round((side - 1.0) / 2.0) + 1)


def relief(height: Floats, window: int) -> Floats:
    """Relief in metres: highest less lowest in a moving window of ``window`` cells.

    Missing cells are left out; NaN where nothing is known or the cell itself is missing.

    Examples
    --------
    >>> relief(np.array([[0.0, 5.0, np.nan], [1.0, 2.0, 9.0]]), 3)[0].tolist()
    [5.0, 9.0, nan]
    """
    z = np.asarray(height, dtype=np.float64)
    missing = np.isnan(z)
    high = moving(np.where(missing, -np.inf, z), window, np.maximum, -np.inf)
    low = moving(np.where(missing, np.inf, z), window, np.minimum, np.inf)
    return np.where(missing, np.nan, high - low)


def terrain(dem: str | Path, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Mean slope, mean relief and mean elevation of places, from the pixels with centres in them.

    Parameters
    ----------
    dem : str or Path
        Elevation raster in metres with a projected CRS.
    places : GeoDataFrame
        Polygons that do not overlap; brought to the raster's CRS.

    Returns
    -------
    DataFrame of Float64 on the places' index
        ``slope_deg``, ``relief_m``, ``elevation_m``; ``<NA>`` where no known pixel lies inside.

    Raises
    ------
    InputError
        No such raster, or a geographic CRS.
    """
    return terrain_of(dem, {"places": places})["places"]


def terrain_of(
    dem: str | Path, places: Mapping[str, gpd.GeoDataFrame] | Places, crs: Any = None
) -> dict[str, pd.DataFrame]:
    """As `terrain`, for several frames at once.

    Parameters
    ----------
    dem : str or Path
    places : mapping of GeoDataFrame, or Places
    crs : CRS, optional
        Bring a raster in degrees to this CRS (bilinear); left out, it is refused.
    """
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    try:
        source = rasterio.open(dem)
    except rasterio.errors.RasterioIOError as error:
        raise InputError.one(
            "cannot be read", "无法读取", where=str(dem), code="missing-file"
        ) from error
    with ExitStack() as stack:
        r: Any = stack.enter_context(source)
        if (r.crs is None or not r.crs.is_projected) and crs is not None and r.crs is not None:
            # Without a nodata of its own the corners that the turned raster leaves would be 0 m.
            nodata = -9999.0 if r.nodata is None else r.nodata
            r = stack.enter_context(
                WarpedVRT(r, crs=crs, resampling=Resampling.bilinear, nodata=nodata)
            )
        if r.crs is None or not r.crs.is_projected:
            raise InputError.one(
                "needs a projected CRS in metres", "需要以米为单位的投影坐标系",
                where=str(dem), code="crs",
            )  # fmt: skip
        known = Places.of(places)
        found = means(_measured(r), r, known)
    names = ("slope_deg", "relief_m", "elevation_m")
    return {
        k: pd.DataFrame({n: series(found[k].get(n), f.index) for n in names}, index=f.index)
        for k, f in known.frames.items()
    }


def _measured(r: Any) -> Iterator[tuple[Any, dict[str, Floats]]]:
    """Slope, relief and height of blocks of rows, each computed with the rows around it."""
    from rasterio.windows import Window

    dx, dy = abs(r.transform.a), abs(r.transform.e)
    cells = relief_window(max(dx, dy))
    halo = max(cells // 2 + 1, 1)
    for top in range(0, r.height, _ROWS):
        rows = min(_ROWS, r.height - top)
        first = max(top - halo, 0)
        last = min(top + rows + halo, r.height)
        z = r.read(1, window=Window(0, first, r.width, last - first), masked=True)
        height = np.ma.filled(z.astype(np.float64), np.nan)
        own = slice(top - first, top - first + rows)
        yield Window(0, top, r.width, rows), {
            "slope_deg": slope(height, dx, dy)[own], "relief_m": relief(height, cells)[own],
            "elevation_m": height[own],
        }  # fmt: skip
