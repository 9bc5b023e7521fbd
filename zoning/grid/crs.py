"""Coordinate reference systems of China: one spelling for each, which fit, which are refused."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from zoning.errors import InputError

#: CGCS2000 / 3-degree Gauss-Krueger without zone prefix: EPSG:4534 (75E) to EPSG:4554 (135E).
_FIRST_MERIDIAN, _FIRST_CODE, _LAST_CODE = 75, 4534, 4554


@cache
def read_crs(text: str, where: str = "[grid] crs") -> Any:
    """Read a CRS in any spelling, once.

    Raises
    ------
    InputError
        If it is unknown; ``where`` says who gave it.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError.one(
            f"unknown coordinate reference system '{text}'", f"无法识别的坐标系“{text}”",
            where=where, code="unknown-crs",
            remedy=("give an EPSG code such as EPSG:4549", "请给出 EPSG 代码，例如 EPSG:4549"),
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
    found = read_crs(text, where).to_authority("EPSG", min_confidence=100)
    return f"EPSG:{found[1]}" if found else text


@lru_cache(maxsize=64)
def is_national(crs: str) -> bool:
    """Whether a CRS is one of the CGCS2000 Gauss-Krueger zones (EPSG:4491 to EPSG:4554).

    Examples
    --------
    >>> is_national("EPSG:4549"), is_national("EPSG:3857")
    (True, False)
    """
    hit = re.fullmatch(r"EPSG:(\d+)", crs.upper())
    return bool(hit) and 4491 <= int(hit[1]) <= _LAST_CODE  # type: ignore[index]


@lru_cache(maxsize=64)
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

    name = re.sub(r"[^A-Za-z0-9]", "", read_crs(crs).name) or "custom"
    return f"{name}-{hashlib.sha256(crs.encode()).hexdigest()[:6]}"


def check_projected(crs: str, where: str = "[grid] crs") -> None:
    """Refuse a CRS that is not projected in metres.

    Raises
    ------
    InputError
        If the CRS is unknown, geographic, or in another unit than the metre.
    """
    c = read_crs(crs, where)
    if c.is_projected and all(abs(a.unit_conversion_factor - 1) < 1e-12 for a in c.axis_info[:2]):
        return
    raise InputError.one(
        f"{crs} ({c.name}) is not a projected CRS in metres",
        f"{crs}（{c.name}）不是以米为单位的投影坐标系",
        where=where, code="crs-not-metric",
        remedy=("leave crs out, and the zone is chosen from the longitude; or give e.g. EPSG:4549",
                "可不填 crs，由经度自动选带；或给出例如 EPSG:4549"),
    )  # fmt: skip


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
