"""Coordinate reference systems of inputs: read, judge, bring together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from zoning.errors import Finding, Problem, Text

#: Datums of old Chinese surveys; their way to CGCS2000 needs local parameters.
_OLD_DATUMS = ("beijing 1954", "beijing_1954", "xian 1980", "xian_1980", "new beijing")
#: Their ellipsoids, where a file names no datum ("Unknown datum based upon Krassowsky 1940").
_OLD_SHAPES = ("krass", "krasovsky", "iag 1975", "xian")


def parse_crs(text: Any, where: str) -> tuple[Any, list[Problem]]:
    """Read a CRS as the planner writes it (``EPSG:4549``, WKT, PROJ).

    Returns
    -------
    pyproj.CRS or None, list of Problem
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text), []
    except CRSError:
        return None, [
            Problem(
                Text(f"unknown coordinate system '{text}'", f"未知的坐标系 '{text}'"),
                where,
                remedy=Text(
                    'write an EPSG code such as crs = "EPSG:4549"',
                    '请写 EPSG 代码，例如 crs = "EPSG:4549"',
                ),
                code="unknown-crs",
            )
        ]


def no_crs(where: str) -> Problem:
    """Say that a file has no coordinate system."""
    return Problem(
        Text("the file does not say its coordinate system", "文件没有坐标系"),
        where,
        remedy=Text(
            'name it, such as crs = "EPSG:4549"; do not guess: a wrong zone moves the data',
            '请指明，例如 crs = "EPSG:4549"；不要猜测，带号错误会使数据整体偏移',
        ),
        code="unknown-crs",
    )


def overridden(own: Any, stated: Any, where: str) -> Finding:
    """Say that plan.toml names another system than the file does."""
    a, b = name_of(own), name_of(stated)
    return Finding(
        Text(
            f"the file says {a}; it is read as {b} as stated",
            f"文件坐标系为 {a}；按指定的 {b} 读取",
        ),
        where,
        remedy=Text("leave crs out if the file is right", "若文件无误，请删去 crs"),
        code="crs-overridden",
    )


def not_metres(crs: Any, where: str) -> Problem | None:
    """Say that a CRS cannot measure areas in square metres, if so."""
    if crs.is_projected and all(a.unit_name == "metre" for a in crs.axis_info[:2]):
        return None
    return Problem(
        Text(
            f"{name_of(crs)} is not in metres; areas cannot be measured in it",
            f"{name_of(crs)} 的单位不是米，不能量算面积",
        ),
        where,
        remedy=Text(
            "use a projected CRS that fits the place, such as EPSG:4549 (CGCS2000, 120° E)",
            "请使用适合当地的投影坐标系，例如 EPSG:4549（CGCS2000，中央经线 120°）",
        ),
        code="geographic-crs",
    )


def no_way(source: Any, target: Any, where: str) -> Problem | None:
    """Say that two systems cannot be brought together without local parameters, if so."""
    if same_crs(source, target) or source.is_bound:
        # A bound CRS brings its parameters with it (+towgs84=...).
        return None
    datum = str(source.geodetic_crs.datum.name if source.geodetic_crs else "")
    shape = source.ellipsoid.name.lower() if source.ellipsoid else ""
    old = [*(o for o in _OLD_DATUMS if o in datum.lower()), *(k for k in _OLD_SHAPES if k in shape)]
    newer = target.ellipsoid.name.lower() if target.ellipsoid else ""
    if not old or any(k in newer for k in _OLD_SHAPES):
        return None
    return Problem(
        Text(
            f"{name_of(source)} ({datum}) cannot be turned into {name_of(target)} exactly",
            f"{name_of(source)}（{datum}）不能直接精确转换为 {name_of(target)}",
        ),
        where,
        remedy=Text(
            "let the surveying office convert it with the local parameters first, or give them in "
            "crs as PROJ text with +towgs84=...; without them it would be off by up to 100 m",
            "请先由测绘主管部门用当地转换参数转换到 CGCS2000，或在 crs 中以 PROJ 文本给出参数"
            "（+towgs84=...）；不用参数会偏移可达百米",
        ),
        code="old-datum",
    )


