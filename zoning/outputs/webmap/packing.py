"""Numbers and shapes as short text: typed arrays and delta-coded lines, deflated, in base64."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

#: Coordinates are written in steps of 0.00001 degree, about 1 m.
STEP_DEG = 1e-5


def deflate(data: bytes) -> str:
    """Deflate bytes (zlib form) and write them in base64.

    Examples
    --------
    >>> import base64, zlib
    >>> zlib.decompress(base64.b64decode(deflate(b"aaaa")))
    b'aaaa'
    """
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def pack_numbers(values: npt.ArrayLike, dtype: str) -> dict[str, Any]:
    """Pack whole numbers of one type, low bytes first, byte plane by byte plane.

    Planes of equal bytes deflate better than numbers one after the other.

    Examples
    --------
    >>> pack_numbers([1, 2, 258], "uint16")["type"]
    'uint16'
    """
    kind = np.dtype(dtype).newbyteorder("<")
    a = np.ascontiguousarray(np.asarray(values), dtype=kind)
    planes = a.view(np.uint8).reshape(-1, kind.itemsize).T if a.size else a.view(np.uint8)
    return {"type": np.dtype(dtype).name, "data": deflate(np.ascontiguousarray(planes).tobytes())}


def pack_texts(texts: Sequence[str]) -> dict[str, Any]:
    """Pack a list of texts."""
    return {"type": "json", "data": deflate(json.dumps(list(texts), ensure_ascii=False).encode())}


def pack_shapes(shapes: npt.ArrayLike) -> str:
    """Pack polygons or lines in longitude and latitude.

    Parameters
    ----------
    shapes : array of shapely geometries
        Polygons, lines and collections of them; empty or missing ones become features without
        parts, a line a part with one open ring.

    Returns
    -------
    str
        A stream of variable-length integers: for each feature its number of polygons, for each
        polygon its rings, for each ring its points, then longitude and latitude of each point as
        differences to the one before, in steps of :data:`STEP_DEG`.

    Examples
    --------
    >>> import shapely
    >>> len(pack_shapes([shapely.box(119, 32, 120, 33)])) > 0
    True
    """
    numbers: list[npt.NDArray[np.int64]] = []
    last = np.zeros((1, 2), dtype=np.int64)
    for shape in np.asarray(shapes, dtype=object):
        polygons = _polygons(shape)
        numbers.append(np.array([len(polygons)], dtype=np.int64))
        for rings in polygons:
            numbers.append(np.array([len(rings)], dtype=np.int64))
            for ring in rings:
                steps = np.diff(ring, axis=0, prepend=last)
                last = ring[-1:]
                zigzag = (steps << 1) ^ (steps >> 63)
                numbers += [np.array([len(ring)], dtype=np.int64), zigzag.ravel()]
    flat = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)
    return deflate(varints(flat))


def varints(numbers: npt.NDArray[np.int64]) -> bytes:
    """Write non-negative integers in groups of 7 bits, low first, high bit set but on the last.

    Examples
    --------
    >>> import numpy as np
    >>> list(varints(np.array([1, 300])))
    [1, 172, 2]
    """
    if numbers.size == 0:
        return b""
    groups = max(1, (int(numbers.max()).bit_length() + 6) // 7)
    shifts = 7 * np.arange(groups, dtype=np.int64)
    parts = (numbers[:, None] >> shifts) & 127
    later = (numbers[:, None] >> (shifts + 7)) > 0
    keep = np.ones_like(parts, dtype=bool)
    keep[:, 1:] = later[:, :-1]
    return bytes((parts | (later.astype(np.int64) << 7)).astype(np.uint8)[keep])


def _polygons(shape: Any) -> list[list[npt.NDArray[np.int64]]]:
    import shapely

    if shape is None or shape.is_empty:
        return []
    found = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "LineString":
            found.append([_line(part)])
            continue
        if part.geom_type != "Polygon":
            continue
        rings = [_ring(part.exterior), *(_ring(hole) for hole in part.interiors)]
        if len(rings[0]) >= 3:
            found.append([r for r in rings if len(r) >= 3])
    return found


def _line(line: Any) -> npt.NDArray[np.int64]:
    """Quantise an open line, leave out repeated points."""
    import shapely

    xy = np.rint(shapely.get_coordinates(line) / STEP_DEG).astype(np.int64)
    moved = np.append(True, np.any(xy[1:] != xy[:-1], axis=1))
    kept: npt.NDArray[np.int64] = xy[moved]
    return kept


def _ring(line: Any) -> npt.NDArray[np.int64]:
    """Quantise a ring, leave out repeated points and the closing one."""
    import shapely

    xy = np.rint(shapely.get_coordinates(line) / STEP_DEG).astype(np.int64)[:-1]
    moved = np.any(xy != np.roll(xy, 1, axis=0), axis=1)
    kept: npt.NDArray[np.int64] = xy[moved]
    return kept
