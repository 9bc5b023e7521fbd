"""How far a projection distorts areas and lengths over a study area, and which one fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.grid.crs import equal_area, gauss_krueger, read_crs

if TYPE_CHECKING:
    import geopandas as gpd

#: Largest area distortion of a projected CRS over the study area (our choice; the edge of a
#: 3-degree zone stays below it, a neighbouring zone does not).
MAX_AREA_ERROR = 0.001


@dataclass(frozen=True, slots=True)
class Distortion:
    """How far planar areas are from those on the ellipsoid over a study area.

    Parameters
    ----------
    worst : float
        Largest local deviation of the area scale from 1, over the vertices.
    planar_m2, ellipsoid_m2 : float
        Total area in the projection and on the CGCS2000 ellipsoid.
    """

    worst: float
    planar_m2: float
    ellipsoid_m2: float

    @property
    def total(self) -> float:
        """Relative difference of the total areas."""
        return self.planar_m2 / self.ellipsoid_m2 - 1 if self.ellipsoid_m2 else 0.0

    def as_dict(self) -> dict[str, float]:
        """Give the measure as plain data."""
        return {
            "worst_local": self.worst,
            "planar_m2": self.planar_m2,
            "ellipsoid_m2": self.ellipsoid_m2,
            "total": self.total,
        }


def measure_distortion(area: gpd.GeoSeries, crs: str) -> Distortion:
    """Measure how a CRS distorts areas over some polygons.

    Parameters
    ----------
    area : GeoSeries
        Polygons in any known CRS.
    crs : str
        The projected CRS that is judged.

    Returns
    -------
    Distortion
        The local measure is taken at the vertices: for a Gauss-Krueger zone the deviation grows
        with the distance from the meridian, so it is largest on the boundary.
    """
    import shapely
    from pyproj import Geod, Proj

    lonlat = area.to_crs("EPSG:4490")
    xy = shapely.get_coordinates(lonlat.array)
    scale = Proj(read_crs(crs)).get_factors(xy[:, 0], xy[:, 1]).areal_scale
    geod = Geod(ellps="GRS80")  # CGCS2000 differs from GRS80 by less than 0.0001 m in radius
    on_ellipsoid = sum(abs(geod.geometry_area_perimeter(_ccw(g))[0]) for g in lonlat.array)
    planar = math.fsum(shapely.area(area.to_crs(crs).array))
    return Distortion(float(np.abs(np.asarray(scale) - 1).max()), planar, on_ellipsoid)


def _ccw(geometry: Any) -> Any:
    """Turn rings so that shells and holes count with opposite signs on the ellipsoid."""
    import shapely

    return shapely.orient_polygons(geometry) if hasattr(shapely, "orient_polygons") else (
        _orient_by_hand(geometry))  # fmt: skip


def _orient_by_hand(geometry: Any) -> Any:
    from shapely import MultiPolygon
    from shapely.geometry.polygon import orient

    parts = getattr(geometry, "geoms", [geometry])
    return MultiPolygon([orient(p) for p in parts if p.geom_type == "Polygon"])


def choose_crs(area: gpd.GeoSeries, max_error: float = MAX_AREA_ERROR) -> tuple[str, Distortion]:
    """Choose the CRS of a study area from its longitude.

    Parameters
    ----------
    area : GeoSeries
        The study area in any known CRS.
    max_error : float
        Largest local area distortion that one Gauss-Krueger zone may have.

    Returns
    -------
    str, Distortion
        The 3-degree zone of CGCS2000, or an equal-area projection on CGCS2000 where that zone
        would distort areas by more than ``max_error``.
    """
    west, south, east, north = area.to_crs("EPSG:4490").total_bounds
    crs = gauss_krueger((west + east) / 2)
    distortion = measure_distortion(area, crs)
    if distortion.worst > max_error or not math.isfinite(distortion.worst):
        crs = equal_area(west, south, east, north)
        distortion = measure_distortion(area, crs)
    return crs, distortion
