"""Large tables with geometry written part by part, so that they never stand in memory twice."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd

#: Rows that are turned into bytes together, a whole number of row groups (our choice).
PART = 1 << 16


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path, group: int) -> None:
    """Write a GeoParquet file with covering boxes, in row groups.

    Parameters
    ----------
    frame : GeoDataFrame
    path : Path
    group : int
        Rows of a row group; :data:`PART` is a multiple of it.
    """
    how: dict[str, Any] = {"row_group_size": group, "write_covering_bbox": True}
    if len(frame) <= PART:
        frame.to_parquet(path, compression="zstd", **how)
        return
    import pyarrow.parquet as pq

    writer, schema = None, None
    try:
        for start in range(0, len(frame), PART):
            part = io.BytesIO()
            frame.iloc[start : start + PART].to_parquet(part, compression=None, **how)
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
