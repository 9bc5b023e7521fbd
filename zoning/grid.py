"""The lattice of planning units: its CRS, its codes, and which squares belong to a city.

A unit is a whole square of an infinite lattice. It belongs to the city when its overlap with the
city has an area above 0. Units are never clipped: what lies inside is an area, not a geometry.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Largest area distortion of a projected CRS over the study area (our choice; the edge of a
#: 3-degree zone stays below it, a neighbouring zone does not).
MAX_AREA_ERROR = 0.001

#: Most units of one plan (our choice: China in 1 km squares twice over).
MAX_UNITS = 20_000_000

#: CGCS2000 / 3-degree Gauss-Krueger without zone prefix: EPSG:4534 (75E) to EPSG:4554 (135E).
_FIRST_MERIDIAN, _FIRST_CODE, _LAST_CODE = 75, 4534, 4554


@dataclass(frozen=True, slots=True)
class GridSpec:
    """An infinite lattice of squares; a value that can be compared and hashed.

    Parameters
    ----------
    crs : str
        A projected CRS in metres, ``"EPSG:4549"`` or WKT. Every spelling of a CRS that EPSG
        lists (``"4549"``, ``"epsg:4549"``, its WKT) is kept as ``"EPSG:4549"``.
    cell_m : int
        Side of a square in metres.
    origin_m : tuple of int
        A corner of the lattice (x, y) in metres; any corner names the same lattice.

    Examples
    --------
    >>> GridSpec("EPSG:4549").code(404, 3563)
    '1kmN3563E404'
    >>> GridSpec("EPSG:4549", 1000, (404550, 3563050)).code(0, 0)
    'CRS4549RES1000mN3563050E404550'
    """

    crs: str
    cell_m: int = 1000
    origin_m: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Spell the CRS in one way; refuse a lattice that has no size."""
        object.__setattr__(self, "crs", normal_crs(self.crs))
        if self.cell_m <= 0:
            raise InputError.one(
                f"the cell size is {self.cell_m} m", f"网格边长为 {self.cell_m} 米",
                where="[grid] cell_m", limit=1, measured=self.cell_m, code="cell-size",
                remedy=("give a length above 0, such as 1000", "请给出大于 0 的边长,例如 1000"),
            )  # fmt: skip

    @property
    def same_lattice(self) -> tuple[str, int, tuple[int, int]]:
        """What two plans must share to be joined: CRS, cell and origin modulo the cell."""
        x, y = self.origin_m
        return (self.crs, self.cell_m, (x % self.cell_m, y % self.cell_m))

    @property
    def is_whole_km(self) -> bool:
        """Whether this is the 1 km lattice on whole kilometres of a national CRS."""
        on_km = self.cell_m == 1000 and self.same_lattice[2] == (0, 0)
        return on_km and is_national(self.crs)

    def corner(self, col: Any, row: Any) -> tuple[Any, Any]:
        """Give the lower-left corner (x, y) of squares in metres."""
        return self.origin_m[0] + col * self.cell_m, self.origin_m[1] + row * self.cell_m

    def code(self, col: int, row: int) -> str:
        """Name one square by its lower-left corner; see :meth:`codes`."""
        return self.codes([col], [row])[0]

    def codes(self, cols: Iterable[int], rows: Iterable[int]) -> list[str]:
        """Name squares by their lower-left corners, never by an order of rows.

        Parameters
        ----------
        cols, rows : iterable of int
            Lattice numbers, counted from the origin.

        Returns
        -------
        list of str
            ``1kmN3563E404`` on the whole-kilometre lattice of a national CRS, otherwise with CRS,
            cell size and metres spelled out.

        References
        ----------
        Form after the geographical grid codes of INSPIRE (D2.8.I.2, 2014).
        """
        if self.is_whole_km:
            x0, y0 = self.origin_m[0] // 1000, self.origin_m[1] // 1000
            return [f"1kmN{y0 + r}E{x0 + c}" for c, r in zip(cols, rows, strict=True)]
        head = f"CRS{crs_tag(self.crs)}RES{self.cell_m}m"
        (x0, y0), s = self.origin_m, self.cell_m
        return [f"{head}N{y0 + r * s}E{x0 + c * s}" for c, r in zip(cols, rows, strict=True)]

    def locate(self, code: str) -> tuple[int, int]:
        """Give (col, row) of a code made by this lattice.

        Raises
        ------
        InputError
            If the code is not of this lattice.

        Examples
        --------
        >>> GridSpec("EPSG:4549").locate("1kmN3563E404")
        (404, 3563)
        """
        hit = re.fullmatch(r"(.*)N(-?\d+)E(-?\d+)", code)
        if hit:
            scale = 1000 if self.is_whole_km else 1
            y, x = int(hit[2]) * scale, int(hit[3]) * scale
            dx, dy = x - self.origin_m[0], y - self.origin_m[1]
            if dx % self.cell_m == 0 and dy % self.cell_m == 0:
                col, row = dx // self.cell_m, dy // self.cell_m
                if self.code(col, row) == code:
                    return col, row
        raise InputError.one(
            f"'{code}' is not a unit code of this lattice", f"“{code}”不是本网格的单元编码",
            code="unit-code", remedy=(
                f"codes look like {self.code(0, 0)}", f"编码形如 {self.code(0, 0)}"),
        )  # fmt: skip

    def squares(self, cols: Ints, rows: Ints) -> npt.NDArray[np.object_]:
        """Make the whole squares as shapely polygons."""
        import shapely

        x, y = self.corner(cols, rows)
        boxes: npt.NDArray[np.object_] = shapely.box(x, y, x + self.cell_m, y + self.cell_m)
        return boxes

    def as_dict(self) -> dict[str, Any]:
        """Give the lattice as it stands in ``run.json``."""
        return {"crs": self.crs, "cell_m": self.cell_m, "origin_m": list(self.origin_m)}


