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


def merge_exclaves(frame: gpd.GeoDataFrame, where: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Make one row of rows that are the same in every column and lie apart: exclaves.

    Rows that share ground stay as they are: one of them may be wrong, and a person must say which.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> apart = gpd.GeoDataFrame({"code": ["a", "b", "a"]},
    ...                          geometry=[shapely.box(i, 0, i + 1, 1) for i in range(3)])
    >>> merged, log = merge_exclaves(apart, "a.gpkg")
    >>> merged["code"].tolist(), merged.area.tolist(), log[0].measured
    (['a', 'b'], [2.0, 1.0], 2)
    """
    import shapely

    table = frame.drop(columns=frame.geometry.name).astype("string").fillna("")
    if table.empty or not len(table.columns):
        return frame, []
    shapes = frame.geometry.copy()
    drop: list[int] = []
    log: list[Finding] = []
    for key, rows in table.groupby(list(table.columns), sort=False).indices.items():
        parts = shapes.to_numpy()[rows]
        if len(rows) < 2 or any(p is None or p.is_empty for p in parts):
            continue
        whole = shapely.union_all(parts)
        before = float(shapely.area(parts).sum())
        if before - whole.area > 1e-9 * before:
            continue
        shapes.iloc[rows[0]] = whole
        drop += [int(i) for i in rows[1:]]
        named = " ".join(dict.fromkeys(str(k) for k in (key if isinstance(key, tuple) else (key,))))
        log.append(Finding(
            Text(f"{len(rows)} rows of {named} lie apart and became one "
                 f"({before:,.1f} square units of the CRS before and after)",
                 f"{named} 的 {len(rows)} 行互不重叠，已合并为一个要素"
                 f"（合并前后均为 {before:,.1f}，坐标系单位的平方）"),
            where, measured=len(rows), limit=1, code="exclave", level="note",
        ))  # fmt: skip
    kept = [i for i in range(len(frame)) if i not in set(drop)]
    return frame.set_geometry(shapes).iloc[kept], log


def _labels(frame: gpd.GeoDataFrame) -> list[str]:
    return [f"feature {i}" for i in frame.index]
