"""Which cells are evaluated: land inside the boundary. Water and the outside take no part.

A river is level and near the town, so it would be the best land to build on; and what lies outside
the city would decide the cumulative cuts of ecology.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError, Text
from zoning.evaluation.layers import Stack
from zoning.evaluation.tables import NODATA, Array, as_classes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Mask = npt.NDArray[np.bool_]

#: Rasters that say where land is: 1 and 0, or the land-use classes of a plan.
ROLES = ("land", "landuse")


class Extent:
    """Land inside the boundary, window by window.

    Parameters
    ----------
    stack : Stack
        With the roles ``land`` (1 land, 0 water) or ``landuse`` (classes), where they are given.
    boundary : polygon, optional
        In the CRS of the stack; a cell belongs to it by its centre.
    classes : DataFrame, optional
        Class table of ``landuse``; by default the shipped one.
    """

    def __init__(self, stack: Stack, boundary: Any = None, classes: pd.DataFrame | None = None):
        self.stack, self.boundary = stack, boundary
        self.role = next((r for r in ROLES if r in stack.files), None)
        self.dry: Array = np.zeros(0)
        self.known: Collection[int] = (0, 1)
        if self.role == "landuse":
            from zoning.inputs.landuse import load_classes

            table = load_classes() if classes is None else classes
            self.known = [int(v) for v in table.index]
            self.dry = np.array([int(v) for v in table.index[~table["water"]]])
        self.outside_cells = self.water_cells = 0

    def of(self, window: Any) -> tuple[Mask | None, Mask | None]:
        """Give where a window is inside the boundary, and where it is land; None is everywhere."""
        inside = land = None
        if self.boundary is not None:
            from rasterio.features import rasterize
            from rasterio.windows import transform

            inside = rasterize(
                [(self.boundary, 1)], out_shape=(window.height, window.width), dtype="uint8",
                transform=transform(window, self.stack.transform),
            ).astype(bool)  # fmt: skip
        if self.role is not None:
            x = self.stack.read(self.role, window)
            if inside is not None:
                x = np.where(inside, x, np.nan)
            found = as_classes(x, [v for v in self.known if v != NODATA], self.role)
            # Where the raster itself is unknown nothing is known of water either.
            wet = (found == 0) if self.role == "land" else ~np.isin(found, self.dry)
            land = ~wet | (found == NODATA)
        return inside, land

    def cut(self, classes: Array, window: Any, *, count: bool = True) -> Array:
        """Make water and the outside unknown; count them apart."""
        inside, land = self.of(window)
        outside = np.zeros(classes.shape, dtype=bool) if inside is None else ~inside
        water = np.zeros(classes.shape, dtype=bool) if land is None else ~land & ~outside
        if count:
            self.outside_cells += int(outside.sum())
            self.water_cells += int(water.sum())
        gone = NODATA if classes.dtype == np.uint8 else np.nan
        return np.where(outside | water, np.asarray(gone, dtype=classes.dtype), classes)

    def notes(self) -> tuple[Text, ...]:
        """Say what was not told apart."""
        found = []
        if self.boundary is None:
            found.append(
                Text("no boundary is given: the whole raster takes part",
                     "未给出边界：整个栅格参与评价")
            )  # fmt: skip
        if self.role is None:
            found.append(
                Text("no raster 'land' or 'landuse' is given: water is rated like land",
                     "没有图层 land 或 landuse：水域按陆地参与评价")
            )  # fmt: skip
        return tuple(found)


def split(rasters: Mapping[str, str | Path]) -> dict[str, str | Path]:
    """Give the rasters without those that only say where land is.

    Examples
    --------
    >>> split({"slope": "s.tif", "landuse": "u.tif"})
    {'slope': 's.tif'}
    """
    both = [r for r in ROLES if r in rasters]
    if len(both) > 1:
        raise InputError.one(
            "takes land or landuse, not both", "land 与 landuse 只能给出一个", where="evaluation",
            code="one-layer",
        )  # fmt: skip
    return {k: v for k, v in rasters.items() if k not in ROLES}


def polygon(boundary: Any, crs: Any) -> Any:
    """Bring a boundary (``FILE``, ``FILE:layer``, frame or polygon) to a CRS, as one polygon.

    Raises
    ------
    InputError
        If the file holds no polygons.
    """
    import shapely

    if boundary is None:
        return None
    if isinstance(boundary, str | Path):
        from zoning.inputs.vector import read_polygons

        frame, _ = read_polygons(str(boundary), role="boundary", to_crs=crs.to_wkt())
        return shapely.union_all(frame.geometry.to_numpy())
    if hasattr(boundary, "to_crs"):
        series: gpd.GeoSeries = boundary.geometry.to_crs(crs)
        return shapely.union_all(series.to_numpy())
    return boundary
