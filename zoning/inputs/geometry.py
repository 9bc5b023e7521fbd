"""Whether the geometries of a layer are polygons that can be measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import Finding, Problem, Text
from zoning.inputs.source import shorten
from zoning.inputs.spots import spots

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
Geometries = npt.NDArray[np.object_]


def check_polygons(
    shapes: Geometries,
    where: str,
    labels: Sequence[str],
    *,
    repair: bool = False,
    crs: Any = None,
) -> tuple[Geometries, list[Problem], list[Finding]]:
    """Find every geometry that is missing, empty, not finite, no polygon or invalid.

    Parameters
    ----------
    shapes : array of shapely geometry, shape (n,)
    where : str
        File and layer.
    labels : sequence of str, length n
        How to name each feature in a message.
    repair : bool
        Mend invalid polygons with ``make_valid``; each is logged and returned as a finding.
        Nothing else is mended: what is not there cannot be guessed.
    crs : CRS, optional
        Of the shapes; with it each finding has its place in degrees.

    Returns
    -------
    shapes : array of shapely geometry
        Two-dimensional, mended where asked.
    problems : list of Problem
    findings : list of Finding
        What was mended, with the area before and after.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> _, problems, _ = check_polygons(np.array([bow]), "a.gpkg", ["feature 1"])
    >>> print(problems[0].tell())
    a.gpkg: feature 1 is invalid: Self-intersection[0.5 0.5]. Try: mend it in a GIS, or set ...
    """
    import shapely

    shapes = shapely.force_2d(np.asarray(shapes, dtype=object))
    if repair:
        shapes, closed = close_lines(shapes, where, labels, crs)
    kinds = shapely.get_type_id(shapes)
    is_none = kinds == -1
    is_empty = ~is_none & shapely.is_empty(shapes)
    there = ~is_none & ~is_empty
    # A ring with NaN or infinite coordinates is "invalid" too, but needs another remedy.
    endless = there & ~_finite(shapes)
    whole = there & ~endless
    polygonal = np.isin(kinds, (_POLYGON, _MULTIPOLYGON))
    # A mended collection keeps its polygons, so it is worth a try where asked.
    other = whole & ~polygonal & ~(repair & (kinds == _COLLECTION))
    invalid = whole & ~other & (~shapely.is_valid(shapes) | ~polygonal)

    problems: list[Problem] = []
    for mask, kind in (
        (is_none, "null-geometry"),
        (is_empty, "empty-geometry"),
        (endless, "non-finite-geometry"),
        (other, "non-polygon"),
    ):
        found = [
            _bad(kind, labels[i], where, shapes[i], crs) for i in np.flatnonzero(mask).tolist()
        ]
        problems += shorten(found, where)
    if not repair:
        found = [
            _invalid(labels[i], where, shapes[i], crs) for i in np.flatnonzero(invalid).tolist()
        ]
        return shapes, problems + shorten(found, where), []
    findings: list[Finding] = [*closed]
    for i in np.flatnonzero(invalid).tolist():
        mended = only_polygons(shapely.make_valid(shapes[i]))
        if mended.is_empty:
            problems.append(_bad("non-polygon", labels[i], where, shapes[i], crs))
            continue
        findings.append(_mended(labels[i], where, shapes[i], mended, crs))
        shapes[i] = mended
    return shapes, problems, findings


def close_lines(
    shapes: Geometries, where: str, labels: Sequence[str], crs: Any = None
) -> tuple[Geometries, list[Finding]]:
    """Make polygons of lines that close; CAD and KML keep areas as lines.

    Examples
    --------
    >>> import shapely
    >>> ring = shapely.LineString([(0, 0), (9, 0), (9, 9), (0, 0)])
    >>> close_lines(np.array([ring]), "a.dxf", ["feature 1"])[0][0].area
    40.5
    """
    import shapely

    out, findings = shapes.copy(), []
    for i, shape in enumerate(shapes):
        if not _is_closed(shape):
            continue
        parts = shapely.get_parts(shape)
        made = shapely.union_all(shapely.polygons([shapely.linearrings(p.coords) for p in parts]))
        out[i] = made
        findings.append(Finding(
            Text(f"{labels[i]} is a closed line and was taken as a polygon of {made.area:.6g} "
                 "square units of the CRS",
                 f"{labels[i]} 为闭合线，已作为面处理，面积 {made.area:.6g}（坐标系单位的平方）"),
            where, measured=made.area, code="closed-line",
            spots=spots([labels[i]], None, [made], crs),
        ))  # fmt: skip
    return out, findings


def _is_closed(shape: Any) -> bool:
    """Whether a geometry is made of lines that end where they begin."""
    import shapely

    if shape is None or shape.is_empty or "LineString" not in shape.geom_type:
        return False
    return all(
        p.is_closed and shapely.get_num_coordinates(p) >= 4 for p in shapely.get_parts(shape)
    )


def only_polygons(shape: Any) -> Any:
    """Keep the polygons of a geometry; mending may leave loose lines and points beside them.

    Examples
    --------
    >>> import shapely
    >>> only_polygons(shapely.from_wkt(
    ...     "GEOMETRYCOLLECTION (LINESTRING (0 0, 9 9), POLYGON ((0 0, 1 0, 1 1, 0 0)))"))
    <POLYGON ((0 0, 1 0, 1 1, 0 0))>
    """
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_type_id(parts) == _POLYGON]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _finite(shapes: Geometries) -> npt.NDArray[np.bool_]:
    import shapely

    points, rows = shapely.get_coordinates(shapes, return_index=True)
    out = np.ones(len(shapes), dtype=bool)
    out[rows[~np.isfinite(points).all(axis=1)]] = False
    return out


_WORDS = {
    "null-geometry": Text("has no geometry that can be read", "没有可读取的几何"),
    "empty-geometry": Text("is empty", "的几何为空"),
    "non-finite-geometry": Text("has coordinates that are not finite", "的坐标含无穷大或非数值"),
    "non-polygon": Text("is a {kind}, not a polygon", "是 {kind}，不是面"),
}


def _bad(kind: str, label: str, where: str, shape: Any, crs: Any) -> Problem:
    words = _WORDS[kind]
    name = getattr(shape, "geom_type", "")
    if kind == "non-polygon" and name.endswith("Polygon"):  # nothing of it was left by mending
        words = Text("encloses no ground", "没有围成任何用地")
    remedy = Text("draw it again or delete the row", "请重新绘制或删除该行")
    if kind == "non-polygon" and _is_closed(shape):
        remedy = Text("it is a closed line: repair = true takes it as a polygon (QGIS: Lines to "
                      "polygons)",
                      "该线是闭合的：设 repair = true 即按面处理（QGIS：线转面）")  # fmt: skip
    elif kind == "non-polygon" and "LineString" in name:
        remedy = Text("make polygons of the lines (QGIS: Polygonize), or take the layer of areas",
                      "请将线构成面（QGIS：多边形化），或改用面图层")  # fmt: skip
    elif kind == "non-polygon" and "Point" in name:
        remedy = Text("take the layer of areas: this row is a place without extent",
                      "请改用面图层：该行为点，没有范围")  # fmt: skip
    return Problem(
        Text(f"{label} {words.en.format(kind=name)}", f"{label} {words.zh.format(kind=name)}"),
        where,
        remedy=remedy,
        code=kind,
        spots=spots([label], [name], [shape], crs),
    )


def _invalid(label: str, where: str, shape: Any, crs: Any) -> Problem:
    import shapely

    reason = shapely.is_valid_reason(shape)
    point = re.search(r"\[(\S+) (\S+)\]", reason)  # where GEOS met the fault
    seen = shape if point is None else shapely.Point(float(point[1]), float(point[2]))
    return Problem(
        Text(f"{label} is invalid: {reason}", f"{label} 几何无效：{reason}"),
        where,
        remedy=Text(
            "mend it in a GIS, or set repair = true",
            "请在 GIS 中修复，或设置 repair = true",
        ),
        code="invalid-geometry",
        spots=spots([label], None, [seen], crs),
    )


def _mended(label: str, where: str, before: Any, after: Any, crs: Any) -> Finding:
    import shapely

    reason = shapely.is_valid_reason(before)
    return Finding(
        Text(
            f"{label} was mended ({reason}); its area went from {before.area:.6g} to "
            f"{after.area:.6g} square units of the CRS",
            f"{label} 已自动修复（{reason}）；面积由 {before.area:.6g} 变为 "
            f"{after.area:.6g}（坐标系单位的平方）",
        ),
        where,
        measured=after.area,
        limit=before.area,
        code="mended-geometry",
        spots=spots([label], None, [after], crs),
    )
