"""The layers of one delivery against one another: another zone, or the shift of a web map."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Finding, Text
from zoning.inputs.crs import to_degrees
from zoning.inputs.inspect.datum import NAMES, Shift, find_shift
from zoning.inputs.inspect.lines import Outline
from zoning.inputs.inspect.place import false_easting, plain_zone

if TYPE_CHECKING:
    import geopandas as gpd

#: Where the shifts come from.
_MAPS = {"gcj02": Text("AMap, Tencent", "高德、腾讯"), "bd09": Text("Baidu", "百度")}
#: Metres per degree of latitude, within 1 %.
_DEGREE_M = 111_320.0
#: Layers that fill the study area and share their lines; the others are held against them.
_WHOLE = ("outlines", "reference", "counties", "boundary", "townships", "layer")


@dataclass
class Datums:
    """Which layers of a delivery carry the shift of a web map.

    Parameters
    ----------
    findings : list of Finding
    shifted : set of str
        Roles of the layers that are shifted beyond doubt.
    """

    findings: list[Finding] = field(default_factory=list)
    shifted: set[str] = field(default_factory=set)


def inspect_datums(
    layers: Mapping[str, tuple[gpd.GeoSeries, str]], stated: Collection[str] = ()
) -> Datums:
    """Hold layers against one another and name the one that is shifted.

    The direction of a shift tells whose it is: of two layers the shifted one lies where GCJ-02 or
    BD-09 would put the other.

    Parameters
    ----------
    layers : mapping
        Role -> outlines in any CRS, and how to name the file. ``outlines`` are those of the
        installed boundaries; they are trusted.
    stated : collection of str
        Roles whose datum the planner has stated; they are not doubted.

    Returns
    -------
    Datums

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from zoning.inputs.inspect.datum import gcj02
    >>> town = shapely.box(119.4, 32.1, 119.5, 32.2)
    >>> city = gpd.GeoSeries([shapely.transform(town, gcj02)], crs="EPSG:4490")
    >>> towns = gpd.GeoSeries([town], crs="EPSG:4490")
    >>> found = inspect_datums({"boundary": (city, "a.shp"), "townships": (towns, "b.gpkg")})
    >>> [(f.where, f.code, f.level) for f in found.findings]
    [('a.shp', 'gcj02', 'error')]
    """
    degrees = {role: Outline(_degrees(shapes)) for role, (shapes, _) in layers.items()}
    trusted = {"outlines", "reference", *stated}
    told: dict[str, tuple[Shift, str]] = {}
    whole = [role for role in _WHOLE if role in layers]
    for a, b in combinations(whole, 2):
        # The lines of the simpler layer should all lie on lines of the other; not the reverse.
        mine, other = sorted((a, b), key=lambda role: (degrees[role].length, role))
        shift = find_shift(degrees[mine], degrees[other])
        if shift is not None:
            pair = (mine, other) if shift.of == "layer" else (other, mine)
            _accuse(told, pair[0], shift, pair[1])
    sound = [role for role in whole if role not in told]
    lines = Outline([shape for role in sound for shape in degrees[role].shapes])
    for role in layers:
        if role not in whole and lines.shapes:
            shift = find_shift(degrees[role], lines)
            # Layers that fill a part were drawn by others; they do not accuse the whole.
            if shift is not None and shift.of == "layer":
                _accuse(told, role, shift, sound[0])
    out = Datums()
    for role, (shift, against) in told.items():
        if role in trusted:
            continue
        others = [layers[r][1] for r in layers if r not in told and r not in whole]
        told_of = _tell(layers[role][1], layers[against][1], shift, others)
        out.findings.append(replace(told_of, place=_inside(degrees[role].shapes)))
        if shift.confidence == "high":
            out.shifted.add(role)
    return out


def outlines(codes: Collection[str]) -> gpd.GeoSeries | None:
    """Give the installed outlines of counties by their codes; None where none is known.

    Examples
    --------
    >>> len(outlines(["321102", "321102", "999999"])), outlines(["999999"])
    (1, None)
    """
    import geopandas as gpd

    from zoning.errors import InputError
    from zoning.inputs.china import area_of, list_areas

    wanted = {str(c)[:6] for c in codes if str(c)[:6].isdigit()}
    try:
        known = [p for p in list_areas() if p.level == "county" and p.adcode in wanted]
    except InputError:
        return None  # the package with the boundaries is not installed
    shapes = [area_of(place).geometry for place in known]
    return gpd.GeoSeries(shapes, crs="EPSG:4326") if shapes else None


def _inside(shapes: Any) -> tuple[float, float]:
    """Give a point of the largest shape, for a map of findings."""
    import shapely

    point = shapely.point_on_surface(shapes[int(shapely.area(shapes).argmax())])
    return round(float(point.x), 6), round(float(point.y), 6)


def _accuse(told: dict[str, tuple[Shift, str]], role: str, shift: Shift, against: str) -> None:
    """Keep the clearest evidence against a layer."""
    if role not in told or shift.after > told[role][0].after:
        told[role] = (shift, against)


def _degrees(shapes: gpd.GeoSeries) -> Any:
    import shapely

    way = to_degrees(shapes.crs).transform
    got = shapely.transform(shapes.to_numpy(), way, interleaved=False)
    bad = ~shapely.is_valid(got)
    if bad.any():
        got = got.copy()
        got[bad] = shapely.make_valid(got[bad])
    return got


def _tell(where: str, against: str, shift: Shift, others: Collection[str]) -> Finding:
    name, sure = NAMES[shift.datum], shift.confidence == "high"
    maps = _MAPS[shift.datum]
    word = Text("", "") if sure else Text("perhaps ", "可能")
    also = Text("", "")
    if others:
        listed = ", ".join(dict.fromkeys(others))
        also = Text(
            f"; {listed} has too few lines in common with it to tell: ask where it came from",
            f"；{listed} 与之公共边线过少，无法判断，请核实其来源",
        )
    return Finding(
        Text(
            f"the layer is {word.en}in {name} ({maps.en}), shifted by {shift.metres:.0f} m against "
            f"{against}: {shift.before:.0%} of the lines meet as they are, {shift.after:.0%} "
            f"without the shift{also.en}",
            f"图层{word.zh}采用 {name} 坐标（{maps.zh}），相对 {against} 偏移约 "
            f"{shift.metres:.0f} 米：现有 {shift.before:.0%} 的边线重合，去除偏移后为 "
            f"{shift.after:.0%}{also.zh}",
        ),
        where, measured=round(shift.metres), limit=0, code=shift.datum,
        level="error" if sure else "warning",
        remedy=Text(
            "take the data in CGCS2000 from the surveying office; or state "
            f'datum = "{shift.datum}" and it is converted to within metres; datum = "cgcs2000" '
            "says that it is right as it is",
            f'请向测绘主管部门取 CGCS2000 数据；或注明 datum = "{shift.datum}"，'
            '由程序换算（精度数米）；若坐标无误，请注明 datum = "cgcs2000"',
        ),
    )  # fmt: skip


def elsewhere(
    layer: gpd.GeoSeries, reference: gpd.GeoSeries, where: str, declared: Any = None
) -> list[Finding]:
    """Say that a layer lies beside the reference; name the 3-degree zone that would fit.

    Parameters
    ----------
    layer, reference : GeoSeries
        In any CRS.
    where : str
        The file of the layer.
    declared : CRS, optional
        What the file says, where the layer was brought to another CRS since.
    """
    import numpy as np
    import shapely

    if shapely.box(*_box(layer, _SOME)).intersects(shapely.box(*_box(reference, _SOME))):
        return []  # what holds for boxes of some vertices holds for those of all
    theirs, mine = shapely.box(*_box(reference)), shapely.box(*_box(layer))
    if mine.intersects(theirs):
        return []
    middle = mine.centroid
    scale = np.array([_DEGREE_M * math.cos(math.radians(middle.y)), _DEGREE_M])
    flat = [shapely.transform(g, lambda c: c * scale) for g in (middle, theirs)]
    far = float(shapely.distance(*flat))
    code = _fitting_zone(middle, declared or layer.crs, theirs)
    hint = Text("check file and CRS", "请检查文件和坐标系")
    if code is not None:
        hint = Text(
            f'the zone may be wrong: crs = "EPSG:{code}" would fit',
            f'带号可能有误：crs = "EPSG:{code}" 可以吻合',
        )
    return [
        Finding(
            Text(
                f"the layer lies about {far / 1000:.0f} km away from the study area",
                f"图层距研究区约 {far / 1000:.0f} 公里",
            ),
            where, measured=far, limit=0, remedy=hint, code="elsewhere", level="error",
        )
    ]  # fmt: skip


#: Vertices that tell of most layers that they lie where they should.
_SOME = 500


def _box(shapes: gpd.GeoSeries, most: int | None = None) -> Any:
    """Give west, south, east, north in degrees; with ``most``, of so many vertices."""
    import shapely

    points = shapely.get_coordinates(shapes.to_numpy())
    if most is not None:
        points = points[:: len(points) // most + 1]
    if not len(points):
        return np.full(4, np.nan)
    lon, lat = to_degrees(shapes.crs).transform(*points.T)
    return np.array([lon.min(), lat.min(), lon.max(), lat.max()])


def _fitting_zone(middle: Any, crs: Any, box: Any) -> int | None:
    """Give the 3-degree zone without number in which the same metres would lie in the box.

    Reading numbers in the next zone moves them by exactly 3 degrees of longitude.
    """
    import shapely

    if false_easting(crs) != 500_000:
        return None
    own = plain_zone(crs)
    if own is None:
        return None
    for code in range(4534, 4555):
        if shapely.Point(middle.x + 3 * (code - own), middle.y).within(box):
            return code
    return None
