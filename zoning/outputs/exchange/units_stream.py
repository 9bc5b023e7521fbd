"""Millions of units as one GeoParquet file, written piece by piece from numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.base.areas import Ints
from zoning.grid.lattice import GridSpec
from zoning.grid.units import centres

if TYPE_CHECKING:
    from zoning.ledger.country import Counted

#: Units in a row group; readers can leave out groups by their boxes.
GROUP = 1 << 17
_BOX = ("xmin", "ymin", "xmax", "ymax")


def write(col: Ints, row: Ints, area_m2: Ints, grid: GridSpec, path: Path) -> None:
    """Write units as squares, with code, area, centre and covering box.

    Parameters
    ----------
    col, row, area_m2 : int arrays
        Sorted by code, as :func:`zoning.ledger.country.count` gives them; empty units are left out.
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
    there = np.flatnonzero(area_m2 > 0)
    groups = (there[first : first + GROUP] for first in range(0, max(len(there), 1), GROUP))
    tables = (_table(col[some], row[some], area_m2[some], grid) for some in groups)
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

    def table(first: int) -> Any:
        some = slice(first, first + GROUP)
        unit, place = found.unit[some], found.place[some]
        place = np.where(place < 0, len(codes) - 1 - place, place).astype(np.int32)
        return pa.table({
            "unit": _codes(found.col[unit], found.row[unit], grid),
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


def _table(col: Ints, row: Ints, area_m2: Ints, grid: GridSpec) -> Any:
    import pyarrow as pa

    x, y = grid.corner(col, row)
    lon, lat = centres(col, row, grid)
    side = grid.cell_m
    box = [pa.array(v.astype(np.float64)) for v in (x, y, x + side, y + side)]
    columns = {
        "unit": _codes(col, row, grid), "area_m2": pa.array(area_m2), "lon": pa.array(lon),
        "lat": pa.array(lat), "geometry": _squares(x, y, side),
        "bbox": pa.StructArray.from_arrays(box, list(_BOX)),
    }  # fmt: skip
    return pa.table(columns).replace_schema_metadata({"geo": json.dumps(_about(grid.crs))})


def _codes(col: Ints, row: Ints, grid: GridSpec) -> Any:
    """Join the northing and the easting of each code; both have few values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    south, west = (int(v.min()) if len(v) else 0 for v in (row, col))
    rows, cols = (np.arange(s, int(v.max(initial=s)) + 1) for s, v in ((south, row), (west, col)))
    # A code ends in E and the easting, which no other part of it depends on.
    heads = [c.rpartition("E")[0] + "E" for c in grid.codes([0] * len(rows), rows.tolist())]
    tails = [c.rpartition("E")[2] for c in grid.codes(cols.tolist(), [0] * len(cols))]
    return pc.binary_join_element_wise(
        pa.array(heads, pa.string()).take(pa.array(row - south)),
        pa.array(tails, pa.string()).take(pa.array(col - west)), "",
    )  # fmt: skip


def _squares(x: Ints, y: Ints, side: int) -> Any:
    """Write squares as WKB: byte order, polygon, one ring of five corners."""
    import pyarrow as pa

    form = np.dtype([("order", "u1"), ("kind", "<u4"), ("rings", "<u4"), ("corners", "<u4"),
                     ("xy", "<f8", (5, 2))])  # fmt: skip
    out = np.zeros(len(x), form)
    out["order"], out["kind"], out["rings"], out["corners"] = 1, 3, 1, 5
    # The way round that shapely.box takes.
    out["xy"][:, :, 0] = np.stack([x + side, x + side, x, x, x + side], axis=1)
    out["xy"][:, :, 1] = np.stack([y, y + side, y + side, y, y], axis=1)
    ends = np.arange(len(x) + 1, dtype=np.int32) * form.itemsize
    return pa.Array.from_buffers(
        pa.binary(), len(x), [None, pa.py_buffer(ends), pa.py_buffer(out.tobytes())]
    )


def _about(crs: str) -> dict[str, Any]:
    """Give the metadata of GeoParquet."""
    from pyproj import CRS

    covering = {"bbox": {k: ["bbox", k] for k in _BOX}}
    column = {
        "encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS(crs).to_json_dict(),
        "covering": covering, "orientation": "counterclockwise",
    }  # fmt: skip
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
