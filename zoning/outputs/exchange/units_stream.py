"""Millions of units as one GeoParquet file, written piece by piece from numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.base.areas import Ints, Small
from zoning.grid.lattice import GridSpec
from zoning.grid.units import centres

if TYPE_CHECKING:
    from zoning.ledger.country import Counted

#: Units in a row group; readers can leave out groups by their boxes.
GROUP = 1 << 17
_BOX = ("xmin", "ymin", "xmax", "ymax")


def write(col: Small, row: Small, area_m2: Ints, grid: GridSpec, path: Path) -> None:
    """Write units as squares, with code, area, centre and covering box.

    Parameters
    ----------
    col, row : int32 arrays
    area_m2 : int64 array
        Sorted by code, as :func:`zoning.ledger.country.count` gives them; no area is 0.
    path : Path
        A ``.parquet`` file.

    Notes
    -----
    GeoParquet 1.1: WKB with a ``bbox`` column. No geometry object is made, so the memory is that
    of one row group and of the numbers.

    References
    ----------
    GeoParquet specification 1.1.0, Open Geospatial Consortium, 2024.
    """
    groups = (slice(first, first + GROUP) for first in range(0, max(len(col), 1), GROUP))
    codes = _codes(col, row, grid)
    tables = (_table(col[some], row[some], area_m2[some], grid, codes) for some in groups)
    # Hardly a value occurs twice, so a list of those that do takes time and saves nothing; nor
    # does anyone look for squares between two squares, as there are covering boxes.
    told = ["unit", "area_m2", *(f"bbox.{side}" for side in _BOX)]
    _write(path, tables, use_dictionary=False, write_statistics=told)


def write_shares(found: Counted, codes: Sequence[str], grid: GridSpec, path: Path) -> None:
    """Write what each place has of each unit: ``unit``, ``county``, ``area_m2``, in that order.

    Parameters
    ----------
    found : Counted
    codes : sequence of str
        Of the places. Land of none stands as ``none``, of several as ``overlap``.
    path : Path
        A ``.parquet`` file; texts are kept as numbers in it, each written out once.
    """
    import pyarrow as pa

    names = pa.array([*codes, "none", "overlap"], pa.string())
    names_of = _codes(found.col, found.row, grid)

    def table(first: int) -> Any:
        some = slice(first, first + GROUP)
        unit, place = found.unit[some], found.place[some]
        place = np.where(place < 0, len(codes) - 1 - place, place).astype(np.int32)
        return pa.table({
            "unit": names_of(found.col[unit], found.row[unit]),
            "county": pa.DictionaryArray.from_arrays(pa.array(place), names),
            "area_m2": pa.array(found.share_m2[some]),
        })  # fmt: skip

    # No unit stands twice but at a border: a dictionary of them is made for nothing.
    starts = range(0, max(len(found.unit), 1), GROUP)
    _write(path, map(table, starts), use_dictionary=["county"])


def _write(path: Path, groups: Iterable[Any], **how: Any) -> None:
    """Write tables of one schema into a file, a row group each; one is held at a time."""
    import pyarrow.parquet as pq

    writer = None
    try:
        for table in groups:
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd", **how)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _table(
    col: Small, row: Small, area_m2: Ints, grid: GridSpec, codes: Callable[[Small, Small], Any]
) -> Any:
    import pyarrow as pa

    at = col.astype(np.int64), row.astype(np.int64)
    x, y = grid.corner(*at)
    lon, lat = centres(*at, grid)
    side = grid.cell_m
    box = [pa.array(v.astype(np.float64)) for v in (x, y, x + side, y + side)]
    columns = {
        "unit": codes(col, row), "area_m2": pa.array(area_m2), "lon": pa.array(lon),
        "lat": pa.array(lat), "geometry": _squares(x, y, side),
        "bbox": pa.StructArray.from_arrays(box, list(_BOX)),
    }  # fmt: skip
    return pa.table(columns).replace_schema_metadata({"geo": json.dumps(_about(grid.crs))})


def _codes(cols: Small, rows: Small, grid: GridSpec) -> Callable[[Small, Small], Any]:
    """Give what joins the northing and the easting of each code; both have few values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    south, west = (int(v.min()) if len(v) else 0 for v in (rows, cols))
    every = (range(s, int(v.max(initial=s)) + 1) for s, v in ((south, rows), (west, cols)))
    up, right = map(list, every)
    # A code ends in E and the easting, which no other part of it depends on.
    heads = [c.rpartition("E")[0] + "E" for c in grid.codes([0] * len(up), up)]
    tails = [c.rpartition("E")[2] for c in grid.codes(right, [0] * len(right))]
    head, tail = pa.array(heads, pa.string()), pa.array(tails, pa.string())

    def join(col: Small, row: Small) -> Any:
        return pc.binary_join_element_wise(
            head.take(pa.array(row - south)), tail.take(pa.array(col - west)), ""
        )

    return join


def _squares(x: Ints, y: Ints, side: int) -> Any:
    """Write squares as WKB: byte order, polygon, one ring of five corners."""
    import pyarrow as pa

    head = np.array([(1, 3, 1, 5)], "u1, <u4, <u4, <u4").tobytes()
    out = np.empty(len(x), [("head", f"V{len(head)}"), ("xy", "<f8", (5, 2))])
    out["head"] = np.void(head)
    # The way round that shapely.box takes.
    for k, (east, north) in enumerate(((1, 0), (1, 1), (0, 1), (0, 0), (1, 0))):
        out["xy"][:, k, 0] = x + side if east else x
        out["xy"][:, k, 1] = y + side if north else y
    ends = np.arange(len(x) + 1, dtype=np.int32) * out.dtype.itemsize
    wkb = pa.py_buffer(out.view(np.uint8))
    return pa.Array.from_buffers(pa.binary(), len(x), [None, pa.py_buffer(ends), wkb])


def _about(crs: str) -> dict[str, Any]:
    """Give the metadata of GeoParquet."""
    from pyproj import CRS

    covering = {"bbox": {k: ["bbox", k] for k in _BOX}}
    column = {
        "encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS(crs).to_json_dict(),
        "covering": covering, "orientation": "counterclockwise",
    }  # fmt: skip
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
