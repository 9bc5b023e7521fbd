"""Whether the townships tile the study area: overlaps and gaps with their size and place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import M2_PER_HA, M2_PER_KM2
from zoning.errors import Finding, Spot, Text
from zoning.inputs.source import LISTED

if TYPE_CHECKING:
    import geopandas as gpd

Place = tuple[str, Any]
Geometries = npt.NDArray[np.object_]

#: Up to this many times the tolerance, raising it is a remedy (our choice).
_SMALL = 10
#: Less than this is rounding of coordinates, not a gap (our choice).
_NOTHING_M2 = 1e-3


def gaps_and_overlaps(
    townships: gpd.GeoDataFrame,
    boundary: Any,
    tolerance_m2: float,
    *,
    code: str = "code",
    where: str = "",
) -> list[Finding]:
    """Find where townships overlap or leave gaps inside the boundary.

    Each place above the tolerance is an error with its area and a point inside it; the smaller
    ones are counted in one note, since the ledger keeps them as ``overlap`` and ``none``.

    Parameters
    ----------
    townships : GeoDataFrame, n rows
        Valid polygons in a CRS in metres.
    boundary : shapely geometry
        The study area in the same CRS.
    tolerance_m2 : float
        Largest area of one gap or overlap.
    code : str
        Column of the code; where there is none, the index names the rows.
    where : str
        File and layer.

    Returns
    -------
    list of Finding
        Overlaps, then gaps, each by falling area; then what lies outside the boundary (note).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> towns = gpd.GeoDataFrame(
    ...     {"code": ["A", "B"]}, crs="EPSG:4549",
    ...     geometry=[shapely.box(500000, 0, 500600, 1000), shapely.box(500500, 0, 500900, 1000)])
    >>> for f in gaps_and_overlaps(towns, shapely.box(500000, 0, 501000, 1000), 10_000):
    ...     print(f.level, f.code, round(f.measured))
    error overlap 100000
    error gap 100000
    """
    import shapely

    shapes = townships.geometry.to_numpy()
    names = [str(c) for c in (townships[code] if code in townships.columns else townships.index)]
    doubtful = _doubtful(shapes)
    overlaps = _overlaps(shapes, names, doubtful)
    union = _union(shapes, doubtful)
    gaps = [("", part) for part in _parts(shapely.difference(boundary, union))]
    out = _report("overlap", overlaps, tolerance_m2, townships.crs, where)
    out += _report("gap", gaps, tolerance_m2, townships.crs, where)
    outside = float(shapely.difference(union, boundary).area)
    if outside > _NOTHING_M2:
        out.append(_outside(outside, where))
    return out


def _doubtful(shapes: Geometries) -> npt.NDArray[np.bool_]:
    """Mark polygons whose edges do not match those of their neighbours, vertex by vertex.

    The others cannot overlap one another, which saves nearly all intersections of a clean layer.
    Of two polygons that overlap at least one is marked.
    """
    import shapely

    if not hasattr(shapely, "coverage_invalid_edges"):  # shapely 2.0 or an old GEOS
        return np.ones(len(shapes), dtype=bool)
    parts: npt.NDArray[np.bool_] = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    return parts


def _overlaps(
    shapes: Geometries, names: Sequence[str], doubtful: npt.NDArray[np.bool_]
) -> list[Place]:
    """Give each connected overlap of two townships with their codes."""
    import shapely

    left, right = shapely.STRtree(shapes).query(shapes)
    pairs = (left < right) & (doubtful[left] | doubtful[right])
    left, right = left[pairs], right[pairs]
    common = shapely.intersection(shapes[left], shapes[right])
    return [
        (" / ".join(sorted((names[i], names[j]))), part)
        for i, j, shape in zip(left.tolist(), right.tolist(), common, strict=True)
        for part in _parts(shape)
    ]


def _union(shapes: Geometries, doubtful: npt.NDArray[np.bool_]) -> Any:
    """Unite all polygons; those with matching edges by dropping the common edges, which is fast."""
    import shapely

    try:
        clean = shapely.coverage_union_all(shapes[~doubtful])
    except shapely.errors.GEOSException:
        return shapely.union_all(shapes)
    return shapely.union_all([clean, *shapes[doubtful]]) if doubtful.any() else clean


def _parts(shape: Any) -> list[Any]:
    """Give the connected polygons of a geometry; lines and points have no area."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    return [p for p in parts[shapely.area(parts) > _NOTHING_M2]]


