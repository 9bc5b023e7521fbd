"""Large tables with geometry written part by part, so that they never stand in memory twice.

Squares of a lattice are written by blocks, a row group for each, with its covering box: who wants
the units of a place reads the groups there and no other.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.coded import spelled

if TYPE_CHECKING:
    import geopandas as gpd

#: Rows that are turned into bytes together, a whole number of row groups (our choice).
PART = 1 << 16
#: Names of the covering box, in the order of bounds.
_BOX = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rectangles of a lattice.

    Parameters
    ----------
    origin : (float, float)
        A corner of one, metres.
    wide, high : float
        Their sides, metres.
    """

    origin: tuple[float, float]
    wide: float
    high: float

    def rows(self, frame: gpd.GeoDataFrame) -> list[Any]:
        """Give the positions of the rows of each block, by the lower left corners of shapes."""
        import numpy as np

        corner = frame.geometry.bounds.to_numpy()[:, :2]
        at = np.floor((corner - self.origin) / (self.wide, self.high) + 1e-9).astype(np.int64)
        order = np.lexsort((at[:, 0], at[:, 1]))  # rows of one block stay in their order
        new = (np.diff(at[order], axis=0) != 0).any(axis=1)
        return np.split(order, np.flatnonzero(new) + 1)


def write_geoparquet(
    frame: gpd.GeoDataFrame, path: Path, group: int, blocks: Blocks | None = None,
    *, order: Any = None, **more: Any,
) -> None:  # fmt: skip
    """Write a GeoParquet file with covering boxes, in row groups.

    Parameters
    ----------
    frame : GeoDataFrame
    path : Path
    group : int
        Rows of a row group; :data:`PART` is a multiple of it.
    blocks : Blocks, optional
        Of a table with more rows each row group is one of these, with at most ``group`` rows.
    order : int array, optional
        Positions of the rows in the order of the file.
    **more
        What ``GeoDataFrame.to_parquet`` takes, such as ``index``.
    """
    how: dict[str, Any] = {"row_group_size": group, "write_covering_bbox": True, **more}
    few = len(frame) <= (PART if blocks is None else group)
    # What a column of objects holds is known only when all of it was seen.
    if few or (blocks is None and "object" in map(str, spelled(frame.iloc[:0]).dtypes)):
        rows = frame if order is None else frame.iloc[order]
        spelled(rows).to_parquet(path, compression="zstd", **how)
        return
    import pyarrow.parquet as pq

    writer, schema = None, None
    try:
        for rows in _parts(frame, blocks, order):
            part = io.BytesIO()
            spelled(frame.iloc[rows]).to_parquet(part, compression=None, **how)
            table = pq.read_table(part)
            if writer is None or schema is None:
                # The box of the first part is not that of all.
                about = json.loads(table.schema.metadata[b"geo"])
                bounds = [float(v) for v in frame.total_bounds]
                about["columns"][frame.geometry.name]["bbox"] = bounds
                told = {**table.schema.metadata, b"geo": json.dumps(about).encode("utf-8")}
                schema = table.schema.with_metadata(told)
                writer = pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_table(table.cast(schema), row_group_size=group)
    finally:
        if writer is not None:
            writer.close()


def _parts(frame: gpd.GeoDataFrame, blocks: Blocks | None, order: Any) -> Iterator[Any]:
    """Give the rows that are turned into bytes together."""
    if blocks is not None:
        yield from blocks.rows(frame)
        return
    for start in range(0, len(frame), PART):
        some = slice(start, start + PART)
        yield some if order is None else order[some]


def read_near(path: Path, bounds: Sequence[float], columns: Sequence[str]) -> Any:
    """Read the row groups of a GeoParquet file whose covering boxes meet a box.

    Parameters
    ----------
    path : Path
    bounds : west, south, east, north
        In the CRS of the file; of a file without covering boxes all is read.
    columns : sequence of str

    Returns
    -------
    pyarrow.Table
        Rows near the box, and others of the same row groups.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    near = [k for k in range(file.num_row_groups) if _meets(file.metadata.row_group(k), bounds)]
    return file.read_row_groups(near, columns=list(columns))


def _meets(group: Any, bounds: Sequence[float]) -> bool:
    """Say whether the covering boxes of a row group can meet a box."""
    found = {}
    for k in range(group.num_columns):
        column = group.column(k)
        name = column.path_in_schema.removeprefix("bbox.")
        if name in _BOX and column.is_stats_set and column.statistics.has_min_max:
            found[name] = column.statistics
    if len(found) < len(_BOX):
        return True
    west, south, east, north = bounds
    return bool(
        found["xmin"].min <= east and found["xmax"].max >= west
        and found["ymin"].min <= north and found["ymax"].max >= south
    )  # fmt: skip