def same_crs(a: Any, b: Any) -> bool:
    """Whether two systems are the same, whatever their axis order and spelling.

    ArcGIS and GeoTIFF leave out codes and name the datum in their own way.

    Examples
    --------
    >>> from pyproj import CRS
    >>> same_crs(CRS(4549), CRS(CRS(4549).to_wkt("WKT1_ESRI"))), same_crs(CRS(4549), CRS(4548))
    (True, False)
    """
    # Some systems stand twice in the register: EPSG:4512 and 4554 differ in nothing but the name.
    return bool(a.equals(b, ignore_axis_order=True)) or _numbers(a) == _numbers(b)


def code_of(crs: Any) -> int | None:
    """Give the EPSG code of a system, or None.

    A system that came without one is looked up; the code counts only if its numbers agree, as
    the look-up also offers near misses.
    """
    return _looked_up(crs)


@lru_cache(maxsize=64)  # a look-up of a system without code takes a tenth of a second
def _looked_up(crs: Any) -> int | None:
    code = crs.to_epsg(min_confidence=70)
    if code is not None:
        return int(code)
    code = crs.to_epsg(min_confidence=20)
    return int(code) if code is not None and _numbers(crs) == _numbers(_epsg(code)) else None


@lru_cache(maxsize=32)
def _epsg(code: int) -> Any:
    from pyproj import CRS

    return CRS(code)


def _numbers(crs: Any) -> tuple[Any, ...]:
    """Give what moves coordinates: datum, ellipsoid, method, its parameters and the unit."""
    ellipsoid, way = crs.ellipsoid, crs.coordinate_operation
    parameters = sorted((p.name, float(p.value)) for p in way.params) if way else []
    return (
        str(crs.datum.name).lower().replace("_", " ").replace("d ", "").strip()
        if crs.datum
        else "",
        (ellipsoid.semi_major_metre, round(ellipsoid.inverse_flattening, 6)) if ellipsoid else (),
        str(way.method_name).lower().replace("_", " ") if way else "",
        parameters,
        [axis.unit_name for axis in crs.axis_info[:2]],
    )


def name_of(crs: Any) -> str:
    """Write a CRS as ``EPSG:4549`` where it has a code, else by its name.

    Examples
    --------
    >>> from pyproj import CRS
    >>> name_of(CRS(4549))
    'EPSG:4549'
    """
    code = code_of(crs)
    return f"EPSG:{code}" if code else str(crs.name)


def crs_text(crs: Any) -> str | None:
    """Write a CRS so that it can be read back: the code, else WKT."""
    if crs is None:
        return None
    code = code_of(crs)
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def place_of(shape: Any, crs: Any) -> tuple[float, float]:
    """Give longitude and latitude of a point inside a geometry (WGS84 degrees)."""
    point = shape.representative_point()
    lon, lat = to_degrees(crs).transform(point.x, point.y)
    return float(lon), float(lat)


def spot(shape: Any, crs: Any) -> tuple[float, float] | None:
    """Give the place of a finding: a point of a shape in degrees, if it can be known.

    Examples
    --------
    >>> import shapely
    >>> spot(shapely.box(119, 32, 120, 33), "EPSG:4326"), spot(shapely.Point(), "EPSG:4326")
    ((119.5, 32.5), None)
    """
    import shapely

    if shape is None or crs is None or shape.is_empty:
        return None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    try:
        lon, lat = place_of(shape, crs)
    except Exception:  # a shape that GEOS cannot look into, a CRS without a way to degrees
        return None
    return (round(lon, 6), round(lat, 6)) if abs(lon) <= 180 and abs(lat) <= 90 else None


def to_degrees(crs: Any) -> Any:
    """Give the way from a CRS to WGS84 degrees, and back; PROJ looks long for it, so it is kept.

    Degrees on CGCS2000 are taken as they are: the two agree within centimetres, and PROJ, after
    looking through its whole register, does no more than rename them.
    """
    return _to_degrees(crs if isinstance(crs, str) else str(crs_text(crs)))


@lru_cache(maxsize=8)
def _to_degrees(crs: str) -> Any:
    from pyproj import CRS, Transformer

    source = CRS.from_user_input(crs)
    own, known = source.geodetic_crs, CRS(4490)
    target = known if not source.is_bound and own == known else "EPSG:4326"
    return Transformer.from_crs(source, target, always_xy=True)
