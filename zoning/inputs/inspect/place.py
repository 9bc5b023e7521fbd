"""Whether the coordinates of a layer can be what its CRS says: zone, axes, unit, stray vertices.

These findings are errors: whatever is measured on such a layer is wrong. Nothing is converted
here; the finding tells what would fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Finding, Text
from zoning.inputs import crs as systems
from zoning.inputs.inspect.stray import stray_vertices

if TYPE_CHECKING:
    import geopandas as gpd

#: Largest coordinate in metres: half the way round the Earth, and the zone number of an easting.
FARTHEST_M = 7e7


def inspect_place(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Look whether coordinates and CRS can belong together.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, in the CRS that it declares (or that plan.toml states for it).
    where : str
        File and layer.

    Returns
    -------
    list of Finding
        Errors: a local CRS, swapped axes, degrees for metres and the reverse, a zone number that
        does not fit the CRS, coordinates beyond the Earth, stray vertices.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(40_500_000, 3_560_000, 40_501_000, 3_561_000)
    >>> towns = gpd.GeoDataFrame(geometry=[square], crs="EPSG:4549")
    >>> print(inspect_place(towns, "towns.gpkg")[0].tell())
    towns.gpkg: x is about 40,500,500: an easting with the zone number 40 in front, ...
    """
    if frame.crs is None or not len(frame):
        return []
    local = _local(frame.crs, where)
    if local:
        return local
    bounds = frame.geometry.bounds.to_numpy()
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return []
    x = float(np.median(bounds[:, 0] + bounds[:, 2])) / 2
    y = float(np.median(bounds[:, 1] + bounds[:, 3])) / 2
    found = axes(x, y, frame.crs, where) or prefix(x, frame.crs, where)
    found = found or _beyond(bounds, frame.crs, where)
    # A layer that lies wrong as a whole has no vertex that lies wrong for itself.
    return found or stray_vertices(frame, where)


def _local(crs: Any, where: str) -> list[Finding]:
    if crs.is_geocentric:
        return [
            Finding(
                Text(f"{systems.name_of(crs)} counts metres from the centre of the Earth: no map",
                     f"{systems.name_of(crs)} 为地心直角坐标系，不能作平面坐标"),
                where, code="geocentric-crs", level="error",
                remedy=Text('name the CRS of the map, such as crs = "EPSG:4549"',
                            '请指明平面坐标系，例如 crs = "EPSG:4549"'),
            )
        ]  # fmt: skip
    if crs.is_projected or crs.is_geographic:
        return []
    return [
        Finding(
            Text(
                f"'{crs.name}' is a local coordinate system: its place on the Earth is not said",
                f"“{crs.name}”为地方独立坐标系，文件未说明其在地球上的位置",
            ),
            where, code="local-crs", level="error",
            remedy=Text(
                "let the surveying office convert the data to CGCS2000",
                "请由测绘主管部门将数据转换到 CGCS2000",
            ),
        )
    ]  # fmt: skip


def axes(x: float, y: float, crs: Any, where: str) -> list[Finding]:
    """Find swapped axes, degrees where metres are declared, and metres where degrees are."""
    if crs.is_geographic:
        # China lies between 73 and 135 E and between 3 and 54 N: the two ranges do not meet.
        if 0 < x < 60 < y < 140:
            return [_swapped(x, y, "longitude, latitude", "经度、纬度", where)]
        return [_metres(x, y, crs, where)] if max(abs(x), abs(y)) > 400 else []
    if abs(x) <= 180 and abs(y) <= 180 and (abs(x) > 1 or abs(y) > 1):
        swapped = 0 < x < 60 < y < 140
        also = Text(", latitude first", "，且纬度在前") if swapped else Text("", "")
        return [
            Finding(
                Text(
                    f"coordinates such as {x:.4f}, {y:.4f} are degrees{also.en}, but "
                    f"{systems.name_of(crs)} is in metres",
                    f"坐标（如 {x:.4f}, {y:.4f}）为度{also.zh}，而 {systems.name_of(crs)} "
                    "的单位是米",
                ),
                where, code="degrees-not-metres", level="error",
                remedy=Text('crs = "EPSG:4490"', 'crs = "EPSG:4490"'),
            )
        ]  # fmt: skip
    # Northings of China reach from 0.3 to 6 million, eastings stay near 0.5 million in a zone.
    easting = 100_000 < y < 900_000 or 13_000_000 < y < 46_000_000
    if easting and 1_000_000 < x < 6_100_000:
        return [_swapped(x, y, "easting, northing", "东坐标、北坐标", where)]
    return []


