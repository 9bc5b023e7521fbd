"""Coordinates put right: a stated web-map datum, swapped axes, a stray vertex."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Finding, Text
from zoning.inputs.inspect.datum import BACK, NAMES

if TYPE_CHECKING:
    import geopandas as gpd


def unshift(frame: gpd.GeoDataFrame, datum: Any, where: str) -> tuple[gpd.GeoDataFrame, Finding]:
    """Take the shift of a web map off a layer whose datum the planner has stated.

    Parameters
    ----------
    frame : GeoDataFrame
        In any CRS; its coordinates are those of the web map.
    datum : {"gcj02", "bd09"}
    where : str
        File and layer.

    Returns
    -------
    GeoDataFrame
        In WGS84 degrees.
    Finding
        A note with the size of the shift.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from zoning.inputs.inspect.datum import gcj02
    >>> town = shapely.box(119.4, 32.1, 119.5, 32.2)
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.transform(town, gcj02)], crs="EPSG:4490")
    >>> back, log = unshift(frame, "gcj02", "towns.gpkg")
    >>> back.geometry.iloc[0].hausdorff_distance(town) < 1e-7, log.code, round(log.measured, -1)
    (True, 'converted-datum', 550.0)
    """
    import shapely

    degrees = frame.to_crs("EPSG:4326")
    back = BACK[datum]
    points = shapely.get_coordinates(degrees.geometry.to_numpy())
    metres = 0.0
    if len(points):
        turn = np.array([111_320 * np.cos(np.radians(points[:, 1].mean())), 111_320])
        metres = float(np.hypot(*((back(points) - points) * turn).mean(axis=0)))
    moved = shapely.transform(degrees.geometry.to_numpy(), back)
    name = NAMES[datum]
    return degrees.set_geometry(list(moved), crs=degrees.crs), Finding(
        Text(
            f"converted from {name} as stated: moved by {metres:.0f} m, right to within metres",
            f"已按注明由 {name} 换算：移动约 {metres:.0f} 米，精度数米",
        ),
        where, measured=metres, code="converted-datum", level="note",
    )  # fmt: skip


def swap_axes(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, Finding]:
    """Exchange x and y.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.box(32, 119, 33, 120)], crs="EPSG:4490")
    >>> swap_axes(frame, "a.json")[0].total_bounds.tolist()
    [119.0, 32.0, 120.0, 33.0]
    """
    import shapely

    turned = shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1])
    return frame.set_geometry(list(turned), crs=frame.crs), Finding(
        Text("x and y were exchanged", "已交换 x 与 y"), where, code="swapped-axes", level="note"
    )


def drop_stray(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Delete the single vertices that lie far from all others of their ring.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> spike = shapely.Polygon([(0, 0), (9, 0), (9, 9), (900, 900), (0, 9)])
    >>> frame = gpd.GeoDataFrame(geometry=[spike], crs="EPSG:4549")
    >>> mended, log = drop_stray(frame, "a.gpkg")
    >>> mended.area.tolist(), log[0].limit
    ([81.0], 81.0)
    """
    import shapely

    from zoning.inputs.inspect.stray import bounds_of_others, least_body, stray_vertex

    least, boxes = least_body(frame), bounds_of_others(frame)
    shapes: list[Any] = []
    log: list[Finding] = []
    for row, shape, box in zip(frame.index, frame.geometry.to_numpy(), boxes, strict=True):
        if shape is None:
            shapes.append(None)
            continue
        parts = []
        for part in shapely.get_parts(shape):
            rings = [shapely.get_coordinates(r) for r in shapely.get_rings(part)]
            find = partial(stray_vertex, least=least, others=box)
            parts.append(shapely.Polygon(*_without(rings, find)))
        new = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
        shapes.append(new)
        if not shapely.equals_exact(new, shape):
            log.append(Finding(
                Text(f"feature {row}: a stray vertex was deleted; area {shape.area:,.1f} before, "
                     f"{new.area:,.1f} after (square units of the CRS)",
                     f"要素 {row}：已删除远离的顶点；面积由 {shape.area:,.1f} 变为 {new.area:,.1f}"
                     "（坐标系单位的平方）"),
                where, measured=shape.area, limit=new.area, code="stray-vertex", level="note",
            ))  # fmt: skip
    return frame.set_geometry(shapes, crs=frame.crs), log


def _without(rings: list[Any], find: Any) -> tuple[Any, list[Any]]:
    out = []
    for ring in rings:
        point = find(ring)
        if point is not None:
            kept = ring[~(ring == point).all(axis=1)]
            closed = (kept[0] == kept[-1]).all()
            out.append(kept if closed else np.vstack([kept, kept[:1]]))
            continue
        out.append(ring)
    return out[0], out[1:]


def right_crs(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give a layer the CRS in which its coordinates can lie: zone number, or degrees.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(40_500_000, 3_560_000, 40_501_000, 3_561_000)
    >>> right_crs(gpd.GeoDataFrame(geometry=[square], crs="EPSG:4549"), "a.shp")[0].crs.to_epsg()
    4528
    """
    from zoning.inputs.inspect.place import axes, fitting_crs

    bounds = frame.total_bounds
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    degrees = any(f.code == "degrees-not-metres" for f in axes(x, y, frame.crs, where))
    fits = "EPSG:4490" if degrees else fitting_crs(x, frame.crs)
    if fits is None:
        return frame, []
    old = frame.crs.to_authority() or (frame.crs.name,)
    return frame.set_crs(fits, allow_override=True), [Finding(
        Text(f"the CRS {':'.join(old)} was replaced by {fits}, in which the coordinates can lie",
             f"坐标系由 {':'.join(old)} 改为与坐标相符的 {fits}"),
        where, code="right-crs", level="note",
    )]  # fmt: skip
