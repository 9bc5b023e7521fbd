"""Polygons put right: closed lines, invalid rings, rows that stand twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoning.errors import Finding, Text

if TYPE_CHECKING:
    import geopandas as gpd


def close(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Make polygons of closed lines.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> ring = shapely.LineString([(0, 0), (9, 0), (9, 9), (0, 0)])
    >>> close(gpd.GeoDataFrame(geometry=[ring], crs="EPSG:4549"), "a.dxf")[0].area.tolist()
    [40.5]
    """
    from zoning.inputs.geometry import close_lines

    shapes, log = close_lines(frame.geometry.to_numpy(), where, _labels(frame))
    return frame.set_geometry(list(shapes), crs=frame.crs), log


def mend(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Mend invalid polygons; each is logged with its area before and after.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> mended, log = mend(gpd.GeoDataFrame(geometry=[bow], crs="EPSG:4549"), "a.gpkg")
    >>> mended.area.tolist(), log[0].code
    ([0.5], 'mended-geometry')
    """
    from zoning.inputs.geometry import check_polygons

    shapes, _, log = check_polygons(frame.geometry.to_numpy(), where, _labels(frame), repair=True)
    return frame.set_geometry(list(shapes), crs=frame.crs), log


def drop_doubles(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Keep one of rows that are the same in every column and in their shape.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> twice = gpd.GeoDataFrame({"code": ["a", "a"]}, geometry=[shapely.box(0, 0, 1, 1)] * 2)
    >>> len(drop_doubles(twice, "a.gpkg")[0])
    1
    """
    import shapely

    table = frame.drop(columns=frame.geometry.name).astype("string")
    table = table.assign(shape=shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy())))
    again = table.duplicated().to_numpy()
    if not again.any():
        return frame, []
    rows = ", ".join(str(i) for i in frame.index[again][:20])
    area = float(np.nansum(shapely.area(frame.geometry.to_numpy()[again])))
    return frame[~again], [Finding(
        Text(f"features {rows} repeat others in every column and in shape and were left out "
             f"({area:,.1f} square units of the CRS)",
             f"要素 {rows} 与其他要素完全重复，已去除（{area:,.1f}，坐标系单位的平方）"),
        where, measured=int(again.sum()), code="repeated-row", level="note",
    )]  # fmt: skip


def _labels(frame: gpd.GeoDataFrame) -> list[str]:
    return [f"feature {i}" for i in frame.index]