def _metres(x: float, y: float, crs: Any, where: str) -> Finding:
    """Say that metres stand where degrees are declared; GeoJSON without crs is one such case."""
    zone = int(x // 1_000_000)
    code = _prefixed_zone(zone) if 13 <= zone <= 45 else None
    fits = f'crs = "EPSG:{code}"' if code else 'crs = "EPSG:4549"'
    hint = Text(f"name the CRS of the metres, such as {fits}", f"请指明投影坐标系，例如 {fits}")
    return Finding(
        Text(
            f"coordinates such as {x:,.1f}, {y:,.1f} are metres, but {systems.name_of(crs)} is in "
            "degrees (GeoJSON without crs is read as WGS84 degrees)",
            f"坐标（如 {x:,.1f}, {y:,.1f}）为米，而 {systems.name_of(crs)} 的单位是度"
            "（未写明 crs 的 GeoJSON 按 WGS84 经纬度读取）",
        ),
        where, measured=max(abs(x), abs(y)), limit=180, remedy=hint, code="metres-not-degrees",
        level="error",
    )  # fmt: skip


def _swapped(x: float, y: float, en: str, zh: str, where: str) -> Finding:
    return Finding(
        Text(
            f"x {x:,.4f} and y {y:,.4f} look swapped; expected {en}",
            f"x {x:,.4f} 与 y {y:,.4f} 似乎颠倒；应为{zh}",
        ),
        where, code="swapped-axes", level="error",
        remedy=Text(
            "swap x and y (QGIS: Swap X and Y coordinates; zoning check --fix writes such a copy)",
            "请交换 x 和 y（QGIS：交换 X 和 Y 坐标；zoning check --fix 可写出副本）",
        ),
    )  # fmt: skip


def prefix(x: float, crs: Any, where: str) -> list[Finding]:
    """Find a zone number in front of the easting where the CRS has none, or the other way."""
    easting = false_easting(crs)
    if easting is None:
        return []
    declared, zone = int(easting // 1_000_000), int(x // 1_000_000)
    if zone == declared or not (zone == 0 or 13 <= zone <= 45):
        return []
    if zone == 0:
        text = Text(
            f"x is about {x:,.0f}: an easting without zone number, but {systems.name_of(crs)} "
            f"puts {declared} in front",
            f"x 约为 {x:,.0f}：东坐标未加带号，而 {systems.name_of(crs)} 应加带号 {declared}",
        )
        code = plain_zone(crs)
    else:
        none = "none" if declared == 0 else str(declared)
        text = Text(
            f"x is about {x:,.0f}: an easting with the zone number {zone} in front, but "
            f"{systems.name_of(crs)} has {none}",
            f"x 约为 {x:,.0f}：东坐标前有带号 {zone}，而 {systems.name_of(crs)} "
            + ("不加带号" if declared == 0 else f"的带号为 {declared}"),
        )
        code = _prefixed_zone(zone)
    hint = f'crs = "EPSG:{code}"' if code else "check the zone"
    remedy = Text(hint, hint if code else "请检查带号")
    if code and zone and (own := _another_meridian(zone, crs)):
        mark, real = _prefixed_zone(zone), own - _PLAIN_TO_PREFIXED
        remedy = Text(
            f"zone {zone} is not that of {systems.name_of(crs)}: ask which is right; crs = "
            f'"EPSG:{mark}" if the number is, "EPSG:{real}" with {zone} replaced if it is not',
            f'{systems.name_of(crs)} 不属第 {zone} 带，请核实：带号正确则 crs = "EPSG:{mark}"；'
            f'带号有误则更正带号并用 "EPSG:{real}"',
        )
    return [Finding(text, where, measured=x, code="zone-prefix", level="error", remedy=remedy)]


def fitting_crs(x: float, crs: Any) -> str | None:
    """Give the CRS in which a zone number that does not fit the declared one would be right."""
    zone = int(x // 1_000_000)
    if zone and _another_meridian(zone, crs):
        return None  # the number and the CRS say two things: only a person knows which is right
    code = plain_zone(crs) if zone == 0 else _prefixed_zone(zone)
    return f"EPSG:{code}" if code else None


#: EPSG codes of 3-degree zones: with the number in front they come this much before.
_PLAIN_TO_PREFIXED = 21


def _another_meridian(zone: int, crs: Any) -> int | None:
    """Give the code of a CRS without zone number whose meridian is not that of a 3-degree zone."""
    easting, own = false_easting(crs), plain_zone(crs)
    if easting != 500_000 or own is None or not 25 <= zone <= 45:
        return None
    return own if own - 4534 != zone - 25 else None


def false_easting(crs: Any) -> float | None:
    """Give the false easting of a zone of Gauss-Krueger, None for any other projection."""
    if crs.coordinate_operation is None:
        return None
    found = {p.name: float(p.value) for p in crs.coordinate_operation.params}
    easting = found.get("False easting", 0.0)
    # A zone of Gauss-Krueger has its false easting at 500 km behind the zone number.
    return easting if easting % 1_000_000 == 500_000 else None


def _prefixed_zone(zone: int) -> int | None:
    """Give the CGCS2000 code with zone number: 3-degree zones 25..45, 6-degree zones 13..23."""
    if 25 <= zone <= 45:
        return 4513 + zone - 25
    return 4491 + zone - 13 if 13 <= zone <= 23 else None


def plain_zone(crs: Any) -> int | None:
    """Give the CGCS2000 3-degree code without zone number for the same meridian."""
    for parameter in crs.coordinate_operation.params:
        if parameter.name == "Longitude of natural origin":
            meridian = float(parameter.value)
            steps = round((meridian - 75) / 3)
            return 4534 + steps if 0 <= steps <= 20 and meridian == 75 + 3 * steps else None
    return None


def _beyond(bounds: Any, crs: Any, where: str) -> list[Finding]:
    """Find coordinates that lie on no map of the Earth."""
    if not crs.is_geographic:
        worst = float(np.abs(bounds).max())
        if worst <= FARTHEST_M:
            return []
        what = Text(f"coordinates reach {worst:.3g} m", f"坐标达 {worst:.3g} 米")
        return [_far(what, worst, FARTHEST_M, where)]
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    # Layers that cross the date line may pass 180 a little; a turn of 360 degrees does not.
    if west < -200 or east > 200:
        worst = west if -west > east else east
        what = Text(f"longitude {worst:.2f} is beyond 180 degrees (turned by 360?)",
                    f"经度 {worst:.2f} 超出 180 度（可能多转或少转了 360 度）")  # fmt: skip
        return [_far(what, worst, 180, where)]
    if max(-south, north) > 90:
        worst = south if -south > north else north
        what = Text(f"latitude {worst:.2f} is beyond 90 degrees", f"纬度 {worst:.2f} 超出 90 度")
        return [_far(what, worst, 90, where)]
    return []


def _far(what: Text, worst: float, limit: float, where: str) -> Finding:
    return Finding(
        what, where, measured=worst, limit=limit, code="far-away", level="error",
        remedy=Text("check the coordinates of the file and its crs", "请检查文件的坐标及其坐标系"),
    )  # fmt: skip
