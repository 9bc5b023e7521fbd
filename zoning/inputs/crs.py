"""Coordinate reference systems of inputs: read, judge, bring together."""

from __future__ import annotations

from typing import Any

from zoning.errors import Problem, Text

#: Datums of old Chinese surveys; their way to CGCS2000 needs local parameters.
_OLD_DATUMS = ("beijing 1954", "beijing_1954", "xian 1980", "xian_1980", "new beijing")


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
                    '请写 EPSG 代码,例如 crs = "EPSG:4549"',
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
            '请指明,例如 crs = "EPSG:4549";不要猜测,带号错误会使数据整体偏移',
        ),
        code="unknown-crs",
    )


def not_metres(crs: Any, where: str) -> Problem | None:
    """Say that a CRS cannot measure areas in square metres, if so."""
    if crs.is_projected and all(a.unit_name == "metre" for a in crs.axis_info[:2]):
        return None
    return Problem(
        Text(
            f"{name_of(crs)} is not in metres; areas cannot be measured in it",
            f"{name_of(crs)} 的单位不是米,不能量算面积",
        ),
        where,
        remedy=Text(
            "use a projected CRS that fits the place, such as EPSG:4549 (CGCS2000, 120° E)",
            "请使用适合当地的投影坐标系,例如 EPSG:4549(CGCS2000,中央经线 120°)",
        ),
        code="geographic-crs",
    )


def no_way(source: Any, target: Any, where: str) -> Problem | None:
    """Say that two systems cannot be brought together without local parameters, if so."""
    if same_crs(source, target):
        return None
    datum = str(source.geodetic_crs.datum.name if source.geodetic_crs else "")
    if not any(old in datum.lower() for old in _OLD_DATUMS):
        return None
    return Problem(
        Text(
            f"{name_of(source)} ({datum}) cannot be turned into {name_of(target)} exactly",
            f"{name_of(source)}({datum})不能直接精确转换为 {name_of(target)}",
        ),
        where,
        remedy=Text(
            "let the surveying office convert it with the local parameters first",
            "请先由测绘主管部门用当地转换参数转换到 CGCS2000",
        ),
        code="old-datum",
    )


def same_crs(a: Any, b: Any) -> bool:
    """Whether two systems are the same, whatever their axis order and spelling."""
    if a.equals(b, ignore_axis_order=True):
        return True
    code = a.to_epsg(min_confidence=70)
    return code is not None and code == b.to_epsg(min_confidence=70)


def name_of(crs: Any) -> str:
    """Write a CRS as ``EPSG:4549`` where it has a code, else by its name.

    Examples
    --------
    >>> from pyproj import CRS
    >>> name_of(CRS(4549))
    'EPSG:4549'
    """
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else str(crs.name)


def crs_text(crs: Any) -> str | None:
    """Write a CRS so that it can be read back: the code, else WKT."""
    if crs is None:
        return None
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def place_of(shape: Any, crs: Any) -> tuple[float, float]:
    """Give longitude and latitude of a point inside a geometry (WGS84 degrees)."""
    from pyproj import Transformer

    point = shape.representative_point()
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(point.x, point.y)
    return float(lon), float(lat)
