"""Numbers, shapes and tables as short text: deflated, in base64."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

#: Longest table of a page when it is unpacked (our choice).
MOST_BYTES = 1 << 28
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
    # What repeats nothing is shorter by its letters alone, as columns of noise are.
    return base64.b64encode(min((_deflated(data, how) for how in _WAYS), key=len)).decode("ascii")


_WAYS = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED)


def _deflated(data: bytes, strategy: int) -> bytes:
    way = zlib.compressobj(9, strategy=strategy)
    return way.compress(data) + way.flush()


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


def pack_json(value: Any) -> dict[str, Any]:
    """Pack lists and tables of plain values.

    Examples
    --------
    >>> pack_json(["a"])["type"]
    'json'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return {"type": "json", "data": deflate(text.encode())}


def unpacked(tree: Any) -> Any:
    """Give a document of a page with every table that :func:`pack_json` packed in its place.

    Raises
    ------
    ValueError
        If a text is none that was packed, or unpacks to more than a page can hold.

    Examples
    --------
    >>> unpacked({"names": pack_json(["a", "b"]), "n": 1})
    {'names': ['a', 'b'], 'n': 1}
    """
    if isinstance(tree, list):
        return [unpacked(value) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("type") != "json" or set(tree) != {"type", "data"}:
        return {key: unpacked(value) for key, value in tree.items()}
    way = zlib.decompressobj()
    try:
        data = way.decompress(base64.b64decode(tree["data"]), MOST_BYTES)
        if not way.eof:
            raise ValueError("it is cut off, or too long")
        return json.loads(data)
    except (zlib.error, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"a packed table is none: {error}") from None


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
    import shapely

    array = np.asarray(shapes, dtype=object).reshape(-1)
    there = np.flatnonzero(~(shapely.is_missing(array) | shapely.is_empty(array)))
    parts, feature = shapely.get_parts(array[there], return_index=True)
    kind = shapely.get_type_id(parts)
    drawn = (kind == _LINE) | (kind == _POLYGON)
    parts, feature, kind = parts[drawn], there[feature[drawn]], kind[drawn]
    rings, part = _rings(parts, kind)
    points, size = _points(rings, kind[part] == _LINE)
    full = (size >= 3) | (kind[part] == _LINE)
    outer = np.append(True, part[1:] != part[:-1])[: len(part)]
    whole = np.zeros(len(parts), dtype=bool)  # a polygon without its outer ring is none
    whole[part[outer]] = full[outer]
    full &= whole[part]
    points, size, part = points[np.repeat(full, size)], size[full], part[full]
    return deflate(varints(_stream(points, size, part, feature, whole, len(array))))


#: Types of shapely.
_LINE, _POLYGON = 1, 3


def _rings(parts: Any, kind: Any) -> tuple[Any, Any]:
    """Give the rings of polygons and the lines, and the part that each belongs to."""
    import shapely

    polygons, lines = np.flatnonzero(kind == _POLYGON), np.flatnonzero(kind == _LINE)
    rings, owner = shapely.get_rings(parts[polygons], return_index=True)
    part = np.concatenate([polygons[owner], lines])
    order = np.argsort(part, kind="stable")
    return np.concatenate([rings, parts[lines]])[order], part[order]


def _points(rings: Any, open_: Any) -> tuple[Any, Any]:
    """Quantise points; leave out repeated ones and those that close a ring; count the others."""
    import shapely

    xy, at = shapely.get_coordinates(rings, return_index=True)
    xy = np.rint(xy / STEP_DEG).astype(np.int64)
    size = np.bincount(at, minlength=len(rings))
    first = (size.cumsum() - size)[size > 0]
    last, lines = first + size[size > 0] - 1, open_[size > 0]
    before = np.roll(xy, 1, axis=0)
    before[first] = xy[np.maximum(last - 1, 0)]
    moved = np.any(xy != before, axis=1)
    moved[first[lines]] = True
    moved[last[~lines]] = False
    return xy[moved], np.bincount(at[moved], minlength=len(rings))


def _stream(
    points: Any, size: Any, part: Any, feature: Any, whole: Any, count: int
) -> npt.NDArray[np.int64]:
    """Write counts of polygons, rings and points before what they count."""
    number = whole.cumsum() - 1  # of each part among those that are drawn
    feature = feature[whole]
    part = number[part]
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    rings, polygons = (
        np.bincount(part, minlength=len(feature)),
        np.bincount(feature, minlength=count),
    )
    flat = np.empty(2 * len(points) + len(size) + len(feature) + count, dtype=np.int64)
    # A count stands after all points, rings, polygons and features that come before it.
    of_ring = 2 * (size.cumsum() - size) + np.arange(len(size)) + part + feature[part] + 2
    ring = np.append(rings.cumsum() - rings, len(size))[: len(feature)]
    done = np.append(0, size.cumsum())
    of_part = 2 * done[ring] + ring + np.arange(len(feature)) + feature + 1
    first = polygons.cumsum() - polygons
    behind = np.append(ring, len(size))[first]
    flat[2 * done[behind] + behind + first + np.arange(count)] = polygons
    flat[of_part] = rings
    flat[of_ring] = size
    at = np.repeat(of_ring + 1 - 2 * (size.cumsum() - size), size) + 2 * np.arange(len(points))
    flat[at], flat[at + 1] = ((steps << 1) ^ (steps >> 63)).T
    return flat


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
