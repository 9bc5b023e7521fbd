"""The layers that a plan is measured from, in one CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.pictures import ClassFile
    from zoning.measure.zonal import Raster


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a plan in the CRS of its grid; all but the city may be absent.

    Parameters
    ----------
    city : polygon
    townships : GeoDataFrame, index ``township``, column ``county``
    redlines : GeoDataFrame, columns ``area_code``, ``level``
    protections : GeoDataFrame, columns ``kind``, ``code``, ``level``
        Every kind but red lines.
    landuse : picture of class values
        A file that gives windows, or a raster in memory; both have ``window(bounds)``.
    """

    city: Any
    townships: gpd.GeoDataFrame | None = None
    redlines: gpd.GeoDataFrame | None = None
    protections: gpd.GeoDataFrame | None = None
    landuse: Raster | ClassFile | None = None
