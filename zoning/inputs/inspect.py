"""What is likely wrong with a layer although it can be read: zone, axes, datum, codes.

Everything here is a suspicion with the number it rests on, never a silent correction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.errors import Finding, Text
from zoning.inputs import crs as systems
from zoning.inputs.source import some

if TYPE_CHECKING:
    import geopandas as gpd

Floats = npt.NDArray[np.float64]

#: Digits of codes: county 6, township 9, village 12 (GB/T 10114-2003 and GB/T 2260).
_CODE_DIGITS = (6, 9, 12)
#: An outline this far off a reference is worth a question; GCJ-02 shifts by 300 to 700 m, and
#: generalised outlines of the same place stay nearer (our choice).
_FAR_M = 200.0
#: The shift must explain most of the distance before it is named (our choice).
_EXPLAINED = 1 / 3
#: A layer whose areas add up to less than this part of the reference does not fill it (our choice).
_FILLS = 0.5
#: Points of the outline that are compared (our choice; enough for a mean within a few metres).
_SAMPLES = 400


def inspect_layer(
    frame: gpd.GeoDataFrame, reference_boundary: gpd.GeoSeries | None = None, *, where: str = ""
) -> list[Finding]:
    """Look for what cannot be proved from the file alone.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, in the CRS that it declares; column ``code`` and text columns if there are any.
    reference_boundary : GeoSeries, optional
        A trusted outline of the same place, in any CRS.
    where : str
        File and layer.

    Returns
    -------
    list of Finding
        Warnings about a zone number inside the easting, swapped axes, degrees in metres, another
        3-degree zone, GCJ-02 coordinates, unreadable text; notes about odd codes.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(40_500_000, 3_560_000, 40_501_000, 3_561_000)
    >>> towns = gpd.GeoDataFrame(geometry=[square], crs="EPSG:4549")
    >>> print(inspect_layer(towns)[0].tell())
    x is about 40,500,500: an easting with the zone number 40 in front, but EPSG:4549 has none.
    Try: crs = "EPSG:4528"
    """
    found: list[Finding] = []
    if len(frame) and frame.crs is not None:
        x, y = _middle(frame)
        found += _axes(x, y, frame.crs, where) or _prefix(x, frame.crs, where)
        if reference_boundary is not None and not found:
            found += _against(frame, reference_boundary, where)
    return found + _odd_codes(frame, where) + _odd_text(frame, where)


def _middle(frame: gpd.GeoDataFrame) -> tuple[float, float]:
    bounds = frame.geometry.bounds.median()
    return float(bounds.minx + bounds.maxx) / 2, float(bounds.miny + bounds.maxy) / 2


# --- numbers that do not fit the declared CRS ---------------------------------------------------


def _axes(x: float, y: float, crs: Any, where: str) -> list[Finding]:
    """Find swapped axes and degrees where metres are declared."""
    if crs.is_geographic:
        # China lies between 73 and 135 E and between 3 and 54 N: the two ranges do not meet.
        if 0 < x < 60 < y < 140:
            return [_swapped(x, y, "longitude, latitude", "经度、纬度", where)]
        return []
    if abs(x) <= 180 and abs(y) <= 90:
        return [
            Finding(
                Text(
                    f"coordinates such as {x:.4f}, {y:.4f} are degrees, but "
                    f"{systems.name_of(crs)} is in metres",
                    f"坐标(如 {x:.4f}, {y:.4f})是度,而 {systems.name_of(crs)} 的单位是米",
                ),
                where,
                remedy=Text('crs = "EPSG:4490"', 'crs = "EPSG:4490"'),
                code="degrees-not-metres",
            )
        ]
    # Northings of China reach from 0.3 to 6 million, eastings stay near 0.5 million in a zone.
    easting = 100_000 < y < 900_000 or 13_000_000 < y < 46_000_000
    if easting and 1_000_000 < x < 6_100_000:
        return [_swapped(x, y, "easting, northing", "东坐标、北坐标", where)]
    return []


def _swapped(x: float, y: float, en: str, zh: str, where: str) -> Finding:
    return Finding(
        Text(
            f"x {x:,.4f} and y {y:,.4f} look swapped; expected {en}",
            f"x {x:,.4f} 与 y {y:,.4f} 似乎颠倒;应为{zh}",
        ),
        where,
        remedy=Text(
            "swap x and y (QGIS: Swap X and Y coordinates) and save again",
            "请交换 x 和 y(QGIS:交换 X 和 Y 坐标)后重新保存",
        ),
        code="swapped-axes",
    )


def _prefix(x: float, crs: Any, where: str) -> list[Finding]:
    """Find a zone number in front of the easting where the CRS has none, or the other way."""
    false_easting = _false_easting(crs)
    if false_easting is None:
        return []
    declared, zone = int(false_easting // 1_000_000), int(x // 1_000_000)
    if zone == declared or not (zone == 0 or 13 <= zone <= 45):
        return []
    if zone == 0:
        text = Text(
            f"x is about {x:,.0f}: an easting without zone number, but {systems.name_of(crs)} "
            f"puts {declared} in front",
            f"x 约为 {x:,.0f}:东坐标未加带号,而 {systems.name_of(crs)} 应加带号 {declared}",
        )
        code = _plain_zone(crs)
    else:
        none = "none" if declared == 0 else str(declared)
        text = Text(
            f"x is about {x:,.0f}: an easting with the zone number {zone} in front, but "
            f"{systems.name_of(crs)} has {none}",
            f"x 约为 {x:,.0f}:东坐标前有带号 {zone},而 {systems.name_of(crs)} "
            + ("不加带号" if declared == 0 else f"的带号为 {declared}"),
        )
        code = _prefixed_zone(zone)
    hint = f'crs = "EPSG:{code}"' if code else "check the zone"
    return [
        Finding(
            text,
            where,
            measured=x,
            remedy=Text(hint, hint if code else "请检查带号"),
            code="zone-prefix",
        )
    ]


def _false_easting(crs: Any) -> float | None:
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


def _plain_zone(crs: Any) -> int | None:
    """Give the CGCS2000 3-degree code without zone number for the same meridian."""
    for parameter in crs.coordinate_operation.params:
        if parameter.name == "Longitude of natural origin":
            meridian = float(parameter.value)
            steps = round((meridian - 75) / 3)
            return 4534 + steps if 0 <= steps <= 20 and meridian == 75 + 3 * steps else None
    return None


# --- the place against a reference --------------------------------------------------------------


def _against(frame: gpd.GeoDataFrame, reference: gpd.GeoSeries, where: str) -> list[Finding]:
    """Compare the outline with a trusted one: another zone, or the shift of Chinese web maps."""
    import shapely

    theirs = reference.to_crs("EPSG:4326").union_all()
    mine = frame.geometry.to_crs("EPSG:4326")
    if not shapely.box(*mine.total_bounds).intersects(shapely.box(*theirs.bounds)):
        return _elsewhere(frame, theirs, where)
    if shapely.area(mine.to_numpy()).sum() < _FILLS * shapely.area(theirs):
        # Areas strewn over the place have no outline in common with it, so none is made.
        return []
    outline = shapely.boundary(shapely.union_all(shapely.make_valid(mine.to_numpy())))
    points = shapely.get_coordinates(outline)
    points = points[:: max(1, len(points) // _SAMPLES)]
    as_is = _mean_distance_m(points, theirs.boundary)
    back = _mean_distance_m(_from_gcj02(points), theirs.boundary)
    if as_is < _FAR_M or back > as_is * _EXPLAINED:
        return []
    return [
        Finding(
            Text(
                f"the outline is {as_is:.0f} m off the reference on average, and {back:.0f} m "
                "if it is taken as GCJ-02 (AMap, Tencent): the shift is likely",
                f"轮廓与参考边界平均相距 {as_is:.0f} 米;若视为 GCJ-02(高德、腾讯)则为 "
                f"{back:.0f} 米:很可能带有偏移",
            ),
            where,
            measured=as_is,
            limit=_FAR_M,
            remedy=Text(
                "take the data in CGCS2000 from the surveying office",
                "请向测绘主管部门取 CGCS2000 数据",
            ),
            code="gcj02",
        )
    ]


def _elsewhere(frame: gpd.GeoDataFrame, theirs: Any, where: str) -> list[Finding]:
    """Say that a layer lies beside the reference; name the 3-degree zone that would fit."""
    import shapely

    box = shapely.box(*theirs.bounds)
    mine = shapely.box(*frame.geometry.to_crs("EPSG:4326").total_bounds).centroid
    far = _mean_distance_m(shapely.get_coordinates(mine), box)
    code = _fitting_zone(mine, frame.crs, box)
    hint = Text("check file and CRS", "请检查文件和坐标系")
    if code is not None:
        hint = Text(
            f'the zone may be wrong: crs = "EPSG:{code}" would fit',
            f'带号可能有误:crs = "EPSG:{code}" 可以吻合',
        )
    return [
        Finding(
            Text(
                f"the layer lies about {far / 1000:.0f} km away from the study area",
                f"图层距研究区约 {far / 1000:.0f} 公里",
            ),
            where,
            measured=far,
            limit=0,
            remedy=hint,
            code="elsewhere",
        )
    ]


def _fitting_zone(middle: Any, crs: Any, box: Any) -> int | None:
    """Give the 3-degree zone without number in which the same metres would lie in the box.

    Reading numbers in the next zone moves them by exactly 3 degrees of longitude.
    """
    import shapely

    if _false_easting(crs) != 500_000:
        return None
    own = _plain_zone(crs)
    if own is None:
        return None
    for code in range(4534, 4555):
        if shapely.Point(middle.x + 3 * (code - own), middle.y).within(box):
            return code
    return None


def _mean_distance_m(points: Floats, line: Any) -> float:
    """Give the mean distance of lon/lat points to a geometry on a local plane, in metres."""
    import shapely

    # One degree of latitude is 111.3 km within 1 %; longitudes shrink with the latitude.
    north = 111_320.0
    east = north * math.cos(math.radians(float(points[:, 1].mean())))
    flat = shapely.transform(line, lambda c: c * (east, north))
    return float(shapely.distance(shapely.points(points * (east, north)), flat).mean())


def _from_gcj02(points: Floats) -> Floats:
    """Take the shift of Chinese web maps (GCJ-02) off, to a few metres, enough to tell it.

    The formula is not published; it is known from third-party code (evidence C).
    """
    # The shift changes so slowly that two rounds of the forward formula turn it back.
    wgs = points
    for _ in range(2):
        wgs = points - _gcj02_shift(wgs)
    return wgs


def _gcj02_shift(points: Floats) -> Floats:
    """Give the shift of GCJ-02 against WGS84 at lon/lat points, in degrees."""
    lon, lat = points[:, 0], points[:, 1]
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root = np.sqrt(np.abs(x))
    waves = 20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)
    dy = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    dy = dy + 2 / 3 * (waves + 20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi))
    dy = dy + 2 / 3 * (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30))
    dx = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    dx = dx + 2 / 3 * (waves + 20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi))
    dx = dx + 2 / 3 * (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi))
    a, ee = 6_378_245.0, 0.00669342162296594323  # Krassovsky 1940
    phi = np.radians(lat)
    magic = 1 - ee * np.sin(phi) ** 2
    dlat = np.degrees(dy * magic**1.5 / (a * (1 - ee)))
    dlon = np.degrees(dx * np.sqrt(magic) / (a * np.cos(phi)))
    return np.column_stack([dlon, dlat])


# --- codes and text -----------------------------------------------------------------------------


def _odd_codes(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    if "code" not in frame.columns:
        return []
    codes = frame["code"].dropna().astype(str)
    odd = codes[~(codes.str.fullmatch(r"\d+") & codes.str.len().isin(_CODE_DIGITS))]
    if odd.empty:
        return []
    return [
        Finding(
            Text(
                f"{len(odd)} codes have not 6, 9 or 12 digits: {some(odd)}",
                f"{len(odd)} 个代码不是 6、9 或 12 位数字:{some(odd)}",
            ),
            where,
            measured=len(odd),
            limit=0,
            code="odd-codes",
            level="note",
        )
    ]


def _odd_text(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Find text that was read in a wrong encoding before it came here."""
    columns = [c for c in frame.columns if c != frame.geometry.name]
    texts = {str(c) for c in columns}
    for column in columns:
        texts |= {v for v in frame[column].dropna().unique() if isinstance(v, str)}
    spoiled = sorted(t for t in texts if "\ufffd" in t or _is_mojibake(t))
    if not spoiled:
        return []
    return [
        Finding(
            Text(
                f"{len(spoiled)} texts look read in a wrong encoding: {some(spoiled)}",
                f"{len(spoiled)} 处文本疑似乱码:{some(spoiled)}",
            ),
            where,
            measured=len(spoiled),
            limit=0,
            remedy=Text(
                'set encoding, such as encoding = "gb18030"',
                '请设置 encoding,例如 encoding = "gb18030"',
            ),
            code="mojibake",
        )
    ]


def _is_mojibake(text: str) -> bool:
    """Whether Latin letters with accents turn into Chinese when read as bytes."""
    if text.isascii():
        return False
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            again = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return any("\u4e00" <= c <= "\u9fff" for c in again)
    return False