@cache
def _crs(text: str, where: str = "[grid] crs") -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError.one(
            f"unknown coordinate reference system '{text}'", f"无法识别的坐标系“{text}”",
            where=where, code="unknown-crs",
            remedy=("give an EPSG code such as EPSG:4549", "请给出 EPSG 代码,例如 EPSG:4549"),
        ) from error  # fmt: skip


@cache
def normal_crs(text: str, where: str = "[grid] crs") -> str:
    """Spell a CRS in one way: ``EPSG:n`` where EPSG lists exactly this CRS, else as it is given.

    Raises
    ------
    InputError
        If the CRS is unknown; ``where`` says who gave it.

    Examples
    --------
    >>> normal_crs("4549"), normal_crs("epsg:4549")
    ('EPSG:4549', 'EPSG:4549')
    """
    if re.fullmatch(r"EPSG:[1-9]\d*", text):
        return text
    found = _crs(text, where).to_authority("EPSG", min_confidence=100)
    return f"EPSG:{found[1]}" if found else text


def check_size(area_m2: float, cell_m: int, where: str = "[grid] cell_m") -> None:
    """Refuse a lattice with more units than one plan can hold, before anything is computed.

    Raises
    ------
    InputError
        If the area has room for more than :data:`MAX_UNITS` squares.

    Examples
    --------
    >>> check_size(3840e6, 1000)
    """
    units = round(area_m2 / cell_m**2)
    if units > MAX_UNITS:
        raise InputError.one(
            f"{cell_m} m squares would make {units:,} units, more than {MAX_UNITS:,}",
            f"边长 {cell_m} 米将产生 {units:,} 个单元,超过 {MAX_UNITS:,} 个",
            where=where, measured=units, limit=MAX_UNITS, code="too-many-units",
            remedy=("use larger squares or a smaller area", "请加大边长或缩小范围"),
        )  # fmt: skip


def is_national(crs: str) -> bool:
    """Whether a CRS is one of the CGCS2000 Gauss-Krueger zones (EPSG:4491 to EPSG:4554).

    Examples
    --------
    >>> is_national("EPSG:4549"), is_national("EPSG:3857")
    (True, False)
    """
    hit = re.fullmatch(r"EPSG:(\d+)", crs.upper())
    return bool(hit) and 4491 <= int(hit[1]) <= _LAST_CODE  # type: ignore[index]


def crs_tag(crs: str) -> str:
    """Spell a CRS for a unit code: the EPSG number, else a short name of the projection.

    Examples
    --------
    >>> crs_tag("EPSG:4549")
    '4549'
    """
    hit = re.fullmatch(r"EPSG:(\d+)", crs.upper())
    if hit:
        return hit[1]
    import hashlib

    name = re.sub(r"[^A-Za-z0-9]", "", _crs(crs).name) or "custom"
    return f"{name}-{hashlib.sha256(crs.encode()).hexdigest()[:6]}"


def check_projected(crs: str, where: str = "[grid] crs") -> None:
    """Refuse a CRS that is not projected in metres.

    Raises
    ------
    InputError
        If the CRS is unknown, geographic, or in another unit than the metre.
    """
    c = _crs(crs, where)
    if c.is_projected and all(abs(a.unit_conversion_factor - 1) < 1e-12 for a in c.axis_info[:2]):
        return
    raise InputError.one(
        f"{crs} ({c.name}) is not a projected CRS in metres",
        f"{crs}({c.name})不是以米为单位的投影坐标系",
        where=where, code="crs-not-metric",
        remedy=("leave crs out, and the zone is chosen from the longitude; or give e.g. EPSG:4549",
                "可不填 crs,由经度自动选带;或给出例如 EPSG:4549"),
    )  # fmt: skip


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
    scale = Proj(_crs(crs)).get_factors(xy[:, 0], xy[:, 1]).areal_scale
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


def gauss_krueger(longitude: float) -> str:
    """Give the 3-degree zone of CGCS2000 (without prefix) for a longitude.

    Examples
    --------
    >>> gauss_krueger(119.4), gauss_krueger(76.0)
    ('EPSG:4549', 'EPSG:4534')
    """
    zone = round((longitude - _FIRST_MERIDIAN) / 3)
    return f"EPSG:{min(max(_FIRST_CODE + zone, _FIRST_CODE), _LAST_CODE)}"


def equal_area(west: float, south: float, east: float, north: float) -> str:
    """Give the WKT of an Albers equal-area projection on CGCS2000 for a region.

    The central meridian is the middle, rounded to a degree; the standard parallels lie one sixth
    of the height inside the region (the usual rule, J. P. Snyder, Map Projections, 1987, p. 99).
    """
    from pyproj.crs import GeographicCRS, ProjectedCRS
    from pyproj.crs.coordinate_operation import AlbersEqualAreaConversion

    inset = (north - south) / 6
    lon0 = round((west + east) / 2)
    lat1, lat2 = round(south + inset, 1), round(north - inset, 1)
    if lat1 == lat2:
        lat2 += 0.1
    conversion = AlbersEqualAreaConversion(
        lat1, lat2, latitude_false_origin=0, longitude_false_origin=lon0,
        easting_false_origin=4_000_000, northing_false_origin=0,
    )  # fmt: skip
    name = f"CGCS2000 Albers {lon0} {lat1:g} {lat2:g}"
    crs = ProjectedCRS(conversion, name=name, geodetic_crs=GeographicCRS.from_epsg(4490))
    return str(crs.to_wkt())


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