_WORDS = {
    "overlap": (
        Text(
            "townships {who} overlap by {area} at {place}", "乡镇 {who} 重叠 {area}，位于 {place}"
        ),
        Text("{n} overlaps of townships, {area} together", "乡镇间有 {n} 处重叠，共 {area}"),
        Text("cut one of the two in a GIS", "请在 GIS 中裁去其中之一"),
    ),
    "gap": (
        Text("no township covers {area} at {place}", "{place} 处有 {area} 不属于任何乡镇"),
        Text("{n} gaps between townships, {area} together", "乡镇间有 {n} 处空隙，共 {area}"),
        Text("give the gap to a township in a GIS", "请在 GIS 中将空隙划归某乡镇"),
    ),
}


def _report(
    kind: str, places: list[Place], tolerance_m2: float, crs: Any, where: str
) -> list[Finding]:
    ranked = sorted(places, key=lambda p: (-p[1].area, p[0], p[1].bounds))
    large = [p for p in ranked if p[1].area > tolerance_m2]
    out = [_one(kind, p, tolerance_m2, crs, where) for p in large[:LISTED]]
    if large[LISTED:]:
        out.append(_sum(kind, large[LISTED:], tolerance_m2, where, "error", crs))
    if ranked[len(large) :]:
        out.append(_sum(kind, ranked[len(large) :], tolerance_m2, where, "note", crs))
    return out


def _one(kind: str, place: Place, tolerance_m2: float, crs: Any, where: str) -> Finding:
    from zoning.inputs.crs import place_of

    who, shape = place
    lon, lat = place_of(shape, crs)
    words, _, remedy = _WORDS[kind]
    filled = {"who": who, "area": _area(shape.area), "place": f"{lon:.5f}, {lat:.5f}"}
    hint = remedy
    if shape.area <= tolerance_m2 * _SMALL:
        # To raise the tolerance over a whole township would hide the fault, not mend it.
        hint = Text(
            f"{remedy.en}, or raise tolerance_m2 (now {tolerance_m2:g})",
            f"{remedy.zh}，或提高 tolerance_m2（现为 {tolerance_m2:g}）",
        )
    return Finding(
        Text(words.en.format(**filled), words.zh.format(**filled)),
        where,
        measured=shape.area,
        limit=tolerance_m2,
        remedy=hint,
        code=kind,
        level="error",
        place=(round(lon, 6), round(lat, 6)),
        spots=_spots([place], crs),
    )


def _sum(
    kind: str, places: list[Place], tolerance_m2: float, where: str, level: Any, crs: Any
) -> Finding:
    total = float(sum(p[1].area for p in places))
    words = _WORDS[kind][1]
    filled = {"n": len(places), "area": _area(total)}
    more = level == "error"
    side = Text("more above", "另有超过") if more else Text("within", "未超过")
    return Finding(
        Text(
            f"{words.en.format(**filled)} ({side.en} the tolerance of {tolerance_m2:g} m² each)",
            f"{words.zh.format(**filled)}（{side.zh}每处 {tolerance_m2:g} m² 的容差）",
        ),
        where,
        measured=total,
        limit=tolerance_m2,
        code=kind,
        level=level,
        spots=_spots(places, crs),
    )


def _spots(places: list[Place], crs: Any) -> tuple[Spot, ...]:
    """Give townships, area and place of each."""
    from zoning.inputs.spots import spots

    said = (_area(shape.area) for _, shape in places)
    return spots((who for who, _ in places), said, [shape for _, shape in places], crs)


def _outside(area: float, where: str) -> Finding:
    return Finding(
        Text(
            f"{_area(area)} of the townships lie outside the boundary and are left out",
            f"乡镇有 {_area(area)} 位于边界之外，未计入",
        ),
        where,
        measured=area,
        code="outside-boundary",
        level="note",
    )


def _area(m2: float) -> str:
    """Write an area in the unit in which it can be grasped."""
    if m2 >= M2_PER_KM2:
        return f"{m2 / M2_PER_KM2:,.2f} km²"
    return f"{m2 / M2_PER_HA:,.2f} ha" if m2 >= M2_PER_HA else f"{m2:,.1f} m²"
