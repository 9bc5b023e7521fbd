"""Esri file geodatabase, through GDAL's OpenFileGDB driver (no Esri software needed)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoning.errors import InputError
from zoning.outputs.exchange.contents import Contents

_INT32 = 2**31 - 1
#: Rows that are handed over together: their texts are plain objects then (our choice).
PART = 1 << 18
#: Coordinates are kept to a tenth of a millimetre.
_GRID_M = 1e-4
#: Words of SQL that cannot name a field there; they get an underscore.
_RESERVED = (
    "add", "alter", "and", "between", "by", "column", "create", "delete", "drop", "exists", "for",
    "from", "group", "having", "in", "insert", "into", "is", "like", "not", "null", "or", "order",
    "select", "set", "table", "update", "values", "where",
)  # fmt: skip


def write(contents: Contents, path: Path) -> None:
    """Write all layers and tables into one ``.gdb``.

    Parameters
    ----------
    contents : Contents
    path : Path
        A folder that is not there yet, named ``*.gdb``.

    Notes
    -----
    ArcMap and ArcGIS Pro before 3.2 know whole numbers of 32 bits only. A column whose values fit
    is written so; a larger one as float64, which holds whole square metres exactly up to 2**53.

    Version 10 of the format; it is what ArcMap 10 opens.
    """
    frames = {**contents.layers, **contents.tables}
    with warnings.catch_warnings():
        # Said of a red line with many parts; it is slow for thousands, and right.
        warnings.filterwarnings("ignore", message="organizePolygons")
        _write_frames(frames, path, contents)


def _write_frames(frames: Mapping[str, Any], path: Path, contents: Contents) -> None:
    import pyogrio

    for i, (name, frame) in enumerate(frames.items()):
        kinds = _kinds(frame)
        # Of empty shapes alone nobody can tell the kind, and the driver takes no unknown one.
        bare = name in contents.layers and bool(frame.geometry.is_empty.all())
        size = PART if _one_kind(frame) else max(len(frame), 1)
        for start in range(0, max(len(frame), 1), size):
            part = snapped(frame.iloc[start : start + size])
            pyogrio.write_dataframe(
                part.astype(kinds).rename(columns=_allowed), path, layer=name,
                driver="OpenFileGDB", append=i + start > 0,
                geometry_type="MultiPolygon" if bare else None,
                layer_options={"LAYER_ALIAS": contents.said.table_name(name, contents.lang)},
            )  # fmt: skip


def _one_kind(frame: Any) -> bool:
    """Say whether all shapes are of one kind, so that each part of them tells what all are."""
    return "geometry" not in frame or frame.geometry.geom_type.nunique(dropna=False) == 1


def snapped(frame: Any) -> Any:
    """Put polygons on the grid of the geodatabase first, so that they are valid on it.

    Rounding corner by corner, as the format does, lets edges cross that nearly touch.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> sharp = shapely.from_wkt("POLYGON ((0 0, 10 0, 10 1, 5 0.00004, 0 1, 0 0))")
    >>> bool(shapely.is_valid(shapely.from_wkt("POLYGON ((0 0, 10 0, 10 1, 5 0, 0 1, 0 0))")))
    False
    >>> snapped(gpd.GeoDataFrame(geometry=[sharp])).geometry.is_valid.tolist()
    [True]
    """
    import shapely

    if "geometry" not in frame:
        return frame
    shapes = frame.geometry.to_numpy()
    polygons = shapely.get_dimensions(shapes) == 2
    shapes = shapes.copy()
    shapes[polygons] = shapely.set_precision(shapes[polygons], _GRID_M)
    return frame.set_geometry(shapes, crs=frame.crs)


def check_place(path: Path) -> None:
    """Refuse to replace something that is no file geodatabase.

    Raises
    ------
    InputError
        If there is a file, or a folder without the ``gdb`` mark that every geodatabase has.
    """
    if path.exists() and not (path / "gdb").is_file():
        raise InputError.one(
            "something else stands there; it is not replaced", "该位置已有其他内容，不予覆盖",
            where=str(path), code="occupied",
            remedy=("move it away or choose another folder", "请移走该内容或另选文件夹"),
        )  # fmt: skip


def _allowed(column: str) -> str:
    """Give the name of a field: letters, digits and underscores, no word of SQL, no digit first.

    Examples
    --------
    >>> _allowed("two-matrices"), _allowed("where"), _allowed("人口(万人)")
    ('two_matrices', 'where_', '人口_万人_')
    """
    name = re.sub(r"\W", "_", column)
    name = f"_{name}" if name[:1].isdigit() else name
    return f"{name}_" if name.lower() in _RESERVED else name


def small_integers(frame: Any) -> Any:
    """Turn columns of int64 into int32 where every value fits, else into float64.

    Examples
    --------
    >>> import pandas as pd
    >>> small_integers(pd.DataFrame({"a": [1], "b": [2**40]})).dtypes.astype(str).tolist()
    ['int32', 'float64']
    """
    return frame.astype(_kinds(frame))


def _kinds(frame: Any) -> dict[str, str]:
    """Say in which kind each column of whole numbers is written."""
    from pandas.api import types

    kinds = {}
    for column in frame.columns:
        kind = frame[column].dtype
        if not types.is_integer_dtype(kind) or types.is_bool_dtype(kind):
            continue
        known = frame[column].dropna()
        fits = known.empty or (int(known.min()) >= -_INT32 and int(known.max()) <= _INT32)
        nullable = bool(frame[column].isna().any())
        kinds[column] = (
            ("Int32" if nullable else "int32") if fits else ("Float64" if nullable else "float64")
        )
    return kinds
